/* What the floating-point and Advanced SIMD translators share. */
#ifndef ULNA_CPU_ISA_SIMD_H
#define ULNA_CPU_ISA_SIMD_H

#include "cpu/fp.h"
#include "cpu/translate.h"

/* In place of an enum fp_rounding in a micro-op: what FPCR says when it runs. */
#define ROUNDING_FPCR 7

/* With a rounding in the immediate of FRINT: inexactness is an exception. */
#define VEC_EXACT 8u

/* A rounding mode in the immediate of vector conversions: vec_lanes_fp.h. */
#define SIMD_ROUNDING(mode) ((uint32_t)FPRounding_##mode << 8)

/* A vector register as operand. */
static inline uint8_t V(unsigned n)
{
    return (uint8_t)n;
}

/* VFPExpandImm(): the 8-bit immediate as a double, a single or a half. */
static inline uint64_t simd_expand_imm64(uint32_t imm8)
{
    uint64_t sign = imm8 >> 7 & 1, exponent = imm8 & 0x40 ? 0x3fc : 0x400;

    return sign << 63 | (exponent | (imm8 >> 4 & 3)) << 52 | (uint64_t)(imm8 & 15) << 48;
}

static inline uint32_t simd_expand_imm32(uint32_t imm8)
{
    uint32_t sign = imm8 >> 7 & 1, exponent = imm8 & 0x40 ? 0x7c : 0x80;

    return sign << 31 | (exponent | (imm8 >> 4 & 3)) << 23 | (imm8 & 15) << 19;
}

static inline uint32_t simd_expand_imm16(uint32_t imm8)
{
    uint32_t sign = imm8 >> 7 & 1, exponent = imm8 & 0x40 ? 0xc : 0x10;

    return sign << 15 | (exponent | (imm8 >> 4 & 3)) << 10 | (imm8 & 15) << 6;
}

/* Emits one vector micro-op unless FP is trapped: d, a, b are V registers, `bytes` is what counts
 * of the result. True. */
bool simd_emit(struct tr *tr, enum uop_op op, uint32_t d, uint32_t a, uint32_t b, unsigned bytes,
               unsigned y, uint64_t imm);

/* What a vector of Q counts. */
static inline unsigned simd_bytes(const struct fields *f)
{
    return f->q ? 16 : 8;
}

/* Adds to the first micro-op of a family, which has one for each element size, smallest first. */
static inline enum uop_op simd_op(enum uop_op first, unsigned steps)
{
    return (enum uop_op)(first + steps);
}

/* --- Translators of many rows; d, n, m are V registers, m where there is one, and row->imm goes to
 * the micro-op --- */

/* row->op itself */
translator simd_fixed;
/* row->op is for the size row->min; sizes up to row->max. A doubleword needs Q in the vector form.
 */
translator simd_vector, simd_scalar;
/* row->op is for singles; z is sz. Doubles need Q in the vector form. */
translator simd_vector_fp, simd_scalar_fp;
/* row->op is for halves, of which one counts. */
translator simd_scalar_half;

#endif
