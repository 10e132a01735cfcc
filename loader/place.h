/* What has been placed where in guest memory while a machine is loaded. Every placement lies within
 * one RAM or ROM block of the bus and overlaps no other. Addresses are guest physical, sizes bytes.
 */
#ifndef ULNA_LOADER_PLACE_H
#define ULNA_LOADER_PLACE_H

#include "base/bits.h"
#include "base/err.h"
#include "mmu/bus.h"

struct source;

struct place {
    char what[32]; /* "kernel", "segment 1 of kernel", "initrd", "device tree", ... */
    char *file;    /* the path as given; NULL for what ulna made itself */
    uint64_t base;
    uint64_t size; /* with what is reserved behind the bytes (BSS) */
};

struct places {
    struct bus *bus;
    uint64_t ram_base, ram_size;
    struct place *list; /* owned; in address order */
    size_t count;
};

void places_free(struct places *places);

/* Enters [base, base+size). Fails when it is not all memory or overlaps an earlier one. */
bool places_add(struct places *places, const char *what, const char *file, uint64_t base,
                uint64_t size, struct err *err);
/* The same checks for a range, entering nothing. */
bool places_check(const struct places *places, uint64_t base, uint64_t size, struct err *err);

/* The lowest `align`ed address at or above `start` with `size` free bytes of RAM. */
bool places_find(const struct places *places, uint64_t start, uint64_t size, uint64_t align,
                 uint64_t *base);
/* The largest free stretch of RAM. */
void places_largest_gap(const struct places *places, uint64_t *base, uint64_t *end);

/* Copies from a source into memory that has been checked. */
bool places_copy(const struct places *places, const struct source *source, uint64_t offset,
                 uint64_t address, uint64_t size, struct err *err);

#endif
