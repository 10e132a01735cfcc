/* devices/display: from written pages to lines, and the walk over runs of lines. */
#include "devices/display.h"

#include "base/err.h"
#include "mmu/bus.h"

#include "fakes.h"

#define BASE   0x10000000ull
#define WIDTH  600 /* a line of 2400 bytes: pages hold parts of two or three */
#define HEIGHT 130 /* more than two words of line bits */

static struct bus *bus;
static struct ram_block *video;
static struct display display;
static uint64_t lines[3];
static struct err err;

static void setup(void)
{
    bus = bus_new(NULL);
    ck_assert_ptr_nonnull(bus);
    video = bus_add_ram(bus, "video", BASE, 1 * MIB, RAM_VIDEO, &err);
    ck_assert_ptr_nonnull(video);
    ck_assert_msg(display_init(&display, bus, video, WIDTH, HEIGHT, &err), "%s", err.text);
    ck_assert_uint_eq(display_line_words(&display), ARRAY_SIZE(lines));
}

static void teardown(void)
{
    display_fini(&display);
    bus_free(bus);
}

static void write_byte(uint64_t offset)
{
    ck_assert(bus_write_ram(bus, BASE + offset, "x", 1));
}

/* A line may be reported one frame late: the lines of two frames. */
static bool harvest(void)
{
    uint64_t first[ARRAY_SIZE(lines)];
    bool found = display_harvest(&display, first);

    found |= display_harvest(&display, lines);
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        lines[i] |= first[i];
    return found;
}

/* Exactly the lines first to last are set. */
static void expect_lines(unsigned first, unsigned last)
{
    for (unsigned y = 0; y < HEIGHT; y++)
        ck_assert_msg(bit_get(lines[y / 64], y % 64) == (y >= first && y <= last), "line %u", y);
}

START_TEST(a_written_page_marks_the_lines_that_touch_it)
{
    ck_assert_uint_eq(display.stride, 2400);
    ck_assert(!harvest());
    write_byte(0);
    ck_assert(harvest());
    expect_lines(0, 4095 / 2400);
    write_byte(3 * PAGE_SIZE + 7);
    ck_assert(harvest());
    expect_lines(3 * PAGE_SIZE / 2400, (4 * PAGE_SIZE - 1) / 2400);
    ck_assert(!harvest());
    ck_assert_uint_eq(lines[0] | lines[1] | lines[2], 0);
}
END_TEST

START_TEST(the_last_page_marks_no_line_below_the_picture)
{
    const uint64_t end = (uint64_t)HEIGHT * 2400;

    write_byte(end - 1);
    ck_assert(harvest());
    expect_lines((unsigned)(align_down(end - 1, PAGE_SIZE) / 2400), HEIGHT - 1);
    ck_assert_uint_eq(lines[2] >> (HEIGHT - 128), 0);
    write_byte(align_up(end, PAGE_SIZE));
    ck_assert(!harvest());
}
END_TEST

START_TEST(runs_of_lines_are_walked_across_words)
{
    static const struct {
        unsigned first, count;
    } runs[] = {{0, 1}, {62, 4}, {127, 3}};
    unsigned i = 0;

    lines[0] = 1 | 3ull << 62;
    lines[1] = 3 | 1ull << 63;
    lines[2] = ~0ull; /* bits past the last line do not count */
    for (unsigned y = 0, n; display_next_lines(&display, lines, &y, &n); y += n, i++) {
        ck_assert_uint_lt(i, ARRAY_SIZE(runs));
        ck_assert_uint_eq(y, runs[i].first);
        ck_assert_uint_eq(n, runs[i].count);
    }
    ck_assert_uint_eq(i, ARRAY_SIZE(runs));
}
END_TEST

START_TEST(no_line_and_all_lines_are_walked)
{
    unsigned y = 0, n;

    memset(lines, 0, sizeof(lines));
    ck_assert(!display_next_lines(&display, lines, &y, &n));
    memset(lines, 0xff, sizeof(lines));
    y = 0;
    ck_assert(display_next_lines(&display, lines, &y, &n));
    ck_assert_uint_eq(y, 0);
    ck_assert_uint_eq(n, HEIGHT);
    y += n;
    ck_assert(!display_next_lines(&display, lines, &y, &n));
}
END_TEST

static Suite *display_suite(void)
{
    Suite *suite = suite_create("display");
    TCase *tc = tcase_create("display");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_written_page_marks_the_lines_that_touch_it);
    tcase_add_test(tc, the_last_page_marks_no_line_below_the_picture);
    tcase_add_test(tc, runs_of_lines_are_walked_across_words);
    tcase_add_test(tc, no_line_and_all_lines_are_walked);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(display_suite());
}
