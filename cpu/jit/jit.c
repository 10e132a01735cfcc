/* Tier-up, and the memory compiled code lives in: mapped twice, writable here and executable there
 * (W^X), in segments that are filled and emptied in turn.
 *
 * All vCPUs of a group share the code. One of them compiles at a time (`lock`); which code leads
 * where, and what a block is part of, changes under the block cache's lock. */
#include "cpu/jit/jit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/disasm.h"
#include "cpu/group.h"
#include "cpu/jit/code.h"
#include "cpu/jit/crash.h"
#include "cpu/jit/dump.h"
#include "cpu/jit/perf.h"

#define THUNK_BYTES  4096
#define SEGMENTS     8
#define UOP_BYTES    256 /* of code that a micro-op rarely exceeds */
#define HOT_RUNS     100 /* interpreted so often, a block is compiled */
#define DROPPED_RUNS 50  /* what one that was compiled is taken to have run */
#define RETRY_RUNS   10  /* more, before a block is compiled while another vCPU compiles */

struct segment {
    struct jit_region *regions;
    size_t used;
};

struct jit {
    pthread_mutex_t lock;
    uint8_t *rw, *rx; /* the two views */
    size_t bytes, segment_bytes;
    unsigned region_uops; /* regions with more would hardly fit in a segment */
    struct segment segment[SEGMENTS];
    unsigned filling; /* the segment that code goes to; what the next one has is dropped */
    uint64_t retired; /* since this (group_retire) */
    struct thunks thunks;
    struct host_features host;
    struct lower lower;
    struct region region;
    unsigned sites;   /* numbered so far: struct lower */
    uint32_t last_id; /* given to a region; what is left of an old frame cannot be that old */
    struct jit_stats stats;
    struct perf *perf;           /* NULL without -perfmap and -jitdump */
    struct mmu_journal *journal; /* of -engine check */
};

static uop_fn heat;

/* The block is interpreted until it has proved warm; -engine check compiles what it compares when
 * it first runs. A gated block stays cold, so that no region has it. */
static void cool(struct cpu *cpu, struct block *block, uint32_t runs)
{
    bool tiered = cpu->engine == ENGINE_JIT && !block->gated;

    block->runs = tiered ? runs : 0;
    block->entry = cpu->jit->thunks.link;
    block->uop[0].fn = tiered ? heat : uop_info[block->uop[0].op].fn;
}

void jit_block_created(struct cpu *cpu, struct block *block)
{
    cool(cpu, block, 0);
}

/* --- Dropping code --- */

static void leave_region(struct jit_member *member)
{
    struct jit_member **at = &member->block->regions;

    while (*at != member)
        at = &(*at)->next;
    *at = member->next;
}

/* What leads to the region no longer does. Its memory stays: it may be running, or about to be
 * returned to. */
static void drop_region(struct cpu *cpu, struct jit_region *region)
{
    for (unsigned i = 0; i < region->count; i++) {
        struct block *block = region->member[i].block;
        const uint8_t *entry = block->entry;

        leave_region(&region->member[i]);
        if (entry >= region->code && entry < region->end)
            cool(cpu, block, DROPPED_RUNS);
    }
    region->count = 0;
    cpu->jit->stats.dropped++;
    group_unwind(cpu);
}

void jit_block_dropped(struct cpu *cpu, struct block *block)
{
    while (block->regions)
        drop_region(cpu, block->regions->region);
    block->entry = cpu->jit->thunks.link;
}

static void drop_regions(struct cpu *cpu, struct segment *segment)
{
    block_lock(cpu);
    for (struct jit_region *region = segment->regions; region; region = region->next) {
        cpu->jit->stats.evicted += region->count != 0;
        if (region->count)
            drop_region(cpu, region);
    }
    block_unlock(cpu);
}

/* All that it has was dropped, and no vCPU is in it. */
static void empty_segment(struct jit *jit, struct segment *segment)
{
    while (segment->regions) {
        struct jit_region *region = segment->regions;

        segment->regions = region->next;
        free((void *)(uintptr_t)region->place);
        free(region);
    }
    if (segment->used)
        jit->stats.flushes++;
    segment->used = 0;
}

/* Code goes to the next segment, and the one behind it is retired. False: some vCPU may still be in
 * the next one. */
static bool next_segment(struct cpu *cpu)
{
    struct jit *jit = cpu->jit;
    struct segment *oldest;

    if (!group_passed(cpu, jit->retired))
        return false;
    jit->filling = (jit->filling + 1) % SEGMENTS;
    empty_segment(jit, &jit->segment[jit->filling]);
    oldest = &jit->segment[(jit->filling + 1) % SEGMENTS];
    if (!oldest->used)
        return true;
    drop_regions(cpu, oldest);
    jit->retired = group_retire(cpu);
    return true;
}

/* --- Compiling --- */

static void log_line_of_code(void *opaque, const char *text)
{
    struct cpu *cpu = opaque;

    log_at(cpu->log, LOG_OUT_ASM, cpu->pc, "%s", text);
}

bool jit_guard_holds(struct cpu *cpu, struct jit_region *region)
{
    for (unsigned i = 0; i < region->pages; i++) {
        const uint8_t *host;
        uint64_t phys;

        if (!mmu_fetch(&cpu->mmu, cpu->pc + (uint64_t)region->page[i].offset, &phys, &host) ||
            phys != region->page[i].phys ||
            region->page[i].guarded != !!(block_mode_of_page(cpu) & MODE_GUARDED)) {
            block_lock(cpu);
            if (region->count)
                drop_region(cpu, region);
            block_unlock(cpu);
            return false;
        }
    }
    block_update_mode(cpu); /* a fetch may make a context the bank's own */
    cpu->guard[region->id % JIT_GUARDS] = (struct jit_guard){cpu->context, cpu->pc, region->id};
    return true;
}

/* Did none of its blocks go while it was compiled? */
static bool all_live(const struct region *region)
{
    for (unsigned i = 0; i < region->count; i++)
        if (!block_is_live(region->node[i].block))
            return false;
    return true;
}

/* The blocks are part of the region, and entered where it has a way in. Under the block cache's
 * lock. */
static void install(struct cpu *cpu, struct jit_region *installed)
{
    const struct lower *l = &cpu->jit->lower;

    cpu->guard[l->id % JIT_GUARDS] = (struct jit_guard){cpu->context, l->region->va, l->id};
    installed->id = l->id;
    installed->pages = l->region->pages;
    memcpy(installed->page, l->region->page, sizeof(installed->page));
    for (unsigned i = 0; i < l->region->count; i++) {
        struct jit_member *member = &installed->member[i];
        struct block *block = l->region->node[i].block;

        *member = (struct jit_member){installed, block, block->regions, l->region->node[i].offset};
        block->regions = member;
    }
    for (unsigned i = 0; i < l->entries; i++) {
        struct block *block = l->entry[i].block;

        if (i && block->entry != cpu->jit->thunks.link)
            continue; /* it is the head of a region of its own */
        block->entry = l->entry[i].at + l->to_rx;
        block->uop[0].fn = (uop_fn *)(uintptr_t)cpu->jit->thunks.enter;
    }
}

/* What has to be known of the code that was written. */
static void describe(struct jit_region *region, const struct lower *l)
{
    size_t size = l->places * sizeof(struct lower_place);
    struct lower_place *place = malloc(size);

    region->code = l->start + l->to_rx;
    region->end = l->code.at + l->to_rx;
    region->pc = l->region->va;
    region->count = region->nodes = l->region->count;
    region->places = place ? l->places : 0; /* without them it is less well described */
    region->place = place;
    if (place)
        memcpy(place, l->place, size);
}

static void count_region(struct jit *jit, const struct jit_region *installed)
{
    jit->stats.compiled++;
    jit->stats.blocks += installed->count;
    for (unsigned i = 0; i < installed->count; i++)
        jit->stats.insns += installed->member[i].block->insns;
    jit->stats.code_bytes += (uint64_t)(installed->end - installed->code);
}

/* The code that was written becomes a region. False: a block of it has been dropped meanwhile. */
static bool finish_region(struct cpu *cpu, struct segment *segment, struct jit_region *region)
{
    struct jit *jit = cpu->jit;
    const struct lower *l = &jit->lower;
    size_t start = (size_t)(l->start - jit->rw);
    bool live;

    block_lock(cpu);
    live = all_live(l->region);
    if (live) {
        describe(region, l);
        install(cpu, region);
    }
    block_unlock(cpu);
    if (!live)
        return false;
    region->next = segment->regions;
    segment->regions = region;
    segment->used += align_up((uint64_t)(l->code.at - jit->rw), 16) - start;
    count_region(jit, region);
    if (jit->perf)
        code_tell_region(jit->perf, cpu->log, region);
    if (log_on(cpu->log, LOG_OUT_ASM))
        disasm_host(region->code, (size_t)(region->end - region->code), (uintptr_t)region->code,
                    log_line_of_code, cpu);
    return true;
}

static bool compile_in_segment(struct cpu *cpu, struct segment *segment)
{
    struct jit *jit = cpu->jit;
    struct lower *l = &jit->lower;
    size_t start = THUNK_BYTES + (size_t)(segment - jit->segment) * jit->segment_bytes;
    uint8_t *code = jit->rw + start + segment->used;
    struct jit_region *region;
    bool written;

    memset(l, 0, offsetof(struct lower, stub));
    l->code = (struct x64){.at = code, .end = jit->rw + start + jit->segment_bytes};
    l->cpu = cpu;
    l->thunks = &jit->thunks;
    l->host = &jit->host;
    l->to_rx = jit->rx - jit->rw;
    l->region = &jit->region;
    l->id = jit->last_id = jit->last_id % INT32_MAX + 1;
    l->sites = &jit->sites;
    l->alone = cpu->engine == ENGINE_CHECK;
    region = malloc(sizeof(*region) + l->region->count * sizeof(struct jit_member));
    if (!region)
        return false;
    l->installed = region;
    written = lower_region(l);
    if (!written || !finish_region(cpu, segment, region))
        free(region);
    return written;
}

enum compiled {
    COMPILED,
    TOO_LARGE,
    NO_ROOM, /* for now */
};

static enum compiled compile(struct cpu *cpu, struct block *block, unsigned uops)
{
    struct jit *jit = cpu->jit;

    region_form(cpu, block, uops, &jit->region);
    if (log_on(cpu->log, LOG_REGION))
        dump_region(cpu, &jit->region);
    if (compile_in_segment(cpu, &jit->segment[jit->filling]))
        return COMPILED;
    if (!next_segment(cpu))
        return NO_ROOM;
    return compile_in_segment(cpu, &jit->segment[jit->filling]) ? COMPILED : TOO_LARGE;
}

void jit_compile(struct cpu *cpu, struct block *block)
{
    struct jit *jit = cpu->jit;
    enum compiled done;
    uint8_t before;

    if (pthread_mutex_trylock(&jit->lock))
        return;
    before = mmu_activity(&cpu->mmu, ACTIVITY_COMPILER);
    done = compile(cpu, block, jit->region_uops);
    if (done == TOO_LARGE)
        done = compile(cpu, block, 0);
    if (done == TOO_LARGE) /* even alone: interpreted */
        block->uop[0].fn = uop_info[block->uop[0].op].fn;
    mmu_activity(&cpu->mmu, before);
    pthread_mutex_unlock(&jit->lock);
}

/* The block is entered again, from the run loop. */
static const struct uop *start_over(struct cpu *cpu, const struct block *block)
{
    cpu->instructions -= block->insns;
    return NULL;
}

/* Before code is made for a mode, one that tells more of FPSR takes its place: MODE_INEXACT. */
static const struct uop *heat(struct cpu *cpu, const struct uop *uop)
{
    struct block *block = cpu->block;

    uint32_t runs = atomic_load_explicit(&block->runs, memory_order_relaxed) + 1;

    atomic_store_explicit(&block->runs, runs, memory_order_relaxed);
    if (runs >= HOT_RUNS) {
        block_update_mode(cpu);
        if (cpu->mode != (block->mode & ~(uint32_t)MODE_GUARDED))
            return start_over(cpu, block);
        atomic_store(&cpu->aside, true); /* the compiler uses no TLB and no memory of the guest */
        jit_compile(cpu, block);
        atomic_store(&cpu->aside, false);
        if (atomic_load(&cpu->pending) & PENDING_MAIL)
            return start_over(cpu, block);
        if (uop->fn != heat)
            return uop->fn(cpu, uop);
        atomic_store_explicit(&block->runs, HOT_RUNS - RETRY_RUNS, memory_order_relaxed);
    }
    return uop_info[uop->op].fn(cpu, uop);
}

/* --- Life --- */

/* Both views are of anonymous shared memory: perf looks up names of code in such only. */
static bool map_code(struct jit *jit, struct err *err)
{
    jit->rw = mmap(NULL, jit->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (jit->rw == MAP_FAILED)
        return err_set(err, "no memory for compiled code (%llu MiB)", jit->bytes / MIB);
    jit->rx = mremap(jit->rw, 0, jit->bytes, MREMAP_MAYMOVE); /* a second mapping */
    return (jit->rx != MAP_FAILED && mprotect(jit->rx, jit->bytes, PROT_READ | PROT_EXEC) == 0) ||
           err_set(err, "the host does not let memory be executed; use -engine interp");
}

static void divide_code(struct jit *jit, bool alone)
{
    jit->segment_bytes = (jit->bytes - THUNK_BYTES) / SEGMENTS & ~(size_t)15;
    jit->region_uops = (unsigned)(jit->segment_bytes / UOP_BYTES);
    if (jit->region_uops > REGION_UOPS)
        jit->region_uops = REGION_UOPS;
    if (alone)
        jit->region_uops = 0;
}

bool jit_init(struct cpu *cpu, const struct jit_config *config, struct err *err)
{
    struct jit *jit = calloc(1, sizeof(*jit));
    struct x64 code;

    cpu->jit = jit;
    if (!jit)
        return err_set(err, "out of memory for the JIT");
    pthread_mutex_init(&jit->lock, NULL);
    jit->bytes = (config->code_mib ? config->code_mib : JIT_MIB_DEFAULT) * MIB;
    if (!map_code(jit, err))
        return false;
    divide_code(jit, cpu->engine == ENGINE_CHECK);
    jit->host = host_features_without(host_features(), &config->masked);
    code = (struct x64){.at = jit->rw, .end = jit->rw + THUNK_BYTES};
    if (!thunks_write(&code, jit->rx, cpu->stats ? &jit->stats.exits[JIT_EXIT_RETURN] : NULL,
                      &jit->thunks))
        return err_set(err, "the JIT's thunks do not fit in a page");
    if (config->perfmap || config->jitdump) {
        jit->perf = perf_open(config->perfmap, config->jitdump, err);
        if (!jit->perf)
            return false;
        code_tell_thunks(jit->perf, &jit->thunks, code.at + (jit->rx - jit->rw));
    }
    block_none(cpu)->entry = jit->thunks.link;
    if (cpu->engine == ENGINE_CHECK)
        jit->journal = calloc(1, sizeof(*jit->journal));
    return cpu->engine != ENGINE_CHECK || jit->journal ||
           err_set(err, "out of memory for -engine check");
}

void jit_fini(struct cpu *cpu)
{
    struct jit *jit = cpu->jit;

    if (!jit)
        return;
    for (unsigned i = 0; i < SEGMENTS; i++)
        empty_segment(jit, &jit->segment[i]);
    if (jit->rw && jit->rw != MAP_FAILED)
        munmap(jit->rw, jit->bytes);
    if (jit->rx && jit->rx != MAP_FAILED)
        munmap(jit->rx, jit->bytes);
    perf_close(jit->perf);
    pthread_mutex_destroy(&jit->lock);
    free(jit->journal);
    free(jit);
    cpu->jit = NULL;
}

void *jit_thread_begin(struct cpu *cpu)
{
    void *stack = cpu->jit ? malloc(CRASH_STACK_BYTES) : NULL;

    if (stack)
        crash_watch(cpu, stack);
    return stack;
}

void jit_thread_end(void *stack)
{
    if (stack)
        crash_unwatch();
    free(stack);
}

bool jit_has_code(const struct cpu *cpu, const void *host)
{
    const struct jit *jit = cpu->jit;
    const uint8_t *at = host;

    return jit && at >= jit->rx && at < jit->rx + jit->bytes;
}

const struct jit_region *jit_region_at(const struct cpu *cpu, const void *host)
{
    const uint8_t *at = host;

    for (unsigned i = 0; jit_has_code(cpu, host) && i < SEGMENTS; i++)
        for (const struct jit_region *r = cpu->jit->segment[i].regions; r; r = r->next)
            if (at >= r->code && at < r->end)
                return r;
    return NULL;
}

const struct thunks *jit_thunks(const struct cpu *cpu)
{
    return &cpu->jit->thunks;
}

void jit_set_host(struct cpu *cpu, const struct host_features *host)
{
    cpu->jit->host = *host;
}

void jit_count(struct cpu *cpu, enum jit_exit exit)
{
    cpu->jit->stats.exits[exit]++;
}

struct mmu_journal *jit_journal(struct cpu *cpu)
{
    return cpu->jit->journal;
}

struct jit_stats jit_stats(const struct cpu *cpu)
{
    struct jit_stats stats = {0};

    if (cpu->jit) {
        stats = cpu->jit->stats;
        stats.host = cpu->jit->host;
        stats.room = SEGMENTS * cpu->jit->segment_bytes;
        for (unsigned i = 0; i < SEGMENTS; i++)
            stats.bytes += cpu->jit->segment[i].used;
    }
    return stats;
}
