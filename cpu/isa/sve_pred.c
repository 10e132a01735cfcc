/* SVE predicates: DDI 0487, C4.1, "SVE encodings". */
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

static bool initialise(struct tr *tr, const struct fields *f, uop_helper *helper)
{
    unsigned count = sve_pattern(tr, f->j, f->z);

    return sve_call(tr, helper, f->d, count & 255, count >> 8, f->z, 0);
}

static bool tr_ptrue(struct tr *tr, const struct fields *f)
{
    return initialise(tr, f, sve_ptrue);
}

static bool tr_ptrues(struct tr *tr, const struct fields *f)
{
    return initialise(tr, f, sve_ptrues);
}

static bool tr_pfalse(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_ptrue, f->d, 0, 0, 0, 0);
}

/* row->imm: enum sve_while but for the width */
static bool tr_while(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_while, f->d, X(f->n), X(f->m), f->z,
                    f->row->imm | (f->f ? SVE_WHILE_X : 0));
}

#define WHILE(u, lt, eq, id, feature, kind)                                                        \
    INSN_ARGS("00100101 zz1mmmmm 000f" u lt "nn nnn" eq "dddd", id##_p_p_rr, feature, tr_while,    \
              .imm = kind)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("00100101 zz011000 111000jj jjj0dddd", ptrue_p_s, FEAT_SVE, tr_ptrue)
    INSN("00100101 zz011001 111000jj jjj0dddd", ptrues_p_s, FEAT_SVE, tr_ptrues)
    INSN("00100101 00011000 11100100 0000dddd", pfalse_p, FEAT_SVE, tr_pfalse)
    WHILE("0", "1", "0", whilelt, FEAT_SVE, SVE_WHILE_LT)
    WHILE("0", "1", "1", whilele, FEAT_SVE, SVE_WHILE_LT | SVE_WHILE_EQ)
    WHILE("1", "1", "0", whilelo, FEAT_SVE, SVE_WHILE_LT | SVE_WHILE_U)
    WHILE("1", "1", "1", whilels, FEAT_SVE, SVE_WHILE_LT | SVE_WHILE_U | SVE_WHILE_EQ)
    WHILE("0", "0", "0", whilege, FEAT_SVE2, 0)
    WHILE("0", "0", "1", whilegt, FEAT_SVE2, SVE_WHILE_EQ)
    WHILE("1", "0", "0", whilehs, FEAT_SVE2, SVE_WHILE_U)
    WHILE("1", "0", "1", whilehi, FEAT_SVE2, SVE_WHILE_U | SVE_WHILE_EQ)
    /* clang-format on */
};

const struct insn_table insn_sve_pred = {"sve_pred", rows, ARRAY_SIZE(rows)};
