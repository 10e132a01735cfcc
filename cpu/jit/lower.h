/* Lowerings: micro-ops to x86-64. Private to cpu/jit/. */
#ifndef ULNA_CPU_JIT_LOWER_H
#define ULNA_CPU_JIT_LOWER_H

#include "cpu/block.h"
#include "cpu/jit/x64.h"

/* A micro-op that compiled code runs by calling its handler: the handler goes on with uop[1], which
 * comes back. */
struct call_pair {
    struct uop uop[2];
};

#define SLOW_MAX (2 * BLOCK_INSNS_MAX * 4)

/* The compilation of one block. */
struct lower {
    struct x64 code;
    struct cpu *cpu;
    struct block *block;
    struct call_pair *pairs_rw; /* as written */
    struct call_pair *pairs_rx; /* as the code names them */
    unsigned pairs;
    /* Out-of-line calls of handlers: from where, and where to go on. */
    struct {
        uint8_t *from, *back;
        const struct uop *uop;
    } slow[SLOW_MAX];
    unsigned slows;
};

/* Writes the code of the whole block; false: no room. At its start RDI is the cpu, as for every
 * uop_fn. */
bool lower_block(struct lower *l);

#endif
