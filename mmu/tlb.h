/* The software TLB of one vCPU: small direct-mapped banks, one per translation context, that the
 * engines probe inline, over one larger second-level TLB shared by the contexts.
 *
 * Why banks: switching TTBR or exception level swaps one pointer and flushes nothing. Why stamps:
 * flushing all, or one ASID, raises a floor; what was filled before it is dead wherever it sits. */
#ifndef ULNA_MMU_TLB_H
#define ULNA_MMU_TLB_H

#include <stdbool.h>
#include <stdint.h>

#define TLB_ENTRIES 256 /* of a bank */
#define TLB_BANKS   24

/* A virtual address without its tag byte; bit 55 tells the halves apart. */
#define VA_PAGE_MASK  0x00fffffffffff000ull
#define VA_BLOCK_MASK 0x00ffffffffe00000ull

/* Of such addresses. */
struct tlb_span {
    uint64_t from, size;
};

static inline bool tlb_in_span(uint64_t page, struct tlb_span span)
{
    return page - span.from < span.size;
}

/* A page of 4 KiB as the engines see it. The probe: `(va ^ tag) <= 4096 - size` means that the page
 * is here, may be accessed, and the access does not leave it; the host address is then va + addend.
 * The tag keeps the address tag byte (TBI): a tagged pointer has its own entry. An empty tag names
 * a page of another index, so it can never match. */
struct tlb_entry {
    uint64_t tag_read, tag_write;
    uint64_t addend;
    uint64_t phys; /* of the page */
};

/* The bytes that a load of compiled code went to last, kept by load instead of by address: what it
 * finds here does not wait for the address to be looked up. `va - base < size` means that the
 * access is inside; the host address is then va + addend. Empty: size 0. The bytes are of one
 * mapping and one piece of host memory: pages or a block. */
struct tlb_latch {
    uint64_t base, size;
    uint64_t addend;
    uint32_t wait;        /* misses until it is filled again, */
    uint16_t waited_log2; /* of this many, */
    uint16_t since;       /* when the vCPU had executed so many KiB of instructions, modulo 2^16 */
};

#define TLB_LATCHES      1024
#define TLB_LATCHES_WIDE 768 /* from here on for accesses of up to TLB_LATCH_WIDE bytes, */
#define TLB_LATCH_WIDE   64
#define TLB_LATCH_NARROW 16 /* before it of up to these */

/* The empty tag of an entry: a page of another index. */
static inline uint64_t tlb_never(unsigned index)
{
    return (uint64_t)(index ^ 1) << 12;
}

/* A set of pages and of 2 MiB regions: a Bloom filter with one hash function. */
#define VA_FILTER_BITS 2048
struct va_filter {
    uint64_t word[VA_FILTER_BITS / 64];
};

#define TLB_KEY_ASID_SHIFT 16

struct tlb_bank {
    struct tlb_entry entry[TLB_ENTRIES];
    struct tlb_latch latch[TLB_LATCHES];
    uint64_t key;     /* which context: EL, PAN, MMU on, ASID; 0: unused */
    uint64_t stamp;   /* cleared last at this stamp */
    uint64_t context; /* unique id of "this context with this set of executable mappings" */
    bool own_context; /* false, at EL1: only global code was fetched: tlb.kernel_context counts */
    bool global[2];   /* some global mapping has an entry here or was fetched from; by half */
    uint64_t used;    /* for choosing the bank to reuse */
    uint8_t *tags[TLB_ENTRIES]; /* of the page's first bytes, for each entry; NULL: not Tagged */
    struct va_filter fragments; /* 2 MiB regions that have fragments of block mappings here */
    struct va_filter latched;   /* pages and fragments that a latch may name */
    struct va_filter fetched;   /* pages and fragments fetched from since `context` was made */
    struct va_filter written;   /* physical pages that may have a write entry here */
};

/* One 4 KiB page (or 2 MiB of a block mapping) in the second level. */
struct tlb2_entry {
    uint64_t tag;   /* tlb2_tag(): page or 2 MiB, and the ASID unless global */
    uint64_t phys;  /* output address of the page or the 2 MiB */
    uint64_t stamp; /* when filled; 0: empty */
    uint16_t attr;  /* enum tlb_attr */
    uint8_t mair;   /* memory attribute byte and shareability, for PAR_EL1 */
    uint8_t sh;
};

enum tlb_attr {
    TLB_EL1_READ = 1 << 0,
    TLB_EL1_WRITE = 1 << 1,
    TLB_EL1_EXEC = 1 << 2,
    TLB_EL0_READ = 1 << 3,
    TLB_EL0_WRITE = 1 << 4,
    TLB_EL0_EXEC = 1 << 5,
    TLB_GLOBAL = 1 << 6,   /* not nG: matches every ASID */
    TLB_DEVICE = 1 << 7,   /* Device memory: unaligned accesses fault */
    TLB_CLEAN = 1 << 8,    /* DBM set and not yet written: the first write walks again to mark it */
    TLB_BLOCK = 1 << 9,    /* a fragment of a mapping of 2 MiB or more */
    TLB_USER = 1 << 10,    /* PAN keeps EL1 away: EL0 may access it, or with EPAN execute it */
    TLB_GUARDED = 1 << 11, /* GP: indirect branches land at BTI instructions alone (FEAT_BTI) */
    TLB_TAGGED = 1 << 12,  /* Tagged Normal memory: it has Allocation Tags (FEAT_MTE2) */
};

/* May memory with these rights be accessed (access: 0 read, 1 write, 2 fetch) from EL `el`? */
static inline bool tlb_permits(uint16_t attr, unsigned access, unsigned el, bool pan)
{
    if (el && pan && access != 2 && (attr & TLB_USER))
        return false;
    return attr & ((el ? TLB_EL1_READ : TLB_EL0_READ) << access);
}

enum tlb2_kind {
    TLB2_PAGES = 1 << 0,
    TLB2_BLOCKS = 1 << 1,
    TLB2_GLOBAL_PAGES = 1 << 2,
    TLB2_GLOBAL_BLOCKS = 1 << 3,
};

#define TLB2_WAYS       4
#define TLB2_PAGE_SETS  2048
#define TLB2_BLOCK_SETS 128

struct tlb2_set {
    struct tlb2_entry way[TLB2_WAYS];
};

struct tlb {
    struct tlb_bank *bank; /* TLB_BANKS of them, and an empty one behind */
    struct tlb2_set page[TLB2_PAGE_SETS];
    struct tlb2_set block[TLB2_BLOCK_SETS]; /* fragments of block mappings, 2 MiB each */
    uint64_t now;                           /* stamp counter */
    uint64_t floor_all;                     /* entries stamped at or below are dead */
    uint64_t floor_asid[256]; /* the same for non-global entries, by ASID modulo 256 */
    uint64_t forgotten;       /* how often something was: see struct device_page */
    uint64_t next_context;
    uint64_t kernel_context;         /* shared by the banks of EL1 without one of their own */
    struct va_filter kernel_fetched; /* since `kernel_context` was made, */
    bool kernel_half[2];             /* and in which halves of the addresses */
    /* By half of the addresses, since all was flushed: */
    uint64_t large_filter[2]; /* Bloom filter of 1 GiB regions with a mapping above 2 MiB */
    uint8_t kinds[2];         /* enum tlb2_kind: what the second level may have entries of */
};

#endif
