/* The files behind semihosting: a bounded table of handles to the console, to the feature bits, and
 * to files of the host that are confined to one folder. Knows nothing of guest memory. Every
 * function that can fail returns -errno. */
#ifndef ULNA_LOADER_SEMIFS_H
#define ULNA_LOADER_SEMIFS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SEMIFS_HANDLES  64
#define SEMIFS_NAME_MAX 1024 /* characters of a file name, without the NUL */

/* Where ":tt" leads; set by the front end. */
struct semifs_console {
    /* Takes all of it, or drops what it cannot take; may be NULL. */
    void (*write)(void *opaque, bool error_stream, const void *data, size_t size);
    /* Up to `size` bytes that were typed; waits for the first one at most `wait_ms`. 0: none yet;
     * -1: there will be none any more. May be NULL: there never are. */
    int (*read)(void *opaque, void *data, size_t size, unsigned wait_ms);
    void *opaque;
};

struct semifs;

/* `folder` NULL: no file can be opened. NULL on error. */
struct semifs *semifs_new(const char *folder, const struct semifs_console *console,
                          struct err *err);
void semifs_free(struct semifs *semifs);
void semifs_close_all(struct semifs *semifs);
bool semifs_has_folder(const struct semifs *semifs);

/* `mode` is SYS_OPEN's, 0 to 11. A handle, 1 to SEMIFS_HANDLES. -EACCES: the name leads out of the
 * folder, or there is no folder. */
int64_t semifs_open(struct semifs *semifs, const char *name, uint64_t mode);
int64_t semifs_close(struct semifs *semifs, uint64_t handle);
/* Bytes written or read; reading the console returns what there is after `wait_ms` at most, -EAGAIN
 * when nothing. */
int64_t semifs_write(struct semifs *semifs, uint64_t handle, const void *data, size_t size);
int64_t semifs_read(struct semifs *semifs, uint64_t handle, void *data, size_t size,
                    unsigned wait_ms);
int64_t semifs_seek(struct semifs *semifs, uint64_t handle, uint64_t position);
int64_t semifs_length(struct semifs *semifs, uint64_t handle);
int64_t semifs_is_tty(struct semifs *semifs, uint64_t handle); /* 1 or 0 */
int64_t semifs_remove(struct semifs *semifs, const char *name);
int64_t semifs_rename(struct semifs *semifs, const char *from, const char *to);

#endif
