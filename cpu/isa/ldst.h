/* What the classes of loads and stores share. */
#ifndef ULNA_CPU_ISA_LDST_H
#define ULNA_CPU_ISA_LDST_H

#include "cpu/translate.h"

/* Emits the check that SCTLR_ELx.A asks for in this mode, before an access of 1 << size bytes at
 * slot base + offset; nothing in other modes. Uses T1. */
void ldst_check_alignment(struct tr *tr, uint8_t base, uint64_t offset, unsigned size, bool write);

/* For helpers: fills in the fault of an access that must be aligned to its size and is not, and
 * raises it. */
bool ldst_alignment_fault(struct cpu *cpu, const struct uop *uop, uint64_t va, bool write);

#endif
