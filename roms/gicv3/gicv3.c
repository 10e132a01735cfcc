/*
 * gicv3: the interrupt controller that is part of the processor. Needs -M virt,gic-version=3.
 *
 * A GICv3 (IHI 0069) has four parts:
 *   - the distributor, for what devices send to any CPU (SPIs, INTID 32 and up);
 *   - a redistributor for each CPU, for what is its own: SGIs (0 to 15), which CPUs send each
 * other, and PPIs (16 to 31), such as its timer's;
 *   - the CPU interface, which are system registers of the processor, ICC_*;
 *   - the ITS, which turns messages of devices into LPIs (INTID 8192 and up) by tables in memory.
 *
 * roms/timer does the same things with a GICv2, where all registers have addresses.
 */
#include "../lib/rom.h"

#define ICC_PMR     S3_0_C4_C6_0
#define ICC_IAR0    S3_0_C12_C8_0
#define ICC_EOIR0   S3_0_C12_C8_1
#define ICC_HPPIR0  S3_0_C12_C8_2
#define ICC_BPR0    S3_0_C12_C8_3
#define ICC_DIR     S3_0_C12_C11_1
#define ICC_RPR     S3_0_C12_C11_3
#define ICC_SGI1R   S3_0_C12_C11_5
#define ICC_SGI0R   S3_0_C12_C11_7
#define ICC_IAR1    S3_0_C12_C12_0
#define ICC_EOIR1   S3_0_C12_C12_1
#define ICC_HPPIR1  S3_0_C12_C12_2
#define ICC_BPR1    S3_0_C12_C12_3
#define ICC_CTLR    S3_0_C12_C12_4
#define ICC_SRE     S3_0_C12_C12_5
#define ICC_IGRPEN0 S3_0_C12_C12_6
#define ICC_IGRPEN1 S3_0_C12_C12_7
/* the names are macros: they have to be replaced before they become text */
#define READ(reg)         READ_REG(reg)
#define WRITE(reg, value) WRITE_REG(reg, value)

/* One bit or one byte for each interrupt; the same offsets in the distributor, from INTID 32 on,
 * and in the second frame of a redistributor. */
enum {
    IGROUPR = 0x080,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    IPRIORITYR = 0x400,
    ICFGR = 0xc00,
};
enum {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IROUTER = 0x6000,
    GICD_PIDR2 = 0xffe8,
    GICR_CTLR = 0x0000,
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    GICR_PROPBASER = 0x0070,
    GICR_PENDBASER = 0x0078,
    GITS_CTLR = 0x0000,
    GITS_TYPER = 0x0008,
    GITS_CBASER = 0x0080,
    GITS_CWRITER = 0x0088,
    GITS_CREADR = 0x0090,
    GITS_BASER = 0x0100,
    GITS_TRANSLATER = 0x10040,
};
#define GICR_BASE 0x080a0000ul
#define SGI_BASE  (GICR_BASE + 0x10000)
#define GITS_BASE 0x08080000ul

enum { SGI_LOW = 3, SGI_HIGH = 5, TIMER = 27, SPI = 100, LPI = 8200, SPURIOUS = 1023 };
enum { VECTOR_SPX_FIQ = 6 };

#define TIMER_ENABLE 1u

/* Written by the handler, read by the program. */
static volatile unsigned irqs, fiqs, undefined;
static volatile unsigned sequence[8], length, running[8];
static volatile bool nest;

static void set_priority(unsigned intid, uint8_t priority)
{
    uint64_t frame = intid < 32 ? SGI_BASE : GICD_BASE;

    *(volatile uint8_t *)(frame + IPRIORITYR + intid) = priority;
}

static void set_bit(unsigned set, unsigned intid)
{
    uint64_t frame = intid < 32 ? SGI_BASE : GICD_BASE;

    mmio_write32(frame + set + intid / 32 * 4, 1u << intid % 32);
}

static bool get_bit(unsigned set, unsigned intid)
{
    uint64_t frame = intid < 32 ? SGI_BASE : GICD_BASE;

    return mmio_read32(frame + set + intid / 32 * 4) >> intid % 32 & 1;
}

/* To the CPUs 0 to 15 of cluster 0 that the list has; this one is CPU 0. */
static void send_sgi(unsigned intid, unsigned list)
{
    WRITE(ICC_SGI1R, (uint64_t)intid << 24 | list);
}

static bool irq_pending(void)
{
    return READ_REG(isr_el1) >> 7 & 1;
}

static bool fiq_pending(void)
{
    return READ_REG(isr_el1) >> 6 & 1;
}

static void unmask(void)
{
    __asm__ volatile("msr daifclr, #3" : : : "memory");
}

static void mask(void)
{
    __asm__ volatile("msr daifset, #3" : : : "memory");
}

static void take_pending(void)
{
    unmask();
    mask();
}

static void handle_irq(void)
{
    uint64_t intid = READ(ICC_IAR1);
    unsigned at = length;

    if (intid == SPURIOUS)
        return;
    irqs++;
    if (intid == TIMER)
        WRITE_REG(cntv_ctl_el0, 0); /* level sensitive: pending while the line is high */
    if (at < 8)
        running[at] = (unsigned)READ(ICC_RPR);
    if (nest && intid == SGI_LOW) {
        send_sgi(SGI_HIGH, 1);
        take_pending(); /* ELR_EL1 and SPSR_EL1 are saved in the frame */
    }
    if (length < 8)
        sequence[length++] = (unsigned)intid;
    WRITE(ICC_EOIR1, intid);
}

void exception_taken(struct exception *e)
{
    if (e->vector == VECTOR_SPX_IRQ) {
        handle_irq();
    } else if (e->vector == VECTOR_SPX_FIQ) {
        uint64_t intid = READ(ICC_IAR0);

        fiqs++;
        WRITE(ICC_EOIR0, intid);
    } else if (e->vector == VECTOR_LOWER_SYNC && exception_class(e) == EC_UNKNOWN) {
        undefined++;
        e->elr += 4;
    } else if (e->vector == VECTOR_LOWER_SYNC && exception_class(e) == EC_SVC) {
        e->elr = (uint64_t)leave_el0;
        e->spsr = 0x3c5; /* EL1h, masked */
    } else {
        exception_report(e);
    }
}

static void gic_init(void)
{
    mmio_write32(GICR_BASE + GICR_WAKER, 0); /* the processor is awake */
    while (mmio_read32(GICR_BASE + GICR_WAKER) & 4)
        ;
    WRITE(ICC_SRE, 7);
    mmio_write32(GICD_BASE + GICD_CTLR, 0x13); /* both groups, affinity routing */
    mmio_write32(SGI_BASE + IGROUPR, ~0u);     /* all in group 1: IRQs */
    for (unsigned intid = 0; intid < 32; intid++)
        set_priority(intid, 0xa0); /* lower is more urgent */
    mmio_write32(SGI_BASE + ISENABLER, 1u << SGI_LOW | 1u << SGI_HIGH | 1u << TIMER);
    WRITE(ICC_PMR, 0xff);
    WRITE(ICC_IGRPEN1, 1);
}

static void identification(void)
{
    print("What there is:\n");
    check((READ_REG(id_aa64pfr0_el1) >> 24 & 15) == 1, "ID_AA64PFR0_EL1.GIC: the system registers");
    check((mmio_read32(GICD_BASE + GICD_PIDR2) >> 4 & 15) == 3, "GICD_PIDR2: version 3");
    check((mmio_read32(GICD_BASE + GICD_CTLR) & 0x50) == 0x50, "one Security state, routing on");
    check((mmio_read32(GICD_BASE + GICD_TYPER) & 31) >= 7, "at least 256 interrupts");
    check(mmio_read32(GICR_BASE + GICR_TYPER + 4) == (uint32_t)(READ_REG(mpidr_el1) & 0xffffff),
          "the first redistributor is this CPU's");
    check((READ(ICC_SRE) & 1) == 1, "ICC_SRE_EL1.SRE is on for good");
    check((READ(ICC_CTLR) >> 8 & 7) == 4, "ICC_CTLR_EL1: 32 priorities");
    check(READ(ICC_PMR) == 0xf8, "which ICC_PMR_EL1 has five bits for");
    WRITE(ICC_BPR0, 0);
    WRITE(ICC_BPR1, 0);
    check(READ(ICC_BPR0) == 2 && READ(ICC_BPR1) == 3, "and the least binary points are 2 and 3");
    check(READ(ICC_IAR1) == SPURIOUS && READ(ICC_HPPIR1) == SPURIOUS, "nothing is pending");
    check(READ(ICC_RPR) == 0xff, "and nothing runs");
}

static void sgis(void)
{
    print("An SGI to ourselves:\n");
    send_sgi(SGI_LOW, 1);
    check(irq_pending() && get_bit(ISPENDR, SGI_LOW), "pending");
    check(READ(ICC_HPPIR1) == SGI_LOW, "ICC_HPPIR1_EL1 names it");
    check(irqs == 0, "PSTATE.I holds it back");
    take_pending();
    check(irqs == 1 && sequence[0] == SGI_LOW && running[0] == 0xa0, "taken once unmasked");
    check(!irq_pending() && !get_bit(ISACTIVER, SGI_LOW), "and over");
    send_sgi(SGI_LOW, 2);
    check(!irq_pending(), "not when it is for another CPU");
    WRITE(ICC_SGI1R, 1ul << 40 | SGI_LOW << 24);
    check(!irq_pending(), "nor when it is for all others");
    WRITE(ICC_SGI0R, SGI_LOW << 24 | 1);
    check(!irq_pending() && !fiq_pending(), "nor as one of group 0");
    set_bit(ICENABLER, SGI_LOW);
    send_sgi(SGI_LOW, 1);
    check(!irq_pending() && get_bit(ISPENDR, SGI_LOW), "an SGI can be disabled");
    set_bit(ICPENDR, SGI_LOW);
    set_bit(ISENABLER, SGI_LOW);
    check(!irq_pending(), "and taken back");
}

static void timer(void)
{
    uint64_t millisecond = READ_REG(cntfrq_el0) / 1000, start = READ_REG(cntvct_el0);
    unsigned before = irqs;

    print("The timer's PPI:\n");
    WRITE_REG(cntv_tval_el0, 5 * millisecond);
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE);
    while (irqs == before) {
        __asm__ volatile("dsb sy\n\twfi" : : : "memory");
        take_pending();
    }
    check(READ_REG(cntvct_el0) - start >= 5 * millisecond, "WFI slept 5 ms");
    WRITE_REG(cntv_cval_el0, 0);
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE);
    check(irq_pending(), "a level is pending while it is high");
    WRITE_REG(cntv_ctl_el0, 0);
    check(!irq_pending() && READ(ICC_IAR1) == SPURIOUS, "and is not when it falls");
}

static void gates(void)
{
    print("Gates:\n");
    send_sgi(SGI_LOW, 1);
    WRITE(ICC_PMR, 0xa0);
    check(!irq_pending(), "not with an ICC_PMR_EL1 as urgent as it");
    WRITE(ICC_PMR, 0xa8);
    check(irq_pending(), "but with the next");
    WRITE(ICC_PMR, 0xff);
    WRITE(ICC_IGRPEN1, 0);
    check(!irq_pending() && READ(ICC_HPPIR1) == SPURIOUS, "not with ICC_IGRPEN1_EL1 off");
    WRITE(ICC_IGRPEN1, 1);
    mmio_write32(GICD_BASE + GICD_CTLR, 0x11);
    check(!irq_pending(), "not with the distributor's group off");
    mmio_write32(GICD_BASE + GICD_CTLR, 0x13);
    check(irq_pending(), "all open");
    take_pending();
}

static void priorities(void)
{
    print("Priorities:\n");
    set_priority(SGI_HIGH, 0x40);
    send_sgi(SGI_LOW, 1);
    send_sgi(SGI_HIGH, 1);
    length = 0;
    take_pending();
    check(length == 2 && sequence[0] == SGI_HIGH && sequence[1] == SGI_LOW, "the urgent one first");
    nest = true;
    length = 0;
    send_sgi(SGI_LOW, 1);
    take_pending();
    check(length == 2 && sequence[0] == SGI_HIGH && running[0] == 0x40,
          "an urgent one preempts a handler");
    set_priority(SGI_HIGH, 0x98);
    WRITE(ICC_BPR1, 6); /* two bits of group priority: 0x80 for both */
    length = 0;
    send_sgi(SGI_LOW, 1);
    take_pending();
    check(length == 2 && sequence[0] == SGI_LOW && running[0] == 0x80,
          "unless both are in one priority group");
    WRITE(ICC_BPR1, 3);
    nest = false;
}

static void eoi_modes(void)
{
    print("End of interrupt in two steps:\n");
    WRITE(ICC_CTLR, 2); /* EOImode */
    send_sgi(SGI_LOW, 1);
    check(READ(ICC_IAR1) == SGI_LOW && READ(ICC_RPR) == 0xa0, "acknowledged");
    WRITE(ICC_EOIR1, SGI_LOW);
    check(READ(ICC_RPR) == 0xff && get_bit(ISACTIVER, SGI_LOW), "priority drop, still active");
    send_sgi(SGI_LOW, 1);
    check(!irq_pending() && get_bit(ISPENDR, SGI_LOW), "pending again, not signalled");
    WRITE(ICC_DIR, SGI_LOW);
    check(irq_pending() && !get_bit(ISACTIVER, SGI_LOW), "ICC_DIR_EL1 deactivates");
    WRITE(ICC_CTLR, 0);
    take_pending();
    check(!irq_pending(), "and the second one is over at once");
}

static void groups(void)
{
    print("Group 0:\n");
    WRITE(ICC_IGRPEN0, 1);
    mmio_write32(SGI_BASE + IGROUPR, ~(1u << SGI_LOW));
    send_sgi(SGI_LOW, 1);
    check(!irq_pending() && !fiq_pending(), "does not take an SGI of group 1");
    WRITE(ICC_SGI0R, SGI_LOW << 24 | 1);
    check(fiq_pending() && !irq_pending(), "comes as FIQ");
    check(READ(ICC_HPPIR0) == SGI_LOW && READ(ICC_IAR1) == SPURIOUS, "has registers of its own");
    take_pending();
    check(fiqs == 1 && !fiq_pending(), "is taken");
    mmio_write32(SGI_BASE + IGROUPR, ~0u);
    WRITE(ICC_IGRPEN0, 0);
}

static void spis(void)
{
    volatile uint64_t *router = (volatile uint64_t *)(GICD_BASE + GICD_IROUTER) + SPI;

    print("An SPI:\n");
    mmio_write32(GICD_BASE + IGROUPR + SPI / 32 * 4, ~0u);
    set_priority(SPI, 0xa0);
    set_bit(ISENABLER, SPI);
    *router = 0;
    set_bit(ISPENDR, SPI);
    check(irq_pending() && READ(ICC_HPPIR1) == SPI, "software can make it pending");
    *router = 1;
    check(!irq_pending() && get_bit(ISPENDR, SPI), "GICD_IROUTER can send it to no CPU");
    *router = 0;
    length = 0;
    take_pending();
    check(length == 1 && sequence[0] == SPI, "or to this one");
    set_bit(ICENABLER, SPI);
}

/* ---- LPIs ---- */

static uint8_t lpi_config[65536] __attribute__((aligned(65536)));
static uint64_t lpi_pending[65536 / 64] __attribute__((aligned(65536)));
static uint64_t devices[65536 / 8] __attribute__((aligned(65536)));
static uint64_t collections[65536 / 8] __attribute__((aligned(65536)));
static uint64_t queue[65536 / 8] __attribute__((aligned(65536)));
static uint64_t translations[4096 / 8] __attribute__((aligned(4096)));

static void write64(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)address = value;
}

static void command(uint64_t a, uint64_t b, uint64_t c)
{
    uint32_t tail = mmio_read32(GITS_BASE + GITS_CWRITER);

    queue[tail / 8] = a;
    queue[tail / 8 + 1] = b;
    queue[tail / 8 + 2] = c;
    queue[tail / 8 + 3] = 0;
    __asm__ volatile("dsb sy" : : : "memory");
    mmio_write32(GITS_BASE + GITS_CWRITER, tail + 32);
    while (mmio_read32(GITS_BASE + GITS_CREADR) != tail + 32)
        ;
}

static void its_init(void)
{
    const uint64_t valid = 1ul << 63, page_64k = 2 << 8;

    lpi_config[LPI - 8192] = 0xa1; /* priority, and enabled */
    write64(GICR_BASE + GICR_PROPBASER, (uint64_t)lpi_config | 15);
    write64(GICR_BASE + GICR_PENDBASER, (uint64_t)lpi_pending);
    mmio_write32(GICR_BASE + GICR_CTLR, 1);
    write64(GITS_BASE + GITS_BASER, valid | (uint64_t)devices | page_64k);
    write64(GITS_BASE + GITS_BASER + 8, valid | (uint64_t)collections | page_64k);
    write64(GITS_BASE + GITS_CBASER, valid | (uint64_t)queue | 15);
    mmio_write32(GITS_BASE + GITS_CTLR, 1);
    command(0x08, 4, valid | (uint64_t)translations); /* MAPD: device 0 has 32 events */
    command(0x09, 0, valid | 7);                      /* MAPC: collection 7 is CPU 0 */
    command(0x0a, (uint64_t)LPI << 32 | 3, 7);        /* MAPTI: its event 3 is our LPI, there */
}

static void lpis(void)
{
    print("LPIs:\n");
    check((mmio_read32(GICD_BASE + GICD_TYPER) >> 17 & 1) == 1, "GICD_TYPER.LPIS");
    check((mmio_read32(GITS_BASE + GITS_TYPER) & 1) == 1, "GITS_TYPER.Physical");
    its_init();
    command(0x03, 3, 0); /* INT */
    check(irq_pending() && READ(ICC_HPPIR1) == LPI, "the command INT makes it pending");
    command(0x04, 3, 0); /* CLEAR */
    check(!irq_pending(), "CLEAR takes it back");
    length = 0;
    mmio_write32(GITS_BASE + GITS_TRANSLATER, 3);
    take_pending();
    check(length == 1 && sequence[0] == LPI && running[0] == 0xa0, "a message brings it");
    mmio_write32(GITS_BASE + GITS_TRANSLATER, 3);
    lpi_config[LPI - 8192] = 0xa0;
    command(0x0c, 3, 0); /* INV */
    check(!irq_pending(), "disabled in its table");
    lpi_config[LPI - 8192] = 0x41;
    command(0x0c, 3, 0);
    check(irq_pending(), "and enabled");
    check(READ(ICC_IAR1) == LPI && READ(ICC_RPR) == 0x40, "with its new priority");
    mmio_write32(GITS_BASE + GITS_TRANSLATER, 3);
    check(!irq_pending(), "it waits for the end of its like");
    WRITE(ICC_EOIR1, LPI);
    check(irq_pending(), "but was never active");
    command(0x0f, 3, 0); /* DISCARD */
    check(!irq_pending(), "DISCARD forgets it");
    mmio_write32(GITS_BASE + GITS_TRANSLATER, 3);
    check(!irq_pending(), "and its event");
}

/* ---- EL0 ---- */

static char user_stack[256] __attribute__((aligned(16)));

void user_code(void); /* user.S */

static void user(void)
{
    print("At EL0:\n");
    enter_el0((const void *)user_code, user_stack + sizeof(user_stack), 0, 0);
    check(undefined == 3, "the registers are UNDEFINED");
}

void rom_main(void)
{
    gic_init();
    identification();
    sgis();
    timer();
    gates();
    priorities();
    eoi_modes();
    groups();
    spis();
    lpis();
    user();
    print_verdict("gicv3");
}
