/* Advanced SIMD copy, modified immediate, permute, extract and table lookup: DDI 0487, C4.1.96. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

/* --- Copy; i is imm5: the lowest bit set tells the element size, the bits above it are the index
 * --- */

/* log2 of the size in bytes; false: reserved */
static bool copy_size(uint32_t imm5, unsigned *size)
{
    *size = imm5 == 0 ? 4 : (unsigned)__builtin_ctz(imm5);
    return *size <= 3;
}

static bool tr_dup_elem(struct tr *tr, const struct fields *f)
{
    unsigned size;

    if (!copy_size(f->i, &size) || (size == 3 && !f->q))
        return false;
    return simd_emit(tr, simd_op(UOP_vdup_elem8, size), f->d, f->n, 0, simd_bytes(f),
                     f->i >> (size + 1), 0);
}

static bool tr_dup_elem_scalar(struct tr *tr, const struct fields *f)
{
    unsigned size;

    if (!copy_size(f->i, &size))
        return false;
    return simd_emit(tr, simd_op(UOP_vdup_elem8, size), f->d, f->n, 0, 1u << size,
                     f->i >> (size + 1), 0);
}

static bool tr_dup_gen(struct tr *tr, const struct fields *f)
{
    unsigned size;

    if (!copy_size(f->i, &size) || (size == 3 && !f->q))
        return false;
    return simd_emit(tr, simd_op(UOP_vdup_gen8, size), f->d, X(f->n), 0, simd_bytes(f), 0, 0);
}

static bool tr_ins_gen(struct tr *tr, const struct fields *f)
{
    unsigned size;

    if (!copy_size(f->i, &size))
        return false;
    return simd_emit(tr, simd_op(UOP_vins_gen8, size), f->d, X(f->n), 0, 0, f->i >> (size + 1), 0);
}

/* j is imm4: the source's index */
static bool tr_ins_elem(struct tr *tr, const struct fields *f)
{
    unsigned size;

    if (!copy_size(f->i, &size))
        return false;
    return simd_emit(tr, simd_op(UOP_vins_elem8, size), f->d, f->n, 0, f->i >> (size + 1),
                     f->j >> size, 0);
}

static bool tr_umov(struct tr *tr, const struct fields *f)
{
    unsigned size;

    if (!copy_size(f->i, &size) || (size == 3) != (f->q == 1))
        return false;
    return simd_emit(tr, simd_op(UOP_vumov8, size), Xd(f->d), f->n, 0, 0, f->i >> (size + 1), 0);
}

static bool tr_smov(struct tr *tr, const struct fields *f)
{
    static const enum uop_op ops[2][3] = {
        {UOP_vsmov8_32, UOP_vsmov16_32, UOP_vsmov32_64},
        {UOP_vsmov8_64, UOP_vsmov16_64, UOP_vsmov32_64},
    };
    unsigned size;

    if (!copy_size(f->i, &size) || size > (f->q ? 2 : 1))
        return false;
    return simd_emit(tr, ops[f->q][size], Xd(f->d), f->n, 0, 0, f->i >> (size + 1), 0);
}

/* --- Modified immediate; i is abcdefgh, j the amount of shift in cmode. AdvSIMDExpandImm(): J1.3
 * --- */

static uint64_t words(uint64_t value)
{
    return value * 0x0000000100000001u;
}

static uint64_t halves(uint64_t value)
{
    return value * 0x0001000100010001u;
}

/* 32-bit and 16-bit elements, shifted by bytes; 32-bit ones, shifting ones in */

static uint64_t shifted_words(const struct fields *f)
{
    return words((uint64_t)f->i << 8 * f->j);
}

static uint64_t shifted_halves(const struct fields *f)
{
    return halves((uint64_t)f->i << 8 * f->j);
}

static uint64_t ones_shifted_words(const struct fields *f)
{
    return words(f->j ? (uint64_t)f->i << 16 | 0xffff : (uint64_t)f->i << 8 | 0xff);
}

static uint64_t bytes(const struct fields *f)
{
    return f->i * 0x0101010101010101u;
}

/* Each bit of the immediate makes a byte of ones or zeros. */
static uint64_t byte_mask(const struct fields *f)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < 8; i++)
        if (f->i >> i & 1)
            mask |= 0xffull << 8 * i;
    return mask;
}

static uint64_t singles(const struct fields *f)
{
    return words(simd_expand_imm32(f->i));
}

static uint64_t floating_halves(const struct fields *f)
{
    return halves(simd_expand_imm16(f->i));
}

static uint64_t doubles(const struct fields *f)
{
    return simd_expand_imm64(f->i);
}

#define IMMEDIATE(name, op, value)                                                                 \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return simd_emit(tr, op, f->d, 0, 0, simd_bytes(f), 0, value);                             \
    }
IMMEDIATE(movi_sl, UOP_vmovi, shifted_words(f))
IMMEDIATE(mvni_sl, UOP_vmovi, ~shifted_words(f))
IMMEDIATE(orr_sl, UOP_vorri64, shifted_words(f))
IMMEDIATE(bic_sl, UOP_vbici64, shifted_words(f))
IMMEDIATE(movi_hl, UOP_vmovi, shifted_halves(f))
IMMEDIATE(mvni_hl, UOP_vmovi, ~shifted_halves(f))
IMMEDIATE(orr_hl, UOP_vorri64, shifted_halves(f))
IMMEDIATE(bic_hl, UOP_vbici64, shifted_halves(f))
IMMEDIATE(movi_sm, UOP_vmovi, ones_shifted_words(f))
IMMEDIATE(mvni_sm, UOP_vmovi, ~ones_shifted_words(f))
IMMEDIATE(movi_b, UOP_vmovi, bytes(f))
IMMEDIATE(movi_d, UOP_vmovi, byte_mask(f))
IMMEDIATE(fmov_s, UOP_vmovi, singles(f))
IMMEDIATE(fmov_h, UOP_vmovi, floating_halves(f))

/* Q is 1 */
static bool tr_fmov_d(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vmovi, f->d, 0, 0, 16, 0, doubles(f));
}

/* --- Permute --- */

#define PERMUTE(opcode, ID, name)                                                                  \
    INSN_ARGS("0q001110 zz0mmmmm " opcode "nn nnnddddd", ID##_asimdperm_only, FEAT_AdvSIMD,        \
              simd_vector, .op = UOP_v##name##8, .max = 3)

/* i is imm4 */
static bool tr_ext(struct tr *tr, const struct fields *f)
{
    if (!f->q && f->i > 7)
        return false;
    return simd_emit(tr, UOP_vext, f->d, f->n, f->m, simd_bytes(f), f->i, 0);
}

/* l is len */
static bool tr_tbl(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vtbl, f->d, f->n, f->m, simd_bytes(f), f->l + 1, 0);
}

static bool tr_tbx(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vtbx, f->d, f->n, f->m, simd_bytes(f), f->l + 1, 0);
}

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("0q001110 000iiiii 000001nn nnnddddd", DUP_asimdins_DV_v, FEAT_AdvSIMD, tr_dup_elem),
    INSN("0q001110 000iiiii 000011nn nnnddddd", DUP_asimdins_DR_r, FEAT_AdvSIMD, tr_dup_gen),
    INSN("0q001110 000iiiii 001011nn nnnddddd", SMOV_asimdins, FEAT_AdvSIMD, tr_smov),
    INSN("0q001110 000iiiii 001111nn nnnddddd", UMOV_asimdins, FEAT_AdvSIMD, tr_umov),
    INSN("01001110 000iiiii 000111nn nnnddddd", INS_asimdins_IR_r, FEAT_AdvSIMD, tr_ins_gen),
    INSN("01101110 000iiiii 0jjjj1nn nnnddddd", INS_asimdins_IV_v, FEAT_AdvSIMD, tr_ins_elem),
    INSN("01011110 000iiiii 000001nn nnnddddd", DUP_asisdone_only, FEAT_AdvSIMD, tr_dup_elem_scalar),

    INSN("0q001111 00000iii 0jj001ii iiiddddd", MOVI_asimdimm_L_sl, FEAT_AdvSIMD, tr_movi_sl),
    INSN("0q001111 00000iii 0jj101ii iiiddddd", ORR_asimdimm_L_sl, FEAT_AdvSIMD, tr_orr_sl),
    INSN("0q001111 00000iii 10j001ii iiiddddd", MOVI_asimdimm_L_hl, FEAT_AdvSIMD, tr_movi_hl),
    INSN("0q001111 00000iii 10j101ii iiiddddd", ORR_asimdimm_L_hl, FEAT_AdvSIMD, tr_orr_hl),
    INSN("0q001111 00000iii 110j01ii iiiddddd", MOVI_asimdimm_M_sm, FEAT_AdvSIMD, tr_movi_sm),
    INSN("0q001111 00000iii 111001ii iiiddddd", MOVI_asimdimm_N_b, FEAT_AdvSIMD, tr_movi_b),
    INSN("0q001111 00000iii 111101ii iiiddddd", FMOV_asimdimm_S_s, FEAT_AdvSIMD, tr_fmov_s),
    INSN("0q001111 00000iii 111111ii iiiddddd", FMOV_asimdimm_H_h, FEAT_FP16, tr_fmov_h),
    INSN("0q101111 00000iii 0jj001ii iiiddddd", MVNI_asimdimm_L_sl, FEAT_AdvSIMD, tr_mvni_sl),
    INSN("0q101111 00000iii 0jj101ii iiiddddd", BIC_asimdimm_L_sl, FEAT_AdvSIMD, tr_bic_sl),
    INSN("0q101111 00000iii 10j001ii iiiddddd", MVNI_asimdimm_L_hl, FEAT_AdvSIMD, tr_mvni_hl),
    INSN("0q101111 00000iii 10j101ii iiiddddd", BIC_asimdimm_L_hl, FEAT_AdvSIMD, tr_bic_hl),
    INSN("0q101111 00000iii 110j01ii iiiddddd", MVNI_asimdimm_M_sm, FEAT_AdvSIMD, tr_mvni_sm),
    INSN("0q101111 00000iii 111001ii iiiddddd", MOVI_asimdimm_D, FEAT_AdvSIMD, tr_movi_d),
    INSN("01101111 00000iii 111101ii iiiddddd", FMOV_asimdimm_D2_d, FEAT_AdvSIMD, tr_fmov_d),

    PERMUTE("000110", UZP1, uzp1),
    PERMUTE("001010", TRN1, trn1),
    PERMUTE("001110", ZIP1, zip1),
    PERMUTE("010110", UZP2, uzp2),
    PERMUTE("011010", TRN2, trn2),
    PERMUTE("011110", ZIP2, zip2),

    INSN("0q101110 000mmmmm 0iiii0nn nnnddddd", EXT_asimdext_only, FEAT_AdvSIMD, tr_ext),

    INSN("0q001110 000mmmmm 0ll000nn nnnddddd", TBL_asimdtbl, FEAT_AdvSIMD, tr_tbl),
    INSN("0q001110 000mmmmm 0ll100nn nnnddddd", TBX_asimdtbl, FEAT_AdvSIMD, tr_tbx),
    /* clang-format on */
};

const struct insn_table insn_simd_move = {"simd_move", rows, ARRAY_SIZE(rows)};
