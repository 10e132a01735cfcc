/* See machine.h. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cpu/block.h"
#include "cpu/exception.h"
#include "cpu/jit/jit.h"
#include "cpu/model.h"
#include "cpu/sve.h"
#include "layout.h"
#include "mmu/bus.h"
#include "tests/masked.h"

#define RAM_BASE 0x40000000ull
#define RAM_SIZE 0x20000000ull
#define TABLES   0x40200000ull /* of translation: three pages */
#define VECTORS  0x48030000ull
#define REGION   0x48000000ull /* the 2 MiB that are mapped page by page */
#define HLT      0xd45e0000u

static bool semihosting(void *opaque, struct cpu *cpu)
{
    ((struct machine *)opaque)->stopped = true;
    cpu_stop(cpu);
    return true;
}

static void poke(struct machine *machine, uint64_t address, const void *data, uint64_t size)
{
    if (!bus_write_ram(machine->bus, address, data, size)) {
        fprintf(stderr, "no RAM at 0x%llx\n", (unsigned long long)address);
        exit(1);
    }
}

static void poke64(struct machine *machine, uint64_t address, uint64_t value)
{
    poke(machine, address, &value, sizeof(value));
}

static void poke32(struct machine *machine, uint64_t address, uint32_t value)
{
    poke(machine, address, &value, sizeof(value));
}

static bool unmapped(uint64_t page)
{
    return page == LAYOUT_DATA - 0x1000 || page == LAYOUT_FIXED + LAYOUT_FIXED_SIZE ||
           (page >= LAYOUT_DATA + LAYOUT_DATA_SIZE && page < LAYOUT_FIXED);
}

/* Translation tables, 4 KiB granule, 39 bits: RAM maps to itself, as Normal memory. */
static void write_tables(struct machine *machine)
{
    const uint64_t level1 = TABLES, level2 = TABLES + 0x1000, level3 = TABLES + 0x2000;
    const uint64_t normal = 1ull << 10 | 3ull << 8; /* AF, inner shareable, attribute 0 */

    poke64(machine, level1 + 8 * (RAM_BASE >> 30), level2 | 3);
    for (uint64_t i = 0; i < RAM_SIZE >> 21; i++)
        poke64(machine, level2 + 8 * i, (RAM_BASE + (i << 21)) | normal | 1);
    poke64(machine, level2 + 8 * ((REGION - RAM_BASE) >> 21), level3 | 3);
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t page = REGION + (i << 12), ap = 0;

        if (page >= LAYOUT_DATA && page < LAYOUT_DATA + LAYOUT_DATA_SIZE)
            ap = 1; /* read and write at both ELs */
        if (page == LAYOUT_FIXED)
            ap = 3; /* read only */
        poke64(machine, level3 + 8 * i, unmapped(page) ? 0 : page | normal | ap << 6 | 3);
    }
}

bool machine_open(struct machine *machine, enum engine engine)
{
    struct cpu_config config = {
        .model = "max",
        .properties = {.mte = true, .sve = true},
        .engine = engine,
        .jit.masked = masked_features(),
    };
    struct err err = {0};

    memset(machine, 0, sizeof(*machine));
    machine->log = log_new(stderr, false, getenv("ULNA_TEST_LOG") ? ~0u : 0);
    machine->clock = clock_new_stepped();
    machine->bus = bus_new(machine->log);
    machine->ram = bus_add_ram(machine->bus, "ram", RAM_BASE, RAM_SIZE, RAM_NORMAL, &err);
    if (!machine->ram || !bus_add_tags(machine->ram, &err))
        goto failed;
    config.bus = machine->bus;
    config.clock = machine->clock;
    config.log = machine->log;
    config.hooks.semihosting = semihosting;
    config.hooks.semihosting_opaque = machine;
    machine->cpu = cpu_new(&config, &err);
    if (!machine->cpu) {
        fprintf(stderr, "no engine %s: %s\n", engine_name(engine), err.text);
        exit(SKIPPED);
    }
    machine->decoder = decoder_new(machine->cpu->model, &err);
    if (!machine->decoder)
        goto failed;
    write_tables(machine);
    return true;
failed:
    fprintf(stderr, "%s\n", err.text);
    return false;
}

void machine_close(struct machine *machine)
{
    decoder_free(machine->decoder);
    cpu_free(machine->cpu);
    bus_free(machine->bus);
    clock_free(machine->clock);
    log_free(machine->log);
}

/* --- Set up --- */

static void memory_image(const struct test_vector *vector, uint64_t base, uint8_t *image,
                         uint64_t size, bool after)
{
    for (uint64_t i = 0; i < size; i++)
        image[i] = layout_byte(base + i);
    for (unsigned pass = 0; pass < 1u + after; pass++) {
        const struct vector_poke *pokes = pass ? vector->out_memory : vector->in_memory;
        unsigned count = pass ? vector->out_pokes : vector->in_pokes;

        for (unsigned i = 0; i < count; i++)
            for (unsigned j = 0; j < pokes[i].size; j++)
                if (pokes[i].address + j - base < size)
                    image[pokes[i].address + j - base] = pokes[i].data[j];
    }
}

static uint8_t *tags_at(struct machine *machine, uint64_t address)
{
    return &machine->ram->tags[(address - RAM_BASE) / TAG_GRANULE];
}

static void set_tags(struct machine *machine, const struct vector_poke *tags)
{
    memset(tags_at(machine, LAYOUT_CODE_LOW), 0, LAYOUT_CODE_SIZE / TAG_GRANULE);
    memset(tags_at(machine, LAYOUT_DATA), 0, LAYOUT_DATA_SIZE / TAG_GRANULE);
    memset(tags_at(machine, LAYOUT_FIXED), 0, LAYOUT_FIXED_SIZE / TAG_GRANULE);
    if (tags->size)
        memcpy(tags_at(machine, tags->address), tags->data, tags->size);
}

static void set_memory(struct machine *machine, const struct test_vector *vector)
{
    uint8_t image[LAYOUT_DATA_SIZE];

    memory_image(vector, LAYOUT_DATA, image, LAYOUT_DATA_SIZE, false);
    poke(machine, LAYOUT_DATA, image, LAYOUT_DATA_SIZE);
    memory_image(vector, LAYOUT_FIXED, image, LAYOUT_FIXED_SIZE, false);
    poke(machine, LAYOUT_FIXED, image, LAYOUT_FIXED_SIZE);
    for (unsigned i = 0; i < vector->in_pokes; i++)
        poke(machine, vector->in_memory[i].address, vector->in_memory[i].data,
             vector->in_memory[i].size);
    set_tags(machine, &vector->in_tags);
}

static void set_code(struct machine *machine, const struct test_vector *vector)
{
    for (unsigned i = 0; i < vector->words; i++)
        poke32(machine, LAYOUT_CODE + 4 * i, vector->word[i]);
    if (!vector->faults)
        poke32(machine, vector->out.pc, HLT);
    poke32(machine, VECTORS + 0x200, HLT); /* from EL1 */
    poke32(machine, VECTORS + 0x400, HLT); /* from EL0 */
}

/* A part of 128 bits of a Z register */
static union vreg *part_of(struct cpu *cpu, unsigned z, unsigned part)
{
    return part < V_PARTS ? &cpu->v[V_HIGH * part + z] : &cpu->z_rest[part - V_PARTS][z];
}

static void set_vectors(struct cpu *cpu, const struct vector_state *in)
{
    for (unsigned i = 0; i < 32; i++)
        for (unsigned part = 0; part < Z_PARTS; part++)
            memcpy(part_of(cpu, i, part), &in->z[i][2 * part], 16);
    memcpy(cpu->p, in->p, sizeof(cpu->p));
}

static void set_registers(struct machine *machine, const struct test_vector *vector)
{
    const struct vector_state *in = &vector->in;
    struct cpu *cpu = machine->cpu;

    memcpy(cpu->x, in->x, sizeof(in->x));
    cpu->x[SLOT_SP] = in->sp;
    set_vectors(cpu, in);
    cpu->nzcv.n = in->nzcv >> 3 & 1;
    cpu->nzcv.z = in->nzcv >> 2 & 1;
    cpu->nzcv.c = in->nzcv >> 1 & 1;
    cpu->nzcv.v = in->nzcv & 1;
    cpu->fp.fpcr = in->fpcr;
    cpu->fp.fpsr = in->fpsr;
    cpu->sys.cpacr = (vector->fp_trap ? 0 : 3u << 20) | (vector->sve_trap ? 0 : 3u << 16);
    cpu->sys.zcr = vector->vl / 128 - 1;
    cpu->vbar[1] = VECTORS;
    cpu->uao = cpu->mmu.uao = vector->uao;
    cpu_irq(cpu, 0, vector->irq);
    cpu->sys.rgsr = in->rgsr;
    cpu->sys.gcr = in->gcr;
    cpu->sys.tfsr[1] = in->tfsr;
    cpu->pc = LAYOUT_CODE;
    cpu->mmu.regs.mair = 0xf0; /* Tagged */
    cpu->mmu.regs.tcr = 25 | 1u << 8 | 1u << 10 | 3u << 12 | 1u << 23 | vector->tcr;
    cpu->mmu.regs.ttbr0 = TABLES;
    cpu->mmu.regs.sctlr |= 1u << 12 | 1u << 2 | 1u << 0 | vector->sctlr;
    mmu_context_changed(&cpu->mmu);
    block_update_mode(cpu);
    sve_length_changed(cpu);
}

/* --- Compare --- */

void report_differ(struct report *report, const char *what, unsigned index, uint64_t is,
                   uint64_t wanted)
{
    char name[32];

    if (is == wanted)
        return;
    report->differences++;
    if (!report->file)
        return;
    if (report->differences == 1)
        printf("%s:%u: %s  %08x  %s\n", report->file, report->vector->line, report->vector->insn,
               report->vector->word[report->vector->words - 1], report->vector->text);
    snprintf(name, sizeof(name), what, index);
    printf("    %-6s 0x%016llx, expected 0x%016llx\n", name, (unsigned long long)is,
           (unsigned long long)wanted);
}

/* What the present VL shows of them. */
static void compare_vectors(struct report *report, struct cpu *cpu)
{
    const struct vector_state *out = &report->vector->out;
    unsigned vl = report->vector->vl;

    for (unsigned i = 0; i < 32; i++)
        for (unsigned k = 0; k < vl / 64; k++) {
            char name[16];

            snprintf(name, sizeof(name), "z%%u.d%u", k);
            report_differ(report, name, i, part_of(cpu, i, k / 2)->d[k % 2], out->z[i][k]);
        }
    for (unsigned i = 0; i < P_COUNT; i++)
        for (unsigned k = 0; k < 4; k++) {
            uint64_t shown = vl / 8 <= 64 * k ? 0 : bits_ones(vl / 8 - 64 * k);

            report_differ(report, i == P_FFR ? "ffr" : "p%u", i, cpu->p[i].d[k] & shown,
                          out->p[i][k] & shown);
        }
}

static void compare_registers(struct report *report, struct cpu *cpu)
{
    const struct vector_state *out = &report->vector->out;
    uint32_t nzcv =
        (uint32_t)(cpu->nzcv.n << 3 | cpu->nzcv.z << 2 | cpu->nzcv.c << 1 | cpu->nzcv.v);

    for (unsigned i = 0; i < 31; i++)
        report_differ(report, "x%u", i, cpu->x[i], out->x[i]);
    report_differ(report, "sp", 0, cpu->x[SLOT_SP], out->sp);
    report_differ(report, "nzcv", 0, nzcv, out->nzcv);
    compare_vectors(report, cpu);
    report_differ(report, "fpcr", 0, cpu->fp.fpcr, out->fpcr);
    report_differ(report, "fpsr", 0, cpu->fp.fpsr, out->fpsr);
    report_differ(report, "rgsr", 0, cpu->sys.rgsr, out->rgsr);
    report_differ(report, "gcr", 0, cpu->sys.gcr, out->gcr);
    report_differ(report, "tfsr", 0, cpu->sys.tfsr[1], out->tfsr);
}

static void compare_end(struct report *report, const struct cpu *cpu)
{
    const struct test_vector *vector = report->vector;
    bool fault = cpu->pc == VECTORS + 0x204 || cpu->pc == VECTORS + 0x404;

    report_differ(report, "fault", 0, fault, vector->faults);
    if (fault) {
        report_differ(report, "elr", 0, cpu->elr[1], vector->out.pc);
        report_differ(report, "ec", 0, cpu->esr[1] >> 26, vector->faults ? vector->ec : 0x3f);
        report_differ(report, "iss", 0, cpu->esr[1] & 0x1ffffff, vector->iss);
        if (vector->has_far)
            report_differ(report, "far", 0, cpu->far[1], vector->far);
    } else {
        report_differ(report, "pc", 0, cpu->pc - 4, vector->out.pc);
    }
}

static void compare_memory(struct report *report, struct machine *machine, uint64_t base,
                           uint64_t size)
{
    uint8_t is[LAYOUT_DATA_SIZE], wanted[LAYOUT_DATA_SIZE];

    if (report->vector->out_image && base == LAYOUT_DATA)
        memcpy(wanted, report->vector->out_image, size);
    else
        memory_image(report->vector, base, wanted, size, true);
    if (!bus_read_ram(machine->bus, base, is, size))
        return;
    for (uint64_t i = 0; i < size; i++)
        if (is[i] != wanted[i])
            report_differ(report, "[%x]", (unsigned)(base + i), is[i], wanted[i]);
}

static void compare_tags(struct report *report, struct machine *machine, uint64_t base,
                         uint64_t size)
{
    const struct vector_poke *tags = &report->vector->out_tags;

    for (uint64_t at = base; at < base + size; at += TAG_GRANULE) {
        uint64_t index = (at - tags->address) / TAG_GRANULE;
        uint8_t wanted = at >= tags->address && index < tags->size ? tags->data[index] : 0;

        if (*tags_at(machine, at) != wanted)
            report_differ(report, "t[%x]", (unsigned)at, *tags_at(machine, at), wanted);
    }
}

/* Do not wait for the block to prove warm. */
static void compile_first(struct cpu *cpu)
{
    struct block *block = block_find(cpu);

    if (block)
        jit_compile(cpu, block);
}

/* Every block that the last run came to through block_find(). */
static void compile_found(struct cpu *cpu, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        const struct jump *jump;

        cpu->pc = LAYOUT_CODE + 4 * i;
        jump = block_jump_slot(cpu, cpu->pc);
        if (jump->pc == cpu->pc && jump->block->live)
            jit_compile(cpu, jump->block);
    }
}

static void go(struct machine *machine, struct report *report)
{
    machine->stopped = false;
    cpu_run(machine->cpu);
    report_differ(report, "engines agree", 0, !machine->cpu->check_failed, true);
    machine->cpu->check_failed = false;
    compare_end(report, machine->cpu);
    compare_registers(report, machine->cpu);
    compare_memory(report, machine, LAYOUT_DATA, LAYOUT_DATA_SIZE);
    compare_memory(report, machine, LAYOUT_FIXED, LAYOUT_FIXED_SIZE);
    compare_tags(report, machine, LAYOUT_DATA, LAYOUT_DATA_SIZE);
    compare_tags(report, machine, LAYOUT_FIXED, LAYOUT_FIXED_SIZE);
}

void machine_run(struct machine *machine, struct report *report)
{
    cpu_reset(machine->cpu);
    set_code(machine, report->vector);
    set_memory(machine, report->vector);
    set_registers(machine, report->vector);
    if (machine->cpu->engine == ENGINE_JIT)
        compile_first(machine->cpu);
    go(machine, report);
}

void machine_run_compiled(struct machine *machine, struct report *report)
{
    compile_found(machine->cpu, report->vector->words);
    set_memory(machine, report->vector);
    set_registers(machine, report->vector);
    go(machine, report);
}
