/* The second level of the software TLB: see tlb.h. Private to mmu/. */
#ifndef ULNA_MMU_TLB2_H
#define ULNA_MMU_TLB2_H

#include "mmu/mmu.h"

/* A tag is the page's address, eight bits up, over the ASID, or over this bit and no ASID. */
#define TLB2_GLOBAL      (1ull << 16)
#define TLB2_EMPTY       (~0ull)
#define TLB2_TAG_PAGE(t) ((t) >> 8 & VA_PAGE_MASK)

static inline uint64_t tlb2_tag(uint64_t page, bool global, uint16_t asid)
{
    return page << 8 | (global ? TLB2_GLOBAL : asid);
}

/* ASIDs spread one page of many processes over this many sets, few enough to look at for all. */
#define TLB2_SPREAD 16

static inline unsigned tlb2_spread(uint64_t tag)
{
    return (tag & TLB2_GLOBAL) ? 0 : (tag ^ tag >> 4 ^ tag >> 8 ^ tag >> 12) % TLB2_SPREAD;
}

static inline unsigned tlb2_page_index(uint64_t page, unsigned spread)
{
    uint64_t number = page >> PAGE_SHIFT;

    return (number ^ number >> 11 ^ number >> 22 ^ spread * (TLB2_PAGE_SETS / TLB2_SPREAD)) %
           TLB2_PAGE_SETS;
}

static inline unsigned tlb2_block_index(uint64_t block, unsigned spread)
{
    uint64_t number = block >> 21;

    return (number ^ number >> 9 ^ spread * (TLB2_BLOCK_SETS / TLB2_SPREAD)) % TLB2_BLOCK_SETS;
}

static inline bool tlb2_alive(const struct tlb *tlb, const struct tlb2_entry *entry)
{
    return entry->stamp > tlb->floor_all &&
           ((entry->tag & TLB2_GLOBAL) || entry->stamp > tlb->floor_asid[entry->tag & 255]);
}

static inline const struct tlb2_entry *tlb2_match(const struct tlb *tlb, const struct tlb2_set *set,
                                                  uint64_t tag)
{
    for (unsigned way = 0; way < TLB2_WAYS; way++)
        if (set->way[way].tag == tag && tlb2_alive(tlb, &set->way[way]))
            return &set->way[way];
    return NULL;
}

static inline const struct tlb2_entry *tlb2_find_page(const struct tlb *tlb, uint64_t va,
                                                      bool global, uint16_t asid)
{
    uint64_t page = va & VA_PAGE_MASK, tag = tlb2_tag(page, global, asid);

    return tlb2_match(tlb, &tlb->page[tlb2_page_index(page, tlb2_spread(tag))], tag);
}

static inline const struct tlb2_entry *tlb2_find_block(const struct tlb *tlb, uint64_t va,
                                                       bool global, uint16_t asid)
{
    uint64_t block = va & VA_BLOCK_MASK, tag = tlb2_tag(block, global, asid);

    return tlb2_match(tlb, &tlb->block[tlb2_block_index(block, tlb2_spread(tag))], tag);
}

/* Most systems have but one or two of the kinds in each half of the addresses. */
static inline bool tlb2_find(const struct mmu *mmu, uint64_t va, struct translation *out)
{
    const struct tlb *tlb = &mmu->tlb;
    const struct tlb2_entry *entry = NULL;
    uint8_t kinds = tlb->kinds[bit_get(va, 55)];
    uint16_t asid = mmu_asid(mmu);
    uint64_t inside = PAGE_SIZE - 1;

    if (kinds & TLB2_PAGES)
        entry = tlb2_find_page(tlb, va, false, asid);
    if (!entry && (kinds & TLB2_GLOBAL_PAGES))
        entry = tlb2_find_page(tlb, va, true, asid);
    if (!entry) {
        inside = 2 * MIB - 1;
        if (kinds & TLB2_BLOCKS)
            entry = tlb2_find_block(tlb, va, false, asid);
        if (!entry && (kinds & TLB2_GLOBAL_BLOCKS))
            entry = tlb2_find_block(tlb, va, true, asid);
        if (!entry)
            return false;
    }
    out->phys = entry->phys | (va & inside);
    out->attr = entry->attr;
    out->mair = entry->mair;
    out->sh = entry->sh;
    return true;
}

/* Keeps what a walk has found: a page, or the 2 MiB of a block that va is in. */
void tlb2_fill(struct mmu *mmu, uint64_t va, const struct translation *tr, unsigned size_log2);

void tlb2_drop_pages(struct tlb *tlb, struct tlb_span span, uint16_t asid, bool all_asids);
void tlb2_drop_blocks(struct tlb *tlb, struct tlb_span span, uint16_t asid, bool all_asids);

#endif
