/* Forms of Advanced SIMD lowerings: shifts of each lane by a count of its own, SSHL and its like.
 * The count is the lowest byte of a lane of m, signed; a negative one shifts to the right. op2 of a
 * row: such a shift rounds. */
#include "cpu/jit/lower_vec.h"

static enum vec_shift down(const struct vec *v)
{
    return v->row->is_signed ? VEC_SAR : VEC_SHR;
}

/* --- Words and doublewords: the host's shifts by a vector, whose counts have no sign but may be
 * larger than a lane --- */

static unsigned host_left(const struct vec *v)
{
    return v->row->bits == 64 ? X64_VPSLLVQ : X64_VPSLLVD;
}

static unsigned host_right(const struct vec *v)
{
    if (v->row->bits == 64)
        return X64_VPSRLVQ;
    return v->row->is_signed ? X64_VPSRAVD : X64_VPSRLVD;
}

/* XMM `to`, which may be n, = n shifted to the right by the counts in XMM2, which are lost. Of one
 * that rounds, the bit that is shifted out last is added. */
static void shift_right_by(struct vec *v, unsigned to, unsigned n)
{
    unsigned bits = v->row->bits, size = vec_size(bits);

    if (!v->row->op2) {
        vec_3(v, host_right(v), to, n, 2);
        return;
    }
    vec_3k(v, vec_sub[size], 2, 2, bits, 1);
    vec_3(v, host_right(v), to, n, 2);
    vec_3k(v, X64_PAND, 2, to, bits, 1);
    vec_shift(v, down(v), bits, to, to, 1, 2);
    vec_3(v, vec_add[size], to, to, 2);
}

/* XMM `to` = a, or b where the highest bit of the lane of `mask` is set. */
static void choose(struct vec *v, unsigned to, unsigned a, unsigned b, unsigned mask)
{
    vec_3i(v, v->row->bits == 64 ? X64_VBLENDVPD : X64_VBLENDVPS, to, a, b, mask << 4);
}

/* XMM1 = the counts in the highest byte; XMM2 = how far to the right, where they are negative. */
static void counts_to_the_right(struct vec *v, unsigned m)
{
    unsigned bits = v->row->bits;

    vec_shift(v, VEC_SHL, bits, 1, m, bits - 8, 3);
    vec_zero(v, 2);
    vec_3(v, vec_sub[vec_size(bits)], 2, 2, 1);
    vec_shift(v, VEC_SHR, bits, 2, 2, bits - 8, 3);
}

void vec_shift_by(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), bits = v->row->bits, to = vec_to(v);

    v->missing = !v->l->host->avx2;
    if (v->missing)
        return;
    counts_to_the_right(v, m);
    shift_right_by(v, 3, n);
    vec_shift(v, VEC_SHR, bits, 2, 1, bits - 8, 0);
    vec_3(v, host_left(v), 2, n, 2);
    choose(v, to, 2, 3, 1);
    vec_end(v, to);
}

/* SQSHL, UQSHL, SQRSHL, UQRSHL of words: saturated where the shift back does not give n. */
void vec_qshift_by(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), to = vec_to(v);

    v->missing = !v->l->host->avx2;
    if (v->missing)
        return;
    vec_shift_op(v, X64_PSLLD, 1, m, 24);
    vec_shift_op(v, X64_PSRLD, 2, 1, 24);
    vec_3(v, host_left(v), 3, n, 2);
    vec_3(v, host_right(v), 2, 3, 2);
    vec_3(v, X64_PCMPEQD, 2, 2, n);
    vec_shift_op(v, X64_PSRAD, 0, 1, 31);
    vec_3(v, X64_POR, 0, 0, 2);
    vec_saturated(v, 0, false, v->bytes);
    n = vec_n(v); /* once more, as for lack of room it was overwritten */
    if (v->row->is_signed) {
        vec_shift_op(v, X64_PSRAD, 0, n, 31);
        vec_3k(v, X64_PXOR, 0, 0, 32, 0x7fffffff);
    } else {
        vec_ones(v, 0);
    }
    choose(v, 3, 0, 3, 2);
    counts_to_the_right(v, lower_vin(v->l, v->uop->b, 1));
    shift_right_by(v, 0, vec_n(v));
    choose(v, to, 3, 0, 1);
    vec_end(v, to);
}

/* --- Halves: n in the upper half of a word, shifted to the right by 16 - count --- */

/* XMM `to` = XMM `to` shifted by the counts in XMM `by`, which are less by one if the shift rounds.
 * Then it does so in the last step, unless the count is 16: that one, -1, leaves 0 or -1. */
static void shift_words(struct vec *v, unsigned to, unsigned by)
{
    vec_3(v, v->row->is_signed ? X64_VPSRAVD : X64_VPSRLVD, to, to, by);
    if (v->row->op2) {
        vec_3k(v, X64_PADDD, to, to, 32, 1);
        vec_shift(v, down(v), 32, to, to, 1, by);
    }
}

void vec_shift_halves_by(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), to = vec_to(v);
    uint64_t largest = vec_splat(16, v->row->op2 ? 15 : 16);

    v->missing = !v->l->host->avx2;
    if (v->missing)
        return;
    vec_shift_op(v, X64_PSLLW, 3, m, 8);
    vec_shift_op(v, X64_PSRAW, 3, 3, 8);
    vec_3k(v, X64_PMINSW, 3, 3, 16, 16);
    vec_constant(v, 2, largest, largest);
    vec_3(v, X64_PSUBW, 2, 2, 3);
    vec_shift_op(v, X64_PSLLD, 3, n, 16); /* the even ones */
    vec_3k(v, X64_PAND, 1, 2, 32, 0xffff);
    shift_words(v, 3, 1);
    vec_3k(v, X64_PAND, 1, n, 32, 0xffff0000); /* the odd ones */
    vec_shift_op(v, X64_PSRLD, 2, 2, 16);
    shift_words(v, 1, 2);
    vec_shift_op(v, X64_PSLLD, 1, 1, 16);
    vec_3i(v, X64_PBLENDW, to, 3, 1, 0xaa);
    vec_end(v, to);
}

/* --- Bytes: products with 2^(8 + count), of which the upper byte of the lower half counts --- */

/* XMM `to` holds the factors of one half of the lanes of n; XMM1 is lost. */
static void multiply_bytes(struct vec *v, unsigned unpack, unsigned to, unsigned n)
{
    vec_3(v, unpack, 1, n, n);
    vec_shift(v, down(v), 16, 1, 1, 8, 1);
    vec_3(v, X64_PMULLW, to, to, 1);
    if (v->row->op2)
        vec_3k(v, X64_PADDW, to, to, 16, 0x80);
    vec_shift_op(v, X64_PSRLW, to, to, 8);
}

void vec_shift_bytes_by(struct vec *v)
{
    const uint64_t powers = 0x8040201008040201;
    unsigned n = vec_n(v), m = vec_m(v);

    /* count + 0x78 from -8 to 7; with its highest bit set where the factor is 0 */
    if (v->row->is_signed) {
        vec_3k(v, X64_PMAXSB, 3, m, 8, 0xf8);
        vec_3k(v, X64_PADDB, 3, 3, 8, 0x78);
    } else {
        vec_3k(v, X64_PADDB, 3, m, 8, 8);
        vec_3k(v, X64_PADDUSB, 3, 3, 8, 0x70);
    }
    vec_constant(v, 2, powers, 0);
    vec_3(v, X64_PSHUFB, 2, 2, 3);
    vec_constant(v, 1, 0, powers);
    vec_3(v, X64_PSHUFB, 1, 1, 3);
    vec_3(v, X64_PUNPCKLBW, 3, 2, 1);
    vec_3(v, X64_PUNPCKHBW, 2, 2, 1);
    multiply_bytes(v, X64_PUNPCKLBW, 3, n);
    multiply_bytes(v, X64_PUNPCKHBW, 2, n);
    vec_end_3(v, X64_PACKUSWB, 3, 2);
}
