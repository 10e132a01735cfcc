/* SVE helpers that move elements between places, vectors and general registers, and for counts. */
#include <string.h>

#include "cpu/interp_sve_perm.h"

static ALWAYS_INLINE unsigned z_lanes(const struct cpu *cpu, unsigned bits)
{
    return 8 * z_bytes(cpu) / bits;
}

LANE(n)
{
    return n;
}

LANE(m)
{
    return m;
}

/* --- By place: elements of Zn, and from there on of Zm --- */

static ALWAYS_INLINE void z_permute(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    sve_place *place)
{
    unsigned lanes = z_lanes(cpu, bits);
    union zreg n, m, result;

    z_read(cpu, uop->a, &n);
    z_read(cpu, uop->b, &m);
    for (unsigned i = 0; i < lanes; i++) {
        unsigned from = place(i, lanes);

        z_put(&result, bits, i,
              from < lanes ? z_get(&n, bits, from) : z_get(&m, bits, from - lanes));
    }
    z_write(cpu, uop->d, &result);
}

/* Of parts; what is behind `lanes` of them becomes 0. */
static ALWAYS_INLINE void permute_parts(struct cpu *cpu, const struct uop *uop, sve_place *place,
                                        unsigned lanes)
{
    union zreg n, m, result;

    z_read(cpu, uop->a, &n);
    z_read(cpu, uop->b, &m);
    if (lanes < z_parts(cpu))
        result.part[lanes] = (union vreg){.d = {0, 0}};
    for (unsigned i = 0; i < lanes; i++) {
        unsigned from = place(i, lanes);

        result.part[i] = from < lanes ? n.part[from] : m.part[from - lanes];
    }
    z_write(cpu, uop->d, &result);
}

/* ZIP and TRN: of pairs */
static ALWAYS_INLINE void z_permute_q(struct cpu *cpu, const struct uop *uop, unsigned bits UNUSED,
                                      sve_place *place)
{
    permute_parts(cpu, uop, place, z_parts(cpu) & ~1u);
}

/* UZP: of all */
static ALWAYS_INLINE void z_unzip_q(struct cpu *cpu, const struct uop *uop, unsigned bits UNUSED,
                                    sve_place *place)
{
    permute_parts(cpu, uop, place, z_parts(cpu));
}

/* From byte x on */
bool sve_ext(struct cpu *cpu, const struct uop *uop)
{
    unsigned bytes = z_bytes(cpu), first = uop->x;
    union zreg n, m, result;

    if (first >= bytes)
        first = 0;
    z_read(cpu, uop->a, &n);
    z_read(cpu, uop->b, &m);
    memcpy(result.b, n.b + first, bytes - first);
    memcpy(result.b + bytes - first, m.b, first);
    z_write(cpu, uop->d, &result);
    return true;
}

/* What an index beyond the table gives, and how many registers that table has */
enum {
    lane_tbl1,
    lane_tbl2,
    lane_tbx,
};

static ALWAYS_INLINE void z_table(struct cpu *cpu, const struct uop *uop, unsigned bits, int kind)
{
    unsigned lanes = z_lanes(cpu, bits), limit = kind == lane_tbl2 ? 2 * lanes : lanes;
    union zreg n, n2, m, result;

    z_read(cpu, uop->d, &result);
    z_read(cpu, uop->a, &n);
    z_read(cpu, (uop->a + 1) & 31, &n2);
    z_read(cpu, uop->b, &m);
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t index = z_get(&m, bits, i);

        if (index < lanes)
            z_put(&result, bits, i, z_get(&n, bits, (unsigned)index));
        else if (index < limit)
            z_put(&result, bits, i, z_get(&n2, bits, (unsigned)index - lanes));
        else if (kind != lane_tbx)
            z_put(&result, bits, i, 0);
    }
    z_write(cpu, uop->d, &result);
}

static ALWAYS_INLINE void z_fill(struct cpu *cpu, unsigned z, unsigned bits, uint64_t value)
{
    union vreg r;

    for (unsigned i = 0; i < 128 / bits; i++)
        vec_put(&r, bits, i, value);
    for (unsigned part = 0; part < z_parts(cpu); part++)
        *z_part(cpu, z, part) = r;
}

/* Element y; 0 if there is none */
static ALWAYS_INLINE void z_dup_elem(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     vec_lane *lane UNUSED)
{
    union zreg n;

    z_read(cpu, uop->a, &n);
    z_fill(cpu, uop->d, bits, uop->y < z_lanes(cpu, bits) ? z_get(&n, bits, uop->y) : 0);
}

bool sve_dup_elem_q(struct cpu *cpu, const struct uop *uop)
{
    union vreg value = {.d = {0, 0}};

    if (uop->y < z_parts(cpu))
        value = *z_part(cpu, uop->a, uop->y);
    for (unsigned part = 0; part < z_parts(cpu); part++)
        *z_part(cpu, uop->d, part) = value;
    return true;
}

/* Elements of half the size: of the lower half, or of the upper one */
enum {
    lane_low,
    lane_high,
};

static ALWAYS_INLINE void unpack(struct cpu *cpu, const struct uop *uop, unsigned bits, int half,
                                 bool is_signed)
{
    unsigned lanes = z_lanes(cpu, bits), first = half == lane_high ? lanes : 0;
    union zreg n, result;

    z_read(cpu, uop->a, &n);
    for (unsigned i = 0; i < lanes; i++)
        z_put(&result, bits, i, vec_extend(is_signed, bits / 2, z_get(&n, bits / 2, first + i)));
    z_write(cpu, uop->d, &result);
}

static ALWAYS_INLINE void z_unpack_s(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     int half)
{
    unpack(cpu, uop, bits, half, true);
}

static ALWAYS_INLINE void z_unpack_u(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     int half)
{
    unpack(cpu, uop, bits, half, false);
}

/* --- By predicate --- */

static ALWAYS_INLINE void z_select(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                   vec_lane *lane UNUSED)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), r = *z_part(cpu, uop->b, part);
        uint16_t active = cpu->p[uop->x].part[part];

        for (unsigned i = 0; i < 128 / bits; i++)
            if (p_lane(active, bits, i))
                vec_put(&r, bits, i, vec_get(&n, bits, i));
        *z_part(cpu, uop->d, part) = r;
    }
}

static ALWAYS_INLINE void z_compact(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    vec_lane *lane UNUSED)
{
    union zreg n, result = {{0}};
    unsigned used = 0;

    z_read(cpu, uop->a, &n);
    for (unsigned i = 0; i < z_lanes(cpu, bits); i++)
        if (p_active(&cpu->p[uop->x], bits / 8, i))
            z_put(&result, bits, used++, z_get(&n, bits, i));
    z_write(cpu, uop->d, &result);
}

/* LastActiveElement(); -1: there is none. */
static ALWAYS_INLINE int last_active(const struct cpu *cpu, unsigned p, unsigned bits)
{
    int last = (int)z_lanes(cpu, bits) - 1;

    while (last >= 0 && !p_active(&cpu->p[p], bits / 8, (unsigned)last))
        last--;
    return last;
}

/* From the first active element of Zn to the last; then the elements of Zm */
static ALWAYS_INLINE void z_splice(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                   vec_lane *lane UNUSED)
{
    int last = last_active(cpu, uop->x, bits);
    unsigned used = 0, lanes = z_lanes(cpu, bits);
    bool between = false;
    union zreg n, m, result;

    z_read(cpu, uop->a, &n);
    z_read(cpu, uop->b, &m);
    for (unsigned i = 0; (int)i <= last; i++) {
        between |= p_active(&cpu->p[uop->x], bits / 8, i);
        if (between)
            z_put(&result, bits, used++, z_get(&n, bits, i));
    }
    for (unsigned i = 0; used < lanes; i++)
        z_put(&result, bits, used++, z_get(&m, bits, i));
    z_write(cpu, uop->d, &result);
}

/* Which one LASTA and its like mean: the element after the last active one, going round;
 * or that one, which is the last of all if there is none. */
static ALWAYS_INLINE unsigned lane_after(int last, unsigned lanes)
{
    return (unsigned)(last + 1) % lanes;
}

static ALWAYS_INLINE unsigned lane_before(int last, unsigned lanes)
{
    return last < 0 ? lanes - 1 : (unsigned)last;
}

typedef unsigned sve_which(int last, unsigned lanes);

static ALWAYS_INLINE uint64_t last_element(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                           sve_which *which)
{
    union zreg n;

    z_read(cpu, uop->a, &n);
    return z_get(&n, bits, which(last_active(cpu, uop->x, bits), z_lanes(cpu, bits)));
}

/* To slot d */
static ALWAYS_INLINE void z_last(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                 sve_which *which)
{
    cpu->x[uop->d] = last_element(cpu, uop, bits, which);
}

/* The same, or the element that is in slot b, if none is active */
static ALWAYS_INLINE void z_last_if(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    sve_which *which)
{
    cpu->x[uop->d] = last_active(cpu, uop->x, bits) < 0 ? cpu->x[uop->b] & bits_ones(bits)
                                                        : last_element(cpu, uop, bits, which);
}

/* To all elements of Zd, if any is active */
static ALWAYS_INLINE void z_last_if_z(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                      sve_which *which)
{
    if (last_active(cpu, uop->x, bits) >= 0)
        z_fill(cpu, uop->d, bits, last_element(cpu, uop, bits, which));
}

/* --- From general registers --- */

/* Zd = lane(Zn, slot b) */
static ALWAYS_INLINE void z_map_x(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                  vec_lane *lane)
{
    uint64_t m = cpu->x[uop->b] & bits_ones(bits);
    struct fp_status st = cpu->fp;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), r;

        for (unsigned i = 0; i < 128 / bits; i++)
            vec_put(&r, bits, i, lane(&st, bits, 0, vec_get(&n, bits, i), m));
        *z_part(cpu, uop->d, part) = r;
    }
}

/* Slot b, in active elements */
static ALWAYS_INLINE void copy(struct cpu *cpu, const struct uop *uop, unsigned bits, bool zeroing)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg r = *z_part(cpu, uop->d, part);
        uint16_t active = cpu->p[uop->x].part[part];

        if (zeroing)
            r = (union vreg){.d = {0, 0}};
        for (unsigned i = 0; i < 128 / bits; i++)
            if (p_lane(active, bits, i))
                vec_put(&r, bits, i, cpu->x[uop->b]);
        *z_part(cpu, uop->d, part) = r;
    }
}

static ALWAYS_INLINE void z_merge_x(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                    vec_lane *lane UNUSED)
{
    copy(cpu, uop, bits, false);
}

static ALWAYS_INLINE void z_zeroing_x(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                      vec_lane *lane UNUSED)
{
    copy(cpu, uop, bits, true);
}

/* Elements go up by one place, and slot b comes in. */
static ALWAYS_INLINE void z_insr(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                 vec_lane *lane UNUSED)
{
    union zreg d, result;

    z_read(cpu, uop->d, &d);
    z_put(&result, bits, 0, cpu->x[uop->b]);
    for (unsigned i = 1; i < z_lanes(cpu, bits); i++)
        z_put(&result, bits, i, z_get(&d, bits, i - 1));
    z_write(cpu, uop->d, &result);
}

/* From slot a on, in steps of slot b */
static ALWAYS_INLINE void z_index(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                  vec_lane *lane UNUSED)
{
    uint64_t value = cpu->x[uop->a], step = cpu->x[uop->b];
    union zreg result;

    for (unsigned i = 0; i < z_lanes(cpu, bits); i++, value += step)
        z_put(&result, bits, i, value);
    z_write(cpu, uop->d, &result);
}

/* --- Addresses: n + (lane(m) << y) --- */

LANE(sxtw)
{
    return (uint64_t)(int32_t)m;
}

LANE(uxtw)
{
    return (uint32_t)m;
}

static ALWAYS_INLINE void z_adr(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                vec_lane *lane)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        union vreg n = *z_part(cpu, uop->a, part), m = *z_part(cpu, uop->b, part), r;

        for (unsigned i = 0; i < 128 / bits; i++)
            vec_put(&r, bits, i,
                    vec_get(&n, bits, i) +
                        (lane(&cpu->fp, bits, 0, 0, vec_get(&m, bits, i)) << uop->y));
        *z_part(cpu, uop->d, part) = r;
    }
}

/* --- Counts: slot d = lane(slot a, slot b), extended from `bits` --- */

static ALWAYS_INLINE void scalar(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                 vec_lane *lane, bool is_signed)
{
    struct fp_status st = cpu->fp;
    uint64_t n = cpu->x[uop->a] & bits_ones(bits);
    uint64_t value = lane(&st, bits, 0, n, cpu->x[uop->b]) & bits_ones(bits);

    cpu->x[uop->d] = vec_extend(is_signed, bits, value);
}

static ALWAYS_INLINE void z_scalar_s(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     vec_lane *lane)
{
    scalar(cpu, uop, bits, lane, true);
}

static ALWAYS_INLINE void z_scalar_u(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                     vec_lane *lane)
{
    scalar(cpu, uop, bits, lane, false);
}

#define FAMILY(name, sizes, walk, lane) sizes(name, walk, lane)
#include "cpu/sve_perm.def"
#undef FAMILY
