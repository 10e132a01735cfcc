/* Pattern rows and the decoder built from them. A row mirrors the manual's encoding diagram. */
#ifndef ULNA_CPU_DECODE_H
#define ULNA_CPU_DECODE_H

#include "cpu/translate.h"

/* Features a row may need; a model has a set of them. Baseline v8.0 is FEAT_NONE. */
enum feature {
    FEAT_NONE,
#define FEATURE(name) FEAT_##name,
#include "cpu/features.def"
#undef FEATURE
    FEAT_COUNT
};

struct insn_row {
    const char *pattern; /* 32 symbols, top bit first: 0 1 fixed, x any, letters are fields; spaces
                            are free */
    const char *id; /* the manual's encoding id, e.g. "ADD_64_addsub_imm" without the variant */
    enum feature feature;
    translator *translate;
    struct row_args args;
};

/* clang-format off */
#define INSN(pattern, id, feature, translate) {pattern, #id, feature, translate, {0}}
/* With arguments for the translator: .op = UOP_add64, ... */
#define INSN_ARGS(pattern, id, feature, translate, ...)                                            \
    {pattern, #id, feature, translate, {__VA_ARGS__}}
/* clang-format on */

/* All rows of one file in cpu/isa/. */
struct insn_table {
    const char *name; /* the class, as the file */
    const struct insn_row *row;
    unsigned rows;
};

/* The tables, NULL-terminated; cpu/isa/tables.c */
extern const struct insn_table *const insn_tables[];

struct decoder;

/* Compiles the rows that `model` has. NULL with err when a row is malformed or two rows claim one
 * encoding without one nesting in the other. */
struct err;
struct decoder *decoder_new(const struct cpu_model *model, struct err *err);
/* The same of other tables than insn_tables, NULL-terminated; rows are borrowed. */
struct decoder *decoder_new_from(const struct insn_table *const *tables,
                                 const struct cpu_model *model, struct err *err);
void decoder_free(struct decoder *decoder);
/* The row that claims `word` (the most specific one), and its fields; NULL: unallocated. */
const struct insn_row *decoder_find(const struct decoder *decoder, uint32_t word,
                                    struct fields *fields);

#endif
