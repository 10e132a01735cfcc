/* System instructions: TLBI, AT, and cache maintenance (DDI 0487, C5.3 to C5.5). There are no
 * caches to keep: what remains of DC is its faults, and of IC that translated code goes. */
#include "cpu/sysreg.h"

#include <string.h>

#include "cpu/block.h"
#include "cpu/exception.h"
#include "cpu/group.h"
#include "cpu/mte.h"

/* --- TLBI. All vCPUs are in one Inner Shareable domain --- */

/* CRm names the local forms, 7 and of ranges 6; the others are Inner or Outer Shareable. */
static void maintain(struct cpu *cpu, const struct sysreg *reg, const struct mail *mail)
{
    bool local = bits_get(reg->key, 3, 4) >= 6;

    group_tlbi(cpu, mail, !local);
}

/* VA argument: bits 43..0 are VA<55:12>; ASID in 63..48. */
static uint64_t argument_va(uint64_t value)
{
    return bits_get(value, 0, 44) << 12;
}

static void tlbi_all(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    const struct mail mail = {.kind = MAIL_TLBI_ALL};

    (void)value;
    maintain(cpu, reg, &mail);
}

static void tlbi_asid(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    const struct mail mail = {.kind = MAIL_TLBI_ASID, .asid = (uint16_t)(value >> 48)};

    maintain(cpu, reg, &mail);
}

/* op2: 1 VAE1, 3 VAAE1, 5 VALE1, 7 VAALE1, and so the ranges */
static unsigned tlbi_flags(const struct sysreg *reg)
{
    return (reg->key & 2 ? TLBI_ALL_ASIDS : 0) | (reg->key & 4 ? TLBI_LAST_LEVEL : 0);
}

static void tlbi_va(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    const struct mail mail = {.kind = MAIL_TLBI_RANGE,
                              .va = argument_va(value),
                              .pages = 1,
                              .asid = (uint16_t)(value >> 48),
                              .flags = tlbi_flags(reg)};

    maintain(cpu, reg, &mail);
}

/* TLBIRange(): BaseADDR in 36..0 in units of the granule, TTL 38..37, NUM 43..39, SCALE 45..44,
 * TG 47..46. */
static void tlbi_range(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    static const uint8_t granule_log2[4] = {0, 12, 14, 16};
    unsigned granule = granule_log2[bits_get(value, 46, 2)];
    struct mail mail = {
        .kind = MAIL_TLBI_RANGE, .asid = (uint16_t)(value >> 48), .flags = tlbi_flags(reg)};

    if (!granule) {
        tlbi_all(cpu, reg,
                 value); /* UNPREDICTABLE: TG 0b00 is reserved; forgetting all is always allowed */
        return;
    }
    mail.pages = (bits_get(value, 39, 5) + 1) << (5 * bits_get(value, 44, 2) + 1);
    mail.pages <<= granule - PAGE_SHIFT;
    mail.va = (uint64_t)bits_sext(bits_get(value, 0, 37), 37) << granule;
    maintain(cpu, reg, &mail);
}

/* --- Instructions by address that may abort --- */

/* The fault is of a cache maintenance or AT instruction, which count as writes (D17.2, ESR_ELx.CM
 * and WnR). */
static bool abort_with_cm(struct cpu *cpu)
{
    cpu->mmu.fault.cache = true;
    cpu->mmu.fault.write = true;
    return false;
}

/* AArch64.AT(): the result goes to PAR_EL1, a fault too. Only an external abort of the walk is
 * taken; PAR_EL1, then UNKNOWN, stays as it is. */
bool maintenance_at(struct cpu *cpu, uint64_t address, enum access access, unsigned el, bool pan)
{
    struct mmu_fault saved = cpu->mmu.fault;
    struct translation tr;
    bool ok;

    cpu->mmu.probing = true;
    ok = mmu_translate(&cpu->mmu, address, access, el, pan, &tr);
    cpu->mmu.probing = false;
    if (ok) {
        uint64_t sh = (tr.attr & TLB_DEVICE) || tr.mair == 0x44 ? 2 : tr.sh;

        cpu->sys.par =
            (uint64_t)tr.mair << 56 | (tr.phys & 0x000ffffffffff000ull) | 1u << 11 | sh << 7;
        return true;
    }
    if (align_down(cpu->mmu.fault.status, 4) == FAULT_EXTERNAL_WALK)
        return abort_with_cm(cpu);
    cpu->sys.par = 1u << 11 | (uint64_t)cpu->mmu.fault.status << 1 | 1;
    cpu->mmu.fault = saved;
    return true;
}

/* --- Caches --- */

/* What is translated is shared: even the local forms act on all. Stores to code are seen when they
 * are made, but for a few: a kernel that uses IC IALLU, as Linux does when it starts a CPU, keeps
 * its hot code. */
static void ic_all(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    (void)value;
    block_invalidate_doubtful(cpu);
}

#define LINE_BYTES 64 /* as CTR_EL0 says */

/* FEAT_CMOW: at EL0, SCTLR_EL1.CMOW demands write permission of what gives lines of a cache up. It
 * is only asked about: the dirty state stays. */
static bool may_give_up(struct cpu *cpu, uint64_t address)
{
    struct translation tr;
    bool may;

    if (cpu->el || !(cpu->mmu.regs.sctlr & SCTLR_CMOW))
        return true;
    cpu->mmu.probing = true;
    may = mmu_translate(&cpu->mmu, address, ACCESS_WRITE, 0, false, &tr);
    cpu->mmu.probing = false;
    return may || abort_with_cm(cpu);
}

bool maintenance_ic_ivau(struct cpu *cpu, uint64_t address)
{
    struct mmu_fault saved = cpu->mmu.fault;
    struct translation tr;

    if (!may_give_up(cpu, address))
        return false;

    /* What is not mapped has no translations under this address. */
    if (mmu_translate(&cpu->mmu, address, ACCESS_READ, cpu->el, false, &tr))
        block_invalidate_line(cpu, tr.phys);
    cpu->mmu.fault = saved;
    return true;
}

/* DC by VA needs a readable mapping (a write permission for IVAC is not demanded of it here: D7.5.8
 * permits either). */
bool maintenance_by_va(struct cpu *cpu, uint64_t address, enum maintenance what)
{
    struct translation tr;

    if (what == MAINTENANCE_CLEAN_INVALIDATE && !may_give_up(cpu, address))
        return false;

    /* PSTATE.PAN does not look at DC but for DC ZVA. */
    if (!mmu_translate(&cpu->mmu, address, ACCESS_READ, cpu->el, false, &tr))
        return abort_with_cm(cpu);
    /* To watchpoints DC IVAC is a store (D2.10.3). */
    return what != MAINTENANCE_INVALIDATE ||
           mmu_may_store(&cpu->mmu, align_down(address, LINE_BYTES), LINE_BYTES) ||
           abort_with_cm(cpu);
}

bool maintenance_dc_zva(struct cpu *cpu, uint64_t address)
{
    if (mmu_zero(&cpu->mmu, align_down(address, DC_ZVA_BYTES), DC_ZVA_BYTES))
        return true;
    if (cpu->mmu.fault.status != FAULT_DEBUG)
        cpu->mmu.fault.address = address;
    return false;
}

bool maintenance_dc_tags(struct cpu *cpu, uint64_t address, bool zero)
{
    uint64_t block = align_down(address, DC_ZVA_BYTES);
    struct translation tr;
    bool ok = mmu_translate(&cpu->mmu, block, ACCESS_WRITE, cpu->el, cpu->pan, &tr);

    if (ok && (tr.attr & TLB_DEVICE)) {
        cpu->mmu.fault = (struct mmu_fault){.status = FAULT_ALIGNMENT, .write = true};
        ok = false;
    }
    ok = ok && (!zero || mmu_zero(&cpu->mmu, block, DC_ZVA_BYTES)) &&
         mte_store_tags(cpu, block, DC_ZVA_BYTES / TAG_GRANULE, mte_tag(address), 0);
    if (!ok)
        cpu->mmu.fault.address = address;
    return ok;
}

static void nothing(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)cpu;
    (void)reg;
    (void)value;
}

/* CFP, DVP, CPP RCTX: nothing is predicted from one context for another that the guest could see.
 */
static bool check_enrctx(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    (void)reg;
    return bit_get(cpu->mmu.regs.sctlr, 10); /* EnRCTX */
}

#define TLBI(crm, op2, name, write)                                                                \
    {SYSREG_KEY(1, 0, 8, crm, op2), SYSREG_W1 | SYSREG_END, "TLBI " name, 0, NULL, write, NULL},   \
        {SYSREG_KEY(1, 0, 9, crm, op2),                                                            \
         SYSREG_W1 | SYSREG_END,                                                                   \
         "TLBI " name "nXS",                                                                       \
         0,                                                                                        \
         NULL,                                                                                     \
         write,                                                                                    \
         NULL},
/* local, Inner Shareable and Outer Shareable forms */
#define TLBI_EACH(local, is, os, op2, name, write)                                                 \
    TLBI(local, op2, name, write) TLBI(is, op2, name "IS", write) TLBI(os, op2, name "OS", write)
#define DC_SET_WAY(crm, op2, name)                                                                 \
    {SYSREG_KEY(1, 0, 7, crm, op2), SYSREG_W1, "DC " name, 0, NULL, nothing, NULL},
#define RESTRICT_PREDICTION(op2, name)                                                             \
    {SYSREG_KEY(1, 3, 7, 3, op2), SYSREG_W1 | SYSREG_W0, name, 0, NULL, nothing, check_enrctx},

const struct sysreg maintenance_rows[] = {
    /* clang-format off */
    TLBI(7, 0, "VMALLE1", tlbi_all)
    TLBI(7, 1, "VAE1", tlbi_va)
    TLBI(7, 2, "ASIDE1", tlbi_asid)
    TLBI(7, 3, "VAAE1", tlbi_va)
    TLBI(7, 5, "VALE1", tlbi_va)
    TLBI(7, 7, "VAALE1", tlbi_va)
    TLBI(3, 0, "VMALLE1IS", tlbi_all)
    TLBI(3, 1, "VAE1IS", tlbi_va)
    TLBI(3, 2, "ASIDE1IS", tlbi_asid)
    TLBI(3, 3, "VAAE1IS", tlbi_va)
    TLBI(3, 5, "VALE1IS", tlbi_va)
    TLBI(3, 7, "VAALE1IS", tlbi_va)
    TLBI(1, 0, "VMALLE1OS", tlbi_all)
    TLBI(1, 1, "VAE1OS", tlbi_va)
    TLBI(1, 2, "ASIDE1OS", tlbi_asid)
    TLBI(1, 3, "VAAE1OS", tlbi_va)
    TLBI(1, 5, "VALE1OS", tlbi_va)
    TLBI(1, 7, "VAALE1OS", tlbi_va)
    TLBI_EACH(6, 2, 5, 1, "RVAE1", tlbi_range)
    TLBI_EACH(6, 2, 5, 3, "RVAAE1", tlbi_range)
    TLBI_EACH(6, 2, 5, 5, "RVALE1", tlbi_range)
    TLBI_EACH(6, 2, 5, 7, "RVAALE1", tlbi_range)
    {SYSREG_KEY(1, 0, 7, 1, 0), SYSREG_W1 | SYSREG_END, "IC IALLUIS", 0, NULL, ic_all, NULL},
    {SYSREG_KEY(1, 0, 7, 5, 0), SYSREG_W1 | SYSREG_END, "IC IALLU", 0, NULL, ic_all, NULL},
    RESTRICT_PREDICTION(4, "CFP RCTX")
    RESTRICT_PREDICTION(5, "DVP RCTX")
    RESTRICT_PREDICTION(7, "CPP RCTX")
    DC_SET_WAY(6, 2, "ISW")
    DC_SET_WAY(10, 2, "CSW")
    DC_SET_WAY(14, 2, "CISW")
    DC_SET_WAY(6, 4, "IGSW")
    DC_SET_WAY(6, 6, "IGDSW")
    DC_SET_WAY(10, 4, "CGSW")
    DC_SET_WAY(10, 6, "CGDSW")
    DC_SET_WAY(14, 4, "CIGSW")
    DC_SET_WAY(14, 6, "CIGDSW")
    /* clang-format on */
};
const unsigned maintenance_row_count = ARRAY_SIZE(maintenance_rows);
