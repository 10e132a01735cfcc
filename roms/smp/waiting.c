/*
 * CPUs that wait for each other: by WFE and SEV, by an exclusive load whose location changes, and
 * switched off.
 */
#include "parts.h"

enum { PSCI_IS_ON, PSCI_IS_OFF };

#define ALREADY_ON -4

static LINE uint64_t turn;
static uint64_t off_count;

/* The turn goes round by SEV. */
static void by_event(unsigned self)
{
    for (uint64_t i = 0; i < rounds; i++) {
        while (acquire(&turn) != self)
            __asm__ volatile("wfe" : : : "memory");
        release(&turn, (self + 1) % cpus);
        __asm__ volatile("dsb ish\n\tsev" : : : "memory");
    }
}

/* And without: a CPU that has loaded the word exclusively wakes up when it is written. */
static void by_monitor(unsigned self)
{
    for (uint64_t i = 0; i < rounds / 4; i++) {
        uint64_t seen;

        __asm__ volatile("sevl\n"
                         "1:\twfe\n\tldaxr %0, %1\n\tcmp %0, %2\n\tb.ne 1b"
                         : "=&r"(seen)
                         : "Q"(turn), "r"((uint64_t)self)
                         : "cc", "memory");
        release(&turn, (self + 1) % cpus);
    }
}

static void go_off(unsigned self)
{
    if (self == 0)
        return;
    __atomic_fetch_add(&off_count, 1, __ATOMIC_RELAXED);
    smp_off();
}

static bool all_off(void)
{
    bool off = true;

    for (unsigned i = 1; i < cpus; i++)
        off = off && psci_call(PSCI_AFFINITY, i, 0, 0) == PSCI_IS_OFF;
    return off;
}

static void off_and_on(void)
{
    uint64_t times = rounds / 8, refused = 0, wrong = 0;

    for (uint64_t i = 0; i < times; i++) {
        smp_run(cpus, go_off);
        while (!all_off())
            ;
        for (unsigned cpu = 1; cpu < cpus; cpu++) {
            refused += smp_on(cpu) != 0;
            wrong += smp_on(cpu) != ALREADY_ON;
            wrong += psci_call(PSCI_AFFINITY, cpu, 0, 0) != PSCI_IS_ON;
        }
    }
    check(off_count == times * (cpus - 1) && !refused, "CPU_OFF and CPU_ON, again and again");
    check(!wrong, "one that is on is known to be");
}

void waiting(void)
{
    print("Waiting:\n");
    turn = 0;
    smp_run(cpus, by_event);
    check(turn == 0, "WFE and SEV: the turn goes round");
    smp_run(cpus, by_monitor);
    check(turn == 0, "WFE after LDAXR: a store is an event");
    off_and_on();
}
