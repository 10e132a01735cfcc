/* The machine that executes the guest's routines (ieee_guest.c): RAM, the MMU on, one vCPU in
 * EL1. */
#ifndef ULNA_TESTS_FP_IEEE_MACHINE_H
#define ULNA_TESTS_FP_IEEE_MACHINE_H

#include "cpu/cpu.h"
#include "ieee.h"

enum { BATCH = 4096 }; /* cases at once */

/* As they lie in the guest's memory. */
struct ieee_case {
    uint64_t v[3][2]; /* V0, V1, V2 */
};

struct ieee_outcome {
    uint64_t v3[2], x6, fpsr;
};

struct ieee_machine {
    struct log *log;
    struct clock *clock;
    struct bus *bus;
    struct cpu *cpu;
};

/* False: told on stderr. `plain`: compiled code is that for the oldest hosts. `sve`: it has SVE,
 * and vectors of 128 bits. Exits with 77 where there is no such engine. */
bool ieee_machine_open(struct ieee_machine *m, enum engine engine, bool plain, bool sve,
                       const char *guest);
void ieee_machine_close(struct ieee_machine *m);

/* Executes the routine of that number, FPSR as given before each case. `loop`: the routine is of
 * the second kind, FPSR is as given before all of them, and what it is after them is the last's. */
void ieee_machine_run(struct ieee_machine *m, unsigned routine, bool loop, uint32_t fpcr,
                      uint32_t fpsr, const struct ieee_case *cases, struct ieee_outcome *outcomes,
                      unsigned count);

#endif
