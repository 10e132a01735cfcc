/* TLB maintenance (DDI 0487, D8.14): more may be forgotten than was asked; never less. */
#include <string.h>

#include "mmu/bank.h"
#include "mmu/tlb2.h"
#include "mmu/walk.h"

/* What is longer is looked for in every entry of a bank instead of by address. */
#define PAGES_BY_ADDRESS 16
/* More than so many pages or regions are not asked for in a filter: they may be there. Linux names
 * up to 512 pages of its own one by one when it frees stacks and other mappings, then forgets all.
 */
#define MANY 512

/* The floors rose: the banks in use must not be stale; the others look when they are chosen. */
static void refresh(struct mmu *mmu)
{
    mmu->tlb.forgotten++;
    mmu_context_changed(mmu);
}

void mmu_tlbi_all(struct mmu *mmu)
{
    struct tlb *tlb = &mmu->tlb;

    tlb->floor_all = tlb->now++;
    memset(tlb->large_filter, 0, sizeof(tlb->large_filter));
    memset(tlb->kinds, 0, sizeof(tlb->kinds));
    kernel_context_renew(tlb);
    refresh(mmu);
}

void mmu_tlbi_asid(struct mmu *mmu, uint16_t asid)
{
    mmu->tlb.floor_asid[asid & 255] = mmu->tlb.now++;
    refresh(mmu);
}

/* --- By address --- */

/* One TLBI by address: the pages it names, and those that are in one block with them if there is a
 * block. */
struct named {
    struct tlb_span pages, blocks;
    bool large; /* the blocks may be larger than 2 MiB */
};

static struct tlb_span widen(struct tlb_span span, uint64_t to)
{
    uint64_t end = align_up(span.from + span.size, to);

    span.from = align_down(span.from, to);
    span.size = end - span.from;
    return span;
}

/* One bit for each GiB of the span, as tlb.large_filter has them. */
static uint64_t gigabytes(struct tlb_span span)
{
    uint64_t bits = 0;

    for (uint64_t at = span.from; at - span.from < span.size && ~bits; at += GIB)
        bits |= 1ull << (at / GIB) % 64;
    return bits;
}

/* Regions of 2 MiB: true also when there are too many to look at. */
static bool some_region(const struct va_filter *filter, const struct named *named)
{
    if (named->large || named->blocks.size > MANY * 2 * MIB)
        return true;
    for (uint64_t i = 0; i < named->blocks.size; i += 2 * MIB)
        if (va_filter_has(filter, named->blocks.from + i, true))
            return true;
    return false;
}

static bool some_page(const struct va_filter *filter, const struct named *named)
{
    if (named->pages.size > MANY * PAGE_SIZE)
        return true;
    for (uint64_t i = 0; i < named->pages.size; i += PAGE_SIZE)
        if (va_filter_has(filter, named->pages.from + i, false))
            return true;
    return false;
}

static struct named name_span(const struct tlb *tlb, struct tlb_span span)
{
    struct named named = {.pages = span, .blocks = widen(span, 2 * MIB)};

    named.large = tlb->large_filter[bit_get(span.from, 55)] & gigabytes(widen(span, GIB));
    if (named.large)
        named.blocks = widen(span, GIB);
    return named;
}

static void entry_drop(struct tlb_bank *bank, unsigned index, struct tlb_span span)
{
    struct tlb_entry *entry = &bank->entry[index];

    if (tlb_in_span(entry->tag_read & VA_PAGE_MASK, span))
        entry->tag_read = tlb_never(index);
    if (tlb_in_span(entry->tag_write & VA_PAGE_MASK, span))
        entry->tag_write = tlb_never(index);
}

static void bank_drop(struct tlb *tlb, struct tlb_bank *bank, const struct named *named)
{
    struct tlb_span span = some_region(&bank->fragments, named) ? named->blocks : named->pages;

    if (span.size > PAGES_BY_ADDRESS * PAGE_SIZE) {
        for (unsigned i = 0; i < TLB_ENTRIES; i++)
            entry_drop(bank, i, span);
    } else {
        for (uint64_t at = span.from; at - span.from < span.size; at += PAGE_SIZE)
            entry_drop(bank, (at >> PAGE_SHIFT) % TLB_ENTRIES, span);
    }
    if (some_page(&bank->latched, named) || some_region(&bank->latched, named))
        latches_clear(bank);
    if (some_page(&bank->fetched, named) || some_region(&bank->fetched, named))
        bank_context_renew(tlb, bank);
}

static void drop_span(struct mmu *mmu, struct tlb_span span, uint16_t asid, unsigned flags)
{
    struct tlb *tlb = &mmu->tlb;
    struct named named = name_span(tlb, span);
    bool high = bit_get(span.from, 55), all_asids = flags & TLBI_ALL_ASIDS;

    tlb->forgotten++;
    if (!(flags & TLBI_LAST_LEVEL))
        walk_cache_drop(mmu, span);
    tlb2_drop_pages(tlb, named.pages, asid, all_asids);
    tlb2_drop_blocks(tlb, named.blocks, asid, all_asids);
    for (unsigned i = 0; i < TLB_BANKS; i++) {
        struct tlb_bank *bank = &tlb->bank[i];

        if (bank->key && (all_asids || bank->global[high] || bank_key_asid(bank->key) == asid) &&
            !bank_stale(tlb, bank))
            bank_drop(tlb, bank, &named);
    }
    if (tlb->kernel_half[high] &&
        (some_page(&tlb->kernel_fetched, &named) || some_region(&tlb->kernel_fetched, &named)))
        kernel_context_renew(tlb);
    context_choose(mmu);
}

/* A page of 16 or 64 KiB is kept as pieces of 4 KiB, all of which its address names. */
void mmu_tlbi_range(struct mmu *mmu, uint64_t va, uint64_t pages, uint16_t asid, unsigned flags)
{
    struct tlb_span span = {va & VA_PAGE_MASK, pages * PAGE_SIZE};

    drop_span(mmu, widen(span, 1ull << walk_granule_log2(mmu->regs.tcr, bit_get(va, 55))), asid,
              flags);
}

void mmu_drop_writes(struct mmu *mmu, uint64_t phys_page)
{
    for (unsigned i = 0; i < TLB_BANKS; i++) {
        struct tlb_bank *bank = &mmu->tlb.bank[i];

        if (phys_page != ~0ull && !va_filter_has(&bank->written, phys_page, false))
            continue;
        for (unsigned j = 0; j < TLB_ENTRIES; j++)
            if (phys_page == ~0ull || bank->entry[j].phys == phys_page)
                bank->entry[j].tag_write = tlb_never(j);
    }
}
