/* The monitor's commands: see monitor.h. The vCPU stands still while one looks at it. */
#include "frontend/monitor.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "cpu/cpu.h"
#include "cpu/disasm.h"
#include "devices/virt.h"
#include "frontend/keyval.h"
#include "frontend/png.h"
#include "frontend/session.h"
#include "loader/symbols.h"

#define EXAMINE_MAX 4096 /* items of one x command */

struct monitor_command {
    const char *name, *alias, *arguments, *text;
    void (*run)(struct session *session, struct mux *mux, char *arguments);
};

static const struct monitor_command commands[];
static const size_t command_count;

static void run_help(struct session *session, struct mux *mux, char *arguments)
{
    (void)session, (void)arguments;
    for (size_t i = 0; i < command_count; i++) {
        char syntax[64];

        snprintf(syntax, sizeof(syntax), "%s%s%s%s%s", commands[i].name,
                 commands[i].alias ? ", " : "", commands[i].alias ? commands[i].alias : "",
                 *commands[i].arguments ? " " : "", commands[i].arguments);
        mux_print(mux, "%-34s %s\n", syntax, commands[i].text);
    }
}

/* --- info --- */

/* Prints a stdio text that `write` makes. */
static void print_stream(struct mux *mux, struct session *session,
                         void (*write)(struct session *, FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return;
    write(session, file);
    if (fclose(file) == 0)
        mux_print(mux, "%s", text);
    free(text);
}

static struct cpu *chosen_cpu(struct session *session)
{
    return machine_cpu_at(session->machine, session->cpu);
}

static void write_registers(struct session *session, FILE *file)
{
    cpu_dump(chosen_cpu(session), file);
}

static void write_cpus(struct session *session, FILE *file)
{
    for (unsigned i = 0; i < machine_cpu_count(session->machine); i++) {
        const struct cpu *cpu = machine_cpu_at(session->machine, i);

        fprintf(file, "%c CPU %u: ", i == session->cpu ? '*' : ' ', i);
        if (machine_cpu_is_on(session->machine, i))
            fprintf(file, "pc 0x%016" PRIx64 ", EL%u, %" PRIu64 " instructions\n", cpu->pc, cpu->el,
                    cpu_instructions(cpu));
        else
            fputs("off\n", file);
    }
}

static void write_roms(struct session *session, FILE *file)
{
    loader_print(&session->loader.result, file);
}

/* One line of `info mtree`, kept back to be joined with neighbours of the same name. */
struct mtree {
    FILE *file;
    const char *name;
    uint64_t base, end;
    unsigned count;
};

static void flush_window(struct mtree *mtree)
{
    if (mtree->count)
        fprintf(mtree->file, "  %016" PRIx64 "-%016" PRIx64 "  %s", mtree->base, mtree->end - 1,
                mtree->name);
    if (mtree->count > 1)
        fprintf(mtree->file, " x %u", mtree->count);
    if (mtree->count)
        fputc('\n', mtree->file);
    mtree->count = 0;
}

static void add_window(void *opaque, const char *name, uint64_t base, uint64_t size)
{
    struct mtree *mtree = opaque;

    if (mtree->count && (mtree->end != base || strcmp(mtree->name, name)))
        flush_window(mtree);
    if (!mtree->count)
        mtree->base = base;
    mtree->name = name;
    mtree->end = base + size;
    mtree->count++;
}

static void write_mtree(struct session *session, FILE *file)
{
    struct mtree mtree = {.file = file};

    fputs("guest physical memory:\n", file);
    bus_visit(machine_bus(session->machine), add_window, &mtree);
    flush_window(&mtree);
}

static void write_status(struct session *session, FILE *file)
{
    const struct cpu *cpu = machine_cpu(session->machine);
    uint64_t executed = machine_instructions(session->machine);
    struct timespec now;
    double seconds;

    clock_gettime(CLOCK_MONOTONIC, &now);
    seconds = (double)(now.tv_sec - session->started.tv_sec) +
              (double)(now.tv_nsec - session->started.tv_nsec) / 1e9;
    fprintf(file, "VM status: %s\n", session->paused ? "paused" : "running");
    fprintf(file, "engine %s, %" PRIu64 " instructions in %.1f s (%.0f MIPS on average)\n",
            engine_name(cpu->engine), executed, seconds,
            seconds > 0 ? (double)executed / 1e6 / seconds : 0);
}

static void write_jit(struct session *session, FILE *file)
{
    cpu_print_stats(machine_cpu(session->machine), file);
}

static void write_version(struct session *session, FILE *file)
{
    (void)session;
    fputs("ulna " ULNA_VERSION "\n", file);
}

static const struct {
    const char *name;
    void (*write)(struct session *session, FILE *file);
} infos[] = {
    {"registers", write_registers}, {"cpus", write_cpus},     {"mtree", write_mtree},
    {"roms", write_roms},           {"status", write_status}, {"jit", write_jit},
    {"version", write_version},
};

static void run_info(struct session *session, struct mux *mux, char *arguments)
{
    for (size_t i = 0; i < ARRAY_SIZE(infos); i++)
        if (!strcmp(arguments, infos[i].name)) {
            machine_pause(session->machine);
            print_stream(mux, session, infos[i].write);
            if (!session->paused)
                machine_resume(session->machine);
            return;
        }
    mux_print(mux, "info '%s': not known; there are", arguments);
    for (size_t i = 0; i < ARRAY_SIZE(infos); i++)
        mux_print(mux, " %s", infos[i].name);
    mux_print(mux, "\n");
}

static void run_cpu(struct session *session, struct mux *mux, char *arguments)
{
    unsigned count = machine_cpu_count(session->machine);
    uint64_t number;
    struct err err;

    if (number_parse(arguments, UINT64_MAX, &number, &err) && number < count)
        session->cpu = (unsigned)number;
    else
        mux_print(mux, "cpu needs a number, 0 to %u\n", count - 1);
}

/* --- running --- */

static void run_stop(struct session *session, struct mux *mux, char *arguments)
{
    (void)mux, (void)arguments;
    session->paused = true;
    machine_pause(session->machine);
}

static void run_cont(struct session *session, struct mux *mux, char *arguments)
{
    (void)mux, (void)arguments;
    session->paused = false;
    machine_resume(session->machine);
}

static void run_reset(struct session *session, struct mux *mux, char *arguments)
{
    (void)mux, (void)arguments;
    session_request(session, SESSION_RESET);
}

static void run_powerdown(struct session *session, struct mux *mux, char *arguments)
{
    (void)mux, (void)arguments;
    machine_press_power(session->machine);
}

static void run_quit(struct session *session, struct mux *mux, char *arguments)
{
    (void)mux, (void)arguments;
    session_request(session, SESSION_QUIT);
}

/* --- memory --- */

/* A number, a symbol of a loaded ELF, or $x0..$x30, $sp, $pc. */
static bool parse_address(struct session *session, const char *text, uint64_t *address,
                          struct err *err)
{
    const struct cpu *cpu = chosen_cpu(session);
    unsigned number;
    char rest;

    if (!strcmp(text, "$pc"))
        *address = cpu->pc;
    else if (!strcmp(text, "$sp"))
        *address = cpu->x[SLOT_SP];
    else if (sscanf(text, "$x%2u%c", &number, &rest) == 1 && number < SLOT_SP)
        *address = cpu->x[number];
    else if (session->loader.result.symbols &&
             symbols_find(session->loader.result.symbols, text, address))
        return true;
    else
        return number_parse(text, UINT64_MAX, address, err);
    return true;
}

struct format {
    unsigned count, size; /* items, bytes of one */
    char form;            /* x d u o c i */
};

/* "/8xg": a count, a form and a size letter, in that order. */
static bool parse_format(char **text, struct format *format, struct err *err)
{
    char *in = *text;
    bool has_size = false;

    *format = (struct format){1, 4, 'x'};
    if (*in != '/')
        return true;
    in++;
    if (isdigit((unsigned char)*in))
        format->count = (unsigned)strtoul(in, &in, 10);
    for (; *in && *in != ' '; in++) {
        const char *sizes = "bhwg", *size = strchr(sizes, *in);

        if (size) {
            format->size = 1u << (size - sizes);
            has_size = true;
        } else if (strchr("xduoci", *in)) {
            format->form = *in;
        } else {
            return err_usage(err,
                             "'%c' is no format; a format is /COUNT, one of x d u o c i and "
                             "one of b h w g",
                             *in);
        }
    }
    if (format->form == 'c' && !has_size)
        format->size = 1;
    if (format->form == 'i')
        format->size = 4;
    if (format->count == 0 || format->count > EXAMINE_MAX)
        return err_usage(err, "the count is 1 to %d", EXAMINE_MAX);
    while (*in == ' ')
        in++;
    *text = in;
    return true;
}

static void print_item(struct mux *mux, const struct format *format, uint64_t address,
                       uint64_t value)
{
    int digits = (int)format->size * 2;
    int64_t number = bits_sext(value, format->size * 8);
    char text[128];

    switch (format->form) {
    case 'd':
        mux_print(mux, " %" PRId64, number);
        break;
    case 'u':
        mux_print(mux, " %" PRIu64, value);
        break;
    case 'o':
        mux_print(mux, " %" PRIo64, value);
        break;
    case 'c':
        if (value >= ' ' && value <= '~')
            mux_print(mux, " '%c'", (char)value);
        else
            mux_print(mux, " '\\x%02" PRIx64 "'", value & 0xff);
        break;
    case 'i':
        disasm((uint32_t)value, address, text, sizeof(text));
        mux_print(mux, "  %08" PRIx64 "  %s", value, text);
        break;
    default:
        mux_print(mux, " 0x%0*" PRIx64, digits, value);
        break;
    }
}

static void examine(struct session *session, struct mux *mux, char *arguments, bool physical)
{
    struct cpu *cpu = chosen_cpu(session);
    struct format format;
    uint64_t address;
    struct err err;

    if (!parse_format(&arguments, &format, &err) ||
        !parse_address(session, arguments, &address, &err)) {
        mux_print(mux, "%s\n", err.text);
        return;
    }
    for (unsigned i = 0; i < format.count; i++, address += format.size) {
        unsigned column = format.form == 'i' ? 0 : i % (16 / format.size);
        uint64_t value = 0;
        bool there = physical ? bus_read_ram(cpu->bus, address, &value, format.size)
                              : cpu_read_virtual(cpu, address, &value, format.size);

        if (!there) {
            mux_print(mux, "%s%016" PRIx64 ": no memory\n", column ? "\n" : "", address);
            return;
        }
        if (!column)
            mux_print(mux, "%s%016" PRIx64 ":", i ? "\n" : "", address);
        print_item(mux, &format, address, value);
    }
    mux_print(mux, "\n");
}

static void examine_paused(struct session *session, struct mux *mux, char *arguments, bool physical)
{
    machine_pause(session->machine);
    examine(session, mux, arguments, physical);
    if (!session->paused)
        machine_resume(session->machine);
}

static void run_x(struct session *session, struct mux *mux, char *arguments)
{
    examine_paused(session, mux, arguments, false);
}

static void run_xp(struct session *session, struct mux *mux, char *arguments)
{
    examine_paused(session, mux, arguments, true);
}

/* --- the rest --- */

static void run_screendump(struct session *session, struct mux *mux, char *arguments)
{
    struct err err;

    if (!machine_display(session->machine))
        mux_print(mux, "the machine has no screen (-M virt,fb=off)\n");
    else if (!*arguments)
        mux_print(mux, "screendump needs a file: screendump FILE.png\n");
    else if (!png_save(machine_display(session->machine), arguments, &err))
        mux_print(mux, "%s\n", err.text);
}

static void run_log(struct session *session, struct mux *mux, char *arguments)
{
    uint32_t mask = 0;
    struct err err;

    if (strcmp(arguments, "none") && !log_parse(arguments, &mask, &err))
        mux_print(mux, "%s\n", err.text);
    else
        log_set_mask(session->log, mask);
}

static const struct monitor_command commands[] = {
    {"help", "?", "", "this list", run_help},
    {"info", NULL, "registers|cpus|mtree|roms|status|jit", "look into the machine", run_info},
    {"cpu", NULL, "N", "look at this CPU from now on", run_cpu},
    {"stop", "s", "", "hold the CPUs", run_stop},
    {"cont", "c", "", "let them go on", run_cont},
    {"x", NULL, "/FORMAT ADDRESS", "memory at a virtual address, e.g. x/8xg $sp, x/4i $pc", run_x},
    {"xp", NULL, "/FORMAT ADDRESS", "memory at a physical address", run_xp},
    {"screendump", NULL, "FILE.png", "save the screen as a picture", run_screendump},
    {"log", NULL, "CATEGORY,...|none", "what to log from now on (see -d help)", run_log},
    {"system_powerdown", NULL, "", "press the power key", run_powerdown},
    {"system_reset", NULL, "", "reset the machine", run_reset},
    {"quit", "q", "", "end ulna", run_quit},
};
static const size_t command_count = ARRAY_SIZE(commands);

void monitor_command(struct session *session, struct mux *mux, const char *line)
{
    char copy[512];
    size_t size;
    char *arguments;

    while (isspace((unsigned char)*line))
        line++;
    snprintf(copy, sizeof(copy), "%s", line);
    for (size = strlen(copy); size && isspace((unsigned char)copy[size - 1]); size--)
        copy[size - 1] = '\0';
    if (!*copy)
        return;
    size = strcspn(copy, " /"); /* x/8xg: the format is an argument */
    arguments = copy + size;
    for (size_t i = 0; i < command_count; i++) {
        const struct monitor_command *command = &commands[i];

        if ((strlen(command->name) != size || strncmp(command->name, copy, size)) &&
            (!command->alias || strlen(command->alias) != size ||
             strncmp(command->alias, copy, size)))
            continue;
        while (*arguments == ' ')
            arguments++;
        pthread_mutex_lock(&session->machine_lock);
        command->run(session, mux, arguments);
        pthread_mutex_unlock(&session->machine_lock);
        return;
    }
    mux_print(mux, "'%.*s': no such command; 'help' lists them\n", (int)size, copy);
}
