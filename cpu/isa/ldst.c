/* Loads and stores of one register: DDI 0487, C4.1.94: literal, unscaled, immediate indexed and
 * unsigned offset, register offset, unprivileged, and prefetch. */
#include "cpu/isa/ldst.h"

#include "cpu/isa/tables.h"

bool ldst_alignment_fault(struct cpu *cpu, const struct uop *uop, uint64_t va, bool write)
{
    cpu->mmu.fault = (struct mmu_fault){.address = va, .status = FAULT_ALIGNMENT, .write = write};
    return cpu_data_abort(cpu, uop);
}

/* --- What is accessed --- */

enum what { STR, LDR, LDRS64, LDRS32, STRV, LDRV, STRQ, LDRQ };

static const struct kind {
    bool load, vector;
    struct {
        uint16_t imm, reg;
    } op[5]; /* by log2 of the size */
} kinds[] = {
    [STR] = {false,
             false,
             {{UOP_st8, UOP_st8x},
              {UOP_st16, UOP_st16x},
              {UOP_st32, UOP_st32x},
              {UOP_st64, UOP_st64x}}},
    [LDR] = {true,
             false,
             {{UOP_ld8, UOP_ld8x},
              {UOP_ld16, UOP_ld16x},
              {UOP_ld32, UOP_ld32x},
              {UOP_ld64, UOP_ld64x}}},
    [LDRS64] = {true,
                false,
                {{UOP_ld8s64, UOP_ld8s64x},
                 {UOP_ld16s64, UOP_ld16s64x},
                 {UOP_ld32s64, UOP_ld32s64x}}},
    [LDRS32] = {true, false, {{UOP_ld8s32, UOP_ld8s32x}, {UOP_ld16s32, UOP_ld16s32x}}},
    [STRV] = {false,
              true,
              {{UOP_stv8, UOP_stv8x},
               {UOP_stv16, UOP_stv16x},
               {UOP_stv32, UOP_stv32x},
               {UOP_stv64, UOP_stv64x}}},
    [LDRV] = {true,
              true,
              {{UOP_ldv8, UOP_ldv8x},
               {UOP_ldv16, UOP_ldv16x},
               {UOP_ldv32, UOP_ldv32x},
               {UOP_ldv64, UOP_ldv64x}}},
    [STRQ] = {false, true, {[4] = {UOP_stv128, UOP_stv128x}}},
    [LDRQ] = {true, true, {[4] = {UOP_ldv128, UOP_ldv128x}}},
};

/* z is the size; the rows of Q registers have 0 there. False: this size is not of this kind. */
static bool access_size(const struct fields *f, enum what what, unsigned *size)
{
    *size = what == STRQ || what == LDRQ ? 4 : f->z;
    return !((what == LDRS64 && *size > 2) || (what == LDRS32 && *size > 1));
}

static uint8_t target(const struct fields *f, const struct kind *kind)
{
    if (kind->vector)
        return (uint8_t)f->d;
    return kind->load ? Xd(f->d) : X(f->d);
}

/* --- Immediate offsets --- */

enum form { POS, UNSCALED, POST, PRE };

static bool ldst_imm(struct tr *tr, const struct fields *f, enum what what, enum form form)
{
    const struct kind *kind = &kinds[what];
    bool writeback = form == POST || form == PRE;
    uint8_t d = target(f, kind);
    uint64_t offset, access;
    unsigned size;

    if (!access_size(f, what, &size))
        return false;
    if (kind->vector && !tr_fp_enabled(tr))
        return true;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, writeback || f->n != 31);
    offset = form == POS ? (uint64_t)f->i << size : (uint64_t)bits_sext(f->i, 9);
    access = form == POST ? 0 : offset;
    /* UNPREDICTABLE: a load whose target is the base register written back: the base keeps the new
     * address. */
    if (writeback && kind->load && !kind->vector && f->n == f->d && f->n != 31)
        d = SLOT_SINK;
    tr_imm(tr, kind->op[size].imm, d, XSP(f->n), access);
    if (writeback)
        tr_imm(tr, UOP_add64i, XSP(f->n), XSP(f->n), offset);
    return true;
}

/* --- Register offset: o is the option, h says to scale --- */

static bool ldst_reg(struct tr *tr, const struct fields *f, enum what what)
{
    const struct kind *kind = &kinds[what];
    uint8_t index = X(f->m), shift;
    unsigned size;

    if (!(f->o & 2) || !access_size(f, what, &size))
        return false;
    if (kind->vector && !tr_fp_enabled(tr))
        return true;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, true);
    shift = f->h ? (uint8_t)size : 0;
    if (!(f->o & 1)) { /* UXTW, SXTW */
        tr_emit(tr, f->o & 4 ? UOP_sbfiz64 : UOP_ubfiz, SLOT_T0, index, 0, shift, 32, 0);
        index = SLOT_T0;
        shift = 0;
    }
    tr_emit(tr, kind->op[size].reg, target(f, kind), XSP(f->n), index, shift, 0, 0);
    return true;
}

/* --- Unprivileged: with the rights of EL0, at EL1 unless PSTATE.UAO says otherwise --- */

static bool ldst_unprivileged(struct tr *tr, const struct fields *f, enum what what)
{
    uint64_t offset = (uint64_t)bits_sext(f->i, 9);
    unsigned size;

    if ((tr->mode & MODE_EL_MASK) == 0 || (tr->mode & MODE_UAO))
        return ldst_imm(tr, f, what, UNSCALED);
    if (!access_size(f, what, &size))
        return false;
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, f->n != 31);
    tr_imm(tr, (what == STR ? UOP_stu8 : UOP_ldu8) + size, target(f, &kinds[what]), XSP(f->n),
           offset);
    if (what == LDRS64 || what == LDRS32)
        tr_emit(tr, what == LDRS64 ? UOP_sbfx64 : UOP_sbfx32, Xd(f->d), Xd(f->d), 0, 0,
                (uint8_t)(8 << size), 0);
    return true;
}

/* --- Literal --- */

static bool ldst_literal(struct tr *tr, const struct fields *f, enum uop_op op, bool vector)
{
    if (vector && !tr_fp_enabled(tr))
        return true;
    tr_pc_relative(tr, SLOT_T0, bits_sext(f->i, 19) * 4);
    tr_imm(tr, op, vector ? (uint8_t)f->d : Xd(f->d), SLOT_T0, 0);
    return true;
}

#define LITERAL(name, op, vector)                                                                  \
    static bool tr_##name##_lit(struct tr *tr, const struct fields *f)                             \
    {                                                                                              \
        return ldst_literal(tr, f, op, vector);                                                    \
    }
LITERAL(ldr32, UOP_ld32, false)
LITERAL(ldr64, UOP_ld64, false)
LITERAL(ldrsw, UOP_ld32s64, false)
LITERAL(ldrs, UOP_ldv32, true)
LITERAL(ldrd, UOP_ldv64, true)
LITERAL(ldrq, UOP_ldv128, true)

/* --- Prefetch: a hint without effect on a machine whose memory has no latency --- */

static bool tr_prfm(struct tr *tr, const struct fields *f)
{
    (void)tr;
    (void)f;
    return true;
}

static bool tr_prfm_reg(struct tr *tr, const struct fields *f)
{
    (void)tr;
    return f->o & 2;
}

/* --- Rows --- */

#define FORM(what, name, FORM_ID)                                                                  \
    static bool tr_##what##_##name(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return ldst_imm(tr, f, what, FORM_ID);                                                     \
    }
#define FORMS(what)                                                                                \
    FORM(what, pos, POS)                                                                           \
    FORM(what, unscaled, UNSCALED)                                                                 \
    FORM(what, immpost, POST)                                                                      \
    FORM(what, immpre, PRE)                                                                        \
    static bool tr_##what##_regoff(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return ldst_reg(tr, f, what);                                                              \
    }
FORMS(STR)
FORMS(LDR)
FORMS(LDRS64)
FORMS(LDRS32)
FORMS(STRV)
FORMS(LDRV)
FORMS(STRQ)
FORMS(LDRQ)

#define UNPRIVILEGED(what)                                                                         \
    static bool tr_##what##_unpriv(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return ldst_unprivileged(tr, f, what);                                                     \
    }
UNPRIVILEGED(STR)
UNPRIVILEGED(LDR)
UNPRIVILEGED(LDRS64)
UNPRIVILEGED(LDRS32)

/* The eight kinds of one addressing form: `mode` is bits 25..24, `rest` bits 21..0. */
#define ROWS(form, mode, rest)                                                                     \
    INSN("zz1110" mode "00" rest, STR_ldst_##form, FEAT_NONE, tr_STR_##form),                      \
        INSN("zz1110" mode "01" rest, LDR_ldst_##form, FEAT_NONE, tr_LDR_##form),                  \
        INSN("zz1110" mode "10" rest, LDRS_64_ldst_##form, FEAT_NONE, tr_LDRS64_##form),           \
        INSN("0z1110" mode "11" rest, LDRS_32_ldst_##form, FEAT_NONE, tr_LDRS32_##form),           \
        INSN("zz1111" mode "00" rest, STR_V_ldst_##form, FEAT_FP, tr_STRV_##form),                 \
        INSN("zz1111" mode "01" rest, LDR_V_ldst_##form, FEAT_FP, tr_LDRV_##form),                 \
        INSN("001111" mode "10" rest, STR_Q_ldst_##form, FEAT_FP, tr_STRQ_##form),                 \
        INSN("001111" mode "11" rest, LDR_Q_ldst_##form, FEAT_FP, tr_LDRQ_##form)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("00011000 iiiiiiii iiiiiiii iiiddddd", LDR_32_loadlit, FEAT_NONE, tr_ldr32_lit),
    INSN("01011000 iiiiiiii iiiiiiii iiiddddd", LDR_64_loadlit, FEAT_NONE, tr_ldr64_lit),
    INSN("10011000 iiiiiiii iiiiiiii iiiddddd", LDRSW_64_loadlit, FEAT_NONE, tr_ldrsw_lit),
    INSN("11011000 iiiiiiii iiiiiiii iiiddddd", PRFM_P_loadlit, FEAT_NONE, tr_prfm),
    INSN("00011100 iiiiiiii iiiiiiii iiiddddd", LDR_S_loadlit, FEAT_FP, tr_ldrs_lit),
    INSN("01011100 iiiiiiii iiiiiiii iiiddddd", LDR_D_loadlit, FEAT_FP, tr_ldrd_lit),
    INSN("10011100 iiiiiiii iiiiiiii iiiddddd", LDR_Q_loadlit, FEAT_FP, tr_ldrq_lit),

    ROWS(pos, "01", "iiiiii iiiiiinn nnnddddd"),
    ROWS(unscaled, "00", "0iiiii iiii00nn nnnddddd"),
    ROWS(immpost, "00", "0iiiii iiii01nn nnnddddd"),
    ROWS(immpre, "00", "0iiiii iiii11nn nnnddddd"),
    ROWS(regoff, "00", "1mmmmm oooh10nn nnnddddd"),

    INSN("11111001 10iiiiii iiiiiinn nnnddddd", PRFM_P_ldst_pos, FEAT_NONE, tr_prfm),
    INSN("11111000 100iiiii iiii00nn nnnddddd", PRFUM_P_ldst_unscaled, FEAT_NONE, tr_prfm),
    INSN("11111000 101mmmmm oooh10nn nnnddddd", PRFM_P_ldst_regoff, FEAT_NONE, tr_prfm_reg),

    INSN("zz111000 000iiiii iiii10nn nnnddddd", STTR_ldst_unpriv, FEAT_NONE, tr_STR_unpriv),
    INSN("zz111000 010iiiii iiii10nn nnnddddd", LDTR_ldst_unpriv, FEAT_NONE, tr_LDR_unpriv),
    INSN("zz111000 100iiiii iiii10nn nnnddddd", LDTRS_64_ldst_unpriv, FEAT_NONE, tr_LDRS64_unpriv),
    INSN("0z111000 110iiiii iiii10nn nnnddddd", LDTRS_32_ldst_unpriv, FEAT_NONE, tr_LDRS32_unpriv),
    /* clang-format on */
};

const struct insn_table insn_ldst = {"ldst", rows, ARRAY_SIZE(rows)};
