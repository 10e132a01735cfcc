/* Runs instruction vectors on one engine: see machine.h. */
#include <stdlib.h>
#include <string.h>

#include "cpu/exception.h"
#include "layout.h"
#include "machine.h"
#include "vector.h"

/* A word must belong to the row that the vector names. */
static void compare_row(struct report *report, const struct machine *machine)
{
    const struct test_vector *vector = report->vector;

    for (unsigned i = vector->words; i-- > 0;) {
        struct fields fields;
        const struct insn_row *row = decoder_find(machine->decoder, vector->word[i], &fields);

        if (row && strcmp(row->id, vector->insn) == 0)
            return;
    }
    report_differ(report, "decoded as another row", 0, 0, 1);
}

static bool run(struct machine *machine, const char *file, const struct test_vector *vector)
{
    struct report report = {.file = file, .vector = vector};

    machine_run(machine, &report);
    compare_row(&report, machine);
    return report.differences == 0;
}

/* --- Coverage: every row has a vector --- */

struct coverage {
    unsigned *vectors[32]; /* by table and row */
};

static bool find_row(const char *id, unsigned *table, unsigned *row)
{
    for (*table = 0; insn_tables[*table]; ++*table)
        for (*row = 0; *row < insn_tables[*table]->rows; ++*row)
            if (strcmp(insn_tables[*table]->row[*row].id, id) == 0)
                return true;
    return false;
}

/* Returns the number of rows without one. */
static unsigned check_coverage(const struct coverage *coverage)
{
    unsigned without = 0;

    for (unsigned i = 0; insn_tables[i]; i++)
        for (unsigned j = 0; j < insn_tables[i]->rows; j++) {
            if (coverage->vectors[i][j])
                continue;
            fprintf(stderr, "row without a vector: %s (%s)\n", insn_tables[i]->row[j].id,
                    insn_tables[i]->name);
            without++;
        }
    return without;
}

static void print_rows(void)
{
    for (unsigned i = 0; insn_tables[i]; i++)
        for (unsigned j = 0; j < insn_tables[i]->rows; j++)
            printf("%s\t%s\t%s\n", insn_tables[i]->name, insn_tables[i]->row[j].id,
                   insn_tables[i]->row[j].pattern);
}

/* By the table: rows of SVE may need a feature that Advanced SIMD shares. */
static bool uses_sve(const struct insn_table *table)
{
    return strncmp(table->name, "sve", 3) == 0;
}

static bool uses_vectors(const struct insn_table *table, enum feature feature)
{
    if (uses_sve(table))
        return true;
    switch (feature) {
    case FEAT_FP:
    case FEAT_AdvSIMD:
    case FEAT_RDM:
    case FEAT_DotProd:
    case FEAT_AES:
    case FEAT_PMULL:
    case FEAT_SHA1:
    case FEAT_SHA256:
        return true;
    default:
        return false;
    }
}

/* The same vector where CPACR_EL1.FPEN traps, or ZEN: whatever it does otherwise, now it is EC 7 or
 * 0x19 and nothing changes; only what is UNDEFINED stays so, and not if it is for its vl. */
static bool run_trapped(struct machine *machine, const char *file, struct test_vector *vector,
                        enum feature feature, bool sve)
{
    bool by_length = feature == FEAT_F64MM && vector->vl == 128;
    bool undefined = vector->faults && vector->ec == EC_UNKNOWN && !by_length;

    vector->fp_trap = true; /* ZEN comes first */
    vector->sve_trap = sve;
    vector->out = vector->in;
    vector->out.pc = LAYOUT_CODE;
    vector->out_pokes = 0;
    vector->out_tags = vector->in_tags;
    vector->faults = true;
    vector->has_far = false;
    vector->ec = undefined ? EC_UNKNOWN : sve ? EC_SVE_ACCESS : EC_FP_ACCESS;
    vector->iss = undefined || sve ? 0 : 0x1e00000; /* CV = 1, COND = 0b1110 */
    return run(machine, file, vector);
}

/* The same vector with longer Z registers: a V register that it changes has nothing above it
 * afterwards. In the others nothing is there before: they may be written with what they had. */
static bool run_wide(struct machine *machine, const char *file, struct test_vector *vector)
{
    vector->vl = 512;
    for (unsigned i = 0; i < 32; i++) {
        uint64_t *z = vector->out.z[i];

        if (memcmp(z, vector->in.z[i], 16) == 0)
            memset(vector->in.z[i] + 2, 0, 6 * sizeof(*z));
        memset(z + 2, 0, 6 * sizeof(*z));
    }
    return run(machine, file, vector);
}

static bool uses_memory(const struct insn_table *table)
{
    return strstr(table->name, "ldst") || strcmp(table->name, "atomics") == 0 ||
           strcmp(table->name, "mops") == 0 || strcmp(table->name, "sve_mem") == 0;
}

/* The same vector where accesses are Tag Checked, and all tags are the same. */
static bool run_checked(struct machine *machine, const char *file, struct test_vector *vector)
{
    vector->sctlr |= 1ull << 43 | 1ull << 40; /* ATA, TCF */
    vector->tcr |= 1ull << 37;                /* TBI0 */
    return run(machine, file, vector);
}

static unsigned run_file(struct machine *machine, struct coverage *coverage, const char *name,
                         unsigned *vectors)
{
    FILE *file = fopen(name, "r");
    struct test_vector vector;
    unsigned failed = 0, line = 0, table, row;
    enum feature feature;
    bool bad = false;

    if (!file) {
        fprintf(stderr, "cannot open %s\n", name);
        return 1;
    }
    while (vector_read(file, name, &line, &vector, &bad)) {
        ++*vectors;
        if (!find_row(vector.insn, &table, &row)) {
            fprintf(stderr, "%s:%u: no row %s\n", name, vector.line, vector.insn);
            failed++;
            continue;
        }
        feature = insn_tables[table]->row[row].feature;
        coverage->vectors[table][row]++;
        failed += !run(machine, name, &vector);
        if (uses_memory(insn_tables[table]) && !vector.in_tags.size)
            failed += !run_checked(machine, name, &vector);
        if (vector.words == 1 && !uses_sve(insn_tables[table]))
            failed += !run_wide(machine, name, &vector);
        if (vector.words == 1 && uses_vectors(insn_tables[table], feature))
            failed += !run_trapped(machine, name, &vector, feature, false);
        if (vector.words == 1 && uses_sve(insn_tables[table]))
            failed += !run_trapped(machine, name, &vector, feature, true);
    }
    fclose(file);
    return failed + bad;
}

static int usage(void)
{
    fprintf(stderr, "usage: isa_vectors --rows\n"
                    "       isa_vectors interp|jit|check FILE.vec...\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const char *const engines[] = {"interp", "jit", "check"}; /* as enum engine */
    struct coverage coverage = {0};
    struct machine machine;
    unsigned vectors = 0, failed = 0, engine = 0;

    if (argc == 2 && strcmp(argv[1], "--rows") == 0) {
        print_rows();
        return 0;
    }
    while (argc > 1 && engine < ARRAY_SIZE(engines) && strcmp(argv[1], engines[engine]) != 0)
        engine++;
    if (argc < 3 || engine == ARRAY_SIZE(engines))
        return usage();
    if (!machine_open(&machine, (enum engine)engine))
        return 1;
    for (unsigned i = 0; insn_tables[i]; i++)
        coverage.vectors[i] = calloc(insn_tables[i]->rows, sizeof(unsigned));
    for (int i = 2; i < argc; i++)
        failed += run_file(&machine, &coverage, argv[i], &vectors);
    failed += check_coverage(&coverage);
    printf("%s: %u vectors, %u failures\n", argv[1], vectors, failed);
    for (unsigned i = 0; insn_tables[i]; i++)
        free(coverage.vectors[i]);
    machine_close(&machine);
    return failed != 0;
}
