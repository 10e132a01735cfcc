/* cpu/jit/lower_vec*: every Advanced SIMD micro-op, with random and extreme operands, leaves the
 * state that its handler leaves, with and without what newer hosts have. */
#include "cpu/isa/simd.h"
#include "lowering.h"

#define LOWERED   688
#define ROUNDS    24
#define SEQUENCES 1000

/* --- What micro-ops want in their fields --- */

struct shape {
    unsigned bits;
    const char *walk, *lane; /* of uops_vec.def */
};

#define VEC(name, bits, walk, lane, operands) [UOP_v##name##bits] = {bits, #walk, #lane},
static const struct shape shapes[UOP_COUNT] = {
#include "cpu/uops_vec.def"
};
#undef VEC

/* The element size of the others: of a family's first micro-op on, 8 to 64. */
static unsigned family_bits(enum uop_op op)
{
    static const enum uop_op families[] = {
        UOP_vdup_gen8, UOP_vdup_elem8, UOP_vins_gen8, UOP_vins_elem8, UOP_vumov8, UOP_vzip18,
        UOP_vzip28,    UOP_vuzp18,     UOP_vuzp28,    UOP_vtrn18,     UOP_vtrn28};

    if (shapes[op].bits)
        return shapes[op].bits;
    for (unsigned i = 0; i < ARRAY_SIZE(families); i++)
        if (op >= families[i] && op < families[i] + 4)
            return 8u << (op - families[i]);
    switch (op) {
    case UOP_vsmov8_32:
    case UOP_vsmov8_64:
        return 8;
    case UOP_vsmov16_32:
    case UOP_vsmov16_64:
        return 16;
    case UOP_vsmov32_64:
        return 32;
    default:
        return 64;
    }
}

static bool is_scalar_form(enum uop_op op)
{
    const char *walk = shapes[op].walk;

    if (op >= UOP_vdup_elem8 && op <= UOP_vdup_elem64)
        return true;
    return walk && op > UOP_vorri64 &&
           (!strncmp(walk, "map", 3) ||
            (shapes[op].lane[1] == 'q' &&
             (!strcmp(walk, "narrow_imm") || !strncmp(walk, "long", 4))));
}

/* How many bytes count. Doublewords have no vector form of 64 bits. */
static uint8_t choose_bytes(enum uop_op op, unsigned bits)
{
    const char *walk = shapes[op].walk;
    bool is_pair = (op >= UOP_vzip18 && op <= UOP_vtrn264) ||
                   (walk && (!strcmp(walk, "pairs") || !strncmp(walk, "complex", 7)));
    bool of_words = walk && !strncmp(walk, "across", 6) && bits == 32;

    if (below(2) || (is_pair && bits == 64) || of_words)
        return 16;
    return (uint8_t)(is_scalar_form(op) && !below(3) ? bits / 8 : 8);
}

/* Shifts to the left are below the size, those to the right from 1 up to it. */
static uint64_t choose_immediate(enum uop_op op, unsigned bits)
{
    const char *walk = shapes[op].walk, *lane = shapes[op].lane;

    if (op == UOP_xar)
        return below(64);
    if (!walk || op == UOP_vbici64 || op == UOP_vorri64)
        return below(4) ? garbage(&random_state) : below(2) ? 0 : ~0ull;
    if (!strcmp(lane, "xtn"))
        return 0;
    if (!strcmp(walk, "complex")) /* quarter turns */
        return 1 + 2 * below(2);
    if (!strncmp(walk, "complex_mul", 11))
        return below(4);
    if (!strncmp(walk, "halves", 6) || !strncmp(walk, "every_other", 11))
        return below(2);
    if (strstr(lane, "vtf"))
        return below(2) ? 0 : 1 + below(bits);
    if (!strcmp(lane, "frint"))
        return below(5) | (below(2) ? VEC_EXACT : 0);
    if (!strcmp(lane, "fcvts") || !strcmp(lane, "fcvtu"))
        return below(4) ? below(5) << 8 : SIMD_ROUNDING(ZERO) | (1 + below(bits));
    if (!strcmp(walk, "narrow_imm") && lane[1] == 'q' && !below(3)) /* SQXTN and its like */
        return 0;
    if (!strncmp(walk, "long", 4) || strstr(lane, "shl") || !strcmp(lane, "sli"))
        return extreme_below(bits);
    return 1u + extreme_below(bits);
}

static void choose_fields(struct uop *uop, enum uop_op op)
{
    const char *operands = uop_info[op].operands;
    unsigned bits = family_bits(op), lanes = 128 / bits;

    *uop = (struct uop){.fn = uop_info[op].fn, .op = (uint16_t)op};
    uop->d = (uint8_t)below(32);
    uop->a = (uint8_t)(below(4) ? below(32) : uop->d);
    uop->b = (uint8_t)(below(4) ? below(32) : below(2) ? uop->d : uop->a);
    uop->x = choose_bytes(op, bits);
    uop->y = (uint8_t)below(lanes);
    if (op == UOP_vfcmla_elem16 || op == UOP_vfcmla_elem32)
        uop->y /= 2; /* an element is two lanes */
    if (op >= UOP_vins_elem8 && op <= UOP_vins_elem64)
        uop->x = (uint8_t)below(lanes);
    else if (op == UOP_vext)
        uop->y = (uint8_t)below(uop->x);
    else if (op == UOP_vtbl || op == UOP_vtbx)
        uop->y = (uint8_t)(1 + below(4));
    if (strchr(operands, 'i'))
        uop->imm = choose_immediate(op, bits);
}

/* Few values, and the same often: so that lanes are equal, saturate, and so on. */
static uint64_t edge(unsigned bits)
{
    static const uint64_t edges[] = {0, 1, ~0ull, 0x7f, 0x80, 0x0f, 0x100, 0x8001};

    switch (below(4)) {
    case 0:
        return garbage(&random_state);
    case 1:
        return 1ull << (bits - 1);
    case 2:
        return bits_ones(bits - 1);
    default:
        return edges[below(ARRAY_SIZE(edges))];
    }
}

/* Numbers of all kinds. Kind 0: zeroes and infinities; kind 1: products of these are what
 * rounds up to the smallest normal number. */
static uint64_t number(unsigned bits, unsigned kind)
{
    unsigned fraction = bits == 64 ? 52 : bits == 32 ? 23 : 10;
    unsigned bias = bits == 64 ? 1023 : bits == 32 ? 127 : 15;
    const uint64_t exponents[] = {0,         1,        bias - 1,  2 * bias + 1,
                                  2,         bias / 2, bias + 1,  bias + 30,
                                  bias + 31, 2 * bias, bias - 15, bias - 14};
    const uint64_t fractions[] = {0,
                                  1,
                                  bits_ones(fraction) - 1,
                                  bits_ones(fraction),
                                  1ull << (fraction - 1),
                                  garbage(&random_state)};
    unsigned e = kind == 0 ? 3 * below(2) : kind == 1 ? 1 + below(2) : below(ARRAY_SIZE(exponents));
    unsigned f = kind == 0 ? 0 : kind == 1 ? 1 + below(2) : below(ARRAY_SIZE(fractions));

    return (uint64_t)below(2) << (bits - 1) | (exponents[e] << fraction & bits_ones(bits - 1)) |
           (fractions[f] & bits_ones(fraction));
}

static void choose_numbers(struct state *state, unsigned bits)
{
    unsigned kind = below(4);

    for (unsigned i = 0; i < 64; i++)
        for (unsigned at = 0; at < 64; at += bits) {
            uint64_t *half = &state->v[i / 2].d[i % 2];
            uint64_t value =
                below(8) ? number(bits, kind) : garbage(&random_state) & bits_ones(bits);

            *half = (*half & ~(bits_ones(bits) << at)) | value << at;
        }
    state->fpcr = (uint32_t)below(4) << FPCR_RMODE_SHIFT | (below(3) ? 0 : FPCR_FZ) |
                  (below(4) ? 0 : FPCR_DN) | (below(6) ? 0 : FPCR_AHP) | (below(6) ? 0 : FPCR_FZ16);
    state->fpsr = below(4) ? FPSR_IXC : 0;
}

static void choose_vectors(struct state *state, unsigned bits)
{
    memset(state, 0, sizeof(*state));
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        state->x[i] = i == SLOT_ZERO ? 0 : garbage(&random_state);
    for (unsigned i = 0; i < 64; i++) {
        uint64_t *half = &state->v[i / 2].d[i % 2];

        *half = garbage(&random_state);
        for (unsigned at = 0; below(3) && at < 64; at += bits)
            *half = (*half & ~(bits_ones(bits) << at)) | (edge(bits) & bits_ones(bits)) << at;
    }
    if (!below(3)) /* indexes of tables */
        for (unsigned i = 0; i < 32 * 16; i++)
            state->v[i / 16].b[i % 16] &= 0x4f;
    state->nzcv = garbage(&random_state) & 0x01010101;
    state->fpsr = below(4) ? 0 : FPSR_QC;
    state->pc = CODE;
}

/* --- Blocks --- */

#define LONGEST 60

/* With room for so many micro-ops. */
static struct block *block_for(unsigned uops)
{
    uint32_t words[LONGEST + 2];
    struct block *block;

    for (unsigned i = 0; i + 1 < uops; i++)
        words[i] = a_movz(i % 8, i, 0);
    words[uops - 1] = a_cbnz(7, 8);
    words[uops] = words[uops + 1] = A_STOP;
    guest_put(&guest, CODE, words, uops + 2);
    guest.cpu->pc = CODE;
    block = block_find(guest.cpu);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(block->uops, uops);
    return block;
}

static struct block *roomy_block(void)
{
    return block_for(8);
}

static void append(struct block *block, struct uop uop)
{
    uop.fn = uop_info[uop.op].fn;
    uop.insn = (uint8_t)block->uops;
    block->uop[block->uops++] = uop;
}

/* The block is now this one micro-op and a branch. `at_home`: behind moves that give its operands
 * homes, since they use each twice. */
static void put(struct block *block, const struct uop *uop, bool at_home)
{
    block->uops = 0;
    if (at_home) {
        append(block, (struct uop){.op = UOP_vmov, .d = uop->a, .a = uop->a, .x = 16});
        append(block, (struct uop){.op = UOP_vmov, .d = uop->b, .a = uop->b, .x = 16});
        append(block, (struct uop){.op = UOP_vmov, .d = uop->d, .a = uop->d, .x = 16});
        append(block, (struct uop){.op = UOP_mov64, .d = uop->a & 15, .a = uop->a & 15});
        append(block, (struct uop){.op = UOP_mov64, .d = uop->d & 15, .a = uop->d & 15});
    }
    append(block, *uop);
    append(block, (struct uop){.op = UOP_cbz64, .a = SLOT_ZERO, .imm = (uintptr_t)block->link});
}

/* --- The tests --- */

static const struct host_features hosts[] = {
    {.bmi1 = true}, /* nothing of vectors beyond SSE2 */
    {.ssse3 = true},
    {.ssse3 = true, .sse41 = true, .sse42 = true, .aes = true, .pclmul = true},
};

/* The last round of a loop test is with all that this host has; what it lacks cannot be tested. */
static struct host_features host_of(int i)
{
    struct host_features real = host_features(), host = real;

    if (i < (int)ARRAY_SIZE(hosts)) {
        host = hosts[i];
        host.ssse3 &= real.ssse3;
        host.sse41 &= real.sse41;
        host.sse42 &= real.sse42;
        host.aes &= real.aes;
        host.pclmul &= real.pclmul;
    }
    return host;
}

static bool is_tested(enum uop_op op)
{
    bool is_scalar_fp = op > UOP_fmov_xvh && op < UOP_vmov;

    return !is_scalar_fp && !uop_has(op, 'M');
}

static bool is_floating(enum uop_op op)
{
    const char *lane = shapes[op].lane;

    return lane && (lane[0] == 'f' || !strncmp(lane, "bf", 2));
}

START_TEST(every_vector_micro_op_gives_compiled_what_its_handler_gives)
{
    struct block *block = roomy_block();
    struct host_features host = host_of(_i);
    struct state before;
    unsigned lowered = 0;

    jit_set_host(guest.cpu, &host);
    random_state = 0xda3e39cb94b95bdb;
    for (enum uop_op op = UOP_fmov32; op < UOP_COUNT; op++) {
        bool any = false;

        if (!is_tested(op))
            continue;
        for (unsigned round = 0; round < ROUNDS; round++) {
            struct uop uop;

            choose_fields(&uop, op);
            choose_vectors(&before, family_bits(op));
            if (is_floating(op))
                choose_numbers(&before, !strcmp(shapes[op].walk, "narrow_imm") ? 2 * family_bits(op)
                                                                               : family_bits(op));
            put(block, &uop, round % 2);
            set_mode(block, before.fpcr, before.fpsr);
            if (!has_lowering(block, &host))
                continue;
            compare_engines(block, &uop, &before);
            any = true;
        }
        lowered += any;
    }
    if (host.avx2 && host.aes && host.pclmul)
        ck_assert_msg(lowered >= LOWERED, "%u vector micro-ops have a lowering", lowered);
}
END_TEST

/* What is known of results holds for those that use them. */
START_TEST(any_three_vector_fp_micro_ops_give_compiled_what_handlers_give)
{
    struct block *block = roomy_block();
    struct host_features host = host_of(_i);
    struct state before;

    jit_set_host(guest.cpu, &host);
    random_state = 0xbf58476d1ce4e5b9;
    for (unsigned round = 0; round < SEQUENCES; round++) {
        struct uop uop[3];

        block->uops = 0;
        for (unsigned i = 0; i < 3; i++) {
            enum uop_op op;

            do
                op = UOP_vfadd32 + below(UOP_vfcvtl32 - UOP_vfadd32 + 1);
            while (!is_floating(op));
            choose_fields(&uop[i], op);
            if (i && below(4)) /* of the one before */
                uop[i].a = uop[i - 1].d;
            append(block, uop[i]);
        }
        append(block, (struct uop){.op = UOP_cbz64, .a = SLOT_ZERO, .imm = (uintptr_t)block->link});
        choose_vectors(&before, 64);
        choose_numbers(&before, below(2) ? 32 : 64);
        set_mode(block, before.fpcr, before.fpsr);
        compare_engines(block, &uop[0], &before);
    }
}
END_TEST

/* More registers than have a home, in operations that hand each other what has none; between them
 * some that do not, and arithmetic on general registers, which old hosts call C for. */
START_TEST(long_sequences_of_simple_micro_ops_give_compiled_what_handlers_give)
{
    static const enum uop_op ops[] = {UOP_vadd32, UOP_veor64, UOP_vsub8,   UOP_vshl32,
                                      UOP_vshl32, UOP_vmul16, UOP_vushr64, UOP_vsshr16,
                                      UOP_vcmhi8, UOP_vmov,   UOP_vsshr64};
    struct block *block = block_for(LONGEST);
    struct host_features host = host_of(_i);
    struct state before;

    host.lzcnt = host.popcnt = false; /* so that these call C */
    jit_set_host(guest.cpu, &host);
    random_state = 0x2545f4914f6cdd1d;
    for (unsigned round = 0; round < 200; round++) {
        struct uop uop;

        block->uops = 0;
        while (block->uops < LONGEST - 1) {
            if (!below(6)) {
                append(block, (struct uop){.op = below(UOP_crc32), .d = 1, .a = 2, .b = 3, .y = 4});
                block->uops -= *uop_info[block->uop[block->uops - 1].op].effects != 0;
                continue;
            }
            choose_fields(&uop, ops[below(8) ? below(5) : below(ARRAY_SIZE(ops))]);
            uop.d %= 24;
            uop.a = (uint8_t)(below(2) ? uop.d : uop.a % 24);
            uop.b = (uint8_t)(below(2) && block->uops ? block->uop[block->uops - 1].d : uop.b % 24);
            append(block, uop);
        }
        append(block, (struct uop){.op = UOP_cbz64, .a = SLOT_ZERO, .imm = (uintptr_t)block->link});
        choose_vectors(&before, 32);
        compare_engines(block, &block->uop[0], &before);
    }
}
END_TEST

/* SHL and SRI, or USHR and SLI: mostly of one operand, which may change between them, and mostly by
 * amounts that make a rotation. */
START_TEST(rotations_by_two_shifts_are_compiled_as_these_are)
{
    struct block *block = roomy_block();
    struct host_features host = host_of(_i);
    struct state before;

    jit_set_host(guest.cpu, &host);
    random_state = 0x9e3779b97f4a7c15;
    for (unsigned round = 0; round < 1000; round++) {
        unsigned size = below(4), bits = 8u << size, amount = below(2) ? 8 * below(bits / 8) : 0;
        bool left = below(2);
        struct uop first = {.op = (uint16_t)((left ? UOP_vshl8 : UOP_vushr8) + size)}, last;

        amount = amount ? amount : 1 + below(bits - 1);
        first.d = (uint8_t)below(4);
        first.a = (uint8_t)below(4);
        first.x = below(4) ? 16 : 8;
        first.imm = amount;
        last = first;
        last.op = (uint16_t)((left ? UOP_vsri8 : UOP_vsli8) + size);
        last.a = (uint8_t)(below(4) ? first.a : below(4));
        last.x = below(4) ? first.x : 16;
        last.imm = below(4) ? bits - amount : 1 + below(bits - 1);
        choose_vectors(&before, bits);
        block->uops = 0;
        append(block, first);
        if (below(2))
            append(block, (struct uop){.op = UOP_veor64,
                                       .d = (uint8_t)below(8),
                                       .a = (uint8_t)below(4),
                                       .b = (uint8_t)below(4),
                                       .x = 16});
        append(block, last);
        append(block, (struct uop){.op = UOP_cbz64, .a = SLOT_ZERO, .imm = (uintptr_t)block->link});
        compare_engines(block, &last, &before);
    }
}
END_TEST

/* Both halves of a round of AES, which may be fused; or work on other registers. */
START_TEST(rounds_of_aes_are_compiled_as_their_halves_are)
{
    struct block *block = roomy_block();
    struct host_features host = host_of(_i);
    struct state before;

    jit_set_host(guest.cpu, &host);
    random_state = 0x94d049bb133111eb;
    for (unsigned round = 0; round < 200; round++) {
        struct uop first = {.op = round % 2 ? UOP_aese : UOP_aesd}, second;

        first.d = (uint8_t)below(32);
        first.a = (uint8_t)(below(4) ? below(32) : first.d);
        second = (struct uop){.op = round % 2 ? UOP_aesmc : UOP_aesimc, .a = first.d, .d = first.d};
        if (!below(4))
            second.d = (uint8_t)below(32);
        if (!below(4))
            second.a = (uint8_t)below(32);
        choose_vectors(&before, 64);
        block->uops = 0;
        if (below(2))
            append(block, (struct uop){.op = UOP_vmov, .d = first.d, .a = first.d, .x = 16});
        append(block, first);
        append(block, second);
        append(block, (struct uop){.op = UOP_cbz64, .a = SLOT_ZERO, .imm = (uintptr_t)block->link});
        compare_engines(block, &first, &before);
    }
}
END_TEST

/* Of every count, size and width, inside a page and across two. */
START_TEST(structures_in_memory_are_compiled_as_their_handlers_have_them)
{
    struct block *block = roomy_block();
    struct host_features host = host_of(_i);
    struct state before;

    jit_set_host(guest.cpu, &host);
    random_state = 0x9e3779b97f4a7c15;
    for (unsigned round = 0; round < 400; round++) {
        struct uop uop = {.op = round % 2 ? UOP_vldn : UOP_vstn};

        uop.d = (uint8_t)below(32);
        uop.a = (uint8_t)below(31);
        uop.b = (uint8_t)(round / 2 % 4);
        uop.y = (uint8_t)(1 + round / 8 % 4);
        uop.x = round / 32 % 2 && (uop.b < 3 || uop.y == 1) ? 8 : 16;
        uop.imm = below(32);
        choose_vectors(&before, 8u << uop.b);
        before.x[uop.a] = DATA + 64 + below(2) * (PAGE_SIZE - 192) + below(128);
        for (unsigned i = 0; i < MEMORY; i++)
            before.memory[i] = (uint8_t)garbage(&random_state);
        put(block, &uop, below(2));
        ck_assert(has_lowering(block, &host) == host.ssse3);
        compare_engines(block, &uop, &before);
    }
}
END_TEST

static Suite *lower_vec_suite(void)
{
    Suite *suite = suite_create("lower_vec");
    TCase *tc = tcase_create("lower_vec");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, every_vector_micro_op_gives_compiled_what_its_handler_gives, 0,
                        ARRAY_SIZE(hosts) + 1);
    tcase_add_loop_test(tc, any_three_vector_fp_micro_ops_give_compiled_what_handlers_give, 0,
                        ARRAY_SIZE(hosts) + 1);
    tcase_add_loop_test(tc, long_sequences_of_simple_micro_ops_give_compiled_what_handlers_give, 0,
                        ARRAY_SIZE(hosts) + 1);
    tcase_add_loop_test(tc, rotations_by_two_shifts_are_compiled_as_these_are, 0,
                        ARRAY_SIZE(hosts) + 1);
    tcase_add_loop_test(tc, rounds_of_aes_are_compiled_as_their_halves_are, 0,
                        ARRAY_SIZE(hosts) + 1);
    tcase_add_loop_test(tc, structures_in_memory_are_compiled_as_their_handlers_have_them, 0,
                        ARRAY_SIZE(hosts) + 1);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(lower_vec_suite());
}
