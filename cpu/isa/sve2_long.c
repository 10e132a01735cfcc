/* Long, wide and narrow integers of SVE2: DDI 0487, C4.1, "SVE encodings". Of most instructions
 * there are two, which take the bottom or the top halves of the wide elements. */
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

/* z is that of the wide elements. */
#define LONG(opcode, id)                                                                           \
    INSN_ARGS("01000101 zz0mmmmm " opcode "nn nnnddddd", id##_z_zz, FEAT_SVE2, sve_zzz,            \
              .helpers = sve_##id)
#define BOTH_LONG(opcode, id) LONG(opcode "0", id##b), LONG(opcode "1", id##t)
#define ACCUMULATE(opcode, id)                                                                     \
    INSN_ARGS("01000100 zz0mmmmm " opcode "nn nnnddddd", id##_z_zzz, FEAT_SVE2, sve_zzz,           \
              .helpers = sve_##id)
#define BOTH_ACCUMULATE(opcode, id) ACCUMULATE(opcode "0", id##b), ACCUMULATE(opcode "1", id##t)
#define ELEMENT(opcode, top, id)                                                                   \
    INSN_ARGS("01000100 101iimmm " opcode "i" top "nn nnnddddd", id##_z_zzi_s, FEAT_SVE2, sve_zze, \
              .helpers = sve_##id##_e, .bits = 32),                                                \
        INSN_ARGS("01000100 111immmm " opcode "i" top "nn nnnddddd", id##_z_zzi_d, FEAT_SVE2,      \
                  sve_zze, .helpers = sve_##id##_e, .bits = 64)
#define BOTH_ELEMENT(opcode, id) ELEMENT(opcode, "0", id##b), ELEMENT(opcode, "1", id##t)
#define SHIFT_LONG(opcode, id)                                                                     \
    INSN_ARGS("01000101 0j0jjjjj 1010" opcode "nn nnnddddd", id##_z_zi, FEAT_SVE2, sve_shift_long, \
              .helpers = sve_##id)
#define PMULL128(top, id, y)                                                                       \
    INSN_ARGS("01000101 000mmmmm 01101" top "nn nnnddddd", id##_z_zz_q, FEAT_SVE_PMULL128,         \
              tr_pmull128, .imm = y)

/* z is that of the wide elements again. */
#define NARROW(opcode, id)                                                                         \
    INSN_ARGS("01000101 zz1mmmmm 011" opcode "nn nnnddddd", id##_z_zz, FEAT_SVE2, sve_zzz,         \
              .helpers = sve_##id)
#define BOTH_NARROW(opcode, id) NARROW(opcode "0", id##b), NARROW(opcode "1", id##t)
#define SHIFT_NARROW(opcode, id)                                                                   \
    INSN_ARGS("01000101 0j1jjjjj 00" opcode "nn nnnddddd", id##_z_zi, FEAT_SVE2, sve_shift_narrow, \
              .helpers = sve_##id)
#define BOTH_SHIFT_NARROW(opcode, id)                                                              \
    SHIFT_NARROW(opcode "0", id##b), SHIFT_NARROW(opcode "1", id##t)
/* Without a shift; j says the narrow size. */
#define EXTRACT(opcode, id, name)                                                                  \
    INSN_ARGS("01000101 0j1jj000 010" opcode "nn nnnddddd", id##_z_zz, FEAT_SVE2, tr_extract,      \
              .helpers = sve_##name)

static bool tr_extract(struct tr *tr, const struct fields *f)
{
    unsigned size = f->j == 1 ? 1 : f->j == 2 ? 2 : f->j == 4 ? 3 : 0; /* of the wide ones */

    return sve_call(tr, f->row->helpers[size], f->d, f->n, 0, 0, 0);
}

static bool tr_pmull128(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_pmull128, f->d, f->n, f->m, 0, f->row->imm);
}

static const struct insn_row rows[] = {
    /* clang-format off */
    BOTH_LONG("00000", saddl),
    BOTH_LONG("00001", uaddl),
    BOTH_LONG("00010", ssubl),
    BOTH_LONG("00011", usubl),
    BOTH_LONG("00110", sabdl),
    BOTH_LONG("00111", uabdl),
    BOTH_LONG("01000", saddw),
    BOTH_LONG("01001", uaddw),
    BOTH_LONG("01010", ssubw),
    BOTH_LONG("01011", usubw),
    BOTH_LONG("01100", sqdmull),
    BOTH_LONG("01101", pmull),
    BOTH_LONG("01110", smull),
    BOTH_LONG("01111", umull),
    LONG("100000", saddlbt),
    LONG("100010", ssublbt),
    LONG("100011", ssubltb),
    BOTH_LONG("11000", sabal),
    BOTH_LONG("11001", uabal),
    PMULL128("0", pmullb, 0),
    PMULL128("1", pmullt, 1),
    SHIFT_LONG("00", sshllb),
    SHIFT_LONG("01", sshllt),
    SHIFT_LONG("10", ushllb),
    SHIFT_LONG("11", ushllt),

    ACCUMULATE("000010", sqdmlalbt),
    ACCUMULATE("000011", sqdmlslbt),
    BOTH_ACCUMULATE("01000", smlal),
    BOTH_ACCUMULATE("01001", umlal),
    BOTH_ACCUMULATE("01010", smlsl),
    BOTH_ACCUMULATE("01011", umlsl),
    BOTH_ACCUMULATE("01100", sqdmlal),
    BOTH_ACCUMULATE("01101", sqdmlsl),

    BOTH_ELEMENT("0010", sqdmlal),
    BOTH_ELEMENT("0011", sqdmlsl),
    BOTH_ELEMENT("1000", smlal),
    BOTH_ELEMENT("1001", umlal),
    BOTH_ELEMENT("1010", smlsl),
    BOTH_ELEMENT("1011", umlsl),
    BOTH_ELEMENT("1100", smull),
    BOTH_ELEMENT("1101", umull),
    BOTH_ELEMENT("1110", sqdmull),

    BOTH_NARROW("00", addhn),
    BOTH_NARROW("01", raddhn),
    BOTH_NARROW("10", subhn),
    BOTH_NARROW("11", rsubhn),
    BOTH_SHIFT_NARROW("000", sqshrun),
    BOTH_SHIFT_NARROW("001", sqrshrun),
    BOTH_SHIFT_NARROW("010", shrn),
    BOTH_SHIFT_NARROW("011", rshrn),
    BOTH_SHIFT_NARROW("100", sqshrn),
    BOTH_SHIFT_NARROW("101", sqrshrn),
    BOTH_SHIFT_NARROW("110", uqshrn),
    BOTH_SHIFT_NARROW("111", uqrshrn),
    EXTRACT("000", sqxtnb, sqshrnb),
    EXTRACT("001", sqxtnt, sqshrnt),
    EXTRACT("010", uqxtnb, uqshrnb),
    EXTRACT("011", uqxtnt, uqshrnt),
    EXTRACT("100", sqxtunb, sqshrunb),
    EXTRACT("101", sqxtunt, sqshrunt),
    /* clang-format on */
};

const struct insn_table insn_sve2_long = {"sve2_long", rows, ARRAY_SIZE(rows)};
