/*
 * The parts of smp: each prints its own checks.
 */
#ifndef SMP_PARTS_H
#define SMP_PARTS_H

#include "../lib/smp.h"

#define LINE __attribute__((aligned(64)))

extern unsigned cpus;
extern uint64_t rounds; /* -append rounds=N */

/* mapping.c: the part's window into memory has to be there before the CPUs are started. */
void mapping_prepare(void);
void mapping(void);
bool mapping_exception(struct exception *e); /* true: it was the part's, and has been seen to */

void patching(void);   /* patching.c */
void interrupts(void); /* interrupts.c */
bool interrupts_exception(struct exception *e);
void waiting(void); /* waiting.c */

static inline uint64_t acquire(const uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

static inline void release(uint64_t *to, uint64_t value)
{
    __atomic_store_n(to, value, __ATOMIC_RELEASE);
}

#endif
