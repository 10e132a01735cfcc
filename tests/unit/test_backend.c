/* frontend/backend: the queues that every back end of a serial line shares, over one that sends
 * only when the test lets it. */
#include "frontend/backend.h"

#include <stdatomic.h>

#include "fakes.h"
#include "lines.h"

#define SENT_MAX 400000

/* Lives through all of a test, so that what happened can be looked at after the end. */
static struct {
    atomic_bool held; /* send() does not answer */
    uint8_t sent[SENT_MAX];
    atomic_size_t size;
    const uint8_t *data; /* of a send that was not answered */
    size_t left;
    const char *typed; /* for the next fetch */
    atomic_uint fetches, closes, frees;
} host;

static void take(struct backend *backend)
{
    ck_assert_uint_le(host.size + host.left, SENT_MAX);
    memcpy(host.sent + host.size, host.data, host.left);
    host.size += host.left;
    host.left = 0;
    backend_sent(backend);
}

static void host_send(struct backend *backend, const uint8_t *data, size_t size)
{
    ck_assert(io_is_here(backend->io));
    ck_assert_uint_eq(host.left, 0); /* one at a time */
    host.data = data;
    host.left = size;
    if (!host.held)
        take(backend);
}

static void host_fetch(struct backend *backend)
{
    const char *typed = host.typed;

    host.fetches++;
    host.typed = NULL;
    if (!typed)
        return;
    memcpy(backend->in, typed, strlen(typed));
    backend_fetched(backend, strlen(typed));
}

static void host_close(struct backend *backend)
{
    host.closes++;
    backend_closed(backend);
}

static void host_free(struct backend *backend)
{
    host.frees++;
    free(backend);
}

static const struct backend_ops ops = {host_send, host_fetch, host_close, host_free};

static struct backend *backend;
static struct chardev *line;

static void setup(void)
{
    lines_setup();
    memset(&host, 0, sizeof(host));
    backend = calloc(1, sizeof(*backend));
    ck_assert_ptr_nonnull(backend);
    backend_init(backend, &ops, io);
    line = &backend->chardev;
}

static void nothing(void *opaque)
{
    (void)opaque;
}

static void let_go(void *opaque)
{
    host.held = false;
    take(opaque);
}

/* Bytes that tell their place in the stream. */
static void fill(uint8_t *data, size_t first, size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)((first + i) * 7 >> 3);
}

/* The end of the back end; then all of `size` bytes were sent, in order. */
static void destroy_and_expect(size_t size)
{
    static uint8_t expected[SENT_MAX];

    line->destroy(line);
    ck_assert_uint_eq(host.frees, 1);
    fill(expected, 0, size);
    ck_assert_uint_eq(host.size, size);
    ck_assert_int_eq(memcmp(host.sent, expected, size), 0);
}

START_TEST(a_device_queues_at_most_64_kib_while_nobody_reads)
{
    static uint8_t data[2 * BACKEND_OUTPUT_MAX];

    host.held = true;
    fill(data, 0, sizeof(data));
    ck_assert_uint_eq(line->write(line, data, 10), 10);
    io_call(io, nothing, NULL); /* these are under way, and no longer in the queue */
    ck_assert_uint_eq(line->write(line, data + 10, 100), 100);
    ck_assert_uint_eq(line->write(line, data + 110, BACKEND_OUTPUT_MAX), BACKEND_OUTPUT_MAX - 100);
    ck_assert_uint_eq(line->write(line, data, 1), 0);
    io_call(io, let_go, backend);
    destroy_and_expect(10 + BACKEND_OUTPUT_MAX);
}
END_TEST

START_TEST(text_of_the_front_end_is_queued_without_a_bound)
{
    static uint8_t data[5 * BACKEND_OUTPUT_MAX];

    host.held = true;
    fill(data, 0, sizeof(data));
    for (size_t at = 0; at < sizeof(data); at += BACKEND_OUTPUT_MAX / 4) {
        backend_print(line, data + at, BACKEND_OUTPUT_MAX / 4);
        io_call(io, nothing, NULL);
    }
    ck_assert_uint_eq(line->write(line, data, 1), 0); /* a device waits until that is gone */
    io_call(io, let_go, backend);
    destroy_and_expect(sizeof(data));
}
END_TEST

START_TEST(the_end_waits_for_what_is_queued)
{
    uint8_t data[3000];

    fill(data, 0, sizeof(data));
    for (size_t at = 0; at < sizeof(data); at += 300)
        ck_assert_uint_eq(line->write(line, data + at, 300), 300);
    destroy_and_expect(sizeof(data));
    ck_assert_uint_eq(host.closes, 1);
}
END_TEST

START_TEST(the_end_gives_up_on_a_reader_that_has_stopped)
{
    struct timespec before, after;

    host.held = true;
    ck_assert_uint_eq(line->write(line, (const uint8_t *)"stuck", 5), 5);
    clock_gettime(CLOCK_MONOTONIC, &before);
    line->destroy(line);
    clock_gettime(CLOCK_MONOTONIC, &after);
    ck_assert_int_ge(after.tv_sec - before.tv_sec, 1); /* it had its time */
    ck_assert_uint_eq(host.size, 0);
    ck_assert_uint_eq(host.closes, 1);
    ck_assert_uint_eq(host.frees, 1);
}
END_TEST

START_TEST(input_is_fetched_only_when_the_device_has_taken_what_came_before)
{
    unsigned fetches;

    host.typed = "abc";
    connect_end(line); /* asks for input */
    io_call(io, nothing, NULL);
    fetches = host.fetches;
    ck_assert_uint_ge(fetches, 1);
    host.typed = "de";
    set_room(line, 2);
    expect_received("ab", 2, 0);
    io_call(io, nothing, NULL);
    ck_assert_uint_eq(host.fetches, fetches);
    set_room(line, 10);
    expect_received("abcde", 5, 0);
    disconnect(line);
    destroy_and_expect(0);
}
END_TEST

START_TEST(input_waits_for_a_client)
{
    host.typed = "kept";
    connect_end(line);
    io_call(io, nothing, NULL);
    disconnect(line);
    io_call(io, nothing, NULL);
    ck_assert_uint_eq(end->size, 0);
    connect_end(line);
    set_room(line, 10);
    expect_received("kept", 4, 0);
    disconnect(line);
    destroy_and_expect(0);
}
END_TEST

static void send_break(void *opaque)
{
    backend_break(opaque);
}

START_TEST(a_break_goes_to_the_client_and_to_nobody_without_one)
{
    io_call(io, send_break, backend);
    connect_end(line);
    io_call(io, send_break, backend);
    expect_received("", 0, 1);
    disconnect(line);
    io_call(io, send_break, backend);
    ck_assert_uint_eq(end->breaks, 1);
    destroy_and_expect(0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backend");
    TCase *tcase = tcase_create("backend");

    tcase_add_checked_fixture(tcase, setup, lines_teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_device_queues_at_most_64_kib_while_nobody_reads);
    tcase_add_test(tcase, text_of_the_front_end_is_queued_without_a_bound);
    tcase_add_test(tcase, the_end_waits_for_what_is_queued);
    tcase_add_test(tcase, the_end_gives_up_on_a_reader_that_has_stopped);
    tcase_add_test(tcase, input_is_fetched_only_when_the_device_has_taken_what_came_before);
    tcase_add_test(tcase, input_waits_for_a_client);
    tcase_add_test(tcase, a_break_goes_to_the_client_and_to_nobody_without_one);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
