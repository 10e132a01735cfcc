/* Back ends on TCP and UNIX sockets, as client or as server of one connection at a time. While
 * nobody is connected, output is dropped, as from a cable that is not plugged in. */
#include "frontend/chardev_open.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "frontend/backend.h"

union stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

struct chardev_socket {
    struct backend backend;
    bool is_unix, reading;
    char path[sizeof(
        ((struct chardev_spec *)0)->path)]; /* a server's UNIX socket, removed at the end */
    int listen_fd, peer_fd;                 /* until start() gives them to libuv */
    union stream listener, peer;
    bool has_listener, has_peer;
    uv_write_t request;
    bool in_flight;
    unsigned open_handles;
    bool closing;
};

static struct chardev_socket *socket_of(struct backend *backend)
{
    return (struct chardev_socket *)backend;
}

static void handle_gone(uv_handle_t *handle)
{
    struct chardev_socket *self = handle->data;

    if (handle == &self->peer.handle)
        self->has_peer = false;
    if (--self->open_handles == 0 && self->closing)
        backend_closed(&self->backend);
}

static void hang_up(struct chardev_socket *self)
{
    self->reading = false;
    if (self->has_peer && !uv_is_closing(&self->peer.handle))
        uv_close(&self->peer.handle, handle_gone);
}

/* --- data --- */

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct chardev_socket *self = handle->data;

    (void)suggested;
    *buffer = uv_buf_init((char *)self->backend.in, BACKEND_INPUT_MAX);
}

static void arrived(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct chardev_socket *self = stream->data;

    (void)buffer;
    if (size == 0)
        return;
    uv_read_stop(stream);
    self->reading = false;
    if (size < 0)
        hang_up(self);
    else
        backend_fetched(&self->backend, (size_t)size);
}

static void socket_fetch(struct backend *backend)
{
    struct chardev_socket *self = socket_of(backend);

    if (!self->has_peer || self->reading || uv_is_closing(&self->peer.handle))
        return;
    self->reading = uv_read_start(&self->peer.stream, allocate, arrived) == 0;
}

static void written(uv_write_t *request, int status)
{
    struct chardev_socket *self = request->data;

    self->in_flight = false;
    if (status < 0)
        hang_up(self);
    backend_sent(&self->backend);
}

static void socket_send(struct backend *backend, const uint8_t *data, size_t size)
{
    struct chardev_socket *self = socket_of(backend);
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)data, (unsigned)size);

    self->request.data = self;
    if (self->has_peer && !uv_is_closing(&self->peer.handle) &&
        uv_write(&self->request, &self->peer.stream, &buffer, 1, written) == 0)
        self->in_flight = true;
    else
        backend_sent(backend);
}

/* --- connections --- */

static void init_stream(struct chardev_socket *self, union stream *stream)
{
    if (self->is_unix)
        uv_pipe_init(io_loop(self->backend.io), &stream->pipe, 0);
    else
        uv_tcp_init(io_loop(self->backend.io), &stream->tcp);
    stream->handle.data = self;
    self->open_handles++;
}

static bool adopt(struct chardev_socket *self, union stream *stream, int fd)
{
    init_stream(self, stream);
    return (self->is_unix ? uv_pipe_open(&stream->pipe, fd) : uv_tcp_open(&stream->tcp, fd)) == 0;
}

static void peer_ready(struct chardev_socket *self)
{
    if (!self->is_unix)
        uv_tcp_nodelay(&self->peer.tcp, 1);
    backend_kick(&self->backend);
}

static void visitor_gone(uv_handle_t *handle)
{
    struct chardev_socket *self = handle->data;

    free(handle);
    if (--self->open_handles == 0 && self->closing)
        backend_closed(&self->backend);
}

static void visitor(uv_stream_t *listener, int status)
{
    struct chardev_socket *self = listener->data;
    union stream *extra;

    if (status < 0)
        return;
    if (!self->has_peer) {
        init_stream(self, &self->peer);
        self->has_peer = true;
        if (uv_accept(listener, &self->peer.stream) == 0)
            peer_ready(self);
        else
            hang_up(self);
        return;
    }
    extra = calloc(1, sizeof(*extra)); /* the line is taken */
    if (!extra)
        return;
    init_stream(self, extra);
    uv_accept(listener, &extra->stream);
    uv_close(&extra->handle, visitor_gone);
}

static void start(void *opaque)
{
    struct chardev_socket *self = opaque;

    if (self->listen_fd >= 0) {
        self->has_listener = adopt(self, &self->listener, self->listen_fd);
        uv_listen(&self->listener.stream, 4, visitor);
    }
    if (self->peer_fd >= 0) {
        self->has_peer = adopt(self, &self->peer, self->peer_fd);
        peer_ready(self);
    }
}

static void socket_close(struct backend *backend)
{
    struct chardev_socket *self = socket_of(backend);

    self->closing = true;
    if (self->listen_fd >= 0)
        uv_close(&self->listener.handle, handle_gone);
    hang_up(self);
    if (self->open_handles == 0)
        backend_closed(backend);
}

static void socket_free(struct backend *backend)
{
    struct chardev_socket *self = socket_of(backend);

    if (self->path[0])
        unlink(self->path);
    free(self);
}

static const struct backend_ops socket_ops = {
    .send = socket_send,
    .fetch = socket_fetch,
    .close = socket_close,
    .free = socket_free,
};

/* --- opening, done at once so that mistakes are told at the start --- */

static int use_address(const struct sockaddr *address, socklen_t size, int family, bool server)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1, error;

    if (fd < 0)
        return -1;
    if (server && family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (server ? bind(fd, address, size) == 0 && listen(fd, 4) == 0
               : connect(fd, address, size) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int open_tcp(const struct chardev_spec *spec, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = spec->server ? AI_PASSIVE : 0};
    struct addrinfo *list;
    const char *host = spec->path[0] ? spec->path : spec->server ? NULL : "localhost";
    int status, fd = -1;

    /* getaddrinfo() would take 99999 modulo 65536 */
    if (strspn(spec->port, "0123456789") == strlen(spec->port) &&
        (strlen(spec->port) > 5 || atol(spec->port) < 1 || atol(spec->port) > 65535)) {
        err_set(err, "tcp:%s:%s: a port is a number from 1 to 65535", spec->path, spec->port);
        return -1;
    }
    status = getaddrinfo(host, spec->port, &hints, &list);
    if (status != 0) {
        err_set(err, "tcp:%s:%s cannot be found: %s", spec->path, spec->port, gai_strerror(status));
        return -1;
    }
    for (struct addrinfo *item = list; item && fd < 0; item = item->ai_next)
        fd = use_address(item->ai_addr, item->ai_addrlen, item->ai_family, spec->server);
    if (fd < 0)
        err_set(err, "tcp:%s:%s: %s: %s", spec->path, spec->port,
                spec->server ? "cannot listen" : "cannot connect", strerror(errno));
    freeaddrinfo(list);
    return fd;
}

static int open_unix(const struct chardev_spec *spec, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(spec->path) >= sizeof(address.sun_path)) {
        err_set(err, "unix:%s: the path of a socket has at most %zu letters", spec->path,
                sizeof(address.sun_path) - 1);
        return -1;
    }
    strcpy(address.sun_path, spec->path);
    fd = use_address((struct sockaddr *)&address, sizeof(address), AF_UNIX, spec->server);
    if (fd < 0)
        err_set(err, "unix:%s: %s: %s", spec->path,
                spec->server ? "cannot listen" : "cannot connect", strerror(errno));
    return fd;
}

struct chardev *chardev_socket_open(struct io *io, const struct chardev_spec *spec, struct err *err)
{
    struct chardev_socket *self = calloc(1, sizeof(*self));
    int fd;

    if (!self) {
        err_set(err, "out of memory");
        return NULL;
    }
    self->is_unix = spec->kind == CHARDEV_UNIX;
    self->listen_fd = self->peer_fd = -1;
    fd = self->is_unix ? open_unix(spec, err) : open_tcp(spec, err);
    if (fd < 0) {
        free(self);
        return NULL;
    }
    if (!spec->server) {
        self->peer_fd = fd;
    } else {
        self->listen_fd = fd;
        if (self->is_unix)
            strcpy(self->path, spec->path);
        if (spec->wait) {
            fprintf(stderr, "ulna: waiting for a connection on %s:%s%s%s\n",
                    self->is_unix ? "unix" : "tcp", spec->path, self->is_unix ? "" : ":",
                    spec->port);
            do
                self->peer_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
            while (self->peer_fd < 0 && errno == EINTR);
        }
    }
    backend_init(&self->backend, &socket_ops, io);
    io_call(io, start, self);
    return &self->backend.chardev;
}
