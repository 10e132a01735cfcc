/* Builds VMSAv8-64 stage 1 translation tables (DDI 0487, D8.3): see tables.h. */
#include "tables.h"

#define DESC_VALID        1ul
#define DESC_TABLE        3ul
#define DESC_PAGE         3ul /* at level 3; a block in a higher table is just VALID */
#define DESC_ADDRESS_MASK 0x0000fffffffff000ul

#define SCTLR_M (1ul << 0)  /* MMU */
#define SCTLR_C (1ul << 2)  /* data cache */
#define SCTLR_I (1ul << 12) /* instruction cache */

/* MAIR_EL1: byte 0 Device-nGnRnE, byte 1 Normal, write-back, read and write allocate. */
#define MAIR 0xff00ul

/* TCR_EL1: 39-bit addresses in both halves, walks through the cache, 40-bit physical addresses. */
#define TCR_T0SZ(bits) (64ul - (bits))
#define TCR_T1SZ(bits) ((64ul - (bits)) << 16)
#define TCR_CACHED     (3ul << 12 | 1ul << 10 | 1ul << 8 | 3ul << 28 | 1ul << 26 | 1ul << 24)
#define TCR_IPS_40     (2ul << 32)
#define TCR_TG1(g)     ((g) == 12 ? 2ul << 30 : (g) == 14 ? 1ul << 30 : 3ul << 30)
#define ADDRESS_BITS   39

/* Tables come from here and are never given back; 64 KiB each, the largest there is. */
#define POOL_TABLES 24
static uint64_t pool[POOL_TABLES][8192] __attribute__((aligned(65536)));
static unsigned pool_used;
/* The spaces, likewise; the first is the low half of mmu_enable(). */
#define SPACES 8
static struct space spaces[SPACES];
static unsigned spaces_used;

static uint64_t *table_new(void)
{
    if (pool_used == POOL_TABLES) {
        print("FAIL mmu: more than %u tables\n", POOL_TABLES);
        psci_system_off();
    }
    uint64_t *table = pool[pool_used++];
    memset(table, 0, sizeof(pool[0]));
    return table;
}

static struct space *space_new(unsigned granule_bits)
{
    struct space *space = &spaces[spaces_used++ % SPACES];
    space->granule_bits = granule_bits;
    space->start_level = granule_bits == 16 ? 2 : 1;
    space->root = table_new();
    return space;
}

unsigned level_shift(const struct space *space, unsigned level)
{
    /* A table has one granule of 8-byte descriptors: each level resolves granule_bits - 3 bits. */
    return space->granule_bits + (3 - level) * (space->granule_bits - 3);
}

/* The descriptor for `va` in the table of `level`; tables on the way are made where missing. */
static uint64_t *find_descriptor(struct space *space, uint64_t va, unsigned level)
{
    uint64_t *table = space->root;

    va &= (1ul << ADDRESS_BITS) - 1;
    for (unsigned l = space->start_level;; l++) {
        uint64_t index = va >> level_shift(space, l);
        if (l > space->start_level)
            index &= (1ul << (space->granule_bits - 3)) - 1;
        if (l == level)
            return table + index;
        if (!(table[index] & DESC_VALID))
            table[index] = (uint64_t)table_new() | DESC_TABLE;
        table = (uint64_t *)(table[index] & DESC_ADDRESS_MASK);
    }
}

static void barrier(void)
{
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

uint64_t *map_without_tlbi(struct space *space, uint64_t va, void *memory, unsigned level,
                           uint64_t attributes)
{
    volatile uint64_t *descriptor = find_descriptor(space, va, level);
    uint64_t kind = level == 3 ? DESC_PAGE : DESC_VALID;

    *descriptor = attributes ? (uint64_t)memory | attributes | kind : 0;
    barrier();
    return (uint64_t *)descriptor;
}

uint64_t *map(struct space *space, uint64_t va, void *memory, unsigned level, uint64_t attributes)
{
    map_without_tlbi(space, va, NULL, level, 0);
    tlbi(TLBI_VAAE1IS, va);
    return map_without_tlbi(space, va, memory, level, attributes);
}

struct space *space_new_low(void)
{
    struct space *space = space_new(12);
    space->root[0] = DESC_VALID | PAGE_DEVICE | DESC_PXN; /* the first GiB: devices */
    space->root[1] = RAM_BASE | DESC_VALID | PAGE_RW;     /* the second: RAM */
    return space;
}

void space_switch_low(struct space *space, unsigned asid)
{
    WRITE_REG(ttbr0_el1, (uint64_t)(space ? space : &spaces[0])->root | (uint64_t)asid << 48);
}

/* ID_AA64MMFR0_EL1: TGran16 and TGran4 and TGran64 say "not implemented" in different ways. */
static bool granule_available(unsigned granule_bits)
{
    uint64_t mmfr0 = READ_REG(id_aa64mmfr0_el1);

    if (granule_bits == 14)
        return (mmfr0 >> 20 & 0xf) != 0;
    return (mmfr0 >> (granule_bits == 12 ? 28 : 24) & 0xf) != 0xf;
}

struct space *space_start(unsigned granule_bits)
{
    if (!granule_available(granule_bits))
        return NULL;
    struct space *space = space_new(granule_bits);

    WRITE_REG(tcr_el1, TCR_T0SZ(ADDRESS_BITS) | TCR_T1SZ(ADDRESS_BITS) | TCR_CACHED | TCR_IPS_40 |
                           TCR_TG1(granule_bits));
    WRITE_REG(ttbr1_el1, space->root);
    tlbi(TLBI_VMALLE1, 0);
    return space;
}

void mmu_enable(void)
{
    struct space *low = space_new_low();

    WRITE_REG(mair_el1, MAIR);
    space_switch_low(low, 0);
    space_start(12);
    WRITE_REG(sctlr_el1, READ_REG(sctlr_el1) | SCTLR_M | SCTLR_C | SCTLR_I);
}

void mmu_disable(void)
{
    WRITE_REG(sctlr_el1, READ_REG(sctlr_el1) & ~(SCTLR_M | SCTLR_C | SCTLR_I));
}

bool tlbi_available(unsigned kind)
{
    bool range = kind == TLBI_RVAE1 || kind == TLBI_RVAE1IS;
    return !range || (READ_REG(id_aa64isar0_el1) >> 56 & 0xf) == 2;
}

const char *tlbi_name(unsigned kind)
{
    static const char *const names[] = {"VAE1",     "VAAE1",    "VALE1",     "VAALE1",  "ASIDE1",
                                        "VMALLE1",  "RVAE1",    "VAE1IS",    "VAAE1IS", "VALE1IS",
                                        "VAALE1IS", "ASIDE1IS", "VMALLE1IS", "RVAE1IS"};
    return names[kind];
}

#define TLBI(kind, operand) __asm__ volatile("tlbi " kind ", %0" : : "r"(operand) : "memory")

void tlbi(unsigned kind, uint64_t va)
{
    uint64_t asid = READ_REG(ttbr0_el1) >> 48 << 48;
    uint64_t page = asid | (va >> 12 & 0xffffffffffful);
    /* A range of two pages: TG = 01 (4 KiB), SCALE = 0, NUM = 0, and 37 bits of address. */
    uint64_t range = asid | 1ul << 46 | (va >> 12 & 0x1ffffffffful);

    barrier(); /* the new descriptor is visible to the walker before the old translation goes */
    switch (kind) {
    case TLBI_VAE1:
        TLBI("vae1", page);
        break;
    case TLBI_VAAE1:
        TLBI("vaae1", page);
        break;
    case TLBI_VALE1:
        TLBI("vale1", page);
        break;
    case TLBI_VAALE1:
        TLBI("vaale1", page);
        break;
    case TLBI_ASIDE1:
        TLBI("aside1", asid);
        break;
    case TLBI_VMALLE1:
        __asm__ volatile("tlbi vmalle1" : : : "memory");
        break;
    case TLBI_VAE1IS:
        TLBI("vae1is", page);
        break;
    case TLBI_VAAE1IS:
        TLBI("vaae1is", page);
        break;
    case TLBI_VALE1IS:
        TLBI("vale1is", page);
        break;
    case TLBI_VAALE1IS:
        TLBI("vaale1is", page);
        break;
    case TLBI_ASIDE1IS:
        TLBI("aside1is", asid);
        break;
    case TLBI_VMALLE1IS:
        __asm__ volatile("tlbi vmalle1is" : : : "memory");
        break;
    case TLBI_RVAE1: /* newer than the assembler's default architecture: the generic spelling */
        __asm__ volatile("sys #0, c8, c6, #1, %0" : : "r"(range) : "memory");
        break;
    case TLBI_RVAE1IS:
        __asm__ volatile("sys #0, c8, c2, #1, %0" : : "r"(range) : "memory");
        break;
    }
    barrier(); /* and the TLBI is complete before anything that follows */
}

uint64_t translate(unsigned how, uint64_t va)
{
    if (how == AT_S1E1R)
        __asm__ volatile("at s1e1r, %0\n\tisb" : : "r"(va) : "memory");
    else if (how == AT_S1E1W)
        __asm__ volatile("at s1e1w, %0\n\tisb" : : "r"(va) : "memory");
    else
        __asm__ volatile("at s1e0r, %0\n\tisb" : : "r"(va) : "memory");
    return READ_REG(par_el1);
}

void code_written(void *start, size_t size)
{
    /* The smallest cache line there may be is 16 bytes; CTR_EL0 tells the real one. */
    for (uintptr_t p = (uintptr_t)start & ~15ul; p < (uintptr_t)start + size; p += 16)
        __asm__ volatile("dc cvau, %0" : : "r"(p) : "memory");
    __asm__ volatile("dsb ish" : : : "memory");
    for (uintptr_t p = (uintptr_t)start & ~15ul; p < (uintptr_t)start + size; p += 16)
        __asm__ volatile("ic ivau, %0" : : "r"(p) : "memory");
    barrier();
}

void zero_block(void *p)
{
    __asm__ volatile("dc zva, %0" : : "r"(p) : "memory");
}
