/* SVE helpers for floating-point numbers: the lanes that Advanced SIMD does not have, the walks
 * that only such numbers need, and the families of sve_fp.def. Inactive elements raise no
 * exception: the walks do not call the lane for them. */
#include "cpu/fp_core.h"
#include "cpu/interp_sve.h"
#include "cpu/mxcsr.h"

static ALWAYS_INLINE enum fp_format format_of(unsigned bits)
{
    return bits == 16 ? FP_HALF : bits == 32 ? FP_SINGLE : FP_DOUBLE;
}

/* --- Lanes --- */

LANE(fsubr)
{
    return lane_fsub(st, bits, d, m, n);
}

/* -d + -n * m, -d + n * m */
LANE(fnmla)
{
    return lane_fmls(st, bits, fp_lane_neg(st, bits, d), n, m);
}

LANE(fnmls)
{
    return lane_fmla(st, bits, fp_lane_neg(st, bits, d), n, m);
}

/* FMAD and its like: Zdn is a factor, and m what is added to. */
#define ADDEND_LAST(name, lane)                                                                    \
    LANE(name)                                                                                     \
    {                                                                                              \
        return lane_##lane(st, bits, m, d, n);                                                     \
    }
ADDEND_LAST(fmad, fmla)
ADDEND_LAST(fmsb, fmls)
ADDEND_LAST(fnmad, fnmla)
ADDEND_LAST(fnmsb, fnmls)
#undef ADDEND_LAST

LANE(fscale)
{
    return fp_scale(format_of(bits), n, vec_sext(bits, m), st);
}

LANE(flogb)
{
    return fp_logb(format_of(bits), n, st);
}

LANE(fexpa)
{
    return fp_exponential(format_of(bits), n);
}

/* d is the index. */
LANE(ftmad)
{
    return fp_trig_muladd(format_of(bits), (unsigned)d, n, m, st);
}

LANE(ftsmul)
{
    return fp_trig_square(format_of(bits), n, m, st);
}

LANE(ftssel)
{
    return fp_trig_select(format_of(bits), n, m, st);
}

LANE(fcmne)
{
    return !fp_compare_eq(format_of(bits), n, m, st);
}

LANE(fcmnez)
{
    return lane_fcmne(st, bits, 0, n, 0);
}

/* Unordered: V is set. */
LANE(fcmuo)
{
    return fp_compare(format_of(bits), n, m, false, st) & 1;
}

/* --- Conversions: what the element has above the smaller of both formats is 0 --- */

#define CONVERT(name, value)                                                                       \
    LANE(name)                                                                                     \
    {                                                                                              \
        return value;                                                                              \
    }
/* FPConvertSVE(): halves are those of IEEE 754, whatever FPCR.AHP says. */
#define CONVERT_HALF(name, convert)                                                                \
    LANE(name)                                                                                     \
    {                                                                                              \
        struct fp_status own = {.fpcr = st->fpcr & ~FPCR_AHP};                                     \
        uint64_t result = convert;                                                                 \
                                                                                                   \
        st->fpsr |= own.fpsr;                                                                      \
        return result;                                                                             \
    }
CONVERT_HALF(fcvt_sh, fp32_to_fp16((uint32_t)n, &own))
CONVERT_HALF(fcvt_hs, fp16_to_fp32((uint16_t)n, &own))
CONVERT_HALF(fcvt_dh, fp64_to_fp16(n, &own))
CONVERT_HALF(fcvt_hd, fp16_to_fp64((uint16_t)n, &own))
#undef CONVERT_HALF
CONVERT(fcvt_ds, fp64_to_fp32(n, st))
CONVERT(fcvt_sd, fp32_to_fp64((uint32_t)n, st))
CONVERT(fcvtx, fp64_to_fp32_odd(n, st))
CONVERT(bfcvt, fp32_to_bf16((uint32_t)n, st))

/* To and from the upper half of an element. */
#define CONVERT_TOP(name, from)                                                                    \
    CONVERT(name, (d & bits_ones(bits / 2)) | lane_##from(st, bits, 0, n, 0) << bits / 2)
CONVERT_TOP(fcvtnt_sh, fcvt_sh)
CONVERT_TOP(fcvtnt_ds, fcvt_ds)
CONVERT_TOP(fcvtxnt, fcvtx)
CONVERT_TOP(bfcvtnt, bfcvt)
CONVERT(fcvtlt_hs, lane_fcvt_hs(st, bits, 0, n >> 16, 0))
CONVERT(fcvtlt_sd, lane_fcvt_sd(st, bits, 0, n >> 32, 0))
#undef CONVERT_TOP

/* (letters, bits of the number, bits of the integer) */
#define FROM_INTEGER(letters, number, integer)                                                     \
    CONVERT(scvtf_##letters,                                                                       \
            fp_from_fixed(format_of(number), (uint64_t)vec_sext(integer, n), 0, false, st))        \
    CONVERT(ucvtf_##letters, fp_from_fixed(format_of(number), n &bits_ones(integer), 0, true, st))
FROM_INTEGER(hh, 16, 16)
FROM_INTEGER(sh, 16, 32)
FROM_INTEGER(dh, 16, 64)
FROM_INTEGER(ss, 32, 32)
FROM_INTEGER(ds, 32, 64)
FROM_INTEGER(sd, 64, 32)
FROM_INTEGER(dd, 64, 64)
#undef FROM_INTEGER

#define TO_INTEGER(letters, number, integer)                                                       \
    CONVERT(fcvtzs_##letters,                                                                      \
            (uint64_t)vec_sext(integer, fp_to_fixed(format_of(number), n &bits_ones(number),       \
                                                    integer, 0, false, FPRounding_ZERO, st)))      \
    CONVERT(fcvtzu_##letters, fp_to_fixed(format_of(number), n &bits_ones(number), integer, 0,     \
                                          true, FPRounding_ZERO, st))
TO_INTEGER(hh, 16, 16)
TO_INTEGER(hs, 16, 32)
TO_INTEGER(hd, 16, 64)
TO_INTEGER(ss, 32, 32)
TO_INTEGER(sd, 32, 64)
TO_INTEGER(ds, 64, 32)
TO_INTEGER(dd, 64, 64)
#undef TO_INTEGER
#undef CONVERT

/* --- Walks --- */

/* The constants that b may choose. */
static ALWAYS_INLINE uint64_t constant(unsigned bits, unsigned choice)
{
    static const uint64_t half[] = {0, 0x3800, 0x3c00, 0x4000};
    static const uint64_t single[] = {0, 0x3f000000, 0x3f800000, 0x40000000};
    static const uint64_t two[] = {0, 0x3fe0000000000000, 0x3ff0000000000000, 0x4000000000000000};

    return bits == 16 ? half[choice] : bits == 32 ? single[choice] : two[choice];
}

/* Zdn with m, the same for all active elements */
static ALWAYS_INLINE void merge_scalar(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                       vec_lane *lane, uint64_t m)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg *d = z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part);

        for (unsigned i = 0; i < 128 / bits; i++)
            if (p_lane(cpu->p[uop->x].part[part], bits, i))
                vec_put(d, bits, i,
                        lane(&cpu->fp, bits, vec_get(d, bits, i), vec_get(&n, bits, i), m));
    }
}

static ALWAYS_INLINE void z_merge_constant(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           vec_lane *lane)
{
    merge_scalar(cpu, uop, bits, lane, constant(bits, uop->b));
}

static ALWAYS_INLINE void z_merge_rounding(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           vec_lane *lane)
{
    merge_scalar(cpu, uop, bits, lane, uop->y);
}

/* y in the place of d[i] */
static ALWAYS_INLINE void z_map_index(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                      vec_lane *lane)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg *d = z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part),
                   m = *z_part(cpu, uop->b, part);

        for (unsigned i = 0; i < 128 / bits; i++)
            vec_put(d, bits, i,
                    lane(&cpu->fp, bits, uop->y, vec_get(&n, bits, i), vec_get(&m, bits, i)));
    }
}

/* ReducePredicated(): by halves, inactive elements and those up to the next power of two being
 * `identity` */
static ALWAYS_INLINE void reduce(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                 vec_lane *lane, uint64_t identity)
{
    unsigned elements = 8 * z_bytes(cpu) / bits, count = 1;
    union zreg n;

    z_read(cpu, uop->a, &n);
    while (count < elements)
        count *= 2;
    for (unsigned i = 0; i < count; i++)
        if (i >= elements || !p_active(&cpu->p[uop->x], bits / 8, i))
            z_put(&n, bits, i, identity);
    while (count /= 2)
        for (unsigned i = 0; i < count; i++)
            z_put(&n, bits, i,
                  lane(&cpu->fp, bits, 0, z_get(&n, bits, 2 * i), z_get(&n, bits, 2 * i + 1)));
    z_write_scalar(cpu, uop->d, bits, z_get(&n, bits, 0));
}

#define REDUCE(name, identity)                                                                     \
    static ALWAYS_INLINE void z_reduce_##name(struct cpu *cpu, const struct uop *uop,              \
                                              unsigned bits, vec_lane *lane)                       \
    {                                                                                              \
        reduce(cpu, uop, bits, lane, identity);                                                    \
    }
REDUCE(zero, 0)
REDUCE(nan, fp_default_nan(format_of(bits), &cpu->fp))
REDUCE(least, fp_infinity(format_of(bits), true))
REDUCE(most, fp_infinity(format_of(bits), false))
#undef REDUCE

/* Vdn with each active element of Zm in turn */
static ALWAYS_INLINE void z_accumulate(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                       vec_lane *lane)
{
    uint64_t sum = vec_get(z_part(cpu, uop->d, 0), bits, 0);

    for (unsigned i = 0; i < 8 * z_bytes(cpu) / bits; i++)
        if (p_active(&cpu->p[uop->x], bits / 8, i))
            sum = lane(&cpu->fp, bits, 0, sum,
                       vec_get(z_part(cpu, uop->b, i * bits / 128), bits, i % (128 / bits)));
    z_write_scalar(cpu, uop->d, bits, sum);
}

static ALWAYS_INLINE void z_merge_pairs(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                        vec_lane *lane)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg *d = z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part),
                   m = *z_part(cpu, uop->b, part);

        for (unsigned i = 0; i < 128 / bits; i++) {
            const union vreg *from = i & 1 ? &m : &n;

            if (p_lane(cpu->p[uop->x].part[part], bits, i))
                vec_put(d, bits, i,
                        lane(&cpu->fp, bits, 0, vec_get(from, bits, i & ~1u),
                             vec_get(from, bits, i | 1)));
        }
    }
}

/* As vec_walk_complex() of interp_vec.h, of active elements; `elem`: all are, and pair x of each
 * part of Zm serves all. */
static ALWAYS_INLINE void walk_complex(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                       vec_lane *lane, bool product, bool elem)
{
    unsigned turns = uop->y, odd = turns & 1;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg *d = z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part),
                   m = *z_part(cpu, uop->b, part);

        for (unsigned i = 0; i < 128 / bits; i++) {
            unsigned pair = i & ~1u, imaginary = i & 1;
            uint64_t lane_m = vec_get(&m, bits, (elem ? 2u * uop->x : pair) + (imaginary ^ odd));

            if (!elem && !p_lane(cpu->p[uop->x].part[part], bits, i))
                continue;
            if ((imaginary ? turns : turns + 1) & 2)
                lane_m = fp_lane_neg(&cpu->fp, bits, lane_m);
            vec_put(d, bits, i,
                    lane(&cpu->fp, bits, vec_get(d, bits, i),
                         vec_get(&n, bits, product ? pair + odd : i), lane_m));
        }
    }
}

#define COMPLEX(name, product, elem)                                                               \
    static ALWAYS_INLINE void z_##name(struct cpu *cpu, const struct uop *uop, unsigned bits,      \
                                       vec_lane *lane)                                             \
    {                                                                                              \
        walk_complex(cpu, uop, bits, lane, product, elem);                                         \
    }
COMPLEX(merge_complex, false, false)
COMPLEX(merge_complex_mul, true, false)
COMPLEX(complex_mul_elem, true, true)
#undef COMPLEX

static ALWAYS_INLINE void walk_every_other(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           vec_lane *lane, bool elem)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg *d = z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part),
                   m = *z_part(cpu, uop->b, part);

        for (unsigned i = 0; i < 128 / bits; i++)
            vec_put(d, bits, i,
                    lane(&cpu->fp, bits, vec_get(d, bits, i), vec_get(&n, bits / 2, 2 * i + uop->y),
                         vec_get(&m, bits / 2, elem ? uop->x : 2 * i + uop->y)));
    }
}

static ALWAYS_INLINE void z_every_other(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                        vec_lane *lane)
{
    walk_every_other(cpu, uop, bits, lane, false);
}

static ALWAYS_INLINE void z_every_other_elem(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                             vec_lane *lane)
{
    walk_every_other(cpu, uop, bits, lane, true);
}

/* Each part is a matrix of two rows of two; n and m^T have rows of a doubleword. */
static ALWAYS_INLINE void z_matrix(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                   vec_lane *lane)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg *d = z_part(cpu, uop->d, part), n = *z_part(cpu, uop->a, part),
                   m = *z_part(cpu, uop->b, part);

        for (unsigned i = 0; i < 4; i++)
            vec_put(d, bits, i, lane(&cpu->fp, bits, vec_get(d, bits, i), n.d[i / 2], m.d[i % 2]));
    }
}

/* --- Families --- */

#undef SVE_HELPER
#define SVE_HELPER(name, bits, walk, lane)                                                         \
    static NOINLINE void name##_##bits##_walk(struct cpu *cpu, const struct uop *uop)              \
    {                                                                                              \
        z_##walk(cpu, uop, bits, lane_##lane);                                                     \
    }                                                                                              \
    static bool name##_##bits(struct cpu *cpu, const struct uop *uop)                              \
    {                                                                                              \
        uint32_t mxcsr = mxcsr_suspend(cpu);                                                       \
                                                                                                   \
        name##_##bits##_walk(cpu, uop);                                                            \
        mxcsr_resume(cpu, mxcsr);                                                                  \
        return true;                                                                               \
    }

#define FAMILY(name, sizes, walk, lane) sizes(name, walk, lane)
#include "cpu/sve_fp.def"
#undef FAMILY

/* --- FMMLA: four numbers in a row of two parts of `bits` each; VL may leave a rest, which is 0 ---
 */

static NOINLINE void multiply_matrices(struct cpu *cpu, const struct uop *uop, unsigned bits)
{
    unsigned count = 8 * z_bytes(cpu) / (4 * bits);
    union zreg d, n, m, r = {.b = {0}};

    z_read(cpu, uop->d, &d);
    z_read(cpu, uop->a, &n);
    z_read(cpu, uop->b, &m);
    for (unsigned i = 0; i < 4 * count; i++) {
        unsigned row = i & ~1u, column = (i & ~3u) + 2 * (i & 1);
        uint64_t products[2];

        for (unsigned k = 0; k < 2; k++)
            products[k] =
                lane_fmul(&cpu->fp, bits, 0, z_get(&n, bits, row + k), z_get(&m, bits, column + k));
        z_put(&r, bits, i,
              lane_fadd(&cpu->fp, bits, 0, z_get(&d, bits, i),
                        lane_fadd(&cpu->fp, bits, 0, products[0], products[1])));
    }
    z_write(cpu, uop->d, &r);
}

bool sve_fmmla(struct cpu *cpu, const struct uop *uop)
{
    uint32_t mxcsr = mxcsr_suspend(cpu);

    if (uop->y == 32)
        multiply_matrices(cpu, uop, 32);
    else
        multiply_matrices(cpu, uop, 64);
    mxcsr_resume(cpu, mxcsr);
    return true;
}
