/* The virtio-mmio transport: Virtual I/O Device (VIRTIO) 1.2, sections 4.2.2 and 4.2.4 (legacy
 * interface), for a slot without a back end. DeviceID 0 tells the driver to leave the rest alone;
 * what it touches nevertheless reads as zero and ignores writes. */
#include "devices/virtio_mmio.h"

#include <stdlib.h>

#include "devices/fdt.h"
#include "devices/slot.h"

enum reg {
    MagicValue = 0x000,
    Version = 0x004,
    DeviceID = 0x008,
    VendorID = 0x00c,
    CONFIG = 0x100, /* the device's own configuration space */
};

#define MAGIC  0x74726976u /* "virt" */
#define LEGACY 1
#define VENDOR 0x554d4551u /* what QEMU's slots say, and some guests look for */

struct virtio_mmio {
    struct device device;
};

static uint64_t virtio_mmio_read(struct device *device, uint64_t offset, unsigned width)
{
    if (offset < CONFIG && width != 4) {
        device_guest_error(device, "%u-byte read of register 0x%x: they are words", width,
                           (unsigned)offset);
        return 0;
    }
    switch (offset) {
    case MagicValue:
        return MAGIC;
    case Version:
        return LEGACY;
    case DeviceID:
        return 0;
    case VendorID:
        return VENDOR;
    }
    device_guest_error(device, "read of offset 0x%x of an empty slot", (unsigned)offset);
    return 0;
}

static void virtio_mmio_write(struct device *device, uint64_t offset, unsigned width,
                              uint64_t value)
{
    device_guest_error(device, "%u-byte write of 0x%x to offset 0x%x of an empty slot", width,
                       (unsigned)value, (unsigned)offset);
}

static void virtio_mmio_describe(const struct device *device, struct fdt *fdt,
                                 const struct slot *slot)
{
    (void)device;
    fdt_node_begin_at(fdt, "virtio_mmio", slot->base);
    fdt_prop_string(fdt, "compatible", "virtio,mmio");
    fdt_prop_reg(fdt, slot->base, slot->size);
    fdt_prop_cells(fdt, "interrupts", FDT_GIC_SPI, (uint32_t)slot->spi, FDT_IRQ_EDGE_RISING);
    fdt_prop_empty(fdt, "dma-coherent");
    fdt_node_end(fdt);
}

static void virtio_mmio_destroy(struct device *device)
{
    device_fini(device);
    free(device);
}

static const struct device_ops virtio_mmio_ops = {
    .name = "virtio-mmio",
    .size = VIRTIO_MMIO_SIZE,
    .width_min = 1,
    .width_max = 4,
    .read = virtio_mmio_read,
    .write = virtio_mmio_write,
    .describe = virtio_mmio_describe,
    .destroy = virtio_mmio_destroy,
};

struct device *virtio_mmio_new(struct log *log)
{
    struct virtio_mmio *slot = calloc(1, sizeof(*slot));
    if (!slot)
        return NULL;
    device_init(&slot->device, &virtio_mmio_ops, log);
    return &slot->device;
}
