/* Building blocks out of instructions: emission of micro-ops, ends of blocks, and the passes over a
 * finished block. */
#include "cpu/translate.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/decode.h"
#include "cpu/engine.h"
#include "cpu/exception.h"
#include "cpu/interp.h"
#include "cpu/model.h"
#include "cpu/sve.h"

/* Will SP be aligned after this as it was before? */
static bool keeps_sp_alignment(enum uop_op op, uint8_t d, uint8_t a, uint64_t imm)
{
    if (d != SLOT_SP)
        return true;
    return (op == UOP_add64i || op == UOP_sub64i) && a == SLOT_SP && is_aligned(imm, 16);
}

static struct uop *emit_raw(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b,
                            uint8_t x, uint8_t y, uint64_t imm)
{
    struct uop *uop = &tr->block->uop[tr->uops++];

    if (!keeps_sp_alignment(op, d, a, imm))
        tr->sp_checked = false;
    if (op == UOP_call)
        tr->rest_is_zero = tr->masks = 0;

    *uop = (struct uop){.fn = uop_info[op].fn,
                        .op = (uint16_t)op,
                        .d = d,
                        .a = a,
                        .b = b,
                        .x = x,
                        .y = y,
                        .insn = (uint8_t)tr->insn,
                        .imm = imm};
    return uop;
}

void tr_emit_raw(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                 uint8_t y, uint64_t imm)
{
    emit_raw(tr, op, d, a, b, x, y, imm);
}

/* The size in bytes of one element that a memory micro-op accesses: the first number in its name.
 */
static uint8_t element_bytes(enum uop_op op)
{
    const char *name = uop_info[op].name;

    while (*name && !isdigit((unsigned char)*name))
        name++;
    return *name ? (uint8_t)(atoi(name) / 8) : 4; /* ldpsw */
}

/* Is it a load or a store by the operands of the list's "memory"? */
static bool accesses(enum uop_op op)
{
    return (op >= UOP_ld8 && op < UOP_dczva) || (op > UOP_dczva && op <= UOP_cas64) ||
           op == UOP_vldn || op == UOP_vstn;
}

/* Is the address that a load or store accesses a + (b << x)? */
static bool is_indexed(enum uop_op op)
{
    return strchr(uop_info[op].operands, 'b') && strchr(uop_info[op].operands, 'x');
}

/* All that the micro-op accesses. */
static uint8_t access_bytes(enum uop_op op, uint8_t x, uint8_t y)
{
    if (op == UOP_vldn || op == UOP_vstn)
        return (uint8_t)(x * y);
    return (uint8_t)(element_bytes(op) << (op >= UOP_ldp64 && op <= UOP_stp32)
                                       << (op >= UOP_ldpv64 && op <= UOP_stpv128));
}

/* Tag Check of what `op` accesses: after the check of its alignment. */
static void emit_tag_check(struct tr *tr, enum uop_op op, uint8_t a, uint8_t b, uint8_t x,
                           uint8_t y, uint64_t imm, bool store)
{
    bool user = op >= UOP_ldu8 && op <= UOP_stu64;
    uint8_t bytes;

    if (!tr->tag_checked || !(tr->mode & (user ? MODE_TAGS_USER : MODE_TAGS)) || !accesses(op))
        return;
    bytes = access_bytes(op, x, y);
    if (is_indexed(op))
        emit_raw(tr, UOP_tagcheckx, store, a, b, x, bytes, 0);
    else
        emit_raw(tr, UOP_tagcheck, store, a, 0, user, bytes, imm);
}

void tr_tag_checked(struct tr *tr, bool checked)
{
    tr->tag_checked = checked;
}

/* Where Z registers are longer than V: a write of V zeroes the rest, up to the present VL. What was
 * there when VL was longer is kept, as the manual permits (B1.2.2): nobody sees it meanwhile. */
static void zero_rest_of(struct tr *tr, unsigned v)
{
    if (!(tr->rest_is_zero >> v & 1))
        emit_raw(tr, UOP_zzero, 0, 0, 0, (uint8_t)v, (uint8_t)mode_parts(tr->mode), 0);
    tr->rest_is_zero |= 1u << v;
    tr->zeroed |= 1u << v;
    tr->marked &= ~(1u << v);
}

static void zero_rest(struct tr *tr, const struct uop *uop)
{
    const char *operands = uop_info[uop->op].operands;
    unsigned d = uop->d, y = uop->y;

    if (mode_parts(tr->mode) == 1 || !strpbrk(operands, "VZ"))
        return;
    if (uop->op == UOP_vldn) {
        for (unsigned i = 0; i < y; i++)
            zero_rest_of(tr, (d + i) & 31);
        return;
    }
    zero_rest_of(tr, d);
    if (!strncmp(operands, "Vy", 2))
        zero_rest_of(tr, y);
}

struct uop *tr_emit_elements(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b,
                             uint8_t x, uint8_t y, uint64_t imm, unsigned bytes)
{
    bool store = strchr("SU", uop_info[op].operands[0]) != NULL;
    struct uop *uop;

    /* Where unaligned accesses fault, a check goes before each; elsewhere the fast paths need not
     * look. */
    if (bytes > 1 && (tr->mode & MODE_ALIGN) && strchr(uop_info[op].effects, 'M')) {
        if (is_indexed(op))
            emit_raw(tr, UOP_alignx, store, a, b, x, (uint8_t)bytes, imm);
        else
            emit_raw(tr, UOP_align, store, a, 0, 0, (uint8_t)bytes, imm);
    }
    emit_tag_check(tr, op, a, b, x, y, imm, store);
    uop = emit_raw(tr, op, d, a, b, x, y, imm);
    zero_rest(tr, uop);
    return uop;
}

struct uop *tr_emit_aligned(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b,
                            uint64_t imm, unsigned bytes, bool store)
{
    bool anywhere = model_has(tr->model, FEAT_LSE2) && !(tr->mode & MODE_ALIGN);
    struct uop *uop;

    emit_raw(tr, UOP_align, store, a, 0, anywhere, (uint8_t)bytes, imm);
    emit_tag_check(tr, op, a, b, 0, 0, imm, store);
    uop = emit_raw(tr, op, d, a, b, 0, 0, imm);
    zero_rest(tr, uop);
    return uop;
}

struct uop *tr_emit(struct tr *tr, enum uop_op op, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                    uint8_t y, uint64_t imm)
{
    return tr_emit_elements(tr, op, d, a, b, x, y, imm, element_bytes(op));
}

void tr_call_pure(struct tr *tr, uop_helper *helper, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                  uint8_t y)
{
    emit_raw(tr, UOP_call, d, a, b, x, y, (uintptr_t)helper);
}

void tr_call(struct tr *tr, uop_helper *helper, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
             uint8_t y)
{
    tr_call_pure(tr, helper, d, a, b, x, y);
    tr->impure = true;
}

void tr_call_block(struct tr *tr, enum uop_op op, uop_helper *helper, uint8_t d, uint8_t a,
                   uint8_t b, uint8_t x)
{
    emit_raw(tr, op, d, a, b, x, 0, (uintptr_t)helper);
    tr->impure = true;
}

static int64_t insn_offset(const struct tr *tr)
{
    return 4 * (int64_t)tr->insn;
}

void tr_call_end(struct tr *tr, uop_helper *helper, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                 uint8_t y)
{
    tr_call(tr, helper, d, a, b, x, y);
    emit_raw(tr, UOP_next, 0, 0, 0, 0, 0, (uint64_t)(insn_offset(tr) + 4));
    tr->end = true;
}

void tr_call_jump(struct tr *tr, uop_helper *helper, uint8_t d, uint8_t a, uint8_t b, uint8_t x,
                  uint8_t y)
{
    emit_raw(tr, UOP_calle, d, a, b, x, y, (uintptr_t)helper);
    tr->impure = true;
    tr->end = true;
}

/* A link is on the same page when the target is: a block knows its place in the page. */
static void set_link(struct tr *tr, unsigned which, int64_t offset)
{
    struct link *link = &tr->block->link[which];
    int64_t in_page = (int64_t)(tr->block->phys & (PAGE_SIZE - 1)) + offset;

    link->offset = offset;
    link->same_page = in_page >= 0 && in_page < (int64_t)PAGE_SIZE;
}

void tr_branch(struct tr *tr, enum uop_op op, uint8_t a, uint8_t x, int64_t offset)
{
    set_link(tr, 0, insn_offset(tr) + offset);
    set_link(tr, 1, insn_offset(tr) + 4);
    emit_raw(tr, op, 0, a, 0, x, 0, (uintptr_t)tr->block->link);
    tr->end = true;
}

/* BTypeNext: BLR has its own; BR has, from a guarded page, one unless it is by X16 or X17, as in
 * veneers. */
static uint8_t branch_type(const struct tr *tr, uint8_t kind, unsigned n)
{
    if (kind == BRANCH_RETURN || !model_has(tr->model, FEAT_BTI))
        return 0;
    if (kind == BRANCH_CALL)
        return 2;
    return n == 16 || n == 17 || !(tr->mode & MODE_GUARDED) ? 1 : 3;
}

void tr_landing(struct tr *tr, unsigned types)
{
    if (tr->insn == 0)
        tr->block->landing |= (uint8_t)types;
}

void tr_landing_keeps(struct tr *tr)
{
    if (tr->insn == 0)
        tr->block->landing = 1 | LANDING_KEEPS;
}

void tr_count_branch(struct tr *tr, enum pmu_branch kind)
{
    if (!(tr->mode & MODE_COUNT))
        return;
    emit_raw(tr, UOP_count, 0, 0, 0, 0, 0,
             offsetof(struct cpu, pmu.branches) + kind * sizeof(uint64_t));
    tr->impure = true;
}

void tr_branch_register(struct tr *tr, uint8_t a, uint8_t kind, unsigned n)
{
    tr_count_branch(tr, kind == BRANCH_RETURN ? PMU_BRANCH_RETURN : PMU_BRANCH_REGISTER);
    emit_raw(tr, UOP_br, 0, a, 0, kind, branch_type(tr, kind, n), 0);
    tr->end = true;
}

void tr_pc_relative(struct tr *tr, uint8_t d, int64_t offset)
{
    emit_raw(tr, UOP_pcadd, d, 0, 0, 0, 0, (uint64_t)(insn_offset(tr) + offset));
}

void tr_pc_page(struct tr *tr, uint8_t d, int64_t offset)
{
    emit_raw(tr, UOP_pcpage, d, 0, 0, 0, 0, (uint64_t)offset); /* a block does not leave its page */
}

/* The Z registers that these micro-ops of an SVE instruction may write. */
static uint32_t written_z(const struct uop *first, const struct uop *end, uint32_t d)
{
    uint32_t set = 0;

    for (const struct uop *uop = first; uop < end; uop++) {
        unsigned count = 1;

        if (uop->op == UOP_call && uop->imm == (uintptr_t)sve_ldn)
            count = uop->y >> 2;
        else if (uop->op == UOP_zldn)
            count = sve_structures(uop->y).count;
        else if (uop->op == UOP_call)
            set |= 1u << d; /* some write none */
        if (uop->op == UOP_zld || uop->op == UOP_zgather || count > 1 ||
            (uop->d >= V_HIGH && uop->d < V_TEMP && strpbrk(uop_info[uop->op].operands, "VZ")))
            for (unsigned i = 0; i < count; i++)
                set |= 1u << (uop->d + i) % V_HIGH;
    }
    return set;
}

/* One zmark does for as many instructions of the block as possible: it may come too early. */
static void mark_written(struct tr *tr, unsigned first, uint32_t d)
{
    struct uop *uop = tr->block->uop;
    uint32_t written = written_z(uop + first, uop + tr->uops, d), fresh = written & ~tr->marked;

    tr->rest_is_zero &= ~written;
    if (!fresh || mode_parts(tr->mode) == 1)
        return;
    tr->marked |= fresh;
    if (tr->mark && !(fresh & tr->zeroed)) {
        uop[tr->mark - 1].imm |= fresh;
        return;
    }
    emit_raw(tr, UOP_zmark, 0, 0, 0, 0, 0, fresh);
    tr->mark = tr->uops;
}

/* FPCR.NEP, which the micro-op that restores the rest of the register looks at. */
static bool translate_row(struct tr *tr, const struct insn_row *row, const struct fields *f)
{
    const struct row_args *args = &row->args;
    const uint32_t source[] = {
        [KEEPS_D] = f->d, [KEEPS_N] = f->n, [KEEPS_M] = f->m, [KEEPS_A] = f->a};
    unsigned bytes = args->bits ? args->bits / 8 : 4u << (f->z | f->e);

    if (!args->keeps || !(tr->mode & MODE_AFP) || (tr->mode & MODE_FP_TRAP))
        return row->translate(tr, f);
    emit_raw(tr, UOP_vkeep, 0, (uint8_t)source[args->keeps], 0, 0, 0, 0);
    if (!row->translate(tr, f))
        return false;
    emit_raw(tr, UOP_vrest, (uint8_t)f->d, 0, 0, (uint8_t)bytes, 0, 0);
    return true;
}

bool tr_row(struct tr *tr, const struct insn_row *row, const struct fields *f)
{
    unsigned first = tr->uops;

    tr->sve = false;
    if (!translate_row(tr, row, f))
        return false;
    if (tr->sve)
        mark_written(tr, first, f->d);
    return true;
}

static bool trap_fp(struct cpu *cpu, const struct uop *uop)
{
    return cpu_raise(cpu, uop, EC_FP_ACCESS, 0x1e00000); /* ISS: CV = 1, COND = 0b1110 */
}

bool tr_fp_enabled(struct tr *tr)
{
    if (!(tr->mode & MODE_FP_TRAP))
        return true;
    tr_call_jump(tr, trap_fp, 0, 0, 0, 0, 0);
    return false;
}

static bool trap_sve(struct cpu *cpu, const struct uop *uop)
{
    return cpu_raise(cpu, uop, EC_SVE_ACCESS, 0);
}

bool tr_sve_enabled(struct tr *tr)
{
    if (!(tr->mode & MODE_SVE_TRAP)) {
        tr->sve = tr_fp_enabled(tr);
        return tr->sve;
    }
    tr_call_jump(tr, trap_sve, 0, 0, 0, 0, 0);
    return false;
}

void tr_check_sp(struct tr *tr, unsigned n)
{
    if (n != 31 || !(tr->mode & MODE_SP_ALIGN) || tr->sp_checked)
        return;
    emit_raw(tr, UOP_spcheck, 0, 0, 0, 0, 0, 0);
    tr->sp_checked = true;
}

bool tr_bit_masks(const struct fields *f, uint64_t *wmask)
{
    uint32_t pattern = f->k << 6 | (~f->j & 0x3f);
    unsigned len, levels, s, r, esize;
    uint64_t element;

    if (f->k && !f->f)
        return false;
    if (pattern < 2)
        return false;
    len = 31 - (unsigned)__builtin_clz(pattern);
    levels = (1u << len) - 1;
    s = f->j & levels;
    r = f->i & levels;
    if (s == levels)
        return false;
    esize = 1u << len;
    element = bits_ones(s + 1);
    if (r)
        element = (element >> r | element << (esize - r)) & bits_ones(esize);
    for (unsigned size = esize; size < 64; size *= 2)
        element |= element << size;
    *wmask = f->f ? element : (uint32_t)element;
    return true;
}

/* --- Passes over a finished block --- */

const char *uop_print(const struct uop *uop, char *text)
{
    snprintf(text, UOP_TEXT, "%-8s d=%u a=%u b=%u x=%u y=%u i=0x%llx", uop_info[uop->op].name,
             uop->d, uop->a, uop->b, uop->x, uop->y, (unsigned long long)uop->imm);
    return text;
}

/* Flag-setting arithmetic whose flags nobody reads becomes plain arithmetic. */
static void drop_dead_flags(struct block *block)
{
    bool live = true; /* at the end of a block anybody may read them */

    for (unsigned i = block->uops; i-- > 0;) {
        struct uop *uop = &block->uop[i];
        const char *effects = uop_info[uop->op].effects;
        bool writes = strchr(effects, 'W') != NULL;

        if (writes && !live && !strchr(effects, 'R')) {
            enum uop_op plain = uop_without_flags(uop->op);

            if (plain != UOP_COUNT) {
                uop->op = (uint16_t)plain;
                uop->fn = uop_info[plain].fn;
                effects = uop_info[plain].effects;
                writes = false;
            }
        }
        if (writes)
            live = false;
        /* Memory may fault, and then the handler of the exception sees the flags. */
        if (strpbrk(effects, "RCM"))
            live = true;
    }
}

/* The operation that computes the same without setting flags; UOP_COUNT: none. */
enum uop_op uop_without_flags(enum uop_op op)
{
    switch (op) {
#define PLAIN(with, without)                                                                       \
    case UOP_##with##64:                                                                           \
        return UOP_##without##64;                                                                  \
    case UOP_##with##32:                                                                           \
        return UOP_##without##32;                                                                  \
    case UOP_##with##64i:                                                                          \
        return UOP_##without##64i;                                                                 \
    case UOP_##with##32i:                                                                          \
        return UOP_##without##32i;                                                                 \
    case UOP_##with##64l:                                                                          \
        return UOP_##without##64l;                                                                 \
    case UOP_##with##32l:                                                                          \
        return UOP_##without##32l;
        PLAIN(adds, add)
        PLAIN(subs, sub)
        PLAIN(ands, and)
        PLAIN(bics, bic)
#undef PLAIN
    default:
        return UOP_COUNT;
    }
}

/* The fused form of a subtraction before a conditional branch; UOP_COUNT: none. */
static enum uop_op fused_with_branch(const struct uop *uop)
{
    switch (uop->op) {
    case UOP_subs64:
        return UOP_subsb64;
    case UOP_subs32:
        return UOP_subsb32;
    case UOP_subs64i:
        return uop->imm <= 0xffff ? UOP_subsbi64 : UOP_COUNT;
    case UOP_subs32i:
        return uop->imm <= 0xffff ? UOP_subsbi32 : UOP_COUNT;
    default:
        return UOP_COUNT;
    }
}

/* Compare and branch become one micro-op. */
static void fuse_branch(struct block *block)
{
    struct uop *branch = &block->uop[block->uops - 1], *compare = branch - 1;
    enum uop_op fused;

    if (block->uops < 2 || branch->op != UOP_bcond)
        return;
    fused = fused_with_branch(compare);
    if (fused == UOP_COUNT)
        return;
    if (fused == UOP_subsbi64 || fused == UOP_subsbi32) {
        compare->b = (uint8_t)compare->imm;
        compare->y = (uint8_t)(compare->imm >> 8);
    }
    compare->op = (uint16_t)fused;
    compare->fn = uop_info[fused].fn;
    compare->x = branch->x;
    compare->imm = branch->imm;
    block->uops--;
}

void tr_finish(struct tr *tr)
{
    struct block *block = tr->block;
    struct uop *last;

    if (!tr->end) {
        set_link(tr, 0, 4 * (int64_t)block->insns);
        emit_raw(tr, UOP_jump, 0, 0, 0, 0, 0, (uintptr_t)block->link);
    }
    block->uops = (uint16_t)tr->uops;
    block->pure = !tr->impure;
    drop_dead_flags(block);
    fuse_branch(block);
    last = &block->uop[block->uops - 1];
    last->fn = interp_conditional(last->op, last->x & 15);
}
