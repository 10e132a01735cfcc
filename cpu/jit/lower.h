/* Lowerings: the micro-ops of a region to x86-64. Private to cpu/jit/.
 *
 * A guest register that has a home (region.h) is kept there from its first use on; lower_in() and
 * lower_out() hide where it is. `valid` says whose home holds the present value, `dirty` whose
 * memory in struct cpu does not. What the hot path need not do is noted as a stub and written
 * behind it. Registers and conventions: thunks.h. */
#ifndef ULNA_CPU_JIT_LOWER_H
#define ULNA_CPU_JIT_LOWER_H

#include "cpu/jit/host.h"
#include "cpu/jit/jit.h"
#include "cpu/jit/region.h"
#include "cpu/jit/thunks.h"

/* The operation whose flags NZCV is, as long as its operands are still where they were. */
struct flag_source {
    bool intact;
    enum x64_alu alu; /* ALU_ADD, ALU_SUB, ALU_AND */
    bool wide, constant;
    uint8_t a, b; /* slots; b not if constant */
    int32_t value;
    int32_t moved;   /* what to add to slot a: the operation has changed it by a constant */
    uint8_t numbers; /* HOST_FCMP or HOST_FCMP_SWAPPED: of vector registers, or with zero */
};

/* What is known of NZCV at a point of the code. */
struct flags {
    enum {
        HOST_NONE,
        HOST_ADD,          /* the host's flags are the guest's */
        HOST_SUB,          /* the same, but the carry is inverted */
        HOST_FCMP,         /* they are of (v)ucomis a, b: lower_fp_flags.c */
        HOST_FCMP_SWAPPED, /* of (v)ucomis b, a */
    } host;
    bool saved;    /* struct cpu has them: in nzcv, or in lazy */
    bool bytes;    /* saved in nzcv */
    uint32_t lazy; /* saved in lazy as this; 0: unknown */
    struct flag_source source;
    /* At the start of a loop that is repeated behind a comparison (struct node): NZCV is of
     * `source`, but the first time struct cpu has it. That time is where cpu->loop_entry is the
     * number of instructions, before the `counted` ones. */
    bool repeated;
    uint16_t counted;
};

/* Something to be written behind the hot path: entered by the jump that ends at `from`, it goes
 * back to `back`. */
struct stub {
    enum stub_kind {
        STUB_HANDLER,  /* runs the micro-op's handler, and before it that of an extension */
        STUB_GROUP,    /* accesses one by one */
        STUB_LATCH,    /* a load asks the bank by its address; `miss` where that misses */
        STUB_EDGE,     /* takes an edge */
        STUB_LEAVE,    /* something is pending at the start of the node */
        STUB_GUARD,    /* asks whether the region is right in this mapping */
        STUB_BEHIND,   /* something is pending at its end, or may be */
        STUB_DIVIDE,   /* by 0 or -1 */
        STUB_FLAGS,    /* makes cpu->nzcv exact */
        STUB_CALL,     /* the edge of a call whose link is not ready: then to `back` */
        STUB_UNWIND,   /* the stack of expected returns is full: forget them */
        STUB_DENORMAL, /* sets FPSR.IDC */
        STUB_ZERO,     /* what a Z register has above V becomes 0 */
        STUB_MASK,     /* of what has been loaded, inactive elements become 0 */
        STUB_STORE,    /* only active elements: `va` is as in the probe */
    } kind;
    uint8_t *from, *back;
    uint8_t *also; /* NULL, or a second jump to here */
    struct stub *miss;
    enum x64_reg va;
    uint16_t latch, bytes;
    struct node *node;
    const struct uop *uop, *last; /* these, and those between */
    enum node_edge edge;
    struct regset valid, dirty;
    struct flags flags;
    bool restores; /* STUB_HANDLER: MXCSR */
};

/* Accesses off one or two bases with one probe for each: lower_group.c. */
struct group {
    unsigned members; /* 0: none is being lowered */
    unsigned turns;   /* members that have another base than the one before */
    const struct uop *first, *last;
    unsigned bases;
    struct group_base {
        uint8_t slot, index, scale;
        bool indexed; /* slot + (index << scale), else slot */
        bool write;
        int64_t moved;  /* its value, from that at the start */
        int32_t low;    /* of the first byte, from the same */
        unsigned bytes; /* 0: no member has been found yet */
    } base[2];
};

#define LOWER_STUBS         (3 * REGION_UOPS + 4 * REGION_NODES)
#define LOWER_CONSTANTS     512
#define LOWER_CONSTANT_USES (2 * REGION_UOPS)
#define UOP_CONSTANTS       16 /* of one micro-op at most */

/* What the code from here on is for. */
struct lower_place {
    uint32_t offset; /* from the start of the region's code */
    uint16_t node, uop;
};

#define LOWER_PLACES (LOWER_STUBS + 2 * REGION_UOPS)

/* Where in the code a block is entered from outside. */
struct entry_point {
    struct block *block;
    uint8_t *at;
};

struct lower {
    struct x64 code;
    const uint8_t *start; /* of the region's code */
    struct cpu *cpu;
    const struct thunks *thunks;
    const struct host_features *host;
    ptrdiff_t to_rx; /* from where code is written to where it runs */
    struct region *region;
    uint32_t id; /* of the region, in frames of calls inside and in cpu->guard; 1 to INT32_MAX */
    unsigned *sites;                    /* numbers given so far to loads and indirect branches */
    const struct jit_region *installed; /* what it will be, to be named in code */
    bool alone;                         /* -engine check: after the block, back to C */
    /* the present point */
    struct node *node;
    const struct uop *uop;
    struct regset valid, dirty;
    struct flags flags;
    struct {                         /* sets of vector registers */
        uint64_t above64, above32;   /* are known to be 0 there */
        uint64_t noted[2], lanes[2]; /* by width, of IDC: lower_fp.h */
    } known;
    struct {                 /* XMM0 to XMM3, between vector micro-ops that leave each other's */
        uint8_t of[4], next; /* the vector register whose value each has, or HOME_NONE */
    } kept;
    bool latches; /* loads may have one */
    struct group group;
    const struct uop *extension; /* of the index of the access being lowered */
    const struct uop *trailing;  /* this CLZ's operand is not yet reversed */
    const struct uop *remainder; /* this micro-op's result is in RDX from the division before */
    /* by node */
    uint8_t *label[REGION_NODES];
    struct {
        bool known;
        struct flags flags;
    } at_end[REGION_NODES];
    /* jumps to nodes that are not yet written */
    struct {
        uint8_t *from;
        uint8_t node;
    } forward[4 * REGION_NODES];
    unsigned forwards;
    unsigned stubs, records, constants, constant_uses, entries, places; /* of the arrays below */
    /* what stands before is zeroed for each region: this is large */
    struct stub stub[LOWER_STUBS];
    /* where the address of a call record has to be put, and for which micro-op */
    struct {
        uint8_t *from;
        const struct uop *uop;
        struct node *node;
    } record[LOWER_STUBS];
    /* constants of 128 bits, and the instructions that address them relative to RIP */
    struct {
        uint64_t half[2];
    } constant[LOWER_CONSTANTS];
    struct {
        uint8_t *from;
        unsigned constant;
    } constant_use[LOWER_CONSTANT_USES];
    struct entry_point entry[REGION_NODES + 1];
    struct lower_place place[LOWER_PLACES];
};

/* Writes the region; false: no room. */
bool lower_region(struct lower *l);

/* --- Guest registers --- */

#define SLOT_FIELD(slot) x64_at(RBX, (int32_t)(offsetof(struct cpu, x) + 8u * (slot)) - CPU_BIAS)
#define VECTOR_FIELD(slot, half)                                                                   \
    x64_at(RBX, (int32_t)(offsetof(struct cpu, v) + 16u * (slot) + 8u * (half)) - CPU_BIAS)

/* The host register that holds the slot's value: its home, or else `scratch`, which is loaded. Of a
 * 32-bit value the upper half is anything. Changes no flag. */
enum x64_reg lower_in(struct lower *l, bool wide, unsigned slot, enum x64_reg scratch);
/* The same, but always in `scratch`, to be changed. */
void lower_copy(struct lower *l, bool wide, unsigned slot, enum x64_reg scratch);
/* Where to compute the slot's new value, and, when that is done, that it is there. */
enum x64_reg lower_out(struct lower *l, unsigned slot, enum x64_reg scratch);
void lower_done(struct lower *l, unsigned slot, enum x64_reg reg);
/* What stood in the slot is no longer there: lower_done() says so by itself. */
void lower_overwritten(struct lower *l, unsigned slot);
/* The home of the slot, or RHOME_NONE. */
enum x64_reg lower_home(const struct lower *l, unsigned slot);
/* The same of vector registers: all 128 bits. */
unsigned lower_vin(struct lower *l, unsigned v, unsigned scratch);
unsigned lower_vout(struct lower *l, unsigned v, unsigned scratch);
void lower_vdone(struct lower *l, unsigned v, unsigned xmm);

/* --- Constants --- */

/* `from` is where the displacement of an instruction ends that addresses these 128 bits. */
void lower_constant(struct lower *l, uint8_t *from, uint64_t low, uint64_t high);
/* Is there room for so many, or for those of one micro-op? */
bool lower_constants_fit(const struct lower *l, unsigned count);
bool lower_constants_left(const struct lower *l);

/* --- Flags --- */

/* The source of NZCV behind the comparison that repeats a loop (`again` of struct node). */
struct flag_source lower_again_source(const struct uop *again);
/* Before a micro-op that sets NZCV: will anybody want them who finds neither the host's flags nor
 * the operands (source; NULL: those are not kept)? Then they are to be saved at once. */
bool lower_flags_wanted(const struct lower *l, const struct flag_source *source);
/* Saves NZCV in cpu->lazy, from the operands a and b or, for ALU_AND, from the result a. Changes no
 * flag; uses RCX. */
void lower_save_lazy(struct lower *l, const struct flag_source *source, enum x64_reg a,
                     enum x64_reg b);
/* Saves NZCV if that has not been done, from whatever is there. Keeps the host's flags unless they
 * are not the guest's. Uses RAX and RCX. */
void lower_save_flags(struct lower *l);
/* cpu->nzcv becomes exact; the host's flags are lost. */
void lower_sync_flags(struct lower *l);
/* The host's flags are now the guest's; wanted: and saved in cpu->nzcv as well. */
void lower_flags_are(struct lower *l, int host, bool wanted);
/* The host's condition that tells the guest's (0 to 13), with the host's flags set accordingly. */
enum x64_cond lower_condition(struct lower *l, unsigned condition);
/* The same for the flags of a comparison of numbers. Uses RAX. */
enum x64_cond lower_fp_condition(struct lower *l, unsigned condition);
/* Does that leave them alone? */
bool lower_fp_condition_is_direct(int host, unsigned condition);
/* Their operands into cpu->lazy, and the comparison once more. */
void lower_fp_save_source(struct lower *l);
void lower_fp_redo(struct lower *l);

/* --- Memory: lower_mem.c --- */

/* A probe that has hit: the access is at [RCX + address]. RDX is free. */
struct lower_probe {
    struct stub *stub; /* its `back` is to be set after the access */
    struct x64_mem mem;
};

/* Are `size` bytes at the address in the register on a page that the current bank (user: that of
 * LDTR and STTR) holds? Uses RCX and RDX. Slots that are read behind it are brought home before. */
struct lower_probe lower_probe(struct lower *l, enum x64_reg va, bool user, bool write,
                               unsigned size);
/* The same of the micro-op's own address, a + i or a + (b << x). */
struct lower_probe lower_probe_access(struct lower *l, const struct uop *uop, bool indexed,
                                      bool write, unsigned size);
/* The access is done: here its slow path comes back. */
void lower_accessed(struct lower *l, struct lower_probe p);
/* If the slot has a home, its value is there from now on. */
void lower_bring_home(struct lower *l, unsigned slot);

/* --- By file; false: not one of theirs --- */
bool lower_int(struct lower *l, const struct uop *uop); /* lower_int.c, lower_bits.c */
void lower_subtract(struct lower *l, const struct uop *uop, bool wide, bool immediate);
bool lower_bits(struct lower *l, const struct uop *uop);
void lower_divide_stub(struct lower *l, const struct stub *stub);
bool lower_memory(struct lower *l, const struct uop *uop);   /* lower_mem.c */
void lower_fp_track(struct lower *l, const struct uop *uop); /* behind any micro-op */
void lower_fp_forget(struct lower *l);                       /* at the start of a node */
bool lower_fp(struct lower *l, const struct uop *uop);       /* lower_fp.c, lower_fp_convert.c */
bool lower_fp_convert(struct lower *l, const struct uop *uop);
bool lower_fp_compare(struct lower *l, const struct uop *uop); /* lower_fp_flags.c */
bool lower_atomic(struct lower *l, const struct uop *uop);     /* lower_atomic.c */
bool lower_system(struct lower *l, const struct uop *uop);     /* lower_sys.c */
void lower_barrier(struct lower *l);
bool lower_pauth(struct lower *l, const struct uop *uop); /* lower_pauth.c */
bool lower_sve(struct lower *l, const struct uop *uop);   /* lower_sve.c */
void lower_zero_stub(struct lower *l, const struct stub *stub);
/* False: there is no room, and the handler does it. */
bool lower_mask_stub(struct lower *l, const struct stub *stub);
bool lower_store_stub(struct lower *l, const struct stub *stub);
bool lower_vector(struct lower *l, const struct uop *uop); /* lower_vec.c, lower_vec_*.c */
/* Before a micro-op, and (NULL) at the start of a node or where C was called: what XMM0 to XMM3
 * will be no more is forgotten. */
void lower_vector_keep(struct lower *l, const struct uop *uop);
/* Is its lowering sure, and does it touch no general register and no flag? */
bool lower_vector_is_simple(const struct lower *l, const struct uop *uop);
/* Are all lanes of its result doubles (singles) that are not denormal? */
bool lower_vector_is_noted(const struct uop *uop, bool wide);
bool lower_to_general(struct lower *l, const struct uop *uop);
bool lower_structures(struct lower *l, const struct uop *uop);
bool lower_end(struct lower *l, const struct uop *uop); /* lower_flow.c */

/* The vector register will be read behind a probe: if it has a home, its value is there from now
 * on. */
void lower_bring_vector(struct lower *l, unsigned v);

/* lower_group.c: a group of accesses from the present micro-op on: the last micro-op that was
 * lowered with it. NULL: there is none. And what its stub does. */
const struct uop *lower_group(struct lower *l);
void lower_group_stub(struct lower *l, const struct stub *stub);
void lower_latch_stub(struct lower *l, const struct stub *stub);
/* The same of an extension and the access whose index it makes. */
const struct uop *lower_extended(struct lower *l);
/* The same of two halves of a round of AES. */
const struct uop *lower_aes_round(struct lower *l);

/* lower_flow.c: the start of a node, ways in from outside, and what stubs of edges do. */
void lower_start(struct lower *l);
void lower_entry(struct lower *l, struct node *node);
void lower_edge_stub(struct lower *l, const struct stub *stub);

/* lower.c, for lower_flow.c and lower_sys.c */
struct stub *lower_stub(struct lower *l, enum stub_kind kind, uint8_t *from);
void lower_spill(struct lower *l, struct regset set);
void lower_fill(struct lower *l, struct regset set);
/* What of the set C code does not keep. */
struct regset lower_lost_in_c(const struct lower *l, struct regset set);
/* lea rsi, the record of the micro-op */
void lower_record(struct lower *l, struct node *node, const struct uop *uop);

#endif
