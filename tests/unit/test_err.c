/* base/err.c */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

START_TEST(set_formats_the_message_and_returns_false)
{
    struct err err = {.usage = true};

    ck_assert(!err_set(&err, "%s: %d", "disk", 7));
    ck_assert_str_eq(err.text, "disk: 7");
    ck_assert(!err.usage);
}
END_TEST

START_TEST(usage_marks_a_command_line_mistake)
{
    struct err err = {0};

    ck_assert(!err_usage(&err, "no option %s", "-x"));
    ck_assert_str_eq(err.text, "no option -x");
    ck_assert(err.usage);
}
END_TEST

START_TEST(prefix_goes_in_front_and_keeps_the_kind)
{
    struct err err = {0};

    err_usage(&err, "not a number");
    ck_assert(!err_prefix(&err, "-m %s", "12Q"));
    ck_assert_str_eq(err.text, "-m 12Q: not a number");
    ck_assert(err.usage);
}
END_TEST

START_TEST(a_message_too_long_is_cut_and_ends)
{
    struct err err = {0};
    char big[3000];

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = 0;
    err_set(&err, "%s", big);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    err_prefix(&err, "%s", big);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    err_set(&err, "short");
    err_prefix(&err, "%.*s", (int)sizeof(err.text) - 4, big);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("err");
    TCase *tcase = tcase_create("err");
    tcase_add_test(tcase, set_formats_the_message_and_returns_false);
    tcase_add_test(tcase, usage_marks_a_command_line_mistake);
    tcase_add_test(tcase, prefix_goes_in_front_and_keeps_the_kind);
    tcase_add_test(tcase, a_message_too_long_is_cut_and_ends);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
