/* The two ends of a serial line: a device that records what it gets, and a reader of what was sent.
 * Each test program that includes it is a single file, so everything is static. */
#ifndef ULNA_TESTS_UNIT_LINES_H
#define ULNA_TESTS_UNIT_LINES_H

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "devices/chardev.h"
#include "frontend/io.h"

/* A device that records what it gets and has room for `room` more bytes. */
struct device_end {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t room, size;
    unsigned breaks;
    uint8_t data[256 * 1024];
};

static inline size_t can_receive(void *opaque)
{
    struct device_end *end = opaque;
    size_t room;

    pthread_mutex_lock(&end->lock);
    room = end->room;
    pthread_mutex_unlock(&end->lock);
    return room;
}

static inline void receive(void *opaque, const uint8_t *data, size_t size)
{
    struct device_end *end = opaque;

    pthread_mutex_lock(&end->lock);
    ck_assert_uint_le(size, end->room);
    ck_assert_uint_le(end->size + size, sizeof(end->data));
    memcpy(end->data + end->size, data, size);
    end->size += size;
    end->room -= size;
    pthread_cond_broadcast(&end->changed);
    pthread_mutex_unlock(&end->lock);
}

static inline void break_received(void *opaque)
{
    struct device_end *end = opaque;

    pthread_mutex_lock(&end->lock);
    end->breaks++;
    pthread_cond_broadcast(&end->changed);
    pthread_mutex_unlock(&end->lock);
}

static struct io *io;
static struct device_end *end;
static struct err err;

static inline void lines_setup(void)
{
    io = io_new(&err);
    ck_assert_ptr_nonnull(io);
    end = calloc(1, sizeof(*end));
    pthread_mutex_init(&end->lock, NULL);
    pthread_cond_init(&end->changed, NULL);
}

static inline void lines_teardown(void)
{
    io_free(io);
    free(end);
}

static inline void connect_end(struct chardev *chardev)
{
    const struct chardev_client client = {can_receive, receive, break_received, end};

    chardev->connect(chardev, &client);
}

static inline void disconnect(struct chardev *chardev)
{
    chardev->connect(chardev, NULL);
}

static inline void set_room(struct chardev *chardev, size_t room)
{
    pthread_mutex_lock(&end->lock);
    end->room = room;
    pthread_mutex_unlock(&end->lock);
    chardev->resume(chardev);
}

/* Waits (at most 10 s) until the device has `size` bytes and `breaks` breaks. */
static inline void expect_received(const char *text, size_t size, unsigned breaks)
{
    struct timespec limit;

    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 10;
    pthread_mutex_lock(&end->lock);
    while ((end->size < size || end->breaks < breaks) &&
           pthread_cond_timedwait(&end->changed, &end->lock, &limit) == 0)
        ;
    ck_assert_uint_eq(end->size, size);
    ck_assert_uint_eq(end->breaks, breaks);
    ck_assert(memcmp(end->data, text, size) == 0);
    pthread_mutex_unlock(&end->lock);
}

/* Reads from fd until `word` has come (at most 10 s); true when it has. */
static inline bool read_until(int fd, const char *word, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    while (!strstr(text, word) && used + 1 < size) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        ssize_t got;

        if (poll(&poll_fd, 1, 10000) <= 0)
            return false;
        got = read(fd, text + used, size - 1 - used);
        if (got <= 0)
            return false;
        used += (size_t)got;
        text[used] = '\0';
    }
    return strstr(text, word) != NULL;
}

static inline void send_text(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

#endif
