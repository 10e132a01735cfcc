/* base/log.c */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"

/* What was written to the memory stream so far. */
struct capture {
    char *text;
    size_t size;
    FILE *file;
    struct log *log;
};

static void capture_open(struct capture *capture, uint32_t mask)
{
    memset(capture, 0, sizeof(*capture));
    capture->file = open_memstream(&capture->text, &capture->size);
    ck_assert_ptr_nonnull(capture->file);
    capture->log = log_new(capture->file, true, mask);
    ck_assert_ptr_nonnull(capture->log);
}

static void capture_close(struct capture *capture)
{
    log_free(capture->log);
    free(capture->text);
}

static const char *one_symbol(void *opaque, uint64_t address, uint64_t *offset)
{
    (void)opaque;
    if (address < 0x40080000 || address >= 0x40080100)
        return NULL;
    *offset = address - 0x40080000;
    return "start";
}

START_TEST(a_line_names_its_category_and_only_chosen_ones_appear)
{
    struct capture capture;

    capture_open(&capture, LOG_INT | LOG_UNIMP);
    log_line(capture.log, LOG_INT, "IRQ %d", 27);
    log_line(capture.log, LOG_MMU, "not chosen");
    log_line(capture.log, LOG_UNIMP, "thing");
    log_set_mask(capture.log, LOG_MMU);
    log_line(capture.log, LOG_INT, "no longer");
    log_line(capture.log, LOG_MMU, "walk");
    ck_assert(log_on(capture.log, LOG_MMU));
    ck_assert(!log_on(capture.log, LOG_INT));
    fflush(capture.file);
    ck_assert_str_eq(capture.text, "int: IRQ 27\nunimp: thing\nmmu: walk\n");
    capture_close(&capture);
}
END_TEST

START_TEST(the_guest_pc_and_its_symbol_stand_in_front)
{
    struct capture capture;

    capture_open(&capture, LOG_INT);
    log_at(capture.log, LOG_INT, 0x40080004, "SVC");
    log_set_symbols(capture.log, one_symbol, NULL);
    log_at(capture.log, LOG_INT, 0x40080000, "a");
    log_at(capture.log, LOG_INT, 0x40080010, "b");
    log_at(capture.log, LOG_INT, 0x50000000, "c");
    fflush(capture.file);
    ck_assert_str_eq(capture.text, "int: 0x0000000040080004: SVC\n"
                                   "int: 0x0000000040080000 start: a\n"
                                   "int: 0x0000000040080010 start+0x10: b\n"
                                   "int: 0x0000000050000000: c\n");
    capture_close(&capture);
}
END_TEST

START_TEST(no_log_at_all_is_off)
{
    uint64_t offset;

    ck_assert(!log_on(NULL, ~0u));
    log_line(NULL, LOG_INT, "nothing");
    log_at(NULL, LOG_INT, 0, "nothing");
    ck_assert(!log_once(NULL, LOG_UNIMP, 1));
    ck_assert_ptr_null(log_symbol(NULL, 0, &offset));
    log_free(NULL);
}
END_TEST

START_TEST(once_is_true_once_for_each_key_and_category)
{
    struct capture capture;

    capture_open(&capture, LOG_UNIMP | LOG_MMU);
    ck_assert(log_once(capture.log, LOG_UNIMP, 0));
    ck_assert(!log_once(capture.log, LOG_UNIMP, 0));
    ck_assert(log_once(capture.log, LOG_UNIMP, 1));
    ck_assert(log_once(capture.log, LOG_MMU, 1));
    ck_assert(!log_once(capture.log, LOG_MMU, 1));
    ck_assert(!log_once(capture.log, LOG_INT, 1)); /* off: not remembered either */
    log_set_mask(capture.log, LOG_INT);
    ck_assert(log_once(capture.log, LOG_INT, 1));
    capture_close(&capture);
}
END_TEST

START_TEST(once_stays_bounded_under_a_million_keys)
{
    struct capture capture;
    unsigned named = 0;

    capture_open(&capture, LOG_UNIMP);
    for (uint64_t key = 0; key < 1000000; key++)
        named += log_once(capture.log, LOG_UNIMP, key << 20);
    ck_assert_uint_gt(named, 1000);
    ck_assert_uint_lt(named, 100000);
    ck_assert(!log_once(capture.log, LOG_UNIMP, 0));
    capture_close(&capture);
}
END_TEST

START_TEST(a_write_that_fails_is_told_when_the_log_is_freed)
{
    /* unimp is written at once, in_asm when the log is closed */
    const enum log_category categories[] = {LOG_UNIMP, LOG_IN_ASM};
    struct capture capture;

    for (size_t i = 0; i < 2; i++) {
        FILE *full = fopen("/dev/full", "w");
        struct log *log = log_new(full, true, categories[i]);

        ck_assert_ptr_nonnull(full);
        log_line(log, categories[i], "lost");
        errno = 0; /* the reason is kept from when it failed */
        ck_assert_int_eq(log_free(log), ENOSPC);
    }
    capture_open(&capture, LOG_UNIMP);
    log_line(capture.log, LOG_UNIMP, "written");
    ck_assert_int_eq(log_free(capture.log), 0);
    free(capture.text);
}
END_TEST

START_TEST(parse_takes_lists_and_all)
{
    struct err err = {0};
    uint32_t mask = 0;

    ck_assert(log_parse("in_asm,int", &mask, &err));
    ck_assert_uint_eq(mask, LOG_IN_ASM | LOG_INT);
    ck_assert(log_parse("guest_errors", &mask, &err));
    ck_assert_uint_eq(mask, LOG_GUEST_ERRORS);
    ck_assert(log_parse("all", &mask, &err));
    ck_assert_uint_eq(mask & LOG_OUT_ASM, LOG_OUT_ASM);
}
END_TEST

START_TEST(parse_names_the_bad_word_and_the_good_ones)
{
    static const char *const bad[] = {"", "in_asm,", "int,xyz,mmu", ",", "INT", "alll"};
    struct err err;
    uint32_t mask = 5;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&err, 0, sizeof(err));
        ck_assert(!log_parse(bad[i], &mask, &err));
        ck_assert(err.usage);
        ck_assert_ptr_nonnull(strstr(err.text, "guest_errors"));
        ck_assert_uint_eq(mask, 5);
    }
    log_parse("int,xyz,mmu", &mask, &err);
    ck_assert_ptr_nonnull(strstr(err.text, "\"xyz\""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");
    tcase_add_test(tcase, a_line_names_its_category_and_only_chosen_ones_appear);
    tcase_add_test(tcase, the_guest_pc_and_its_symbol_stand_in_front);
    tcase_add_test(tcase, no_log_at_all_is_off);
    tcase_add_test(tcase, once_is_true_once_for_each_key_and_category);
    tcase_add_test(tcase, once_stays_bounded_under_a_million_keys);
    tcase_add_test(tcase, a_write_that_fails_is_told_when_the_log_is_freed);
    tcase_add_test(tcase, parse_takes_lists_and_all);
    tcase_add_test(tcase, parse_names_the_bad_word_and_the_good_ones);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
