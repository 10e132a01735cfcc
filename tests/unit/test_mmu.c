/* mmu/mmu.c: the software TLB. Whatever was translated before, an access after maintenance sees the
 * tables as they are; what maintenance did not name may stay. */
#include "fakes.h"
#include "tables.h"

#define ROOT0  (RAM_BASE + 0x100000)
#define ROOT1  (RAM_BASE + 0x300000)
#define PAGE_A (RAM_BASE + 0x1000000)
#define PAGE_B (RAM_BASE + 0x1800000)
#define HIGH   0xffffff8000000000ull

static struct bus *bus;
static struct mmu *mmu;
static struct tables low, high;

/* 39 bits in both halves, one granule, 16-bit ASIDs */
static uint64_t tcr_both(unsigned granule)
{
    static const uint8_t tg0[] = {[12] = 0, [14] = 2, [16] = 1},
                         tg1[] = {[12] = 2, [14] = 1, [16] = 3};

    return TCR_T0SZ(25) | TCR_T1SZ(25) | TCR_TG0(tg0[granule]) | TCR_TG1(tg1[granule]) |
           TCR_IPS(5) | TCR_AS;
}

static uint64_t ttbr(const struct tables *t, unsigned asid)
{
    return t->root | (uint64_t)asid << 48;
}

static void use(unsigned granule)
{
    low = tables_new(bus, granule, 39, ROOT0);
    high = tables_new(bus, granule, 39, ROOT1);
    mmu_set(mmu, SCTLR_M, tcr_both(granule), ttbr(&low, 1), ttbr(&high, 0));
}

static void setup(void)
{
    bus = bus_with_ram();
    mmu = mmu_on(bus);
    use(12);
    /* every 64-bit word of the two regions holds its own address */
    for (uint64_t at = PAGE_A; at < PAGE_A + 8 * MIB + 4 * MIB; at += 0x800)
        poke64(bus, at, at);
}

static void teardown(void)
{
    mmu_fini(mmu);
    free(mmu);
    bus_free(bus);
}

static void set_asid(unsigned asid)
{
    mmu->regs.ttbr0 = ttbr(&low, asid);
    mmu_context_changed(mmu);
}

static uint64_t word_at_host(uint64_t address)
{
    uint64_t word;

    memcpy(&word, (const void *)(uintptr_t)address, sizeof(word));
    return word;
}

/* What the engines do: the inline probe first (mmu/tlb.h), of compiled code a latch before it, then
 * the slow path. One latch serves many addresses. */
static bool load64(uint64_t va, uint64_t *value)
{
    const struct tlb_entry *entry = &mmu->bank->entry[(va >> PAGE_SHIFT) % TLB_ENTRIES];
    struct tlb_latch *latch = &mmu->bank->latch[(va >> 25) % 5];
    struct mmu_value read;

    if (va - latch->base < latch->size) {
        *value = word_at_host(va + latch->addend);
        return true;
    }
    if ((va ^ entry->tag_read) <= PAGE_SIZE - 8) {
        *value = word_at_host(va + entry->addend);
        mmu_latch(mmu, va, latch, 0);
        return true;
    }
    read = mmu_read(mmu, va, 8, 0);
    *value = read.value;
    return read.ok;
}

static bool store64(uint64_t va, uint64_t value)
{
    const struct tlb_entry *entry = &mmu->bank->entry[(va >> PAGE_SHIFT) % TLB_ENTRIES];

    if ((va ^ entry->tag_write) <= PAGE_SIZE - 8) {
        memcpy((void *)(uintptr_t)(va + entry->addend), &value, 8);
        return true;
    }
    return mmu_write(mmu, va, 8, value, 0);
}

static void expect_word(uint64_t va, uint64_t word)
{
    uint64_t value;

    for (unsigned i = 0; i < 3; i++) { /* the first may fill the bank, the second the latch */
        ck_assert_msg(load64(va, &value), "0x%llx: status 0x%x", (unsigned long long)va,
                      mmu->fault.status);
        ck_assert_uint_eq(value, word);
    }
}

static void expect_unmapped(uint64_t va)
{
    uint64_t value, phys;
    const uint8_t *host;

    ck_assert_msg(!load64(va, &value), "0x%llx is stale in the TLB", (unsigned long long)va);
    ck_assert(!store64(va, 0));
    ck_assert(!mmu_fetch(mmu, va, &phys, &host));
}

/* Reads, writes and fetches at va, so that every kind of entry is there. */
static void touch(uint64_t va)
{
    const uint8_t *host;
    uint64_t value, phys;

    ck_assert(load64(va, &value));
    ck_assert(load64(va, &value));
    ck_assert(store64(va, value));
    ck_assert(mmu_fetch(mmu, va, &phys, &host));
}

#define NORMAL (D_AF | D_SH(3))

/* --- Each kind of maintenance --- */

enum kind { ALL, ASID, VA, VAA, RANGE, RANGE_ALL, KINDS };

static void tlbi(enum kind kind, uint64_t va, unsigned asid, uint64_t size)
{
    switch (kind) {
    case ALL:
        mmu_tlbi_all(mmu);
        break;
    case ASID:
        mmu_tlbi_asid(mmu, (uint16_t)asid);
        break;
    case VA:
        mmu_tlbi_range(mmu, va, 1, (uint16_t)asid, false);
        break;
    case VAA:
        mmu_tlbi_range(mmu, va, 1, 0, true);
        break;
    case RANGE:
        mmu_tlbi_range(mmu, va, size >> PAGE_SHIFT, (uint16_t)asid, false);
        break;
    default:
        mmu_tlbi_range(mmu, va, size >> PAGE_SHIFT, 0, true);
        break;
    }
}

/* Maps va at `level`, uses `inside` of it, unmaps it, tells by naming `named`. */
static void check_no_stale(struct tables *t, enum kind kind, unsigned level, uint64_t va,
                           uint64_t inside, uint64_t named, uint64_t ng)
{
    uint64_t output = align_down(PAGE_A, 1ull << tables_size_log2(t, level));
    uint64_t size = 1ull << tables_size_log2(t, level);
    uint64_t context;

    /* What is above the 64 MiB of RAM is no RAM: look at its first 8 MiB. */
    tables_set(t, va, level, output | NORMAL | ng | (level == 3 ? D_PAGE : D_BLOCK));
    touch(va + inside);
    expect_word(va + inside, output + inside);
    context = mmu->context;
    tables_set(t, va, level, 0);
    tlbi(kind, va + named, 1, size < 64 * KIB ? size : 64 * KIB);
    expect_unmapped(va + inside);
    ck_assert_uint_ne(mmu->context, context); /* jumps and links are guarded by it */
}

START_TEST(no_stale_page_after_any_kind_of_tlbi)
{
    static const uint8_t granules[] = {12, 14, 16};

    for (unsigned g = 0; g < ARRAY_SIZE(granules); g++) {
        uint64_t size = 1ull << granules[g];

        use(granules[g]);
        for (enum kind kind = 0; kind < KINDS; kind++)
            for (uint64_t inside = 0; inside < size; inside += PAGE_SIZE)
                for (uint64_t named = 0; named < size; named += PAGE_SIZE) {
                    if (kind >= RANGE && named)
                        continue; /* a range starts at a page */
                    check_no_stale(&low, kind, 3, 0x230000, inside, named, D_NG);
                    if (kind != ASID)
                        check_no_stale(&low, kind, 3, 0x230000, inside, named, 0);
                    if (kind != ASID)
                        check_no_stale(&high, kind, 3, HIGH + 0x450000, inside, named, 0);
                }
    }
}
END_TEST

START_TEST(no_stale_fragment_of_a_block_whatever_address_tlbi_names)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        uint64_t ng = kind == ASID ? D_NG : 0;

        for (uint64_t named = 0; named < 2 * MIB; named += 0x61000) {
            check_no_stale(&low, kind, 2, 0x600000, 0x5000, named, ng);
            check_no_stale(&low, kind, 2, 0x600000, 0x1ff000, named, ng);
        }
    }
}
END_TEST

START_TEST(no_stale_fragment_of_large_blocks)
{
    struct {
        uint8_t granule, level;
        uint64_t size;
    } blocks[] = {{12, 1, 1 * GIB}, {14, 2, 32 * MIB}, {16, 2, 512 * MIB}};

    for (unsigned b = 0; b < ARRAY_SIZE(blocks); b++) {
        use(blocks[b].granule);
        for (enum kind kind = 0; kind < KINDS; kind++) {
            uint64_t ng = kind == ASID ? D_NG : 0;
            uint64_t inside = (PAGE_A & (blocks[b].size - 1)) + 0x345000;

            check_no_stale(&low, kind, blocks[b].level, 2 * blocks[b].size, inside, 0, ng);
            check_no_stale(&low, kind, blocks[b].level, 2 * blocks[b].size, inside, inside, ng);
            check_no_stale(&low, kind, blocks[b].level, 2 * blocks[b].size, inside,
                           blocks[b].size - PAGE_SIZE, ng);
        }
    }
}
END_TEST

START_TEST(entries_that_were_only_fetched_from_go_as_well)
{
    const uint8_t *host;
    uint64_t phys, context;

    tables_set(&low, 0x600000, 2, PAGE_A | NORMAL | D_BLOCK);
    for (unsigned i = 0; i < 2; i++) { /* from the walk, then from the second level */
        ck_assert(mmu_fetch(mmu, 0x605000, &phys, &host));
        ck_assert_uint_eq(phys, PAGE_A + 0x5000);
        context = mmu->context;
        tables_set(&low, 0x600000, 2, PAGE_B | NORMAL | D_BLOCK);
        mmu_tlbi_range(mmu, 0x600000, 1, 1, false);
        ck_assert_uint_ne(mmu->context, context);
        ck_assert(mmu_fetch(mmu, 0x605000, &phys, &host));
        ck_assert_uint_eq(phys, PAGE_B + 0x5000);
        tables_set(&low, 0x600000, 2, PAGE_A | NORMAL | D_BLOCK);
        mmu_tlbi_range(mmu, 0x7ff000, 1, 1, false);
    }
}
END_TEST

START_TEST(last_level_only_forms_are_enough_for_a_changed_page)
{
    /* a page moved, its tables kept */
    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_NG | D_PAGE);
    expect_word(0x5000, PAGE_A);
    tables_set(&low, 0x5000, 3, (PAGE_A + 0x1000) | NORMAL | D_NG | D_PAGE);
    mmu_tlbi_range(mmu, 0x5000, 1, 1, TLBI_LAST_LEVEL);
    expect_word(0x5000, PAGE_A + 0x1000);
}
END_TEST

/* Another table of level 3 takes the place of that of 0x400000, in which every page is PAGE_B. */
static void replace_table(void)
{
    uint64_t table = low.next;

    low.next += PAGE_SIZE;
    for (unsigned i = 0; i < 512; i++)
        poke64(bus, table + 8 * i, PAGE_B | NORMAL | D_NG | D_PAGE);
    tables_set(&low, 0x400000, 2, table | D_TABLE);
}

START_TEST(a_table_that_moved_is_found_after_any_tlbi_but_the_last_level_ones)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        tables_set(&low, 0x400000, 2, 0);
        mmu_tlbi_all(mmu);
        tables_set(&low, 0x405000, 3, PAGE_A | NORMAL | D_NG | D_PAGE);
        expect_word(0x405000, PAGE_A);
        replace_table();
        tlbi(kind, 0x407000, 1, 16 * MIB); /* names no page that was looked up */
        expect_word(0x408000, PAGE_B);
    }
    /* what a TLB may keep is kept: this walk reads one descriptor */
    mmu_tlbi_range(mmu, 0x408000, 1, 1, TLBI_LAST_LEVEL);
    tables_set(&low, 0x400000, 2, 0);
    expect_word(0x408000, PAGE_B);
    mmu_tlbi_range(mmu, 0x400000, 512, 1, TLBI_LAST_LEVEL);
    expect_word(0x408000, PAGE_B);
    mmu_tlbi_range(mmu, 0x400000, 512, 1, 0);
    expect_unmapped(0x408000);
}
END_TEST

START_TEST(tables_are_kept_by_address_space_with_their_limits)
{
    struct tables other = tables_new(bus, 12, 39, ROOT0 + 0x400000);
    uint64_t value;

    other.upper = D_APTABLE(2); /* read only */
    for (unsigned i = 0; i < 2; i++) {
        tables_set(&low, 0x5000 + i * PAGE_SIZE, 3, PAGE_A | NORMAL | D_NG | D_PAGE);
        tables_set(&other, 0x5000 + i * PAGE_SIZE, 3, PAGE_B | NORMAL | D_NG | D_PAGE);
    }
    for (unsigned i = 0; i < 2; i++) { /* the second page is found through what is kept */
        uint64_t va = 0x5000 + i * PAGE_SIZE;

        set_asid(1);
        expect_word(va, PAGE_A);
        ck_assert(store64(va + 8, 1));
        mmu->regs.ttbr0 = ttbr(&other, 2);
        mmu_context_changed(mmu);
        expect_word(va, PAGE_B);
        ck_assert(!store64(va + 8, 1));
    }
    /* the same ASID and another table, which needs maintenance of the pages alone */
    mmu->regs.ttbr0 = ttbr(&low, 2);
    mmu_context_changed(mmu);
    mmu_tlbi_range(mmu, 0x5000, 1, 2, TLBI_LAST_LEVEL);
    ck_assert(load64(0x5000, &value));
    ck_assert_uint_eq(value, PAGE_A);
}
END_TEST

START_TEST(tlbi_reaches_the_banks_of_every_level_and_pan)
{
    static const struct {
        bool el1, pan;
    } who[] = {{false, false}, {true, false}, {true, true}};

    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_AP(1) | D_UXN | D_PXN | D_PAGE);
    tables_set(&low, 0x9000, 3, PAGE_A | NORMAL | D_AP(0) | D_UXN | D_PXN | D_PAGE);
    for (unsigned by = 0; by < ARRAY_SIZE(who); by++) {
        uint64_t value;

        for (unsigned i = 0; i < ARRAY_SIZE(who); i++) {
            mmu_set_el(mmu, who[i].el1, who[i].pan, false);
            if (!who[i].pan)
                expect_word(0x5000, PAGE_A);
            if (who[i].el1)
                expect_word(0x9000, PAGE_A);
        }
        mmu_set_el(mmu, who[by].el1, who[by].pan, false);
        tables_set(&low, 0x5000, 3, 0);
        tables_set(&low, 0x9000, 3, 0);
        mmu_tlbi_range(mmu, 0x5000, 1, 1, false);
        mmu_tlbi_range(mmu, 0x9000, 1, 1, false);
        for (unsigned i = 0; i < ARRAY_SIZE(who); i++) {
            mmu_set_el(mmu, who[i].el1, who[i].pan, false);
            ck_assert(!load64(0x5000, &value));
            ck_assert_uint_eq(mmu->fault.status, FAULT_TRANSLATION + 3);
            ck_assert(!load64(0x9000, &value));
            ck_assert_uint_eq(mmu->fault.status, FAULT_TRANSLATION + 3);
            ck_assert(!mmu_read(mmu, 0x5000, 8, ACCESS_UNPRIV).ok);
        }
        tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_AP(1) | D_UXN | D_PXN | D_PAGE);
        tables_set(&low, 0x9000, 3, PAGE_A | NORMAL | D_AP(0) | D_UXN | D_PXN | D_PAGE);
    }
}
END_TEST

START_TEST(tagged_addresses_go_with_their_page)
{
    mmu_set(mmu, SCTLR_M, tcr_both(12) | TCR_TBI0, ttbr(&low, 1), ttbr(&high, 0));
    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_PAGE);
    expect_word(0xab00000000005000, PAGE_A);
    tables_set(&low, 0x5000, 3, PAGE_B | NORMAL | D_PAGE);
    mmu_tlbi_range(mmu, 0x5000, 1, 1, false);
    expect_word(0xab00000000005000, PAGE_B);
    expect_word(0x5000, PAGE_B);
}
END_TEST

/* --- ASIDs and global entries --- */

START_TEST(switching_the_asid_changes_and_keeps_translations)
{
    struct tables other = tables_new(bus, 12, 39, ROOT0 + 0x400000);
    uint64_t misses;

    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_NG | D_PAGE);
    tables_set(&other, 0x5000, 3, PAGE_B | NORMAL | D_NG | D_PAGE);
    tables_set(&high, HIGH, 3, (PAGE_A + 0x1000) | NORMAL | D_PAGE);
    expect_word(0x5000, PAGE_A);
    expect_word(HIGH, PAGE_A + 0x1000);
    mmu->regs.ttbr0 = ttbr(&other, 2);
    mmu_context_changed(mmu);
    expect_word(0x5000, PAGE_B);
    misses = mmu->walks;
    expect_word(HIGH, PAGE_A + 0x1000); /* global: no walk for the new ASID */
    set_asid(1);
    expect_word(0x5000, PAGE_A);
    mmu->regs.ttbr0 = ttbr(&other, 2);
    mmu_context_changed(mmu);
    expect_word(0x5000, PAGE_B);
    ck_assert_uint_eq(mmu->walks, misses);
}
END_TEST

START_TEST(maintenance_of_one_asid_leaves_the_others_alone)
{
    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_NG | D_PAGE);
    for (unsigned asid = 1; asid <= 2; asid++) {
        set_asid(asid);
        expect_word(0x5000, PAGE_A);
    }
    tables_set(&low, 0x5000, 3, PAGE_B | NORMAL | D_NG | D_PAGE);
    mmu_tlbi_asid(mmu, 1);
    expect_word(0x5000, PAGE_A); /* still in the TLB: nobody named ASID 2 */
    set_asid(1);
    expect_word(0x5000, PAGE_B);
    mmu_tlbi_range(mmu, 0x5000, 1, 1, false);
    set_asid(2);
    expect_word(0x5000, PAGE_A);
    mmu_tlbi_range(mmu, 0x5000, 1, 0, true);
    expect_word(0x5000, PAGE_B);
}
END_TEST

START_TEST(global_entries_go_with_any_asid_that_is_named)
{
    tables_set(&high, HIGH + 0x5000, 3, PAGE_A | NORMAL | D_PAGE);
    expect_word(HIGH + 0x5000, PAGE_A);
    tables_set(&high, HIGH + 0x5000, 3, PAGE_B | NORMAL | D_PAGE);
    mmu_tlbi_range(mmu, HIGH + 0x5000, 1, 7, false);
    expect_word(HIGH + 0x5000, PAGE_B);
    set_asid(9);
    expect_word(HIGH + 0x5000, PAGE_B);
    tables_set(&high, HIGH + 0x5000, 3, PAGE_A | NORMAL | D_PAGE);
    mmu_tlbi_range(mmu, HIGH + 0x4000, 2, 7, false);
    expect_word(HIGH + 0x5000, PAGE_A);
    set_asid(1);
    expect_word(HIGH + 0x5000, PAGE_A);
}
END_TEST

START_TEST(a1_takes_the_asid_from_ttbr1)
{
    mmu->regs.ttbr0 = ttbr(&low, 5);
    mmu->regs.ttbr1 = ttbr(&high, 0x106);
    ck_assert_uint_eq(mmu_asid(mmu), 5);
    mmu->regs.tcr |= TCR_A1;
    ck_assert_uint_eq(mmu_asid(mmu), 0x106);
    mmu->regs.tcr &= ~TCR_AS; /* 8 bits */
    ck_assert_uint_eq(mmu_asid(mmu), 6);
    mmu_tlbi_all(mmu);
    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_NG | D_PAGE);
    expect_word(0x5000, PAGE_A);
    tables_set(&low, 0x5000, 3, PAGE_B | NORMAL | D_NG | D_PAGE);
    mmu->regs.ttbr1 = ttbr(&high, 7);
    mmu_context_changed(mmu);
    expect_word(0x5000, PAGE_B);
}
END_TEST

START_TEST(asids_that_share_their_low_byte_are_told_apart)
{
    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_NG | D_PAGE);
    set_asid(0x101);
    expect_word(0x5000, PAGE_A);
    tables_set(&low, 0x5000, 3, PAGE_B | NORMAL | D_NG | D_PAGE);
    set_asid(0x201);
    expect_word(0x5000, PAGE_B);
    set_asid(0x101);
    expect_word(0x5000, PAGE_A);
    mmu_tlbi_asid(mmu, 0x101);
    expect_word(0x5000, PAGE_B);
}
END_TEST

START_TEST(more_contexts_than_banks_stay_right)
{
    for (unsigned round = 0; round < 3; round++)
        for (unsigned asid = 1; asid < 3 * TLB_BANKS; asid++) {
            set_asid(asid);
            mmu_set_el(mmu, asid & 1, asid & 2, false);
            tables_set(&low, 0x5000, 3,
                       (PAGE_A + asid * PAGE_SIZE) | NORMAL | D_NG | D_AP(1) | D_PAGE);
            mmu_tlbi_range(mmu, 0x5000, 1, (uint16_t)asid, false);
            mmu_set_el(mmu, asid & 1, false, false);
            expect_word(0x5000, PAGE_A + asid * PAGE_SIZE);
        }
}
END_TEST

/* --- Contexts: what guards the way from a virtual address to a block --- */

static uint64_t context_after_fetch(uint64_t va)
{
    const uint8_t *host;
    uint64_t phys;

    ck_assert(mmu_fetch(mmu, va, &phys, &host));
    return mmu->context;
}

START_TEST(a_switch_of_process_keeps_the_context_of_global_kernel_code)
{
    uint64_t context;

    tables_set(&high, HIGH + 0x5000, 3, PAGE_A | NORMAL | D_PAGE);
    tables_set(&low, 0x5000, 3, PAGE_B | NORMAL | D_NG | D_AP(1) | D_PAGE);
    context = context_after_fetch(HIGH + 0x5000);
    for (unsigned asid = 1; asid < 2 * TLB_BANKS; asid++) {
        set_asid(asid);
        mmu_set_el(mmu, 0, false, false);
        ck_assert_uint_ne(context_after_fetch(0x5000), context);
        for (unsigned pan = 0; pan < 2; pan++) {
            mmu_set_el(mmu, 1, pan, false);
            ck_assert_uint_eq(context_after_fetch(HIGH + 0x5000), context);
        }
    }
    /* what does not concern the kernel's code leaves its context alone */
    mmu_tlbi_asid(mmu, 1);
    mmu_tlbi_range(mmu, 0x5000, 1, 1, false);
    mmu_tlbi_range(mmu, HIGH + 0x6000, 512, 1, true);
    mmu_tlbi_range(mmu, 0, 2048, 1, false); /* some of them like that page in a filter */
    ck_assert_uint_eq(mmu->context, context);
}
END_TEST

START_TEST(tlbi_of_a_page_of_kernel_code_renews_its_context)
{
    uint64_t context;

    tables_set(&high, HIGH + 0x5000, 3, PAGE_A | NORMAL | D_PAGE);
    tables_set(&high, HIGH + 0x600000, 2, PAGE_B | NORMAL | D_BLOCK);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        if (kind == ASID)
            continue;
        set_asid(1);
        context = context_after_fetch(HIGH + 0x5000);
        set_asid(2); /* another bank than that which fetched */
        tlbi(kind, HIGH + 0x5000, 2, PAGE_SIZE);
        ck_assert_uint_ne(mmu->context, context);
        set_asid(1);
        ck_assert_uint_ne(mmu->context, context);
        context = context_after_fetch(HIGH + 0x605000);
        tlbi(kind, HIGH + 0x7fe000, 2, PAGE_SIZE); /* of the same block */
        ck_assert_uint_ne(mmu->context, context);
    }
}
END_TEST

START_TEST(code_fetched_through_a_nonglobal_mapping_has_a_context_by_asid)
{
    uint64_t shared, own[3];

    tables_set(&high, HIGH + 0x5000, 3, PAGE_A | NORMAL | D_PAGE);
    tables_set(&high, HIGH + 0x6000, 3, PAGE_A | NORMAL | D_NG | D_PAGE);
    shared = context_after_fetch(HIGH + 0x5000);
    for (unsigned asid = 1; asid <= 2; asid++) {
        set_asid(asid);
        ck_assert_uint_eq(context_after_fetch(HIGH + 0x5000), shared);
        own[asid] = context_after_fetch(HIGH + 0x6000);
        ck_assert_uint_eq(mmu->context, own[asid]);
        ck_assert_uint_eq(context_after_fetch(HIGH + 0x5000), own[asid]);
    }
    ck_assert_uint_ne(own[1], shared);
    ck_assert_uint_ne(own[2], shared);
    ck_assert_uint_ne(own[1], own[2]);
    set_asid(1);
    ck_assert_uint_eq(mmu->context, own[1]);
    mmu_tlbi_range(mmu, HIGH + 0x6000, 1, 1, false);
    ck_assert_uint_ne(mmu->context, own[1]);
    own[1] =
        context_after_fetch(HIGH + 0x5000); /* the global page counts in a bank's own as well */
    mmu_tlbi_range(mmu, HIGH + 0x5000, 1, 1, false);
    ck_assert_uint_ne(mmu->context, own[1]);
    mmu_tlbi_asid(mmu, 1); /* what was not global is forgotten */
    ck_assert_uint_eq(context_after_fetch(HIGH + 0x5000), mmu->tlb.kernel_context);
}
END_TEST

/* --- Rights and dirty state in the TLB --- */

START_TEST(a_bank_filled_by_reads_does_not_let_stores_pass)
{
    uint64_t at = tables_at(&low, 0x5000, 3);

    mmu_set(mmu, SCTLR_M, tcr_both(12) | TCR_HA | TCR_HD, ttbr(&low, 1), ttbr(&high, 0));
    poke64(bus, at, PAGE_A | NORMAL | D_DBM | D_AP(2) | D_PAGE);
    expect_word(0x5000, PAGE_A);
    ck_assert_uint_eq(peek64(bus, at), PAGE_A | NORMAL | D_DBM | D_AP(2) | D_PAGE);
    ck_assert(store64(0x5008, 1)); /* walks, and marks the page dirty */
    ck_assert_uint_eq(peek64(bus, at), PAGE_A | NORMAL | D_DBM | D_PAGE);
    poke64(bus, at, PAGE_A | NORMAL | D_AP(2) | D_PAGE);
    mmu_tlbi_range(mmu, 0x5000, 1, 1, false);
    expect_word(0x5000, PAGE_A);
    ck_assert(!store64(0x5008, 1));
    ck_assert_uint_eq(mmu->fault.status, FAULT_PERMISSION + 3);
}
END_TEST

START_TEST(more_rights_need_no_maintenance)
{
    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_AP(2) | D_PAGE);
    expect_word(0x5000, PAGE_A);
    ck_assert(!store64(0x5008, 1));
    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_AP(0) | D_PAGE);
    ck_assert(store64(0x5008, 1));
    /* and from invalid, which no TLB may hold */
    ck_assert(!store64(0x6000, 1));
    tables_set(&low, 0x6000, 3, PAGE_A | NORMAL | D_AP(0) | D_PAGE);
    ck_assert(store64(0x6008, 1));
}
END_TEST

START_TEST(levels_do_not_see_each_others_entries)
{
    uint64_t value;

    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_AP(0) | D_PAGE);
    expect_word(0x5000, PAGE_A);
    mmu_set_el(mmu, 0, false, false);
    ck_assert(!load64(0x5000, &value));
    ck_assert_uint_eq(mmu->fault.status, FAULT_PERMISSION + 3);
    tables_set(&low, 0x6000, 3, PAGE_A | NORMAL | D_AP(1) | D_PAGE);
    expect_word(0x6000, PAGE_A);
    mmu_set_el(mmu, 1, true, false);
    ck_assert(!load64(0x6000, &value)); /* PAN */
    mmu_set_el(mmu, 1, false, false);
    expect_word(0x6000, PAGE_A);
    mmu_set_el(mmu, 1, true, false);
    ck_assert(!load64(0x6000, &value));
}
END_TEST

START_TEST(a_change_of_level_goes_by_the_registers_of_now)
{
    struct tables other = tables_new(bus, 12, 39, ROOT0 + 0x400000);

    tables_set(&low, 0x5000, 3, PAGE_A | NORMAL | D_AP(1) | D_NG | D_PAGE);
    tables_set(&other, 0x5000, 3, PAGE_B | NORMAL | D_AP(1) | D_NG | D_PAGE);
    for (unsigned el = 0; el < 2; el++) { /* where the change is made */
        set_asid(1);
        for (unsigned i = 0; i < 2; i++) {
            mmu_set_el(mmu, !i, false, false);
            expect_word(0x5000, PAGE_A);
        }
        mmu_set_el(mmu, el, false, false);
        mmu->regs.ttbr0 = ttbr(&other, 2);
        mmu_context_changed(mmu);
        for (unsigned i = 0; i < 4; i++) {
            expect_word(0x5000, PAGE_B);
            mmu_set_el(mmu, i & 1, false, false);
        }
        tables_set(&other, 0x5000, 3, (PAGE_B + 0x1000) | NORMAL | D_AP(1) | D_NG | D_PAGE);
        mmu_tlbi_asid(mmu, 2);
        for (unsigned i = 0; i < 4; i++) {
            expect_word(0x5000, PAGE_B + 0x1000);
            mmu_set_el(mmu, i & 1, false, false);
        }
        tables_set(&other, 0x5000, 3, PAGE_B | NORMAL | D_AP(1) | D_NG | D_PAGE);
        mmu_tlbi_all(mmu);
    }
}
END_TEST

START_TEST(contiguous_pages_translate_as_the_single_ones_they_are)
{
    for (unsigned i = 0; i < 16; i++)
        tables_set(&low, 0x10000 + i * PAGE_SIZE, 3,
                   (PAGE_A + i * PAGE_SIZE) | NORMAL | 1ull << 52 | D_PAGE);
    for (unsigned i = 0; i < 16; i++)
        expect_word(0x10000 + i * PAGE_SIZE, PAGE_A + i * PAGE_SIZE);
    for (unsigned i = 0; i < 16; i++)
        tables_set(&low, 0x10000 + i * PAGE_SIZE, 3, 0);
    mmu_tlbi_range(mmu, 0x10000, 16, 1, false);
    for (unsigned i = 0; i < 16; i++)
        expect_unmapped(0x10000 + i * PAGE_SIZE);
}
END_TEST

START_TEST(ranges_stop_where_they_end)
{
    uint64_t walks;

    tables_set(&high, HIGH, 3, PAGE_A | NORMAL | D_PAGE);
    expect_word(HIGH, PAGE_A);
    for (unsigned i = 0; i < 8; i++)
        tables_set(&low, i * PAGE_SIZE, 3, (PAGE_A + i * PAGE_SIZE) | NORMAL | D_NG | D_PAGE);
    for (unsigned i = 0; i < 8; i++)
        expect_word(i * PAGE_SIZE, PAGE_A + i * PAGE_SIZE);
    for (unsigned i = 0; i < 8; i++)
        tables_set(&low, i * PAGE_SIZE, 3, (PAGE_B + i * PAGE_SIZE) | NORMAL | D_NG | D_PAGE);
    mmu_tlbi_range(mmu, 2 * PAGE_SIZE, 4, 1, false);
    for (unsigned i = 0; i < 8; i++)
        expect_word(i * PAGE_SIZE, (i >= 2 && i < 6 ? PAGE_B : PAGE_A) + i * PAGE_SIZE);
    mmu_tlbi_range(mmu, 0, 1 << 20, 1, false);
    for (unsigned i = 0; i < 8; i++)
        expect_word(i * PAGE_SIZE, PAGE_B + i * PAGE_SIZE);
    walks = mmu->walks;
    expect_word(HIGH, PAGE_A); /* however long it is */
    ck_assert_uint_eq(mmu->walks, walks);
}
END_TEST

START_TEST(maintenance_inside_a_block_keeps_what_is_outside)
{
    uint64_t misses;

    tables_set(&high, HIGH + 0x600000, 2, PAGE_B | NORMAL | D_BLOCK);
    tables_set(&high, HIGH + 0x800000, 2, (PAGE_B + 2 * MIB) | NORMAL | D_BLOCK);
    tables_set(&high, HIGH + 0xa05000, 3, PAGE_A | NORMAL | D_PAGE);
    expect_word(HIGH + 0x601000, PAGE_B + 0x1000);
    expect_word(HIGH + 0x802000, PAGE_B + 2 * MIB + 0x2000);
    expect_word(HIGH + 0xa05000, PAGE_A);
    mmu_tlbi_range(mmu, HIGH + 0x6f0000, 1, 1, true);
    misses = mmu->misses;
    expect_word(HIGH + 0x802000, PAGE_B + 2 * MIB + 0x2000);
    expect_word(HIGH + 0xa05000, PAGE_A);
    ck_assert_uint_eq(mmu->misses, misses);
}
END_TEST

START_TEST(a_page_of_many_processes_stays_in_the_second_level)
{
    uint64_t walks;

    for (unsigned i = 0; i < 8; i++)
        tables_set(&low, i * PAGE_SIZE, 3, (PAGE_A + i * PAGE_SIZE) | NORMAL | D_NG | D_PAGE);
    for (unsigned round = 0; round < 2; round++) {
        walks = mmu->walks;
        for (unsigned asid = 1; asid <= 2 * TLB_BANKS; asid++) { /* no bank lasts */
            set_asid(asid);
            for (unsigned i = 0; i < 8; i++)
                expect_word(i * PAGE_SIZE, PAGE_A + i * PAGE_SIZE);
        }
    }
    ck_assert_uint_eq(mmu->walks, walks);
    /* and goes from all of them at once */
    for (unsigned i = 0; i < 8; i++)
        tables_set(&low, i * PAGE_SIZE, 3, (PAGE_B + i * PAGE_SIZE) | NORMAL | D_NG | D_PAGE);
    mmu_tlbi_range(mmu, 0, 1, 0, true);
    mmu_tlbi_range(mmu, PAGE_SIZE, 7, 0, true);
    for (unsigned asid = 1; asid <= 2 * TLB_BANKS; asid++) {
        set_asid(asid);
        for (unsigned i = 0; i < 8; i++)
            expect_word(i * PAGE_SIZE, PAGE_B + i * PAGE_SIZE);
    }
}
END_TEST

START_TEST(fast_writes_are_dropped_for_one_page_or_all)
{
    uint64_t value;

    for (unsigned i = 0; i < 2; i++) {
        tables_set(&low, i * PAGE_SIZE, 3, (PAGE_A + i * PAGE_SIZE) | NORMAL | D_PAGE);
        ck_assert(store64(i * PAGE_SIZE, i));
        ck_assert_uint_eq(mmu->bank->entry[i].tag_write, i * PAGE_SIZE);
    }
    mmu_drop_writes(mmu, PAGE_A + PAGE_SIZE);
    ck_assert_uint_eq(mmu->bank->entry[0].tag_write, 0);
    ck_assert_uint_ne(mmu->bank->entry[1].tag_write, PAGE_SIZE);
    mmu_drop_writes(mmu, ~0ull);
    ck_assert_uint_ne(mmu->bank->entry[0].tag_write, 0);
    ck_assert(load64(0, &value) && value == 0);
    ck_assert_uint_eq(mmu->bank->entry[0].tag_read, 0); /* reads stay fast */
}
END_TEST

static struct tlb_latch latched(uint64_t va, unsigned number)
{
    struct tlb_latch *latch = &mmu->bank->latch[number];

    mmu_latch(mmu, va, latch, 0);
    return *latch;
}

START_TEST(latches_name_pages_that_continue_and_whole_fragments)
{
    const uint64_t narrow = 1 - TLB_LATCH_NARROW, wide = 1 - TLB_LATCH_WIDE;
    struct tlb_latch latch;
    uint64_t value;

    for (unsigned i = 1; i < 5; i++) /* the last one elsewhere */
        tables_set(&low, i * PAGE_SIZE, 3,
                   (i < 4 ? PAGE_A + i * PAGE_SIZE : PAGE_B) | NORMAL | D_NG | D_PAGE);
    tables_set(&low, 0x600000, 2, PAGE_B | NORMAL | D_BLOCK);
    latch = latched(2 * PAGE_SIZE, 0);
    ck_assert_uint_eq(latch.size, 0); /* the bank does not have it */
    for (unsigned i = 1; i < 5; i++)
        ck_assert(load64(i * PAGE_SIZE, &value));
    latch = latched(2 * PAGE_SIZE + 0x800, 0);
    ck_assert_uint_eq(latch.base, PAGE_SIZE);
    ck_assert_uint_eq(latch.size, 3 * PAGE_SIZE + narrow);
    ck_assert_uint_eq(word_at_host(3 * PAGE_SIZE + latch.addend), PAGE_A + 3 * PAGE_SIZE);
    latch = latched(4 * PAGE_SIZE, TLB_LATCHES_WIDE);
    ck_assert_uint_eq(latch.base, 4 * PAGE_SIZE);
    ck_assert_uint_eq(latch.size, PAGE_SIZE + wide);
    ck_assert(load64(0x612000, &value));
    latch = latched(0x612000, 1);
    ck_assert_uint_eq(latch.base, 0x600000);
    ck_assert_uint_eq(latch.size, 2 * MIB + narrow);
    ck_assert_uint_eq(word_at_host(0x7ff800 + latch.addend), PAGE_B + 0x1ff800);
}
END_TEST

START_TEST(a_latch_that_is_filled_too_often_waits_longer)
{
    struct tlb_latch first, latch;
    uint64_t value, instructions = 1 << 20;

    tables_set(&low, 0, 3, PAGE_A | NORMAL | D_PAGE);
    ck_assert(load64(0, &value));
    mmu_latch(mmu, 0, &mmu->bank->latch[9], instructions);
    first = mmu->bank->latch[9];
    for (unsigned i = 0; i < 100; i++)
        mmu_latch(mmu, 0, &mmu->bank->latch[9], instructions += first.wait);
    latch = mmu->bank->latch[9];
    ck_assert_uint_gt(latch.wait, 1000 * first.wait);
    mmu_latch(mmu, 0, &mmu->bank->latch[9], instructions + 60 * MIB);
    ck_assert_uint_eq(mmu->bank->latch[9].wait, first.wait);
}
END_TEST

static Suite *mmu_suite(void)
{
    Suite *suite = suite_create("mmu");
    TCase *tc = tcase_create("tlb");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, no_stale_page_after_any_kind_of_tlbi);
    tcase_add_test(tc, no_stale_fragment_of_a_block_whatever_address_tlbi_names);
    tcase_add_test(tc, no_stale_fragment_of_large_blocks);
    tcase_add_test(tc, entries_that_were_only_fetched_from_go_as_well);
    tcase_add_test(tc, last_level_only_forms_are_enough_for_a_changed_page);
    tcase_add_test(tc, a_table_that_moved_is_found_after_any_tlbi_but_the_last_level_ones);
    tcase_add_test(tc, tables_are_kept_by_address_space_with_their_limits);
    tcase_add_test(tc, tlbi_reaches_the_banks_of_every_level_and_pan);
    tcase_add_test(tc, tagged_addresses_go_with_their_page);
    tcase_add_test(tc, switching_the_asid_changes_and_keeps_translations);
    tcase_add_test(tc, maintenance_of_one_asid_leaves_the_others_alone);
    tcase_add_test(tc, global_entries_go_with_any_asid_that_is_named);
    tcase_add_test(tc, a1_takes_the_asid_from_ttbr1);
    tcase_add_test(tc, asids_that_share_their_low_byte_are_told_apart);
    tcase_add_test(tc, more_contexts_than_banks_stay_right);
    tcase_add_test(tc, a_switch_of_process_keeps_the_context_of_global_kernel_code);
    tcase_add_test(tc, tlbi_of_a_page_of_kernel_code_renews_its_context);
    tcase_add_test(tc, code_fetched_through_a_nonglobal_mapping_has_a_context_by_asid);
    tcase_add_test(tc, a_bank_filled_by_reads_does_not_let_stores_pass);
    tcase_add_test(tc, more_rights_need_no_maintenance);
    tcase_add_test(tc, levels_do_not_see_each_others_entries);
    tcase_add_test(tc, a_change_of_level_goes_by_the_registers_of_now);
    tcase_add_test(tc, contiguous_pages_translate_as_the_single_ones_they_are);
    tcase_add_test(tc, ranges_stop_where_they_end);
    tcase_add_test(tc, maintenance_inside_a_block_keeps_what_is_outside);
    tcase_add_test(tc, a_page_of_many_processes_stays_in_the_second_level);
    tcase_add_test(tc, fast_writes_are_dropped_for_one_page_or_all);
    tcase_add_test(tc, latches_name_pages_that_continue_and_whole_fragments);
    tcase_add_test(tc, a_latch_that_is_filled_too_often_waits_longer);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(mmu_suite());
}
