/* Queues between a device and a back end: see backend.h. */
#include "frontend/backend.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FLUSH_MS 2000 /* how long the end waits for a reader that has stopped reading */

static struct backend *backend_of(struct chardev *chardev)
{
    return (struct backend *)chardev;
}

void backend_kick(struct backend *backend)
{
    io_post(backend->io, &backend->kick);
}

/* Appends to `fill`; false when out of memory. The lock is held. */
static bool append(struct buffer *buffer, const void *data, size_t size)
{
    if (buffer->size + size > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : 4096;
        uint8_t *grown;

        while (capacity < buffer->size + size)
            capacity *= 2;
        grown = realloc(buffer->data, capacity);
        if (!grown)
            return false;
        buffer->data = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return true;
}

static size_t backend_write(struct chardev *chardev, const uint8_t *data, size_t size)
{
    struct backend *backend = backend_of(chardev);
    bool first;

    pthread_mutex_lock(&backend->lock);
    if (backend->fill.size >= BACKEND_OUTPUT_MAX)
        size = 0;
    else if (size > BACKEND_OUTPUT_MAX - backend->fill.size)
        size = BACKEND_OUTPUT_MAX - backend->fill.size;
    first = !backend->fill.size && !backend->sending;
    if (size && !append(&backend->fill, data, size))
        size = 0;
    pthread_mutex_unlock(&backend->lock);
    if (first && size)
        backend_kick(backend);
    return size;
}

void backend_print(struct chardev *chardev, const void *data, size_t size)
{
    struct backend *backend = backend_of(chardev);

    if (!size)
        return;
    pthread_mutex_lock(&backend->lock);
    append(&backend->fill, data, size); /* out of memory: the text is lost */
    pthread_mutex_unlock(&backend->lock);
    backend_kick(backend);
}

static void backend_resume(struct chardev *chardev)
{
    backend_kick(backend_of(chardev));
}

static void backend_connect(struct chardev *chardev, const struct chardev_client *client)
{
    struct backend *backend = backend_of(chardev);

    pthread_mutex_lock(&backend->client_lock);
    if (client)
        backend->client_copy = *client;
    backend->client = client ? &backend->client_copy : NULL;
    pthread_mutex_unlock(&backend->client_lock);
    backend_kick(backend);
}

/* Gives the client what it has room for; asks for more when all is gone. */
static void deliver(struct backend *backend)
{
    while (backend->in_size) {
        size_t room = 0;

        pthread_mutex_lock(&backend->client_lock);
        if (backend->client)
            room = backend->client->can_receive(backend->client->opaque);
        if (room > backend->in_size)
            room = backend->in_size;
        if (room)
            backend->client->receive(backend->client->opaque, backend->in + backend->in_first,
                                     room);
        pthread_mutex_unlock(&backend->client_lock);
        if (!room)
            return;
        backend->in_first += room;
        backend->in_size -= room;
    }
    backend->in_first = 0;
    backend->ops->fetch(backend);
}

static void transmit(struct backend *backend)
{
    struct buffer old;

    pthread_mutex_lock(&backend->lock);
    if (backend->sending || !backend->fill.size) {
        pthread_mutex_unlock(&backend->lock);
        return;
    }
    old = backend->transit;
    backend->transit = backend->fill;
    backend->fill = old;
    backend->fill.size = 0;
    backend->sending = true;
    pthread_mutex_unlock(&backend->lock);
    backend->ops->send(backend, backend->transit.data, backend->transit.size);
}

static void deadline_gone(uv_handle_t *handle)
{
    struct backend *backend = handle->data;

    backend->ops->close(backend);
}

static void finish(struct backend *backend)
{
    backend->ended = true;
    if (backend->deadline_open) {
        backend->deadline_open = false;
        uv_close((uv_handle_t *)&backend->deadline, deadline_gone);
    }
}

static void deadline_passed(uv_timer_t *timer)
{
    finish(timer->data);
}

static void kicked(void *opaque)
{
    struct backend *backend = opaque;
    bool closing, idle;

    if (backend->ended)
        return;
    transmit(backend);
    pthread_mutex_lock(&backend->lock);
    closing = backend->closing;
    idle = !backend->sending && !backend->fill.size;
    pthread_mutex_unlock(&backend->lock);
    if (closing && idle)
        finish(backend);
    else if (!closing)
        deliver(backend);
}

void backend_sent(struct backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    backend->sending = false;
    pthread_mutex_unlock(&backend->lock);
    backend_kick(backend);
}

void backend_fetched(struct backend *backend, size_t size)
{
    backend->in_first = 0;
    backend->in_size = size;
    backend_kick(backend);
}

void backend_break(struct backend *backend)
{
    pthread_mutex_lock(&backend->client_lock);
    if (backend->client && backend->client->break_received)
        backend->client->break_received(backend->client->opaque);
    pthread_mutex_unlock(&backend->client_lock);
}

void backend_closed(struct backend *backend)
{
    pthread_mutex_lock(&backend->lock);
    backend->closed = true;
    pthread_cond_broadcast(&backend->changed);
    pthread_mutex_unlock(&backend->lock);
}

static void nothing(void *opaque)
{
    (void)opaque;
}

static void begin_closing(void *opaque)
{
    struct backend *backend = opaque;

    pthread_mutex_lock(&backend->lock);
    backend->closing = true;
    pthread_mutex_unlock(&backend->lock);
    uv_timer_init(io_loop(backend->io), &backend->deadline);
    backend->deadline.data = backend;
    backend->deadline_open = true;
    uv_timer_start(&backend->deadline, deadline_passed, FLUSH_MS, 0);
    kicked(backend);
}

static void backend_destroy(struct chardev *chardev)
{
    struct backend *backend = backend_of(chardev);
    struct timespec limit;
    bool closed;

    io_call(backend->io, begin_closing, backend);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1 + FLUSH_MS / 1000;
    pthread_mutex_lock(&backend->lock);
    while (!backend->closed &&
           pthread_cond_timedwait(&backend->changed, &backend->lock, &limit) == 0)
        ;
    closed = backend->closed;
    pthread_mutex_unlock(&backend->lock);
    if (!closed)
        return; /* a write the host never finished still holds it: left to the end of the process */
    io_call(backend->io, nothing, NULL); /* lets a kick that is still queued go by */
    backend_fini(backend);
    backend->ops->free(backend);
}

void backend_init(struct backend *backend, const struct backend_ops *ops, struct io *io)
{
    backend->chardev = (struct chardev){
        .write = backend_write,
        .resume = backend_resume,
        .connect = backend_connect,
        .destroy = backend_destroy,
    };
    backend->ops = ops;
    backend->io = io;
    backend->kick = (struct io_task){.run = kicked, .opaque = backend};
    pthread_mutex_init(&backend->lock, NULL);
    pthread_mutex_init(&backend->client_lock, NULL);
    pthread_cond_init(&backend->changed, NULL);
}

void backend_fini(struct backend *backend)
{
    free(backend->fill.data);
    free(backend->transit.data);
    pthread_mutex_destroy(&backend->lock);
    pthread_mutex_destroy(&backend->client_lock);
    pthread_cond_destroy(&backend->changed);
}
