/* Interpreter: Tag Checks (FEAT_MTE2). */
#include "cpu/interp.h"
#include "cpu/mte.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

/* Does the bank know that all y bytes at va have the tag of va? */
static inline bool agree(const struct tlb_bank *bank, uint64_t va, const struct uop *uop)
{
    unsigned index = va >> PAGE_SHIFT & (TLB_ENTRIES - 1);
    const struct tlb_entry *entry = &bank->entry[index];
    uint64_t tag = uop->d ? entry->tag_write : entry->tag_read;
    const uint8_t *tags = bank->tags[index];
    unsigned first = (va & (PAGE_SIZE - 1)) / TAG_GRANULE;
    unsigned last = ((va & (PAGE_SIZE - 1)) + uop->y - 1) / TAG_GRANULE;

    if ((va ^ tag) > PAGE_SIZE - uop->y)
        return false;
    if (!tags)
        return true;
    for (unsigned i = first; i <= last; i++)
        if (tags[i] != mte_tag(va))
            return false;
    return true;
}

static NOINLINE const struct uop *tagcheck_slow(struct cpu *cpu, const struct uop *uop, uint64_t va,
                                                unsigned flags)
{
    return mte_check(cpu, uop, va, uop->y, uop->d, flags) ? uop_next(cpu, uop) : NULL;
}

HANDLER(tagcheck)
{
    uint64_t va = cpu->x[uop->a] + uop->imm;
    const struct tlb_bank *bank = uop->x ? cpu->mmu.user : cpu->mmu.bank;

    if (unlikely(!agree(bank, va, uop)))
        return tagcheck_slow(cpu, uop, va, uop->x ? ACCESS_UNPRIV : 0);
    return uop_next(cpu, uop);
}

HANDLER(tagcheckx)
{
    uint64_t va = cpu->x[uop->a] + (cpu->x[uop->b] << uop->x);

    if (unlikely(!agree(cpu->mmu.bank, va, uop)))
        return tagcheck_slow(cpu, uop, va, 0);
    return uop_next(cpu, uop);
}
