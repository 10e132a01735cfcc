/* The x86-64 back end, as far as the rest of cpu/ knows it. */
#ifndef ULNA_CPU_JIT_JIT_H
#define ULNA_CPU_JIT_JIT_H

#include "cpu/block.h"

bool jit_init(struct cpu *cpu, struct err *err); /* creates cpu->jit */
void jit_fini(struct cpu *cpu);

/* A new block: from its second hot run on it is host code. */
void jit_block_created(struct cpu *cpu, struct block *block);
/* A segment of blocks was dropped: their host code may be reclaimed. */
void jit_forget_segment(struct cpu *cpu);

/* -engine check: runs one block in both engines and compares. Stops the vCPU on the first
 * difference. */
void check_run(struct cpu *cpu, struct block *block);

#endif
