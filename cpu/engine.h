/* How blocks are run: the engines' entry points, for the run loop. */
#ifndef ULNA_CPU_ENGINE_H
#define ULNA_CPU_ENGINE_H

#include "cpu/block.h"

/* Runs from this block on until something wants the run loop; cpu->pc is then exact and cpu->exit
 * says why. */
void interp_run(struct cpu *cpu, struct block *block);

/* The same through the handlers although the block may be compiled: for -engine check. */
void interp_run_once(struct cpu *cpu, struct block *block);

/* The handler of a conditional branch for one condition; of any other operation, the handler it
 * has. */
uop_fn *interp_conditional(enum uop_op op, unsigned condition);

/* The block at cpu->pc, which the link, if it is not NULL, leads to from now on. NULL: back to the
 * run loop, because something is pending or because the fetch faulted (cpu->exit). */
struct block *interp_locate(struct cpu *cpu, struct link *link);

#endif
