/* Exception entry and return (DDI 0487, D1.3 and shared pseudocode AArch64.TakeException,
 * ExceptionReturn). */
#include "cpu/exception.h"

#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/model.h"
#include "cpu/pmu.h"
#include "cpu/translate.h"

uint64_t pstate_get(const struct cpu *cpu)
{
    uint64_t spsr = pstate_nzcv(cpu) | (uint64_t)cpu->tco << 25;

    spsr |= (uint64_t)cpu->dit << 24 | (uint64_t)cpu->uao << 23 | (uint64_t)cpu->pan << 22;
    spsr |= (uint64_t)cpu->ss << 21 | (uint64_t)cpu->il << 20 | (uint64_t)cpu->ssbs << 12;
    spsr |= (uint64_t)cpu->btype << 10 | (uint64_t)cpu->daif << 6 | (uint64_t)cpu->el << 2;
    return spsr | (cpu->el && cpu->sp_sel);
}

static unsigned sp_index(const struct cpu *cpu)
{
    return cpu->sp_sel ? cpu->el : 0;
}

void pstate_set_el(struct cpu *cpu, unsigned el, bool sp_sel)
{
    cpu->sp_bank[sp_index(cpu)] = cpu->x[SLOT_SP];
    cpu->el = (uint8_t)el;
    cpu->sp_sel = sp_sel;
    cpu->x[SLOT_SP] = cpu->sp_bank[sp_index(cpu)];
    cpu->mmu.el = (uint8_t)el;
    cpu->mmu.pan = cpu->pan;
    cpu->mmu.uao = cpu->uao;
    mmu_level_changed(&cpu->mmu);
    block_level_changed(cpu);
}

void pstate_check_interrupts(struct cpu *cpu)
{
    if (atomic_load_explicit(&cpu->lines, memory_order_relaxed))
        atomic_fetch_or(&cpu->pending, PENDING_IRQ);
}

bool exception_interrupt_pending(const struct cpu *cpu, enum vector *vector)
{
    uint32_t lines = atomic_load(&cpu->lines);

    if ((lines & CPU_LINE_FIQ) && !(cpu->daif & 1)) {
        *vector = VECTOR_FIQ;
        return true;
    }
    if ((lines & CPU_LINE_IRQ) && !(cpu->daif & 2)) {
        *vector = VECTOR_IRQ;
        return true;
    }
    return false;
}

uint64_t exception_branch_address(const struct cpu *cpu, uint64_t address)
{
    if (mmu_ignores_top_byte(&cpu->mmu, address, true))
        return (uint64_t)bits_sext(address, 56);
    return address;
}

static void log_exception(struct cpu *cpu, enum vector vector)
{
    if (vector == VECTOR_SYNC)
        log_at(cpu->log, LOG_INT, cpu->pc,
               "synchronous exception from EL%u: EC 0x%02x ISS 0x%07x FAR 0x%016llx", cpu->el,
               cpu->syndrome.ec, cpu->syndrome.iss,
               (unsigned long long)(cpu->syndrome.has_far ? cpu->syndrome.far : 0));
    else
        log_at(cpu->log, LOG_INT, cpu->pc, "%s from EL%u", vector == VECTOR_IRQ ? "IRQ" : "FIQ",
               cpu->el);
}

/* The two ways a system program gets lost: it runs where no instruction can be fetched, or the
 * first instruction of its handler takes the next exception, for ever. Named once for each address.
 */
static void log_lost(struct cpu *cpu, uint64_t handler)
{
    if (cpu->pc == handler) {
        if (log_once(cpu->log, LOG_GUEST_ERRORS, ~handler))
            log_at(cpu->log, LOG_GUEST_ERRORS, handler,
                   "the handler's first instruction takes an exception itself (EC 0x%02x): the "
                   "guest loops for ever; VBAR_EL1 is 0x%llx",
                   cpu->syndrome.ec, (unsigned long long)cpu->vbar[1]);
    } else if (cpu->syndrome.ec == EC_FETCH_ABORT_LOWER + 1) {
        if (log_once(cpu->log, LOG_GUEST_ERRORS, cpu->pc))
            log_at(cpu->log, LOG_GUEST_ERRORS, cpu->pc,
                   "EL1 jumped to where no instruction can be fetched: instruction abort, IFSC "
                   "0x%02x, X30 0x%llx",
                   cpu->syndrome.iss & 0x3f, (unsigned long long)cpu->x[30]);
    }
}

void exception_take(struct cpu *cpu, enum vector vector)
{
    unsigned target = 1;
    uint64_t offset = vector;

    if (log_on(cpu->log, LOG_INT))
        log_exception(cpu, vector);
    pmu_exception(cpu, PMU_EXCEPTION_TAKEN);
    if (cpu->el < target)
        offset += 0x400;
    else if (cpu->sp_sel)
        offset += 0x200;
    cpu->spsr[target] = pstate_get(cpu);
    cpu->elr[target] = exception_branch_address(cpu, cpu->pc);
    if (vector == VECTOR_SYNC) {
        if (cpu->el == target && log_on(cpu->log, LOG_GUEST_ERRORS))
            log_lost(cpu, cpu->vbar[target] + offset);
        cpu->esr[target] = (uint64_t)cpu->syndrome.ec << 26 | 1u << 25 | cpu->syndrome.iss;
        if (cpu->syndrome.has_far)
            cpu->far[target] = cpu->syndrome.far;
    }
    cpu->daif = 15;
    cpu->il = false;
    cpu->ss = false;
    cpu->debug.stepped = 0;
    cpu->uao = false;
    cpu->btype = 0;
    cpu->tco = model_has(cpu->model, FEAT_MTE);
    cpu->ssbs = bit_get(cpu->mmu.regs.sctlr, 44); /* DSSBS */
    if (!bit_get(cpu->mmu.regs.sctlr, 23))        /* SPAN */
        cpu->pan = true;
    pstate_set_el(cpu, target, true);
    cpu->pc = cpu->vbar[target] + offset;
}

/* ELFromSPSR() and the other causes of an illegal return, with EL1 the highest and AArch64 the only
 * state. */
static bool illegal_return(const struct cpu *cpu, uint64_t spsr)
{
    unsigned el = (unsigned)bits_get(spsr, 2, 2);

    if (bit_get(spsr, 4) || bit_get(spsr, 1))
        return true;
    return el > cpu->el || (el == 0 && bit_get(spsr, 0));
}

void exception_return(struct cpu *cpu, uint64_t pc)
{
    uint64_t spsr = cpu->spsr[cpu->el];
    bool illegal = illegal_return(cpu, spsr);
    unsigned el = illegal ? cpu->el : (unsigned)bits_get(spsr, 2, 2);
    bool sp_sel = illegal ? cpu->sp_sel : bit_get(spsr, 0);

    pmu_exception(cpu, PMU_EXCEPTION_RETURN);
    cpu->pc = pc;
    if (!(cpu->mode & MODE_STEP)) /* else it is itself what was stepped */
        cpu->debug.stepped = 0;
    cpu->ss = debug_return_ss(cpu, el, spsr);
    pstate_set_nzcv(cpu, spsr);
    cpu->daif = (uint8_t)bits_get(spsr, 6, 4);
    cpu->il = illegal || bit_get(spsr, 20);
    cpu->pan = bit_get(spsr, 22) && model_has(cpu->model, FEAT_PAN);
    cpu->uao = bit_get(spsr, 23) && model_has(cpu->model, FEAT_UAO);
    cpu->dit = bit_get(spsr, 24) && model_has(cpu->model, FEAT_DIT);
    cpu->btype = model_has(cpu->model, FEAT_BTI) ? (uint8_t)bits_get(spsr, 10, 2) : 0;
    cpu->tco = bit_get(spsr, 25) && model_has(cpu->model, FEAT_MTE);
    cpu->ssbs = bit_get(spsr, 12) && model_has(cpu->model, FEAT_SSBS);
    pstate_set_el(cpu, el, sp_sel);
    /* an exception return is an event for WFE */
    atomic_store_explicit(&cpu->event, true, memory_order_release);
    cpu->mmu.exclusive.size = 0;
    pstate_check_interrupts(cpu);
    if (log_on(cpu->log, LOG_INT))
        log_at(cpu->log, LOG_INT, cpu->pc, "exception return to EL%u%s", el,
               illegal ? " (illegal)" : "");
}

/* --- Raising from a micro-op --- */

bool cpu_raise(struct cpu *cpu, const struct uop *uop, uint32_t ec, uint32_t iss)
{
    cpu->pc += 4u * uop->insn;
    cpu->instructions -= cpu->block->insns - uop->insn;
    cpu->syndrome = (struct syndrome){.ec = ec, .iss = iss};
    cpu->exit = EXIT_EXCEPTION;
    if (unlikely(cpu->mode & MODE_STEP))
        debug_step_failed(cpu);
    return false;
}

bool cpu_undefined(struct cpu *cpu, const struct uop *uop)
{
    return cpu_raise(cpu, uop, EC_UNKNOWN, 0);
}

bool cpu_data_abort(struct cpu *cpu, const struct uop *uop)
{
    const struct mmu_fault *fault = &cpu->mmu.fault;
    uint32_t iss = fault->status | (uint32_t)fault->write << 6 | (uint32_t)fault->cache << 8;
    uint32_t ec = fault->status == FAULT_DEBUG ? EC_WATCHPOINT_LOWER : EC_DATA_ABORT_LOWER;

    cpu_raise(cpu, uop, ec + (cpu->el != 0), iss);
    cpu->syndrome.has_far = true;
    cpu->syndrome.far = fault->address;
    return false;
}
