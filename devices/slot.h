/* Where the board put a device: what a describe() function needs and the device itself does not
 * know. */
#ifndef ULNA_DEVICES_SLOT_H
#define ULNA_DEVICES_SLOT_H

#include <stdint.h>

struct slot {
    const char *name; /* of the board row */
    uint64_t base;    /* guest physical address */
    uint64_t size;    /* bytes decoded */
    int spi;          /* interrupt number as the device tree counts it, -1: none */
    uint32_t gic;     /* phandle of the interrupt controller */
    uint32_t clock;   /* phandle of apb-pclk, the fixed 24 MHz clock */
};

#endif
