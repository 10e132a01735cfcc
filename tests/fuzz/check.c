/* Fuzzes the engines against each other: random programs of arithmetic, flags, branches, loops,
 * calls, loads, stores, faults and code that rewrites itself run under -engine check, where any
 * difference ends the run, and then on the interpreter and the JIT alone, whose final registers and
 * memory must be the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cpu/block.h"
#include "cpu/cpu.h"
#include "cpu/exception.h"
#include "mmu/bus.h"
#include "words.h"

#define RAM_BASE  0x40000000ull
#define RAM_SIZE  (2 * MIB)
#define VECTORS   (RAM_BASE + 0x1000)
#define CODE      (RAM_BASE + 0x10000)
#define CODE_MAX  0x4000u /* words */
#define DATA      (RAM_BASE + 0x40000)
#define DATA_SIZE 0x8000u
#define READ_ONLY (RAM_BASE + 0x50000)
#define NOWHERE   (RAM_BASE + 0x51000) /* not mapped */
#define DEVICE    (RAM_BASE + 0x52000) /* RAM with the attributes of a device */
#define HOLE      (RAM_BASE + 0x53000) /* mapped to where no memory is */
#define TABLES    (RAM_BASE + 0x100000)

/* The generator's registers; instructions write X0 to X19, and X20 to X27 by write-back. */
enum { PATCH_WORD = 19, BASES = 20, COUNTER = 28, SCRATCH = 29 };

struct side {
    struct bus *bus;
    struct cpu *cpu;
    bool stopped;
};

struct program {
    struct rng rng;
    uint32_t word[CODE_MAX];
    unsigned words;
    bool memory;      /* the row at hand loads or stores: Rn is a base */
    unsigned patch;   /* index of the newest NOP that may be overwritten; 0: none */
    unsigned leaf[4]; /* indices of functions */
};

/* --- Generating --- */

static void put(struct program *p, uint32_t word)
{
    if (p->words < CODE_MAX)
        p->word[p->words++] = word;
}

static uint64_t base_address(struct rng *rng)
{
    switch (rng_below(rng, 12)) {
    case 0:
        return READ_ONLY + rng_below(rng, 0x1000);
    case 1:
        return NOWHERE - rng_below(rng, 32);
    case 2:
        return DEVICE + (rng_below(rng, 0x200) * 8) + (rng_below(rng, 4) ? 0 : 4);
    case 3:
        return HOLE + rng_below(rng, 0x200) * 8;
    case 4: /* over the end of a page, and of the last one */
        return DATA + 0x1000 * (1 + rng_below(rng, DATA_SIZE / 0x1000)) - rng_below(rng, 32);
    default:
        return DATA + 0x100 + rng_below(rng, DATA_SIZE - 0x200) / 16 * 16;
    }
}

static void put_base(struct program *p, unsigned base)
{
    uint64_t address = base_address(&p->rng);

    put(p, 0xd2a00000u | (uint32_t)(address >> 16) << 5 | base);    /* movz, lsl #16 */
    put(p, 0xf2800000u | (uint32_t)(address & 0xffff) << 5 | base); /* movk */
}

static uint32_t fill(void *opaque, char letter, unsigned width)
{
    struct program *p = opaque;

    switch (letter) {
    case 'd':
    case 's':
    case 't':
        return width == 5 ? rng_below(&p->rng, 20) : (uint32_t)rng_next(&p->rng);
    case 'n':
        if (p->memory)
            return rng_below(&p->rng, 16) ? BASES + rng_below(&p->rng, 8) : 31;
        return rng_below(&p->rng, 32);
    default:
        return (uint32_t)rng_next(&p->rng);
    }
}

/* Not what branches, and no block operations, which overwrite any amount of memory. */
static bool wanted(const char *table)
{
    return strcmp(table, "system") != 0 && strcmp(table, "branch") != 0 &&
           strcmp(table, "pauth") != 0 && strcmp(table, "mops") != 0;
}

static bool wanted_integer(const char *table)
{
    return strncmp(table, "dp_", 3) == 0;
}

static uint32_t random_insn(struct program *p, bool integer)
{
    const struct insn_table *table;
    const struct insn_row *row =
        words_row(&p->rng, integer || rng_below(&p->rng, 3) == 0 ? wanted_integer : wanted, &table);

    p->memory = strstr(table->name, "ldst") || strstr(table->name, "atomics");
    return words_of_row(&p->rng, row, fill, p);
}

/* A store of a new instruction over a NOP, and what the architecture asks for after it. */
static void put_patch(struct program *p)
{
    uint32_t word = random_insn(p, true);
    int offset;

    put(p, 0xd2800000u | (word & 0xffff) << 5 | PATCH_WORD);
    put(p, 0xf2a00000u | word >> 16 << 5 | PATCH_WORD);
    offset = 4 * ((int)p->patch - (int)p->words);
    put(p, 0x10000000u | ((uint32_t)(offset >> 2) & 0x7ffff) << 5 | SCRATCH); /* adr */
    put(p, 0xb9000000u | SCRATCH << 5 | PATCH_WORD);
    put(p, 0xd5033b9f);            /* dsb ish */
    put(p, 0xd50b7520u | SCRATCH); /* ic ivau */
    put(p, 0xd5033b9f);
    put(p, 0xd5033fdf); /* isb */
}

static void put_straight(struct program *p, unsigned count)
{
    while (count--) {
        switch (rng_below(&p->rng, 24)) {
        case 0:
            p->patch = p->words;
            put(p, 0xd503201f); /* nop */
            break;
        case 1:
            if (p->patch)
                put_patch(p);
            break;
        case 2:
            put_base(p, BASES + rng_below(&p->rng, 8));
            break;
        case 3: { /* a call; the functions come first, so the offset is known */
            int offset = (int)p->leaf[rng_below(&p->rng, 4)] - (int)p->words;

            if (rng_below(&p->rng, 2)) {
                put(p, 0x94000000u | ((uint32_t)offset & 0x3ffffff)); /* bl */
            } else {
                put(p, 0x10000000u | ((uint32_t)offset & 0x7ffff) << 5 | SCRATCH);
                put(p, 0xd63f0000u | SCRATCH << 5); /* blr */
            }
            break;
        }
        default:
            put(p, random_insn(p, false));
            break;
        }
    }
}

/* A branch over `skipped` instructions that are still to come; returns where it is. */
static void put_forward(struct program *p, unsigned skipped)
{
    uint32_t imm = (skipped + 1) & 0x3fff, reg = rng_below(&p->rng, 20);

    switch (rng_below(&p->rng, 5)) {
    case 0:
        put(p, 0x14000000u | imm);
        break;
    case 1:
        put(p, 0x54000000u | imm << 5 | rng_below(&p->rng, 16));
        break;
    case 2: /* cbz, cbnz; w or x */
        put(p, 0x34000000u | (uint32_t)(rng_next(&p->rng) & 0x81000000) | imm << 5 | reg);
        break;
    case 3: /* tbz, tbnz */
        put(p, 0x36000000u | (uint32_t)(rng_next(&p->rng) & 0x81f80000) | imm << 5 | reg);
        break;
    default: /* subs and b.cond: a fused compare */
        put(p, 0xeb00001fu | rng_below(&p->rng, 20) << 16 | reg << 5);
        put(p, 0x54000000u | imm << 5 | rng_below(&p->rng, 16));
        break;
    }
}

static void put_forward_over(struct program *p, unsigned count)
{
    unsigned at = p->words, length;
    struct program body = {.rng = p->rng};

    /* The body's length is known once it is made: make it apart, without patches or calls. */
    for (unsigned i = 0; i < count; i++)
        body.word[body.words++] = random_insn(&body, false);
    p->rng = body.rng;
    length = body.words;
    put_forward(p, length);
    for (unsigned i = 0; i < length; i++)
        put(p, body.word[i]);
    (void)at;
}

static void put_loop(struct program *p)
{
    unsigned rounds =
        rng_below(&p->rng, 4) ? 2 + rng_below(&p->rng, 8) : 60 + rng_below(&p->rng, 60);
    unsigned top;

    put(p, 0xd2800000u | rounds << 5 | COUNTER);
    top = p->words;
    put_straight(p, 1 + rng_below(&p->rng, 12));
    put_forward_over(p, rng_below(&p->rng, 4));
    put(p, 0xf1000400u | COUNTER << 5 | COUNTER);                      /* subs */
    put(p, 0x54000001u | (((uint32_t)top - p->words) & 0x7ffff) << 5); /* b.ne */
}

static void generate(struct program *p, uint64_t seed)
{
    unsigned start;

    memset(p, 0, sizeof(*p));
    rng_seed(&p->rng, seed);
    put(p, 0); /* a branch to the start */
    for (unsigned i = 0; i < 4; i++) {
        p->leaf[i] = p->words;
        for (unsigned j = rng_below(&p->rng, 6); j > 0; j--)
            put(p, random_insn(p, true));
        put(p, 0xd65f03c0); /* ret */
    }
    start = p->words;
    p->word[0] = 0x14000000u | start;
    for (unsigned i = 0; i < 8; i++)
        put_base(p, BASES + i);
    for (unsigned i = 4 + rng_below(&p->rng, 12); i > 0; i--) {
        put_straight(p, rng_below(&p->rng, 20));
        put_forward_over(p, rng_below(&p->rng, 6));
        put_loop(p);
    }
    if (p->words == CODE_MAX)
        p->words--;
    put(p, 0xd45e0000); /* hlt #0xf000 */
}

/* --- Running --- */

static bool stop(void *opaque, struct cpu *cpu)
{
    ((struct side *)opaque)->stopped = true;
    cpu_stop(cpu);
    return true;
}

static void *at(const struct side *side, uint64_t address)
{
    return bus_ram_pointer(side->bus, address, 8);
}

static void write_tables(struct side *side)
{
    uint64_t *level1 = at(side, TABLES), *level3 = at(side, TABLES + 0x2000);

    memset(level1, 0, 0x3000);
    level1[1] = (TABLES + 0x1000) | 3;
    level1[512] = (TABLES + 0x2000) | 3;
    for (uint64_t i = 0; i < 512; i++)
        level3[i] = (RAM_BASE + i * PAGE_SIZE) | 0x703;
    level3[(READ_ONLY - RAM_BASE) >> 12] |= 2u << 6;
    level3[(NOWHERE - RAM_BASE) >> 12] = 0;
    level3[(DEVICE - RAM_BASE) >> 12] |= 1u << 2;
    level3[(HOLE - RAM_BASE) >> 12] = 0x10000703;
}

static void set_up(struct side *side, const struct program *p, uint64_t seed)
{
    /* mrs x29, elr_el1; add x29, x29, #4; msr elr_el1, x29; eret */
    static const uint32_t skip[] = {0xd538403d, 0x910013bd, 0xd518403d, 0xd69f03e0};
    struct cpu *cpu = side->cpu;
    struct rng rng;
    uint8_t *data;

    rng_seed(&rng, ~seed);
    cpu_reset(cpu);
    memset(at(side, RAM_BASE), 0, RAM_SIZE);
    write_tables(side);
    memcpy(at(side, VECTORS + 0x200), skip, sizeof(skip));
    memcpy(at(side, CODE), p->word, 4u * p->words);
    data = at(side, DATA);
    for (unsigned i = 0; i < DATA_SIZE; i += 8) {
        uint64_t value = rng_value(&rng);

        memcpy(data + i, &value, 8);
    }
    bus_written(side->bus, RAM_BASE, RAM_SIZE);
    for (unsigned i = 0; i < 31; i++)
        cpu->x[i] = rng_value(&rng);
    for (unsigned i = 0; i < 64; i++)
        cpu->v[i / 2].d[i % 2] = rng_value(&rng);
    cpu->x[SLOT_SP] = DATA + 0x4000;
    cpu->pc = CODE;
    cpu->vbar[1] = VECTORS;
    cpu->sys.cpacr = 3u << 20;
    cpu->fp.fpcr = rng_below(&rng, 2) ? 0 : (uint32_t)rng_next(&rng) & 0x07c00000;
    cpu->mmu.regs.mair = 0x00ff;
    cpu->mmu.regs.tcr = 25 | 1u << 23 | 5ull << 32;
    cpu->mmu.regs.ttbr0 = TABLES;
    cpu->mmu.regs.sctlr |= 1 | (rng_below(&rng, 4) ? 0 : 2) | (rng_below(&rng, 2) ? 0 : 8);
    mmu_tlbi_all(&cpu->mmu);
    block_update_mode(cpu);
    side->stopped = false;
}

static void open_side(struct side *side, enum engine engine, struct clock *clock)
{
    struct cpu_config config = {.model = "max", .engine = engine, .clock = clock};
    struct err err;

    side->bus = bus_new(NULL);
    if (!bus_add_ram(side->bus, "ram", RAM_BASE, RAM_SIZE, RAM_NORMAL, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    config.bus = side->bus;
    config.hooks.semihosting = stop;
    config.hooks.semihosting_opaque = side;
    side->cpu = cpu_new(&config, &err);
    if (!side->cpu) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
}

static void close_side(struct side *side)
{
    cpu_free(side->cpu);
    bus_free(side->bus);
}

/* --- Comparing --- */

static unsigned differ(const char *what, unsigned index, uint64_t a, uint64_t b)
{
    if (a == b)
        return 0;
    fprintf(stderr, "  %s%u: 0x%016llx under check, 0x%016llx alone\n", what, index,
            (unsigned long long)a, (unsigned long long)b);
    return 1;
}

static bool same(const struct side *a, const struct side *b)
{
    const struct cpu *x = a->cpu, *y = b->cpu;
    unsigned differences = 0;

    for (unsigned i = 0; i <= SLOT_SP; i++)
        differences += differ("x", i, x->x[i], y->x[i]);
    for (unsigned i = 0; i < 64; i++)
        differences += differ("v (halves) ", i, x->v[i / 2].d[i % 2], y->v[i / 2].d[i % 2]);
    differences += differ("nzcv ", 0, x->nzcv.word, y->nzcv.word);
    differences += differ("fpsr ", 0, x->fp.fpsr, y->fp.fpsr);
    differences += differ("esr ", 0, x->esr[1], y->esr[1]);
    differences += differ("far ", 0, x->far[1], y->far[1]);
    differences += differ("pc ", 0, x->pc, y->pc);
    differences += differ("instructions ", 0, x->instructions, y->instructions);
    for (uint64_t i = RAM_BASE; i < RAM_BASE + RAM_SIZE && differences < 20; i += 8)
        differences += differ("memory, offset ", (unsigned)(i - RAM_BASE), *(uint64_t *)at(a, i),
                              *(uint64_t *)at(b, i));
    return !differences;
}

int main(int argc, char **argv)
{
    static const enum engine alone[] = {ENGINE_INTERP, ENGINE_JIT};
    struct fuzz_options options = fuzz_parse(argc, argv, 400);
    struct clock *clock = clock_new_stepped();
    struct program *program = malloc(sizeof(*program));
    uint64_t generated = 0, executed = 0, failures = 0;
    struct side check, side[2];

    open_side(&check, ENGINE_CHECK, clock);
    for (unsigned i = 0; i < 2; i++)
        open_side(&side[i], alone[i], clock);
    for (uint64_t n = 0; n < options.count && failures < 3; n++) {
        uint64_t seed = options.seed + n, before = cpu_instructions(check.cpu);

        fuzz_watch("check", seed, 60);
        generate(program, seed);
        generated += program->words;
        check.cpu->instructions = 0;
        before = 0;
        set_up(&check, program, seed);
        cpu_run(check.cpu);
        executed += cpu_instructions(check.cpu) - before;
        if (check.cpu->check_failed || !check.stopped) {
            fprintf(stderr, "seed %llu: the engines disagree\n", (unsigned long long)seed);
            check.cpu->check_failed = false;
            failures++;
            continue;
        }
        for (unsigned i = 0; i < 2; i++) {
            side[i].cpu->instructions = 0;
            set_up(&side[i], program, seed);
            cpu_run(side[i].cpu);
            if (!same(&check, &side[i])) {
                fprintf(stderr, "seed %llu: another end on the %s alone\n",
                        (unsigned long long)seed, engine_name(alone[i]));
                failures++;
            }
        }
        if (options.verbose)
            printf("seed %llu: %u instructions, %llu executed\n", (unsigned long long)seed,
                   program->words, (unsigned long long)(cpu_instructions(check.cpu) - before));
    }
    printf("%llu programs from seed %llu: %llu instructions generated, %llu executed, "
           "%llu disagreements\n",
           (unsigned long long)options.count, (unsigned long long)options.seed,
           (unsigned long long)generated, (unsigned long long)executed,
           (unsigned long long)failures);
    close_side(&check);
    for (unsigned i = 0; i < 2; i++)
        close_side(&side[i]);
    clock_free(clock);
    free(program);
    return failures ? 1 : 0;
}
