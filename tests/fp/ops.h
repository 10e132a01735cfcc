/* The operations that guest.c executes as AArch64 instructions and compare.c computes with
 * cpu/fp.h. FP_OPS(X) lists X(name, operands, assembly, expression): operands    what the numbers
 * are drawn from: H, S, D (format) or I (64-bit integer) assembly    reads d0, d1, d2 (or x1 for I)
 * and leaves its result in d3, or in x0 (FP_X0) expression  of the operands a, b, c and the status
 * st; its value is compared with the result */
#ifndef ULNA_TESTS_FP_OPS_H
#define ULNA_TESTS_FP_OPS_H

#include <stdint.h>

/* One execution, as guest.c writes it to standard output. */
struct fp_record {
    uint32_t op, fpcr, fpsr, unused;
    uint64_t a, b, c, result;
};

#define FP_D3 "\n fmov x0, d3"
#define FP_S3 "\n fmov w0, s3"

/* Rows of one format: r is the register letter, k the operand kind, n the bits. */
#define FP_OPS_FORMAT(X, r, k, n, f)                                                               \
    X(fadd_##r, k, "fadd " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_add(a, b, st))                  \
    X(fsub_##r, k, "fsub " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_sub(a, b, st))                  \
    X(fmul_##r, k, "fmul " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_mul(a, b, st))                  \
    X(fmulx_##r, k, "fmulx " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_mulx(a, b, st))               \
    X(fdiv_##r, k, "fdiv " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_div(a, b, st))                  \
    X(fsqrt_##r, k, "fsqrt " #r "3, " #r "0" FP_D3, fp##n##_sqrt(a, st))                           \
    X(fmadd_##r, k, "fmadd " #r "3, " #r "0, " #r "1, " #r "2" FP_D3, fp##n##_muladd(c, a, b, st)) \
    X(fnmsub_##r, k, "fnmsub " #r "3, " #r "0, " #r "1, " #r "2" FP_D3,                            \
      fp##n##_muladd(fp##n##_neg(c, st), a, b, st))                                                \
    X(fmsub_##r, k, "fmsub " #r "3, " #r "0, " #r "1, " #r "2" FP_D3,                              \
      fp##n##_muladd(c, fp##n##_neg(a, st), b, st))                                                \
    X(fnmadd_##r, k, "fnmadd " #r "3, " #r "0, " #r "1, " #r "2" FP_D3,                            \
      fp##n##_muladd(fp##n##_neg(c, st), fp##n##_neg(a, st), b, st))                               \
    X(fnmul_##r, k, "fnmul " #r "3, " #r "0, " #r "1" FP_D3,                                       \
      fp##n##_neg(fp##n##_mul(a, b, st), st))                                                      \
    X(fabd_##r, k, "fabd " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_abs(fp##n##_sub(a, b, st), st)) \
    X(fneg_##r, k, "fneg " #r "3, " #r "0" FP_D3, fp##n##_neg(a, st))                              \
    X(fabs_##r, k, "fabs " #r "3, " #r "0" FP_D3, fp##n##_abs(a, st))                              \
    X(fmax_##r, k, "fmax " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_max(a, b, st))                  \
    X(fmin_##r, k, "fmin " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_min(a, b, st))                  \
    X(fmaxnm_##r, k, "fmaxnm " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_maxnum(a, b, st))           \
    X(fminnm_##r, k, "fminnm " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_minnum(a, b, st))           \
    X(frecps_##r, k, "frecps " #r "3, " #r "0, " #r "1" FP_D3, fp##n##_recip_step_fused(a, b, st)) \
    X(frsqrts_##r, k, "frsqrts " #r "3, " #r "0, " #r "1" FP_D3,                                   \
      fp##n##_rsqrt_step_fused(a, b, st))                                                          \
    X(frecpe_##r, k, "frecpe " #r "3, " #r "0" FP_D3, fp##n##_recip_estimate(a, st))               \
    X(frsqrte_##r, k, "frsqrte " #r "3, " #r "0" FP_D3, fp##n##_rsqrt_estimate(a, st))             \
    X(frecpx_##r, k, "frecpx " #r "3, " #r "0" FP_D3, fp##n##_recpx(a, st))                        \
    X(fcmp_##r, k, "fcmp " #r "0, " #r "1\n mrs x0, nzcv\n lsr x0, x0, #28",                       \
      fp##n##_compare(a, b, false, st))                                                            \
    X(fcmpe_##r, k, "fcmpe " #r "0, " #r "1\n mrs x0, nzcv\n lsr x0, x0, #28",                     \
      fp##n##_compare(a, b, true, st))                                                             \
    X(fcmeq_##r, k, "fcmeq " #r "3, " #r "0, " #r "1" FP_D3,                                       \
      bits_ones(n) * fp##n##_compare_eq(a, b, st))                                                 \
    X(fcmge_##r, k, "fcmge " #r "3, " #r "0, " #r "1" FP_D3,                                       \
      bits_ones(n) * fp##n##_compare_ge(a, b, st))                                                 \
    X(fcmgt_##r, k, "fcmgt " #r "3, " #r "0, " #r "1" FP_D3,                                       \
      bits_ones(n) * fp##n##_compare_gt(a, b, st))                                                 \
    X(frintn_##r, k, "frintn " #r "3, " #r "0" FP_D3,                                              \
      fp##n##_round_int(a, FPRounding_TIEEVEN, false, st))                                         \
    X(frintp_##r, k, "frintp " #r "3, " #r "0" FP_D3,                                              \
      fp##n##_round_int(a, FPRounding_POSINF, false, st))                                          \
    X(frintm_##r, k, "frintm " #r "3, " #r "0" FP_D3,                                              \
      fp##n##_round_int(a, FPRounding_NEGINF, false, st))                                          \
    X(frintz_##r, k, "frintz " #r "3, " #r "0" FP_D3,                                              \
      fp##n##_round_int(a, FPRounding_ZERO, false, st))                                            \
    X(frinta_##r, k, "frinta " #r "3, " #r "0" FP_D3,                                              \
      fp##n##_round_int(a, FPRounding_TIEAWAY, false, st))                                         \
    X(frintx_##r, k, "frintx " #r "3, " #r "0" FP_D3,                                              \
      fp##n##_round_int(a, fp_rounding_mode(st), true, st))                                        \
    X(frinti_##r, k, "frinti " #r "3, " #r "0" FP_D3,                                              \
      fp##n##_round_int(a, fp_rounding_mode(st), false, st))                                       \
    FP_OPS_FIXED(X, r, k, n, w, 32)                                                                \
    FP_OPS_FIXED(X, r, k, n, x, 64)                                                                \
    X(scvtf_##r##_x, I, "scvtf " #r "3, x1" FP_D3, fp##n##_from_fixed(a, 0, false, st))            \
    X(ucvtf_##r##_x, I, "ucvtf " #r "3, x1" FP_D3, fp##n##_from_fixed(a, 0, true, st))             \
    X(scvtf_##r##_w, I, "scvtf " #r "3, w1" FP_D3,                                                 \
      fp##n##_from_fixed((uint64_t)(int32_t)a, 0, false, st))                                      \
    X(ucvtf_##r##_w, I, "ucvtf " #r "3, w1" FP_D3, fp##n##_from_fixed((uint32_t)a, 0, true, st))   \
    X(scvtf_##r##_x64, I, "scvtf " #r "3, x1, #64" FP_D3, fp##n##_from_fixed(a, 64, false, st))    \
    X(ucvtf_##r##_x23, I, "ucvtf " #r "3, x1, #23" FP_D3, fp##n##_from_fixed(a, 23, true, st))

#define FP_OPS_FIXED(X, r, k, n, w, i)                                                             \
    X(fcvtzs_##r##_##w, k, "fcvtzs " #w "0, " #r "0",                                              \
      fp##n##_to_fixed(a, i, 0, false, FPRounding_ZERO, st))                                       \
    X(fcvtzu_##r##_##w, k, "fcvtzu " #w "0, " #r "0",                                              \
      fp##n##_to_fixed(a, i, 0, true, FPRounding_ZERO, st))                                        \
    X(fcvtns_##r##_##w, k, "fcvtns " #w "0, " #r "0",                                              \
      fp##n##_to_fixed(a, i, 0, false, FPRounding_TIEEVEN, st))                                    \
    X(fcvtpu_##r##_##w, k, "fcvtpu " #w "0, " #r "0",                                              \
      fp##n##_to_fixed(a, i, 0, true, FPRounding_POSINF, st))                                      \
    X(fcvtms_##r##_##w, k, "fcvtms " #w "0, " #r "0",                                              \
      fp##n##_to_fixed(a, i, 0, false, FPRounding_NEGINF, st))                                     \
    X(fcvtmu_##r##_##w, k, "fcvtmu " #w "0, " #r "0",                                              \
      fp##n##_to_fixed(a, i, 0, true, FPRounding_NEGINF, st))                                      \
    X(fcvtas_##r##_##w, k, "fcvtas " #w "0, " #r "0",                                              \
      fp##n##_to_fixed(a, i, 0, false, FPRounding_TIEAWAY, st))                                    \
    X(fcvtau_##r##_##w, k, "fcvtau " #w "0, " #r "0",                                              \
      fp##n##_to_fixed(a, i, 0, true, FPRounding_TIEAWAY, st))                                     \
    X(fcvtzs_##r##_##w##_7, k, "fcvtzs " #w "0, " #r "0, #7",                                      \
      fp##n##_to_fixed(a, i, 7, false, FPRounding_ZERO, st))                                       \
    X(fcvtzu_##r##_##w##_max, k, "fcvtzu " #w "0, " #r "0, #" #i,                                  \
      fp##n##_to_fixed(a, i, i, true, FPRounding_ZERO, st))

/* Rows that only singles and doubles have. */
#define FP_OPS_WIDE(X, r, k, n)                                                                    \
    X(frint32x_##r, k, "frint32x " #r "3, " #r "0" FP_D3,                                          \
      fp##n##_round_int_n(a, fp_rounding_mode(st), 32, st))                                        \
    X(frint32z_##r, k, "frint32z " #r "3, " #r "0" FP_D3,                                          \
      fp##n##_round_int_n(a, FPRounding_ZERO, 32, st))                                             \
    X(frint64x_##r, k, "frint64x " #r "3, " #r "0" FP_D3,                                          \
      fp##n##_round_int_n(a, fp_rounding_mode(st), 64, st))                                        \
    X(frint64z_##r, k, "frint64z " #r "3, " #r "0" FP_D3,                                          \
      fp##n##_round_int_n(a, FPRounding_ZERO, 64, st))

#define FP_OPS(X)                                                                                  \
    FP_OPS_FORMAT(X, d, D, 64, FP_DOUBLE)                                                          \
    FP_OPS_FORMAT(X, s, S, 32, FP_SINGLE)                                                          \
    FP_OPS_FORMAT(X, h, H, 16, FP_HALF)                                                            \
    FP_OPS_WIDE(X, d, D, 64)                                                                       \
    FP_OPS_WIDE(X, s, S, 32)                                                                       \
    X(fcvt_d_s, S, "fcvt d3, s0" FP_D3, fp32_to_fp64(a, st))                                       \
    X(fcvt_s_d, D, "fcvt s3, d0" FP_D3, fp64_to_fp32(a, st))                                       \
    X(fcvt_h_s, S, "fcvt h3, s0" FP_D3, fp32_to_fp16(a, st))                                       \
    X(fcvt_h_d, D, "fcvt h3, d0" FP_D3, fp64_to_fp16(a, st))                                       \
    X(fcvt_s_h, H, "fcvt s3, h0" FP_D3, fp16_to_fp32(a, st))                                       \
    X(fcvt_d_h, H, "fcvt d3, h0" FP_D3, fp16_to_fp64(a, st))                                       \
    X(bfcvt, S, "bfcvt h3, s0" FP_D3, fp32_to_bf16(a, st))                                         \
    X(bfdot, S, "fmov d3, d2\n bfdot v3.2s, v0.4h, v1.4h" FP_D3, bf16_dot_add(c, a, b, st))        \
    X(bfmlalb, S, "fmov d3, d2\n bfmlalb v3.4s, v0.8h, v1.8h" FP_S3, bf16_muladd(c, a, b, st))     \
    X(fmlal, S, "fmov h0, h0\n fmov h1, h1\n fmov d3, d2\n fmlal v3.2s, v0.2h, v1.2h" FP_S3,       \
      fp32_muladd(c, fp16_widen(a, st), fp16_widen(b, st), st))                                    \
    X(fcvtxn, D, "fcvtxn s3, d0" FP_D3, fp64_to_fp32_odd(a, st))                                   \
    X(fcvtzs_h_h, H, "fcvtzs h3, h0" FP_D3, fp16_to_fixed(a, 16, 0, false, FPRounding_ZERO, st))   \
    X(fcvtnu_h_h, H, "fcvtnu h3, h0" FP_D3, fp16_to_fixed(a, 16, 0, true, FPRounding_TIEEVEN, st)) \
    X(fjcvtzs, D, "fjcvtzs w0, d0\n cset w2, eq\n orr x0, x0, x2, lsl #32", javascript(a, st))     \
    X(urecpe, I, "fmov d0, x1\n urecpe v3.2s, v0.2s\n fmov w0, s3",                                \
      fp_unsigned_recip_estimate((uint32_t)a))                                                     \
    X(ursqrte, I, "fmov d0, x1\n ursqrte v3.2s, v0.2s\n fmov w0, s3",                              \
      fp_unsigned_rsqrt_estimate((uint32_t)a))

#endif
