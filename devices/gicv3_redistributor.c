/* The redistributors of a GICv3: IHI 0069H, 12.11 (GICR_*). One stands between the distributor and
 * each CPU interface: it has the SGIs and PPIs of its CPU, and finds what is most urgent for it.
 * The frames of all CPUs are side by side in one window, two for each.
 *
 * Deviation: GICR_WAKER holds nothing back. A CPU that sleeps is woken by its interrupt lines
 * whatever the register says, so that programs that never heard of it get their interrupts. */
#include "base/bits.h"
#include "devices/gicv3_internal.h"

#define FRAMES   (2 * GICV3_FRAME_SIZE) /* of one CPU */
#define SGI_BASE GICV3_FRAME_SIZE       /* the second of them */

enum reg {
    GICR_CTLR = 0x0000,
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008,
    GICR_STATUSR = 0x0010,
    GICR_WAKER = 0x0014,
    GICR_PROPBASER = 0x0070,
    GICR_PENDBASER = 0x0078,
};

#define PROPBASER_MASK 0x070fffffffffff9full /* OuterCache, address, attributes, IDbits */
#define PENDBASER_MASK 0x070fffffffff0f80ull /* the same without IDbits; PTZ reads as 0 */

enum {
    CTLR_ENABLE_LPIS = 1 << 0,
    CTLR_CES = 1 << 1, /* EnableLPIs may be cleared */
    TYPER_PLPIS = 1 << 0,
    TYPER_LAST = 1 << 4,
    TYPER_NUMBER = 8, /* Processor_Number */
    TYPER_COMMON_AFF3 = 1 << 24,
    WAKER_SLEEP = 1 << 1,
    WAKER_ASLEEP = 1 << 2,
};

/* --- The CPU interface's side ------------------------------------------------------------ */

static struct gicv3_lines *lines_of(struct gicv3_redistributor *cpu, unsigned intid)
{
    return intid < GICV3_SPI_BASE ? &cpu->banked : &cpu->gic->shared[intid / 32];
}

static struct gic_pending highest(void *opaque)
{
    struct gicv3_redistributor *cpu = opaque;
    const struct gicv3 *gic = cpu->gic;
    struct gic_pending best = {.intid = GIC_SPURIOUS, .priority = 0xff};
    uint32_t ctlr = atomic_load(&gic->ctlr);

    for (unsigned word = 0; word < GICV3_WORDS; word++) {
        const struct gicv3_lines *lines = word ? &gic->shared[word] : &cpu->banked;
        uint32_t pending = gicv3_lines_pending(lines);

        if (word)
            pending &= atomic_load(&cpu->target[word]);
        if (pending) /* rarely */
            gicv3_lines_highest(lines, word * 32, pending, ctlr, &best);
    }
    if (ctlr & GICD_GROUP1)
        gicv3_lpi_highest(&cpu->lpis, &best);
    return best;
}

/* The interface calls gic_changed() for its own CPU; an SPI may have been given another one
 * meanwhile. */
static void tell_target(struct gicv3_redistributor *cpu, unsigned intid)
{
    struct gicv3_redistributor *target = gicv3_target(cpu->gic, intid);

    if (target && target != cpu)
        gic_changed(&target->interface);
}

static bool activate(void *opaque, uint32_t intid)
{
    struct gicv3_redistributor *cpu = opaque;
    bool done;

    if (intid >= GIC_LPI_BASE)
        return gicv3_lpi_activate(cpu, intid);
    done = gicv3_lines_activate(lines_of(cpu, intid), 1u << intid % 32);
    if (intid >= GICV3_SPI_BASE)
        tell_target(cpu, intid);
    return done;
}

static bool deactivate(void *opaque, uint32_t intid)
{
    struct gicv3_redistributor *cpu = opaque;
    uint32_t bit = 1u << intid % 32;
    bool done = atomic_fetch_and(&lines_of(cpu, intid)->active, ~bit) & bit;

    if (intid >= GICV3_SPI_BASE)
        tell_target(cpu, intid);
    return done;
}

static bool is_target(const struct gicv3_redistributor *cpu, const struct gic_sgi *sgi)
{
    unsigned number = cpu->affinity & 0xff;

    return cpu->affinity >> 8 == sgi->cluster && number < 16 && bit_get(sgi->targets, number);
}

static void send_sgi(void *opaque, const struct gic_sgi *sgi)
{
    struct gicv3_redistributor *self = opaque;
    struct gicv3 *gic = self->gic;
    uint32_t bit = 1u << sgi->intid;

    for (unsigned i = 0; i < gic->cpu_count; i++) {
        struct gicv3_redistributor *cpu = &gic->cpu[i];

        if (sgi->others ? cpu == self : !is_target(cpu, sgi))
            continue;
        if (!(atomic_load(&cpu->banked.group) & bit) == sgi->group1)
            continue;
        if (!(atomic_fetch_or(&cpu->banked.latch, bit) & bit))
            gic_changed(&cpu->interface);
    }
}

const struct gic_ops gicv3_interface_ops = {
    .highest = highest,
    .activate = activate,
    .deactivate = deactivate,
    .send_sgi = send_sgi,
};

/* --- Registers --------------------------------------------------------------------------- */

static uint64_t read_typer(const struct gicv3_redistributor *cpu)
{
    bool last = cpu->number + 1 == cpu->gic->cpu_count;

    return (uint64_t)cpu->affinity << 32 | TYPER_COMMON_AFF3 | cpu->number << TYPER_NUMBER |
           (last ? TYPER_LAST : 0) | (cpu->gic->bus ? TYPER_PLPIS : 0);
}

/* The registers of 64 bits, which can be had as two words. */
static bool is_wide(uint64_t offset)
{
    return offset == GICR_TYPER || offset == GICR_PROPBASER || offset == GICR_PENDBASER;
}

static bool is_lpi_register(uint64_t offset)
{
    return offset >= GICR_PROPBASER && offset < GICR_PENDBASER + 8;
}

/* Without LPIs the registers are reserved. */
static uint64_t *lpi_register(struct gicv3_redistributor *cpu, uint64_t offset)
{
    return offset < GICR_PENDBASER ? &cpu->lpis.propbaser : &cpu->lpis.pendbaser;
}

static void write_lpi_register(struct gicv3_redistributor *cpu, uint64_t offset, uint32_t value)
{
    uint64_t *place = lpi_register(cpu, offset);

    if (cpu->lpis.enabled) /* UNPREDICTABLE: ignored */
        device_guest_error(&cpu->gic->device,
                           "write of 0x%x to GICR offset 0x%x ignored: LPIs are enabled", value,
                           (unsigned)offset);
    else
        *place = bits_put(*place, 8 * (unsigned)(offset & 4), 32, value) &
                 (offset < GICR_PENDBASER ? PROPBASER_MASK : PENDBASER_MASK);
}

/* The first frame, word by word. */
static uint32_t read_control(struct gicv3_redistributor *cpu, uint64_t offset)
{
    if (offset >= GICV3_ID)
        return gicv3_read_id(offset, GICV3_PIDR0_REDISTRIBUTOR);
    if (is_lpi_register(offset))
        return (uint32_t)(*lpi_register(cpu, offset) >> 8 * (offset & 4));
    switch (offset) {
    case GICR_CTLR:
        return cpu->gic->bus ? CTLR_CES | (cpu->lpis.enabled ? CTLR_ENABLE_LPIS : 0) : 0;
    case GICR_STATUSR: /* not implemented: RAZ/WI */
        return 0;
    case GICR_IIDR:
        return GICV3_IIDR;
    case GICR_TYPER:
        return (uint32_t)read_typer(cpu);
    case GICR_TYPER + 4:
        return read_typer(cpu) >> 32;
    case GICR_WAKER:
        return cpu->waker;
    default:
        device_guest_error(&cpu->gic->device, "read of write-only or reserved GICR offset 0x%x",
                           (unsigned)offset);
        return 0;
    }
}

static void write_control(struct gicv3_redistributor *cpu, uint64_t offset, uint32_t value)
{
    if (is_lpi_register(offset) && cpu->gic->bus) {
        write_lpi_register(cpu, offset, value);
        return;
    }
    switch (offset) {
    case GICR_CTLR:
        if (cpu->gic->bus)
            gicv3_lpi_enable(cpu, value & CTLR_ENABLE_LPIS);
        break;
    case GICR_STATUSR:
        break;
    case GICR_WAKER: /* ChildrenAsleep follows at once */
        cpu->waker = value & WAKER_SLEEP ? WAKER_SLEEP | WAKER_ASLEEP : 0;
        break;
    default:
        device_guest_error(&cpu->gic->device,
                           "write of 0x%x to read-only or reserved GICR offset 0x%x", value,
                           (unsigned)offset);
    }
}

static bool is_line_register(uint64_t offset)
{
    return offset >= GIC_IGROUPR && offset < GIC_LINE_END && gicv3_first_line(offset) < 32;
}

static bool check_width(const struct gicv3_redistributor *cpu, uint64_t offset, unsigned width,
                        bool lines)
{
    if (lines)
        return gicv3_check_width(&cpu->gic->device, "GICR", SGI_BASE + offset, width,
                                 gicv3_narrow_width(offset));
    return gicv3_check_width(&cpu->gic->device, "GICR", offset, width, is_wide(offset) ? 8 : 4);
}

static uint64_t redistributor_read(struct device *device, uint64_t offset, unsigned width)
{
    struct gicv3_redistributor *cpu = &gicv3_of(device)->cpu[offset / FRAMES];
    bool lines = offset & SGI_BASE;

    offset %= GICV3_FRAME_SIZE;
    if (!check_width(cpu, offset, width, lines))
        return 0;
    if (width == 8)
        return read_control(cpu, offset) | (uint64_t)read_control(cpu, offset + 4) << 32;
    if (!lines || offset >= GICV3_ID)
        return read_control(cpu, offset);
    if (is_line_register(offset))
        return gicv3_lines_read(&cpu->banked, offset, width);
    device_guest_error(device, "read of reserved GICR offset 0x%x", SGI_BASE + (unsigned)offset);
    return 0;
}

static void redistributor_write(struct device *device, uint64_t offset, unsigned width,
                                uint64_t value)
{
    struct gicv3_redistributor *cpu = &gicv3_of(device)->cpu[offset / FRAMES];
    bool lines = offset & SGI_BASE;

    offset %= GICV3_FRAME_SIZE;
    if (!check_width(cpu, offset, width, lines))
        return;
    if (!lines) {
        write_control(cpu, offset, (uint32_t)value);
        if (width == 8)
            write_control(cpu, offset + 4, (uint32_t)(value >> 32));
    } else if (offset == GIC_ICFGR) { /* SGIs are always edge-triggered */
        return;
    } else if (is_line_register(offset)) {
        gicv3_lines_write(&cpu->banked, offset, width, (uint32_t)value);
        gic_changed(&cpu->interface);
    } else {
        device_guest_error(device, "write of 0x%x to reserved GICR offset 0x%x", (uint32_t)value,
                           SGI_BASE + (unsigned)offset);
    }
}

void gicv3_redistributor_reset(struct gicv3_redistributor *cpu)
{
    gicv3_lines_reset(&cpu->banked, 0xffff);
    gicv3_lpi_reset(cpu);
    cpu->waker = WAKER_SLEEP | WAKER_ASLEEP;
}

const struct device_ops gicv3_redistributor_template = {
    .name = "gicv3-redistributor",
    .size = FRAMES, /* of one CPU */
    .width_min = 1,
    .width_max = 8,
    .read = redistributor_read,
    .write = redistributor_write,
};
