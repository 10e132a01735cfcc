/* The log of one machine: categories chosen by `-d`, a file chosen by `-D`. Not global: two
 * machines can live in one process. A line says who (category), where in the guest (PC and symbol,
 * when known), what. */
#ifndef ULNA_BASE_LOG_H
#define ULNA_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum log_category {
    LOG_IN_ASM = 1 << 0,       /* guest code, disassembled when a block is translated */
    LOG_UOP = 1 << 1,          /* the micro-ops of a block */
    LOG_EXEC = 1 << 2,         /* each block that is entered */
    LOG_INT = 1 << 3,          /* exceptions and interrupts taken, and ERET */
    LOG_MMU = 1 << 4,          /* translation faults, TLB maintenance */
    LOG_UNIMP = 1 << 5,        /* things of the architecture that ulna lacks */
    LOG_GUEST_ERRORS = 1 << 6, /* things a guest should not do */
    LOG_OUT_ASM = 1 << 7,      /* host code of the JIT */
    LOG_REGION = 1 << 8,       /* what the JIT compiles together */
    LOG_UOP_OPT = 1 << 9,      /* what it does with each micro-op */
    LOG_STATS = 1 << 10,       /* what the engine has done, at the end and on SIGUSR1 */
};

struct log;

/* A new log writing to `file` (borrowed unless `owned`); `mask` is an OR of enum log_category. */
struct log *log_new(FILE *file, bool owned, uint32_t mask);
/* Returns 0, or the errno of the first write that failed: then lines are missing. */
int log_free(struct log *log);

/* Where the guest is, for the head of each line; `symbol` may be NULL. Called by whoever writes a
 * line. */
typedef const char *log_symbol_fn(void *opaque, uint64_t address, uint64_t *offset);
void log_set_symbols(struct log *log, log_symbol_fn *lookup, void *opaque);
/* The name of the symbol that holds `address` and the offset in it; NULL when none is known. */
const char *log_symbol(const struct log *log, uint64_t address, uint64_t *offset);

/* Where the guest is, when the calling thread runs one: log_line then says so. False: it does not.
 */
typedef bool log_pc_fn(void *opaque, uint64_t *pc);
void log_set_pc(struct log *log, log_pc_fn *where, void *opaque);

void log_set_mask(struct log *log, uint32_t mask);
bool log_on(const struct log *log, uint32_t category); /* log may be NULL: off */

/* One line "category: text", written whole (safe from any thread). Ignored when the category is
 * off. */
void log_line(struct log *log, enum log_category category, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with the guest PC, and its symbol where one is known, in front. */
void log_at(struct log *log, enum log_category category, uint64_t pc, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* True the first time `key` is seen for `category`: for things named once. False when the category
 * is off, and for new keys after some thousands (a guest could invent them for ever). */
bool log_once(struct log *log, enum log_category category, uint64_t key);

/* Parses "in_asm,int,..." (also "all"); on failure names the bad word and lists the accepted ones.
 */
struct err;
bool log_parse(const char *text, uint32_t *mask, struct err *err);

#endif
