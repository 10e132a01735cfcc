/* AArch64 reciprocal and reciprocal square root estimates: Arm ARM DDI 0487, shared/functions/float
 * (FPRecipEstimate, FPRSqrtEstimate, FPRecpX, RecipEstimate, RecipSqrtEstimate) and
 * UnsignedRecipEstimate, UnsignedRSqrtEstimate. */
#include "cpu/fp_core.h"

/* RecipEstimate: a in 256..511 stands for [0.5, 1.0), the result in 256..511 for [1.0, 2.0). */
static unsigned recip_estimate(unsigned a)
{
    unsigned b = (1u << 19) / (a * 2 + 1);

    return (b + 1) / 2;
}

/* RecipSqrtEstimate: a in 128..511 stands for [0.25, 1.0), the result for [1.0, 2.0). */
static unsigned rsqrt_estimate(unsigned a)
{
    unsigned b = 512;

    if (a < 256)
        a = a * 2 + 1;
    else
        a = ((a >> 1 << 1) + 1) * 2;
    while (a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (b + 1) / 2;
}

/* FPRecipEstimate of a number so small that its reciprocal overflows. */
static uint64_t recip_overflow(enum fp_format f, bool sign, struct fp_status *st)
{
    enum fp_rounding rounding = fp_rounding_mode(st);
    bool to_infinity = rounding == FPRounding_TIEEVEN || (rounding == FPRounding_POSINF && !sign) ||
                       (rounding == FPRounding_NEGINF && sign);

    st->fpsr |= FPSR_OFC | FPSR_IXC;
    return to_infinity ? fp_infinity(f, sign) : fp_max_normal(f, sign);
}

uint64_t fp_recip_estimate(enum fp_format f, uint64_t op, struct fp_status *st)
{
    const struct fp_layout *l = &fp_layouts[f];
    struct fp_num num = fp_unpack(f, op, false, st);
    int bias = (1 << (l->exp_bits - 1)) - 1;

    if (fp_is_nan(num.type))
        return fp_process_nan(f, num.type, op, st);
    if (num.type == FPType_Infinity)
        return fp_zero(f, num.sign);
    if (num.type == FPType_Zero) {
        st->fpsr |= FPSR_DZC;
        return fp_infinity(f, num.sign);
    }
    if (num.exp < -bias - 1) /* |value| < 2^-16, 2^-128, 2^-1024 */
        return recip_overflow(f, num.sign, st);
    if (num.exp >= bias - 1 && fp_flushes(f, st)) { /* |value| >= 2^14, 2^126, 2^1022 */
        st->fpsr |= FPSR_UFC;
        return fp_zero(f, num.sign);
    }

    /* The top nine significand bits, then 2^-exp * estimate with exp one lower for [0.5, 1.0);
     * the two largest binades give a subnormal. */
    uint64_t estimate = recip_estimate((unsigned)(num.sig >> 55));
    int result_exp = bias - 1 - num.exp;
    uint64_t frac = bits_get(estimate, 0, 8) << 44; /* as fraction<51:0> */

    if (result_exp == 0) {
        frac = 1ull << 51 | frac >> 1;
    } else if (result_exp == -1) {
        frac = 1ull << 50 | frac >> 2;
        result_exp = 0;
    }
    return fp_zero(f, num.sign) | (uint64_t)result_exp << l->frac_bits |
           frac >> (52 - l->frac_bits);
}

uint64_t fp_rsqrt_estimate(enum fp_format f, uint64_t op, struct fp_status *st)
{
    const struct fp_layout *l = &fp_layouts[f];
    struct fp_num num = fp_unpack(f, op, false, st);
    int bias = (1 << (l->exp_bits - 1)) - 1;

    if (fp_is_nan(num.type))
        return fp_process_nan(f, num.type, op, st);
    if (num.type == FPType_Zero) {
        st->fpsr |= FPSR_DZC;
        return fp_infinity(f, num.sign);
    }
    if (num.sign)
        return fp_invalid(f, st);
    if (num.type == FPType_Infinity)
        return fp_zero(f, false);

    /* An odd biased exponent (an even one of the value) scales to [0.25, 0.5). */
    int exp = num.exp + bias;
    unsigned scaled = (unsigned)(num.sig >> (exp & 1 ? 56 : 55));
    int result_exp = (3 * bias - 1 - exp) / 2;
    uint64_t estimate = rsqrt_estimate(scaled);

    return (uint64_t)result_exp << l->frac_bits | bits_get(estimate, 0, 8) << (l->frac_bits - 8);
}

uint64_t fp_recpx(enum fp_format f, uint64_t op, struct fp_status *st)
{
    const struct fp_layout *l = &fp_layouts[f];
    struct fp_num num = fp_unpack(f, op, false, st);
    uint64_t exp = bits_get(op, l->frac_bits, l->exp_bits);

    if (fp_is_nan(num.type))
        return fp_process_nan(f, num.type, op, st);
    if (exp == 0)
        exp = 1; /* Zeros and subnormals give the largest exponent. */
    return fp_zero(f, num.sign) | (exp ^ bits_ones(l->exp_bits)) << l->frac_bits;
}

uint32_t fp_unsigned_recip_estimate(uint32_t op)
{
    if (!bit_get(op, 31)) /* reciprocals of less than 0.5 saturate */
        return 0xffffffff;
    return recip_estimate(op >> 23) << 23;
}

uint32_t fp_unsigned_rsqrt_estimate(uint32_t op)
{
    if ((op >> 30) == 0) /* those of less than 0.25 saturate */
        return 0xffffffff;
    return rsqrt_estimate(op >> 23) << 23;
}
