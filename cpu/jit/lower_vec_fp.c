/* Forms of Advanced SIMD lowerings: floating point. As with scalars (lower_fp.h), the host computes
 * what the guest asked for, flags included, and a stub runs the handler where a lane of the result
 * is a NaN or may have been tiny. All with AVX.
 *
 * The host always has four or two lanes. Where fewer count, they are repeated, so that the others
 * raise no flags of their own. */
#include "cpu/isa/simd.h"
#include "cpu/jit/lower_fp.h"
#include "cpu/jit/lower_vec_fp.h"

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

/* Under FPCR.FZ: sets FPSR.IDC if a lane is denormal, that is, the host takes it for zero, but not
 * all its bits are 0. `t` is another register. */
static void note_lanes(struct vec *v, unsigned bits, unsigned xmm, unsigned t)
{
    uint64_t magnitude = vec_splat(bits, ~sign(bits));

    if (!fp_flushes_to_zero(v->l))
        return;
    vec_zero(v, t);
    vec_3i(v, packed(bits, COMPARE), t, xmm, t, EQUAL);
    vec_3(v, ANDPS, t, t, xmm);
    vec_3c(v, PTEST, t, 0, magnitude, magnitude);
    lower_stub(v->l, STUB_DENORMAL, x64_jcc(&v->l->code, CC_NE));
}

/* The same of all lanes that count of vector register `reg`, repeated in XMM `xmm`, if need be. */
static void note(struct vec *v, unsigned bits, unsigned reg, unsigned xmm)
{
    bool wide = bits == 64;

    if (v->l->known.lanes[wide] & regset_vector(reg))
        return;
    note_lanes(v, bits, xmm, xmm == 3 ? 2 : 3);
    if (v->bytes == 16)
        v->l->known.lanes[wide] |= regset_vector(reg);
}

static unsigned operand_n(struct vec *v)
{
    unsigned n = repeat(v, vec_n(v), 0);

    note(v, v->row->bits, v->uop->a, n);
    return n;
}

static unsigned operand_m(struct vec *v)
{
    unsigned m = repeat(v, vec_m(v), 1);

    if (!v->row->element)
        note(v, v->row->bits, v->uop->b, m);
    else if (!(v->l->known.lanes[v->row->bits == 64] & regset_vector(v->uop->b)))
        note_lanes(v, v->row->bits, m, 3);
    return m;
}

/* To the handler if RAX is not 0. */
static void leave_by_mask(struct vec *v)
{
    x64_test(&v->l->code, false, RAX, RAX);
    v->stub = lower_stub(v->l, STUB_HANDLER, x64_jcc(&v->l->code, CC_NE));
}

/* To the handler where a lane of XMM2 has its highest bit set. */
static void leave_if_any(struct vec *v)
{
    vec_2(v, packed(v->row->bits, MOVMSK), RAX, 2);
    leave_by_mask(v);
}

void vec_fp_leave_if_any(struct vec *v, unsigned xmm)
{
    struct x64 *c = &v->l->code;

    vec_2(v, X64_PMOVMSKB, RAX, xmm);
    x64_test_imm(c, false, RAX, (1u << v->bytes) - 1);
    v->stub = lower_stub(v->l, STUB_HANDLER, x64_jcc(c, CC_NE));
}

/* To the handler where a lane is a NaN, or a result that is not the host's: see fp_check(). */
static void check(struct vec *v, unsigned bits, unsigned xmm, enum fp_tiny tiny)
{
    uint64_t normal = vec_splat(bits, bits == 64 ? 1ull << 52 : 1u << 23);
    bool watches = tiny != FP_NEVER_TINY && fp_watches_tiny(v->l);

    if (!watches && tiny != FP_TINY) {
        vec_3i(v, packed(bits, COMPARE), 2, xmm, xmm, UNORDERED);
    } else {
        vec_3k(v, ANDPS, 2, xmm, bits, ~sign(bits));
        vec_constant(v, 1, normal, normal);
        vec_3i(v, packed(bits, COMPARE), 2, 2, 1, watches ? NOT_GREATER : EQUAL_OR_UNORDERED);
    }
    leave_if_any(v);
    v->stub->restores = watches;
}

/* --- Arithmetic: op is the opcode; op2: the result may be tiny and inexact --- */

void vec_fp_two(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v), bits = v->row->bits;

    fp_begin(v->l);
    vec_3(v, packed(bits, v->row->op), 3, n, m);
    check(v, bits, 3, v->row->op2 ? FP_TINY : FP_TINY_EXACT);
    vec_end(v, 3);
}

/* FMULX: where the host's product is none, the handler's may be 2, without a flag. */
void vec_fp_mulx(struct vec *v)
{
    fp_keep_flags(v->l);
    vec_fp_two(v);
    v->stub->restores = true;
}

void vec_fp_abd(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v), bits = v->row->bits;

    fp_begin(v->l);
    vec_3(v, packed(bits, SUB), 3, n, m);
    check(v, bits, 3, FP_TINY_EXACT);
    vec_3k(v, ANDPS, 3, 3, bits, ~sign(bits));
    vec_end(v, 3);
}

void vec_fp_sqrt(struct vec *v)
{
    vec_2(v, packed(v->row->bits, v->row->op), 3, operand_n(v));
    check(v, v->row->bits, 3, FP_NEVER_TINY);
    vec_end(v, 3);
}

/* --- Fused: op has the product added or subtracted --- */

/* Ends with that of n and m, which have been noted. */
static void end_fused(struct vec *v, unsigned n, unsigned m)
{
    unsigned bits = v->row->bits, d = repeat(v, vec_d(v), 3);

    note(v, bits, v->uop->d, d);
    fp_begin(v->l);
    if (d != 3)
        vec_2(v, X64_MOVAPS, 3, d);
    vec_3(v, v->row->op | (bits == 64 ? X64_W : 0), 3, n, m);
    check(v, bits, 3, FP_TINY);
    vec_end(v, 3);
}

/* FMLA, FMLS */
void vec_fp_fused(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v);

    end_fused(v, n, m);
}

/* FMLAL, FMLSL: the products are of halves, which are singles without loss. */
void vec_fp_fused_long(struct vec *v)
{
    unsigned n = vec_n(v), m = lower_vin(v->l, v->uop->b, 1);
    bool upper = v->uop->imm;

    v->missing = fp_has_alternative_halves(v->l);
    if (v->bytes == 16)
        vec_2i(v, X64_PSHUFD, 0, n, upper ? 0xee : 0x44);
    else
        vec_2i(v, X64_PSHUFD, 0, n, upper ? 0x55 : 0x00);
    vec_2(v, X64_VCVTPH2PS, 0, 0);
    if (v->row->element)
        vec_broadcast(v, 16, 1, m, v->uop->y);
    else if (v->bytes == 16)
        vec_2i(v, X64_PSHUFD, 1, m, upper ? 0xee : 0x44);
    else
        vec_2i(v, X64_PSHUFD, 1, m, upper ? 0x55 : 0x00);
    vec_2(v, X64_VCVTPH2PS, 1, 1);
    end_fused(v, 0, 1);
}

/* XMM `to` = the even or the odd ones of the BFloat16 of an operand: their bits are the upper half
 * of a single's. */
static void bfloat_lanes(struct vec *v, unsigned to, unsigned xmm, bool odd)
{
    if (odd)
        vec_3k(v, X64_PAND, to, xmm, 32, 0xffff0000);
    else
        vec_shift_op(v, X64_PSLLD, to, xmm, 16);
    note_lanes(v, 32, to, 3);
}

/* BFMLALB, BFMLALT */
void vec_fp_fused_bfloat(struct vec *v)
{
    unsigned n = vec_n(v), m = lower_vin(v->l, v->uop->b, 1);

    bfloat_lanes(v, 0, n, v->uop->imm);
    if (v->row->element) {
        vec_broadcast(v, 16, 1, m, v->uop->y);
        m = 1;
    }
    bfloat_lanes(v, 1, m, v->uop->imm);
    end_fused(v, 0, 1);
}

/* FRECPS, FRSQRTS: 2 - n * m, (3 - n * m) / 2, rounded once. Of operands so large that the product
 * might not be a number, or that half of it might be one where it is none, the handler takes care.
 */
void vec_fp_step(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v), bits = v->row->bits;
    bool wide = bits == 64, halves = v->row->op2;
    unsigned greater = vec_compare_gt[vec_size(bits)];
    uint64_t large = wide ? 0x5fe0000000000000 : 0x5f000000;
    uint64_t minuend = halves ? (wide ? 0x4008000000000000 : 0x40400000)
                              : (wide ? 0x4000000000000000 : 0x40000000);

    vec_3k(v, ANDPS, 2, n, bits, ~sign(bits));
    vec_3k(v, greater, 2, 2, bits, large);
    vec_3k(v, ANDPS, 3, m, bits, ~sign(bits));
    vec_3k(v, greater, 3, 3, bits, large);
    vec_3(v, X64_POR, 2, 2, 3);
    leave_if_any(v);
    vec_constant(v, 3, vec_splat(bits, minuend), vec_splat(bits, minuend));
    vec_3(v, v->row->op | (wide ? X64_W : 0), 3, n, m);
    if (halves)
        vec_3k(v, packed(bits, MUL), 3, 3, bits, wide ? 0x3fe0000000000000 : 0x3f000000);
    vec_end(v, 3);
}

/* --- Complex numbers: real parts in the even lanes --- */

/* XMM1 = m, with the parts of each number exchanged, and with the signs of its real (1) and
 * imaginary (2) parts inverted. */
static void turn(struct vec *v, unsigned m, bool exchanges, unsigned inverts)
{
    bool wide = v->row->bits == 64;
    uint64_t real = inverts & 1 ? sign(v->row->bits) : 0;
    uint64_t imaginary = inverts & 2 ? sign(v->row->bits) : 0;

    if (exchanges)
        vec_2i(v, X64_PSHUFD, 1, m, wide ? 0x4e : 0xb1);
    else if (m != 1)
        vec_2(v, X64_MOVAPS, 1, m);
    if (!inverts)
        return;
    if (wide)
        vec_3c(v, X64_PXOR, 1, 1, real, imaginary);
    else
        vec_3k(v, X64_PXOR, 1, 1, 64, real | imaginary << 32);
}

/* FCADD */
void vec_fp_complex_add(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v), bits = v->row->bits;

    turn(v, m, true, v->uop->imm == 1 ? 1 : 2);
    fp_begin(v->l);
    vec_3(v, packed(bits, ADD), 3, n, 1);
    check(v, bits, 3, FP_TINY_EXACT);
    vec_end(v, 3);
}

/* FCMLA: the real or the imaginary parts of n are multiplied. */
void vec_fp_complex_fused(struct vec *v)
{
    static const unsigned inverts[] = {0, 1, 3, 2}; /* by quarter turns */
    unsigned bits = v->row->bits, m;
    bool wide = bits == 64, odd = v->uop->imm & 1;

    vec_2i(v, X64_PSHUFD, 0, repeat(v, vec_n(v), 0),
           wide  ? (odd ? 0xee : 0x44)
           : odd ? 0xf5
                 : 0xa0);
    note_lanes(v, bits, 0, 3);
    m = lower_vin(v->l, v->uop->b, 1);
    if (v->row->element) {
        vec_broadcast(v, 64, 1, m, v->uop->y);
        m = 1;
    } else {
        m = repeat(v, m, 1);
    }
    note_lanes(v, bits, m, 3);
    turn(v, m, odd, inverts[v->uop->imm & 3]);
    end_fused(v, 0, 1);
}

/* XMM3 = FMAX, FMIN of numbers: the host's returns the second operand where both are zeroes, so
 * both orders together tell the sign. */
static void choose(struct vec *v, unsigned n, unsigned m)
{
    unsigned op = packed(v->row->bits, v->row->op);

    vec_3(v, op, 2, m, n);
    vec_3(v, op, 3, n, m);
    vec_3(v, v->row->op == MIN ? X64_POR : X64_PAND, 3, 3, 2);
}

static void extreme(struct vec *v, unsigned n, unsigned m)
{
    vec_3i(v, packed(v->row->bits, COMPARE), 2, n, m, UNORDERED);
    leave_if_any(v);
    choose(v, n, m);
    vec_end(v, 3);
}

void vec_fp_extreme(struct vec *v)
{
    unsigned n = operand_n(v), m = operand_m(v);

    extreme(v, n, m);
}

/* Of four lanes. */
void vec_fp_across(struct vec *v)
{
    unsigned n = operand_n(v);

    check(v, 32, n, FP_NEVER_TINY);
    vec_2i(v, X64_PSHUFD, 1, n, 0x4e);
    choose(v, n, 1);
    vec_2i(v, X64_PSHUFD, 1, 3, 0xb1);
    choose(v, 3, 1);
    v->bytes = 4;
    vec_end(v, 3);
}

/* --- Pairs --- */

/* XMM0, XMM1 = the even and the odd lanes of n and m, as often as there is room. */
static void pair_up(struct vec *v)
{
    unsigned n = vec_n(v), m = vec_m(v), bits = v->row->bits;

    if (v->bytes == 8) {
        vec_3(v, X64_PUNPCKLQDQ, 2, n, m);
        n = m = 2;
        note_lanes(v, bits, 2, 3);
    } else {
        note(v, bits, v->uop->a, n);
        note(v, bits, v->uop->b, m);
    }
    vec_unzip(v, bits, 0, 3, n, m, 3);
    vec_unzip(v, bits, 1, 1, n, m, 1);
    vec_2(v, X64_MOVAPS, 0, 3);
}

/* The sum of XMM0 and XMM1 is the result. */
static void add_pairs(struct vec *v)
{
    vec_3(v, packed(v->row->bits, ADD), 3, 0, 1);
    check(v, v->row->bits, 3, FP_TINY_EXACT);
    vec_end(v, 3);
}

void vec_fp_pairs(struct vec *v)
{
    fp_begin(v->l);
    pair_up(v);
    add_pairs(v);
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
    note_lanes(v, bits, 0, 3);
    note_lanes(v, bits, 1, 3);
}

void vec_fp_pair(struct vec *v)
{
    fp_begin(v->l);
    split_pair(v);
    add_pairs(v);
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

/* --- Conversions from integers --- */

void vec_fp_scale_down(struct vec *v, unsigned bits)
{
    uint64_t fraction_bits = v->uop->imm;
    bool wide = bits == 64;

    if (fraction_bits)
        vec_3k(v, packed(bits, MUL), 3, 3, bits,
               wide ? (1023 - fraction_bits) << 52 : (127 - fraction_bits) << 23);
}

void vec_fp_from_signed(struct vec *v)
{
    vec_2(v, CVTDQ2PS, 3, repeat(v, vec_n(v), 0));
    vec_fp_scale_down(v, v->row->bits);
    vec_end(v, 3);
}

/* SCVTF, UCVTF of two doublewords, one by one; those of the host have a sign. */
void vec_fp_from_doublewords(struct vec *v)
{
    struct x64 *c = &v->l->code;
    unsigned n = vec_n(v);

    v->missing = v->bytes != 16;
    vec_2i(v, X64_PSHUFD, 2, n, 0xee);
    x64_op_reg(c, true, X64_MOVD_STORE, n, RAX);
    x64_op_reg(c, true, X64_MOVD_STORE, 2, RCX);
    if (!v->row->is_signed) {
        x64_mov(c, true, RDX, RAX);
        x64_alu(c, true, ALU_OR, RDX, RCX);
        v->stub = lower_stub(v->l, STUB_HANDLER, x64_jcc(c, CC_S));
    }
    vec_zero(v, 3);
    vec_zero(v, 2);
    x64_op_reg(c, true, CVTSI2SD, 3, RAX);
    x64_op_reg(c, true, CVTSI2SD, 2, RCX);
    vec_3(v, X64_PUNPCKLQDQ, 3, 3, 2);
    vec_fp_scale_down(v, v->row->bits);
    vec_end(v, 3);
}

/* The halves of each word are exact; their sum rounds once. */
void vec_fp_from_unsigned(struct vec *v)
{
    unsigned n = repeat(v, vec_n(v), 0);

    vec_3k(v, X64_PAND, 3, n, 32, 0xffff);
    vec_shift_op(v, X64_PSRLD, 2, n, 16);
    vec_2(v, CVTDQ2PS, 3, 3);
    vec_2(v, CVTDQ2PS, 2, 2);
    vec_3k(v, MULPS, 2, 2, 32, 0x47800000); /* 65536.0 */
    vec_3(v, packed(32, ADD), 3, 2, 3);
    vec_fp_scale_down(v, v->row->bits);
    vec_end(v, 3);
}

/* --- To integral values, and to integers --- */

void vec_fp_round_lanes(struct vec *v, unsigned n, unsigned rounding, bool silent)
{
    unsigned bits = v->row->bits == 64 ? 64 : 32, op = bits == 64 ? ROUNDPD : ROUNDPS;
    int host = fp_host_rounding(rounding);

    if (host >= 0) {
        vec_2i(v, op, 3, n, (unsigned)host | (silent ? FP_SILENT : 0));
        return;
    }
    /* Ties go away from zero: of the magnitude, the integer part and that of twice the rest; all of
     * it is exact. */
    if (!silent)
        vec_2i(v, op, 2, n, FP_TRUNCATES);
    vec_3k(v, ANDPS, 2, n, bits, ~sign(bits));
    vec_2i(v, op, 3, 2, FP_TRUNCATES | FP_SILENT);
    vec_3(v, packed(bits, SUB), 2, 2, 3);
    vec_3(v, packed(bits, ADD), 2, 2, 2);
    vec_2i(v, op, 2, 2, FP_TRUNCATES | FP_SILENT);
    vec_3(v, packed(bits, ADD), 3, 3, 2);
    vec_3k(v, ANDPS, 3, 3, bits, ~sign(bits)); /* downwards, 0 - 0 is negative */
    vec_3k(v, ANDPS, 2, n, bits, sign(bits));
    vec_3(v, X64_POR, 3, 3, 2);
}

/* FRINT. Of an infinity there is no rest. */
void vec_fp_round(struct vec *v)
{
    unsigned n = operand_n(v), bits = v->row->bits, rounding = v->uop->imm & 7;
    bool silent = !(v->uop->imm & VEC_EXACT);

    if (fp_host_rounding(rounding) >= 0) {
        vec_fp_round_lanes(v, n, rounding, silent);
        check(v, bits, 3, FP_NEVER_TINY);
    } else {
        uint64_t integral = vec_splat(bits, bits == 64 ? 1075ull << 52 : 150u << 23);

        vec_3k(v, ANDPS, 2, n, bits, ~sign(bits));
        vec_constant(v, 3, integral, integral);
        vec_3i(v, packed(bits, COMPARE), 2, 2, 3, NOT_LESS);
        leave_if_any(v);
        vec_fp_round_lanes(v, n, rounding, silent);
    }
    vec_end(v, 3);
}

/* XMM3 = n, the operand of FCVT, rounded. The flag of that comes with it if the result is signed:
 * then what is out of range is an integer itself. Fraction bits are for the handler. */
static void round_operand(struct vec *v, unsigned n)
{
    v->missing |= (v->uop->imm & 0xff) != 0;
    vec_fp_round_lanes(v, n, (unsigned)(v->uop->imm >> 8), !v->row->is_signed);
}

/* Else it comes behind this: to the handler if a lane of XMM3 is negative, -0 included, or larger
 * than signed integers of the host. */
static void check_unsigned(struct vec *v, unsigned n)
{
    bool wide = v->row->bits == 64;

    vec_constant(v, 2, wide ? 0x43dfffffffffffff : 0x4effffff4effffff,
                 wide ? 0x43dfffffffffffff : 0x4effffff4effffff); /* the largest that is not */
    vec_3(v, vec_compare_gt[vec_size(v->row->bits)], 2, 3, 2);
    vec_3(v, X64_POR, 2, 2, 3);
    leave_if_any(v);
    vec_2i(v, wide ? ROUNDPD : ROUNDPS, 2, n, FP_TRUNCATES);
}

/* What does not fit the host makes its smallest integer. */
void vec_fp_to_signed(struct vec *v)
{
    round_operand(v, operand_n(v));
    vec_2(v, CVTTPS2DQ, 3, 3);
    vec_3k(v, X64_PCMPEQD, 2, 3, 32, 0x80000000);
    leave_if_any(v);
    vec_end(v, 3);
}

void vec_fp_to_unsigned(struct vec *v)
{
    unsigned n = operand_n(v);

    round_operand(v, n);
    check_unsigned(v, n);
    vec_2(v, CVTTPS2DQ, 3, 3);
    vec_end(v, 3);
}

/* To two doublewords, one by one. */
void vec_fp_to_doublewords(struct vec *v)
{
    struct x64 *c = &v->l->code;
    unsigned n = operand_n(v);

    v->missing = v->bytes != 16;
    round_operand(v, n);
    if (!v->row->is_signed)
        check_unsigned(v, n);
    vec_2i(v, X64_PSHUFD, 2, 3, 0xee);
    x64_op_reg(c, true, CVTTSD2SI, RAX, 3);
    x64_op_reg(c, true, CVTTSD2SI, RCX, 2);
    if (v->row->is_signed) {
        uint8_t *overflow;

        x64_alu_imm(c, true, ALU_CMP, RAX, 1);
        overflow = x64_jcc(c, CC_O); /* to the other jump */
        x64_alu_imm(c, true, ALU_CMP, RCX, 1);
        x64_land(c, overflow);
        v->stub = lower_stub(v->l, STUB_HANDLER, x64_jcc(c, CC_O));
    }
    x64_op_reg(c, true, X64_MOVD_LOAD, 3, RAX);
    x64_op_reg(c, true, X64_MOVD_LOAD, 2, RCX);
    vec_3(v, X64_PUNPCKLQDQ, 3, 3, 2);
    vec_end(v, 3);
}

/* --- Between formats --- */

/* FCVTL of singles */
void vec_fp_long(struct vec *v)
{
    unsigned n = vec_n(v);

    vec_2i(v, X64_PSHUFD, 0, n, v->bytes == 16 ? 0xee : 0x44);
    note_lanes(v, 32, 0, 3);
    vec_2(v, CVTPS2PD, 3, 0);
    v->bytes = 16;
    check(v, 64, 3, FP_NEVER_TINY);
    vec_end(v, 3);
}

/* What is narrowed to the upper half of d leaves the lower one as it is. */
static void bring_rest(struct vec *v)
{
    if (v->bytes == 16)
        lower_bring_vector(v->l, v->uop->d);
}

static void end_narrow(struct vec *v)
{
    if (v->bytes == 16)
        vec_end_3(v, X64_PUNPCKLQDQ, vec_d(v), 3);
    else
        vec_end(v, 3);
}

/* FCVTN to singles */
void vec_fp_narrow(struct vec *v)
{
    unsigned n = vec_n(v);

    fp_begin(v->l);
    note_lanes(v, 64, n, 3);
    vec_2(v, CVTPD2PS, 3, n);
    bring_rest(v);
    check(v, 32, 3, FP_TINY);
    end_narrow(v);
}

/* FCVTL of halves */
void vec_fp_long_half(struct vec *v)
{
    unsigned n = vec_n(v);

    v->missing = fp_has_alternative_halves(v->l);
    if (v->bytes == 16)
        vec_2i(v, X64_PSHUFD, 0, n, 0xee);
    vec_2(v, X64_VCVTPH2PS, 3, v->bytes == 16 ? 0 : n);
    v->bytes = 16;
    check(v, 32, 3, FP_NEVER_TINY);
    vec_end(v, 3);
}

/* FCVTN to halves. FPCR.FZ is about the operands only. */
void vec_fp_narrow_half(struct vec *v)
{
    unsigned n = vec_n(v);

    v->missing = fp_has_alternative_halves(v->l);
    note_lanes(v, 32, n, 3);
    vec_2i(v, X64_VCVTPS2PH, n, 3, FP_MXCSR); /* to XMM3 */
    vec_3i(v, packed(32, COMPARE), 2, n, n, UNORDERED);
    vec_3k(v, X64_PAND, 1, 3, 16, 0x7fff);
    vec_3k(v, X64_PCMPEQW, 1, 1, 16, 0x0400); /* the smallest normal number: see fp_check() */
    vec_3(v, X64_POR, 2, 2, 1);
    bring_rest(v);
    vec_2(v, X64_PMOVMSKB, RAX, 2);
    leave_by_mask(v);
    end_narrow(v);
}

/* BFCVT, BFCVTN. The operand is added to a number so much larger that the last digit of the sum is
 * where that of a BFloat16 is: the host rounds it as FPCR says, and tells what is inexact. Where
 * there is none so large, and of denormals, the handler takes care. */
void vec_fp_narrow_bfloat(struct vec *v)
{
    const uint32_t larger = (23u - 7) << 23, normal = 1u << 23;
    unsigned n = vec_n(v);

    if (v->bytes < 8) {
        vec_2i(v, X64_PSHUFD, 0, n, 0);
        n = 0;
    }
    vec_3k(v, ANDPS, 2, n, 32, INT32_MAX);
    vec_constant(v, 3, vec_splat(32, normal), vec_splat(32, normal));
    vec_3(v, X64_PCMPGTD, 3, 3, 2);
    vec_zero(v, 1);
    vec_3(v, X64_PCMPEQD, 1, 1, 2);
    vec_3(v, X64_PANDN, 1, 1, 3);
    vec_3k(v, X64_PCMPGTD, 2, 2, 32, (255u << 23) - larger - 1);
    vec_3(v, X64_POR, 2, 2, 1);
    bring_rest(v);
    leave_if_any(v);
    vec_3k(v, ANDPS, 1, n, 32, ~(normal - 1));
    vec_3k(v, X64_PADDD, 1, 1, 32, larger);
    vec_3(v, packed(32, ADD), 3, n, 1);
    vec_3(v, packed(32, SUB), 3, 3, 1);
    vec_3k(v, ANDPS, 3, 3, 32, INT32_MAX); /* 0 comes with the sign that the rounding gives it */
    vec_3k(v, ANDPS, 1, n, 32, sign(32));
    vec_3(v, X64_POR, 3, 3, 1);
    vec_shift_op(v, X64_PSRLD, 3, 3, 16);
    vec_3(v, X64_PACKUSDW, 3, 3, 3);
    end_narrow(v);
}
