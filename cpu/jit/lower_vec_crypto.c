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

/* Of the low doublewords, or of the high ones where x is 16 */
void vec_pmull64(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v);

    vec_3i(v, X64_PCLMULQDQ, 3, n, m, v->bytes == 16 ? 0x11 : 0x00);
    v->bytes = 16;
    vec_end(v, 3);
}
