/* Interpreter: loads and stores. Each probes the software TLB inline (mmu/tlb.h) and touches host
 * memory itself; what misses, crosses a page or is not RAM goes out of line to the MMU's slow path.
 * A fault leaves registers unchanged. */
#include "cpu/interp.h"

#include <string.h>

#include "cpu/sysreg.h"
#include "cpu/translate.h"
#include "mmu/ram.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

static inline uint64_t address_imm(const struct cpu *cpu, const struct uop *uop)
{
    return cpu->x[uop->a] + uop->imm;
}

static inline uint64_t address_reg(const struct cpu *cpu, const struct uop *uop)
{
    return cpu->x[uop->a] + (cpu->x[uop->b] << uop->x);
}

/* The page's entry does not serve `size` bytes at va: take the slow path. */
static inline bool misses(uint64_t va, uint64_t tag, unsigned size)
{
    return unlikely((va ^ tag) > PAGE_SIZE - size);
}

static inline uint8_t *host_address(const struct tlb_entry *entry, uint64_t va)
{
    return (uint8_t *)(uintptr_t)(va + entry->addend);
}

static NOINLINE const struct uop *data_abort(struct cpu *cpu, const struct uop *uop)
{
    (void)cpu_data_abort(cpu, uop);
    return NULL;
}

/* --- What is loaded and stored: a general register, or the low doubleword of a vector register, of
 * which a load zeroes the rest --- */

static inline void set_x(struct cpu *cpu, unsigned n, uint64_t value)
{
    cpu->x[n] = value;
}

static inline uint64_t get_x(const struct cpu *cpu, unsigned n)
{
    return cpu->x[n];
}

static inline void vector_set(struct cpu *cpu, unsigned n, uint64_t low, uint64_t high)
{
    cpu->v[n].d[0] = low;
    cpu->v[n].d[1] = high;
}

static inline void set_v(struct cpu *cpu, unsigned n, uint64_t value)
{
    vector_set(cpu, n, value, 0);
}

static inline uint64_t get_v(const struct cpu *cpu, unsigned n)
{
    return cpu->v[n].d[0];
}

/* --- One register --- */

/* d = memory, as `type` converted to `result` and then zero-extended */
#define LOAD_FORM(name, bits, type, result, set, address, slow)                                    \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t va = address(cpu, uop);                                                           \
        const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);                       \
                                                                                                   \
        if (misses(va, entry->tag_read, bits / 8))                                                 \
            return slow(cpu, uop, va);                                                             \
        set(cpu, uop->d, (result)(type)ram_read##bits(host_address(entry, va)));                   \
        return uop_next(cpu, uop);                                                                 \
    }
#define LOAD(name, bits, type, result, set)                                                        \
    static NOINLINE const struct uop *name##_slow(struct cpu *cpu, const struct uop *uop,          \
                                                  uint64_t va)                                     \
    {                                                                                              \
        struct mmu_value read = mmu_read(interp_mmu(cpu, uop), va, bits / 8, 0);                   \
                                                                                                   \
        if (!read.ok)                                                                              \
            return data_abort(cpu, uop);                                                           \
        set(cpu, uop->d, (result)(type)read.value);                                                \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    LOAD_FORM(name, bits, type, result, set, address_imm, name##_slow)                             \
    LOAD_FORM(name##x, bits, type, result, set, address_reg, name##_slow)
LOAD(ld8, 8, uint8_t, uint64_t, set_x)
LOAD(ld16, 16, uint16_t, uint64_t, set_x)
LOAD(ld32, 32, uint32_t, uint64_t, set_x)
LOAD(ld64, 64, uint64_t, uint64_t, set_x)
LOAD(ld8s64, 8, int8_t, uint64_t, set_x)
LOAD(ld16s64, 16, int16_t, uint64_t, set_x)
LOAD(ld32s64, 32, int32_t, uint64_t, set_x)
LOAD(ld8s32, 8, int8_t, uint32_t, set_x)
LOAD(ld16s32, 16, int16_t, uint32_t, set_x)
LOAD(ldv8, 8, uint8_t, uint64_t, set_v)
LOAD(ldv16, 16, uint16_t, uint64_t, set_v)
LOAD(ldv32, 32, uint32_t, uint64_t, set_v)
LOAD(ldv64, 64, uint64_t, uint64_t, set_v)

#define STORE_FORM(name, bits, get, address, slow)                                                 \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t va = address(cpu, uop);                                                           \
        const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);                       \
                                                                                                   \
        if (misses(va, entry->tag_write, bits / 8))                                                \
            return slow(cpu, uop, va);                                                             \
        ram_write##bits(host_address(entry, va), (uint##bits##_t)get(cpu, uop->d));                \
        return uop_next(cpu, uop);                                                                 \
    }
#define STORE(name, bits, get)                                                                     \
    static NOINLINE const struct uop *name##_slow(struct cpu *cpu, const struct uop *uop,          \
                                                  uint64_t va)                                     \
    {                                                                                              \
        if (!mmu_write(interp_mmu(cpu, uop), va, bits / 8, (uint##bits##_t)get(cpu, uop->d), 0))   \
            return data_abort(cpu, uop);                                                           \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    STORE_FORM(name, bits, get, address_imm, name##_slow)                                          \
    STORE_FORM(name##x, bits, get, address_reg, name##_slow)
STORE(st8, 8, get_x)
STORE(st16, 16, get_x)
STORE(st32, 32, get_x)
STORE(st64, 64, get_x)
STORE(stv8, 8, get_v)
STORE(stv16, 16, get_v)
STORE(stv32, 32, get_v)
STORE(stv64, 64, get_v)

/* --- Unprivileged: with the rights of EL0. The bank is that of EL0; the micro-op is emitted at EL1
 * without PSTATE.UAO only. --- */

#define UNPRIVILEGED(bits)                                                                         \
    static NOINLINE const struct uop *ldu##bits##_slow(struct cpu *cpu, const struct uop *uop,     \
                                                       uint64_t va)                                \
    {                                                                                              \
        struct mmu_value read = mmu_read(interp_mmu(cpu, uop), va, bits / 8, ACCESS_UNPRIV);       \
                                                                                                   \
        if (!read.ok)                                                                              \
            return data_abort(cpu, uop);                                                           \
        cpu->x[uop->d] = read.value;                                                               \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    static NOINLINE const struct uop *stu##bits##_slow(struct cpu *cpu, const struct uop *uop,     \
                                                       uint64_t va)                                \
    {                                                                                              \
        if (!mmu_write(interp_mmu(cpu, uop), va, bits / 8, (uint##bits##_t)cpu->x[uop->d],         \
                       ACCESS_UNPRIV))                                                             \
            return data_abort(cpu, uop);                                                           \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(ldu##bits)                                                                             \
    {                                                                                              \
        uint64_t va = address_imm(cpu, uop);                                                       \
        const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.user, va);                       \
                                                                                                   \
        if (misses(va, entry->tag_read, bits / 8))                                                 \
            return ldu##bits##_slow(cpu, uop, va);                                                 \
        cpu->x[uop->d] = ram_read##bits(host_address(entry, va));                                  \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(stu##bits)                                                                             \
    {                                                                                              \
        uint64_t va = address_imm(cpu, uop);                                                       \
        const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.user, va);                       \
                                                                                                   \
        if (misses(va, entry->tag_write, bits / 8))                                                \
            return stu##bits##_slow(cpu, uop, va);                                                 \
        ram_write##bits(host_address(entry, va), (uint##bits##_t)cpu->x[uop->d]);                  \
        return uop_next(cpu, uop);                                                                 \
    }
UNPRIVILEGED(8)
UNPRIVILEGED(16)
UNPRIVILEGED(32)
UNPRIVILEGED(64)

/* --- DC ZVA --- */

static NOINLINE const struct uop *dczva_slow(struct cpu *cpu, const struct uop *uop)
{
    cpu->insn = uop->insn;
    return maintenance_dc_zva(cpu, cpu->x[uop->a]) ? uop_next(cpu, uop) : data_abort(cpu, uop);
}

HANDLER(dczva)
{
    uint64_t va = align_down(cpu->x[uop->a], DC_ZVA_BYTES);
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);

    if (misses(va, entry->tag_write, DC_ZVA_BYTES))
        return dczva_slow(cpu, uop);
    memset(host_address(entry, va), 0, DC_ZVA_BYTES);
    return uop_next(cpu, uop);
}

/* --- Pairs: two single-copy atomic accesses; both are loaded before a register changes --- */

#define LOAD_PAIR(name, bits, type, set)                                                           \
    static NOINLINE const struct uop *name##_slow(struct cpu *cpu, const struct uop *uop,          \
                                                  uint64_t va)                                     \
    {                                                                                              \
        struct mmu_value low = mmu_read(interp_mmu(cpu, uop), va, bits / 8, 0);                    \
        struct mmu_value high;                                                                     \
                                                                                                   \
        if (!low.ok)                                                                               \
            return data_abort(cpu, uop);                                                           \
        high = mmu_read(interp_mmu(cpu, uop), va + bits / 8, bits / 8, 0);                         \
        if (!high.ok)                                                                              \
            return data_abort(cpu, uop);                                                           \
        set(cpu, uop->d, (uint64_t)(type)low.value);                                               \
        set(cpu, uop->y, (uint64_t)(type)high.value);                                              \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t va = address_imm(cpu, uop);                                                       \
        const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);                       \
        uint64_t low, high;                                                                        \
                                                                                                   \
        if (misses(va, entry->tag_read, bits / 4))                                                 \
            return name##_slow(cpu, uop, va);                                                      \
        low = (uint64_t)(type)ram_read##bits(host_address(entry, va));                             \
        high = (uint64_t)(type)ram_read##bits(host_address(entry, va) + bits / 8);                 \
        set(cpu, uop->d, low);                                                                     \
        set(cpu, uop->y, high);                                                                    \
        return uop_next(cpu, uop);                                                                 \
    }
LOAD_PAIR(ldp64, 64, uint64_t, set_x)
LOAD_PAIR(ldp32, 32, uint32_t, set_x)
LOAD_PAIR(ldpsw, 32, int32_t, set_x)
LOAD_PAIR(ldpv64, 64, uint64_t, set_v)

#define STORE_PAIR(name, bits, get)                                                                \
    static NOINLINE const struct uop *name##_slow(struct cpu *cpu, const struct uop *uop,          \
                                                  uint64_t va)                                     \
    {                                                                                              \
        if (!mmu_write(interp_mmu(cpu, uop), va, bits / 8, (uint##bits##_t)get(cpu, uop->d), 0) || \
            !mmu_write(interp_mmu(cpu, uop), va + bits / 8, bits / 8,                              \
                       (uint##bits##_t)get(cpu, uop->y), 0))                                       \
            return data_abort(cpu, uop);                                                           \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t va = address_imm(cpu, uop);                                                       \
        const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);                       \
                                                                                                   \
        if (misses(va, entry->tag_write, bits / 4))                                                \
            return name##_slow(cpu, uop, va);                                                      \
        ram_write##bits(host_address(entry, va), (uint##bits##_t)get(cpu, uop->d));                \
        ram_write##bits(host_address(entry, va) + bits / 8, (uint##bits##_t)get(cpu, uop->y));     \
        return uop_next(cpu, uop);                                                                 \
    }
STORE_PAIR(stp64, 64, get_x)
STORE_PAIR(stp32, 32, get_x)
STORE_PAIR(stpv64, 64, get_v)

/* --- Whole vector registers --- */

/* Apart from the function that ends in uop_next(): the array would keep that from being a jump. */
static NOINLINE bool ldv128_read(struct cpu *cpu, const struct uop *uop, uint64_t va)
{
    uint64_t value[2];

    if (!mmu_read128(interp_mmu(cpu, uop), va, value, 0))
        return cpu_data_abort(cpu, uop);
    vector_set(cpu, uop->d, value[0], value[1]);
    return true;
}

static NOINLINE const struct uop *ldv128_slow(struct cpu *cpu, const struct uop *uop, uint64_t va)
{
    return ldv128_read(cpu, uop, va) ? uop_next(cpu, uop) : NULL;
}

static NOINLINE const struct uop *stv128_slow(struct cpu *cpu, const struct uop *uop, uint64_t va)
{
    if (!mmu_write128(interp_mmu(cpu, uop), va, cpu->v[uop->d].d, 0))
        return data_abort(cpu, uop);
    return uop_next(cpu, uop);
}

static inline void vector_read128(struct cpu *cpu, unsigned v, const uint8_t *host)
{
    vector_set(cpu, v, ram_read64(host), ram_read64(host + 8));
}

static inline void vector_write128(const struct cpu *cpu, unsigned v, uint8_t *host)
{
    ram_write64(host, cpu->v[v].d[0]);
    ram_write64(host + 8, cpu->v[v].d[1]);
}

#define VECTOR_LOAD128(name, address)                                                              \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t va = address(cpu, uop);                                                           \
        const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);                       \
                                                                                                   \
        if (misses(va, entry->tag_read, 16))                                                       \
            return ldv128_slow(cpu, uop, va);                                                      \
        vector_read128(cpu, uop->d, host_address(entry, va));                                      \
        return uop_next(cpu, uop);                                                                 \
    }
#define VECTOR_STORE128(name, address)                                                             \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        uint64_t va = address(cpu, uop);                                                           \
        const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);                       \
                                                                                                   \
        if (misses(va, entry->tag_write, 16))                                                      \
            return stv128_slow(cpu, uop, va);                                                      \
        vector_write128(cpu, uop->d, host_address(entry, va));                                     \
        return uop_next(cpu, uop);                                                                 \
    }
VECTOR_LOAD128(ldv128, address_imm)
VECTOR_LOAD128(ldv128x, address_reg)
VECTOR_STORE128(stv128, address_imm)
VECTOR_STORE128(stv128x, address_reg)

static NOINLINE bool ldpv128_read(struct cpu *cpu, const struct uop *uop, uint64_t va)
{
    uint64_t low[2], high[2];

    if (!mmu_read128(interp_mmu(cpu, uop), va, low, 0) || !mmu_read128(&cpu->mmu, va + 16, high, 0))
        return cpu_data_abort(cpu, uop);
    vector_set(cpu, uop->d, low[0], low[1]);
    vector_set(cpu, uop->y, high[0], high[1]);
    return true;
}

static NOINLINE const struct uop *ldpv128_slow(struct cpu *cpu, const struct uop *uop, uint64_t va)
{
    return ldpv128_read(cpu, uop, va) ? uop_next(cpu, uop) : NULL;
}

HANDLER(ldpv128)
{
    uint64_t va = address_imm(cpu, uop);
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);

    if (misses(va, entry->tag_read, 32))
        return ldpv128_slow(cpu, uop, va);
    vector_read128(cpu, uop->d, host_address(entry, va));
    vector_read128(cpu, uop->y, host_address(entry, va) + 16);
    return uop_next(cpu, uop);
}

static NOINLINE const struct uop *stpv128_slow(struct cpu *cpu, const struct uop *uop, uint64_t va)
{
    if (!mmu_write128(interp_mmu(cpu, uop), va, cpu->v[uop->d].d, 0) ||
        !mmu_write128(interp_mmu(cpu, uop), va + 16, cpu->v[uop->y].d, 0))
        return data_abort(cpu, uop);
    return uop_next(cpu, uop);
}

HANDLER(stpv128)
{
    uint64_t va = address_imm(cpu, uop);
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);

    if (misses(va, entry->tag_write, 32))
        return stpv128_slow(cpu, uop, va);
    vector_write128(cpu, uop->d, host_address(entry, va));
    vector_write128(cpu, uop->y, host_address(entry, va) + 16);
    return uop_next(cpu, uop);
}
