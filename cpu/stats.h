/* What the engine does, counted and timed: `-d stats` and `info jit`. Counts live where the work
 * is, in C code that is slow anyhow, and are always kept. What would cost something is only there
 * with -d stats from the start: calls of C by compiled code, and a thread that looks a thousand
 * times a second at what the vCPU is doing. */
#ifndef ULNA_CPU_STATS_H
#define ULNA_CPU_STATS_H

#include <stdbool.h>
#include <stdio.h>

#include "cpu/uop.h"

struct block;
struct cpu;
struct cpu_stats;

/* Creates cpu->stats when the log has LOG_STATS; false: out of memory or threads. */
bool stats_init(struct cpu *cpu);
void stats_fini(struct cpu *cpu);

/* Compiled code calls C for this micro-op of the block. */
void stats_count_call(struct cpu *cpu, const struct uop *uop, const struct block *block);

#endif
