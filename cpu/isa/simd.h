/* What the floating-point and Advanced SIMD translators share. */
#ifndef ULNA_CPU_ISA_SIMD_H
#define ULNA_CPU_ISA_SIMD_H

#include "cpu/fp.h"
#include "cpu/translate.h"

/* In place of an enum fp_rounding in a micro-op: what FPCR says when it runs. */
#define ROUNDING_FPCR 7

/* A vector register as operand. */
static inline uint8_t V(unsigned n)
{
    return (uint8_t)n;
}

/* VFPExpandImm(): the 8-bit immediate as a double or a single. */
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

#endif
