/* frontend/monitor: its commands on a board that stands still, through a console over a pipe. */
#include "frontend/monitor.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cpu/cpu.h"
#include "devices/virt.h"
#include "frontend/backend.h"
#include "frontend/chardev_open.h"
#include "frontend/session.h"
#include "loader/symbols.h"
#include "make_files.h"

#include "fakes.h"

#define RAM  0x40000000ull
#define WORD (RAM + 0x1000)

static struct session session;
static struct mux *mux;
static int keyboard, screen;
static char said[65536]; /* what the last command printed */
static struct err err;

static void setup(void)
{
    static const uint32_t words[] = {0xd503201f, 0x8b020020, 0x12345678, 0xfffffffe};
    struct virt_config config = {
        .ram_size = 64 * MIB, .cpu_model = "max", .topology = {3, 1, 1, 3, 1}};
    int in[2], out[2];
    struct mux_config mux_config = {0};

    memset(&session, 0, sizeof(session));
    pthread_mutex_init(&session.machine_lock, NULL);
    pthread_mutex_init(&session.lock, NULL);
    pthread_cond_init(&session.changed, NULL);
    session.log_file = fopen("/dev/null", "w");
    session.log = log_new(session.log_file, false, 0);
    session.clock = clock_new_stepped();
    session.io = io_new(&err);
    config.clock = session.clock;
    config.log = session.log;
    session.machine = virt_new(&config, &err);
    ck_assert_msg(session.machine != NULL, "%s", err.text);
    session.loader.result.symbols = symbols_new();
    ck_assert(symbols_add(session.loader.result.symbols, "start", WORD, WORD + 16, true));
    symbols_sort(session.loader.result.symbols);
    ck_assert(bus_write_ram(machine_bus(session.machine), WORD, words, sizeof(words)));
    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    mux_config.back = chardev_fd_new(session.io, in[0], out[1], true, &err);
    mux = session.console = mux_new(session.io, &mux_config, &err);
    keyboard = in[1];
    screen = out[0];
}

static void teardown(void)
{
    mux_free(mux);
    close(keyboard);
    close(screen);
    machine_free(session.machine);
    symbols_free(session.loader.result.symbols);
    io_free(session.io);
    clock_free(session.clock);
    log_free(session.log);
    fclose(session.log_file);
    pthread_cond_destroy(&session.changed);
    pthread_mutex_destroy(&session.lock);
    pthread_mutex_destroy(&session.machine_lock);
}

static void run_line(void *line)
{
    monitor_command(&session, mux, line);
    mux_print(mux, "\001"); /* tells the reader that this was all */
}

/* Runs the line on the loop's thread and collects what it prints. */
static const char *monitor(const char *line)
{
    char copy[1024];
    size_t size = 0;

    snprintf(copy, sizeof(copy), "%s", line);
    io_call(session.io, run_line, copy);
    do {
        struct pollfd poll_fd = {.fd = screen, .events = POLLIN};
        ssize_t got;

        ck_assert_int_eq(poll(&poll_fd, 1, 5000), 1);
        got = read(screen, said + size, sizeof(said) - 1 - size);
        ck_assert_int_gt(got, 0);
        size += (size_t)got;
    } while (said[size - 1] != '\001');
    said[size - 1] = '\0';
    return said;
}

START_TEST(help_lists_every_command_with_its_alias)
{
    static const char *const names[] = {
        "help, ?",    "info registers|", "stop, s",          "cont, c", "x /FORMAT",   "xp /FORMAT",
        "screendump", "log CATEGORY",    "system_powerdown", "quit, q", "system_reset"};

    monitor("help");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_says(said, names[i]);
    assert_says(monitor(" ? "), "this list");
}
END_TEST

START_TEST(an_unknown_command_is_named)
{
    ck_assert_str_eq(monitor("frob x"), "'frob': no such command; 'help' lists them\r\n");
    ck_assert_str_eq(monitor("hel"), "'hel': no such command; 'help' lists them\r\n");
    ck_assert_str_eq(monitor("helpx"), "'helpx': no such command; 'help' lists them\r\n");
    ck_assert_str_eq(monitor(""), "");
    ck_assert_str_eq(monitor("   "), "");
}
END_TEST

START_TEST(memory_is_shown_in_every_form)
{
    ck_assert_str_eq(monitor("xp 0x40001000"), "0000000040001000: 0xd503201f\r\n");
    ck_assert_str_eq(monitor("xp /4xw 0x40001000"),
                     "0000000040001000: 0xd503201f 0x8b020020 0x12345678 0xfffffffe\r\n");
    ck_assert_str_eq(monitor("xp/2xg 0x40001000"),
                     "0000000040001000: 0x8b020020d503201f 0xfffffffe12345678\r\n");
    ck_assert_str_eq(monitor("xp /xb 0x40001008"), "0000000040001008: 0x78\r\n");
    ck_assert_str_eq(monitor("xp /dw 0x4000100c"), "000000004000100c: -2\r\n");
    ck_assert_str_eq(monitor("xp /uw 0x4000100c"), "000000004000100c: 4294967294\r\n");
    ck_assert_str_eq(monitor("xp /oh 0x40001008"), "0000000040001008: 53170\r\n");
    ck_assert_str_eq(monitor("xp /2c 0x40001008"), "0000000040001008: 'x' 'V'\r\n");
    ck_assert_str_eq(monitor("xp /c 0x4000100c"), "000000004000100c: '\\xfe'\r\n");
    ck_assert_str_eq(monitor("xp /2i 0x40001000"),
                     "0000000040001000:  d503201f  nop \r\n"
                     "0000000040001004:  8b020020  add x0, x1, x2\r\n");
}
END_TEST

START_TEST(sixteen_bytes_make_a_line)
{
    ck_assert_str_eq(monitor("xp /5xw 0x40002000"),
                     "0000000040002000: 0x00000000 0x00000000 0x00000000 0x00000000\r\n"
                     "0000000040002010: 0x00000000\r\n");
}
END_TEST

START_TEST(addresses_are_numbers_registers_or_symbols)
{
    struct cpu *cpu = machine_cpu(session.machine);

    cpu->pc = WORD;
    cpu->x[7] = WORD + 4;
    cpu->x[SLOT_SP] = WORD + 8;
    ck_assert_str_eq(monitor("x /x $pc"), "0000000040001000: 0xd503201f\r\n");
    ck_assert_str_eq(monitor("x /x $x7"), "0000000040001004: 0x8b020020\r\n");
    ck_assert_str_eq(monitor("x /x $sp"), "0000000040001008: 0x12345678\r\n");
    ck_assert_str_eq(monitor("x /x start"), "0000000040001000: 0xd503201f\r\n");
    assert_says(monitor("x /x $x31"), "'$x31' is no number");
    assert_says(monitor("x /x nowhere"), "'nowhere' is no number");
    assert_says(monitor("x"), "'' is no number");
}
END_TEST

START_TEST(bad_formats_and_missing_memory_are_told)
{
    assert_says(monitor("xp /0x 0x40000000"), "the count is 1 to 4096");
    assert_says(monitor("xp /99999x 0x40000000"), "the count is 1 to 4096");
    assert_says(monitor("xp /xz 0x40000000"), "'z' is no format");
    ck_assert_str_eq(monitor("xp /x 0x30000000"), "0000000030000000: no memory\r\n");
    ck_assert_str_eq(monitor("xp /2xg 0x43fffff8"),
                     "0000000043fffff8: 0x0000000000000000\r\n0000000044000000: no memory\r\n");
    ck_assert_str_eq(monitor("xp /2xg 0xfffffffffffffff8"), "fffffffffffffff8: no memory\r\n");
}
END_TEST

START_TEST(stop_holds_the_machine_until_cont)
{
    monitor("stop");
    ck_assert(session.paused);
    assert_says(monitor("info status"), "VM status: paused");
    ck_assert(session.paused); /* looking does not let it go on */
    monitor("c");
    ck_assert(!session.paused);
    assert_says(monitor("info status"), "VM status: running");
}
END_TEST

START_TEST(requests_go_to_the_main_thread)
{
    monitor("system_reset");
    ck_assert_uint_eq(session.requests, SESSION_RESET);
    monitor("q");
    ck_assert_uint_eq(session.requests, SESSION_RESET | SESSION_QUIT);
}
END_TEST

START_TEST(info_looks_into_the_machine)
{
    machine_cpu(session.machine)->x[3] = 0x1122334455667788;
    assert_says(monitor("info registers"), "1122334455667788");
    monitor("info mtree");
    assert_says(said, "0000000009000000-0000000009000fff");
    assert_says(said, "000000000a000000-"); /* the empty virtio slots, on one line */
    assert_says(said, " x 32\r\n");
    assert_says(monitor("info version"), "ulna " ULNA_VERSION);
    assert_says(monitor("info frobs"), "info 'frobs': not known; there are registers cpus mtree");
    assert_says(monitor("info"), "info '': not known");
}
END_TEST

START_TEST(one_cpu_of_several_is_looked_at)
{
    machine_cpu_at(session.machine, 0)->pc = WORD;
    machine_cpu_at(session.machine, 0)->x[3] = 0x11;
    machine_cpu_at(session.machine, 2)->x[3] = 0x22;
    ck_assert_str_eq(monitor("info cpus"), "* CPU 0: pc 0x0000000040001000, EL1, 0 instructions\r\n"
                                           "  CPU 1: off\r\n"
                                           "  CPU 2: off\r\n");
    assert_says(monitor("info registers"), "X3  0000000000000011");
    ck_assert_str_eq(monitor("cpu 2"), "");
    assert_says(monitor("info cpus"), "* CPU 2: off");
    assert_says(said, "  CPU 0: pc");
    assert_says(monitor("info registers"), "X3  0000000000000022");
    assert_says(monitor("x $x3"), "0000000000000022: no memory");
    ck_assert_str_eq(monitor("cpu 3"), "cpu needs a number, 0 to 2\r\n");
    ck_assert_str_eq(monitor("cpu"), "cpu needs a number, 0 to 2\r\n");
    ck_assert_str_eq(monitor("cpu x"), "cpu needs a number, 0 to 2\r\n");
    assert_says(monitor("info registers"), "X3  0000000000000022"); /* still the one chosen */
}
END_TEST

START_TEST(the_log_is_switched_while_the_machine_runs)
{
    ck_assert_str_eq(monitor("log int,mmu"), "");
    ck_assert(log_on(session.log, LOG_INT) && log_on(session.log, LOG_MMU));
    assert_says(monitor("log frobs"), "frobs");
    ck_assert(log_on(session.log, LOG_INT));
    ck_assert_str_eq(monitor("log none"), "");
    ck_assert(!log_on(session.log, LOG_INT));
}
END_TEST

START_TEST(without_a_screen_there_is_no_picture)
{
    assert_says(monitor("screendump x.png"), "the machine has no screen");
}
END_TEST

/* The line is cut, not run over. */
START_TEST(a_line_of_any_length_is_survived)
{
    char line[1000];

    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    assert_says(monitor(line), "no such command");
    memcpy(line, "xp /", 4);
    assert_says(monitor(line), "is no number");
    memset(line + 4, '9', sizeof(line) - 5);
    assert_says(monitor(line), "the count is 1 to 4096");
}
END_TEST

static Suite *monitor_suite(void)
{
    Suite *suite = suite_create("monitor");
    TCase *tc = tcase_create("monitor");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, help_lists_every_command_with_its_alias);
    tcase_add_test(tc, an_unknown_command_is_named);
    tcase_add_test(tc, memory_is_shown_in_every_form);
    tcase_add_test(tc, sixteen_bytes_make_a_line);
    tcase_add_test(tc, addresses_are_numbers_registers_or_symbols);
    tcase_add_test(tc, bad_formats_and_missing_memory_are_told);
    tcase_add_test(tc, stop_holds_the_machine_until_cont);
    tcase_add_test(tc, requests_go_to_the_main_thread);
    tcase_add_test(tc, info_looks_into_the_machine);
    tcase_add_test(tc, one_cpu_of_several_is_looked_at);
    tcase_add_test(tc, the_log_is_switched_while_the_machine_runs);
    tcase_add_test(tc, without_a_screen_there_is_no_picture);
    tcase_add_test(tc, a_line_of_any_length_is_survived);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(monitor_suite());
}
