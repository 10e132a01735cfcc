/* cpu/jit/host: lists of features are read and printed. */
#include "cpu/jit/host.h"

#include "base/bits.h"
#include "fakes.h"

static const struct {
    const char *text, *rest; /* of all features */
} lists[] = {
    {"all", "bmi1 bmi2 lzcnt popcnt ssse3 sse41 sse42 avx avx2 fma f16c aes pclmul sha"},
    {"none", "none"},
    {"-avx2-bmi2", "bmi1 lzcnt popcnt ssse3 sse41 sse42 avx fma f16c aes pclmul sha"},
    {"all-fma", "bmi1 bmi2 lzcnt popcnt ssse3 sse41 sse42 avx avx2 f16c aes pclmul sha"},
    {"none+bmi2+sse41", "bmi2 sse41"},
    {"+avx", "bmi1 bmi2 lzcnt popcnt ssse3 sse41 sse42 avx avx2 fma f16c aes pclmul sha"},
    {"-avx",
     "bmi1 bmi2 lzcnt popcnt ssse3 sse41 sse42 aes pclmul sha"}, /* what needs it goes with it */
    {"none+avx2", "none"},
};

START_TEST(host_a_list_masks_what_it_says)
{
    struct host_features all, masked, rest;
    char text[128];
    struct err err;

    memset(&all, 1, sizeof(all));
    ck_assert(host_features_parse(lists[_i].text, &masked, &err));
    rest = host_features_without(all, &masked);
    ck_assert_str_eq(host_features_print(&rest, text, sizeof(text)), lists[_i].rest);
}
END_TEST

START_TEST(host_a_mask_adds_nothing)
{
    struct host_features none = {0}, masked = {0}, rest = host_features_without(none, &masked);

    ck_assert(!memcmp(&rest, &none, sizeof(none)));
}
END_TEST

START_TEST(host_an_unknown_name_is_refused)
{
    static const char *const bad[] = {"",          "some", "avx2",     "-avx3",
                                      "none,avx2", "all+", "none-+avx"};
    struct host_features masked;
    struct err err;

    ck_assert(!host_features_parse(bad[_i], &masked, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "bmi1, bmi2"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host");
    TCase *tc = tcase_create("host");

    tcase_add_loop_test(tc, host_a_list_masks_what_it_says, 0, ARRAY_SIZE(lists));
    tcase_add_test(tc, host_a_mask_adds_nothing);
    tcase_add_loop_test(tc, host_an_unknown_name_is_refused, 0, 7);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
