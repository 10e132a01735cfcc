/* What the lowerings of Advanced SIMD micro-ops share. Private to cpu/jit/lower_vec*.c.
 *
 * A form writes the operations of one micro-op; a row of the table in lower_vec.c says which form,
 * with which host opcodes. Operands without a home are in XMM0 (a), XMM1 (b) and XMM2 (d) once
 * vec_n(), vec_m(), vec_d() were called; forms may use these as soon as the operand is not needed
 * any more, and XMM3. Homes are only read: the last operation of a form, vec_end*(), writes the
 * destination, which may be the home of an operand. What the host lacks makes the form void, and
 * the micro-op's handler runs. */
#ifndef ULNA_CPU_JIT_LOWER_VEC_H
#define ULNA_CPU_JIT_LOWER_VEC_H

#include "cpu/jit/lower.h"
#include "cpu/jit/x64_vec.h"

struct vec_row;

struct vec {
    struct lower *l;
    const struct uop *uop;
    const struct vec_row *row;
    unsigned bytes;    /* of the result that count: those above become zero */
    unsigned result;   /* the XMM register it is in, set by vec_end*() */
    bool missing;      /* the host lacks something */
    struct stub *stub; /* runs the handler instead, behind the operation; NULL: none */
};

typedef void vec_form(struct vec *v);

struct vec_row {
    vec_form *form;
    unsigned bits; /* of a lane; where sizes differ, the narrow one */
    unsigned op, op2;
    bool is_signed, floating;
    bool to_integers; /* from numbers; or to halves */
    bool element;     /* b is one lane, y, for all */
};

/* --- Operands --- */

unsigned vec_n(struct vec *v);
unsigned vec_m(struct vec *v); /* of an element form: that element in every lane */
unsigned vec_d(struct vec *v);
/* 0 for bytes, 1 for halves, ... */
unsigned vec_size(unsigned bits);
/* The value in every lane of a doubleword. */
uint64_t vec_splat(unsigned bits, uint64_t value);

/* --- Operands of simple forms: one operation, that uses no register but these, on all 128 bits.
 * What has no home stays in one of XMM0 to XMM3, in case that the next simple forms want it: not to
 * wait for what was stored a moment ago --- */

bool vec_is_simple(const struct vec_row *row, const struct uop *uop);
/* `busy` is in use already. */
unsigned vec_simple_in(struct vec *v, unsigned number, unsigned busy);
unsigned vec_simple_out(struct vec *v);

/* --- Operations on XMM registers --- */

void vec_2(struct vec *v, unsigned op, unsigned to, unsigned from);
void vec_2i(struct vec *v, unsigned op, unsigned to, unsigned from, unsigned imm);
void vec_3(struct vec *v, unsigned op, unsigned to, unsigned a, unsigned b);
void vec_3i(struct vec *v, unsigned op, unsigned to, unsigned a, unsigned b, unsigned imm);
/* b is a constant of 128 bits, or of lanes that are all the same */
void vec_3c(struct vec *v, unsigned op, unsigned to, unsigned a, uint64_t low, uint64_t high);
void vec_3k(struct vec *v, unsigned op, unsigned to, unsigned a, unsigned bits, uint64_t value);
void vec_shift_op(struct vec *v, enum x64_lane_shift op, unsigned to, unsigned a, unsigned amount);
void vec_zero(struct vec *v, unsigned to);
void vec_ones(struct vec *v, unsigned to);
void vec_constant(struct vec *v, unsigned to, uint64_t low, uint64_t high);

/* --- The last operation --- */

/* Where it may write, if that is not its second operand. */
unsigned vec_to(struct vec *v);
void vec_end(struct vec *v, unsigned xmm); /* the result is there already */
void vec_end_2(struct vec *v, unsigned op, unsigned from);
void vec_end_3(struct vec *v, unsigned op, unsigned a, unsigned b);
void vec_end_not(struct vec *v, unsigned a);

/* --- Tables by lane size --- */

extern const unsigned vec_add[4], vec_sub[4], vec_compare_gt[4], vec_compare_eq[4];
extern const unsigned vec_unpack_low[4], vec_unpack_high[4];
extern const unsigned vec_max[2][3], vec_min[2][3]; /* unsigned, signed */

/* --- Pieces of forms. `t` is one more register that they may use --- */

enum vec_shift { VEC_SHL, VEC_SHR, VEC_SAR };

/* Every lane by the amount, up to `bits`. to may be a; t serves VEC_SAR of 64 bits only. */
void vec_shift(struct vec *v, enum vec_shift kind, unsigned bits, unsigned to, unsigned a,
               unsigned amount, unsigned t);
/* The lower or upper half of the lanes, twice as wide. to may be a. */
void vec_widen(struct vec *v, bool is_signed, unsigned bits, unsigned to, unsigned a, bool high,
               unsigned t);
/* The even (0) or odd (1) lanes of a, then those of b. t may be b, to must not be. */
void vec_unzip(struct vec *v, unsigned bits, unsigned part, unsigned to, unsigned a, unsigned b,
               unsigned t);
/* Lane y of a in every lane. */
void vec_broadcast(struct vec *v, unsigned bits, unsigned to, unsigned a, unsigned y);
/* XMM3 = the product of the lanes; XMM2 is lost. */
void vec_multiply(struct vec *v, unsigned bits, unsigned n, unsigned m);
/* XMM3 = |n - m|; XMM2 is lost. */
void vec_distance(struct vec *v, bool is_signed, unsigned bits, unsigned n, unsigned m);

/* XMM3 = the products of n and m, twice as wide; all else is lost. The whole result counts. */
void vec_multiply_long(struct vec *v);
/* FPSR.QC is set if one of the first `bytes` bytes of XMM is all ones, or (!ones) all zeroes; each
 * is one of these. Uses RAX. */
void vec_saturated(struct vec *v, unsigned xmm, bool ones, unsigned bytes);

/* --- Structures: lower_vec_mem.c --- */

struct vec_structures {
    unsigned count; /* of elements in one, and of registers and pieces */
    unsigned bytes; /* of a piece */
    unsigned size;  /* of an element */
    unsigned first; /* register, the others follow modulo 32 */
    unsigned part;  /* of Z registers: the slot of its Z0 */
};

/* Registers from memory, or memory from registers, which are there: lower_bring_vector(). */
void vec_structures(struct vec *v, const struct vec_structures *s, bool load, struct x64_mem mem);

/* --- Forms, by file --- */

/* lower_vec_arith.c */
vec_form vec_two, vec_two_swapped, vec_orn, vec_not, vec_bsl, vec_bit, vec_bif, vec_with_imm;
vec_form vec_mul, vec_mla, vec_mls, vec_pmul, vec_pmull, vec_neg, vec_abs, vec_abs64;
vec_form vec_cmgt, vec_cmge, vec_cmhi, vec_cmhs, vec_cmhi64, vec_cmhs64, vec_cmtst;
vec_form vec_cmeqz, vec_cmgtz, vec_cmgez, vec_cmlez, vec_cmltz;
vec_form vec_abd, vec_aba, vec_hadd, vec_rhadd, vec_hsub;
vec_form vec_pairs, vec_pair, vec_pairs_long, vec_pairs_long_add;
vec_form vec_across, vec_across_long, vec_across_bytes, vec_dot, vec_matrix;
vec_form vec_cnt, vec_rbit, vec_clz, vec_cls, vec_sign;
/* lower_vec_shift.c */
vec_form vec_shl, vec_shr, vec_shr_add, vec_rshr, vec_rshr_add, vec_sli, vec_sri;
vec_form vec_shll, vec_long, vec_wide, vec_mull, vec_mlal, vec_abdl, vec_abal;
vec_form vec_xtn, vec_addhn, vec_qxtn;
/* lower_vec_shift_by.c */
vec_form vec_shift_by, vec_qshift_by, vec_shift_halves_by, vec_shift_bytes_by;
/* lower_vec_saturate.c */
vec_form vec_saturating, vec_qadd_signed, vec_qadd_unsigned, vec_qabs, vec_qdmulh, vec_qdmull;
vec_form vec_qdmlal, vec_qrdmlah, vec_qshl;
/* lower_vec_move.c */
vec_form vec_mov, vec_movi, vec_from_general, vec_high_from_general;
vec_form vec_dup_gen, vec_dup_elem, vec_ins_gen, vec_ins_elem;
vec_form vec_zip, vec_uzp, vec_trn, vec_ext, vec_rev, vec_tbl, vec_tbx;
/* lower_vec_fp.c */
enum { VEC_SWAPPED = 1, VEC_WITH_ZERO = 2, VEC_MAGNITUDES = 4 }; /* op2 of vec_fp_compare */
vec_form vec_fp_two, vec_fp_abd, vec_fp_sqrt, vec_fp_fused, vec_fp_extreme, vec_fp_across;
vec_form vec_fp_step, vec_fp_complex_add, vec_fp_complex_fused, vec_fp_fused_long;
vec_form vec_fp_pairs, vec_fp_pairs_extreme, vec_fp_pair, vec_fp_pair_extreme, vec_fp_compare;
vec_form vec_fp_from_signed, vec_fp_from_unsigned, vec_fp_from_doublewords;
vec_form vec_fp_round, vec_fp_to_signed, vec_fp_to_unsigned, vec_fp_to_doublewords;
vec_form vec_fp_long, vec_fp_narrow, vec_fp_long_half, vec_fp_narrow_half;
vec_form vec_fp_mulx, vec_fp_fused_bfloat, vec_fp_narrow_bfloat;
/* lower_vec_half.c */
vec_form vec_half_two, vec_half_abd, vec_half_sqrt, vec_half_fused, vec_half_extreme;
vec_form vec_half_pairs, vec_half_pairs_extreme, vec_half_pair, vec_half_pair_extreme;
vec_form vec_half_compare, vec_half_round, vec_half_to_integers, vec_half_from_integers;
vec_form vec_half_mulx;
/* lower_vec_estimate.c */
vec_form vec_fp_recip_estimate, vec_fp_rsqrt_estimate, vec_fp_recpx;
/* lower_vec_crypto.c */
vec_form vec_aes_last, vec_aesmc, vec_aesimc, vec_pmull64;
vec_form vec_sha1_rounds, vec_sha1h, vec_sha1su0, vec_sha1su1;
vec_form vec_sha256h, vec_sha256su0, vec_sha256su1;
vec_form vec_sha512h, vec_sha512h2, vec_sha512su0, vec_sha512su1;
vec_form vec_eor3, vec_bcax, vec_rax1, vec_xar;

#endif
