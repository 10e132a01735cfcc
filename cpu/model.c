/* What follows from the features of a CPU model: see model.h. */
#include "cpu/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cpu/cpu.h"

#define SHOWS(feature, reg, field, shift, value)                                                   \
    {FEAT_##feature, FEAT_NONE, ID_##reg, shift, value, "ID_" #reg "_EL1." #field},
#define SHOWS_BY(algorithm, feature, reg, field, shift, value)                                     \
    {FEAT_##feature, FEAT_##algorithm, ID_##reg, shift, value, "ID_" #reg "_EL1." #field},
/* Pointer authentication: the field of its algorithm says how it is done. */
#define SHOWS_PAUTH(feature, value)                                                                \
    SHOWS_BY(PACQARMA5, feature, AA64ISAR1, APA, 4, value)                                         \
    SHOWS_BY(PACIMP, feature, AA64ISAR1, API, 8, value)                                            \
    SHOWS_BY(PACQARMA3, feature, AA64ISAR2, APA3, 12, value)

static const struct id_field id_fields[] = {
    /* clang-format off */
    SHOWS(FP, AA64PFR0, FP, 16, 0) /* 15 where it is not */
    SHOWS(AdvSIMD, AA64PFR0, AdvSIMD, 20, 0)
    SHOWS(FP16, AA64PFR0, FP, 16, 1)
    SHOWS(FP16, AA64PFR0, AdvSIMD, 20, 1)
    SHOWS(GICv3, AA64PFR0, GIC, 24, 1)
    SHOWS(RAS, AA64PFR0, RAS, 28, 1)
    SHOWS(RASv1p1, AA64PFR0, RAS, 28, 2)
    SHOWS(DIT, AA64PFR0, DIT, 48, 1)
    SHOWS(CSV2, AA64PFR0, CSV2, 56, 1)
    SHOWS(CSV2_2, AA64PFR0, CSV2, 56, 2)
    SHOWS(CSV2_3, AA64PFR0, CSV2, 56, 3)
    SHOWS(CSV3, AA64PFR0, CSV3, 60, 1)
    SHOWS(SVE, AA64PFR0, SVE, 32, 1)
    SHOWS(BTI, AA64PFR1, BT, 0, 1)
    SHOWS(SSBS, AA64PFR1, SSBS, 4, 1)
    SHOWS(SSBS2, AA64PFR1, SSBS, 4, 2)
    SHOWS(MTE, AA64PFR1, MTE, 8, 1)
    SHOWS(MTE2, AA64PFR1, MTE, 8, 2)
    SHOWS(MTE3, AA64PFR1, MTE, 8, 3)
    {FEAT_MTE2, FEAT_NONE, ID_CTR, 32, 4, "CTR_EL0.TminLine"}, /* the tags of a line of 64 bytes */
    SHOWS(PMUv3, AA64DFR0, PMUVer, 8, 1)
    SHOWS(PMUv3p1, AA64DFR0, PMUVer, 8, 4)
    SHOWS(PMUv3p4, AA64DFR0, PMUVer, 8, 5)
    SHOWS(PMUv3p5, AA64DFR0, PMUVer, 8, 6)
    SHOWS(SVE2, AA64ZFR0, SVEver, 0, 1)
    SHOWS(SVE_AES, AA64ZFR0, AES, 4, 1)
    SHOWS(SVE_PMULL128, AA64ZFR0, AES, 4, 2)
    SHOWS(SVE_BitPerm, AA64ZFR0, BitPerm, 16, 1)
    SHOWS_BY(SVE, BF16, AA64ZFR0, BF16, 20, 1)
    SHOWS_BY(SVE, EBF16, AA64ZFR0, BF16, 20, 2)
    SHOWS(SVE_SHA3, AA64ZFR0, SHA3, 32, 1)
    SHOWS(SVE_SM4, AA64ZFR0, SM4, 40, 1)
    SHOWS_BY(SVE, I8MM, AA64ZFR0, I8MM, 44, 1)
    SHOWS(F32MM, AA64ZFR0, F32MM, 52, 1)
    SHOWS(F64MM, AA64ZFR0, F64MM, 56, 1)
    SHOWS(AES, AA64ISAR0, AES, 4, 1)
    SHOWS(PMULL, AA64ISAR0, AES, 4, 2)
    SHOWS(SHA1, AA64ISAR0, SHA1, 8, 1)
    SHOWS(SHA256, AA64ISAR0, SHA2, 12, 1)
    SHOWS(SHA512, AA64ISAR0, SHA2, 12, 2)
    SHOWS(CRC32, AA64ISAR0, CRC32, 16, 1)
    SHOWS(LSE, AA64ISAR0, Atomic, 20, 2)
    SHOWS(RDM, AA64ISAR0, RDM, 28, 1)
    SHOWS(SHA3, AA64ISAR0, SHA3, 32, 1)
    SHOWS(SM3, AA64ISAR0, SM3, 36, 1)
    SHOWS(SM4, AA64ISAR0, SM4, 40, 1)
    SHOWS(DotProd, AA64ISAR0, DP, 44, 1)
    SHOWS(FHM, AA64ISAR0, FHM, 48, 1)
    SHOWS(FlagM, AA64ISAR0, TS, 52, 1)
    SHOWS(FlagM2, AA64ISAR0, TS, 52, 2)
    SHOWS(TLBIOS, AA64ISAR0, TLB, 56, 1)
    SHOWS(TLBIRANGE, AA64ISAR0, TLB, 56, 2)
    SHOWS(RNG, AA64ISAR0, RNDR, 60, 1)
    SHOWS(DPB, AA64ISAR1, DPB, 0, 1)
    SHOWS(DPB2, AA64ISAR1, DPB, 0, 2)
    SHOWS_PAUTH(PAuth, 1)
    SHOWS_PAUTH(EPAC, 2)
    SHOWS_PAUTH(PAuth2, 3)
    SHOWS_PAUTH(FPAC, 4)
    SHOWS_PAUTH(FPACCOMBINE, 5)
    SHOWS_BY(PAuth, PACQARMA5, AA64ISAR1, GPA, 24, 1)
    SHOWS_BY(PAuth, PACIMP, AA64ISAR1, GPI, 28, 1)
    SHOWS_BY(PAuth, PACQARMA3, AA64ISAR2, GPA3, 8, 1)
    SHOWS(JSCVT, AA64ISAR1, JSCVT, 12, 1)
    SHOWS(FCMA, AA64ISAR1, FCMA, 16, 1)
    SHOWS(LRCPC, AA64ISAR1, LRCPC, 20, 1)
    SHOWS(LRCPC2, AA64ISAR1, LRCPC, 20, 2)
    SHOWS(FRINTTS, AA64ISAR1, FRINTTS, 32, 1)
    SHOWS(SB, AA64ISAR1, SB, 36, 1)
    SHOWS(SPECRES, AA64ISAR1, SPECRES, 40, 1)
    SHOWS(BF16, AA64ISAR1, BF16, 44, 1)
    SHOWS(EBF16, AA64ISAR1, BF16, 44, 2)
    SHOWS(DGH, AA64ISAR1, DGH, 48, 1)
    SHOWS(I8MM, AA64ISAR1, I8MM, 52, 1)
    SHOWS(XS, AA64ISAR1, XS, 56, 1)
    SHOWS(WFxT, AA64ISAR2, WFxT, 0, 2)
    SHOWS(RPRES, AA64ISAR2, RPRES, 4, 1)
    SHOWS(MOPS, AA64ISAR2, MOPS, 16, 1)
    SHOWS(HBC, AA64ISAR2, BC, 20, 1)
    SHOWS(CSSC, AA64ISAR2, CSSC, 52, 1)
    SHOWS(ASID16, AA64MMFR0, ASIDBits, 4, 2)
    SHOWS(TGran16K, AA64MMFR0, TGran16, 20, 1) /* 4K and 64K are always there, and read as 0 */
    SHOWS(ECV, AA64MMFR0, ECV, 60, 1)
    SHOWS(HAFDBS, AA64MMFR1, HAFDBS, 0, 2)
    SHOWS(HPDS, AA64MMFR1, HPDS, 12, 1)
    SHOWS(HPDS2, AA64MMFR1, HPDS, 12, 2)
    SHOWS(LOR, AA64MMFR1, LO, 16, 1)
    SHOWS(PAN, AA64MMFR1, PAN, 20, 1)
    SHOWS(PAN2, AA64MMFR1, PAN, 20, 2)
    SHOWS(PAN3, AA64MMFR1, PAN, 20, 3)
    SHOWS(ETS2, AA64MMFR1, ETS, 36, 2)
    SHOWS(AFP, AA64MMFR1, AFP, 44, 1)
    SHOWS(TIDCP1, AA64MMFR1, TIDCP1, 52, 1)
    SHOWS(CMOW, AA64MMFR1, CMOW, 56, 1)
    SHOWS(TTCNP, AA64MMFR2, CnP, 0, 1)
    SHOWS(UAO, AA64MMFR2, UAO, 4, 1)
    SHOWS(IESB, AA64MMFR2, IESB, 12, 1)
    SHOWS(CCIDX, AA64MMFR2, CCIDX, 20, 1)
    SHOWS(TTST, AA64MMFR2, ST, 28, 1)
    SHOWS(LSE2, AA64MMFR2, AT, 32, 1)
    SHOWS(IDST, AA64MMFR2, IDS, 36, 1)
    SHOWS(TTL, AA64MMFR2, TTL, 48, 1)
    SHOWS(BBML1, AA64MMFR2, BBM, 52, 1)
    SHOWS(BBML2, AA64MMFR2, BBM, 52, 2)
    SHOWS(E0PD, AA64MMFR2, E0PD, 60, 1)
    /* clang-format on */
};

const struct id_field *model_id_field(unsigned i)
{
    return i < ARRAY_SIZE(id_fields) ? &id_fields[i] : NULL;
}

const char *feature_name(enum feature feature)
{
    static const char *const names[FEAT_COUNT] = {
#define FEATURE(name) [FEAT_##name] = #name,
#include "cpu/features.def"
#undef FEATURE
    };

    return names[feature] ? names[feature] : "";
}

const struct cpu_model *model_find(const char *name)
{
    for (unsigned i = 0; i < cpu_model_count; i++)
        if (!strcmp(cpu_models[i].name, name))
            return &cpu_models[i];
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

/* Memory tagging is of the CPU and of the board. */
static void choose_mte(struct cpu_model *model, bool mte)
{
    static const enum feature levels[] = {FEAT_MTE, FEAT_MTE2, FEAT_MTE3};

    for (unsigned i = 0; i < ARRAY_SIZE(levels); i++)
        model->has[levels[i]] &= mte;
}

static void choose_sve(struct cpu_model *model, bool sve, uint16_t lengths)
{
    static const enum feature features[] = {FEAT_SVE,         FEAT_SVE2,         FEAT_SVE_AES,
                                            FEAT_SVE_BitPerm, FEAT_SVE_PMULL128, FEAT_SVE_SHA3,
                                            FEAT_SVE_SM4,     FEAT_F32MM,        FEAT_F64MM};

    for (unsigned i = 0; i < ARRAY_SIZE(features); i++)
        model->has[features[i]] &= sve;
    if (!sve)
        model->sve_vls = 0;
    else if (lengths)
        model->sve_vls &= lengths;
    for (unsigned parts = 1; model->sve_vls >> parts; parts *= 2)
        model->sve_vls |= (uint16_t)(1u << (parts - 1));
}

static void remove_pmu(struct cpu_model *model)
{
    static const enum feature levels[] = {FEAT_PMUv3, FEAT_PMUv3p1, FEAT_PMUv3p4, FEAT_PMUv3p5};

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
        choose_mte(model, properties->mte);
        model->has[FEAT_GICv3] = properties->gicv3;
        choose_sve(model, properties->sve, properties->sve_vls);
        if (properties->no_pmu)
            remove_pmu(model);
        if (properties->has_peers)
            model->has[FEAT_LSE2] = false;
    }
    return model;
}

const char *cpu_model_name(unsigned i, const char **description)
{
    if (i >= cpu_model_count)
        return NULL;
    if (description)
        *description = cpu_models[i].description;
    return cpu_models[i].name;
}

void model_id_registers(const struct cpu_model *model, uint64_t id[ID_COUNT])
{
    memcpy(id, model->id, ID_COUNT * sizeof(*id));
    for (unsigned i = 0; i < ARRAY_SIZE(id_fields); i++) {
        const struct id_field *field = &id_fields[i];
        uint64_t *reg = &id[field->reg];

        if (model_has(model, field->feature) && model_has(model, field->by) &&
            bits_get(*reg, field->shift, 4) < field->value)
            *reg = bits_put(*reg, field->shift, 4, field->value);
    }
    if (!model_has(model, FEAT_FP))
        id[ID_AA64PFR0] |= 0xffull << 16;
}

unsigned model_physical_bits(const struct cpu_model *model)
{
    static const uint8_t bits[] = {32, 36, 40, 42, 44, 48};

    return bits[bits_get(model->id[ID_AA64MMFR0], 0, 4)];
}
