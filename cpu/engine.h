/* How blocks are run: the engines' entry points, for the run loop. */
#ifndef ULNA_CPU_ENGINE_H
#define ULNA_CPU_ENGINE_H

#include "cpu/block.h"

/* Runs from this block on until something wants the run loop; cpu->pc is then exact and cpu->exit
 * says why. */
void interp_run(struct cpu *cpu, struct block *block);

/* The same through the handlers although the block may be compiled: for -engine check. */
void interp_run_once(struct cpu *cpu, struct block *block);

/* The same for cpu->pc, which is set. */
const struct uop *interp_find(struct cpu *cpu);

/* The handler of a conditional branch for one condition; of any other operation, the handler it
 * has. */
uop_fn *interp_conditional(enum uop_op op, unsigned condition);

/* Goes where a link of the running block leads: what the interpreter does at its end, for compiled
 * code that finds the link not yet filled or an interruption pending. Returns as a uop_fn does. */
const struct uop *interp_follow(struct cpu *cpu, struct link *link);

#endif
