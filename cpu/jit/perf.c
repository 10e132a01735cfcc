/* perf's interfaces for generated code: Linux, tools/perf/Documentation/jit-interface.txt and
 * jitdump-specification.txt. */
#include "cpu/jit/perf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct perf {
    FILE *map, *dump; /* or NULL */
    void *marker;     /* a mapping of the dump, by which perf record finds it */
    size_t marker_size;
    uint64_t index; /* of the next piece of code */
};

/* --- jitdump --- */

enum { JITDUMP_MAGIC = 0x4a695444, JITDUMP_VERSION = 1 };

enum record {
    RECORD_LOAD = 0,
    RECORD_DEBUG_INFO = 2,
    RECORD_CLOSE = 3,
};

struct file_header {
    uint32_t magic, version, size, machine, reserved, pid;
    uint64_t timestamp, flags;
};

struct record_header {
    uint32_t id, size;
    uint64_t timestamp;
};

struct load_record {
    uint32_t pid, tid;
    uint64_t vma, address, size, index;
};

struct debug_record {
    uint64_t address, entries;
};

struct debug_entry {
    uint64_t address;
    uint32_t line, discriminator;
};

/* perf record -k mono has the same clock. */
static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void write_header(struct perf *perf, enum record id, size_t size)
{
    const struct record_header header = {id, (uint32_t)(sizeof(header) + size), now()};

    fwrite(&header, sizeof(header), 1, perf->dump);
}

/* Guest code has no lines: the file is "guest", and the line is what 31 bits hold of the
 * instruction's address. */
static void dump_places(struct perf *perf, const uint8_t *code, const struct perf_place *place,
                        size_t places)
{
    static const char file[] = "guest";
    const struct debug_record record = {(uintptr_t)code, places};

    write_header(perf, RECORD_DEBUG_INFO,
                 sizeof(record) + places * (sizeof(struct debug_entry) + sizeof(file)));
    fwrite(&record, sizeof(record), 1, perf->dump);
    for (size_t i = 0; i < places; i++) {
        const struct debug_entry entry = {(uintptr_t)code + place[i].offset,
                                          (uint32_t)place[i].pc & 0x7fffffff, 0};

        fwrite(&entry, sizeof(entry), 1, perf->dump);
        fwrite(file, sizeof(file), 1, perf->dump);
    }
}

static void dump_code(struct perf *perf, const char *name, const uint8_t *code, size_t size)
{
    const struct load_record load = {
        (uint32_t)getpid(), (uint32_t)syscall(SYS_gettid), (uintptr_t)code, (uintptr_t)code, size,
        perf->index++};

    write_header(perf, RECORD_LOAD, sizeof(load) + strlen(name) + 1 + size);
    fwrite(&load, sizeof(load), 1, perf->dump);
    fwrite(name, strlen(name) + 1, 1, perf->dump);
    fwrite(code, size, 1, perf->dump);
}

static bool open_dump(struct perf *perf, struct err *err)
{
    const struct file_header header = {
        .magic = JITDUMP_MAGIC,
        .version = JITDUMP_VERSION,
        .size = sizeof(header),
        .machine = EM_X86_64,
        .pid = (uint32_t)getpid(),
        .timestamp = now(),
    };
    char name[64];

    snprintf(name, sizeof(name), "jit-%d.dump", (int)getpid());
    perf->dump = fopen(name, "w+e");
    if (!perf->dump || fwrite(&header, sizeof(header), 1, perf->dump) != 1 ||
        fflush(perf->dump) != 0)
        return err_set(err, "-jitdump: %s cannot be written: %s", name, strerror(errno));
    perf->marker_size = (size_t)sysconf(_SC_PAGESIZE);
    perf->marker =
        mmap(NULL, perf->marker_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(perf->dump), 0);
    return perf->marker != MAP_FAILED ||
           err_set(err, "-jitdump: %s cannot be mapped: %s", name, strerror(errno));
}

/* --- Both --- */

static bool open_map(struct perf *perf, struct err *err)
{
    char name[64];

    snprintf(name, sizeof(name), "/tmp/perf-%d.map", (int)getpid());
    perf->map = fopen(name, "we");
    return perf->map || err_set(err, "-perfmap: %s cannot be written: %s", name, strerror(errno));
}

struct perf *perf_open(bool map, bool dump, struct err *err)
{
    struct perf *perf = calloc(1, sizeof(*perf));

    if (!perf) {
        err_set(err, "out of memory for -perfmap");
        return NULL;
    }
    perf->marker = MAP_FAILED;
    if ((!map || open_map(perf, err)) && (!dump || open_dump(perf, err)))
        return perf;
    perf_close(perf);
    return NULL;
}

void perf_close(struct perf *perf)
{
    if (!perf)
        return;
    if (perf->map)
        fclose(perf->map);
    if (perf->marker != MAP_FAILED) {
        write_header(perf, RECORD_CLOSE, 0);
        munmap(perf->marker, perf->marker_size);
    }
    if (perf->dump)
        fclose(perf->dump);
    free(perf);
}

void perf_code(struct perf *perf, const char *name, const uint8_t *code, size_t size,
               const struct perf_place *place, size_t places)
{
    if (perf->map) {
        fprintf(perf->map, "%" PRIxPTR " %zx %s\n", (uintptr_t)code, size, name);
        fflush(perf->map); /* it is to be complete however ulna ends */
    }
    if (!perf->dump)
        return;
    if (places)
        dump_places(perf, code, place, places);
    dump_code(perf, name, code, size);
}
