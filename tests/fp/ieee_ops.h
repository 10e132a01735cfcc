/* The operations, each an ieee_compute. */
#ifndef ULNA_TESTS_FP_IEEE_OPS_H
#define ULNA_TESTS_FP_IEEE_OPS_H

#include "ieee.h"

ieee_compute op_add, op_sub, op_abd, op_mul, op_nmul, op_mulx, op_div, op_sqrt, op_abs, op_neg;
/* A + N * M with none, the product, both, the addend negated: FMADD, FMSUB, FNMADD, FNMSUB. */
ieee_compute op_madd, op_msub, op_nmadd, op_nmsub;
ieee_compute op_recps, op_rsqrts;
ieee_compute op_max, op_min, op_maxnm, op_minnm;
ieee_compute op_cmp, op_cmpz, op_condition;
ieee_compute op_cmeq, op_cmge, op_cmgt, op_acge, op_acgt;
ieee_compute op_cmeqz, op_cmgez, op_cmgtz, op_cmlez, op_cmltz;
ieee_compute op_rint, op_rintn;
ieee_compute op_convert, op_to_integer, op_to_javascript, op_from_integer;
ieee_compute op_bfcvt, op_bfmlal, op_bfdot;

#endif
