/* The symbols of the loaded ELF files: which function holds a guest virtual address. Built once
 * while loading, then only read (from any thread). */
#ifndef ULNA_LOADER_SYMBOLS_H
#define ULNA_LOADER_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

struct symbols *symbols_new(void);
void symbols_free(struct symbols *symbols);

/* Adds [address, end) under a copy of `name` (control characters become '?'). `size_known` is false
 * for a label without a size: it ends at the next symbol, at `end` at the latest. False: no memory.
 */
bool symbols_add(struct symbols *symbols, const char *name, uint64_t address, uint64_t end,
                 bool size_known);
/* Sorts what was added; to be called before the first look-up, and again after adding more. */
void symbols_sort(struct symbols *symbols);
size_t symbols_count(const struct symbols *symbols);

/* A log_symbol_fn (base/log.h); `symbols` is the struct symbols. */
const char *symbols_lookup(void *symbols, uint64_t address, uint64_t *offset);
/* The address of a symbol by its name (for a debugger); false when there is none. */
bool symbols_find(const struct symbols *symbols, const char *name, uint64_t *address);

#endif
