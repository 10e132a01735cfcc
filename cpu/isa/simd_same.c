/* Advanced SIMD three registers of the same type and three different, vector and scalar: DDI 0487,
 * C4.1.96. z is size, or sz in floating-point rows. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

/* --- Vector, same: V(U, opcode, ID, name, bits, min, max): the smallest size is `bits` bits, 8 <<
 * min; the largest 8 << max. --- */
#define SAME(V)                                                                                    \
    V("0", "00000", SHADD, shadd, 8, 0, 2)                                                         \
    V("0", "00001", SQADD, sqadd, 8, 0, 3)                                                         \
    V("0", "00010", SRHADD, srhadd, 8, 0, 2)                                                       \
    V("0", "00100", SHSUB, shsub, 8, 0, 2)                                                         \
    V("0", "00101", SQSUB, sqsub, 8, 0, 3)                                                         \
    V("0", "00110", CMGT, cmgt, 8, 0, 3)                                                           \
    V("0", "00111", CMGE, cmge, 8, 0, 3)                                                           \
    V("0", "01000", SSHL, sshl, 8, 0, 3)                                                           \
    V("0", "01001", SQSHL, sqshl, 8, 0, 3)                                                         \
    V("0", "01010", SRSHL, srshl, 8, 0, 3)                                                         \
    V("0", "01011", SQRSHL, sqrshl, 8, 0, 3)                                                       \
    V("0", "01100", SMAX, smax, 8, 0, 2)                                                           \
    V("0", "01101", SMIN, smin, 8, 0, 2)                                                           \
    V("0", "01110", SABD, sabd, 8, 0, 2)                                                           \
    V("0", "01111", SABA, saba, 8, 0, 2)                                                           \
    V("0", "10000", ADD, add, 8, 0, 3)                                                             \
    V("0", "10001", CMTST, cmtst, 8, 0, 3)                                                         \
    V("0", "10010", MLA, mla, 8, 0, 2)                                                             \
    V("0", "10011", MUL, mul, 8, 0, 2)                                                             \
    V("0", "10100", SMAXP, smaxp, 8, 0, 2)                                                         \
    V("0", "10101", SMINP, sminp, 8, 0, 2)                                                         \
    V("0", "10110", SQDMULH, sqdmulh, 16, 1, 2)                                                    \
    V("0", "10111", ADDP, addp, 8, 0, 3)                                                           \
    V("1", "00000", UHADD, uhadd, 8, 0, 2)                                                         \
    V("1", "00001", UQADD, uqadd, 8, 0, 3)                                                         \
    V("1", "00010", URHADD, urhadd, 8, 0, 2)                                                       \
    V("1", "00100", UHSUB, uhsub, 8, 0, 2)                                                         \
    V("1", "00101", UQSUB, uqsub, 8, 0, 3)                                                         \
    V("1", "00110", CMHI, cmhi, 8, 0, 3)                                                           \
    V("1", "00111", CMHS, cmhs, 8, 0, 3)                                                           \
    V("1", "01000", USHL, ushl, 8, 0, 3)                                                           \
    V("1", "01001", UQSHL, uqshl, 8, 0, 3)                                                         \
    V("1", "01010", URSHL, urshl, 8, 0, 3)                                                         \
    V("1", "01011", UQRSHL, uqrshl, 8, 0, 3)                                                       \
    V("1", "01100", UMAX, umax, 8, 0, 2)                                                           \
    V("1", "01101", UMIN, umin, 8, 0, 2)                                                           \
    V("1", "01110", UABD, uabd, 8, 0, 2)                                                           \
    V("1", "01111", UABA, uaba, 8, 0, 2)                                                           \
    V("1", "10000", SUB, sub, 8, 0, 3)                                                             \
    V("1", "10001", CMEQ, cmeq, 8, 0, 3)                                                           \
    V("1", "10010", MLS, mls, 8, 0, 2)                                                             \
    V("1", "10011", PMUL, pmul, 8, 0, 0)                                                           \
    V("1", "10100", UMAXP, umaxp, 8, 0, 2)                                                         \
    V("1", "10101", UMINP, uminp, 8, 0, 2)                                                         \
    V("1", "10110", SQRDMULH, sqrdmulh, 16, 1, 2)

/* --- Vector, logical: V(U, size, ID, name) --- */
#define LOGICAL(V)                                                                                 \
    V("0", "00", AND, and)                                                                         \
    V("0", "01", BIC, bic)                                                                         \
    V("0", "11", ORN, orn)                                                                         \
    V("1", "00", EOR, eor)                                                                         \
    V("1", "01", BSL, bsl)                                                                         \
    V("1", "10", BIT, bit)                                                                         \
    V("1", "11", BIF, bif)

/* --- Vector, floating-point: V(U, size<1>, opcode, ID, name) --- */
#define SAME_FP(V)                                                                                 \
    V("0", "0", "11000", FMAXNM, fmaxnm)                                                           \
    V("0", "0", "11001", FMLA, fmla)                                                               \
    V("0", "0", "11010", FADD, fadd)                                                               \
    V("0", "0", "11011", FMULX, fmulx)                                                             \
    V("0", "0", "11100", FCMEQ, fcmeq)                                                             \
    V("0", "0", "11110", FMAX, fmax)                                                               \
    V("0", "0", "11111", FRECPS, frecps)                                                           \
    V("0", "1", "11000", FMINNM, fminnm)                                                           \
    V("0", "1", "11001", FMLS, fmls)                                                               \
    V("0", "1", "11010", FSUB, fsub)                                                               \
    V("0", "1", "11110", FMIN, fmin)                                                               \
    V("0", "1", "11111", FRSQRTS, frsqrts)                                                         \
    V("1", "0", "11000", FMAXNMP, fmaxnmp)                                                         \
    V("1", "0", "11010", FADDP, faddp)                                                             \
    V("1", "0", "11011", FMUL, fmul)                                                               \
    V("1", "0", "11100", FCMGE, fcmge)                                                             \
    V("1", "0", "11101", FACGE, facge)                                                             \
    V("1", "0", "11110", FMAXP, fmaxp)                                                             \
    V("1", "0", "11111", FDIV, fdiv)                                                               \
    V("1", "1", "11000", FMINNMP, fminnmp)                                                         \
    V("1", "1", "11010", FABD, fabd)                                                               \
    V("1", "1", "11100", FCMGT, fcmgt)                                                             \
    V("1", "1", "11101", FACGT, facgt)                                                             \
    V("1", "1", "11110", FMINP, fminp)

/* --- Scalar, same: as above --- */
#define SCALAR(V)                                                                                  \
    V("0", "00001", SQADD, sqadd, 8, 0, 3)                                                         \
    V("0", "00101", SQSUB, sqsub, 8, 0, 3)                                                         \
    V("0", "00110", CMGT, cmgt, 64, 3, 3)                                                          \
    V("0", "00111", CMGE, cmge, 64, 3, 3)                                                          \
    V("0", "01000", SSHL, sshl, 64, 3, 3)                                                          \
    V("0", "01001", SQSHL, sqshl, 8, 0, 3)                                                         \
    V("0", "01010", SRSHL, srshl, 64, 3, 3)                                                        \
    V("0", "01011", SQRSHL, sqrshl, 8, 0, 3)                                                       \
    V("0", "10000", ADD, add, 64, 3, 3)                                                            \
    V("0", "10001", CMTST, cmtst, 64, 3, 3)                                                        \
    V("0", "10110", SQDMULH, sqdmulh, 16, 1, 2)                                                    \
    V("1", "00001", UQADD, uqadd, 8, 0, 3)                                                         \
    V("1", "00101", UQSUB, uqsub, 8, 0, 3)                                                         \
    V("1", "00110", CMHI, cmhi, 64, 3, 3)                                                          \
    V("1", "00111", CMHS, cmhs, 64, 3, 3)                                                          \
    V("1", "01000", USHL, ushl, 64, 3, 3)                                                          \
    V("1", "01001", UQSHL, uqshl, 8, 0, 3)                                                         \
    V("1", "01010", URSHL, urshl, 64, 3, 3)                                                        \
    V("1", "01011", UQRSHL, uqrshl, 8, 0, 3)                                                       \
    V("1", "10000", SUB, sub, 64, 3, 3)                                                            \
    V("1", "10001", CMEQ, cmeq, 64, 3, 3)                                                          \
    V("1", "10110", SQRDMULH, sqrdmulh, 16, 1, 2)

#define SCALAR_FP(V)                                                                               \
    V("0", "0", "11011", FMULX, fmulx)                                                             \
    V("0", "0", "11100", FCMEQ, fcmeq)                                                             \
    V("0", "0", "11111", FRECPS, frecps)                                                           \
    V("0", "1", "11111", FRSQRTS, frsqrts)                                                         \
    V("1", "0", "11100", FCMGE, fcmge)                                                             \
    V("1", "0", "11101", FACGE, facge)                                                             \
    V("1", "1", "11010", FABD, fabd)                                                               \
    V("1", "1", "11100", FCMGT, fcmgt)                                                             \
    V("1", "1", "11101", FACGT, facgt)

/* --- Vector, different: V(U, opcode, ID, name, bits, min, max) --- */
#define DIFFERENT(V)                                                                               \
    V("0", "0000", SADDL, saddl, 8, 0, 2)                                                          \
    V("0", "0001", SADDW, saddw, 8, 0, 2)                                                          \
    V("0", "0010", SSUBL, ssubl, 8, 0, 2)                                                          \
    V("0", "0011", SSUBW, ssubw, 8, 0, 2)                                                          \
    V("0", "0100", ADDHN, addhn, 8, 0, 2)                                                          \
    V("0", "0101", SABAL, sabal, 8, 0, 2)                                                          \
    V("0", "0110", SUBHN, subhn, 8, 0, 2)                                                          \
    V("0", "0111", SABDL, sabdl, 8, 0, 2)                                                          \
    V("0", "1000", SMLAL, smlal, 8, 0, 2)                                                          \
    V("0", "1001", SQDMLAL, sqdmlal, 16, 1, 2)                                                     \
    V("0", "1010", SMLSL, smlsl, 8, 0, 2)                                                          \
    V("0", "1011", SQDMLSL, sqdmlsl, 16, 1, 2)                                                     \
    V("0", "1100", SMULL, smull, 8, 0, 2)                                                          \
    V("0", "1101", SQDMULL, sqdmull, 16, 1, 2)                                                     \
    V("1", "0000", UADDL, uaddl, 8, 0, 2)                                                          \
    V("1", "0001", UADDW, uaddw, 8, 0, 2)                                                          \
    V("1", "0010", USUBL, usubl, 8, 0, 2)                                                          \
    V("1", "0011", USUBW, usubw, 8, 0, 2)                                                          \
    V("1", "0100", RADDHN, raddhn, 8, 0, 2)                                                        \
    V("1", "0101", UABAL, uabal, 8, 0, 2)                                                          \
    V("1", "0110", RSUBHN, rsubhn, 8, 0, 2)                                                        \
    V("1", "0111", UABDL, uabdl, 8, 0, 2)                                                          \
    V("1", "1000", UMLAL, umlal, 8, 0, 2)                                                          \
    V("1", "1010", UMLSL, umlsl, 8, 0, 2)                                                          \
    V("1", "1100", UMULL, umull, 8, 0, 2)

#define SCALAR_DIFFERENT(V)                                                                        \
    V("0", "1001", SQDMLAL, sqdmlal, 16, 1, 2)                                                     \
    V("0", "1011", SQDMLSL, sqdmlsl, 16, 1, 2)                                                     \
    V("0", "1101", SQDMULL, sqdmull, 16, 1, 2)

/* --- Translators --- */

/* first: the micro-op of elements of 8 << min bits */
static bool vector(struct tr *tr, const struct fields *f, enum uop_op first, unsigned min,
                   unsigned max)
{
    if (!simd_size_ok(f, min, max))
        return false;
    return simd_emit(tr, simd_op(first, f->z - min), f->d, f->n, f->m, simd_bytes(f), 0, 0);
}

static bool scalar(struct tr *tr, const struct fields *f, enum uop_op first, unsigned min,
                   unsigned max)
{
    if (!simd_scalar_size_ok(f, min, max))
        return false;
    return simd_emit(tr, simd_op(first, f->z - min), f->d, f->n, f->m, 1u << f->z, 0, 0);
}

/* first: the micro-op of singles */
static bool vector_fp(struct tr *tr, const struct fields *f, enum uop_op first)
{
    if (f->z && !f->q)
        return false;
    return simd_emit(tr, simd_op(first, f->z), f->d, f->n, f->m, simd_bytes(f), 0, 0);
}

#define VECTOR_TR(u, opcode, ID, name, bits, min, max)                                             \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return vector(tr, f, UOP_v##name##bits, min, max);                                         \
    }
SAME(VECTOR_TR)
DIFFERENT(VECTOR_TR)

#define SCALAR_TR(u, opcode, ID, name, bits, min, max)                                             \
    static bool tr_##name##_scalar(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return scalar(tr, f, UOP_v##name##bits, min, max);                                         \
    }
SCALAR(SCALAR_TR)
SCALAR_DIFFERENT(SCALAR_TR)

#define VECTOR_FP_TR(u, high, opcode, ID, name)                                                    \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return vector_fp(tr, f, UOP_v##name##32);                                                  \
    }
SAME_FP(VECTOR_FP_TR)

#define SCALAR_FP_TR(u, high, opcode, ID, name)                                                    \
    static bool tr_##name##_scalar(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return simd_emit(tr, simd_op(UOP_v##name##32, f->z), f->d, f->n, f->m, 4u << f->z, 0, 0);  \
    }
SCALAR_FP(SCALAR_FP_TR)

#define LOGICAL_TR(u, size, ID, name)                                                              \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return simd_emit(tr, UOP_v##name##64, f->d, f->n, f->m, simd_bytes(f), 0, 0);              \
    }
LOGICAL(LOGICAL_TR)

static bool tr_orr(struct tr *tr, const struct fields *f)
{
    if (f->n == f->m) /* MOV (vector) */
        return simd_emit(tr, UOP_vmov, f->d, f->n, 0, simd_bytes(f), 0, 0);
    return simd_emit(tr, UOP_vorr64, f->d, f->n, f->m, simd_bytes(f), 0, 0);
}

/* PMULL of bytes; that of doublewords belongs to FEAT_PMULL. */
static bool tr_pmull(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, UOP_vpmull8, f->d, f->n, f->m, simd_bytes(f), 0, 0);
}

/* SQRDMLAH, SQRDMLSH: FEAT_RDM */
#define RDM_TR(name)                                                                               \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return vector(tr, f, UOP_v##name##16, 1, 2);                                               \
    }                                                                                              \
    static bool tr_##name##_scalar(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return scalar(tr, f, UOP_v##name##16, 1, 2);                                               \
    }
RDM_TR(sqrdmlah)
RDM_TR(sqrdmlsh)

/* SDOT, UDOT: FEAT_DotProd; PMULL of doublewords: FEAT_PMULL. */
#define FIXED_TR(name, op)                                                                         \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        return simd_emit(tr, op, f->d, f->n, f->m, simd_bytes(f), 0, 0);                           \
    }
FIXED_TR(sdot, UOP_vsdot32)
FIXED_TR(udot, UOP_vudot32)
FIXED_TR(pmull64, UOP_pmull64)

/* --- Rows --- */

#define VECTOR_ROW(u, opcode, ID, name, bits, min, max)                                            \
    INSN("0q" u "01110 zz1mmmmm " opcode "1nn nnnddddd", ID##_asimdsame_only, FEAT_AdvSIMD,        \
         tr_##name)
#define VECTOR_FP_ROW(u, high, opcode, ID, name)                                                   \
    INSN("0q" u "01110 " high "z1mmmmm " opcode "1nn nnnddddd", ID##_asimdsame_only, FEAT_AdvSIMD, \
         tr_##name)
#define LOGICAL_ROW(u, size, ID, name)                                                             \
    INSN("0q" u "01110 " size "1mmmmm 000111nn nnnddddd", ID##_asimdsame_only, FEAT_AdvSIMD,       \
         tr_##name)
#define SCALAR_ROW(u, opcode, ID, name, bits, min, max)                                            \
    INSN("01" u "11110 zz1mmmmm " opcode "1nn nnnddddd", ID##_asisdsame_only, FEAT_AdvSIMD,        \
         tr_##name##_scalar)
#define SCALAR_FP_ROW(u, high, opcode, ID, name)                                                   \
    INSN("01" u "11110 " high "z1mmmmm " opcode "1nn nnnddddd", ID##_asisdsame_only, FEAT_AdvSIMD, \
         tr_##name##_scalar)
#define DIFFERENT_ROW(u, opcode, ID, name, bits, min, max)                                         \
    INSN("0q" u "01110 zz1mmmmm " opcode "00nn nnnddddd", ID##_asimddiff, FEAT_AdvSIMD, tr_##name)
#define SCALAR_DIFFERENT_ROW(u, opcode, ID, name, bits, min, max)                                  \
    INSN("01" u "11110 zz1mmmmm " opcode "00nn nnnddddd", ID##_asisddiff_only, FEAT_AdvSIMD,       \
         tr_##name##_scalar)

static const struct insn_row rows[] = {
    /* clang-format off */
    SAME(VECTOR_ROW)
    LOGICAL(LOGICAL_ROW)
    INSN("0q001110 101mmmmm 000111nn nnnddddd", ORR_asimdsame_only, FEAT_AdvSIMD, tr_orr)
    SAME_FP(VECTOR_FP_ROW)
    SCALAR(SCALAR_ROW)
    SCALAR_FP(SCALAR_FP_ROW)
    DIFFERENT(DIFFERENT_ROW)
    INSN("0q001110 001mmmmm 111000nn nnnddddd", PMULL_asimddiff_L, FEAT_AdvSIMD, tr_pmull)
    SCALAR_DIFFERENT(SCALAR_DIFFERENT_ROW)
    INSN("0q001110 111mmmmm 111000nn nnnddddd", PMULL_asimddiff_L_64, FEAT_PMULL, tr_pmull64)
    INSN("0q001110 100mmmmm 100101nn nnnddddd", SDOT_asimdsame2_D, FEAT_DotProd, tr_sdot)
    INSN("0q101110 100mmmmm 100101nn nnnddddd", UDOT_asimdsame2_D, FEAT_DotProd, tr_udot)
    INSN("0q101110 zz0mmmmm 100001nn nnnddddd", SQRDMLAH_asimdsame2_only, FEAT_RDM, tr_sqrdmlah)
    INSN("0q101110 zz0mmmmm 100011nn nnnddddd", SQRDMLSH_asimdsame2_only, FEAT_RDM, tr_sqrdmlsh)
    INSN("01111110 zz0mmmmm 100001nn nnnddddd", SQRDMLAH_asisdsame2_only, FEAT_RDM, tr_sqrdmlah_scalar)
    INSN("01111110 zz0mmmmm 100011nn nnnddddd", SQRDMLSH_asisdsame2_only, FEAT_RDM, tr_sqrdmlsh_scalar)
    /* clang-format on */
};

const struct insn_table insn_simd_same = {"simd_same", rows, ARRAY_SIZE(rows)};
