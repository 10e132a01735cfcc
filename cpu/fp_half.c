/* Fast paths of cpu/fp.h for halves, in the host's doubles. They hold every half, and sums and
 * products of two, without an error; quotients and roots they round so finely that rounding once
 * more, to a half, gives what rounding once would (53 >= 2 * 11 + 2 bits). Only the fused product
 * may have an error that counts. Results that are not finite, or not above the smallest normal
 * half, are left to the exact functions, zeros apart. */
#include <math.h>

#include "cpu/fp_core.h"

/* Rounding to nearest, and nothing is flushed. */
static bool host_takes(const struct fp_status *st)
{
    return (st->fpcr & (FPCR_RMODE | FPCR_FZ16)) == 0;
}

static double widen(uint16_t op, const struct fp_status *st)
{
    return (double)fp_host_float(fp16_widen(op, st));
}

#define DROP 42 /* fraction bits that a double has more */

/* To nearest even. False: left to the exact function. */
static bool narrow(double value, uint16_t *result)
{
    uint64_t bits = fp_double_bits(value), magnitude = bits & INT64_MAX;
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000);
    uint64_t rounded = magnitude + (1ull << (DROP - 1)) - 1 + (magnitude >> DROP & 1);

    *result = sign;
    if (magnitude == 0)
        return true;
    *result |= (uint16_t)((rounded >> DROP) - ((1023 - 15) << 10));
    /* above 2^-14, and below 65520, which rounds to infinity */
    return magnitude > 0x3f1ull << 52 && magnitude < 0x40effe0000000000;
}

static void raise_unless(struct fp_status *st, bool exact)
{
    if (!exact)
        st->fpsr |= FPSR_IXC;
}

/* Rounds what an operation of two halves gives in double, where that is always exact. */
static bool round_exact(double value, uint16_t *result, struct fp_status *st)
{
    if (!host_takes(st) || !narrow(value, result))
        return false;
    raise_unless(st, widen(*result, st) == value);
    return true;
}

uint16_t fp16_add(uint16_t op1, uint16_t op2, struct fp_status *st)
{
    uint16_t result;

    if (round_exact(widen(op1, st) + widen(op2, st), &result, st))
        return result;
    return (uint16_t)fp_add(FP_HALF, op1, op2, st);
}

uint16_t fp16_sub(uint16_t op1, uint16_t op2, struct fp_status *st)
{
    uint16_t result;

    if (round_exact(widen(op1, st) - widen(op2, st), &result, st))
        return result;
    return (uint16_t)fp_sub(FP_HALF, op1, op2, st);
}

uint16_t fp16_mul(uint16_t op1, uint16_t op2, struct fp_status *st)
{
    uint16_t result;

    if (round_exact(widen(op1, st) * widen(op2, st), &result, st))
        return result;
    return (uint16_t)fp_mul(FP_HALF, op1, op2, st);
}

uint16_t fp16_div(uint16_t op1, uint16_t op2, struct fp_status *st)
{
    double dividend = widen(op1, st), divisor = widen(op2, st);
    uint16_t result;

    if (!host_takes(st) || !isfinite(divisor) || !narrow(dividend / divisor, &result))
        return (uint16_t)fp_div(FP_HALF, op1, op2, st);
    raise_unless(st, widen(result, st) * divisor == dividend);
    return result;
}

uint16_t fp16_sqrt(uint16_t op, struct fp_status *st)
{
    double value = widen(op, st);
    uint16_t result;

    if (!host_takes(st) || !narrow(sqrt(value), &result))
        return (uint16_t)fp_sqrt(FP_HALF, op, st);
    raise_unless(st, widen(result, st) * widen(result, st) == value);
    return result;
}

/* A sum that lies between two halves and has an error is not known to be a tie. */
uint16_t fp16_muladd(uint16_t addend, uint16_t op1, uint16_t op2, struct fp_status *st)
{
    double product = widen(op1, st) * widen(op2, st), value = widen(addend, st);
    double sum = product + value, error = fp_sum_error(product, value, sum);
    bool tie = bits_get(fp_double_bits(sum), 0, DROP) == 1ull << (DROP - 1);
    uint16_t result;

    if (!host_takes(st) || !narrow(sum, &result) || (error != 0 && tie))
        return (uint16_t)fp_muladd(FP_HALF, addend, op1, op2, st);
    raise_unless(st, error == 0 && widen(result, st) == sum);
    return result;
}
