/* Atomic memory operations of FEAT_LSE: DDI 0487, C4.1.94 "Atomic memory operations", "Compare and
 * swap" and "Compare and swap pair". Each is one sequentially consistent host operation, which is
 * as strong as the acquire and release forms ask, so the A and R (or L) bits change nothing. */
#include "cpu/exclusive.h"
#include "cpu/isa/ldst.h"
#include "cpu/isa/tables.h"

/* --- One micro-op each: ADD, CLR, EOR, SET, SWP, CAS --- */

static void update(struct tr *tr, const struct fields *f, enum uop_op op, uint8_t d, uint8_t b)
{
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, f->n != 31);
    tr_emit_aligned(tr, op + f->z, d, XSP(f->n), b, 0, 1u << f->z, false);
    tr->impure = true;
}

static bool tr_memop(struct tr *tr, const struct fields *f)
{
    update(tr, f, f->row->op, Xd(f->d), X(f->s));
    return true;
}

/* Rs is compared, and gets what was there. */
static bool tr_cas(struct tr *tr, const struct fields *f)
{
    uint8_t s = X(f->s);

    if (s == SLOT_ZERO) {
        tr_imm(tr, UOP_movi, SLOT_T0, 0, 0);
        s = SLOT_T0;
    }
    update(tr, f, UOP_cas8, s, X(f->d));
    return true;
}

/* --- Host operations of the others: each returns what was in memory --- */

static uint64_t cas64(void *host, uint64_t expected, uint64_t desired)
{
    __atomic_compare_exchange_n((uint64_t *)host, &expected, desired, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected;
}

/* CompareAndSwap: memory becomes desired when it holds expected. */
static uint64_t compare_swap(void *host, unsigned size, uint64_t expected, uint64_t desired)
{
    switch (size) {
    case 0:
        return __sync_val_compare_and_swap((uint8_t *)host, (uint8_t)expected, (uint8_t)desired);
    case 1:
        return __sync_val_compare_and_swap((uint16_t *)host, (uint16_t)expected, (uint16_t)desired);
    case 2:
        return __sync_val_compare_and_swap((uint32_t *)host, (uint32_t)expected, (uint32_t)desired);
    default:
        return cas64(host, expected, desired);
    }
}

/* Minimum and maximum have no host instruction: swap in a loop. The first guess at the contents may
 * be wrong, which the swap finds out. */
#define FETCH_CHOOSE(name, is_signed, comparison)                                                  \
    static uint64_t fetch_##name(void *host, unsigned size, uint64_t value)                        \
    {                                                                                              \
        unsigned width = 8u << size;                                                               \
        uint64_t flip = (is_signed) ? 1ull << (width - 1) : 0; /* orders signed as unsigned */     \
        uint64_t operand = value & bits_ones(width), old = operand, seen;                          \
                                                                                                   \
        while (true) {                                                                             \
            bool keep = (old ^ flip) comparison(operand ^ flip);                                   \
                                                                                                   \
            seen = compare_swap(host, size, old, keep ? old : operand);                            \
            if (seen == old)                                                                       \
                return old;                                                                        \
            old = seen;                                                                            \
        }                                                                                          \
    }
FETCH_CHOOSE(smax, true, >)
FETCH_CHOOSE(smin, true, <)
FETCH_CHOOSE(umax, false, >)
FETCH_CHOOSE(umin, false, <)

/* d: Rt, a: address, b: Rs, x: log2 of the size */
#define MEMOP(name)                                                                                \
    static bool atomic_##name(struct cpu *cpu, const struct uop *uop)                              \
    {                                                                                              \
        void *host = ldst_atomic_pointer(cpu, uop, uop->x, ATOMIC_UPDATE);                         \
                                                                                                   \
        if (!host)                                                                                 \
            return false;                                                                          \
        cpu->x[uop->d] = fetch_##name(host, uop->x, cpu->x[uop->b]);                               \
        exclusive_atomic(cpu, host);                                                               \
        return true;                                                                               \
    }                                                                                              \
    static bool tr_##name(struct tr *tr, const struct fields *f)                                   \
    {                                                                                              \
        tr_check_sp(tr, f->n);                                                                     \
        tr_call(tr, atomic_##name, Xd(f->d), XSP(f->n), X(f->s), (uint8_t)f->z, 0);                \
        return true;                                                                               \
    }
MEMOP(smax)
MEMOP(smin)
MEMOP(umax)
MEMOP(umin)

/* --- CASP: y: the even Rs, b: the even Rt, x: log2 of the size of the pair --- */

/* The slot of the odd register of a pair: after X30 comes XZR. */
static uint8_t odd_source(uint8_t even)
{
    return X(even + 1u);
}

static bool atomic_casp32(struct cpu *cpu, const struct uop *uop)
{
    const uint64_t *x = cpu->x;
    void *host = ldst_atomic_pointer(cpu, uop, 3, ATOMIC_UPDATE);
    uint64_t old;

    if (!host)
        return false;
    old = cas64(host, (uint32_t)x[uop->y] | x[odd_source(uop->y)] << 32,
                (uint32_t)x[uop->b] | x[odd_source(uop->b)] << 32);
    exclusive_atomic(cpu, host);
    cpu->x[uop->y] = (uint32_t)old;
    cpu->x[Xd(uop->y + 1u)] = old >> 32;
    return true;
}

static bool atomic_casp64(struct cpu *cpu, const struct uop *uop)
{
    uint64_t expected[2] = {cpu->x[uop->y], cpu->x[odd_source(uop->y)]};
    uint64_t desired[2] = {cpu->x[uop->b], cpu->x[odd_source(uop->b)]};
    void *host = ldst_atomic_pointer(cpu, uop, 4, ATOMIC_UPDATE);

    if (!host)
        return false;
    (void)ldst_compare_swap128(host, expected, desired);
    exclusive_atomic(cpu, host);
    cpu->x[uop->y] = expected[0];
    cpu->x[Xd(uop->y + 1u)] = expected[1];
    return true;
}

static bool tr_casp(struct tr *tr, const struct fields *f)
{
    if ((f->s | f->d) & 1)
        return false;
    tr_check_sp(tr, f->n);
    tr_call(tr, f->k ? atomic_casp64 : atomic_casp32, 0, XSP(f->n), (uint8_t)f->d, 0,
            (uint8_t)f->s);
    return true;
}

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN_ARGS("zz111000 pr1sssss 000000nn nnnddddd", LDADD_memop, FEAT_LSE, tr_memop, .op = UOP_ldadd8),
    INSN_ARGS("zz111000 pr1sssss 000100nn nnnddddd", LDCLR_memop, FEAT_LSE, tr_memop, .op = UOP_ldclr8),
    INSN_ARGS("zz111000 pr1sssss 001000nn nnnddddd", LDEOR_memop, FEAT_LSE, tr_memop, .op = UOP_ldeor8),
    INSN_ARGS("zz111000 pr1sssss 001100nn nnnddddd", LDSET_memop, FEAT_LSE, tr_memop, .op = UOP_ldset8),
    INSN("zz111000 pr1sssss 010000nn nnnddddd", LDSMAX_memop, FEAT_LSE, tr_smax),
    INSN("zz111000 pr1sssss 010100nn nnnddddd", LDSMIN_memop, FEAT_LSE, tr_smin),
    INSN("zz111000 pr1sssss 011000nn nnnddddd", LDUMAX_memop, FEAT_LSE, tr_umax),
    INSN("zz111000 pr1sssss 011100nn nnnddddd", LDUMIN_memop, FEAT_LSE, tr_umin),
    INSN_ARGS("zz111000 pr1sssss 100000nn nnnddddd", SWP_memop, FEAT_LSE, tr_memop, .op = UOP_swp8),
    INSN("zz001000 1p1sssss r11111nn nnnddddd", CAS_comswap, FEAT_LSE, tr_cas),
    INSN("0k001000 0p1sssss r11111nn nnnddddd", CASP_comswappr, FEAT_LSE, tr_casp),
    /* clang-format on */
};

const struct insn_table insn_atomics = {"atomics", rows, ARRAY_SIZE(rows)};
