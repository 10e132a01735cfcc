/* cpu/debug.c on each engine: what roms/debug, which knows nothing of reserved values and tables,
 * leaves to be seen. */
#include "cpu/debug.h"
#include "guest.h"

static struct guest guest;
static struct cpu *cpu;

#define K_BVR(n) SYSREG_KEY(2, 0, 0, n, 4)
#define K_BCR(n) SYSREG_KEY(2, 0, 0, n, 5)
#define K_WVR(n) SYSREG_KEY(2, 0, 0, n, 6)
#define K_WCR(n) SYSREG_KEY(2, 0, 0, n, 7)
#define K_MDSCR  SYSREG_KEY(2, 0, 0, 2, 2)
#define K_OSLAR  SYSREG_KEY(2, 0, 1, 0, 4)
#define K_OSDLR  SYSREG_KEY(2, 0, 1, 3, 4)
#define K_PRCR   SYSREG_KEY(2, 0, 1, 4, 4)

#define SS  (1u << 0)
#define KDE (1u << 13)
#define MDE (1u << 15)

#define BREAK_HERE 0x1e7u  /* any EL, enabled */
#define WATCH_ANY  0x1fffu /* 8 bytes, loads and stores, any EL, enabled */

static uint64_t get(uint16_t key)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(key));

    return row->read ? row->read(cpu, row) : *(uint64_t *)((char *)cpu + row->offset);
}

static void set(uint16_t key, uint64_t value)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(key));

    row->write(cpu, row, value);
}

/* Debug exceptions reach EL1 from EL1. Returns the translation tables. */
static struct tables start_with(int engine, struct cpu_properties properties)
{
    struct tables tables;

    guest_open_config(&guest,
                      (struct cpu_config){.model = "max",
                                          .properties = properties,
                                          .engine = (enum engine)engine,
                                          .jit = {.masked = masked_features()}},
                      0);
    cpu = guest.cpu;
    guest_reset(&guest);
    tables = guest_mmu_on(&guest, 0);
    set(K_OSLAR, 0);
    set(K_MDSCR, KDE | MDE);
    cpu->daif = 7;
    return tables;
}

static void start(int engine)
{
    start_with(engine, (struct cpu_properties){0});
}

static void teardown(void)
{
    guest_close(&guest);
}

/* The exception class that ends a run of the program at CODE; 0: it came to its end at CODE + 16.
 */
static unsigned run(void)
{
    cpu->esr[1] = 0;
    cpu->daif = 7;
    guest_run(&guest, CODE);
    if (cpu->pc == CODE + 20)
        return 0;
    return guest_esr_ec(&guest);
}

static void nops(void)
{
    guest_program(&guest, CODE, A_NOP, A_NOP, A_NOP, A_NOP, A_STOP);
}

static unsigned run_with_breakpoint(unsigned n, uint64_t value, uint64_t control)
{
    unsigned ec;

    set(K_BVR(n), value);
    set(K_BCR(n), control);
    ec = run();
    set(K_BCR(n), 0);
    return ec;
}

START_TEST(reserved_breakpoints_are_disabled)
{
    start(_i);
    nops();
    ck_assert_uint_eq(run_with_breakpoint(0, CODE + 8, BREAK_HERE), EC_BREAKPOINT_LOWER + 1);
    ck_assert_uint_eq(cpu->elr[1], CODE + 8);
    for (unsigned bit = 13; bit <= 15; bit++) /* HMC, SSC */
        ck_assert_uint_eq(run_with_breakpoint(0, CODE + 8, BREAK_HERE | 1u << bit), 0);
    for (unsigned type = 4; type < 16; type++)
        ck_assert_uint_eq(run_with_breakpoint(5, CODE + 8, BREAK_HERE | type << 20), 0);
    cpu->sys.contextidr = 9;
    ck_assert_uint_eq(run_with_breakpoint(3, 9, BREAK_HERE | 2u << 20), 0);
    ck_assert_uint_eq(run_with_breakpoint(4, 9, BREAK_HERE | 2u << 20), EC_BREAKPOINT_LOWER + 1);
    ck_assert_uint_eq(run_with_breakpoint(4, 9, BREAK_HERE | 3u << 20), 0);
    ck_assert_uint_eq(run_with_breakpoint(0, CODE + 8, BREAK_HERE | 1u << 20 | 3u << 16), 0);
    set(K_BCR(0), ~0ull); /* BAS is always that of A64 */
    ck_assert_uint_eq(get(K_BCR(0)), 0xffe1e7);
    set(K_BCR(0), 0);
    ck_assert_uint_eq(get(K_BCR(0)), 0x1e0);
}
END_TEST

START_TEST(breakpoints_may_be_anywhere_one_after_the_other)
{
    start(_i);
    for (unsigned i = 0; i < 100; i++)
        guest_program(&guest, CODE + 4 * i, i == 99 ? A_STOP : A_NOP);
    for (unsigned i = 0; i < 90; i++) {
        set(K_BVR(i % 4), CODE + 4 * i);
        set(K_BCR(i % 4), BREAK_HERE);
        cpu->daif = 7;
        guest_run(&guest, CODE);
        ck_assert_uint_eq(guest_esr_ec(&guest), EC_BREAKPOINT_LOWER + 1);
        ck_assert_uint_eq(cpu->elr[1], CODE + (i < 4 ? 0 : 4 * (i - 3))); /* the lowest of four */
    }
}
END_TEST

START_TEST(a_breakpoint_comes_after_the_fetch_and_before_the_illegal_state)
{
    start(_i);
    nops();
    cpu->il = true;
    block_update_mode(cpu);
    ck_assert_uint_eq(run_with_breakpoint(0, CODE, BREAK_HERE), EC_BREAKPOINT_LOWER + 1);
    ck_assert(cpu->spsr[1] >> 20 & 1);
    set(K_BVR(0), 0x7000000000); /* nothing is mapped here */
    set(K_BCR(0), BREAK_HERE);
    cpu->daif = 7;
    guest_run(&guest, 0x7000000000);
    ck_assert_uint_eq(guest_esr_ec(&guest), EC_FETCH_ABORT_LOWER + 1);
}
END_TEST

/* ldr x0, [x1] */
static unsigned run_with_watchpoint(uint64_t value, uint64_t control)
{
    unsigned ec;

    guest_program(&guest, CODE, a_ldr(0, 1, 0), A_NOP, A_NOP, A_NOP, A_STOP);
    set(K_WVR(1), value);
    set(K_WCR(1), control);
    ec = run();
    set(K_WCR(1), 0);
    return ec;
}

START_TEST(reserved_watchpoints_are_disabled)
{
    const unsigned hit = EC_WATCHPOINT_LOWER + 1;

    start(_i);
    cpu->x[1] = DATA;
    ck_assert_uint_eq(run_with_watchpoint(DATA, WATCH_ANY), hit);
    ck_assert_uint_eq(cpu->elr[1], CODE);
    for (unsigned bit = 13; bit <= 15; bit++) /* HMC, SSC */
        ck_assert_uint_eq(run_with_watchpoint(DATA, WATCH_ANY | 1u << bit), 0);
    ck_assert_uint_eq(run_with_watchpoint(DATA, WATCH_ANY & ~0x1fe0u), 0); /* no byte */
    ck_assert_uint_eq(run_with_watchpoint(DATA, WATCH_ANY & ~0x18u), 0);   /* no access */
    ck_assert_uint_eq(run_with_watchpoint(DATA + 4, (WATCH_ANY & ~0x1fe0u) | 0xf0 << 5), 0);
    for (unsigned mask = 1; mask < 32; mask++)
        ck_assert_uint_eq(run_with_watchpoint(DATA + 4, WATCH_ANY | mask << 24),
                          mask > 2 ? hit : 0);
    ck_assert_uint_eq(run_with_watchpoint(DATA, WATCH_ANY | 1u << 20), 0); /* linked to nothing */
    set(K_WVR(0), 0x1800000000003);
    ck_assert_uint_eq(get(K_WVR(0)), 0xffff800000000000);
}
END_TEST

START_TEST(an_access_of_two_pages_stops_before_it_changes_either)
{
    uint64_t at = DATA + PAGE_SIZE - 3, low, high;

    start(_i);
    guest_program(&guest, CODE, a_str(0, 1, 0), A_NOP, A_NOP, A_NOP, A_STOP);
    cpu->x[0] = ~0ull;
    cpu->x[1] = at;
    set(K_WVR(2), DATA + PAGE_SIZE);
    set(K_WCR(2), (WATCH_ANY & ~0x1fe0u) | 2 << 5);
    ck_assert_uint_eq(run(), EC_WATCHPOINT_LOWER + 1);
    ck_assert_uint_eq(guest_esr_iss(&guest), 1u << 6 | FAULT_DEBUG);
    ck_assert_uint_eq(cpu->far[1], DATA + PAGE_SIZE + 1);
    ck_assert(bus_read_ram(guest.bus, DATA + PAGE_SIZE - 8, &low, 8));
    ck_assert(bus_read_ram(guest.bus, DATA + PAGE_SIZE, &high, 8));
    ck_assert(low == 0 && high == 0);
    set(K_WCR(2), 0);
    ck_assert_uint_eq(run(), 0);
    ck_assert(bus_read_ram(guest.bus, DATA + PAGE_SIZE, &high, 8));
    ck_assert_uint_eq(high, 0xffffffffff);
}
END_TEST

START_TEST(tags_do_not_hide_an_address)
{
    start(_i);
    cpu->mmu.regs.tcr |= 1ull << 37; /* TBI0 */
    guest_refresh(&guest);
    cpu->x[1] = 0x5a00000000000000 | DATA;
    ck_assert_uint_eq(run_with_watchpoint(DATA, WATCH_ANY), EC_WATCHPOINT_LOWER + 1);
    ck_assert_uint_eq(cpu->far[1], 0x5a00000000000000 | DATA);
}
END_TEST

START_TEST(a_fault_of_the_translation_comes_first)
{
    start(_i);
    cpu->x[1] = 0x7000000000;
    ck_assert_uint_eq(run_with_watchpoint(cpu->x[1], WATCH_ANY), EC_DATA_ABORT_LOWER + 1);
}
END_TEST

START_TEST(invalidating_a_line_is_a_store_to_watchpoints)
{
    const uint16_t ivac = SYSREG_KEY(1, 0, 7, 6, 1), civac = SYSREG_KEY(1, 3, 7, 14, 1);

    start(_i);
    cpu->x[1] = DATA + 8;
    set(K_WVR(0), DATA + 56);
    set(K_WCR(0), WATCH_ANY);
    guest_program(&guest, CODE, a_msr(civac, 1), a_msr(ivac, 1), A_NOP, A_NOP, A_STOP);
    ck_assert_uint_eq(run(), EC_WATCHPOINT_LOWER + 1);
    ck_assert_uint_eq(cpu->elr[1], CODE + 4);
    ck_assert_uint_eq(guest_esr_iss(&guest), 1u << 8 | 1u << 6 | FAULT_DEBUG);
    ck_assert_uint_eq(cpu->far[1], DATA + 56);
    set(K_WCR(0), WATCH_ANY & ~(2u << 3)); /* loads alone */
    ck_assert_uint_eq(run(), 0);
}
END_TEST

START_TEST(block_operations_stop_before_the_piece_with_a_watched_byte)
{
    struct mmu *mmu;
    uint64_t far = DATA + 40;

    start(ENGINE_INTERP);
    mmu = &cpu->mmu;
    set(K_WVR(0), far);
    set(K_WCR(0), WATCH_ANY);
    ck_assert_uint_eq(mmu_fill(mmu, DATA, 41, 7, 0), 0);
    ck_assert(mmu->fault.status == FAULT_DEBUG && mmu->fault.address == far && mmu->fault.write);
    ck_assert_uint_eq(mmu_fill(mmu, DATA, 40, 7, 0), 40);
    ck_assert_uint_eq(mmu_copy(mmu, DATA + 0x100, DATA + 32, 9, 0, 0), 0);
    ck_assert(mmu->fault.status == FAULT_DEBUG && mmu->fault.address == far && !mmu->fault.write);
    ck_assert_uint_eq(mmu_copy(mmu, DATA + 0x100, DATA + 32, 8, 0, 0), 8);
    ck_assert_uint_eq(mmu_copy_last(mmu, DATA + 32, DATA + 0x100, 16, 0, 0), 0);
    ck_assert(mmu->fault.status == FAULT_DEBUG && mmu->fault.address == far && mmu->fault.write);
    ck_assert_uint_eq(mmu_copy_last(mmu, DATA + 48, DATA + 0x100, 16, 0, 0), 16);
}
END_TEST

/* FFR after a load of two doublewords from `address`. */
static unsigned ffr_after(uint32_t load, uint64_t address)
{
    const uint32_t setffr = 0x252c9000, ptrue_p0_d = 0x25d8e3e0, rdffr_p0 = 0x2519f000;

    guest_program(&guest, CODE, setffr, ptrue_p0_d, load, rdffr_p0, A_STOP);
    cpu->x[1] = address;
    ck_assert_uint_eq(run(), 0);
    return cpu->p[0].part[0];
}

START_TEST(what_may_be_left_unread_is_not_where_that_counts)
{
    const uint32_t ldff1d = 0xa5ff6020, ldnf1d = 0xa5f0a020; /* {z0.d}, p0/z, [x1] */
    const uint64_t device = RAM_BASE + 4 * MIB;
    struct tables tables = start_with(_i, (struct cpu_properties){.sve = true});

    tables_set(&tables, device, 2, device | D_AF | D_ATTR(2) | D_BLOCK);
    cpu->sys.cpacr |= 3u << 16;
    guest_refresh(&guest);
    ck_assert_uint_eq(ffr_after(ldff1d, DATA), 0xffff);
    ck_assert_uint_eq(ffr_after(ldnf1d, DATA), 0xffff);
    ck_assert_uint_eq(ffr_after(ldff1d, device), 0x00ff);
    ck_assert_uint_eq(ffr_after(ldnf1d, device), 0);
    set(K_WVR(0), DATA + 8);
    set(K_WCR(0), WATCH_ANY);
    ck_assert_uint_eq(ffr_after(ldff1d, DATA), 0x00ff);
    ck_assert_uint_eq(ffr_after(ldnf1d, DATA), 0x00ff);
    ck_assert_uint_eq(ffr_after(ldnf1d, DATA + 8), 0);
}
END_TEST

START_TEST(locks_keep_debug_exceptions_away)
{
    start(_i);
    nops();
    set(K_BVR(0), CODE + 4);
    set(K_BCR(0), BREAK_HERE);
    set(K_OSDLR, 1);
    ck_assert_uint_eq(run(), 0);
    set(K_PRCR, 1); /* the double lock has no effect */
    ck_assert_uint_eq(run(), EC_BREAKPOINT_LOWER + 1);
    set(K_OSLAR, 1);
    ck_assert_uint_eq(run(), 0);
    set(K_MDSCR, ~0ull);
    ck_assert_uint_eq(get(K_MDSCR), 0x6ce0f041);
    set(K_OSLAR, 0);
    set(K_MDSCR, 0);
    ck_assert_uint_eq(get(K_MDSCR), 0x6ce04040);
}
END_TEST

START_TEST(claim_tags_are_set_and_cleared)
{
    const uint16_t claim_set = SYSREG_KEY(2, 0, 7, 8, 6), claim_clear = SYSREG_KEY(2, 0, 7, 9, 6);

    start(ENGINE_INTERP);
    ck_assert_uint_eq(get(claim_set), 0xff);
    set(claim_set, 0x105);
    set(claim_clear, 4);
    ck_assert_uint_eq(get(claim_clear), 1);
}
END_TEST

/* Returns to EL0 at CODE with software step active, until the first exception. */
static unsigned step_from_el0(uint64_t spsr)
{
    guest_program(&guest, CODE + 0x800, A_ERET);
    cpu->elr[1] = CODE;
    cpu->spsr[1] = spsr;
    pstate_set_el(cpu, 1, true);
    cpu->daif = 15;
    set(K_MDSCR, SS);
    guest_run(&guest, CODE + 0x800);
    return guest_esr_ec(&guest);
}

START_TEST(what_is_not_executed_is_not_stepped)
{
    const uint64_t ss = 1u << 21;

    start(_i);
    cpu->mmu.regs.sctlr &= ~1ull; /* EL0 may execute what is there */
    guest_refresh(&guest);
    guest_program(&guest, CODE, a_ldr(0, 1, 0));
    cpu->x[1] = 1ull << 60; /* no address with the MMU off */
    ck_assert_uint_eq(step_from_el0(ss), EC_DATA_ABORT_LOWER);
    ck_assert(cpu->spsr[1] & ss);
    guest_program(&guest, CODE, a_svc(0));
    ck_assert_uint_eq(step_from_el0(ss), EC_SVC);
    ck_assert(!(cpu->spsr[1] & ss));
    guest_program(&guest, CODE, A_NOP);
    ck_assert_uint_eq(step_from_el0(ss), EC_STEP_LOWER);
    ck_assert_uint_eq(guest_esr_iss(&guest), 1u << 24 | FAULT_DEBUG);
    ck_assert_uint_eq(cpu->elr[1], CODE + 4);
    ck_assert_uint_eq(step_from_el0(0), EC_STEP_LOWER);
    ck_assert_uint_eq(guest_esr_iss(&guest), FAULT_DEBUG);
    ck_assert_uint_eq(cpu->elr[1], CODE);
}
END_TEST

START_TEST(an_interrupt_before_the_step_leaves_it_to_be_made)
{
    const uint64_t ss = 1u << 21;

    start(_i);
    cpu->mmu.regs.sctlr &= ~1ull;
    guest_refresh(&guest);
    guest_program(&guest, CODE, A_NOP);
    cpu_irq(cpu, 0, true);
    step_from_el0(ss);
    expect_stopped_at(&guest, VECTORS + 0x480);
    ck_assert(cpu->spsr[1] & ss);
    ck_assert_uint_eq(cpu->elr[1], CODE);
}
END_TEST

static Suite *debug_suite(void)
{
    Suite *suite = suite_create("debug");
    TCase *tc = tcase_create("debug");

    tcase_add_checked_fixture(tc, NULL, teardown);
    guest_add_test(tc, reserved_breakpoints_are_disabled);
    guest_add_test(tc, breakpoints_may_be_anywhere_one_after_the_other);
    guest_add_test(tc, a_breakpoint_comes_after_the_fetch_and_before_the_illegal_state);
    guest_add_test(tc, reserved_watchpoints_are_disabled);
    guest_add_test(tc, an_access_of_two_pages_stops_before_it_changes_either);
    guest_add_test(tc, tags_do_not_hide_an_address);
    guest_add_test(tc, a_fault_of_the_translation_comes_first);
    guest_add_test(tc, invalidating_a_line_is_a_store_to_watchpoints);
    tcase_add_test(tc, block_operations_stop_before_the_piece_with_a_watched_byte);
    guest_add_test(tc, what_may_be_left_unread_is_not_where_that_counts);
    guest_add_test(tc, locks_keep_debug_exceptions_away);
    tcase_add_test(tc, claim_tags_are_set_and_cleared);
    guest_add_test(tc, what_is_not_executed_is_not_stepped);
    guest_add_test(tc, an_interrupt_before_the_step_leaves_it_to_be_made);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(debug_suite());
}
