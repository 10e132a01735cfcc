/* SVE helpers for the long, wide and narrow integers of SVE2: lanes work on wide elements; their
 * bottom halves are the even elements of half the size, their top halves the odd ones. The families
 * are those of sve2_long.def. */
#include "cpu/interp_sve.h"

/* PMULLB, PMULLT: of halves */
LANE(pmull)
{
    uint64_t product = 0;

    for (unsigned i = 0; i < bits / 2; i++)
        product ^= (m >> i & 1) * (n << i);
    return product;
}

/* Which halves a long instruction takes. */
struct halves {
    bool is_signed, n_is_wide, n_is_top, m_is_top;
};

static ALWAYS_INLINE uint64_t half(unsigned bits, uint64_t wide, bool is_signed, bool is_top)
{
    return vec_extend(is_signed, bits / 2, is_top ? wide >> bits / 2 : wide & bits_ones(bits / 2));
}

static ALWAYS_INLINE uint64_t half_of_m(const struct uop *uop, const union vreg *m, unsigned bits,
                                        unsigned i, enum z_operand operand, struct halves halves)
{
    if (operand == Z_IMM_U)
        return uop->b;
    if (operand == Z_ELEM)
        return vec_extend(halves.is_signed, bits / 2, vec_get(m, bits / 2, uop->y));
    return half(bits, vec_get(m, bits, i), halves.is_signed, halves.m_is_top);
}

static ALWAYS_INLINE void walk_long(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    vec_lane *lane, enum z_operand operand, struct halves halves)
{
    struct fp_status st = cpu->fp;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg d = *z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part), m = n, r;

        if (operand != Z_IMM_U)
            m = *z_part(cpu, uop->b, part);
        for (unsigned i = 0; i < 128 / bits; i++) {
            uint64_t of_n = vec_get(&n, bits, i);

            if (!halves.n_is_wide)
                of_n = half(bits, of_n, halves.is_signed, halves.n_is_top);
            vec_put(&r, bits, i,
                    lane(&st, bits, vec_get(&d, bits, i), of_n,
                         half_of_m(uop, &m, bits, i, operand, halves)));
        }
        *z_part(cpu, uop->d, part) = r;
    }
    z_exceptions(cpu, st);
}

#define LONG(name, operand, is_signed, n_is_wide, n_is_top, m_is_top)                              \
    static ALWAYS_INLINE void z_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,      \
                                       vec_lane *lane)                                             \
    {                                                                                              \
        walk_long(cpu, uop, bits, lane, operand,                                                   \
                  (struct halves){is_signed, n_is_wide, n_is_top, m_is_top});                      \
    }
LONG(long_sb, Z_REG, true, false, false, false)
LONG(long_st, Z_REG, true, false, true, true)
LONG(long_ub, Z_REG, false, false, false, false)
LONG(long_ut, Z_REG, false, false, true, true)
LONG(long_sbt, Z_REG, true, false, false, true)
LONG(long_stb, Z_REG, true, false, true, false)
LONG(wide_sb, Z_REG, true, true, false, false)
LONG(wide_st, Z_REG, true, true, false, true)
LONG(wide_ub, Z_REG, false, true, false, false)
LONG(wide_ut, Z_REG, false, true, false, true)
LONG(long_elem_sb, Z_ELEM, true, false, false, false)
LONG(long_elem_st, Z_ELEM, true, false, true, false)
LONG(long_elem_ub, Z_ELEM, false, false, false, false)
LONG(long_elem_ut, Z_ELEM, false, false, true, false)
LONG(long_imm_sb, Z_IMM_U, true, false, false, false)
LONG(long_imm_st, Z_IMM_U, true, false, true, false)
LONG(long_imm_ub, Z_IMM_U, false, false, false, false)
LONG(long_imm_ut, Z_IMM_U, false, false, true, false)
#undef LONG

/* Half of each element of d: the bottom one, and the top one becomes 0; or the top one alone. */
static ALWAYS_INLINE void walk_narrow(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                      vec_lane *lane, enum z_operand operand, bool is_top)
{
    struct fp_status st = cpu->fp;
    uint64_t bottom = bits_ones(bits / 2);

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg d = *z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part), m = n, r;

        if (operand != Z_IMM_U)
            m = *z_part(cpu, uop->b, part);
        for (unsigned i = 0; i < 128 / bits; i++) {
            uint64_t result =
                lane(&st, bits, 0, vec_get(&n, bits, i), z_m(uop, &m, bits, i, operand)) & bottom;

            if (is_top)
                result = (vec_get(&d, bits, i) & bottom) | result << bits / 2;
            vec_put(&r, bits, i, result);
        }
        *z_part(cpu, uop->d, part) = r;
    }
    z_exceptions(cpu, st);
}

#define NARROW(name, operand, is_top)                                                              \
    static ALWAYS_INLINE void z_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,      \
                                       vec_lane *lane)                                             \
    {                                                                                              \
        walk_narrow(cpu, uop, bits, lane, operand, is_top);                                        \
    }
NARROW(narrow_b, Z_REG, false)
NARROW(narrow_t, Z_REG, true)
NARROW(narrow_imm_b, Z_IMM_U, false)
NARROW(narrow_imm_t, Z_IMM_U, true)
#undef NARROW

#define SVE_HD(name, walk, lane)                                                                   \
    SVE_HELPER(name, 16, walk, lane)                                                               \
    SVE_HELPER(name, 64, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {NULL, name##_16, NULL, name##_64};

#define FAMILY(name, sizes, walk, lane) sizes(name, walk, lane)
#include "cpu/sve2_long.def"
#undef FAMILY
