/* Lowerings of exclusives and of the atomics of FEAT_LSE: a probe, and the host's locked operation,
 * which is sequentially consistent. It is all in one quantity of 16 bytes, and so in one line of
 * the host's cache: the micro-op `align` has seen to that.
 */
#include "cpu/exclusive.h"
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

/* --- Stamps: see cpu/exclusive.h --- */

static bool has_stamps(const struct lower *l)
{
    return l->cpu->stamps != NULL;
}

/* RDX = the stamp of the host address in RCX. */
static void point_at_stamp(struct lower *l)
{
    struct x64 *c = &l->code;

    _Static_assert(STAMPS * 16 == 0x4000 && STAMP_STRIDE == 16 << 2, "the bits of the address");
    x64_mov(c, false, RDX, RCX);
    x64_alu_imm(c, false, ALU_AND, RDX, 0x3ff0);
    x64_shift_imm(c, false, SHIFT_SHL, RDX, 2);
    x64_alu_load(c, true, ALU_ADD, RDX, CPU_FIELD(stamps));
}

/* Of the stamp in RDX, `atomics` becomes odd if it is even (exclusive_note()), or another number if
 * it is odd (exclusive_atomic()). */
static void mark_stamp(struct lower *l, bool odd)
{
    const struct x64_mem atomics = x64_at(RDX, offsetof(struct stamp, atomics));
    struct x64 *c = &l->code;
    uint8_t *is_so;

    x64_test_mem_imm8(c, atomics, 1);
    is_so = x64_jcc(c, odd ? CC_NE : CC_E);
    x64_u8(c, X64_LOCK);
    if (odd)
        x64_alu_mem_imm8(c, ALU_OR, atomics, 1);
    else
        x64_op_mem(c, false, 0xff, 0, atomics); /* inc */
    x64_land(c, is_so);
}

/* With the host address in RCX. Uses RDX. */
static void count_atomic(struct lower *l)
{
    if (!has_stamps(l))
        return;
    point_at_stamp(l);
    mark_stamp(l, false);
}

/* --- Exclusives: see cpu/isa/ldst_excl.c --- */

static void load_exclusive(struct lower *l, const struct uop *uop, unsigned size)
{
    struct x64 *c = &l->code;
    struct lower_probe p = probe(l, uop, false, size);

    if (has_stamps(l)) {
        point_at_stamp(l);
        mark_stamp(l, true);
        x64_load(c, true, RDX, x64_at(RDX, 0));
        x64_alu_imm(c, true, ALU_AND, RDX, ~1);
        x64_store(c, true, MONITOR(stamp), RDX);
    }
    load(l, RDX, size);
    x64_store(c, true, MONITOR(host), RCX);
    x64_store(c, true, MONITOR(value[0]), RDX);
    x64_store_imm8(c, MONITOR(size), size);
    lower_done(l, uop->d, RDX);
    p.stub->back = c->at;
}

/* exclusive_begin(), with the noted host address in RCX. Uses RAX and RDX. */
static struct stub *begin_store(struct lower *l)
{
    struct x64 *c = &l->code;
    struct stub *other;

    point_at_stamp(l);
    x64_load(c, true, RAX, MONITOR(stamp));
    x64_lea(c, true, RCX, x64_at(RAX, 1));
    x64_u8(c, X64_LOCK);
    x64_op_sized(c, 8, X64_CMPXCHG, RCX, x64_at(RDX, 0));
    other = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_NE));
    x64_load(c, true, RCX, MONITOR(host));
    return other;
}

/* What fails by the monitor is for the handler. */
static void store_exclusive(struct lower *l, const struct uop *uop, unsigned size)
{
    struct x64 *c = &l->code;
    struct stub *other_size, *other_place, *other_stamp = NULL;
    struct lower_probe p;

    lower_bring_home(l, uop->a);
    lower_bring_home(l, uop->b);
    x64_alu_mem_imm8(c, ALU_CMP, MONITOR(size), size);
    other_size = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_NE));
    p = probe(l, uop, true, size);
    x64_alu_load(c, true, ALU_CMP, RCX, MONITOR(host));
    other_place = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_NE));
    if (has_stamps(l))
        other_stamp = begin_store(l);
    x64_load(c, true, RAX, MONITOR(value[0]));
    locked(l, size, X64_CMPXCHG, lower_in(l, true, uop->b, RDX));
    x64_setcc(c, CC_NE, RAX);
    if (has_stamps(l)) {
        point_at_stamp(l);
        x64_op_mem(c, false, 0xff, 0, x64_at(RDX, offsetof(struct stamp, stores))); /* inc */
    }
    zero_extend(l, RAX, 1);
    x64_store_imm8(c, MONITOR(size), 0);
    lower_done(l, uop->d, RAX);
    other_size->back = other_place->back = p.stub->back = c->at;
    if (other_stamp)
        other_stamp->back = c->at;
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
    count_atomic(l);
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
    count_atomic(l);
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
    count_atomic(l);
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
