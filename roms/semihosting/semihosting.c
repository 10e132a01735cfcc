/*
 * semihosting: a program without an operating system that reads and writes files on the host.
 *
 * HLT #0xf000 asks whoever runs the processor (a debugger on the other end of a cable, or an
 * emulator) for a service: its number in w0, the address of a block of 64-bit parameters in x1, the
 * answer in x0. "Semihosting for AArch32 and AArch64", version 3.0, chapters 4 to 6.
 *
 * Run it with -semihosting. It ends with exit code 42, which shows that the code gets through.
 */
#include "../lib/rom.h"

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_ISERROR = 0x08,
    SYS_ISTTY = 0x09,
    SYS_SEEK = 0x0a,
    SYS_FLEN = 0x0c,
    SYS_REMOVE = 0x0e,
    SYS_RENAME = 0x0f,
    SYS_CLOCK = 0x10,
    SYS_TIME = 0x11,
    SYS_ERRNO = 0x13,
    SYS_GET_CMDLINE = 0x15,
    SYS_HEAPINFO = 0x16,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30,
    SYS_TICKFREQ = 0x31,
};

/* SYS_OPEN's modes are fopen()'s, numbered: r rb r+ r+b w wb w+ w+b a ab a+ a+b. */
enum { MODE_R = 0, MODE_RB = 1, MODE_WB = 5, MODE_W_PLUS_B = 7, MODE_AB = 9 };

#define ADP_STOPPED_APPLICATION_EXIT 0x20026
#define EXIT_CODE                    42
#define ERRNO_ENOENT                 2

/* Calls with a parameter block: an array that lives for the duration of the call. */
#define CALL(operation, ...) semihost_call(operation, (const uint64_t[]){__VA_ARGS__})

static int64_t file_open(const char *name, unsigned mode)
{
    return CALL(SYS_OPEN, (uint64_t)name, mode, strlen(name));
}

/* SYS_READ and SYS_WRITE answer with the number of bytes *not* transferred: 0 is success. */
static int64_t file_read(int64_t handle, void *to, size_t size)
{
    return CALL(SYS_READ, (uint64_t)handle, (uint64_t)to, size);
}

static int64_t file_write(int64_t handle, const void *from, size_t size)
{
    return CALL(SYS_WRITE, (uint64_t)handle, (uint64_t)from, size);
}

static const char name[] = "ulna-semihosting-test.txt";
static const char other_name[] = "ulna-semihosting-test-2.txt";
static const char line[] = "Written by a program that has no operating system.\n";

static void console(void)
{
    semihost_call(SYS_WRITE0, "Hello by SYS_WRITE0.\n");
    for (const char *p = "Hello by SYS_WRITEC.\n"; *p; p++)
        semihost_call(SYS_WRITEC, p);

    /* The file name ":tt" is the console: opened for reading it is stdin, for writing stdout. */
    int64_t out = file_open(":tt", 4);
    check(out >= 0 && file_write(out, "Hello by SYS_WRITE to :tt.\n", 27) == 0, "the console, :tt");
    check(CALL(SYS_CLOSE, (uint64_t)out) == 0, "SYS_CLOSE of the console");
}

static void files(void)
{
    char buffer[80] = {0};
    size_t size = sizeof(line) - 1;

    int64_t f = file_open(name, MODE_W_PLUS_B);
    check(f > 0, "SYS_OPEN, mode w+b: a handle");
    check(CALL(SYS_ISTTY, (uint64_t)f) == 0, "SYS_ISTTY: a file is no terminal");
    check(file_write(f, line, size) == 0, "SYS_WRITE: all bytes");
    check(CALL(SYS_FLEN, (uint64_t)f) == (int64_t)size, "SYS_FLEN: as many as written");
    check(CALL(SYS_SEEK, (uint64_t)f, 11) == 0, "SYS_SEEK");
    check(file_read(f, buffer, 4) == 0 && memcmp(buffer, "a pr", 4) == 0, "SYS_READ from there");
    check(CALL(SYS_SEEK, (uint64_t)f, size - 3) == 0 && file_read(f, buffer, 10) == 7,
          "SYS_READ at the end: 7 of 10 missing");
    check(file_read(f, buffer, 10) == 10, "SYS_READ after the end: all 10 missing");
    check(CALL(SYS_CLOSE, (uint64_t)f) == 0, "SYS_CLOSE");

    f = file_open(name, MODE_AB);
    if (rom_runs_on_qemu()) /* whose version 7.2 starts at the beginning in this mode, too */
        CALL(SYS_SEEK, (uint64_t)f, size);
    check(f > 0 && file_write(f, "More.\n", 6) == 0, "mode ab: appends");
    CALL(SYS_CLOSE, (uint64_t)f);
    f = file_open(name, MODE_R);
    check(f > 0 && CALL(SYS_FLEN, (uint64_t)f) == (int64_t)size + 6, "mode r: it is longer");
    memset(buffer, 0, sizeof(buffer));
    check(file_read(f, buffer, size + 6) == 0 && memcmp(buffer, line, size) == 0 &&
              memcmp(buffer + size, "More.\n", 6) == 0,
          "and has both texts");
    CALL(SYS_CLOSE, (uint64_t)f);

    check(CALL(SYS_RENAME, (uint64_t)name, sizeof(name) - 1, (uint64_t)other_name,
               sizeof(other_name) - 1) == 0,
          "SYS_RENAME");
    check(file_open(name, MODE_RB) == -1, "SYS_OPEN of the old name: -1");
    check(semihost_call(SYS_ERRNO, NULL) == ERRNO_ENOENT, "SYS_ERRNO: no such file");
    check(CALL(SYS_REMOVE, (uint64_t)other_name, sizeof(other_name) - 1) == 0, "SYS_REMOVE");
    check(CALL(SYS_REMOVE, (uint64_t)other_name, sizeof(other_name) - 1) != 0, "only once");
    check(CALL(SYS_CLOSE, 4711) == -1, "SYS_CLOSE of no handle: -1");
    check(file_read(4711, buffer, 5) == 5 || file_read(4711, buffer, 5) == -1,
          "SYS_READ from no handle: nothing");
}

static void time(void)
{
    int64_t centiseconds = semihost_call(SYS_CLOCK, NULL);
    uint64_t start = READ_REG(cntvct_el0), frequency = READ_REG(cntfrq_el0);
    uint64_t ticks = 0, later_ticks = 0;

    check(centiseconds >= 0, "SYS_CLOCK: centiseconds");
    check(semihost_call(SYS_TIME, NULL) > 1600000000, "SYS_TIME: seconds since 1970");
    int64_t per_second = semihost_call(SYS_TICKFREQ, NULL);
    check(per_second >= 1000, "SYS_TICKFREQ: ticks in a second");
    check(semihost_call(SYS_ELAPSED, &ticks) == 0, "SYS_ELAPSED: ticks");
    while (READ_REG(cntvct_el0) - start < frequency / 50) /* 20 ms by the counter */
        ;
    semihost_call(SYS_ELAPSED, &later_ticks);
    check(later_ticks > ticks, "later there are more");
    check(semihost_call(SYS_CLOCK, NULL) >= centiseconds, "and not fewer centiseconds");
}

static void environment(void)
{
    char command_line[256] = {0};
    uint64_t block[2] = {(uint64_t)command_line, sizeof(command_line)};

    check(semihost_call(SYS_GET_CMDLINE, block) == 0, "SYS_GET_CMDLINE");
    check(block[1] == strlen(command_line), "and its length");
    block[1] = 0;
    check(semihost_call(SYS_GET_CMDLINE, block) == -1, "no room for it: -1");

    struct {
        uint64_t heap_base, heap_limit, stack_base, stack_limit;
    } info = {1, 1, 1, 1};
    uint64_t where = (uint64_t)&info;
    semihost_call(SYS_HEAPINFO, &where);
    check(info.heap_limit == 0 || info.heap_limit > info.heap_base, "SYS_HEAPINFO: a heap");
    check(info.heap_base == 0 || info.heap_base >= (uint64_t)image_end ||
              info.heap_limit <= (uint64_t)RAM_BASE + 0x200000,
          "that leaves this program alone");
    /* QEMU 7.2 ends here with an abort. */
    check(rom_runs_on_qemu() || semihost_call(0xfff, NULL) == -1, "an operation that is none: -1");
}

void rom_main(void)
{
    console();
    files();
    time();
    environment();
    print_verdict("semihosting");
    CALL(SYS_EXIT_EXTENDED, ADP_STOPPED_APPLICATION_EXIT, EXIT_CODE);
    print("FAIL semihosting: SYS_EXIT_EXTENDED returned\n");
}
