/* mmu/walk.c and mmu_translate(): stage 1 translation against tables that the test writes. */
#include "fakes.h"
#include "tables.h"

static struct bus *bus;
static struct mmu *mmu;

#define ROOT (RAM_BASE + 0x100000)

static void setup(void)
{
    bus = bus_with_ram();
    mmu = mmu_on(bus);
}

static void teardown(void)
{
    mmu_fini(mmu);
    free(mmu);
    bus_free(bus);
}

/* TCR for the lower half (or the upper one) with 48 bits of output */
static uint64_t tcr_for(const struct tables *t, bool high)
{
    static const uint8_t tg0[] = {[12] = 0, [14] = 2, [16] = 1},
                         tg1[] = {[12] = 2, [14] = 1, [16] = 3};
    uint64_t tcr = TCR_IPS(5) | TCR_AS | (high ? TCR_EPD0 : TCR_EPD1);

    if (high)
        return tcr | TCR_T1SZ(64 - t->bits) | TCR_TG1(tg1[t->granule]) | TCR_T0SZ(16);
    return tcr | TCR_T0SZ(64 - t->bits) | TCR_TG0(tg0[t->granule]) | TCR_T1SZ(16);
}

static struct tables lower(unsigned granule, unsigned bits)
{
    struct tables t = tables_new(bus, granule, bits, ROOT);

    mmu_set(mmu, SCTLR_M, tcr_for(&t, false), t.root, 0);
    return t;
}

/* --- Granules, levels, sizes --- */

START_TEST(every_granule_level_and_block_size_translates)
{
    static const uint8_t granules[] = {12, 14, 16};

    mmu->small_tables = true; /* FEAT_TTST: down to 16 bits */
    for (unsigned g = 0; g < ARRAY_SIZE(granules); g++) {
        for (unsigned bits = granules[g] == 16 ? 17 : 16; bits <= 48; bits++) {
            struct tables t = tables_new(bus, granules[g], bits, ROOT);
            unsigned first = tables_first_level(&t);

            for (unsigned high = 0; high < 2; high++) {
                uint64_t base = high ? ~bits_ones(bits) : 0;

                mmu_set(mmu, SCTLR_M, tcr_for(&t, high), high ? 0 : t.root, high ? t.root : 0);
                for (unsigned level = first; level <= 3; level++) {
                    unsigned size = tables_size_log2(&t, level);
                    bool leaf = level == 3 || level == 2 || (level == 1 && granules[g] == 12);
                    uint64_t va = base | (bits_ones(bits) & 0x5a5a5a5a5a5a5a5a);
                    uint64_t output = 0x0000123456789abcull & ~bits_ones(size) & bits_ones(48);
                    uint64_t at = tables_at(&t, va, level);

                    poke64(bus, at, output | D_AF | (level == 3 ? D_PAGE : D_BLOCK));
                    mmu_tlbi_all(mmu);
                    if (leaf)
                        expect_address(mmu, va, output | (va & bits_ones(size)));
                    else
                        expect_fault(mmu, va, ACCESS_READ, FAULT_TRANSLATION + level);
                    poke64(bus, at, 0);
                    mmu_tlbi_all(mmu);
                    expect_fault(mmu, va, ACCESS_WRITE, FAULT_TRANSLATION + level);
                    if (level == 3) { /* bit 1 clear is reserved there */
                        poke64(bus, at, output | D_AF | D_BLOCK);
                        expect_fault(mmu, va, ACCESS_FETCH, FAULT_TRANSLATION + 3);
                        poke64(bus, at, 0);
                    }
                }
                t = tables_new(bus, granules[g], bits, ROOT);
            }
        }
    }
}
END_TEST

START_TEST(table_of_two_entries_needs_only_its_own_alignment)
{
    /* 16K granule, 48 bits: level 0 has two descriptors, 16 bytes */
    struct tables t = tables_new(bus, 14, 48, ROOT + 0x30);

    mmu_set(mmu, SCTLR_M, tcr_for(&t, false), t.root, 0);
    tables_set(&t, 0x800000004000, 3, RAM_BASE | D_AF | D_PAGE);
    expect_address(mmu, 0x800000004008, RAM_BASE + 8);
}
END_TEST

START_TEST(sizes_out_of_range_are_the_nearest_one)
{
    mmu_set(mmu, SCTLR_M, TCR_T0SZ(0) | TCR_T1SZ(63) | TCR_TG1(3), 0, 0);
    ck_assert_uint_eq(mmu_address_bits(mmu, false), 48);
    ck_assert_uint_eq(mmu_address_bits(mmu, true), 25);
    mmu->small_tables = true;
    ck_assert_uint_eq(mmu_address_bits(mmu, false), 48);
    ck_assert_uint_eq(mmu_address_bits(mmu, true), 17); /* 64K granule */
    mmu_set(mmu, SCTLR_M, TCR_T0SZ(63) | TCR_T1SZ(63) | TCR_TG1(2), 0, 0);
    ck_assert_uint_eq(mmu_address_bits(mmu, false), 16);
    ck_assert_uint_eq(mmu_address_bits(mmu, true), 16);
}
END_TEST

START_TEST(addresses_beyond_the_size_of_a_half_fault_at_level_0)
{
    struct tables t = lower(12, 39);

    tables_set(&t, 0, 3, RAM_BASE | D_AF | D_PAGE);
    expect_address(mmu, 0, RAM_BASE);
    for (unsigned bit = 39; bit < 64; bit++)
        expect_fault(mmu, 1ull << bit, ACCESS_READ, FAULT_TRANSLATION);
    expect_fault(mmu, 0xffffffffffffffff, ACCESS_READ, FAULT_TRANSLATION); /* EPD1 */
}
END_TEST

START_TEST(upper_half_starts_where_t1sz_says)
{
    struct tables t = tables_new(bus, 12, 39, ROOT);

    mmu_set(mmu, SCTLR_M, tcr_for(&t, true), 0, t.root);
    tables_set(&t, 0xffffff8000000000, 3, RAM_BASE | D_AF | D_PAGE);
    expect_address(mmu, 0xffffff8000000010, RAM_BASE + 0x10);
    expect_fault(mmu, 0xffffff7ffffff000, ACCESS_READ, FAULT_TRANSLATION);
    expect_fault(mmu, 0xffff000000000000, ACCESS_READ, FAULT_TRANSLATION);
    expect_fault(mmu, 0, ACCESS_READ, FAULT_TRANSLATION); /* EPD0 */
}
END_TEST

START_TEST(tag_byte_is_ignored_only_with_tbi)
{
    struct tables t = lower(12, 48);
    struct tables u = tables_new(bus, 12, 48, ROOT + 2 * MIB);
    uint64_t tcr = (tcr_for(&t, false) & ~TCR_EPD1) | TCR_TG1(2);

    tables_set(&t, 0x1000, 3, RAM_BASE | D_AF | D_PAGE);
    tables_set(&u, 0xffff000000001000, 3, (RAM_BASE + 0x5000) | D_AF | D_PAGE);
    for (unsigned tbi = 0; tbi < 4; tbi++) {
        mmu_set(mmu, SCTLR_M, tcr | (uint64_t)tbi << 37, t.root, u.root);
        expect_address(mmu, 0x1004, RAM_BASE + 4);
        expect_address(mmu, 0xffff000000001004, RAM_BASE + 0x5004);
        if (tbi & 1)
            expect_address(mmu, 0xab00000000001004, RAM_BASE + 4);
        else
            expect_fault(mmu, 0xab00000000001004, ACCESS_READ, FAULT_TRANSLATION);
        if (tbi & 2)
            expect_address(mmu, 0x12ff000000001004, RAM_BASE + 0x5004);
        else
            expect_fault(mmu, 0x12ff000000001004, ACCESS_READ, FAULT_TRANSLATION);
    }
}
END_TEST

START_TEST(e0pd_hides_a_half_from_el0_alone)
{
    struct tables t = lower(12, 48);
    struct translation tr;

    tables_set(&t, 0x1000, 3, RAM_BASE | D_AF | D_AP(1) | D_PAGE);
    mmu_set(mmu, SCTLR_M, tcr_for(&t, false) | TCR_E0PD1, t.root, 0);
    ck_assert(mmu_translate(mmu, 0x1000, ACCESS_READ, 0, false, &tr));
    mmu_set(mmu, SCTLR_M, tcr_for(&t, false) | TCR_E0PD0, t.root, 0);
    ck_assert(mmu_translate(mmu, 0x1000, ACCESS_READ, 1, false, &tr));
    ck_assert(!mmu_translate(mmu, 0x1000, ACCESS_READ, 0, false, &tr));
    ck_assert_uint_eq(mmu->fault.status, FAULT_TRANSLATION);
    /* LDTR at EL1 is an access with EL0's rights */
    ck_assert(!mmu_read(mmu, 0x1000, 8, ACCESS_UNPRIV).ok);
    ck_assert(mmu_read(mmu, 0x1000, 8, 0).ok);
}
END_TEST

/* --- Faults of the walk --- */

START_TEST(output_beyond_ips_is_an_address_size_fault)
{
    static const uint8_t ips_bits[] = {32, 36, 40, 42, 44, 48};
    struct tables t = lower(12, 39);
    uint64_t tcr = tcr_for(&t, false) & ~TCR_IPS(7);

    for (unsigned ips = 0; ips < 6; ips++) {
        uint64_t beyond = 1ull << ips_bits[ips];

        tables_set(&t, 0x3000, 3, (beyond >> 1) | D_AF | D_PAGE);
        tables_set(&t, 0x4000, 3, beyond | D_AF | D_PAGE);
        mmu_set(mmu, SCTLR_M, tcr | TCR_IPS(ips), t.root, 0);
        expect_address(mmu, 0x3000, beyond >> 1);
        if (ips < 5) {
            expect_fault(mmu, 0x4000, ACCESS_READ, FAULT_ADDRESS_SIZE + 3);
            tables_set(&t, 0x40200000, 2, beyond | D_AF | D_BLOCK);
            expect_fault(mmu, 0x40200000, ACCESS_WRITE, FAULT_ADDRESS_SIZE + 2);
            tables_set(&t, 0x80000000, 1, beyond | D_TABLE);
            expect_fault(mmu, 0x80000000, ACCESS_FETCH, FAULT_ADDRESS_SIZE + 1);
            mmu_set(mmu, SCTLR_M, tcr | TCR_IPS(ips), beyond, 0);
            expect_fault(mmu, 0, ACCESS_READ, FAULT_ADDRESS_SIZE);
        }
    }
}
END_TEST

START_TEST(table_outside_ram_is_an_external_abort_on_the_walk)
{
    struct tables t = lower(12, 48);

    tables_set(&t, 0, 0, 0x10000000 | D_TABLE);
    expect_fault(mmu, 0, ACCESS_READ, FAULT_EXTERNAL_WALK + 1);
    tables_set(&t, 1ull << 39, 1, 0x10000000 | D_TABLE);
    expect_fault(mmu, 1ull << 39, ACCESS_READ, FAULT_EXTERNAL_WALK + 2);
    tables_set(&t, 2ull << 39, 2, 0x10000000 | D_TABLE);
    expect_fault(mmu, 2ull << 39, ACCESS_WRITE, FAULT_EXTERNAL_WALK + 3);
    mmu_set(mmu, SCTLR_M, tcr_for(&t, false), 0x10000000, 0);
    expect_fault(mmu, 0, ACCESS_FETCH, FAULT_EXTERNAL_WALK);
}
END_TEST

/* --- Access flag and dirty state --- */

START_TEST(access_flag_faults_unless_the_hardware_sets_it)
{
    struct tables t = lower(12, 39);
    uint64_t at;

    tables_set(&t, 0x1000, 3, RAM_BASE | D_PAGE);
    tables_set(&t, 0x40000000, 1, RAM_BASE | D_BLOCK);
    at = tables_at(&t, 0x1000, 3);
    expect_fault(mmu, 0x1000, ACCESS_READ, FAULT_ACCESS_FLAG + 3);
    expect_fault(mmu, 0x40000000, ACCESS_WRITE, FAULT_ACCESS_FLAG + 1);
    ck_assert_uint_eq(peek64(bus, at), RAM_BASE | D_PAGE);
    mmu_set(mmu, SCTLR_M, tcr_for(&t, false) | TCR_HA, t.root, 0);
    expect_address(mmu, 0x1000, RAM_BASE);
    ck_assert_uint_eq(peek64(bus, at), RAM_BASE | D_AF | D_PAGE);
}
END_TEST

START_TEST(dirty_state_is_kept_in_ap2_by_the_first_store)
{
    struct tables t = lower(12, 39);
    uint64_t clean = RAM_BASE | D_AF | D_DBM | D_AP(2) | D_PAGE;
    uint64_t at;

    tables_set(&t, 0x1000, 3, clean);
    at = tables_at(&t, 0x1000, 3);
    mmu_set(mmu, SCTLR_M, tcr_for(&t, false) | TCR_HA, t.root, 0); /* HD off: read-only */
    ck_assert(!mmu_write(mmu, 0x1000, 8, 1, 0));
    ck_assert_uint_eq(mmu->fault.status, FAULT_PERMISSION + 3);
    mmu_set(mmu, SCTLR_M, tcr_for(&t, false) | TCR_HD, t.root, 0); /* HD without HA: nothing */
    ck_assert(!mmu_write(mmu, 0x1000, 8, 1, 0));
    ck_assert_uint_eq(peek64(bus, at), clean);

    mmu_set(mmu, SCTLR_M, tcr_for(&t, false) | TCR_HA | TCR_HD, t.root, 0);
    ck_assert(mmu_read(mmu, 0x1008, 8, 0).ok);
    ck_assert_uint_eq(peek64(bus, at), clean);
    ck_assert(mmu_write(mmu, 0x1008, 8, 0x77, 0));
    ck_assert_uint_eq(peek64(bus, at), clean & ~D_AP(2));
    ck_assert_uint_eq(peek64(bus, RAM_BASE + 8), 0x77);
    /* without DBM a store does not make it writable */
    tables_set(&t, 0x2000, 3, RAM_BASE | D_AF | D_AP(2) | D_PAGE);
    ck_assert(!mmu_write(mmu, 0x2000, 8, 1, 0));
}
END_TEST

START_TEST(tables_in_rom_are_read_and_never_changed)
{
    struct tables t = lower(12, 39);
    struct err err;
    uint64_t descriptor = RAM_BASE | D_PAGE, rom = 0x100000;

    ck_assert_ptr_nonnull(bus_add_ram(bus, "rom", rom, PAGE_SIZE, RAM_ROM, &err));
    ck_assert(bus_write_ram(bus, rom, &descriptor, 8));
    descriptor |= D_AF;
    ck_assert(bus_write_ram(bus, rom + 8, &descriptor, 8));
    tables_set(&t, 0, 2, rom | D_TABLE);
    mmu_set(mmu, SCTLR_M, tcr_for(&t, false) | TCR_HA, t.root, 0);
    expect_fault(mmu, 0, ACCESS_READ, FAULT_EXTERNAL_WALK + 3);
    ck_assert_uint_eq(peek64(bus, rom), RAM_BASE | D_PAGE);
    expect_address(mmu, 0x1000, RAM_BASE);
}
END_TEST

/* --- Permissions --- */

struct rights {
    bool read, write, fetch;
};

/* DDI 0487, D8.4, written as its tables are: from the descriptors to what one EL may do. */
static struct rights manual(unsigned el, unsigned ap, unsigned aptable, bool uxn, bool pxn,
                            bool uxntable, bool pxntable, bool wxn, bool pan, bool epan)
{
    static const struct {
        bool el1_write, el0_read, el0_write;
    } table[4] = {
        {true, false, false}, {true, true, true}, {false, false, false}, {false, true, false}};
    bool el1_write = table[ap].el1_write, el0_read = table[ap].el0_read,
         el0_write = table[ap].el0_write;
    struct rights r;

    if (aptable & 1)
        el0_read = el0_write = false;
    if (aptable & 2)
        el1_write = el0_write = false;
    if (el == 0) {
        r.read = el0_read;
        r.write = el0_write;
        r.fetch = !uxn && !uxntable && !(wxn && el0_write);
    } else {
        pan &= el0_read || (epan && !uxn && !uxntable);
        r.read = !pan;
        r.write = el1_write && !pan;
        r.fetch = !pxn && !pxntable && !el0_write && !(wxn && el1_write);
    }
    return r;
}

static void check_rights(const struct tables *t, unsigned bits, bool wxn, bool epan, uint64_t va)
{
    unsigned ap = bits & 3, aptable = bits >> 2 & 3;
    bool uxn = bits >> 4 & 1, pxn = bits >> 5 & 1, uxntable = bits >> 6 & 1,
         pxntable = bits >> 7 & 1;

    (void)t;
    for (unsigned who = 0; who < 3; who++) { /* EL0, EL1, EL1 with PAN */
        struct rights r =
            manual(who != 0, ap, aptable, uxn, pxn, uxntable, pxntable, wxn, who == 2, epan);
        bool may[3] = {r.read, r.write, r.fetch};

        mmu_set_el(mmu, who != 0, who == 2, false);
        for (enum access access = ACCESS_READ; access <= ACCESS_FETCH; access++) {
            struct translation tr;
            bool ok =
                mmu_translate(mmu, va, access, who != 0, who == 2 && access != ACCESS_FETCH, &tr);

            ck_assert_msg(ok == may[access],
                          "AP %u APTable %u UXN %d PXN %d UXNTable %d PXNTable %d WXN %d: "
                          "%s access %u is %d",
                          ap, aptable, uxn, pxn, uxntable, pxntable, wxn,
                          who == 0   ? "EL0"
                          : who == 1 ? "EL1"
                                     : "EL1 with PAN",
                          access, ok);
            if (!ok)
                ck_assert_uint_eq(mmu->fault.status, FAULT_PERMISSION + 3);
        }
    }
}

START_TEST(rights_are_those_of_the_manual)
{
    for (unsigned bits = 0; bits < 256; bits++) {
        struct tables t = lower(12, 39);

        t.upper = D_APTABLE(bits >> 2 & 3) | (bits >> 6 & 1 ? D_UXNTABLE : 0) |
                  (bits >> 7 & 1 ? D_PXNTABLE : 0);
        tables_set(&t, 0x1000, 3,
                   RAM_BASE | D_AF | D_AP(bits & 3) | (bits >> 4 & 1 ? D_UXN : 0) |
                       (bits >> 5 & 1 ? D_PXN : 0) | D_PAGE);
        for (unsigned i = 0; i < 4; i++) {
            bool wxn = i & 1, epan = i & 2;

            mmu_set(mmu, SCTLR_M | (wxn ? SCTLR_WXN : 0) | (epan ? SCTLR_EPAN : 0),
                    tcr_for(&t, false), t.root, 0);
            check_rights(&t, bits, wxn, epan, 0x1000);
            check_rights(&t, bits, wxn, epan, 0x1000); /* and again from the TLB */
        }
        /* HPD0: the tables above take nothing away */
        mmu_set(mmu, SCTLR_M, tcr_for(&t, false) | TCR_HPD0, t.root, 0);
        check_rights(&t, bits & 0x33, false, false, 0x1000);
    }
}
END_TEST

START_TEST(unprivileged_accesses_have_the_rights_of_el0_unless_uao)
{
    struct tables t = lower(12, 39);

    tables_set(&t, 0x1000, 3, RAM_BASE | D_AF | D_AP(0) | D_PAGE);
    tables_set(&t, 0x2000, 3, RAM_BASE | D_AF | D_AP(1) | D_PAGE);
    tables_set(&t, 0x3000, 3, RAM_BASE | D_AF | D_AP(3) | D_PAGE);
    for (unsigned pan = 0; pan < 2; pan++) {
        mmu_set_el(mmu, 1, pan, false);
        for (unsigned again = 0; again < 2; again++) {
            ck_assert(!mmu_read(mmu, 0x1000, 4, ACCESS_UNPRIV).ok);
            ck_assert_uint_eq(mmu->fault.status, FAULT_PERMISSION + 3);
            ck_assert(mmu_read(mmu, 0x2000, 4, ACCESS_UNPRIV).ok); /* PAN does not matter */
            ck_assert(mmu_write(mmu, 0x2000, 4, 0, ACCESS_UNPRIV));
            ck_assert(mmu_read(mmu, 0x3000, 4, ACCESS_UNPRIV).ok);
            ck_assert(!mmu_write(mmu, 0x3000, 4, 0, ACCESS_UNPRIV));
            ck_assert(mmu->fault.write);
            ck_assert(mmu_read(mmu, 0x2000, 4, 0).ok == !pan);
        }
        mmu_set_el(mmu, 1, pan, true);
        ck_assert(mmu_read(mmu, 0x1000, 4, ACCESS_UNPRIV).ok);
        ck_assert(mmu_write(mmu, 0x1000, 4, 0, ACCESS_UNPRIV));
        ck_assert(mmu_read(mmu, 0x2000, 4, ACCESS_UNPRIV).ok == !pan);
        ck_assert(!mmu_write(mmu, 0x3000, 4, 0, ACCESS_UNPRIV));
    }
}
END_TEST

/* --- Attributes; the MMU off --- */

START_TEST(attributes_come_from_mair_and_the_descriptor)
{
    struct tables t = lower(12, 39);
    struct translation tr;

    for (unsigned n = 0; n < 3; n++)
        tables_set(&t, n << 12, 3, RAM_BASE | D_AF | D_ATTR(n) | D_SH(n) | D_PAGE);
    for (unsigned again = 0; again < 2; again++) {
        ck_assert(mmu_translate(mmu, 0x0000, ACCESS_READ, 1, false, &tr));
        ck_assert_uint_eq(tr.mair, 0xff);
        ck_assert_uint_eq(tr.sh, 0);
        ck_assert(!(tr.attr & TLB_DEVICE));
        ck_assert(mmu_translate(mmu, 0x1000, ACCESS_READ, 1, false, &tr));
        ck_assert_uint_eq(tr.mair, 0x44);
        ck_assert_uint_eq(tr.sh, 1);
        ck_assert(!(tr.attr & TLB_DEVICE));
        ck_assert(mmu_translate(mmu, 0x2000, ACCESS_READ, 1, false, &tr));
        ck_assert_uint_eq(tr.mair, 0x00);
        ck_assert_uint_eq(tr.sh, 2);
        ck_assert(tr.attr & TLB_DEVICE);
    }
}
END_TEST

START_TEST(with_the_mmu_off_all_is_flat_device_memory)
{
    struct translation tr;

    mmu_set(mmu, 0, 0, 0, 0);
    for (unsigned el = 0; el < 2; el++) {
        mmu_set_el(mmu, el, false, false);
        expect_address(mmu, RAM_BASE + 0x1234, RAM_BASE + 0x1234);
        ck_assert(mmu_translate(mmu, RAM_BASE, ACCESS_FETCH, el, false, &tr));
        ck_assert(mmu_translate(mmu, RAM_BASE, ACCESS_WRITE, el, true, &tr));
        ck_assert(tr.attr & TLB_DEVICE);
        expect_fault(mmu, 1ull << 48, ACCESS_READ, FAULT_ADDRESS_SIZE);
        expect_fault(mmu, 1ull << 55, ACCESS_FETCH, FAULT_ADDRESS_SIZE);
        expect_fault(mmu, 1ull << 56 | RAM_BASE, ACCESS_WRITE, FAULT_ADDRESS_SIZE);
    }
    mmu_set(mmu, 0, TCR_TBI0, 0, 0);
    expect_address(mmu, 0x5500000000000000 | RAM_BASE, RAM_BASE);
}
END_TEST

static Suite *walk_suite(void)
{
    Suite *suite = suite_create("walk");
    TCase *tc = tcase_create("walk");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, every_granule_level_and_block_size_translates);
    tcase_add_test(tc, table_of_two_entries_needs_only_its_own_alignment);
    tcase_add_test(tc, sizes_out_of_range_are_the_nearest_one);
    tcase_add_test(tc, addresses_beyond_the_size_of_a_half_fault_at_level_0);
    tcase_add_test(tc, upper_half_starts_where_t1sz_says);
    tcase_add_test(tc, tag_byte_is_ignored_only_with_tbi);
    tcase_add_test(tc, e0pd_hides_a_half_from_el0_alone);
    tcase_add_test(tc, output_beyond_ips_is_an_address_size_fault);
    tcase_add_test(tc, table_outside_ram_is_an_external_abort_on_the_walk);
    tcase_add_test(tc, access_flag_faults_unless_the_hardware_sets_it);
    tcase_add_test(tc, dirty_state_is_kept_in_ap2_by_the_first_store);
    tcase_add_test(tc, tables_in_rom_are_read_and_never_changed);
    tcase_add_test(tc, rights_are_those_of_the_manual);
    tcase_add_test(tc, unprivileged_accesses_have_the_rights_of_el0_unless_uao);
    tcase_add_test(tc, attributes_come_from_mair_and_the_descriptor);
    tcase_add_test(tc, with_the_mmu_off_all_is_flat_device_memory);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(walk_suite());
}
