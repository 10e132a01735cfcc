/*
 * What the files of litmus share: single instructions as functions, so that a test is in memory
 * exactly the accesses that it says. The compiler keeps volatile asm statements in their order.
 */
#ifndef LITMUS_H
#define LITMUS_H

#include "../lib/smp.h"

#define LINE __attribute__((aligned(64)))

#define LOAD(name)                                                                                 \
    static inline uint64_t name(const uint64_t *from)                                              \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile(#name " %0, %1" : "=r"(value) : "Q"(*from));                              \
        return value;                                                                              \
    }
LOAD(ldr)
LOAD(ldar)
LOAD(ldapr)
LOAD(ldxr)

#define STORE(name)                                                                                \
    static inline void name(uint64_t *to, uint64_t value)                                          \
    {                                                                                              \
        __asm__ volatile(#name " %1, %0" : "=Q"(*to) : "r"(value));                                \
    }
STORE(str)
STORE(stlr)

/* False: the store was not made. */
static inline bool stxr(uint64_t *to, uint64_t value)
{
    uint32_t failed;
    __asm__ volatile("stxr %w0, %2, %1" : "=&r"(failed), "+Q"(*to) : "r"(value));
    return !failed;
}

/* Each depends on `on` as the processor sees it, though not in its value. */
static inline uint64_t ldr_address(const uint64_t *from, uint64_t on)
{
    uint64_t value, zero;
    __asm__ volatile("eor %1, %3, %3\n\tldr %0, [%2, %1]"
                     : "=r"(value), "=&r"(zero)
                     : "r"(from), "r"(on), "m"(*from));
    return value;
}

static inline void str_data(uint64_t *to, uint64_t value, uint64_t on)
{
    uint64_t sum;
    __asm__ volatile("eor %1, %3, %3\n\tadd %1, %1, %2\n\tstr %1, %0"
                     : "=Q"(*to), "=&r"(sum)
                     : "r"(value), "r"(on));
}

#define ORDER(name, instruction)                                                                   \
    static inline void name(void)                                                                  \
    {                                                                                              \
        __asm__ volatile(instruction : : : "memory");                                              \
    }
ORDER(dmb, "dmb ish")
ORDER(dmb_ld, "dmb ishld")
ORDER(dmb_st, "dmb ishst")

/* From -append rounds=N. */
extern uint64_t rounds;
extern unsigned cpus;

/* Has come to this round, and waits for the others among the first `count`, so that all of them go
 * on at once; but not longer than its patience lasts, a number of looks at the others, as they may
 * have no processor of the host. True: all are here. */
bool rendezvous(unsigned self, unsigned count, uint64_t round, unsigned *patience);
void reset_rendezvous(void); /* rounds count from 1 again */

/* Prints and counts one result: `wrong` of `of` rounds had an outcome that must not be. */
void report(const char *what, uint64_t wrong, uint64_t of);

void shapes(void);
void atomics(void);
void single_copies(void);
void exchanged(void);

#endif
