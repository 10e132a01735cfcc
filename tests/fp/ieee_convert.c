/* See ieee_ops.h: roundings to integral numbers and conversions. */
#include "ieee_ops.h"

#include "ieee_oracle.h"

#define CHOSEN struct oracle *o, const struct ieee_row *row, unsigned fbits, const uint64_t *x

/* --- Integral numbers --- */

/* What is integral, or zero with the sign of what it was. */
static uint64_t encode_integral(struct oracle *o, enum ieee_format f, bool negative)
{
    if (mpfr_zero_p(o->exact))
        return negative ? ieee_sign(f) : 0;
    return oracle_encode(o, f, R_ZERO, false);
}

/* FPRoundInt */
uint64_t op_rint(CHOSEN)
{
    struct number n = number_of(o, row->from, x[0], 0, false);
    uint64_t result;

    (void)fbits;
    if (oracle_nan(o, row->to, 1, &n, &result))
        return result;
    if (mpfr_inf_p(n.value))
        return n.bits;

    bool inexact = oracle_integral(o->exact, n.value, oracle_rounding(o, row->rounding));

    if (inexact && row->exact)
        o->fpsr |= SR_IXC;
    return encode_integral(o, row->to, mpfr_signbit(n.value));
}

/* The bounds of an integer: o->exact below the lower one, or above the upper one? */
static bool is_out_of_range(struct oracle *o, unsigned bits, bool is_unsigned)
{
    mpfr_set_ui_2exp(o->work, 1, bits - !is_unsigned, MPFR_RNDN); /* the first that is too large */
    if (mpfr_sgn(o->exact) >= 0)
        return mpfr_cmp(o->exact, o->work) >= 0;
    return is_unsigned || mpfr_cmpabs(o->exact, o->work) > 0;
}

/* FPRoundIntN */
uint64_t op_rintn(CHOSEN)
{
    struct number n = number_of(o, row->from, x[0], 0, false);
    bool inexact = false;

    (void)fbits;
    if (!n.nan && !mpfr_inf_p(n.value)) {
        inexact = oracle_integral(o->exact, n.value, oracle_rounding(o, row->rounding));
        if (!is_out_of_range(o, row->int_bits, false)) {
            if (inexact)
                o->fpsr |= SR_IXC;
            return encode_integral(o, row->to, mpfr_signbit(n.value));
        }
    }
    o->fpsr |= SR_IOC;
    mpfr_set_si_2exp(o->exact, -1, row->int_bits - 1, MPFR_RNDN);
    return oracle_encode(o, row->to, R_ZERO, false);
}

/* --- To and from integers --- */

/* FPToFixed */
uint64_t op_to_integer(CHOSEN)
{
    struct number n = number_of(o, row->from, x[0], 0, false);
    unsigned bits = ieee_width(row->to);
    uint64_t low = row->is_unsigned ? 0 : 1ull << (bits - 1);
    uint64_t high = row->is_unsigned ? ieee_mask(row->to) : low - 1;
    bool inexact = false;

    if (n.nan || mpfr_inf_p(n.value)) {
        o->fpsr |= SR_IOC;
        return n.nan ? 0 : mpfr_signbit(n.value) ? low : high;
    }
    mpfr_mul_2ui(o->exact, n.value, fbits, MPFR_RNDN);
    inexact = oracle_integral(o->exact, o->exact, oracle_rounding(o, row->rounding));
    if (is_out_of_range(o, bits, row->is_unsigned) && mpfr_sgn(o->exact) != 0) {
        o->fpsr |= SR_IOC;
        return mpfr_signbit(o->exact) ? low : high;
    }
    if (inexact)
        o->fpsr |= SR_IXC;
    if (mpfr_sgn(o->exact) >= 0)
        return mpfr_get_ui(o->exact, MPFR_RNDN);
    return (uint64_t)mpfr_get_si(o->exact, MPFR_RNDN) & ieee_mask(row->to);
}

/* FPToFixedJS: modulo 2^32, and bit 32 says whether that was exact and no negative zero. */
uint64_t op_to_javascript(CHOSEN)
{
    struct number n = number_of(o, row->from, x[0], 0, false);
    uint64_t result;
    bool inexact;

    (void)fbits;
    if (n.nan || mpfr_inf_p(n.value)) {
        o->fpsr |= SR_IOC;
        return 0;
    }
    inexact = oracle_integral(o->exact, n.value, R_ZERO);

    bool out_of_range = is_out_of_range(o, 32, false);

    mpfr_set_ui_2exp(o->work, 1, 32, MPFR_RNDN);
    mpfr_fmod(o->work, o->exact, o->work, MPFR_RNDN);
    result = (uint64_t)mpfr_get_si(o->work, MPFR_RNDN) & UINT32_MAX;
    if (out_of_range)
        o->fpsr |= SR_IOC;
    else if (inexact)
        o->fpsr |= SR_IXC;
    else if (!mpfr_zero_p(n.value) || n.bits == 0) /* a flushed number is no exact zero */
        result |= 1ull << 32;
    return result;
}

/* FixedToFP */
uint64_t op_from_integer(CHOSEN)
{
    unsigned width = ieee_width(row->from);
    uint64_t integer = x[0] << (64 - width);

    if (integer == 0)
        return 0;
    if (row->is_unsigned)
        mpfr_set_ui(o->exact, integer >> (64 - width), MPFR_RNDN);
    else
        mpfr_set_si(o->exact, (int64_t)integer >> (64 - width), MPFR_RNDN);
    mpfr_div_2ui(o->exact, o->exact, fbits, MPFR_RNDN);
    return oracle_encode(o, row->to, oracle_rounding(o, R_FPCR), false);
}

/* --- Between formats --- */

/* FPConvert. Alternative half precision has neither NaNs nor infinities. */
uint64_t op_convert(CHOSEN)
{
    bool alternative = row->to == F_HALF && (o->fpcr & CR_AHP);
    struct number n = number_of(o, row->from, x[0], 0, true);
    uint64_t sign = n.bits & ieee_sign(row->from) ? ieee_sign(row->to) : 0;
    uint64_t result;

    (void)fbits;
    if (n.nan && alternative) {
        o->fpsr |= SR_IOC;
        return sign;
    }
    if (oracle_nan(o, row->to, 1, &n, &result))
        return result;
    if (mpfr_inf_p(n.value) && alternative) {
        o->fpsr |= SR_IOC;
        return sign | (ieee_sign(row->to) - 1);
    }
    if (mpfr_inf_p(n.value))
        return sign | ieee_infinity(row->to);
    if (mpfr_zero_p(n.value))
        return sign;
    oracle_note_denormals(o, 1, &n);
    mpfr_set(o->exact, n.value, MPFR_RNDN);
    return oracle_encode(o, row->to, oracle_rounding(o, row->rounding), true);
}

/* FPConvertBF */
uint64_t op_bfcvt(CHOSEN)
{
    const uint32_t fpcr = oracle_quiet(o), fpsr = o->fpsr;
    struct number n = number_of(o, row->from, x[0], 0, false);
    uint64_t result;

    (void)fbits;
    if (!oracle_nan(o, row->to, 1, &n, &result)) {
        mpfr_set(o->result, n.value, MPFR_RNDN);
        result = oracle_finish(o, row->to, 0, R_FPCR);
    }
    oracle_unquiet(o, fpcr, fpsr);
    return result;
}
