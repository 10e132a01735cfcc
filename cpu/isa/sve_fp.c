/* SVE floating point: DDI 0487, C4.1, "SVE encodings". */
#include "cpu/isa/simd.h"
#include "cpu/isa/sve.h"
#include "cpu/isa/tables.h"

/* Zdn = Pg ? Zdn op a constant : Zdn; row->min or row->max says which one, as i does. */
static bool tr_constant(struct tr *tr, const struct fields *f)
{
    unsigned constant = f->i ? f->row->max : f->row->min;

    return sve_call(tr, f->row->helpers[f->z], f->d, f->d, constant, f->p, 0);
}

/* Zd = Pg ? Zn converted : Zd; row->bits is the size of an element. */
static bool tr_convert(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[__builtin_ctz(f->row->bits) - 3], f->d, f->n, f->n, f->p,
                    0);
}

/* FRINT: row->imm is the rounding */
static bool tr_round(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->n, f->n, f->p, f->row->imm);
}

/* Zdn = Pg ? Za + Zdn * Zm : Zdn */
static bool tr_addend_last(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->m, f->a, f->p, 0);
}

/* Vdn and Zm */
static bool tr_fadda(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->d, f->m, f->p, 0);
}

static bool tr_ftmad(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->d, f->m, 0, f->i);
}

/* r: 90 or 270 degrees */
static bool tr_fcadd(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->d, f->m, f->p, f->r ? 3 : 1);
}

static bool tr_fcmla(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[f->z], f->d, f->n, f->m, f->p, f->r);
}

/* i: the pair of Zm */
static bool tr_fcmla_elem(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[__builtin_ctz(f->row->bits) - 3], f->d, f->n, f->m, f->i,
                    f->r);
}

/* Singles; o: of halves the ones with an odd number; i: the one of Zm, which _elem has */
static bool tr_long(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[2], f->d, f->n, f->m, f->i, f->o);
}

static bool tr_fmmla(struct tr *tr, const struct fields *f)
{
    if (f->row->bits == 64 && sve_bytes(tr) < 32)
        return !tr_sve_enabled(tr); /* UNDEFINED, unless it is trapped */
    return sve_call(tr, sve_fmmla, f->d, f->n, f->m, 0, f->row->bits);
}

/* --- Unpredicated --- */

#define UNPREDICATED(opcode, id)                                                                   \
    INSN_ARGS("01100101 zz0mmmmm 000" opcode "nn nnnddddd", id##_z_zz, FEAT_SVE, sve_zzz,          \
              .helpers = sve_##id)
#define ESTIMATE(opcode, id)                                                                       \
    INSN_ARGS("01100101 zz001" opcode " 001100nn nnnddddd", id##_z_z, FEAT_SVE, sve_zzz,           \
              .helpers = sve_##id)
/* (opcode, ID, name): of halves, singles and doubles */
#define INDEXED(opcode, id, name)                                                                  \
    INSN_ARGS("01100100 0i1iimmm 0" opcode "nn nnnddddd", id##_z_zzzi_h, FEAT_SVE, sve_zze,        \
              .helpers = sve_##name, .bits = 16),                                                  \
        INSN_ARGS("01100100 101iimmm 0" opcode "nn nnnddddd", id##_z_zzzi_s, FEAT_SVE, sve_zze,    \
                  .helpers = sve_##name, .bits = 32),                                              \
        INSN_ARGS("01100100 111immmm 0" opcode "nn nnnddddd", id##_z_zzzi_d, FEAT_SVE, sve_zze,    \
                  .helpers = sve_##name, .bits = 64)

/* --- Predicated, merging: Zdn and Zm --- */

#define MERGING(opcode, id, name)                                                                  \
    INSN_ARGS("01100101 zz00" opcode " 100pppmm mmmddddd", id##_z_p_zz, FEAT_SVE, sve_zpzz,        \
              .helpers = sve_##name)
#define SWAPPED(opcode, id, name)                                                                  \
    INSN_ARGS("01100101 zz00" opcode " 100pppmm mmmddddd", id##_z_p_zz, FEAT_SVE,                  \
              sve_zpzz_swapped, .helpers = sve_##name)
/* the constants for i of 0 and 1 */
#define CONSTANT(opcode, id, zero, one)                                                            \
    INSN_ARGS("01100101 zz011" opcode " 100ppp00 00iddddd", id##_z_p_zs, FEAT_SVE, tr_constant,    \
              .helpers = sve_##id##_c, .min = zero, .max = one)
#define PAIRS(opcode, id)                                                                          \
    INSN_ARGS("01100100 zz010" opcode " 100pppmm mmmddddd", id##_z_p_zz, FEAT_SVE2, sve_zpzz,      \
              .helpers = sve_##id##_m)
#define TERNARY(opcode, id)                                                                        \
    INSN_ARGS("01100101 zz1mmmmm " opcode "pppnn nnnddddd", id##_z_p_zzz, FEAT_SVE, sve_ppzz,      \
              .helpers = sve_##id##_m)
#define ADDEND_LAST(opcode, id)                                                                    \
    INSN_ARGS("01100101 zz1aaaaa " opcode "pppmm mmmddddd", id##_z_p_zzz, FEAT_SVE,                \
              tr_addend_last, .helpers = sve_##id##_m)

/* --- Predicated, of one operand --- */

#define UNARY(opcode, id)                                                                          \
    INSN_ARGS("01100101 zz" opcode " 101pppnn nnnddddd", id##_z_p_z, FEAT_SVE, sve_zpz,            \
              .helpers = sve_##id##_m)
#define SIGN(opcode, id)                                                                           \
    INSN_ARGS("00000100 zz" opcode " 101pppnn nnnddddd", id##_z_p_z, FEAT_SVE, sve_zpz,            \
              .helpers = sve_##id##_m)
#define ROUND(opcode, letter, rounding)                                                            \
    INSN_ARGS("01100101 zz000" opcode " 101pppnn nnnddddd", frint##letter##_z_p_z, FEAT_SVE,       \
              tr_round, .helpers = sve_frint_m, .imm = rounding)
#define CONVERT(opcode, id, name, size)                                                            \
    INSN_ARGS("01100101 " opcode " 101pppnn nnnddddd", id, FEAT_SVE, tr_convert,                   \
              .helpers = sve_##name##_m, .bits = size)
#define CONVERT2(feature, opcode, id, name, size)                                                  \
    INSN_ARGS(opcode " 101pppnn nnnddddd", id, feature, tr_convert, .helpers = sve_##name##_m,     \
              .bits = size)
/* (opc, opc2, letters of the number and the integer, size of an element) */
#define INTEGERS(opc, opc2, number, integer, size)                                                 \
    CONVERT(opc "010" opc2 "0", scvtf_z_p_z_##integer##2fp##number, scvtf_##integer##number,       \
            size),                                                                                 \
        CONVERT(opc "010" opc2 "1", ucvtf_z_p_z_##integer##2fp##number, ucvtf_##integer##number,   \
                size),                                                                             \
        CONVERT(opc "011" opc2 "0", fcvtzs_z_p_z_fp##number##2##integer, fcvtzs_##number##integer, \
                size),                                                                             \
        CONVERT(opc "011" opc2 "1", fcvtzu_z_p_z_fp##number##2##integer, fcvtzu_##number##integer, \
                size)

/* --- Comparisons and reductions --- */

#define COMPARE(op, o2, o3, id)                                                                    \
    INSN_ARGS("01100101 zz0mmmmm " op "1" o2 "pppnn nnn" o3 "dddd", id##_p_p_zz, FEAT_SVE,         \
              sve_ppzz, .helpers = sve_##id)
#define COMPARE_ZERO(eq, lt, ne, id)                                                               \
    INSN_ARGS("01100101 zz0100" eq lt " 001pppnn nnn" ne "dddd", id##_p_p_z0, FEAT_SVE, sve_zpz,   \
              .helpers = sve_##id##_0)
#define REDUCE(opcode, id)                                                                         \
    INSN_ARGS("01100101 zz000" opcode " 001pppnn nnnddddd", id##_v_p_z, FEAT_SVE, sve_zpz,         \
              .helpers = sve_##id)

/* --- Halves and BFloat16 to singles --- */

#define LONG(feature, opcode, id, name)                                                            \
    INSN_ARGS("01100100 " opcode "nn nnnddddd", id, feature, tr_long, .helpers = sve_##name)
#define SINGLES(feature, opcode, id, translate, name)                                              \
    INSN_ARGS("01100100 " opcode "nn nnnddddd", id, feature, translate, .helpers = sve_##name,     \
              .bits = 32)

static const struct insn_row rows[] = {
    /* clang-format off */
    UNPREDICATED("000", fadd),
    UNPREDICATED("001", fsub),
    UNPREDICATED("010", fmul),
    UNPREDICATED("011", ftsmul),
    UNPREDICATED("110", frecps),
    UNPREDICATED("111", frsqrts),
    ESTIMATE("110", frecpe),
    ESTIMATE("111", frsqrte),
    INSN_ARGS("00000100 zz1mmmmm 101100nn nnnddddd", ftssel_z_zz, FEAT_SVE, sve_zzz, .helpers = sve_ftssel),
    INSN_ARGS("00000100 zz100000 101110nn nnnddddd", fexpa_z_z, FEAT_SVE, sve_zzz, .helpers = sve_fexpa),
    INSN_ARGS("01100101 zz010iii 100000mm mmmddddd", ftmad_z_zzi, FEAT_SVE, tr_ftmad, .helpers = sve_ftmad),
    INDEXED("00000", fmla, fmla_e),
    INDEXED("00001", fmls, fmls_e),
    INDEXED("01000", fmul, fmul_e),

    MERGING("0000", fadd, fadd_m),
    MERGING("0001", fsub, fsub_m),
    MERGING("0010", fmul, fmul_m),
    SWAPPED("0011", fsubr, fsub_m),
    MERGING("0100", fmaxnm, fmaxnm_m),
    MERGING("0101", fminnm, fminnm_m),
    MERGING("0110", fmax, fmax_m),
    MERGING("0111", fmin, fmin_m),
    MERGING("1000", fabd, fabd_m),
    MERGING("1001", fscale, fscale_m),
    MERGING("1010", fmulx, fmulx_m),
    SWAPPED("1100", fdivr, fdiv_m),
    MERGING("1101", fdiv, fdiv_m),
    CONSTANT("000", fadd, 1, 2),
    CONSTANT("001", fsub, 1, 2),
    CONSTANT("010", fmul, 1, 3),
    CONSTANT("011", fsubr, 1, 2),
    CONSTANT("100", fmaxnm, 0, 2),
    CONSTANT("101", fminnm, 0, 2),
    CONSTANT("110", fmax, 0, 2),
    CONSTANT("111", fmin, 0, 2),
    PAIRS("000", faddp),
    PAIRS("100", fmaxnmp),
    PAIRS("101", fminnmp),
    PAIRS("110", fmaxp),
    PAIRS("111", fminp),
    TERNARY("000", fmla),
    TERNARY("001", fmls),
    TERNARY("010", fnmla),
    TERNARY("011", fnmls),
    ADDEND_LAST("100", fmad),
    ADDEND_LAST("101", fmsb),
    ADDEND_LAST("110", fnmad),
    ADDEND_LAST("111", fnmsb),
    INSN_ARGS("01100100 zz00000r 100pppmm mmmddddd", fcadd_z_p_zz, FEAT_SVE, tr_fcadd, .helpers = sve_fcadd_m),
    INSN_ARGS("01100100 zz0mmmmm 0rrpppnn nnnddddd", fcmla_z_p_zzz, FEAT_SVE, tr_fcmla, .helpers = sve_fcmla_m),
    INSN_ARGS("01100100 101iimmm 0001rrnn nnnddddd", fcmla_z_zzzi_h, FEAT_SVE, tr_fcmla_elem, .helpers = sve_fcmla_e, .bits = 16),
    INSN_ARGS("01100100 111immmm 0001rrnn nnnddddd", fcmla_z_zzzi_s, FEAT_SVE, tr_fcmla_elem, .helpers = sve_fcmla_e, .bits = 32),

    SIGN("011100", fabs),
    SIGN("011101", fneg),
    UNARY("001100", frecpx),
    UNARY("001101", fsqrt),
    ROUND("000", n, FPRounding_TIEEVEN),
    ROUND("001", p, FPRounding_POSINF),
    ROUND("010", m, FPRounding_NEGINF),
    ROUND("011", z, FPRounding_ZERO),
    ROUND("100", a, FPRounding_TIEAWAY),
    ROUND("110", x, ROUNDING_FPCR | VEC_EXACT),
    ROUND("111", i, ROUNDING_FPCR),
    INSN_ARGS("01100101 00011zz0 101pppnn nnnddddd", flogb_z_p_z, FEAT_SVE2, sve_zpz, .helpers = sve_flogb_m),

    CONVERT("10001000", fcvt_z_p_z_s2h, fcvt_sh, 32),
    CONVERT("10001001", fcvt_z_p_z_h2s, fcvt_hs, 32),
    CONVERT("11001000", fcvt_z_p_z_d2h, fcvt_dh, 64),
    CONVERT("11001001", fcvt_z_p_z_h2d, fcvt_hd, 64),
    CONVERT("11001010", fcvt_z_p_z_d2s, fcvt_ds, 64),
    CONVERT("11001011", fcvt_z_p_z_s2d, fcvt_sd, 64),
    CONVERT2(FEAT_BF16, "01100101 10001010", bfcvt_z_p_z_s2bf, bfcvt, 32),
    CONVERT2(FEAT_SVE2, "01100101 00001010", fcvtx_z_p_z_d2s, fcvtx, 64),
    CONVERT2(FEAT_SVE2, "01100100 00001010", fcvtxnt_z_p_z_d2s, fcvtxnt, 64),
    CONVERT2(FEAT_SVE2, "01100100 10001000", fcvtnt_z_p_z_s2h, fcvtnt_sh, 32),
    CONVERT2(FEAT_SVE2, "01100100 10001001", fcvtlt_z_p_z_h2s, fcvtlt_hs, 32),
    CONVERT2(FEAT_BF16, "01100100 10001010", bfcvtnt_z_p_z_s2bf, bfcvtnt, 32),
    CONVERT2(FEAT_SVE2, "01100100 11001010", fcvtnt_z_p_z_d2s, fcvtnt_ds, 64),
    CONVERT2(FEAT_SVE2, "01100100 11001011", fcvtlt_z_p_z_s2d, fcvtlt_sd, 64),
    INTEGERS("01", "01", h, h, 16),
    INTEGERS("01", "10", h, s, 32),
    INTEGERS("01", "11", h, d, 64),
    INTEGERS("10", "10", s, s, 32),
    INTEGERS("11", "11", d, d, 64),
    CONVERT("11010000", scvtf_z_p_z_s2fpd, scvtf_sd, 64),
    CONVERT("11010001", ucvtf_z_p_z_s2fpd, ucvtf_sd, 64),
    CONVERT("11010100", scvtf_z_p_z_d2fps, scvtf_ds, 64),
    CONVERT("11010101", ucvtf_z_p_z_d2fps, ucvtf_ds, 64),
    CONVERT("11011000", fcvtzs_z_p_z_fpd2s, fcvtzs_ds, 64),
    CONVERT("11011001", fcvtzu_z_p_z_fpd2s, fcvtzu_ds, 64),
    CONVERT("11011100", fcvtzs_z_p_z_fps2d, fcvtzs_sd, 64),
    CONVERT("11011101", fcvtzu_z_p_z_fps2d, fcvtzu_sd, 64),

    COMPARE("0", "0", "0", fcmge),
    COMPARE("0", "0", "1", fcmgt),
    COMPARE("0", "1", "0", fcmeq),
    COMPARE("0", "1", "1", fcmne),
    COMPARE("1", "0", "0", fcmuo),
    COMPARE("1", "0", "1", facge),
    COMPARE("1", "1", "1", facgt),
    COMPARE_ZERO("0", "0", "0", fcmge),
    COMPARE_ZERO("0", "0", "1", fcmgt),
    COMPARE_ZERO("0", "1", "0", fcmlt),
    COMPARE_ZERO("0", "1", "1", fcmle),
    COMPARE_ZERO("1", "0", "0", fcmeq),
    COMPARE_ZERO("1", "1", "0", fcmne),
    REDUCE("000", faddv),
    REDUCE("100", fmaxnmv),
    REDUCE("101", fminnmv),
    REDUCE("110", fmaxv),
    REDUCE("111", fminv),
    INSN_ARGS("01100101 zz011000 001pppmm mmmddddd", fadda_v_p_z, FEAT_SVE, tr_fadda, .helpers = sve_fadda),

    LONG(FEAT_SVE2, "101mmmmm 10000o", fmlal_z_zzz, fmlal),
    LONG(FEAT_SVE2, "101mmmmm 10100o", fmlsl_z_zzz, fmlsl),
    LONG(FEAT_SVE2, "101iimmm 0100io", fmlal_z_zzzi_s, fmlal_e),
    LONG(FEAT_SVE2, "101iimmm 0110io", fmlsl_z_zzzi_s, fmlsl_e),
    LONG(FEAT_BF16, "111mmmmm 10000o", bfmlal_z_zzz, bfmlal),
    LONG(FEAT_BF16, "111iimmm 0100io", bfmlal_z_zzzi, bfmlal_e),
    SINGLES(FEAT_BF16, "011mmmmm 100000", bfdot_z_zzz, sve_zze, bfdot),
    SINGLES(FEAT_BF16, "011iimmm 010000", bfdot_z_zzzi, sve_zze, bfdot_e),
    SINGLES(FEAT_BF16, "011mmmmm 111001", bfmmla_z_zzz, sve_zze, bfmmla),
    INSN_ARGS("01100100 101mmmmm 111001nn nnnddddd", fmmla_z_zzz_s, FEAT_F32MM, tr_fmmla, .bits = 32),
    INSN_ARGS("01100100 111mmmmm 111001nn nnnddddd", fmmla_z_zzz_d, FEAT_F64MM, tr_fmmla, .bits = 64),
    /* clang-format on */
};

const struct insn_table insn_sve_fp = {"sve_fp", rows, ARRAY_SIZE(rows)};
