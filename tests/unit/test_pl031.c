/* devices/pl031.c against DDI 0224C. */
#include "fakes.h"

#include <libfdt.h>

#include "base/clock.h"
#include "base/err.h"
#include "devices/fdt.h"
#include "devices/pl031.h"
#include "devices/slot.h"

enum { DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

#define SECOND 1000000000ull
#define BASE   1700000000

static struct device *rtc;
static struct fake_irq irq;
static struct clock *the_clock;

static void setup(void)
{
    irq = (struct fake_irq){0};
    the_clock = clock_new_stepped();
    rtc = pl031_new(NULL, the_clock, fake_irq_line(&irq, 0), BASE);
    ck_assert_ptr_nonnull(rtc);
}

static void teardown(void)
{
    rtc->ops->destroy(rtc);
    clock_free(the_clock);
}

START_TEST(the_counter_starts_at_the_base_and_counts_seconds)
{
    ck_assert_uint_eq(reg(rtc, DR), BASE);
    ck_assert_uint_eq(reg(rtc, CR), 1);
    clock_step(the_clock, SECOND - 1);
    ck_assert_uint_eq(reg(rtc, DR), BASE);
    clock_step(the_clock, 1);
    ck_assert_uint_eq(reg(rtc, DR), BASE + 1);
    clock_step(the_clock, 86400 * SECOND);
    ck_assert_uint_eq(reg(rtc, DR), BASE + 86401);
    set_reg(rtc, CR, 0); /* cannot be stopped */
    ck_assert_uint_eq(reg(rtc, CR), 1);
}
END_TEST

START_TEST(loading_sets_the_time_and_a_reset_keeps_it)
{
    clock_step(the_clock, 5 * SECOND);
    set_reg(rtc, LR, 1000);
    ck_assert_uint_eq(reg(rtc, LR), 1000);
    ck_assert_uint_eq(reg(rtc, DR), 1000);
    clock_step(the_clock, 7 * SECOND);
    device_reset(rtc);
    ck_assert_uint_eq(reg(rtc, DR), 1007);
}
END_TEST

START_TEST(the_match_interrupt_comes_on_time_and_is_cleared)
{
    set_reg(rtc, IMSC, 1);
    set_reg(rtc, MR, BASE + 10);
    ck_assert_uint_eq(reg(rtc, MR), BASE + 10);
    clock_step(the_clock, 10 * SECOND - 1);
    ck_assert(!irq.level);
    clock_step(the_clock, 1);
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(rtc, RIS), 1);
    ck_assert_uint_eq(reg(rtc, MIS), 1);
    set_reg(rtc, ICR, 0);
    ck_assert(irq.level);
    set_reg(rtc, ICR, 1);
    ck_assert(!irq.level);
    ck_assert_uint_eq(reg(rtc, RIS), 0);
}
END_TEST

START_TEST(a_masked_match_keeps_the_line_low)
{
    set_reg(rtc, MR, BASE + 1);
    clock_step(the_clock, SECOND);
    ck_assert_uint_eq(reg(rtc, RIS), 1);
    ck_assert_uint_eq(reg(rtc, MIS), 0);
    ck_assert(!irq.level);
    set_reg(rtc, IMSC, 1);
    ck_assert(irq.level);
    set_reg(rtc, IMSC, 0);
    ck_assert(!irq.level);
}
END_TEST

START_TEST(a_match_with_the_present_second_is_raised_at_once)
{
    set_reg(rtc, IMSC, 1);
    set_reg(rtc, MR, BASE);
    ck_assert(irq.level);
}
END_TEST

START_TEST(a_match_that_was_moved_comes_only_at_the_new_time)
{
    set_reg(rtc, IMSC, 1);
    set_reg(rtc, MR, BASE + 10);
    set_reg(rtc, MR, BASE + 20);
    clock_step(the_clock, 19 * SECOND);
    ck_assert(!irq.level);
    clock_step(the_clock, SECOND);
    ck_assert(irq.level);
    ck_assert_uint_eq(irq.rises, 1);
}
END_TEST

START_TEST(setting_the_time_moves_a_waiting_match)
{
    set_reg(rtc, IMSC, 1);
    set_reg(rtc, MR, 500);
    set_reg(rtc, LR, 490);
    clock_step(the_clock, 9 * SECOND);
    ck_assert(!irq.level);
    clock_step(the_clock, SECOND);
    ck_assert(irq.level);
}
END_TEST

START_TEST(a_match_across_the_wrap_of_the_counter_comes)
{
    set_reg(rtc, IMSC, 1);
    set_reg(rtc, LR, 0xfffffffe);
    set_reg(rtc, MR, 1);
    clock_step(the_clock, 2 * SECOND);
    ck_assert_uint_eq(reg(rtc, DR), 0);
    ck_assert(!irq.level);
    clock_step(the_clock, SECOND);
    ck_assert(irq.level);
}
END_TEST

START_TEST(reset_forgets_the_alarm)
{
    set_reg(rtc, IMSC, 1);
    set_reg(rtc, MR, BASE + 1);
    device_reset(rtc);
    clock_step(the_clock, 5 * SECOND);
    ck_assert_uint_eq(reg(rtc, RIS), 0);
    ck_assert_uint_eq(reg(rtc, IMSC), 0);
    ck_assert(!irq.level);
}
END_TEST

START_TEST(identification_is_an_arm_pl031)
{
    static const uint8_t expected[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(reg(rtc, 0xfe0 + 4 * i), expected[i]);
}
END_TEST

START_TEST(narrow_accesses_read_bytes_and_do_not_set_the_time)
{
    set_reg(rtc, LR, 0x11223344);
    ck_assert_uint_eq(fake_bus_read(rtc, rtc->ops, LR + 1, 1), 0x33);
    ck_assert_uint_eq(fake_bus_read(rtc, rtc->ops, LR + 2, 2), 0x1122);
    fake_bus_write(rtc, rtc->ops, LR, 1, 0xff);
    ck_assert_uint_eq(reg(rtc, LR), 0x11223344);
}
END_TEST

START_TEST(garbage_in_every_register_does_no_harm)
{
    for (unsigned round = 0; round < 50; round++) {
        write_garbage(rtc, rtc->ops, 2000);
        for (unsigned offset = 0; offset < 0x20; offset += 4)
            set_reg(rtc, offset, 0xffffffff >> (round % 32));
        clock_step(the_clock, round * SECOND);
    }
    set_reg(rtc, LR, 5);
    ck_assert_uint_eq(reg(rtc, DR), 5);
}
END_TEST

START_TEST(the_device_tree_node_is_that_of_qemu_virt)
{
    struct err err;
    struct fdt *fdt = fdt_new();
    struct slot slot = {.base = 0x9010000, .size = 0x1000, .spi = 2, .clock = 9};
    fdt_node_begin(fdt, "");
    rtc->ops->describe(rtc, fdt, &slot);
    fdt_node_end(fdt);
    size_t size;
    void *blob = fdt_take(fdt, &size, &err);
    fdt_free(fdt);
    ck_assert_ptr_nonnull(blob);
    int node = fdt_path_offset(blob, "/pl031@9010000");
    ck_assert_int_ge(node, 0);
    ck_assert_mem_eq(fdt_getprop(blob, node, "interrupts", NULL), "\0\0\0\0\0\0\0\2\0\0\0\4", 12);
    ck_assert_str_eq(fdt_getprop(blob, node, "clock-names", NULL), "apb_pclk");
    ck_assert_int_eq(fdt_node_check_compatible(blob, node, "arm,pl031"), 0);
    free(blob);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pl031");
    TCase *tcase = tcase_create("pl031");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_counter_starts_at_the_base_and_counts_seconds);
    tcase_add_test(tcase, loading_sets_the_time_and_a_reset_keeps_it);
    tcase_add_test(tcase, the_match_interrupt_comes_on_time_and_is_cleared);
    tcase_add_test(tcase, a_masked_match_keeps_the_line_low);
    tcase_add_test(tcase, a_match_with_the_present_second_is_raised_at_once);
    tcase_add_test(tcase, a_match_that_was_moved_comes_only_at_the_new_time);
    tcase_add_test(tcase, setting_the_time_moves_a_waiting_match);
    tcase_add_test(tcase, a_match_across_the_wrap_of_the_counter_comes);
    tcase_add_test(tcase, reset_forgets_the_alarm);
    tcase_add_test(tcase, identification_is_an_arm_pl031);
    tcase_add_test(tcase, narrow_accesses_read_bytes_and_do_not_set_the_time);
    tcase_add_test(tcase, garbage_in_every_register_does_no_harm);
    tcase_add_test(tcase, the_device_tree_node_is_that_of_qemu_virt);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
