/* mmu/bus.c and mmu/device.c */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "mmu/bus.h"

#define RAM_BASE 0x40000000ull

/* A device that writes down what it is asked. */
struct fake {
    struct device device;
    char *story; /* the machine's, appended to */
    uint8_t byte[64];
};

static void tell(struct fake *fake, const char *what, uint64_t offset, unsigned width,
                 uint64_t value)
{
    sprintf(fake->story + strlen(fake->story), "%s%u@%lx=%lx ", what, width, (unsigned long)offset,
            (unsigned long)value);
}

static uint64_t fake_read(struct device *device, uint64_t offset, unsigned width)
{
    struct fake *fake = (struct fake *)device;
    uint64_t value = ~0ull; /* the bus cuts what is beyond the width */

    memcpy(&value, fake->byte + offset, width);
    tell(fake, "r", offset, width, value & bits_ones(width * 8));
    return value;
}

static void fake_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    struct fake *fake = (struct fake *)device;

    tell(fake, "w", offset, width, value);
    memcpy(fake->byte + offset, &value, width);
    ck_assert_int_ne(pthread_mutex_trylock(&device->lock), 0); /* the bus holds it */
}

static void fake_reset(struct device *device)
{
    tell((struct fake *)device, "reset", 0, 0, 0);
}

static void fake_destroy(struct device *device)
{
    struct fake *fake = (struct fake *)device;

    strcat(fake->story, device->ops->name);
    strcat(fake->story, " ");
    device_fini(device);
    free(fake);
}

#define FAKE_OPS(fake_name, low, high)                                                             \
    {                                                                                              \
        .name = fake_name, .size = 64, .width_min = low, .width_max = high, .read = fake_read,     \
        .write = fake_write, .reset = fake_reset, .destroy = fake_destroy                          \
    }
static const struct device_ops narrow_ops = FAKE_OPS("narrow", 1, 4);
static const struct device_ops words_ops = FAKE_OPS("words", 4, 4);
static const struct device_ops wide_ops = FAKE_OPS("wide", 1, 8);

static struct device *fake_new(const struct device_ops *ops, char *story)
{
    struct fake *fake = calloc(1, sizeof(*fake));

    device_init(&fake->device, ops, NULL);
    fake->story = story;
    for (unsigned i = 0; i < sizeof(fake->byte); i++)
        fake->byte[i] = (uint8_t)(i + 1);
    return &fake->device;
}

static char story[4096];
static struct bus *bus;
static struct err err;

static void setup(void)
{
    story[0] = 0;
    bus = bus_new(NULL);
    ck_assert(bus_add_device(bus, 0x1000, fake_new(&narrow_ops, story), &err));
    ck_assert(bus_add_device(bus, 0x0, fake_new(&words_ops, story), &err));
    ck_assert(bus_add_device(bus, 0x2000, fake_new(&wide_ops, story), &err));
    ck_assert_ptr_nonnull(bus_add_ram(bus, "ram", RAM_BASE, 16 * PAGE_SIZE, RAM_NORMAL, &err));
}

static void teardown(void)
{
    bus_free(bus);
}

START_TEST(widths_are_split_low_address_first_or_refused)
{
    uint64_t value;

    ck_assert(bus_mmio_read(bus, 0, 0x1008, 8, &value));
    ck_assert_uint_eq(value, 0x100f0e0d0c0b0a09);
    ck_assert_str_eq(story, "r4@8=c0b0a09 r4@c=100f0e0d ");
    story[0] = 0;
    ck_assert(bus_mmio_write(bus, 0, 0x1010, 8, 0x1122334455667788));
    ck_assert_str_eq(story, "w4@10=55667788 w4@14=11223344 ");
    story[0] = 0;
    ck_assert(bus_mmio_read(bus, 0, 0x2000, 8, &value));
    ck_assert_str_eq(story, "r8@0=807060504030201 ");
    story[0] = 0;
    ck_assert(!bus_mmio_read(bus, 0, 0x4, 2, &value));
    ck_assert(!bus_mmio_write(bus, 0, 0x4, 1, 7));
    ck_assert(bus_mmio_read(bus, 0, 0x4, 4, &value));
    ck_assert_uint_eq(value, 0x08070605);
    ck_assert_str_eq(story, "r4@4=8070605 ");
}
END_TEST

START_TEST(unaligned_accesses_become_aligned_ones)
{
    uint64_t value;

    ck_assert(bus_mmio_read(bus, 0, 0x1002, 4, &value));
    ck_assert_uint_eq(value, 0x06050403);
    ck_assert_str_eq(story, "r2@2=403 r2@4=605 ");
    story[0] = 0;
    ck_assert(bus_mmio_write(bus, 0, 0x2001, 2, 0xabcd));
    ck_assert_str_eq(story, "w1@1=cd w1@2=ab ");
    story[0] = 0;
    ck_assert(!bus_mmio_read(bus, 0, 0x2, 4, &value)); /* its halves are narrower than it takes */
    ck_assert_str_eq(story, "");
}
END_TEST

START_TEST(a_read_and_a_write_are_cut_to_their_width)
{
    uint64_t value;

    ck_assert(bus_mmio_read(bus, 0, 0x1000, 1, &value));
    ck_assert_uint_eq(value, 1);
    ck_assert(bus_mmio_write(bus, 0, 0x1000, 1, 0xfff2));
    ck_assert_str_eq(story, "r1@0=1 w1@0=f2 ");
}
END_TEST

START_TEST(nothing_answers_between_the_devices)
{
    static const uint64_t holes[] = {
        0x40, 0xfff, 0x1040, 0x1fff, 0x2040, RAM_BASE - 1, RAM_BASE + 16 * PAGE_SIZE, ~0ull};
    uint64_t value;

    for (size_t i = 0; i < ARRAY_SIZE(holes); i++) {
        ck_assert(!bus_mmio_read(bus, 0, holes[i], 1, &value));
        ck_assert(!bus_mmio_write(bus, 0, holes[i], 1, 0));
        ck_assert_ptr_null(bus_ram(bus, holes[i]));
    }
    ck_assert(!bus_mmio_read(bus, 0, ~0ull, 8, &value));
    ck_assert(!bus_mmio_write(bus, 0, 0x103c, 8, 0)); /* its upper half hangs over the end */
}
END_TEST

START_TEST(overlaps_are_named_and_leave_the_map_as_it_was)
{
    static const struct {
        uint64_t base, size;
    } bad[] = {{RAM_BASE + PAGE_SIZE, PAGE_SIZE},
               {RAM_BASE - PAGE_SIZE, 2 * PAGE_SIZE},
               {0x1000, PAGE_SIZE},
               {0, 1 * GIB + PAGE_SIZE},
               {RAM_BASE, 16 * PAGE_SIZE}};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        err.text[0] = 0;
        ck_assert_ptr_null(bus_add_ram(bus, "late", bad[i].base, bad[i].size, RAM_NORMAL, &err));
        ck_assert_ptr_nonnull(strstr(err.text, "overlaps"));
    }
    ck_assert_ptr_null(bus_add_ram(bus, "odd", 0x10001, PAGE_SIZE, RAM_NORMAL, &err));
    ck_assert_ptr_null(bus_add_ram(bus, "none", 0x10000, 0, RAM_NORMAL, &err));
    ck_assert_ptr_null(bus_add_ram(bus, "wrap", -PAGE_SIZE, 2 * PAGE_SIZE, RAM_NORMAL, &err));
    ck_assert_ptr_nonnull(bus_add_ram(bus, "fits", 0x3000, PAGE_SIZE, RAM_NORMAL, &err));
    ck_assert_str_eq(bus_ram(bus, 0x3fff)->name, "fits");
}
END_TEST

START_TEST(a_device_that_does_not_fit_is_destroyed)
{
    ck_assert(!bus_add_device(bus, 0x1020, fake_new(&wide_ops, story), &err));
    ck_assert_str_eq(story, "wide ");
    ck_assert_ptr_nonnull(strstr(err.text, "narrow"));
}
END_TEST

START_TEST(devices_reset_in_order_and_go_in_reverse)
{
    struct device *device = fake_new(&wide_ops, story);

    ck_assert(bus_add_device(bus, 0x5000, device, &err));
    ck_assert(bus_add_window(bus, 0x4000, &narrow_ops, device, &err));
    bus_reset(bus);
    ck_assert_str_eq(story, "reset0@0=0 reset0@0=0 reset0@0=0 reset0@0=0 ");
    story[0] = 0;
    uint64_t value;
    ck_assert(bus_mmio_read(bus, 0, 0x4000, 8, &value));
    ck_assert_str_eq(story, "r4@0=4030201 r4@4=8070605 ");
    story[0] = 0;
    bus_free(bus);
    ck_assert_str_eq(story, "wide wide words narrow ");
    bus = NULL;
}
END_TEST

START_TEST(removed_devices_leave_the_ram)
{
    uint64_t value;

    bus_remove_devices(bus);
    ck_assert_str_eq(story, "wide words narrow ");
    ck_assert(!bus_mmio_read(bus, 0, 0x1000, 4, &value));
    ck_assert_ptr_nonnull(bus_ram(bus, RAM_BASE));
}
END_TEST

static void note_region(void *opaque, const char *name, uint64_t base, uint64_t size)
{
    char *text = opaque;

    sprintf(text + strlen(text), "%s@%lx+%lx ", name, (unsigned long)base, (unsigned long)size);
}

START_TEST(visit_goes_up_through_the_map)
{
    char text[256] = "";

    bus_visit(bus, note_region, text);
    ck_assert_str_eq(text, "words@0+40 narrow@1000+40 wide@2000+40 ram@40000000+10000 ");
}
END_TEST

START_TEST(ram_reads_back_and_stops_at_its_end)
{
    uint8_t in[3 * PAGE_SIZE], out[3 * PAGE_SIZE];

    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 7);
    ck_assert(bus_write_ram(bus, RAM_BASE + 100, in, sizeof(in)));
    ck_assert(bus_read_ram(bus, RAM_BASE + 100, out, sizeof(out)));
    ck_assert_mem_eq(in, out, sizeof(in));
    ck_assert_mem_eq(bus_ram_pointer(bus, RAM_BASE + 100, sizeof(in)), in, sizeof(in));
    uint64_t end = RAM_BASE + 16 * PAGE_SIZE;
    ck_assert(!bus_write_ram(bus, end - sizeof(in) + 1, in, sizeof(in)));
    ck_assert(bus_read_ram(bus, end - 100, out, 100));
    for (size_t i = 0; i < 100; i++)
        ck_assert_uint_eq(out[i], 0); /* nothing was written by halves */
    ck_assert_ptr_null(bus_ram_pointer(bus, end - 4, 5));
    ck_assert_ptr_nonnull(bus_ram_pointer(bus, end - 4, 4));
    ck_assert_ptr_null(bus_ram_pointer(bus, end - 4, ~0ull));
    ck_assert_ptr_null(bus_ram_pointer(bus, 0x1000, 1));
}
END_TEST

START_TEST(ram_that_touches_ram_is_written_as_one)
{
    uint64_t value = 0x1122334455667788, read;

    ck_assert_ptr_nonnull(
        bus_add_ram(bus, "more", RAM_BASE + 16 * PAGE_SIZE, PAGE_SIZE, RAM_NORMAL, &err));
    ck_assert(bus_write_ram(bus, RAM_BASE + 16 * PAGE_SIZE - 3, &value, 8));
    ck_assert(bus_mmio_read(bus, 0, RAM_BASE + 16 * PAGE_SIZE - 3, 8, &read));
    ck_assert_uint_eq(read, value);
    ck_assert(bus_mmio_write(bus, 0, RAM_BASE + 16 * PAGE_SIZE - 3, 8, 0x99));
    ck_assert(bus_read_ram(bus, RAM_BASE + 16 * PAGE_SIZE - 3, &read, 8));
    ck_assert_uint_eq(read, 0x99);
}
END_TEST

START_TEST(a_guest_cannot_store_to_rom_but_a_loader_can)
{
    uint32_t word = 0xd503201f;
    uint64_t value;

    ck_assert_ptr_nonnull(bus_add_ram(bus, "flash", 0x8000000, PAGE_SIZE, RAM_ROM, &err));
    ck_assert(bus_write_ram(bus, 0x8000000, &word, 4));
    ck_assert(bus_mmio_write(bus, 0, 0x8000000, 8, ~0ull));
    ck_assert(bus_mmio_read(bus, 0, 0x8000000, 8, &value));
    ck_assert_uint_eq(value, word);
}
END_TEST

START_TEST(the_largest_board_costs_nothing_until_touched)
{
    struct ram_block *ram = bus_add_ram(bus, "big", 0x100000000, 255 * GIB, RAM_NORMAL, &err);
    uint64_t last = 0x100000000 + 255 * GIB - 8, value = 42, read;
    char line[256], *at;
    long resident = 0;

    ck_assert_msg(ram != NULL, "%s", err.text);
    ck_assert(bus_write_ram(bus, last, &value, 8));
    ck_assert(bus_read_ram(bus, last, &read, 8));
    ck_assert_uint_eq(read, 42);
    FILE *file = fopen("/proc/self/status", "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file))
        if ((at = strstr(line, "VmRSS:")))
            resident = atol(at + 6);
    fclose(file);
    ck_assert_int_gt(resident, 0);
#ifndef ULNA_SANITIZED
    ck_assert_int_lt(resident, 32 * 1024); /* KiB */
#endif
}
END_TEST

/* --- Watchers --- */

struct watch {
    struct bus_watcher watcher;
    uint64_t ticket; /* last asked */
    unsigned asked;
    uint64_t address, size;
    unsigned written;
};

static void watch_drop(void *opaque, uint64_t ticket)
{
    struct watch *watch = opaque;

    watch->ticket = ticket;
    watch->asked++;
}

static void watch_written(void *opaque, uint64_t address, uint64_t size)
{
    struct watch *watch = opaque;

    watch->address = address;
    watch->size += size;
    watch->written++;
}

static void watch_init(struct watch *watch)
{
    *watch = (struct watch){
        .watcher = {.drop_writes = watch_drop, .code_written = watch_written, .opaque = watch}};
    bus_watch(bus, &watch->watcher);
}

START_TEST(only_pages_with_code_are_told)
{
    struct ram_block *ram = bus_ram(bus, RAM_BASE);
    struct watch watch;
    uint8_t data[3 * PAGE_SIZE] = {0};

    watch_init(&watch);
    ck_assert(bus_write_ram(bus, RAM_BASE, data, sizeof(data)));
    ck_assert_uint_eq(watch.written, 0);
    ram->page_flags[1] |= PAGE_CODE;
    ck_assert(bus_write_ram(bus, RAM_BASE + 0x10, data, PAGE_SIZE - 0x10));
    ck_assert_uint_eq(watch.written, 0);
    ck_assert(bus_write_ram(bus, RAM_BASE + 0x10, data, 2 * PAGE_SIZE));
    ck_assert_uint_eq(watch.written, 1);
    ck_assert_uint_eq(watch.address, RAM_BASE + PAGE_SIZE);
    ck_assert_uint_eq(watch.size, PAGE_SIZE);
    bus_written(bus, RAM_BASE + PAGE_SIZE + 8, 4);
    ck_assert_uint_eq(watch.address, RAM_BASE + PAGE_SIZE + 8);
    ck_assert_uint_eq(watch.size, PAGE_SIZE + 4);
    bus_written(bus, 0, ~0ull); /* anything goes, also across holes */
    ck_assert_uint_eq(watch.written, 3);
}
END_TEST

#define VIDEO_BASE  0xb000000ull
#define VIDEO_PAGES 130

static struct ram_block *video_new(void)
{
    struct ram_block *video =
        bus_add_ram(bus, "video", VIDEO_BASE, VIDEO_PAGES * PAGE_SIZE, RAM_VIDEO, &err);

    ck_assert_ptr_nonnull(video);
    return video;
}

START_TEST(an_unwritten_screen_asks_nobody)
{
    struct ram_block *video = video_new();
    uint64_t dirty[3];
    struct watch watch;

    watch_init(&watch);
    for (unsigned i = 0; i < 10; i++)
        ck_assert(!bus_harvest_dirty(bus, video, dirty));
    ck_assert_uint_eq(watch.asked, 0);
}
END_TEST

START_TEST(a_written_page_is_drawn_once_after_all_have_acked)
{
    struct ram_block *video = video_new();
    uint64_t dirty[3];
    struct watch one, two;

    watch_init(&one);
    watch_init(&two);
    bus_written(bus, VIDEO_BASE + 64 * PAGE_SIZE - 1, 2); /* pages 63 and 64 */
    ck_assert(!bus_harvest_dirty(bus, video, dirty));
    ck_assert_uint_eq(one.asked, 1);
    ck_assert_uint_eq(two.asked, 1);
    ck_assert(!bus_harvest_dirty(bus, video, dirty));
    one.watcher.acked = one.ticket;
    ck_assert(!bus_harvest_dirty(bus, video, dirty));
    ck_assert_uint_eq(one.asked, 1); /* not asked again while one request is out */
    bus_written(bus, VIDEO_BASE + 129 * PAGE_SIZE, 1); /* in the new epoch */
    two.watcher.acked = two.ticket;
    ck_assert(bus_harvest_dirty(bus, video, dirty));
    ck_assert_uint_eq(dirty[0], 1ull << 63);
    ck_assert_uint_eq(dirty[1], 1);
    ck_assert_uint_eq(dirty[2], 0);
    ck_assert_uint_eq(one.asked, 2);
    one.watcher.acked = one.ticket;
    two.watcher.acked = two.ticket;
    ck_assert(bus_harvest_dirty(bus, video, dirty));
    ck_assert_uint_eq(dirty[0] | dirty[1], 0);
    ck_assert_uint_eq(dirty[2], 2);
    ck_assert(!bus_harvest_dirty(bus, video, dirty));
    ck_assert_uint_eq(one.asked, 2);
}
END_TEST

START_TEST(a_mark_that_comes_late_with_the_old_epoch_is_not_lost)
{
    struct ram_block *video = video_new();
    uint64_t dirty[3];
    struct watch watch;

    watch_init(&watch);
    bus_written(bus, VIDEO_BASE, 1);
    ck_assert(!bus_harvest_dirty(bus, video, dirty));
    watch.watcher.acked = watch.ticket;
    ck_assert(bus_harvest_dirty(bus, video, dirty));
    /* a writer that read the epoch before it changed, and was held up until now */
    video->page_flags[5] |= PAGE_DIRTY0;
    ck_assert(bus_harvest_dirty(bus, video, dirty));
    ck_assert_uint_eq(dirty[0], 1 << 5);
    ck_assert(!bus_harvest_dirty(bus, video, dirty));
}
END_TEST

START_TEST(a_watcher_that_comes_late_owes_nothing)
{
    struct ram_block *video = video_new();
    uint64_t dirty[3];
    struct watch one, late;

    watch_init(&one);
    bus_written(bus, VIDEO_BASE, 1);
    ck_assert(!bus_harvest_dirty(bus, video, dirty));
    watch_init(&late);
    one.watcher.acked = one.ticket;
    ck_assert(bus_harvest_dirty(bus, video, dirty));
    ck_assert_uint_eq(late.asked, 0);
}
END_TEST

START_TEST(device_messages_name_the_device)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    struct log *log = log_new(file, true, LOG_GUEST_ERRORS | LOG_UNIMP);
    struct device *device = fake_new(&wide_ops, story);

    device->log = log;
    device_guest_error(device, "write to reserved offset 0x%x", 0x30);
    device_unimp(device, "DMA");
    log_set_mask(log, 0);
    device_guest_error(device, "silent");
    device->ops->destroy(device);
    log_free(log);
    ck_assert_str_eq(text, "guest_errors: wide: write to reserved offset 0x30\nunimp: wide: DMA\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bus");
    TCase *tcase = tcase_create("bus");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, widths_are_split_low_address_first_or_refused);
    tcase_add_test(tcase, unaligned_accesses_become_aligned_ones);
    tcase_add_test(tcase, a_read_and_a_write_are_cut_to_their_width);
    tcase_add_test(tcase, nothing_answers_between_the_devices);
    tcase_add_test(tcase, overlaps_are_named_and_leave_the_map_as_it_was);
    tcase_add_test(tcase, a_device_that_does_not_fit_is_destroyed);
    tcase_add_test(tcase, devices_reset_in_order_and_go_in_reverse);
    tcase_add_test(tcase, removed_devices_leave_the_ram);
    tcase_add_test(tcase, visit_goes_up_through_the_map);
    tcase_add_test(tcase, ram_reads_back_and_stops_at_its_end);
    tcase_add_test(tcase, ram_that_touches_ram_is_written_as_one);
    tcase_add_test(tcase, a_guest_cannot_store_to_rom_but_a_loader_can);
    tcase_add_test(tcase, the_largest_board_costs_nothing_until_touched);
    tcase_add_test(tcase, only_pages_with_code_are_told);
    tcase_add_test(tcase, an_unwritten_screen_asks_nobody);
    tcase_add_test(tcase, a_written_page_is_drawn_once_after_all_have_acked);
    tcase_add_test(tcase, a_mark_that_comes_late_with_the_old_epoch_is_not_lost);
    tcase_add_test(tcase, a_watcher_that_comes_late_owes_nothing);
    tcase_add_test(tcase, device_messages_name_the_device);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
