/* Handlers of the scalar floating-point micro-ops. The arithmetic, its fast paths included, is
 * cpu/fp.h. */
#include "cpu/interp_vec.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

/* A scalar result zeroes the rest of the register. */
static inline void set_scalar(struct cpu *cpu, unsigned v, uint64_t value)
{
    cpu->v[v].d[0] = value;
    cpu->v[v].d[1] = 0;
}

static inline uint16_t get16(const struct cpu *cpu, unsigned v)
{
    return cpu->v[v].h[0];
}

static inline uint32_t get32(const struct cpu *cpu, unsigned v)
{
    return cpu->v[v].s[0];
}

static inline uint64_t get64(const struct cpu *cpu, unsigned v)
{
    return cpu->v[v].d[0];
}

/* --- Moves --- */

HANDLER(fmov32)
{
    set_scalar(cpu, uop->d, get32(cpu, uop->a));
    return uop_next(cpu, uop);
}

HANDLER(fmov64)
{
    set_scalar(cpu, uop->d, get64(cpu, uop->a));
    return uop_next(cpu, uop);
}

HANDLER(fmovi)
{
    set_scalar(cpu, uop->d, uop->imm);
    return uop_next(cpu, uop);
}

HANDLER(fmov_vw)
{
    set_scalar(cpu, uop->d, (uint32_t)cpu->x[uop->a]);
    return uop_next(cpu, uop);
}

HANDLER(fmov_vx)
{
    set_scalar(cpu, uop->d, cpu->x[uop->a]);
    return uop_next(cpu, uop);
}

HANDLER(fmov_vhx)
{
    cpu->v[uop->d].d[1] = cpu->x[uop->a];
    return uop_next(cpu, uop);
}

HANDLER(fmov_wv)
{
    cpu->x[uop->d] = get32(cpu, uop->a);
    return uop_next(cpu, uop);
}

HANDLER(fmov_xv)
{
    cpu->x[uop->d] = get64(cpu, uop->a);
    return uop_next(cpu, uop);
}

HANDLER(fmov_xvh)
{
    cpu->x[uop->d] = cpu->v[uop->a].d[1];
    return uop_next(cpu, uop);
}

/* --- Arithmetic --- */

#define UNARY(name, bits, result)                                                                  \
    HANDLER(name##bits)                                                                            \
    {                                                                                              \
        uint##bits##_t n = get##bits(cpu, uop->a);                                                 \
                                                                                                   \
        set_scalar(cpu, uop->d, result);                                                           \
        return uop_next(cpu, uop);                                                                 \
    }
UNARY(fabs, 32, fp32_abs(n, &cpu->fp))
UNARY(fabs, 64, fp64_abs(n, &cpu->fp))
UNARY(fneg, 32, fp32_neg(n, &cpu->fp))
UNARY(fneg, 64, fp64_neg(n, &cpu->fp))
UNARY(fsqrt, 32, fp32_sqrt(n, &cpu->fp))
UNARY(fsqrt, 64, fp64_sqrt(n, &cpu->fp))

#define BINARY(name, bits, result)                                                                 \
    HANDLER(name##bits)                                                                            \
    {                                                                                              \
        uint##bits##_t n = get##bits(cpu, uop->a), m = get##bits(cpu, uop->b);                     \
                                                                                                   \
        set_scalar(cpu, uop->d, result);                                                           \
        return uop_next(cpu, uop);                                                                 \
    }
/* What the host does itself needs no stack frame; the rest is out of line. */
#define FAST(name, function, bits)                                                                 \
    static NOINLINE const struct uop *name##bits##_slow(struct cpu *cpu, const struct uop *uop)    \
    {                                                                                              \
        set_scalar(                                                                                \
            cpu, uop->d,                                                                           \
            fp##bits##_##function(get##bits(cpu, uop->a), get##bits(cpu, uop->b), &cpu->fp));      \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(name##bits)                                                                            \
    {                                                                                              \
        uint##bits##_t result;                                                                     \
                                                                                                   \
        if (!fp##bits##_host_##function(get##bits(cpu, uop->a), get##bits(cpu, uop->b), &cpu->fp,  \
                                        &result))                                                  \
            return name##bits##_slow(cpu, uop);                                                    \
        set_scalar(cpu, uop->d, result);                                                           \
        return uop_next(cpu, uop);                                                                 \
    }
FAST(fadd, add, 32)
FAST(fadd, add, 64)
FAST(fsub, sub, 32)
FAST(fsub, sub, 64)
FAST(fmul, mul, 32)
FAST(fmul, mul, 64)
FAST(fdiv, div, 32)
FAST(fdiv, div, 64)

#define ARITHMETIC(name, function)                                                                 \
    BINARY(name, 32, fp32_##function(n, m, &cpu->fp))                                              \
    BINARY(name, 64, fp64_##function(n, m, &cpu->fp))
ARITHMETIC(fmax, max)
ARITHMETIC(fmin, min)
ARITHMETIC(fmaxnm, maxnum)
ARITHMETIC(fminnm, minnum)
BINARY(fnmul, 32, fp32_neg(fp32_mul(n, m, &cpu->fp), &cpu->fp))
BINARY(fnmul, 64, fp64_neg(fp64_mul(n, m, &cpu->fp), &cpu->fp))

#define FUSED(name, bits, result)                                                                  \
    HANDLER(name##bits)                                                                            \
    {                                                                                              \
        uint##bits##_t n = get##bits(cpu, uop->a), m = get##bits(cpu, uop->b);                     \
        uint##bits##_t a = get##bits(cpu, uop->y);                                                 \
                                                                                                   \
        set_scalar(cpu, uop->d, result);                                                           \
        return uop_next(cpu, uop);                                                                 \
    }
#define FUSED_ALL(bits)                                                                            \
    FUSED(fmadd, bits, fp##bits##_muladd(a, n, m, &cpu->fp))                                       \
    FUSED(fmsub, bits, fp##bits##_muladd(a, fp##bits##_neg(n, &cpu->fp), m, &cpu->fp))             \
    FUSED(                                                                                         \
        fnmadd, bits,                                                                              \
        fp##bits##_muladd(fp##bits##_neg(a, &cpu->fp), fp##bits##_neg(n, &cpu->fp), m, &cpu->fp))  \
    FUSED(fnmsub, bits, fp##bits##_muladd(fp##bits##_neg(a, &cpu->fp), n, m, &cpu->fp))
FUSED_ALL(16)
FUSED_ALL(32)
FUSED_ALL(64)

/* --- Comparison and selection --- */

/* `flags` is NZCV as a number with N in bit 3. */
static inline void set_nzcv(struct cpu *cpu, unsigned flags)
{
    cpu->nzcv.n = flags >> 3 & 1;
    cpu->nzcv.z = flags >> 2 & 1;
    cpu->nzcv.c = flags >> 1 & 1;
    cpu->nzcv.v = flags & 1;
}

#define COMPARE_WITH(name, bits, op2, signal_nans)                                                 \
    static NOINLINE const struct uop *name##bits##_slow(struct cpu *cpu, const struct uop *uop)    \
    {                                                                                              \
        set_nzcv(cpu, fp##bits##_compare(get##bits(cpu, uop->a), op2, signal_nans, &cpu->fp));     \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(name##bits)                                                                            \
    {                                                                                              \
        unsigned flags;                                                                            \
                                                                                                   \
        if (!fp##bits##_host_compare(get##bits(cpu, uop->a), op2, &cpu->fp, &flags))               \
            return name##bits##_slow(cpu, uop);                                                    \
        set_nzcv(cpu, flags);                                                                      \
        return uop_next(cpu, uop);                                                                 \
    }
#define COMPARE(name, bits, signal_nans)                                                           \
    COMPARE_WITH(f##name, bits, get##bits(cpu, uop->b), signal_nans)                               \
    COMPARE_WITH(f##name##z, bits, 0, signal_nans)                                                 \
    HANDLER(fc##name##bits)                                                                        \
    {                                                                                              \
        if (condition_holds(cpu, uop->x))                                                          \
            set_nzcv(cpu, fp##bits##_compare(get##bits(cpu, uop->a), get##bits(cpu, uop->b),       \
                                             signal_nans, &cpu->fp));                              \
        else                                                                                       \
            set_nzcv(cpu, uop->y);                                                                 \
        return uop_next(cpu, uop);                                                                 \
    }
COMPARE(cmp, 16, false)
COMPARE(cmp, 32, false)
COMPARE(cmp, 64, false)
COMPARE(cmpe, 16, true)
COMPARE(cmpe, 32, true)
COMPARE(cmpe, 64, true)

HANDLER(fcsel32)
{
    set_scalar(cpu, uop->d, get32(cpu, condition_holds(cpu, uop->x) ? uop->a : uop->b));
    return uop_next(cpu, uop);
}

HANDLER(fcsel64)
{
    set_scalar(cpu, uop->d, get64(cpu, condition_holds(cpu, uop->x) ? uop->a : uop->b));
    return uop_next(cpu, uop);
}

/* --- Conversion --- */

#define CONVERT(from, to)                                                                          \
    HANDLER(fcvt##from##_##to)                                                                     \
    {                                                                                              \
        uint##from##_t n = (uint##from##_t)get64(cpu, uop->a);                                     \
                                                                                                   \
        set_scalar(cpu, uop->d, fp##from##_to_fp##to(n, &cpu->fp));                                \
        return uop_next(cpu, uop);                                                                 \
    }
CONVERT(16, 32)
CONVERT(16, 64)
CONVERT(32, 16)
CONVERT(32, 64)
CONVERT(64, 16)
CONVERT(64, 32)

static NOINLINE void to_fixed_js(struct cpu *cpu, const struct uop *uop)
{
    bool z;

    cpu->x[uop->d] = fp_to_fixed_js(get64(cpu, uop->a), &z, &cpu->fp);
    cpu->nzcv = (union nzcv){.z = z};
}

HANDLER(fjcvtzs)
{
    to_fixed_js(cpu, uop);
    return uop_next(cpu, uop);
}

UNARY(frint, 32, fp32_round_int(n, vec_rounding(&cpu->fp, uop->x), false, &cpu->fp))
UNARY(frint, 64, fp64_round_int(n, vec_rounding(&cpu->fp, uop->x), false, &cpu->fp))
UNARY(frintx, 32, fp32_round_int(n, fp_rounding_mode(&cpu->fp), true, &cpu->fp))
UNARY(frintx, 64, fp64_round_int(n, fp_rounding_mode(&cpu->fp), true, &cpu->fp))

/* int_bits of a w or x register and how it is extended to 64 bits */
#define FROM_INT(name, suffix, type, bits, is_unsigned)                                            \
    HANDLER(name##_##suffix##bits)                                                                 \
    {                                                                                              \
        uint64_t n = (uint64_t)(type)cpu->x[uop->a];                                               \
                                                                                                   \
        set_scalar(cpu, uop->d, fp##bits##_from_fixed(n, uop->x, is_unsigned, &cpu->fp));          \
        return uop_next(cpu, uop);                                                                 \
    }
#define FROM_INT_ALL(bits)                                                                         \
    FROM_INT(scvtf, w, int32_t, bits, false)                                                       \
    FROM_INT(scvtf, x, int64_t, bits, false)                                                       \
    FROM_INT(ucvtf, w, uint32_t, bits, true)                                                       \
    FROM_INT(ucvtf, x, uint64_t, bits, true)
FROM_INT_ALL(16)
FROM_INT_ALL(32)
FROM_INT_ALL(64)

#define TO_INT(name, suffix, int_bits, bits, is_unsigned)                                          \
    HANDLER(name##_##suffix##bits)                                                                 \
    {                                                                                              \
        cpu->x[uop->d] =                                                                           \
            fp##bits##_to_fixed(get##bits(cpu, uop->a), int_bits, uop->y, is_unsigned,             \
                                vec_rounding(&cpu->fp, uop->x), &cpu->fp);                         \
        return uop_next(cpu, uop);                                                                 \
    }
#define TO_INT_ALL(bits)                                                                           \
    TO_INT(fcvts, w, 32, bits, false)                                                              \
    TO_INT(fcvts, x, 64, bits, false)                                                              \
    TO_INT(fcvtu, w, 32, bits, true)                                                               \
    TO_INT(fcvtu, x, 64, bits, true)
TO_INT_ALL(16)
TO_INT_ALL(32)
TO_INT_ALL(64)
