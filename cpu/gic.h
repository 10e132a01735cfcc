/* The CPU interface of a GICv3 (IHI 0069H, chapters 4 and 12): what the ICC_* system registers do.
 * It belongs to the vCPU but is part of the controller, which owns it; the controller's other half,
 * the redistributor, stands behind `ops`.
 *
 * No lock is taken on the way. The registers belong to the vCPU's thread. What the vCPU is told is
 * a function of two things that change at any time on any thread: what is pending, which the
 * redistributor keeps in atomic words, and the priority below which an interrupt is signalled,
 * which the vCPU publishes in `threshold`. Whoever changes either calls gic_changed() afterwards:
 * it counts the change, computes the outputs from scratch and drives them, and does so again when
 * the count has moved meanwhile. So the last one to drive the outputs either has seen every change,
 * or sees that there was another and stays; and a change that comes after its last look at the
 * count is followed by the computation of the one that made it. All of these accesses are
 * sequentially consistent. */
#ifndef ULNA_CPU_GIC_H
#define ULNA_CPU_GIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/irq.h"

struct cpu;

enum {
    GIC_SPECIAL = 1020,  /* INTIDs from here to 1023 are no interrupts */
    GIC_SPURIOUS = 1023, /* nothing is pending */
    GIC_LPI_BASE = 8192, /* the first LPI */
};

/* The highest priority pending interrupt that the distributor forwards. */
struct gic_pending {
    uint32_t intid;   /* GIC_SPURIOUS: none, */
    uint8_t priority; /* which then is 0xff */
    bool group1;
};

/* A software generated interrupt on its way. */
struct gic_sgi {
    unsigned intid;
    bool group1;      /* it is for targets where it is in this group */
    bool others;      /* to all but the sender; otherwise to those of */
    uint32_t cluster; /* this Aff3.Aff2.Aff1, */
    uint16_t targets; /* and these values of Aff0 */
};

/* What the interface asks of the redistributor; on the vCPU's thread. */
struct gic_ops {
    struct gic_pending (*highest)(void *opaque); /* from any thread */
    /* From pending to active; false: it is not pending any more, or active already. */
    bool (*activate)(void *opaque, uint32_t intid);
    /* False: it was not active. The caller calls gic_changed() after either. */
    bool (*deactivate)(void *opaque, uint32_t intid);
    void (*send_sgi)(void *opaque, const struct gic_sgi *sgi);
};

enum gic_group {
    GIC_GROUP0,
    GIC_GROUP1,
    GIC_GROUPS,
};

struct gic_interface {
    const struct gic_ops *ops; /* these are the controller's to fill in */
    void *opaque;
    struct irq irq, fiq;
    unsigned lines; /* INTIDs below are SGIs, PPIs and SPIs */

    /* Registers, by their names; of the vCPU's thread. */
    uint8_t pmr, bpr[GIC_GROUPS];
    bool enabled[GIC_GROUPS]; /* ICC_IGRPEN<n>_EL1 */
    bool cbpr, eoimode;       /* of ICC_CTLR_EL1 */
    uint32_t apr[GIC_GROUPS]; /* ICC_AP<n>R0_EL1 */

    _Atomic uint32_t threshold; /* of group 0 in bits <15:0>, of group 1 in bits <31:16> */
    _Atomic uint32_t changes;
};

/* What is pending for the vCPU, or its threshold, has changed; any thread. */
void gic_changed(struct gic_interface *gic);

/* Warm reset; the vCPU does not run. */
void gic_reset(struct gic_interface *gic);

#endif
