/* A fault of the host inside compiled code, which is a bug of ours: a report on standard error that
 * says where the guest was, what for, and by which host instruction; then the process dies by the
 * signal, as it would have. */
#ifndef ULNA_CPU_JIT_CRASH_H
#define ULNA_CPU_JIT_CRASH_H

#include <stddef.h>

struct cpu;

#define CRASH_STACK_BYTES (256 * 1024)

/* From now on faults on the calling thread, which runs this vCPU, are reported. `stack` of
 * CRASH_STACK_BYTES is for the report: that of the thread may be what is wrong. */
void crash_watch(struct cpu *cpu, void *stack);
/* No longer. */
void crash_unwatch(void);

#endif
