/* loader/loader.c, place.c and dtb.c, on a bus with RAM and flash and a device tree made
 * here. */
#include "make_files.h"

#include <libfdt.h>

#include "base/err.h"
#include "base/log.h"
#include "cpu/cpu.h"
#include "devices/virt.h"
#include "loader/loader.h"
#include "loader/symbols.h"
#include "mmu/bus.h"

#define RAM      0x40000000ull
#define RAM_SIZE (512 * MIB)

static struct bus *bus;
static struct err err;
static struct loader_config config;
static struct loader_result result;
static struct elf_file elf;
static char folder[TEMP_PATH_MAX], paths[4][2 * TEMP_PATH_MAX];
static struct boot_params seen; /* by the fake board */
static char seen_bootargs[64];
static const void *seen_dtb;

/* The board's tree: a root with one property, so 64-odd bytes. */
static void *fake_fdt(void *opaque, const struct boot_params *params, const void *dtb,
                      size_t dtb_size, size_t *size, struct err *error)
{
    void *blob = malloc(4096);

    (void)opaque;
    (void)dtb_size;
    (void)error;
    seen = *params;
    seen_dtb = dtb;
    snprintf(seen_bootargs, sizeof(seen_bootargs), "%s", params->bootargs ? params->bootargs : "");
    ck_assert_int_eq(fdt_create_empty_tree(blob, 4096), 0);
    ck_assert_int_eq(fdt_setprop_string(blob, 0, "compatible", "test"), 0);
    ck_assert_int_eq(fdt_pack(blob), 0);
    *size = fdt_totalsize(blob);
    return blob;
}

static void make_machine(uint64_t ram_size)
{
    bus_free(bus);
    bus = bus_new(NULL);
    ck_assert_ptr_nonnull(bus_add_ram(bus, "flash0", 0, 64 * MIB, RAM_ROM, &err));
    ck_assert_ptr_nonnull(bus_add_ram(bus, "ram", RAM, ram_size, RAM_NORMAL, &err));
    config.ram_size = ram_size;
}

static void setup(void)
{
    memset(&config, 0, sizeof(config));
    memset(&err, 0, sizeof(err));
    memset(&seen, 0, sizeof(seen));
    config.ram_base = RAM;
    config.fdt = fake_fdt;
    make_machine(RAM_SIZE);
    temp_folder(folder);
    memset(paths, 0, sizeof(paths));
}

static void teardown(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        if (paths[i][0])
            ck_assert_int_eq(unlink(paths[i]), 0);
    }
    ck_assert_int_eq(rmdir(folder), 0);
    bus_free(bus);
    bus = NULL;
}

static const char *write_file(unsigned slot, const char *name, const void *data, size_t size)
{
    temp_file(folder, name, data, size, paths[slot]);
    return paths[slot];
}

static const char *write_image(unsigned slot, size_t size, uint64_t image_size)
{
    uint8_t *image = image_make(size, 0, image_size, 0xa);
    const char *path = write_file(slot, "Image", image, size);

    free(image);
    return path;
}

static const char *write_zeroes(unsigned slot, const char *name, uint64_t size)
{
    const char *path = write_file(slot, name, "", 0);

    ck_assert_int_eq(truncate(path, (off_t)size), 0);
    return path;
}

static void loads(void)
{
    ck_assert_msg(loader_load(bus, &config, &result, &err), "%s", err.text);
}

static void refused(bool usage, const char *what, const char *why)
{
    ck_assert(!loader_load(bus, &config, &result, &err));
    ck_assert_ptr_null(strchr(err.text, '\n'));
    assert_says(err.text, what);
    assert_says(err.text, why);
    ck_assert(err.usage == usage);
    ck_assert_ptr_null(result.symbols);
}

static void holds(uint64_t address, const void *data, size_t size)
{
    const void *memory = bus_ram_pointer(bus, address, size);

    ck_assert_ptr_nonnull(memory);
    ck_assert_int_eq(memcmp(memory, data, size), 0);
}

START_TEST(a_linux_start_is_laid_out_as_on_qemu)
{
    uint8_t *image = image_make(10000, 0, 0x100000, 0xa);
    struct cpu *cpu = calloc(1, sizeof(*cpu));

    config.kernel = write_file(0, "Image", image, 10000);
    config.initrd = write_file(1, "initrd", "an initrd", 9);
    config.append = "console=ttyAMA0";
    loads();
    ck_assert_str_eq(result.kind, "arm64 Image");
    ck_assert_uint_eq(result.entry, 0x40200000);
    ck_assert_uint_eq(result.initrd_base, 0x48000000);
    ck_assert_uint_eq(result.dtb_base, 0x48200000);
    holds(0x40200000, image, 10000);
    holds(0x48000000, "an initrd", 9);
    holds(0x48200000, "\xd0\x0d\xfe\xed", 4);
    ck_assert_uint_eq(seen.initrd_start, 0x48000000);
    ck_assert_uint_eq(seen.initrd_end, 0x48000009);
    ck_assert_str_eq(seen_bootargs, "console=ttyAMA0");
    memset(cpu->x, 0x55, sizeof(cpu->x));
    loader_start(&result, cpu);
    ck_assert_uint_eq(cpu->pc, 0x40200000);
    ck_assert_uint_eq(cpu->x[0], 0x48200000);
    for (unsigned i = 1; i < 4; i++)
        ck_assert_uint_eq(cpu->x[i], 0);
    loader_result_free(&result);
    free(cpu);
    free(image);
}
END_TEST

START_TEST(a_gzip_kernel_is_unpacked_into_place)
{
    uint8_t *image = image_make(300000, 0, 0x100000, 0xa);
    size_t packed;
    uint8_t *gzip = gzip_make(image, 300000, &packed);

    config.kernel = write_file(0, "Image.gz", gzip, packed);
    loads();
    ck_assert_str_eq(result.kind, "arm64 Image, gzip");
    holds(0x40200000, image, 300000);
    ck_assert_uint_eq(result.dtb_base, 0x48000000); /* where it is without an initrd */
    ck_assert_uint_eq(seen.initrd_end, 0);
    loader_result_free(&result);
    free(gzip);
    free(image);
}
END_TEST

START_TEST(a_gzip_kernel_larger_than_memory_is_refused)
{
    uint8_t *image = image_make(20 * MIB, 0, 0x100000, 0xa);
    size_t packed;
    uint8_t *gzip = gzip_make(image, 20 * MIB, &packed);

    make_machine(16 * MIB);
    config.kernel = write_file(0, "Image.gz", gzip, packed);
    refused(false, "-kernel '", "decompresses to more than the 14 MiB of RAM from 0x40200000 on");
    free(gzip);
    free(image);
}
END_TEST

START_TEST(an_image_or_its_bss_larger_than_memory_is_refused)
{
    make_machine(16 * MIB);
    config.kernel = write_zeroes(0, "huge", 3 * GIB);
    refused(false, "-kernel '", "needs memory at 0x40080000..0x10007ffff (3 GiB)");
    assert_says(err.text,
                "this machine's RAM is 0x40000000..0x40ffffff (16 MiB), whose size -m sets");
    config.kernel = write_image(1, 10000, 15 * MIB);
    refused(false, "-kernel '", "needs memory at 0x40200000..0x410fffff (15 MiB)");
}
END_TEST

START_TEST(an_initrd_moves_up_behind_a_large_kernel)
{
    config.kernel = write_image(0, 10000, 200 * MIB);
    config.initrd = write_file(1, "initrd", "an initrd", 9);
    loads();
    ck_assert_uint_eq(result.initrd_base, RAM + 202 * MIB);
    ck_assert_uint_eq(result.dtb_base, RAM + 204 * MIB);
    loader_result_free(&result);
}
END_TEST

START_TEST(an_initrd_too_large_for_the_upper_half_goes_lower)
{
    make_machine(128 * MIB);
    config.kernel = write_image(0, 10000, 20 * MIB);
    config.initrd = write_zeroes(1, "initrd", 80 * MIB);
    loads();
    ck_assert_uint_eq(result.initrd_base, RAM + 22 * MIB);
    ck_assert_uint_eq(result.dtb_base, RAM + 102 * MIB);
    loader_result_free(&result);
}
END_TEST

START_TEST(an_initrd_that_fits_nowhere_is_refused)
{
    make_machine(64 * MIB);
    config.kernel = write_image(0, 10000, 20 * MIB);
    config.initrd = write_zeroes(1, "initrd", 60 * MIB);
    refused(false, "-initrd '", "the initrd has 60 MiB and does not fit: of the 64 MiB of RAM");
    assert_says(err.text, "42 MiB at 0x41600000");
}
END_TEST

START_TEST(an_elf_gets_segments_bss_symbols_and_a_device_tree)
{
    uint64_t offset;

    elf_make(&elf, 0x40100000, 0x40100000);
    elf.head.e_phnum = 2;
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    loads();
    ck_assert_uint_eq(result.entry, 0x40100000);
    holds(0x40100000, elf.text, 16);
    holds(0x40101000, elf.data, 16);
    ck_assert_uint_eq(result.dtb_base, RAM);
    ck_assert_uint_eq(result.x[0], RAM);
    ck_assert_str_eq(symbols_lookup(result.symbols, 0x40100004, &offset), "start");
    loader_result_free(&result);
}
END_TEST

START_TEST(an_elf_at_the_start_of_ram_gets_its_tree_elsewhere)
{
    elf_make(&elf, RAM, RAM);
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    loads();
    ck_assert_uint_eq(result.dtb_base, 0x48000000);
    ck_assert_uint_eq(result.x[0], 0x48000000);
    loader_result_free(&result);
}
END_TEST

START_TEST(an_elf_may_lie_in_rom)
{
    elf_make(&elf, 0x80000, 0x80000);
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    loads();
    ck_assert_uint_eq(result.entry, 0x80000);
    holds(0x80000, elf.text, 16);
    loader_result_free(&result);
}
END_TEST

START_TEST(an_elf_outside_memory_is_refused)
{
    elf_make(&elf, 0x20000000, 0x20000000);
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    refused(false, "guest.elf'",
            "segment 0 of the ELF file: needs memory at 0x20000000..0x2000001f");
    elf_make(&elf, UINT64_MAX - 15, UINT64_MAX - 15); /* its end wraps to 0 */
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    refused(false, "guest.elf'", "but this machine's RAM is 0x40000000..");
    elf_make(&elf, RAM + RAM_SIZE - 16, RAM); /* half in */
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    refused(false, "guest.elf'", "but this machine's RAM is 0x40000000..");
    elf_make(&elf, RAM, RAM);
    elf.segments[0].p_memsz = 1ull << 63;
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    refused(false, "guest.elf'", "but this machine's RAM is 0x40000000..");
}
END_TEST

START_TEST(an_elf_without_a_usable_entry_is_refused)
{
    elf_make(&elf, RAM, RAM);
    elf.head.e_entry = 0;
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    refused(false, "guest.elf'", "entry point 0x0 is in none");
}
END_TEST

START_TEST(overlapping_images_are_refused)
{
    struct loader_item item = {.file = NULL, .has_addr = true, .addr = 0x40200100};

    config.kernel = write_image(0, 10000, 0x100000);
    item.file = write_file(1, "blob", "0123456789", 10);
    config.items = &item;
    config.item_count = 1;
    refused(false, "-device loader, file '", "needs memory at 0x40200100..0x40200109 (10 bytes)");
    assert_says(err.text, "overlaps the kernel '");
    assert_says(err.text, "at 0x40200000..0x402fffff (1 MiB)");
    elf_make(&elf, RAM, RAM);
    elf.head.e_phnum = 2;
    elf.segments[1].p_paddr = RAM + 31;
    config.item_count = 0;
    config.kernel = write_file(2, "guest.elf", &elf, sizeof(elf));
    refused(false, "segment 1 of the ELF file", "overlaps the kernel segment 0");
}
END_TEST

START_TEST(items_place_files_and_the_first_is_started)
{
    struct loader_item items[3] = {{0}};

    elf_make(&elf, 0x42000000, 0x42000000);
    items[0].file = write_file(0, "a,b.elf", &elf, sizeof(elf));
    items[1] = (struct loader_item){
        .file = paths[0], .force_raw = true, .has_addr = true, .addr = 0x41000000};
    items[2] = (struct loader_item){
        .file = write_file(1, "blob", "0123", 4), .has_addr = true, .addr = 0x43000001};
    config.items = items;
    config.item_count = 3;
    loads();
    ck_assert_uint_eq(result.entry, 0x42000000);
    holds(0x42000000, elf.text, 16);
    holds(0x41000000, &elf, sizeof(elf));
    holds(0x43000001, "0123", 4);
    ck_assert_uint_eq(result.dtb_base, RAM);
    loader_result_free(&result);
    config.kernel = write_image(2, 10000, 0x100000); /* then the kernel is */
    loads();
    ck_assert_uint_eq(result.entry, 0x40200000);
    loader_result_free(&result);
}
END_TEST

START_TEST(items_store_values_in_either_byte_order)
{
    const struct loader_item items[] = {
        {.file = write_file(1, "blob", "0123", 4), .has_addr = true, .addr = 0x43000000},
        {.has_addr = true, .addr = 0x41000001, .data_len = 4, .data = 0x12345678},
        {.has_addr = true, .addr = 0x41000005, .data_len = 3, .data = 0xabcdef, .data_be = true},
        {.has_addr = true, .addr = 0x41000008, .data_len = 8, .data = 0x1122334455667788},
        {.has_addr = true, .addr = 0x1000, .data_len = 1, .data = 0x99}, /* ROM */
    };

    config.items = items;
    config.item_count = ARRAY_SIZE(items);
    loads();
    holds(0x41000000, "\0\x78\x56\x34\x12\xab\xcd\xef\x88\x77\x66\x55\x44\x33\x22\x11\0", 17);
    holds(0x1000, "\x99\0", 2);
    ck_assert_uint_eq(result.entry, 0x43000000);
    loader_result_free(&result);
}
END_TEST

START_TEST(items_with_values_must_lie_in_memory_and_apart)
{
    struct loader_item items[2] = {
        {.file = write_file(1, "blob", "0123", 4), .has_addr = true, .addr = 0x43000000},
        {.has_addr = true, .addr = 0x43000003, .data_len = 2, .data = 0x1234},
    };

    config.items = items;
    config.item_count = 2;
    refused(false, "-device loader, data=0x1234", "overlaps the loader '");
    items[1].addr = 0x9000000;
    refused(false, "-device loader, data=0x1234", "needs memory at 0x9000000..0x9000001");
    items[1].addr = RAM; /* the device tree makes room */
    loads();
    holds(RAM, "\x34\x12", 2);
    ck_assert_uint_gt(result.dtb_base, RAM);
    loader_result_free(&result);
    config.items = &items[1]; /* nothing that could run, and no demo is asked for */
    config.item_count = 1;
    elf_make(&elf, 0x42000000, 0x42000000);
    config.builtin_name = "demo";
    config.builtin = &elf;
    config.builtin_size = sizeof(elf);
    refused(true, "nothing to run", "-kernel FILE");
}
END_TEST

START_TEST(items_say_where_the_cpu_starts_even_beside_a_kernel)
{
    struct loader_item items[] = {
        {.file = write_file(1, "blob", "0123", 4), .has_addr = true, .addr = 0x43000000},
        {.start = true, .has_addr = true, .addr = 0x40200010},
        {.has_addr = true, .addr = 0x41000000, .data_len = 1},
        {.start = true},
    };

    elf_make(&elf, 0x42000000, 0x42000000);
    items[3].file = write_file(0, "guest.elf", &elf, sizeof(elf));
    config.items = items;
    config.item_count = 3;
    loads();
    ck_assert_uint_eq(result.entry, 0x40200010);
    loader_result_free(&result);
    config.kernel = write_image(2, 10000, 0x100000);
    loads();
    ck_assert_uint_eq(result.entry, 0x40200010);
    ck_assert_uint_eq(result.x[0], result.dtb_base);
    loader_result_free(&result);
    config.item_count = 4; /* the last one counts */
    loads();
    ck_assert_uint_eq(result.entry, 0x42000000);
    loader_result_free(&result);
}
END_TEST

START_TEST(items_that_contradict_their_file_are_usage_errors)
{
    struct loader_item item = {0};

    elf_make(&elf, 0x42000000, 0x42000000);
    config.items = &item;
    config.item_count = 1;
    item.file = write_file(0, "guest.elf", &elf, sizeof(elf));
    item.has_addr = true;
    refused(true, "-device loader, file '", "leave addr= out");
    item.has_addr = false;
    item.file = write_file(1, "blob", "0123", 4);
    refused(true, "-device loader, file '", "addr= must say where it goes");
    item.file = "/nonexistent/blob";
    refused(false, "-device loader, file '/nonexistent/blob'", "No such file or directory");
}
END_TEST

START_TEST(firmware_goes_to_flash_and_the_tree_to_the_start_of_ram)
{
    config.bios = write_file(0, "bios", "firmware", 8);
    loads();
    holds(0, "firmware", 8);
    ck_assert_uint_eq(result.entry, 0);
    ck_assert_uint_eq(result.dtb_base, RAM);
    ck_assert_uint_eq(result.x[0], 0);
    loader_result_free(&result);
    config.bios = write_zeroes(1, "big", 64 * MIB + 1);
    refused(false, "-bios '", "holds 64 MiB");
}
END_TEST

START_TEST(the_built_in_program_runs_when_nothing_is_asked_for)
{
    elf_make(&elf, 0x40080000, 0x40080000);
    config.builtin_name = "demo";
    config.builtin = &elf;
    config.builtin_size = sizeof(elf);
    loads();
    ck_assert_uint_eq(result.entry, 0x40080000);
    holds(0x40080000, elf.text, 16);
    loader_result_free(&result);
}
END_TEST

START_TEST(senseless_combinations_are_usage_errors)
{
    refused(true, "nothing to run", "give -kernel FILE");
    config.initrd = "x";
    refused(true, "-initrd", "no -kernel");
    config.initrd = NULL;
    config.append = "x";
    refused(true, "-append", "no -kernel");
    config.append = NULL;
    config.kernel = "k";
    config.bios = "b";
    refused(true, "-bios 'b' with -kernel 'k'", "fw_cfg");
}
END_TEST

START_TEST(a_users_tree_is_checked_and_used)
{
    uint8_t blob[4096];
    size_t size;

    ck_assert_int_eq(fdt_create_empty_tree(blob, sizeof(blob)), 0);
    ck_assert_int_eq(fdt_pack(blob), 0);
    size = fdt_totalsize(blob);
    config.kernel = write_image(0, 10000, 0x100000);
    config.dtb = write_file(1, "tree.dtb", blob, size);
    loads();
    ck_assert_ptr_nonnull(seen_dtb);
    loader_result_free(&result);
    config.dtb = write_file(1, "tree.dtb", blob, size - 1);
    refused(false, "-dtb '", "is not a valid device tree blob: it is truncated");
    config.dtb = write_file(1, "tree.dtb", blob, 7);
    refused(false, "-dtb '", "truncated");
    config.dtb = write_file(1, "tree.dtb", "/dts-v1/; / { model = \"source, not a blob\"; };", 46);
    refused(false, "-dtb '", "magic number d00dfeed");
    config.dtb = write_zeroes(1, "tree.dtb", 3 * MIB);
    refused(false, "-dtb '", "is 3 MiB large; a device tree may have 2 MiB at most");
    config.dtb = "/nonexistent/tree.dtb";
    refused(false, "-dtb '/nonexistent/tree.dtb'", "No such file or directory");
}
END_TEST

START_TEST(the_tree_is_dumped)
{
    uint8_t dumped[4096];
    char path[2 * TEMP_PATH_MAX];
    FILE *file;

    config.kernel = write_image(0, 10000, 0x100000);
    config.dumpdtb = write_file(1, "dump.dtb", "", 0);
    loads();
    file = fopen(config.dumpdtb, "rb");
    ck_assert_uint_eq(fread(dumped, 1, sizeof(dumped), file), result.dtb_size);
    fclose(file);
    holds(result.dtb_base, dumped, result.dtb_size);
    loader_result_free(&result);
    snprintf(path, sizeof(path), "%s/no/such", folder);
    config.dumpdtb = path;
    refused(false, "-machine dumpdtb='", "cannot write the file: No such file or directory");
}
END_TEST

START_TEST(a_reload_restores_data_and_clears_bss)
{
    static const uint8_t zeroes[16];

    elf_make(&elf, 0x40100000, 0x40100000);
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    loads();
    memset(bus_ram_pointer(bus, 0x40100000, 32), 0xff, 32);
    ck_assert_msg(loader_reload(bus, &config, &result, &err), "%s", err.text);
    holds(0x40100000, elf.text, 16);
    holds(0x40100010, zeroes, 16);
    ck_assert_uint_eq(symbols_count(result.symbols), 2);
    elf.head.e_machine = EM_X86_64; /* rebuilt for something else meanwhile */
    write_file(0, "guest.elf", &elf, sizeof(elf));
    ck_assert(!loader_reload(bus, &config, &result, &err));
    assert_says(err.text, "x86-64");
    ck_assert_ptr_null(result.symbols);
}
END_TEST

START_TEST(places_are_told_in_the_log_and_in_the_table)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    struct log *log = log_new(file, false, LOG_MMU);

    elf_make(&elf, RAM, RAM);
    config.kernel = write_file(0, "guest.elf", &elf, sizeof(elf));
    config.log = log;
    loads();
    fflush(file);
    assert_says(text, "loader: device tree at 0x48000000..");
    assert_says(text, "loader: kernel segment 0 at 0x40000000..0x4000001f (32 bytes) from ");
    rewind(file);
    loader_print(&result, file);
    fflush(file);
    assert_says(text, "ELF, entry 0x40000000, X0 0x48000000 (the device tree), 2 symbols");
    loader_result_free(&result);
    log_free(log);
    fclose(file);
    free(text);
}
END_TEST

START_TEST(the_heap_is_the_largest_free_stretch)
{
    config.kernel = write_image(0, 10000, 0x100000);
    loads();
    ck_assert_uint_ge(result.heap_base, result.dtb_base + result.dtb_size);
    ck_assert_uint_eq(result.heap_end, RAM + RAM_SIZE);
    loader_result_free(&result);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader");
    TCase *cases = tcase_create("loader");
    SRunner *runner;
    int failed;

    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_linux_start_is_laid_out_as_on_qemu);
    tcase_add_test(cases, a_gzip_kernel_is_unpacked_into_place);
    tcase_add_test(cases, a_gzip_kernel_larger_than_memory_is_refused);
    tcase_add_test(cases, an_image_or_its_bss_larger_than_memory_is_refused);
    tcase_add_test(cases, an_initrd_moves_up_behind_a_large_kernel);
    tcase_add_test(cases, an_initrd_too_large_for_the_upper_half_goes_lower);
    tcase_add_test(cases, an_initrd_that_fits_nowhere_is_refused);
    tcase_add_test(cases, an_elf_gets_segments_bss_symbols_and_a_device_tree);
    tcase_add_test(cases, an_elf_at_the_start_of_ram_gets_its_tree_elsewhere);
    tcase_add_test(cases, an_elf_may_lie_in_rom);
    tcase_add_test(cases, an_elf_outside_memory_is_refused);
    tcase_add_test(cases, an_elf_without_a_usable_entry_is_refused);
    tcase_add_test(cases, overlapping_images_are_refused);
    tcase_add_test(cases, items_place_files_and_the_first_is_started);
    tcase_add_test(cases, items_store_values_in_either_byte_order);
    tcase_add_test(cases, items_with_values_must_lie_in_memory_and_apart);
    tcase_add_test(cases, items_say_where_the_cpu_starts_even_beside_a_kernel);
    tcase_add_test(cases, items_that_contradict_their_file_are_usage_errors);
    tcase_add_test(cases, firmware_goes_to_flash_and_the_tree_to_the_start_of_ram);
    tcase_add_test(cases, the_built_in_program_runs_when_nothing_is_asked_for);
    tcase_add_test(cases, senseless_combinations_are_usage_errors);
    tcase_add_test(cases, a_users_tree_is_checked_and_used);
    tcase_add_test(cases, the_tree_is_dumped);
    tcase_add_test(cases, a_reload_restores_data_and_clears_bss);
    tcase_add_test(cases, places_are_told_in_the_log_and_in_the_table);
    tcase_add_test(cases, the_heap_is_the_largest_free_stretch);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
