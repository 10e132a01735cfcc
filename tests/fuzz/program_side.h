/* One machine that runs random programs, and the samples of its state that are compared. */
#ifndef ULNA_TESTS_FUZZ_PROGRAM_SIDE_H
#define ULNA_TESTS_FUZZ_PROGRAM_SIDE_H

#include "cpu/cpu.h"
#include "program.h"

/* The state at a HLT: of the program, of the handler of exceptions, or the last one. */
enum {
    SAMPLE_X = 0, /* X0 to X30 */
    SAMPLE_SP0 = 31,
    SAMPLE_SP1,
    SAMPLE_PC,
    SAMPLE_PSTATE,
    SAMPLE_FPCR,
    SAMPLE_FPSR,
    SAMPLE_ESR,
    SAMPLE_FAR,
    SAMPLE_ELR, /* in the handler only, as SPSR: interrupts write them at any time */
    SAMPLE_SPSR,
    SAMPLE_TPIDR,
    SAMPLE_PAR,
    SAMPLE_TTBR0,
    SAMPLE_TFSR,   /* of EL0, and 4 times that of EL1 */
    SAMPLE_COUNT,  /* of instructions, without those of interrupts */
    SAMPLE_MEMORY, /* a digest of DATA, now and then */
    SAMPLE_V,      /* halves */
    SAMPLE_VALUES = SAMPLE_V + 64,
    SAMPLE_ROOM = (SAMPLE_VALUES + 3) / 4 * 4, /* for the digest; the rest is 0 */
};

struct sample {
    uint64_t value[SAMPLE_ROOM];
};

/* The digests of all samples of a run. */
struct trace {
    uint64_t *digest;
    size_t count, room;
};

struct side {
    struct bus *bus;
    struct ram_block *ram;
    struct cpu *cpu;
    const struct program *program;
    struct trace trace;
    const struct trace *expected; /* the run ends where it differs; NULL: nothing is expected */
    size_t stop_at;               /* the run ends at this sample */
    struct sample sample;         /* the last one */
    uint64_t interrupts;
    bool ended, differs;
};

void side_open(struct side *side, enum engine engine, struct clock *clock);
void side_close(struct side *side);
/* Memory and registers as the program of `seed` finds them. */
void side_prepare(struct side *side, const struct program *p, uint64_t seed);
/* Instructions of the program, without those of interrupts. */
uint64_t side_instructions(const struct side *side);
/* Prints what differs; false: nothing. */
bool side_print_difference(const struct side *a, const struct side *b);

#endif
