/* Lowerings of exclusives and of the atomics of FEAT_LSE: a probe, and the host's locked operation,
 * which is sequentially consistent. It is all in one quantity of 16 bytes, and so in one line of
 * the host's cache: the micro-op `align` has seen to that.
 */
#include "cpu/jit/lower.h"

#define MONITOR(field) CPU_FIELD(mmu.exclusive.field)

/* RCX = the host address. */
static struct lower_probe probe(struct lower *l, const struct uop *uop, bool write, unsigned size)
{
    struct lower_probe p = lower_probe(l, lower_in(l, true, uop->a, RAX), false, write, size);

    x64_lea(&l->code, true, RCX, p.mem);
    return p;
}

static void load(struct lower *l, enum x64_reg to, unsigned size)
{
    static const uint16_t opcode[] = {
        [1] = X64_MOVZX8, [2] = X64_MOVZX16, [4] = X64_MOV_LOAD, [8] = X64_MOV_LOAD};

    x64_op_mem(&l->code, size == 8, opcode[size], to, x64_at(RCX, 0));
}

static void zero_extend(struct lower *l, enum x64_reg reg, unsigned size)
{
    if (size < 4)
        x64_op_reg8(&l->code, false, size == 1 ? X64_MOVZX8 : X64_MOVZX16, reg, reg);
    else if (size == 4)
        x64_mov(&l->code, false, reg, reg);
}

static void locked(struct lower *l, unsigned size, unsigned opcode, enum x64_reg reg)
{
    x64_u8(&l->code, X64_LOCK);
    x64_op_sized(&l->code, size, opcode, reg, x64_at(RCX, 0));
}

/* --- Exclusives: see cpu/isa/ldst_excl.c --- */

static void load_exclusive(struct lower *l, const struct uop *uop, unsigned size)
{
    struct x64 *c = &l->code;
    struct lower_probe p = probe(l, uop, false, size);

    load(l, RDX, size);
    x64_store(c, true, MONITOR(host), RCX);
    x64_store(c, true, MONITOR(value[0]), RDX);
    x64_store_imm8(c, MONITOR(size), size);
    lower_done(l, uop->d, RDX);
    p.stub->back = c->at;
}

/* What fails by the monitor is for the handler. */
static void store_exclusive(struct lower *l, const struct uop *uop, unsigned size)
{
    struct x64 *c = &l->code;
    struct stub *other_size, *other_place;
    struct lower_probe p;

    lower_bring_home(l, uop->a);
    lower_bring_home(l, uop->b);
    x64_alu_mem_imm8(c, ALU_CMP, MONITOR(size), size);
    other_size = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_NE));
    p = probe(l, uop, true, size);
    x64_alu_load(c, true, ALU_CMP, RCX, MONITOR(host));
    other_place = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_NE));
    x64_load(c, true, RAX, MONITOR(value[0]));
    locked(l, size, X64_CMPXCHG, lower_in(l, true, uop->b, RDX));
    x64_setcc(c, CC_NE, RAX);
    zero_extend(l, RAX, 1);
    x64_store_imm8(c, MONITOR(size), 0);
    lower_done(l, uop->d, RAX);
    other_size->back = other_place->back = p.stub->back = c->at;
}

/* --- FEAT_LSE --- */

/* RDX = b, inverted for CLR. */
static void operand(struct lower *l, const struct uop *uop, bool invert)
{
    lower_copy(l, true, uop->b, RDX);
    if (invert)
        x64_not(&l->code, true, RDX);
}

/* What the host has as one operation that tells the old contents. */
static void exchange(struct lower *l, const struct uop *uop, unsigned opcode, unsigned size)
{
    struct lower_probe p;

    lower_bring_home(l, uop->b);
    p = probe(l, uop, true, size);
    operand(l, uop, false);
    locked(l, size, opcode, RDX);
    zero_extend(l, RDX, size);
    lower_done(l, uop->d, RDX);
    p.stub->back = l->code.at;
}

/* What it has only without telling: that, if nobody asks, else a loop. */
static void combine(struct lower *l, const struct uop *uop, enum x64_alu alu, bool invert,
                    unsigned size)
{
    struct x64 *c = &l->code;
    struct lower_probe p;
    const uint8_t *again;

    lower_bring_home(l, uop->b);
    p = probe(l, uop, true, size);
    if (uop->d == SLOT_SINK) {
        operand(l, uop, invert);
        locked(l, size, (unsigned)alu << 3 | 1, RDX);
    } else {
        load(l, RAX, size);
        again = c->at;
        operand(l, uop, invert);
        x64_alu(c, true, alu, RDX, RAX);
        locked(l, size, X64_CMPXCHG, RDX);
        x64_jcc_to(c, CC_NE, again);
        lower_done(l, uop->d, RAX);
    }
    p.stub->back = c->at;
}

static void compare_and_swap(struct lower *l, const struct uop *uop, unsigned size)
{
    struct lower_probe p;

    lower_bring_home(l, uop->b);
    lower_bring_home(l, uop->d);
    p = probe(l, uop, true, size);
    lower_copy(l, true, uop->d, RAX);
    locked(l, size, X64_CMPXCHG, lower_in(l, true, uop->b, RDX));
    zero_extend(l, RAX, size);
    lower_done(l, uop->d, RAX);
    p.stub->back = l->code.at;
}

#define SIZE_CASES(name, call)                                                                     \
    case UOP_##name##8:                                                                            \
    case UOP_##name##16:                                                                           \
    case UOP_##name##32:                                                                           \
    case UOP_##name##64: {                                                                         \
        unsigned size = 1u << (uop->op - UOP_##name##8);                                           \
                                                                                                   \
        call;                                                                                      \
        return true;                                                                               \
    }

bool lower_atomic(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
        SIZE_CASES(ldx, load_exclusive(l, uop, size))
        SIZE_CASES(stx, store_exclusive(l, uop, size))
        SIZE_CASES(ldadd, exchange(l, uop, X64_XADD, size))
        SIZE_CASES(swp, exchange(l, uop, X64_XCHG, size))
        SIZE_CASES(ldclr, combine(l, uop, ALU_AND, true, size))
        SIZE_CASES(ldeor, combine(l, uop, ALU_XOR, false, size))
        SIZE_CASES(ldset, combine(l, uop, ALU_OR, false, size))
        SIZE_CASES(cas, compare_and_swap(l, uop, size))
    default:
        return false;
    }
}
