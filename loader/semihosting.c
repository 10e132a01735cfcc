/* Arm semihosting: see semihosting.h. Section numbers are those of release 3.0.
 *
 * Nothing here trusts the guest: memory is reached through cpu_read_virtual and cpu_write_virtual
 * in bounded pieces, a call moves TRANSFER_MAX bytes at most (the specification lets SYS_READ and
 * SYS_WRITE move fewer than asked), and a wait for the console ends when the vCPU is wanted
 * elsewhere. */
#include "loader/semihosting.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bits.h"
#include "cpu/cpu.h"

#define CHUNK        (16 * KIB)
#define TRANSFER_MAX (64 * MIB)
#define STRING_MAX   (1 * MIB) /* SYS_WRITE0 */
#define WAIT_MS      20        /* one look at the console */
#define NS_PER_CS    10000000u
#define TICKS_HZ     1000000000u /* SYS_ELAPSED counts nanoseconds */
#define FAILED       UINT64_MAX

enum operation {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_READC = 0x07,
    SYS_ISERROR = 0x08,
    SYS_ISTTY = 0x09,
    SYS_SEEK = 0x0a,
    SYS_FLEN = 0x0c,
    SYS_TMPNAM = 0x0d,
    SYS_REMOVE = 0x0e,
    SYS_RENAME = 0x0f,
    SYS_CLOCK = 0x10,
    SYS_TIME = 0x11,
    SYS_SYSTEM = 0x12,
    SYS_ERRNO = 0x13,
    SYS_GET_CMDLINE = 0x15,
    SYS_HEAPINFO = 0x16,
    SYS_EXIT = 0x18,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30,
    SYS_TICKFREQ = 0x31,
    OPERATION_COUNT = 0x32,
};

#define ADP_STOPPED_APPLICATION_EXIT 0x20026

struct semihosting {
    struct semihosting_config config;
    struct semifs *semifs;
    pthread_mutex_t lock; /* everything below, and semifs */
    int error;            /* SYS_ERRNO */
    uint64_t start;       /* ns of the clock */
    uint64_t heap_base, heap_end;
    bool exited; /* the guest has ended; its vCPU gets no further than the HLT */
};

/* One call being served. */
struct call {
    struct semihosting *host;
    struct cpu *cpu;
    uint64_t parameter; /* X1 */
    uint64_t field[4];  /* of the block at X1, as many as the operation has */
    uint64_t pc;        /* of the HLT */
    bool wait; /* not done, the HLT is executed again: nothing typed yet and the vCPU is wanted, or
                  the end */
};

struct semihosting *semihosting_new(const struct semihosting_config *config, struct err *err)
{
    struct semihosting *host = calloc(1, sizeof(*host));

    if (!host) {
        err_set(err, "no memory for semihosting");
        return NULL;
    }
    host->config = *config;
    host->config.folder = NULL;
    host->semifs = semifs_new(config->folder, &config->console, err);
    if (!host->semifs) {
        free(host);
        return NULL;
    }
    pthread_mutex_init(&host->lock, NULL);
    host->start = clock_now(config->clock);
    return host;
}

void semihosting_free(struct semihosting *host)
{
    if (!host)
        return;
    semifs_free(host->semifs);
    pthread_mutex_destroy(&host->lock);
    free(host);
}

void semihosting_reset(struct semihosting *host)
{
    pthread_mutex_lock(&host->lock);
    semifs_close_all(host->semifs);
    host->error = 0;
    host->exited = false;
    host->start = clock_now(host->config.clock);
    pthread_mutex_unlock(&host->lock);
}

void semihosting_set_heap(struct semihosting *host, uint64_t base, uint64_t end)
{
    pthread_mutex_lock(&host->lock);
    /* The stack pointer must be 16-byte aligned (AAPCS64). */
    host->heap_base = align_up(base, 16);
    host->heap_end = align_down(end, 16);
    pthread_mutex_unlock(&host->lock);
}

/* --- Answers --- */

static uint64_t fail(struct call *call, int error)
{
    call->host->error = error;
    return FAILED;
}

/* A result of semifs: -errno, or what the guest gets. */
static uint64_t answer(struct call *call, int64_t result)
{
    return result < 0 ? fail(call, (int)-result) : (uint64_t)result;
}

static uint64_t bad_memory(struct call *call, const char *what, uint64_t address)
{
    log_at(call->host->config.log, LOG_GUEST_ERRORS, call->pc,
           "semihosting: %s at 0x%" PRIx64 " is not in memory", what, address);
    return fail(call, EFAULT);
}

/* The name of `length` bytes at `address`, with a NUL: true, or the reason in call->host->error. */
static bool get_name(struct call *call, uint64_t address, uint64_t length,
                     char name[SEMIFS_NAME_MAX + 1])
{
    if (length > SEMIFS_NAME_MAX) {
        fail(call, ENAMETOOLONG);
        return false;
    }
    if (!cpu_read_virtual(call->cpu, address, name, length)) {
        bad_memory(call, "a name", address);
        return false;
    }
    name[length] = 0;
    if (!length || strlen(name) != length) {
        fail(call, length ? EINVAL : ENOENT);
        return false;
    }
    return true;
}

/* Says why files cannot be had; `name` may hold anything, so only its shape is told. */
static uint64_t answer_file(struct call *call, int64_t result)
{
    struct semihosting *host = call->host;

    if (result == -EACCES && !semifs_has_folder(host->semifs) &&
        log_once(host->config.log, LOG_GUEST_ERRORS, (uint64_t)(uintptr_t)host))
        log_at(host->config.log, LOG_GUEST_ERRORS, call->pc,
               "semihosting: the guest wants files, but there is no folder for them; "
               "-semihosting-config dir=FOLDER gives it one");
    else if (result == -EACCES && semifs_has_folder(host->semifs))
        log_at(host->config.log, LOG_GUEST_ERRORS, call->pc,
               "semihosting: refused a file outside of the folder, or not a regular one");
    return answer(call, result);
}

/* --- Operations --- */

static uint64_t sys_open(struct call *call)
{
    char name[SEMIFS_NAME_MAX + 1];

    if (!get_name(call, call->field[0], call->field[2], name))
        return FAILED;
    return answer_file(call, semifs_open(call->host->semifs, name, call->field[1]));
}

static uint64_t sys_close(struct call *call)
{
    return answer(call, semifs_close(call->host->semifs, call->field[0]));
}

static void console_write(struct call *call, const void *data, size_t size)
{
    const struct semifs_console *console = &call->host->config.console;

    if (console->write)
        console->write(console->opaque, false, data, size);
}

static uint64_t sys_writec(struct call *call)
{
    char c;

    if (!cpu_read_virtual(call->cpu, call->parameter, &c, 1))
        return bad_memory(call, "the character", call->parameter);
    console_write(call, &c, 1);
    return 0;
}

static uint64_t sys_write0(struct call *call)
{
    uint64_t address = call->parameter;
    char buffer[256];

    for (uint64_t done = 0; done < STRING_MAX;) {
        /* Not beyond a 256-byte boundary: the next page may be unmapped, and need not be read after
         * the NUL. */
        size_t part = sizeof(buffer) - (address & (sizeof(buffer) - 1));
        size_t length;

        if (!cpu_read_virtual(call->cpu, address, buffer, part))
            return bad_memory(call, "the string", address);
        length = strnlen(buffer, part);
        console_write(call, buffer, length);
        if (length < part)
            return 0;
        address += part;
        done += part;
    }
    log_at(call->host->config.log, LOG_GUEST_ERRORS, call->pc,
           "semihosting: SYS_WRITE0: the string at 0x%" PRIx64
           " has no end within 1 MiB and was cut there",
           call->parameter);
    return 0;
}

/* Bytes that were not written. */
static uint64_t sys_write(struct call *call)
{
    uint64_t left = call->field[2], address = call->field[1], moved = 0;
    uint8_t buffer[CHUNK];

    if (semifs_is_tty(call->host->semifs, call->field[0]) < 0)
        return fail(call, EBADF);
    while (left && moved < TRANSFER_MAX) {
        size_t part = left < sizeof(buffer) ? left : sizeof(buffer);
        int64_t done;

        if (!cpu_read_virtual(call->cpu, address, buffer, part)) {
            bad_memory(call, "the buffer", address);
            break;
        }
        done = semifs_write(call->host->semifs, call->field[0], buffer, part);
        if (done < 0) {
            answer(call, done);
            break;
        }
        left -= (uint64_t)done;
        address += (uint64_t)done;
        moved += (uint64_t)done;
        if ((size_t)done < part)
            break;
    }
    return left;
}

/* The vCPU has something else to do (an interrupt, a pause, the end): let it, and come back. */
static bool wanted(struct call *call)
{
    call->wait = atomic_load(&call->cpu->pending) != 0;
    return call->wait;
}

/* Waits for the console until something was typed or the vCPU is wanted. */
static int64_t read_patiently(struct call *call, uint64_t handle, void *data, size_t size)
{
    for (;;) {
        int64_t done = semifs_read(call->host->semifs, handle, data, size, WAIT_MS);

        if (done != -EAGAIN)
            return done;
        if (wanted(call))
            return -EINTR;
    }
}

/* Bytes that were not read; the console gives what was typed, without waiting for the buffer to
 * fill. */
static uint64_t sys_read(struct call *call)
{
    uint64_t left = call->field[2], address = call->field[1], moved = 0;
    int64_t tty = semifs_is_tty(call->host->semifs, call->field[0]);
    uint8_t buffer[CHUNK];

    if (tty < 0)
        return fail(call, EBADF);
    while (left && moved < TRANSFER_MAX) {
        size_t part = left < sizeof(buffer) ? left : sizeof(buffer);
        int64_t done = read_patiently(call, call->field[0], buffer, part);

        if (done < 0)
            answer(call, done);
        if (done <= 0)
            break;
        if (!cpu_write_virtual(call->cpu, address, buffer, (size_t)done)) {
            bad_memory(call, "the buffer", address);
            break;
        }
        left -= (uint64_t)done;
        address += (uint64_t)done;
        moved += (uint64_t)done;
        if (tty || (size_t)done < part)
            break;
    }
    return left;
}

static uint64_t sys_readc(struct call *call)
{
    const struct semifs_console *console = &call->host->config.console;
    uint8_t c;

    while (console->read) {
        int done = console->read(console->opaque, &c, 1, WAIT_MS);

        if (done > 0)
            return c;
        if (done < 0)
            break;
        if (wanted(call))
            return 0;
    }
    return fail(call, EIO);
}

static uint64_t sys_iserror(struct call *call)
{
    return (int64_t)call->field[0] < 0;
}

static uint64_t sys_istty(struct call *call)
{
    return answer(call, semifs_is_tty(call->host->semifs, call->field[0]));
}

static uint64_t sys_seek(struct call *call)
{
    return answer(call, semifs_seek(call->host->semifs, call->field[0], call->field[1]));
}

static uint64_t sys_flen(struct call *call)
{
    return answer(call, semifs_length(call->host->semifs, call->field[0]));
}

static uint64_t sys_tmpnam(struct call *call)
{
    char name[32];
    size_t size = (size_t)snprintf(name, sizeof(name), "semihosting-%u.tmp",
                                   (unsigned)(call->field[1] & 0xff)) +
                  1;

    if (call->field[1] > 0xff || call->field[2] < size)
        return fail(call, EINVAL);
    if (!cpu_write_virtual(call->cpu, call->field[0], name, size))
        return bad_memory(call, "the buffer", call->field[0]);
    return 0;
}

static uint64_t sys_remove(struct call *call)
{
    char name[SEMIFS_NAME_MAX + 1];

    if (!get_name(call, call->field[0], call->field[1], name))
        return FAILED;
    return answer_file(call, semifs_remove(call->host->semifs, name));
}

static uint64_t sys_rename(struct call *call)
{
    char from[SEMIFS_NAME_MAX + 1], to[SEMIFS_NAME_MAX + 1];

    if (!get_name(call, call->field[0], call->field[1], from) ||
        !get_name(call, call->field[2], call->field[3], to))
        return FAILED;
    return answer_file(call, semifs_rename(call->host->semifs, from, to));
}

static uint64_t elapsed(const struct call *call)
{
    return clock_now(call->host->config.clock) - call->host->start;
}

static uint64_t sys_clock(struct call *call)
{
    return elapsed(call) / NS_PER_CS;
}

static uint64_t sys_time(struct call *call)
{
    (void)call;
    return (uint64_t)time(NULL);
}

static uint64_t sys_system(struct call *call)
{
    log_at(call->host->config.log, LOG_GUEST_ERRORS, call->pc,
           "semihosting: SYS_SYSTEM refused: a guest runs no commands on its host");
    return fail(call, EPERM);
}

static uint64_t sys_errno(struct call *call)
{
    return (uint64_t)call->host->error;
}

/* The block's second field becomes the length without the NUL. */
static uint64_t sys_get_cmdline(struct call *call)
{
    const char *line = call->host->config.command_line ? call->host->config.command_line : "";
    uint64_t length = strlen(line);

    if (call->field[1] <= length)
        return fail(call, ENOSPC);
    if (!cpu_write_virtual(call->cpu, call->field[0], line, length + 1))
        return bad_memory(call, "the buffer", call->field[0]);
    if (!cpu_write_virtual(call->cpu, call->parameter + 8, &length, sizeof(length)))
        return bad_memory(call, "the parameter block", call->parameter);
    return 0;
}

/* heap_base, heap_limit, stack_base (its upper end), stack_limit: one stretch that heap and stack
 * share. */
static uint64_t sys_heapinfo(struct call *call)
{
    const struct semihosting *host = call->host;
    uint64_t info[4] = {host->heap_base, host->heap_end, host->heap_end, host->heap_base};

    if (!cpu_write_virtual(call->cpu, call->field[0], info, sizeof(info)))
        return bad_memory(call, "the heap block", call->field[0]);
    return 0;
}

/* Nothing behind the HLT may run, however soon the machine's owner acts on the exit. */
static uint64_t stay(struct call *call)
{
    call->wait = true;
    cpu_stop(call->cpu);
    return 0;
}

static uint64_t sys_exit(struct call *call)
{
    const struct semihosting_config *config = &call->host->config;
    uint64_t reason = call->field[0], subcode = call->field[1];
    int code = 1;

    if (reason == ADP_STOPPED_APPLICATION_EXIT) {
        code = (int)(subcode & 0xff);
        if (subcode > 0xff)
            log_at(config->log, LOG_GUEST_ERRORS, call->pc,
                   "semihosting: exit code 0x%" PRIx64 " has more than 8 bits; it becomes %d",
                   subcode, code);
    } else {
        log_at(config->log, LOG_GUEST_ERRORS, call->pc,
               "semihosting: the guest stopped with reason 0x%" PRIx64
               ", which is not ADP_Stopped_ApplicationExit: exit code 1",
               reason);
    }
    call->host->exited = true;
    if (config->exit)
        config->exit(config->exit_opaque, code);
    return stay(call);
}

static uint64_t sys_elapsed(struct call *call)
{
    uint64_t ticks = elapsed(call);

    if (!cpu_write_virtual(call->cpu, call->parameter, &ticks, sizeof(ticks)))
        return bad_memory(call, "the tick count", call->parameter);
    return 0;
}

static uint64_t sys_tickfreq(struct call *call)
{
    (void)call;
    return TICKS_HZ;
}

static const struct {
    uint64_t (*serve)(struct call *call);
    unsigned fields; /* 64-bit words in the block at X1; 0: X1 is no block */
} operations[OPERATION_COUNT] = {
    [SYS_OPEN] = {sys_open, 3},
    [SYS_CLOSE] = {sys_close, 1},
    [SYS_WRITEC] = {sys_writec, 0},
    [SYS_WRITE0] = {sys_write0, 0},
    [SYS_WRITE] = {sys_write, 3},
    [SYS_READ] = {sys_read, 3},
    [SYS_READC] = {sys_readc, 0},
    [SYS_ISERROR] = {sys_iserror, 1},
    [SYS_ISTTY] = {sys_istty, 1},
    [SYS_SEEK] = {sys_seek, 2},
    [SYS_FLEN] = {sys_flen, 1},
    [SYS_TMPNAM] = {sys_tmpnam, 3},
    [SYS_REMOVE] = {sys_remove, 2},
    [SYS_RENAME] = {sys_rename, 4},
    [SYS_CLOCK] = {sys_clock, 0},
    [SYS_TIME] = {sys_time, 0},
    [SYS_SYSTEM] = {sys_system, 0},
    [SYS_ERRNO] = {sys_errno, 0},
    [SYS_GET_CMDLINE] = {sys_get_cmdline, 2},
    [SYS_HEAPINFO] = {sys_heapinfo, 1},
    [SYS_EXIT] = {sys_exit, 2},
    [SYS_EXIT_EXTENDED] = {sys_exit, 2},
    [SYS_ELAPSED] = {sys_elapsed, 0},
    [SYS_TICKFREQ] = {sys_tickfreq, 0},
};

static uint64_t serve(struct call *call, uint32_t operation)
{
    struct log *log = call->host->config.log;

    if (call->host->exited) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        return stay(call);
    }
    if (operation >= OPERATION_COUNT || !operations[operation].serve) {
        if (log_once(log, LOG_UNIMP, operation))
            log_at(log, LOG_UNIMP, call->pc, "semihosting: no operation 0x%x", operation);
        return fail(call, ENOSYS);
    }
    if (operations[operation].fields &&
        !cpu_read_virtual(call->cpu, call->parameter, call->field,
                          operations[operation].fields * sizeof(uint64_t)))
        return bad_memory(call, "the parameter block", call->parameter);
    return operations[operation].serve(call);
}

bool semihosting_call(void *semihosting, struct cpu *cpu)
{
    struct semihosting *host = semihosting;
    struct call call = {.host = host, .cpu = cpu, .parameter = cpu->x[1], .pc = cpu->pc - 4};
    uint64_t result;

    if (cpu->el == 0 && !host->config.userspace)
        return false;
    pthread_mutex_lock(&host->lock);
    result = serve(&call, (uint32_t)cpu->x[0]);
    pthread_mutex_unlock(&host->lock);
    if (call.wait)
        cpu->pc = call.pc;
    else
        cpu->x[0] = result;
    return true;
}
