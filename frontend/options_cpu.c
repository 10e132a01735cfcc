/* -cpu MODEL[,PROPERTY=VALUE,...] as QEMU spells it. A property of QEMU's that asks for what the
 * CPU already is, is accepted; a property that the model does not have, or that asks for what is
 * not there, is refused with the reason. */
#include "frontend/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/model.h"
#include "frontend/keyval.h"

/* Models that QEMU has and that ulna may have one day; the rest of its list is 32-bit. */
static const char *const planned[] = {
    "cortex-a35", "cortex-a55", "cortex-a78ae", "cortex-a710", "neoverse-n2", "a64fx", NULL};

enum { PAUTH, PAUTH_IMPDEF, PAUTH_QARMA5, PAUTH_QARMA3, PAUTH_WORDS };

/* What was said, in whatever order. */
struct request {
    const struct cpu_model *model;
    bool pauth_given[PAUTH_WORDS], pauth_on[PAUTH_WORDS];
    bool no_pmu;
    bool sve_off;
    bool sve_wanted;
    struct options_sve sve;
};

/* --- Properties --- */

static bool any(const struct cpu_model *model)
{
    (void)model;
    return true;
}

static bool has_pauth(const struct cpu_model *model)
{
    return model_has(model, FEAT_PAuth);
}

static bool has_sve(const struct cpu_model *model)
{
    return model->sve_vls != 0;
}

static bool is_max(const struct cpu_model *model)
{
    return !strcmp(model->name, "max");
}

static bool parse_aarch64(struct request *request, const struct keyval *item, struct err *err)
{
    bool on;

    (void)request;
    return keyval_bool(item, &on, err) &&
           (on || err_usage(err, "aarch64=off: ulna runs no AArch32 code"));
}

static bool parse_absent(struct request *request, const struct keyval *item, struct err *err)
{
    bool on;

    (void)request;
    return keyval_bool(item, &on, err) &&
           (!on || err_usage(err, "%s: not there yet; accepted is %s=off", item->key, item->key));
}

static bool parse_pmu(struct request *request, const struct keyval *item, struct err *err)
{
    bool on;

    if (!keyval_bool(item, &on, err))
        return false;
    request->no_pmu = !on;
    return true;
}

static bool parse_pauth(struct request *request, const struct keyval *item, struct err *err)
{
    static const char *const words[PAUTH_WORDS] = {
        [PAUTH] = "pauth",
        [PAUTH_IMPDEF] = "pauth-impdef",
        [PAUTH_QARMA5] = "pauth-qarma5",
        [PAUTH_QARMA3] = "pauth-qarma3",
    };
    unsigned i = 0;

    while (i < PAUTH_WORDS - 1 && strcmp(item->key, words[i]))
        i++;
    request->pauth_given[i] = true;
    return keyval_bool(item, &request->pauth_on[i], err);
}

static bool parse_sve(struct request *request, const struct keyval *item, struct err *err)
{
    bool on;

    if (!keyval_bool(item, &on, err))
        return false;
    request->sve_off = !on;
    if (on)
        request->sve_wanted = true;
    return true;
}

/* "sve384" */
static bool parse_sve_length(struct request *request, const struct keyval *item, struct err *err)
{
    uint16_t length = (uint16_t)(1u << (strtoul(item->key + 3, NULL, 10) / 128 - 1));
    bool on;

    if (!keyval_bool(item, &on, err))
        return false;
    request->sve.on = (uint16_t)((request->sve.on & ~length) | (on ? length : 0));
    request->sve.off = (uint16_t)((request->sve.off & ~length) | (on ? 0 : length));
    if (on)
        request->sve_wanted = true;
    return true;
}

static bool parse_sve_max(struct request *request, const struct keyval *item, struct err *err)
{
    uint64_t quadwords;

    if (!number_parse(item->value ? item->value : "", 16, &quadwords, err))
        return err_prefix(err, "sve-max-vq");
    if (!quadwords)
        return err_usage(err, "sve-max-vq=0: accepted are 1 to 16, in units of 128 bits");
    request->sve.max_vq = (unsigned)quadwords;
    request->sve_wanted = true;
    return true;
}

static const struct property {
    const char *key;
    bool (*of)(const struct cpu_model *model); /* does it have the property? */
    const char *why;                           /* if not */
    bool (*parse)(struct request *request, const struct keyval *item, struct err *err);
    const char *help; /* NULL: there is nothing to choose yet */
} properties[] = {
    {"aarch64", any, NULL, parse_aarch64, NULL},
    {"pmu", any, NULL, parse_pmu, "pmu=on|off            Performance Monitors"},
    {"pauth", has_pauth, "it has no pointer authentication", parse_pauth,
     "pauth=on|off          pointer authentication"},
    {"pauth-impdef", has_pauth, "it has no pointer authentication", parse_pauth,
     "pauth-impdef=on|off   by ulna's own algorithm, the default; off: QARMA5"},
    {"pauth-qarma5", has_pauth, "it has no pointer authentication", parse_pauth,
     "pauth-qarma5=on|off   by QARMA5"},
    {"pauth-qarma3", has_pauth, "it has no pointer authentication", parse_pauth,
     "pauth-qarma3=on|off   by QARMA3"},
    {"sve", has_sve, "it has no SVE", parse_sve,
     "sve=on|off            the Scalable Vector Extension; off by default for max"},
    {"sveN", has_sve, "it has no SVE", parse_sve_length,
     "sveN=on|off           vectors of N bits, 128 to 2048"},
    {"sve-max-vq", is_max, "QEMU has it for max alone", parse_sve_max,
     "sve-max-vq=N          vectors of up to N times 128 bits"},
    {"sme", is_max, "it has no SME", parse_absent, NULL},
    {"lpa2", is_max, "it has no LPA2", parse_absent, NULL},
};

/* sve128, sve256, ... sve2048 */
static bool is_sve_length(const char *key)
{
    char *end;
    unsigned long bits;

    if (strncmp(key, "sve", 3) || key[3] < '1' || key[3] > '9')
        return false;
    bits = strtoul(key + 3, &end, 10);
    return !*end && bits <= 2048 && bits % 128 == 0;
}

static bool property(struct request *request, const struct keyval *item, struct err *err)
{
    const char *key = is_sve_length(item->key) ? "sveN" : item->key;

    for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
        const struct property *property = &properties[i];

        if (strcmp(key, property->key))
            continue;
        if (property->of(request->model))
            return property->parse(request, item, err);
        return err_usage(err, "CPU %s has no property '%s': %s", request->model->name, item->key,
                         property->why);
    }
    return err_usage(err, "CPU %s has no property '%s'; see -cpu help", request->model->name,
                     item->key);
}

/* --- What the properties come to --- */

static bool choose_pauth(const struct request *request, enum cpu_pauth *choice, struct err *err)
{
    static const enum cpu_pauth choices[PAUTH_WORDS] = {
        [PAUTH_IMPDEF] = CPU_PAUTH_IMPDEF,
        [PAUTH_QARMA5] = CPU_PAUTH_QARMA5,
        [PAUTH_QARMA3] = CPU_PAUTH_QARMA3,
    };
    const bool *given = request->pauth_given, *on = request->pauth_on;
    unsigned algorithms = 0;

    *choice = given[PAUTH_IMPDEF] && !on[PAUTH_IMPDEF] ? CPU_PAUTH_QARMA5 : CPU_PAUTH_DEFAULT;
    for (unsigned i = PAUTH_IMPDEF; i < PAUTH_WORDS; i++)
        if (on[i]) {
            *choice = choices[i];
            algorithms++;
        }
    if (algorithms > 1)
        return err_usage(err, "of pauth-impdef, pauth-qarma5 and pauth-qarma3 one can be on");
    if (!given[PAUTH] || on[PAUTH])
        return true;
    *choice = CPU_PAUTH_OFF;
    return !algorithms || err_usage(err, "pauth=off: then no algorithm for it can be on");
}

static const uint16_t powers_of_two = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 7 | 1 << 15;

static uint16_t lengths_below(unsigned quadwords)
{
    return (uint16_t)bits_ones(quadwords - 1);
}

/* In units of 128 bits; `lengths` is not 0. */
static unsigned longest(uint16_t lengths)
{
    return 32 - (unsigned)__builtin_clz(lengths);
}

static unsigned shortest(uint16_t lengths)
{
    return 1 + (unsigned)__builtin_ctz(lengths);
}

/* Naming lengths that are on turns all others off, but for what they imply: the powers of two below
 * (DDI 0487, D17.2, ZCR_EL1.LEN). A power of two that is off takes the longer ones with it. */
bool options_sve_lengths(const struct options_sve *sve, uint16_t *lengths, struct err *err)
{
    uint16_t beyond = sve->max_vq ? (uint16_t)~lengths_below(sve->max_vq + 1) : 0;
    uint16_t missing;

    if (sve->on & ~sve->all)
        return err_usage(err, "sve%u=on: the CPU has no vectors of that length",
                         128 * shortest(sve->on & (uint16_t)~sve->all));
    if (sve->on & beyond)
        return err_usage(err, "sve%u=on: that is longer than sve-max-vq=%u allows, %u bits",
                         128 * shortest(sve->on & beyond), sve->max_vq, 128 * sve->max_vq);
    if (sve->max_vq && (sve->off & 1u << (sve->max_vq - 1)))
        return err_usage(err, "sve%u=off: sve-max-vq=%u needs that length", 128 * sve->max_vq,
                         sve->max_vq);
    if (sve->max_vq)
        *lengths = (uint16_t)(sve->all & ~beyond & ~sve->off);
    else if (sve->on)
        *lengths = sve->on | (powers_of_two & lengths_below(longest(sve->on)) & ~sve->off);
    else if (sve->off & powers_of_two)
        *lengths =
            (uint16_t)(sve->all & ~sve->off & lengths_below(shortest(sve->off & powers_of_two)));
    else
        *lengths = (uint16_t)(sve->all & ~sve->off);
    if (!*lengths)
        return err_usage(err, "sve128=off: that leaves no vector length; use sve=off");
    missing = (uint16_t)(powers_of_two & lengths_below(longest(*lengths)) & ~*lengths);
    return !missing || err_usage(err, "sve%u=off: vectors of sve%u need every shorter power of two",
                                 128 * shortest(missing), 128 * longest(*lengths));
}

static bool choose_sve(struct request *request, struct cpu_properties *choice, struct err *err)
{
    request->sve.all = request->model->sve_vls;
    choice->sve = has_sve(request->model) && !request->sve_off &&
                  (request->sve_wanted || !request->model->sve_asked);
    choice->sve_vls = 0;
    if (choice->sve)
        return options_sve_lengths(&request->sve, &choice->sve_vls, err);
    return !request->sve.on || err_usage(err, "sve%u=on: with sve=off there are no vector lengths",
                                         128 * shortest(request->sve.on));
}

/* --- The model --- */

static bool choose_model(struct request *request, const char *name, struct err *err)
{
    char accepted[256] = "";
    size_t size = 0;

    request->model = model_find(name);
    if (request->model)
        return true;
    for (unsigned i = 0; i < cpu_model_count && size < sizeof(accepted); i++)
        size += (size_t)snprintf(accepted + size, sizeof(accepted) - size, "%s%s", i ? ", " : "",
                                 cpu_models[i].name);
    if (!strcmp(name, "host"))
        return err_usage(err, "the host is no AArch64 CPU; accepted are %s", accepted);
    for (const char *const *word = planned; *word; word++)
        if (!strcmp(name, *word))
            return err_usage(err, "CPU '%s' is not there yet; accepted are %s", name, accepted);
    return err_usage(err, "there is no CPU '%s'; accepted are %s", name, accepted);
}

/* The names of the model's features below its own, as many on a line as fit. */
static void print_features(FILE *file, const struct cpu_model *model)
{
    enum { INDENT = 4, COLUMNS = 78 };
    unsigned column = COLUMNS;

    fprintf(file, "  %s", model->name);
    for (unsigned i = FEAT_NONE + 1; i < FEAT_COUNT; i++) {
        const char *name = feature_name((enum feature)i);
        unsigned size = (unsigned)strlen(name);

        if (!model_has(model, (enum feature)i))
            continue;
        if (column + 1 + size > COLUMNS) {
            fprintf(file, "\n%*s%s", INDENT, "", name);
            column = INDENT + size;
        } else {
            fprintf(file, " %s", name);
            column += 1 + size;
        }
    }
    fputc('\n', file);
}

static bool print_help(struct options *options, struct err *err)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    bool done;

    if (!file)
        return err_set(err, "out of memory");
    fprintf(file, "CPUs, all with EL1 and EL0 in AArch64 state alone:\n");
    for (unsigned i = 0; i < cpu_model_count; i++)
        fprintf(file, "  %-13s %s%s\n", cpu_models[i].name, cpu_models[i].description,
                i ? "" : " (the default)");
    fprintf(file, "Properties, as in -cpu max,pauth=off:\n");
    for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
        if (properties[i].help)
            fprintf(file, "  %s\n", properties[i].help);
    fprintf(file, "Features without any property, by their names in DDI 0487 without FEAT_:\n");
    for (unsigned i = 0; i < cpu_model_count; i++) {
        struct cpu_model *plain = model_new(
            cpu_models[i].name, &(struct cpu_properties){.sve = !cpu_models[i].sve_asked});

        if (plain)
            print_features(file, plain);
        free(plain);
    }
    done = !fclose(file) && options_print(options, text, err);
    free(text);
    return done || err_set(err, "out of memory");
}

bool options_parse_cpu(struct options *options, const char *value, struct err *err)
{
    struct keyvals keyvals;
    bool done = keyvals_parse(&keyvals, value, "model", err);
    struct request request = {.model = &cpu_models[0]};
    size_t i = 0;

    if (done && keyvals.count && !strcmp(keyvals.item[0].key, "model") && keyvals.item[0].value) {
        const char *name = keyvals.item[i++].value;

        if (!strcmp(name, "help") || !strcmp(name, "?"))
            done = print_help(options, err);
        else
            done = choose_model(&request, name, err);
    }
    for (; done && i < keyvals.count; i++)
        done = property(&request, &keyvals.item[i], err);
    done = done && choose_pauth(&request, &options->cpu_properties.pauth, err) &&
           choose_sve(&request, &options->cpu_properties, err);
    keyvals_free(&keyvals);
    options->cpu = done ? request.model->name : options->cpu;
    options->cpu_properties.no_pmu = request.no_pmu;
    return done;
}
