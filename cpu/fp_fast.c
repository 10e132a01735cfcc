/* Fast paths of cpu/fp.h that are too long to be inline: host arithmetic where its result is
 * certain to be the architecture's and no flag can change, the exact function otherwise. */
#include <math.h>

#include "base/bits.h"
#include "cpu/fp.h"

uint64_t fp64_sqrt(uint64_t op, struct fp_status *st)
{
    if (likely(fp_host_mode(st) && op < 0x7ffull << 52)) /* positive and finite */
        return fp_double_bits(sqrt(fp_host_double(op)));
    return fp_sqrt(FP_DOUBLE, op, st);
}

uint32_t fp32_sqrt(uint32_t op, struct fp_status *st)
{
    if (likely(fp_host_mode(st) && op < 0xffu << 23))
        return fp_float_bits(sqrtf(fp_host_float(op)));
    return (uint32_t)fp_sqrt(FP_SINGLE, op, st);
}

/* Two host sums and a product are cheaper than a library call where the host has no FMA in the
 * baseline instruction set, so fma() is left to the C library, which picks by CPUID. */
uint64_t fp64_muladd(uint64_t addend, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    if (likely(fp_host_mode(st))) {
        uint64_t result =
            fp_double_bits(fma(fp_host_double(op1), fp_host_double(op2), fp_host_double(addend)));

        if (likely(fp64_is_safe(result)))
            return result;
    }
    return fp_muladd(FP_DOUBLE, addend, op1, op2, st);
}

/* The product of two singles is exact as a double. The sum rounded to double and again to single
 * is right unless the double lies just between two singles and was itself rounded. */
uint32_t fp32_muladd(uint32_t addend, uint32_t op1, uint32_t op2, struct fp_status *st)
{
    if (likely(fp_host_mode(st))) {
        double product = (double)fp_host_float(op1) * (double)fp_host_float(op2);
        double sum = product + (double)fp_host_float(addend);
        uint32_t result = fp_float_bits((float)sum);

        if (likely(fp32_is_safe(result) && (fp_double_bits(sum) & 0x1fffffff) != 0x10000000))
            return result;
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
               (st->fpcr & FPCR_FZ) == 0) &&
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
               (st->fpcr & FPCR_FZ) == 0) &&
        truncate_double((double)fp_host_float(op), int_bits, is_unsigned, &result, &inexact)) {
        if (inexact)
            st->fpsr |= FPSR_IXC;
        return result;
    }
    return fp_to_fixed(FP_SINGLE, op, int_bits, fbits, is_unsigned, rounding, st);
}
