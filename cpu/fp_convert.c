/* Exact AArch64 floating-point conversion: Arm ARM DDI 0487, shared/functions/float (FPConvert,
 * FPToFixed, FPToFixedJS, FixedToFP, FPRoundInt, FPRoundIntN). */
#include "cpu/fp_core.h"

/* FPConvertNaN: quiet, with the sign and as much of the payload as fits. */
static uint64_t convert_nan(enum fp_format to, enum fp_format from, uint64_t op)
{
    const struct fp_layout *source = &fp_layouts[from], *target = &fp_layouts[to];
    bool sign = bit_get(op, source->width - 1u);
    uint64_t payload = op << (64 - source->frac_bits); /* fraction left-aligned at bit 63 */

    payload |= 1ull << 63;
    return fp_infinity(to, sign) | payload >> (64 - target->frac_bits);
}

uint64_t fp_convert(enum fp_format to, enum fp_format from, uint64_t op, enum fp_rounding rounding,
                    struct fp_status *st)
{
    struct fp_num num = fp_unpack(from, op, true, st);
    bool alternative_half = to == FP_HALF && (st->fpcr & FPCR_AHP);

    if (fp_is_nan(num.type)) {
        if (num.type == FPType_SNaN || alternative_half)
            st->fpsr |= FPSR_IOC;
        if (alternative_half)
            return fp_zero(to, num.sign);
        return st->fpcr & FPCR_DN ? fp_default_nan(to, st) : convert_nan(to, from, op);
    }
    if (num.type == FPType_Infinity) {
        if (alternative_half) {
            st->fpsr |= FPSR_IOC;
            return fp_zero(to, num.sign) | 0x7fff;
        }
        return fp_infinity(to, num.sign);
    }
    if (num.type == FPType_Zero)
        return fp_zero(to, num.sign);
    fp_note_denormal(from, num, st);
    return fp_round(to, num.sign, num.exp, num.sig, true, rounding, st);
}

uint32_t fp16_widen(uint16_t op, const struct fp_status *st)
{
    uint32_t sign = (uint32_t)(op & 0x8000) << 16, magnitude = op & 0x7fff;

    if (magnitude >= 0x7c00)
        return sign | 0x7f800000 | (magnitude & 0x3ff) << 13;
    if (magnitude < 0x400) { /* subnormal: a multiple of 2^-24 */
        if (st->fpcr & FPCR_FZ16)
            return sign;
        return sign | fp_float_bits((float)magnitude * 0x1p-24f);
    }
    return sign | ((magnitude << 13) + ((127 - 15) << 23));
}

/* The magnitude of a Nonzero number rounded to an integer, exponent below 64: up to 2^64. */
static fp_uint128 round_magnitude(struct fp_num num, enum fp_rounding rounding, bool *inexact)
{
    int drop = 63 - num.exp;
    uint64_t integer, error;

    if (drop >= 64) {
        integer = 0;
        error = fp_shift_right_sticky(num.sig, drop - 64);
    } else {
        integer = num.sig >> drop;
        error = drop ? num.sig << (64 - drop) : 0;
    }
    *inexact = error != 0;
    return (fp_uint128)integer + fp_rounds_up(num.sign, integer & 1, error, rounding);
}

uint64_t fp_to_fixed(enum fp_format f, uint64_t op, unsigned int_bits, unsigned fbits,
                     bool is_unsigned, enum fp_rounding rounding, struct fp_status *st)
{
    struct fp_num num = fp_unpack(f, op, false, st);
    fp_uint128 magnitude = (fp_uint128)1 << 65; /* of infinities and what is far out of range */
    bool inexact = false;

    if (fp_is_nan(num.type)) {
        st->fpsr |= FPSR_IOC;
        return 0;
    }
    if (num.type == FPType_Zero)
        return 0;
    num.exp += (int)fbits;
    if (num.type != FPType_Infinity && num.exp < 64)
        magnitude = round_magnitude(num, rounding, &inexact);

    /* SatQ: the largest magnitude of this sign. */
    uint64_t limit;

    if (is_unsigned)
        limit = num.sign ? 0 : bits_ones(int_bits);
    else
        limit = bits_ones(int_bits - 1) + num.sign;
    if (magnitude > limit) {
        st->fpsr |= FPSR_IOC;
        magnitude = limit;
    } else if (inexact) {
        st->fpsr |= FPSR_IXC;
    }
    return bits_get(num.sign ? -(uint64_t)magnitude : (uint64_t)magnitude, 0, int_bits);
}

uint32_t fp_to_fixed_js(uint64_t op, bool *z, struct fp_status *st)
{
    struct fp_num num = fp_unpack(FP_DOUBLE, op, false, st);
    bool inexact = false, overflow = false;
    uint32_t result = 0;

    if (fp_is_nan(num.type) || num.type == FPType_Infinity) {
        st->fpsr |= FPSR_IOC;
        *z = false;
        return 0;
    }
    if (num.type == FPType_Nonzero) {
        if (num.exp < 64) {
            uint64_t magnitude = (uint64_t)round_magnitude(num, FPRounding_ZERO, &inexact);

            overflow = magnitude > bits_ones(31) + num.sign;
            result = (uint32_t)(num.sign ? -magnitude : magnitude);
        } else {
            uint32_t low = num.exp < 95 ? (uint32_t)num.sig << (num.exp - 63) : 0;

            overflow = true;
            result = num.sign ? -low : low;
        }
    }
    if (overflow)
        st->fpsr |= FPSR_IOC;
    else if (inexact)
        st->fpsr |= FPSR_IXC;
    /* Z tells a value that int32 holds exactly; neither minus zero nor what was flushed is one. */
    *z = !overflow && !inexact && (num.type != FPType_Zero || op == 0);
    return result;
}

uint64_t fp_from_fixed(enum fp_format f, uint64_t op, unsigned fbits, bool is_unsigned,
                       struct fp_status *st)
{
    bool sign = !is_unsigned && bit_get(op, 63);
    uint64_t magnitude = sign ? -op : op;

    if (magnitude == 0)
        return fp_zero(f, false);

    int shift = __builtin_clzll(magnitude);

    return fp_round(f, sign, 63 - shift - (int)fbits, magnitude << shift, false,
                    fp_rounding_mode(st), st);
}

/* An integer of this sign and magnitude in a format that can hold it. */
static uint64_t pack_integer(enum fp_format f, bool sign, fp_uint128 magnitude,
                             struct fp_status *st)
{
    if (magnitude == 0)
        return fp_zero(f, sign);

    int shift = fp_clz128(magnitude);

    return fp_round(f, sign, 127 - shift, (uint64_t)(magnitude << shift >> 64), false,
                    FPRounding_ZERO, st);
}

uint64_t fp_round_int(enum fp_format f, uint64_t op, enum fp_rounding rounding, bool exact,
                      struct fp_status *st)
{
    const struct fp_layout *l = &fp_layouts[f];
    int bias = (1 << (l->exp_bits - 1)) - 1;
    int exp = (int)bits_get(op, l->frac_bits, l->exp_bits) - bias;
    int drop = l->frac_bits - exp; /* fraction bits below the units */
    uint64_t error, result;

    op = bits_get(op, 0, l->width);
    if (exp < 0 || exp == bias + 1) {
        struct fp_num num = fp_unpack(f, op, false, st);

        if (fp_is_nan(num.type))
            return fp_process_nan(f, num.type, op, st);
        if (num.type != FPType_Nonzero)
            return num.type == FPType_Zero ? fp_zero(f, num.sign) : op;
        error = fp_shift_right_sticky(num.sig, -num.exp - 1);
        result = fp_zero(f, num.sign);
        if (fp_rounds_up(num.sign, false, error, rounding)) /* 1.0 */
            result |= (uint64_t)bias << l->frac_bits;
    } else {
        if (drop <= 0)
            return op;
        /* Bit `drop` is the units; of 1.x it is bit 0 of the (odd) bias, which stands for the
         * hidden one. A carry out of the fraction goes to the exponent, as it should. */
        error = op << (64 - drop);
        result = op & ~bits_ones((unsigned)drop);
        if (fp_rounds_up(bit_get(op, l->width - 1u), bit_get(op, (unsigned)drop), error, rounding))
            result += 1ull << drop;
    }
    if (error != 0 && exact)
        st->fpsr |= FPSR_IXC;
    return result;
}

uint64_t fp_round_int_n(enum fp_format f, uint64_t op, enum fp_rounding rounding, unsigned int_bits,
                        struct fp_status *st)
{
    struct fp_num num = fp_unpack(f, op, false, st);
    fp_uint128 limit = (fp_uint128)1 << (int_bits - 1), magnitude = limit + 1;
    bool inexact = false;

    if (num.type == FPType_Zero)
        return fp_zero(f, num.sign);
    if (num.type == FPType_Nonzero && num.exp < 64)
        magnitude = round_magnitude(num, rounding, &inexact);
    if (magnitude > limit - !num.sign) {
        st->fpsr |= FPSR_IOC;
        return pack_integer(f, true, limit, st);
    }
    if (inexact)
        st->fpsr |= FPSR_IXC;
    return pack_integer(f, num.sign, magnitude, st);
}
