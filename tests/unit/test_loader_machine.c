/* loader/machine.c: the loader on a real board, with a guest of four instructions. */
#include "make_files.h"

#include <libfdt.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "cpu/cpu.h"
#include "devices/virt.h"
#include "loader/loader.h"

#define BASE 0x40100000ull

static struct clock *stepped;
static struct log *guest_log;
static FILE *null_stream;
static struct machine *machine;
static struct loader_machine loader;
static struct elf_file elf;
static struct err err;

static void setup(void)
{
    /* mov w0, #8; movk w0, #0x8400, lsl #16 (PSCI SYSTEM_OFF); hvc #0; b . */
    static const uint32_t program[4] = {0x52800100, 0x72b08000, 0xd4000002, 0x14000000};
    struct virt_config config = {.ram_size = 64 * MIB, .cpu_model = "max"};

    memset(&err, 0, sizeof(err));
    stepped = clock_new_stepped();
    null_stream = fopen("/dev/null", "w");
    guest_log = log_new(null_stream, false, 0);
    config.clock = stepped;
    config.log = guest_log;
    machine = virt_new(&config, &err);
    ck_assert_msg(machine != NULL, "%s", err.text);
    elf_make(&elf, BASE, BASE);
    memcpy(elf.text, program, sizeof(program));
    memset(&loader, 0, sizeof(loader));
    loader.config.builtin_name = "test";
    loader.config.builtin = &elf;
    loader.config.builtin_size = sizeof(elf);
    loader.config.log = guest_log;
    machine_set_loader(machine, loader_machine_load, &loader);
}

static void teardown(void)
{
    machine_free(machine);
    log_free(guest_log);
    loader_result_free(&loader.result);
    fclose(null_stream);
    clock_free(stepped);
}

static void reset(void)
{
    const struct cpu *cpu = machine_cpu(machine);

    ck_assert_msg(machine_reset(machine, &err), "%s", err.text);
    ck_assert_uint_eq(cpu->pc, BASE);
    ck_assert_uint_eq(cpu->x[0], 0x40000000);
    ck_assert_uint_eq(cpu->el, 1);
}

START_TEST(the_boards_tree_is_in_ram_and_tells_its_size)
{
    const void *blob;
    const uint32_t *reg;
    int node, length;

    reset();
    blob = bus_ram_pointer(machine_bus(machine), 0x40000000, loader.result.dtb_size);
    ck_assert_ptr_nonnull(blob);
    ck_assert_int_eq(fdt_check_full(blob, loader.result.dtb_size), 0);
    node = fdt_path_offset(blob, "/memory@40000000");
    ck_assert_int_ge(node, 0);
    reg = fdt_getprop(blob, node, "reg", &length);
    ck_assert_int_eq(length, 16);
    ck_assert_uint_eq(fdt32_to_cpu(reg[3]), 64 * MIB);
}
END_TEST

START_TEST(the_log_knows_the_symbols)
{
    uint64_t offset;

    ck_assert_ptr_null(log_symbol(guest_log, BASE, &offset));
    reset();
    ck_assert_str_eq(log_symbol(guest_log, BASE + 4, &offset), "start");
    ck_assert_uint_eq(offset, 4);
    reset(); /* with new symbols */
    ck_assert_str_eq(log_symbol(guest_log, BASE + 8, &offset), "loop");
}
END_TEST

START_TEST(a_guest_runs_again_after_a_reset_though_it_was_overwritten)
{
    for (unsigned run = 0; run < 3; run++) {
        reset();
        ck_assert_msg(machine_start(machine, &err), "%s", err.text);
        ck_assert_int_eq(machine_join(machine), MACHINE_POWER_OFF);
        machine_stop(machine);
        memset(bus_ram_pointer(machine_bus(machine), BASE, 32), 0xff, 32);
        bus_written(machine_bus(machine), BASE, 32);
    }
}
END_TEST

START_TEST(a_failed_reset_can_be_tried_again)
{
    uint64_t offset;

    reset();
    elf.head.e_machine = EM_X86_64;
    ck_assert(!machine_reset(machine, &err));
    assert_says(err.text, "the built-in program 'test': is an ELF file for x86-64");
    ck_assert_ptr_null(log_symbol(guest_log, BASE, &offset));
    elf.head.e_machine = EM_AARCH64;
    reset();
    ck_assert_str_eq(log_symbol(guest_log, BASE, &offset), "start");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader_machine");
    TCase *cases = tcase_create("loader_machine");
    SRunner *runner;
    int failed;

    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, the_boards_tree_is_in_ram_and_tells_its_size);
    tcase_add_test(cases, the_log_knows_the_symbols);
    tcase_add_test(cases, a_guest_runs_again_after_a_reset_though_it_was_overwritten);
    tcase_add_test(cases, a_failed_reset_can_be_tried_again);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
