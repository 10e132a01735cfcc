/* Handlers of the vector micro-ops: those that work lane by lane come from uops_vec.def, the others
 * (moves, permutes, tables, structures in memory) stand here. */
#include "cpu/interp_vec.h"
#include "cpu/vec_lanes_fp.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

#define VEC(name, bits, walk, lane, operands)                                                      \
    HANDLER(v##name##bits)                                                                         \
    {                                                                                              \
        vec_##walk(cpu, uop, bits, lane_##lane);                                                   \
        return uop_next(cpu, uop);                                                                 \
    }
#include "cpu/uops_vec.def"
#undef VEC

/* --- Moves --- */

HANDLER(vmov)
{
    vec_write(cpu, uop->d, cpu->v[uop->a], uop->x);
    return uop_next(cpu, uop);
}

HANDLER(vkeep)
{
    cpu->kept = cpu->v[uop->a];
    return uop_next(cpu, uop);
}

HANDLER(vrest)
{
    if (cpu->fp.fpcr & FPCR_NEP)
        memcpy(&cpu->v[uop->d].b[uop->x], &cpu->kept.b[uop->x], 16u - uop->x);
    return uop_next(cpu, uop);
}

HANDLER(vmovi)
{
    vec_write(cpu, uop->d, (union vreg){.d = {uop->imm, uop->imm}}, uop->x);
    return uop_next(cpu, uop);
}

/* The value in every lane. */
static ALWAYS_INLINE union vreg replicate(unsigned bits, uint64_t value)
{
    if (bits == 8)
        value = (uint8_t)value * 0x0101010101010101ull;
    else if (bits == 16)
        value = (uint16_t)value * 0x0001000100010001ull;
    else if (bits == 32)
        value = (uint32_t)value * 0x0000000100000001ull;
    return (union vreg){.d = {value, value}};
}

#define MOVES(bits, lane)                                                                          \
    HANDLER(vdup_gen##bits)                                                                        \
    {                                                                                              \
        vec_write(cpu, uop->d, replicate(bits, cpu->x[uop->a]), uop->x);                           \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(vdup_elem##bits)                                                                       \
    {                                                                                              \
        vec_write(cpu, uop->d, replicate(bits, cpu->v[uop->a].lane[uop->y]), uop->x);              \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(vins_gen##bits)                                                                        \
    {                                                                                              \
        cpu->v[uop->d].lane[uop->y] = (uint##bits##_t)cpu->x[uop->a];                              \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(vins_elem##bits)                                                                       \
    {                                                                                              \
        cpu->v[uop->d].lane[uop->x] = cpu->v[uop->a].lane[uop->y];                                 \
        return uop_next(cpu, uop);                                                                 \
    }                                                                                              \
    HANDLER(vumov##bits)                                                                           \
    {                                                                                              \
        cpu->x[uop->d] = cpu->v[uop->a].lane[uop->y];                                              \
        return uop_next(cpu, uop);                                                                 \
    }
MOVES(8, b)
MOVES(16, h)
MOVES(32, s)
MOVES(64, d)

#define SMOV(bits, lane, result_bits)                                                              \
    HANDLER(vsmov##bits##_##result_bits)                                                           \
    {                                                                                              \
        cpu->x[uop->d] = (uint##result_bits##_t)(int##bits##_t)cpu->v[uop->a].lane[uop->y];        \
        return uop_next(cpu, uop);                                                                 \
    }
SMOV(8, b, 32)
SMOV(16, h, 32)
SMOV(8, b, 64)
SMOV(16, h, 64)
SMOV(32, s, 64)

/* --- Permutes: lane i of the result is a lane of n or of m --- */

enum permute { ZIP, UZP, TRN };

static ALWAYS_INLINE void permute_lanes(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                        unsigned lanes, enum permute kind, unsigned part)
{
    union vreg n = cpu->v[uop->a], m = cpu->v[uop->b], r = {.d = {0, 0}};

    for (unsigned i = 0; i < lanes / 2; i++) {
        switch (kind) {
        case ZIP:
            vec_put(&r, bits, 2 * i, vec_get(&n, bits, part * lanes / 2 + i));
            vec_put(&r, bits, 2 * i + 1, vec_get(&m, bits, part * lanes / 2 + i));
            break;
        case UZP:
            vec_put(&r, bits, i, vec_get(&n, bits, 2 * i + part));
            vec_put(&r, bits, lanes / 2 + i, vec_get(&m, bits, 2 * i + part));
            break;
        case TRN:
            vec_put(&r, bits, 2 * i, vec_get(&n, bits, 2 * i + part));
            vec_put(&r, bits, 2 * i + 1, vec_get(&m, bits, 2 * i + part));
            break;
        }
    }
    vec_write(cpu, uop->d, r, uop->x);
}

#define PERMUTE(name, bits, kind, part)                                                            \
    HANDLER(name##bits)                                                                            \
    {                                                                                              \
        if (uop->x == 16)                                                                          \
            permute_lanes(cpu, uop, bits, 128 / bits, kind, part);                                 \
        else                                                                                       \
            permute_lanes(cpu, uop, bits, 64 / bits, kind, part);                                  \
        return uop_next(cpu, uop);                                                                 \
    }
#define PERMUTES(name, kind, part)                                                                 \
    PERMUTE(name, 8, kind, part)                                                                   \
    PERMUTE(name, 16, kind, part)                                                                  \
    PERMUTE(name, 32, kind, part)                                                                  \
    PERMUTE(name, 64, kind, part)
PERMUTES(vzip1, ZIP, 0)
PERMUTES(vzip2, ZIP, 1)
PERMUTES(vuzp1, UZP, 0)
PERMUTES(vuzp2, UZP, 1)
PERMUTES(vtrn1, TRN, 0)
PERMUTES(vtrn2, TRN, 1)

/* d = bytes of high:low from byte `position` on, 0 to 7 */
static inline uint64_t extract64(uint64_t low, uint64_t high, unsigned position)
{
    return position == 0 ? low : low >> 8 * position | high << (64 - 8 * position);
}

HANDLER(vext)
{
    union vreg n = cpu->v[uop->a], m = cpu->v[uop->b];
    unsigned position = uop->y & 7;

    if (uop->x == 8)
        n = (union vreg){.d = {extract64(n.d[0], m.d[0], position), 0}};
    else if (uop->y < 8)
        n = (union vreg){
            .d = {extract64(n.d[0], n.d[1], position), extract64(n.d[1], m.d[0], position)}};
    else
        n = (union vreg){
            .d = {extract64(n.d[1], m.d[0], position), extract64(m.d[0], m.d[1], position)}};
    cpu->v[uop->d] = n;
    return uop_next(cpu, uop);
}

/* TBL and TBX: an index out of the table gives the byte of `r`. */
static ALWAYS_INLINE void table_lookup(struct cpu *cpu, const struct uop *uop, union vreg r)
{
    union vreg index = cpu->v[uop->b];

    for (unsigned i = 0; i < 16; i++) {
        unsigned k = index.b[i];

        if (k < 16u * uop->y)
            r.b[i] = cpu->v[(uop->a + k / 16) & 31].b[k % 16];
    }
    vec_write(cpu, uop->d, r, uop->x);
}

HANDLER(vtbl)
{
    table_lookup(cpu, uop, (union vreg){.d = {0, 0}});
    return uop_next(cpu, uop);
}

HANDLER(vtbx)
{
    table_lookup(cpu, uop, cpu->v[uop->d]);
    return uop_next(cpu, uop);
}

/* --- Structures of 1 to 4 elements: element e of structure s is lane s of register e. Out of line,
 * because of the buffer; all of it is read before the first register changes.
 *
 * Memory is accessed by doublewords; where that is refused for its alignment (SCTLR_ELx.A, Device
 * memory), nothing has been accessed yet, and it is done element by element --- */

/* `bytes` bytes at va in accesses of `step` bytes. False: mmu->fault. */
static bool read_buffer(struct mmu *mmu, uint64_t va, uint8_t *buffer, unsigned bytes,
                        unsigned step)
{
    for (unsigned at = 0; at < bytes; at += step) {
        struct mmu_value read = mmu_read(mmu, va + at, step, 0);

        if (!read.ok)
            return false;
        memcpy(buffer + at, &read.value, step);
    }
    return true;
}

static bool write_buffer(struct mmu *mmu, uint64_t va, const uint8_t *buffer, unsigned bytes,
                         unsigned step)
{
    for (unsigned at = 0; at < bytes; at += step) {
        uint64_t value = 0;

        memcpy(&value, buffer + at, step);
        if (!mmu_write(mmu, va + at, step, value, 0))
            return false;
    }
    return true;
}

static bool refused_for_alignment(const struct mmu *mmu, unsigned size)
{
    return size < 8 && mmu->fault.status == FAULT_ALIGNMENT;
}

static NOINLINE bool load_structures(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = cpu->x[uop->a] + uop->imm;
    unsigned registers = uop->y, size = 1u << uop->b, bytes = registers * uop->x;
    uint8_t buffer[64];
    union vreg r[4] = {0};

    if (!read_buffer(&cpu->mmu, va, buffer, bytes, 8) &&
        !(refused_for_alignment(&cpu->mmu, size) &&
          read_buffer(&cpu->mmu, va, buffer, bytes, size)))
        return cpu_data_abort(cpu, uop);
    for (unsigned at = 0; at < bytes; at += size)
        memcpy(&r[at / size % registers].b[at / size / registers * size], buffer + at, size);
    for (unsigned i = 0; i < registers; i++)
        cpu->v[(uop->d + i) & 31] = r[i];
    return true;
}

static NOINLINE bool store_structures(struct cpu *cpu, const struct uop *uop)
{
    uint64_t va = cpu->x[uop->a] + uop->imm;
    unsigned registers = uop->y, size = 1u << uop->b, bytes = registers * uop->x;
    uint8_t buffer[64];

    for (unsigned at = 0; at < bytes; at += size)
        memcpy(buffer + at,
               &cpu->v[(uop->d + at / size % registers) & 31].b[at / size / registers * size],
               size);
    return write_buffer(&cpu->mmu, va, buffer, bytes, 8) ||
           (refused_for_alignment(&cpu->mmu, size) &&
            write_buffer(&cpu->mmu, va, buffer, bytes, size)) ||
           cpu_data_abort(cpu, uop);
}

HANDLER(vldn)
{
    return load_structures(cpu, uop) ? uop_next(cpu, uop) : NULL;
}

HANDLER(vstn)
{
    return store_structures(cpu, uop) ? uop_next(cpu, uop) : NULL;
}
