/* See words.h. */
#include "words.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "cpu/sysreg.h"

/* --- Numbers: splitmix64 --- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Mixed, or a seed's numbers would be its neighbour's, shifted by one or a few. */
void rng_seed(struct rng *rng, uint64_t seed)
{
    rng->state = mix(seed + 1);
}

uint64_t rng_next(struct rng *rng)
{
    return mix(rng->state += 0x9e3779b97f4a7c15);
}

uint64_t rng_value(struct rng *rng)
{
    switch (rng_below(rng, 6)) {
    case 0:
        return rng_below(rng, 16);
    case 1:
        return ~(uint64_t)rng_below(rng, 4);
    case 2:
        return 1ull << rng_below(rng, 64);
    case 3:
        return bits_ones(rng_below(rng, 65)) << rng_below(rng, 64);
    case 4:
        return (uint32_t)rng_next(rng);
    default:
        return rng_next(rng);
    }
}

/* --- Words --- */

uint32_t words_of_row(struct rng *rng, const struct insn_row *row, words_fill_fn *fill,
                      void *opaque)
{
    uint8_t width[128] = {0};
    uint32_t value[128], word = 0;

    for (const char *s = row->pattern; *s; s++)
        width[(unsigned char)*s & 127]++;
    for (unsigned c = 'a'; c <= 'z'; c++)
        if (width[c])
            value[c] =
                (fill && c != 'x' ? fill(opaque, (char)c, width[c]) : (uint32_t)rng_next(rng)) &
                (uint32_t)bits_ones(width[c]);
    for (const char *s = row->pattern; *s; s++) {
        unsigned c = (unsigned char)*s & 127;

        if (c == ' ')
            continue;
        word <<= 1;
        if (c == '0' || c == '1')
            word |= c - '0';
        else /* a letter's bits come from the top */
            word |= value[c] >> --width[c] & 1;
    }
    return word;
}

const struct insn_row *words_row(struct rng *rng, bool (*wanted)(const char *table),
                                 const struct insn_table **table)
{
    unsigned tables = 0;

    while (insn_tables[tables])
        tables++;
    for (;;) {
        const struct insn_table *t = insn_tables[rng_below(rng, tables)];

        if (t->rows && (!wanted || wanted(t->name))) {
            if (table)
                *table = t;
            return &t->row[rng_below(rng, t->rows)];
        }
    }
}

/* Direct branches stay near, or every program would leave its memory at once. */
static uint32_t tame_branch(struct rng *rng, uint32_t word)
{
    uint32_t near = (rng_below(rng, 128) - 64) & 0x7ffff;

    if ((word & 0x7c000000) == 0x14000000) /* B, BL */
        return (word & 0xfc000000) | ((near ^ 0x40000) - 0x40000) % (1u << 26);
    if ((word & 0xff000000) == 0x54000000 || (word & 0x7e000000) == 0x34000000) /* B.cond, CBZ */
        return (word & ~0x00ffffe0u) | near << 5;
    if ((word & 0x7e000000) == 0x36000000) /* TBZ */
        return (word & ~0x0007ffe0u) | (near & 0x3fff) << 5;
    return word;
}

static uint32_t known_register(struct rng *rng, uint32_t word)
{
    const struct sysreg *row = NULL;

    /* A write to a register of the regime mostly ends all further adventures: seldom. */
    while (!row || ((row->access & SYSREG_END) && row->key >> 14 == 3 && rng_below(rng, 16)))
        row = sysreg_row(rng_below(rng, 400));
    /* op0:op1:CRn:CRm:op2 stand in bits 20 to 5 */
    return (word & 0xffe0001f) | (uint32_t)row->key << 5 | 1u << (row->key >> 15 ? 20 : 19);
}

uint32_t words_any(struct rng *rng)
{
    uint32_t word;

    if (rng_below(rng, 24) == 0)
        return (uint32_t)rng_next(rng);
    word = words_of_row(rng, words_row(rng, NULL, NULL), NULL, NULL);
    if (rng_below(rng, 16) == 0)
        word ^= 1u << rng_below(rng, 32);
    word = tame_branch(rng, word);
    if ((word & 0xffc00000) == 0xd5000000 && (word & 0x00180000) && rng_below(rng, 2))
        word = known_register(rng, word);
    return word;
}

/* --- The command line, and the watch --- */

static _Noreturn void usage(const char *name)
{
    fprintf(stderr, "usage: %s [--seed N] [--count N] [--verbose]\n", name);
    exit(2);
}

struct fuzz_options fuzz_parse(int argc, char **argv, uint64_t count)
{
    struct fuzz_options options = {.seed = 1, .count = count};

    for (int i = 1; i < argc; i++) {
        char *end;

        if (strcmp(argv[i], "--verbose") == 0) {
            options.verbose = true;
            continue;
        }
        if (i + 1 == argc)
            usage(argv[0]);
        if (strcmp(argv[i], "--seed") == 0)
            options.seed = strtoull(argv[i + 1], &end, 10);
        else if (strcmp(argv[i], "--count") == 0)
            options.count = strtoull(argv[i + 1], &end, 10);
        else
            usage(argv[0]);
        if (*end || end == argv[i + 1])
            usage(argv[0]);
        i++;
    }
    return options;
}

static char watched[64]; /* what the handler says; a handler has nothing but file scope */

static void hung(int signal)
{
    (void)signal;
    (void)!write(STDERR_FILENO, watched, strlen(watched));
    abort();
}

void fuzz_watch(const char *what, uint64_t seed, unsigned seconds)
{
    snprintf(watched, sizeof(watched), "%s: seed %llu hangs\n", what, (unsigned long long)seed);
    signal(SIGALRM, hung);
    alarm(seconds);
}
