/* The second level of the software TLB: filling and maintenance. See tlb.h and tlb2.h. */
#include "mmu/tlb2.h"

/* What is longer is looked for in every set instead of by address. */
#define PAGES_BY_ADDRESS  256
#define BLOCKS_BY_ADDRESS 16

void tlb2_fill(struct mmu *mmu, uint64_t va, const struct translation *tr, unsigned size_log2)
{
    struct tlb *tlb = &mmu->tlb;
    bool block = size_log2 >= 21, high = bit_get(va, 55);
    uint64_t page = va & (block ? VA_BLOCK_MASK : VA_PAGE_MASK);
    uint64_t tag = tlb2_tag(page, tr->attr & TLB_GLOBAL, mmu_asid(mmu));
    struct tlb2_set *set = block ? &tlb->block[tlb2_block_index(page, tlb2_spread(tag))]
                                 : &tlb->page[tlb2_page_index(page, tlb2_spread(tag))];
    struct tlb2_entry *entry = &set->way[0];

    /* Replace the same page with other rights, else what is dead, else the oldest. */
    for (unsigned way = 0; way < TLB2_WAYS; way++) {
        if (set->way[way].tag == tag) {
            entry = &set->way[way];
            break;
        }
        if (!tlb2_alive(tlb, &set->way[way]))
            set->way[way].stamp = 0;
        if (set->way[way].stamp < entry->stamp)
            entry = &set->way[way];
    }
    if (size_log2 > 21)
        tlb->large_filter[high] |= 1ull << (va >> 30) % 64;
    tlb->kinds[high] |= (block ? TLB2_BLOCKS : TLB2_PAGES) << (tr->attr & TLB_GLOBAL ? 2 : 0);
    *entry = (struct tlb2_entry){
        .tag = tag,
        .phys = tr->phys & ~(block ? 2 * MIB - 1 : PAGE_SIZE - 1),
        .stamp = ++tlb->now,
        .attr = tr->attr,
        .mair = tr->mair,
        .sh = tr->sh,
    };
}

static void set_drop(struct tlb2_set *set, struct tlb_span span, uint16_t asid, bool all_asids)
{
    for (unsigned way = 0; way < TLB2_WAYS; way++) {
        struct tlb2_entry *entry = &set->way[way];

        if (tlb_in_span(TLB2_TAG_PAGE(entry->tag), span) &&
            (all_asids || (entry->tag & TLB2_GLOBAL) || (entry->tag & 0xffff) == asid))
            entry->stamp = 0;
    }
}

/* The values of tlb2_spread() that the maintenance names, beside that of global entries. */
struct spreads {
    unsigned first, count;
};

static struct spreads name_spreads(bool any, uint16_t asid, bool all_asids)
{
    if (!any)
        return (struct spreads){0, 0};
    return all_asids ? (struct spreads){0, TLB2_SPREAD} : (struct spreads){tlb2_spread(asid), 1};
}

void tlb2_drop_pages(struct tlb *tlb, struct tlb_span span, uint16_t asid, bool all_asids)
{
    uint8_t kinds = tlb->kinds[bit_get(span.from, 55)];
    struct spreads spreads = name_spreads(kinds & TLB2_PAGES, asid, all_asids);

    if (span.size > PAGES_BY_ADDRESS * PAGE_SIZE) {
        for (unsigned i = 0; i < TLB2_PAGE_SETS; i++)
            set_drop(&tlb->page[i], span, asid, all_asids);
        return;
    }
    for (uint64_t at = span.from; at - span.from < span.size; at += PAGE_SIZE) {
        if (kinds & TLB2_GLOBAL_PAGES)
            set_drop(&tlb->page[tlb2_page_index(at, 0)], span, asid, all_asids);
        for (unsigned i = 0; i < spreads.count; i++)
            set_drop(&tlb->page[tlb2_page_index(at, spreads.first + i)], span, asid, all_asids);
    }
}

void tlb2_drop_blocks(struct tlb *tlb, struct tlb_span span, uint16_t asid, bool all_asids)
{
    uint8_t kinds = tlb->kinds[bit_get(span.from, 55)];
    struct spreads spreads = name_spreads(kinds & TLB2_BLOCKS, asid, all_asids);

    if (span.size > BLOCKS_BY_ADDRESS * 2 * MIB) {
        for (unsigned i = 0; i < TLB2_BLOCK_SETS; i++)
            set_drop(&tlb->block[i], span, asid, all_asids);
        return;
    }
    for (uint64_t at = span.from; at - span.from < span.size; at += 2 * MIB) {
        if (kinds & TLB2_GLOBAL_BLOCKS)
            set_drop(&tlb->block[tlb2_block_index(at, 0)], span, asid, all_asids);
        for (unsigned i = 0; i < spreads.count; i++)
            set_drop(&tlb->block[tlb2_block_index(at, spreads.first + i)], span, asid, all_asids);
    }
}
