/* cpu/models.c: what a model lacks is not there for its guests. Each case runs on every model. */
#include "cpu/model.h"
#include "guest.h"

#define KEY_SCTLR SYSREG_KEY(3, 0, 1, 0, 0)
#define KEY_TCR   SYSREG_KEY(3, 0, 2, 0, 2)

#define ENGINES (ENGINE_CHECK + 1)

static struct guest guest;
static struct cpu *cpu;
static const struct cpu_model *model;

static void start(int number, enum engine engine)
{
    guest_open_model(&guest, cpu_models[number].name, engine,
                     (struct jit_config){.masked = masked_features()}, 0);
    guest_reset(&guest);
    cpu = guest.cpu;
    model = cpu->model;
}

static void teardown(void)
{
    guest_close(&guest);
}

static bool has(enum feature feature)
{
    return model_has(model, feature);
}

/* Executes the word at EL1; false: it is UNDEFINED. */
static bool defined(uint32_t word)
{
    guest_program(&guest, CODE, word, A_STOP);
    cpu->esr[1] = ~0u;
    guest_run(&guest, CODE);
    if (cpu->pc == CODE + 8)
        return true;
    ck_assert_uint_eq(guest_esr_ec(&guest), EC_UNKNOWN);
    return false;
}

static uint64_t written(uint16_t key, uint64_t value)
{
    cpu->x[3] = value;
    ck_assert(defined(a_msr(key, 3)));
    ck_assert(defined(a_mrs(4, key)));
    return cpu->x[4];
}

START_TEST(a_row_of_a_feature_decodes_exactly_when_the_model_has_it)
{
    struct decoder *decoder;
    struct err err;

    start(_i, ENGINE_INTERP);
    decoder = decoder_new(model, &err);
    ck_assert_ptr_nonnull(decoder);
    for (unsigned t = 0; insn_tables[t]; t++)
        for (unsigned i = 0; i < insn_tables[t]->rows; i++) {
            const struct insn_row *row = &insn_tables[t]->row[i];
            struct fields fields;
            uint32_t word = 0;
            const struct insn_row *found;

            for (const char *s = row->pattern; *s; s++)
                if (*s != ' ')
                    word = word << 1 | (*s == '1');
            found = decoder_find(decoder, word, &fields);
            if (!has(row->feature))
                ck_assert_msg(found != row, "%s", row->id);
            else
                ck_assert_msg(found != NULL, "%s", row->id);
        }
    decoder_free(decoder);
}
END_TEST

START_TEST(a_register_of_a_feature_is_there_exactly_when_the_model_has_it)
{
    static const struct {
        uint16_t key;
        enum feature feature;
        bool write;
    } rows[] = {
        {SYSREG_KEY(3, 3, 2, 4, 0), FEAT_RNG, false},      /* RNDR */
        {SYSREG_KEY(3, 3, 2, 4, 1), FEAT_RNG, false},      /* RNDRRS */
        {SYSREG_KEY(3, 0, 4, 2, 3), FEAT_PAN, false},      /* PAN */
        {SYSREG_KEY(3, 0, 4, 2, 4), FEAT_UAO, false},      /* UAO */
        {SYSREG_KEY(3, 3, 4, 2, 5), FEAT_DIT, false},      /* DIT */
        {SYSREG_KEY(3, 3, 4, 2, 6), FEAT_SSBS2, false},    /* SSBS */
        {SYSREG_KEY(3, 0, 13, 0, 7), FEAT_CSV2_2, false},  /* SCXTNUM_EL1 */
        {SYSREG_KEY(3, 3, 13, 0, 7), FEAT_CSV2_2, false},  /* SCXTNUM_EL0 */
        {SYSREG_KEY(3, 0, 10, 4, 0), FEAT_LOR, false},     /* LORSA_EL1 */
        {SYSREG_KEY(3, 0, 10, 4, 7), FEAT_LOR, false},     /* LORID_EL1 */
        {SYSREG_KEY(3, 0, 2, 1, 0), FEAT_PAuth, false},    /* APIAKeyLo_EL1 */
        {SYSREG_KEY(3, 0, 2, 3, 1), FEAT_PAuth, false},    /* APGAKeyHi_EL1 */
        {SYSREG_KEY(3, 3, 14, 0, 5), FEAT_ECV, false},     /* CNTPCTSS_EL0 */
        {SYSREG_KEY(3, 3, 14, 0, 6), FEAT_ECV, false},     /* CNTVCTSS_EL0 */
        {SYSREG_KEY(1, 0, 8, 1, 0), FEAT_TLBIOS, true},    /* TLBI VMALLE1OS */
        {SYSREG_KEY(1, 0, 8, 1, 7), FEAT_TLBIOS, true},    /* TLBI VAALE1OS */
        {SYSREG_KEY(1, 0, 8, 2, 1), FEAT_TLBIRANGE, true}, /* TLBI RVAE1IS */
        {SYSREG_KEY(1, 0, 8, 5, 5), FEAT_TLBIRANGE, true}, /* TLBI RVALE1OS */
        {SYSREG_KEY(1, 0, 8, 6, 7), FEAT_TLBIRANGE, true}, /* TLBI RVAALE1 */
        {SYSREG_KEY(1, 3, 7, 3, 4), FEAT_SPECRES, true},   /* CFP RCTX */
        {SYSREG_KEY(3, 0, 7, 4, 0), FEAT_NONE, false},     /* PAR_EL1 */
        {SYSREG_KEY(1, 0, 8, 3, 0), FEAT_NONE, true},      /* TLBI VMALLE1IS */
    };

    start(_i, ENGINE_INTERP);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        uint16_t key = rows[i].key;

        guest_reset(&guest);
        cpu->x[3] = 0;
        ck_assert_msg(defined(rows[i].write ? a_msr(key, 3) : a_mrs(3, key)) ==
                          has(rows[i].feature),
                      "%s: %s", model->name, sysreg_row((unsigned)sysreg_find(key))->name);
    }
}
END_TEST

/* As they are executed, by each engine. */
START_TEST(instructions_that_came_later_are_undefined_before)
{
    static const struct {
        uint32_t word;
        enum feature feature;
    } rows[] = {
        {0xb8230020, FEAT_LSE},            /* ldadd w3, w0, [x1] */
        {0xb8bfc020, FEAT_LRCPC},          /* ldapr w0, [x1] */
        {0x99400020, FEAT_LRCPC2},         /* ldapur w0, [x1] */
        {0x6e828420, FEAT_RDM},            /* sqrdmlah v0.4s, v1.4s, v2.4s */
        {0x4e829420, FEAT_DotProd},        /* sdot v0.4s, v1.16b, v2.16b */
        {0x4e401420, FEAT_FP16},           /* fadd v0.8h, v1.8h, v0.8h */
        {0x4e22ec20, FEAT_FHM},            /* fmlal v0.4s, v1.4h, v2.4h */
        {0x6e42ec20, FEAT_BF16},           /* bfdot v0.4s, v1.8h, v2.8h */
        {0x1e7e0000, FEAT_JSCVT},          /* fjcvtzs w0, d0 */
        {0xd500401f, FEAT_FlagM},          /* cfinv */
        {0xd500403f, FEAT_FlagM2},         /* xaflag */
        {0xdac10020, FEAT_PAuth},          /* pacia x0, x1 */
        {0xd50330ff, FEAT_SB},             /* sb */
        {0xd500409f, FEAT_PAN},            /* msr pan, #0 */
        {0xd503403f | 1 << 8, FEAT_SSBS2}, /* msr ssbs, #1 */
        {0xd5087900, FEAT_PAN2},           /* at s1e1rp, x0 */
        {0x1ac14000, FEAT_CRC32},          /* crc32b w0, w0, w1 */
    };

    start(_i / ENGINES, ENGINE_INTERP + (enum engine)(_i % ENGINES));
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        cpu->x[1] = DATA;
        ck_assert_msg(defined(rows[i].word) == has(rows[i].feature), "%s: %08x", model->name,
                      rows[i].word);
    }
}
END_TEST

START_TEST(control_bits_of_absent_features_keep_their_fixed_value)
{
    static const struct {
        enum feature feature;
        uint64_t bits;
    } rows[] = {
        {FEAT_PAuth, 1u << 31 | 1u << 30 | 1u << 27 | 1u << 13},
        {FEAT_BTI, 3ull << 35},
        {FEAT_PAN3, 1ull << 57},
        {FEAT_SSBS, 1ull << 44},
        {FEAT_MOPS, 1ull << 33},
        {FEAT_SPECRES, 1u << 10},
        {FEAT_LSE2, 1u << 6},
    };
    uint64_t value;

    start(_i, ENGINE_INTERP);
    value = written(KEY_SCTLR, ~(uint64_t)(SCTLR_M | SCTLR_A));
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        ck_assert_uint_eq(value & rows[i].bits, has(rows[i].feature) ? rows[i].bits : 0);
    value = written(KEY_SCTLR, 0);
    ck_assert_uint_eq(value >> 23 & 1, !has(FEAT_PAN));    /* SPAN */
    ck_assert_uint_eq(value >> 20 & 1, !has(FEAT_CSV2_2)); /* TSCXT */
    value = written(KEY_TCR, ~0ull);
    ck_assert_uint_eq(value >> 39 & 3, has(FEAT_HAFDBS) ? 3 : 0);
    ck_assert_uint_eq(value >> 41 & 3, has(FEAT_HPDS) ? 3 : 0);
    ck_assert_uint_eq(value >> 43 & 255, has(FEAT_HPDS2) ? 255 : 0);
    ck_assert_uint_eq(value >> 51 & 3, has(FEAT_PAuth) ? 3 : 0);
    ck_assert_uint_eq(value >> 55 & 3, has(FEAT_E0PD) ? 3 : 0);
    ck_assert_uint_eq(value >> 36 & 1, has(FEAT_ASID16));
    value = written(SYSREG_KEY(3, 0, 14, 1, 0), 1u << 17); /* CNTKCTL_EL1.EVNTIS */
    ck_assert_uint_eq(value, has(FEAT_ECV) ? 1u << 17 : 0);
}
END_TEST

START_TEST(a_granule_that_is_not_there_counts_as_4k)
{
    uint64_t value;

    start(_i, ENGINE_INTERP);
    value = written(KEY_TCR, TCR_TG0(2) | TCR_TG1(1));
    ck_assert_uint_eq(value >> 14 & 3, has(FEAT_TGran16K) ? 2 : 0);
    ck_assert_uint_eq(value >> 30 & 3, has(FEAT_TGran16K) ? 1 : 2);
    value = written(KEY_TCR, TCR_TG0(1) | TCR_TG1(3));
    ck_assert_uint_eq(value, TCR_TG0(1) | TCR_TG1(3));
}
END_TEST

START_TEST(physical_addresses_end_where_the_part_says)
{
    struct translation tr;
    struct tables t;
    unsigned bits;

    start(_i, ENGINE_INTERP);
    bits = model_physical_bits(model);
    t = guest_mmu_on(&guest, D_AP(0));
    tables_set(&t, 0x80000000, 3, 1ull << (bits - 1) | D_AF | D_PAGE);
    tables_set(&t, 0x80001000, 3, (bits_ones(48) & 1ull << bits) | D_AF | D_PAGE);
    ck_assert(mmu_translate(&cpu->mmu, 0x80000000, ACCESS_READ, 1, false, &tr));
    ck_assert_uint_eq(tr.phys, 1ull << (bits - 1));
    if (bits < 48) {
        ck_assert(!mmu_translate(&cpu->mmu, 0x80001000, ACCESS_READ, 1, false, &tr));
        ck_assert_uint_eq(cpu->mmu.fault.status, FAULT_ADDRESS_SIZE + 3);
    }
    cpu->mmu.regs.sctlr &= ~SCTLR_M;
    guest_refresh(&guest);
    ck_assert(mmu_translate(&cpu->mmu, 1ull << (bits - 1), ACCESS_READ, 1, false, &tr));
    ck_assert(!mmu_translate(&cpu->mmu, 1ull << bits, ACCESS_READ, 1, false, &tr));
    ck_assert_uint_eq(cpu->mmu.fault.status, FAULT_ADDRESS_SIZE);
}
END_TEST

START_TEST(the_access_flag_is_the_guests_work_without_hafdbs)
{
    struct translation tr;
    struct tables t;

    start(_i, ENGINE_INTERP);
    t = guest_mmu_on(&guest, D_AP(0));
    tables_set(&t, 0x80000000, 3, DATA | D_PAGE);
    written(KEY_TCR, cpu->mmu.regs.tcr | TCR_HA | TCR_HD);
    ck_assert(mmu_translate(&cpu->mmu, 0x80000000, ACCESS_READ, 1, false, &tr) == has(FEAT_HAFDBS));
    if (!has(FEAT_HAFDBS))
        ck_assert_uint_eq(cpu->mmu.fault.status, FAULT_ACCESS_FLAG + 3);
}
END_TEST

START_TEST(an_exception_sets_pan_only_where_there_is_pan)
{
    start(_i, ENGINE_INTERP);
    written(KEY_SCTLR, 0); /* SPAN is 0, if it can be */
    guest_program(&guest, CODE, a_svc(1), A_STOP);
    guest_run(&guest, CODE);
    ck_assert(cpu->pan == has(FEAT_PAN));
}
END_TEST

/* CCSIDR_EL1 of each cache of CLIDR_EL1, in the format that the model has. */
START_TEST(caches_have_the_line_that_ctr_says)
{
    static const uint8_t selected[] = {0, 1, 2};
    const uint16_t csselr = SYSREG_KEY(3, 2, 0, 0, 0), ccsidr = SYSREG_KEY(3, 1, 0, 0, 0);

    start(_i, ENGINE_INTERP);
    ck_assert(defined(a_mrs(4, SYSREG_KEY(3, 1, 0, 0, 1))));
    ck_assert_uint_eq(cpu->x[4] & 0777, 043); /* level 1 split, level 2 unified, no more */
    for (unsigned i = 0; i < ARRAY_SIZE(selected); i++) {
        uint64_t value, sets, ways, size;

        ck_assert_uint_eq(written(csselr, selected[i]), selected[i]);
        ck_assert(defined(a_mrs(4, ccsidr)));
        value = cpu->x[4];
        ways = 1 + (has(FEAT_CCIDX) ? bits_get(value, 3, 21) : bits_get(value, 3, 10));
        sets = 1 + (has(FEAT_CCIDX) ? bits_get(value, 32, 24) : bits_get(value, 13, 15));
        size = sets * ways << (bits_get(value, 0, 3) + 4);
        ck_assert_uint_eq(bits_get(value, 0, 3), 2); /* 64 bytes */
        ck_assert_msg(i < 2 ? size >= 32 * KIB && size <= 64 * KIB
                            : size >= 512 * KIB && size <= 2 * MIB,
                      "%s: cache %u has %llu bytes", model->name, i, (unsigned long long)size);
    }
}
END_TEST

static Suite *models_suite(void)
{
    const TTest *const each_model[] = {
        a_row_of_a_feature_decodes_exactly_when_the_model_has_it,
        a_register_of_a_feature_is_there_exactly_when_the_model_has_it,
        control_bits_of_absent_features_keep_their_fixed_value,
        a_granule_that_is_not_there_counts_as_4k,
        physical_addresses_end_where_the_part_says,
        the_access_flag_is_the_guests_work_without_hafdbs,
        an_exception_sets_pan_only_where_there_is_pan,
        caches_have_the_line_that_ctr_says,
    };
    Suite *suite = suite_create("models");
    TCase *tc = tcase_create("models");
    int models = (int)cpu_model_count;

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_set_timeout(tc, 30);
    for (unsigned i = 0; i < ARRAY_SIZE(each_model); i++)
        tcase_add_loop_test(tc, each_model[i], 0, models);
    tcase_add_loop_test(tc, instructions_that_came_later_are_undefined_before, 0, models * ENGINES);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(models_suite());
}
