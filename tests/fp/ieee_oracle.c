/* See ieee_oracle.h. Operands, rounding and NaNs. */
#include "ieee_oracle.h"

#include "base/bits.h"

#include <assert.h>

enum {
    RESULT_BITS = 128, /* of what MPFR computes */
    EXACT_BITS = 192,  /* room for more */
};

static const struct {
    uint8_t exp_bits, frac_bits;
} layouts[] = {
    [F_HALF] = {5, 10}, [F_SINGLE] = {8, 23}, [F_DOUBLE] = {11, 52}, [F_BFLOAT] = {8, 7}};

static int min_exp(enum ieee_format f)
{
    return 2 - (1 << (layouts[f].exp_bits - 1));
}

void oracle_open(struct oracle *o)
{
    *o = (struct oracle){0};
    for (unsigned i = 0; i < ARRAY_SIZE(o->value); i++)
        mpfr_init2(o->value[i], RESULT_BITS);
    mpfr_init2(o->result, RESULT_BITS);
    mpfr_init2(o->exact, EXACT_BITS);
    mpfr_init2(o->work, EXACT_BITS);
}

void oracle_close(struct oracle *o)
{
    for (unsigned i = 0; i < ARRAY_SIZE(o->value); i++)
        mpfr_clear(o->value[i]);
    mpfr_clear(o->result);
    mpfr_clear(o->exact);
    mpfr_clear(o->work);
    mpfr_free_cache();
}

uint64_t ieee_sign(enum ieee_format f)
{
    return 1ull << (ieee_width(f) - 1);
}

uint64_t ieee_infinity(enum ieee_format f)
{
    return ieee_sign(f) - (1ull << layouts[f].frac_bits);
}

static uint64_t quiet_bit(enum ieee_format f)
{
    return 1ull << (layouts[f].frac_bits - 1);
}

bool ieee_is_nan(enum ieee_format f, uint64_t bits)
{
    return (bits & (ieee_sign(f) - 1)) > ieee_infinity(f);
}

uint64_t oracle_default_nan(const struct oracle *o, enum ieee_format f)
{
    return ieee_infinity(f) | quiet_bit(f) | (o->fpcr & CR_AH ? ieee_sign(f) : 0);
}

uint64_t oracle_negate(const struct oracle *o, enum ieee_format f, uint64_t bits)
{
    return (o->fpcr & CR_AH) && ieee_is_nan(f, bits) ? bits : bits ^ ieee_sign(f);
}

/* Is a subnormal operand of the format taken for zero? Only FZ tells of it. */
static bool flushes_operand(struct oracle *o, enum ieee_format f, bool convert)
{
    if (f == F_HALF)
        return !convert && (o->fpcr & CR_FZ16);
    if ((o->fpcr & CR_FZ) && !(o->fpcr & CR_AH)) {
        o->fpsr |= SR_IDC;
        return true;
    }
    return o->fpcr & CR_FIZ;
}

struct number number_of(struct oracle *o, enum ieee_format f, uint64_t bits, unsigned slot,
                        bool convert)
{
    struct number x = {.format = f, .bits = bits & ieee_mask(f), .value = o->value[slot]};
    unsigned frac_bits = layouts[f].frac_bits;
    uint64_t magnitude = x.bits & (ieee_sign(f) - 1);
    uint64_t frac = magnitude & ((1ull << frac_bits) - 1);
    int exp = (int)(magnitude >> frac_bits);
    bool alternative = convert && f == F_HALF && (o->fpcr & CR_AHP);
    bool negative = x.bits & ieee_sign(f);

    if (magnitude > ieee_infinity(f) && !alternative) {
        x.nan = true;
        x.signals = !(magnitude & quiet_bit(f));
        return x;
    }
    if (magnitude == ieee_infinity(f) && !alternative) {
        mpfr_set_inf(x.value, negative ? -1 : 1);
    } else if (magnitude == 0 || (exp == 0 && flushes_operand(o, f, convert))) {
        mpfr_set_zero(x.value, negative ? -1 : 1);
    } else {
        x.denormal = exp == 0;
        if (exp == 0)
            exp = 1;
        else
            frac |= 1ull << frac_bits;
        mpfr_set_ui_2exp(x.value, frac, min_exp(f) + exp - 1 - (int)frac_bits, MPFR_RNDN);
        mpfr_setsign(x.value, x.value, negative, MPFR_RNDN);
    }
    return x;
}

enum ieee_rounding oracle_rounding(const struct oracle *o, enum ieee_rounding rounding)
{
    return rounding == R_FPCR ? (enum ieee_rounding)((o->fpcr & CR_RMODE) >> 22) : rounding;
}

mpfr_rnd_t oracle_direction(const struct oracle *o)
{
    return oracle_rounding(o, R_FPCR) == R_NEGINF ? MPFR_RNDD : MPFR_RNDZ;
}

bool oracle_integral(mpfr_ptr to, mpfr_srcptr from, enum ieee_rounding rounding)
{
    int ternary;

    switch (rounding) {
    case R_TIEEVEN:
        return mpfr_roundeven(to, from) != 0;
    case R_POSINF:
        return mpfr_ceil(to, from) != 0;
    case R_NEGINF:
        return mpfr_floor(to, from) != 0;
    case R_TIEAWAY:
        return mpfr_round(to, from) != 0;
    default:
        break;
    }
    ternary = mpfr_trunc(to, from);
    if (ternary != 0 && rounding == R_ODD) {
        mpz_t integer;

        mpz_init(integer);
        mpfr_get_z(integer, to, MPFR_RNDZ);
        if (mpz_even_p(integer)) /* away from zero: the ternary says on which side it lies */
            mpfr_add_si(to, to, ternary < 0 ? 1 : -1, MPFR_RNDN);
        mpz_clear(integer);
    }
    return ternary != 0;
}

static bool overflows_to_infinity(bool negative, enum ieee_rounding rounding)
{
    return rounding == R_TIEEVEN || rounding == R_TIEAWAY || (rounding == R_POSINF && !negative) ||
           (rounding == R_NEGINF && negative);
}

/* Is the magnitude below the smallest normal number's? Asked before rounding; where FPCR.AH is set,
 * after it, as if there were no smallest exponent. */
static bool is_tiny(struct oracle *o, enum ieee_format f, enum ieee_rounding rounding)
{
    long exp = mpfr_get_exp(o->exact) - 1; /* MPFR's numbers are below 1 */

    if ((o->fpcr & CR_AH) && exp == min_exp(f) - 1) {
        mpfr_mul_2si(o->work, o->exact, layouts[f].frac_bits - exp, MPFR_RNDN);
        oracle_integral(o->work, o->work, rounding);
        exp += mpfr_get_exp(o->work) - 1 - layouts[f].frac_bits;
    }
    return exp < min_exp(f);
}

uint64_t oracle_encode(struct oracle *o, enum ieee_format f, enum ieee_rounding rounding,
                       bool convert)
{
    unsigned frac_bits = layouts[f].frac_bits;
    bool negative = mpfr_signbit(o->exact);
    uint64_t sign = negative ? ieee_sign(f) : 0;
    bool alternative = convert && f == F_HALF && (o->fpcr & CR_AHP);
    bool flushes = f == F_HALF ? !convert && (o->fpcr & CR_FZ16) : o->fpcr & CR_FZ;
    bool tiny = is_tiny(o, f, rounding);

    if (tiny && flushes) {
        o->fpsr |= SR_UFC | (o->fpcr & CR_AH ? SR_IXC : 0);
        return sign;
    }

    /* As a multiple of the last place. */
    long exp = mpfr_get_exp(o->exact) - 1;

    if (exp < min_exp(f))
        exp = min_exp(f);
    mpfr_mul_2si(o->work, o->exact, frac_bits - exp, MPFR_RNDN);

    bool inexact = oracle_integral(o->work, o->work, rounding);

    /* A carry out of the fraction is one into the exponent. */
    mpfr_abs(o->work, o->work, MPFR_RNDN);

    uint64_t magnitude =
        ((uint64_t)(exp - min_exp(f)) << frac_bits) + mpfr_get_ui(o->work, MPFR_RNDN);

    if (alternative ? magnitude >= ieee_sign(f) : magnitude >= ieee_infinity(f)) {
        if (alternative) {
            o->fpsr |= SR_IOC;
            return sign | (ieee_sign(f) - 1);
        }
        o->fpsr |= SR_OFC | SR_IXC;
        return sign | (ieee_infinity(f) - !overflows_to_infinity(negative, rounding));
    }
    if (inexact)
        o->fpsr |= SR_IXC | (tiny ? SR_UFC : 0);
    return sign | magnitude;
}

uint64_t oracle_finish(struct oracle *o, enum ieee_format f, int ternary,
                       enum ieee_rounding rounding)
{
    mpfr_ptr r = o->result;
    uint64_t sign = mpfr_signbit(r) ? ieee_sign(f) : 0;

    if (mpfr_nan_p(r)) {
        o->fpsr |= SR_IOC;
        return oracle_default_nan(o, f);
    }
    if (mpfr_inf_p(r))
        return sign | ieee_infinity(f);
    if (mpfr_zero_p(r))
        return sign;
    mpfr_set(o->exact, r, MPFR_RNDN);
    if (ternary != 0) {
        mpfr_set_si_2exp(o->work, ternary > 0 ? -1 : 1, mpfr_get_exp(r) - RESULT_BITS - 2,
                         MPFR_RNDN);
        mpfr_add(o->exact, o->exact, o->work, MPFR_RNDN);
    }
    return oracle_encode(o, f, oracle_rounding(o, rounding), false);
}

uint64_t ieee_convert_nan(enum ieee_format to, enum ieee_format from, uint64_t bits)
{
    uint64_t frac = bits << (63 - layouts[from].frac_bits) & ~(1ull << 63); /* from bit 62 down */
    uint64_t sign = bits & ieee_sign(from) ? ieee_sign(to) : 0;

    return sign | ieee_infinity(to) | quiet_bit(to) | frac >> (63 - layouts[to].frac_bits);
}

bool oracle_nan(struct oracle *o, enum ieee_format to, unsigned count, const struct number *x,
                uint64_t *result)
{
    const struct number *chosen = NULL;
    bool signals = false;

    for (unsigned i = 0; i < count; i++)
        signals |= x[i].signals;
    for (unsigned i = 0; i < count; i++) {
        /* The addend is the first of three, but with AH the last. */
        const struct number *candidate = &x[count == 3 && (o->fpcr & CR_AH) ? (i + 1) % 3 : i];

        if (!chosen && candidate->nan && (candidate->signals == signals || (o->fpcr & CR_AH)))
            chosen = candidate;
    }
    if (!chosen)
        return false;
    if (signals)
        o->fpsr |= SR_IOC;
    *result = o->fpcr & CR_DN ? oracle_default_nan(o, to)
                              : ieee_convert_nan(to, chosen->format, chosen->bits);
    return true;
}

void oracle_note_denormals(struct oracle *o, unsigned count, const struct number *x)
{
    for (unsigned i = 0; i < count; i++)
        if ((o->fpcr & CR_AH) && x[i].denormal && x[i].format != F_HALF)
            o->fpsr |= SR_IDC;
}

uint32_t oracle_quiet(struct oracle *o)
{
    uint32_t fpcr = o->fpcr;

    if (fpcr & CR_AH)
        o->fpcr = (fpcr & ~(uint32_t)CR_RMODE) | CR_FIZ | CR_FZ;
    return fpcr;
}

void oracle_unquiet(struct oracle *o, uint32_t fpcr, uint32_t fpsr)
{
    o->fpcr = fpcr;
    if (fpcr & CR_AH)
        o->fpsr = fpsr;
}
