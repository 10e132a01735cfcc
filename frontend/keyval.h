/* Sub-options as QEMU spells them: "virt,fb=off,gic-version=2". A doubled comma stands for one
 * comma in a value. */
#ifndef ULNA_FRONTEND_KEYVAL_H
#define ULNA_FRONTEND_KEYVAL_H

#include "base/bits.h"
#include "base/err.h"

#define KEYVAL_MAX 32

struct keyval {
    const char *key;
    const char *value; /* NULL: the key stood alone */
};

struct keyvals {
    char *text; /* what the items point into */
    size_t count;
    struct keyval item[KEYVAL_MAX];
};

/* Splits `text`. When `first_key` is not NULL, a first item without "=" is the value of that key.
 * Free with keyvals_free, also after a failure. */
bool keyvals_parse(struct keyvals *keyvals, const char *text, const char *first_key,
                   struct err *err) must_check;
void keyvals_free(struct keyvals *keyvals);

/* on, yes, true, y, or the key alone; off, no, false, n. */
bool keyval_bool(const struct keyval *item, bool *value, struct err *err) must_check;
/* A value that is there and not empty. */
bool keyval_string(const struct keyval *item, const char **value, struct err *err) must_check;

/* A size in bytes: a number (decimal, with a fraction when a suffix follows, or 0x...) and a suffix
 * B, K, M, G or T of either case; without a suffix it counts `unit` bytes. */
bool size_parse(const char *text, uint64_t unit, uint64_t *size, struct err *err) must_check;
/* An unsigned number in C's notation, at most `max`. */
bool number_parse(const char *text, uint64_t max, uint64_t *number, struct err *err) must_check;

#endif
