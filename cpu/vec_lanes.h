/* What vector micro-ops do in one lane: integer part. vec_lanes_fp.h has the floating-point part,
 * interp_vec.h says what the parameters are. Names and rules: DDI 0487, C7.2 and J1.3 (SatQ(),
 * Abs(), PolynomialMult()). */
#ifndef ULNA_CPU_VEC_LANES_H
#define ULNA_CPU_VEC_LANES_H

#include "cpu/interp_vec.h"

#define LANE(name)                                                                                 \
    static ALWAYS_INLINE uint64_t lane_##name(struct fp_status *st UNUSED, unsigned bits UNUSED,   \
                                              uint64_t d UNUSED, uint64_t n UNUSED,                \
                                              uint64_t m UNUSED)

/* Signed value of an element: */
#define S(value) vec_sext(bits, value)

typedef __int128 int128;

/* --- Saturation: SignedSatQ() and UnsignedSatQ(), setting FPSR.QC --- */

static ALWAYS_INLINE uint64_t sat_signed(struct fp_status *st, unsigned bits, int128 value)
{
    int128 max = ((int128)1 << (bits - 1)) - 1;

    if (value > max || value < -max - 1) {
        st->fpsr |= FPSR_QC;
        value = value > max ? max : -max - 1;
    }
    return (uint64_t)value;
}

static ALWAYS_INLINE uint64_t sat_unsigned(struct fp_status *st, unsigned bits, int128 value)
{
    int128 max = ((int128)1 << bits) - 1;

    if (value > max || value < 0) {
        st->fpsr |= FPSR_QC;
        value = value > max ? max : 0;
    }
    return (uint64_t)value;
}

/* All bits of an element; not more, so that compilers need not work on wider lanes. */
static ALWAYS_INLINE uint64_t ones_if(unsigned bits, bool condition)
{
    return condition ? bits_ones(bits) : 0;
}

/* --- Logic --- */

LANE(and)
{
    return n & m;
}

LANE(bic)
{
    return n & ~m;
}

LANE(orr)
{
    return n | m;
}

LANE(orn)
{
    return n | ~m;
}

LANE(eor)
{
    return n ^ m;
}

LANE(bsl)
{
    return (n & d) | (m & ~d);
}

LANE(bit)
{
    return (n & m) | (d & ~m);
}

LANE(bif)
{
    return (n & ~m) | (d & m);
}

LANE(not )
{
    return ~n;
}

/* BIC and ORR (vector, immediate) */
LANE(bici)
{
    return d & ~m;
}

LANE(orri)
{
    return d | m;
}

/* --- Sums, differences, products --- */

LANE(add)
{
    return n + m;
}

LANE(sub)
{
    return n - m;
}

LANE(mul)
{
    return n * m;
}

LANE(mla)
{
    return d + n * m;
}

LANE(mls)
{
    return d - n * m;
}

LANE(neg)
{
    return -n;
}

LANE(abs)
{
    return S(n) < 0 ? -n : n;
}

LANE(shadd)
{
    return (uint64_t)((S(n) + S(m)) >> 1);
}

LANE(uhadd)
{
    return (n + m) >> 1;
}

LANE(srhadd)
{
    return (uint64_t)((S(n) + S(m) + 1) >> 1);
}

LANE(urhadd)
{
    return (n + m + 1) >> 1;
}

LANE(shsub)
{
    return (uint64_t)((S(n) - S(m)) >> 1);
}

LANE(uhsub)
{
    return (n - m) >> 1;
}

LANE(smax)
{
    return S(n) > S(m) ? n : m;
}

LANE(smin)
{
    return S(n) < S(m) ? n : m;
}

LANE(umax)
{
    return n > m ? n : m;
}

LANE(umin)
{
    return n < m ? n : m;
}

LANE(sabd)
{
    return S(n) > S(m) ? n - m : m - n;
}

LANE(uabd)
{
    return n > m ? n - m : m - n;
}

LANE(saba)
{
    return d + (S(n) > S(m) ? n - m : m - n);
}

LANE(uaba)
{
    return d + (n > m ? n - m : m - n);
}

/* SADALP: the pair of lanes onto d */
LANE(adal)
{
    return d + n + m;
}

/* SDOT, UDOT: a lane is four bytes of each operand. */
LANE(sdot)
{
    for (unsigned i = 0; i < 32; i += 8)
        d += (uint64_t)((int8_t)(n >> i) * (int8_t)(m >> i));
    return d;
}

LANE(udot)
{
    for (unsigned i = 0; i < 32; i += 8)
        d += (n >> i & 0xff) * (m >> i & 0xff);
    return d;
}

/* USDOT: those of n are unsigned. SUDOT: those of m. */
LANE(usdot)
{
    for (unsigned i = 0; i < 32; i += 8)
        d += (uint64_t)((uint8_t)(n >> i) * (int8_t)(m >> i));
    return d;
}

LANE(sudot)
{
    return lane_usdot(st, bits, d, m, n);
}

/* SMMLA, UMMLA, USMMLA: eight bytes of each */
LANE(smmla)
{
    return lane_sdot(st, bits, lane_sdot(st, bits, d, n, m), n >> 32, m >> 32);
}

LANE(ummla)
{
    return lane_udot(st, bits, lane_udot(st, bits, d, n, m), n >> 32, m >> 32);
}

LANE(usmmla)
{
    return lane_usdot(st, bits, lane_usdot(st, bits, d, n, m), n >> 32, m >> 32);
}

/* ADDHN, RADDHN, SUBHN, RSUBHN: the upper half of the result */
LANE(addhn)
{
    return (n + m) >> bits / 2;
}

LANE(raddhn)
{
    return (n + m + (1ull << (bits / 2 - 1))) >> bits / 2;
}

LANE(subhn)
{
    return (n - m) >> bits / 2;
}

LANE(rsubhn)
{
    return (n - m + (1ull << (bits / 2 - 1))) >> bits / 2;
}

/* PolynomialMult(), modulo 2^bits; n and m as long as they are */
LANE(pmul)
{
    uint64_t product = 0;

    for (unsigned i = 0; i < 8; i++)
        product ^= (m >> i & 1) * (n << i);
    return product;
}

/* --- Comparisons --- */

LANE(cmgt)
{
    return ones_if(bits, S(n) > S(m));
}

LANE(cmge)
{
    return ones_if(bits, S(n) >= S(m));
}

LANE(cmhi)
{
    return ones_if(bits, n > m);
}

LANE(cmhs)
{
    return ones_if(bits, n >= m);
}

LANE(cmeq)
{
    return ones_if(bits, n == m);
}

LANE(cmtst)
{
    return ones_if(bits, (n & m) != 0);
}

LANE(cmgtz)
{
    return ones_if(bits, S(n) > 0);
}

LANE(cmgez)
{
    return ones_if(bits, S(n) >= 0);
}

LANE(cmeqz)
{
    return ones_if(bits, n == 0);
}

LANE(cmlez)
{
    return ones_if(bits, S(n) <= 0);
}

LANE(cmltz)
{
    return ones_if(bits, S(n) < 0);
}

/* --- Saturating sums and products --- */

LANE(sqadd)
{
    return sat_signed(st, bits, (int128)S(n) + S(m));
}

LANE(uqadd)
{
    return sat_unsigned(st, bits, (int128)n + m);
}

LANE(sqsub)
{
    return sat_signed(st, bits, (int128)S(n) - S(m));
}

LANE(uqsub)
{
    return sat_unsigned(st, bits, (int128)n - m);
}

LANE(suqadd)
{
    return sat_signed(st, bits, (int128)n + S(d));
}

LANE(usqadd)
{
    return sat_unsigned(st, bits, (int128)S(n) + d);
}

LANE(sqabs)
{
    return sat_signed(st, bits, S(n) < 0 ? -(int128)S(n) : S(n));
}

LANE(sqneg)
{
    return sat_signed(st, bits, -(int128)S(n));
}

/* Half of the doubled product, and of what is added to it: all of it fits 128 bits then. */

LANE(sqdmulh)
{
    return sat_signed(st, bits, (int128)S(n) * S(m) >> (bits - 1));
}

LANE(sqrdmulh)
{
    return sat_signed(st, bits, ((int128)S(n) * S(m) + ((int128)1 << (bits - 2))) >> (bits - 1));
}

LANE(sqrdmlah)
{
    int128 sum = (int128)S(d) * ((int128)1 << (bits - 1)) + (int128)S(n) * S(m);

    return sat_signed(st, bits, (sum + ((int128)1 << (bits - 2))) >> (bits - 1));
}

LANE(sqrdmlsh)
{
    int128 difference = (int128)S(d) * ((int128)1 << (bits - 1)) - (int128)S(n) * S(m);

    return sat_signed(st, bits, (difference + ((int128)1 << (bits - 2))) >> (bits - 1));
}

/* Here n and m come sign-extended to the wide size. */
LANE(sqdmull)
{
    return sat_signed(st, bits, (int128)S(n) * S(m) * 2);
}

LANE(sqdmlal)
{
    return sat_signed(st, bits, (int128)S(d) + S(lane_sqdmull(st, bits, d, n, m)));
}

LANE(sqdmlsl)
{
    return sat_signed(st, bits, (int128)S(d) - S(lane_sqdmull(st, bits, d, n, m)));
}

/* --- Shifts by a register: m<7:0> is a signed count, negative to the right --- */

struct shift {
    bool is_signed, rounds, saturates;
};

/* element << count, or (element + rounding) >> -count; count within +-128 */
static ALWAYS_INLINE uint64_t shift_by(struct fp_status *st, unsigned bits, uint64_t element,
                                       int count, struct shift kind)
{
    int128 value = kind.is_signed ? (int128)vec_sext(bits, element) : (int128)element;

    if (count >= (int)bits) {
        if (!kind.saturates || value == 0)
            return 0;
        /* Far enough to saturate, and small enough not to overflow 128 bits. */
        value = value < 0 ? -((int128)1 << 100) : (int128)1 << 100;
    } else if (count >= 0) {
        value = (int128)((unsigned __int128)value << count);
    } else if (count < -64) {
        return kind.rounds || value >= 0 ? 0 : ~0ull;
    } else {
        if (kind.rounds)
            value += (int128)1 << (-count - 1);
        value >>= -count;
    }
    if (!kind.saturates)
        return (uint64_t)value;
    return kind.is_signed ? sat_signed(st, bits, value) : sat_unsigned(st, bits, value);
}

#define SHIFT(name, is_signed, rounds, saturates)                                                  \
    LANE(name)                                                                                     \
    {                                                                                              \
        return shift_by(st, bits, n, (int8_t)m, (struct shift){is_signed, rounds, saturates});     \
    }
SHIFT(sshl, true, false, false)
SHIFT(ushl, false, false, false)
SHIFT(srshl, true, true, false)
SHIFT(urshl, false, true, false)
SHIFT(sqshl, true, false, true)
SHIFT(uqshl, false, false, true)
SHIFT(sqrshl, true, true, true)
SHIFT(uqrshl, false, true, true)
#undef SHIFT

/* --- Shifts by an immediate, m: 0 to bits - 1 to the left, 1 to bits to the right --- */

LANE(shl)
{
    return n << m;
}

LANE(sshr)
{
    return (uint64_t)(S(n) >> (m > 63 ? 63 : m));
}

LANE(ushr)
{
    return m > 63 ? 0 : n >> m;
}

LANE(ssra)
{
    return d + lane_sshr(st, bits, d, n, m);
}

LANE(usra)
{
    return d + lane_ushr(st, bits, d, n, m);
}

/* Rounds without leaving 64 bits: the bit below the result is added to it. */
LANE(srshr)
{
    return (uint64_t)(S(n) >> (m - 1) >> 1) + ((uint64_t)S(n) >> (m - 1) & 1);
}

LANE(urshr)
{
    return (n >> (m - 1) >> 1) + (n >> (m - 1) & 1);
}

LANE(srsra)
{
    return d + lane_srshr(st, bits, d, n, m);
}

LANE(ursra)
{
    return d + lane_urshr(st, bits, d, n, m);
}

LANE(sli)
{
    return n << m | (d & ((1ull << m) - 1));
}

LANE(sri)
{
    uint64_t kept = m >= bits ? ~0ull : ~(bits_ones(bits) >> m);

    return lane_ushr(st, bits, d, n, m) | (d & kept);
}

LANE(sqshlu)
{
    return sat_unsigned(st, bits, (int128)((unsigned __int128)(int128)S(n) << m));
}

/* Narrowing to bits / 2: truncated, or saturated from and to signed or unsigned; m is the shift to
 * the right, 0 for XTN and its like. */

LANE(xtn)
{
    return n;
}

LANE(shrn)
{
    return n >> m;
}

LANE(rshrn)
{
    return (n >> m) + (n >> (m - 1) & 1);
}

#define NARROW(name, value_type, value, rounding, saturate)                                        \
    LANE(name)                                                                                     \
    {                                                                                              \
        return saturate(st, bits / 2, ((int128)(value_type)(value) + (rounding)) >> m);            \
    }
#define HALF ((int128)1 << m >> 1)
NARROW(sqshrn, int64_t, S(n), 0, sat_signed)
NARROW(uqshrn, uint64_t, n, 0, sat_unsigned)
NARROW(sqshrun, int64_t, S(n), 0, sat_unsigned)
NARROW(sqrshrn, int64_t, S(n), HALF, sat_signed)
NARROW(uqrshrn, uint64_t, n, HALF, sat_unsigned)
NARROW(sqrshrun, int64_t, S(n), HALF, sat_unsigned)
#undef HALF
#undef NARROW

/* --- Bits and bytes --- */

LANE(clz)
{
    return n == 0 ? bits : (unsigned)__builtin_clzll(n) - (64 - bits);
}

LANE(cls)
{
    uint64_t x = (uint64_t)(S(n) ^ S(n) >> 63); /* the sign bits become zeros */

    return x == 0 ? bits - 1 : (unsigned)__builtin_clzll(x) - (64 - bits) - 1;
}

LANE(cnt)
{
    return (unsigned)__builtin_popcountll(n);
}

LANE(rbit)
{
    n = (n & 0x0f) << 4 | (n >> 4 & 0x0f);
    n = (n & 0x33) << 2 | (n >> 2 & 0x33);
    return (n & 0x55) << 1 | (n >> 1 & 0x55);
}

LANE(rev64_8)
{
    return __builtin_bswap64(n);
}

LANE(rev64_16)
{
    uint64_t x = n << 32 | n >> 32;

    return (x & 0x0000ffff0000ffff) << 16 | (x >> 16 & 0x0000ffff0000ffff);
}

LANE(rev64_32)
{
    return n << 32 | n >> 32;
}

LANE(rev32_8)
{
    return __builtin_bswap32((uint32_t)n);
}

LANE(rev32_16)
{
    return n << 16 | n >> 16;
}

LANE(rev16_8)
{
    return n << 8 | n >> 8;
}

LANE(urecpe)
{
    return fp_unsigned_recip_estimate((uint32_t)n);
}

LANE(ursqrte)
{
    return fp_unsigned_rsqrt_estimate((uint32_t)n);
}

#undef S

#endif
