/* The banks of the software TLB and the contexts that guard code: what mmu.c shares with tlbi.c.
 * Private to mmu/. */
#ifndef ULNA_MMU_BANK_H
#define ULNA_MMU_BANK_H

#include "mmu/mmu.h"

static inline uint16_t bank_key_asid(uint64_t key)
{
    return (uint16_t)(key >> TLB_KEY_ASID_SHIFT);
}

/* What it holds is from before a flush of all, or of its ASID. */
static inline bool bank_stale(const struct tlb *tlb, const struct tlb_bank *bank)
{
    uint64_t floor = tlb->floor_asid[bank_key_asid(bank->key) & 255];

    if (floor < tlb->floor_all)
        floor = tlb->floor_all;
    return bank->stamp <= floor;
}

/* A region is named by its 2 MiB, and told apart from a page. */
static inline unsigned va_filter_bit(uint64_t va, bool region)
{
    uint64_t number = region ? ~((va & VA_BLOCK_MASK) >> 21) : (va & VA_PAGE_MASK) >> PAGE_SHIFT;

    return (number ^ number >> 11 ^ number >> 22) % VA_FILTER_BITS;
}

static inline bool va_filter_has(const struct va_filter *filter, uint64_t va, bool region)
{
    unsigned bit = va_filter_bit(va, region);

    return bit_get(filter->word[bit / 64], bit % 64);
}

static inline void va_filter_add(struct va_filter *filter, uint64_t va, bool region)
{
    unsigned bit = va_filter_bit(va, region);

    filter->word[bit / 64] |= 1ull << bit % 64;
}

/* A new number: all ways to blocks that were found under the old one are forgotten. */
void bank_context_renew(struct tlb *tlb, struct tlb_bank *bank);
void kernel_context_renew(struct tlb *tlb);
/* Forgets what latches name. */
void latches_clear(struct tlb_bank *bank);
/* mmu->context from the bank in use. */
void context_choose(struct mmu *mmu);

#endif
