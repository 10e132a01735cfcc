/*
 * smp: what one CPU does to all of them. Translations that are taken back, code that is rewritten,
 * interrupts and events that are sent, and CPUs that go off and come back, always with the others
 * running. Needs -smp 2 or more; `-append rounds=N` takes longer.
 */
#include "parts.h"

#define ROUNDS     100
#define ROUNDS_MAX 1000000

unsigned cpus;
uint64_t rounds;

void exception_taken(struct exception *e)
{
    if (!mapping_exception(e) && !interrupts_exception(e))
        exception_report(e);
}

static uint64_t rounds_wanted(void)
{
    const char *p = text_find(fdt_bootargs(), "rounds=");
    uint64_t wanted = 0;

    if (p)
        for (p += 7; *p >= '0' && *p <= '9' && wanted < ROUNDS_MAX; p++)
            wanted = wanted * 10 + (uint64_t)(*p - '0');
    return wanted ? wanted : ROUNDS;
}

void rom_main(void)
{
    rounds = rounds_wanted();
    mapping_prepare();
    cpus = smp_start();
    print("%u CPUs\n", cpus);
    mapping();
    patching();
    interrupts();
    waiting();
    print_verdict("smp");
}
