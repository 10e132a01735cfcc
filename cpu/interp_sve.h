/* How SVE instructions walk over Z and P registers: each walk is written once here and takes the
 * function of one lane, one of vec_lanes.h or vec_lanes_fp.h, as the walks of interp_vec.h do.
 *
 * A Z register is looked at a part of 128 bits at a time, which is a V register (V_HIGH in cpu.h);
 * of a predicate, each part has 16 bits, and the lowest bit of an element counts. In the micro-op
 * that calls a helper, d is Zd (or Pd), a Zn, b Zm, x Pg, and y what is left; where an immediate
 * stands in for Zm, it is b and y. VL is that of the mode.
 *
 * Helpers come in families, one for each element size: FAMILY() rows in cpu/sve_*.def. */
#ifndef ULNA_CPU_INTERP_SVE_H
#define ULNA_CPU_INTERP_SVE_H

#include <string.h>

#include "cpu/sve.h"
#include "cpu/vec_lanes_fp.h"

/* --- Families of helpers: sve_NAME[], by log2 of the bytes of an element --- */

#define SVE_HELPER(name, bits, walk, lane)                                                         \
    static bool name##_##bits(struct cpu *cpu, const struct uop *uop)                              \
    {                                                                                              \
        z_##walk(cpu, uop, bits, lane_##lane);                                                     \
        return true;                                                                               \
    }
#define SVE_B(name, walk, lane)                                                                    \
    SVE_HELPER(name, 8, walk, lane)                                                                \
    uop_helper *const sve_##name[4] = {name##_8};
#define SVE_H(name, walk, lane)                                                                    \
    SVE_HELPER(name, 16, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {NULL, name##_16};
#define SVE_S(name, walk, lane)                                                                    \
    SVE_HELPER(name, 32, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {NULL, NULL, name##_32};
#define SVE_D(name, walk, lane)                                                                    \
    SVE_HELPER(name, 64, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {NULL, NULL, NULL, name##_64};
#define SVE_SD(name, walk, lane)                                                                   \
    SVE_HELPER(name, 32, walk, lane)                                                               \
    SVE_HELPER(name, 64, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {NULL, NULL, name##_32, name##_64};
#define SVE_HS(name, walk, lane)                                                                   \
    SVE_HELPER(name, 16, walk, lane)                                                               \
    SVE_HELPER(name, 32, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {NULL, name##_16, name##_32};
#define SVE_HSD(name, walk, lane)                                                                  \
    SVE_HELPER(name, 16, walk, lane)                                                               \
    SVE_HELPER(name, 32, walk, lane)                                                               \
    SVE_HELPER(name, 64, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {NULL, name##_16, name##_32, name##_64};
#define SVE_BHS(name, walk, lane)                                                                  \
    SVE_HELPER(name, 8, walk, lane)                                                                \
    SVE_HELPER(name, 16, walk, lane)                                                               \
    SVE_HELPER(name, 32, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {name##_8, name##_16, name##_32};
#define SVE_BHSD(name, walk, lane)                                                                 \
    SVE_HELPER(name, 8, walk, lane)                                                                \
    SVE_HELPER(name, 16, walk, lane)                                                               \
    SVE_HELPER(name, 32, walk, lane)                                                               \
    SVE_HELPER(name, 64, walk, lane)                                                               \
    uop_helper *const sve_##name[4] = {name##_8, name##_16, name##_32, name##_64};

/* --- Registers --- */

/* VL in parts of 128 bits. */
static inline unsigned z_parts(const struct cpu *cpu)
{
    return mode_parts(cpu->mode);
}

static inline unsigned z_bytes(const struct cpu *cpu)
{
    return 16 * z_parts(cpu);
}

static inline union vreg *z_part(struct cpu *cpu, unsigned z, unsigned part)
{
    return part < V_PARTS ? &cpu->v[V_HIGH * part + z] : &cpu->z_rest[part - V_PARTS][z];
}

/* A Z register in one piece, for what moves elements from one part to another. */
union zreg {
    uint8_t b[Z_BYTES_MAX];
    uint16_t h[Z_BYTES_MAX / 2];
    uint32_t s[Z_BYTES_MAX / 4];
    uint64_t d[Z_BYTES_MAX / 8];
    union vreg part[Z_PARTS];
};

static inline void z_read(struct cpu *cpu, unsigned z, union zreg *value)
{
    for (unsigned part = 0; part < z_parts(cpu); part++)
        value->part[part] = *z_part(cpu, z, part);
}

static inline void z_write(struct cpu *cpu, unsigned z, const union zreg *value)
{
    for (unsigned part = 0; part < z_parts(cpu); part++)
        *z_part(cpu, z, part) = value->part[part];
}

/* Vd = an element; the rest of Zd is 0. */
static inline void z_write_scalar(struct cpu *cpu, unsigned z, unsigned bits, uint64_t value)
{
    for (unsigned part = 0; part < Z_PARTS; part++)
        *z_part(cpu, z, part) = (union vreg){.d = {0, 0}};
    cpu->v[z].d[0] = value & bits_ones(bits);
}

/* Elem[] of a register in one piece */
static ALWAYS_INLINE uint64_t z_get(const union zreg *z, unsigned bits, unsigned i)
{
    return vec_get(&z->part[i / (128 / bits)], bits, i % (128 / bits));
}

static ALWAYS_INLINE void z_put(union zreg *z, unsigned bits, unsigned i, uint64_t value)
{
    vec_put(&z->part[i / (128 / bits)], bits, i % (128 / bits), value);
}

/* An element in the host's memory: by lengths that the compiler knows. */
static inline uint64_t z_host_get(const uint8_t *host, unsigned bits)
{
    union vreg value = {.d = {0, 0}};

    switch (bits) {
    case 8:
        return *host;
    case 16:
        memcpy(value.h, host, 2);
        break;
    case 32:
        memcpy(value.s, host, 4);
        break;
    default:
        memcpy(value.d, host, 8);
    }
    return value.d[0];
}

static inline void z_host_put(uint8_t *host, unsigned bits, uint64_t value)
{
    switch (bits) {
    case 8:
        *host = (uint8_t)value;
        break;
    case 16:
        memcpy(host, &value, 2);
        break;
    case 32:
        memcpy(host, &value, 4);
        break;
    default:
        memcpy(host, &value, 8);
    }
}

/* ActivePredicateElement(): of `bytes` each */
static ALWAYS_INLINE bool p_active(const union preg *p, unsigned bytes, unsigned i)
{
    return p->part[i * bytes / 16] >> i * bytes % 16 & 1;
}

/* The same of the 16 bits for one part. */
static ALWAYS_INLINE bool p_lane(uint16_t p, unsigned bits, unsigned i)
{
    return p >> i * (bits / 8) & 1;
}

/* The lowest bits of the elements of a part: those that count. */
static ALWAYS_INLINE uint16_t p_elements(unsigned bits)
{
    return bits == 8 ? 0xffff : bits == 16 ? 0x5555 : bits == 32 ? 0x1111 : 0x0101;
}

/* NZCV = PredTest(mask, result); the registers may be equal. */
void p_test(struct cpu *cpu, const union preg *mask, const union preg *result, unsigned bits);

/* A lane's exceptions, but no saturation: SVE leaves FPSR.QC alone. */
static ALWAYS_INLINE void z_exceptions(struct cpu *cpu, struct fp_status st)
{
    cpu->fp.fpsr |= st.fpsr & ~FPSR_QC;
}

/* A helper that stands alone: what a part of Zd becomes, from those of Zd, Zn and Zm. */
#define SVE_PARTS(name, result)                                                                    \
    bool sve_##name(struct cpu *cpu, const struct uop *uop)                                        \
    {                                                                                              \
        for (unsigned part = 0; part < z_parts(cpu); part++) {                                     \
            union vreg d UNUSED = *z_part(cpu, uop->d, part);                                      \
            union vreg n UNUSED = *z_part(cpu, uop->a, part);                                      \
            union vreg m UNUSED = *z_part(cpu, uop->b, part);                                      \
                                                                                                   \
            *z_part(cpu, uop->d, part) = result;                                                   \
        }                                                                                          \
        return true;                                                                               \
    }

/* --- d[i] = lane(d[i], n[i], m) --- */

enum z_operand {
    Z_REG,   /* the same lane of Zm */
    Z_ELEM,  /* lane y of each part of Zm */
    Z_WIDE,  /* the doubleword of Zm that the lane is part of */
    Z_IMM_S, /* b and y are an immediate of 16 bits, signed or not */
    Z_IMM_U,
};

static ALWAYS_INLINE uint64_t z_m(const struct uop *uop, const union vreg *m, unsigned bits,
                                  unsigned i, enum z_operand operand)
{
    uint16_t imm = (uint16_t)(uop->b | uop->y << 8);

    if (operand == Z_IMM_S)
        return (uint64_t)(int16_t)imm & bits_ones(bits);
    if (operand == Z_IMM_U)
        return imm;
    if (operand == Z_WIDE)
        return m->d[i * bits / 64];
    return vec_get(m, bits, operand == Z_ELEM ? uop->y : i);
}

static ALWAYS_INLINE void z_walk(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                 vec_lane *lane, enum z_operand operand)
{
    struct fp_status st = cpu->fp;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg d = *z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part), m = n, r;

        if (operand < Z_IMM_S)
            m = *z_part(cpu, uop->b, part);
        for (unsigned i = 0; i < 128 / bits; i++)
            vec_put(&r, bits, i,
                    lane(&st, bits, vec_get(&d, bits, i), vec_get(&n, bits, i),
                         z_m(uop, &m, bits, i, operand)));
        *z_part(cpu, uop->d, part) = r;
    }
    z_exceptions(cpu, st);
}

/* The same of active elements; the others keep their value, or become 0. */
static ALWAYS_INLINE void z_walk_active(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                        vec_lane *lane, enum z_operand operand, bool zeroing)
{
    struct fp_status st = cpu->fp;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg d = *z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part), m = n, r = d;
        uint16_t active = cpu->p[uop->x].part[part];

        if (operand < Z_IMM_S)
            m = *z_part(cpu, uop->b, part);
        if (zeroing)
            r = (union vreg){.d = {0, 0}};
        for (unsigned i = 0; i < 128 / bits; i++)
            if (p_lane(active, bits, i))
                vec_put(&r, bits, i,
                        lane(&st, bits, vec_get(&d, bits, i), vec_get(&n, bits, i),
                             z_m(uop, &m, bits, i, operand)));
        *z_part(cpu, uop->d, part) = r;
    }
    z_exceptions(cpu, st);
}

#define Z_WALK(name, operand)                                                                      \
    static ALWAYS_INLINE void z_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,      \
                                       vec_lane *lane)                                             \
    {                                                                                              \
        z_walk(cpu, uop, bits, lane, operand);                                                     \
    }
Z_WALK(map, Z_REG)
Z_WALK(map_elem, Z_ELEM)
Z_WALK(map_wide, Z_WIDE)
Z_WALK(map_imm_s, Z_IMM_S)
Z_WALK(map_imm_u, Z_IMM_U)
#undef Z_WALK

#define Z_WALK_ACTIVE(name, operand, zeroing)                                                      \
    static ALWAYS_INLINE void z_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,      \
                                       vec_lane *lane)                                             \
    {                                                                                              \
        z_walk_active(cpu, uop, bits, lane, operand, zeroing);                                     \
    }
Z_WALK_ACTIVE(merge, Z_REG, false)
Z_WALK_ACTIVE(merge_wide, Z_WIDE, false)
Z_WALK_ACTIVE(merge_imm_s, Z_IMM_S, false)
Z_WALK_ACTIVE(merge_imm_u, Z_IMM_U, false)
Z_WALK_ACTIVE(zeroing, Z_REG, true)
Z_WALK_ACTIVE(zeroing_imm_s, Z_IMM_S, true)
#undef Z_WALK_ACTIVE

/* --- Pd = where lane(n[i], m) is not 0, of active elements --- */

static ALWAYS_INLINE void z_walk_compare(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                         vec_lane *lane, enum z_operand operand)
{
    union preg mask = cpu->p[uop->x];
    struct fp_status st = cpu->fp;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = n;
        uint16_t active = mask.part[part], result = 0;

        if (operand < Z_IMM_S)
            m = *z_part(cpu, uop->b, part);
        for (unsigned i = 0; i < 128 / bits; i++)
            if (p_lane(active, bits, i) &&
                lane(&st, bits, 0, vec_get(&n, bits, i), z_m(uop, &m, bits, i, operand)))
                result |= (uint16_t)(1u << i * (bits / 8));
        cpu->p[uop->d].part[part] = result;
    }
    z_exceptions(cpu, st);
}

/* Integer comparisons set NZCV, floating-point ones do not. */
#define Z_COMPARE(name, operand, flags)                                                            \
    static ALWAYS_INLINE void z_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,      \
                                       vec_lane *lane)                                             \
    {                                                                                              \
        union preg mask = cpu->p[uop->x];                                                          \
                                                                                                   \
        z_walk_compare(cpu, uop, bits, lane, operand);                                             \
        if (flags)                                                                                 \
            p_test(cpu, &mask, &cpu->p[uop->d], bits);                                             \
    }
Z_COMPARE(compare, Z_REG, true)
Z_COMPARE(compare_imm_s, Z_IMM_S, true)
Z_COMPARE(compare_imm_u, Z_IMM_U, true)
Z_COMPARE(compare_fp, Z_REG, false)
#undef Z_COMPARE

#endif
