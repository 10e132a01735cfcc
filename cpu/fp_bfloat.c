/* The arithmetic of BFDOT and BFMMLA: Arm ARM DDI 0487, shared/functions/float (BFDotAdd, BFMulH,
 * BFAdd, BFRound, BFUnpack), without FEAT_EBF16.
 *
 * The host's doubles hold every sum and product here but for sums of far exponents, of which the
 * error is known: rounding to odd needs no more than its sign. */
#include <math.h>

#include "cpu/fp_core.h"

#define DEFAULT_NAN 0x7fc00000u

/* BFUnpack: subnormals are zero. */
static double unpack(uint32_t op)
{
    return fp_host_float((op & 0x7f800000) ? op : op & 0x80000000);
}

/* BFRound: to odd. What is beyond the largest number is infinite, what is below the smallest normal
 * one zero. `error` is what `value` lacks of the exact number. */
static uint32_t round_odd(double value, double error)
{
    uint64_t bits = fp_double_bits(value);
    uint32_t sign = (uint32_t)(bits >> 32) & 0x80000000;

    if (isnan(value))
        return DEFAULT_NAN;
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
static uint32_t multiply(uint32_t a, uint32_t b)
{
    return round_odd(unpack(a) * unpack(b), 0);
}

/* BFAdd */
static uint32_t add(uint32_t op1, uint32_t op2)
{
    double x = unpack(op1), y = unpack(op2), sum = x + y;

    return round_odd(sum, isfinite(sum) ? fp_sum_error(x, y, sum) : 0);
}

uint32_t bf16_dot_add(uint32_t addend, uint32_t a, uint32_t b)
{
    return add(addend, add(multiply(a << 16, b << 16), multiply(a & 0xffff0000, b & 0xffff0000)));
}
