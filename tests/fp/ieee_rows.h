/* The instructions that are compared. IEEE_ROWS(R) lists R(routines, text, ...): how many routines
 * the guest has for it (one, or one for each number `fb` of fraction bits from 1 on); what is
 * assembled, with the registers of struct ieee_row; and the rest of that structure. */
#ifndef ULNA_TESTS_FP_IEEE_ROWS_H
#define ULNA_TESTS_FP_IEEE_ROWS_H

/* One shape for each arrangement: what it is called in the text, format, lanes. */
#define SCALARS(R, M, ...)                                                                         \
    M(R, s, F_SINGLE, F_I32, __VA_ARGS__)                                                          \
    M(R, d, F_DOUBLE, F_I64, __VA_ARGS__)
#define VECTORS(R, M, ...)                                                                         \
    M(R, .2s, F_SINGLE, F_I32, 2, __VA_ARGS__)                                                     \
    M(R, .4s, F_SINGLE, F_I32, 4, __VA_ARGS__)                                                     \
    M(R, .2d, F_DOUBLE, F_I64, 2, __VA_ARGS__)

#define SCALAR2(R, r, f, i, name, op, nep)                                                         \
    R(1, #name " " #r "3, " #r "0, " #r "1", .compute = op, .from = f, .to = f, .operands = 2,     \
      .lanes = 1, .merge = nep)
#define VECTOR2(R, t, f, i, n, name, op)                                                           \
    R(1, #name " v3" #t ", v0" #t ", v1" #t, .compute = op, .from = f, .to = f, .operands = 2,     \
      .lanes = n)
#define SCALAR3(R, r, f, i, name, op)                                                              \
    R(1, #name " " #r "3, " #r "0, " #r "1, " #r "2", .compute = op, .from = f, .to = f,           \
      .operands = 3, .lanes = 1, .merge = MERGE_V2)

#define BOTH2(R, name, op) SCALARS(R, SCALAR2, name, op, MERGE_V0) VECTORS(R, VECTOR2, name, op)

#define IEEE_ROWS(R)                                                                               \
    BOTH2(R, fadd, op_add)                                                                         \
    BOTH2(R, fsub, op_sub)                                                                         \
    BOTH2(R, fmul, op_mul)                                                                         \
    BOTH2(R, fdiv, op_div)                                                                         \
    SCALARS(R, SCALAR3, fmadd, op_madd)

#endif
