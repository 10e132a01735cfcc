/* Random sequences of instructions that two implementations must agree about: straight code and
 * branches forward, whose accesses stay in the data of tests/isa/layout.h. */
#ifndef ULNA_TESTS_DIFF_SEQUENCE_H
#define ULNA_TESTS_DIFF_SEQUENCE_H

#include "cpu/decode.h"
#include "tests/decode/verdict.h"
#include "tests/fuzz/words.h"
#include "tests/isa/oracle.h"

/* A row of the decoder with what it belongs to, and how often it was executed. */
struct subject {
    const struct insn_row *row;
    const char *table;
    uint64_t executed;
};

/* What one row of the decoder needs around it so that its outcome is defined. */
struct unit {
    struct subject *subject;
    unsigned first, words; /* in the sequence */
    bool skippable;        /* a branch stands before it, and counts on it */
};

struct sequence {
    uint32_t word[ORACLE_WORDS_MAX];
    unsigned words;
    struct unit unit[ORACLE_WORDS_MAX];
    unsigned units;
};

/* Appends a unit for the row; false: no room for it, or no such word was found. */
bool sequence_add(struct sequence *sequence, struct rng *rng, struct verdict *verdict,
                  struct subject *subject);
/* The request that runs the first `units` of it, without registers. */
void sequence_request(const struct sequence *sequence, unsigned units,
                      struct oracle_request *request);
/* Registers full of corner cases, the same as what the units count on. FPCR has any of `modes`. */
void sequence_registers(struct rng *rng, uint32_t modes, struct oracle_registers *in);

#endif
