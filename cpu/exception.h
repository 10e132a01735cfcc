/* Exceptions and returns (DDI 0487, D1): entry to EL1, ERET, and PSTATE as SPSR_ELx holds it. */
#ifndef ULNA_CPU_EXCEPTION_H
#define ULNA_CPU_EXCEPTION_H

#include "cpu/cpu.h"

/* ESR_ELx.EC */
enum exception_class {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_FP_ACCESS = 0x07,
    EC_BRANCH_TARGET = 0x0d,
    EC_ILLEGAL_STATE = 0x0e,
    EC_SVC = 0x15,
    EC_SYSREG = 0x18,
    EC_SVE_ACCESS = 0x19,
    EC_PAC_FAIL = 0x1c,
    EC_FETCH_ABORT_LOWER = 0x20, /* + 1 from the same EL */
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT_LOWER = 0x24, /* + 1 from the same EL */
    EC_SP_ALIGNMENT = 0x26,
    EC_MOPS = 0x27,             /* memory copy and memory set */
    EC_BREAKPOINT_LOWER = 0x30, /* of debug: + 1 from the same EL */
    EC_STEP_LOWER = 0x32,
    EC_WATCHPOINT_LOWER = 0x34,
    EC_BRK = 0x3c,
};

enum vector {
    VECTOR_SYNC = 0x000,
    VECTOR_IRQ = 0x080,
    VECTOR_FIQ = 0x100,
    VECTOR_SERROR = 0x180,
};

/* AArch64.TakeException() to EL1, with cpu->pc the preferred return address. ESR and FAR are
 * written for VECTOR_SYNC, from cpu->syndrome. */
void exception_take(struct cpu *cpu, enum vector vector);

/* AArch64.ExceptionReturn() from EL1 to `pc`, which is ELR_EL1 or what authentication makes of it:
 * PSTATE from SPSR_EL1, illegal returns included. */
void exception_return(struct cpu *cpu, uint64_t pc);

/* The interrupt that is to be taken now, by lines and masks; false: none. */
bool exception_interrupt_pending(const struct cpu *cpu, enum vector *vector);

/* AArch64.BranchAddr(): where a branch to `address` goes; with TBI that is without the tag byte. */
uint64_t exception_branch_address(const struct cpu *cpu, uint64_t address);

/* PSTATE in the layout of SPSR_ELx (C5.2). */
uint64_t pstate_get(const struct cpu *cpu);

/* NZCV in that layout, from its bytes and back: a multiplication moves all four bits at once, and
 * no two of its partial products meet. */
#define NZCV_GATHER (1u << 31 | 1u << 22 | 1u << 13 | 1u << 4)
#define NZCV_MASK   0xf0000000u
#define NZCV_SPREAD (1u << 24 | 1u << 15 | 1u << 6) /* of bits 3..0; N moves by itself */
#define NZCV_BYTES  0x01010100u

static inline uint64_t pstate_nzcv(const struct cpu *cpu)
{
    return cpu->nzcv.word * NZCV_GATHER & NZCV_MASK;
}

static inline void pstate_set_nzcv(struct cpu *cpu, uint64_t value)
{
    uint32_t bits = (uint32_t)value >> 28;

    cpu->nzcv.word = (bits * NZCV_SPREAD & NZCV_BYTES) | bits >> 3;
}

/* Changes PSTATE.EL and .SP: swaps the stack pointer in use and the translation context. */
void pstate_set_el(struct cpu *cpu, unsigned el, bool sp_sel);
/* After a change of DAIF or a line: have the run loop look. */
void pstate_check_interrupts(struct cpu *cpu);

#endif
