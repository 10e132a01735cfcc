/* Instructions of random programs: see program.h. */
#include <string.h>

#include "cpu/model.h"
#include "program.h"

void put(struct program *p, uint32_t word)
{
    if (p->words < CODE_WORDS)
        p->word[p->words++] = word;
}

unsigned reg(struct program *p, enum role role)
{
    return p->reg[role];
}

unsigned reg_any(struct program *p)
{
    return p->reg[ROLE_ANY + rng_below(&p->rng, ROLES_ANY)];
}

void put_number(struct program *p, unsigned d, uint64_t value)
{
    put(p, 0xd2800000u | (uint32_t)(value & 0xffff) << 5 | d); /* movz */
    for (unsigned i = 1; i < 4; i++)
        if (value >> (16 * i) & 0xffff) /* movk */
            put(p, 0xf2800000u | i << 21 | (uint32_t)(value >> (16 * i) & 0xffff) << 5 | d);
}

void put_adr(struct program *p, unsigned d, unsigned target)
{
    put(p, 0x10000000u | ((target - p->words) & 0x7ffff) << 5 | d);
}

void put_b(struct program *p, unsigned target)
{
    put(p, 0x14000000u | ((target - p->words) & 0x3ffffff));
}

void put_bl(struct program *p, unsigned target)
{
    put(p, 0x94000000u | ((target - p->words) & 0x3ffffff));
}

void program_aim(struct program *p, unsigned at, unsigned target)
{
    uint32_t *word = &p->word[at], offset = target - at;

    if ((*word & 0x7c000000) == 0x14000000) /* B, BL */
        *word |= offset & 0x3ffffff;
    else if ((*word & 0x7e000000) == 0x36000000) /* TBZ, TBNZ */
        *word |= (offset & 0x3fff) << 5;
    else /* B.cond, CBZ, CBNZ, ADR */
        *word |= (offset & 0x7ffff) << 5;
}

unsigned put_condition(struct program *p)
{
    uint32_t random = (uint32_t)rng_next(&p->rng);
    unsigned a = rng_below(&p->rng, 4) ? reg_any(p) : rng_below(&p->rng, 32), b = reg_any(p);

    switch (rng_below(&p->rng, 8)) {
    case 0: /* cbz, cbnz; w or x */
        put(p, 0x34000000u | (random & 0x81000000) | a);
        break;
    case 1: /* tbz, tbnz */
        put(p, 0x36000000u | (random & 0x81f80000) | a);
        break;
    case 2: /* subs, adds, ands of registers */
    case 3: {
        static const uint32_t compare[] = {0x6b00001f, 0x2b00001f, 0x6a00001f, 0x6b000000};
        uint32_t word = compare[rng_below(&p->rng, 4)] | (random & 0x80000000);

        put(p, word | b << 16 | a << 5 | ((word & 31) ? 0 : reg_any(p)));
        put(p, 0x54000000u | (random & 15));
        break;
    }
    case 4: /* cmp with an immediate */
        put(p, 0x7100001fu | (random & 0x803ffc00) | a << 5);
        put(p, 0x54000000u | (random & 15));
        break;
    case 5: /* fcmp */
        put(p, 0x1e202000u | (random & 0x005f03e0));
        put(p, 0x54000000u | (random & 15));
        break;
    default: /* flags from wherever */
        put(p, 0x54000000u | (random & 15));
        break;
    }
    return p->words - 1;
}

/* --- Addresses --- */

static uint64_t window_address(struct rng *rng)
{
    static const uint8_t odd[] = {WINDOW_READ_ONLY, WINDOW_MORE, WINDOW_EL1,  WINDOW_DEVICE,
                                  WINDOW_HOLE,      0,           WINDOW_SWAP, WINDOW_SWAP + 1};
    unsigned page = WINDOW_RAM + rng_below(rng, 16);

    switch (rng_below(rng, 24)) {
    case 0:
        page = odd[rng_below(rng, sizeof(odd))];
        return WINDOW + page * PAGE_SIZE + rng_below(rng, PAGE_SIZE / 8) * 8;
    case 1: /* over the end of a page, the last one as well */
        return WINDOW + (page + 1) * PAGE_SIZE - rng_below(rng, 32);
    case 2:
        return WINDOW + WINDOW_ALIAS * PAGE_SIZE + rng_below(rng, PAGE_SIZE);
    case 3:
        return WINDOW + page * PAGE_SIZE + rng_below(rng, PAGE_SIZE);
    case 4: /* the pages that come and go */
        page = WINDOW_SWAP + rng_below(rng, 2);
        return WINDOW + page * PAGE_SIZE + rng_below(rng, PAGE_SIZE / 16) * 16;
    default:
        return WINDOW + page * PAGE_SIZE + rng_below(rng, PAGE_SIZE / 16) * 16;
    }
}

void put_base(struct program *p)
{
    unsigned base = rng_below(&p->rng, 12) ? reg(p, ROLE_BASE + rng_below(&p->rng, ROLES_BASE))
                                           : reg(p, ROLE_T0);
    uint64_t address = window_address(&p->rng);

    if (p->tbi && rng_below(&p->rng, 8) == 0)
        address |= (uint64_t)rng_below(&p->rng, 256) << 56;
    put_number(p, base, address);
    if (base == reg(p, ROLE_T0)) /* mov sp */
        put(p, 0x9100001fu | base << 5);
    if (rng_below(&p->rng, 4) == 0)
        put_number(p, reg(p, ROLE_INDEX), rng_below(&p->rng, 0x200));
}

void put_ram(struct program *p, unsigned d)
{
    put_number(p, d,
               WINDOW + WINDOW_RAM * PAGE_SIZE + rng_below(&p->rng, 15 * PAGE_SIZE / 16) * 16);
}

/* --- Random instructions --- */

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_memory(const char *table)
{
    return strstr(table, "ldst") || begins(table, "atomics");
}

/* Its Rd, or Rt, is a vector register. */
static bool writes_vector(const struct program *p)
{
    const char *id = p->row->id;

    if (is_memory(p->table))
        return begins(p->table, "simd") || strstr(id, "_V_") || strstr(id, "_Q_") ||
               begins(id, "LDR_S_") || begins(id, "LDR_D_");
    if (begins(p->table, "fp"))
        return !strstr(id, "float2") || begins(id, "SCVTF") || begins(id, "UCVTF");
    return begins(p->table, "simd") && !begins(id, "SMOV") && !begins(id, "UMOV");
}

/* Register 31 as the destination is the stack pointer. */
static bool writes_sp(const char *id)
{
    return strstr(id, "_imm") && !strstr(id, "condcmp") && id[3] == '_';
}

static uint32_t fill(void *opaque, char letter, unsigned width)
{
    struct program *p = opaque;
    bool memory = is_memory(p->table);

    if (width != 5)
        return (uint32_t)rng_next(&p->rng);
    switch (letter) {
    case 'd':
    case 't':
        if (writes_vector(p))
            return rng_below(&p->rng, 32);
        if (begins(p->table, "dp") && rng_below(&p->rng, 8) == 0 && !writes_sp(p->row->id) &&
            !strstr(p->row->id, "addsub_ext"))
            return 31;
        return reg_any(p);
    case 's':
        return rng_below(&p->rng, 8) || begins(p->row->id, "CAS") ? reg_any(p) : 31;
    case 'n':
        if (!memory)
            return rng_below(&p->rng, 32);
        return rng_below(&p->rng, 24) ? reg(p, ROLE_BASE + rng_below(&p->rng, ROLES_BASE)) : 31;
    case 'm':
        if (!memory || rng_below(&p->rng, 32) == 0)
            return rng_below(&p->rng, 32);
        return begins(p->table, "simd") ? 31 : reg(p, ROLE_INDEX);
    default:
        return (uint32_t)rng_next(&p->rng);
    }
}

/* Block operations write all their registers, and any amount of memory. */
static bool want_any(const char *table)
{
    return strcmp(table, "system") != 0 && strcmp(table, "branch") != 0 &&
           strcmp(table, "mops") != 0;
}

static bool want_integer(const char *table)
{
    return begins(table, "dp_");
}

static bool want_reg(const char *table)
{
    return begins(table, "dp_reg");
}

static bool want_memory(const char *table)
{
    return is_memory(table);
}

static bool want_scalar(const char *table)
{
    return begins(table, "ldst") && !strstr(table, "excl");
}

static bool want_fp(const char *table)
{
    return begins(table, "fp");
}

static bool want_simd(const char *table)
{
    return begins(table, "simd");
}

/* Exclusives stand in loops of their own where an interrupt may clear the monitor. A second
 * register of a pair that the row does not name may be one that has a role, and so may X17 and X30,
 * which hints of pointer authentication write; its branches are for others. */
static bool is_refused(const struct program *p)
{
    const char *id = p->row->id;

    if (begins(id, "CASP") || (begins(p->table, "pauth") && !strstr(id, "_dp_")))
        return true;
    return p->async && strstr(id, "ldstexcl");
}

/* Whether the word is an instruction: what its translator says, whose work is thrown away. */
static bool is_defined(const struct program *p, uint32_t word)
{
    union {
        struct block block;
        char room[sizeof(struct block) + 2 * TR_UOPS_MAX * sizeof(struct uop)];
    } scratch;
    struct tr tr = {.block = &scratch.block, .mode = 1, .model = model_find("max")};
    struct fields fields;
    const struct insn_row *row = decoder_find(p->decoder, word, &fields);

    memset(&scratch, 0, sizeof(scratch));
    return row && row->translate(&tr, &fields);
}

/* An UNDEFINED one ends a block and is seldom wanted. */
static uint32_t insn_of(struct program *p, bool (*wanted)(const char *table))
{
    const struct insn_table *table;
    uint32_t word;

    do {
        p->row = words_row(&p->rng, wanted, &table);
        p->table = table->name;
        word = words_of_row(&p->rng, p->row, fill, p);
    } while (is_refused(p) || (!is_defined(p, word) && rng_below(&p->rng, 256)));
    return word;
}

uint32_t random_integer(struct program *p)
{
    return insn_of(p, want_integer);
}

uint32_t random_insn(struct program *p)
{
    static bool (*const wanted[THEMES][4])(const char *) = {
        [THEME_MIXED] = {want_any, want_integer, want_scalar, want_any},
        [THEME_INTEGER] = {want_integer, want_integer, want_reg, want_scalar},
        [THEME_FLAGS] = {want_reg, want_reg, want_integer, want_reg},
        [THEME_MEMORY] = {want_memory, want_scalar, want_scalar, want_integer},
        [THEME_FP] = {want_fp, want_fp, want_fp, want_scalar},
        [THEME_SIMD] = {want_simd, want_simd, want_fp, want_simd},
    };

    return insn_of(p, wanted[p->theme][rng_below(&p->rng, 4)]);
}
