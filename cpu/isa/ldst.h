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

/* For helpers: the host address of 1 << size bytes of guest RAM at va, aligned to that size, that
 * may be read and, with `write`, written. phys: where the physical address goes. NULL: a fault was
 * raised. `access_writes` is how an alignment fault reports itself (ISS.WnR). */
void *ldst_atomic_pointer(struct cpu *cpu, const struct uop *uop, unsigned size, bool write,
                          bool access_writes, uint64_t *phys);

/* Compares the pair at host (aligned to 16) with expected[] and replaces it by desired[] when
 * equal, atomically. Returns whether it did; expected[] then holds what was there. */
bool ldst_compare_swap128(void *host, uint64_t expected[2], const uint64_t desired[2]);

#endif
