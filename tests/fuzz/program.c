/* Statements of random programs, and the program as a whole: see program.h. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/sysreg.h"
#include "tests/unit/asm.h"

#define ROUNDS_MAX 3000u               /* of all loops around a statement, multiplied */
#define RARE       60u                 /* how often an expensive statement may be executed */
#define WORDS_FULL (CODE_WORDS - 2048) /* no further statement */

#define SVC_OTHER_EL a_svc(1) /* the handler goes on in the other exception level */

#define FPCR      SYSREG_KEY(3, 3, 4, 4, 0)
#define FPSR      SYSREG_KEY(3, 3, 4, 4, 1)
#define NZCV      SYSREG_KEY(3, 3, 4, 2, 0)
#define TPIDR_EL0 SYSREG_KEY(3, 3, 13, 0, 2)
#define TTBR0_EL1 SYSREG_KEY(3, 0, 2, 0, 0)
#define CPACR_EL1 SYSREG_KEY(3, 0, 1, 0, 2)
#define PAR_EL1   SYSREG_KEY(3, 0, 7, 4, 0)
#define DC_CVAU   SYSREG_KEY(1, 3, 7, 11, 1)
#define DC_ZVA    SYSREG_KEY(1, 3, 7, 4, 1)
#define IC_IVAU   SYSREG_KEY(1, 3, 7, 5, 1)

static void statement(struct program *p);

static unsigned below(struct program *p, unsigned limit)
{
    return rng_below(&p->rng, limit);
}

enum { EQ = 0, NE = 1, LO = 3, MI = 4, LT = 11 };

static uint32_t a_csel(unsigned d, unsigned n, unsigned m, unsigned cond)
{
    return 0x9a800000u | m << 16 | cond << 12 | n << 5 | d;
}

static uint32_t a_ret(unsigned n)
{
    return 0xd65f0000u | n << 5;
}

/* tst of the low `bits` of the innermost loop's counter */
static void put_test_count(struct program *p, unsigned bits)
{
    put(p, 0xf240001fu | (bits - 1) << 10 | reg(p, ROLE_COUNT + p->depth - 1) << 5);
}

static void statements(struct program *p, unsigned count)
{
    while (count--)
        statement(p);
}

/* --- Plain --- */

static void put_random(struct program *p)
{
    put(p, random_insn(p));
}

static void put_system(struct program *p)
{
    static const uint16_t keys[] = {FPCR, FPSR, NZCV, TPIDR_EL0};
    uint16_t key = keys[below(p, 4)];
    unsigned t = reg(p, ROLE_T0);

    switch (below(p, 8)) {
    case 0: /* rounding, flush to zero, default NaN, alternative half precision */
        put_number(p, t, rng_next(&p->rng) & 0x07c80000);
        put(p, a_msr(FPCR, t));
        break;
    case 1:
        put_number(p, t, 0);
        put(p, a_msr(FPCR, t));
        break;
    case 2:
        put(p, a_mrs(reg_any(p), FPSR));
        put(p, a_msr(FPSR, 31));
        break;
    case 3:
        put_ram(p, t);
        put(p, a_msr(DC_ZVA, t));
        break;
    case 4: /* AT, then PAR_EL1 */
        key = SYSREG_KEY(1, 0, 7, 8, below(p, 4));
        put(p, a_msr(key, reg(p, ROLE_BASE + below(p, ROLES_BASE))));
        put(p, A_ISB);
        put(p, a_mrs(reg_any(p), PAR_EL1));
        break;
    case 5:
        put(p, a_msr(key, reg_any(p)));
        break;
    default:
        put(p, a_mrs(reg_any(p), key));
        break;
    }
}

/* Values that are worth calculating with, from memory. */
static void put_fp_values(struct program *p)
{
    unsigned t = reg(p, ROLE_T0);

    put_ram(p, t);
    for (unsigned i = 1 + below(p, 4); i > 0; i--) {
        unsigned offset = below(p, 64);

        put(p, 0x3dc00000u | offset << 10 | t << 5 | below(p, 32)); /* ldr q */
    }
}

static void put_exception(struct program *p)
{
    switch (below(p, 5)) {
    case 0:
        put(p, a_svc(2 + below(p, 100)));
        break;
    case 1:
        put(p, a_brk(below(p, 0x10000)));
        break;
    case 2: /* UDF */
        put(p, below(p, 0x10000));
        break;
    case 3: /* an address that is not aligned: the handler goes back to it aligned */
        put_adr(p, reg(p, ROLE_T0), p->words + 3);
        put(p, a_add(reg(p, ROLE_T0), reg(p, ROLE_T0), 1));
        put(p, a_br(reg(p, ROLE_T0)));
        break;
    default:
        put(p, SVC_OTHER_EL);
        break;
    }
}

static void put_sample(struct program *p)
{
    put(p, A_STOP);
}

/* --- Control flow --- */

static void put_if(struct program *p)
{
    unsigned at = put_condition(p), other;

    statements(p, 1 + below(p, 5));
    if (below(p, 2)) {
        program_aim(p, at, p->words);
        return;
    }
    other = p->words;
    put(p, a_b(0));
    program_aim(p, at, p->words);
    statements(p, 1 + below(p, 4));
    program_aim(p, other, p->words);
}

/* One of 2, 4 or 8 ways by a register, each padded to the same length. */
static void put_switch(struct program *p)
{
    unsigned ways = 1 + below(p, 3), size = 2 + below(p, 2), exits[8], t0 = reg(p, ROLE_T0),
             t1 = reg(p, ROLE_T1);

    put(p, 0x92400000u | (ways - 1) << 10 | reg_any(p) << 5 | t0); /* and t0, x, #ways - 1 */
    put_adr(p, t1, p->words + 3);
    put(p, 0x8b000000u | t0 << 16 | (2 + size) << 10 | t1 << 5 | t1); /* add t1, t1, t0, lsl */
    put(p, a_br(t1));
    for (unsigned way = 0; way < 1u << ways; way++) {
        for (unsigned i = 1; i < 1u << size; i++)
            put_random(p);
        exits[way] = p->words;
        put(p, a_b(0));
    }
    for (unsigned way = 0; way < 1u << ways; way++)
        program_aim(p, exits[way], p->words);
}

/* Out of the loop, or of the one around it, or to the next round; not often, or no loop gets hot.
 */
static void put_break(struct program *p)
{
    struct loop *loop = p->loop;
    bool out = below(p, 3) == 0;
    unsigned over, at;

    if (below(p, 4) == 0 && loop && loop->outer)
        loop = loop->outer;
    if (!loop || (out ? loop->exit_count : loop->latch_count) == BREAKS_MAX) {
        put_random(p);
        return;
    }
    over = put_condition(p);
    at = put_condition(p);
    if (out)
        loop->exits[loop->exit_count++] = at;
    else
        loop->latches[loop->latch_count++] = at;
    program_aim(p, over, p->words);
}

static unsigned choose_rounds(struct program *p)
{
    unsigned most = ROUNDS_MAX / p->weight, rounds;

    switch (below(p, 4)) {
    case 0:
        rounds = 2 + below(p, 12);
        break;
    case 1:
        rounds = 60 + below(p, 100);
        break;
    default:
        rounds = 200 + below(p, 1200);
        break;
    }
    return rounds < most ? rounds : most;
}

/* The ways loops are written: by the style, what stands before, at the top and at the end. */
static void put_loop_of(struct program *p, unsigned count, unsigned rounds, unsigned style)
{
    unsigned top, at, entry = 0, most = p->depth == 1 ? 12 : 6;

    if (style == 1)
        put_number(p, count, -(uint64_t)rounds);
    else
        put_number(p, count, style == 3 || style == 4 ? 0 : rounds);
    if (below(p, 4) == 0) /* a second entry, in the middle */
        entry = put_condition(p);
    top = p->words;
    if (style == 2) { /* while */
        p->loop->exits[p->loop->exit_count++] = p->words;
        put(p, 0xb4000000u | count); /* cbz */
        put(p, a_sub(count, count, 1));
    }
    for (unsigned i = below(p, 3); i > 0; i--) /* or post-indexes carry all bases away */
        put_base(p);
    statements(p, 1 + below(p, most));
    if (entry)
        program_aim(p, entry, p->words);
    statements(p, below(p, most));
    for (unsigned i = 0; i < p->loop->latch_count; i++)
        program_aim(p, p->loop->latches[i], p->words);
    at = p->words + 1;
    switch (style) {
    case 0:
        put(p, (below(p, 2) ? 0xf1000400u : 0x71000400u) | count << 5 | count); /* subs */
        put(p, a_b_cond(NE, 0));
        break;
    case 1:
        put(p, 0xb1000400u | count << 5 | count);   /* adds */
        put(p, a_b_cond(below(p, 2) ? MI : LO, 0)); /* LO: no carry yet */
        break;
    case 2:
        at--;
        put(p, a_b(0));
        break;
    case 3:
        put(p, a_add(count, count, 1));
        put(p, 0x36000000u | (31u - (unsigned)__builtin_clz(rounds)) << 19 | count); /* tbz */
        break;
    case 4:
        put(p, a_add(count, count, 1));
        put(p, 0xf100001fu | rounds << 10 | count << 5); /* cmp */
        put(p, a_b_cond(below(p, 2) ? LT : LO, 0));
        at++;
        break;
    default:
        put(p, a_sub(count, count, 1));
        put(p, a_cbnz(count, 0));
        break;
    }
    program_aim(p, at, top);
}

static void put_loop(struct program *p)
{
    struct loop loop = {.outer = p->loop};
    unsigned rounds, weight = p->weight;
    enum theme theme = p->theme;

    /* the innermost counter is the functions' */
    if (p->depth == (p->in_function ? ROLES_COUNT : ROLES_COUNT - 1) ||
        p->weight * 2 > ROUNDS_MAX) {
        put_random(p);
        return;
    }
    rounds = choose_rounds(p);
    p->weight *= rounds;
    loop.rounds = rounds;
    p->loop = &loop;
    if (below(p, 2))
        p->theme = below(p, THEMES);
    if (p->theme == THEME_FP)
        put_fp_values(p);
    put_loop_of(p, reg(p, ROLE_COUNT + p->depth++), rounds, below(p, 6));
    for (unsigned i = 0; i < loop.exit_count; i++)
        program_aim(p, loop.exits[i], p->words);
    p->theme = theme;
    p->depth--;
    p->loop = loop.outer;
    p->weight = weight;
}

static void put_call(struct program *p)
{
    unsigned target, t = reg(p, ROLE_T0);

    if (!p->functions || p->in_function) {
        put_random(p);
        return;
    }
    target = p->function[below(p, p->functions)];
    switch (below(p, 4)) {
    case 0: /* blr */
        put_adr(p, t, target);
        put(p, a_blr(t));
        break;
    case 1: { /* through a table in the code, in either view */
        unsigned skip;

        if (p->words & 1)
            put(p, A_NOP);
        skip = p->words;
        put(p, a_b(0));
        put(p, A_NOP);
        for (unsigned i = 0; i < 2; i++) {
            uint64_t address = CODE + 4ull * p->function[below(p, p->functions)];

            address |= below(p, 2) ? VIEW : 0;
            put(p, (uint32_t)address);
            put(p, (uint32_t)(address >> 32));
        }
        program_aim(p, skip, p->words);
        put(p, 0x92400000u | reg_any(p) << 5 | t); /* and #1 */
        put_adr(p, reg(p, ROLE_T1), skip + 2);
        put(p, 0xf8607800u | t << 16 | reg(p, ROLE_T1) << 5 | t); /* ldr lsl #3 */
        put(p, a_blr(t));
        break;
    }
    case 2: /* a tail call in the other direction: it returns behind the branch */
        put_adr(p, LR, p->words + 2);
        put_b(p, target);
        break;
    default:
        put_bl(p, target);
        break;
    }
}

static void put_recursion(struct program *p)
{
    unsigned t0 = reg(p, ROLE_T0);

    if (!p->recursion || p->in_function) {
        put_random(p);
        return;
    }
    put_number(p, t0, STACK_TOP - 16ull * below(p, 32));
    put(p, a_mov_to_sp(t0));
    put_number(p, t0, 2 + below(p, p->weight > RARE ? 4 : 150));
    put_bl(p, p->recursion);
}

/* Calls that nobody returns from: longjmp as the return-address predictors see it. */
static void put_long_jump(struct program *p)
{
    unsigned t = reg(p, ROLE_T0), start;

    if (p->in_function) {
        put_random(p);
        return;
    }
    put(p, a_bl(8)); /* over the BRK */
    put(p, a_brk(0));
    put(p, a_bl(8));
    put(p, a_brk(0));
    start = p->words;
    switch (below(p, 3)) {
    case 0:
        put_adr(p, LR, start + 3);
        put(p, A_RET);
        break;
    case 1:
        put_adr(p, t, start + 3);
        put(p, a_ret(t));
        break;
    default:
        put_adr(p, t, start + 3);
        put(p, a_br(t));
        break;
    }
    put(p, a_brk(0));
}

/* --- Expensive statements: seldom executed, but in hot code --- */

/* A branch over what follows in most rounds of the innermost loop; 0: none is needed. */
static unsigned put_gate(struct program *p)
{
    unsigned bits = 0;

    if (!p->depth)
        return 0;
    while (p->weight >> bits > RARE)
        bits++;
    bits += below(p, 3);
    while (bits && p->loop && 1u << bits > p->loop->rounds)
        bits--;
    if (!bits)
        return 0;
    put_test_count(p, bits);
    put(p, a_b_cond(NE, 0));
    return p->words - 1;
}

static void close_gate(struct program *p, unsigned gate)
{
    if (gate)
        program_aim(p, gate, p->words);
}

/* What the architecture asks for after code at `address`, a register, was written. */
static void put_code_written(struct program *p, unsigned address)
{
    put(p, a_msr(DC_CVAU, address));
    put(p, A_DSB);
    put(p, a_msr(IC_IVAU, address));
    put(p, A_DSB);
    put(p, A_ISB);
}

static void put_site(struct program *p)
{
    if (p->sites < ARRAY_SIZE(p->site))
        p->site[p->sites++] = p->words;
    put(p, A_NOP);
    put(p, random_integer(p)); /* what a patch may branch over */
}

static uint32_t patch_word(struct program *p)
{
    switch (below(p, 6)) {
    case 0:
        return A_NOP;
    case 1:
        return a_b(8); /* over the next */
    case 2:
        return a_b_cond(below(p, 16), 8);
    default:
        return random_integer(p);
    }
}

/* Another instruction over a NOP, or one of two in turn. */
static void put_patch(struct program *p)
{
    unsigned t0 = reg(p, ROLE_T0), t1 = reg(p, ROLE_T1), x = reg_any(p), gate;

    if (!p->sites) {
        put_site(p);
        return;
    }
    gate = put_gate(p);
    put_number(p, t0, patch_word(p));
    if (p->depth && below(p, 2)) {
        put_number(p, x, patch_word(p));
        put_test_count(p, 1 + below(p, 9));
        put(p, a_csel(t0, t0, x, EQ));
    }
    put_adr(p, t1, p->site[below(p, p->sites)]);
    if (below(p, 4) == 0) /* through the other view; what has no right to it, faults */
        put(p, 0xb2690000u | t1 << 5 | t1);
    put(p, a_str_w(t0, t1, 0));
    put_code_written(p, t1);
    close_gate(p, gate);
}

/* Data that stands between the instructions. */
static void put_data_in_code(struct program *p)
{
    unsigned t = reg(p, ROLE_T0), x = reg_any(p), gate = below(p, 4) ? put_gate(p) : 0;
    unsigned at = p->words + 1;

    put(p, a_b(12));
    put(p, below(p, 0x10000));
    put(p, 0);
    put_adr(p, t, at);
    switch (below(p, 4)) {
    case 0: /* ldr, add, str */
        put(p, 0xb9400000u | t << 5 | reg(p, ROLE_T1));
        put(p, 0x0b000000u | x << 16 | reg(p, ROLE_T1) << 5 | reg(p, ROLE_T1));
        put(p, a_str_w(reg(p, ROLE_T1), t, 0));
        break;
    case 1: /* ldadd */
        put(p, 0xb8200000u | x << 16 | t << 5 | reg_any(p));
        break;
    case 2: /* str b, and read it by a literal load */
        put(p, 0x39000000u | below(p, 8) << 10 | t << 5 | x);
        put(p, 0x18000000u | ((at - p->words) & 0x7ffff) << 5 | reg_any(p));
        break;
    default:
        put(p, a_str_w(x, t, 4 * below(p, 2)));
        break;
    }
    close_gate(p, gate);
}

/* A function copied and called where it was copied to. */
static void put_copy(struct program *p)
{
    unsigned t0 = reg(p, ROLE_T0), t1 = reg(p, ROLE_T1), x = reg_any(p), gate;
    unsigned to = (unsigned)((COPIES - CODE) / 4) + 16 * below(p, 64), from;

    if (!p->functions || p->in_function) {
        put_random(p);
        return;
    }
    gate = put_gate(p);
    from = p->function[0]; /* straight, and no longer than that */
    put_adr(p, t0, from);
    put_adr(p, t1, to);
    for (unsigned i = 0; i < 8; i++) {
        put(p, 0xb8404400u | t0 << 5 | x); /* ldr, str; post-index 4 */
        put(p, 0xb8004400u | t1 << 5 | x);
    }
    put_adr(p, t1, to);
    put_code_written(p, t1);
    put(p, a_blr(t1));
    close_gate(p, gate);
    if (gate || below(p, 2))
        put_bl(p, from);
}

/* --- The regime --- */

static void put_tlbi(struct program *p, uint64_t va, unsigned asid)
{
    unsigned t = reg(p, ROLE_T0);
    unsigned shareable = below(p, 2) ? 4 : 0; /* CRm 7 is local, 3 is Inner Shareable */
    static const uint8_t by_va[] = {1, 3, 5, 7};

    switch (below(p, 6)) {
    case 0:
        put(p, a_msr(SYSREG_KEY(1, 0, 8, 7 - shareable, 0), 31)); /* VMALLE1 */
        break;
    case 1:
        put_number(p, t, (uint64_t)asid << 48);
        put(p, a_msr(SYSREG_KEY(1, 0, 8, 7 - shareable, 2), t)); /* ASIDE1 */
        break;
    case 2: /* RVAE1 and so on: two pages of 4 KiB */
        put_number(p, t, (uint64_t)asid << 48 | 1ull << 46 | va >> 12);
        put(p, a_msr(SYSREG_KEY(1, 0, 8, shareable ? 2 : 6, by_va[below(p, 4)]), t));
        break;
    default: /* VAE1, VAAE1, VALE1, VAALE1 */
        put_number(p, t, (uint64_t)asid << 48 | va >> 12);
        put(p, a_msr(SYSREG_KEY(1, 0, 8, 7 - shareable, by_va[below(p, 4)]), t));
        break;
    }
    put(p, A_DSB);
    put(p, A_ISB);
}

/* One of the pages that come and go gets another place, by the loop's counter. */
static void put_remap(struct program *p)
{
    unsigned t0 = reg(p, ROLE_T0), t1 = reg(p, ROLE_T1), x = reg_any(p), which = below(p, 3),
             set = below(p, 2), gate = put_gate(p), to;
    uint64_t table = set ? TABLES_2 : TABLES, va, bits, place[2];

    if (which == 2) {
        unsigned page = below(p, 2);

        va = WINDOW + (WINDOW_SWAP + page) * PAGE_SIZE;
        table += 4 * PAGE_SIZE + 8 * (WINDOW_SWAP + page);
        bits = 0xf43;
        place[0] = DATA + 20 * PAGE_SIZE;
    } else { /* code, in EL1's view or EL0's */
        va = SWAP_CODE + which * VIEW;
        table += (2 + which) * PAGE_SIZE + 8 * RAM_PAGE(SWAP_CODE);
        bits = which ? 0xf43 : 0xf03 | UXN;
        place[0] = LEAVES;
    }
    place[1] = place[0] + PAGE_SIZE;
    put_number(p, t0, table);
    put_number(p, t1, place[0] | bits);
    put_number(p, x, place[1] | bits);
    if (p->depth) {
        put_test_count(p, 1 + below(p, 9));
        put(p, a_csel(t1, t1, x, EQ));
    }
    put(p, a_str(t1, t0, 0));
    put(p, A_DSB);
    put_tlbi(p, va, 1 + set);
    close_gate(p, gate);
    to = (unsigned)((SWAP_CODE - CODE) / 4) + 64 * below(p, 2);
    put_adr(p, t1, to);
    if (!p->in_function && below(p, 2))
        put(p, a_blr(t1));
    else if (!p->in_function)
        put_bl(p, to);
    put_number(p, t1, WINDOW + WINDOW_SWAP * PAGE_SIZE + 8 * below(p, 512));
    put(p, below(p, 2) ? a_ldr(reg_any(p), t1, 0) : a_str(reg_any(p), t1, 0));
}

/* The other address space. */
static void put_switch_space(struct program *p)
{
    unsigned t = reg(p, ROLE_T0), gate = put_gate(p), set = below(p, 2);

    put_number(p, t, (set ? TABLES_2 : TABLES) | (1ull + set) << 48);
    put(p, a_msr(TTBR0_EL1, t));
    put(p, A_ISB);
    close_gate(p, gate);
}

/* A state of the processor that some instructions see, at EL1. */
static void put_state(struct program *p)
{
    unsigned t = reg(p, ROLE_T0), kind = below(p, 5);

    if (p->weight > 4 * RARE) {
        put_random(p);
        return;
    }
    switch (kind) {
    case 0: /* FP traps */
        put(p, a_msr(CPACR_EL1, 31));
        put(p, A_ISB);
        break;
    case 1:
        put(p, a_pan(1));
        break;
    case 2:
        put(p, a_spsel(0));
        break;
    case 3:
        put(p, a_msr_imm(0, 3, 1)); /* UAO */
        break;
    default:
        put(p, a_daifset(2));
        break;
    }
    for (unsigned i = 1 + below(p, 4); i > 0; i--)
        put_random(p);
    if (kind == 4 && !p->async) { /* an interrupt that waits, WFI that does not, and its end */
        put(p, a_hvc(2));
        put(p, A_WFI);
    }
    switch (kind) {
    case 0:
        put_number(p, t, 3u << 20);
        put(p, a_msr(CPACR_EL1, t));
        put(p, A_ISB);
        break;
    case 1:
        put(p, a_pan(0));
        break;
    case 2:
        put(p, a_spsel(1));
        break;
    case 3:
        put(p, a_msr_imm(0, 3, 0));
        break;
    default:
        put(p, a_daifclr(2));
        break;
    }
}

/* --- Memory --- */

/* An exclusive pair, until it succeeds: an interrupt between them clears the monitor. */
static void put_exclusive(struct program *p)
{
    unsigned t0 = reg(p, ROLE_T0), t1 = reg(p, ROLE_T1), size = below(p, 4), x = reg_any(p);
    unsigned order = below(p, 4), top; /* bits: acquire, release */

    put_ram(p, t0);
    top = p->words;
    put(p, 0x085f7c00u | size << 30 | (order & 1) << 15 | t0 << 5 | x);
    put(p, 0x8b000000u | reg_any(p) << 16 | x << 5 | x); /* add; nothing that may fault */
    put(p, 0x08007c00u | size << 30 | (order >> 1) << 15 | t1 << 16 | t0 << 5 | x);
    put(p, 0x35000000u | ((top - p->words) & 0x7ffff) << 5 | t1); /* cbnz */
    p->inexact |= p->async;
}

/* Copies, fills or adds up memory as library functions do, at times to where it faults. */
static void put_memory_loop(struct program *p)
{
    static const uint32_t pairs[][2] = {
        {0x38401400u, 0x38001400u}, /* ldrb, strb; post-index 1 */
        {0xf8408400u, 0xf8008400u}, /* ldr, str; 8 */
        {0xa8c10000u, 0xa8810000u}, /* ldp, stp; 16 */
        {0x3cc10400u, 0x3c810400u}, /* ldr q, str q; 16 */
        {0xacc10000u, 0xac810000u}, /* ldp q, stp q; 32 */
        {0x4cdf7000u, 0x4c9f7000u}, /* ld1, st1 {v.16b}; 16 */
    };
    unsigned t0 = reg(p, ROLE_T0), t1 = reg(p, ROLE_T1), x = reg_any(p), y = reg_any(p);
    unsigned kind = below(p, ARRAY_SIZE(pairs)), count, top, rounds;
    uint32_t second = kind == 2 || kind == 4 ? y << 10 : 0;

    if (p->depth == ROLES_COUNT || x == y || p->weight * 2 > ROUNDS_MAX) {
        put_random(p);
        return;
    }
    rounds = 2 + below(p, ROUNDS_MAX / p->weight < 300 ? ROUNDS_MAX / p->weight : 300);
    count = reg(p, ROLE_COUNT + p->depth);
    put_ram(p, t0);
    if (below(p, 4))
        put_ram(p, t1);
    else
        put_number(p, t1, WINDOW + (WINDOW_RAM + 16) * PAGE_SIZE - 16 * below(p, 64));
    put_number(p, count, rounds);
    top = p->words;
    put(p, pairs[kind][0] | t0 << 5 | second | x);
    if (below(p, 2))
        put(p, random_integer(p));
    put(p, pairs[kind][1] | t1 << 5 | second | x);
    put(p, a_subs(count, count, 1));
    put(p, a_b_cond(NE, 4 * (int)(top - p->words)));
}

/* --- Any statement --- */

static const struct kind {
    void (*put)(struct program *p);
    uint8_t share;
} kinds[] = {
    {put_random, 110},  {put_site, 4},        {put_base, 14},  {put_if, 14},
    {put_loop, 12},     {put_break, 3},       {put_switch, 3}, {put_call, 6},
    {put_recursion, 1}, {put_long_jump, 2},   {put_system, 5}, {put_fp_values, 4},
    {put_exclusive, 2}, {put_memory_loop, 2}, {put_patch, 2},  {put_data_in_code, 1},
    {put_copy, 1},      {put_remap, 1},       {put_sample, 1}, {put_switch_space, 1},
    {put_exception, 1}, {put_state, 1},
};

static bool is_dropped(const struct program *p, uint64_t id)
{
    if (p->dropped)
        for (size_t i = 0; i < p->dropped->count; i++)
            if (p->dropped->id[i] == id)
                return true;
    return false;
}

static void note(struct statements *list, uint64_t id)
{
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 256;
        list->id = realloc(list->id, list->room * sizeof(*list->id));
        if (!list->id)
            abort();
    }
    list->id[list->count++] = id;
}

static void put_kind(struct program *p)
{
    const struct kind *kind = kinds;
    unsigned shares = 0, share;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        shares += kinds[i].share;
    for (share = below(p, shares); share >= kind->share; kind++)
        share -= kind->share;
    kind->put(p);
}

/* With numbers of its own, whatever comes before; unless it is left out. */
static void put_apart(struct program *p, void (*what)(struct program *p))
{
    uint64_t id = rng_next(&p->rng);
    struct rng outer = p->rng;

    if (p->words > WORDS_FULL || is_dropped(p, id))
        return;
    if (p->made)
        note(p->made, id);
    rng_seed(&p->rng, id);
    what(p);
    p->rng = outer;
}

static void statement(struct program *p)
{
    put_apart(p, put_kind);
}

/* --- The program --- */

static void put_functions(struct program *p)
{
    unsigned first = p->words;

    p->in_function = true;
    p->weight = ROUNDS_MAX / 4;
    for (unsigned i = 1 + below(p, 6); i > 0; i--) /* the first one is short and straight */
        put(p, random_integer(p));
    put(p, A_RET);
    p->function[p->functions++] = first;
    while (p->functions < FUNCTIONS) {
        unsigned start = p->words;
        bool calls = below(p, 2);

        p->theme = below(p, THEMES);
        if (calls) {
            put(p, a_mov(reg(p, ROLE_LINK), LR));
            put_bl(p, first);
        }
        p->depth = ROLES_COUNT - 1; /* one loop, with the innermost counter */
        statements(p, 1 + below(p, 8));
        p->depth = 0;
        put(p, calls ? a_ret(reg(p, ROLE_LINK)) : A_RET);
        p->function[p->functions++] = start;
    }
    p->recursion = p->words;
    put(p, 0xa9bf0000u | 31u << 10 | 31u << 5 | 30u); /* stp x30, xzr, [sp, #-16]! */
    for (unsigned i = below(p, 4); i > 0; i--)
        put(p, random_integer(p));
    put(p, a_sub(reg(p, ROLE_T0), reg(p, ROLE_T0), 1));
    put(p, 0xb4000040u | reg(p, ROLE_T0)); /* cbz over the call */
    put_bl(p, p->recursion);
    for (unsigned i = below(p, 4); i > 0; i--)
        put(p, random_integer(p));
    put(p, 0xa8c10000u | 31u << 10 | 31u << 5 | 30u); /* ldp */
    put(p, A_RET);
    p->in_function = false;
}

static void permute(struct program *p)
{
    for (unsigned i = 0; i < ROLE_END; i++)
        p->reg[i] = (uint8_t)i;
    for (unsigned i = ROLE_END - 1; i > 0; i--) {
        unsigned j = below(p, i + 1);
        uint8_t other = p->reg[j];

        p->reg[j] = p->reg[i];
        p->reg[i] = other;
    }
}

static void make_leaves(struct program *p)
{
    for (unsigned page = 0; page < 2; page++)
        for (unsigned i = 0; i < 2; i++) {
            unsigned words = 1 + below(p, 12);

            for (unsigned j = 0; j < words; j++)
                p->leaf[page][64 * i + j] = random_integer(p);
            p->leaf[page][64 * i + words] = A_RET;
        }
}

void program_generate(struct program *p, const struct decoder *decoder, uint64_t seed,
                      const struct statements *dropped, struct statements *made)
{
    memset(p, 0, sizeof(*p));
    p->decoder = decoder;
    rng_seed(&p->rng, seed);
    p->dropped = dropped;
    p->made = made;
    p->async = below(p, 3) == 0;
    p->tbi = below(p, 4) == 0;
    permute(p);
    make_leaves(p);
    put(p, a_b(0));
    put_functions(p);
    program_aim(p, 0, p->words);
    for (unsigned i = 0; i < 8; i++)
        put_apart(p, put_base);
    if (below(p, 3) == 0)
        put(p, SVC_OTHER_EL);
    for (unsigned i = 6 + below(p, 12); i > 0; i--) {
        p->weight = 1;
        p->theme = below(p, THEMES);
        statements(p, 1 + below(p, 8));
        put_apart(p, put_loop);
    }
    p->end = p->words;
    put(p, A_STOP);
    p->made = NULL;
    p->dropped = NULL;
}
