/* loader/place: the list of what lies where in guest memory. */
#include "loader/place.h"

#include "loader/source.h"
#include "make_files.h"

#include "fakes.h"

#define RAM  0x40000000ull
#define SIZE (16 * MIB)
#define ROM  0x1000ull

static struct places places;
static struct err err;

static void setup(void)
{
    places = (struct places){.bus = bus_new(NULL), .ram_base = RAM, .ram_size = SIZE};
    ck_assert_ptr_nonnull(places.bus);
    ck_assert_ptr_nonnull(bus_add_ram(places.bus, "ram", RAM, SIZE, RAM_NORMAL, &err));
    ck_assert_ptr_nonnull(bus_add_ram(places.bus, "rom", ROM, 0x1000, RAM_NORMAL, &err));
}

static void teardown(void)
{
    places_free(&places);
    ck_assert_uint_eq(places.count, 0);
    bus_free(places.bus);
}

static void add(uint64_t base, uint64_t size)
{
    ck_assert_msg(places_add(&places, "kernel", NULL, base, size, &err), "%s", err.text);
}

START_TEST(the_list_is_kept_in_address_order)
{
    add(RAM + 0x3000, 0x1000);
    add(RAM, 0x1000);
    add(ROM, 0x1000);
    add(RAM + 0x1000, 0x2000); /* just fits between */
    ck_assert_uint_eq(places.count, 4);
    for (size_t i = 1; i < places.count; i++)
        ck_assert_uint_lt(places.list[i - 1].base, places.list[i].base);
}
END_TEST

START_TEST(an_overlap_by_one_byte_is_refused_and_names_the_other)
{
    ck_assert(places_add(&places, "initrd", "root.gz", RAM + 0x1000, 0x1000, &err));
    ck_assert(!places_add(&places, "kernel", NULL, RAM + 0x1fff, 1, &err));
    assert_says(err.text, "overlaps the initrd 'root.gz' at 0x40001000..0x40001fff (4 KiB)");
    ck_assert(!places_check(&places, RAM, 0x1001, &err));
    ck_assert(!places_check(&places, RAM, SIZE, &err));
    ck_assert(places_check(&places, RAM, 0x1000, &err));
    ck_assert(places_check(&places, RAM + 0x2000, 1, &err));
    ck_assert_uint_eq(places.count, 1);
}
END_TEST

START_TEST(what_is_not_all_memory_is_refused_and_says_what_there_is)
{
    ck_assert(places_check(&places, RAM, SIZE, &err));
    ck_assert(!places_check(&places, RAM, SIZE + 1, &err));
    assert_says(err.text, "RAM is 0x40000000..0x40ffffff (16 MiB), whose size -m sets");
    ck_assert(!places_check(&places, RAM - 1, 2, &err));
    ck_assert(!places_check(&places, RAM + SIZE, 1, &err));
    ck_assert(!places_check(&places, 0x30000000, 1, &err));
    /* sizes that wrap round the end of the address space */
    ck_assert(!places_check(&places, RAM, UINT64_MAX, &err));
    ck_assert(!places_check(&places, RAM + 0x1000, UINT64_MAX - RAM, &err));
}
END_TEST

START_TEST(the_lowest_free_address_is_found)
{
    uint64_t base;

    add(RAM + 0x1000, 0x1000);
    add(RAM + 0x4000, 0x800);
    ck_assert(places_find(&places, 0, 0x1000, 0x1000, &base));
    ck_assert_uint_eq(base, RAM);
    ck_assert(places_find(&places, RAM, 0x1001, 0x1000, &base));
    ck_assert_uint_eq(base, RAM + 0x2000);
    ck_assert(places_find(&places, RAM + 1, 0x2001, 0x1000, &base));
    ck_assert_uint_eq(base, RAM + 0x5000); /* aligned up from 0x4800 */
    ck_assert(places_find(&places, RAM, 4, 2 * MIB, &base));
    ck_assert_uint_eq(base, RAM);
    ck_assert(places_find(&places, RAM + 0x1800, SIZE - 0x4800, 0x800, &base));
    ck_assert_uint_eq(base, RAM + 0x4800);
    ck_assert(!places_find(&places, RAM, SIZE - 0x47ff, 0x800, &base));
    ck_assert(!places_find(&places, RAM + SIZE, 1, 1, &base));
    ck_assert(!places_find(&places, UINT64_MAX - 10, 1, 0x1000, &base));
}
END_TEST

START_TEST(the_largest_gap_lies_in_ram)
{
    uint64_t base, end;

    places_largest_gap(&places, &base, &end);
    ck_assert_uint_eq(base, RAM);
    ck_assert_uint_eq(end, RAM + SIZE);
    add(ROM, 0x1000);
    add(RAM + 4 * MIB, MIB);
    places_largest_gap(&places, &base, &end);
    ck_assert_uint_eq(base, RAM + 5 * MIB);
    ck_assert_uint_eq(end, RAM + SIZE);
    add(RAM + 6 * MIB, 10 * MIB);
    places_largest_gap(&places, &base, &end);
    ck_assert_uint_eq(base, RAM);
    ck_assert_uint_eq(end, RAM + 4 * MIB);
    add(RAM, 4 * MIB);
    add(RAM + 5 * MIB, MIB);
    places_largest_gap(&places, &base, &end);
    ck_assert_uint_eq(base, end); /* full */
}
END_TEST

START_TEST(bytes_are_copied_from_the_source)
{
    static const char text[] = "0123456789";
    struct source source;
    char read[4] = "";

    source_open_memory(&source, "text", text, sizeof(text));
    ck_assert(places_copy(&places, &source, 3, RAM + 5, 3, &err));
    ck_assert(bus_read_ram(places.bus, RAM + 5, read, 3));
    ck_assert_str_eq(read, "345");
    ck_assert(!places_copy(&places, &source, 3, 0x30000000, 3, &err));
    assert_says(err.text, "needs memory at 0x30000000");
    ck_assert(!places_copy(&places, &source, 9, RAM, 3, &err));
    assert_says(err.text, "truncated: it has 11 bytes where 12 are needed");
}
END_TEST

static Suite *place_suite(void)
{
    Suite *suite = suite_create("place");
    TCase *tc = tcase_create("place");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_list_is_kept_in_address_order);
    tcase_add_test(tc, an_overlap_by_one_byte_is_refused_and_names_the_other);
    tcase_add_test(tc, what_is_not_all_memory_is_refused_and_says_what_there_is);
    tcase_add_test(tc, the_lowest_free_address_is_found);
    tcase_add_test(tc, the_largest_gap_lies_in_ram);
    tcase_add_test(tc, bytes_are_copied_from_the_source);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(place_suite());
}
