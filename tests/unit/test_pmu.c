/* cpu/pmu.c on each engine, with a stepped clock: what is counted, where, when it overflows, and
 * what EL0 may use. */
#include "cpu/pmu.h"
#include "guest.h"

static struct guest guest;
static struct cpu *cpu;

#define K_PMCR       SYSREG_KEY(3, 3, 9, 12, 0)
#define K_CNTENSET   SYSREG_KEY(3, 3, 9, 12, 1)
#define K_CNTENCLR   SYSREG_KEY(3, 3, 9, 12, 2)
#define K_OVSCLR     SYSREG_KEY(3, 3, 9, 12, 3)
#define K_SWINC      SYSREG_KEY(3, 3, 9, 12, 4)
#define K_SELR       SYSREG_KEY(3, 3, 9, 12, 5)
#define K_CEID0      SYSREG_KEY(3, 3, 9, 12, 6)
#define K_CEID1      SYSREG_KEY(3, 3, 9, 12, 7)
#define K_CCNTR      SYSREG_KEY(3, 3, 9, 13, 0)
#define K_XEVTYPER   SYSREG_KEY(3, 3, 9, 13, 1)
#define K_XEVCNTR    SYSREG_KEY(3, 3, 9, 13, 2)
#define K_USERENR    SYSREG_KEY(3, 3, 9, 14, 0)
#define K_INTENSET   SYSREG_KEY(3, 0, 9, 14, 1)
#define K_OVSSET     SYSREG_KEY(3, 3, 9, 14, 3)
#define K_EVCNTR(n)  SYSREG_KEY(3, 3, 14, 8, n)
#define K_EVTYPER(n) SYSREG_KEY(3, 3, 14, 12, n)
#define K_CCFILTR    SYSREG_KEY(3, 3, 14, 15, 7)

#define NOT_EL1 (1u << 31)
#define NOT_EL0 (1u << 30)

#define SETUP (RAM_BASE + 0x40000) /* where msr() and mrs() put their instruction */

static void start(int engine)
{
    cpu = guest_start(&guest, (enum engine)engine);
}

static void teardown(void)
{
    guest_close(&guest);
}

static void at_el1(void)
{
    pstate_set_el(cpu, 1, true);
    cpu->daif = 15;
}

static void msr(uint16_t key, uint64_t value)
{
    at_el1();
    cpu->x[29] = value;
    guest_program(&guest, SETUP, a_msr(key, 29), A_STOP);
    guest_run(&guest, SETUP);
    expect_stopped_at(&guest, SETUP + 4);
}

static uint64_t mrs(uint16_t key)
{
    at_el1();
    guest_program(&guest, SETUP, a_mrs(29, key), A_STOP);
    guest_run(&guest, SETUP);
    expect_stopped_at(&guest, SETUP + 4);
    return cpu->x[29];
}

/* Counter n counts `event`, from 0. */
static void count_events(unsigned n, uint64_t event)
{
    msr(K_EVTYPER(n), event);
    msr(K_EVCNTR(n), 0);
    msr(K_CNTENSET, 1u << n);
    msr(K_PMCR, mrs(K_PMCR) | 1);
}

START_TEST(registers_say_what_is_there)
{
    start(_i);
    ck_assert_uint_eq(mrs(K_PMCR), 6 << 11 | 1 << 6);
    msr(K_PMCR, ~0ull);
    ck_assert_uint_eq(mrs(K_PMCR), 6 << 11 | 1 << 7 | 1 << 6 | 1 << 5 | 1);
    msr(K_CNTENSET, ~0ull);
    ck_assert_uint_eq(mrs(K_CNTENCLR), 0x8000003f);
    msr(K_CNTENCLR, 0x80000001);
    ck_assert_uint_eq(mrs(K_CNTENSET), 0x3e);
    ck_assert_uint_eq(mrs(K_CEID0), 0x40026701);
    ck_assert_uint_eq(mrs(K_CEID1), 0x1000001a);
    msr(K_EVTYPER(3), ~0ull);
    ck_assert_uint_eq(mrs(K_EVTYPER(3)), 0xc000ffff);
    msr(K_CCFILTR, ~0ull);
    msr(K_SELR, 31);
    ck_assert_uint_eq(mrs(K_XEVTYPER), 0xc0000000);
    ck_assert_uint_eq(mrs(K_XEVCNTR), 0);
    msr(K_SELR, 3);
    msr(K_XEVCNTR, 0x123456789a);
    ck_assert_uint_eq(mrs(K_EVCNTR(3)), 0x123456789a);
    ck_assert_uint_eq(mrs(K_XEVTYPER), 0xc000ffff);
    msr(K_SELR, 6);
    msr(K_XEVTYPER, 1);
    ck_assert_uint_eq(mrs(K_XEVTYPER), 0);
    msr(K_PMCR, 1 << 1);
    ck_assert_uint_eq(mrs(K_EVCNTR(3)), 0);
}
END_TEST

START_TEST(instructions_are_counted_one_by_one)
{
    const uint16_t counter = K_EVCNTR(2);

    start(_i);
    count_events(2, 0x08);
    for (unsigned round = 0; round < 150; round++) { /* it is compiled in between */
        cpu->x[5] = 20;
        guest_program(&guest, CODE, a_mrs(0, counter), A_NOP, A_NOP, a_mrs(1, counter),
                      a_subs(5, 5, 1), a_b_cond(1, -4), a_mrs(2, counter), a_b(8), A_STOP,
                      a_mrs(3, counter), a_b(-8));
        guest_run(&guest, CODE);
        ck_assert_uint_eq(cpu->x[1] - cpu->x[0], 3);
        ck_assert_uint_eq(cpu->x[2] - cpu->x[1], 1 + 2 * 20);
        ck_assert_uint_eq(cpu->x[3] - cpu->x[2], 2);
    }
    msr(K_CNTENCLR, 1 << 2);
    ck_assert_uint_eq(mrs(counter), mrs(counter));
}
END_TEST

START_TEST(events_have_their_counters)
{
    static const uint32_t program[] = {
        0x94000003,             /* bl +12 */
        0xb4000040,             /* cbz x0, +8 */
        0xd503201f,             /* nop, and the end */
        0x36000044,             /* tbz w4, #0, +8: where the function is */
        0xd503201f, 0xd65f03c0, /* ret */
    };
    const uint16_t swinc = K_SWINC;

    start(_i);
    count_events(0, 0x0d);
    count_events(1, 0x0e);
    count_events(2, 0x21);
    count_events(3, 0x00);
    count_events(4, 0x24);
    for (unsigned n = 0; n < 5; n++)
        msr(K_EVCNTR(n), 0);
    guest_put(&guest, CODE, program, ARRAY_SIZE(program));
    guest_program(&guest, CODE + 8, A_STOP);
    cpu->x[0] = 1;
    cpu->x[4] = 1;
    at_el1();
    guest_run(&guest, CODE);
    ck_assert_uint_eq(mrs(K_EVCNTR(0)), 3);
    ck_assert_uint_eq(mrs(K_EVCNTR(1)), 1);
    ck_assert_uint_eq(mrs(K_EVCNTR(2)), 4);
    msr(swinc, 0x3f);
    msr(swinc, 0x37);
    ck_assert_uint_eq(mrs(K_EVCNTR(3)), 1);
    ck_assert_uint_eq(mrs(K_EVCNTR(0)), 3);
    ck_assert_uint_eq(mrs(K_EVCNTR(4)), 0);
}
END_TEST

/* EL0 executes three instructions and SVC, EL1 then HLT. */
static void run_at_el0(void)
{
    guest_program(&guest, CODE + 0x800, A_ERET);
    guest_program(&guest, CODE, A_NOP, A_NOP, A_NOP, a_svc(0));
    cpu->elr[1] = CODE;
    cpu->spsr[1] = 0x3c0;
    at_el1();
    guest_run(&guest, CODE + 0x800);
    expect_stopped_at(&guest, VECTORS + 0x400);
}

START_TEST(filters_choose_the_exception_level)
{
    uint64_t before;

    start(_i);
    count_events(0, 0x08 | NOT_EL1);
    count_events(1, 0x08 | NOT_EL0);
    count_events(2, 0x08 | NOT_EL0 | NOT_EL1);
    count_events(3, 0x09);
    count_events(4, 0x0a);
    before = mrs(K_EVCNTR(1));
    run_at_el0();
    ck_assert_uint_eq(mrs(K_EVCNTR(0)), 4);
    ck_assert_uint_eq(mrs(K_EVCNTR(1)) - before, 6); /* MRS, ERET, MRS, and HLT behind each */
    ck_assert_uint_eq(mrs(K_EVCNTR(2)), 0);
    ck_assert_uint_eq(mrs(K_EVCNTR(3)), 1);
    ck_assert_uint_eq(mrs(K_EVCNTR(4)), 1);
}
END_TEST

START_TEST(a_cycle_is_a_nanosecond)
{
    start(_i);
    msr(K_CNTENSET, 1u << 31);
    msr(K_CCNTR, 100);
    clock_step(guest.clock, 5000);
    ck_assert_uint_eq(mrs(K_CCNTR), 100); /* PMCR.E is 0 */
    msr(K_PMCR, 1);
    count_events(5, 0x11);
    clock_step(guest.clock, 5000);
    ck_assert_uint_eq(mrs(K_CCNTR), 5100);
    ck_assert_uint_eq(mrs(K_EVCNTR(5)), 5000);
    msr(K_CCFILTR, NOT_EL1);
    clock_step(guest.clock, 5000);
    ck_assert_uint_eq(mrs(K_CCNTR), 5100);
    msr(K_PMCR, 1 | 1 << 2);
    ck_assert_uint_eq(mrs(K_CCNTR), 0);
}
END_TEST

START_TEST(an_overflow_of_cycles_interrupts_in_time)
{
    start(_i);
    msr(K_CCNTR, -1000ull);
    msr(K_INTENSET, 1u << 31);
    msr(K_CNTENSET, 1u << 31);
    msr(K_PMCR, 1);
    clock_step(guest.clock, 999);
    ck_assert(!(atomic_load(&cpu->pending) & PENDING_TIMER));
    mrs(K_PMCR);
    ck_assert(!guest.pmu.level);
    clock_step(guest.clock, 1);
    ck_assert(atomic_load(&cpu->pending) & PENDING_TIMER);
    mrs(K_PMCR);
    ck_assert(guest.pmu.level);
    ck_assert_uint_eq(mrs(K_OVSSET), 1u << 31);
    msr(K_OVSCLR, 1u << 31);
    ck_assert(!guest.pmu.level);
    msr(K_OVSSET, 1u << 31);
    ck_assert(guest.pmu.level);
    msr(K_PMCR, 0);
    ck_assert(!guest.pmu.level);
}
END_TEST

/* The interrupt stops the machine. */
static void wire(void *opaque, unsigned line, bool level)
{
    fake_irq_set(&guest.pmu, line, level);
    if (level)
        cpu_stop(opaque);
}

/* How many rounds of a loop, of at most a million, go by until then. */
static uint64_t rounds_until_interrupt(void)
{
    cpu->x[5] = 1000000;
    guest_program(&guest, CODE, a_subs(5, 5, 1), a_cbnz(5, -4), A_STOP);
    at_el1();
    cpu->pc = CODE;
    cpu_run(cpu);
    return 1000000 - cpu->x[5];
}

START_TEST(an_overflow_of_instructions_or_branches_is_noticed_at_once)
{
    static const struct {
        unsigned event, in_round;
    } events[] = {{0x08, 2}, {0x21, 1}};

    start(_i);
    cpu->pmu.irq = (struct irq){.set = wire, .controller = cpu};
    for (unsigned i = 0; i < ARRAY_SIZE(events); i++) {
        uint64_t rounds;

        msr(K_PMCR, 0);
        msr(K_EVTYPER(1), events[i].event);
        msr(K_EVCNTR(1), (1ull << 32) - 100000 * events[i].in_round);
        msr(K_INTENSET, 1 << 1);
        msr(K_CNTENSET, 1 << 1);
        msr(K_PMCR, 1);
        rounds = rounds_until_interrupt();
        ck_assert(guest.pmu.level);
        ck_assert_uint_ge(rounds, 99990);
        ck_assert_uint_le(rounds, 100010);
        msr(K_PMCR, 0);
        ck_assert_uint_eq(mrs(K_OVSSET), 1 << 1);
        msr(K_OVSCLR, 1 << 1);
    }
    ck_assert_uint_eq(rounds_until_interrupt(), 1000000);
}
END_TEST

START_TEST(two_counters_make_a_chain)
{
    start(_i);
    msr(K_EVTYPER(2), 0x00);
    msr(K_EVTYPER(3), 0x1e);
    msr(K_EVCNTR(2), 0xffffffff);
    msr(K_EVCNTR(3), 0xffffffff);
    msr(K_CNTENSET, 3 << 2);
    msr(K_PMCR, 1);
    msr(K_SWINC, 1 << 2);
    ck_assert_uint_eq(mrs(K_EVCNTR(2)), 1ull << 32);
    ck_assert_uint_eq(mrs(K_EVCNTR(3)), 1ull << 32);
    ck_assert_uint_eq(mrs(K_OVSSET), 3 << 2);
    msr(K_OVSCLR, 3 << 2);
    msr(K_PMCR, 1 | 1 << 7); /* LP: 64 bits, and no chain */
    msr(K_EVCNTR(2), 0xffffffff);
    msr(K_SWINC, 1 << 2);
    ck_assert_uint_eq(mrs(K_OVSSET), 0);
    msr(K_EVCNTR(2), ~0ull);
    msr(K_SWINC, 1 << 2);
    ck_assert_uint_eq(mrs(K_OVSSET), 1 << 2);
    ck_assert_uint_eq(mrs(K_EVCNTR(2)), 0);
    ck_assert_uint_eq(mrs(K_EVCNTR(3)), 1ull << 32);
}
END_TEST

/* Does it trap at EL0? The register is X29. */
static bool traps(uint16_t key, bool read, uint64_t userenr)
{
    msr(K_USERENR, userenr);
    guest_program(&guest, CODE, read ? a_mrs(29, key) : a_msr(key, 29), a_svc(0));
    pstate_set_el(cpu, 0, false);
    guest_run(&guest, CODE);
    if (guest_esr_ec(&guest) == EC_SVC)
        return false;
    ck_assert_uint_eq(guest_esr_ec(&guest), EC_SYSREG);
    return true;
}

START_TEST(pmuserenr_says_what_el0_may_use)
{
    static const struct {
        uint16_t key;
        unsigned read, write; /* bits of PMUSERENR, each of which is enough; 0x80: not there */
    } registers[] = {
        {K_PMCR, 1, 1},      {K_CNTENSET, 1, 1}, {K_CNTENCLR, 1, 1},   {K_OVSCLR, 1, 1},
        {K_SWINC, 0x80, 3},  {K_SELR, 9, 9},     {K_CEID0, 1, 0x80},   {K_CEID1, 1, 0x80},
        {K_CCNTR, 5, 1},     {K_XEVTYPER, 1, 1}, {K_XEVCNTR, 9, 1},    {K_OVSSET, 1, 1},
        {K_EVCNTR(5), 9, 1}, {K_CCFILTR, 1, 1},  {K_EVTYPER(5), 1, 1},
    };

    start(_i);
    for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
        for (unsigned bits = 0; bits < 16; bits++) {
            if (registers[i].read != 0x80)
                ck_assert_int_eq(traps(registers[i].key, true, bits), !(bits & registers[i].read));
            if (registers[i].write != 0x80)
                ck_assert_int_eq(traps(registers[i].key, false, bits),
                                 !(bits & registers[i].write));
        }
    ck_assert(!traps(K_USERENR, true, 0));
}
END_TEST

static Suite *pmu_suite(void)
{
    Suite *suite = suite_create("pmu");
    TCase *tc = tcase_create("pmu");

    tcase_add_checked_fixture(tc, NULL, teardown);
    guest_add_test(tc, registers_say_what_is_there);
    guest_add_test(tc, instructions_are_counted_one_by_one);
    guest_add_test(tc, events_have_their_counters);
    guest_add_test(tc, filters_choose_the_exception_level);
    guest_add_test(tc, a_cycle_is_a_nanosecond);
    guest_add_test(tc, an_overflow_of_cycles_interrupts_in_time);
    guest_add_test(tc, an_overflow_of_instructions_or_branches_is_noticed_at_once);
    guest_add_test(tc, two_counters_make_a_chain);
    guest_add_test(tc, pmuserenr_says_what_el0_may_use);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(pmu_suite());
}
