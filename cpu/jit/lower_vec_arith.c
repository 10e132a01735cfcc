/* Forms of Advanced SIMD lowerings: logic, arithmetic, comparisons, pairs and across lanes. */
#include "cpu/jit/lower_vec.h"

/* --- Tables by lane size --- */

const unsigned vec_add[4] = {X64_PADDB, X64_PADDW, X64_PADDD, X64_PADDQ};
const unsigned vec_sub[4] = {X64_PSUBB, X64_PSUBW, X64_PSUBD, X64_PSUBQ};
const unsigned vec_compare_gt[4] = {X64_PCMPGTB, X64_PCMPGTW, X64_PCMPGTD, X64_PCMPGTQ};
const unsigned vec_compare_eq[4] = {X64_PCMPEQB, X64_PCMPEQW, X64_PCMPEQD, X64_PCMPEQQ};
const unsigned vec_max[2][3] = {{X64_PMAXUB, X64_PMAXUW, X64_PMAXUD},
                                {X64_PMAXSB, X64_PMAXSW, X64_PMAXSD}};
const unsigned vec_min[2][3] = {{X64_PMINUB, X64_PMINUW, X64_PMINUD},
                                {X64_PMINSB, X64_PMINSW, X64_PMINSD}};

static unsigned by_size(const struct vec *v, const unsigned *table)
{
    return table[vec_size(v->row->bits)];
}

/* --- One operation --- */

void vec_two(struct vec *v)
{
    unsigned n, m;

    if (v->l->host->avx && vec_is_simple(v->row, v->uop)) {
        n = vec_simple_in(v, v->uop->a, HOME_NONE);
        m = vec_simple_in(v, v->uop->b, n);
        v->result = vec_simple_out(v);
        vec_3(v, v->row->op, v->result, n, m);
        return;
    }
    n = vec_n(v);
    m = vec_m(v);
    vec_end_3(v, v->row->op, n, m);
}

void vec_two_swapped(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_end_3(v, v->row->op, m, n);
}

/* --- Logic --- */

void vec_orn(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_ones(v, 3);
    vec_3(v, X64_PXOR, 3, 3, m);
    vec_end_3(v, X64_POR, n, 3);
}

void vec_not(struct vec *v)
{
    vec_end_not(v, vec_n(v));
}

/* m ^ ((n ^ m) & d) */
void vec_bsl(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), d = vec_d(v);

    vec_3(v, X64_PXOR, 3, n, m);
    vec_3(v, X64_PAND, 3, 3, d);
    vec_end_3(v, X64_PXOR, m, 3);
}

/* d ^ ((d ^ n) & m) */
void vec_bit(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), d = vec_d(v);

    vec_3(v, X64_PXOR, 3, d, n);
    vec_3(v, X64_PAND, 3, 3, m);
    vec_end_3(v, X64_PXOR, d, 3);
}

/* d ^ (~m & (d ^ n)) */
void vec_bif(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), d = vec_d(v);

    vec_3(v, X64_PXOR, 3, d, n);
    vec_3(v, X64_PANDN, 0, m, 3);
    vec_end_3(v, X64_PXOR, d, 0);
}

/* BIC, ORR (vector, immediate) */
void vec_with_imm(struct vec *v)
{
    uint64_t imm = v->row->op == X64_PAND ? ~v->uop->imm : v->uop->imm;
    unsigned d = vec_d(v), to = vec_to(v);

    vec_3k(v, v->row->op, to, d, 64, imm);
    vec_end(v, to);
}

/* --- Products, negation, absolute values --- */

void vec_multiply(struct vec *v, unsigned bits, unsigned n, unsigned m)
{
    if (bits != 8) {
        vec_3(v, bits == 16 ? X64_PMULLW : X64_PMULLD, 3, n, m);
        return;
    }
    vec_shift_op(v, X64_PSRLW, 3, n, 8);
    vec_shift_op(v, X64_PSRLW, 2, m, 8);
    vec_3(v, X64_PMULLW, 3, 3, 2);
    vec_shift_op(v, X64_PSLLW, 3, 3, 8);
    vec_3(v, X64_PMULLW, 2, n, m);
    vec_3k(v, X64_PAND, 2, 2, 16, 0xff);
    vec_3(v, X64_POR, 3, 3, 2);
}

void vec_mul(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    if (v->row->bits != 8) {
        vec_end_3(v, v->row->bits == 16 ? X64_PMULLW : X64_PMULLD, n, m);
        return;
    }
    vec_multiply(v, 8, n, m);
    vec_end(v, 3);
}

static void multiply_onto(struct vec *v, unsigned op)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_multiply(v, v->row->bits, n, m);
    vec_end_3(v, op, vec_d(v), 3);
}

void vec_mla(struct vec *v)
{
    multiply_onto(v, by_size(v, vec_add));
}

void vec_mls(struct vec *v)
{
    multiply_onto(v, by_size(v, vec_sub));
}

/* XMM3 = the products of polynomials, of as many bits: for each of the 8 bits at the top of m,
 * beginning with the highest, twice the sum of before, and n. m may be lost, XMM2 is. */
static void multiply_polynomials(struct vec *v, unsigned bits, unsigned n, unsigned m)
{
    unsigned size = vec_size(bits);

    for (unsigned bit = 0; bit < 8; bit++) {
        vec_zero(v, 2);
        vec_3(v, vec_compare_gt[size], 2, 2, m);
        vec_3(v, X64_PAND, 2, 2, n);
        if (bit) {
            vec_3(v, vec_add[size], 3, 3, 3);
            vec_3(v, X64_PXOR, 3, 3, 2);
        } else {
            vec_2(v, X64_MOVAPS, 3, 2);
        }
        if (bit < 7)
            vec_3(v, vec_add[size], 1, m, m);
        m = 1;
    }
    vec_end(v, 3);
}

void vec_pmul(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    multiply_polynomials(v, 8, n, m);
}

/* PMULL of bytes */
void vec_pmull(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);
    bool high = v->bytes == 16;

    vec_zero(v, 2);
    vec_3(v, high ? X64_PUNPCKHBW : X64_PUNPCKLBW, 2, 2, m); /* to the top of the halves */
    vec_2(v, X64_MOVAPS, 1, 2);
    vec_widen(v, false, 8, 0, n, high, 3);
    v->bytes = 16;
    multiply_polynomials(v, 16, 0, 1);
}

void vec_neg(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_zero(v, 3);
    vec_end_3(v, by_size(v, vec_sub), 3, n);
}

void vec_abs(struct vec *v)
{
    vec_end_2(v, v->row->op, vec_n(v));
}

/* (n ^ sign) - sign */
void vec_abs64(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_shift(v, VEC_SAR, 64, 2, n, 63, 3);
    vec_3(v, X64_PXOR, 3, n, 2);
    vec_end_3(v, X64_PSUBQ, 3, 2);
}

/* FABS, FNEG: the sign bit is cleared or inverted. */
void vec_sign(struct vec *v)
{
    unsigned n = vec_n(v), to = vec_to(v), bits = v->row->bits;
    uint64_t sign = 1ull << (bits - 1);

    vec_3k(v, v->row->op, to, n, bits, v->row->op == X64_PAND ? ~sign : sign);
    vec_end(v, to);
}

/* --- Comparisons --- */

void vec_cmgt(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_end_3(v, by_size(v, vec_compare_gt), n, m);
}

/* not m > n */
void vec_cmge(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3(v, by_size(v, vec_compare_gt), 3, m, n);
    vec_end_not(v, 3);
}

/* not min(n, m) = n */
void vec_cmhi(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3(v, by_size(v, vec_min[0]), 3, n, m);
    vec_3(v, by_size(v, vec_compare_eq), 3, 3, n);
    vec_end_not(v, 3);
}

/* max(n, m) = n */
void vec_cmhs(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3(v, by_size(v, vec_max[0]), 3, n, m);
    vec_end_3(v, by_size(v, vec_compare_eq), n, 3);
}

/* XMM3, XMM2 = n, m with the sign bit inverted, so that signed comparisons are unsigned. */
static void flip_signs(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), bits = v->row->bits;

    vec_3k(v, X64_PXOR, 3, n, bits, 1ull << (bits - 1));
    vec_3k(v, X64_PXOR, 2, m, bits, 1ull << (bits - 1));
}

void vec_cmhi64(struct vec *v)
{
    flip_signs(v);
    vec_end_3(v, X64_PCMPGTQ, 3, 2);
}

void vec_cmhs64(struct vec *v)
{
    flip_signs(v);
    vec_3(v, X64_PCMPGTQ, 2, 2, 3);
    vec_end_not(v, 2);
}

void vec_cmtst(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3(v, X64_PAND, 3, n, m);
    vec_zero(v, 2);
    vec_3(v, by_size(v, vec_compare_eq), 3, 3, 2);
    vec_end_not(v, 3);
}

void vec_cmeqz(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_zero(v, 3);
    vec_end_3(v, by_size(v, vec_compare_eq), n, 3);
}

void vec_cmgtz(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_zero(v, 3);
    vec_end_3(v, by_size(v, vec_compare_gt), n, 3);
}

void vec_cmltz(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_zero(v, 3);
    vec_end_3(v, by_size(v, vec_compare_gt), 3, n);
}

void vec_cmgez(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_zero(v, 3);
    vec_3(v, by_size(v, vec_compare_gt), 3, 3, n);
    vec_end_not(v, 3);
}

void vec_cmlez(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_zero(v, 2);
    vec_3(v, by_size(v, vec_compare_gt), 3, n, 2);
    vec_end_not(v, 3);
}

/* --- Distances and means --- */

void vec_distance(struct vec *v, bool is_signed, unsigned bits, unsigned n, unsigned m)
{
    unsigned size = vec_size(bits);

    if (!is_signed && bits < 32) {
        vec_3(v, bits == 8 ? X64_PSUBUSB : X64_PSUBUSW, 3, n, m);
        vec_3(v, bits == 8 ? X64_PSUBUSB : X64_PSUBUSW, 2, m, n);
        vec_3(v, X64_POR, 3, 3, 2);
        return;
    }
    vec_3(v, vec_max[is_signed][size], 3, n, m);
    vec_3(v, vec_min[is_signed][size], 2, n, m);
    vec_3(v, vec_sub[size], 3, 3, 2);
}

void vec_abd(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_distance(v, v->row->is_signed, v->row->bits, n, m);
    vec_end(v, 3);
}

void vec_aba(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_distance(v, v->row->is_signed, v->row->bits, n, m);
    vec_end_3(v, by_size(v, vec_add), vec_d(v), 3);
}

/* XMM3 = (n ^ m) >> 1: half of where n and m differ */
static void half_difference(struct vec *v, unsigned n, unsigned m)
{
    vec_3(v, X64_PXOR, 3, n, m);
    vec_shift(v, v->row->is_signed ? VEC_SAR : VEC_SHR, v->row->bits, 3, 3, 1, 2);
}

/* (n + m) >> 1 = (n & m) + ((n ^ m) >> 1) */
void vec_hadd(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    half_difference(v, n, m);
    vec_3(v, X64_PAND, 2, n, m);
    vec_end_3(v, by_size(v, vec_add), 2, 3);
}

/* (n + m + 1) >> 1 = (n | m) - ((n ^ m) >> 1) */
void vec_rhadd(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    half_difference(v, n, m);
    vec_3(v, X64_POR, 2, n, m);
    vec_end_3(v, by_size(v, vec_sub), 2, 3);
}

/* (n - m) >> 1 = ((n ^ m) >> 1) - (~n & m) */
void vec_hsub(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    half_difference(v, n, m);
    vec_3(v, X64_PANDN, 2, n, m);
    vec_end_3(v, by_size(v, vec_sub), 3, 2);
}

/* --- Dot products --- */

/* XMM `to` = the even or odd bytes of a, extended to halves */
static void extend_bytes(struct vec *v, bool is_signed, bool odd, unsigned to, unsigned a)
{
    if (!odd && !is_signed) {
        vec_3k(v, X64_PAND, to, a, 16, 0xff);
        return;
    }
    if (!odd) {
        vec_shift_op(v, X64_PSLLW, to, a, 8);
        a = to;
    }
    vec_shift_op(v, is_signed ? X64_PSRAW : X64_PSRLW, to, a, 8);
}

/* SDOT, UDOT, USDOT, SUDOT: is_signed is of n, op of m. */
void vec_dot(struct vec *v)
{
    bool n_signed = v->row->is_signed, m_signed = v->row->op;
    unsigned n = vec_n(v), m = vec_m(v);

    extend_bytes(v, n_signed, false, 3, n);
    extend_bytes(v, m_signed, false, 2, m);
    vec_3(v, X64_PMADDWD, 3, 3, 2);
    extend_bytes(v, n_signed, true, 0, n);
    extend_bytes(v, m_signed, true, 1, m);
    vec_3(v, X64_PMADDWD, 0, 0, 1);
    vec_3(v, X64_PADDD, 3, 3, 0);
    vec_end_3(v, X64_PADDD, vec_d(v), 3);
}

/* XMM `to` = a row of 8 bytes of the vector register, extended to halves */
static void extend_row(struct vec *v, bool is_signed, unsigned to, unsigned number, bool high)
{
    unsigned xmm = lower_vin(v->l, number, to);

    if (high) {
        vec_2i(v, X64_PSHUFD, to, xmm, 0xee);
        xmm = to;
    }
    vec_widen(v, is_signed, 8, to, xmm, false, 3);
}

/* SMMLA, UMMLA, USMMLA: the products of two rows of n and two rows of m; signs as above. Operands
 * are fetched as often as they are needed, for want of registers. */
void vec_matrix(struct vec *v)
{
    bool n_signed = v->row->is_signed, m_signed = v->row->op;
    unsigned a = v->uop->a, b = v->uop->b;

    v->missing = !v->l->host->sse41;
    if (v->missing)
        return;
    extend_row(v, n_signed, 0, a, false);
    extend_row(v, m_signed, 1, b, false);
    vec_3(v, X64_PMADDWD, 2, 0, 1);
    extend_row(v, m_signed, 1, b, true);
    vec_3(v, X64_PMADDWD, 0, 0, 1);
    vec_3(v, X64_PHADDD, 2, 2, 0);
    extend_row(v, n_signed, 0, a, true);
    vec_3(v, X64_PMADDWD, 3, 0, 1);
    extend_row(v, m_signed, 1, b, false);
    vec_3(v, X64_PMADDWD, 0, 0, 1);
    vec_3(v, X64_PHADDD, 0, 0, 3);
    vec_3(v, X64_PHADDD, 2, 2, 0);
    vec_end_3(v, X64_PADDD, lower_vin(v->l, v->uop->d, 3), 2);
}

/* --- Pairs of adjacent lanes --- */

void vec_pairs(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    if (v->bytes == 8) {
        vec_3(v, X64_PUNPCKLQDQ, 0, n, m);
        n = m = 0;
    }
    vec_unzip(v, v->row->bits, 0, 2, n, m, 3);
    vec_unzip(v, v->row->bits, 1, 3, n, m, 1);
    vec_end_3(v, v->row->op, 2, 3);
}

/* The two lanes of n alone. */
void vec_pair(struct vec *v)
{
    unsigned n = vec_n(v);

    v->bytes = 8;
    vec_2i(v, X64_PSHUFD, 3, n, 0xee);
    vec_end_3(v, v->row->op, n, 3);
}

/* XMM3 = sums of pairs of lanes of n, extended to twice their size; all else is lost. */
static void add_pairs_long(struct vec *v)
{
    unsigned n = vec_n(v), bits = v->row->bits, sum = vec_add[vec_size(bits) + 1];
    bool is_signed = v->row->is_signed;
    enum vec_shift down = is_signed ? VEC_SAR : VEC_SHR;

    if (bits == 8 && v->l->host->ssse3 && is_signed) { /* 1 is the unsigned operand */
        vec_constant(v, 3, vec_splat(8, 1), vec_splat(8, 1));
        vec_3(v, X64_PMADDUBSW, 3, 3, n);
    } else if (bits == 8 && v->l->host->ssse3) {
        vec_3k(v, X64_PMADDUBSW, 3, n, 8, 1);
    } else if (bits == 16 && is_signed) {
        vec_3k(v, X64_PMADDWD, 3, n, 16, 1);
    } else {
        vec_shift(v, VEC_SHL, 2 * bits, 2, n, bits, 3);
        vec_shift(v, down, 2 * bits, 2, 2, bits, 3);
        vec_shift(v, down, 2 * bits, 3, n, bits, 1);
        vec_3(v, sum, 3, 3, 2);
    }
}

void vec_pairs_long(struct vec *v)
{
    add_pairs_long(v);
    vec_end(v, 3);
}

void vec_pairs_long_add(struct vec *v)
{
    add_pairs_long(v);
    vec_end_3(v, vec_add[vec_size(v->row->bits) + 1], vec_d(v), 3);
}

/* --- Across lanes: the upper half onto the lower one, again and again --- */

/* Folds what counts of XMM `a`, which may be 3: the result is in XMM3. */
static void fold(struct vec *v, unsigned op, unsigned bits, unsigned a)
{
    if (v->bytes == 16) {
        vec_2i(v, X64_PSHUFD, 2, a, 0xee);
        vec_3(v, op, 3, a, 2);
        a = 3;
    }
    for (unsigned half = 32; half >= bits; half /= 2) {
        static const enum x64_lane_shift down[] = {X64_PSRLW, X64_PSRLD, X64_PSRLQ};

        vec_shift_op(v, down[vec_size(half)], 2, a, half);
        vec_3(v, op, 3, a, 2);
        a = 3;
    }
    v->bytes = bits / 8;
    vec_end(v, 3);
}

void vec_across(struct vec *v)
{
    fold(v, v->row->op, v->row->bits, vec_n(v));
}

void vec_across_long(struct vec *v)
{
    unsigned bits = v->row->bits;

    add_pairs_long(v);
    fold(v, vec_add[vec_size(bits) + 1], 2 * bits, 3);
}

/* The sum of unsigned bytes, of which op2 bytes count. */
void vec_across_bytes(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_zero(v, 3);
    vec_3(v, X64_PSADBW, 3, 3, n);
    if (v->bytes == 16) {
        vec_2i(v, X64_PSHUFD, 2, 3, 0xee);
        vec_3(v, X64_PADDD, 3, 3, 2);
    }
    v->bytes = v->row->op2;
    vec_end(v, 3);
}

/* --- Bits of bytes, by tables of nibbles --- */

/* XMM0, XMM1 = what the tables have for the low and high nibbles of n; XMM2, XMM3 are lost. */
static void look_up_nibbles(struct vec *v, unsigned n, const uint64_t low[2],
                            const uint64_t high[2])
{
    vec_3k(v, X64_PAND, 3, n, 8, 0x0f);
    vec_shift_op(v, X64_PSRLW, 2, n, 4);
    vec_3k(v, X64_PAND, 2, 2, 8, 0x0f);
    vec_constant(v, 0, low[0], low[1]);
    vec_3(v, X64_PSHUFB, 0, 0, 3);
    vec_constant(v, 1, high[0], high[1]);
    vec_3(v, X64_PSHUFB, 1, 1, 2);
}

void vec_cnt(struct vec *v)
{
    static const uint64_t ones[2] = {0x0302020102010100, 0x0403030203020201};

    look_up_nibbles(v, vec_n(v), ones, ones);
    vec_end_3(v, X64_PADDB, 0, 1);
}

void vec_rbit(struct vec *v)
{
    static const uint64_t low[2] = {0xe060a020c0408000, 0xf070b030d0509010};
    static const uint64_t high[2] = {0x0e060a020c040800, 0x0f070b030d050901};

    look_up_nibbles(v, vec_n(v), low, high);
    vec_end_3(v, X64_POR, 0, 1);
}

/* XMM0 = how many zeroes each lane of n begins with. From lanes of half the size: what the lower
 * one has counts where the upper one is 0. */
static void count_leading_zeroes(struct vec *v, unsigned n)
{
    static const uint64_t low[2] = {0x0505050506060708, 0x0404040404040404};
    static const uint64_t high[2] = {0x0101010102020308, 0};

    look_up_nibbles(v, n, low, high);
    vec_3(v, X64_PMINUB, 0, 0, 1);
    for (unsigned half = 8; half < v->row->bits; half *= 2) {
        vec_3k(v, vec_compare_eq[vec_size(half)], 1, 0, half, half);
        vec_shift(v, VEC_SHR, 2 * half, 1, 1, half, 2);
        vec_3(v, X64_PAND, 1, 1, 0);
        vec_shift(v, VEC_SHR, 2 * half, 0, 0, half, 2);
        vec_3(v, vec_add[vec_size(2 * half)], 0, 0, 1);
    }
}

void vec_clz(struct vec *v)
{
    count_leading_zeroes(v, vec_n(v));
    vec_end(v, 0);
}

/* One less than the zeroes of where a bit differs from the one above. */
void vec_cls(struct vec *v)
{
    unsigned n = vec_n(v), bits = v->row->bits;

    vec_shift(v, VEC_SAR, bits, 1, n, 1, 2);
    vec_3(v, X64_PXOR, 1, 1, n);
    count_leading_zeroes(v, 1);
    vec_3k(v, by_size(v, vec_sub), 0, 0, bits, 1);
    vec_end(v, 0);
}
