/* devices/framebuffer.c and devices/display.c on a real bus. */
#include <check.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "devices/display.h"
#include "devices/fdt.h"
#include "devices/framebuffer.h"
#include "fakes.h"
#include "mmu/bus.h"

#define BASE 0x0b000000ull

static struct bus *bus;
static struct err err;
static struct framebuffer *framebuffer;
static struct display *display;
static uint64_t lines[64];

static void setup_size(unsigned width, unsigned height)
{
    bus = bus_new(NULL);
    framebuffer = framebuffer_new(bus, BASE, width, height, &err);
    ck_assert_msg(framebuffer, "%s", err.text);
    display = framebuffer_display(framebuffer);
}

static void setup(void)
{
    setup_size(1024, 768);
}

static void teardown(void)
{
    framebuffer_free(framebuffer);
    bus_free(bus);
}

static void store(uint64_t offset, uint32_t value)
{
    ck_assert(bus_write_ram(bus, BASE + offset, &value, sizeof(value)));
}

/* A write may be seen one frame late: two harvests, the lines of both. */
static bool harvest(void)
{
    uint64_t second[64];
    bool found = display_harvest(display, lines);
    found |= display_harvest(display, second);
    for (unsigned i = 0; i < display_line_words(display); i++)
        lines[i] |= second[i];
    return found;
}

static bool line_is_set(unsigned line)
{
    return lines[line / 64] >> line % 64 & 1;
}

START_TEST(the_display_shows_video_memory)
{
    ck_assert_uint_eq(display->width, 1024);
    ck_assert_uint_eq(display->height, 768);
    ck_assert_uint_eq(display->stride, 4096);
    store(4096 * 5 + 4, 0xff112233);
    ck_assert_mem_eq(display->pixels + 4096 * 5 + 4, "\x33\x22\x11\xff", 4);
    ck_assert_ptr_eq(bus_ram_pointer(bus, BASE, FRAMEBUFFER_SIZE), display->pixels);
}
END_TEST

START_TEST(an_unchanged_screen_has_nothing_to_draw)
{
    ck_assert(!harvest());
    store(0, 1);
    ck_assert(harvest());
    ck_assert(!harvest());
}
END_TEST

START_TEST(only_the_written_lines_are_reported)
{
    store(4096 * 7, 1);
    store(4096 * 8 + 4092, 1);
    store(4096 * 767, 1);
    ck_assert(harvest());
    for (unsigned line = 0; line < 768; line++)
        ck_assert_msg(line_is_set(line) == (line == 7 || line == 8 || line == 767), "line %u",
                      line);
    unsigned first = 0, count;
    ck_assert(display_next_lines(display, lines, &first, &count));
    ck_assert_uint_eq(first, 7);
    ck_assert_uint_eq(count, 2);
    first += count;
    ck_assert(display_next_lines(display, lines, &first, &count));
    ck_assert_uint_eq(first, 767);
    ck_assert_uint_eq(count, 1);
    first += count;
    ck_assert(!display_next_lines(display, lines, &first, &count));
}
END_TEST

START_TEST(a_page_that_holds_parts_of_several_lines_reports_them_all)
{
    teardown();
    setup_size(800, 600); /* 3200 bytes a line */
    store(4096, 1);       /* in page 1: bytes 4096 to 8191, lines 1 and 2 */
    ck_assert(harvest());
    for (unsigned line = 0; line < 600; line++)
        ck_assert_msg(line_is_set(line) == (line == 1 || line == 2), "line %u", line);
}
END_TEST

START_TEST(writes_below_the_picture_draw_nothing)
{
    store(4096 * 768, 1);
    store(FRAMEBUFFER_SIZE - 4, 1);
    ck_assert(!harvest());
}
END_TEST

START_TEST(sizes_that_fit_are_taken_and_others_refused_with_the_limits)
{
    static const struct {
        unsigned width, height;
        bool ok;
    } rows[] = {
        {1024, 768, true}, {1920, 1080, true}, {2048, 2048, true},  {4096, 1024, true},
        {16, 16, true},    {2560, 1600, true}, {3840, 2160, false}, {4096, 1025, false},
        {4097, 16, false}, {16, 4097, false},  {0, 0, false},       {15, 100, false},
        {100, 15, false},  {~0u, ~0u, false},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err message = {0};
        ck_assert_msg(framebuffer_check(rows[i].width, rows[i].height, &message) == rows[i].ok,
                      "%ux%u", rows[i].width, rows[i].height);
        if (!rows[i].ok) {
            ck_assert_msg(strstr(message.text, "16 to 4096"), "%s", message.text);
            ck_assert_msg(strstr(message.text, "4194304"), "%s", message.text);
            ck_assert(message.usage);
            ck_assert_ptr_null(
                framebuffer_new(bus, 0x40000000, rows[i].width, rows[i].height, &message));
        }
    }
}
END_TEST

START_TEST(memory_that_is_taken_is_an_error)
{
    struct err message = {0};
    ck_assert_ptr_null(framebuffer_new(bus, BASE, 64, 64, &message));
    ck_assert_msg(strstr(message.text, "framebuffer"), "%s", message.text);
}
END_TEST

START_TEST(the_device_tree_node_follows_the_simple_framebuffer_binding)
{
    struct fdt *fdt = fdt_new();
    fdt_node_begin(fdt, "");
    fdt_node_begin(fdt, "chosen");
    framebuffer_describe(framebuffer, fdt);
    fdt_node_end(fdt);
    fdt_node_end(fdt);
    size_t size;
    void *blob = fdt_take(fdt, &size, &err);
    fdt_free(fdt);
    ck_assert_ptr_nonnull(blob);
    int node = fdt_path_offset(blob, "/chosen/framebuffer@b000000");
    ck_assert_int_ge(node, 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node, "simple-framebuffer"), 0);
    ck_assert_mem_eq(fdt_getprop(blob, node, "reg", NULL), "\0\0\0\0\x0b\0\0\0\0\0\0\0\0\x30\0\0",
                     16); /* 3 MiB */
    ck_assert_mem_eq(fdt_getprop(blob, node, "width", NULL), "\0\0\4\0", 4);
    ck_assert_mem_eq(fdt_getprop(blob, node, "height", NULL), "\0\0\3\0", 4);
    ck_assert_mem_eq(fdt_getprop(blob, node, "stride", NULL), "\0\0\x10\0", 4);
    ck_assert_str_eq(fdt_getprop(blob, node, "format", NULL), "a8r8g8b8");
    free(blob);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("framebuffer");
    TCase *tcase = tcase_create("framebuffer");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_display_shows_video_memory);
    tcase_add_test(tcase, an_unchanged_screen_has_nothing_to_draw);
    tcase_add_test(tcase, only_the_written_lines_are_reported);
    tcase_add_test(tcase, a_page_that_holds_parts_of_several_lines_reports_them_all);
    tcase_add_test(tcase, writes_below_the_picture_draw_nothing);
    tcase_add_test(tcase, sizes_that_fit_are_taken_and_others_refused_with_the_limits);
    tcase_add_test(tcase, memory_that_is_taken_is_an_error);
    tcase_add_test(tcase, the_device_tree_node_follows_the_simple_framebuffer_binding);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
