/* Back ends on file descriptors that may belong to others too (the terminal, pipes from a shell)
 * and so must stay in blocking mode: standard input and output, a file, a pseudo-terminal. Output
 * goes through libuv's file writes, one at a time; input is fetched by a thread of its own, which
 * reads only when the device has taken what came before. */
#include "frontend/chardev_open.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "frontend/backend.h"
#include "frontend/terminal.h"

#define RETRY_MS  10  /* after EAGAIN */
#define HANGUP_MS 100 /* between looks at a pseudo-terminal that nobody has open */

struct chardev_fd {
    struct backend backend;
    int in, out; /* -1: none */
    bool is_pty, is_terminal, owned;
    bool dead;        /* output cannot be written any more: what is left is dropped */
    const char *file; /* the file's name, borrowed; NULL: standard output */

    uv_fs_t write_request;
    uv_timer_t retry;
    const uint8_t *data; /* what send() was given and is not yet written */
    size_t left;
    bool in_flight, closing;

    pthread_t reader;
    bool has_reader;
    pthread_mutex_t lock; /* wanted, quit */
    pthread_cond_t changed;
    bool wanted, quit;
    int wake;      /* eventfd: quit */
    bool fetching; /* the loop's thread only: the reader was asked and has not answered */
    size_t fetched;
    struct io_task arrived;
};

static struct chardev_fd *fd_of(struct backend *backend)
{
    return (struct chardev_fd *)backend;
}

static void write_some(struct chardev_fd *self);

/* --- output --- */

static void done(struct chardev_fd *self)
{
    self->left = 0;
    backend_sent(&self->backend);
}

static void retry(uv_timer_t *timer)
{
    write_some(timer->data);
}

static void retry_gone(uv_handle_t *handle)
{
    struct chardev_fd *self = handle->data;

    backend_closed(&self->backend);
}

static void close_retry(struct chardev_fd *self)
{
    uv_close((uv_handle_t *)&self->retry, retry_gone);
}

/* A reader that has gone away knows what it misses; nobody but us sees that a disk is full. */
static void give_up(struct chardev_fd *self, int error)
{
    self->dead = !self->is_pty;
    if (self->is_pty || error == UV_EPIPE || error == UV_EIO)
        return;
    fprintf(stderr, "ulna: %s%s cannot be written: %s; the guest's further output is lost\n",
            self->file ? "file:" : "standard output", self->file ? self->file : "",
            strerror(-error));
}

static void written(uv_fs_t *request)
{
    struct chardev_fd *self = request->data;
    ssize_t result = request->result;

    uv_fs_req_cleanup(request);
    self->in_flight = false;
    if (self->closing) {
        close_retry(self);
        return;
    }
    if (result == UV_EAGAIN) {
        uv_timer_start(&self->retry, retry, RETRY_MS, 0);
        return;
    }
    if (result < 0) {
        give_up(self, (int)result);
        done(self);
        return;
    }
    self->data += result;
    self->left -= (size_t)result;
    if (self->left)
        write_some(self);
    else
        done(self);
}

static bool is_unplugged(const struct chardev_fd *self)
{
    struct pollfd poll_fd = {.fd = self->out, .events = POLLOUT};

    return self->is_pty && poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLHUP);
}

static void write_some(struct chardev_fd *self)
{
    uv_buf_t buffer;

    if (self->out < 0 || self->dead || self->backend.ended || is_unplugged(self)) {
        done(self);
        return;
    }
    buffer = uv_buf_init((char *)(uintptr_t)self->data, (unsigned)self->left);
    self->write_request.data = self;
    self->in_flight = true;
    if (uv_fs_write(io_loop(self->backend.io), &self->write_request, self->out, &buffer, 1, -1,
                    written) < 0) {
        self->in_flight = false;
        self->dead = true;
        done(self);
    }
}

static void fd_send(struct backend *backend, const uint8_t *data, size_t size)
{
    struct chardev_fd *self = fd_of(backend);

    self->data = data;
    self->left = size;
    write_some(self);
}

/* --- input --- */

/* Waits until bytes are wanted; false: the end. */
static bool wait_wanted(struct chardev_fd *self)
{
    bool quit;

    pthread_mutex_lock(&self->lock);
    while (!self->wanted && !self->quit)
        pthread_cond_wait(&self->changed, &self->lock);
    self->wanted = false;
    quit = self->quit;
    pthread_mutex_unlock(&self->lock);
    return !quit;
}

/* Reads at least a byte into the back end's buffer; 0 at the end. */
static size_t read_some(struct chardev_fd *self)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = self->in, .events = POLLIN},
                               {.fd = self->wake, .events = POLLIN}};
        ssize_t size;

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return 0;
        if (fds[1].revents)
            return 0;
        if (!fds[0].revents)
            continue;
        size = read(self->in, self->backend.in, BACKEND_INPUT_MAX);
        if (size > 0)
            return (size_t)size;
        if (size < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (!self->is_pty)
            return 0; /* end of the input: the guest runs on without */
        fds[1].revents = 0;
        if (poll(&fds[1], 1, HANGUP_MS) > 0)
            return 0;
    }
}

static void *read_loop(void *opaque)
{
    struct chardev_fd *self = opaque;

    while (wait_wanted(self)) {
        self->fetched = read_some(self);
        if (!self->fetched)
            break;
        io_post(self->backend.io, &self->arrived);
    }
    self->backend.input_ended = true;
    backend_kick(&self->backend);
    return NULL;
}

static void arrived(void *opaque)
{
    struct chardev_fd *self = opaque;

    self->fetching = false;
    if (!self->backend.ended)
        backend_fetched(&self->backend, self->fetched);
}

static void fd_fetch(struct backend *backend)
{
    struct chardev_fd *self = fd_of(backend);

    if (!self->has_reader || self->fetching)
        return;
    self->fetching = true;
    pthread_mutex_lock(&self->lock);
    self->wanted = true;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

/* --- end --- */

static void fd_close(struct backend *backend)
{
    struct chardev_fd *self = fd_of(backend);
    uint64_t one = 1;

    if (self->has_reader) {
        pthread_mutex_lock(&self->lock);
        self->quit = true;
        pthread_cond_signal(&self->changed);
        pthread_mutex_unlock(&self->lock);
        if (write(self->wake, &one, sizeof(one)) == sizeof(one))
            pthread_join(self->reader, NULL);
    }
    self->closing = true;
    if (self->in_flight)
        uv_cancel((uv_req_t *)&self->write_request); /* either way `written` follows */
    else
        close_retry(self);
}

static void fd_free(struct backend *backend)
{
    struct chardev_fd *self = fd_of(backend);

    if (self->is_terminal)
        terminal_restore();
    if (self->owned && self->in >= 0 && self->in != self->out)
        close(self->in);
    if (self->owned && self->out >= 0)
        close(self->out);
    close(self->wake);
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->changed);
    free(self);
}

static const struct backend_ops fd_ops = {
    .send = fd_send,
    .fetch = fd_fetch,
    .close = fd_close,
    .free = fd_free,
};

static void start(void *opaque)
{
    struct chardev_fd *self = opaque;

    uv_timer_init(io_loop(self->backend.io), &self->retry);
    self->retry.data = self;
}

struct chardev *chardev_fd_new(struct io *io, int in, int out, bool owned, struct err *err)
{
    struct chardev_fd *self = calloc(1, sizeof(*self));

    if (!self) {
        err_set(err, "out of memory");
        return NULL;
    }
    backend_init(&self->backend, &fd_ops, io);
    self->in = in;
    self->out = out;
    self->owned = owned;
    self->arrived = (struct io_task){.run = arrived, .opaque = self};
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->wake = eventfd(0, EFD_CLOEXEC);
    io_call(io, start, self);
    self->has_reader =
        in >= 0 && self->wake >= 0 && pthread_create(&self->reader, NULL, read_loop, self) == 0;
    return &self->backend.chardev;
}

struct chardev *chardev_stdio_open(struct io *io, bool signals, struct err *err)
{
    struct chardev *chardev;

    if (!terminal_raw(signals, err))
        return NULL;
    chardev = chardev_fd_new(io, STDIN_FILENO, STDOUT_FILENO, false, err);
    if (!chardev)
        terminal_restore();
    else
        fd_of((struct backend *)chardev)->is_terminal = true;
    return chardev;
}

struct chardev *chardev_file_open(struct io *io, const struct chardev_spec *spec, struct err *err)
{
    int fd = open(spec->path, O_WRONLY | O_CREAT | O_CLOEXEC | (spec->append ? O_APPEND : O_TRUNC),
                  0666);
    struct chardev *chardev;

    if (fd < 0) {
        err_set(err, "file:%s cannot be written: %s", spec->path, strerror(errno));
        return NULL;
    }
    chardev = chardev_fd_new(io, -1, fd, true, err);
    if (!chardev)
        close(fd);
    else
        fd_of((struct backend *)chardev)->file = spec->path;
    return chardev;
}

struct chardev *chardev_pty_open(struct io *io, char *name, size_t size, struct err *err)
{
    struct termios mode;
    struct chardev *chardev;
    int master, slave;

    if (openpty(&master, &slave, NULL, NULL, NULL) < 0) {
        err_set(err, "no pseudo-terminal: %s", strerror(errno));
        return NULL;
    }
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    if (ttyname_r(slave, name, size) != 0)
        *name = '\0';
    close(slave); /* from now on the master says "hung up" until somebody opens it */
    fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    chardev = chardev_fd_new(io, master, master, true, err);
    if (!chardev)
        close(master);
    else
        fd_of((struct backend *)chardev)->is_pty = true;
    return chardev;
}
