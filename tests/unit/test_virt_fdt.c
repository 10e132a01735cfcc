/* devices/virt_fdt.c: the board's device tree read back, and a user's tree fitted to the machine.
 */
#include <check.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "devices/virt.h"

static struct clock *host_clock;
static struct machine *machine;
static struct err err;
static void *blob;
static size_t size;
static bool no_pmu, gicv3;
static struct virt_topology topology;

static void machine_make(uint64_t ram_size, unsigned width, unsigned height)
{
    const struct virt_config config = {
        .ram_size = ram_size,
        .cpu_model = "max",
        .cpu_properties = {.no_pmu = no_pmu, .gicv3 = gicv3},
        .its = gicv3,
        .engine = ENGINE_INTERP,
        .topology = topology,
        .fb_width = width,
        .fb_height = height,
        .clock = host_clock,
    };

    machine_free(machine);
    machine = virt_new(&config, &err);
    ck_assert_msg(machine != NULL, "%s", err.text);
}

static void setup(void)
{
    host_clock = clock_new_stepped();
    machine_make(512 * MIB, 0, 0);
}

static void teardown(void)
{
    machine_free(machine);
    machine = NULL;
    clock_free(host_clock);
    free(blob);
    blob = NULL;
}

static void build(const struct boot_params *params)
{
    free(blob);
    blob = virt_fdt_build(machine, params, &size, &err);
    ck_assert_msg(blob != NULL, "%s", err.text);
    ck_assert_int_eq(fdt_check_full(blob, size), 0);
    ck_assert_uint_eq(fdt_totalsize(blob), size);
}

static int node_at(const char *path)
{
    int node = fdt_path_offset(blob, path);

    ck_assert_msg(node >= 0, "no node %s", path);
    return node;
}

static const void *prop(const char *path, const char *name, int *length)
{
    const void *value = fdt_getprop(blob, node_at(path), name, length);

    ck_assert_msg(value != NULL, "%s has no %s", path, name);
    return value;
}

/* The property is exactly these cells. */
static void check_cells(const char *path, const char *name, size_t count, const uint32_t *cells)
{
    int length;
    const fdt32_t *value = prop(path, name, &length);

    ck_assert_msg(length == (int)(4 * count), "%s/%s has %d bytes", path, name, length);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fdt32_to_cpu(value[i]) == cells[i], "%s/%s: cell %zu is 0x%x, not 0x%x", path,
                      name, i, fdt32_to_cpu(value[i]), cells[i]);
}

#define CELLS(path, name, ...)                                                                     \
    check_cells(path, name, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})),                         \
                (const uint32_t[]){__VA_ARGS__})

static void check_strings(const char *path, const char *name, const char *strings, int length)
{
    int have;
    const char *value = prop(path, name, &have);

    ck_assert_msg(have == length && !memcmp(value, strings, (size_t)length), "%s/%s differs", path,
                  name);
}

/* A string literal with inner NULs between the strings of a list. */
#define STRINGS(path, name, literal) check_strings(path, name, literal, sizeof(literal))

START_TEST(the_tree_tells_what_the_board_is)
{
    build(&(struct boot_params){0});
    uint32_t gic = fdt_get_phandle(blob, node_at("/intc@8000000"));
    uint32_t clk = fdt_get_phandle(blob, node_at("/apb-pclk"));

    ck_assert_uint_ne(gic, 0);
    ck_assert_uint_ne(clk, 0);
    STRINGS("/", "compatible", "linux,dummy-virt");
    CELLS("/", "#address-cells", 2);
    CELLS("/", "#size-cells", 2);
    CELLS("/", "interrupt-parent", gic);
    STRINGS("/psci", "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
    STRINGS("/psci", "method", "hvc");
    CELLS("/psci", "cpu_on", 0xc4000003);
    STRINGS("/memory@40000000", "device_type", "memory");
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x20000000);
    STRINGS("/timer", "compatible", "arm,armv8-timer\0arm,armv7-timer");
    CELLS("/timer", "interrupts", 1, 13, 0x104, 1, 14, 0x104, 1, 11, 0x104, 1, 10, 0x104);
    ck_assert_ptr_nonnull(fdt_getprop(blob, node_at("/timer"), "always-on", NULL));
    STRINGS("/pmu", "compatible", "arm,armv8-pmuv3");
    CELLS("/pmu", "interrupts", 1, 7, 0x104);
    STRINGS("/cpus/cpu@0", "compatible", "arm,armv8");
    STRINGS("/cpus/cpu@0", "enable-method", "psci");
    CELLS("/cpus/cpu@0", "reg", 0);
    CELLS("/cpus/cpu-map/socket0/cluster0/core0", "cpu",
          fdt_get_phandle(blob, node_at("/cpus/cpu@0")));
    CELLS("/apb-pclk", "clock-frequency", 24000000);
}
END_TEST

START_TEST(each_device_stands_where_guests_expect_it)
{
    build(&(struct boot_params){0});
    uint32_t clk = fdt_get_phandle(blob, node_at("/apb-pclk"));
    int length;

    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x8010000, 0, 0x10000);
    CELLS("/intc@8000000", "#interrupt-cells", 3);
    STRINGS("/pl011@9000000", "compatible", "arm,pl011\0arm,primecell");
    CELLS("/pl011@9000000", "interrupts", 0, 1, 4);
    CELLS("/pl011@9000000", "clocks", clk, clk);
    CELLS("/pl031@9010000", "interrupts", 0, 2, 4);
    CELLS("/pl031@9010000", "reg", 0, 0x9010000, 0, 0x1000);
    CELLS("/pl061@9030000", "interrupts", 0, 7, 4);
    CELLS("/gpio-keys/poweroff", "gpios", fdt_get_phandle(blob, node_at("/pl061@9030000")), 3, 0);
    CELLS("/gpio-keys/poweroff", "linux,code", 116);
    for (uint32_t i = 0; i < 32; i++) {
        char path[64];
        uint32_t base = 0xa000000 + i * 0x200;
        snprintf(path, sizeof(path), "/virtio_mmio@%x", base);
        STRINGS(path, "compatible", "virtio,mmio");
        CELLS(path, "reg", 0, base, 0, 0x200);
        CELLS(path, "interrupts", 0, 16 + i, 1);
    }
    prop("/chosen", "stdout-path", &length);
    ck_assert_int_ge(node_at(prop("/chosen", "stdout-path", &length)), 0);
    ck_assert_int_ge(node_at(prop("/aliases", "serial0", &length)), 0);
}
END_TEST

START_TEST(a_cpu_without_performance_monitors_has_no_node_for_them)
{
    no_pmu = true;
    machine_make(512 * MIB, 0, 0);
    no_pmu = false;
    build(&(struct boot_params){0});
    ck_assert_int_eq(fdt_path_offset(blob, "/pmu"), -FDT_ERR_NOTFOUND);
}
END_TEST

START_TEST(the_tree_tells_of_a_gicv3)
{
    gicv3 = true;
    machine_make(512 * MIB, 0, 0);
    gicv3 = false;
    build(&(struct boot_params){0});
    CELLS("/", "interrupt-parent", fdt_get_phandle(blob, node_at("/intc@8000000")));
    STRINGS("/intc@8000000", "compatible", "arm,gic-v3");
    CELLS("/intc@8000000", "reg", 0, 0x8000000, 0, 0x10000, 0, 0x80a0000, 0, 0xf60000);
    CELLS("/intc@8000000/its@8080000", "reg", 0, 0x8080000, 0, 0x20000);
    CELLS("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
    CELLS("/pmu", "interrupts", 1, 7, 4);
}
END_TEST

/* The CPU of this path of the map has this reg, and is turned on by PSCI. */
static void check_mapped(const char *path, uint32_t reg)
{
    char map[80], cpu[32];

    snprintf(map, sizeof(map), "/cpus/cpu-map/%s", path);
    snprintf(cpu, sizeof(cpu), "/cpus/cpu@%x", reg);
    CELLS(map, "cpu", fdt_get_phandle(blob, node_at(cpu)));
    CELLS(cpu, "reg", reg);
    STRINGS(cpu, "enable-method", "psci");
}

START_TEST(the_tree_tells_of_several_cpus)
{
    topology = (struct virt_topology){8, 1, 2, 2, 2};
    machine_make(512 * MIB, 0, 0);
    build(&(struct boot_params){0});
    check_mapped("socket0/cluster0/core0/thread0", 0);
    check_mapped("socket0/cluster0/core0/thread1", 1);
    check_mapped("socket0/cluster0/core1/thread0", 2);
    check_mapped("socket0/cluster1/core0/thread0", 4);
    check_mapped("socket0/cluster1/core1/thread1", 7);
    ck_assert_int_eq(fdt_path_offset(blob, "/cpus/cpu-map/socket0/cluster2"), -FDT_ERR_NOTFOUND);
    ck_assert_int_eq(fdt_path_offset(blob, "/cpus/cpu@8"), -FDT_ERR_NOTFOUND);
    CELLS("/timer", "interrupts", 1, 13, 0xff04, 1, 14, 0xff04, 1, 11, 0xff04, 1, 10, 0xff04);
    CELLS("/pmu", "interrupts", 1, 7, 0xff04);

    topology = (struct virt_topology){34, 2, 1, 17, 1};
    gicv3 = true;
    machine_make(512 * MIB, 0, 0);
    build(&(struct boot_params){0});
    check_mapped("socket0/cluster0/core15", 0xf);
    check_mapped("socket0/cluster0/core16", 0x100); /* a new cluster of MPIDR every 16 */
    check_mapped("socket1/cluster0/core0", 0x101);
    check_mapped("socket1/cluster0/core16", 0x201);
    CELLS("/pmu", "interrupts", 1, 7, 4);
    topology = (struct virt_topology){0};
    gicv3 = false;
}
END_TEST

START_TEST(what_the_machine_lacks_is_not_in_the_tree)
{
    static const char *const absent[] = {
        "/pcie@10000000",        "/fw-cfg@9020000",           "/flash@0",
        "/platform-bus@c000000", "/intc@8000000/v2m@8020000", "/chosen/framebuffer@b000000"};

    build(&(struct boot_params){0});
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
        ck_assert_msg(fdt_path_offset(blob, absent[i]) == -FDT_ERR_NOTFOUND, "%s", absent[i]);
    ck_assert_ptr_null(fdt_getprop(blob, node_at("/chosen"), "bootargs", NULL));
    ck_assert_ptr_null(fdt_getprop(blob, node_at("/chosen"), "linux,initrd-start", NULL));
}
END_TEST

START_TEST(boot_parameters_and_fresh_seeds_go_to_chosen)
{
    const struct boot_params params = {
        .bootargs = "console=ttyAMA0", .initrd_start = 0x48000000, .initrd_end = 0x148000000};
    uint8_t seeds[40];
    int length;

    build(&params);
    STRINGS("/chosen", "bootargs", "console=ttyAMA0");
    CELLS("/chosen", "linux,initrd-start", 0, 0x48000000);
    CELLS("/chosen", "linux,initrd-end", 1, 0x48000000);
    memcpy(seeds, prop("/chosen", "kaslr-seed", &length), 8);
    ck_assert_int_eq(length, 8);
    memcpy(seeds + 8, prop("/chosen", "rng-seed", &length), 32);
    ck_assert_int_eq(length, 32);
    build(&params);
    ck_assert_mem_ne(seeds, prop("/chosen", "kaslr-seed", &length), 8);
    ck_assert_mem_ne(seeds + 8, prop("/chosen", "rng-seed", &length), 32);
}
END_TEST

START_TEST(the_framebuffer_is_in_chosen_and_its_address_translates)
{
    machine_make(512 * MIB, 800, 600);
    build(&(struct boot_params){0});
    STRINGS("/chosen/framebuffer@b000000", "compatible", "simple-framebuffer");
    CELLS("/chosen/framebuffer@b000000", "width", 800);
    CELLS("/chosen/framebuffer@b000000", "height", 600);
    CELLS("/chosen/framebuffer@b000000", "stride", 3200);
    STRINGS("/chosen/framebuffer@b000000", "format", "a8r8g8b8");
    CELLS("/chosen", "#address-cells", 2);
    CELLS("/chosen", "#size-cells", 2);
    ck_assert_ptr_nonnull(fdt_getprop(blob, node_at("/chosen"), "ranges", NULL));
}
END_TEST

START_TEST(memory_above_4_gib_takes_two_cells)
{
    machine_make(255 * GIB, 0, 0);
    build(&(struct boot_params){0});
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0x3f, 0xc0000000);
}
END_TEST

/* A user's tree: two memories, one of them without a name of ours, arguments of its own. */
static void *user_tree(uint32_t cells)
{
    char *dtb = malloc(4096);

    ck_assert_int_eq(fdt_create_empty_tree(dtb, 4096), 0);
    fdt_setprop_u32(dtb, 0, "#address-cells", cells);
    fdt_setprop_u32(dtb, 0, "#size-cells", cells);
    fdt_setprop_string(dtb, fdt_add_subnode(dtb, 0, "memory"), "device_type", "memory");
    fdt_setprop_string(dtb, fdt_add_subnode(dtb, 0, "memory@80000000"), "device_type", "memory");
    fdt_setprop_string(dtb, fdt_add_subnode(dtb, 0, "chosen"), "bootargs", "quiet");
    fdt_setprop_string(dtb, fdt_add_subnode(dtb, 0, "soc"), "compatible", "simple-bus");
    fdt_pack(dtb);
    return dtb;
}

static void patch(const struct boot_params *params, uint32_t cells)
{
    void *dtb = user_tree(cells);

    free(blob);
    blob = virt_fdt_patch(machine, params, dtb, fdt_totalsize(dtb), &size, &err);
    ck_assert_msg(blob != NULL, "%s", err.text);
    ck_assert_int_eq(fdt_check_full(blob, size), 0);
    free(dtb);
}

START_TEST(a_users_tree_is_told_the_machines_memory_and_boot)
{
    char args[3000];
    int length;

    patch(&(struct boot_params){0}, 2);
    STRINGS("/chosen", "bootargs", "quiet");
    STRINGS("/soc", "compatible", "simple-bus");
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x20000000);
    ck_assert_int_eq(fdt_path_offset(blob, "/memory@80000000"), -FDT_ERR_NOTFOUND);
    prop("/chosen", "rng-seed", &length);
    memset(args, 'a', sizeof(args));
    args[sizeof(args) - 1] = 0;
    patch(&(struct boot_params){.bootargs = args,
                                .initrd_start = 0x44000000,
                                .initrd_end = 0x44001000},
          1);
    ck_assert_str_eq(prop("/chosen", "bootargs", &length), args);
    CELLS("/memory@40000000", "reg", 0x40000000, 0x20000000);
    CELLS("/chosen", "linux,initrd-end", 0, 0x44001000);
}
END_TEST

START_TEST(a_bare_tree_gets_the_nodes_it_lacks)
{
    char dtb[256];

    ck_assert_int_eq(fdt_create_empty_tree(dtb, sizeof(dtb)), 0);
    fdt_setprop_u32(dtb, 0, "#address-cells", 2);
    fdt_setprop_u32(dtb, 0, "#size-cells", 2);
    fdt_pack(dtb);
    blob = virt_fdt_patch(machine, &(struct boot_params){.bootargs = "x"}, dtb, sizeof(dtb), &size,
                          &err);
    ck_assert_msg(blob != NULL, "%s", err.text);
    STRINGS("/chosen", "bootargs", "x");
    CELLS("/memory@40000000", "reg", 0, 0x40000000, 0, 0x20000000);
}
END_TEST

START_TEST(what_is_no_tree_is_refused_with_a_reason)
{
    char junk[4096];
    char *dtb = user_tree(2);
    size_t whole = fdt_totalsize(dtb), out;
    const struct boot_params params = {0};

    memset(junk, 0xa5, sizeof(junk));
    ck_assert_ptr_null(virt_fdt_patch(machine, &params, junk, sizeof(junk), &out, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "device tree"));
    ck_assert_ptr_null(virt_fdt_patch(machine, &params, junk, 0, &out, &err));
    for (size_t cut = 0; cut < whole; cut += 7) /* truncated anywhere */
        ck_assert_ptr_null(virt_fdt_patch(machine, &params, dtb, cut, &out, &err));
    for (size_t i = 0; i < whole; i++) { /* damaged anywhere: refused or fitted, never a crash */
        char was = dtb[i];
        dtb[i] = (char)~was;
        free(virt_fdt_patch(machine, &params, dtb, whole, &out, &err));
        dtb[i] = was;
    }
    free(dtb);
    machine_make(8 * GIB, 0, 0);
    dtb = user_tree(1);
    ck_assert_ptr_null(virt_fdt_patch(machine, &params, dtb, fdt_totalsize(dtb), &out, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cells"));
    free(dtb);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("virt_fdt");
    TCase *tcase = tcase_create("virt_fdt");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_tree_tells_what_the_board_is);
    tcase_add_test(tcase, each_device_stands_where_guests_expect_it);
    tcase_add_test(tcase, a_cpu_without_performance_monitors_has_no_node_for_them);
    tcase_add_test(tcase, the_tree_tells_of_a_gicv3);
    tcase_add_test(tcase, the_tree_tells_of_several_cpus);
    tcase_add_test(tcase, what_the_machine_lacks_is_not_in_the_tree);
    tcase_add_test(tcase, boot_parameters_and_fresh_seeds_go_to_chosen);
    tcase_add_test(tcase, the_framebuffer_is_in_chosen_and_its_address_translates);
    tcase_add_test(tcase, memory_above_4_gib_takes_two_cells);
    tcase_add_test(tcase, a_users_tree_is_told_the_machines_memory_and_boot);
    tcase_add_test(tcase, a_bare_tree_gets_the_nodes_it_lacks);
    tcase_add_test(tcase, what_is_no_tree_is_refused_with_a_reason);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
