/* Advanced SIMD shift by immediate, vector and scalar: DDI 0487, C4.1.96. The highest bit set in
 * immh tells the element size, so each size has a row; j is what of immh:immb is below that bit. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

/* --- V(U, opcode, ID, name, op, amount): `op` is the family of micro-ops, `amount` says how
 * immh:immb gives it --- */

#define SHIFT_BHSD(V)                                                                              \
    V("0", "00000", SSHR, sshr, sshr, RIGHT)                                                       \
    V("0", "00010", SSRA, ssra, ssra, RIGHT)                                                       \
    V("0", "00100", SRSHR, srshr, srshr, RIGHT)                                                    \
    V("0", "00110", SRSRA, srsra, srsra, RIGHT)                                                    \
    V("0", "01010", SHL, shl, shl, LEFT)                                                           \
    V("0", "01110", SQSHL, sqshl, sqshli, LEFT)                                                    \
    V("1", "00000", USHR, ushr, ushr, RIGHT)                                                       \
    V("1", "00010", USRA, usra, usra, RIGHT)                                                       \
    V("1", "00100", URSHR, urshr, urshr, RIGHT)                                                    \
    V("1", "00110", URSRA, ursra, ursra, RIGHT)                                                    \
    V("1", "01000", SRI, sri, sri, RIGHT)                                                          \
    V("1", "01010", SLI, sli, sli, LEFT)                                                           \
    V("1", "01100", SQSHLU, sqshlu, sqshlu, LEFT)                                                  \
    V("1", "01110", UQSHL, uqshl, uqshli, LEFT)

/* Narrowing and widening: the element is the narrow one. */
#define SHIFT_BHS(V)                                                                               \
    V("0", "10000", SHRN, shrn, shrn, RIGHT)                                                       \
    V("0", "10001", RSHRN, rshrn, rshrn, RIGHT)                                                    \
    V("0", "10010", SQSHRN, sqshrn, sqshrn, RIGHT)                                                 \
    V("0", "10011", SQRSHRN, sqrshrn, sqrshrn, RIGHT)                                              \
    V("0", "10100", SSHLL, sshll, sshll, LEFT)                                                     \
    V("1", "10000", SQSHRUN, sqshrun, sqshrun, RIGHT)                                              \
    V("1", "10001", SQRSHRUN, sqrshrun, sqrshrun, RIGHT)                                           \
    V("1", "10010", UQSHRN, uqshrn, uqshrn, RIGHT)                                                 \
    V("1", "10011", UQRSHRN, uqrshrn, uqrshrn, RIGHT)                                              \
    V("1", "10100", USHLL, ushll, ushll, LEFT)

/* Fraction bits are counted as shifts to the right are. */
#define CONVERT_SD(V)                                                                              \
    V("0", "11100", SCVTF, scvtf, scvtf, RIGHT)                                                    \
    V("0", "11111", FCVTZS, fcvtzs, fcvts, TOWARDS_ZERO)                                           \
    V("1", "11100", UCVTF, ucvtf, ucvtf, RIGHT)                                                    \
    V("1", "11111", FCVTZU, fcvtzu, fcvtu, TOWARDS_ZERO)

/* Scalar: of doublewords only, of all sizes, narrowing ones. */
#define SCALAR_D(V)                                                                                \
    V("0", "00000", SSHR, sshr, sshr, RIGHT)                                                       \
    V("0", "00010", SSRA, ssra, ssra, RIGHT)                                                       \
    V("0", "00100", SRSHR, srshr, srshr, RIGHT)                                                    \
    V("0", "00110", SRSRA, srsra, srsra, RIGHT)                                                    \
    V("0", "01010", SHL, shl, shl, LEFT)                                                           \
    V("1", "00000", USHR, ushr, ushr, RIGHT)                                                       \
    V("1", "00010", USRA, usra, usra, RIGHT)                                                       \
    V("1", "00100", URSHR, urshr, urshr, RIGHT)                                                    \
    V("1", "00110", URSRA, ursra, ursra, RIGHT)                                                    \
    V("1", "01000", SRI, sri, sri, RIGHT)                                                          \
    V("1", "01010", SLI, sli, sli, LEFT)

#define SCALAR_BHSD(V)                                                                             \
    V("0", "01110", SQSHL, sqshl, sqshli, LEFT)                                                    \
    V("1", "01100", SQSHLU, sqshlu, sqshlu, LEFT)                                                  \
    V("1", "01110", UQSHL, uqshl, uqshli, LEFT)

#define SCALAR_BHS(V)                                                                              \
    V("0", "10010", SQSHRN, sqshrn, sqshrn, RIGHT)                                                 \
    V("0", "10011", SQRSHRN, sqrshrn, sqrshrn, RIGHT)                                              \
    V("1", "10000", SQSHRUN, sqshrun, sqshrun, RIGHT)                                              \
    V("1", "10001", SQRSHRUN, sqrshrun, sqrshrun, RIGHT)                                           \
    V("1", "10010", UQSHRN, uqshrn, uqshrn, RIGHT)                                                 \
    V("1", "10011", UQRSHRN, uqrshrn, uqrshrn, RIGHT)

/* --- Translators --- */

enum amount { RIGHT, LEFT, TOWARDS_ZERO };

#define ROUNDING_SHIFT                                                                             \
    8 /* where the rounding stands in the immediate of conversions: vec_lanes_fp.h */

/* Elements of `bits` bits; immh:immb is bits + j. */
static uint64_t shift_amount(const struct fields *f, unsigned bits, enum amount amount)
{
    if (amount == LEFT)
        return f->j;
    return bits - f->j + (amount == TOWARDS_ZERO ? FPRounding_ZERO << ROUNDING_SHIFT : 0);
}

static bool vector(struct tr *tr, const struct fields *f, enum uop_op op, unsigned bits,
                   enum amount amount)
{
    if (bits == 64 && !f->q)
        return false;
    return simd_emit(tr, op, f->d, f->n, 0, simd_bytes(f), 0, shift_amount(f, bits, amount));
}

static bool scalar(struct tr *tr, const struct fields *f, enum uop_op op, unsigned bits,
                   enum amount amount)
{
    return simd_emit(tr, op, f->d, f->n, 0, bits / 8, 0, shift_amount(f, bits, amount));
}

#define TR(name, op, bits, amount)                                                                 \
    static bool tr_##name##_##bits(struct tr *tr, const struct fields *f)                          \
    {                                                                                              \
        return vector(tr, f, UOP_v##op##bits, bits, amount);                                       \
    }
#define TR_BHS(u, opcode, ID, name, op, amount)                                                    \
    TR(name, op, 8, amount)                                                                        \
    TR(name, op, 16, amount)                                                                       \
    TR(name, op, 32, amount)
#define TR_BHSD(u, opcode, ID, name, op, amount)                                                   \
    TR_BHS(u, opcode, ID, name, op, amount)                                                        \
    TR(name, op, 64, amount)
#define TR_SD(u, opcode, ID, name, op, amount)                                                     \
    TR(name, op, 32, amount)                                                                       \
    TR(name, op, 64, amount)
SHIFT_BHSD(TR_BHSD)
SHIFT_BHS(TR_BHS)
CONVERT_SD(TR_SD)

#define SCALAR_TR(name, op, bits, amount)                                                          \
    static bool tr_##name##_scalar_##bits(struct tr *tr, const struct fields *f)                   \
    {                                                                                              \
        return scalar(tr, f, UOP_v##op##bits, bits, amount);                                       \
    }
#define SCALAR_TR_D(u, opcode, ID, name, op, amount) SCALAR_TR(name, op, 64, amount)
#define SCALAR_TR_SD(u, opcode, ID, name, op, amount)                                              \
    SCALAR_TR(name, op, 32, amount)                                                                \
    SCALAR_TR(name, op, 64, amount)
#define SCALAR_TR_BHS(u, opcode, ID, name, op, amount)                                             \
    SCALAR_TR(name, op, 8, amount)                                                                 \
    SCALAR_TR(name, op, 16, amount)                                                                \
    SCALAR_TR(name, op, 32, amount)
#define SCALAR_TR_BHSD(u, opcode, ID, name, op, amount)                                            \
    SCALAR_TR_BHS(u, opcode, ID, name, op, amount)                                                 \
    SCALAR_TR(name, op, 64, amount)
SCALAR_D(SCALAR_TR_D)
SCALAR_BHSD(SCALAR_TR_BHSD)
SCALAR_BHS(SCALAR_TR_BHS)
CONVERT_SD(SCALAR_TR_SD)

/* --- Rows --- */

#define ROW(u, opcode, ID, name, immh_immb, bits)                                                  \
    INSN("0q" u "01111 0" immh_immb " " opcode "1nn nnnddddd", ID##_asimdshf_##bits, FEAT_AdvSIMD, \
         tr_##name##_##bits)
#define ROW_B(u, opcode, ID, name) ROW(u, opcode, ID, name, "0001jjj", 8)
#define ROW_H(u, opcode, ID, name) ROW(u, opcode, ID, name, "001jjjj", 16)
#define ROW_S(u, opcode, ID, name) ROW(u, opcode, ID, name, "01jjjjj", 32)
#define ROW_D(u, opcode, ID, name) ROW(u, opcode, ID, name, "1jjjjjj", 64)
#define ROWS_BHS(u, opcode, ID, name, op, amount)                                                  \
    ROW_B(u, opcode, ID, name) ROW_H(u, opcode, ID, name) ROW_S(u, opcode, ID, name)
#define ROWS_BHSD(u, opcode, ID, name, op, amount)                                                 \
    ROWS_BHS(u, opcode, ID, name, op, amount) ROW_D(u, opcode, ID, name)
#define ROWS_SD(u, opcode, ID, name, op, amount)                                                   \
    ROW_S(u, opcode, ID, name) ROW_D(u, opcode, ID, name)

#define SCALAR_ROW(u, opcode, ID, name, immh_immb, bits)                                           \
    INSN("01" u "11111 0" immh_immb " " opcode "1nn nnnddddd", ID##_asisdshf_##bits, FEAT_AdvSIMD, \
         tr_##name##_scalar_##bits)
#define SCALAR_ROW_B(u, opcode, ID, name) SCALAR_ROW(u, opcode, ID, name, "0001jjj", 8)
#define SCALAR_ROW_H(u, opcode, ID, name) SCALAR_ROW(u, opcode, ID, name, "001jjjj", 16)
#define SCALAR_ROW_S(u, opcode, ID, name) SCALAR_ROW(u, opcode, ID, name, "01jjjjj", 32)
#define SCALAR_ROWS_D(u, opcode, ID, name, op, amount)                                             \
    SCALAR_ROW(u, opcode, ID, name, "1jjjjjj", 64)
#define SCALAR_ROWS_SD(u, opcode, ID, name, op, amount)                                            \
    SCALAR_ROW_S(u, opcode, ID, name) SCALAR_ROWS_D(u, opcode, ID, name, op, amount)
#define SCALAR_ROWS_BHS(u, opcode, ID, name, op, amount)                                           \
    SCALAR_ROW_B(u, opcode, ID, name)                                                              \
    SCALAR_ROW_H(u, opcode, ID, name) SCALAR_ROW_S(u, opcode, ID, name)
#define SCALAR_ROWS_BHSD(u, opcode, ID, name, op, amount)                                          \
    SCALAR_ROWS_BHS(u, opcode, ID, name, op, amount) SCALAR_ROWS_D(u, opcode, ID, name, op, amount)

static const struct insn_row rows[] = {
    /* clang-format off */
    SHIFT_BHSD(ROWS_BHSD)
    SHIFT_BHS(ROWS_BHS)
    CONVERT_SD(ROWS_SD)
    SCALAR_D(SCALAR_ROWS_D)
    SCALAR_BHSD(SCALAR_ROWS_BHSD)
    SCALAR_BHS(SCALAR_ROWS_BHS)
    CONVERT_SD(SCALAR_ROWS_SD)
    /* clang-format on */
};

const struct insn_table insn_simd_shift = {"simd_shift", rows, ARRAY_SIZE(rows)};
