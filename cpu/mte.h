/* Memory tagging (FEAT_MTE2, FEAT_MTE3): DDI 0487, D10. Each TAG_GRANULE bytes of Tagged memory
 * have an Allocation Tag of four bits (mmu_tag); a pointer has one in bits 59..56. Where the mode
 * says so, an access whose tags differ takes a Tag Check Fault: the micro-op `tagcheck`, and
 * mte_check() for accesses that helpers make. */
#ifndef ULNA_CPU_MTE_H
#define ULNA_CPU_MTE_H

#include "cpu/cpu.h"
#include "cpu/uop.h"

#define MTE_BLOCK_LOG2 8 /* of the bytes whose tags LDGM and STGM move: GMID_EL1.BS */

/* AArch64.AllocationTagFromAddress() */
static inline uint8_t mte_tag(uint64_t address)
{
    return (uint8_t)bits_get(address, 56, 4);
}

/* AArch64.AddressWithAllocationTag() */
static inline uint64_t mte_with_tag(uint64_t address, uint8_t tag)
{
    return bits_put(address, 56, 4, tag);
}

/* AArch64.AllocationTagAccessIsEnabled(): SCTLR_EL1.ATA, ATA0. */
static inline bool mte_enabled(const struct cpu *cpu, unsigned el)
{
    return bit_get(cpu->mmu.regs.sctlr, el ? 43 : 42);
}

/* Do the registers ask for Tag Checks of accesses with the rights of this EL? PSTATE.TCO may still
 * say no. */
bool mte_checks(const struct cpu *cpu, unsigned el);

/* Tag Check of `size` bytes at va. A fault that is not synchronous is noted in TFSR_ELx, and the
 * access goes on. False: mmu.fault. Only where the mode has MODE_TAGS, or, with ACCESS_UNPRIV in
 * `flags`, MODE_TAGS_USER. */
bool mte_permits(struct cpu *cpu, uint64_t va, uint64_t size, bool write,
                 unsigned flags) must_check;
/* Would the Tag Check of a load find no fault? Nothing is noted. */
bool mte_agrees(struct cpu *cpu, uint64_t va, uint64_t size) must_check;
/* mte_permits() for a micro-op. False: a Data Abort was raised. */
bool mte_check(struct cpu *cpu, const struct uop *uop, uint64_t va, uint64_t size, bool write,
               unsigned flags) must_check;
/* The same for a piece of a block operation, in any mode: how many of the first of `size` bytes, or
 * of the last ones, can be accessed now; at most what lies on a page. 0: mmu.fault. */
uint64_t mte_check_piece(struct cpu *cpu, uint64_t va, uint64_t size, bool last, bool write,
                         unsigned flags) must_check;

/* AArch64.MemTag[]: the tag of the bytes at va; 0 where there is none or EL may not access it.
 * False: mmu.fault. */
bool mte_load_tag(struct cpu *cpu, uint64_t va, uint8_t *tag) must_check;
/* The same of `granules` granules that get this tag. */
bool mte_store_tags(struct cpu *cpu, uint64_t va, uint64_t granules, uint8_t tag,
                    unsigned flags) must_check;

/* AArch64.ChooseNonExcludedTag(): from `tag`, `offset` tags on, not counting those whose bits are
 * set in `exclude`. */
uint8_t mte_choose_tag(uint8_t tag, unsigned offset, uint16_t exclude);

#endif
