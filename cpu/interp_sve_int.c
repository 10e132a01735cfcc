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
