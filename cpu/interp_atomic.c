/* Interpreter: exclusives, and the atomic memory operations of FEAT_LSE that are one host operation
 * or a short loop. It is all in one quantity of 16 bytes: the micro-op `align` has seen to that. */
#include "cpu/interp.h"

#include "cpu/exclusive.h"
#include "cpu/translate.h"
#include "mmu/ram.h"

/* What guests synchronise so is theirs: ulna's own structures have to be safe without it. */
#define HANDLER(name)                                                                              \
    GUEST_RACES const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

NOINLINE void *interp_atomic_slow(struct cpu *cpu, const struct uop *uop, unsigned size,
                                  enum interp_atomic access)
{
    struct mmu *mmu = interp_mmu(cpu, uop);
    uint64_t va = cpu->x[uop->a], phys;
    void *host = NULL;

    if (access != ATOMIC_STORE)
        host = mmu_atomic_pointer(mmu, va, size, false, &phys);
    if (access == ATOMIC_STORE || (host && access == ATOMIC_UPDATE))
        host = mmu_atomic_pointer(mmu, va, size, true, &phys);
    if (!host)
        (void)cpu_data_abort(cpu, uop);
    return host;
}

/* --- Exclusives: see cpu/isa/ldst_excl.c --- */

#define EXCLUSIVES(bits)                                                                           \
    HANDLER(ldx##bits)                                                                             \
    {                                                                                              \
        struct mmu *mmu = &cpu->mmu;                                                               \
        const uint##bits##_t *host = interp_atomic(cpu, uop, bits / 8, ATOMIC_LOAD);               \
                                                                                                   \
        mmu->exclusive.size = 0;                                                                   \
        if (unlikely(!host))                                                                       \
            return NULL;                                                                           \
        mmu->exclusive.host = host;                                                                \
        exclusive_note(cpu, host);                                                                 \
        mmu->exclusive.value[0] = __atomic_load_n(host, __ATOMIC_ACQUIRE);                         \
        mmu->exclusive.size = bits / 8;                                                            \
        cpu->x[uop->d] = mmu->exclusive.value[0];                                                  \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(stx##bits)                                                                             \
    {                                                                                              \
        struct mmu *mmu = &cpu->mmu;                                                               \
        bool stored = false;                                                                       \
                                                                                                   \
        if (mmu->exclusive.size == bits / 8) {                                                     \
            uint##bits##_t *host = interp_atomic(cpu, uop, bits / 8, ATOMIC_STORE);                \
                                                                                                   \
            if (unlikely(!host))                                                                   \
                return NULL;                                                                       \
            if (host == mmu->exclusive.host && exclusive_begin(cpu, host)) {                       \
                stored =                                                                           \
                    __sync_bool_compare_and_swap(host, (uint##bits##_t)mmu->exclusive.value[0],    \
                                                 (uint##bits##_t)cpu->x[uop->b]);                  \
                exclusive_end(cpu, host);                                                          \
            }                                                                                      \
        }                                                                                          \
        mmu->exclusive.size = 0;                                                                   \
        cpu->x[uop->d] = !stored;                                                                  \
        return uop_next(cpu, uop);                                                                 \
    }
EXCLUSIVES(8)
EXCLUSIVES(16)
EXCLUSIVES(32)
EXCLUSIVES(64)

/* --- FEAT_LSE --- */

#define UPDATE(name, bits, operation)                                                              \
    HANDLER(name##bits)                                                                            \
    {                                                                                              \
        uint##bits##_t *host = interp_atomic(cpu, uop, bits / 8, ATOMIC_UPDATE);                   \
        uint##bits##_t value = (uint##bits##_t)cpu->x[uop->b];                                     \
                                                                                                   \
        if (unlikely(!host))                                                                       \
            return NULL;                                                                           \
        cpu->x[uop->d] = (operation);                                                              \
        exclusive_atomic(cpu, host);                                                               \
        return uop_next(cpu, uop);                                                                 \
    }
#define UPDATES(bits)                                                                              \
    UPDATE(ldadd, bits, __atomic_fetch_add(host, value, __ATOMIC_SEQ_CST))                         \
    UPDATE(ldclr, bits, __atomic_fetch_and(host, (uint##bits##_t) ~value, __ATOMIC_SEQ_CST))       \
    UPDATE(ldeor, bits, __atomic_fetch_xor(host, value, __ATOMIC_SEQ_CST))                         \
    UPDATE(ldset, bits, __atomic_fetch_or(host, value, __ATOMIC_SEQ_CST))                          \
    UPDATE(swp, bits, __atomic_exchange_n(host, value, __ATOMIC_SEQ_CST))                          \
    UPDATE(cas, bits, __sync_val_compare_and_swap(host, (uint##bits##_t)cpu->x[uop->d], value))
UPDATES(8)
UPDATES(16)
UPDATES(32)
UPDATES(64)
