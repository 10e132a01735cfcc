/* Random numbers and random A64 words for the fuzzers. Words are made from the decoder's patterns,
 * so that what ulna implements comes up often, and its neighbours too. */
#ifndef ULNA_TESTS_FUZZ_WORDS_H
#define ULNA_TESTS_FUZZ_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/decode.h"

struct rng {
    uint64_t state;
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* 0 to limit-1 */
static inline unsigned rng_below(struct rng *rng, unsigned limit)
{
    return (unsigned)(rng_next(rng) >> 33) % limit;
}
/* A value as programs have them: small, all ones, one bit, a run of bits, or anything. */
uint64_t rng_value(struct rng *rng);

/* How to fill the letters of a pattern: a value for each letter; called for each field once. */
typedef uint32_t words_fill_fn(void *opaque, char letter, unsigned width);

/* The row's fixed bits, with letters filled by `fill` (NULL: random) and 'x' random. */
uint32_t words_of_row(struct rng *rng, const struct insn_row *row, words_fill_fn *fill,
                      void *opaque);
/* A row of any table, or of those whose name `wanted` accepts (NULL: all). */
const struct insn_row *words_row(struct rng *rng, bool (*wanted)(const char *table),
                                 const struct insn_table **table);
/* A word of a random row; now and then with a bit flipped, or just random. Direct branches stay
 * within 64 instructions, and half of the system accesses name a register that exists. */
uint32_t words_any(struct rng *rng);

/* --seed N --count N, in decimal; the rest stays. Exits with a usage line on bad arguments. */
struct fuzz_options {
    uint64_t seed, count;
    bool verbose;
};
struct fuzz_options fuzz_parse(int argc, char **argv, uint64_t count);

/* When `seconds` pass without another call, the process says which seed hangs, and aborts. */
void fuzz_watch(const char *what, uint64_t seed, unsigned seconds);

#endif
