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
    UNPREDICATED("000", add, add)
    UNPREDICATED("001", sub, sub)
    UNPREDICATED("100", sqadd, sqadd)
    UNPREDICATED("101", uqadd, uqadd)
    UNPREDICATED("110", sqsub, sqsub)
    UNPREDICATED("111", uqsub, uqsub)
    LOGICAL("00", and)
    LOGICAL("01", orr)
    LOGICAL("10", eor)
    LOGICAL("11", bic)

    MERGING("000000", add, add_m)
    MERGING("000001", sub, sub_m)
    SWAPPED("000011", subr, sub_m)
    MERGING("001000", smax, smax_m)
    MERGING("001001", umax, umax_m)
    MERGING("001010", smin, smin_m)
    MERGING("001011", umin, umin_m)
    MERGING("001100", sabd, sabd_m)
    MERGING("001101", uabd, uabd_m)
    MERGING("010000", mul, mul_m)
    MERGING("010010", smulh, smulh_m)
    MERGING("010011", umulh, umulh_m)
    MERGING("010100", sdiv, sdiv_m)
    MERGING("010101", udiv, udiv_m)
    SWAPPED("010110", sdivr, sdiv_m)
    SWAPPED("010111", udivr, udiv_m)
    MERGING("011000", orr, orr_m)
    MERGING("011001", eor, eor_m)
    MERGING("011010", and, and_m)
    MERGING("011011", bic, bic_m)

    COMPARE("000", "0", cmphs_p_p_zz, cmphs)
    COMPARE("000", "1", cmphi_p_p_zz, cmphi)
    COMPARE("100", "0", cmpge_p_p_zz, cmpge)
    COMPARE("100", "1", cmpgt_p_p_zz, cmpgt)
    COMPARE("101", "0", cmpeq_p_p_zz, cmpeq)
    COMPARE("101", "1", cmpne_p_p_zz, cmpne)
    COMPARE("001", "0", cmpeq_p_p_zw, cmpeq_w)
    COMPARE("001", "1", cmpne_p_p_zw, cmpne_w)
    COMPARE("010", "0", cmpge_p_p_zw, cmpge_w)
    COMPARE("010", "1", cmpgt_p_p_zw, cmpgt_w)
    COMPARE("011", "0", cmplt_p_p_zw, cmplt_w)
    COMPARE("011", "1", cmple_p_p_zw, cmple_w)
    COMPARE("110", "0", cmphs_p_p_zw, cmphs_w)
    COMPARE("110", "1", cmphi_p_p_zw, cmphi_w)
    COMPARE("111", "0", cmplo_p_p_zw, cmplo_w)
    COMPARE("111", "1", cmpls_p_p_zw, cmpls_w)
    COMPARE_S("0", "0", "0", cmpge)
    COMPARE_S("0", "0", "1", cmpgt)
    COMPARE_S("0", "1", "0", cmplt)
    COMPARE_S("0", "1", "1", cmple)
    COMPARE_S("1", "0", "0", cmpeq)
    COMPARE_S("1", "0", "1", cmpne)
    COMPARE_U("0", "0", cmphs)
    COMPARE_U("0", "1", cmphi)
    COMPARE_U("1", "0", cmplo)
    COMPARE_U("1", "1", cmpls)
    /* clang-format on */
};

const struct insn_table insn_sve_int = {"sve_int", rows, ARRAY_SIZE(rows)};
