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

void rom_main(void)
{
    rounds = smp_rounds(ROUNDS, ROUNDS_MAX);
    mapping_prepare();
    cpus = smp_start();
    print("%u CPUs\n", cpus);
    mapping();
    patching();
    interrupts();
    waiting();
    print_verdict("smp");
}
