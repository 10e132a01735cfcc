/* Code that every region shares, written once into each code memory: the ways in and out of
 * compiled code, and the calls of C. Private to cpu/jit/.
 *
 * While compiled code runs:
 *   RBX  struct cpu + CPU_BIAS       R14  cpu->instructions       R15  cpu->mmu.bank
 *   RAX RCX RDX and XMM0 to XMM3: free between micro-ops; the others: guest registers, as the
 *   region has it.
 * From one region to the next everything but RBX, R14, R15 is in struct cpu, and cpu->pc is exact.
 * Inside a region cpu->pc is the address of its head.
 *
 * MXCSR is the guest's: cpu/mxcsr.h. C code that compiled code calls does no floating-point
 * arithmetic, but for the handlers that `arithmetic` calls.
 *
 * The stack holds a frame of 32 bytes for each call whose return is expected, so that the host
 * predicts the guest's returns:
 *   [rsp] where the host returns to, [rsp + 8] the guest's return address, [rsp + 16] cpu->context
 *   of the caller (0: the bottom), [rsp + 24] 0; or, for a call inside a region, where guest
 *   registers stay in their homes over call and return, the number of that region. */
#ifndef ULNA_CPU_JIT_THUNKS_H
#define ULNA_CPU_JIT_THUNKS_H

#include <stddef.h>

#include "cpu/block.h"
#include "cpu/jit/x64.h"

#define CPU_BIAS 128 /* makes X0 to X30 reachable with a displacement of one byte */

#define CPU_FIELD(field) x64_at(RBX, (int32_t)offsetof(struct cpu, field) - CPU_BIAS)

/* A micro-op as compiled code hands it to C. */
struct call_record {
    struct uop uop[2]; /* the second one stops the chain of handlers; see call_record_init() */
};

void call_record_init(struct call_record *record, const struct uop *uop, struct block *block,
                      int32_t offset);

/* Constants that compiled code addresses relative to RIP, by name of their low half. */
struct thunk_constants {
    uint64_t magnitude64[2], magnitude32[2]; /* all bits but the sign; above it none */
    uint64_t sign64[2], sign32[2];
    uint64_t normal64[2], normal32[2];     /* the smallest normal number */
    uint64_t integral64[2], integral32[2]; /* from this on all numbers are integers */
    uint8_t recip[256];                    /* fractions of estimates: by that of the operand; */
    uint8_t rsqrt[512];                    /* and by the last bit of the exponent above it */
};

struct thunks {
    const uint8_t *constants; /* struct thunk_constants */
    const uint8_t *enter;     /* a uop_fn: from C into cpu->block->entry */
    const uint8_t *leave;     /* out to C; all state is in struct cpu */
    const uint8_t *link;      /* RCX is a link to follow that is not ready, or NULL; cpu->pc is its
                                 target */
    const uint8_t *branch;    /* go to cpu->pc by asking the jump cache; RCX points into
                                 cpu->branch_slot, to the slot to be taken next time */
    const uint8_t *look_up;   /* go to cpu->pc; as long as nothing is pending, through the jump
                                 cache */
    const uint8_t *find;      /* go to cpu->pc by asking block_find() */
    const uint8_t *miss_return; /* a return that was not foreseen; RAX is cpu->pc */
    /* Called. RSI: a call_record. They come back only when there is no exception; then RAX, RCX,
     * RDX, RSI, RDI, R8 to R11 and all XMM are lost, R14 and R15 are right. */
    const uint8_t *handler;     /* runs the handler of the micro-op */
    const uint8_t *arithmetic;  /* the same of one that works on registers, with C's MXCSR */
    const uint8_t *helper;      /* runs what a `call` micro-op names */
    const uint8_t *copy, *fill; /* the same of these, and may do without */
    const uint8_t *helper_end;  /* jumped to: what a `calle` micro-op names, and goes to cpu->pc */
    const uint8_t *guard; /* RSI: a jit_region. Comes back if it holds; else adds RDX to cpu->pc and
                             leaves. No guest register is in its home */
    const uint8_t *sync;  /* called at a DSB, loses what `handler` does: the host's Z says that the
                             vCPU has to leave instead, by EXIT_DSB */
    const uint8_t *latch; /* RAX: an address, RDX: the latch of a load there. Keeps all but RDX */
    const uint8_t *flags; /* cpu->nzcv becomes exact; keeps all but RAX, RCX, RDX and XMM */
};

/* RAX = the block of the slot of the jump cache in RDX, and RCX = 0, as no link leads there; the
 * jump to take when it is of another context. */
uint8_t *thunks_take_jump(struct x64 *code);
/* RAX = the block that the jump cache has for the address in RAX, and RCX = 0, as no link leads
 * there; the jumps to take otherwise. Uses RDX. A branch that has a number below BRANCH_SITES looks
 * first into the slot that it took last. */
void thunks_ask_jump_cache(struct x64 *code, uint8_t *otherwise[2], unsigned site);

/* Writes them; false: no room. `rx` is where what is written at code->at will run. count: calls of
 * C (cpu/stats.h) and returns that were not foreseen (there) are counted; NULL: they are not. */
bool thunks_write(struct x64 *code, const uint8_t *rx, uint64_t *count, struct thunks *thunks);

#endif
