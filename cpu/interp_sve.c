/* Handlers of the SVE micro-ops: what is frequent, most of it where VL is 512 bits at most. */
#include "cpu/interp_sve.h"

#include <string.h>

#include "cpu/translate.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

/* --- What registers have above V --- */

void sve_length_changed(struct cpu *cpu)
{
    unsigned parts = z_parts(cpu);

    cpu->z_high = ~0u;
    for (unsigned i = 0; i < P_COUNT; i++)
        for (unsigned part = parts; part < Z_PARTS; part++)
            cpu->p[i].part[part] = 0;
}

HANDLER(zmark)
{
    cpu->z_high |= (uint32_t)uop->imm;
    return uop_next(cpu, uop);
}

HANDLER(zzero)
{
    if (!(cpu->z_high >> uop->x & 1))
        return uop_next(cpu, uop);
    for (unsigned part = 1; part < uop->y; part++)
        *z_part(cpu, uop->x, part) = (union vreg){.d = {0, 0}};
    cpu->z_high &= ~(1u << uop->x);
    return uop_next(cpu, uop);
}

/* --- Predicates as numbers and as masks --- */

static ALWAYS_INLINE union vreg mask_of(uint16_t p, unsigned bits)
{
    union vreg mask;

    for (unsigned i = 0; i < 128 / bits; i++)
        vec_put(&mask, bits, i, ones_if(bits, p_lane(p, bits, i)));
    return mask;
}

static union vreg mask_of_size(uint16_t p, unsigned size)
{
    return size == 0   ? mask_of(p, 8)
           : size == 1 ? mask_of(p, 16)
           : size == 2 ? mask_of(p, 32)
                       : mask_of(p, 64);
}

HANDLER(pmask)
{
    cpu->v[uop->d] = mask_of_size(cpu->p[uop->x].part[uop->imm], uop->y);
    return uop_next(cpu, uop);
}

HANDLER(psigns)
{
    const union vreg *a = &cpu->v[uop->a];
    uint64_t signs = 0;

    for (unsigned i = 0; i < 16; i++)
        signs |= (uint64_t)(a->b[i] >> 7) << i;
    cpu->x[uop->d] = cpu->x[uop->b] | signs << uop->x;
    return uop_next(cpu, uop);
}

HANDLER(pspread)
{
    uint64_t bits = cpu->x[uop->a], spread = 0;

    for (uint64_t places = uop->imm; places; places &= places - 1, bits >>= 1)
        spread |= bits & 1 ? places & -places : 0;
    cpu->x[uop->d] = spread;
    return uop_next(cpu, uop);
}

/* Of the elements that count, the first one and the last one are the lowest and the highest bit. */
HANDLER(ptest)
{
    uint64_t counts = cpu->x[uop->a], is_true = counts & cpu->x[uop->b];

    cpu->nzcv = (union nzcv){
        .n = (is_true & counts & -counts) != 0, .z = !is_true, .c = (counts & ~is_true) >= is_true};
    return uop_next(cpu, uop);
}

/* --- Contiguous elements --- */

/* The micro-op that a helper takes, with the address in T0. */
static struct uop helper_form(struct cpu *cpu, const struct uop *uop, unsigned y)
{
    struct uop form = *uop;

    cpu->x[SLOT_T0] = cpu->x[uop->a] + uop->imm;
    cpu->insn = uop->insn;
    form.a = SLOT_T0;
    form.b = false; /* no Tag Check */
    form.y = (uint8_t)y;
    return form;
}

static NOINLINE bool load_slowly(struct cpu *cpu, const struct uop *uop)
{
    struct sve_element element = sve_span(uop->y).element;
    struct uop form =
        helper_form(cpu, uop,
                    element.is_signed ? (3u - element.memory) << 2 | (3u - element.size)
                                      : (unsigned)element.memory << 2 | element.size);

    if (uop->x == SVE_WHOLE)
        return sve_ldr_z(cpu, &form);
    switch ((enum sve_load)uop->b) {
    case SVE_LDFF1:
        return sve_ldff1(cpu, &form);
    case SVE_LDNF1:
        return sve_ldnf1(cpu, &form);
    case SVE_LD1R:
        return sve_ld1r(cpu, &form);
    default:
        return sve_ld1(cpu, &form);
    }
}

static NOINLINE bool store_slowly(struct cpu *cpu, const struct uop *uop)
{
    struct sve_element element = sve_span(uop->y).element;
    struct uop form = helper_form(cpu, uop, (unsigned)element.memory << 2 | element.size);

    return uop->x == SVE_WHOLE ? sve_str_z(cpu, &form) : sve_st1(cpu, &form);
}

static ALWAYS_INLINE uint16_t active_in(const struct cpu *cpu, const struct uop *uop, unsigned part)
{
    return uop->x == SVE_WHOLE ? 0xffff : cpu->p[uop->x].part[part];
}

/* What is not active is on the same page: it can be read, and is dropped. */
static union vreg load_part(const uint8_t *host, struct sve_element element, bool repeated,
                            uint16_t active)
{
    union vreg value, mask = mask_of_size(active, element.size);
    unsigned bits = 8u << element.size;

    if (element.memory == element.size && !repeated)
        memcpy(&value, host, 16);
    else
        for (unsigned i = 0; i < 128 / bits; i++)
            vec_put(&value, bits, i,
                    vec_extend(element.is_signed, 8u << element.memory,
                               z_host_get(host + (repeated ? 0 : i << element.memory),
                                          8u << element.memory)));
    return (union vreg){.d = {value.d[0] & mask.d[0], value.d[1] & mask.d[1]}};
}

static void store_part(uint8_t *host, struct sve_element element, uint16_t active,
                       const union vreg *value)
{
    unsigned bits = 8u << element.size;
    uint16_t all = p_elements(bits);

    if (element.memory == element.size && (active & all) == all) {
        memcpy(host, value, 16);
        return;
    }
    for (unsigned i = 0; i < 128 / bits; i++)
        if (p_lane(active, bits, i))
            z_host_put(host + (i << element.memory), 8u << element.memory, vec_get(value, bits, i));
}

HANDLER(zld)
{
    uint64_t va = cpu->x[uop->a] + uop->imm;
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);
    struct sve_span span = sve_span(uop->y);
    bool repeated = uop->b == SVE_LD1R;

    if ((va ^ entry->tag_read) > PAGE_SIZE - sve_span_bytes(span, repeated))
        return load_slowly(cpu, uop) ? uop_next(cpu, uop) : NULL;
    for (unsigned part = 0; part < span.parts; part++) {
        uint64_t at = va + entry->addend + (repeated ? 0 : span.bytes * part);

        cpu->v[V_HIGH * part + uop->d] = load_part((const uint8_t *)(uintptr_t)at, span.element,
                                                   repeated, active_in(cpu, uop, part));
    }
    return uop_next(cpu, uop);
}

HANDLER(zst)
{
    uint64_t va = cpu->x[uop->a] + uop->imm;
    const struct tlb_entry *entry = interp_tlb_entry(cpu->mmu.bank, va);
    struct sve_span span = sve_span(uop->y);

    if ((va ^ entry->tag_write) > PAGE_SIZE - sve_span_bytes(span, false))
        return store_slowly(cpu, uop) ? uop_next(cpu, uop) : NULL;
    for (unsigned part = 0; part < span.parts; part++)
        store_part((uint8_t *)(uintptr_t)(va + entry->addend + span.bytes * part), span.element,
                   active_in(cpu, uop, part), &cpu->v[V_HIGH * part + uop->d]);
    return uop_next(cpu, uop);
}

static NOINLINE bool structures(struct cpu *cpu, const struct uop *uop, uop_helper *helper)
{
    struct sve_structures s = sve_structures(uop->y);
    struct uop form = helper_form(cpu, uop, s.size | (unsigned)s.count << 2);

    return helper(cpu, &form);
}

HANDLER(zldn)
{
    return structures(cpu, uop, sve_ldn) ? uop_next(cpu, uop) : NULL;
}

HANDLER(zstn)
{
    return structures(cpu, uop, sve_stn) ? uop_next(cpu, uop) : NULL;
}

static NOINLINE bool access_each(struct cpu *cpu, const struct uop *uop, uop_helper *helper)
{
    cpu->insn = uop->insn;
    return helper(cpu, uop);
}

HANDLER(zgather)
{
    return access_each(cpu, uop, sve_gather) ? uop_next(cpu, uop) : NULL;
}

HANDLER(zscatter)
{
    return access_each(cpu, uop, sve_scatter) ? uop_next(cpu, uop) : NULL;
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
    return uop_next(cpu, uop);
}
