/* Data processing, immediate: DDI 0487, C4.1.92. */
#include "cpu/isa/tables.h"

/* PC-relative addressing; i is immlo, j immhi. */

static int64_t pc_offset(const struct fields *f)
{
    return bits_sext((uint64_t)f->j << 2 | f->i, 21);
}

static bool tr_adr(struct tr *tr, const struct fields *f)
{
    tr_pc_relative(tr, Xd(f->d), pc_offset(f));
    return true;
}

static bool tr_adrp(struct tr *tr, const struct fields *f)
{
    tr_pc_page(tr, Xd(f->d), (int64_t)((uint64_t)pc_offset(f) << 12));
    return true;
}

/* Add and subtract; h shifts the immediate left by 12. */

static bool add_sub(struct tr *tr, const struct fields *f, enum uop_op op64, enum uop_op op32,
                    uint8_t d)
{
    tr_imm(tr, f->f ? op64 : op32, d, XSP(f->n), (uint64_t)f->i << (f->h ? 12 : 0));
    return true;
}

static bool tr_add_imm(struct tr *tr, const struct fields *f)
{
    if (f->i == 0) { /* also MOV to and from SP */
        tr_reg(tr, f->f ? UOP_mov64 : UOP_mov32, XSP(f->d), XSP(f->n), 0);
        return true;
    }
    return add_sub(tr, f, UOP_add64i, UOP_add32i, XSP(f->d));
}

static bool tr_adds_imm(struct tr *tr, const struct fields *f)
{
    return add_sub(tr, f, UOP_adds64i, UOP_adds32i, Xd(f->d));
}

static bool tr_sub_imm(struct tr *tr, const struct fields *f)
{
    return add_sub(tr, f, UOP_sub64i, UOP_sub32i, XSP(f->d));
}

static bool tr_subs_imm(struct tr *tr, const struct fields *f)
{
    return add_sub(tr, f, UOP_subs64i, UOP_subs32i, Xd(f->d));
}

/* Logical; k is N, i immr, j imms. */

static bool logical(struct tr *tr, const struct fields *f, enum uop_op op64, enum uop_op op32,
                    uint8_t d)
{
    uint64_t mask;

    if (!tr_bit_masks(f, &mask))
        return false;
    tr_imm(tr, f->f ? op64 : op32, d, X(f->n), mask);
    return true;
}

static bool tr_and_imm(struct tr *tr, const struct fields *f)
{
    return logical(tr, f, UOP_and64i, UOP_and32i, XSP(f->d));
}

static bool tr_orr_imm(struct tr *tr, const struct fields *f)
{
    uint64_t mask;

    if (f->n == 31) { /* MOV (bitmask immediate) */
        if (!tr_bit_masks(f, &mask))
            return false;
        tr_imm(tr, UOP_movi, XSP(f->d), 0, mask);
        return true;
    }
    return logical(tr, f, UOP_orr64i, UOP_orr32i, XSP(f->d));
}

static bool tr_eor_imm(struct tr *tr, const struct fields *f)
{
    return logical(tr, f, UOP_eor64i, UOP_eor32i, XSP(f->d));
}

static bool tr_ands_imm(struct tr *tr, const struct fields *f)
{
    return logical(tr, f, UOP_ands64i, UOP_ands32i, Xd(f->d));
}

/* Move wide; h is hw. */

static bool tr_movn(struct tr *tr, const struct fields *f)
{
    uint64_t value = ~((uint64_t)f->i << 16 * f->h);

    if (!f->f && f->h > 1)
        return false;
    tr_imm(tr, UOP_movi, Xd(f->d), 0, f->f ? value : (uint32_t)value);
    return true;
}

static bool tr_movz(struct tr *tr, const struct fields *f)
{
    if (!f->f && f->h > 1)
        return false;
    tr_imm(tr, UOP_movi, Xd(f->d), 0, (uint64_t)f->i << 16 * f->h);
    return true;
}

static bool tr_movk(struct tr *tr, const struct fields *f)
{
    if (!f->f && f->h > 1)
        return false;
    tr_emit(tr, f->f ? UOP_movk : UOP_movk32, Xd(f->d), 0, 0, (uint8_t)(16 * f->h), 0, f->i);
    return true;
}

/* Bit fields; k is N, i immr, j imms. */

static bool bitfield_undefined(const struct fields *f)
{
    return f->k != f->f || (!f->f && (f->i > 31 || f->j > 31));
}

static unsigned bitfield_size(const struct fields *f)
{
    return f->f ? 64 : 32;
}

static void field_op(struct tr *tr, const struct fields *f, enum uop_op op, unsigned lsb,
                     unsigned width)
{
    tr_emit(tr, op, Xd(f->d), X(f->n), 0, (uint8_t)lsb, (uint8_t)width, 0);
}

static bool tr_sbfm(struct tr *tr, const struct fields *f)
{
    unsigned size = bitfield_size(f);

    if (bitfield_undefined(f))
        return false;
    if (f->j < f->i)
        field_op(tr, f, f->f ? UOP_sbfiz64 : UOP_sbfiz32, size - f->i, f->j + 1);
    else if (f->j == size - 1)
        field_op(tr, f, f->f ? UOP_asr64i : UOP_asr32i, f->i, 0);
    else
        field_op(tr, f, f->f ? UOP_sbfx64 : UOP_sbfx32, f->i, f->j - f->i + 1);
    return true;
}

static bool tr_bfm(struct tr *tr, const struct fields *f)
{
    if (bitfield_undefined(f))
        return false;
    if (f->j < f->i)
        field_op(tr, f, f->f ? UOP_bfi64 : UOP_bfi32, bitfield_size(f) - f->i, f->j + 1);
    else
        field_op(tr, f, f->f ? UOP_bfxil64 : UOP_bfxil32, f->i, f->j - f->i + 1);
    return true;
}

static bool tr_ubfm(struct tr *tr, const struct fields *f)
{
    unsigned size = bitfield_size(f);

    if (bitfield_undefined(f))
        return false;
    if (f->j + 1 == f->i)
        field_op(tr, f, f->f ? UOP_lsl64i : UOP_lsl32i, size - f->i, 0);
    else if (f->j < f->i)
        field_op(tr, f, UOP_ubfiz, size - f->i, f->j + 1);
    else if (f->j == size - 1)
        field_op(tr, f, f->f ? UOP_lsr64i : UOP_lsr32i, f->i, 0);
    else
        field_op(tr, f, UOP_ubfx, f->i, f->j - f->i + 1);
    return true;
}

/* Extract; k is N, j imms. */
static bool tr_extr(struct tr *tr, const struct fields *f)
{
    if (f->k != f->f || (!f->f && f->j > 31))
        return false;
    if (f->n == f->m) /* ROR (immediate) */
        tr_emit(tr, f->f ? UOP_ror64i : UOP_ror32i, Xd(f->d), X(f->n), 0, (uint8_t)f->j, 0, 0);
    else
        tr_emit(tr, f->f ? UOP_extr64 : UOP_extr32, Xd(f->d), X(f->n), X(f->m), (uint8_t)f->j, 0,
                0);
    return true;
}

/* i as a signed or unsigned number of 8 bits */
static bool min_max(struct tr *tr, const struct fields *f, enum uop_op op, bool is_signed)
{
    tr_imm(tr, UOP_movi, SLOT_T0, 0, is_signed ? (uint64_t)bits_sext(f->i, 8) : f->i);
    tr_reg(tr, op, Xd(f->d), X(f->n), SLOT_T0);
    return true;
}

#define MIN_MAX(name, is_signed)                                                                   \
    static bool tr_##name##_imm(struct tr *tr, const struct fields *f)                             \
    {                                                                                              \
        return min_max(tr, f, f->f ? UOP_##name##64 : UOP_##name##32, is_signed);                  \
    }
MIN_MAX(smax, true)
MIN_MAX(umax, false)
MIN_MAX(smin, true)
MIN_MAX(umin, false)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("0ii10000 jjjjjjjj jjjjjjjj jjjddddd", ADR_only_pcreladdr, FEAT_NONE, tr_adr),
    INSN("1ii10000 jjjjjjjj jjjjjjjj jjjddddd", ADRP_only_pcreladdr, FEAT_NONE, tr_adrp),

    INSN("f0010001 0hiiiiii iiiiiinn nnnddddd", ADD_addsub_imm, FEAT_NONE, tr_add_imm),
    INSN("f0110001 0hiiiiii iiiiiinn nnnddddd", ADDS_addsub_imm, FEAT_NONE, tr_adds_imm),
    INSN("f1010001 0hiiiiii iiiiiinn nnnddddd", SUB_addsub_imm, FEAT_NONE, tr_sub_imm),
    INSN("f1110001 0hiiiiii iiiiiinn nnnddddd", SUBS_addsub_imm, FEAT_NONE, tr_subs_imm),

    INSN("f0010001 110000ii iiiiiinn nnnddddd", SMAX_minmax_imm, FEAT_CSSC, tr_smax_imm),
    INSN("f0010001 110001ii iiiiiinn nnnddddd", UMAX_minmax_imm, FEAT_CSSC, tr_umax_imm),
    INSN("f0010001 110010ii iiiiiinn nnnddddd", SMIN_minmax_imm, FEAT_CSSC, tr_smin_imm),
    INSN("f0010001 110011ii iiiiiinn nnnddddd", UMIN_minmax_imm, FEAT_CSSC, tr_umin_imm),

    INSN("f0010010 0kiiiiii jjjjjjnn nnnddddd", AND_log_imm, FEAT_NONE, tr_and_imm),
    INSN("f0110010 0kiiiiii jjjjjjnn nnnddddd", ORR_log_imm, FEAT_NONE, tr_orr_imm),
    INSN("f1010010 0kiiiiii jjjjjjnn nnnddddd", EOR_log_imm, FEAT_NONE, tr_eor_imm),
    INSN("f1110010 0kiiiiii jjjjjjnn nnnddddd", ANDS_log_imm, FEAT_NONE, tr_ands_imm),

    INSN("f0010010 1hhiiiii iiiiiiii iiiddddd", MOVN_movewide, FEAT_NONE, tr_movn),
    INSN("f1010010 1hhiiiii iiiiiiii iiiddddd", MOVZ_movewide, FEAT_NONE, tr_movz),
    INSN("f1110010 1hhiiiii iiiiiiii iiiddddd", MOVK_movewide, FEAT_NONE, tr_movk),

    INSN("f0010011 0kiiiiii jjjjjjnn nnnddddd", SBFM_bitfield, FEAT_NONE, tr_sbfm),
    INSN("f0110011 0kiiiiii jjjjjjnn nnnddddd", BFM_bitfield, FEAT_NONE, tr_bfm),
    INSN("f1010011 0kiiiiii jjjjjjnn nnnddddd", UBFM_bitfield, FEAT_NONE, tr_ubfm),

    INSN("f0010011 1k0mmmmm jjjjjjnn nnnddddd", EXTR_extract, FEAT_NONE, tr_extr),
    /* clang-format on */
};

const struct insn_table insn_dp_imm = {"dp_imm", rows, ARRAY_SIZE(rows)};
