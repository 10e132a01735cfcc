/* Advanced SIMD three registers of the same type and three different, vector and scalar: DDI 0487,
 * C4.1.96. z is size, or sz in floating-point rows. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"
#include "cpu/model.h"

static bool tr_orr(struct tr *tr, const struct fields *f)
{
    if (f->n == f->m) /* MOV (vector) */
        return simd_emit(tr, UOP_vmov, f->d, f->n, 0, simd_bytes(f), 0, 0);
    return simd_fixed(tr, f);
}

/* --- FEAT_FCMA: sizes from halves (with FEAT_FP16) on; doubles need Q --- */

static bool complex_sum(struct tr *tr, const struct fields *f, enum uop_op halves, unsigned turns)
{
    if (f->z == 0 || (f->z == 1 && !model_has(tr->model, FEAT_FP16)) || (f->z == 3 && !f->q))
        return false;
    return simd_emit(tr, simd_op(halves, f->z - 1), f->d, f->n, f->m, simd_bytes(f), 0, turns);
}

/* r is rot<0>: 90 or 270 degrees */
static bool tr_fcadd(struct tr *tr, const struct fields *f)
{
    return complex_sum(tr, f, UOP_vfcadd16, f->r ? 3 : 1);
}

static bool tr_fcmla(struct tr *tr, const struct fields *f)
{
    return complex_sum(tr, f, UOP_vfcmla16, f->r);
}

/* (U, opcode, ID, op, min, max): op is the micro-op of the size min. */
#define SIZED(pattern, id, translate, op_, min_, max_)                                             \
    INSN_ARGS(pattern, id, FEAT_AdvSIMD, translate, .op = UOP_v##op_, .min = min_, .max = max_)
#define SAME(u, opcode, ID, op, min, max)                                                          \
    SIZED("0q" u "01110 zz1mmmmm " opcode "1nn nnnddddd", ID##_asimdsame_only, simd_vector, op,    \
          min, max)
#define SCALAR(u, opcode, ID, op, min, max)                                                        \
    SIZED("01" u "11110 zz1mmmmm " opcode "1nn nnnddddd", ID##_asisdsame_only, simd_scalar, op,    \
          min, max)
#define DIFFERENT(u, opcode, ID, op, min, max)                                                     \
    SIZED("0q" u "01110 zz1mmmmm " opcode "00nn nnnddddd", ID##_asimddiff, simd_vector, op, min,   \
          max)
#define SCALAR_DIFFERENT(u, opcode, ID, op, min, max)                                              \
    SIZED("01" u "11110 zz1mmmmm " opcode "00nn nnnddddd", ID##_asisddiff_only, simd_scalar, op,   \
          min, max)

/* (U, size<1>, opcode<2:0>, ID, name); halves are an encoding class of their own */
#define SAME_FP(u, high, opcode, ID, name)                                                         \
    INSN_ARGS("0q" u "01110 " high "z1mmmmm 11" opcode "1nn nnnddddd", ID##_asimdsame_only,        \
              FEAT_AdvSIMD, simd_vector_fp, .op = UOP_v##name##32),                                \
        INSN_ARGS("0q" u "01110 " high "10mmmmm 00" opcode "1nn nnnddddd",                         \
                  ID##_asimdsamefp16_only, FEAT_FP16, simd_fixed, .op = UOP_v##name##16)
#define SCALAR_FP(u, high, opcode, ID, name, keeps_)                                               \
    INSN_ARGS("01" u "11110 " high "z1mmmmm 11" opcode "1nn nnnddddd", ID##_asisdsame_only,        \
              FEAT_AdvSIMD, simd_scalar_fp, .op = UOP_v##name##32, .keeps = KEEPS_##keeps_),       \
        INSN_ARGS("01" u "11110 " high "10mmmmm 00" opcode "1nn nnnddddd",                         \
                  ID##_asisdsamefp16_only, FEAT_FP16, simd_scalar_half, .op = UOP_v##name##16,     \
                  .bits = 16, .keeps = KEEPS_##keeps_)

/* (U, size, ID, name, translator) */
#define LOGICAL(u, size, ID, name, translate)                                                      \
    INSN_ARGS("0q" u "01110 " size "1mmmmm 000111nn nnnddddd", ID##_asimdsame_only, FEAT_AdvSIMD,  \
              translate, .op = UOP_v##name##64)

/* FEAT_RDM: (opcode, ID, name) */
#define RDM(opcode, ID, name)                                                                      \
    INSN_ARGS("0q101110 zz0mmmmm " opcode "nn nnnddddd", ID##_asimdsame2_only, FEAT_RDM,           \
              simd_vector, .op = UOP_v##name##16, .min = 1, .max = 2),                             \
        INSN_ARGS("01111110 zz0mmmmm " opcode "nn nnnddddd", ID##_asisdsame2_only, FEAT_RDM,       \
                  simd_scalar, .op = UOP_v##name##16, .min = 1, .max = 2)

/* FEAT_FHM: (U, S, opcode, ID, name, half) */
#define FHM(u, s, opcode, ID, name, half)                                                          \
    INSN_ARGS("0q" u "01110 " s "01mmmmm " opcode "1nn nnnddddd", ID##_asimdsame_F, FEAT_FHM,      \
              simd_fixed, .op = UOP_v##name##32, .imm = half)

/* Of one element size: (pattern, ID, feature, name) */
#define FIXED(pattern, id, feature, name)                                                          \
    INSN_ARGS(pattern, id, feature, simd_fixed, .op = UOP_v##name##32)

/* Q chooses the even or the odd elements. */
static bool tr_bfmlal(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vbfmlal32, f->d, f->n, f->m, 16, 0, f->q);
}

static const struct insn_row rows[] = {
    /* clang-format off */
    SAME("0", "00000", SHADD, shadd8, 0, 2),
    SAME("0", "00001", SQADD, sqadd8, 0, 3),
    SAME("0", "00010", SRHADD, srhadd8, 0, 2),
    SAME("0", "00100", SHSUB, shsub8, 0, 2),
    SAME("0", "00101", SQSUB, sqsub8, 0, 3),
    SAME("0", "00110", CMGT, cmgt8, 0, 3),
    SAME("0", "00111", CMGE, cmge8, 0, 3),
    SAME("0", "01000", SSHL, sshl8, 0, 3),
    SAME("0", "01001", SQSHL, sqshl8, 0, 3),
    SAME("0", "01010", SRSHL, srshl8, 0, 3),
    SAME("0", "01011", SQRSHL, sqrshl8, 0, 3),
    SAME("0", "01100", SMAX, smax8, 0, 2),
    SAME("0", "01101", SMIN, smin8, 0, 2),
    SAME("0", "01110", SABD, sabd8, 0, 2),
    SAME("0", "01111", SABA, saba8, 0, 2),
    SAME("0", "10000", ADD, add8, 0, 3),
    SAME("0", "10001", CMTST, cmtst8, 0, 3),
    SAME("0", "10010", MLA, mla8, 0, 2),
    SAME("0", "10011", MUL, mul8, 0, 2),
    SAME("0", "10100", SMAXP, smaxp8, 0, 2),
    SAME("0", "10101", SMINP, sminp8, 0, 2),
    SAME("0", "10110", SQDMULH, sqdmulh16, 1, 2),
    SAME("0", "10111", ADDP, addp8, 0, 3),
    SAME("1", "00000", UHADD, uhadd8, 0, 2),
    SAME("1", "00001", UQADD, uqadd8, 0, 3),
    SAME("1", "00010", URHADD, urhadd8, 0, 2),
    SAME("1", "00100", UHSUB, uhsub8, 0, 2),
    SAME("1", "00101", UQSUB, uqsub8, 0, 3),
    SAME("1", "00110", CMHI, cmhi8, 0, 3),
    SAME("1", "00111", CMHS, cmhs8, 0, 3),
    SAME("1", "01000", USHL, ushl8, 0, 3),
    SAME("1", "01001", UQSHL, uqshl8, 0, 3),
    SAME("1", "01010", URSHL, urshl8, 0, 3),
    SAME("1", "01011", UQRSHL, uqrshl8, 0, 3),
    SAME("1", "01100", UMAX, umax8, 0, 2),
    SAME("1", "01101", UMIN, umin8, 0, 2),
    SAME("1", "01110", UABD, uabd8, 0, 2),
    SAME("1", "01111", UABA, uaba8, 0, 2),
    SAME("1", "10000", SUB, sub8, 0, 3),
    SAME("1", "10001", CMEQ, cmeq8, 0, 3),
    SAME("1", "10010", MLS, mls8, 0, 2),
    SAME("1", "10011", PMUL, pmul8, 0, 0),
    SAME("1", "10100", UMAXP, umaxp8, 0, 2),
    SAME("1", "10101", UMINP, uminp8, 0, 2),
    SAME("1", "10110", SQRDMULH, sqrdmulh16, 1, 2),

    LOGICAL("0", "00", AND, and, simd_fixed),
    LOGICAL("0", "01", BIC, bic, simd_fixed),
    LOGICAL("0", "11", ORN, orn, simd_fixed),
    LOGICAL("1", "00", EOR, eor, simd_fixed),
    LOGICAL("1", "01", BSL, bsl, simd_fixed),
    LOGICAL("1", "10", BIT, bit, simd_fixed),
    LOGICAL("1", "11", BIF, bif, simd_fixed),
    LOGICAL("0", "10", ORR, orr, tr_orr),

    SAME_FP("0", "0", "000", FMAXNM, fmaxnm),
    SAME_FP("0", "0", "001", FMLA, fmla),
    SAME_FP("0", "0", "010", FADD, fadd),
    SAME_FP("0", "0", "011", FMULX, fmulx),
    SAME_FP("0", "0", "100", FCMEQ, fcmeq),
    SAME_FP("0", "0", "110", FMAX, fmax),
    SAME_FP("0", "0", "111", FRECPS, frecps),
    SAME_FP("0", "1", "000", FMINNM, fminnm),
    SAME_FP("0", "1", "001", FMLS, fmls),
    SAME_FP("0", "1", "010", FSUB, fsub),
    SAME_FP("0", "1", "110", FMIN, fmin),
    SAME_FP("0", "1", "111", FRSQRTS, frsqrts),
    SAME_FP("1", "0", "000", FMAXNMP, fmaxnmp),
    SAME_FP("1", "0", "010", FADDP, faddp),
    SAME_FP("1", "0", "011", FMUL, fmul),
    SAME_FP("1", "0", "100", FCMGE, fcmge),
    SAME_FP("1", "0", "101", FACGE, facge),
    SAME_FP("1", "0", "110", FMAXP, fmaxp),
    SAME_FP("1", "0", "111", FDIV, fdiv),
    SAME_FP("1", "1", "000", FMINNMP, fminnmp),
    SAME_FP("1", "1", "010", FABD, fabd),
    SAME_FP("1", "1", "100", FCMGT, fcmgt),
    SAME_FP("1", "1", "101", FACGT, facgt),
    SAME_FP("1", "1", "110", FMINP, fminp),

    SCALAR("0", "00001", SQADD, sqadd8, 0, 3),
    SCALAR("0", "00101", SQSUB, sqsub8, 0, 3),
    SCALAR("0", "00110", CMGT, cmgt64, 3, 3),
    SCALAR("0", "00111", CMGE, cmge64, 3, 3),
    SCALAR("0", "01000", SSHL, sshl64, 3, 3),
    SCALAR("0", "01001", SQSHL, sqshl8, 0, 3),
    SCALAR("0", "01010", SRSHL, srshl64, 3, 3),
    SCALAR("0", "01011", SQRSHL, sqrshl8, 0, 3),
    SCALAR("0", "10000", ADD, add64, 3, 3),
    SCALAR("0", "10001", CMTST, cmtst64, 3, 3),
    SCALAR("0", "10110", SQDMULH, sqdmulh16, 1, 2),
    SCALAR("1", "00001", UQADD, uqadd8, 0, 3),
    SCALAR("1", "00101", UQSUB, uqsub8, 0, 3),
    SCALAR("1", "00110", CMHI, cmhi64, 3, 3),
    SCALAR("1", "00111", CMHS, cmhs64, 3, 3),
    SCALAR("1", "01000", USHL, ushl64, 3, 3),
    SCALAR("1", "01001", UQSHL, uqshl8, 0, 3),
    SCALAR("1", "01010", URSHL, urshl64, 3, 3),
    SCALAR("1", "01011", UQRSHL, uqrshl8, 0, 3),
    SCALAR("1", "10000", SUB, sub64, 3, 3),
    SCALAR("1", "10001", CMEQ, cmeq64, 3, 3),
    SCALAR("1", "10110", SQRDMULH, sqrdmulh16, 1, 2),

    SCALAR_FP("0", "0", "011", FMULX, fmulx, N),
    SCALAR_FP("0", "0", "100", FCMEQ, fcmeq, M),
    SCALAR_FP("0", "0", "111", FRECPS, frecps, N),
    SCALAR_FP("0", "1", "111", FRSQRTS, frsqrts, N),
    SCALAR_FP("1", "0", "100", FCMGE, fcmge, M),
    SCALAR_FP("1", "0", "101", FACGE, facge, M),
    SCALAR_FP("1", "1", "010", FABD, fabd, N),
    SCALAR_FP("1", "1", "100", FCMGT, fcmgt, M),
    SCALAR_FP("1", "1", "101", FACGT, facgt, M),

    DIFFERENT("0", "0000", SADDL, saddl8, 0, 2),
    DIFFERENT("0", "0001", SADDW, saddw8, 0, 2),
    DIFFERENT("0", "0010", SSUBL, ssubl8, 0, 2),
    DIFFERENT("0", "0011", SSUBW, ssubw8, 0, 2),
    DIFFERENT("0", "0100", ADDHN, addhn8, 0, 2),
    DIFFERENT("0", "0101", SABAL, sabal8, 0, 2),
    DIFFERENT("0", "0110", SUBHN, subhn8, 0, 2),
    DIFFERENT("0", "0111", SABDL, sabdl8, 0, 2),
    DIFFERENT("0", "1000", SMLAL, smlal8, 0, 2),
    DIFFERENT("0", "1001", SQDMLAL, sqdmlal16, 1, 2),
    DIFFERENT("0", "1010", SMLSL, smlsl8, 0, 2),
    DIFFERENT("0", "1011", SQDMLSL, sqdmlsl16, 1, 2),
    DIFFERENT("0", "1100", SMULL, smull8, 0, 2),
    DIFFERENT("0", "1101", SQDMULL, sqdmull16, 1, 2),
    DIFFERENT("1", "0000", UADDL, uaddl8, 0, 2),
    DIFFERENT("1", "0001", UADDW, uaddw8, 0, 2),
    DIFFERENT("1", "0010", USUBL, usubl8, 0, 2),
    DIFFERENT("1", "0011", USUBW, usubw8, 0, 2),
    DIFFERENT("1", "0100", RADDHN, raddhn8, 0, 2),
    DIFFERENT("1", "0101", UABAL, uabal8, 0, 2),
    DIFFERENT("1", "0110", RSUBHN, rsubhn8, 0, 2),
    DIFFERENT("1", "0111", UABDL, uabdl8, 0, 2),
    DIFFERENT("1", "1000", UMLAL, umlal8, 0, 2),
    DIFFERENT("1", "1010", UMLSL, umlsl8, 0, 2),
    DIFFERENT("1", "1100", UMULL, umull8, 0, 2),
    SCALAR_DIFFERENT("0", "1001", SQDMLAL, sqdmlal16, 1, 2),
    SCALAR_DIFFERENT("0", "1011", SQDMLSL, sqdmlsl16, 1, 2),
    SCALAR_DIFFERENT("0", "1101", SQDMULL, sqdmull16, 1, 2),

    INSN_ARGS("0q001110 001mmmmm 111000nn nnnddddd", PMULL_asimddiff_L, FEAT_AdvSIMD, simd_fixed, .op = UOP_vpmull8),
    INSN_ARGS("0q001110 111mmmmm 111000nn nnnddddd", PMULL_asimddiff_L_64, FEAT_PMULL, simd_fixed, .op = UOP_pmull64),
    INSN_ARGS("0q001110 100mmmmm 100101nn nnnddddd", SDOT_asimdsame2_D, FEAT_DotProd, simd_fixed, .op = UOP_vsdot32),
    INSN_ARGS("0q101110 100mmmmm 100101nn nnnddddd", UDOT_asimdsame2_D, FEAT_DotProd, simd_fixed, .op = UOP_vudot32),
    FIXED("0q001110 100mmmmm 100111nn nnnddddd", USDOT_asimdsame2_D, FEAT_I8MM, usdot),
    FIXED("01001110 100mmmmm 101001nn nnnddddd", SMMLA_asimdsame2_G, FEAT_I8MM, smmla),
    FIXED("01101110 100mmmmm 101001nn nnnddddd", UMMLA_asimdsame2_G, FEAT_I8MM, ummla),
    FIXED("01001110 100mmmmm 101011nn nnnddddd", USMMLA_asimdsame2_G, FEAT_I8MM, usmmla),
    FIXED("0q101110 010mmmmm 111111nn nnnddddd", BFDOT_asimdsame2_D, FEAT_BF16, bfdot),
    FIXED("01101110 010mmmmm 111011nn nnnddddd", BFMMLA_asimdsame2_E, FEAT_BF16, bfmmla),
    INSN("0q101110 110mmmmm 111111nn nnnddddd", BFMLAL_asimdsame2_F, FEAT_BF16, tr_bfmlal),
    RDM("100001", SQRDMLAH, sqrdmlah),
    RDM("100011", SQRDMLSH, sqrdmlsh),
    INSN("0q101110 zz0mmmmm 111r01nn nnnddddd", FCADD_asimdsame2_C, FEAT_FCMA, tr_fcadd),
    INSN("0q101110 zz0mmmmm 110rr1nn nnnddddd", FCMLA_asimdsame2_C, FEAT_FCMA, tr_fcmla),
    FHM("0", "0", "11101", FMLAL, fmlal, 0),
    FHM("0", "1", "11101", FMLSL, fmlsl, 0),
    FHM("1", "0", "11001", FMLAL2, fmlal, 1),
    FHM("1", "1", "11001", FMLSL2, fmlsl, 1),
    /* clang-format on */
};

const struct insn_table insn_simd_same = {"simd_same", rows, ARRAY_SIZE(rows)};
