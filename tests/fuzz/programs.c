/* Fuzzes the JIT against the interpreter by whole programs: hot loops, calls, faults in the middle,
 * code that changes, mappings that change, two exception levels, and interrupts from outside at any
 * time. Both engines run each program alone, so that what spans blocks is seen; the state at each
 * exception, at places in between and at the end must be the same. See program.h. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cpu/disasm.h"
#include "cpu/model.h"
#include "program_side.h"

#define HANG_SECONDS 15u
/* One program in so many may not end: those that overwrite a return address, or that a Tag Check
 * Fault keeps from loading it. */
#define ENDLESS 25

struct options {
    uint64_t seed, programs, instructions, seconds;
    bool dump, minimise, verbose;
};

/* A thread that disturbs the running vCPU, and stops it when it does not end. */
struct disturber {
    pthread_t thread;
    pthread_mutex_t lock;
    struct cpu *cpu; /* that runs now, or NULL; under lock, as the rest */
    bool interrupts; /* may be sent */
    uint64_t deadline;
    bool late, quit;
};

struct fuzz {
    struct options options;
    struct clock *clock;
    struct decoder *decoder;
    struct side interp, jit;
    struct disturber disturber;
    struct program *program;
    uint64_t programs, endless, executed, interrupts, samples;
};

static uint64_t seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

/* --- Disturbing --- */

static void disturb(struct disturber *d, struct rng *rng)
{
    switch (rng_below(rng, 8)) {
    case 0: /* as the display does */
        cpu_request(d->cpu, PENDING_DROP_WRITES);
        break;
    case 1: /* as the monitor does */
        cpu_pause(d->cpu);
        cpu_resume(d->cpu);
        break;
    case 2: /* the timer's deadline, which is not there */
        cpu_request(d->cpu, PENDING_TIMER);
        break;
    default:
        cpu_irq(d->cpu, 0, true);
        break;
    }
}

static void *disturber_run(void *opaque)
{
    struct disturber *d = opaque;
    struct rng rng;
    bool quit;

    rng_seed(&rng, 1);
    do {
        long pause = 1000000;

        pthread_mutex_lock(&d->lock);
        quit = d->quit;
        if (d->cpu && seconds_now() > d->deadline) {
            d->late = true;
            cpu_stop(d->cpu);
        } else if (d->cpu && d->interrupts) {
            disturb(d, &rng);
            pause = 1 + rng_below(&rng, 40000);
        }
        pthread_mutex_unlock(&d->lock);
        nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
    } while (!quit);
    return NULL;
}

static void disturber_aim(struct disturber *d, struct cpu *cpu, bool interrupts)
{
    pthread_mutex_lock(&d->lock);
    d->cpu = cpu;
    d->interrupts = interrupts;
    d->deadline = seconds_now() + HANG_SECONDS;
    pthread_mutex_unlock(&d->lock);
}

/* --- Running --- */

static void run(struct fuzz *fuzz, struct side *side, bool interrupts)
{
    fuzz->disturber.late = false;
    disturber_aim(&fuzz->disturber, side->cpu, interrupts);
    while (!side->ended && !side->differs && !fuzz->disturber.late)
        cpu_run(side->cpu);
    disturber_aim(&fuzz->disturber, NULL, false);
}

enum outcome { SAME, DIFFERENT, HANGS_INTERPRETED, HANGS_COMPILED };

/* The present program on both engines. */
static enum outcome compare(struct fuzz *fuzz, uint64_t seed)
{
    const struct program *p = fuzz->program;
    struct side *interp = &fuzz->interp, *jit = &fuzz->jit;

    side_prepare(interp, p, seed);
    run(fuzz, interp, false);
    if (!interp->ended)
        return HANGS_INTERPRETED;
    side_prepare(jit, p, seed);
    jit->expected = &interp->trace;
    run(fuzz, jit, p->async);
    if (!jit->ended && !jit->differs)
        return HANGS_COMPILED;
    if (jit->differs || jit->trace.count != interp->trace.count)
        return DIFFERENT;
    /* the last sample is equal; memory is looked at as a whole */
    return side_print_difference(interp, jit) ? DIFFERENT : SAME;
}

/* An interrupt may have to come at the right time. */
static bool still_fails(struct fuzz *fuzz, uint64_t seed)
{
    for (unsigned i = fuzz->program->async ? 5 : 1; i > 0; i--)
        if (compare(fuzz, seed) != SAME)
            return true;
    return false;
}

/* --- Reporting --- */

static void dump(const struct program *p)
{
    char text[160];

    for (unsigned i = 0; i < p->words; i++) {
        uint64_t pc = CODE + 4ull * i;

        disasm(p->word[i], pc, text, sizeof(text));
        printf("%08llx: %08x  %s\n", (unsigned long long)pc, p->word[i], text);
    }
    for (unsigned i = 0; i < FUNCTIONS; i++)
        printf("function %u: %08llx\n", i, (unsigned long long)CODE + 4ull * p->function[i]);
}

/* Leaves out one statement after the other, as long as the engines differ. */
static void minimise(struct fuzz *fuzz, uint64_t seed)
{
    struct statements all = {0}, dropped = {0};

    program_generate(fuzz->program, fuzz->decoder, seed, NULL, &all);
    dropped.id = calloc(all.count + 1, sizeof(*dropped.id));
    if (!dropped.id)
        abort();
    for (size_t i = 0; i < all.count; i++) {
        fuzz_watch("programs, making smaller", seed, 10 * HANG_SECONDS);
        dropped.id[dropped.count++] = all.id[i];
        program_generate(fuzz->program, fuzz->decoder, seed, &dropped, NULL);
        if (!still_fails(fuzz, seed))
            dropped.count--;
    }
    program_generate(fuzz->program, fuzz->decoder, seed, &dropped, NULL);
    printf("%zu of %zu statements are needed:\n", all.count - dropped.count, all.count);
    dump(fuzz->program);
    free(all.id);
    free(dropped.id);
}

static void report(struct fuzz *fuzz, uint64_t seed, enum outcome outcome)
{
    struct side *interp = &fuzz->interp, *jit = &fuzz->jit;
    const struct side *late = outcome == HANGS_INTERPRETED ? interp : jit;

    fprintf(stderr, "seed %llu%s: ", (unsigned long long)seed,
            fuzz->program->async ? " (with interrupts)" : "");
    if (outcome != DIFFERENT) {
        fprintf(stderr, "does not end %s, at 0x%llx in EL%u after %llu instructions\n",
                late == interp ? "interpreted" : "compiled", (unsigned long long)late->cpu->pc,
                late->cpu->el, (unsigned long long)side_instructions(late));
        cpu_dump(late->cpu, stderr);
    } else {
        size_t where = jit->trace.count - 1;

        fprintf(stderr, "the engines differ at sample %zu of %zu, at 0x%llx\n", where,
                interp->trace.count, (unsigned long long)jit->sample.value[SAMPLE_PC]);
        /* the interpreter again, up to there */
        side_prepare(interp, fuzz->program, seed);
        interp->stop_at = where;
        run(fuzz, interp, false);
        if (!side_print_difference(interp, jit))
            fprintf(stderr, "  nothing differs in a second run\n");
    }
    fprintf(stderr, "again: fuzz_programs --seed %llu --programs 1 --minimise\n",
            (unsigned long long)seed);
}

static bool fuzz_one(struct fuzz *fuzz, uint64_t seed)
{
    enum outcome outcome;

    fuzz->programs++;
    fuzz_watch("programs", seed, 3 * HANG_SECONDS);
    program_generate(fuzz->program, fuzz->decoder, seed, NULL, NULL);
    if (fuzz->options.dump) {
        dump(fuzz->program);
        fflush(stdout);
    }
    outcome = compare(fuzz, seed);
    fuzz->executed += side_instructions(&fuzz->interp);
    fuzz->interrupts += fuzz->jit.interrupts;
    fuzz->samples += fuzz->jit.trace.count;
    if (fuzz->options.verbose)
        printf("seed %llu: %u words, %llu instructions, %zu samples, %llu interrupts\n",
               (unsigned long long)seed, fuzz->program->words,
               (unsigned long long)side_instructions(&fuzz->interp), fuzz->jit.trace.count,
               (unsigned long long)fuzz->jit.interrupts);
    if (outcome == SAME)
        return true;
    if (outcome == HANGS_INTERPRETED && ++fuzz->endless <= 1 + fuzz->programs / ENDLESS)
        return true;
    report(fuzz, seed, outcome);
    if (fuzz->options.minimise)
        minimise(fuzz, seed);
    return false;
}

/* --- The command line --- */

static _Noreturn void usage(const char *name)
{
    fprintf(stderr,
            "usage: %s [--seed N] [--programs N] [--instructions MILLIONS] [--seconds N]\n"
            "       [--dump] [--minimise] [--verbose]\n"
            "The seeds are N, N + 1 and so on, until one of the limits (default: 1000 programs).\n"
            "--dump prints each program, --minimise what is left of one that fails.\n",
            name);
    exit(2);
}

static struct options parse(int argc, char **argv)
{
    struct options options = {.seed = 1};

    for (int i = 1; i < argc; i++) {
        const struct {
            const char *name;
            bool *flag;
            uint64_t *number;
        } known[] = {
            {"--dump", &options.dump, NULL},
            {"--minimise", &options.minimise, NULL},
            {"--verbose", &options.verbose, NULL},
            {"--seed", NULL, &options.seed},
            {"--programs", NULL, &options.programs},
            {"--seconds", NULL, &options.seconds},
            {"--instructions", NULL, &options.instructions},
        };
        unsigned k = 0;
        char *end = NULL;

        while (k < ARRAY_SIZE(known) && strcmp(argv[i], known[k].name) != 0)
            k++;
        if (k == ARRAY_SIZE(known))
            usage(argv[0]);
        if (known[k].flag) {
            *known[k].flag = true;
            continue;
        }
        if (++i == argc)
            usage(argv[0]);
        *known[k].number = strtoull(argv[i], &end, 10);
        if (*end || end == argv[i])
            usage(argv[0]);
    }
    if (!options.programs && !options.seconds && !options.instructions)
        options.programs = 1000;
    return options;
}

static bool enough(const struct fuzz *fuzz, uint64_t start)
{
    const struct options *o = &fuzz->options;

    return (o->programs && fuzz->programs >= o->programs) ||
           (o->instructions && fuzz->executed >= o->instructions * 1000000) ||
           (o->seconds && seconds_now() - start >= o->seconds);
}

int main(int argc, char **argv)
{
    struct fuzz fuzz = {.options = parse(argc, argv), .clock = clock_new_stepped()};
    uint64_t start = seconds_now();
    bool good = true;
    struct err err;

    fuzz.program = malloc(sizeof(*fuzz.program));
    fuzz.decoder = decoder_new(model_find("max"), &err);
    pthread_mutex_init(&fuzz.disturber.lock, NULL);
    if (!fuzz.program || !fuzz.decoder ||
        pthread_create(&fuzz.disturber.thread, NULL, disturber_run, &fuzz.disturber)) {
        fprintf(stderr, "no memory or no thread\n");
        return 1;
    }
    side_open(&fuzz.interp, ENGINE_INTERP, fuzz.clock);
    side_open(&fuzz.jit, ENGINE_JIT, fuzz.clock);
    while (good && !enough(&fuzz, start))
        good = fuzz_one(&fuzz, fuzz.options.seed + fuzz.programs);
    printf("%llu programs from seed %llu (%llu without an end): %llu instructions executed on each "
           "engine and compared at %llu places, %llu interrupts; %s\n",
           (unsigned long long)fuzz.programs, (unsigned long long)fuzz.options.seed,
           (unsigned long long)fuzz.endless, (unsigned long long)fuzz.executed,
           (unsigned long long)fuzz.samples, (unsigned long long)fuzz.interrupts,
           good ? "no difference" : "THEY DIFFER");
    if (fuzz.options.verbose)
        cpu_print_stats(fuzz.jit.cpu, stdout);
    pthread_mutex_lock(&fuzz.disturber.lock);
    fuzz.disturber.quit = true;
    pthread_mutex_unlock(&fuzz.disturber.lock);
    pthread_join(fuzz.disturber.thread, NULL);
    pthread_mutex_destroy(&fuzz.disturber.lock);
    side_close(&fuzz.interp);
    side_close(&fuzz.jit);
    clock_free(fuzz.clock);
    decoder_free(fuzz.decoder);
    free(fuzz.program);
    return good ? 0 : 1;
}
