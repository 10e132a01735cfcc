/* Error messages: see err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    err->usage = false;
    return false;
}

bool err_usage(struct err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    err->usage = true;
    return false;
}

/* Adds as much of `more` as fits. */
static void append(struct err *err, const char *more)
{
    size_t used = strlen(err->text), length = strlen(more), room = sizeof(err->text) - 1 - used;

    if (length > room)
        length = room;
    memcpy(err->text + used, more, length);
    err->text[used + length] = 0;
}

bool err_prefix(struct err *err, const char *format, ...)
{
    char old[sizeof(err->text)];
    va_list args;
    int used;

    memcpy(old, err->text, sizeof(old));
    va_start(args, format);
    used = vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    if (used < 0)
        err->text[0] = 0;
    append(err, ": ");
    append(err, old);
    return false;
}
