/* Handlers of the SVE micro-ops: what is frequent, where VL is 512 bits at most. */
#include "cpu/interp_sve.h"

#include <string.h>

#include "cpu/translate.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

HANDLER(zzero)
{
    for (unsigned part = 1; part < uop->y; part++)
        *z_part(cpu, uop->x, part) = (union vreg){.d = {0, 0}};
    return uop_next(cpu, uop);
}

static ALWAYS_INLINE union vreg mask_of(uint16_t p, unsigned bits)
{
    union vreg mask;

    for (unsigned i = 0; i < 128 / bits; i++)
        vec_put(&mask, bits, i, ones_if(bits, p_lane(p, bits, i)));
    return mask;
}

HANDLER(pmask)
{
    uint16_t p = cpu->p[uop->x].part[uop->imm];

    cpu->v[uop->d] = uop->y == 0   ? mask_of(p, 8)
                     : uop->y == 1 ? mask_of(p, 16)
                     : uop->y == 2 ? mask_of(p, 32)
                                   : mask_of(p, 64);
    return uop_next(cpu, uop);
}

/* --- Contiguous elements of the size that they have in the register --- */

/* The micro-op that a helper takes, with the address in T0. */
static struct uop helper_form(struct cpu *cpu, const struct uop *uop, unsigned y)
{
    struct uop form = *uop;

    cpu->x[SLOT_T0] = cpu->x[uop->a] + uop->imm;
    cpu->insn = uop->insn;
    form.a = SLOT_T0;
    form.y = (uint8_t)y;
    return form;
}

static NOINLINE bool load_slowly(struct cpu *cpu, const struct uop *uop)
{
    unsigned size = uop->y & 3;
    struct uop form = helper_form(cpu, uop, size << 2 | size);

    return sve_ld1(cpu, &form);
}

static NOINLINE bool store_slowly(struct cpu *cpu, const struct uop *uop)
{
    unsigned size = uop->y & 3;
    struct uop form = helper_form(cpu, uop, size << 2 | size);

    return sve_st1(cpu, &form);
}

/* Are all elements true? */
static ALWAYS_INLINE bool all_true(const struct cpu *cpu, const struct uop *uop)
{
    uint64_t elements = p_elements(8u << (uop->y & 3)) * 0x0001000100010001u;

    return !(elements & ~cpu->p[uop->x].d[0] & bits_ones(16u * (uop->y >> 2)));
}

HANDLER(zld)
{
    uint64_t va = cpu->x[uop->a] + uop->imm;
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);
    unsigned parts = uop->y >> 2;

    if (!all_true(cpu, uop) || (va ^ entry->tag_read) > PAGE_SIZE - 16 * parts)
        return load_slowly(cpu, uop) ? uop_next(cpu, uop) : NULL;
    for (unsigned part = 0; part < parts; part++)
        memcpy(&cpu->v[V_HIGH * part + uop->d],
               (const void *)(uintptr_t)(va + entry->addend + 16 * part), 16);
    return uop_next(cpu, uop);
}

HANDLER(zst)
{
    uint64_t va = cpu->x[uop->a] + uop->imm;
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);
    unsigned parts = uop->y >> 2;

    if (!all_true(cpu, uop) || (va ^ entry->tag_write) > PAGE_SIZE - 16 * parts)
        return store_slowly(cpu, uop) ? uop_next(cpu, uop) : NULL;
    for (unsigned part = 0; part < parts; part++)
        memcpy((void *)(uintptr_t)(va + entry->addend + 16 * part), &cpu->v[V_HIGH * part + uop->d],
               16);
    return uop_next(cpu, uop);
}

static NOINLINE void run_while(struct cpu *cpu, const struct uop *uop)
{
    struct uop form = *uop;

    form.d = uop->x;
    form.x = uop->y & 3;
    form.y = (uint8_t)uop->imm;
    (void)sve_while(cpu, &form);
}

HANDLER(pwhile)
{
    run_while(cpu, uop);
    cpu->p[uop->x].d[0] &= bits_ones(16u * (uop->y >> 2)); /* compiled code writes all of it */
    return uop_next(cpu, uop);
}
