/* cpu/fp.h: the architecture's own rules case by case, and every operation that IEEE 754 hosts have
 * against this host on random numbers biased towards corners. tests/fp compares with AArch64. */
#include <check.h>
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/bits.h"
#include "cpu/fp.h"

#define RMODE(rounding) ((uint32_t)(rounding) << FPCR_RMODE_SHIFT)

/* An operation's result and the flags it raises; `set` are flags that were set before. Check writes
 * to a pipe for each assertion that holds, so this asks it for failures only. */
#define ck_fp_after(set, mode, expression, result, flags)                                          \
    do {                                                                                           \
        struct fp_status st_ = {.fpcr = (mode), .fpsr = (set)}, *st = &st_;                        \
        uint64_t got_ = (expression);                                                              \
        if (got_ != (uint64_t)(result) || st_.fpsr != ((flags) | (set)) || st_.fpcr != (mode))     \
            ck_abort_msg("%s: %#" PRIx64 " flags %#x, expected %#" PRIx64 " flags %#x",            \
                         #expression, got_, st_.fpsr, (uint64_t)(result), (flags) | (set));        \
    } while (0)

/* The same from a clear FPSR (which takes the exact way) and with Inexact set (the fast path). */
#define ck_fp(mode, expression, result, flags)                                                     \
    do {                                                                                           \
        ck_fp_after(0u, mode, expression, result, flags);                                          \
        ck_fp_after(FPSR_IXC | FPSR_QC, mode, expression, result, flags);                          \
    } while (0)

enum {
    NONE = 0,
};

static const uint64_t ONE = 0x3ff0000000000000, TWO = 0x4000000000000000, INF = 0x7ff0000000000000,
                      MINUS = 0x8000000000000000, QNAN1 = 0x7ff8000000000001,
                      QNAN2 = 0xfff8000000000002, SNAN3 = 0x7ff0000000000003,
                      SNAN4 = 0xfff0000000000004, MIN_NORMAL = 0x0010000000000000,
                      MAX_NORMAL = 0x7fefffffffffffff, DEFAULT_NAN = 0x7ff8000000000000;

START_TEST(a_signalling_nan_goes_before_a_quiet_one)
{
    ck_fp(0, fp64_add(QNAN1, QNAN2, st), QNAN1, NONE);
    ck_fp(0, fp64_add(ONE, QNAN2, st), QNAN2, NONE);
    ck_fp(0, fp64_mul(QNAN1, SNAN4, st), 0xfff8000000000004, FPSR_IOC);
    ck_fp(0, fp64_div(SNAN3, SNAN4, st), 0x7ff8000000000003, FPSR_IOC);
    ck_fp(0, fp64_sqrt(SNAN4, st), 0xfff8000000000004, FPSR_IOC);
    ck_fp(0, fp64_muladd(QNAN1, QNAN2, SNAN3, st), 0x7ff8000000000003, FPSR_IOC);
    ck_fp(0, fp64_muladd(SNAN4, ONE, SNAN3, st), 0xfff8000000000004, FPSR_IOC);
    ck_fp(0, fp64_muladd(ONE, QNAN2, QNAN1, st), QNAN2, NONE);
    ck_fp(0, fp32_add(0x7f800001, 0x7fc00002, st), 0x7fc00001, FPSR_IOC);
    ck_fp(0, fp16_add(0x7e01, 0xfc02, st), 0xfe02, FPSR_IOC);
}
END_TEST

START_TEST(the_default_nan_is_positive)
{
    ck_fp(0, fp64_sub(INF, INF, st), DEFAULT_NAN, FPSR_IOC);
    ck_fp(0, fp64_mul(INF, MINUS, st), DEFAULT_NAN, FPSR_IOC);
    ck_fp(0, fp64_div(MINUS, 0, st), DEFAULT_NAN, FPSR_IOC);
    ck_fp(0, fp64_sqrt(MINUS | ONE, st), DEFAULT_NAN, FPSR_IOC);
    ck_fp(0, fp32_div(0, 0, st), 0x7fc00000, FPSR_IOC);
    ck_fp(0, fp16_sub(0x7c00, 0x7c00, st), 0x7e00, FPSR_IOC);
}
END_TEST

START_TEST(dn_replaces_every_nan_by_the_default_one)
{
    ck_fp(FPCR_DN, fp64_add(QNAN1, ONE, st), DEFAULT_NAN, NONE);
    ck_fp(FPCR_DN, fp64_add(SNAN4, ONE, st), DEFAULT_NAN, FPSR_IOC);
    ck_fp(FPCR_DN, fp64_to_fp32(QNAN2, st), 0x7fc00000, NONE);
    ck_fp(FPCR_DN, fp32_to_fp64(0xffc00001, st), DEFAULT_NAN, NONE);
}
END_TEST

START_TEST(a_quiet_addend_hides_no_infinity_times_zero)
{
    ck_fp(0, fp64_muladd(QNAN2, INF, 0, st), DEFAULT_NAN, FPSR_IOC);
    ck_fp(0, fp64_muladd(SNAN4, INF, 0, st), 0xfff8000000000004, FPSR_IOC);
    ck_fp(0, fp64_muladd(ONE, MINUS, INF, st), DEFAULT_NAN, FPSR_IOC);
    ck_fp(0, fp64_muladd(MINUS | INF, INF, ONE, st), DEFAULT_NAN, FPSR_IOC);
}
END_TEST

START_TEST(mulx_and_the_steps_define_infinity_times_zero)
{
    ck_fp(0, fp64_mulx(INF, MINUS, st), MINUS | TWO, NONE);
    ck_fp(0, fp64_mulx(TWO, TWO, st), 0x4010000000000000, NONE);
    ck_fp(0, fp32_mulx(0, 0x7f800000, st), 0x40000000, NONE);
    ck_fp(0, fp16_mulx(0x7c00, 0x8000, st), 0xc000, NONE);
    ck_fp(0, fp64_recip_step_fused(0, INF, st), TWO, NONE);
    ck_fp(0, fp64_rsqrt_step_fused(INF, MINUS, st), 0x3ff8000000000000, NONE);
    ck_fp(0, fp64_recip_step_fused(ONE, INF, st), MINUS | INF, NONE);
    ck_fp(0, fp64_recip_step_fused(ONE, TWO, st), 0, NONE);
    ck_fp(0, fp64_rsqrt_step_fused(ONE, ONE, st), ONE, NONE);
    ck_fp(0, fp64_recip_step_fused(QNAN1, ONE, st), MINUS | QNAN1, NONE); /* op1 is negated */
}
END_TEST

START_TEST(a_sum_of_opposites_is_minus_zero_when_rounding_down)
{
    ck_fp(0, fp64_sub(ONE, ONE, st), 0, NONE);
    ck_fp(RMODE(FPRounding_NEGINF), fp64_sub(ONE, ONE, st), MINUS, NONE);
    ck_fp(RMODE(FPRounding_NEGINF), fp64_muladd(MINUS | ONE, ONE, ONE, st), MINUS, NONE);
    ck_fp(RMODE(FPRounding_NEGINF), fp64_add(0, 0, st), 0, NONE);
    ck_fp(0, fp64_add(MINUS, MINUS, st), MINUS, NONE);
}
END_TEST

START_TEST(division_by_zero_is_no_invalid_operation)
{
    ck_fp(0, fp64_div(MINUS | ONE, 0, st), MINUS | INF, FPSR_DZC);
    ck_fp(0, fp64_div(INF, 0, st), INF, NONE);
    ck_fp(0, fp64_recip_estimate(MINUS, st), MINUS | INF, FPSR_DZC);
    ck_fp(0, fp64_rsqrt_estimate(MINUS, st), MINUS | INF, FPSR_DZC);
}
END_TEST

START_TEST(overflow_gives_infinity_or_the_largest_number_by_rounding_mode)
{
    const uint32_t flags = FPSR_OFC | FPSR_IXC;

    ck_fp(0, fp64_mul(MAX_NORMAL, TWO, st), INF, flags);
    ck_fp(RMODE(FPRounding_ZERO), fp64_mul(MAX_NORMAL, TWO, st), MAX_NORMAL, flags);
    ck_fp(RMODE(FPRounding_POSINF), fp64_mul(MAX_NORMAL, MINUS | TWO, st), MINUS | MAX_NORMAL,
          flags);
    ck_fp(RMODE(FPRounding_NEGINF), fp64_add(MINUS | MAX_NORMAL, MINUS | MAX_NORMAL, st),
          MINUS | INF, flags);
    ck_fp(0, fp64_to_fp32(MAX_NORMAL, st), 0x7f800000, flags);
    ck_fp(0, fp16_from_fixed(65520, 0, false, st), 0x7c00, flags);
    ck_fp(0, fp16_from_fixed(65519, 0, false, st), 0x7bff, FPSR_IXC);
}
END_TEST

START_TEST(underflow_is_detected_before_rounding)
{
    /* (1 - 2^-53) * 2^-1022 rounds up to the smallest normal, and was tiny. */
    ck_fp(0, fp64_mul(MIN_NORMAL, ONE - 1, st), MIN_NORMAL, FPSR_UFC | FPSR_IXC);
    ck_fp(0, fp32_mul(0x00800000, 0x3f7fffff, st), 0x00800000, FPSR_UFC | FPSR_IXC);
    ck_fp(0, fp64_div(MIN_NORMAL, TWO, st), MIN_NORMAL >> 1, NONE); /* tiny but exact */
    ck_fp(0, fp64_sub(MIN_NORMAL + 1, MIN_NORMAL, st), 1, NONE);
    ck_fp(0, fp64_mul(1, 1, st), 0, FPSR_UFC | FPSR_IXC);
    ck_fp(RMODE(FPRounding_POSINF), fp64_mul(1, 1, st), 1, FPSR_UFC | FPSR_IXC);
}
END_TEST

START_TEST(fz_flushes_operands_with_idc_and_results_with_ufc_alone)
{
    ck_fp(FPCR_FZ, fp64_add(1, 0, st), 0, FPSR_IDC);
    ck_fp(FPCR_FZ, fp64_add(MINUS | 1, ONE, st), ONE, FPSR_IDC);
    ck_fp(FPCR_FZ, fp64_mul(MINUS | MIN_NORMAL, ONE - 1, st), MINUS, FPSR_UFC);
    ck_fp(FPCR_FZ, fp64_sub(MIN_NORMAL + 1, MIN_NORMAL, st), 0, FPSR_UFC);
    ck_fp(FPCR_FZ, fp32_muladd(1, 0x3f800000, 0x3f800000, st), 0x3f800000, FPSR_IDC);
    ck_fp(FPCR_FZ, fp64_max(MINUS | 1, 1, st), 0, FPSR_IDC);
    ck_fp(FPCR_FZ, fp64_compare(1, 0, false, st), 6, FPSR_IDC);
    ck_fp(FPCR_FZ, fp64_to_fixed(1, 64, 0, false, FPRounding_POSINF, st), 0, FPSR_IDC);
    ck_fp(FPCR_FZ, fp64_add(QNAN1, 1, st), QNAN1, FPSR_IDC);
    ck_fp(FPCR_FZ, fp16_add(1, 0, st), 1, NONE); /* FZ is not for halves */
}
END_TEST

START_TEST(fz16_flushes_halves_without_idc_and_not_in_conversions)
{
    ck_fp(FPCR_FZ16, fp16_add(1, 0, st), 0, NONE);
    ck_fp(FPCR_FZ16, fp16_mul(0x0400, 0x3bff, st), 0, FPSR_UFC);
    ck_fp(FPCR_FZ16, fp16_to_fp32(1, st), 0x33800000, NONE);
    ck_fp(FPCR_FZ16, fp32_to_fp16(0x33800000, st), 1, NONE);
    ck_fp(FPCR_FZ16, fp64_add(1, 0, st), 1, NONE);
}
END_TEST

START_TEST(an_alternative_half_has_neither_infinity_nor_nan)
{
    ck_fp(FPCR_AHP, fp32_to_fp16(0x7f800000, st), 0x7fff, FPSR_IOC);
    ck_fp(FPCR_AHP, fp32_to_fp16(0xffc00001, st), 0x8000, FPSR_IOC);
    ck_fp(FPCR_AHP, fp32_to_fp16(0x47800000, st), 0x7c00, NONE); /* 65536 is a number */
    ck_fp(FPCR_AHP, fp32_to_fp16(0xc8000000, st), 0xffff, FPSR_IOC);
    ck_fp(FPCR_AHP, fp16_to_fp32(0x7fff, st), 0x47ffe000, NONE);
    ck_fp(FPCR_AHP, fp16_add(0x7c00, 0x3c00, st), 0x7c00, NONE); /* arithmetic ignores AHP */
    ck_fp(0, fp16_to_fp32(0x7c00, st), 0x7f800000, NONE);
}
END_TEST

START_TEST(conversion_keeps_the_upper_payload_and_makes_nans_quiet)
{
    ck_fp(0, fp32_to_fp64(0xff800001, st), 0xfff8000020000000, FPSR_IOC);
    ck_fp(0, fp64_to_fp32(0x7ff8000060000001, st), 0x7fc00003, NONE);
    ck_fp(0, fp64_to_fp16(0xfff4000000000000, st), 0xff00, FPSR_IOC);
    ck_fp(0, fp16_to_fp64(0x7d01, st), 0x7ffc040000000000, FPSR_IOC);
}
END_TEST

START_TEST(round_to_odd_sets_the_lowest_bit_of_what_is_inexact)
{
    ck_fp(0, fp64_to_fp32_odd(ONE, st), 0x3f800000, NONE);
    ck_fp(0, fp64_to_fp32_odd(ONE + 1, st), 0x3f800001, FPSR_IXC);
    ck_fp(0, fp64_to_fp32_odd(MAX_NORMAL, st), 0x7f7fffff, FPSR_OFC | FPSR_IXC);
    ck_fp(0, fp64_to_fp32_odd(1, st), 1, FPSR_UFC | FPSR_IXC);
}
END_TEST

START_TEST(comparison_tells_nzcv_and_only_some_compares_signal)
{
    ck_fp(0, fp64_compare(ONE, ONE, false, st), 6, NONE);
    ck_fp(0, fp64_compare(ONE, TWO, false, st), 8, NONE);
    ck_fp(0, fp64_compare(INF, MINUS | INF, true, st), 2, NONE);
    ck_fp(0, fp64_compare(0, MINUS, true, st), 6, NONE);
    ck_fp(0, fp64_compare(ONE, QNAN1, false, st), 3, NONE);
    ck_fp(0, fp64_compare(ONE, QNAN1, true, st), 3, FPSR_IOC);
    ck_fp(0, fp64_compare(SNAN3, ONE, false, st), 3, FPSR_IOC);
    ck_fp(0, fp64_compare_eq(QNAN1, QNAN1, st), false, NONE);
    ck_fp(0, fp64_compare_ge(QNAN1, ONE, st), false, FPSR_IOC);
    ck_fp(0, fp64_compare_ge(MINUS, 0, st), true, NONE);
    ck_fp(0, fp64_compare_gt(ONE, TWO, st), false, NONE);
    ck_fp(0, fp16_compare(0x3c00, 0x4000, false, st), 8, NONE);
}
END_TEST

START_TEST(maximum_prefers_plus_zero_and_maxnum_the_number)
{
    ck_fp(0, fp64_max(MINUS, 0, st), 0, NONE);
    ck_fp(0, fp64_min(0, MINUS, st), MINUS, NONE);
    ck_fp(0, fp64_max(ONE, QNAN1, st), QNAN1, NONE);
    ck_fp(0, fp64_maxnum(ONE, QNAN1, st), ONE, NONE);
    ck_fp(0, fp64_minnum(QNAN1, MINUS | INF, st), MINUS | INF, NONE);
    ck_fp(0, fp64_minnum(QNAN1, INF, st), INF, NONE);
    ck_fp(0, fp64_maxnum(QNAN1, QNAN2, st), QNAN1, NONE);
    ck_fp(0, fp64_maxnum(QNAN1, SNAN4, st), 0xfff8000000000004, FPSR_IOC);
    ck_fp(0, fp32_max(0xbf800000, 0xc0000000, st), 0xbf800000, NONE);
    ck_fp(0, fp16_min(0x3c00, 0x4000, st), 0x3c00, NONE);
}
END_TEST

START_TEST(conversion_to_fixed_point_saturates)
{
    const enum fp_rounding zero = FPRounding_ZERO;

    ck_fp(0, fp64_to_fixed(INF, 64, 0, false, zero, st), INT64_MAX, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(MINUS | INF, 64, 0, false, zero, st), MINUS, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(MINUS | INF, 32, 0, false, zero, st), 0x80000000, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(MINUS | ONE, 32, 0, true, zero, st), 0, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(MINUS | ONE >> 1, 32, 0, true, zero, st), 0, FPSR_IXC);
    ck_fp(0, fp64_to_fixed(QNAN1, 64, 0, true, zero, st), 0, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(0xc1e0000000000000, 32, 0, false, zero, st), 0x80000000, NONE);
    ck_fp(0, fp64_to_fixed(0xc1e0000000100000, 32, 0, false, zero, st), 0x80000000, FPSR_IXC);
    ck_fp(0, fp64_to_fixed(0xc1e0000000200000, 32, 0, false, zero, st), 0x80000000, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(0x43f0000000000000, 64, 0, true, zero, st), UINT64_MAX, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(0xbff8000000000000, 32, 0, false, zero, st), 0xffffffff, FPSR_IXC);
    ck_fp(0, fp64_to_fixed(ONE, 32, 31, false, zero, st), INT32_MAX, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(ONE, 64, 64, true, zero, st), UINT64_MAX, FPSR_IOC);
    ck_fp(0, fp64_to_fixed(0x3fe0000000000000, 64, 64, true, zero, st), MINUS, NONE);
    ck_fp(0, fp16_to_fixed(0x7bff, 16, 0, false, zero, st), INT16_MAX, FPSR_IOC);
}
END_TEST

START_TEST(halves_round_as_asked)
{
    static const struct {
        enum fp_rounding rounding;
        int minus_2_5, minus_1_5, plus_0_5, plus_1_5;
    } rows[] = {
        {FPRounding_TIEEVEN, -2, -2, 0, 2}, {FPRounding_POSINF, -2, -1, 1, 2},
        {FPRounding_NEGINF, -3, -2, 0, 1},  {FPRounding_ZERO, -2, -1, 0, 1},
        {FPRounding_TIEAWAY, -3, -2, 1, 2},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct {
            uint64_t operand;
            int value;
        } cases[] = {{0xc004000000000000, rows[i].minus_2_5},
                     {0xbff8000000000000, rows[i].minus_1_5},
                     {0x3fe0000000000000, rows[i].plus_0_5},
                     {0x3ff8000000000000, rows[i].plus_1_5}};
        enum fp_rounding rounding = rows[i].rounding;

        for (size_t j = 0; j < ARRAY_SIZE(cases); j++) {
            uint64_t op = cases[j].operand;

            ck_fp(0, fp64_to_fixed(op, 32, 0, false, rounding, st), (uint32_t)cases[j].value,
                  FPSR_IXC);
            ck_fp(0, fp64_round_int(op, rounding, false, st), fp_double_bits(cases[j].value), NONE);
            ck_fp(0, fp64_round_int(op, rounding, true, st), fp_double_bits(cases[j].value),
                  FPSR_IXC);
        }
    }
    ck_fp(0, fp64_round_int(0xbfd0000000000000, FPRounding_TIEEVEN, true, st), MINUS, FPSR_IXC);
    ck_fp(0, fp64_round_int_n(0x41e0000000000000, FPRounding_ZERO, 32, st), 0xc1e0000000000000,
          FPSR_IOC);
    ck_fp(0, fp64_round_int_n(QNAN1, FPRounding_ZERO, 64, st), 0xc3e0000000000000, FPSR_IOC);
}
END_TEST

START_TEST(conversion_from_fixed_point_rounds_once)
{
    ck_fp(0, fp64_from_fixed(UINT64_MAX, 0, true, st), 0x43f0000000000000, FPSR_IXC);
    ck_fp(0, fp64_from_fixed(UINT64_MAX, 0, false, st), MINUS | ONE, NONE);
    ck_fp(0, fp64_from_fixed(MINUS, 0, false, st), 0xc3e0000000000000, NONE);
    ck_fp(0, fp64_from_fixed(0, 0, false, st), 0, NONE);
    ck_fp(0, fp64_from_fixed(1, 64, true, st), 0x3bf0000000000000, NONE);
    ck_fp(0, fp32_from_fixed(0x4000004000000001, 0, false, st), 0x5e800001, FPSR_IXC);
    ck_fp(RMODE(FPRounding_ZERO), fp32_from_fixed(0x1ffffff, 0, true, st), 0x4bffffff, FPSR_IXC);
    ck_fp(0, fp16_from_fixed(1, 24, true, st), 1, NONE);
    ck_fp(0, fp16_from_fixed(1, 25, true, st), 0, FPSR_UFC | FPSR_IXC);
}
END_TEST

START_TEST(javascript_conversion_wraps_and_tells_exactness)
{
    static const struct {
        uint64_t operand;
        uint32_t result;
        bool z;
        uint32_t flags;
    } rows[] = {
        {0x3ff0000000000000, 1, true, 0},
        {0x8000000000000000, 0, false, 0},
        {0x3ff8000000000000, 1, false, FPSR_IXC},
        {0x41f0000000500000, 5, false, FPSR_IOC},          /* 2^32 + 5 */
        {0xc1f0000000500000, 0xfffffffb, false, FPSR_IOC}, /* its negative */
        {0x45f0000000000001, 0, false, FPSR_IOC},
        {0x4420000000000001, 0x8000, false, FPSR_IOC}, /* 2^67 (1 + 2^-52) wraps to 2^15 */
        {0x7ff8000000000000, 0, false, FPSR_IOC},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool z = !rows[i].z;

        ck_fp(0, fp_to_fixed_js(rows[i].operand, &z, st), rows[i].result, rows[i].flags);
        ck_assert_int_eq(z, rows[i].z);
    }
}
END_TEST

/* FPTrigMAdd(): the sign of the second operand chooses the series, and FPAbs() takes it away, but
 * where FPCR.AH is set not from a NaN. */
START_TEST(trigonometric_sums_take_the_magnitude)
{
    ck_fp(0, fp_trig_muladd(FP_SINGLE, 0, 0, 0xbf800000, st), 0x3f800000, NONE);
    ck_fp(0, fp_trig_muladd(FP_SINGLE, 1, 0x3f800000, 0xbf000000, st), 0, NONE);
    ck_fp(0, fp_trig_muladd(FP_SINGLE, 1, 0x3f800000, 0xffc00001, st), 0x7fc00001, NONE);
    ck_fp(FPCR_AH, fp_trig_muladd(FP_SINGLE, 1, 0x3f800000, 0xffc00001, st), 0xffc00001, NONE);
}
END_TEST

START_TEST(estimates_follow_the_tables)
{
    ck_fp(0, fp32_recip_estimate(0x3f800000, st), 0x3f7f8000, NONE);
    ck_fp(0, fp32_rsqrt_estimate(0x3f800000, st), 0x3f7f8000, NONE);
    ck_fp(0, fp64_recip_estimate(TWO, st), 0x3fdff00000000000, NONE);
    ck_fp(0, fp64_rsqrt_estimate(0x4010000000000000, st), 0x3fdff00000000000, NONE);
    ck_fp(0, fp64_recip_estimate(INF | MINUS, st), MINUS, NONE);
    ck_fp(0, fp64_recip_estimate(1, st), INF, FPSR_OFC | FPSR_IXC);
    ck_fp(RMODE(FPRounding_NEGINF), fp64_recip_estimate(1, st), MAX_NORMAL, FPSR_OFC | FPSR_IXC);
    ck_fp(0, fp64_recip_estimate(MAX_NORMAL, st), 0x0004000000000000, NONE); /* subnormal */
    ck_fp(FPCR_FZ, fp64_recip_estimate(MAX_NORMAL, st), 0, FPSR_UFC);
    ck_fp(0, fp64_rsqrt_estimate(MINUS | ONE, st), DEFAULT_NAN, FPSR_IOC);
    ck_fp(0, fp64_recpx(ONE, st), TWO, NONE);
    ck_fp(0, fp64_recpx(MINUS, st), 0xffe0000000000000, NONE);
    ck_fp(0, fp64_recpx(INF, st), 0, NONE);
    ck_assert_uint_eq(fp_unsigned_recip_estimate(0x7fffffff), 0xffffffff);
    ck_assert_uint_eq(fp_unsigned_recip_estimate(0x80000000), 0xff800000);
    ck_assert_uint_eq(fp_unsigned_rsqrt_estimate(0x3fffffff), 0xffffffff);
    ck_assert_uint_eq(fp_unsigned_rsqrt_estimate(0x40000000), 0xff800000);
}
END_TEST

/* ---- Against the host ---- */

static const int host_rounding[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

/* splitmix64 */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Numbers, not NaNs, with exponents near the ends, near one or anywhere, and short, long or random
 * fractions. */
static uint64_t random_number(unsigned exp_bits, unsigned frac_bits, uint64_t *state)
{
    uint64_t r = random_next(state), frac = random_next(state) & bits_ones(frac_bits);
    uint64_t max = bits_ones(exp_bits), exp = random_next(state) & max;

    switch (r & 7) {
    case 0:
        exp = r >> 8 & 1;
        break;
    case 1:
        exp = max - (r >> 8 & 1);
        break;
    case 2:
        exp = max / 4 + (r >> 8 & 1);
        break;
    case 3:
    case 4:
        exp = max / 2 + (r >> 8 & 15) - 7;
        break;
    }
    switch (r >> 16 & 7) {
    case 0:
        frac = 0;
        break;
    case 1:
        frac = bits_ones(frac_bits) ^ (frac & 1);
        break;
    case 2:
    case 3:
        frac &= ~bits_ones((unsigned)(r >> 24) % frac_bits);
        break;
    case 4:
        frac >>= (r >> 24) % frac_bits;
        break;
    }
    if (exp == max)
        frac = 0;
    return (r >> 63) << (exp_bits + frac_bits) | exp << frac_bits | frac;
}

enum host_op { ADD, SUB, MUL, DIV, SQRT, FMA, NARROW, RINT, HOST_OPS };

static double host_double(enum host_op op, double x, double y, double z)
{
    volatile double a = x, b = y, c = z;

    switch (op) {
    case ADD:
        return a + b;
    case SUB:
        return a - b;
    case MUL:
        return a * b;
    case DIV:
        return a / b;
    case SQRT:
        return sqrt(a);
    case FMA:
        return fma(a, b, c);
    case RINT:
        return rint(a);
    default:
        return (double)(float)a;
    }
}

static float host_float(enum host_op op, float x, float y, float z)
{
    volatile float a = x, b = y, c = z;

    switch (op) {
    case ADD:
        return a + b;
    case SUB:
        return a - b;
    case MUL:
        return a * b;
    case DIV:
        return a / b;
    case SQRT:
        return sqrtf(a);
    case FMA:
        return fmaf(a, b, c);
    default:
        return rintf(a);
    }
}

/* The host's flags in FPSR's positions, without Underflow, whose detection differs. */
static uint32_t host_flags(void)
{
    int raised = fetestexcept(FE_ALL_EXCEPT);

    return (raised & FE_INVALID ? FPSR_IOC : 0u) | (raised & FE_DIVBYZERO ? FPSR_DZC : 0u) |
           (raised & FE_OVERFLOW ? FPSR_OFC : 0u) | (raised & FE_INEXACT ? FPSR_IXC : 0u);
}

static uint64_t ulna_double(enum host_op op, const uint64_t v[3], struct fp_status *st)
{
    switch (op) {
    case ADD:
        return fp64_add(v[0], v[1], st);
    case SUB:
        return fp64_sub(v[0], v[1], st);
    case MUL:
        return fp64_mul(v[0], v[1], st);
    case DIV:
        return fp64_div(v[0], v[1], st);
    case SQRT:
        return fp64_sqrt(v[0], st);
    case FMA:
        return fp64_muladd(v[2], v[0], v[1], st);
    case RINT:
        return fp64_round_int(v[0], fp_rounding_mode(st), true, st);
    default:
        return fp64_to_fp32(v[0], st);
    }
}

static uint32_t ulna_float(enum host_op op, const uint32_t v[3], struct fp_status *st)
{
    switch (op) {
    case ADD:
        return fp32_add(v[0], v[1], st);
    case SUB:
        return fp32_sub(v[0], v[1], st);
    case MUL:
        return fp32_mul(v[0], v[1], st);
    case DIV:
        return fp32_div(v[0], v[1], st);
    case SQRT:
        return fp32_sqrt(v[0], st);
    case FMA:
        return fp32_muladd(v[2], v[0], v[1], st);
    default:
        return fp32_round_int(v[0], fp_rounding_mode(st), true, st);
    }
}

struct outcome {
    uint64_t bits;
    uint32_t flags;
};

/* The architecture's outcome from the host's: an invalid operation gives the positive default NaN,
 * and Underflow is an inexact result that was below the smallest normal before rounding, which
 * `truncated`, the result rounded towards zero, shows. */
static struct outcome expect(uint64_t bits, double truncated, double min_normal, uint64_t nan,
                             bool is_nan, uint32_t flags, enum host_op op)
{
    if (is_nan)
        bits = nan;
    if (op != RINT && (flags & FPSR_IXC) && fabs(truncated) < min_normal)
        flags |= FPSR_UFC;
    return (struct outcome){bits, flags};
}

static struct outcome expect_double(enum host_op op, unsigned rmode, const uint64_t v[3])
{
    double x = fp_host_double(v[0]), y = fp_host_double(v[1]), z = fp_host_double(v[2]);

    fesetround(FE_TOWARDZERO);
    volatile double truncated = host_double(op, x, y, z);

    fesetround(host_rounding[rmode]);
    feclearexcept(FE_ALL_EXCEPT);
    volatile double result = host_double(op, x, y, z);
    uint32_t flags = host_flags();

    fesetround(FE_TONEAREST);
    if (op == NARROW)
        return expect(fp_float_bits((float)result), truncated, FLT_MIN, 0x7fc00000, isnan(result),
                      flags, op);
    return expect(fp_double_bits(result), truncated, DBL_MIN, DEFAULT_NAN, isnan(result), flags,
                  op);
}

static struct outcome expect_float(enum host_op op, unsigned rmode, const uint32_t v[3])
{
    float x = fp_host_float(v[0]), y = fp_host_float(v[1]), z = fp_host_float(v[2]);

    fesetround(FE_TOWARDZERO);
    volatile float truncated = host_float(op, x, y, z);

    fesetround(host_rounding[rmode]);
    feclearexcept(FE_ALL_EXCEPT);
    volatile float result = host_float(op, x, y, z);
    uint32_t flags = host_flags();

    fesetround(FE_TONEAREST);
    return expect(fp_float_bits(result), (double)truncated, (double)FLT_MIN, 0x7fc00000,
                  isnan(result), flags, op);
}

START_TEST(doubles_agree_with_the_host_in_value_and_flags)
{
    uint64_t random = 1;

    for (unsigned i = 0; i < 300000; i++) {
        uint64_t v[3];

        for (int j = 0; j < 3; j++)
            v[j] = random_number(11, 52, &random);
        if (i % 8 == 0) /* the sum nearly cancels */
            v[2] = fp_double_bits(-(fp_host_double(v[0]) * fp_host_double(v[1]))) ^ (i >> 5 & 1);
        if (isnan(fp_host_double(v[2]))) /* zero times infinity */
            v[2] = 0;
        for (enum host_op op = 0; op < HOST_OPS; op++) {
            unsigned rmode = i >> 3 & 3;
            struct outcome e = expect_double(op, rmode, v);
            ck_fp(RMODE(rmode), ulna_double(op, v, st), e.bits, e.flags);
        }
    }
}
END_TEST

START_TEST(singles_agree_with_the_host_in_value_and_flags)
{
    uint64_t random = 2;

    for (unsigned i = 0; i < 300000; i++) {
        uint32_t v[3];

        for (int j = 0; j < 3; j++)
            v[j] = (uint32_t)random_number(8, 23, &random);
        if (i % 8 == 0)
            v[2] = fp_float_bits(-(fp_host_float(v[0]) * fp_host_float(v[1]))) ^ (i >> 5 & 1);
        if (isnan(fp_host_float(v[2]))) /* zero times infinity */
            v[2] = 0;
        for (enum host_op op = 0; op < HOST_OPS; op++) {
            if (op == NARROW)
                continue;
            unsigned rmode = i >> 3 & 3;
            struct outcome e = expect_float(op, rmode, v);

            ck_fp(RMODE(rmode), ulna_float(op, v, st), e.bits, e.flags);
        }
    }
}
END_TEST

/* The value of a half that is neither an infinity nor a NaN. */
static float half_value(uint16_t op)
{
    int exp = op >> 10 & 31, frac = op & 0x3ff;
    float magnitude = exp ? ldexpf((float)(1024 + frac), exp - 25) : ldexpf((float)frac, -24);

    return op & 0x8000 ? -magnitude : magnitude;
}

START_TEST(every_half_converts_to_single_and_double_and_back)
{
    for (unsigned op = 0; op < 0x10000; op++) {
        bool nan = (op & 0x7fff) > 0x7c00, number = (op & 0x7fff) < 0x7c00;
        uint32_t flags = nan && !(op & 0x200) ? FPSR_IOC : 0;
        uint16_t back = (uint16_t)(nan ? op | 0x200 : op);

        if (number) {
            float value = half_value((uint16_t)op);

            ck_fp(0, fp16_to_fp32((uint16_t)op, st), fp_float_bits(value), NONE);
            ck_fp(0, fp16_to_fp64((uint16_t)op, st), fp_double_bits((double)value), NONE);
        }
        ck_fp(0, fp32_to_fp16(fp16_to_fp32((uint16_t)op, st), st), back, flags);
        ck_fp(0, fp64_to_fp16(fp16_to_fp64((uint16_t)op, st), st), back, flags);
    }
}
END_TEST

/* A single has more than twice a half's bits and two, so a half's root, quotient or product that is
 * rounded to single first and then to half is rounded correctly. */
START_TEST(halves_compute_as_through_single)
{
    struct fp_status through = {0};

    for (unsigned i = 0; i < 0x7c00; i++) {
        uint16_t op = (uint16_t)i, other = (uint16_t)(i * 0x9e37u % 0x7c00);
        float x = half_value(op), y = half_value(other);
        struct fp_status st = {0};
        bool ok =
            fp16_sqrt(op, &st) == fp32_to_fp16(fp_float_bits(sqrtf(x)), &through) &&
            fp16_mul(op, other, &st) == fp32_to_fp16(fp_float_bits(x * y), &through) &&
            fp16_add(op, other, &st) == fp32_to_fp16(fp_float_bits(x + y), &through) &&
            (y == 0 || fp16_div(op, other, &st) == fp32_to_fp16(fp_float_bits(x / y), &through));

        if (!ok)
            ck_abort_msg("%#x and %#x", op, other);
    }
}
END_TEST

START_TEST(integers_agree_with_the_host)
{
    uint64_t random = 3;

    for (unsigned i = 0; i < 200000; i++) {
        uint64_t r = random_next(&random) >> (random_next(&random) & 63);
        uint64_t op = random_number(11, 52, &random);
        double value = fp_host_double(op);
        uint32_t inexact;

        if (r < 1ull << 62) {
            inexact = (uint64_t)(double)r != r ? FPSR_IXC : 0;
            ck_fp(0, fp64_from_fixed(r, 0, false, st), fp_double_bits((double)r), inexact);
            ck_fp(0, fp32_from_fixed(-r, 0, false, st), fp_float_bits(0 - (float)r),
                  (uint64_t)(float)r != r ? FPSR_IXC : 0);
        }
        if (fabs(value) < 0x1p31) {
            inexact = trunc(value) != value ? FPSR_IXC : 0;
            ck_fp(0, fp64_to_fixed(op, 32, 0, false, FPRounding_ZERO, st), (uint32_t)(int32_t)value,
                  inexact);
            ck_fp(0, fp64_to_fixed(op, 64, 0, false, FPRounding_NEGINF, st),
                  (uint64_t)(int64_t)floor(value), inexact);
            ck_fp(0, fp64_to_fixed(op, 64, 0, false, FPRounding_TIEAWAY, st),
                  (uint64_t)llround(value), inexact);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fp");
    TCase *rules = tcase_create("rules"), *host = tcase_create("host");

    tcase_add_test(rules, a_signalling_nan_goes_before_a_quiet_one);
    tcase_add_test(rules, the_default_nan_is_positive);
    tcase_add_test(rules, dn_replaces_every_nan_by_the_default_one);
    tcase_add_test(rules, a_quiet_addend_hides_no_infinity_times_zero);
    tcase_add_test(rules, mulx_and_the_steps_define_infinity_times_zero);
    tcase_add_test(rules, a_sum_of_opposites_is_minus_zero_when_rounding_down);
    tcase_add_test(rules, division_by_zero_is_no_invalid_operation);
    tcase_add_test(rules, overflow_gives_infinity_or_the_largest_number_by_rounding_mode);
    tcase_add_test(rules, underflow_is_detected_before_rounding);
    tcase_add_test(rules, fz_flushes_operands_with_idc_and_results_with_ufc_alone);
    tcase_add_test(rules, fz16_flushes_halves_without_idc_and_not_in_conversions);
    tcase_add_test(rules, an_alternative_half_has_neither_infinity_nor_nan);
    tcase_add_test(rules, conversion_keeps_the_upper_payload_and_makes_nans_quiet);
    tcase_add_test(rules, round_to_odd_sets_the_lowest_bit_of_what_is_inexact);
    tcase_add_test(rules, comparison_tells_nzcv_and_only_some_compares_signal);
    tcase_add_test(rules, maximum_prefers_plus_zero_and_maxnum_the_number);
    tcase_add_test(rules, conversion_to_fixed_point_saturates);
    tcase_add_test(rules, halves_round_as_asked);
    tcase_add_test(rules, conversion_from_fixed_point_rounds_once);
    tcase_add_test(rules, javascript_conversion_wraps_and_tells_exactness);
    tcase_add_test(rules, trigonometric_sums_take_the_magnitude);
    tcase_add_test(rules, estimates_follow_the_tables);
    suite_add_tcase(suite, rules);

    tcase_set_timeout(host, 60);
    tcase_add_test(host, doubles_agree_with_the_host_in_value_and_flags);
    tcase_add_test(host, singles_agree_with_the_host_in_value_and_flags);
    tcase_add_test(host, every_half_converts_to_single_and_double_and_back);
    tcase_add_test(host, halves_compute_as_through_single);
    tcase_add_test(host, integers_agree_with_the_host);
    suite_add_tcase(suite, host);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed != 0;
}
