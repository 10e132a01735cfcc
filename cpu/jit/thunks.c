/* The code that regions share: see thunks.h. */
#include "cpu/jit/thunks.h"

#include "cpu/engine.h"
#include "cpu/exception.h"
#include "cpu/fp.h"
#include "cpu/group.h"
#include "cpu/jit/block_ops.h"
#include "cpu/jit/jit.h"
#include "cpu/mxcsr.h"
#include "cpu/stats.h"

#define STACK_BYTES  (64 * KIB) /* for frames of expected returns */
#define FRAME        32
#define SHADOW_SAVED 6 /* registers that `enter` pushes */

/* --- Call records: what stands in fields that nobody reads of the second micro-op --- */

#define RECORD_HANDLER (offsetof(struct call_record, uop[0].fn))
#define RECORD_HELPER  (offsetof(struct call_record, uop[0].imm))
#define RECORD_INSN    (offsetof(struct call_record, uop[0].insn))
#define RECORD_OFFSET  (offsetof(struct call_record, uop[1].op)) /* 32 bits: op, d, a */
#define RECORD_BLOCK   (offsetof(struct call_record, uop[1].imm))

/* The end of a chain of handlers: back to compiled code, which sees that it is not NULL. */
static const struct uop *resume(struct cpu *cpu, const struct uop *uop)
{
    (void)cpu;
    return uop;
}

void call_record_init(struct call_record *record, const struct uop *uop, struct block *block,
                      int32_t offset)
{
    record->uop[0] = *uop;
    record->uop[0].fn = uop_info[uop->op].fn;
    record->uop[1] = (struct uop){.fn = resume, .imm = (uintptr_t)block};
    memcpy((uint8_t *)record + RECORD_OFFSET, &offset, sizeof(offset));
}

/* --- What the thunks call. The result is where to go on --- */

/* To cpu->pc, by the link if it is not NULL. */
static const void *go_on(struct cpu *cpu, struct link *link)
{
    const struct thunks *thunks = jit_thunks(cpu);
    struct block *block = interp_locate(cpu, link);

    jit_count(cpu, link ? JIT_EXIT_LINK : JIT_EXIT_FIND);
    if (!block && cpu->exit == EXIT_EXCEPTION && cpu->engine != ENGINE_CHECK) {
        cpu->exit = EXIT_NONE;
        cpu_sync_flags(cpu);
        exception_take(cpu, VECTOR_SYNC);
        jit_count(cpu, JIT_EXIT_EXCEPTION);
        block = interp_locate(cpu, NULL);
    }
    if (block && block->entry != thunks->link)
        return block->entry;
    if (!atomic_load_explicit(&cpu->pending, memory_order_relaxed))
        jit_count(cpu, JIT_EXIT_COLD);
    return thunks->leave;
}

/* A micro-op has refused to go on. */
static const void *go_elsewhere(struct cpu *cpu)
{
    if (cpu->exit != EXIT_EXCEPTION || cpu->engine == ENGINE_CHECK)
        return jit_thunks(cpu)->leave;
    cpu->exit = EXIT_NONE;
    cpu_sync_flags(cpu);
    exception_take(cpu, VECTOR_SYNC);
    jit_count(cpu, JIT_EXIT_EXCEPTION);
    return jit_thunks(cpu)->find;
}

static void leaving(struct cpu *cpu)
{
    if (atomic_load_explicit(&cpu->pending, memory_order_relaxed))
        jit_count(cpu, JIT_EXIT_PENDING);
    cpu_sync_flags(cpu);
    mxcsr_leave(cpu);
    if (cpu->mode & MODE_FZ)
        block_update_mode(cpu); /* MODE_INEXACT */
}

static void count_call(struct cpu *cpu, const struct call_record *record)
{
    stats_count_call(cpu, &record->uop[0], (const struct block *)(uintptr_t)record->uop[1].imm);
}

static void sync_flags(struct cpu *cpu)
{
    cpu_sync_flags(cpu);
}

/* --- Writing them --- */

struct writer {
    struct x64 *c;
    ptrdiff_t to_rx;
    uint64_t *count; /* see thunks_write() */
};

static const uint8_t *here(const struct writer *w)
{
    return w->c->at + w->to_rx;
}

static void jump(struct writer *w, const uint8_t *to)
{
    x64_jmp_to(w->c, to - w->to_rx);
}

static void call_c(struct writer *w, uintptr_t function)
{
    x64_lea(w->c, true, RDI, x64_at(RBX, -CPU_BIAS));
    x64_mov_imm(w->c, RAX, function);
    x64_call_reg(w->c, RAX);
}

static void test_al(struct x64 *c)
{
    x64_op_reg(c, false, 0x84, RAX, RAX);
}

static void now_doing(struct writer *w, enum activity activity)
{
    x64_op_mem(w->c, false, 0xc6, 0, CPU_FIELD(mmu.activity)); /* mov byte [], imm8 */
    x64_u8(w->c, (unsigned)activity);
}

static void write_enter(struct writer *w, struct thunks *thunks)
{
    static const enum x64_reg saved[SHADOW_SAVED] = {RBP, RBX, R12, R13, R14, R15};
    struct x64 *c = w->c;

    thunks->enter = here(w);
    for (unsigned i = 0; i < SHADOW_SAVED; i++)
        x64_push(c, saved[i]);
    x64_lea(c, true, RSP, x64_at(RSP, -8)); /* a multiple of 16, as C wants it at a call */
    x64_lea(c, true, RBX, x64_at(RDI, CPU_BIAS));
    x64_store(c, true, CPU_FIELD(jit_sp), RSP);
    x64_lea(c, true, RSP, x64_at(RSP, -FRAME));
    x64_store_imm(c, true, x64_at(RSP, 16), 0);
    x64_lea(c, true, RAX, x64_at(RSP, -(int32_t)STACK_BYTES));
    x64_store(c, true, CPU_FIELD(jit_limit), RAX);
    now_doing(w, ACTIVITY_CODE);
    x64_load(c, true, RAX, CPU_FIELD(block));
    x64_load(c, true, R14, CPU_FIELD(instructions)); /* the interpreter has counted the block */
    x64_op_mem(c, false, X64_MOVZX16, RCX, x64_at(RAX, offsetof(struct block, insns)));
    x64_alu(c, true, ALU_SUB, R14, RCX);
    x64_load(c, true, R15, CPU_FIELD(mmu.bank));
    x64_op_mem(c, false, X64_MXCSR, 2, CPU_FIELD(mxcsr));
    x64_store_imm(c, false, CPU_FIELD(mxcsr_live), true);
    x64_mov_imm(c, RCX, 0); /* another vCPU may just have dropped the code: then it is `link` */
    x64_jmp_mem(c, x64_at(RAX, offsetof(struct block, entry)));

    thunks->leave = here(w);
    now_doing(w, ACTIVITY_INTERPRETER);
    call_c(w, (uintptr_t)leaving);
    x64_store(c, true, CPU_FIELD(instructions), R14);
    x64_load(c, true, RSP, CPU_FIELD(jit_sp));
    x64_lea(c, true, RSP, x64_at(RSP, 8));
    for (unsigned i = SHADOW_SAVED; i-- > 0;)
        x64_pop(c, saved[i]);
    x64_mov_imm(c, RAX, 0);
    x64_ret(c);
}

/* Goes where the C function says. */
static void go(struct writer *w, uintptr_t function)
{
    x64_store(w->c, true, CPU_FIELD(instructions), R14);
    call_c(w, function);
    x64_load(w->c, true, R14, CPU_FIELD(instructions));
    x64_load(w->c, true, R15, CPU_FIELD(mmu.bank));
    x64_jmp_reg(w->c, RAX);
}

/* RDX = the slot of the jump cache for the address in RAX; the jump to take when it has another.
 * Uses `scratch`. */
static uint8_t *point_at_jump(struct x64 *c, enum x64_reg scratch)
{
    _Static_assert(sizeof(struct jump) == 24, "block_jump_slot()");
    x64_mov(c, true, scratch, RAX);
    x64_mov(c, true, RDX, RAX);
    x64_shift_imm(c, true, SHIFT_SHR, scratch, 2);
    x64_shift_imm(c, true, SHIFT_SHR, RDX, 2 + JUMP_CACHE_BITS);
    x64_alu(c, false, ALU_XOR, scratch, RDX);
    x64_alu_imm(c, false, ALU_AND, scratch, JUMP_CACHE_SLOTS - 1);
    x64_lea(c, true, scratch, x64_indexed(scratch, scratch, 1, 0));
    x64_load(c, true, RDX, CPU_FIELD(jumps));
    x64_lea(c, true, RDX, x64_indexed(RDX, scratch, 3, 0));
    x64_alu_load(c, true, ALU_CMP, RAX, x64_at(RDX, offsetof(struct jump, pc)));
    return x64_jcc(c, CC_NE);
}

uint8_t *thunks_take_jump(struct x64 *c)
{
    uint8_t *other;

    x64_load(c, true, RAX, CPU_FIELD(context));
    x64_alu_load(c, true, ALU_CMP, RAX, x64_at(RDX, offsetof(struct jump, context)));
    other = x64_jcc(c, CC_NE);
    x64_load(c, true, RAX, x64_at(RDX, offsetof(struct jump, block)));
    x64_mov_imm(c, RCX, 0);
    return other;
}

void thunks_ask_jump_cache(struct x64 *c, uint8_t *otherwise[2], unsigned site)
{
    uint8_t *same = NULL;

    if (site < BRANCH_SITES) {
        x64_load(c, true, RDX, CPU_FIELD(branch_slot[site]));
        x64_alu_load(c, true, ALU_CMP, RAX, x64_at(RDX, offsetof(struct jump, pc)));
        same = x64_jcc(c, CC_E);
    }
    otherwise[0] = point_at_jump(c, RCX);
    if (same) {
        x64_store(c, true, CPU_FIELD(branch_slot[site]), RDX);
        x64_land(c, same);
    }
    otherwise[1] = thunks_take_jump(c);
}

static void write_links(struct writer *w, struct thunks *thunks)
{
    struct x64 *c = w->c;
    uint8_t *bottom, *branch, *landing, *otherwise[2];

    thunks->branch = here(w);
    x64_load(c, true, RAX, CPU_FIELD(pc));
    otherwise[0] = point_at_jump(c, RSI);
    x64_store(c, true, x64_at(RCX, 0), RDX);
    otherwise[1] = thunks_take_jump(c);
    x64_jmp_mem(c, x64_at(RAX, offsetof(struct block, entry)));
    x64_land(c, otherwise[0]);
    x64_land(c, otherwise[1]);
    x64_mov_imm(c, RCX, 0);
    branch = x64_jmp(c);

    thunks->miss_return = here(w);
    if (w->count) {
        x64_mov_imm(c, RCX, (uintptr_t)w->count);
        x64_op_mem(c, true, 0xff, 0, x64_at(RCX, 0)); /* inc */
    }
    x64_op_mem(c, true, 0x83, ALU_CMP, x64_at(RSP, 16));
    x64_u8(c, 0);
    bottom = x64_jcc(c, CC_E);
    x64_lea(c, true, RSP, x64_at(RSP, FRAME));
    x64_land(c, bottom);

    thunks->find = here(w);
    x64_load(c, true, R15, CPU_FIELD(mmu.bank)); /* an exception may have come before */
    x64_alu_mem_imm8(c, ALU_CMP, CPU_FIELD(btype), 0);
    landing = x64_jcc(c, CC_NE);
    x64_load(c, true, RAX, CPU_FIELD(pc));
    thunks_ask_jump_cache(c, otherwise, BRANCH_SITES);
    x64_jmp_mem(c, x64_at(RAX, offsetof(struct block, entry)));
    x64_land(c, landing);
    x64_land(c, otherwise[0]);
    x64_land(c, otherwise[1]);
    x64_mov_imm(c, RCX, 0);
    x64_land(c, branch);

    thunks->link = here(w);
    x64_mov(c, true, RSI, RCX);
    go(w, (uintptr_t)go_on);
}

/* The call that the record in RSI is for is counted, if any are. */
static void count_record(struct writer *w)
{
    struct x64 *c = w->c;

    if (!w->count)
        return;
    x64_push(c, RSI);
    x64_lea(c, true, RSP, x64_at(RSP, -8));
    call_c(w, (uintptr_t)count_call);
    x64_lea(c, true, RSP, x64_at(RSP, 8));
    x64_pop(c, RSI);
    now_doing(w, ACTIVITY_CALL);
}

/* Before C works for the micro-op of the record in RSI: cpu->pc is the address of its block. */
static void begin_record(struct writer *w)
{
    struct x64 *c = w->c;

    count_record(w);
    x64_store(c, true, CPU_FIELD(instructions), R14);
    x64_op_mem(c, true, X64_MOVSXD, RAX, x64_at(RSI, RECORD_OFFSET));
    x64_op_mem(c, true, 0x01, RAX, CPU_FIELD(pc));
    x64_load(c, true, RAX, x64_at(RSI, RECORD_BLOCK));
    x64_store(c, true, CPU_FIELD(block), RAX);
    x64_lea(c, true, RDI, x64_at(RBX, -CPU_BIAS));
}

/* After it: back to the address of the region. */
static void end_record(struct writer *w, enum x64_reg record, int32_t to_record)
{
    struct x64 *c = w->c;

    if (w->count)
        now_doing(w, ACTIVITY_CODE);
    x64_op_mem(c, true, X64_MOVSXD, RCX, x64_at(record, to_record + (int32_t)RECORD_OFFSET));
    x64_op_mem(c, true, 0x29, RCX, CPU_FIELD(pc));
    x64_load(c, true, R14, CPU_FIELD(instructions));
    x64_load(c, true, R15, CPU_FIELD(mmu.bank));
}

/* AL = what the helper says of the record in RSI, which is on top of the stack as well. */
static void call_helper(struct writer *w)
{
    struct x64 *c = w->c;
    uint8_t *exact;

    begin_record(w);
    x64_op_mem(c, false, X64_MOVZX8, RAX, x64_at(RSI, RECORD_INSN));
    x64_store_sized(c, 1, CPU_FIELD(insn), RAX);
    x64_alu_mem_imm(c, false, ALU_CMP, CPU_FIELD(lazy.kind), LAZY_NONE);
    exact = x64_jcc(c, CC_E);
    call_c(w, (uintptr_t)sync_flags);
    x64_load(c, true, RSI, x64_at(RSP, 0));
    x64_land(c, exact);
    x64_lea(c, true, RDI, x64_at(RBX, -CPU_BIAS));
    x64_call_mem(c, x64_at(RSI, RECORD_HELPER));
}

static void write_calls(struct writer *w, struct thunks *thunks)
{
    struct x64 *c = w->c;
    uint8_t *refused, *refused_too, *refused_at_end;

    thunks->handler = here(w);
    x64_lea(c, true, RSP, x64_at(RSP, -8));
    begin_record(w);
    x64_call_mem(c, x64_at(RSI, RECORD_HANDLER));
    x64_test(c, true, RAX, RAX);
    refused = x64_jcc(c, CC_E);
    end_record(w, RAX, -(int32_t)sizeof(struct uop));
    x64_lea(c, true, RSP, x64_at(RSP, 8));
    x64_ret(c);

    thunks->helper = here(w);
    x64_push(c, RSI);
    call_helper(w);
    test_al(c);
    refused_too = x64_jcc(c, CC_E);
    x64_pop(c, RSI);
    end_record(w, RSI, 0);
    x64_ret(c);

    x64_land(c, refused);
    x64_land(c, refused_too);
    x64_lea(c, true, RSP, x64_at(RSP, 16));
    refused_at_end = c->at;
    if (w->count)
        now_doing(w, ACTIVITY_CODE);
    x64_load(c, true, R14, CPU_FIELD(instructions)); /* less those that were not executed */
    go(w, (uintptr_t)go_elsewhere);

    thunks->helper_end = here(w);
    x64_lea(c, true, RSP, x64_at(RSP, -16));
    x64_store(c, true, x64_at(RSP, 0), RSI);
    call_helper(w);
    x64_load(c, true, R14, CPU_FIELD(instructions));
    x64_lea(c, true, RSP, x64_at(RSP, 16));
    test_al(c);
    x64_jcc_to(c, CC_E, refused_at_end);
    if (w->count)
        now_doing(w, ACTIVITY_CODE);
    jump(w, thunks->find);
}

static void write_block_ops(struct writer *w, struct thunks *thunks)
{
    const uint8_t *helper = thunks->helper - w->to_rx;

    thunks->copy = here(w);
    block_ops_write_copy(w->c, helper);
    thunks->fill = here(w);
    block_ops_write_fill(w->c, helper);
}

static void write_guard(struct writer *w, struct thunks *thunks)
{
    struct x64 *c = w->c;
    uint8_t *holds;

    thunks->guard = here(w);
    x64_push(c, RDX);
    call_c(w, (uintptr_t)jit_guard_holds);
    x64_pop(c, RDX);
    test_al(c);
    holds = x64_jcc(c, CC_NE);
    x64_op_mem(c, true, 0x01, RDX, CPU_FIELD(pc));
    x64_lea(c, true, RSP, x64_at(RSP, 8));
    jump(w, thunks->leave);
    x64_land(c, holds);
    x64_ret(c);
}

static void write_sync(struct writer *w, struct thunks *thunks)
{
    struct x64 *c = w->c;

    thunks->sync = here(w);
    x64_lea(c, true, RSP, x64_at(RSP, -8));
    call_c(w, (uintptr_t)group_try_sync);
    test_al(c);
    x64_lea(c, true, RSP, x64_at(RSP, 8));
    x64_ret(c);
}

/* The handlers look at nothing but registers and cpu->fp. One flag is handed to them: without it
 * they would have to be exact about it. */
static void write_arithmetic(struct writer *w, struct thunks *thunks)
{
    struct x64 *c = w->c;
    const struct x64_mem saved = x64_at(RSP, 0), standard = x64_at(RSP, 8);

    thunks->arithmetic = here(w);
    x64_lea(c, true, RSP, x64_at(RSP, -24));
    count_record(w);
    x64_op_mem(c, false, X64_MXCSR, 3, saved);
    x64_store_imm(c, false, standard, MXCSR_DEFAULT);
    x64_op_mem(c, false, X64_MXCSR, 2, standard);
    x64_load(c, false, RAX, saved);
    x64_shift_imm(c, false, SHIFT_SHR, RAX, 1);
    x64_alu_imm(c, false, ALU_AND, RAX, FPSR_IXC);
    x64_op_mem(c, false, 0x09, RAX, CPU_FIELD(fp.fpsr));
    x64_lea(c, true, RDI, x64_at(RBX, -CPU_BIAS));
    x64_call_mem(c, x64_at(RSI, RECORD_HANDLER));
    x64_op_mem(c, false, X64_MXCSR, 2, saved);
    if (w->count)
        now_doing(w, ACTIVITY_CODE);
    x64_lea(c, true, RSP, x64_at(RSP, 24));
    x64_ret(c);
}

static void write_constants(struct writer *w, struct thunks *thunks)
{
    struct thunk_constants constants = {
        .magnitude64 = {INT64_MAX},
        .magnitude32 = {INT32_MAX},
        .sign64 = {1ull << 63},
        .sign32 = {1u << 31},
        .normal64 = {1ull << 52},
        .normal32 = {1u << 23},
        .integral64 = {1075ull << 52},
        .integral32 = {150u << 23},
    };

    for (uint32_t i = 0; i < 256; i++)
        constants.recip[i] = (uint8_t)(fp_unsigned_recip_estimate((256 + i) << 23) >> 23);
    for (uint32_t i = 0; i < 512; i++)
        constants.rsqrt[i] =
            (uint8_t)(fp_unsigned_rsqrt_estimate((256 + i % 256) >> i / 256 << 23) >> 23);
    while (((uintptr_t)w->c->at & 15) && !w->c->full)
        x64_u8(w->c, 0xcc);
    thunks->constants = here(w);
    x64_bytes(w->c, &constants, sizeof(constants));
}

/* Called with RSP a multiple of 16; keeps everything, as it is called in the middle of a load. */
static void write_latch(struct writer *w, struct thunks *thunks)
{
    static const enum x64_reg kept[] = {RAX, RCX, RSI, RDI, R8, R9, R10, R11};
    const int32_t vectors = 16 * 16 + 8;
    struct x64 *c = w->c;

    thunks->latch = here(w);
    for (unsigned i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        x64_push(c, kept[i]);
    x64_lea(c, true, RSP, x64_at(RSP, -vectors));
    for (unsigned i = 0; i < 16; i++)
        x64_op_mem(c, false, X64_MOVUPS_STORE, i, x64_at(RSP, 16 * (int32_t)i));
    x64_mov(c, true, RSI, RAX);
    x64_mov(c, true, RCX, R14);
    x64_lea(c, true, RDI, CPU_FIELD(mmu));
    x64_mov_imm(c, RAX, (uintptr_t)mmu_latch);
    x64_call_reg(c, RAX);
    for (unsigned i = 0; i < 16; i++)
        x64_op_mem(c, false, X64_MOVUPS_LOAD, i, x64_at(RSP, 16 * (int32_t)i));
    x64_lea(c, true, RSP, x64_at(RSP, vectors));
    for (unsigned i = sizeof(kept) / sizeof(*kept); i-- > 0;)
        x64_pop(c, kept[i]);
    x64_ret(c);
}

static void write_flags(struct writer *w, struct thunks *thunks)
{
    static const enum x64_reg kept[] = {RSI, RDI, R8, R9, R10, R11};
    struct x64 *c = w->c;

    /* Called: with the return address and six registers, the stack is off by 8. */
    thunks->flags = here(w);
    for (unsigned i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        x64_push(c, kept[i]);
    x64_lea(c, true, RSP, x64_at(RSP, -8));
    call_c(w, (uintptr_t)sync_flags);
    x64_lea(c, true, RSP, x64_at(RSP, 8));
    for (unsigned i = sizeof(kept) / sizeof(*kept); i-- > 0;)
        x64_pop(c, kept[i]);
    x64_ret(c);
}

bool thunks_write(struct x64 *code, const uint8_t *rx, uint64_t *count, struct thunks *thunks)
{
    struct writer w = {.c = code, .to_rx = rx - code->at, .count = count};

    write_enter(&w, thunks);
    write_links(&w, thunks);
    write_calls(&w, thunks);
    write_block_ops(&w, thunks);
    write_guard(&w, thunks);
    write_sync(&w, thunks);
    write_arithmetic(&w, thunks);
    write_latch(&w, thunks);
    write_flags(&w, thunks);
    write_constants(&w, thunks);
    return !code->full;
}
