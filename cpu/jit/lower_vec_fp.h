/* What the forms of floating-point lowerings share. Private to cpu/jit/lower_vec_fp.c,
 * lower_vec_half.c and lower_vec_estimate.c. */
#ifndef ULNA_CPU_JIT_LOWER_VEC_FP_H
#define ULNA_CPU_JIT_LOWER_VEC_FP_H

#include "cpu/jit/lower_vec.h"

enum { ANDPS = 0x0f54, MOVMSK = 0x50, CVTDQ2PS = 0x0f5b, CVTTPS2DQ = 0xf30f5b, MULPS = 0x0f59 };
enum { CVTSI2SD = 0xf20f2a, CVTTSD2SI = 0xf20f2c };
enum { CVTPS2PD = 0x0f5a, CVTPD2PS = 0x660f5a, ROUNDPS = 0x660f3a08, ROUNDPD = 0x660f3a09 };
enum { ADD = 0x58, MUL = 0x59, SUB = 0x5c, MIN = 0x5d, COMPARE = 0xc2, PTEST = 0x660f3817 };
enum {
    EQUAL = 0,
    UNORDERED = 3,
    EQUAL_OR_UNORDERED = 8,
    NOT_GREATER = 26,
    NOT_LESS = 21
}; /* predicates of COMPARE; no flag by quiet NaNs */

/* The packed form of an opcode of the 0x0f map. */
static inline unsigned packed(unsigned bits, unsigned opcode)
{
    return (bits == 64 ? 0x660f00u : 0x0f00u) | opcode;
}

/* To the handler where a lane that counts of the XMM register is all ones. */
void vec_fp_leave_if_any(struct vec *v, unsigned xmm);
/* XMM3 = n, singles or doubles, rounded; silent: without the flag of an inexact result. Uses XMM2.
 */
void vec_fp_round_lanes(struct vec *v, unsigned n, unsigned rounding, bool silent);
/* XMM3 = XMM3 / 2^fraction bits: exact. */
void vec_fp_scale_down(struct vec *v, unsigned bits);

#endif
