/* The Arm PrimeCell UART (PL011). */
#ifndef ULNA_DEVICES_PL011_H
#define ULNA_DEVICES_PL011_H

#include "base/irq.h"
#include "mmu/device.h"

struct chardev;
struct clock;
struct log;

/* `irq` is UARTINTR, the combined interrupt. `chardev` carries the bytes and may be NULL (output is
 * dropped, no input); it and the clock are borrowed and outlive the device. NULL when out of
 * memory. */
struct device *pl011_new(struct log *log, struct clock *clock, struct irq irq,
                         struct chardev *chardev);

#endif
