/* The exclusive monitor over several vCPUs (DDI 0487, B2.12).
 *
 * A Load-Exclusive notes the host address and the value; the Store-Exclusive is a compare-and-swap
 * of that value. That alone would not notice a value that was changed and changed back. So each
 * quantity of 16 bytes has a stamp (shared by some others), which a Load-Exclusive notes as well,
 * and of which both halves must still be the same:
 *   stores    is odd while a Store-Exclusive is under way, and even, but another number, behind it;
 *   atomics   counts the atomics of FEAT_LSE; an increment may be lost, never all of them.
 * What is guaranteed: a Store-Exclusive fails if, since the Load-Exclusive, another vCPU's
 * Store-Exclusive succeeded there, or an atomic was executed there: the latter but for the few host
 * instructions between the look at the stamp and the store. Deviation: plain stores that put back
 * what was there are not noticed; the architecture's monitor would fail the store.
 *
 * With one vCPU there is nobody to notice, and there are no stamps. */
#ifndef ULNA_CPU_EXCLUSIVE_H
#define ULNA_CPU_EXCLUSIVE_H

#include "cpu/cpu.h"

#define STAMPS       1024
#define STAMP_STRIDE 64 /* a line of the host's cache for each */

struct stamp {
    union {
        uint64_t both;
        struct {
            uint32_t stores, atomics;
        };
    };
} __attribute__((aligned(STAMP_STRIDE)));

static inline struct stamp *exclusive_stamp(const struct cpu *cpu, const void *host)
{
    return &cpu->stamps[(uintptr_t)host / 16 % STAMPS];
}

/* Before a Load-Exclusive reads. With a store under way, a stamp that will not be there again. */
static inline void exclusive_note(struct cpu *cpu, const void *host)
{
    if (cpu->stamps)
        cpu->mmu.exclusive.stamp =
            __atomic_load_n(&exclusive_stamp(cpu, host)->both, __ATOMIC_ACQUIRE) & ~1ull;
}

/* A Store-Exclusive to the noted address: true: nobody else's is there until exclusive_end(). */
static inline bool exclusive_begin(struct cpu *cpu, const void *host)
{
    uint64_t noted = cpu->mmu.exclusive.stamp;

    return !cpu->stamps ||
           __atomic_compare_exchange_n(&exclusive_stamp(cpu, host)->both, &noted, noted + 1, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* No locked operation: of `stores` the store under way is the only one, of `atomics` some may get
 * lost. */
static inline void exclusive_count(uint32_t *half)
{
    __atomic_store_n(half, __atomic_load_n(half, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

static inline void exclusive_end(struct cpu *cpu, const void *host)
{
    if (cpu->stamps)
        exclusive_count(&exclusive_stamp(cpu, host)->stores);
}

/* An atomic of FEAT_LSE was executed there. */
static inline void exclusive_atomic(struct cpu *cpu, const void *host)
{
    if (cpu->stamps)
        exclusive_count(&exclusive_stamp(cpu, host)->atomics);
}

#endif
