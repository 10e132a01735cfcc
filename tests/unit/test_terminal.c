/* frontend/terminal: raw mode that is undone however ulna ends, and the signals that end it. */
#include "frontend/terminal.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>

#include "fakes.h"
#include "frontend/chardev_open.h"
#include "lines.h"

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

/* Runs `body` on a new pseudo-terminal in a process of its own, with the signals as a shell leaves
 * them; the other end in *master, its own (for looks at the mode) in *slave. */
static pid_t on_terminal(void (*body)(void), int *master, int *slave)
{
    pid_t child;

    ck_assert_int_eq(openpty(master, slave, NULL, NULL, NULL), 0);
    child = fork();
    if (child == 0) {
        login_tty(*slave);
        for (int i = 1; i < 32; i++)
            signal(i, SIG_DFL);
        body();
        _exit(93);
    }
    return child;
}

/* Waits for the child's end and closes the terminal. */
static int end_of(pid_t child, int master, int slave)
{
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    close(master);
    close(slave);
    return status;
}

static void be_raw(bool signals)
{
    if (!terminal_raw(signals, &err) || write(STDOUT_FILENO, "raw", 3) != 3)
        _exit(90);
}

static void wait_with_signals(void)
{
    be_raw(true);
    for (;;)
        pause();
}

START_TEST(control_keys_are_signals_where_they_keep_their_meaning)
{
    static const struct {
        const char *key;
        int signal_number;
    } keys[] = {{"\003", SIGINT}, {"\034", SIGQUIT}};
    char text[64];
    int master, slave, status;

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        pid_t child = on_terminal(wait_with_signals, &master, &slave);

        ck_assert(read_until(master, "raw", text, sizeof(text)));
        send_text(master, keys[i].key);
        status = end_of(child, master, slave);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == keys[i].signal_number, "status %x",
                      (unsigned)status);
    }
}
END_TEST

static void echo_in_octal(void)
{
    unsigned char byte;

    be_raw(false);
    while (read(STDIN_FILENO, &byte, 1) == 1 && byte != 'q')
        dprintf(STDOUT_FILENO, "<%o>", byte);
    exit(5);
}

START_TEST(without_signals_every_key_is_a_byte)
{
    char text[256];
    int master, slave, status;
    pid_t child = on_terminal(echo_in_octal, &master, &slave);

    ck_assert(read_until(master, "raw", text, sizeof(text)));
    send_text(master, "\003\032\034\021\023\004\026\r\nq");
    ck_assert(read_until(master, "<15><12>", text, sizeof(text)));
    ck_assert_str_eq(text, "<3><32><34><21><23><4><26><15><12>");
    status = end_of(child, master, slave);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}
END_TEST

static void be_raw_twice(void)
{
    if (!terminal_is_interactive() || !terminal_raw(false, &err))
        _exit(90);
    be_raw(true);
    pause();
}

START_TEST(the_mode_before_the_first_change_is_the_one_put_back)
{
    struct termios before, mode;
    char text[64];
    int master, slave;
    pid_t child = on_terminal(be_raw_twice, &master, &slave);

    ck_assert(read_until(master, "raw", text, sizeof(text)));
    ck_assert_int_eq(tcgetattr(slave, &mode), 0);
    ck_assert(mode.c_oflag & OPOST); /* lines of the log still start at the left */
    ck_assert(mode.c_lflag & ISIG);
    ck_assert(!(mode.c_lflag & (ICANON | ECHO)));
    kill(child, SIGINT);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(tcgetattr(slave, &mode), 0);
    close(master);
    close(slave);
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    ck_assert_int_eq(tcgetattr(slave, &before), 0); /* of a terminal that nobody has touched */
    ck_assert_uint_eq(mode.c_lflag, before.c_lflag);
    ck_assert_uint_eq(mode.c_iflag, before.c_iflag);
    close(master);
    close(slave);
}
END_TEST

/* In the background: a change of the mode would stop it. */
static void be_raw_in_the_background(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        setpgid(0, 0);
        be_raw(true);
        terminal_restore();
        _exit(6);
    }
    if (waitpid(child, &status, WUNTRACED) != child)
        _exit(90);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 91);
}

START_TEST(a_background_process_leaves_the_terminal_alone)
{
    struct termios mode;
    char text[64];
    int master, slave, status;
    pid_t child = on_terminal(be_raw_in_the_background, &master, &slave);

    ck_assert(read_until(master, "raw", text, sizeof(text)));
    ck_assert_int_eq(tcgetattr(slave, &mode), 0);
    ck_assert((mode.c_lflag & ICANON) && (mode.c_lflag & ECHO));
    status = end_of(child, master, slave);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 6, "status %x", (unsigned)status);
}
END_TEST

START_TEST(what_is_no_terminal_is_left_as_it_is)
{
    int null = open("/dev/null", O_RDWR), kept = dup(STDIN_FILENO);

    ck_assert_int_eq(dup2(null, STDIN_FILENO), STDIN_FILENO);
    ck_assert(!terminal_is_interactive());
    ck_assert(terminal_raw(true, &err));
    terminal_restore();
    dup2(kept, STDIN_FILENO);
    close(null);
    close(kept);
}
END_TEST

/* A child that has caught its signals; what they write can be read from *fd. */
static pid_t catcher(void (*before)(void), int *fd)
{
    int fds[2];
    pid_t child;

    ck_assert_int_eq(pipe(fds), 0);
    child = fork();
    if (child == 0) {
        for (int i = 1; i < 32; i++)
            signal(i, SIG_DFL);
        if (before)
            before();
        terminal_catch_signals(fds[1]);
        if (write(fds[1], "!", 1) != 1) /* ready */
            _exit(90);
        for (;;)
            pause();
    }
    close(fds[1]);
    *fd = fds[0];
    return child;
}

static char next_byte(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    char byte = 0;

    ck_assert_int_eq(poll(&poll_fd, 1, 10000), 1);
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    return byte;
}

START_TEST(the_first_signal_is_told_and_the_second_ends_the_process)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    int fd, status;
    pid_t child = catcher(NULL, &fd);

    ck_assert_int_eq(next_byte(fd), '!');
    kill(child, signals[_i]);
    ck_assert_int_eq(next_byte(fd), signals[_i]);
    ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
    kill(child, SIGTERM);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    close(fd);
}
END_TEST

static void ignore_hangup(void)
{
    signal(SIGHUP, SIG_IGN);
}

START_TEST(a_signal_that_nohup_ignores_stays_ignored)
{
    int fd, status;
    pid_t child = catcher(ignore_hangup, &fd);

    ck_assert_int_eq(next_byte(fd), '!');
    kill(child, SIGHUP);
    usleep(50000); /* or both would arrive at once */
    kill(child, SIGTERM);
    ck_assert_int_eq(next_byte(fd), SIGTERM);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal");
    TCase *tcase = tcase_create("terminal");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, terminal_is_put_back_at_every_end, 0, END_COUNT);
    tcase_add_test(tcase, terminal_is_put_back_while_stopped);
    tcase_add_test(tcase, control_keys_are_signals_where_they_keep_their_meaning);
    tcase_add_test(tcase, without_signals_every_key_is_a_byte);
    tcase_add_test(tcase, the_mode_before_the_first_change_is_the_one_put_back);
    tcase_add_test(tcase, a_background_process_leaves_the_terminal_alone);
    tcase_add_test(tcase, what_is_no_terminal_is_left_as_it_is);
    tcase_add_loop_test(tcase, the_first_signal_is_told_and_the_second_ends_the_process, 0, 3);
    tcase_add_test(tcase, a_signal_that_nohup_ignores_stays_ignored);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
