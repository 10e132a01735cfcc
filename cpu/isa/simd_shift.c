/* Advanced SIMD shift by immediate, vector and scalar: DDI 0487, C4.1.96. The highest bit set in
 * immh tells the element size, so each size has a row; j is what of immh:immb is below that bit. */
#include "cpu/isa/simd.h"
#include "cpu/isa/tables.h"

/* How immh:immb gives the amount; fraction bits are counted as shifts to the right are. */
enum amount { RIGHT, LEFT, TOWARDS_ZERO };

/* immh:immb is the element's bits + j. */
static uint64_t shift_amount(const struct fields *f)
{
    enum amount amount = (enum amount)f->row->imm;

    if (amount == LEFT)
        return f->j;
    return f->row->bits - f->j + (amount == TOWARDS_ZERO ? SIMD_ROUNDING(ZERO) : 0);
}

static bool tr_vector(struct tr *tr, const struct fields *f)
{
    if (f->row->bits == 64 && !f->q)
        return false;
    return simd_emit(tr, f->row->op, f->d, f->n, 0, simd_bytes(f), 0, shift_amount(f));
}

static bool tr_scalar(struct tr *tr, const struct fields *f)
{
    return simd_emit(tr, f->row->op, f->d, f->n, 0, f->row->bits / 8, 0, shift_amount(f));
}

/* --- Rows: (sizes, U, opcode, ID, op, amount): `op` is the family of micro-ops; BOTH has the sizes
 * of the vector form and those of the scalar one. Where the shift narrows or widens, the element is
 * the narrow one. --- */

#define VECTOR_ROW(immh_immb, bits_, feature, u, opcode, ID, op_, amount)                          \
    INSN_ARGS("0q" u "01111 0" immh_immb " " opcode "1nn nnnddddd", ID##_asimdshf_##bits_,         \
              feature, tr_vector, .op = UOP_v##op_##bits_, .bits = bits_, .imm = amount)
#define SCALAR_ROW(immh_immb, bits_, feature, u, opcode, ID, op_, amount)                          \
    INSN_ARGS("01" u "11111 0" immh_immb " " opcode "1nn nnnddddd", ID##_asisdshf_##bits_,         \
              feature, tr_scalar, .op = UOP_v##op_##bits_, .bits = bits_, .imm = amount)
/* floating-point */
#define SCALAR_FP_ROW(immh_immb, bits_, feature, u, opcode, ID, op_, amount)                       \
    INSN_ARGS("01" u "11111 0" immh_immb " " opcode "1nn nnnddddd", ID##_asisdshf_##bits_,         \
              feature, tr_scalar, .op = UOP_v##op_##bits_, .bits = bits_, .keeps = KEEPS_D,        \
              .imm = amount)

#define B(form, ...)    form("0001jjj", 8, FEAT_AdvSIMD, __VA_ARGS__)
#define H(form, ...)    form("001jjjj", 16, FEAT_AdvSIMD, __VA_ARGS__)
#define S(form, ...)    form("01jjjjj", 32, FEAT_AdvSIMD, __VA_ARGS__)
#define D(form, ...)    form("1jjjjjj", 64, FEAT_AdvSIMD, __VA_ARGS__)
#define BHS(form, ...)  B(form, __VA_ARGS__), H(form, __VA_ARGS__), S(form, __VA_ARGS__)
#define BHSD(form, ...) BHS(form, __VA_ARGS__), D(form, __VA_ARGS__)
/* floating-point */
#define HSD(form, ...)                                                                             \
    form("001jjjj", 16, FEAT_FP16, __VA_ARGS__), S(form, __VA_ARGS__), D(form, __VA_ARGS__)

#define VECTOR(sizes, ...) sizes(VECTOR_ROW, __VA_ARGS__)
#define BOTH(vector_sizes, scalar_sizes, ...)                                                      \
    vector_sizes(VECTOR_ROW, __VA_ARGS__), scalar_sizes(SCALAR_ROW, __VA_ARGS__)
#define BOTH_FP(...) HSD(VECTOR_ROW, __VA_ARGS__), HSD(SCALAR_FP_ROW, __VA_ARGS__)

static const struct insn_row rows[] = {
    /* clang-format off */
    BOTH(BHSD, D, "0", "00000", SSHR, sshr, RIGHT),
    BOTH(BHSD, D, "0", "00010", SSRA, ssra, RIGHT),
    BOTH(BHSD, D, "0", "00100", SRSHR, srshr, RIGHT),
    BOTH(BHSD, D, "0", "00110", SRSRA, srsra, RIGHT),
    BOTH(BHSD, D, "0", "01010", SHL, shl, LEFT),
    BOTH(BHSD, BHSD, "0", "01110", SQSHL, sqshli, LEFT),
    BOTH(BHSD, D, "1", "00000", USHR, ushr, RIGHT),
    BOTH(BHSD, D, "1", "00010", USRA, usra, RIGHT),
    BOTH(BHSD, D, "1", "00100", URSHR, urshr, RIGHT),
    BOTH(BHSD, D, "1", "00110", URSRA, ursra, RIGHT),
    BOTH(BHSD, D, "1", "01000", SRI, sri, RIGHT),
    BOTH(BHSD, D, "1", "01010", SLI, sli, LEFT),
    BOTH(BHSD, BHSD, "1", "01100", SQSHLU, sqshlu, LEFT),
    BOTH(BHSD, BHSD, "1", "01110", UQSHL, uqshli, LEFT),
    VECTOR(BHS, "0", "10000", SHRN, shrn, RIGHT),
    VECTOR(BHS, "0", "10001", RSHRN, rshrn, RIGHT),
    BOTH(BHS, BHS, "0", "10010", SQSHRN, sqshrn, RIGHT),
    BOTH(BHS, BHS, "0", "10011", SQRSHRN, sqrshrn, RIGHT),
    VECTOR(BHS, "0", "10100", SSHLL, sshll, LEFT),
    BOTH(BHS, BHS, "1", "10000", SQSHRUN, sqshrun, RIGHT),
    BOTH(BHS, BHS, "1", "10001", SQRSHRUN, sqrshrun, RIGHT),
    BOTH(BHS, BHS, "1", "10010", UQSHRN, uqshrn, RIGHT),
    BOTH(BHS, BHS, "1", "10011", UQRSHRN, uqrshrn, RIGHT),
    VECTOR(BHS, "1", "10100", USHLL, ushll, LEFT),
    BOTH_FP("0", "11100", SCVTF, scvtf, RIGHT),
    BOTH_FP("0", "11111", FCVTZS, fcvts, TOWARDS_ZERO),
    BOTH_FP("1", "11100", UCVTF, ucvtf, RIGHT),
    BOTH_FP("1", "11111", FCVTZU, fcvtu, TOWARDS_ZERO),
    /* clang-format on */
};

const struct insn_table insn_simd_shift = {"simd_shift", rows, ARRAY_SIZE(rows)};
