/* Lowerings: micro-ops to x86-64. Private to cpu/jit/. */
#ifndef ULNA_CPU_JIT_LOWER_H
#define ULNA_CPU_JIT_LOWER_H

#include <stddef.h>

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
    struct call_pair *pairs_rw; /* the end of their room, as written: they grow down */
    struct call_pair *pairs_rx; /* the same, as the code names it */
    unsigned pairs;
    /* Out-of-line calls of handlers: from where, and where to go on. */
    struct {
        uint8_t *from, *back;
        const struct uop *uop;
    } slow[SLOW_MAX];
    unsigned slows;
};

#define X_OFFSET(slot) ((int32_t)(offsetof(struct cpu, x) + 8u * (slot)))
#define N_OFFSET       ((int32_t)offsetof(struct cpu, nzcv.n))
#define Z_OFFSET       ((int32_t)offsetof(struct cpu, nzcv.z))
#define C_OFFSET       ((int32_t)offsetof(struct cpu, nzcv.c))
#define V_OFFSET       ((int32_t)offsetof(struct cpu, nzcv.v))

static inline void load_x(struct lower *l, bool wide, enum x64_reg reg, unsigned slot)
{
    x64_load(&l->code, wide, reg, RDI, X_OFFSET(slot));
}

/* 32-bit results are in registers whose upper half is zero: always stored whole. */
static inline void store_x(struct lower *l, unsigned slot, enum x64_reg reg)
{
    x64_store(&l->code, true, RDI, X_OFFSET(slot), reg);
}

/* NZCV from the host's flags after alu: ADD, SUB (C is "no borrow"), or a logical operation (C = V
 * = 0). */
void lower_set_flags(struct lower *l, enum x64_alu alu);
/* Sets the host's flags by the guest's condition (0 to 13); the result says which of the host's
 * then holds. Uses RAX. */
enum x64_cond lower_condition(struct lower *l, unsigned condition);

/* lower_bits.c: shifts, bit fields, multiplications, selections. False: not one of these. */
bool lower_bits(struct lower *l, const struct uop *uop);

/* Writes the code of the whole block; false: no room. At its start RDI is the cpu, as for every
 * uop_fn. */
bool lower_block(struct lower *l);

#endif
