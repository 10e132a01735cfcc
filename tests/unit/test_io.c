/* frontend/io: work for the loop's thread. */
#include "frontend/io.h"

#include <pthread.h>
#include <stdatomic.h>

#include "fakes.h"

static struct io *io;
static struct err err;

static void setup(void)
{
    io = io_new(&err);
    ck_assert_msg(io != NULL, "%s", err.text);
}

static void teardown(void)
{
    io_free(io);
}

struct work {
    struct io_task task;
    unsigned number;
    unsigned runs;
};

static unsigned order[64], done; /* the loop's thread alone writes them */

static void run_work(void *opaque)
{
    struct work *work = opaque;

    ck_assert(io_is_here(io));
    if (done < ARRAY_SIZE(order))
        order[done] = work->number;
    done++;
    work->runs++;
}

static void nothing(void *opaque)
{
    (void)opaque;
}

START_TEST(calls_run_on_the_loop_s_thread_and_are_waited_for)
{
    struct work work = {.number = 7};

    ck_assert(!io_is_here(io));
    io_call(io, run_work, &work);
    ck_assert_uint_eq(work.runs, 1);
    ck_assert_uint_eq(order[0], 7);
}
END_TEST

static void call_again(void *opaque)
{
    io_call(io, run_work, opaque); /* waiting for itself would never end */
}

START_TEST(a_call_from_the_loop_s_thread_runs_at_once)
{
    struct work work = {0};

    io_call(io, call_again, &work);
    ck_assert_uint_eq(work.runs, 1);
}
END_TEST

START_TEST(tasks_run_in_the_order_they_were_posted)
{
    struct work work[ARRAY_SIZE(order)] = {0};

    done = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(work); i++) {
        work[i] = (struct work){.task = {.run = run_work, .opaque = &work[i]}, .number = i};
        io_post(io, &work[i].task);
    }
    io_call(io, nothing, NULL); /* behind them all */
    ck_assert_uint_eq(done, ARRAY_SIZE(work));
    for (unsigned i = 0; i < ARRAY_SIZE(work); i++)
        ck_assert_uint_eq(order[i], i);
}
END_TEST

static struct work reposted;

static void post_twice(void *opaque)
{
    (void)opaque; /* the loop is here: it cannot take the task in between */
    io_post(io, &reposted.task);
    io_post(io, &reposted.task);
}

START_TEST(a_queued_task_is_queued_once_and_can_be_posted_again_later)
{
    reposted = (struct work){.task = {.run = run_work, .opaque = &reposted}};
    io_call(io, post_twice, NULL);
    io_call(io, nothing, NULL);
    ck_assert_uint_eq(reposted.runs, 1);
    io_post(io, &reposted.task);
    io_call(io, nothing, NULL);
    ck_assert_uint_eq(reposted.runs, 2);
}
END_TEST

static void *post_many(void *opaque)
{
    for (unsigned i = 0; i < 500; i++)
        io_call(io, run_work, opaque);
    return NULL;
}

START_TEST(many_threads_may_post)
{
    struct work work[4] = {0};
    pthread_t thread[4];

    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, post_many, &work[i]), 0);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
        ck_assert_uint_eq(work[i].runs, 500);
    }
}
END_TEST

static Suite *io_suite(void)
{
    Suite *suite = suite_create("io");
    TCase *tc = tcase_create("io");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, calls_run_on_the_loop_s_thread_and_are_waited_for);
    tcase_add_test(tc, a_call_from_the_loop_s_thread_runs_at_once);
    tcase_add_test(tc, tasks_run_in_the_order_they_were_posted);
    tcase_add_test(tc, a_queued_task_is_queued_once_and_can_be_posted_again_later);
    tcase_add_test(tc, many_threads_may_post);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(io_suite());
}
