/* What is in code memory, for those who describe it: names for profilers (perf.c), reports of
 * faults (crash.c). Private to cpu/jit/. */
#ifndef ULNA_CPU_JIT_CODE_H
#define ULNA_CPU_JIT_CODE_H

#include "cpu/jit/jit.h"
#include "cpu/jit/lower.h"

/* That a block is part of a region. */
struct jit_member {
    struct jit_region *region;
    struct block *block;
    struct jit_member *next; /* of the block */
    int32_t offset;          /* of its address from the head's */
};

struct jit_region {
    struct jit_region *next; /* in its segment */
    const uint8_t *code, *end;
    uint32_t id; /* of struct lower */
    struct region_page page[REGION_PAGES];
    unsigned pages;
    uint64_t pc;    /* of its head, when it was compiled */
    unsigned count; /* of members; 0: dropped */
    unsigned nodes; /* of members, in the order of emission: still there when it is dropped */
    unsigned places;
    const struct lower_place *place; /* what the code is for, in its order; owned */
    struct jit_member member[];
};

/* The region that has this host address; NULL: none. */
const struct jit_region *jit_region_at(const struct cpu *cpu, const void *host);
/* Is it in code memory at all? */
bool jit_has_code(const struct cpu *cpu, const void *host);

/* The last place at or before the offset from region->code; NULL: none. */
const struct lower_place *code_place(const struct jit_region *region, size_t offset);
/* The guest address of the place, while the region's head is at region->pc. */
uint64_t code_guest_pc(const struct jit_region *region, const struct lower_place *place);

/* Tells the profiler of a region, and of the thunks, which end at `end`. */
struct perf;
void code_tell_region(struct perf *perf, const struct log *log, const struct jit_region *region);
void code_tell_thunks(struct perf *perf, const struct thunks *thunks, const uint8_t *end);
/* "thunk NAME" for an address in them. */
const char *code_thunk_name(const struct cpu *cpu, const void *host);

#endif
