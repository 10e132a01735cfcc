/* What profilers are told of generated code: perf's map of names (/tmp/perf-PID.map) and its
 * jitdump (jit-PID.dump: names, bytes, and the guest address of each piece of code). */
#ifndef ULNA_CPU_JIT_PERF_H
#define ULNA_CPU_JIT_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Host code from `offset` on works for the guest instruction at `pc`. */
struct perf_place {
    uint32_t offset;
    uint64_t pc;
};

struct perf;

/* Opens what is asked for: the map, the dump or both. NULL with a message on error. */
struct perf *perf_open(bool map, bool dump, struct err *err);
void perf_close(struct perf *perf); /* NULL: nothing */

/* There is new code. It runs at `code` and can be read there. */
void perf_code(struct perf *perf, const char *name, const uint8_t *code, size_t size,
               const struct perf_place *place, size_t places);

#endif
