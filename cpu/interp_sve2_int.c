/* SVE helpers for the integers of SVE2: the lanes and walks that neither Advanced SIMD nor SVE has,
 * and the families of sve2_int.def. */
#include "cpu/interp_sve.h"

/* Signed value of an element: */
#define S(value) vec_sext(bits, value)

/* --- Logic of three operands: d, m, and k, which is n here --- */

LANE(eor3)
{
    return d ^ m ^ n;
}

LANE(bcax)
{
    return d ^ (m & ~n);
}

LANE(bsl_k)
{
    return (d & n) | (m & ~n);
}

LANE(bsl1n)
{
    return (~d & n) | (m & ~n);
}

LANE(bsl2n)
{
    return (d & n) | (~m & ~n);
}

LANE(nbsl)
{
    return ~((d & n) | (m & ~n));
}

LANE(rax1)
{
    return n ^ ror64(m, 63);
}

/* by 1 to `bits` to the right */
LANE(xar)
{
    uint64_t x = d ^ n;

    return m == bits ? x : x >> m | x << (bits - m);
}

/* --- Bits that a mask chooses --- */

LANE(bext)
{
    uint64_t result = 0;

    for (unsigned to = 0; m; m &= m - 1)
        result |= (n >> __builtin_ctzll(m) & 1) << to++;
    return result;
}

LANE(bdep)
{
    uint64_t result = 0;

    for (; m; m &= m - 1, n >>= 1)
        result |= (n & 1) << __builtin_ctzll(m);
    return result;
}

/* The others follow above those of the mask. */
LANE(bgrp)
{
    unsigned chosen = (unsigned)__builtin_popcountll(m);
    uint64_t others = lane_bext(st, bits, d, n, ~m & bits_ones(bits));

    return lane_bext(st, bits, d, n, m) | (chosen < 64 ? others << chosen : 0);
}

/* --- Halves of sums: as those of Advanced SIMD, but a sum of doublewords would not fit --- */

LANE(z_shadd)
{
    return (uint64_t)((S(n) & S(m)) + ((S(n) ^ S(m)) >> 1));
}

LANE(z_uhadd)
{
    return (n & m) + ((n ^ m) >> 1);
}

LANE(z_srhadd)
{
    return (uint64_t)((S(n) | S(m)) - ((S(n) ^ S(m)) >> 1));
}

LANE(z_urhadd)
{
    return (n | m) - ((n ^ m) >> 1);
}

LANE(z_shsub)
{
    return (uint64_t)(((S(n) ^ S(m)) >> 1) - (~S(n) & S(m)));
}

LANE(z_uhsub)
{
    return ((n ^ m) >> 1) - (~n & m);
}

/* --- Shifts by a vector: as those of Advanced SIMD, but all of m counts --- */

#define SHIFT(name)                                                                                \
    LANE(z_##name)                                                                                 \
    {                                                                                              \
        int64_t count = S(m);                                                                      \
                                                                                                   \
        count = count > 127 ? 127 : count < -127 ? -127 : count;                                   \
        return lane_##name(st, bits, d, n, (uint64_t)count);                                       \
    }
SHIFT(srshl)
SHIFT(urshl)
SHIFT(sqshl)
SHIFT(uqshl)
SHIFT(sqrshl)
SHIFT(uqrshl)
#undef SHIFT

/* --- Pairs --- */

/* Both halves of n are added to d. */
LANE(sadalp)
{
    return d + (uint64_t)(vec_sext(bits / 2, n) + vec_sext(bits / 2, n >> bits / 2));
}

LANE(uadalp)
{
    return d + (n & bits_ones(bits / 2)) + (n >> bits / 2);
}

/* Pairs of Zdn and of Zm take turns in the result. */
static ALWAYS_INLINE void z_merge_pairs(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                        vec_lane *lane)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = *z_part(cpu, uop->b, part), r = n;
        uint16_t active = cpu->p[uop->x].part[part];

        for (unsigned i = 0; i < 128 / bits; i++) {
            const union vreg *from = i & 1 ? &m : &n;

            if (p_lane(active, bits, i))
                vec_put(&r, bits, i,
                        lane(&cpu->fp, bits, 0, vec_get(from, bits, i & ~1u),
                             vec_get(from, bits, i | 1)));
        }
        *z_part(cpu, uop->d, part) = r;
    }
}

/* EORBT, EORTB: every other element of d, from the like of n and its neighbour in m. */
static ALWAYS_INLINE void interleave(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     vec_lane *lane, unsigned first)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = *z_part(cpu, uop->b, part);
        union vreg *d = z_part(cpu, uop->d, part);

        for (unsigned i = first; i < 128 / bits; i += 2)
            vec_put(d, bits, i,
                    lane(&cpu->fp, bits, 0, vec_get(&n, bits, i), vec_get(&m, bits, i ^ 1)));
    }
}

static ALWAYS_INLINE void z_interleave_b(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                         vec_lane *lane)
{
    interleave(cpu, uop, bits, lane, 0);
}

static ALWAYS_INLINE void z_interleave_t(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                         vec_lane *lane)
{
    interleave(cpu, uop, bits, lane, 1);
}

/* --- Sums with carry: m is the carry here --- */

LANE(adc)
{
    return d + n + m;
}

LANE(sbc)
{
    return lane_adc(st, bits, d, ~n, m);
}

/* AddWithCarry(): the carry out, by the top bits of the operands and of the sum */
static ALWAYS_INLINE bool carry_of(unsigned bits, uint64_t x, uint64_t y, uint64_t sum)
{
    return ((x & y) | ((x | y) & ~sum)) >> (bits - 1) & 1;
}

/* The even elements of d and those of n that `top` says; the odd ones of m have the carry in, of d
 * the carry out. */
static ALWAYS_INLINE void carry(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                vec_lane *lane, unsigned top)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = *z_part(cpu, uop->b, part);
        union vreg *d = z_part(cpu, uop->d, part);

        for (unsigned i = 0; i < 128 / bits; i += 2) {
            uint64_t x = vec_get(d, bits, i), y = vec_get(&n, bits, i + top);
            uint64_t sum = lane(&cpu->fp, bits, x, y, vec_get(&m, bits, i + 1) & 1);

            vec_put(d, bits, i, sum);
            vec_put(d, bits, i + 1, carry_of(bits, x, lane == lane_sbc ? ~y : y, sum));
        }
    }
}

static ALWAYS_INLINE void z_carry_b(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    vec_lane *lane)
{
    carry(cpu, uop, bits, lane, 0);
}

static ALWAYS_INLINE void z_carry_t(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    vec_lane *lane)
{
    carry(cpu, uop, bits, lane, 1);
}

/* --- Complex numbers: pairs of elements, the real part first --- */

/* The lane that subtracts where this one adds. */
static ALWAYS_INLINE vec_lane *opposite(vec_lane *lane)
{
    return lane == lane_add     ? lane_sub
           : lane == lane_sqadd ? lane_sqsub
           : lane == lane_mla   ? lane_mls
                                : lane_sqrdmlsh;
}

/* CADD: n and m turned by a quarter, or (x) by three. */
static ALWAYS_INLINE void z_complex_sum(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                        vec_lane *lane)
{
    struct fp_status st = cpu->fp;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = *z_part(cpu, uop->b, part), r;

        for (unsigned i = 0; i < 128 / bits; i++) {
            uint64_t x = vec_get(&n, bits, i), y = vec_get(&m, bits, i ^ 1);

            vec_put(&r, bits, i,
                    (i & 1) == uop->x ? opposite(lane)(&st, bits, 0, x, y)
                                      : lane(&st, bits, 0, x, y));
        }
        *z_part(cpu, uop->d, part) = r;
    }
}

/* CMLA: one part of n times m; x is the angle in quarters, and an odd one takes the imaginary part
 * of n. Of elements, pair y of m counts. */
static ALWAYS_INLINE void complex_product(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                          vec_lane *lane, bool by_element)
{
    struct fp_status st = cpu->fp;
    unsigned odd = uop->x & 1;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg d = *z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part);
        union vreg m = *z_part(cpu, uop->b, part), r;

        for (unsigned i = 0; i < 128 / bits; i++) {
            unsigned pair = by_element ? 2u * uop->y : i & ~1u;
            uint64_t x = vec_get(&d, bits, i), y = vec_get(&n, bits, (i & ~1u) + odd);
            uint64_t z = vec_get(&m, bits, pair + ((i & 1) ^ odd));
            bool subtracts = (i & 1 ? uop->x : uop->x + 1u) & 2;

            vec_put(&r, bits, i,
                    subtracts ? opposite(lane)(&st, bits, x, y, z) : lane(&st, bits, x, y, z));
        }
        *z_part(cpu, uop->d, part) = r;
    }
}

static ALWAYS_INLINE void z_complex_product(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                            vec_lane *lane)
{
    complex_product(cpu, uop, bits, lane, false);
}

static ALWAYS_INLINE void z_complex_product_elem(struct cpu *cpu, const struct uop *uop,
                                                 unsigned bits, vec_lane *lane)
{
    complex_product(cpu, uop, bits, lane, true);
}

/* CDOT: a lane is two complex numbers of each operand. */
static ALWAYS_INLINE uint64_t complex_dot(unsigned bits, uint64_t d, uint64_t n, uint64_t m,
                                          unsigned quarters)
{
    unsigned part = bits / 4, odd = quarters & 1;

    for (unsigned i = 0; i < bits; i += 2 * part) {
        int64_t real = vec_sext(part, n >> i), imaginary = vec_sext(part, n >> i >> part);
        int64_t one = vec_sext(part, m >> (i + odd * part));
        int64_t other = vec_sext(part, m >> (i + (odd ^ 1) * part));
        int64_t product = imaginary * other;

        if (quarters == 0 || quarters == 3)
            product = -product;
        d += (uint64_t)(real * one + product);
    }
    return d;
}

LANE(cdot0)
{
    return complex_dot(bits, d, n, m, 0);
}

LANE(cdot90)
{
    return complex_dot(bits, d, n, m, 1);
}

LANE(cdot180)
{
    return complex_dot(bits, d, n, m, 2);
}

LANE(cdot270)
{
    return complex_dot(bits, d, n, m, 3);
}

#define FAMILY(name, sizes, walk, lane) sizes(name, walk, lane)
#include "cpu/sve2_int.def"
#undef FAMILY

/* --- How often, and whether, elements are there --- */

/* Each active element of n: how many of those of m up to its place are active and equal to it. */
static ALWAYS_INLINE bool count_before(struct cpu *cpu, const struct uop *uop, unsigned bits)
{
    const union preg *p = &cpu->p[uop->x];
    union zreg n, m, r;

    z_read(cpu, uop->a, &n);
    z_read(cpu, uop->b, &m);
    for (unsigned i = 0; i < 8 * z_bytes(cpu) / bits; i++) {
        uint64_t count = 0;

        for (unsigned j = 0; p_active(p, bits / 8, i) && j <= i; j++)
            count += p_active(p, bits / 8, j) && z_get(&n, bits, i) == z_get(&m, bits, j);
        z_put(&r, bits, i, count);
    }
    z_write(cpu, uop->d, &r);
    return true;
}

static bool histcnt_32(struct cpu *cpu, const struct uop *uop)
{
    return count_before(cpu, uop, 32);
}

static bool histcnt_64(struct cpu *cpu, const struct uop *uop)
{
    return count_before(cpu, uop, 64);
}

uop_helper *const sve_histcnt[4] = {NULL, NULL, histcnt_32, histcnt_64};

/* How many elements of the same part of m are equal to x. */
static ALWAYS_INLINE unsigned count_equal(const union vreg *m, unsigned bits, uint64_t x)
{
    unsigned count = 0;

    for (unsigned i = 0; i < 128 / bits; i++)
        count += vec_get(m, bits, i) == x;
    return count;
}

bool sve_histseg(struct cpu *cpu, const struct uop *uop)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = *z_part(cpu, uop->b, part);

        for (unsigned i = 0; i < 16; i++)
            z_part(cpu, uop->d, part)->b[i] = (uint8_t)count_equal(&m, 8, n.b[i]);
    }
    return true;
}

static ALWAYS_INLINE bool match(struct cpu *cpu, const struct uop *uop, unsigned bits, bool found)
{
    union preg mask = cpu->p[uop->x];

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = *z_part(cpu, uop->b, part);
        uint16_t result = 0;

        for (unsigned i = 0; i < 128 / bits; i++)
            if (p_lane(mask.part[part], bits, i) &&
                (count_equal(&m, bits, vec_get(&n, bits, i)) != 0) == found)
                result |= (uint16_t)(1u << i * (bits / 8));
        cpu->p[uop->d].part[part] = result;
    }
    p_test(cpu, &mask, &cpu->p[uop->d], bits);
    return true;
}

static bool match_8(struct cpu *cpu, const struct uop *uop)
{
    return match(cpu, uop, 8, true);
}

static bool match_16(struct cpu *cpu, const struct uop *uop)
{
    return match(cpu, uop, 16, true);
}

static bool nmatch_8(struct cpu *cpu, const struct uop *uop)
{
    return match(cpu, uop, 8, false);
}

static bool nmatch_16(struct cpu *cpu, const struct uop *uop)
{
    return match(cpu, uop, 16, false);
}

uop_helper *const sve_match[4] = {match_8, match_16};
uop_helper *const sve_nmatch[4] = {nmatch_8, nmatch_16};
