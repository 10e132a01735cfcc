/* Forms of Advanced SIMD lowerings: estimates of reciprocals and of their square roots. The
 * fraction of the result comes out of a table, its exponent out of that of the operand; no flag is
 * raised. To the handler goes what is no normal number, or becomes none. FPCR.AH, where estimates
 * are finer, is of other blocks (MODE_AFP). */
#include "cpu/jit/lower_fp.h"
#include "cpu/jit/lower_vec_fp.h"

#define ESTIMATE_BITS 8 /* of the fraction */

struct format {
    unsigned fraction, bias;
};

static struct format format_of(unsigned bits)
{
    static const struct format formats[] = {{0}, {10, 15}, {23, 127}, {52, 1023}};

    return formats[vec_size(bits)];
}

static uint64_t sign_of(unsigned bits)
{
    return 1ull << (bits - 1);
}

/* To the handler where a lane of XMM `xmm` is less than 2^fraction, as an integer, or more than
 * `last`. Uses XMM2 and XMM3. */
static void leave_unless_normal(struct vec *v, unsigned xmm, uint64_t last)
{
    unsigned bits = v->row->bits, greater = vec_compare_gt[vec_size(bits)];
    uint64_t first = vec_splat(bits, 1ull << format_of(bits).fraction);

    vec_constant(v, 3, first, first);
    vec_3(v, greater, 3, 3, xmm);
    vec_3k(v, greater, 2, xmm, bits, last);
    vec_3(v, X64_POR, 2, 2, 3);
    vec_fp_leave_if_any(v, 2);
}

/* XMM1 = in each lane that counts, the fraction that a table of struct thunk_constants has for the
 * so many bits of n that are next to the exponent, and above. */
static void look_up_fractions(struct vec *v, unsigned n, size_t table, unsigned index_bits)
{
    unsigned bits = v->row->bits, unused = format_of(bits).fraction - ESTIMATE_BITS;
    struct x64 *c = &v->l->code;

    vec_shift(v, VEC_SHR, bits, 1, n, unused, 1);
    vec_3k(v, X64_PAND, 1, 1, bits, bits_ones(index_bits));
    x64_land_at(c, x64_lea_rip(c, RCX), v->l->thunks->constants + table - v->l->to_rx);
    for (unsigned half = 0; half < v->bytes / 2; half += bits / 16) {
        vec_2i(v, X64_PEXTRW, RAX, 1, half);
        x64_op_mem(c, false, X64_MOVZX8, RAX, x64_indexed(RCX, RAX, 0, 0));
        vec_3i(v, X64_PINSRW, 1, 1, RAX, half);
    }
    vec_shift(v, VEC_SHL, bits, 1, 1, unused, 1);
}

/* FRECPE: 2^exponent becomes 2^-(exponent + 1). */
void vec_fp_recip_estimate(struct vec *v)
{
    unsigned bits = v->row->bits, n = vec_n(v);
    struct format f = format_of(bits);
    uint64_t sum = (2ull * f.bias - 1) << f.fraction, exponent;

    exponent = bits_ones(bits - 1 - f.fraction) << f.fraction;
    vec_3k(v, X64_PAND, 1, n, bits, ~sign_of(bits));
    leave_unless_normal(v, 1, sum - 1);
    look_up_fractions(v, n, offsetof(struct thunk_constants, recip), ESTIMATE_BITS);
    vec_3k(v, X64_PAND, 2, n, bits, exponent);
    vec_constant(v, 3, vec_splat(bits, sum), vec_splat(bits, sum));
    vec_3(v, vec_sub[vec_size(bits)], 3, 3, 2);
    vec_3k(v, X64_PAND, 2, n, bits, sign_of(bits));
    vec_3(v, X64_POR, 3, 3, 2);
    vec_end_3(v, X64_POR, 3, 1);
}

/* FRSQRTE, of positive numbers: the last bit of the exponent is lost to the fraction. */
void vec_fp_rsqrt_estimate(struct vec *v)
{
    unsigned bits = v->row->bits, n = vec_n(v);
    struct format f = format_of(bits);
    uint64_t exponent = bits_ones(bits - 1 - f.fraction) << f.fraction;
    uint64_t sum = (3ull * f.bias - 1) << f.fraction;

    leave_unless_normal(v, n, exponent - 1);
    look_up_fractions(v, n, offsetof(struct thunk_constants, rsqrt), ESTIMATE_BITS + 1);
    vec_3k(v, X64_PAND, 2, n, bits, exponent);
    vec_constant(v, 3, vec_splat(bits, sum), vec_splat(bits, sum));
    vec_3(v, vec_sub[vec_size(bits)], 3, 3, 2);
    vec_shift(v, VEC_SHR, bits, 3, 3, 1, 2);
    vec_3k(v, X64_PAND, 3, 3, bits, exponent);
    vec_end_3(v, X64_POR, 3, 1);
}

/* FRECPX: the exponent with all bits inverted. */
void vec_fp_recpx(struct vec *v)
{
    unsigned bits = v->row->bits, n = vec_n(v);
    struct format f = format_of(bits);
    uint64_t infinite = bits_ones(bits - 1 - f.fraction) << f.fraction;

    vec_3k(v, X64_PAND, 1, n, bits, ~sign_of(bits));
    leave_unless_normal(v, 1, infinite);
    vec_3k(v, X64_PXOR, 3, n, bits, infinite);
    vec_3k(v, X64_PAND, 3, 3, bits, ~bits_ones(f.fraction));
    vec_end(v, 3);
}
