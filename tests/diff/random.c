/* Random instruction sequences, the same in ulna and in qemu-aarch64: all registers, flags and
 * memory must agree. Every row of the decoder is executed, but for those that the lists name. */
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/exception.h"
#include "cpu/model.h"
#include "oracle.h"
#include "sequence.h"
#include "tests/isa/machine.h"

#define SUBJECTS_MAX 4096
#define PROBES       ORACLE_BATCH /* of a row, to find out whether the oracle has it */
#define SHOWN        20           /* differences that are shown in full */

struct options {
    enum engine engine;
    const char *oracle, *lists;
    unsigned version; /* of the oracle */
    uint64_t seed, instructions;
};

struct batch {
    struct sequence sequence[ORACLE_BATCH];
    struct oracle_request request[ORACLE_BATCH];
    uint64_t seed[ORACLE_BATCH];
    unsigned count;
};

struct run {
    struct options options;
    struct machine machine;
    struct oracle oracle;
    struct verdict *verdict;
    struct subject subject[SUBJECTS_MAX];
    unsigned subjects;
    struct oracle_answer answer[ORACLE_BATCH];
    uint64_t sequences, executed, faults;
    unsigned failures;
};

/* --- Which rows --- */

static void add_rows(struct run *run)
{
    struct cpu_model *model = model_new("max", &(struct cpu_properties){.sve = true});

    for (unsigned i = 0; insn_tables[i]; i++)
        for (unsigned j = 0; j < insn_tables[i]->rows; j++)
            if (model_has(model, insn_tables[i]->row[j].feature) && run->subjects < SUBJECTS_MAX)
                run->subject[run->subjects++] =
                    (struct subject){.row = &insn_tables[i]->row[j], .table = insn_tables[i]->name};
    free(model);
}

static unsigned remove_rows(struct run *run, const char *glob)
{
    unsigned kept = 0, before = run->subjects;

    for (unsigned i = 0; i < before; i++)
        if (fnmatch(glob, run->subject[i].row->id, 0) != 0)
            run->subject[kept++] = run->subject[i];
    run->subjects = kept;
    return before - kept;
}

/* Lines "GLOB REASON", or "GLOB FIRST-LAST REASON" with versions. False: told on stderr. */
static bool read_list(struct run *run, const char *name, bool versions)
{
    char path[256], line[256], glob[64];
    FILE *file;
    bool good = true;

    snprintf(path, sizeof(path), "%s/%s", run->options.lists, name);
    file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "cannot open %s\n", path);
        return false;
    }
    while (fgets(line, sizeof(line), file)) {
        unsigned first = 0, last = ~0u;

        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (sscanf(line, "%63s", glob) != 1 ||
            (versions && sscanf(line, "%*s %u-%u", &first, &last) != 2)) {
            fprintf(stderr, "%s: cannot read: %s", path, line);
            good = false;
        } else if (run->options.version >= first && run->options.version <= last &&
                   !remove_rows(run, glob)) {
            fprintf(stderr, "%s: no row is %s\n", path, glob);
            good = false;
        }
    }
    fclose(file);
    return good;
}

/* Leaves out the rows that the oracle has not: each of a few words of theirs is UNDEFINED to it. */
static bool probe_rows(struct run *run)
{
    unsigned kept = 0, lacking = 0;

    for (unsigned i = 0; i < run->subjects; i++) {
        struct oracle_request request[PROBES];
        struct subject *subject = &run->subject[i];
        unsigned undefined = 0;
        struct rng rng;

        rng_seed(&rng, i);
        for (unsigned j = 0; j < PROBES; j++) {
            struct sequence sequence = {0};

            if (!sequence_add(&sequence, &rng, run->verdict, subject)) {
                fprintf(stderr, "no word is a %s\n", subject->row->id);
                return false;
            }
            sequence_registers(&rng, 0, &request[j].in);
            sequence_request(&sequence, 1, &request[j]);
        }
        if (!oracle_send(&run->oracle, request, PROBES) ||
            !oracle_read(&run->oracle, run->answer, PROBES))
            return false;
        for (unsigned j = 0; j < PROBES; j++)
            undefined += run->answer[j].signal == SIGILL;
        if (undefined < PROBES)
            run->subject[kept++] = *subject;
        else
            printf("%s%s", lacking++ ? " " : "the oracle has no ", subject->row->id);
    }
    printf("%s", lacking ? "\n" : "");
    run->subjects = kept;
    return true;
}

/* --- One sequence --- */

/* Bits of FPCR that the oracle has too: AHP, DN, FZ, RMode, FZ16; later also EBF, NEP, AH, FIZ. */
static uint32_t modes_of(const struct run *run)
{
    return 0x07c80000 | (run->options.version >= 10 ? 0x2007 : 0);
}

static bool is_of(const struct subject *subject, const char *tables)
{
    return strncmp(subject->table, tables, strlen(tables)) == 0;
}

/* A row for vectors of vl bytes. Where they have more than 128 bits, and V registers are the low
 * parts of Z registers, 7.2 does not always zero the rest of what Advanced SIMD writes. */
static struct subject *any_subject(struct run *run, struct rng *rng, unsigned vl)
{
    struct subject *subject;

    do
        subject = &run->subject[rng_below(rng, run->subjects)];
    while (vl > 16 &&
           (is_of(subject, "simd") || is_of(subject, "fp_scalar") || is_of(subject, "ldst")));
    return subject;
}

static void make_sequence(struct run *run, struct sequence *sequence, uint64_t seed,
                          struct oracle_request *request)
{
    static const uint16_t lengths[] = {16, 16, 16, 32, 48, 64, 256};
    struct rng rng;
    unsigned length, vl;

    rng_seed(&rng, seed);
    memset(sequence, 0, sizeof(*sequence));
    length = 24 + rng_below(&rng, ORACLE_WORDS_MAX - 24);
    vl = lengths[rng_below(&rng, ARRAY_SIZE(lengths))];
    while (sequence->words < length &&
           sequence_add(sequence, &rng, run->verdict, any_subject(run, &rng, vl)))
        ;
    sequence_registers(&rng, modes_of(run), &request->in);
    sequence_request(sequence, sequence->units, request);
    request->vl = vl;
}

static void copy_state(struct vector_state *to, const struct oracle_registers *from)
{
    memcpy(to->x, from->x, sizeof(to->x));
    memcpy(to->z, from->z, sizeof(to->z));
    for (unsigned i = 0; i < ARRAY_SIZE(to->p); i++)
        memcpy(to->p[i], from->p[i], sizeof(to->p[i]));
    to->sp = from->sp;
    to->pc = from->pc;
    to->nzcv = (uint32_t)(from->pstate >> 28);
    to->fpcr = from->fpcr;
    to->fpsr = from->fpsr;
}

static void make_vector(struct test_vector *vector, const struct oracle_request *request,
                        const struct oracle_answer *answer)
{
    memset(vector, 0, sizeof(*vector));
    vector->words = request->words;
    vector->vl = 8 * request->vl;
    memcpy(vector->word, request->word, 4 * request->words);
    copy_state(&vector->in, &request->in);
    copy_state(&vector->out, &answer->out);
    vector->out_image = answer->data;
    vector->faults = answer->signal != SIGTRAP;
    vector->ec = answer->signal == SIGILL ? EC_UNKNOWN : EC_UNKNOWN;
}

/* On the JIT everything a second time, compiled. */
static unsigned differences(struct run *run, const struct test_vector *vector, const char *name)
{
    struct report report = {.file = name, .vector = vector};

    machine_run(&run->machine, &report);
    if (run->options.engine == ENGINE_JIT && !report.differences)
        machine_run_compiled(&run->machine, &report);
    return report.differences;
}

/* The shortest beginning that differs: its last unit is the culprit. */
static void explain(struct run *run, const struct sequence *sequence, uint64_t seed,
                    struct oracle_request request)
{
    struct test_vector vector;

    for (unsigned units = 1; units <= sequence->units; units++) {
        const struct unit *unit = &sequence->unit[units - 1];

        unsigned vl = request.vl;

        sequence_request(sequence, units, &request);
        request.vl = vl;
        if (!oracle_send(&run->oracle, &request, 1) || !oracle_read(&run->oracle, run->answer, 1))
            return;
        make_vector(&vector, &request, run->answer);
        if (!differences(run, &vector, NULL))
            continue;
        snprintf(vector.insn, sizeof(vector.insn), "%s", unit->subject->row->id);
        snprintf(vector.text, sizeof(vector.text), "--seed %llu, unit %u, fpcr %08x",
                 (unsigned long long)seed, units - 1, request.in.fpcr);
        differences(run, &vector, "difference");
        for (unsigned i = unit->first; i < unit->first + unit->words; i++)
            printf("    word %u  %08x\n", i, sequence->word[i]);
        return;
    }
    printf("difference: --seed %llu: not in any beginning of it\n", (unsigned long long)seed);
}

/* False: the two differ. */
static bool judge(struct run *run, const struct sequence *sequence,
                  const struct oracle_request *request, const struct oracle_answer *answer)
{
    struct test_vector vector;

    run->sequences++;
    if (answer->signal != SIGTRAP && answer->signal != SIGILL) {
        run->faults++; /* no access should: not compared, and counted */
        return true;
    }
    for (unsigned i = 0; i < sequence->units; i++) {
        const struct unit *unit = &sequence->unit[i];

        if (unit->skippable || LAYOUT_CODE + 4 * unit->first >= answer->out.pc)
            continue;
        unit->subject->executed++;
        run->executed += unit->words;
    }
    make_vector(&vector, request, answer);
    return differences(run, &vector, NULL) == 0;
}

/* --- All of them --- */

static bool send_batch(struct run *run, struct batch *batch, uint64_t *seed)
{
    for (batch->count = 0; batch->count < ORACLE_BATCH; batch->count++) {
        batch->seed[batch->count] = *seed;
        make_sequence(run, &batch->sequence[batch->count], (*seed)++,
                      &batch->request[batch->count]);
    }
    return oracle_send(&run->oracle, batch->request, batch->count);
}

/* While ulna runs one batch the oracle runs the next. What differs is asked about again afterwards,
 * when nothing is under way. */
static bool run_batches(struct run *run)
{
    static struct batch batches[2];
    struct batch *now = &batches[0], *next = &batches[1], *other;
    uint64_t seed = run->options.seed;

    if (!send_batch(run, now, &seed))
        return false;
    while (run->executed < run->options.instructions) {
        bool bad[ORACLE_BATCH];

        if (!oracle_read(&run->oracle, run->answer, now->count) || !send_batch(run, next, &seed))
            return false;
        for (unsigned i = 0; i < now->count; i++)
            bad[i] = !judge(run, &now->sequence[i], &now->request[i], &run->answer[i]);
        if (memchr(bad, true, sizeof(bad))) {
            if (!oracle_read(&run->oracle, run->answer, next->count))
                return false;
            for (unsigned i = 0; i < now->count; i++)
                if (bad[i] && run->failures++ < SHOWN)
                    explain(run, &now->sequence[i], now->seed[i], now->request[i]);
            if (run->failures >= SHOWN)
                break;
            if (!oracle_send(&run->oracle, next->request, next->count))
                return false;
        }
        other = now;
        now = next;
        next = other;
    }
    return true;
}

/* The number of rows that were not executed. */
static unsigned print_coverage(const struct run *run)
{
    unsigned never = 0;

    for (unsigned i = 0; i < run->subjects;) {
        const struct subject *first = &run->subject[i], *least = first, *s = first;
        uint64_t sum = 0;

        for (; i < run->subjects && run->subject[i].table == first->table; i++) {
            s = &run->subject[i];
            sum += s->executed;
            least = s->executed < least->executed ? s : least;
            if (!s->executed) {
                printf("never executed: %s\n", s->row->id);
                never++;
            }
        }
        printf("%-12s %4u rows, %9llu executions; least often, %llu times: %s\n", first->table,
               (unsigned)(s - first) + 1, (unsigned long long)sum,
               (unsigned long long)least->executed, least->row->id);
    }
    return never;
}

static int usage(void)
{
    fprintf(stderr, "usage: diff_random interp|jit|check LISTS VERSION ORACLE [--seed N] "
                    "[--instructions N]\n"
                    "tests/diff/run knows the other arguments\n");
    return 2;
}

static bool parse(int argc, char **argv, struct options *options)
{
    static const char *const engines[] = {"interp", "jit", "check"}; /* as enum engine */
    unsigned engine = 0;

    while (argc > 1 && engine < ARRAY_SIZE(engines) && strcmp(argv[1], engines[engine]) != 0)
        engine++;
    if (argc < 5 || engine == ARRAY_SIZE(engines))
        return false;
    options->engine = (enum engine)engine;
    options->lists = argv[2];
    options->version = (unsigned)strtoul(argv[3], NULL, 10);
    options->oracle = argv[4];
    for (int i = 5; i < argc; i += 2) {
        if (i + 1 == argc)
            return false;
        if (strcmp(argv[i], "--seed") == 0)
            options->seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--instructions") == 0)
            options->instructions = strtoull(argv[i + 1], NULL, 10);
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct run run = {.options = {.seed = 1, .instructions = 500000}};
    unsigned never;

    if (!parse(argc, argv, &run.options))
        return usage();
    run.verdict = verdict_new(NULL);
    if (!run.verdict || !machine_open(&run.machine, run.options.engine) ||
        !oracle_start(&run.oracle, run.options.oracle))
        return 1;
    add_rows(&run);
    if (!read_list(&run, "never", false) || !read_list(&run, "disagreements", true) ||
        !probe_rows(&run) || !run_batches(&run))
        return 1;
    never = print_coverage(&run);
    printf("%s: %llu instructions of %u rows in %llu sequences, %u of which differ; %llu faulted\n",
           argv[1], (unsigned long long)run.executed, run.subjects,
           (unsigned long long)run.sequences, run.failures, (unsigned long long)run.faults);
    oracle_stop(&run.oracle);
    machine_close(&run.machine);
    verdict_free(run.verdict);
    return run.failures || never || run.faults;
}
