/* The shared console: see mux.h. The keys after the escape key are those of QEMU's multiplexed
 * console. */
#include "frontend/mux.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "frontend/backend.h"

#define QUEUE_SIZE   (64 * KIB) /* typed ahead of a guest that does not read */
#define LINE_SIZE    512        /* of a monitor command */
#define STAMP_SIZE   16
#define PROMPT       "(ulna) "
#define PASTE_SINGLE 256 /* bytes handed to a client at once */

struct queue {
    uint8_t data[QUEUE_SIZE];
    size_t first, size;
};

struct mux {
    struct chardev serial; /* first: what the device sees */
    struct mux_config config;
    struct io *io;
    struct io_task pump_task;

    pthread_mutex_t lock;   /* queue, claimed */
    pthread_cond_t arrived; /* bytes in the queue, or the end of the input */
    struct queue queue;     /* for the serial line */
    bool claimed;           /* semihosting reads the queue, the serial line no longer */
    _Atomic uint64_t sent;
    pthread_mutex_t client_lock; /* held while the client is called */
    const struct chardev_client *client;
    struct chardev_client client_copy;

    /* the loop's thread only */
    bool escaped; /* the escape key was the last one */
    bool in_monitor;
    char line[LINE_SIZE];
    size_t line_size;

    pthread_mutex_t out_lock; /* stamps */
    bool stamps, line_start;
};

static size_t queue_put(struct mux *mux, const uint8_t *data, size_t size)
{
    struct queue *queue = &mux->queue;

    pthread_mutex_lock(&mux->lock);
    if (size > QUEUE_SIZE - queue->size)
        size = QUEUE_SIZE - queue->size;
    for (size_t i = 0; i < size; i++)
        queue->data[(queue->first + queue->size++) % QUEUE_SIZE] = data[i];
    pthread_cond_signal(&mux->arrived);
    pthread_mutex_unlock(&mux->lock);
    return size;
}

/* The lock is held. */
static size_t queue_take(struct queue *queue, uint8_t *data, size_t room)
{
    size_t size = 0;

    for (; size < room && queue->size; size++, queue->size--) {
        data[size] = queue->data[queue->first];
        queue->first = (queue->first + 1) % QUEUE_SIZE;
    }
    return size;
}

static size_t queue_room(struct mux *mux)
{
    size_t room;

    pthread_mutex_lock(&mux->lock);
    room = QUEUE_SIZE - mux->queue.size;
    pthread_mutex_unlock(&mux->lock);
    return room;
}

/* Hands the queue to the device as far as it has room. */
static void pump(void *opaque)
{
    struct mux *mux = opaque;
    uint8_t chunk[PASTE_SINGLE];
    size_t size, room;

    pthread_mutex_lock(&mux->client_lock);
    do {
        size = 0;
        room = mux->client ? mux->client->can_receive(mux->client->opaque) : 0;
        if (room > sizeof(chunk))
            room = sizeof(chunk);
        pthread_mutex_lock(&mux->lock);
        if (!mux->claimed)
            size = queue_take(&mux->queue, chunk, room);
        pthread_mutex_unlock(&mux->lock);
        if (size)
            mux->client->receive(mux->client->opaque, chunk, size);
    } while (size);
    pthread_mutex_unlock(&mux->client_lock);
    if (mux->config.back)
        mux->config.back->resume(mux->config.back);
}

/* --- the device's end --- */

static struct mux *mux_of(struct chardev *chardev)
{
    return (struct mux *)chardev;
}

/* With time stamps on: writes whole lines' starts, all or nothing of a stamp. */
static size_t write_stamped(struct mux *mux, const uint8_t *data, size_t size)
{
    size_t taken = 0;

    while (taken < size) {
        const uint8_t *end = memchr(data + taken, '\n', size - taken);
        size_t part = end ? (size_t)(end - data) + 1 - taken : size - taken;
        size_t sent;

        if (mux->line_start) {
            struct timespec now;
            struct tm tm;
            char stamp[STAMP_SIZE * 2];

            clock_gettime(CLOCK_REALTIME, &now);
            localtime_r(&now.tv_sec, &tm);
            strftime(stamp, sizeof(stamp), "[%H:%M:%S", &tm);
            snprintf(stamp + 9, sizeof(stamp) - 9, ".%03ld] ", now.tv_nsec / 1000000);
            backend_print(mux->config.back, stamp, strlen(stamp));
            mux->line_start = false;
        }
        sent = mux->config.back->write(mux->config.back, data + taken, part);
        taken += sent;
        if (sent < part)
            break;
        mux->line_start = end != NULL;
    }
    return taken;
}

static size_t serial_write(struct chardev *chardev, const uint8_t *data, size_t size)
{
    struct mux *mux = mux_of(chardev);

    if (mux->config.back)
        size = mux_write(mux, data, size);
    mux->sent += size;
    return size;
}

size_t mux_write(struct mux *mux, const void *bytes, size_t size)
{
    const uint8_t *data = bytes;

    if (!mux->config.back)
        return size;
    pthread_mutex_lock(&mux->out_lock);
    if (mux->stamps) {
        size = write_stamped(mux, data, size);
    } else {
        size = mux->config.back->write(mux->config.back, data, size);
        if (size)
            mux->line_start = data[size - 1] == '\n';
    }
    pthread_mutex_unlock(&mux->out_lock);
    return size;
}

static void serial_resume(struct chardev *chardev)
{
    struct mux *mux = mux_of(chardev);

    io_post(mux->io, &mux->pump_task);
}

static void serial_connect(struct chardev *chardev, const struct chardev_client *client)
{
    struct mux *mux = mux_of(chardev);

    pthread_mutex_lock(&mux->client_lock);
    if (client)
        mux->client_copy = *client;
    mux->client = client ? &mux->client_copy : NULL;
    pthread_mutex_unlock(&mux->client_lock);
    io_post(mux->io, &mux->pump_task);
}

static void serial_destroy(struct chardev *chardev)
{
    (void)chardev; /* mux_free */
}

/* --- the monitor's end --- */

void mux_print(struct mux *mux, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int size;

    if (!mux->config.back)
        return;
    va_start(args, format);
    size = vasprintf(&text, format, args);
    va_end(args);
    if (size < 0)
        return;
    for (char *at = text, *end; *at; at = end) { /* the terminal may be raw: lines end in CR LF */
        end = strchrnul(at, '\n');
        backend_print(mux->config.back, at, (size_t)(end - at));
        if (*end) {
            backend_print(mux->config.back, "\r\n", 2);
            end++;
        }
    }
    free(text);
}

static void monitor_key(struct mux *mux, uint8_t byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        mux_print(mux, "\n");
        mux->line[mux->line_size] = '\0';
        mux->line_size = 0;
        if (mux->config.command)
            mux->config.command(mux->config.opaque, mux, mux->line);
        if (mux->in_monitor)
            mux_print(mux, PROMPT);
        break;
    case 0x7f:
    case '\b':
        if (mux->line_size) {
            mux->line_size--;
            mux_print(mux, "\b \b");
        }
        break;
    case 0x15: /* Ctrl-U */
    case 0x03: /* Ctrl-C */
        mux->line_size = 0;
        mux_print(mux, "\n" PROMPT);
        break;
    default:
        if (byte >= ' ' && mux->line_size + 1 < LINE_SIZE) {
            mux->line[mux->line_size++] = (char)byte;
            mux_print(mux, "%c", byte);
        }
        break;
    }
}

static void switch_monitor(struct mux *mux)
{
    if (!mux->config.monitor) {
        mux_print(mux, "\nulna: there is no monitor here; -serial mon:... shares the line with "
                       "it\n");
        return;
    }
    mux->in_monitor = !mux->in_monitor;
    mux->line_size = 0;
    if (mux->in_monitor)
        mux_print(mux, "\nulna " ULNA_VERSION " monitor: 'help' lists the commands\n" PROMPT);
    else
        mux_print(mux, "\n");
}

/* --- the terminal's end --- */

/* "Ctrl-A" */
static void escape_name(const struct mux *mux, char *name, size_t size)
{
    snprintf(name, size, "Ctrl-%c", mux->config.escape | 0x40);
}

static void help(struct mux *mux)
{
    char key[16];

    escape_name(mux, key, sizeof(key));
    mux_print(mux,
              "\n%s h    this list\n%s x    end ulna\n%s t    time in front of each line, on or "
              "off\n%s b    send a break\n%s c    the monitor, and back\n%s %s    send %s\n",
              key, key, key, key, key, key, key, key);
}

static void command_key(struct mux *mux, uint8_t byte)
{
    switch (byte) {
    case 'h':
    case '?':
        help(mux);
        break;
    case 'x':
        if (mux->config.quit)
            mux->config.quit(mux->config.opaque);
        break;
    case 'c':
        switch_monitor(mux);
        break;
    case 's':
        mux_print(mux, "\nulna: there are no disks to commit\n");
        break;
    case 't':
        pthread_mutex_lock(&mux->out_lock);
        mux->stamps = !mux->stamps;
        pthread_mutex_unlock(&mux->out_lock);
        break;
    case 'b':
        pthread_mutex_lock(&mux->client_lock);
        if (mux->client && mux->client->break_received)
            mux->client->break_received(mux->client->opaque);
        pthread_mutex_unlock(&mux->client_lock);
        break;
    default:
        if (byte == mux->config.escape) {
            if (mux->in_monitor)
                monitor_key(mux, byte);
            else
                queue_put(mux, &byte, 1);
        }
        break;
    }
}

static size_t terminal_can_receive(void *opaque)
{
    struct mux *mux = opaque;

    return mux->in_monitor ? BACKEND_INPUT_MAX : queue_room(mux);
}

static void terminal_receive(void *opaque, const uint8_t *data, size_t size)
{
    struct mux *mux = opaque;

    for (size_t i = 0; i < size; i++) {
        if (mux->escaped) {
            mux->escaped = false;
            command_key(mux, data[i]);
        } else if (mux->config.escape && data[i] == mux->config.escape) {
            mux->escaped = true;
        } else if (mux->in_monitor) {
            monitor_key(mux, data[i]);
        } else {
            queue_put(mux, &data[i], 1); /* there is room: can_receive said so */
        }
    }
    io_post(mux->io, &mux->pump_task);
}

/* --- life --- */

struct mux *mux_new(struct io *io, const struct mux_config *config, struct err *err)
{
    struct mux *mux = calloc(1, sizeof(*mux));

    if (!mux) {
        err_set(err, "out of memory");
        return NULL;
    }
    mux->serial = (struct chardev){serial_write, serial_resume, serial_connect, serial_destroy};
    mux->config = *config;
    mux->io = io;
    mux->pump_task = (struct io_task){.run = pump, .opaque = mux};
    mux->line_start = true;
    mux->in_monitor = config->monitor_only;
    pthread_mutex_init(&mux->lock, NULL);
    pthread_cond_init(&mux->arrived, NULL);
    pthread_mutex_init(&mux->client_lock, NULL);
    pthread_mutex_init(&mux->out_lock, NULL);
    return mux;
}

void mux_start(struct mux *mux)
{
    const struct chardev_client client = {
        .can_receive = terminal_can_receive, .receive = terminal_receive, .opaque = mux};

    if (mux->in_monitor)
        mux_print(mux, "ulna " ULNA_VERSION " monitor: 'help' lists the commands\n" PROMPT);
    if (mux->config.back)
        mux->config.back->connect(mux->config.back, &client);
}

static void nothing(void *opaque)
{
    (void)opaque;
}

void mux_detach(struct mux *mux)
{
    if (mux->config.back)
        mux->config.back->connect(mux->config.back, NULL);
}

void mux_free(struct mux *mux)
{
    if (!mux)
        return;
    if (mux->config.back) {
        mux_detach(mux);
        io_call(mux->io, nothing, NULL); /* a pump that is still queued goes by first */
        mux->config.back->destroy(mux->config.back);
    } else {
        io_call(mux->io, nothing, NULL);
    }
    pthread_mutex_destroy(&mux->lock);
    pthread_cond_destroy(&mux->arrived);
    pthread_mutex_destroy(&mux->client_lock);
    pthread_mutex_destroy(&mux->out_lock);
    free(mux);
}

struct chardev *mux_serial(struct mux *mux)
{
    return &mux->serial;
}

size_t mux_type(struct mux *mux, const void *data, size_t size)
{
    size = queue_put(mux, data, size);
    io_post(mux->io, &mux->pump_task);
    return size;
}

size_t mux_type_room(struct mux *mux)
{
    return queue_room(mux);
}

int mux_read(struct mux *mux, void *data, size_t size, unsigned wait_ms)
{
    const struct backend *back = (const struct backend *)mux->config.back;
    struct timespec limit;
    size_t taken;

    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    limit.tv_sec += wait_ms / 1000 + limit.tv_nsec / 1000000000;
    limit.tv_nsec %= 1000000000;
    pthread_mutex_lock(&mux->lock);
    mux->claimed = true;
    while (!mux->queue.size && back && !back->input_ended &&
           pthread_cond_timedwait(&mux->arrived, &mux->lock, &limit) == 0)
        ;
    taken = queue_take(&mux->queue, data, size);
    pthread_mutex_unlock(&mux->lock);
    if (taken && mux->config.back)
        mux->config.back->resume(mux->config.back);
    return taken || !back || !back->input_ended ? (int)taken : -1;
}

uint64_t mux_sent(const struct mux *mux)
{
    return mux->sent;
}
