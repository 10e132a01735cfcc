/* One virtio-mmio slot. */
#ifndef ULNA_DEVICES_VIRTIO_MMIO_H
#define ULNA_DEVICES_VIRTIO_MMIO_H

#include <stdint.h>

#include "mmu/device.h"

struct log;

#define VIRTIO_MMIO_SIZE 0x200 /* bytes of one slot */

/* A slot without a device behind it: drivers probe it and go on. NULL when out of memory. */
struct device *virtio_mmio_new(struct log *log);

#endif
