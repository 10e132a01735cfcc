/* Guest time in nanoseconds, and timers on it. Two kinds behind one interface: the host's monotonic
 * clock with a thread that runs the timers, and a stepped clock that tests move by hand. Never
 * mutable by a guest. */
#ifndef ULNA_BASE_CLOCK_H
#define ULNA_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock;

/* A timer: owned by whoever embeds it; `fire` runs on the clock's thread (or inside clock_step),
 * with no clock lock held, and may arm the timer again. */
struct clock_timer {
    void (*fire)(void *opaque);
    void *opaque;
    uint64_t deadline; /* ns; valid while armed */
    bool armed;
    struct clock_timer *next; /* the clock's list, soonest first */
};

struct clock *clock_new_host(void);    /* starts at 0 ns when created */
struct clock *clock_new_stepped(void); /* stands at 0 ns until stepped */
void clock_free(struct clock *clock);

uint64_t clock_now(struct clock *clock); /* ns since the clock was created */

/* Arms (or moves) the timer to `deadline` ns; a deadline in the past fires at once, on the clock's
 * thread (stepped clock: in the next clock_step, be it of 0 ns). */
void clock_arm(struct clock *clock, struct clock_timer *timer, uint64_t deadline);
/* Disarms; when it returns the timer is not running and will not run, unless called from its own
 * `fire`. Must not be called with a lock held that `fire` takes. */
void clock_cancel(struct clock *clock, struct clock_timer *timer);

/* Stepped clock only: moves time on by `ns`, firing what falls due on the way, in order. */
void clock_step(struct clock *clock, uint64_t ns);

#endif
