/* See sequence.h. Six registers are not for the instructions under test: bases and indices of
 * accesses, so that these stay where memory is, and what FPCR may become. */
#include "sequence.h"

#include <string.h>

#include "cpu/sysreg.h"

enum {
    SAVED = 23,  /* BASE, after writeback */
    TARGET = 24, /* of branches to a register */
    MODES = 25,  /* a value for FPCR */
    INDEX = 26,
    ALIGNED = 27, /* to 16 bytes */
    BASE = 28,
};

#define MOV(d, m)    (0xaa0003e0u | (m) << 16 | (d))
#define ADD(d, n, i) (0x91000000u | (i) << 10 | (n) << 5 | (d))
#define MOVZ(d, i)   (0xd2800000u | (i) << 5 | (d))
#define ADR_8(d)     (0x10000040u | (d))
#define CLREX        0xd5033f5fu
/* AND Zd.S or Zd.D, with 0x3f; SUB, 0x20; INDEX Zd.S or Zd.D, Xn, i */
#define AND_Z(d, wide)         (0x058000a0u | (uint32_t)(wide) << 17 | (d))
#define SUB_Z(d, wide)         (0x25a1c400u | (uint32_t)(wide) << 22 | (d))
#define INDEX_Z(d, wide, n, i) (0x04a04400u | (uint32_t)(wide) << 22 | (i) << 16 | (n) << 5 | (d))
#define MRS_FPSR(d)            (0xd53b4420u | (d))
#define MSR_FPSR_XZR           0xd51b443fu

struct maker {
    struct sequence *sequence;
    struct rng *rng;
    const struct subject *subject;
    uint32_t value[128]; /* of the row's letters */
    uint8_t width[128];
};

static bool is(const struct maker *m, const char *table)
{
    return strcmp(m->subject->table, table) == 0;
}

static bool has(const struct maker *m, const char *part)
{
    return strstr(m->subject->row->id, part) != NULL;
}

static bool begins(const struct maker *m, const char *part)
{
    return strncmp(m->subject->row->id, part, strlen(part)) == 0;
}

static void emit(struct maker *m, uint32_t word)
{
    m->sequence->word[m->sequence->words++] = word;
}

/* --- Fields --- */

static uint32_t any_register(struct rng *rng)
{
    static const uint8_t others[] = {29, 30, 31};
    unsigned n = rng_below(rng, SAVED + 3);

    return n < SAVED ? n : others[n - SAVED];
}

/* One that is not 31, nor in the mask, and goes into it. */
static uint32_t new_register(struct rng *rng, uint32_t *mask)
{
    uint32_t n;

    do
        n = any_register(rng);
    while (n == 31 || (*mask >> n & 1));
    *mask |= 1u << n;
    return n;
}

static uint32_t any_value(struct rng *rng, unsigned width)
{
    const uint32_t ones = (uint32_t)bits_ones(width);

    switch (rng_below(rng, 8)) {
    case 0:
        return 0;
    case 1:
        return ones;
    case 2:
        return 1u << (width - 1);
    case 3:
        return 1 & ones;
    default:
        return (uint32_t)rng_next(rng) & ones;
    }
}

static void choose_fields(struct maker *m)
{
    memset(m->width, 0, sizeof(m->width));
    for (const char *s = m->subject->row->pattern; *s; s++)
        m->width[(unsigned char)*s & 127]++;
    for (unsigned c = 'a'; c <= 'z'; c++)
        if (m->width[c] && c != 'x')
            m->value[c] = m->width[c] == 5 && strchr("dnmats", (int)c)
                              ? any_register(m->rng)
                              : any_value(m->rng, m->width[c]);
}

/* Bits that should be 1 are: "x" in patterns. */
static uint32_t assemble(const struct maker *m)
{
    uint8_t left[128];
    uint32_t word = 0;

    memcpy(left, m->width, sizeof(left));
    for (const char *s = m->subject->row->pattern; *s; s++) {
        unsigned c = (unsigned char)*s & 127;

        if (c == ' ')
            continue;
        word <<= 1;
        if (c == '0' || c == '1' || c == 'x')
            word |= c != '0';
        else
            word |= m->value[c] >> --left[c] & 1;
    }
    return word;
}

/* --- Memory --- */

static void choose_literal(struct maker *m)
{
    uint32_t at = LAYOUT_CODE + 4 * m->sequence->words;

    m->value['i'] = (LAYOUT_DATA + 0x100 + 4 * rng_below(m->rng, 64) - at) / 4;
}

static bool writes_back(const struct maker *m)
{
    return has(m, "_immpre") || has(m, "_immpost") || has(m, "pair_pre") || has(m, "pair_post") ||
           has(m, "_asisdlsep") || has(m, "_asisdlsop");
}

/* The base, the index, and offsets that stay near. */
static void choose_address(struct maker *m)
{
    const bool vectors = is(m, "simd_ldst");

    if (has(m, "_loadlit")) {
        choose_literal(m);
        return;
    }
    m->value['n'] = BASE;
    if (m->width['i'] == 12)
        m->value['i'] %= 32;
    if (has(m, "_regoff"))
        m->value['o'] |= 2;
    if (m->width['m'])
        m->value['m'] = vectors && rng_below(m->rng, 2) ? 31 : INDEX;
    if (m->width['t'] && m->value['t'] == m->value['d'] && begins(m, "LD"))
        m->value['t'] = (m->value['d'] + 1) % SAVED;
}

/* Immediate offsets count vectors, or registers of them: of 2048 bits each at most. */
static void choose_sve_address(struct maker *m)
{
    if (!has(m, "_p_a"))
        m->value['n'] = BASE;
    if (!has(m, "_p_bz"))
        m->value['m'] = INDEX;
    if (has(m, "_p_a") || has(m, "_p_bz"))
        m->value['r'] = 0; /* not LDFF1: how far it gets is its own business */
    if (m->width['i'] == 4)
        m->value['i'] = (rng_below(m->rng, 3) - 1) & 15;
    if (m->width['i'] == 9)
        m->value['i'] = (rng_below(m->rng, 9) - 4) & 0x1ff;
}

/* Offsets that stay near the base, or addresses. */
static void emit_vector_of_addresses(struct maker *m)
{
    if (has(m, "_p_bz")) {
        emit(m, AND_Z(m->value['m'], has(m, "_64")));
        if (has(m, "_64") || m->value['h']) /* they have a sign */
            emit(m, SUB_Z(m->value['m'], has(m, "_64")));
    } else {
        emit(m, INDEX_Z(m->value['n'], has(m, "_d"), BASE, rng_below(m->rng, 32)));
    }
}

static void choose_aligned(struct maker *m)
{
    uint32_t used = 0;

    m->value['n'] = ALIGNED;
    if (m->width['i'])
        m->value['i'] &= 0x1f8;
    if (begins(m, "CASP")) { /* writes the register behind as well */
        m->value['s'] %= SAVED - 1;
        m->value['d'] %= SAVED - 1;
    }
    if (has(m, "_ldstexcl"))
        for (const char *letter = "dts"; *letter; letter++)
            m->value[(unsigned char)*letter] = new_register(m->rng, &used);
}

/* A store-exclusive needs the load that it belongs to, or it would always fail. */
static void emit_exclusive_load(struct maker *m)
{
    uint32_t used = 1u << m->value['d'] | 1u << m->value['t'] | 1u << m->value['s'];
    uint32_t t = new_register(m->rng, &used), t2 = new_register(m->rng, &used);

    if (has(m, "_ldstexclp"))
        emit(m, 0x887f0000 | m->value['k'] << 30 | t2 << 10 | ALIGNED << 5 | t);
    else
        emit(m, 0x085f7c00 | m->value['z'] << 30 | ALIGNED << 5 | t);
}

/* The fixed bits of a row. */
static uint32_t fixed_bits(const struct insn_row *row, uint32_t *ones)
{
    uint32_t fixed = 0;

    *ones = 0;
    for (const char *s = row->pattern; *s; s++) {
        if (*s == ' ')
            continue;
        fixed = fixed << 1 | (*s == '0' || *s == '1');
        *ones = *ones << 1 | (*s == '1');
    }
    return fixed;
}

/* All three of a memory operation, whichever is the subject: CPYP, CPYM, CPYE and the others stand
 * one behind the other. What a forward-only copy leaves where the regions overlap is not defined.
 */
static void emit_memory_operation(struct maker *m)
{
    static const char letters[] = "PME";
    const struct insn_row *row = m->subject->row;
    const char letter = row->id[strcspn(row->id, "_") - 1];
    uint32_t used = 0, word = assemble(m) & ~0x001f03ffu, ones;
    uint32_t d = new_register(m->rng, &used), s = new_register(m->rng, &used),
             n = new_register(m->rng, &used);

    row -= strchr(letters, letter) - letters;
    emit(m, ADD(d, BASE, rng_below(m->rng, 128)));
    if (!begins(m, "SET"))
        emit(m, ADD(s, begins(m, "CPYF") ? ALIGNED : BASE, rng_below(m->rng, 128)));
    emit(m, MOVZ(n, rng_below(m->rng, rng_below(m->rng, 2) ? 20 : 300)));
    for (unsigned i = 0; i < 3; i++) {
        uint32_t fixed = fixed_bits(&row[i], &ones);

        emit(m, (word & ~fixed) | ones | s << 16 | n << 5 | d);
    }
}

/* --- System --- */

static void choose_register(struct maker *m)
{
    static const uint16_t keys[] = {SYSREG_KEY(3, 3, 4, 2, 0), SYSREG_KEY(3, 3, 4, 4, 0),
                                    SYSREG_KEY(3, 3, 4, 4, 1)}; /* NZCV, FPCR, FPSR */
    unsigned which = rng_below(m->rng, ARRAY_SIZE(keys));

    m->value['i'] = keys[which] & 0x7fff;
    if (begins(m, "MSR_SR") &&
        which) /* other bits of the two are RES0, and whether they stay ... */
        m->value['d'] = which == 1 && rng_below(m->rng, 4) ? MODES : 31;
}

static void choose_system(struct maker *m)
{
    if (begins(m, "MRS_RS") || begins(m, "MSR_SR"))
        choose_register(m);
    else if (begins(m, "DC_") || begins(m, "IC_"))
        m->value['d'] = rng_below(m->rng, 2) ? BASE : ALIGNED;
}

/* --- Units --- */

static bool is_branch(const struct maker *m)
{
    return is(m, "branch");
}

static void choose(struct maker *m)
{
    choose_fields(m);
    if (is(m, "ldst") || is(m, "ldst_pair") || is(m, "simd_ldst"))
        choose_address(m);
    else if (is(m, "sve_mem"))
        choose_sve_address(m);
    else if (is(m, "ldst_excl") || is(m, "atomics"))
        choose_aligned(m);
    else if (is(m, "system"))
        choose_system(m);
    else if (is_branch(m) && m->width['i'])
        m->value['i'] = 1; /* to what follows: fill_branch() */
    else if (is_branch(m))
        m->value['n'] = TARGET;
}

static void emit_unit(struct maker *m)
{
    if (is(m, "mops")) {
        emit_memory_operation(m);
        return;
    }
    if (begins(m, "ST") && has(m, "_ldstexcl"))
        emit_exclusive_load(m);
    if (has(m, "_p_bz") || has(m, "_p_a"))
        emit_vector_of_addresses(m);
    if (is_branch(m) && !m->width['i'])
        emit(m, ADR_8(TARGET));
    emit(m, assemble(m));
    if (begins(m, "LD") && has(m, "_ldstexcl"))
        emit(m, CLREX);
    if (writes_back(m))
        emit(m, MOV(BASE, SAVED));
    if ((is(m, "fp_scalar") || is(m, "sve_fp") || strncmp(m->subject->table, "simd", 4) == 0) &&
        rng_below(m->rng, 4) == 0) { /* what it did to FPSR, before others do the same */
        emit(m, MRS_FPSR(any_register(m->rng)));
        emit(m, MSR_FPSR_XZR);
    }
}

/* The branch at the end of the last unit leads to behind this one, instead of to it. */
static void fill_branch(struct sequence *sequence, unsigned at)
{
    uint32_t *word = &sequence->word[at], more = sequence->words - at - 1;

    *word += (*word & 0x7c000000) == 0x14000000 ? more : more << 5;
}

static bool waits_for_target(const struct sequence *sequence)
{
    const struct unit *end = &sequence->unit[sequence->units];

    return sequence->units && strcmp(end[-1].subject->table, "branch") == 0 && end[-1].words == 1;
}

bool sequence_add(struct sequence *sequence, struct rng *rng, struct verdict *verdict,
                  struct subject *subject)
{
    enum { LONGEST = 8, TRIES = 200 };
    struct maker m = {.sequence = sequence, .rng = rng, .subject = subject};
    struct unit *unit = &sequence->unit[sequence->units];
    bool inconsistent = false;
    unsigned tries = 0;

    if (sequence->words + LONGEST > ORACLE_WORDS_MAX)
        return false;
    do
        choose(&m);
    while (verdict_row(verdict, assemble(&m), &inconsistent) != subject->row && ++tries < TRIES);
    if (tries == TRIES)
        return false;
    *unit = (struct unit){.subject = subject, .first = sequence->words};
    unit->skippable = waits_for_target(sequence);
    emit_unit(&m);
    unit->words = sequence->words - unit->first;
    if (unit->skippable)
        fill_branch(sequence, unit->first - 1);
    sequence->units++;
    return true;
}

void sequence_request(const struct sequence *sequence, unsigned units,
                      struct oracle_request *request)
{
    const struct unit *last = &sequence->unit[units - 1];

    request->words = last->first + last->words;
    request->pokes = 0;
    request->vl = 16;
    memset(request->word, 0, sizeof(request->word));
    memcpy(request->word, sequence->word, 4 * request->words);
}

/* --- Registers --- */

/* Sign, exponent, fraction. Every third number is what others are special with: zero, infinity,
 * NaN, the smallest and largest; the rest are ones, halves, powers, and close to them. */
static uint64_t float_corner(struct rng *rng, unsigned exponent_bits, unsigned fraction_bits)
{
    const unsigned top = (1u << exponent_bits) - 1, bias = top >> 1;
    const unsigned exponents[] = {0,         1,         2,        bias - fraction_bits,
                                  bias - 1,  bias,      bias + 1, bias + fraction_bits,
                                  bias + 31, bias + 63, top - 1};
    const uint64_t half = 1ull << (fraction_bits - 1), any = rng_next(rng);
    const uint64_t fractions[] = {0, 0, 1, half, half | 1, 2 * half - 1, any, any};
    const struct {
        unsigned exponent;
        uint64_t fraction;
    } specials[] = {{0, 0},
                    {top, 0},
                    {top, half},
                    {top, 1},
                    {top, any},
                    {0, 1},
                    {top - 1, 2 * half - 1},
                    {0, 2 * half - 1}};
    unsigned special = rng_below(rng, 3 * ARRAY_SIZE(specials));
    unsigned exponent = rng_below(rng, 3) ? exponents[rng_below(rng, ARRAY_SIZE(exponents))] & top
                                          : rng_below(rng, top + 1);
    uint64_t fraction = fractions[rng_below(rng, ARRAY_SIZE(fractions))];

    if (special < ARRAY_SIZE(specials)) {
        exponent = specials[special].exponent;
        fraction = specials[special].fraction;
    }
    return (rng_next(rng) & 1) << (exponent_bits + fraction_bits) |
           (uint64_t)exponent << fraction_bits | (fraction & (2 * half - 1));
}

/* 0, 1, -1, the largest and smallest, close to them, anything. */
static uint64_t integer_corner(struct rng *rng, unsigned size)
{
    const uint64_t top = 1ull << (size - 1), any = rng_next(rng);
    const uint64_t corners[] = {0,    1,        ~0ull, 2,   top, top - 1, top + 1, 1ull << size / 2,
                                size, 1 - size, any,   any, any, any};

    return corners[rng_below(rng, ARRAY_SIZE(corners))] & bits_ones(size);
}

enum theme { HALF, SINGLE, DOUBLE, BFLOAT, INT8, INT16, INT32, INT64, THEMES };

static uint64_t themed(struct rng *rng, enum theme theme)
{
    static const struct {
        unsigned size, exponent; /* 0: integers */
    } of[THEMES] = {{16, 5}, {32, 8}, {64, 11}, {16, 8}, {8, 0}, {16, 0}, {32, 0}, {64, 0}};
    const unsigned size = of[theme].size, exponent = of[theme].exponent;
    uint64_t value = 0;

    for (unsigned at = 0; at < 64; at += size)
        value |= (exponent ? float_corner(rng, exponent, size - 1 - exponent)
                           : integer_corner(rng, size))
                 << at;
    return value;
}

/* FPCR: half the time 0, else any of the modes. */
static uint32_t any_mode(struct rng *rng, uint32_t modes)
{
    return rng_below(rng, 2) ? 0 : (uint32_t)rng_next(rng) & modes;
}

void sequence_registers(struct rng *rng, uint32_t modes, struct oracle_registers *in)
{
    const enum theme theme = rng_below(rng, THEMES);

    memset(in, 0, sizeof(*in));
    for (unsigned i = 0; i < 31; i++)
        in->x[i] = rng_below(rng, 8) ? rng_value(rng) : themed(rng, theme);
    for (unsigned i = 0; i < 32; i++) {
        enum theme own = rng_below(rng, 3) ? theme : rng_below(rng, THEMES);
        uint64_t z[ORACLE_Z_BYTES / 8];

        for (unsigned j = 0; j < ARRAY_SIZE(z); j++)
            z[j] = themed(rng, own);
        memcpy(in->z[i], z, sizeof(z));
    }
    for (unsigned i = 0; i < ARRAY_SIZE(in->p); i++)
        for (unsigned j = 0; j < sizeof(in->p[i]); j++)
            in->p[i][j] = i % 3 ? (uint8_t)rng_next(rng) : 0xff;
    in->x[MODES] = any_mode(rng, modes);
    in->x[INDEX] = rng_below(rng, 16);
    in->x[ALIGNED] = LAYOUT_DATA + 0x800;
    in->x[BASE] = in->x[SAVED] =
        LAYOUT_DATA + 0x1000 + (rng_below(rng, 2) ? 0 : rng_below(rng, 16));
    in->sp = LAYOUT_STACK;
    in->pc = LAYOUT_CODE;
    in->pstate = (uint64_t)rng_below(rng, 16) << 28;
    in->fpcr = any_mode(rng, modes);
    in->fpsr = rng_below(rng, 4) ? 0 : (uint32_t)rng_next(rng) & 0x0800009f;
}
