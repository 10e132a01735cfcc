/* The other CPUs: see smp.h. */
#include "smp.h"

#define LOOKS 5000 /* before a CPU that waits falls asleep */

void smp_entry(void); /* secondary.S; its context is the top of a stack */
void smp_secondary(void);

static uint8_t stack[SMP_CPUS_MAX][SMP_STACK] __attribute__((aligned(16)));
static uint64_t started; /* times that a CPU has been, without the first one */

/* What is to be done. One word tells that there is something new and for how many CPUs, so that one
 * that has no part in it never takes the number of one job for that of another. */
static struct {
    uint64_t number_and_count; /* count in bits 7 to 0 */
    void (*work)(unsigned self);
    uint64_t done;
} job;

static struct {
    uint64_t arrived, number;
} meeting;

uint64_t smp_wait_change(const uint64_t *word, uint64_t from)
{
    uint64_t now;

    /* An emulated CPU that sleeps is slow to come back, and not at the same time as another. */
    for (unsigned looks = 0; (now = __atomic_load_n(word, __ATOMIC_ACQUIRE)) == from; looks++)
        if (looks >= LOOKS)
            __asm__ volatile("wfe" : : : "memory");
    return now;
}

void smp_wake(void)
{
    __asm__ volatile("dsb ish\n\tsev" : : : "memory");
}

/* Device-nGnRnE is Attr0, memory that all caches may hold Attr1. */
static void regime(void)
{
    regime_on(0xff00, 0);
}

static void job_done(void)
{
    __atomic_fetch_add(&job.done, 1, __ATOMIC_ACQ_REL);
    smp_wake();
}

void smp_secondary(void)
{
    unsigned self = smp_self();
    uint64_t seen = job.number_and_count; /* whatever it is, it began without this CPU */

    regime();
    __atomic_fetch_add(&started, 1, __ATOMIC_ACQ_REL);
    smp_wake();
    for (;;) {
        seen = smp_wait_change(&job.number_and_count, seen);
        if (self >= (seen & 0xff))
            continue;
        job.work(self);
        job_done();
    }
}

int64_t smp_on(unsigned cpu)
{
    uint64_t before = started;
    int64_t answer = psci_call(PSCI_CPU_ON, cpu, (uint64_t)smp_entry, (uint64_t)stack[cpu + 1]);

    if (!answer)
        smp_wait_change(&started, before);
    return answer;
}

_Noreturn void smp_off(void)
{
    job_done();
    psci_call(PSCI_CPU_OFF, 0, 0, 0);
    for (;;) /* does not return */
        __asm__ volatile("wfi");
}

unsigned smp_start(void)
{
    unsigned count = 1;

    regime_map(0, REGIME_NORMAL);
    regime();
    while (count < SMP_CPUS_MAX && !smp_on(count))
        count++;
    return count;
}

void smp_run(unsigned count, void (*work)(unsigned self))
{
    uint64_t number = (job.number_and_count >> 8) + 1, done;

    job.work = work;
    job.done = 0;
    __atomic_store_n(&job.number_and_count, number << 8 | count, __ATOMIC_RELEASE);
    smp_wake();
    work(0);
    for (done = 0; done < count - 1;)
        done = smp_wait_change(&job.done, done);
}

void smp_meet(void)
{
    uint64_t number = __atomic_load_n(&meeting.number, __ATOMIC_ACQUIRE);
    unsigned count = job.number_and_count & 0xff;

    if (__atomic_add_fetch(&meeting.arrived, 1, __ATOMIC_ACQ_REL) < count) {
        smp_wait_change(&meeting.number, number);
    } else {
        meeting.arrived = 0;
        __atomic_store_n(&meeting.number, number + 1, __ATOMIC_RELEASE);
        smp_wake();
    }
}

uint64_t smp_rounds(uint64_t usual, uint64_t most)
{
    const char *p = text_find(fdt_bootargs(), "rounds=");
    uint64_t wanted = 0;

    if (p)
        for (p += 7; *p >= '0' && *p <= '9' && wanted < most; p++)
            wanted = wanted * 10 + (uint64_t)(*p - '0');
    return wanted ? wanted : usual;
}
