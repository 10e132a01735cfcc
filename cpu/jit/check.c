/* -engine check: every pure block runs in the interpreter, is undone, and runs again as compiled
 * code; then all state is compared. The interpreter's run records its accesses; MMIO happens once
 * and is answered from the record. */
#include <stdlib.h>
#include <string.h>

#include "cpu/engine.h"
#include "cpu/jit/jit.h"
#include "cpu/model.h"

/* What a pure block may change. */
struct state {
    uint64_t x[SLOT_ZERO + 1];
    uint64_t pc, instructions;
    union nzcv nzcv;
    uint8_t daif, btype;
    struct fp_status fp;
    uint64_t tfsr[2];
    union vreg v[32];
    enum cpu_exit exit;
    struct syndrome syndrome;
    union vreg high[V_TEMP - V_HIGH]; /* from here on with SVE only */
    uint32_t z_high;
    union vreg z_rest[Z_PARTS - V_PARTS][32];
    union preg p[P_COUNT];
};

static size_t state_bytes(const struct cpu *cpu)
{
    return model_has(cpu->model, FEAT_SVE) ? sizeof(struct state) : offsetof(struct state, high);
}

static void save(const struct cpu *cpu, struct state *state)
{
    memset(state, 0, state_bytes(cpu)); /* padding is compared too */
    memcpy(state->x, cpu->x, sizeof(state->x));
    memcpy(state->v, cpu->v, sizeof(state->v));
    if (model_has(cpu->model, FEAT_SVE)) {
        memcpy(state->high, &cpu->v[V_HIGH], sizeof(state->high));
        memcpy(state->z_rest, cpu->z_rest, sizeof(state->z_rest));
        memcpy(state->p, cpu->p, sizeof(state->p));
        state->z_high = cpu->z_high;
    }
    state->pc = cpu->pc;
    state->instructions = cpu->instructions;
    state->nzcv = cpu->nzcv;
    state->daif = cpu->daif;
    state->btype = cpu->btype;
    state->fp = cpu->fp;
    memcpy(state->tfsr, cpu->sys.tfsr, sizeof(state->tfsr));
    state->exit = cpu->exit;
    if (cpu->exit == EXIT_EXCEPTION) {
        state->syndrome.ec = cpu->syndrome.ec;
        state->syndrome.iss = cpu->syndrome.iss;
        state->syndrome.has_far = cpu->syndrome.has_far;
        state->syndrome.far = cpu->syndrome.has_far ? cpu->syndrome.far : 0;
    }
}

static void restore(struct cpu *cpu, const struct state *state)
{
    memcpy(cpu->x, state->x, sizeof(state->x));
    memcpy(cpu->v, state->v, sizeof(state->v));
    if (model_has(cpu->model, FEAT_SVE)) {
        memcpy(&cpu->v[V_HIGH], state->high, sizeof(state->high));
        memcpy(cpu->z_rest, state->z_rest, sizeof(state->z_rest));
        memcpy(cpu->p, state->p, sizeof(state->p));
        cpu->z_high = state->z_high;
    }
    cpu->pc = state->pc;
    cpu->instructions = state->instructions;
    cpu->nzcv = state->nzcv;
    cpu->daif = state->daif;
    cpu->btype = state->btype;
    cpu->fp = state->fp;
    memcpy(cpu->sys.tfsr, state->tfsr, sizeof(state->tfsr));
    cpu->exit = state->exit;
    cpu->syndrome = state->syndrome;
}

static void print_block(const struct block *block)
{
    for (unsigned i = 0; i < block->uops; i++) {
        const struct uop *uop = &block->uop[i];
        char text[UOP_TEXT];

        fprintf(stderr, "    +0x%02x %s\n", 4u * uop->insn, uop_print(uop, text));
    }
}

static void print_value(const char *name, unsigned number, uint64_t before, uint64_t interp,
                        uint64_t jit)
{
    if (interp != jit)
        fprintf(stderr, "  %s%u: 0x%llx before, interpreter 0x%llx, jit 0x%llx\n", name, number,
                (unsigned long long)before, (unsigned long long)interp, (unsigned long long)jit);
}

static void print_difference(const struct state *before, const struct state *interp,
                             const struct state *jit)
{
    for (unsigned i = 0; i <= SLOT_ZERO; i++)
        print_value("X", i, before->x[i], interp->x[i], jit->x[i]);
    for (unsigned i = 0; i < 64; i++)
        print_value("V (64-bit halves) ", i, before->v[i / 2].d[i % 2], interp->v[i / 2].d[i % 2],
                    jit->v[i / 2].d[i % 2]);
    print_value("PC ", 0, before->pc, interp->pc, jit->pc);
    print_value("instructions ", 0, before->instructions, interp->instructions, jit->instructions);
    print_value("NZCV (one byte each) ", 0, before->nzcv.word, interp->nzcv.word, jit->nzcv.word);
    print_value("DAIF ", 0, before->daif, interp->daif, jit->daif);
    print_value("BTYPE ", 0, before->btype, interp->btype, jit->btype);
    print_value("FPSR ", 0, before->fp.fpsr, interp->fp.fpsr, jit->fp.fpsr);
    print_value("TFSR of EL", 0, before->tfsr[0], interp->tfsr[0], jit->tfsr[0]);
    print_value("TFSR of EL", 1, before->tfsr[1], interp->tfsr[1], jit->tfsr[1]);
    print_value("exit ", 0, before->exit, interp->exit, jit->exit);
    print_value("syndrome ", interp->syndrome.ec, 0, interp->syndrome.iss, jit->syndrome.iss);
    print_value("FAR ", 0, 0, interp->syndrome.far, jit->syndrome.far);
}

static void print_sve(const struct state *before, const struct state *interp,
                      const struct state *jit)
{
    for (unsigned i = 0; i < 2 * (V_TEMP - V_HIGH); i++)
        print_value("Z above V (64-bit halves, by part) ", i, before->high[i / 2].d[i % 2],
                    interp->high[i / 2].d[i % 2], jit->high[i / 2].d[i % 2]);
    for (unsigned i = 0; i < 4 * P_COUNT; i++)
        print_value("P (64-bit quarters) ", i, before->p[i / 4].d[i % 4], interp->p[i / 4].d[i % 4],
                    jit->p[i / 4].d[i % 4]);
}

/* RAM after the second run against the record's; what the stores overwrote is looked at from the
 * last to the first. */
static bool memory_agrees(struct mmu_journal *journal)
{
    uint64_t now[MMU_JOURNAL_MAX];
    bool agrees = true;

    for (unsigned i = journal->count; i-- > 0;) {
        struct mmu_access *access = &journal->access[i];
        uint64_t wanted = access->value[1] & bits_ones(8u * access->size);

        if (!access->write || !access->host)
            continue;
        now[i] = 0;
        memcpy(&now[i], access->host, access->size);
        if (now[i] != wanted) {
            fprintf(stderr, "  memory at VA 0x%llx, %u bytes: interpreter 0x%llx, jit 0x%llx\n",
                    (unsigned long long)access->va, access->size, (unsigned long long)wanted,
                    (unsigned long long)now[i]);
            agrees = false;
        }
        memcpy(access->host, access->old, access->size);
    }
    for (unsigned i = 0; i < journal->count; i++)
        if (journal->access[i].write && journal->access[i].host)
            memcpy(journal->access[i].host, &now[i], journal->access[i].size);
    return agrees;
}

void check_run(struct cpu *cpu, struct block *block)
{
    struct mmu_journal *journal;
    struct state before, interp, jit;
    bool agrees;

    if (!block->pure) {
        interp_run(cpu, block);
        return;
    }
    journal = jit_journal(cpu);
    if (block->runs == 0)
        jit_compile(cpu, block); /* the interpreter's run goes round it */
    block->runs++;
    save(cpu, &before);
    mmu_journal_record(&cpu->mmu, journal);
    interp_run_once(cpu, block);
    save(cpu, &interp);
    mmu_journal_rewind(&cpu->mmu);
    restore(cpu, &before);
    interp_run(cpu, block);
    mmu_journal_stop(&cpu->mmu);
    save(cpu, &jit);
    agrees = memory_agrees(journal) && !journal->diverged;
    if (agrees && !memcmp(&interp, &jit, state_bytes(cpu)))
        return;
    fprintf(stderr, "ulna: the engines disagree on the block at 0x%llx (%u instructions)%s\n",
            (unsigned long long)before.pc, block->insns,
            journal->diverged ? ": another sequence of MMIO accesses" : "");
    print_difference(&before, &interp, &jit);
    if (model_has(cpu->model, FEAT_SVE))
        print_sve(&before, &interp, &jit);
    print_block(block);
    cpu->check_failed = true;
    cpu_stop(cpu);
}
