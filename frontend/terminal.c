/* Raw mode and signals of the process's own terminal: see terminal.h. */
#include "frontend/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Deviation from "no mutable file-scope state": a signal handler gets nothing else to look at, and
 * the terminal is the process's, not a machine's. */
static struct {
    struct termios saved, raw;
    volatile sig_atomic_t is_raw; /* saved and raw are valid, and raw is wanted */
    volatile sig_atomic_t ready;  /* handlers are installed */
    volatile sig_atomic_t quit_fd_plus_1;
    volatile sig_atomic_t quitting;
} the_terminal;

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT};
static const int quit_signals[] = {SIGINT, SIGTERM, SIGHUP};

/* A process in the background must not touch the terminal: it would be stopped for it. */
static bool in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void set_mode(const struct termios *mode)
{
    int error = errno;

    if (in_foreground())
        while (tcsetattr(STDIN_FILENO, TCSANOW, mode) < 0 && errno == EINTR)
            ;
    errno = error;
}

void terminal_restore(void)
{
    if (the_terminal.is_raw) {
        the_terminal.is_raw = 0;
        set_mode(&the_terminal.saved);
    }
}

void terminal_die(int signal_number)
{
    sigset_t set;

    terminal_restore();
    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    kill(getpid(), signal_number);
    _exit(128 + signal_number);
}

static void fatal(int signal_number)
{
    terminal_die(signal_number);
}

static void quit(int signal_number)
{
    int fd = the_terminal.quit_fd_plus_1 - 1;
    unsigned char byte = (unsigned char)signal_number;
    int error = errno;

    if (fd < 0 || the_terminal.quitting)
        terminal_die(signal_number);
    the_terminal.quitting = 1;
    if (write(fd, &byte, 1) != 1)
        terminal_die(signal_number);
    errno = error;
}

static void tell(int signal_number)
{
    unsigned char byte = (unsigned char)signal_number;
    int error = errno;

    (void)!write(the_terminal.quit_fd_plus_1 - 1, &byte, 1);
    errno = error;
}

/* Ctrl-Z, when it is not the guest's: leaves the shell a sane terminal. */
static void stop(int signal_number)
{
    (void)signal_number;
    if (the_terminal.is_raw)
        set_mode(&the_terminal.saved);
    kill(getpid(), SIGSTOP);
}

static void go_on(int signal_number)
{
    (void)signal_number;
    if (the_terminal.is_raw)
        set_mode(&the_terminal.raw);
}

/* Takes the signal unless somebody (a sanitizer, nohup) has another use for it. */
static void take(int signal_number, void (*handler)(int), int flags)
{
    struct sigaction action, old;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    if (sigaction(signal_number, NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) &&
        (old.sa_handler == SIG_DFL))
        sigaction(signal_number, &action, NULL);
}

static void install(void)
{
    if (the_terminal.ready)
        return;
    the_terminal.ready = 1;
    for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
        take(fatal_signals[i], fatal, SA_RESETHAND | SA_ONSTACK);
    for (size_t i = 0; i < ARRAY_SIZE(quit_signals); i++)
        take(quit_signals[i], quit, SA_RESTART);
    take(SIGTSTP, stop, SA_RESTART);
    take(SIGCONT, go_on, SA_RESTART);
    atexit(terminal_restore);
}

void terminal_catch_signals(int fd)
{
    the_terminal.quit_fd_plus_1 = fd + 1;
    install();
}

void terminal_catch_user_signal(void)
{
    take(SIGUSR1, tell, SA_RESTART);
}

bool terminal_raw(bool signals, struct err *err)
{
    struct termios mode;

    if (!isatty(STDIN_FILENO))
        return true;
    if (tcgetattr(STDIN_FILENO, &mode) < 0)
        return err_set(err, "cannot read the terminal's mode: %s", strerror(errno));
    if (!the_terminal.is_raw)
        the_terminal.saved = mode;
    mode = the_terminal.saved;
    /* Output processing stays on, so that log lines and messages still start at the left. */
    mode.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    mode.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    if (!signals)
        mode.c_lflag &= ~(tcflag_t)ISIG;
    mode.c_cflag = (mode.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    the_terminal.raw = mode;
    install();
    the_terminal.is_raw = 1;
    set_mode(&the_terminal.raw);
    return true;
}

bool terminal_is_interactive(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}
