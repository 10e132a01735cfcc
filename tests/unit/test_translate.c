/* cpu/translate: which micro-ops a few instructions become: dead flags, fused branches, links,
 * checks of SP and of alignment, and where blocks end. */
#include "cpu/translate.h"
#include "guest.h"

#define SCTLR_SA (1ull << 3)

static struct guest guest;

static void setup(void)
{
    guest_start(&guest, ENGINE_INTERP);
    guest_mmu_on(&guest, D_AP(0));
}

static void teardown(void)
{
    guest_close(&guest);
}

static uint32_t a_adcs(unsigned d, unsigned n, unsigned m)
{
    return 0xba000000u | m << 16 | n << 5 | d;
}

static uint32_t a_subs_reg(unsigned d, unsigned n, unsigned m)
{
    return 0xeb000000u | m << 16 | n << 5 | d;
}

/* op0 of the 32-bit form */
static uint32_t narrow(uint32_t word)
{
    return word & 0x7fffffff;
}

/* The block that these words become at the address. */
static const struct block *block_at(uint64_t address, const uint32_t *words, unsigned count)
{
    const struct block *block;

    guest_put(&guest, address, words, count);
    guest.cpu->pc = address;
    block = block_find(guest.cpu);
    ck_assert_ptr_nonnull(block);
    ck_assert(uop_has(block->uop[block->uops - 1].op, 'E'));
    for (unsigned i = 0; i + 1 < block->uops; i++)
        ck_assert(!uop_has(block->uop[i].op, 'E'));
    return block;
}

#define block_of(...)                                                                              \
    block_at(CODE, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* The names of the block's micro-ops, one after the other. */
static void expect_uops(const struct block *block, const char *expected)
{
    char text[1024] = "";
    size_t used = 0;

    for (unsigned i = 0; i < block->uops; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
                                 uop_info[block->uop[i].op].name);
    ck_assert_str_eq(text, expected);
}

/* --- Flags --- */

START_TEST(flags_that_the_next_instruction_overwrites_are_not_computed)
{
    expect_uops(block_of(a_adds(0, 1, 2), a_subs(3, 4, 5), narrow(a_adds(6, 7, 8)), A_RET),
                "add64 sub64i adds32 br");
}
END_TEST

START_TEST(flags_at_the_end_of_a_block_are_kept_for_whoever_comes)
{
    expect_uops(block_of(a_adds(0, 1, 2), A_RET), "adds64 br");
}
END_TEST

START_TEST(flags_that_a_later_instruction_reads_are_kept)
{
    /* ADCS reads and writes: what is before it stays, and so does ADCS itself */
    expect_uops(block_of(a_adds(0, 1, 2), a_adcs(3, 4, 5), a_adds(6, 7, 8), A_RET),
                "adds64 adcs64 adds64 br");
    /* a reader after the second writer does not save the first */
    expect_uops(block_of(a_adds(0, 1, 2), a_adds(3, 4, 5), a_adcs(6, 7, 8), A_RET),
                "add64 adds64 adcs64 br");
}
END_TEST

/* The handler of a fault sees the flags in SPSR. */
START_TEST(flags_before_an_access_that_may_fault_are_kept)
{
    expect_uops(block_of(a_adds(0, 1, 2), a_ldr(3, 4, 8), a_adds(5, 6, 7), A_RET),
                "adds64 ld64 adds64 br");
    expect_uops(block_of(a_adds(0, 1, 2), a_str(3, 4, 8), a_adds(5, 6, 7), A_RET),
                "adds64 st64 adds64 br");
}
END_TEST

START_TEST(every_plain_twin_has_the_name_and_operands_of_the_flag_setter)
{
    unsigned twins = 0;

    for (enum uop_op op = 0; op < UOP_COUNT; op++) {
        enum uop_op plain = uop_without_flags(op);
        const char *name = uop_info[op].name;
        size_t stem = strcspn(name, "0123456789");
        char expected[32];

        if (plain == UOP_COUNT)
            continue;
        /* "adds64l": "add64l" */
        ck_assert_int_eq(name[stem - 1], 's');
        snprintf(expected, sizeof(expected), "%.*s%s", (int)stem - 1, name, name + stem);
        ck_assert_str_eq(uop_info[plain].name, expected);
        ck_assert_str_eq(uop_info[plain].operands, uop_info[op].operands);
        ck_assert(uop_has(op, 'W') && !uop_has(op, 'R'));
        ck_assert_str_eq(uop_info[plain].effects, "");
        twins++;
    }
    ck_assert_uint_eq(twins, 4 * 6);
}
END_TEST

/* --- Fused branches --- */

START_TEST(a_subtraction_and_the_branch_on_it_become_one)
{
    const struct block *block = block_of(a_subs_reg(1, 2, 3), a_b_cond(1, 16));

    expect_uops(block, "subsb64");
    ck_assert_uint_eq(block->insns, 2);
    ck_assert_uint_eq(block->uop[0].d, 1);
    ck_assert_uint_eq(block->uop[0].a, 2);
    ck_assert_uint_eq(block->uop[0].b, 3);
    ck_assert_uint_eq(block->uop[0].x, 1);
    ck_assert_uint_eq(block->uop[0].imm, (uintptr_t)block->link);
    expect_uops(block_of(narrow(a_subs_reg(XZR, 2, 3)), a_b_cond(11, 16)), "subsb32");
}
END_TEST

START_TEST(an_immediate_of_sixteen_bits_travels_in_the_fused_operands)
{
    const struct block *block = block_of(a_subs(1, 2, 0xabc), a_b_cond(0, 16));

    expect_uops(block, "subsbi64");
    ck_assert_uint_eq(block->uop[0].b | block->uop[0].y << 8, 0xabc);
    block = block_of(a_subs(1, 2, 0x00f) | 1u << 22, a_b_cond(0, 16)); /* LSL #12 */
    expect_uops(block, "subsbi64");
    ck_assert_uint_eq(block->uop[0].b | block->uop[0].y << 8, 0xf000);
    expect_uops(block_of(a_subs(1, 2, 0x010) | 1u << 22, a_b_cond(0, 16)), "subs64i bcond");
    expect_uops(block_of(narrow(a_subs(1, 2, 7)), a_b_cond(0, 16)), "subsbi32");
}
END_TEST

START_TEST(nothing_else_is_fused_with_a_branch)
{
    expect_uops(block_of(a_adds(1, 2, 3), a_b_cond(0, 16)), "adds64 bcond");
    expect_uops(block_of(a_subs(1, 2, 3), a_cbnz(1, 16)), "subs64i cbnz64");
    expect_uops(block_of(a_subs(1, 2, 3), a_movz(4, 5, 0), a_b_cond(0, 16)), "subs64i movi bcond");
    expect_uops(block_of(a_subs_reg(1, 2, 3) | 4u << 10, a_b_cond(0, 16)), "subs64l bcond");
    expect_uops(block_of(a_b_cond(0, 16)), "bcond");
}
END_TEST

/* --- Links --- */

static void expect_link(const struct block *block, unsigned which, int64_t offset, bool same_page)
{
    ck_assert_int_eq(block->link[which].offset, offset);
    ck_assert_int_eq(block->link[which].same_page, same_page);
    ck_assert_ptr_eq(block->link[which].to, block_none(guest.cpu));
}

START_TEST(links_lead_from_the_start_of_the_block_and_know_its_page)
{
    const struct block *block = block_of(a_movz(0, 0, 0), a_b_cond(0, 16));

    expect_link(block, 0, 4 + 16, true);
    expect_link(block, 1, 8, true);
    expect_link(block_of(a_b(-4)), 0, -4, false); /* CODE is the first word of its page */
    expect_link(block_of(a_b(PAGE_SIZE - 4)), 0, PAGE_SIZE - 4, true);
    expect_link(block_of(a_b(PAGE_SIZE)), 0, PAGE_SIZE, false);
    block = block_at(CODE + PAGE_SIZE - 4, (const uint32_t[]){a_b_cond(0, -8)}, 1);
    expect_link(block, 0, -8, true);
    expect_link(block, 1, 4, false);
}
END_TEST

START_TEST(a_call_leaves_the_return_address_whatever_the_block_s_address)
{
    const struct block *block = block_of(A_NOP, a_bl(64));

    expect_uops(block, "pcadd jump");
    ck_assert_uint_eq(block->uop[0].d, LR);
    ck_assert_uint_eq(block->uop[0].imm, 8);
    expect_link(block, 0, 4 + 64, true);
}
END_TEST

/* --- Checks --- */

static void set_sctlr(uint64_t bits)
{
    guest.cpu->mmu.regs.sctlr |= bits;
    guest_refresh(&guest);
}

START_TEST(sp_is_checked_once_while_it_stays_aligned)
{
    set_sctlr(SCTLR_SA);
    expect_uops(block_of(a_ldr(0, SP, 0), a_str(1, SP, 8), A_RET), "spcheck ld64 st64 br");
    expect_uops(block_of(a_ldr(0, SP, 0), a_sub(SP, SP, 32), a_ldr(0, SP, 8), A_RET),
                "spcheck ld64 sub64i ld64 br");
    expect_uops(block_of(a_ldr(0, 1, 0), A_RET), "ld64 br");
}
END_TEST

START_TEST(sp_is_checked_again_when_it_may_no_longer_be_aligned)
{
    set_sctlr(SCTLR_SA);
    expect_uops(block_of(a_ldr(0, SP, 0), a_add(SP, SP, 8), a_ldr(0, SP, 8), A_RET),
                "spcheck ld64 add64i spcheck ld64 br");
    expect_uops(block_of(a_ldr(0, SP, 0), a_add(SP, 2, 16), a_ldr(0, SP, 8), A_RET),
                "spcheck ld64 add64i spcheck ld64 br");
}
END_TEST

START_TEST(sp_is_not_checked_unless_sctlr_asks)
{
    guest.cpu->mmu.regs.sctlr &= ~SCTLR_SA;
    guest_refresh(&guest);
    expect_uops(block_of(a_ldr(0, SP, 0), A_RET), "ld64 br");
}
END_TEST

static void expect_check(const struct uop *check, unsigned store, unsigned base, uint64_t offset,
                         unsigned bytes)
{
    ck_assert_uint_eq(check->op, UOP_align);
    ck_assert_uint_eq(check->d, store);
    ck_assert_uint_eq(check->a, base);
    ck_assert_uint_eq(check->imm, offset);
    ck_assert_uint_eq(check->y, bytes);
}

START_TEST(alignment_is_checked_before_each_access_when_sctlr_asks)
{
    const struct block *block;

    expect_uops(block_of(a_ldr(0, 1, 8), A_RET), "ld64 br");
    set_sctlr(SCTLR_A);
    block = block_of(a_ldr(0, 1, 8), a_str_w(2, 3, 4), A_RET);
    expect_uops(block, "align ld64 align st32 br");
    expect_check(&block->uop[0], 0, 1, 8, 8);
    expect_check(&block->uop[2], 1, 3, 4, 4);
    block = block_of(a_stp(0, 1, 2), a_ldr_q(3, 4), A_RET);
    expect_uops(block, "align stp64 align ldv128 br");
    expect_check(&block->uop[0], 1, 2, 0, 8); /* a pair: of its elements */
    expect_check(&block->uop[2], 0, 4, 0, 16);
    block = block_of(0xf8627820u, A_RET); /* ldr x0, [x1, x2, lsl #3] */
    expect_uops(block, "alignx ld64x br");
    ck_assert_uint_eq(block->uop[0].b, 2);
    ck_assert_uint_eq(block->uop[0].x, 3);
}
END_TEST

START_TEST(a_trapped_fp_instruction_ends_the_block_with_its_trap)
{
    expect_uops(block_of(A_FADD, A_RET), "fadd64 br");
    guest.cpu->sys.cpacr = 0;
    guest_refresh(&guest);
    expect_uops(block_of(A_FADD, A_RET), "calle");
}
END_TEST

/* --- Ends --- */

START_TEST(a_block_ends_after_so_many_instructions_and_jumps_on)
{
    uint32_t words[BLOCK_INSNS_MAX + 8];
    const struct block *block;

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        words[i] = a_add(0, 0, 1);
    block = block_at(CODE, words, ARRAY_SIZE(words));
    ck_assert_uint_eq(block->insns, BLOCK_INSNS_MAX);
    ck_assert_uint_eq(block->uops, BLOCK_INSNS_MAX + 1);
    ck_assert_uint_eq(block->uop[BLOCK_INSNS_MAX].op, UOP_jump);
    expect_link(block, 0, 4 * BLOCK_INSNS_MAX, true);
}
END_TEST

START_TEST(a_block_ends_with_its_page)
{
    const uint32_t words[] = {a_add(0, 0, 1), a_add(0, 0, 1), a_add(0, 0, 1)};
    const struct block *block = block_at(CODE + PAGE_SIZE - 8, words, ARRAY_SIZE(words));

    expect_uops(block, "add64i add64i jump");
    ck_assert_uint_eq(block->insns, 2);
    expect_link(block, 0, 8, false);
}
END_TEST

START_TEST(a_block_ends_where_the_context_may_change)
{
    static const struct {
        uint32_t word;
        const char *uops;
    } rows[] = {
        {0xd4000001u, "calle"}, /* SVC #0 */
        {A_ERET, "calle"},          {A_UDF, "calle"},
        {0xd5181000u, "call next"}, /* MSR SCTLR_EL1, X0 */
        {0xd518d080u, NULL},        /* MSR TPIDR_EL1, X0: no such change */
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct block *block = block_of(rows[i].word, a_add(0, 0, 1));

        ck_assert(!block->pure);
        if (!rows[i].uops) {
            ck_assert_uint_gt(block->insns, 1);
            continue;
        }
        expect_uops(block, rows[i].uops);
        ck_assert_uint_eq(block->insns, 1);
    }
}
END_TEST

START_TEST(a_block_ends_behind_a_dsb)
{
    const struct block *block = block_of(A_DSB, a_add(0, 0, 1));

    expect_uops(block, "dsb");
    ck_assert_uint_eq(block->insns, 1);
}
END_TEST

START_TEST(a_block_ends_behind_an_isb)
{
    const struct block *block = block_of(A_ISB, a_add(0, 0, 1));

    expect_uops(block, "isb");
    ck_assert_uint_eq(block->insns, 1);
}
END_TEST

/* What an instruction emitted before it proved UNDEFINED is dropped. */
START_TEST(an_undefined_instruction_leaves_what_was_before_it)
{
    const struct block *block = block_of(a_add(0, 0, 1), 0xffffffffu, a_add(0, 0, 1));

    expect_uops(block, "add64i calle");
    ck_assert_uint_eq(block->insns, 2);
    ck_assert_uint_eq(block->uop[1].insn, 1);
}
END_TEST

START_TEST(only_registers_flags_and_memory_make_a_pure_block)
{
    ck_assert(block_of(a_add(0, 0, 1), a_ldr(0, 1, 8), A_RET)->pure);
    ck_assert(block_of(a_add(0, 0, 1), 0xd53b4220u /* MRS X0, DAIF */, A_RET)->pure);
    ck_assert(!block_of(a_add(0, 0, 1), 0xd53be040u /* MRS X0, CNTVCT_EL0 */, A_RET)->pure);
}
END_TEST

static Suite *translate_suite(void)
{
    Suite *suite = suite_create("translate");
    TCase *tc = tcase_create("translate");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, flags_that_the_next_instruction_overwrites_are_not_computed);
    tcase_add_test(tc, flags_at_the_end_of_a_block_are_kept_for_whoever_comes);
    tcase_add_test(tc, flags_that_a_later_instruction_reads_are_kept);
    tcase_add_test(tc, flags_before_an_access_that_may_fault_are_kept);
    tcase_add_test(tc, every_plain_twin_has_the_name_and_operands_of_the_flag_setter);
    tcase_add_test(tc, a_subtraction_and_the_branch_on_it_become_one);
    tcase_add_test(tc, an_immediate_of_sixteen_bits_travels_in_the_fused_operands);
    tcase_add_test(tc, nothing_else_is_fused_with_a_branch);
    tcase_add_test(tc, links_lead_from_the_start_of_the_block_and_know_its_page);
    tcase_add_test(tc, a_call_leaves_the_return_address_whatever_the_block_s_address);
    tcase_add_test(tc, sp_is_checked_once_while_it_stays_aligned);
    tcase_add_test(tc, sp_is_checked_again_when_it_may_no_longer_be_aligned);
    tcase_add_test(tc, sp_is_not_checked_unless_sctlr_asks);
    tcase_add_test(tc, alignment_is_checked_before_each_access_when_sctlr_asks);
    tcase_add_test(tc, a_trapped_fp_instruction_ends_the_block_with_its_trap);
    tcase_add_test(tc, a_block_ends_after_so_many_instructions_and_jumps_on);
    tcase_add_test(tc, a_block_ends_with_its_page);
    tcase_add_test(tc, a_block_ends_where_the_context_may_change);
    tcase_add_test(tc, a_block_ends_behind_a_dsb);
    tcase_add_test(tc, a_block_ends_behind_an_isb);
    tcase_add_test(tc, an_undefined_instruction_leaves_what_was_before_it);
    tcase_add_test(tc, only_registers_flags_and_memory_make_a_pure_block);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(translate_suite());
}
