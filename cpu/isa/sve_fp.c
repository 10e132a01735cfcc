/* SVE floating point: DDI 0487, C4.1, "SVE encodings". */
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

/* --- Predicated, merging: Zdn and Zm --- */

#define MERGING(opcode, id, name)                                                                  \
    INSN_ARGS("01100101 zz00" opcode " 100pppmm mmmddddd", id##_z_p_zz, FEAT_SVE, sve_zpzz,        \
              .helpers = sve_##name)
#define SWAPPED(opcode, id, name)                                                                  \
    INSN_ARGS("01100101 zz00" opcode " 100pppmm mmmddddd", id##_z_p_zz, FEAT_SVE,                  \
              sve_zpzz_swapped, .helpers = sve_##name)

static const struct insn_row rows[] = {
    /* clang-format off */
    MERGING("0000", fadd, fadd_m)
    MERGING("0001", fsub, fsub_m)
    MERGING("0010", fmul, fmul_m)
    SWAPPED("0011", fsubr, fsub_m)
    MERGING("0100", fmaxnm, fmaxnm_m)
    MERGING("0101", fminnm, fminnm_m)
    MERGING("0110", fmax, fmax_m)
    MERGING("0111", fmin, fmin_m)
    MERGING("1000", fabd, fabd_m)
    MERGING("1010", fmulx, fmulx_m)
    SWAPPED("1100", fdivr, fdiv_m)
    MERGING("1101", fdiv, fdiv_m)
    /* clang-format on */
};

const struct insn_table insn_sve_fp = {"sve_fp", rows, ARRAY_SIZE(rows)};
