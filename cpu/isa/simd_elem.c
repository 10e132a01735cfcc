/* Advanced SIMD vector by indexed element, vector and scalar: DDI 0487, C4.1.96. Halves have a row
 * of their own, since they take four bits of Rm and three of index: r is L, k is M, h is H, m the
 * low four bits of Rm, z is sz. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"
#include "cpu/model.h"

/* --- Integer: V(U, opcode, ID, name), elements of 16 and 32 bits --- */
#define ELEMENT(V)                                                                                 \
    V("0", "0010", SMLAL, smlal)                                                                   \
    V("0", "0011", SQDMLAL, sqdmlal)                                                               \
    V("0", "0110", SMLSL, smlsl)                                                                   \
    V("0", "0111", SQDMLSL, sqdmlsl)                                                               \
    V("0", "1000", MUL, mul)                                                                       \
    V("0", "1010", SMULL, smull)                                                                   \
    V("0", "1011", SQDMULL, sqdmull)                                                               \
    V("0", "1100", SQDMULH, sqdmulh)                                                               \
    V("0", "1101", SQRDMULH, sqrdmulh)                                                             \
    V("1", "0000", MLA, mla)                                                                       \
    V("1", "0010", UMLAL, umlal)                                                                   \
    V("1", "0100", MLS, mls)                                                                       \
    V("1", "0110", UMLSL, umlsl)                                                                   \
    V("1", "1010", UMULL, umull)

#define SCALAR(V)                                                                                  \
    V("0", "0011", SQDMLAL, sqdmlal)                                                               \
    V("0", "0111", SQDMLSL, sqdmlsl)                                                               \
    V("0", "1011", SQDMULL, sqdmull)                                                               \
    V("0", "1100", SQDMULH, sqdmulh)                                                               \
    V("0", "1101", SQRDMULH, sqrdmulh)

#define RDM(V)                                                                                     \
    V("1", "1101", SQRDMLAH, sqrdmlah)                                                             \
    V("1", "1111", SQRDMLSH, sqrdmlsh)

/* --- Floating-point: singles and doubles; halves. V(U, opcode, ID, name, register kept) --- */
#define ELEMENT_FP(V)                                                                              \
    V("0", "0001", FMLA, fmla, D)                                                                  \
    V("0", "0101", FMLS, fmls, D)                                                                  \
    V("0", "1001", FMUL, fmul, N)                                                                  \
    V("1", "1001", FMULX, fmulx, N)

/* --- Translators --- */

/* Halves: index H:L:M, one of V0 to V15. */
static bool by_half(struct tr *tr, const struct fields *f, enum uop_op op, unsigned bytes)
{
    return simd_emit(tr, op, f->d, f->n, f->m, bytes, f->h << 2 | f->r << 1 | f->k, 0);
}

/* Words: index H:L. */
static bool by_word(struct tr *tr, const struct fields *f, enum uop_op op, unsigned bytes)
{
    return simd_emit(tr, op, f->d, f->n, f->k << 4 | f->m, bytes, f->h << 1 | f->r, 0);
}

/* Singles as words; doubles: index H, and L must be 0. first: the micro-op of singles */
static bool by_fp(struct tr *tr, const struct fields *f, enum uop_op first, unsigned bytes)
{
    if (!f->z)
        return by_word(tr, f, first, bytes);
    if (f->r)
        return false;
    return simd_emit(tr, simd_op(first, 1), f->d, f->n, f->k << 4 | f->m, bytes, f->h, 0);
}

#define ELEMENT_TR(u, opcode, ID, name)                                                            \
    static bool tr_##name##_h(struct tr *tr, const struct fields *f)                               \
    {                                                                                              \
        return by_half(tr, f, UOP_v##name##_elem16, simd_bytes(f));                                \
    }                                                                                              \
    static bool tr_##name##_s(struct tr *tr, const struct fields *f)                               \
    {                                                                                              \
        return by_word(tr, f, UOP_v##name##_elem32, simd_bytes(f));                                \
    }
ELEMENT(ELEMENT_TR)
RDM(ELEMENT_TR)

#define SCALAR_TR(u, opcode, ID, name)                                                             \
    static bool tr_##name##_scalar_h(struct tr *tr, const struct fields *f)                        \
    {                                                                                              \
        return by_half(tr, f, UOP_v##name##_elem16, 2);                                            \
    }                                                                                              \
    static bool tr_##name##_scalar_s(struct tr *tr, const struct fields *f)                        \
    {                                                                                              \
        return by_word(tr, f, UOP_v##name##_elem32, 4);                                            \
    }
SCALAR(SCALAR_TR)
RDM(SCALAR_TR)

#define FP_TR(u, opcode, ID, name, keeps_)                                                         \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return !(f->z && !f->q) && by_fp(tr, f, UOP_v##name##_elem32, simd_bytes(f));              \
    }                                                                                              \
    static bool tr_##name##_scalar(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return by_fp(tr, f, UOP_v##name##_elem32, 4u << f->z);                                     \
    }                                                                                              \
    static bool tr_##name##_h(struct tr *tr, const struct fields *f)                               \
    {                                                                                              \
        return by_half(tr, f, UOP_v##name##_elem16, simd_bytes(f));                                \
    }                                                                                              \
    static bool tr_##name##_scalar_h(struct tr *tr, const struct fields *f)                        \
    {                                                                                              \
        return by_half(tr, f, UOP_v##name##_elem16, 2);                                            \
    }
ELEMENT_FP(FP_TR)

/* SDOT and its like: the element is four bytes, or two BFloat16. */
static bool tr_dot(struct tr *tr, const struct fields *f)
{
    return by_word(tr, f, f->row->op, simd_bytes(f));
}

/* BFMLALB, BFMLALT: Q chooses the even or the odd ones of n; index H:L:M. */
static bool tr_bfmlal(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vbfmlal_elem32, f->d, f->n, f->m, 16, f->h << 2 | f->r << 1 | f->k,
                     f->q);
}

/* FCMLA: FEAT_FCMA; the element is a pair, o is rot. Pairs of halves: index H:L, one of singles: H.
 */
static bool tr_fcmla_h(struct tr *tr, const struct fields *f)
{
    if (!model_has(tr->model, FEAT_FP16) || (f->h && !f->q))
        return false;
    return simd_emit(tr, UOP_vfcmla_elem16, f->d, f->n, f->k << 4 | f->m, simd_bytes(f),
                     f->h << 1 | f->r, f->o);
}

static bool tr_fcmla_s(struct tr *tr, const struct fields *f)
{
    if (f->r || !f->q)
        return false;
    return simd_emit(tr, UOP_vfcmla_elem32, f->d, f->n, f->k << 4 | f->m, 16, f->h, f->o);
}

/* FMLAL and its like: FEAT_FHM; the element is a half. */
static bool tr_fhm(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, f->row->op, f->d, f->n, f->m, simd_bytes(f), f->h << 2 | f->r << 1 | f->k,
                     f->row->imm);
}

/* --- Rows: what is the argument of a list above has the comma itself --- */

#define VECTOR_ROWS(feature, u, opcode, ID, name)                                                  \
    INSN("0q" u "01111 01rkmmmm " opcode "h0nn nnnddddd", ID##_asimdelem_H, feature,               \
         tr_##name##_h),                                                                           \
        INSN("0q" u "01111 10rkmmmm " opcode "h0nn nnnddddd", ID##_asimdelem_S, feature,           \
             tr_##name##_s),
#define SCALAR_ROWS(feature, u, opcode, ID, name)                                                  \
    INSN("01" u "11111 01rkmmmm " opcode "h0nn nnnddddd", ID##_asisdelem_H, feature,               \
         tr_##name##_scalar_h),                                                                    \
        INSN("01" u "11111 10rkmmmm " opcode "h0nn nnnddddd", ID##_asisdelem_S, feature,           \
             tr_##name##_scalar_s),
#define ELEMENT_ROW(u, opcode, ID, name) VECTOR_ROWS(FEAT_AdvSIMD, u, opcode, ID, name)
#define SCALAR_ROW(u, opcode, ID, name)  SCALAR_ROWS(FEAT_AdvSIMD, u, opcode, ID, name)
#define RDM_ROW(u, opcode, ID, name)                                                               \
    VECTOR_ROWS(FEAT_RDM, u, opcode, ID, name) SCALAR_ROWS(FEAT_RDM, u, opcode, ID, name)
#define FP_ROW(u, opcode, ID, name, keeps_)                                                        \
    INSN("0q" u "01111 1zrkmmmm " opcode "h0nn nnnddddd", ID##_asimdelem_R_SD, FEAT_AdvSIMD,       \
         tr_##name),                                                                               \
        INSN_ARGS("01" u "11111 1zrkmmmm " opcode "h0nn nnnddddd", ID##_asisdelem_R_SD,            \
                  FEAT_AdvSIMD, tr_##name##_scalar, .keeps = KEEPS_##keeps_),                      \
        INSN("0q" u "01111 00rkmmmm " opcode "h0nn nnnddddd", ID##_asimdelem_RH_H, FEAT_FP16,      \
             tr_##name##_h),                                                                       \
        INSN_ARGS("01" u "11111 00rkmmmm " opcode "h0nn nnnddddd", ID##_asisdelem_RH_H, FEAT_FP16, \
                  tr_##name##_scalar_h, .bits = 16, .keeps = KEEPS_##keeps_),

/* (U, opcode, ID, name, half) */
#define FHM(u, opcode, ID, name, half)                                                             \
    INSN_ARGS("0q" u "01111 10rkmmmm " opcode "h0nn nnnddddd", ID##_asimdelem_LH, FEAT_FHM,        \
              tr_fhm, .op = UOP_v##name##_elem32, .imm = half)

#define DOT(pattern, id, feature, name)                                                            \
    INSN_ARGS(pattern, id, feature, tr_dot, .op = UOP_v##name##_elem32)

static const struct insn_row rows[] = {
    /* clang-format off */
    ELEMENT(ELEMENT_ROW)
    SCALAR(SCALAR_ROW)
    ELEMENT_FP(FP_ROW)
    RDM(RDM_ROW)
    DOT("0q001111 10rkmmmm 1110h0nn nnnddddd", SDOT_asimdelem_D, FEAT_DotProd, sdot),
    INSN("0q101111 01rkmmmm 0oo1h0nn nnnddddd", FCMLA_asimdelem_C_H, FEAT_FCMA, tr_fcmla_h),
    INSN("0q101111 10rkmmmm 0oo1h0nn nnnddddd", FCMLA_asimdelem_C_S, FEAT_FCMA, tr_fcmla_s),
    FHM("0", "0000", FMLAL, fmlal, 0),
    FHM("0", "0100", FMLSL, fmlsl, 0),
    FHM("1", "1000", FMLAL2, fmlal, 1),
    FHM("1", "1100", FMLSL2, fmlsl, 1),
    DOT("0q101111 10rkmmmm 1110h0nn nnnddddd", UDOT_asimdelem_D, FEAT_DotProd, udot),
    DOT("0q001111 10rkmmmm 1111h0nn nnnddddd", USDOT_asimdelem_D, FEAT_I8MM, usdot),
    DOT("0q001111 00rkmmmm 1111h0nn nnnddddd", SUDOT_asimdelem_D, FEAT_I8MM, sudot),
    DOT("0q001111 01rkmmmm 1111h0nn nnnddddd", BFDOT_asimdelem_E, FEAT_BF16, bfdot),
    INSN("0q001111 11rkmmmm 1111h0nn nnnddddd", BFMLAL_asimdelem_F, FEAT_BF16, tr_bfmlal),
    /* clang-format on */
};

const struct insn_table insn_simd_elem = {"simd_elem", rows, ARRAY_SIZE(rows)};
