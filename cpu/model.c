/* The CPU models: see model.h. */
#include "cpu/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cpu/cpu.h"

/* How each feature shows itself: the largest value of a field counts. */
static const struct {
    enum feature feature;
    enum id_register reg;
    uint8_t shift, value;
} id_fields[] = {
    /* clang-format off */
    {FEAT_FP16, ID_AA64PFR0, 16, 1},
    {FEAT_FP16, ID_AA64PFR0, 20, 1},
    {FEAT_DIT, ID_AA64PFR0, 48, 1},
    {FEAT_BTI, ID_AA64PFR1, 0, 1},
    {FEAT_SSBS, ID_AA64PFR1, 4, 2},
    {FEAT_MTE, ID_AA64PFR1, 8, 1},
    {FEAT_MTE2, ID_AA64PFR1, 8, 2},
    {FEAT_MTE3, ID_AA64PFR1, 8, 3},
    {FEAT_MTE2, ID_CTR, 32, 4}, /* TminLine: the tags of a line of 64 bytes */
    {FEAT_AES, ID_AA64ISAR0, 4, 1},
    {FEAT_PMULL, ID_AA64ISAR0, 4, 2},
    {FEAT_SHA1, ID_AA64ISAR0, 8, 1},
    {FEAT_SHA256, ID_AA64ISAR0, 12, 1},
    {FEAT_SHA512, ID_AA64ISAR0, 12, 2},
    {FEAT_CRC32, ID_AA64ISAR0, 16, 1},
    {FEAT_LSE, ID_AA64ISAR0, 20, 2},
    {FEAT_RDM, ID_AA64ISAR0, 28, 1},
    {FEAT_SHA3, ID_AA64ISAR0, 32, 1},
    {FEAT_SM3, ID_AA64ISAR0, 36, 1},
    {FEAT_SM4, ID_AA64ISAR0, 40, 1},
    {FEAT_DotProd, ID_AA64ISAR0, 44, 1},
    {FEAT_FHM, ID_AA64ISAR0, 48, 1},
    {FEAT_FlagM, ID_AA64ISAR0, 52, 1},
    {FEAT_FlagM2, ID_AA64ISAR0, 52, 2},
    {FEAT_TLBIOS, ID_AA64ISAR0, 56, 1},
    {FEAT_TLBIRANGE, ID_AA64ISAR0, 56, 2},
    {FEAT_RNG, ID_AA64ISAR0, 60, 1},
    {FEAT_DPB, ID_AA64ISAR1, 0, 1},
    {FEAT_DPB2, ID_AA64ISAR1, 0, 2},
    {FEAT_JSCVT, ID_AA64ISAR1, 12, 1},
    {FEAT_FCMA, ID_AA64ISAR1, 16, 1},
    {FEAT_LRCPC, ID_AA64ISAR1, 20, 1},
    {FEAT_LRCPC2, ID_AA64ISAR1, 20, 2},
    {FEAT_FRINTTS, ID_AA64ISAR1, 32, 1},
    {FEAT_SB, ID_AA64ISAR1, 36, 1},
    {FEAT_SPECRES, ID_AA64ISAR1, 40, 1},
    {FEAT_BF16, ID_AA64ISAR1, 44, 1},
    {FEAT_EBF16, ID_AA64ISAR1, 44, 2},
    {FEAT_DGH, ID_AA64ISAR1, 48, 1},
    {FEAT_I8MM, ID_AA64ISAR1, 52, 1},
    {FEAT_WFxT, ID_AA64ISAR2, 0, 2},
    {FEAT_RPRES, ID_AA64ISAR2, 4, 1},
    {FEAT_MOPS, ID_AA64ISAR2, 16, 1},
    {FEAT_HBC, ID_AA64ISAR2, 20, 1},
    {FEAT_CSSC, ID_AA64ISAR2, 52, 1},
    {FEAT_ECV, ID_AA64MMFR0, 60, 1},
    {FEAT_PAN, ID_AA64MMFR1, 20, 2}, /* with FEAT_PAN2: AT S1E1RP, S1E1WP */
    {FEAT_PAN3, ID_AA64MMFR1, 20, 3},
    {FEAT_AFP, ID_AA64MMFR1, 44, 1},
    {FEAT_UAO, ID_AA64MMFR2, 4, 1},
    {FEAT_TTST, ID_AA64MMFR2, 28, 1},
    {FEAT_LSE2, ID_AA64MMFR2, 32, 1},
    {FEAT_IDST, ID_AA64MMFR2, 36, 1},
    /* clang-format on */
};

/* Pointer authentication: the field of its algorithm says how it is done. */
static void show_pauth(const struct cpu_model *model, uint64_t id[ID_COUNT])
{
    static const struct {
        enum feature algorithm;
        enum id_register reg;
        uint8_t address, generic; /* shifts of the fields */
    } fields[] = {
        {FEAT_PACQARMA5, ID_AA64ISAR1, 4, 24},
        {FEAT_PACIMP, ID_AA64ISAR1, 8, 28},
        {FEAT_PACQARMA3, ID_AA64ISAR2, 12, 8},
    };
    static const enum feature levels[] = {FEAT_PAuth, FEAT_EPAC, FEAT_PAuth2, FEAT_FPAC,
                                          FEAT_FPACCOMBINE};
    uint64_t level = 0;

    if (!model_has(model, FEAT_PAuth))
        return;
    for (unsigned i = 0; i < ARRAY_SIZE(levels); i++)
        if (model_has(model, levels[i]))
            level = i + 1;
    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
        if (model_has(model, fields[i].algorithm))
            id[fields[i].reg] |= level << fields[i].address | 1ull << fields[i].generic;
}

#define HAS(feature) [FEAT_##feature] = true,

static const struct cpu_model models[] = {
    {
        .name = "max",
        .description = "all that ulna implements, and no erratum or side channel to work around",
        /* clang-format off */
        .has = {
            HAS(FP) HAS(AdvSIMD) HAS(CRC32) HAS(LSE) HAS(LRCPC) HAS(LRCPC2) HAS(RDM)
            HAS(DotProd) HAS(AES) HAS(PMULL) HAS(SHA1) HAS(SHA256) HAS(PAN) HAS(UAO) HAS(SSBS)
            HAS(SB) HAS(DIT) HAS(RNG) HAS(DPB) HAS(DPB2) HAS(TLBIRANGE) HAS(TLBIOS) HAS(JSCVT)
            HAS(FRINTTS) HAS(FCMA) HAS(FHM) HAS(FlagM) HAS(FlagM2) HAS(I8MM) HAS(BF16)
            HAS(SHA512) HAS(SHA3) HAS(SM3) HAS(SM4) HAS(FP16) HAS(CSSC) HAS(HBC) HAS(WFxT)
            HAS(LSE2) HAS(DGH) HAS(SPECRES) HAS(MOPS) HAS(PAuth) HAS(PAuth2) HAS(FPAC)
            HAS(FPACCOMBINE) HAS(PACIMP) HAS(BTI) HAS(PAN3) HAS(TTST) HAS(IDST) HAS(ECV)
            HAS(AFP) HAS(RPRES) HAS(EBF16)
        },
        /* clang-format on */
        .id =
            {
                /* CSV3, CSV2_3 (no branch history to mend either, with SCXTNUM_ELx); EL1 and EL0
                   AArch64 only; FP and Advanced SIMD */
                [ID_AA64PFR0] = 1ull << 60 | 3ull << 56 | 0x11,
                /* Armv8.0 debug architecture, two breakpoints, two watchpoints, one context-aware
                 */
                [ID_AA64DFR0] = 0x00101006,
                /* 48-bit addresses, 16-bit ASIDs, 16K granule (4K and 64K read as 0) */
                [ID_AA64MMFR0] = 0x00100025,
                /* HPDS, hardware access flag and dirty state */
                [ID_AA64MMFR1] = 0x1002,
                /* E0PD, CnP */
                [ID_AA64MMFR2] = 1ull << 60 | 1,
                /* Implementer 0: software; no guest applies errata to it */
                [ID_MIDR] = 0x000f0510,
                /* 64-byte lines, PIPT; IDC: no clean needed for fetch */
                [ID_CTR] = 0x9444c004,
                /* DC ZVA: 64 bytes */
                [ID_DCZID] = 4,
            },
    },
};

const struct cpu_model *model_find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(models); i++)
        if (!strcmp(models[i].name, name))
            return &models[i];
    return NULL;
}

static void choose_pauth(struct cpu_model *model, enum cpu_pauth choice)
{
    static const enum feature levels[] = {FEAT_PAuth, FEAT_EPAC, FEAT_PAuth2, FEAT_FPAC,
                                          FEAT_FPACCOMBINE};
    static const enum feature algorithms[] = {
        [CPU_PAUTH_IMPDEF] = FEAT_PACIMP,
        [CPU_PAUTH_QARMA5] = FEAT_PACQARMA5,
        [CPU_PAUTH_QARMA3] = FEAT_PACQARMA3,
    };

    if (choice == CPU_PAUTH_DEFAULT || !model_has(model, FEAT_PAuth))
        return;
    for (unsigned i = CPU_PAUTH_IMPDEF; i < ARRAY_SIZE(algorithms); i++)
        model->has[algorithms[i]] = i == choice;
    if (choice == CPU_PAUTH_OFF)
        for (unsigned i = 0; i < ARRAY_SIZE(levels); i++)
            model->has[levels[i]] = false;
}

struct cpu_model *model_new(const char *name, const struct cpu_properties *properties)
{
    const struct cpu_model *found = model_find(name);
    struct cpu_model *model = found ? malloc(sizeof(*model)) : NULL;

    if (model) {
        *model = *found;
        choose_pauth(model, properties->pauth);
        model->has[FEAT_MTE] = model->has[FEAT_MTE2] = model->has[FEAT_MTE3] = properties->mte;
    }
    return model;
}

const char *cpu_model_name(unsigned i, const char **description)
{
    if (i >= ARRAY_SIZE(models))
        return NULL;
    if (description)
        *description = models[i].description;
    return models[i].name;
}

void model_id_registers(const struct cpu_model *model, uint64_t id[ID_COUNT])
{
    memcpy(id, model->id, ID_COUNT * sizeof(*id));
    for (unsigned i = 0; i < ARRAY_SIZE(id_fields); i++) {
        uint64_t *reg = &id[id_fields[i].reg];

        if (model_has(model, id_fields[i].feature) &&
            bits_get(*reg, id_fields[i].shift, 4) < id_fields[i].value)
            *reg = bits_put(*reg, id_fields[i].shift, 4, id_fields[i].value);
    }
    show_pauth(model, id);
    if (!model_has(model, FEAT_FP))
        id[ID_AA64PFR0] |= 0xffull << 16;
}
