/* The interpreter: one handler for each micro-op, and what handlers share. Handlers end in
 * uop_next(), which optimised compilers turn into a jump: a handler therefore keeps no addressable
 * local and leaves rare work to a function that is never inlined. The handlers stand in interp.c
 * (ends of blocks, calls), interp_int.c, interp_mem.c, and the floating-point and vector files. */
#ifndef ULNA_CPU_INTERP_H
#define ULNA_CPU_INTERP_H

#include "cpu/block.h"
#include "cpu/cpu.h"
#include "cpu/uop.h"

#define UOP(name, operands, effects) uop_fn op_##name;
#include "cpu/uops.def"
#undef UOP

/* The MMU, for a slow path: notes the instruction, so that what is logged meanwhile names it. */
static inline struct mmu *interp_mmu(struct cpu *cpu, const struct uop *uop)
{
    cpu->insn = uop->insn;
    return &cpu->mmu;
}

/* A handler's slow half: kept out of line so that the fast half needs no stack frame. */
#define NOINLINE __attribute__((noinline))

/* For each condition code, one bit per value of NZCV as a number with N in bit 0 and V in bit 3. */
static const uint16_t condition_table[16] = {
    0xcccc, 0x3333, /* EQ NE: Z */
    0xf0f0, 0x0f0f, /* CS CC: C */
    0xaaaa, 0x5555, /* MI PL: N */
    0xff00, 0x00ff, /* VS VC: V */
    0x3030, 0xcfcf, /* HI LS: C and not Z */
    0xaa55, 0x55aa, /* GE LT: N = V */
    0x2211, 0xddee, /* GT LE: N = V and not Z */
    0xffff, 0xffff, /* AL NV */
};

/* ConditionHolds(): DDI 0487, J1.3. cond is 0 to 15. */
static inline bool condition_holds(const struct cpu *cpu, unsigned cond)
{
    /* By bytes, as they were stored: a wider load would have to wait for the stores. */
    unsigned flags = cpu->nzcv.n | (unsigned)cpu->nzcv.z << 1 | (unsigned)cpu->nzcv.c << 2 |
                     (unsigned)cpu->nzcv.v << 3;

    return condition_table[cond] >> flags & 1;
}

/* The entry of a bank that may hold the page of va: the probe is in mmu/tlb.h. */
static inline const struct tlb_entry *interp_tlb_entry(const struct tlb_bank *bank, uint64_t va)
{
    return &bank->entry[va >> PAGE_SHIFT & (TLB_ENTRIES - 1)];
}

/* --- Host addresses for atomics: RAM only, in one quantity of 16 bytes --- */

enum interp_atomic {
    ATOMIC_LOAD,
    ATOMIC_STORE,
    ATOMIC_UPDATE, /* load and store: a fault is the load's where the load has one */
};

/* interp_atomic.c: by the MMU's slow path. NULL: a fault was raised. */
void *interp_atomic_slow(struct cpu *cpu, const struct uop *uop, unsigned size,
                         enum interp_atomic access);

/* The `size` bytes at the address in slot a, for what `access` does. NULL: a fault was raised. */
static inline void *interp_atomic(struct cpu *cpu, const struct uop *uop, unsigned size,
                                  enum interp_atomic access)
{
    uint64_t va = cpu->x[uop->a];
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);
    /* what may be written may be read */
    uint64_t tag = access == ATOMIC_LOAD ? entry->tag_read : entry->tag_write;

    if (likely((va ^ tag) < PAGE_SIZE))
        return (void *)(uintptr_t)(va + entry->addend);
    return interp_atomic_slow(cpu, uop, size, access);
}

#endif
