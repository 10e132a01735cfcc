/* A GICv3 with vCPUs around it that are no more than what their interfaces touch. */
#ifndef ULNA_TESTS_UNIT_GIC_H
#define ULNA_TESTS_UNIT_GIC_H

#include "fakes.h"

#include "cpu/gic.h"
#include "cpu/sysreg.h"
#include "devices/fdt.h"
#include "devices/gicv3.h"
#include "devices/slot.h"

enum {
    PMR = SYSREG_KEY(3, 0, 4, 6, 0),
    IAR0 = SYSREG_KEY(3, 0, 12, 8, 0),
    EOIR0 = SYSREG_KEY(3, 0, 12, 8, 1),
    HPPIR0 = SYSREG_KEY(3, 0, 12, 8, 2),
    BPR0 = SYSREG_KEY(3, 0, 12, 8, 3),
    AP0R0 = SYSREG_KEY(3, 0, 12, 8, 4),
    AP1R0 = SYSREG_KEY(3, 0, 12, 9, 0),
    DIR = SYSREG_KEY(3, 0, 12, 11, 1),
    RPR = SYSREG_KEY(3, 0, 12, 11, 3),
    SGI1R = SYSREG_KEY(3, 0, 12, 11, 5),
    ASGI1R = SYSREG_KEY(3, 0, 12, 11, 6),
    SGI0R = SYSREG_KEY(3, 0, 12, 11, 7),
    IAR1 = SYSREG_KEY(3, 0, 12, 12, 0),
    EOIR1 = SYSREG_KEY(3, 0, 12, 12, 1),
    HPPIR1 = SYSREG_KEY(3, 0, 12, 12, 2),
    BPR1 = SYSREG_KEY(3, 0, 12, 12, 3),
    CTLR = SYSREG_KEY(3, 0, 12, 12, 4),
    SRE = SYSREG_KEY(3, 0, 12, 12, 5),
    IGRPEN0 = SYSREG_KEY(3, 0, 12, 12, 6),
    IGRPEN1 = SYSREG_KEY(3, 0, 12, 12, 7),
};
enum {
    D_CTLR = 0x0000,
    D_TYPER = 0x0004,
    D_IIDR = 0x0008,
    D_SGIR = 0x0f00,
    D_IROUTER = 0x6000,
    /* of both frames */
    IGROUPR = 0x080,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    IPRIORITYR = 0x400,
    ITARGETSR = 0x800,
    ICFGR = 0xc00,
    IGRPMODR = 0xd00,
    NSACR = 0xe00,
    /* of a redistributor */
    R_CTLR = 0x00,
    R_IIDR = 0x04,
    R_TYPER = 0x08,
    R_WAKER = 0x14,
    R_SGI = 0x10000, /* the second frame */
    R_SIZE = 0x20000,
};
enum { SPURIOUS = 1023 };

static struct device *gic;
static unsigned cpu_count;
static struct bus *gic_bus; /* not NULL: with LPIs */
static struct cpu *cpus[GICV3_MAX_CPUS];

static inline uint64_t icc(unsigned cpu, uint16_t key)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(key));

    return row->read(cpus[cpu], row);
}

static inline void set_icc(unsigned cpu, uint16_t key, uint64_t value)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(key));

    row->write(cpus[cpu], row, value);
}

static inline uint32_t redist(unsigned cpu, uint64_t offset)
{
    return (uint32_t)fake_bus_read(gic, gicv3_redistributor_ops(gic), cpu * R_SIZE + offset, 4);
}

static inline void set_redist(unsigned cpu, uint64_t offset, uint32_t value)
{
    fake_bus_write(gic, gicv3_redistributor_ops(gic), cpu * R_SIZE + offset, 4, value);
}

/* Bit of INTID `id` in the set of registers at `base`; of `cpu`, when it is an SGI or PPI. */
static inline void set_bit(unsigned cpu, uint64_t base, unsigned id)
{
    if (id < 32)
        set_redist(cpu, R_SGI + base, 1u << id);
    else
        set_reg(gic, base + id / 32 * 4, 1u << id % 32);
}

static inline bool get_bit(unsigned cpu, uint64_t base, unsigned id)
{
    uint32_t word = id < 32 ? redist(cpu, R_SGI + base) : reg(gic, base + id / 32 * 4);

    return word >> id % 32 & 1;
}

static inline void set_priority(unsigned cpu, unsigned id, uint8_t priority)
{
    if (id < 32)
        fake_bus_write(gic, gicv3_redistributor_ops(gic), cpu * R_SIZE + R_SGI + IPRIORITYR + id, 1,
                       priority);
    else
        fake_bus_write(gic, gic->ops, IPRIORITYR + id, 1, priority);
}

/* A tree with the controller's nodes, on the board's place; to free(). */
static inline void *gic_tree(void)
{
    const struct slot slot = {.base = 0x8000000, .size = 0x10000, .spi = -1, .gic = 0x77};
    struct fdt *fdt = fdt_new();
    struct err err;
    size_t size;
    void *blob;

    fdt_node_begin(fdt, "");
    gic->ops->describe(gic, fdt, &slot);
    fdt_node_end(fdt);
    blob = fdt_take(fdt, &size, &err);
    fdt_free(fdt);
    ck_assert_ptr_nonnull(blob);
    return blob;
}

static inline uint32_t affinity_of(unsigned cpu)
{
    return cpu / 16 << 8 | cpu % 16;
}

static inline void set_router(unsigned id, uint64_t value)
{
    fake_bus_write(gic, gic->ops, D_IROUTER + 8 * id, 8, value);
}

static inline void drive(unsigned cpu, unsigned id, bool level)
{
    struct irq irq = id < 32 ? gicv3_ppi(gic, cpu, id - 16) : gicv3_spi(gic, id - 32);

    ck_assert_ptr_nonnull(irq.set);
    irq_set(&irq, level);
}

static inline bool irq_high(unsigned cpu)
{
    return atomic_load(&cpus[cpu]->lines) & CPU_LINE_IRQ;
}

static inline bool fiq_high(unsigned cpu)
{
    return atomic_load(&cpus[cpu]->lines) & CPU_LINE_FIQ;
}

static inline void gic_make(unsigned count, struct log *log)
{
    struct gicv3_cpu description[GICV3_MAX_CPUS] = {0};
    size_t size = (sizeof(struct cpu) + 63) & ~63ull;

    cpu_count = count;
    for (unsigned i = 0; i < count; i++) {
        cpus[i] = aligned_alloc(64, size);
        ck_assert_ptr_nonnull(cpus[i]);
        memset(cpus[i], 0, size);
        cpus[i]->log = log;
        description[i] = (struct gicv3_cpu){
            .irq = {.set = cpu_irq, .controller = cpus[i], .line = 0},
            .fiq = {.set = cpu_irq, .controller = cpus[i], .line = 1},
            .affinity = affinity_of(i),
        };
    }
    gic = gicv3_new(log, gic_bus, count, description);
    ck_assert_ptr_nonnull(gic);
    for (unsigned i = 0; i < count; i++)
        cpus[i]->gic = gicv3_interface(gic, i);
}

static inline void gic_unmake(void)
{
    gic->ops->destroy(gic);
    for (unsigned i = 0; i < cpu_count; i++)
        free(cpus[i]);
}

/* Everything on; SGIs 0 to 7, PPIs and INTIDs 40 to 47 enabled, in group 1, with priority 0xa0. */
static inline void gic_switch_on(void)
{
    set_reg(gic, D_CTLR, 3);
    for (unsigned i = 0; i < cpu_count; i++) {
        set_redist(i, R_WAKER, 0);
        set_redist(i, R_SGI + IGROUPR, ~0u);
        set_redist(i, R_SGI + ISENABLER, 0xffff00ffu);
        for (unsigned id = 0; id < 32; id++)
            set_priority(i, id, 0xa0);
        set_icc(i, PMR, 0xff);
        set_icc(i, IGRPEN0, 1);
        set_icc(i, IGRPEN1, 1);
    }
    set_reg(gic, IGROUPR + 4, ~0u);
    for (unsigned id = 40; id < 48; id++) {
        set_bit(0, ISENABLER, id);
        set_priority(0, id, 0xa0);
    }
}

#endif
