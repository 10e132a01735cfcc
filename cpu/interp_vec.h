/* What the floating-point and vector handlers share. */
#ifndef ULNA_CPU_INTERP_VEC_H
#define ULNA_CPU_INTERP_VEC_H

#include "cpu/interp.h"
#include "cpu/isa/simd.h"

/* The rounding a micro-op names: an enum fp_rounding or ROUNDING_FPCR. */
static inline enum fp_rounding vec_rounding(const struct cpu *cpu, unsigned rounding)
{
    return rounding == ROUNDING_FPCR ? fp_rounding_mode(&cpu->fp) : (enum fp_rounding)rounding;
}

#endif
