/* The block cache: translated basic blocks, keyed by guest physical address and mode. Processes
 * that share a page share its blocks; a context switch retranslates nothing.
 *
 * All vCPUs of a group share one. A look-up takes no lock; whatever changes the cache holds
 * block_lock(). A block that is dropped stays in memory until no vCPU can have a pointer to it any
 * more: cpu/group.h. */
#ifndef ULNA_CPU_BLOCK_H
#define ULNA_CPU_BLOCK_H

#include "cpu/cpu.h"
#include "cpu/uop.h"

/* The CPU-mode word: everything translation depends on beside the bytes themselves. */
enum mode_bit {
    MODE_EL_MASK = 3 << 0,   /* PSTATE.EL */
    MODE_FP_TRAP = 1 << 2,   /* CPACR_EL1.FPEN traps FP and Advanced SIMD at this EL */
    MODE_ALIGN = 1 << 3,     /* SCTLR_ELx.A: unaligned accesses fault */
    MODE_SP_ALIGN = 1 << 4,  /* SCTLR_ELx.SA or SA0 */
    MODE_UAO = 1 << 5,       /* PSTATE.UAO: LDTR and STTR are privileged */
    MODE_IL = 1 << 6,        /* PSTATE.IL: no instruction executes, so no block has it */
    MODE_SP_EL0 = 1 << 7,    /* EL1 with PSTATE.SP 0: the register SP_EL0 is UNDEFINED */
    MODE_NO_ZVA = 1 << 8,    /* DC ZVA traps from this EL, or all memory is Device */
    MODE_FZ = 1 << 9,        /* FPCR.FZ */
    MODE_INEXACT = 1 << 10,  /* and FPSR.IXC was set when the block was looked for: it still is */
    MODE_NO_COUNT = 1 << 11, /* EL0, which may not read CNTVCT_EL0 */
    MODE_AHP = 1 << 12,      /* FPCR.AHP or FZ16: half-precision numbers are not the host's */
    MODE_NAA = 1 << 13,      /* SCTLR_ELx.nAA: LDAR, STLR and the like need no alignment */

    MODE_KEY_IA = 1 << 14, /* SCTLR_ELx.EnIA: pointers are authenticated with this key */
    MODE_KEY_IB = 1 << 15,
    MODE_KEY_DA = 1 << 16,
    MODE_KEY_DB = 1 << 17,
    MODE_BT = 1 << 18,      /* SCTLR_EL1.BT0 or BT1: PACIASP is no target of every branch */
    MODE_GUARDED = 1 << 19, /* of blocks, not of the CPU: their page is guarded (FEAT_BTI) */

    MODE_SVE_TRAP = 1 << 20,  /* CPACR_EL1.ZEN traps SVE at this EL */
    MODE_AFP = 1 << 21,       /* FPCR.AH, FIZ or NEP: floating-point numbers are not the host's */
    MODE_TAGS = 1 << 22,      /* accesses are Tag Checked: SCTLR_ELx.ATA, TCF, not PSTATE.TCO */
    MODE_TAGS_USER = 1 << 23, /* at EL1: so are those with the rights of EL0 */
    MODE_LEN_SHIFT = 24,      /* VL / 128 - 1, in four bits; 0 without SVE */

    MODE_COUNT = 1 << 28,  /* a counter of the PMU counts branches: cpu/pmu.h */
    MODE_STEP = 1 << 29,   /* MDSCR_EL1.SS counts at this EL: cpu/debug.h */
    MODE_BREAK = 1 << 30,  /* and there are breakpoints */
    MODE_LIMIT = 1u << 31, /* an overflow of a counter of instructions or branches is waited for */

    MODE_BITS = 32, /* room for them in cpu->context */
};

/* VL in parts of 128 bits. */
static inline unsigned mode_parts(uint32_t mode)
{
    return (mode >> MODE_LEN_SHIFT & 15) + 1;
}

/* Where a block may go. On its own page that is so in every mapping, and the engine fills `to` the
 * first time; where another page is, the vCPU's jump cache says. */
struct link {
    _Atomic(struct block *) to; /* a dead block until found, and always unless same_page */
    int64_t offset; /* of the target from the address of the block's first instruction */
    bool same_page;
};

#define BLOCK_INSNS_MAX 64

/* In block.landing: it may be entered with any BTYPE, and looks at it. */
#define LANDING_KEEPS (1 << 7)

struct block {
    uint64_t phys;  /* of the first instruction */
    uint32_t mode;  /* enum mode_bit */
    uint16_t insns; /* instructions, 1 to BLOCK_INSNS_MAX, all on one page */
    uint16_t uops;
    _Atomic bool live; /* false: translated bytes changed; must not be entered */
    uint8_t landing;   /* a bit for each value of PSTATE.BTYPE with which it may be entered */
    bool gated;        /* block_find() is to be asked each time: see cpu/debug.h */
    bool pure; /* only touches registers, flags and memory: -engine check may run it twice */
    _Atomic uint32_t runs;        /* heat, for the JIT's tier-up; counts may get lost */
    const void *entry;            /* where compiled code enters it: cpu/jit/jit.h */
    struct jit_member *regions;   /* that it is part of */
    _Atomic(struct block *) next; /* in its hash chain */
    struct block *page_next;      /* in a list of its page */
    struct link link[2];
    struct uop uop[]; /* the last one has effect E */
};

/* The jump cache: virtual addresses of blocks in a context. */
struct jump {
    uint64_t pc, context;
    struct block *block;
};

#define JUMP_CACHE_BITS  14
#define JUMP_CACHE_SLOTS (1 << JUMP_CACHE_BITS)

/* The block at cpu->pc, translated if need be, which PSTATE.BTYPE permits to enter; BTYPE is then
 * 0. NULL: the fetch faulted, or it does not; cpu->syndrome is set, cpu->exit EXIT_EXCEPTION. NULL
 * with EXIT_NONE: ask again from the run loop; memory for blocks is still in use by another vCPU.
 * Deviation: an exception of the first instruction behind a branch into a page that is not guarded
 * finds BTYPE 0, which SPSR_EL1 alone shows. BRK and HLT keep it (LANDING_KEEPS). */
struct block *block_find(struct cpu *cpu);

/* The live block at this physical address in this mode; NULL if there is none. */
struct block *block_lookup(const struct cpu *cpu, uint64_t phys, uint32_t mode);
/* The dead block that links lead to before what they lead to is found. */
struct block *block_none(struct cpu *cpu);

/* The mode of blocks on the page that was fetched from last. */
uint32_t block_mode_of_page(const struct cpu *cpu);

/* cpu->mode and cpu->context, and cpu->mxcsr, from the state they depend on; after every change of
 * it. */
void block_update_mode(struct cpu *cpu);
/* The same when nothing but PSTATE or cpu->mmu.context changed. */
void block_level_changed(struct cpu *cpu);

/* Translations of the 64-byte line at this physical address go (IC IVAU); those of pages that may
 * have been written to unseen (IC IALLU); all. */
void block_invalidate_line(struct cpu *cpu, uint64_t phys);
void block_invalidate_doubtful(struct cpu *cpu);
void block_invalidate_all(struct cpu *cpu);

/* bus_watcher.code_written of a vCPU: RAM that held translated code was written; opaque is the
 * struct cpu. */
void block_code_written(void *opaque, uint64_t address, uint64_t size);

static inline bool block_is_live(const struct block *block)
{
    return atomic_load_explicit(&block->live, memory_order_relaxed);
}

/* The slot where the jump cache would hold an address. */
static inline struct jump *block_jump_slot(const struct cpu *cpu, uint64_t pc)
{
    return &cpu->jumps[(pc >> 2 ^ pc >> (2 + JUMP_CACHE_BITS)) % JUMP_CACHE_SLOTS];
}

/* What it has for the address in the present context; NULL: nothing. */
static inline struct block *block_in_jump_cache(const struct cpu *cpu, uint64_t pc)
{
    const struct jump *jump = block_jump_slot(cpu, pc);

    return jump->pc == pc && jump->context == cpu->context ? jump->block : NULL;
}

/* Calls `visit` for every block in memory, live or not, under the lock. */
void block_each(struct cpu *cpu, void (*visit)(struct cpu *cpu, struct block *block));

/* What changes the cache, or which code runs for a block, happens between these. */
void block_lock(struct cpu *cpu);
void block_unlock(struct cpu *cpu);

/* From now on the link of a block of the same page leads to `block`, if that is live. */
void block_set_link(struct cpu *cpu, struct link *link, struct block *block);

/* The vCPU's jump cache becomes empty, and so does what depends on it. */
void block_forget_jumps(struct cpu *cpu);

/* The vCPU's own part: cpu->jumps and cpu->draft. */
bool block_init(struct cpu *cpu, struct err *err);
void block_fini(struct cpu *cpu);
/* Creates cpu->blocks, for all of the group; needs cpu->model, bus, log and engine. */
bool block_cache_init(struct cpu *cpu, struct err *err);
void block_cache_fini(struct cpu *cpu);

struct block_stats {
    uint64_t translated, insns, uops, bytes;
    uint64_t invalidated;                  /* blocks; of them */
    uint64_t by_line, by_all, by_eviction; /* not by stores */
    uint64_t evicted;                      /* segments */
};
struct block_stats block_cache_stats(const struct cpu *cpu);

#endif
