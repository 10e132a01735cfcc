/* cpu/jit/lower, lower_bits: every micro-op of the integer set, with random operands, leaves the
 * state that its handler leaves; also where the access misses the TLB, crosses a page or faults. */
#include "cpu/engine.h"
#include "cpu/jit/lower.h"
#include "guest.h"

#define MEMORY  (2 * PAGE_SIZE) /* at DATA: what the loads and stores hit */
#define LOWERED 271             /* of the integer micro-ops have a lowering: none is to be lost */

/* What micro-ops that name a place in struct cpu get. */
#define PLACE sys.tpidr_el1

static struct guest guest;

/* Where EL0 sees DATA. */
#define USER_DATA (RAM_BASE + RAM_SIZE + DATA % (2 * MIB))

static void setup(void)
{
    struct tables tables;

    guest_start(&guest, ENGINE_CHECK); /* compiled code comes back after each block */
    /* else memory is Device, and unaligned accesses fault */
    tables = guest_mmu_on(&guest, D_AP(0));
    tables_set(&tables, align_down(USER_DATA, 2 * MIB), 2,
               align_down(DATA, 2 * MIB) | D_AF | D_SH(3) | D_AP(1) | D_BLOCK);
}

static void teardown(void)
{
    guest_close(&guest);
}

/* What a block may change. */
struct state {
    uint64_t x[SLOT_COUNT];
    union vreg v[32];
    uint64_t pc, instructions;
    uint64_t place;      /* PLACE */
    uint64_t monitor[3]; /* of exclusives: size, host address, value */
    uint32_t nzcv, daif, ec, iss;
    uint64_t far;
    enum cpu_exit exit;
    uint8_t memory[MEMORY];
};

static void put_state(const struct state *state)
{
    struct cpu *cpu = guest.cpu;

    memcpy(cpu->x, state->x, sizeof(state->x));
    memcpy(cpu->v, state->v, sizeof(state->v));
    cpu->pc = state->pc;
    cpu->instructions = state->instructions;
    cpu->nzcv.word = state->nzcv;
    cpu->daif = (uint8_t)state->daif;
    cpu->PLACE = state->place;
    cpu->mmu.exclusive.size = (uint8_t)state->monitor[0];
    cpu->mmu.exclusive.host = (const void *)(uintptr_t)state->monitor[1];
    cpu->mmu.exclusive.value[0] = state->monitor[2];
    cpu->exit = EXIT_NONE;
    ck_assert(bus_write_ram(guest.bus, DATA, state->memory, MEMORY));
}

static void get_state(struct state *state)
{
    const struct cpu *cpu = guest.cpu;

    memset(state, 0, sizeof(*state));
    memcpy(state->x, cpu->x, sizeof(state->x));
    state->x[SLOT_SINK] = 0; /* nobody wants it */
    memcpy(state->v, cpu->v, sizeof(state->v));
    state->pc = cpu->pc;
    state->instructions = cpu->instructions;
    state->nzcv = cpu->nzcv.word;
    state->daif = cpu->daif;
    state->place = cpu->PLACE;
    state->monitor[0] = cpu->mmu.exclusive.size;
    state->monitor[1] = (uintptr_t)cpu->mmu.exclusive.host;
    state->monitor[2] = cpu->mmu.exclusive.value[0];
    state->exit = cpu->exit;
    if (cpu->exit == EXIT_EXCEPTION) {
        state->ec = cpu->syndrome.ec;
        state->iss = cpu->syndrome.iss;
        state->far = cpu->syndrome.far;
    }
    ck_assert(bus_read_ram(guest.bus, DATA, state->memory, MEMORY));
}

static void same(const struct uop *uop, const struct state *interp, const struct state *jit)
{
    char what[128];

    snprintf(what, sizeof(what), "%s d=%u a=%u b=%u x=%u y=%u i=0x%llx", uop_info[uop->op].name,
             uop->d, uop->a, uop->b, uop->x, uop->y, (unsigned long long)uop->imm);
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        ck_assert_msg(interp->x[i] == jit->x[i], "%s: slot %u is 0x%llx, compiled 0x%llx", what, i,
                      (unsigned long long)interp->x[i], (unsigned long long)jit->x[i]);
    ck_assert_msg(interp->nzcv == jit->nzcv, "%s: NZCV 0x%x, compiled 0x%x", what, interp->nzcv,
                  jit->nzcv);
    ck_assert_msg(interp->daif == jit->daif && interp->place == jit->place,
                  "%s: DAIF or a system register", what);
    ck_assert_msg(!memcmp(interp->monitor, jit->monitor, sizeof(interp->monitor)),
                  "%s: the exclusive monitor", what);
    ck_assert_msg(interp->pc == jit->pc, "%s: PC 0x%llx, compiled 0x%llx", what,
                  (unsigned long long)interp->pc, (unsigned long long)jit->pc);
    ck_assert_msg(!memcmp(interp->v, jit->v, sizeof(interp->v)), "%s: V registers", what);
    ck_assert_msg(!memcmp(interp->memory, jit->memory, MEMORY), "%s: memory", what);
    ck_assert_msg(!memcmp(interp, jit, sizeof(*interp)), "%s: exit or syndrome", what);
}

/* --- Operands --- */

static uint64_t random_state;

static unsigned below(unsigned limit)
{
    return (unsigned)(garbage(&random_state) >> 20) % limit;
}

/* 0 and limit - 1 come often. */
static uint8_t extreme_below(unsigned limit)
{
    unsigned kind = below(4);

    return (uint8_t)(kind == 0 ? 0 : kind == 1 ? limit - 1 : below(limit));
}

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
    else if (uop->op == UOP_align || uop->op == UOP_alignx)
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
    else if (op == UOP_ldfield || op == UOP_stfield)
        uop->imm = offsetof(struct cpu, PLACE);
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

/* A block with room for two micro-ops, which ends in CBZ: links to both sides. */
static struct block *block_with_links(void)
{
    struct block *block;

    guest_program(&guest, CODE, a_movz(0, 1, 0), a_movz(1, 2, 0), a_movz(2, 3, 0), a_cbnz(3, 8),
                  A_STOP, A_STOP);
    guest.cpu->pc = CODE;
    block = block_find(guest.cpu);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(block->uops, 4);
    return block;
}

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

static void compare_engines(struct block *block, const struct uop *uop, const struct state *before)
{
    struct state interp, jit;

    put_state(before);
    mmu_tlbi_all(&guest.cpu->mmu);
    interp_run_once(guest.cpu, block);
    get_state(&interp);
    jit_compile(guest.cpu, block);
    for (unsigned warm = 0; warm < 2; warm++) {
        put_state(before);
        if (!warm)
            mmu_tlbi_all(&guest.cpu->mmu);
        interp_run(guest.cpu, block);
        get_state(&jit);
        same(uop, &interp, &jit);
    }
}

/* The lowering of the block into `room` bytes at `code`. */
static struct lower *lower_alone(struct block *block, uint8_t *code, unsigned room)
{
    static struct region region;
    static const struct host_features plain;
    struct lower *l = calloc(1, sizeof(*l));

    ck_assert_ptr_nonnull(l);
    region_form(guest.cpu, block, true, &region);
    l->code = (struct x64){.at = code, .end = code + room};
    l->cpu = guest.cpu;
    l->thunks = jit_thunks(guest.cpu);
    l->host = &plain;
    l->region = &region;
    l->alone = true;
    return l;
}

/* Does compiled code run this without its handler, at least as a rule? */
static bool has_lowering(struct block *block)
{
    static uint8_t code[4096];
    struct lower *l = lower_alone(block, code, sizeof(code));
    unsigned stubs = 0;
    bool has;

    ck_assert(lower_region(l));
    for (unsigned i = 0; i < l->stubs; i++)
        stubs += l->stub[i].kind == STUB_HANDLER;
    has = l->records == stubs; /* records are for handlers: only those of stubs */
    free(l);
    return has;
}

START_TEST(every_integer_micro_op_gives_compiled_what_its_handler_gives)
{
    struct block *block = block_with_links();
    struct state before;
    unsigned lowered = 0, all = 0;

    random_state = 0x853c49e6748fea9b;
    for (enum uop_op op = 0; op < UOP_fmov32; op++) {
        bool has = false;

        if (op == UOP_call || op == UOP_calle || op == UOP_next)
            continue; /* what they run is not theirs */
        for (unsigned round = 0; round < 30; round++) {
            struct uop uop;

            choose_operands(&uop, op);
            choose_state(&before, &uop);
            put_uop(block, &uop);
            if (!round)
                has = has_lowering(block);
            compare_engines(block, &uop, &before);
        }
        lowered += has;
        all++;
    }
    ck_assert_uint_eq(all, UOP_fmov32 - 3);
    ck_assert_msg(lowered >= LOWERED, "%u of %u integer micro-ops have a lowering", lowered, all);
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

START_TEST(code_that_does_not_fit_is_refused_and_writes_nothing_beyond)
{
    struct block *block = block_with_links();
    uint8_t code[256];

    for (unsigned room = 0; room < 60; room++) {
        struct lower *l;

        memset(code, 0xa5, sizeof(code));
        l = lower_alone(block, code, room);
        ck_assert(!lower_region(l));
        free(l);
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
    tcase_add_loop_test(tc, every_condition_and_flag_value_selects_as_the_handler_does, 0, 5);
    tcase_add_test(tc, code_that_does_not_fit_is_refused_and_writes_nothing_beyond);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(lower_suite());
}
