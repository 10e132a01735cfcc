/* The Arm Generic Interrupt Controller, version 2. */
#ifndef ULNA_DEVICES_GICV2_H
#define ULNA_DEVICES_GICV2_H

#include "base/irq.h"
#include "mmu/device.h"

struct log;

enum {
    GICV2_MAX_CPUS = 8,
    GICV2_LINES = 256,          /* interrupt IDs: 16 SGIs, 16 PPIs, 224 SPIs */
    GICV2_SPI_BASE = 32,        /* INTID of SPI 0 */
    GICV2_PPI_BASE = 16,        /* INTID of PPI 0 */
    GICV2_CPU_OFFSET = 0x10000, /* the board puts the CPU interface so far after the distributor */
};

/* What one CPU interface drives. Called with the controller's lock held, from any thread: the
 * receiver only takes note and wakes its CPU, it never calls the controller back. */
struct gicv2_output {
    struct irq irq, fiq;
};

/* The distributor, as the device to put at its base; `cpus` (1 to GICV2_MAX_CPUS) outputs are
 * copied. The CPU interface is a second window of the same device: bus_add_window(bus, base +
 * GICV2_CPU_OFFSET, gicv2_cpu_ops(), device, err). NULL when out of memory or for a number of CPUs
 * that is not possible. */
struct device *gicv2_new(struct log *log, unsigned cpus, const struct gicv2_output *outputs);
const struct device_ops *gicv2_cpu_ops(void);

/* Input lines, to be given to the devices of the board. An SPI or PPI out of range is not
 * connected. */
struct irq gicv2_spi(struct device *gic, unsigned spi);
struct irq gicv2_ppi(struct device *gic, unsigned cpu, unsigned ppi);

#endif
