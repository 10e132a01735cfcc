/* devices/virtio_mmio.c: an empty slot, as VIRTIO 1.2 section 4.2 has it. */
#include "fakes.h"

#include <libfdt.h>

#include "base/err.h"
#include "devices/fdt.h"
#include "devices/slot.h"
#include "devices/virtio_mmio.h"

static struct device *slot;

static void setup(void)
{
    slot = virtio_mmio_new(NULL);
    ck_assert_ptr_nonnull(slot);
}

static void teardown(void)
{
    slot->ops->destroy(slot);
}

START_TEST(a_probe_finds_a_legacy_transport_without_a_device)
{
    ck_assert_uint_eq(slot->ops->size, 0x200);
    ck_assert_uint_eq(reg(slot, 0x000), 0x74726976);
    ck_assert_uint_eq(reg(slot, 0x004), 1);
    ck_assert_uint_eq(reg(slot, 0x008), 0);
    ck_assert_uint_eq(reg(slot, 0x00c), 0x554d4551);
}
END_TEST

START_TEST(everything_else_reads_as_zero_whatever_was_written)
{
    write_garbage(slot, slot->ops, 20000);
    for (unsigned offset = 0x10; offset < 0x200; offset += 4) {
        set_reg(slot, offset, 0xffffffff);
        ck_assert_uint_eq(reg(slot, offset), 0);
    }
    device_reset(slot);
    ck_assert_uint_eq(reg(slot, 0x000), 0x74726976);
}
END_TEST

START_TEST(control_registers_answer_words_only)
{
    ck_assert_uint_eq(fake_bus_read(slot, slot->ops, 0, 1), 0);
    ck_assert_uint_eq(fake_bus_read(slot, slot->ops, 0, 2), 0);
}
END_TEST

START_TEST(the_device_tree_node_is_that_of_qemu_virt)
{
    struct err err;
    struct fdt *fdt = fdt_new();
    struct slot place = {.base = 0xa000200, .size = VIRTIO_MMIO_SIZE, .spi = 17};
    fdt_node_begin(fdt, "");
    slot->ops->describe(slot, fdt, &place);
    fdt_node_end(fdt);
    size_t size;
    void *blob = fdt_take(fdt, &size, &err);
    fdt_free(fdt);
    ck_assert_ptr_nonnull(blob);
    int node = fdt_path_offset(blob, "/virtio_mmio@a000200");
    ck_assert_int_ge(node, 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node, "virtio,mmio"), 0);
    ck_assert_mem_eq(fdt_getprop(blob, node, "interrupts", NULL), "\0\0\0\0\0\0\0\x11\0\0\0\1", 12);
    ck_assert_ptr_nonnull(fdt_getprop(blob, node, "dma-coherent", NULL));
    free(blob);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("virtio_mmio");
    TCase *tcase = tcase_create("empty slot");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_probe_finds_a_legacy_transport_without_a_device);
    tcase_add_test(tcase, everything_else_reads_as_zero_whatever_was_written);
    tcase_add_test(tcase, control_registers_answer_words_only);
    tcase_add_test(tcase, the_device_tree_node_is_that_of_qemu_virt);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
