/* Inside the floating-point library: unpacked numbers, rounding and NaN processing, the functions
 * that every operation of fp_*.c is made of. Arm ARM DDI 0487, shared/functions/float. */
#ifndef ULNA_CPU_FP_CORE_H
#define ULNA_CPU_FP_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "cpu/fp.h"

typedef unsigned __int128 fp_uint128;

struct fp_layout {
    uint8_t width;     /* N */
    uint8_t exp_bits;  /* E */
    uint8_t frac_bits; /* F */
};

static const struct fp_layout fp_layouts[] = {
    [FP_HALF] = {16, 5, 10},
    [FP_SINGLE] = {32, 8, 23},
    [FP_DOUBLE] = {64, 11, 52},
    [FP_BFLOAT] = {16, 8, 7},
};

/* FPType, in an order that lets `type >= FPType_QNaN` ask for any NaN. */
enum fp_type {
    FPType_Zero,
    FPType_Nonzero, /* also FPType_Denormal */
    FPType_Infinity,
    FPType_QNaN,
    FPType_SNaN,
};

/* FPUnpack's (type, sign, value). A Nonzero value is sig * 2^(exp - 63), bit 63 of sig set. */
struct fp_num {
    enum fp_type type;
    bool sign;
    bool denormal; /* FPType_Denormal: Nonzero as well */
    int exp;
    uint64_t sig;
};

/* FPUnpack; FPUnpackCV where `cv`: halves are not flushed, and FPCR.AHP is obeyed. */
struct fp_num fp_unpack(enum fp_format f, uint64_t op, bool cv, struct fp_status *st);

/* FPRound of the nonzero value sig * 2^(exp - 63), bit 63 of sig set and its bit 0 sticky (it
 * stands for everything non-zero below); FPRoundCV where `cv`. */
uint64_t fp_round(enum fp_format f, bool sign, int exp, uint64_t sig, bool cv,
                  enum fp_rounding rounding, struct fp_status *st);

/* Whether a magnitude is incremented: `odd` is its lowest bit, `error` the fraction below it with
 * weight 2^-64. For every mode but FPRounding_ODD, which never increments. */
bool fp_rounds_up(bool sign, bool odd, uint64_t error, enum fp_rounding rounding);

/* FPProcessNaN and FPProcessNaNs; the latter return false where no operand is a NaN. */
uint64_t fp_process_nan(enum fp_format f, enum fp_type type, uint64_t op, struct fp_status *st);
bool fp_process_nans(enum fp_format f, enum fp_type type1, enum fp_type type2, uint64_t op1,
                     uint64_t op2, uint64_t *result, struct fp_status *st);
bool fp_process_nans3(enum fp_format f, enum fp_type type1, enum fp_type type2, enum fp_type type3,
                      uint64_t op1, uint64_t op2, uint64_t op3, uint64_t *result,
                      struct fp_status *st);

static inline uint64_t fp_zero(enum fp_format f, bool sign)
{
    return (uint64_t)sign << (fp_layouts[f].width - 1);
}

/* FPInfinity */
static inline uint64_t fp_infinity(enum fp_format f, bool sign)
{
    const struct fp_layout *l = &fp_layouts[f];

    return fp_zero(f, sign) | bits_ones(l->exp_bits) << l->frac_bits;
}

/* FPMaxNormal */
static inline uint64_t fp_max_normal(enum fp_format f, bool sign)
{
    return fp_infinity(f, sign) - 1;
}

/* FPDefaultNaN */
static inline uint64_t fp_default_nan(enum fp_format f, const struct fp_status *st)
{
    return fp_infinity(f, st->fpcr & FPCR_AH) | 1ull << (fp_layouts[f].frac_bits - 1);
}

/* The default NaN as the answer to an Invalid Operation. */
static inline uint64_t fp_invalid(enum fp_format f, struct fp_status *st)
{
    st->fpsr |= FPSR_IOC;
    return fp_default_nan(f, st);
}

/* FPNeg */
static inline uint64_t fp_neg(enum fp_format f, uint64_t op, const struct fp_status *st)
{
    return f == FP_HALF     ? fp16_neg((uint16_t)op, st)
           : f == FP_SINGLE ? fp32_neg((uint32_t)op, st)
                            : fp64_neg(op, st);
}

static inline bool fp_is_nan(enum fp_type type)
{
    return type >= FPType_QNaN;
}

/* Whether FPCR flushes subnormal results of this format to zero; and operands, unless FPCR.AH is
 * set. */
static inline bool fp_flushes(enum fp_format f, const struct fp_status *st)
{
    return st->fpcr & (f == FP_HALF ? FPCR_FZ16 : FPCR_FZ);
}

/* FPProcessDenorm: under FPCR.AH, an operand that is subnormal and not flushed is noted, once it is
 * known that the operation is not an invalid one. */
static inline void fp_note_denormal(enum fp_format f, struct fp_num num, struct fp_status *st)
{
    if ((st->fpcr & FPCR_AH) && f != FP_HALF && num.denormal)
        st->fpsr |= FPSR_IDC;
}

/* FPProcessDenorms */
static inline void fp_note_denormals(enum fp_format f, struct fp_num num1, struct fp_num num2,
                                     struct fp_status *st)
{
    fp_note_denormal(f, num1, st);
    fp_note_denormal(f, num2, st);
}

/* The status for estimates, steps and BFloat16, which have no exceptions where FPCR.AH is set,
 * flush and round to nearest: `own`, which takes the flags, or `st` itself. */
static inline struct fp_status *fp_quiet_status(struct fp_status *st, struct fp_status *own)
{
    own->fpcr = (st->fpcr & ~FPCR_RMODE) | FPCR_FIZ | FPCR_FZ;
    return st->fpcr & FPCR_AH ? own : st;
}

/* value >> amount with a sticky bit 0; amount >= 0. */
static inline uint64_t fp_shift_right_sticky(uint64_t value, int amount)
{
    if (amount == 0)
        return value;
    if (amount > 63)
        return value != 0;
    return value >> amount | (value << (64 - amount) != 0);
}

static inline fp_uint128 fp_shift_right_sticky128(fp_uint128 value, int amount)
{
    if (amount == 0)
        return value;
    if (amount > 127)
        return value != 0;
    return value >> amount | (value << (128 - amount) != 0);
}

/* The rounding error of sum = x + y by Knuth's TwoSum: exact, and not finite where a step of it
 * overflows. */
static inline double fp_sum_error(double x, double y, double sum)
{
    double part = sum - x;

    return (x - (sum - part)) + (y - part);
}

static inline int fp_clz128(fp_uint128 value)
{
    uint64_t high = (uint64_t)(value >> 64);

    return high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)value);
}

#endif
