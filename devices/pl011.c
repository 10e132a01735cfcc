/* The Arm PrimeCell UART (PL011): DDI 0183G, chapters 2 and 3.
 *
 * Bytes leave as fast as the back end takes them and arrive as fast as the guest reads them; the
 * baud rate only scales the receive time-out. What the back end does not take stays in the transmit
 * FIFO, visible as BUSY and TXFF, and is offered again when the guest looks or a timer fires.
 *
 * Deviation: FIFOs of 16 and revision 1 in UARTPeriphID2, as on QEMU's board (r1p5 has 32 and
 * revision 3; drivers derive the depth from the revision, so the two go together). Deviation:
 * UARTEN, TXE and WLEN do not gate the data, because many small bare-metal programs write UARTDR
 * without any set-up; it is logged once. RXE = 0 holds input back in the back end instead of losing
 * it. */
#include "devices/pl011.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/clock.h"
#include "devices/chardev.h"
#include "devices/fdt.h"
#include "devices/slot.h"

#define FIFO_DEPTH 16

#define UARTCLK_HZ   24000000ull
#define NS_PER_S     1000000000ull
#define RX_TIMEOUT   1000000ull /* ns; the longest receive time-out, whatever the baud rate */
#define TX_RETRY     500000ull  /* ns between offers to a back end that is full */
#define DEFAULT_BAUD 115200ull  /* assumed for the time-out while UARTIBRD is 0 */

enum reg {
    UARTDR = 0x000,
    UARTRSR = 0x004, /* write: UARTECR */
    UARTFR = 0x018,
    UARTILPR = 0x020,
    UARTIBRD = 0x024,
    UARTFBRD = 0x028,
    UARTLCR_H = 0x02c,
    UARTCR = 0x030,
    UARTIFLS = 0x034,
    UARTIMSC = 0x038,
    UARTRIS = 0x03c,
    UARTMIS = 0x040,
    UARTICR = 0x044,
    UARTDMACR = 0x048,
    UARTTCR = 0x080, /* integration test registers, to UARTTDR */
    UARTTDR = 0x08c,
    UARTPeriphID0 = 0xfe0,
    UARTPCellID3 = 0xffc,
};

enum data_flag { /* UARTDR<11:8>; UARTRSR has the same four at <3:0> */
                 DR_FE = 1 << 8,
                 DR_PE = 1 << 9,
                 DR_BE = 1 << 10,
                 DR_OE = 1 << 11,
                 DR_ERRORS = DR_FE | DR_PE | DR_BE | DR_OE,
};

#define RSR_OE 8u

enum flag {
    FR_CTS = 1 << 0,
    FR_DSR = 1 << 1,
    FR_DCD = 1 << 2,
    FR_BUSY = 1 << 3,
    FR_RXFE = 1 << 4,
    FR_TXFF = 1 << 5,
    FR_RXFF = 1 << 6,
    FR_TXFE = 1 << 7,
    FR_RI = 1 << 8,
    FR_MODEM = FR_CTS | FR_DSR | FR_DCD | FR_RI,
};

enum line_control {
    LCR_BRK = 1 << 0,
    LCR_FEN = 1 << 4,
};

enum control {
    CR_UARTEN = 1 << 0,
    CR_SIREN = 1 << 1,
    CR_LBE = 1 << 7,
    CR_TXE = 1 << 8,
    CR_RXE = 1 << 9,
    CR_DTR = 1 << 10,
    CR_RTS = 1 << 11,
    CR_OUT1 = 1 << 12,
    CR_OUT2 = 1 << 13,
    CR_CTSEN = 1 << 15,
    CR_WRITABLE = 0xff87,
};

enum interrupt { /* UARTIMSC, UARTRIS, UARTMIS, UARTICR */
                 INT_RI = 1 << 0,
                 INT_CTS = 1 << 1,
                 INT_DCD = 1 << 2,
                 INT_DSR = 1 << 3,
                 INT_RX = 1 << 4,
                 INT_TX = 1 << 5,
                 INT_RT = 1 << 6,
                 INT_BE = 1 << 9,
                 INT_OE = 1 << 10,
                 INT_ALL = 0x7ff,
};

static const uint8_t ids[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

struct fifo {
    uint16_t data[FIFO_DEPTH];
    unsigned first, count;
};

struct pl011 {
    struct device device;
    struct clock *clock;
    struct irq irq;
    struct chardev *chardev;
    struct chardev_client client;

    struct fifo rx, tx;
    bool overrun;        /* waits to be copied into the next character received */
    bool held_back;      /* the back end met a full FIFO: call resume once there is room */
    bool warned_disable; /* "data written while disabled" was logged */
    uint8_t rsr;         /* UARTRSR: FE PE BE of the last character read, OE until cleared */
    uint16_t modem;      /* the modem status bits of UARTFR as last seen */
    uint16_t ris, imsc;
    uint16_t ibrd, cr;
    uint8_t fbrd, lcr_h, ilpr, ifls, dmacr;

    struct clock_timer rx_timer, tx_timer;
    uint64_t rx_deadline; /* ns: when the receive time-out is due, while rx is not empty */
};

static struct pl011 *pl011_of(struct device *device)
{
    return (struct pl011 *)device;
}

/* --- FIFOs ------------------------------------------------------------------------------- */

static void fifo_push(struct fifo *fifo, uint16_t value)
{
    fifo->data[(fifo->first + fifo->count) % FIFO_DEPTH] = value;
    fifo->count++;
}

static uint16_t fifo_pop(struct fifo *fifo)
{
    uint16_t value = fifo->data[fifo->first];
    fifo->first = (fifo->first + 1) % FIFO_DEPTH;
    fifo->count--;
    return value;
}

/* The number of characters a FIFO holds: one with FEN clear (character mode). */
static unsigned fifo_depth(const struct pl011 *uart)
{
    return uart->lcr_h & LCR_FEN ? FIFO_DEPTH : 1;
}

/* The level in characters that a 3-bit field of UARTIFLS selects: 1/8, 1/4, 1/2, 3/4, 7/8. */
static unsigned fifo_trigger(unsigned select)
{
    static const uint8_t levels[] = {2, 4, 8, 12, 14};
    return levels[select < ARRAY_SIZE(levels) ? select : ARRAY_SIZE(levels) - 1];
}

static unsigned rx_trigger(const struct pl011 *uart)
{
    return uart->lcr_h & LCR_FEN ? fifo_trigger(bits_get(uart->ifls, 3, 3)) : 1;
}

static unsigned tx_trigger(const struct pl011 *uart)
{
    return uart->lcr_h & LCR_FEN ? fifo_trigger(bits_get(uart->ifls, 0, 3)) : 0;
}

/* --- Interrupts and modem lines ---------------------------------------------------------- */

static void update_irq(struct pl011 *uart)
{
    irq_set(&uart->irq, (uart->ris & uart->imsc) != 0);
}

/* The modem status bits: with a back end, a modem that is always ready; in loop back the UART's own
 * outputs, 3.3.8. */
static uint16_t modem_status(const struct pl011 *uart)
{
    uint16_t cr = uart->cr;
    if (!(cr & CR_LBE))
        return uart->chardev ? FR_CTS | FR_DSR | FR_DCD : 0;
    return (cr & CR_RTS ? FR_CTS : 0) | (cr & CR_DTR ? FR_DSR : 0) | (cr & CR_OUT1 ? FR_DCD : 0) |
           (cr & CR_OUT2 ? FR_RI : 0);
}

static void update_modem(struct pl011 *uart)
{
    uint16_t now = modem_status(uart);
    uint16_t changed = now ^ uart->modem;
    uart->modem = now;
    uart->ris |= (changed & FR_RI ? INT_RI : 0) | (changed & FR_CTS ? INT_CTS : 0) |
                 (changed & FR_DCD ? INT_DCD : 0) | (changed & FR_DSR ? INT_DSR : 0);
}

/* --- Receive ----------------------------------------------------------------------------- */

/* 32 bit periods at the programmed rate (a bit is 16 cycles of Baud16), in ns. */
static uint64_t rx_timeout(const struct pl011 *uart)
{
    uint64_t divisor64 = (uint64_t)uart->ibrd * 64 + uart->fbrd; /* in 64ths of a UARTCLK cycle */
    if (!uart->ibrd)
        return 32 * NS_PER_S / DEFAULT_BAUD;
    uint64_t ns = 32 * 16 * divisor64 * NS_PER_S / (64 * UARTCLK_HZ);
    return ns < RX_TIMEOUT ? ns : RX_TIMEOUT;
}

static void rx_restart_timeout(struct pl011 *uart)
{
    if (!uart->clock || !(uart->lcr_h & LCR_FEN))
        return;
    uart->rx_deadline = clock_now(uart->clock) + rx_timeout(uart);
    clock_arm(uart->clock, &uart->rx_timer, uart->rx_deadline);
}

/* One character with its DR_* flags arrives; the caller restarts the time-out. */
static void rx_character(struct pl011 *uart, uint16_t value)
{
    if (value & DR_BE)
        uart->ris |= INT_BE;
    if (uart->rx.count >= fifo_depth(uart)) {
        uart->overrun = true;
        uart->rsr |= RSR_OE;
        uart->ris |= INT_OE;
        return;
    }
    if (uart->overrun)
        value |= DR_OE;
    uart->overrun = false;
    fifo_push(&uart->rx, value);
    if (uart->rx.count >= rx_trigger(uart))
        uart->ris |= INT_RX;
}

static void rx_timer_fire(void *opaque)
{
    struct pl011 *uart = opaque;
    pthread_mutex_lock(&uart->device.lock);
    if (uart->rx.count && uart->lcr_h & LCR_FEN) {
        if (clock_now(uart->clock) >= uart->rx_deadline) {
            uart->ris |= INT_RT;
            update_irq(uart);
        } else {
            clock_arm(uart->clock, &uart->rx_timer, uart->rx_deadline);
        }
    }
    pthread_mutex_unlock(&uart->device.lock);
}

/* Lets the back end deliver again what it held back, once half of the FIFO is free. */
static void rx_resume(struct pl011 *uart)
{
    if (!uart->held_back || uart->rx.count > fifo_depth(uart) / 2 || !(uart->cr & CR_RXE) ||
        uart->cr & CR_LBE)
        return;
    uart->held_back = false;
    uart->chardev->resume(uart->chardev);
}

static uint16_t rx_read(struct pl011 *uart)
{
    if (!uart->rx.count)
        return uart->rx.data[(uart->rx.first + FIFO_DEPTH - 1) % FIFO_DEPTH];
    uint16_t value = fifo_pop(&uart->rx);
    uart->rsr = (uart->rsr & RSR_OE) | bits_get(value, 8, 4);
    if (uart->rx.count < rx_trigger(uart))
        uart->ris &= ~INT_RX;
    if (!uart->rx.count)
        uart->ris &= ~INT_RT;
    rx_resume(uart);
    update_irq(uart);
    return value;
}

static size_t client_can_receive(void *opaque)
{
    struct pl011 *uart = opaque;
    pthread_mutex_lock(&uart->device.lock);
    size_t room = 0;
    if (uart->cr & CR_RXE && !(uart->cr & CR_LBE) && uart->rx.count < fifo_depth(uart))
        room = fifo_depth(uart) - uart->rx.count;
    uart->held_back = uart->held_back || !room;
    pthread_mutex_unlock(&uart->device.lock);
    return room;
}

static void client_receive(void *opaque, const uint8_t *data, size_t size)
{
    struct pl011 *uart = opaque;
    pthread_mutex_lock(&uart->device.lock);
    for (size_t i = 0; i < size; i++)
        rx_character(uart, data[i]);
    if (uart->rx.count >= fifo_depth(uart))
        uart->held_back = true;
    if (size)
        rx_restart_timeout(uart);
    update_irq(uart);
    pthread_mutex_unlock(&uart->device.lock);
}

static void client_break(void *opaque)
{
    struct pl011 *uart = opaque;
    pthread_mutex_lock(&uart->device.lock);
    if (!(uart->cr & CR_LBE)) {
        rx_character(uart, DR_BE);
        rx_restart_timeout(uart);
        update_irq(uart);
    }
    pthread_mutex_unlock(&uart->device.lock);
}

/* --- Transmit ---------------------------------------------------------------------------- */

/* Hands the first character of the FIFO on; false when it has to wait. */
static bool tx_character(struct pl011 *uart)
{
    uint8_t byte = (uint8_t)uart->tx.data[uart->tx.first];
    if (uart->cr & CR_CTSEN && uart->chardev && !(uart->modem & FR_CTS))
        return false;
    if (uart->cr & CR_LBE) {
        rx_character(uart, byte);
        rx_restart_timeout(uart);
    } else if (uart->chardev && uart->chardev->write(uart->chardev, &byte, 1) == 0) {
        return false;
    }
    fifo_pop(&uart->tx);
    return true;
}

/* Sends what the back end takes and keeps the rest for later. */
static void tx_drain(struct pl011 *uart)
{
    bool sent = false;
    while (uart->tx.count && tx_character(uart))
        sent = true;
    if (sent && uart->tx.count <= tx_trigger(uart))
        uart->ris |= INT_TX;
    if (uart->tx.count && uart->clock)
        clock_arm(uart->clock, &uart->tx_timer, clock_now(uart->clock) + TX_RETRY);
}

static void tx_timer_fire(void *opaque)
{
    struct pl011 *uart = opaque;
    pthread_mutex_lock(&uart->device.lock);
    if (uart->tx.count) {
        tx_drain(uart);
        update_irq(uart);
    }
    pthread_mutex_unlock(&uart->device.lock);
}

static void tx_write(struct pl011 *uart, uint8_t byte)
{
    unsigned enabled = CR_UARTEN | CR_TXE;
    if ((uart->cr & enabled) != enabled && !uart->warned_disable) {
        uart->warned_disable = true;
        device_guest_error(&uart->device,
                           "UARTDR written while the transmitter is disabled (UARTCR 0x%x)",
                           uart->cr);
    }
    if (uart->tx.count >= fifo_depth(uart)) {
        tx_drain(uart); /* the back end may have room since the guest last looked */
        if (uart->tx.count >= fifo_depth(uart)) {
            device_guest_error(&uart->device,
                               "UARTDR written while the transmit FIFO is full: 0x%02x lost", byte);
            return;
        }
    }
    fifo_push(&uart->tx, byte);
    if (uart->tx.count > tx_trigger(uart))
        uart->ris &= ~INT_TX;
    tx_drain(uart);
    update_irq(uart);
}

/* --- Registers --------------------------------------------------------------------------- */

static uint32_t read_flags(struct pl011 *uart)
{
    if (uart->tx.count) { /* a guest that polls here drives the retry at its own pace */
        tx_drain(uart);
        update_irq(uart);
    }
    unsigned depth = fifo_depth(uart);
    uint32_t flags = uart->modem;
    flags |= uart->tx.count ? FR_BUSY : FR_TXFE;
    flags |= uart->tx.count >= depth ? FR_TXFF : 0;
    flags |= uart->rx.count ? 0 : FR_RXFE;
    flags |= uart->rx.count >= depth ? FR_RXFF : 0;
    return flags;
}

static uint32_t read_register(struct pl011 *uart, uint64_t reg)
{
    if (reg >= UARTPeriphID0 && reg <= UARTPCellID3)
        return ids[(reg - UARTPeriphID0) / 4];
    switch (reg) {
    case UARTDR:
        return rx_read(uart);
    case UARTRSR:
        return uart->rsr;
    case UARTFR:
        return read_flags(uart);
    case UARTILPR:
        return uart->ilpr;
    case UARTIBRD:
        return uart->ibrd;
    case UARTFBRD:
        return uart->fbrd;
    case UARTLCR_H:
        return uart->lcr_h;
    case UARTCR:
        return uart->cr;
    case UARTIFLS:
        return uart->ifls;
    case UARTIMSC:
        return uart->imsc;
    case UARTRIS:
        return uart->ris;
    case UARTMIS:
        return uart->ris & uart->imsc;
    case UARTDMACR:
        return uart->dmacr;
    case UARTICR:
        device_guest_error(&uart->device, "read of the write-only UARTICR");
        return 0;
    }
    if (reg >= UARTTCR && reg <= UARTTDR)
        device_unimp(&uart->device, "read of integration test register 0x%x", (unsigned)reg);
    else
        device_guest_error(&uart->device, "read of reserved offset 0x%x", (unsigned)reg);
    return 0;
}

/* Clearing FEN empties both FIFOs (3.3.8, "program the control registers"). */
static void write_line_control(struct pl011 *uart, uint8_t value)
{
    uint8_t changed = value ^ uart->lcr_h;
    uart->lcr_h = value;
    if (changed & LCR_FEN) {
        uart->rx.count = 0;
        uart->tx.count = 0;
        uart->ris &= ~(INT_RX | INT_RT);
        rx_resume(uart);
    }
    if (changed & value & LCR_BRK && uart->cr & CR_LBE)
        rx_character(uart, DR_BE);
}

static void write_control(struct pl011 *uart, uint16_t value)
{
    uint16_t set = value & ~uart->cr;
    uart->cr = value & CR_WRITABLE;
    if (set & CR_SIREN)
        device_unimp(&uart->device, "the IrDA encoder (UARTCR.SIREN) does nothing here");
    update_modem(uart);
    tx_drain(uart);
    rx_resume(uart);
}

static void write_fifo_levels(struct pl011 *uart, uint8_t value)
{
    uart->ifls = value;
    if (bits_get(value, 0, 3) > 4 || bits_get(value, 3, 3) > 4)
        device_guest_error(&uart->device, "reserved level in UARTIFLS 0x%x: taken as 7/8", value);
    if (uart->rx.count && uart->rx.count >= rx_trigger(uart))
        uart->ris |= INT_RX;
}

static void write_clear(struct pl011 *uart, uint16_t value)
{
    uart->ris &= ~value;
    /* Input below the trigger level must not be forgotten by a guest that clears the time-out
     * before it reads. */
    if (value & (INT_RT | INT_RX) && uart->rx.count)
        rx_restart_timeout(uart);
}

static void write_register(struct pl011 *uart, uint64_t reg, uint32_t value)
{
    switch (reg) {
    case UARTDR:
        tx_write(uart, (uint8_t)value);
        return;
    case UARTRSR:
        uart->rsr = 0;
        return;
    case UARTILPR:
        uart->ilpr = (uint8_t)value;
        return;
    case UARTIBRD:
        uart->ibrd = (uint16_t)value;
        return;
    case UARTFBRD:
        uart->fbrd = value & 0x3f;
        return;
    case UARTLCR_H:
        write_line_control(uart, (uint8_t)value);
        break;
    case UARTCR:
        write_control(uart, (uint16_t)value);
        break;
    case UARTIFLS:
        write_fifo_levels(uart, value & 0x3f);
        break;
    case UARTIMSC:
        uart->imsc = value & INT_ALL;
        break;
    case UARTICR:
        write_clear(uart, value & INT_ALL);
        break;
    case UARTDMACR: /* no DMA controller is on the board: the requests go nowhere */
        uart->dmacr = value & 7;
        return;
    default:
        if (reg >= UARTTCR && reg <= UARTTDR)
            device_unimp(&uart->device, "write of 0x%x to integration test register 0x%x", value,
                         (unsigned)reg);
        else
            device_guest_error(&uart->device, "write of 0x%x to read-only or reserved offset 0x%x",
                               value, (unsigned)reg);
        return;
    }
    update_irq(uart);
}

/* --- The device -------------------------------------------------------------------------- */

/* The registers are words; a narrower read returns the bytes it names, as the bus lanes would. */
static uint64_t pl011_read(struct device *device, uint64_t offset, unsigned width)
{
    uint32_t value = read_register(pl011_of(device), offset & ~3ull);
    return (value >> (8 * (offset & 3))) & bits_ones(8 * width);
}

static void pl011_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    if (offset & 3) {
        device_guest_error(device, "%u-byte write inside the register at 0x%x ignored", width,
                           (unsigned)(offset & ~3ull));
        return;
    }
    write_register(pl011_of(device), offset, (uint32_t)value);
}

static void pl011_reset(struct device *device)
{
    struct pl011 *uart = pl011_of(device);
    uart->rx = uart->tx = (struct fifo){0};
    uart->overrun = uart->warned_disable = false;
    uart->rsr = 0;
    uart->ris = uart->imsc = 0;
    uart->ibrd = uart->fbrd = uart->lcr_h = uart->ilpr = uart->dmacr = 0;
    uart->cr = CR_TXE | CR_RXE;
    uart->ifls = 0x12;
    uart->modem = modem_status(uart);
    rx_resume(uart);
    update_irq(uart);
}

static void pl011_describe(const struct device *device, struct fdt *fdt, const struct slot *slot)
{
    (void)device;
    fdt_node_begin_at(fdt, "pl011", slot->base);
    fdt_prop_list(fdt, "compatible", "arm,pl011", "arm,primecell");
    fdt_prop_reg(fdt, slot->base, slot->size);
    fdt_prop_cells(fdt, "interrupts", FDT_GIC_SPI, (uint32_t)slot->spi, FDT_IRQ_LEVEL_HIGH);
    fdt_prop_cells(fdt, "clocks", slot->clock, slot->clock);
    fdt_prop_list(fdt, "clock-names", "uartclk", "apb_pclk");
    fdt_node_end(fdt);
}

static void pl011_destroy(struct device *device)
{
    struct pl011 *uart = pl011_of(device);
    if (uart->chardev)
        uart->chardev->connect(uart->chardev, NULL);
    if (uart->clock) {
        clock_cancel(uart->clock, &uart->rx_timer);
        clock_cancel(uart->clock, &uart->tx_timer);
    }
    device_fini(device);
    free(uart);
}

static const struct device_ops pl011_ops = {
    .name = "pl011",
    .size = 0x1000,
    .width_min = 1,
    .width_max = 4,
    .read = pl011_read,
    .write = pl011_write,
    .reset = pl011_reset,
    .describe = pl011_describe,
    .destroy = pl011_destroy,
};

struct device *pl011_new(struct log *log, struct clock *clock, struct irq irq,
                         struct chardev *chardev)
{
    struct pl011 *uart = calloc(1, sizeof(*uart));
    if (!uart)
        return NULL;
    device_init(&uart->device, &pl011_ops, log);
    uart->clock = clock;
    uart->irq = irq;
    uart->chardev = chardev;
    uart->rx_timer = (struct clock_timer){.fire = rx_timer_fire, .opaque = uart};
    uart->tx_timer = (struct clock_timer){.fire = tx_timer_fire, .opaque = uart};
    device_reset(&uart->device);
    if (chardev) {
        uart->client = (struct chardev_client){.can_receive = client_can_receive,
                                               .receive = client_receive,
                                               .break_received = client_break,
                                               .opaque = uart};
        chardev->connect(chardev, &uart->client);
    }
    return &uart->device;
}
