/* SVE helpers for integers: the lanes that Advanced SIMD does not have, and the families of
 * sve_int.def. */
#include "cpu/interp_sve.h"

LANE(smulh)
{
    return (uint64_t)((int128)vec_sext(bits, n) * vec_sext(bits, m) >> bits);
}

LANE(umulh)
{
    return (uint64_t)((unsigned __int128)n * m >> bits);
}

/* By 0: 0. The most negative number by -1: itself. */
LANE(sdiv)
{
    int64_t divisor = vec_sext(bits, m);

    if (divisor == -1)
        return -n;
    return divisor ? (uint64_t)(vec_sext(bits, n) / divisor) : 0;
}

LANE(udiv)
{
    return m ? n / m : 0;
}

LANE(cmne)
{
    return n != m;
}

LANE(cmlt)
{
    return lane_cmgt(st, bits, d, m, n);
}

LANE(cmle)
{
    return lane_cmge(st, bits, d, m, n);
}

LANE(cmlo)
{
    return lane_cmhi(st, bits, d, m, n);
}

LANE(cmls)
{
    return lane_cmhs(st, bits, d, m, n);
}

/* --- Sums and products --- */

LANE(subr)
{
    return m - n;
}

/* Immediates have no sign, and may be longer than an element. */
LANE(sqadd_i)
{
    return sat_signed(st, bits, (int128)vec_sext(bits, n) + m);
}

LANE(sqsub_i)
{
    return sat_signed(st, bits, (int128)vec_sext(bits, n) - m);
}

/* Here d is a factor, and n what is added to. */
LANE(mad)
{
    return n + d * m;
}

LANE(msb)
{
    return n - d * m;
}

/* SDOT, UDOT: a lane is four numbers of each operand. */
LANE(dot_s)
{
    unsigned part = bits / 4;

    for (unsigned i = 0; i < bits; i += part)
        d += (uint64_t)(vec_sext(part, n >> i) * vec_sext(part, m >> i));
    return d;
}

LANE(dot_u)
{
    unsigned part = bits / 4;

    for (unsigned i = 0; i < bits; i += part)
        d += (n >> i & bits_ones(part)) * (m >> i & bits_ones(part));
    return d;
}

/* --- Shifts by m, which has no sign and may be more than an element has bits --- */

LANE(asr)
{
    return lane_sshr(st, bits, d, n, m < bits ? m : bits);
}

LANE(lsr)
{
    return m < bits ? n >> m : 0;
}

LANE(lsl)
{
    return m < bits ? n << m : 0;
}

/* Rounds towards zero. */
LANE(asrd)
{
    int128 value = vec_sext(bits, n);

    return (uint64_t)((value < 0 ? value + (int128)bits_ones((unsigned)m) : value) >> m);
}

/* --- Bits and bytes --- */

LANE(m)
{
    return m;
}

LANE(sxtb)
{
    return (uint64_t)(int8_t)n;
}

LANE(uxtb)
{
    return (uint8_t)n;
}

LANE(sxth)
{
    return (uint64_t)(int16_t)n;
}

LANE(uxth)
{
    return (uint16_t)n;
}

LANE(sxtw)
{
    return (uint64_t)(int32_t)n;
}

LANE(uxtw)
{
    return (uint32_t)n;
}

LANE(cnot)
{
    return n == 0;
}

LANE(revb)
{
    return __builtin_bswap64(n) >> (64 - bits);
}

LANE(revh)
{
    return lane_rev64_16(st, bits, d, n, m) >> (64 - bits);
}

LANE(reverse)
{
    n = (n & 0x0f0f0f0f0f0f0f0f) << 4 | (n >> 4 & 0x0f0f0f0f0f0f0f0f);
    n = (n & 0x3333333333333333) << 2 | (n >> 2 & 0x3333333333333333);
    n = (n & 0x5555555555555555) << 1 | (n >> 1 & 0x5555555555555555);
    return lane_revb(st, bits, d, n, m);
}

/* --- Walks: m is what is in the general register b; products of matrices as vec_matrix() --- */

static ALWAYS_INLINE void z_map_x(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                  vec_lane *lane)
{
    uint64_t m = cpu->x[uop->b];

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg d = *z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part), r;

        for (unsigned i = 0; i < 128 / bits; i++)
            vec_put(&r, bits, i,
                    lane(&cpu->fp, bits, vec_get(&d, bits, i), vec_get(&n, bits, i), m));
        *z_part(cpu, uop->d, part) = r;
    }
}

static ALWAYS_INLINE void z_matrix(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                   vec_lane *lane)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg d = *z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part);
        union vreg m = *z_part(cpu, uop->b, part), r;

        for (unsigned i = 0; i < 4; i++)
            vec_put(&r, bits, i,
                    lane(&cpu->fp, bits, vec_get(&d, bits, i), n.d[i / 2], m.d[i % 2]));
        *z_part(cpu, uop->d, part) = r;
    }
}

/* Vd = the active elements, together, and `from`; the rest of Zd is 0. */
static ALWAYS_INLINE void across(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                 vec_lane *lane, uint64_t from, unsigned result_bits,
                                 bool is_signed)
{
    union zreg result = {.part = {{.d = {0, 0}}}};

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part);
        uint16_t active = cpu->p[uop->x].part[part];

        for (unsigned i = 0; i < 128 / bits; i++)
            if (p_lane(active, bits, i))
                from = lane(&cpu->fp, result_bits, 0, from,
                            vec_extend(is_signed, bits, vec_get(&n, bits, i)));
    }
    vec_put(&result.part[0], result_bits, 0, from);
    z_write(cpu, uop->d, &result);
}

#define ACROSS(name, from, result_bits, is_signed)                                                 \
    static ALWAYS_INLINE void z_across_##name(struct cpu *cpu, const struct uop *uop,              \
                                              unsigned bits, vec_lane *lane)                       \
    {                                                                                              \
        across(cpu, uop, bits, lane, from, result_bits, is_signed);                                \
    }
ACROSS(sum_s, 0, 64, true)
ACROSS(sum_u, 0, 64, false)
ACROSS(from_0, 0, bits, false)
ACROSS(from_umax, bits_ones(bits), bits, false)
ACROSS(from_smax, bits_ones(bits - 1), bits, false)
ACROSS(from_smin, 1ull << (bits - 1), bits, false)
#undef ACROSS

/* --- Comparisons with doublewords --- */

/* Elements of n, extended, against the doublewords of m that they are part of. */
static ALWAYS_INLINE void compare_wide(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                       vec_lane *lane, bool is_signed)
{
    union preg mask = cpu->p[uop->x];

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = *z_part(cpu, uop->b, part);
        uint16_t result = 0;

        for (unsigned i = 0; i < 128 / bits; i++)
            if (p_lane(mask.part[part], bits, i) &&
                lane(&cpu->fp, 64, 0, vec_extend(is_signed, bits, vec_get(&n, bits, i)),
                     m.d[i * bits / 64]))
                result |= (uint16_t)(1u << i * (bits / 8));
        cpu->p[uop->d].part[part] = result;
    }
    p_test(cpu, &mask, &cpu->p[uop->d], bits);
}

static ALWAYS_INLINE void z_compare_wide_s(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           vec_lane *lane)
{
    compare_wide(cpu, uop, bits, lane, true);
}

static ALWAYS_INLINE void z_compare_wide_u(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           vec_lane *lane)
{
    compare_wide(cpu, uop, bits, lane, false);
}

#define FAMILY(name, sizes, walk, lane) sizes(name, walk, lane)
#include "cpu/sve_int.def"
#undef FAMILY
