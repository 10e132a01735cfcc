/* cpu/jit/lower, lower_bits: every micro-op of the integer set, with random operands, leaves the
 * state that its handler leaves; also where the access misses the TLB, crosses a page or faults. */
#include "lowering.h"

#define LOWERED 278 /* of the integer micro-ops have a lowering: none is to be lost */

/* --- Operands --- */

static uint64_t interesting(void)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0x100000000,
                                     INT64_MAX,
                                     1ull << 63,
                                     ~0ull,
                                     0x7fffffffffffffff,
                                     0xffffffff80000000,
                                     0xffffffff00000000};
    uint64_t random = garbage(&random_state);

    return below(3) ? random : edges[random % ARRAY_SIZE(edges)];
}

static bool is_word(enum uop_op op)
{
    return strstr(uop_info[op].name, "32") && !uop_has(op, 'M');
}

static bool is_bit_field(enum uop_op op)
{
    const char *operands = uop_info[op].operands;

    return !strcmp(operands, "daxy") || !strcmp(operands, "Daxy");
}

static void choose_x(struct uop *uop, unsigned width)
{
    if (uop->op == UOP_movk || uop->op == UOP_movk32)
        uop->x = (uint8_t)(16 * below(width / 16));
    else if (uop->op == UOP_crc32 || uop->op == UOP_crc32c)
        uop->x = (uint8_t)below(4);
    else if (uop_has(uop->op, 'R') || uop->op == UOP_subsb64 || uop->op == UOP_subsb32 ||
             uop->op == UOP_subsbi64 || uop->op == UOP_subsbi32)
        uop->x = (uint8_t)below(16); /* a condition */
    else if (uop_has(uop->op, 'M'))
        uop->x = (uint8_t)below(5); /* scales the index */
    else
        uop->x = extreme_below(width);
}

static void choose_y(struct uop *uop, unsigned width)
{
    const char *operands = uop_info[uop->op].operands;

    if (is_bit_field(uop->op))
        uop->y = (uint8_t)(1 + extreme_below(width - uop->x));
    else if (uop->op >= UOP_align && uop->op <= UOP_tagcheckx)
        uop->y = (uint8_t)(1u << below(5));
    else if (strchr("VU", operands[0]))
        uop->y = (uint8_t)below(32);
    else if (operands[0] == 'a')
        uop->y = (uint8_t)below(16); /* NZCV */
    else if (uop->op == UOP_subsbi64 || uop->op == UOP_subsbi32)
        uop->y = extreme_below(256);
    else
        uop->y = (uint8_t)below(SLOT_SINK); /* a slot */
    /* LDP with one register twice is UNPREDICTABLE; its translator refuses it. */
    if (operands[0] == 'd' && uop_has(uop->op, 'M'))
        while (uop->y == uop->d || uop->y == SLOT_ZERO)
            uop->y = (uint8_t)below(32);
}

static uintptr_t row(uint16_t key)
{
    return (uintptr_t)sysreg_row((unsigned)sysreg_find(key));
}

static void choose_operands(struct uop *uop, enum uop_op op)
{
    const char *operands = uop_info[op].operands;
    unsigned width = is_word(op) ? 32 : 64;
    bool memory = uop_has(op, 'M');

    *uop = (struct uop){.fn = uop_info[op].fn, .op = (uint16_t)op, .insn = 1};
    uop->a = (uint8_t)below(SLOT_SINK); /* X0 to X30, SP, the zero register */
    if (strchr(operands, 'b'))
        uop->b = (uint8_t)below(SLOT_SINK);
    if (strpbrk(operands, "VU"))
        uop->d = (uint8_t)below(32);
    else if (strchr(operands, 'S'))
        uop->d = (uint8_t)below(SLOT_SINK);
    else if (strpbrk(operands, "dD"))
        uop->d = (uint8_t)(below(20) ? below(32) : SLOT_SINK);
    if (memory && strchr(operands, 'y'))
        while (uop->d == uop->a)
            uop->a = (uint8_t)below(32);
    if (strchr(operands, 'x'))
        choose_x(uop, width);
    if (strchr(operands, 'y'))
        choose_y(uop, width);
    if (op == UOP_subsbi64 || op == UOP_subsbi32)
        uop->b = extreme_below(256);
    if (memory && strchr(operands, 'i'))
        uop->imm = below(3) ? below(64) : (uint64_t) - (int64_t)below(256);
    else if (op == UOP_ldfield || op == UOP_stfield || op == UOP_stbyte || op == UOP_count)
        uop->imm = offsetof(struct cpu, PLACE);
    else if (op == UOP_sysread)
        uop->imm = row(SYSREG_KEY(3, 3, 4, 2, 1)); /* DAIF */
    else if (op == UOP_syswrite)
        uop->imm = row(SYSREG_KEY(3, 3, 4, 4, 1)); /* FPSR */
    else if (op == UOP_movk || op == UOP_movk32)
        uop->imm = garbage(&random_state) & 0xffff;
    else if (strchr(operands, 'i'))
        uop->imm = operands[0] == 'a' ? below(32) : interesting();
    if (width == 32)
        uop->imm = (uint32_t)uop->imm;
}

/* Of exclusives and atomics: how many bytes they access, at a multiple of that. Else 0. */
static unsigned atomic_bytes(enum uop_op op)
{
    return op >= UOP_ldx8 && op <= UOP_cas64 ? 1u << (op - UOP_ldx8) % 4 : 0;
}

/* Half of all exclusive stores pass; others fail by size, place or value. Half of all compare-and-
 * swaps swap. */
static void choose_atomic(struct state *state, const struct uop *uop, unsigned bytes)
{
    uint64_t *address = &state->x[uop->a], there = 0;

    if (uop->a == SLOT_ZERO)
        return;
    *address = align_down(*address, bytes);
    if (*address >= DATA && *address + bytes <= DATA + MEMORY)
        memcpy(&there, &state->memory[*address - DATA], bytes);
    state->monitor[0] = below(8) ? bytes : 2 * bytes;
    state->monitor[1] =
        (uintptr_t)bus_ram_pointer(guest.bus, DATA, 1) + *address - DATA + !below(8);
    state->monitor[2] = below(4) ? there : interesting();
    if (uop->op >= UOP_cas8 && uop->d != uop->a && uop->d != SLOT_ZERO && below(2))
        state->x[uop->d] = there | (interesting() & ~bits_ones(8 * bytes));
}

static void choose_state(struct state *state, const struct uop *uop)
{
    static const unsigned at[] = {0, 256, PAGE_SIZE - 16, PAGE_SIZE - 32, PAGE_SIZE};

    memset(state, 0, sizeof(*state));
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        state->x[i] = i == SLOT_ZERO ? 0 : interesting();
    for (unsigned i = 0; i < 64; i++)
        state->v[i / 2].d[i % 2] = garbage(&random_state);
    for (unsigned i = 0; i < MEMORY; i++)
        state->memory[i] = (uint8_t)(i * 37 + (i >> 8));
    state->nzcv = garbage(&random_state) & 0x01010101;
    state->daif = below(16);
    state->place = interesting();
    state->pc = CODE;
    if (!uop_has(uop->op, 'M') || !below(8)) /* else the address is wild */
        return;
    if (strchr(uop_info[uop->op].operands, 'b') && uop->b != SLOT_ZERO)
        state->x[uop->b] = below(64);
    if (uop->a != SLOT_ZERO)
        state->x[uop->a] = (uop->op >= UOP_ldu8 && uop->op <= UOP_stu64 ? USER_DATA : DATA) + 256 +
                           at[below(ARRAY_SIZE(at))] - 256 * !below(4) + below(16);
    if (atomic_bytes(uop->op))
        choose_atomic(state, uop, atomic_bytes(uop->op));
}

/* --- Running one micro-op --- */

/* The block is now this one micro-op, and the branch unless it is an end itself. */
static void put_uop(struct block *block, const struct uop *uop)
{
    block->uop[0] = *uop;
    block->uops = 1;
    if (uop_has(uop->op, 'E')) {
        block->uop[0].imm = (uintptr_t)block->link;
        return;
    }
    block->uop[1] = (struct uop){.fn = uop_info[UOP_cbz64].fn,
                                 .op = UOP_cbz64,
                                 .a = SLOT_ZERO,
                                 .insn = 3,
                                 .imm = (uintptr_t)block->link};
    block->uops = 2;
}

START_TEST(every_integer_micro_op_gives_compiled_what_its_handler_gives)
{
    struct block *block = block_with_links();
    struct state before;
    unsigned lowered = 0, all = 0;

    random_state = 0x853c49e6748fea9b;
    for (enum uop_op op = 0; op < UOP_fmov32; op++) {
        bool has = false;

        if ((op >= UOP_call && op <= UOP_fill) || op == UOP_next)
            continue; /* what they run is not theirs */
        for (unsigned round = 0; round < 30; round++) {
            struct uop uop;

            choose_operands(&uop, op);
            choose_state(&before, &uop);
            put_uop(block, &uop);
            if (!round)
                has = has_lowering(block, &oldest_host);
            compare_engines(block, &uop, &before);
        }
        lowered += has;
        all++;
    }
    ck_assert_uint_eq(all, UOP_fmov32 - 5);
    ck_assert_msg(lowered >= LOWERED, "%u of %u integer micro-ops have a lowering", lowered, all);
}
END_TEST

/* Two tags at random, and pointers with one of them or a third. */
START_TEST(tag_checks_find_what_their_handler_finds)
{
    struct ram_block *ram = bus_ram(guest.bus, DATA);
    struct block *block = block_with_links();
    struct mmu_regs *regs = &guest.cpu->mmu.regs;
    unsigned faults = 0;
    struct err err;

    random_state = 0xda3e39cb94b95bdb;
    ck_assert(bus_add_tags(ram, &err));
    regs->mair = _i ? 0xf0f0f0f0f0f0f0f0 : regs->mair; /* Tagged, or not */
    regs->tcr |= 1ull << 37;                           /* TBI0 */
    regs->sctlr |= 1ull << 43 | 1ull << 40;            /* ATA, TCF */
    guest_refresh(&guest);
    for (unsigned round = 0; round < 2000; round++) {
        struct state before;
        struct uop uop;

        for (uint64_t at = DATA; at < DATA + MEMORY; at += TAG_GRANULE)
            ram->tags[(at - ram->base) / TAG_GRANULE] = below(16) ? 5 : 9;
        choose_operands(&uop, round % 2 ? UOP_tagcheck : UOP_tagcheckx);
        uop.d = (uint8_t)below(2);
        uop.x = uop.op == UOP_tagcheckx ? uop.x : !below(16);
        uop.y = (uint8_t)(below(4) ? uop.y : 1 + below(64));
        choose_state(&before, &uop);
        if (uop.a != SLOT_ZERO)
            before.x[uop.a] |= (below(4) ? 5ull : 9ull + below(2)) << 56;
        put_uop(block, &uop);
        compare_engines(block, &uop, &before);
        faults += guest.cpu->exit == EXIT_EXCEPTION;
    }
    ck_assert_uint_eq(faults != 0, _i);
}
END_TEST

START_TEST(every_condition_and_flag_value_selects_as_the_handler_does)
{
    static const enum uop_op ops[] = {UOP_csel64, UOP_csinc32, UOP_ccmp64, UOP_ccmn32i, UOP_bcond};
    struct block *block = block_with_links();
    struct state before;

    random_state = 0x2545f4914f6cdd1d;
    for (unsigned condition = 0; condition < 16; condition++) {
        for (unsigned flags = 0; flags < 16; flags++) {
            struct uop uop;

            choose_operands(&uop, ops[_i]);
            uop.x = (uint8_t)condition;
            choose_state(&before, &uop);
            before.nzcv =
                (flags & 1) | (flags >> 1 & 1) << 8 | (flags >> 2 & 1) << 16 | (flags >> 3) << 24;
            put_uop(block, &uop);
            compare_engines(block, &uop, &before);
        }
    }
}
END_TEST

/* RBIT and CLZ, which may become one; on one register or not, with something between that looks at
 * the first one's result or not, and with another such pair between or behind. */
START_TEST(zeroes_from_below_are_counted_as_the_handlers_count_them)
{
    static const struct host_features new_host = {.bmi1 = true, .lzcnt = true};
    struct block *block = block_with_links();
    struct state before;

    jit_set_host(guest.cpu, _i ? &new_host : &oldest_host);
    random_state = 0xbf58476d1ce4e5b9;
    for (unsigned round = 0; round < 500; round++) {
        unsigned wide = below(2), d = below(30);
        struct uop uop[6] = {
            {.op = wide ? UOP_rbit64 : UOP_rbit32, .d = (uint8_t)d, .a = (uint8_t)below(3)},
            {.op = UOP_add64, .d = (uint8_t)below(4), .a = 30, .b = (uint8_t)(below(3) ? 1 : d)},
            {.op = UOP_rbit64, .d = (uint8_t)(d / 2 + 1), .a = 3},
            {.op = wide ? UOP_clz64 : UOP_clz32, .d = (uint8_t)d, .a = (uint8_t)d},
            {.op = UOP_clz64, .d = (uint8_t)(d / 2 + 1), .a = (uint8_t)(d / 2 + 1)},
            {.op = UOP_cbz64, .a = SLOT_ZERO, .imm = (uintptr_t)block->link}};

        if (!below(4))
            uop[3].d = (uint8_t)below(30);
        choose_state(&before, &uop[0]);
        before.x[uop[0].a] &= below(2) ? ~0ull << below(64) : 0;
        for (unsigned i = 0; i < 6; i++) {
            uop[i].fn = uop_info[uop[i].op].fn;
            uop[i].insn = (uint8_t)i;
            block->uop[i] = uop[i];
        }
        block->uops = 6;
        compare_engines(block, &uop[0], &before);
    }
}
END_TEST

/* CPYFP, CPYP or SETP: inside of a page and across two, of bytes that overlap or not. */
START_TEST(blocks_of_bytes_are_moved_as_their_helper_does)
{
    static const uint32_t words[] = {0x19010440, 0x1d010440, 0x19c10440}; /* [x0], [x1], x2 */
    struct block *block;
    struct state before;

    guest_program(&guest, CODE, words[_i], a_cbnz(3, 8), A_STOP, A_STOP);
    guest.cpu->pc = CODE;
    block = block_find(guest.cpu);
    ck_assert_ptr_nonnull(block);
    ck_assert(block->uop[0].op == (_i == 2 ? UOP_fill : UOP_copy));
    random_state = 0x9e3779b97f4a7c15;
    for (unsigned round = 0; round < 1000; round++) {
        unsigned largest = below(2) ? 80 : PAGE_SIZE + 8;

        choose_state(&before, &block->uop[0]);
        before.x[0] = DATA + below(MEMORY - largest + 1);
        before.x[1] = below(3) ? DATA + below(MEMORY - largest + 1) : before.x[0] + below(64);
        before.x[1] = before.x[1] > DATA + MEMORY - largest ? DATA : before.x[1];
        before.x[2] = below(largest + 1);
        if (!below(8))
            before.x[below(2)] = 0x100000000; /* nothing is there */
        compare_engines(block, &block->uop[0], &before);
    }
}
END_TEST

START_TEST(code_that_does_not_fit_is_refused_and_writes_nothing_beyond)
{
    struct block *block = block_with_links();
    uint8_t code[256];

    for (unsigned room = 0; room < 60; room++) {
        struct lower *l;

        memset(code, 0xa5, sizeof(code));
        l = lower_alone(block, &oldest_host, code, room);
        ck_assert(!lower_region(l));
        for (unsigned i = room; i < sizeof(code); i++)
            ck_assert_uint_eq(code[i], 0xa5);
    }
}
END_TEST

static Suite *lower_suite(void)
{
    Suite *suite = suite_create("lower");
    TCase *tc = tcase_create("lower");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, every_integer_micro_op_gives_compiled_what_its_handler_gives);
    tcase_add_loop_test(tc, tag_checks_find_what_their_handler_finds, 0, 2);
    tcase_add_loop_test(tc, every_condition_and_flag_value_selects_as_the_handler_does, 0, 5);
    tcase_add_loop_test(tc, zeroes_from_below_are_counted_as_the_handlers_count_them, 0, 2);
    tcase_add_loop_test(tc, blocks_of_bytes_are_moved_as_their_helper_does, 0, 3);
    tcase_add_test(tc, code_that_does_not_fit_is_refused_and_writes_nothing_beyond);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(lower_suite());
}
