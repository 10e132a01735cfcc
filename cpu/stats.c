/* Counts and times of the engine: see stats.h. */
#include "cpu/stats.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu/block.h"
#include "cpu/disasm.h"
#include "cpu/group.h"
#include "cpu/jit/jit.h"

#define CALL_SLOTS 4096 /* more than there are micro-ops and helpers */
#define CALLS_TOP  10
#define PERIOD_NS  1000000

struct call_count {
    uint64_t key; /* the operation, or the address of a helper; 0: free slot */
    uint64_t count;
    char name[40];
};

enum { ASLEEP = ACTIVITY_COUNT }; /* one more that the sampler tells apart */

struct cpu_stats {
    struct call_count call[CALL_SLOTS]; /* by open addressing; the vCPU's */
    pthread_t sampler;
    _Atomic bool stop;
    _Atomic uint64_t samples[ACTIVITY_COUNT + 1];
};

/* --- Time --- */

static void *sample(void *opaque)
{
    struct cpu *cpu = opaque;
    struct cpu_stats *stats = cpu->stats;
    const struct timespec period = {.tv_nsec = PERIOD_NS};

    while (!atomic_load(&stats->stop)) {
        unsigned activity = __atomic_load_n(&cpu->mmu.activity, __ATOMIC_RELAXED);

        nanosleep(&period, NULL);
        if (atomic_load(&cpu->asleep) || !atomic_load(&cpu->running))
            activity = ASLEEP;
        atomic_fetch_add_explicit(&stats->samples[activity], 1, memory_order_relaxed);
    }
    return NULL;
}

bool stats_init(struct cpu *cpu)
{
    if (!log_on(cpu->log, LOG_STATS))
        return true;
    cpu->stats = calloc(1, sizeof(*cpu->stats));
    if (cpu->stats && pthread_create(&cpu->stats->sampler, NULL, sample, cpu) == 0)
        return true;
    free(cpu->stats);
    cpu->stats = NULL;
    return false;
}

void stats_fini(struct cpu *cpu)
{
    if (!cpu->stats)
        return;
    atomic_store(&cpu->stats->stop, true);
    pthread_join(cpu->stats->sampler, NULL);
    free(cpu->stats);
    cpu->stats = NULL;
}

static void print_times(const struct cpu_stats *stats, FILE *file)
{
    static const char *const names[] = {
        [ACTIVITY_INTERPRETER] = "interpreter", [ACTIVITY_TRANSLATOR] = "translator",
        [ACTIVITY_COMPILER] = "compiler",       [ACTIVITY_CODE] = "generated code",
        [ACTIVITY_CALL] = "C that it calls",    [ACTIVITY_WALKER] = "table walks",
        [ACTIVITY_DEVICE] = "devices",          [ASLEEP] = "asleep",
    };
    uint64_t sum = 0;

    for (unsigned i = 0; i <= ACTIVITY_COUNT; i++)
        sum += stats->samples[i];
    fputs("time of the vCPU:", file);
    for (unsigned i = 0; i <= ACTIVITY_COUNT; i++)
        fprintf(file, "%s %s %.1f%%", i ? "," : "", names[i],
                sum ? 100.0 * (double)stats->samples[i] / (double)sum : 0);
    fprintf(file, " of %" PRIu64 " samples\n", sum);
}

/* --- Calls --- */

static bool is_helper(const struct uop *uop)
{
    return uop->op == UOP_call || uop->op == UOP_calle || uop->op == UOP_copy ||
           uop->op == UOP_fill;
}

/* The operation; a helper has no name here, so it is called by an instruction that it works for. */
static void name_call(struct cpu *cpu, const struct uop *uop, const struct block *block,
                      struct call_count *call)
{
    char text[96];
    uint32_t word;

    if (!is_helper(uop)) {
        snprintf(call->name, sizeof(call->name), "%s", uop_info[uop->op].name);
    } else if (bus_read_ram(cpu->bus, block->phys + 4u * uop->insn, &word, sizeof(word))) {
        disasm(word, 0, text, sizeof(text));
        if (*text == '(') /* not known */
            snprintf(text, sizeof(text), "0x%08x", word);
        snprintf(call->name, sizeof(call->name), "helper of \"%.26s\"", text);
    }
}

void stats_count_call(struct cpu *cpu, const struct uop *uop, const struct block *block)
{
    uint64_t key = is_helper(uop) ? uop->imm : uop->op + 1u;
    uint64_t at = key * 0x9e3779b97f4a7c15ull >> 40;
    struct call_count *call;

    for (unsigned tries = 0; tries < CALL_SLOTS; tries++, at++) {
        call = &cpu->stats->call[at % CALL_SLOTS];
        if (!call->key) {
            call->key = key;
            name_call(cpu, uop, block, call);
        }
        if (call->key == key) {
            call->count++;
            return;
        }
    }
}

static int by_count(const void *a, const void *b)
{
    const struct call_count *const *x = a, *const *y = b;

    return ((*x)->count < (*y)->count) - ((*x)->count > (*y)->count);
}

static void print_calls(const struct cpu *cpu, FILE *file)
{
    const struct cpu_stats *stats = cpu->stats;
    const struct call_count *sorted[CALL_SLOTS];
    uint64_t sum = 0;
    unsigned used = 0;

    for (unsigned i = 0; i < CALL_SLOTS; i++)
        if (stats->call[i].key)
            sorted[used++] = &stats->call[i];
    qsort(sorted, used, sizeof(*sorted), by_count);
    for (unsigned i = 0; i < used; i++)
        sum += sorted[i]->count;
    fprintf(file, "returns that were not foreseen: %" PRIu64 "\n",
            jit_stats(cpu).exits[JIT_EXIT_RETURN]);
    fprintf(file, "compiled code has called C %" PRIu64 " times:", sum);
    for (unsigned i = 0; i < used && i < CALLS_TOP; i++)
        fprintf(file, "%s %s %" PRIu64, i ? "," : "", sorted[i]->name, sorted[i]->count);
    fputc('\n', file);
}

/* --- The report --- */

static double ratio(uint64_t a, uint64_t b)
{
    return b ? (double)a / (double)b : 0;
}

static void print_blocks(const struct cpu *cpu, FILE *file)
{
    struct block_stats stats = block_cache_stats(cpu);

    fprintf(file,
            "blocks: %" PRIu64 " translated (%" PRIu64 " instructions, %" PRIu64
            " micro-ops), %" PRIu64 " KiB held\n",
            stats.translated, stats.insns, stats.uops, (uint64_t)(stats.bytes / KIB));
    fprintf(file,
            "  %" PRIu64 " dropped: %" PRIu64 " by stores, %" PRIu64 " by IC IVAU, %" PRIu64
            " by IC IALLU and resets, %" PRIu64 " to reclaim memory (%" PRIu64 " times)\n",
            stats.invalidated, stats.invalidated - stats.by_line - stats.by_all - stats.by_eviction,
            stats.by_line, stats.by_all, stats.by_eviction, stats.evicted);
}

static void print_code(const struct cpu *cpu, FILE *file)
{
    struct jit_stats stats = jit_stats(cpu);
    char host[128];

    fprintf(file,
            "compiled: %" PRIu64 " regions, %.1f blocks each; %" PRIu64 " dropped, %" PRIu64
            " of them to reclaim memory (%" PRIu64 " times)\n",
            stats.compiled, ratio(stats.blocks, stats.compiled), stats.dropped, stats.evicted,
            stats.flushes);
    fprintf(file,
            "  %.1f bytes for a guest instruction, %" PRIu64 " of %" PRIu64
            " KiB held; host features in use: %s\n",
            ratio(stats.code_bytes, stats.insns), (uint64_t)(stats.bytes / KIB),
            (uint64_t)(stats.room / KIB), host_features_print(&stats.host, host, sizeof(host)));
    fprintf(file,
            "  C was asked where to go on: links not ready %" PRIu64
            ", not in the jump cache or not compiled %" PRIu64 ", exceptions %" PRIu64 "\n",
            stats.exits[JIT_EXIT_LINK], stats.exits[JIT_EXIT_FIND],
            stats.exits[JIT_EXIT_EXCEPTION]);
    fprintf(file,
            "  left for the run loop: something pending %" PRIu64 ", target not compiled %" PRIu64
            "\n",
            stats.exits[JIT_EXIT_PENDING], stats.exits[JIT_EXIT_COLD]);
}

/* What each vCPU has for itself. */
static void print_own(const struct cpu *cpu, FILE *file)
{
    const struct mmu *mmu = &cpu->mmu;

    if (cpu->group->count > 1)
        fprintf(file, "CPU %u:\n", cpu->index);
    fprintf(file,
            "MMU: %" PRIu64 " translations in the slow path, %" PRIu64 " of them table walks; "
            "%" PRIu64 " accesses to devices\n",
            mmu->misses, mmu->walks, mmu->mmio);
    if (cpu->stats && cpu->jit)
        print_calls(cpu, file);
    if (cpu->stats)
        print_times(cpu->stats, file);
}

void cpu_print_stats(const struct cpu *cpu, FILE *file)
{
    print_blocks(cpu, file);
    if (cpu->jit)
        print_code(cpu, file);
    for (unsigned i = 0; i < cpu->group->count; i++)
        print_own(cpu->group->cpu[i], file);
}
