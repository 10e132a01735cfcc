/* The translation table walk of stage 1, EL1&0 (DDI 0487, D8.2): private to mmu/. */
#ifndef ULNA_MMU_WALK_H
#define ULNA_MMU_WALK_H

#include "mmu/mmu.h"

/* Walks for `va` (top byte already checked). On success *out holds the address and everything the
 * tables say, whether or not it permits the access; *size_log2 is the size of the mapping and
 * *level where the descriptor was found. Updates AF and the dirty state when TCR.HA and TCR.HD ask
 * for it and the access is permitted. False: mmu->fault. */
bool walk(struct mmu *mmu, uint64_t va, enum access access, unsigned el, bool pan,
          struct translation *out, unsigned *size_log2, unsigned *level) must_check;

/* Forgets the tables of level 3 that translate some of the span. */
void walk_cache_drop(struct mmu *mmu, struct tlb_span span);

/* log2 of the granule in bytes that TCR_EL1 names for the lower or the higher half: 12, 14 or 16.
 */
unsigned walk_granule_log2(uint64_t tcr, bool high);

#endif
