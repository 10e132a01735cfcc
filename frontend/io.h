/* The thread that runs the libuv loop: terminals, sockets and timers of the front end. */
#ifndef ULNA_FRONTEND_IO_H
#define ULNA_FRONTEND_IO_H

#include <uv.h>

#include "base/bits.h"
#include "base/err.h"

struct io;

/* Work for the loop's thread; owned by whoever posts it, and free again once `run` has begun. */
struct io_task {
    void (*run)(void *opaque);
    void *opaque;
    struct io_task *next;
    bool queued;
};

/* Starts the thread. NULL on error. */
struct io *io_new(struct err *err);
/* Stops it; every handle must be closed. A loop that some call still blocks is left to the end of
 * the process. */
void io_free(struct io *io);

/* Runs the task on the loop's thread soon; from any thread. Posting a queued task again does
 * nothing. */
void io_post(struct io *io, struct io_task *task);
/* Runs `run` on the loop's thread and waits for it; at once when called there. */
void io_call(struct io *io, void (*run)(void *opaque), void *opaque);

uv_loop_t *io_loop(struct io *io);    /* for use on the loop's thread */
bool io_is_here(const struct io *io); /* true on the loop's thread */

#endif
