/* Lowerings of loads and stores: the software TLB's probe (mmu/tlb.h) and the access. What misses
 * is a stub that runs the micro-op's handler. */
#include "cpu/jit/lower_mem.h"

#include <string.h>

#include "cpu/sysreg.h"

void lower_bring_home(struct lower *l, unsigned slot)
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
    if (l->extension) {
        x64_op_reg(c, l->extension->op == UOP_sbfiz64,
                   l->extension->op == UOP_sbfiz64 ? X64_MOVSXD : X64_MOV_LOAD, RCX,
                   lower_in(l, false, l->extension->a, RCX));
        x64_lea(c, true, RAX, x64_indexed(base, RCX, l->extension->x, 0));
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

static struct x64_mem plus(struct x64_mem mem, unsigned bytes)
{
    mem.disp += (int32_t)bytes;
    return mem;
}

uint8_t *lower_probe_page(struct lower *l, enum x64_reg va, bool user, bool write, unsigned size)
{
    struct x64 *c = &l->code;
    unsigned tag =
        write ? offsetof(struct tlb_entry, tag_write) : offsetof(struct tlb_entry, tag_read);
    struct x64_mem entry = x64_indexed(R15, RCX, 0, 0);
    uint8_t *miss;

    _Static_assert(sizeof(struct tlb_entry) == 32 && offsetof(struct tlb_bank, entry) == 0,
                   "the index below");
    if (l->host->bmi2) {
        x64_rorx(c, false, RCX, va, PAGE_SHIFT - 5);
    } else {
        x64_mov(c, false, RCX, va);
        x64_shift_imm(c, false, SHIFT_SHR, RCX, PAGE_SHIFT - 5);
    }
    x64_alu_imm(c, false, ALU_AND, RCX, (TLB_ENTRIES - 1) * 32);
    if (user) {
        x64_alu_load(c, true, ALU_ADD, RCX, CPU_FIELD(mmu.user));
        entry = x64_at(RCX, 0);
    }
    if (va == RDX) {
        x64_alu_load(c, true, ALU_XOR, RDX, plus(entry, tag));
    } else {
        x64_load(c, true, RDX, plus(entry, tag));
        x64_alu(c, true, ALU_XOR, RDX, va);
    }
    x64_alu_imm(c, true, ALU_CMP, RDX, (int32_t)(PAGE_SIZE - size));
    miss = x64_jcc(c, CC_A);
    x64_load(c, true, RCX, plus(entry, offsetof(struct tlb_entry, addend)));
    return miss;
}

/* --- Latches: loads that find their bytes without looking the address up (mmu/tlb.h) ---
 *
 * The probe waits for the address twice: for the entry, and for what is then loaded. Where the
 * address comes out of another load (lists, trees, tables) that is the longest path through the
 * code. A latch is known before the address is, and takes two instructions less. Not for the stack:
 * its addresses are known early, and its pages are the same for most loads. */

#define LATCH_FIELD(number, field)                                                                 \
    x64_at(R15, (int32_t)(offsetof(struct tlb_bank, latch) + (number) * sizeof(struct tlb_latch) + \
                          offsetof(struct tlb_latch, field)))

bool lower_deserves_latch(const struct lower *l, unsigned slot, bool indexed, unsigned size)
{
    return l->latches && l->node->repeats && size <= TLB_LATCH_WIDE && (indexed || slot != SLOT_SP);
}

static unsigned next_latch(struct lower *l, unsigned size)
{
    unsigned number = (*l->sites)++;

    return size <= TLB_LATCH_NARROW ? number % TLB_LATCHES_WIDE
                                    : TLB_LATCHES_WIDE + number % (TLB_LATCHES - TLB_LATCHES_WIDE);
}

void lower_probe_latch(struct lower *l, enum x64_reg va, unsigned size, struct stub *stub,
                       struct stub *miss)
{
    struct x64 *c = &l->code;
    unsigned latch = next_latch(l, size);

    x64_mov(c, true, RDX, va);
    x64_alu_load(c, true, ALU_SUB, RDX, LATCH_FIELD(latch, base));
    x64_alu_load(c, true, ALU_CMP, RDX, LATCH_FIELD(latch, size));
    stub->from = x64_jcc(c, CC_AE);
    x64_load(c, true, RCX, LATCH_FIELD(latch, addend));
    stub->back = c->at;
    stub->miss = miss;
    stub->va = va;
    stub->latch = (uint16_t)latch;
    stub->bytes = (uint16_t)size;
}

void lower_latch_stub(struct lower *l, const struct stub *stub)
{
    struct x64 *c = &l->code;

    stub->miss->from = lower_probe_page(l, stub->va, false, false, stub->bytes);
    x64_alu_mem_imm(c, false, ALU_SUB, LATCH_FIELD(stub->latch, wait), 1);
    x64_jcc_to(c, CC_NE, stub->back);
    if (stub->va != RAX)
        x64_mov(c, true, RAX, stub->va);
    x64_lea(c, true, RDX, LATCH_FIELD(stub->latch, base));
    x64_call_to(c, l->thunks->latch - l->to_rx);
    x64_jmp_to(c, stub->back);
}

struct lower_probe lower_probe(struct lower *l, enum x64_reg va, bool user, bool write,
                               unsigned size)
{
    struct stub *stub = lower_stub(l, STUB_HANDLER, NULL);

    stub->from = lower_probe_page(l, va, user, write, size);
    return (struct lower_probe){stub, x64_indexed(RCX, va, 0, 0)};
}

struct lower_probe lower_probe_access(struct lower *l, const struct uop *uop, bool indexed,
                                      bool write, unsigned size)
{
    struct lower_probe probed = {.stub = NULL};

    if (l->group.members) { /* the first member has probed for all: lower_group.c */
        probed.mem = lower_group_access(l, uop);
        return probed;
    }
    if (!write && lower_deserves_latch(l, uop->a, indexed, size)) {
        enum x64_reg va = address(l, uop, indexed);
        struct stub *latch = lower_stub(l, STUB_LATCH, NULL);

        probed.stub = lower_stub(l, STUB_HANDLER, NULL);
        probed.mem = x64_indexed(RCX, va, 0, 0);
        lower_probe_latch(l, va, size, latch, probed.stub);
    } else {
        probed = lower_probe(l, address(l, uop, indexed), false, write, size);
    }
    if (l->extension)
        probed.stub->uop = l->extension;
    return probed;
}

void lower_accessed(struct lower *l, struct lower_probe p)
{
    if (p.stub)
        p.stub->back = l->code.at;
}

/* --- General registers --- */

/* `opcode`: of the x86 load: mov, movzx, movsx. */
static void load_behind(struct lower *l, const struct uop *uop, struct lower_probe p,
                        unsigned opcode, bool wide)
{
    enum x64_reg to = lower_out(l, uop->d, RDX);

    x64_op_mem(&l->code, wide, opcode, to, p.mem);
    lower_done(l, uop->d, to);
    lower_accessed(l, p);
}

static void load(struct lower *l, const struct uop *uop, bool indexed, unsigned size,
                 unsigned opcode, bool wide)
{
    load_behind(l, uop, lower_probe_access(l, uop, indexed, false, size), opcode, wide);
}

/* LDTR */
static void load_user(struct lower *l, const struct uop *uop, unsigned size, unsigned opcode)
{
    load_behind(l, uop, lower_probe(l, address(l, uop, false), true, false, size), opcode,
                size == 8);
}

static void store_slot(struct lower *l, unsigned slot, struct x64_mem mem, unsigned size)
{
    x64_store_sized(&l->code, size, mem, lower_in(l, true, slot, RDX));
}

static void store(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    struct lower_probe p;

    lower_bring_home(l, uop->d);
    p = lower_probe_access(l, uop, indexed, true, size);
    store_slot(l, uop->d, p.mem, size);
    lower_accessed(l, p);
}

/* STTR */
static void store_user(struct lower *l, const struct uop *uop, unsigned size)
{
    struct lower_probe p;

    lower_bring_home(l, uop->d);
    p = lower_probe(l, address(l, uop, false), true, true, size);
    store_slot(l, uop->d, p.mem, size);
    lower_accessed(l, p);
}

/* DC ZVA */
static void zero(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;
    struct lower_probe p;

    lower_copy(l, true, uop->a, RAX);
    x64_alu_imm(c, true, ALU_AND, RAX, -DC_ZVA_BYTES);
    p = lower_probe(l, RAX, false, true, DC_ZVA_BYTES);
    x64_op_reg(c, false, X64_XORPS, 0, 0);
    for (unsigned at = 0; at < DC_ZVA_BYTES; at += 16)
        x64_op_mem(c, false, X64_MOVUPS_STORE, 0, plus(p.mem, at));
    lower_accessed(l, p);
}

/* Both halves are on the page: one probe for twice the size. d is not the base, y may be. */
static void load_pair(struct lower *l, const struct uop *uop, unsigned size, unsigned opcode,
                      bool wide)
{
    struct lower_probe p = lower_probe_access(l, uop, false, false, 2 * size);
    enum x64_reg to = lower_out(l, uop->d, RDX);

    x64_op_mem(&l->code, wide, opcode, to, p.mem);
    lower_done(l, uop->d, to);
    to = lower_out(l, uop->y, RDX);
    x64_op_mem(&l->code, wide, opcode, to, plus(p.mem, size));
    lower_done(l, uop->y, to);
    lower_accessed(l, p);
}

static void store_pair(struct lower *l, const struct uop *uop, unsigned size)
{
    struct lower_probe p;

    lower_bring_home(l, uop->d);
    lower_bring_home(l, uop->y);
    p = lower_probe_access(l, uop, false, true, 2 * size);
    store_slot(l, uop->d, p.mem, size);
    store_slot(l, uop->y, plus(p.mem, size), size);
    lower_accessed(l, p);
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

void lower_bring_vector(struct lower *l, unsigned v)
{
    if (l->region->vhome[v] != HOME_NONE)
        (void)lower_vin(l, v, 0);
}

static void load_vector(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    struct lower_probe p = lower_probe_access(l, uop, indexed, false, size);

    load_part(l, uop->d, p.mem, size);
    lower_accessed(l, p);
}

static void store_vector(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    struct lower_probe p;

    lower_bring_vector(l, uop->d);
    p = lower_probe_access(l, uop, indexed, true, size);
    store_part(l, uop->d, p.mem, size);
    lower_accessed(l, p);
}

static void vector_pair(struct lower *l, const struct uop *uop, bool write, unsigned size)
{
    struct lower_probe p;

    if (write) {
        lower_bring_vector(l, uop->d);
        lower_bring_vector(l, uop->y);
    }
    p = lower_probe_access(l, uop, false, write, 2 * size);
    if (write) {
        store_part(l, uop->d, p.mem, size);
        store_part(l, uop->y, plus(p.mem, size), size);
    } else {
        load_part(l, uop->d, p.mem, size);
        load_part(l, uop->y, plus(p.mem, size), size);
    }
    lower_accessed(l, p);
}

/* --- Alignment --- */

static void check_aligned(struct lower *l, enum x64_reg reg, unsigned bytes)
{
    struct stub *stub;

    x64_test_imm(&l->code, false, reg, bytes - 1);
    stub = lower_stub(l, STUB_HANDLER, x64_jcc(&l->code, CC_NE));
    stub->back = l->code.at;
}

/* --- Tag Checks --- */

/* RCX = where the bank says that the tags of the page of va are. */
static void tags_of_page(struct lower *l, enum x64_reg va)
{
    struct x64 *c = &l->code;

    x64_mov(c, false, RCX, va);
    x64_shift_imm(c, false, SHIFT_SHR, RCX, PAGE_SHIFT);
    x64_alu_imm(c, false, ALU_AND, RCX, TLB_ENTRIES - 1);
    x64_load(c, true, RCX, x64_indexed(R15, RCX, 3, (int32_t)offsetof(struct tlb_bank, tags)));
}

/* Bytes of one granule, on a page that the bank has: with the right tag, or without any. All else
 * the handler looks at. False: it has to in any case. */
static bool check_tag(struct lower *l, const struct uop *uop, bool indexed)
{
    struct x64 *c = &l->code;
    uint8_t *crosses, *miss, *untagged, *right;
    bool user = !indexed && uop->x;
    struct stub *stub;
    enum x64_reg va;

    if (user || uop->y > TAG_GRANULE)
        return false;
    va = address(l, uop, indexed);
    x64_mov(c, false, RDX, va);
    x64_alu_imm(c, false, ALU_AND, RDX, TAG_GRANULE - 1);
    x64_alu_imm(c, false, ALU_CMP, RDX, TAG_GRANULE - uop->y);
    crosses = x64_jcc(c, CC_A);
    miss = lower_probe_page(l, va, false, uop->d, uop->y);
    tags_of_page(l, va);
    x64_alu_imm(c, true, ALU_CMP, RCX, 0);
    untagged = x64_jcc(c, CC_E);
    x64_mov(c, false, RDX, va);
    x64_alu_imm(c, false, ALU_AND, RDX, PAGE_SIZE - 1);
    x64_shift_imm(c, false, SHIFT_SHR, RDX, 4);
    x64_op_mem(c, false, X64_MOVZX8, RCX, x64_indexed(RCX, RDX, 0, 0));
    x64_mov(c, true, RDX, va);
    x64_shift_imm(c, true, SHIFT_SHR, RDX, 56);
    x64_alu_imm(c, false, ALU_AND, RDX, 15);
    x64_alu(c, false, ALU_CMP, RCX, RDX);
    right = x64_jcc(c, CC_E);
    x64_land(c, crosses);
    x64_land(c, miss);
    stub = lower_stub(l, STUB_HANDLER, x64_jmp(c));
    x64_land(c, untagged);
    x64_land(c, right);
    stub->back = c->at;
    return true;
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

static bool lower_special(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_ldu8:
        load_user(l, uop, 1, X64_MOVZX8);
        return true;
    case UOP_ldu16:
        load_user(l, uop, 2, X64_MOVZX16);
        return true;
    case UOP_ldu32:
        load_user(l, uop, 4, X64_MOV_LOAD);
        return true;
    case UOP_ldu64:
        load_user(l, uop, 8, X64_MOV_LOAD);
        return true;
    case UOP_stu8:
    case UOP_stu16:
    case UOP_stu32:
    case UOP_stu64:
        store_user(l, uop, 1u << (uop->op - UOP_stu8));
        return true;
    case UOP_dczva:
        zero(l, uop);
        return true;
    default:
        return false;
    }
}

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
    case UOP_tagcheck:
        return check_tag(l, uop, false);
    case UOP_tagcheckx:
        return check_tag(l, uop, true);
    default:
        return lower_pairs(l, uop) || lower_special(l, uop);
    }
}

/* --- Indexes extended from a word: the extension and the access as one --- */

const struct uop *lower_extended(struct lower *l)
{
    const struct uop *extend = l->uop, *access = l->uop + 1;

    if ((extend->op != UOP_ubfiz && extend->op != UOP_sbfiz64) || extend->d != SLOT_T0 ||
        extend->y != 32 || extend->x > 3 || !uop_has(access->op, 'M') ||
        !strchr(uop_info[access->op].operands, 'b') || access->b != SLOT_T0 || access->x)
        return NULL;
    if (access->op == UOP_alignx || access->op == UOP_tagcheckx)
        return NULL;
    l->extension = extend;
    l->uop = access;
    l->flags.host = HOST_NONE;
    lower_overwritten(l, SLOT_T0); /* on the slow path it is */
    (void)lower_memory(l, access);
    l->extension = NULL;
    return access;
}
