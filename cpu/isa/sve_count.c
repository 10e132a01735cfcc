/* SVE counts of elements and sizes of registers: DDI 0487, C4.1, "SVE encodings". VL is part of the
 * mode, so that they are constants of a block. */
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

/* i is the multiplier less 1. */
static uint64_t count(const struct tr *tr, const struct fields *f)
{
    return (uint64_t)sve_pattern(tr, f->j, f->z) * (f->i + 1);
}

static bool tr_cnt(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr))
        tr_imm(tr, UOP_movi, Xd(f->d), 0, count(tr, f));
    return true;
}

/* INCB, DECB and so on: h tells them apart. */
static bool tr_inc(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr))
        tr_imm(tr, f->h ? UOP_sub64i : UOP_add64i, Xd(f->d), X(f->d), count(tr, f));
    return true;
}

/* i is signed, and counts what is `bytes` long. */
static bool add_sizes(struct tr *tr, const struct fields *f, unsigned bytes)
{
    int64_t offset = bits_sext(f->i, 6) * bytes;

    if (tr_sve_enabled(tr))
        tr_imm(tr, offset < 0 ? UOP_sub64i : UOP_add64i, XSP(f->d), XSP(f->n),
               (uint64_t)(offset < 0 ? -offset : offset));
    return true;
}

static bool tr_addvl(struct tr *tr, const struct fields *f)
{
    return add_sizes(tr, f, sve_bytes(tr));
}

static bool tr_addpl(struct tr *tr, const struct fields *f)
{
    return add_sizes(tr, f, sve_bytes(tr) / 8);
}

static bool tr_rdvl(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr))
        tr_imm(tr, UOP_movi, Xd(f->d), 0, (uint64_t)(bits_sext(f->i, 6) * sve_bytes(tr)));
    return true;
}

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("00000100 zz10iiii 111000jj jjjddddd", cnt_r_s, FEAT_SVE, tr_cnt)
    INSN("00000100 zz11iiii 11100hjj jjjddddd", inc_r_rs, FEAT_SVE, tr_inc)
    INSN("00000100 001nnnnn 01010iii iiiddddd", addvl_r_ri, FEAT_SVE, tr_addvl)
    INSN("00000100 011nnnnn 01010iii iiiddddd", addpl_r_ri, FEAT_SVE, tr_addpl)
    INSN("00000100 10111111 01010iii iiiddddd", rdvl_r_i, FEAT_SVE, tr_rdvl)
    /* clang-format on */
};

const struct insn_table insn_sve_count = {"sve_count", rows, ARRAY_SIZE(rows)};
