/*
 * Waiting without burning power: the virtual timer and the UART's receive interrupt wake the
 * processor from WFI. Interrupts stay masked (PSTATE.I), so nothing is ever taken: a pending
 * interrupt ends a WFI all the same. roms/timer tells more about both.
 */
#include "show.h"

#define GICD_CTLR      (GICD_BASE + 0x000)
#define GICD_ISENABLER (GICD_BASE + 0x100)
#define GICD_ITARGETSR (GICD_BASE + 0x800)
#define GICC_CTLR      (GICC_BASE + 0x000)
#define GICC_PMR       (GICC_BASE + 0x004)
#define INTID_TIMER    27
#define INTID_UART     33
#define UARTIMSC       (UART_BASE + 0x38)
#define UARTIMSC_RX    (1u << 4) /* the receive FIFO has come to its mark */
#define UARTIMSC_RT    (1u << 6) /* something has been waiting in it */

static bool can_sleep;

void pace_init(void)
{
    can_sleep = fdt_find_compatible("arm,cortex-a15-gic") != NULL;
    if (!can_sleep)
        return;
    mmio_write32(GICD_ISENABLER, 1u << INTID_TIMER);
    mmio_write32(GICD_ISENABLER + INTID_UART / 32 * 4, 1u << INTID_UART % 32);
    *(volatile uint8_t *)(GICD_ITARGETSR + INTID_UART) = 1; /* to CPU 0 */
    mmio_write32(GICD_CTLR, 1);
    mmio_write32(GICC_PMR, 0xff);
    mmio_write32(GICC_CTLR, 1);
    mmio_write32(UARTIMSC, UARTIMSC_RX | UARTIMSC_RT);
}

void pace_wait(uint64_t until, uint64_t *asleep)
{
    uint64_t start = READ_REG(cntvct_el0);

    if ((int64_t)(until - start) <= 0)
        return;
    if (can_sleep) {
        WRITE_REG(cntv_cval_el0, until);
        WRITE_REG(cntv_ctl_el0, 1);
        __asm__ volatile("dsb sy\n\twfi" : : : "memory");
        WRITE_REG(cntv_ctl_el0, 0);
    } else {
        while ((int64_t)(until - READ_REG(cntvct_el0)) > 0)
            ;
    }
    *asleep += READ_REG(cntvct_el0) - start;
}

unsigned pace_million_per_second(void)
{
    static uint64_t word;
    const uint64_t count = 50000;
    uint64_t rounds = count, value, start = READ_REG(cntvct_el0);

    /* Six instructions, in the proportions of common code: one branch, one load, one store. */
    __asm__ volatile("1: ldr %1, [%2]\n\t"
                     "add %1, %1, %0\n\t"
                     "eor %1, %1, %1, lsr #7\n\t"
                     "str %1, [%2]\n\t"
                     "subs %0, %0, #1\n\t"
                     "b.ne 1b"
                     : "+r"(rounds), "=&r"(value)
                     : "r"(&word)
                     : "cc", "memory");
    uint64_t ticks = READ_REG(cntvct_el0) - start;
    return (unsigned)(6 * count * READ_REG(cntfrq_el0) / (ticks ? ticks : 1) / 1000000);
}
