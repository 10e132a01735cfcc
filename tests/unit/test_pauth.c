/* Pointer authentication: the cipher by its paper, and what the variants of the feature do with
 * pointers that have no room for a code, or a wrong one. */
#include "cpu/pauth.h"

#include "cpu/model.h"
#include "cpu/qarma.h"
#include "guest.h"

static struct guest guest;
static struct cpu *cpu;

static void setup(void)
{
    cpu = guest_start(&guest, ENGINE_INTERP);
    cpu->mmu.regs.tcr = TCR_T0SZ(25) | TCR_T1SZ(25);
    guest_refresh(&guest);
    for (unsigned i = 0; i < PAUTH_KEYS; i++)
        cpu->sys.ap_key[i].low = 0x123456789abcdef + i;
}

static void teardown(void)
{
    guest_close(&guest);
}

/* A model with nothing of the feature but PAuth and this level of it, and what the level implies.
 */
static void variant(enum feature level)
{
    struct cpu_properties off = {.pauth = CPU_PAUTH_OFF};
    struct cpu_model *model = model_new("max", &off);

    ck_assert_ptr_nonnull(model);
    model->has[FEAT_PAuth] = model->has[FEAT_PACIMP] = model->has[level] = true;
    if (level == FEAT_FPACCOMBINE)
        model->has[FEAT_FPAC] = true;
    if (model->has[FEAT_FPAC])
        model->has[FEAT_PAuth2] = true;
    free(cpu->model);
    cpu->model = model;
}

/* Avanzi, "The QARMA Block Cipher Family", appendix: QARMA-64, sigma 2, r = 5. */
START_TEST(qarma5_is_that_of_the_paper)
{
    ck_assert_uint_eq(qarma_encrypt(QARMA5, 0xfb623599da6e8127, 0x477d469dec0b8762,
                                    0x84be85ce9804e94b, 0xec2802d4e0a488e9),
                      0xc003b93999b33765);
}
END_TEST

START_TEST(a_wrong_code_leaves_an_error_code)
{
    bool failed;
    uint64_t low = 0x40001234, high = 0xffffff8000001234;

    variant(FEAT_NONE);
    ck_assert_uint_eq(
        pauth_authenticate(cpu, pauth_add(cpu, low, 7, PAUTH_IA), 7, PAUTH_IA, false, &failed),
        low);
    /* error codes 0b01 and 0b10 in bits 62..61 */
    ck_assert_uint_eq(pauth_authenticate(cpu, pauth_add(cpu, low, 7, PAUTH_IA) ^ 1ull << 60, 7,
                                         PAUTH_IA, false, &failed),
                      low | 1ull << 61);
    ck_assert(!failed);
    ck_assert_uint_eq(pauth_authenticate(cpu, pauth_add(cpu, high, 7, PAUTH_DB) ^ 1ull << 60, 7,
                                         PAUTH_DB, true, &failed),
                      high ^ 1ull << 61);
    cpu->mmu.regs.tcr |= 1ull << 37; /* TBI0: in bits 54..53 */
    guest_refresh(&guest);
    ck_assert_uint_eq(pauth_authenticate(cpu, pauth_add(cpu, low, 7, PAUTH_DB) ^ 1ull << 50, 7,
                                         PAUTH_DB, false, &failed),
                      low | 1ull << 54);
}
END_TEST

/* AddPAC() of what is no pointer makes a code that authentication refuses. */
START_TEST(what_is_no_pointer_gets_a_wrong_code)
{
    uint64_t pointer = 0x40001234 | 5ull << 56, good, bad;

    variant(FEAT_NONE);
    good = pauth_add(cpu, 0x40001234, 7, PAUTH_IA);
    bad = pauth_add(cpu, pointer, 7, PAUTH_IA);
    ck_assert_uint_eq(bad, good ^ 1ull << 62);
    variant(FEAT_EPAC);
    ck_assert_uint_eq(pauth_add(cpu, 0x40001234, 7, PAUTH_IA), good);
    ck_assert_uint_eq(pauth_add(cpu, pointer, 7, PAUTH_IA), 0x40001234);
}
END_TEST

/* FEAT_PAuth2: the code is added to the bits, whatever they are; FEAT_FPAC: a wrong one faults,
 * of an instruction that also uses the pointer only with FEAT_FPACCOMBINE. */
START_TEST(codes_are_added_to_the_pointers_bits)
{
    uint64_t pointer = 0x40001234 | 5ull << 56, good;
    bool failed;

    variant(FEAT_PAuth2);
    good = pauth_add(cpu, 0x40001234, 7, PAUTH_IA);
    ck_assert_uint_eq(pauth_add(cpu, pointer, 7, PAUTH_IA), good ^ 5ull << 56);
    ck_assert_uint_eq(pauth_authenticate(cpu, good ^ 5ull << 56, 7, PAUTH_IA, false, &failed),
                      pointer);
    ck_assert(!failed);
    variant(FEAT_FPAC);
    (void)pauth_authenticate(cpu, good ^ 5ull << 56, 7, PAUTH_IA, false, &failed);
    ck_assert(failed);
    (void)pauth_authenticate(cpu, good ^ 5ull << 56, 7, PAUTH_IA, true, &failed);
    ck_assert(!failed);
    variant(FEAT_FPACCOMBINE);
    (void)pauth_authenticate(cpu, good ^ 5ull << 56, 7, PAUTH_IA, true, &failed);
    ck_assert(failed);
}
END_TEST

START_TEST(each_variant_shows_its_level)
{
    static const struct {
        enum feature feature;
        unsigned level;
    } rows[] = {
        {FEAT_NONE, 1}, {FEAT_EPAC, 2}, {FEAT_PAuth2, 3}, {FEAT_FPAC, 4}, {FEAT_FPACCOMBINE, 5},
    };
    struct cpu_properties qarma = {.pauth = CPU_PAUTH_QARMA3};
    struct cpu_model *model;
    uint64_t id[ID_COUNT];

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        variant(rows[i].feature);
        model_id_registers(cpu->model, id);
        ck_assert_uint_eq(bits_get(id[ID_AA64ISAR1], 8, 4), rows[i].level); /* API */
        ck_assert_uint_eq(bits_get(id[ID_AA64ISAR1], 28, 4), 1);            /* GPI */
        ck_assert_uint_eq(bits_get(id[ID_AA64ISAR1], 4, 4), 0);             /* APA */
    }
    model = model_new("max", &qarma);
    ck_assert_ptr_nonnull(model);
    model_id_registers(model, id);
    ck_assert_uint_eq(bits_get(id[ID_AA64ISAR2], 12, 4), 5); /* APA3 */
    ck_assert_uint_eq(bits_get(id[ID_AA64ISAR2], 8, 4), 1);  /* GPA3 */
    ck_assert_uint_eq(bits_get(id[ID_AA64ISAR1], 8, 4), 0);
    free(model);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pauth");
    TCase *tc = tcase_create("pauth");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, qarma5_is_that_of_the_paper);
    tcase_add_test(tc, a_wrong_code_leaves_an_error_code);
    tcase_add_test(tc, what_is_no_pointer_gets_a_wrong_code);
    tcase_add_test(tc, codes_are_added_to_the_pointers_bits);
    tcase_add_test(tc, each_variant_shows_its_level);
    suite_add_tcase(s, tc);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
