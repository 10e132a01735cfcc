/* What the lowerings of scalar floating-point micro-ops share.
 *
 * The host computes what the guest asked for, flags included, but for NaNs (which one is taken, and
 * how it looks) and for numbers that are tiny only before rounding: where a result could be one of
 * those, a stub runs the handler, which sees the operands as they were. FPCR.FZ is not the host's
 * either: blocks of that mode call handlers. XMM0 is for results, XMM1 and XMM2 for operands
 * without a home, XMM3 for checks. */
#ifndef ULNA_CPU_JIT_LOWER_FP_H
#define ULNA_CPU_JIT_LOWER_FP_H

#include "cpu/jit/lower.h"

/* The scalar form of an opcode of the 0x0f map. */
#define SCALAR(wide, opcode) ((wide) ? 0xf20f00u | (opcode) : 0xf30f00u | (opcode))

/* FPCR.FZ in this block? */
bool fp_flushes_to_zero(const struct lower *l);
/* Is nothing but zeroes above the 64 or 32 bits of the vector register? */
bool fp_upper_is_zero(const struct lower *l, bool wide, unsigned v);
/* Where to compute the micro-op's result while its operands, the XMM registers a, b and c, stay. */
unsigned fp_target(struct lower *l, const struct uop *uop, unsigned a, unsigned b, unsigned c);
/* to = a op b, the rest of it from a. Without AVX, `to` is not b. */
void fp_op(struct lower *l, unsigned opcode, unsigned to, unsigned a, unsigned b);
/* xmm = xmm op the member of struct thunk_constants at this offset */
void fp_op_constant(struct lower *l, unsigned opcode, unsigned xmm, size_t offset);
void fp_zero(struct lower *l, unsigned xmm);
/* To the stub if xmm is a NaN; tiny: or the smallest normal number, which may have been less. */
struct stub *fp_check(struct lower *l, bool wide, unsigned xmm, bool tiny);
/* The result is in xmm; clean: with zeroes above it. */
void fp_done(struct lower *l, bool wide, unsigned v, unsigned xmm, bool clean);

#endif
