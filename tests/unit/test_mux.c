/* frontend/mux: the console that the serial line, the monitor, semihosting and the window's keys
 * share. */
#include "frontend/mux.h"

#include <stdatomic.h>
#include <stdio.h>

#include "fakes.h"
#include "frontend/chardev_open.h"
#include "lines.h"

static atomic_int quits;
static char last_line[1024];

static void on_quit(void *opaque)
{
    (void)opaque;
    quits++;
}

static void on_command(void *opaque, struct mux *mux, const char *line)
{
    (void)opaque;
    snprintf(last_line, sizeof(last_line), "%s", line);
    mux_print(mux, "did <%s>\n", line);
}

static const struct mux_config shared = {.escape = 1, .monitor = true};
static const struct mux_config alone = {.escape = 1, .monitor = true, .monitor_only = true};

struct console {
    struct mux *mux;
    int in, out; /* our ends */
};

static struct console console_new(struct mux_config config)
{
    int in[2], out[2];
    struct console console;

    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    config.quit = on_quit;
    config.command = on_command;
    config.back = chardev_fd_new(io, in[0], out[1], true, &err);
    console.mux = mux_new(io, &config, &err);
    mux_start(console.mux);
    console.in = in[1];
    console.out = out[0];
    connect_end(mux_serial(console.mux));
    set_room(mux_serial(console.mux), 200000);
    quits = 0;
    return console;
}

static void console_free(struct console *console)
{
    disconnect(mux_serial(console->mux));
    mux_free(console->mux);
    close(console->in);
    close(console->out);
}

START_TEST(keys_after_the_escape_key_are_commands)
{
    struct console console = console_new(shared);
    char text[4096];

    send_text(console.in, "a\1\1b\1hc");
    expect_received("a\1bc", 4, 0);
    ck_assert(read_until(console.out, "Ctrl-A x", text, sizeof(text)));
    send_text(console.in, "\1b");
    expect_received("a\1bc", 4, 1);
    ck_assert_int_eq(quits, 0);
    send_text(console.in, "\1zd");
    expect_received("a\1bcd", 5, 1);
    send_text(console.in, "\1xe");
    expect_received("a\1bcde", 6, 1);
    ck_assert_int_eq(quits, 1);
    console_free(&console);
}
END_TEST

START_TEST(the_monitor_is_switched_to_and_back)
{
    struct console console = console_new(shared);
    char text[4096];

    send_text(console.in, "a\1c");
    ck_assert(read_until(console.out, "(ulna) ", text, sizeof(text)));
    send_text(console.in, "infx\177o regs\r");
    ck_assert(read_until(console.out, "did <info regs>\r\n(ulna) ", text, sizeof(text)));
    ck_assert_str_eq(last_line, "info regs");
    send_text(console.in, "\1cb");
    expect_received("ab", 2, 0);
    console_free(&console);
}
END_TEST

START_TEST(a_monitor_of_its_own_takes_all_input)
{
    struct console console = console_new(alone);
    char text[4096];

    send_text(console.in, "help\n");
    ck_assert(read_until(console.out, "did <help>\r\n(ulna) ", text, sizeof(text)));
    expect_received("", 0, 0);
    console_free(&console);
}
END_TEST

START_TEST(lines_are_stamped_with_the_time)
{
    struct console console = console_new(shared);
    struct chardev *serial = mux_serial(console.mux);
    char text[4096];
    unsigned h, m, s, ms;

    serial->write(serial, (const uint8_t *)"one\n", 4);
    send_text(console.in, "\1t.");
    expect_received(".", 1, 0);
    serial->write(serial, (const uint8_t *)"tw", 2);
    serial->write(serial, (const uint8_t *)"o\nx", 3);
    ck_assert(read_until(console.out, "x", text, sizeof(text)));
    ck_assert_msg(sscanf(text, "one\n[%2u:%2u:%2u.%3u] two\n[", &h, &m, &s, &ms) == 4, "%s", text);
    ck_assert_msg(strstr(text, "] two\n[") && strstr(text, "] x"), "%s", text);
    console_free(&console);
}
END_TEST

START_TEST(typing_waits_for_the_guest)
{
    struct console console = console_new(shared);
    struct chardev *serial = mux_serial(console.mux);
    static uint8_t text[100000];
    size_t at = 0, taken;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)(i * 13);
    set_room(serial, 0);
    taken = mux_type(console.mux, text, sizeof(text));
    ck_assert_uint_lt(taken, sizeof(text));
    ck_assert_uint_eq(mux_type_room(console.mux), 0);
    at = taken;
    while (at < sizeof(text)) {
        set_room(serial, 1000);
        usleep(200);
        at += mux_type(console.mux, text + at, sizeof(text) - at);
    }
    for (int i = 0; i < 200 && end->size < sizeof(text); i++) {
        set_room(serial, 1000);
        usleep(500);
    }
    expect_received((const char *)text, sizeof(text), 0);
    console_free(&console);
}
END_TEST

START_TEST(a_line_without_an_escape_key_carries_every_byte)
{
    struct console console = console_new((struct mux_config){.escape = 0});

    send_text(console.in, "a\1x\1c");
    expect_received("a\1x\1c", 5, 0);
    ck_assert_int_eq(quits, 0);
    console_free(&console);
}
END_TEST

START_TEST(a_console_without_a_monitor_says_so)
{
    struct console console = console_new((struct mux_config){.escape = 2});
    char text[4096];

    send_text(console.in, "\2cx");
    ck_assert(read_until(console.out, "no monitor here", text, sizeof(text)));
    expect_received("x", 1, 0);
    send_text(console.in, "\2h");
    ck_assert(read_until(console.out, "Ctrl-B x", text, sizeof(text)));
    console_free(&console);
}
END_TEST

START_TEST(a_command_can_be_edited_and_has_a_largest_size)
{
    struct console console = console_new(alone);
    char text[8192], line[1001];

    send_text(console.in, "\177\177ab\b\b\bcd\r");
    ck_assert(read_until(console.out, "did <cd>", text, sizeof(text)));
    send_text(console.in, "wrong\025right\r");
    ck_assert(read_until(console.out, "did <right>", text, sizeof(text)));
    send_text(console.in, "wrong\003better\r");
    ck_assert(read_until(console.out, "did <better>", text, sizeof(text)));
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    send_text(console.in, line);
    send_text(console.in, "\r");
    ck_assert(read_until(console.out, "x>\r\n", text, sizeof(text)));
    ck_assert_uint_eq(strlen(last_line), 511);
    console_free(&console);
}
END_TEST

START_TEST(bytes_that_semihosting_reads_no_longer_reach_the_serial_line)
{
    struct console console = console_new(shared);
    char data[16] = "";

    send_text(console.in, "a");
    expect_received("a", 1, 0);
    ck_assert_int_eq(mux_read(console.mux, data, sizeof(data), 1), 0);
    send_text(console.in, "bcd");
    ck_assert_int_eq(mux_read(console.mux, data, 1, 10000), 1);
    ck_assert_int_eq(data[0], 'b');
    send_text(console.in, "\1x"); /* the commands stay */
    while (!quits)
        usleep(1000);
    ck_assert_int_eq(mux_read(console.mux, data, sizeof(data), 10000), 2);
    ck_assert(!memcmp(data, "cd", 2));
    expect_received("a", 1, 0);
    close(console.in);
    for (int i = 0; i < 1000 && mux_read(console.mux, data, 1, 1) == 0; i++)
        usleep(1000);
    ck_assert_int_eq(mux_read(console.mux, data, 1, 1), -1);
    console.in = dup(console.out);
    console_free(&console);
}
END_TEST

START_TEST(output_of_the_device_is_counted_and_that_of_semihosting_is_not)
{
    struct console console = console_new(shared);
    struct chardev *serial = mux_serial(console.mux);
    char text[64];

    ck_assert_uint_eq(mux_sent(console.mux), 0);
    ck_assert_uint_eq(serial->write(serial, (const uint8_t *)"four", 4), 4);
    ck_assert_uint_eq(mux_write(console.mux, "three", 5), 5);
    ck_assert(read_until(console.out, "fourthree", text, sizeof(text)));
    ck_assert_uint_eq(mux_sent(console.mux), 4);
    console_free(&console);
}
END_TEST

START_TEST(without_a_terminal_the_window_types_and_output_vanishes)
{
    const struct mux_config config = {.escape = 1};
    struct mux *mux = mux_new(io, &config, &err);
    struct chardev *serial = mux_serial(mux);
    char data[4];

    mux_start(mux);
    connect_end(serial);
    set_room(serial, 100);
    ck_assert_uint_eq(mux_type(mux, "\1x", 2), 2); /* the window has no escape key */
    expect_received("\1x", 2, 0);
    ck_assert_uint_eq(serial->write(serial, (const uint8_t *)"lost", 4), 4);
    ck_assert_uint_eq(mux_sent(mux), 4);
    ck_assert_int_eq(mux_read(mux, data, sizeof(data), 1), 0); /* it may type yet */
    disconnect(serial);
    mux_free(mux);
}
END_TEST

START_TEST(a_detached_console_obeys_no_key)
{
    struct console console = console_new(shared);

    send_text(console.in, "a");
    expect_received("a", 1, 0);
    mux_detach(console.mux);
    send_text(console.in, "\1xb");
    usleep(50000);
    ck_assert_int_eq(quits, 0);
    expect_received("a", 1, 0);
    console_free(&console);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mux");
    TCase *tcase = tcase_create("mux");

    tcase_add_checked_fixture(tcase, lines_setup, lines_teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, keys_after_the_escape_key_are_commands);
    tcase_add_test(tcase, the_monitor_is_switched_to_and_back);
    tcase_add_test(tcase, a_monitor_of_its_own_takes_all_input);
    tcase_add_test(tcase, lines_are_stamped_with_the_time);
    tcase_add_test(tcase, typing_waits_for_the_guest);
    tcase_add_test(tcase, a_line_without_an_escape_key_carries_every_byte);
    tcase_add_test(tcase, a_console_without_a_monitor_says_so);
    tcase_add_test(tcase, a_command_can_be_edited_and_has_a_largest_size);
    tcase_add_test(tcase, bytes_that_semihosting_reads_no_longer_reach_the_serial_line);
    tcase_add_test(tcase, output_of_the_device_is_counted_and_that_of_semihosting_is_not);
    tcase_add_test(tcase, without_a_terminal_the_window_types_and_output_vanishes);
    tcase_add_test(tcase, a_detached_console_obeys_no_key);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
