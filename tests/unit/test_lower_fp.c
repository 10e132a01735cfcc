/* cpu/jit/lower_fp*: every scalar floating-point micro-op, alone and in company, leaves the state
 * that its handler leaves, FPSR included: for numbers near every edge, in every mode of FPCR, with
 * and without what newer hosts have. */
#include "cpu/isa/simd.h"
#include "lowering.h"

#define LOWERED   74 /* micro-ops have a lowering on a host with everything: none is to be lost */
#define ROUNDS    60 /* of each micro-op */
#define SEQUENCES 1000
#define MODES     6 /* of compare_pairs() */

/* --- Operands --- */

/* Numbers near every edge, of either sign. The products of some are just below the smallest normal
 * number and rounded to it. */
static const uint64_t edges64[] = {
    0,
    1,
    0x000fffffffffffff, /* subnormal */
    0x0010000000000000, /* the smallest normal */
    0x0010000000000001,
    0x2000000000000001, /* 2^-511 and a bit, and less: see above */
    0x1ffffffffffffffe,
    0x3fe0000000000000, /* 0.5 */
    0x3fefffffffffffff,
    0x3ff0000000000000, /* 1 */
    0x3ff0000000000001,
    0x3ff8000000000000, /* 1.5 */
    0x4004000000000000, /* 2.5 */
    0x41dfffffffc00000, /* 2^31 - 1 */
    0x41dfffffffe00000, /* 2^31 - 0.5 */
    0x41e0000000000000, /* 2^31 */
    0x41e0000000100000, /* 2^31 + 0.5 */
    0x41efffffffffffff,
    0x41f0000000000000, /* 2^32 */
    0x43dfffffffffffff,
    0x43e0000000000000, /* 2^63 */
    0x43f0000000000000, /* 2^64 */
    0x47efffffffffffff, /* rounds up from the largest single */
    0x3810000000000000, /* the smallest normal single */
    0x380fffffffffffff,
    0x7fefffffffffffff, /* the largest */
    0x7ff0000000000000, /* infinity */
    0x7ff0000000000001, /* signalling NaN */
    0x7ff8000000000002, /* quiet NaN */
    0x7ff4000000000003,
};

static uint64_t number64(void)
{
    uint64_t random = garbage(&random_state);

    return below(4) ? edges64[random % ARRAY_SIZE(edges64)] | (random & 1ull << 63) : random;
}

static const uint32_t edges32[] = {
    0,          1,          0x007fffff, 0x00800000, 0x00800001, 0x20000001, 0x1ffffffe,
    0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fc00000, 0x40200000, 0x4effffff,
    0x4f000000, 0x4f000001, 0x4f7fffff, 0x4f800000, 0x5effffff, 0x5f000000, 0x5f800000,
    0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00002, 0x7fa00003, 0x38800000, 0x387fffff,
    0x387fefff, 0x33800000, 0x477fe000, 0x477ff000, 0x3f801000, /* edges of half precision */
};

static uint32_t number32(void)
{
    uint64_t random = garbage(&random_state);

    return below(4) ? edges32[(random & 0xffffff) % ARRAY_SIZE(edges32)] |
                          ((uint32_t)(random >> 32) & 1u << 31)
                    : (uint32_t)random;
}

static uint64_t integer(void)
{
    static const uint64_t edges[] = {
        0,         1,          INT32_MAX, 1ull << 31,     UINT32_MAX,    1ull << 32,
        INT64_MAX, 1ull << 63, ~0ull,     1ull << 53 | 1, 1ull << 24 | 1};
    uint64_t random = garbage(&random_state);

    return below(2) ? edges[(random & 0xffff) % ARRAY_SIZE(edges)] : random >> below(64);
}

static void choose_integer_operands(struct uop *uop, enum uop_op op)
{
    *uop = (struct uop){.fn = uop_info[op].fn, .op = (uint16_t)op, .insn = 1};
    uop->d = (uint8_t)below(31);
    uop->a = (uint8_t)below(SLOT_SINK);
    uop->b = (uint8_t)below(SLOT_SINK);
    uop->x = uop->y = (uint8_t)below(16);
}

static void choose_operands(struct uop *uop, enum uop_op op)
{
    const char *operands = uop_info[op].operands;
    unsigned fraction_bits = strstr(uop_info[op].name, "_x") ? 64 : 32; /* at most */

    *uop = (struct uop){.fn = uop_info[op].fn, .op = (uint16_t)op, .insn = 1};
    uop->d = (uint8_t)(operands[0] == 'd' && !below(8) ? SLOT_SINK : below(32));
    uop->a = (uint8_t)(strchr(operands, 'A') ? below(32) : below(SLOT_SINK));
    uop->b = (uint8_t)below(32);
    uop->imm = op == UOP_fmovi ? number64() : 0;
    if (!below(3)) /* one register for several */
        uop->d = uop->b = uop->a & 31;
    if (!strcmp(operands, "VABy"))
        uop->y = (uint8_t)(below(3) ? below(32) : uop->d);
    else if (!strcmp(operands, "ABxy"))
        uop->y = (uint8_t)below(16); /* NZCV */
    else if (!strcmp(operands, "dAxy"))
        uop->y = (uint8_t)(below(4) ? 0 : 1 + below(fraction_bits));
    if (uop_has(op, 'R'))
        uop->x = (uint8_t)below(16);
    else if (!strcmp(operands, "Vax"))
        uop->x = (uint8_t)(below(4) ? 0 : 1 + below(fraction_bits));
    else
        uop->x = (uint8_t)(!below(4) && operands[0] == 'V' ? ROUNDING_FPCR : below(5));
}

static void choose_state(struct state *state)
{
    memset(state, 0, sizeof(*state));
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        state->x[i] = i == SLOT_ZERO ? 0 : integer();
    state->nzcv = garbage(&random_state) & 0x01010101;
    state->pc = CODE;
    for (unsigned i = 0; i < 32; i++) {
        state->v[i].d[1] = below(2) ? 0 : garbage(&random_state);
        state->v[i].d[0] =
            below(2) ? number64() : number32() | (below(2) ? garbage(&random_state) << 32 : 0);
    }
    state->fpsr = (uint32_t)garbage(&random_state) & (below(2) ? 0 : 0x0800009f);
}

/* --- Blocks --- */

/* The block is now these, and a branch on the condition. */
static void put_uops(struct block *block, const struct uop *uop, unsigned count, unsigned condition)
{
    memcpy(block->uop, uop, count * sizeof(*uop));
    block->uop[count] = (struct uop){.fn = uop_info[UOP_bcond].fn,
                                     .op = UOP_bcond,
                                     .x = (uint8_t)condition,
                                     .insn = 3,
                                     .imm = (uintptr_t)block->link};
    block->uops = (uint16_t)(count + 1);
}

/* In some mode. The block is for it, as if it had been found there. */
static void compare_in_mode(struct block *block, const struct uop *uop, struct state *state)
{
    state->fpcr = below(4) << FPCR_RMODE_SHIFT | (below(3) ? 0 : FPCR_FZ) |
                  (below(4) ? 0 : FPCR_DN) | (below(6) ? 0 : FPCR_AHP);
    set_mode(block, state->fpcr, state->fpsr);
    compare_engines(block, uop, state);
}

/* 0: compiles for the oldest host, 1: for one without AVX, 2: for this one. */
static void choose_host(int kind)
{
    struct host_features host = kind ? host_features() : oldest_host;

    if (kind < 2)
        host.avx = host.fma = host.f16c = false;
    jit_set_host(guest.cpu, &host);
}

START_TEST(every_scalar_fp_micro_op_gives_compiled_what_its_handler_gives)
{
    struct block *block = block_with_links();
    const struct host_features newest = {.sse41 = true, .avx = true, .fma = true, .f16c = true};
    struct state before;
    unsigned lowered = 0;

    choose_host(_i);
    random_state = 0x9e3779b97f4a7c15 + (uint64_t)_i;
    for (enum uop_op op = UOP_fmov32; op <= UOP_fcvtu_x16; op++) {
        bool has = false;

        for (unsigned round = 0; round < ROUNDS; round++) {
            struct uop uop;

            choose_operands(&uop, op);
            choose_state(&before);
            put_uops(block, &uop, 1, below(14));
            compare_in_mode(block, &uop, &before);
            if (!has)
                has |= has_lowering(block, &newest);
        }
        lowered += has;
    }
    ck_assert_msg(lowered >= LOWERED, "%u scalar micro-ops have a lowering", lowered);
}
END_TEST

START_TEST(comparisons_and_what_follows_them_give_compiled_what_handlers_give)
{
    static const enum uop_op readers[] = {UOP_fcsel32, UOP_fcsel64,  UOP_csel64, UOP_csinc32,
                                          UOP_fccmp64, UOP_fccmpe32, UOP_adc64,  UOP_ccmp64,
                                          UOP_fadd64,  UOP_fmov64,   UOP_fneg32};
    struct block *block = block_with_links();
    struct state before;

    choose_host(_i);
    random_state = 0xd1342543de82ef95 + (uint64_t)_i;
    for (unsigned round = 0; round < SEQUENCES; round++) {
        struct uop uop[3];

        choose_operands(&uop[0], UOP_fcmp32 + below(UOP_fcmpez64 - UOP_fcmp32 + 1));
        for (unsigned i = 1; i < 3; i++) {
            enum uop_op op = readers[below(ARRAY_SIZE(readers))];

            if (op < UOP_fmov32)
                choose_integer_operands(&uop[i], op);
            else
                choose_operands(&uop[i], op);
        }
        choose_state(&before);
        put_uops(block, uop, 3, below(14));
        compare_in_mode(block, &uop[0], &before);
    }
}
END_TEST

START_TEST(any_three_fp_micro_ops_give_compiled_what_handlers_give)
{
    struct block *block = block_with_links();
    struct state before;

    choose_host(_i);
    random_state = 0xbf58476d1ce4e5b9 + (uint64_t)_i;
    for (unsigned round = 0; round < SEQUENCES; round++) {
        struct uop uop[3];

        for (unsigned i = 0; i < 3; i++) {
            choose_operands(&uop[i], UOP_fmov32 + below(UOP_fcvtu_x16 - UOP_fmov32 + 1));
            if (i && below(2)) /* of the one before */
                uop[i].a = uop[i - 1].d & 31;
        }
        choose_state(&before);
        put_uops(block, uop, 3, below(14));
        compare_in_mode(block, &uop[0], &before);
    }
}
END_TEST

START_TEST(a_register_loaded_with_others_is_not_taken_for_what_it_was_before)
{
    struct block *block = block_with_links();
    struct state before;
    struct uop uop[] = {
        {.op = UOP_fmov32, .d = 13, .a = 19}, /* zeroes above */
        {.op = UOP_ldv128, .d = 13, .a = 2},
        {.op = UOP_ldv128, .d = 21, .a = 2, .imm = 16},
        {.op = UOP_fmov32, .d = 4, .a = 13},
    };

    choose_host(_i);
    random_state = 1;
    choose_state(&before);
    before.x[2] = DATA + 64;
    memset(&before.memory[64], 0xa5, 32);
    for (unsigned i = 0; i < ARRAY_SIZE(uop); i++) {
        uop[i].fn = uop_info[uop[i].op].fn;
        uop[i].insn = 1;
    }
    put_uops(block, uop, ARRAY_SIZE(uop), 14);
    compare_engines(block, &uop[3], &before);
}
END_TEST

/* One micro-op over every pair of edges, compiled once. */
struct outcome {
    union vreg v;
    uint64_t x;
    uint32_t nzcv, fpsr;
};

static struct outcome run_pair(struct block *block, bool compiled, uint64_t a, uint64_t b,
                               uint32_t fpsr)
{
    struct cpu *cpu = guest.cpu;
    struct outcome outcome;

    cpu->v[0] = (union vreg){.d = {a, 1}};
    cpu->v[1] = (union vreg){.d = {b, 2}};
    cpu->v[2] = (union vreg){.d = {a & b, 3}};
    cpu->fp.fpsr = fpsr;
    cpu->nzcv.word = 0;
    cpu->x[1] = 0;
    cpu->pc = CODE;
    cpu->exit = EXIT_NONE;
    if (compiled)
        interp_run(cpu, block);
    else
        interp_run_once(cpu, block);
    memset(&outcome, 0, sizeof(outcome));
    outcome = (struct outcome){cpu->v[3], cpu->x[1], cpu->nzcv.word, cpu->fp.fpsr};
    return outcome;
}

/* mode: a rounding; 4: FPCR.FZ, and IXC is known to be set; 5: it is not. */
static void compare_pairs(struct block *block, const struct uop *uop, unsigned mode, bool wide)
{
    unsigned count = wide ? ARRAY_SIZE(edges64) : ARRAY_SIZE(edges32);
    uint32_t fpsr = mode == 4 ? FPSR_IXC : 0;

    set_mode(block, mode < 4 ? mode << FPCR_RMODE_SHIFT : FPCR_FZ, fpsr);
    jit_compile(guest.cpu, block);
    for (unsigned i = 0; i < 4 * count * count; i++) {
        unsigned first = i / 2 % count, second = i / 2 / count / 2 % count;
        uint64_t a = wide ? edges64[first] | (uint64_t)(i & 1) << 63
                          : edges32[first] | (uint64_t)(i & 1) << 31;
        uint64_t b = wide ? edges64[second] | (uint64_t)(i / 2 / count & 1) << 63
                          : edges32[second] | (uint64_t)(i / 2 / count & 1) << 31;
        struct outcome interp = run_pair(block, false, a, b, fpsr),
                       jit = run_pair(block, true, a, b, fpsr);

        if (memcmp(&interp, &jit, sizeof(interp)))
            ck_abort_msg("%s x=%u of 0x%llx, 0x%llx, FPCR 0x%x: V 0x%llx X 0x%llx FPSR 0x%x NZCV "
                         "0x%x, compiled 0x%llx 0x%llx 0x%x 0x%x",
                         uop_info[uop->op].name, uop->x, (unsigned long long)a,
                         (unsigned long long)b, guest.cpu->fp.fpcr,
                         (unsigned long long)interp.v.d[0], (unsigned long long)interp.x,
                         interp.fpsr, interp.nzcv, (unsigned long long)jit.v.d[0],
                         (unsigned long long)jit.x, jit.fpsr, jit.nzcv);
    }
}

START_TEST(every_pair_of_edges_gives_compiled_what_handlers_give)
{
    struct block *block = block_with_links();

    choose_host(_i);
    random_state = 1;
    for (enum uop_op op = UOP_fabs32; op <= UOP_fcvtu_x16; op++) {
        const char *name = uop_info[op].name;
        bool wide =
            op == UOP_fcvt64_32 || (!strcmp(name + strlen(name) - 2, "64") && op != UOP_fcvt32_64);

        if (strstr(name, "cvtf_"))
            continue; /* of integers */
        for (unsigned mode = 0; mode < MODES; mode++) {
            struct uop uop = {.fn = uop_info[op].fn, .op = (uint16_t)op, .insn = 1};

            uop.d = uop_info[op].operands[0] == 'd' ? 1 : 3;
            uop.b = 1;
            uop.y = strcmp(uop_info[op].operands, "VABy") ? 0 : 2;
            uop.x = uop_has(op, 'R') ? 1 : (uint8_t)(4 - mode % 5); /* NE, or a rounding */
            put_uops(block, &uop, 1, 14);
            compare_pairs(block, &uop, mode, wide);
        }
    }
}
END_TEST

START_TEST(conversions_of_one_element_give_compiled_what_handlers_give)
{
    static const enum uop_op ops[] = {UOP_vfcvts32, UOP_vfcvtu32, UOP_vscvtf32, UOP_vucvtf32,
                                      UOP_vfcvts64, UOP_vfcvtu64, UOP_vscvtf64, UOP_vucvtf64};
    const struct host_features newest = {.sse41 = true, .avx = true, .fma = true};
    struct block *block = block_with_links();

    choose_host(_i);
    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++) {
        bool wide = i >= 4, from_integer = i % 4 >= 2;

        for (unsigned mode = 0; mode < MODES; mode++) {
            struct uop uop = {.fn = uop_info[ops[i]].fn, .op = (uint16_t)ops[i], .d = 3, .insn = 1};

            uop.x = wide ? 8 : 4;
            uop.imm = from_integer ? 0 : (4 - mode % 5) << 8;
            put_uops(block, &uop, 1, 14);
            ck_assert(mode || has_lowering(block, &newest));
            compare_pairs(block, &uop, mode, wide);
        }
    }
}
END_TEST

static Suite *lower_fp_suite(void)
{
    Suite *suite = suite_create("lower_fp");
    TCase *tc = tcase_create("lower_fp");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, every_scalar_fp_micro_op_gives_compiled_what_its_handler_gives, 0, 3);
    tcase_add_loop_test(tc, comparisons_and_what_follows_them_give_compiled_what_handlers_give, 0,
                        3);
    tcase_add_loop_test(tc, any_three_fp_micro_ops_give_compiled_what_handlers_give, 0, 3);
    tcase_add_loop_test(tc, a_register_loaded_with_others_is_not_taken_for_what_it_was_before, 0,
                        3);
    tcase_add_loop_test(tc, every_pair_of_edges_gives_compiled_what_handlers_give, 0, 3);
    tcase_add_loop_test(tc, conversions_of_one_element_give_compiled_what_handlers_give, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(lower_fp_suite());
}
