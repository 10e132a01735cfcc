/* Advanced SIMD two-register miscellaneous, across lanes and scalar pairwise: DDI 0487, C4.1.96. z
 * is size, or sz in floating-point rows. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

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
static bool tr_fcvt(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, simd_op(f->row->op, f->z), f->d, f->n, 0, simd_bytes(f), 0, 0);
}

static bool tr_fcvtxn_scalar(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vfcvtxn32, f->d, f->n, 0, 4, 0, 0);
}

/* row->op is for bytes; words need Q */
static bool tr_across(struct tr *tr, const struct fields *f)
{
    if (f->z == 3 || (f->z == 2 && !f->q))
        return false;
    return simd_emit(tr, simd_op(f->row->op, f->z), f->d, f->n, 0, simd_bytes(f), 0, 0);
}

static bool tr_across_fp(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, f->row->op, f->d, f->n, 0, 16, 0, 0);
}

/* row->op is for singles where there is a z */
static bool tr_pairwise(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, simd_op(f->row->op, f->z), f->d, f->n, 0, 0, 0, 0);
}

/* (U, opcode, ID, op, min, max): op is the micro-op of the size min. */
#define MISC(u, opcode, ID, op_, min_, max_)                                                       \
    INSN_ARGS("0q" u "01110 zz10000" opcode "10nn nnnddddd", ID##_asimdmisc, FEAT_AdvSIMD,         \
              simd_vector, .op = UOP_v##op_, .min = min_, .max = max_)
#define SCALAR(u, opcode, ID, op_, min_, max_)                                                     \
    INSN_ARGS("01" u "11110 zz10000" opcode "10nn nnnddddd", ID##_asisdmisc, FEAT_AdvSIMD,         \
              simd_scalar, .op = UOP_v##op_, .min = min_, .max = max_)

/* (U, size<1>, opcode, ID, op, immediate), and of scalars the register kept. Halves are an encoding
 * class of their own. */
#define FP(u, high, opcode, ID, op_, immediate)                                                    \
    INSN_ARGS("0q" u "01110 " high "z10000" opcode "10nn nnnddddd", ID##_asimdmisc, FEAT_AdvSIMD,  \
              simd_vector_fp, .op = UOP_v##op_##32, .imm = immediate),                             \
        INSN_ARGS("0q" u "01110 " high "111100" opcode "10nn nnnddddd", ID##_asimdmiscfp16,        \
                  FEAT_FP16, simd_fixed, .op = UOP_v##op_##16, .imm = immediate)
#define FP_SCALAR(u, high, opcode, ID, op_, immediate, keeps_)                                     \
    INSN_ARGS("01" u "11110 " high "z10000" opcode "10nn nnnddddd", ID##_asisdmisc, FEAT_AdvSIMD,  \
              simd_scalar_fp, .op = UOP_v##op_##32, .keeps = KEEPS_##keeps_, .imm = immediate),    \
        INSN_ARGS("01" u "11110 " high "111100" opcode "10nn nnnddddd", ID##_asisdmiscfp16,        \
                  FEAT_FP16, simd_scalar_half, .op = UOP_v##op_##16, .bits = 16,                   \
                  .keeps = KEEPS_##keeps_, .imm = immediate)
/* FEAT_FRINTTS: (U, opcode, ID, bits of the integer as w or x, rounding) */
#define ROUND_N(u, opcode, ID, integer, rounding)                                                  \
    INSN_ARGS("0q" u "01110 0z10000" opcode "10nn nnnddddd", ID##_asimdmisc, FEAT_FRINTTS,         \
              simd_vector_fp, .op = UOP_vfrint_##integer##32, .imm = rounding)
#define FP_BOTH(...) FP(__VA_ARGS__), FP_SCALAR(__VA_ARGS__, D)
#define FP_TEST(...) FP(__VA_ARGS__), FP_SCALAR(__VA_ARGS__, NONE)

/* (U, opcode, ID, name); (size<1>, opcode, ID, name) */
#define ACROSS(u, opcode, ID, name)                                                                \
    INSN_ARGS("0q" u "01110 zz11000" opcode "10nn nnnddddd", ID##_asimdall_only, FEAT_AdvSIMD,     \
              tr_across, .op = UOP_v##name##8)
#define ACROSS_FP(high, opcode, ID, name)                                                          \
    INSN_ARGS("01101110 " high "011000" opcode "10nn nnnddddd", ID##_asimdall_only_SD,             \
              FEAT_AdvSIMD, tr_across_fp, .op = UOP_v##name##32),                                  \
        INSN_ARGS("0q001110 " high "011000" opcode "10nn nnnddddd", ID##_asimdall_only_H,          \
                  FEAT_FP16, simd_fixed, .op = UOP_v##name##16)
#define PAIRWISE_FP(high, opcode, ID, name)                                                        \
    INSN_ARGS("01111110 " high "z11000" opcode "10nn nnnddddd", ID##_asisdpair_only_SD,            \
              FEAT_AdvSIMD, tr_pairwise, .op = UOP_v##name##_scalar32),                            \
        INSN_ARGS("01011110 " high "011000" opcode "10nn nnnddddd", ID##_asisdpair_only_H,         \
                  FEAT_FP16, tr_pairwise, .op = UOP_v##name##_scalar16)

/* One element size. */
#define FIXED(pattern, id, op_) INSN_ARGS(pattern, id, FEAT_AdvSIMD, simd_fixed, .op = UOP_v##op_)

static const struct insn_row rows[] = {
    /* clang-format off */
    MISC("0", "00010", SADDLP, saddlp8, 0, 2),
    MISC("0", "00011", SUQADD, suqadd8, 0, 3),
    MISC("0", "00100", CLS, cls8, 0, 2),
    MISC("0", "00101", CNT, cnt8, 0, 0),
    MISC("0", "00110", SADALP, sadalp8, 0, 2),
    MISC("0", "00111", SQABS, sqabs8, 0, 3),
    MISC("0", "01000", CMGT, cmgtz8, 0, 3),
    MISC("0", "01001", CMEQ, cmeqz8, 0, 3),
    MISC("0", "01010", CMLT, cmltz8, 0, 3),
    MISC("0", "01011", ABS, abs8, 0, 3),
    MISC("0", "10010", XTN, xtn8, 0, 2),
    MISC("0", "10100", SQXTN, sqshrn8, 0, 2),
    MISC("1", "00010", UADDLP, uaddlp8, 0, 2),
    MISC("1", "00011", USQADD, usqadd8, 0, 3),
    MISC("1", "00100", CLZ, clz8, 0, 2),
    MISC("1", "00110", UADALP, uadalp8, 0, 2),
    MISC("1", "00111", SQNEG, sqneg8, 0, 3),
    MISC("1", "01000", CMGE, cmgez8, 0, 3),
    MISC("1", "01001", CMLE, cmlez8, 0, 3),
    MISC("1", "01011", NEG, neg8, 0, 3),
    MISC("1", "10010", SQXTUN, sqshrun8, 0, 2),
    MISC("1", "10100", UQXTN, uqshrn8, 0, 2),

    SCALAR("0", "00011", SUQADD, suqadd8, 0, 3),
    SCALAR("0", "00111", SQABS, sqabs8, 0, 3),
    SCALAR("0", "01000", CMGT, cmgtz64, 3, 3),
    SCALAR("0", "01001", CMEQ, cmeqz64, 3, 3),
    SCALAR("0", "01010", CMLT, cmltz64, 3, 3),
    SCALAR("0", "01011", ABS, abs64, 3, 3),
    SCALAR("0", "10100", SQXTN, sqshrn8, 0, 2),
    SCALAR("1", "00011", USQADD, usqadd8, 0, 3),
    SCALAR("1", "00111", SQNEG, sqneg8, 0, 3),
    SCALAR("1", "01000", CMGE, cmgez64, 3, 3),
    SCALAR("1", "01001", CMLE, cmlez64, 3, 3),
    SCALAR("1", "01011", NEG, neg64, 3, 3),
    SCALAR("1", "10010", SQXTUN, sqshrun8, 0, 2),
    SCALAR("1", "10100", UQXTN, uqshrn8, 0, 2),

    FP_BOTH("0", "0", "11010", FCVTNS, fcvts, SIMD_ROUNDING(TIEEVEN)),
    FP_BOTH("0", "0", "11011", FCVTMS, fcvts, SIMD_ROUNDING(NEGINF)),
    FP_BOTH("0", "0", "11100", FCVTAS, fcvts, SIMD_ROUNDING(TIEAWAY)),
    FP_BOTH("0", "0", "11101", SCVTF, scvtf, 0),
    FP_TEST("0", "1", "01100", FCMGT, fcmgtz, 0),
    FP_TEST("0", "1", "01101", FCMEQ, fcmeqz, 0),
    FP_TEST("0", "1", "01110", FCMLT, fcmltz, 0),
    FP_BOTH("0", "1", "11010", FCVTPS, fcvts, SIMD_ROUNDING(POSINF)),
    FP_BOTH("0", "1", "11011", FCVTZS, fcvts, SIMD_ROUNDING(ZERO)),
    FP_BOTH("0", "1", "11101", FRECPE, frecpe, 0),
    FP_BOTH("1", "0", "11010", FCVTNU, fcvtu, SIMD_ROUNDING(TIEEVEN)),
    FP_BOTH("1", "0", "11011", FCVTMU, fcvtu, SIMD_ROUNDING(NEGINF)),
    FP_BOTH("1", "0", "11100", FCVTAU, fcvtu, SIMD_ROUNDING(TIEAWAY)),
    FP_BOTH("1", "0", "11101", UCVTF, ucvtf, 0),
    FP_TEST("1", "1", "01100", FCMGE, fcmgez, 0),
    FP_TEST("1", "1", "01101", FCMLE, fcmlez, 0),
    FP_BOTH("1", "1", "11010", FCVTPU, fcvtu, SIMD_ROUNDING(POSINF)),
    FP_BOTH("1", "1", "11011", FCVTZU, fcvtu, SIMD_ROUNDING(ZERO)),
    FP_BOTH("1", "1", "11101", FRSQRTE, frsqrte, 0),
    FP("0", "0", "11000", FRINTN, frint, FPRounding_TIEEVEN),
    FP("0", "0", "11001", FRINTM, frint, FPRounding_NEGINF),
    FP("0", "1", "01111", FABS, fabs, 0),
    FP("0", "1", "11000", FRINTP, frint, FPRounding_POSINF),
    FP("0", "1", "11001", FRINTZ, frint, FPRounding_ZERO),
    FP("1", "0", "11000", FRINTA, frint, FPRounding_TIEAWAY),
    FP("1", "0", "11001", FRINTX, frint, ROUNDING_FPCR | VEC_EXACT),
    FP("1", "1", "01111", FNEG, fneg, 0),
    FP("1", "1", "11001", FRINTI, frint, ROUNDING_FPCR),
    FP("1", "1", "11111", FSQRT, fsqrt, 0),
    FP_SCALAR("0", "1", "11111", FRECPX, frecpx, 0, D),

    ROUND_N("0", "11110", FRINT32Z, w, FPRounding_ZERO),
    ROUND_N("0", "11111", FRINT64Z, x, FPRounding_ZERO),
    ROUND_N("1", "11110", FRINT32X, w, ROUNDING_FPCR),
    ROUND_N("1", "11111", FRINT64X, x, ROUNDING_FPCR),

    INSN("0q001110 zz100000 000010nn nnnddddd", REV64_asimdmisc, FEAT_AdvSIMD, tr_rev64),
    INSN("0q101110 0z100000 000010nn nnnddddd", REV32_asimdmisc, FEAT_AdvSIMD, tr_rev32),
    FIXED("0q001110 00100000 000110nn nnnddddd", REV16_asimdmisc, rev16_8_16),
    FIXED("0q101110 00100000 010110nn nnnddddd", NOT_asimdmisc, not64),
    FIXED("0q101110 01100000 010110nn nnnddddd", RBIT_asimdmisc, rbit8),
    INSN("0q101110 zz100001 001110nn nnnddddd", SHLL_asimdmisc, FEAT_AdvSIMD, tr_shll),
    FIXED("0q001110 10100001 110010nn nnnddddd", URECPE_asimdmisc, urecpe32),
    FIXED("0q101110 10100001 110010nn nnnddddd", URSQRTE_asimdmisc, ursqrte32),
    INSN_ARGS("0q001110 0z100001 011010nn nnnddddd", FCVTN_asimdmisc, FEAT_AdvSIMD, tr_fcvt, .op = UOP_vfcvtn16),
    INSN_ARGS("0q001110 10100001 011010nn nnnddddd", BFCVTN_asimdmisc_4S, FEAT_BF16, simd_fixed, .op = UOP_vbfcvtn16),
    INSN_ARGS("0q001110 0z100001 011110nn nnnddddd", FCVTL_asimdmisc, FEAT_AdvSIMD, tr_fcvt, .op = UOP_vfcvtl16),
    FIXED("0q101110 01100001 011010nn nnnddddd", FCVTXN_asimdmisc, fcvtxn32),
    INSN_ARGS("01111110 01100001 011010nn nnnddddd", FCVTXN_asisdmisc, FEAT_AdvSIMD, tr_fcvtxn_scalar, .bits = 32, .keeps = KEEPS_D),

    ACROSS("0", "00011", SADDLV, saddlv),
    ACROSS("0", "01010", SMAXV, smaxv),
    ACROSS("0", "11010", SMINV, sminv),
    ACROSS("0", "11011", ADDV, addv),
    ACROSS("1", "00011", UADDLV, uaddlv),
    ACROSS("1", "01010", UMAXV, umaxv),
    ACROSS("1", "11010", UMINV, uminv),
    ACROSS_FP("0", "01100", FMAXNMV, fmaxnmv),
    ACROSS_FP("0", "01111", FMAXV, fmaxv),
    ACROSS_FP("1", "01100", FMINNMV, fminnmv),
    ACROSS_FP("1", "01111", FMINV, fminv),
    PAIRWISE_FP("0", "01100", FMAXNMP, fmaxnmp),
    PAIRWISE_FP("0", "01101", FADDP, faddp),
    PAIRWISE_FP("0", "01111", FMAXP, fmaxp),
    PAIRWISE_FP("1", "01100", FMINNMP, fminnmp),
    PAIRWISE_FP("1", "01111", FMINP, fminp),
    INSN_ARGS("01011110 11110001 101110nn nnnddddd", ADDP_asisdpair_only, FEAT_AdvSIMD, tr_pairwise, .op = UOP_vaddp_scalar64),
    /* clang-format on */
};

const struct insn_table insn_simd_misc = {"simd_misc", rows, ARRAY_SIZE(rows)};
