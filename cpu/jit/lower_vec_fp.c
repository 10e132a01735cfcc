/* Forms of Advanced SIMD lowerings: floating point. As with scalars (lower_fp.h), the host computes
 * what the guest asked for, flags included, and a stub runs the handler where a lane of the result
 * is a NaN or may have been tiny. All with AVX, and not where FPCR.FZ is set.
 *
 * The host always has four or two lanes. Where fewer count, they are repeated, so that the others
 * raise no flags of their own. */
#include "cpu/isa/simd.h"
#include "cpu/jit/lower_vec.h"

enum { ANDPS = 0x0f54, MOVMSKPS = 0x0f50, CVTDQ2PS = 0x0f5b, CVTTPS2DQ = 0xf30f5b, MULPS = 0x0f59 };
enum { CVTPS2PD = 0x0f5a, CVTPD2PS = 0x660f5a, ROUNDPS = 0x660f3a08, ROUNDPD = 0x660f3a09 };
enum { ADD = 0x58, SUB = 0x5c, MIN = 0x5d, COMPARE = 0xc2 };
enum { UNORDERED = 3, EQUAL_OR_UNORDERED = 8 }; /* predicates of COMPARE; no flag by quiet NaNs */

/* The packed form of an opcode of the 0x0f map. */
static unsigned packed(unsigned bits, unsigned opcode)
{
    return (bits == 64 ? 0x660f00u : 0x0f00u) | opcode;
}

static uint64_t sign(unsigned bits)
{
    return 1ull << (bits - 1);
}

/* What counts of the operand in all of a register: XMM `t`, unless it is all. */
static unsigned repeat(struct vec *v, unsigned xmm, unsigned t)
{
    if (v->bytes == 16)
        return xmm;
    if (v->bytes == 8)
        vec_3(v, X64_PUNPCKLQDQ, t, xmm, xmm);
    else
        vec_2i(v, X64_PSHUFD, t, xmm, 0);
    return t;
}

static unsigned operand_n(struct vec *v)
{
    return repeat(v, vec_n(v), 0);
}

static unsigned operand_m(struct vec *v)
{
    return repeat(v, vec_m(v), 1);
}

/* To the handler where a lane of XMM2 has its highest bit set. */
static void leave_if_any(struct vec *v)
{
    struct x64 *c = &v->l->code;

    vec_2(v, MOVMSKPS, RAX, 2);
    x64_test(c, false, RAX, RAX);
    v->stub = lower_stub(v->l, STUB_HANDLER, x64_jcc(c, CC_NE));
}

static void check_nan(struct vec *v, unsigned bits, unsigned xmm)
{
    vec_3i(v, packed(bits, COMPARE), 2, xmm, xmm, UNORDERED);
    leave_if_any(v);
}

/* Of what rounding may have brought up to the smallest normal number, too: the guest takes it for
 * tiny before rounding, the host after. */
static void check_nan_or_tiny(struct vec *v, unsigned bits, unsigned xmm)
{
    uint64_t normal = vec_splat(bits, bits == 64 ? 1ull << 52 : 1u << 23);

    vec_3k(v, ANDPS, 2, xmm, bits, ~sign(bits));
    vec_constant(v, 1, normal, normal);
    vec_3i(v, packed(bits, COMPARE), 2, 2, 1, EQUAL_OR_UNORDERED);
    leave_if_any(v);
}

/* --- Arithmetic: op is the opcode; op2: the result may be tiny and inexact --- */

void vec_fp_two(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v), bits = v->row->bits;

    vec_3(v, packed(bits, v->row->op), 3, n, m);
    (v->row->op2 ? check_nan_or_tiny : check_nan)(v, bits, 3);
    vec_end(v, 3);
}

void vec_fp_abd(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v), bits = v->row->bits;

    vec_3(v, packed(bits, SUB), 3, n, m);
    check_nan(v, bits, 3);
    vec_3k(v, ANDPS, 3, 3, bits, ~sign(bits));
    vec_end(v, 3);
}

void vec_fp_sqrt(struct vec *v)
{
    vec_2(v, packed(v->row->bits, v->row->op), 3, operand_n(v));
    check_nan(v, v->row->bits, 3);
    vec_end(v, 3);
}

/* FMLA, FMLS: op has the product added or subtracted */
void vec_fp_fused(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v), bits = v->row->bits;
    unsigned d = repeat(v, vec_d(v), 3);

    if (d != 3)
        vec_2(v, X64_MOVAPS, 3, d);
    vec_3(v, v->row->op | (bits == 64 ? X64_W : 0), 3, n, m);
    check_nan_or_tiny(v, bits, 3);
    vec_end(v, 3);
}

/* FMAX, FMIN: the host's returns the second operand where both are zeroes, so both orders together
 * tell the sign. NaNs go away first. */
static void extreme(struct vec *v, unsigned n, unsigned m)
{
    unsigned bits = v->row->bits, op = packed(bits, v->row->op);

    vec_3i(v, packed(bits, COMPARE), 2, n, m, UNORDERED);
    leave_if_any(v);
    vec_3(v, op, 3, n, m);
    vec_3(v, op, 2, m, n);
    vec_3(v, v->row->op == MIN ? X64_POR : X64_PAND, 3, 3, 2);
    vec_end(v, 3);
}

void vec_fp_extreme(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v);

    extreme(v, n, m);
}

/* --- Pairs --- */

/* XMM0, XMM1 = the even and the odd lanes of n and m, as often as there is room. */
static void pair_up(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), bits = v->row->bits;

    if (v->bytes == 8) {
        vec_3(v, X64_PUNPCKLQDQ, 2, n, m);
        n = m = 2;
    }
    vec_unzip(v, bits, 0, 3, n, m, 3);
    vec_unzip(v, bits, 1, 1, n, m, 1);
    vec_2(v, X64_MOVAPS, 0, 3);
}

void vec_fp_pairs(struct vec *v)
{
    pair_up(v);
    vec_3(v, packed(v->row->bits, ADD), 3, 0, 1);
    check_nan(v, v->row->bits, 3);
    vec_end(v, 3);
}

void vec_fp_pairs_extreme(struct vec *v)
{
    pair_up(v);
    extreme(v, 0, 1);
}

/* XMM0, XMM1 = the two lanes of n, repeated */
static void split_pair(struct vec *v)
{
    unsigned n = vec_n(v), bits = v->row->bits;

    v->bytes = bits / 8;
    vec_2i(v, X64_PSHUFD, 1, n, bits == 64 ? 0xee : 0x55);
    vec_2i(v, X64_PSHUFD, 0, n, bits == 64 ? 0x44 : 0x00);
}

void vec_fp_pair(struct vec *v)
{
    split_pair(v);
    vec_3(v, packed(v->row->bits, ADD), 3, 0, 1);
    check_nan(v, v->row->bits, 3);
    vec_end(v, 3);
}

void vec_fp_pair_extreme(struct vec *v)
{
    split_pair(v);
    extreme(v, 0, 1);
}

/* --- Comparisons: the host's raise the same flags. op is the predicate --- */

static unsigned magnitude(struct vec *v, unsigned xmm, unsigned t)
{
    vec_3k(v, ANDPS, t, xmm, v->row->bits, ~sign(v->row->bits));
    return t;
}

void vec_fp_compare(struct vec *v)
{
    unsigned traits = v->row->op2, n = operand_n(v), m = 1;

    if (traits & VEC_WITH_ZERO)
        vec_zero(v, m);
    else
        m = operand_m(v);
    if (traits & VEC_MAGNITUDES) {
        n = magnitude(v, n, 3);
        m = magnitude(v, m, 1);
    }
    if (traits & VEC_SWAPPED)
        vec_end_3(v, packed(v->row->bits, COMPARE), m, n);
    else
        vec_end_3(v, packed(v->row->bits, COMPARE), n, m);
    x64_u8(&v->l->code, v->row->op);
}

/* --- Conversions; those with fraction bits are for the handler --- */

void vec_fp_from_signed(struct vec *v)
{
    v->missing = v->uop->imm != 0;
    vec_2(v, CVTDQ2PS, 3, operand_n(v));
    vec_end(v, 3);
}

/* The halves of each word are exact; their sum rounds once. */
void vec_fp_from_unsigned(struct vec *v)
{
    unsigned n = operand_n(v);

    v->missing = v->uop->imm != 0;
    vec_3k(v, X64_PAND, 3, n, 32, 0xffff);
    vec_shift_op(v, X64_PSRLD, 2, n, 16);
    vec_2(v, CVTDQ2PS, 3, 3);
    vec_2(v, CVTDQ2PS, 2, 2);
    vec_3k(v, MULPS, 2, 2, 32, 0x47800000); /* 65536.0 */
    vec_end_3(v, packed(32, ADD), 2, 3);
}

/* FCVTZS. What does not fit the host makes its smallest integer. */
void vec_fp_to_signed(struct vec *v)
{
    if (v->uop->imm != SIMD_ROUNDING(ZERO)) {
        v->missing = true;
        return;
    }
    vec_2(v, CVTTPS2DQ, 3, operand_n(v));
    vec_3k(v, X64_PCMPEQD, 2, 3, 32, 0x80000000);
    leave_if_any(v);
    vec_end(v, 3);
}

/* FRINT */
void vec_fp_round(struct vec *v)
{
    static const uint8_t host[8] = {
        [FPRounding_TIEEVEN] = 0 | 8, [FPRounding_POSINF] = 2 | 8, [FPRounding_NEGINF] = 1 | 8,
        [FPRounding_ZERO] = 3 | 8,    [ROUNDING_FPCR] = 4 | 8, /* 8: inexactness is no exception */
    };
    unsigned rounding = host[v->uop->imm & 7], exact = v->uop->imm & VEC_EXACT;

    if (!rounding) {
        v->missing = true;
        return;
    }
    vec_2i(v, v->row->bits == 64 ? ROUNDPD : ROUNDPS, 3, operand_n(v), rounding & (exact ? 7 : 15));
    check_nan(v, v->row->bits, 3);
    vec_end(v, 3);
}

/* FCVTL of singles */
void vec_fp_long(struct vec *v)
{
    unsigned n = vec_n(v);

    if (v->bytes == 16)
        vec_2i(v, X64_PSHUFD, 0, n, 0xee);
    vec_2(v, CVTPS2PD, 3, v->bytes == 16 ? 0 : n);
    v->bytes = 16;
    check_nan(v, 64, 3);
    vec_end(v, 3);
}

/* FCVTN to singles */
void vec_fp_narrow(struct vec *v)
{
    vec_2(v, CVTPD2PS, 3, vec_n(v));
    if (v->bytes == 16)
        lower_bring_vector(v->l, v->uop->d);
    check_nan_or_tiny(v, 32, 3);
    if (v->bytes == 16)
        vec_end_3(v, X64_PUNPCKLQDQ, vec_d(v), 3);
    else
        vec_end(v, 3);
}
