/* What goes through the pipes between the oracle (oracle.c, under qemu-aarch64) and who asks it:
 * requests one way, answers the other. generate.py knows it too. */
#ifndef ULNA_TESTS_ISA_ORACLE_H
#define ULNA_TESTS_ISA_ORACLE_H

#include <stdint.h>

#include "layout.h"

enum { ORACLE_WORDS_MAX = 64, ORACLE_POKE_SIZE = 64, ORACLE_POKES_MAX = 4, ORACLE_Z_BYTES = 256 };

struct oracle_registers {
    uint64_t x[31], sp, pc, pstate;
    uint8_t z[32][ORACLE_Z_BYTES]; /* V in the first 16 */
    uint8_t p[17][ORACLE_Z_BYTES / 8];
    uint32_t fpsr, fpcr;
};

struct oracle_request {
    uint32_t words, pokes, vl /* in bytes */, unused;
    uint32_t word[ORACLE_WORDS_MAX];
    struct oracle_registers in;
    struct {
        uint64_t address, size;
        uint8_t data[ORACLE_POKE_SIZE];
    } poke[ORACLE_POKES_MAX];
};

/* The signal that ended it: SIGTRAP behind the words, or a fault's, with its code and address. */
struct oracle_answer {
    uint32_t signal, code;
    uint64_t address;
    struct oracle_registers out;
    uint8_t data[LAYOUT_DATA_SIZE];
};

#endif
