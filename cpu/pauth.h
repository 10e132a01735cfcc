/* Pointer authentication (FEAT_PAuth): what the registers and the model make of it, and the
 * functions of the shared pseudocode (DDI 0487, J1.1: AddPAC(), Auth(), Strip(), ComputePAC()). */
#ifndef ULNA_CPU_PAUTH_H
#define ULNA_CPU_PAUTH_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

/* x of the micro-ops pac and aut */
#define PAUTH_KEY_MASK 3
#define PAUTH_COMBINED 4 /* the instruction goes where the pointer says as well */

enum pauth_key { PAUTH_IA, PAUTH_IB, PAUTH_DA, PAUTH_DB, PAUTH_GA, PAUTH_KEYS };

/* The bits of a pointer, for pointers to code or to data, in the lower or the upper half of the
 * addresses. */
struct pauth_field {
    uint64_t code;      /* the authentication code */
    uint64_t extension; /* that, and bit 55: all alike in a pointer without one */
};

struct pauth {
    uint64_t tcr;                   /* that `field` is for */
    struct pauth_field field[2][2]; /* by is data, bit 55 */
};

/* cpu->pauth from TCR_EL1, if that has changed. */
void pauth_update(struct cpu *cpu);

uint64_t pauth_add(const struct cpu *cpu, uint64_t pointer, uint64_t modifier, enum pauth_key key);
/* Returns the pointer, or what becomes of a wrong one. *failed: it is wrong, and the model is to
 * raise an exception then; `combined`: the instruction uses the pointer as well. */
uint64_t pauth_authenticate(const struct cpu *cpu, uint64_t pointer, uint64_t modifier,
                            enum pauth_key key, bool combined, bool *failed);
uint64_t pauth_strip(const struct cpu *cpu, uint64_t pointer, bool data);
/* PACGA */
uint64_t pauth_generic(const struct cpu *cpu, uint64_t value, uint64_t modifier);

/* FEAT_PACIMP, the algorithm that is ours: the halves of a product. Compiled code has it inline. */
#define PAUTH_HASH_CONSTANT 0x9e3779b97f4a7c15

static inline uint64_t pauth_hash(uint64_t value, uint64_t modifier, uint64_t high, uint64_t low)
{
    unsigned __int128 product = (unsigned __int128)(value ^ low);

    product *= modifier ^ high ^ PAUTH_HASH_CONSTANT;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
