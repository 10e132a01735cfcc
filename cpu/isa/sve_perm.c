/* SVE instructions that move and make elements: DDI 0487, C4.1, "SVE encodings". */
#include "cpu/isa/simd.h"
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

static uop_helper *helper_of(const struct fields *f)
{
    return f->row->helpers[f->z];
}

/* --- By place --- */

static bool tr_permute_q(struct tr *tr, const struct fields *f)
{
    if (mode_parts(tr->mode) < 2)
        return !tr_sve_enabled(tr); /* UNDEFINED, unless it is trapped */
    return sve_call(tr, helper_of(f), f->d, f->n, f->m, 0, 0);
}

static bool tr_ext(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_ext, f->d, f->d, f->m, f->i, 0);
}

static bool tr_ext_con(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_ext, f->d, f->n, (f->n + 1) & 31, f->i, 0);
}

/* l, with i above it: the lowest bit set tells the element size, the bits above it are the index */
static bool tr_dup_elem(struct tr *tr, const struct fields *f)
{
    unsigned size = (unsigned)__builtin_ctz(f->l | 32);
    uint32_t index = (f->i << 5 | f->l) >> (size + 1);

    if (size > 4)
        return false;
    return sve_call(tr, size == 4 ? sve_dup_elem_q : sve_dup_elem[size], f->d, f->n, 0, 0, index);
}

/* --- By predicate --- */

static bool tr_sel(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->n, f->m, f->p, 0);
}

static bool tr_movprfx(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, sve_orr[3], f->d, f->n, f->n, 0, 0);
}

static bool tr_movprfx_m(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->n, f->d, f->p, 0);
}

static bool tr_splice_con(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->n, (f->n + 1) & 31, f->p, 0);
}

static bool tr_last_r(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), Xd(f->d), f->n, X(f->d), f->p, 0);
}

static bool tr_last_v(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr)) {
        tr_reg(tr, UOP_fmov_xv, SLOT_T0, V(f->d), 0);
        tr_call_pure(tr, helper_of(f), SLOT_T0, (uint8_t)f->n, SLOT_T0, (uint8_t)f->p, 0);
        tr_reg(tr, UOP_fmov_vx, V(f->d), SLOT_T0, 0);
    }
    return true;
}

static bool tr_last_z(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->n, 0, f->p, 0);
}

/* --- From other registers and immediates --- */

static bool tr_dup_r(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->d, XSP(f->n), 0, 0);
}

static bool tr_cpy_r(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, 0, XSP(f->n), f->p, 0);
}

static bool tr_insr_r(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, 0, X(f->n), 0, 0);
}

/* CPY, INSR */
static bool tr_from_v(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr)) {
        tr_reg(tr, UOP_fmov_xv, SLOT_T0, V(f->n), 0);
        (void)sve_call(tr, helper_of(f), f->d, 0, SLOT_T0, f->p, 0);
    }
    return true;
}

/* CPY, DUP and so on, of a value */
static bool from_imm(struct tr *tr, const struct fields *f, uint64_t value)
{
    if (tr_sve_enabled(tr)) {
        tr_imm(tr, UOP_movi, SLOT_T0, 0, value);
        (void)sve_call(tr, helper_of(f), f->d, f->d, SLOT_T0, f->p, 0);
    }
    return true;
}

/* h: i is shifted by 8 */
static bool tr_imm_int(struct tr *tr, const struct fields *f)
{
    if (f->z == 0 && f->h)
        return false;
    return from_imm(tr, f, (uint64_t)bits_sext(f->i, 8) << (f->h ? 8 : 0));
}

static bool tr_imm_fp(struct tr *tr, const struct fields *f)
{
    if (f->z == 0)
        return false;
    return from_imm(tr, f,
                    f->z == 1   ? simd_expand_imm16(f->i)
                    : f->z == 2 ? simd_expand_imm32(f->i)
                                : simd_expand_imm64(f->i));
}

/* --- INDEX; row->imm: 1 if the base is a register, 2 if the step is, 3: both --- */

static uint8_t index_operand(struct tr *tr, bool is_register, uint32_t field, uint8_t temporary)
{
    if (is_register)
        return X(field);
    tr_imm(tr, UOP_movi, temporary, 0, (uint64_t)bits_sext(field, 5));
    return temporary;
}

static bool tr_index(struct tr *tr, const struct fields *f)
{
    if (tr_sve_enabled(tr)) {
        uint8_t base = index_operand(tr, f->row->imm & 1, f->n, SLOT_T0);
        uint8_t step = index_operand(tr, f->row->imm & 2, f->m, SLOT_T0 + 1);

        tr_call_pure(tr, helper_of(f), (uint8_t)f->d, base, step, 0, 0);
    }
    return true;
}

/* --- ADR: i is the shift --- */

static bool tr_adr(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[2 + f->z], f->d, f->n, f->m, 0, f->i);
}

static bool tr_adr_d(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[3], f->d, f->n, f->m, 0, f->i);
}

#define BY_PLACE(opcode, id, feature, name)                                                        \
    INSN_ARGS("00000101 zz1mmmmm " opcode "nn nnnddddd", id, feature, sve_zzz,                     \
              .helpers = sve_##name)
#define BY_PLACE_Q(opcode, id)                                                                     \
    INSN_ARGS("00000101 101mmmmm 000" opcode "nn nnnddddd", id##_z_zz_q, FEAT_F64MM, tr_permute_q, \
              .helpers = sve_##id##_q)
#define ONE_SOURCE(opcode, id, translate, name)                                                    \
    INSN_ARGS("00000101 zz1" opcode " 001110nn nnnddddd", id, FEAT_SVE, translate,                 \
              .helpers = sve_##name)
#define PREDICATED(opcode, o2, id, feature, translate, name)                                       \
    INSN_ARGS("00000101 zz1" opcode " 10" o2 "pppnn nnnddddd", id, feature, translate,             \
              .helpers = sve_##name)
#define IMMEDIATE(pattern, id, translate, name)                                                    \
    INSN_ARGS(pattern "iiiii iiiddddd", id, FEAT_SVE, translate, .helpers = sve_##name)
#define INDEX(opcode, id, registers)                                                               \
    INSN_ARGS("00000100 zz1mmmmm 0100" opcode "nn nnnddddd", id, FEAT_SVE, tr_index,               \
              .helpers = sve_index, .imm = registers)

static const struct insn_row rows[] = {
    /* clang-format off */
    BY_PLACE("011000", zip1_z_zz, FEAT_SVE, zip1),
    BY_PLACE("011001", zip2_z_zz, FEAT_SVE, zip2),
    BY_PLACE("011010", uzp1_z_zz, FEAT_SVE, uzp1),
    BY_PLACE("011011", uzp2_z_zz, FEAT_SVE, uzp2),
    BY_PLACE("011100", trn1_z_zz, FEAT_SVE, trn1),
    BY_PLACE("011101", trn2_z_zz, FEAT_SVE, trn2),
    BY_PLACE("001100", tbl_z_zz_1, FEAT_SVE, tbl),
    BY_PLACE("001010", tbl_z_zz_2, FEAT_SVE2, tbl2),
    BY_PLACE("001011", tbx_z_zz, FEAT_SVE2, tbx),
    BY_PLACE_Q("000", zip1),
    BY_PLACE_Q("001", zip2),
    BY_PLACE_Q("010", uzp1),
    BY_PLACE_Q("011", uzp2),
    BY_PLACE_Q("110", trn1),
    BY_PLACE_Q("111", trn2),
    INSN("00000101 001iiiii 000iiimm mmmddddd", ext_z_zi_des, FEAT_SVE, tr_ext),
    INSN("00000101 011iiiii 000iiinn nnnddddd", ext_z_zi_con, FEAT_SVE2, tr_ext_con),
    INSN("00000101 ii1lllll 001000nn nnnddddd", dup_z_zi, FEAT_SVE, tr_dup_elem),
    ONE_SOURCE("11000", rev_z_z, sve_zzz, rev),
    ONE_SOURCE("10000", sunpklo_z_z, sve_zzz, sunpklo),
    ONE_SOURCE("10001", sunpkhi_z_z, sve_zzz, sunpkhi),
    ONE_SOURCE("10010", uunpklo_z_z, sve_zzz, uunpklo),
    ONE_SOURCE("10011", uunpkhi_z_z, sve_zzz, uunpkhi),

    INSN_ARGS("00000101 zz1mmmmm 11ppppnn nnnddddd", sel_z_p_zz, FEAT_SVE, tr_sel, .helpers = sve_sel),
    INSN("00000100 00100000 101111nn nnnddddd", movprfx_z_z, FEAT_SVE, tr_movprfx),
    INSN_ARGS("00000100 zz010000 001pppnn nnnddddd", movprfx_z_p_z_z, FEAT_SVE, sve_zpz, .helpers = sve_movprfx),
    INSN_ARGS("00000100 zz010001 001pppnn nnnddddd", movprfx_z_p_z_m, FEAT_SVE, tr_movprfx_m, .helpers = sve_sel),
    PREDICATED("00001", "0", compact_z_p_z, FEAT_SVE, sve_zpz, compact),
    INSN_ARGS("00000101 zz101100 100pppmm mmmddddd", splice_z_p_zz_des, FEAT_SVE, sve_zpzz, .helpers = sve_splice),
    PREDICATED("01101", "0", splice_z_p_zz_con, FEAT_SVE2, tr_splice_con, splice),
    PREDICATED("01000", "0", clasta_z_p_zz, FEAT_SVE, tr_last_z, clasta_z),
    PREDICATED("01001", "0", clastb_z_p_zz, FEAT_SVE, tr_last_z, clastb_z),
    PREDICATED("01010", "0", clasta_v_p_z, FEAT_SVE, tr_last_v, clasta),
    PREDICATED("01011", "0", clastb_v_p_z, FEAT_SVE, tr_last_v, clastb),
    PREDICATED("10000", "1", clasta_r_p_z, FEAT_SVE, tr_last_r, clasta),
    PREDICATED("10001", "1", clastb_r_p_z, FEAT_SVE, tr_last_r, clastb),
    PREDICATED("00010", "0", lasta_v_p_z, FEAT_SVE, tr_last_v, lasta),
    PREDICATED("00011", "0", lastb_v_p_z, FEAT_SVE, tr_last_v, lastb),
    PREDICATED("00000", "1", lasta_r_p_z, FEAT_SVE, tr_last_r, lasta),
    PREDICATED("00001", "1", lastb_r_p_z, FEAT_SVE, tr_last_r, lastb),

    ONE_SOURCE("00000", dup_z_r, tr_dup_r, dup),
    ONE_SOURCE("00100", insr_z_r, tr_insr_r, insr),
    ONE_SOURCE("10100", insr_z_v, tr_from_v, insr),
    PREDICATED("01000", "1", cpy_z_p_r, FEAT_SVE, tr_cpy_r, cpy_m),
    PREDICATED("00000", "0", cpy_z_p_v, FEAT_SVE, tr_from_v, cpy_m),
    IMMEDIATE("00000101 zz01pppp 00h", cpy_z_o_i, tr_imm_int, cpy_z),
    IMMEDIATE("00000101 zz01pppp 01h", cpy_z_p_i, tr_imm_int, cpy_m),
    IMMEDIATE("00000101 zz01pppp 110", fcpy_z_p_i, tr_imm_fp, cpy_m),
    IMMEDIATE("00100101 zz111000 11h", dup_z_i, tr_imm_int, dup),
    IMMEDIATE("00100101 zz111001 110", fdup_z_i, tr_imm_fp, dup),
    INDEX("00", index_z_ii, 0),
    INDEX("01", index_z_ri, 1),
    INDEX("10", index_z_ir, 2),
    INDEX("11", index_z_rr, 3),
    INSN_ARGS("00000100 1z1mmmmm 1010iinn nnnddddd", adr_z_az_sd_same_scaled, FEAT_SVE, tr_adr, .helpers = sve_adr),
    INSN_ARGS("00000100 001mmmmm 1010iinn nnnddddd", adr_z_az_d_s32_scaled, FEAT_SVE, tr_adr_d, .helpers = sve_adr_sxtw),
    INSN_ARGS("00000100 011mmmmm 1010iinn nnnddddd", adr_z_az_d_u32_scaled, FEAT_SVE, tr_adr_d, .helpers = sve_adr_uxtw),
    /* clang-format on */
};

const struct insn_table insn_sve_perm = {"sve_perm", rows, ARRAY_SIZE(rows)};
