/* SVE helpers that make and test predicates. */
#include "cpu/interp_sve.h"

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
