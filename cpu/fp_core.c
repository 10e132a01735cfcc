/* Unpacking, rounding and NaN processing of AArch64 floating point: Arm ARM DDI 0487,
 * shared/functions/float (FPUnpack, FPRound, FPProcessNaN, FPProcessNaNs, FPProcessNaNs3). */
#include "cpu/fp_core.h"

/* Is a subnormal operand taken for zero? FPCR.FIZ, unlike FPCR.FZ, does not tell of it. */
static bool flushes_operand(enum fp_format f, bool cv, struct fp_status *st)
{
    if (f == FP_HALF)
        return !cv && fp_flushes(f, st);
    if ((st->fpcr & (FPCR_FZ | FPCR_AH)) == FPCR_FZ) {
        st->fpsr |= FPSR_IDC;
        return true;
    }
    return st->fpcr & FPCR_FIZ;
}

struct fp_num fp_unpack(enum fp_format f, uint64_t op, bool cv, struct fp_status *st)
{
    const struct fp_layout *l = &fp_layouts[f];
    int min_exp = 2 - (1 << (l->exp_bits - 1));
    int exp = (int)bits_get(op, l->frac_bits, l->exp_bits);
    uint64_t frac = bits_get(op, 0, l->frac_bits);
    struct fp_num num = {.type = FPType_Nonzero, .sign = bit_get(op, l->width - 1u)};
    bool alternative_half = cv && f == FP_HALF && (st->fpcr & FPCR_AHP);

    if (exp == 0) {
        if (frac == 0 || flushes_operand(f, cv, st)) {
            num.type = FPType_Zero;
            return num;
        }
        num.denormal = true;

        int shift = __builtin_clzll(frac);

        num.sig = frac << shift;
        num.exp = min_exp + 63 - l->frac_bits - shift;
    } else if (exp == (1 << l->exp_bits) - 1 && !alternative_half) {
        if (frac == 0)
            num.type = FPType_Infinity;
        else
            num.type = bit_get(frac, l->frac_bits - 1u) ? FPType_QNaN : FPType_SNaN;
    } else {
        num.sig = 1ull << 63 | frac << (63 - l->frac_bits);
        num.exp = exp + min_exp - 1;
    }
    return num;
}

bool fp_rounds_up(bool sign, bool odd, uint64_t error, enum fp_rounding rounding)
{
    const uint64_t half = 1ull << 63;

    switch (rounding) {
    case FPRounding_TIEEVEN:
        return error > half || (error == half && odd);
    case FPRounding_POSINF:
        return error != 0 && !sign;
    case FPRounding_NEGINF:
        return error != 0 && sign;
    case FPRounding_TIEAWAY:
        return error >= half;
    case FPRounding_ZERO:
    case FPRounding_ODD:
        break;
    }
    return false;
}

static bool overflows_to_infinity(bool sign, enum fp_rounding rounding)
{
    return rounding == FPRounding_TIEEVEN || (rounding == FPRounding_POSINF && !sign) ||
           (rounding == FPRounding_NEGINF && sign);
}

/* Is the magnitude below the smallest normal number's? Asked before rounding, or, where FPCR.AH is
 * set, after it as if exponents had no bound: then a last binade of ones may have been rounded up.
 */
static bool is_tiny(enum fp_format f, bool sign, int biased_exp, uint64_t sig,
                    enum fp_rounding rounding, const struct fp_status *st)
{
    unsigned kept = fp_layouts[f].frac_bits + 1u;

    if (biased_exp != 0 || !(st->fpcr & FPCR_AH))
        return biased_exp <= 0;
    return ~sig >> (64 - kept) != 0 || !fp_rounds_up(sign, true, sig << kept, rounding);
}

uint64_t fp_round(enum fp_format f, bool sign, int exp, uint64_t sig, bool cv,
                  enum fp_rounding rounding, struct fp_status *st)
{
    const struct fp_layout *l = &fp_layouts[f];
    int min_exp = 2 - (1 << (l->exp_bits - 1));
    int drop = 63 - l->frac_bits;
    int biased_exp = exp - min_exp + 1;
    bool alternative_half = cv && f == FP_HALF && (st->fpcr & FPCR_AHP);

    bool tiny = is_tiny(f, sign, biased_exp, sig, rounding, st);

    if (tiny && fp_flushes(f, st) && !(cv && f == FP_HALF)) {
        st->fpsr |= FPSR_UFC | (st->fpcr & FPCR_AH ? FPSR_IXC : 0);
        return fp_zero(f, sign);
    }
    if (biased_exp <= 0) {
        drop += 1 - biased_exp;
        biased_exp = 0;
    }

    /* int_mant has F fraction bits, its leading one counted where the number is normal. */
    uint64_t int_mant, error;

    if (drop < 64) {
        int_mant = sig >> drop;
        error = sig << (64 - drop);
    } else {
        int_mant = 0;
        error = fp_shift_right_sticky(sig, drop - 64);
    }
    bool inexact = error != 0;

    if (tiny && inexact)
        st->fpsr |= FPSR_UFC;
    if (fp_rounds_up(sign, int_mant & 1, error, rounding)) {
        int_mant++;
        if (int_mant == 1ull << l->frac_bits) {
            biased_exp = 1;
        } else if (int_mant == 2ull << l->frac_bits) {
            biased_exp++;
            int_mant >>= 1;
        }
    }
    if (inexact && rounding == FPRounding_ODD)
        int_mant |= 1;

    if (alternative_half) {
        if (biased_exp >= 1 << l->exp_bits) {
            st->fpsr |= FPSR_IOC;
            return fp_zero(f, sign) | 0x7fff;
        }
    } else if (biased_exp >= (1 << l->exp_bits) - 1) {
        st->fpsr |= FPSR_OFC | FPSR_IXC;
        return overflows_to_infinity(sign, rounding) ? fp_infinity(f, sign)
                                                     : fp_max_normal(f, sign);
    }
    if (inexact)
        st->fpsr |= FPSR_IXC;
    return fp_zero(f, sign) | (uint64_t)biased_exp << l->frac_bits |
           bits_get(int_mant, 0, l->frac_bits);
}

uint64_t fp_process_nan(enum fp_format f, enum fp_type type, uint64_t op, struct fp_status *st)
{
    const struct fp_layout *l = &fp_layouts[f];

    if (type == FPType_SNaN)
        st->fpsr |= FPSR_IOC;
    if (st->fpcr & FPCR_DN)
        return fp_default_nan(f, st);
    return bits_get(op, 0, l->width) | 1ull << (l->frac_bits - 1);
}

bool fp_process_nans(enum fp_format f, enum fp_type type1, enum fp_type type2, uint64_t op1,
                     uint64_t op2, uint64_t *result, struct fp_status *st)
{
    return fp_process_nans3(f, FPType_Zero, type1, type2, 0, op1, op2, result, st);
}

/* FPCR.AH: of several NaNs the first one in the order 2, 3, 1 is taken, but if any signals that is
 * an Invalid Operation. */
static bool process_nans_by_place(enum fp_format f, enum fp_type type1, enum fp_type type2,
                                  enum fp_type type3, uint64_t op1, uint64_t op2, uint64_t op3,
                                  uint64_t *result, struct fp_status *st)
{
    bool signals = type1 == FPType_SNaN || type2 == FPType_SNaN || type3 == FPType_SNaN;
    enum fp_type type = signals ? FPType_SNaN : FPType_QNaN;

    if (!fp_is_nan(type1) && !fp_is_nan(type2) && !fp_is_nan(type3))
        return false;
    *result = fp_process_nan(f, type, fp_is_nan(type2) ? op2 : fp_is_nan(type3) ? op3 : op1, st);
    return true;
}

bool fp_process_nans3(enum fp_format f, enum fp_type type1, enum fp_type type2, enum fp_type type3,
                      uint64_t op1, uint64_t op2, uint64_t op3, uint64_t *result,
                      struct fp_status *st)
{
    if (st->fpcr & FPCR_AH)
        return process_nans_by_place(f, type1, type2, type3, op1, op2, op3, result, st);
    if (type1 == FPType_SNaN)
        *result = fp_process_nan(f, type1, op1, st);
    else if (type2 == FPType_SNaN)
        *result = fp_process_nan(f, type2, op2, st);
    else if (type3 == FPType_SNaN)
        *result = fp_process_nan(f, type3, op3, st);
    else if (type1 == FPType_QNaN)
        *result = fp_process_nan(f, type1, op1, st);
    else if (type2 == FPType_QNaN)
        *result = fp_process_nan(f, type2, op2, st);
    else if (type3 == FPType_QNaN)
        *result = fp_process_nan(f, type3, op3, st);
    else
        return false;
    return true;
}
