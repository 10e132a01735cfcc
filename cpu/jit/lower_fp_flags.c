/* Lowerings of scalar floating-point comparisons, and NZCV while it is in the host's flags in the
 * form that (V)UCOMISD leaves:
 *               less   equal  greater  unordered
 *   NZCV        1000   0110   0010     0011
 *   ZF PF CF    001    100    000      111         of ucomis a, b
 *               000    100    001      111         of ucomis b, a
 * A condition is one of the host's or needs a look at PF too. */
#include "cpu/jit/lower_fp.h"

enum {
    COMIS = 0x0f2f, /* any NaN is an invalid operand */
    UCOMIS = 0x0f2e,
    CONDITION = 15,   /* mask: enum x64_cond */
    ORDERED = 1 << 4, /* and not PF */
    NEGATED = 1 << 5, /* the opposite of that */
    OTHERWISE = ORDERED | NEGATED,
};

static unsigned host_condition(int host, unsigned condition)
{
    static const uint8_t straight[14] = {
        ORDERED | CC_E,
        OTHERWISE | CC_E,
        OTHERWISE | CC_B,
        ORDERED | CC_B, /* EQ NE CS CC */
        ORDERED | CC_B,
        OTHERWISE | CC_B,
        CC_P,
        CC_NP, /* MI PL VS VC */
        OTHERWISE | CC_BE,
        ORDERED | CC_BE,
        CC_AE,
        CC_B, /* HI LS GE LT */
        CC_A,
        CC_BE, /* GT LE */
    };
    static const uint8_t swapped[14] = {
        ORDERED | CC_E,
        OTHERWISE | CC_E,
        CC_BE,
        CC_A, /* EQ NE CS CC */
        CC_A,
        CC_BE,
        CC_P,
        CC_NP, /* MI PL VS VC */
        CC_B,
        CC_AE,
        ORDERED | CC_BE,
        OTHERWISE | CC_BE, /* HI LS GE LT */
        ORDERED | CC_B,
        OTHERWISE | CC_B, /* GT LE */
    };

    return host == HOST_FCMP ? straight[condition] : swapped[condition];
}

bool lower_fp_condition_is_direct(int host, unsigned condition)
{
    return condition >= 14 || !(host_condition(host, condition) & ORDERED);
}

enum x64_cond lower_fp_condition(struct lower *l, unsigned condition)
{
    unsigned tested = host_condition((int)l->flags.host, condition);
    enum x64_cond cond = (enum x64_cond)(tested & CONDITION);

    if (!(tested & ORDERED))
        return cond;
    x64_setcc(&l->code, cond, RAX);
    x64_setcc_high(&l->code, CC_NP, RAX);
    x64_u8(&l->code, 0x20); /* and al, ah */
    x64_u8(&l->code, 0xe0);
    l->flags.host = HOST_NONE;
    return tested & NEGATED ? CC_E : CC_NE;
}

/* --- Comparisons --- */

/* The registers of the operands. Changes no flag. */
static void operands(struct lower *l, const struct flag_source *source, unsigned *a, unsigned *b)
{
    *a = lower_vin(l, source->a, 1);
    *b = 2;
    if (source->constant)
        fp_zero(l, 2);
    else
        *b = lower_vin(l, source->b, 2);
}

static void compare(struct lower *l, bool wide, bool signals, unsigned a, unsigned b)
{
    x64_op_reg(&l->code, false, (wide ? 0x660000u : 0) | (signals ? COMIS : UCOMIS), a, b);
}

static void note_denormals(struct lower *l, const struct flag_source *source, unsigned a,
                           unsigned b)
{
    fp_note_denormals(l, source->wide, source->constant ? 1 : 2,
                      (struct fp_operand[]){{source->a, a}, {source->b, b}});
}

void lower_fp_save_source(struct lower *l)
{
    const struct flag_source *source = &l->flags.source;
    uint32_t kind = source->wide ? LAZY_FCMP64 : LAZY_FCMP32;
    unsigned a, b;

    operands(l, source, &a, &b);
    x64_store_imm(&l->code, false, CPU_FIELD(lazy.kind), (int32_t)kind);
    x64_op_mem(&l->code, false, X64_MOVQ_STORE, a, CPU_FIELD(lazy.a));
    x64_op_mem(&l->code, false, X64_MOVQ_STORE, b, CPU_FIELD(lazy.b));
    l->flags.lazy = kind;
    l->flags.saved = true;
    l->flags.bytes = false;
}

/* What it signals it has signalled the first time. */
void lower_fp_redo(struct lower *l)
{
    unsigned a, b;

    operands(l, &l->flags.source, &a, &b);
    compare(l, l->flags.source.wide, false, a, b);
    l->flags.host = HOST_FCMP;
}

/* The order that serves the first condition behind the micro-op in its block. */
static int favoured_order(const struct lower *l, const struct uop *uop)
{
    const struct block *block = l->node->block;

    for (const struct uop *next = uop + 1; next < block->uop + block->uops; next++) {
        if (uop_has(next->op, 'R'))
            return lower_fp_condition_is_direct(HOST_FCMP, next->x) ||
                           !lower_fp_condition_is_direct(HOST_FCMP_SWAPPED, next->x)
                       ? HOST_FCMP
                       : HOST_FCMP_SWAPPED;
        if (uop_has(next->op, 'W'))
            break;
    }
    return HOST_FCMP;
}

static void compare_numbers(struct lower *l, const struct uop *uop, bool wide, bool zero,
                            bool signals)
{
    int order = favoured_order(l, uop);
    struct flag_source source = {.intact = true,
                                 .alu = ALU_SUB,
                                 .wide = wide,
                                 .constant = zero,
                                 .a = uop->a,
                                 .b = uop->b,
                                 .numbers = (uint8_t)order};
    unsigned a, b;

    l->flags = (struct flags){.source = source};
    if (lower_flags_wanted(l, &source))
        lower_fp_save_source(l);
    operands(l, &source, &a, &b);
    note_denormals(l, &source, a, b);
    compare(l, wide, signals, order == HOST_FCMP ? a : b, order == HOST_FCMP ? b : a);
    l->flags.host = order;
}

/* NZCV from the host's flags into cpu->nzcv. They are lost, and so are RAX, RCX and RDX. */
static void save_bytes(struct lower *l)
{
    struct x64 *c = &l->code;

    x64_setcc_mem(c, CC_P, CPU_FIELD(nzcv.v));
    x64_setcc(c, CC_NP, RCX);
    x64_setcc(c, CC_E, RAX);
    x64_setcc(c, CC_B, RDX);
    x64_alu(c, false, ALU_AND, RAX, RCX);
    x64_alu(c, false, ALU_AND, RDX, RCX);
    x64_store_sized(c, 1, CPU_FIELD(nzcv.z), RAX);
    x64_store_sized(c, 1, CPU_FIELD(nzcv.n), RDX);
    x64_alu_imm(c, false, ALU_XOR, RDX, 1);
    x64_store_sized(c, 1, CPU_FIELD(nzcv.c), RDX);
    x64_store_imm(c, false, CPU_FIELD(lazy.kind), LAZY_NONE);
}

/* if x then flags(a, b) else flags = y */
static void compare_by_condition(struct lower *l, const struct uop *uop, bool wide, bool signals)
{
    const struct flag_source source = {.wide = wide, .a = uop->a, .b = uop->b};
    const uint64_t noted = l->known.noted[wide];
    struct x64 *c = &l->code;
    uint8_t *holds, *done;
    enum x64_cond cond;
    unsigned a, b;

    if (uop->x >= 14) {
        compare_numbers(l, uop, wide, false, signals);
        return;
    }
    cond = lower_condition(l, uop->x);
    operands(l, &source, &a, &b);
    holds = x64_jcc(c, cond);
    x64_store_imm(c, false, CPU_FIELD(nzcv),
                  (uop->y >> 3 & 1) | (uop->y >> 2 & 1) << 8 | (uop->y >> 1 & 1) << 16 |
                      (uop->y & 1) << 24);
    x64_store_imm(c, false, CPU_FIELD(lazy.kind), LAZY_NONE);
    done = x64_jmp(c);
    x64_land(c, holds);
    note_denormals(l, &source, a, b);
    l->known.noted[wide] = noted; /* on one of two ways */
    compare(l, wide, signals, a, b);
    save_bytes(l);
    x64_land(c, done);
    l->flags = (struct flags){.saved = true, .bytes = true};
}

/* --- Selection --- */

/* Through general registers, where there are conditional moves. The host's flags stay. */
static void select_number(struct lower *l, const struct uop *uop, bool wide)
{
    struct x64 *c = &l->code;
    unsigned a, b, to = lower_vout(l, uop->d, 0);
    enum x64_cond cond;

    if (uop->x >= 14) {
        fp_done(l, wide, uop->d, lower_vin(l, uop->a, 0), fp_upper_is_zero(l, wide, uop->a));
        return;
    }
    cond = lower_condition(l, uop->x);
    a = lower_vin(l, uop->a, 1);
    b = lower_vin(l, uop->b, 2);
    x64_op_reg(c, wide, X64_MOVD_STORE, a, RAX);
    x64_op_reg(c, wide, X64_MOVD_STORE, b, RCX);
    x64_cmov(c, wide, cond, RCX, RAX);
    x64_op_reg(c, wide, X64_MOVD_LOAD, to, RCX);
    lower_vdone(l, uop->d, to);
}

bool lower_fp_compare(struct lower *l, const struct uop *uop)
{
    if (uop->op == UOP_fcsel32 || uop->op == UOP_fcsel64) {
        select_number(l, uop, uop->op == UOP_fcsel64);
        return true;
    }
    switch (uop->op) {
#define COMPARE_CASES(name, signals)                                                               \
    case UOP_f##name##32:                                                                          \
    case UOP_f##name##64:                                                                          \
        compare_numbers(l, uop, uop->op == UOP_f##name##64, false, signals);                       \
        return true;                                                                               \
    case UOP_f##name##z32:                                                                         \
    case UOP_f##name##z64:                                                                         \
        compare_numbers(l, uop, uop->op == UOP_f##name##z64, true, signals);                       \
        return true;                                                                               \
    case UOP_fc##name##32:                                                                         \
    case UOP_fc##name##64:                                                                         \
        compare_by_condition(l, uop, uop->op == UOP_fc##name##64, signals);                        \
        return true;
        COMPARE_CASES(cmp, false)
        COMPARE_CASES(cmpe, true)
    default:
        return false;
    }
}
