/* Advanced SIMD two-register miscellaneous, across lanes and scalar pairwise: DDI 0487, C4.1.96. z
 * is size, or sz in floating-point rows. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

/* What the micro-ops take as immediate: vec_lanes_fp.h. */
#define EXACT          8u
#define ROUNDING_SHIFT 8

/* --- Vector: V(U, opcode, ID, name, bits, min, max), as in simd_same.c --- */
#define MISC(V)                                                                                    \
    V("0", "00010", SADDLP, saddlp, 8, 0, 2)                                                       \
    V("0", "00011", SUQADD, suqadd, 8, 0, 3)                                                       \
    V("0", "00100", CLS, cls, 8, 0, 2)                                                             \
    V("0", "00101", CNT, cnt, 8, 0, 0)                                                             \
    V("0", "00110", SADALP, sadalp, 8, 0, 2)                                                       \
    V("0", "00111", SQABS, sqabs, 8, 0, 3)                                                         \
    V("0", "01000", CMGT, cmgtz, 8, 0, 3)                                                          \
    V("0", "01001", CMEQ, cmeqz, 8, 0, 3)                                                          \
    V("0", "01010", CMLT, cmltz, 8, 0, 3)                                                          \
    V("0", "01011", ABS, abs, 8, 0, 3)                                                             \
    V("0", "10010", XTN, xtn, 8, 0, 2)                                                             \
    V("0", "10100", SQXTN, sqshrn, 8, 0, 2)                                                        \
    V("1", "00010", UADDLP, uaddlp, 8, 0, 2)                                                       \
    V("1", "00011", USQADD, usqadd, 8, 0, 3)                                                       \
    V("1", "00100", CLZ, clz, 8, 0, 2)                                                             \
    V("1", "00110", UADALP, uadalp, 8, 0, 2)                                                       \
    V("1", "00111", SQNEG, sqneg, 8, 0, 3)                                                         \
    V("1", "01000", CMGE, cmgez, 8, 0, 3)                                                          \
    V("1", "01001", CMLE, cmlez, 8, 0, 3)                                                          \
    V("1", "01011", NEG, neg, 8, 0, 3)                                                             \
    V("1", "10010", SQXTUN, sqshrun, 8, 0, 2)                                                      \
    V("1", "10100", UQXTN, uqshrn, 8, 0, 2)

/* --- Scalar: the same columns --- */
#define SCALAR(V)                                                                                  \
    V("0", "00011", SUQADD, suqadd, 8, 0, 3)                                                       \
    V("0", "00111", SQABS, sqabs, 8, 0, 3)                                                         \
    V("0", "01000", CMGT, cmgtz, 64, 3, 3)                                                         \
    V("0", "01001", CMEQ, cmeqz, 64, 3, 3)                                                         \
    V("0", "01010", CMLT, cmltz, 64, 3, 3)                                                         \
    V("0", "01011", ABS, abs, 64, 3, 3)                                                            \
    V("0", "10100", SQXTN, sqshrn, 8, 0, 2)                                                        \
    V("1", "00011", USQADD, usqadd, 8, 0, 3)                                                       \
    V("1", "00111", SQNEG, sqneg, 8, 0, 3)                                                         \
    V("1", "01000", CMGE, cmgez, 64, 3, 3)                                                         \
    V("1", "01001", CMLE, cmlez, 64, 3, 3)                                                         \
    V("1", "01011", NEG, neg, 64, 3, 3)                                                            \
    V("1", "10010", SQXTUN, sqshrun, 8, 0, 2)                                                      \
    V("1", "10100", UQXTN, uqshrn, 8, 0, 2)

/* --- Floating-point, with a scalar form: V(U, size<1>, opcode, ID, name, op, immediate) --- */
#define ROUND(mode) ((uint64_t)FPRounding_##mode << ROUNDING_SHIFT)
#define FP_BOTH(V)                                                                                 \
    V("0", "0", "11010", FCVTNS, fcvtns, fcvts, ROUND(TIEEVEN))                                    \
    V("0", "0", "11011", FCVTMS, fcvtms, fcvts, ROUND(NEGINF))                                     \
    V("0", "0", "11100", FCVTAS, fcvtas, fcvts, ROUND(TIEAWAY))                                    \
    V("0", "0", "11101", SCVTF, scvtf, scvtf, 0)                                                   \
    V("0", "1", "01100", FCMGT, fcmgtz, fcmgtz, 0)                                                 \
    V("0", "1", "01101", FCMEQ, fcmeqz, fcmeqz, 0)                                                 \
    V("0", "1", "01110", FCMLT, fcmltz, fcmltz, 0)                                                 \
    V("0", "1", "11010", FCVTPS, fcvtps, fcvts, ROUND(POSINF))                                     \
    V("0", "1", "11011", FCVTZS, fcvtzs, fcvts, ROUND(ZERO))                                       \
    V("0", "1", "11101", FRECPE, frecpe, frecpe, 0)                                                \
    V("1", "0", "11010", FCVTNU, fcvtnu, fcvtu, ROUND(TIEEVEN))                                    \
    V("1", "0", "11011", FCVTMU, fcvtmu, fcvtu, ROUND(NEGINF))                                     \
    V("1", "0", "11100", FCVTAU, fcvtau, fcvtu, ROUND(TIEAWAY))                                    \
    V("1", "0", "11101", UCVTF, ucvtf, ucvtf, 0)                                                   \
    V("1", "1", "01100", FCMGE, fcmgez, fcmgez, 0)                                                 \
    V("1", "1", "01101", FCMLE, fcmlez, fcmlez, 0)                                                 \
    V("1", "1", "11010", FCVTPU, fcvtpu, fcvtu, ROUND(POSINF))                                     \
    V("1", "1", "11011", FCVTZU, fcvtzu, fcvtu, ROUND(ZERO))                                       \
    V("1", "1", "11101", FRSQRTE, frsqrte, frsqrte, 0)

/* --- Floating-point, vector only --- */
#define FP_VECTOR(V)                                                                               \
    V("0", "0", "11000", FRINTN, frintn, frint, FPRounding_TIEEVEN)                                \
    V("0", "0", "11001", FRINTM, frintm, frint, FPRounding_NEGINF)                                 \
    V("0", "1", "01111", FABS, fabs, fabs, 0)                                                      \
    V("0", "1", "11000", FRINTP, frintp, frint, FPRounding_POSINF)                                 \
    V("0", "1", "11001", FRINTZ, frintz, frint, FPRounding_ZERO)                                   \
    V("1", "0", "11000", FRINTA, frinta, frint, FPRounding_TIEAWAY)                                \
    V("1", "0", "11001", FRINTX, frintx, frint, ROUNDING_FPCR | EXACT)                             \
    V("1", "1", "01111", FNEG, fneg, fneg, 0)                                                      \
    V("1", "1", "11001", FRINTI, frinti, frint, ROUNDING_FPCR)                                     \
    V("1", "1", "11111", FSQRT, fsqrt, fsqrt, 0)

/* --- Across lanes: V(U, opcode, ID, name); sizes B, H, and S with Q --- */
#define ACROSS(V)                                                                                  \
    V("0", "00011", SADDLV, saddlv)                                                                \
    V("0", "01010", SMAXV, smaxv)                                                                  \
    V("0", "11010", SMINV, sminv)                                                                  \
    V("0", "11011", ADDV, addv)                                                                    \
    V("1", "00011", UADDLV, uaddlv)                                                                \
    V("1", "01010", UMAXV, umaxv)                                                                  \
    V("1", "11010", UMINV, uminv)

/* V(size<1>, opcode, ID, name) */
#define ACROSS_FP(V)                                                                               \
    V("0", "01100", FMAXNMV, fmaxnmv)                                                              \
    V("0", "01111", FMAXV, fmaxv)                                                                  \
    V("1", "01100", FMINNMV, fminnmv)                                                              \
    V("1", "01111", FMINV, fminv)

#define PAIRWISE_FP(V)                                                                             \
    V("0", "01100", FMAXNMP, fmaxnmp)                                                              \
    V("0", "01101", FADDP, faddp)                                                                  \
    V("0", "01111", FMAXP, fmaxp)                                                                  \
    V("1", "01100", FMINNMP, fminnmp)                                                              \
    V("1", "01111", FMINP, fminp)

/* --- Translators --- */

#define MISC_TR(u, opcode, ID, name, bits, min, max)                                               \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        if (!simd_size_ok(f, min, max))                                                            \
            return false;                                                                          \
        return simd_emit(tr, simd_op(UOP_v##name##bits, f->z - min), f->d, f->n, 0, simd_bytes(f), \
                         0, 0);                                                                    \
    }
MISC(MISC_TR)

#define SCALAR_TR(u, opcode, ID, name, bits, min, max)                                             \
    static bool tr_##name##_scalar(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        if (!simd_scalar_size_ok(f, min, max))                                                     \
            return false;                                                                          \
        return simd_emit(tr, simd_op(UOP_v##name##bits, f->z - min), f->d, f->n, 0, 1u << f->z, 0, \
                         0);                                                                       \
    }
SCALAR(SCALAR_TR)

#define FP_TR(u, high, opcode, ID, name, op, immediate)                                            \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        if (f->z && !f->q)                                                                         \
            return false;                                                                          \
        return simd_emit(tr, simd_op(UOP_v##op##32, f->z), f->d, f->n, 0, simd_bytes(f), 0,        \
                         immediate);                                                               \
    }
FP_BOTH(FP_TR)
FP_VECTOR(FP_TR)

#define FP_SCALAR_TR(u, high, opcode, ID, name, op, immediate)                                     \
    static bool tr_##name##_scalar(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return simd_emit(tr, simd_op(UOP_v##op##32, f->z), f->d, f->n, 0, 4u << f->z, 0,           \
                         immediate);                                                               \
    }
FP_BOTH(FP_SCALAR_TR)
FP_SCALAR_TR("0", "1", "11111", FRECPX, frecpx, frecpx, 0)

/* NOT, RBIT, REV: one element size to a row. */
#define FIXED_TR(name, op)                                                                         \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return simd_emit(tr, op, f->d, f->n, 0, simd_bytes(f), 0, 0);                              \
    }
FIXED_TR(not, UOP_vnot64)
FIXED_TR(rbit, UOP_vrbit8)
FIXED_TR(rev16, UOP_vrev16_8_16)
FIXED_TR(urecpe, UOP_vurecpe32)
FIXED_TR(ursqrte, UOP_vursqrte32)

static bool tr_rev32(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, f->z ? UOP_vrev32_16_32 : UOP_vrev32_8_32, f->d, f->n, 0, simd_bytes(f), 0,
                     0);
}

static bool tr_rev64(struct tr *tr, const struct fields *f)
{
    static const enum uop_op ops[3] = {UOP_vrev64_8_64, UOP_vrev64_16_64, UOP_vrev64_32_64};

    return f->z != 3 && simd_emit(tr, ops[f->z], f->d, f->n, 0, simd_bytes(f), 0, 0);
}

/* SHLL: USHLL by the element size. */
static bool tr_shll(struct tr *tr, const struct fields *f)
{
    if (f->z == 3)
        return false;
    return simd_emit(tr, simd_op(UOP_vushll8, f->z), f->d, f->n, 0, simd_bytes(f), 0, 8u << f->z);
}

/* FCVTN, FCVTL: z 0 between halves and singles, 1 between singles and doubles. */
static bool tr_fcvtn(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, simd_op(UOP_vfcvtn16, f->z), f->d, f->n, 0, simd_bytes(f), 0, 0);
}

static bool tr_fcvtl(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, simd_op(UOP_vfcvtl16, f->z), f->d, f->n, 0, simd_bytes(f), 0, 0);
}

FIXED_TR(fcvtxn, UOP_vfcvtxn32)

static bool tr_fcvtxn_scalar(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vfcvtxn32, f->d, f->n, 0, 4, 0, 0);
}

#define ACROSS_TR(u, opcode, ID, name)                                                             \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        if (f->z == 3 || (f->z == 2 && !f->q))                                                     \
            return false;                                                                          \
        return simd_emit(tr, simd_op(UOP_v##name##8, f->z), f->d, f->n, 0, simd_bytes(f), 0, 0);   \
    }
ACROSS(ACROSS_TR)

#define ACROSS_FP_TR(high, opcode, ID, name)                                                       \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return simd_emit(tr, UOP_v##name##32, f->d, f->n, 0, 16, 0, 0);                            \
    }
ACROSS_FP(ACROSS_FP_TR)

#define PAIRWISE_FP_TR(high, opcode, ID, name)                                                     \
    static bool tr_##name##_pair(struct tr *tr, const struct fields *f)                            \
    {                                                                                              \
        return simd_emit(tr, simd_op(UOP_v##name##_scalar32, f->z), f->d, f->n, 0, 0, 0, 0);       \
    }
PAIRWISE_FP(PAIRWISE_FP_TR)

static bool tr_addp_pair(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vaddp_scalar64, f->d, f->n, 0, 0, 0, 0);
}

/* --- Rows --- */

#define MISC_ROW(u, opcode, ID, name, bits, min, max)                                              \
    INSN("0q" u "01110 zz10000" opcode "10nn nnnddddd", ID##_asimdmisc, FEAT_AdvSIMD, tr_##name)
#define SCALAR_ROW(u, opcode, ID, name, bits, min, max)                                            \
    INSN("01" u "11110 zz10000" opcode "10nn nnnddddd", ID##_asisdmisc, FEAT_AdvSIMD,              \
         tr_##name##_scalar)
#define FP_ROW(u, high, opcode, ID, name, op, immediate)                                           \
    INSN("0q" u "01110 " high "z10000" opcode "10nn nnnddddd", ID##_asimdmisc, FEAT_AdvSIMD,       \
         tr_##name)
#define FP_SCALAR_ROW(u, high, opcode, ID, name, op, immediate)                                    \
    INSN("01" u "11110 " high "z10000" opcode "10nn nnnddddd", ID##_asisdmisc, FEAT_AdvSIMD,       \
         tr_##name##_scalar)
#define ACROSS_ROW(u, opcode, ID, name)                                                            \
    INSN("0q" u "01110 zz11000" opcode "10nn nnnddddd", ID##_asimdall_only, FEAT_AdvSIMD, tr_##name)
#define ACROSS_FP_ROW(high, opcode, ID, name)                                                      \
    INSN("01101110 " high "011000" opcode "10nn nnnddddd", ID##_asimdall_only_SD, FEAT_AdvSIMD,    \
         tr_##name)
#define PAIRWISE_FP_ROW(high, opcode, ID, name)                                                    \
    INSN("01111110 " high "z11000" opcode "10nn nnnddddd", ID##_asisdpair_only_SD, FEAT_AdvSIMD,   \
         tr_##name##_pair)

static const struct insn_row rows[] = {
    /* clang-format off */
    MISC(MISC_ROW)
    SCALAR(SCALAR_ROW)
    FP_BOTH(FP_ROW)
    FP_VECTOR(FP_ROW)
    FP_BOTH(FP_SCALAR_ROW)
    FP_SCALAR_ROW("0", "1", "11111", FRECPX, frecpx, frecpx, 0)
    INSN("0q001110 zz100000 000010nn nnnddddd", REV64_asimdmisc, FEAT_AdvSIMD, tr_rev64)
    INSN("0q101110 0z100000 000010nn nnnddddd", REV32_asimdmisc, FEAT_AdvSIMD, tr_rev32)
    INSN("0q001110 00100000 000110nn nnnddddd", REV16_asimdmisc, FEAT_AdvSIMD, tr_rev16)
    INSN("0q101110 00100000 010110nn nnnddddd", NOT_asimdmisc, FEAT_AdvSIMD, tr_not)
    INSN("0q101110 01100000 010110nn nnnddddd", RBIT_asimdmisc, FEAT_AdvSIMD, tr_rbit)
    INSN("0q101110 zz100001 001110nn nnnddddd", SHLL_asimdmisc, FEAT_AdvSIMD, tr_shll)
    INSN("0q001110 10100001 110010nn nnnddddd", URECPE_asimdmisc, FEAT_AdvSIMD, tr_urecpe)
    INSN("0q101110 10100001 110010nn nnnddddd", URSQRTE_asimdmisc, FEAT_AdvSIMD, tr_ursqrte)
    INSN("0q001110 0z100001 011010nn nnnddddd", FCVTN_asimdmisc, FEAT_AdvSIMD, tr_fcvtn)
    INSN("0q001110 0z100001 011110nn nnnddddd", FCVTL_asimdmisc, FEAT_AdvSIMD, tr_fcvtl)
    INSN("0q101110 01100001 011010nn nnnddddd", FCVTXN_asimdmisc, FEAT_AdvSIMD, tr_fcvtxn)
    INSN("01111110 01100001 011010nn nnnddddd", FCVTXN_asisdmisc, FEAT_AdvSIMD, tr_fcvtxn_scalar)

    ACROSS(ACROSS_ROW)
    ACROSS_FP(ACROSS_FP_ROW)
    PAIRWISE_FP(PAIRWISE_FP_ROW)
    INSN("01011110 11110001 101110nn nnnddddd", ADDP_asisdpair_only, FEAT_AdvSIMD, tr_addp_pair)
    /* clang-format on */
};

const struct insn_table insn_simd_misc = {"simd_misc", rows, ARRAY_SIZE(rows)};
