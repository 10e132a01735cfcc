/* A region: what is compiled as one piece. A hot block and what it reaches by direct branches, as a
 * graph of nodes, with what the lowering has to know of each. Private to
 * cpu/jit/. */
#ifndef ULNA_CPU_JIT_REGION_H
#define ULNA_CPU_JIT_REGION_H

#include "cpu/block.h"

#define REGION_NODES   64   /* blocks of a region at most */
#define REGION_UOPS    1500 /* their micro-ops together */
#define REGION_CALLEES 8    /* functions of the region that it calls */
#define REGION_PAGES   4    /* pages that its blocks are in */

/* A page of the region: its address from the head's, and where the mapping has it. */
struct region_page {
    int32_t offset;
    bool guarded;
    uint64_t phys;
};

/* A set of guest registers: slots (enum slot_id) and vector registers (enum vector_slot). */
struct regset {
    uint64_t x;
    uint64_t v;
};

#define REGSET_VECTORS 64

/* The set of one vector register. Those beyond the first have no home, and are in no set. */
static inline uint64_t regset_vector(unsigned v)
{
    return v < REGSET_VECTORS ? 1ull << v : 0;
}

/* The registers that a micro-op reads and writes. A call reads and writes any: see uop_has(). */
void region_operands(const struct uop *uop, struct regset *use, struct regset *def);

enum node_edge {
    EDGE_LINK0, /* as block->link; of a call, the callee */
    EDGE_LINK1,
    EDGE_RETURN, /* behind a call: where the callee returns to */
    EDGE_COUNT,
};

struct node {
    struct block *block;
    int32_t offset;          /* of its address from the head's */
    int8_t edge[EDGE_COUNT]; /* node it leads to; -1: out of the region */
    uint8_t preds;           /* edges of the region that lead here */
    bool loop;               /* one of them comes from behind in the order of emission */
    bool repeats;            /* it is part of a loop, which may be a recursion */
    bool entry;              /* entered otherwise too: from outside, called, or returned to */
    bool has_call;           /* some micro-op runs C code that may touch every register */
    bool observes_flags;     /* NZCV at its start may still be looked at */
    const struct uop *again; /* of a loop: the comparison behind which it is repeated, if NZCV can
                                stay in that one's operands; else NULL */
    struct regset use;       /* read before they are written, and before the first call */
    struct regset def;       /* written, behind the last call */
    struct regset live;      /* at its start: will be used in the region */
    struct regset dirty;     /* at its start: may be newer in their host register than in memory */
};

struct region {
    unsigned count, uops;
    uint64_t va; /* of the head when the region was formed */
    struct region_page page[REGION_PAGES];
    unsigned pages;
    const struct block *callee[REGION_CALLEES]; /* calls of these stay inside */
    unsigned callees;
    uint64_t returns;               /* the nodes, as bits, where calls inside return to */
    struct node node[REGION_NODES]; /* in the order of emission; 0 is the head */
    uint8_t home[SLOT_COUNT];       /* host register of each slot, or HOME_NONE */
    uint8_t vhome[V_SLOTS];         /* XMM register of each vector register, or HOME_NONE */
    struct regset mapped;           /* those that have one */
};

#define HOME_NONE 0xff

#define TEMPORARIES (63ull << SLOT_T0) /* nobody reads them behind their instruction */

/* The region around `head`, which is at cpu->pc, of at most `uops` micro-ops (up to REGION_UOPS)
 * unless the head has more; 0: of just this block, with no edge inside. */
void region_form(const struct cpu *cpu, struct block *head, unsigned uops, struct region *region);

/* How many of its links the block uses. */
unsigned region_links(const struct block *block);
/* BL or BLR is its last instruction. */
bool region_ends_in_call(const struct block *block);
/* RET is. */
bool region_returns(const struct block *block);

/* The registers that must be in their host registers at the start of the node. */
struct regset region_wanted(const struct region *region, const struct node *node);

#endif
