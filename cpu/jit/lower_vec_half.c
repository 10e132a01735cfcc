/* Forms of Advanced SIMD lowerings: half-precision numbers. The host computes with singles, which
 * have more than twice their digits, so that a sum, a product, a quotient or a square root that is
 * then rounded to halves is what one rounding makes it; so are the flags. All with F16C.
 *
 * As elsewhere, a stub runs the handler where a lane of the result is a NaN, or the smallest normal
 * number, which may have been tiny before it was rounded. Blocks of other modes than the host's
 * (MODE_AHP) run handlers alone. */
#include "cpu/isa/simd.h"
#include "cpu/jit/lower_fp.h"
#include "cpu/jit/lower_vec_fp.h"

enum { INFINITE = 0x7c00, LARGEST = 0x7bff, SMALLEST_NORMAL = 0x0400, MAGNITUDE = 0x7fff };

static bool missing(struct vec *v)
{
    v->missing = fp_has_alternative_halves(v->l) || !v->l->host->f16c;
    return v->missing;
}

/* The operand, or, of a scalar, that in each lane: the others raise no flags of their own. */
static unsigned repeat(struct vec *v, unsigned xmm, unsigned t)
{
    if (v->bytes != 2)
        return xmm;
    vec_2i(v, X64_PSHUFLW, t, xmm, 0);
    return t;
}

static void to_singles(struct vec *v, unsigned to, unsigned from, bool high)
{
    if (high) {
        vec_2i(v, X64_PSHUFD, to, from, 0xee);
        from = to;
    }
    vec_2(v, X64_VCVTPH2PS, to, from);
}

static void to_halves(struct vec *v, unsigned xmm)
{
    vec_2i(v, X64_VCVTPS2PH, xmm, xmm, FP_MXCSR);
}

/* XMM `to` = where a magnitude is larger */
static void where_larger(struct vec *v, unsigned to, unsigned xmm, unsigned limit)
{
    vec_3k(v, X64_PAND, to, xmm, 16, MAGNITUDE);
    vec_3k(v, X64_PCMPGTW, to, to, 16, limit);
}

/* Of the result in XMM3: to the handler where it may not be the host's. */
static void end_checked(struct vec *v, bool may_be_tiny)
{
    where_larger(v, 2, 3, INFINITE);
    if (may_be_tiny) {
        vec_3k(v, X64_PAND, 1, 3, 16, MAGNITUDE);
        vec_3k(v, X64_PCMPEQW, 1, 1, 16, SMALLEST_NORMAL);
        vec_3(v, X64_POR, 2, 2, 1);
    }
    vec_fp_leave_if_any(v, 2);
    vec_end(v, 3);
}

/* --- Two operands --- */

/* Four singles, XMM `to` and XMM `b`, become four halves, or what has their size, in `to`. */
typedef void two_operands(struct vec *v, unsigned to, unsigned b);

/* XMM3 = what the operation makes of n and m, which may be lost. */
static void each_of_two(struct vec *v, unsigned n, unsigned m, two_operands *operation)
{
    n = repeat(v, n, 0);
    m = repeat(v, m, 1);
    to_singles(v, 3, n, false);
    to_singles(v, 2, m, false);
    operation(v, 3, 2);
    if (v->bytes != 16)
        return;
    to_singles(v, 2, n, true);
    to_singles(v, 1, m, true);
    operation(v, 2, 1);
    vec_3(v, X64_PUNPCKLQDQ, 3, 3, 2);
}

static void compute(struct vec *v, unsigned to, unsigned b)
{
    vec_3(v, packed(32, v->row->op), to, to, b);
    to_halves(v, to);
}

/* op is the opcode; op2: the result may be tiny and inexact */
void vec_half_two(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    if (missing(v))
        return;
    each_of_two(v, n, m, compute);
    end_checked(v, v->row->op2);
}

/* FMULX: see vec_fp_mulx(). */
void vec_half_mulx(struct vec *v)
{
    fp_keep_flags(v->l);
    vec_half_two(v);
    if (v->stub)
        v->stub->restores = true;
}

void vec_half_abd(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    if (missing(v))
        return;
    each_of_two(v, n, m, compute);
    end_checked(v, false);
    vec_3k(v, X64_PAND, 3, 3, 16, MAGNITUDE);
}

/* XMM0, XMM1 = the even and the odd lanes of n and m */
static void pair_up(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    if (v->bytes == 8) {
        vec_3(v, X64_PUNPCKLQDQ, 0, n, m);
        n = m = 0;
    }
    vec_unzip(v, 16, 0, 2, n, m, 3);
    vec_unzip(v, 16, 1, 3, n, m, 1);
    vec_2(v, X64_MOVAPS, 0, 2);
    vec_2(v, X64_MOVAPS, 1, 3);
}

void vec_half_pairs(struct vec *v)
{
    if (missing(v))
        return;
    pair_up(v);
    each_of_two(v, 0, 1, compute);
    end_checked(v, false);
}

/* XMM0, XMM1 = the two lanes of n, repeated */
static void split_pair(struct vec *v)
{
    unsigned n = vec_n(v);

    v->bytes = 2;
    vec_2i(v, X64_PSHUFLW, 1, n, 0x55);
    vec_2i(v, X64_PSHUFLW, 0, n, 0);
}

void vec_half_pair(struct vec *v)
{
    if (missing(v))
        return;
    split_pair(v);
    each_of_two(v, 0, 1, compute);
    end_checked(v, false);
}

/* The host's comparisons raise the same flags; op is the predicate. */
static void compare(struct vec *v, unsigned to, unsigned b)
{
    unsigned traits = v->row->op2;

    if (traits & VEC_MAGNITUDES) {
        vec_3k(v, ANDPS, to, to, 32, 0x7fffffff);
        vec_3k(v, ANDPS, b, b, 32, 0x7fffffff);
    }
    if (traits & VEC_SWAPPED)
        vec_3i(v, packed(32, COMPARE), to, b, to, v->row->op);
    else
        vec_3i(v, packed(32, COMPARE), to, to, b, v->row->op);
    vec_3(v, X64_PACKSSDW, to, to, to);
}

void vec_half_compare(struct vec *v)
{
    unsigned n = vec_n(v), m = 1;

    if (missing(v))
        return;
    if (v->row->op2 & VEC_WITH_ZERO)
        vec_zero(v, m);
    else
        m = vec_m(v);
    each_of_two(v, n, m, compare);
    vec_end(v, 3);
}

/* --- The larger or the smaller one: as integers, once the negative ones are in their order --- */

/* XMM `to` = xmm with the magnitudes of negative lanes inverted, or back. Uses XMM2. */
static void put_in_order(struct vec *v, unsigned to, unsigned xmm)
{
    vec_shift_op(v, X64_PSRAW, 2, xmm, 15);
    vec_shift_op(v, X64_PSRLW, 2, 2, 1);
    vec_3(v, X64_PXOR, to, xmm, 2);
}

static void end_extreme(struct vec *v, unsigned n, unsigned m)
{
    where_larger(v, 3, n, INFINITE);
    where_larger(v, 2, m, INFINITE);
    vec_3(v, X64_POR, 3, 3, 2);
    vec_fp_leave_if_any(v, 3);
    put_in_order(v, 3, n);
    put_in_order(v, 1, m);
    vec_3(v, v->row->op, 3, 3, 1);
    put_in_order(v, 3, 3);
    vec_end(v, 3);
}

void vec_half_extreme(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    if (!missing(v))
        end_extreme(v, n, m);
}

void vec_half_pairs_extreme(struct vec *v)
{
    if (missing(v))
        return;
    pair_up(v);
    end_extreme(v, 0, 1);
}

void vec_half_pair_extreme(struct vec *v)
{
    if (missing(v))
        return;
    split_pair(v);
    end_extreme(v, 0, 1);
}

/* --- One operand --- */

/* XMM3 = four halves, or what has their size, of the four singles in XMM `from`. Uses XMM2. */
typedef void one_operand(struct vec *v, unsigned from);

/* XMM3 = what the operation makes of n, all else is lost. */
static void each_of_one(struct vec *v, unsigned n, one_operand *operation)
{
    n = repeat(v, n, 0);
    to_singles(v, 1, n, false);
    operation(v, 1);
    if (v->bytes != 16)
        return;
    vec_2(v, X64_MOVAPS, 1, 3);
    to_singles(v, 0, n, true);
    operation(v, 0);
    vec_3(v, X64_PUNPCKLQDQ, 3, 1, 3);
}

static void take_root(struct vec *v, unsigned from)
{
    vec_2(v, packed(32, v->row->op), 3, from);
    to_halves(v, 3);
}

void vec_half_sqrt(struct vec *v)
{
    unsigned n = vec_n(v);

    if (missing(v))
        return;
    each_of_one(v, n, take_root);
    end_checked(v, false);
}

static void round_to_integral(struct vec *v, unsigned from)
{
    vec_fp_round_lanes(v, from, v->uop->imm & 7, !(v->uop->imm & VEC_EXACT));
    to_halves(v, 3);
}

/* FRINT. Of an infinity there is nothing to round. */
void vec_half_round(struct vec *v)
{
    unsigned n = vec_n(v);

    if (missing(v))
        return;
    where_larger(v, 3, n, LARGEST);
    vec_fp_leave_if_any(v, 3);
    each_of_one(v, n, round_to_integral);
    vec_end(v, 3);
}

static void convert_to_integer(struct vec *v, unsigned from)
{
    vec_fp_round_lanes(v, from, (unsigned)(v->uop->imm >> 8), false);
    vec_2(v, CVTTPS2DQ, 3, 3);
    vec_3(v, v->row->is_signed ? X64_PACKSSDW : X64_PACKUSDW, 3, 3, 3);
}

/* FCVT. What might be out of range, negative numbers included if the result is unsigned, is for the
 * handler, as are fraction bits. */
void vec_half_to_integers(struct vec *v)
{
    unsigned n = vec_n(v);

    if (missing(v))
        return;
    v->missing = (v->uop->imm & 0xff) != 0;
    if (v->row->is_signed) {
        where_larger(v, 3, n, 0x77ff); /* 2^15 and above */
    } else {
        vec_3k(v, X64_PCMPGTW, 3, n, 16, LARGEST);
        vec_shift_op(v, X64_PSRAW, 2, n, 15);
        vec_3(v, X64_POR, 3, 3, 2);
    }
    vec_fp_leave_if_any(v, 3);
    each_of_one(v, n, convert_to_integer);
    vec_end(v, 3);
}

/* XMM3 = halves of four integers of n */
static void convert_from_integers(struct vec *v, unsigned n, bool high)
{
    vec_widen(v, v->row->is_signed, 16, 3, n, high, 2);
    vec_2(v, CVTDQ2PS, 3, 3);
    vec_fp_scale_down(v, 32);
    to_halves(v, 3);
}

/* SCVTF, UCVTF: what is tiny is exact. */
void vec_half_from_integers(struct vec *v)
{
    unsigned n = vec_n(v);

    if (missing(v))
        return;
    n = repeat(v, n, 0);
    convert_from_integers(v, n, false);
    if (v->bytes == 16) {
        vec_2(v, X64_MOVAPS, 1, 3);
        convert_from_integers(v, n, true);
        vec_3(v, X64_PUNPCKLQDQ, 3, 1, 3);
    }
    vec_end(v, 3);
}

/* --- Multiplication and addition with one rounding ---
 *
 * Singles have too few digits for that. Doubles have enough, unless an addend is so much larger
 * than the product that it is the result, or next to it. To be rounded to halves they are made
 * singles first, whose last digit is made odd if others are lost: that is as good as all of them.
 */

/* XMM `to` = two lanes of the operand as doubles */
static void two_doubles(struct vec *v, unsigned to, unsigned number, unsigned group)
{
    unsigned xmm = lower_vin(v->l, number, to);

    if (v->bytes == 2)
        vec_2i(v, X64_PSHUFLW, to, xmm, 0);
    else
        vec_2i(v, X64_PSHUFD, to, xmm, 0x55 * group);
    vec_2(v, X64_VCVTPH2PS, to, to);
    vec_2(v, CVTPS2PD, to, to);
}

static void element_as_doubles(struct vec *v, unsigned to)
{
    vec_broadcast(v, 16, to, lower_vin(v->l, v->uop->b, to), v->uop->y);
    vec_2(v, X64_VCVTPH2PS, to, to);
    vec_2(v, CVTPS2PD, to, to);
}

/* FMLA, FMLS: op has the product added or subtracted */
void vec_half_fused(struct vec *v)
{
    const uint64_t lost = bits_ones(52 - 23);
    unsigned groups = v->bytes < 8 ? 1 : v->bytes / 4;

    if (missing(v))
        return;
    for (unsigned group = 0; group < groups; group++) {
        two_doubles(v, 0, v->uop->a, group);
        if (v->row->element)
            element_as_doubles(v, 1);
        else
            two_doubles(v, 1, v->uop->b, group);
        two_doubles(v, 2, v->uop->d, group);
        vec_3(v, v->row->op | X64_W, 2, 0, 1);
        vec_3k(v, X64_PAND, 0, 2, 64, lost);
        vec_3k(v, X64_PADDQ, 0, 0, 64, lost); /* a carry where not all of these are 0 */
        vec_3(v, X64_POR, 2, 2, 0);
        vec_3k(v, X64_PAND, 2, 2, 64, ~lost);
        vec_2(v, CVTPD2PS, 2, 2);
        to_halves(v, 2);
        if (group)
            vec_shift_op(v, X64_PSLLDQ, 2, 2, 4 * group);
        if (group)
            vec_3(v, X64_POR, 3, 3, 2);
        else
            vec_2(v, X64_MOVAPS, 3, 2);
    }
    end_checked(v, true);
}
