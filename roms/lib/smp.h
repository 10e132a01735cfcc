/*
 * More than one CPU: how they are started, given work and made to meet. For programs that are run
 * with -smp.
 */
#ifndef SMP_H
#define SMP_H

#include "rom.h"

#define SMP_CPUS_MAX 8
#define SMP_STACK    8192

static inline unsigned smp_self(void)
{
    return READ_REG(mpidr_el1) & 0xff; /* Aff0 counts the CPUs of this board */
}

/* Turns the MMU and the caches on, here and on all other CPUs, which then wait for work. How many
 * CPUs there are, with this one. */
unsigned smp_start(void);

/* What the user gave as -append rounds=N, up to `most`; else `usual`. */
uint64_t smp_rounds(uint64_t usual, uint64_t most);

/* Calls `work` on the CPUs 0, which is the caller, to count - 1, and returns when it has returned
 * on all of them. */
void smp_run(unsigned count, void (*work)(unsigned self));

/* Inside of `work`: returns when it has been called on all of the CPUs. */
void smp_meet(void);

/* Waits, at last asleep, until another CPU has made the word anything else and called smp_wake().
 */
uint64_t smp_wait_change(const uint64_t *word, uint64_t from);
void smp_wake(void);

/* Inside of `work`, as its end: the CPU goes off by CPU_OFF. Only smp_on() brings it back. */
_Noreturn void smp_off(void);
/* Starts a CPU that is off and returns when it waits for work: PSCI's answer to CPU_ON. */
int64_t smp_on(unsigned cpu);

#endif
