/* cpu/jit: what compiled code computes is what the interpreter computes; when blocks are compiled;
 * its memory; and that -engine check notices a difference. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "cpu/decode.h"
#include "guest.h"

static struct guest guest, other;

static void teardown(void)
{
    guest_close(&guest);
}

static uint64_t interesting(uint64_t *state)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     ~0ull,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0x100000000,
                                     0x7fffffffffffffff,
                                     0x8000000000000000};
    uint64_t random = garbage(state);

    return random % 3 ? random : edges[random / 3 % ARRAY_SIZE(edges)];
}

/* A word of one of the tables named "dp_...", its fields random. */
static uint32_t data_processing(uint64_t *state)
{
    for (;;) {
        unsigned t = garbage(state) % 32, n = 0;
        const struct insn_row *row;
        uint32_t word = 0;

        while (insn_tables[n])
            n++;
        if (t >= n || strncmp(insn_tables[t]->name, "dp_", 3) != 0)
            continue;
        row = &insn_tables[t]->row[garbage(state) % insn_tables[t]->rows];
        for (const char *s = row->pattern; *s; s++)
            if (*s != ' ')
                word = word << 1 | (*s == '1' || (*s != '0' && garbage(state) >> 40 & 1));
        return word;
    }
}

static void same_state(const struct cpu *a, const struct cpu *b, unsigned round)
{
    for (unsigned i = 0; i <= SLOT_SP; i++)
        ck_assert_msg(a->x[i] == b->x[i], "block %u: x%u 0x%llx, 0x%llx", round, i,
                      (unsigned long long)a->x[i], (unsigned long long)b->x[i]);
    ck_assert_uint_eq(a->nzcv.word, b->nzcv.word);
    ck_assert_uint_eq(a->pc, b->pc);
    ck_assert_uint_eq(a->elr[1], b->elr[1]);
}

START_TEST(generated_blocks_give_the_state_of_the_interpreter)
{
    uint64_t state = 0xda942042e4dd58b5;

    guest_start(&guest, ENGINE_INTERP);
    guest_start(&other, ENGINE_JIT);
    for (unsigned round = 0; round < 2000; round++) {
        uint32_t words[32];

        for (unsigned i = 0; i < 31; i++) {
            words[i] = data_processing(&state);
            guest.cpu->x[i] = other.cpu->x[i] = interesting(&state);
        }
        words[31] = A_STOP;
        guest.cpu->x[SLOT_SP] = other.cpu->x[SLOT_SP] = DATA;
        guest.cpu->nzcv.word = other.cpu->nzcv.word = garbage(&state) & 0x01010101;
        guest_put(&guest, CODE, words, 32);
        guest_put(&other, CODE, words, 32);
        guest_run(&guest, CODE);
        guest_run(&other, CODE);
        same_state(guest.cpu, other.cpu, round);
    }
    ck_assert_uint_gt(jit_stats(other.cpu).compiled, 1900);
    guest_close(&other);
}
END_TEST

START_TEST(every_condition_branches_as_it_does_in_the_interpreter)
{
    guest_start(&guest, ENGINE_INTERP);
    guest_start(&other, ENGINE_JIT);
    for (unsigned cond = 0; cond < 16; cond++) {
        guest_program(&guest, CODE, a_movz(0, 0, 0), a_b_cond(cond, 8), a_movz(0, 1, 0), A_STOP);
        guest_program(&other, CODE, a_movz(0, 0, 0), a_b_cond(cond, 8), a_movz(0, 1, 0), A_STOP);
        for (unsigned nzcv = 0; nzcv < 16; nzcv++) {
            union nzcv flags = {
                .n = nzcv >> 3, .z = nzcv >> 2 & 1, .c = nzcv >> 1 & 1, .v = nzcv & 1};

            guest.cpu->nzcv = other.cpu->nzcv = flags;
            guest_run(&guest, CODE);
            guest_run(&other, CODE);
            ck_assert_uint_eq(guest.cpu->x[0], other.cpu->x[0]);
        }
    }
    guest_close(&other);
}
END_TEST

START_TEST(blocks_are_compiled_when_they_prove_warm)
{
    guest_start(&guest, ENGINE_JIT);
    guest_program(&guest, CODE, A_NOP, a_b(4), a_add(0, 0, 1), a_subs(1, 1, 1), a_b_cond(1, -8),
                  A_STOP);
    guest.cpu->x[1] = 10;
    guest.cpu->pc = CODE;
    cpu_run(guest.cpu);
    ck_assert_uint_eq(jit_stats(guest.cpu).compiled, 0);
    guest.cpu->x[1] = 1000;
    guest.cpu->pc = CODE;
    cpu_run(guest.cpu);
    ck_assert_uint_ge(jit_stats(guest.cpu).compiled, 1);
    ck_assert_uint_le(jit_stats(guest.cpu).compiled, 3);
    ck_assert_uint_eq(guest.cpu->x[0], 1010);
}
END_TEST

/* Until the guest has counted to a number that compiled code alone can still let rise. */
static void *stop_later(void *opaque)
{
    struct guest *g = opaque;

    while (peek64(g->bus, DATA) < 100000)
        sched_yield();
    cpu_stop(g->cpu);
    return NULL;
}

/* The head of the region is where the call returns to, so that no branch leads backwards. */
START_TEST(a_loop_that_only_a_return_closes_can_be_stopped)
{
    pthread_t thread;

    guest_start(&guest, ENGINE_JIT);
    guest_program(&guest, CODE, a_b(8), a_bl(16), /* head: */ a_add(0, 0, 1), a_str(0, 1, 0),
                  a_b(-12), /* callee: */ a_add(2, 2, 1), A_RET);
    guest.cpu->x[1] = DATA;
    guest.cpu->pc = CODE;
    ck_assert_int_eq(pthread_create(&thread, NULL, stop_later, &guest), 0);
    cpu_run(guest.cpu);
    pthread_join(thread, NULL);
    ck_assert_uint_ge(guest.cpu->x[0], 100000);
    ck_assert_uint_le(guest.cpu->x[0] - guest.cpu->x[2], 1);
    ck_assert_uint_eq(jit_stats(guest.cpu).compiled, 1);
}
END_TEST

static const struct {
    enum log_category category;
    const char *name, *line;
} dumps[] = {
    {LOG_OUT_ASM, "out_asm", ": sub r12, 1\n"},
    {LOG_REGION, "region",
     " runs -> 0, out; entry; loop; flags seen; use x1; def x1; live x1; dirty x1\n"},
    {LOG_UOP_OPT, "uop_opt", " x1=r12 code +0x"},
};

START_TEST(what_is_compiled_can_be_logged)
{
    char *text = NULL, head[64];
    size_t size;
    FILE *file = open_memstream(&text, &size);
    struct log *own;

    guest_start(&guest, ENGINE_JIT);
    guest_program(&guest, CODE, a_subs(1, 1, 1), a_b_cond(1, -4), A_STOP);
    own = guest.cpu->log;
    guest.cpu->log = log_new(file, false, dumps[_i].category);
    guest.cpu->x[1] = 1000;
    guest.cpu->pc = CODE;
    cpu_run(guest.cpu);
    log_free(guest.cpu->log);
    guest.cpu->log = own;
    fclose(file);
    snprintf(head, sizeof(head), "%s: 0x%016llx: ", dumps[_i].name, (unsigned long long)CODE);
    ck_assert_ptr_nonnull(text);
    ck_assert_msg(!strncmp(text, head, strlen(head)), "%s", text);
    ck_assert_msg(strstr(text, dumps[_i].line) != NULL, "%s", text);
    free(text);
}
END_TEST

/* Bytes between accesses that each have a probe of their own. */
#define APART 272u

/* A loop through `count` blocks of 64 instructions: stores and loads, whose code is long, and one
 * count in X0; X1 rounds. Entered at `code`, where it stops. */
static void put_long_loop(uint64_t code, unsigned count)
{
    uint32_t *word = bus_ram_pointer(guest.bus, code, 4ull * (count * 64 + 3));

    for (unsigned b = 0; b < count; b++) {
        for (unsigned i = 0; i < 62; i++)
            word[b * 64 + i] = i & 1 ? a_ldr(2, 5, APART * i) : a_str(0, 5, APART * i);
        word[b * 64 + 62] = a_add(0, 0, 1);
        word[b * 64 + 63] = a_b(4);
    }
    word[count * 64] = a_subs(1, 1, 1);
    word[count * 64 + 1] = a_b_cond(1, -4 * (int)(count * 64 + 1));
    word[count * 64 + 2] = A_STOP;
    bus_written(guest.bus, code, 4ull * (count * 64 + 3));
}

/* Twice as much code as fits: what is evicted is one segment at a time, and all of it comes back.
 */
START_TEST(code_memory_that_is_full_loses_its_oldest_segment_and_the_guest_goes_on)
{
    const unsigned blocks = 300, turns = _i ? 10 : 100; /* check needs none to find a block hot */
    const uint64_t code = RAM_BASE + 16 * MIB;
    struct jit_stats stats;

    guest_open_with(&guest, _i ? ENGINE_CHECK : ENGINE_JIT, (struct jit_config){.code_mib = 1}, 0);
    guest_reset(&guest);
    guest_mmu_on(&guest, D_AP(0));
    put_long_loop(code, blocks);
    guest.cpu->x[5] = DATA;
    for (unsigned round = 0; round < 4; round++) {
        if (_i) /* there a block is compiled once, but for this */
            block_invalidate_all(guest.cpu);
        guest.cpu->x[0] = 0;
        guest.cpu->x[1] = turns;
        guest.cpu->pc = code;
        cpu_run(guest.cpu);
        ck_assert(!guest.cpu->check_failed);
        ck_assert_uint_eq(guest.cpu->x[0], turns * blocks);
    }
    stats = jit_stats(guest.cpu);
    ck_assert_uint_gt(stats.flushes, 16);
    ck_assert_uint_gt(stats.compiled, 2 * blocks);
    /* what was there before the last eviction is still there, but for one segment */
    ck_assert_uint_gt(stats.bytes, stats.room / 2);
    ck_assert_uint_le(stats.bytes, stats.room);
    ck_assert_uint_gt(stats.compiled - stats.dropped, 5);
}
END_TEST

/* A page of blocks whose loads keep all homes busy, so that what misses the TLB has much to save:
 * the region is larger than a segment, and its head is compiled alone. */
START_TEST(a_region_that_does_not_fit_in_a_segment_is_compiled_smaller)
{
    const unsigned blocks = 60;
    const uint64_t code = RAM_BASE + 16 * MIB;
    uint32_t *word;

    guest_open_with(&guest, ENGINE_JIT, (struct jit_config){.code_mib = 1}, 0);
    guest_reset(&guest);
    guest_mmu_on(&guest, D_AP(0));
    word = bus_ram_pointer(guest.bus, code, 4ull * (blocks * 16 + 3));
    for (unsigned b = 0; b < blocks; b++) {
        for (unsigned i = 0; i < 14; i++)
            word[b * 16 + i] = i & 1 ? a_ldr(6 + i / 2, 5, APART * i)
                                     : a_ldr_q(i / 2 + b % 2 * 7, 5) | APART / 16 * i << 10;
        word[b * 16 + 14] = a_add(0, 0, 1);
        word[b * 16 + 15] = a_b(4);
    }
    word[blocks * 16] = a_subs(1, 1, 1);
    word[blocks * 16 + 1] = a_b_cond(1, -4 * (int)(blocks * 16 + 1));
    word[blocks * 16 + 2] = A_STOP;
    bus_written(guest.bus, code, 4ull * (blocks * 16 + 3));
    guest.cpu->x[5] = DATA;
    guest.cpu->x[1] = 500;
    guest.cpu->pc = code;
    cpu_run(guest.cpu);
    ck_assert_uint_eq(guest.cpu->x[0], 500 * blocks);
    ck_assert_uint_ge(jit_stats(guest.cpu).compiled, blocks);
    ck_assert_uint_lt(jit_stats(guest.cpu).blocks, 2 * jit_stats(guest.cpu).compiled);
}
END_TEST

START_TEST(no_memory_is_writable_and_executable_at_one_address)
{
    FILE *maps;
    char line[512];
    unsigned executable = 0;

    guest_open(&guest, ENGINE_JIT);
    maps = fopen("/proc/self/maps", "r");
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof(line), maps)) {
        ck_assert_msg(!strstr(line, " rwx"), "%s", line);
        executable += strstr(line, " r-xs") != NULL;
    }
    fclose(maps);
    ck_assert_uint_eq(executable, 1);
}
END_TEST

/* --- -engine check --- */

/* In the place of compiled code: a wrong result. */
static const struct uop *wrong_register(struct cpu *cpu, const struct uop *uop)
{
    cpu->x[9] ^= 1;
    return uop_info[uop->op].fn(cpu, uop);
}

static const struct uop *wrong_memory(struct cpu *cpu, const struct uop *uop)
{
    uint64_t right = cpu->x[0];

    cpu->x[0] = ~right;
    if (!mmu_write(&cpu->mmu, cpu->x[uop->a], 8, cpu->x[0], 0))
        return NULL;
    cpu->x[0] = right;
    return uop[1].fn(cpu, uop + 1);
}

START_TEST(check_notices_a_wrong_register_and_wrong_memory)
{
    static uop_fn *const wrong[] = {wrong_register, wrong_memory};
    static const char *const names[] = {"X9: 0x5 before, interpreter 0x5, jit 0x4",
                                        "memory at VA 0x"};
    char text[4096] = "";
    struct block *block;
    int saved, fd;
    FILE *file = tmpfile();

    guest_start(&guest, ENGINE_CHECK);
    guest_mmu_on(&guest, D_AP(0)); /* else the first micro-op is a check of the alignment */
    guest_program(&guest, CODE, a_str(0, 5, 0), a_b(4), A_STOP);
    guest.cpu->x[5] = DATA;
    guest.cpu->x[9] = 5;
    guest.cpu->pc = CODE;
    block = block_find(guest.cpu);
    ck_assert_ptr_nonnull(block);
    block->runs = 1; /* taken for compiled */
    block->uop[0].fn = wrong[_i];
    fflush(stderr);
    saved = dup(STDERR_FILENO);
    fd = fileno(file);
    ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
    cpu_run(guest.cpu);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ck_assert_int_gt(pread(fd, text, sizeof(text) - 1, 0), 0);
    fclose(file);
    ck_assert(guest.cpu->check_failed);
    ck_assert_uint_eq(guest.stops, 0); /* the run ended there */
    ck_assert_ptr_nonnull(strstr(text, "the engines disagree on the block at 0x40010000"));
    ck_assert_msg(strstr(text, names[_i]) != NULL, "%s", text);
}
END_TEST

/* LDTR, ADD, STTR: with the rights, and the bank, of EL0. */
START_TEST(check_undoes_unprivileged_stores)
{
    const uint64_t va = 0x80000000;
    struct tables t;

    guest_start(&guest, ENGINE_CHECK);
    t = guest_mmu_on(&guest, D_AP(0));
    tables_set(&t, va, 3, DATA | D_AP(1) | D_AF | D_SH(3) | D_PAGE);
    guest_program(&guest, CODE, 0xf84008a0, a_add(0, 0, 1), 0xf80008a0, A_STOP);
    guest.cpu->x[5] = va;
    for (unsigned round = 1; round <= 3; round++) { /* the first one fills the bank */
        guest_run(&guest, CODE);
        ck_assert_uint_eq(guest.cpu->x[0], round);
        ck_assert_uint_eq(peek64(guest.bus, DATA), round);
    }
}
END_TEST

static Suite *jit_suite(void)
{
    Suite *suite = suite_create("jit");
    TCase *tc = tcase_create("jit");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, generated_blocks_give_the_state_of_the_interpreter);
    tcase_add_test(tc, every_condition_branches_as_it_does_in_the_interpreter);
    tcase_add_test(tc, blocks_are_compiled_when_they_prove_warm);
    tcase_add_test(tc, a_loop_that_only_a_return_closes_can_be_stopped);
    tcase_add_loop_test(tc, what_is_compiled_can_be_logged, 0, ARRAY_SIZE(dumps));
    tcase_add_loop_test(tc, code_memory_that_is_full_loses_its_oldest_segment_and_the_guest_goes_on,
                        0, 2);
    tcase_add_test(tc, a_region_that_does_not_fit_in_a_segment_is_compiled_smaller);
    tcase_add_test(tc, no_memory_is_writable_and_executable_at_one_address);
    tcase_add_loop_test(tc, check_notices_a_wrong_register_and_wrong_memory, 0, 2);
    tcase_add_test(tc, check_undoes_unprivileged_stores);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(jit_suite());
}
