/* Exclusives and ordered loads and stores: DDI 0487, C4.1.94 "Load/store exclusive register",
 * "exclusive pair" and "ordered", also of limited regions (FEAT_LOR), LDAPR (FEAT_LRCPC), LDAPUR
 * and STLUR (FEAT_LRCPC2).
 *
 * How the monitor notices other vCPUs is told in cpu/exclusive.h. */
#include "cpu/isa/ldst.h"

#include "cpu/exclusive.h"
#include "cpu/isa/tables.h"
#include "cpu/model.h"
#include "cpu/mte.h"

/* --- Host memory --- */

bool ldst_atomic_place(const struct cpu *cpu, uint64_t va, unsigned bytes)
{
    return is_aligned(va, bytes) || ((va & 15) + bytes <= 16 && !(cpu->mode & MODE_ALIGN) &&
                                     model_has(cpu->model, FEAT_LSE2));
}

void *ldst_atomic_pointer(struct cpu *cpu, const struct uop *uop, unsigned size,
                          enum interp_atomic access)
{
    uint64_t va = cpu->x[uop->a];

    if (!ldst_atomic_place(cpu, va, 1u << size)) {
        (void)ldst_alignment_fault(cpu, uop, va, access == ATOMIC_STORE);
        return NULL;
    }
    /* Tag Checked, as all of these are unless the base register is SP. */
    if ((cpu->mode & MODE_TAGS) && uop->a != SLOT_SP &&
        !mte_check(cpu, uop, va, 1u << size, access == ATOMIC_STORE, 0))
        return NULL;
    return interp_atomic(cpu, uop, 1u << size, access);
}

bool ldst_compare_swap128(void *host, uint64_t expected[2], const uint64_t desired[2])
{
    unsigned __int128 old = (unsigned __int128)expected[1] << 64 | expected[0];
    unsigned __int128 new = (unsigned __int128)desired[1] << 64 | desired[0];
    unsigned __int128 seen = __sync_val_compare_and_swap((unsigned __int128 *)host, old, new);

    expected[0] = (uint64_t)seen;
    expected[1] = (uint64_t)(seen >> 64);
    return seen == old;
}

/* --- Exclusive pairs; x: log2 of the size of both together, a: address --- */

/* AArch64_SetExclusiveMonitors() with what was loaded; d, y: targets. 16 bytes are two single-copy
 * atomic halves; only a STXP that succeeds makes them one. */
static bool load_exclusive_pair(struct cpu *cpu, const struct uop *uop)
{
    struct mmu *mmu = &cpu->mmu;
    const uint64_t *host = ldst_atomic_pointer(cpu, uop, uop->x, ATOMIC_LOAD);
    uint64_t low;

    mmu->exclusive.size = 0;
    if (!host)
        return false;
    exclusive_note(cpu, host);
    low = mmu->exclusive.value[0] = __atomic_load_n(host, __ATOMIC_ACQUIRE);
    if (uop->x == 4)
        mmu->exclusive.value[1] = __atomic_load_n(host + 1, __ATOMIC_ACQUIRE);
    mmu->exclusive.host = host;
    mmu->exclusive.size = (uint8_t)(1u << uop->x);
    cpu->x[uop->d] = uop->x == 4 ? low : (uint32_t)low;
    cpu->x[uop->y] = uop->x == 4 ? mmu->exclusive.value[1] : low >> 32;
    return true;
}

/* AArch64_ExclusiveMonitorsPass(), then the store; d: status, b, y: values. A store whose monitor
 * is clear does not translate its address: it fails without a fault (IMPLEMENTATION DEFINED,
 * B2.12.2). */
static bool store_exclusive_pair(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = cpu->x[uop->a], value[2] = {cpu->x[uop->b], cpu->x[uop->y]};
    struct mmu *mmu = &cpu->mmu;
    bool stored = false;

    if (!ldst_atomic_place(cpu, va, 1u << uop->x))
        return ldst_alignment_fault(cpu, uop, va, true);
    if (mmu->exclusive.size == 1u << uop->x) {
        void *host = ldst_atomic_pointer(cpu, uop, uop->x, ATOMIC_STORE);

        if (!host)
            return false;
        if (host == mmu->exclusive.host && exclusive_begin(cpu, host)) {
            stored = uop->x == 4
                         ? ldst_compare_swap128(host, mmu->exclusive.value, value)
                         : __sync_bool_compare_and_swap((uint64_t *)host, mmu->exclusive.value[0],
                                                        (uint32_t)value[0] | value[1] << 32);
            exclusive_end(cpu, host);
        }
    }
    mmu->exclusive.size = 0;
    cpu->x[uop->d] = !stored;
    return true;
}

/* --- Exclusives of one register --- */

/* UNPREDICTABLE: a status register that is also the value or the base: the store happens with the
 * old contents, then the status is written. */
static bool tr_stxr(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, f->n != 31);
    tr_emit_aligned(tr, UOP_stx8 + f->z, Xd(f->s), XSP(f->n), X(f->d), 0, 1u << f->z, true);
    tr->impure = true;
    return true;
}

static bool tr_ldxr(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, f->n != 31);
    tr_emit_aligned(tr, UOP_ldx8 + f->z, Xd(f->d), XSP(f->n), 0, 0, 1u << f->z, false);
    tr->impure = true;
    return true;
}

static bool tr_stxp(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_call(tr, store_exclusive_pair, Xd(f->s), XSP(f->n), X(f->d), f->k ? 4 : 3, X(f->t));
    return true;
}

/* UNPREDICTABLE: of equal targets the second value stays. */
static bool tr_ldxp(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_call(tr, load_exclusive_pair, Xd(f->d), XSP(f->n), 0, f->k ? 4 : 3, Xd(f->t));
    return true;
}

/* --- Acquire and release. They may reach devices. SCTLR_ELx.nAA frees them of alignment. The host
 * keeps every load in its place before all that follows, and every store behind all before it
 * (Intel SDM, volume 3, 8.2.2); the barrier is for a later LDAR, which must not overtake a STLR
 * (RCsc). --- */

static bool load_acquire(struct tr *tr, const struct fields *f, uint64_t offset)
{
    static const uint16_t ops[] = {UOP_ld8, UOP_ld16, UOP_ld32, UOP_ld64};

    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, f->n != 31);
    if (tr->mode & MODE_NAA)
        tr_imm(tr, ops[f->z], Xd(f->d), XSP(f->n), offset);
    else
        tr_emit_aligned(tr, ops[f->z], Xd(f->d), XSP(f->n), 0, offset, 1u << f->z, false);
    return true;
}

static bool store_release(struct tr *tr, const struct fields *f, uint64_t offset)
{
    static const uint16_t ops[] = {UOP_st8, UOP_st16, UOP_st32, UOP_st64};

    tr_check_sp(tr, f->n);
    tr_tag_checked(tr, f->n != 31);
    if (tr->mode & MODE_NAA)
        tr_imm(tr, ops[f->z], X(f->d), XSP(f->n), offset);
    else
        tr_emit_aligned(tr, ops[f->z], X(f->d), XSP(f->n), 0, offset, 1u << f->z, true);
    tr_emit(tr, UOP_barrier, 0, 0, 0, 0, 0, 0);
    return true;
}

static bool tr_stlr(struct tr *tr, const struct fields *f)
{
    return store_release(tr, f, 0);
}

static bool tr_ldar(struct tr *tr, const struct fields *f)
{
    return load_acquire(tr, f, 0);
}

/* FEAT_LRCPC2: with an offset. */

static bool tr_stlur(struct tr *tr, const struct fields *f)
{
    return store_release(tr, f, (uint64_t)bits_sext(f->i, 9));
}

static bool tr_ldapur(struct tr *tr, const struct fields *f)
{
    return load_acquire(tr, f, (uint64_t)bits_sext(f->i, 9));
}

static bool tr_ldapurs64(struct tr *tr, const struct fields *f)
{
    if (f->z == 3)
        return false;
    tr_ldapur(tr, f);
    tr_emit(tr, UOP_sbfx64, Xd(f->d), Xd(f->d), 0, 0, (uint8_t)(8 << f->z), 0);
    return true;
}

static bool tr_ldapurs32(struct tr *tr, const struct fields *f)
{
    tr_ldapur(tr, f);
    tr_emit(tr, UOP_sbfx32, Xd(f->d), Xd(f->d), 0, 0, (uint8_t)(8 << f->z), 0);
    return true;
}

static const struct insn_row rows[] = {
    /* clang-format off */
    INSN("zz001000 000sssss 0xxxxxnn nnnddddd", STXR_ldstexclr, FEAT_NONE, tr_stxr),
    INSN("zz001000 000sssss 1xxxxxnn nnnddddd", STLXR_ldstexclr, FEAT_NONE, tr_stxr),
    INSN("zz001000 010xxxxx 0xxxxxnn nnnddddd", LDXR_ldstexclr, FEAT_NONE, tr_ldxr),
    INSN("zz001000 010xxxxx 1xxxxxnn nnnddddd", LDAXR_ldstexclr, FEAT_NONE, tr_ldxr),
    INSN("1k001000 001sssss 0tttttnn nnnddddd", STXP_ldstexclp, FEAT_NONE, tr_stxp),
    INSN("1k001000 001sssss 1tttttnn nnnddddd", STLXP_ldstexclp, FEAT_NONE, tr_stxp),
    INSN("1k001000 011xxxxx 0tttttnn nnnddddd", LDXP_ldstexclp, FEAT_NONE, tr_ldxp),
    INSN("1k001000 011xxxxx 1tttttnn nnnddddd", LDAXP_ldstexclp, FEAT_NONE, tr_ldxp),

    INSN("zz001000 100xxxxx 1xxxxxnn nnnddddd", STLR_ldstord, FEAT_NONE, tr_stlr),
    INSN("zz001000 110xxxxx 1xxxxxnn nnnddddd", LDAR_ldstord, FEAT_NONE, tr_ldar),
    /* limited ordering regions: there are none, so that these order as the two above */
    INSN("zz001000 100xxxxx 0xxxxxnn nnnddddd", STLLR_ldstord, FEAT_LOR, tr_stlr),
    INSN("zz001000 110xxxxx 0xxxxxnn nnnddddd", LDLAR_ldstord, FEAT_LOR, tr_ldar),
    INSN("zz111000 101xxxxx 110000nn nnnddddd", LDAPR_memop, FEAT_LRCPC, tr_ldar),

    INSN("zz011001 000iiiii iiii00nn nnnddddd", STLUR_ldapstl_unscaled, FEAT_LRCPC2, tr_stlur),
    INSN("zz011001 010iiiii iiii00nn nnnddddd", LDAPUR_ldapstl_unscaled, FEAT_LRCPC2, tr_ldapur),
    INSN("zz011001 100iiiii iiii00nn nnnddddd", LDAPURS_64_ldapstl_unscaled, FEAT_LRCPC2, tr_ldapurs64),
    INSN("0z011001 110iiiii iiii00nn nnnddddd", LDAPURS_32_ldapstl_unscaled, FEAT_LRCPC2, tr_ldapurs32),
    /* clang-format on */
};

const struct insn_table insn_ldst_excl = {"ldst_excl", rows, ARRAY_SIZE(rows)};
