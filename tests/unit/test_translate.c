/* cpu/translate.c and cpu/disasm.c: what blocks are made of. */
#include "cpu/disasm.h"
#include "guest.h"

static struct guest guest;
static struct cpu *cpu;

static void setup(void)
{
    guest_open(&guest, ENGINE_INTERP);
    guest_reset(&guest);
    cpu = guest.cpu;
    guest_mmu_on(&guest, D_AP(0));
}

static void teardown(void)
{
    guest_close(&guest);
}

static const struct block *block_at(uint64_t pc)
{
    const struct block *block;

    cpu->pc = pc;
    block = block_find(cpu);
    ck_assert_ptr_nonnull(block);
    return block;
}

static unsigned count_op(const struct block *block, enum uop_op op)
{
    unsigned count = 0;

    for (unsigned i = 0; i < block->uops; i++)
        count += block->uop[i].op == op;
    return count;
}

START_TEST(flags_that_nobody_reads_are_not_computed)
{
    const struct block *block;

    /* overwritten before anybody looks: plain; the last ones may be read after the block */
    guest_program(&guest, CODE, a_adds(0, 1, 2), a_adds(3, 4, 5), a_b(8));
    block = block_at(CODE);
    ck_assert_uint_eq(block->uop[0].op, UOP_add64);
    ck_assert_uint_eq(block->uop[1].op, UOP_adds64);
    /* a load may fault, and its handler sees the flags */
    guest_program(&guest, CODE + 0x100, a_adds(0, 1, 2), a_ldr(6, 7, 0), a_adds(3, 4, 5), a_b(8));
    ck_assert_uint_eq(block_at(CODE + 0x100)->uop[0].op, UOP_adds64);
    /* adc x6, x7, x8 reads the carry */
    guest_program(&guest, CODE + 0x200, a_adds(0, 1, 2), 0x9a0800e6, a_adds(3, 4, 5), a_b(8));
    ck_assert_uint_eq(block_at(CODE + 0x200)->uop[0].op, UOP_adds64);
}
END_TEST

START_TEST(blocks_end_at_branches_pages_and_their_limit)
{
    const struct block *block;

    for (unsigned i = 0; i < 200; i++)
        guest_program(&guest, CODE + 0x1000 - 4 * 100 + 4 * i, a_add(0, 0, 1));
    block = block_at(CODE + 0x1000 - 4 * 100);
    ck_assert_uint_eq(block->insns, BLOCK_INSNS_MAX);
    block = block_at(CODE + 0x1000 - 4 * 10);
    ck_assert_uint_eq(block->insns, 10);
    guest_program(&guest, CODE + 0x1000 - 4 * 8, a_b(0));
    block = block_at(CODE + 0x1000 - 4 * 10);
    ck_assert_uint_eq(block->insns, 3);
    ck_assert(block->link[0].same_page);
    guest_program(&guest, CODE + 0x1000 - 4 * 8, A_UDF);
    ck_assert_uint_eq(block_at(CODE + 0x1000 - 4 * 10)->insns, 3);
}
END_TEST

START_TEST(links_know_whether_they_leave_the_page)
{
    guest_program(&guest, CODE + 0xff8, a_b_cond(0, 8));
    ck_assert(!block_at(CODE + 0xff8)->link[0].same_page); /* taken: the next page */
    ck_assert(block_at(CODE + 0xff8)->link[1].same_page);
    guest_program(&guest, CODE, a_b(-4));
    ck_assert(!block_at(CODE)->link[0].same_page);
    guest_program(&guest, CODE + 0x10, a_b(-16));
    ck_assert(block_at(CODE + 0x10)->link[0].same_page);
}
END_TEST

START_TEST(alignment_is_checked_only_where_it_faults)
{
    guest_program(&guest, CODE, a_ldr(0, 5, 8), a_str(0, 5, 8), A_STOP);
    ck_assert_uint_eq(count_op(block_at(CODE), UOP_align), 0);
    cpu->mmu.regs.sctlr |= SCTLR_A;
    guest_refresh(&guest);
    ck_assert_uint_eq(count_op(block_at(CODE), UOP_align), 2);
    cpu->mmu.regs.sctlr &= ~(uint64_t)(SCTLR_A | SCTLR_M); /* all is Device */
    guest_refresh(&guest);
    ck_assert_uint_eq(count_op(block_at(CODE), UOP_align), 2);
}
END_TEST

START_TEST(every_micro_op_has_a_name_a_handler_and_known_letters)
{
    for (unsigned op = 0; op < UOP_COUNT; op++) {
        ck_assert_ptr_nonnull(uop_info[op].fn);
        ck_assert_uint_gt(strlen(uop_info[op].name), 0);
        ck_assert_msg(strspn(uop_info[op].effects, "RWMEC") == strlen(uop_info[op].effects),
                      "%s: effects \"%s\"", uop_info[op].name, uop_info[op].effects);
        for (unsigned other = op + 1; other < UOP_COUNT; other++)
            ck_assert_str_ne(uop_info[op].name, uop_info[other].name);
    }
}
END_TEST

START_TEST(disassembly_names_instructions_and_what_is_none)
{
    char text[96];

    disasm(a_add(0, 1, 2), CODE, text, sizeof(text));
    ck_assert_str_eq(text, "add x0, x1, #2");
    disasm(a_b(16), 0x1000, text, sizeof(text));
    ck_assert_str_eq(text, "b #0x1010");
    disasm(0xffffffff, CODE, text, sizeof(text));
    ck_assert_str_eq(text, "(unallocated)");
    disasm(a_add(0, 1, 2), CODE, text, 5);
    ck_assert_str_eq(text, "add ");
}
END_TEST

static Suite *translate_suite(void)
{
    Suite *suite = suite_create("translate");
    TCase *tc = tcase_create("translate");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, flags_that_nobody_reads_are_not_computed);
    tcase_add_test(tc, blocks_end_at_branches_pages_and_their_limit);
    tcase_add_test(tc, links_know_whether_they_leave_the_page);
    tcase_add_test(tc, alignment_is_checked_only_where_it_faults);
    tcase_add_test(tc, every_micro_op_has_a_name_a_handler_and_known_letters);
    tcase_add_test(tc, disassembly_names_instructions_and_what_is_none);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(translate_suite());
}
