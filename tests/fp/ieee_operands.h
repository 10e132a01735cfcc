/* The numbers that an instruction is tried on: all pairs of corner cases, triples that cancel or
 * nearly do, what is next to a tie or to the end of a range, and random ones that crowd there. */
#ifndef ULNA_TESTS_FP_IEEE_OPERANDS_H
#define ULNA_TESTS_FP_IEEE_OPERANDS_H

#include "ieee_oracle.h"

struct operands {
    uint64_t x[3];
    uint32_t chance; /* for the caller */
};

/* Writes at most `room` and returns how many. `random`: of them are random ones, from the state. */
unsigned ieee_operands(struct oracle *o, const struct ieee_row *row, unsigned fbits,
                       unsigned random, uint64_t *state, struct operands *operands, unsigned room);

#endif
