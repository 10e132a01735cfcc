/* Latches: the bytes that one load of compiled code went to last. See tlb.h. */
#include <string.h>

#include "mmu/bank.h"
#include "mmu/tlb2.h"

/* A fill costs some fifty instructions, a latch that is hit saves a few: so it is filled after some
 * misses, and after twice as many when there are not so many instructions to each miss. */
#define WAIT_MIN_LOG2     3
#define WAIT_MAX_LOG2     16
#define MISS_INSTRUCTIONS 128

/* As far as neighbouring pages are looked for. */
#define REACH_PAGES 16

void latches_clear(struct tlb_bank *bank)
{
    for (unsigned i = 0; i < TLB_LATCHES; i++)
        bank->latch[i] =
            (struct tlb_latch){.wait = 1 << WAIT_MIN_LOG2, .waited_log2 = WAIT_MIN_LOG2};
    memset(&bank->latched, 0, sizeof(bank->latched));
}

static const struct tlb_entry *entry_of(const struct tlb_bank *bank, uint64_t page)
{
    return &bank->entry[(page >> PAGE_SHIFT) % TLB_ENTRIES];
}

/* May `page` be read, at the same distance from host memory as the entry's? */
static bool continues(const struct tlb_bank *bank, const struct tlb_entry *entry, uint64_t page)
{
    const struct tlb_entry *other = entry_of(bank, page);

    return other->tag_read == page && other->addend == entry->addend;
}

/* The fragment of a block mapping that va is in, when all of it is RAM that may be read as the
 * entry says of its page. */
static bool find_fragment(const struct mmu *mmu, uint64_t va, const struct tlb_entry *entry)
{
    const struct tlb2_entry *block = NULL;
    const struct ram_block *ram;

    if (!va_filter_has(&mmu->bank->fragments, va, true))
        return false;
    block = tlb2_find_block(&mmu->tlb, va, false, mmu_asid(mmu));
    if (!block)
        block = tlb2_find_block(&mmu->tlb, va, true, mmu_asid(mmu));
    if (!block || block->phys + (va & (2 * MIB - 1) & ~(PAGE_SIZE - 1)) != entry->phys ||
        !tlb_permits(block->attr, ACCESS_READ, mmu->el, mmu->pan))
        return false;
    ram = bus_ram(mmu->bus, block->phys);
    return ram && block->phys - ram->base + 2 * MIB <= ram->size;
}

static struct tlb_span find_span(struct mmu *mmu, uint64_t va, const struct tlb_entry *entry)
{
    struct tlb_bank *bank = mmu->bank;
    uint64_t from = align_down(va, PAGE_SIZE), to = from + PAGE_SIZE;

    if (find_fragment(mmu, va, entry)) {
        va_filter_add(&bank->latched, va, true);
        return (struct tlb_span){align_down(va, 2 * MIB), 2 * MIB};
    }
    for (unsigned i = 0; i < REACH_PAGES && continues(bank, entry, from - PAGE_SIZE); i++)
        from -= PAGE_SIZE;
    for (unsigned i = 0; i < REACH_PAGES && continues(bank, entry, to); i++)
        to += PAGE_SIZE;
    for (uint64_t page = from; page != to; page += PAGE_SIZE)
        va_filter_add(&bank->latched, page, false);
    return (struct tlb_span){from, to - from};
}

static void wait_again(struct tlb_latch *latch, uint64_t instructions)
{
    uint16_t now = (uint16_t)(instructions / KIB), passed = now - latch->since;

    if (passed * KIB > ((uint64_t)MISS_INSTRUCTIONS << latch->waited_log2))
        latch->waited_log2 = WAIT_MIN_LOG2;
    else if (latch->waited_log2 < WAIT_MAX_LOG2)
        latch->waited_log2++;
    latch->wait = 1u << latch->waited_log2;
    latch->since = now;
}

void mmu_latch(struct mmu *mmu, uint64_t va, struct tlb_latch *latch, uint64_t instructions)
{
    const struct tlb_entry *entry = entry_of(mmu->bank, va);
    bool wide = latch >= &mmu->bank->latch[TLB_LATCHES_WIDE];
    struct tlb_span span;

    wait_again(latch, instructions);
    if (mmu->watch.count) /* it may span pages that have no entry */
        return;
    if (entry->tag_read != align_down(va, PAGE_SIZE))
        return;
    span = find_span(mmu, va, entry);
    latch->base = span.from;
    latch->size = span.size + 1 - (wide ? TLB_LATCH_WIDE : TLB_LATCH_NARROW);
    latch->addend = entry->addend;
}
