/* Floating-point functions that SVE alone has: DDI 0487, shared/functions/float: FPScale(),
 * FPLogB(), FPExpA() and FPTrig...(). */
#include "cpu/fp_core.h"

uint64_t fp_scale(enum fp_format f, uint64_t op, int64_t scale, struct fp_status *st)
{
    const int64_t beyond = 1 << 16; /* every number becomes infinite, or zero */
    struct fp_num num = fp_unpack(f, op, false, st);

    if (fp_is_nan(num.type))
        return fp_process_nan(f, num.type, op, st);
    if (num.type == FPType_Zero)
        return fp_zero(f, num.sign);
    if (num.type == FPType_Infinity)
        return fp_infinity(f, num.sign);
    scale = scale > beyond ? beyond : scale < -beyond ? -beyond : scale;
    fp_note_denormal(f, num, st);
    return fp_round(f, num.sign, num.exp + (int)scale, num.sig, false, fp_rounding_mode(st), st);
}

uint64_t fp_logb(enum fp_format f, uint64_t op, struct fp_status *st)
{
    struct fp_num num = fp_unpack(f, op, false, st);
    uint64_t least = 1ull << (fp_layouts[f].width - 1);

    if (fp_is_nan(num.type) || num.type == FPType_Zero) {
        st->fpsr |= FPSR_IOC;
        return least;
    }
    if (num.type == FPType_Infinity)
        return least - 1;
    fp_note_denormal(f, num, st);
    return (uint64_t)(int64_t)num.exp;
}

/* The fraction of 2^(i / 64), with 52 bits; what shorter numbers have is this, rounded. */
static const uint64_t exponential[64] = {
    /* clang-format off */
    0x0000000000000, 0x02c9a3e778061, 0x059b0d3158574, 0x0874518759bc8,
    0x0b5586cf9890f, 0x0e3ec32d3d1a2, 0x11301d0125b51, 0x1429aaea92de0,
    0x172b83c7d517b, 0x1a35beb6fcb75, 0x1d4873168b9aa, 0x2063b88628cd6,
    0x2387a6e756238, 0x26b4565e27cdd, 0x29e9df51fdee1, 0x2d285a6e4030b,
    0x306fe0a31b715, 0x33c08b26416ff, 0x371a7373aa9cb, 0x3a7db34e59ff7,
    0x3dea64c123422, 0x4160a21f72e2a, 0x44e086061892d, 0x486a2b5c13cd0,
    0x4bfdad5362a27, 0x4f9b2769d2ca7, 0x5342b569d4f82, 0x56f4736b527da,
    0x5ab07dd485429, 0x5e76f15ad2148, 0x6247eb03a5585, 0x6623882552225,
    0x6a09e667f3bcd, 0x6dfb23c651a2f, 0x71f75e8ec5f74, 0x75feb564267c9,
    0x7a11473eb0187, 0x7e2f336cf4e62, 0x82589994cce13, 0x868d99b4492ed,
    0x8ace5422aa0db, 0x8f1ae99157736, 0x93737b0cdc5e5, 0x97d829fde4e50,
    0x9c49182a3f090, 0xa0c667b5de565, 0xa5503b23e255d, 0xa9e6b5579fdbf,
    0xae89f995ad3ad, 0xb33a2b84f15fb, 0xb7f76f2fb5e47, 0xbcc1e904bc1d2,
    0xc199bdd85529c, 0xc67f12e57d14b, 0xcb720dcef9069, 0xd072d4a07897c,
    0xd5818dcfba487, 0xda9e603db3285, 0xdfc97337b9b5f, 0xe502ee78b3ff6,
    0xea4afa2a490da, 0xefa1bee615a27, 0xf50765b6e4540, 0xfa7c1819e90d8,
    /* clang-format on */
};

uint64_t fp_exponential(enum fp_format f, uint64_t op)
{
    switch (f) {
    case FP_HALF:
        return bits_get(op, 5, 5) << 10 | (exponential[2 * (op & 31)] + (1ull << 41)) >> 42;
    case FP_SINGLE:
        return bits_get(op, 6, 8) << 23 | (exponential[op & 63] + (1ull << 28)) >> 29;
    default:
        return bits_get(op, 6, 11) << 52 | exponential[op & 63];
    }
}

/* FPTrigMAddCoefficient: of the sine, then of the cosine */
static const uint64_t trig_coefficient[3][16] = {
    [FP_HALF] = {0x3c00, 0xb155, 0x2030, 0, 0, 0, 0, 0, 0x3c00, 0xb800, 0x293a, 0, 0, 0, 0, 0},
    [FP_SINGLE] = {0x3f800000, 0xbe2aaaab, 0x3c088886, 0xb95008b9, 0x36369d6d, 0, 0, 0, 0x3f800000,
                   0xbf000000, 0x3d2aaaa6, 0xbab60705, 0x37cd37cc, 0, 0, 0},
    [FP_DOUBLE] = {0x3ff0000000000000, 0xbfc5555555555543, 0x3f8111111110f30c, 0xbf2a01a019b92fc6,
                   0x3ec71de351f3d22b, 0xbe5ae5e2b60f7b91, 0x3de5d8408868552f, 0,
                   0x3ff0000000000000, 0xbfe0000000000000, 0x3fa5555555555536, 0xbf56c16c16c13a0b,
                   0x3efa01a019b1e8d8, 0xbe927e4f7282f468, 0x3e21ee96d2641b13, 0xbda8f76380fbb401},
};

uint64_t fp_trig_muladd(enum fp_format f, unsigned index, uint64_t op1, uint64_t op2,
                        struct fp_status *st)
{
    bool negative = op2 >> (fp_layouts[f].width - 1) & 1;
    uint64_t coefficient = trig_coefficient[f][index + (negative ? 8 : 0)];

    return fp_muladd(f, coefficient, op1, negative ? fp_neg(f, op2, st) : op2, st); /* FPAbs() */
}

uint64_t fp_trig_square(enum fp_format f, uint64_t op1, uint64_t op2, struct fp_status *st)
{
    unsigned top = fp_layouts[f].width - 1;
    uint64_t result = fp_mul(f, op1, op1, st);

    if (bits_get(result, 0, top) > fp_infinity(f, false)) /* a NaN */
        return result;
    return bits_put(result, top, 1, op2 & 1);
}

uint64_t fp_trig_select(enum fp_format f, uint64_t op1, uint64_t op2, const struct fp_status *st)
{
    static const uint64_t one[] = {
        [FP_HALF] = 0x3c00, [FP_SINGLE] = 0x3f800000, [FP_DOUBLE] = 0x3ff0000000000000};
    uint64_t result = op2 & 1 ? one[f] : op1;

    return op2 & 2 ? fp_neg(f, result, st) : result;
}
