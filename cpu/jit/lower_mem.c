/* Lowerings of loads and stores: the software TLB's probe (mmu/tlb.h) and the access. What misses
 * is a stub that runs the micro-op's handler. */
#include "cpu/jit/lower.h"

/* A probe that has hit: the access is at [RCX + address]. RDX is free. */
struct probed {
    struct stub *stub; /* its `back` is to be set after the access */
    struct x64_mem mem;
};

/* The slot will be read behind a probe: if it has a home, its value is there from now on. */
static void bring_home(struct lower *l, unsigned slot)
{
    if (lower_home(l, slot) != X64_NONE)
        (void)lower_in(l, true, slot, X64_NONE);
}

/* The address, in a home that is not changed, or in RAX. */
static enum x64_reg address(struct lower *l, const struct uop *uop, bool indexed)
{
    struct x64 *c = &l->code;
    enum x64_reg base = lower_in(l, true, uop->a, RAX), index;

    if (!indexed) {
        if (!uop->imm)
            return base;
        if ((int64_t)uop->imm == (int32_t)uop->imm) {
            x64_lea(c, true, RAX, x64_at(base, (int32_t)uop->imm));
        } else {
            x64_mov_imm(c, RCX, uop->imm);
            x64_lea(c, true, RAX, x64_indexed(base, RCX, 0, 0));
        }
        return RAX;
    }
    index = lower_in(l, true, uop->b, RCX);
    if (uop->x > 3) {
        if (index != RCX)
            x64_mov(c, true, RCX, index);
        x64_shift_imm(c, true, SHIFT_SHL, RCX, uop->x);
        x64_lea(c, true, RAX, x64_indexed(base, RCX, 0, 0));
    } else {
        x64_lea(c, true, RAX, x64_indexed(base, index, uop->x, 0));
    }
    return RAX;
}

/* Are `size` bytes at the address on a page that the current bank holds? Uses RCX and RDX. */
static struct probed probe(struct lower *l, const struct uop *uop, bool indexed, bool write,
                           unsigned size)
{
    struct x64 *c = &l->code;
    enum x64_reg va = address(l, uop, indexed);
    struct probed probed;
    int32_t tag =
        write ? offsetof(struct tlb_entry, tag_write) : offsetof(struct tlb_entry, tag_read);

    _Static_assert(sizeof(struct tlb_entry) == 32 && offsetof(struct tlb_bank, entry) == 0,
                   "the index below");
    if (l->host->bmi2) {
        x64_rorx(c, false, RCX, va, PAGE_SHIFT - 5);
    } else {
        x64_mov(c, false, RCX, va);
        x64_shift_imm(c, false, SHIFT_SHR, RCX, PAGE_SHIFT - 5);
    }
    x64_alu_imm(c, false, ALU_AND, RCX, (TLB_ENTRIES - 1) * 32);
    x64_load(c, true, RDX, x64_indexed(R15, RCX, 0, tag));
    x64_alu(c, true, ALU_XOR, RDX, va);
    x64_alu_imm(c, true, ALU_CMP, RDX, (int32_t)(PAGE_SIZE - size));
    probed.stub = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_A));
    x64_load(c, true, RCX, x64_indexed(R15, RCX, 0, offsetof(struct tlb_entry, addend)));
    probed.mem = x64_indexed(RCX, va, 0, 0);
    return probed;
}

static struct x64_mem plus(struct x64_mem mem, unsigned bytes)
{
    mem.disp += (int32_t)bytes;
    return mem;
}

/* --- General registers --- */

/* `opcode`: of the x86 load: mov, movzx, movsx. */
static void load(struct lower *l, const struct uop *uop, bool indexed, unsigned size,
                 unsigned opcode, bool wide)
{
    struct probed p = probe(l, uop, indexed, false, size);
    enum x64_reg to = lower_out(l, uop->d, RDX);

    x64_op_mem(&l->code, wide, opcode, to, p.mem);
    lower_done(l, uop->d, to);
    p.stub->back = l->code.at;
}

static void store_slot(struct lower *l, unsigned slot, struct x64_mem mem, unsigned size)
{
    x64_store_sized(&l->code, size, mem, lower_in(l, true, slot, RDX));
}

static void store(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    struct probed p;

    bring_home(l, uop->d);
    p = probe(l, uop, indexed, true, size);
    store_slot(l, uop->d, p.mem, size);
    p.stub->back = l->code.at;
}

/* Both halves are on the page: one probe for twice the size. d is not the base, y may be. */
static void load_pair(struct lower *l, const struct uop *uop, unsigned size, unsigned opcode,
                      bool wide)
{
    struct probed p = probe(l, uop, false, false, 2 * size);
    enum x64_reg to = lower_out(l, uop->d, RDX);

    x64_op_mem(&l->code, wide, opcode, to, p.mem);
    lower_done(l, uop->d, to);
    to = lower_out(l, uop->y, RDX);
    x64_op_mem(&l->code, wide, opcode, to, plus(p.mem, size));
    lower_done(l, uop->y, to);
    p.stub->back = l->code.at;
}

static void store_pair(struct lower *l, const struct uop *uop, unsigned size)
{
    struct probed p;

    bring_home(l, uop->d);
    bring_home(l, uop->y);
    p = probe(l, uop, false, true, 2 * size);
    store_slot(l, uop->d, p.mem, size);
    store_slot(l, uop->y, plus(p.mem, size), size);
    p.stub->back = l->code.at;
}

/* --- Vector registers: the rest of a loaded one is zeroed --- */

static void load_part(struct lower *l, unsigned v, struct x64_mem mem, unsigned size)
{
    struct x64 *c = &l->code;
    unsigned xmm = lower_vout(l, v, 0);

    switch (size) {
    case 16:
        x64_op_mem(c, false, X64_MOVUPS_LOAD, xmm, mem);
        break;
    case 8:
        x64_op_mem(c, false, X64_MOVQ_LOAD, xmm, mem);
        break;
    case 4:
        x64_op_mem(c, false, X64_MOVD_LOAD, xmm, mem);
        break;
    default:
        x64_op_mem(c, false, size == 2 ? X64_MOVZX16 : X64_MOVZX8, RDX, mem);
        x64_op_reg(c, false, X64_MOVD_LOAD, xmm, RDX);
    }
    lower_vdone(l, v, xmm);
}

static void store_part(struct lower *l, unsigned v, struct x64_mem mem, unsigned size)
{
    struct x64 *c = &l->code;
    unsigned xmm = lower_vin(l, v, 0);

    switch (size) {
    case 16:
        x64_op_mem(c, false, X64_MOVUPS_STORE, xmm, mem);
        break;
    case 8:
        x64_op_mem(c, false, X64_MOVQ_STORE, xmm, mem);
        break;
    case 4:
        x64_op_mem(c, false, X64_MOVD_STORE, xmm, mem);
        break;
    default:
        x64_op_reg(c, false, X64_MOVD_STORE, xmm, RDX);
        x64_store_sized(c, size, mem, RDX);
    }
}

static void bring_vector_home(struct lower *l, unsigned v)
{
    if (l->region->vhome[v] != HOME_NONE)
        (void)lower_vin(l, v, 0);
}

static void load_vector(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    struct probed p = probe(l, uop, indexed, false, size);

    load_part(l, uop->d, p.mem, size);
    p.stub->back = l->code.at;
}

static void store_vector(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    struct probed p;

    bring_vector_home(l, uop->d);
    p = probe(l, uop, indexed, true, size);
    store_part(l, uop->d, p.mem, size);
    p.stub->back = l->code.at;
}

static void vector_pair(struct lower *l, const struct uop *uop, bool write, unsigned size)
{
    struct probed p;

    if (write) {
        bring_vector_home(l, uop->d);
        bring_vector_home(l, uop->y);
    }
    p = probe(l, uop, false, write, 2 * size);
    if (write) {
        store_part(l, uop->d, p.mem, size);
        store_part(l, uop->y, plus(p.mem, size), size);
    } else {
        load_part(l, uop->d, p.mem, size);
        load_part(l, uop->y, plus(p.mem, size), size);
    }
    p.stub->back = l->code.at;
}

/* --- Alignment --- */

static void check_aligned(struct lower *l, enum x64_reg reg, unsigned bytes)
{
    struct stub *stub;

    x64_test_imm(&l->code, false, reg, bytes - 1);
    stub = lower_stub(l, STUB_HANDLER, x64_jcc(&l->code, CC_NE));
    stub->back = l->code.at;
}

/* --- The table --- */

#define LOAD_CASES(name, size, opcode, wide)                                                       \
    case UOP_##name:                                                                               \
        load(l, uop, false, size, opcode, wide);                                                   \
        return true;                                                                               \
    case UOP_##name##x:                                                                            \
        load(l, uop, true, size, opcode, wide);                                                    \
        return true;

#define STORE_CASES(name, size)                                                                    \
    case UOP_##name:                                                                               \
        store(l, uop, false, size);                                                                \
        return true;                                                                               \
    case UOP_##name##x:                                                                            \
        store(l, uop, true, size);                                                                 \
        return true;

#define VECTOR_CASES(bits)                                                                         \
    case UOP_ldv##bits:                                                                            \
        load_vector(l, uop, false, bits / 8);                                                      \
        return true;                                                                               \
    case UOP_ldv##bits##x:                                                                         \
        load_vector(l, uop, true, bits / 8);                                                       \
        return true;                                                                               \
    case UOP_stv##bits:                                                                            \
        store_vector(l, uop, false, bits / 8);                                                     \
        return true;                                                                               \
    case UOP_stv##bits##x:                                                                         \
        store_vector(l, uop, true, bits / 8);                                                      \
        return true;

static bool lower_pairs(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_ldp64:
        load_pair(l, uop, 8, X64_MOV_LOAD, true);
        return true;
    case UOP_ldp32:
        load_pair(l, uop, 4, X64_MOV_LOAD, false);
        return true;
    case UOP_ldpsw:
        load_pair(l, uop, 4, X64_MOVSXD, true);
        return true;
    case UOP_stp64:
        store_pair(l, uop, 8);
        return true;
    case UOP_stp32:
        store_pair(l, uop, 4);
        return true;
    case UOP_ldpv64:
        vector_pair(l, uop, false, 8);
        return true;
    case UOP_ldpv128:
        vector_pair(l, uop, false, 16);
        return true;
    case UOP_stpv64:
        vector_pair(l, uop, true, 8);
        return true;
    case UOP_stpv128:
        vector_pair(l, uop, true, 16);
        return true;
    default:
        return false;
    }
}

bool lower_memory(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
        LOAD_CASES(ld8, 1, X64_MOVZX8, false)
        LOAD_CASES(ld16, 2, X64_MOVZX16, false)
        LOAD_CASES(ld32, 4, X64_MOV_LOAD, false)
        LOAD_CASES(ld64, 8, X64_MOV_LOAD, true)
        LOAD_CASES(ld8s64, 1, X64_MOVSX8, true)
        LOAD_CASES(ld16s64, 2, X64_MOVSX16, true)
        LOAD_CASES(ld32s64, 4, X64_MOVSXD, true)
        LOAD_CASES(ld8s32, 1, X64_MOVSX8, false)
        LOAD_CASES(ld16s32, 2, X64_MOVSX16, false)
        STORE_CASES(st8, 1)
        STORE_CASES(st16, 2)
        STORE_CASES(st32, 4)
        STORE_CASES(st64, 8)
        VECTOR_CASES(8)
        VECTOR_CASES(16)
        VECTOR_CASES(32)
        VECTOR_CASES(64)
        VECTOR_CASES(128)
    case UOP_spcheck:
        check_aligned(l, lower_in(l, true, SLOT_SP, RAX), 16);
        return true;
    case UOP_align:
        check_aligned(l, address(l, uop, false), uop->y);
        return true;
    case UOP_alignx:
        check_aligned(l, address(l, uop, true), uop->y);
        return true;
    default:
        return lower_pairs(l, uop);
    }
}
