/* Integers and cryptography of SVE2: DDI 0487, C4.1, "SVE encodings". */
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

/* --- Unpredicated --- */

#define MULTIPLY(opcode, id)                                                                       \
    INSN_ARGS("00000100 zz1mmmmm 0110" opcode "nn nnnddddd", id##_z_zz, FEAT_SVE2, sve_zzz,        \
              .helpers = sve_##id)
#define ACCUMULATE(opcode, id)                                                                     \
    INSN_ARGS("01000100 zz0mmmmm " opcode "nn nnnddddd", id##_z_zzz, FEAT_SVE2, sve_zzz,           \
              .helpers = sve_##id)
#define DIFFERENCE(opcode, id, feature)                                                            \
    INSN_ARGS("01000101 zz0mmmmm " opcode "nn nnnddddd", id##_z_zz, feature, sve_zzz,              \
              .helpers = sve_##id)
#define CARRY(subtract, opcode, id)                                                                \
    INSN_ARGS("01000101 " subtract "z0mmmmm " opcode "nn nnnddddd", id##_z_zzz, FEAT_SVE2,         \
              tr_carry, .helpers = sve_##id)
#define LOGICAL(opcode, o2, id)                                                                    \
    INSN_ARGS("00000100 " opcode "1mmmmm 00111" o2 "nn nnnddddd", id##_z_zzz, FEAT_SVE2,           \
              sve_zzz_d, .helpers = sve_##id)
#define ELEMENT(opcode, id)                                                                        \
    INSN_ARGS("01000100 0i1iimmm " opcode "nn nnnddddd", id##_z_zzi_h, FEAT_SVE2, sve_zze,         \
              .helpers = sve_##id##_e, .bits = 16),                                                \
        INSN_ARGS("01000100 101iimmm " opcode "nn nnnddddd", id##_z_zzi_s, FEAT_SVE2, sve_zze,     \
                  .helpers = sve_##id##_e, .bits = 32),                                            \
        INSN_ARGS("01000100 111immmm " opcode "nn nnnddddd", id##_z_zzi_d, FEAT_SVE2, sve_zze,     \
                  .helpers = sve_##id##_e, .bits = 64)

/* z is that of words or doublewords, less 2. */
static bool tr_carry(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[2 + f->z], f->d, f->n, f->m, 0, 0);
}

/* --- Shifts by an immediate --- */

#define SHIFT(opcode, id, translate)                                                               \
    INSN_ARGS("01000101 jj0jjjjj 1111" opcode "nn nnnddddd", id##_z_zi, FEAT_SVE2, translate,      \
              .helpers = sve_##id)
#define SHIFT_ACCUMULATE(opcode, id)                                                               \
    INSN_ARGS("01000101 jj0jjjjj 1110" opcode "nn nnnddddd", id##_z_zi, FEAT_SVE2,                 \
              sve_shift_right, .helpers = sve_##id)
#define SHIFT_MERGING(opcode, id, translate)                                                       \
    INSN_ARGS("00000100 jj00" opcode " 100pppjj jjjddddd", id##_z_p_zi, FEAT_SVE2, translate,      \
              .helpers = sve_##id##_mi)

/* --- Predicated, merging: Zdn and Zm --- */

#define MERGING(opcode, id, translate, name)                                                       \
    INSN_ARGS("01000100 zz0" opcode "pppmm mmmddddd", id##_z_p_zz, FEAT_SVE2, translate,           \
              .helpers = sve_##name)
#define UNARY(opcode, id)                                                                          \
    INSN_ARGS("01000100 zz0" opcode " 101pppnn nnnddddd", id##_z_p_z, FEAT_SVE2, sve_zpz,          \
              .helpers = sve_##id##_m)

/* --- Complex numbers; o is the angle --- */

#define COMPLEX_SUM(opcode, id)                                                                    \
    INSN_ARGS("01000101 zz00000" opcode " 11011omm mmmddddd", id##_z_zz, FEAT_SVE2,                \
              tr_complex_sum, .helpers = sve_##id)
#define COMPLEX(opcode, id)                                                                        \
    INSN_ARGS("01000100 zz0mmmmm 001" opcode "oonn nnnddddd", id##_z_zzz, FEAT_SVE2, tr_complex,   \
              .helpers = sve_##id),                                                                \
        INSN_ARGS("01000100 101iimmm 011" opcode "oonn nnnddddd", id##_z_zzzi_h, FEAT_SVE2,        \
                  tr_complex_elem, .helpers = sve_##id##_e, .bits = 16),                           \
        INSN_ARGS("01000100 111immmm 011" opcode "oonn nnnddddd", id##_z_zzzi_s, FEAT_SVE2,        \
                  tr_complex_elem, .helpers = sve_##id##_e, .bits = 32)

static bool tr_complex_sum(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->d, f->m, f->o, 0);
}

static bool tr_complex(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->n, f->m, f->o, 0);
}

static bool tr_complex_elem(struct tr *tr, const struct fields *f)
{
    unsigned size = f->row->bits == 16 ? 1 : 2;

    return sve_call(tr, f->row->helpers[size], f->d, f->n, f->m, f->o, f->i);
}

static bool tr_cdot(struct tr *tr, const struct fields *f)
{
    static uop_helper *const *const helpers[4] = {sve_cdot0, sve_cdot90, sve_cdot180, sve_cdot270};

    return sve_call(tr, helpers[f->o][f->z], f->d, f->n, f->m, 0, 0);
}

static bool tr_cdot_elem(struct tr *tr, const struct fields *f)
{
    static uop_helper *const *const helpers[4] = {sve_cdot0_e, sve_cdot90_e, sve_cdot180_e,
                                                  sve_cdot270_e};

    return sve_call(tr, helpers[f->o][f->row->bits == 32 ? 2 : 3], f->d, f->n, f->m, 0, f->i);
}

/* --- Histograms, matches --- */

#define MATCH(ne, id)                                                                              \
    INSN_ARGS("01000101 zz1mmmmm 100pppnn nnn" ne "dddd", id##_p_p_zz, FEAT_SVE2, sve_ppzz,        \
              .helpers = sve_##id)

static bool tr_histseg(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_histseg, f->d, f->n, f->m, 0, 0);
}

/* --- Cryptography --- */

static bool tr_aese(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->o ? sve_aesd : sve_aese, f->d, f->m, f->m, 0, 0);
}

static bool tr_aesmc(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->o ? sve_aesimc : sve_aesmc, f->d, f->d, f->d, 0, 0);
}

static bool tr_sm4e(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_sm4e, f->d, f->m, f->m, 0, 0);
}

static bool tr_sm4ekey(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_sm4ekey, f->d, f->n, f->m, 0, 0);
}

static const struct insn_row rows[] = {
    /* clang-format off */
    MULTIPLY("00", mul),
    MULTIPLY("01", pmul),
    MULTIPLY("10", smulh),
    MULTIPLY("11", umulh),
    INSN_ARGS("00000100 zz1mmmmm 011100nn nnnddddd", sqdmulh_z_zz, FEAT_SVE2, sve_zzz, .helpers = sve_sqdmulh),
    INSN_ARGS("00000100 zz1mmmmm 011101nn nnnddddd", sqrdmulh_z_zz, FEAT_SVE2, sve_zzz, .helpers = sve_sqrdmulh),
    ACCUMULATE("011100", sqrdmlah),
    ACCUMULATE("011101", sqrdmlsh),
    DIFFERENCE("111110", saba, FEAT_SVE2),
    DIFFERENCE("111111", uaba, FEAT_SVE2),
    DIFFERENCE("100100", eorbt, FEAT_SVE2),
    DIFFERENCE("100101", eortb, FEAT_SVE2),
    DIFFERENCE("101100", bext, FEAT_SVE_BitPerm),
    DIFFERENCE("101101", bdep, FEAT_SVE_BitPerm),
    DIFFERENCE("101110", bgrp, FEAT_SVE_BitPerm),
    CARRY("0", "110100", adclb),
    CARRY("0", "110101", adclt),
    CARRY("1", "110100", sbclb),
    CARRY("1", "110101", sbclt),
    LOGICAL("00", "0", eor3),
    LOGICAL("00", "1", bsl),
    LOGICAL("01", "0", bcax),
    LOGICAL("01", "1", bsl1n),
    LOGICAL("10", "1", bsl2n),
    LOGICAL("11", "1", nbsl),
    ELEMENT("000010", mla),
    ELEMENT("000011", mls),
    ELEMENT("000100", sqrdmlah),
    ELEMENT("000101", sqrdmlsh),
    ELEMENT("111100", sqdmulh),
    ELEMENT("111101", sqrdmulh),
    ELEMENT("111110", mul),

    SHIFT("00", sri, sve_shift_right),
    SHIFT("01", sli, sve_shift_left),
    SHIFT_ACCUMULATE("00", ssra),
    SHIFT_ACCUMULATE("01", usra),
    SHIFT_ACCUMULATE("10", srsra),
    SHIFT_ACCUMULATE("11", ursra),
    SHIFT_MERGING("0110", sqshl, sve_shift_left_p),
    SHIFT_MERGING("0111", uqshl, sve_shift_left_p),
    SHIFT_MERGING("1100", srshr, sve_shift_right_p),
    SHIFT_MERGING("1101", urshr, sve_shift_right_p),
    SHIFT_MERGING("1111", sqshlu, sve_shift_left_p),
    INSN_ARGS("00000100 jj1jjjjj 001101nn nnnddddd", xar_z_zzi, FEAT_SVE2, sve_shift_right, .helpers = sve_xar),

    MERGING("00010 100", srshl, sve_zpzz, srshl_m),
    MERGING("00011 100", urshl, sve_zpzz, urshl_m),
    MERGING("00110 100", srshlr, sve_zpzz_swapped, srshl_m),
    MERGING("00111 100", urshlr, sve_zpzz_swapped, urshl_m),
    MERGING("01000 100", sqshl, sve_zpzz, sqshl_m),
    MERGING("01001 100", uqshl, sve_zpzz, uqshl_m),
    MERGING("01010 100", sqrshl, sve_zpzz, sqrshl_m),
    MERGING("01011 100", uqrshl, sve_zpzz, uqrshl_m),
    MERGING("01100 100", sqshlr, sve_zpzz_swapped, sqshl_m),
    MERGING("01101 100", uqshlr, sve_zpzz_swapped, uqshl_m),
    MERGING("01110 100", sqrshlr, sve_zpzz_swapped, sqrshl_m),
    MERGING("01111 100", uqrshlr, sve_zpzz_swapped, uqrshl_m),
    MERGING("10000 100", shadd, sve_zpzz, shadd_m),
    MERGING("10001 100", uhadd, sve_zpzz, uhadd_m),
    MERGING("10010 100", shsub, sve_zpzz, shsub_m),
    MERGING("10011 100", uhsub, sve_zpzz, uhsub_m),
    MERGING("10100 100", srhadd, sve_zpzz, srhadd_m),
    MERGING("10101 100", urhadd, sve_zpzz, urhadd_m),
    MERGING("10110 100", shsubr, sve_zpzz_swapped, shsub_m),
    MERGING("10111 100", uhsubr, sve_zpzz_swapped, uhsub_m),
    MERGING("11000 100", sqadd, sve_zpzz, sqadd_m),
    MERGING("11001 100", uqadd, sve_zpzz, uqadd_m),
    MERGING("11010 100", sqsub, sve_zpzz, sqsub_m),
    MERGING("11011 100", uqsub, sve_zpzz, uqsub_m),
    MERGING("11100 100", suqadd, sve_zpzz_swapped, suqadd_m),
    MERGING("11101 100", usqadd, sve_zpzz_swapped, usqadd_m),
    MERGING("11110 100", sqsubr, sve_zpzz_swapped, sqsub_m),
    MERGING("11111 100", uqsubr, sve_zpzz_swapped, uqsub_m),
    MERGING("10001 101", addp, sve_zpzz, addp_m),
    MERGING("10100 101", smaxp, sve_zpzz, smaxp_m),
    MERGING("10101 101", umaxp, sve_zpzz, umaxp_m),
    MERGING("10110 101", sminp, sve_zpzz, sminp_m),
    MERGING("10111 101", uminp, sve_zpzz, uminp_m),
    UNARY("00100", sadalp),
    UNARY("00101", uadalp),
    UNARY("00000", urecpe),
    UNARY("00001", ursqrte),
    UNARY("01000", sqabs),
    UNARY("01001", sqneg),

    COMPLEX_SUM("0", cadd),
    COMPLEX_SUM("1", sqcadd),
    COMPLEX("0", cmla),
    COMPLEX("1", sqrdcmlah),
    INSN("01000100 zz0mmmmm 0001oonn nnnddddd", cdot_z_zzz, FEAT_SVE2, tr_cdot),
    INSN_ARGS("01000100 101iimmm 0100oonn nnnddddd", cdot_z_zzzi_s, FEAT_SVE2, tr_cdot_elem, .bits = 32),
    INSN_ARGS("01000100 111immmm 0100oonn nnnddddd", cdot_z_zzzi_d, FEAT_SVE2, tr_cdot_elem, .bits = 64),

    MATCH("0", match),
    MATCH("1", nmatch),
    INSN_ARGS("01000101 zz1mmmmm 110pppnn nnnddddd", histcnt_z_p_zz, FEAT_SVE2, sve_ppzz, .helpers = sve_histcnt),
    INSN("01000101 001mmmmm 101000nn nnnddddd", histseg_z_zz, FEAT_SVE2, tr_histseg),

    INSN("01000101 00100000 11100o00 000ddddd", aesmc_z_z, FEAT_SVE_AES, tr_aesmc),
    INSN("01000101 00100010 11100omm mmmddddd", aese_z_zz, FEAT_SVE_AES, tr_aese),
    INSN("01000101 00100011 111000mm mmmddddd", sm4e_z_zz, FEAT_SVE_SM4, tr_sm4e),
    INSN("01000101 001mmmmm 111100nn nnnddddd", sm4ekey_z_zz, FEAT_SVE_SM4, tr_sm4ekey),
    INSN_ARGS("01000101 001mmmmm 111101nn nnnddddd", rax1_z_zz, FEAT_SVE_SHA3, sve_zzz_d, .helpers = sve_rax1),
    /* clang-format on */
};

const struct insn_table insn_sve2_int = {"sve2_int", rows, ARRAY_SIZE(rows)};
