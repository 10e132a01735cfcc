/* The terminal ulna was started from: raw mode that is undone however ulna ends, and the signals
 * that end it. There is one such terminal in a process, so this module has no object. */
#ifndef ULNA_FRONTEND_TERMINAL_H
#define ULNA_FRONTEND_TERMINAL_H

#include "base/bits.h"
#include "base/err.h"

/* Puts standard input into raw mode when it is a terminal (else does nothing and returns true).
 * `signals`: Ctrl-C, Ctrl-Z and Ctrl-\ keep their meaning. Undone by exit, by any fatal signal and
 * while ulna is stopped. */
bool terminal_raw(bool signals, struct err *err) must_check;
/* Undoes it. */
void terminal_restore(void);
/* True when standard input and output are both terminals. */
bool terminal_is_interactive(void);

/* From now on SIGINT, SIGTERM and SIGHUP write one byte (the signal's number) to `fd`, the first
 * time; a second one ends the process at once. */
void terminal_catch_signals(int fd);
/* The same of SIGUSR1, every time. */
void terminal_catch_user_signal(void);
/* Ends the process as the signal would have, so that a shell sees it. */
void terminal_die(int signal_number) __attribute__((noreturn));

#endif
