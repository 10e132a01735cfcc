/* SVE helpers that make and test predicates. */
#include "cpu/interp_sve_perm.h"

/* FirstActive(), NoneActive() and not LastActive() of the result where the mask is true. */
void p_test(struct cpu *cpu, const union preg *mask, const union preg *result, unsigned bits)
{
    union nzcv nzcv = {.n = 0, .z = 1, .c = 1};
    bool first = true;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        uint16_t active = mask->part[part] & p_elements(bits);
        uint16_t is_true = active & result->part[part];

        if (!active)
            continue;
        if (first)
            nzcv.n = (is_true & active & -active) != 0;
        first = false;
        nzcv.z &= !is_true;
        nzcv.c = !(is_true >> (31 - __builtin_clz(active)));
    }
    cpu->nzcv = nzcv;
}

/* Pd = the first `count` elements. */
static void set_first(struct cpu *cpu, unsigned d, unsigned bits, uint64_t count)
{
    unsigned lanes = 128 / bits;

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        unsigned here = count > lanes ? lanes : (unsigned)count;

        cpu->p[d].part[part] = (uint16_t)(p_elements(bits) & bits_ones(here * bits / 8));
        count -= here;
    }
}

bool sve_ptrue(struct cpu *cpu, const struct uop *uop)
{
    set_first(cpu, uop->d, 8u << uop->x, uop->a | (unsigned)uop->b << 8);
    return true;
}

/* PTRUES tests the elements that it makes true. */
bool sve_ptrues(struct cpu *cpu, const struct uop *uop)
{
    (void)sve_ptrue(cpu, uop);
    p_test(cpu, &cpu->p[uop->d], &cpu->p[uop->d], 8u << uop->x);
    return true;
}

/* Does the comparison of WHILE.. hold for these? */
static bool holds(int64_t n, int64_t m, unsigned kind)
{
    if (kind & SVE_WHILE_U) {
        n ^= INT64_MIN;
        m ^= INT64_MIN;
    }
    if (kind & SVE_WHILE_LT)
        return kind & SVE_WHILE_EQ ? n <= m : n < m;
    return kind & SVE_WHILE_EQ ? n > m : n >= m;
}

/* How many elements are true: from the first on, or from the last one down, n counts on by one for
 * each, and wraps. */
static unsigned count_while(const struct cpu *cpu, const struct uop *uop, unsigned lanes)
{
    uint64_t n = cpu->x[uop->a], m = cpu->x[uop->b];
    unsigned count = 0;

    while (count < lanes) {
        int64_t operand = (int64_t)n, limit = (int64_t)m;

        if (!(uop->y & SVE_WHILE_X)) {
            operand = uop->y & SVE_WHILE_U ? (int64_t)(uint32_t)n : (int32_t)n;
            limit = uop->y & SVE_WHILE_U ? (int64_t)(uint32_t)m : (int32_t)m;
        }
        if (!holds(operand, limit, uop->y))
            break;
        n += uop->y & SVE_WHILE_LT ? 1 : -1ull;
        count++;
    }
    return count;
}

/* The last `count` elements. */
static void set_last(struct cpu *cpu, unsigned d, unsigned bits, unsigned count)
{
    unsigned lanes = 128 / bits, first = lanes * z_parts(cpu) - count;

    set_first(cpu, d, bits, first);
    for (unsigned part = 0; part < z_parts(cpu); part++)
        cpu->p[d].part[part] ^= p_elements(bits);
}

/* Every element is tested. */
static void test_all(struct cpu *cpu, const union preg *result, unsigned bits)
{
    union preg all;

    for (unsigned part = 0; part < Z_PARTS; part++)
        all.part[part] = p_elements(bits);
    p_test(cpu, &all, result, bits);
}

bool sve_while(struct cpu *cpu, const struct uop *uop)
{
    unsigned bits = 8u << uop->x, count = count_while(cpu, uop, 128 / bits * z_parts(cpu));

    if (uop->y & SVE_WHILE_LT)
        set_first(cpu, uop->d, bits, count);
    else
        set_last(cpu, uop->d, bits, count);
    test_all(cpu, &cpu->p[uop->d], bits);
    return true;
}

/* --- WHILEWR, WHILERW: elements until a store to the one address meets a load from the other ---
 */

static bool while_distance(struct cpu *cpu, const struct uop *uop, uint64_t bytes)
{
    unsigned bits = 8u << uop->x;
    uint64_t distance = bytes >> uop->x, lanes = 8 * z_bytes(cpu) / bits;

    set_first(cpu, uop->d, bits, distance && distance < lanes ? distance : lanes);
    test_all(cpu, &cpu->p[uop->d], bits);
    return true;
}

bool sve_whilewr(struct cpu *cpu, const struct uop *uop)
{
    uint64_t n = cpu->x[uop->a], m = cpu->x[uop->b];

    return while_distance(cpu, uop, m > n ? m - n : 0);
}

bool sve_whilerw(struct cpu *cpu, const struct uop *uop)
{
    uint64_t n = cpu->x[uop->a], m = cpu->x[uop->b];

    return while_distance(cpu, uop, m > n ? m - n : n - m);
}

/* --- Logic --- */

LANE(nor)
{
    return ~(n | m);
}

LANE(nand)
{
    return ~(n & m);
}

static ALWAYS_INLINE void z_logic(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                  vec_lane *lane)
{
    union preg mask = cpu->p[uop->x], n = cpu->p[uop->a], m = cpu->p[uop->b];

    for (unsigned part = 0; part < z_parts(cpu); part++)
        cpu->p[uop->d].part[part] =
            (uint16_t)(mask.part[part] & lane(&cpu->fp, bits, 0, n.part[part], m.part[part]));
}

static ALWAYS_INLINE void z_logic_flags(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                        vec_lane *lane)
{
    union preg mask = cpu->p[uop->x];

    z_logic(cpu, uop, bits, lane);
    p_test(cpu, &mask, &cpu->p[uop->d], 8);
}

bool sve_p_sel(struct cpu *cpu, const struct uop *uop)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        uint16_t mask = cpu->p[uop->x].part[part];

        cpu->p[uop->d].part[part] =
            (cpu->p[uop->a].part[part] & mask) | (cpu->p[uop->b].part[part] & (uint16_t)~mask);
    }
    return true;
}

bool sve_ptest(struct cpu *cpu, const struct uop *uop)
{
    p_test(cpu, &cpu->p[uop->x], &cpu->p[uop->a], 8);
    return true;
}

/* --- Up to the first element that is true, and on from one --- */

static void p_put(union preg *p, unsigned i, bool value)
{
    p->part[i / 16] = (uint16_t)((p->part[i / 16] & ~(1u << i % 16)) | (unsigned)value << i % 16);
}

/* LastActive() == '1' of elements of a byte */
static bool last_active(const struct cpu *cpu, const union preg *mask, const union preg *p)
{
    for (unsigned part = z_parts(cpu); part--;)
        if (mask->part[part])
            return p->part[part] >> (31 - __builtin_clz(mask->part[part])) & 1;
    return false;
}

/* The active elements of Pd are true until one of Pn is, that one included or not, if `going`. */
static void p_break(struct cpu *cpu, const struct uop *uop, const union preg *n, bool going)
{
    union preg mask = cpu->p[uop->x], result = cpu->p[uop->d];

    for (unsigned i = 0; i < z_bytes(cpu); i++) {
        bool is_true = p_active(n, 1, i);

        if (!p_active(&mask, 1, i)) {
            if (!(uop->y & SVE_BREAK_MERGE))
                p_put(&result, i, false);
            continue;
        }
        if (uop->y & SVE_BREAK_BEFORE)
            going &= !is_true;
        p_put(&result, i, going);
        going &= !is_true;
    }
    cpu->p[uop->d] = result;
    if (uop->y & SVE_BREAK_FLAGS)
        p_test(cpu, &mask, &result, 8);
}

bool sve_brk(struct cpu *cpu, const struct uop *uop)
{
    union preg n = cpu->p[uop->a];

    p_break(cpu, uop, &n, true);
    return true;
}

bool sve_brkp(struct cpu *cpu, const struct uop *uop)
{
    union preg m = cpu->p[uop->b];

    p_break(cpu, uop, &m, last_active(cpu, &cpu->p[uop->x], &cpu->p[uop->a]));
    return true;
}

bool sve_brkn(struct cpu *cpu, const struct uop *uop)
{
    if (!last_active(cpu, &cpu->p[uop->x], &cpu->p[uop->a]))
        set_first(cpu, uop->d, 8, 0);
    if (uop->y & SVE_BREAK_FLAGS)
        test_all(cpu, &cpu->p[uop->d], 8);
    return true;
}

bool sve_pfirst(struct cpu *cpu, const struct uop *uop)
{
    union preg mask = cpu->p[uop->x];

    for (unsigned part = 0; part < z_parts(cpu); part++) {
        uint16_t active = mask.part[part];

        cpu->p[uop->d].part[part] |= (uint16_t)(active & -active);
        if (active)
            break;
    }
    p_test(cpu, &mask, &cpu->p[uop->d], 8);
    return true;
}

/* The element behind the last one of Pdn that is true, or the first one, and on to an active one */
bool sve_pnext(struct cpu *cpu, const struct uop *uop)
{
    unsigned bytes = 1u << uop->y, lanes = z_bytes(cpu) / bytes, next = lanes;
    union preg mask = cpu->p[uop->x];
    union preg *d = &cpu->p[uop->d];

    while (next && !p_active(d, bytes, next - 1))
        next--;
    while (next < lanes && !p_active(&mask, bytes, next))
        next++;
    set_first(cpu, uop->d, 8, 0);
    if (next < lanes)
        p_put(d, next * bytes, true);
    p_test(cpu, &mask, d, 8 * bytes);
    return true;
}

/* --- Elements, moved and counted --- */

/* All bits of an element */
static ALWAYS_INLINE unsigned p_get(const union preg *p, unsigned bits, unsigned i)
{
    unsigned at = i * bits / 8;

    return p->part[at / 16] >> at % 16 & bits_ones(bits / 8);
}

static ALWAYS_INLINE void z_permute_p(struct cpu *cpu, const struct uop *uop, unsigned bits,
                                      sve_place *place)
{
    unsigned lanes = 8 * z_bytes(cpu) / bits;
    union preg n = cpu->p[uop->a], m = cpu->p[uop->b];

    set_first(cpu, uop->d, 8, 0);
    for (unsigned i = 0; i < lanes; i++) {
        unsigned from = place(i, lanes), at = i * bits / 8;
        unsigned element = from < lanes ? p_get(&n, bits, from) : p_get(&m, bits, from - lanes);

        cpu->p[uop->d].part[at / 16] |= (uint16_t)(element << at % 16);
    }
}

/* Each bit from `first` on becomes two, of which the upper one is 0. */
static void unpack(struct cpu *cpu, const struct uop *uop, unsigned first)
{
    union preg n = cpu->p[uop->a];

    for (unsigned i = 0; i < z_bytes(cpu); i++)
        p_put(&cpu->p[uop->d], i, i % 2 == 0 && p_active(&n, 1, first + i / 2));
}

bool sve_punpklo(struct cpu *cpu, const struct uop *uop)
{
    unpack(cpu, uop, 0);
    return true;
}

bool sve_punpkhi(struct cpu *cpu, const struct uop *uop)
{
    unpack(cpu, uop, z_bytes(cpu) / 2);
    return true;
}

bool sve_cntp(struct cpu *cpu, const struct uop *uop)
{
    unsigned bits = 8u << uop->y, count = 0;

    for (unsigned part = 0; part < z_parts(cpu); part++)
        count += (unsigned)__builtin_popcount(p_elements(bits) & cpu->p[uop->a].part[part] &
                                              cpu->p[uop->x].part[part]);
    cpu->x[uop->d] = count;
    return true;
}

/* A loop over vectors ends: N is set. Else V says whether the one before ended it: PSTATE.C is 0.
 */
bool sve_cterm(struct cpu *cpu, const struct uop *uop)
{
    bool ends = (cpu->x[uop->a] == cpu->x[uop->b]) == uop->x;

    cpu->nzcv.n = ends;
    cpu->nzcv.v = !ends && !cpu->nzcv.c;
    return true;
}

#define FAMILY(name, sizes, walk, lane) sizes(name, walk, lane)
#include "cpu/sve_pred.def"
#undef FAMILY
