/* Scalar floating-point: DDI 0487, C4.1.96 (data processing of one, two and three sources,
 * comparison, selection, immediate, conversion to and from integer and fixed-point). e is ftype<0>:
 * 0 single, 1 double. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

/* The micro-ops of one name stand together: single, then double. */
#define BY_FTYPE(f, name) ((f)->e ? UOP_##name##64 : UOP_##name##32)

/* --- Moves --- */

static bool tr_fmov(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_reg(tr, BY_FTYPE(f, fmov), V(f->d), V(f->n), 0);
    return true;
}

static bool tr_fmov_imm(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_imm(tr, UOP_fmovi, V(f->d), 0, f->e ? simd_expand_imm64(f->i) : simd_expand_imm32(f->i));
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

/* --- Arithmetic --- */

#define UNARY(name)                                                                                \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        if (tr_fp_enabled(tr))                                                                     \
            tr_reg(tr, BY_FTYPE(f, name), V(f->d), V(f->n), 0);                                    \
        return true;                                                                               \
    }
UNARY(fabs)
UNARY(fneg)
UNARY(fsqrt)
UNARY(frintx)

#define BINARY(name)                                                                               \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        if (tr_fp_enabled(tr))                                                                     \
            tr_reg(tr, BY_FTYPE(f, name), V(f->d), V(f->n), V(f->m));                              \
        return true;                                                                               \
    }
BINARY(fadd)
BINARY(fsub)
BINARY(fmul)
BINARY(fdiv)
BINARY(fnmul)
BINARY(fmax)
BINARY(fmin)
BINARY(fmaxnm)
BINARY(fminnm)

#define FUSED(name)                                                                                \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        if (tr_fp_enabled(tr))                                                                     \
            tr_emit(tr, BY_FTYPE(f, name), V(f->d), V(f->n), V(f->m), 0, V(f->a), 0);              \
        return true;                                                                               \
    }
FUSED(fmadd)
FUSED(fmsub)
FUSED(fnmadd)
FUSED(fnmsub)

/* --- Comparison and selection --- */

#define COMPARE(name)                                                                              \
    static bool tr_f##name(struct tr *tr, const struct fields *f)                                  \
    {                                                                                              \
        if (tr_fp_enabled(tr))                                                                     \
            tr_reg(tr, BY_FTYPE(f, f##name), 0, V(f->n), V(f->m));                                 \
        return true;                                                                               \
    }                                                                                              \
    static bool tr_f##name##z(struct tr *tr, const struct fields *f)                               \
    {                                                                                              \
        if (tr_fp_enabled(tr))                                                                     \
            tr_reg(tr, BY_FTYPE(f, f##name##z), 0, V(f->n), 0);                                    \
        return true;                                                                               \
    }                                                                                              \
    static bool tr_fc##name(struct tr *tr, const struct fields *f)                                 \
    {                                                                                              \
        if (tr_fp_enabled(tr))                                                                     \
            tr_emit(tr, BY_FTYPE(f, fc##name), 0, V(f->n), V(f->m), (uint8_t)f->c, (uint8_t)f->v,  \
                    0);                                                                            \
        return true;                                                                               \
    }
COMPARE(cmp)
COMPARE(cmpe)

static bool tr_fcsel(struct tr *tr, const struct fields *f)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, BY_FTYPE(f, fcsel), V(f->d), V(f->n), V(f->m), (uint8_t)f->c, 0, 0);
    return true;
}

/* --- Conversion --- */

MOVE(fcvt_16_32, UOP_fcvt16_32, V, V)
MOVE(fcvt_16_64, UOP_fcvt16_64, V, V)
MOVE(fcvt_32_16, UOP_fcvt32_16, V, V)
MOVE(fcvt_32_64, UOP_fcvt32_64, V, V)
MOVE(fcvt_64_16, UOP_fcvt64_16, V, V)
MOVE(fcvt_64_32, UOP_fcvt64_32, V, V)

static bool round_int(struct tr *tr, const struct fields *f, unsigned rounding)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, BY_FTYPE(f, frint), V(f->d), V(f->n), 0, (uint8_t)rounding, 0, 0);
    return true;
}

#define ROUND_INT(name, rounding)                                                                  \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return round_int(tr, f, rounding);                                                         \
    }
ROUND_INT(frintn, FPRounding_TIEEVEN)
ROUND_INT(frintp, FPRounding_POSINF)
ROUND_INT(frintm, FPRounding_NEGINF)
ROUND_INT(frintz, FPRounding_ZERO)
ROUND_INT(frinta, FPRounding_TIEAWAY)
ROUND_INT(frinti, ROUNDING_FPCR)

/* To a general register; by sf, then by ftype. */
static bool to_int(struct tr *tr, const struct fields *f, bool is_unsigned, unsigned rounding,
                   unsigned fbits)
{
    static const enum uop_op ops[2][2][2] = {
        {{UOP_fcvts_w32, UOP_fcvts_w64}, {UOP_fcvts_x32, UOP_fcvts_x64}},
        {{UOP_fcvtu_w32, UOP_fcvtu_w64}, {UOP_fcvtu_x32, UOP_fcvtu_x64}},
    };

    if (tr_fp_enabled(tr))
        tr_emit(tr, ops[is_unsigned][f->f][f->e], Xd(f->d), V(f->n), 0, (uint8_t)rounding,
                (uint8_t)fbits, 0);
    return true;
}

#define TO_INT(name, rounding)                                                                     \
    static bool tr_##name##s(struct tr *tr, const struct fields *f)                                \
    {                                                                                              \
        return to_int(tr, f, false, rounding, 0);                                                  \
    }                                                                                              \
    static bool tr_##name##u(struct tr *tr, const struct fields *f)                                \
    {                                                                                              \
        return to_int(tr, f, true, rounding, 0);                                                   \
    }
TO_INT(fcvtn, FPRounding_TIEEVEN)
TO_INT(fcvtp, FPRounding_POSINF)
TO_INT(fcvtm, FPRounding_NEGINF)
TO_INT(fcvtz, FPRounding_ZERO)
TO_INT(fcvta, FPRounding_TIEAWAY)

static bool from_int(struct tr *tr, const struct fields *f, bool is_unsigned, unsigned fbits)
{
    static const enum uop_op ops[2][2][2] = {
        {{UOP_scvtf_w32, UOP_scvtf_w64}, {UOP_scvtf_x32, UOP_scvtf_x64}},
        {{UOP_ucvtf_w32, UOP_ucvtf_w64}, {UOP_ucvtf_x32, UOP_ucvtf_x64}},
    };

    if (tr_fp_enabled(tr))
        tr_emit(tr, ops[is_unsigned][f->f][f->e], V(f->d), X(f->n), 0, (uint8_t)fbits, 0, 0);
    return true;
}

static bool tr_scvtf(struct tr *tr, const struct fields *f)
{
    return from_int(tr, f, false, 0);
}

static bool tr_ucvtf(struct tr *tr, const struct fields *f)
{
    return from_int(tr, f, true, 0);
}

/* Fixed-point: j is scale, fraction bits are 64 - scale. */

static bool scale_undefined(const struct fields *f)
{
    return !f->f && f->j < 32;
}

static bool tr_scvtf_fix(struct tr *tr, const struct fields *f)
{
    return !scale_undefined(f) && from_int(tr, f, false, 64 - f->j);
}

static bool tr_ucvtf_fix(struct tr *tr, const struct fields *f)
{
    return !scale_undefined(f) && from_int(tr, f, true, 64 - f->j);
}

static bool tr_fcvtzs_fix(struct tr *tr, const struct fields *f)
{
    return !scale_undefined(f) && to_int(tr, f, false, FPRounding_ZERO, 64 - f->j);
}

static bool tr_fcvtzu_fix(struct tr *tr, const struct fields *f)
{
    return !scale_undefined(f) && to_int(tr, f, true, FPRounding_ZERO, 64 - f->j);
}

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("00011110 0e100000 010000nn nnnddddd", FMOV_floatdp1, FEAT_FP, tr_fmov)
    INSN("00011110 0e100000 110000nn nnnddddd", FABS_floatdp1, FEAT_FP, tr_fabs)
    INSN("00011110 0e100001 010000nn nnnddddd", FNEG_floatdp1, FEAT_FP, tr_fneg)
    INSN("00011110 0e100001 110000nn nnnddddd", FSQRT_floatdp1, FEAT_FP, tr_fsqrt)
    INSN("00011110 01100010 010000nn nnnddddd", FCVT_SD_floatdp1, FEAT_FP, tr_fcvt_64_32)
    INSN("00011110 11100010 010000nn nnnddddd", FCVT_SH_floatdp1, FEAT_FP, tr_fcvt_16_32)
    INSN("00011110 00100010 110000nn nnnddddd", FCVT_DS_floatdp1, FEAT_FP, tr_fcvt_32_64)
    INSN("00011110 11100010 110000nn nnnddddd", FCVT_DH_floatdp1, FEAT_FP, tr_fcvt_16_64)
    INSN("00011110 00100011 110000nn nnnddddd", FCVT_HS_floatdp1, FEAT_FP, tr_fcvt_32_16)
    INSN("00011110 01100011 110000nn nnnddddd", FCVT_HD_floatdp1, FEAT_FP, tr_fcvt_64_16)
    INSN("00011110 0e100100 010000nn nnnddddd", FRINTN_floatdp1, FEAT_FP, tr_frintn)
    INSN("00011110 0e100100 110000nn nnnddddd", FRINTP_floatdp1, FEAT_FP, tr_frintp)
    INSN("00011110 0e100101 010000nn nnnddddd", FRINTM_floatdp1, FEAT_FP, tr_frintm)
    INSN("00011110 0e100101 110000nn nnnddddd", FRINTZ_floatdp1, FEAT_FP, tr_frintz)
    INSN("00011110 0e100110 010000nn nnnddddd", FRINTA_floatdp1, FEAT_FP, tr_frinta)
    INSN("00011110 0e100111 010000nn nnnddddd", FRINTX_floatdp1, FEAT_FP, tr_frintx)
    INSN("00011110 0e100111 110000nn nnnddddd", FRINTI_floatdp1, FEAT_FP, tr_frinti)

    INSN("00011110 0e1mmmmm 000010nn nnnddddd", FMUL_floatdp2, FEAT_FP, tr_fmul)
    INSN("00011110 0e1mmmmm 000110nn nnnddddd", FDIV_floatdp2, FEAT_FP, tr_fdiv)
    INSN("00011110 0e1mmmmm 001010nn nnnddddd", FADD_floatdp2, FEAT_FP, tr_fadd)
    INSN("00011110 0e1mmmmm 001110nn nnnddddd", FSUB_floatdp2, FEAT_FP, tr_fsub)
    INSN("00011110 0e1mmmmm 010010nn nnnddddd", FMAX_floatdp2, FEAT_FP, tr_fmax)
    INSN("00011110 0e1mmmmm 010110nn nnnddddd", FMIN_floatdp2, FEAT_FP, tr_fmin)
    INSN("00011110 0e1mmmmm 011010nn nnnddddd", FMAXNM_floatdp2, FEAT_FP, tr_fmaxnm)
    INSN("00011110 0e1mmmmm 011110nn nnnddddd", FMINNM_floatdp2, FEAT_FP, tr_fminnm)
    INSN("00011110 0e1mmmmm 100010nn nnnddddd", FNMUL_floatdp2, FEAT_FP, tr_fnmul)

    INSN("00011111 0e0mmmmm 0aaaaann nnnddddd", FMADD_floatdp3, FEAT_FP, tr_fmadd)
    INSN("00011111 0e0mmmmm 1aaaaann nnnddddd", FMSUB_floatdp3, FEAT_FP, tr_fmsub)
    INSN("00011111 0e1mmmmm 0aaaaann nnnddddd", FNMADD_floatdp3, FEAT_FP, tr_fnmadd)
    INSN("00011111 0e1mmmmm 1aaaaann nnnddddd", FNMSUB_floatdp3, FEAT_FP, tr_fnmsub)

    INSN("00011110 0e1mmmmm 001000nn nnn00000", FCMP_floatcmp, FEAT_FP, tr_fcmp)
    INSN("00011110 0e1xxxxx 001000nn nnn01000", FCMP_Z_floatcmp, FEAT_FP, tr_fcmpz)
    INSN("00011110 0e1mmmmm 001000nn nnn10000", FCMPE_floatcmp, FEAT_FP, tr_fcmpe)
    INSN("00011110 0e1xxxxx 001000nn nnn11000", FCMPE_Z_floatcmp, FEAT_FP, tr_fcmpez)
    INSN("00011110 0e1mmmmm cccc01nn nnn0vvvv", FCCMP_floatccmp, FEAT_FP, tr_fccmp)
    INSN("00011110 0e1mmmmm cccc01nn nnn1vvvv", FCCMPE_floatccmp, FEAT_FP, tr_fccmpe)
    INSN("00011110 0e1mmmmm cccc11nn nnnddddd", FCSEL_floatsel, FEAT_FP, tr_fcsel)
    INSN("00011110 0e1iiiii iii10000 000ddddd", FMOV_floatimm, FEAT_FP, tr_fmov_imm)

    INSN("f0011110 0e100000 000000nn nnnddddd", FCVTNS_float2int, FEAT_FP, tr_fcvtns)
    INSN("f0011110 0e100001 000000nn nnnddddd", FCVTNU_float2int, FEAT_FP, tr_fcvtnu)
    INSN("f0011110 0e101000 000000nn nnnddddd", FCVTPS_float2int, FEAT_FP, tr_fcvtps)
    INSN("f0011110 0e101001 000000nn nnnddddd", FCVTPU_float2int, FEAT_FP, tr_fcvtpu)
    INSN("f0011110 0e110000 000000nn nnnddddd", FCVTMS_float2int, FEAT_FP, tr_fcvtms)
    INSN("f0011110 0e110001 000000nn nnnddddd", FCVTMU_float2int, FEAT_FP, tr_fcvtmu)
    INSN("f0011110 0e111000 000000nn nnnddddd", FCVTZS_float2int, FEAT_FP, tr_fcvtzs)
    INSN("f0011110 0e111001 000000nn nnnddddd", FCVTZU_float2int, FEAT_FP, tr_fcvtzu)
    INSN("f0011110 0e100100 000000nn nnnddddd", FCVTAS_float2int, FEAT_FP, tr_fcvtas)
    INSN("f0011110 0e100101 000000nn nnnddddd", FCVTAU_float2int, FEAT_FP, tr_fcvtau)
    INSN("f0011110 0e100010 000000nn nnnddddd", SCVTF_float2int, FEAT_FP, tr_scvtf)
    INSN("f0011110 0e100011 000000nn nnnddddd", UCVTF_float2int, FEAT_FP, tr_ucvtf)
    INSN("00011110 00100110 000000nn nnnddddd", FMOV_32S_float2int, FEAT_FP, tr_fmov_wv)
    INSN("00011110 00100111 000000nn nnnddddd", FMOV_S32_float2int, FEAT_FP, tr_fmov_vw)
    INSN("10011110 01100110 000000nn nnnddddd", FMOV_64D_float2int, FEAT_FP, tr_fmov_xv)
    INSN("10011110 01100111 000000nn nnnddddd", FMOV_D64_float2int, FEAT_FP, tr_fmov_vx)
    INSN("10011110 10101110 000000nn nnnddddd", FMOV_64VX_float2int, FEAT_FP, tr_fmov_xvh)
    INSN("10011110 10101111 000000nn nnnddddd", FMOV_V64I_float2int, FEAT_FP, tr_fmov_vhx)

    INSN("f0011110 0e000010 jjjjjjnn nnnddddd", SCVTF_float2fix, FEAT_FP, tr_scvtf_fix)
    INSN("f0011110 0e000011 jjjjjjnn nnnddddd", UCVTF_float2fix, FEAT_FP, tr_ucvtf_fix)
    INSN("f0011110 0e011000 jjjjjjnn nnnddddd", FCVTZS_float2fix, FEAT_FP, tr_fcvtzs_fix)
    INSN("f0011110 0e011001 jjjjjjnn nnnddddd", FCVTZU_float2fix, FEAT_FP, tr_fcvtzu_fix)
    /* clang-format on */
};

const struct insn_table insn_fp_scalar = {"fp_scalar", rows, ARRAY_SIZE(rows)};
