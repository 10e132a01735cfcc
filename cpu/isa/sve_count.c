/* SVE counts of elements and sizes of registers: DDI 0487, C4.1, "SVE encodings". VL is part of the
 * mode, so that they are constants of a block, but for those of true elements of a predicate. */
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

/* --- A count in T0, of a pattern or of true elements of the predicate p, changes Rdn or Zdn --- */

static void count_true(struct tr *tr, const struct fields *f)
{
    if (!sve_bits_count(tr, SLOT_T0, f->p, f->p, f->z))
        tr_call_pure(tr, sve_cntp, SLOT_T0, (uint8_t)f->p, 0, (uint8_t)f->p, (uint8_t)f->z);
}

static void change_r(struct tr *tr, const struct fields *f)
{
    tr_call_pure(tr, f->row->helpers[2 + f->f], Xd(f->d), X(f->d), SLOT_T0, 0, 0);
}

static bool tr_inc_sat(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr)) {
        tr_imm(tr, UOP_movi, SLOT_T0, 0, count(tr, f));
        change_r(tr, f);
    }
    return true;
}

static bool tr_incp_sat(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr)) {
        count_true(tr, f);
        change_r(tr, f);
    }
    return true;
}

/* row->op: add or subtract */
static bool tr_incp(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr)) {
        count_true(tr, f);
        tr_reg(tr, f->row->op, Xd(f->d), X(f->d), SLOT_T0);
    }
    return true;
}

static bool tr_inc_z(struct tr *tr, const struct fields *f)
{
    uop_helper *helper = f->row->helpers[f->z];

    if (!helper)
        return false;
    if (tr_sve_enabled(tr)) {
        tr_imm(tr, UOP_movi, SLOT_T0, 0, count(tr, f));
        (void)sve_call(tr, helper, f->d, f->d, SLOT_T0, 0, 0);
    }
    return true;
}

static bool tr_incp_z(struct tr *tr, const struct fields *f)
{
    uop_helper *helper = f->row->helpers[f->z];

    if (!helper)
        return false;
    if (tr_sve_enabled(tr)) {
        count_true(tr, f);
        (void)sve_call(tr, helper, f->d, f->d, SLOT_T0, 0, 0);
    }
    return true;
}

#define SATURATING(opcode, p_opcode, id)                                                           \
    INSN_ARGS("00000100 zz1fiiii 1111" opcode "jj jjjddddd", id##_r_rs, FEAT_SVE, tr_inc_sat,      \
              .helpers = sve_##id),                                                                \
        INSN_ARGS("00100101 zz1010" p_opcode " 10001f0p pppddddd", id##p_r_p_r, FEAT_SVE,          \
                  tr_incp_sat, .helpers = sve_##id)
#define VECTOR(s, opcode, p_opcode, id)                                                            \
    INSN_ARGS("00000100 zz1" s "iiii 1100" opcode "jj jjjddddd", id##_z_zs, FEAT_SVE, tr_inc_z,    \
              .helpers = sve_##id##_z),                                                            \
        INSN_ARGS("00100101 zz101" p_opcode " 1000000p pppddddd", id##p_z_p_z, FEAT_SVE,           \
                  tr_incp_z, .helpers = sve_##id##_z)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("00000100 zz10iiii 111000jj jjjddddd", cnt_r_s, FEAT_SVE, tr_cnt),
    INSN("00000100 zz11iiii 11100hjj jjjddddd", inc_r_rs, FEAT_SVE, tr_inc),
    INSN_ARGS("00100101 zz101100 1000100p pppddddd", incp_r_p_r, FEAT_SVE, tr_incp, .op = UOP_add64),
    INSN_ARGS("00100101 zz101101 1000100p pppddddd", decp_r_p_r, FEAT_SVE, tr_incp, .op = UOP_sub64),
    SATURATING("00", "00", sqinc),
    SATURATING("01", "01", uqinc),
    SATURATING("10", "10", sqdec),
    SATURATING("11", "11", uqdec),
    VECTOR("1", "00", "100", inc),
    VECTOR("1", "01", "101", dec),
    VECTOR("0", "00", "000", sqinc),
    VECTOR("0", "01", "001", uqinc),
    VECTOR("0", "10", "010", sqdec),
    VECTOR("0", "11", "011", uqdec),
    INSN("00000100 001nnnnn 01010iii iiiddddd", addvl_r_ri, FEAT_SVE, tr_addvl),
    INSN("00000100 011nnnnn 01010iii iiiddddd", addpl_r_ri, FEAT_SVE, tr_addpl),
    INSN("00000100 10111111 01010iii iiiddddd", rdvl_r_i, FEAT_SVE, tr_rdvl),
    /* clang-format on */
};

const struct insn_table insn_sve_count = {"sve_count", rows, ARRAY_SIZE(rows)};
