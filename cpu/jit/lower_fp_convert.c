/* Lowerings of conversions: between formats, to integral values, from and to integers. See
 * lower_fp.h. */
#include "cpu/jit/lower_fp.h"

#include "cpu/isa/simd.h"
#include "cpu/jit/x64_vec.h"

enum {
    ADDS = 0x58,
    MULS = 0x59,
    SUBS = 0x5c,
    UCOMIS = 0x0f2e,
    CVT_FROM_INT = 0x2a,
    CVT_TRUNCATE = 0x2c,
    CVT_FORMAT = 0x5a, /* from the format that the prefix says to the other one */
    ROUNDS = 0x660f3a0a,
    ROUNDSD = 0x660f3a0b,
};

int fp_host_rounding(unsigned rounding)
{
    switch (rounding) {
    case FPRounding_TIEEVEN:
        return 0;
    case FPRounding_NEGINF:
        return 1;
    case FPRounding_POSINF:
        return 2;
    case FPRounding_ZERO:
        return FP_TRUNCATES;
    case ROUNDING_FPCR:
        return FP_MXCSR;
    default:
        return -1;
    }
}

static void host_round(struct lower *l, bool wide, unsigned to, unsigned from, unsigned immediate)
{
    x64_op_reg(&l->code, false, wide ? ROUNDSD : ROUNDS, to, from);
    x64_u8(&l->code, immediate);
}

/* to = a, ties away from zero: of the magnitude, the integer part and that of twice the rest; all
 * of it is exact. Uses XMM3. */
static void round_away(struct lower *l, bool wide, unsigned to, unsigned a)
{
    struct x64 *c = &l->code;

    fp_op_constant(l, X64_MOVAPS, 3, FP_CONSTANT(wide, magnitude));
    x64_op_reg(c, false, X64_ANDPS, 3, a);
    host_round(l, wide, to, 3, FP_TRUNCATES | FP_SILENT);
    x64_op_reg(c, false, SCALAR(wide, SUBS), 3, to);
    x64_op_reg(c, false, SCALAR(wide, ADDS), 3, 3);
    host_round(l, wide, 3, 3, FP_TRUNCATES | FP_SILENT);
    x64_op_reg(c, false, SCALAR(wide, ADDS), to, 3);
    fp_op_constant(l, X64_ANDPS, to,
                   FP_CONSTANT(wide, magnitude)); /* downwards, 0 - 0 is negative */
    fp_op_constant(l, X64_MOVAPS, 3, FP_CONSTANT(wide, sign));
    x64_op_reg(c, false, X64_ANDPS, 3, a);
    x64_op_reg(c, false, X64_ORPS, to, 3);
}

static void round_to(struct lower *l, bool wide, unsigned to, unsigned a, unsigned rounding)
{
    int host = fp_host_rounding(rounding);

    if (host >= 0)
        host_round(l, wide, to, a, (unsigned)host | FP_SILENT);
    else
        round_away(l, wide, to, a);
}

/* FRINT, or FRINTX if not silent */
static bool round_integral(struct lower *l, const struct uop *uop, bool wide, unsigned rounding,
                           bool silent)
{
    unsigned a, to;
    struct stub *stub;

    if (!l->host->sse41)
        return false;
    a = lower_vin(l, uop->a, 1);
    to = fp_target(l, uop, a, a, a);
    fp_note_denormals(l, wide, 1, (struct fp_operand[]){{uop->a, a}});
    if (fp_host_rounding(rounding) >= 0) {
        fp_zero(l, to);
        host_round(l, wide, to, a, (unsigned)fp_host_rounding(rounding) | (silent ? FP_SILENT : 0));
        stub = fp_check(l, wide, to, FP_NEVER_TINY);
    } else { /* of an infinity there is no rest */
        fp_op_constant(l, X64_MOVAPS, 3, FP_CONSTANT(wide, magnitude));
        x64_op_reg(&l->code, false, X64_ANDPS, 3, a);
        fp_op_constant(l, X64_MOVAPS, to, FP_CONSTANT(wide, integral));
        x64_op_reg(&l->code, false, (wide ? 0x660000u : 0) | UCOMIS, to, 3);
        stub = lower_stub(l, STUB_HANDLER, x64_jcc(&l->code, CC_BE)); /* or unordered */
        round_away(l, wide, to, a);
    }
    fp_done(l, wide, uop->d, to, true);
    stub->back = l->code.at;
    return true;
}

static bool change_format(struct lower *l, const struct uop *uop, bool from_wide)
{
    unsigned a, to;
    struct stub *stub;

    a = lower_vin(l, uop->a, 1);
    to = fp_target(l, uop, a, a, a);
    fp_note_denormals(l, from_wide, 1, (struct fp_operand[]){{uop->a, a}});
    if (from_wide)
        fp_begin(l);
    fp_zero(l, to);
    x64_op_reg(&l->code, false, SCALAR(from_wide, CVT_FORMAT), to, a);
    stub = fp_check(l, !from_wide, to, from_wide ? FP_TINY : FP_NEVER_TINY);
    fp_done(l, !from_wide, uop->d, to, true);
    stub->back = l->code.at;
    return true;
}

/* to = the lowest bits of a */
static void isolate(struct lower *l, unsigned to, unsigned a, uint64_t mask)
{
    lower_constant(l, x64_vload_rip(&l->code, to), mask, 0);
    x64_op_reg(&l->code, false, X64_ANDPS, to, a);
}

static bool has_halves(const struct lower *l)
{
    return l->host->f16c && !fp_has_alternative_halves(l) && lower_constants_left(l);
}

/* FCVT from half precision: exact. */
static bool widen_half(struct lower *l, const struct uop *uop, bool wide)
{
    unsigned a, to;
    struct stub *stub;

    if (!has_halves(l))
        return false;
    a = lower_vin(l, uop->a, 1);
    to = fp_target(l, uop, a, a, a);
    isolate(l, to, a, UINT16_MAX);
    x64_v2(&l->code, true, X64_VCVTPH2PS, to, to);
    stub = fp_check(l, false, to, FP_NEVER_TINY);
    if (wide)
        x64_op_reg(&l->code, false, SCALAR(false, CVT_FORMAT), to, to);
    fp_done(l, wide, uop->d, to, true);
    stub->back = l->code.at;
    return true;
}

/* FCVT from single to half precision. To the handler with NaNs, and with what may have been rounded
 * up to the smallest normal number; FPCR.FZ is about the operand only. */
static bool narrow_to_half(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;
    unsigned a, to;
    uint8_t *unordered;
    struct stub *stub;

    if (!has_halves(l))
        return false;
    a = lower_vin(l, uop->a, 1);
    to = fp_target(l, uop, a, a, a);
    fp_note_denormals(l, false, 1, (struct fp_operand[]){{uop->a, a}});
    x64_op_reg(c, false, UCOMIS, a, a);
    unordered = x64_jcc(c, CC_P); /* to the other jump: ZF is set, too */
    isolate(l, to, a, UINT32_MAX);
    x64_v2(c, true, X64_VCVTPS2PH, to, to);
    x64_u8(c, FP_MXCSR);
    x64_op_reg(c, false, X64_MOVD_STORE, to, RAX);
    x64_alu_imm(c, false, ALU_AND, RAX, 0x7fff);
    x64_alu_imm(c, false, ALU_CMP, RAX, 0x0400);
    x64_land(c, unordered);
    stub = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_E));
    fp_done(l, false, uop->d, to, true);
    stub->back = l->code.at;
    return true;
}

/* --- To integers --- */

/* xmm = xmm * 2^exponent, of which it is known that it is exact */
static void scale(struct lower *l, bool wide, unsigned xmm, int exponent)
{
    uint64_t power = wide ? (uint64_t)(1023 + exponent) << 52 : (uint64_t)(127 + exponent) << 23;

    if (exponent)
        lower_constant(l, x64_op_rip(&l->code, SCALAR(wide, MULS), xmm), power, 0);
}

/* To the handler unless 0 <= a < 2^exponent; is_signed: unless |a| is. Patterns of numbers are in
 * their order, and that of a negative one is out of range. */
static struct stub *check_range(struct lower *l, bool wide, unsigned a, int exponent,
                                bool is_signed)
{
    struct x64 *c = &l->code;
    uint64_t limit = wide ? (uint64_t)(1023 + exponent) << 52 : (uint64_t)(127 + exponent) << 23;

    x64_op_reg(c, wide, X64_MOVD_STORE, a, RCX);
    if (is_signed)
        x64_alu(c, wide, ALU_ADD, RCX, RCX);
    x64_mov_imm(c, RDX, limit << is_signed);
    x64_alu(c, wide, ALU_CMP, RCX, RDX);
    return lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_AE));
}

struct to_integer {
    bool to_wide, wide, is_unsigned;
    unsigned rounding, fraction_bits;
};

/* XMM0 = a * 2^fraction_bits */
static void scale_up(struct lower *l, const struct to_integer *t, unsigned a)
{
    x64_op_reg(&l->code, false, X64_MOVAPS, 0, a);
    scale(l, t->wide, 0, (int)t->fraction_bits);
}

/* A result that is out of range is the smallest number on the host. Rounding first is exact about
 * the range, and then truncating the operand itself sets the flag if that is inexact. Fraction bits
 * come with truncation only. */
static struct stub *to_signed(struct lower *l, const struct to_integer *t, enum x64_reg d,
                              unsigned a)
{
    struct x64 *c = &l->code;
    bool truncates = t->rounding == FPRounding_ZERO;
    struct stub *stub;

    if (t->fraction_bits) {
        stub = check_range(l, t->wide, a, (t->to_wide ? 63 : 31) - (int)t->fraction_bits, true);
        scale_up(l, t, a);
        x64_op_reg(c, t->to_wide, SCALAR(t->wide, CVT_TRUNCATE), d, 0);
        return stub;
    }
    if (!truncates)
        round_to(l, t->wide, 0, a, t->rounding);
    x64_op_reg(c, t->to_wide, SCALAR(t->wide, CVT_TRUNCATE), d, truncates ? a : 0);
    x64_alu_imm(c, t->to_wide, ALU_CMP, d, 1);
    stub = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_O));
    if (!truncates)
        x64_op_reg(c, t->to_wide, SCALAR(t->wide, CVT_TRUNCATE), RCX, a);
    return stub;
}

/* Numbers below 2^32, or 2^63. */
static struct stub *to_unsigned(struct lower *l, const struct to_integer *t, enum x64_reg d,
                                unsigned a)
{
    bool truncates = t->rounding == FPRounding_ZERO;
    unsigned rounded = truncates ? a : 0;
    struct stub *stub;

    if (!truncates)
        round_to(l, t->wide, rounded, a, t->rounding);
    stub = check_range(l, t->wide, rounded, (t->to_wide ? 63 : 32) - (int)t->fraction_bits, false);
    if (t->fraction_bits) {
        scale_up(l, t, a);
        rounded = 0;
    }
    x64_op_reg(&l->code, true, SCALAR(t->wide, CVT_TRUNCATE), d, rounded);
    if (!truncates)
        x64_op_reg(&l->code, true, SCALAR(t->wide, CVT_TRUNCATE), RCX, a);
    return stub;
}

static bool has_conversion(const struct lower *l, const struct to_integer *t)
{
    return (t->rounding == FPRounding_ZERO || (l->host->sse41 && !t->fraction_bits)) &&
           lower_constants_left(l);
}

static struct stub *convert(struct lower *l, const struct to_integer *t, enum x64_reg d, unsigned a)
{
    return t->is_unsigned ? to_unsigned(l, t, d, a) : to_signed(l, t, d, a);
}

static bool to_integer(struct lower *l, const struct uop *uop, bool to_wide, bool wide,
                       bool is_unsigned)
{
    struct to_integer t = {to_wide, wide, is_unsigned, uop->x, uop->y};
    enum x64_reg d;
    struct stub *stub;
    unsigned a;

    if (!has_conversion(l, &t))
        return false;
    a = lower_vin(l, uop->a, 1);
    fp_note_denormals(l, wide, 1, (struct fp_operand[]){{uop->a, a}});
    d = lower_out(l, uop->d, RAX);
    stub = convert(l, &t, d, a);
    lower_done(l, uop->d, d);
    stub->back = l->code.at;
    return true;
}

/* The same in a vector register of one element. */
static bool element_to_integer(struct lower *l, const struct uop *uop, bool wide, bool is_unsigned)
{
    struct to_integer t = {wide, wide, is_unsigned, (unsigned)(uop->imm >> 8), uop->imm & 0xff};
    struct stub *stub;
    unsigned a, to;

    if (uop->x != (wide ? 8 : 4) || !has_conversion(l, &t))
        return false;
    a = lower_vin(l, uop->a, 1);
    fp_note_denormals(l, wide, 1, (struct fp_operand[]){{uop->a, a}});
    to = lower_vout(l, uop->d, 0);
    stub = convert(l, &t, RAX, a);
    x64_op_reg(&l->code, wide, X64_MOVD_LOAD, to, RAX);
    lower_vdone(l, uop->d, to);
    stub->back = l->code.at;
    return true;
}

/* --- From integers --- */

/* Vector register d = the integer in a / 2^fraction_bits. Uses RAX. */
static void from_register(struct lower *l, unsigned d, enum x64_reg a, bool from_wide, bool wide,
                          bool is_unsigned, unsigned fraction_bits)
{
    struct x64 *c = &l->code;
    unsigned to = lower_vout(l, d, 0);
    struct stub *stub = NULL;

    if (is_unsigned && from_wide) {
        x64_test(c, true, a, a);
        stub = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_S));
    } else if (is_unsigned) {
        x64_mov(c, false, RAX, a);
        a = RAX;
    }
    fp_zero(l, to);
    x64_op_reg(c, from_wide || is_unsigned, SCALAR(wide, CVT_FROM_INT), to, a);
    scale(l, wide, to, -(int)fraction_bits);
    fp_done(l, wide, d, to, true);
    if (stub)
        stub->back = l->code.at;
}

static bool from_integer(struct lower *l, const struct uop *uop, bool from_wide, bool wide,
                         bool is_unsigned)
{
    if (!lower_constants_left(l))
        return false;
    from_register(l, uop->d, lower_in(l, from_wide, uop->a, RAX), from_wide, wide, is_unsigned,
                  uop->x);
    return true;
}

static bool element_from_integer(struct lower *l, const struct uop *uop, bool wide,
                                 bool is_unsigned)
{
    if (uop->x != (wide ? 8 : 4) || !lower_constants_left(l))
        return false;
    x64_op_reg(&l->code, wide, X64_MOVD_STORE, lower_vin(l, uop->a, 1), RAX);
    from_register(l, uop->d, RAX, wide, wide, is_unsigned, (unsigned)uop->imm);
    return true;
}

bool lower_fp_convert(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_fcvt32_64:
    case UOP_fcvt64_32:
        return change_format(l, uop, uop->op == UOP_fcvt64_32);
    case UOP_fcvt16_32:
    case UOP_fcvt16_64:
        return widen_half(l, uop, uop->op == UOP_fcvt16_64);
    case UOP_fcvt32_16:
        return narrow_to_half(l, uop);
    case UOP_frint32:
    case UOP_frint64:
        return round_integral(l, uop, uop->op == UOP_frint64, uop->x, true);
    case UOP_frintx32:
    case UOP_frintx64:
        return round_integral(l, uop, uop->op == UOP_frintx64, ROUNDING_FPCR, false);
#define INTEGER_CASES(name, lowering, is_unsigned)                                                 \
    case UOP_##name##_w32:                                                                         \
    case UOP_##name##_w64:                                                                         \
        return lowering(l, uop, false, uop->op == UOP_##name##_w64, is_unsigned);                  \
    case UOP_##name##_x32:                                                                         \
    case UOP_##name##_x64:                                                                         \
        return lowering(l, uop, true, uop->op == UOP_##name##_x64, is_unsigned);
        INTEGER_CASES(fcvts, to_integer, false)
        INTEGER_CASES(fcvtu, to_integer, true)
        INTEGER_CASES(scvtf, from_integer, false)
        INTEGER_CASES(ucvtf, from_integer, true)
#define ELEMENT_CASES(name, lowering, is_unsigned)                                                 \
    case UOP_##name##32:                                                                           \
    case UOP_##name##64:                                                                           \
        return lowering(l, uop, uop->op == UOP_##name##64, is_unsigned);
        ELEMENT_CASES(vfcvts, element_to_integer, false)
        ELEMENT_CASES(vfcvtu, element_to_integer, true)
        ELEMENT_CASES(vscvtf, element_from_integer, false)
        ELEMENT_CASES(vucvtf, element_from_integer, true)
    default:
        return false;
    }
}
