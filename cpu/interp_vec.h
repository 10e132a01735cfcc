/* How vector micro-ops walk over lanes: each walk is written once here and takes the function of
 * one lane.
 *
 * The element size `bits` and the lane function are constants of the handler, so everything folds
 * into one loop. In the micro-op, x is the number of bytes that count: 16 and 8 for Q of 1 and 0,
 * less for a scalar; what lies above is zeroed. The walks with _st run over the lanes that count
 * only, since others must leave FPSR alone; the rest always do all lanes, which the compiler turns
 * into host vectors. */
#ifndef ULNA_CPU_INTERP_VEC_H
#define ULNA_CPU_INTERP_VEC_H

#include "cpu/interp.h"
#include "cpu/isa/simd.h"

/* A sanitizer's checks in each copy would take as long to compile as all of ulna. */
#ifdef ULNA_SANITIZED
#define ALWAYS_INLINE __attribute__((noinline, unused))
#else
#define ALWAYS_INLINE inline __attribute__((always_inline))
#endif
#define UNUSED __attribute__((unused))

/* The rounding a micro-op names: an enum fp_rounding or ROUNDING_FPCR. */
static inline enum fp_rounding vec_rounding(const struct fp_status *st, unsigned rounding)
{
    return rounding == ROUNDING_FPCR ? fp_rounding_mode(st) : (enum fp_rounding)rounding;
}

/* One lane: d, n and m are elements of `bits` bits (what d and m are depends on the walk), the
 * result's bits above are ignored. Flags go to st: FPSR.QC as well. */
typedef uint64_t vec_lane(struct fp_status *st, unsigned bits, uint64_t d, uint64_t n, uint64_t m);

/* FPNeg() */
static ALWAYS_INLINE uint64_t fp_lane_neg(const struct fp_status *st, unsigned bits, uint64_t n)
{
    return bits == 16   ? fp16_neg((uint16_t)n, st)
           : bits == 32 ? fp32_neg((uint32_t)n, st)
                        : fp64_neg(n, st);
}

/* Elem[] */
static ALWAYS_INLINE uint64_t vec_get(const union vreg *v, unsigned bits, unsigned i)
{
    switch (bits) {
    case 8:
        return v->b[i];
    case 16:
        return v->h[i];
    case 32:
        return v->s[i];
    default:
        return v->d[i];
    }
}

static ALWAYS_INLINE void vec_put(union vreg *v, unsigned bits, unsigned i, uint64_t value)
{
    switch (bits) {
    case 8:
        v->b[i] = (uint8_t)value;
        break;
    case 16:
        v->h[i] = (uint16_t)value;
        break;
    case 32:
        v->s[i] = (uint32_t)value;
        break;
    default:
        v->d[i] = value;
        break;
    }
}

static ALWAYS_INLINE int64_t vec_sext(unsigned bits, uint64_t value)
{
    return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static ALWAYS_INLINE uint64_t vec_extend(bool is_signed, unsigned bits, uint64_t value)
{
    return is_signed ? (uint64_t)vec_sext(bits, value) : value;
}

/* V[v] = the low `bytes` bytes of value. */
static ALWAYS_INLINE void vec_write(struct cpu *cpu, unsigned v, union vreg value, unsigned bytes)
{
    uint64_t high = value.d[1];

    if (bytes != 16) {
        high = 0;
        if (bytes != 8)
            value.d[0] &= bits_ones(8 * bytes);
    }
    cpu->v[v].d[0] = value.d[0];
    cpu->v[v].d[1] = high;
}

/* Where the operand m of a lane comes from. */
enum vec_operand {
    VEC_REG,  /* the same lane of V[b] */
    VEC_ELEM, /* lane y of V[b] */
    VEC_IMM,  /* i */
};

static ALWAYS_INLINE uint64_t vec_m(const struct uop *uop, const union vreg *m, unsigned bits,
                                    unsigned i, enum vec_operand operand)
{
    if (operand == VEC_IMM)
        return uop->imm;
    return vec_get(m, bits, operand == VEC_ELEM ? uop->y : i);
}

/* --- d[i] = lane(d[i], n[i], m) --- */

static ALWAYS_INLINE void vec_walk(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                   vec_lane *lane, unsigned lanes, enum vec_operand operand)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], m = {.d = {0, 0}}, r = {.d = {0, 0}};

    if (operand != VEC_IMM)
        m = cpu->v[uop->b];
    for (unsigned i = 0; i < lanes; i++)
        vec_put(&r, bits, i,
                lane(&cpu->fp, bits, vec_get(&d, bits, i), vec_get(&n, bits, i),
                     vec_m(uop, &m, bits, i, operand)));
    vec_write(cpu, uop->d, r, uop->x);
}

#define VEC_WALK(name, lanes, operand)                                                             \
    static ALWAYS_INLINE void vec_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,    \
                                         vec_lane *lane)                                           \
    {                                                                                              \
        vec_walk(cpu, uop, bits, lane, lanes, operand);                                            \
    }
VEC_WALK(map, 128 / bits, VEC_REG)
VEC_WALK(map_elem, 128 / bits, VEC_ELEM)
VEC_WALK(map_imm, 128 / bits, VEC_IMM)
VEC_WALK(map_st, uop->x * 8 / bits, VEC_REG)
VEC_WALK(map_elem_st, uop->x * 8 / bits, VEC_ELEM)
VEC_WALK(map_imm_st, uop->x * 8 / bits, VEC_IMM)
#undef VEC_WALK

/* --- Complex numbers: pairs of lanes, the real part first. m is turned by a quarter as often as
 * uop->imm says: multiplied by a power of i. A product takes one part of n; two instructions make a
 * whole one --- */

static ALWAYS_INLINE void vec_walk_complex(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           vec_lane *lane, bool product, enum vec_operand operand)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], m = cpu->v[uop->b], r = {.d = {0, 0}};
    unsigned turns = (unsigned)uop->imm, odd = turns & 1;

    for (unsigned i = 0; i < uop->x * 8 / bits; i++) {
        unsigned pair = i & ~1u, part = i & 1;
        uint64_t lane_m =
            vec_get(&m, bits, (operand == VEC_ELEM ? 2u * uop->y : pair) + (part ^ odd));

        if ((part ? turns : turns + 1) & 2)
            lane_m = fp_lane_neg(&cpu->fp, bits, lane_m);
        vec_put(&r, bits, i,
                lane(&cpu->fp, bits, vec_get(&d, bits, i),
                     vec_get(&n, bits, product ? pair + odd : i), lane_m));
    }
    vec_write(cpu, uop->d, r, uop->x);
}

#define VEC_COMPLEX(name, product, operand)                                                        \
    static ALWAYS_INLINE void vec_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,    \
                                         vec_lane *lane)                                           \
    {                                                                                              \
        vec_walk_complex(cpu, uop, bits, lane, product, operand);                                  \
    }
VEC_COMPLEX(complex, false, VEC_REG)
VEC_COMPLEX(complex_mul, true, VEC_REG)
VEC_COMPLEX(complex_mul_elem, true, VEC_ELEM)
#undef VEC_COMPLEX

/* --- FMLAL and its like: lanes of d, with lanes of half the size from one half (uop->imm) of what
 * counts of n and m, or with lane y of m --- */

static ALWAYS_INLINE void vec_walk_halves(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                          vec_lane *lane, enum vec_operand operand)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], m = cpu->v[uop->b], r = {.d = {0, 0}};
    unsigned lanes = uop->x * 8 / bits, first = uop->imm ? lanes : 0;

    for (unsigned i = 0; i < lanes; i++)
        vec_put(&r, bits, i,
                lane(&cpu->fp, bits, vec_get(&d, bits, i), vec_get(&n, bits / 2, first + i),
                     vec_m(uop, &m, bits / 2, first + i, operand)));
    vec_write(cpu, uop->d, r, uop->x);
}

static ALWAYS_INLINE void vec_halves(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     vec_lane *lane)
{
    vec_walk_halves(cpu, uop, bits, lane, VEC_REG);
}

static ALWAYS_INLINE void vec_halves_elem(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                          vec_lane *lane)
{
    vec_walk_halves(cpu, uop, bits, lane, VEC_ELEM);
}

/* BFMLALB, BFMLALT: lanes of d with every other lane of half the size, from lane uop->imm on. */
static ALWAYS_INLINE void vec_walk_every_other(struct cpu *cpu, const struct uop *uop,
                                               unsigned bits, vec_lane *lane,
                                               enum vec_operand operand)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], m = cpu->v[uop->b], r = {.d = {0, 0}};

    for (unsigned i = 0; i < 128 / bits; i++) {
        unsigned at = 2 * i + (unsigned)uop->imm;

        vec_put(&r, bits, i,
                lane(&cpu->fp, bits, vec_get(&d, bits, i), vec_get(&n, bits / 2, at),
                     vec_m(uop, &m, bits / 2, at, operand)));
    }
    vec_write(cpu, uop->d, r, 16);
}

static ALWAYS_INLINE void vec_every_other(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                          vec_lane *lane)
{
    vec_walk_every_other(cpu, uop, bits, lane, VEC_REG);
}

static ALWAYS_INLINE void vec_every_other_elem(struct cpu *cpu, const struct uop *uop,
                                               unsigned bits, vec_lane *lane)
{
    vec_walk_every_other(cpu, uop, bits, lane, VEC_ELEM);
}

/* --- Products of matrices: d has two rows of two lanes, n and m^T two rows of a doubleword --- */

static ALWAYS_INLINE void vec_matrix(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     vec_lane *lane)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], m = cpu->v[uop->b], r = {.d = {0, 0}};

    for (unsigned i = 0; i < 4; i++)
        vec_put(&r, bits, i, lane(&cpu->fp, bits, vec_get(&d, bits, i), n.d[i / 2], m.d[i % 2]));
    vec_write(cpu, uop->d, r, 16);
}

/* --- Pairs of adjacent lanes of m:n --- */

/* r[at + i] = lane(v[2 * i], v[2 * i + 1]). Lanes smaller than a doubleword are taken two at a
 * time, which compilers turn into host vectors where they do not do so with every other lane. */
static ALWAYS_INLINE void vec_pair_half(struct fp_status *st, union vreg *r, unsigned at,
                                        const union vreg *v, unsigned bits, vec_lane *lane,
                                        unsigned pairs)
{
    for (unsigned i = 0; i < pairs; i++) {
        uint64_t low, high;

        if (bits == 64) {
            low = v->d[0];
            high = v->d[1];
        } else {
            uint64_t both = vec_get(v, 2 * bits, i);

            low = both & bits_ones(bits);
            high = both >> bits;
        }
        vec_put(r, bits, at + i, lane(st, bits, 0, low, high));
    }
}

static ALWAYS_INLINE void vec_walk_pairs(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                         vec_lane *lane, unsigned lanes)
{
    union vreg n = cpu->v[uop->a], m = cpu->v[uop->b], r = {.d = {0, 0}};

    vec_pair_half(&cpu->fp, &r, 0, &n, bits, lane, lanes / 2);
    vec_pair_half(&cpu->fp, &r, lanes / 2, &m, bits, lane, lanes / 2);
    vec_write(cpu, uop->d, r, uop->x);
}

static ALWAYS_INLINE void vec_pairs(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    vec_lane *lane)
{
    if (uop->x == 16)
        vec_walk_pairs(cpu, uop, bits, lane, 128 / bits);
    else
        vec_walk_pairs(cpu, uop, bits, lane, 64 / bits);
}

/* The two lanes of n alone (scalar pairwise). */
static ALWAYS_INLINE void vec_pair1(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    vec_lane *lane)
{
    union vreg n = cpu->v[uop->a], r = {.d = {0, 0}};

    vec_put(&r, bits, 0, lane(&cpu->fp, bits, 0, vec_get(&n, bits, 0), vec_get(&n, bits, 1)));
    vec_write(cpu, uop->d, r, 16);
}

/* Adjacent lanes of n, extended to twice their size; d is what was in the result's place. */
static ALWAYS_INLINE void vec_walk_pairs_long(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                              vec_lane *lane, bool is_signed)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], r = {.d = {0, 0}};

    for (unsigned i = 0; i < 64 / bits; i++)
        vec_put(&r, 2 * bits, i,
                lane(&cpu->fp, 2 * bits, vec_get(&d, 2 * bits, i),
                     vec_extend(is_signed, bits, vec_get(&n, bits, 2 * i)),
                     vec_extend(is_signed, bits, vec_get(&n, bits, 2 * i + 1))));
    vec_write(cpu, uop->d, r, uop->x);
}

static ALWAYS_INLINE void vec_pairs_long_s(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           vec_lane *lane)
{
    vec_walk_pairs_long(cpu, uop, bits, lane, true);
}

static ALWAYS_INLINE void vec_pairs_long_u(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           vec_lane *lane)
{
    vec_walk_pairs_long(cpu, uop, bits, lane, false);
}

/* --- Long and wide: the lane works on twice the element size. Q of 1 takes the upper half of the
 * narrow operands --- */

static ALWAYS_INLINE void vec_walk_long(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                        vec_lane *lane, bool is_signed, bool n_is_wide,
                                        enum vec_operand operand)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], m = {.d = {0, 0}}, r = {.d = {0, 0}};
    unsigned lanes = uop->x < 8 ? 1 : 64 / bits;
    unsigned part = uop->x == 16 ? lanes : 0;

    if (operand != VEC_IMM)
        m = cpu->v[uop->b];
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t lane_n = n_is_wide ? vec_get(&n, 2 * bits, i)
                                    : vec_extend(is_signed, bits, vec_get(&n, bits, part + i));
        uint64_t lane_m = vec_m(uop, &m, bits, part + i, operand);

        if (operand != VEC_IMM)
            lane_m = vec_extend(is_signed, bits, lane_m);
        vec_put(&r, 2 * bits, i,
                lane(&cpu->fp, 2 * bits, vec_get(&d, 2 * bits, i), lane_n, lane_m));
    }
    vec_write(cpu, uop->d, r, uop->x < 8 ? 2 * uop->x : 16);
}

#define VEC_LONG(name, is_signed, n_is_wide, operand)                                              \
    static ALWAYS_INLINE void vec_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,    \
                                         vec_lane *lane)                                           \
    {                                                                                              \
        vec_walk_long(cpu, uop, bits, lane, is_signed, n_is_wide, operand);                        \
    }
VEC_LONG(long_s, true, false, VEC_REG)
VEC_LONG(long_u, false, false, VEC_REG)
VEC_LONG(wide_s, true, true, VEC_REG)
VEC_LONG(wide_u, false, true, VEC_REG)
VEC_LONG(long_elem_s, true, false, VEC_ELEM)
VEC_LONG(long_elem_u, false, false, VEC_ELEM)
VEC_LONG(long_imm_s, true, false, VEC_IMM)
VEC_LONG(long_imm_u, false, false, VEC_IMM)
#undef VEC_LONG

/* --- Narrow: the lane works on twice the element size and gives an element. Q of 1 writes the
 * upper half, keeping the lower one --- */

static ALWAYS_INLINE void vec_walk_narrow(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                          vec_lane *lane, enum vec_operand operand)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], m = {.d = {0, 0}}, r = {.d = {0, 0}};
    unsigned lanes = uop->x < 8 ? 1 : 64 / bits;

    if (operand != VEC_IMM)
        m = cpu->v[uop->b];
    for (unsigned i = 0; i < lanes; i++)
        vec_put(&r, bits, i,
                lane(&cpu->fp, 2 * bits, 0, vec_get(&n, 2 * bits, i),
                     vec_m(uop, &m, 2 * bits, i, operand)));
    if (uop->x == 16) {
        r.d[1] = r.d[0];
        r.d[0] = d.d[0];
    }
    vec_write(cpu, uop->d, r, uop->x);
}

static ALWAYS_INLINE void vec_narrow(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     vec_lane *lane)
{
    vec_walk_narrow(cpu, uop, bits, lane, VEC_REG);
}

static ALWAYS_INLINE void vec_narrow_imm(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                         vec_lane *lane)
{
    vec_walk_narrow(cpu, uop, bits, lane, VEC_IMM);
}

/* --- Across: Reduce(), which halves the vector again and again --- */

static ALWAYS_INLINE void vec_walk_across(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                          unsigned result_bits, bool is_signed, vec_lane *lane)
{
    union vreg n = cpu->v[uop->a], r = {.d = {0, 0}};
    uint64_t element[16];
    unsigned lanes = uop->x * 8 / bits;

    for (unsigned i = 0; i < lanes; i++)
        element[i] = vec_extend(is_signed, bits, vec_get(&n, bits, i));
    for (; lanes > 1; lanes /= 2)
        for (unsigned i = 0; i < lanes / 2; i++)
            element[i] = lane(&cpu->fp, bits, 0, element[2 * i], element[2 * i + 1]);
    vec_put(&r, result_bits, 0, element[0]);
    vec_write(cpu, uop->d, r, 16);
}

static ALWAYS_INLINE void vec_across(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     vec_lane *lane)
{
    vec_walk_across(cpu, uop, bits, bits, false, lane);
}

static ALWAYS_INLINE void vec_across_long_s(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                            vec_lane *lane)
{
    vec_walk_across(cpu, uop, bits, 2 * bits, true, lane);
}

static ALWAYS_INLINE void vec_across_long_u(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                            vec_lane *lane)
{
    vec_walk_across(cpu, uop, bits, 2 * bits, false, lane);
}

#endif
