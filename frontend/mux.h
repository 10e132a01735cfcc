/* The console: one terminal shared by the guest's serial line and the monitor, with an escape key
 * (Ctrl-A) that commands ulna; and a second way in for the keys of the window. Works without a
 * terminal behind it, too. */
#ifndef ULNA_FRONTEND_MUX_H
#define ULNA_FRONTEND_MUX_H

#include "devices/chardev.h"
#include "frontend/io.h"

struct mux;

struct mux_config {
    struct chardev *back; /* a back end, now owned by the console; NULL: none */
    uint8_t escape;       /* control code of the escape key; 0: every byte is data */
    bool monitor;         /* the escape key can switch to the monitor */
    bool monitor_only;    /* no serial line here: all input is the monitor's */
    /* Called on the loop's thread. */
    void (*quit)(void *opaque);                                       /* escape x */
    void (*command)(void *opaque, struct mux *mux, const char *line); /* a line for the monitor */
    void *opaque;
};

struct mux *mux_new(struct io *io, const struct mux_config *config, struct err *err);
/* Takes input from now on: what the commands look at is there. */
void mux_start(struct mux *mux);
/* Sends what is queued, then frees the console and its back end. The device must be disconnected.
 */
void mux_free(struct mux *mux);

/* From now on no key is a command any more; for the end, before what the commands look at goes. */
void mux_detach(struct mux *mux);

/* The serial line's end, for a device; lives as long as the console. */
struct chardev *mux_serial(struct mux *mux);

/* Keys from the window: bytes for the serial line, kept until the guest takes them; any thread.
 * Returns how many were taken; at most mux_type_room() fit. */
size_t mux_type(struct mux *mux, const void *data, size_t size);
size_t mux_type_room(struct mux *mux);

/* Semihosting's console on the same terminal; any thread. mux_write returns how many bytes were
 * taken. mux_read takes up to `size` typed bytes, which from the first call on no longer reach the
 * serial line; it waits `wait_ms` at most for the first. 0: none yet; -1: the input has ended. */
size_t mux_write(struct mux *mux, const void *data, size_t size);
int mux_read(struct mux *mux, void *data, size_t size, unsigned wait_ms);

/* Bytes the device has sent so far; any thread. */
uint64_t mux_sent(const struct mux *mux);

/* The monitor's answer; on the loop's thread. */
void mux_print(struct mux *mux, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
