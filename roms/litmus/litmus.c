/*
 * litmus: what several CPUs may see of each other's accesses to memory. Each test is repeated many
 * times, and outcomes are counted: those that the architecture (DDI 0487, B2.3 and B2.9) forbids
 * must not come up once. Those that it allows are printed alone; a stronger machine has none.
 *
 * `-append rounds=1000000` takes longer and finds more.
 */
#include "litmus.h"

#define ROUNDS      20000
#define ROUNDS_MAX  1000000000
#define JITTER_MASK 127

uint64_t rounds;
unsigned cpus;

static struct {
    LINE uint64_t round;
} here[SMP_CPUS_MAX];

static void pause_briefly(uint64_t times)
{
    while (times--)
        __asm__ volatile("nop");
}

bool rendezvous(unsigned self, unsigned count, uint64_t round, unsigned *patience)
{
    unsigned i = 0;
    bool together = true;

    str(&here[self].round, round);
    while (i < count && *patience) {
        uint64_t other = ldr(&here[i].round);

        together = together && other <= round;
        i += other >= round;
        *patience -= i < count;
    }
    /* Then one of them goes first by a little, more or less. */
    pause_briefly((round * 0x9e3779b97f4a7c15 >> (32 + 8 * self)) & JITTER_MASK);
    return together && i == count;
}

void reset_rendezvous(void)
{
    memset(here, 0, sizeof(here));
}

void report(const char *what, uint64_t wrong, uint64_t of)
{
    char line[100];

    format_text(line, sizeof(line), "%-22s %10lu rounds, %lu forbidden", what, of, wrong);
    check(!wrong, line);
}

void rom_main(void)
{
    rounds = smp_rounds(ROUNDS, ROUNDS_MAX);
    cpus = smp_start();
    print("%u CPUs\n", cpus);
    shapes();
    print("Sums and exchanges:\n");
    atomics();
    single_copies();
    exchanged();
    print_verdict("litmus");
}
