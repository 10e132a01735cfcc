/* Where an image comes from: a file of the host or a piece of ulna's own memory (the built-in
 * demo), read at any offset, so that nothing is read that cannot be placed. Offsets and sizes are
 * bytes. */
#ifndef ULNA_LOADER_SOURCE_H
#define ULNA_LOADER_SOURCE_H

#include "base/bits.h"
#include "base/err.h"

struct source {
    const char *name;    /* the path as the user wrote it; borrowed */
    int fd;              /* -1: `data` holds the bytes */
    const uint8_t *data; /* borrowed */
    uint64_t size;
};

/* Opens a regular file that is not empty. Here and below a message does not name the file: whoever
 * knows which option asked for it puts that in front (err_prefix). */
bool source_open_file(struct source *source, const char *path, struct err *err);
/* The same over memory that outlives the source. */
void source_open_memory(struct source *source, const char *name, const void *data, uint64_t size);
void source_close(struct source *source);

/* Reads exactly `size` bytes at `offset`; the caller has checked them against source->size, so what
 * fails is the host (an I/O error, a file that became shorter meanwhile). */
bool source_read(const struct source *source, uint64_t offset, void *data, uint64_t size,
                 struct err *err);

/* Decompresses the gzip members (RFC 1952) at [offset, offset+size) of the source into `data`, at
 * most `capacity` bytes. On success *produced is the decompressed size. Data after the last member
 * is ignored, as gzip does.
 *  - `head_only`: succeeds as soon as `capacity` bytes are there.
 *  - otherwise more than `capacity` bytes set *too_big and fail, without a message. */
bool source_gunzip(const struct source *source, uint64_t offset, uint64_t size, bool head_only,
                   void *data, uint64_t capacity, uint64_t *produced, bool *too_big,
                   struct err *err);

/* "1536 bytes", "64 KiB", "1.5 GiB": a size for a message, in `text`, which is returned. */
struct size_text {
    char text[32];
};
const char *size_format(struct size_text *text, uint64_t size);

#endif
