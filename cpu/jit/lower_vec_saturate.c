/* Forms of Advanced SIMD lowerings: integer arithmetic that saturates and notes it in FPSR.QC. */
#include "cpu/jit/lower_vec.h"

/* A guest that saturates once does so often, and seldom clears QC: the first question is whether
 * that is set, so that the host foresees both answers. */
void vec_saturated(struct vec *v, unsigned xmm, bool ones, unsigned bytes)
{
    struct x64 *c = &v->l->code;
    struct x64_mem top = CPU_FIELD(fp.fpsr);
    uint8_t *known, *exact;

    top.disp += 3;
    x64_test_mem_imm8(c, top, FPSR_QC >> 24);
    known = x64_jcc(c, CC_NE);
    vec_2(v, X64_PMOVMSKB, RAX, xmm);
    if (!ones)
        x64_not(c, false, RAX);
    x64_test_imm(c, false, RAX, (1u << bytes) - 1);
    exact = x64_jcc(c, CC_E);
    x64_alu_mem_imm(c, false, ALU_OR, CPU_FIELD(fp.fpsr), FPSR_QC);
    x64_land(c, exact);
    x64_land(c, known);
}

static uint64_t smallest(unsigned bits)
{
    return 1ull << (bits - 1);
}

/* The result is in XMM3, but one too large where it is the smallest number: that came from the
 * largest one and 1. Uses XMM2. */
static void end_below_smallest(struct vec *v, unsigned bits)
{
    vec_3k(v, vec_compare_eq[vec_size(bits)], 2, 3, bits, smallest(bits));
    vec_saturated(v, 2, true, v->bytes);
    vec_end_3(v, X64_PXOR, 3, 2);
}

/* --- Sums and differences --- */

/* A lane is saturated where it differs from the sum that wraps. */
void vec_saturating(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3(v, v->row->op, 3, n, m);
    vec_3(v, v->row->op2, 2, n, m);
    vec_3(v, X64_PCMPEQB, 2, 2, 3);
    vec_saturated(v, 2, false, v->bytes);
    vec_end(v, 3);
}

/* XMM `to` = ones where a is negative; not a */
static void where_negative(struct vec *v, unsigned bits, unsigned to, unsigned a)
{
    if (bits == 32) {
        vec_shift_op(v, X64_PSRAD, to, a, 31);
        return;
    }
    vec_zero(v, to);
    vec_3(v, vec_compare_gt[vec_size(bits)], to, to, a);
}

/* Ends with XMM3, or where XMM1 has ones, of which FPSR.QC is told, with the largest number, and
 * with the smallest one where `sign` is negative. Uses XMM2. */
static void end_limited(struct vec *v, unsigned bits, unsigned sign)
{
    vec_saturated(v, 1, true, v->bytes);
    where_negative(v, bits, 2, sign);
    vec_3k(v, X64_PXOR, 2, 2, bits, smallest(bits) - 1);
    vec_3(v, X64_PXOR, 2, 2, 3);
    vec_3(v, X64_PAND, 2, 2, 1);
    vec_end_3(v, X64_PXOR, 3, 2);
}

/* Ends with a + b or a - b, signed, of words or doublewords. a is a home or 0, b a home or 1. */
static void end_signed_sum(struct vec *v, unsigned bits, bool subtract, unsigned a, unsigned b)
{
    unsigned size = vec_size(bits);

    vec_3(v, (subtract ? vec_sub : vec_add)[size], 3, a, b);
    vec_3(v, X64_PXOR, 2, a, b);
    vec_3(v, X64_PXOR, 1, a, 3);
    /* beyond what fits: the signs of a and b allow it, and that of the sum is not a's */
    vec_3(v, subtract ? X64_PAND : X64_PANDN, 2, 2, 1);
    where_negative(v, bits, 1, 2);
    end_limited(v, bits, a);
}

/* SQADD, SQSUB (op) of words and doublewords */
void vec_qadd_signed(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    end_signed_sum(v, v->row->bits, v->row->op, n, m);
}

/* UQADD, UQSUB (op) of words and doublewords: the host compares signed lanes, so the signs are
 * inverted. */
void vec_qadd_unsigned(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), bits = v->row->bits, size = vec_size(bits);
    bool subtract = v->row->op;
    unsigned larger = subtract ? 1 : 2; /* where m > n, or n > n + m */

    vec_3(v, (subtract ? vec_sub : vec_add)[size], 3, n, m);
    vec_3k(v, X64_PXOR, 2, n, bits, smallest(bits));
    vec_3k(v, X64_PXOR, 1, subtract ? m : 3, bits, smallest(bits));
    vec_3(v, vec_compare_gt[size], larger, larger, 3 - larger);
    vec_saturated(v, larger, true, v->bytes);
    vec_end_3(v, subtract ? X64_PANDN : X64_POR, larger, 3);
}

/* SQABS, SQNEG (op): of the smallest number there is none. */
void vec_qabs(struct vec *v)
{
    static const unsigned abs[] = {X64_PABSB, X64_PABSW, X64_PABSD};
    unsigned n = vec_n(v), bits = v->row->bits, size = vec_size(bits);

    if (v->row->op) {
        vec_zero(v, 3);
        vec_3(v, vec_sub[size], 3, 3, n);
    } else if (bits < 64) {
        vec_2(v, abs[size], 3, n);
    } else {
        where_negative(v, 64, 2, n);
        vec_3(v, X64_PXOR, 3, n, 2);
        vec_3(v, X64_PSUBQ, 3, 3, 2);
    }
    end_below_smallest(v, bits);
}

/* --- Doubled products --- */

/* XMM3 = the upper halves of the doubled products of words, rounded; n and m are lost. */
static void double_words(struct vec *v, unsigned n, unsigned m, bool rounds)
{
    vec_3(v, X64_PMULDQ, 3, n, m);
    vec_shift_op(v, X64_PSRLQ, 2, n, 32);
    vec_shift_op(v, X64_PSRLQ, 1, m, 32);
    vec_3(v, X64_PMULDQ, 2, 2, 1);
    if (rounds) {
        vec_3k(v, X64_PADDQ, 3, 3, 64, 1u << 30);
        vec_3k(v, X64_PADDQ, 2, 2, 64, 1u << 30);
    }
    vec_shift_op(v, X64_PSRLQ, 3, 3, 31);
    vec_shift_op(v, X64_PSLLQ, 2, 2, 1);
    vec_3i(v, X64_PBLENDW, 3, 3, 2, 0xcc);
}

/* SQDMULH, SQRDMULH (op2) */
void vec_qdmulh(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), bits = v->row->bits;
    bool rounds = v->row->op2;

    if (bits == 32) {
        double_words(v, n, m, rounds);
    } else if (rounds) {
        vec_3(v, X64_PMULHRSW, 3, n, m);
    } else {
        vec_3(v, X64_PMULHW, 3, n, m);
        vec_3(v, X64_PMULLW, 2, n, m);
        vec_3(v, X64_PADDW, 3, 3, 3);
        vec_shift_op(v, X64_PSRLW, 2, 2, 15);
        vec_3(v, X64_POR, 3, 3, 2);
    }
    end_below_smallest(v, bits);
}

/* XMM3 = the doubled products, twice as wide, and one too large where they are the smallest number;
 * counts what the result has. */
static void double_long(struct vec *v)
{
    vec_multiply_long(v);
    if (v->uop->x < 8)
        v->bytes = 2 * v->uop->x; /* of the scalar form */
    vec_3(v, vec_add[vec_size(v->row->bits) + 1], 3, 3, 3);
}

void vec_qdmull(struct vec *v)
{
    double_long(v);
    end_below_smallest(v, 2 * v->row->bits);
}

/* SQDMLAL, SQDMLSL (op) */
void vec_qdmlal(struct vec *v)
{
    unsigned bits = 2 * v->row->bits, d;

    double_long(v);
    vec_3k(v, vec_compare_eq[vec_size(bits)], 2, 3, bits, smallest(bits));
    vec_saturated(v, 2, true, v->bytes);
    vec_3(v, X64_PXOR, 1, 3, 2);
    d = vec_d(v);
    if (d == 2) {
        vec_2(v, X64_MOVAPS, 0, 2);
        d = 0;
    }
    end_signed_sum(v, bits, v->row->op, d, 1);
}

/* --- Products added to numbers, in twice the bits: these hold every sum, and a bit above what
 * fits. Halves --- */

/* XMM `to` = d * 2^15 + the products in `to`, or minus these, rounded, of the lower or upper lanes.
 * t is another register. */
static void add_halves(struct vec *v, unsigned to, unsigned d, bool upper, unsigned t)
{
    vec_zero(v, t);
    vec_3(v, upper ? X64_PUNPCKHWD : X64_PUNPCKLWD, t, t, d);
    vec_shift_op(v, X64_PSRAD, t, t, 1);
    vec_3(v, v->row->op ? X64_PSUBD : X64_PADDD, t, t, to);
    vec_3k(v, X64_PADDD, to, t, 32, 1u << 14);
}

/* XMM `to` = a negative number where the sum does not fit */
static void where_beyond(struct vec *v, unsigned bits, unsigned to, unsigned sum)
{
    vec_3(v, vec_add[vec_size(bits)], to, sum, sum);
    vec_3(v, X64_PXOR, to, to, sum);
}

static void add_to_halves(struct vec *v, unsigned n, unsigned m, unsigned d)
{
    vec_3(v, X64_PMULLW, 3, n, m);
    vec_3(v, X64_PMULHW, 0, n, m);
    vec_3(v, X64_PUNPCKHWD, 1, 3, 0);
    vec_3(v, X64_PUNPCKLWD, 3, 3, 0);
    add_halves(v, 1, d, true, 0);
    add_halves(v, 3, d, false, 0);
    where_beyond(v, 32, 0, 3);
    where_beyond(v, 32, 2, 1);
    vec_3(v, X64_PACKSSDW, 0, 0, 2);
    vec_shift_op(v, X64_PSRAW, 0, 0, 15);
    vec_saturated(v, 0, true, v->bytes);
    vec_shift_op(v, X64_PSRAD, 3, 3, 15);
    vec_shift_op(v, X64_PSRAD, 1, 1, 15);
    vec_end_3(v, X64_PACKSSDW, 3, 1);
}

/* XMM `to` = d * 2^31 + the products in `to`, or minus these, rounded, of the even words. t is
 * another register, and may be d. */
static void add_words(struct vec *v, unsigned to, unsigned d, unsigned t)
{
    vec_3k(v, X64_PMULDQ, t, d, 64, INT32_MIN & UINT32_MAX); /* turns the sign */
    vec_3(v, v->row->op ? X64_PADDQ : X64_PSUBQ, to, to, t);
    vec_constant(v, t, 1u << 30, 1u << 30);
    vec_3(v, v->row->op ? X64_PSUBQ : X64_PADDQ, t, t, to);
    vec_2(v, X64_MOVAPS, to, t);
}

static void add_to_words(struct vec *v, unsigned n, unsigned m, unsigned d)
{
    vec_3(v, X64_PMULDQ, 3, n, m);
    vec_shift_op(v, X64_PSRLQ, 0, n, 32);
    vec_shift_op(v, X64_PSRLQ, 1, m, 32);
    vec_3(v, X64_PMULDQ, 0, 0, 1);
    add_words(v, 3, d, 1);
    vec_shift_op(v, X64_PSRLQ, 2, d, 32);
    add_words(v, 0, 2, 2);
    where_beyond(v, 64, 1, 3);
    where_beyond(v, 64, 2, 0);
    vec_shift_op(v, X64_PSRLQ, 1, 1, 32);
    vec_3i(v, X64_PBLENDW, 1, 1, 2, 0xcc);
    vec_shift_op(v, X64_PSRAD, 1, 1, 31);
    vec_shift_op(v, X64_PSRLQ, 3, 3, 31);
    vec_shift_op(v, X64_PSLLQ, 0, 0, 1);
    vec_3i(v, X64_PBLENDW, 3, 3, 0, 0xcc);
    vec_3(v, X64_PXOR, 0, 3, 1); /* the sign of what does not fit is the other one */
    end_limited(v, 32, 0);
}

/* SQRDMLAH, SQRDMLSH (op) */
void vec_qrdmlah(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), d = vec_d(v);

    (v->row->bits == 32 ? add_to_words : add_to_halves)(v, n, m, d);
}

/* --- Shifts to the left by an immediate --- */

/* SQSHL, UQSHL: lanes are saturated where the shift back does not give n. */
void vec_qshl(struct vec *v)
{
    unsigned n = vec_n(v), bits = v->row->bits, amount = (unsigned)v->uop->imm;

    vec_shift(v, VEC_SHL, bits, 3, n, amount, 2);
    vec_shift(v, v->row->is_signed ? VEC_SAR : VEC_SHR, bits, 1, 3, amount, 2);
    vec_3(v, vec_compare_eq[vec_size(bits)], 1, 1, n);
    vec_saturated(v, 1, false, v->bytes);
    if (!v->row->is_signed) {
        vec_ones(v, 2);
        vec_3(v, X64_PXOR, 1, 1, 2);
        vec_end_3(v, X64_POR, 3, 1);
        return;
    }
    where_negative(v, bits, 2, n);
    vec_3k(v, X64_PXOR, 2, 2, bits, smallest(bits) - 1);
    vec_3(v, X64_PXOR, 3, 3, 2);
    vec_3(v, X64_PAND, 3, 3, 1);
    vec_end_3(v, X64_PXOR, 3, 2);
}
