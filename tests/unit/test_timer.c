/* cpu/timer.c on a stepped clock: counters, conditions, outputs, and what EL0 may use. */
#include "guest.h"

#define TICK 16u /* ns: CNTFRQ_HZ is 62.5 MHz */

#define K_CNTFRQ SYSREG_KEY(3, 3, 14, 0, 0)
#define K_CNTPCT SYSREG_KEY(3, 3, 14, 0, 1)
#define K_CNTVCT SYSREG_KEY(3, 3, 14, 0, 2)
#define ENABLE   1u
#define IMASK    2u
#define ISTATUS  4u

static struct guest guest;
static struct cpu *cpu;

static void setup(void)
{
    cpu = guest_start(&guest, ENGINE_INTERP);
}

static void teardown(void)
{
    guest_close(&guest);
}

/* The timer's registers: op2 0 TVAL, 1 CTL, 2 CVAL; CRm 2 physical, 3 virtual */
static uint16_t key(unsigned timer, unsigned op2)
{
    return SYSREG_KEY(3, 3, 14, timer == TIMER_VIRT ? 3u : 2u, op2);
}

static uint64_t get(uint16_t k)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(k));

    return row->read ? row->read(cpu, row) : *(uint64_t *)((char *)cpu + row->offset);
}

static void set(uint16_t k, uint64_t value)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(k));

    row->write(cpu, row, value);
}

/* The clock fires on its own thread; the vCPU looks when it gets round to it. */
static void step(uint64_t ns)
{
    clock_step(guest.clock, ns);
    if (atomic_load(&cpu->pending) & PENDING_TIMER)
        timer_evaluate(cpu);
    atomic_fetch_and(&cpu->pending, ~(uint32_t)PENDING_TIMER);
}

START_TEST(counters_follow_the_clock)
{
    ck_assert_uint_eq(get(K_CNTFRQ), 62500000);
    ck_assert_uint_eq(get(K_CNTPCT), 0);
    step(1000 * TICK + 5);
    ck_assert_uint_eq(get(K_CNTPCT), 1000);
    ck_assert_uint_eq(get(K_CNTVCT), 1000);
    set(K_CNTFRQ, 0x123456789); /* a note for others: 32 bits, changes nothing */
    ck_assert_uint_eq(get(K_CNTFRQ), 0x23456789);
    step(10 * TICK);
    ck_assert_uint_eq(get(K_CNTVCT), 1010);
}
END_TEST

START_TEST(timer_fires_when_the_count_reaches_cval)
{
    for (unsigned t = 0; t < TIMER_COUNT; t++) {
        uint64_t now = get(K_CNTPCT);

        set(key(t, 2), now + 100);
        ck_assert_uint_eq(get(key(t, 2)), now + 100);
        ck_assert_uint_eq(get(key(t, 0)), 100);
        set(key(t, 1), ENABLE);
        ck_assert_uint_eq(get(key(t, 1)), ENABLE);
        step(99 * TICK);
        ck_assert(!guest.timer[t].level);
        ck_assert_uint_eq(get(key(t, 1)), ENABLE);
        ck_assert_uint_eq(get(key(t, 0)), 1);
        step(TICK);
        ck_assert(guest.timer[t].level);
        ck_assert(!guest.timer[!t].level);
        ck_assert_uint_eq(get(key(t, 1)), ENABLE | ISTATUS);
        step(50 * TICK);
        ck_assert_uint_eq(get(key(t, 0)), 0xffffffce); /* -50 */
        set(key(t, 1), 0);
        ck_assert(!guest.timer[t].level);
        ck_assert_uint_eq(guest.timer[t].rises, 1);
    }
}
END_TEST

START_TEST(tval_is_signed_and_relative)
{
    step(1000 * TICK);
    set(key(TIMER_VIRT, 1), ENABLE);
    set(key(TIMER_VIRT, 0), 20);
    ck_assert_uint_eq(get(key(TIMER_VIRT, 2)), 1020);
    ck_assert(!guest.timer[TIMER_VIRT].level);
    set(key(TIMER_VIRT, 0), 0xfffffff0); /* -16: at once */
    ck_assert_uint_eq(get(key(TIMER_VIRT, 2)), 984);
    ck_assert(guest.timer[TIMER_VIRT].level);
    set(key(TIMER_VIRT, 0), 0x123456780000000aull); /* only 32 bits count */
    ck_assert_uint_eq(get(key(TIMER_VIRT, 2)), 1010);
    ck_assert(!guest.timer[TIMER_VIRT].level);
}
END_TEST

START_TEST(imask_hides_the_output_but_not_the_status)
{
    set(key(TIMER_PHYS, 2), 10);
    set(key(TIMER_PHYS, 1), ENABLE | IMASK);
    step(20 * TICK);
    ck_assert(!guest.timer[TIMER_PHYS].level);
    ck_assert_uint_eq(get(key(TIMER_PHYS, 1)), ENABLE | IMASK | ISTATUS);
    set(key(TIMER_PHYS, 1), ENABLE);
    ck_assert(guest.timer[TIMER_PHYS].level);
    set(key(TIMER_PHYS, 1), ~0ull); /* reserved bits and ISTATUS cannot be set */
    ck_assert_uint_eq(get(key(TIMER_PHYS, 1)), ENABLE | IMASK | ISTATUS);
    ck_assert(!guest.timer[TIMER_PHYS].level);
}
END_TEST

START_TEST(moving_cval_moves_the_output)
{
    set(key(TIMER_VIRT, 1), ENABLE);
    ck_assert(guest.timer[TIMER_VIRT].level); /* CVAL is 0 after reset: met */
    set(key(TIMER_VIRT, 2), 50);
    ck_assert(!guest.timer[TIMER_VIRT].level);
    step(40 * TICK);
    set(key(TIMER_VIRT, 2), 100);
    step(20 * TICK);
    ck_assert(!guest.timer[TIMER_VIRT].level);
    set(key(TIMER_VIRT, 2), 30);
    ck_assert(guest.timer[TIMER_VIRT].level);
}
END_TEST

START_TEST(far_values_never_fire)
{
    static const uint64_t far[] = {~0ull, 1ull << 63, ~0ull / TICK + 1};

    for (unsigned i = 0; i < ARRAY_SIZE(far); i++) {
        set(key(TIMER_VIRT, 2), far[i]);
        set(key(TIMER_VIRT, 1), ENABLE);
        step(1000000000);
        ck_assert(!guest.timer[TIMER_VIRT].level);
        ck_assert_uint_eq(get(key(TIMER_VIRT, 1)), ENABLE);
    }
}
END_TEST

START_TEST(reset_disables_both)
{
    set(key(TIMER_VIRT, 1), ENABLE);
    set(key(TIMER_PHYS, 1), ENABLE);
    ck_assert(guest.timer[TIMER_PHYS].level && guest.timer[TIMER_VIRT].level);
    cpu_reset(cpu);
    ck_assert(!guest.timer[TIMER_PHYS].level && !guest.timer[TIMER_VIRT].level);
    ck_assert_uint_eq(get(key(TIMER_VIRT, 1)), 0);
    step(1000);
    ck_assert(!guest.timer[TIMER_VIRT].level);
}
END_TEST

START_TEST(running_guest_sees_the_timer_through_its_line)
{
    /* loop: b loop, with the virtual timer's output wired to IRQ by hand */
    guest_program(&guest, CODE, A_WFI, a_b(-4));
    set(key(TIMER_VIRT, 2), 5);
    set(key(TIMER_VIRT, 1), ENABLE);
    step(5 * TICK);
    cpu_irq(cpu, 0, guest.timer[TIMER_VIRT].level);
    cpu->daif = 0;
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, VECTORS + 0x280);
}
END_TEST

START_TEST(cntkctl_says_what_el0_may_use)
{
    struct {
        uint16_t key;
        unsigned bits; /* of CNTKCTL_EL1: any of them permits */
        bool write;
    } cases[] = {
        {K_CNTFRQ, 3, false},
        {K_CNTPCT, 1, false},
        {K_CNTVCT, 2, false},
        {key(TIMER_PHYS, 0), 1u << 9, true},
        {key(TIMER_PHYS, 1), 1u << 9, true},
        {key(TIMER_PHYS, 2), 1u << 9, true},
        {key(TIMER_VIRT, 0), 1u << 8, true},
        {key(TIMER_VIRT, 1), 1u << 8, true},
        {key(TIMER_VIRT, 2), 1u << 8, true},
    };

    for (unsigned c = 0; c < ARRAY_SIZE(cases); c++) {
        for (unsigned bit = 0; bit < 10; bit++) {
            for (unsigned write = 0; write < 2; write++) {
                bool may = cases[c].bits >> bit & 1 && (!write || cases[c].write);

                guest_program(&guest, CODE, write ? a_msr(cases[c].key, 4) : a_mrs(4, cases[c].key),
                              a_svc(0));
                pstate_set_el(cpu, 0, false);
                cpu->sys.cntkctl = 1u << bit;
                cpu->x[4] = 0;
                guest_refresh(&guest);
                guest_run(&guest, CODE);
                if (may)
                    ck_assert_uint_eq(guest_esr_ec(&guest), EC_SVC);
                else if (write && !cases[c].write)
                    ck_assert_uint_eq(guest_esr_ec(&guest), EC_UNKNOWN);
                else
                    ck_assert_uint_eq(guest_esr_ec(&guest), EC_SYSREG);
            }
        }
    }
}
END_TEST

static Suite *timer_suite(void)
{
    Suite *suite = suite_create("timer");
    TCase *tc = tcase_create("timer");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, counters_follow_the_clock);
    tcase_add_test(tc, timer_fires_when_the_count_reaches_cval);
    tcase_add_test(tc, tval_is_signed_and_relative);
    tcase_add_test(tc, imask_hides_the_output_but_not_the_status);
    tcase_add_test(tc, moving_cval_moves_the_output);
    tcase_add_test(tc, far_values_never_fire);
    tcase_add_test(tc, reset_disables_both);
    tcase_add_test(tc, running_guest_sees_the_timer_through_its_line);
    tcase_add_test(tc, cntkctl_says_what_el0_may_use);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(timer_suite());
}
