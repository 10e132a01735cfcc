/* Files for semihosting: see semifs.h. Names are resolved by openat2(2) with RESOLVE_BENEATH, so
 * that neither "..", an absolute name nor a symbolic link leads out of the folder; where the host
 * lacks that call, component by component without following any link. Only regular files are
 * opened: a FIFO or a device could block the vCPU. */
#include "loader/semifs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bits.h"

enum file_kind {
    FILE_FREE,
    FILE_HOST,
    FILE_STDIN,
    FILE_STDOUT,
    FILE_STDERR,
    FILE_FEATURES,
};

struct file {
    enum file_kind kind;
    int fd;          /* FILE_HOST */
    size_t position; /* FILE_FEATURES */
};

struct semifs {
    int folder; /* -1: none */
    struct semifs_console console;
    struct file files[SEMIFS_HANDLES];
};

/* ":semihosting-features" (Semihosting 3.0, 4.1): "SHFB", then SH_EXT_EXIT_EXTENDED and
 * SH_EXT_STDOUT_STDERR. */
static const uint8_t features[] = {0x53, 0x48, 0x46, 0x42, 0x03};

struct semifs *semifs_new(const char *folder, const struct semifs_console *console, struct err *err)
{
    struct semifs *semifs = calloc(1, sizeof(*semifs));

    if (!semifs) {
        err_set(err, "no memory for semihosting");
        return NULL;
    }
    semifs->folder = -1;
    semifs->console = *console;
    if (folder) {
        semifs->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (semifs->folder < 0) {
            err_set(err,
                    "dir='%.200s': cannot open the folder: %s; name one that "
                    "exists",
                    folder, strerror(errno));
            free(semifs);
            return NULL;
        }
    }
    return semifs;
}

static void close_file(struct file *file)
{
    if (file->kind == FILE_HOST)
        close(file->fd);
    file->kind = FILE_FREE;
}

void semifs_close_all(struct semifs *semifs)
{
    for (unsigned i = 0; i < SEMIFS_HANDLES; i++)
        close_file(&semifs->files[i]);
}

void semifs_free(struct semifs *semifs)
{
    if (!semifs)
        return;
    semifs_close_all(semifs);
    if (semifs->folder >= 0)
        close(semifs->folder);
    free(semifs);
}

bool semifs_has_folder(const struct semifs *semifs)
{
    return semifs->folder >= 0;
}

/* --- Names --- */

/* For hosts before Linux 5.6 and for sandboxes that refuse the call. */
static int open_by_components(int folder, const char *name, int flags)
{
    char part[SEMIFS_NAME_MAX + 1];
    int at = dup(folder), next;

    for (;;) {
        size_t length = strcspn(name, "/");
        const char *rest = name + length + strspn(name + length, "/");

        if (at < 0)
            return -errno;
        if (!length || (length == 2 && !memcmp(name, "..", 2)) || length >= sizeof(part)) {
            close(at);
            return -EACCES;
        }
        memcpy(part, name, length);
        part[length] = 0;
        if (*rest)
            next = openat(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        else
            next = openat(at, part, flags | O_NOFOLLOW, 0666);
        int saved = errno;
        close(at);
        if (next < 0)
            return saved == ELOOP || saved == ENOTDIR ? -EACCES : -saved;
        if (!*rest)
            return next;
        at = next;
        name = rest;
    }
}

/* A file descriptor or -errno. */
static int open_beneath(const struct semifs *semifs, const char *name, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)flags,
        .mode = flags & O_CREAT ? 0666 : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;

    if (semifs->folder < 0)
        return -EACCES;
    /* EAGAIN: somebody renamed something on the way. */
    for (unsigned tries = 0; tries < 8 && fd < 0; tries++) {
        fd = syscall(SYS_openat2, semifs->folder, name, &how, sizeof(how));
        if (fd < 0 && errno != EAGAIN && errno != EINTR)
            break;
    }
    if (fd >= 0)
        return (int)fd;
    if (errno == ENOSYS || errno == EPERM)
        return open_by_components(semifs->folder, name, flags);
    return errno == EXDEV ? -EACCES : -errno;
}

/* Opens the folder that holds `name` and points *last at the name in it. */
static int open_parent(const struct semifs *semifs, const char *name, const char **last)
{
    char path[SEMIFS_NAME_MAX + 1];
    const char *slash = strrchr(name, '/');
    size_t length = slash ? (size_t)(slash - name) : 0;

    *last = slash ? slash + 1 : name;
    if (!**last || !strcmp(*last, ".") || !strcmp(*last, ".."))
        return -EINVAL;
    if (slash && !length) /* "/name": an absolute one */
        return -EACCES;
    if (length >= sizeof(path))
        return -ENAMETOOLONG;
    memcpy(path, slash ? name : ".", slash ? length : 1);
    path[slash ? length : 1] = 0;
    return open_beneath(semifs, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* --- Handles --- */

static struct file *find(struct semifs *semifs, uint64_t handle)
{
    if (handle < 1 || handle > SEMIFS_HANDLES || semifs->files[handle - 1].kind == FILE_FREE)
        return NULL;
    return &semifs->files[handle - 1];
}

static int open_regular(const struct semifs *semifs, const char *name, uint64_t mode)
{
    /* fopen()'s r, r+, w, w+, a, a+; each mode of SYS_OPEN has a binary twin */
    static const int flags[] = {
        O_RDONLY,
        O_RDWR,
        O_WRONLY | O_CREAT | O_TRUNC,
        O_RDWR | O_CREAT | O_TRUNC,
        O_WRONLY | O_CREAT | O_APPEND,
        O_RDWR | O_CREAT | O_APPEND,
    };
    struct stat status;
    int fd = open_beneath(semifs, name, flags[mode / 2] | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int error = 0;

    if (fd < 0)
        return fd;
    if (fstat(fd, &status) != 0)
        error = -errno;
    else if (!S_ISREG(status.st_mode))
        error = S_ISDIR(status.st_mode) ? -EISDIR : -EACCES;
    if (!error)
        return fd;
    close(fd);
    return error;
}

int64_t semifs_open(struct semifs *semifs, const char *name, uint64_t mode)
{
    unsigned i = 0;
    struct file file = {.kind = FILE_HOST};

    if (mode > 11)
        return -EINVAL;
    while (i < SEMIFS_HANDLES && semifs->files[i].kind != FILE_FREE)
        i++;
    if (i == SEMIFS_HANDLES)
        return -EMFILE;
    if (!strcmp(name, ":tt")) {
        file.kind = mode < 4 ? FILE_STDIN : mode < 8 ? FILE_STDOUT : FILE_STDERR;
    } else if (!strcmp(name, ":semihosting-features")) {
        if (mode > 1)
            return -EACCES;
        file.kind = FILE_FEATURES;
    } else {
        file.fd = open_regular(semifs, name, mode);
        if (file.fd < 0)
            return file.fd;
    }
    semifs->files[i] = file;
    return i + 1;
}

int64_t semifs_close(struct semifs *semifs, uint64_t handle)
{
    struct file *file = find(semifs, handle);

    if (!file)
        return -EBADF;
    close_file(file);
    return 0;
}

int64_t semifs_write(struct semifs *semifs, uint64_t handle, const void *data, size_t size)
{
    struct file *file = find(semifs, handle);
    ssize_t done;

    if (!file || file->kind == FILE_STDIN || file->kind == FILE_FEATURES)
        return -EBADF;
    if (file->kind == FILE_HOST) {
        done = write(file->fd, data, size);
        return done < 0 ? -errno : done;
    }
    if (semifs->console.write)
        semifs->console.write(semifs->console.opaque, file->kind == FILE_STDERR, data, size);
    return (int64_t)size;
}

static int64_t read_features(struct file *file, void *data, size_t size)
{
    size_t left = sizeof(features) - file->position;

    if (size > left)
        size = left;
    memcpy(data, features + file->position, size);
    file->position += size;
    return (int64_t)size;
}

int64_t semifs_read(struct semifs *semifs, uint64_t handle, void *data, size_t size,
                    unsigned wait_ms)
{
    struct file *file = find(semifs, handle);
    ssize_t done;

    if (!file)
        return -EBADF;
    switch (file->kind) {
    case FILE_HOST:
        done = read(file->fd, data, size);
        return done < 0 ? -errno : done;
    case FILE_FEATURES:
        return read_features(file, data, size);
    case FILE_STDIN:
        if (!semifs->console.read)
            return 0;
        done = semifs->console.read(semifs->console.opaque, data, size, wait_ms);
        return done > 0 ? done : done < 0 ? 0 : -EAGAIN;
    default:
        return -EBADF;
    }
}

int64_t semifs_seek(struct semifs *semifs, uint64_t handle, uint64_t position)
{
    struct file *file = find(semifs, handle);

    if (!file)
        return -EBADF;
    if (file->kind == FILE_FEATURES) {
        if (position > sizeof(features))
            return -EINVAL;
        file->position = position;
        return 0;
    }
    if (file->kind != FILE_HOST)
        return -ESPIPE;
    if (position > INT64_MAX || lseek(file->fd, (off_t)position, SEEK_SET) < 0)
        return -EINVAL;
    return 0;
}

int64_t semifs_length(struct semifs *semifs, uint64_t handle)
{
    struct file *file = find(semifs, handle);
    struct stat status;

    if (!file)
        return -EBADF;
    if (file->kind == FILE_FEATURES)
        return sizeof(features);
    if (file->kind != FILE_HOST)
        return -ESPIPE;
    return fstat(file->fd, &status) == 0 ? (int64_t)status.st_size : -errno;
}

int64_t semifs_is_tty(struct semifs *semifs, uint64_t handle)
{
    struct file *file = find(semifs, handle);

    if (!file)
        return -EBADF;
    return file->kind != FILE_HOST && file->kind != FILE_FEATURES;
}

int64_t semifs_remove(struct semifs *semifs, const char *name)
{
    const char *last;
    int parent = open_parent(semifs, name, &last);
    int64_t result;

    if (parent < 0)
        return parent;
    result = unlinkat(parent, last, 0) == 0 ? 0 : -errno;
    close(parent);
    return result;
}

int64_t semifs_rename(struct semifs *semifs, const char *from, const char *to)
{
    const char *last_from, *last_to;
    int parent_from = open_parent(semifs, from, &last_from), parent_to;
    int64_t result;

    if (parent_from < 0)
        return parent_from;
    parent_to = open_parent(semifs, to, &last_to);
    if (parent_to < 0) {
        result = parent_to;
    } else {
        result = renameat(parent_from, last_from, parent_to, last_to) == 0 ? 0 : -errno;
        close(parent_to);
    }
    close(parent_from);
    return result;
}
