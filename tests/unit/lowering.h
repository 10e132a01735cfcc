/* For tests of lowerings: runs a block of a few micro-ops by their handlers and compiled, and
 * compares all that they may change. */
#ifndef ULNA_TESTS_UNIT_LOWERING_H
#define ULNA_TESTS_UNIT_LOWERING_H

#include "cpu/engine.h"
#include "cpu/jit/lower.h"
#include "cpu/mxcsr.h"
#include "guest.h"

#define MEMORY (2 * PAGE_SIZE) /* at DATA: what the loads and stores hit */

static const struct host_features oldest_host; /* without any feature */

static struct guest guest;

/* What micro-ops that name a place in struct cpu get. */
#define PLACE sys.tpidr_el1

/* Where EL0 sees DATA. */
#define USER_DATA (RAM_BASE + RAM_SIZE + DATA % (2 * MIB))

static inline void setup(void)
{
    struct tables tables;

    guest_start(&guest, ENGINE_CHECK); /* compiled code comes back after each block */
    /* else memory is Device, and unaligned accesses fault */
    tables = guest_mmu_on(&guest, D_AP(0));
    tables_set(&tables, align_down(USER_DATA, 2 * MIB), 2,
               align_down(DATA, 2 * MIB) | D_AF | D_SH(3) | D_AP(1) | D_BLOCK);
}

static inline void teardown(void)
{
    guest_close(&guest);
}

/* What a block may change. */
struct state {
    uint64_t x[SLOT_COUNT];
    union vreg v[32];
    uint64_t pc, instructions;
    uint64_t place;      /* PLACE */
    uint64_t monitor[3]; /* of exclusives: size, host address, value */
    uint32_t nzcv, fpcr, fpsr, daif, ec, iss;
    uint64_t far;
    enum cpu_exit exit;
    uint8_t memory[MEMORY];
};

static inline void put_state(const struct state *state)
{
    struct cpu *cpu = guest.cpu;

    memcpy(cpu->x, state->x, sizeof(state->x));
    memcpy(cpu->v, state->v, sizeof(state->v));
    cpu->pc = state->pc;
    cpu->instructions = state->instructions;
    cpu->nzcv.word = state->nzcv;
    cpu->fp = (struct fp_status){state->fpcr, state->fpsr};
    mxcsr_written(cpu);
    cpu->daif = (uint8_t)state->daif;
    cpu->PLACE = state->place;
    cpu->mmu.exclusive.size = (uint8_t)state->monitor[0];
    cpu->mmu.exclusive.host = (const void *)(uintptr_t)state->monitor[1];
    cpu->mmu.exclusive.value[0] = state->monitor[2];
    cpu->exit = EXIT_NONE;
    ck_assert(bus_write_ram(guest.bus, DATA, state->memory, MEMORY));
}

static inline void get_state(struct state *state)
{
    const struct cpu *cpu = guest.cpu;

    memset(state, 0, sizeof(*state));
    memcpy(state->x, cpu->x, sizeof(state->x));
    state->x[SLOT_SINK] = 0; /* nobody wants it */
    memcpy(state->v, cpu->v, sizeof(state->v));
    state->pc = cpu->pc;
    state->instructions = cpu->instructions;
    state->nzcv = cpu->nzcv.word;
    state->fpcr = cpu->fp.fpcr;
    state->fpsr = cpu->fp.fpsr;
    state->daif = cpu->daif;
    state->place = cpu->PLACE;
    state->monitor[0] = cpu->mmu.exclusive.size;
    state->monitor[1] = (uintptr_t)cpu->mmu.exclusive.host;
    state->monitor[2] = cpu->mmu.exclusive.value[0];
    state->exit = cpu->exit;
    if (cpu->exit == EXIT_EXCEPTION) {
        state->ec = cpu->syndrome.ec;
        state->iss = cpu->syndrome.iss;
        state->far = cpu->syndrome.far;
    }
    ck_assert(bus_read_ram(guest.bus, DATA, state->memory, MEMORY));
}

static inline void same(const struct uop *uop, const struct state *interp, const struct state *jit)
{
    char what[128];

    if (!memcmp(interp, jit, sizeof(*interp))) /* else some hundred assertions: tests/README.md */
        return;
    snprintf(what, sizeof(what), "%s d=%u a=%u b=%u x=%u y=%u i=0x%llx", uop_info[uop->op].name,
             uop->d, uop->a, uop->b, uop->x, uop->y, (unsigned long long)uop->imm);
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        ck_assert_msg(interp->x[i] == jit->x[i], "%s: slot %u is 0x%llx, compiled 0x%llx", what, i,
                      (unsigned long long)interp->x[i], (unsigned long long)jit->x[i]);
    ck_assert_msg(interp->nzcv == jit->nzcv, "%s: NZCV 0x%x, compiled 0x%x", what, interp->nzcv,
                  jit->nzcv);
    ck_assert_msg(interp->fpsr == jit->fpsr, "%s: FPSR 0x%x, compiled 0x%x", what, interp->fpsr,
                  jit->fpsr);
    ck_assert_msg(interp->daif == jit->daif && interp->place == jit->place,
                  "%s: DAIF or a system register", what);
    ck_assert_msg(!memcmp(interp->monitor, jit->monitor, sizeof(interp->monitor)),
                  "%s: the exclusive monitor", what);
    ck_assert_msg(interp->pc == jit->pc, "%s: PC 0x%llx, compiled 0x%llx", what,
                  (unsigned long long)interp->pc, (unsigned long long)jit->pc);
    for (unsigned i = 0; i < 32; i++)
        ck_assert_msg(!memcmp(&interp->v[i], &jit->v[i], sizeof(interp->v[i])),
                      "%s: V%u is %016llx:%016llx, compiled %016llx:%016llx", what, i,
                      (unsigned long long)interp->v[i].d[1], (unsigned long long)interp->v[i].d[0],
                      (unsigned long long)jit->v[i].d[1], (unsigned long long)jit->v[i].d[0]);
    ck_assert_msg(!memcmp(interp->memory, jit->memory, MEMORY), "%s: memory", what);
    ck_abort_msg("%s: exit or syndrome", what);
}

/* --- Random choices --- */

static uint64_t random_state;

static inline unsigned below(unsigned limit)
{
    return (unsigned)(garbage(&random_state) >> 20) % limit;
}

/* 0 and limit - 1 come often. */
static inline uint8_t extreme_below(unsigned limit)
{
    unsigned kind = below(4);

    return (uint8_t)(kind == 0 ? 0 : kind == 1 ? limit - 1 : below(limit));
}

/* --- Running a block in both engines --- */

/* A block with room for two micro-ops, which ends in CBZ: links to both sides. */
static inline struct block *block_with_links(void)
{
    struct block *block;

    guest_program(&guest, CODE, a_movz(0, 1, 0), a_movz(1, 2, 0), a_movz(2, 3, 0), a_cbnz(3, 8),
                  A_STOP, A_STOP);
    guest.cpu->pc = CODE;
    block = block_find(guest.cpu);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(block->uops, 4);
    return block;
}

static inline void compare_engines(struct block *block, const struct uop *uop,
                                   const struct state *before)
{
    struct state interp, jit;

    put_state(before);
    mmu_tlbi_all(&guest.cpu->mmu);
    interp_run_once(guest.cpu, block);
    get_state(&interp);
    jit_compile(guest.cpu, block);
    for (unsigned warm = 0; warm < 2; warm++) {
        put_state(before);
        if (!warm)
            mmu_tlbi_all(&guest.cpu->mmu);
        interp_run(guest.cpu, block);
        get_state(&jit);
        same(uop, &interp, &jit);
    }
}

/* The lowering of the block into `room` bytes at `code`. */
static inline struct lower *lower_alone(struct block *block, const struct host_features *host,
                                        uint8_t *code, unsigned room)
{
    static struct region region;
    static struct lower lower;
    static unsigned sites;
    struct lower *l = &lower;

    memset(l, 0, offsetof(struct lower, stub)); /* as the JIT does */
    region_form(guest.cpu, block, true, &region);
    l->code = (struct x64){.at = code, .end = code + room};
    l->cpu = guest.cpu;
    l->thunks = jit_thunks(guest.cpu);
    l->host = host;
    l->region = &region;
    l->sites = &sites;
    l->alone = true;
    return l;
}

/* The block is now for this FPCR and FPSR, as if it had been found there. */
static inline void set_mode(struct block *block, uint32_t fpcr, uint32_t fpsr)
{
    guest.cpu->fp = (struct fp_status){fpcr, fpsr};
    block_update_mode(guest.cpu);
    block->mode = guest.cpu->mode;
}

/* Does compiled code run this without its handler, at least as a rule? */
static inline bool has_lowering(struct block *block, const struct host_features *host)
{
    static uint8_t code[8192];
    struct lower *l = lower_alone(block, host, code, sizeof(code));
    unsigned stubs = 0;
    bool has;

    ck_assert(lower_region(l));
    for (unsigned i = 0; i < l->stubs; i++)
        stubs += l->stub[i].kind == STUB_HANDLER;
    has = l->records == stubs; /* records are for handlers: only those of stubs */
    return has;
}

#endif
