/* Compares ulna's floating point with GNU MPFR: every instruction of ieee_rows.h, executed by the
 * interpreter, by compiled code and by compiled code for the oldest hosts, on the operands of
 * ieee_operands.c in every setting of FPCR. FPSR is clear before, or has Inexact set, which lets
 * the engines take their fast ways. Exits with 1 on a difference.
 *
 * Every operand, or pair, or triple, is tried in SHARE settings chosen by chance and in SHARE_AFP
 * of those in which FEAT_AFP changes what numbers are; with `--pairs all` in all of them. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "ieee_machine.h"
#include "ieee_operands.h"
#include "ieee_ops.h"
#include "ieee_rows.h"
#include "numbers.h"

enum {
    ROOM = 1 << 17, /* of operands */
    SHARE = 2,
    SHARE_AFP = 1,
    SETTINGS = 512,
    SHOWN = 4, /* differences printed of one instruction */
    ENGINES = 3,
    PRESETS = 2,
};

static const struct ieee_row rows[] = {
#define ROW(routines, assembly, ...) {.text = assembly, __VA_ARGS__},
    IEEE_ROWS(ROW)
#undef ROW
};

static const char *const engine_names[ENGINES] = {"interp", "jit", "jit, oldest host"};
static const uint32_t presets[PRESETS] = {0, SR_IXC};

struct test {
    struct ieee_machine machine[ENGINES];
    struct oracle oracle;
    uint64_t state; /* of chance */
    bool all;
    unsigned random;
    struct operands *operands;
    unsigned count; /* of them */
    /* One batch */
    struct ieee_case cases[BATCH];
    struct ieee_outcome wanted[BATCH], outcomes[BATCH];
    unsigned long executed, different;
};

/* --- Registers --- */

static uint64_t element_get(const uint64_t *v, enum ieee_format f, unsigned index)
{
    uint64_t element = 0;

    memcpy(&element, (const uint8_t *)v + index * (ieee_width(f) / 8), ieee_width(f) / 8);
    return element;
}

static void element_set(uint64_t *v, enum ieee_format f, unsigned index, uint64_t element)
{
    memcpy((uint8_t *)v + index * (ieee_width(f) / 8), &element, ieee_width(f) / 8);
}

/* The operands of a lane. */
static void gather(const struct ieee_row *row, const struct ieee_case *c, unsigned lane,
                   uint64_t *x)
{
    unsigned source = row->skip + lane * (row->stride ? row->stride : 1);

    if (row->pairwise) {
        for (unsigned i = 0; i < 2; i++) {
            unsigned at = 2 * lane + i;

            x[i] = element_get(c->v[at >= row->lanes], row->from, at % row->lanes);
        }
        return;
    }
    x[0] = element_get(c->v[0], row->from, source);
    x[1] = element_get(c->v[1], row->from, row->indexed ? row->indexed - 1u : source);
    x[2] = element_get(c->v[2], row->to == F_NZCV ? row->from : row->to, lane);
}

/* --- What is wanted --- */

static void want(struct oracle *o, const struct ieee_row *row, unsigned fbits,
                 const struct ieee_case *c, struct ieee_outcome *wanted)
{
    uint64_t old[2], x[3];

    for (unsigned i = 0; i < 2; i++)
        old[i] = row->accumulates ? c->v[2][i] : ~c->v[2][i];
    *wanted = (struct ieee_outcome){.v3 = {old[0], old[1]}};
    o->fpsr = 0;
    if (ieee_is_general(row->to)) {
        gather(row, c, 0, x);
        wanted->x6 = row->compute(o, row, fbits, x);
        wanted->fpsr = o->fpsr;
        return;
    }
    if (row->lanes == 1 && row->merge != MERGE_NOTHING && (o->fpcr & CR_NEP))
        memcpy(wanted->v3, row->merge == MERGE_V3 ? old : c->v[row->merge - MERGE_V0], 16);
    else if (!row->skip_to)
        memset(wanted->v3, 0, 16);
    for (unsigned lane = 0; lane < row->lanes; lane++) {
        gather(row, c, lane, x);
        element_set(wanted->v3, row->to, row->skip_to + lane, row->compute(o, row, fbits, x));
    }
    wanted->fpsr = o->fpsr;
}

/* --- Comparing --- */

/* The instruction, on one line, and its number of fraction bits. */
static void show_row(const struct ieee_row *row, unsigned fbits, int width)
{
    char line[128];
    unsigned length = 0;

    for (const char *c = row->text; *c && length < sizeof(line) - 1; c++)
        line[length++] = *c == '\n' ? ';' : *c;
    line[length] = 0;
    printf("%-*s", width, line);
    if (fbits)
        printf(" (%u)", fbits);
}

static void show_fpcr(uint32_t fpcr)
{
    static const char *const modes[] = {"RN", "RP", "RM", "RZ"};
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {{CR_FZ, "FZ"},   {CR_DN, "DN"}, {CR_AHP, "AHP"}, {CR_FZ16, "FZ16"},
                {CR_EBF, "EBF"}, {CR_AH, "AH"}, {CR_FIZ, "FIZ"}, {CR_NEP, "NEP"}};

    printf("%s", modes[(fpcr & CR_RMODE) >> 22]);
    for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
        if (fpcr & bits[i].bit)
            printf("+%s", bits[i].name);
}

static void show_vector(const char *name, const uint64_t *v)
{
    printf(" %s=%016" PRIx64 ":%016" PRIx64, name, v[1], v[0]);
}

static void show_outcome(const char *what, const struct ieee_row *row,
                         const struct ieee_outcome *is)
{
    printf("    %s", what);
    if (ieee_is_general(row->to))
        printf(" %0*" PRIx64, row->to == F_NZCV ? 1 : 16, is->x6);
    else
        show_vector("V3", is->v3);
    printf(" FPSR=%02" PRIx64 "\n", is->fpsr);
}

static void show(const struct test *t, const struct ieee_row *row, unsigned fbits, unsigned engine,
                 uint32_t preset, unsigned index)
{
    static const char *const names[] = {"V0", "V1", "V2"};
    struct ieee_outcome wanted = t->wanted[index];

    wanted.fpsr |= preset;
    show_row(row, fbits, 0);
    printf("  %s, FPCR=", engine_names[engine]);
    show_fpcr(t->oracle.fpcr);
    printf(" FPSR=%02x", preset);
    for (unsigned i = 0; i < row->operands; i++)
        show_vector(names[i], t->cases[index].v[i]);
    printf("\n");
    show_outcome("ulna    ", row, &t->outcomes[index]);
    show_outcome("expected", row, &wanted);
}

static void run_batch(struct test *t, const struct ieee_row *row, unsigned fbits, unsigned routine,
                      unsigned count)
{
    for (unsigned i = 0; i < ENGINES * PRESETS; i++) {
        unsigned engine = i / PRESETS;
        uint32_t preset = presets[i % PRESETS];

        ieee_machine_run(&t->machine[engine], routine, t->oracle.fpcr, preset, t->cases,
                         t->outcomes, count);
        t->executed += count;
        for (unsigned k = 0; k < count; k++) {
            const struct ieee_outcome *is = &t->outcomes[k], *wanted = &t->wanted[k];

            if (memcmp(is, wanted, offsetof(struct ieee_outcome, fpsr)) == 0 &&
                is->fpsr == (wanted->fpsr | preset))
                continue;
            if (t->different++ < SHOWN)
                show(t, row, fbits, engine, preset, k);
        }
    }
}

/* --- All cases of an instruction --- */

static uint32_t fpcr_setting(unsigned index)
{
    static const uint32_t bits[] = {1 << 22, 2 << 22, CR_FZ,  CR_DN, CR_AHP,
                                    CR_FZ16, CR_AH,   CR_FIZ, CR_NEP};
    uint32_t fpcr = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
        if (index >> i & 1)
            fpcr |= bits[i];
    return fpcr;
}

/* Which bits of FPCR make a difference to the instruction? */
static bool matters(const struct ieee_row *row, uint32_t fpcr)
{
    bool halves = row->from == F_HALF || row->to == F_HALF;
    bool converts = ieee_is_float(row->from) && ieee_is_float(row->to) && row->from != row->to;

    return (!(fpcr & CR_FZ16) || halves) && (!(fpcr & CR_AHP) || (halves && converts));
}

/* All elements of a register are from operands, from this one on or, `equal`, from it alone: what
 * the instruction must not look at is as difficult as what it computes with. */
static void fill(const struct test *t, const struct ieee_row *row, const unsigned *chosen,
                 unsigned count, unsigned first, bool equal, struct ieee_case *c)
{
    for (unsigned v = 0; v < 3; v++) {
        enum ieee_format f = v < 2 || ieee_is_general(row->to) ? row->from : row->to;

        if (ieee_is_general(f))
            f = F_I64;
        for (unsigned i = 0; i < 128 / ieee_width(f); i++)
            element_set(c->v[v], f, i,
                        t->operands[chosen[equal ? first : (first + i) % count]].x[v]);
    }
}

/* In equal lanes, then in different ones. */
static void test_chosen(struct test *t, const struct ieee_row *row, unsigned fbits,
                        unsigned routine, const unsigned *chosen, unsigned count)
{
    for (unsigned different = row->lanes == 1; different < 2; different++) {
        unsigned step = different ? row->lanes : 1, cases = 0;

        for (unsigned i = 0; i < count; i += step, cases++) {
            fill(t, row, chosen, count, i, !different, &t->cases[cases]);
            want(&t->oracle, row, fbits, &t->cases[cases], &t->wanted[cases]);
        }
        run_batch(t, row, fbits, routine, cases);
    }
}

/* The settings with FEAT_AFP, or those without: each operand gets `share` of them, or all. */
static void test_settings(struct test *t, const struct ieee_row *row, unsigned fbits,
                          unsigned routine, bool afp, unsigned share)
{
    uint32_t settings[SETTINGS];
    unsigned chosen[BATCH], count = 0, step;

    for (unsigned i = 0; i < SETTINGS; i++) {
        uint32_t fpcr = fpcr_setting(i);

        if (matters(row, fpcr) && !(fpcr & (CR_AH | CR_FIZ | CR_NEP)) == !afp)
            settings[count++] = fpcr;
    }
    step = t->all || count < share ? 1 : count / share;
    for (unsigned i = 0; i < count; i++) {
        unsigned next = 0;

        t->oracle.fpcr = settings[i];
        while (next < t->count) {
            unsigned found = 0;

            for (; next < t->count && found < BATCH; next++)
                if ((t->operands[next].chance + i) % step == 0)
                    chosen[found++] = next;
            if (found)
                test_chosen(t, row, fbits, routine, chosen, found);
        }
    }
}

/* One operand of how many is enough: other instructions have them all. */
static unsigned thinning(const struct ieee_row *row)
{
    if (row->fixed)
        return 32;
    return row->lanes > 1 || row->compute == op_condition ? 4 : 1;
}

static void thin(struct test *t, unsigned of)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < t->count; i++) {
        t->operands[kept] = t->operands[i];
        t->operands[kept].chance = (uint32_t)random_next(&t->state);
        kept += of == 1 || random_next(&t->state) % of == 0;
    }
    t->count = kept;
}

static void test_row(struct test *t, const struct ieee_row *row, unsigned routine)
{
    unsigned first = row->fixed ? 1 : 0;

    t->executed = t->different = 0;
    for (unsigned fbits = first; fbits <= row->fixed; fbits++) {
        t->count = ieee_operands(&t->oracle, row, fbits, t->random, &t->state, t->operands, ROOM);
        thin(t, t->all ? 1 : thinning(row));
        test_settings(t, row, fbits, routine + fbits - first, false, SHARE);
        test_settings(t, row, fbits, routine + fbits - first, true, SHARE_AFP);
    }
}

/* --- The command line --- */

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [--pairs all] [--random N] [--seed S] [--only TEXT] GUEST\n"
            "  --pairs all  all operands in every setting of FPCR: hours\n"
            "  --random N   so many random operands beside the chosen ones (200)\n"
            "  --only TEXT  instructions with this in their text\n",
            program);
    exit(2);
}

static const char *parse(struct test *t, int argc, char **argv, const char **only)
{
    static const struct option options[] = {
        {"pairs", 1, NULL, 'p'}, {"random", 1, NULL, 'r'}, {"seed", 1, NULL, 's'},
        {"only", 1, NULL, 'o'},  {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p' && !strcmp(optarg, "all"))
            t->all = true;
        else if (option == 'r')
            t->random = (unsigned)strtoul(optarg, NULL, 0);
        else if (option == 's')
            t->state = strtoull(optarg, NULL, 0);
        else if (option == 'o')
            *only = optarg;
        else
            usage(argv[0]);
    }
    if (optind != argc - 1 || t->random > ROOM / 2)
        usage(argv[0]);
    return argv[optind];
}

int main(int argc, char **argv)
{
    static struct test t = {.random = 200, .state = 1};
    const char *only = "", *guest = parse(&t, argc, argv, &only);
    unsigned long executed = 0, different = 0;
    unsigned routine = 0;

    for (unsigned i = 0; i < ENGINES; i++)
        if (!ieee_machine_open(&t.machine[i], i ? ENGINE_JIT : ENGINE_INTERP, i == 2, guest))
            return 1;
    oracle_open(&t.oracle);
    t.operands = calloc(ROOM, sizeof(*t.operands));
    for (unsigned i = 0; t.operands && i < ARRAY_SIZE(rows); i++) {
        if (strstr(rows[i].text, only)) {
            test_row(&t, &rows[i], routine);
            show_row(&rows[i], 0, 48);
            printf(" %8lu executions, %lu differ\n", t.executed, t.different);
            executed += t.executed;
            different += t.different;
        }
        routine += rows[i].fixed ? rows[i].fixed : 1u;
    }
    printf("%lu executions, %lu differ\n", executed, different);
    free(t.operands);
    oracle_close(&t.oracle);
    for (unsigned i = 0; i < ENGINES; i++)
        ieee_machine_close(&t.machine[i]);
    return executed == 0 || different != 0;
}
