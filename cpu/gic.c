/* The CPU interface of a GICv3: see gic.h. As the controller has one Security state (GICD_CTLR.DS
 * is 1) and the vCPU neither EL2 nor EL3, both groups are EL1's: group 0 comes as FIQ, group 1 as
 * IRQ. 32 priorities, no legacy interface (ICC_SRE_EL1.SRE is always 1). */
#include "cpu/gic.h"

#include "base/bits.h"
#include "base/log.h"
#include "cpu/sysreg.h"

#define PRIORITY_BITS  5
#define PRIORITY_SHIFT (8 - PRIORITY_BITS)
#define PRIORITY_MASK  (uint8_t)(0xff << PRIORITY_SHIFT)
#define BPR_MIN        (7 - PRIORITY_BITS) /* of group 0; group 1 counts one more */
#define IDLE_PRIORITY  0xffu
#define INTID_MASK     0xffffffu

enum control {
    CBPR = 1 << 0,
    EOIMODE = 1 << 1,
    CONTROL_FIXED =
        (PRIORITY_BITS - 1) << 8 /* PRIbits */ | 1 << 11 /* IDbits: 24 */ | 1 << 15 /* A3V */,
    SRE = 7, /* SRE, DFB, DIB */
};

/* --- Priorities -------------------------------------------------------------------------- */

/* The group priority field of a priority, 4.8.2: the binary point of group 1 counts one less,
 * unless it is common. */
static unsigned group_mask(const struct gic_interface *gic, enum gic_group group)
{
    unsigned point = group == GIC_GROUP1 && !gic->cbpr ? gic->bpr[1] - 1u : gic->bpr[0];

    return 0xffu << (point + 1) & 0xff;
}

static unsigned running_priority(const struct gic_interface *gic)
{
    uint32_t active = gic->apr[0] | gic->apr[1];

    return active ? (unsigned)__builtin_ctz(active) << PRIORITY_SHIFT : IDLE_PRIORITY;
}

/* An interrupt is signalled whose priority is below that of the mask, and whose group priority is
 * below that of what is being handled: which is to say, its priority is. */
static unsigned threshold(const struct gic_interface *gic, enum gic_group group)
{
    unsigned running = running_priority(gic), limit = running & group_mask(gic, group);

    if (!gic->enabled[group])
        return 0;
    return running == IDLE_PRIORITY || gic->pmr < limit ? gic->pmr : limit;
}

static enum gic_group group_of(const struct gic_pending *best)
{
    return best->group1 ? GIC_GROUP1 : GIC_GROUP0;
}

/* --- What the vCPU is told --------------------------------------------------------------- */

static bool signalled(struct gic_interface *gic, const struct gic_pending *best)
{
    uint32_t both = atomic_load(&gic->threshold);

    return best->priority < bits_get(both, group_of(best) == GIC_GROUP1 ? 16 : 0, 16);
}

void gic_changed(struct gic_interface *gic)
{
    uint32_t now = atomic_fetch_add(&gic->changes, 1) + 1, seen;

    do {
        struct gic_pending best;
        bool high;

        seen = now;
        best = gic->ops->highest(gic->opaque);
        high = signalled(gic, &best);
        irq_set(&gic->irq, high && best.group1);
        irq_set(&gic->fiq, high && !best.group1);
        now = atomic_load(&gic->changes);
    } while (now != seen);
}

/* The registers have changed. */
static void publish(struct gic_interface *gic)
{
    atomic_store(&gic->threshold, threshold(gic, GIC_GROUP0) | threshold(gic, GIC_GROUP1) << 16);
    gic_changed(gic);
}

void gic_reset(struct gic_interface *gic)
{
    gic->pmr = 0;
    gic->bpr[GIC_GROUP0] = BPR_MIN;
    gic->bpr[GIC_GROUP1] = BPR_MIN + 1;
    gic->cbpr = gic->eoimode = false;
    for (unsigned group = 0; group < GIC_GROUPS; group++) {
        gic->enabled[group] = false;
        gic->apr[group] = 0;
    }
    publish(gic);
}

/* --- Acknowledge and end ----------------------------------------------------------------- */

/* The registers of group 0 have CRm 8. */
static enum gic_group group_of_register(const struct sysreg *reg)
{
    return bits_get(reg->key, 3, 4) == 8 ? GIC_GROUP0 : GIC_GROUP1;
}

static uint64_t read_iar(struct cpu *cpu, const struct sysreg *reg)
{
    struct gic_interface *gic = cpu->gic;
    enum gic_group group = group_of_register(reg);
    struct gic_pending best;

    do { /* another thread may take it back, which it then has been before this */
        best = gic->ops->highest(gic->opaque);
        if (!signalled(gic, &best) || group_of(&best) != group)
            return GIC_SPURIOUS;
    } while (!gic->ops->activate(gic->opaque, best.intid));
    gic->apr[group] |= 1u << ((best.priority & group_mask(gic, group)) >> PRIORITY_SHIFT);
    publish(gic);
    return best.intid;
}

static uint64_t read_hppir(struct cpu *cpu, const struct sysreg *reg)
{
    struct gic_interface *gic = cpu->gic;
    enum gic_group group = group_of_register(reg);
    struct gic_pending best = gic->ops->highest(gic->opaque);

    return group_of(&best) == group && gic->enabled[group] ? best.intid : GIC_SPURIOUS;
}

static void deactivate(struct cpu *cpu, uint32_t intid)
{
    if (intid < cpu->gic->lines && !cpu->gic->ops->deactivate(cpu->gic->opaque, intid))
        log_line(cpu->log, LOG_GUEST_ERRORS, "gic: interrupt %u is deactivated but not active",
                 intid);
}

/* UNPREDICTABLE: an INTID that is not the last one acknowledged. The priority drop is still of the
 * highest active priority, if that is of the register's group; otherwise nothing happens. */
static void write_eoir(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    struct gic_interface *gic = cpu->gic;
    enum gic_group group = group_of_register(reg);
    uint32_t intid = value & INTID_MASK, level = gic->apr[0] | gic->apr[1];

    if (intid >= GIC_SPECIAL && intid <= GIC_SPURIOUS)
        return;
    level &= -level;
    if (!(gic->apr[group] & level)) {
        log_line(cpu->log, LOG_GUEST_ERRORS,
                 "gic: %s written with %u, but no interrupt of group %u is being handled",
                 reg->name, intid, group);
        return;
    }
    if (intid >= gic->lines && intid < GIC_LPI_BASE) {
        log_line(cpu->log, LOG_GUEST_ERRORS, "gic: %s written with %u, which does not exist",
                 reg->name, intid);
        return;
    }
    gic->apr[group] &= ~level;
    if (!gic->eoimode)
        deactivate(cpu, intid);
    publish(gic);
}

static void write_dir(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    if (!cpu->gic->eoimode) { /* UNPREDICTABLE: ignored */
        log_line(cpu->log, LOG_GUEST_ERRORS,
                 "gic: ICC_DIR_EL1 written while ICC_CTLR_EL1.EOImode is 0");
        return;
    }
    deactivate(cpu, value & INTID_MASK);
    gic_changed(cpu->gic);
}

/* --- Software generated interrupts ------------------------------------------------------- */

/* ICC_SGI1R_EL1 is op2 5, ICC_ASGI1R_EL1 6, ICC_SGI0R_EL1 7. The second is for Secure group 1 as
 * the non-secure state sees it, of which there is none here; group 0 may take it. The range
 * selector is RES0, as ICC_CTLR_EL1.RSS is 0. */
static void write_sgi(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    const struct gic_sgi sgi = {
        .intid = (unsigned)bits_get(value, 24, 4),
        .group1 = (reg->key & 7) == 5,
        .others = bit_get(value, 40), /* IRM */
        .cluster = (uint32_t)(bits_get(value, 48, 8) << 16 | bits_get(value, 32, 8) << 8 |
                              bits_get(value, 16, 8)),
        .targets = (uint16_t)value,
    };

    cpu->gic->ops->send_sgi(cpu->gic->opaque, &sgi);
}

/* --- The other registers ----------------------------------------------------------------- */

static uint64_t read_pmr(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return cpu->gic->pmr;
}

static void write_pmr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->gic->pmr = value & PRIORITY_MASK;
    publish(cpu->gic);
}

static uint64_t read_bpr(struct cpu *cpu, const struct sysreg *reg)
{
    const struct gic_interface *gic = cpu->gic;
    enum gic_group group = group_of_register(reg);

    if (group == GIC_GROUP1 && gic->cbpr)
        return gic->bpr[GIC_GROUP0] < 7 ? gic->bpr[GIC_GROUP0] + 1u : 7;
    return gic->bpr[group];
}

static void write_bpr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    struct gic_interface *gic = cpu->gic;
    enum gic_group group = group_of_register(reg);
    uint8_t least = group == GIC_GROUP1 ? BPR_MIN + 1 : BPR_MIN, point = value & 7;

    if (group == GIC_GROUP1 && gic->cbpr)
        return;
    gic->bpr[group] = point < least ? least : point;
    publish(gic);
}

static uint64_t read_apr(struct cpu *cpu, const struct sysreg *reg)
{
    return cpu->gic->apr[group_of_register(reg)];
}

static void write_apr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    cpu->gic->apr[group_of_register(reg)] = (uint32_t)value;
    publish(cpu->gic);
}

static uint64_t read_rpr(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return running_priority(cpu->gic);
}

static uint64_t read_ctlr(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return CONTROL_FIXED | (cpu->gic->cbpr ? CBPR : 0) | (cpu->gic->eoimode ? EOIMODE : 0);
}

static void write_ctlr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->gic->cbpr = value & CBPR;
    cpu->gic->eoimode = value & EOIMODE;
    publish(cpu->gic);
}

static uint64_t read_sre(struct cpu *cpu, const struct sysreg *reg)
{
    (void)cpu;
    (void)reg;
    return SRE;
}

static void ignore(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)cpu;
    (void)reg;
    (void)value;
}

/* ICC_IGRPEN0_EL1 is op2 6, ICC_IGRPEN1_EL1 7. */
static uint64_t read_igrpen(struct cpu *cpu, const struct sysreg *reg)
{
    return cpu->gic->enabled[reg->key & 1];
}

static void write_igrpen(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    cpu->gic->enabled[reg->key & 1] = value & 1;
    publish(cpu->gic);
}

#define ROW(crn, crm, op2, access, name, read, write)                                              \
    {SYSREG_KEY(3, 0, crn, crm, op2), access, name, 0, read, write, NULL},
#define READ       (SYSREG_R1 | SYSREG_LEAF)
#define WRITE      (SYSREG_W1 | SYSREG_LEAF)
#define READ_WRITE (SYSREG_RW1 | SYSREG_LEAF)
/* A guest's mistake is reported with its PC, which a leaf does not know. */
#define WRITE_CHECKED SYSREG_W1

const struct sysreg gic_rows[] = {
    /* clang-format off */
    ROW(4, 6, 0, READ_WRITE, "ICC_PMR_EL1", read_pmr, write_pmr)
    ROW(12, 8, 0, READ, "ICC_IAR0_EL1", read_iar, NULL)
    ROW(12, 8, 1, WRITE_CHECKED, "ICC_EOIR0_EL1", NULL, write_eoir)
    ROW(12, 8, 2, READ, "ICC_HPPIR0_EL1", read_hppir, NULL)
    ROW(12, 8, 3, READ_WRITE, "ICC_BPR0_EL1", read_bpr, write_bpr)
    ROW(12, 8, 4, READ_WRITE, "ICC_AP0R0_EL1", read_apr, write_apr)
    ROW(12, 9, 0, READ_WRITE, "ICC_AP1R0_EL1", read_apr, write_apr)
    ROW(12, 11, 1, WRITE_CHECKED, "ICC_DIR_EL1", NULL, write_dir)
    ROW(12, 11, 3, READ, "ICC_RPR_EL1", read_rpr, NULL)
    ROW(12, 11, 5, WRITE, "ICC_SGI1R_EL1", NULL, write_sgi)
    ROW(12, 11, 6, WRITE, "ICC_ASGI1R_EL1", NULL, write_sgi)
    ROW(12, 11, 7, WRITE, "ICC_SGI0R_EL1", NULL, write_sgi)
    ROW(12, 12, 0, READ, "ICC_IAR1_EL1", read_iar, NULL)
    ROW(12, 12, 1, WRITE_CHECKED, "ICC_EOIR1_EL1", NULL, write_eoir)
    ROW(12, 12, 2, READ, "ICC_HPPIR1_EL1", read_hppir, NULL)
    ROW(12, 12, 3, READ_WRITE, "ICC_BPR1_EL1", read_bpr, write_bpr)
    ROW(12, 12, 4, READ_WRITE, "ICC_CTLR_EL1", read_ctlr, write_ctlr)
    ROW(12, 12, 5, READ_WRITE, "ICC_SRE_EL1", read_sre, ignore)
    ROW(12, 12, 6, READ_WRITE, "ICC_IGRPEN0_EL1", read_igrpen, write_igrpen)
    ROW(12, 12, 7, READ_WRITE, "ICC_IGRPEN1_EL1", read_igrpen, write_igrpen)
    /* clang-format on */
};
const unsigned gic_row_count = ARRAY_SIZE(gic_rows);
