/* SVE integer arithmetic, logic and comparisons: DDI 0487, C4.1, "SVE encodings". */
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

/* --- Unpredicated --- */

#define UNPREDICATED(opcode, id, name)                                                             \
    INSN_ARGS("00000100 zz1mmmmm 000" opcode "nn nnnddddd", id##_z_zz, FEAT_SVE, sve_zzz,          \
              .helpers = sve_##name)
#define LOGICAL(opcode, id)                                                                        \
    INSN_ARGS("00000100 " opcode "1mmmmm 001100nn nnnddddd", id##_z_zz, FEAT_SVE, sve_zzz_d,       \
              .helpers = sve_##id)

/* --- Predicated, merging: Zdn and Zm --- */

#define MERGING(opcode, id, name)                                                                  \
    INSN_ARGS("00000100 zz" opcode " 000pppmm mmmddddd", id##_z_p_zz, FEAT_SVE, sve_zpzz,          \
              .helpers = sve_##name)
#define SWAPPED(opcode, id, name)                                                                  \
    INSN_ARGS("00000100 zz" opcode " 000pppmm mmmddddd", id##_z_p_zz, FEAT_SVE, sve_zpzz_swapped,  \
              .helpers = sve_##name)

#define TERNARY(opcode, id)                                                                        \
    INSN_ARGS("00000100 zz0mmmmm " opcode "pppnn nnnddddd", id##_z_p_zzz, FEAT_SVE, sve_zpzzz,     \
              .helpers = sve_##id##_m)
#define UNARY(opcode, id)                                                                          \
    INSN_ARGS("00000100 zz01" opcode " 101pppnn nnnddddd", id##_z_p_z, FEAT_SVE, sve_zpz,          \
              .helpers = sve_##id##_m)
#define REVERSE(opcode, id)                                                                        \
    INSN_ARGS("00000101 zz1001" opcode " 100pppnn nnnddddd", id##_z_p_z, FEAT_SVE, sve_zpz,        \
              .helpers = sve_##id##_m)

/* Zda = Zda and Zn op Zm; MAD and MSB: Zdn = Za and Zdn op Zm, by lanes of their own. */
static bool sve_zpzzz(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->n, f->m, f->p, 0);
}

/* --- Shifts --- */

#define SHIFT(opcode, id, translate)                                                               \
    INSN_ARGS("00000100 jj1jjjjj 1001" opcode "nn nnnddddd", id##_z_zi, FEAT_SVE, translate,       \
              .helpers = sve_##id##_i)
#define SHIFT_WIDE(opcode, id)                                                                     \
    INSN_ARGS("00000100 zz1mmmmm 1000" opcode "nn nnnddddd", id##_z_zw, FEAT_SVE, sve_zzz,         \
              .helpers = sve_##id##_w)
#define SHIFT_MERGING(opcode, id, translate)                                                       \
    INSN_ARGS("00000100 jj00" opcode " 100pppjj jjjddddd", id##_z_p_zi, FEAT_SVE, translate,       \
              .helpers = sve_##id##_mi)
#define SHIFT_VECTOR(opcode, id, translate, name)                                                  \
    INSN_ARGS("00000100 zz01" opcode " 100pppmm mmmddddd", id, FEAT_SVE, translate,                \
              .helpers = sve_##name)

/* --- Immediates --- */

#define ARITHMETIC(opcode, id, name)                                                               \
    INSN_ARGS("00100101 zz100" opcode " 11hiiiii iiiddddd", id##_z_zi, FEAT_SVE, sve_zzi_u,        \
              .helpers = sve_##name)
#define IMMEDIATE(opcode, id, translate)                                                           \
    INSN_ARGS("00100101 zz1" opcode " 110iiiii iiiddddd", id##_z_zi, FEAT_SVE, translate,          \
              .helpers = sve_##id##_i)
#define BITMASK(opcode, id)                                                                        \
    INSN_ARGS("00000101 " opcode "0000ki iiiiijjj jjjddddd", id##_z_zi, FEAT_SVE, tr_bitmask,      \
              .helpers = sve_##id##_i)

/* Zdn = Zdn op a mask of 64 bits, which is in T0. */
static bool tr_bitmask(struct tr *tr, const struct fields *f)
{
    struct fields of_64 = *f;
    uint64_t mask;

    of_64.f = 1;
    if (!tr_bit_masks(&of_64, &mask))
        return false;
    tr_imm(tr, UOP_movi, SLOT_T0, 0, mask);
    return sve_call(tr, f->row->helpers[3], f->d, f->d, SLOT_T0, 0, 0);
}

/* --- Reductions --- */

#define REDUCTION(opcode, id)                                                                      \
    INSN_ARGS("00000100 zz0" opcode " 001pppnn nnnddddd", id##_r_p_z, FEAT_SVE, sve_zpz,           \
              .helpers = sve_##id)

/* --- Products of parts of elements --- */

#define DOT(opcode, id, feature)                                                                   \
    INSN_ARGS("01000100 zz0mmmmm " opcode "nn nnnddddd", id##_z_zzz, feature, sve_zzz,             \
              .helpers = sve_##id)
#define DOT_S(opcode, id, feature)                                                                 \
    INSN_ARGS("01000100 101iimmm " opcode "nn nnnddddd", id##_z_zzzi_s, feature, sve_zze,          \
              .helpers = sve_##id##_e, .bits = 32)
#define DOT_D(opcode, id)                                                                          \
    INSN_ARGS("01000100 111immmm " opcode "nn nnnddddd", id##_z_zzzi_d, FEAT_SVE, sve_zze,         \
              .helpers = sve_##id##_e, .bits = 64)
#define MATRIX(opcode, id)                                                                         \
    INSN_ARGS("01000101 " opcode "0mmmmm 100110nn nnnddddd", id##_z_zzz, FEAT_I8MM, tr_matrix,     \
              .helpers = sve_##id)

static bool tr_matrix(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[2], f->d, f->n, f->m, 0, 0);
}

/* --- Comparisons --- */

#define COMPARE(opcode, ne, id, name)                                                              \
    INSN_ARGS("00100100 zz0mmmmm " opcode "pppnn nnn" ne "dddd", id, FEAT_SVE, sve_ppzz,           \
              .helpers = sve_##name)
#define COMPARE_S(op, o2, ne, id)                                                                  \
    INSN_ARGS("00100101 zz0iiiii " op "0" o2 "pppnn nnn" ne "dddd", id##_p_p_zi, FEAT_SVE,         \
              sve_ppzi_s, .helpers = sve_##id##_i)
#define COMPARE_U(lt, ne, id)                                                                      \
    INSN_ARGS("00100100 zz1iiiii ii" lt "pppnn nnn" ne "dddd", id##_p_p_zi, FEAT_SVE, sve_ppzi_u,  \
              .helpers = sve_##id##_i)

static const struct insn_row rows[] = {
    /* clang-format off */
    UNPREDICATED("000", add, add),
    UNPREDICATED("001", sub, sub),
    UNPREDICATED("100", sqadd, sqadd),
    UNPREDICATED("101", uqadd, uqadd),
    UNPREDICATED("110", sqsub, sqsub),
    UNPREDICATED("111", uqsub, uqsub),
    LOGICAL("00", and),
    LOGICAL("01", orr),
    LOGICAL("10", eor),
    LOGICAL("11", bic),

    MERGING("000000", add, add_m),
    MERGING("000001", sub, sub_m),
    SWAPPED("000011", subr, sub_m),
    MERGING("001000", smax, smax_m),
    MERGING("001001", umax, umax_m),
    MERGING("001010", smin, smin_m),
    MERGING("001011", umin, umin_m),
    MERGING("001100", sabd, sabd_m),
    MERGING("001101", uabd, uabd_m),
    MERGING("010000", mul, mul_m),
    MERGING("010010", smulh, smulh_m),
    MERGING("010011", umulh, umulh_m),
    MERGING("010100", sdiv, sdiv_m),
    MERGING("010101", udiv, udiv_m),
    SWAPPED("010110", sdivr, sdiv_m),
    SWAPPED("010111", udivr, udiv_m),
    MERGING("011000", orr, orr_m),
    MERGING("011001", eor, eor_m),
    MERGING("011010", and, and_m),
    MERGING("011011", bic, bic_m),
    TERNARY("010", mla),
    TERNARY("011", mls),
    TERNARY("110", mad),
    TERNARY("111", msb),

    UNARY("0000", sxtb),
    UNARY("0001", uxtb),
    UNARY("0010", sxth),
    UNARY("0011", uxth),
    UNARY("0100", sxtw),
    UNARY("0101", uxtw),
    UNARY("0110", abs),
    UNARY("0111", neg),
    UNARY("1000", cls),
    UNARY("1001", clz),
    UNARY("1010", cnt),
    UNARY("1011", cnot),
    UNARY("1110", not),
    REVERSE("00", revb),
    REVERSE("01", revh),
    REVERSE("10", revw),
    REVERSE("11", rbit),

    SHIFT("00", asr, sve_shift_right),
    SHIFT("01", lsr, sve_shift_right),
    SHIFT("11", lsl, sve_shift_left),
    SHIFT_WIDE("00", asr),
    SHIFT_WIDE("01", lsr),
    SHIFT_WIDE("11", lsl),
    SHIFT_MERGING("0000", asr, sve_shift_right_p),
    SHIFT_MERGING("0001", lsr, sve_shift_right_p),
    SHIFT_MERGING("0011", lsl, sve_shift_left_p),
    SHIFT_MERGING("0100", asrd, sve_shift_right_p),
    SHIFT_VECTOR("0000", asr_z_p_zz, sve_zpzz, asr_m),
    SHIFT_VECTOR("0001", lsr_z_p_zz, sve_zpzz, lsr_m),
    SHIFT_VECTOR("0011", lsl_z_p_zz, sve_zpzz, lsl_m),
    SHIFT_VECTOR("0100", asrr_z_p_zz, sve_zpzz_swapped, asr_m),
    SHIFT_VECTOR("0101", lsrr_z_p_zz, sve_zpzz_swapped, lsr_m),
    SHIFT_VECTOR("0111", lslr_z_p_zz, sve_zpzz_swapped, lsl_m),
    SHIFT_VECTOR("1000", asr_z_p_zw, sve_zpzz, asr_mw),
    SHIFT_VECTOR("1001", lsr_z_p_zw, sve_zpzz, lsr_mw),
    SHIFT_VECTOR("1011", lsl_z_p_zw, sve_zpzz, lsl_mw),

    ARITHMETIC("000", add, add_i),
    ARITHMETIC("001", sub, sub_i),
    ARITHMETIC("011", subr, subr_i),
    ARITHMETIC("100", sqadd, sqadd_i),
    ARITHMETIC("101", uqadd, uqadd_i),
    ARITHMETIC("110", sqsub, sqsub_i),
    ARITHMETIC("111", uqsub, uqsub_i),
    IMMEDIATE("01000", smax, sve_zzi_s),
    IMMEDIATE("01001", umax, sve_zzi_u),
    IMMEDIATE("01010", smin, sve_zzi_s),
    IMMEDIATE("01011", umin, sve_zzi_u),
    IMMEDIATE("10000", mul, sve_zzi_s),
    BITMASK("00", orr),
    BITMASK("01", eor),
    BITMASK("10", and),
    BITMASK("11", dupm),

    REDUCTION("00000", saddv),
    REDUCTION("00001", uaddv),
    REDUCTION("01000", smaxv),
    REDUCTION("01001", umaxv),
    REDUCTION("01010", sminv),
    REDUCTION("01011", uminv),
    REDUCTION("11000", orv),
    REDUCTION("11001", eorv),
    REDUCTION("11010", andv),

    DOT("000000", sdot, FEAT_SVE),
    DOT("000001", udot, FEAT_SVE),
    DOT("011110", usdot, FEAT_I8MM),
    DOT_S("000000", sdot, FEAT_SVE),
    DOT_S("000001", udot, FEAT_SVE),
    DOT_S("000110", usdot, FEAT_I8MM),
    DOT_S("000111", sudot, FEAT_I8MM),
    DOT_D("000000", sdot),
    DOT_D("000001", udot),
    MATRIX("00", smmla),
    MATRIX("10", usmmla),
    MATRIX("11", ummla),

    COMPARE("000", "0", cmphs_p_p_zz, cmphs),
    COMPARE("000", "1", cmphi_p_p_zz, cmphi),
    COMPARE("100", "0", cmpge_p_p_zz, cmpge),
    COMPARE("100", "1", cmpgt_p_p_zz, cmpgt),
    COMPARE("101", "0", cmpeq_p_p_zz, cmpeq),
    COMPARE("101", "1", cmpne_p_p_zz, cmpne),
    COMPARE("001", "0", cmpeq_p_p_zw, cmpeq_w),
    COMPARE("001", "1", cmpne_p_p_zw, cmpne_w),
    COMPARE("010", "0", cmpge_p_p_zw, cmpge_w),
    COMPARE("010", "1", cmpgt_p_p_zw, cmpgt_w),
    COMPARE("011", "0", cmplt_p_p_zw, cmplt_w),
    COMPARE("011", "1", cmple_p_p_zw, cmple_w),
    COMPARE("110", "0", cmphs_p_p_zw, cmphs_w),
    COMPARE("110", "1", cmphi_p_p_zw, cmphi_w),
    COMPARE("111", "0", cmplo_p_p_zw, cmplo_w),
    COMPARE("111", "1", cmpls_p_p_zw, cmpls_w),
    COMPARE_S("0", "0", "0", cmpge),
    COMPARE_S("0", "0", "1", cmpgt),
    COMPARE_S("0", "1", "0", cmplt),
    COMPARE_S("0", "1", "1", cmple),
    COMPARE_S("1", "0", "0", cmpeq),
    COMPARE_S("1", "0", "1", cmpne),
    COMPARE_U("0", "0", cmphs),
    COMPARE_U("0", "1", cmphi),
    COMPARE_U("1", "0", cmplo),
    COMPARE_U("1", "1", cmpls),
    /* clang-format on */
};

const struct insn_table insn_sve_int = {"sve_int", rows, ARRAY_SIZE(rows)};
