/* AArch64 reciprocal and reciprocal square root estimates: Arm ARM DDI 0487, shared/functions/float
 * (FPRecipEstimate, FPRSqrtEstimate, FPRecpX, RecipEstimate, RecipSqrtEstimate) and
 * UnsignedRecipEstimate, UnsignedRSqrtEstimate. */
#include "cpu/fp_core.h"

/* How fine an estimate is: bits of the operand's significand that count, and fraction bits of the
 * result. */
struct precision {
    uint8_t operand, result;
};

static const struct precision usual = {9, 8};
static const struct precision increased = {12, 12}; /* FEAT_RPRES */

/* Every model with FEAT_AFP has FEAT_RPRES. */
static struct precision precision_of(enum fp_format f, const struct fp_status *st)
{
    return f == FP_SINGLE && (st->fpcr & FPCR_AH) ? increased : usual;
}

/* RecipEstimate: `a` of p.operand bits, the top one set, stands for [0.5, 1.0), the result with a
 * one above p.result bits for [1.0, 2.0). */
static unsigned recip_estimate(unsigned a, struct precision p)
{
    unsigned b = (1u << (p.operand + p.result + 2)) / (a * 2 + 1);

    return (b + 1) / 2;
}

/* RecipSqrtEstimate: as above, but one of the two top bits of `a` is set: it stands for [0.25,
 * 1.0). */
static unsigned rsqrt_estimate(unsigned a, struct precision p)
{
    unsigned b = 1u << (p.result + 1);

    if (a >> (p.operand - 1))
        a = ((a >> 1 << 1) + 1) * 2;
    else
        a = a * 2 + 1;
    for (unsigned bit = b / 2; bit; bit /= 2)
        if ((uint64_t)a * (b + bit) * (b + bit) < 1ull << (p.operand + 2 * p.result + 3))
            b += bit;
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

uint64_t fp_recip_estimate(enum fp_format f, uint64_t op, struct fp_status *status)
{
    struct fp_status own = {0}, *st = fp_quiet_status(status, &own);
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

    /* The top significand bits, then 2^-exp * estimate with exp one lower for [0.5, 1.0); the two
     * largest binades give a subnormal. */
    struct precision p = precision_of(f, st);
    uint64_t estimate = recip_estimate((unsigned)(num.sig >> (64 - p.operand)), p);
    int result_exp = bias - 1 - num.exp;
    uint64_t frac = bits_get(estimate, 0, p.result) << (52 - p.result); /* as fraction<51:0> */

    if (result_exp == 0) {
        frac = 1ull << 51 | frac >> 1;
    } else if (result_exp == -1) {
        frac = 1ull << 50 | frac >> 2;
        result_exp = 0;
    }
    return fp_zero(f, num.sign) | (uint64_t)result_exp << l->frac_bits |
           frac >> (52 - l->frac_bits);
}

uint64_t fp_rsqrt_estimate(enum fp_format f, uint64_t op, struct fp_status *status)
{
    struct fp_status own = {0}, *st = fp_quiet_status(status, &own);
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
    struct precision p = precision_of(f, st);
    int exp = num.exp + bias;
    unsigned scaled = (unsigned)(num.sig >> (64 - p.operand + (exp & 1)));
    int result_exp = (3 * bias - 1 - exp) / 2;
    uint64_t estimate = rsqrt_estimate(scaled, p);

    return (uint64_t)result_exp << l->frac_bits | bits_get(estimate, 0, p.result)
                                                      << (l->frac_bits - p.result);
}

uint64_t fp_recpx(enum fp_format f, uint64_t op, struct fp_status *status)
{
    struct fp_status own = {0}, *st = fp_quiet_status(status, &own);
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
    return recip_estimate(op >> 23, usual) << 23;
}

uint32_t fp_unsigned_rsqrt_estimate(uint32_t op)
{
    if ((op >> 30) == 0) /* those of less than 0.25 saturate */
        return 0xffffffff;
    return rsqrt_estimate(op >> 23, usual) << 23;
}
