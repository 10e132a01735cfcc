/* Host and user errors: a message for a person, carried back to main.c, which alone prints and
 * exits. A message says what was asked, why it cannot be, and what is allowed. */
#ifndef ULNA_BASE_ERR_H
#define ULNA_BASE_ERR_H

#include <stdbool.h>

struct err {
    char text[1024];
    bool usage; /* the command line itself is wrong: main.c exits with 2, otherwise with 1 */
};

/* Formats the message; always returns false, so that a failing function can end with `return
 * err_set(...)`. */
bool err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a mistake on the command line (exit code 2). */
bool err_usage(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before the message that is already there; returns false. */
bool err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
