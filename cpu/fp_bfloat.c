/* BFloat16: conversion, and the arithmetic of BFMLALB, BFDOT and BFMMLA. Arm ARM DDI 0487,
 * shared/functions/float (FPConvertBF, BFMulAddH, BFDotAdd, BFMulH, BFAdd, BFRound, BFUnpack,
 * FPDot).
 *
 * The host's doubles hold every sum and product here but for sums of far exponents, of which the
 * error is known: rounding to odd needs no more than its sign. */
#include <math.h>

#include "cpu/fp_core.h"

/* BFUnpack: subnormals are zero. */
static double unpack(uint32_t op)
{
    return fp_host_float((op & 0x7f800000) ? op : op & 0x80000000);
}

/* BFRound: to odd. What is beyond the largest number is infinite, what is below the smallest normal
 * one zero. `error` is what `value` lacks of the exact number. */
static uint32_t round_odd(double value, double error, const struct fp_status *st)
{
    uint64_t bits = fp_double_bits(value);
    uint32_t sign = (uint32_t)(bits >> 32) & 0x80000000;

    if (isnan(value))
        return (uint32_t)fp_default_nan(FP_SINGLE, st);
    if (error != 0 && signbit(error) != signbit(value))
        bits--; /* the exact number, cut: it was rounded up */

    int exp = (int)(bits >> 52 & 0x7ff) - 1023 + 127;

    if (exp <= 0)
        return sign;
    if (exp >= 0xff)
        return sign | 0x7f800000;
    return sign | (uint32_t)exp << 23 | (uint32_t)(bits >> 29 & 0x7fffff) |
           ((bits & 0x1fffffff) != 0 || error != 0);
}

/* BFMulH: exact before it is rounded */
static uint32_t multiply(uint32_t a, uint32_t b, const struct fp_status *st)
{
    return round_odd(unpack(a) * unpack(b), 0, st);
}

/* BFAdd */
static uint32_t add(uint32_t op1, uint32_t op2, const struct fp_status *st)
{
    double x = unpack(op1), y = unpack(op2), sum = x + y;

    return round_odd(sum, isfinite(sum) ? fp_sum_error(x, y, sum) : 0, st);
}

/* The BFloat16 at the top of `op`, for FPDot; FPCR decides whether a subnormal is zero. */
static double unpack_extended(uint32_t op, struct fp_status *st)
{
    struct fp_num num = fp_unpack(FP_BFLOAT, op >> 16, false, st);

    return num.type == FPType_Zero ? fp_host_float(op & 0x80000000)
                                   : fp_host_float(op & 0xffff0000);
}

/* FPDot: products are exact, and their sum is rounded to odd in so many bits that rounding it once
 * more, to a single, gives what rounding once would. */
static uint32_t dot(uint32_t a, uint32_t b, struct fp_status *st)
{
    double x = unpack_extended(a << 16, st) * unpack_extended(b << 16, st);
    double y = unpack_extended(a, st) * unpack_extended(b, st), sum = x + y;
    double error = isfinite(sum) ? fp_sum_error(x, y, sum) : 0;
    enum fp_rounding rounding = fp_rounding_mode(st);
    uint64_t bits = fp_double_bits(sum);

    if (isnan(sum))
        return (uint32_t)fp_default_nan(FP_SINGLE, st);
    if (sum == 0 && signbit(x) != signbit(y))
        return (uint32_t)fp_zero(FP_SINGLE, rounding == FPRounding_NEGINF);
    if (error != 0)
        bits = (bits - (signbit(error) != signbit(sum))) | 1;
    return (uint32_t)fp_convert(FP_SINGLE, FP_DOUBLE, bits, rounding, st);
}

uint32_t bf16_dot_add(uint32_t addend, uint32_t a, uint32_t b, const struct fp_status *st)
{
    struct fp_status extended = {.fpcr = st->fpcr | FPCR_DN};

    if (st->fpcr & FPCR_EBF)
        return (uint32_t)fp_add(FP_SINGLE, addend, dot(a, b, &extended), &extended);
    return add(
        addend,
        add(multiply(a << 16, b << 16, st), multiply(a & 0xffff0000, b & 0xffff0000, st), st), st);
}

uint32_t bf16_muladd(uint32_t addend, uint16_t op1, uint16_t op2, struct fp_status *status)
{
    struct fp_status own = {0}, *st = fp_quiet_status(status, &own);

    return fp32_muladd(addend, (uint32_t)op1 << 16, (uint32_t)op2 << 16, st);
}

uint16_t fp32_to_bf16(uint32_t op, struct fp_status *status)
{
    struct fp_status own = {0}, *st = fp_quiet_status(status, &own);

    return (uint16_t)fp_convert(FP_BFLOAT, FP_SINGLE, op, fp_rounding_mode(st), st);
}
