/* From operands to registers, and from registers to what an instruction must make of them. */
#ifndef ULNA_TESTS_FP_IEEE_LANES_H
#define ULNA_TESTS_FP_IEEE_LANES_H

#include "ieee_machine.h"
#include "ieee_operands.h"

uint64_t ieee_element(const uint64_t *v, enum ieee_format f, unsigned index);

/* All elements of a register are from operands, those of operands[chosen[first]] and the next or,
 * `equal`, of that one alone: what the instruction must not look at is as difficult as what it
 * computes with. */
void ieee_fill(const struct ieee_row *row, const struct operands *operands, const unsigned *chosen,
               unsigned count, unsigned first, bool equal, struct ieee_case *c);

/* The operands of a lane of the result. */
void ieee_gather(const struct ieee_row *row, const struct ieee_case *c, unsigned lane, uint64_t *x);

/* What must come out in o->fpcr, FPSR being clear before. */
void ieee_want(struct oracle *o, const struct ieee_row *row, unsigned fbits,
               const struct ieee_case *c, struct ieee_outcome *wanted);

#endif
