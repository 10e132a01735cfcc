/* The slow path of guest accesses: what misses the inline probe. Translates, refills the bank,
 * splits what crosses a page, and goes to RAM or to the bus. */
#include <stdatomic.h>
#include <string.h>

#include "mmu/bank.h"
#include "mmu/ram.h"

/* Nobody has to be told of stores to this page; whoever wants to be finds the flag. */
static bool may_write_fast(_Atomic uint8_t *flags)
{
    uint8_t now = atomic_load(flags);

    if (!(now & (PAGE_CODE | PAGE_WRITE_TLB)))
        now = atomic_fetch_or(flags, PAGE_WRITE_TLB);
    return !(now & PAGE_CODE);
}

/* Where the Allocation Tag of the memory at `phys` is; NULL: it has none. */
static uint8_t *tag_place(const struct translation *tr, const struct ram_block *ram, uint64_t phys)
{
    bool tagged = ram && ram->tags && (tr->attr & TLB_TAGGED);

    return tagged ? ram->tags + (phys - ram->base) / TAG_GRANULE : NULL;
}

/* Is some byte of these watched? */
static bool is_watched(const struct mmu *mmu, uint64_t va, uint64_t size)
{
    va = bits_get(va, 0, 56);
    for (unsigned i = 0; i < mmu->watch.count; i++)
        if (tlb_in_span(va, mmu->watch.span[i]) || mmu->watch.span[i].from - va < size)
            return true;
    return false;
}

/* Makes the bank's entry for a page of RAM. A write entry is fast only when nothing has to be told
 * of stores. */
static void refill(struct mmu *mmu, struct tlb_bank *bank, uint64_t va,
                   const struct translation *tr, struct ram_block *ram, unsigned el, bool pan,
                   bool written)
{
    uint64_t page = va & ~(PAGE_SIZE - 1);
    unsigned index = (va >> PAGE_SHIFT) % TLB_ENTRIES;
    struct tlb_entry *entry = &bank->entry[index];
    uint64_t never = tlb_never(index);
    uint64_t phys = tr->phys & ~(PAGE_SIZE - 1);
    _Atomic uint8_t *flags = &ram->page_flags[(phys - ram->base) >> PAGE_SHIFT];
    bool fast = tlb_permits(tr->attr, ACCESS_WRITE, el, pan) && !(tr->attr & TLB_CLEAN) &&
                (ram->kind == RAM_NORMAL || (ram->kind == RAM_VIDEO && written));

    /* Device memory faults when unaligned. With the MMU off all is Device: then blocks check
     * alignment themselves. */
    if ((tr->attr & TLB_DEVICE) && bit_get(mmu->regs.sctlr, 0))
        return;
    if (unlikely(is_watched(mmu, page, PAGE_SIZE)))
        return;
    entry->tag_write = fast && may_write_fast(flags) ? page : never;
    entry->tag_read = tlb_permits(tr->attr, ACCESS_READ, el, pan) ? page : never;
    entry->addend = (uint64_t)(uintptr_t)(ram->host + (phys - ram->base)) - page;
    entry->phys = phys;
    bank->tags[index] = tag_place(tr, ram, phys);
    if (entry->tag_write == page)
        va_filter_add(&bank->written, phys, false);
    if (tr->attr & TLB_BLOCK)
        va_filter_add(&bank->fragments, va, true);
    if (tr->attr & TLB_GLOBAL)
        bank->global[bit_get(va, 55)] = true;
}

static bool fault_here(struct mmu *mmu, uint64_t va, unsigned status, bool write)
{
    mmu->fault = (struct mmu_fault){.address = va, .status = (uint8_t)status, .write = write};
    return false;
}

struct place {
    struct translation tr;
    struct ram_block *ram; /* NULL: a device, or nothing */
    uint8_t *host;
};

/* --- Pages of devices --- */

/* Devices are asked by turns, and lie at multiples of 64 KiB. */
static struct device_page *device_page(struct mmu *mmu, uint64_t va)
{
    return &mmu->device[(va >> 12 ^ va >> 16 ^ va >> 23) % DEVICE_PAGES];
}

static void remember_device(struct mmu *mmu, const struct tlb_bank *bank, uint64_t va,
                            const struct translation *tr, unsigned el)
{
    *device_page(mmu, va) = (struct device_page){
        .bank = bank,
        .page = va & ~(PAGE_SIZE - 1),
        .phys = tr->phys & ~(PAGE_SIZE - 1),
        .forgotten = mmu->tlb.forgotten,
        .attr = tr->attr,
        .read = tlb_permits(tr->attr, ACCESS_READ, el, mmu->pan),
        .write = tlb_permits(tr->attr, ACCESS_WRITE, el, mmu->pan) && !(tr->attr & TLB_CLEAN),
    };
}

/* The same translation as that of the access that was remembered? */
static bool device_again(struct mmu *mmu, const struct tlb_bank *bank, uint64_t va, bool write,
                         struct place *place)
{
    const struct device_page *known = device_page(mmu, va);

    if (known->bank != bank || known->page != (va & ~(PAGE_SIZE - 1)) ||
        known->forgotten != mmu->tlb.forgotten || !(write ? known->write : known->read))
        return false;
    place->tr.phys = known->phys | (va & (PAGE_SIZE - 1));
    place->tr.attr = known->attr;
    place->ram = NULL;
    return true;
}

static bool holds_code(const struct place *place)
{
    return atomic_load(&place->ram->page_flags[(place->tr.phys - place->ram->base) >> PAGE_SHIFT]) &
           PAGE_CODE;
}

static bool is_unprivileged(const struct mmu *mmu, unsigned flags)
{
    return (flags & ACCESS_UNPRIV) && mmu->el == 1 && !mmu->uao;
}

/* A watchpoint stops the access: mmu->fault. */
static bool watch_stops(struct mmu *mmu, uint64_t va, uint64_t size, bool write, unsigned flags)
{
    struct mmu_watched access = {va, size, write, is_unprivileged(mmu, flags) ? 0 : mmu->el};

    return is_watched(mmu, va, size) && mmu->watch.hit(mmu->watch.opaque, &access) &&
           !fault_here(mmu, access.va, FAULT_DEBUG, write);
}

/* The first run of -engine check goes by the second level; what the bank, which the second run
 * probes, says of the page has to be the same. When a guest changes its tables without a TLBI, the
 * second level may be filled again where the bank is not: either may be used then (D8.14,
 * break-before-make), and a difference would be the guest's. */
static void forget_other(struct mmu *mmu, struct tlb_bank *bank, uint64_t va,
                         const struct place *place)
{
    unsigned index = (va >> PAGE_SHIFT) % TLB_ENTRIES;
    struct tlb_entry *entry = &bank->entry[index];
    uint64_t page;

    if (place->ram && !((place->tr.attr & TLB_DEVICE) && bit_get(mmu->regs.sctlr, 0))) {
        page = place->tr.phys & ~(PAGE_SIZE - 1);
        if (entry->phys == page && bank->tags[index] == tag_place(&place->tr, place->ram, page))
            return;
    }
    entry->tag_read = entry->tag_write = tlb_never(index);
}

/* Translates one piece that stays on its page, and refills. */
static bool find_place(struct mmu *mmu, uint64_t va, bool write, unsigned flags,
                       struct place *place)
{
    bool unprivileged = is_unprivileged(mmu, flags);
    unsigned el = unprivileged ? 0 : mmu->el;
    struct tlb_bank *bank = unprivileged ? mmu->user : mmu->bank;
    bool found;

    if (!mmu->journal && device_again(mmu, bank, va, write, place))
        return true;
    found = mmu_translate(mmu, va, write ? ACCESS_WRITE : ACCESS_READ, el, mmu->pan, &place->tr);
    place->ram = found ? bus_ram(mmu->bus, place->tr.phys) : NULL;
    if (mmu->journal && mmu->journal->recording)
        forget_other(mmu, unprivileged ? mmu->journal->user : mmu->journal->bank, va, place);
    if (!place->ram) {
        if (found && !mmu->journal)
            remember_device(mmu, bank, va, &place->tr, el);
        return found;
    }
    place->host = place->ram->host + (place->tr.phys - place->ram->base);
    if (write && place->ram->kind == RAM_VIDEO) {
        unsigned epoch = atomic_load(&place->ram->epoch) & 1;

        atomic_fetch_or(&place->ram->page_flags[(place->tr.phys - place->ram->base) >> PAGE_SHIFT],
                        epoch ? PAGE_DIRTY1 : PAGE_DIRTY0);
    }
    if (!mmu->journal || mmu->journal->replaying)
        refill(mmu, bank, va, &place->tr, place->ram, el, mmu->pan, write);
    return true;
}

/* The same of an access to it. */
static bool locate(struct mmu *mmu, uint64_t va, uint64_t size, bool write, unsigned flags,
                   struct place *place)
{
    return find_place(mmu, va, write, flags, place) &&
           !(mmu->watch.count && watch_stops(mmu, va, size, write, flags));
}

/* Alignment first: it has priority over translation only when it depends on the address alone (D1,
 * prioritisation). */
static bool aligned_enough(struct mmu *mmu, uint64_t va, unsigned size, unsigned flags, bool write)
{
    if (is_aligned(va, size))
        return true;
    if ((flags & ACCESS_ALIGNED) || bit_get(mmu->regs.sctlr, 1)) /* SCTLR.A */
        return fault_here(mmu, va, FAULT_ALIGNMENT, write);
    return true;
}

static bool device_aligned(struct mmu *mmu, const struct place *place, uint64_t va, unsigned size,
                           bool write)
{
    /* With the MMU off, blocks have checked already: by element. */
    if (!(place->tr.attr & TLB_DEVICE) || !bit_get(mmu->regs.sctlr, 0) || is_aligned(va, size))
        return true;
    return fault_here(mmu, va, FAULT_ALIGNMENT, write);
}

/* An access that crosses into another page: both must be there, with the rights, before anything
 * is read or changed. A fault's address is the first byte that may not be accessed. */
static bool locate_both(struct mmu *mmu, uint64_t va, unsigned size, bool write, unsigned flags)
{
    struct place place;
    uint64_t next = align_down(va + size - 1, PAGE_SIZE);

    return locate(mmu, va, next - va, write, flags, &place) &&
           device_aligned(mmu, &place, va, size, write) &&
           locate(mmu, next, va + size - next, write, flags, &place) &&
           device_aligned(mmu, &place, va, size, write);
}

/* 16 bytes are accessed as two halves, but Device memory looks at the whole. */
static bool device_aligned128(struct mmu *mmu, uint64_t va, bool write, unsigned flags)
{
    struct place place;

    return is_aligned(va, 16) || (find_place(mmu, va, write, flags, &place) &&
                                  device_aligned(mmu, &place, va, 16, write));
}

/* --- The journal of -engine check --- */

static struct mmu_access *journal_add(struct mmu *mmu, uint64_t va, const struct place *place,
                                      unsigned size, bool write, uint64_t value)
{
    struct mmu_journal *journal = mmu->journal;
    struct mmu_access *access;

    if (journal->count == MMU_JOURNAL_MAX) {
        journal->diverged = true; /* a block cannot make so many accesses */
        journal->count--;
    }
    access = &journal->access[journal->count++];
    *access = (struct mmu_access){.va = va,
                                  .phys = place->tr.phys,
                                  .value = {value},
                                  .host = place->ram ? place->host : NULL,
                                  .size = (uint8_t)size,
                                  .write = write};
    if (place->ram)
        access->old[0] = ram_read(place->host, size);
    return access;
}

/* The next MMIO access of the record must be this one. */
static bool journal_replay(struct mmu *mmu, uint64_t va, unsigned size, bool write, uint64_t *value)
{
    struct mmu_journal *journal = mmu->journal;

    while (journal->replayed < journal->count && journal->access[journal->replayed].host)
        journal->replayed++;
    if (journal->replayed < journal->count) {
        struct mmu_access *access = &journal->access[journal->replayed++];

        if (access->va == va && access->size == size && access->write == write &&
            (!write || access->value[0] == *value)) {
            *value = access->value[0];
            return !access->failed || fault_here(mmu, va, FAULT_EXTERNAL, write);
        }
    }
    journal->diverged = true;
    return true;
}

void mmu_journal_record(struct mmu *mmu, struct mmu_journal *journal)
{
    journal->count = 0;
    journal->replayed = 0;
    journal->recording = true;
    journal->replaying = false;
    journal->diverged = false;
    journal->bank = mmu->bank;
    journal->user = mmu->user;
    mmu->journal = journal;
    mmu->bank = mmu->user = &mmu->tlb.bank[TLB_BANKS];
}

void mmu_journal_rewind(struct mmu *mmu)
{
    struct mmu_journal *journal = mmu->journal;

    for (unsigned i = journal->count; i-- > 0;) {
        struct mmu_access *access = &journal->access[i];

        if (access->write && access->host) {
            memcpy(&access->value[1], access->host, access->size > 8 ? 8 : access->size);
            memcpy(access->host, access->old, access->size);
        }
    }
    journal->recording = false;
    journal->replaying = true;
    mmu->user = journal->user;
    mmu_context_changed(mmu);
}

void mmu_journal_stop(struct mmu *mmu)
{
    mmu->journal = NULL;
    mmu_context_changed(mmu);
}

/* The engines' probe, for atomics: NULL on a
 * miss. */
static uint8_t *probe(struct mmu *mmu, uint64_t va, unsigned size, bool write, uint64_t *phys)
{
    const struct tlb_entry *entry = &mmu->bank->entry[(va >> PAGE_SHIFT) % TLB_ENTRIES];
    uint64_t tag = write ? entry->tag_write : entry->tag_read;

    if ((va ^ tag) > PAGE_SIZE - size || mmu->journal)
        return NULL;
    *phys = entry->phys + (va & (PAGE_SIZE - 1));
    return (uint8_t *)(uintptr_t)(va + entry->addend);
}

/* The engines probe for both halves of a pair together: across a page end each may still be in the
 * bank. With the MMU off what is there is Device memory. */
static uint8_t *half_of_pair(struct mmu *mmu, uint64_t va, unsigned size, unsigned flags,
                             bool write)
{
    uint64_t phys;

    if ((flags & ACCESS_UNPRIV) || !bit_get(mmu->regs.sctlr, 0))
        return NULL;
    return probe(mmu, va, size, write, &phys);
}

/* For -d stats: what is done next is a device's work. */
static uint8_t begin_mmio(struct mmu *mmu)
{
    mmu->mmio++;
    return mmu_activity(mmu, ACTIVITY_DEVICE);
}

/* --- Reads --- */

static struct mmu_value read_piece(struct mmu *mmu, uint64_t va, unsigned size, unsigned flags)
{
    const struct mmu_value failed = {0, false};
    struct place place;
    uint64_t value = 0;
    uint8_t before;
    bool ok;

    if (!locate(mmu, va, size, false, flags, &place) ||
        !device_aligned(mmu, &place, va, size, false))
        return failed;
    if (place.ram) {
        value = ram_read(place.host, size);
        if (mmu->journal && mmu->journal->recording)
            journal_add(mmu, va, &place, size, false, value);
        return (struct mmu_value){value, true};
    }
    if (mmu->journal && mmu->journal->replaying) {
        ok = journal_replay(mmu, va, size, false, &value);
        return (struct mmu_value){value, ok};
    }
    before = begin_mmio(mmu);
    ok = bus_mmio_read(mmu->bus, mmu->cpu_index, place.tr.phys, size, &value) ||
         fault_here(mmu, va, FAULT_EXTERNAL, false);
    mmu_activity(mmu, before);
    if (mmu->journal)
        journal_add(mmu, va, &place, size, false, value)->failed = !ok;
    return (struct mmu_value){value, ok};
}

struct mmu_value mmu_read(struct mmu *mmu, uint64_t va, unsigned size, unsigned flags)
{
    struct mmu_value result = {0, true};
    uint8_t *host;

    if (!aligned_enough(mmu, va, size, flags, false))
        return (struct mmu_value){0, false};
    host = half_of_pair(mmu, va, size, flags, false);
    if (host)
        return (struct mmu_value){ram_read(host, size), true};
    if ((va & (PAGE_SIZE - 1)) + size <= PAGE_SIZE)
        return read_piece(mmu, va, size, flags);
    if (!locate_both(mmu, va, size, false, flags))
        return (struct mmu_value){0, false};
    for (unsigned i = 0; i < size; i++) {
        struct mmu_value byte = read_piece(mmu, va + i, 1, flags);

        if (!byte.ok)
            return byte;
        result.value |= byte.value << 8 * i;
    }
    return result;
}

bool mmu_read128(struct mmu *mmu, uint64_t va, uint64_t value[2], unsigned flags)
{
    struct mmu_value low, high;

    if ((flags & ACCESS_ALIGNED) && !aligned_enough(mmu, va, 16, flags, false))
        return false;
    if (!device_aligned128(mmu, va, false, flags))
        return false;
    low = mmu_read(mmu, va, 8, flags & ~ACCESS_ALIGNED);
    if (!low.ok)
        return false;
    high = mmu_read(mmu, va + 8, 8, flags & ~ACCESS_ALIGNED);
    if (!high.ok)
        return false;
    value[0] = low.value;
    value[1] = high.value;
    return true;
}

/* --- Writes --- */

static bool write_piece(struct mmu *mmu, uint64_t va, unsigned size, uint64_t value, unsigned flags)
{
    struct place place;
    uint8_t before;
    bool ok;

    if (!locate(mmu, va, size, true, flags, &place) || !device_aligned(mmu, &place, va, size, true))
        return false;
    if (place.ram) {
        if (mmu->journal && mmu->journal->recording)
            journal_add(mmu, va, &place, size, true, value);
        if (place.ram->kind == RAM_ROM) {
            log_line(mmu->log, LOG_GUEST_ERRORS, "store to ROM at physical 0x%llx ignored",
                     (unsigned long long)place.tr.phys);
            return true;
        }
        ram_write(place.host, size, value);
        if (holds_code(&place))
            bus_written(mmu->bus, place.tr.phys, size);
        return true;
    }
    if (mmu->journal && mmu->journal->replaying)
        return journal_replay(mmu, va, size, true, &value);
    before = begin_mmio(mmu);
    ok = bus_mmio_write(mmu->bus, mmu->cpu_index, place.tr.phys, size, value) ||
         fault_here(mmu, va, FAULT_EXTERNAL, true);
    mmu_activity(mmu, before);
    if (mmu->journal)
        journal_add(mmu, va, &place, size, true, value)->failed = !ok;
    return ok;
}

bool mmu_write(struct mmu *mmu, uint64_t va, unsigned size, uint64_t value, unsigned flags)
{
    uint8_t *host;

    if (!aligned_enough(mmu, va, size, flags, true))
        return false;
    host = half_of_pair(mmu, va, size, flags, true);
    if (host) {
        ram_write(host, size, value);
        return true;
    }
    if ((va & (PAGE_SIZE - 1)) + size <= PAGE_SIZE)
        return write_piece(mmu, va, size, value, flags);
    if (!locate_both(mmu, va, size, true, flags))
        return false;
    for (unsigned i = 0; i < size; i++)
        if (!write_piece(mmu, va + i, 1, value >> 8 * i, flags))
            return false;
    return true;
}

bool mmu_write128(struct mmu *mmu, uint64_t va, const uint64_t value[2], unsigned flags)
{
    if ((flags & ACCESS_ALIGNED) && !aligned_enough(mmu, va, 16, flags, true))
        return false;
    flags &= ~(unsigned)ACCESS_ALIGNED;
    if (!device_aligned128(mmu, va, true, flags) ||
        ((va & (PAGE_SIZE - 1)) + 16 > PAGE_SIZE && !locate_both(mmu, va, 16, true, flags)))
        return false;
    return mmu_write(mmu, va, 8, value[0], flags) && mmu_write(mmu, va + 8, 8, value[1], flags);
}

bool mmu_may_store(struct mmu *mmu, uint64_t va, unsigned size)
{
    return !watch_stops(mmu, va, size, true, 0);
}

bool mmu_zero(struct mmu *mmu, uint64_t va, unsigned size)
{
    struct place place;
    uint64_t phys;
    uint8_t *host = NULL;

    if (bit_get(mmu->regs.sctlr, 0)) /* with the MMU off the bank's entries are Device memory */
        host = probe(mmu, va, size, true, &phys);
    if (host) {
        memset(host, 0, size);
        return true;
    }
    if (!locate(mmu, va, size, true, 0, &place))
        return false;
    if (place.tr.attr & TLB_DEVICE)
        return fault_here(mmu, va, FAULT_ALIGNMENT, true);
    for (unsigned i = 0; i < size; i += 8)
        if (!mmu_write(mmu, va + i, 8, 0, 0))
            return false;
    return true;
}

void *mmu_atomic_pointer(struct mmu *mmu, uint64_t va, unsigned size, bool write, uint64_t *phys)
{
    struct place place;
    uint8_t *host;

    if ((va & 15) + size > 16) {
        fault_here(mmu, va, FAULT_ALIGNMENT, write);
        return NULL;
    }
    host = probe(mmu, va, size, write, phys);
    if (host)
        return host;
    if (!locate(mmu, va, size, write, 0, &place) || !device_aligned(mmu, &place, va, size, write))
        return NULL;
    if (!place.ram || (write && place.ram->kind == RAM_ROM)) {
        /* What is not memory has no monitor: the bus answers with an abort (B2.9.2 permits it). */
        fault_here(mmu, va, place.ram ? FAULT_UNSUPPORTED_ATOMIC : FAULT_EXTERNAL, write);
        return NULL;
    }
    if (write && holds_code(&place))
        bus_written(mmu->bus, place.tr.phys,
                    size); /* about to be: nothing is translated in between */
    *phys = place.tr.phys;
    return place.host;
}

/* --- Block operations --- */

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A piece of a page that is read or written at once; `host` is NULL where that is not possible. */
struct piece {
    uint64_t va;
    unsigned flags;
    uint8_t *host;
    bool code;
    uint64_t phys;
};

/* Finds the memory; what is no RAM, or takes no store, has no host address. */
static bool find_piece(struct mmu *mmu, struct piece *piece, bool write)
{
    struct place place;

    piece->code = false;
    if (!(piece->flags & ACCESS_UNPRIV)) {
        piece->host = probe(mmu, piece->va, 1, write, &piece->phys);
        if (piece->host)
            return true;
    }
    if (!find_place(mmu, piece->va, write, piece->flags, &place))
        return false;
    piece->host = NULL;
    if (place.ram && !(write && place.ram->kind == RAM_ROM)) {
        piece->host = place.host;
        piece->phys = place.tr.phys;
        piece->code = write && holds_code(&place);
    }
    return true;
}

static void piece_written(struct mmu *mmu, const struct piece *piece, uint64_t size)
{
    if (piece->code)
        bus_written(mmu->bus, piece->phys, size);
}

/* How many of `size` bytes from va, or down from its end, lie on one page. */
static uint64_t on_page(uint64_t va, uint64_t size)
{
    return smaller(size, PAGE_SIZE - (va & (PAGE_SIZE - 1)));
}

static uint64_t on_last_page(uint64_t va, uint64_t size)
{
    return smaller(size, ((va + size - 1) & (PAGE_SIZE - 1)) + 1);
}

uint64_t mmu_fill(struct mmu *mmu, uint64_t va, uint64_t size, uint8_t value, unsigned flags)
{
    struct piece to = {.va = va, .flags = flags};

    size = on_page(va, size);
    if (!find_piece(mmu, &to, true) || watch_stops(mmu, va, size, true, flags))
        return 0;
    if (!to.host)
        return write_piece(mmu, va, 1, value, flags);
    memset(to.host, value, size);
    piece_written(mmu, &to, size);
    return size;
}

/* The pieces are all there is to copy. One byte, by way of a value, where one of them is no RAM;
 * that is the last one if `last`. Loads come first, so do their faults. */
static uint64_t copy_piece(struct mmu *mmu, struct piece *to, struct piece *from, uint64_t size,
                           bool last)
{
    uint64_t offset = last ? size - 1 : 0;
    struct mmu_value byte;

    to->va += offset;
    from->va += offset;
    if (!find_piece(mmu, from, false) ||
        watch_stops(mmu, from->va - offset, size, false, from->flags) ||
        !find_piece(mmu, to, true) || watch_stops(mmu, to->va - offset, size, true, to->flags))
        return 0;
    if (to->host && from->host) {
        memmove(to->host - offset, from->host - offset, size);
        to->phys -= offset;
        piece_written(mmu, to, size);
        return size;
    }
    byte = read_piece(mmu, from->va, 1, from->flags);
    return byte.ok && write_piece(mmu, to->va, 1, byte.value, to->flags);
}

uint64_t mmu_copy(struct mmu *mmu, uint64_t to, uint64_t from, uint64_t size, unsigned to_flags,
                  unsigned from_flags)
{
    struct piece target = {.va = to, .flags = to_flags}, source = {.va = from, .flags = from_flags};

    return copy_piece(mmu, &target, &source, on_page(to, on_page(from, size)), false);
}

uint64_t mmu_copy_last(struct mmu *mmu, uint64_t to, uint64_t from, uint64_t size,
                       unsigned to_flags, unsigned from_flags)
{
    uint64_t first = size - smaller(on_last_page(to, size), on_last_page(from, size));
    struct piece target = {.va = to + first, .flags = to_flags};
    struct piece source = {.va = from + first, .flags = from_flags};

    return copy_piece(mmu, &target, &source, size - first, true);
}

/* --- Allocation Tags --- */

struct mmu_tag mmu_tag(struct mmu *mmu, uint64_t va, bool write, unsigned flags)
{
    unsigned index = (va >> PAGE_SHIFT) % TLB_ENTRIES;
    struct place place;
    uint64_t phys;

    if (!(flags & ACCESS_UNPRIV) && probe(mmu, va, 1, write, &phys)) {
        uint8_t *page = mmu->bank->tags[index];

        return (struct mmu_tag){page ? page + (va & (PAGE_SIZE - 1)) / TAG_GRANULE : NULL, true};
    }
    if (!find_place(mmu, va, write, flags, &place))
        return (struct mmu_tag){NULL, false};
    return (struct mmu_tag){tag_place(&place.tr, place.ram, place.tr.phys), true};
}

uint64_t mmu_tags_agree(struct mmu *mmu, uint64_t va, uint64_t size, bool write, unsigned flags)
{
    uint8_t tag = (uint8_t)bits_get(va, 56, 4);
    struct mmu_tag here = {NULL, false};
    uint64_t done = 0;

    while (done < size) {
        uint64_t at = va + done;

        if (done && (at & (PAGE_SIZE - 1)))
            here.at += here.at ? 1 : 0;
        else
            here = mmu_tag(mmu, at, write, flags);
        if (!here.ok)
            return size;
        if (here.at && *here.at != tag)
            return done;
        done += TAG_GRANULE - (at & (TAG_GRANULE - 1));
    }
    return size;
}

bool mmu_monitored_as_read(const struct mmu *mmu)
{
    const void *host = mmu->exclusive.host;
    uint64_t value = mmu->exclusive.value[0];

    switch (mmu->exclusive.size) {
    case 1:
        return __atomic_load_n((const uint8_t *)host, __ATOMIC_RELAXED) == (uint8_t)value;
    case 2:
        return __atomic_load_n((const uint16_t *)host, __ATOMIC_RELAXED) == (uint16_t)value;
    case 4:
        return __atomic_load_n((const uint32_t *)host, __ATOMIC_RELAXED) == (uint32_t)value;
    default: /* of a pair, its first half */
        return __atomic_load_n((const uint64_t *)host, __ATOMIC_RELAXED) == value;
    }
}
