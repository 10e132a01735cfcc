/* The host's floating-point control and status register. While compiled code runs it is the
 * guest's: it rounds as FPCR.RMode says, flushes as FPCR.FZ says, and its sticky flags are part of
 * FPSR. C code that does arithmetic never sees it so. */
#ifndef ULNA_CPU_MXCSR_H
#define ULNA_CPU_MXCSR_H

#include "cpu/cpu.h"

#define MXCSR_DEFAULT 0x1f80 /* all exceptions masked, round to nearest, no flag */

/* What compiled code for this FPCR starts with. */
uint32_t mxcsr_of(uint32_t fpcr);

/* cpu->fp.fpsr becomes exact. Needed where compiled code may be what called. */
void mxcsr_collect(struct cpu *cpu);
/* After a write of cpu->fp: what mxcsr_collect() had not seen is forgotten. */
void mxcsr_written(struct cpu *cpu);
/* Arithmetic in C that compiled code may have called stands between these, in a function that is
 * not inlined. */
uint32_t mxcsr_suspend(struct cpu *cpu);
void mxcsr_resume(const struct cpu *cpu, uint32_t suspended);
/* Compiled code has ended: everything is in cpu->fp, and arithmetic is C's again. */
void mxcsr_leave(struct cpu *cpu);

#endif
