/* The vCPU: creation, reset, the run loop, and what other threads may ask of it. See cpu.h. */
#include "cpu/cpu.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/engine.h"
#include "cpu/exception.h"
#include "cpu/gic.h"
#include "cpu/group.h"
#include "cpu/jit/jit.h"
#include "cpu/model.h"
#include "cpu/pmu.h"
#include "cpu/stats.h"
#include "cpu/sysreg.h"

#define WATCH_SPINS 500 /* looks at a monitored address */

/* --- Other threads --- */

void cpu_request(struct cpu *cpu, uint32_t pending)
{
    atomic_fetch_or(&cpu->pending, pending);
    if (atomic_load(&cpu->asleep)) {
        pthread_mutex_lock(&cpu->wait_lock); /* it waits, or has not looked yet */
        pthread_mutex_unlock(&cpu->wait_lock);
        pthread_cond_broadcast(&cpu->wait_cond); /* who wakes finds the lock free */
    }
}

void cpu_irq(void *opaque, unsigned line, bool level)
{
    struct cpu *cpu = opaque;
    uint32_t bit = line ? CPU_LINE_FIQ : CPU_LINE_IRQ;

    if (!level)
        atomic_fetch_and(&cpu->lines, ~bit);
    else if (!(atomic_fetch_or(&cpu->lines, bit) & bit))
        cpu_request(cpu, PENDING_IRQ);
}

void cpu_stop(struct cpu *cpu)
{
    cpu_request(cpu, PENDING_STOP);
}

void cpu_pause(struct cpu *cpu)
{
    cpu_request(cpu, PENDING_PAUSE);
    pthread_mutex_lock(&cpu->wait_lock);
    while (cpu->running && !cpu->paused && (atomic_load(&cpu->pending) & PENDING_PAUSE))
        pthread_cond_wait(&cpu->wait_cond, &cpu->wait_lock);
    pthread_mutex_unlock(&cpu->wait_lock);
}

void cpu_resume(struct cpu *cpu)
{
    atomic_fetch_and(&cpu->pending, ~(uint32_t)PENDING_PAUSE);
    pthread_mutex_lock(&cpu->wait_lock);
    pthread_cond_broadcast(&cpu->wait_cond);
    pthread_mutex_unlock(&cpu->wait_lock);
}

uint64_t cpu_instructions(const struct cpu *cpu)
{
    return __atomic_load_n(&cpu->instructions, __ATOMIC_RELAXED);
}

static void drop_writes(void *opaque, uint64_t ticket)
{
    struct cpu *cpu = opaque;

    atomic_store(&cpu->drop_ticket, ticket);
    cpu_request(cpu, PENDING_DROP_WRITES);
}

/* log_pc_fn: devices and the MMU are called on a vCPU's thread, by the instruction the engine has
 * noted. */
static bool where(void *opaque, uint64_t *pc)
{
    const struct cpu_group *group = opaque;

    for (unsigned i = 0; i < group->count; i++) {
        const struct cpu *cpu = group->cpu[i];

        if (!atomic_load(&cpu->running) || !pthread_equal(cpu->thread, pthread_self()))
            continue;
        *pc = cpu->pc + 4u * cpu->insn;
        return true;
    }
    return false;
}

/* Of floating-point numbers. Compiled code has set FPSR; MXCSR may still be the guest's: no
 * host arithmetic here. */
static void sync_comparison(struct cpu *cpu, enum lazy_kind kind)
{
    struct fp_status status = {.fpcr = cpu->fp.fpcr};
    enum fp_format format = kind == LAZY_FCMP64 ? FP_DOUBLE : FP_SINGLE;
    unsigned flags = fp_compare(format, cpu->lazy.a, cpu->lazy.b, false, &status);

    cpu->lazy.kind = LAZY_NONE;
    cpu->nzcv.n = flags >> 3 & 1;
    cpu->nzcv.z = flags >> 2 & 1;
    cpu->nzcv.c = flags >> 1 & 1;
    cpu->nzcv.v = flags & 1;
}

void cpu_sync_flags(struct cpu *cpu)
{
    enum lazy_kind kind = cpu->lazy.kind & LAZY_KIND;
    unsigned shift = kind & 1 ? 0 : 32; /* words count from the top: their carry and sign as well */
    uint64_t a = cpu->lazy.a << shift, b = cpu->lazy.b << shift, result;

    if (kind == LAZY_NONE)
        return;
    if (kind >= LAZY_FCMP64) {
        sync_comparison(cpu, kind);
        return;
    }
    if (kind == LAZY_SUBI64 || kind == LAZY_SUBI32)
        b = (uint64_t)(cpu->lazy.kind >> LAZY_IMM_SHIFT) << shift;
    cpu->lazy.kind = LAZY_NONE;
    cpu->nzcv.word = 0;
    if (kind >= LAZY_LOGIC64) {
        result = a;
    } else if (kind >= LAZY_ADD64) {
        result = a + b;
        cpu->nzcv.c = result < a;
        cpu->nzcv.v = (~(a ^ b) & (a ^ result)) >> 63;
    } else {
        result = a - b;
        cpu->nzcv.c = a >= b;
        cpu->nzcv.v = ((a ^ b) & (a ^ result)) >> 63;
    }
    cpu->nzcv.n = result >> 63;
    cpu->nzcv.z = result == 0;
}

/* --- The run loop --- */

static void acknowledge_drop(struct cpu *cpu)
{
    uint64_t ticket = atomic_load(&cpu->drop_ticket);

    atomic_fetch_and(&cpu->pending, ~(uint32_t)PENDING_DROP_WRITES);
    mmu_drop_writes(&cpu->mmu, ~0ull);
    atomic_store(&cpu->watcher.acked, ticket);
}

static void stand_still(struct cpu *cpu)
{
    pthread_mutex_lock(&cpu->wait_lock);
    cpu->paused = true;
    atomic_store(&cpu->asleep, true);
    pthread_cond_broadcast(&cpu->wait_cond);
    while ((atomic_load(&cpu->pending) & (PENDING_PAUSE | PENDING_STOP)) == PENDING_PAUSE) {
        if (atomic_load(&cpu->pending) & PENDING_DROP_WRITES)
            acknowledge_drop(cpu);
        pthread_cond_wait(&cpu->wait_cond, &cpu->wait_lock);
    }
    atomic_store(&cpu->asleep, false);
    cpu->paused = false;
    pthread_mutex_unlock(&cpu->wait_lock);
}

/* Does what cpu->pending asks for; false: leave the loop. */
static bool service(struct cpu *cpu, uint32_t pending)
{
    enum vector vector;

    if (pending & PENDING_STOP)
        return false;
    if (pending & PENDING_DROP_WRITES)
        acknowledge_drop(cpu);
    if (pending & PENDING_TIMER) {
        atomic_fetch_and(&cpu->pending, ~(uint32_t)PENDING_TIMER);
        timer_evaluate(cpu);
        pmu_evaluate(cpu);
    }
    if (pending & PENDING_PAUSE) {
        stand_still(cpu);
        pending = atomic_load(&cpu->pending); /* what came meanwhile counts as done */
    }
    if (pending & PENDING_MAIL)
        group_collect(cpu);
    atomic_fetch_and(&cpu->pending, ~(uint32_t)(PENDING_UNWIND | PENDING_EVENT));
    group_pass(cpu); /* no compiled code is running */
    /* Cleared before the lines are read: a line that rises later sets it again. */
    atomic_fetch_and(&cpu->pending, ~(uint32_t)PENDING_IRQ);
    if (exception_interrupt_pending(cpu, &vector))
        exception_take(cpu, vector);
    return true;
}

/* Sleeps until an interrupt is pending, masked or not, or somebody wants something; `limit` ns at
 * most, which beyond INT64_MAX is for ever. */
static void sleep_until_wanted(struct cpu *cpu, uint64_t limit)
{
    struct timespec until;
    uint64_t ns;

    clock_gettime(CLOCK_MONOTONIC, &until);
    ns = (uint64_t)until.tv_nsec + limit;
    until.tv_sec += (time_t)(ns / 1000000000u);
    until.tv_nsec = (long)(ns % 1000000000u);
    pthread_mutex_lock(&cpu->wait_lock);
    atomic_store(&cpu->asleep, true);
    while (!atomic_load(&cpu->lines) && !atomic_load(&cpu->pending)) {
        if (limit > INT64_MAX)
            pthread_cond_wait(&cpu->wait_cond, &cpu->wait_lock);
        else if (pthread_cond_timedwait(&cpu->wait_cond, &cpu->wait_lock, &until))
            break;
    }
    atomic_store(&cpu->asleep, false);
    pthread_mutex_unlock(&cpu->wait_lock);
}

/* A store of another vCPU to the monitored address is an event for this one (DDI 0487, B2.12.2).
 * Nobody tells of stores, so it is looked for, until the host's core might do something better: an
 * event may come without reason. */
static void watch_monitored(struct cpu *cpu)
{
    for (unsigned i = 0; i < WATCH_SPINS && !atomic_load(&cpu->pending); i++) {
        if (!mmu_monitored_as_read(&cpu->mmu))
            return;
        __builtin_ia32_pause();
    }
    sched_yield();
}

static void wait_for_event(struct cpu *cpu)
{
    uint64_t limit = timer_ns_until(cpu, cpu->wake_at), period = timer_event_period(cpu);

    if (cpu->mmu.exclusive.size && cpu->group->count > 1) {
        watch_monitored(cpu);
        return;
    }
    atomic_store(&cpu->awaits_event, true);
    if (!atomic_load(&cpu->event))
        sleep_until_wanted(cpu, limit < period ? limit : period);
    atomic_store(&cpu->awaits_event, false);
    atomic_store(&cpu->event, false);
}

static void after_block(struct cpu *cpu)
{
    enum cpu_exit why = cpu->exit;

    cpu->exit = EXIT_NONE;
    switch (why) {
    case EXIT_NONE:
        break;
    case EXIT_EXCEPTION:
        exception_take(cpu, VECTOR_SYNC);
        break;
    case EXIT_WFI:
        sleep_until_wanted(cpu, timer_ns_until(cpu, cpu->wake_at));
        break;
    case EXIT_WFE:
        wait_for_event(cpu);
        break;
    case EXIT_DSB:
        group_sync(cpu);
        break;
    }
}

static void set_running(struct cpu *cpu, bool running)
{
    pthread_mutex_lock(&cpu->wait_lock);
    atomic_store(&cpu->running, running);
    atomic_store(&cpu->asleep, !running);
    pthread_cond_broadcast(&cpu->wait_cond);
    pthread_mutex_unlock(&cpu->wait_lock);
}

void cpu_run(struct cpu *cpu)
{
    void *crash_stack;

    cpu->thread = pthread_self();
    set_running(cpu, true);
    crash_stack = jit_thread_begin(cpu);
    for (;;) {
        uint32_t pending = atomic_load(&cpu->pending);
        struct block *block;

        if (pending && !service(cpu, pending))
            break;
        cpu->insn = 0;
        block = block_find(cpu);
        if (block) {
            if (log_on(cpu->log, LOG_EXEC))
                log_at(cpu->log, LOG_EXEC, cpu->pc, "block of %u instructions", block->insns);
            if (cpu->engine == ENGINE_CHECK)
                check_run(cpu, block);
            else
                interp_run(cpu, block);
        }
        after_block(cpu);
    }
    jit_thread_end(crash_stack);
    atomic_fetch_and(&cpu->pending, ~(uint32_t)PENDING_STOP);
    set_running(cpu, false);
}

/* --- Life --- */

void cpu_reset(struct cpu *cpu)
{
    memset(cpu->x, 0, sizeof(cpu->x));
    memset(cpu->v, 0, sizeof(cpu->v));
    memset(cpu->z_rest, 0, sizeof(cpu->z_rest));
    memset(cpu->p, 0, sizeof(cpu->p));
    memset(&cpu->fp, 0, sizeof(cpu->fp));
    memset(&cpu->sys, 0, sizeof(cpu->sys));
    memset(cpu->sp_bank, 0, sizeof(cpu->sp_bank));
    memset(cpu->elr, 0, sizeof(cpu->elr));
    memset(cpu->spsr, 0, sizeof(cpu->spsr));
    memset(cpu->esr, 0, sizeof(cpu->esr));
    memset(cpu->far, 0, sizeof(cpu->far));
    memset(cpu->vbar, 0, sizeof(cpu->vbar));
    cpu->pc = 0;
    cpu->nzcv.word = 0;
    cpu->el = 1;
    cpu->sp_sel = true;
    cpu->daif = 15;
    cpu->btype = 0;
    cpu->pan = cpu->uao = cpu->ssbs = cpu->dit = cpu->il = cpu->ss = cpu->tco = false;
    cpu->exit = EXIT_NONE;
    cpu->mmu.regs = (struct mmu_regs){.sctlr = 0x30c00980 | 1u << 20 /* TSCXT */};
    cpu->mmu.exclusive.size = 0;
    debug_reset(cpu);
    timer_reset(cpu);
    pmu_reset(cpu);
    if (cpu->gic)
        gic_reset(cpu->gic);
    if (cpu->group->cpu[0] == cpu)
        block_invalidate_all(cpu);
    pstate_set_el(cpu, 1, true);
    mmu_tlbi_all(&cpu->mmu);
    block_update_mode(cpu);
}

struct cpu *cpu_new(const struct cpu_config *config, struct err *err)
{
    struct cpu *cpu = aligned_alloc(64, align_up(sizeof(*cpu), 64));
    pthread_condattr_t monotonic;

    if (!cpu) {
        err_set(err, "out of memory for the vCPU");
        return NULL;
    }
    memset(cpu, 0, sizeof(*cpu));
    pthread_mutex_init(&cpu->wait_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&cpu->wait_cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    cpu->model = model_new(config->model, &config->properties);
    cpu->engine = config->engine;
    cpu->index = config->index;
    cpu->affinity = config->affinity;
    cpu->bus = config->bus;
    cpu->clock = config->clock;
    cpu->log = config->log;
    cpu->hooks = config->hooks;
    cpu->gic = config->gic;
    assert(!cpu->gic == !config->properties.gicv3);
    if (!cpu->model) {
        err_usage(err, "unknown CPU model \"%s\"; `-cpu help` lists the accepted ones",
                  config->model);
        goto failed;
    }
    _Static_assert(ID_COUNT <= ARRAY_SIZE(cpu->id), "the ID registers fit");
    model_id_registers(cpu->model, cpu->id);
    if (!mmu_init(&cpu->mmu, cpu->bus, cpu->log)) {
        err_set(err, "out of memory for the TLB");
        goto failed;
    }
    cpu->mmu.cpu_index = cpu->index;
    atomic_store(&cpu->asleep, true);
    if (!group_join(cpu, config->peer)) {
        err_set(err, "out of memory for the vCPU, or more than %u of them", CPUS_MAX);
        goto failed;
    }
    debug_init(cpu);
    cpu->mmu.small_tables = model_has(cpu->model, FEAT_TTST);
    cpu->mmu.physical_bits = model_physical_bits(cpu->model);
    if (!block_init(cpu, err) || (!config->peer && !block_cache_init(cpu, err)))
        goto failed;
    if (!stats_init(cpu)) {
        err_set(err, "out of memory or threads for -d stats");
        goto failed;
    }
    if (!config->peer && cpu->engine != ENGINE_INTERP && !jit_init(cpu, &config->jit, err))
        goto failed;
    timer_init(cpu, config);
    pmu_init(cpu, config);
    cpu->watcher.drop_writes = drop_writes;
    cpu->watcher.code_written = config->peer ? NULL : block_code_written;
    cpu->watcher.opaque = cpu;
    bus_watch(cpu->bus, &cpu->watcher);
    if (cpu->log)
        log_set_pc(cpu->log, where, cpu->group);
    cpu_reset(cpu);
    return cpu;
failed:
    cpu_free(cpu);
    return NULL;
}

void cpu_free(struct cpu *cpu)
{
    if (!cpu)
        return;
    if (cpu->log)
        log_set_pc(cpu->log, NULL, NULL);
    stats_fini(cpu);
    pmu_fini(cpu);
    timer_fini(cpu);
    if (!cpu->group || cpu->group->count == 1) {
        jit_fini(cpu);
        block_cache_fini(cpu);
    }
    block_fini(cpu);
    group_leave(cpu);
    mmu_fini(&cpu->mmu);
    pthread_cond_destroy(&cpu->wait_cond);
    pthread_mutex_destroy(&cpu->wait_lock);
    free(cpu->model);
    free(cpu);
}

/* --- Debugger's and loader's view --- */

static bool access_virtual(struct cpu *cpu, uint64_t va, void *data, size_t size, bool write)
{
    struct mmu_fault saved = cpu->mmu.fault;
    bool ok = true;

    while (size && ok) {
        size_t piece = PAGE_SIZE - (va & (PAGE_SIZE - 1));
        struct translation tr;

        if (piece > size)
            piece = size;
        ok = mmu_translate(&cpu->mmu, va, ACCESS_READ, 1, false, &tr) &&
             (write ? bus_write_ram(cpu->bus, tr.phys, data, piece)
                    : bus_read_ram(cpu->bus, tr.phys, data, piece));
        va += piece;
        data = (uint8_t *)data + piece;
        size -= piece;
    }
    cpu->mmu.fault = saved;
    return ok;
}

bool cpu_read_virtual(struct cpu *cpu, uint64_t va, void *data, size_t size)
{
    return access_virtual(cpu, va, data, size, false);
}

bool cpu_write_virtual(struct cpu *cpu, uint64_t va, const void *data, size_t size)
{
    return access_virtual(cpu, va, (void *)(uintptr_t)data, size, true);
}

void cpu_dump(const struct cpu *cpu, FILE *file)
{
    for (unsigned i = 0; i < 31; i++)
        fprintf(file, "X%-2u %016llx%s", i, (unsigned long long)cpu->x[i],
                i % 4 == 3 ? "\n" : "  ");
    fprintf(file, "SP  %016llx\n", (unsigned long long)cpu->x[SLOT_SP]);
    fprintf(file, "PC  %016llx  PSTATE %08llx (EL%u%c %c%c%c%c DAIF %x)\n",
            (unsigned long long)cpu->pc, (unsigned long long)pstate_get(cpu), cpu->el,
            cpu->sp_sel ? 'h' : 't', cpu->nzcv.n ? 'N' : '-', cpu->nzcv.z ? 'Z' : '-',
            cpu->nzcv.c ? 'C' : '-', cpu->nzcv.v ? 'V' : '-', cpu->daif);
    fprintf(file, "SCTLR_EL1 %016llx  TCR_EL1 %016llx  MAIR_EL1 %016llx\n",
            (unsigned long long)cpu->mmu.regs.sctlr, (unsigned long long)cpu->mmu.regs.tcr,
            (unsigned long long)cpu->mmu.regs.mair);
    fprintf(file, "TTBR0_EL1 %016llx  TTBR1_EL1 %016llx  VBAR_EL1 %016llx\n",
            (unsigned long long)cpu->mmu.regs.ttbr0, (unsigned long long)cpu->mmu.regs.ttbr1,
            (unsigned long long)cpu->vbar[1]);
    fprintf(file, "ESR_EL1 %016llx  FAR_EL1 %016llx  ELR_EL1 %016llx  SPSR_EL1 %08llx\n",
            (unsigned long long)cpu->esr[1], (unsigned long long)cpu->far[1],
            (unsigned long long)cpu->elr[1], (unsigned long long)cpu->spsr[1]);
    if (model_has(cpu->model, FEAT_SVE))
        fprintf(file, "ZCR_EL1 %016llx  CPACR_EL1 %016llx  VL %u\n",
                (unsigned long long)cpu->sys.zcr, (unsigned long long)cpu->sys.cpacr,
                128 * mode_parts(cpu->mode));
}

const char *engine_name(enum engine engine)
{
    static const char *const names[] = {"interpreter", "jit", "check"};

    return names[engine];
}
