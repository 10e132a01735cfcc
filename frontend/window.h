/* The window (SDL2): shows the guest's screen and types on its serial line. One window, on the
 * process's main thread, as SDL wants it. */
#ifndef ULNA_FRONTEND_WINDOW_H
#define ULNA_FRONTEND_WINDOW_H

#include "base/bits.h"
#include "base/err.h"

struct display;
struct window;

struct window_config {
    struct display *display; /* borrowed */
    const char *name;        /* of the guest; borrowed, like the next */
    const char *engine;
    bool full_screen;

    uint64_t (*instructions)(void *opaque); /* executed so far, for the MIPS of the title */
    /* Bytes for the serial line; returns how many were taken. */
    size_t (*type)(void *opaque, const void *data, size_t size);
    void (*press_power)(void *opaque);
    uint64_t (*output)(void *opaque); /* bytes the guest has sent: a sign of life at shutdown */
    bool (*step)(void *opaque);       /* called after each event and each frame; false: leave */
    void *opaque;
};

/* True where there is a desktop to open a window on; connects to it to find out. */
bool window_is_possible(void);

/* Opens it. NULL on error. */
struct window *window_new(const struct window_config *config, struct err *err);
void window_free(struct window *window);

/* Shows the screen until `step` returns false or the user wants to leave for good. */
void window_run(struct window *window);
/* Makes window_run call `step` soon; from any thread. */
void window_wake(struct window *window);

#endif
