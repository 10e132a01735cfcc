/* The Performance Monitors: see pmu.h. */
#include "cpu/pmu.h"

#include <stddef.h>

#include "cpu/block.h"
#include "cpu/model.h"
#include "cpu/sysreg.h"

enum {
    PMCR_E = 1 << 0,
    PMCR_P = 1 << 1, /* resets the event counters */
    PMCR_C = 1 << 2, /* resets the cycle counter */
    PMCR_DP = 1 << 5,
    PMCR_LC = 1 << 6, /* without AArch32 all cycle counters are of 64 bits */
    PMCR_LP = 1 << 7,
    PMCR_N_SHIFT = 11,
};

enum { /* PMUSERENR_EL0 */
       USER_EN = 1 << 0,
       USER_SW = 1 << 1,
       USER_CR = 1 << 2,
       USER_ER = 1 << 3,
};

enum event {
    EVENT_SW_INCR = 0x00,
    EVENT_INST_RETIRED = 0x08,
    EVENT_EXC_TAKEN = 0x09,
    EVENT_EXC_RETURN = 0x0a,
    EVENT_BR_IMMED_RETIRED = 0x0d,
    EVENT_BR_RETURN_RETIRED = 0x0e,
    EVENT_CPU_CYCLES = 0x11,
    EVENT_CHAIN = 0x1e,
    EVENT_BR_RETIRED = 0x21,
    EVENT_STALL_FRONTEND = 0x23, /* nothing stalls */
    EVENT_STALL_BACKEND = 0x24,
    EVENT_STALL = 0x3c,
};

#define CYCLES      PMU_COUNTERS /* index of the cycle counter */
#define CYCLES_BIT  31           /* its bit where each counter has one */
#define COUNTER_SET (1u << CYCLES_BIT | ((1u << PMU_COUNTERS) - 1))

#define TYPE_P (1ull << 31)
#define TYPE_U (1ull << 30)

/* While a counter of cycles does not count at this EL, it is looked at so often at most. */
#define LOOK_AGAIN_NS 10000u

static bool has(const struct cpu *cpu, enum feature feature)
{
    return model_has(cpu->model, feature);
}

static uint32_t bit_of(unsigned n)
{
    return 1u << (n == CYCLES ? CYCLES_BIT : n);
}

static enum event event_of(const struct cpu *cpu, unsigned n)
{
    return n == CYCLES ? EVENT_CPU_CYCLES : (enum event)(cpu->pmu.type[n] & 0xffff);
}

static bool is_enabled(const struct cpu *cpu, unsigned n)
{
    return (cpu->pmu.pmcr & PMCR_E) && (cpu->pmu.cnten & bit_of(n));
}

/* Does it count at this EL? */
static bool counts(const struct cpu *cpu, unsigned n, unsigned el)
{
    return is_enabled(cpu, n) && !(cpu->pmu.type[n] & (el ? TYPE_P : TYPE_U));
}

static bool is_of_branches(enum event event)
{
    return event == EVENT_BR_RETIRED || event == EVENT_BR_IMMED_RETIRED ||
           event == EVENT_BR_RETURN_RETIRED;
}

static bool is_of_instructions(enum event event)
{
    return event == EVENT_INST_RETIRED || is_of_branches(event);
}

/* Does somebody wait for an overflow that comes from this counter? The odd one of a chain overflows
 * with the even one. */
static bool is_awaited(const struct cpu *cpu, unsigned n)
{
    uint64_t interrupts = cpu->pmu.inten & ~cpu->pmu.ovs;
    bool chained = n < CYCLES && n % 2 == 0 && event_of(cpu, n + 1) == EVENT_CHAIN;

    return is_enabled(cpu, n) && (interrupts & (bit_of(n) | (chained ? bit_of(n + 1) : 0)));
}

uint32_t pmu_mode(const struct cpu *cpu, unsigned el)
{
    uint32_t mode = 0;

    for (unsigned n = 0; cpu->pmu.enabled && n < PMU_COUNTERS; n++) {
        enum event event = event_of(cpu, n);

        if (counts(cpu, n, el) && is_of_branches(event))
            mode |= MODE_COUNT;
        if (counts(cpu, n, el) && is_of_instructions(event) && is_awaited(cpu, n))
            mode |= MODE_LIMIT;
    }
    return mode;
}

/* --- Counting --- */

/* Event counters have 64 bits with FEAT_PMUv3p5. */
static uint64_t fitting(const struct cpu *cpu, unsigned n, uint64_t count)
{
    return n == CYCLES || has(cpu, FEAT_PMUv3p5) ? count : (uint32_t)count;
}

/* IncrementEventCounter() */
static void add(struct cpu *cpu, unsigned n, uint64_t events)
{
    struct cpu_pmu *pmu = &cpu->pmu;
    bool wide = n == CYCLES || (pmu->pmcr & PMCR_LP);
    uint64_t before = pmu->count[n], after = before + events;
    uint64_t overflows = wide ? after < before : (after >> 32) - (before >> 32);

    pmu->count[n] = fitting(cpu, n, after);
    if (!overflows)
        return;
    pmu->ovs |= bit_of(n);
    if (!wide && n % 2 == 0 && event_of(cpu, n + 1) == EVENT_CHAIN && counts(cpu, n + 1, cpu->el))
        add(cpu, n + 1, (uint32_t)overflows);
}

static void add_to_all(struct cpu *cpu, enum event event, uint64_t events)
{
    for (unsigned n = 0; n <= CYCLES && events; n++)
        if (event_of(cpu, n) == event && counts(cpu, n, cpu->el))
            add(cpu, n, events);
}

/* What has happened since it was done last, all at the present EL, up to the instruction that has
 * this number. */
static void update(struct cpu *cpu, uint64_t instructions)
{
    struct cpu_pmu *pmu = &cpu->pmu;
    uint64_t now = clock_now(cpu->clock), immediate = pmu->branches[PMU_BRANCH_IMMEDIATE];
    uint64_t returns = pmu->branches[PMU_BRANCH_RETURN];

    add_to_all(cpu, EVENT_INST_RETIRED, instructions - pmu->instructions);
    add_to_all(cpu, EVENT_CPU_CYCLES, now - pmu->ns);
    add_to_all(cpu, EVENT_BR_IMMED_RETIRED, immediate);
    add_to_all(cpu, EVENT_BR_RETURN_RETIRED, returns);
    add_to_all(cpu, EVENT_BR_RETIRED, immediate + returns + pmu->branches[PMU_BRANCH_REGISTER]);
    pmu->instructions = instructions;
    pmu->ns = now;
    for (unsigned i = 0; i < PMU_BRANCH_KINDS; i++)
        pmu->branches[i] = 0;
}

/* How many events more the counter takes without an overflow. */
static uint64_t room(const struct cpu *cpu, unsigned n)
{
    bool wide = n == CYCLES || (cpu->pmu.pmcr & PMCR_LP);

    return wide ? ~cpu->pmu.count[n] : (uint32_t)~cpu->pmu.count[n];
}

static uint64_t sum_of(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

/* The output, and when to look at it again. There are no more branches than instructions; one that
 * is too early finds less missing. */
static void set_output(struct cpu *cpu)
{
    struct cpu_pmu *pmu = &cpu->pmu;
    uint64_t deadline = UINT64_MAX;

    irq_set(&pmu->irq, (pmu->pmcr & PMCR_E) && (pmu->ovs & pmu->inten));
    pmu->limit = UINT64_MAX;
    for (unsigned n = 0; n <= CYCLES; n++) {
        enum event event = event_of(cpu, n);
        uint64_t cycles = room(cpu, n);

        if (!is_awaited(cpu, n))
            continue;
        if (is_of_instructions(event) && sum_of(pmu->instructions, room(cpu, n)) < pmu->limit)
            pmu->limit = sum_of(pmu->instructions, room(cpu, n));
        if (!counts(cpu, n, cpu->el) && cycles < LOOK_AGAIN_NS)
            cycles = LOOK_AGAIN_NS;
        if (event == EVENT_CPU_CYCLES && sum_of(pmu->ns, cycles) < deadline)
            deadline = sum_of(pmu->ns, cycles);
    }
    if (deadline == UINT64_MAX)
        clock_cancel(cpu->clock, &pmu->event);
    else
        clock_arm(cpu->clock, &pmu->event, deadline + 1);
}

void pmu_evaluate(struct cpu *cpu)
{
    if (!cpu->pmu.enabled)
        return;
    update(cpu, cpu->instructions);
    set_output(cpu);
}

/* UNPREDICTABLE: an exception counts at the EL that it leaves. */
void pmu_count_exception(struct cpu *cpu, enum pmu_exception what)
{
    uint32_t before = cpu->pmu.ovs;

    update(cpu, cpu->instructions);
    add_to_all(cpu, what == PMU_EXCEPTION_TAKEN ? EVENT_EXC_TAKEN : EVENT_EXC_RETURN, 1);
    if (cpu->pmu.ovs != before)
        set_output(cpu);
}

static void due(void *opaque)
{
    cpu_request(opaque, PENDING_TIMER);
}

void pmu_init(struct cpu *cpu, const struct cpu_config *config)
{
    cpu->pmu.event.fire = due;
    cpu->pmu.event.opaque = cpu;
    cpu->pmu.irq = config->pmu;
}

void pmu_reset(struct cpu *cpu)
{
    struct cpu_pmu *pmu = &cpu->pmu;

    *pmu = (struct cpu_pmu){.event = pmu->event, .irq = pmu->irq};
    set_output(cpu);
}

void pmu_fini(struct cpu *cpu)
{
    if (cpu->pmu.event.opaque)
        clock_cancel(cpu->clock, &cpu->pmu.event);
}

/* --- Registers. Each access is an instruction of a block that cpu->block and cpu->insn name --- */

static void update_here(struct cpu *cpu)
{
    if (cpu->pmu.enabled)
        update(cpu, cpu->instructions - (cpu->block->insns - cpu->insn));
}

/* After a write: what counts from here on. */
static void changed(struct cpu *cpu)
{
    struct cpu_pmu *pmu = &cpu->pmu;

    pmu->enabled = (pmu->pmcr & PMCR_E) && pmu->cnten;
    pmu->instructions = cpu->instructions - (cpu->block->insns - cpu->insn);
    pmu->ns = clock_now(cpu->clock);
    set_output(cpu);
    block_update_mode(cpu);
}

static uint64_t read_pmcr(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return cpu->pmu.pmcr | PMCR_LC | PMU_COUNTERS << PMCR_N_SHIFT;
}

static void write_pmcr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    update_here(cpu);
    cpu->pmu.pmcr = value & (PMCR_E | PMCR_DP | (has(cpu, FEAT_PMUv3p5) ? PMCR_LP : 0));
    for (unsigned n = 0; (value & PMCR_P) && n < PMU_COUNTERS; n++)
        cpu->pmu.count[n] = 0;
    if (value & PMCR_C)
        cpu->pmu.count[CYCLES] = 0;
    changed(cpu);
}

/* Sets of counters: the register reads as the set, and writes add to it or, with op2 or CRm of the
 * CLR form, take away. */
static uint64_t read_set(struct cpu *cpu, const struct sysreg *reg)
{
    update_here(cpu);
    return *(uint64_t *)((char *)cpu + reg->offset);
}

static void add_to_set(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    update_here(cpu);
    *(uint64_t *)((char *)cpu + reg->offset) |= value & COUNTER_SET;
    changed(cpu);
}

static void take_from_set(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    update_here(cpu);
    *(uint64_t *)((char *)cpu + reg->offset) &= ~value;
    changed(cpu);
}

static void write_swinc(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    update_here(cpu);
    for (unsigned n = 0; n < PMU_COUNTERS; n++)
        if (bit_get(value, n) && event_of(cpu, n) == EVENT_SW_INCR && counts(cpu, n, cpu->el))
            add(cpu, n, 1);
    changed(cpu);
}

static void write_selr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->pmu.selr = value & 31;
}

static void write_userenr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->pmu.userenr = value & (USER_EN | USER_SW | USER_CR | USER_ER);
}

/* The counter of a row is where its place is; PMXEVCNTR and PMXEVTYPER have none, and are those of
 * the counter that PMSELR selects. UNPREDICTABLE: one that is not there is RES0. */
#define NO_COUNTER (PMU_COUNTERS + 1)

static unsigned selected(const struct cpu *cpu)
{
    uint64_t n = cpu->pmu.selr;

    if (n == CYCLES_BIT)
        return CYCLES;
    return n < PMU_COUNTERS ? (unsigned)n : NO_COUNTER;
}

static unsigned counter_of(const struct cpu *cpu, const struct sysreg *reg, size_t first)
{
    return reg->offset ? (unsigned)((reg->offset - first) / sizeof(uint64_t)) : selected(cpu);
}

static uint64_t read_count(struct cpu *cpu, const struct sysreg *reg)
{
    unsigned n = counter_of(cpu, reg, offsetof(struct cpu, pmu.count));

    if (n == NO_COUNTER || (n == CYCLES && !reg->offset))
        return 0;
    update_here(cpu);
    return cpu->pmu.count[n];
}

static void write_count(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    unsigned n = counter_of(cpu, reg, offsetof(struct cpu, pmu.count));

    if (n == NO_COUNTER || (n == CYCLES && !reg->offset))
        return;
    update_here(cpu);
    cpu->pmu.count[n] = fitting(cpu, n, value);
    changed(cpu);
}

static uint64_t read_type(struct cpu *cpu, const struct sysreg *reg)
{
    unsigned n = counter_of(cpu, reg, offsetof(struct cpu, pmu.type));

    return n == NO_COUNTER ? 0 : cpu->pmu.type[n];
}

static void write_type(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    uint64_t events = has(cpu, FEAT_PMUv3p1) ? 0xffff : 0x3ff;
    unsigned n = counter_of(cpu, reg, offsetof(struct cpu, pmu.type));

    if (n == NO_COUNTER)
        return;
    update_here(cpu);
    if (n == CYCLES)
        events = 0;
    cpu->pmu.type[n] = value & (TYPE_P | TYPE_U | events);
    changed(cpu);
}

#define EVENT(event) (1u << ((event)&31))

static uint64_t read_ceid0(struct cpu *cpu, const struct sysreg *reg)
{
    (void)cpu;
    (void)reg;
    return EVENT(EVENT_SW_INCR) | EVENT(EVENT_INST_RETIRED) | EVENT(EVENT_EXC_TAKEN) |
           EVENT(EVENT_EXC_RETURN) | EVENT(EVENT_BR_IMMED_RETIRED) |
           EVENT(EVENT_BR_RETURN_RETIRED) | EVENT(EVENT_CPU_CYCLES) | EVENT(EVENT_CHAIN);
}

static uint64_t read_ceid1(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return EVENT(EVENT_BR_RETIRED) | EVENT(EVENT_STALL_FRONTEND) | EVENT(EVENT_STALL_BACKEND) |
           (has(cpu, FEAT_PMUv3p4) ? EVENT(EVENT_STALL) : 0);
}

static void ignore(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)cpu;
    (void)reg;
    (void)value;
}

/* --- What EL0 may do --- */

static bool check_en(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)reg;
    (void)read;
    return cpu->pmu.userenr & USER_EN;
}

static bool check_userenr(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)cpu;
    (void)reg;
    return read;
}

static bool check_sw(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)reg;
    (void)read;
    return cpu->pmu.userenr & (USER_EN | USER_SW);
}

static bool check_cycles(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)reg;
    return cpu->pmu.userenr & (read ? USER_EN | USER_CR : USER_EN);
}

static bool check_events(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)reg;
    return cpu->pmu.userenr & (read ? USER_EN | USER_ER : USER_EN);
}

static bool check_select(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)reg;
    (void)read;
    return cpu->pmu.userenr & (USER_EN | USER_ER);
}

#define R10      (SYSREG_R1 | SYSREG_R0)
#define W10      (SYSREG_W1 | SYSREG_W0)
#define RW10     (SYSREG_RW1 | SYSREG_RW0)
#define P(field) offsetof(struct cpu, pmu.field)
#define COUNTER(n)                                                                                 \
    {SYSREG_KEY(3, 3, 14, 8, n),                                                                   \
     RW10,                                                                                         \
     "PMEVCNTR" #n "_EL0",                                                                         \
     P(count[n]),                                                                                  \
     read_count,                                                                                   \
     write_count,                                                                                  \
     check_events},                                                                                \
        {SYSREG_KEY(3, 3, 14, 12, n),                                                              \
         RW10 | SYSREG_END,                                                                        \
         "PMEVTYPER" #n "_EL0",                                                                    \
         P(type[n]),                                                                               \
         read_type,                                                                                \
         write_type,                                                                               \
         check_en},

const struct sysreg pmu_rows[] = {
    /* clang-format off */
    {SYSREG_KEY(3, 3, 9, 12, 0), RW10 | SYSREG_END, "PMCR_EL0", 0, read_pmcr, write_pmcr, check_en},
    {SYSREG_KEY(3, 3, 9, 12, 1), RW10 | SYSREG_END, "PMCNTENSET_EL0", P(cnten), read_set, add_to_set, check_en},
    {SYSREG_KEY(3, 3, 9, 12, 2), RW10 | SYSREG_END, "PMCNTENCLR_EL0", P(cnten), read_set, take_from_set, check_en},
    {SYSREG_KEY(3, 3, 9, 12, 3), RW10 | SYSREG_END, "PMOVSCLR_EL0", P(ovs), read_set, take_from_set, check_en},
    {SYSREG_KEY(3, 3, 9, 12, 4), W10, "PMSWINC_EL0", 0, NULL, write_swinc, check_sw},
    {SYSREG_KEY(3, 3, 9, 12, 5), RW10, "PMSELR_EL0", P(selr), NULL, write_selr, check_select},
    {SYSREG_KEY(3, 3, 9, 12, 6), R10, "PMCEID0_EL0", 0, read_ceid0, NULL, check_en},
    {SYSREG_KEY(3, 3, 9, 12, 7), R10, "PMCEID1_EL0", 0, read_ceid1, NULL, check_en},
    {SYSREG_KEY(3, 3, 9, 13, 0), RW10, "PMCCNTR_EL0", P(count[CYCLES]), read_count, write_count, check_cycles},
    {SYSREG_KEY(3, 3, 9, 13, 1), RW10 | SYSREG_END, "PMXEVTYPER_EL0", 0, read_type, write_type, check_en},
    {SYSREG_KEY(3, 3, 9, 13, 2), RW10, "PMXEVCNTR_EL0", 0, read_count, write_count, check_events},
    {SYSREG_KEY(3, 3, 9, 14, 0), SYSREG_RW1 | SYSREG_R0, "PMUSERENR_EL0", P(userenr), NULL, write_userenr, check_userenr},
    {SYSREG_KEY(3, 0, 9, 14, 1), SYSREG_RW1 | SYSREG_END, "PMINTENSET_EL1", P(inten), read_set, add_to_set, NULL},
    {SYSREG_KEY(3, 0, 9, 14, 2), SYSREG_RW1 | SYSREG_END, "PMINTENCLR_EL1", P(inten), read_set, take_from_set, NULL},
    {SYSREG_KEY(3, 3, 9, 14, 3), RW10 | SYSREG_END, "PMOVSSET_EL0", P(ovs), read_set, add_to_set, check_en},
    {SYSREG_KEY(3, 0, 9, 14, 6), SYSREG_R1, "PMMIR_EL1", 0, NULL, ignore, NULL},
    COUNTER(0)
    COUNTER(1)
    COUNTER(2)
    COUNTER(3)
    COUNTER(4)
    COUNTER(5)
    {SYSREG_KEY(3, 3, 14, 15, 7), RW10 | SYSREG_END, "PMCCFILTR_EL0", P(type[CYCLES]), read_type, write_type, check_en},
    /* clang-format on */
};
const unsigned pmu_row_count = ARRAY_SIZE(pmu_rows);
