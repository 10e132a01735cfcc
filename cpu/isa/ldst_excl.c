/* Exclusives and ordered loads and stores: DDI 0487, C4.1.94 "Load/store exclusive register",
 * "exclusive pair" and "ordered", LDAPR (FEAT_LRCPC), LDAPUR and STLUR (FEAT_LRCPC2).
 *
 * The local monitor remembers the physical address and the value that was loaded; the store is a
 * compare-and-swap of that value on host memory, so that other vCPUs need no global monitor.
 * Deviation: a value that another agent changed and changed back is not noticed; the architecture's
 * monitor would fail the store. Locks and counters built on exclusives compare the value, too. */
#include "cpu/isa/ldst.h"

#include "cpu/interp.h"
#include "cpu/isa/tables.h"

/* --- Host memory --- */

void *ldst_atomic_pointer(struct cpu *cpu, const struct uop *uop, unsigned size,
                          enum ldst_atomic access, uint64_t *phys)
{
    uint64_t va = cpu->x[uop->a];
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);
    struct mmu *mmu = &cpu->mmu;
    void *host = NULL;

    if (!is_aligned(va, 1u << size)) {
        (void)ldst_alignment_fault(cpu, uop, va, access == LDST_STORE);
        return NULL;
    }
    /* Aligned, so it does not leave the page. */
    if ((access == LDST_STORE || (va ^ entry->tag_read) < PAGE_SIZE) &&
        (access == LDST_LOAD || (va ^ entry->tag_write) < PAGE_SIZE)) {
        *phys = entry->phys + (va & (PAGE_SIZE - 1));
        return (void *)(uintptr_t)(va + entry->addend);
    }
    if (access != LDST_STORE)
        host = mmu_atomic_pointer(mmu, va, 1u << size, false, phys);
    if (access == LDST_STORE || (host && access == LDST_UPDATE))
        host = mmu_atomic_pointer(mmu, va, 1u << size, true, phys);
    if (!host)
        (void)cpu_data_abort(cpu, uop);
    return host;
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

static uint64_t ordered_load(const void *host, unsigned size)
{
    switch (size) {
    case 0:
        return __atomic_load_n((const uint8_t *)host, __ATOMIC_ACQUIRE);
    case 1:
        return __atomic_load_n((const uint16_t *)host, __ATOMIC_ACQUIRE);
    case 2:
        return __atomic_load_n((const uint32_t *)host, __ATOMIC_ACQUIRE);
    default:
        return __atomic_load_n((const uint64_t *)host, __ATOMIC_ACQUIRE);
    }
}

/* Sequentially consistent: a later LDAR must not overtake a STLR (RCsc). */
static void ordered_store(void *host, unsigned size, uint64_t value)
{
    switch (size) {
    case 0:
        __atomic_store_n((uint8_t *)host, (uint8_t)value, __ATOMIC_SEQ_CST);
        break;
    case 1:
        __atomic_store_n((uint16_t *)host, (uint16_t)value, __ATOMIC_SEQ_CST);
        break;
    case 2:
        __atomic_store_n((uint32_t *)host, (uint32_t)value, __ATOMIC_SEQ_CST);
        break;
    default:
        __atomic_store_n((uint64_t *)host, value, __ATOMIC_SEQ_CST);
        break;
    }
}

static bool compare_swap(void *host, unsigned size, uint64_t expected, uint64_t desired)
{
    switch (size) {
    case 0:
        return __sync_bool_compare_and_swap((uint8_t *)host, (uint8_t)expected, (uint8_t)desired);
    case 1:
        return __sync_bool_compare_and_swap((uint16_t *)host, (uint16_t)expected,
                                            (uint16_t)desired);
    case 2:
        return __sync_bool_compare_and_swap((uint32_t *)host, (uint32_t)expected,
                                            (uint32_t)desired);
    default:
        return __sync_bool_compare_and_swap((uint64_t *)host, expected, desired);
    }
}

/* --- Exclusives; x: log2 of the size of all that is accessed, a: address --- */

/* AArch64_SetExclusiveMonitors() with what was loaded */
static bool load_monitored(struct cpu *cpu, const struct uop *uop)
{
    struct mmu *mmu = &cpu->mmu;
    void *host = ldst_atomic_pointer(cpu, uop, uop->x, LDST_LOAD, &mmu->exclusive.phys);

    mmu->exclusive.valid = false;
    if (!host)
        return false;
    if (uop->x == 4) { /* two single-copy atomic halves; only a STXP that succeeds makes them one */
        mmu->exclusive.value[0] = ordered_load(host, 3);
        mmu->exclusive.value[1] = ordered_load((uint8_t *)host + 8, 3);
    } else {
        mmu->exclusive.value[0] = ordered_load(host, uop->x);
    }
    mmu->exclusive.size = (uint8_t)(1u << uop->x);
    mmu->exclusive.valid = true;
    return true;
}

/* d: target */
static bool load_exclusive(struct cpu *cpu, const struct uop *uop)
{
    if (!load_monitored(cpu, uop))
        return false;
    cpu->x[uop->d] = cpu->mmu.exclusive.value[0];
    return true;
}

/* d, y: targets */
static bool load_exclusive_pair(struct cpu *cpu, const struct uop *uop)
{
    const uint64_t *value = cpu->mmu.exclusive.value;

    if (!load_monitored(cpu, uop))
        return false;
    cpu->x[uop->d] = uop->x == 4 ? value[0] : (uint32_t)value[0];
    cpu->x[uop->y] = uop->x == 4 ? value[1] : value[0] >> 32;
    return true;
}

/* AArch64_ExclusiveMonitorsPass(), then the store. A store whose monitor is clear does not
 * translate its address: it fails without a fault (IMPLEMENTATION DEFINED, B2.12.2). d: status */
static bool store_monitored(struct cpu *cpu, const struct uop *uop, const uint64_t value[2])
{
    struct mmu *mmu = &cpu->mmu;
    uint64_t va = cpu->x[uop->a], phys;
    bool stored = false;

    if (!is_aligned(va, 1u << uop->x))
        return ldst_alignment_fault(cpu, uop, va, true);
    if (mmu->exclusive.valid && mmu->exclusive.size == 1u << uop->x) {
        void *host = ldst_atomic_pointer(cpu, uop, uop->x, LDST_STORE, &phys);

        if (!host)
            return false;
        if (phys == mmu->exclusive.phys)
            stored = uop->x == 4 ? ldst_compare_swap128(host, mmu->exclusive.value, value)
                                 : compare_swap(host, uop->x, mmu->exclusive.value[0], value[0]);
    }
    mmu->exclusive.valid = false;
    cpu->x[uop->d] = !stored;
    return true;
}

/* b: value */
static bool store_exclusive(struct cpu *cpu, const struct uop *uop)
{
    return store_monitored(cpu, uop, &cpu->x[uop->b]);
}

/* b, y: values */
static bool store_exclusive_pair(struct cpu *cpu, const struct uop *uop)
{
    uint64_t value[2] = {cpu->x[uop->b], cpu->x[uop->y]};

    if (uop->x == 3)
        value[0] = (uint32_t)value[0] | value[1] << 32;
    return store_monitored(cpu, uop, value);
}

/* UNPREDICTABLE: a status register that is also the value or the base: the store happens with the
 * old contents, then the status is written. */
static bool tr_stxr(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_call(tr, store_exclusive, Xd(f->s), XSP(f->n), X(f->d), (uint8_t)f->z, 0);
    return true;
}

static bool tr_ldxr(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_call(tr, load_exclusive, Xd(f->d), XSP(f->n), 0, (uint8_t)f->z, 0);
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

/* --- Acquire and release; x: log2 of the size, a: address. They may reach devices. --- */

/* d: target */
static bool load_acquire(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = cpu->x[uop->a];
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);
    struct mmu_value read;

    if (!is_aligned(va, 1u << uop->x))
        return ldst_alignment_fault(cpu, uop, va, false);
    if ((va ^ entry->tag_read) < PAGE_SIZE) {
        cpu->x[uop->d] = ordered_load((const void *)(uintptr_t)(va + entry->addend), uop->x);
        return true;
    }
    read = mmu_read(&cpu->mmu, va, 1u << uop->x, ACCESS_ALIGNED);
    if (!read.ok)
        return cpu_data_abort(cpu, uop);
    atomic_thread_fence(memory_order_acquire);
    cpu->x[uop->d] = read.value;
    return true;
}

/* b: value */
static bool store_release(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = cpu->x[uop->a], value = cpu->x[uop->b] & bits_ones(8u << uop->x);
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);

    if (!is_aligned(va, 1u << uop->x))
        return ldst_alignment_fault(cpu, uop, va, true);
    if ((va ^ entry->tag_write) < PAGE_SIZE) {
        ordered_store((void *)(uintptr_t)(va + entry->addend), uop->x, value);
        return true;
    }
    atomic_thread_fence(memory_order_seq_cst);
    if (!mmu_write(&cpu->mmu, va, 1u << uop->x, value, ACCESS_ALIGNED))
        return cpu_data_abort(cpu, uop);
    atomic_thread_fence(memory_order_seq_cst);
    return true;
}

static bool tr_stlr(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_call(tr, store_release, 0, XSP(f->n), X(f->d), (uint8_t)f->z, 0);
    return true;
}

static bool tr_ldar(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_call(tr, load_acquire, Xd(f->d), XSP(f->n), 0, (uint8_t)f->z, 0);
    return true;
}

/* FEAT_LRCPC2: with an offset; k says how to sign-extend. */

static uint8_t offset_address(struct tr *tr, const struct fields *f)
{
    tr_check_sp(tr, f->n);
    tr_imm(tr, UOP_add64i, SLOT_T0, XSP(f->n), (uint64_t)bits_sext(f->i, 9));
    return SLOT_T0;
}

static bool tr_stlur(struct tr *tr, const struct fields *f)
{
    tr_call(tr, store_release, 0, offset_address(tr, f), X(f->d), (uint8_t)f->z, 0);
    return true;
}

static bool tr_ldapur(struct tr *tr, const struct fields *f)
{
    tr_call(tr, load_acquire, Xd(f->d), offset_address(tr, f), 0, (uint8_t)f->z, 0);
    return true;
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
    INSN("zz001000 000sssss 0xxxxxnn nnnddddd", STXR_ldstexclr, FEAT_NONE, tr_stxr)
    INSN("zz001000 000sssss 1xxxxxnn nnnddddd", STLXR_ldstexclr, FEAT_NONE, tr_stxr)
    INSN("zz001000 010xxxxx 0xxxxxnn nnnddddd", LDXR_ldstexclr, FEAT_NONE, tr_ldxr)
    INSN("zz001000 010xxxxx 1xxxxxnn nnnddddd", LDAXR_ldstexclr, FEAT_NONE, tr_ldxr)
    INSN("1k001000 001sssss 0tttttnn nnnddddd", STXP_ldstexclp, FEAT_NONE, tr_stxp)
    INSN("1k001000 001sssss 1tttttnn nnnddddd", STLXP_ldstexclp, FEAT_NONE, tr_stxp)
    INSN("1k001000 011xxxxx 0tttttnn nnnddddd", LDXP_ldstexclp, FEAT_NONE, tr_ldxp)
    INSN("1k001000 011xxxxx 1tttttnn nnnddddd", LDAXP_ldstexclp, FEAT_NONE, tr_ldxp)

    INSN("zz001000 100xxxxx 1xxxxxnn nnnddddd", STLR_ldstord, FEAT_NONE, tr_stlr)
    INSN("zz001000 110xxxxx 1xxxxxnn nnnddddd", LDAR_ldstord, FEAT_NONE, tr_ldar)
    INSN("zz111000 101xxxxx 110000nn nnnddddd", LDAPR_memop, FEAT_LRCPC, tr_ldar)

    INSN("zz011001 000iiiii iiii00nn nnnddddd", STLUR_ldapstl_unscaled, FEAT_LRCPC2, tr_stlur)
    INSN("zz011001 010iiiii iiii00nn nnnddddd", LDAPUR_ldapstl_unscaled, FEAT_LRCPC2, tr_ldapur)
    INSN("zz011001 100iiiii iiii00nn nnnddddd", LDAPURS_64_ldapstl_unscaled, FEAT_LRCPC2, tr_ldapurs64)
    INSN("0z011001 110iiiii iiii00nn nnnddddd", LDAPURS_32_ldapstl_unscaled, FEAT_LRCPC2, tr_ldapurs32)
    /* clang-format on */
};

const struct insn_table insn_ldst_excl = {"ldst_excl", rows, ARRAY_SIZE(rows)};
