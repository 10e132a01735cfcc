/* Lowerings of scalar floating-point moves and arithmetic. See lower_fp.h. */
#include "cpu/jit/lower_fp.h"

#include <string.h>

/* Opcodes of the 0x0f map. */
enum {
    FP_SQRT = 0x51,
    FP_ADD = 0x58,
    FP_MUL = 0x59,
    FP_SUB = 0x5c,
    FP_MIN = 0x5d,
    FP_DIV = 0x5e,
    FP_MAX = 0x5f,
    UCOMIS = 0x0f2e,
    INSERTPS = 0x660f3a21,
    MOVSS = 0xf30f10,
};

/* --- What lowerings share --- */

bool fp_flushes_to_zero(const struct lower *l)
{
    return l->node->block->mode & MODE_FZ;
}

bool fp_watches_tiny(const struct lower *l)
{
    return fp_flushes_to_zero(l) && !(l->node->block->mode & MODE_INEXACT);
}

bool fp_has_alternative_halves(const struct lower *l)
{
    return l->node->block->mode & MODE_AHP;
}

void fp_keep_flags(struct lower *l)
{
    x64_op_mem(&l->code, false, X64_MXCSR, 3, CPU_FIELD(mxcsr_before));
}

void fp_begin(struct lower *l)
{
    if (fp_watches_tiny(l))
        fp_keep_flags(l);
}

/* Each jump but the last one leads to the next, whose condition then holds as well. */
void fp_note_denormals(struct lower *l, bool wide, unsigned count, const struct fp_operand *operand)
{
    struct x64 *c = &l->code;
    uint8_t *jump = NULL;

    if (!fp_flushes_to_zero(l))
        return;
    for (unsigned i = 0; i < count; i++) {
        if (l->known.noted[wide] >> operand[i].v & 1)
            continue;
        l->known.noted[wide] |= 1ull << operand[i].v;
        x64_op_reg(c, wide, X64_MOVD_STORE, operand[i].xmm, RAX);
        x64_lea(c, wide, RAX, x64_indexed(RAX, RAX, 0, -1)); /* without the sign, and zero wraps */
        if (wide) {
            x64_mov_imm(c, RCX, (1ull << 53) - 1);
            x64_alu(c, wide, ALU_CMP, RAX, RCX);
        } else {
            x64_alu_imm(c, wide, ALU_CMP, RAX, (1 << 24) - 1);
        }
        if (jump)
            x64_land(c, jump);
        jump = x64_jcc(c, CC_B);
    }
    if (jump)
        lower_stub(l, STUB_DENORMAL, jump);
}

bool fp_upper_is_zero(const struct lower *l, bool wide, unsigned v)
{
    return (wide ? l->known.above64 : l->known.above32) >> v & 1;
}

unsigned fp_target(struct lower *l, const struct uop *uop, unsigned a, unsigned b, unsigned c)
{
    unsigned to = lower_vout(l, uop->d, 0);

    return to == a || to == b || to == c ? 0 : to;
}

void fp_op(struct lower *l, unsigned opcode, unsigned to, unsigned a, unsigned b)
{
    unsigned prefix = opcode >> 16;
    enum x64_vex_pp pp = prefix == 0xf2 ? VEX_F2 : prefix == 0xf3 ? VEX_F3 : VEX_NONE;

    if (to != a && l->host->avx) {
        x64_vex_reg(&l->code, (struct x64_vex){VEX_0F, (uint8_t)pp, (uint8_t)opcode, false, false},
                    to, a, b);
        return;
    }
    if (to != a)
        x64_op_reg(&l->code, false, X64_MOVAPS, to, a);
    x64_op_reg(&l->code, false, opcode, to, b);
}

void fp_op_constant(struct lower *l, unsigned opcode, unsigned xmm, size_t offset)
{
    uint8_t *from = x64_op_rip(&l->code, opcode, xmm);

    x64_land_at(&l->code, from, l->thunks->constants + offset - l->to_rx);
}

void fp_zero(struct lower *l, unsigned xmm)
{
    x64_op_reg(&l->code, false, X64_XORPS, xmm, xmm);
}

static void compare(struct lower *l, bool wide, unsigned a, unsigned b)
{
    x64_op_reg(&l->code, false, (wide ? 0x660000u : 0) | UCOMIS, a, b);
}

struct stub *fp_check(struct lower *l, bool wide, unsigned xmm, enum fp_tiny tiny)
{
    bool watches = tiny != FP_NEVER_TINY && fp_watches_tiny(l);
    enum x64_cond suspect = watches ? CC_BE : tiny == FP_TINY ? CC_E : CC_P; /* or unordered */
    struct stub *stub;

    if (suspect == CC_P) {
        compare(l, wide, xmm, xmm);
    } else {
        fp_op_constant(l, X64_MOVAPS, 3, FP_CONSTANT(wide, magnitude));
        x64_op_reg(&l->code, false, X64_ANDPS, 3, xmm);
        fp_op_constant(l, (wide ? 0x660000 : 0) | UCOMIS, 3, FP_CONSTANT(wide, normal));
    }
    stub = lower_stub(l, STUB_HANDLER, x64_jcc(&l->code, suspect));
    stub->restores = watches;
    return stub;
}

/* to = from, with zeroes above. Uses XMM3. */
static void move_clean(struct lower *l, bool wide, unsigned to, unsigned from)
{
    struct x64 *c = &l->code;

    if (wide) {
        x64_op_reg(c, false, X64_MOVQ_LOAD, to, from);
    } else if (l->host->sse41) {
        x64_op_reg(c, false, INSERTPS, to, from);
        x64_u8(c, 0x0e);
    } else {
        fp_zero(l, 3);
        x64_op_reg(c, false, MOVSS, 3, from);
        x64_op_reg(c, false, X64_MOVAPS, to, 3);
    }
}

void fp_done(struct lower *l, bool wide, unsigned v, unsigned xmm, bool clean)
{
    unsigned to = lower_vout(l, v, 0);

    if (!clean) {
        move_clean(l, wide, to, xmm);
        xmm = to;
    }
    lower_vdone(l, v, xmm);
}

/* How many bits of the vector register that it writes a micro-op leaves other than zero. */
static unsigned result_bits(const struct uop *uop)
{
    const char *name = uop_info[uop->op].name;
    size_t length = strlen(name);

    switch (uop->op) {
    case UOP_ldv8:
    case UOP_ldv8x:
    case UOP_ldv16:
    case UOP_ldv16x:
    case UOP_ldv32:
    case UOP_ldv32x:
    case UOP_fmov_vw:
        return 32;
    case UOP_ldv64:
    case UOP_ldv64x:
    case UOP_ldpv64:
    case UOP_fmov_vx:
        return 64;
    case UOP_fmovi:
        return uop->imm > UINT32_MAX ? 64 : 32;
    case UOP_fmov_vhx:
        return 128;
    default:
        if (uop->op < UOP_fmov32 || uop->op > UOP_fcvtu_x64)
            return 128;
        return strcmp(name + length - 2, "32") ? 64 : 32;
    }
}

/* Of the low half of a register as a double (single). */
static bool is_denormal(uint64_t bits, bool wide)
{
    uint64_t magnitude = wide ? bits & bits_ones(63) : bits & bits_ones(31);

    return magnitude && !(magnitude >> (wide ? 52 : 23));
}

/* Is the scalar result no denormal double (single), or is one noted already? */
static bool is_noted(const struct lower *l, const struct uop *uop, bool wide)
{
    switch (uop->op) {
    case UOP_fmov32:
    case UOP_fmov64:
    case UOP_fabs32:
    case UOP_fabs64:
    case UOP_fneg32:
    case UOP_fneg64:
        return (wide == (result_bits(uop) == 64)) && l->known.noted[wide] >> uop->a & 1;
    case UOP_fmovi: /* a half is in every other format */
        return !is_denormal(uop->imm, wide);
    case UOP_fcvt32_16:
    case UOP_fcvt64_16:
    case UOP_fcsel32:
    case UOP_fcsel64:
        return false;
    default:
        return uop->op >= UOP_fsqrt32 && uop->op <= UOP_ucvtf_x64 &&
               wide == (result_bits(uop) == 64);
    }
}

void lower_fp_forget(struct lower *l)
{
    memset(&l->known, 0, sizeof(l->known));
}

void lower_fp_track(struct lower *l, const struct uop *uop)
{
    unsigned bits = result_bits(uop);
    struct regset use, def;

    if (uop_has(uop->op, 'C')) {
        lower_fp_forget(l);
        return;
    }
    region_operands(uop, &use, &def);
    for (unsigned wide = 0; wide < 2; wide++) {
        bool all = lower_vector_is_noted(uop, wide), low = all || is_noted(l, uop, wide);

        l->known.noted[wide] = (l->known.noted[wide] & ~def.v) | (low ? def.v : 0);
        l->known.lanes[wide] = (l->known.lanes[wide] & ~def.v) | (all ? def.v : 0);
    }
    l->known.above64 &= ~def.v;
    l->known.above32 &= ~def.v;
    if (bits <= 64)
        l->known.above64 |= def.v;
    if (bits <= 32)
        l->known.above32 |= def.v;
}

/* --- Moves: no flag of the host changes --- */

static void move(struct lower *l, const struct uop *uop, bool wide)
{
    fp_done(l, wide, uop->d, lower_vin(l, uop->a, 0), fp_upper_is_zero(l, wide, uop->a));
}

static void move_immediate(struct lower *l, const struct uop *uop)
{
    unsigned to = lower_vout(l, uop->d, 0);

    if (uop->imm) {
        x64_mov_imm(&l->code, RAX, uop->imm);
        x64_op_reg(&l->code, true, X64_MOVD_LOAD, to, RAX);
    } else {
        fp_zero(l, to);
    }
    lower_vdone(l, uop->d, to);
}

static void absolute(struct lower *l, const struct uop *uop, bool wide)
{
    unsigned a = lower_vin(l, uop->a, 1), to = lower_vout(l, uop->d, 0);

    if (to == a) {
        fp_op_constant(l, X64_ANDPS, to, FP_CONSTANT(wide, magnitude));
    } else {
        fp_op_constant(l, X64_MOVAPS, to, FP_CONSTANT(wide, magnitude));
        x64_op_reg(&l->code, false, X64_ANDPS, to, a);
    }
    lower_vdone(l, uop->d, to);
}

static void negate(struct lower *l, const struct uop *uop, bool wide)
{
    unsigned a = lower_vin(l, uop->a, 1), to = lower_vout(l, uop->d, 0);

    if (!fp_upper_is_zero(l, wide, uop->a))
        move_clean(l, wide, to, a);
    else if (to != a)
        x64_op_reg(&l->code, false, X64_MOVAPS, to, a);
    fp_op_constant(l, X64_XORPS, to, FP_CONSTANT(wide, sign));
    lower_vdone(l, uop->d, to);
}

static bool lower_moves(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_fmov32:
    case UOP_fmov64:
        move(l, uop, uop->op == UOP_fmov64);
        return true;
    case UOP_fmovi:
        move_immediate(l, uop);
        return true;
    case UOP_fabs32:
    case UOP_fabs64:
        absolute(l, uop, uop->op == UOP_fabs64);
        return true;
    case UOP_fneg32:
    case UOP_fneg64:
        negate(l, uop, uop->op == UOP_fneg64);
        return true;
    default:
        return false;
    }
}

/* --- Arithmetic --- */

/* What of two operands and a result needs care. */
enum traits {
    COMMUTES = 1,
    EXACT = 2, /* FP_TINY_EXACT */
    NEGATED = 4,
};

static void binary(struct lower *l, const struct uop *uop, bool wide, unsigned opcode,
                   unsigned traits)
{
    unsigned a = lower_vin(l, uop->a, 1), b = lower_vin(l, uop->b, 2);
    unsigned to = fp_target(l, uop, a, b, b);
    bool clean = fp_upper_is_zero(l, wide, uop->a);
    struct stub *stub;

    fp_note_denormals(l, wide, 2, (struct fp_operand[]){{uop->a, a}, {uop->b, b}});
    fp_begin(l);
    if (!clean && (traits & COMMUTES) && fp_upper_is_zero(l, wide, uop->b)) {
        fp_op(l, SCALAR(wide, opcode), to, b, a);
        clean = true;
    } else {
        fp_op(l, SCALAR(wide, opcode), to, a, b);
    }
    stub = fp_check(l, wide, to, traits & EXACT ? FP_TINY_EXACT : FP_TINY);
    if (traits & NEGATED)
        fp_op_constant(l, X64_XORPS, to, FP_CONSTANT(wide, sign));
    fp_done(l, wide, uop->d, to, clean);
    stub->back = l->code.at;
}

static void square_root(struct lower *l, const struct uop *uop, bool wide)
{
    unsigned a = lower_vin(l, uop->a, 1), to = fp_target(l, uop, a, a, a);
    struct stub *stub;

    fp_note_denormals(l, wide, 1, (struct fp_operand[]){{uop->a, a}});
    fp_zero(l, to);
    x64_op_reg(&l->code, false, SCALAR(wide, FP_SQRT), to, a);
    stub = fp_check(l, wide, to, FP_NEVER_TINY);
    fp_done(l, wide, uop->d, to, true);
    stub->back = l->code.at;
}

/* The host's returns b where a and b are zeroes: both orders together tell the sign. It takes any
 * NaN for invalid, so these go away first. */
static void extreme(struct lower *l, const struct uop *uop, bool wide, unsigned opcode)
{
    unsigned a = lower_vin(l, uop->a, 1), b = lower_vin(l, uop->b, 2);
    unsigned to = fp_target(l, uop, a, b, b);
    struct stub *stub;

    fp_note_denormals(l, wide, 2, (struct fp_operand[]){{uop->a, a}, {uop->b, b}});
    compare(l, wide, a, b);
    stub = lower_stub(l, STUB_HANDLER, x64_jcc(&l->code, CC_P));
    fp_op(l, SCALAR(wide, opcode), to, a, b);
    fp_op(l, SCALAR(wide, opcode), 3, b, a);
    x64_op_reg(&l->code, false, opcode == FP_MIN ? X64_ORPS : X64_ANDPS, to, 3);
    fp_done(l, wide, uop->d, to,
            fp_upper_is_zero(l, wide, uop->a) && fp_upper_is_zero(l, wide, uop->b));
    stub->back = l->code.at;
}

/* to = +-(a * b) +- to. */
enum fused {
    FMADD231 = 0xb9,
    FMSUB231 = 0xbb,
    FNMADD231 = 0xbd,
    FNMSUB231 = 0xbf,
};

static bool fused(struct lower *l, const struct uop *uop, bool wide, enum fused opcode)
{
    unsigned a, b, addend, to;
    struct stub *stub;

    if (!l->host->fma)
        return false;
    a = lower_vin(l, uop->a, 1);
    b = lower_vin(l, uop->b, 2);
    addend = lower_vin(l, uop->y, 0);
    to = fp_target(l, uop, a, b, addend);
    fp_note_denormals(l, wide, 3,
                      (struct fp_operand[]){{uop->a, a}, {uop->b, b}, {uop->y, addend}});
    fp_begin(l);
    if (to != addend)
        x64_op_reg(&l->code, false, X64_MOVAPS, to, addend);
    x64_vex_reg(&l->code, (struct x64_vex){VEX_0F38, VEX_66, opcode, wide, false}, to, a, b);
    stub = fp_check(l, wide, to, FP_TINY);
    fp_done(l, wide, uop->d, to, fp_upper_is_zero(l, wide, uop->y));
    stub->back = l->code.at;
    return true;
}

static bool lower_arithmetic(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
#define BINARY_CASES(name, opcode, traits)                                                         \
    case UOP_##name##32:                                                                           \
    case UOP_##name##64:                                                                           \
        binary(l, uop, uop->op == UOP_##name##64, opcode, traits);                                 \
        return true;
        BINARY_CASES(fadd, FP_ADD, COMMUTES | EXACT)
        BINARY_CASES(fsub, FP_SUB, EXACT)
        BINARY_CASES(fmul, FP_MUL, COMMUTES)
        BINARY_CASES(fdiv, FP_DIV, EXACT)
        BINARY_CASES(fnmul, FP_MUL, COMMUTES | NEGATED)
#define EXTREME_CASES(name, opcode)                                                                \
    case UOP_##name##32:                                                                           \
    case UOP_##name##64:                                                                           \
        extreme(l, uop, uop->op == UOP_##name##64, opcode);                                        \
        return true;
        EXTREME_CASES(fmin, FP_MIN)
        EXTREME_CASES(fmax, FP_MAX)
        EXTREME_CASES(fminnm, FP_MIN)
        EXTREME_CASES(fmaxnm, FP_MAX)
#define FUSED_CASES(name, opcode)                                                                  \
    case UOP_##name##32:                                                                           \
    case UOP_##name##64:                                                                           \
        return fused(l, uop, uop->op == UOP_##name##64, opcode);
        FUSED_CASES(fmadd, FMADD231)
        FUSED_CASES(fmsub, FNMADD231)
        FUSED_CASES(fnmadd, FNMSUB231)
        FUSED_CASES(fnmsub, FMSUB231)
    case UOP_fsqrt32:
    case UOP_fsqrt64:
        square_root(l, uop, uop->op == UOP_fsqrt64);
        return true;
    default:
        return false;
    }
}

bool lower_fp(struct lower *l, const struct uop *uop)
{
    return lower_moves(l, uop) || lower_fp_compare(l, uop) || lower_fp_convert(l, uop) ||
           lower_arithmetic(l, uop);
}
