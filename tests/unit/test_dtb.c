/* loader/dtb: a user's device tree is read whole and checked, and a tree is written to a file. */
#include "loader/dtb.h"

#include <libfdt.h>

#include "make_files.h"

#include "fakes.h"

static uint8_t blob[512];
static struct err err;

static void setup(void)
{
    ck_assert_int_eq(fdt_create_empty_tree(blob, sizeof(blob)), 0);
    ck_assert_int_ge(fdt_add_subnode(blob, 0, "chosen"), 0);
    ck_assert_int_eq(fdt_pack(blob), 0);
}

static void *read_blob(size_t size)
{
    struct source source;

    source_open_memory(&source, "board.dtb", blob, size);
    return dtb_read(&source, &err);
}

START_TEST(a_good_tree_is_read_whole)
{
    void *copy = read_blob(sizeof(blob)); /* the file may be longer than its tree */

    ck_assert_msg(copy != NULL, "%s", err.text);
    ck_assert_uint_eq(dtb_size(copy), fdt_totalsize(blob));
    ck_assert_mem_eq(copy, blob, fdt_totalsize(blob));
    free(copy);
}
END_TEST

START_TEST(a_tree_cut_anywhere_is_refused)
{
    for (unsigned size = 1; size < fdt_totalsize(blob); size++) {
        memset(&err, 0, sizeof(err));
        ck_assert_ptr_null(read_blob(size));
        assert_says(err.text, "is not a valid device tree blob");
    }
}
END_TEST

START_TEST(what_is_no_tree_is_told_what_is_wanted)
{
    blob[0] ^= 1;
    ck_assert_ptr_null(read_blob(sizeof(blob)));
    assert_says(err.text, "it does not begin with the magic number d00dfeed; give the .dtb");
}
END_TEST

/* Each byte of the header and the structure, damaged: refused, or a tree that libfdt can walk. */
START_TEST(damage_is_refused_or_harmless)
{
    const unsigned size = fdt_totalsize(blob);

    for (unsigned i = 0; i < size; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            void *copy;

            blob[i] ^= (uint8_t)(1u << bit);
            copy = read_blob(sizeof(blob));
            if (copy)
                ck_assert_uint_le(dtb_size(copy), sizeof(blob));
            free(copy);
            blob[i] ^= (uint8_t)(1u << bit);
        }
}
END_TEST

START_TEST(a_tree_larger_than_the_protocol_allows_is_refused)
{
    struct source source;

    source_open_memory(&source, "board.dtb", blob, DTB_SIZE_MAX + 1);
    ck_assert_ptr_null(dtb_read(&source, &err));
    assert_says(err.text, "2 MiB at most");
}
END_TEST

START_TEST(a_dump_is_the_blob_and_its_failures_name_the_file)
{
    char folder[TEMP_PATH_MAX], path[2 * TEMP_PATH_MAX];
    struct source source;
    void *copy;

    temp_folder(folder);
    temp_file(folder, "out.dtb", "", 0, path);
    ck_assert_msg(dtb_dump(blob, path, &err), "%s", err.text);
    ck_assert(source_open_file(&source, path, &err));
    ck_assert_uint_eq(source.size, fdt_totalsize(blob));
    copy = dtb_read(&source, &err);
    source_close(&source);
    ck_assert_ptr_nonnull(copy);
    ck_assert_mem_eq(copy, blob, fdt_totalsize(blob));
    free(copy);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert(!dtb_dump(blob, path, &err));
    assert_says(err.text, "out.dtb': cannot write the file: No such file or directory");
    ck_assert(!dtb_dump(blob, "/dev/full", &err));
    assert_says(err.text, "-machine dumpdtb='/dev/full': cannot write");
}
END_TEST

static Suite *dtb_suite(void)
{
    Suite *suite = suite_create("dtb");
    TCase *tc = tcase_create("dtb");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_good_tree_is_read_whole);
    tcase_add_test(tc, a_tree_cut_anywhere_is_refused);
    tcase_add_test(tc, what_is_no_tree_is_told_what_is_wanted);
    tcase_add_test(tc, damage_is_refused_or_harmless);
    tcase_add_test(tc, a_tree_larger_than_the_protocol_allows_is_refused);
    tcase_add_test(tc, a_dump_is_the_blob_and_its_failures_name_the_file);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(dtb_suite());
}
