/* base/bits: every helper at the ends of its range. */
#include "base/bits.h"

#include "fakes.h"

START_TEST(ones_are_as_many_as_asked_from_none_to_all)
{
    ck_assert_uint_eq(bits_ones(0), 0);
    ck_assert_uint_eq(bits_ones(1), 1);
    ck_assert_uint_eq(bits_ones(63), UINT64_MAX >> 1);
    ck_assert_uint_eq(bits_ones(64), UINT64_MAX);
}
END_TEST

START_TEST(a_field_that_is_put_is_got_and_the_rest_is_kept)
{
    const uint64_t value = 0x5a5aa5a5c3c33c3c;

    for (unsigned low = 0; low < 64; low++)
        for (unsigned width = 1; width <= 64 - low; width++) {
            uint64_t field = ~bits_get(value, low, width) & bits_ones(width);
            uint64_t put = bits_put(value, low, width, field);

            ck_assert_uint_eq(bits_get(put, low, width), field);
            ck_assert_uint_eq((put ^ value), bits_ones(width) << low);
        }
    /* what is too wide for the field is cut */
    ck_assert_uint_eq(bits_put(0, 4, 4, 0xfff), 0xf0);
}
END_TEST

START_TEST(sign_extension_copies_the_top_bit_of_the_field)
{
    ck_assert_int_eq(bits_sext(1, 1), -1);
    ck_assert_int_eq(bits_sext(0x7f, 8), 0x7f);
    ck_assert_int_eq(bits_sext(0x80, 8), -0x80);
    ck_assert_int_eq(bits_sext(0xffff00, 8), 0);
    ck_assert_int_eq(bits_sext(1ull << 63, 64), INT64_MIN);
}
END_TEST

START_TEST(rotations_wrap_and_take_any_amount)
{
    ck_assert_uint_eq(ror32(0x80000001, 0), 0x80000001);
    ck_assert_uint_eq(ror32(0x80000001, 1), 0xc0000000);
    ck_assert_uint_eq(ror32(0x12345678, 36), ror32(0x12345678, 4));
    ck_assert_uint_eq(ror64(1, 1), 1ull << 63);
    ck_assert_uint_eq(ror64(0x123456789abcdef0, 64), 0x123456789abcdef0);
    ck_assert_uint_eq(ror64(0x123456789abcdef0, 60), 0x23456789abcdef01);
}
END_TEST

START_TEST(alignment_goes_to_the_multiple_on_the_asked_side)
{
    ck_assert_uint_eq(align_down(0x1fff, 0x1000), 0x1000);
    ck_assert_uint_eq(align_up(0x1001, 0x1000), 0x2000);
    ck_assert_uint_eq(align_up(0x1000, 0x1000), 0x1000);
    ck_assert_uint_eq(align_up(0, 0x1000), 0);
    ck_assert_uint_eq(align_down(UINT64_MAX, 1ull << 63), 1ull << 63);
    ck_assert(is_aligned(0x1000, 0x1000));
    ck_assert(!is_aligned(0x1008, 0x10));
    ck_assert(is_aligned(7, 1));
    ck_assert(bit_get(1ull << 63, 63));
    ck_assert(!bit_get(1ull << 63, 62));
}
END_TEST

static Suite *bits_suite(void)
{
    Suite *suite = suite_create("bits");
    TCase *tc = tcase_create("bits");

    tcase_add_test(tc, ones_are_as_many_as_asked_from_none_to_all);
    tcase_add_test(tc, a_field_that_is_put_is_got_and_the_rest_is_kept);
    tcase_add_test(tc, sign_extension_copies_the_top_bit_of_the_field);
    tcase_add_test(tc, rotations_wrap_and_take_any_amount);
    tcase_add_test(tc, alignment_goes_to_the_multiple_on_the_asked_side);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(bits_suite());
}
