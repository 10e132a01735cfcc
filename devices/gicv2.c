/* The Arm Generic Interrupt Controller version 2: IHI 0048B.b, without the Security Extensions and
 * the Virtualization Extensions, with interrupt grouping, 256 priority levels and up to 8 CPU
 * interfaces.
 *
 * State is kept as one bit per interrupt in words of 32 IDs; word 0 (SGIs and PPIs) is banked per
 * CPU. After every change update() picks the highest priority pending interrupt of each CPU anew
 * and drives the outputs, so that reading GICC_IAR has nothing left to search.
 *
 * The device lock is a leaf: the input lines may be driven from any thread and under any other
 * device's lock. */
#include "devices/gicv2.h"

#include <stdlib.h>

#include "base/bits.h"
#include "devices/fdt.h"
#include "devices/slot.h"

#define WORDS     (GICV2_LINES / 32)
#define SGIS      16
#define APR_WORDS 4 /* 128 group priorities: the least binary point is 0 */

#define SPURIOUS_GROUP1 1022u
#define SPURIOUS        1023u
#define IDLE_PRIORITY   0xffu

#define LINE_CPU_SHIFT 16 /* struct irq line: INTID, and the CPU of a PPI above it */

enum distributor_reg {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_IIDR = 0x008,
    GICD_IGROUPR = 0x080,
    GICD_ISENABLER = 0x100,
    GICD_ICENABLER = 0x180,
    GICD_ISPENDR = 0x200,
    GICD_ICPENDR = 0x280,
    GICD_ISACTIVER = 0x300,
    GICD_ICACTIVER = 0x380,
    GICD_IPRIORITYR = 0x400,
    GICD_ITARGETSR = 0x800,
    GICD_ICFGR = 0xc00,
    GICD_NSACR = 0xe00,
    GICD_SGIR = 0xf00,
    GICD_CPENDSGIR = 0xf10,
    GICD_SPENDSGIR = 0xf20,
    GICD_ID = 0xfd0,
    GICD_SIZE = 0x1000,
};

enum cpu_reg {
    GICC_CTLR = 0x00,
    GICC_PMR = 0x04,
    GICC_BPR = 0x08,
    GICC_IAR = 0x0c,
    GICC_EOIR = 0x10,
    GICC_RPR = 0x14,
    GICC_HPPIR = 0x18,
    GICC_ABPR = 0x1c,
    GICC_AIAR = 0x20,
    GICC_AEOIR = 0x24,
    GICC_AHPPIR = 0x28,
    GICC_APR = 0xd0,
    GICC_NSAPR = 0xe0,
    GICC_IIDR = 0xfc,
    GICC_DIR = 0x1000,
    GICC_SIZE = 0x2000,
};

enum control {
    GROUP0 = 1 << 0, /* EnableGrp0, in GICD_CTLR and GICC_CTLR */
    GROUP1 = 1 << 1,
    ACKCTL = 1 << 2,
    FIQEN = 1 << 3,
    CBPR = 1 << 4,
    EOIMODE = 1 << 9,
    GICC_CTLR_MASK = 0x3ff,
};

/* GICD_IIDR is an Arm implementation (JEP106 0x43b), GICC_IIDR says architecture version 2 besides.
 */
#define IIDR_GICD 0x0000043bu
#define IIDR_GICC 0x0002043bu

/* ICPIDR4-7, ICPIDR0-3, ICCIDR0-3 as a GIC-400's. */
static const uint8_t ids[] = {0x04, 0x00, 0x00, 0x00, 0x90, 0xb4,
                              0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

/* 32 interrupts. Pending is `latch`, or the input itself where the interrupt is level-sensitive. */
struct lines {
    uint32_t group; /* 1: group 1 */
    uint32_t enabled;
    uint32_t latch; /* an edge was seen, or software set it pending */
    uint32_t input; /* the level at the input */
    uint32_t edge;  /* 1: edge-triggered */
    uint32_t active;
    uint8_t priority[32];
};

struct cpu_interface {
    struct gicv2_output output;
    bool irq, fiq; /* as driven */

    struct lines banked;      /* SGIs and PPIs */
    uint8_t sgi_source[SGIS]; /* CPUs from which the SGI is pending; banked.latch is "not zero" */
    uint32_t target[WORDS];   /* GICD_ITARGETSR, turned round: the interrupts that go to this CPU */

    uint32_t ctlr;
    uint8_t pmr, bpr, abpr;
    uint32_t apr[APR_WORDS], nsapr[APR_WORDS]; /* active group priorities of group 0 and 1 */

    /* From update(): the highest priority pending interrupt, and whether it is signalled. */
    unsigned best; /* SPURIOUS: none */
    uint8_t best_priority;
    bool best_group1, signalled;
};

struct gicv2 {
    struct device device;
    unsigned cpu_count;
    uint32_t ctlr;
    struct lines shared[WORDS]; /* [0] unused: see cpu_interface.banked */
    struct cpu_interface cpu[GICV2_MAX_CPUS];
};

static struct gicv2 *gicv2_of(struct device *device)
{
    return (struct gicv2 *)device;
}

/* Whose banked registers an access sees. */
static unsigned current_cpu(const struct gicv2 *gic)
{
    return gic->device.requester;
}

static struct lines *lines_of(struct gicv2 *gic, unsigned cpu, unsigned word)
{
    return word ? &gic->shared[word] : &gic->cpu[cpu].banked;
}

static uint32_t pending_of(const struct lines *lines)
{
    return lines->latch | (lines->input & ~lines->edge);
}

/* --- Priorities -------------------------------------------------------------------------- */

/* The group priority field of a priority, 3.3.3: the binary point of group 1 counts one less,
 * unless it is common. */
static uint8_t group_priority(const struct cpu_interface *cpu, uint8_t priority, bool group1)
{
    unsigned point = group1 && !(cpu->ctlr & CBPR) ? cpu->abpr - 1u : cpu->bpr;
    return priority & (uint8_t)(0xffu << (point + 1));
}

static uint8_t running_priority(const struct cpu_interface *cpu)
{
    for (unsigned i = 0; i < APR_WORDS; i++) {
        uint32_t active = cpu->apr[i] | cpu->nsapr[i];
        if (active)
            return (uint8_t)((i * 32 + (unsigned)__builtin_ctz(active)) << 1);
    }
    return IDLE_PRIORITY;
}

/* Priority drop: forgets the highest active priority of the group. */
static void drop_priority(struct cpu_interface *cpu, bool group1)
{
    uint32_t *active = group1 ? cpu->nsapr : cpu->apr;
    for (unsigned i = 0; i < APR_WORDS; i++) {
        if (active[i]) {
            active[i] &= active[i] - 1;
            return;
        }
    }
}

/* --- What each CPU is told --------------------------------------------------------------- */

/* The highest priority pending interrupt that the distributor forwards to the CPU; the lowest ID
 * among equals. */
static void find_best(struct gicv2 *gic, unsigned number)
{
    struct cpu_interface *cpu = &gic->cpu[number];
    cpu->best = SPURIOUS;
    cpu->best_priority = IDLE_PRIORITY;
    cpu->best_group1 = false;
    for (unsigned word = 0; word < WORDS; word++) {
        const struct lines *lines = lines_of(gic, number, word);
        uint32_t set = pending_of(lines);
        if (!set) /* mostly */
            continue;
        set &= lines->enabled & ~lines->active & cpu->target[word];
        set &= (gic->ctlr & GROUP0 ? ~lines->group : 0) | (gic->ctlr & GROUP1 ? lines->group : 0);
        for (; set; set &= set - 1) {
            unsigned bit = (unsigned)__builtin_ctz(set);
            if (cpu->best != SPURIOUS && lines->priority[bit] >= cpu->best_priority)
                continue;
            cpu->best = word * 32 + bit;
            cpu->best_priority = lines->priority[bit];
            cpu->best_group1 = bit_get(lines->group, bit);
        }
    }
}

static void update_cpu(struct gicv2 *gic, unsigned number)
{
    struct cpu_interface *cpu = &gic->cpu[number];
    find_best(gic, number);
    cpu->signalled =
        cpu->best != SPURIOUS && cpu->ctlr & (cpu->best_group1 ? GROUP1 : GROUP0) &&
        cpu->best_priority < cpu->pmr &&
        group_priority(cpu, cpu->best_priority, cpu->best_group1) < running_priority(cpu);
    bool fiq = cpu->signalled && !cpu->best_group1 && cpu->ctlr & FIQEN;
    bool irq = cpu->signalled && !fiq;
    if (irq != cpu->irq) {
        cpu->irq = irq;
        irq_set(&cpu->output.irq, irq);
    }
    if (fiq != cpu->fiq) {
        cpu->fiq = fiq;
        irq_set(&cpu->output.fiq, fiq);
    }
}

static void update(struct gicv2 *gic)
{
    for (unsigned i = 0; i < gic->cpu_count; i++)
        update_cpu(gic, i);
}

/* --- Input lines ------------------------------------------------------------------------- */

static void set_input(void *controller, unsigned line, bool level)
{
    struct gicv2 *gic = controller;
    unsigned id = line & (GICV2_LINES - 1), number = line >> LINE_CPU_SHIFT;
    uint32_t bit = 1u << (id % 32);
    pthread_mutex_lock(&gic->device.lock);
    struct lines *lines = lines_of(gic, number, id / 32);
    if (!(lines->input & bit) != !level) {
        lines->input ^= bit;
        if (level)
            lines->latch |= lines->edge & bit;
        if (id < GICV2_SPI_BASE)
            update_cpu(gic, number);
        else
            update(gic);
    }
    pthread_mutex_unlock(&gic->device.lock);
}

struct irq gicv2_spi(struct device *device, unsigned spi)
{
    if (spi >= GICV2_LINES - GICV2_SPI_BASE)
        return (struct irq){0};
    return (struct irq){.set = set_input, .controller = device, .line = GICV2_SPI_BASE + spi};
}

struct irq gicv2_ppi(struct device *device, unsigned cpu, unsigned ppi)
{
    if (ppi >= GICV2_SPI_BASE - GICV2_PPI_BASE || cpu >= gicv2_of(device)->cpu_count)
        return (struct irq){0};
    return (struct irq){.set = set_input,
                        .controller = device,
                        .line = cpu << LINE_CPU_SHIFT | (GICV2_PPI_BASE + ppi)};
}

/* --- Software generated interrupts ------------------------------------------------------- */

static void sgi_set(struct gicv2 *gic, unsigned target, unsigned sgi, uint8_t sources)
{
    struct cpu_interface *cpu = &gic->cpu[target];
    cpu->sgi_source[sgi] |= sources;
    if (cpu->sgi_source[sgi])
        cpu->banked.latch |= 1u << sgi;
}

static void sgi_clear(struct gicv2 *gic, unsigned target, unsigned sgi, uint8_t sources)
{
    struct cpu_interface *cpu = &gic->cpu[target];
    cpu->sgi_source[sgi] &= ~sources;
    if (!cpu->sgi_source[sgi])
        cpu->banked.latch &= ~(1u << sgi);
}

/* GICD_SGIR, 4.3.15 */
static void generate_sgi(struct gicv2 *gic, uint32_t value)
{
    unsigned self = current_cpu(gic), targets;
    switch (bits_get(value, 24, 2)) {
    case 0:
        targets = (unsigned)bits_get(value, 16, 8);
        break;
    case 1:
        targets = ~(1u << self);
        break;
    case 2:
        targets = 1u << self;
        break;
    default:
        device_guest_error(&gic->device, "reserved TargetListFilter in GICD_SGIR 0x%x", value);
        return;
    }
    for (unsigned i = 0; i < gic->cpu_count; i++) {
        if (bit_get(targets, i))
            sgi_set(gic, i, value & 15, (uint8_t)(1u << self));
    }
}

/* --- Acknowledge and end ----------------------------------------------------------------- */

/* Reading GICC_IAR or, with `alias`, GICC_AIAR, 4.4. */
static uint32_t acknowledge(struct gicv2 *gic, unsigned number, bool alias)
{
    struct cpu_interface *cpu = &gic->cpu[number];
    if (!cpu->signalled || (alias && !cpu->best_group1))
        return SPURIOUS;
    if (!alias && cpu->best_group1 && !(cpu->ctlr & ACKCTL))
        return SPURIOUS_GROUP1;

    unsigned id = cpu->best;
    uint32_t value = id;
    struct lines *lines = lines_of(gic, number, id / 32);
    if (id < SGIS) {
        unsigned source = (unsigned)__builtin_ctz(cpu->sgi_source[id]);
        value |= source << 10;
        sgi_clear(gic, number, id, (uint8_t)(1u << source));
    } else {
        lines->latch &= ~(1u << (id % 32));
    }
    lines->active |= 1u << (id % 32);
    unsigned level = group_priority(cpu, cpu->best_priority, cpu->best_group1) >> 1;
    (cpu->best_group1 ? cpu->nsapr : cpu->apr)[level / 32] |= 1u << (level % 32);
    update(gic);
    return value;
}

static uint32_t highest_pending(const struct gicv2 *gic, unsigned number, bool alias)
{
    const struct cpu_interface *cpu = &gic->cpu[number];
    unsigned id = cpu->best;
    if (id == SPURIOUS || !(cpu->ctlr & (cpu->best_group1 ? GROUP1 : GROUP0)) ||
        (alias && !cpu->best_group1))
        return SPURIOUS;
    if (!alias && cpu->best_group1 && !(cpu->ctlr & ACKCTL))
        return SPURIOUS_GROUP1;
    return id < SGIS ? id | (uint32_t)__builtin_ctz(cpu->sgi_source[id]) << 10 : id;
}

static void deactivate(struct gicv2 *gic, unsigned number, unsigned id)
{
    struct lines *lines = lines_of(gic, number, id / 32);
    uint32_t bit = 1u << (id % 32);
    if (!(lines->active & bit))
        device_guest_error(&gic->device, "interrupt %u is deactivated but not active", id);
    lines->active &= ~bit;
}

/* Writing GICC_EOIR or GICC_AEOIR, 4.4. UNPREDICTABLE: the value is not the last one
 * acknowledged; the priority drop is then still of the highest active priority. */
static void end_of_interrupt(struct gicv2 *gic, unsigned number, uint32_t value, bool alias)
{
    struct cpu_interface *cpu = &gic->cpu[number];
    unsigned id = value & 0x3ff;
    if (id >= 1020)
        return;
    if (id >= GICV2_LINES) {
        device_guest_error(&gic->device, "end of interrupt %u, which does not exist", id);
        return;
    }
    bool group1 = bit_get(lines_of(gic, number, id / 32)->group, id % 32);
    if (alias && !group1) {
        device_guest_error(&gic->device, "GICC_AEOIR written with %u, which is in group 0", id);
        return;
    }
    if (running_priority(cpu) == IDLE_PRIORITY)
        device_guest_error(&gic->device, "end of interrupt %u, but none is being handled", id);
    drop_priority(cpu, group1);
    if (!(cpu->ctlr & EOIMODE))
        deactivate(gic, number, id);
    update(gic);
}

static void write_dir(struct gicv2 *gic, unsigned number, uint32_t value)
{
    unsigned id = value & 0x3ff;
    if (!(gic->cpu[number].ctlr & EOIMODE)) { /* UNPREDICTABLE: ignored */
        device_guest_error(&gic->device, "GICC_DIR written while GICC_CTLR.EOImode is 0");
    } else if (id >= GICV2_LINES) {
        device_guest_error(&gic->device, "GICC_DIR written with %u, which does not exist", id);
    } else {
        deactivate(gic, number, id);
        update(gic);
    }
}

/* --- CPU interface registers ------------------------------------------------------------- */

static uint32_t cpu_read_word(struct gicv2 *gic, uint64_t reg)
{
    unsigned number = current_cpu(gic);
    const struct cpu_interface *cpu = &gic->cpu[number];
    switch (reg) {
    case GICC_IAR:
        return acknowledge(gic, number, false);
    case GICC_CTLR:
        return cpu->ctlr;
    case GICC_PMR:
        return cpu->pmr;
    case GICC_BPR:
        return cpu->bpr;
    case GICC_RPR:
        return running_priority(cpu);
    case GICC_HPPIR:
        return highest_pending(gic, number, false);
    case GICC_ABPR:
        return cpu->abpr;
    case GICC_AIAR:
        return acknowledge(gic, number, true);
    case GICC_AHPPIR:
        return highest_pending(gic, number, true);
    case GICC_APR ... GICC_APR + 4 * APR_WORDS - 1:
        return cpu->apr[(reg - GICC_APR) / 4];
    case GICC_NSAPR ... GICC_NSAPR + 4 * APR_WORDS - 1:
        return cpu->nsapr[(reg - GICC_NSAPR) / 4];
    case GICC_IIDR:
        return IIDR_GICC;
    }
    device_guest_error(&gic->device, "read of write-only or reserved GICC offset 0x%x",
                       (unsigned)reg);
    return 0;
}

static void cpu_write_word(struct gicv2 *gic, uint64_t reg, uint32_t value)
{
    unsigned number = current_cpu(gic);
    struct cpu_interface *cpu = &gic->cpu[number];
    switch (reg) {
    case GICC_EOIR:
        end_of_interrupt(gic, number, value, false);
        return;
    case GICC_AEOIR:
        end_of_interrupt(gic, number, value, true);
        return;
    case GICC_DIR:
        write_dir(gic, number, value);
        return;
    case GICC_CTLR:
        cpu->ctlr = value & GICC_CTLR_MASK;
        break;
    case GICC_PMR:
        cpu->pmr = (uint8_t)value;
        break;
    case GICC_BPR:
        cpu->bpr = value & 7;
        break;
    case GICC_ABPR: /* the least value is one more than that of GICC_BPR */
        cpu->abpr = value & 7 ? value & 7 : 1;
        break;
    case GICC_APR ... GICC_APR + 4 * APR_WORDS - 1:
        cpu->apr[(reg - GICC_APR) / 4] = value;
        break;
    case GICC_NSAPR ... GICC_NSAPR + 4 * APR_WORDS - 1:
        cpu->nsapr[(reg - GICC_NSAPR) / 4] = value;
        break;
    default:
        device_guest_error(&gic->device, "write of 0x%x to read-only or reserved GICC offset 0x%x",
                           value, (unsigned)reg);
        return;
    }
    update_cpu(gic, number);
}

/* Words; a narrower access at a register's own offset sees its low bytes. */
static uint64_t cpu_read(struct device *device, uint64_t offset, unsigned width)
{
    if (offset & 3) {
        device_guest_error(device, "%u-byte read inside GICC offset 0x%x", width,
                           (unsigned)(offset & ~3ull));
        return 0;
    }
    return cpu_read_word(gicv2_of(device), offset) & bits_ones(8 * width);
}

static void cpu_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    if (offset & 3)
        device_guest_error(device, "%u-byte write inside GICC offset 0x%x ignored", width,
                           (unsigned)(offset & ~3ull));
    else
        cpu_write_word(gicv2_of(device), offset, (uint32_t)value);
}

/* --- Distributor registers --------------------------------------------------------------- */

/* GICD_ICFGR holds two bits for each interrupt, of which the upper says edge-triggered. */
static uint32_t read_config(const struct lines *lines, unsigned half)
{
    uint32_t edge = lines->edge >> (16 * half), value = 0;
    for (unsigned i = 0; i < 16; i++)
        value |= (edge >> i & 1) << (2 * i + 1);
    return value;
}

static void write_config(struct lines *lines, unsigned half, uint32_t value, uint32_t lanes)
{
    for (unsigned i = 0; i < 16; i++) {
        uint32_t bit = 1u << (16 * half + i);
        if (bit_get(lanes, 2 * i + 1))
            lines->edge = bit_get(value, 2 * i + 1) ? lines->edge | bit : lines->edge & ~bit;
    }
}

/* One byte of the registers that have a byte for each interrupt. GICD_ITARGETSR of SGIs and PPIs
 * names the reader; with a single CPU it is RAZ/WI, 4.3.12. */
static uint8_t read_byte(struct gicv2 *gic, uint64_t offset)
{
    unsigned number = current_cpu(gic);
    unsigned id = (unsigned)offset % 0x400, targets = 0;
    if (offset >= GICD_CPENDSGIR) /* and GICD_SPENDSGIR */
        return gic->cpu[number].sgi_source[offset % SGIS];
    if (id >= GICV2_LINES)
        return 0;
    if (offset < GICD_ITARGETSR)
        return lines_of(gic, number, id / 32)->priority[id % 32];
    if (gic->cpu_count == 1)
        return 0;
    if (id < GICV2_SPI_BASE)
        return (uint8_t)(1u << number);
    for (unsigned i = 0; i < gic->cpu_count; i++)
        targets |= bit_get(gic->cpu[i].target[id / 32], id % 32) << i;
    return (uint8_t)targets;
}

static void write_byte(struct gicv2 *gic, uint64_t offset, uint8_t value)
{
    unsigned number = current_cpu(gic), id = (unsigned)offset % 0x400;
    uint8_t sources = value & (uint8_t)bits_ones(gic->cpu_count);
    if (offset >= GICD_SPENDSGIR) {
        sgi_set(gic, number, offset % SGIS, sources);
    } else if (offset >= GICD_CPENDSGIR) {
        sgi_clear(gic, number, offset % SGIS, value);
    } else if (id >= GICV2_LINES) {
        return;
    } else if (offset < GICD_ITARGETSR) {
        lines_of(gic, number, id / 32)->priority[id % 32] = value;
    } else if (gic->cpu_count > 1 && id >= GICV2_SPI_BASE) {
        for (unsigned i = 0; i < gic->cpu_count; i++) {
            uint32_t *target = &gic->cpu[i].target[id / 32], bit = 1u << (id % 32);
            *target = bit_get(value, i) ? *target | bit : *target & ~bit;
        }
    }
}

static bool has_byte_registers(uint64_t offset)
{
    return (offset >= GICD_IPRIORITYR && offset < GICD_ICFGR) ||
           (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR + SGIS);
}

/* The registers of one bit an interrupt, GICD_IGROUPR to GICD_ICACTIVER: 0x80 bytes each. */
static uint32_t read_bits(struct gicv2 *gic, uint64_t reg)
{
    unsigned word = (unsigned)(reg % 0x80) / 4;
    if (word >= WORDS)
        return 0;
    const struct lines *lines = lines_of(gic, current_cpu(gic), word);
    switch (align_down(reg, 0x80)) {
    case GICD_IGROUPR:
        return lines->group;
    case GICD_ISENABLER:
    case GICD_ICENABLER:
        return lines->enabled;
    case GICD_ISPENDR:
    case GICD_ICPENDR:
        return pending_of(lines);
    default: /* GICD_ISACTIVER, GICD_ICACTIVER */
        return lines->active;
    }
}

static void write_bits(struct gicv2 *gic, uint64_t reg, uint32_t value, uint32_t lanes)
{
    unsigned word = (unsigned)(reg % 0x80) / 4;
    if (word >= WORDS)
        return;
    struct lines *lines = lines_of(gic, current_cpu(gic), word);
    /* SGIs are always enabled, and pending by source only: 4.3.5, 4.3.7. */
    uint32_t programmable = word ? ~0u : 0xffff0000u;
    value &= lanes;
    switch (align_down(reg, 0x80)) {
    case GICD_IGROUPR:
        lines->group = (lines->group & ~lanes) | value;
        break;
    case GICD_ISENABLER:
        lines->enabled |= value;
        break;
    case GICD_ICENABLER:
        lines->enabled &= ~(value & programmable);
        break;
    case GICD_ISPENDR:
        lines->latch |= value & programmable;
        break;
    case GICD_ICPENDR:
        lines->latch &= ~(value & programmable);
        break;
    case GICD_ISACTIVER:
        lines->active |= value;
        break;
    case GICD_ICACTIVER:
        lines->active &= ~value;
        break;
    }
}

static uint32_t read_word(struct gicv2 *gic, uint64_t reg)
{
    if (reg >= GICD_IGROUPR && reg < GICD_IPRIORITYR)
        return read_bits(gic, reg);
    if (has_byte_registers(reg))
        return read_byte(gic, reg) | (uint32_t)read_byte(gic, reg + 1) << 8 |
               (uint32_t)read_byte(gic, reg + 2) << 16 | (uint32_t)read_byte(gic, reg + 3) << 24;
    if (reg >= GICD_ICFGR && reg < GICD_ICFGR + GICV2_LINES / 4) {
        unsigned index = (unsigned)(reg - GICD_ICFGR) / 4;
        return read_config(lines_of(gic, current_cpu(gic), index / 2), index % 2);
    }
    if (reg >= GICD_ID)
        return ids[(reg - GICD_ID) / 4];
    switch (reg) {
    case GICD_CTLR:
        return gic->ctlr;
    case GICD_TYPER: /* ITLinesNumber, CPUNumber */
        return (WORDS - 1) | (gic->cpu_count - 1) << 5;
    case GICD_IIDR:
        return IIDR_GICD;
    }
    /* The rest of GICD_ICFGR and all of GICD_NSACR are RAZ/WI. */
    if (reg < GICD_ICFGR || reg >= GICD_SGIR)
        device_guest_error(&gic->device, "read of write-only or reserved GICD offset 0x%x",
                           (unsigned)reg);
    return 0;
}

/* `lanes` masks the bytes that the access writes. */
static void write_word(struct gicv2 *gic, uint64_t reg, uint32_t value, uint32_t lanes)
{
    if (reg >= GICD_IGROUPR && reg < GICD_IPRIORITYR) {
        write_bits(gic, reg, value, lanes);
    } else if (has_byte_registers(reg)) {
        for (unsigned i = 0; i < 4; i++) {
            if (bit_get(lanes, 8 * i))
                write_byte(gic, reg + i, (uint8_t)(value >> 8 * i));
        }
    } else if (reg >= GICD_ICFGR && reg < GICD_ICFGR + GICV2_LINES / 4) {
        unsigned index = (unsigned)(reg - GICD_ICFGR) / 4;
        if (index) /* SGIs are always edge-triggered */
            write_config(lines_of(gic, current_cpu(gic), index / 2), index % 2, value, lanes);
    } else if (reg == GICD_CTLR) {
        gic->ctlr = ((gic->ctlr & ~lanes) | (value & lanes)) & (GROUP0 | GROUP1);
    } else if (reg == GICD_SGIR) {
        if (lanes == ~0u)
            generate_sgi(gic, value);
        else
            device_guest_error(&gic->device, "GICD_SGIR takes words only");
    } else if (reg < GICD_ICFGR || reg >= GICD_SGIR) {
        device_guest_error(&gic->device, "write of 0x%x to read-only or reserved GICD offset 0x%x",
                           value, (unsigned)reg);
        return;
    }
    update(gic);
}

static uint64_t gicv2_read(struct device *device, uint64_t offset, unsigned width)
{
    unsigned shift = 8 * (offset & 3);
    return (read_word(gicv2_of(device), offset & ~3ull) >> shift) & bits_ones(8 * width);
}

static void gicv2_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    unsigned shift = 8 * (offset & 3);
    write_word(gicv2_of(device), offset & ~3ull, (uint32_t)value << shift,
               (uint32_t)bits_ones(8 * width) << shift);
}

/* --- The device -------------------------------------------------------------------------- */

/* The input levels stay: they belong to the devices. */
static void reset_lines(struct lines *lines, bool banked)
{
    *lines = (struct lines){
        .input = lines->input, .enabled = banked ? 0xffffu : 0, .edge = banked ? 0xffffu : 0};
}

static void gicv2_reset(struct device *device)
{
    struct gicv2 *gic = gicv2_of(device);
    gic->ctlr = 0;
    for (unsigned word = 1; word < WORDS; word++)
        reset_lines(&gic->shared[word], false);
    for (unsigned i = 0; i < GICV2_MAX_CPUS; i++) {
        struct cpu_interface *cpu = &gic->cpu[i];
        struct cpu_interface kept = *cpu;
        *cpu = (struct cpu_interface){.output = kept.output, .irq = kept.irq, .fiq = kept.fiq};
        cpu->banked.input = kept.banked.input;
        reset_lines(&cpu->banked, true);
        cpu->abpr = 1;
        for (unsigned word = 0; word < WORDS; word++)
            cpu->target[word] = word == 0 || gic->cpu_count == 1 ? ~0u : 0;
    }
    update(gic);
}

static void gicv2_describe(const struct device *device, struct fdt *fdt, const struct slot *slot)
{
    (void)device;
    fdt_node_begin_at(fdt, "intc", slot->base);
    fdt_prop_string(fdt, "compatible", "arm,cortex-a15-gic");
    fdt_prop_empty(fdt, "interrupt-controller");
    fdt_prop_u32(fdt, "#interrupt-cells", 3);
    fdt_prop_u64s(fdt, "reg",
                  (const uint64_t[]){slot->base, 0x10000, slot->base + GICV2_CPU_OFFSET, 0x10000},
                  4);
    fdt_prop_u32(fdt, "#address-cells", 2);
    fdt_prop_u32(fdt, "#size-cells", 2);
    fdt_prop_empty(fdt, "ranges");
    fdt_prop_phandle(fdt, slot->gic);
    fdt_node_end(fdt);
}

static void gicv2_destroy(struct device *device)
{
    device_fini(device);
    free(gicv2_of(device));
}

static const struct device_ops distributor_ops = {
    .name = "gicv2",
    .size = GICD_SIZE,
    .width_min = 1,
    .width_max = 4,
    .read = gicv2_read,
    .write = gicv2_write,
    .reset = gicv2_reset,
    .describe = gicv2_describe,
    .destroy = gicv2_destroy,
};

static const struct device_ops cpu_interface_ops = {
    .name = "gicv2-cpu",
    .size = GICC_SIZE,
    .width_min = 1,
    .width_max = 4,
    .read = cpu_read,
    .write = cpu_write,
};

const struct device_ops *gicv2_cpu_ops(void)
{
    return &cpu_interface_ops;
}

struct device *gicv2_new(struct log *log, unsigned cpus, const struct gicv2_output *outputs)
{
    if (cpus < 1 || cpus > GICV2_MAX_CPUS)
        return NULL;
    struct gicv2 *gic = calloc(1, sizeof(*gic));
    if (!gic)
        return NULL;
    device_init(&gic->device, &distributor_ops, log);
    gic->cpu_count = cpus;
    for (unsigned i = 0; i < cpus; i++)
        gic->cpu[i].output = outputs[i];
    device_reset(&gic->device);
    return &gic->device;
}
