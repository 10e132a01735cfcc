/* Which system registers and system instructions ulna and a disassembler know. */
#ifndef ULNA_TESTS_DECODE_REGISTERS_H
#define ULNA_TESTS_DECODE_REGISTERS_H

#include "peer.h"
#include "verdict.h"

/* All encodings. `path` lists what ulna lacks. Returns how many differences nothing explains, and
 * how many lines explain nothing; told on stdout. */
unsigned registers_compare(const struct verdict *verdict, const struct peer *peer,
                           const char *path);

#endif
