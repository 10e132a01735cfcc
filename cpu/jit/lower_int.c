/* Lowerings of integer arithmetic and logic, and of addresses of code. */
#include "cpu/jit/lower.h"

enum form { FORM_REGISTER, FORM_IMMEDIATE, FORM_SHIFTED };

struct operation {
    enum x64_alu alu;
    bool wide, invert, flags;
    enum form form;
};

static bool commutes(enum x64_alu alu)
{
    return alu != ALU_SUB && alu != ALU_CMP;
}

/* The second operand: an immediate that fits, or a register. */
struct second {
    bool constant;
    int32_t value;
    enum x64_reg reg;
};

static struct second second_operand(struct lower *l, const struct uop *uop,
                                    const struct operation *o)
{
    struct second s = {.reg = RCX};

    if (o->form == FORM_IMMEDIATE) {
        uint64_t value = o->invert ? ~uop->imm : uop->imm;

        s.value = (int32_t)value;
        s.constant = !o->wide || (int64_t)value == s.value;
        if (!s.constant)
            x64_mov_imm(&l->code, RCX, value);
        return s;
    }
    if (o->invert || (o->form == FORM_SHIFTED && uop->x)) {
        lower_copy(l, o->wide, uop->b, RCX);
        if (o->form == FORM_SHIFTED && uop->x)
            x64_shift_imm(&l->code, o->wide, SHIFT_SHL, RCX, uop->x);
        if (o->invert)
            x64_not(&l->code, o->wide, RCX);
        return s;
    }
    s.reg = lower_in(l, o->wide, uop->b, RCX);
    return s;
}

static void apply(struct lower *l, const struct operation *o, enum x64_reg to, struct second s)
{
    if (s.constant)
        x64_alu_imm(&l->code, o->wide, o->alu, to, s.value);
    else
        x64_alu(&l->code, o->wide, o->alu, to, s.reg);
}

/* to = a OP s, where `to` may be the register of either. */
static void compute(struct lower *l, const struct operation *o, enum x64_reg to, enum x64_reg a,
                    struct second s)
{
    if (!s.constant && to == s.reg && to != a) {
        if (commutes(o->alu)) {
            s.reg = a;
        } else {
            x64_mov(&l->code, o->wide, RAX, a);
            apply(l, o, RAX, s);
            x64_mov(&l->code, o->wide, to, RAX);
            return;
        }
    } else if (to != a) {
        x64_mov(&l->code, o->wide, to, a);
    }
    apply(l, o, to, s);
}

/* What a sum or difference with a constant has to become what was added to. */
static int32_t moved_by(const struct uop *uop, enum x64_alu alu, int32_t value)
{
    if (uop->d != uop->a || alu == ALU_AND || value == INT32_MIN)
        return 0;
    return alu == ALU_ADD ? -value : value;
}

static struct flag_source source_of(const struct uop *uop, const struct operation *o,
                                    struct second s)
{
    return (struct flag_source){
        .intact = s.constant || s.reg != RCX || (o->form == FORM_REGISTER && !o->invert),
        .alu = o->alu,
        .wide = o->wide,
        .constant = s.constant,
        .a = uop->a,
        .b = uop->b,
        .value = s.value,
        .moved = s.constant ? moved_by(uop, o->alu, s.value) : 0,
    };
}

struct flag_source lower_again_source(const struct uop *again)
{
    enum uop_op op = again->op;
    bool add = op >= UOP_adds64 && op <= UOP_adds32i;
    bool fused = op == UOP_subsbi64 || op == UOP_subsbi32;
    bool constant =
        fused || op == UOP_subs64i || op == UOP_subs32i || op == UOP_adds64i || op == UOP_adds32i;
    struct operation o = {.alu = add ? ALU_ADD : ALU_SUB,
                          .wide = op == UOP_subsb64 || op == UOP_subsbi64 || op == UOP_subs64 ||
                                  op == UOP_subs64i || op == UOP_adds64 || op == UOP_adds64i};
    struct second s = {.constant = constant,
                       .value = fused ? again->b | again->y << 8 : (int32_t)again->imm};

    return source_of(again, &o, s);
}

static void arith_with_flags(struct lower *l, const struct uop *uop, const struct operation *o)
{
    struct second s = second_operand(l, uop, o);
    struct flag_source source = source_of(uop, o, s);
    bool wanted = lower_flags_wanted(l, &source), logic = o->alu == ALU_AND;
    enum x64_reg a = lower_in(l, o->wide, uop->a, RAX);
    enum x64_reg to = lower_out(l, uop->d, RAX);

    l->flags = (struct flags){.host = o->alu == ALU_SUB ? HOST_SUB : HOST_ADD, .source = source};
    if (wanted && !logic)
        lower_save_lazy(l, &source, a, s.reg);
    if (uop->d == SLOT_SINK && o->alu == ALU_SUB) {
        struct operation compare = *o;

        compare.alu = ALU_CMP;
        apply(l, &compare, a, s);
        return;
    }
    if (uop->d == SLOT_SINK && logic && !wanted) {
        if (s.constant)
            x64_test_imm(&l->code, o->wide, a, (uint32_t)s.value);
        else
            x64_test(&l->code, o->wide, a, s.reg);
        return;
    }
    compute(l, o, to, a, s);
    if (wanted && logic)
        lower_save_lazy(l, &source, to, X64_NONE);
    lower_done(l, uop->d, to);
    l->flags.source.intact |= source.moved != 0;
}

/* By LEA, which leaves the flags alone. */
static bool add_by_lea(struct lower *l, const struct uop *uop, const struct operation *o)
{
    bool subtract = o->alu == ALU_SUB;
    enum x64_reg a, b, to;

    if (o->alu != ALU_ADD && !subtract)
        return false;
    if (o->form == FORM_IMMEDIATE) {
        int64_t value = (int64_t)(subtract ? -uop->imm : uop->imm);

        a = lower_in(l, o->wide, uop->a, RAX);
        to = lower_out(l, uop->d, RAX);
        if (!o->wide || value == (int32_t)value) {
            x64_lea(&l->code, o->wide, to, x64_at(a, (int32_t)value));
        } else {
            x64_mov_imm(&l->code, RCX, (uint64_t)value);
            x64_lea(&l->code, true, to, x64_indexed(a, RCX, 0, 0));
        }
    } else {
        if (subtract || (o->form == FORM_SHIFTED && uop->x > 3))
            return false;
        a = lower_in(l, o->wide, uop->a, RAX);
        b = lower_in(l, o->wide, uop->b, RCX);
        to = lower_out(l, uop->d, RAX);
        x64_lea(&l->code, o->wide, to, x64_indexed(a, b, o->form == FORM_SHIFTED ? uop->x : 0, 0));
    }
    lower_done(l, uop->d, to);
    return true;
}

static void arith(struct lower *l, const struct uop *uop, struct operation o)
{
    struct second s;
    enum x64_reg a, to;

    if (o.flags) {
        arith_with_flags(l, uop, &o);
        return;
    }
    if (add_by_lea(l, uop, &o))
        return;
    s = second_operand(l, uop, &o);
    a = lower_in(l, o.wide, uop->a, RAX);
    to = lower_out(l, uop->d, RAX);
    compute(l, &o, to, a, s);
    lower_done(l, uop->d, to);
}

/* --- Addresses of code, and moves --- */

/* The address of this block, plus an offset, in reg; changes no flag if the offset is small. */
static void code_address(struct lower *l, enum x64_reg reg, int64_t offset)
{
    x64_load(&l->code, true, reg, CPU_FIELD(pc));
    offset += l->node->offset;
    if (offset == (int32_t)offset) {
        x64_lea(&l->code, true, reg, x64_at(reg, (int32_t)offset));
    } else {
        x64_mov_imm(&l->code, RCX, (uint64_t)offset);
        x64_alu(&l->code, true, ALU_ADD, reg, RCX);
    }
}

static void move_part(struct lower *l, const struct uop *uop, bool wide)
{
    uint64_t mask = ~(0xffffull << uop->x);
    enum x64_reg to = lower_out(l, uop->d, RAX);

    if (to == RAX)
        lower_copy(l, wide, uop->d, RAX);
    else
        (void)lower_in(l, wide, uop->d, to);
    if (!wide || uop->x == 0) {
        x64_alu_imm(&l->code, wide, ALU_AND, to, (int32_t)(wide ? ~0xffff : (int64_t)mask));
        x64_alu_imm(&l->code, wide, ALU_OR, to, (int32_t)(uop->imm << uop->x));
    } else {
        x64_mov_imm(&l->code, RCX, mask);
        x64_alu(&l->code, true, ALU_AND, to, RCX);
        x64_mov_imm(&l->code, RCX, uop->imm << uop->x);
        x64_alu(&l->code, true, ALU_OR, to, RCX);
    }
    lower_done(l, uop->d, to);
}

static bool lower_move(struct lower *l, const struct uop *uop)
{
    enum x64_reg to = lower_out(l, uop->d, RAX);

    switch (uop->op) {
    case UOP_movi:
        x64_mov_imm(&l->code, to, uop->imm);
        break;
    case UOP_mov64:
    case UOP_mov32:
        lower_copy(l, uop->op == UOP_mov64, uop->a, to);
        break;
    case UOP_pcadd:
        code_address(l, to, (int64_t)uop->imm);
        break;
    case UOP_pcpage:
        code_address(l, to, 0);
        x64_alu_imm(&l->code, true, ALU_AND, to, (int32_t) ~(PAGE_SIZE - 1));
        x64_mov_imm(&l->code, RCX, uop->imm);
        x64_alu(&l->code, true, ALU_ADD, to, RCX);
        break;
    case UOP_movk:
    case UOP_movk32:
        move_part(l, uop, uop->op == UOP_movk);
        return true;
    default:
        return false;
    }
    lower_done(l, uop->d, to);
    return true;
}

#define ARITH_CASES(name, alu, invert, flags)                                                      \
    case UOP_##name##64:                                                                           \
        arith(l, uop, (struct operation){alu, true, invert, flags, FORM_REGISTER});                \
        return true;                                                                               \
    case UOP_##name##32:                                                                           \
        arith(l, uop, (struct operation){alu, false, invert, flags, FORM_REGISTER});               \
        return true;                                                                               \
    case UOP_##name##64i:                                                                          \
        arith(l, uop, (struct operation){alu, true, invert, flags, FORM_IMMEDIATE});               \
        return true;                                                                               \
    case UOP_##name##32i:                                                                          \
        arith(l, uop, (struct operation){alu, false, invert, flags, FORM_IMMEDIATE});              \
        return true;                                                                               \
    case UOP_##name##64l:                                                                          \
        arith(l, uop, (struct operation){alu, true, invert, flags, FORM_SHIFTED});                 \
        return true;                                                                               \
    case UOP_##name##32l:                                                                          \
        arith(l, uop, (struct operation){alu, false, invert, flags, FORM_SHIFTED});                \
        return true;

bool lower_int(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
        ARITH_CASES(add, ALU_ADD, false, false)
        ARITH_CASES(sub, ALU_SUB, false, false)
        ARITH_CASES(adds, ALU_ADD, false, true)
        ARITH_CASES(subs, ALU_SUB, false, true)
        ARITH_CASES(and, ALU_AND, false, false)
        ARITH_CASES(orr, ALU_OR, false, false)
        ARITH_CASES(eor, ALU_XOR, false, false)
        ARITH_CASES(ands, ALU_AND, false, true)
        ARITH_CASES(bic, ALU_AND, true, false)
        ARITH_CASES(orn, ALU_OR, true, false)
        ARITH_CASES(eon, ALU_XOR, true, false)
        ARITH_CASES(bics, ALU_AND, true, true)
    default:
        return lower_move(l, uop);
    }
}

/* The subtraction of a fused compare-and-branch: for lower_flow.c. */
void lower_subtract(struct lower *l, const struct uop *uop, bool wide, bool immediate)
{
    struct uop subtract = *uop;

    subtract.imm = uop->b | (unsigned)uop->y << 8;
    arith_with_flags(l, &subtract,
                     &(struct operation){ALU_SUB, wide, false, true,
                                         immediate ? FORM_IMMEDIATE : FORM_REGISTER});
}
