/* The Arm Generic Interrupt Controller version 3, its distributor: IHI 0069H, 12.9 (GICD_*). One
 * Security state (GICD_CTLR.DS is 1), affinity routing always (ARE is 1), 256 SPIs, each to one CPU
 * (1 of N is not there, GICD_TYPER.No1N), no message-based SPIs. The files of a GICv3:
 *
 *   gicv3.c                distributor: SPIs, where they go
 *   gicv3_redistributor.c  SGIs and PPIs, what is most urgent for a CPU
 *   gicv3_lines.c          32 interrupts, of which both are made
 *   gicv3_lpi.c            LPIs of a CPU
 *   gicv3_its.c            the ITS, a device of its own: messages to LPIs
 *   cpu/gic.c              CPU interfaces: acknowledge, end, masks
 *
 * gicv3_internal.h says how threads get along. */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/fdt.h"
#include "devices/gicv3_internal.h"
#include "devices/slot.h"

#define LINE_CPU_SHIFT 16 /* struct irq line: INTID, and the CPU of a PPI above it */

enum reg {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_TYPER2 = 0x000c,
    GICD_STATUSR = 0x0010,
    GICD_SGIR = 0x0f00,
    GICD_CPENDSGIR = 0x0f10,
    GICD_SPENDSGIR = 0x0f20,
    GICD_SPENDSGIR_END = 0x0f30,
    GICD_IROUTER = 0x6000,
    GICD_IROUTER_END = GICD_IROUTER + 8 * 1020,
};

enum {
    TYPER = (GICV3_WORDS - 1) /* ITLinesNumber */ | (GICV3_ID_BITS - 1) << 19 /* IDbits */ |
            1 << 24 /* A3V */ | 1 << 25 /* No1N */,
    TYPER_LPIS = 1 << 17,
};

#define AFFINITY_MASK 0xff00ffffffull /* in GICD_IROUTER, where Aff3 is in bits <39:32> */

/* --- Where interrupts go ----------------------------------------------------------------- */

static struct gicv3_redistributor *cpu_at(struct gicv3 *gic, uint32_t affinity)
{
    for (unsigned i = 0; i < gic->cpu_count; i++)
        if (gic->cpu[i].affinity == affinity)
            return &gic->cpu[i];
    return NULL;
}

struct gicv3_redistributor *gicv3_target(struct gicv3 *gic, unsigned intid)
{
    uint8_t number = atomic_load(&gic->route[intid]);

    return number == GICV3_NO_CPU ? NULL : &gic->cpu[number];
}

/* Both CPUs see the interrupt for a moment, rather than none; one of them can get it. */
static void route(struct gicv3 *gic, unsigned intid, uint64_t router)
{
    struct gicv3_redistributor *old = gicv3_target(gic, intid), *new;
    uint32_t bit = 1u << intid % 32;

    gic->router[intid] = router & AFFINITY_MASK;
    new = cpu_at(gic, (uint32_t)(bits_get(router, 32, 8) << 24 | bits_get(router, 0, 24)));
    atomic_store(&gic->route[intid], new ? new->number : GICV3_NO_CPU);
    if (new)
        atomic_fetch_or(&new->target[intid / 32], bit);
    if (old && old != new) {
        atomic_fetch_and(&old->target[intid / 32], ~bit);
        gic_changed(&old->interface);
    }
    if (new)
        gic_changed(&new->interface);
}

static void all_changed(struct gicv3 *gic)
{
    for (unsigned i = 0; i < gic->cpu_count; i++)
        gic_changed(&gic->cpu[i].interface);
}

/* --- Input lines ------------------------------------------------------------------------- */

static void set_spi(void *controller, unsigned intid, bool level)
{
    struct gicv3 *gic = controller;
    struct gicv3_redistributor *target;

    if (!gicv3_lines_input(&gic->shared[intid / 32], 1u << intid % 32, level))
        return;
    target = gicv3_target(gic, intid);
    if (target)
        gic_changed(&target->interface);
}

static void set_ppi(void *controller, unsigned line, bool level)
{
    struct gicv3 *gic = controller;
    struct gicv3_redistributor *cpu = &gic->cpu[line >> LINE_CPU_SHIFT];

    if (gicv3_lines_input(&cpu->banked, 1u << line % 32, level))
        gic_changed(&cpu->interface);
}

struct irq gicv3_spi(struct device *device, unsigned spi)
{
    if (spi >= GICV3_LINES - GICV3_SPI_BASE)
        return (struct irq){0};
    return (struct irq){.set = set_spi, .controller = device, .line = GICV3_SPI_BASE + spi};
}

struct irq gicv3_ppi(struct device *device, unsigned cpu, unsigned ppi)
{
    if (ppi >= GICV3_SPI_BASE - GICV3_PPI_BASE || cpu >= gicv3_of(device)->cpu_count)
        return (struct irq){0};
    return (struct irq){.set = set_ppi,
                        .controller = device,
                        .line = cpu << LINE_CPU_SHIFT | (GICV3_PPI_BASE + ppi)};
}

/* --- Registers --------------------------------------------------------------------------- */

/* The registers of SGIs and PPIs are the redistributors', those beyond the last SPI are RAZ/WI. */
static bool is_spi(unsigned intid)
{
    return intid >= GICV3_SPI_BASE && intid < GICV3_LINES;
}

static bool is_line_register(uint64_t offset)
{
    return offset >= GIC_IGROUPR && offset < GIC_LINE_END;
}

/* Registers of the legacy operation, and optional ones: RAZ/WI. */
static bool is_absent(uint64_t offset)
{
    return offset == GICD_TYPER2 || offset == GICD_STATUSR || offset == GICD_SGIR ||
           (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR_END);
}

static bool is_router(uint64_t offset)
{
    return offset >= GICD_IROUTER && offset < GICD_IROUTER_END;
}

static unsigned other_width(uint64_t offset)
{
    return is_router(offset) ? 8 : gicv3_narrow_width(offset);
}

static uint64_t read_router(const struct gicv3 *gic, uint64_t offset, unsigned width)
{
    unsigned intid = (unsigned)(offset - GICD_IROUTER) / 8;
    uint64_t value = is_spi(intid) ? gic->router[intid] : 0;

    return value >> 8 * (offset & 4) & bits_ones(8 * width);
}

static void write_router(struct gicv3 *gic, uint64_t offset, unsigned width, uint64_t value)
{
    unsigned intid = (unsigned)(offset - GICD_IROUTER) / 8;

    if (is_spi(intid))
        route(gic, intid,
              bits_put(gic->router[intid], 8 * (unsigned)(offset & 4), 8 * width, value));
}

static uint64_t gicv3_read(struct device *device, uint64_t offset, unsigned width)
{
    struct gicv3 *gic = gicv3_of(device);

    if (!gicv3_check_width(device, "GICD", offset, width, other_width(offset)))
        return 0;
    if (is_line_register(offset)) {
        unsigned intid = gicv3_first_line(offset);

        return is_spi(intid) ? gicv3_lines_read(&gic->shared[intid / 32], offset, width) : 0;
    }
    if (is_router(offset))
        return read_router(gic, offset, width);
    if (offset >= GICV3_ID)
        return gicv3_read_id(offset, GICV3_PIDR0_DISTRIBUTOR);
    switch (offset) {
    case GICD_CTLR:
        return atomic_load(&gic->ctlr);
    case GICD_TYPER:
        return TYPER | (gic->bus ? TYPER_LPIS : 0);
    case GICD_IIDR:
        return GICV3_IIDR;
    default:
        if (!is_absent(offset))
            device_guest_error(device, "read of write-only or reserved GICD offset 0x%x",
                               (unsigned)offset);
        return 0;
    }
}

static void write_lines(struct gicv3 *gic, uint64_t offset, unsigned width, uint32_t value)
{
    unsigned intid = gicv3_first_line(offset);

    if (!is_spi(intid))
        return;
    gicv3_lines_write(&gic->shared[intid / 32], offset, width, value);
    for (unsigned i = 0; i < gic->cpu_count; i++)
        if (atomic_load(&gic->cpu[i].target[intid / 32]))
            gic_changed(&gic->cpu[i].interface);
}

static void gicv3_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    struct gicv3 *gic = gicv3_of(device);

    if (!gicv3_check_width(device, "GICD", offset, width, other_width(offset)))
        return;
    if (is_line_register(offset)) {
        write_lines(gic, offset, width, (uint32_t)value);
    } else if (is_router(offset)) {
        write_router(gic, offset, width, value);
    } else if (offset == GICD_CTLR) {
        atomic_store(&gic->ctlr, (value & (GICD_GROUP0 | GICD_GROUP1)) | GICD_ARE | GICD_DS);
        all_changed(gic);
    } else if (!is_absent(offset)) {
        device_guest_error(device, "write of 0x%x to read-only or reserved GICD offset 0x%x",
                           (uint32_t)value, (unsigned)offset);
    }
}

/* --- The device -------------------------------------------------------------------------- */

static void gicv3_reset(struct device *device)
{
    struct gicv3 *gic = gicv3_of(device);

    atomic_store(&gic->ctlr, GICD_ARE | GICD_DS);
    for (unsigned word = 1; word < GICV3_WORDS; word++)
        gicv3_lines_reset(&gic->shared[word], 0);
    for (unsigned i = 0; i < gic->cpu_count; i++)
        gicv3_redistributor_reset(&gic->cpu[i]);
    for (unsigned intid = GICV3_SPI_BASE; intid < GICV3_LINES; intid++)
        route(gic, intid, 0);
    all_changed(gic);
}

static void gicv3_describe(const struct device *device, struct fdt *fdt, const struct slot *slot)
{
    const uint64_t reg[] = {slot->base, GICV3_FRAME_SIZE, slot->base + GICV3_REDISTRIBUTOR_OFFSET,
                            GICV3_REDISTRIBUTOR_ROOM};

    fdt_node_begin_at(fdt, "intc", slot->base);
    fdt_prop_string(fdt, "compatible", "arm,gic-v3");
    fdt_prop_empty(fdt, "interrupt-controller");
    fdt_prop_u32(fdt, "#interrupt-cells", 3);
    fdt_prop_u64s(fdt, "reg", reg, ARRAY_SIZE(reg));
    fdt_prop_u32(fdt, "#redistributor-regions", 1);
    fdt_prop_u32(fdt, "#address-cells", 2);
    fdt_prop_u32(fdt, "#size-cells", 2);
    fdt_prop_empty(fdt, "ranges");
    fdt_prop_phandle(fdt, slot->gic);
    if (((const struct gicv3 *)device)->bus)
        gicv3_its_describe(fdt, slot->base + GICV3_ITS_OFFSET);
    fdt_node_end(fdt);
}

static void gicv3_destroy(struct device *device)
{
    device_fini(device);
    free(gicv3_of(device));
}

static const struct device_ops distributor_ops = {
    .name = "gicv3",
    .size = GICV3_FRAME_SIZE,
    .width_min = 1,
    .width_max = 8,
    .read = gicv3_read,
    .write = gicv3_write,
    .reset = gicv3_reset,
    .describe = gicv3_describe,
    .destroy = gicv3_destroy,
};

const struct device_ops *gicv3_redistributor_ops(const struct device *device)
{
    return &((const struct gicv3 *)device)->redistributor_ops;
}

struct gic_interface *gicv3_interface(struct device *device, unsigned cpu)
{
    return &gicv3_of(device)->cpu[cpu].interface;
}

struct device *gicv3_new(struct log *log, struct bus *bus, unsigned cpus,
                         const struct gicv3_cpu *cpu)
{
    size_t size = sizeof(struct gicv3) + cpus * sizeof(struct gicv3_redistributor);
    struct gicv3 *gic;

    if (cpus < 1 || cpus > GICV3_MAX_CPUS)
        return NULL;
    gic = aligned_alloc(_Alignof(struct gicv3), align_up(size, _Alignof(struct gicv3)));
    if (!gic)
        return NULL;
    memset(gic, 0, size);
    device_init(&gic->device, &distributor_ops, log);
    gic->redistributor_ops = gicv3_redistributor_template;
    gic->redistributor_ops.size *= cpus;
    gic->bus = bus;
    gic->cpu_count = cpus;
    for (unsigned i = 0; i < cpus; i++) {
        struct gicv3_redistributor *redistributor = &gic->cpu[i];

        redistributor->gic = gic;
        redistributor->number = i;
        redistributor->affinity = cpu[i].affinity;
        redistributor->interface.ops = &gicv3_interface_ops;
        redistributor->interface.opaque = redistributor;
        redistributor->interface.irq = cpu[i].irq;
        redistributor->interface.fiq = cpu[i].fiq;
        redistributor->interface.lines = GICV3_LINES;
        gic_reset(&redistributor->interface);
    }
    device_reset(&gic->device);
    return &gic->device;
}
