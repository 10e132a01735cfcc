/* How blocks are run: the engines' entry points, for the run loop. */
#ifndef ULNA_CPU_ENGINE_H
#define ULNA_CPU_ENGINE_H

#include "cpu/block.h"

/* Runs from this block on until something wants the run loop; cpu->pc is then exact and cpu->exit
 * says why. */
void interp_run(struct cpu *cpu, struct block *block);

#endif
