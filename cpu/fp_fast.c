/* Fast paths of cpu/fp.h that are too long to be inline: host arithmetic where its result is
 * certain to be the architecture's and no flag can change, the exact function otherwise. */
#include <math.h>

#include "cpu/fp_core.h"

/* Rounding to nearest, no alternate handling, and no operand that FPCR.FZ would flush. */
static bool host_takes64(uint64_t op1, uint64_t op2, const struct fp_status *st)
{
    if (st->fpcr & (FPCR_RMODE | FPCR_FIZ | FPCR_AH))
        return false;
    return (st->fpcr & FPCR_FZ) == 0 ||
           ((op1 << 1) - 1 >= (1ull << 53) - 1 && (op2 << 1) - 1 >= (1ull << 53) - 1);
}

static bool host_takes32(uint32_t op1, uint32_t op2, const struct fp_status *st)
{
    if (st->fpcr & (FPCR_RMODE | FPCR_FIZ | FPCR_AH))
        return false;
    return (st->fpcr & FPCR_FZ) == 0 ||
           ((op1 << 1) - 1 >= (1u << 24) - 1 && (op2 << 1) - 1 >= (1u << 24) - 1);
}

static void raise_inexact(struct fp_status *st, bool inexact)
{
    if (inexact)
        st->fpsr |= FPSR_IXC;
}

/* fp_sum_error() of singles. */
static float sum_error_float(float x, float y, float sum)
{
    float part = sum - x;

    return (x - (sum - part)) + (y - part);
}

/* x + y on the host, false where the exact function has to do it. */
static bool host_sum(uint64_t op1, uint64_t op2, uint64_t *result, struct fp_status *st)
{
    double x = fp_host_double(op1), y = fp_host_double(op2), sum = x + y;
    double error = fp_sum_error(x, y, sum);

    *result = fp_double_bits(sum);
    if (!host_takes64(op1, op2, st) || !(fp64_is_safe(*result) || fp64_is_zero(*result)) ||
        !isfinite(error))
        return false;
    raise_inexact(st, error != 0);
    return true;
}

static bool host_sum_float(uint32_t op1, uint32_t op2, uint32_t *result, struct fp_status *st)
{
    float x = fp_host_float(op1), y = fp_host_float(op2), sum = x + y;
    float error = sum_error_float(x, y, sum);

    *result = fp_float_bits(sum);
    if (!host_takes32(op1, op2, st) || !(fp32_is_safe(*result) || fp32_is_zero(*result)) ||
        !isfinite(error))
        return false;
    raise_inexact(st, error != 0);
    return true;
}

uint64_t fp64_add_slow(uint64_t op1, uint64_t op2, struct fp_status *st)
{
    uint64_t result;

    return host_sum(op1, op2, &result, st) ? result : fp_add(FP_DOUBLE, op1, op2, st);
}

uint32_t fp32_add_slow(uint32_t op1, uint32_t op2, struct fp_status *st)
{
    uint32_t result;

    return host_sum_float(op1, op2, &result, st) ? result
                                                 : (uint32_t)fp_add(FP_SINGLE, op1, op2, st);
}

uint64_t fp64_sub_slow(uint64_t op1, uint64_t op2, struct fp_status *st)
{
    uint64_t result;

    return host_sum(op1, fp64_neg(op2, st), &result, st) ? result : fp_sub(FP_DOUBLE, op1, op2, st);
}

uint32_t fp32_sub_slow(uint32_t op1, uint32_t op2, struct fp_status *st)
{
    uint32_t result;

    return host_sum_float(op1, fp32_neg(op2, st), &result, st)
               ? result
               : (uint32_t)fp_sub(FP_SINGLE, op1, op2, st);
}

/* Significant bits of a normal double, from the leading one to the last one: 1 to 53. */
static int significant_bits(uint64_t op)
{
    return 53 - __builtin_ctzll(op | 1ull << 52);
}

enum exactness {
    EXACT,
    INEXACT,
    UNDECIDED,
};

/* Whether the product of two normal doubles fits in 53 bits: that of m and n significant bits has
 * m + n or one less. */
static enum exactness product_exactness(uint64_t op1, uint64_t op2)
{
    int bits = significant_bits(op1) + significant_bits(op2);

    return bits <= 53 ? EXACT : bits == 54 ? UNDECIDED : INEXACT;
}

uint64_t fp64_mul_slow(uint64_t op1, uint64_t op2, struct fp_status *st)
{
    uint64_t result = fp_double_bits(fp_host_double(op1) * fp_host_double(op2));

    if (host_takes64(op1, op2, st) && fp64_is_zero(result) &&
        (fp64_is_zero(op1) || fp64_is_zero(op2)))
        return result;
    if (host_takes64(op1, op2, st) && fp64_is_safe(op1) && fp64_is_safe(op2) &&
        fp64_is_safe(result)) {
        enum exactness exactness = product_exactness(op1, op2);

        if (exactness != UNDECIDED) {
            raise_inexact(st, exactness == INEXACT);
            return result;
        }
    }
    return fp_mul(FP_DOUBLE, op1, op2, st);
}

/* The product of two singles is exact as a double. */
uint32_t fp32_mul_slow(uint32_t op1, uint32_t op2, struct fp_status *st)
{
    double product = (double)fp_host_float(op1) * (double)fp_host_float(op2);
    uint32_t result = fp_float_bits((float)product);

    if (host_takes32(op1, op2, st) && (fp32_is_safe(result) || product == 0)) {
        raise_inexact(st, (double)fp_host_float(result) != product);
        return result;
    }
    return (uint32_t)fp_mul(FP_SINGLE, op1, op2, st);
}

/* A quotient is exact when multiplying it by the divisor gives the dividend. */
uint64_t fp64_div_slow(uint64_t op1, uint64_t op2, struct fp_status *st)
{
    double dividend = fp_host_double(op1), divisor = fp_host_double(op2);
    double quotient = dividend / divisor;
    uint64_t result = fp_double_bits(quotient);

    if (host_takes64(op1, op2, st) && fp64_is_zero(op1) && fp64_is_zero(result))
        return result;
    if (host_takes64(op1, op2, st) && fp64_is_safe(op1) && fp64_is_safe(op2) &&
        fp64_is_safe(result)) {
        enum exactness exactness = product_exactness(result, op2);

        if (exactness != UNDECIDED) {
            raise_inexact(st, exactness == INEXACT || quotient * divisor != dividend);
            return result;
        }
    }
    return fp_div(FP_DOUBLE, op1, op2, st);
}

uint32_t fp32_div_slow(uint32_t op1, uint32_t op2, struct fp_status *st)
{
    float dividend = fp_host_float(op1), divisor = fp_host_float(op2);
    float quotient = dividend / divisor;
    uint32_t result = fp_float_bits(quotient);

    if (host_takes32(op1, op2, st) && fp32_is_safe(result)) {
        raise_inexact(st, (double)quotient * (double)divisor != (double)dividend);
        return result;
    }
    return (uint32_t)fp_div(FP_SINGLE, op1, op2, st);
}

uint64_t fp64_sqrt(uint64_t op, struct fp_status *st)
{
    if (likely(fp_host_mode(st) && op < 0x7ffull << 52)) /* positive and finite */
        return fp_double_bits(sqrt(fp_host_double(op)));
    if (host_takes64(op, op, st) && op < 0x7ffull << 52 && fp64_is_safe(op)) {
        double root = sqrt(fp_host_double(op));
        enum exactness exactness = product_exactness(fp_double_bits(root), fp_double_bits(root));

        if (exactness != UNDECIDED) {
            raise_inexact(st, exactness == INEXACT || root * root != fp_host_double(op));
            return fp_double_bits(root);
        }
    }
    return fp_sqrt(FP_DOUBLE, op, st);
}

uint32_t fp32_sqrt(uint32_t op, struct fp_status *st)
{
    if (likely((fp_host_mode(st) || host_takes32(op, op, st)) && op < 0xffu << 23)) {
        float root = sqrtf(fp_host_float(op));

        raise_inexact(st, (double)root * (double)root != (double)fp_host_float(op));
        return fp_float_bits(root);
    }
    return (uint32_t)fp_sqrt(FP_SINGLE, op, st);
}

/* fma() is the C library's: where the baseline instruction set has none, the library picks the
 * host's by CPUID. Before Inexact is set, a product that is exact leaves a sum to look at. */
uint64_t fp64_muladd(uint64_t addend, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    uint64_t result;

    if (unlikely(!host_takes64(op1, op2, st) || !host_takes64(addend, addend, st)))
        return fp_muladd(FP_DOUBLE, addend, op1, op2, st);
    if (likely(st->fpsr & FPSR_IXC)) {
        result =
            fp_double_bits(fma(fp_host_double(op1), fp_host_double(op2), fp_host_double(addend)));
        if (likely(fp64_is_safe(result)))
            return result;
        if (fp64_is_zero(result) && (fp64_is_zero(op1) || fp64_is_zero(op2)))
            return result;
    } else if (fp64_is_safe(op1) && fp64_is_safe(op2) && product_exactness(op1, op2) == EXACT) {
        uint64_t product = fp_double_bits(fp_host_double(op1) * fp_host_double(op2));

        if (fp64_is_safe(product) && host_sum(addend, product, &result, st))
            return result;
    }
    return fp_muladd(FP_DOUBLE, addend, op1, op2, st);
}

/* The product of two singles is exact as a double. The sum rounded to double and again to single
 * is right unless the double lies just between two singles and was itself rounded. */
uint32_t fp32_muladd(uint32_t addend, uint32_t op1, uint32_t op2, struct fp_status *st)
{
    if (likely(host_takes32(op1, op2, st) && host_takes32(addend, addend, st))) {
        double product = (double)fp_host_float(op1) * (double)fp_host_float(op2);
        double value = (double)fp_host_float(addend), sum = product + value;
        uint32_t result = fp_float_bits((float)sum);

        if (likely(fp32_is_safe(result) && (fp_double_bits(sum) & 0x1fffffff) != 0x10000000)) {
            raise_inexact(st, (double)fp_host_float(result) != sum ||
                                  fp_sum_error(product, value, sum) != 0);
            return result;
        }
    }
    return (uint32_t)fp_muladd(FP_SINGLE, addend, op1, op2, st);
}

/* In range, and the difference to the truncated integer says whether it is inexact. The bounds are
 * written so that a NaN fails them. */
static bool truncate_double(double value, unsigned int_bits, bool is_unsigned, uint64_t *result,
                            bool *inexact)
{
    if (is_unsigned) {
        if (!(value > -1.0 && value < (int_bits == 64 ? 0x1p64 : 0x1p32)))
            return false;
        *result = (uint64_t)value;
        *inexact = (double)*result != value;
    } else if (int_bits == 64) {
        if (!(value >= -0x1p63 && value < 0x1p63))
            return false;
        *result = (uint64_t)(int64_t)value;
        *inexact = (double)(int64_t)value != value;
    } else {
        if (!(value > -0x1.00000002p31 && value < 0x1p31))
            return false;
        *result = (uint32_t)(int32_t)value;
        *inexact = (double)(int32_t)value != value;
    }
    return true;
}

uint64_t fp64_to_fixed(uint64_t op, unsigned int_bits, unsigned fbits, bool is_unsigned,
                       enum fp_rounding rounding, struct fp_status *st)
{
    uint64_t result;
    bool inexact;

    if (likely(rounding == FPRounding_ZERO && fbits == 0 && int_bits >= 32 &&
               (st->fpcr & FPCR_NOT_HOST) == 0) &&
        truncate_double(fp_host_double(op), int_bits, is_unsigned, &result, &inexact)) {
        if (inexact)
            st->fpsr |= FPSR_IXC;
        return result;
    }
    return fp_to_fixed(FP_DOUBLE, op, int_bits, fbits, is_unsigned, rounding, st);
}

uint64_t fp32_to_fixed(uint32_t op, unsigned int_bits, unsigned fbits, bool is_unsigned,
                       enum fp_rounding rounding, struct fp_status *st)
{
    uint64_t result;
    bool inexact;

    if (likely(rounding == FPRounding_ZERO && fbits == 0 && int_bits >= 32 &&
               (st->fpcr & FPCR_NOT_HOST) == 0) &&
        truncate_double((double)fp_host_float(op), int_bits, is_unsigned, &result, &inexact)) {
        if (inexact)
            st->fpsr |= FPSR_IXC;
        return result;
    }
    return fp_to_fixed(FP_SINGLE, op, int_bits, fbits, is_unsigned, rounding, st);
}
