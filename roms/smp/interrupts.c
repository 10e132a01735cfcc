/*
 * Interrupts between CPUs, by software (SGI) through the GICv2 (IHI 0048B), and each CPU's own
 * timer.
 */
#include "parts.h"

enum { SGI_CLOCKWISE = 3, SGI_BACKWARDS = 4, SGI_ALL = 5, INTID_VIRTUAL = 27, INTID_NONE = 1020 };

enum {
    GICD_CTLR = 0x000,
    GICD_ISENABLER0 = 0x100,
    GICD_IPRIORITYR = 0x400,
    GICD_SGIR = 0xf00,
    GICC_CTLR = 0x00,
    GICC_PMR = 0x04,
    GICC_IAR = 0x0c,
    GICC_EOIR = 0x10,
};

#define TICKS 2000 /* from one interrupt of a timer to the next, of 16 ns */

static struct {
    LINE uint64_t taken[32];
    uint64_t wrong_sender;
} at[SMP_CPUS_MAX];

static bool passing_on; /* who gets one of the first two SGIs sends it to the next CPU */

static void send_to(unsigned target, unsigned intid)
{
    mmio_write32(GICD_BASE + GICD_SGIR, 0x10000u << target | intid);
}

static unsigned after(unsigned cpu, unsigned intid)
{
    return (cpu + (intid == SGI_CLOCKWISE ? 1 : cpus - 1)) % cpus;
}

static void take_sgi(unsigned self, unsigned intid, unsigned sender)
{
    unsigned back = intid == SGI_CLOCKWISE ? SGI_BACKWARDS : SGI_CLOCKWISE;

    at[self].wrong_sender += sender != (intid == SGI_ALL ? 0 : after(self, back));
    /* Each goes round `rounds` times and ends where it began, at CPU 0. */
    if (passing_on && intid != SGI_ALL && (self || at[self].taken[intid] < rounds))
        send_to(after(self, intid), intid);
}

bool interrupts_exception(struct exception *e)
{
    unsigned self = smp_self();
    uint32_t iar;

    if (e->vector != VECTOR_SPX_IRQ)
        return false;
    iar = mmio_read32(GICC_BASE + GICC_IAR);
    if ((iar & 0x3ff) >= INTID_NONE)
        return true;
    at[self].taken[iar & 31]++;
    if ((iar & 0x3ff) == INTID_VIRTUAL)
        WRITE_REG(cntv_tval_el0, TICKS);
    else
        take_sgi(self, iar & 0x3ff, iar >> 10 & 7);
    mmio_write32(GICC_BASE + GICC_EOIR, iar);
    return true;
}

/* Sleeps until the CPU has taken that many. WFI wakes up for a masked interrupt as well, so none
 * can come between the look and the sleep. */
static void sleep_until_taken(unsigned self, unsigned intid, uint64_t count)
{
    volatile uint64_t *taken = &at[self].taken[intid];

    while (*taken < count)
        __asm__ volatile("dsb sy\n\twfi\n\tmsr daifclr, #2\n\tisb\n\tmsr daifset, #2"
                         :
                         :
                         : "memory");
}

static void interface_on(void)
{
    for (unsigned intid = 0; intid < 32; intid += 4)
        mmio_write32(GICD_BASE + GICD_IPRIORITYR + intid, 0xa0a0a0a0);
    mmio_write32(GICD_BASE + GICD_ISENABLER0, 0xffffu | 1u << INTID_VIRTUAL);
    mmio_write32(GICC_BASE + GICC_PMR, 0xf0);
    mmio_write32(GICC_BASE + GICC_CTLR, 1);
}

static void rings(unsigned self)
{
    interface_on();
    smp_meet();
    if (self == 0) {
        send_to(after(0, SGI_CLOCKWISE), SGI_CLOCKWISE);
        send_to(after(0, SGI_BACKWARDS), SGI_BACKWARDS);
    }
    sleep_until_taken(self, SGI_CLOCKWISE, rounds);
    sleep_until_taken(self, SGI_BACKWARDS, rounds);
}

/* To all but the sender, who waits until all have taken it. */
static void to_all(unsigned self)
{
    for (uint64_t i = 1; i <= rounds / 4; i++) {
        if (self == 0)
            mmio_write32(GICD_BASE + GICD_SGIR, 1u << 24 | SGI_ALL);
        else
            sleep_until_taken(self, SGI_ALL, i);
        smp_meet();
    }
}

static void timers(unsigned self)
{
    WRITE_REG(cntv_tval_el0, TICKS);
    WRITE_REG(cntv_ctl_el0, 1);
    sleep_until_taken(self, INTID_VIRTUAL, rounds);
    WRITE_REG(cntv_ctl_el0, 0);
}

static bool all_have_taken(unsigned first, unsigned intid, uint64_t at_least, uint64_t at_most)
{
    bool all = true;

    for (unsigned i = first; i < cpus; i++)
        all = all && at[i].taken[intid] >= at_least && at[i].taken[intid] <= at_most;
    return all;
}

void interrupts(void)
{
    uint64_t wrong_senders = 0;

    print("Interrupts:\n");
    mmio_write32(GICD_BASE + GICD_CTLR, 1);
    passing_on = true;
    smp_run(cpus, rings);
    check(all_have_taken(0, SGI_CLOCKWISE, rounds, rounds), "an SGI goes round all CPUs");
    check(all_have_taken(0, SGI_BACKWARDS, rounds, rounds), "and another the other way round");
    smp_run(cpus, to_all);
    check(all_have_taken(1, SGI_ALL, rounds / 4, rounds / 4) && !at[0].taken[SGI_ALL],
          "one to all others: each takes it once");
    for (unsigned i = 0; i < cpus; i++)
        wrong_senders += at[i].wrong_sender;
    check(!wrong_senders, "GICC_IAR tells who has sent it");
    smp_run(cpus, timers);
    check(all_have_taken(0, INTID_VIRTUAL, rounds, ~0ul), "each CPU has a timer of its own");
}
