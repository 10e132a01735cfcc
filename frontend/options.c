/* The command line's table and its parser: see options.h. */
#include "frontend/options.h"

#include "base/log.h"
#include "frontend/keyval.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool options_print(struct options *options, const char *text, struct err *err)
{
    if (!options->print)
        options->print = strdup(text);
    return options->print || err_set(err, "out of memory");
}

const char *options_keep(struct options *options, const char *text)
{
    char *copy = strdup(text);
    char **kept = realloc(options->kept, (options->kept_count + 1) * sizeof(*kept));

    if (!copy || !kept)
        abort(); /* a few bytes at start: nothing sensible is left to do */
    options->kept = kept;
    kept[options->kept_count++] = copy;
    return copy;
}

static bool set_file(const char **field, const char *value, struct err *err)
{
    if (!*value)
        return err_usage(err, "the file name is empty");
    *field = value;
    return true;
}

static bool parse_kernel(struct options *options, const char *value, struct err *err)
{
    return set_file(&options->kernel, value, err);
}

static bool parse_initrd(struct options *options, const char *value, struct err *err)
{
    return set_file(&options->initrd, value, err);
}

static bool parse_append(struct options *options, const char *value, struct err *err)
{
    (void)err;
    options->append = value;
    return true;
}

static bool parse_dtb(struct options *options, const char *value, struct err *err)
{
    return set_file(&options->dtb, value, err);
}

static bool parse_bios(struct options *options, const char *value, struct err *err)
{
    return set_file(&options->bios, value, err);
}

static bool parse_name(struct options *options, const char *value, struct err *err)
{
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, "guest", err);

    for (size_t i = 0; done && i < keyvals.count; i++) {
        const struct keyval *item = &keyvals.item[i];

        if (strcmp(item->key, "guest"))
            done = err_usage(err, "'%s' is not known; accepted is -name NAME", item->key);
        else
            options->name = options_keep(options, item->value ? item->value : "");
    }
    keyvals_free(&keyvals);
    return done;
}

static bool parse_display(struct options *options, const char *value, struct err *err)
{
    if (!strcmp(value, "none"))
        options->display = OPTIONS_DISPLAY_NONE;
    else if (!strcmp(value, "sdl") || !strcmp(value, "sdl,gl=off"))
        options->display = OPTIONS_DISPLAY_SDL;
    else if (!strcmp(value, "help"))
        options->print = strdup("Displays:\n  sdl    a window\n  none   no screen\n");
    else
        return err_usage(err, "no such display; accepted are sdl and none");
    return true;
}

static bool parse_nographic(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->nographic = true;
    return true;
}

static bool parse_full_screen(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->full_screen = true;
    return true;
}

static bool parse_serial(struct options *options, const char *value, struct err *err)
{
    struct chardev_spec spec;

    if (!chardev_parse(value, &spec, err))
        return false;
    if (options->serial_given) {
        if (spec.kind == CHARDEV_NONE || spec.kind == CHARDEV_NULL)
            return true;
        return err_usage(err, "the board has one serial line; accepted for a second one is none");
    }
    options->serial = spec;
    options->serial_given = true;
    return true;
}

static bool parse_monitor(struct options *options, const char *value, struct err *err)
{
    if (!chardev_parse(value, &options->monitor, err))
        return false;
    if (options->monitor.monitor)
        return err_usage(err, "mon: shares the serial line; accepted with it is -serial %s", value);
    options->monitor_given = true;
    return true;
}

static bool parse_echr(struct options *options, const char *value, struct err *err)
{
    uint64_t code;

    if (value[0] && !value[1] && isalpha((unsigned char)*value)) {
        options->escape = (uint8_t)(*value & 0x1f);
        return true;
    }
    if (!number_parse(value, 0x1f, &code, err) || code == 0)
        return err_usage(err, "not a control key; accepted are a letter or its code 1 to 0x1f");
    options->escape = (uint8_t)code;
    return true;
}

static bool parse_nodefaults(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->nodefaults = true;
    return true;
}

static bool parse_no_user_config(struct options *options, const char *value, struct err *err)
{
    (void)options, (void)value, (void)err; /* there is none to read */
    return true;
}

static bool parse_semihosting_flag(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->semihosting = true;
    return true;
}

static bool parse_no_reboot(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->no_reboot = true;
    return true;
}

static bool parse_paused(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->paused = true;
    return true;
}

static bool parse_perfmap(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->jit.perfmap = true;
    return true;
}

static bool parse_jitdump(struct options *options, const char *value, struct err *err)
{
    (void)value, (void)err;
    options->jit.jitdump = true;
    return true;
}

static const char log_help[] = "Log categories (-d A,B,...):\n"
                               "  in_asm         guest code, disassembled when it is translated\n"
                               "  uop            the micro-ops it becomes\n"
                               "  region         the blocks that the JIT compiles together\n"
                               "  uop_opt        what it decides for each micro-op of them\n"
                               "  out_asm        host code of the JIT, by region\n"
                               "  exec           each block that is entered\n"
                               "  int            exceptions, interrupts and returns from them\n"
                               "  mmu            translation faults and TLB maintenance\n"
                               "  unimp          what the guest asked for and ulna lacks\n"
                               "  guest_errors   what a guest should not do\n"
                               "  stats          counts and times of the engine, at the end and "
                               "on SIGUSR1\n"
                               "  all            all of these\n";

static bool parse_log(struct options *options, const char *value, struct err *err)
{
    uint32_t mask = 0;

    if (!strcmp(value, "help") || !strcmp(value, "?")) {
        options->print = strdup(log_help);
        return options->print || err_set(err, "out of memory");
    }
    if (!log_parse(value, &mask, err)) {
        err->usage = true;
        return false;
    }
    options->log_mask |= mask;
    return true;
}

static bool parse_log_file(struct options *options, const char *value, struct err *err)
{
    return set_file(&options->log_file, value, err);
}

static bool parse_help(struct options *options, const char *value, struct err *err)
{
    (void)value;
    options->print = options_help_text();
    return options->print || err_set(err, "out of memory");
}

static bool parse_help_all(struct options *options, const char *value, struct err *err)
{
    (void)value;
    options->print = options_help_all_text();
    return options->print || err_set(err, "out of memory");
}

static bool parse_man(struct options *options, const char *value, struct err *err)
{
    (void)value;
    options->print = options_man_text();
    return options->print || err_set(err, "out of memory");
}

static bool parse_version(struct options *options, const char *value, struct err *err)
{
    (void)value;
    options->print = strdup("ulna " ULNA_VERSION "\n");
    return options->print || err_set(err, "out of memory");
}

const struct options_row options_rows[] = {
    {"kernel", NULL, "FILE", GROUP_BOOT, "Linux Image (or Image.gz), or an ELF",
     "Boots FILE: an arm64 Linux Image, plain or compressed with gzip, or an AArch64 ELF, which is "
     "loaded at its own addresses and entered at its entry point with the device tree's address "
     "in X0.",
     parse_kernel},
    {"initrd", NULL, "FILE", GROUP_BOOT, "initial RAM disk for the kernel",
     "Puts FILE into memory and tells the kernel where it is.", parse_initrd},
    {"append", NULL, "TEXT", GROUP_BOOT, "the kernel's command line",
     "The kernel's command line (bootargs in the device tree).", parse_append},
    {"bios", NULL, "FILE", GROUP_BOOT, NULL,
     "Places FILE at address 0 as read-only memory and starts there.", parse_bios},
    {"dtb", NULL, "FILE", GROUP_BOOT, NULL,
     "Uses the device tree in FILE instead of the one ulna generates.", parse_dtb},
    {"device", NULL, "loader,file=F,addr=A", GROUP_BOOT, NULL,
     "Puts file F into guest memory before the start: an ELF at its own addresses, anything else "
     "(and with force-raw=on an ELF too) at address A. Without -kernel and -bios the first file is "
     "what the CPU starts. loader,addr=A,data=V,data-len=N stores the value V there, in N bytes (1 "
     "to 8), with data-be=on the most significant first. cpu-num=0 starts the CPU at the file, or "
     "with loader,addr=A,cpu-num=0 at address A, even beside -kernel. May be repeated. -device "
     "help lists the devices.",
     options_parse_device},

    {"machine", "M", "virt[,PROP=VALUE]", GROUP_MACHINE, "the board: fb=WxH|off, dumpdtb=FILE",
     "The board. virt is QEMU's board of that name and the default. fb=WIDTHxHEIGHT sets the size "
     "of the framebuffer at 0x0b000000 (1024x768 unless told otherwise), fb=off leaves it out; "
     "mte=on gives the CPU the Memory Tagging Extension and its RAM tags; "
     "dumpdtb=FILE writes the device tree to FILE and exits. -M help lists the properties.",
     options_parse_machine},
    {"cpu", NULL, "MODEL[,PROP=VALUE]", GROUP_MACHINE, NULL,
     "The CPU model: max, the default, which has all that ulna implements, or one of the parts "
     "cortex-a53, cortex-a57, cortex-a72, cortex-a76, neoverse-n1 and neoverse-v1, each with the "
     "ID registers and the instructions of its manual as far as ulna has them; all of them EL1 and "
     "EL0 in AArch64 state alone. -cpu help lists the features of each, and the properties.",
     options_parse_cpu},
    {"m", NULL, "SIZE", GROUP_MACHINE, "memory, 16M to 255G; 512M unless told",
     "Memory of the guest: a number of MiB, or a number with K, M, G or T; 16M to 255G. Memory is "
     "taken from the host only when the guest touches it.",
     options_parse_memory},
    {"smp", NULL, "N[,KEY=COUNT...]", GROUP_MACHINE, NULL,
     "The number of CPUs, 1 to 8 (64 with a GICv3); how they are told apart by sockets= clusters= "
     "cores= threads=.",
     options_parse_smp},
    {"engine", NULL, "interp|jit|check", GROUP_MACHINE, "how guest code is run; jit unless told",
     "How guest code is run: by the interpreter, by the x86-64 code generator, or by both, "
     "stopping at the first difference.",
     options_parse_engine},
    {"accel", NULL, "tcg[,tb-size=N]", GROUP_MACHINE, NULL,
     "QEMU's word for running guest code by translation, which is what ulna does. tb-size=N gives "
     "generated code N MiB of memory, 1 to 1024, instead of 32. host-features=LIST bounds the "
     "instructions of the host that it uses: all or none, then +NAME or -NAME of bmi1, avx2 and so "
     "on, as in host-features=-avx2.",
     options_parse_accel},
    {"rtc", NULL, "base=TIME", GROUP_MACHINE, NULL,
     "The time the guest's clock starts with: utc, localtime, or a date such as 2026-01-31 or "
     "2026-01-31T12:00:00, in UTC.",
     options_parse_rtc},
    {"semihosting", NULL, NULL, GROUP_MACHINE, NULL,
     "Serves the calls of the Arm semihosting specification (HLT 0xF000).", parse_semihosting_flag},
    {"semihosting-config", NULL, "dir=D", GROUP_MACHINE,
     "serve semihosting calls; files of folder D only",
     "Serves semihosting calls. dir=D lets the guest open files in folder D and nowhere else "
     "(without it, none); arg=TEXT, repeated, is the command line it sees; enable=off turns it "
     "off; target=native and target=auto say what is so anyway.",
     options_parse_semihosting},
    {"no-reboot", NULL, NULL, GROUP_MACHINE, NULL,
     "Exits when the guest resets the machine, instead of starting it again.", parse_no_reboot},
    {"name", NULL, "NAME", GROUP_MACHINE, NULL, "The guest's name, shown in the window's title.",
     parse_name},

    {"nographic", NULL, NULL, GROUP_SCREEN, "no window; the terminal is the guest's console",
     "No window; the serial line and the monitor share the terminal (see Console keys).",
     parse_nographic},
    {"display", NULL, "sdl|none", GROUP_SCREEN, "a window, or no screen",
     "A window, or no screen. Unless told otherwise there is a window where there is a desktop.",
     parse_display},
    {"full-screen", NULL, NULL, GROUP_SCREEN, NULL, "Starts the window full screen.",
     parse_full_screen},
    {"serial", NULL, "WHERE", GROUP_SCREEN, "[mon:]stdio, file:F, pty, tcp:H:P[,server], null",
     "Where the serial line leads: stdio; file:FILE (written anew, or continued with "
     ",append=on); pty (a new pseudo-terminal, whose name is printed); tcp:HOST:PORT or "
     "unix:PATH (with ,server ulna waits for a connection, with ,server,nowait it starts without "
     "one); null; none. With mon: in front the monitor shares it; mon:stdio is the default. With "
     "plain stdio, Ctrl-C ends ulna.",
     parse_serial},
    {"monitor", NULL, "WHERE", GROUP_SCREEN, NULL,
     "A monitor of its own, at the places -serial knows.", parse_monitor},
    {"echr", NULL, "KEY", GROUP_SCREEN, NULL,
     "The escape key of the shared console, instead of Ctrl-A: a letter, or its code.", parse_echr},

    {"d", NULL, "A,B,...", GROUP_DEBUG, "log what happens: int, mmu, unimp, ... (-d help)",
     "Logs what happens in these categories. -d help explains each. With stats, SIGUSR1 makes "
     "ulna log what its engine has done so far.",
     parse_log},
    {"D", NULL, "FILE", GROUP_DEBUG, "write the log to FILE, not to the terminal",
     "Writes the log to FILE instead of the standard error stream.", parse_log_file},
    {"perfmap", NULL, NULL, GROUP_DEBUG, NULL,
     "Writes the names of generated code to /tmp/perf-PID.map, where perf report looks for them.",
     parse_perfmap},
    {"jitdump", NULL, NULL, GROUP_DEBUG, NULL,
     "Writes generated code, its names and the guest addresses it is for to jit-PID.dump in the "
     "present folder, for perf inject --jit.",
     parse_jitdump},
    {"S", NULL, NULL, GROUP_DEBUG, "start paused; the monitor's cont starts the CPU",
     "Starts paused; the command cont of the monitor starts the CPU.", parse_paused},

    {"nodefaults", NULL, NULL, GROUP_OTHER, NULL, "No serial line unless -serial names one.",
     parse_nodefaults},
    {"no-user-config", NULL, NULL, GROUP_OTHER, NULL, "Accepted: ulna reads no configuration file.",
     parse_no_user_config},
    {"help", "h", NULL, GROUP_OTHER, NULL, "Prints a summary of one screen.", parse_help},
    {"help-all", NULL, NULL, GROUP_OTHER, NULL, "Prints all that the manual page says.",
     parse_help_all},
    {"version", NULL, NULL, GROUP_OTHER, "the version", "Prints the version.", parse_version},
    {"man", NULL, NULL, GROUP_OTHER, NULL, "Prints this manual page as roff source.", parse_man},
};

const size_t options_row_count = ARRAY_SIZE(options_rows);

static const struct options_row *find_row(const char *name)
{
    for (size_t i = 0; i < options_row_count; i++)
        if (!strcmp(name, options_rows[i].name) ||
            (options_rows[i].alias && !strcmp(name, options_rows[i].alias)))
            return &options_rows[i];
    return NULL;
}

/* Edit distance of two short words. */
static unsigned word_distance(const char *a, const char *b)
{
    unsigned row[32];
    size_t size = strlen(b);

    if (size >= ARRAY_SIZE(row))
        return ~0u;
    for (unsigned j = 0; j <= size; j++)
        row[j] = j;
    for (unsigned i = 1; *a; a++, i++) {
        unsigned corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= size; j++) {
            unsigned best = corner + (*a != b[j - 1]);

            corner = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[size];
}

static bool refuse_option(const char *word, const char *name, struct err *err)
{
    const char *why = options_refusal(name);
    const char *nearest = NULL;
    unsigned best = 3;

    if (why)
        return err_usage(err, "%s is not supported: %s", word, why);
    for (size_t i = 0; i < options_row_count; i++) {
        unsigned distance = word_distance(name, options_rows[i].name);

        if (distance < best && strlen(name) > 2) {
            best = distance;
            nearest = options_rows[i].name;
        }
    }
    if (nearest)
        return err_usage(err, "unknown option %s; did you mean -%s? (ulna -help lists all)", word,
                         nearest);
    return err_usage(err, "unknown option %s; ulna -help lists what is accepted", word);
}

/* QEMU's "none" for things the board does not have anyway. */
static bool is_absent(const char *name, const char *value)
{
    static const char *const names[] = {"net", "nic", "vga", "parallel"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(name, names[i]))
            return value && !strcmp(value, "none");
    return false;
}

/* What follows from the whole line. */
static bool finish(struct options *options, struct err *err)
{
    bool monitor_stdio = options->monitor_given && options->monitor.kind == CHARDEV_STDIO;

    if ((options->append || options->initrd) && !options->kernel)
        return err_usage(err, "%s needs a kernel to go to: add -kernel FILE",
                         options->append ? "-append" : "-initrd");
    if (options->single_thread && options->topology.cpus > 1)
        return err_usage(err,
                         "-accel tcg,thread=single with -smp %u: each CPU has a thread of its own; "
                         "say thread=multi, or -smp 1",
                         options->topology.cpus);
    if (options->kernel && options->bios)
        return err_usage(err, "-kernel with -bios: the board has no fw_cfg to hand the firmware a "
                              "kernel; give one of them");
    if (options->its_given && options->its && !options->cpu_properties.gicv3)
        return err_usage(err, "-M virt,its=on: a GICv2 has no ITS; add gic-version=3");
    if (options->nographic && options->display == OPTIONS_DISPLAY_SDL)
        return err_usage(err, "-nographic and -display sdl ask for opposite things; for a window "
                              "and the console on the terminal say -display sdl -serial mon:stdio");
    if (options->nographic)
        options->display = OPTIONS_DISPLAY_NONE;
    if (options->full_screen && options->display == OPTIONS_DISPLAY_NONE)
        return err_usage(err, "-full-screen needs a window: say -display sdl");
    if (!options->serial_given) {
        options->serial.kind = options->nodefaults || monitor_stdio ? CHARDEV_NONE : CHARDEV_STDIO;
        options->serial.monitor = options->serial.kind == CHARDEV_STDIO;
    }
    if (monitor_stdio && options->serial.kind == CHARDEV_STDIO)
        return err_usage(err, "the terminal can serve -serial or -monitor; to share it say "
                              "-serial mon:stdio");
    if (options->monitor_given && options->serial.monitor) {
        if (options->serial_given && options->monitor.kind != CHARDEV_NONE)
            return err_usage(err,
                             "-serial mon: and -monitor both place the monitor; one is enough");
        options->serial.monitor = false;
    }
    return true;
}

bool options_parse(struct options *options, int argc, char *const argv[], struct err *err)
{
    *options = (struct options){
        .cpu = "max",
        .engine = ENGINE_JIT,
        .ram_size = OPTIONS_RAM_DEFAULT,
        .topology = {1, 1, 1, 1, 1},
        .its = true,
        .fb = true,
        .fb_width = 1024,
        .fb_height = 768,
        .escape = 1,
    };
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char *name = word + (word[0] == '-') + (word[0] == '-' && word[1] == '-');
        const struct options_row *row;
        const char *value = NULL;

        if (word[0] != '-' || !*name)
            return err_usage(err,
                             "'%s' stands alone, and the board has no disks; to boot it say "
                             "-kernel %s",
                             word, word);
        row = find_row(name);
        if (!row && i + 1 < argc && is_absent(name, argv[i + 1])) {
            i++;
            continue;
        }
        if (!row)
            return refuse_option(word, name, err);
        if (row->argument) {
            if (i + 1 == argc)
                return err_usage(err, "%s needs a value: %s %s", word, word, row->argument);
            value = argv[++i];
        }
        if (!row->parse(options, value, err))
            return err_prefix(err, "%s%s%s", word, value ? " " : "", value ? value : "");
        if (options->print)
            return true;
    }
    return finish(options, err);
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < options->kept_count; i++)
        free(options->kept[i]);
    free(options->kept);
    free(options->print);
    *options = (struct options){0};
}

bool options_is_demo(const struct options *options)
{
    return !options->kernel && !options->bios && !options->loader_count && !options->dumpdtb;
}
