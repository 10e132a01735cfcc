/* Compares the decoder with a disassembler: for random words, most of them close to something that
 * is allocated, both say whether it is, and by the same name; and they know the same system
 * registers. What is known to differ stands in the file `differences`, with the reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "registers.h"
#include "rules.h"
#include "tests/fuzz/words.h"
#include "verdict.h"

#define CHUNK      (1u << 20)
#define GROUPS_MAX 4096

/* Words about which the two disagree in the same way. */
struct group {
    const struct insn_row *row; /* of ulna; NULL: none */
    char ulna[VERDICT_NAME], peer[PEER_TEXT];
    uint64_t count;
    uint32_t example[3];
};

struct run {
    struct verdict *verdict;
    const struct peer *peer;
    struct rules rules;
    struct rng rng;
    struct group group[GROUPS_MAX];
    unsigned groups;
    uint64_t words, allocated, excused;
    bool inconsistent;
};

/* --- Words --- */

/* A few bits that stand together become something else. */
static uint32_t change_bits(struct rng *rng, uint32_t word)
{
    uint32_t mask = (uint32_t)bits_ones(1 + rng_below(rng, 6)) << rng_below(rng, 32);

    return (word & ~mask) | ((uint32_t)rng_next(rng) & mask);
}

static uint32_t make_word(struct run *run)
{
    struct rng *rng = &run->rng;
    const struct rule *rule;
    uint32_t any = (uint32_t)rng_next(rng), kind = rng_below(rng, 20);

    if (kind < 3)
        return any;
    if (kind == 3 && run->rules.count) {
        rule = &run->rules.rule[rng_below(rng, run->rules.count)];
        return (any & ~rule->mask) | rule->value;
    }
    any = words_of_row(rng, words_row(rng, NULL, NULL), NULL, NULL);
    if (kind < 12)
        return any;
    if (kind < 16)
        return any ^ 1u << rng_below(rng, 32);
    return change_bits(rng, any);
}

/* MRS, MSR, SYS and SYSL have registers.c. */
static bool is_register(uint32_t word)
{
    return (word & 0xffc00000) == 0xd5000000 && (word & 0x00180000);
}

/* --- Comparing --- */

static void disagree(struct run *run, const struct insn_row *row, uint32_t word, const char *ulna,
                     const char *peer)
{
    struct group *group = run->group, *end = group + run->groups;

    while (group < end &&
           (group->row != row || strcmp(group->ulna, ulna) != 0 || strcmp(group->peer, peer) != 0))
        group++;
    if (group == end) {
        if (run->groups == GROUPS_MAX)
            return;
        run->groups++;
        group->row = row;
        snprintf(group->ulna, sizeof(group->ulna), "%s", ulna);
        snprintf(group->peer, sizeof(group->peer), "%s", peer);
    }
    if (group->count < 3)
        group->example[group->count] = word;
    group->count++;
}

static void compare(void *opaque, uint32_t word, const char *mnemonic, const char *operands)
{
    struct run *run = opaque;
    char name[VERDICT_NAME];
    const struct insn_row *row = verdict_of(run->verdict, word, name, &run->inconsistent);

    (void)operands;
    run->words++;
    run->allocated += row != NULL;
    if (!rules_apply(&run->rules, run->peer->tag, word, name, mnemonic))
        disagree(run, row, word, name, mnemonic);
    else
        run->excused += strcmp(name, mnemonic) != 0;
}

static bool compare_words(struct run *run, uint64_t count)
{
    uint32_t *words = malloc(CHUNK * sizeof(*words));

    while (words && count) {
        size_t n = count < CHUNK ? count : CHUNK;

        for (size_t i = 0; i < n; i++)
            do
                words[i] = make_word(run);
            while (is_register(words[i]));
        if (!peer_ask(run->peer, true, words, n, compare, run))
            break;
        count -= n;
    }
    free(words);
    return count == 0;
}

static int more_first(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    return (x->count < y->count) - (x->count > y->count);
}

static void print_groups(struct run *run)
{
    qsort(run->group, run->groups, sizeof(*run->group), more_first);
    for (unsigned i = 0; i < run->groups; i++) {
        const struct group *group = &run->group[i];

        printf("%8llu  %-24s %-10s %s: %-10s", (unsigned long long)group->count,
               group->row ? group->row->id : "", *group->ulna ? group->ulna : "-", run->peer->name,
               *group->peer ? group->peer : "-");
        for (unsigned j = 0; j < 3 && j < group->count; j++)
            printf(" %08x", group->example[j]);
        printf("\n");
    }
}

/* --- The command --- */

struct options {
    const char *peer, *folder;
    uint64_t seed, words;
};

static void usage(FILE *file)
{
    fprintf(file,
            "usage: decode_compare FOLDER [--peer binutils|llvm|capstone] [--words N] [--seed N]\n"
            "FOLDER has the lists: tests/decode\n");
}

static bool parse(int argc, char **argv, struct options *options)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (argv[i][0] != '-')
            options->folder = argv[i];
        else if (!value)
            return false;
        else if (strcmp(argv[i], "--peer") == 0)
            options->peer = argv[++i];
        else if (strcmp(argv[i], "--words") == 0)
            options->words = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            options->seed = strtoull(argv[++i], NULL, 10);
        else
            return false;
    }
    return options->folder;
}

static bool in_folder(char *path, size_t size, const char *folder, const char *name)
{
    return (size_t)snprintf(path, size, "%s/%s", folder, name) < size;
}

int main(int argc, char **argv)
{
    static struct run run;
    struct options options = {.peer = "binutils", .seed = 1, .words = 4000000};
    char names[256], differences[256], registers[256];
    unsigned wrong;

    if (!parse(argc, argv, &options) || !(run.peer = peer_find(options.peer)) ||
        !in_folder(names, sizeof(names), options.folder, "names") ||
        !in_folder(differences, sizeof(differences), options.folder, "differences") ||
        !in_folder(registers, sizeof(registers), options.folder, "registers")) {
        usage(stderr);
        return 2;
    }
    if (!peer_installed(run.peer)) {
        printf("SKIP: %s is not installed\n", run.peer->name);
        return 77;
    }
    rng_seed(&run.rng, options.seed);
    run.verdict = verdict_new(names);
    if (!run.verdict || !rules_read(&run.rules, differences) || !compare_words(&run, options.words))
        return 1;
    print_groups(&run);
    wrong = run.groups + rules_stale(&run.rules, run.peer->tag) + run.inconsistent;
    if (!run.peer->old)
        wrong += registers_compare(run.verdict, run.peer, registers);
    printf("%llu words, %llu allocated; %llu differ from %s as listed, %u groups of others\n",
           (unsigned long long)run.words, (unsigned long long)run.allocated,
           (unsigned long long)run.excused, run.peer->name, run.groups);
    rules_free(&run.rules);
    verdict_free(run.verdict);
    return wrong != 0;
}
