/* ulna's verdict on a word: allocated or not, and what the manual calls it. */
#ifndef ULNA_TESTS_DECODE_VERDICT_H
#define ULNA_TESTS_DECODE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/decode.h"

struct verdict;

/* With the list of mnemonics in the file `names`, or without (NULL). NULL: told on stderr. */
struct verdict *verdict_new(const char *names);
void verdict_free(struct verdict *verdict);

/* The row of `word`; NULL: unallocated, at EL1. Says on stderr, and in *inconsistent, when that
 * depends on whether CPACR_EL1.FPEN traps. */
const struct insn_row *verdict_row(struct verdict *verdict, uint32_t word, bool *inconsistent);
/* The same, and its mnemonic in name, which is "" without one. */
#define VERDICT_NAME 32
const struct insn_row *verdict_of(struct verdict *verdict, uint32_t word, char name[VERDICT_NAME],
                                  bool *inconsistent);

/* What ulna calls the system register with this SYSREG_KEY; NULL: the model has none. Of an
 * operation (op0 is 1) it may be the first part of the name. */
const char *verdict_register(const struct verdict *verdict, uint16_t key);

#endif
