/* The Arm PrimeCell real time clock (PL031): DDI 0224C. A 32-bit counter of seconds with a match
 * interrupt.
 *
 * The clock runs from power-on, as one with a battery does: RTCCR reads as started, and a reset of
 * the machine keeps the time, also one that the guest has set. */
#include "devices/pl031.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/clock.h"
#include "devices/fdt.h"
#include "devices/slot.h"

#define NS_PER_S 1000000000ull

enum reg {
    RTCDR = 0x000,
    RTCMR = 0x004,
    RTCLR = 0x008,
    RTCCR = 0x00c,
    RTCIMSC = 0x010,
    RTCRIS = 0x014,
    RTCMIS = 0x018,
    RTCICR = 0x01c,
    RTCPeriphID0 = 0xfe0,
    RTCPCellID3 = 0xffc,
};

static const uint8_t ids[] = {0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

struct pl031 {
    struct device device;
    struct clock *clock;
    struct irq irq;
    uint32_t offset; /* what the counter shows at 0 ns */
    uint32_t match, load;
    bool masked_in; /* RTCIMSC */
    bool raised;    /* RTCRIS */
    struct clock_timer timer;
    bool waiting; /* for the match at `deadline` ns */
    uint64_t deadline;
};

static struct pl031 *pl031_of(struct device *device)
{
    return (struct pl031 *)device;
}

static void update_irq(struct pl031 *rtc)
{
    irq_set(&rtc->irq, rtc->raised && rtc->masked_in);
}

static uint32_t counter(const struct pl031 *rtc)
{
    return rtc->offset + (uint32_t)(clock_now(rtc->clock) / NS_PER_S);
}

/* Finds out when the counter will equal RTCMR: at once, or within 136 years. */
static void arm_match(struct pl031 *rtc)
{
    uint64_t now = clock_now(rtc->clock) / NS_PER_S;
    uint32_t seconds = rtc->match - (rtc->offset + (uint32_t)now);
    rtc->waiting = seconds != 0;
    if (!rtc->waiting) {
        rtc->raised = true;
        return;
    }
    rtc->deadline = (now + seconds) * NS_PER_S;
    clock_arm(rtc->clock, &rtc->timer, rtc->deadline);
}

/* A match that was moved meanwhile leaves the timer behind, hence the test of the deadline. */
static void timer_fire(void *opaque)
{
    struct pl031 *rtc = opaque;
    pthread_mutex_lock(&rtc->device.lock);
    if (rtc->waiting && clock_now(rtc->clock) >= rtc->deadline) {
        rtc->waiting = false;
        rtc->raised = true;
        update_irq(rtc);
    }
    pthread_mutex_unlock(&rtc->device.lock);
}

static uint32_t read_register(struct pl031 *rtc, uint64_t offset)
{
    if (offset >= RTCPeriphID0 && offset <= RTCPCellID3)
        return ids[(offset - RTCPeriphID0) / 4];
    switch (offset) {
    case RTCDR:
        return counter(rtc);
    case RTCMR:
        return rtc->match;
    case RTCLR:
        return rtc->load;
    case RTCCR:
        return 1;
    case RTCIMSC:
        return rtc->masked_in;
    case RTCRIS:
        return rtc->raised;
    case RTCMIS:
        return rtc->raised && rtc->masked_in;
    }
    device_guest_error(&rtc->device, "read of write-only or reserved offset 0x%x",
                       (unsigned)offset);
    return 0;
}

/* The registers are words; a narrower read returns the bytes it names, as the bus lanes would. */
static uint64_t pl031_read(struct device *device, uint64_t offset, unsigned width)
{
    uint32_t value = read_register(pl031_of(device), offset & ~3ull);
    return (value >> (8 * (offset & 3))) & bits_ones(8 * width);
}

static void pl031_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    struct pl031 *rtc = pl031_of(device);
    if (width != 4 && offset != RTCIMSC && offset != RTCICR) {
        device_guest_error(device, "%u-byte write to offset 0x%x ignored: it takes words", width,
                           (unsigned)offset);
        return;
    }
    switch (offset) {
    case RTCMR:
        rtc->match = (uint32_t)value;
        arm_match(rtc);
        break;
    case RTCLR:
        rtc->load = (uint32_t)value;
        rtc->offset += rtc->load - counter(rtc);
        if (rtc->waiting)
            arm_match(rtc);
        break;
    case RTCCR: /* started already: no effect, 3.3.4 */
        return;
    case RTCIMSC:
        rtc->masked_in = value & 1;
        break;
    case RTCICR:
        if (value & 1)
            rtc->raised = false;
        break;
    default:
        device_guest_error(device, "write of 0x%x to read-only or reserved offset 0x%x",
                           (unsigned)value, (unsigned)offset);
        return;
    }
    update_irq(rtc);
}

static void pl031_reset(struct device *device)
{
    struct pl031 *rtc = pl031_of(device);
    rtc->match = rtc->load = 0;
    rtc->masked_in = rtc->raised = rtc->waiting = false;
    update_irq(rtc);
}

static void pl031_describe(const struct device *device, struct fdt *fdt, const struct slot *slot)
{
    (void)device;
    fdt_node_begin_at(fdt, "pl031", slot->base);
    fdt_prop_list(fdt, "compatible", "arm,pl031", "arm,primecell");
    fdt_prop_reg(fdt, slot->base, slot->size);
    fdt_prop_cells(fdt, "interrupts", FDT_GIC_SPI, (uint32_t)slot->spi, FDT_IRQ_LEVEL_HIGH);
    fdt_prop_u32(fdt, "clocks", slot->clock);
    fdt_prop_string(fdt, "clock-names", "apb_pclk");
    fdt_node_end(fdt);
}

static void pl031_destroy(struct device *device)
{
    struct pl031 *rtc = pl031_of(device);
    clock_cancel(rtc->clock, &rtc->timer);
    device_fini(device);
    free(rtc);
}

static const struct device_ops pl031_ops = {
    .name = "pl031",
    .size = 0x1000,
    .width_min = 1,
    .width_max = 4,
    .read = pl031_read,
    .write = pl031_write,
    .reset = pl031_reset,
    .describe = pl031_describe,
    .destroy = pl031_destroy,
};

struct device *pl031_new(struct log *log, struct clock *clock, struct irq irq, int64_t base)
{
    struct pl031 *rtc = calloc(1, sizeof(*rtc));
    if (!rtc)
        return NULL;
    device_init(&rtc->device, &pl031_ops, log);
    rtc->clock = clock;
    rtc->irq = irq;
    rtc->offset = (uint32_t)base;
    rtc->timer = (struct clock_timer){.fire = timer_fire, .opaque = rtc};
    device_reset(&rtc->device);
    return &rtc->device;
}
