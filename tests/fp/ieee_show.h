/* What people read. */
#ifndef ULNA_TESTS_FP_IEEE_SHOW_H
#define ULNA_TESTS_FP_IEEE_SHOW_H

#include "ieee_machine.h"

/* An execution with another outcome than wanted. */
struct difference {
    const struct ieee_row *row;
    unsigned fbits;
    uint32_t fpcr, fpsr; /* before */
    const char *way;     /* what executed it */
    const struct ieee_case *operands;
    const struct ieee_outcome *is, *wanted;
};

void ieee_show(const struct difference *difference);

/* The instruction, on one line of at least so many columns, and its number of fraction bits. */
void ieee_show_row(const struct ieee_row *row, unsigned fbits, int columns);

#endif
