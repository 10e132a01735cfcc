/* What the classes of loads and stores share. */
#ifndef ULNA_CPU_ISA_LDST_H
#define ULNA_CPU_ISA_LDST_H

#include "cpu/interp.h"
#include "cpu/translate.h"

/* For helpers: fills in the fault of an access that must be aligned to its size and is not, and
 * raises it. */
bool ldst_alignment_fault(struct cpu *cpu, const struct uop *uop, uint64_t va, bool write);

/* For helpers: may an atomic access of `bytes` be at va? As micro-op `align` for others. */
bool ldst_atomic_place(const struct cpu *cpu, uint64_t va, unsigned bytes);

/* For helpers: the host address of 1 << size bytes of guest RAM at the address in slot a, where an
 * atomic access may be, for what `access` does. NULL: a fault was raised. */
void *ldst_atomic_pointer(struct cpu *cpu, const struct uop *uop, unsigned size,
                          enum interp_atomic access);

/* Compares the pair at host (aligned to 16) with expected[] and replaces it by desired[] when
 * equal, atomically. Returns whether it did; expected[] then holds what was there. */
bool ldst_compare_swap128(void *host, uint64_t expected[2], const uint64_t desired[2]);

#endif
