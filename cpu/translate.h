/* What a translator works with: the decoded fields of one instruction, and the block being built.
 * Translators read like the manual's Operation pseudocode; they are pure: nothing but the fields
 * and the mode word decides. */
#ifndef ULNA_CPU_TRANSLATE_H
#define ULNA_CPU_TRANSLATE_H

#include "base/bits.h"
#include "cpu/block.h"
#include "cpu/uop.h"

/* The letter map of all pattern rows. A letter's bits, from the top, form one number, also when
 * they stand apart. */
struct fields {
    uint32_t d; /* Rd, Rt: first register named */
    uint32_t t; /* Rt2 */
    uint32_t n; /* Rn */
    uint32_t m; /* Rm */
    uint32_t a; /* Ra */
    uint32_t s; /* Rs */
    uint32_t f; /* sf; 1: 64-bit */
    uint32_t z; /* size */
    uint32_t i; /* immediate */
    uint32_t j; /* second immediate: imms, cmode, immh:immb ... */
    uint32_t c; /* cond */
    uint32_t h; /* shift type, or hw */
    uint32_t o; /* option, or opc */
    uint32_t v; /* nzcv */
    uint32_t q; /* Q */
    uint32_t u; /* U */
    uint32_t p; /* acquire (A), or Pg */
    uint32_t r; /* release (R, L), or rmode */
    uint32_t l; /* L:H... index bits */
    uint32_t k; /* CRn and others: what a row says */
    uint32_t e; /* ftype */
    const struct row_args *row;
};

/* What a row tells of a scalar result that does not zero the rest of its register where FPCR.NEP is
 * set: the register that the rest is from. */
enum row_keeps {
    KEEPS_NONE,
    KEEPS_D,
    KEEPS_N,
    KEEPS_M,
    KEEPS_A,
};

/* What a row tells a translator that serves several of them, beside the fields. */
struct row_args {
    enum uop_op op;             /* the micro-op, or the first of a family */
    uint8_t min, max;           /* values that z may have */
    uint8_t bits;               /* of an element, where neither z nor e says it */
    uint8_t keeps;              /* enum row_keeps */
    uop_helper *const *helpers; /* of SVE: by log2 of the bytes of an element (cpu/sve.h) */
    uint32_t imm;
};

#define TR_MASKS 4

/* The block under construction. */
struct tr {
    struct block *block; /* its uop[] has room for what one instruction may emit */
    unsigned uops;       /* emitted so far */
    unsigned insn;       /* index of the instruction being translated */
    uint32_t mode;       /* enum mode_bit */
    bool end;            /* the last instruction ended the block */
    bool tag_checked;    /* accesses of this instruction are Tag Checked where that is on */
    bool sp_checked;     /* CheckSPAlignment() has been done since SP last changed */
    struct {
        uint32_t what; /* was done all by the instruction before `behind`: cpu/isa/mops.c */
        unsigned behind;
    } mops;
    bool sve;              /* the instruction is one of SVE, and not trapped */
    uint32_t rest_is_zero; /* Z registers that have nothing but V since the block began */
    uint32_t zeroed;       /* a zzero of the block is for these */
    uint32_t marked;       /* a zmark is for these, and no zzero came behind */
    unsigned mark;         /* place of the last zmark, and 1; 0: there is none */
    struct {
        uint8_t p, size, part; /* as pmask has them */
    } mask[TR_MASKS];          /* in vector slots V_TEMP on */
    unsigned masks;            /* made, of which the last TR_MASKS are there */
    bool impure;               /* something beyond registers, flags and memory was emitted */
    const struct cpu_model *model;
};

#define TR_UOPS_MAX 40 /* micro-ops of one instruction at most */

/* Returns false for UNDEFINED; what was emitted is then dropped. */
typedef bool translator(struct tr *tr, const struct fields *f);

/* The row's translator, with what FPCR.NEP adds. */
struct insn_row;
bool tr_row(struct tr *tr, const struct insn_row *row, const struct fields *f);

/* --- Slots, named as in the manual --- */
static inline uint8_t X(unsigned n) /* as a source: 31 is the zero register */
{
    return n == 31 ? SLOT_ZERO : (uint8_t)n;
}

static inline uint8_t Xd(unsigned n) /* as a destination: 31 is dropped */
{
    return n == 31 ? SLOT_SINK : (uint8_t)n;
}

static inline uint8_t XSP(unsigned n) /* 31 is the current stack pointer */
{
    return (uint8_t)n; /* SLOT_SP is 31 */
}

/* --- Emission: operands that an operation does not have are 0 --- */
struct uop *tr_emit(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                    uint8_t y, uint64_t imm);
/* The same for a memory micro-op whose elements, to which SCTLR_ELx.A applies, are `bytes` long,
 * whatever its name says. */
struct uop *tr_emit_elements(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b,
                             uint8_t x, uint8_t y, uint64_t imm, unsigned bytes);
/* The same without what goes with a write of a V register: for SVE, which writes Z registers. */
void tr_emit_raw(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                 uint8_t y, uint64_t imm);
/* The same for an atomic access of `bytes` at a + imm, which must not lie in two quantities of 16
 * bytes, or, without FEAT_LSE2 or where SCTLR_ELx.A is set, must be aligned; `store`: how the fault
 * says it. */
struct uop *tr_emit_aligned(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b,
                            uint64_t imm, unsigned bytes, bool store);
/* op with an immediate */
static inline void tr_imm(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint64_t imm)
{
    tr_emit(tr, op, d, a, 0, 0, 0, imm);
}
static inline void tr_reg(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b)
{
    tr_emit(tr, op, d, a, b, 0, 0, 0);
}

/* A call of a helper that touches only registers, flags, V registers, FPSR (pure: may be run twice
 * by -engine check). */
void tr_call_pure(struct tr *tr, uop_helper *helper, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                  uint8_t y);
/* A call of a helper that may do anything else; -engine check gives it a block of its own. */
void tr_call(struct tr *tr, uop_helper *helper, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
             uint8_t y);
/* The same by op: copy or fill. */
void tr_call_block(struct tr *tr, enum uop_op op, uop_helper *helper, uint8_t d, uint8_t a,
                   uint8_t b, uint8_t x);
/* The same, and the block ends after it (the state that translation or fetching depends on may have
 * changed). */
void tr_call_end(struct tr *tr, uop_helper *helper, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                 uint8_t y);
/* The same, for helpers that set cpu->pc themselves (SVC, ERET). */
void tr_call_jump(struct tr *tr, uop_helper *helper, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                  uint8_t y);

/* The next micro-op is a branch of this kind: counts it, if the PMU wants it. */
void tr_count_branch(struct tr *tr, enum pmu_branch kind);
/* Ends the block with a direct branch `offset` bytes from this instruction; op is jump, bcond,
 * cbz64 ... and the fall-through is the next instruction. */
void tr_branch(struct tr *tr, enum uop_op op, uint8_t a, uint8_t x, int64_t offset);
/* Ends the block with a branch to the address in slot a, which register n of the instruction has
 * had, for what enum branch_kind says. */
void tr_branch_register(struct tr *tr, uint8_t a, uint8_t kind, unsigned n);
/* This instruction may be the target of branches that set PSTATE.BTYPE to the values whose bits are
 * set in `types` (1 << BTYPE). */
void tr_landing(struct tr *tr, unsigned types);
/* The same of all values, and BTYPE stays as it is. */
void tr_landing_keeps(struct tr *tr);

/* d = address of this instruction + offset; d = its page + offset. */
void tr_pc_relative(struct tr *tr, uint8_t d, int64_t offset);
void tr_pc_page(struct tr *tr, uint8_t d, int64_t offset);

/* CheckFPAdvSIMDEnabled64(): emits the trap and returns false when FP is trapped in this mode; the
 * translator then returns true at once. */
bool tr_fp_enabled(struct tr *tr);
/* CheckSVEEnabled(): the same of SVE. */
bool tr_sve_enabled(struct tr *tr);
/* CheckSPAlignment() before an access with base register n. */
void tr_check_sp(struct tr *tr, unsigned n);
/* Whether what is accessed from here on, by this instruction, is Tag Checked (FEAT_MTE2). */
void tr_tag_checked(struct tr *tr, bool checked);

/* DecodeBitMasks() with immediate TRUE: J1.3. k is N, i immr, j imms, f says how long the mask is;
 * false: there is none. */
bool tr_bit_masks(const struct fields *f, uint64_t *wmask);

/* Ends a block that no instruction ended, and runs the passes; the block's insns are final. */
void tr_finish(struct tr *tr);
/* The operation that computes the same as `op` without setting flags; UOP_COUNT: none. */
enum uop_op uop_without_flags(enum uop_op op);

/* --- For helpers (handlers of `call`): raise an exception at this instruction; return its result
 * --- */
bool cpu_raise(struct cpu *cpu, const struct uop *uop, uint32_t ec, uint32_t iss);
bool cpu_undefined(struct cpu *cpu, const struct uop *uop);
/* The MMU refused: Data Abort from cpu->mmu.fault. */
bool cpu_data_abort(struct cpu *cpu, const struct uop *uop);
/* Address of the instruction a helper works for. */
static inline uint64_t cpu_insn_pc(const struct cpu *cpu, const struct uop *uop)
{
    return cpu->pc + 4u * uop->insn;
}

#endif
