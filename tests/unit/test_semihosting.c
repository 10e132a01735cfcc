/* loader/semihosting.c and semifs.c. The vCPU is a bare struct cpu; its memory is the 64 KiB below,
 * which the three functions of cpu/cpu.h that semihosting calls reach here. */
#include "make_files.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "cpu/cpu.h"
#include "loader/semihosting.h"

#define GUEST      0xffff000040000000ull
#define GUEST_SIZE 0x10000
#define BLOCK      (GUEST + 0x100)
#define BUFFER     (GUEST + 0x1000)
#define NAME       (GUEST + 0x8000)
#define FAILED     UINT64_MAX

static uint8_t memory[GUEST_SIZE];
static struct cpu *cpu;
static struct clock *clock_stepped;
static struct log *guest_log;
static FILE *log_stream;
static char *log_text;
static size_t log_size;
static struct semihosting *host;
static struct semihosting_config config;
static char folder[TEMP_PATH_MAX];
static char said[4096], said_error[256];
static const char *typed;
static int exit_code;
static bool stopped;

bool cpu_read_virtual(struct cpu *from, uint64_t va, void *data, size_t size)
{
    ck_assert_ptr_eq(from, cpu);
    if (va < GUEST || va - GUEST > GUEST_SIZE || size > GUEST_SIZE - (va - GUEST))
        return false;
    memcpy(data, memory + (va - GUEST), size);
    return true;
}

bool cpu_write_virtual(struct cpu *to, uint64_t va, const void *data, size_t size)
{
    ck_assert_ptr_eq(to, cpu);
    if (va < GUEST || va - GUEST > GUEST_SIZE || size > GUEST_SIZE - (va - GUEST))
        return false;
    memcpy(memory + (va - GUEST), data, size);
    return true;
}

void cpu_stop(struct cpu *which)
{
    ck_assert_ptr_eq(which, cpu);
    stopped = true;
}

static void console_write(void *opaque, bool error_stream, const void *data, size_t size)
{
    char *to = error_stream ? said_error : said;
    size_t used = strlen(to);

    (void)opaque;
    ck_assert_uint_lt(used + size, error_stream ? sizeof(said_error) : sizeof(said));
    memcpy(to + used, data, size);
    to[used + size] = 0;
}

/* A keyboard with `typed` on it; at its end the vCPU is asked to stop. */
static int console_read(void *opaque, void *data, size_t size, unsigned wait_ms)
{
    size_t length = strlen(typed);

    (void)opaque;
    ck_assert_uint_le(wait_ms, 100);
    if (size > length)
        size = length;
    memcpy(data, typed, size);
    typed += size;
    if (!size)
        atomic_fetch_or(&cpu->pending, PENDING_STOP);
    return (int)size;
}

static void exited(void *opaque, int code)
{
    (void)opaque;
    exit_code = code;
}

static void make_host(const char *where)
{
    struct err err = {0};

    semihosting_free(host);
    config.folder = where;
    host = semihosting_new(&config, &err);
    ck_assert_msg(host != NULL, "%s", err.text);
}

static void setup(void)
{
    cpu = calloc(1, sizeof(*cpu));
    cpu->el = 1;
    memset(memory, 0, sizeof(memory));
    said[0] = said_error[0] = 0;
    typed = "";
    exit_code = -1;
    stopped = false;
    clock_stepped = clock_new_stepped();
    log_text = NULL;
    log_stream = open_memstream(&log_text, &log_size);
    guest_log = log_new(log_stream, false, LOG_GUEST_ERRORS | LOG_UNIMP);
    temp_folder(folder);
    config = (struct semihosting_config){
        .log = guest_log,
        .clock = clock_stepped,
        .command_line = "guest.elf one two",
        .console = {console_write, console_read, NULL},
        .exit = exited,
    };
    host = NULL;
    make_host(folder);
}

static void teardown(void)
{
    semihosting_free(host);
    log_free(guest_log);
    fclose(log_stream);
    free(log_text);
    clock_free(clock_stepped);
    free(cpu);
    ck_assert_int_eq(rmdir(folder), 0); /* every test leaves it empty */
}

/* One HLT with X1 as it is. */
static uint64_t call(uint32_t operation, uint64_t parameter)
{
    cpu->x[0] = 0xabcd000000000000 | operation; /* only W0 counts */
    cpu->x[1] = parameter;
    ck_assert(semihosting_call(host, cpu));
    return cpu->x[0];
}

static uint64_t call_block(uint32_t operation, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t block[4] = {a, b, c, d};

    memcpy(memory + (BLOCK - GUEST), block, sizeof(block));
    return call(operation, BLOCK);
}

static uint64_t put(uint64_t address, const char *text)
{
    memcpy(memory + (address - GUEST), text, strlen(text) + 1);
    return address;
}

static uint64_t open_name(const char *name, uint64_t mode)
{
    return call_block(0x01, put(NAME, name), mode, strlen(name), 0);
}

static uint64_t write_text(uint64_t handle, const char *text)
{
    return call_block(0x05, handle, put(BUFFER, text), strlen(text), 0);
}

static uint64_t read_bytes(uint64_t handle, size_t size)
{
    memset(memory + (BUFFER - GUEST), 0, 64);
    return call_block(0x06, handle, BUFFER, size, 0);
}

static const char *buffer(void)
{
    return (const char *)memory + (BUFFER - GUEST);
}

static uint64_t close_handle(uint64_t handle)
{
    return call_block(0x02, handle, 0, 0, 0);
}

static uint64_t remove_name(const char *name)
{
    return call_block(0x0e, put(NAME, name), strlen(name), 0, 0);
}

static uint64_t last_error(void)
{
    return call(0x13, 0);
}

static const char *logged(void)
{
    fflush(log_stream);
    return log_text ? log_text : "";
}

START_TEST(the_console_writes_characters_strings_and_streams)
{
    uint64_t out, err_handle;

    put(BUFFER, "x");
    call(0x03, BUFFER);
    /* across the 256-byte pieces the string is read in */
    memset(memory + 0x1200 - 100, 'y', 400);
    memory[0x1200 + 300] = 0;
    call(0x04, GUEST + 0x1200 - 100);
    ck_assert_uint_eq(strlen(said), 401);
    said[0] = 0;
    out = open_name(":tt", 4);
    err_handle = open_name(":tt", 8);
    ck_assert_uint_eq(write_text(out, "to stdout"), 0);
    ck_assert_uint_eq(write_text(err_handle, "to stderr"), 0);
    ck_assert_str_eq(said, "to stdout");
    ck_assert_str_eq(said_error, "to stderr");
    ck_assert_uint_eq(call_block(0x09, out, 0, 0, 0), 1);
    ck_assert_uint_eq(read_bytes(out, 4), 4);
    ck_assert_uint_eq(last_error(), EBADF);
}
END_TEST

START_TEST(a_string_at_the_very_end_of_memory_is_written)
{
    memcpy(memory + GUEST_SIZE - 4, "end", 4);
    ck_assert_uint_eq(call(0x04, GUEST + GUEST_SIZE - 4), 0);
    ck_assert_str_eq(said, "end");
    ck_assert_uint_eq(call(0x04, GUEST + GUEST_SIZE), FAILED);
    ck_assert_uint_eq(last_error(), EFAULT);
}
END_TEST

START_TEST(the_console_reads_what_was_typed)
{
    uint64_t in = open_name(":tt", 0);

    typed = "abcdef";
    ck_assert_uint_eq(call(0x07, 0), 'a');
    ck_assert_uint_eq(read_bytes(in, 3), 0);
    ck_assert_str_eq(buffer(), "bcd");
    ck_assert_uint_eq(read_bytes(in, 10), 8); /* 2 came */
    ck_assert_str_eq(buffer(), "ef");
    ck_assert_uint_eq(write_text(in, "x"), 1);
    ck_assert_uint_eq(last_error(), EBADF);
}
END_TEST

START_TEST(waiting_for_a_key_lets_the_vcpu_go_and_comes_back)
{
    uint64_t in = open_name(":tt", 0), block[3] = {in, BUFFER, 3};

    cpu->pc = GUEST + 0x804;
    ck_assert_uint_eq(call(0x07, 0), 0xabcd000000000007); /* as it was */
    ck_assert_uint_eq(cpu->pc, GUEST + 0x800);            /* at the HLT again */
    atomic_store(&cpu->pending, 0);
    typed = "x";
    cpu->pc = GUEST + 0x804;
    ck_assert_uint_eq(call(0x07, 0), 'x');
    ck_assert_uint_eq(cpu->pc, GUEST + 0x804);
    memcpy(memory + (BLOCK - GUEST), block, sizeof(block));
    ck_assert_uint_eq(call(0x06, BLOCK), 0xabcd000000000006);
    ck_assert_uint_eq(cpu->pc, GUEST + 0x800);
}
END_TEST

START_TEST(without_a_keyboard_input_is_at_its_end)
{
    config.console.read = NULL;
    make_host(folder);
    ck_assert_uint_eq(call(0x07, 0), FAILED);
    ck_assert_uint_eq(read_bytes(open_name(":tt", 0), 5), 5);
}
END_TEST

START_TEST(files_are_written_read_and_measured)
{
    uint64_t file = open_name("a file.txt", 6);

    ck_assert_uint_ge(file, 1);
    ck_assert_uint_eq(write_text(file, "0123456789"), 0);
    ck_assert_uint_eq(call_block(0x0c, file, 0, 0, 0), 10);
    ck_assert_uint_eq(call_block(0x09, file, 0, 0, 0), 0);
    ck_assert_uint_eq(call_block(0x0a, file, 4, 0, 0), 0);
    ck_assert_uint_eq(read_bytes(file, 3), 0);
    ck_assert_str_eq(buffer(), "456");
    ck_assert_uint_eq(read_bytes(file, 10), 7);
    ck_assert_str_eq(buffer(), "789");
    ck_assert_uint_eq(read_bytes(file, 10), 10); /* at the end */
    ck_assert_uint_eq(call_block(0x0a, file, 1ull << 63, 0, 0), FAILED);
    ck_assert_uint_eq(last_error(), EINVAL);
    ck_assert_uint_eq(close_handle(file), 0);
    ck_assert_uint_eq(close_handle(file), FAILED);
    ck_assert_uint_eq(last_error(), EBADF);
    file = open_name("a file.txt", 9);
    ck_assert_uint_eq(write_text(file, "+"), 0);
    ck_assert_uint_eq(read_bytes(file, 1), 1); /* mode ab does not read */
    close_handle(file);
    file = open_name("a file.txt", 1);
    ck_assert_uint_eq(call_block(0x0c, file, 0, 0, 0), 11);
    ck_assert_uint_eq(write_text(file, "no"), 2); /* mode rb does not write */
    close_handle(file);
    ck_assert_uint_eq(remove_name("a file.txt"), 0);
    ck_assert_uint_eq(remove_name("a file.txt"), FAILED);
    ck_assert_uint_eq(last_error(), ENOENT);
    ck_assert_uint_eq(open_name("a file.txt", 2), FAILED);
}
END_TEST

START_TEST(a_transfer_of_many_chunks_arrives_whole)
{
    uint64_t file = open_name("big", 7);
    size_t size = 0x9000;

    for (size_t i = 0; i < size; i++)
        memory[0x4000 + i] = (uint8_t)(i * 31 + (i >> 8));
    ck_assert_uint_eq(call_block(0x05, file, GUEST + 0x4000, size, 0), 0);
    ck_assert_uint_eq(call_block(0x0c, file, 0, 0, 0), size);
    memset(memory + 0x4000, 0, size);
    call_block(0x0a, file, 0, 0, 0);
    ck_assert_uint_eq(call_block(0x06, file, GUEST + 0x4000, size + 100, 0), 100);
    for (size_t i = 0; i < size; i++)
        ck_assert_uint_eq(memory[0x4000 + i], (uint8_t)(i * 31 + (i >> 8)));
    ck_assert_uint_eq(remove_name("big"), 0);
}
END_TEST

START_TEST(files_are_renamed)
{
    ck_assert_uint_eq(close_handle(open_name("one", 4)), 0);
    put(NAME, "one");
    put(NAME + 16, "two");
    ck_assert_uint_eq(call_block(0x0f, NAME, 3, NAME + 16, 3), 0);
    ck_assert_uint_eq(call_block(0x0f, NAME, 3, NAME + 16, 3), FAILED);
    ck_assert_uint_eq(last_error(), ENOENT);
    put(NAME + 16, "two");
    put(NAME, "../two");
    ck_assert_uint_eq(call_block(0x0f, NAME + 16, 3, NAME, 6), FAILED);
    ck_assert_uint_eq(last_error(), EACCES);
    ck_assert_uint_eq(remove_name("two"), 0);
}
END_TEST

/* Every way out of the folder that a name can spell. */
static void assert_confined(void)
{
    static const char *const names[] = {"/etc/passwd",   "../secret",   "in/../../secret",
                                        "link/passwd",   "leak",        "..",
                                        "in/../../../x", "//etc/passwd"};
    char path[2 * TEMP_PATH_MAX], in[2 * TEMP_PATH_MAX], link[2 * TEMP_PATH_MAX],
        leak[2 * TEMP_PATH_MAX];

    snprintf(in, sizeof(in), "%s/in", folder);
    snprintf(link, sizeof(link), "%s/link", folder);
    snprintf(leak, sizeof(leak), "%s/leak", folder);
    snprintf(path, sizeof(path), "%s/../secret", folder);
    ck_assert_int_eq(mkdir(in, 0700), 0);
    ck_assert_int_eq(symlink("/etc", link), 0);
    ck_assert_int_eq(symlink("/etc/passwd", leak), 0);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (unsigned mode = 0; mode < 12; mode++) {
            ck_assert_msg(open_name(names[i], mode) == FAILED, "%s, mode %u", names[i], mode);
            ck_assert_msg(last_error() == EACCES || last_error() == EISDIR, "%s: %d", names[i],
                          (int)last_error());
        }
        if (strcmp(names[i], "leak")) /* that removes the link itself */
            ck_assert_msg(remove_name(names[i]) == FAILED, "%s", names[i]);
    }
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert_uint_eq(open_name("in", 0), FAILED);
    ck_assert_uint_eq(last_error(), EISDIR);
    ck_assert_uint_eq(close_handle(open_name("in/file", 4)), 0);
    ck_assert_uint_eq(remove_name("in/file"), 0);
    ck_assert_uint_eq(remove_name("leak"), 0);
    ck_assert_int_eq(unlink(link), 0);
    ck_assert_int_eq(rmdir(in), 0);
}

START_TEST(no_name_leads_out_of_the_folder)
{
    assert_confined();
    assert_says(logged(), "refused a file outside of the folder");
}
END_TEST

/* Makes openat2() fail with ENOSYS in this process, as on a host before Linux 5.6; Check has forked
 * it for the test. */
static void forbid_openat2(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {ARRAY_SIZE(filter), filter};

    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
    ck_assert_int_eq(syscall(SYS_openat2, -1, "", NULL, 0), -1);
    ck_assert_int_eq(errno, ENOSYS);
}

START_TEST(no_name_leads_out_of_the_folder_on_an_old_host)
{
    forbid_openat2();
    assert_confined();
    ck_assert_uint_eq(open_name("none", 0), FAILED);
    ck_assert_uint_eq(last_error(), ENOENT);
}
END_TEST

START_TEST(fifos_are_refused_and_do_not_block)
{
    char path[2 * TEMP_PATH_MAX];

    snprintf(path, sizeof(path), "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_uint_eq(open_name("fifo", 0), FAILED);
    ck_assert_uint_eq(last_error(), EACCES);
    ck_assert_uint_eq(open_name("fifo", 2), FAILED);
    ck_assert_uint_eq(open_name("fifo", 4), FAILED);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(without_a_folder_there_are_no_files_and_one_line_says_so)
{
    const char *first;

    make_host(NULL);
    ck_assert_uint_eq(open_name("file", 0), FAILED);
    ck_assert_uint_eq(last_error(), EACCES);
    ck_assert_uint_eq(remove_name("file"), FAILED);
    ck_assert_uint_eq(last_error(), EACCES);
    first = strstr(logged(), "-semihosting-config dir=FOLDER");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "-semihosting-config"));
    ck_assert_uint_ne(open_name(":tt", 4), FAILED);
}
END_TEST

START_TEST(a_folder_that_is_none_is_refused_at_the_start)
{
    struct err err = {0};

    config.folder = "/nonexistent/folder";
    ck_assert_ptr_null(semihosting_new(&config, &err));
    assert_says(err.text, "dir='/nonexistent/folder'");
    assert_says(err.text, "No such file or directory");
}
END_TEST

START_TEST(handles_run_out_and_come_back)
{
    for (unsigned i = 0; i < SEMIFS_HANDLES; i++)
        ck_assert_uint_eq(open_name(":tt", 4), i + 1);
    ck_assert_uint_eq(open_name(":tt", 4), FAILED);
    ck_assert_uint_eq(last_error(), EMFILE);
    ck_assert_uint_eq(close_handle(7), 0);
    ck_assert_uint_eq(open_name(":tt", 4), 7);
    semihosting_reset(host);
    ck_assert_uint_eq(open_name(":tt", 4), 1);
    ck_assert_uint_eq(close_handle(0), FAILED);
    ck_assert_uint_eq(close_handle(SEMIFS_HANDLES + 1), FAILED);
    ck_assert_uint_eq(close_handle(UINT64_MAX), FAILED);
}
END_TEST

START_TEST(the_feature_bits_can_be_read)
{
    uint64_t file = open_name(":semihosting-features", 0);

    ck_assert_uint_eq(call_block(0x0c, file, 0, 0, 0), 5);
    ck_assert_uint_eq(read_bytes(file, 5), 0);
    ck_assert_mem_eq(buffer(), "SHFB\x03", 5);
    ck_assert_uint_eq(call_block(0x0a, file, 4, 0, 0), 0);
    ck_assert_uint_eq(read_bytes(file, 5), 4);
    ck_assert_uint_eq(call_block(0x0a, file, 6, 0, 0), FAILED);
    ck_assert_uint_eq(open_name(":semihosting-features", 5), FAILED);
}
END_TEST

START_TEST(time_follows_the_clock)
{
    uint64_t ticks;

    clock_step(clock_stepped, 1234567890);
    ck_assert_uint_eq(call(0x10, 0), 123);
    ck_assert_uint_eq(call(0x30, BUFFER), 0);
    memcpy(&ticks, buffer(), sizeof(ticks));
    ck_assert_uint_eq(call(0x31, 0), 1000000000);
    ck_assert_uint_eq(ticks, 1234567890);
    ck_assert_uint_gt(call(0x11, 0), 1700000000);
    ck_assert_uint_eq(call(0x30, 16), FAILED);
    semihosting_reset(host);
    ck_assert_uint_eq(call(0x10, 0), 0);
}
END_TEST

START_TEST(the_command_line_needs_room_for_its_nul)
{
    uint64_t length;

    ck_assert_uint_eq(call_block(0x15, BUFFER, 17, 0, 0), FAILED);
    ck_assert_uint_eq(call_block(0x15, BUFFER, 18, 0, 0), 0);
    ck_assert_str_eq(buffer(), "guest.elf one two");
    memcpy(&length, memory + (BLOCK + 8 - GUEST), sizeof(length));
    ck_assert_uint_eq(length, 17);
}
END_TEST

START_TEST(heap_and_stack_share_the_free_memory)
{
    uint64_t info[4];

    semihosting_set_heap(host, 0x40100001, 0x48000007);
    ck_assert_uint_eq(call_block(0x16, BUFFER, 0, 0, 0), 0);
    memcpy(info, buffer(), sizeof(info));
    ck_assert_uint_eq(info[0], 0x40100010);
    ck_assert_uint_eq(info[1], 0x48000000);
    ck_assert_uint_eq(info[2], 0x48000000);
    ck_assert_uint_eq(info[3], 0x40100010);
}
END_TEST

static void exits(uint32_t operation, uint64_t reason, uint64_t subcode, int code)
{
    semihosting_reset(host);
    stopped = false;
    exit_code = -1;
    cpu->pc = GUEST + 0x804;
    call_block(operation, reason, subcode, 0, 0);
    ck_assert_int_eq(exit_code, code);
    ck_assert(stopped);
    ck_assert_uint_eq(cpu->pc, GUEST + 0x800); /* at the HLT for good */
}

START_TEST(the_exit_code_gets_through)
{
    exits(0x18, 0x20026, 42, 42);
    exits(0x20, 0x20026, 0, 0);
    exits(0x20, 0x20026, 0x107, 7);
    assert_says(logged(), "exit code 0x107");
    exits(0x18, 0x20023, 0, 1); /* ADP_Stopped_RunTimeErrorUnknown */
    assert_says(logged(), "reason 0x20023");
}
END_TEST

START_TEST(after_its_exit_a_guest_does_nothing_more)
{
    exits(0x18, 0x20026, 42, 42);
    exit_code = -1;
    cpu->pc = GUEST + 0x804;
    put(BUFFER, "text");
    call(0x04, BUFFER);
    ck_assert_str_eq(said, "");
    call_block(0x18, 0x20026, 43, 0, 0);
    ck_assert_int_eq(exit_code, -1); /* told once */
    semihosting_reset(host);
    call(0x04, BUFFER);
    ck_assert_str_eq(said, "text");
}
END_TEST

START_TEST(an_exit_with_a_wild_block_does_not_end_the_guest)
{
    ck_assert_uint_eq(call(0x18, 0x20026), FAILED);
    ck_assert_int_eq(exit_code, -1);
    ck_assert(!stopped);
    assert_says(logged(), "the parameter block at 0x20026 is not in memory");
}
END_TEST

START_TEST(host_commands_are_never_run)
{
    char path[2 * TEMP_PATH_MAX], command[3 * TEMP_PATH_MAX];

    snprintf(path, sizeof(path), "%s/made", folder);
    snprintf(command, sizeof(command), "touch %s", path);
    ck_assert_uint_eq(call_block(0x12, put(NAME, command), strlen(command), 0, 0), FAILED);
    ck_assert_int_eq(access(path, F_OK), -1);
    assert_says(logged(), "SYS_SYSTEM refused");
}
END_TEST

START_TEST(small_operations_answer)
{
    ck_assert_uint_eq(call_block(0x08, 0, 0, 0, 0), 0);
    ck_assert_uint_eq(call_block(0x08, FAILED, 0, 0, 0), 1);
    ck_assert_uint_eq(call_block(0x0d, BUFFER, 7, 20, 0), 0);
    ck_assert_str_eq(buffer(), "semihosting-7.tmp");
    ck_assert_uint_eq(call_block(0x0d, BUFFER, 7, 17, 0), FAILED);
    ck_assert_uint_eq(call_block(0x0d, BUFFER, 256, 64, 0), FAILED);
}
END_TEST

START_TEST(unknown_operations_are_named_once)
{
    const char *first;

    ck_assert_uint_eq(call(0x77, 0), FAILED);
    ck_assert_uint_eq(call(0x77, 0), FAILED);
    ck_assert_uint_eq(call(0xffffffff, 0), FAILED);
    ck_assert_uint_eq(call(0x00, 0), FAILED);
    first = strstr(logged(), "no operation 0x77");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "no operation 0x77"));
}
END_TEST

START_TEST(el0_is_served_only_on_request)
{
    cpu->el = 0;
    cpu->x[0] = 0x11;
    ck_assert(!semihosting_call(host, cpu));
    ck_assert_uint_eq(cpu->x[0], 0x11);
    config.userspace = true;
    make_host(folder);
    ck_assert_uint_gt(call(0x11, 0), 1700000000);
}
END_TEST

START_TEST(nonsense_of_every_kind_is_survived)
{
    static const uint64_t odd[] = {
        0,          1,          GUEST,          BUFFER,    GUEST + GUEST_SIZE - 1,
        1ull << 63, UINT64_MAX, UINT64_MAX - 7, 0x7fffffff};
    uint32_t seed = 7;

    config.console.write = NULL;
    make_host(NULL);
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t block[4];

        for (unsigned i = 0; i < 4; i++) {
            seed = seed * 1664525 + 1013904223;
            block[i] = odd[(seed >> 16) % ARRAY_SIZE(odd)];
        }
        memcpy(memory + (BLOCK - GUEST), block, sizeof(block));
        call((seed >> 8) % 0x40, seed & 1 ? BLOCK : block[0]);
        atomic_store(&cpu->pending, PENDING_STOP);
        if (exit_code != -1)
            semihosting_reset(host);
        exit_code = -1;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("semihosting");
    TCase *cases = tcase_create("semihosting");
    SRunner *runner;
    int failed;

    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, the_console_writes_characters_strings_and_streams);
    tcase_add_test(cases, a_string_at_the_very_end_of_memory_is_written);
    tcase_add_test(cases, the_console_reads_what_was_typed);
    tcase_add_test(cases, waiting_for_a_key_lets_the_vcpu_go_and_comes_back);
    tcase_add_test(cases, without_a_keyboard_input_is_at_its_end);
    tcase_add_test(cases, files_are_written_read_and_measured);
    tcase_add_test(cases, a_transfer_of_many_chunks_arrives_whole);
    tcase_add_test(cases, files_are_renamed);
    tcase_add_test(cases, no_name_leads_out_of_the_folder);
    tcase_add_test(cases, no_name_leads_out_of_the_folder_on_an_old_host);
    tcase_add_test(cases, fifos_are_refused_and_do_not_block);
    tcase_add_test(cases, without_a_folder_there_are_no_files_and_one_line_says_so);
    tcase_add_test(cases, a_folder_that_is_none_is_refused_at_the_start);
    tcase_add_test(cases, handles_run_out_and_come_back);
    tcase_add_test(cases, the_feature_bits_can_be_read);
    tcase_add_test(cases, time_follows_the_clock);
    tcase_add_test(cases, the_command_line_needs_room_for_its_nul);
    tcase_add_test(cases, heap_and_stack_share_the_free_memory);
    tcase_add_test(cases, the_exit_code_gets_through);
    tcase_add_test(cases, after_its_exit_a_guest_does_nothing_more);
    tcase_add_test(cases, an_exit_with_a_wild_block_does_not_end_the_guest);
    tcase_add_test(cases, host_commands_are_never_run);
    tcase_add_test(cases, small_operations_answer);
    tcase_add_test(cases, unknown_operations_are_named_once);
    tcase_add_test(cases, el0_is_served_only_on_request);
    tcase_add_test(cases, nonsense_of_every_kind_is_survived);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
