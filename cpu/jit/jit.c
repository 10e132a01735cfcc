/* Tier-up, and the memory compiled code lives in: one file mapped twice, writable here and
 * executable there (W^X). */
#include "cpu/jit/jit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu/disasm.h"
#include "cpu/jit/lower.h"

#define CODE_BYTES (12 * MIB)
#define HOT_RUNS   50 /* interpreted so often, a block is compiled */

struct jit {
    uint8_t *rw, *rx; /* the two views */
    size_t used;      /* by code, from the start */
    size_t top;       /* where the call pairs begin that fill the end */
    struct jit_stats stats;
    struct mmu_journal *journal; /* of -engine check */
};

static uop_fn heat;

/* The block is interpreted until it has proved warm. */
static void cool(struct cpu *cpu, struct block *block)
{
    (void)cpu;
    block->runs = 0;
    block->uop[0].fn = heat;
}

void jit_block_created(struct cpu *cpu, struct block *block)
{
    cool(cpu, block);
}

/* Memory is full: all code goes, and what is still hot comes back. */
static void flush(struct cpu *cpu)
{
    cpu->jit->used = 0;
    cpu->jit->top = CODE_BYTES;
    cpu->jit->stats.flushes++;
    block_each(cpu, cool);
}

static void log_line_of_code(void *opaque, const char *text)
{
    struct cpu *cpu = opaque;

    log_at(cpu->log, LOG_OUT_ASM, cpu->pc, "%s", text);
}

static bool compile_at(struct cpu *cpu, struct block *block)
{
    struct jit *jit = cpu->jit;
    size_t most = block->uops * sizeof(struct call_pair);
    struct lower lower = {.cpu = cpu, .block = block};

    if (jit->used + most > jit->top)
        return false;
    lower.pairs_rw = (struct call_pair *)(jit->rw + jit->top);
    lower.pairs_rx = (struct call_pair *)(jit->rx + jit->top);
    lower.code.at = jit->rw + jit->used;
    lower.code.end = jit->rw + jit->top - most;
    if (!lower_block(&lower))
        return false;
    if (log_on(cpu->log, LOG_OUT_ASM)) {
        const uint8_t *code = jit->rx + jit->used;

        disasm_host(code, (size_t)(lower.code.at - jit->rw) - jit->used, (uintptr_t)code,
                    log_line_of_code, cpu);
    }
    block->uop[0].fn = (uop_fn *)(uintptr_t)(jit->rx + jit->used);
    jit->top -= lower.pairs * sizeof(struct call_pair);
    jit->used = align_up((uint64_t)(lower.code.at - jit->rw), 16);
    jit->stats.compiled++;
    return true;
}

void jit_compile(struct cpu *cpu, struct block *block)
{
    if (compile_at(cpu, block))
        return;
    flush(cpu);
    if (!compile_at(cpu, block))
        block->uop[0].fn =
            uop_info[block->uop[0].op].fn; /* larger than all of the memory: interpreted */
}

static const struct uop *heat(struct cpu *cpu, const struct uop *uop)
{
    struct block *block = cpu->block;

    if (++block->runs >= HOT_RUNS) {
        jit_compile(cpu, block);
        return uop->fn(cpu, uop);
    }
    return uop_info[uop->op].fn(cpu, uop);
}

bool jit_init(struct cpu *cpu, struct err *err)
{
    int fd = memfd_create("ulna-jit", MFD_CLOEXEC);

    cpu->jit = calloc(1, sizeof(*cpu->jit));
    if (cpu->jit)
        cpu->jit->top = CODE_BYTES;
    if (!cpu->jit || fd < 0 || ftruncate(fd, CODE_BYTES) != 0) {
        if (fd >= 0)
            close(fd);
        return err_set(err, "no memory for compiled code (%llu MiB)", CODE_BYTES / MIB);
    }
    cpu->jit->rw = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cpu->jit->rx = mmap(NULL, CODE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    close(fd);
    if (cpu->jit->rw == MAP_FAILED || cpu->jit->rx == MAP_FAILED)
        return err_set(err, "the host does not let memory be executed; use -engine interp");
    if (cpu->engine == ENGINE_CHECK)
        cpu->jit->journal = calloc(1, sizeof(*cpu->jit->journal));
    return cpu->engine != ENGINE_CHECK || cpu->jit->journal ||
           err_set(err, "out of memory for -engine check");
}

void jit_fini(struct cpu *cpu)
{
    if (!cpu->jit)
        return;
    if (cpu->jit->rw && cpu->jit->rw != MAP_FAILED)
        munmap(cpu->jit->rw, CODE_BYTES);
    if (cpu->jit->rx && cpu->jit->rx != MAP_FAILED)
        munmap(cpu->jit->rx, CODE_BYTES);
    free(cpu->jit->journal);
    free(cpu->jit);
    cpu->jit = NULL;
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
        stats.bytes = cpu->jit->used + CODE_BYTES - cpu->jit->top;
    }
    return stats;
}
