/* Compares ulna's floating point with GNU MPFR: every instruction of ieee_rows.h, executed by the
 * interpreter, by compiled code and by compiled code for the oldest hosts, on the operands of
 * ieee_operands.c. Exits with 1 on a difference.
 *
 * Every operand, or pair, or triple, is tried in SHARE settings of FPCR, chosen by chance, and in
 * SHARE_AFP of those with FEAT_AFP; with `--pairs all` in all of them. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "ieee_lanes.h"
#include "ieee_ops.h"
#include "ieee_rows.h"
#include "ieee_show.h"
#include "numbers.h"

enum {
    ROOM = 1 << 17, /* of operands */
    SHARE = 2,      /* for lanes, 1 */
    SHARE_AFP = 1,
    UNARY = 3, /* so many times as many where there is one operand */
    SETTINGS = 1024,
    SHOWN = 4, /* differences printed of one instruction */
    ENGINES = 3,
    MACHINES = 2 * ENGINES, /* without and with SVE */
};

static const struct ieee_row rows[] = {
#define ROW(routines, assembly, ...) {.text = assembly, __VA_ARGS__},
    IEEE_ROWS(ROW)
#undef ROW
};

/* The ways in which each case is executed. */
static const struct run {
    uint8_t engine; /* index of a machine */
    bool loop;
    uint32_t fpsr; /* before */
    const char *name;
} runs[] = {
    {0, false, 0, "interp"},
    {0, false, SR_IXC, "interp"},
    {1, false, 0, "jit"},
    {1, false, SR_IXC, "jit"},
    {1, true, 0, "jit, in a loop"},
    {2, false, 0, "jit, oldest host"},
    {2, true, SR_IXC, "jit, oldest host, in a loop"},
};

struct test {
    struct ieee_machine machine[MACHINES];
    struct oracle oracle;
    struct choice choice;
    unsigned routines; /* of each kind */
    unsigned sparing;  /* one operand of how many is kept, beside thinning() */
    struct operands *operands;
    unsigned count; /* of them */
    /* One batch */
    struct ieee_case cases[BATCH];
    struct ieee_outcome wanted[BATCH], outcomes[BATCH];
    unsigned long executed, different;
};

static void run_batch(struct test *t, const struct ieee_row *row, unsigned fbits, unsigned routine,
                      unsigned count)
{
    uint64_t all = 0;

    for (unsigned k = 0; k < count; k++)
        all |= t->wanted[k].fpsr;
    for (unsigned i = 0; i < ARRAY_SIZE(runs); i++) {
        const struct run *run = &runs[i];

        ieee_machine_run(&t->machine[run->engine + (row->sve ? ENGINES : 0)],
                         routine + (run->loop ? t->routines : 0), run->loop, t->oracle.fpcr,
                         run->fpsr, t->cases, t->outcomes, count);
        t->executed += count;
        for (unsigned k = 0; k < count; k++) {
            struct ieee_outcome *is = &t->outcomes[k], wanted = t->wanted[k];

            wanted.fpsr = (run->loop ? all : wanted.fpsr) | run->fpsr;
            if (run->loop && k < count - 1)
                is->fpsr = wanted.fpsr;
            if (memcmp(is, &wanted, sizeof(wanted)) != 0 && t->different++ < SHOWN)
                ieee_show(&(struct difference){row, fbits, t->oracle.fpcr, run->fpsr, run->name,
                                               &t->cases[k], is, &wanted});
        }
    }
}

/* --- All cases of an instruction --- */

static unsigned routines_of(const struct ieee_row *row)
{
    return row->fixed ? row->fixed : 1;
}

static uint32_t fpcr_setting(unsigned index)
{
    static const uint32_t bits[] = {1 << 22, 2 << 22, CR_FZ,  CR_DN,  CR_AHP,
                                    CR_FZ16, CR_AH,   CR_FIZ, CR_NEP, CR_EBF};
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

    return (!(fpcr & CR_FZ16) || halves) && (!(fpcr & CR_AHP) || (halves && converts)) &&
           (!(fpcr & CR_EBF) || row->compute == op_bfdot);
}

/* In equal lanes, then in different ones. */
static void test_chosen(struct test *t, const struct ieee_row *row, unsigned fbits,
                        unsigned routine, const unsigned *chosen, unsigned count)
{
    for (unsigned different = row->lanes == 1; different < 2; different++) {
        unsigned step = different ? row->lanes : 1, cases = 0;

        for (unsigned i = 0; i < count; i += step, cases++) {
            ieee_fill(row, t->operands, chosen, count, i, !different, &t->cases[cases]);
            ieee_want(&t->oracle, row, fbits, &t->cases[cases], &t->wanted[cases]);
        }
        run_batch(t, row, fbits, routine, cases);
    }
}

static void shuffle(uint32_t *item, unsigned count, uint64_t *state)
{
    for (unsigned i = count - 1; i > 0; i--) {
        unsigned other = (unsigned)(random_next(state) % (i + 1));
        uint32_t swap = item[i];

        item[i] = item[other];
        item[other] = swap;
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
    if (row->lanes > 1 || row->fixed)
        share = 1;
    if (row->operands == 1 && !row->fixed)
        share *= UNARY;
    step = t->choice.all || count < share ? 1 : count / share;
    shuffle(settings, count, &t->choice.state);
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
    if (row->again || row->sve)
        return 6;
    return row->lanes > 1 && row->operands > 1 ? 3 : 1;
}

/* In any order, so that lanes next to each other have little to do with each other. */
static void thin(struct test *t, unsigned of)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < t->count; i++) {
        unsigned other = (unsigned)(random_next(&t->choice.state) % (kept + 1));
        struct operands next = t->operands[i];

        next.chance = (uint32_t)random_next(&t->choice.state);
        t->operands[kept] = t->operands[other];
        t->operands[other] = next;
        kept += of == 1 || random_next(&t->choice.state) % of == 0;
    }
    t->count = kept;
}

static void test_row(struct test *t, const struct ieee_row *row, unsigned routine)
{
    unsigned first = row->fixed ? 1 : 0;

    t->executed = t->different = 0;
    for (unsigned fbits = first; fbits <= row->fixed; fbits++) {
        t->count = ieee_operands(&t->oracle, row, fbits, &t->choice, t->operands, ROOM);
        thin(t, t->sparing * (t->choice.all ? 1 : thinning(row)));
        test_settings(t, row, fbits, routine + fbits - first, false, SHARE);
        test_settings(t, row, fbits, routine + fbits - first, true, SHARE_AFP);
    }
}

/* --- The command line --- */

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [--pairs all] [--random N] [--seed S] [--thin N] [--only TEXT]"
            " GUEST\n"
            "  --pairs all  all operands in every setting of FPCR: hours\n"
            "  --random N   so many random operands beside the chosen ones (200)\n"
            "  --thin N     one operand of N\n"
            "  --only TEXT  instructions with this in their text\n",
            program);
    exit(2);
}

static const char *parse(struct test *t, int argc, char **argv, const char **only)
{
    static const struct option options[] = {
        {"pairs", 1, NULL, 'p'}, {"random", 1, NULL, 'r'}, {"seed", 1, NULL, 's'},
        {"thin", 1, NULL, 't'},  {"only", 1, NULL, 'o'},   {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p' && !strcmp(optarg, "all"))
            t->choice.all = true;
        else if (option == 'r')
            t->choice.random = (unsigned)strtoul(optarg, NULL, 0);
        else if (option == 's')
            t->choice.state = strtoull(optarg, NULL, 0);
        else if (option == 't')
            t->sparing = (unsigned)strtoul(optarg, NULL, 0);
        else if (option == 'o')
            *only = optarg;
        else
            usage(argv[0]);
    }
    if (optind != argc - 1 || t->choice.random > ROOM / 2 || !t->sparing)
        usage(argv[0]);
    return argv[optind];
}

int main(int argc, char **argv)
{
    static struct test t = {.choice = {.random = 200, .state = 1}, .sparing = 1};
    const char *only = "", *guest = parse(&t, argc, argv, &only);
    unsigned long executed = 0, different = 0;
    unsigned routine = 0;

    for (unsigned i = 0; i < MACHINES; i++) {
        enum engine engine = i % ENGINES ? ENGINE_JIT : ENGINE_INTERP;

        if (!ieee_machine_open(&t.machine[i], engine, i % ENGINES == 2, i >= ENGINES, guest))
            return 1;
    }
    oracle_open(&t.oracle);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        t.routines += routines_of(&rows[i]);
    t.operands = calloc(ROOM, sizeof(*t.operands));
    for (unsigned i = 0; t.operands && i < ARRAY_SIZE(rows); i++) {
        if (strstr(rows[i].text, only)) {
            test_row(&t, &rows[i], routine);
            ieee_show_row(&rows[i], 0, 48);
            printf(" %8lu executions, %lu differ\n", t.executed, t.different);
            executed += t.executed;
            different += t.different;
        }
        routine += routines_of(&rows[i]);
    }
    printf("%lu executions, %lu differ\n", executed, different);
    free(t.operands);
    oracle_close(&t.oracle);
    for (unsigned i = 0; i < MACHINES; i++)
        ieee_machine_close(&t.machine[i]);
    return executed == 0 || different != 0;
}
