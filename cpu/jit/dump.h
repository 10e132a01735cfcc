/* What the compiler made of guest code, for people: -d region and -d uop_opt. */
#ifndef ULNA_CPU_JIT_DUMP_H
#define ULNA_CPU_JIT_DUMP_H

#include "cpu/jit/lower.h"

/* The graph: a line for the region with the homes of guest registers, and one for each node. */
void dump_region(const struct cpu *cpu, const struct region *region);

/* The micro-ops of the present node from `first` to the present one, which have just been lowered
 * to the code from `from` on: where their operands are, and what became of the flags. */
void dump_uops(const struct lower *l, const struct uop *first, const uint8_t *from);

#endif
