/* The lowerings of integer arithmetic, logic, branches, loads and stores; every other micro-op
 * calls its handler.
 *
 * Inside a block RDI is the struct cpu; it is also on the stack, for after calls. RAX, RCX and RDX
 * are free between micro-ops. Guest registers stay in struct cpu. */
#include "cpu/jit/lower.h"

#include <stddef.h>

#include "cpu/engine.h"

/* --- Calls of handlers --- */

static void jump_absolute(struct lower *l, const void *target)
{
    x64_mov_imm(&l->code, RAX, (uintptr_t)target);
    x64_op_reg(&l->code, false, 0xff, 4, RAX);
}

static void leave_frame(struct lower *l)
{
    x64_op_reg(&l->code, true, 0x83, 0, RSP); /* add rsp, 8 */
    x64_u8(&l->code, 8);
}

/* The end of a call pair: back to the compiled code, which sees that it is not NULL. */
static const struct uop *resume(struct cpu *cpu, const struct uop *uop)
{
    (void)cpu;
    return uop;
}

/* Runs one micro-op's handler; leaves the block when it returns NULL. */
static void call_handler(struct lower *l, const struct uop *uop)
{
    struct call_pair *pair;
    uint8_t *ok;

    l->pairs++;
    pair = l->pairs_rw - l->pairs;
    pair->uop[0] = *uop;
    pair->uop[0].fn = uop_info[uop->op].fn;
    pair->uop[1] = (struct uop){.fn = resume};
    x64_mov_imm(&l->code, RSI, (uintptr_t)(l->pairs_rx - l->pairs));
    x64_mov_imm(&l->code, RAX, (uintptr_t)uop_info[uop->op].fn);
    x64_op_reg(&l->code, false, 0xff, 2, RAX); /* call rax */
    x64_op_reg(&l->code, true, 0x85, RAX, RAX);
    ok = x64_jcc(&l->code, CC_NE);
    leave_frame(l);
    x64_u8(&l->code, 0xc3);
    x64_land(&l->code, ok);
    x64_bytes(&l->code, "\x48\x8b\x3c\x24", 4); /* mov rdi, [rsp] */
}

/* The last micro-op, by its handler: a tail call. */
static void end_by_handler(struct lower *l, const struct uop *uop)
{
    leave_frame(l);
    x64_mov_imm(&l->code, RSI, (uintptr_t)uop);
    jump_absolute(l, uop_info[uop->op].fn);
}

/* --- Arithmetic and logic --- */

enum form { FORM_REGISTER, FORM_IMMEDIATE, FORM_SHIFTED };

static void arith(struct lower *l, const struct uop *uop, enum x64_alu alu, bool wide,
                  enum form form, bool invert, bool flags)
{
    if (form == FORM_IMMEDIATE) {
        x64_mov_imm(&l->code, RCX, wide ? uop->imm : (uint32_t)uop->imm);
    } else {
        load_x(l, wide, RCX, uop->b);
        if (form == FORM_SHIFTED && uop->x)
            x64_shift_imm(&l->code, wide, SHIFT_SHL, RCX, uop->x);
    }
    if (invert)
        x64_not(&l->code, wide, RCX);
    load_x(l, wide, RAX, uop->a);
    x64_op_reg(&l->code, wide, alu, RAX, RCX);
    if (flags)
        lower_set_flags(l, alu);
    store_x(l, uop->d, RAX);
}

/* --- Loads and stores --- */

/* RAX = the address; RDX = the bank's entry for it; the jump to the slow path when the probe
 * misses. */
static uint8_t *probe(struct lower *l, const struct uop *uop, bool indexed, bool write,
                      unsigned size)
{
    struct x64 *c = &l->code;

    load_x(l, true, RAX, uop->a);
    if (indexed) {
        load_x(l, true, RCX, uop->b);
        if (uop->x)
            x64_shift_imm(c, true, SHIFT_SHL, RCX, uop->x);
        x64_op_reg(c, true, ALU_ADD, RAX, RCX);
    } else if (uop->imm) {
        x64_mov_imm(c, RCX, uop->imm);
        x64_op_reg(c, true, ALU_ADD, RAX, RCX);
    }
    x64_op_reg(c, false, 0x8b, RDX, RAX);
    x64_shift_imm(c, false, SHIFT_SHR, RDX, PAGE_SHIFT);
    x64_op_reg(c, false, 0x0fb6, RDX, RDX);     /* movzx edx, dl: TLB_ENTRIES is 256 */
    x64_shift_imm(c, false, SHIFT_SHL, RDX, 5); /* of 32 bytes */
    x64_op_mem(c, true, ALU_ADD, RDX, RDI, offsetof(struct cpu, mmu.bank));
    x64_load(c, true, RCX, RDX,
             write ? offsetof(struct tlb_entry, tag_write) : offsetof(struct tlb_entry, tag_read));
    x64_op_reg(c, true, ALU_XOR, RCX, RAX);
    x64_op_reg(c, true, 0x81, 7, RCX); /* cmp rcx, imm32 */
    x64_u32(c, (uint32_t)(PAGE_SIZE - size));
    return x64_jcc(c, CC_A);
}

/* The rest of a probe: RAX becomes the host address. */
static void to_host(struct lower *l)
{
    x64_op_mem(&l->code, true, ALU_ADD, RAX, RDX, offsetof(struct tlb_entry, addend));
}

/* At the end of the access: what the probe's miss does instead, out of line. */
static void slow_path(struct lower *l, uint8_t *from, const struct uop *uop)
{
    l->slow[l->slows].from = from;
    l->slow[l->slows].back = l->code.at;
    l->slow[l->slows].uop = uop;
    l->slows++;
}

/* `opcode`: of the x86 load: mov, movzx, movsx. */
static void load(struct lower *l, const struct uop *uop, bool indexed, unsigned size,
                 unsigned opcode, bool wide)
{
    uint8_t *miss = probe(l, uop, indexed, false, size);

    to_host(l);
    x64_op_mem(&l->code, wide, opcode, RAX, RAX, 0);
    store_x(l, uop->d, RAX);
    slow_path(l, miss, uop);
}

static void store_sized(struct lower *l, enum x64_reg base, int32_t disp, enum x64_reg reg,
                        unsigned size)
{
    if (size == 2)
        x64_u8(&l->code, 0x66);
    x64_op_mem(&l->code, size == 8, size == 1 ? 0x88 : 0x89, reg, base, disp);
}

static void store(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    uint8_t *miss = probe(l, uop, indexed, true, size);

    to_host(l);
    load_x(l, true, RCX, uop->d);
    store_sized(l, RAX, 0, RCX, size);
    slow_path(l, miss, uop);
}

/* Both halves are on the page: one probe for twice the size. */
static void load_pair(struct lower *l, const struct uop *uop, unsigned size, unsigned opcode,
                      bool wide)
{
    uint8_t *miss = probe(l, uop, false, false, 2 * size);

    to_host(l);
    x64_op_mem(&l->code, wide, opcode, RCX, RAX, 0);
    x64_op_mem(&l->code, wide, opcode, RDX, RAX, (int32_t)size);
    store_x(l, uop->d, RCX);
    store_x(l, uop->y, RDX);
    slow_path(l, miss, uop);
}

static void store_pair(struct lower *l, const struct uop *uop, unsigned size)
{
    uint8_t *miss = probe(l, uop, false, true, 2 * size);

    to_host(l);
    load_x(l, true, RCX, uop->d);
    load_x(l, true, RDX, uop->y);
    store_sized(l, RAX, 0, RCX, size);
    store_sized(l, RAX, (int32_t)size, RDX, size);
    slow_path(l, miss, uop);
}

/* --- Vector registers: through RCX, or XMM0 for a whole one --- */

#define VD_OFFSET(number, half) ((int32_t)(offsetof(struct cpu, v) + 16u * (number) + 8u * (half)))

enum { MOVUPS_LOAD = 0x0f10, MOVUPS_STORE = 0x0f11 };

/* The rest of the register is zeroed. */
static void set_vector(struct lower *l, unsigned v, enum x64_reg reg)
{
    x64_store(&l->code, true, RDI, VD_OFFSET(v, 0), reg);
    x64_op_mem(&l->code, true, 0xc7, 0, RDI, VD_OFFSET(v, 1)); /* mov qword [v], 0 */
    x64_u32(&l->code, 0);
}

static void load_vector(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    static const uint16_t opcode[] = {[1] = 0x0fb6, [2] = 0x0fb7, [4] = 0x8b, [8] = 0x8b};
    uint8_t *miss = probe(l, uop, indexed, false, size);

    to_host(l);
    if (size == 16) {
        x64_op_mem(&l->code, false, MOVUPS_LOAD, 0, RAX, 0);
        x64_op_mem(&l->code, false, MOVUPS_STORE, 0, RDI, VD_OFFSET(uop->d, 0));
    } else {
        x64_op_mem(&l->code, size == 8, opcode[size], RCX, RAX, 0);
        set_vector(l, uop->d, RCX);
    }
    slow_path(l, miss, uop);
}

static void store_vector(struct lower *l, const struct uop *uop, bool indexed, unsigned size)
{
    uint8_t *miss = probe(l, uop, indexed, true, size);

    to_host(l);
    if (size == 16) {
        x64_op_mem(&l->code, false, MOVUPS_LOAD, 0, RDI, VD_OFFSET(uop->d, 0));
        x64_op_mem(&l->code, false, MOVUPS_STORE, 0, RAX, 0);
    } else {
        x64_load(&l->code, true, RCX, RDI, VD_OFFSET(uop->d, 0));
        store_sized(l, RAX, 0, RCX, size);
    }
    slow_path(l, miss, uop);
}

static void vector_pair(struct lower *l, const struct uop *uop, bool write, unsigned size)
{
    struct x64 *c = &l->code;
    const unsigned v[2] = {uop->d, uop->y};
    uint8_t *miss = probe(l, uop, false, write, 2 * size);

    to_host(l);
    for (unsigned i = 0; i < 2; i++) {
        int32_t at = (int32_t)(i * size);

        if (size == 16) {
            x64_op_mem(c, false, MOVUPS_LOAD, 0, write ? RDI : RAX,
                       write ? VD_OFFSET(v[i], 0) : at);
            x64_op_mem(c, false, MOVUPS_STORE, 0, write ? RAX : RDI,
                       write ? at : VD_OFFSET(v[i], 0));
        } else if (write) {
            x64_load(c, true, RCX, RDI, VD_OFFSET(v[i], 0));
            store_sized(l, RAX, at, RCX, size);
        } else {
            x64_load(c, true, RCX, RAX, at);
            set_vector(l, v[i], RCX);
        }
    }
    slow_path(l, miss, uop);
}

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

static bool lower_vector_memory(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
        VECTOR_CASES(8)
        VECTOR_CASES(16)
        VECTOR_CASES(32)
        VECTOR_CASES(64)
        VECTOR_CASES(128)
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

/* --- Ends of blocks --- */

/* Nothing is pending, and RCX is a live block: enters it. The jumps are those taken otherwise. */
struct not_entered {
    uint8_t *dead, *pending;
};

static struct not_entered check_block(struct lower *l)
{
    struct not_entered otherwise;

    x64_test_byte(&l->code, RCX, offsetof(struct block, live));
    otherwise.dead = x64_jcc(&l->code, CC_E);
    x64_op_mem(&l->code, false, 0x83, 7, RDI, offsetof(struct cpu, pending)); /* cmp dword, 0 */
    x64_u8(&l->code, 0);
    otherwise.pending = x64_jcc(&l->code, CC_NE);
    return otherwise;
}

static void enter_block(struct lower *l)
{
    struct x64 *c = &l->code;

    x64_store(c, true, RDI, offsetof(struct cpu, block), RCX);
    x64_op_mem(c, false, 0x0fb7, RAX, RCX, offsetof(struct block, insns));
    x64_op_mem(c, true, 0x01, RAX, RDI, offsetof(struct cpu, instructions));
    x64_op_mem(c, true, 0x8d, RSI, RCX, offsetof(struct block, uop)); /* lea */
    leave_frame(l);
    x64_op_mem(c, false, 0xff, 4, RSI, offsetof(struct uop, fn)); /* jmp [rsi] */
}

/* By the jump cache, as op_br; inline, so that the host predicts each of the guest's branches by
 * itself. */
static void branch_register(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;
    struct not_entered otherwise;
    uint8_t *other_pc, *other_context;

    _Static_assert(sizeof(struct jump) == 24 && JUMP_CACHE_SLOTS == 4096, "block_jump_slot()");
    load_x(l, true, RAX, uop->a);
    x64_store(c, true, RDI, offsetof(struct cpu, pc), RAX);
    x64_op_reg(c, true, 0x8b, RCX, RAX);
    x64_op_reg(c, true, 0x8b, RDX, RAX);
    x64_shift_imm(c, true, SHIFT_SHR, RCX, 2);
    x64_shift_imm(c, true, SHIFT_SHR, RDX, 14);
    x64_op_reg(c, false, ALU_XOR, RCX, RDX);
    x64_op_reg(c, false, 0x81, 4, RCX); /* and ecx, imm32 */
    x64_u32(c, JUMP_CACHE_SLOTS - 1);
    x64_op_reg(c, false, 0x6b, RCX, RCX); /* imul ecx, ecx, imm8 */
    x64_u8(c, sizeof(struct jump));
    x64_op_mem(c, true, ALU_ADD, RCX, RDI, offsetof(struct cpu, jumps));
    x64_op_mem(c, true, ALU_CMP, RAX, RCX, offsetof(struct jump, pc));
    other_pc = x64_jcc(c, CC_NE);
    x64_load(c, true, RDX, RCX, offsetof(struct jump, context));
    x64_op_mem(c, true, ALU_CMP, RDX, RDI, offsetof(struct cpu, context));
    other_context = x64_jcc(c, CC_NE);
    x64_load(c, true, RCX, RCX, offsetof(struct jump, block));
    otherwise = check_block(l);
    enter_block(l);
    x64_land(c, other_pc);
    x64_land(c, other_context);
    x64_land(c, otherwise.dead);
    x64_land(c, otherwise.pending);
    leave_frame(l);
    jump_absolute(l, interp_find);
}

/* Follows a link inline when it is filled, right in this context, and nothing is pending. */
static void follow_link(struct lower *l, struct link *link)
{
    struct x64 *c = &l->code;
    struct not_entered otherwise;
    uint8_t *elsewhere = NULL;

    x64_mov_imm(c, RSI, (uintptr_t)link);
    x64_load(c, true, RCX, RSI, offsetof(struct link, to));
    if (!link->same_page) {
        x64_load(c, true, RDX, RSI, offsetof(struct link, context));
        x64_op_mem(c, true, ALU_CMP, RDX, RDI, offsetof(struct cpu, context));
        elsewhere = x64_jcc(c, CC_NE);
    }
    otherwise = check_block(l);
    x64_op_mem(c, true, 0x81, 0, RDI, offsetof(struct cpu, pc)); /* add qword [pc], imm32 */
    x64_u32(c, (uint32_t)link->offset);
    enter_block(l);
    if (elsewhere)
        x64_land(c, elsewhere);
    x64_land(c, otherwise.dead);
    x64_land(c, otherwise.pending);
    leave_frame(l);
    jump_absolute(l, interp_follow);
}

static void follow_either(struct lower *l, enum x64_cond taken)
{
    uint8_t *to_taken = x64_jcc(&l->code, taken);

    follow_link(l, &l->block->link[1]);
    x64_land(&l->code, to_taken);
    follow_link(l, &l->block->link[0]);
}

/* The condition that the flags of a host subtraction tell as the guest's does; condition 14 and 15:
 * none. */
static enum x64_cond host_condition(unsigned condition)
{
    static const uint8_t host[14] = {CC_E,  CC_NE, CC_AE, CC_B,  CC_S, CC_NS, CC_O,
                                     CC_NO, CC_A,  CC_BE, CC_GE, CC_L, CC_G,  CC_LE};

    return host[condition];
}

/* Nothing between the subtraction and the jump touches the host's flags. */
static void subtract_and_branch(struct lower *l, const struct uop *uop, bool wide, bool immediate)
{
    struct uop subtract = *uop;

    subtract.imm = uop->b | (unsigned)uop->y << 8;
    arith(l, &subtract, ALU_SUB, wide, immediate ? FORM_IMMEDIATE : FORM_REGISTER, false, true);
    if (uop->x >= 14)
        follow_link(l, &l->block->link[0]);
    else
        follow_either(l, host_condition(uop->x));
}

static void compare_zero(struct lower *l, const struct uop *uop, bool wide, bool branch_if_zero)
{
    x64_op_mem(&l->code, wide, 0x83, 7, RDI, X_OFFSET(uop->a)); /* cmp [x], 0 */
    x64_u8(&l->code, 0);
    follow_either(l, branch_if_zero ? CC_E : CC_NE);
}

static void test_bit(struct lower *l, const struct uop *uop, bool branch_if_set)
{
    load_x(l, true, RAX, uop->a);
    x64_op_reg(&l->code, true, 0x0fba, 4, RAX); /* bt rax, imm8: CF is the bit */
    x64_u8(&l->code, uop->x);
    follow_either(l, branch_if_set ? CC_B : CC_AE);
}

/* --- The table of lowerings --- */

#define ARITH_CASES(name, alu, invert, flags)                                                      \
    case UOP_##name##64:                                                                           \
        arith(l, uop, alu, true, FORM_REGISTER, invert, flags);                                    \
        return true;                                                                               \
    case UOP_##name##32:                                                                           \
        arith(l, uop, alu, false, FORM_REGISTER, invert, flags);                                   \
        return true;                                                                               \
    case UOP_##name##64i:                                                                          \
        arith(l, uop, alu, true, FORM_IMMEDIATE, invert, flags);                                   \
        return true;                                                                               \
    case UOP_##name##32i:                                                                          \
        arith(l, uop, alu, false, FORM_IMMEDIATE, invert, flags);                                  \
        return true;                                                                               \
    case UOP_##name##64l:                                                                          \
        arith(l, uop, alu, true, FORM_SHIFTED, invert, flags);                                     \
        return true;                                                                               \
    case UOP_##name##32l:                                                                          \
        arith(l, uop, alu, false, FORM_SHIFTED, invert, flags);                                    \
        return true;

static bool lower_arith(struct lower *l, const struct uop *uop)
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
    case UOP_movi:
        x64_mov_imm(&l->code, RAX, uop->imm);
        break;
    case UOP_mov64:
        load_x(l, true, RAX, uop->a);
        break;
    case UOP_mov32:
        load_x(l, false, RAX, uop->a);
        break;
    case UOP_pcadd:
    case UOP_pcpage:
        x64_load(&l->code, true, RAX, RDI, offsetof(struct cpu, pc));
        if (uop->op == UOP_pcpage) {
            x64_op_reg(&l->code, true, 0x81, 4, RAX); /* and rax, imm32 */
            x64_u32(&l->code, (uint32_t) ~(PAGE_SIZE - 1));
        }
        x64_mov_imm(&l->code, RCX, uop->imm);
        x64_op_reg(&l->code, true, ALU_ADD, RAX, RCX);
        break;
    default:
        return false;
    }
    store_x(l, uop->d, RAX);
    return true;
}

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

static void check_sp(struct lower *l, const struct uop *uop)
{
    x64_op_mem(&l->code, false, 0xf6, 0, RDI, X_OFFSET(SLOT_SP)); /* test byte [sp], 15 */
    x64_u8(&l->code, 15);
    slow_path(l, x64_jcc(&l->code, CC_NE), uop);
}

static bool lower_memory(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_spcheck:
        check_sp(l, uop);
        return true;
        LOAD_CASES(ld8, 1, 0x0fb6, false)
        LOAD_CASES(ld16, 2, 0x0fb7, false)
        LOAD_CASES(ld32, 4, 0x8b, false)
        LOAD_CASES(ld64, 8, 0x8b, true)
        LOAD_CASES(ld8s64, 1, 0x0fbe, true)
        LOAD_CASES(ld16s64, 2, 0x0fbf, true)
        LOAD_CASES(ld32s64, 4, 0x63, true)
        LOAD_CASES(ld8s32, 1, 0x0fbe, false)
        LOAD_CASES(ld16s32, 2, 0x0fbf, false)
        STORE_CASES(st8, 1)
        STORE_CASES(st16, 2)
        STORE_CASES(st32, 4)
        STORE_CASES(st64, 8)
    case UOP_ldp64:
        load_pair(l, uop, 8, 0x8b, true);
        return true;
    case UOP_ldp32:
        load_pair(l, uop, 4, 0x8b, false);
        return true;
    case UOP_ldpsw:
        load_pair(l, uop, 4, 0x63, true);
        return true;
    case UOP_stp64:
        store_pair(l, uop, 8);
        return true;
    case UOP_stp32:
        store_pair(l, uop, 4);
        return true;
    default:
        return false;
    }
}

static bool lower_end(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_jump:
        follow_link(l, &l->block->link[0]);
        return true;
    case UOP_bcond:
        if (uop->x >= 14)
            follow_link(l, &l->block->link[0]);
        else
            follow_either(l, lower_condition(l, uop->x));
        return true;
    case UOP_subsb64:
        subtract_and_branch(l, uop, true, false);
        return true;
    case UOP_subsb32:
        subtract_and_branch(l, uop, false, false);
        return true;
    case UOP_subsbi64:
        subtract_and_branch(l, uop, true, true);
        return true;
    case UOP_subsbi32:
        subtract_and_branch(l, uop, false, true);
        return true;
    case UOP_cbz64:
        compare_zero(l, uop, true, true);
        return true;
    case UOP_cbz32:
        compare_zero(l, uop, false, true);
        return true;
    case UOP_cbnz64:
        compare_zero(l, uop, true, false);
        return true;
    case UOP_cbnz32:
        compare_zero(l, uop, false, false);
        return true;
    case UOP_tbz:
        test_bit(l, uop, false);
        return true;
    case UOP_tbnz:
        test_bit(l, uop, true);
        return true;
    case UOP_br:
        if (l->cpu->engine == ENGINE_CHECK)
            return false; /* which leaves the engine after each block */
        branch_register(l, uop);
        return true;
    default:
        return false;
    }
}

static void lower_slow_paths(struct lower *l)
{
    for (unsigned i = 0; i < l->slows; i++) {
        x64_land(&l->code, l->slow[i].from);
        call_handler(l, l->slow[i].uop);
        x64_jmp_to(&l->code, l->slow[i].back);
    }
}

bool lower_block(struct lower *l)
{
    struct block *block = l->block;

    x64_u8(&l->code, 0x57); /* push rdi: keeps it, and aligns the stack for calls */
    for (unsigned i = 0; i < block->uops && !l->code.full; i++) {
        const struct uop *uop = &block->uop[i];

        if (lower_arith(l, uop) || lower_bits(l, uop) ||
            (l->slows < SLOW_MAX && (lower_memory(l, uop) || lower_vector_memory(l, uop))) ||
            lower_end(l, uop))
            continue;
        if (uop_has(uop->op, 'E'))
            end_by_handler(l, uop);
        else
            call_handler(l, uop);
    }
    lower_slow_paths(l);
    return !l->code.full;
}
