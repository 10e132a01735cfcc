/* Constructors of the back ends, for chardevs.c. Each returns NULL on error. */
#ifndef ULNA_FRONTEND_CHARDEV_OPEN_H
#define ULNA_FRONTEND_CHARDEV_OPEN_H

#include "frontend/chardevs.h"

/* Reads from `in`, writes to `out`, -1 for none; closes them at the end when `owned`. */
struct chardev *chardev_fd_new(struct io *io, int in, int out, bool owned, struct err *err);
struct chardev *chardev_stdio_open(struct io *io, bool signals, struct err *err);
struct chardev *chardev_file_open(struct io *io, const struct chardev_spec *spec, struct err *err);
/* `name` becomes the path that a terminal program opens. */
struct chardev *chardev_pty_open(struct io *io, char *name, size_t size, struct err *err);
/* TCP and UNIX sockets. A server with `wait` returns when somebody has connected. */
struct chardev *chardev_socket_open(struct io *io, const struct chardev_spec *spec,
                                    struct err *err);

#endif
