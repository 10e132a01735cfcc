/*
 * The serial console: Arm PrimeCell UART (PL011), DDI 0183G, chapter 3, used by polling.
 */
#include "rom.h"

enum {
    UARTDR = 0x00,    /* data */
    UARTFR = 0x18,    /* flags */
    UARTIBRD = 0x24,  /* baud rate divisor, whole part */
    UARTFBRD = 0x28,  /* and 64ths */
    UARTLCR_H = 0x2c, /* line control */
    UARTCR = 0x30,    /* control */
    UARTIMSC = 0x38,  /* interrupt mask */
    UARTICR = 0x44,   /* interrupt clear */
};

#define FR_RXFE     (1u << 4) /* receive FIFO empty */
#define FR_TXFF     (1u << 5) /* transmit FIFO full */
#define LCR_FEN     (1u << 4) /* FIFOs on */
#define LCR_WLEN8   (3u << 5) /* 8 data bits, no parity, 1 stop bit */
#define CR_UARTEN   (1u << 0)
#define CR_TXE      (1u << 8)
#define CR_RXE      (1u << 9)
#define BAUD_WHOLE  13 /* 24 MHz / (16 * 115200) = 13 + 1/64 */
#define BAUD_64THS  1
#define ALL_SOURCES 0x7ff

/* Off, configured, on: the order the manual asks for (3.3.8, "Programming the control registers").
 * Also good as a repair, after something else has scribbled on the registers. */
void uart_init(void)
{
    mmio_write32(UART_BASE + UARTCR, 0);
    mmio_write32(UART_BASE + UARTLCR_H, 0); /* also empties the FIFOs */
    mmio_write32(UART_BASE + UARTIMSC, 0);
    mmio_write32(UART_BASE + UARTICR, ALL_SOURCES);
    mmio_write32(UART_BASE + UARTIBRD, BAUD_WHOLE);
    mmio_write32(UART_BASE + UARTFBRD, BAUD_64THS);
    mmio_write32(UART_BASE + UARTLCR_H, LCR_FEN | LCR_WLEN8); /* latches the divisor */
    mmio_write32(UART_BASE + UARTCR, CR_UARTEN | CR_TXE | CR_RXE);
}

static void put_byte(uint8_t byte)
{
    while (mmio_read32(UART_BASE + UARTFR) & FR_TXFF)
        ;
    mmio_write32(UART_BASE + UARTDR, byte);
}

void uart_putc(char c)
{
    if (c == '\n')
        put_byte('\r');
    put_byte((uint8_t)c);
}

int uart_getc(void)
{
    if (mmio_read32(UART_BASE + UARTFR) & FR_RXFE)
        return -1;
    return (int)(mmio_read32(UART_BASE + UARTDR) & 0xff);
}
