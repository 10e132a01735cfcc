/* Branches: DDI 0487, C4.1.93. Exception generation and system instructions are in system.c. */
#include "cpu/isa/tables.h"

/* BranchTo() with offset i (signed, words) */
static bool branch(struct tr *tr, enum uop_op op, uint8_t a, uint8_t x, uint32_t i, unsigned width)
{
    tr_count_branch(tr, PMU_BRANCH_IMMEDIATE);
    tr_branch(tr, op, a, x, bits_sext(i, width) * 4);
    return true;
}

static bool tr_b(struct tr *tr, const struct fields *f)
{
    return branch(tr, UOP_jump, 0, 0, f->i, 26);
}

static bool tr_bl(struct tr *tr, const struct fields *f)
{
    tr_pc_relative(tr, 30, 4);
    return branch(tr, UOP_jump, 0, BRANCH_CALL, f->i, 26);
}

/* BC.cond hints that it goes the same way each time; there is no predictor to tell. */
static bool tr_b_cond(struct tr *tr, const struct fields *f)
{
    if (f->c >= 14) /* AL, NV */
        return branch(tr, UOP_jump, 0, 0, f->i, 19);
    return branch(tr, UOP_bcond, 0, (uint8_t)f->c, f->i, 19);
}

static bool tr_cbz(struct tr *tr, const struct fields *f)
{
    return branch(tr, f->f ? UOP_cbz64 : UOP_cbz32, X(f->d), 0, f->i, 19);
}

static bool tr_cbnz(struct tr *tr, const struct fields *f)
{
    return branch(tr, f->f ? UOP_cbnz64 : UOP_cbnz32, X(f->d), 0, f->i, 19);
}

/* j is b5:b40, the bit to test */

static bool tr_tbz(struct tr *tr, const struct fields *f)
{
    return branch(tr, UOP_tbz, X(f->d), (uint8_t)f->j, f->i, 14);
}

static bool tr_tbnz(struct tr *tr, const struct fields *f)
{
    return branch(tr, UOP_tbnz, X(f->d), (uint8_t)f->j, f->i, 14);
}

static bool tr_br(struct tr *tr, const struct fields *f)
{
    tr_branch_register(tr, X(f->n), BRANCH_JUMP, f->n);
    return true;
}

static bool tr_blr(struct tr *tr, const struct fields *f)
{
    uint8_t target = X(f->n);

    if (f->n == 30) {
        target = SLOT_T0;
        tr_reg(tr, UOP_mov64, target, X(f->n), 0);
    }
    tr_pc_relative(tr, 30, 4);
    tr_branch_register(tr, target, BRANCH_CALL, f->n);
    return true;
}

static bool tr_ret(struct tr *tr, const struct fields *f)
{
    tr_branch_register(tr, X(f->n), BRANCH_RETURN, f->n);
    return true;
}

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("000101ii iiiiiiii iiiiiiii iiiiiiii", B_only_branch_imm, FEAT_NONE, tr_b),
    INSN("100101ii iiiiiiii iiiiiiii iiiiiiii", BL_only_branch_imm, FEAT_NONE, tr_bl),
    INSN("01010100 iiiiiiii iiiiiiii iii0cccc", B_only_condbranch, FEAT_NONE, tr_b_cond),
    INSN("01010100 iiiiiiii iiiiiiii iii1cccc", BC_only_condbranch, FEAT_HBC, tr_b_cond),
    INSN("f0110100 iiiiiiii iiiiiiii iiiddddd", CBZ_compbranch, FEAT_NONE, tr_cbz),
    INSN("f0110101 iiiiiiii iiiiiiii iiiddddd", CBNZ_compbranch, FEAT_NONE, tr_cbnz),
    INSN("j0110110 jjjjjiii iiiiiiii iiiddddd", TBZ_only_testbranch, FEAT_NONE, tr_tbz),
    INSN("j0110111 jjjjjiii iiiiiiii iiiddddd", TBNZ_only_testbranch, FEAT_NONE, tr_tbnz),
    INSN("11010110 00011111 000000nn nnn00000", BR_64_branch_reg, FEAT_NONE, tr_br),
    INSN("11010110 00111111 000000nn nnn00000", BLR_64_branch_reg, FEAT_NONE, tr_blr),
    INSN("11010110 01011111 000000nn nnn00000", RET_64R_branch_reg, FEAT_NONE, tr_ret),
    /* clang-format on */
};

const struct insn_table insn_branch = {"branch", rows, ARRAY_SIZE(rows)};
