/* Guest time and timers: see clock.h. One sorted list of armed timers; the host clock's thread
 * sleeps until the first one is due (CLOCK_MONOTONIC, so that setting the host's date moves
 * nothing). */
#include "base/clock.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ull

struct clock {
    bool stepped;
    uint64_t start;        /* host clock: CLOCK_MONOTONIC at creation */
    _Atomic uint64_t now;  /* stepped clock */
    pthread_t thread;      /* host clock: runs the timers */
    pthread_mutex_t lock;  /* guards all below */
    pthread_cond_t sooner; /* the list's head is before wakes_at, or quit is set */
    pthread_cond_t done;   /* a timer's `fire` has returned */
    struct clock_timer *timers;
    uint64_t wakes_at;           /* until when the thread sleeps at most; 0: it is awake */
    struct clock_timer *running; /* whose `fire` is being called ... */
    pthread_t runner;            /* ... by this thread */
    bool cancelled;    /* somebody waits in clock_cancel for it to return, and to stay away */
    uint64_t returned; /* how many times a `fire` has returned */
    bool quit;
};

static uint64_t host_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_now(struct clock *clock)
{
    if (clock->stepped)
        return atomic_load_explicit(&clock->now, memory_order_acquire);
    return host_now() - clock->start;
}

/* Takes the timer out of the list, when it is there; called with the lock held. */
static void unlink_timer(struct clock *clock, struct clock_timer *timer)
{
    struct clock_timer **at = &clock->timers;

    if (!timer->armed)
        return;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->armed = false;
}

/* Fires the head of the list; called with the lock held, which is released meanwhile. The timer may
 * be gone when `fire` returns: nobody who frees it there also waits for it in clock_cancel. */
static void fire_first(struct clock *clock)
{
    struct clock_timer *timer = clock->timers;

    unlink_timer(clock, timer);
    clock->running = timer;
    clock->runner = pthread_self();
    pthread_mutex_unlock(&clock->lock);
    timer->fire(timer->opaque);
    pthread_mutex_lock(&clock->lock);
    if (clock->cancelled) /* `fire` may have armed it again */
        unlink_timer(clock, timer);
    clock->cancelled = false;
    clock->running = NULL;
    clock->returned++;
    pthread_cond_broadcast(&clock->done);
}

static void *host_thread(void *opaque)
{
    struct clock *clock = opaque;
    sigset_t all;

    sigfillset(&all); /* signals are for the threads that expect them */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    /* The kernel may delay a wake-up by 50 us to merge it with others; a timer interrupt should not
     * wait. */
    prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
    pthread_setname_np(pthread_self(), "clock");
    pthread_mutex_lock(&clock->lock);
    while (!clock->quit) {
        struct timespec until;
        uint64_t deadline;

        if (!clock->timers) {
            clock->wakes_at = UINT64_MAX;
            pthread_cond_wait(&clock->sooner, &clock->lock);
            continue;
        }
        deadline = clock->timers->deadline;
        if (deadline <= clock_now(clock)) {
            clock->wakes_at = 0; /* it will look at the list behind that */
            fire_first(clock);
            continue;
        }
        clock->wakes_at = deadline;
        if (__builtin_add_overflow(deadline, clock->start, &deadline))
            deadline = UINT64_MAX;
        until.tv_sec = (time_t)(deadline / NS_PER_SECOND);
        until.tv_nsec = (long)(deadline % NS_PER_SECOND);
        pthread_cond_timedwait(&clock->sooner, &clock->lock, &until);
    }
    pthread_mutex_unlock(&clock->lock);
    return NULL;
}

static struct clock *clock_new(bool stepped)
{
    struct clock *clock = calloc(1, sizeof(*clock));
    pthread_condattr_t monotonic;

    if (!clock)
        return NULL;
    clock->stepped = stepped;
    pthread_mutex_init(&clock->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&clock->sooner, &monotonic);
    pthread_cond_init(&clock->done, NULL);
    pthread_condattr_destroy(&monotonic);
    return clock;
}

static void clock_destroy(struct clock *clock)
{
    pthread_cond_destroy(&clock->done);
    pthread_cond_destroy(&clock->sooner);
    pthread_mutex_destroy(&clock->lock);
    free(clock);
}

struct clock *clock_new_host(void)
{
    struct clock *clock = clock_new(false);

    if (!clock)
        return NULL;
    clock->start = host_now();
    if (pthread_create(&clock->thread, NULL, host_thread, clock)) {
        clock_destroy(clock);
        return NULL;
    }
    return clock;
}

struct clock *clock_new_stepped(void)
{
    return clock_new(true);
}

void clock_free(struct clock *clock)
{
    if (!clock)
        return;
    if (!clock->stepped) {
        pthread_mutex_lock(&clock->lock);
        clock->quit = true;
        pthread_cond_signal(&clock->sooner);
        pthread_mutex_unlock(&clock->lock);
        pthread_join(clock->thread, NULL);
    }
    clock_destroy(clock);
}

void clock_arm(struct clock *clock, struct clock_timer *timer, uint64_t deadline)
{
    struct clock_timer **at = &clock->timers;
    bool sooner;

    pthread_mutex_lock(&clock->lock);
    unlink_timer(clock, timer);
    timer->deadline = deadline;
    while (*at &&
           (*at)->deadline <= deadline) /* equal deadlines fire in the order they were armed */
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
    timer->armed = true;
    sooner = deadline < clock->wakes_at;
    pthread_mutex_unlock(&clock->lock);
    if (sooner)
        pthread_cond_signal(&clock->sooner); /* who wakes finds the lock free */
}

void clock_cancel(struct clock *clock, struct clock_timer *timer)
{
    pthread_mutex_lock(&clock->lock);
    unlink_timer(clock, timer);
    if (clock->running == timer && !pthread_equal(clock->runner, pthread_self())) {
        uint64_t returned = clock->returned;
        clock->cancelled = true;
        while (clock->returned == returned)
            pthread_cond_wait(&clock->done, &clock->lock);
    }
    pthread_mutex_unlock(&clock->lock);
}

void clock_step(struct clock *clock, uint64_t ns)
{
    uint64_t target;

    assert(clock->stepped);
    pthread_mutex_lock(&clock->lock);
    target = clock->now + ns;
    while (clock->timers && clock->timers->deadline <= target) {
        if (clock->timers->deadline > clock->now)
            clock->now = clock->timers->deadline;
        fire_first(clock);
    }
    clock->now = target;
    pthread_mutex_unlock(&clock->lock);
}
