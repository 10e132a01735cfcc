/* Lowerings of conversions: between formats, to integral values, from and to integers. See
 * lower_fp.h. */
#include "cpu/jit/lower_fp.h"

#include "cpu/isa/simd.h"

enum {
    CVT_FROM_INT = 0x2a,
    CVT_TRUNCATE = 0x2c,
    CVT_FORMAT = 0x5a, /* from the format that the prefix says to the other one */
    ROUNDS = 0x660f3a0a,
    ROUNDSD = 0x660f3a0b,
    ROUND_MXCSR = 4,
    ROUND_EXACT = 8, /* without the flag of an inexact result */
};

/* The immediate of ROUNDSD; -1: the host has no such rounding. */
static int host_rounding(unsigned rounding)
{
    switch (rounding) {
    case FPRounding_TIEEVEN:
        return 0;
    case FPRounding_NEGINF:
        return 1;
    case FPRounding_POSINF:
        return 2;
    case FPRounding_ZERO:
        return 3;
    case ROUNDING_FPCR:
        return ROUND_MXCSR;
    default:
        return -1;
    }
}

static void round_to(struct lower *l, bool wide, unsigned to, unsigned from, unsigned immediate)
{
    x64_op_reg(&l->code, false, wide ? ROUNDSD : ROUNDS, to, from);
    x64_u8(&l->code, immediate);
}

static bool round_integral(struct lower *l, const struct uop *uop, bool wide, int immediate)
{
    unsigned a, to;
    struct stub *stub;

    if (!l->host->sse41 || immediate < 0 || fp_flushes_to_zero(l))
        return false;
    a = lower_vin(l, uop->a, 1);
    to = fp_target(l, uop, a, a, a);
    fp_zero(l, to);
    round_to(l, wide, to, a, (unsigned)immediate);
    stub = fp_check(l, wide, to, false);
    fp_done(l, wide, uop->d, to, true);
    stub->back = l->code.at;
    return true;
}

static bool change_format(struct lower *l, const struct uop *uop, bool from_wide)
{
    unsigned a, to;
    struct stub *stub;

    if (fp_flushes_to_zero(l))
        return false;
    a = lower_vin(l, uop->a, 1);
    to = fp_target(l, uop, a, a, a);
    fp_zero(l, to);
    x64_op_reg(&l->code, false, SCALAR(from_wide, CVT_FORMAT), to, a);
    stub = fp_check(l, !from_wide, to, from_wide);
    fp_done(l, !from_wide, uop->d, to, true);
    stub->back = l->code.at;
    return true;
}

/* --- To integers --- */

/* A result that is out of range is the smallest number on the host. Rounding first is exact about
 * the range, and then truncating the operand itself sets the flag if that is inexact. */
static struct stub *to_signed(struct lower *l, bool to_wide, bool wide, enum x64_reg d, unsigned a,
                              unsigned rounding)
{
    struct x64 *c = &l->code;
    bool truncates = rounding == FPRounding_ZERO;
    struct stub *stub;

    if (!truncates)
        round_to(l, wide, 0, a, (unsigned)host_rounding(rounding) | ROUND_EXACT);
    x64_op_reg(c, to_wide, SCALAR(wide, CVT_TRUNCATE), d, truncates ? a : 0);
    x64_alu_imm(c, to_wide, ALU_CMP, d, 1);
    stub = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_O));
    if (!truncates)
        x64_op_reg(c, to_wide, SCALAR(wide, CVT_TRUNCATE), RCX, a);
    return stub;
}

/* Numbers below 2^32, or 2^63, are compared as their patterns, which leaves out negative ones. */
static struct stub *to_unsigned(struct lower *l, bool to_wide, bool wide, enum x64_reg d,
                                unsigned a)
{
    struct x64 *c = &l->code;
    unsigned limit = to_wide ? 63 : 32;
    struct stub *stub;

    x64_op_reg(c, wide, X64_MOVD_STORE, a, RCX);
    x64_mov_imm(c, RDX, wide ? (1023ull + limit) << 52 : (127ull + limit) << 23);
    x64_alu(c, wide, ALU_CMP, RCX, RDX);
    stub = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_AE));
    x64_op_reg(c, true, SCALAR(wide, CVT_TRUNCATE), d, a);
    return stub;
}

static bool has_conversion(const struct lower *l, unsigned rounding, bool is_unsigned)
{
    bool truncates = rounding == FPRounding_ZERO;

    if (fp_flushes_to_zero(l))
        return false;
    return is_unsigned ? truncates : truncates || (l->host->sse41 && host_rounding(rounding) >= 0);
}

static bool to_integer(struct lower *l, const struct uop *uop, bool to_wide, bool wide,
                       bool is_unsigned)
{
    enum x64_reg d;
    struct stub *stub;
    unsigned a;

    if (uop->y || !has_conversion(l, uop->x, is_unsigned))
        return false;
    a = lower_vin(l, uop->a, 1);
    d = lower_out(l, uop->d, RAX);
    stub = is_unsigned ? to_unsigned(l, to_wide, wide, d, a)
                       : to_signed(l, to_wide, wide, d, a, uop->x);
    lower_done(l, uop->d, d);
    stub->back = l->code.at;
    return true;
}

/* The same in a vector register of one element. */
static bool element_to_integer(struct lower *l, const struct uop *uop, bool wide, bool is_unsigned)
{
    unsigned fraction_bits = uop->imm & 0xff, rounding = (unsigned)(uop->imm >> 8), a, to;
    struct stub *stub;

    if (uop->x != (wide ? 8 : 4) || fraction_bits || !has_conversion(l, rounding, is_unsigned))
        return false;
    a = lower_vin(l, uop->a, 1);
    to = lower_vout(l, uop->d, 0);
    stub = is_unsigned ? to_unsigned(l, wide, wide, RAX, a)
                       : to_signed(l, wide, wide, RAX, a, rounding);
    x64_op_reg(&l->code, wide, X64_MOVD_LOAD, to, RAX);
    lower_vdone(l, uop->d, to);
    stub->back = l->code.at;
    return true;
}

/* --- From integers --- */

/* Vector register d = the integer in a. Uses RAX. */
static void from_register(struct lower *l, unsigned d, enum x64_reg a, bool from_wide, bool wide,
                          bool is_unsigned)
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
    fp_done(l, wide, d, to, true);
    if (stub)
        stub->back = l->code.at;
}

static bool from_integer(struct lower *l, const struct uop *uop, bool from_wide, bool wide,
                         bool is_unsigned)
{
    if (uop->x)
        return false;
    from_register(l, uop->d, lower_in(l, from_wide, uop->a, RAX), from_wide, wide, is_unsigned);
    return true;
}

static bool element_from_integer(struct lower *l, const struct uop *uop, bool wide,
                                 bool is_unsigned)
{
    if (uop->x != (wide ? 8 : 4) || uop->imm)
        return false;
    x64_op_reg(&l->code, wide, X64_MOVD_STORE, lower_vin(l, uop->a, 1), RAX);
    from_register(l, uop->d, RAX, wide, wide, is_unsigned);
    return true;
}

bool lower_fp_convert(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_fcvt32_64:
    case UOP_fcvt64_32:
        return change_format(l, uop, uop->op == UOP_fcvt64_32);
    case UOP_frint32:
    case UOP_frint64:
        if (host_rounding(uop->x) < 0)
            return false;
        return round_integral(l, uop, uop->op == UOP_frint64, host_rounding(uop->x) | ROUND_EXACT);
    case UOP_frintx32:
    case UOP_frintx64:
        return round_integral(l, uop, uop->op == UOP_frintx64, ROUND_MXCSR);
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
