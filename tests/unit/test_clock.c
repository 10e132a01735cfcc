/* base/clock.c */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

/* A timer that notes when and in which order it fires, and can arm itself again. */
struct probe {
    struct clock_timer timer;
    struct clock *clock;
    uint64_t period; /* 0: once */
    _Atomic uint64_t fired, at;
    unsigned *order; /* shared counter */
    unsigned place;
    _Atomic uint64_t hold_ns; /* how long `fire` takes */
};

static void probe_fire(void *opaque)
{
    struct probe *probe = opaque;

    probe->at = clock_now(probe->clock);
    if (probe->order)
        probe->place = ++*probe->order;
    if (probe->hold_ns)
        nanosleep(&(struct timespec){.tv_nsec = (long)probe->hold_ns}, NULL);
    if (probe->period)
        clock_arm(probe->clock, &probe->timer, probe->timer.deadline + probe->period);
    probe->fired++;
}

static void probe_init(struct probe *probe, struct clock *clock)
{
    *probe = (struct probe){.timer = {.fire = probe_fire, .opaque = probe}, .clock = clock};
}

static void wait_fired(struct probe *probe, uint64_t count)
{
    for (unsigned i = 0; i < 5000 && probe->fired < count; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

START_TEST(a_stepped_clock_stands_still_and_fires_in_order)
{
    struct clock *clock = clock_new_stepped();
    struct probe probe[3];
    unsigned order = 0;

    for (unsigned i = 0; i < 3; i++) {
        probe_init(&probe[i], clock);
        probe[i].order = &order;
    }
    ck_assert_uint_eq(clock_now(clock), 0);
    clock_arm(clock, &probe[0].timer, 300);
    clock_arm(clock, &probe[1].timer, 100);
    clock_arm(clock, &probe[2].timer, 300);
    clock_step(clock, 99);
    ck_assert_uint_eq(clock_now(clock), 99);
    ck_assert_uint_eq(order, 0);
    clock_step(clock, 1);
    ck_assert_uint_eq(probe[1].at, 100);
    ck_assert(!probe[1].timer.armed);
    ck_assert(probe[0].timer.armed);
    clock_step(clock, 1000);
    ck_assert_uint_eq(clock_now(clock), 1100);
    ck_assert_uint_eq(probe[0].at, 300);
    ck_assert_uint_eq(probe[0].place, 2);
    ck_assert_uint_eq(probe[2].place, 3);
    clock_free(clock);
}
END_TEST

START_TEST(a_timer_moves_cancels_and_repeats)
{
    struct clock *clock = clock_new_stepped();
    struct probe probe;

    probe_init(&probe, clock);
    clock_arm(clock, &probe.timer, 100);
    clock_arm(clock, &probe.timer, 200);
    clock_step(clock, 150);
    ck_assert_uint_eq(probe.fired, 0);
    clock_cancel(clock, &probe.timer);
    clock_cancel(clock, &probe.timer);
    clock_step(clock, 150);
    ck_assert_uint_eq(probe.fired, 0);
    probe.period = 10;
    clock_arm(clock, &probe.timer, 310);
    clock_step(clock, 100);
    ck_assert_uint_eq(probe.fired, 10);
    ck_assert_uint_eq(probe.at, 400);
    clock_cancel(clock, &probe.timer);
    clock_free(clock);
}
END_TEST

START_TEST(a_deadline_in_the_past_fires_in_the_next_step_of_nothing)
{
    struct clock *clock = clock_new_stepped();
    struct probe probe;

    probe_init(&probe, clock);
    clock_step(clock, 1000);
    clock_arm(clock, &probe.timer, 10);
    ck_assert_uint_eq(probe.fired, 0);
    clock_step(clock, 0);
    ck_assert_uint_eq(probe.fired, 1);
    ck_assert_uint_eq(probe.at, 1000);
    clock_free(clock);
}
END_TEST

START_TEST(the_host_clock_fires_no_earlier_than_asked)
{
    struct clock *clock = clock_new_host();
    struct probe late, soon;

    ck_assert_ptr_nonnull(clock);
    ck_assert_uint_lt(clock_now(clock), 1000000000);
    probe_init(&late, clock);
    probe_init(&soon, clock);
    uint64_t now = clock_now(clock);
    clock_arm(clock, &late.timer, UINT64_MAX); /* never, and no overflow */
    clock_arm(clock, &soon.timer, now + 3000000);
    wait_fired(&soon, 1);
    ck_assert_uint_eq(soon.fired, 1);
    ck_assert_uint_ge(soon.at, now + 3000000);
    ck_assert_uint_eq(late.fired, 0);
    clock_arm(clock, &soon.timer, 0); /* past */
    wait_fired(&soon, 2);
    ck_assert_uint_eq(soon.fired, 2);
    clock_free(clock);
}
END_TEST

START_TEST(cancel_waits_for_a_running_timer_that_arms_itself_again)
{
    struct clock *clock = clock_new_host();
    struct probe probe;

    probe_init(&probe, clock);
    probe.period = 1;
    probe.hold_ns = 2000000;
    clock_arm(clock, &probe.timer, 1);
    wait_fired(&probe, 2);
    clock_cancel(clock, &probe.timer);
    uint64_t fired = probe.fired;
    ck_assert_uint_ge(fired, 2);
    ck_assert(!probe.timer.armed);
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    ck_assert_uint_eq(probe.fired, fired);
    clock_free(clock);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = tcase_create("clock");
    tcase_add_test(tcase, a_stepped_clock_stands_still_and_fires_in_order);
    tcase_add_test(tcase, a_timer_moves_cancels_and_repeats);
    tcase_add_test(tcase, a_deadline_in_the_past_fires_in_the_next_step_of_nothing);
    tcase_add_test(tcase, the_host_clock_fires_no_earlier_than_asked);
    tcase_add_test(tcase, cancel_waits_for_a_running_timer_that_arms_itself_again);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
