/* loader/source: images from files and from memory, plain and compressed. */
#include "loader/source.h"

#include <sys/stat.h>

#include "make_files.h"

#include "fakes.h"

static char folder[TEMP_PATH_MAX], path[2 * TEMP_PATH_MAX];
static struct source source = {.fd = -1};
static struct err err;

static void setup(void)
{
    temp_folder(folder);
    temp_file(folder, "image", "0123456789", 10, path);
}

static void teardown(void)
{
    source_close(&source);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(a_file_and_memory_read_the_same)
{
    char text[11] = "";

    for (unsigned i = 0; i < 2; i++) {
        if (i)
            source_open_memory(&source, "memory", "0123456789", 10);
        else
            ck_assert_msg(source_open_file(&source, path, &err), "%s", err.text);
        ck_assert_uint_eq(source.size, 10);
        ck_assert(source_read(&source, 0, text, 10, &err));
        ck_assert_str_eq(text, "0123456789");
        memset(text, 0, sizeof(text));
        ck_assert(source_read(&source, 7, text, 3, &err));
        ck_assert_str_eq(text, "789");
        ck_assert(source_read(&source, 10, text, 0, &err));
        source_close(&source);
    }
}
END_TEST

START_TEST(reading_beyond_the_end_is_refused)
{
    char text[16];

    ck_assert(source_open_file(&source, path, &err));
    ck_assert(!source_read(&source, 8, text, 3, &err));
    assert_says(err.text, "truncated: it has 10 bytes where 11 are needed");
    ck_assert(!source_read(&source, 11, text, 0, &err));
    ck_assert(!source_read(&source, UINT64_MAX, text, 2, &err));
    ck_assert(!source_read(&source, 2, text, UINT64_MAX, &err));
}
END_TEST

START_TEST(a_file_that_shrinks_meanwhile_is_an_error)
{
    char text[16];

    ck_assert(source_open_file(&source, path, &err));
    ck_assert_int_eq(truncate(path, 4), 0);
    ck_assert(!source_read(&source, 0, text, 10, &err));
    assert_says(err.text, "became shorter while it was read");
}
END_TEST

START_TEST(what_is_no_regular_file_or_empty_is_refused)
{
    ck_assert(!source_open_file(&source, folder, &err));
    assert_says(err.text, "is a directory; give a regular file");
    ck_assert(!source_open_file(&source, "/dev/null", &err));
    assert_says(err.text, "is a device, pipe or socket");
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert(!source_open_file(&source, path, &err));
    assert_says(err.text, "empty (0 bytes)");
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!source_open_file(&source, path, &err)); /* and does not wait for a writer */
    unlink(path);
    ck_assert(!source_open_file(&source, path, &err));
    assert_says(err.text, "No such file or directory");
}
END_TEST

/* What just fits, what does not by one byte, and the beginning alone. */
START_TEST(compressed_data_is_undone_within_its_room)
{
    enum { SIZE = 200000 };
    static uint8_t data[SIZE], out[SIZE + 16];
    uint64_t state = 1, produced;
    bool too_big;
    size_t packed_size;
    uint8_t *packed;

    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(garbage(&state) & 15);
    packed = gzip_make(data, SIZE, &packed_size);
    ck_assert_uint_gt(packed_size, 64 * KIB); /* more than one buffer */
    source_open_memory(&source, "packed", packed, packed_size);
    ck_assert_msg(
        source_gunzip(&source, 0, packed_size, false, out, SIZE, &produced, &too_big, &err), "%s",
        err.text);
    ck_assert_uint_eq(produced, SIZE);
    ck_assert_mem_eq(out, data, SIZE);
    ck_assert(
        !source_gunzip(&source, 0, packed_size, false, out, SIZE - 1, &produced, &too_big, &err));
    ck_assert(too_big);
    memset(out, 0xee, sizeof(out));
    ck_assert(source_gunzip(&source, 0, packed_size, true, out, 64, &produced, &too_big, &err));
    ck_assert_uint_eq(produced, 64);
    ck_assert_mem_eq(out, data, 64);
    ck_assert_uint_eq(out[64], 0xee);
    ck_assert(
        !source_gunzip(&source, 0, packed_size - 1, false, out, SIZE, &produced, &too_big, &err));
    assert_says(err.text, "truncated");
    ck_assert(!too_big);
    packed[packed_size / 2] ^= 0x55;
    ck_assert(!source_gunzip(&source, 0, packed_size, false, out, SIZE, &produced, &too_big, &err));
    ck_assert(too_big || strstr(err.text, "corrupt"));
    free(packed);
}
END_TEST

START_TEST(sizes_are_told_in_the_largest_whole_unit)
{
    static const struct {
        uint64_t size;
        const char *text;
    } rows[] = {{0, "0 bytes"},       {1023, "1023 bytes"}, {1024, "1 KiB"},
                {1536, "1.5 KiB"},    {64 * MIB, "64 MiB"}, {255 * GIB, "255 GiB"},
                {1ull << 60, "1 EiB"}};
    struct size_text text;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        ck_assert_str_eq(size_format(&text, rows[i].size), rows[i].text);
    ck_assert_str_eq(size_format(&text, UINT64_MAX), "16.0 EiB");
}
END_TEST

static Suite *source_suite(void)
{
    Suite *suite = suite_create("source");
    TCase *tc = tcase_create("source");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_file_and_memory_read_the_same);
    tcase_add_test(tc, reading_beyond_the_end_is_refused);
    tcase_add_test(tc, a_file_that_shrinks_meanwhile_is_an_error);
    tcase_add_test(tc, what_is_no_regular_file_or_empty_is_refused);
    tcase_add_test(tc, compressed_data_is_undone_within_its_room);
    tcase_add_test(tc, sizes_are_told_in_the_largest_whole_unit);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(source_suite());
}
