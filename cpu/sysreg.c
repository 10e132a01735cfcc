/* The system registers of EL0 and EL1 (DDI 0487, D17.2) and the look-up of all rows. */
#include "cpu/sysreg.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cpu/block.h"
#include "cpu/exception.h"
#include "cpu/group.h"
#include "cpu/model.h"
#include "cpu/mte.h"
#include "cpu/mxcsr.h"
#include "cpu/sve.h"

#define PLACE(field) offsetof(struct cpu, field)

/* --- Registers whose write changes translation --- */

static void write_regime(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    uint64_t *place = (uint64_t *)((char *)cpu + reg->offset);

    if (*place == value)
        return;
    *place = value;
    /* Permitted to be cached in a TLB: SCTLR and TCR fields, MAIR. Rare enough to forget all. */
    mmu_tlbi_all(&cpu->mmu);
    group_context_changed(cpu);
    block_update_mode(cpu);
}

#define SCTLR_TAGS (0x7full << 37)                             /* ATA ATA0 TCF TCF0 ITFSB */
#define SCTLR_KEYS (1u << 31 | 1u << 30 | 1u << 27 | 1u << 13) /* EnIA EnIB EnDA EnDB */

/* What kernels change from process to process; it is in no TLB. */
#define SCTLR_OF_PROCESSES (SCTLR_TAGS | SCTLR_KEYS | 1ull << 44 /* DSSBS */)

/* Bits of a register that came with a feature. */
struct feature_bits {
    enum feature feature;
    uint64_t bits;
};

/* Those of the features that the model has, or of those that it lacks. */
static uint64_t collect_bits(const struct cpu *cpu, const struct feature_bits *row, unsigned rows,
                             bool has)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < rows; i++)
        if (model_has(cpu->model, row[i].feature) == has)
            bits |= row[i].bits;
    return bits;
}

/* Bits that are RES0, RES1 or belong to absent features keep their fixed value. */
static void write_sctlr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    static const struct feature_bits zero_without[] = {
        {FEAT_PAuth, SCTLR_KEYS},
        {FEAT_BTI, 3ull << 35 /* BT1 BT0 */},
        {FEAT_PAN3, 1ull << 57 /* EPAN */},
        {FEAT_SSBS, 1ull << 44 /* DSSBS */},
        {FEAT_MOPS, 1ull << 33 /* MSCEn */},
        {FEAT_MTE2, SCTLR_TAGS},
        {FEAT_SPECRES, 1u << 10 /* EnRCTX */},
        {FEAT_LSE2, 1u << 6 /* nAA */},
        {FEAT_IESB, 1u << 21 /* IESB */}, /* there is no SError to synchronize */
        {FEAT_CMOW, SCTLR_CMOW},
        {FEAT_TIDCP1, SCTLR_TIDCP},
    };
    static const struct feature_bits one_without[] = {
        {FEAT_PAN, 1u << 23 /* SPAN */},
        {FEAT_CSV2_2, 1u << 20 /* TSCXT */},
    };
    const uint64_t always = 1u << 26 /* UCI */ | 1u << 19 /* WXN */ | 1u << 18 /* nTWE */ |
                            1u << 16 /* nTWI */ | 1u << 15 /* UCT */ | 1u << 14 /* DZE */ |
                            1u << 12 /* I */ | 1u << 9 /* UMA */ | 0x1f /* SA0 SA C A M */;
    const uint64_t writable = always |
                              collect_bits(cpu, zero_without, ARRAY_SIZE(zero_without), true) |
                              collect_bits(cpu, one_without, ARRAY_SIZE(one_without), true);
    const uint64_t ones = 1u << 29 | 1u << 28 | 1u << 22 | 1u << 11 | 1u << 8 | 1u << 7 |
                          collect_bits(cpu, one_without, ARRAY_SIZE(one_without), false);

    value = (value & writable) | ones;
    if ((value ^ cpu->mmu.regs.sctlr) & ~SCTLR_OF_PROCESSES) {
        write_regime(cpu, reg, value);
        return;
    }
    cpu->mmu.regs.sctlr = value;
    block_update_mode(cpu);
}

/* Bits of absent features are RES0, so that nothing that goes by them has to ask the model. A
 * granule that is not implemented counts as one that is (IMPLEMENTATION DEFINED: 4K), and so it is
 * read back. */
static void write_tcr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    static const struct feature_bits zero_without[] = {
        {FEAT_ASID16, 1ull << 36 /* AS */},
        {FEAT_HAFDBS, 3ull << 39 /* HA HD */},
        {FEAT_HPDS, 3ull << 41 /* HPD0 HPD1 */},
        {FEAT_HPDS2, 255ull << 43 /* HWU059 to HWU162 */},
        {FEAT_PAuth, 3ull << 51 /* TBID0 TBID1 */},
        {FEAT_E0PD, 3ull << 55 /* E0PD0 E0PD1 */},
        {FEAT_MTE2, 3ull << 57 /* TCMA0 TCMA1 */},
    };

    value &= ~collect_bits(cpu, zero_without, ARRAY_SIZE(zero_without), false);
    if (!model_has(cpu->model, FEAT_TGran16K)) {
        if (bits_get(value, 14, 2) == 2) /* TG0 */
            value = bits_put(value, 14, 2, 0);
        if (bits_get(value, 30, 2) == 1) /* TG1 */
            value = bits_put(value, 30, 2, 2);
    }
    write_regime(cpu, reg, value);
}

/* No flush: translations are kept by ASID. */
static void write_ttbr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    *(uint64_t *)((char *)cpu + reg->offset) = value;
    mmu_context_changed(&cpu->mmu);
    group_context_changed(cpu);
    block_update_mode(cpu);
}

static void write_cpacr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->sys.cpacr =
        value & (3u << 20 /* FPEN */ | (model_has(cpu->model, FEAT_SVE) ? 3u << 16 /* ZEN */ : 0));
    block_update_mode(cpu);
}

static void write_zcr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->sys.zcr = value & 15; /* LEN */
    block_update_mode(cpu);
    sve_length_changed(cpu);
}

/* The vectors are aligned to 2 KiB: bits <10:0> are RES0. */
static void write_vbar(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->vbar[1] = value & ~0x7ffull;
}

static void write_csselr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->sys.csselr = value & 0xf; /* Level, InD */
}

static void write_disr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->sys.disr = value & (1ull << 31 | 0x1ffffff); /* A, IDS, ISS */
}

/* --- PSTATE as registers --- */

static uint64_t read_nzcv(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return pstate_nzcv(cpu);
}

static void write_nzcv(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    pstate_set_nzcv(cpu, value);
}

static uint64_t read_daif(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return (uint64_t)cpu->daif << 6;
}

static void write_daif(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->daif = (uint8_t)bits_get(value, 6, 4);
    pstate_check_interrupts(cpu);
}

static uint64_t read_currentel(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return (uint64_t)cpu->el << 2;
}

static uint64_t read_spsel(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return cpu->sp_sel;
}

static void write_spsel(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    pstate_set_el(cpu, cpu->el, value & 1);
}

/* A bit of PSTATE, and what follows its change. */
#define PSTATE_BIT(name, bit, follow)                                                              \
    static uint64_t read_##name(struct cpu *cpu, const struct sysreg *reg)                         \
    {                                                                                              \
        (void)reg;                                                                                 \
        return (uint64_t)cpu->name << (bit);                                                       \
    }                                                                                              \
    static void write_##name(struct cpu *cpu, const struct sysreg *reg, uint64_t value)            \
    {                                                                                              \
        (void)reg;                                                                                 \
        cpu->name = bit_get(value, bit);                                                           \
        follow;                                                                                    \
    }
PSTATE_BIT(pan, 22, pstate_set_el(cpu, cpu->el, cpu->sp_sel))
PSTATE_BIT(uao, 23, pstate_set_el(cpu, cpu->el, cpu->sp_sel))
PSTATE_BIT(dit, 24, (void)0)
PSTATE_BIT(ssbs, 12, (void)0)
PSTATE_BIT(tco, 25, block_level_changed(cpu))
#undef PSTATE_BIT

/* --- Memory tagging --- */

static void write_rgsr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->sys.rgsr = value & 0xffff0f; /* SEED TAG */
}

static void write_gcr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->sys.gcr = value & 0x1ffff; /* RRND Exclude */
}

/* TF1 TF0 */
static void write_tfsr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    *(uint64_t *)((char *)cpu + reg->offset) = value & 3;
}

static uint64_t read_gmid(struct cpu *cpu, const struct sysreg *reg)
{
    (void)cpu;
    (void)reg;
    return MTE_BLOCK_LOG2 - 2; /* BS: in words */
}

/* --- Floating point --- */

static uint64_t read_fpcr(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return cpu->fp.fpcr;
}

static void write_fpcr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    uint64_t writable = 0x07c00000; /* AHP DN FZ RMode; trapped exceptions are not implemented */

    (void)reg;
    if (model_has(cpu->model, FEAT_FP16))
        writable |= FPCR_FZ16;
    if (model_has(cpu->model, FEAT_AFP))
        writable |= FPCR_FIZ | FPCR_AH | FPCR_NEP;
    if (model_has(cpu->model, FEAT_EBF16))
        writable |= FPCR_EBF;
    mxcsr_collect(cpu);
    cpu->fp.fpcr = (uint32_t)(value & writable);
    mxcsr_written(cpu);
    block_update_mode(cpu);
}

static uint64_t read_fpsr(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    mxcsr_collect(cpu);
    return cpu->fp.fpsr;
}

static void write_fpsr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->fp.fpsr = (uint32_t)value & 0x0800009f; /* QC IDC IXC UFC OFC DZC IOC */
    mxcsr_written(cpu);
    block_update_mode(cpu);
}

/* --- Identification --- */

static uint64_t read_mpidr(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return 1u << 31 | cpu->affinity;
}

/* Level and InD select a cache; the value for one that is not there is UNKNOWN. */
static uint64_t read_ccsidr(struct cpu *cpu, const struct sysreg *reg)
{
    static const uint8_t selected[] = {ID_CCSIDR_L1D, ID_CCSIDR_L1I, ID_CCSIDR_L2};

    (void)reg;
    return cpu->sys.csselr < ARRAY_SIZE(selected) ? cpu->id[selected[cpu->sys.csselr]] : 0;
}

static uint64_t read_dczid(struct cpu *cpu, const struct sysreg *reg)
{
    bool prohibited = cpu->el == 0 && !bit_get(cpu->mmu.regs.sctlr, 14); /* DZE */

    (void)reg;
    return cpu->id[ID_DCZID] | (uint64_t)prohibited << 4;
}

static uint64_t read_isr(struct cpu *cpu, const struct sysreg *reg)
{
    uint32_t lines = atomic_load(&cpu->lines);

    (void)reg;
    return (lines & CPU_LINE_IRQ ? 1u << 7 : 0) | (lines & CPU_LINE_FIQ ? 1u << 6 : 0);
}

/* RNDR, RNDRRS: NZCV is 0b0000 on success. */
static uint64_t read_random(struct cpu *cpu, const struct sysreg *reg)
{
    uint64_t value = 0;
    bool ok = getrandom(&value, sizeof(value), GRND_NONBLOCK) == (ssize_t)sizeof(value);

    (void)reg;
    cpu->nzcv.word = 0;
    cpu->nzcv.z = !ok;
    return ok ? value : 0;
}

static void ignore(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)cpu;
    (void)reg;
    (void)value;
}

/* --- What EL0 may do --- */

static bool check_always(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    (void)cpu;
    (void)reg;
    return true;
}

static bool check_uma(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    (void)reg;
    return bit_get(cpu->mmu.regs.sctlr, 9);
}

static bool check_uct(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    (void)reg;
    return bit_get(cpu->mmu.regs.sctlr, 15);
}

/* TSCXT set traps */
static bool check_tscxt(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    (void)reg;
    return !bit_get(cpu->mmu.regs.sctlr, 20);
}

#define R(op0, op1, crn, crm, op2, access, name, place)                                            \
    {SYSREG_KEY(op0, op1, crn, crm, op2), access, name, PLACE(place), NULL, NULL, NULL},
/* the same, with a function that writes it */
#define W(op0, op1, crn, crm, op2, access, name, place, write)                                     \
    {SYSREG_KEY(op0, op1, crn, crm, op2),                                                          \
     (access) | SYSREG_LEAF,                                                                       \
     name,                                                                                         \
     PLACE(place),                                                                                 \
     NULL,                                                                                         \
     write,                                                                                        \
     NULL},
#define F(op0, op1, crn, crm, op2, access, name, read, write)                                      \
    {SYSREG_KEY(op0, op1, crn, crm, op2), (access) | SYSREG_LEAF, name, 0, read, write, NULL},
#define F0(op0, op1, crn, crm, op2, access, name, read, write)                                     \
    {SYSREG_KEY(op0, op1, crn, crm, op2),                                                          \
     (access) | SYSREG_LEAF | SYSREG_FREE,                                                         \
     name,                                                                                         \
     0,                                                                                            \
     read,                                                                                         \
     write,                                                                                        \
     check_always},
#define R0(op0, op1, crn, crm, op2, access, name, place)                                           \
    {SYSREG_KEY(op0, op1, crn, crm, op2),                                                          \
     (access) | SYSREG_FREE,                                                                       \
     name,                                                                                         \
     PLACE(place),                                                                                 \
     NULL,                                                                                         \
     NULL,                                                                                         \
     check_always},
/* reads as zero, ignores writes */
#define NONE(op0, op1, crn, crm, op2, access, name)                                                \
    {SYSREG_KEY(op0, op1, crn, crm, op2), access, name, 0, NULL, ignore, NULL},
#define ID(crm, op2, name, index) R(3, 0, 0, crm, op2, SYSREG_R1, name, id[index])
#define ZERO(crm, op2)            NONE(3, 0, 0, crm, op2, SYSREG_R1, "ID register (reads as zero)")
#define ZERO_CRM(crm)                                                                              \
    ZERO(crm, 0)                                                                                   \
    ZERO(crm, 1) ZERO(crm, 2) ZERO(crm, 3) ZERO(crm, 4) ZERO(crm, 5) ZERO(crm, 6) ZERO(crm, 7)
#define REGIME(op0, op1, crn, crm, op2, name, place, write)                                        \
    {SYSREG_KEY(op0, op1, crn, crm, op2),                                                          \
     SYSREG_RW1 | SYSREG_END,                                                                      \
     name,                                                                                         \
     PLACE(place),                                                                                 \
     NULL,                                                                                         \
     write,                                                                                        \
     NULL},
/* Keys of pointer authentication */
#define KEY(crm, op2, name, key)                                                                   \
    R(3, 0, 2, crm, op2, SYSREG_RW1, name "Lo_EL1", sys.ap_key[key].low)                           \
    R(3, 0, 2, crm, (op2) + 1, SYSREG_RW1, name "Hi_EL1", sys.ap_key[key].high)

static const struct sysreg rows[] = {
    /* clang-format off */
    /* identification */
    ID(0, 0, "MIDR_EL1", ID_MIDR)
    F(3, 0, 0, 0, 5, SYSREG_R1, "MPIDR_EL1", read_mpidr, NULL)
    ID(0, 6, "REVIDR_EL1", ID_REVIDR)
    ZERO_CRM(1)
    ZERO_CRM(2)
    ZERO_CRM(3)
    ID(4, 0, "ID_AA64PFR0_EL1", ID_AA64PFR0)
    ID(4, 1, "ID_AA64PFR1_EL1", ID_AA64PFR1)
    ZERO(4, 2)
    ZERO(4, 3)
    ID(4, 4, "ID_AA64ZFR0_EL1", ID_AA64ZFR0)
    ZERO(4, 5)
    ZERO(4, 6)
    ZERO(4, 7)
    ID(5, 0, "ID_AA64DFR0_EL1", ID_AA64DFR0)
    ZERO(5, 1)
    ZERO(5, 2)
    ZERO(5, 3)
    ZERO(5, 4)
    ZERO(5, 5)
    ZERO(5, 6)
    ZERO(5, 7)
    ID(6, 0, "ID_AA64ISAR0_EL1", ID_AA64ISAR0)
    ID(6, 1, "ID_AA64ISAR1_EL1", ID_AA64ISAR1)
    ID(6, 2, "ID_AA64ISAR2_EL1", ID_AA64ISAR2)
    ZERO(6, 3)
    ZERO(6, 4)
    ZERO(6, 5)
    ZERO(6, 6)
    ZERO(6, 7)
    ID(7, 0, "ID_AA64MMFR0_EL1", ID_AA64MMFR0)
    ID(7, 1, "ID_AA64MMFR1_EL1", ID_AA64MMFR1)
    ID(7, 2, "ID_AA64MMFR2_EL1", ID_AA64MMFR2)
    ZERO(7, 3)
    ZERO(7, 4)
    ZERO(7, 5)
    ZERO(7, 6)
    ZERO(7, 7)
    F(3, 1, 0, 0, 0, SYSREG_R1, "CCSIDR_EL1", read_ccsidr, NULL)
    R(3, 1, 0, 0, 1, SYSREG_R1, "CLIDR_EL1", id[ID_CLIDR])
    F(3, 1, 0, 0, 4, SYSREG_R1, "GMID_EL1", read_gmid, NULL)
    NONE(3, 1, 0, 0, 7, SYSREG_R1, "AIDR_EL1")
    W(3, 2, 0, 0, 0, SYSREG_RW1, "CSSELR_EL1", sys.csselr, write_csselr)
    {SYSREG_KEY(3, 3, 0, 0, 1), SYSREG_R1 | SYSREG_R0, "CTR_EL0", PLACE(id[ID_CTR]), NULL, NULL,
     check_uct},
    F0(3, 3, 0, 0, 7, SYSREG_R1 | SYSREG_R0, "DCZID_EL0", read_dczid, NULL)
    /* control of the regime */
    REGIME(3, 0, 1, 0, 0, "SCTLR_EL1", mmu.regs.sctlr, write_sctlr)
    R(3, 0, 1, 0, 1, SYSREG_RW1, "ACTLR_EL1", sys.actlr)
    REGIME(3, 0, 1, 0, 2, "CPACR_EL1", sys.cpacr, write_cpacr)
    W(3, 0, 1, 0, 5, SYSREG_RW1, "RGSR_EL1", sys.rgsr, write_rgsr)
    W(3, 0, 1, 0, 6, SYSREG_RW1, "GCR_EL1", sys.gcr, write_gcr)
    REGIME(3, 0, 1, 2, 0, "ZCR_EL1", sys.zcr, write_zcr)
    REGIME(3, 0, 2, 0, 0, "TTBR0_EL1", mmu.regs.ttbr0, write_ttbr)
    REGIME(3, 0, 2, 0, 1, "TTBR1_EL1", mmu.regs.ttbr1, write_ttbr)
    REGIME(3, 0, 2, 0, 2, "TCR_EL1", mmu.regs.tcr, write_tcr)
    REGIME(3, 0, 10, 2, 0, "MAIR_EL1", mmu.regs.mair, write_regime)
    R(3, 0, 10, 3, 0, SYSREG_RW1, "AMAIR_EL1", sys.amair)
    KEY(1, 0, "APIAKey", PAUTH_IA)
    KEY(1, 2, "APIBKey", PAUTH_IB)
    KEY(2, 0, "APDAKey", PAUTH_DA)
    KEY(2, 2, "APDBKey", PAUTH_DB)
    KEY(3, 0, "APGAKey", PAUTH_GA)
    R(3, 0, 7, 4, 0, SYSREG_RW1, "PAR_EL1", sys.par)
    /* limited ordering regions: there are none, LORID_EL1 says, so that the rest is RES0 */
    NONE(3, 0, 10, 4, 0, SYSREG_RW1, "LORSA_EL1")
    NONE(3, 0, 10, 4, 1, SYSREG_RW1, "LOREA_EL1")
    NONE(3, 0, 10, 4, 2, SYSREG_RW1, "LORN_EL1")
    NONE(3, 0, 10, 4, 3, SYSREG_RW1, "LORC_EL1")
    NONE(3, 0, 10, 4, 7, SYSREG_R1, "LORID_EL1")
    /* exceptions */
    R(3, 0, 4, 0, 0, SYSREG_RW1 | SYSREG_WORD, "SPSR_EL1", spsr[1])
    R(3, 0, 4, 0, 1, SYSREG_RW1, "ELR_EL1", elr[1])
    R(3, 0, 4, 1, 0, SYSREG_RW1, "SP_EL0", sp_bank[0])
    F(3, 0, 4, 2, 0, SYSREG_RW1 | SYSREG_END, "SPSel", read_spsel, write_spsel)
    F(3, 0, 4, 2, 2, SYSREG_R1, "CurrentEL", read_currentel, NULL)
    {SYSREG_KEY(3, 0, 4, 2, 3), SYSREG_RW1 | SYSREG_END, "PAN", 0, read_pan, write_pan, NULL},
    {SYSREG_KEY(3, 0, 4, 2, 4), SYSREG_RW1 | SYSREG_END, "UAO", 0, read_uao, write_uao, NULL},
    R(3, 0, 5, 1, 0, SYSREG_RW1, "AFSR0_EL1", sys.afsr0)
    R(3, 0, 5, 1, 1, SYSREG_RW1, "AFSR1_EL1", sys.afsr1)
    R(3, 0, 5, 2, 0, SYSREG_RW1 | SYSREG_WORD, "ESR_EL1", esr[1])
    W(3, 0, 5, 6, 0, SYSREG_RW1, "TFSR_EL1", sys.tfsr[1], write_tfsr)
    W(3, 0, 5, 6, 1, SYSREG_RW1, "TFSRE0_EL1", sys.tfsr[0], write_tfsr)
    R(3, 0, 6, 0, 0, SYSREG_RW1, "FAR_EL1", far[1])
    W(3, 0, 12, 0, 0, SYSREG_RW1, "VBAR_EL1", vbar[1], write_vbar)
    NONE(3, 0, 12, 0, 1, SYSREG_R1, "RVBAR_EL1")
    /* errors: none is recorded, and no SError interrupt is ever pending for ESB to defer. The
       registers of error records may be UNDEFINED when there are none (D17.2, ERRIDR_EL1) */
    NONE(3, 0, 5, 3, 0, SYSREG_R1, "ERRIDR_EL1")
    W(3, 0, 12, 1, 1, SYSREG_RW1, "DISR_EL1", sys.disr, write_disr)
    F(3, 0, 12, 1, 0, SYSREG_R1, "ISR_EL1", read_isr, NULL)
    R(3, 0, 13, 0, 1, SYSREG_RW1 | SYSREG_WORD, "CONTEXTIDR_EL1", sys.contextidr)
    R(3, 0, 13, 0, 4, SYSREG_RW1, "TPIDR_EL1", sys.tpidr_el1)
    R(3, 0, 13, 0, 7, SYSREG_RW1, "SCXTNUM_EL1", sys.scxtnum_el1)
    {SYSREG_KEY(3, 3, 13, 0, 7), SYSREG_RW1 | SYSREG_RW0, "SCXTNUM_EL0", PLACE(sys.scxtnum_el0),
     NULL, NULL, check_tscxt},
    /* EL0 */
    {SYSREG_KEY(3, 3, 2, 4, 0), SYSREG_R1 | SYSREG_R0, "RNDR", 0, read_random, NULL, check_always},
    {SYSREG_KEY(3, 3, 2, 4, 1), SYSREG_R1 | SYSREG_R0, "RNDRRS", 0, read_random, NULL,
     check_always},
    {SYSREG_KEY(3, 3, 4, 2, 0), SYSREG_RW1 | SYSREG_RW0, "NZCV", 0, read_nzcv, write_nzcv,
     check_always},
    {SYSREG_KEY(3, 3, 4, 2, 1), SYSREG_RW1 | SYSREG_RW0 | SYSREG_END, "DAIF", 0, read_daif,
     write_daif, check_uma},
    F0(3, 3, 4, 2, 5, SYSREG_RW1 | SYSREG_RW0, "DIT", read_dit, write_dit)
    F0(3, 3, 4, 2, 6, SYSREG_RW1 | SYSREG_RW0, "SSBS", read_ssbs, write_ssbs)
    {SYSREG_KEY(3, 3, 4, 2, 7), SYSREG_RW1 | SYSREG_RW0 | SYSREG_END, "TCO", 0, read_tco, write_tco,
     check_always},
    F0(3, 3, 4, 4, 0, SYSREG_RW1 | SYSREG_RW0 | SYSREG_END, "FPCR", read_fpcr, write_fpcr)
    F0(3, 3, 4, 4, 1, SYSREG_RW1 | SYSREG_RW0 | SYSREG_END, "FPSR", read_fpsr, write_fpsr)
    R0(3, 3, 13, 0, 2, SYSREG_RW1 | SYSREG_RW0, "TPIDR_EL0", sys.tpidr_el0)
    R0(3, 3, 13, 0, 3, SYSREG_RW1 | SYSREG_R0, "TPIDRRO_EL0", sys.tpidrro_el0)
    /* clang-format on */
};

/* Registers that came with a feature; the others have been there always. */
static const struct {
    uint16_t first, last; /* keys */
    enum feature feature;
} later[] = {
    {SYSREG_KEY(3, 0, 1, 2, 0), SYSREG_KEY(3, 0, 1, 2, 0), FEAT_SVE},
    {SYSREG_KEY(3, 0, 2, 1, 0), SYSREG_KEY(3, 0, 2, 3, 1), FEAT_PAuth},
    {SYSREG_KEY(3, 3, 14, 0, 5), SYSREG_KEY(3, 3, 14, 0, 6), FEAT_ECV},
    {SYSREG_KEY(1, 3, 7, 3, 4), SYSREG_KEY(1, 3, 7, 3, 7), FEAT_SPECRES},
    {SYSREG_KEY(3, 0, 1, 0, 5), SYSREG_KEY(3, 0, 1, 0, 6), FEAT_MTE2}, /* RGSR_EL1, GCR_EL1 */
    {SYSREG_KEY(3, 0, 5, 6, 0), SYSREG_KEY(3, 0, 5, 6, 1), FEAT_MTE2}, /* TFSR_EL1, TFSRE0_EL1 */
    {SYSREG_KEY(3, 1, 0, 0, 4), SYSREG_KEY(3, 1, 0, 0, 4), FEAT_MTE2}, /* GMID_EL1 */
    {SYSREG_KEY(3, 3, 4, 2, 7), SYSREG_KEY(3, 3, 4, 2, 7), FEAT_MTE},  /* TCO */
    {SYSREG_KEY(1, 0, 7, 6, 4), SYSREG_KEY(1, 0, 7, 6, 6), FEAT_MTE2},
    {SYSREG_KEY(1, 0, 7, 10, 4), SYSREG_KEY(1, 0, 7, 10, 6), FEAT_MTE2},
    {SYSREG_KEY(1, 0, 7, 14, 4), SYSREG_KEY(1, 0, 7, 14, 6), FEAT_MTE2},
    {SYSREG_KEY(3, 0, 4, 2, 3), SYSREG_KEY(3, 0, 4, 2, 3), FEAT_PAN},
    {SYSREG_KEY(3, 0, 4, 2, 4), SYSREG_KEY(3, 0, 4, 2, 4), FEAT_UAO},
    {SYSREG_KEY(3, 3, 4, 2, 5), SYSREG_KEY(3, 3, 4, 2, 5), FEAT_DIT},
    {SYSREG_KEY(3, 3, 4, 2, 6), SYSREG_KEY(3, 3, 4, 2, 6), FEAT_SSBS2},
    {SYSREG_KEY(3, 3, 2, 4, 0), SYSREG_KEY(3, 3, 2, 4, 1), FEAT_RNG},
    {SYSREG_KEY(3, 0, 13, 0, 7), SYSREG_KEY(3, 0, 13, 0, 7), FEAT_CSV2_2}, /* SCXTNUM_EL1 */
    {SYSREG_KEY(3, 3, 13, 0, 7), SYSREG_KEY(3, 3, 13, 0, 7), FEAT_CSV2_2}, /* SCXTNUM_EL0 */
    {SYSREG_KEY(3, 0, 10, 4, 0), SYSREG_KEY(3, 0, 10, 4, 7), FEAT_LOR},
    {SYSREG_KEY(1, 0, 8, 1, 0), SYSREG_KEY(1, 0, 8, 1, 7), FEAT_TLBIOS},
    {SYSREG_KEY(1, 0, 8, 2, 0), SYSREG_KEY(1, 0, 8, 2, 7), FEAT_TLBIRANGE}, /* IS, */
    {SYSREG_KEY(1, 0, 8, 5, 0), SYSREG_KEY(1, 0, 8, 6, 7), FEAT_TLBIRANGE}, /* OS, local */
    {SYSREG_KEY(1, 0, 9, 0, 0), SYSREG_KEY(1, 0, 9, 15, 7), FEAT_XS},
    {SYSREG_KEY(3, 0, 5, 3, 0), SYSREG_KEY(3, 0, 5, 3, 0), FEAT_RAS},
    {SYSREG_KEY(3, 0, 12, 1, 1), SYSREG_KEY(3, 0, 12, 1, 1), FEAT_RAS},
    {SYSREG_KEY(3, 0, 9, 14, 1), SYSREG_KEY(3, 0, 9, 14, 2), FEAT_PMUv3},
    {SYSREG_KEY(3, 0, 9, 14, 6), SYSREG_KEY(3, 0, 9, 14, 6), FEAT_PMUv3p4},
    {SYSREG_KEY(3, 3, 9, 12, 0), SYSREG_KEY(3, 3, 9, 14, 3), FEAT_PMUv3},
    {SYSREG_KEY(3, 3, 14, 8, 0), SYSREG_KEY(3, 3, 14, 15, 7), FEAT_PMUv3},
    {SYSREG_KEY(3, 0, 4, 6, 0), SYSREG_KEY(3, 0, 4, 6, 0), FEAT_GICv3},
    {SYSREG_KEY(3, 0, 12, 8, 0), SYSREG_KEY(3, 0, 12, 12, 7), FEAT_GICv3},
};

enum feature sysreg_feature(uint16_t key)
{
    for (unsigned i = 0; i < ARRAY_SIZE(later); i++)
        if (key >= later[i].first && key <= later[i].last)
            return later[i].feature;
    return FEAT_NONE;
}

static const struct {
    const struct sysreg *row;
    const unsigned *count;
    unsigned own; /* when count is NULL */
} tables[] = {
    {rows, NULL, ARRAY_SIZE(rows)},    {timer_rows, &timer_row_count, 0},
    {debug_rows, &debug_row_count, 0}, {pmu_rows, &pmu_row_count, 0},
    {gic_rows, &gic_row_count, 0},     {maintenance_rows, &maintenance_row_count, 0},
};

static unsigned table_size(unsigned i)
{
    return tables[i].count ? *tables[i].count : tables[i].own;
}

int sysreg_find(uint16_t key)
{
    unsigned base = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
        for (unsigned j = 0; j < table_size(i); j++)
            if (tables[i].row[j].key == key)
                return (int)(base + j);
        base += table_size(i);
    }
    return -1;
}

const struct sysreg *sysreg_row(unsigned index)
{
    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++) {
        if (index < table_size(i))
            return &tables[i].row[index];
        index -= table_size(i);
    }
    return NULL;
}
