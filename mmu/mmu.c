/* Translation contexts, and the ways of a translation: see tlb.h and mmu.h. */
#include "mmu/mmu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mmu/bank.h"
#include "mmu/tlb2.h"
#include "mmu/walk.h"

enum {
    KEY_USED = 1 << 0,
    KEY_EL1 = 1 << 1,
    KEY_PAN = 1 << 2,
    KEY_MMU = 1 << 3,
};

/* --- Contexts --- */

void kernel_context_renew(struct tlb *tlb)
{
    tlb->kernel_context = tlb->next_context++;
    memset(&tlb->kernel_fetched, 0, sizeof(tlb->kernel_fetched));
    tlb->kernel_half[0] = tlb->kernel_half[1] = false;
}

void bank_context_renew(struct tlb *tlb, struct tlb_bank *bank)
{
    bank->context = tlb->next_context++;
    memset(&bank->fetched, 0, sizeof(bank->fetched));
}

void context_choose(struct mmu *mmu)
{
    bool shared = mmu->el && !mmu->bank->own_context;

    mmu->context = shared ? mmu->tlb.kernel_context : mmu->bank->context;
}

void mmu_renumber_contexts(struct mmu *mmu)
{
    mmu->tlb.next_context = 1;
    kernel_context_renew(&mmu->tlb);
    for (unsigned i = 0; i <= TLB_BANKS; i++)
        bank_context_renew(&mmu->tlb, &mmu->tlb.bank[i]);
    context_choose(mmu);
}

/* Notes a fetch from va, and in which context it counts. */
static void fetched(struct mmu *mmu, uint64_t va, uint16_t attr)
{
    struct tlb_bank *bank = mmu->bank;
    bool shared;

    if (mmu->el && !bank->own_context && !(attr & TLB_GLOBAL)) {
        bank->own_context = true; /* a number that nothing was found under so far */
        context_choose(mmu);
    }
    shared = mmu->el && !bank->own_context;
    va_filter_add(shared ? &mmu->tlb.kernel_fetched : &bank->fetched, va, attr & TLB_BLOCK);
    if (shared)
        mmu->tlb.kernel_half[bit_get(va, 55)] = true;
    if (attr & TLB_GLOBAL)
        bank->global[bit_get(va, 55)] = true;
}

/* --- Banks --- */

static void bank_clear(struct mmu *mmu, struct tlb_bank *bank)
{
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        bank->entry[i].tag_read = bank->entry[i].tag_write = tlb_never(i);
    latches_clear(bank);
    bank->stamp = mmu->tlb.now;
    mmu->tlb.forgotten++;
    bank->own_context = bank->global[0] = bank->global[1] = false;
    memset(&bank->fragments, 0, sizeof(bank->fragments));
    memset(&bank->written, 0, sizeof(bank->written));
    bank_context_renew(&mmu->tlb, bank);
}

/* The bank of a context: the one it has, or the one used longest ago. */
static struct tlb_bank *bank_choose(struct mmu *mmu, uint64_t key)
{
    struct tlb_bank *oldest = NULL;

    for (unsigned i = 0; i < TLB_BANKS; i++) {
        struct tlb_bank *bank = &mmu->tlb.bank[i];

        if (bank->key == key) {
            if (bank_stale(&mmu->tlb, bank))
                bank_clear(mmu, bank);
            return bank;
        }
        if (bank != mmu->bank && bank != mmu->user && (!oldest || bank->used < oldest->used))
            oldest = bank;
    }
    oldest->key = key;
    bank_clear(mmu, oldest);
    return oldest;
}

uint16_t mmu_asid(const struct mmu *mmu)
{
    uint64_t ttbr = bit_get(mmu->regs.tcr, 22) ? mmu->regs.ttbr1 : mmu->regs.ttbr0; /* TCR.A1 */

    return (uint16_t)(bit_get(mmu->regs.tcr, 36) ? ttbr >> 48 : (ttbr >> 48) & 0xff); /* TCR.AS */
}

static unsigned chosen_bit(unsigned el, bool pan)
{
    return el ? 2u << pan : 1u;
}

/* It never takes a bank that is marked as chosen: at most three are, and all others are older. */
static void choose_banks(struct mmu *mmu)
{
    uint64_t shared = KEY_USED | (uint64_t)mmu_asid(mmu) << TLB_KEY_ASID_SHIFT;
    uint64_t key;

    if (bit_get(mmu->regs.sctlr, 0))
        shared |= KEY_MMU;
    key = shared;
    if (mmu->el)
        key |= KEY_EL1 | (mmu->pan ? KEY_PAN : 0);
    mmu->tlb.now++;
    if (mmu->user->key != shared || bank_stale(&mmu->tlb, mmu->user))
        mmu->user = bank_choose(mmu, shared);
    mmu->user->used = mmu->tlb.now;
    mmu->bank = mmu->user;
    if (mmu->el) {
        struct tlb_bank **kernel = &mmu->kernel[mmu->pan];

        if ((*kernel)->key != key || bank_stale(&mmu->tlb, *kernel))
            *kernel = bank_choose(mmu, key);
        (*kernel)->used = mmu->tlb.now;
        mmu->bank = *kernel;
    }
    mmu->chosen |= (uint8_t)(chosen_bit(0, false) | chosen_bit(mmu->el, mmu->pan));
    context_choose(mmu);
}

void mmu_context_changed(struct mmu *mmu)
{
    mmu->chosen = 0;
    choose_banks(mmu);
}

void mmu_level_changed(struct mmu *mmu)
{
    if (!(mmu->chosen & chosen_bit(mmu->el, mmu->pan))) {
        choose_banks(mmu);
        return;
    }
    mmu->bank = mmu->el ? mmu->kernel[mmu->pan] : mmu->user;
    context_choose(mmu);
}

bool mmu_init(struct mmu *mmu, struct bus *bus, struct log *log)
{
    memset(mmu, 0, sizeof(*mmu));
    mmu->bus = bus;
    mmu->log = log;
    mmu->el = 1;
    mmu->physical_bits = 48;
    mmu->tlb.bank = aligned_alloc(64, align_up((TLB_BANKS + 1) * sizeof(struct tlb_bank), 64));
    if (!mmu->tlb.bank)
        return false;
    memset(mmu->tlb.bank, 0, (TLB_BANKS + 1) * sizeof(struct tlb_bank));
    mmu->tlb.now = 1;
    mmu->tlb.next_context = 1;
    mmu->bank = &mmu->tlb.bank[0];
    mmu->user = &mmu->tlb.bank[1];
    mmu->kernel[0] = mmu->kernel[1] = &mmu->tlb.bank[0];
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

/* --- Translation --- */

static bool top_byte_ok(const struct mmu *mmu, uint64_t va, bool fetch)
{
    return mmu_ignores_top_byte(mmu, va, fetch) || (va >> 56) == (bit_get(va, 55) ? 0xff : 0);
}

static bool translate_off(struct mmu *mmu, uint64_t va, enum access access, struct translation *out)
{
    bool tagged = mmu_ignores_top_byte(mmu, va, access == ACCESS_FETCH);

    out->phys = bits_get(va, 0, tagged ? 56 : 64);
    if (out->phys >> mmu->physical_bits) {
        mmu->fault = (struct mmu_fault){.address = va, .status = FAULT_ADDRESS_SIZE};
        return false;
    }
    out->attr = TLB_EL1_READ | TLB_EL1_WRITE | TLB_EL1_EXEC | TLB_EL0_READ | TLB_EL0_WRITE |
                TLB_EL0_EXEC | TLB_GLOBAL | TLB_DEVICE;
    out->mair = 0;
    out->sh = 2;
    return true;
}

bool mmu_may_use(const struct mmu *mmu, uint16_t asid, uint64_t va, bool global)
{
    if (global && (bit_get(va, 55) || atomic_load(&mmu->low_global)))
        return true;
    /* As far as both have bits: TCR.AS of the other vCPU may differ. */
    return ((atomic_load(&mmu->asid_in_use) ^ asid) & 0xff) == 0;
}

bool mmu_publish(struct mmu *mmu)
{
    uint16_t asid = mmu_asid(mmu);

    if (asid == atomic_load_explicit(&mmu->asid_in_use, memory_order_relaxed))
        return false;
    atomic_store(&mmu->asid_in_use, asid);
    return true;
}

/* The first global translation of the lower half: others must know before it is read. */
static bool must_tell_of(struct mmu *mmu, uint64_t va, const struct translation *found)
{
    if (!(found->attr & TLB_GLOBAL) || bit_get(va, 55) ||
        atomic_load_explicit(&mmu->low_global, memory_order_relaxed))
        return false;
    atomic_store(&mmu->low_global, true);
    return true;
}

static bool walk_tables(struct mmu *mmu, uint64_t va, enum access access, unsigned el, bool pan,
                        struct translation *out, unsigned *size_log2, unsigned *level)
{
    uint8_t before = mmu_activity(mmu, ACTIVITY_WALKER);
    bool there = walk(mmu, va, access, el, pan, out, size_log2, level);

    if (there && must_tell_of(mmu, va, out))
        there = walk(mmu, va, access, el, pan, out, size_log2, level);
    mmu_activity(mmu, before);
    return there;
}

bool mmu_translate(struct mmu *mmu, uint64_t va, enum access access, unsigned el, bool pan,
                   struct translation *out)
{
    bool e0pd = !el && bit_get(mmu->regs.tcr, bit_get(va, 55) ? 56 : 55); /* E0PD1, E0PD0 */
    unsigned size_log2, level;

    mmu->misses++;
    if (!bit_get(mmu->regs.sctlr, 0)) {
        if (translate_off(mmu, va, access, out))
            return true;
    } else if (!top_byte_ok(mmu, va, access == ACCESS_FETCH) || e0pd) {
        mmu->fault = (struct mmu_fault){.address = va, .status = FAULT_TRANSLATION};
    } else if (likely(tlb2_find(mmu, va, out) && tlb_permits(out->attr, access, el, pan) &&
                      !(access == ACCESS_WRITE && (out->attr & TLB_CLEAN)))) {
        return true;
    } else if (walk_tables(mmu, va, access, el, pan, out, &size_log2, &level)) {
        if (tlb_permits(out->attr, access, el, pan)) {
            tlb2_fill(mmu, va, out, size_log2);
            return true;
        }
        mmu->fault =
            (struct mmu_fault){.address = va, .status = (uint8_t)(FAULT_PERMISSION + level)};
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

    if (!mmu_translate(mmu, va, ACCESS_FETCH, mmu->el, false, &tr))
        return false;
    fetched(mmu, va, tr.attr);
    mmu->guarded = tr.attr & TLB_GUARDED;
    *phys = tr.phys;
    *host = bus_ram_pointer(mmu->bus, tr.phys, 4);
    if (*host)
        return true;
    mmu->fault = (struct mmu_fault){.address = va, .status = FAULT_EXTERNAL, .fetch = true};
    return false;
}
