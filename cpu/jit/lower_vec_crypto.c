/* Forms of Advanced SIMD lowerings: cryptography, by the host's own instructions. */
#include "cpu/jit/lower_vec.h"

/* AESE, AESD: the key is added first here, and last there. */
void vec_aes_last(struct vec *v)
{
    unsigned n = vec_n(v), d = vec_d(v);

    vec_3(v, X64_PXOR, 2, d, n);
    vec_zero(v, 3);
    vec_end_3(v, v->row->op, 2, 3);
}

/* MixColumns alone: the other steps of a round, undone first. */
void vec_aesmc(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_zero(v, 3);
    vec_3(v, X64_AESDECLAST, 2, n, 3);
    vec_end_3(v, X64_AESENC, 2, 3);
}

void vec_aesimc(struct vec *v)
{
    vec_end_2(v, X64_AESIMC, vec_n(v));
}

/* AESE and AESMC, or their inverses, on the same register are one round of the host with a key of
 * zero: what processors fuse, and programs keep together for them. */
const struct uop *lower_aes_round(struct lower *l)
{
    const struct uop *first = l->uop, *second = first + 1;
    struct vec v = {.l = l, .uop = first, .row = &(const struct vec_row){0}, .bytes = 16};
    unsigned n, d, op;

    if (first->op == UOP_aese && second->op == UOP_aesmc)
        op = X64_AESENC;
    else if (first->op == UOP_aesd && second->op == UOP_aesimc)
        op = X64_AESDEC;
    else
        return NULL;
    if (!l->host->aes || second->a != first->d || second->d != first->d)
        return NULL;
    n = vec_n(&v);
    d = vec_d(&v);
    vec_3(&v, X64_PXOR, 2, d, n);
    vec_zero(&v, 3);
    vec_end_3(&v, op, 2, 3);
    lower_vdone(l, first->d, v.result);
    return second;
}

/* Of the low doublewords, or of the high ones where x is 16 */
void vec_pmull64(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3i(v, X64_PCLMULQDQ, 3, n, m, v->bytes == 16 ? 0x11 : 0x00);
    v->bytes = 16;
    vec_end(v, 3);
}

/* --- SHA: the host has the first word of a state at the top --- */

#define REVERSE 0x1b /* for PSHUFD */

/* What has no AVX form: to = op(to, from) */
static void sha(struct vec *v, unsigned op, unsigned to, unsigned from)
{
    if (!v->l->host->sha || !v->l->host->avx) /* the forms below want three operands */
        v->missing = true;
    x64_op_reg(&v->l->code, false, op, to, from);
}

static void rotate_words(struct vec *v, unsigned to, unsigned a, unsigned amount, unsigned t)
{
    vec_shift_op(v, X64_PSRLD, t, a, 32 - amount);
    vec_shift_op(v, X64_PSLLD, to, a, amount);
    vec_3(v, X64_POR, to, to, t);
}

/* SHA1C, SHA1P, SHA1M: d is a to d, n is e, m is what is added, which the host adds its constant
 * to. */
void vec_sha1_rounds(struct vec *v)
{
    static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc};
    unsigned n = vec_n(v), m = vec_m(v), d = vec_d(v);

    vec_3k(v, X64_PADDD, 3, m, 32, 0u - constants[v->row->op]);
    vec_2i(v, X64_PSHUFD, 3, 3, REVERSE);
    vec_shift_op(v, X64_PSLLDQ, 1, n, 12);
    vec_3(v, X64_PADDD, 3, 3, 1);
    vec_2i(v, X64_PSHUFD, 2, d, REVERSE);
    sha(v, X64_SHA1RNDS4, 2, 3);
    x64_u8(&v->l->code, v->row->op);
    vec_end_2(v, X64_PSHUFD, 2);
    x64_u8(&v->l->code, REVERSE);
}

void vec_sha1h(struct vec *v)
{
    rotate_words(v, 2, vec_n(v), 30, 3);
    v->bytes = 4;
    vec_end(v, 2);
}

/* d ^ m ^ (the low half of n, the high half of d) */
void vec_sha1su0(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), d = vec_d(v);

    vec_3i(v, X64_SHUFPD, 3, d, n, 1);
    vec_3(v, X64_PXOR, 3, 3, m);
    vec_end_3(v, X64_PXOR, d, 3);
}

void vec_sha1su1(struct vec *v)
{
    unsigned n = vec_n(v), d = vec_d(v);

    vec_shift_op(v, X64_PSRLDQ, 3, n, 4);
    vec_3(v, X64_PXOR, 3, 3, d);
    rotate_words(v, 2, 3, 1, 1);
    vec_shift_op(v, X64_PSLLDQ, 3, 2, 12); /* the first word comes into the last one too */
    rotate_words(v, 0, 3, 1, 1);
    vec_end_3(v, X64_PXOR, 2, 0);
}

/* SHA256H (op 0: d is a to d, n is e to h), SHA256H2 (op 1: the other way round): four rounds, of
 * which one half of the state is kept. */
void vec_sha256h(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), d = vec_d(v);
    unsigned abcd = v->row->op ? n : d, efgh = v->row->op ? d : n;

    v->missing = !v->l->host->avx;
    if (v->missing)
        return;
    vec_3i(v, X64_SHUFPS, 3, efgh, abcd, 0xbb); /* c d g h */
    vec_3i(v, X64_SHUFPS, 2, efgh, abcd, 0x11); /* a b e f */
    vec_2(v, X64_MOVAPS, 0, m);
    sha(v, X64_SHA256RNDS2, 3, 2);
    vec_2i(v, X64_PSHUFD, 0, m, 0xee);
    sha(v, X64_SHA256RNDS2, 2, 3);
    vec_end_3(v, X64_SHUFPS, 2, 3);
    x64_u8(&v->l->code, v->row->op ? 0x11 : 0xbb);
}

void vec_sha256su0(struct vec *v)
{
    unsigned n = vec_n(v), d = vec_d(v);

    sha(v, X64_SHA256MSG1, d, n);
    vec_end(v, d);
}

void vec_sha256su1(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3i(v, X64_PALIGNR, 3, m, n, 4);
    vec_3(v, X64_PADDD, 3, 3, vec_d(v));
    sha(v, X64_SHA256MSG2, 3, m);
    vec_end(v, 3);
}

/* --- SHA-512: the host has none. d is w, n is x and m is y of the manual's functions --- */

#define SWAP 0x4e /* for PSHUFD: the doublewords change places */

/* XMM t = what FIPS 180-4 makes of doublewords by three rotations to the right, of which the last
 * is a shift in the lower-case sigmas. Uses u. */
static void rotate_three(struct vec *v, unsigned t, unsigned u, unsigned a,
                         const unsigned amount[3], bool shifts)
{
    vec_shift_op(v, X64_PSRLQ, t, a, amount[0]);
    for (unsigned i = 0; i < 3; i++) {
        if (i) {
            vec_shift_op(v, X64_PSRLQ, u, a, amount[i]);
            vec_3(v, X64_PXOR, t, t, u);
        }
        if (i == 2 && shifts)
            return;
        vec_shift_op(v, X64_PSLLQ, u, a, 64 - amount[i]);
        vec_3(v, X64_PXOR, t, t, u);
    }
}

static const unsigned sum0[3] = {28, 34, 39}, sum1[3] = {14, 18, 41};
static const unsigned sigma0[3] = {1, 8, 7}, sigma1[3] = {19, 61, 6};

void vec_sha512h(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    rotate_three(v, 3, 2, m, sum1, false);
    vec_2i(v, X64_PSHUFD, 2, n, SWAP);
    vec_3(v, X64_PXOR, 2, 2, n);
    vec_3(v, X64_PAND, 2, 2, m);
    vec_3(v, X64_PXOR, 2, 2, n); /* above: y1 chooses of x0, x1 */
    vec_3(v, X64_PADDQ, 3, 3, 2);
    vec_3(v, X64_PADDQ, 3, 3, vec_d(v)); /* above: the new w1 */
    vec_3(v, X64_PUNPCKHQDQ, 2, 3, 3);
    vec_3(v, X64_PADDQ, 2, 2, m); /* below: y0 + w1 */
    vec_2i(v, X64_PSHUFD, 1, m, SWAP);
    vec_3(v, X64_PXOR, 1, 1, n);
    vec_3(v, X64_PAND, 1, 1, 2);
    vec_3(v, X64_PXOR, 1, 1, n); /* below: that chooses of y1, x0 */
    vec_3(v, X64_PADDQ, 1, 1, lower_vin(v->l, v->uop->d, 0));
    vec_3(v, X64_MOVSD, 3, 3, 1);
    rotate_three(v, 0, 1, 2, sum1, false);
    vec_2(v, X64_MOVQ_LOAD, 0, 0);
    vec_end_3(v, X64_PADDQ, 3, 0);
}

void vec_sha512h2(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    rotate_three(v, 3, 2, m, sum0, false);
    vec_2i(v, X64_PSHUFD, 2, m, SWAP);
    vec_3(v, X64_PXOR, 2, 2, m);
    vec_3(v, X64_PXOR, 0, n, m);
    vec_3(v, X64_PAND, 2, 2, 0);
    vec_3(v, X64_PXOR, 2, 2, m); /* below: the majority of x0, y1, y0 */
    vec_3(v, X64_PADDQ, 3, 3, 2);
    vec_2i(v, X64_PSHUFD, 2, vec_d(v), SWAP);
    vec_3(v, X64_PADDQ, 3, 3, 2); /* below: the new w1 */
    vec_3(v, X64_PXOR, 0, m, 3);
    vec_2i(v, X64_PSHUFD, 1, m, SWAP);
    vec_3(v, X64_PXOR, 1, 1, 3);
    vec_3(v, X64_PAND, 0, 0, 1);
    vec_3(v, X64_PXOR, 0, 0, 3); /* below: the majority of w1, y0, y1 */
    rotate_three(v, 1, 2, 3, sum0, false);
    vec_3(v, X64_PADDQ, 0, 0, 1);
    vec_3(v, X64_PADDQ, 0, 0, lower_vin(v->l, v->uop->d, 1));
    vec_end_3(v, X64_PUNPCKLQDQ, 0, 3);
}

void vec_sha512su0(struct vec *v)
{
    unsigned n = vec_n(v), d = vec_d(v);

    vec_3i(v, X64_SHUFPD, 3, d, n, 1); /* w1, x0 */
    rotate_three(v, 1, 0, 3, sigma0, true);
    vec_end_3(v, X64_PADDQ, d, 1);
}

void vec_sha512su1(struct vec *v)
{
    unsigned n = vec_n(v);

    rotate_three(v, 3, 2, n, sigma1, true);
    vec_3(v, X64_PADDQ, 3, 3, vec_m(v));
    vec_end_3(v, X64_PADDQ, 3, vec_d(v));
}

/* --- SHA-3: logic on three registers --- */

/* The third register read, y. */
static unsigned third(struct vec *v)
{
    return lower_vin(v->l, v->uop->y, 2);
}

void vec_eor3(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3(v, X64_PXOR, 3, n, m);
    vec_end_3(v, X64_PXOR, 3, third(v));
}

void vec_bcax(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3(v, X64_PANDN, 3, third(v), m);
    vec_end_3(v, X64_PXOR, 3, n);
}

void vec_rax1(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_shift_op(v, X64_PSRLQ, 2, m, 63);
    vec_3(v, X64_PADDQ, 3, m, m);
    vec_3(v, X64_POR, 3, 3, 2);
    vec_end_3(v, X64_PXOR, 3, n);
}

void vec_xar(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), amount = (unsigned)v->uop->imm;

    vec_3(v, X64_PXOR, 3, n, m);
    if (!amount) {
        vec_end(v, 3);
        return;
    }
    vec_shift_op(v, X64_PSLLQ, 2, 3, 64 - amount);
    vec_shift_op(v, X64_PSRLQ, 3, 3, amount);
    vec_end_3(v, X64_POR, 3, 2);
}
