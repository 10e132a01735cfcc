/* The numbers that an instruction is tried on: all pairs of corner cases, triples that cancel or
 * nearly do, what is next to a tie or to the end of a range, and random ones that crowd there. */
#ifndef ULNA_TESTS_FP_IEEE_OPERANDS_H
#define ULNA_TESTS_FP_IEEE_OPERANDS_H

#include "ieee_oracle.h"

struct operands {
    uint64_t x[3];
    uint32_t chance; /* for the caller */
};

struct choice {
    unsigned random; /* so many random ones beside the chosen ones */
    bool all;        /* of one half, every one there is */
    uint64_t state;  /* of chance */
};

/* Writes at most `room` and returns how many. */
unsigned ieee_operands(struct oracle *o, const struct ieee_row *row, unsigned fbits,
                       struct choice *choice, struct operands *operands, unsigned room);

#endif
