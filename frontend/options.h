/* The command line: QEMU's spelling for every option the two share. One table (options.c) drives
 * the parser, `--help`, `--help-all` and the man page. */
#ifndef ULNA_FRONTEND_OPTIONS_H
#define ULNA_FRONTEND_OPTIONS_H

#include "base/bits.h"
#include "base/err.h"
#include "devices/virt.h"
#include "frontend/chardevs.h"
#include "loader/loader.h"

enum options_display { OPTIONS_DISPLAY_DEFAULT, OPTIONS_DISPLAY_SDL, OPTIONS_DISPLAY_NONE };

#define OPTIONS_RAM_DEFAULT (512 * MIB)
#define OPTIONS_LIST_MAX    32

struct options {
    char *print; /* not NULL: main prints this on stdout and exits with 0 */

    const char *kernel, *initrd, *append, *dtb, *bios; /* NULL: not given */
    struct loader_item loader[OPTIONS_LIST_MAX];
    size_t loader_count;

    const char *cpu; /* "max" */
    struct cpu_properties cpu_properties;
    bool its, its_given; /* for a GICv3 */
    enum engine engine;
    struct jit_config jit;
    uint64_t ram_size; /* bytes, rounded up to whole MiB */
    struct virt_topology topology;
    bool single_thread; /* for all CPUs */
    bool fb;            /* the board has the framebuffer, fb_width x fb_height pixels */
    unsigned fb_width, fb_height;
    const char *dumpdtb;  /* write the device tree there and exit */
    int64_t rtc_offset_s; /* guest's wall clock minus the host's, seconds */
    bool semihosting;
    const char *semihosting_dir; /* files are confined to this folder; NULL: no files */
    const char *semihosting_arg[OPTIONS_LIST_MAX];
    size_t semihosting_arg_count;
    bool no_reboot, paused;
    const char *name; /* NULL: not given */

    enum options_display display;
    bool nographic, full_screen;
    bool serial_given, monitor_given;
    struct chardev_spec serial, monitor;
    uint8_t escape; /* the console's escape key as a control code */

    uint32_t log_mask;
    const char *log_file; /* NULL: stderr */

    /* the parser's own */
    bool nodefaults;
    char **kept;
    size_t kept_count;
};

/* Parses argv[1..]. Strings in `options` live as long as argv and `options`. On failure `err` names
 * the option, the reason and what is accepted. options_free is needed either way. */
bool options_parse(struct options *options, int argc, char *const argv[],
                   struct err *err) must_check;
void options_free(struct options *options);

/* True when nothing was named that could run: then ulna shows its demo. */
bool options_is_demo(const struct options *options);

/* A copy of `text` that lives as long as `options`. */
const char *options_keep(struct options *options, const char *text);

enum options_group { GROUP_BOOT, GROUP_MACHINE, GROUP_SCREEN, GROUP_DEBUG, GROUP_OTHER };

struct options_row {
    const char *name, *alias; /* without the dash; alias may be NULL */
    const char *argument;     /* placeholder of its argument; NULL: takes none */
    enum options_group group;
    const char *brief; /* for `--help`, one line; NULL: only its name is listed there */
    const char *text;  /* for `--help-all` and the man page, sentences */
    bool (*parse)(struct options *options, const char *value, struct err *err);
};

extern const struct options_row options_rows[];
extern const size_t options_row_count;

/* malloc'ed texts, made from the rows. NULL when out of memory. */
char *options_help_text(void); /* one screen: 23 lines, so that a prompt fits below */
char *options_help_all_text(void);
char *options_man_text(void);

/* QEMU's options that ulna knows to refuse: the reason, or NULL when `name` (without dashes) is not
 * one of them. */
const char *options_refusal(const char *name);
/* The same for a QEMU device model; never NULL. */
const char *options_device_refusal(const char *model);

/* `text` is what main prints, unless there is something already. */
bool options_print(struct options *options, const char *text, struct err *err) must_check;

/* options_cpu.c: what QEMU's properties sveN and sve-max-vq make of the vector lengths of a CPU.
 * Bit i of a mask is the length of 128 * (i + 1) bits. */
struct options_sve {
    uint16_t all;     /* that the CPU has */
    uint16_t on, off; /* sveN=on, sveN=off */
    unsigned max_vq;  /* sve-max-vq=N, 1 to 16; 0: not given */
};
bool options_sve_lengths(const struct options_sve *sve, uint16_t *lengths,
                         struct err *err) must_check;

/* Parsers of the options with sub-options (options_cpu.c, options_machine.c). */
bool options_parse_cpu(struct options *options, const char *value, struct err *err);
bool options_parse_machine(struct options *options, const char *value, struct err *err);
bool options_parse_memory(struct options *options, const char *value, struct err *err);
bool options_parse_smp(struct options *options, const char *value, struct err *err);
bool options_parse_accel(struct options *options, const char *value, struct err *err);
bool options_parse_engine(struct options *options, const char *value, struct err *err);
bool options_parse_device(struct options *options, const char *value, struct err *err);
bool options_parse_rtc(struct options *options, const char *value, struct err *err);
bool options_parse_semihosting(struct options *options, const char *value, struct err *err);

#endif
