/* The host's side of a serial line: what `-serial` and `-monitor` name, and its back ends on a
 * libuv loop. */
#ifndef ULNA_FRONTEND_CHARDEVS_H
#define ULNA_FRONTEND_CHARDEVS_H

#include "base/bits.h"
#include "base/err.h"
#include "devices/chardev.h"

struct io;

enum chardev_kind {
    CHARDEV_NONE, /* nothing is connected */
    CHARDEV_NULL, /* output vanishes, no input */
    CHARDEV_STDIO,
    CHARDEV_FILE,
    CHARDEV_PTY,
    CHARDEV_TCP,
    CHARDEV_UNIX,
};

#define CHARDEV_FORMS                                                                              \
    "stdio, file:FILE, pty, tcp:HOST:PORT[,server], unix:PATH[,server], null, none"

struct chardev_spec {
    enum chardev_kind kind;
    bool monitor;   /* "mon:": shared with the monitor behind the escape key */
    char path[256]; /* FILE: the file; UNIX: the socket; TCP: the host, "" for any */
    char port[32];  /* TCP: port number or service name */
    bool server, wait, append;
};

/* Parses QEMU's spelling, e.g. "mon:stdio" or "tcp::4444,server,nowait". */
bool chardev_parse(const char *text, struct chardev_spec *spec, struct err *err) must_check;

/* Opens a back end (not CHARDEV_NONE). `name` is what messages call it; `spec` outlives it. A
 * terminal is put into raw mode; `signals` says whether Ctrl-C and Ctrl-Z keep their meaning for
 * ulna. Its `destroy` sends what is queued first. NULL on error. */
struct chardev *chardev_open(struct io *io, const struct chardev_spec *spec, bool signals,
                             const char *name, struct err *err);

#endif
