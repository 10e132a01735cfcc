/* Puts the guest's software into memory before the first instruction: kernels (arm64 Image, ELF,
 * flat binary), firmware, initrd, device tree, further files; and says how the first CPU starts.
 * The rules are those of QEMU's virt board, so that the same command line starts the same guest;
 * differences are marked "Deviation:". */
#ifndef ULNA_LOADER_LOADER_H
#define ULNA_LOADER_LOADER_H

#include <stdio.h>

#include "base/bits.h"
#include "base/err.h"
#include "base/log.h"
#include "loader/place.h"

struct boot_params; /* devices/virt.h */
struct bus;
struct cpu;
struct machine;
struct symbols;

/* One `-device loader,...`: a file, a value, or neither, only an address to start at. */
struct loader_item {
    const char *file; /* or NULL */
    bool force_raw;   /* do not look whether the file is an ELF */
    bool has_addr;    /* needed for all but an ELF */
    uint64_t addr;
    unsigned data_len; /* bytes of the value, 1 to 8; 0: none */
    uint64_t data;
    bool data_be; /* its most significant byte comes first */
    bool start; /* the CPU starts here, at addr or the ELF's entry point, whatever else is loaded */
};

/* Makes the device tree of this start: the board's own, or (`dtb` is not NULL) the user's made to
 * fit; `params` tells what only the loader knows. A blob to be freed with free(), its size in *size
 * bytes; NULL with a message on error. */
typedef void *loader_fdt_fn(void *opaque, const struct boot_params *params, const void *dtb,
                            size_t dtb_size, size_t *size, struct err *err);

struct loader_config {
    uint64_t ram_base, ram_size; /* of the board's RAM, already on the bus */
    const char *kernel;          /* -kernel FILE, or NULL; so for the next ones */
    const char *initrd;
    const char *append;
    const char *dtb;     /* replaces the board's tree */
    const char *bios;    /* goes into the ROM at address 0, which the board has put on the bus */
    const char *dumpdtb; /* write the device tree there */
    const struct loader_item *items; /* without kernel and firmware, the first file is started */
    size_t item_count;
    /* What runs when there is no kernel, no firmware and no item: an ELF in memory. */
    const char *builtin_name;
    const void *builtin;
    uint64_t builtin_size;
    const char *builtin_append; /* its arguments, or NULL */
    loader_fdt_fn *fdt;         /* NULL: no device tree; loader_machine_load sets its own */
    void *fdt_opaque;
    struct log *log; /* may be NULL */
};

struct loader_result {
    const char *kind;            /* of the kernel: "arm64 Image", "ELF", ... (a literal) */
    uint64_t entry;              /* where the first CPU starts */
    uint64_t x[4];               /* its X0 to X3 */
    uint64_t dtb_base, dtb_size; /* bytes */
    uint64_t initrd_base, initrd_size;
    uint64_t heap_base, heap_end; /* the largest stretch of RAM with nothing in it (SYS_HEAPINFO) */
    struct symbols *symbols;      /* owned; of all ELF files; may be empty */
    struct places places;         /* owned; in address order */
};

/* Loads everything. Guest RAM is expected to be as bus_add_ram made it. On failure nothing needs to
 * be freed; RAM may then hold parts of images. */
bool loader_load(struct bus *bus, const struct loader_config *config, struct loader_result *result,
                 struct err *err);
/* The same for a machine reset: reads all files again, as they are now, over the RAM the guest has
 * used. Replaces *result, also its symbols; fails as loader_load does, and *result is then empty.
 */
bool loader_reload(struct bus *bus, const struct loader_config *config,
                   struct loader_result *result, struct err *err);
void loader_result_free(struct loader_result *result);

/* A machine_load_fn (devices/virt.h) with a struct loader_machine as its opaque: fills in the
 * configuration's ram_base, ram_size, fdt and fdt_opaque, loads or loads again, starts the CPU
 * there and gives the symbols to the log. */
struct loader_machine {
    struct loader_config config;
    struct loader_result result; /* of the last load; to be freed with loader_result_free */
    bool used;                   /* RAM is no longer as bus_add_ram made it */
};
bool loader_machine_load(void *loader_machine, struct machine *machine, struct err *err);

/* Sets the registers of the boot protocol and the PC of a CPU in reset state. */
void loader_start(const struct loader_result *result, struct cpu *cpu);

/* A table of what is where, for `info roms` and for people. */
void loader_print(const struct loader_result *result, FILE *file);

#endif
