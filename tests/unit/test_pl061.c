/* devices/pl061.c against DDI 0190B. */
#include "fakes.h"

#include <libfdt.h>

#include "base/clock.h"
#include "base/err.h"
#include "devices/fdt.h"
#include "devices/pl061.h"
#include "devices/slot.h"

enum {
    DATA = 0x3fc, /* all eight pins */
    DIR = 0x400,
    IS = 0x404,
    IBE = 0x408,
    IEV = 0x40c,
    IE = 0x410,
    RIS = 0x414,
    MIS = 0x418,
    IC = 0x41c,
    AFSEL = 0x420,
};

static struct device *gpio;
static struct fake_irq irq;
static struct clock *the_clock;

static void setup(void)
{
    irq = (struct fake_irq){0};
    the_clock = clock_new_stepped();
    gpio = pl061_new(NULL, the_clock, fake_irq_line(&irq, 0));
    ck_assert_ptr_nonnull(gpio);
}

static void teardown(void)
{
    gpio->ops->destroy(gpio);
    clock_free(the_clock);
}

START_TEST(reset_values_are_those_of_the_manual)
{
    for (unsigned offset = DIR; offset <= AFSEL; offset += 4)
        ck_assert_msg(offset == IC || reg(gpio, offset) == 0, "offset 0x%x", offset);
    ck_assert_uint_eq(reg(gpio, DATA), 0);
    ck_assert(!irq.level);
}
END_TEST

START_TEST(registers_keep_eight_bits)
{
    static const unsigned offsets[] = {DIR, IS, IBE, IEV, IE, AFSEL};
    for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        set_reg(gpio, offsets[i], 0xffffff5a);
        ck_assert_uint_eq(reg(gpio, offsets[i]), 0x5a);
    }
}
END_TEST

START_TEST(address_bits_mask_the_data_pins)
{
    set_reg(gpio, DIR, 0xff);
    set_reg(gpio, DATA, 0xa5);
    ck_assert_uint_eq(reg(gpio, DATA), 0xa5);
    set_reg(gpio, 0x0f << 2, 0xff);
    ck_assert_uint_eq(reg(gpio, DATA), 0xaf);
    set_reg(gpio, 0, 0x00); /* no pin */
    ck_assert_uint_eq(reg(gpio, DATA), 0xaf);
    ck_assert_uint_eq(reg(gpio, 0xf0 << 2), 0xa0);
    ck_assert_uint_eq(reg(gpio, 0), 0);
}
END_TEST

START_TEST(inputs_read_the_pin_and_ignore_writes)
{
    set_reg(gpio, DIR, 0x0f);
    pl061_set_input(gpio, 7, true);
    pl061_set_input(gpio, 0, true); /* an output: its own level is read */
    set_reg(gpio, DATA, 0x72);
    ck_assert_uint_eq(reg(gpio, DATA), 0x82);
    pl061_set_input(gpio, 8, true); /* no such pin */
    set_reg(gpio, DIR, 0);
    ck_assert_uint_eq(reg(gpio, DATA), 0x81);
}
END_TEST

START_TEST(a_rising_edge_is_latched_until_cleared)
{
    set_reg(gpio, IEV, 1 << 3);
    set_reg(gpio, IE, 1 << 3);
    pl061_set_input(gpio, 3, true);
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(gpio, MIS), 8);
    pl061_set_input(gpio, 3, false);
    ck_assert(irq.level);
    set_reg(gpio, IC, 8);
    ck_assert(!irq.level);
    ck_assert_uint_eq(reg(gpio, RIS), 0);
    pl061_set_input(gpio, 3, false); /* no change, no edge */
    ck_assert_uint_eq(reg(gpio, RIS), 0);
}
END_TEST

START_TEST(a_falling_edge_is_what_iev_0_asks_for)
{
    set_reg(gpio, IE, 1);
    pl061_set_input(gpio, 0, true);
    ck_assert(!irq.level);
    pl061_set_input(gpio, 0, false);
    ck_assert(irq.level);
}
END_TEST

START_TEST(both_edges_interrupt_with_ibe)
{
    set_reg(gpio, IE, 4);
    set_reg(gpio, IBE, 4);
    for (unsigned i = 0; i < 2; i++) {
        pl061_set_input(gpio, 2, i == 0);
        ck_assert(irq.level);
        set_reg(gpio, IC, 4);
        ck_assert(!irq.level);
    }
}
END_TEST

START_TEST(a_level_interrupt_follows_the_pin_and_cannot_be_cleared)
{
    set_reg(gpio, IS, 0x10);
    set_reg(gpio, IEV, 0x10);
    set_reg(gpio, IE, 0x10);
    ck_assert(!irq.level);
    pl061_set_input(gpio, 4, true);
    ck_assert(irq.level);
    set_reg(gpio, IC, 0x10);
    ck_assert(irq.level);
    pl061_set_input(gpio, 4, false);
    ck_assert(!irq.level);
    set_reg(gpio, IEV, 0); /* low level */
    ck_assert(irq.level);
}
END_TEST

START_TEST(masked_interrupts_keep_the_line_low)
{
    set_reg(gpio, IEV, 0xff);
    pl061_set_input(gpio, 5, true);
    ck_assert_uint_eq(reg(gpio, RIS), 0x20);
    ck_assert_uint_eq(reg(gpio, MIS), 0);
    ck_assert(!irq.level);
    set_reg(gpio, IE, 0x20);
    ck_assert(irq.level);
}
END_TEST

START_TEST(the_power_key_is_pressed_and_released)
{
    set_reg(gpio, IBE, 8);
    set_reg(gpio, IE, 8);
    pl061_press_power_key(gpio);
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(gpio, DATA), 8);
    set_reg(gpio, IC, 8);
    clock_step(the_clock, 99999999);
    ck_assert_uint_eq(reg(gpio, DATA), 8);
    ck_assert(!irq.level);
    clock_step(the_clock, 1);
    ck_assert_uint_eq(reg(gpio, DATA), 0);
    ck_assert(irq.level);
}
END_TEST

START_TEST(pressing_again_holds_the_power_key_longer)
{
    pl061_press_power_key(gpio);
    clock_step(the_clock, 60000000);
    pl061_press_power_key(gpio);
    clock_step(the_clock, 60000000);
    ck_assert_uint_eq(reg(gpio, DATA), 8);
    clock_step(the_clock, 60000000);
    ck_assert_uint_eq(reg(gpio, DATA), 0);
}
END_TEST

START_TEST(identification_is_an_arm_pl061)
{
    static const uint8_t expected[] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(reg(gpio, 0xfe0 + 4 * i), expected[i]);
}
END_TEST

START_TEST(reset_keeps_only_the_pins)
{
    set_reg(gpio, IEV, 0xff);
    set_reg(gpio, IE, 0xff);
    pl061_set_input(gpio, 1, true);
    device_reset(gpio);
    ck_assert(!irq.level);
    ck_assert_uint_eq(reg(gpio, IE), 0);
    ck_assert_uint_eq(reg(gpio, RIS), 0);
    ck_assert_uint_eq(reg(gpio, DATA), 2);
}
END_TEST

START_TEST(garbage_in_every_register_does_no_harm)
{
    for (unsigned round = 0; round < 50; round++) {
        write_garbage(gpio, gpio->ops, 2000);
        pl061_set_input(gpio, round % 8, round & 1);
        pl061_press_power_key(gpio);
        clock_step(the_clock, 200000000);
    }
    set_reg(gpio, DIR, 0xff);
    set_reg(gpio, DATA, 0x3c);
    ck_assert_uint_eq(reg(gpio, DATA), 0x3c);
}
END_TEST

START_TEST(the_device_tree_has_the_controller_and_the_power_key)
{
    struct err err;
    struct fdt *fdt = fdt_new();
    struct slot slot = {.base = 0x9030000, .size = 0x1000, .spi = 7, .clock = 9};
    fdt_node_begin(fdt, "");
    gpio->ops->describe(gpio, fdt, &slot);
    fdt_node_end(fdt);
    size_t size;
    void *blob = fdt_take(fdt, &size, &err);
    fdt_free(fdt);
    ck_assert_ptr_nonnull(blob);
    int node = fdt_path_offset(blob, "/pl061@9030000");
    ck_assert_int_ge(node, 0);
    ck_assert_mem_eq(fdt_getprop(blob, node, "interrupts", NULL), "\0\0\0\0\0\0\0\7\0\0\0\4", 12);
    ck_assert_ptr_nonnull(fdt_getprop(blob, node, "gpio-controller", NULL));
    int key = fdt_path_offset(blob, "/gpio-keys/poweroff"), length;
    ck_assert_int_ge(key, 0);
    ck_assert_mem_eq(fdt_getprop(blob, key, "linux,code", NULL), "\0\0\0\x74", 4);
    const fdt32_t *gpios = fdt_getprop(blob, key, "gpios", &length);
    ck_assert_int_eq(length, 12);
    ck_assert_uint_eq(fdt32_to_cpu(gpios[0]), fdt_get_phandle(blob, node));
    ck_assert_uint_eq(fdt32_to_cpu(gpios[1]), 3);
    ck_assert_uint_eq(fdt32_to_cpu(gpios[2]), 0);
    free(blob);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pl061");
    TCase *tcase = tcase_create("pl061");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, reset_values_are_those_of_the_manual);
    tcase_add_test(tcase, registers_keep_eight_bits);
    tcase_add_test(tcase, address_bits_mask_the_data_pins);
    tcase_add_test(tcase, inputs_read_the_pin_and_ignore_writes);
    tcase_add_test(tcase, a_rising_edge_is_latched_until_cleared);
    tcase_add_test(tcase, a_falling_edge_is_what_iev_0_asks_for);
    tcase_add_test(tcase, both_edges_interrupt_with_ibe);
    tcase_add_test(tcase, a_level_interrupt_follows_the_pin_and_cannot_be_cleared);
    tcase_add_test(tcase, masked_interrupts_keep_the_line_low);
    tcase_add_test(tcase, the_power_key_is_pressed_and_released);
    tcase_add_test(tcase, pressing_again_holds_the_power_key_longer);
    tcase_add_test(tcase, identification_is_an_arm_pl061);
    tcase_add_test(tcase, reset_keeps_only_the_pins);
    tcase_add_test(tcase, garbage_in_every_register_does_no_harm);
    tcase_add_test(tcase, the_device_tree_has_the_controller_and_the_power_key);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
