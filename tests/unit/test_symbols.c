/* loader/symbols: which function holds an address. */
#include "loader/symbols.h"

#include "fakes.h"

static struct symbols *symbols;

static void setup(void)
{
    symbols = symbols_new();
    ck_assert_ptr_nonnull(symbols);
}

static void teardown(void)
{
    symbols_free(symbols);
}

static void add(const char *name, uint64_t address, uint64_t end, bool size_known)
{
    ck_assert(symbols_add(symbols, name, address, end, size_known));
}

/* NULL: nothing is there. */
static void expect_symbol(uint64_t address, const char *name, uint64_t offset)
{
    uint64_t found_offset = ~0ull;
    const char *found = symbols_lookup(symbols, address, &found_offset);

    if (!name) {
        ck_assert_ptr_null(found);
        return;
    }
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found, name);
    ck_assert_uint_eq(found_offset, offset);
}

START_TEST(an_empty_table_knows_nothing)
{
    uint64_t address;

    symbols_sort(symbols);
    expect_symbol(0, NULL, 0);
    expect_symbol(UINT64_MAX, NULL, 0);
    ck_assert(!symbols_find(symbols, "main", &address));
    ck_assert_uint_eq(symbols_count(symbols), 0);
}
END_TEST

START_TEST(a_function_holds_its_addresses_and_no_more)
{
    add("second", 0x2000, 0x2010, true);
    add("first", 0x1000, 0x1008, true);
    symbols_sort(symbols);
    expect_symbol(0xfff, NULL, 0);
    expect_symbol(0x1000, "first", 0);
    expect_symbol(0x1007, "first", 7);
    expect_symbol(0x1008, NULL, 0);
    expect_symbol(0x200f, "second", 15);
    expect_symbol(0x2010, NULL, 0);
}
END_TEST

START_TEST(a_label_ends_at_the_next_symbol)
{
    add("label", 0x1000, 0x3000, false);
    add("next", 0x1010, 0x3000, false);
    symbols_sort(symbols);
    expect_symbol(0x100f, "label", 15);
    expect_symbol(0x1010, "next", 0);
    expect_symbol(0x2fff, "next", 0x1fef);
    expect_symbol(0x3000, NULL, 0);
}
END_TEST

START_TEST(a_function_is_preferred_to_a_label_at_its_address)
{
    add("label_a", 0x1000, 0x1100, false);
    add("function", 0x1000, 0x1020, true);
    add("label_b", 0x1000, 0x1100, false);
    symbols_sort(symbols);
    expect_symbol(0x1004, "function", 4);
}
END_TEST

START_TEST(the_top_of_the_address_space_is_found)
{
    add("low", 0x10, 0x20, true);
    add("high", 0xffffffff80000000, UINT64_MAX, true);
    symbols_sort(symbols);
    expect_symbol(0xffffffff80001234, "high", 0x1234);
    expect_symbol(UINT64_MAX - 1, "high", 0x7ffffffe);
    expect_symbol(0x8000000000000000, NULL, 0);
}
END_TEST

START_TEST(control_characters_of_a_name_do_not_reach_the_terminal)
{
    add("a\033[2Jb\177\n", 0x1000, 0x1004, true);
    symbols_sort(symbols);
    expect_symbol(0x1000, "a?[2Jb??", 0);
}
END_TEST

START_TEST(thousands_of_symbols_are_found_and_more_can_follow)
{
    char name[32];
    uint64_t address;

    for (unsigned i = 0; i < 5000; i++) {
        unsigned shuffled = i * 2741 % 5000;

        snprintf(name, sizeof(name), "f%u", shuffled);
        add(name, 0x1000 + 16ull * shuffled, 0x1010 + 16ull * shuffled, true);
    }
    symbols_sort(symbols);
    add("later", 0x10, 0x20, true);
    symbols_sort(symbols);
    ck_assert_uint_eq(symbols_count(symbols), 5001);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "f%u", i);
        expect_symbol(0x1000 + 16ull * i + 3, name, 3);
    }
    expect_symbol(0x1f, "later", 15);
    ck_assert(symbols_find(symbols, "f4999", &address));
    ck_assert_uint_eq(address, 0x1000 + 16 * 4999);
    ck_assert(!symbols_find(symbols, "f5000", &address));
}
END_TEST

static Suite *symbols_suite(void)
{
    Suite *suite = suite_create("symbols");
    TCase *tc = tcase_create("symbols");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_empty_table_knows_nothing);
    tcase_add_test(tc, a_function_holds_its_addresses_and_no_more);
    tcase_add_test(tc, a_label_ends_at_the_next_symbol);
    tcase_add_test(tc, a_function_is_preferred_to_a_label_at_its_address);
    tcase_add_test(tc, the_top_of_the_address_space_is_found);
    tcase_add_test(tc, control_characters_of_a_name_do_not_reach_the_terminal);
    tcase_add_test(tc, thousands_of_symbols_are_found_and_more_can_follow);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(symbols_suite());
}
