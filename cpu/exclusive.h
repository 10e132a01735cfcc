/* The exclusive monitor over several vCPUs (DDI 0487, B2.12).
 *
 * A Load-Exclusive notes the host address and the value; the Store-Exclusive is a compare-and-swap
 * of that value. That alone would not notice a value that was changed and changed back. So each
 * quantity of 16 bytes has a stamp (shared by some others), which a Load-Exclusive notes as well,
 * and of which both halves must still be the same:
 *   stores    is odd while a Store-Exclusive is under way, and even, but another number, behind it;
 *   atomics   is odd once a Load-Exclusive has noted it, and even, but another number, behind an
 *             atomic of FEAT_LSE, which writes it only if it is odd: where no exclusives are used,
 *             atomics that contend for a quantity do not contend for its stamp as well (twice as
 *             fast on two cores).
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
    struct stamp *stamp;

    if (!cpu->stamps)
        return;
    stamp = exclusive_stamp(cpu, host);
    if (!(__atomic_load_n(&stamp->atomics, __ATOMIC_RELAXED) & 1))
        __atomic_fetch_or(&stamp->atomics, 1, __ATOMIC_SEQ_CST);
    cpu->mmu.exclusive.stamp = __atomic_load_n(&stamp->both, __ATOMIC_ACQUIRE) & ~1ull;
}

/* A Store-Exclusive to the noted address: true: nobody else's is there until exclusive_end(). */
static inline bool exclusive_begin(struct cpu *cpu, const void *host)
{
    uint64_t noted = cpu->mmu.exclusive.stamp;

    return !cpu->stamps ||
           __atomic_compare_exchange_n(&exclusive_stamp(cpu, host)->both, &noted, noted + 1, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* No locked operation: the store under way is the only one. */
static inline void exclusive_end(struct cpu *cpu, const void *host)
{
    uint32_t *stores;

    if (!cpu->stamps)
        return;
    stores = &exclusive_stamp(cpu, host)->stores;
    __atomic_store_n(stores, __atomic_load_n(stores, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

/* An atomic of FEAT_LSE has been executed there, by a locked operation of the host. A
 * Load-Exclusive that noted the stamp before it has made the number odd. Of two atomics that see
 * that, the second leaves it odd: it is another number all the same. */
static inline void exclusive_atomic(struct cpu *cpu, const void *host)
{
    uint32_t *atomics;

    if (!cpu->stamps)
        return;
    atomics = &exclusive_stamp(cpu, host)->atomics;
    if (__atomic_load_n(atomics, __ATOMIC_RELAXED) & 1)
        __atomic_fetch_add(atomics, 1, __ATOMIC_SEQ_CST);
}

#endif
