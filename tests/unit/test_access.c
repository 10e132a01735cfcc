/* mmu/access.c: accesses that the inline probe leaves to the slow path. */
#include <stdatomic.h>

#include "fakes.h"
#include "tables.h"

#define ROOT        (RAM_BASE + 0x100000)
#define PAGE_A      (RAM_BASE + 0x1000000)
#define ROM_BASE    0x1000000ull
#define VIDEO       0x2000000ull
#define VIDEO_PAGES 64
#define UART        0x3000000ull /* a device with registers of 1 to 4 bytes */
#define VA_RAM      0x10000ull   /* two pages, Normal */
#define VA_ROM      0x20000ull
#define VA_VIDEO    0x40000ull
#define VA_DEVICE   0x200000ull /* the UART, as Device-nGnRnE; RAM behind it */
#define VA_HOLE     0x300000ull

static struct bus *bus;
static struct mmu *mmu;
static struct tables tables;
static struct ram_block *video;
static char story[1024];

static uint64_t fake_read(struct device *device, uint64_t offset, unsigned width)
{
    (void)device;
    sprintf(story + strlen(story), "r%u@%x ", width, (unsigned)offset);
    return 0x1122334455667788;
}

static void fake_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    (void)device;
    sprintf(story + strlen(story), "w%u@%x=%x ", width, (unsigned)offset, (unsigned)value);
}

static void fake_destroy(struct device *device)
{
    device_fini(device);
    free(device);
}

static const struct device_ops ops = {.name = "fake",
                                      .size = 0x1000,
                                      .width_min = 1,
                                      .width_max = 4,
                                      .read = fake_read,
                                      .write = fake_write,
                                      .destroy = fake_destroy};

static void map(uint64_t va, uint64_t phys, uint64_t attributes)
{
    tables_set(&tables, va, 3, phys | D_AF | D_SH(3) | attributes | D_PAGE);
    mmu_tlbi_range(mmu, va, 1, 0, true);
}

static void setup(void)
{
    struct device *device = calloc(1, sizeof(*device));
    struct err err;

    story[0] = 0;
    bus = bus_with_ram();
    device_init(device, &ops, NULL);
    ck_assert(bus_add_device(bus, UART, device, &err));
    ck_assert_ptr_nonnull(bus_add_ram(bus, "rom", ROM_BASE, 0x4000, RAM_ROM, &err));
    video = bus_add_ram(bus, "video", VIDEO, VIDEO_PAGES * PAGE_SIZE, RAM_VIDEO, &err);
    ck_assert_ptr_nonnull(video);
    mmu = mmu_on(bus);
    tables = tables_new(bus, 12, 39, ROOT);
    mmu_set(mmu, SCTLR_M, TCR_T0SZ(25) | TCR_IPS(5) | TCR_EPD1, tables.root, 0);
    map(VA_RAM, PAGE_A, 0);
    map(VA_RAM + 0x1000, PAGE_A + 0x5000, 0);
    map(VA_ROM, ROM_BASE, 0);
    for (unsigned i = 0; i < VIDEO_PAGES; i++)
        map(VA_VIDEO + i * PAGE_SIZE, VIDEO + i * PAGE_SIZE, D_ATTR(1));
    map(VA_DEVICE, UART, D_ATTR(2));
    map(VA_DEVICE + 0x1000, PAGE_A, D_ATTR(2));
    map(VA_DEVICE + 0x2000, PAGE_A + 0x1000, D_ATTR(2));
    map(VA_HOLE, 0x5000000, 0);
}

static void teardown(void)
{
    mmu_fini(mmu);
    free(mmu);
    bus_free(bus);
}

static void expect_abort(uint64_t address, unsigned status, bool write)
{
    ck_assert_uint_eq(mmu->fault.address, address);
    ck_assert_uint_eq(mmu->fault.status, status);
    ck_assert_uint_eq(mmu->fault.write, write);
    ck_assert(!mmu->fault.fetch);
}

START_TEST(every_width_reads_back_at_every_alignment)
{
    for (unsigned width = 1; width <= 8; width *= 2) {
        for (uint64_t va = VA_RAM + PAGE_SIZE - 9; va <= VA_RAM + PAGE_SIZE + 1; va++) {
            uint64_t value = 0xf1e2d3c4b5a69788 & bits_ones(8 * width);
            struct mmu_value read;
            uint64_t bytes = 0;

            ck_assert(mmu_write(mmu, va, width, value, 0));
            read = mmu_read(mmu, va, width, 0);
            ck_assert(read.ok);
            ck_assert_uint_eq(read.value, value);
            for (unsigned i = 0; i < width; i++)
                bytes |= mmu_read(mmu, va + i, 1, 0).value << 8 * i; /* little-endian */
            ck_assert_uint_eq(bytes, value);
        }
    }
}
END_TEST

START_TEST(crossing_accesses_use_both_translations)
{
    uint64_t wide[2] = {0x0123456789abcdef, 0xfedcba9876543210}, back[2];

    ck_assert(mmu_write(mmu, VA_RAM + PAGE_SIZE - 3, 8, 0x8877665544332211, 0));
    ck_assert_uint_eq(peek64(bus, PAGE_A + PAGE_SIZE - 8) >> 40, 0x332211);
    ck_assert_uint_eq(peek64(bus, PAGE_A + 0x5000) & bits_ones(40), 0x8877665544);
    for (unsigned i = 1; i < 16; i++) {
        ck_assert(mmu_write128(mmu, VA_RAM + PAGE_SIZE - i, wide, 0));
        ck_assert(mmu_read128(mmu, VA_RAM + PAGE_SIZE - i, back, 0));
        ck_assert_mem_eq(wide, back, 16);
    }
}
END_TEST

START_TEST(crossing_stores_change_nothing_when_the_second_page_faults)
{
    uint64_t wide[2] = {~0ull, ~0ull};
    const uint64_t end = VA_RAM + 2 * PAGE_SIZE; /* not mapped */

    for (unsigned ro = 0; ro < 2; ro++) {
        unsigned status = ro ? FAULT_PERMISSION + 3 : FAULT_TRANSLATION + 3;

        if (ro)
            map(end, PAGE_A, D_AP(2));
        for (unsigned i = 1; i < 16; i++) {
            poke64(bus, PAGE_A + 0x6000 - 16, 0);
            poke64(bus, PAGE_A + 0x6000 - 8, 0);
            if (i < 8) {
                ck_assert(!mmu_write(mmu, end - i, 8, ~0ull, 0));
                expect_abort(end, status, true);
            }
            ck_assert(!mmu_write128(mmu, end - i, wide, 0));
            expect_abort(end, status, true);
            ck_assert_uint_eq(peek64(bus, PAGE_A + 0x6000 - 16), 0);
            ck_assert_uint_eq(peek64(bus, PAGE_A + 0x6000 - 8), 0);
            if (!ro) {
                ck_assert(mmu_read(mmu, end - i, 8, 0).ok == (i >= 8));
                if (i < 8)
                    expect_abort(end, status, false);
            }
        }
    }
    /* when both fault it is the first that is told */
    ck_assert(!mmu_write(mmu, VA_RAM - 4, 1, 0, 0));
    ck_assert(!mmu_write(mmu, VA_RAM + 3 * PAGE_SIZE - 4 + 0x1000, 8, 0, 0));
    expect_abort(VA_RAM + 4 * PAGE_SIZE - 4, FAULT_TRANSLATION + 3, true);
}
END_TEST

START_TEST(alignment_is_asked_for_by_flag_sctlr_and_device_memory)
{
    uint64_t wide[2];

    ck_assert(mmu_read(mmu, VA_RAM + 1, 4, 0).ok);
    ck_assert(!mmu_read(mmu, VA_RAM + 1, 4, ACCESS_ALIGNED).ok);
    expect_abort(VA_RAM + 1, FAULT_ALIGNMENT, false);
    ck_assert(!mmu_write(mmu, VA_RAM + 6, 8, 0, ACCESS_ALIGNED));
    expect_abort(VA_RAM + 6, FAULT_ALIGNMENT, true);
    ck_assert(!mmu_read128(mmu, VA_RAM + 8, wide, ACCESS_ALIGNED));
    ck_assert(mmu_read128(mmu, VA_RAM + 8, wide, 0));
    /* Device memory, with RAM behind it: also where the access crosses a page */
    for (unsigned off = 1; off < 8; off++) {
        ck_assert(!mmu_read(mmu, VA_DEVICE + 0x1000 + off, 8, 0).ok);
        expect_abort(VA_DEVICE + 0x1000 + off, FAULT_ALIGNMENT, false);
        ck_assert(!mmu_read(mmu, VA_DEVICE + 0x2000 - off, 8, 0).ok);
        expect_abort(VA_DEVICE + 0x2000 - off, FAULT_ALIGNMENT, false);
        ck_assert(!mmu_write(mmu, VA_DEVICE + 0x2000 - off, 8, 0, 0));
        expect_abort(VA_DEVICE + 0x2000 - off, FAULT_ALIGNMENT, true);
    }
    ck_assert(mmu_read(mmu, VA_DEVICE + 0x1008, 8, 0).ok);
    ck_assert(!mmu_read128(mmu, VA_DEVICE + 0x1008, wide, 0)); /* 16 bytes as one */
    expect_abort(VA_DEVICE + 0x1008, FAULT_ALIGNMENT, false);
    ck_assert(mmu_read128(mmu, VA_DEVICE + 0x1010, wide, 0));
    mmu->regs.sctlr |= SCTLR_A;
    ck_assert(!mmu_read(mmu, VA_RAM + 1, 2, 0).ok);
    expect_abort(VA_RAM + 1, FAULT_ALIGNMENT, false);
    ck_assert(mmu_read(mmu, VA_RAM + 1, 1, 0).ok);
}
END_TEST

START_TEST(device_memory_is_never_fast)
{
    ck_assert(mmu_write(mmu, VA_DEVICE + 0x1000, 8, 1, 0));
    ck_assert(mmu_read(mmu, VA_DEVICE + 0x1000, 8, 0).ok);
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        ck_assert_uint_ne(mmu->bank->entry[i].tag_read, VA_DEVICE + 0x1000);
        ck_assert_uint_ne(mmu->bank->entry[i].tag_write, VA_DEVICE + 0x1000);
    }
}
END_TEST

/* Is a device what is at VA_DEVICE, and how many translations does it take to ask it? */
static bool device_there(bool write, unsigned translations)
{
    uint64_t before = mmu->misses;
    bool ok;

    story[0] = 0;
    ok = write ? mmu_write(mmu, VA_DEVICE + 4, 4, 1, 0) : mmu_read(mmu, VA_DEVICE + 4, 4, 0).ok;
    ck_assert_uint_eq(mmu->misses - before, translations);
    return ok && !strcmp(story, write ? "w4@4=1 " : "r4@4 ");
}

START_TEST(a_page_of_a_device_is_translated_once)
{
    ck_assert(device_there(false, 1));
    ck_assert(device_there(false, 0));
    ck_assert(device_there(true, 0));
    map(VA_DEVICE, PAGE_A, D_ATTR(2));
    ck_assert(!device_there(false, 1));
    map(VA_DEVICE, UART, D_ATTR(2));
    ck_assert(device_there(true, 1));
    mmu_tlbi_all(mmu);
    ck_assert(device_there(true, 1));
    mmu_tlbi_asid(mmu, 0);
    ck_assert(device_there(true, 1));
    ck_assert(!mmu_write(mmu, VA_DEVICE + 2, 4, 1, 0));
    expect_abort(VA_DEVICE + 2, FAULT_ALIGNMENT, true);
}
END_TEST

START_TEST(a_page_of_a_device_is_remembered_with_the_rights_it_has)
{
    mmu_set_el(mmu, 1, false, false);
    ck_assert(device_there(true, 1));
    mmu_set_el(mmu, 0, false, false);
    ck_assert(!device_there(true, 1));
    mmu_set_el(mmu, 1, false, false);
    ck_assert(device_there(true, 0));
    map(VA_DEVICE, UART, D_ATTR(2) | D_AP(2)); /* read-only */
    ck_assert(device_there(false, 1));
    ck_assert(!device_there(true, 1));
    expect_abort(VA_DEVICE + 4, FAULT_PERMISSION + 3, true);
    map(VA_DEVICE, UART, D_ATTR(2) | D_AP(1)); /* of EL0 */
    ck_assert(device_there(false, 1));
    mmu_set_el(mmu, 1, true, false); /* PAN */
    ck_assert(!device_there(false, 1));
}
END_TEST

START_TEST(rom_reads_and_ignores_stores)
{
    uint64_t value = 0x1234567890;

    ck_assert(bus_write_ram(bus, ROM_BASE + 8, &value, 8)); /* the loader may */
    for (unsigned i = 0; i < 2; i++) {
        ck_assert(mmu_write(mmu, VA_ROM + 8, 8, ~0ull, 0));
        ck_assert_uint_eq(mmu_read(mmu, VA_ROM + 8, 8, 0).value, value);
    }
    ck_assert_uint_ne(mmu->bank->entry[VA_ROM >> 12 & 255].tag_write, VA_ROM);
    ck_assert_uint_eq(mmu->bank->entry[VA_ROM >> 12 & 255].tag_read, VA_ROM);
}
END_TEST

START_TEST(devices_see_width_and_order)
{
    struct mmu_value read = mmu_read(mmu, VA_DEVICE + 0x10, 8, 0);

    ck_assert(read.ok);
    ck_assert_uint_eq(read.value, 0x5566778855667788);
    ck_assert_str_eq(story, "r4@10 r4@14 ");
    story[0] = 0;
    ck_assert(mmu_write(mmu, VA_DEVICE + 0x22, 2, 0xabcd, 0));
    ck_assert(mmu_read(mmu, VA_DEVICE + 0x33, 1, 0).value == 0x88);
    ck_assert_str_eq(story, "w2@22=abcd r1@33 ");
}
END_TEST

START_TEST(nothing_there_is_an_external_abort)
{
    ck_assert(!mmu_read(mmu, VA_HOLE + 8, 4, 0).ok);
    expect_abort(VA_HOLE + 8, FAULT_EXTERNAL, false);
    ck_assert(!mmu_write(mmu, VA_HOLE + 8, 4, 0, 0));
    expect_abort(VA_HOLE + 8, FAULT_EXTERNAL, true);
}
END_TEST

START_TEST(atomics_get_a_pointer_to_ram_alone)
{
    uint64_t phys;

    ck_assert_ptr_eq(mmu_atomic_pointer(mmu, VA_RAM + 8, 8, true, &phys),
                     bus_ram_pointer(bus, PAGE_A + 8, 8));
    ck_assert_uint_eq(phys, PAGE_A + 8);
    ck_assert_ptr_nonnull(mmu_atomic_pointer(mmu, VA_RAM + 4, 8, true, &phys));
    ck_assert_ptr_null(mmu_atomic_pointer(mmu, VA_RAM + 12, 8, true, &phys));
    expect_abort(VA_RAM + 12, FAULT_ALIGNMENT, true);
    ck_assert_ptr_null(mmu_atomic_pointer(mmu, VA_DEVICE, 4, false, &phys));
    expect_abort(VA_DEVICE, FAULT_EXTERNAL, false);
    ck_assert_ptr_null(mmu_atomic_pointer(mmu, VA_ROM, 4, true, &phys));
    expect_abort(VA_ROM, FAULT_UNSUPPORTED_ATOMIC, true);
    ck_assert_ptr_nonnull(mmu_atomic_pointer(mmu, VA_ROM, 4, false, &phys));
    ck_assert_ptr_null(mmu_atomic_pointer(mmu, 0x900000, 4, true, &phys));
    ck_assert_uint_eq(mmu->fault.status & ~3u, FAULT_TRANSLATION);
}
END_TEST

/* --- Block operations --- */

START_TEST(block_operations_end_where_a_page_does)
{
    uint8_t *low = bus_ram_pointer(bus, PAGE_A, PAGE_SIZE);
    uint8_t *high = bus_ram_pointer(bus, PAGE_A + 0x5000, PAGE_SIZE);

    ck_assert_uint_eq(mmu_fill(mmu, VA_RAM + 0xffd, 100, 0x5a, 0), 3);
    ck_assert_uint_eq(mmu_fill(mmu, VA_RAM + 0x1000, 97, 0x5b, 0), 97);
    ck_assert_mem_eq(low + 0xffd, "ZZZ", 3);
    ck_assert_mem_eq(high, "[[[[", 4);
    ck_assert_uint_eq(mmu_copy(mmu, VA_RAM + 0x20, VA_RAM + 0xffe, 100, 0, 0), 2);
    ck_assert_mem_eq(low + 0x20, "ZZ", 2);
    ck_assert_uint_eq(mmu_copy(mmu, VA_RAM + 0xffb, VA_RAM + 0x1000, 100, 0, 0), 5);
    ck_assert_mem_eq(low + 0xffb, "[[[[[", 5);
    memcpy(high, "abcdef", 6);
    ck_assert_uint_eq(mmu_copy_last(mmu, VA_RAM + 0x80, VA_RAM + 0xffe, 8, 0, 0), 6);
    ck_assert_mem_eq(low + 0x82, "abcdef", 6);
    ck_assert_uint_eq(mmu_copy_last(mmu, VA_RAM + 0xffd, VA_RAM + 0x80, 8, 0, 0), 5);
    ck_assert_mem_eq(high, "bcdef", 5);
}
END_TEST

START_TEST(block_operations_fault_at_their_first_byte)
{
    ck_assert_uint_eq(mmu_fill(mmu, 0x900000, 100, 0, 0), 0);
    ck_assert_uint_eq(mmu->fault.address, 0x900000);
    ck_assert(mmu->fault.write);
    ck_assert_uint_eq(mmu_copy(mmu, 0x900000, 0xa00000, 100, 0, 0), 0); /* the load comes first */
    ck_assert_uint_eq(mmu->fault.address, 0xa00000);
    ck_assert(!mmu->fault.write);
    ck_assert_uint_eq(mmu_copy_last(mmu, 0x900000, VA_RAM, 100, 0, 0), 0);
    ck_assert_uint_eq(mmu->fault.address, 0x900063);
    ck_assert(mmu->fault.write);
    ck_assert_uint_eq(mmu_fill(mmu, VA_HOLE + 1, 100, 0, 0), 0);
    expect_abort(VA_HOLE + 1, FAULT_EXTERNAL, true);
}
END_TEST

START_TEST(block_operations_ask_a_device_byte_by_byte)
{
    ck_assert_uint_eq(mmu_fill(mmu, VA_DEVICE + 1, 100, 0x5a, 0), 1);
    ck_assert_uint_eq(mmu_copy(mmu, VA_DEVICE + 2, VA_DEVICE + 3, 100, 0, 0), 1);
    ck_assert_uint_eq(mmu_copy_last(mmu, VA_RAM, VA_DEVICE + 4, 4, 0, 0), 1);
    ck_assert_str_eq(story, "w1@1=5a r1@3 w1@2=88 r1@7 ");
    ck_assert_uint_eq(mmu_fill(mmu, VA_ROM, 100, 0x5a, 0), 1); /* ignored, as any store there */
}
END_TEST

static uint64_t told_address, told_size;

static void told(void *opaque, uint64_t address, uint64_t size)
{
    (void)opaque;
    told_address = address;
    told_size = size;
}

START_TEST(block_operations_tell_of_code_that_they_write)
{
    static struct bus_watcher code_watcher = {.code_written = told};
    struct ram_block *ram = bus_ram(bus, PAGE_A);

    bus_watch(bus, &code_watcher);
    atomic_fetch_or(&ram->page_flags[(PAGE_A - ram->base) >> PAGE_SHIFT], PAGE_CODE);
    ck_assert_uint_eq(mmu_fill(mmu, VA_RAM + 0x10, 100, 0, 0), 100);
    ck_assert_uint_eq(told_address, PAGE_A + 0x10);
    ck_assert_uint_eq(told_size, 100);
    ck_assert_uint_eq(mmu_copy_last(mmu, VA_RAM + 0x20, VA_RAM + 0x1000, 50, 0, 0), 50);
    ck_assert_uint_eq(told_address, PAGE_A + 0x20);
    ck_assert_uint_eq(told_size, 50);
}
END_TEST

/* --- The display --- */

static struct bus_watcher watcher;
static uint64_t asked;

static void drop_writes(void *opaque, uint64_t ticket)
{
    (void)opaque;
    asked = ticket; /* acknowledged when the test says so */
}

static void acknowledge(void)
{
    mmu_drop_writes(mmu, ~0ull);
    atomic_store(&watcher.acked, asked);
}

/* A store as the engines do it. */
static void store(uint64_t va)
{
    const struct tlb_entry *entry = &mmu->bank->entry[va >> 12 & (TLB_ENTRIES - 1)];

    if ((va ^ entry->tag_write) > PAGE_SIZE - 8)
        ck_assert(mmu_write(mmu, va, 8, 1, 0));
}

START_TEST(stores_to_video_memory_are_harvested_and_none_is_lost)
{
    uint64_t dirty, seen, state = 42;

    watcher = (struct bus_watcher){.drop_writes = drop_writes};
    asked = 0;
    bus_watch(bus, &watcher);
    ck_assert(!bus_harvest_dirty(bus, video, &dirty));
    ck_assert(mmu_read(mmu, VA_VIDEO, 8, 0).ok); /* reads mark nothing */
    ck_assert(!bus_harvest_dirty(bus, video, &dirty));
    store(VA_VIDEO + 3 * PAGE_SIZE);
    bus_harvest_dirty(bus, video, &dirty); /* opens a new epoch, asks for the entries to go */
    ck_assert_uint_gt(asked, 0);
    ck_assert(!bus_harvest_dirty(bus, video, &dirty)); /* not yet acknowledged */
    store(VA_VIDEO + 3 * PAGE_SIZE);                   /* untracked: still fast */
    acknowledge();
    ck_assert(bus_harvest_dirty(bus, video, &dirty));
    ck_assert_uint_eq(dirty, 1u << 3);
    /* random stores: each is reported by one of the next frames */
    for (unsigned round = 0; round < 500; round++) {
        uint64_t wanted = 0;

        for (unsigned i = 0; i < garbage(&state) % 5; i++) {
            unsigned page = garbage(&state) % VIDEO_PAGES;

            store(VA_VIDEO + page * PAGE_SIZE);
            wanted |= 1ull << page;
        }
        seen = 0;
        for (unsigned frame = 0; frame < 3; frame++) {
            if (bus_harvest_dirty(bus, video, &dirty))
                seen |= dirty;
            acknowledge();
        }
        ck_assert_msg((seen & wanted) == wanted, "round %u: stores to %llx, seen %llx", round,
                      (unsigned long long)wanted, (unsigned long long)seen);
    }
}
END_TEST

/* --- The journal of -engine check --- */

START_TEST(journal_undoes_ram_and_replays_devices)
{
    static struct mmu_journal journal;
    struct mmu_value read;

    poke64(bus, PAGE_A, 5);
    mmu_journal_record(mmu, &journal);
    ck_assert(mmu_write(mmu, VA_RAM, 8, 6, 0));
    ck_assert(mmu_write(mmu, VA_RAM + 4, 8, 7, 0)); /* overlapping */
    read = mmu_read(mmu, VA_DEVICE + 4, 4, 0);
    ck_assert(read.ok && read.value == 0x55667788);
    ck_assert(mmu_write(mmu, VA_DEVICE + 8, 4, 9, 0));
    ck_assert(!mmu_read(mmu, VA_HOLE, 4, 0).ok);
    ck_assert_uint_eq(peek64(bus, PAGE_A), 0x700000006);
    mmu_journal_rewind(mmu);
    ck_assert_uint_eq(peek64(bus, PAGE_A), 5);
    ck_assert_str_eq(story, "r4@4 w4@8=9 ");
    ck_assert(mmu_write(mmu, VA_RAM, 8, 6, 0));
    ck_assert(mmu_write(mmu, VA_RAM + 4, 8, 7, 0));
    read = mmu_read(mmu, VA_DEVICE + 4, 4, 0);
    ck_assert(read.ok && read.value == 0x55667788);
    ck_assert(mmu_write(mmu, VA_DEVICE + 8, 4, 9, 0));
    ck_assert(!mmu_read(mmu, VA_HOLE, 4, 0).ok);
    expect_abort(VA_HOLE, FAULT_EXTERNAL, false);
    ck_assert(!journal.diverged);
    mmu_journal_stop(mmu);
    ck_assert_str_eq(story, "r4@4 w4@8=9 "); /* the device saw each once */
    ck_assert_uint_eq(peek64(bus, PAGE_A), 0x700000006);

    mmu_journal_record(mmu, &journal);
    ck_assert(mmu_write(mmu, VA_DEVICE + 8, 4, 9, 0));
    mmu_journal_rewind(mmu);
    ck_assert(mmu_write(mmu, VA_DEVICE + 8, 4, 10, 0)); /* another value */
    ck_assert(journal.diverged);
    mmu_journal_stop(mmu);
}
END_TEST

/* As the engines load. */
static struct mmu_value probe_and_read(uint64_t va)
{
    const struct tlb_entry *entry = &mmu->bank->entry[(va >> PAGE_SHIFT) % TLB_ENTRIES];
    struct mmu_value found = {0, true};

    if ((va ^ entry->tag_read) > PAGE_SIZE - 4)
        return mmu_read(mmu, va, 4, 0);
    memcpy(&found.value, (const void *)(uintptr_t)(va + entry->addend), 4);
    return found;
}

/* Read-only RAM, then each of these, without a TLBI. */
static const uint64_t changes[] = {
    0x5000000,          /* nothing */
    UART,               /* a device */
    PAGE_A + PAGE_SIZE, /* other RAM */
    PAGE_A | D_ATTR(2), /* the same as Device memory */
    PAGE_A | D_AP(3),   /* the same, for EL0 as well */
};

/* What the change permits and the old descriptor does not looks at the tables: the second level has
 * the new translation, the bank the old one. */
START_TEST(journal_has_one_translation_of_a_page_that_changed_without_tlbi)
{
    static struct mmu_journal journal;
    struct mmu_value first, second;
    struct translation tr;

    poke64(bus, PAGE_A, 0x1111111111111111);
    poke64(bus, PAGE_A + PAGE_SIZE, 0x2222222222222222);
    map(VA_RAM, PAGE_A, D_AP(2));
    ck_assert_uint_eq(probe_and_read(VA_RAM).value, 0x11111111);
    tables_set(&tables, VA_RAM, 3, changes[_i] | D_AF | D_SH(3) | D_PAGE);
    ck_assert(mmu_translate(mmu, VA_RAM, (changes[_i] & D_AP(2)) ? ACCESS_READ : ACCESS_WRITE,
                            !(changes[_i] & D_AP(2)), false, &tr));
    ck_assert_uint_eq(probe_and_read(VA_RAM + 1).value, 0x11111111);
    mmu_journal_record(mmu, &journal);
    first = probe_and_read(VA_RAM + 1);
    mmu_journal_rewind(mmu);
    second = probe_and_read(VA_RAM + 1);
    mmu_journal_stop(mmu);
    ck_assert(!journal.diverged);
    ck_assert_uint_eq(first.ok, second.ok);
    ck_assert_uint_eq(first.value, second.value);
}
END_TEST

static Suite *access_suite(void)
{
    Suite *suite = suite_create("access");
    TCase *tc = tcase_create("access");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_width_reads_back_at_every_alignment);
    tcase_add_test(tc, crossing_accesses_use_both_translations);
    tcase_add_test(tc, crossing_stores_change_nothing_when_the_second_page_faults);
    tcase_add_test(tc, alignment_is_asked_for_by_flag_sctlr_and_device_memory);
    tcase_add_test(tc, device_memory_is_never_fast);
    tcase_add_test(tc, a_page_of_a_device_is_translated_once);
    tcase_add_test(tc, a_page_of_a_device_is_remembered_with_the_rights_it_has);
    tcase_add_test(tc, rom_reads_and_ignores_stores);
    tcase_add_test(tc, devices_see_width_and_order);
    tcase_add_test(tc, nothing_there_is_an_external_abort);
    tcase_add_test(tc, atomics_get_a_pointer_to_ram_alone);
    tcase_add_test(tc, block_operations_end_where_a_page_does);
    tcase_add_test(tc, block_operations_fault_at_their_first_byte);
    tcase_add_test(tc, block_operations_ask_a_device_byte_by_byte);
    tcase_add_test(tc, block_operations_tell_of_code_that_they_write);
    tcase_add_test(tc, stores_to_video_memory_are_harvested_and_none_is_lost);
    tcase_add_test(tc, journal_undoes_ram_and_replays_devices);
    tcase_add_loop_test(tc, journal_has_one_translation_of_a_page_that_changed_without_tlbi, 0,
                        ARRAY_SIZE(changes));
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(access_suite());
}
