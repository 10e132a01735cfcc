/* FEAT_MOPS, memory copy and memory set, and with FEAT_MTE memory set with tags: DDI 0487, C4.1.94
 * "Memory Copy and Memory Set" and the shared functions of CPYFP, CPYP and SETP. What this
 * implementation chooses:
 *
 * - Option A: between the instructions PSTATE.C is 0; Xn is minus the number of bytes that remain,
 *   and Xd and Xs point behind the last byte; or, of a copy that goes backwards, Xn is the number
 *   and Xd and Xs point at the first byte.
 * - The prologue does it all, in pieces that end where a page does, unless an interrupt wants to be
 *   taken: then the main instruction does the rest. Directly behind their prologue the other two
 *   thus have nothing to do, and nothing is emitted for them.
 * - Bytes are accessed in order and one by one as far as alignment and faults are concerned. */
#include "cpu/isa/ldst.h"
#include "cpu/isa/tables.h"

#include "cpu/decode.h"
#include "cpu/exception.h"
#include "cpu/mte.h"

enum stage { PROLOGUE, MAIN, EPILOGUE };
enum kind { SET, COPY_FORWARD, COPY, SET_TAGS };

/* options<0>: stores with the rights of EL0 (SET: options<0>), options<1>: so the loads. The others
 * say that the data will not be used soon. */
#define OPTIONS_MASK 15u

/* x of the helper: options in bits 3..0, stage in 5..4, kind in 7..6. d, b and a are Xd, Xs, Xn. */
static enum stage stage_of(const struct uop *uop)
{
    return (enum stage)(uop->x >> 4 & 3);
}

static enum kind kind_of(const struct uop *uop)
{
    return (enum kind)(uop->x >> 6);
}

static bool is_set(enum kind kind)
{
    return kind == SET || kind == SET_TAGS;
}

/* What remains to be done: `left` bytes from `from` to `to`, which point at the first of them. */
struct transfer {
    uint64_t to, from, left;
    bool backward;
};

/* --- The registers --- */

/* The direction is the one in which no byte is overwritten before it is read; a tag does not count.
 */
static bool goes_backward(uint64_t to, uint64_t from, uint64_t size)
{
    uint64_t distance = (to - from) & bits_ones(56);

    return distance && distance < size;
}

static struct transfer begin(const struct cpu *cpu, const struct uop *uop)
{
    static const uint64_t most[] = {[SET] = INT64_MAX,
                                    [COPY_FORWARD] = INT64_MAX,
                                    [COPY] = (1ull << 55) - 1,
                                    [SET_TAGS] = INT64_MAX - (TAG_GRANULE - 1)};
    uint64_t largest = most[kind_of(uop)];
    uint64_t size = cpu->x[uop->a];
    struct transfer t = {.to = cpu->x[uop->d], .from = cpu->x[uop->b]};

    t.left = size > largest ? largest : size;
    t.backward = kind_of(uop) == COPY && goes_backward(t.to, t.from, t.left);
    return t;
}

static struct transfer resume(const struct cpu *cpu, const struct uop *uop)
{
    uint64_t size = cpu->x[uop->a];
    struct transfer t = {.to = cpu->x[uop->d], .from = cpu->x[uop->b], .left = size};

    if ((int64_t)size < 0) {
        t.to += size;
        t.from += size;
        t.left = -size;
    } else if (kind_of(uop) == COPY) {
        t.backward = true;
    } else {
        t.left = 0;
    }
    return t;
}

/* UpdateCpyRegisters(), UpdateSetRegisters(): so that the next instruction goes on from here; or
 * `again`: so that this prologue does when it is executed again. */
static void put_down(struct cpu *cpu, const struct uop *uop, const struct transfer *t, bool again)
{
    uint64_t beyond = again || t->backward ? 0 : t->left;

    cpu->x[uop->a] = again || t->backward ? t->left : -t->left;
    cpu->x[uop->d] = t->to + beyond;
    if (!is_set(kind_of(uop)))
        cpu->x[uop->b] = t->from + beyond;
}

/* --- The work --- */

/* ACCESS_UNPRIV, where it makes a difference */
static unsigned rights(const struct cpu *cpu, bool unprivileged)
{
    return unprivileged && cpu->el && !cpu->uao ? ACCESS_UNPRIV : 0;
}

/* Sets some of the bytes at `to`, and their tags. They are set one by one where there is no RAM: so
 * many calls make a granule. */
static uint64_t set_tagged(struct cpu *cpu, const struct transfer *t, uint8_t value, unsigned flags)
{
    uint64_t done = 0;

    do {
        uint64_t piece = mmu_fill(&cpu->mmu, t->to + done, t->left - done, value, flags);

        if (!piece)
            return 0;
        done += piece;
    } while (done % TAG_GRANULE);
    return mte_store_tags(cpu, t->to, done / TAG_GRANULE, mte_tag(t->to), flags) ? done : 0;
}

static uint64_t copy(struct cpu *cpu, const struct transfer *t, unsigned to_flags,
                     unsigned from_flags)
{
    uint64_t size = mte_check_piece(cpu, t->from, t->left, t->backward, false, from_flags);
    uint64_t skipped = t->backward ? t->left - size : 0;

    if (!size)
        return 0;
    size = mte_check_piece(cpu, t->to + skipped, size, t->backward, true, to_flags);
    if (!size)
        return 0;
    if (!t->backward)
        return mmu_copy(&cpu->mmu, t->to, t->from, size, to_flags, from_flags);
    skipped = t->left - size;
    return mmu_copy_last(&cpu->mmu, t->to + skipped, t->from + skipped, size, to_flags, from_flags);
}

/* Does a piece; false: mmu->fault. */
static bool advance(struct cpu *cpu, const struct uop *uop, struct transfer *t)
{
    unsigned to_flags = rights(cpu, uop->x & 1), from_flags = rights(cpu, uop->x & 2);
    uint8_t value = (uint8_t)cpu->x[uop->b];
    uint64_t done;

    if (kind_of(uop) == SET_TAGS) {
        done = set_tagged(cpu, t, value, to_flags);
    } else if (kind_of(uop) == SET) {
        done = mte_check_piece(cpu, t->to, t->left, false, true, to_flags);
        done = done ? mmu_fill(&cpu->mmu, t->to, done, value, to_flags) : 0;
    } else {
        done = copy(cpu, t, to_flags, from_flags);
    }
    t->left -= done;
    if (!t->backward) {
        t->to += done;
        t->from += done;
    }
    return done != 0;
}

/* AArch64.MemCpyException(), MemSetException() for the wrong option. */
static bool wrong_option(struct cpu *cpu, const struct uop *uop)
{
    uint32_t iss = 1u << 17 | 1u << 16; /* WrongOption, OptionA */

    iss |= (uint32_t)is_set(kind_of(uop)) << 24 | (uop->x & OPTIONS_MASK) << 19;
    iss |= (uint32_t)(kind_of(uop) == SET_TAGS) << 23;
    iss |= (uint32_t)(stage_of(uop) == EPILOGUE) << 18;
    iss |= (uint32_t)uop->d << 10 | uop->a;
    iss |= (uop->b == SLOT_ZERO ? 31u : uop->b) << 5;
    return cpu_raise(cpu, uop, EC_MOPS, iss);
}

/* Leaves the block for what is pending: to the instruction itself, or behind a prologue. */
static bool interrupted(struct cpu *cpu, const struct uop *uop)
{
    unsigned executed = uop->insn + (stage_of(uop) == PROLOGUE);

    cpu->pc += 4u * executed;
    cpu->instructions -= cpu->block->insns - executed;
    cpu->exit = EXIT_NONE;
    return false;
}

/* SETG demands them. */
static bool whole_granules(const struct transfer *t)
{
    return is_aligned(t->left, TAG_GRANULE) && (!t->left || is_aligned(t->to, TAG_GRANULE));
}

static bool mops(struct cpu *cpu, const struct uop *uop)
{
    enum stage stage = stage_of(uop);
    struct transfer t;

    if (cpu->el == 0 && !bit_get(cpu->mmu.regs.sctlr, 33)) /* MSCEn */
        return cpu_undefined(cpu, uop);
    if (stage != PROLOGUE && cpu->nzcv.c)
        return wrong_option(cpu, uop);
    t = stage == PROLOGUE ? begin(cpu, uop) : resume(cpu, uop);
    if (kind_of(uop) == SET_TAGS && !whole_granules(&t))
        return ldst_alignment_fault(cpu, uop, t.to, true);
    if (stage != PROLOGUE && !t.left)
        return true;
    while (t.left) {
        if (!advance(cpu, uop, &t)) {
            put_down(cpu, uop, &t, stage == PROLOGUE);
            return cpu_data_abort(cpu, uop);
        }
        if (t.left && atomic_load_explicit(&cpu->pending, memory_order_relaxed))
            break;
    }
    put_down(cpu, uop, &t, false);
    if (stage == PROLOGUE)
        cpu->nzcv.word = 0;
    return !t.left || interrupted(cpu, uop);
}

/* --- Rows --- */

/* UNPREDICTABLE: registers that are the same or, but for the byte to set, 31: UNDEFINED. */
static bool registers_allowed(const struct fields *f, enum kind kind)
{
    return f->d != f->s && f->d != f->n && f->s != f->n && f->d != 31 && f->n != 31 &&
           (is_set(kind) || f->s != 31);
}

static bool translate(struct tr *tr, const struct fields *f, enum kind kind, enum stage stage)
{
    uint8_t d = X(f->d), a = X(f->n), b = X(f->s);
    uint8_t x = (uint8_t)(f->o | stage << 4 | kind << 6);
    uint32_t what = 1u << 31 | (uint32_t)kind << 24 | f->o << 20 | f->d << 10 | f->s << 5 | f->n;
    bool done = stage != PROLOGUE && tr->mops.what == what && tr->mops.behind == tr->insn;
    bool plain = !(f->o & 3) && kind != SET_TAGS && !(tr->mode & MODE_TAGS);

    if (!registers_allowed(f, kind))
        return false;
    if (!done && stage == PROLOGUE && plain)
        tr_call_block(tr, kind == SET ? UOP_fill : UOP_copy, mops, d, a, b, x);
    else if (!done)
        tr_call(tr, mops, d, a, b, x, 0);
    tr->mops.what = what;
    tr->mops.behind = tr->insn + 1;
    return true;
}

#define STAGES(name, kind)                                                                         \
    static bool tr_##name##p(struct tr *tr, const struct fields *f)                                \
    {                                                                                              \
        return translate(tr, f, kind, PROLOGUE);                                                   \
    }                                                                                              \
    static bool tr_##name##m(struct tr *tr, const struct fields *f)                                \
    {                                                                                              \
        return translate(tr, f, kind, MAIN);                                                       \
    }                                                                                              \
    static bool tr_##name##e(struct tr *tr, const struct fields *f)                                \
    {                                                                                              \
        return translate(tr, f, kind, EPILOGUE);                                                   \
    }
STAGES(cpyf, COPY_FORWARD)
STAGES(cpy, COPY)
STAGES(set, SET)
STAGES(setg, SET_TAGS)

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("00011001 000sssss oooo01nn nnnddddd", CPYFP_memcms, FEAT_MOPS, tr_cpyfp),
    INSN("00011001 010sssss oooo01nn nnnddddd", CPYFM_memcms, FEAT_MOPS, tr_cpyfm),
    INSN("00011001 100sssss oooo01nn nnnddddd", CPYFE_memcms, FEAT_MOPS, tr_cpyfe),
    INSN("00011101 000sssss oooo01nn nnnddddd", CPYP_memcms, FEAT_MOPS, tr_cpyp),
    INSN("00011101 010sssss oooo01nn nnnddddd", CPYM_memcms, FEAT_MOPS, tr_cpym),
    INSN("00011101 100sssss oooo01nn nnnddddd", CPYE_memcms, FEAT_MOPS, tr_cpye),
    INSN("00011001 110sssss 00oo01nn nnnddddd", SETP_memcms, FEAT_MOPS, tr_setp),
    INSN("00011001 110sssss 01oo01nn nnnddddd", SETM_memcms, FEAT_MOPS, tr_setm),
    INSN("00011001 110sssss 10oo01nn nnnddddd", SETE_memcms, FEAT_MOPS, tr_sete),
    INSN("00011101 110sssss 00oo01nn nnnddddd", SETGP_memcms, FEAT_MTE, tr_setgp),
    INSN("00011101 110sssss 01oo01nn nnnddddd", SETGM_memcms, FEAT_MTE, tr_setgm),
    INSN("00011101 110sssss 10oo01nn nnnddddd", SETGE_memcms, FEAT_MTE, tr_setge),
    /* clang-format on */
};

const struct insn_table insn_mops = {"mops", rows, ARRAY_SIZE(rows)};
