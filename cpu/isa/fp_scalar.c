/* Scalar floating-point: DDI 0487, C4.1.96 (data processing of one, two and three sources,
 * comparison, selection, immediate, conversion to and from integer and fixed-point). e is ftype<0>:
 * 0 single, 1 double. Halves (ftype 3) have rows of their own, since they need FEAT_FP16; what a
 * vector micro-op does to one lane has no scalar one. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

/* The row has the micro-op of singles, that of doubles stands behind it; or that of halves alone.
 */
static enum uop_op op_of(const struct fields *f)
{
    return simd_op(f->row->op, f->e);
}

/* --- Moves --- */

static bool tr_fmov_imm(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_imm(tr, UOP_fmovi, V(f->d), 0, f->e ? simd_expand_imm64(f->i) : simd_expand_imm32(f->i));
    return true;
}

static bool tr_fmov_imm_half(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_imm(tr, UOP_fmovi, V(f->d), 0, simd_expand_imm16(f->i));
    return true;
}

#define MOVE(name, op, to, from)                                                                   \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        if (tr_fp_enabled(tr))                                                                     \
            tr_reg(tr, op, to(f->d), from(f->n), 0);                                               \
        return true;                                                                               \
    }
MOVE(fmov_vw, UOP_fmov_vw, V, X)
MOVE(fmov_vx, UOP_fmov_vx, V, X)
MOVE(fmov_vhx, UOP_fmov_vhx, V, X)
MOVE(fmov_wv, UOP_fmov_wv, Xd, V)
MOVE(fmov_xv, UOP_fmov_xv, Xd, V)
MOVE(fmov_xvh, UOP_fmov_xvh, Xd, V)
MOVE(fmov_half_to, UOP_vumov16, Xd, V) /* lane 0 */

static bool tr_fmov_half_from(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vdup_gen16, f->d, X(f->n), 0, 2, 0, 0);
}

/* --- Arithmetic --- */

static bool tr_arithmetic(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_reg(tr, op_of(f), V(f->d), V(f->n), V(f->m));
    return true;
}

static bool tr_fused(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, op_of(f), V(f->d), V(f->n), V(f->m), 0, V(f->a), 0);
    return true;
}

/* FNMUL: the product, negated whatever it is. */
static bool tr_fnmul_half(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vfmul16, f->d, f->n, f->m, 2, 0, 0) &&
           simd_emit(tr, UOP_vfneg16, f->d, f->d, 0, 2, 0, 0);
}

/* row->imm: the rounding */
static bool tr_round(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, op_of(f), V(f->d), V(f->n), 0, (uint8_t)f->row->imm, 0, 0);
    return true;
}

/* --- Comparison and selection --- */

static bool tr_compare(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_reg(tr, op_of(f), 0, V(f->n), V(f->m));
    return true;
}

static bool tr_ccompare(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, op_of(f), 0, V(f->n), V(f->m), (uint8_t)f->c, (uint8_t)f->v, 0);
    return true;
}

static bool tr_fcsel(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, op_of(f), V(f->d), V(f->n), V(f->m), (uint8_t)f->c, 0, 0);
    return true;
}

/* Singles are selected, and cut. */
static bool tr_fcsel_half(struct tr *tr, const struct fields *f)
{
    if (!tr_fp_enabled(tr))
        return true;
    tr_emit(tr, UOP_fcsel32, V(f->d), V(f->n), V(f->m), (uint8_t)f->c, 0, 0);
    return simd_emit(tr, UOP_vmov, f->d, f->d, 0, 2, 0, 0);
}

/* --- Conversion --- */

MOVE(fcvt_16_32, UOP_fcvt16_32, V, V)
MOVE(fcvt_16_64, UOP_fcvt16_64, V, V)
MOVE(fcvt_32_16, UOP_fcvt32_16, V, V)
MOVE(fcvt_32_64, UOP_fcvt32_64, V, V)
MOVE(fcvt_64_16, UOP_fcvt64_16, V, V)
MOVE(fcvt_64_32, UOP_fcvt64_32, V, V)

/* Between a number and a general register: the row has the micro-op of W and singles, behind which
 * stand those of W and doubles, X and singles, X and doubles; or that of W and halves, before that
 * of X (row->bits is 16). */
static enum uop_op int_op_of(const struct fields *f)
{
    return simd_op(f->row->op, f->row->bits == 16 ? f->f : 2 * f->f + f->e);
}

/* row->imm: the rounding */
static bool to_int(struct tr *tr, const struct fields *f, unsigned fbits)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, int_op_of(f), Xd(f->d), V(f->n), 0, (uint8_t)f->row->imm, (uint8_t)fbits, 0);
    return true;
}

static bool from_int(struct tr *tr, const struct fields *f, unsigned fbits)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, int_op_of(f), V(f->d), X(f->n), 0, (uint8_t)fbits, 0, 0);
    return true;
}

static bool tr_to_int(struct tr *tr, const struct fields *f)
{
    return to_int(tr, f, 0);
}

static bool tr_from_int(struct tr *tr, const struct fields *f)
{
    return from_int(tr, f, 0);
}

/* Fixed-point: j is scale, fraction bits are 64 - scale. */

static bool scale_undefined(const struct fields *f)
{
    return !f->f && f->j < 32;
}

static bool tr_to_fixed(struct tr *tr, const struct fields *f)
{
    return !scale_undefined(f) && to_int(tr, f, 64 - f->j);
}

static bool tr_from_fixed(struct tr *tr, const struct fields *f)
{
    return !scale_undefined(f) && from_int(tr, f, 64 - f->j);
}

static bool tr_fjcvtzs(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_reg(tr, UOP_fjcvtzs, Xd(f->d), V(f->n), 0);
    return true;
}

/* --- Rows: of singles and doubles, and of halves; `rest` is the pattern from bit 20 on. --- */

#define SD(rest, id, translate, op_, keeps_)                                                       \
    INSN_ARGS("00011110 0e1" rest, id, FEAT_FP, translate, .op = UOP_##op_##32,                    \
              .keeps = KEEPS_##keeps_)
#define H(rest, id, translate, op_, keeps_)                                                        \
    INSN_ARGS("00011110 111" rest, id, FEAT_FP16, translate, .op = UOP_##op_, .bits = 16,          \
              .keeps = KEEPS_##keeps_)

/* (opcode, ID, name), (opcode, ID, rounding) */
#define ONE(opcode, ID, name)                                                                      \
    SD(opcode "10000nn nnnddddd", ID##_floatdp1, tr_arithmetic, name, D),                          \
        H(opcode "10000nn nnnddddd", ID##_H_floatdp1, simd_scalar_half, v##name##16, D)
#define ROUND(opcode, ID, rounding)                                                                \
    INSN_ARGS("00011110 0e1" opcode "10000nn nnnddddd", ID##_floatdp1, FEAT_FP, tr_round,          \
              .op = UOP_frint32, .keeps = KEEPS_D, .imm = rounding),                               \
        INSN_ARGS("00011110 111" opcode "10000nn nnnddddd", ID##_H_floatdp1, FEAT_FP16,            \
                  simd_scalar_half, .op = UOP_vfrint16, .bits = 16, .keeps = KEEPS_D,              \
                  .imm = rounding)
/* FEAT_FRINTTS: (opcode, ID, bits of the integer as w or x, rounding); z is ftype<0> */
#define ROUND_N(opcode, ID, integer, rounding)                                                     \
    INSN_ARGS("00011110 0z1" opcode "10000nn nnnddddd", ID##_floatdp1, FEAT_FRINTTS,               \
              simd_scalar_fp, .op = UOP_vfrint_##integer##32, .keeps = KEEPS_D, .imm = rounding)
/* (opcode, ID, name) */
#define TWO(opcode, ID, name)                                                                      \
    SD("mmmmm " opcode "10nn nnnddddd", ID##_floatdp2, tr_arithmetic, name, N),                    \
        H("mmmmm " opcode "10nn nnnddddd", ID##_H_floatdp2, simd_scalar_half, v##name##16, N)
/* (o1, o0, ID, name) */
#define THREE(o1, o0, ID, name)                                                                    \
    INSN_ARGS("00011111 0e" o1 "mmmmm " o0 "aaaaann nnnddddd", ID##_floatdp3, FEAT_FP, tr_fused,   \
              .op = UOP_##name##32, .keeps = KEEPS_A),                                             \
        INSN_ARGS("00011111 11" o1 "mmmmm " o0 "aaaaann nnnddddd", ID##_H_floatdp3, FEAT_FP16,     \
                  tr_fused, .op = UOP_##name##16, .bits = 16, .keeps = KEEPS_A)
/* (rest, ID, form, translator, name) */
#define COMPARE(rest, ID, form, translate, name)                                                   \
    SD(rest, ID##_##form, translate, name, NONE), H(rest, ID##_H_##form, translate, name##16, NONE)
/* (bits 20..16, tail, ID, form, translator, name, register kept, rounding) */
#define INTEGER(opcode, tail, ID, form, translate, name, keeps_, rounding)                         \
    INSN_ARGS("f0011110 0e" opcode tail "nn nnnddddd", ID##_##form, FEAT_FP, translate,            \
              .op = UOP_##name##_w32, .keeps = KEEPS_##keeps_, .imm = rounding),                   \
        INSN_ARGS("f0011110 11" opcode tail "nn nnnddddd", ID##_H_##form, FEAT_FP16, translate,    \
                  .op = UOP_##name##_w16, .bits = 16, .keeps = KEEPS_##keeps_, .imm = rounding)
#define TO_INT(opcode, ID, name, rounding)                                                         \
    INTEGER("1" opcode, " 000000", ID, float2int, tr_to_int, name, NONE, FPRounding_##rounding)

/* (pattern, how the ID ends, translator, bits of the result) */
#define CONVERT(pattern, ID, translate, bits_)                                                     \
    INSN_ARGS(pattern, FCVT_##ID##_floatdp1, FEAT_FP, translate, .bits = bits_, .keeps = KEEPS_D)

static const struct insn_row rows[] = {
    /* clang-format off */
    SD("00000 010000nn nnnddddd", FMOV_floatdp1, tr_arithmetic, fmov, NONE),
    H("00000 010000nn nnnddddd", FMOV_H_floatdp1, simd_scalar_half, vmov, NONE),
    ONE("00000 1", FABS, fabs),
    ONE("00001 0", FNEG, fneg),
    ONE("00001 1", FSQRT, fsqrt),
    CONVERT("00011110 01100010 010000nn nnnddddd", SD, tr_fcvt_64_32, 32),
    CONVERT("00011110 11100010 010000nn nnnddddd", SH, tr_fcvt_16_32, 32),
    CONVERT("00011110 00100010 110000nn nnnddddd", DS, tr_fcvt_32_64, 64),
    CONVERT("00011110 11100010 110000nn nnnddddd", DH, tr_fcvt_16_64, 64),
    CONVERT("00011110 00100011 110000nn nnnddddd", HS, tr_fcvt_32_16, 16),
    CONVERT("00011110 01100011 110000nn nnnddddd", HD, tr_fcvt_64_16, 16),
    INSN_ARGS("00011110 01100011 010000nn nnnddddd", BFCVT_BS_floatdp1, FEAT_BF16, simd_scalar_half, .op = UOP_vbfcvtn16, .bits = 16, .keeps = KEEPS_D),
    ROUND("00100 0", FRINTN, FPRounding_TIEEVEN),
    ROUND("00100 1", FRINTP, FPRounding_POSINF),
    ROUND("00101 0", FRINTM, FPRounding_NEGINF),
    ROUND("00101 1", FRINTZ, FPRounding_ZERO),
    ROUND("00110 0", FRINTA, FPRounding_TIEAWAY),
    SD("00111 010000nn nnnddddd", FRINTX_floatdp1, tr_arithmetic, frintx, D),
    INSN_ARGS("00011110 11100111 010000nn nnnddddd", FRINTX_H_floatdp1, FEAT_FP16, simd_scalar_half, .op = UOP_vfrint16, .bits = 16, .keeps = KEEPS_D, .imm = ROUNDING_FPCR | VEC_EXACT),
    ROUND("00111 1", FRINTI, ROUNDING_FPCR),

    ROUND_N("01000 0", FRINT32Z, w, FPRounding_ZERO),
    ROUND_N("01000 1", FRINT32X, w, ROUNDING_FPCR),
    ROUND_N("01001 0", FRINT64Z, x, FPRounding_ZERO),
    ROUND_N("01001 1", FRINT64X, x, ROUNDING_FPCR),

    TWO("0000", FMUL, fmul),
    TWO("0001", FDIV, fdiv),
    TWO("0010", FADD, fadd),
    TWO("0011", FSUB, fsub),
    TWO("0100", FMAX, fmax),
    TWO("0101", FMIN, fmin),
    TWO("0110", FMAXNM, fmaxnm),
    TWO("0111", FMINNM, fminnm),
    SD("mmmmm 100010nn nnnddddd", FNMUL_floatdp2, tr_arithmetic, fnmul, N),
    INSN_ARGS("00011110 111mmmmm 100010nn nnnddddd", FNMUL_H_floatdp2, FEAT_FP16, tr_fnmul_half, .bits = 16, .keeps = KEEPS_N),

    THREE("0", "0", FMADD, fmadd),
    THREE("0", "1", FMSUB, fmsub),
    THREE("1", "0", FNMADD, fnmadd),
    THREE("1", "1", FNMSUB, fnmsub),

    COMPARE("mmmmm 001000nn nnn00000", FCMP, floatcmp, tr_compare, fcmp),
    COMPARE("xxxxx 001000nn nnn01000", FCMP_Z, floatcmp, tr_compare, fcmpz),
    COMPARE("mmmmm 001000nn nnn10000", FCMPE, floatcmp, tr_compare, fcmpe),
    COMPARE("xxxxx 001000nn nnn11000", FCMPE_Z, floatcmp, tr_compare, fcmpez),
    COMPARE("mmmmm cccc01nn nnn0vvvv", FCCMP, floatccmp, tr_ccompare, fccmp),
    COMPARE("mmmmm cccc01nn nnn1vvvv", FCCMPE, floatccmp, tr_ccompare, fccmpe),
    SD("mmmmm cccc11nn nnnddddd", FCSEL_floatsel, tr_fcsel, fcsel, NONE),
    INSN("00011110 111mmmmm cccc11nn nnnddddd", FCSEL_H_floatsel, FEAT_FP16, tr_fcsel_half),
    INSN("00011110 0e1iiiii iii10000 000ddddd", FMOV_floatimm, FEAT_FP, tr_fmov_imm),
    INSN("00011110 111iiiii iii10000 000ddddd", FMOV_H_floatimm, FEAT_FP16, tr_fmov_imm_half),

    TO_INT("00000", FCVTNS, fcvts, TIEEVEN),
    TO_INT("00001", FCVTNU, fcvtu, TIEEVEN),
    TO_INT("01000", FCVTPS, fcvts, POSINF),
    TO_INT("01001", FCVTPU, fcvtu, POSINF),
    TO_INT("10000", FCVTMS, fcvts, NEGINF),
    TO_INT("10001", FCVTMU, fcvtu, NEGINF),
    TO_INT("11000", FCVTZS, fcvts, ZERO),
    TO_INT("11001", FCVTZU, fcvtu, ZERO),
    TO_INT("00100", FCVTAS, fcvts, TIEAWAY),
    TO_INT("00101", FCVTAU, fcvtu, TIEAWAY),
    INTEGER("100010", " 000000", SCVTF, float2int, tr_from_int, scvtf, D, 0),
    INTEGER("100011", " 000000", UCVTF, float2int, tr_from_int, ucvtf, D, 0),
    INSN("00011110 00100110 000000nn nnnddddd", FMOV_32S_float2int, FEAT_FP, tr_fmov_wv),
    INSN("00011110 00100111 000000nn nnnddddd", FMOV_S32_float2int, FEAT_FP, tr_fmov_vw),
    INSN("10011110 01100110 000000nn nnnddddd", FMOV_64D_float2int, FEAT_FP, tr_fmov_xv),
    INSN("10011110 01100111 000000nn nnnddddd", FMOV_D64_float2int, FEAT_FP, tr_fmov_vx),
    INSN("10011110 10101110 000000nn nnnddddd", FMOV_64VX_float2int, FEAT_FP, tr_fmov_xvh),
    INSN("10011110 10101111 000000nn nnnddddd", FMOV_V64I_float2int, FEAT_FP, tr_fmov_vhx),
    INSN("00011110 01111110 000000nn nnnddddd", FJCVTZS_float2int, FEAT_JSCVT, tr_fjcvtzs),
    INSN("f0011110 11100110 000000nn nnnddddd", FMOV_32H_float2int, FEAT_FP16, tr_fmov_half_to),
    INSN("f0011110 11100111 000000nn nnnddddd", FMOV_H32_float2int, FEAT_FP16, tr_fmov_half_from),

    INTEGER("000010", " jjjjjj", SCVTF, float2fix, tr_from_fixed, scvtf, D, 0),
    INTEGER("000011", " jjjjjj", UCVTF, float2fix, tr_from_fixed, ucvtf, D, 0),
    INTEGER("011000", " jjjjjj", FCVTZS, float2fix, tr_to_fixed, fcvts, NONE, FPRounding_ZERO),
    INTEGER("011001", " jjjjjj", FCVTZU, float2fix, tr_to_fixed, fcvtu, NONE, FPRounding_ZERO),
    /* clang-format on */
};

const struct insn_table insn_fp_scalar = {"fp_scalar", rows, ARRAY_SIZE(rows)};
