/* cpu/block.c: translations follow the bytes they came from, wherever those are mapped and whoever
 * writes them, on each engine (the case number). */
#include "guest.h"

static struct guest guest;
static struct cpu *cpu;
static struct tables tables;

#define NEAR 0x80000000ull /* virtual addresses beside the identity mapping */

static void teardown(void)
{
    guest_close(&guest);
}

static void start(int engine)
{
    cpu = guest_start(&guest, (enum engine)engine);
    tables = guest_mmu_on(&guest, D_AP(0));
}

static void map(uint64_t va, uint64_t phys)
{
    tables_set(&tables, va, 3, phys | D_AF | D_SH(3) | D_PAGE);
    mmu_tlbi_range(&cpu->mmu, va, 1, 0, true);
    block_update_mode(cpu);
}

START_TEST(two_addresses_of_a_page_share_its_blocks)
{
    uint64_t translated;

    start(_i);
    map(NEAR, CODE);
    map(NEAR + 0x7000, CODE);
    guest_program(&guest, CODE, a_adr(0, 0), a_add(1, 1, 1), a_cbnz(XZR, 8), A_STOP);
    guest_run(&guest, NEAR);
    ck_assert_uint_eq(cpu->x[0], NEAR);
    translated = block_cache_stats(cpu).translated;
    guest_run(&guest, NEAR + 0x7000);
    ck_assert_uint_eq(cpu->x[0], NEAR + 0x7000); /* what depends on the PC is right for each */
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], CODE);
    ck_assert_uint_eq(cpu->x[1], 3);
    ck_assert_uint_eq(block_cache_stats(cpu).translated, translated);
}
END_TEST

/* Each address has another page behind it, and the links that lead there know which. */
START_TEST(a_branch_to_the_next_page_goes_there_from_each_address_of_its_own)
{
    start(_i);
    for (unsigned i = 0; i < 2; i++) {
        map(NEAR + 0x8000 * i, CODE);
        map(NEAR + 0x8000 * i + 0x1000, CODE + 0x1000 * (i + 1));
        guest_program(&guest, CODE + 0x1000 * (i + 1), a_movz(0, i + 1, 0), A_STOP);
    }
    guest_program(&guest, CODE, a_b(0x1000));
    for (unsigned round = 0; round < 200; round++) { /* compiled long before the end */
        guest_run(&guest, NEAR + 0x8000 * (round & 1));
        ck_assert_uint_eq(cpu->x[0], (round & 1) + 1);
    }
}
END_TEST

/* x0 counts what a function of two instructions adds; a store changes it to add 16 instead. */
static void rewriting_loop(uint64_t function, uint64_t store_to, unsigned rounds, bool maintain)
{
    uint32_t nop = A_NOP;

    guest_program(&guest, function == NEAR ? CODE + 0x3000 : function, a_add(0, 0, 1), A_RET);
    cpu->x[0] = 0;
    cpu->x[1] = rounds;
    cpu->x[5] = store_to;
    cpu->x[6] = a_add(0, 0, 1);
    cpu->x[7] = a_add(0, 0, 16);
    cpu->x[9] = function;
    guest_program(&guest, CODE, a_blr(9), /* adds 1 */
                  a_str_w(7, 5, 0),       /* change it */
                  maintain ? A_DSB : nop, maintain ? a_msr(SYSREG_KEY(1, 3, 7, 5, 1), 5) : nop,
                  maintain ? A_DSB : nop, maintain ? A_ISB : nop, /* ic ivau, x5 */
                  a_blr(9),                                       /* adds 16 */
                  a_str_w(6, 5, 0),                               /* back */
                  maintain ? A_ISB : nop, a_subs(1, 1, 1), a_b_cond(1, -40), A_STOP);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], 17 * rounds);
}

START_TEST(stores_to_code_are_seen)
{
    start(_i);
    map(NEAR, CODE + 0x3000);
    for (unsigned maintain = 0; maintain < 2; maintain++) {
        rewriting_loop(CODE + 0x3000, CODE + 0x3000, 200, maintain); /* by its own address */
        rewriting_loop(CODE + 0x3000, NEAR, 200, maintain);          /* by another one */
        rewriting_loop(NEAR, CODE + 0x3000, 200, maintain);
        rewriting_loop(CODE + 0x200, CODE + 0x200, 200, maintain); /* on the page that stores */
    }
}
END_TEST

START_TEST(code_changed_behind_the_guests_back_needs_ic_ivau)
{
    uint32_t add16 = a_add(0, 0, 16);

    start(_i);
    map(NEAR, CODE + 0x3000);
    guest_program(&guest, CODE, a_blr(9), A_STOP);
    guest_program(&guest, CODE + 0x3000, a_add(0, 0, 1), A_RET);
    guest_program(&guest, CODE + 0x100, a_msr(SYSREG_KEY(1, 3, 7, 5, 1), 9), A_ISB, A_STOP);
    cpu->x[9] = NEAR;
    cpu->x[0] = 0;
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], 1);
    memcpy(bus_ram_pointer(guest.bus, CODE + 0x3000, 4), &add16, 4);
    guest_run(&guest, CODE + 0x100);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], 17);
    /* a device or loader that says so needs nothing */
    guest_program(&guest, CODE + 0x3000, a_add(0, 0, 2), A_RET);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], 19);
}
END_TEST

START_TEST(ic_iallu_keeps_what_nobody_can_have_written_to)
{
    uint64_t dropped;

    start(_i);
    guest_program(&guest, CODE, a_add(0, 0, 1), a_msr(SYSREG_KEY(1, 0, 7, 5, 0), XZR), A_ISB,
                  A_STOP);
    guest_run(&guest, CODE);
    dropped = block_cache_stats(cpu).invalidated;
    guest_run(&guest, CODE);
    ck_assert_uint_eq(block_cache_stats(cpu).invalidated, dropped);
    ck_assert_uint_eq(block_cache_stats(cpu).by_all, 0);
}
END_TEST

START_TEST(links_and_jumps_follow_a_remap_after_tlbi)
{
    start(_i);
    for (unsigned i = 0; i < 2; i++)
        guest_program(&guest, CODE + 0x3000 + 0x1000 * i, a_add(0, 0, i ? 16 : 1), a_br(11));
    map(NEAR, CODE + 0x3000);
    map(NEAR + 0x1000, CODE); /* so that the branch to NEAR is direct, from another page */
    cpu->x[1] = 150;
    cpu->x[5] = tables_at(&tables, NEAR, 3);
    cpu->x[6] = peek64(guest.bus, cpu->x[5]);
    cpu->x[7] = cpu->x[6] ^ (CODE + 0x3000) ^ (CODE + 0x4000);
    cpu->x[8] = NEAR >> 12;
    guest_program(&guest, CODE, a_adr(11, 8), a_b(-0x1004), /* to NEAR: adds 1 or 16 */
                  a_str(7, 5, 0), A_DSB, a_msr(SYSREG_KEY(1, 0, 8, 7, 3), 8), /* tlbi vaae1 */
                  A_DSB, A_ISB, a_mov(12, 6), a_mov(6, 7), a_mov(7, 12), a_subs(1, 1, 1),
                  a_b_cond(1, -44), A_STOP);
    guest_run(&guest, NEAR + 0x1000);
    ck_assert_uint_eq(cpu->x[0], 75 * 17);
}
END_TEST

/* Global code calls a page that each of two address spaces has its own of. */
START_TEST(code_that_belongs_to_an_asid_is_called_from_code_that_does_not)
{
    struct tables other;

    start(_i);
    other = tables_new(guest.bus, 12, 39, RAM_BASE + 0x400000);
    for (uint64_t at = RAM_BASE; at < RAM_BASE + RAM_SIZE; at += 2 * MIB)
        tables_set(&other, at, 2, at | D_AF | D_SH(3) | D_BLOCK);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t page = CODE + 0x3000 + 0x1000 * i;

        tables_set(i ? &other : &tables, NEAR, 3, page | D_AF | D_SH(3) | D_NG | D_PAGE);
        guest_program(&guest, page + 0x100, a_add(0, 0, i ? 16 : 1), A_RET);
    }
    guest_program(&guest, CODE + 0x5000, a_add(2, 2, 1), A_RET); /* global, on another page */
    mmu_tlbi_all(&cpu->mmu);
    block_update_mode(cpu);
    cpu->x[0] = cpu->x[2] = 0;
    cpu->x[1] = 200;
    cpu->x[5] = tables.root | 1ull << 48;
    cpu->x[6] = other.root | 2ull << 48;
    cpu->x[9] = NEAR + 0x100; /* not the slot of the jump cache that the return uses */
    guest_program(&guest, CODE, a_msr(SYSREG_KEY(3, 0, 2, 0, 0), 5), A_ISB, /* ttbr0_el1 */
                  a_bl(0x5000 - 8), a_blr(9), a_mov(12, 5), a_mov(5, 6), a_mov(6, 12),
                  a_subs(1, 1, 1), a_b_cond(1, -32), A_STOP);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], 100 * 17);
    ck_assert_uint_eq(cpu->x[2], 200);
}
END_TEST

/* cpu->context has room for the lower half of a context's number: one that is as another was there
 * must not be taken for it. */
START_TEST(numbers_of_contexts_start_over_before_they_are_too_long)
{
    start(_i);
    guest_program(&guest, CODE, a_b(0x1000));
    for (unsigned i = 0; i < 2; i++)
        guest_program(&guest, CODE + 0x1000 * (i + 1), a_movz(0, i + 1, 0), A_STOP);
    map(NEAR, CODE);
    for (unsigned renewals = 1; renewals <= 4; renewals++) { /* by one invalidation: 1 or 2 */
        uint64_t number;

        map(NEAR + 0x1000, CODE + 0x1000);
        guest_run(&guest, NEAR);
        ck_assert_uint_eq(cpu->x[0], 1);
        number = cpu->mmu.context;
        ck_assert_uint_lt(number, 1000);
        cpu->mmu.tlb.next_context = (1ull << 32) + number + 1 - renewals;
        map(NEAR + 0x1000, CODE + 0x2000);
        guest_run(&guest, NEAR);
        ck_assert_uint_eq(cpu->x[0], 2);
    }
}
END_TEST

START_TEST(stores_beside_code_on_its_page_keep_the_blocks)
{
    struct block_stats before, after;

    start(_i);
    guest_program(&guest, CODE, a_str(1, 5, 0), a_ldr(2, 5, 0), a_subs(1, 1, 1), a_b_cond(1, -12),
                  A_STOP);
    cpu->x[5] = CODE + 0x800;
    cpu->x[1] = 10;
    guest_run(&guest, CODE);
    before = block_cache_stats(cpu);
    cpu->x[1] = 500;
    guest_run(&guest, CODE);
    after = block_cache_stats(cpu);
    ck_assert_uint_eq(after.translated, before.translated);
    ck_assert_uint_eq(after.invalidated, before.invalidated);
    ck_assert_uint_eq(cpu->x[2], 1);
}
END_TEST

START_TEST(a_change_of_any_instruction_of_a_block_is_seen)
{
    const uint64_t function = CODE + 0x11c4; /* 64 instructions, on six lines */
    const unsigned count = BLOCK_INSNS_MAX - 1;

    start(_i);
    guest_program(&guest, CODE, a_blr(9), A_STOP);
    for (unsigned i = 0; i < count; i++)
        guest_program(&guest, function + 4 * i, a_add(0, 0, 1));
    guest_program(&guest, function + 4 * count, A_RET);
    /* the block alone; and with the blocks that begin at the changed instruction */
    for (unsigned overlap = 0; overlap < 2; overlap++) {
        for (unsigned i = 0; i < count; i++) {
            uint64_t from[2] = {function, function + 4 * i};

            for (unsigned changed = 0; changed < 2; changed++) {
                guest_program(&guest, from[1], a_add(0, 0, changed ? 16 : 1));
                for (unsigned entry = 0; entry <= overlap; entry++) {
                    cpu->x[9] = from[entry];
                    cpu->x[0] = 0;
                    guest_run(&guest, CODE);
                    ck_assert_uint_eq(cpu->x[0], (entry ? count - i : count) + 15 * changed);
                }
            }
            guest_program(&guest, from[1], a_add(0, 0, 1));
        }
    }
}
END_TEST

START_TEST(straight_code_goes_on_over_a_page_end)
{
    start(_i);
    map(NEAR, CODE);
    map(NEAR + 0x1000, CODE + 0x5000); /* not the next physical page */
    for (unsigned i = 0; i < 1024; i++)
        guest_program(&guest, CODE + 4 * i, a_add(0, 0, 1));
    guest_program(&guest, CODE + 0x5000, a_add(0, 0, 0x800), A_STOP);
    cpu->x[0] = 0;
    guest_run(&guest, NEAR);
    ck_assert_uint_eq(cpu->x[0], 1024 + 0x800);
    expect_stopped_at(&guest, NEAR + 0x1004);
    tables_set(&tables, NEAR + 0x1000, 3, 0);
    mmu_tlbi_all(&cpu->mmu);
    block_update_mode(cpu);
    cpu->x[0] = 0;
    guest_run(&guest, NEAR);
    expect_stopped_at(&guest, VECTORS + 0x200);
    ck_assert_uint_eq(cpu->x[0], 1024);
    ck_assert_uint_eq(cpu->elr[1], NEAR + 0x1000);
    ck_assert_uint_eq(cpu->far[1], NEAR + 0x1000);
}
END_TEST

START_TEST(more_code_than_the_cache_holds_is_evicted_and_comes_back)
{
    const uint64_t code = RAM_BASE + 16 * MIB;
    const unsigned count = 2 * MIB; /* instructions: more than 24 MiB of micro-ops */
    uint32_t *word;

    start(_i);
    word = bus_ram_pointer(guest.bus, code, 4ull * count);
    for (unsigned i = 0; i < count - 1; i++)
        word[i] = i % 50 == 49 ? a_b(4) : a_add(0, 0, 1);
    word[count - 1] = A_STOP;
    bus_written(guest.bus, code, 4ull * count);
    for (unsigned round = 0; round < 2; round++) {
        cpu->x[0] = 0;
        guest_run(&guest, code);
        ck_assert_uint_eq(cpu->x[0], (count - 1) - (count - 1) / 50);
    }
    ck_assert_uint_gt(block_cache_stats(cpu).evicted, 0);
    ck_assert_uint_le(block_cache_stats(cpu).bytes, 24 * MIB);
}
END_TEST

START_TEST(blocks_of_one_mode_do_not_run_in_another)
{
    start(_i);
    tables = guest_mmu_on(&guest, D_AP(3));
    /* mrs x0, currentel is UNDEFINED at EL0; the FP trap is part of the mode as well */
    guest_program(&guest, CODE, a_mrs(0, SYSREG_KEY(3, 0, 4, 2, 2)), A_FADD, A_STOP);
    for (unsigned round = 0; round < 3; round++) {
        pstate_set_el(cpu, 1, true);
        cpu->sys.cpacr = 3u << 20;
        guest_refresh(&guest);
        guest_run(&guest, CODE);
        expect_stopped_at(&guest, CODE + 8);
        cpu->sys.cpacr = 0;
        guest_refresh(&guest);
        guest_run(&guest, CODE);
        ck_assert_uint_eq(guest_esr_ec(&guest), EC_FP_ACCESS);
        pstate_set_el(cpu, 0, true);
        guest_refresh(&guest);
        guest_run(&guest, CODE);
        ck_assert_uint_eq(guest_esr_ec(&guest), EC_UNKNOWN);
        ck_assert_uint_eq(cpu->elr[1], CODE);
    }
}
END_TEST

START_TEST(instructions_are_counted_exactly)
{
    uint64_t before;

    start(_i);
    cpu->x[1] = 100;
    guest_program(&guest, CODE, a_add(0, 0, 1), a_subs(1, 1, 1), a_b_cond(1, -8), A_NOP, A_STOP);
    before = cpu_instructions(cpu);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu_instructions(cpu) - before, 302);
    /* a fault in the middle of a block: what came before counts */
    cpu->x[5] = 1ull << 45;
    guest_program(&guest, CODE, A_NOP, A_NOP, a_ldr(0, 5, 0), A_NOP, A_NOP, A_STOP);
    before = cpu_instructions(cpu);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu_instructions(cpu) - before, 2 + 1);
}
END_TEST

static Suite *block_suite(void)
{
    Suite *suite = suite_create("block");
    TCase *tc = tcase_create("block");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_set_timeout(tc, 60);
    guest_add_test(tc, two_addresses_of_a_page_share_its_blocks);
    guest_add_test(tc, stores_to_code_are_seen);
    guest_add_test(tc, code_changed_behind_the_guests_back_needs_ic_ivau);
    guest_add_test(tc, ic_iallu_keeps_what_nobody_can_have_written_to);
    guest_add_test(tc, links_and_jumps_follow_a_remap_after_tlbi);
    guest_add_test(tc, code_that_belongs_to_an_asid_is_called_from_code_that_does_not);
    guest_add_test(tc, numbers_of_contexts_start_over_before_they_are_too_long);
    guest_add_test(tc, stores_beside_code_on_its_page_keep_the_blocks);
    guest_add_test(tc, a_change_of_any_instruction_of_a_block_is_seen);
    guest_add_test(tc, straight_code_goes_on_over_a_page_end);
    guest_add_test(tc, a_branch_to_the_next_page_goes_there_from_each_address_of_its_own);
    guest_add_test(tc, more_code_than_the_cache_holds_is_evicted_and_comes_back);
    guest_add_test(tc, blocks_of_one_mode_do_not_run_in_another);
    guest_add_test(tc, instructions_are_counted_exactly);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(block_suite());
}
