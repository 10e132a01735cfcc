/* The instructions that are compared. IEEE_ROWS(R) lists R(routines, text, ...): how many routines
 * the guest has for it (one, or one for each number `fb` of fraction bits from 1 on); what is
 * assembled, with the registers of struct ieee_row; and the rest of that structure. */
#ifndef ULNA_TESTS_FP_IEEE_ROWS_H
#define ULNA_TESTS_FP_IEEE_ROWS_H

/* --- What there is of each: M(R, register or arrangement, its format, that of integers of its
 * width, lanes, a letter for elements, ...) --- */

#define WIDE_SCALARS(R, M, ...)                                                                    \
    M(R, s, F_SINGLE, F_I32, 1, s, __VA_ARGS__)                                                    \
    M(R, d, F_DOUBLE, F_I64, 1, d, __VA_ARGS__)
#define SCALARS(R, M, ...)                                                                         \
    M(R, h, F_HALF, F_I16, 1, h, __VA_ARGS__)                                                      \
    WIDE_SCALARS(R, M, __VA_ARGS__)
#define WIDE_VECTORS(R, M, ...)                                                                    \
    M(R, .2s, F_SINGLE, F_I32, 2, s, __VA_ARGS__)                                                  \
    M(R, .4s, F_SINGLE, F_I32, 4, s, __VA_ARGS__)                                                  \
    M(R, .2d, F_DOUBLE, F_I64, 2, d, __VA_ARGS__)
#define VECTORS(R, M, ...)                                                                         \
    M(R, .4h, F_HALF, F_I16, 4, h, __VA_ARGS__)                                                    \
    M(R, .8h, F_HALF, F_I16, 8, h, __VA_ARGS__)                                                    \
    WIDE_VECTORS(R, M, __VA_ARGS__)

/* --- Shapes --- */

#define SCALAR1(R, r, f, i, n, e, name, op, nep, ...)                                              \
    R(1, #name " " #r "3, " #r "0", .compute = op, .from = f, .to = f, .operands = 1, .lanes = 1,  \
      .merge = nep, ##__VA_ARGS__)
#define VECTOR1(R, t, f, i, n, e, name, op, ...)                                                   \
    R(1, #name " v3" #t ", v0" #t, .compute = op, .from = f, .to = f, .operands = 1, .lanes = n,   \
      ##__VA_ARGS__)
#define SCALAR2(R, r, f, i, n, e, name, op, nep)                                                   \
    R(1, #name " " #r "3, " #r "0, " #r "1", .compute = op, .from = f, .to = f, .operands = 2,     \
      .lanes = 1, .merge = nep)
#define VECTOR2(R, t, f, i, n, e, name, op, ...)                                                   \
    R(1, #name " v3" #t ", v0" #t ", v1" #t, .compute = op, .from = f, .to = f, .operands = 2,     \
      .lanes = n, ##__VA_ARGS__)
#define REDUCE(R, r, arrangement, f, count, name, op)                                              \
    R(1, #name " " #r "3, v0" #arrangement, .compute = op, .from = f, .to = f, .operands = 2,      \
      .lanes = 1, .reduces = count)
#define SCALAR_PAIR(R, r, f, i, n, e, name, op) REDUCE(R, r, .2##r, f, 2, name, op)
#define ACROSS(R, name, op)                                                                        \
    REDUCE(R, h, .4h, F_HALF, 4, name, op)                                                         \
    REDUCE(R, h, .8h, F_HALF, 8, name, op)                                                         \
    REDUCE(R, s, .4s, F_SINGLE, 4, name, op)
#define SCALAR3(R, r, f, i, n, e, name, op)                                                        \
    R(1, #name " " #r "3, " #r "0, " #r "1, " #r "2", .compute = op, .from = f, .to = f,           \
      .operands = 3, .lanes = 1, .merge = MERGE_V2)
#define ACCUMULATE "mov v3.16b, v2.16b\n "
#define VECTOR3(R, t, f, i, n, e, name, op)                                                        \
    R(1, ACCUMULATE #name " v3" #t ", v0" #t ", v1" #t, .compute = op, .from = f, .to = f,         \
      .operands = 3, .lanes = n, .accumulates = true)

#define BOTH1(R, name, op)                                                                         \
    SCALARS(R, SCALAR1, name, op, MERGE_V3)                                                        \
    VECTORS(R, VECTOR1, name, op)
#define BOTH2(R, name, op)                                                                         \
    SCALARS(R, SCALAR2, name, op, MERGE_V0)                                                        \
    VECTORS(R, VECTOR2, name, op)

/* Once more with what compilers look at: operands that are known to be zero above their element,
 * and a destination that is one of them. */
#define CLEAN(r) "fmov " #r "0, " #r "0\n fmov " #r "1, " #r "1\n fmov " #r "2, " #r "2\n "
#define SCALAR2_AGAIN(R, r, f, i, n, e, name, op)                                                  \
    R(1, CLEAN(r) #name " " #r "3, " #r "0, " #r "1", .compute = op, .from = f, .to = f,           \
      .operands = 2, .lanes = 1, .again = true)                                                    \
    R(1, #name " " #r "0, " #r "0, " #r "1\n mov v3.16b, v0.16b", .compute = op, .from = f,        \
      .to = f, .operands = 2, .lanes = 1, .merge = MERGE_V0, .again = true)                        \
    R(1, #name " " #r "1, " #r "0, " #r "1\n mov v3.16b, v1.16b", .compute = op, .from = f,        \
      .to = f, .operands = 2, .lanes = 1, .merge = MERGE_V0, .again = true)
#define VECTOR2_AGAIN(R, t, f, i, n, e, name, op)                                                  \
    R(1, #name " v0" #t ", v0" #t ", v1" #t "\n mov v3.16b, v0.16b", .compute = op, .from = f,     \
      .to = f, .operands = 2, .lanes = n)                                                          \
    R(1, #name " v1" #t ", v0" #t ", v1" #t "\n mov v3.16b, v1.16b", .compute = op, .from = f,     \
      .to = f, .operands = 2, .lanes = n)
#define SCALAR3_AGAIN(R, r, f, i, n, e, name, op)                                                  \
    R(1, CLEAN(r) #name " " #r "3, " #r "0, " #r "1, " #r "2", .compute = op, .from = f, .to = f,  \
      .operands = 3, .lanes = 1, .again = true)                                                    \
    R(1, #name " " #r "0, " #r "0, " #r "1, " #r "2\n mov v3.16b, v0.16b", .compute = op,          \
      .from = f, .to = f, .operands = 3, .lanes = 1, .merge = MERGE_V2, .again = true)             \
    R(1, #name " " #r "2, " #r "0, " #r "1, " #r "2\n mov v3.16b, v2.16b", .compute = op,          \
      .from = f, .to = f, .operands = 3, .lanes = 1, .merge = MERGE_V2, .again = true)
#define AGAIN2(R, name, op)                                                                        \
    WIDE_SCALARS(R, SCALAR2_AGAIN, name, op)                                                       \
    WIDE_VECTORS(R, VECTOR2_AGAIN, name, op)

/* By element: the last of the register, and for halves one that all arrangements have. */
#define INDEX_h             7
#define INDEX_s             3
#define INDEX_d             1
#define ELEMENT_(e, index)  "v1." #e "[" #index "]"
#define ELEMENT__(e, index) ELEMENT_(e, index)
#define ELEMENT(e)          ELEMENT__(e, INDEX_##e)

#define SCALAR_ELEMENT2(R, r, f, i, n, e, name, op)                                                \
    R(1, #name " " #r "3, " #r "0, " ELEMENT(e), .compute = op, .from = f, .to = f, .operands = 2, \
      .lanes = 1, .indexed = INDEX_##e + 1, .merge = MERGE_V0)
#define VECTOR_ELEMENT2(R, t, f, i, n, e, name, op)                                                \
    R(1, #name " v3" #t ", v0" #t ", " ELEMENT(e), .compute = op, .from = f, .to = f,              \
      .operands = 2, .lanes = n, .indexed = INDEX_##e + 1)
#define SCALAR_ELEMENT3(R, r, f, i, n, e, name, op)                                                \
    R(1, ACCUMULATE #name " " #r "3, " #r "0, " ELEMENT(e), .compute = op, .from = f, .to = f,     \
      .operands = 3, .lanes = 1, .indexed = INDEX_##e + 1, .accumulates = true, .merge = MERGE_V3)
#define VECTOR_ELEMENT3(R, t, f, i, n, e, name, op)                                                \
    R(1, ACCUMULATE #name " v3" #t ", v0" #t ", " ELEMENT(e), .compute = op, .from = f, .to = f,   \
      .operands = 3, .lanes = n, .indexed = INDEX_##e + 1, .accumulates = true)

/* --- Arithmetic --- */

#define ARITHMETIC_ROWS(R)                                                                         \
    BOTH2(R, fadd, op_add)                                                                         \
    BOTH2(R, fsub, op_sub)                                                                         \
    BOTH2(R, fmul, op_mul)                                                                         \
    BOTH2(R, fdiv, op_div)                                                                         \
    BOTH2(R, fmulx, op_mulx)                                                                       \
    BOTH2(R, fabd, op_abd)                                                                         \
    BOTH2(R, frecps, op_recps)                                                                     \
    BOTH2(R, frsqrts, op_rsqrts)                                                                   \
    BOTH2(R, fmax, op_max)                                                                         \
    BOTH2(R, fmin, op_min)                                                                         \
    BOTH2(R, fmaxnm, op_maxnm)                                                                     \
    BOTH2(R, fminnm, op_minnm)                                                                     \
    SCALARS(R, SCALAR2, fnmul, op_nmul, MERGE_V0)                                                  \
    SCALARS(R, SCALAR_ELEMENT2, fmul, op_mul)                                                      \
    SCALARS(R, SCALAR_ELEMENT2, fmulx, op_mulx)                                                    \
    VECTORS(R, VECTOR_ELEMENT2, fmul, op_mul)                                                      \
    VECTORS(R, VECTOR_ELEMENT2, fmulx, op_mulx)                                                    \
    VECTORS(R, VECTOR2, faddp, op_add, .pairwise = true)                                           \
    VECTORS(R, VECTOR2, fmaxp, op_max, .pairwise = true)                                           \
    VECTORS(R, VECTOR2, fminp, op_min, .pairwise = true)                                           \
    VECTORS(R, VECTOR2, fmaxnmp, op_maxnm, .pairwise = true)                                       \
    VECTORS(R, VECTOR2, fminnmp, op_minnm, .pairwise = true)                                       \
    SCALARS(R, SCALAR_PAIR, faddp, op_add)                                                         \
    SCALARS(R, SCALAR_PAIR, fmaxp, op_max)                                                         \
    SCALARS(R, SCALAR_PAIR, fminp, op_min)                                                         \
    SCALARS(R, SCALAR_PAIR, fmaxnmp, op_maxnm)                                                     \
    SCALARS(R, SCALAR_PAIR, fminnmp, op_minnm)                                                     \
    ACROSS(R, fmaxv, op_max)                                                                       \
    ACROSS(R, fminv, op_min)                                                                       \
    ACROSS(R, fmaxnmv, op_maxnm)                                                                   \
    ACROSS(R, fminnmv, op_minnm)                                                                   \
    BOTH1(R, fsqrt, op_sqrt)                                                                       \
    BOTH1(R, fabs, op_abs)                                                                         \
    BOTH1(R, fneg, op_neg)

#define FUSED_ROWS(R)                                                                              \
    SCALARS(R, SCALAR3, fmadd, op_madd)                                                            \
    SCALARS(R, SCALAR3, fmsub, op_msub)                                                            \
    SCALARS(R, SCALAR3, fnmadd, op_nmadd)                                                          \
    SCALARS(R, SCALAR3, fnmsub, op_nmsub)                                                          \
    VECTORS(R, VECTOR3, fmla, op_madd)                                                             \
    VECTORS(R, VECTOR3, fmls, op_msub)                                                             \
    SCALARS(R, SCALAR_ELEMENT3, fmla, op_madd)                                                     \
    SCALARS(R, SCALAR_ELEMENT3, fmls, op_msub)                                                     \
    VECTORS(R, VECTOR_ELEMENT3, fmla, op_madd)                                                     \
    VECTORS(R, VECTOR_ELEMENT3, fmls, op_msub)

#define AGAIN_ROWS(R)                                                                              \
    AGAIN2(R, fadd, op_add)                                                                        \
    AGAIN2(R, fsub, op_sub)                                                                        \
    AGAIN2(R, fmul, op_mul)                                                                        \
    AGAIN2(R, fdiv, op_div)                                                                        \
    AGAIN2(R, fmax, op_max)                                                                        \
    AGAIN2(R, fmin, op_min)                                                                        \
    AGAIN2(R, fmaxnm, op_maxnm)                                                                    \
    AGAIN2(R, fminnm, op_minnm)                                                                    \
    WIDE_SCALARS(R, SCALAR2_AGAIN, fnmul, op_nmul)                                                 \
    WIDE_SCALARS(R, SCALAR3_AGAIN, fmadd, op_madd)                                                 \
    WIDE_SCALARS(R, SCALAR3_AGAIN, fmsub, op_msub)                                                 \
    WIDE_SCALARS(R, SCALAR3_AGAIN, fnmadd, op_nmadd)                                               \
    WIDE_SCALARS(R, SCALAR3_AGAIN, fnmsub, op_nmsub)

/* Of narrow factors; FMLAL2 those of the other half, BFMLALT those with odd numbers. */
#define LONG(R, name, op)                                                                          \
    LONG_FROM(R, #name, 2, ".2s", ".2h", 0, op)                                                    \
    LONG_FROM(R, #name, 4, ".4s", ".4h", 0, op)                                                    \
    LONG_FROM(R, #name "2", 2, ".2s", ".2h", 2, op)                                                \
    LONG_FROM(R, #name "2", 4, ".4s", ".4h", 4, op)
#define LONG_FROM(R, name, n, to_text, from_text, first, op)                                       \
    R(1, ACCUMULATE name " v3" to_text ", v0" from_text ", v1" from_text, .compute = op,           \
      .from = F_HALF, .to = F_SINGLE, .operands = 3, .lanes = n, .skip = first,                    \
      .accumulates = true)                                                                         \
    R(1, ACCUMULATE name " v3" to_text ", v0" from_text ", v1.h[7]", .compute = op,                \
      .from = F_HALF, .to = F_SINGLE, .operands = 3, .lanes = n, .skip = first, .indexed = 8,      \
      .accumulates = true)
#define BFLOAT_LONG(R, name, first)                                                                \
    R(1, ACCUMULATE name " v3.4s, v0.8h, v1.8h", .compute = op_bfmlal, .from = F_BFLOAT,           \
      .to = F_SINGLE, .operands = 3, .lanes = 4, .skip = first, .stride = 2, .accumulates = true)  \
    R(1, ACCUMULATE name " v3.4s, v0.8h, v1.h[7]", .compute = op_bfmlal, .from = F_BFLOAT,         \
      .to = F_SINGLE, .operands = 3, .lanes = 4, .skip = first, .stride = 2, .indexed = 8,         \
      .accumulates = true)
#define BFLOAT_DOT(R, text, n, element)                                                            \
    R(1, ACCUMULATE "bfdot " text, .compute = op_bfdot, .from = F_I32, .to = F_SINGLE,             \
      .operands = 3, .lanes = n, .indexed = element, .accumulates = true)

#define LONG_ROWS(R)                                                                               \
    LONG(R, fmlal, op_madd)                                                                        \
    LONG(R, fmlsl, op_msub)                                                                        \
    BFLOAT_LONG(R, "bfmlalb", 0)                                                                   \
    BFLOAT_LONG(R, "bfmlalt", 1)                                                                   \
    BFLOAT_DOT(R, "v3.2s, v0.4h, v1.4h", 2, 0)                                                     \
    BFLOAT_DOT(R, "v3.4s, v0.8h, v1.8h", 4, 0)                                                     \
    BFLOAT_DOT(R, "v3.4s, v0.8h, v1.2h[3]", 4, 4)

/* --- Comparisons --- */

#define TO_X6 "\n mrs x6, nzcv\n lsr x6, x6, #28"
#define FLAGS(R, r, f, i, n, e, name, signalling)                                                  \
    R(1, #name " " #r "0, " #r "1" TO_X6, .compute = op_cmp, .from = f, .to = F_NZCV, .lanes = 1,  \
      .operands = 2, .signals = signalling)                                                        \
    R(1, #name " " #r "0, #0.0" TO_X6, .compute = op_cmpz, .from = f, .to = F_NZCV, .lanes = 1,    \
      .operands = 1, .signals = signalling)
#define FLAGS_IF(R, r, f, i, n, e, name, signalling)                                               \
    R(1, "cmp xzr, xzr\n " #name " " #r "0, " #r "1, #9, eq" TO_X6, .compute = op_cmp, .from = f,  \
      .to = F_NZCV, .lanes = 1, .operands = 2, .signals = signalling)
#define CONDITION(R, r, f, i, n, e, cond, number)                                                  \
    R(1, "fcmp " #r "0, " #r "1\n cset x6, " #cond, .compute = op_condition, .from = f, .to = F_X, \
      .lanes = 1, .operands = 2, .condition = number, .again = true)
#define SCALAR_MASK(R, r, f, i, n, e, name, op)                                                    \
    R(1, #name " " #r "3, " #r "0, " #r "1", .compute = op, .from = f, .to = i, .operands = 2,     \
      .lanes = 1, .merge = MERGE_V1)
#define VECTOR_MASK(R, t, f, i, n, e, name, op)                                                    \
    R(1, #name " v3" #t ", v0" #t ", v1" #t, .compute = op, .from = f, .to = i, .operands = 2,     \
      .lanes = n)
#define SCALAR_ZERO_MASK(R, r, f, i, n, e, name, op)                                               \
    R(1, #name " " #r "3, " #r "0, #0.0", .compute = op, .from = f, .to = i, .operands = 1,        \
      .lanes = 1)
#define VECTOR_ZERO_MASK(R, t, f, i, n, e, name, op)                                               \
    R(1, #name " v3" #t ", v0" #t ", #0.0", .compute = op, .from = f, .to = i, .operands = 1,      \
      .lanes = n)
#define MASKS(R, name, op)                                                                         \
    SCALARS(R, SCALAR_MASK, name, op)                                                              \
    VECTORS(R, VECTOR_MASK, name, op)
#define ZERO_MASKS(R, name, op)                                                                    \
    SCALARS(R, SCALAR_ZERO_MASK, name, op)                                                         \
    VECTORS(R, VECTOR_ZERO_MASK, name, op)

#define COMPARISON_ROWS(R)                                                                         \
    SCALARS(R, FLAGS, fcmp, false)                                                                 \
    SCALARS(R, FLAGS, fcmpe, true)                                                                 \
    SCALARS(R, FLAGS_IF, fccmp, false)                                                             \
    SCALARS(R, FLAGS_IF, fccmpe, true)                                                             \
    SCALARS(R, CONDITION, eq, 0)                                                                   \
    SCALARS(R, CONDITION, ne, 1)                                                                   \
    SCALARS(R, CONDITION, cs, 2)                                                                   \
    SCALARS(R, CONDITION, cc, 3)                                                                   \
    SCALARS(R, CONDITION, mi, 4)                                                                   \
    SCALARS(R, CONDITION, pl, 5)                                                                   \
    SCALARS(R, CONDITION, vs, 6)                                                                   \
    SCALARS(R, CONDITION, vc, 7)                                                                   \
    SCALARS(R, CONDITION, hi, 8)                                                                   \
    SCALARS(R, CONDITION, ls, 9)                                                                   \
    SCALARS(R, CONDITION, ge, 10)                                                                  \
    SCALARS(R, CONDITION, lt, 11)                                                                  \
    SCALARS(R, CONDITION, gt, 12)                                                                  \
    SCALARS(R, CONDITION, le, 13)                                                                  \
    MASKS(R, fcmeq, op_cmeq)                                                                       \
    MASKS(R, fcmge, op_cmge)                                                                       \
    MASKS(R, fcmgt, op_cmgt)                                                                       \
    MASKS(R, facge, op_acge)                                                                       \
    MASKS(R, facgt, op_acgt)                                                                       \
    ZERO_MASKS(R, fcmeq, op_cmeqz)                                                                 \
    ZERO_MASKS(R, fcmge, op_cmgez)                                                                 \
    ZERO_MASKS(R, fcmgt, op_cmgtz)                                                                 \
    ZERO_MASKS(R, fcmle, op_cmlez)                                                                 \
    ZERO_MASKS(R, fcmlt, op_cmltz)

/* --- Integral numbers --- */

#define BOTH_RINT(R, name, mode, is_exact)                                                         \
    SCALARS(R, SCALAR1, name, op_rint, MERGE_V3, .rounding = mode, .exact = is_exact)              \
    VECTORS(R, VECTOR1, name, op_rint, .rounding = mode, .exact = is_exact)
#define BOTH_RINTN(R, name, mode, bits)                                                            \
    WIDE_SCALARS(R, SCALAR1, name, op_rintn, MERGE_V3, .rounding = mode, .int_bits = bits)         \
    WIDE_VECTORS(R, VECTOR1, name, op_rintn, .rounding = mode, .int_bits = bits)

#define INTEGRAL_ROWS(R)                                                                           \
    BOTH_RINT(R, frintn, R_TIEEVEN, false)                                                         \
    BOTH_RINT(R, frintp, R_POSINF, false)                                                          \
    BOTH_RINT(R, frintm, R_NEGINF, false)                                                          \
    BOTH_RINT(R, frintz, R_ZERO, false)                                                            \
    BOTH_RINT(R, frinta, R_TIEAWAY, false)                                                         \
    BOTH_RINT(R, frinti, R_FPCR, false)                                                            \
    BOTH_RINT(R, frintx, R_FPCR, true)                                                             \
    BOTH_RINTN(R, frint32z, R_ZERO, 32)                                                            \
    BOTH_RINTN(R, frint32x, R_FPCR, 32)                                                            \
    BOTH_RINTN(R, frint64z, R_ZERO, 64)                                                            \
    BOTH_RINTN(R, frint64x, R_FPCR, 64)

/* --- To and from integers --- */

#define TO_GENERAL(R, r, f, i, n, e, name, mode, no_sign)                                          \
    R(1, #name " w6, " #r "0", .compute = op_to_integer, .from = f, .to = F_W, .operands = 1,      \
      .lanes = 1, .rounding = mode, .is_unsigned = no_sign)                                        \
    R(1, #name " x6, " #r "0", .compute = op_to_integer, .from = f, .to = F_X, .operands = 1,      \
      .lanes = 1, .rounding = mode, .is_unsigned = no_sign)
#define TO_SCALAR(R, r, f, i, n, e, name, mode, no_sign)                                           \
    R(1, #name " " #r "3, " #r "0", .compute = op_to_integer, .from = f, .to = i, .operands = 1,   \
      .lanes = 1, .merge = MERGE_V3, .rounding = mode, .is_unsigned = no_sign)
#define TO_VECTOR(R, t, f, i, n, e, name, mode, no_sign)                                           \
    R(1, #name " v3" #t ", v0" #t, .compute = op_to_integer, .from = f, .to = i, .operands = 1,    \
      .lanes = n, .rounding = mode, .is_unsigned = no_sign)
#define TO_INTEGERS(R, name, mode, no_sign)                                                        \
    SCALARS(R, TO_GENERAL, name, mode, no_sign)                                                    \
    SCALARS(R, TO_SCALAR, name, mode, no_sign)                                                     \
    VECTORS(R, TO_VECTOR, name, mode, no_sign)
#define FROM_GENERAL(R, r, f, i, n, e, name, no_sign)                                              \
    R(1, #name " " #r "3, w5", .compute = op_from_integer, .from = F_W, .to = f, .operands = 1,    \
      .lanes = 1, .is_unsigned = no_sign, .merge = MERGE_V3)                                       \
    R(1, #name " " #r "3, x5", .compute = op_from_integer, .from = F_X, .to = f, .operands = 1,    \
      .lanes = 1, .is_unsigned = no_sign, .merge = MERGE_V3)
#define FROM_SCALAR(R, r, f, i, n, e, name, no_sign)                                               \
    R(1, #name " " #r "3, " #r "0", .compute = op_from_integer, .from = i, .to = f, .operands = 1, \
      .lanes = 1, .is_unsigned = no_sign, .merge = MERGE_V3)
#define FROM_VECTOR(R, t, f, i, n, e, name, no_sign)                                               \
    R(1, #name " v3" #t ", v0" #t, .compute = op_from_integer, .from = i, .to = f, .operands = 1,  \
      .lanes = n, .is_unsigned = no_sign)
#define FROM_INTEGERS(R, name, no_sign)                                                            \
    SCALARS(R, FROM_GENERAL, name, no_sign)                                                        \
    SCALARS(R, FROM_SCALAR, name, no_sign)                                                         \
    VECTORS(R, FROM_VECTOR, name, no_sign)

#define INTEGER_ROWS(R)                                                                            \
    TO_INTEGERS(R, fcvtns, R_TIEEVEN, false)                                                       \
    TO_INTEGERS(R, fcvtnu, R_TIEEVEN, true)                                                        \
    TO_INTEGERS(R, fcvtps, R_POSINF, false)                                                        \
    TO_INTEGERS(R, fcvtpu, R_POSINF, true)                                                         \
    TO_INTEGERS(R, fcvtms, R_NEGINF, false)                                                        \
    TO_INTEGERS(R, fcvtmu, R_NEGINF, true)                                                         \
    TO_INTEGERS(R, fcvtzs, R_ZERO, false)                                                          \
    TO_INTEGERS(R, fcvtzu, R_ZERO, true)                                                           \
    TO_INTEGERS(R, fcvtas, R_TIEAWAY, false)                                                       \
    TO_INTEGERS(R, fcvtau, R_TIEAWAY, true)                                                        \
    FROM_INTEGERS(R, scvtf, false)                                                                 \
    FROM_INTEGERS(R, ucvtf, true)                                                                  \
    R(1, "fjcvtzs w6, d0\n cset x8, eq\n orr x6, x6, x8, lsl #32", .compute = op_to_javascript,    \
      .from = F_DOUBLE, .to = F_X, .operands = 1, .lanes = 1)

/* With fraction bits: of general registers, then of vector registers. */
#define FIXED_GENERAL(R, r, f, i, n, e, sign, no_sign)                                             \
    R(32, "fcvtz" #sign " w6, " #r "0, #fb", .compute = op_to_integer, .from = f, .to = F_W,       \
      .operands = 1, .lanes = 1, .fixed = 32, .rounding = R_ZERO, .is_unsigned = no_sign)          \
    R(64, "fcvtz" #sign " x6, " #r "0, #fb", .compute = op_to_integer, .from = f, .to = F_X,       \
      .operands = 1, .lanes = 1, .fixed = 64, .rounding = R_ZERO, .is_unsigned = no_sign)          \
    R(32, #sign "cvtf " #r "3, w5, #fb", .compute = op_from_integer, .from = F_W, .to = f,         \
      .operands = 1, .fixed = 32, .lanes = 1, .is_unsigned = no_sign, .merge = MERGE_V3)           \
    R(64, #sign "cvtf " #r "3, x5, #fb", .compute = op_from_integer, .from = F_X, .to = f,         \
      .operands = 1, .fixed = 64, .lanes = 1, .is_unsigned = no_sign, .merge = MERGE_V3)
#define FIXED_PAIR(R, to_text, from_text, f, i, n, bits, nep, no_sign)                             \
    R(bits, to_text ", #fb", .compute = op_to_integer, .from = f, .to = i, .operands = 1,          \
      .fixed = bits, .lanes = n, .merge = nep, .rounding = R_ZERO, .is_unsigned = no_sign)         \
    R(bits, from_text ", #fb", .compute = op_from_integer, .from = i, .to = f, .operands = 1,      \
      .fixed = bits, .lanes = n, .is_unsigned = no_sign, .merge = nep)
#define BITS_h 16
#define BITS_s 32
#define BITS_d 64
#define FIXED_SCALAR(R, r, f, i, n, e, sign, no_sign)                                              \
    FIXED_PAIR(R, "fcvtz" #sign " " #r "3, " #r "0", #sign "cvtf " #r "3, " #r "0", f, i, 1,       \
               BITS_##e, MERGE_V3, no_sign)
#define FIXED_VECTOR(R, t, f, i, n, e, sign, no_sign)                                              \
    FIXED_PAIR(R, "fcvtz" #sign " v3" #t ", v0" #t, #sign "cvtf v3" #t ", v0" #t, f, i, n,         \
               BITS_##e, MERGE_NOTHING, no_sign)

#define FIXED_ROWS(R)                                                                              \
    SCALARS(R, FIXED_GENERAL, s, false)                                                            \
    SCALARS(R, FIXED_GENERAL, u, true)                                                             \
    SCALARS(R, FIXED_SCALAR, s, false)                                                             \
    SCALARS(R, FIXED_SCALAR, u, true)                                                              \
    VECTORS(R, FIXED_VECTOR, s, false)                                                             \
    VECTORS(R, FIXED_VECTOR, u, true)

/* --- Between formats --- */

#define CONVERT(R, text, f, t, n, ...)                                                             \
    R(1, text, .compute = op_convert, .from = f, .to = t, .operands = 1, .lanes = n,               \
      .rounding = R_FPCR, ##__VA_ARGS__)

#define CONVERSION_ROWS(R)                                                                         \
    CONVERT(R, "fcvt s3, h0", F_HALF, F_SINGLE, 1, .merge = MERGE_V3)                              \
    CONVERT(R, "fcvt d3, h0", F_HALF, F_DOUBLE, 1, .merge = MERGE_V3)                              \
    CONVERT(R, "fcvt h3, s0", F_SINGLE, F_HALF, 1, .merge = MERGE_V3)                              \
    CONVERT(R, "fcvt d3, s0", F_SINGLE, F_DOUBLE, 1, .merge = MERGE_V3)                            \
    CONVERT(R, "fcvt h3, d0", F_DOUBLE, F_HALF, 1, .merge = MERGE_V3)                              \
    CONVERT(R, "fcvt s3, d0", F_DOUBLE, F_SINGLE, 1, .merge = MERGE_V3)                            \
    CONVERT(R, "fcvtl v3.4s, v0.4h", F_HALF, F_SINGLE, 4)                                          \
    CONVERT(R, "fcvtl2 v3.4s, v0.8h", F_HALF, F_SINGLE, 4, .skip = 4)                              \
    CONVERT(R, "fcvtl v3.2d, v0.2s", F_SINGLE, F_DOUBLE, 2)                                        \
    CONVERT(R, "fcvtl2 v3.2d, v0.4s", F_SINGLE, F_DOUBLE, 2, .skip = 2)                            \
    CONVERT(R, "fcvtn v3.4h, v0.4s", F_SINGLE, F_HALF, 4)                                          \
    CONVERT(R, "fcvtn2 v3.8h, v0.4s", F_SINGLE, F_HALF, 4, .skip_to = 4)                           \
    CONVERT(R, "fcvtn v3.2s, v0.2d", F_DOUBLE, F_SINGLE, 2)                                        \
    CONVERT(R, "fcvtn2 v3.4s, v0.2d", F_DOUBLE, F_SINGLE, 2, .skip_to = 2)                         \
    R(1, "fcvtxn s3, d0", .compute = op_convert, .from = F_DOUBLE, .to = F_SINGLE, .operands = 1,  \
      .lanes = 1, .rounding = R_ODD, .merge = MERGE_V3)                                            \
    R(1, "fcvtxn v3.2s, v0.2d", .compute = op_convert, .from = F_DOUBLE, .to = F_SINGLE,           \
      .operands = 1, .lanes = 2, .rounding = R_ODD)                                                \
    R(1, "fcvtxn2 v3.4s, v0.2d", .compute = op_convert, .from = F_DOUBLE, .to = F_SINGLE,          \
      .operands = 1, .lanes = 2, .rounding = R_ODD, .skip_to = 2)                                  \
    R(1, "bfcvt h3, s0", .compute = op_bfcvt, .from = F_SINGLE, .to = F_BFLOAT, .operands = 1,     \
      .lanes = 1, .merge = MERGE_V3)                                                               \
    R(1, "bfcvtn v3.4h, v0.4s", .compute = op_bfcvt, .from = F_SINGLE, .to = F_BFLOAT,             \
      .operands = 1, .lanes = 4)                                                                   \
    R(1, "bfcvtn2 v3.8h, v0.4s", .compute = op_bfcvt, .from = F_SINGLE, .to = F_BFLOAT,            \
      .operands = 1, .lanes = 4, .skip_to = 4)

/* --- SVE, with the vectors of 128 bits that V registers show --- */

#define Z_VECTORS(R, M, ...)                                                                       \
    M(R, .h, F_HALF, F_I16, 8, h, __VA_ARGS__)                                                     \
    M(R, .s, F_SINGLE, F_I32, 4, s, __VA_ARGS__)                                                   \
    M(R, .d, F_DOUBLE, F_I64, 2, d, __VA_ARGS__)
#define ALL_ACTIVE "ptrue p0.b\n "

#define Z_2(R, t, f, i, n, e, name, op)                                                            \
    R(1, #name " z3" #t ", z0" #t ", z1" #t, .compute = op, .from = f, .to = f, .operands = 2,     \
      .lanes = n, .sve = true)
#define Z_ELEMENT2(R, t, f, i, n, e, name, op)                                                     \
    R(1, #name " z3" #t ", z0" #t ", z1" #t "[" Z_INDEX(e) "]", .compute = op, .from = f, .to = f, \
      .operands = 2, .lanes = n, .indexed = INDEX_##e + 1, .sve = true)
#define Z_ELEMENT3(R, t, f, i, n, e, name, op)                                                     \
    R(1, ACCUMULATE #name " z3" #t ", z0" #t ", z1" #t "[" Z_INDEX(e) "]", .compute = op,          \
      .from = f, .to = f, .operands = 3, .lanes = n, .indexed = INDEX_##e + 1,                     \
      .accumulates = true, .sve = true)
#define Z_INDEX_(index)  #index
#define Z_INDEX__(index) Z_INDEX_(index)
#define Z_INDEX(e)       Z_INDEX__(INDEX_##e)
#define Z_MERGE1(R, t, f, i, n, e, name, op, ...)                                                  \
    R(1, ALL_ACTIVE #name " z3" #t ", p0/m, z0" #t, .compute = op, .from = f, .to = f,             \
      .operands = 1, .lanes = n, .sve = true, ##__VA_ARGS__)
#define Z_MERGE2(R, t, f, i, n, e, name, op)                                                       \
    R(1, ALL_ACTIVE "movprfx z3, z0\n " #name " z3" #t ", p0/m, z3" #t ", z1" #t, .compute = op,   \
      .from = f, .to = f, .operands = 2, .lanes = n, .sve = true)
#define Z_MERGE3(R, t, f, i, n, e, name, op)                                                       \
    R(1, ACCUMULATE ALL_ACTIVE #name " z3" #t ", p0/m, z0" #t ", z1" #t, .compute = op, .from = f, \
      .to = f, .operands = 3, .lanes = n, .accumulates = true, .sve = true)
#define Z_MASK(R, t, f, i, n, e, name, op)                                                         \
    R(1, ALL_ACTIVE #name " p1" #t ", p0/z, z0" #t ", z1" #t "\n mov z3" #t ", p1/z, #-1",         \
      .compute = op, .from = f, .to = i, .operands = 2, .lanes = n, .sve = true)
#define Z_ZERO_MASK(R, t, f, i, n, e, name, op)                                                    \
    R(1, ALL_ACTIVE #name " p1" #t ", p0/z, z0" #t ", #0.0\n mov z3" #t ", p1/z, #-1",             \
      .compute = op, .from = f, .to = i, .operands = 1, .lanes = n, .sve = true)
#define Z_TO_INTEGER(R, t, f, i, n, e, name, no_sign)                                              \
    R(1, ALL_ACTIVE #name " z3" #t ", p0/m, z0" #t, .compute = op_to_integer, .from = f, .to = i,  \
      .operands = 1, .lanes = n, .rounding = R_ZERO, .is_unsigned = no_sign, .sve = true)
#define Z_FROM_INTEGER(R, t, f, i, n, e, name, no_sign)                                            \
    R(1, ALL_ACTIVE #name " z3" #t ", p0/m, z0" #t, .compute = op_from_integer, .from = i,         \
      .to = f, .operands = 1, .lanes = n, .is_unsigned = no_sign, .sve = true)

#define SVE_ROWS(R)                                                                                \
    Z_VECTORS(R, Z_2, fadd, op_add)                                                                \
    Z_VECTORS(R, Z_2, fsub, op_sub)                                                                \
    Z_VECTORS(R, Z_2, fmul, op_mul)                                                                \
    Z_VECTORS(R, Z_2, frecps, op_recps)                                                            \
    Z_VECTORS(R, Z_2, frsqrts, op_rsqrts)                                                          \
    Z_VECTORS(R, Z_ELEMENT2, fmul, op_mul)                                                         \
    Z_VECTORS(R, Z_ELEMENT3, fmla, op_madd)                                                        \
    Z_VECTORS(R, Z_ELEMENT3, fmls, op_msub)                                                        \
    Z_VECTORS(R, Z_MERGE2, fadd, op_add)                                                           \
    Z_VECTORS(R, Z_MERGE2, fsub, op_sub)                                                           \
    Z_VECTORS(R, Z_MERGE2, fmul, op_mul)                                                           \
    Z_VECTORS(R, Z_MERGE2, fdiv, op_div)                                                           \
    Z_VECTORS(R, Z_MERGE2, fmulx, op_mulx)                                                         \
    Z_VECTORS(R, Z_MERGE2, fabd, op_abd)                                                           \
    Z_VECTORS(R, Z_MERGE2, fmax, op_max)                                                           \
    Z_VECTORS(R, Z_MERGE2, fmin, op_min)                                                           \
    Z_VECTORS(R, Z_MERGE2, fmaxnm, op_maxnm)                                                       \
    Z_VECTORS(R, Z_MERGE2, fminnm, op_minnm)                                                       \
    Z_VECTORS(R, Z_MERGE3, fmla, op_madd)                                                          \
    Z_VECTORS(R, Z_MERGE3, fmls, op_msub)                                                          \
    Z_VECTORS(R, Z_MERGE3, fnmla, op_nmadd)                                                        \
    Z_VECTORS(R, Z_MERGE3, fnmls, op_nmsub)                                                        \
    Z_VECTORS(R, Z_MERGE1, fsqrt, op_sqrt)                                                         \
    Z_VECTORS(R, Z_MERGE1, fabs, op_abs)                                                           \
    Z_VECTORS(R, Z_MERGE1, fneg, op_neg)                                                           \
    Z_VECTORS(R, Z_MERGE1, frintn, op_rint, .rounding = R_TIEEVEN)                                 \
    Z_VECTORS(R, Z_MERGE1, frintp, op_rint, .rounding = R_POSINF)                                  \
    Z_VECTORS(R, Z_MERGE1, frintm, op_rint, .rounding = R_NEGINF)                                  \
    Z_VECTORS(R, Z_MERGE1, frintz, op_rint, .rounding = R_ZERO)                                    \
    Z_VECTORS(R, Z_MERGE1, frinta, op_rint, .rounding = R_TIEAWAY)                                 \
    Z_VECTORS(R, Z_MERGE1, frinti, op_rint, .rounding = R_FPCR)                                    \
    Z_VECTORS(R, Z_MERGE1, frintx, op_rint, .rounding = R_FPCR, .exact = true)                     \
    Z_VECTORS(R, Z_MASK, fcmeq, op_cmeq)                                                           \
    Z_VECTORS(R, Z_MASK, fcmge, op_cmge)                                                           \
    Z_VECTORS(R, Z_MASK, fcmgt, op_cmgt)                                                           \
    Z_VECTORS(R, Z_MASK, facge, op_acge)                                                           \
    Z_VECTORS(R, Z_MASK, facgt, op_acgt)                                                           \
    Z_VECTORS(R, Z_ZERO_MASK, fcmeq, op_cmeqz)                                                     \
    Z_VECTORS(R, Z_ZERO_MASK, fcmge, op_cmgez)                                                     \
    Z_VECTORS(R, Z_ZERO_MASK, fcmgt, op_cmgtz)                                                     \
    Z_VECTORS(R, Z_ZERO_MASK, fcmle, op_cmlez)                                                     \
    Z_VECTORS(R, Z_ZERO_MASK, fcmlt, op_cmltz)                                                     \
    Z_VECTORS(R, Z_TO_INTEGER, fcvtzs, false)                                                      \
    Z_VECTORS(R, Z_TO_INTEGER, fcvtzu, true)                                                       \
    Z_VECTORS(R, Z_FROM_INTEGER, scvtf, false)                                                     \
    Z_VECTORS(R, Z_FROM_INTEGER, ucvtf, true)

/* --- All --- */

#define IEEE_ROWS(R)                                                                               \
    ARITHMETIC_ROWS(R)                                                                             \
    FUSED_ROWS(R)                                                                                  \
    AGAIN_ROWS(R)                                                                                  \
    LONG_ROWS(R)                                                                                   \
    COMPARISON_ROWS(R)                                                                             \
    INTEGRAL_ROWS(R)                                                                               \
    INTEGER_ROWS(R)                                                                                \
    FIXED_ROWS(R)                                                                                  \
    CONVERSION_ROWS(R)                                                                             \
    SVE_ROWS(R)

#endif
