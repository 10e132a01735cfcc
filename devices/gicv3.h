/* The Arm Generic Interrupt Controller, version 3: distributor, redistributors, ITS. */
#ifndef ULNA_DEVICES_GICV3_H
#define ULNA_DEVICES_GICV3_H

#include "base/irq.h"
#include "mmu/device.h"

struct bus;
struct gic_interface;

enum {
    GICV3_MAX_CPUS = 64,
    GICV3_LINES = 288,                    /* interrupt IDs: 16 SGIs, 16 PPIs, 256 SPIs */
    GICV3_SPI_BASE = 32,                  /* INTID of SPI 0 */
    GICV3_PPI_BASE = 16,                  /* INTID of PPI 0 */
    GICV3_ITS_OFFSET = 0x80000,           /* from the distributor, where the board puts the ITS */
    GICV3_REDISTRIBUTOR_OFFSET = 0xa0000, /* and the redistributors, */
    GICV3_REDISTRIBUTOR_ROOM = 0xf60000,  /* with room for so many bytes of them */
};

/* One CPU: what its interface drives, from any thread (the receiver takes note and wakes its CPU,
 * it never calls the controller back), and MPIDR_EL1.Aff3 to Aff0 in four bytes. */
struct gicv3_cpu {
    struct irq irq, fiq;
    uint32_t affinity;
};

/* The distributor, as the device to put at its base. With a `bus`, where the tables of LPIs are,
 * there are LPIs, and the board has to have an ITS. `cpus` (1 to GICV3_MAX_CPUS) descriptions are
 * copied. The redistributors are a second window of the same device: bus_add_window(bus, base +
 * GICV3_REDISTRIBUTOR_OFFSET, gicv3_redistributor_ops(device), device, err). NULL when out of
 * memory or for a number of CPUs that is not possible. */
struct device *gicv3_new(struct log *log, struct bus *bus, unsigned cpus,
                         const struct gicv3_cpu *cpu);
const struct device_ops *gicv3_redistributor_ops(const struct device *gic);

/* The CPU interface of a CPU, for cpu_config.gic; it lives as long as the device. */
struct gic_interface *gicv3_interface(struct device *gic, unsigned cpu);

/* Input lines, to be given to the devices of the board. An SPI or PPI out of range is not
 * connected. */
struct irq gicv3_spi(struct device *gic, unsigned spi);
struct irq gicv3_ppi(struct device *gic, unsigned cpu, unsigned ppi);

/* --- The ITS, a device of its own: messages of devices become LPIs --- */

/* For a GIC with LPIs, whose bus it shares. NULL when out of memory. */
struct device *gicv3_its_new(struct log *log, struct device *gic);
/* What a device of the board does by writing `event` to GITS_TRANSLATER; any thread. */
void gicv3_its_send(struct device *its, uint32_t device_id, uint32_t event);
/* Its node, within that of the distributor. */
void gicv3_its_describe(struct fdt *fdt, uint64_t base);

#endif
