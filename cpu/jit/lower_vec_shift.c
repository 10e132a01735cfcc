/* Forms of Advanced SIMD lowerings: shifts, and what widens or narrows lanes. */
#include "cpu/jit/lower_vec.h"

/* --- Shifts by an immediate --- */

/* The host has none of bytes: halves are shifted, and what came from the neighbour is cleared. */
static void shift_bytes(struct vec *v, enum vec_shift kind, unsigned to, unsigned a,
                        unsigned amount)
{
    unsigned sign;

    if (kind == VEC_SHL) {
        vec_shift_op(v, X64_PSLLW, to, a, amount);
        vec_3k(v, X64_PAND, to, to, 8, 0xffu << amount);
        return;
    }
    if (kind == VEC_SAR && amount > 7)
        amount = 7;
    vec_shift_op(v, X64_PSRLW, to, a, amount);
    vec_3k(v, X64_PAND, to, to, 8, 0xffu >> amount);
    if (kind == VEC_SHR)
        return;
    sign = 0x80u >> amount; /* extended by (x ^ sign) - sign */
    vec_3k(v, X64_PXOR, to, to, 8, sign);
    vec_3k(v, X64_PSUBB, to, to, 8, sign);
}

/* ((a ^ sign) >> amount) ^ sign: the host has no arithmetic one. */
static void shift_doublewords_signed(struct vec *v, unsigned to, unsigned a, unsigned amount,
                                     unsigned t)
{
    vec_shift_op(v, X64_PSRAD, t, a, 31);
    vec_2i(v, X64_PSHUFD, t, t, 0xf5);
    vec_3(v, X64_PXOR, to, a, t);
    vec_shift_op(v, X64_PSRLQ, to, to, amount);
    vec_3(v, X64_PXOR, to, to, t);
}

void vec_shift(struct vec *v, enum vec_shift kind, unsigned bits, unsigned to, unsigned a,
               unsigned amount, unsigned t)
{
    static const enum x64_lane_shift ops[3][3] = {
        [VEC_SHL] = {X64_PSLLW, X64_PSLLD, X64_PSLLQ},
        [VEC_SHR] = {X64_PSRLW, X64_PSRLD, X64_PSRLQ},
        [VEC_SAR] = {X64_PSRAW, X64_PSRAD},
    };

    if (bits == 8)
        shift_bytes(v, kind, to, a, amount);
    else if (bits == 64 && kind == VEC_SAR)
        shift_doublewords_signed(v, to, a, amount, t);
    else
        vec_shift_op(v, ops[kind][vec_size(bits) - 1], to, a, amount);
}

static enum vec_shift down(const struct vec *v)
{
    return v->row->is_signed ? VEC_SAR : VEC_SHR;
}

static void shift_to_end(struct vec *v, enum vec_shift kind)
{
    unsigned n, to;

    if (v->l->host->avx && vec_is_simple(v->row, v->uop)) {
        n = vec_simple_in(v, v->uop->a, HOME_NONE);
        to = vec_simple_out(v);
    } else {
        n = vec_n(v);
        to = vec_to(v);
    }
    vec_shift(v, kind, v->row->bits, to, n, (unsigned)v->uop->imm, 3);
    vec_end(v, to);
}

void vec_shl(struct vec *v)
{
    shift_to_end(v, VEC_SHL);
}

void vec_shr(struct vec *v)
{
    shift_to_end(v, down(v));
}

static void end_by_adding_d(struct vec *v, unsigned bits, unsigned xmm)
{
    vec_end_3(v, vec_add[vec_size(bits)], vec_d(v), xmm);
}

void vec_shr_add(struct vec *v)
{
    vec_shift(v, down(v), v->row->bits, 3, vec_n(v), (unsigned)v->uop->imm, 2);
    end_by_adding_d(v, v->row->bits, 3);
}

/* XMM1 = n >> amount, XMM3 = the bit below, which rounds */
static void rounding_shift(struct vec *v)
{
    unsigned n = vec_n(v), bits = v->row->bits, amount = (unsigned)v->uop->imm;

    vec_shift(v, VEC_SHL, bits, 3, n, bits - amount, 2);
    vec_shift(v, VEC_SHR, bits, 3, 3, bits - 1, 2);
    vec_shift(v, down(v), bits, 1, n, amount, 2);
}

void vec_rshr(struct vec *v)
{
    rounding_shift(v);
    vec_end_3(v, vec_add[vec_size(v->row->bits)], 1, 3);
}

void vec_rshr_add(struct vec *v)
{
    rounding_shift(v);
    vec_3(v, vec_add[vec_size(v->row->bits)], 3, 3, 1);
    end_by_adding_d(v, v->row->bits, 3);
}

/* Is d, as the block has made it before, the operand of this micro-op shifted the other way, and is
 * nothing in it where the bits of this shift go? *whole: the operand is still what it was. */
static bool is_shifted_away(const struct vec *v, enum vec_shift kind, bool *whole)
{
    unsigned other = (kind == VEC_SHL ? UOP_vushr8 : UOP_vshl8) + vec_size(v->row->bits);
    const struct uop *uop = v->uop, *before = uop;

    *whole = true;
    while (before-- > v->l->node->block->uop) {
        struct regset use, def;

        region_operands(before, &use, &def);
        if (uop_has(before->op, 'C'))
            return false;
        if (def.v & regset_vector(uop->d)) {
            *whole &= before->a == uop->a && before->d != uop->a && before->x >= uop->x &&
                      before->imm + uop->imm == v->row->bits;
            return before->op == other && before->imm + uop->imm >= v->row->bits;
        }
        if (def.v & regset_vector(uop->a))
            *whole = false;
    }
    return false;
}

/* Every lane to the left, around its ends, by whole bytes. */
static void end_by_rotating(struct vec *v, unsigned n, unsigned amount)
{
    unsigned bytes = v->row->bits / 8, to = vec_to(v);
    uint64_t half[2] = {0, 0};

    for (unsigned i = 0; i < 16; i++)
        half[i / 8] |= (uint64_t)(i / bytes * bytes + (i + bytes - amount / 8) % bytes)
                       << i % 8 * 8;
    vec_3c(v, X64_PSHUFB, to, n, half[0], half[1]);
    vec_end(v, to);
}

/* d stays where the mask is. A rotation, written as two shifts, needs none. */
static void insert(struct vec *v, enum vec_shift kind, uint64_t mask)
{
    unsigned bits = v->row->bits, amount = (unsigned)v->uop->imm, n = vec_n(v);
    bool whole, away = is_shifted_away(v, kind, &whole);

    if (away && whole && amount % 8 == 0 && v->l->host->ssse3) {
        end_by_rotating(v, n, kind == VEC_SHL ? amount : bits - amount);
        return;
    }
    vec_shift(v, kind, bits, 3, n, amount, 2);
    if (away) {
        vec_end_3(v, X64_POR, vec_d(v), 3);
        return;
    }
    vec_3k(v, X64_PAND, 1, vec_d(v), bits, mask);
    vec_end_3(v, X64_POR, 1, 3);
}

void vec_sli(struct vec *v)
{
    insert(v, VEC_SHL, bits_ones((unsigned)v->uop->imm));
}

void vec_sri(struct vec *v)
{
    unsigned amount = (unsigned)v->uop->imm;

    insert(v, VEC_SHR, amount == v->row->bits ? ~0ull : ~(bits_ones(v->row->bits) >> amount));
}

/* --- Long: lanes become twice as wide. Q of 1 takes the upper half --- */

static void widen_by_interleaving(struct vec *v, bool is_signed, unsigned bits, unsigned to,
                                  unsigned a, bool high, unsigned t)
{
    unsigned op = (high ? vec_unpack_high : vec_unpack_low)[vec_size(bits)];

    if (is_signed && bits < 32) {
        vec_3(v, op, to, a, a);
        vec_shift(v, VEC_SAR, 2 * bits, to, to, bits, t);
        return;
    }
    if (is_signed)
        vec_shift_op(v, X64_PSRAD, t, a, 31);
    else
        vec_zero(v, t);
    vec_3(v, op, to, a, t);
}

void vec_widen(struct vec *v, bool is_signed, unsigned bits, unsigned to, unsigned a, bool high,
               unsigned t)
{
    static const unsigned low[2][3] = {{X64_PMOVZXBW, X64_PMOVZXWD, X64_PMOVZXDQ},
                                       {X64_PMOVSXBW, X64_PMOVSXWD, X64_PMOVSXDQ}};

    if (v->l->host->sse41 && !high)
        vec_2(v, low[is_signed][vec_size(bits)], to, a);
    else
        widen_by_interleaving(v, is_signed, bits, to, a, high, t);
}

/* What x means here. True: the upper halves of the operands. The whole result counts. */
static bool upper_half(struct vec *v)
{
    bool upper = v->bytes == 16;

    v->bytes = 16;
    return upper;
}

/* SSHLL, USHLL */
void vec_shll(struct vec *v)
{
    bool upper = upper_half(v);
    unsigned bits = v->row->bits, n = vec_n(v), to = vec_to(v);

    vec_widen(v, v->row->is_signed, bits, to, n, upper, 3);
    if (v->uop->imm)
        vec_shift(v, VEC_SHL, 2 * bits, to, to, (unsigned)v->uop->imm, 3);
    vec_end(v, to);
}

static unsigned long_op(const struct vec *v)
{
    bool subtracts = v->row->op;

    return (subtracts ? vec_sub : vec_add)[vec_size(v->row->bits) + 1];
}

/* XMM3 = the lanes of n, XMM2 = those of m; n and m are lost. */
static void widen_both(struct vec *v, unsigned n, unsigned m, bool upper)
{
    vec_widen(v, v->row->is_signed, v->row->bits, 3, n, upper, 2);
    vec_widen(v, v->row->is_signed, v->row->bits, 2, m, upper, 0);
}

void vec_long(struct vec *v)
{
    bool upper = upper_half(v);
    unsigned n = vec_n(v), m = vec_m(v);

    widen_both(v, n, m, upper);
    vec_end_3(v, long_op(v), 3, 2);
}

void vec_wide(struct vec *v)
{
    bool upper = upper_half(v);
    unsigned n = vec_n(v), m = vec_m(v);

    vec_widen(v, v->row->is_signed, v->row->bits, 3, m, upper, 2);
    vec_end_3(v, long_op(v), n, 3);
}

void vec_multiply_long(struct vec *v)
{
    bool upper = upper_half(v), is_signed = v->row->is_signed;
    unsigned n = vec_n(v), m = vec_m(v);

    switch (v->row->bits) {
    case 8:
        widen_both(v, n, m, upper);
        vec_3(v, X64_PMULLW, 3, 3, 2);
        break;
    case 16:
        if (is_signed && v->row->element) { /* with zeroes between the lanes of n */
            vec_zero(v, 2);
            vec_3(v, upper ? X64_PUNPCKHWD : X64_PUNPCKLWD, 3, n, 2);
            vec_3(v, X64_PMADDWD, 3, 3, m);
            break;
        }
        vec_3(v, X64_PMULLW, 3, n, m);
        vec_3(v, is_signed ? X64_PMULHW : X64_PMULHUW, 2, n, m);
        vec_3(v, upper ? X64_PUNPCKHWD : X64_PUNPCKLWD, 3, 3, 2);
        break;
    default:
        vec_2i(v, X64_PSHUFD, 3, n, upper ? 0xfa : 0x50);
        vec_2i(v, X64_PSHUFD, 2, m, upper ? 0xfa : 0x50);
        vec_3(v, is_signed ? X64_PMULDQ : X64_PMULUDQ, 3, 3, 2);
    }
}

void vec_mull(struct vec *v)
{
    vec_multiply_long(v);
    vec_end(v, 3);
}

/* SMLAL, UMLAL, SMLSL, UMLSL */
void vec_mlal(struct vec *v)
{
    vec_multiply_long(v);
    vec_end_3(v, long_op(v), vec_d(v), 3);
}

/* XMM3 = the distances, which fit in an unsigned narrow lane */
static void distance_long(struct vec *v)
{
    bool upper = upper_half(v);
    unsigned n = vec_n(v), m = vec_m(v);

    vec_distance(v, v->row->is_signed, v->row->bits, n, m);
    vec_widen(v, false, v->row->bits, 3, 3, upper, 2);
}

void vec_abdl(struct vec *v)
{
    distance_long(v);
    vec_end(v, 3);
}

void vec_abal(struct vec *v)
{
    distance_long(v);
    end_by_adding_d(v, 2 * v->row->bits, 3);
}

/* --- Narrow: Q of 1 writes the upper half and keeps the lower one --- */

/* The lanes of a, less `drop` bits at the bottom, cut to half their size. */
static void narrow(struct vec *v, unsigned a, unsigned drop)
{
    unsigned bytes = v->row->bits / 8, skip = drop / 8;
    uint64_t pick = 0;

    if (drop % 8) {
        vec_shift(v, VEC_SHR, 2 * v->row->bits, 3, a, drop, 2);
        a = 3;
        skip = 0;
    }
    for (unsigned i = 0; i < 8; i++)
        pick |= (uint64_t)(i / bytes * 2 * bytes + i % bytes + skip) << 8 * i;
    if (!upper_half(v)) {
        unsigned to = vec_to(v);

        vec_3c(v, X64_PSHUFB, to, a, pick, ~0ull);
        vec_end(v, to);
        return;
    }
    vec_3c(v, X64_PSHUFB, 3, a, pick, ~0ull);
    vec_end_3(v, X64_PUNPCKLQDQ, vec_d(v), 3);
}

/* Half of the lowest bit that will be left is added first. */
static unsigned add_half(struct vec *v, unsigned a, unsigned drop)
{
    unsigned wide = 2 * v->row->bits;

    vec_3k(v, vec_add[vec_size(wide)], 3, a, wide, 1ull << (drop - 1));
    return 3;
}

/* XTN, SHRN, RSHRN: op2 rounds */
void vec_xtn(struct vec *v)
{
    unsigned drop = (unsigned)v->uop->imm, n = vec_n(v);

    narrow(v, v->row->op2 ? add_half(v, n, drop) : n, drop);
}

/* ADDHN, SUBHN, RADDHN, RSUBHN: op subtracts, op2 rounds */
void vec_addhn(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), bits = v->row->bits;

    vec_3(v, long_op(v), 3, n, m);
    narrow(v, v->row->op2 ? add_half(v, 3, bits) : 3, bits);
}

/* XMM3 = the lanes of a cut to half their size, saturated; XMM2 = where nothing was lost. */
static void narrow_saturating(struct vec *v, unsigned a)
{
    static const unsigned pack[2][2] = {{X64_PACKSSWB, X64_PACKSSDW}, {X64_PACKUSWB, X64_PACKUSDW}};
    bool is_unsigned = v->row->op;
    unsigned bits = v->row->bits, size = vec_size(bits);

    if (v->row->is_signed) {
        vec_3(v, pack[is_unsigned][size], 3, a, a);
        vec_widen(v, !is_unsigned, bits, 2, 3, false, 2);
        vec_3(v, vec_compare_eq[size + 1], 2, 2, a);
        return;
    }
    vec_3k(v, vec_min[0][size + 1], 3, a, 2 * bits, bits_ones(bits));
    vec_3(v, vec_compare_eq[size + 1], 2, 3, a);
    vec_3(v, pack[1][size], 3, 3, 3); /* to the host these are signed, and not negative */
}

/* The same of doublewords, which the host does not pack; XMM2 has lanes of the result's size. */
static void narrow_doublewords(struct vec *v, unsigned a)
{
    bool is_unsigned = v->row->op;

    if (is_unsigned) {
        vec_zero(v, 2);
    } else {
        vec_2i(v, X64_PSHUFD, 2, a, 0xa0);
        vec_shift_op(v, X64_PSRAD, 2, 2, 31);
    }
    vec_3(v, X64_PCMPEQD, 2, 2, a); /* in the upper words: nothing is lost */
    vec_2i(v, X64_PSHUFD, 2, 2, 0x0d);
    if (v->row->is_signed) {
        vec_shift_op(v, X64_PSRAD, 3, a, 31);
        vec_2i(v, X64_PSHUFD, 3, 3, 0x0d);
        vec_3k(v, X64_PXOR, 3, 3, 32, is_unsigned ? 0xffffffff : 0x7fffffff);
    } else {
        vec_ones(v, 3);
    }
    vec_2i(v, X64_PSHUFD, 1, a, 0x08);
    vec_3i(v, X64_VBLENDVPS, 3, 3, 1, 2 << 4);
}

/* SQSHRN, UQSHRN, SQSHRUN: op: the result is unsigned; op2: rounds. SQXTN and its like shift by 0.
 */
void vec_qxtn(struct vec *v)
{
    unsigned n = vec_n(v), wide = 2 * v->row->bits, amount = (unsigned)v->uop->imm;

    v->missing = wide == 64 ? !v->l->host->avx : !v->l->host->sse41;
    if (v->missing)
        return;
    if (amount) {
        vec_shift(v, down(v), wide, 1, n, amount, 3);
        if (v->row->op2) {
            vec_shift(v, VEC_SHL, wide, 3, n, wide - amount, 2);
            vec_shift(v, VEC_SHR, wide, 3, 3, wide - 1, 2);
            vec_3(v, vec_add[vec_size(wide)], 1, 1, 3);
        }
        n = 1;
    }
    if (wide == 64) {
        narrow_doublewords(v, n);
        vec_saturated(v, 2, false, v->bytes < 8 ? v->bytes : 8);
    } else {
        narrow_saturating(v, n);
        vec_saturated(v, 2, false, v->bytes < 8 ? 2 * v->bytes : 16);
    }
    if (v->bytes == 16)
        vec_end_3(v, X64_PUNPCKLQDQ, vec_d(v), 3);
    else
        vec_end(v, 3);
}
