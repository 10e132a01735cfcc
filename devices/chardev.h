/* A character device: the byte stream behind a UART, whatever carries it (terminal, file, pty, TCP,
 * window, a test's script). Front ends implement it; devices use it. */
#ifndef ULNA_DEVICES_CHARDEV_H
#define ULNA_DEVICES_CHARDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The device's side: called on the back end's thread; the device takes its own lock. */
struct chardev_client {
    size_t (*can_receive)(void *opaque);                             /* how many bytes fit now */
    void (*receive)(void *opaque, const uint8_t *data, size_t size); /* at most can_receive */
    void (*break_received)(void *opaque);                            /* NULL: ignored */
    void *opaque;
};

struct chardev {
    /* Sends; called by a device on any thread with its lock held. Never blocks for long and never
     * calls back into the client. Returns how many bytes were taken (fewer: full, try again later).
     */
    size_t (*write)(struct chardev *chardev, const uint8_t *data, size_t size);
    /* The client has room again: bytes that were held back may be delivered (on the back end's own
     * thread). */
    void (*resume)(struct chardev *chardev);
    /* Connects the one client; NULL disconnects. */
    void (*connect)(struct chardev *chardev, const struct chardev_client *client);
    void (*destroy)(struct chardev *chardev);
};

#endif
