/* The libuv loop on a thread of its own: see io.h. */
#include "frontend/io.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct io {
    uv_loop_t loop;
    uv_async_t wake;
    pthread_t thread;
    pthread_mutex_t lock; /* the queue */
    struct io_task *first, **last;
    bool stop;
};

struct call {
    struct io_task task;
    void (*run)(void *opaque);
    void *opaque;
    uv_sem_t done;
};

static void run_tasks(uv_async_t *wake)
{
    struct io *io = wake->data;

    for (;;) {
        struct io_task *task;
        bool stop;

        pthread_mutex_lock(&io->lock);
        task = io->first;
        stop = io->stop;
        if (task) {
            io->first = task->next;
            if (!io->first)
                io->last = &io->first;
            task->queued = false;
        }
        pthread_mutex_unlock(&io->lock);
        if (!task) {
            if (stop && !uv_is_closing((uv_handle_t *)wake))
                uv_close((uv_handle_t *)wake, NULL);
            return;
        }
        task->run(task->opaque);
    }
}

static void *run_loop(void *opaque)
{
    struct io *io = opaque;

    uv_run(&io->loop, UV_RUN_DEFAULT);
    return NULL;
}

struct io *io_new(struct err *err)
{
    struct io *io = calloc(1, sizeof(*io));
    int status;

    if (!io) {
        err_set(err, "out of memory");
        return NULL;
    }
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error code here, not the end */
    io->last = &io->first;
    pthread_mutex_init(&io->lock, NULL);
    status = uv_loop_init(&io->loop);
    if (!status) {
        status = uv_async_init(&io->loop, &io->wake, run_tasks);
        io->wake.data = io;
        if (!status)
            status = -pthread_create(&io->thread, NULL, run_loop, io);
    }
    if (!status)
        return io;
    err_set(err, "cannot start the input/output thread: %s", uv_strerror(status));
    free(io);
    return NULL;
}

void io_free(struct io *io)
{
    struct timespec deadline;

    if (!io)
        return;
    pthread_mutex_lock(&io->lock);
    io->stop = true;
    pthread_mutex_unlock(&io->lock);
    uv_async_send(&io->wake);
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 3;
    if (pthread_timedjoin_np(io->thread, NULL, &deadline) != 0)
        return;
    uv_loop_close(&io->loop);
    pthread_mutex_destroy(&io->lock);
    free(io);
}

void io_post(struct io *io, struct io_task *task)
{
    bool wake;

    pthread_mutex_lock(&io->lock);
    wake = !task->queued;
    if (wake) {
        task->queued = true;
        task->next = NULL;
        *io->last = task;
        io->last = &task->next;
    }
    pthread_mutex_unlock(&io->lock);
    if (wake)
        uv_async_send(&io->wake);
}

static void run_call(void *opaque)
{
    struct call *call = opaque;

    call->run(call->opaque);
    uv_sem_post(&call->done);
}

void io_call(struct io *io, void (*run)(void *opaque), void *opaque)
{
    struct call call = {.run = run, .opaque = opaque};

    if (io_is_here(io)) {
        run(opaque);
        return;
    }
    call.task = (struct io_task){.run = run_call, .opaque = &call};
    uv_sem_init(&call.done, 0);
    io_post(io, &call.task);
    uv_sem_wait(&call.done);
    uv_sem_destroy(&call.done);
}

uv_loop_t *io_loop(struct io *io)
{
    return &io->loop;
}

bool io_is_here(const struct io *io)
{
    return pthread_equal(pthread_self(), io->thread);
}
