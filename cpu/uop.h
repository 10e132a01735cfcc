/* A micro-op: 24 bytes, an operation over the register file of struct cpu. Translators emit them,
 * the interpreter runs them, the JIT lowers them. The list is uops.def. */
#ifndef ULNA_CPU_UOP_H
#define ULNA_CPU_UOP_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct uop;

/* A handler does its work and ends in uop_next(); what it returns is the next micro-op to run, or
 * NULL for the run loop. */
typedef const struct uop *uop_fn(struct cpu *cpu, const struct uop *uop);

/* What a `call` micro-op runs. False: leave the block, cpu->exit says why (EXIT_EXCEPTION with
 * cpu->syndrome set by cpu_raise(), or by cpu_data_abort()). It may not look at cpu->pc without
 * adding 4 * uop->insn. */
typedef bool uop_helper(struct cpu *cpu, const struct uop *uop);

enum uop_op {
#define UOP(name, operands, effects) UOP_##name,
#include "cpu/uops.def"
#undef UOP
    UOP_COUNT
};

struct uop {
    uop_fn *fn; /* handler of op; of a compiled block's first micro-op: the host code */
    uint16_t op;
    uint8_t d, a, b, x, y;
    uint8_t insn; /* index of the instruction in its block: where a fault happened */
    uint64_t imm;
};

/* x of `jump` and `br`: what the branch is for, so that returns can be foreseen. */
enum branch_kind {
    BRANCH_JUMP,
    BRANCH_CALL,
    BRANCH_RETURN,
};

struct uop_info {
    const char *name;
    const char *operands;
    const char *effects;
    uop_fn *fn;
};

/* Indexed by enum uop_op. */
extern const struct uop_info uop_info[UOP_COUNT];

#define UOP_TEXT 96
/* "name d=0 a=1 ..." in `text` of UOP_TEXT bytes. Returns it. */
const char *uop_print(const struct uop *uop, char *text);

/* True when `effects` of op holds the letter. (They are few: strchr() took the compiler 5 % of its
 * time.) */
static inline bool uop_has(enum uop_op op, char effect)
{
    const char *at = uop_info[op].effects;

    while (*at && *at != effect)
        at++;
    return *at == effect;
}

/* Handlers call one another directly where the compiler turns the call into a jump (optimised gcc
 * and clang); elsewhere they return to a dispatch loop. */
#if defined(__OPTIMIZE__) && !defined(ULNA_SANITIZED)
#define UOP_THREADED 1
#else
#define UOP_THREADED 0
#endif

static inline const struct uop *uop_next(struct cpu *cpu, const struct uop *uop)
{
#if UOP_THREADED
    return uop[1].fn(cpu, uop + 1);
#else
    (void)cpu;
    return uop + 1;
#endif
}

#endif
