/*
 * Translation tables: descriptors, spaces that map addresses, and the invalidation of the TLB.
 * Arm Architecture Reference Manual (DDI 0487), D8.3 (descriptor formats), D8.13 (TLB maintenance).
 */
#ifndef MMU_TABLES_H
#define MMU_TABLES_H

#include "../lib/rom.h"

/* Bits of a descriptor that maps memory (a page or a block). */
#define DESC_DEVICE     (0ul << 2)  /* AttrIndx: byte 0 of MAIR_EL1 */
#define DESC_NORMAL     (1ul << 2)  /* AttrIndx: byte 1 of MAIR_EL1 */
#define DESC_USER       (1ul << 6)  /* AP[1]: EL0, too */
#define DESC_READ_ONLY  (1ul << 7)  /* AP[2] */
#define DESC_SHARED     (3ul << 8)  /* Inner Shareable */
#define DESC_AF         (1ul << 10) /* "has been accessed"; without it, the first access faults */
#define DESC_NG         (1ul << 11) /* belongs to the current ASID only */
#define DESC_DBM        (1ul << 51) /* hardware may clear DESC_READ_ONLY on a store */
#define DESC_CONTIGUOUS (1ul << 52) /* one of 16 neighbours that a TLB may keep as one entry */
#define DESC_PXN        (1ul << 53) /* not to be executed at EL1 */

#define PAGE_RW     (DESC_NORMAL | DESC_SHARED | DESC_AF)
#define PAGE_RO     (PAGE_RW | DESC_READ_ONLY)
#define PAGE_DEVICE (DESC_DEVICE | DESC_AF)

#define TCR_TBI0 (1ul << 37)
#define TCR_HA   (1ul << 39)
#define TCR_HD   (1ul << 40)

/* One half of the addresses: its first table, and the shape of its tables. */
struct space {
    unsigned granule_bits; /* 12, 14 or 16 */
    unsigned start_level;  /* of the first table, for 39-bit addresses */
    uint64_t *root;
};

/* Turns on MMU and caches with the low half mapped to itself: devices below RAM_BASE, one GiB of
 * RAM above. */
void mmu_enable(void);
void mmu_disable(void);

/* An empty high half of this granule, current at once; NULL if the processor does not have it. */
struct space *space_start(unsigned granule_bits);
/* A low half that has what mmu_enable() mapped; to be switched to under an ASID. NULL: the first.
 */
struct space *space_new_low(void);
void space_switch_low(struct space *space, unsigned asid);

/* The position of the lowest address bit that a table of `level` looks at. */
unsigned level_shift(const struct space *space, unsigned level);

/* Maps one page (level 3) or block with these bits, or unmaps it with attributes 0. In between the
 * descriptor is invalid and the TLB told so: "break before make". Returns the descriptor. */
uint64_t *map(struct space *space, uint64_t va, void *memory, unsigned level, uint64_t attributes);
uint64_t *map_without_tlbi(struct space *space, uint64_t va, void *memory, unsigned level,
                           uint64_t attributes);

/* TLBI by address, by address in all ASIDs, last level only, by ASID, all, by range; then again for
 * the Inner Shareable domain (the other processors as well). */
enum {
    TLBI_VAE1,
    TLBI_VAAE1,
    TLBI_VALE1,
    TLBI_VAALE1,
    TLBI_ASIDE1,
    TLBI_VMALLE1,
    TLBI_RVAE1,
    TLBI_VAE1IS,
    TLBI_VAAE1IS,
    TLBI_VALE1IS,
    TLBI_VAALE1IS,
    TLBI_ASIDE1IS,
    TLBI_VMALLE1IS,
    TLBI_RVAE1IS,
    TLBI_KINDS,
};

bool tlbi_available(unsigned kind); /* the range kinds are an option */
const char *tlbi_name(unsigned kind);
void tlbi(unsigned kind, uint64_t va); /* for the current ASID, complete on return */

enum { AT_S1E1R, AT_S1E1W, AT_S1E0R };
uint64_t translate(unsigned how, uint64_t va); /* PAR_EL1 */

/* Makes new instructions visible to instruction fetch. */
void code_written(void *start, size_t size);
void zero_block(void *p); /* DC ZVA */

#endif
