/* loader/image.c and the gzip reader of loader/source.c. */
#include "make_files.h"

#include "base/err.h"
#include "loader/image.h"

#define RAM 0x40000000ull

static struct err err;

static bool open_bytes(const void *data, size_t size, struct image_source *image)
{
    struct source source;

    memset(&err, 0, sizeof(err));
    source_open_memory(&source, "test", data, size);
    return image_open(&source, image, &err);
}

static void refused(const void *data, size_t size, const char *why)
{
    struct image_source image;

    ck_assert(!open_bytes(data, size, &image));
    ck_assert_ptr_null(strchr(err.text, '\n'));
    assert_says(err.text, why);
}

START_TEST(todays_kernel_goes_2_mib_above_the_start_of_ram)
{
    uint8_t *kernel = image_make(8192, 0, 0x100000, 0xa);
    struct image_source image;

    ck_assert_msg(open_bytes(kernel, 8192, &image), "%s", err.text);
    ck_assert_int_eq(image.packing, IMAGE_PLAIN);
    ck_assert_int_eq(image.head.kind, IMAGE_ARM64);
    ck_assert_uint_eq(image.head.image_size, 0x100000);
    ck_assert_uint_eq(image_address(&image.head, RAM), 0x40200000);
    free(kernel);
}
END_TEST

START_TEST(a_text_offset_is_kept)
{
    uint8_t *kernel = image_make(8192, 0x80000, 0x100000, 2);
    struct image_source image;

    ck_assert(open_bytes(kernel, 8192, &image));
    ck_assert_uint_eq(image_address(&image.head, RAM), 0x40080000);
    free(kernel);
}
END_TEST

START_TEST(a_kernel_without_image_size_has_the_old_offset)
{
    uint8_t *kernel = image_make(8192, 0x12340, 0, 1);
    struct image_source image;

    ck_assert(open_bytes(kernel, 8192, &image));
    ck_assert_uint_eq(image_address(&image.head, RAM), 0x40080000);
    free(kernel);
}
END_TEST

START_TEST(an_unknown_file_is_a_flat_binary)
{
    struct image_source image;

    ck_assert(open_bytes("\x01", 1, &image));
    ck_assert_int_eq(image.head.kind, IMAGE_RAW);
    ck_assert_uint_eq(image_address(&image.head, RAM), 0x40080000);
}
END_TEST

START_TEST(a_big_endian_kernel_is_refused)
{
    uint8_t *kernel = image_make(8192, 0, 0x100000, 0xb);

    refused(kernel, 8192, "big-endian");
    free(kernel);
}
END_TEST

START_TEST(a_damaged_header_is_refused)
{
    uint8_t *kernel = image_make(8192, UINT64_MAX - 0x3fffffff, 0x100000, 0);

    refused(kernel, 8192, "damaged: text_offset is 0xffffffffc0000000");
    free(kernel);
}
END_TEST

START_TEST(an_image_cut_in_its_header_is_refused)
{
    uint8_t *kernel = image_make(8192, 0, 0x100000, 0);

    refused(kernel, 60, "truncated: it has 60 bytes, its header alone has 64");
    memcpy(kernel, "MZ", 2);
    refused(kernel, 20, "truncated: it has 20 bytes, its header alone has 64");
    free(kernel);
}
END_TEST

/* Gives the Image a PE header at 64 with one section of raw bytes [4096, end). */
static void add_pe(uint8_t *kernel, uint32_t end)
{
    uint32_t pe = 64, raw_size = end - 4096, raw_offset = 4096;

    memcpy(kernel, "MZ", 2);
    memcpy(kernel + 60, &pe, 4);
    memset(kernel + pe, 0, 64);
    memcpy(kernel + pe, "PE\0\0", 4);
    kernel[pe + 6] = 1; /* sections; the optional header has 0 bytes */
    memcpy(kernel + pe + 24 + 16, &raw_size, 4);
    memcpy(kernel + pe + 24 + 20, &raw_offset, 4);
}

START_TEST(an_image_cut_in_its_sections_is_refused)
{
    uint8_t *kernel = image_make(16384, 0, 0x100000, 0);
    struct image_source image;

    add_pe(kernel, 16384);
    ck_assert_msg(open_bytes(kernel, 16384, &image), "%s", err.text);
    ck_assert_uint_eq(image.head.file_size, 16384);
    refused(kernel, 16383, "truncated: its sections end at byte 16384, but the file has 16383");
    free(kernel);
}
END_TEST

START_TEST(foreign_kernels_are_refused_by_name)
{
    uint8_t *kernel = calloc(1, 8192);

    memcpy(kernel + 0x202, "HdrS", 4);
    refused(kernel, 8192, "an x86 Linux kernel (bzImage)");
    memset(kernel, 0, 8192);
    memcpy(kernel + 0x24, "\x18\x28\x6f\x01", 4);
    refused(kernel, 8192, "32-bit Arm Linux kernel");
    memset(kernel, 0, 8192);
    memcpy(kernel, "\x28\xb5\x2f\xfd", 4);
    refused(kernel, 8192, "zstd");
    free(kernel);
}
END_TEST

START_TEST(a_gzip_kernel_is_seen_through)
{
    uint8_t *kernel = image_make(100000, 0, 0x100000, 0xa), *out = malloc(200000);
    size_t packed;
    uint8_t *gzip = gzip_make(kernel, 100000, &packed);
    struct image_source image;
    struct source source;
    uint64_t produced;
    bool too_big;

    ck_assert_msg(open_bytes(gzip, packed, &image), "%s", err.text);
    ck_assert_int_eq(image.packing, IMAGE_GZIP);
    ck_assert_int_eq(image.head.kind, IMAGE_ARM64);
    source_open_memory(&source, "test", gzip, packed);
    ck_assert(source_gunzip(&source, 0, packed, false, out, 200000, &produced, &too_big, &err));
    ck_assert_uint_eq(produced, 100000);
    ck_assert_mem_eq(out, kernel, 100000);
    /* exactly enough room, and one byte too little */
    ck_assert(source_gunzip(&source, 0, packed, false, out, 100000, &produced, &too_big, &err));
    ck_assert_uint_eq(produced, 100000);
    ck_assert(!source_gunzip(&source, 0, packed, false, out, 99999, &produced, &too_big, &err));
    ck_assert(too_big);
    free(kernel);
    free(gzip);
    free(out);
}
END_TEST

START_TEST(gzip_members_are_joined_and_a_tail_is_ignored)
{
    size_t first, second;
    uint8_t *a = gzip_make("hello, ", 7, &first), *b = gzip_make("guest", 5, &second);
    uint8_t both[256], out[64];
    struct source source;
    uint64_t produced;
    bool too_big;

    memcpy(both, a, first);
    memcpy(both + first, b, second);
    memset(both + first + second, 0, 16);
    source_open_memory(&source, "test", both, first + second + 16);
    ck_assert_msg(
        source_gunzip(&source, 0, source.size, false, out, sizeof(out), &produced, &too_big, &err),
        "%s", err.text);
    ck_assert_uint_eq(produced, 12);
    ck_assert_mem_eq(out, "hello, guest", 12);
    free(a);
    free(b);
}
END_TEST

START_TEST(cut_and_corrupt_gzip_data_is_refused)
{
    uint8_t *kernel = image_make(100000, 0, 0x100000, 0xa), *out = malloc(200000);
    size_t packed;
    uint8_t *gzip = gzip_make(kernel, 100000, &packed);
    struct source source;
    uint64_t produced;
    bool too_big;

    for (size_t size = 2; size < packed; size += size < 64 ? 1 : packed / 37) {
        source_open_memory(&source, "test", gzip, size);
        ck_assert(!source_gunzip(&source, 0, size, false, out, 200000, &produced, &too_big, &err));
        ck_assert(!too_big);
        assert_says(err.text, "truncated");
    }
    refused(gzip, 5, "truncated");
    gzip[packed - 8] ^= 1; /* the CRC */
    source_open_memory(&source, "test", gzip, packed);
    ck_assert(!source_gunzip(&source, 0, packed, false, out, 200000, &produced, &too_big, &err));
    assert_says(err.text, "corrupt");
    assert_says(err.text, "incorrect data check");
    free(kernel);
    free(gzip);
    free(out);
}
END_TEST

START_TEST(an_efi_zboot_kernel_is_unpacked_when_it_is_gzip)
{
    uint8_t *kernel = image_make(8192, 0, 0x100000, 0xa), *zboot = calloc(1, 20000);
    size_t packed;
    uint8_t *gzip = gzip_make(kernel, 8192, &packed);
    uint32_t offset = 64, size = (uint32_t)packed;
    struct image_source image;

    memcpy(zboot, "MZ\0\0zimg", 8);
    memcpy(zboot + 8, &offset, 4);
    memcpy(zboot + 12, &size, 4);
    memcpy(zboot + 24, "gzip", 4);
    memcpy(zboot + 64, gzip, packed);
    ck_assert_msg(open_bytes(zboot, 64 + packed, &image), "%s", err.text);
    ck_assert_int_eq(image.packing, IMAGE_ZBOOT);
    ck_assert_uint_eq(image.offset, 64);
    ck_assert_int_eq(image.head.kind, IMAGE_ARM64);
    refused(zboot, 64 + packed - 1, "truncated");
    memcpy(zboot + 24, "zstd22", 6);
    refused(zboot, 64 + packed, "compressed with 'zstd22'");
    free(kernel);
    free(gzip);
    free(zboot);
}
END_TEST

START_TEST(sizes_read_well)
{
    struct size_text text;

    ck_assert_str_eq(size_format(&text, 0), "0 bytes");
    ck_assert_str_eq(size_format(&text, 1000), "1000 bytes");
    ck_assert_str_eq(size_format(&text, 65536), "64 KiB");
    ck_assert_str_eq(size_format(&text, 1536), "1.5 KiB");
    ck_assert_str_eq(size_format(&text, UINT64_MAX), "16.0 EiB");
}
END_TEST

START_TEST(files_that_cannot_be_read_are_refused)
{
    char folder[TEMP_PATH_MAX], path[2 * TEMP_PATH_MAX];
    struct source source;

    temp_folder(folder);
    temp_file(folder, "empty", "", 0, path);
    ck_assert(!source_open_file(&source, path, &err));
    assert_says(err.text, "empty (0 bytes)");
    ck_assert(!source_open_file(&source, folder, &err));
    assert_says(err.text, "is a directory");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(!source_open_file(&source, path, &err));
    assert_says(err.text, "No such file or directory");
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("image");
    TCase *cases = tcase_create("image");
    SRunner *runner;
    int failed;

    tcase_add_test(cases, todays_kernel_goes_2_mib_above_the_start_of_ram);
    tcase_add_test(cases, a_text_offset_is_kept);
    tcase_add_test(cases, a_kernel_without_image_size_has_the_old_offset);
    tcase_add_test(cases, an_unknown_file_is_a_flat_binary);
    tcase_add_test(cases, a_big_endian_kernel_is_refused);
    tcase_add_test(cases, a_damaged_header_is_refused);
    tcase_add_test(cases, an_image_cut_in_its_header_is_refused);
    tcase_add_test(cases, an_image_cut_in_its_sections_is_refused);
    tcase_add_test(cases, foreign_kernels_are_refused_by_name);
    tcase_add_test(cases, a_gzip_kernel_is_seen_through);
    tcase_add_test(cases, gzip_members_are_joined_and_a_tail_is_ignored);
    tcase_add_test(cases, cut_and_corrupt_gzip_data_is_refused);
    tcase_add_test(cases, an_efi_zboot_kernel_is_unpacked_when_it_is_gzip);
    tcase_add_test(cases, sizes_read_well);
    tcase_add_test(cases, files_that_cannot_be_read_are_refused);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
