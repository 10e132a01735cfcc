/* The back ends of a serial line, and the console in front of them: no byte lost in either
 * direction, back-pressure, the escape key, and a terminal that is put back however ulna ends. */
#include "frontend/chardev_open.h"
#include "frontend/io.h"
#include "frontend/mux.h"
#include "frontend/terminal.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

/* A device that records what it gets and has room for `room` more bytes. */
struct device_end {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t room, size;
    unsigned breaks;
    uint8_t data[256 * 1024];
};

static size_t can_receive(void *opaque)
{
    struct device_end *end = opaque;
    size_t room;

    pthread_mutex_lock(&end->lock);
    room = end->room;
    pthread_mutex_unlock(&end->lock);
    return room;
}

static void receive(void *opaque, const uint8_t *data, size_t size)
{
    struct device_end *end = opaque;

    pthread_mutex_lock(&end->lock);
    ck_assert_uint_le(size, end->room);
    ck_assert_uint_le(end->size + size, sizeof(end->data));
    memcpy(end->data + end->size, data, size);
    end->size += size;
    end->room -= size;
    pthread_cond_broadcast(&end->changed);
    pthread_mutex_unlock(&end->lock);
}

static void break_received(void *opaque)
{
    struct device_end *end = opaque;

    pthread_mutex_lock(&end->lock);
    end->breaks++;
    pthread_cond_broadcast(&end->changed);
    pthread_mutex_unlock(&end->lock);
}

static struct io *io;
static struct device_end *end;
static struct err err;

static void setup(void)
{
    io = io_new(&err);
    ck_assert_ptr_nonnull(io);
    end = calloc(1, sizeof(*end));
    pthread_mutex_init(&end->lock, NULL);
    pthread_cond_init(&end->changed, NULL);
}

static void teardown(void)
{
    io_free(io);
    free(end);
}

static void connect_end(struct chardev *chardev)
{
    const struct chardev_client client = {can_receive, receive, break_received, end};

    chardev->connect(chardev, &client);
}

static void disconnect(struct chardev *chardev)
{
    chardev->connect(chardev, NULL);
}

static void set_room(struct chardev *chardev, size_t room)
{
    pthread_mutex_lock(&end->lock);
    end->room = room;
    pthread_mutex_unlock(&end->lock);
    chardev->resume(chardev);
}

/* Waits (at most 10 s) until the device has `size` bytes and `breaks` breaks. */
static void expect_received(const char *text, size_t size, unsigned breaks)
{
    struct timespec limit;

    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 10;
    pthread_mutex_lock(&end->lock);
    while ((end->size < size || end->breaks < breaks) &&
           pthread_cond_timedwait(&end->changed, &end->lock, &limit) == 0)
        ;
    ck_assert_uint_eq(end->size, size);
    ck_assert_uint_eq(end->breaks, breaks);
    ck_assert(memcmp(end->data, text, size) == 0);
    pthread_mutex_unlock(&end->lock);
}

/* Reads from fd until `word` has come (at most 10 s); true when it has. */
static bool read_until(int fd, const char *word, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    while (!strstr(text, word) && used + 1 < size) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        ssize_t got;

        if (poll(&poll_fd, 1, 10000) <= 0)
            return false;
        got = read(fd, text + used, size - 1 - used);
        if (got <= 0)
            return false;
        used += (size_t)got;
        text[used] = '\0';
    }
    return strstr(text, word) != NULL;
}

static void send_text(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(pipe_input_waits_for_room)
{
    int in[2], out[2];
    struct chardev *chardev;

    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    chardev = chardev_fd_new(io, in[0], out[1], true, &err);
    connect_end(chardev);
    send_text(in[1], "hello");
    usleep(20000);
    expect_received("", 0, 0);
    set_room(chardev, 2);
    expect_received("he", 2, 0);
    set_room(chardev, 100);
    expect_received("hello", 5, 0);
    close(in[1]); /* the end of the input is not the end of the guest */
    usleep(20000);
    ck_assert_uint_eq(chardev->write(chardev, (const uint8_t *)"bye", 3), 3);
    disconnect(chardev);
    chardev->destroy(chardev);
    char text[16] = "";
    ck_assert_int_eq(read(out[0], text, sizeof(text)), 3);
    ck_assert_str_eq(text, "bye");
    close(out[0]);
}
END_TEST

static void *slow_reader(void *opaque)
{
    int fd = *(int *)opaque;
    size_t *total = calloc(1, sizeof(*total));
    uint8_t data[8192];
    ssize_t got;

    usleep(50000);
    while ((got = read(fd, data, sizeof(data))) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if (data[i] != (uint8_t)((*total + (size_t)i) * 7))
                return total;
        *total += (size_t)got;
    }
    return total;
}

START_TEST(output_fills_the_queue_and_is_all_written)
{
    enum { TOTAL = 1000000 };
    int out[2];
    struct chardev *chardev;
    pthread_t thread;
    void *result;
    bool was_full = false;

    ck_assert(pipe(out) == 0);
    chardev = chardev_fd_new(io, -1, out[1], true, &err);
    pthread_create(&thread, NULL, slow_reader, &out[0]);
    for (size_t at = 0; at < TOTAL;) {
        uint8_t data[3000];
        size_t size = TOTAL - at < sizeof(data) ? TOTAL - at : sizeof(data), taken;

        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)((at + i) * 7);
        taken = chardev->write(chardev, data, size);
        ck_assert_uint_le(taken, size);
        was_full |= taken < size;
        if (!taken)
            usleep(1000);
        at += taken;
    }
    chardev->destroy(chardev);
    pthread_join(thread, &result);
    ck_assert(was_full);
    ck_assert_uint_eq(*(size_t *)result, TOTAL);
    free(result);
    close(out[0]);
}
END_TEST

START_TEST(output_to_a_closed_pipe_is_dropped)
{
    int out[2];
    struct chardev *chardev;

    ck_assert(pipe(out) == 0);
    close(out[0]);
    chardev = chardev_fd_new(io, -1, out[1], true, &err);
    for (int i = 0; i < 100; i++) {
        chardev->write(chardev, (const uint8_t *)"x", 1);
        usleep(100);
    }
    chardev->destroy(chardev);
}
END_TEST

START_TEST(file_is_written_anew_or_continued)
{
    char path[] = "/tmp/test_chardev_XXXXXX", spec_text[64], text[32] = "";
    int fd = mkstemp(path);
    static const char *const forms[] = {"", ",append=on", ""};
    static const char *const expected[] = {"abc", "abcabc", "abc"};

    for (size_t i = 0; i < 3; i++) {
        struct chardev_spec spec;
        struct chardev *chardev;

        snprintf(spec_text, sizeof(spec_text), "file:%s%s", path, forms[i]);
        ck_assert(chardev_parse(spec_text, &spec, &err));
        chardev = chardev_open(io, &spec, false, "serial", &err);
        ck_assert_ptr_nonnull(chardev);
        ck_assert_uint_eq(chardev->write(chardev, (const uint8_t *)"abc", 3), 3);
        chardev->destroy(chardev);
        memset(text, 0, sizeof(text));
        ck_assert_int_ge(pread(fd, text, sizeof(text) - 1, 0), 0);
        ck_assert_str_eq(text, expected[i]);
    }
    close(fd);
    unlink(path);
}
END_TEST

START_TEST(file_that_cannot_be_written_is_an_error)
{
    struct chardev_spec spec;

    ck_assert(chardev_parse("file:/nonexistent/x", &spec, &err));
    ck_assert_ptr_null(chardev_open(io, &spec, false, "serial", &err));
    ck_assert_msg(strstr(err.text, "/nonexistent/x") && !err.usage, "%s", err.text);
}
END_TEST

START_TEST(pty_carries_bytes_and_survives_a_hangup)
{
    char name[64], text[64];
    struct chardev *chardev = chardev_pty_open(io, name, sizeof(name), &err);

    ck_assert_ptr_nonnull(chardev);
    connect_end(chardev);
    set_room(chardev, 100);
    chardev->write(chardev, (const uint8_t *)"lost", 4); /* nobody listens */
    usleep(50000);
    for (size_t round = 1; round <= 2; round++) {
        int slave = open(name, O_RDWR | O_NOCTTY);

        ck_assert_int_ge(slave, 0);
        send_text(slave, "ab");
        expect_received("abab", 2 * round, 0);
        chardev->write(chardev, (const uint8_t *)"out\r\n", 5);
        ck_assert(read_until(slave, "out\r\n", text, sizeof(text)));
        ck_assert_str_eq(text, "out\r\n");
        close(slave);
    }
    disconnect(chardev);
    chardev->destroy(chardev);
}
END_TEST

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

START_TEST(socket_server_serves_one_after_the_other)
{
    char path[] = "/tmp/test_chardev_socket_XXXXXX", spec_text[64], text[64];
    struct chardev_spec spec;
    struct chardev *chardev;

    ck_assert_ptr_nonnull(mkdtemp(path));
    snprintf(spec_text, sizeof(spec_text), "unix:%s/s,server,nowait", path);
    ck_assert(chardev_parse(spec_text, &spec, &err));
    chardev = chardev_open(io, &spec, false, "serial", &err);
    ck_assert_msg(chardev, "%s", err.text);
    connect_end(chardev);
    set_room(chardev, 100);
    for (size_t round = 1; round <= 2; round++) {
        int fd = dial(spec.path);

        send_text(fd, "xy");
        expect_received("xyxy", 2 * round, 0);
        chardev->write(chardev, (const uint8_t *)"reply", 5);
        ck_assert(read_until(fd, "reply", text, sizeof(text)));
        close(fd);
        usleep(50000);
    }
    disconnect(chardev);
    chardev->destroy(chardev);
    ck_assert_int_ne(access(spec.path, F_OK), 0);
    rmdir(path);
}
END_TEST

START_TEST(socket_without_a_listener_is_an_error)
{
    struct chardev_spec spec;

    ck_assert(chardev_parse("tcp:127.0.0.1:1", &spec, &err));
    ck_assert_ptr_null(chardev_open(io, &spec, false, "-serial", &err));
    ck_assert_msg(strstr(err.text, "tcp:127.0.0.1:1") && strstr(err.text, "connect"), "%s",
                  err.text);
}
END_TEST

/* --- the console --- */

static atomic_int quits;
static char last_line[128];

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

struct console {
    struct mux *mux;
    int in, out; /* our ends */
};

static struct console console_new(bool monitor_only)
{
    int in[2], out[2];
    struct mux_config config = {.escape = 1,
                                .monitor = true,
                                .monitor_only = monitor_only,
                                .quit = on_quit,
                                .command = on_command};
    struct console console;

    ck_assert(pipe(in) == 0 && pipe(out) == 0);
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

START_TEST(console_escape_keys)
{
    struct console console = console_new(false);
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

START_TEST(console_switches_to_the_monitor_and_back)
{
    struct console console = console_new(false);
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

START_TEST(console_of_the_monitor_alone)
{
    struct console console = console_new(true);
    char text[4096];

    send_text(console.in, "help\n");
    ck_assert(read_until(console.out, "did <help>\r\n(ulna) ", text, sizeof(text)));
    expect_received("", 0, 0);
    console_free(&console);
}
END_TEST

START_TEST(console_stamps_lines)
{
    struct console console = console_new(false);
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

START_TEST(console_typing_waits_for_the_guest)
{
    struct console console = console_new(false);
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

/* --- the terminal --- */

enum ending { END_EXIT, END_TERM, END_INT, END_HUP, END_ABORT, END_SEGV, END_DESTROY, END_COUNT };

/* The process on the other side of the pseudo-terminal: a console on stdio that ends in one way. */
static void terminal_child(enum ending ending)
{
    static const int signals[] = {
        [END_TERM] = SIGTERM, [END_INT] = SIGINT, [END_HUP] = SIGHUP, [END_SEGV] = SIGSEGV};
    struct chardev_spec spec;
    struct chardev *chardev;
    int fds[2];

    /* As ulna starts it: Check and sanitizers have handlers of their own. */
    for (int i = 1; i < 32; i++)
        signal(i, SIG_DFL);
    io = io_new(&err);
    if (!chardev_parse("stdio", &spec, &err) || pipe(fds) != 0)
        _exit(90);
    chardev = chardev_open(io, &spec, true, "serial", &err);
    if (!chardev || write(STDOUT_FILENO, "raw", 3) != 3)
        _exit(91);
    usleep(100000); /* the parent looks at the mode */
    switch (ending) {
    case END_EXIT:
        exit(3);
    case END_ABORT:
        abort();
    case END_DESTROY:
        chardev->destroy(chardev);
        _exit(4);
    default:
        raise(signals[ending]);
        _exit(92);
    }
}

START_TEST(terminal_is_put_back_at_every_end)
{
    struct termios before, during, after;
    char text[64];
    int master, slave, status;
    pid_t child;

    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    ck_assert_int_eq(tcgetattr(slave, &before), 0);
    ck_assert(before.c_lflag & ICANON);
    child = fork();
    if (child == 0) {
        setsid();
        login_tty(slave);
        terminal_child((enum ending)_i);
        _exit(93);
    }
    ck_assert(read_until(master, "raw", text, sizeof(text)));
    ck_assert_int_eq(tcgetattr(slave, &during), 0);
    ck_assert(!(during.c_lflag & (ICANON | ECHO)) && (during.c_lflag & ISIG));
    waitpid(child, &status, 0);
    ck_assert_int_eq(tcgetattr(slave, &after), 0);
    ck_assert_uint_eq(after.c_lflag, before.c_lflag);
    ck_assert_uint_eq(after.c_iflag, before.c_iflag);
    ck_assert_uint_eq(after.c_oflag, before.c_oflag);
    if (_i == END_EXIT)
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    else if (_i == END_DESTROY)
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 4);
    else
        ck_assert_msg(WIFSIGNALED(status), "status %x", (unsigned)status);
    close(master);
    close(slave);
}
END_TEST

START_TEST(terminal_is_put_back_while_stopped)
{
    struct termios before, mode;
    char text[64];
    int master, slave, status;
    pid_t child;

    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    ck_assert_int_eq(tcgetattr(slave, &before), 0);
    child = fork();
    if (child == 0) {
        setsid();
        login_tty(slave);
        for (int i = 1; i < 32; i++)
            signal(i, SIG_DFL);
        if (!terminal_raw(true, &err) || write(STDOUT_FILENO, "raw", 3) != 3)
            _exit(90);
        for (;;)
            pause();
    }
    ck_assert(read_until(master, "raw", text, sizeof(text)));
    kill(child, SIGTSTP);
    ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
    ck_assert(WIFSTOPPED(status));
    ck_assert_int_eq(tcgetattr(slave, &mode), 0);
    ck_assert_uint_eq(mode.c_lflag, before.c_lflag);
    kill(child, SIGCONT);
    for (int i = 0; i < 100; i++) {
        usleep(10000);
        tcgetattr(slave, &mode);
        if (!(mode.c_lflag & ICANON))
            break;
    }
    ck_assert(!(mode.c_lflag & ICANON));
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    ck_assert_int_eq(tcgetattr(slave, &mode), 0);
    ck_assert_uint_eq(mode.c_lflag, before.c_lflag);
    close(master);
    close(slave);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chardev");
    TCase *lines = tcase_create("lines"), *terminal = tcase_create("terminal");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(lines, setup, teardown);
    tcase_set_timeout(lines, 60);
    tcase_add_test(lines, pipe_input_waits_for_room);
    tcase_add_test(lines, output_fills_the_queue_and_is_all_written);
    tcase_add_test(lines, output_to_a_closed_pipe_is_dropped);
    tcase_add_test(lines, file_is_written_anew_or_continued);
    tcase_add_test(lines, file_that_cannot_be_written_is_an_error);
    tcase_add_test(lines, pty_carries_bytes_and_survives_a_hangup);
    tcase_add_test(lines, socket_server_serves_one_after_the_other);
    tcase_add_test(lines, socket_without_a_listener_is_an_error);
    tcase_add_test(lines, console_escape_keys);
    tcase_add_test(lines, console_switches_to_the_monitor_and_back);
    tcase_add_test(lines, console_of_the_monitor_alone);
    tcase_add_test(lines, console_stamps_lines);
    tcase_add_test(lines, console_typing_waits_for_the_guest);
    tcase_set_timeout(terminal, 60);
    tcase_add_loop_test(terminal, terminal_is_put_back_at_every_end, 0, END_COUNT);
    tcase_add_test(terminal, terminal_is_put_back_while_stopped);
    suite_add_tcase(suite, lines);
    suite_add_tcase(suite, terminal);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
