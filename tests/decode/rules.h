/* The differences that are known: lines "PEERS PATTERN ULNA PEER REASON" of a file.
 * PEERS        tags of the peers that it is about: b, l and c
 * PATTERN      32 symbols 0, 1 and x, the top bit first, "_" between them as you like; "*": any
 * ULNA, PEER   globs of mnemonics; "-": unallocated
 * REASON       a FEAT_ that ulna lacks (ULNA is "-") or the peer, or who is wrong and why */
#ifndef ULNA_TESTS_DECODE_RULES_H
#define ULNA_TESTS_DECODE_RULES_H

#include <stdbool.h>
#include <stdint.h>

struct rule {
    unsigned line;
    char peers[4];
    uint32_t mask, value; /* of the pattern; mask 0: "*" */
    char ulna[32], peer[32];
    bool absent; /* REASON is a feature that ulna lacks */
    char reason[160];
    uint64_t hits;      /* words that it excused */
    uint64_t allocated; /* words of an absent feature that ulna knows nevertheless */
    uint32_t example;   /* the last of them */
};

struct rules {
    const char *path;
    struct rule *rule;
    unsigned count;
};

/* False: told on stderr. */
bool rules_read(struct rules *rules, const char *path);
void rules_free(struct rules *rules);

/* Counts the word for the rule that is about it. False: the two mnemonics ("": unallocated) differ
 * and no rule says so. */
bool rules_apply(struct rules *rules, char peer, uint32_t word, const char *ulna,
                 const char *theirs);
/* How many rules about `peer` are not true any more; told on stdout. */
unsigned rules_stale(const struct rules *rules, char peer);

#endif
