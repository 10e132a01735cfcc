/* The state of interrupts, 32 at a time, and the registers that show it: IHI 0069H, 12.9 and 12.11.
 * See gicv3_internal.h. */
#include "base/bits.h"
#include "devices/gicv3_internal.h"

/* --- Interrupts -------------------------------------------------------------------------- */

bool gicv3_lines_input(struct gicv3_lines *lines, uint32_t bit, bool level)
{
    uint32_t old =
        level ? atomic_fetch_or(&lines->input, bit) : atomic_fetch_and(&lines->input, ~bit);

    if (!(old & bit) == !level)
        return false;
    if (level)
        atomic_fetch_or(&lines->latch, atomic_load(&lines->edge) & bit);
    return true;
}

void gicv3_lines_highest(const struct gicv3_lines *lines, unsigned first, uint32_t pending,
                         uint32_t ctlr, struct gic_pending *best)
{
    uint32_t group = atomic_load(&lines->group);
    uint32_t set = pending & atomic_load(&lines->enabled) & ~atomic_load(&lines->active);

    set &= (ctlr & GICD_GROUP0 ? ~group : 0) | (ctlr & GICD_GROUP1 ? group : 0);
    for (; set; set &= set - 1) {
        unsigned bit = (unsigned)__builtin_ctz(set);
        uint8_t priority = atomic_load(&lines->priority[bit]);

        if (priority < best->priority)
            *best = (struct gic_pending){first + bit, priority, bit_get(group, bit)};
    }
}

/* Whoever sets `active` has it; unless there is nothing to have. An edge that comes before the
 * latch is cleared is one with the interrupt being acknowledged. */
bool gicv3_lines_activate(struct gicv3_lines *lines, uint32_t bit)
{
    uint32_t pending;

    if (atomic_fetch_or(&lines->active, bit) & bit)
        return false;
    pending = gicv3_lines_pending(lines);
    pending |= atomic_fetch_and(&lines->latch, ~bit);
    if (!(pending & bit))
        atomic_fetch_and(&lines->active, ~bit);
    return pending & bit;
}

void gicv3_lines_reset(struct gicv3_lines *lines, uint32_t edge)
{
    atomic_store(&lines->group, 0);
    atomic_store(&lines->enabled, 0);
    atomic_store(&lines->latch, 0);
    atomic_store(&lines->edge, edge);
    atomic_store(&lines->active, 0);
    for (unsigned i = 0; i < 32; i++)
        atomic_store(&lines->priority[i], 0);
}

/* --- Registers --------------------------------------------------------------------------- */

unsigned gicv3_first_line(uint64_t offset)
{
    if (offset < GIC_IPRIORITYR)
        return (unsigned)(offset % 0x80) * 8;
    if (offset < GIC_ICFGR)
        return (unsigned)(offset % 0x400);
    return (unsigned)(offset < GIC_IGRPMODR ? offset % 0x100 * 4 : 0);
}

unsigned gicv3_narrow_width(uint64_t offset)
{
    return offset >= GIC_IPRIORITYR && offset < GIC_ICFGR ? 1 : 4;
}

bool gicv3_check_width(const struct device *device, const char *frame, uint64_t offset,
                       unsigned width, unsigned other)
{
    if (width == 4 || width == other)
        return true;
    device_guest_error(device, "access of %u bytes to %s offset 0x%x ignored: it takes 4%s", width,
                       frame, (unsigned)offset,
                       other == 8   ? " or 8"
                       : other == 1 ? " or 1"
                                    : "");
    return false;
}

/* Two bits for each interrupt, of which the upper says edge-triggered. */
static uint32_t read_config(const struct gicv3_lines *lines, unsigned first)
{
    uint32_t edge = atomic_load(&lines->edge) >> first, value = 0;

    for (unsigned i = 0; i < 16; i++)
        value |= (edge >> i & 1) << (2 * i + 1);
    return value;
}

static void write_config(struct gicv3_lines *lines, unsigned first, uint32_t value)
{
    uint32_t edge = atomic_load(&lines->edge) & ~(0xffffu << first);

    for (unsigned i = 0; i < 16; i++)
        edge |= (value >> (2 * i + 1) & 1) << (first + i);
    atomic_store(&lines->edge, edge);
}

uint32_t gicv3_lines_read(const struct gicv3_lines *lines, uint64_t offset, unsigned width)
{
    unsigned first = gicv3_first_line(offset) % 32;
    uint32_t value = 0;

    if (offset >= GIC_IPRIORITYR && offset < GIC_ITARGETSR) {
        for (unsigned i = 0; i < width; i++)
            value |= (uint32_t)atomic_load(&lines->priority[first + i]) << 8 * i;
        return value;
    }
    if (offset >= GIC_ICFGR && offset < GIC_IGRPMODR)
        return read_config(lines, first);
    switch (align_down(offset, 0x80)) {
    case GIC_IGROUPR:
        return atomic_load(&lines->group);
    case GIC_ISENABLER:
    case GIC_ICENABLER:
        return atomic_load(&lines->enabled);
    case GIC_ISPENDR:
    case GIC_ICPENDR:
        return gicv3_lines_pending(lines);
    case GIC_ISACTIVER:
    case GIC_ICACTIVER:
        return atomic_load(&lines->active);
    default:
        return 0;
    }
}

void gicv3_lines_write(struct gicv3_lines *lines, uint64_t offset, unsigned width, uint32_t value)
{
    unsigned first = gicv3_first_line(offset) % 32;

    if (offset >= GIC_IPRIORITYR && offset < GIC_ITARGETSR) {
        for (unsigned i = 0; i < width; i++)
            atomic_store(&lines->priority[first + i], (uint8_t)(value >> 8 * i));
        return;
    }
    if (offset >= GIC_ICFGR && offset < GIC_IGRPMODR) {
        write_config(lines, first, value);
        return;
    }
    switch (align_down(offset, 0x80)) {
    case GIC_IGROUPR:
        atomic_store(&lines->group, value);
        break;
    case GIC_ISENABLER:
        atomic_fetch_or(&lines->enabled, value);
        break;
    case GIC_ICENABLER:
        atomic_fetch_and(&lines->enabled, ~value);
        break;
    case GIC_ISPENDR:
        atomic_fetch_or(&lines->latch, value);
        break;
    case GIC_ICPENDR:
        atomic_fetch_and(&lines->latch, ~value);
        break;
    case GIC_ISACTIVER:
        atomic_fetch_or(&lines->active, value);
        break;
    case GIC_ICACTIVER:
        atomic_fetch_and(&lines->active, ~value);
        break;
    default:
        break;
    }
}

/* ICPIDR4-7, ICPIDR0-3, ICCIDR0-3; ICPIDR2 says architecture version 3. */
uint32_t gicv3_read_id(uint64_t offset, uint32_t pidr0)
{
    static const uint8_t ids[] = {0x44, 0x00, 0x00, 0x00, 0x00, 0xb4,
                                  0x3b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    uint64_t index = (offset - GICV3_ID) / 4;

    return index == 4 ? pidr0 : ids[index];
}
