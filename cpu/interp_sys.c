/* Interpreter: system registers that are just a place, PSTATE.DAIF, and barriers. */
#include "cpu/exception.h"
#include "cpu/interp.h"
#include "cpu/sysreg.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

HANDLER(ldfield)
{
    cpu->x[uop->d] = *(const uint64_t *)((const char *)cpu + uop->imm);
    return uop_next(cpu, uop);
}

HANDLER(stfield)
{
    *(uint64_t *)((char *)cpu + uop->imm) = cpu->x[uop->d];
    return uop_next(cpu, uop);
}

/* Other vCPUs may set it, too: cpu->event, for SEVL. */
HANDLER(stbyte)
{
    __atomic_store_n((uint8_t *)cpu + uop->imm, uop->x, __ATOMIC_RELAXED);
    return uop_next(cpu, uop);
}

HANDLER(count)
{
    ++*(uint64_t *)((char *)cpu + uop->imm);
    return uop_next(cpu, uop);
}

HANDLER(limit)
{
    if (unlikely(cpu->instructions >= cpu->pmu.limit))
        atomic_fetch_or(&cpu->pending, PENDING_TIMER);
    return uop_next(cpu, uop);
}

HANDLER(sysread)
{
    const struct sysreg *reg = (const struct sysreg *)(uintptr_t)uop->imm;

    cpu->x[uop->d] = reg->read(cpu, reg);
    return uop_next(cpu, uop);
}

HANDLER(syswrite)
{
    const struct sysreg *reg = (const struct sysreg *)(uintptr_t)uop->imm;

    reg->write(cpu, reg, cpu->x[uop->a]);
    return uop_next(cpu, uop);
}

HANDLER(nzcv)
{
    cpu->x[uop->d] = pstate_nzcv(cpu);
    return uop_next(cpu, uop);
}

HANDLER(nzcvwr)
{
    pstate_set_nzcv(cpu, cpu->x[uop->a]);
    return uop_next(cpu, uop);
}

HANDLER(daif)
{
    cpu->x[uop->d] = (uint64_t)cpu->daif << 6;
    return uop_next(cpu, uop);
}

HANDLER(daifset)
{
    cpu->daif |= uop->x;
    return uop_next(cpu, uop);
}

HANDLER(daifwr)
{
    cpu->daif = (uint8_t)bits_get(cpu->x[uop->a], 6, 4);
    pstate_check_interrupts(cpu);
    return op_jump(cpu, uop);
}

HANDLER(daifclr)
{
    cpu->daif &= (uint8_t)~uop->x;
    pstate_check_interrupts(cpu);
    return op_jump(cpu, uop);
}

HANDLER(isb)
{
    return op_jump(cpu, uop);
}

HANDLER(dsb)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (likely(!cpu->unsynced))
        return op_jump(cpu, uop);
    cpu->pc += (uint64_t)((struct link *)(uintptr_t)uop->imm)->offset;
    cpu->exit = EXIT_DSB;
    return NULL;
}

HANDLER(barrier)
{
    atomic_thread_fence(memory_order_seq_cst);
    return uop_next(cpu, uop);
}
