/* Translation contexts, the software TLB's two levels, and TLB maintenance: see tlb.h and mmu.h. */
#include "mmu/mmu.h"

#include <stdlib.h>
#include <string.h>

#include "mmu/walk.h"

#define VA_PAGE(va)                                                                                \
    ((va)&0x00fffffffffff000ull) /* without the tag byte; bit 55 tells the halves apart */
#define VA_BLOCK(va) ((va)&0x00ffffffffe00000ull)

enum {
    KEY_USED = 1 << 0,
    KEY_EL1 = 1 << 1,
    KEY_PAN = 1 << 2,
    KEY_MMU = 1 << 3,
    KEY_ASID_SHIFT = 16,
};

static uint16_t key_asid(uint64_t key)
{
    return (uint16_t)(key >> KEY_ASID_SHIFT);
}

/* --- Where code was fetched from --- */

/* A block is named by its 2 MiB, told apart from a page by the offset. */
static unsigned exec_bit(uint64_t va, bool block)
{
    uint64_t page = block ? (VA_BLOCK(va) >> 21) + EXEC_FILTER_BITS / 2 : VA_PAGE(va) >> PAGE_SHIFT;

    return (page ^ page >> 11 ^ page >> 22) % EXEC_FILTER_BITS;
}

static void exec_add(struct exec_filter *filter, uint64_t va, bool block)
{
    unsigned bit = exec_bit(va, block);

    filter->word[bit / 64] |= 1ull << bit % 64;
}

static bool exec_has(const struct exec_filter *filter, uint64_t va)
{
    unsigned page = exec_bit(va, false), block = exec_bit(va, true);

    return bit_get(filter->word[page / 64], page % 64) ||
           bit_get(filter->word[block / 64], block % 64);
}

static void kernel_context_renew(struct mmu *mmu)
{
    mmu->tlb.kernel_context = mmu->tlb.next_context++;
    memset(&mmu->tlb.kernel_fetched, 0, sizeof(mmu->tlb.kernel_fetched));
}

static void bank_context_renew(struct mmu *mmu, struct tlb_bank *bank)
{
    bank->context = mmu->tlb.next_context++;
    memset(&bank->fetched, 0, sizeof(bank->fetched));
}

static void context_choose(struct mmu *mmu)
{
    bool shared = mmu->el && !mmu->bank->own_context;

    mmu->context = shared ? mmu->tlb.kernel_context : mmu->bank->context;
}

/* --- Banks --- */

static void bank_clear(struct mmu *mmu, struct tlb_bank *bank)
{
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        /* An address with this page number has another index: it can never be looked up here. */
        uint64_t never = (uint64_t)(i ^ 1) << PAGE_SHIFT;

        bank->entry[i].tag_read = never;
        bank->entry[i].tag_write = never;
    }
    bank->stamp = mmu->tlb.now;
    bank->block_filter = 0;
    bank->own_context = false;
    bank_context_renew(mmu, bank);
}

static bool bank_stale(const struct mmu *mmu, const struct tlb_bank *bank)
{
    uint64_t floor = mmu->tlb.floor_asid[key_asid(bank->key) & 255];

    if (floor < mmu->tlb.floor_all)
        floor = mmu->tlb.floor_all;
    return bank->stamp <= floor;
}

/* The bank of a context: the one it has, or the one used longest ago. */
static struct tlb_bank *bank_choose(struct mmu *mmu, uint64_t key)
{
    struct tlb_bank *oldest = NULL;

    for (unsigned i = 0; i < TLB_BANKS; i++) {
        struct tlb_bank *bank = &mmu->tlb.bank[i];

        if (bank->key == key) {
            if (bank_stale(mmu, bank))
                bank_clear(mmu, bank);
            bank->used = mmu->tlb.now;
            return bank;
        }
        if (bank != mmu->bank && bank != mmu->user && (!oldest || bank->used < oldest->used))
            oldest = bank;
    }
    oldest->key = key;
    oldest->used = mmu->tlb.now;
    bank_clear(mmu, oldest);
    return oldest;
}

uint16_t mmu_asid(const struct mmu *mmu)
{
    uint64_t ttbr = bit_get(mmu->regs.tcr, 22) ? mmu->regs.ttbr1 : mmu->regs.ttbr0; /* TCR.A1 */

    return (uint16_t)(bit_get(mmu->regs.tcr, 36) ? ttbr >> 48 : (ttbr >> 48) & 0xff); /* TCR.AS */
}

void mmu_context_changed(struct mmu *mmu)
{
    uint64_t shared = KEY_USED | (uint64_t)mmu_asid(mmu) << KEY_ASID_SHIFT;
    uint64_t key;

    if (bit_get(mmu->regs.sctlr, 0))
        shared |= KEY_MMU;
    key = shared;
    if (mmu->el)
        key |= KEY_EL1 | (mmu->pan ? KEY_PAN : 0);
    mmu->tlb.now++;
    if (mmu->user->key != shared || bank_stale(mmu, mmu->user))
        mmu->user = bank_choose(mmu, shared);
    if (!mmu->el)
        mmu->bank = mmu->user;
    else if (mmu->bank->key != key || bank_stale(mmu, mmu->bank))
        mmu->bank = bank_choose(mmu, key);
    context_choose(mmu);
}

bool mmu_init(struct mmu *mmu, struct bus *bus, struct log *log)
{
    memset(mmu, 0, sizeof(*mmu));
    mmu->bus = bus;
    mmu->log = log;
    mmu->el = 1;
    mmu->tlb.bank = aligned_alloc(64, align_up((TLB_BANKS + 1) * sizeof(struct tlb_bank), 64));
    if (!mmu->tlb.bank)
        return false;
    memset(mmu->tlb.bank, 0, (TLB_BANKS + 1) * sizeof(struct tlb_bank));
    mmu->tlb.now = 1;
    mmu->tlb.next_context = 1;
    mmu->bank = &mmu->tlb.bank[0];
    mmu->user = &mmu->tlb.bank[1];
    for (unsigned i = 0; i <= TLB_BANKS; i++)
        bank_clear(mmu, &mmu->tlb.bank[i]);
    mmu_tlbi_all(mmu);
    return true;
}

void mmu_fini(struct mmu *mmu)
{
    free(mmu->tlb.bank);
    mmu->tlb.bank = NULL;
}

/* --- Second level --- */

static bool tlb2_alive(const struct tlb *tlb, const struct tlb2_entry *entry)
{
    if (entry->stamp <= tlb->floor_all)
        return false;
    return (entry->attr & TLB_GLOBAL) || entry->stamp > tlb->floor_asid[entry->asid & 255];
}

static struct tlb2_entry *tlb2_match(struct tlb *tlb, struct tlb2_entry ways[2], uint64_t page,
                                     uint16_t asid)
{
    for (unsigned way = 0; way < 2; way++) {
        struct tlb2_entry *entry = &ways[way];

        if (entry->page == page && ((entry->attr & TLB_GLOBAL) || entry->asid == asid) &&
            tlb2_alive(tlb, entry))
            return entry;
    }
    return NULL;
}

static struct tlb2_entry *tlb2_page_set(struct tlb *tlb, uint64_t va)
{
    uint64_t page = VA_PAGE(va) >> PAGE_SHIFT;

    return tlb->page[(page ^ page >> 11) % TLB2_SETS];
}

static struct tlb2_entry *tlb2_block_set(struct tlb *tlb, uint64_t va)
{
    uint64_t block = VA_BLOCK(va) >> 21;

    return tlb->block[(block ^ block >> 8) % TLB2_BLOCKS];
}

static bool tlb2_find(struct mmu *mmu, uint64_t va, struct translation *out)
{
    uint16_t asid = mmu_asid(mmu);
    struct tlb2_entry *entry =
        tlb2_match(&mmu->tlb, tlb2_page_set(&mmu->tlb, va), VA_PAGE(va), asid);
    uint64_t inside = PAGE_SIZE - 1;

    if (!entry) {
        entry = tlb2_match(&mmu->tlb, tlb2_block_set(&mmu->tlb, va), VA_BLOCK(va), asid);
        inside = 2 * MIB - 1;
    }
    if (!entry)
        return false;
    out->phys = entry->phys | (va & inside);
    out->attr = entry->attr;
    out->mair = entry->mair;
    out->sh = entry->sh;
    return true;
}

static void tlb2_fill(struct mmu *mmu, uint64_t va, const struct translation *tr,
                      unsigned size_log2)
{
    struct tlb *tlb = &mmu->tlb;
    bool block = size_log2 >= 21;
    struct tlb2_entry *ways = block ? tlb2_block_set(tlb, va) : tlb2_page_set(tlb, va);
    struct tlb2_entry *entry = &ways[0];
    uint64_t inside = block ? 2 * MIB - 1 : PAGE_SIZE - 1;

    /* Replace a dead way, else the older one. */
    if (tlb2_alive(tlb, entry) && (!tlb2_alive(tlb, &ways[1]) || ways[1].stamp < entry->stamp))
        entry = &ways[1];
    if (size_log2 > 21)
        tlb->large_blocks = true;
    entry->page = block ? VA_BLOCK(va) : VA_PAGE(va);
    entry->phys = tr->phys & ~inside;
    entry->stamp = ++tlb->now;
    entry->asid = mmu_asid(mmu);
    entry->attr = tr->attr;
    entry->mair = tr->mair;
    entry->sh = tr->sh;
}

/* --- Translation --- */

static bool top_byte_ok(const struct mmu *mmu, uint64_t va)
{
    bool high = bit_get(va, 55);

    if (bit_get(mmu->regs.tcr, high ? 38 : 37)) /* TCR.TBI1, TBI0 */
        return true;
    return (va >> 56) == (high ? 0xff : 0);
}

static bool translate_off(struct mmu *mmu, uint64_t va, enum access access, struct translation *out)
{
    bool tagged = bit_get(mmu->regs.tcr, bit_get(va, 55) ? 38 : 37); /* TCR.TBI1, TBI0 */

    if (bits_get(va, 48, tagged ? 8 : 16)) {
        mmu->fault = (struct mmu_fault){.address = va, .status = FAULT_ADDRESS_SIZE};
        return false;
    }
    out->phys = va & 0x0000ffffffffffffull;
    out->attr = TLB_EL1_READ | TLB_EL1_WRITE | TLB_EL1_EXEC | TLB_EL0_READ | TLB_EL0_WRITE |
                TLB_EL0_EXEC | TLB_GLOBAL | TLB_DEVICE;
    out->mair = 0;
    out->sh = 2;
    (void)access;
    return true;
}

bool mmu_translate(struct mmu *mmu, uint64_t va, enum access access, unsigned el, bool pan,
                   struct translation *out)
{
    unsigned size_log2, level;

    mmu->misses++;
    if (!bit_get(mmu->regs.sctlr, 0)) {
        if (translate_off(mmu, va, access, out))
            return true;
    } else if (!top_byte_ok(mmu, va)) {
        mmu->fault = (struct mmu_fault){.address = va, .status = FAULT_TRANSLATION};
    } else {
        bool e0pd = el == 0 && bit_get(mmu->regs.tcr, bit_get(va, 55) ? 56 : 55); /* E0PD1, E0PD0 */

        if (e0pd)
            mmu->fault = (struct mmu_fault){.address = va, .status = FAULT_TRANSLATION};
        else if (tlb2_find(mmu, va, out) && tlb_permits(out->attr, access, el, pan) &&
                 !(access == ACCESS_WRITE && (out->attr & TLB_CLEAN)))
            return true;
        else if (walk(mmu, va, access, el, pan, out, &size_log2, &level)) {
            if (tlb_permits(out->attr, access, el, pan)) {
                tlb2_fill(mmu, va, out, size_log2);
                return true;
            }
            mmu->fault =
                (struct mmu_fault){.address = va, .status = (uint8_t)(FAULT_PERMISSION + level)};
        }
    }
    mmu->fault.write = access == ACCESS_WRITE;
    mmu->fault.fetch = access == ACCESS_FETCH;
    if (log_on(mmu->log, LOG_MMU))
        log_line(mmu->log, LOG_MMU, "%s of 0x%016llx from EL%u: fault status 0x%02x",
                 access == ACCESS_FETCH   ? "fetch"
                 : access == ACCESS_WRITE ? "write"
                                          : "read",
                 (unsigned long long)va, el, mmu->fault.status);
    return false;
}

bool mmu_fetch(struct mmu *mmu, uint64_t va, uint64_t *phys, const uint8_t **host)
{
    struct translation tr;
    bool shared, block;

    if (!mmu_translate(mmu, va, ACCESS_FETCH, mmu->el, false, &tr))
        return false;
    shared = mmu->el && !mmu->bank->own_context;
    block = tr.attr & TLB_BLOCK; /* TLBI may name any address of it */
    if (shared && !(tr.attr & TLB_GLOBAL)) {
        mmu->bank->own_context = true; /* a number that nothing was found under so far */
        context_choose(mmu);
        shared = false;
    }
    exec_add(shared ? &mmu->tlb.kernel_fetched : &mmu->bank->fetched, va, block);
    *phys = tr.phys;
    *host = bus_ram_pointer(mmu->bus, tr.phys, 4);
    if (*host)
        return true;
    mmu->fault = (struct mmu_fault){.address = va, .status = FAULT_EXTERNAL, .fetch = true};
    return false;
}

/* --- Maintenance. More may be forgotten than was asked; never less. --- */

/* The floors rose: the banks in use must not be stale; the others look when they are chosen. */
static void refresh(struct mmu *mmu)
{
    mmu_context_changed(mmu);
}

void mmu_tlbi_all(struct mmu *mmu)
{
    mmu->tlb.floor_all = mmu->tlb.now++;
    mmu->tlb.large_blocks = false;
    kernel_context_renew(mmu);
    refresh(mmu);
}

void mmu_tlbi_asid(struct mmu *mmu, uint16_t asid)
{
    mmu->tlb.floor_asid[asid & 255] = mmu->tlb.now++;
    refresh(mmu);
}

static void tlb2_drop(struct tlb2_entry ways[2], uint64_t page, uint16_t asid, bool all_asids)
{
    for (unsigned way = 0; way < 2; way++)
        if (ways[way].page == page &&
            (all_asids || (ways[way].attr & TLB_GLOBAL) || ways[way].asid == asid))
            ways[way].stamp = 0;
}

static void bank_drop_va(struct mmu *mmu, struct tlb_bank *bank, uint64_t va)
{
    unsigned index = (va >> PAGE_SHIFT) % TLB_ENTRIES;
    struct tlb_entry *entry = &bank->entry[index];
    uint64_t never = (uint64_t)(index ^ 1) << PAGE_SHIFT;

    if (bank->block_filter & 1ull << ((va >> 21) & 63)) {
        bank_clear(mmu, bank); /* fragments of the block may sit at any index */
        return;
    }
    if (VA_PAGE(entry->tag_read) == VA_PAGE(va))
        entry->tag_read = never;
    if (VA_PAGE(entry->tag_write) == VA_PAGE(va))
        entry->tag_write = never;
    if (exec_has(&bank->fetched, va))
        bank_context_renew(mmu, bank);
}

/* What is kept for this one page of 4 KiB, or for the block it is in. */
static void drop_page(struct mmu *mmu, uint64_t va, uint16_t asid, bool all_asids)
{
    struct tlb *tlb = &mmu->tlb;

    tlb2_drop(tlb2_page_set(tlb, va), VA_PAGE(va), asid, all_asids);
    tlb2_drop(tlb2_block_set(tlb, va), VA_BLOCK(va), asid, all_asids);
    if (tlb->large_blocks) {
        /* A mapping above 2 MiB has fragments anywhere: forget every fragment. */
        for (unsigned i = 0; i < TLB2_BLOCKS; i++)
            tlb->block[i][0].stamp = tlb->block[i][1].stamp = 0;
        for (unsigned i = 0; i < TLB_BANKS; i++)
            if (tlb->bank[i].key)
                bank_clear(mmu, &tlb->bank[i]);
        kernel_context_renew(mmu);
        tlb->large_blocks = false;
    }
    for (unsigned i = 0; i < TLB_BANKS; i++)
        if (tlb->bank[i].key && !bank_stale(mmu, &tlb->bank[i]))
            bank_drop_va(mmu, &tlb->bank[i], va);
    if (exec_has(&tlb->kernel_fetched, va))
        kernel_context_renew(mmu);
    context_choose(mmu);
}

/* A page of 16 or 64 KiB is kept as pieces of 4 KiB, all of which its address names. */
void mmu_tlbi_va(struct mmu *mmu, uint64_t va, uint16_t asid, bool all_asids)
{
    uint64_t size = 1ull << walk_granule_log2(mmu->regs.tcr, bit_get(va, 55));

    va = align_down(va, size);
    for (uint64_t at = va; at - va < size; at += PAGE_SIZE)
        drop_page(mmu, at, asid, all_asids);
}

void mmu_tlbi_range(struct mmu *mmu, uint64_t va, uint64_t pages, uint16_t asid, bool all_asids)
{
    if (pages > 256) {
        /* Global entries in the range are hit whatever the ASID, so nothing less than all will do.
         */
        mmu_tlbi_all(mmu);
        return;
    }
    for (uint64_t i = 0; i < pages; i++)
        drop_page(mmu, va + i * PAGE_SIZE, asid, all_asids);
}

void mmu_drop_writes(struct mmu *mmu, uint64_t phys_page)
{
    for (unsigned i = 0; i < TLB_BANKS; i++)
        for (unsigned j = 0; j < TLB_ENTRIES; j++)
            if (phys_page == ~0ull || mmu->tlb.bank[i].entry[j].phys == phys_page)
                mmu->tlb.bank[i].entry[j].tag_write = (uint64_t)(j ^ 1) << PAGE_SHIFT;
}
