/* One run of ulna: the machine, its console, window and monitor, from the command line to the exit
 * code. */
#ifndef ULNA_FRONTEND_SESSION_H
#define ULNA_FRONTEND_SESSION_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "devices/virt.h"
#include "frontend/io.h"
#include "frontend/mux.h"
#include "frontend/options.h"
#include "frontend/window.h"
#include "loader/loader.h"
#include "loader/semihosting.h"

/* What other threads ask of the main thread, which alone starts and stops the machine. */
enum session_request {
    SESSION_QUIT = 1 << 0,       /* the user wants out */
    SESSION_POWER_OFF = 1 << 1,  /* the guest has switched the machine off */
    SESSION_RESET = 1 << 2,      /* the guest or the user resets it */
    SESSION_GUEST_EXIT = 1 << 3, /* the guest has ended ulna with a code of its own */
};

struct session {
    const struct options *options;
    struct log *log;
    FILE *log_file; /* NULL: stderr */
    struct clock *clock;
    struct io *io;
    struct mux *console; /* of the serial line */
    struct mux *monitor; /* a second one, for -monitor; or NULL */
    struct machine *machine;
    struct loader_machine loader;
    struct semihosting *semihosting; /* or NULL */
    struct chardev
        *semihosting_out; /* its console where the serial line leads elsewhere; or NULL */
    char *semihosting_line;
    struct window *window; /* or NULL */

    pthread_mutex_t machine_lock; /* held while the machine is started, stopped or looked into */
    bool paused;                  /* by the user; under machine_lock */
    unsigned cpu;                 /* that the monitor looks at; under machine_lock */
    struct timespec started;

    /* the main thread only: how it ended */
    int code;
    bool failed; /* failure says why */
    struct err failure;

    pthread_mutex_t lock; /* requests */
    pthread_cond_t changed;
    unsigned requests; /* OR of enum session_request */
    int guest_code;    /* with SESSION_GUEST_EXIT */

    int signal_pipe[2];
    uv_pipe_t signal_reader;
    bool signal_reader_open;
    char signal_byte;
    atomic_int signal_number; /* that ended the run; 0: none */
};

/* Runs the machine that the options describe until it ends. *code is the exit code. False with a
 * message when it could not be started; then *code is not set. */
bool session_run(const struct options *options, int *code, struct err *err) must_check;

/* From any thread. */
void session_request(struct session *session, enum session_request request);
void session_guest_exit(struct session *session, int code);

#endif
