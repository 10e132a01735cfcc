/* See program_side.h. */
#include "program_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/exception.h"
#include "cpu/mxcsr.h"
#include "tests/masked.h"

/* Takes a sample; then skips what faulted. SVC #1 goes on in the other exception level and view, a
 * fetch from the wrong view in the right one, one from an odd address at the even one. */
static const uint32_t sync_handler[] = {
    0xd45e0000, /*        hlt     #0xf000 */
    0xd518d09d, /*        msr     tpidr_el1, x29 */
    0xd51bd07c, /*        msr     tpidrro_el0, x28 */
    0xd538403d, /*        mrs     x29, elr_el1 */
    0xd538521c, /*        mrs     x28, esr_el1 */
    0xd35aff9c, /*        lsr     x28, x28, #26 */
    0xf100579f, /*        cmp     x28, #0x15 */
    0x54000100, /*        b.eq    svc */
    0xf1008b9f, /*        cmp     x28, #0x22 */
    0x54000260, /*        b.eq    align */
    0x927ffb9c, /*        and     x28, x28, #~1 */
    0xf100839f, /*        cmp     x28, #0x20 */
    0x540001c0, /*        b.eq    fetch */
    0x910013bd, /*        add     x29, x29, #4 */
    0x1400000f, /*        b       out */
    0xd538521c, /* svc:   mrs     x28, esr_el1 */
    0x92403f9c, /*        and     x28, x28, #0xffff */
    0xf100079f, /*        cmp     x28, #1 */
    0x54000161, /*        b.ne    out */
    0xd538401c, /*        mrs     x28, spsr_el1 */
    0xf27e039f, /*        tst     x28, #4 */
    0x927cef9c, /*        and     x28, x28, #~15 */
    0x54000061, /*        b.ne    1f */
    0xb27e039c, /*        orr     x28, x28, #4 */
    0xb240039c, /*        orr     x28, x28, #1 */
    0xd518401c, /* 1:     msr     spsr_el1, x28 */
    0xd26903bd, /* fetch: eor     x29, x29, #VIEW */
    0x14000002, /*        b       out */
    0x927ef7bd, /* align: and     x29, x29, #~3 */
    0xd518403d, /* out:   msr     elr_el1, x29 */
    0xd53bd07c, /*        mrs     x28, tpidrro_el0 */
    0xd538d09d, /*        mrs     x29, tpidr_el1 */
    0xd69f03e0, /*        eret */
};

/* Changes much, and leaves everything as it was. */
static const uint32_t irq_handler[] = {
    0xd518d09d, /* msr     tpidr_el1, x29 */
    0xd28a001d, /* mov     x29, #SAVE_VA */
    0xf2af4b5d, /* movk    x29, #SAVE_VA >> 16, lsl #16 */
    0xa90007a0, /* stp     x0, x1, [x29] */
    0xd5381040, /* mrs     x0, cpacr_el1 */
    0xd2a00601, /* mov     x1, #3 << 20 */
    0xd5181041, /* msr     cpacr_el1, x1 */
    0xd5033fdf, /* isb */
    0x3d8007a0, /* str     q0, [x29, #16] */
    0xd53b4421, /* mrs     x1, fpsr */
    0xf90013a1, /* str     x1, [x29, #32] */
    0xf94017a1, /* ldr     x1, [x29, #40] */
    0xb1000421, /* adds    x1, x1, #1 */
    0xf90017a1, /* str     x1, [x29, #40] */
    0x9e670020, /* fmov    d0, x1 */
    0x5e61d800, /* scvtf   d0, d0 */
    0x1e601800, /* fdiv    d0, d0, d0 */
    0xd4000022, /* hvc     #1: the line falls */
    0xf94013a1, /* ldr     x1, [x29, #32] */
    0xd51b4421, /* msr     fpsr, x1 */
    0x3dc007a0, /* ldr     q0, [x29, #16] */
    0xd5181040, /* msr     cpacr_el1, x0 */
    0xd5033fdf, /* isb */
    0xa94007a0, /* ldp     x0, x1, [x29] */
    0xd538d09d, /* mrs     x29, tpidr_el1 */
    0xd69f03e0, /* eret */
};
#define IRQ_INSNS (ARRAY_SIZE(irq_handler) + 1) /* and the vector's branch */

static void *at(const struct side *side, uint64_t address)
{
    return bus_ram_pointer(side->bus, address, 8);
}

/* --- Samples --- */

#define LANES 4 /* that do not wait for each other */

static uint64_t digest(const uint64_t *word, size_t count)
{
    uint64_t hash[LANES] = {1, 2, 3, 4}, all = count;

    for (size_t i = 0; i < count; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            hash[lane] = (hash[lane] ^ word[i + lane]) * 0x9e3779b97f4a7c15;
            hash[lane] ^= hash[lane] >> 29;
        }
    for (size_t lane = 0; lane < LANES; lane++)
        all = (all ^ hash[lane]) * 0x9e3779b97f4a7c15;
    return all;
}

uint64_t side_instructions(const struct side *side)
{
    return side->cpu->instructions - side->interrupts * IRQ_INSNS;
}

static void take_sample(struct side *side)
{
    struct cpu *cpu = side->cpu;
    uint64_t *value = side->sample.value;
    bool own_sp = cpu->el && cpu->sp_sel;
    bool handler = cpu->pc == VECTORS + VECTOR_HANDLER + 4;

    memcpy(value + SAMPLE_X, cpu->x, 31 * sizeof(*value));
    memcpy(value + SAMPLE_V, cpu->v, 32 * sizeof(cpu->v[0]));
    value[SAMPLE_SP0] = own_sp ? cpu->sp_bank[0] : cpu->x[SLOT_SP];
    value[SAMPLE_SP1] = own_sp ? cpu->x[SLOT_SP] : cpu->sp_bank[1];
    value[SAMPLE_PC] = cpu->pc;
    value[SAMPLE_PSTATE] = pstate_get(cpu);
    value[SAMPLE_FPCR] = cpu->fp.fpcr;
    mxcsr_collect(cpu);
    value[SAMPLE_FPSR] = cpu->fp.fpsr;
    value[SAMPLE_ESR] = cpu->esr[1];
    value[SAMPLE_FAR] = cpu->far[1];
    value[SAMPLE_ELR] = handler ? cpu->elr[1] : 0;
    value[SAMPLE_SPSR] = handler ? cpu->spsr[1] : 0;
    value[SAMPLE_TPIDR] = cpu->sys.tpidr_el0;
    value[SAMPLE_PAR] = cpu->sys.par;
    value[SAMPLE_TTBR0] = cpu->mmu.regs.ttbr0;
    value[SAMPLE_TFSR] = cpu->sys.tfsr[0] | cpu->sys.tfsr[1] << 2;
    value[SAMPLE_COUNT] = side->program->inexact ? 0 : side_instructions(side);
    value[SAMPLE_MEMORY] =
        side->trace.count % 256 == 0 ? digest(at(side, DATA), DATA_SIZE / sizeof(uint64_t)) : 0;
}

static void note(struct trace *trace, uint64_t value)
{
    if (trace->count == trace->room) {
        trace->room = trace->room ? 2 * trace->room : 4096;
        trace->digest = realloc(trace->digest, trace->room * sizeof(*trace->digest));
        if (!trace->digest)
            abort();
    }
    trace->digest[trace->count++] = value;
}

/* HLT */
static bool halted(void *opaque, struct cpu *cpu)
{
    struct side *side = opaque;
    const struct trace *expected = side->expected;
    uint64_t end = CODE + 4ull * (side->program->end + 1), now;

    if (side->ended || side->differs)
        return true; /* it has been told to stop */
    take_sample(side);
    now = digest(side->sample.value, SAMPLE_ROOM);
    side->differs = expected && (side->trace.count >= expected->count ||
                                 expected->digest[side->trace.count] != now);
    side->ended = (cpu->pc & ~VIEW) == end || side->trace.count == side->stop_at;
    note(&side->trace, now);
    if (side->ended || side->differs)
        cpu_stop(cpu);
    return true;
}

/* HVC #1 of the interrupt's handler, HVC #2 of programs that want an interrupt. */
static bool hvc(void *opaque, struct cpu *cpu, uint16_t imm)
{
    struct side *side = opaque;

    if (imm != 1 && imm != 2)
        return false;
    cpu_irq(cpu, 0, imm == 2);
    side->interrupts += imm == 1;
    return true;
}

/* --- Differences --- */

static const char *value_name(unsigned i, char *text, size_t size)
{
    static const char *const names[] = {
        "SP_EL0", "SP_EL1", "PC",    "PSTATE", "FPCR",  "FPSR", "ESR",          "FAR",
        "ELR",    "SPSR",   "TPIDR", "PAR",    "TTBR0", "TFSR", "instructions", "digest of memory"};

    if (i < SAMPLE_SP0)
        snprintf(text, size, "X%u", i);
    else if (i < SAMPLE_V)
        snprintf(text, size, "%s", names[i - SAMPLE_SP0]);
    else
        snprintf(text, size, "V%u.D[%u]", (i - SAMPLE_V) / 2, (i - SAMPLE_V) % 2);
    return text;
}

static unsigned print_value(const char *what, uint64_t a, uint64_t b)
{
    if (a == b)
        return 0;
    fprintf(stderr, "  %s: 0x%016llx interpreted, 0x%016llx compiled\n", what,
            (unsigned long long)a, (unsigned long long)b);
    return 1;
}

bool side_print_difference(const struct side *a, const struct side *b)
{
    const uint64_t *words_a = at(a, RAM_BASE), *words_b = at(b, RAM_BASE);
    unsigned differences = 0;
    char name[64];

    for (unsigned i = 0; i < SAMPLE_VALUES && differences < 16; i++)
        differences +=
            print_value(value_name(i, name, sizeof(name)), a->sample.value[i], b->sample.value[i]);
    for (uint64_t i = RAM_BASE; i < RAM_BASE + RAM_SIZE && differences < 16; i += 8) {
        uint64_t x = words_a[(i - RAM_BASE) / 8], y = words_b[(i - RAM_BASE) / 8];

        if (x == y || (i & -PAGE_SIZE) == SAVE)
            continue;
        snprintf(name, sizeof(name), "memory at 0x%llx", (unsigned long long)i);
        differences += print_value(name, x, y);
    }
    return differences;
}

/* --- Preparing --- */

static const struct window_page window[] = {
    {WINDOW_RAM, 16, 0, 0x43},    {WINDOW_READ_ONLY, 1, 16, 0xc3}, {WINDOW_MORE, 1, 17, 0x43},
    {WINDOW_DEVICE, 1, 18, 0x47}, {WINDOW_EL1, 1, 19, 0x03},       {WINDOW_ALIAS, 1, 0, 0x43},
    {WINDOW_SWAP, 2, 20, 0x843},  {WINDOW_STACK, 4, 24, 0x43},
};

/* Level 1, level 2, and three of level 3: EL1's view, EL0's view, the window. The two sets differ
 * in where the pages lie that are swapped. */
static void write_tables(struct side *side, uint64_t tables, unsigned set)
{
    uint64_t *level1 = at(side, tables), *level2 = level1 + 512, *level3 = level2 + 512;
    uint64_t *view0 = level3 + 512, *pages = view0 + 512;
    const uint64_t normal = 0x703, swap = LEAVES + set * PAGE_SIZE;

    level1[1] = (tables + PAGE_SIZE) | 3;
    level2[0] = (tables + 2 * PAGE_SIZE) | 3;
    level2[VIEW >> 21] = (tables + 3 * PAGE_SIZE) | 3;
    for (unsigned i = 0; i < 2; i++)
        level2[bits_get(WINDOW, 21, 9) - i] = (tables + 4 * PAGE_SIZE) | 3;
    level3[0] = VECTORS | normal | UXN;
    for (uint64_t page = RAM_PAGE(TABLES); page < RAM_PAGE(DATA); page++) {
        uint64_t address = RAM_BASE + page * PAGE_SIZE;

        level3[page] = address | normal | UXN;
        if (address >= CODE)
            view0[page] = address | normal | 0x40;
    }
    level3[RAM_PAGE(SWAP_CODE)] = swap | normal | 0x800 | UXN;
    view0[RAM_PAGE(SWAP_CODE)] = swap | normal | 0x840;
    for (unsigned i = 0; i < ARRAY_SIZE(window); i++)
        for (unsigned j = 0; j < window[i].count; j++) {
            unsigned from = window[i].data_page + (window[i].first == WINDOW_SWAP ? j ^ set : j);

            pages[window[i].first + j] = (DATA + from * PAGE_SIZE) | 0x700 | window[i].bits;
        }
    pages[WINDOW_HOLE] = 0x10000743;
    for (unsigned i = WINDOW_AGAIN; i < 512; i++)
        pages[i] = (DATA + i % 16 * PAGE_SIZE) | 0x743;
}

/* The page of the interrupt's handler, in tables of its own that both sets share. */
static void map_save(struct side *side)
{
    const uint64_t level3 = TABLES_2 + 5 * PAGE_SIZE;

    for (unsigned set = 0; set < 2; set++) {
        uint64_t *level2 = at(side, (set ? TABLES_2 : TABLES) + PAGE_SIZE);

        level2[bits_get(SAVE_VA, 21, 9)] = level3 | 3;
    }
    ((uint64_t *)at(side, level3))[bits_get(SAVE_VA, 12, 9)] = SAVE | 0x703;
}

static void write_handlers(struct side *side)
{
    uint32_t *vectors = at(side, VECTORS);

    for (unsigned from = 0; from <= 0x400; from += 0x200) { /* EL1t, EL1h, EL0 */
        vectors[from / 4] = 0x14000000u | (VECTOR_HANDLER - from) / 4;
        vectors[(from + 0x80) / 4] = 0x14000000u | (IRQ_HANDLER - from - 0x80) / 4;
    }
    memcpy(&vectors[VECTOR_HANDLER / 4], sync_handler, sizeof(sync_handler));
    memcpy(&vectors[IRQ_HANDLER / 4], irq_handler, sizeof(irq_handler));
}

/* Values that are special to some format, or to integers. */
static uint64_t worthy_value(struct rng *rng)
{
    static const uint64_t doubles[] = {
        0x7ff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, 0x0000000000000001,
        0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, 0x3ff0000000000000,
        0x3fe0000000000000, 0x43e0000000000000, 0x41dfffffffc00000, 0x4330000000000000,
    };
    static const uint32_t singles[] = {0x7f800000, 0x7fc00000, 0x7f800001, 0x00000001, 0x007fffff,
                                       0x00800000, 0x7f7fffff, 0x3f800000, 0x5f000000, 0x4f000000};
    static const uint16_t halves[] = {0x7c00, 0x7e00, 0x7c01, 1, 0x3ff, 0x400, 0x7bff, 0x3c00};
    uint64_t signs = rng_next(rng), value = 0;

    switch (rng_below(rng, 6)) {
    case 0:
        return doubles[rng_below(rng, ARRAY_SIZE(doubles))] | (signs & 1ull << 63);
    case 1:
        for (unsigned i = 0; i < 2; i++)
            value = value << 32 | singles[rng_below(rng, ARRAY_SIZE(singles))];
        return value | (signs & 0x8000000080000000);
    case 2:
        for (unsigned i = 0; i < 4; i++)
            value = value << 16 | halves[rng_below(rng, ARRAY_SIZE(halves))];
        return value | (signs & 0x8000800080008000);
    case 3: /* a double, or two singles, of a moderate size */
        return (signs & 0x800fffff800fffff) | 0x4000000040000000;
    default:
        return rng_value(rng);
    }
}

static void write_memory(struct side *side, const struct program *p, struct rng *rng)
{
    uint64_t *data = at(side, DATA);
    uint32_t *copies = at(side, COPIES);

    memset(at(side, RAM_BASE), 0, RAM_SIZE);
    write_handlers(side);
    write_tables(side, TABLES, 0);
    write_tables(side, TABLES_2, 1);
    map_save(side);
    memcpy(at(side, CODE), p->word, 4u * p->words);
    for (unsigned i = 0; i < (LEAVES - COPIES) / 4; i++)
        copies[i] = 0xd65f03c0; /* ret */
    for (unsigned page = 0; page < 2; page++)
        memcpy(at(side, LEAVES + page * PAGE_SIZE), p->leaf[page], sizeof(p->leaf[page]));
    for (unsigned i = 0; i < DATA_SIZE / 8; i++)
        data[i] = worthy_value(rng);
    bus_written(side->bus, RAM_BASE, RAM_SIZE);
}

/* Where pointers may have tags, mostly: Tag Checks of a kind, and memory of which a little has
 * another tag than 0. */
static void set_tags(struct side *side, const struct program *p, struct rng *rng)
{
    struct mmu_regs *regs = &side->cpu->mmu.regs;
    uint64_t kind = p->tbi ? rng_below(rng, 4) : 0; /* TCF, TCF0 */
    const unsigned stack = 24 * PAGE_SIZE; /* from there on: or programs would not find back */

    memset(side->ram->tags, 0, RAM_SIZE / TAG_GRANULE);
    if (!kind)
        return;
    regs->mair &= ~0x0full; /* Tagged */
    regs->sctlr |= kind << 40 | kind << 38 | 1ull << 43 | 1ull << 42 /* ATA ATA0 */;
    for (unsigned i = 0; i < stack / TAG_GRANULE / 32; i++)
        side->ram->tags[(DATA - RAM_BASE + rng_below(rng, stack)) / TAG_GRANULE] =
            (uint8_t)rng_below(rng, 16);
}

void side_prepare(struct side *side, const struct program *p, uint64_t seed)
{
    struct cpu *cpu = side->cpu;
    struct rng rng;

    rng_seed(&rng, ~seed);
    cpu_irq(cpu, 0, false);
    cpu_reset(cpu);
    write_memory(side, p, &rng);
    for (unsigned i = 0; i < 31; i++)
        cpu->x[i] = rng_value(&rng);
    for (unsigned i = 0; i < 64; i++)
        cpu->v[i / 2].d[i % 2] = worthy_value(&rng);
    cpu->x[SLOT_SP] = WINDOW + 4 * PAGE_SIZE;
    cpu->sp_bank[0] = WINDOW + 8 * PAGE_SIZE;
    cpu->pc = CODE;
    cpu->daif = p->async ? 0 : 15;
    cpu->vbar[1] = VECTORS;
    cpu->sys.cpacr = 3u << 20;
    cpu->fp.fpcr = rng_below(&rng, 2) ? 0 : (uint32_t)rng_next(&rng) & 0x07c80000;
    cpu->mmu.regs.mair = 0x00ff;
    cpu->mmu.regs.tcr = 25 | 1u << 23 | 5ull << 32 | 1ull << 36 | (uint64_t)p->tbi << 37;
    cpu->mmu.regs.ttbr0 = TABLES | 1ull << 48;
    /* M, SPAN, UCI, UCT, DZE; maybe A, SA, SA0 */
    cpu->mmu.regs.sctlr |= 1 | 1u << 23 | 1u << 26 | 1u << 15 | 1u << 14;
    cpu->mmu.regs.sctlr |= rng_below(&rng, 6) ? 0 : 2;
    cpu->mmu.regs.sctlr |= rng_next(&rng) & 0x18;
    set_tags(side, p, &rng);
    mmu_tlbi_all(&cpu->mmu);
    mmu_context_changed(&cpu->mmu);
    block_update_mode(cpu);
    cpu->instructions = 0;
    side->program = p;
    side->trace.count = 0;
    side->interrupts = 0;
    side->ended = side->differs = false;
    side->expected = NULL;
    side->stop_at = SIZE_MAX;
}

void side_open(struct side *side, enum engine engine, struct clock *clock)
{
    struct cpu_config config = {.model = "max",
                                .properties.mte = true,
                                .engine = engine,
                                .jit.masked = masked_features(),
                                .clock = clock};
    struct err err;

    memset(side, 0, sizeof(*side));
    side->bus = bus_new(NULL);
    config.bus = side->bus;
    config.hooks.semihosting = halted;
    config.hooks.semihosting_opaque = side;
    config.hooks.hvc = hvc;
    config.hooks.opaque = side;
    side->ram = bus_add_ram(side->bus, "ram", RAM_BASE, RAM_SIZE, RAM_NORMAL, &err);
    if (!side->ram || !bus_add_tags(side->ram, &err) || !(side->cpu = cpu_new(&config, &err))) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
}

void side_close(struct side *side)
{
    cpu_free(side->cpu);
    bus_free(side->bus);
    free(side->trace.digest);
}
