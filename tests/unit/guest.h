/* A machine for tests of the CPU: RAM, a stepped clock, one vCPU on the engine that the test names.
 * HLT #0xf000 stops it. Programs are words (asm.h) put into RAM. */
#ifndef ULNA_TESTS_UNIT_GUEST_H
#define ULNA_TESTS_UNIT_GUEST_H

#include "asm.h"
#include "base/clock.h"
#include "cpu/block.h"
#include "cpu/cpu.h"
#include "cpu/exception.h"
#include "cpu/jit/jit.h"
#include "cpu/sysreg.h"
#include "fakes.h"
#include "tables.h"
#include "tests/masked.h"

#define CODE    (RAM_BASE + 0x10000)
#define VECTORS (RAM_BASE + 0x20000)
#define DATA    (RAM_BASE + 0x30000)

struct guest {
    struct fake_log log;
    struct clock *clock;
    struct bus *bus;
    struct cpu *cpu;
    struct fake_irq timer[2]; /* enum: TIMER_PHYS, TIMER_VIRT */
    struct fake_irq pmu;
    unsigned stops;
    unsigned hvc; /* the immediate that the hook saw last */
};

static inline bool guest_hlt(void *opaque, struct cpu *cpu)
{
    struct guest *g = opaque;

    g->stops++;
    cpu_stop(cpu);
    return true;
}

/* Immediates below 0x100 are handled. */
static inline bool guest_hvc(void *opaque, struct cpu *cpu, uint16_t imm)
{
    struct guest *g = opaque;

    g->hvc = imm;
    cpu->x[0] = 0x600d;
    return imm < 0x100;
}

/* The config says what the vCPU is, without what is around it. log: categories (base/log.h) beside
 * those that fake_log_open() takes. */
static inline void guest_open_config(struct guest *g, struct cpu_config config, uint32_t log)
{
    struct err err;

    memset(g, 0, sizeof(*g));
    fake_log_open(&g->log);
    log_set_mask(g->log.log, LOG_GUEST_ERRORS | LOG_UNIMP | log);
    g->clock = clock_new_stepped();
    g->bus = bus_with_ram();
    config.bus = g->bus;
    config.clock = g->clock;
    config.log = g->log.log;
    config.hooks.semihosting = guest_hlt;
    config.hooks.semihosting_opaque = g;
    config.hooks.hvc = guest_hvc;
    config.hooks.opaque = g;
    config.timer_phys = fake_irq_line(g->timer, TIMER_PHYS);
    config.timer_virt = fake_irq_line(g->timer, TIMER_VIRT);
    config.pmu = fake_irq_line(&g->pmu, 0);
    g->cpu = cpu_new(&config, &err);
    ck_assert_msg(g->cpu != NULL, "%s", err.text);
}

static inline void guest_open_model(struct guest *g, const char *model, enum engine engine,
                                    struct jit_config jit, uint32_t log)
{
    guest_open_config(g, (struct cpu_config){.model = model, .engine = engine, .jit = jit}, log);
}

static inline void guest_open_with(struct guest *g, enum engine engine, struct jit_config jit,
                                   uint32_t log)
{
    guest_open_model(g, "max", engine, jit, log);
}

static inline void guest_open(struct guest *g, enum engine engine)
{
    guest_open_with(g, engine, (struct jit_config){.masked = masked_features()}, 0);
}

static inline void guest_close(struct guest *g)
{
    bus_remove_devices(g->bus);
    cpu_free(g->cpu);
    bus_free(g->bus);
    clock_free(g->clock);
    fake_log_close(&g->log);
}

static inline void guest_put(struct guest *g, uint64_t address, const uint32_t *words,
                             unsigned count)
{
    ck_assert(bus_write_ram(g->bus, address, words, 4ull * count));
}

/* guest_program(g, address, word, word, ...) */
#define guest_program(g, address, ...)                                                             \
    guest_put(g, address, (const uint32_t[]){__VA_ARGS__},                                         \
              sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

/* After a change of state that the CPU's own instructions did not make. */
static inline void guest_refresh(struct guest *g)
{
    g->cpu->mmu.el = g->cpu->el;
    g->cpu->mmu.pan = g->cpu->pan;
    g->cpu->mmu.uao = g->cpu->uao;
    mmu_tlbi_all(&g->cpu->mmu);
    block_update_mode(g->cpu);
}

/* Reset, FP on, vectors that all stop: 16 entries of HLT. */
static inline void guest_reset(struct guest *g)
{
    cpu_reset(g->cpu);
    for (unsigned i = 0; i < 16; i++)
        guest_program(g, VECTORS + 0x80 * i, A_STOP);
    g->cpu->vbar[1] = VECTORS;
    g->cpu->sys.cpacr = 3u << 20;
    guest_refresh(g);
}

/* Open and reset. Returns the vCPU. */
static inline struct cpu *guest_start(struct guest *g, enum engine engine)
{
    guest_open(g, engine);
    guest_reset(g);
    return g->cpu;
}

/* tcase_add_loop_test() whose case number _i is each enum engine. */
#define guest_add_test(tc, test) tcase_add_loop_test(tc, test, ENGINE_INTERP, ENGINE_CHECK + 1)

/* Identity mapping of the RAM by 2 MiB blocks, both ELs read, write and run everything they may;
 * 39 bits, 4 KiB granule. Tables at RAM_BASE + 0x200000. Returns them for more. */
static inline struct tables guest_mmu_on(struct guest *g, uint64_t ap)
{
    struct tables t = tables_new(g->bus, 12, 39, RAM_BASE + 0x200000);
    struct mmu_regs *regs = &g->cpu->mmu.regs;

    for (uint64_t at = RAM_BASE; at < RAM_BASE + RAM_SIZE; at += 2 * MIB)
        tables_set(&t, at, 2, at | D_AF | D_SH(3) | ap | D_BLOCK);
    regs->mair = 0x0044ff;
    regs->tcr = TCR_T0SZ(25) | TCR_T1SZ(25) | TCR_TG1(2) | TCR_IPS(5) | TCR_AS;
    regs->ttbr0 = t.root;
    regs->ttbr1 = 0;
    regs->sctlr |= SCTLR_M;
    guest_refresh(g);
    return t;
}

/* Runs from pc until it stops; on the JIT the first block is compiled at once. */
static inline void guest_run(struct guest *g, uint64_t pc)
{
    unsigned stops = g->stops;

    g->cpu->pc = pc;
    pstate_check_interrupts(g->cpu); /* tests set DAIF and the lines as they like */
    if (g->cpu->engine == ENGINE_JIT) {
        struct block *block = block_find(g->cpu);

        if (block)
            jit_compile(g->cpu, block);
        g->cpu->exit = EXIT_NONE;
    }
    cpu_run(g->cpu);
    ck_assert_uint_eq(g->stops, stops + 1);
    ck_assert(!g->cpu->check_failed);
}

/* The vCPU stopped at the HLT at `address`. */
#define expect_stopped_at(g, address) ck_assert_uint_eq((g)->cpu->pc, (address) + 4)

static inline uint32_t guest_esr_ec(const struct guest *g)
{
    return (uint32_t)(g->cpu->esr[1] >> 26);
}

static inline uint32_t guest_esr_iss(const struct guest *g)
{
    return g->cpu->esr[1] & 0x1ffffff;
}

#endif
