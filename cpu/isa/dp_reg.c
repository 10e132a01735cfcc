/* Data processing, register: DDI 0487, C4.1.95. */
#include "cpu/isa/tables.h"

enum shift_type { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };

/* ShiftReg() into T0, for what the `l` micro-ops do not shift themselves. */
static uint8_t shift_reg(struct tr *tr, const struct fields *f)
{
    static const enum uop_op ops[4][2] = {
        [SHIFT_LSL] = {UOP_lsl32i, UOP_lsl64i},
        [SHIFT_LSR] = {UOP_lsr32i, UOP_lsr64i},
        [SHIFT_ASR] = {UOP_asr32i, UOP_asr64i},
        [SHIFT_ROR] = {UOP_ror32i, UOP_ror64i},
    };

    tr_emit(tr, ops[f->h][f->f], SLOT_T0, X(f->m), 0, (uint8_t)f->j, 0, 0);
    return SLOT_T0;
}

/* d = n op (m shifted by j); h is the shift type. */
static bool shifted(struct tr *tr, const struct fields *f, enum uop_op op, enum uop_op op_lsl)
{
    if (!f->f && f->j > 31)
        return false;
    if (f->j == 0)
        tr_reg(tr, op, Xd(f->d), X(f->n), X(f->m));
    else if (f->h == SHIFT_LSL)
        tr_emit(tr, op_lsl, Xd(f->d), X(f->n), X(f->m), (uint8_t)f->j, 0, 0);
    else
        tr_reg(tr, op, Xd(f->d), X(f->n), shift_reg(tr, f));
    return true;
}

#define SHIFTED(name)                                                                              \
    static bool tr_##name##_shift(struct tr *tr, const struct fields *f)                           \
    {                                                                                              \
        return shifted(tr, f, f->f ? UOP_##name##64 : UOP_##name##32,                              \
                       f->f ? UOP_##name##64l : UOP_##name##32l);                                  \
    }
SHIFTED(and)
SHIFTED(bic)
SHIFTED(orn)
SHIFTED(eor)
SHIFTED(eon)
SHIFTED(ands)
SHIFTED(bics)

static bool tr_orr_shift(struct tr *tr, const struct fields *f)
{
    if (f->n == 31 && f->j == 0) { /* MOV (register) */
        tr_reg(tr, f->f ? UOP_mov64 : UOP_mov32, Xd(f->d), X(f->m), 0);
        return true;
    }
    return shifted(tr, f, f->f ? UOP_orr64 : UOP_orr32, f->f ? UOP_orr64l : UOP_orr32l);
}

/* Add and subtract of a shifted register have no ROR. */
#define ADDSUB_SHIFTED(name)                                                                       \
    SHIFTED(name)                                                                                  \
    static bool tr_##name##_addsub_shift(struct tr *tr, const struct fields *f)                    \
    {                                                                                              \
        return f->h != SHIFT_ROR && tr_##name##_shift(tr, f);                                      \
    }
ADDSUB_SHIFTED(add)
ADDSUB_SHIFTED(adds)
ADDSUB_SHIFTED(sub)
ADDSUB_SHIFTED(subs)

/* ExtendReg(): d = n op (m extended as option o says, then shifted by j). */
static bool extended(struct tr *tr, const struct fields *f, enum uop_op op, enum uop_op op_lsl,
                     uint8_t d)
{
    unsigned width = 8u << (f->o & 3);

    if (f->j > 4)
        return false;
    if (width == 64 || (width == 32 && !f->f)) {
        tr_emit(tr, op_lsl, d, XSP(f->n), X(f->m), (uint8_t)f->j, 0, 0);
        return true;
    }
    tr_emit(tr, f->o & 4 ? UOP_sbfiz64 : UOP_ubfiz, SLOT_T0, X(f->m), 0, (uint8_t)f->j,
            (uint8_t)width, 0);
    tr_reg(tr, op, d, XSP(f->n), SLOT_T0);
    return true;
}

#define EXTENDED(name, destination)                                                                \
    static bool tr_##name##_ext(struct tr *tr, const struct fields *f)                             \
    {                                                                                              \
        return extended(tr, f, f->f ? UOP_##name##64 : UOP_##name##32,                             \
                        f->f ? UOP_##name##64l : UOP_##name##32l, destination(f->d));              \
    }
EXTENDED(add, XSP)
EXTENDED(adds, Xd)
EXTENDED(sub, XSP)
EXTENDED(subs, Xd)

/* d = n op m */
#define BINARY(name)                                                                               \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        tr_reg(tr, f->f ? UOP_##name##64 : UOP_##name##32, Xd(f->d), X(f->n), X(f->m));            \
        return true;                                                                               \
    }
BINARY(adc)
BINARY(adcs)
BINARY(sbc)
BINARY(sbcs)
BINARY(udiv)
BINARY(sdiv)
BINARY(lsl)
BINARY(lsr)
BINARY(asr)
BINARY(ror)
BINARY(smax)
BINARY(smin)
BINARY(umax)
BINARY(umin)

/* Conditional compare: c is the condition, v the flags when it fails; i the immediate. */
#define CONDITIONAL_COMPARE(name)                                                                  \
    static bool tr_##name##_reg(struct tr *tr, const struct fields *f)                             \
    {                                                                                              \
        tr_emit(tr, f->f ? UOP_##name##64 : UOP_##name##32, 0, X(f->n), X(f->m), (uint8_t)f->c,    \
                (uint8_t)f->v, 0);                                                                 \
        return true;                                                                               \
    }                                                                                              \
    static bool tr_##name##_imm(struct tr *tr, const struct fields *f)                             \
    {                                                                                              \
        tr_emit(tr, f->f ? UOP_##name##64i : UOP_##name##32i, 0, X(f->n), 0, (uint8_t)f->c,        \
                (uint8_t)f->v, f->i);                                                              \
        return true;                                                                               \
    }
CONDITIONAL_COMPARE(ccmn)
CONDITIONAL_COMPARE(ccmp)

/* d = c holds ? n : op(m) */
#define CONDITIONAL_SELECT(name)                                                                   \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        tr_emit(tr, f->f ? UOP_##name##64 : UOP_##name##32, Xd(f->d), X(f->n), X(f->m),            \
                (uint8_t)f->c, 0, 0);                                                              \
        return true;                                                                               \
    }
CONDITIONAL_SELECT(csel)
CONDITIONAL_SELECT(csinc)
CONDITIONAL_SELECT(csinv)
CONDITIONAL_SELECT(csneg)

/* d = op(n) */
#define UNARY(name, op64, op32)                                                                    \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        tr_reg(tr, f->f ? UOP_##op64 : UOP_##op32, Xd(f->d), X(f->n), 0);                          \
        return true;                                                                               \
    }
UNARY(rbit, rbit64, rbit32)
UNARY(rev16, rev16x4, rev16x2)
UNARY(rev32, rev32x2, rev32) /* REV of a W register is the same operation */
UNARY(rev64, rev64, rev64)
UNARY(clz, clz64, clz32)
UNARY(cls, cls64, cls32)
UNARY(cnt, cnt64, cnt32)

static bool tr_ctz(struct tr *tr, const struct fields *f)
{
    tr_reg(tr, f->f ? UOP_rbit64 : UOP_rbit32, SLOT_T0, X(f->n), 0);
    tr_reg(tr, f->f ? UOP_clz64 : UOP_clz32, Xd(f->d), SLOT_T0, 0);
    return true;
}

/* The larger one of n and -n; the most negative number is its own negative. */
static bool tr_abs(struct tr *tr, const struct fields *f)
{
    tr_reg(tr, f->f ? UOP_sub64 : UOP_sub32, SLOT_T0, SLOT_ZERO, X(f->n));
    tr_reg(tr, f->f ? UOP_smax64 : UOP_smax32, Xd(f->d), X(f->n), SLOT_T0);
    return true;
}

/* z is the size: the data is 64-bit exactly when the X form is encoded. */
static bool crc(struct tr *tr, const struct fields *f, enum uop_op op)
{
    if ((f->z == 3) != f->f)
        return false;
    tr_emit(tr, op, Xd(f->d), X(f->n), X(f->m), (uint8_t)f->z, 0, 0);
    return true;
}

static bool tr_crc32(struct tr *tr, const struct fields *f)
{
    return crc(tr, f, UOP_crc32);
}

static bool tr_crc32c(struct tr *tr, const struct fields *f)
{
    return crc(tr, f, UOP_crc32c);
}

/* d = a + n * m */
static bool multiply_add(struct tr *tr, const struct fields *f, enum uop_op op)
{
    tr_emit(tr, op, Xd(f->d), X(f->n), X(f->m), 0, X(f->a), 0);
    return true;
}

static bool tr_madd(struct tr *tr, const struct fields *f)
{
    return multiply_add(tr, f, f->f ? UOP_madd64 : UOP_madd32);
}

static bool tr_msub(struct tr *tr, const struct fields *f)
{
    return multiply_add(tr, f, f->f ? UOP_msub64 : UOP_msub32);
}

#define MULTIPLY_LONG(name)                                                                        \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return multiply_add(tr, f, UOP_##name);                                                    \
    }
MULTIPLY_LONG(smaddl)
MULTIPLY_LONG(smsubl)
MULTIPLY_LONG(umaddl)
MULTIPLY_LONG(umsubl)

static bool tr_smulh(struct tr *tr, const struct fields *f)
{
    tr_reg(tr, UOP_smulh, Xd(f->d), X(f->n), X(f->m));
    return true;
}

static bool tr_umulh(struct tr *tr, const struct fields *f)
{
    tr_reg(tr, UOP_umulh, Xd(f->d), X(f->n), X(f->m));
    return true;
}

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("f0001010 hh0mmmmm jjjjjjnn nnnddddd", AND_log_shift, FEAT_NONE, tr_and_shift),
    INSN("f0001010 hh1mmmmm jjjjjjnn nnnddddd", BIC_log_shift, FEAT_NONE, tr_bic_shift),
    INSN("f0101010 hh0mmmmm jjjjjjnn nnnddddd", ORR_log_shift, FEAT_NONE, tr_orr_shift),
    INSN("f0101010 hh1mmmmm jjjjjjnn nnnddddd", ORN_log_shift, FEAT_NONE, tr_orn_shift),
    INSN("f1001010 hh0mmmmm jjjjjjnn nnnddddd", EOR_log_shift, FEAT_NONE, tr_eor_shift),
    INSN("f1001010 hh1mmmmm jjjjjjnn nnnddddd", EON_log_shift, FEAT_NONE, tr_eon_shift),
    INSN("f1101010 hh0mmmmm jjjjjjnn nnnddddd", ANDS_log_shift, FEAT_NONE, tr_ands_shift),
    INSN("f1101010 hh1mmmmm jjjjjjnn nnnddddd", BICS_log_shift, FEAT_NONE, tr_bics_shift),

    INSN("f0001011 hh0mmmmm jjjjjjnn nnnddddd", ADD_addsub_shift, FEAT_NONE, tr_add_addsub_shift),
    INSN("f0101011 hh0mmmmm jjjjjjnn nnnddddd", ADDS_addsub_shift, FEAT_NONE, tr_adds_addsub_shift),
    INSN("f1001011 hh0mmmmm jjjjjjnn nnnddddd", SUB_addsub_shift, FEAT_NONE, tr_sub_addsub_shift),
    INSN("f1101011 hh0mmmmm jjjjjjnn nnnddddd", SUBS_addsub_shift, FEAT_NONE, tr_subs_addsub_shift),

    INSN("f0001011 001mmmmm ooojjjnn nnnddddd", ADD_addsub_ext, FEAT_NONE, tr_add_ext),
    INSN("f0101011 001mmmmm ooojjjnn nnnddddd", ADDS_addsub_ext, FEAT_NONE, tr_adds_ext),
    INSN("f1001011 001mmmmm ooojjjnn nnnddddd", SUB_addsub_ext, FEAT_NONE, tr_sub_ext),
    INSN("f1101011 001mmmmm ooojjjnn nnnddddd", SUBS_addsub_ext, FEAT_NONE, tr_subs_ext),

    INSN("f0011010 000mmmmm 000000nn nnnddddd", ADC_addsub_carry, FEAT_NONE, tr_adc),
    INSN("f0111010 000mmmmm 000000nn nnnddddd", ADCS_addsub_carry, FEAT_NONE, tr_adcs),
    INSN("f1011010 000mmmmm 000000nn nnnddddd", SBC_addsub_carry, FEAT_NONE, tr_sbc),
    INSN("f1111010 000mmmmm 000000nn nnnddddd", SBCS_addsub_carry, FEAT_NONE, tr_sbcs),

    INSN("f0111010 010mmmmm cccc00nn nnn0vvvv", CCMN_condcmp_reg, FEAT_NONE, tr_ccmn_reg),
    INSN("f1111010 010mmmmm cccc00nn nnn0vvvv", CCMP_condcmp_reg, FEAT_NONE, tr_ccmp_reg),
    INSN("f0111010 010iiiii cccc10nn nnn0vvvv", CCMN_condcmp_imm, FEAT_NONE, tr_ccmn_imm),
    INSN("f1111010 010iiiii cccc10nn nnn0vvvv", CCMP_condcmp_imm, FEAT_NONE, tr_ccmp_imm),

    INSN("f0011010 100mmmmm cccc00nn nnnddddd", CSEL_condsel, FEAT_NONE, tr_csel),
    INSN("f0011010 100mmmmm cccc01nn nnnddddd", CSINC_condsel, FEAT_NONE, tr_csinc),
    INSN("f1011010 100mmmmm cccc00nn nnnddddd", CSINV_condsel, FEAT_NONE, tr_csinv),
    INSN("f1011010 100mmmmm cccc01nn nnnddddd", CSNEG_condsel, FEAT_NONE, tr_csneg),

    INSN("f0011010 110mmmmm 000010nn nnnddddd", UDIV_dp_2src, FEAT_NONE, tr_udiv),
    INSN("f0011010 110mmmmm 000011nn nnnddddd", SDIV_dp_2src, FEAT_NONE, tr_sdiv),
    INSN("f0011010 110mmmmm 001000nn nnnddddd", LSLV_dp_2src, FEAT_NONE, tr_lsl),
    INSN("f0011010 110mmmmm 001001nn nnnddddd", LSRV_dp_2src, FEAT_NONE, tr_lsr),
    INSN("f0011010 110mmmmm 001010nn nnnddddd", ASRV_dp_2src, FEAT_NONE, tr_asr),
    INSN("f0011010 110mmmmm 001011nn nnnddddd", RORV_dp_2src, FEAT_NONE, tr_ror),
    INSN("f0011010 110mmmmm 011000nn nnnddddd", SMAX_dp_2src, FEAT_CSSC, tr_smax),
    INSN("f0011010 110mmmmm 011001nn nnnddddd", UMAX_dp_2src, FEAT_CSSC, tr_umax),
    INSN("f0011010 110mmmmm 011010nn nnnddddd", SMIN_dp_2src, FEAT_CSSC, tr_smin),
    INSN("f0011010 110mmmmm 011011nn nnnddddd", UMIN_dp_2src, FEAT_CSSC, tr_umin),
    INSN("f0011010 110mmmmm 0100zznn nnnddddd", CRC32_dp_2src, FEAT_CRC32, tr_crc32),
    INSN("f0011010 110mmmmm 0101zznn nnnddddd", CRC32C_dp_2src, FEAT_CRC32, tr_crc32c),

    INSN("f1011010 11000000 000000nn nnnddddd", RBIT_dp_1src, FEAT_NONE, tr_rbit),
    INSN("f1011010 11000000 000001nn nnnddddd", REV16_dp_1src, FEAT_NONE, tr_rev16),
    INSN("f1011010 11000000 000010nn nnnddddd", REV32_dp_1src, FEAT_NONE, tr_rev32),
    INSN("11011010 11000000 000011nn nnnddddd", REV_64_dp_1src, FEAT_NONE, tr_rev64),
    INSN("f1011010 11000000 000100nn nnnddddd", CLZ_dp_1src, FEAT_NONE, tr_clz),
    INSN("f1011010 11000000 000101nn nnnddddd", CLS_dp_1src, FEAT_NONE, tr_cls),

    INSN("f1011010 11000000 000110nn nnnddddd", CTZ_dp_1src, FEAT_CSSC, tr_ctz),
    INSN("f1011010 11000000 000111nn nnnddddd", CNT_dp_1src, FEAT_CSSC, tr_cnt),
    INSN("f1011010 11000000 001000nn nnnddddd", ABS_dp_1src, FEAT_CSSC, tr_abs),

    INSN("f0011011 000mmmmm 0aaaaann nnnddddd", MADD_dp_3src, FEAT_NONE, tr_madd),
    INSN("f0011011 000mmmmm 1aaaaann nnnddddd", MSUB_dp_3src, FEAT_NONE, tr_msub),
    INSN("10011011 001mmmmm 0aaaaann nnnddddd", SMADDL_dp_3src, FEAT_NONE, tr_smaddl),
    INSN("10011011 001mmmmm 1aaaaann nnnddddd", SMSUBL_dp_3src, FEAT_NONE, tr_smsubl),
    INSN("10011011 010mmmmm 0xxxxxnn nnnddddd", SMULH_dp_3src, FEAT_NONE, tr_smulh),
    INSN("10011011 101mmmmm 0aaaaann nnnddddd", UMADDL_dp_3src, FEAT_NONE, tr_umaddl),
    INSN("10011011 101mmmmm 1aaaaann nnnddddd", UMSUBL_dp_3src, FEAT_NONE, tr_umsubl),
    INSN("10011011 110mmmmm 0xxxxxnn nnnddddd", UMULH_dp_3src, FEAT_NONE, tr_umulh),
    /* clang-format on */
};

const struct insn_table insn_dp_reg = {"dp_reg", rows, ARRAY_SIZE(rows)};
