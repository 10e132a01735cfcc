/* The Arm PrimeCell GPIO (PL061): DDI 0190B. Eight pins, each with an edge or level interrupt.
 *
 * GPIODATA takes 0x400 bytes: address bits <9:2> mask the pins that an access touches, 3.3.1.
 * Nothing is connected to the outputs of the board. Deviation: GPIOAFSEL is kept but there is no
 * hardware to hand the pins to. */
#include "devices/pl061.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/clock.h"
#include "devices/fdt.h"
#include "devices/slot.h"

#define PRESS_NS  100000000ull
#define KEY_POWER 116 /* of Linux's input event codes */

enum reg {
    GPIODATA = 0x000,
    GPIODIR = 0x400,
    GPIOIS = 0x404,
    GPIOIBE = 0x408,
    GPIOIEV = 0x40c,
    GPIOIE = 0x410,
    GPIORIS = 0x414,
    GPIOMIS = 0x418,
    GPIOIC = 0x41c,
    GPIOAFSEL = 0x420,
    GPIOPeriphID0 = 0xfe0,
    GPIOPCellID3 = 0xffc,
};

static const uint8_t ids[] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

struct pl061 {
    struct device device;
    struct clock *clock;
    struct irq irq;
    struct clock_timer release;
    uint64_t release_at; /* ns */
    uint8_t input;       /* the level at each pin */
    uint8_t output;
    uint8_t dir;          /* 1: output */
    uint8_t is, ibe, iev; /* level-sensitive, both edges, rising or high */
    uint8_t ie, afsel;
    uint8_t edges; /* latched edges: GPIORIS of the edge-triggered pins */
};

static struct pl061 *pl061_of(struct device *device)
{
    return (struct pl061 *)device;
}

static uint8_t raw_status(const struct pl061 *gpio)
{
    uint8_t levels = gpio->is & ~gpio->dir & (uint8_t) ~(gpio->input ^ gpio->iev);
    return levels | (gpio->edges & ~gpio->is);
}

static void update_irq(struct pl061 *gpio)
{
    irq_set(&gpio->irq, (raw_status(gpio) & gpio->ie) != 0);
}

static void set_inputs(struct pl061 *gpio, uint8_t input)
{
    uint8_t changed = (uint8_t)(gpio->input ^ input) & ~gpio->dir & ~gpio->is;
    uint8_t wanted = gpio->ibe | (uint8_t) ~(input ^ gpio->iev);
    gpio->edges |= changed & wanted;
    gpio->input = input;
    update_irq(gpio);
}

void pl061_set_input(struct device *device, unsigned pin, bool level)
{
    struct pl061 *gpio = pl061_of(device);
    if (pin >= PL061_PINS)
        return;
    pthread_mutex_lock(&device->lock);
    set_inputs(gpio, (uint8_t)bits_put(gpio->input, pin, 1, level));
    pthread_mutex_unlock(&device->lock);
}

void pl061_press_power_key(struct device *device)
{
    struct pl061 *gpio = pl061_of(device);
    pthread_mutex_lock(&device->lock);
    set_inputs(gpio, gpio->input | 1 << PL061_POWER_PIN);
    gpio->release_at = clock_now(gpio->clock) + PRESS_NS;
    clock_arm(gpio->clock, &gpio->release, gpio->release_at);
    pthread_mutex_unlock(&device->lock);
}

static void release_fire(void *opaque)
{
    struct pl061 *gpio = opaque;
    pthread_mutex_lock(&gpio->device.lock);
    if (clock_now(gpio->clock) >= gpio->release_at) /* not pressed again meanwhile */
        set_inputs(gpio, gpio->input & (uint8_t) ~(1 << PL061_POWER_PIN));
    pthread_mutex_unlock(&gpio->device.lock);
}

static uint8_t read_register(struct pl061 *gpio, uint64_t reg)
{
    if (reg < GPIODIR) {
        uint8_t pins = (gpio->input & ~gpio->dir) | (gpio->output & gpio->dir);
        return pins & (uint8_t)(reg >> 2);
    }
    if (reg >= GPIOPeriphID0 && reg <= GPIOPCellID3)
        return ids[(reg - GPIOPeriphID0) / 4];
    switch (reg) {
    case GPIODIR:
        return gpio->dir;
    case GPIOIS:
        return gpio->is;
    case GPIOIBE:
        return gpio->ibe;
    case GPIOIEV:
        return gpio->iev;
    case GPIOIE:
        return gpio->ie;
    case GPIORIS:
        return raw_status(gpio);
    case GPIOMIS:
        return raw_status(gpio) & gpio->ie;
    case GPIOAFSEL:
        return gpio->afsel;
    }
    device_guest_error(&gpio->device, "read of write-only or reserved offset 0x%x", (unsigned)reg);
    return 0;
}

static void write_register(struct pl061 *gpio, uint64_t reg, uint8_t value)
{
    if (reg < GPIODIR) { /* only pins that are outputs take a value */
        uint8_t mask = (uint8_t)(reg >> 2) & gpio->dir;
        gpio->output = (gpio->output & ~mask) | (value & mask);
        return;
    }
    switch (reg) {
    case GPIODIR:
        gpio->dir = value;
        break;
    case GPIOIS:
        gpio->is = value;
        break;
    case GPIOIBE:
        gpio->ibe = value;
        break;
    case GPIOIEV:
        gpio->iev = value;
        break;
    case GPIOIE:
        gpio->ie = value;
        break;
    case GPIOIC:
        gpio->edges &= ~value;
        break;
    case GPIOAFSEL:
        gpio->afsel = value;
        break;
    default:
        device_guest_error(&gpio->device, "write of 0x%x to read-only or reserved offset 0x%x",
                           value, (unsigned)reg);
        return;
    }
    update_irq(gpio);
}

/* The registers are bytes at word distance. */
static uint64_t pl061_read(struct device *device, uint64_t offset, unsigned width)
{
    if (!(offset & 3))
        return read_register(pl061_of(device), offset);
    device_guest_error(device, "%u-byte read beside the register at 0x%x", width,
                       (unsigned)(offset & ~3ull));
    return 0;
}

static void pl061_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    if (!(offset & 3))
        write_register(pl061_of(device), offset, (uint8_t)value);
    else
        device_guest_error(device, "%u-byte write beside the register at 0x%x", width,
                           (unsigned)(offset & ~3ull));
}

static void pl061_reset(struct device *device)
{
    struct pl061 *gpio = pl061_of(device);
    gpio->output = gpio->dir = 0;
    gpio->is = gpio->ibe = gpio->iev = 0;
    gpio->ie = gpio->afsel = gpio->edges = 0;
    update_irq(gpio);
}

static void pl061_describe(const struct device *device, struct fdt *fdt, const struct slot *slot)
{
    uint32_t phandle = fdt_phandle_new(fdt);
    (void)device;
    fdt_node_begin_at(fdt, "pl061", slot->base);
    fdt_prop_list(fdt, "compatible", "arm,pl061", "arm,primecell");
    fdt_prop_reg(fdt, slot->base, slot->size);
    fdt_prop_cells(fdt, "interrupts", FDT_GIC_SPI, (uint32_t)slot->spi, FDT_IRQ_LEVEL_HIGH);
    fdt_prop_u32(fdt, "clocks", slot->clock);
    fdt_prop_string(fdt, "clock-names", "apb_pclk");
    fdt_prop_empty(fdt, "gpio-controller");
    fdt_prop_u32(fdt, "#gpio-cells", 2);
    fdt_prop_phandle(fdt, phandle);
    fdt_node_end(fdt);

    fdt_node_begin(fdt, "gpio-keys");
    fdt_prop_string(fdt, "compatible", "gpio-keys");
    fdt_node_begin(fdt, "poweroff");
    fdt_prop_string(fdt, "label", "GPIO Key Poweroff");
    fdt_prop_u32(fdt, "linux,code", KEY_POWER);
    fdt_prop_cells(fdt, "gpios", phandle, PL061_POWER_PIN, 0);
    fdt_node_end(fdt);
    fdt_node_end(fdt);
}

static void pl061_destroy(struct device *device)
{
    struct pl061 *gpio = pl061_of(device);
    clock_cancel(gpio->clock, &gpio->release);
    device_fini(device);
    free(gpio);
}

static const struct device_ops pl061_ops = {
    .name = "pl061",
    .size = 0x1000,
    .width_min = 1,
    .width_max = 4,
    .read = pl061_read,
    .write = pl061_write,
    .reset = pl061_reset,
    .describe = pl061_describe,
    .destroy = pl061_destroy,
};

struct device *pl061_new(struct log *log, struct clock *clock, struct irq irq)
{
    struct pl061 *gpio = calloc(1, sizeof(*gpio));
    if (!gpio)
        return NULL;
    device_init(&gpio->device, &pl061_ops, log);
    gpio->clock = clock;
    gpio->irq = irq;
    gpio->release = (struct clock_timer){.fire = release_fire, .opaque = gpio};
    device_reset(&gpio->device);
    return &gpio->device;
}
