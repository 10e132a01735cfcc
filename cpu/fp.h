/* AArch64 floating-point arithmetic on bit patterns, exact in value, NaN and FPSR flags.
 *
 * Models shared/functions/float of the Arm ARM (DDI 0487, J1.3) without the optional trapped
 * exceptions (the FPCR trap enables are RAZ/WI). Underflow is detected before rounding, as the
 * architecture says, or after it where FPCR.AH is set (FEAT_AFP). FPCR.NEP is no matter of numbers:
 * the translator sees to it.
 *
 * Shapes: an operand is the bit pattern of an IEEE 754 half, single or double in an unsigned
 * integer of that size. `fp_xxx(format, ...)` is the exact function for any format, operands and
 * result in the low bits of a uint64_t (the bits above the format are ignored in operands and zero
 * in results). `fp16_xxx`, `fp32_xxx` and `fp64_xxx` are the same function for one format; the hot
 * ones first try the host's own arithmetic, where its result is certain to be the same and no flag
 * can change.
 *
 * Host contract: IEEE 754 binary32/binary64 `float` and `double` without excess precision, in the
 * default environment (round to nearest, subnormals honoured). Nothing here reads or writes the
 * host's floating-point environment apart from the status flags ordinary arithmetic raises.
 */
#ifndef ULNA_CPU_FP_H
#define ULNA_CPU_FP_H

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "the fast paths need float and double without excess bits");

/* FPCR fields that this file obeys: DDI 0487, C5.2.7. */
#define FPCR_FIZ         (1u << 0) /* FEAT_AFP: AH, FIZ, NEP */
#define FPCR_AH          (1u << 1)
#define FPCR_NEP         (1u << 2)
#define FPCR_EBF         (1u << 13)
#define FPCR_FZ16        (1u << 19)
#define FPCR_RMODE_SHIFT 22
#define FPCR_RMODE       (3u << FPCR_RMODE_SHIFT)
#define FPCR_FZ          (1u << 24)
#define FPCR_DN          (1u << 25)
#define FPCR_AHP         (1u << 26)

/* FPSR cumulative exception bits: DDI 0487, C5.2.8. QC belongs to saturation, not to this file. */
#define FPSR_IOC (1u << 0) /* Invalid Operation */
#define FPSR_DZC (1u << 1) /* Divide by Zero */
#define FPSR_OFC (1u << 2) /* Overflow */
#define FPSR_UFC (1u << 3) /* Underflow */
#define FPSR_IXC (1u << 4) /* Inexact */
#define FPSR_IDC (1u << 7) /* Input Denormal */
#define FPSR_QC  (1u << 27)

/* The mode that an operation reads and the flags it sets; flags are only ever added. */
struct fp_status {
    uint32_t fpcr;
    uint32_t fpsr;
};

enum fp_format {
    FP_HALF,
    FP_SINGLE,
    FP_DOUBLE,
    FP_BFLOAT, /* BFloat16: conversion alone */
};

/* FPRounding: the first four have the encoding of FPCR.RMode. */
enum fp_rounding {
    FPRounding_TIEEVEN,
    FPRounding_POSINF,
    FPRounding_NEGINF,
    FPRounding_ZERO,
    FPRounding_TIEAWAY,
    FPRounding_ODD,
};

/* FPRoundingMode(): the rounding that FPCR asks for. */
static inline enum fp_rounding fp_rounding_mode(const struct fp_status *st)
{
    return (enum fp_rounding)((st->fpcr & FPCR_RMODE) >> FPCR_RMODE_SHIFT);
}

/* FPAdd, FPSub, FPMul, FPMulX, FPDiv: op1 OP op2. */
uint64_t fp_add(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_sub(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_mul(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_mulx(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_div(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);

/* FPMulAdd: addend + op1 * op2 with one rounding. */
uint64_t fp_muladd(enum fp_format f, uint64_t addend, uint64_t op1, uint64_t op2,
                   struct fp_status *st);

/* FPSqrt. */
uint64_t fp_sqrt(enum fp_format f, uint64_t op, struct fp_status *st);

/* FPRecipStepFused: 2 - op1 * op2. FPRSqrtStepFused: (3 - op1 * op2) / 2. */
uint64_t fp_recip_step_fused(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_rsqrt_step_fused(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);

/* FPRecipEstimate, FPRSqrtEstimate, FPRecpX. */
uint64_t fp_recip_estimate(enum fp_format f, uint64_t op, struct fp_status *st);
uint64_t fp_rsqrt_estimate(enum fp_format f, uint64_t op, struct fp_status *st);
uint64_t fp_recpx(enum fp_format f, uint64_t op, struct fp_status *st);

/* UnsignedRecipEstimate, UnsignedRSqrtEstimate (URECPE, URSQRTE): unsigned fixed point, no status.
 */
uint32_t fp_unsigned_recip_estimate(uint32_t op);
uint32_t fp_unsigned_rsqrt_estimate(uint32_t op);

/* FPMax, FPMin, FPMaxNum, FPMinNum. */
uint64_t fp_max(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_min(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_maxnum(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_minnum(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);

/* FPCompare: NZCV in the low four bits, N in bit 3. `signal_nans` is FCMPE's: any NaN is invalid.
 */
unsigned fp_compare(enum fp_format f, uint64_t op1, uint64_t op2, bool signal_nans,
                    struct fp_status *st);

/* FPCompareEQ, FPCompareGE, FPCompareGT. */
bool fp_compare_eq(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
bool fp_compare_ge(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
bool fp_compare_gt(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);

/* FPRoundInt: to an integral value; `exact` (FRINTX) raises Inexact when the value changed. */
uint64_t fp_round_int(enum fp_format f, uint64_t op, enum fp_rounding rounding, bool exact,
                      struct fp_status *st);

/* FPRoundIntN (FRINT32X, FRINT64Z, ...): `int_bits` is 32 or 64; out of range gives -2^(bits-1). */
uint64_t fp_round_int_n(enum fp_format f, uint64_t op, enum fp_rounding rounding, unsigned int_bits,
                        struct fp_status *st);

/* FPToFixed: to a fixed-point integer of `int_bits` (16, 32 or 64) with `fbits` fraction bits,
 * 0 <= fbits <= 64, saturating. The result is zero above `int_bits`, for signed results as well. */
uint64_t fp_to_fixed(enum fp_format f, uint64_t op, unsigned int_bits, unsigned fbits,
                     bool is_unsigned, enum fp_rounding rounding, struct fp_status *st);

/* FPToFixedJS (FJCVTZS): double to int32 modulo 2^32; `*z` is the Z flag, set when exact. */
uint32_t fp_to_fixed_js(uint64_t op, bool *z, struct fp_status *st);

/* FixedToFP: `op` is the integer extended to 64 bits by the caller (sign or zero, as `is_unsigned`
 * says), 0 <= fbits <= 64, rounded as FPCR says. */
uint64_t fp_from_fixed(enum fp_format f, uint64_t op, unsigned fbits, bool is_unsigned,
                       struct fp_status *st);

/* FPConvert: between two different formats, obeying FPCR.AHP for halves. */
uint64_t fp_convert(enum fp_format to, enum fp_format from, uint64_t op, enum fp_rounding rounding,
                    struct fp_status *st);

/* --- What SVE alone has (fp_sve.c): halves, singles and doubles --- */

/* FPScale: op times 2^scale. */
uint64_t fp_scale(enum fp_format f, uint64_t op, int64_t scale, struct fp_status *st);
/* FPLogB: the exponent, as an integer of the format's width. */
uint64_t fp_logb(enum fp_format f, uint64_t op, struct fp_status *st);
/* FPExpA: 2^(a sixty-fourth of the low bits; of halves a thirty-second). */
uint64_t fp_exponential(enum fp_format f, uint64_t op);
/* FPTrigMAdd, with 0 <= index <= 7; FPTrigSMul; FPTrigSSel. */
uint64_t fp_trig_muladd(enum fp_format f, unsigned index, uint64_t op1, uint64_t op2,
                        struct fp_status *st);
uint64_t fp_trig_square(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st);
uint64_t fp_trig_select(enum fp_format f, uint64_t op1, uint64_t op2, const struct fp_status *st);

/* One name per format for the operations that have no fast path. */
#define FP_UNARY(format, bits, name)                                                               \
    static inline uint##bits##_t fp##bits##_##name(uint##bits##_t op, struct fp_status *st)        \
    {                                                                                              \
        return (uint##bits##_t)fp_##name(format, op, st);                                          \
    }
#define FP_BINARY(format, bits, name)                                                              \
    static inline uint##bits##_t fp##bits##_##name(uint##bits##_t op1, uint##bits##_t op2,         \
                                                   struct fp_status *st)                           \
    {                                                                                              \
        return (uint##bits##_t)fp_##name(format, op1, op2, st);                                    \
    }
#define FP_TEST(format, bits, name)                                                                \
    static inline bool fp##bits##_##name(uint##bits##_t op1, uint##bits##_t op2,                   \
                                         struct fp_status *st)                                     \
    {                                                                                              \
        return fp_##name(format, op1, op2, st);                                                    \
    }
#define FP_SIGN(bits, infinity)                                                                    \
    static inline bool fp##bits##_keeps_sign(uint##bits##_t op, const struct fp_status *st)        \
    {                                                                                              \
        return (st->fpcr & FPCR_AH) && (uint##bits##_t)(op << 1) > (uint##bits##_t)(infinity);     \
    }                                                                                              \
    static inline uint##bits##_t fp##bits##_abs(uint##bits##_t op, const struct fp_status *st)     \
    {                                                                                              \
        uint##bits##_t sign = (uint##bits##_t)(1ull << ((bits)-1));                                \
                                                                                                   \
        return fp##bits##_keeps_sign(op, st) ? op : op & (uint##bits##_t) ~sign;                   \
    }                                                                                              \
    static inline uint##bits##_t fp##bits##_neg(uint##bits##_t op, const struct fp_status *st)     \
    {                                                                                              \
        uint##bits##_t sign = (uint##bits##_t)(1ull << ((bits)-1));                                \
                                                                                                   \
        return fp##bits##_keeps_sign(op, st) ? op : op ^ sign;                                     \
    }
#define FP_OTHER(format, bits)                                                                     \
    static inline uint##bits##_t fp##bits##_round_int(                                             \
        uint##bits##_t op, enum fp_rounding rounding, bool exact, struct fp_status *st)            \
    {                                                                                              \
        return (uint##bits##_t)fp_round_int(format, op, rounding, exact, st);                      \
    }                                                                                              \
    static inline uint##bits##_t fp##bits##_round_int_n(                                           \
        uint##bits##_t op, enum fp_rounding rounding, unsigned int_bits, struct fp_status *st)     \
    {                                                                                              \
        return (uint##bits##_t)fp_round_int_n(format, op, rounding, int_bits, st);                 \
    }

#define FP_ALL_FORMATS(kind, name)                                                                 \
    kind(FP_HALF, 16, name) kind(FP_SINGLE, 32, name) kind(FP_DOUBLE, 64, name)

/* FPAbs, FPNeg: under FPCR.AH a NaN keeps its sign. Infinity as it is without one, shifted up. */
FP_SIGN(16, 0xf800)
FP_SIGN(32, 0xff000000)
FP_SIGN(64, 0xffe0000000000000)

/* FPRoundInt, FPRoundIntN */
FP_OTHER(FP_HALF, 16)
FP_OTHER(FP_SINGLE, 32)
FP_OTHER(FP_DOUBLE, 64)

FP_ALL_FORMATS(FP_BINARY, recip_step_fused)
FP_ALL_FORMATS(FP_BINARY, rsqrt_step_fused)
FP_ALL_FORMATS(FP_UNARY, recip_estimate)
FP_ALL_FORMATS(FP_UNARY, rsqrt_estimate)
FP_ALL_FORMATS(FP_UNARY, recpx)

/* The half-precision forms of those that have one in the other formats. */
FP_BINARY(FP_HALF, 16, mulx)
FP_BINARY(FP_HALF, 16, max)
FP_BINARY(FP_HALF, 16, min)
FP_BINARY(FP_HALF, 16, maxnum)
FP_BINARY(FP_HALF, 16, minnum)
FP_TEST(FP_HALF, 16, compare_eq)
FP_TEST(FP_HALF, 16, compare_ge)
FP_TEST(FP_HALF, 16, compare_gt)

/* These compute in the host's doubles where that is exact: fp_half.c. */
uint16_t fp16_add(uint16_t op1, uint16_t op2, struct fp_status *st);
uint16_t fp16_sub(uint16_t op1, uint16_t op2, struct fp_status *st);
uint16_t fp16_mul(uint16_t op1, uint16_t op2, struct fp_status *st);
uint16_t fp16_div(uint16_t op1, uint16_t op2, struct fp_status *st);
uint16_t fp16_sqrt(uint16_t op, struct fp_status *st);
uint16_t fp16_muladd(uint16_t addend, uint16_t op1, uint16_t op2, struct fp_status *st);

/* A half as an integer in the same order: its magnitude with its sign. NaNs are beyond +-0x7c00. */
static inline int fp16_order(uint16_t op)
{
    return op & 0x8000 ? -(op & 0x7fff) : op;
}

/* Numbers that nothing flushes; false: FPCompare has to look. */
static inline bool fp16_host_compare(uint16_t op1, uint16_t op2, const struct fp_status *st,
                                     unsigned *flags)
{
    int value1 = fp16_order(op1), value2 = fp16_order(op2);

    *flags = (unsigned)(value1 < value2) << 3 | (unsigned)(value1 == value2) << 2 |
             (unsigned)(value1 >= value2) << 1;
    return (st->fpcr & FPCR_FZ16) == 0 && abs(value1) <= 0x7c00 && abs(value2) <= 0x7c00;
}

static inline unsigned fp16_compare(uint16_t op1, uint16_t op2, bool signal_nans,
                                    struct fp_status *st)
{
    unsigned flags;

    return fp16_host_compare(op1, op2, st, &flags) ? flags
                                                   : fp_compare(FP_HALF, op1, op2, signal_nans, st);
}

static inline uint64_t fp16_to_fixed(uint16_t op, unsigned int_bits, unsigned fbits,
                                     bool is_unsigned, enum fp_rounding rounding,
                                     struct fp_status *st)
{
    return fp_to_fixed(FP_HALF, op, int_bits, fbits, is_unsigned, rounding, st);
}

static inline uint16_t fp16_from_fixed(uint64_t op, unsigned fbits, bool is_unsigned,
                                       struct fp_status *st)
{
    return (uint16_t)fp_from_fixed(FP_HALF, op, fbits, is_unsigned, st);
}

/* FPConvert (FCVT), rounding as FPCR says. */
static inline uint16_t fp32_to_fp16(uint32_t op, struct fp_status *st)
{
    return (uint16_t)fp_convert(FP_HALF, FP_SINGLE, op, fp_rounding_mode(st), st);
}

static inline uint16_t fp64_to_fp16(uint64_t op, struct fp_status *st)
{
    return (uint16_t)fp_convert(FP_HALF, FP_DOUBLE, op, fp_rounding_mode(st), st);
}

static inline uint32_t fp16_to_fp32(uint16_t op, struct fp_status *st)
{
    return (uint32_t)fp_convert(FP_SINGLE, FP_HALF, op, fp_rounding_mode(st), st);
}

static inline uint64_t fp16_to_fp64(uint16_t op, struct fp_status *st)
{
    return fp_convert(FP_DOUBLE, FP_HALF, op, fp_rounding_mode(st), st);
}

/* FPConvertBF (BFCVT): a single to BFloat16, rounding as FPCR says. */
uint16_t fp32_to_bf16(uint32_t op, struct fp_status *st);
/* BFMulAddH (BFMLALB): addend + op1 * op2 with one rounding; op1 and op2 are BFloat16. */
uint32_t bf16_muladd(uint32_t addend, uint16_t op1, uint16_t op2, struct fp_status *st);

/* BFDotAdd: addend + (a0 * b0 + a1 * b1) of singles and pairs of BFloat16, the first one in the low
 * half. Rounded to odd three times, subnormals are zero, NaNs the default one; FPSR has no part in
 * it. With FPCR.EBF (FEAT_EBF16) rounded twice, as FPCR says. */
uint32_t bf16_dot_add(uint32_t addend, uint32_t a, uint32_t b, const struct fp_status *st);

/* The single with the value of a half, which is signalling if the half is: for operations on both.
 */
uint32_t fp16_widen(uint16_t op, const struct fp_status *st);

/* FPConvert with round to odd (FCVTXN). */
static inline uint32_t fp64_to_fp32_odd(uint64_t op, struct fp_status *st)
{
    return (uint32_t)fp_convert(FP_SINGLE, FP_DOUBLE, op, FPRounding_ODD, st);
}

/* ---- Fast paths ----
 *
 * The host's result is the architecture's when the mode is round to nearest without flushing, no
 * NaN is involved (NaN payloads and the default NaN differ between machines) and no flag can
 * change: Inexact is set already, so what remains is Invalid and Divide by Zero (both show as a
 * result that is not finite), Overflow (likewise) and Underflow (result not above the smallest
 * normal, which a value tiny before rounding may have been rounded up to). Everything else goes
 * the exact way. */

/* kind(format, bits, host type, ...) for the formats that the host has */
#define FP_HOST_FORMATS(kind, ...)                                                                 \
    kind(FP_DOUBLE, 64, double, __VA_ARGS__) kind(FP_SINGLE, 32, float, __VA_ARGS__)

/* fp_host_double(), fp_double_bits() and those of float: the same bits. */
#define FP_HOST_BITS(format, bits, host, unused)                                                   \
    static inline host fp_host_##host(uint##bits##_t op)                                           \
    {                                                                                              \
        host value;                                                                                \
                                                                                                   \
        memcpy(&value, &op, sizeof value);                                                         \
        return value;                                                                              \
    }                                                                                              \
    static inline uint##bits##_t fp_##host##_bits(host value)                                      \
    {                                                                                              \
        uint##bits##_t op;                                                                         \
                                                                                                   \
        memcpy(&op, &value, sizeof op);                                                            \
        return op;                                                                                 \
    }
FP_HOST_FORMATS(FP_HOST_BITS, )

/* FPCR has singles and doubles flushed, or handled in the alternate way. */
#define FPCR_NOT_HOST (FPCR_FZ | FPCR_FIZ | FPCR_AH)

/* Rounding to nearest, no flushing of singles and doubles, and Inexact is set already. */
static inline bool fp_host_mode(const struct fp_status *st)
{
    return ((st->fpcr & (FPCR_NOT_HOST | FPCR_RMODE)) | (~st->fpsr & FPSR_IXC)) == 0;
}

/* By the bit pattern: finite; zero; finite and above the smallest normal number in magnitude. `one`
 * is the lowest exponent bit of the pattern without sign, `infinity` the exponent of ones. */
#define FP_HOST_CLASSES(bits, one, infinity)                                                       \
    static inline bool fp##bits##_is_finite(uint##bits##_t op)                                     \
    {                                                                                              \
        return (uint##bits##_t)(op << 1) < infinity * one;                                         \
    }                                                                                              \
    static inline bool fp##bits##_is_zero(uint##bits##_t op)                                       \
    {                                                                                              \
        return (uint##bits##_t)(op << 1) == 0;                                                     \
    }                                                                                              \
    static inline bool fp##bits##_is_safe(uint##bits##_t op)                                       \
    {                                                                                              \
        return (uint##bits##_t)((op << 1) - (one + 1)) < (infinity - 1) * one - 1;                 \
    }
FP_HOST_CLASSES(64, (1ull << 53), 0x7ff)
FP_HOST_CLASSES(32, (1u << 24), 0xff)

/* FPAdd, FPSub, FPMul, FPDiv. fpN_host_xxx() tries the host's way and says whether it will do; for
 * callers who want to leave the rest to a function out of line. fpN_xxx_slow() looks closer at what
 * is left (which operations were exact, whether an operand or the result would be flushed) and
 * calls the exact function for what then remains. */
#define FP_HOST_BINARY(format, bits, host, name, operator, is_good)                                \
    uint##bits##_t fp##bits##_##name##_slow(uint##bits##_t op1, uint##bits##_t op2,                \
                                            struct fp_status *st);                                 \
    static inline bool fp##bits##_host_##name(uint##bits##_t op1, uint##bits##_t op2,              \
                                              const struct fp_status *st, uint##bits##_t *result)  \
    {                                                                                              \
        *result = fp_##host##_bits(fp_host_##host(op1) operator fp_host_##host(op2));              \
        return __builtin_expect(fp_host_mode(st) && fp##bits##_##is_good(*result), 1);             \
    }                                                                                              \
    static inline uint##bits##_t fp##bits##_##name(uint##bits##_t op1, uint##bits##_t op2,         \
                                                   struct fp_status *st)                           \
    {                                                                                              \
        uint##bits##_t result;                                                                     \
                                                                                                   \
        return fp##bits##_host_##name(op1, op2, st, &result)                                       \
                   ? result                                                                        \
                   : fp##bits##_##name##_slow(op1, op2, st);                                       \
    }
/* A sum that is tiny is exact, so only a result that is not finite needs the exact way. */
FP_HOST_FORMATS(FP_HOST_BINARY, add, +, is_finite)
FP_HOST_FORMATS(FP_HOST_BINARY, sub, -, is_finite)
FP_HOST_FORMATS(FP_HOST_BINARY, mul, *, is_safe)
FP_HOST_FORMATS(FP_HOST_BINARY, div, /, is_safe)

/* FPMulX differs from FPMul for infinity times zero only, which is a NaN on the host. */
#define FP_HOST_MULX(format, bits, host, unused)                                                   \
    static inline uint##bits##_t fp##bits##_mulx(uint##bits##_t op1, uint##bits##_t op2,           \
                                                 struct fp_status *st)                             \
    {                                                                                              \
        uint##bits##_t result;                                                                     \
                                                                                                   \
        return fp##bits##_host_mul(op1, op2, st, &result)                                          \
                   ? result                                                                        \
                   : (uint##bits##_t)fp_mulx(format, op1, op2, st);                                \
    }
FP_HOST_FORMATS(FP_HOST_MULX, )

/* The root of a finite number is never tiny; that of a negative one is a NaN. */
uint64_t fp64_sqrt(uint64_t op, struct fp_status *st);
uint32_t fp32_sqrt(uint32_t op, struct fp_status *st);

uint64_t fp64_muladd(uint64_t addend, uint64_t op1, uint64_t op2, struct fp_status *st);
uint32_t fp32_muladd(uint32_t addend, uint32_t op1, uint32_t op2, struct fp_status *st);

/* A comparison of numbers sets no flag; only subnormal operands under FZ and NaNs are special. */
#define FP_HOST_COMPARE(format, bits, host, unused)                                                \
    static inline bool fp##bits##_host_compare(uint##bits##_t op1, uint##bits##_t op2,             \
                                               const struct fp_status *st, unsigned *flags)        \
    {                                                                                              \
        host value1 = fp_host_##host(op1), value2 = fp_host_##host(op2);                           \
                                                                                                   \
        *flags = (unsigned)(value1 < value2) << 3 | (unsigned)(value1 == value2) << 2 |            \
                 (unsigned)(value1 >= value2) << 1;                                                \
        return __builtin_expect(                                                                   \
            (st->fpcr & FPCR_NOT_HOST) == 0 && !__builtin_isunordered(value1, value2), 1);         \
    }                                                                                              \
    static inline unsigned fp##bits##_compare(uint##bits##_t op1, uint##bits##_t op2,              \
                                              bool signal_nans, struct fp_status *st)              \
    {                                                                                              \
        unsigned flags;                                                                            \
                                                                                                   \
        return fp##bits##_host_compare(op1, op2, st, &flags)                                       \
                   ? flags                                                                         \
                   : fp_compare(format, op1, op2, signal_nans, st);                                \
    }
FP_HOST_FORMATS(FP_HOST_COMPARE, )

/* FPCompareEQ/GE/GT: x == x tells that x is not a NaN. */
#define FP_HOST_TEST(format, bits, host, name, operator)                                           \
    static inline bool fp##bits##_##name(uint##bits##_t op1, uint##bits##_t op2,                   \
                                         struct fp_status *st)                                     \
    {                                                                                              \
        host value1 = fp_host_##host(op1), value2 = fp_host_##host(op2);                           \
                                                                                                   \
        if (__builtin_expect(                                                                      \
                (st->fpcr & FPCR_NOT_HOST) == 0 && value1 == value1 && value2 == value2, 1))       \
            return value1 operator value2;                                                         \
        return fp_##name(format, op1, op2, st);                                                    \
    }

/* FPMax and its like: equal operands may be zeros of different sign, so they go the exact way. */
#define FP_HOST_EXTREME(format, bits, host, name, operator)                                        \
    static inline uint##bits##_t fp##bits##_##name(uint##bits##_t op1, uint##bits##_t op2,         \
                                                   struct fp_status *st)                           \
    {                                                                                              \
        host value1 = fp_host_##host(op1), value2 = fp_host_##host(op2);                           \
                                                                                                   \
        if (__builtin_expect((st->fpcr & FPCR_NOT_HOST) == 0, 1)) {                                \
            if (value1 operator value2)                                                            \
                return op1;                                                                        \
            if (value2 operator value1)                                                            \
                return op2;                                                                        \
        }                                                                                          \
        return (uint##bits##_t)fp_##name(format, op1, op2, st);                                    \
    }

FP_HOST_FORMATS(FP_HOST_TEST, compare_eq, ==)
FP_HOST_FORMATS(FP_HOST_TEST, compare_ge, >=)
FP_HOST_FORMATS(FP_HOST_TEST, compare_gt, >)
FP_HOST_FORMATS(FP_HOST_EXTREME, max, >)
FP_HOST_FORMATS(FP_HOST_EXTREME, min, <)
FP_HOST_FORMATS(FP_HOST_EXTREME, maxnum, >)
FP_HOST_FORMATS(FP_HOST_EXTREME, minnum, <)

/* Exact for every number; a NaN is made quiet, a subnormal single may be flushed. */
static inline uint64_t fp32_to_fp64(uint32_t op, struct fp_status *st)
{
    float value = fp_host_float(op);

    if (__builtin_expect((st->fpcr & FPCR_NOT_HOST) == 0 && value == value, 1))
        return fp_double_bits((double)value);
    return fp_convert(FP_DOUBLE, FP_SINGLE, op, fp_rounding_mode(st), st);
}

static inline uint32_t fp64_to_fp32(uint64_t op, struct fp_status *st)
{
    uint32_t result = fp_float_bits((float)fp_host_double(op));

    if (__builtin_expect(fp_host_mode(st) && fp32_is_safe(result), 1))
        return result;
    return (uint32_t)fp_convert(FP_SINGLE, FP_DOUBLE, op, fp_rounding_mode(st), st);
}

/* FixedToFP without fraction bits never leaves the range of singles or doubles. */
#define FP_HOST_FROM_FIXED(format, bits, host, unused)                                             \
    static inline uint##bits##_t fp##bits##_from_fixed(uint64_t op, unsigned fbits,                \
                                                       bool is_unsigned, struct fp_status *st)     \
    {                                                                                              \
        if (__builtin_expect(fp_host_mode(st) && fbits == 0, 1))                                   \
            return fp_##host##_bits(is_unsigned ? (host)op : (host)(int64_t)op);                   \
        return (uint##bits##_t)fp_from_fixed(format, op, fbits, is_unsigned, st);                  \
    }
FP_HOST_FORMATS(FP_HOST_FROM_FIXED, )

/* FPToFixed towards zero: a truncation that is in range is at most Inexact, which comparing the
 * integer with the operand tells. */
uint64_t fp64_to_fixed(uint64_t op, unsigned int_bits, unsigned fbits, bool is_unsigned,
                       enum fp_rounding rounding, struct fp_status *st);
uint64_t fp32_to_fixed(uint32_t op, unsigned int_bits, unsigned fbits, bool is_unsigned,
                       enum fp_rounding rounding, struct fp_status *st);

#undef FP_HOST_FROM_FIXED
#undef FP_HOST_EXTREME
#undef FP_HOST_TEST
#undef FP_HOST_COMPARE
#undef FP_HOST_MULX
#undef FP_HOST_BINARY
#undef FP_HOST_CLASSES
#undef FP_HOST_BITS
#undef FP_HOST_FORMATS
#undef FP_ALL_FORMATS
#undef FP_OTHER
#undef FP_SIGN
#undef FP_TEST
#undef FP_BINARY
#undef FP_UNARY

#endif
