/* What `-serial` and `-monitor` name: see chardevs.h. */
#include "frontend/chardevs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/chardev_open.h"
#include "frontend/keyval.h"

/* Spellings of QEMU's that ulna does not have. */
static const struct {
    const char *prefix, *why;
} refused[] = {
    {"vc", "the window has no text console; its keys go to the serial line as it is"},
    {"telnet:", "the telnet protocol is not spoken"},
    {"websocket:", "websockets are not spoken"},
    {"udp:", "a serial line needs a stream"},
    {"pipe:", "named pipes are not opened in pairs"},
    {"chardev:", "there is no -chardev"},
    {"fdset:", "file descriptors are not taken over"},
    {"/dev/", "serial ports of the host are not driven"},
    {"COM", "serial ports of the host are not driven"},
    {"con:", "there is no such console"},
    {"msmouse", "there is no serial mouse"},
    {"braille", "there is no braille display"},
    {"fakeconsole", "there is no such console"},
};

static bool copy(char *out, size_t size, const char *text, size_t length, struct err *err)
{
    if (length >= size)
        return err_usage(err, "'%.*s...' is too long", 40, text);
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

/* ",server,nowait" and the like, after a socket's or a file's name */
static bool parse_rest(struct chardev_spec *spec, const char *rest, struct err *err)
{
    struct keyvals keyvals;
    bool done = true;
    bool is_socket = spec->kind != CHARDEV_FILE, on;

    if (!*rest)
        return true;
    done = keyvals_parse(&keyvals, rest + 1, NULL, err);
    spec->wait = true;
    for (size_t i = 0; done && i < keyvals.count; i++) {
        const struct keyval *item = &keyvals.item[i];

        if (is_socket && !strcmp(item->key, "server"))
            done = keyval_bool(item, &spec->server, err);
        else if (is_socket && !strcmp(item->key, "wait"))
            done = keyval_bool(item, &spec->wait, err);
        else if (is_socket && !strcmp(item->key, "nowait") && !item->value)
            spec->wait = false;
        else if (spec->kind == CHARDEV_TCP && !strcmp(item->key, "nodelay"))
            done = keyval_bool(item, &on, err); /* always so */
        else if (spec->kind == CHARDEV_FILE && !strcmp(item->key, "append"))
            done = keyval_bool(item, &spec->append, err);
        else
            done = err_usage(err, "'%s' is not known; accepted %s", item->key,
                             is_socket ? "are server, nowait and nodelay" : "is append=on");
    }
    keyvals_free(&keyvals);
    return done;
}

static bool parse_tcp(struct chardev_spec *spec, const char *text, struct err *err)
{
    size_t size = strcspn(text, ",");
    const char *colon = memrchr(text, ':', size);
    size_t host = colon ? (size_t)(colon - text) : 0;

    spec->kind = CHARDEV_TCP;
    if (!colon || colon + 1 == text + size)
        return err_usage(err, "the port is missing; it is written tcp:HOST:PORT");
    if (host >= 2 && text[0] == '[' && text[host - 1] == ']') { /* [::1] */
        if (!copy(spec->path, sizeof(spec->path), text + 1, host - 2, err))
            return false;
    } else if (!copy(spec->path, sizeof(spec->path), text, host, err)) {
        return false;
    }
    return copy(spec->port, sizeof(spec->port), colon + 1, (size_t)(text + size - colon - 1),
                err) &&
           parse_rest(spec, text + size, err);
}

static bool parse_path(struct chardev_spec *spec, enum chardev_kind kind, const char *text,
                       struct err *err)
{
    size_t size = strcspn(text, ",");

    spec->kind = kind;
    if (!size)
        return err_usage(err, "the file's name is missing");
    return copy(spec->path, sizeof(spec->path), text, size, err) &&
           parse_rest(spec, text + size, err);
}

bool chardev_parse(const char *text, struct chardev_spec *spec, struct err *err)
{
    static const struct {
        const char *name;
        enum chardev_kind kind;
    } plain[] = {{"none", CHARDEV_NONE},
                 {"null", CHARDEV_NULL},
                 {"stdio", CHARDEV_STDIO},
                 {"pty", CHARDEV_PTY}};

    *spec = (struct chardev_spec){0};
    if (!strncmp(text, "mon:", 4)) {
        spec->monitor = true;
        text += 4;
    }
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (!strcmp(text, plain[i].name)) {
            spec->kind = plain[i].kind;
            if (spec->monitor && spec->kind <= CHARDEV_NULL)
                return err_usage(err, "a monitor cannot be reached there; accepted after mon: are "
                                      "stdio, pty, tcp: and unix:");
            return true;
        }
    if (!strncmp(text, "tcp:", 4))
        return parse_tcp(spec, text + 4, err);
    if (!strncmp(text, "unix:", 5))
        return parse_path(spec, CHARDEV_UNIX, text + 5, err);
    if (!strncmp(text, "file:", 5))
        return parse_path(spec, CHARDEV_FILE, text + 5, err);
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (!strncmp(text, refused[i].prefix, strlen(refused[i].prefix)))
            return err_usage(err, "%s; accepted are " CHARDEV_FORMS, refused[i].why);
    return err_usage(err, "no such place; accepted are " CHARDEV_FORMS);
}

/* --- null --- */

static size_t null_write(struct chardev *chardev, const uint8_t *data, size_t size)
{
    (void)chardev, (void)data;
    return size;
}

static void null_resume(struct chardev *chardev)
{
    (void)chardev;
}

static void null_connect(struct chardev *chardev, const struct chardev_client *client)
{
    (void)chardev, (void)client;
}

static void null_destroy(struct chardev *chardev)
{
    free(chardev);
}

static struct chardev *null_open(struct err *err)
{
    struct chardev *chardev = malloc(sizeof(*chardev));

    if (!chardev)
        err_set(err, "out of memory");
    else
        *chardev = (struct chardev){null_write, null_resume, null_connect, null_destroy};
    return chardev;
}

struct chardev *chardev_open(struct io *io, const struct chardev_spec *spec, bool signals,
                             const char *name, struct err *err)
{
    struct chardev *chardev = NULL;
    char pty[64];

    switch (spec->kind) {
    case CHARDEV_STDIO:
        chardev = chardev_stdio_open(io, signals, err);
        break;
    case CHARDEV_FILE:
        chardev = chardev_file_open(io, spec, err);
        break;
    case CHARDEV_PTY:
        chardev = chardev_pty_open(io, pty, sizeof(pty), err);
        if (chardev)
            fprintf(stderr, "ulna: %s is at %s\n", name, pty);
        break;
    case CHARDEV_TCP:
    case CHARDEV_UNIX:
        chardev = chardev_socket_open(io, spec, err);
        break;
    case CHARDEV_NONE:
    case CHARDEV_NULL:
        chardev = null_open(err);
        break;
    }
    if (!chardev)
        err_prefix(err, "%s", name);
    return chardev;
}
