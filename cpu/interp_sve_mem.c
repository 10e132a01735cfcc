/* SVE helpers for loads and stores. Registers change when all memory has been read, and memory when
 * all of it may be written. */
#include <string.h>

#include "cpu/interp_sve.h"
#include "cpu/mte.h"
#include "cpu/translate.h"
#include "mmu/ram.h"

/* The host's bytes for `size` ones at va, all on a page that the bank has; NULL: go slowly. */
static uint8_t *fast_host(const struct cpu *cpu, uint64_t va, unsigned size, bool write)
{
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);

    if (cpu->mode & MODE_ALIGN ||
        (va ^ (write ? entry->tag_write : entry->tag_read)) > PAGE_SIZE - size)
        return NULL;
    return (uint8_t *)(uintptr_t)(va + entry->addend);
}

static bool misaligned(struct cpu *cpu, uint64_t va, unsigned align, bool write)
{
    if (!(cpu->mode & MODE_ALIGN) || is_aligned(va, align))
        return false;
    cpu->mmu.fault = (struct mmu_fault){.address = va, .status = FAULT_ALIGNMENT, .write = write};
    return true;
}

/* May `size` bytes at va be written? No store begins before all may be. */
static bool may_write(struct cpu *cpu, uint64_t va, unsigned size)
{
    struct translation tr;
    uint64_t last = va + size - 1;

    return !misaligned(cpu, va, size, true) &&
           mmu_translate(&cpu->mmu, va, ACCESS_WRITE, cpu->el, cpu->pan, &tr) &&
           ((va ^ last) < PAGE_SIZE || mmu_translate(&cpu->mmu, align_down(last, PAGE_SIZE),
                                                     ACCESS_WRITE, cpu->el, cpu->pan, &tr));
}

/* Tag Check of `size` bytes at va. What is not aligned as it must be is for the access to tell. */
static bool tags_permit_always(struct cpu *cpu, uint64_t va, unsigned size, unsigned align,
                               bool write)
{
    return !(cpu->mode & MODE_TAGS) || ((cpu->mode & MODE_ALIGN) && !is_aligned(va, align)) ||
           mte_permits(cpu, va, size, write, 0);
}

/* The same if the instruction's accesses are checked. */
static bool tags_permit(struct cpu *cpu, const struct uop *uop, uint64_t va, unsigned size,
                        unsigned align, bool write)
{
    return !uop->b || tags_permit_always(cpu, va, size, align, write);
}

/* The same of the active ones of elements that have `bytes` each in memory, `bits` in a register.
 */
static bool tags_permit_elements(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                 unsigned bytes, bool write)
{
    bool looked_at = uop->b && (cpu->mode & MODE_TAGS);

    for (unsigned i = 0; looked_at && i < 8 * z_bytes(cpu) / bits; i++)
        if (p_active(&cpu->p[uop->x], bits / 8, i) &&
            !tags_permit(cpu, uop, cpu->x[uop->a] + i * bytes, bytes, bytes, write))
            return false;
    return true;
}

/* Elements must be aligned where SCTLR_ELx.A says so. */
static unsigned access_flags(const struct cpu *cpu)
{
    return cpu->mode & MODE_ALIGN ? ACCESS_ALIGNED : 0;
}

/* One element; `host` is NULL where the MMU has to be asked. False: the MMU refused. */
static ALWAYS_INLINE bool load_element(struct cpu *cpu, const uint8_t *host, uint64_t va,
                                       unsigned bits, uint64_t *value)
{
    struct mmu_value read;

    if (host) {
        *value = z_host_get(host, bits);
        return true;
    }
    read = mmu_read(&cpu->mmu, va, bits / 8, access_flags(cpu));
    *value = read.value;
    return read.ok;
}

static ALWAYS_INLINE bool store_element(struct cpu *cpu, uint8_t *host, uint64_t va, unsigned bits,
                                        uint64_t value)
{
    if (!host)
        return mmu_write(&cpu->mmu, va, bits / 8, value & bits_ones(bits), access_flags(cpu));
    z_host_put(host, bits, value);
    return true;
}

/* The same with a Tag Check. */
static ALWAYS_INLINE bool load_checked(struct cpu *cpu, const struct uop *uop, const uint8_t *host,
                                       uint64_t va, unsigned bytes, uint64_t *value)
{
    return tags_permit(cpu, uop, va, bytes, bytes, false) &&
           load_element(cpu, host, va, 8 * bytes, value);
}

/* --- Contiguous --- */

bool sve_ld1(struct cpu *cpu, const struct uop *uop)
{
    struct sve_element element = sve_element(uop->y);
    unsigned bits = 8u << element.size, bytes = 1u << element.memory;
    unsigned lanes = 8 * z_bytes(cpu) / bits;
    uint64_t va = cpu->x[uop->a];
    const uint8_t *host = fast_host(cpu, va, lanes * bytes, false);
    const union preg *p = &cpu->p[uop->x];
    union zreg result;

    if (!tags_permit_elements(cpu, uop, bits, bytes, false))
        return cpu_data_abort(cpu, uop);
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t value = 0;

        if (p_active(p, bits / 8, i) &&
            !load_element(cpu, host ? host + i * bytes : NULL, va + i * bytes, 8 * bytes, &value))
            return cpu_data_abort(cpu, uop);
        z_put(&result, bits, i, vec_extend(element.is_signed, 8 * bytes, value));
    }
    z_write(cpu, uop->d, &result);
    return true;
}

bool sve_st1(struct cpu *cpu, const struct uop *uop)
{
    unsigned bits = 8u << (uop->y & 3), bytes = 1u << (uop->y >> 2);
    unsigned lanes = 8 * z_bytes(cpu) / bits;
    uint64_t va = cpu->x[uop->a];
    uint8_t *host = fast_host(cpu, va, lanes * bytes, true);
    const union preg *p = &cpu->p[uop->x];
    union zreg value;

    for (unsigned i = 0; !host && i < lanes; i++)
        if (p_active(p, bits / 8, i) && !may_write(cpu, va + i * bytes, bytes))
            return cpu_data_abort(cpu, uop);
    if (!tags_permit_elements(cpu, uop, bits, bytes, true))
        return cpu_data_abort(cpu, uop);
    z_read(cpu, uop->d, &value);
    for (unsigned i = 0; i < lanes; i++)
        if (p_active(p, bits / 8, i) &&
            !store_element(cpu, host ? host + i * bytes : NULL, va + i * bytes, 8 * bytes,
                           z_get(&value, bits, i)))
            return cpu_data_abort(cpu, uop);
    return true;
}

/* --- Several registers, element by element in turn --- */

bool sve_ldn(struct cpu *cpu, const struct uop *uop)
{
    unsigned bytes = 1u << (uop->y & 3), count = uop->y >> 2, lanes = z_bytes(cpu) / bytes;
    uint64_t va = cpu->x[uop->a];
    const uint8_t *host = fast_host(cpu, va, lanes * bytes * count, false);
    union zreg result[4];

    for (unsigned i = 0, at = 0; i < lanes; i++) {
        bool active = p_active(&cpu->p[uop->x], bytes, i);

        for (unsigned r = 0; r < count; r++, at += bytes) {
            uint64_t value = 0;

            if (active && !load_checked(cpu, uop, host ? host + at : NULL, va + at, bytes, &value))
                return cpu_data_abort(cpu, uop);
            z_put(&result[r], 8 * bytes, i, value);
        }
    }
    for (unsigned r = 0; r < count; r++)
        z_write(cpu, (uop->d + r) & 31, &result[r]);
    return true;
}

/* May the active elements be written? */
static bool may_write_structures(struct cpu *cpu, const struct uop *uop, unsigned bytes,
                                 unsigned count)
{
    uint64_t va = cpu->x[uop->a];

    for (unsigned i = 0; i < z_bytes(cpu) / bytes; i++)
        for (unsigned r = 0; r < count; r++, va += bytes)
            if (p_active(&cpu->p[uop->x], bytes, i) &&
                (!may_write(cpu, va, bytes) || !tags_permit(cpu, uop, va, bytes, bytes, true)))
                return false;
    return true;
}

bool sve_stn(struct cpu *cpu, const struct uop *uop)
{
    unsigned bytes = 1u << (uop->y & 3), count = uop->y >> 2, lanes = z_bytes(cpu) / bytes;
    uint64_t va = cpu->x[uop->a];
    uint8_t *host = fast_host(cpu, va, lanes * bytes * count, true);
    bool looked_at = !host || (uop->b && (cpu->mode & MODE_TAGS));
    union zreg value[4];

    if (looked_at && !may_write_structures(cpu, uop, bytes, count))
        return cpu_data_abort(cpu, uop);
    for (unsigned r = 0; r < count; r++)
        z_read(cpu, (uop->d + r) & 31, &value[r]);
    for (unsigned i = 0, at = 0; i < lanes; i++) {
        bool active = p_active(&cpu->p[uop->x], bytes, i);

        for (unsigned r = 0; r < count; r++, at += bytes)
            if (active && !store_element(cpu, host ? host + at : NULL, va + at, 8 * bytes,
                                         z_get(&value[r], 8 * bytes, i)))
                return cpu_data_abort(cpu, uop);
    }
    return true;
}

/* --- The same in every place --- */

/* One element for all that are active; none is read if none is. */
bool sve_ld1r(struct cpu *cpu, const struct uop *uop)
{
    struct sve_element element = sve_element(uop->y);
    unsigned bits = 8u << element.size, bytes = 1u << element.memory;
    const union preg *p = &cpu->p[uop->x];
    uint64_t va = cpu->x[uop->a], value = 0;
    union zreg result;
    bool read = false;

    for (unsigned i = 0; i < 8 * z_bytes(cpu) / bits; i++) {
        bool active = p_active(p, bits / 8, i);

        if (active && !read &&
            !load_checked(cpu, uop, fast_host(cpu, va, bytes, false), va, bytes, &value))
            return cpu_data_abort(cpu, uop);
        read |= active;
        z_put(&result, bits, i, active ? vec_extend(element.is_signed, 8 * bytes, value) : 0);
    }
    z_write(cpu, uop->d, &result);
    return true;
}

/* The first parts are read as Pg says, and fill the register as often as they fit. */
bool sve_ld1rq(struct cpu *cpu, const struct uop *uop)
{
    unsigned bytes = 1u << (uop->y & 3), parts = uop->y >> 2, lanes = 16 * parts / bytes;
    uint64_t va = cpu->x[uop->a];
    const uint8_t *host = fast_host(cpu, va, lanes * bytes, false);
    union zreg result = {{0}};

    for (unsigned i = 0; i < lanes; i++) {
        uint64_t value = 0;

        if (p_active(&cpu->p[uop->x], bytes, i) &&
            !load_checked(cpu, uop, host ? host + i * bytes : NULL, va + i * bytes, bytes, &value))
            return cpu_data_abort(cpu, uop);
        z_put(&result, 8 * bytes, i, value);
    }
    for (unsigned part = parts; part < z_parts(cpu) / parts * parts; part++)
        result.part[part] = result.part[part - parts];
    z_write(cpu, uop->d, &result);
    return true;
}

/* --- Gathers and scatters: always Tag Checked --- */

static uint64_t element_address(const struct cpu *cpu, const struct uop *uop, uint64_t offset)
{
    if (uop->y & SVE_GATHER_SXTW)
        offset = (uint64_t)(int32_t)offset;
    else if (uop->y & SVE_GATHER_UXTW)
        offset = (uint32_t)offset;
    return cpu->x[uop->a] +
           (uop->y & SVE_GATHER_SCALED ? offset << (uop->y >> SVE_GATHER_MEMORY) : offset);
}

bool sve_gather(struct cpu *cpu, const struct uop *uop)
{
    unsigned bits = uop->y & SVE_GATHER_D ? 64 : 32, bytes = 1u << (uop->y >> SVE_GATHER_MEMORY);
    union zreg m, result;

    z_read(cpu, uop->b, &m);
    for (unsigned i = 0; i < 8 * z_bytes(cpu) / bits; i++) {
        uint64_t va = element_address(cpu, uop, z_get(&m, bits, i)), value = 0;

        if (p_active(&cpu->p[uop->x], bits / 8, i) &&
            !(tags_permit_always(cpu, va, bytes, bytes, false) &&
              load_element(cpu, fast_host(cpu, va, bytes, false), va, 8 * bytes, &value)))
            return cpu_data_abort(cpu, uop);
        z_put(&result, bits, i, vec_extend(uop->y & SVE_GATHER_SIGNED, 8 * bytes, value));
    }
    z_write(cpu, uop->d, &result);
    return true;
}

bool sve_scatter(struct cpu *cpu, const struct uop *uop)
{
    unsigned bits = uop->y & SVE_GATHER_D ? 64 : 32, bytes = 1u << (uop->y >> SVE_GATHER_MEMORY);
    unsigned lanes = 8 * z_bytes(cpu) / bits;
    const union preg *p = &cpu->p[uop->x];
    union zreg m, value;

    z_read(cpu, uop->b, &m);
    z_read(cpu, uop->d, &value);
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t va = element_address(cpu, uop, z_get(&m, bits, i));

        if (p_active(p, bits / 8, i) &&
            !((fast_host(cpu, va, bytes, true) || may_write(cpu, va, bytes)) &&
              tags_permit_always(cpu, va, bytes, bytes, true)))
            return cpu_data_abort(cpu, uop);
    }
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t va = element_address(cpu, uop, z_get(&m, bits, i));

        if (p_active(p, bits / 8, i) && !store_element(cpu, fast_host(cpu, va, bytes, true), va,
                                                       8 * bytes, z_get(&value, bits, i)))
            return cpu_data_abort(cpu, uop);
    }
    return true;
}

/* --- First-faulting and non-faulting loads --- */

/* Device memory is not read where that may be left undone. */
static bool is_plain(struct cpu *cpu, uint64_t va)
{
    struct translation tr;

    return mmu_translate(&cpu->mmu, va, ACCESS_READ, cpu->el, cpu->pan, &tr) &&
           !(tr.attr & TLB_DEVICE);
}

/* MemNF[]: false: whatever there is against it, it is not read. */
static bool try_element(struct cpu *cpu, uint64_t va, unsigned bytes, bool checked, uint64_t *value)
{
    const uint8_t *host = fast_host(cpu, va, bytes, false);

    return (host || (is_plain(cpu, va) && is_plain(cpu, va + bytes - 1))) &&
           !(checked && (cpu->mode & MODE_TAGS) && !mte_agrees(cpu, va, bytes)) &&
           load_element(cpu, host, va, 8 * bytes, value);
}

/* FFR is false from a byte on. */
static void ffr_clear(struct cpu *cpu, unsigned byte)
{
    for (unsigned part = 0; part < z_parts(cpu); part++, byte -= byte < 16 ? byte : 16)
        cpu->p[P_FFR].part[part] &= (uint16_t)bits_ones(byte);
}

/* Elements at va[]: the first active one faults if `may_fault`. Another one that would is 0, as are
 * those after it, and FFR says so. */
static bool load_while_possible(struct cpu *cpu, const struct uop *uop, struct sve_element element,
                                const uint64_t *va, bool may_fault, bool checked)
{
    unsigned bits = 8u << element.size, bytes = 1u << element.memory;
    union zreg result = {{0}};

    for (unsigned i = 0; i < 8 * z_bytes(cpu) / bits; i++) {
        uint64_t value;

        if (!p_active(&cpu->p[uop->x], bits / 8, i))
            continue;
        if (may_fault) {
            if (!((!checked || tags_permit_always(cpu, va[i], bytes, bytes, false)) &&
                  load_element(cpu, fast_host(cpu, va[i], bytes, false), va[i], 8 * bytes, &value)))
                return cpu_data_abort(cpu, uop);
            may_fault = false;
        } else if (!try_element(cpu, va[i], bytes, checked, &value)) {
            ffr_clear(cpu, i * bits / 8);
            break;
        }
        z_put(&result, bits, i, vec_extend(element.is_signed, 8 * bytes, value));
    }
    z_write(cpu, uop->d, &result);
    return true;
}

static bool load_contiguous(struct cpu *cpu, const struct uop *uop, bool may_fault)
{
    struct sve_element element = sve_element(uop->y);
    uint64_t va[Z_BYTES_MAX];

    for (unsigned i = 0; i < z_bytes(cpu) >> element.size; i++)
        va[i] = cpu->x[uop->a] + (i << element.memory);
    return load_while_possible(cpu, uop, element, va, may_fault, uop->b);
}

bool sve_ldff1(struct cpu *cpu, const struct uop *uop)
{
    return load_contiguous(cpu, uop, true);
}

bool sve_ldnf1(struct cpu *cpu, const struct uop *uop)
{
    return load_contiguous(cpu, uop, false);
}

bool sve_gather_ff(struct cpu *cpu, const struct uop *uop)
{
    struct sve_element element = {.size = uop->y & SVE_GATHER_D ? 3 : 2,
                                  .memory = uop->y >> SVE_GATHER_MEMORY,
                                  .is_signed = uop->y & SVE_GATHER_SIGNED};
    uint64_t va[Z_BYTES_MAX / 4];
    union zreg m;

    z_read(cpu, uop->b, &m);
    for (unsigned i = 0; i < z_bytes(cpu) >> element.size; i++)
        va[i] = element_address(cpu, uop, z_get(&m, 8u << element.size, i));
    return load_while_possible(cpu, uop, element, va, true, true);
}

/* --- Whole registers: an access of bytes, but aligned to 16 or, of predicates, to 2 where
 * SCTLR_ELx.A says so --- */

static bool load_bytes(struct cpu *cpu, uint64_t va, void *to, unsigned size, unsigned align)
{
    const uint8_t *host = fast_host(cpu, va, size, false);
    unsigned piece = align < 8 ? align : 8;

    if (host) {
        for (unsigned i = 0; i < size; i += piece) {
            uint64_t value = ram_read(host + i, piece);

            memcpy((uint8_t *)to + i, &value, piece);
        }
        return true;
    }
    if (misaligned(cpu, va, align, false))
        return false;
    for (unsigned i = 0; i < size; i += piece) {
        struct mmu_value read = mmu_read(&cpu->mmu, va + i, piece, 0);

        if (!read.ok)
            return false;
        memcpy((uint8_t *)to + i, &read.value, piece);
    }
    return true;
}

static bool store_bytes(struct cpu *cpu, uint64_t va, const void *from, unsigned size,
                        unsigned align)
{
    uint8_t *host = fast_host(cpu, va, size, true);
    unsigned piece = align < 8 ? align : 8;

    for (unsigned i = 0; host && i < size; i += piece) {
        uint64_t value = 0;

        memcpy(&value, (const uint8_t *)from + i, piece);
        ram_write(host + i, piece, value);
    }
    if (host)
        return true;
    if (misaligned(cpu, va, align, true) || !may_write(cpu, va, 1) ||
        !may_write(cpu, va + size - 1, 1))
        return false;
    for (unsigned i = 0; i < size; i += piece) {
        uint64_t value = 0;

        memcpy(&value, (const uint8_t *)from + i, piece);
        if (!mmu_write(&cpu->mmu, va + i, piece, value, 0))
            return false;
    }
    return true;
}

bool sve_ldr_z(struct cpu *cpu, const struct uop *uop)
{
    union zreg value;

    if (!tags_permit(cpu, uop, cpu->x[uop->a], z_bytes(cpu), 16, false) ||
        !load_bytes(cpu, cpu->x[uop->a], &value, z_bytes(cpu), 16))
        return cpu_data_abort(cpu, uop);
    z_write(cpu, uop->d, &value);
    return true;
}

bool sve_str_z(struct cpu *cpu, const struct uop *uop)
{
    union zreg value;

    z_read(cpu, uop->d, &value);
    return (tags_permit(cpu, uop, cpu->x[uop->a], z_bytes(cpu), 16, true) &&
            store_bytes(cpu, cpu->x[uop->a], &value, z_bytes(cpu), 16)) ||
           cpu_data_abort(cpu, uop);
}

bool sve_ldr_p(struct cpu *cpu, const struct uop *uop)
{
    union preg value;

    if (!tags_permit(cpu, uop, cpu->x[uop->a], 2 * z_parts(cpu), 2, false) ||
        !load_bytes(cpu, cpu->x[uop->a], &value, 2 * z_parts(cpu), 2))
        return cpu_data_abort(cpu, uop);
    memcpy(&cpu->p[uop->d], &value, 2 * z_parts(cpu));
    return true;
}

bool sve_str_p(struct cpu *cpu, const struct uop *uop)
{
    return (tags_permit(cpu, uop, cpu->x[uop->a], 2 * z_parts(cpu), 2, true) &&
            store_bytes(cpu, cpu->x[uop->a], &cpu->p[uop->d], 2 * z_parts(cpu), 2)) ||
           cpu_data_abort(cpu, uop);
}
