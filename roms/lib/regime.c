/* The translation regime of EL1 and EL0 with blocks of 1 GiB: see rom.h. */
#include "rom.h"

#define BLOCK    1ul
#define TABLE    3ul
#define ACCESSED (1ul << 10)
#define SHARED   (3ul << 8) /* inner shareable */

static uint64_t table[512] __attribute__((aligned(4096)));

void regime_map(uint64_t offset, uint64_t attributes)
{
    table[1 + (offset >> 30)] = RAM_BASE | ACCESSED | SHARED | BLOCK | attributes;
}

void regime_map_table(uint64_t offset, const uint64_t *level2)
{
    table[1 + (offset >> 30)] = (uint64_t)level2 | TABLE;
}

void regime_on(uint64_t mair, uint64_t tcr)
{
    table[0] = ACCESSED | BLOCK; /* devices */
    WRITE_REG(mair_el1, mair);
    /* 39-bit addresses by TTBR0_EL1 alone, walks cacheable and shared, physical ones of 40 bits */
    WRITE_REG(tcr_el1, 25 | 1ul << 8 | 1ul << 10 | 3ul << 12 | 1ul << 23 | 2ul << 32 | tcr);
    WRITE_REG(ttbr0_el1, (uint64_t)table);
    __asm__ volatile("tlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
    WRITE_REG(sctlr_el1, READ_REG(sctlr_el1) | 1 | 1ul << 2 | 1ul << 12); /* M C I */
}
