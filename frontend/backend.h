/* What every back end of a serial line shares: a bounded queue of output that a device fills
 * without waiting, and input that is held back until the device has room. */
#ifndef ULNA_FRONTEND_BACKEND_H
#define ULNA_FRONTEND_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>

#include "devices/chardev.h"
#include "frontend/io.h"

#define BACKEND_OUTPUT_MAX (64 * KIB) /* bytes a device may queue */
#define BACKEND_INPUT_MAX  4096

struct backend;

/* All called on the loop's thread. */
struct backend_ops {
    /* Sends the bytes, which stay valid until backend_sent is called, at once or later. */
    void (*send)(struct backend *backend, const uint8_t *data, size_t size);
    /* The input buffer is empty: bytes may be fetched into it. */
    void (*fetch)(struct backend *backend);
    /* Closes all handles; calls backend_closed when the last is gone, at once or later. */
    void (*close)(struct backend *backend);
    void (*free)(struct backend *backend);
};

struct buffer {
    uint8_t *data;
    size_t size, capacity;
};

struct backend {
    struct chardev chardev;
    const struct backend_ops *ops;
    struct io *io;

    pthread_mutex_t lock;  /* fill, sending, closing, closed */
    struct buffer fill;    /* what waits to be sent */
    struct buffer transit; /* what send() holds */
    bool sending, closing, closed;
    pthread_cond_t changed;
    uv_timer_t deadline;       /* for output at the end */
    bool deadline_open, ended; /* the loop's thread only */

    pthread_mutex_t client_lock; /* held while the client is called */
    const struct chardev_client *client;
    struct chardev_client client_copy;
    size_t in_first, in_size; /* the loop's thread only */
    uint8_t in[BACKEND_INPUT_MAX];

    struct io_task kick;
    atomic_bool input_ended; /* no more will come */
};

/* Fills the head; each constructor calls it first. */
void backend_init(struct backend *backend, const struct backend_ops *ops, struct io *io);
/* Undoes it for a back end that was never given away. */
void backend_fini(struct backend *backend);

/* From the loop's thread: */
void backend_sent(struct backend *backend);
/* `size` bytes were put at backend->in, which was empty. */
void backend_fetched(struct backend *backend, size_t size);
void backend_break(struct backend *backend);
void backend_closed(struct backend *backend);

/* Queues text of the front end's own, without a bound; from any thread. `chardev` is a back end's.
 */
void backend_print(struct chardev *chardev, const void *data, size_t size);
/* Makes the loop look at the back end soon; from any thread. */
void backend_kick(struct backend *backend);

#endif
