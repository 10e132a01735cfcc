/* Self-hosted debug (DDI 0487, D2): breakpoints, watchpoints and software step, taken to EL1.
 *
 * What is not enabled costs nothing. Two bits of the mode tell the translator: MODE_STEP, a block
 * is one instruction; MODE_BREAK, a block ends before an address that may have a breakpoint. Such
 * blocks are `gated`: no link and no jump cache leads to them, so that block_find(), which every
 * way to them then goes through, can look at what is architected. Pages with watchpoints have no
 * entry in a TLB bank, and the MMU's slow path looks (mmu/mmu.h, struct mmu_watch). */
#ifndef ULNA_CPU_DEBUG_H
#define ULNA_CPU_DEBUG_H

#include "cpu/cpu.h"
#include "cpu/uop.h"

void debug_init(struct cpu *cpu);
void debug_reset(struct cpu *cpu);

/* MODE_STEP and MODE_BREAK at this EL. PSTATE.D is looked at when it matters. */
uint32_t debug_mode(const struct cpu *cpu, unsigned el);
/* May an instruction at this place in its page have a breakpoint? Of blocks with MODE_BREAK. */
bool debug_stops_at(const struct cpu *cpu, uint64_t address);

/* Before the instruction at cpu->pc is fetched: true when the Software Step exception is pending;
 * cpu->syndrome is then set. */
bool debug_step_pending(struct cpu *cpu);
/* When it has been fetched: the same of a Breakpoint exception. */
bool debug_breakpoint_hit(struct cpu *cpu);

/* First micro-op of a block with MODE_STEP: the instruction is now executed; x: it is a
 * Load-Exclusive. */
uop_helper debug_step;
/* It has taken an exception instead. */
void debug_step_failed(struct cpu *cpu);

/* DebugExceptionReturnSS(): PSTATE.SS after an exception return to `el` with this SPSR_EL1. */
bool debug_return_ss(const struct cpu *cpu, unsigned el, uint64_t spsr);

#endif
