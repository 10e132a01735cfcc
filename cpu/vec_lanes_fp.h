/* What vector micro-ops do in one lane: floating-point part, over cpu/fp.h. See vec_lanes.h. */
#ifndef ULNA_CPU_VEC_LANES_FP_H
#define ULNA_CPU_VEC_LANES_FP_H

#include "cpu/vec_lanes.h"

/* A function of cpu/fp.h on elements of 16, 32 or 64 bits: bits is a constant, so one call is left.
 * What an element has above its size is dropped. */
#define FP(function, ...)                                                                          \
    (bits == 16   ? fp16_##function(__VA_ARGS__)                                                   \
     : bits == 32 ? fp32_##function(__VA_ARGS__)                                                   \
                  : fp64_##function(__VA_ARGS__))

#define BINARY(name, function)                                                                     \
    LANE(name)                                                                                     \
    {                                                                                              \
        return FP(function, n, m, st);                                                             \
    }
BINARY(fadd, add)
BINARY(fsub, sub)
BINARY(fmul, mul)
BINARY(fmulx, mulx)
BINARY(fdiv, div)
BINARY(fmax, max)
BINARY(fmin, min)
BINARY(fmaxnm, maxnum)
BINARY(fminnm, minnum)
BINARY(frecps, recip_step_fused)
BINARY(frsqrts, rsqrt_step_fused)
#undef BINARY

LANE(fabs)
{
    return FP(abs, n, st);
}

LANE(fneg)
{
    return FP(neg, n, st);
}

LANE(fabd)
{
    return lane_fabs(st, bits, 0, lane_fsub(st, bits, d, n, m), 0);
}

LANE(fmla)
{
    return FP(muladd, d, n, m, st);
}

LANE(fmls)
{
    return lane_fmla(st, bits, d, fp_lane_neg(st, bits, n), m);
}

#define TEST(name, function)                                                                       \
    LANE(name)                                                                                     \
    {                                                                                              \
        return ones_if(bits, FP(function, n, m, st));                                              \
    }
TEST(fcmeq, compare_eq)
TEST(fcmge, compare_ge)
TEST(fcmgt, compare_gt)
#undef TEST

LANE(facge)
{
    return lane_fcmge(st, bits, 0, FP(abs, n, st), FP(abs, m, st));
}

LANE(facgt)
{
    return lane_fcmgt(st, bits, 0, FP(abs, n, st), FP(abs, m, st));
}

/* Against zero. */
LANE(fcmeqz)
{
    return lane_fcmeq(st, bits, 0, n, 0);
}

LANE(fcmgez)
{
    return lane_fcmge(st, bits, 0, n, 0);
}

LANE(fcmgtz)
{
    return lane_fcmgt(st, bits, 0, n, 0);
}

LANE(fcmlez)
{
    return lane_fcmge(st, bits, 0, 0, n);
}

LANE(fcmltz)
{
    return lane_fcmgt(st, bits, 0, 0, n);
}

#define UNARY(name, function)                                                                      \
    LANE(name)                                                                                     \
    {                                                                                              \
        return FP(function, n, st);                                                                \
    }
UNARY(fsqrt, sqrt)
UNARY(frecpe, recip_estimate)
UNARY(frsqrte, rsqrt_estimate)
UNARY(frecpx, recpx)
#undef UNARY

/* m: the rounding as vec_rounding() takes it, plus VEC_EXACT (isa/simd.h) */
LANE(frint)
{
    return FP(round_int, n, vec_rounding(st, m & 7), m & VEC_EXACT, st);
}

/* m: the rounding. To an integer that 32 or 64 bits hold. */
LANE(frint_w)
{
    return bits == 32 ? fp32_round_int_n(n, vec_rounding(st, m), 32, st)
                      : fp64_round_int_n(n, vec_rounding(st, m), 32, st);
}

LANE(frint_x)
{
    return bits == 32 ? fp32_round_int_n(n, vec_rounding(st, m), 64, st)
                      : fp64_round_int_n(n, vec_rounding(st, m), 64, st);
}

/* m: fraction bits, and the rounding above VEC_ROUNDING_SHIFT */
#define VEC_ROUNDING_SHIFT 8
#define TO_FIXED(name, is_unsigned)                                                                \
    LANE(name)                                                                                     \
    {                                                                                              \
        enum fp_rounding rounding = (enum fp_rounding)(m >> VEC_ROUNDING_SHIFT);                   \
                                                                                                   \
        return FP(to_fixed, n, bits, m & 0xff, is_unsigned, rounding, st);                         \
    }
TO_FIXED(fcvts, false)
TO_FIXED(fcvtu, true)
#undef TO_FIXED

/* m: fraction bits */
LANE(scvtf)
{
    return FP(from_fixed, (uint64_t)vec_sext(bits, n), (unsigned)m, false, st);
}

LANE(ucvtf)
{
    return FP(from_fixed, n, (unsigned)m, true, st);
}

/* To half the size, and from half the size: bits is the wide one. */
LANE(fcvtn)
{
    return bits == 32 ? fp32_to_fp16((uint32_t)n, st) : fp64_to_fp32(n, st);
}

LANE(fcvtxn)
{
    return fp64_to_fp32_odd(n, st);
}

LANE(fcvtl)
{
    return bits == 32 ? fp16_to_fp32((uint16_t)n, st) : fp32_to_fp64((uint32_t)n, st);
}

/* FPMulAddH(): n and m are halves */
LANE(fmlal)
{
    return fp32_muladd(d, fp16_widen(n, st), fp16_widen(m, st), st);
}

LANE(fmlsl)
{
    return lane_fmlal(st, bits, d, fp_lane_neg(st, 16, n), m);
}

/* BFDOT, BFMMLA: two and four BFloat16 of n and m */
LANE(bfdot)
{
    return bf16_dot_add((uint32_t)d, (uint32_t)n, (uint32_t)m, st);
}

LANE(bfmmla)
{
    return lane_bfdot(st, bits, lane_bfdot(st, bits, d, n, m), n >> 32, m >> 32);
}

/* BFMulAddH(): one of each */
LANE(bfmlal)
{
    return bf16_muladd((uint32_t)d, (uint16_t)n, (uint16_t)m, st);
}

LANE(bfcvtn)
{
    return fp32_to_bf16((uint32_t)n, st);
}

#undef FP

#endif
