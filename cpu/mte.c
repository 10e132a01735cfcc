/* Memory tagging: see mte.h. */
#include "cpu/mte.h"

#include "cpu/block.h"
#include "cpu/model.h"
#include "cpu/translate.h"

/* SCTLR_EL1.TCF, TCF0: what a Tag Check Fault does */
enum tcf {
    TCF_IGNORE,
    TCF_SYNC,
    TCF_ASYNC,
    TCF_ASYMMETRIC, /* FEAT_MTE3: loads are synchronous */
};

static enum tcf tcf(const struct cpu *cpu, unsigned el)
{
    return (enum tcf)bits_get(cpu->mmu.regs.sctlr, el ? 40 : 38, 2);
}

bool mte_checks(const struct cpu *cpu, unsigned el)
{
    bool ignores = bits_get(cpu->mmu.regs.tcr, 37, 2) != 0; /* TBI1 TBI0 */

    return model_has(cpu->model, FEAT_MTE2) && ignores && mte_enabled(cpu, el) &&
           tcf(cpu, el) != TCF_IGNORE;
}

/* AArch64.AccessTagIsChecked(), as far as the address has a say: it has a tag (TBI), and is not one
 * of those that match everything (TCMA). */
static bool is_checked(const struct cpu *cpu, uint64_t va)
{
    bool high = bit_get(va, 55);
    bool plain = mte_tag(va) == (high ? 15 : 0);

    return mmu_ignores_top_byte(&cpu->mmu, va, false) &&
           !(plain && bit_get(cpu->mmu.regs.tcr, high ? 58 : 57));
}

/* How many of the `size` bytes from va on come before a Tag Check Fault. */
static uint64_t allowed(struct cpu *cpu, uint64_t va, uint64_t size, bool write, unsigned flags)
{
    return is_checked(cpu, va) ? mmu_tags_agree(&cpu->mmu, va, size, write, flags) : size;
}

/* The same backwards, from the end of the `size` bytes. */
static uint64_t allowed_last(struct cpu *cpu, uint64_t va, uint64_t size, bool write,
                             unsigned flags)
{
    uint64_t left = size;

    while (left) {
        uint64_t part = ((va + left - 1) & (TAG_GRANULE - 1)) + 1;

        if (part > left)
            part = left;
        if (allowed(cpu, va + left - part, part, write, flags) != part)
            break;
        left -= part;
    }
    return size - left;
}

/* AArch64.TagCheckFault(). False: mmu.fault; else it has been noted, and the access goes on. What
 * loads and stores counts as a load. */
static bool report(struct cpu *cpu, uint64_t va, bool write, unsigned flags)
{
    unsigned el = flags & ACCESS_UNPRIV ? 0 : cpu->el;
    enum tcf kind = tcf(cpu, el);

    if (kind == TCF_ASYNC || (kind == TCF_ASYMMETRIC && write)) {
        cpu->sys.tfsr[el] |= 1u << bit_get(va, 55); /* TF0, TF1 */
        return true;
    }
    cpu->mmu.fault = (struct mmu_fault){.address = va, .status = FAULT_TAG_CHECK, .write = write};
    return false;
}

bool mte_permits(struct cpu *cpu, uint64_t va, uint64_t size, bool write, unsigned flags)
{
    uint64_t done = allowed(cpu, va, size, write, flags);

    return done == size || report(cpu, va + done, write, flags);
}

bool mte_agrees(struct cpu *cpu, uint64_t va, uint64_t size)
{
    return allowed(cpu, va, size, false, 0) == size;
}

bool mte_check(struct cpu *cpu, const struct uop *uop, uint64_t va, uint64_t size, bool write,
               unsigned flags)
{
    cpu->insn = uop->insn;
    return mte_permits(cpu, va, size, write, flags) || cpu_data_abort(cpu, uop);
}

uint64_t mte_check_piece(struct cpu *cpu, uint64_t va, uint64_t size, bool last, bool write,
                         unsigned flags)
{
    uint64_t in_page = (last ? va + size - 1 : va) & (PAGE_SIZE - 1);
    uint64_t most = last ? in_page + 1 : PAGE_SIZE - in_page, done;

    if (!(cpu->mode & (flags & ACCESS_UNPRIV ? MODE_TAGS_USER : MODE_TAGS)))
        return size;
    if (last) {
        va += size > most ? size - most : 0;
        size = size > most ? most : size;
        done = allowed_last(cpu, va, size, write, flags);
        va += size - done - 1; /* the last byte that may not be accessed */
    } else {
        size = size > most ? most : size;
        done = allowed(cpu, va, size, write, flags);
        va += done;
    }
    return done == size || report(cpu, va, write, flags) ? size : done;
}

bool mte_load_tag(struct cpu *cpu, uint64_t va, uint8_t *tag)
{
    struct mmu_tag place = mmu_tag(&cpu->mmu, va, false, 0);

    *tag = place.at && mte_enabled(cpu, cpu->el) ? *place.at : 0;
    return place.ok;
}

bool mte_store_tags(struct cpu *cpu, uint64_t va, uint64_t granules, uint8_t tag, unsigned flags)
{
    unsigned el = flags & ACCESS_UNPRIV ? 0 : cpu->el;

    for (uint64_t i = 0; i < granules; i++) {
        struct mmu_tag place = mmu_tag(&cpu->mmu, va + i * TAG_GRANULE, true, flags);

        if (!place.ok)
            return false;
        if (place.at && mte_enabled(cpu, el))
            *place.at = tag;
    }
    return true;
}

uint8_t mte_choose_tag(uint8_t tag, unsigned offset, uint16_t exclude)
{
    if (exclude == 0xffff)
        return 0;
    if (!offset && !bit_get(exclude, tag))
        return tag;
    do {
        do
            tag = (tag + 1) & 15;
        while (bit_get(exclude, tag));
    } while (offset && --offset);
    return tag;
}
