/* loader/elf.c and loader/symbols.c, on files built here and on a real program of the host. */
#include "make_files.h"

#include "base/err.h"
#include "loader/elf.h"
#include "loader/symbols.h"

#define BASE 0x40080000ull

static struct elf_file file;
static struct err err;

static void setup(void)
{
    elf_make(&file, BASE, BASE);
    memset(&err, 0, sizeof(err));
}

static bool read_bytes(struct elf_image *image, size_t size)
{
    struct source source;

    source_open_memory(&source, "test", &file, size);
    return elf_image_read(&source, image, &err);
}

static void refused(size_t size, const char *why)
{
    struct elf_image image;

    ck_assert(!read_bytes(&image, size));
    ck_assert_ptr_null(strchr(err.text, '\n'));
    assert_says(err.text, why);
}

START_TEST(a_good_file_yields_segments_and_entry)
{
    struct elf_image image;

    file.head.e_phnum = 2;
    file.head.e_entry = BASE + 4;
    ck_assert_msg(read_bytes(&image, sizeof(file)), "%s", err.text);
    ck_assert_uint_eq(image.count, 2);
    ck_assert_uint_eq(image.segments[1].paddr, BASE + 0x1000);
    ck_assert_uint_eq(image.segments[0].filesz, 16);
    ck_assert_uint_eq(image.segments[0].memsz, 32);
    ck_assert(image.has_entry);
    ck_assert_uint_eq(image.entry, BASE + 4);
    elf_image_free(&image);
}
END_TEST

START_TEST(an_entry_at_a_high_virtual_address_becomes_physical)
{
    struct elf_image image;

    elf_make(&file, BASE, 0xffff000000080000ull);
    file.head.e_entry += 8;
    ck_assert(read_bytes(&image, sizeof(file)));
    ck_assert_uint_eq(image.entry, BASE + 8);
    ck_assert_uint_eq(image.entry_virtual, 0xffff000000080008ull);
    elf_image_free(&image);
}
END_TEST

START_TEST(an_entry_outside_all_segments_is_told)
{
    struct elf_image image;

    file.head.e_entry = 0;
    ck_assert(read_bytes(&image, sizeof(file)));
    ck_assert(!image.has_entry);
    elf_image_free(&image);
}
END_TEST

START_TEST(segments_without_memory_are_left_out)
{
    struct elf_image image;

    file.head.e_phnum = 2;
    file.segments[0].p_filesz = file.segments[0].p_memsz = 0;
    ck_assert(read_bytes(&image, sizeof(file)));
    ck_assert_uint_eq(image.count, 1);
    ck_assert_uint_eq(image.segments[0].index, 1);
    elf_image_free(&image);
}
END_TEST

START_TEST(foreign_files_are_refused_by_name)
{
    file.head.e_machine = EM_X86_64;
    refused(sizeof(file), "ELF file for x86-64; ulna runs little-endian AArch64");
    file.head.e_machine = EM_ARM;
    file.head.e_ident[EI_CLASS] = ELFCLASS32;
    refused(sizeof(file), "ELF file for 32-bit Arm");
    refused(52, "ELF file for 32-bit Arm"); /* a whole 32-bit header */
    file.head.e_machine = EM_AARCH64;
    refused(sizeof(file), "ILP32");
    file.head.e_ident[EI_CLASS] = ELFCLASS64;
    file.head.e_machine = 0x1234;
    refused(sizeof(file), "machine number 4660");
}
END_TEST

START_TEST(a_big_endian_file_is_refused)
{
    file.head.e_ident[EI_DATA] = ELFDATA2MSB;
    file.head.e_machine = __builtin_bswap16(EM_AARCH64);
    file.head.e_type = __builtin_bswap16(ET_EXEC);
    refused(sizeof(file), "big-endian");
}
END_TEST

START_TEST(a_program_of_the_host_is_refused)
{
    struct elf_image image;
    struct source source;

    ck_assert_msg(source_open_file(&source, "/proc/self/exe", &err), "%s", err.text);
    ck_assert(elf_probe(&source));
    ck_assert(!elf_image_read(&source, &image, &err));
    assert_says(err.text, "ELF file for ");
    source_close(&source);
}
END_TEST

START_TEST(object_files_and_core_dumps_are_refused)
{
    file.head.e_type = ET_REL;
    refused(sizeof(file), "has not been linked");
    file.head.e_type = ET_CORE;
    refused(sizeof(file), "core dump");
    file.head.e_type = 0x77;
    refused(sizeof(file), "type 119");
}
END_TEST

START_TEST(every_truncation_is_refused_or_harmless)
{
    size_t text_end = offsetof(struct elf_file, text) + sizeof(file.text);

    for (size_t size = 4; size < sizeof(file); size++) {
        struct elf_image image;
        bool ok = read_bytes(&image, size);

        /* Behind the last segment there are only sections, which loading does not need. */
        ck_assert_msg(ok == (size >= text_end), "%zu bytes: %s", size, err.text);
        if (ok)
            elf_image_free(&image);
        else
            ck_assert_msg(strstr(err.text, "truncated"), "%zu bytes: %s", size, err.text);
    }
}
END_TEST

START_TEST(damaged_program_headers_are_refused)
{
    file.segments[0].p_filesz = 33;
    refused(sizeof(file), "segment 0 has 33 bytes in the file, more than its 32 in memory");
    file.segments[0].p_memsz = file.segments[0].p_filesz = 1ull << 62;
    refused(sizeof(file), "truncated");
    file.segments[0].p_offset = UINT64_MAX;
    refused(sizeof(file), "truncated");
    file.segments[0].p_type = PT_NOTE;
    refused(sizeof(file), "no segment to load");
    file.head.e_phoff = UINT64_MAX - 7;
    refused(sizeof(file), "truncated");
    file.head.e_phoff = 0;
    file.head.e_phnum = 0;
    refused(sizeof(file), "no program headers");
}
END_TEST

START_TEST(random_damage_never_crashes)
{
    uint32_t seed = 1;

    for (unsigned round = 0; round < 20000; round++) {
        struct elf_image image;
        struct source source;
        struct symbols *symbols = symbols_new();

        elf_make(&file, BASE, BASE);
        for (unsigned i = 0; i < 3; i++) {
            seed = seed * 1664525 + 1013904223;
            ((uint8_t *)&file)[(seed >> 8) % sizeof(file)] = (uint8_t)(seed >> 24);
        }
        source_open_memory(&source, "test", &file, sizeof(file));
        if (elf_image_read(&source, &image, &err)) {
            ck_assert_uint_ge(image.count, 1);
            elf_image_free(&image);
        }
        elf_symbols_read(&source, symbols);
        symbols_sort(symbols);
        symbols_free(symbols);
    }
}
END_TEST

START_TEST(symbols_are_code_only_and_end_where_they_end)
{
    struct symbols *symbols = symbols_new();
    struct source source;
    uint64_t offset, address;

    source_open_memory(&source, "test", &file, sizeof(file));
    elf_symbols_read(&source, symbols);
    symbols_sort(symbols);
    ck_assert_uint_eq(symbols_count(symbols), 2);
    ck_assert_str_eq(symbols_lookup(symbols, BASE + 4, &offset), "start");
    ck_assert_uint_eq(offset, 4);
    ck_assert_str_eq(symbols_lookup(symbols, BASE + 8, &offset), "loop");
    ck_assert_uint_eq(offset, 0);
    ck_assert_str_eq(symbols_lookup(symbols, BASE + 15, &offset), "loop");
    ck_assert_ptr_null(symbols_lookup(symbols, BASE + 16, &offset)); /* the section's end */
    ck_assert_ptr_null(symbols_lookup(symbols, BASE - 1, &offset));
    ck_assert(symbols_find(symbols, "loop", &address));
    ck_assert_uint_eq(address, BASE + 8);
    ck_assert(!symbols_find(symbols, "data_item", &address));
    symbols_free(symbols);
}
END_TEST

START_TEST(a_label_inside_a_function_hides_it_only_for_its_length)
{
    struct symbols *symbols = symbols_new();
    uint64_t offset;

    ck_assert(symbols_add(symbols, "whole", 0x1000, 0x1100, true));
    ck_assert(symbols_add(symbols, "inner", 0x1010, 0x1018, true));
    ck_assert(symbols_add(symbols, "bad\x1b[31m", 0x2000, 0x2004, true));
    symbols_sort(symbols);
    ck_assert_str_eq(symbols_lookup(symbols, 0x1014, &offset), "inner");
    ck_assert_str_eq(symbols_lookup(symbols, 0x1020, &offset), "whole");
    ck_assert_uint_eq(offset, 0x20);
    ck_assert_str_eq(symbols_lookup(symbols, 0x2000, &offset), "bad?[31m");
    symbols_free(symbols);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elf");
    TCase *cases = tcase_create("elf");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, a_good_file_yields_segments_and_entry);
    tcase_add_test(cases, an_entry_at_a_high_virtual_address_becomes_physical);
    tcase_add_test(cases, an_entry_outside_all_segments_is_told);
    tcase_add_test(cases, segments_without_memory_are_left_out);
    tcase_add_test(cases, foreign_files_are_refused_by_name);
    tcase_add_test(cases, a_big_endian_file_is_refused);
    tcase_add_test(cases, a_program_of_the_host_is_refused);
    tcase_add_test(cases, object_files_and_core_dumps_are_refused);
    tcase_add_test(cases, every_truncation_is_refused_or_harmless);
    tcase_add_test(cases, damaged_program_headers_are_refused);
    tcase_add_test(cases, random_damage_never_crashes);
    tcase_add_test(cases, symbols_are_code_only_and_end_where_they_end);
    tcase_add_test(cases, a_label_inside_a_function_hides_it_only_for_its_length);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
