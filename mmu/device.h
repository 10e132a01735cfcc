/* The device contract: what the bus asks of anything that answers at an address. It stands in mmu/
 * because the bus dispatches to it and owns the devices; the devices themselves are in devices/.
 *
 * A device sees offsets, `struct irq` values, a back end and a clock; never its address, its
 * interrupt number, the CPU, stdio or SDL. Model files: devices/pl031.c (small), devices/pl011.c
 * (with a back end). */
#ifndef ULNA_MMU_DEVICE_H
#define ULNA_MMU_DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct device;
struct log;
struct fdt;  /* devices/fdt.h: a device tree being written */
struct slot; /* devices/slot.h: where the board put the device */

struct device_ops {
    const char *name; /* log category and device-tree stem, e.g. "pl011" */
    uint64_t size;    /* MMIO bytes decoded */
    uint8_t width_min,
        width_max; /* accepted access widths in bytes; the bus splits or rejects the rest */
    /* `offset` is below size and aligned to `width`; called with device->lock held. Reads return
     * the value in the low bits. A guest's mistake is logged (LOG_GUEST_ERRORS) and answered as the
     * device's manual says. */
    uint64_t (*read)(struct device *device, uint64_t offset, unsigned width);
    void (*write)(struct device *device, uint64_t offset, unsigned width, uint64_t value);
    void (*reset)(struct device *device); /* power-on state; called with the lock held */
    /* Writes its own device-tree node; NULL for none. */
    void (*describe)(const struct device *device, struct fdt *fdt, const struct slot *slot);
    void (*destroy)(struct device *device); /* frees the device itself */
};

/* The head of every device structure (`struct pl011 { struct device device; ... }`). */
struct device {
    const struct device_ops *ops;
    struct log *log; /* borrowed from the machine */
    pthread_mutex_t lock;
    unsigned requester; /* index of the CPU whose access is being served; under the lock */
};

/* Fills the head; the constructor of each device calls it first. */
void device_init(struct device *device, const struct device_ops *ops, struct log *log);
/* Undoes device_init; each ops->destroy calls it before free(). */
void device_fini(struct device *device);
/* ops->reset under the lock, when there is one. */
void device_reset(struct device *device);

/* One line in the log: "pl011: write to reserved offset 0x..." */
void device_guest_error(const struct device *device, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void device_unimp(const struct device *device, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
