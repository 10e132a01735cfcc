/* Exact AArch64 floating-point arithmetic: Arm ARM DDI 0487, shared/functions/float (FPAdd, FPSub,
 * FPMul, FPMulX, FPDiv, FPMulAdd, FPSqrt, FPRecipStepFused, FPRSqrtStepFused).
 *
 * Where the pseudocode computes with real numbers, a value here is an integer significand with a
 * sticky lowest bit; each has enough bits that FPRound sees the same as it would of the real. */
#include "cpu/fp_core.h"

/* The real number sig * 2^(exp - 126), with bit 126 of sig set, or zero. Bit 127 is room for the
 * carry of one addition. */
struct real {
    bool sign;
    int exp;
    fp_uint128 sig;
};

static struct real real_of(struct fp_num num)
{
    struct real value = {.sign = num.sign};

    if (num.type == FPType_Nonzero) {
        value.exp = num.exp;
        value.sig = (fp_uint128)num.sig << 63;
    }
    return value;
}

static struct real real_product(struct fp_num num1, struct fp_num num2)
{
    struct real value = {.sign = num1.sign ^ num2.sign};

    if (num1.type == FPType_Nonzero && num2.type == FPType_Nonzero) {
        fp_uint128 product = (fp_uint128)num1.sig * num2.sig;
        bool carry = product >> 127;

        value.exp = num1.exp + num2.exp + carry;
        value.sig = carry ? product >> 1 : product; /* significands end in 11 zeros at least */
    }
    return value;
}

/* x + y. The sticky bit cannot disturb the bits that FPRound looks at: operands have at most 106
 * significant bits, so nothing is lost unless the exponents are far apart, and then at most one
 * leading bit cancels. */
static struct real real_sum(struct real x, struct real y)
{
    if (x.sig == 0)
        return y;
    if (y.sig == 0)
        return x;
    if (x.exp < y.exp || (x.exp == y.exp && x.sig < y.sig)) {
        struct real swap = x;

        x = y;
        y = swap;
    }
    y.sig = fp_shift_right_sticky128(y.sig, x.exp - y.exp);
    if (x.sign == y.sign) {
        x.sig += y.sig;
        if (x.sig >> 127) {
            x.sig = fp_shift_right_sticky128(x.sig, 1);
            x.exp++;
        }
    } else {
        x.sig -= y.sig;
        if (x.sig != 0) {
            int shift = fp_clz128(x.sig) - 1;

            x.sig <<= shift;
            x.exp -= shift;
        }
    }
    return x;
}

/* FPRound, or the zero whose sign the rounding mode decides: the last step of every sum. */
static uint64_t round_sum(enum fp_format f, struct real value, struct fp_status *st)
{
    enum fp_rounding rounding = fp_rounding_mode(st);

    if (value.sig == 0)
        return fp_zero(f, rounding == FPRounding_NEGINF);
    value.sig <<= 1;
    return fp_round(f, value.sign, value.exp,
                    (uint64_t)(value.sig >> 64) | ((uint64_t)value.sig != 0), false, rounding, st);
}

uint64_t fp_add(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool inf1 = num1.type == FPType_Infinity, inf2 = num2.type == FPType_Infinity;
    bool zero1 = num1.type == FPType_Zero, zero2 = num2.type == FPType_Zero;
    uint64_t result;

    if (fp_process_nans(f, num1.type, num2.type, op1, op2, &result, st))
        return result;
    if (inf1 && inf2 && num1.sign != num2.sign)
        return fp_invalid(f, st);
    fp_note_denormals(f, num1, num2, st);
    if (inf1 || inf2)
        return fp_infinity(f, inf1 ? num1.sign : num2.sign);
    if (zero1 && zero2 && num1.sign == num2.sign)
        return fp_zero(f, num1.sign);
    return round_sum(f, real_sum(real_of(num1), real_of(num2)), st);
}

uint64_t fp_sub(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool inf1 = num1.type == FPType_Infinity, inf2 = num2.type == FPType_Infinity;
    bool zero1 = num1.type == FPType_Zero, zero2 = num2.type == FPType_Zero;
    uint64_t result;

    if (fp_process_nans(f, num1.type, num2.type, op1, op2, &result, st))
        return result;
    if (inf1 && inf2 && num1.sign == num2.sign)
        return fp_invalid(f, st);
    fp_note_denormals(f, num1, num2, st);
    if (inf1 || inf2)
        return fp_infinity(f, inf1 ? num1.sign : !num2.sign);
    if (zero1 && zero2 && num1.sign != num2.sign)
        return fp_zero(f, num1.sign);
    num2.sign = !num2.sign;
    return round_sum(f, real_sum(real_of(num1), real_of(num2)), st);
}

/* FPMul and FPMulX differ in infinity times zero only. */
static uint64_t multiply(enum fp_format f, uint64_t op1, uint64_t op2, bool extended,
                         struct fp_status *st)
{
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool inf1 = num1.type == FPType_Infinity, inf2 = num2.type == FPType_Infinity;
    bool zero1 = num1.type == FPType_Zero, zero2 = num2.type == FPType_Zero;
    bool sign = num1.sign ^ num2.sign;
    uint64_t result;

    if (fp_process_nans(f, num1.type, num2.type, op1, op2, &result, st))
        return result;
    if ((inf1 && zero2) || (zero1 && inf2)) {
        if (extended) /* FPTwo(sign) */
            return fp_zero(f, sign) | 1ull << (fp_layouts[f].width - 2);
        return fp_invalid(f, st);
    }
    fp_note_denormals(f, num1, num2, st);
    if (inf1 || inf2)
        return fp_infinity(f, sign);
    if (zero1 || zero2)
        return fp_zero(f, sign);
    return round_sum(f, real_product(num1, num2), st);
}

uint64_t fp_mul(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    return multiply(f, op1, op2, false, st);
}

uint64_t fp_mulx(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    return multiply(f, op1, op2, true, st);
}

uint64_t fp_div(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool inf1 = num1.type == FPType_Infinity, inf2 = num2.type == FPType_Infinity;
    bool zero1 = num1.type == FPType_Zero, zero2 = num2.type == FPType_Zero;
    bool sign = num1.sign ^ num2.sign;
    uint64_t result;

    if (fp_process_nans(f, num1.type, num2.type, op1, op2, &result, st))
        return result;
    if ((inf1 && inf2) || (zero1 && zero2))
        return fp_invalid(f, st);
    if (zero2) {
        if (!inf1)
            st->fpsr |= FPSR_DZC;
        return fp_infinity(f, sign);
    }
    fp_note_denormals(f, num1, num2, st);
    if (inf1)
        return fp_infinity(f, sign);
    if (zero1 || inf2)
        return fp_zero(f, sign);

    /* A 64-bit quotient with its top bit set: the dividend is shifted one further where the
     * significand of the divisor is the larger. */
    bool less = num1.sig < num2.sig;
    fp_uint128 dividend = (fp_uint128)num1.sig << (63 + less);
    uint64_t quotient = (uint64_t)(dividend / num2.sig);

    quotient |= (fp_uint128)quotient * num2.sig != dividend;
    return fp_round(f, sign, num1.exp - num2.exp - less, quotient, false, fp_rounding_mode(st), st);
}

uint64_t fp_sqrt(enum fp_format f, uint64_t op, struct fp_status *st)
{
    struct fp_num num = fp_unpack(f, op, false, st);

    if (fp_is_nan(num.type))
        return fp_process_nan(f, num.type, op, st);
    if (num.type == FPType_Zero)
        return fp_zero(f, num.sign);
    if (num.sign)
        return fp_invalid(f, st);
    if (num.type == FPType_Infinity)
        return fp_infinity(f, false);
    fp_note_denormal(f, num, st);

    /* sqrt(rest * 2^-126) where rest makes the exponent even: bit by bit, down to two bits below
     * the last of the format, and what remains is sticky. */
    bool odd = num.exp & 1;
    fp_uint128 rest = (fp_uint128)num.sig << (63 + odd);
    fp_uint128 root = 0;

    for (fp_uint128 bit = (fp_uint128)1 << 63; bit >> (61 - fp_layouts[f].frac_bits); bit >>= 1) {
        fp_uint128 trial = (root << 1 | bit) * bit; /* (root + bit)^2 - root^2 */

        if (rest >= trial) {
            rest -= trial;
            root |= bit;
        }
    }
    return fp_round(f, false, (num.exp - odd) / 2, (uint64_t)root | (rest != 0), false,
                    fp_rounding_mode(st), st);
}

uint64_t fp_muladd(enum fp_format f, uint64_t addend, uint64_t op1, uint64_t op2,
                   struct fp_status *st)
{
    struct fp_num numa = fp_unpack(f, addend, false, st);
    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool inf1 = num1.type == FPType_Infinity, inf2 = num2.type == FPType_Infinity;
    bool zero1 = num1.type == FPType_Zero, zero2 = num2.type == FPType_Zero;
    bool infa = numa.type == FPType_Infinity, zeroa = numa.type == FPType_Zero;
    bool infp = inf1 || inf2, zerop = zero1 || zero2;
    bool signa = numa.sign, signp = num1.sign ^ num2.sign;
    bool inf_times_zero = (inf1 && zero2) || (zero1 && inf2);
    uint64_t result;

    if (fp_process_nans3(f, numa.type, num1.type, num2.type, addend, op1, op2, &result, st)) {
        if (numa.type == FPType_QNaN && inf_times_zero && !(st->fpcr & FPCR_AH))
            return fp_invalid(f, st);
        return result;
    }
    if (inf_times_zero || (infa && infp && signa != signp))
        return fp_invalid(f, st);
    fp_note_denormal(f, numa, st);
    fp_note_denormals(f, num1, num2, st);
    if (infa || infp)
        return fp_infinity(f, infa ? signa : signp);
    if (zeroa && zerop && signa == signp)
        return fp_zero(f, signa);
    return round_sum(f, real_sum(real_of(numa), real_product(num1, num2)), st);
}

/* (constant - op1 * op2) / 2^halvings, fused: both Newton-Raphson steps. Infinity times zero counts
 * as zero. */
static uint64_t step_fused(enum fp_format f, uint64_t op1, uint64_t op2, struct real constant,
                           int halvings, struct fp_status *status)
{
    struct fp_status own = {0}, *st = fp_quiet_status(status, &own);

    op1 = fp_neg(f, op1, st);

    struct fp_num num1 = fp_unpack(f, op1, false, st);
    struct fp_num num2 = fp_unpack(f, op2, false, st);
    bool inf1 = num1.type == FPType_Infinity, inf2 = num2.type == FPType_Infinity;
    bool zero1 = num1.type == FPType_Zero, zero2 = num2.type == FPType_Zero;
    uint64_t result;

    if (fp_process_nans(f, num1.type, num2.type, op1, op2, &result, st))
        return result;

    struct real value = constant;

    if (!(inf1 && zero2) && !(zero1 && inf2)) {
        if (inf1 || inf2)
            return fp_infinity(f, num1.sign ^ num2.sign);
        value = real_sum(constant, real_product(num1, num2));
    }
    value.exp -= halvings;
    return round_sum(f, value, st);
}

uint64_t fp_recip_step_fused(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    const struct real two = {.exp = 1, .sig = (fp_uint128)1 << 126};

    return step_fused(f, op1, op2, two, 0, st);
}

uint64_t fp_rsqrt_step_fused(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    const struct real three = {.exp = 1, .sig = (fp_uint128)3 << 125};

    return step_fused(f, op1, op2, three, 1, st);
}
