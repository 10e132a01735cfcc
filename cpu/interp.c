/* The interpreter's own part: entering blocks, following links, and the micro-ops that end a block.
 * The handlers of the others are in interp_int.c, interp_mem.c, interp_fp.c and interp_vec.c. */
#include "cpu/interp.h"

#include "cpu/block.h"
#include "cpu/engine.h"
#include "cpu/exception.h"
#include "cpu/translate.h"

/* From here one tail call leads to the next until something wants the run loop. */
static inline const struct uop *enter(struct cpu *cpu, struct block *block)
{
    cpu->block = block;
    cpu->instructions += block->insns;
#if UOP_THREADED
    return block->uop[0].fn(cpu, block->uop);
#else
    return block->uop;
#endif
}

void interp_run(struct cpu *cpu, struct block *block)
{
    const struct uop *uop = enter(cpu, block);

    while (uop)
        uop = uop->fn(cpu, uop);
}

void interp_run_once(struct cpu *cpu, struct block *block)
{
    const struct uop *uop = block->uop;

    cpu->block = block;
    cpu->instructions += block->insns;
    uop = uop_info[uop->op].fn(cpu, uop);
    while (uop)
        uop = uop->fn(cpu, uop);
}

struct block *interp_locate(struct cpu *cpu, struct link *link)
{
    struct block *block;

    if (atomic_load_explicit(&cpu->pending, memory_order_relaxed) || log_on(cpu->log, LOG_EXEC) ||
        cpu->engine == ENGINE_CHECK)
        return NULL;
    block = block_find(cpu);
    if (block && link && link->same_page && !block->gated)
        block_set_link(cpu, link, block);
    return block;
}

static __attribute__((noinline)) const struct uop *find_slowly(struct cpu *cpu, struct link *link)
{
    struct block *block = interp_locate(cpu, link);

    return block ? enter(cpu, block) : NULL;
}

static inline const struct uop *follow(struct cpu *cpu, struct link *link)
{
    struct block *to = atomic_load_explicit(&link->to, memory_order_acquire);

    cpu->pc += (uint64_t)link->offset;
    if (likely(block_is_live(to) && !atomic_load_explicit(&cpu->pending, memory_order_relaxed)))
        return enter(cpu, to);
    return find_slowly(cpu, link);
}

static inline const struct uop *choose(struct cpu *cpu, const struct uop *uop, bool taken)
{
    struct link *links = (struct link *)(uintptr_t)uop->imm;

    if (taken) /* a branch of the host's: it predicts better than an address that is computed */
        return follow(cpu, &links[0]);
    return follow(cpu, &links[1]);
}

const struct uop *op_jump(struct cpu *cpu, const struct uop *uop)
{
    return follow(cpu, (struct link *)(uintptr_t)uop->imm);
}

const struct uop *op_cbz64(struct cpu *cpu, const struct uop *uop)
{
    return choose(cpu, uop, cpu->x[uop->a] == 0);
}

const struct uop *op_cbz32(struct cpu *cpu, const struct uop *uop)
{
    return choose(cpu, uop, (uint32_t)cpu->x[uop->a] == 0);
}

const struct uop *op_cbnz64(struct cpu *cpu, const struct uop *uop)
{
    return choose(cpu, uop, cpu->x[uop->a] != 0);
}

const struct uop *op_cbnz32(struct cpu *cpu, const struct uop *uop)
{
    return choose(cpu, uop, (uint32_t)cpu->x[uop->a] != 0);
}

const struct uop *op_tbz(struct cpu *cpu, const struct uop *uop)
{
    return choose(cpu, uop, !bit_get(cpu->x[uop->a], uop->x));
}

const struct uop *op_tbnz(struct cpu *cpu, const struct uop *uop)
{
    return choose(cpu, uop, bit_get(cpu->x[uop->a], uop->x));
}

const struct uop *op_br(struct cpu *cpu, const struct uop *uop)
{
    struct block *to;

    cpu->pc = cpu->x[uop->a];
    to = block_in_jump_cache(cpu, cpu->pc);
    if (likely(to && block_is_live(to) && (to->landing >> uop->y & 1) &&
               !atomic_load_explicit(&cpu->pending, memory_order_relaxed) &&
               cpu->engine != ENGINE_CHECK))
        return enter(cpu, to);
    cpu->btype = uop->y;
    return find_slowly(cpu, NULL);
}

const struct uop *op_next(struct cpu *cpu, const struct uop *uop)
{
    cpu->pc += uop->imm;
    return find_slowly(cpu, NULL);
}

const struct uop *op_call(struct cpu *cpu, const struct uop *uop)
{
    cpu->insn = uop->insn;
    if (unlikely(!((uop_helper *)(uintptr_t)uop->imm)(cpu, uop)))
        return NULL;
    return uop_next(cpu, uop);
}

const struct uop *op_copy(struct cpu *cpu, const struct uop *uop)
{
    return op_call(cpu, uop);
}

const struct uop *op_fill(struct cpu *cpu, const struct uop *uop)
{
    return op_call(cpu, uop);
}

const struct uop *op_calle(struct cpu *cpu, const struct uop *uop)
{
    cpu->insn = uop->insn;
    if (unlikely(!((uop_helper *)(uintptr_t)uop->imm)(cpu, uop)))
        return NULL;
    return find_slowly(cpu, NULL);
}

/* An access that must be aligned and is not. */
static NOINLINE const struct uop *misaligned(struct cpu *cpu, const struct uop *uop,
                                             uint64_t address)
{
    cpu->mmu.fault =
        (struct mmu_fault){.address = address, .status = FAULT_ALIGNMENT, .write = uop->d};
    cpu_data_abort(cpu, uop);
    return NULL;
}

static NOINLINE const struct uop *sp_misaligned(struct cpu *cpu, const struct uop *uop)
{
    cpu_raise(cpu, uop, EC_SP_ALIGNMENT, 0);
    return NULL;
}

const struct uop *op_spcheck(struct cpu *cpu, const struct uop *uop)
{
    if (unlikely(cpu->x[SLOT_SP] & 15))
        return sp_misaligned(cpu, uop);
    return uop_next(cpu, uop);
}

const struct uop *op_align(struct cpu *cpu, const struct uop *uop)
{
    uint64_t address = cpu->x[uop->a] + uop->imm;

    if (unlikely(address & (uop->y - 1u)) && !(uop->x && (address & 15) + uop->y <= 16))
        return misaligned(cpu, uop, address);
    return uop_next(cpu, uop);
}

const struct uop *op_alignx(struct cpu *cpu, const struct uop *uop)
{
    uint64_t address = cpu->x[uop->a] + (cpu->x[uop->b] << uop->x);

    if (unlikely(address & (uop->y - 1u)))
        return misaligned(cpu, uop, address);
    return uop_next(cpu, uop);
}

/* ConditionHolds() of the flags that a - b sets: straight from the operands. Always inlined with a
 * constant condition. */
#define SUBTRACT_HOLDS(type, signed_type)                                                          \
    static inline bool holds_##type(type a, type b, bool overflow, unsigned condition)             \
    {                                                                                              \
        signed_type sa = (signed_type)a, sb = (signed_type)b;                                      \
        bool holds = true;                                                                         \
                                                                                                   \
        switch (condition >> 1) {                                                                  \
        case 0:                                                                                    \
            holds = a == b;                                                                        \
            break;                                                                                 \
        case 1:                                                                                    \
            holds = a >= b;                                                                        \
            break;                                                                                 \
        case 2:                                                                                    \
            holds = (signed_type)(a - b) < 0;                                                      \
            break;                                                                                 \
        case 3:                                                                                    \
            holds = overflow;                                                                      \
            break;                                                                                 \
        case 4:                                                                                    \
            holds = a > b;                                                                         \
            break;                                                                                 \
        case 5:                                                                                    \
            holds = sa >= sb;                                                                      \
            break;                                                                                 \
        case 6:                                                                                    \
            holds = sa > sb;                                                                       \
            break;                                                                                 \
        default:                                                                                   \
            return true;                                                                           \
        }                                                                                          \
        return holds != (condition & 1);                                                           \
    }
SUBTRACT_HOLDS(uint64_t, int64_t)
SUBTRACT_HOLDS(uint32_t, int32_t)

#define SUBTRACT_BRANCH(name, type, signed_type, right)                                            \
    static inline const struct uop *name(struct cpu *cpu, const struct uop *uop,                   \
                                         unsigned condition)                                       \
    {                                                                                              \
        type a = (type)cpu->x[uop->a], b = (type)(right), difference = a - b;                      \
        bool overflow = (signed_type)((a ^ b) & (a ^ difference)) < 0;                             \
                                                                                                   \
        cpu->x[uop->d] = difference;                                                               \
        cpu->nzcv.n = (signed_type)difference < 0;                                                 \
        cpu->nzcv.z = difference == 0;                                                             \
        cpu->nzcv.c = a >= b;                                                                      \
        cpu->nzcv.v = overflow;                                                                    \
        return choose(cpu, uop, holds_##type(a, b, overflow, condition));                          \
    }
SUBTRACT_BRANCH(subsb64, uint64_t, int64_t, cpu->x[uop->b])
SUBTRACT_BRANCH(subsb32, uint32_t, int32_t, cpu->x[uop->b])
SUBTRACT_BRANCH(subsbi64, uint64_t, int64_t, uop->b | (unsigned)uop->y << 8)
SUBTRACT_BRANCH(subsbi32, uint32_t, int32_t, uop->b | (unsigned)uop->y << 8)

static inline const struct uop *bcond(struct cpu *cpu, const struct uop *uop, unsigned condition)
{
    const union nzcv f = cpu->nzcv;
    const bool truth[8] = {f.z, f.c, f.n, f.v, f.c && !f.z, f.n == f.v, f.n == f.v && !f.z, true};

    return choose(cpu, uop, condition >= 14 || truth[condition >> 1] != (condition & 1));
}

/* A handler for each condition of the conditional branches, so that the condition is not looked up
 * at run time. */
#define FOR_EACH_CONDITION(X)                                                                      \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define CONDITIONAL(name, condition)                                                               \
    static const struct uop *name##_##condition(struct cpu *cpu, const struct uop *uop)            \
    {                                                                                              \
        return name(cpu, uop, condition);                                                          \
    }
#define CONDITIONALS(condition)                                                                    \
    CONDITIONAL(bcond, condition)                                                                  \
    CONDITIONAL(subsb64, condition)                                                                \
    CONDITIONAL(subsb32, condition)                                                                \
    CONDITIONAL(subsbi64, condition)                                                               \
    CONDITIONAL(subsbi32, condition)
FOR_EACH_CONDITION(CONDITIONALS)

uop_fn *interp_conditional(enum uop_op op, unsigned condition)
{
#define ENTRY_bcond(condition)    bcond_##condition,
#define ENTRY_subsb64(condition)  subsb64_##condition,
#define ENTRY_subsb32(condition)  subsb32_##condition,
#define ENTRY_subsbi64(condition) subsbi64_##condition,
#define ENTRY_subsbi32(condition) subsbi32_##condition,
    static uop_fn *const handlers[][16] = {
        {FOR_EACH_CONDITION(ENTRY_bcond)},    {FOR_EACH_CONDITION(ENTRY_subsb64)},
        {FOR_EACH_CONDITION(ENTRY_subsb32)},  {FOR_EACH_CONDITION(ENTRY_subsbi64)},
        {FOR_EACH_CONDITION(ENTRY_subsbi32)},
    };

    switch (op) {
    case UOP_bcond:
        return handlers[0][condition];
    case UOP_subsb64:
        return handlers[1][condition];
    case UOP_subsb32:
        return handlers[2][condition];
    case UOP_subsbi64:
        return handlers[3][condition];
    case UOP_subsbi32:
        return handlers[4][condition];
    default:
        return uop_info[op].fn;
    }
}

/* The general forms, for whoever knows the operation only. */
#define GENERAL(name)                                                                              \
    const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)                            \
    {                                                                                              \
        return interp_conditional(UOP_##name, uop->x)(cpu, uop);                                   \
    }
GENERAL(bcond)
GENERAL(subsb64)
GENERAL(subsb32)
GENERAL(subsbi64)
GENERAL(subsbi32)

const struct uop_info uop_info[UOP_COUNT] = {
#define UOP(op, operands_, effects_) [UOP_##op] = {#op, operands_, effects_, op_##op},
#include "cpu/uops.def"
#undef UOP
};
