/* devices/fdt.c: the written tree is read back with libfdt's reader. */
#include <check.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "devices/fdt.h"

START_TEST(a_tree_reads_back_with_every_kind_of_property)
{
    struct err err = {0};
    struct fdt *fdt = fdt_new();
    ck_assert_ptr_nonnull(fdt);
    fdt_node_begin(fdt, "");
    fdt_prop_u32(fdt, "#address-cells", 2);
    fdt_node_begin_at(fdt, "pl011", 0x9000000);
    fdt_prop_list(fdt, "compatible", "arm,pl011", "arm,primecell");
    fdt_prop_cells(fdt, "interrupts", FDT_GIC_SPI, 1, FDT_IRQ_LEVEL_HIGH);
    fdt_prop_reg(fdt, 0x9000000, 0x1000);
    fdt_prop_u64(fdt, "wide", 0x1122334455667788);
    fdt_prop_string(fdt, "status", "okay");
    fdt_prop_empty(fdt, "always-on");
    fdt_prop_bytes(fdt, "raw", "\1\2\3", 3);
    uint32_t first = fdt_phandle_new(fdt), second = fdt_phandle_new(fdt);
    ck_assert_uint_ne(first, second);
    fdt_prop_phandle(fdt, second);
    fdt_node_end(fdt);
    fdt_node_end(fdt);

    size_t size;
    void *blob = fdt_take(fdt, &size, &err);
    ck_assert_msg(blob, "%s", err.text);
    fdt_free(fdt);
    ck_assert_int_eq(fdt_check_full(blob, size), 0);
    int node = fdt_path_offset(blob, "/pl011@9000000");
    ck_assert_int_gt(node, 0);
    int length;
    const char *compatible = fdt_getprop(blob, node, "compatible", &length);
    ck_assert_int_eq(length, 24);
    ck_assert_mem_eq(compatible, "arm,pl011\0arm,primecell", 24);
    ck_assert_mem_eq(fdt_getprop(blob, node, "interrupts", &length), "\0\0\0\0\0\0\0\1\0\0\0\4",
                     12);
    ck_assert_int_eq(length, 12);
    ck_assert_mem_eq(fdt_getprop(blob, node, "reg", &length),
                     "\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\x10\0", 16);
    ck_assert_mem_eq(fdt_getprop(blob, node, "wide", &length), "\x11\x22\x33\x44\x55\x66\x77\x88",
                     8);
    ck_assert_str_eq(fdt_getprop(blob, node, "status", &length), "okay");
    ck_assert_ptr_nonnull(fdt_getprop(blob, node, "always-on", &length));
    ck_assert_int_eq(length, 0);
    ck_assert_mem_eq(fdt_getprop(blob, node, "raw", &length), "\1\2\3", 3);
    ck_assert_uint_eq(fdt_get_phandle(blob, node), second);
    free(blob);
}
END_TEST

START_TEST(a_tree_grows_beyond_its_first_buffer)
{
    struct err err = {0};
    struct fdt *fdt = fdt_new();
    char big[5000];
    memset(big, 'x', sizeof(big));
    fdt_node_begin(fdt, "");
    for (unsigned i = 0; i < 100; i++) {
        fdt_node_begin_at(fdt, "node", i * 0x1000);
        fdt_prop_bytes(fdt, "big", big, sizeof(big));
        fdt_node_end(fdt);
    }
    fdt_node_end(fdt);
    size_t size;
    void *blob = fdt_take(fdt, &size, &err);
    ck_assert_msg(blob, "%s", err.text);
    fdt_free(fdt);
    ck_assert_uint_gt(size, 500000);
    ck_assert_int_eq(fdt_check_full(blob, size), 0);
    int length;
    int node = fdt_path_offset(blob, "/node@63000");
    ck_assert_mem_eq(fdt_getprop(blob, node, "big", &length), big, sizeof(big));
    ck_assert_int_eq(length, sizeof(big));
    free(blob);
}
END_TEST

START_TEST(the_first_error_sticks_and_names_its_place)
{
    struct err err = {0};
    struct fdt *fdt = fdt_new();
    fdt_prop_u32(fdt, "stray", 1); /* a property outside any node */
    fdt_node_begin(fdt, "");
    fdt_node_end(fdt);
    size_t size;
    ck_assert_ptr_null(fdt_take(fdt, &size, &err));
    ck_assert_msg(strstr(err.text, "stray"), "%s", err.text);
    fdt_free(fdt);
}
END_TEST

START_TEST(a_property_after_a_child_node_is_an_error)
{
    struct err err = {0};
    struct fdt *fdt = fdt_new();
    fdt_node_begin(fdt, "");
    fdt_node_begin(fdt, "child");
    fdt_node_end(fdt);
    fdt_prop_u32(fdt, "late", 1);
    fdt_node_end(fdt);
    size_t size;
    ck_assert_ptr_null(fdt_take(fdt, &size, &err));
    ck_assert_msg(strstr(err.text, "late"), "%s", err.text);
    fdt_free(fdt);
}
END_TEST

START_TEST(a_second_root_is_an_error)
{
    struct err err = {0};
    struct fdt *fdt = fdt_new();
    for (int i = 0; i < 2; i++) {
        fdt_node_begin(fdt, "");
        fdt_node_end(fdt);
    }
    size_t size;
    ck_assert_ptr_null(fdt_take(fdt, &size, &err));
    fdt_free(fdt);
}
END_TEST

START_TEST(an_open_node_at_the_end_is_an_error)
{
    struct err err = {0};
    struct fdt *fdt = fdt_new();
    fdt_node_begin(fdt, "");
    size_t size;
    ck_assert_ptr_null(fdt_take(fdt, &size, &err));
    ck_assert_msg(err.text[0], "no message");
    fdt_free(fdt);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fdt");
    TCase *tcase = tcase_create("fdt");
    tcase_add_test(tcase, a_tree_reads_back_with_every_kind_of_property);
    tcase_add_test(tcase, a_tree_grows_beyond_its_first_buffer);
    tcase_add_test(tcase, the_first_error_sticks_and_names_its_place);
    tcase_add_test(tcase, a_property_after_a_child_node_is_an_error);
    tcase_add_test(tcase, a_second_root_is_an_error);
    tcase_add_test(tcase, an_open_node_at_the_end_is_an_error);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
