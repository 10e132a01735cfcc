/* Options that describe the machine but for its CPU: -M, -m, -smp, -accel, -engine, -device, -rtc,
 * -semihosting-config. A value that asks for what the board already is, is accepted; one that asks
 * for something else is refused with the reason. */
#include "frontend/options.h"

#include "devices/framebuffer.h"
#include "devices/virt.h"
#include "frontend/keyval.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "1280x800" or "off" */
static bool parse_fb(struct options *options, const char *value, struct err *err)
{
    unsigned width, height;
    char rest;

    options->fb = strcmp(value, "off") != 0;
    if (!options->fb)
        return true;
    if (!strcmp(value, "on"))
        return true;
    if (sscanf(value, "%4ux%4u%c", &width, &height, &rest) != 2 || !isdigit((unsigned char)*value))
        return err_usage(err, "fb=%s: not a screen size; write fb=WIDTHxHEIGHT or fb=off", value);
    if (!framebuffer_check(width, height, err))
        return err_prefix(err, "fb=%s", value);
    options->fb_width = width;
    options->fb_height = height;
    return true;
}

static bool parse_gic_version(struct options *options, const char *value, struct err *err)
{
    bool three = !strcmp(value, "3") || !strcmp(value, "max");
    const char *why = "the controller is a GICv2 or a GICv3";

    if (!strcmp(value, "host"))
        why = "there is no host's controller to use, as the CPU is translated";
    if (!strcmp(value, "4"))
        why = "a GICv4 needs EL2, which the CPU does not have yet";
    if (!three && strcmp(value, "2"))
        return err_usage(err, "gic-version=%s: %s; accepted are 2, 3 and max", value, why);
    options->cpu_properties.gicv3 = three;
    return true;
}

/* Properties of QEMU's virt that ulna has in one form only. */
struct fixed_property {
    const char *key;
    const char *accepted; /* words, '|' between them */
    const char *why;
};

static const struct fixed_property machine_fixed[] = {
    {"type", "virt", "ulna has one board"},
    {"accel", "tcg", "an x86-64 host cannot run AArch64 code natively, so ulna translates"},
    {"virtualization", "off|false|no", "the CPU has no EL2 yet"},
    {"secure", "off|false|no", "the CPU has no EL3 yet"},
    {"highmem", "on|true|yes", "RAM is always placed as with highmem=on"},
    {"iommu", "none", "the board has no SMMU yet"},
    {"ras", "off|false|no", "the board has no RAS support"},
    {"acpi", "off|false|no", "guests get a device tree; ACPI tables are not there yet"},
    {"usb", "off|false|no", "the board has no USB yet"},
    {"mem-merge", "off|false|no", "guest memory is not merged"},
    {"dump-guest-core", "off|false|no", "guest memory is kept out of core dumps"},
};

/* True when `value` is among `accepted`. */
static bool is_accepted(const char *value, const char *accepted)
{
    size_t size = strlen(value);

    for (const char *word = accepted; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (!strncmp(word, value, size) && (word[size] == '|' || word[size] == '\0') && size)
            return true;
    }
    return false;
}

static const char machine_help[] =
    "Machines:\n"
    "  virt    QEMU's generic AArch64 board (the default)\n"
    "Properties of virt:\n"
    "  fb=WIDTHxHEIGHT|off   framebuffer at 0x0b000000, 1024x768 unless told otherwise\n"
    "  gic-version=2|3|max   interrupt controller; 2 unless told, max is 3\n"
    "  its=on|off            message-signalled interrupts of a GICv3; on unless told\n"
    "  mte=on|off            memory tagging: a CPU that has it, and RAM with tags; off unless "
    "told\n"
    "  dumpdtb=FILE          write the device tree to FILE and exit\n"
    "  kernel= initrd= append= dtb= firmware= memory=   as the options of that name\n";

static const char machine_accepted[] =
    "fb=WxH|off, mte=on|off, gic-version=2|3|max, its=on|off, dumpdtb=FILE, "
    "kernel=, initrd=, append=, dtb=, firmware=";

static bool machine_property(struct options *options, const struct keyval *item, struct err *err)
{
    const struct {
        const char *key, **field;
    } files[] = {
        {"kernel", &options->kernel}, {"initrd", &options->initrd}, {"append", &options->append},
        {"dtb", &options->dtb},       {"firmware", &options->bios}, {"dumpdtb", &options->dumpdtb},
    };
    const char *value = item->value ? item->value : "on";

    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (!strcmp(item->key, files[i].key)) {
            if (!keyval_string(item, &value, err))
                return false;
            *files[i].field = options_keep(options, value);
            return true;
        }
    if (!strcmp(item->key, "fb"))
        return parse_fb(options, value, err);
    if (!strcmp(item->key, "gic-version"))
        return parse_gic_version(options, value, err);
    if (!strcmp(item->key, "its")) {
        options->its_given = true;
        return keyval_bool(item, &options->its, err);
    }
    if (!strcmp(item->key, "mte"))
        return keyval_bool(item, &options->cpu_properties.mte, err);
    if (!strcmp(item->key, "memory"))
        return options_parse_memory(options, value, err);
    for (size_t i = 0; i < ARRAY_SIZE(machine_fixed); i++) {
        const struct fixed_property *fixed = &machine_fixed[i];

        if (strcmp(item->key, fixed->key))
            continue;
        if (is_accepted(value, fixed->accepted))
            return true;
        return err_usage(err, "%s=%s: %s; accepted is %s=%.*s", item->key, value, fixed->why,
                         item->key, (int)strcspn(fixed->accepted, "|"), fixed->accepted);
    }
    return err_usage(err, "the board has no property '%s'; accepted are %s", item->key,
                     machine_accepted);
}

bool options_parse_machine(struct options *options, const char *value, struct err *err)
{
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, "type", err);

    for (size_t i = 0; done && i < keyvals.count; i++) {
        const struct keyval *item = &keyvals.item[i];
        bool is_type = !strcmp(item->key, "type") && item->value;

        if (is_type && (!strcmp(item->value, "help") || !strcmp(item->value, "?")))
            done = options_print(options, machine_help, err);
        else if (!strcmp(item->key, "help") && !item->value)
            done = options_print(options, machine_help, err);
        else if (is_type && strcmp(item->value, "virt"))
            done = err_usage(err, "there is no machine '%s'; accepted is virt", item->value);
        else
            done = machine_property(options, item, err);
    }
    keyvals_free(&keyvals);
    return done;
}

bool options_parse_memory(struct options *options, const char *value, struct err *err)
{
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, "size", err);
    uint64_t size = 0;

    for (size_t i = 0; done && i < keyvals.count; i++) {
        const struct keyval *item = &keyvals.item[i];

        if (strcmp(item->key, "size") || !item->value)
            done = err_usage(err, "%s: memory cannot be plugged in later; accepted is -m SIZE",
                             item->key);
        else
            done = size_parse(item->value, MIB, &size, err);
    }
    keyvals_free(&keyvals);
    if (!done)
        return false;
    if (size < VIRT_RAM_MIN || size > VIRT_RAM_MAX)
        return err_usage(err, "the board takes 16M to 255G of memory (a plain number is MiB)");
    options->ram_size = align_up(size, MIB);
    return true;
}

enum smp_key {
    SMP_CPUS,
    SMP_MAXCPUS,
    SMP_SOCKETS,
    SMP_DIES,
    SMP_CLUSTERS,
    SMP_CORES,
    SMP_THREADS,
    SMP_KEYS
};

/* What was not given (0) follows from the rest, as QEMU has it: there is one of each, and cores for
 * all CPUs. */
static bool complete_topology(const uint64_t given[SMP_KEYS], struct virt_topology *topology,
                              struct err *err)
{
    uint64_t cpus = given[SMP_CPUS], all = given[SMP_MAXCPUS] ? given[SMP_MAXCPUS] : cpus;
    uint64_t sockets = given[SMP_SOCKETS], clusters = given[SMP_CLUSTERS];
    uint64_t cores = given[SMP_CORES], threads = given[SMP_THREADS];

    clusters = clusters ? clusters : 1;
    if (!all || !cores) {
        sockets = sockets ? sockets : 1;
        threads = threads ? threads : 1;
    }
    if (!cores)
        cores = all ? all / (sockets * clusters * threads) : 1;
    if (!sockets) {
        threads = threads ? threads : 1;
        sockets = all / (clusters * cores * threads);
    }
    if (!threads)
        threads = all / (sockets * clusters * cores);
    all = all ? all : sockets * clusters * cores * threads;
    cpus = cpus ? cpus : all;
    if (sockets * clusters * cores * threads != all)
        return err_usage(err,
                         "%" PRIu64 " sockets, of %" PRIu64 " clusters, of %" PRIu64
                         " cores, of %" PRIu64 " threads, do not make %" PRIu64 " CPUs",
                         sockets, clusters, cores, threads, all);
    if (all != cpus)
        return err_usage(err,
                         "maxcpus=%" PRIu64 ": no CPU can be added to the machine later, so it "
                         "has to be the number of CPUs, %" PRIu64,
                         all, cpus);
    *topology = (struct virt_topology){(unsigned)cpus, (unsigned)sockets, (unsigned)clusters,
                                       (unsigned)cores, (unsigned)threads};
    return true;
}

bool options_parse_smp(struct options *options, const char *value, struct err *err)
{
    static const char *const keys[] = {"cpus",     "maxcpus", "sockets", "dies",
                                       "clusters", "cores",   "threads", NULL};
    uint64_t given[SMP_KEYS] = {0};
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, "cpus", err);

    for (size_t i = 0; done && i < keyvals.count; i++) {
        const struct keyval *item = &keyvals.item[i];
        size_t key = 0;

        while (keys[key] && strcmp(keys[key], item->key))
            key++;
        if (!keys[key]) {
            done = err_usage(err,
                             "'%s' is not known; accepted are cpus maxcpus sockets clusters "
                             "cores threads",
                             item->key);
            break;
        }
        done = number_parse(item->value ? item->value : "", VIRT_CPUS_MAX, &given[key], err) &&
               (given[key] || err_usage(err, "it has to be 1 or more"));
        if (done && key == SMP_DIES && given[key] > 1)
            done = err_usage(err, "the board has no dies");
        if (!done)
            err_prefix(err, "%s", item->key);
    }
    done = done && complete_topology(given, &options->topology, err);
    keyvals_free(&keyvals);
    return done;
}

static const char accel_help[] =
    "Accelerators:\n"
    "  tcg    translation (see also -engine)\n"
    "Properties of tcg:\n"
    "  tb-size=MIB            memory for generated code, 1 to 1024 MiB; 32 unless told otherwise\n"
    "  host-features=LIST     instructions of the host that generated code may use: all or none,\n"
    "                         then +NAME or -NAME, as in none+bmi2 or -avx-bmi1\n"
    "  thread=multi|single    a thread for each CPU; single is for machines of one CPU\n";

static bool parse_tb_size(struct options *options, const char *text, struct err *err)
{
    uint64_t mib;

    if (!number_parse(text, UINT64_MAX, &mib, err))
        return err_prefix(err, "tb-size");
    if (mib < JIT_MIB_MIN || mib > JIT_MIB_MAX)
        return err_usage(err, "tb-size=%s: generated code can have %u to %u MiB; %u is the default",
                         text, JIT_MIB_MIN, JIT_MIB_MAX, JIT_MIB_DEFAULT);
    options->jit.code_mib = (unsigned)mib;
    return true;
}

static bool parse_thread(struct options *options, const char *text, struct err *err)
{
    options->single_thread = !strcmp(text, "single");
    return options->single_thread || !strcmp(text, "multi") ||
           err_usage(err, "thread=%s: accepted are multi, and single for one CPU", text);
}

bool options_parse_accel(struct options *options, const char *value, struct err *err)
{
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, "accel", err);

    for (size_t i = 0; done && i < keyvals.count; i++) {
        const struct keyval *item = &keyvals.item[i];
        const char *text = item->value ? item->value : "";

        if (!strcmp(item->key, "accel") && !strcmp(text, "help"))
            done = options_print(options, accel_help, err);
        else if (!strcmp(item->key, "accel") && strcmp(text, "tcg"))
            done = err_usage(
                err, "'%s' needs an AArch64 host or is not known; accepted is -accel tcg", text);
        else if (!strcmp(item->key, "accel"))
            continue;
        else if (!strcmp(item->key, "thread"))
            done = parse_thread(options, text, err);
        else if (!strcmp(item->key, "tb-size"))
            done = parse_tb_size(options, text, err);
        else if (!strcmp(item->key, "host-features"))
            done = host_features_parse(text, &options->jit.masked, err) ||
                   err_prefix(err, "host-features");
        else
            done = err_usage(err,
                             "tcg has no '%s%s%s' here; accepted are tb-size=MIB, "
                             "host-features=LIST and thread=single|multi",
                             item->key, item->value ? "=" : "", text);
    }
    keyvals_free(&keyvals);
    return done;
}

bool options_parse_engine(struct options *options, const char *value, struct err *err)
{
    static const struct {
        const char *name;
        enum engine engine;
    } engines[] = {{"interp", ENGINE_INTERP}, {"jit", ENGINE_JIT}, {"check", ENGINE_CHECK}};

    for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
        if (!strcmp(value, engines[i].name)) {
            options->engine = engines[i].engine;
            return true;
        }
    return err_usage(err, "no such engine; accepted are interp, jit and check");
}

static const char device_help[] =
    "Devices:\n"
    "  loader,file=FILE[,addr=ADDRESS][,force-raw=on]   put a file into guest memory: an ELF at\n"
    "                                                   its own addresses, anything else at addr\n"
    "  loader,addr=ADDRESS,data=VALUE,data-len=BYTES[,data-be=on]   store a value, 1 to 8 bytes\n"
    "  loader,addr=ADDRESS,cpu-num=0                    start there; cpu-num=0 beside file= "
    "starts\n"
    "                                                   that file, though there is a kernel\n";

/* Sub-options that a struct loader_item does not tell of by itself. */
struct loader_given {
    bool data, cpu;
};

static bool loader_item(struct options *options, struct loader_item *item,
                        struct loader_given *given, const struct keyval *keyval, struct err *err)
{
    const char *text = keyval->value ? keyval->value : "";
    uint64_t number;

    if (!strcmp(keyval->key, "file")) {
        if (!keyval_string(keyval, &item->file, err))
            return false;
        item->file = options_keep(options, item->file);
        return true;
    }
    if (!strcmp(keyval->key, "addr")) {
        item->has_addr = true;
        return number_parse(text, UINT64_MAX, &item->addr, err) || err_prefix(err, "addr");
    }
    if (!strcmp(keyval->key, "force-raw"))
        return keyval_bool(keyval, &item->force_raw, err);
    if (!strcmp(keyval->key, "data")) {
        given->data = true;
        return number_parse(text, UINT64_MAX, &item->data, err) || err_prefix(err, "data");
    }
    if (!strcmp(keyval->key, "data-len")) {
        if (!number_parse(text, UINT32_MAX, &number, err))
            return err_prefix(err, "data-len");
        item->data_len = (unsigned)number;
        return (number >= 1 && number <= 8) ||
               err_usage(err, "data-len=%s: a value has 1 to 8 bytes", text);
    }
    if (!strcmp(keyval->key, "data-be")) {
        given->data = true;
        return keyval_bool(keyval, &item->data_be, err);
    }
    if (!strcmp(keyval->key, "cpu-num")) {
        given->cpu = true;
        if (!number_parse(text, UINT32_MAX, &number, err))
            return err_prefix(err, "cpu-num");
        return !number ||
               err_usage(err,
                         "cpu-num=%s: the first CPU starts, and the guest turns on the others; "
                         "accepted is cpu-num=0",
                         text);
    }
    return err_usage(err,
                     "the loader has no '%s'; accepted are file=, addr=, force-raw=, data=, "
                     "data-len=, data-be= and cpu-num=",
                     keyval->key);
}

/* What the sub-options say together. */
static bool loader_check(struct loader_item *item, const struct loader_given *given,
                         struct err *err)
{
    if (given->data && !item->data_len)
        return err_usage(err, "data= needs data-len=, the number of its bytes, 1 to 8");
    if (item->data_len && (item->file || item->force_raw))
        return err_usage(err, "data-len= stores a value, file= and force-raw= load a file: give "
                              "each a -device of its own");
    if (item->data_len && !item->has_addr)
        return err_usage(err, "data= needs addr=, where the value goes");
    if (item->data_len < 8 && item->data_len && item->data >> 8 * item->data_len)
        return err_usage(err, "data=0x%llx has more than data-len=%u bytes",
                         (unsigned long long)item->data, item->data_len);
    if (!item->data_len && !item->file && !(item->has_addr && given->cpu))
        return err_usage(err, "file=FILE is missing: what should be loaded? Without it accepted "
                              "are addr= with data= and data-len=, and addr= with cpu-num=0");
    item->start = given->cpu && !item->data_len; /* a value's CPU is whose memory it goes to */
    return true;
}

bool options_parse_device(struct options *options, const char *value, struct err *err)
{
    struct loader_item item = {0};
    struct loader_given given = {0};
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, "driver", err);
    const char *model = done && keyvals.item[0].value ? keyvals.item[0].value : "";

    if (done && !strcmp(model, "help")) {
        keyvals_free(&keyvals);
        return options_print(options, device_help, err);
    }
    if (done && (strcmp(keyvals.item[0].key, "driver") || strcmp(model, "loader")))
        done = err_usage(err, "%s; see -device help", options_device_refusal(model));
    for (size_t i = 1; done && i < keyvals.count; i++)
        done = loader_item(options, &item, &given, &keyvals.item[i], err);
    keyvals_free(&keyvals);
    if (!done || !loader_check(&item, &given, err))
        return false;
    if (options->loader_count == OPTIONS_LIST_MAX)
        return err_usage(err, "more than %d loaders", OPTIONS_LIST_MAX);
    options->loader[options->loader_count++] = item;
    return true;
}

/* "2026-01-31T12:00:00" or "2026-01-31", UTC */
static bool parse_date(const char *text, time_t *seconds)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    if (!end) {
        tm = (struct tm){0};
        end = strptime(text, "%Y-%m-%d", &tm);
    }
    if (!end || *end)
        return false;
    *seconds = timegm(&tm);
    return true;
}

bool options_parse_rtc(struct options *options, const char *value, struct err *err)
{
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, NULL, err);
    time_t now = time(NULL), base;
    struct tm local;

    for (size_t i = 0; done && i < keyvals.count; i++) {
        const struct keyval *item = &keyvals.item[i];
        const char *text = item->value ? item->value : "";

        if (!strcmp(item->key, "clock") && !strcmp(text, "host"))
            continue;
        if (strcmp(item->key, "base"))
            done = err_usage(err,
                             "%s%s%s: the clock follows the host; accepted are base=... and "
                             "clock=host",
                             item->key, item->value ? "=" : "", text);
        else if (!strcmp(text, "utc"))
            options->rtc_offset_s = 0;
        else if (!strcmp(text, "localtime") && localtime_r(&now, &local))
            options->rtc_offset_s = local.tm_gmtoff;
        else if (parse_date(text, &base))
            options->rtc_offset_s = (int64_t)base - (int64_t)now;
        else
            done = err_usage(err,
                             "base=%s: accepted are utc, localtime, 2026-01-31 and "
                             "2026-01-31T12:00:00",
                             text);
    }
    keyvals_free(&keyvals);
    return done;
}

static bool semihosting_item(struct options *options, const struct keyval *item, struct err *err)
{
    const char *text = item->value ? item->value : "";
    bool on;

    if (!strcmp(item->key, "enable"))
        return keyval_bool(item, &options->semihosting, err);
    if (!strcmp(item->key, "target")) {
        if (strcmp(text, "native") && strcmp(text, "auto"))
            return err_usage(
                err, "target=%s: calls are served by ulna; accepted are native and auto", text);
        return true;
    }
    if (!strcmp(item->key, "userspace"))
        return keyval_bool(item, &on, err) &&
               (!on ||
                err_usage(err, "userspace=on: calls from EL0 are not served; accepted is off"));
    if (!strcmp(item->key, "arg")) {
        if (options->semihosting_arg_count == OPTIONS_LIST_MAX)
            return err_usage(err, "more than %d arguments", OPTIONS_LIST_MAX);
        options->semihosting_arg[options->semihosting_arg_count++] = options_keep(options, text);
        return true;
    }
    if (!strcmp(item->key, "dir")) {
        const char *dir;

        if (!keyval_string(item, &dir, err))
            return false;
        options->semihosting_dir = options_keep(options, dir);
        return true;
    }
    return err_usage(err,
                     "'%s' is not known; accepted are enable=, target=, arg= and dir=", item->key);
}

bool options_parse_semihosting(struct options *options, const char *value, struct err *err)
{
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, NULL, err);

    options->semihosting = true; /* as in QEMU: configuring it enables it */
    for (size_t i = 0; done && i < keyvals.count; i++)
        done = semihosting_item(options, &keyvals.item[i], err);
    keyvals_free(&keyvals);
    return done;
}
