/* Inside of a GICv3: shared by the distributor (gicv3.c), the redistributors
 * (gicv3_redistributor.c), what both are made of (gicv3_lines.c), LPIs (gicv3_lpi.c) and the ITS
 * (gicv3_its.c); everybody else sees gicv3.h.
 *
 * The state of interrupts is one bit for each in atomic words of 32 INTIDs. Registers are written
 * with the device's lock held, which keeps two writes apart; the words are atomic for everyone
 * else: inputs rise and fall on any thread, CPUs acknowledge, end and send interrupts on theirs,
 * and none of them takes the lock. Each changes its bits and then calls gic_changed() for the CPUs
 * that may see a difference (cpu/gic.h says why that suffices). An interrupt is acknowledged by who
 * sets its `active` bit. */
#ifndef ULNA_DEVICES_GICV3_INTERNAL_H
#define ULNA_DEVICES_GICV3_INTERNAL_H

#include <stdatomic.h>

#include "cpu/gic.h"
#include "devices/gicv3.h"

#define GICV3_WORDS      (GICV3_LINES / 32)
#define GICV3_SGIS       16
#define GICV3_FRAME_SIZE 0x10000u
#define GICV3_IIDR       0x43bu /* an Arm implementation (JEP106) */
#define GICV3_NO_CPU     0xffu
#define GICV3_ID_BITS    16 /* of INTIDs, and of the numbers that an ITS maps */
#define GICV3_IDS        (1u << GICV3_ID_BITS)
#define GICV3_LPIS       (GICV3_IDS - GIC_LPI_BASE)

/* Registers that the distributor has for each INTID, and the redistributors at the same offsets of
 * their second frames for SGIs and PPIs. */
enum gicv3_line_reg {
    GIC_IGROUPR = 0x080,
    GIC_ISENABLER = 0x100,
    GIC_ICENABLER = 0x180,
    GIC_ISPENDR = 0x200,
    GIC_ICPENDR = 0x280,
    GIC_ISACTIVER = 0x300,
    GIC_ICACTIVER = 0x380,
    GIC_IPRIORITYR = 0x400,
    GIC_ITARGETSR = 0x800,
    GIC_ICFGR = 0xc00,
    GIC_IGRPMODR = 0xd00,
    GIC_NSACR = 0xe00,
    GIC_LINE_END = 0xf00,
};

enum { /* GICD_CTLR */
       GICD_GROUP0 = 1 << 0,
       GICD_GROUP1 = 1 << 1,
       GICD_ARE = 1 << 4,
       GICD_DS = 1 << 6,
};

/* 32 interrupts. Pending is `latch`, or the input itself where the interrupt is level-sensitive. */
struct gicv3_lines {
    _Atomic uint32_t group; /* 1: group 1 */
    _Atomic uint32_t enabled;
    _Atomic uint32_t latch; /* an edge was seen, or software set it pending */
    _Atomic uint32_t input; /* the level at the input */
    _Atomic uint32_t edge;  /* 1: edge-triggered */
    _Atomic uint32_t active;
    _Atomic uint8_t priority[32];
};

struct gicv3_lpis {
    bool enabled;                  /* GICR_CTLR.EnableLPIs */
    uint64_t propbaser, pendbaser; /* GICR_PROPBASER, GICR_PENDBASER */
    /* What follows from them: guest memory, and the INTID below which LPIs are there; 0: none. */
    _Atomic uint8_t *_Atomic config;
    _Atomic uint64_t *_Atomic pending;
    _Atomic uint32_t limit;
    _Atomic uint64_t summary[GICV3_IDS / 64 / 64]; /* a bit for each word of `pending` */
};

struct gicv3_redistributor {
    struct gic_interface interface;
    struct gicv3 *gic;
    uint32_t affinity;
    unsigned number;
    struct gicv3_lines banked;            /* SGIs and PPIs */
    _Atomic uint32_t target[GICV3_WORDS]; /* GICD_IROUTER, turned round: the SPIs that come here */
    struct gicv3_lpis lpis;
    uint32_t waker;
} __attribute__((aligned(64)));

struct gicv3 {
    struct device device;
    struct device_ops redistributor_ops; /* whose size depends on the number of CPUs */
    struct bus *bus;                     /* where the tables of LPIs are; NULL: no LPIs */
    unsigned cpu_count;
    _Atomic uint32_t ctlr;
    uint64_t router[GICV3_LINES];           /* GICD_IROUTER */
    _Atomic uint8_t route[GICV3_LINES];     /* the CPU it names, or GICV3_NO_CPU */
    struct gicv3_lines shared[GICV3_WORDS]; /* [0] unused: see gicv3_redistributor.banked */
    struct gicv3_redistributor cpu[];
};

static inline struct gicv3 *gicv3_of(struct device *device)
{
    return (struct gicv3 *)device;
}

/* Frames end with the identification registers, of which ICPIDR0 tells them apart. */
enum {
    GICV3_ID = 0xffd0,
    GICV3_PIDR0_DISTRIBUTOR = 0x92,
    GICV3_PIDR0_REDISTRIBUTOR = 0x93,
};
uint32_t gicv3_read_id(uint64_t offset, uint32_t pidr0);

/* --- gicv3_lines.c --- */

/* The first INTID that the register at `offset` (GIC_IGROUPR to GIC_LINE_END) is about. */
unsigned gicv3_first_line(uint64_t offset);
/* One access of a byte (of GIC_IPRIORITYR) or a word, whose INTIDs are in `lines`. Interrupt
 * controllers with one Security state lack GIC_IGRPMODR and GIC_NSACR, and with affinity routing
 * GIC_ITARGETSR: they are RAZ/WI. */
uint32_t gicv3_lines_read(const struct gicv3_lines *lines, uint64_t offset, unsigned width);
void gicv3_lines_write(struct gicv3_lines *lines, uint64_t offset, unsigned width, uint32_t value);
/* How many bytes these registers take besides four: GIC_IPRIORITYR has one for each interrupt. */
unsigned gicv3_narrow_width(uint64_t offset);
/* False, logged: a register takes words and accesses of `other` bytes only. It is then RAZ/WI. */
bool gicv3_check_width(const struct device *device, const char *frame, uint64_t offset,
                       unsigned width, unsigned other);

/* The input of line `bit` has this level now; false: it had it already. */
bool gicv3_lines_input(struct gicv3_lines *lines, uint32_t bit, bool level);
static inline uint32_t gicv3_lines_pending(const struct gicv3_lines *lines)
{
    uint32_t input = atomic_load(&lines->input), latch = atomic_load(&lines->latch);

    return input ? latch | (input & ~atomic_load(&lines->edge)) : latch;
}
/* Improves *best by the interrupts of `lines` that are in `pending`; the first is INTID `first`. */
void gicv3_lines_highest(const struct gicv3_lines *lines, unsigned first, uint32_t pending,
                         uint32_t ctlr, struct gic_pending *best);
bool gicv3_lines_activate(struct gicv3_lines *lines, uint32_t bit);
/* Power-on state. The input levels stay: they belong to the devices. */
void gicv3_lines_reset(struct gicv3_lines *lines, uint32_t edge);

/* --- gicv3_redistributor.c --- */
extern const struct gic_ops gicv3_interface_ops;
extern const struct device_ops gicv3_redistributor_template;
void gicv3_redistributor_reset(struct gicv3_redistributor *cpu);

/* --- gicv3_lpi.c: from any thread, but for what is about registers --- */

/* Improves *best by the LPIs of a CPU, all of which are in group 1. */
void gicv3_lpi_highest(const struct gicv3_lpis *lpis, struct gic_pending *best);
/* From pending to not pending, LPIs are never active; false: it was not pending. */
bool gicv3_lpi_activate(struct gicv3_redistributor *cpu, uint32_t intid);
/* An LPI of a CPU becomes pending or not; ignored if the CPU does not have it. */
void gicv3_lpi_set(struct gicv3_redistributor *cpu, uint32_t intid, bool pending);
/* Those of `count` LPIs that are pending become so at another CPU instead. */
void gicv3_lpi_move(struct gicv3_redistributor *from, struct gicv3_redistributor *to,
                    uint32_t first, uint32_t count);
void gicv3_lpi_enable(struct gicv3_redistributor *cpu, bool on); /* GICR_CTLR.EnableLPIs */
void gicv3_lpi_reset(struct gicv3_redistributor *cpu);

/* Guest memory that software lends to the GIC: a pointer to it all; NULL: it is not all RAM. */
void *gicv3_ram(const struct bus *bus, uint64_t address, uint64_t size);

/* --- gicv3.c --- */

/* The CPU that an SPI goes to; NULL: to none. */
struct gicv3_redistributor *gicv3_target(struct gicv3 *gic, unsigned intid);

#endif
