/* What the lowerings of scalar floating-point micro-ops share.
 *
 * The host computes what the guest asked for, flags included, but for NaNs (which one is taken, and
 * how it looks) and for numbers that are tiny only before rounding: where a result could be one of
 * those, a stub runs the handler, which sees the operands as they were. XMM0 is for results, XMM1
 * and XMM2 for operands without a home, XMM3 for checks.
 *
 * Under FPCR.FZ the host flushes too (cpu/mxcsr.h), but for two flags. It does not tell that it
 * took a denormal operand for zero: operands are looked at before, unless it is known that they are
 * none or have been noted in FPSR.IDC: `noted` has the registers of which that is known of the
 * lowest element, `lanes` those of which it is known of all. It says of a tiny result that it is
 * inexact: where that is news, in blocks without MODE_INEXACT, a stub takes such an operation back.
 */
#ifndef ULNA_CPU_JIT_LOWER_FP_H
#define ULNA_CPU_JIT_LOWER_FP_H

#include "cpu/jit/lower.h"

/* The scalar form of an opcode of the 0x0f map. */
#define SCALAR(wide, opcode) ((wide) ? 0xf20f00u | (opcode) : 0xf30f00u | (opcode))

/* FPCR.FZ in this block? */
bool fp_flushes_to_zero(const struct lower *l);
/* FPCR.AHP or FZ16? */
bool fp_has_alternative_halves(const struct lower *l);
/* FPCR.FZ, and is a tiny result not the host's? */
bool fp_watches_tiny(const struct lower *l);
/* For a stub that restores them. */
void fp_keep_flags(struct lower *l);
/* The same before an operation whose result may be tiny, where that is watched. */
void fp_begin(struct lower *l);

struct fp_operand {
    uint8_t v; /* the vector register, and where it is */
    unsigned xmm;
};

/* Under FPCR.FZ: sets FPSR.IDC if one of the operands is denormal. Uses RAX and RCX. */
void fp_note_denormals(struct lower *l, bool wide, unsigned count,
                       const struct fp_operand *operand);
/* Is nothing but zeroes above the 64 or 32 bits of the vector register? */
bool fp_upper_is_zero(const struct lower *l, bool wide, unsigned v);
/* The immediate of the host's rounding instructions for an enum fp_rounding or ROUNDING_FPCR; -1:
 * it has no such rounding. */
int fp_host_rounding(unsigned rounding);
enum {
    FP_TRUNCATES = 3,
    FP_MXCSR = 4,  /* as MXCSR says */
    FP_SILENT = 8, /* in that immediate: without the flag of an inexact result */
};

/* Where to compute the micro-op's result while its operands, the XMM registers a, b and c, stay. */
unsigned fp_target(struct lower *l, const struct uop *uop, unsigned a, unsigned b, unsigned c);
/* to = a op b, the rest of it from a. Without AVX, `to` is not b. */
void fp_op(struct lower *l, unsigned opcode, unsigned to, unsigned a, unsigned b);
/* The offset of the constant of that name in struct thunk_constants. */
#define FP_CONSTANT(wide, name)                                                                    \
    ((wide) ? offsetof(struct thunk_constants, name##64)                                           \
            : offsetof(struct thunk_constants, name##32))
/* xmm = xmm op the member of struct thunk_constants at this offset */
void fp_op_constant(struct lower *l, unsigned opcode, unsigned xmm, size_t offset);
void fp_zero(struct lower *l, unsigned xmm);
enum fp_tiny {
    FP_NEVER_TINY,
    FP_TINY_EXACT, /* or of such a value that rounding never makes it normal, as quotients are */
    FP_TINY,       /* may be rounded up to the smallest normal number, which then is suspect */
};

/* To the stub if xmm is a NaN, or a result that is not the host's. */
struct stub *fp_check(struct lower *l, bool wide, unsigned xmm, enum fp_tiny tiny);
/* The result is in xmm; clean: with zeroes above it. */
void fp_done(struct lower *l, bool wide, unsigned v, unsigned xmm, bool clean);

#endif
