/* Stage 1 translation table walk, VMSAv8-64 (DDI 0487, D8.2 to D8.5): 4K, 16K and 64K granules. */
#include "mmu/walk.h"

#include <stdatomic.h>
#include <string.h>

struct regime {
    uint64_t table;      /* address of the first table */
    unsigned granule;    /* log2 of the granule in bytes */
    unsigned input_bits; /* 64 - TxSZ */
    unsigned level;      /* first level */
    unsigned output_bits;
    bool hpd; /* hierarchical permission disable */
};

static bool fault(struct mmu *mmu, uint64_t va, unsigned status)
{
    mmu->fault = (struct mmu_fault){.address = va, .status = (uint8_t)status};
    return false;
}

/* TCR_EL1.TG0 and TG1 encode the same three granules differently; reserved values mean 4K here
 * (IMPLEMENTATION DEFINED choice, D17.2 TCR_EL1). */
unsigned walk_granule_log2(uint64_t tcr, bool high)
{
    if (high) {
        switch (bits_get(tcr, 30, 2)) {
        case 1:
            return 14;
        case 3:
            return 16;
        default:
            return 12;
        }
    }
    switch (bits_get(tcr, 14, 2)) {
    case 1:
        return 16;
    case 2:
        return 14;
    default:
        return 12;
    }
}

/* TxSZ out of range: the nearest legal value (a permitted choice without FEAT_LVA). */
unsigned mmu_address_bits(const struct mmu *mmu, bool high)
{
    unsigned size = (unsigned)bits_get(mmu->regs.tcr, high ? 16 : 0, 6), largest = 39;

    if (mmu->small_tables)
        largest = walk_granule_log2(mmu->regs.tcr, high) == 16 ? 47 : 48;
    return 64 - (size < 16 ? 16 : size > largest ? largest : size);
}

/* TCR_EL1.IPS, which counts as what is implemented when it is more. */
static unsigned output_size(const struct mmu *mmu)
{
    static const uint8_t bits[8] = {32, 36, 40, 42, 44, 48, 48, 48};
    unsigned size = bits[bits_get(mmu->regs.tcr, 32, 3)];

    return size < mmu->physical_bits ? size : mmu->physical_bits;
}

/* Fills in the rest for the half that bit 55 picks, and checks the address against it. */
static bool regime_setup(struct mmu *mmu, uint64_t va, struct regime *r)
{
    uint64_t tcr = mmu->regs.tcr;
    bool high = bit_get(va, 55);
    uint64_t ttbr = high ? mmu->regs.ttbr1 : mmu->regs.ttbr0;
    unsigned stride, bits, table_bits;
    uint64_t above;

    if (bit_get(tcr, high ? 23 : 7)) /* EPD1, EPD0 */
        return fault(mmu, va, FAULT_TRANSLATION);
    r->input_bits = mmu_address_bits(mmu, high);
    above = bits_get(va, r->input_bits, 56 - r->input_bits);
    if (above != (high ? bits_ones(56 - r->input_bits) : 0))
        return fault(mmu, va, FAULT_TRANSLATION);
    stride = r->granule - 3;
    r->level = 3 - (r->input_bits - r->granule - 1) / stride;
    bits = r->input_bits - (r->granule + (3 - r->level) * stride);
    table_bits = bits + 3; /* the first table may be small; it is aligned to its size */
    r->table = bits_get(ttbr, 0, 48) & ~bits_ones(table_bits);
    if (r->table >> r->output_bits)
        return fault(mmu, va, FAULT_ADDRESS_SIZE);
    r->hpd = bit_get(tcr, high ? 42 : 41);
    return true;
}

static bool is_block_level(const struct regime *r, unsigned level)
{
    return level == 2 || (level == 1 && r->granule == 12);
}

struct leaf {
    _Atomic uint64_t *where;
    uint64_t at; /* physical address of the descriptor */
    uint64_t descriptor;
    unsigned level, size_log2;
    struct walk_limits limits;
};

/* --- The walk cache: tables of level 3, by what they translate --- */

static unsigned region_log2(unsigned granule)
{
    return 2 * granule - 3; /* of the granule's bytes, as many as a table has descriptors */
}

static struct walk_cache_entry *cache_slot(struct mmu *mmu, uint64_t va, unsigned granule)
{
    return &mmu->walk_cache[(va >> region_log2(granule)) % WALK_CACHE_ENTRIES];
}

static uint64_t ttbr_of(const struct mmu *mmu, uint64_t va)
{
    return bit_get(va, 55) ? mmu->regs.ttbr1 : mmu->regs.ttbr0;
}

static uint64_t region_of(uint64_t va, unsigned granule)
{
    return align_down(va & VA_PAGE_MASK, 1ull << region_log2(granule));
}

static void cache_add(struct mmu *mmu, uint64_t va, unsigned granule, uint64_t table,
                      struct walk_limits limits)
{
    *cache_slot(mmu, va, granule) = (struct walk_cache_entry){
        .region = region_of(va, granule),
        .ttbr = ttbr_of(mmu, va),
        .table = table,
        .stamp = ++mmu->tlb.now,
        .asid = mmu_asid(mmu),
        .limits = limits,
    };
}

static const struct walk_cache_entry *cache_find(struct mmu *mmu, uint64_t va, unsigned granule)
{
    const struct walk_cache_entry *entry = cache_slot(mmu, va, granule);

    if (entry->region == region_of(va, granule) && entry->ttbr == ttbr_of(mmu, va) &&
        entry->asid == mmu_asid(mmu) && entry->stamp > mmu->tlb.floor_all &&
        entry->stamp > mmu->tlb.floor_asid[entry->asid & 255])
        return entry;
    return NULL;
}

void walk_cache_drop(struct mmu *mmu, struct tlb_span span)
{
    unsigned granule = walk_granule_log2(mmu->regs.tcr, bit_get(span.from, 55));
    uint64_t size = 1ull << region_log2(granule), first = align_down(span.from, size);

    span.size += span.from - first;
    span.from = first;
    if (span.size > WALK_CACHE_ENTRIES * size)
        span.size = WALK_CACHE_ENTRIES * size; /* that is every slot */
    for (uint64_t at = first; at - first < span.size; at += size)
        cache_slot(mmu, at, granule)->stamp = 0;
}

/* Follows tables to a block or page descriptor: from the last table if that is known. */
static bool find_leaf(struct mmu *mmu, uint64_t va, struct leaf *leaf)
{
    struct regime r = {.granule = walk_granule_log2(mmu->regs.tcr, bit_get(va, 55)),
                       .output_bits = output_size(mmu)};
    const struct walk_cache_entry *known = cache_find(mmu, va, r.granule);
    unsigned stride = r.granule - 3, level = 3;
    uint64_t table;

    if (known) {
        table = known->table;
        leaf->limits = known->limits;
    } else {
        if (!regime_setup(mmu, va, &r))
            return false;
        level = r.level;
        table = r.table;
    }
    for (;; level++) {
        unsigned low = r.granule + (3 - level) * stride;
        unsigned top = level == r.level ? r.input_bits : low + stride;
        uint64_t at = table + 8 * bits_get(va, low, top - low);
        _Atomic uint64_t *where = bus_ram_pointer(mmu->bus, at, 8);
        uint64_t descriptor, address;

        if (!where)
            return fault(mmu, va, FAULT_EXTERNAL_WALK + level);
        descriptor = atomic_load_explicit(where, memory_order_relaxed);
        if (!(descriptor & 1) || (!(descriptor & 2) && !is_block_level(&r, level)))
            return fault(mmu, va, FAULT_TRANSLATION + level);
        if (!(descriptor & 2) || level == 3) {
            leaf->where = where;
            leaf->at = at;
            leaf->descriptor = descriptor;
            leaf->level = level;
            leaf->size_log2 = low;
            address = bits_get(descriptor, low, 48 - low) << low;
            if (address >> r.output_bits)
                return fault(mmu, va, FAULT_ADDRESS_SIZE + level);
            return true;
        }
        table = bits_get(descriptor, r.granule, 48 - r.granule) << r.granule;
        if (table >> r.output_bits)
            return fault(mmu, va, FAULT_ADDRESS_SIZE + level);
        if (!r.hpd) {
            leaf->limits.pxn |= bit_get(descriptor, 59);
            leaf->limits.uxn |= bit_get(descriptor, 60);
            leaf->limits.no_user |= bit_get(descriptor, 61);
            leaf->limits.no_write |= bit_get(descriptor, 62);
        }
        if (level == 2)
            cache_add(mmu, va, r.granule, table, leaf->limits);
    }
}

/* Access permissions of a leaf (D8.4); `clean`: writable through DBM, and not yet written. */
static uint16_t leaf_attr(const struct mmu *mmu, const struct leaf *leaf, uint64_t descriptor)
{
    bool user = bit_get(descriptor, 6) && !leaf->limits.no_user; /* AP<1> */
    bool read_only = bit_get(descriptor, 7);                     /* AP<2> */
    bool dbm = bit_get(descriptor, 51) && bit_get(mmu->regs.tcr, 39) && bit_get(mmu->regs.tcr, 40);
    bool write = (!read_only || dbm) && !leaf->limits.no_write;
    bool wxn = bit_get(mmu->regs.sctlr, 19);
    bool uxn = bit_get(descriptor, 54) || leaf->limits.uxn || (wxn && write && user);
    bool pxn = bit_get(descriptor, 53) || leaf->limits.pxn || (wxn && write) || (write && user);
    uint16_t attr = TLB_EL1_READ;

    if (write)
        attr |= TLB_EL1_WRITE;
    if (user)
        attr |= TLB_EL0_READ | TLB_USER;
    if (mmu->regs.sctlr >> 57 & 1 && !bit_get(descriptor, 54) && !leaf->limits.uxn) /* EPAN */
        attr |= TLB_USER;
    if (user && write)
        attr |= TLB_EL0_WRITE;
    if (!uxn)
        attr |= TLB_EL0_EXEC;
    if (!pxn)
        attr |= TLB_EL1_EXEC;
    if (write && read_only)
        attr |= TLB_CLEAN;
    if (!bit_get(descriptor, 11))
        attr |= TLB_GLOBAL;
    if (bit_get(descriptor, 50)) /* GP */
        attr |= TLB_GUARDED;
    return attr;
}

bool walk(struct mmu *mmu, uint64_t va, enum access access, unsigned el, bool pan,
          struct translation *out, unsigned *size_log2, unsigned *level)
{
    struct leaf leaf;
    uint64_t descriptor, updated, inside;

    mmu->walks++;
    memset(&leaf, 0, sizeof(leaf));
    for (;;) {
        if (!find_leaf(mmu, va, &leaf))
            return false;
        descriptor = updated = leaf.descriptor;
        if (!bit_get(descriptor, 10)) {      /* AF */
            if (!bit_get(mmu->regs.tcr, 39)) /* HA */
                return fault(mmu, va, FAULT_ACCESS_FLAG + leaf.level);
            updated |= 1ull << 10;
        }
        out->attr = leaf_attr(mmu, &leaf, descriptor);
        if (access == ACCESS_WRITE && (out->attr & TLB_CLEAN) && !mmu->probing &&
            tlb_permits(out->attr, access, el, pan)) {
            updated &= ~(1ull << 7); /* AP<2>: now dirty */
            out->attr &= (uint16_t)~TLB_CLEAN;
        }
        if (updated == descriptor)
            break;
        /* What cannot be written aborts, as a device does (D8.5.2 permits it). */
        if (bus_ram(mmu->bus, leaf.at)->kind == RAM_ROM)
            return fault(mmu, va, FAULT_EXTERNAL_WALK + leaf.level);
        if (atomic_compare_exchange_strong(leaf.where, &descriptor, updated)) {
            bus_written(mmu->bus, leaf.at, sizeof(updated));
            break;
        }
        /* Somebody changed the descriptor meanwhile: look again. */
        memset(&leaf, 0, sizeof(leaf));
    }
    inside = bits_ones(leaf.size_log2);
    out->phys = (bits_get(updated, 0, 48) & ~inside) | (va & inside);
    out->mair = (uint8_t)(mmu->regs.mair >> 8 * bits_get(updated, 2, 3));
    out->sh = (uint8_t)bits_get(updated, 8, 2);
    if ((out->mair & 0xf0) == 0)
        out->attr |= TLB_DEVICE;
    if (out->mair == 0xf0)
        out->attr |= TLB_TAGGED;
    if (leaf.size_log2 >= 21)
        out->attr |= TLB_BLOCK;
    *size_log2 = leaf.size_log2;
    *level = leaf.level;
    return true;
}
