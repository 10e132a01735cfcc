/*
 * timer: time, interrupts, and a processor that sleeps until one comes.
 *
 * Three parts work together:
 *   - the generic timer (DDI 0487, D11): a counter that always runs, CNTVCT_EL0, and comparators
 * that raise a line when the counter reaches CNTx_CVAL_EL0 (or CNTx_TVAL_EL0 ticks from now);
 *   - the interrupt controller, a GICv2 (IHI 0048B): the distributor decides which interrupts are
 *     enabled and how urgent they are, the CPU interface tells this CPU about the most urgent one;
 *   - the processor: PSTATE.I masks IRQs, and WFI sleeps until one is pending, masked or not.
 *
 * An interrupt has a number: 0 to 15 are sent by software (SGI), 16 to 31 belong to one CPU (PPI),
 * 32 and up to devices (SPI). The virtual timer is 27, the physical one 30.
 */
#include "../lib/rom.h"

enum { INTID_SGI = 5, INTID_VIRTUAL = 27, INTID_PHYSICAL = 30, INTID_SPURIOUS = 1023 };

/* Distributor registers; one bit or one byte for each interrupt. */
enum {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_ISENABLER0 = 0x100,
    GICD_ICENABLER0 = 0x180,
    GICD_ISPENDR0 = 0x200,
    GICD_IPRIORITYR = 0x400,
    GICD_SGIR = 0xf00,
};

/* CPU interface registers. */
enum {
    GICC_CTLR = 0x00,
    GICC_PMR = 0x04,
    GICC_IAR = 0x0c,
    GICC_EOIR = 0x10,
    GICC_RPR = 0x14,
    GICC_HPPIR = 0x18,
};

/* CNTx_CTL_EL0 */
#define TIMER_ENABLE  1u
#define TIMER_IMASK   2u
#define TIMER_ISTATUS 4u

/* Written by the interrupt handler, read by the program: volatile, since neither calls the other.
 */
static volatile unsigned taken[32];
static volatile unsigned spurious;
static volatile uint32_t running_priority;
static volatile unsigned nested_sgi; /* send an SGI from inside the timer's handler */
static volatile unsigned sequence[4], sequence_length;

static void set_priority(unsigned intid, uint8_t priority)
{
    *(volatile uint8_t *)(GICD_BASE + GICD_IPRIORITYR + intid) = priority;
}

static void gic_init(void)
{
    for (unsigned intid = 0; intid < 32; intid++)
        set_priority(intid, 0xa0); /* lower is more urgent */
    mmio_write32(GICD_BASE + GICD_ISENABLER0,
                 1u << INTID_SGI | 1u << INTID_VIRTUAL | 1u << INTID_PHYSICAL);
    mmio_write32(GICD_BASE + GICD_CTLR, 1);
    mmio_write32(GICC_BASE + GICC_PMR, 0xf0); /* let priorities more urgent than this through */
    mmio_write32(GICC_BASE + GICC_CTLR, 1);
}

static void unmask_irq(void)
{
    __asm__ volatile("msr daifclr, #2" : : : "memory");
}

static void mask_irq(void)
{
    __asm__ volatile("msr daifset, #2" : : : "memory");
}

static void wait_for_interrupt(void)
{
    __asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

/* An interrupt handler on this GIC: acknowledge (which tells the number and makes it active),
 * remove the cause, signal the end. */
void exception_taken(struct exception *e)
{
    if (e->vector != VECTOR_SPX_IRQ)
        exception_report(e);
    uint32_t iar = mmio_read32(GICC_BASE + GICC_IAR);
    unsigned intid = iar & 0x3ff;
    if (intid >= 32) {
        spurious++;
        return;
    }
    taken[intid]++;
    running_priority = mmio_read32(GICC_BASE + GICC_RPR);
    if (intid == INTID_VIRTUAL)
        WRITE_REG(cntv_ctl_el0, 0); /* level sensitive: it stays pending while the line is high */
    if (intid == INTID_PHYSICAL)
        WRITE_REG(cntp_ctl_el0, 0);
    if (nested_sgi && intid == INTID_VIRTUAL) {
        mmio_write32(GICD_BASE + GICD_SGIR, 2u << 24 | INTID_SGI);
        /* ELR_EL1 and SPSR_EL1 are saved in the frame, so another IRQ may come now. */
        unmask_irq();
        for (unsigned spin = 0; spin < 1000; spin++)
            __asm__ volatile("" : : : "memory");
        mask_irq();
    }
    if (sequence_length < 4)
        sequence[sequence_length++] = intid;
    mmio_write32(GICC_BASE + GICC_EOIR, iar);
}

static void counter_runs(void)
{
    print("The counter:\n");
    uint64_t frequency = READ_REG(cntfrq_el0);
    check(frequency >= 1000000 && frequency <= 1000000000, "CNTFRQ_EL0: between 1 MHz and 1 GHz");
    uint64_t a = READ_REG(cntvct_el0), b;
    unsigned tries = 0;
    do
        b = READ_REG(cntvct_el0);
    while (b == a && ++tries < 100000000);
    check(b > a, "CNTVCT_EL0 goes up");
    uint64_t p1 = READ_REG(cntpct_el0), v = READ_REG(cntvct_el0), p2 = READ_REG(cntpct_el0);
    check(p1 <= p2 && v <= p2, "CNTPCT_EL0 is not behind CNTVCT_EL0");
}

static void comparators(void)
{
    print("The comparators, without interrupts:\n");
    WRITE_REG(cntv_cval_el0, ~0ul);
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
    check((READ_REG(cntv_ctl_el0) & TIMER_ISTATUS) == 0, "CVAL in the far future: ISTATUS = 0");
    WRITE_REG(cntv_cval_el0, READ_REG(cntvct_el0));
    check((READ_REG(cntv_ctl_el0) & TIMER_ISTATUS) != 0, "CVAL in the past: ISTATUS = 1");
    WRITE_REG(cntv_tval_el0, 1000000);
    uint64_t ahead = READ_REG(cntv_cval_el0) - READ_REG(cntvct_el0);
    check(ahead <= 1000000, "TVAL = 1000000 sets CVAL that far ahead");
    WRITE_REG(cntv_tval_el0, -5);
    int32_t left = (int32_t)READ_REG(cntv_tval_el0);
    check(left <= -5, "TVAL reads negative after the time has come");
    WRITE_REG(cntv_ctl_el0, 0);
    check(READ_REG(isr_el1) == 0, "ISR_EL1: nothing is pending");
}

/* Arms a timer `ticks` from now and sleeps until its interrupt has been taken. */
static bool sleep_virtual(uint64_t ticks)
{
    unsigned before = taken[INTID_VIRTUAL];
    uint64_t start = READ_REG(cntvct_el0);

    WRITE_REG(cntv_tval_el0, ticks);
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE);
    while (taken[INTID_VIRTUAL] == before) {
        wait_for_interrupt(); /* with IRQ masked: no interrupt can slip in before the WFI */
        unmask_irq();
        mask_irq();
    }
    return READ_REG(cntvct_el0) - start >= ticks && taken[INTID_VIRTUAL] == before + 1;
}

static void interrupts(void)
{
    uint64_t millisecond = READ_REG(cntfrq_el0) / 1000;

    print("Interrupts:\n");
    check(sleep_virtual(10 * millisecond), "virtual timer, INTID 27: WFI slept 10 ms or more");
    bool all = true;
    for (unsigned i = 0; i < 10; i++)
        all &= sleep_virtual(millisecond);
    check(all && taken[INTID_VIRTUAL] == 11, "ten more of 1 ms each");

    WRITE_REG(cntp_cval_el0, READ_REG(cntpct_el0) + millisecond);
    WRITE_REG(cntp_ctl_el0, TIMER_ENABLE);
    unmask_irq();
    while (taken[INTID_PHYSICAL] == 0)
        wait_for_interrupt();
    mask_irq();
    check(taken[INTID_PHYSICAL] == 1, "physical timer, INTID 30");

    mmio_write32(GICD_BASE + GICD_SGIR, 2u << 24 | INTID_SGI); /* 2: to this CPU */
    check((READ_REG(isr_el1) & 1ul << 7) != 0, "SGI to ourselves: ISR_EL1.I while masked");
    check(taken[INTID_SGI] == 0, "PSTATE.I holds it back");
    unmask_irq();
    mask_irq();
    check(taken[INTID_SGI] == 1, "and it is taken once unmasked");
}

/* FEAT_WFxT: a sleep that ends when CNTVCT_EL0 gets to a value, without a timer and an interrupt.
 */
static void timeouts(void)
{
    uint64_t until = READ_REG(cntvct_el0) + READ_REG(cntfrq_el0) / 100;
    bool has_wfxt = (READ_REG(S3_0_C0_C6_2) & 15) == 2; /* ID_AA64ISAR2_EL1.WFxT */

    print("Sleeps with a timeout, where FEAT_WFxT is there:\n");
    if (has_wfxt)
        __asm__ volatile("mov x0, %0\n\t.inst 0xd5031020" : : "r"(until) : "x0"); /* wfit x0 */
    check(!has_wfxt || READ_REG(cntvct_el0) >= until, "WFIT sleeps for 10 ms");
    until = READ_REG(cntvct_el0) + READ_REG(cntfrq_el0) / 100;
    if (has_wfxt)
        __asm__ volatile("sevl\n\twfe\n\tmov x0, %0\n\t.inst 0xd5031000" /* wfet x0 */
                         :
                         : "r"(until)
                         : "x0");
    check(!has_wfxt || READ_REG(cntvct_el0) >= until, "WFET sleeps for 10 ms");
}

/* A pending interrupt, and everything that can stand between it and the processor. */
static void gates(void)
{
    print("Gates in the interrupt controller:\n");
    WRITE_REG(cntv_cval_el0, 0);
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE);
    uint32_t pending = mmio_read32(GICD_BASE + GICD_ISPENDR0);
    check((pending & 1u << INTID_VIRTUAL) != 0, "GICD_ISPENDR shows the line");
    check((mmio_read32(GICC_BASE + GICC_HPPIR) & 0x3ff) == INTID_VIRTUAL, "GICC_HPPIR names it");

    mmio_write32(GICD_BASE + GICD_ICENABLER0, 1u << INTID_VIRTUAL);
    check(READ_REG(isr_el1) == 0, "not with GICD_ICENABLER");
    mmio_write32(GICD_BASE + GICD_ISENABLER0, 1u << INTID_VIRTUAL);
    mmio_write32(GICC_BASE + GICC_PMR, 0xa0);
    check(READ_REG(isr_el1) == 0, "not with a GICC_PMR as urgent as it");
    mmio_write32(GICC_BASE + GICC_PMR, 0xf0);
    mmio_write32(GICC_BASE + GICC_CTLR, 0);
    check(READ_REG(isr_el1) == 0, "not with the CPU interface off");
    mmio_write32(GICC_BASE + GICC_CTLR, 1);
    mmio_write32(GICD_BASE + GICD_CTLR, 0);
    check(READ_REG(isr_el1) == 0, "not with the distributor off");
    mmio_write32(GICD_BASE + GICD_CTLR, 1);
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE | TIMER_IMASK);
    check(READ_REG(isr_el1) == 0, "not with the timer's IMASK");
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE);
    check((READ_REG(isr_el1) & 1ul << 7) != 0, "all open: ISR_EL1.I");
    unmask_irq();
    mask_irq();
    check(taken[INTID_VIRTUAL] == 12, "and taken");
    check((mmio_read32(GICC_BASE + GICC_IAR) & 0x3ff) == INTID_SPURIOUS,
          "nothing left: GICC_IAR reads 1023");
}

static void priorities(void)
{
    print("Priorities:\n");
    set_priority(INTID_SGI, 0x40);
    check(*(volatile uint8_t *)(GICD_BASE + GICD_IPRIORITYR + INTID_SGI) == 0x40,
          "GICD_IPRIORITYR keeps a byte");
    nested_sgi = 1;
    sequence_length = 0;
    WRITE_REG(cntv_cval_el0, 0);
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE);
    unmask_irq();
    mask_irq();
    check(sequence_length == 2 && sequence[0] == INTID_SGI && sequence[1] == INTID_VIRTUAL,
          "a more urgent interrupt preempts the handler");
    check(running_priority == 0x40, "GICC_RPR shows its priority");

    set_priority(INTID_SGI, 0xc0);
    sequence_length = 0;
    WRITE_REG(cntv_cval_el0, 0);
    WRITE_REG(cntv_ctl_el0, TIMER_ENABLE);
    unmask_irq();
    mask_irq();
    check(sequence_length == 2 && sequence[0] == INTID_VIRTUAL && sequence[1] == INTID_SGI,
          "a less urgent one waits for the end");
}

void rom_main(void)
{
    gic_init();
    counter_runs();
    comparators();
    interrupts();
    timeouts();
    gates();
    priorities();
    print_verdict("timer");
}
