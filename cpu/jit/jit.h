/* The x86-64 back end, as far as the rest of cpu/ knows it. */
#ifndef ULNA_CPU_JIT_JIT_H
#define ULNA_CPU_JIT_JIT_H

#include "cpu/block.h"

bool jit_init(struct cpu *cpu, const struct jit_config *config,
              struct err *err); /* creates cpu->jit */
void jit_fini(struct cpu *cpu);

/* The calling thread runs the vCPU from here to there: faults of the host in compiled code are
 * reported, on a stack that is handed over. */
void *jit_thread_begin(struct cpu *cpu);
void jit_thread_end(void *stack);

/* A new block: it will be compiled once it has proved warm. */
void jit_block_created(struct cpu *cpu, struct block *block);
/* The block is no longer live: the regions that it is part of are dropped. Both under the block
 * cache's lock. */
void jit_block_dropped(struct cpu *cpu, struct block *block);
/* Compiles the region around the block now: its first handler becomes the way into compiled code.
 * Nothing happens when another vCPU is compiling: the block stays warm. No compiled code may be
 * running on this one. */
void jit_compile(struct cpu *cpu, struct block *block);

/* Ways out of regions that are worth counting. */
enum jit_exit {
    JIT_EXIT_LINK,      /* C is asked where to go on: the link is not ready for this context */
    JIT_EXIT_FIND,      /* the same: not in the jump cache, or not compiled */
    JIT_EXIT_EXCEPTION, /* an instruction has taken one */
    JIT_EXIT_PENDING,   /* to the run loop: something is pending */
    JIT_EXIT_COLD,      /* to the run loop: where it goes is not compiled, or faults */
    JIT_EXIT_RETURN,    /* a return to another place than the newest call's; only with -d stats */
    JIT_EXIT_COUNT,
};

struct jit_stats {
    uint64_t compiled, blocks; /* regions, and the blocks in them */
    uint64_t insns, code_bytes;
    uint64_t dropped, evicted; /* regions; of them to reclaim memory */
    uint64_t flushes;          /* times that a segment of code memory was emptied */
    uint64_t exits[JIT_EXIT_COUNT];
    uint64_t bytes, room;      /* of code memory: in use, and all */
    struct host_features host; /* used */
};
struct jit_stats jit_stats(const struct cpu *cpu); /* zeroes without a JIT */

/* Does the present mapping have all pages of the region, whose head is at cpu->pc, where it had
 * them? Then cpu->guard knows. If not, the region is dropped. */
struct jit_region;
bool jit_guard_holds(struct cpu *cpu, struct jit_region *region);

/* The code that regions share: for cpu/jit/. */
struct thunks;
const struct thunks *jit_thunks(const struct cpu *cpu);
void jit_count(struct cpu *cpu, enum jit_exit exit);

/* From now on it compiles as if the host had these features: for tests. */
struct host_features;
void jit_set_host(struct cpu *cpu, const struct host_features *host);

/* The record that -engine check uses. */
struct mmu_journal *jit_journal(struct cpu *cpu);

/* -engine check: runs one block in both engines and compares all state. On the first difference it
 * is described on standard error and the vCPU is asked to stop. */
void check_run(struct cpu *cpu, struct block *block);

#endif
