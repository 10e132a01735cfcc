/* All encoding classes, in the order of the manual's top-level table (DDI 0487, C4.1). */
#include "cpu/isa/tables.h"

const struct insn_table *const insn_tables[] = {
    /* clang-format off */
    &insn_dp_imm,
    &insn_branch,
    &insn_system,
    &insn_pauth,
    &insn_ldst,
    &insn_ldst_pair,
    &insn_ldst_excl,
    &insn_atomics,
    &insn_mops,
    &insn_mte,
    &insn_dp_reg,
    &insn_flags,
    &insn_fp_scalar,
    &insn_simd_same,
    &insn_simd_misc,
    &insn_simd_elem,
    &insn_simd_move,
    &insn_simd_shift,
    &insn_simd_crypto,
    &insn_simd_ldst,
    &insn_sve_int,
    &insn_sve2_int,
    &insn_sve2_long,
    &insn_sve_pred,
    &insn_sve_count,
    &insn_sve_perm,
    &insn_sve_fp,
    &insn_sve_mem,
    NULL,
    /* clang-format on */
};
