/* frontend/keyval: sub-options, sizes and numbers of the command line. */
#include "frontend/keyval.h"

#include "fakes.h"
#include "make_files.h"

static struct keyvals keyvals;
static struct err err;

static void teardown(void)
{
    keyvals_free(&keyvals);
}

static void expect_item(size_t i, const char *key, const char *value)
{
    ck_assert_uint_lt(i, keyvals.count);
    ck_assert_str_eq(keyvals.item[i].key, key);
    if (value)
        ck_assert_str_eq(keyvals.item[i].value, value);
    else
        ck_assert_ptr_null(keyvals.item[i].value);
}

START_TEST(items_are_split_at_commas_and_the_first_equals)
{
    ck_assert(keyvals_parse(&keyvals, "virt,fb=off,dumpdtb=a=b,bare", "type", &err));
    ck_assert_uint_eq(keyvals.count, 4);
    expect_item(0, "type", "virt");
    expect_item(1, "fb", "off");
    expect_item(2, "dumpdtb", "a=b");
    expect_item(3, "bare", NULL);
}
END_TEST

START_TEST(a_doubled_comma_is_one_comma_of_the_value)
{
    ck_assert(keyvals_parse(&keyvals, "file=a,,b,,,c=d", NULL, &err));
    ck_assert_uint_eq(keyvals.count, 2);
    expect_item(0, "file", "a,b,");
    expect_item(1, "c", "d");
}
END_TEST

START_TEST(without_a_first_key_the_first_item_is_a_key)
{
    ck_assert(keyvals_parse(&keyvals, "on,x=", NULL, &err));
    expect_item(0, "on", NULL);
    expect_item(1, "x", "");
}
END_TEST

START_TEST(empty_keys_are_refused)
{
    static const char *const bad[] = {"", "=1", "a=1,=2", "a=1, ,=b,=c", ",a"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        ck_assert_msg(!keyvals_parse(&keyvals, bad[i], NULL, &err), "%s", bad[i]);
        assert_says(err.text, "an empty sub-option");
        keyvals_free(&keyvals);
    }
}
END_TEST

START_TEST(too_many_items_are_refused)
{
    char text[2 * (KEYVAL_MAX + 1) + 1];

    for (unsigned i = 0; i <= KEYVAL_MAX; i++)
        memcpy(text + 2 * i, "a,", 3);
    text[2 * KEYVAL_MAX - 1] = '\0'; /* KEYVAL_MAX items */
    ck_assert(keyvals_parse(&keyvals, text, NULL, &err));
    ck_assert_uint_eq(keyvals.count, KEYVAL_MAX);
    keyvals_free(&keyvals);
    text[2 * KEYVAL_MAX - 1] = ',';
    ck_assert(!keyvals_parse(&keyvals, text, NULL, &err));
    assert_says(err.text, "more than 32");
}
END_TEST

START_TEST(switches_are_on_or_off_and_nothing_else)
{
    static const struct {
        const char *text;
        bool value;
    } rows[] = {{"on", true},   {"yes", true}, {"true", true},   {"y", true},
                {"off", false}, {"no", false}, {"false", false}, {"n", false}};
    bool value;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ck_assert(keyval_bool(&(struct keyval){"fb", rows[i].text}, &value, &err));
        ck_assert_int_eq(value, rows[i].value);
    }
    ck_assert(keyval_bool(&(struct keyval){"fb", NULL}, &value, &err));
    ck_assert(value);
    ck_assert(!keyval_bool(&(struct keyval){"fb", "On"}, &value, &err));
    ck_assert_str_eq(err.text, "fb is 'on' or 'off', not 'On'");
}
END_TEST

START_TEST(a_string_may_not_be_empty)
{
    const char *value;

    ck_assert(keyval_string(&(struct keyval){"file", "x"}, &value, &err));
    ck_assert_str_eq(value, "x");
    ck_assert(!keyval_string(&(struct keyval){"file", ""}, &value, &err));
    ck_assert(!keyval_string(&(struct keyval){"file", NULL}, &value, &err));
    assert_says(err.text, "file=");
}
END_TEST

START_TEST(numbers_are_decimal_hexadecimal_or_octal_and_bounded)
{
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x", "0xg", "08", "1k"};
    uint64_t number;

    ck_assert(number_parse("255", 255, &number, &err));
    ck_assert_uint_eq(number, 255);
    ck_assert(number_parse("0xff", 255, &number, &err));
    ck_assert_uint_eq(number, 255);
    ck_assert(number_parse("0377", 255, &number, &err));
    ck_assert_uint_eq(number, 255);
    ck_assert(number_parse("18446744073709551615", UINT64_MAX, &number, &err));
    ck_assert_uint_eq(number, UINT64_MAX);
    ck_assert(!number_parse("256", 255, &number, &err));
    assert_says(err.text, "the most is 0xff");
    ck_assert(!number_parse("18446744073709551616", UINT64_MAX, &number, &err));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_msg(!number_parse(bad[i], 255, &number, &err), "'%s'", bad[i]);
}
END_TEST

START_TEST(sizes_have_suffixes_and_fractions)
{
    static const struct {
        const char *text;
        uint64_t size;
    } rows[] = {{"512", 512 * MIB},  {"512b", 512},
                {"64k", 64 * KIB},   {"1.5G", 1536 * MIB},
                {"0.5", 512 * KIB},  {"0x10", 16 * MIB},
                {"0x10k", 16 * KIB}, {"255G", 255 * GIB},
                {"2T", 2048 * GIB},  {"17592186044415", 17592186044415 * MIB}};
    uint64_t size;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ck_assert_msg(size_parse(rows[i].text, MIB, &size, &err), "%s", err.text);
        ck_assert_uint_eq(size, rows[i].size);
    }
}
END_TEST

START_TEST(senseless_sizes_are_refused)
{
    static const char *const bad[] = {"",
                                      "x",
                                      "-1",
                                      " 1",
                                      "1q",
                                      "1kb",
                                      "1.5.2",
                                      "0x1.5",
                                      "1 G",
                                      "G",
                                      "17592186044416",
                                      "16777216T",
                                      "99999999999999999999"};
    uint64_t size;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_msg(!size_parse(bad[i], MIB, &size, &err), "'%s' is %llu", bad[i],
                      (unsigned long long)size);
}
END_TEST

static Suite *keyval_suite(void)
{
    Suite *suite = suite_create("keyval");
    TCase *tc = tcase_create("keyval");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, items_are_split_at_commas_and_the_first_equals);
    tcase_add_test(tc, a_doubled_comma_is_one_comma_of_the_value);
    tcase_add_test(tc, without_a_first_key_the_first_item_is_a_key);
    tcase_add_test(tc, empty_keys_are_refused);
    tcase_add_test(tc, too_many_items_are_refused);
    tcase_add_test(tc, switches_are_on_or_off_and_nothing_else);
    tcase_add_test(tc, a_string_may_not_be_empty);
    tcase_add_test(tc, numbers_are_decimal_hexadecimal_or_octal_and_bounded);
    tcase_add_test(tc, sizes_have_suffixes_and_fractions);
    tcase_add_test(tc, senseless_sizes_are_refused);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(keyval_suite());
}
