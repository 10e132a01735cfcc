/* See ieee_machine.h. */
#include "ieee_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/clock.h"
#include "cpu/block.h"
#include "cpu/jit/jit.h"
#include "cpu/mxcsr.h"
#include "mmu/bus.h"

#define RAM_BASE 0x40000000ull
#define RAM_SIZE 0x01000000ull
#define CODE     RAM_BASE
#define CASES    (RAM_BASE + 0x800000)
#define OUTCOMES (RAM_BASE + 0xc00000)
#define TABLES   (RAM_BASE + 0xe00000) /* of translation: two pages */

enum {
    NO_ENGINE = 77,
    ROUTINE_SIZE = 128,
    /* Where blocks of a routine begin. */
    LOAD = 4,  /* behind the write of FPCR */
    BODY = 28, /* behind that of FPSR */
    LOOP = 8,  /* of the second kind: behind both */
};

static bool stop(void *opaque, struct cpu *cpu)
{
    (void)opaque;
    cpu_stop(cpu);
    return true;
}

static bool load(struct ieee_machine *m, const char *guest)
{
    static uint8_t image[CASES - CODE];
    FILE *file = fopen(guest, "rb");
    size_t size = file ? fread(image, 1, sizeof(image), file) : 0;

    if (file)
        fclose(file);
    if (size == 0 || size == sizeof(image))
        fprintf(stderr, "%s: cannot be read, or too large\n", guest);
    return size != 0 && size != sizeof(image) && bus_write_ram(m->bus, CODE, image, size);
}

/* Translation tables, 4 KiB granule, 39 bits: RAM maps to itself, as Normal memory. Without them it
 * would be Device, and every access go a long way. */
static bool map(struct ieee_machine *m)
{
    const uint64_t normal = 1u << 10 | 3u << 8; /* AF, inner shareable, attribute 0 */
    uint64_t table = (TABLES + 0x1000) | 3, blocks[RAM_SIZE >> 21];
    struct mmu_regs *regs = &m->cpu->mmu.regs;

    for (uint64_t i = 0; i < ARRAY_SIZE(blocks); i++)
        blocks[i] = (RAM_BASE + (i << 21)) | normal | 1;
    regs->mair = 0xff;
    regs->tcr = 25 | 1u << 8 | 1u << 10 | 3u << 12 | 1u << 23; /* T0SZ, IRGN0, ORGN0, SH0, EPD1 */
    regs->ttbr0 = TABLES;
    regs->sctlr |= 1u << 12 | 1u << 2 | 1u << 0; /* I, C, M */
    mmu_context_changed(&m->cpu->mmu);
    return bus_write_ram(m->bus, TABLES + 8 * (RAM_BASE >> 30), &table, sizeof(table)) &&
           bus_write_ram(m->bus, TABLES + 0x1000, blocks, sizeof(blocks));
}

bool ieee_machine_open(struct ieee_machine *m, enum engine engine, bool plain, bool sve,
                       const char *guest)
{
    struct cpu_config config = {
        .model = "max", .properties.sve = sve, .engine = engine, .hooks.semihosting = stop};
    struct err err = {0};

    *m = (struct ieee_machine){0};
    m->log = log_new(stderr, false, 0);
    m->clock = clock_new_stepped();
    m->bus = bus_new(m->log);
    if (!bus_add_ram(m->bus, "ram", RAM_BASE, RAM_SIZE, RAM_NORMAL, &err) ||
        (plain && !host_features_parse("none", &config.jit.masked, &err))) {
        fprintf(stderr, "%s\n", err.text);
        return false;
    }
    config.bus = m->bus;
    config.clock = m->clock;
    config.log = m->log;
    m->cpu = cpu_new(&config, &err);
    if (!m->cpu) {
        fprintf(stderr, "no engine %s: %s\n", engine_name(engine), err.text);
        exit(NO_ENGINE);
    }
    cpu_reset(m->cpu);
    m->cpu->sys.cpacr = 3u << 20 | (sve ? 3u << 16 : 0);
    return map(m) && load(m, guest);
}

void ieee_machine_close(struct ieee_machine *m)
{
    cpu_free(m->cpu);
    bus_free(m->bus);
    clock_free(m->clock);
    log_free(m->log);
}

/* Nothing is left to the interpreter because it has not proved warm yet. A block that has been here
 * counts as run. */
static void compile(struct cpu *cpu, uint64_t pc, uint32_t fpcr, uint32_t fpsr)
{
    struct block *block;

    cpu->fp = (struct fp_status){fpcr, fpsr};
    mxcsr_written(cpu);
    block_update_mode(cpu);
    cpu->pc = pc;
    block = block_find(cpu);
    if (block && block->runs++ == 0)
        jit_compile(cpu, block);
}

void ieee_machine_run(struct ieee_machine *m, unsigned routine, bool loop, uint32_t fpcr,
                      uint32_t fpsr, const struct ieee_case *cases, struct ieee_outcome *outcomes,
                      unsigned count)
{
    struct cpu *cpu = m->cpu;
    uint64_t code = CODE + (uint64_t)routine * ROUTINE_SIZE;

    if (!bus_write_ram(m->bus, CASES, cases, count * sizeof(*cases)))
        abort();
    if (cpu->engine == ENGINE_JIT) {
        compile(cpu, code + (loop ? LOOP : LOAD), fpcr, fpsr);
        compile(cpu, code + (loop ? LOOP : BODY), fpcr, fpsr);
    }
    cpu->x[0] = CASES;
    cpu->x[1] = OUTCOMES;
    cpu->x[2] = count;
    cpu->x[3] = fpsr;
    cpu->x[4] = fpcr;
    cpu->pc = code;
    cpu_run(cpu);
    if (cpu->x[2] != 0 || !bus_read_ram(m->bus, OUTCOMES, outcomes, count * sizeof(*outcomes))) {
        fprintf(stderr, "routine %u ended at 0x%llx, ESR_EL1 0x%llx\n", routine,
                (unsigned long long)cpu->pc, (unsigned long long)cpu->esr[1]);
        exit(1);
    }
}
