/* What README.md and docs/features.md say of features, from the tables that ulna goes by: rows of
 * instructions (cpu/isa), of system registers (cpu/sysreg.c), models, fields of ID registers.
 * tests/style/check-features compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/model.h"
#include "cpu/sysreg.h"
#include "frontend/options.h"

/* What a user may ask for beside the model, and so get features that it does not show by itself. */
static const char *const asked[][3] = {
    {"", "-M", "virt"},
    {",sve=on", "-M", "virt"},
    {"", "-M", "virt,mte=on"},
    {"", "-M", "virt,gic-version=3"},
    {",pauth-qarma5=on", "-M", "virt"},
    {",pauth-qarma3=on", "-M", "virt"},
};

/* Does the command line that asks get the feature? One that is refused does not. */
static bool has_with(const char *name, const char *const *asks, enum feature feature)
{
    char cpu[64];
    char *const line[] = {(char *)"ulna", (char *)asks[1], (char *)asks[2], (char *)"-cpu", cpu};
    struct options options;
    struct cpu_model *model = NULL;
    struct err err;
    bool has = false;

    snprintf(cpu, sizeof(cpu), "%s%s", name, asks[0]);
    if (options_parse(&options, ARRAY_SIZE(line), line, &err))
        model = model_new(options.cpu, &options.cpu_properties);
    if (model)
        has = model_has(model, feature);
    free(model);
    options_free(&options);
    return has;
}

enum presence { ABSENT, ASKED, PRESENT };

static enum presence presence(const char *model, enum feature feature)
{
    for (unsigned i = 0; i < ARRAY_SIZE(asked); i++)
        if (has_with(model, asked[i], feature))
            return i ? ASKED : PRESENT;
    return ABSENT;
}

static bool somewhere(enum feature feature)
{
    for (unsigned i = 0; i < cpu_model_count; i++)
        if (presence(cpu_models[i].name, feature) != ABSENT)
            return true;
    return false;
}

static unsigned instruction_rows(enum feature feature)
{
    unsigned rows = 0;

    for (unsigned t = 0; insn_tables[t]; t++)
        for (unsigned i = 0; i < insn_tables[t]->rows; i++)
            rows += insn_tables[t]->row[i].feature == feature;
    return rows;
}

static unsigned register_rows(enum feature feature)
{
    unsigned rows = 0;

    for (unsigned i = 0; sysreg_row(i); i++)
        rows += sysreg_feature(sysreg_row(i)->key) == feature;
    return rows;
}

static void print_count(unsigned count)
{
    if (count)
        printf(" %u |", count);
    else
        printf(" |");
}

static bool everywhere(enum feature feature)
{
    for (unsigned i = 0; i < cpu_model_count; i++)
        if (presence(cpu_models[i].name, feature) != PRESENT)
            return false;
    return true;
}

static void print_models(enum feature feature)
{
    const char *separator = " ";

    if (everywhere(feature)) {
        printf(" all |");
        return;
    }
    for (unsigned i = 0; i < cpu_model_count; i++) {
        enum presence there = presence(cpu_models[i].name, feature);

        if (there == ABSENT)
            continue;
        printf("%s%s%s", separator, cpu_models[i].name, there == ASKED ? "\\*" : "");
        separator = ", ";
    }
    printf(" |");
}

/* "ID_AA64ISAR0_EL1.AES 2" */
static void print_fields(enum feature feature)
{
    const char *separator = " ";

    for (unsigned i = 0; model_id_field(i); i++) {
        const struct id_field *field = model_id_field(i);

        if (field->feature != feature)
            continue;
        printf("%s%s %u", separator, field->name, field->value);
        separator = ", ";
    }
    printf(" |\n");
}

static int by_name(const void *a, const void *b)
{
    return strcasecmp(feature_name(*(const enum feature *)a),
                      feature_name(*(const enum feature *)b));
}

/* Features that some model has, by name; returns how many. */
static unsigned sorted(enum feature list[FEAT_COUNT])
{
    unsigned count = 0;

    for (unsigned f = FEAT_NONE + 1; f < FEAT_COUNT; f++)
        if (somewhere((enum feature)f))
            list[count++] = (enum feature)f;
    qsort(list, count, sizeof(*list), by_name);
    return count;
}

static void print_table(void)
{
    enum feature list[FEAT_COUNT];
    unsigned count = sorted(list);

    printf("| feature | instructions | registers | CPU models | ID register field, at least |\n"
           "|---|---|---|---|---|\n"
           "| Armv8.0 |");
    print_count(instruction_rows(FEAT_NONE));
    print_count(register_rows(FEAT_NONE));
    print_models(FEAT_NONE);
    printf(" |\n");
    for (unsigned i = 0; i < count; i++) {
        printf("| %s |", feature_name(list[i]));
        print_count(instruction_rows(list[i]));
        print_count(register_rows(list[i]));
        print_models(list[i]);
        print_fields(list[i]);
    }
}

/* The names, as lines of a paragraph. */
static void print_names(void)
{
    enum { COLUMNS = 104 };
    enum feature list[FEAT_COUNT];
    unsigned count = sorted(list), column = 0;

    for (unsigned i = 0; i < count; i++) {
        const char *name = feature_name(list[i]);
        unsigned size = (unsigned)strlen(name) + 1;

        if (!column || column + 1 + size > COLUMNS)
            column = (unsigned)printf("%s  ", column ? "\n" : "") - (column ? 1 : 0);
        else
            column += (unsigned)printf(" ");
        column += (unsigned)printf("%s%c", name, i + 1 < count ? ',' : '.');
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "table"))
        print_table();
    else if (argc == 2 && !strcmp(argv[1], "names"))
        print_names();
    else
        return fprintf(stderr, "usage: feature_table table|names\n"), 2;
    return 0;
}
