/* A test vector: one instruction (or a few, one of which is the one under test), what it finds
 * and what it leaves. The text format is described in README.md; generate.py writes it. */
#ifndef ULNA_TESTS_ISA_VECTOR_H
#define ULNA_TESTS_ISA_VECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { VECTOR_WORDS_MAX = 64, VECTOR_POKES_MAX = 64, VECTOR_POKE_SIZE = 64 };

struct vector_state {
    uint64_t x[31], sp, pc;
    uint64_t z[32][32]; /* V in the first two */
    uint64_t p[17][4];  /* P0 to P15, FFR */
    uint32_t nzcv;      /* N in bit 3 to V in bit 0 */
    uint32_t fpcr, fpsr;
    uint32_t rgsr, gcr, tfsr; /* of EL1 */
};

/* Bytes of memory, or Allocation Tags: of the granule at `address` and the next ones. */
struct vector_poke {
    uint64_t address;
    unsigned size;
    uint8_t data[VECTOR_POKE_SIZE];
};

struct test_vector {
    unsigned line; /* of the file, where it starts */
    char insn[64]; /* encoding id of the row under test */
    char text[128];
    uint32_t word[VECTOR_WORDS_MAX];
    unsigned words;
    struct vector_state in,
        out; /* out: in, with the changes; pc follows from the fault or the words */
    struct vector_poke in_memory[VECTOR_POKES_MAX], out_memory[VECTOR_POKES_MAX];
    unsigned in_pokes, out_pokes;
    const uint8_t *out_image; /* all of LAYOUT_DATA, instead of out_memory; not in files */
    struct vector_poke in_tags, out_tags; /* all that are not 0 */
    uint64_t sctlr, tcr;                  /* bits to set in SCTLR_EL1, TCR_EL1 */
    bool uao, irq;
    unsigned vl;   /* bits of a Z register */
    bool sve_trap; /* CPACR_EL1.ZEN traps; not in files */
    bool fp_trap;  /* CPACR_EL1.FPEN traps; not in files, see run.c */
    bool faults, has_far;
    uint64_t ec, iss, far;
};

/* Reads the next vector; false at the end of the file or on an error, which is then told on stderr
 * and in *bad. *line counts lines. */
bool vector_read(FILE *file, const char *name, unsigned *line, struct test_vector *vector,
                 bool *bad);

#endif
