/* Reading images: see source.h. gzip is RFC 1952, undone by zlib. */
#include "loader/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* More than this in one read() is cut short by the kernel anyway. */
#define READ_MAX    (1024 * MIB)
#define GZIP_BUFFER (64 * KIB)

bool source_open_file(struct source *source, const char *path, struct err *err)
{
    struct stat status;
    /* O_NONBLOCK: opening a FIFO must not wait for its writer before it can be refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return err_set(err, "cannot open the file: %s", strerror(errno));
    if (fstat(fd, &status) != 0) {
        err_set(err, "cannot look at the file: %s", strerror(errno));
        close(fd);
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        err_set(err, "is %s; give a regular file",
                S_ISDIR(status.st_mode) ? "a directory" : "a device, pipe or socket");
        close(fd);
        return false;
    }
    if (status.st_size == 0) {
        err_set(err, "the file is empty (0 bytes), so there is nothing to load");
        close(fd);
        return false;
    }
    *source = (struct source){.name = path, .fd = fd, .size = (uint64_t)status.st_size};
    return true;
}

void source_open_memory(struct source *source, const char *name, const void *data, uint64_t size)
{
    *source = (struct source){.name = name, .fd = -1, .data = data, .size = size};
}

void source_close(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
    source->data = NULL;
    source->size = 0;
}

bool source_read(const struct source *source, uint64_t offset, void *data, uint64_t size,
                 struct err *err)
{
    uint8_t *to = data;

    if (offset > source->size || size > source->size - offset)
        return err_set(err, "the file is truncated: it has %llu bytes where %llu are needed",
                       (unsigned long long)source->size, (unsigned long long)(offset + size));
    if (source->fd < 0) {
        memcpy(to, source->data + offset, size);
        return true;
    }
    while (size) {
        ssize_t got = pread(source->fd, to, size < READ_MAX ? size : READ_MAX, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(err, "cannot read the file: %s", strerror(errno));
        if (got == 0)
            return err_set(err, "the file became shorter while it was read");
        to += got;
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return true;
}

/* The compressed bytes of one call of source_gunzip, a buffer at a time. */
struct gzip_input {
    const struct source *source;
    uint64_t offset, end;
    uint8_t buffer[GZIP_BUFFER];
};

static bool refill(struct gzip_input *input, z_stream *stream, struct err *err)
{
    uint64_t part = input->end - input->offset;

    if (stream->avail_in || !part)
        return true;
    if (part > sizeof(input->buffer))
        part = sizeof(input->buffer);
    if (!source_read(input->source, input->offset, input->buffer, part, err))
        return false;
    input->offset += part;
    stream->next_in = input->buffer;
    stream->avail_in = (uInt)part;
    return true;
}

/* True when another gzip member follows the one that has just ended. */
static bool next_member(struct gzip_input *input, z_stream *stream, struct err *err)
{
    uint8_t second;

    if (!refill(input, stream, err) || !stream->avail_in || stream->next_in[0] != 0x1f)
        return false;
    if (stream->avail_in > 1)
        return stream->next_in[1] == 0x8b;
    return input->offset < input->end &&
           source_read(input->source, input->offset, &second, 1, err) && second == 0x8b;
}

static bool gunzip(struct gzip_input *input, z_stream *stream, bool head_only, uint8_t *data,
                   uint64_t capacity, uint64_t *produced, bool *too_big, struct err *err)
{
    uint8_t spill; /* one byte beyond `capacity` tells "just fits" from "too big" */

    for (;;) {
        uint64_t room = capacity - *produced;
        uint64_t part = room < GIB ? room : GIB;
        int status;

        if (head_only && !room)
            return true;
        if (!refill(input, stream, err))
            return false;
        stream->next_out = part ? data + *produced : &spill;
        stream->avail_out = part ? (uInt)part : 1;
        uInt before = stream->avail_out;
        status = inflate(stream, Z_NO_FLUSH);
        uInt made = before - stream->avail_out;
        if (!part && made) {
            *too_big = true;
            return false;
        }
        *produced += made;
        if (status == Z_STREAM_END) {
            if (!next_member(input, stream, err))
                return true;
            inflateReset(stream);
        } else if (status == Z_BUF_ERROR && !stream->avail_in && input->offset == input->end) {
            return err_set(err,
                           "the gzip data is truncated: the file ends at byte %llu without the "
                           "end mark of the compressed data",
                           (unsigned long long)input->end);
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            return err_set(err, "the gzip data is corrupt near byte %llu: %s",
                           (unsigned long long)(input->offset - stream->avail_in),
                           stream->msg ? stream->msg : zError(status));
        }
    }
}

bool source_gunzip(const struct source *source, uint64_t offset, uint64_t size, bool head_only,
                   void *data, uint64_t capacity, uint64_t *produced, bool *too_big,
                   struct err *err)
{
    struct gzip_input input = {.source = source, .offset = offset, .end = offset + size};
    z_stream stream = {0};
    bool ok;

    *produced = 0;
    *too_big = false;
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return err_set(err, "no memory for zlib");
    ok = gunzip(&input, &stream, head_only, data, capacity, produced, too_big, err);
    inflateEnd(&stream);
    return ok;
}

const char *size_format(struct size_text *text, uint64_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;
    double value = (double)size;

    while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
        value /= 1024;
        unit++;
    }
    if (size == (size >> (10 * unit)) << (10 * unit))
        snprintf(text->text, sizeof(text->text), "%llu %s",
                 (unsigned long long)(size >> (10 * unit)), units[unit]);
    else
        snprintf(text->text, sizeof(text->text), "%.1f %s", value, units[unit]);
    return text->text;
}
