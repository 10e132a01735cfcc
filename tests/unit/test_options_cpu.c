/* frontend/options_cpu: what -cpu sets, beyond being accepted or refused, which test_options.c has,
 * and QEMU's rules for vector lengths (its docs/system/arm/cpu-features). */
#include "frontend/options.h"

#include "cpu/model.h"
#include "fakes.h"

static struct options options;
static struct err err;

static void setup(void)
{
    options = (struct options){.cpu = "max"};
}

static void teardown(void)
{
    options_free(&options);
}

START_TEST(the_model_that_is_named_is_taken)
{
    for (unsigned i = 0; i < cpu_model_count; i++) {
        ck_assert(options_parse_cpu(&options, cpu_models[i].name, &err));
        ck_assert_str_eq(options.cpu, cpu_models[i].name);
    }
    ck_assert(!options_parse_cpu(&options, "cortex-z99", &err));
    for (unsigned i = 0; i < cpu_model_count; i++)
        ck_assert_msg(strstr(err.text, cpu_models[i].name), "%s", err.text);
}
END_TEST

START_TEST(properties_without_a_model_are_those_of_the_default)
{
    ck_assert(options_parse_cpu(&options, "pauth=off", &err));
    ck_assert_str_eq(options.cpu, "max");
    ck_assert_int_eq(options.cpu_properties.pauth, CPU_PAUTH_OFF);
}
END_TEST

START_TEST(pointer_authentication_is_chosen_where_it_is)
{
    ck_assert(options_parse_cpu(&options, "neoverse-v1,pauth-qarma5=on", &err));
    ck_assert_int_eq(options.cpu_properties.pauth, CPU_PAUTH_QARMA5);
    ck_assert(options_parse_cpu(&options, "max,pauth-impdef=off", &err));
    ck_assert_int_eq(options.cpu_properties.pauth, CPU_PAUTH_QARMA5);
    ck_assert(options_parse_cpu(&options, "max", &err));
    ck_assert_int_eq(options.cpu_properties.pauth, CPU_PAUTH_DEFAULT);
    ck_assert(!options_parse_cpu(&options, "neoverse-n1,pauth=off", &err));
}
END_TEST

/* max is lean: it has SVE for who asks for it, by whatever property; a part has what it has. */
START_TEST(sve_is_there_where_it_is_asked_for)
{
    static const struct {
        const char *text;
        uint16_t lengths; /* 0: no SVE */
    } rows[] = {
        {"max", 0},
        {"max,sve=off", 0},
        {"max,sve=on", 0xffff},
        {"max,sve256=on", 3},
        {"max,sve-max-vq=4", 15},
        {"neoverse-v1", 3},
        {"neoverse-v1,sve=off", 0},
        {"neoverse-v1,sve256=off", 1},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cpu_model *model;

        ck_assert(options_parse_cpu(&options, rows[i].text, &err));
        model = model_new(options.cpu, &options.cpu_properties);
        ck_assert_ptr_nonnull(model);
        ck_assert_uint_eq(model->sve_vls, rows[i].lengths);
        ck_assert_int_eq(model_has(model, FEAT_SVE), rows[i].lengths != 0);
        free(model);
    }
}
END_TEST

/* The word stands between the two places, with space around it. */
static bool has_word(const char *from, const char *to, const char *word)
{
    size_t size = strlen(word);

    for (const char *at = from; (at = strstr(at, word)) && at < to; at++)
        if (strchr(" \n", at[-1]) && strchr(" \n", at[size]))
            return true;
    return false;
}

/* Under the name of each model, indented further. */
START_TEST(help_lists_the_features_of_each_model)
{
    const char *at;

    ck_assert(options_parse_cpu(&options, "help", &err));
    at = strstr(options.print, "\nFeatures");
    ck_assert_ptr_nonnull(at);
    at = strchr(at + 1, '\n');
    for (unsigned i = 0; i < cpu_model_count; i++) {
        struct cpu_model *model = model_new(
            cpu_models[i].name, &(struct cpu_properties){.sve = !cpu_models[i].sve_asked});
        const char *end;

        ck_assert_ptr_nonnull(model);
        at++;
        ck_assert_int_eq(strncmp(at + 2, cpu_models[i].name, strlen(cpu_models[i].name)), 0);
        for (end = strchr(at, '\n'); !strncmp(end + 1, "    ", 4);)
            end = strchr(end + 1, '\n');
        for (unsigned f = FEAT_NONE + 1; f < FEAT_COUNT; f++)
            ck_assert_msg(has_word(at, end, feature_name((enum feature)f)) == model->has[f],
                          "%s: %s", cpu_models[i].name, feature_name((enum feature)f));
        free(model);
        at = end;
    }
    ck_assert_str_eq(at, "\n");
    for (const char *line = options.print, *next; (next = strchr(line, '\n')); line = next + 1)
        ck_assert_msg(next - line < 80, "%.*s", (int)(next - line), line);
}
END_TEST

START_TEST(the_manual_names_each_model)
{
    char *text = options_help_all_text();

    ck_assert_ptr_nonnull(text);
    for (unsigned i = 0; i < cpu_model_count; i++)
        ck_assert_msg(strstr(text, cpu_models[i].name), "%s", cpu_models[i].name);
    free(text);
}
END_TEST

/* --- Vector lengths: N stands for the bit of 128 * N bits --- */

#define N(quadwords) (1u << ((quadwords)-1))

static const struct {
    struct options_sve sve;
    unsigned lengths; /* 0: refused, */
    const char *why;  /* with these words */
} lengths[] = {
    {{.all = 0xffff}, 0xffff, NULL},
    {{.all = 3}, 3, NULL},
    /* on: that one, and the powers of two below it */
    {{.all = 0xffff, .on = N(1)}, N(1), NULL},
    {{.all = 0xffff, .on = N(3)}, N(1) | N(2) | N(3), NULL},
    {{.all = 0xffff, .on = N(4) | N(6)}, N(1) | N(2) | N(4) | N(6), NULL},
    {{.all = 0xffff, .on = N(16)}, N(1) | N(2) | N(4) | N(8) | N(16), NULL},
    {{.all = 3, .on = N(4)}, 0, "sve512=on"},
    {{.all = 0xffff, .on = N(4), .off = N(2)}, 0, "sve256=off"},
    {{.all = 0xffff, .on = N(2), .off = N(1)}, 0, "sve128=off"},
    {{.all = 0xffff, .on = N(4), .off = N(3)}, N(1) | N(2) | N(4), NULL},
    /* off: that one, and with a power of two the longer ones */
    {{.all = 0xffff, .off = N(3)}, 0xffff & ~N(3), NULL},
    {{.all = 0xffff, .off = N(4)}, N(1) | N(2) | N(3), NULL},
    {{.all = 0xffff, .off = N(16)}, 0x7fff, NULL},
    {{.all = 0xffff, .off = N(4) | N(2)}, N(1), NULL},
    {{.all = 3, .off = N(2)}, N(1), NULL},
    {{.all = 3, .off = N(4)}, N(1) | N(2), NULL},
    {{.all = 0xffff, .off = N(1)}, 0, "sve128=off"},
    /* sve-max-vq: all up to there, itself always */
    {{.all = 0xffff, .max_vq = 1}, N(1), NULL},
    {{.all = 0xffff, .max_vq = 4}, 0xf, NULL},
    {{.all = 0xffff, .max_vq = 4, .off = N(3)}, N(1) | N(2) | N(4), NULL},
    {{.all = 0xffff, .max_vq = 4, .on = N(3)}, 0xf, NULL},
    {{.all = 0xffff, .max_vq = 16}, 0xffff, NULL},
    {{.all = 0xffff, .max_vq = 3, .on = N(4)}, 0, "384 bits"},
    {{.all = 0xffff, .max_vq = 8, .off = N(8)}, 0, "sve1024=off"},
    {{.all = 0xffff, .max_vq = 4, .off = N(2)}, 0, "sve256=off"},
};

START_TEST(vector_lengths_follow_qemus_rules)
{
    uint16_t got = 0;
    bool accepted = options_sve_lengths(&lengths[_i].sve, &got, &err);

    ck_assert_msg(accepted == (lengths[_i].lengths != 0), "%s", accepted ? "accepted" : err.text);
    if (accepted)
        ck_assert_uint_eq(got, lengths[_i].lengths);
    else
        ck_assert_msg(strstr(err.text, lengths[_i].why), "%s", err.text);
}
END_TEST

static Suite *options_cpu_suite(void)
{
    Suite *suite = suite_create("options_cpu");
    TCase *tc = tcase_create("options_cpu");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_model_that_is_named_is_taken);
    tcase_add_test(tc, properties_without_a_model_are_those_of_the_default);
    tcase_add_test(tc, pointer_authentication_is_chosen_where_it_is);
    tcase_add_test(tc, sve_is_there_where_it_is_asked_for);
    tcase_add_test(tc, help_lists_the_features_of_each_model);
    tcase_add_test(tc, the_manual_names_each_model);
    tcase_add_loop_test(tc, vector_lengths_follow_qemus_rules, 0, ARRAY_SIZE(lengths));
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(options_cpu_suite());
}
