/* The generic timer: counters and the two EL1 timers (DDI 0487, D12). With no EL2 the virtual
 * offset is zero, so the virtual count is the physical one. State belongs to the vCPU's thread; the
 * clock only wakes it. */
#include "cpu/sysreg.h"

#include <stddef.h>

#include "cpu/block.h"
#include "cpu/model.h"

enum {
    CTL_ENABLE = 1 << 0,
    CTL_IMASK = 1 << 1,
    CTL_ISTATUS = 1 << 2,
};

#define NS_PER_TICK (1000000000u / CNTFRQ_HZ)

uint64_t timer_count(struct cpu *cpu)
{
    return clock_now(cpu->clock) / NS_PER_TICK;
}

static bool condition_met(struct cpu_timer *timer)
{
    return timer_count(timer->cpu) >= timer->cval;
}

static void evaluate(struct cpu_timer *timer)
{
    struct cpu *cpu = timer->cpu;
    bool met = (timer->ctl & CTL_ENABLE) && condition_met(timer);
    uint64_t deadline;

    irq_set(&timer->irq, met && !(timer->ctl & CTL_IMASK));
    if (!(timer->ctl & CTL_ENABLE) || met || (timer->ctl & CTL_IMASK)) {
        clock_cancel(cpu->clock, &timer->event);
        return;
    }
    /* A compare value beyond what the clock can express never comes. */
    if (__builtin_mul_overflow(timer->cval, NS_PER_TICK, &deadline))
        clock_cancel(cpu->clock, &timer->event);
    else
        clock_arm(cpu->clock, &timer->event, deadline);
}

void timer_evaluate(struct cpu *cpu)
{
    for (unsigned i = 0; i < TIMER_COUNT; i++)
        evaluate(&cpu->timer[i]);
}

static void due(void *opaque)
{
    cpu_request(opaque, PENDING_TIMER);
}

void timer_init(struct cpu *cpu, const struct cpu_config *config)
{
    for (unsigned i = 0; i < TIMER_COUNT; i++) {
        cpu->timer[i].cpu = cpu;
        cpu->timer[i].event.fire = due;
        cpu->timer[i].event.opaque = cpu;
    }
    cpu->timer[TIMER_PHYS].irq = config->timer_phys;
    cpu->timer[TIMER_VIRT].irq = config->timer_virt;
}

void timer_reset(struct cpu *cpu)
{
    cpu->sys.cntfrq = CNTFRQ_HZ;
    for (unsigned i = 0; i < TIMER_COUNT; i++) {
        cpu->timer[i].ctl = 0;
        cpu->timer[i].cval = 0;
        evaluate(&cpu->timer[i]);
    }
}

void timer_fini(struct cpu *cpu)
{
    for (unsigned i = 0; i < TIMER_COUNT; i++)
        if (cpu->timer[i].cpu)
            clock_cancel(cpu->clock, &cpu->timer[i].event);
}

/* EVNTI names the counter bit whose transition is the event, of bits 15..0 or, with EVNTIS
 * (FEAT_ECV), of bits 23..8. */
uint64_t timer_event_period(const struct cpu *cpu)
{
    uint64_t control = cpu->sys.cntkctl;
    uint64_t bit = bits_get(control, 4, 4) + (bit_get(control, 17) ? 8 : 0);

    return bit_get(control, 2) ? (2ull << bit) * NS_PER_TICK : UINT64_MAX;
}

uint64_t timer_ns_until(struct cpu *cpu, uint64_t count)
{
    uint64_t now = clock_now(cpu->clock), then;

    if (__builtin_mul_overflow(count, NS_PER_TICK, &then))
        return UINT64_MAX;
    return then > now ? then - now : 0;
}

/* --- Registers --- */

/* The CRm field tells the physical (2) and virtual (3) timers apart. */
static struct cpu_timer *which(struct cpu *cpu, const struct sysreg *reg)
{
    return &cpu->timer[bits_get(reg->key, 3, 4) == 3 ? TIMER_VIRT : TIMER_PHYS];
}

/* A note from firmware to systems, without effect on the clock; EL1 is the highest level, so it may
 * write it. */
static void write_frequency(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->sys.cntfrq = (uint32_t)value;
}

static uint64_t read_count(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return timer_count(cpu);
}

static uint64_t read_ctl(struct cpu *cpu, const struct sysreg *reg)
{
    struct cpu_timer *timer = which(cpu, reg);
    bool met = (timer->ctl & CTL_ENABLE) && condition_met(timer);

    return timer->ctl | (met ? CTL_ISTATUS : 0);
}

static void write_ctl(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    struct cpu_timer *timer = which(cpu, reg);

    timer->ctl = value & (CTL_ENABLE | CTL_IMASK);
    evaluate(timer);
}

static uint64_t read_cval(struct cpu *cpu, const struct sysreg *reg)
{
    return which(cpu, reg)->cval;
}

static void write_cval(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    struct cpu_timer *timer = which(cpu, reg);

    timer->cval = value;
    evaluate(timer);
}

static uint64_t read_tval(struct cpu *cpu, const struct sysreg *reg)
{
    return (uint32_t)(which(cpu, reg)->cval - timer_count(cpu));
}

static void write_tval(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    struct cpu_timer *timer = which(cpu, reg);

    timer->cval = timer_count(cpu) + (uint64_t)(int64_t)(int32_t)value;
    evaluate(timer);
}

/* Whether EL0 may read CNTVCT_EL0 is part of its mode. */
static void write_control(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    if (!model_has(cpu->model, FEAT_ECV))
        value &= ~(1ull << 17); /* EVNTIS */
    cpu->sys.cntkctl = value;
    block_update_mode(cpu);
}

/* CNTKCTL_EL1 says what EL0 may use. */
static bool check_frequency(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    (void)reg;
    return cpu->sys.cntkctl & 3;
}

static bool check_count(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    /* CNTPCT is op2 1, CNTVCT op2 2, CNTPCTSS 5, CNTVCTSS 6; EL0PCTEN is bit 0, EL0VCTEN bit 1 */
    return bit_get(cpu->sys.cntkctl, (reg->key & 3) == 1 ? 0 : 1);
}

static bool check_timer(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    return bit_get(cpu->sys.cntkctl, bits_get(reg->key, 3, 4) == 3 ? 8 : 9); /* EL0VTEN, EL0PTEN */
}

const struct sysreg timer_rows[] = {
    {SYSREG_KEY(3, 3, 14, 0, 0), SYSREG_RW1 | SYSREG_R0, "CNTFRQ_EL0",
     offsetof(struct cpu, sys.cntfrq), NULL, write_frequency, check_frequency},
    {SYSREG_KEY(3, 3, 14, 0, 1), SYSREG_R1 | SYSREG_R0 | SYSREG_LEAF, "CNTPCT_EL0", 0, read_count,
     NULL, check_count},
    {SYSREG_KEY(3, 3, 14, 0, 2), SYSREG_R1 | SYSREG_R0 | SYSREG_LEAF, "CNTVCT_EL0", 0, read_count,
     NULL, check_count},
    /* FEAT_ECV: self-synchronised, which every read of the clock is */
    {SYSREG_KEY(3, 3, 14, 0, 5), SYSREG_R1 | SYSREG_R0 | SYSREG_LEAF, "CNTPCTSS_EL0", 0, read_count,
     NULL, check_count},
    {SYSREG_KEY(3, 3, 14, 0, 6), SYSREG_R1 | SYSREG_R0 | SYSREG_LEAF, "CNTVCTSS_EL0", 0, read_count,
     NULL, check_count},
    {SYSREG_KEY(3, 3, 14, 2, 0), SYSREG_RW1 | SYSREG_RW0 | SYSREG_LEAF, "CNTP_TVAL_EL0", 0,
     read_tval, write_tval, check_timer},
    {SYSREG_KEY(3, 3, 14, 2, 1), SYSREG_RW1 | SYSREG_RW0 | SYSREG_LEAF, "CNTP_CTL_EL0", 0, read_ctl,
     write_ctl, check_timer},
    {SYSREG_KEY(3, 3, 14, 2, 2), SYSREG_RW1 | SYSREG_RW0 | SYSREG_LEAF, "CNTP_CVAL_EL0", 0,
     read_cval, write_cval, check_timer},
    {SYSREG_KEY(3, 3, 14, 3, 0), SYSREG_RW1 | SYSREG_RW0 | SYSREG_LEAF, "CNTV_TVAL_EL0", 0,
     read_tval, write_tval, check_timer},
    {SYSREG_KEY(3, 3, 14, 3, 1), SYSREG_RW1 | SYSREG_RW0 | SYSREG_LEAF, "CNTV_CTL_EL0", 0, read_ctl,
     write_ctl, check_timer},
    {SYSREG_KEY(3, 3, 14, 3, 2), SYSREG_RW1 | SYSREG_RW0 | SYSREG_LEAF, "CNTV_CVAL_EL0", 0,
     read_cval, write_cval, check_timer},
    {SYSREG_KEY(3, 0, 14, 1, 0), SYSREG_RW1, "CNTKCTL_EL1", offsetof(struct cpu, sys.cntkctl), NULL,
     write_control, NULL},
};
const unsigned timer_row_count = ARRAY_SIZE(timer_rows);
