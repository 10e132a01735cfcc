/* The machine that runs test vectors: RAM alone, the MMU on, one vCPU in EL1. Where a vector is
 * expected to end stands HLT #0xf000, whose hook stops the vCPU; exceptions arrive at another one.
 * Everything a vector does not name must be unchanged. */
#ifndef ULNA_TESTS_ISA_MACHINE_H
#define ULNA_TESTS_ISA_MACHINE_H

#include "cpu/cpu.h"
#include "cpu/decode.h"
#include "vector.h"

struct machine {
    struct log *log;
    struct clock *clock;
    struct bus *bus;
    struct ram_block *ram;
    struct cpu *cpu;
    struct decoder *decoder;
    bool stopped;
};

enum { SKIPPED = 77 }; /* exit code: this build has no such engine */

/* False: told on stderr. Exits with SKIPPED without the engine. */
bool machine_open(struct machine *machine, enum engine engine);
void machine_close(struct machine *machine);

/* What became of a vector. */
struct report {
    const char *file; /* NULL: differences are counted, not printed */
    const struct test_vector *vector;
    unsigned differences;
};

/* Runs the vector and compares all state with what it says. */
void machine_run(struct machine *machine, struct report *report);
/* The same once more, with everything compiled that the last run found to execute: its first block
 * alone was. */
void machine_run_compiled(struct machine *machine, struct report *report);
/* Counts a difference, and prints it: the format gets the index. */
void report_differ(struct report *report, const char *what, unsigned index, uint64_t is,
                   uint64_t wanted);

#endif
