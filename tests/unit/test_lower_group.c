/* cpu/jit/lower_group: loads and stores off a few bases, with what may stand between them, leave
 * the state that their handlers leave; also where some of them miss, cross a page or fault. */
#include "lowering.h"

enum { BASE = 0, BASES = 3, INDEX = 3, VALUES = 4, REGISTERS = 8, LONGEST = 9 };

static uint8_t any(void)
{
    return (uint8_t)(below(8) ? VALUES + below(REGISTERS - VALUES) : below(REGISTERS));
}

static struct uop access_of(void)
{
    static const enum uop_op ops[] = {
        UOP_ld8,     UOP_ld32,   UOP_ld64,    UOP_ld32s64, UOP_ld64x,  UOP_ld16x,
        UOP_st8,     UOP_st16,   UOP_st64,    UOP_st32x,   UOP_st64x,  UOP_ldp64,
        UOP_stp64,   UOP_stp32,  UOP_ldv128,  UOP_stv128,  UOP_ldv64x, UOP_ldv128x,
        UOP_stv128x, UOP_stv32x, UOP_ldpv128, UOP_stpv128, UOP_stpv64,
    };
    struct uop uop = {.op = (uint16_t)ops[below(ARRAY_SIZE(ops))]};

    uop.a = (uint8_t)(BASE + below(BASES));
    uop.d = any();
    if (uop_info[uop.op].operands[2] == 'b') {
        uop.b = below(8) ? INDEX : any();
        uop.x = (uint8_t)(below(2) ? 3 : below(5));
    } else {
        uop.imm = below(16) ? below(12) * 8 : (uint64_t)-8;
    }
    uop.y = (uint8_t)(VALUES + below(REGISTERS - VALUES));
    while (uop.d == uop.y || (uop.d == uop.a && strchr(uop_info[uop.op].operands, 'y')))
        uop.d = any();
    return uop;
}

static struct uop between(void)
{
    switch (below(4)) {
    case 0:
        return (struct uop){.op = UOP_mov64, .d = any(), .a = any()};
    case 1:
        return (struct uop){
            .op = UOP_vadd32, .d = any(), .a = any(), .b = any(), .x = (uint8_t)(8 << below(2))};
    default: {
        uint8_t changed = (uint8_t)below(INDEX + 1);

        return (struct uop){.op = below(2) ? UOP_add64i : UOP_sub64i,
                            .d = changed,
                            .a = below(16) ? changed : any(),
                            .imm = below(4) * 8};
    }
    }
}

/* Of the first page or the second one, at its end, overlapping another base, or where nothing is.
 */
static uint64_t place(const struct state *state)
{
    switch (below(8)) {
    case 0:
        return DATA + PAGE_SIZE - below(160);
    case 1:
        return below(8) ? state->x[BASE] + below(128) : 0x100000000;
    default:
        return DATA + 256 + below(MEMORY - 1024);
    }
}

static void choose_state(struct state *state)
{
    memset(state, 0, sizeof(*state));
    state->pc = CODE;
    for (unsigned i = 0; i < MEMORY; i++)
        state->memory[i] = (uint8_t)garbage(&random_state);
    for (unsigned i = 0; i < REGISTERS; i++) {
        state->x[i] = garbage(&random_state);
        state->v[i].d[0] = garbage(&random_state);
        state->v[i].d[1] = garbage(&random_state);
    }
    for (unsigned i = 0; i < BASES; i++)
        state->x[BASE + i] = place(state);
    state->x[INDEX] = below(32);
}

static struct block *long_block(void)
{
    uint32_t words[LONGEST + 3];
    struct block *block;

    for (unsigned i = 0; i < LONGEST; i++)
        words[i] = a_movz(i, 1, 0);
    words[LONGEST] = a_cbnz(3, 8);
    words[LONGEST + 1] = words[LONGEST + 2] = A_STOP;
    guest_put(&guest, CODE, words, ARRAY_SIZE(words));
    guest.cpu->pc = CODE;
    block = block_find(guest.cpu);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(block->uops, LONGEST + 1);
    return block;
}

static void put_uops(struct block *block)
{
    unsigned length = 2 + below(LONGEST - 1);

    for (unsigned i = 0; i < length; i++) {
        block->uop[i] = below(3) ? access_of() : between();
        block->uop[i].fn = uop_info[block->uop[i].op].fn;
        block->uop[i].insn = (uint8_t)i;
    }
    block->uop[length] = (struct uop){.fn = uop_info[UOP_cbz64].fn,
                                      .op = UOP_cbz64,
                                      .a = SLOT_ZERO,
                                      .insn = LONGEST,
                                      .imm = (uintptr_t)block->link};
    block->uops = length + 1;
}

/* How many groups of so many bases the lowering of the block has. */
static unsigned groups(struct block *block, unsigned bases)
{
    static uint8_t code[8192];
    struct host_features host = host_features();
    struct lower *l = lower_alone(block, &host, code, sizeof(code));
    unsigned found = 0;

    ck_assert(lower_region(l));
    for (unsigned i = 0; i < l->stubs; i++)
        found += l->stub[i].kind == STUB_GROUP && (l->stub[i].also ? 2 : 1) == bases;
    return found;
}

START_TEST(groups_of_accesses_do_what_their_handlers_do)
{
    struct block *block = long_block();
    unsigned of_one = 0, of_two = 0;
    struct state before;

    if (_i)
        jit_set_host(guest.cpu, &oldest_host);
    random_state = 0x94d049bb133111eb;
    for (unsigned round = 0; round < 4000; round++) {
        put_uops(block);
        choose_state(&before);
        of_one += groups(block, 1);
        of_two += groups(block, 2);
        compare_engines(block, &block->uop[0], &before);
    }
    ck_assert_uint_gt(of_one, 500);
    ck_assert_uint_gt(of_two, 500);
}
END_TEST

static Suite *lower_group_suite(void)
{
    Suite *suite = suite_create("lower_group");
    TCase *tc = tcase_create("lower_group");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, groups_of_accesses_do_what_their_handlers_do, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(lower_group_suite());
}
