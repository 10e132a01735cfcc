/* devices/psci.c: calls as a guest makes them, with a host that counts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "devices/psci.h"

#define NOT_SUPPORTED      (~0ull)
#define INVALID_PARAMETERS (~0ull - 1)
#define ALREADY_ON         (~0ull - 3)
#define ON_PENDING         (~0ull - 4)
#define INVALID_ADDRESS    (~0ull - 8)

struct counts {
    unsigned off, reset, cpu_off, cpu_on;
    unsigned target;
    uint64_t entry, context; /* of the last CPU_ON */
};

/* Two clusters of two CPUs, of which tests use as many as they say. */
static const uint64_t affinity[] = {0, 1, 0x100, 0x101};
static enum psci_power power[ARRAY_SIZE(affinity)];

static void count_off(void *opaque)
{
    ((struct counts *)opaque)->off++;
}

static void count_reset(void *opaque)
{
    ((struct counts *)opaque)->reset++;
}

static void count_cpu_off(void *opaque, struct cpu *cpu)
{
    ck_assert_ptr_nonnull(cpu);
    ((struct counts *)opaque)->cpu_off++;
}

static enum psci_power count_cpu_on(void *opaque, unsigned target, uint64_t entry, uint64_t context)
{
    struct counts *c = opaque;
    enum psci_power before = power[target];

    c->cpu_on++;
    c->target = target;
    c->entry = entry;
    c->context = context;
    if (before == PSCI_OFF)
        power[target] = PSCI_ON_PENDING;
    return before;
}

static enum psci_power tell_power(void *opaque, unsigned target)
{
    ck_assert_ptr_nonnull(opaque);
    return power[target];
}

static struct counts counts;
static struct psci psci;
static struct cpu *cpu; /* only its registers are looked at */

static void setup(void)
{
    memset(&counts, 0, sizeof(counts));
    psci = (struct psci){.host = {.system_off = count_off,
                                  .system_reset = count_reset,
                                  .cpu_off = count_cpu_off,
                                  .cpu_on = count_cpu_on,
                                  .power = tell_power,
                                  .opaque = &counts},
                         .cpus = 1,
                         .affinity = affinity};
    for (unsigned i = 0; i < ARRAY_SIZE(power); i++)
        power[i] = i ? PSCI_OFF : PSCI_ON;
    cpu = calloc(1, sizeof(*cpu));
    ck_assert_ptr_nonnull(cpu);
}

static void teardown(void)
{
    free(cpu);
}

/* Calls, checks that nothing but X0 changed and returns it. */
static uint64_t call3(uint16_t imm, uint64_t id, uint64_t x1, uint64_t x2, uint64_t x3)
{
    cpu->x[0] = id;
    cpu->x[1] = x1;
    cpu->x[2] = x2;
    cpu->x[3] = x3;
    for (unsigned i = 4; i < 31; i++)
        cpu->x[i] = i;
    ck_assert(psci_hvc(&psci, cpu, imm));
    ck_assert_uint_eq(cpu->x[1], x1);
    ck_assert_uint_eq(cpu->x[2], x2);
    ck_assert_uint_eq(cpu->x[3], x3);
    for (unsigned i = 4; i < 31; i++)
        ck_assert_uint_eq(cpu->x[i], i);
    return cpu->x[0];
}

static uint64_t call(uint16_t imm, uint64_t id, uint64_t x1, uint64_t x2)
{
    return call3(imm, id, x1, x2, 3);
}

static unsigned host_calls(void)
{
    return counts.off + counts.reset + counts.cpu_off;
}

START_TEST(versions_are_psci_1_1_and_smccc_1_1)
{
    ck_assert_uint_eq(call(0, 0x84000000, 0, 0), 0x10001);
    ck_assert_uint_eq(call(0, 0x80000000, 0, 0), 0x10001);
    ck_assert_uint_eq(call(0, 0x84000006, 0, 0), 2); /* MIGRATE_INFO_TYPE */
}
END_TEST

START_TEST(features_tell_exactly_what_answers)
{
    static const struct {
        uint32_t id;
        bool there;
    } functions[] = {
        {0x80000000, true}, /* SMCCC_VERSION */
        {0x84000000, true},  {0x84000001, true},  {0xc4000001, true},
        {0x84000002, true},  {0xc4000002, false}, {0x84000003, true},
        {0xc4000003, true},  {0x84000004, true},  {0xc4000004, true},
        {0x84000005, false}, /* MIGRATE */
        {0x84000006, true},  {0x84000007, false}, {0x84000008, true},
        {0x84000009, true},  {0x8400000a, true},  {0x8400000b, false}, /* CPU_FREEZE */
        {0x8400000e, false},                                           /* SYSTEM_SUSPEND */
        {0xc400000e, false}, {0x84000012, true},  {0xc4000012, true},
        {0x84000013, false}, /* MEM_PROTECT */
        {0, false},          {0xffffffff, false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        ck_assert_msg(call(0, 0x8400000a, functions[i].id, 0) ==
                          (functions[i].there ? 0 : NOT_SUPPORTED),
                      "PSCI_FEATURES of 0x%x", functions[i].id);
}
END_TEST

START_TEST(speculation_work_arounds_are_known_not_to_be_needed)
{
    ck_assert_uint_eq(call(0, 0x80000001, 0x80000000, 0), 0);
    ck_assert_uint_eq(call(0, 0x80000001, 0x80000001, 0), 0);
    ck_assert_uint_eq(call(0, 0x80000001, 0x80008000, 0), 1);             /* WORKAROUND_1 */
    ck_assert_uint_eq(call(0, 0x80000001, 0x80003fff, 0), 1);             /* WORKAROUND_3 */
    ck_assert_uint_eq(call(0, 0x80000001, 0x80007fff, 0), ~0ull - 1);     /* WORKAROUND_2 */
    ck_assert_uint_eq(call(0, 0x80000001, 0x80000002, 0), NOT_SUPPORTED); /* SOC_ID */
    ck_assert_uint_eq(call(0, 0x80008000, 0, 0), 0); /* called all the same: nothing happens */
    ck_assert_uint_eq(call(0, 0x80007fff, 1, 0), 0);
    ck_assert_uint_eq(call(0, 0x80003fff, 0, 0), 0);
    ck_assert_uint_eq(host_calls(), 0);
}
END_TEST

START_TEST(the_one_cpu_is_on_and_there_is_no_other)
{
    ck_assert_uint_eq(call(0, 0xc4000003, 0, 0x40000000), ALREADY_ON);
    ck_assert_uint_eq(counts.cpu_on, 1);
    ck_assert_uint_eq(call(0, 0xc4000003, 1, 0x40000000), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, 0xc4000003, 1ull << 32, 0), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, 0x84000003, 1ull << 32, 0), ALREADY_ON); /* sees 32 bits */
    ck_assert_uint_eq(call(0, 0xc4000004, 0, 0), 0);
    ck_assert_uint_eq(call(0, 0xc4000004, 1, 0), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, 0xc4000004, 1, 1), 0); /* cluster 0 */
    ck_assert_uint_eq(call(0, 0xc4000004, 0x100, 1), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, 0xc4000004, 0xffffff, 3), 0);
    ck_assert_uint_eq(call(0, 0xc4000004, 1ull << 32, 3), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, 0xc4000004, 0, 4), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, 0xc4000004, 1ull << 31, 3), INVALID_PARAMETERS);
    ck_assert_uint_eq(host_calls(), 0);
}
END_TEST

#define CPU_ON32        0x84000003
#define CPU_ON64        0xc4000003
#define AFFINITY_INFO64 0xc4000004

START_TEST(a_cpu_that_is_off_is_turned_on_once)
{
    const uint64_t entry = 0x1234567840000000, context = 0xfedcba9876543210;

    psci.cpus = 4;
    ck_assert_uint_eq(call3(0, CPU_ON64, 0x100, entry, context), 0);
    ck_assert_uint_eq(counts.target, 2);
    ck_assert_uint_eq(counts.entry, entry);
    ck_assert_uint_eq(counts.context, context);
    ck_assert_uint_eq(call3(0, CPU_ON64, 0x100, 0x40000000, 0), ON_PENDING);
    power[2] = PSCI_ON;
    ck_assert_uint_eq(call3(0, CPU_ON64, 0x100, 0x40000000, 0), ALREADY_ON);
    /* what has a 32-bit form sees 32 bits of each */
    ck_assert_uint_eq(call3(0, CPU_ON32, 0xffffffff00000101, entry, context), 0);
    ck_assert_uint_eq(counts.target, 3);
    ck_assert_uint_eq(counts.entry, 0x40000000);
    ck_assert_uint_eq(counts.context, 0x76543210);
}
END_TEST

START_TEST(cpu_on_demands_a_cpu_of_the_machine_and_an_address_for_code)
{
    static const uint64_t nobody[] = {2, 0x102, 0x200, 0x10000, 1ull << 32, 1ull << 31 | 1};

    psci.cpus = 4;
    for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
        ck_assert_uint_eq(call(0, CPU_ON64, nobody[i], 0x40000000), INVALID_PARAMETERS);
    for (uint64_t offset = 1; offset < 4; offset++)
        ck_assert_uint_eq(call(0, CPU_ON64, 1, 0x40000000 + offset), INVALID_ADDRESS);
    ck_assert_uint_eq(call(0, CPU_ON64, 2, 0x40000001), INVALID_PARAMETERS);
    psci.cpus = 2;
    ck_assert_uint_eq(call(0, CPU_ON64, 0x100, 0x40000000), INVALID_PARAMETERS);
    ck_assert_uint_eq(counts.cpu_on, 0);
}
END_TEST

/* 0: on, 1: off, 2: on its way */
START_TEST(affinity_info_tells_of_a_cpu_or_of_all_below_a_level)
{
    psci.cpus = 4;
    power[1] = PSCI_ON_PENDING;
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0, 0), 0);
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 1, 0), 2);
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0x100, 0), 1);
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0x102, 0), INVALID_PARAMETERS);
    /* cluster 0 is on as one of it is, cluster 1 is off; a field that is ignored may be anything */
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0x55, 1), 0);
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0x155, 1), 1);
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0x255, 1), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0xff55, 2), 0);
    power[3] = PSCI_ON_PENDING;
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0x100, 1), 2);
    power[2] = PSCI_ON;
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0x100, 1), 0);
    power[0] = power[1] = PSCI_OFF;
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0, 1), 1);
    ck_assert_uint_eq(call(0, AFFINITY_INFO64, 0, 3), 0); /* the second cluster's is on */
    ck_assert_uint_eq(host_calls(), 0);
}
END_TEST

START_TEST(suspend_returns_at_once_and_checks_its_state)
{
    ck_assert_uint_eq(call(0, 0xc4000001, 0, 0), 0);
    ck_assert_uint_eq(call(0, 0xc4000001, 0x00010000, 0x40000000), 0);
    ck_assert_uint_eq(call(0, 0xc4000001, 0x03010001, 0x40000000), 0);
    ck_assert_uint_eq(call(0, 0xc4000001, 0x80000000, 0), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, 0xc4000001, 0x00020000, 0), INVALID_PARAMETERS);
    ck_assert_uint_eq(host_calls(), 0);
}
END_TEST

START_TEST(off_and_reset_reach_the_host_once)
{
    call(0, 0x84000008, 0, 0);
    ck_assert_uint_eq(counts.off, 1);
    call(0, 0x84000009, 0, 0);
    ck_assert_uint_eq(counts.reset, 1);
    call(0, 0x84000002, 0, 0);
    ck_assert_uint_eq(counts.cpu_off, 1);
    call(0, 0xc4000012, 0, 0);
    call(0, 0x84000012, 0, 0);
    ck_assert_uint_eq(counts.reset, 3);
    ck_assert_uint_eq(call(0, 0xc4000012, 1, 0), INVALID_PARAMETERS);
    ck_assert_uint_eq(call(0, 0xc4000012, 0x80000000, 0), INVALID_PARAMETERS);
    ck_assert_uint_eq(host_calls(), 5);
}
END_TEST

START_TEST(unknown_calls_and_immediates_are_not_supported)
{
    static const uint64_t unknown[] = {0,          1,          0x84000005, 0x84000007, 0xc4000008,
                                       0x8400000e, 0x86000000, 0xc5000020, 0x8600ff01, ~0ull};

    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
        ck_assert_uint_eq(call(0, unknown[i], 0, 0), NOT_SUPPORTED);
    ck_assert_uint_eq(call(1, 0x84000008, 0, 0), NOT_SUPPORTED);
    ck_assert_uint_eq(call(0xffff, 0x84000000, 0, 0), NOT_SUPPORTED);
    ck_assert_uint_eq(host_calls(), 0);
    /* the identifier is 32 bits wide */
    ck_assert_uint_eq(call(0, 0xdead000084000000, 0, 0), 0x10001);
}
END_TEST

START_TEST(an_unknown_function_is_named_once)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    psci.log = log_new(file, true, LOG_UNIMP);
    cpu->pc = 0x40001000;
    call(0, 0x86000000, 0, 0);
    call(0, 0x86000000, 0, 0);
    log_free(psci.log);
    ck_assert_str_eq(text, "unimp: 0x0000000040001000: psci: function 0x86000000 is not supported "
                           "(said once)\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("psci");
    TCase *tcase = tcase_create("psci");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, versions_are_psci_1_1_and_smccc_1_1);
    tcase_add_test(tcase, features_tell_exactly_what_answers);
    tcase_add_test(tcase, speculation_work_arounds_are_known_not_to_be_needed);
    tcase_add_test(tcase, the_one_cpu_is_on_and_there_is_no_other);
    tcase_add_test(tcase, a_cpu_that_is_off_is_turned_on_once);
    tcase_add_test(tcase, cpu_on_demands_a_cpu_of_the_machine_and_an_address_for_code);
    tcase_add_test(tcase, affinity_info_tells_of_a_cpu_or_of_all_below_a_level);
    tcase_add_test(tcase, suspend_returns_at_once_and_checks_its_state);
    tcase_add_test(tcase, off_and_reset_reach_the_host_once);
    tcase_add_test(tcase, unknown_calls_and_immediates_are_not_supported);
    tcase_add_test(tcase, an_unknown_function_is_named_once);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
