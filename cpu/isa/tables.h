/* The tables of pattern rows, one for each encoding class; a file in cpu/isa/ defines each. */
#ifndef ULNA_CPU_ISA_TABLES_H
#define ULNA_CPU_ISA_TABLES_H

#include "cpu/decode.h"

extern const struct insn_table insn_dp_imm, insn_dp_reg, insn_branch, insn_system, insn_flags;
extern const struct insn_table insn_pauth, insn_mte;
extern const struct insn_table insn_ldst, insn_ldst_pair, insn_ldst_excl, insn_atomics, insn_mops;
extern const struct insn_table insn_fp_scalar, insn_simd_same, insn_simd_misc, insn_simd_elem;
extern const struct insn_table insn_simd_move, insn_simd_shift, insn_simd_crypto, insn_simd_ldst;
extern const struct insn_table insn_sve_int, insn_sve_pred, insn_sve_count, insn_sve_fp;
extern const struct insn_table insn_sve_mem, insn_sve_perm;
extern const struct insn_table insn_sve2_int, insn_sve2_long;

#endif
