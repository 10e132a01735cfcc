/* cpu/model: the ID registers show what the model's features are, each field as DDI 0487, D17.2
 * spells it. */
#include "cpu/model.h"

#include <stdlib.h>

#include "base/bits.h"
#include "cpu/cpu.h"
#include "fakes.h"

static unsigned field(const uint64_t id[ID_COUNT], enum id_register reg, unsigned shift)
{
    return (unsigned)bits_get(id[reg], shift, 4);
}

START_TEST(models_are_found_by_their_exact_name)
{
    const char *description = NULL, *name;
    unsigned count = 0;

    ck_assert_ptr_null(model_find("cortex-a999"));
    ck_assert_ptr_null(model_find(""));
    ck_assert_ptr_null(model_find("MAX"));
    ck_assert_ptr_nonnull(model_find("max"));
    for (; (name = cpu_model_name(count, &description)); count++) {
        ck_assert_ptr_nonnull(model_find(name));
        ck_assert_str_eq(description, model_find(name)->description);
    }
    ck_assert_uint_ge(count, 1);
}
END_TEST

START_TEST(memory_tagging_is_there_where_it_is_asked_for)
{
    for (unsigned mte = 0; mte < 2; mte++) {
        const struct cpu_properties properties = {.mte = mte};
        struct cpu_model *model = model_new("max", &properties);
        uint64_t id[ID_COUNT];

        model_id_registers(model, id);
        ck_assert_uint_eq(field(id, ID_AA64PFR1, 8), mte ? 3 : 0);
        ck_assert_uint_eq(field(id, ID_CTR, 32), mte ? 4 : 0); /* TminLine */
        free(model);
    }
}
END_TEST

START_TEST(the_interface_of_a_gicv3_is_there_with_a_gicv3)
{
    for (unsigned i = 0; i < cpu_model_count; i++)
        for (unsigned gicv3 = 0; gicv3 < 2; gicv3++) {
            const struct cpu_properties properties = {.gicv3 = gicv3};
            struct cpu_model *model = model_new(cpu_models[i].name, &properties);
            uint64_t id[ID_COUNT];

            model_id_registers(model, id);
            ck_assert_uint_eq(field(id, ID_AA64PFR0, 24), gicv3);
            free(model);
        }
}
END_TEST

START_TEST(a_feature_alone_shows_itself_in_its_field)
{
    static const struct {
        enum feature feature;
        enum id_register reg;
        unsigned shift, value;
    } rows[] = {
        {FEAT_AES, ID_AA64ISAR0, 4, 1},        {FEAT_SHA1, ID_AA64ISAR0, 8, 1},
        {FEAT_SHA256, ID_AA64ISAR0, 12, 1},    {FEAT_CRC32, ID_AA64ISAR0, 16, 1},
        {FEAT_LSE, ID_AA64ISAR0, 20, 2},       {FEAT_RDM, ID_AA64ISAR0, 28, 1},
        {FEAT_DotProd, ID_AA64ISAR0, 44, 1},   {FEAT_TLBIOS, ID_AA64ISAR0, 56, 1},
        {FEAT_TLBIRANGE, ID_AA64ISAR0, 56, 2}, {FEAT_DPB, ID_AA64ISAR1, 0, 1},
        {FEAT_LRCPC, ID_AA64ISAR1, 20, 1},     {FEAT_LRCPC2, ID_AA64ISAR1, 20, 2},
        {FEAT_SB, ID_AA64ISAR1, 36, 1},        {FEAT_UAO, ID_AA64MMFR2, 4, 1},
        {FEAT_SSBS, ID_AA64PFR1, 4, 1},        {FEAT_SSBS2, ID_AA64PFR1, 4, 2},
        {FEAT_DIT, ID_AA64PFR0, 48, 1},        {FEAT_CSV3, ID_AA64PFR0, 60, 1},
        {FEAT_CSV2, ID_AA64PFR0, 56, 1},       {FEAT_CSV2_2, ID_AA64PFR0, 56, 2},
        {FEAT_CSV2_3, ID_AA64PFR0, 56, 3},     {FEAT_ASID16, ID_AA64MMFR0, 4, 2},
        {FEAT_TGran16K, ID_AA64MMFR0, 20, 1},  {FEAT_HAFDBS, ID_AA64MMFR1, 0, 2},
        {FEAT_HPDS, ID_AA64MMFR1, 12, 1},      {FEAT_HPDS2, ID_AA64MMFR1, 12, 2},
        {FEAT_LOR, ID_AA64MMFR1, 16, 1},       {FEAT_PAN, ID_AA64MMFR1, 20, 1},
        {FEAT_PAN2, ID_AA64MMFR1, 20, 2},      {FEAT_TTCNP, ID_AA64MMFR2, 0, 1},
        {FEAT_CCIDX, ID_AA64MMFR2, 20, 1},     {FEAT_BBML1, ID_AA64MMFR2, 52, 1},
        {FEAT_BBML2, ID_AA64MMFR2, 52, 2},     {FEAT_E0PD, ID_AA64MMFR2, 60, 1},
        {FEAT_FHM, ID_AA64ISAR0, 48, 1},       {FEAT_FlagM, ID_AA64ISAR0, 52, 1},
        {FEAT_FlagM2, ID_AA64ISAR0, 52, 2},    {FEAT_JSCVT, ID_AA64ISAR1, 12, 1},
        {FEAT_SHA512, ID_AA64ISAR0, 12, 2},    {FEAT_SHA3, ID_AA64ISAR0, 32, 1},
        {FEAT_SM3, ID_AA64ISAR0, 36, 1},       {FEAT_SM4, ID_AA64ISAR0, 40, 1},
        {FEAT_BF16, ID_AA64ISAR1, 44, 1},      {FEAT_I8MM, ID_AA64ISAR1, 52, 1},
        {FEAT_FCMA, ID_AA64ISAR1, 16, 1},      {FEAT_FRINTTS, ID_AA64ISAR1, 32, 1},
        {FEAT_PMUv3, ID_AA64DFR0, 8, 1},       {FEAT_PMUv3p5, ID_AA64DFR0, 8, 6},
    };
    uint64_t id[ID_COUNT];

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cpu_model model = {.has = {[FEAT_FP] = true}};

        model.has[rows[i].feature] = true;
        model_id_registers(&model, id);
        ck_assert_uint_eq(id[rows[i].reg], (uint64_t)rows[i].value << rows[i].shift);
    }
}
END_TEST

/* Where several features share a field, the most capable one counts, in whatever order. */
START_TEST(the_largest_value_of_a_shared_field_counts)
{
    struct cpu_model model = {
        .has =
            {[FEAT_AES] = true, [FEAT_PMULL] = true, [FEAT_TLBIOS] = true, [FEAT_TLBIRANGE] = true},
    };
    uint64_t id[ID_COUNT];

    model_id_registers(&model, id);
    ck_assert_uint_eq(id[ID_AA64ISAR0], 2ull << 4 | 2ull << 56);
}
END_TEST

/* What a part has says its generation; a later one has what an earlier one has. */
START_TEST(parts_have_the_features_of_their_manual)
{
    static const struct {
        const char *model;
        enum feature has, lacks;
        unsigned physical_bits;
    } rows[] = {
        {"cortex-a53", FEAT_CRC32, FEAT_LSE, 40},  {"cortex-a57", FEAT_PMULL, FEAT_PAN, 44},
        {"cortex-a72", FEAT_SHA256, FEAT_RDM, 44}, {"cortex-a76", FEAT_SSBS, FEAT_SSBS2, 40},
        {"neoverse-n1", FEAT_SSBS2, FEAT_FHM, 48}, {"neoverse-v1", FEAT_RNG, FEAT_SB, 48},
        {"max", FEAT_MOPS, FEAT_CCIDX, 48},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct cpu_model *model = model_find(rows[i].model);

        ck_assert_ptr_nonnull(model);
        ck_assert_msg(model_has(model, rows[i].has), "%s", rows[i].model);
        ck_assert_msg(!model_has(model, rows[i].lacks), "%s", rows[i].model);
        ck_assert_uint_eq(model_physical_bits(model), rows[i].physical_bits);
    }
    for (unsigned f = 0; f < FEAT_COUNT; f++) {
        if (model_has(model_find("cortex-a53"), (enum feature)f))
            ck_assert_msg(model_has(model_find("neoverse-n1"), (enum feature)f), "%u", f);
        if (model_has(model_find("neoverse-n1"), (enum feature)f))
            ck_assert_msg(model_has(model_find("neoverse-v1"), (enum feature)f), "%u", f);
    }
}
END_TEST

/* A feature that neither a field nor an instruction shows could not be found by a guest. */
START_TEST(every_feature_has_a_name_and_an_id_field)
{
    for (unsigned f = FEAT_NONE + 1; f < FEAT_COUNT; f++) {
        bool shown = false;

        ck_assert_str_ne(feature_name((enum feature)f), "");
        for (unsigned i = 0; model_id_field(i); i++)
            shown |= model_id_field(i)->feature == f;
        ck_assert_msg(shown, "%s", feature_name((enum feature)f));
    }
}
END_TEST

START_TEST(without_floating_point_both_fields_say_so)
{
    struct cpu_model model = {.has = {false}};
    uint64_t id[ID_COUNT];

    model_id_registers(&model, id);
    ck_assert_uint_eq(field(id, ID_AA64PFR0, 16), 15);
    ck_assert_uint_eq(field(id, ID_AA64PFR0, 20), 15);
}
END_TEST

START_TEST(performance_monitors_can_be_left_out)
{
    const struct cpu_properties properties = {.no_pmu = true};
    struct cpu_model *model = model_new("max", &properties);
    uint64_t id[ID_COUNT];

    model_id_registers(model, id);
    ck_assert_uint_eq(field(id, ID_AA64DFR0, 8), 0);
    free(model);
}
END_TEST

/* What a kernel looks at before it arms its work-arounds. */
START_TEST(max_needs_no_work_around)
{
    uint64_t id[ID_COUNT];

    model_id_registers(model_find("max"), id);
    ck_assert_uint_ge(field(id, ID_AA64PFR0, 60), 1);  /* CSV3: no KPTI */
    ck_assert_uint_ge(field(id, ID_AA64PFR0, 56), 1);  /* CSV2: no Spectre v2 */
    ck_assert_uint_ge(field(id, ID_AA64PFR1, 4), 1);   /* SSBS: no Spectre v4 firmware */
    ck_assert_uint_eq(field(id, ID_AA64MMFR2, 60), 1); /* E0PD */
    ck_assert_uint_eq(field(id, ID_AA64PFR0, 16), 1);  /* FP is there, with FP16 */
    ck_assert_uint_eq(field(id, ID_AA64PFR0, 4), 1);   /* EL1 is AArch64 only */
    ck_assert_uint_eq(field(id, ID_AA64PFR0, 8), 0);   /* no EL2, */
    ck_assert_uint_eq(field(id, ID_AA64PFR0, 12), 0);  /* no EL3 */
}
END_TEST

START_TEST(sve_is_there_when_it_is_asked_for)
{
    struct cpu_model *without = model_new("max", &(struct cpu_properties){.sve = false});
    struct cpu_model *with = model_new("max", &(struct cpu_properties){.sve = true});
    uint64_t id[ID_COUNT];

    model_id_registers(without, id);
    ck_assert_uint_eq(field(id, ID_AA64PFR0, 32), 0);
    ck_assert_uint_eq(id[ID_AA64ZFR0], 0);
    ck_assert_uint_eq(without->sve_vls, 0);
    model_id_registers(with, id);
    ck_assert_uint_eq(field(id, ID_AA64PFR0, 32), 1);
    ck_assert_uint_eq(field(id, ID_AA64ZFR0, 0), 1);
    ck_assert_uint_eq(field(id, ID_AA64ZFR0, 4), 2);
    ck_assert_uint_eq(field(id, ID_AA64ZFR0, 44), 1); /* I8MM, which is there without SVE too */
    ck_assert_uint_eq(with->sve_vls, 0xffff);
    free(without);
    free(with);
}
END_TEST

/* 384 bits: 128 and 256 as well, for the architecture wants every power of two below. */
START_TEST(lengths_bring_the_powers_of_two_below)
{
    struct cpu_model *model =
        model_new("max", &(struct cpu_properties){.sve = true, .sve_vls = 1u << 2});

    ck_assert_uint_eq(model->sve_vls, 7);
    free(model);
}
END_TEST

static Suite *model_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tc = tcase_create("model");

    tcase_add_test(tc, models_are_found_by_their_exact_name);
    tcase_add_test(tc, a_feature_alone_shows_itself_in_its_field);
    tcase_add_test(tc, memory_tagging_is_there_where_it_is_asked_for);
    tcase_add_test(tc, the_interface_of_a_gicv3_is_there_with_a_gicv3);
    tcase_add_test(tc, the_largest_value_of_a_shared_field_counts);
    tcase_add_test(tc, parts_have_the_features_of_their_manual);
    tcase_add_test(tc, every_feature_has_a_name_and_an_id_field);
    tcase_add_test(tc, without_floating_point_both_fields_say_so);
    tcase_add_test(tc, performance_monitors_can_be_left_out);
    tcase_add_test(tc, max_needs_no_work_around);
    tcase_add_test(tc, sve_is_there_when_it_is_asked_for);
    tcase_add_test(tc, lengths_bring_the_powers_of_two_below);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(model_suite());
}
