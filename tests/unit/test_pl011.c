/* devices/pl011.c against DDI 0183G. */
#include "fakes.h"

#include <libfdt.h>
#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "base/err.h"
#include "devices/fdt.h"
#include "devices/pl011.h"
#include "devices/slot.h"

enum {
    DR = 0x00,
    RSR = 0x04,
    FR = 0x18,
    ILPR = 0x20,
    IBRD = 0x24,
    FBRD = 0x28,
    LCR_H = 0x2c,
    CR = 0x30,
    IFLS = 0x34,
    IMSC = 0x38,
    RIS = 0x3c,
    MIS = 0x40,
    ICR = 0x44,
    DMACR = 0x48,
};
enum {
    CTS = 1,
    DSR = 2,
    DCD = 4,
    BUSY = 8,
    RXFE = 0x10,
    TXFF = 0x20,
    RXFF = 0x40,
    TXFE = 0x80,
    RI = 0x100,
};
enum {
    INT_MODEM = 0xf,
    INT_RX = 0x10,
    INT_TX = 0x20,
    INT_RT = 0x40,
    INT_BE = 0x200,
    INT_OE = 0x400
};
enum { CR_ON = 0x301, CR_LBE = 0x80, FEN = 0x10, WLEN8 = 0x60 };

static struct device *uart;
static struct fake_chardev *chardev;
static struct fake_irq irq;
static struct clock *the_clock;

static void setup(void)
{
    irq = (struct fake_irq){0};
    the_clock = clock_new_stepped();
    chardev = fake_chardev_new();
    uart = pl011_new(NULL, the_clock, fake_irq_line(&irq, 0), &chardev->chardev);
    ck_assert_ptr_nonnull(uart);
}

static void teardown(void)
{
    uart->ops->destroy(uart);
    ck_assert_ptr_null(chardev->client);
    free(chardev);
    clock_free(the_clock);
}

/* 115200 8n1 with FIFOs, as Linux programs it. */
static void setup_on(void)
{
    setup();
    set_reg(uart, IBRD, 13);
    set_reg(uart, FBRD, 1);
    set_reg(uart, LCR_H, FEN | WLEN8);
    set_reg(uart, CR, CR_ON);
}

START_TEST(reset_values_are_those_of_the_manual)
{
    ck_assert_uint_eq(reg(uart, FR), RXFE | TXFE | CTS | DSR | DCD);
    ck_assert_uint_eq(reg(uart, RSR), 0);
    ck_assert_uint_eq(reg(uart, CR), 0x300);
    ck_assert_uint_eq(reg(uart, IFLS), 0x12);
    ck_assert_uint_eq(reg(uart, LCR_H), 0);
    ck_assert_uint_eq(reg(uart, IMSC), 0);
    ck_assert_uint_eq(reg(uart, RIS), 0);
    ck_assert(!irq.level);
}
END_TEST

START_TEST(identification_is_an_arm_pl011)
{
    static const uint8_t expected[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(reg(uart, 0xfe0 + 4 * i), expected[i]);
}
END_TEST

START_TEST(registers_keep_only_their_defined_bits)
{
    static const struct {
        unsigned offset;
        uint32_t mask;
    } rows[] = {{ILPR, 0xff}, {IBRD, 0xffff}, {FBRD, 0x3f}, {LCR_H, 0xff},
                {IFLS, 0x3f}, {IMSC, 0x7ff},  {DMACR, 7},   {CR, 0xff87}};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        set_reg(uart, rows[i].offset, 0xffffffff);
        ck_assert_msg(reg(uart, rows[i].offset) == rows[i].mask, "offset 0x%x", rows[i].offset);
    }
}
END_TEST

START_TEST(output_reaches_the_back_end_at_once_even_without_setup)
{
    for (const char *c = "hello"; *c; c++)
        set_reg(uart, DR, (uint8_t)*c);
    fake_bus_write(uart, uart->ops, DR, 1, '!');
    ck_assert_str_eq(chardev->sent, "hello!");
    ck_assert(reg(uart, FR) & TXFE);
    ck_assert(!(reg(uart, FR) & (BUSY | TXFF)));
}
END_TEST

START_TEST(tx_interrupt_rises_when_data_left_and_icr_clears_it)
{
    set_reg(uart, IMSC, INT_TX);
    ck_assert(!irq.level); /* by transition, not by level: nothing was sent yet */
    set_reg(uart, DR, 'a');
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(uart, MIS), INT_TX);
    set_reg(uart, ICR, INT_TX);
    ck_assert(!irq.level);
    set_reg(uart, IMSC, 0);
    set_reg(uart, DR, 'b');
    ck_assert_uint_eq(reg(uart, RIS), INT_TX);
    ck_assert_uint_eq(reg(uart, MIS), 0);
    ck_assert(!irq.level);
}
END_TEST

START_TEST(a_full_back_end_shows_txff_and_gets_the_rest_later)
{
    chardev->room = 2;
    for (unsigned i = 0; i < 2 + 16; i++) {
        ck_assert(!(reg(uart, FR) & TXFF));
        set_reg(uart, DR, 'a' + i);
    }
    ck_assert_uint_eq(reg(uart, FR) & (TXFF | BUSY | TXFE), TXFF | BUSY);
    set_reg(uart, DR, '?'); /* lost, as on the chip */
    ck_assert_str_eq(chardev->sent, "ab");
    set_reg(uart, ICR, INT_TX);
    set_reg(uart, IMSC, INT_TX);
    chardev->room = 4;
    clock_step(the_clock, 10000000);
    ck_assert_str_eq(chardev->sent, "abcdef");
    ck_assert(!irq.level); /* 12 left, trigger level 8 */
    chardev->room = SIZE_MAX;
    clock_step(the_clock, 10000000);
    ck_assert_str_eq(chardev->sent, "abcdefghijklmnopqr");
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(uart, FR) & (TXFF | BUSY | TXFE), TXFE);
}
END_TEST

START_TEST(polling_the_flags_retries_a_full_back_end)
{
    chardev->room = 0;
    set_reg(uart, DR, 'x');
    ck_assert(reg(uart, FR) & BUSY);
    chardev->room = 1;
    ck_assert(reg(uart, FR) & TXFE);
    ck_assert_str_eq(chardev->sent, "x");
}
END_TEST

START_TEST(filling_the_tx_fifo_above_its_level_lowers_the_interrupt)
{
    set_reg(uart, IMSC, INT_TX);
    set_reg(uart, DR, 'a');
    ck_assert(irq.level);
    chardev->room = 0;
    for (unsigned i = 0; i < 8; i++)
        set_reg(uart, DR, 'b');
    ck_assert(irq.level);
    set_reg(uart, DR, 'c');
    ck_assert(!irq.level);
}
END_TEST

START_TEST(input_is_read_in_order_with_flags_following)
{
    ck_assert_uint_eq(fake_chardev_type(chardev, "abc"), 3);
    ck_assert(!(reg(uart, FR) & RXFE));
    ck_assert_uint_eq(reg(uart, DR), 'a');
    ck_assert_uint_eq(fake_bus_read(uart, uart->ops, DR, 1), 'b');
    ck_assert_uint_eq(fake_bus_read(uart, uart->ops, DR, 2), 'c');
    ck_assert(reg(uart, FR) & RXFE);
    reg(uart, DR); /* empty: harmless */
    ck_assert(reg(uart, FR) & RXFE);
}
END_TEST

START_TEST(rx_interrupt_follows_every_trigger_level)
{
    static const unsigned levels[] = {2, 4, 8, 12, 14};
    set_reg(uart, IMSC, INT_RX);
    for (unsigned i = 0; i < 5; i++) {
        set_reg(uart, IFLS, i << 3);
        for (unsigned n = 1; n <= levels[i]; n++) {
            ck_assert(!irq.level);
            fake_chardev_type(chardev, "x");
        }
        ck_assert(irq.level);
        reg(uart, DR);
        ck_assert(!irq.level);
        while (!(reg(uart, FR) & RXFE))
            reg(uart, DR);
    }
}
END_TEST

START_TEST(pl011_masked_rx_keeps_line_low)
{
    fake_chardev_type(chardev, "0123456789");
    ck_assert_uint_eq(reg(uart, RIS) & INT_RX, INT_RX);
    ck_assert_uint_eq(reg(uart, MIS), 0);
    ck_assert(!irq.level);
    set_reg(uart, IMSC, INT_RX);
    ck_assert(irq.level);
}
END_TEST

START_TEST(clearing_rx_by_icr_holds_until_the_next_character)
{
    set_reg(uart, IMSC, INT_RX);
    fake_chardev_type(chardev, "0123456789");
    set_reg(uart, ICR, INT_RX);
    ck_assert(!irq.level);
    fake_chardev_type(chardev, "a");
    ck_assert(irq.level);
}
END_TEST

START_TEST(receive_timeout_reports_input_below_the_level)
{
    set_reg(uart, IMSC, INT_RX | INT_RT);
    fake_chardev_type(chardev, "l");
    ck_assert(!irq.level);
    clock_step(the_clock, 270000); /* 32 bits at 115200 take 278 us */
    ck_assert(!irq.level);
    clock_step(the_clock, 10000);
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(uart, MIS), INT_RT);
    ck_assert_uint_eq(reg(uart, DR), 'l');
    ck_assert(!irq.level);
    ck_assert_uint_eq(reg(uart, RIS), 0);
}
END_TEST

START_TEST(each_character_restarts_the_receive_timeout)
{
    set_reg(uart, IMSC, INT_RT);
    for (unsigned i = 0; i < 5; i++) {
        fake_chardev_type(chardev, "x");
        clock_step(the_clock, 200000);
        ck_assert(!irq.level);
    }
    clock_step(the_clock, 100000);
    ck_assert(irq.level);
}
END_TEST

START_TEST(no_timeout_comes_once_the_fifo_was_emptied)
{
    set_reg(uart, IMSC, INT_RT);
    fake_chardev_type(chardev, "x");
    reg(uart, DR);
    clock_step(the_clock, 10000000);
    ck_assert_uint_eq(irq.rises, 0);
}
END_TEST

START_TEST(a_timeout_cleared_before_reading_comes_again)
{
    set_reg(uart, IMSC, INT_RT);
    fake_chardev_type(chardev, "x");
    clock_step(the_clock, 1000000);
    ck_assert(irq.level);
    set_reg(uart, ICR, INT_RT);
    ck_assert(!irq.level);
    clock_step(the_clock, 1000000);
    ck_assert(irq.level);
}
END_TEST

START_TEST(an_absurd_baud_rate_still_times_out_soon)
{
    set_reg(uart, IBRD, 0xffff);
    set_reg(uart, IMSC, INT_RT);
    fake_chardev_type(chardev, "x");
    clock_step(the_clock, 1000000);
    ck_assert(irq.level);
    reg(uart, DR);
    set_reg(uart, IBRD, 0);
    fake_chardev_type(chardev, "x");
    clock_step(the_clock, 1000000);
    ck_assert(irq.level);
}
END_TEST

START_TEST(a_full_fifo_pushes_back_and_resumes_when_half_empty)
{
    ck_assert_uint_eq(fake_chardev_type(chardev, "0123456789abcdefXYZ"), 16);
    ck_assert(reg(uart, FR) & RXFF);
    ck_assert_uint_eq(chardev->resumes, 0);
    for (unsigned i = 0; i < 8; i++)
        reg(uart, DR);
    ck_assert_uint_eq(chardev->resumes, 1);
    ck_assert_uint_eq(fake_chardev_type(chardev, "XYZ"), 3);
    for (unsigned i = 0; i < 11; i++)
        ck_assert_uint_eq(reg(uart, DR), (uint8_t) "89abcdefXYZ"[i]);
    ck_assert_uint_eq(chardev->resumes, 1);
    ck_assert_uint_eq(reg(uart, RSR), 0); /* nothing was overrun */
}
END_TEST

START_TEST(character_mode_holds_one_character_each_way)
{
    set_reg(uart, LCR_H, WLEN8);
    set_reg(uart, IMSC, INT_RX);
    ck_assert_uint_eq(fake_chardev_type(chardev, "ab"), 1);
    ck_assert(irq.level);
    ck_assert(reg(uart, FR) & RXFF);
    ck_assert_uint_eq(reg(uart, DR), 'a');
    ck_assert(!irq.level);
    ck_assert_uint_eq(chardev->resumes, 1);
    chardev->room = 0;
    set_reg(uart, DR, '1');
    ck_assert(reg(uart, FR) & TXFF);
}
END_TEST

START_TEST(clearing_fen_empties_the_fifos)
{
    fake_chardev_type(chardev, "0123456789");
    set_reg(uart, IMSC, INT_RX);
    ck_assert(irq.level);
    set_reg(uart, LCR_H, WLEN8);
    ck_assert(reg(uart, FR) & RXFE);
    ck_assert(!irq.level);
}
END_TEST

START_TEST(a_disabled_receiver_leaves_input_with_the_back_end)
{
    set_reg(uart, CR, 0x101);
    ck_assert_uint_eq(fake_chardev_type(chardev, "abc"), 0);
    set_reg(uart, CR, CR_ON);
    ck_assert_uint_eq(chardev->resumes, 1);
    ck_assert_uint_eq(fake_chardev_type(chardev, "abc"), 3);
}
END_TEST

START_TEST(loop_back_returns_output_as_input)
{
    set_reg(uart, CR, CR_ON | CR_LBE);
    set_reg(uart, IMSC, INT_RT);
    set_reg(uart, DR, 'q');
    ck_assert_uint_eq(chardev->sent_size, 0);
    ck_assert_uint_eq(fake_chardev_type(chardev, "z"), 0);
    clock_step(the_clock, 1000000);
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(uart, DR), 'q');
}
END_TEST

START_TEST(overrun_in_loop_back_is_flagged_and_marks_the_next_character)
{
    set_reg(uart, CR, CR_ON | CR_LBE);
    set_reg(uart, IMSC, INT_OE);
    for (unsigned i = 0; i < 16; i++)
        set_reg(uart, DR, 'a' + i);
    ck_assert(!irq.level);
    set_reg(uart, DR, '!');
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(uart, RSR), 8);
    set_reg(uart, RSR, 0);
    ck_assert_uint_eq(reg(uart, RSR), 0);
    set_reg(uart, ICR, INT_OE);
    ck_assert(!irq.level);
    ck_assert_uint_eq(reg(uart, DR), 'a');
    set_reg(uart, DR, 'z');
    for (unsigned i = 1; i < 16; i++)
        ck_assert_uint_eq(reg(uart, DR), 'a' + i);
    ck_assert_uint_eq(reg(uart, DR), 'z' | 0x800);
}
END_TEST

START_TEST(loop_back_wires_the_modem_outputs_to_the_inputs)
{
    set_reg(uart, CR, CR_ON | CR_LBE);
    ck_assert_uint_eq(reg(uart, FR) & (CTS | DSR | DCD | RI), 0);
    ck_assert_uint_eq(reg(uart, RIS) & INT_MODEM, 0xe); /* CTS, DCD and DSR went away */
    set_reg(uart, ICR, 0x7ff);
    set_reg(uart, IMSC, INT_MODEM);
    static const struct {
        uint32_t cr, fr, ris;
    } rows[] = {{1 << 10, DSR, 8}, {1 << 11, CTS, 2}, {1 << 12, DCD, 4}, {1 << 13, RI, 1}};
    for (unsigned i = 0; i < 4; i++) {
        set_reg(uart, CR, CR_ON | CR_LBE | rows[i].cr);
        ck_assert_uint_eq(reg(uart, FR) & (CTS | DSR | DCD | RI), rows[i].fr);
        ck_assert_uint_eq(reg(uart, MIS), rows[i].ris);
        ck_assert(irq.level);
        set_reg(uart, CR, CR_ON | CR_LBE);
        set_reg(uart, ICR, 0x7ff);
        ck_assert(!irq.level);
    }
}
END_TEST

START_TEST(hardware_flow_control_waits_for_cts)
{
    set_reg(uart, CR, CR_ON | CR_LBE | 1 << 15);
    set_reg(uart, DR, 'w');
    ck_assert(reg(uart, FR) & BUSY);
    ck_assert(reg(uart, FR) & RXFE);
    set_reg(uart, CR, CR_ON | CR_LBE | 1 << 15 | 1 << 11);
    ck_assert(!(reg(uart, FR) & BUSY));
    ck_assert_uint_eq(reg(uart, DR), 'w');
}
END_TEST

START_TEST(a_break_arrives_with_its_flag_and_interrupt)
{
    set_reg(uart, IMSC, INT_BE);
    chardev->client->break_received(chardev->client->opaque);
    ck_assert(irq.level);
    ck_assert_uint_eq(reg(uart, DR), 0x400);
    ck_assert_uint_eq(reg(uart, RSR), 4);
    fake_chardev_type(chardev, "k");
    ck_assert_uint_eq(reg(uart, DR), 'k');
    ck_assert_uint_eq(reg(uart, RSR), 0);
    set_reg(uart, ICR, INT_BE);
    ck_assert(!irq.level);
}
END_TEST

START_TEST(narrow_writes_inside_a_register_are_ignored)
{
    set_reg(uart, IMSC, 0x30);
    fake_bus_write(uart, uart->ops, IMSC + 1, 1, 7);
    fake_bus_write(uart, uart->ops, IMSC + 2, 2, 7);
    ck_assert_uint_eq(reg(uart, IMSC), 0x30);
    set_reg(uart, CR, 0x301);
    ck_assert_uint_eq(fake_bus_read(uart, uart->ops, CR + 1, 1), 3);
}
END_TEST

/* A back end on its own thread that has *opaque numbers to deliver. */
static void *type_numbers(void *opaque)
{
    const struct chardev_client *client = chardev->client;
    unsigned total = *(unsigned *)opaque, next = 0;
    while (next < total) {
        uint8_t data[16];
        size_t room = client->can_receive(client->opaque), size = 0;
        while (size < room && size < sizeof(data) && next < total)
            data[size++] = (uint8_t)next++;
        if (size)
            client->receive(client->opaque, data, size);
        else
            sched_yield();
    }
    return NULL;
}

START_TEST(input_from_another_thread_arrives_whole_and_in_order)
{
    unsigned total = 20000;
    pthread_t thread;
    pthread_create(&thread, NULL, type_numbers, &total);
    for (unsigned i = 0; i < total; i++) {
        while (reg(uart, FR) & RXFE)
            sched_yield();
        ck_assert_uint_eq(reg(uart, DR), (uint8_t)i);
        set_reg(uart, DR, 'x');
    }
    pthread_join(thread, NULL);
    ck_assert(reg(uart, FR) & RXFE);
    ck_assert_uint_eq(reg(uart, RSR), 0);
    ck_assert_uint_eq(chardev->sent_size, total);
}
END_TEST

START_TEST(reset_restores_the_power_on_state)
{
    set_reg(uart, IMSC, 0x7ff);
    fake_chardev_type(chardev, "0123456789");
    ck_assert(irq.level);
    device_reset(uart);
    ck_assert(!irq.level);
    ck_assert_uint_eq(reg(uart, CR), 0x300);
    ck_assert_uint_eq(reg(uart, IMSC), 0);
    ck_assert(reg(uart, FR) & RXFE);
    clock_step(the_clock, 10000000);
    ck_assert_uint_eq(reg(uart, RIS), 0);
}
END_TEST

START_TEST(without_a_back_end_output_is_dropped_and_input_silent)
{
    struct device *alone = pl011_new(NULL, NULL, (struct irq){0}, NULL);
    for (unsigned i = 0; i < 100; i++)
        set_reg(alone, DR, i);
    ck_assert_uint_eq(reg(alone, FR), RXFE | TXFE);
    write_garbage(alone, alone->ops, 20000);
    alone->ops->destroy(alone);
}
END_TEST

START_TEST(a_guests_mistakes_are_named_in_the_log)
{
    struct fake_log log;
    fake_log_open(&log);
    struct device *logged = pl011_new(log.log, NULL, (struct irq){0}, NULL);
    set_reg(logged, DR, 'a');
    set_reg(logged, DR, 'b');
    set_reg(logged, 0x500, 0xbeef);
    reg(logged, 0x88);
    const char *text = fake_log_flush(&log);
    const char *disabled = strstr(text, "disabled");
    ck_assert_msg(disabled && !strstr(disabled + 1, "disabled"), "%s", text); /* once */
    ck_assert_msg(strstr(text, "pl011: write of 0xbeef to read-only or reserved offset 0x500"),
                  "%s", text);
    ck_assert_msg(strstr(text, "integration test register 0x88"), "%s", text);
    logged->ops->destroy(logged);
    fake_log_close(&log);
}
END_TEST

START_TEST(garbage_in_every_register_does_no_harm)
{
    chardev->room = 1000;
    for (unsigned round = 0; round < 50; round++) {
        write_garbage(uart, uart->ops, 2000);
        fake_chardev_type(chardev, "garbage in");
        chardev->client->break_received(chardev->client->opaque);
        clock_step(the_clock, 1000000);
        chardev->room = round * 10;
    }
    chardev->room = SIZE_MAX;
    device_reset(uart);
    set_reg(uart, DR, '.');
    ck_assert_int_eq(chardev->sent[chardev->sent_size - 1], '.');
}
END_TEST

START_TEST(the_device_tree_node_is_that_of_qemu_virt)
{
    struct err err;
    struct fdt *fdt = fdt_new();
    struct slot slot = {.base = 0x9000000, .size = 0x1000, .spi = 1, .gic = 1, .clock = 0x42};
    fdt_node_begin(fdt, "");
    uart->ops->describe(uart, fdt, &slot);
    fdt_node_end(fdt);
    size_t size;
    void *blob = fdt_take(fdt, &size, &err);
    fdt_free(fdt);
    ck_assert_ptr_nonnull(blob);
    int node = fdt_path_offset(blob, "/pl011@9000000");
    ck_assert_int_ge(node, 0);
    int length;
    ck_assert_mem_eq(fdt_getprop(blob, node, "interrupts", &length), "\0\0\0\0\0\0\0\1\0\0\0\4",
                     12);
    ck_assert_int_eq(length, 12);
    ck_assert_mem_eq(fdt_getprop(blob, node, "clocks", &length), "\0\0\0\x42\0\0\0\x42", 8);
    ck_assert_mem_eq(fdt_getprop(blob, node, "clock-names", &length), "uartclk\0apb_pclk", 17);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node, "arm,pl011"), 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node, "arm,primecell"), 0);
    free(blob);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pl011");
    TCase *cold = tcase_create("as reset");
    tcase_add_checked_fixture(cold, setup, teardown);
    tcase_add_test(cold, reset_values_are_those_of_the_manual);
    tcase_add_test(cold, identification_is_an_arm_pl011);
    tcase_add_test(cold, registers_keep_only_their_defined_bits);
    tcase_add_test(cold, output_reaches_the_back_end_at_once_even_without_setup);
    tcase_add_test(cold, without_a_back_end_output_is_dropped_and_input_silent);
    tcase_add_test(cold, a_guests_mistakes_are_named_in_the_log);
    tcase_add_test(cold, garbage_in_every_register_does_no_harm);
    tcase_add_test(cold, the_device_tree_node_is_that_of_qemu_virt);
    suite_add_tcase(suite, cold);
    TCase *on = tcase_create("set up as Linux does");
    tcase_add_checked_fixture(on, setup_on, teardown);
    tcase_add_test(on, tx_interrupt_rises_when_data_left_and_icr_clears_it);
    tcase_add_test(on, a_full_back_end_shows_txff_and_gets_the_rest_later);
    tcase_add_test(on, polling_the_flags_retries_a_full_back_end);
    tcase_add_test(on, filling_the_tx_fifo_above_its_level_lowers_the_interrupt);
    tcase_add_test(on, input_is_read_in_order_with_flags_following);
    tcase_add_test(on, rx_interrupt_follows_every_trigger_level);
    tcase_add_test(on, pl011_masked_rx_keeps_line_low);
    tcase_add_test(on, clearing_rx_by_icr_holds_until_the_next_character);
    tcase_add_test(on, receive_timeout_reports_input_below_the_level);
    tcase_add_test(on, each_character_restarts_the_receive_timeout);
    tcase_add_test(on, no_timeout_comes_once_the_fifo_was_emptied);
    tcase_add_test(on, a_timeout_cleared_before_reading_comes_again);
    tcase_add_test(on, an_absurd_baud_rate_still_times_out_soon);
    tcase_add_test(on, a_full_fifo_pushes_back_and_resumes_when_half_empty);
    tcase_add_test(on, character_mode_holds_one_character_each_way);
    tcase_add_test(on, clearing_fen_empties_the_fifos);
    tcase_add_test(on, a_disabled_receiver_leaves_input_with_the_back_end);
    tcase_add_test(on, loop_back_returns_output_as_input);
    tcase_add_test(on, overrun_in_loop_back_is_flagged_and_marks_the_next_character);
    tcase_add_test(on, loop_back_wires_the_modem_outputs_to_the_inputs);
    tcase_add_test(on, hardware_flow_control_waits_for_cts);
    tcase_add_test(on, a_break_arrives_with_its_flag_and_interrupt);
    tcase_add_test(on, narrow_writes_inside_a_register_are_ignored);
    tcase_add_test(on, input_from_another_thread_arrives_whole_and_in_order);
    tcase_add_test(on, reset_restores_the_power_on_state);
    suite_add_tcase(suite, on);
    return run_suite(suite);
}
