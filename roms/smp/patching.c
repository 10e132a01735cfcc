/*
 * Code that is rewritten while other CPUs run (DDI 0487, B2.4.4): the writer cleans, invalidates
 * for all CPUs and tells that it has; who is told does ISB and then executes the new code. The
 * functions of all CPUs are on one page.
 */
#include "parts.h"

#define MOV_W0 0x52800000u
#define RET    0xd65f03c0u
#define B      0x14000000u

/* Functions of 64 bytes, one to a cache line: */
struct function {
    LINE uint32_t code[16];
};

static struct function page[4096 / sizeof(struct function)] __attribute__((aligned(4096)));

enum { BY_CPU = 0, JUMPS = 16, RETURNS_1 = 32, RETURNS_2, CONSTANT }; /* where, on the page */

static struct {
    LINE uint64_t written; /* the round of a CPU's function */
    LINE uint64_t called;  /* by its neighbour */
} state[SMP_CPUS_MAX];

static uint64_t stale, foreign; /* calls that returned what they may not */

static unsigned call(unsigned function)
{
    return ((unsigned (*)(void))page[function].code)();
}

static void write_code(unsigned function, uint32_t first, uint32_t second)
{
    uint32_t *code = page[function].code;

    __atomic_store_n(&code[1], second, __ATOMIC_RELAXED);
    __atomic_store_n(&code[0], first, __ATOMIC_RELAXED);
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
                     :
                     : "r"(code)
                     : "memory");
}

static void wait_until(const uint64_t *word, uint64_t value)
{
    for (uint64_t now = acquire(word); now < value;)
        now = smp_wait_change(word, now);
}

/* Each CPU writes its own function and calls that of its neighbour, which does not write it again
 * before that; meanwhile there is another function on the page, which stays. */
static void take_turns(unsigned self)
{
    unsigned next = (self + 1) % cpus;
    uint64_t bad = 0, strange = 0;

    for (uint64_t i = 1; i <= rounds; i++) {
        wait_until(&state[self].called, i - 1);
        write_code(BY_CPU + self, MOV_W0 | (uint32_t)(i & 0xffff) << 5, RET);
        release(&state[self].written, i);
        smp_wake();
        bad += call(BY_CPU + self) != (i & 0xffff);
        strange += call(CONSTANT) != CONSTANT;
        wait_until(&state[next].written, i);
        __asm__ volatile("isb" : : : "memory");
        bad += call(BY_CPU + next) != (i & 0xffff);
        release(&state[next].called, i);
        smp_wake();
    }
    __atomic_fetch_add(&stale, bad, __ATOMIC_RELAXED);
    __atomic_fetch_add(&foreign, strange, __ATOMIC_RELAXED);
}

/* B may be replaced by another B while it is executed: it is the one or the other. */
static void jump_freely(unsigned self)
{
    unsigned next = (self + 1) % cpus;
    uint64_t bad = 0, strange = 0;

    for (uint64_t i = 1; i <= rounds * 4; i++) {
        unsigned target = i & 1 ? RETURNS_1 : RETURNS_2, back;

        write_code(JUMPS + self, B | (target - JUMPS - self) * 16, RET);
        bad += call(JUMPS + self) != (i & 1 ? 1 : 2);
        back = call(JUMPS + next);
        strange += back != 1 && back != 2;
    }
    smp_meet();
    __asm__ volatile("isb" : : : "memory");
    bad += call(JUMPS + next) != 2;
    __atomic_fetch_add(&stale, bad, __ATOMIC_RELAXED);
    __atomic_fetch_add(&foreign, strange, __ATOMIC_RELAXED);
}

static void run(void (*work)(unsigned self))
{
    stale = foreign = 0;
    memset(state, 0, sizeof(state));
    smp_run(cpus, work);
}

void patching(void)
{
    print("Code is rewritten:\n");
    write_code(CONSTANT, MOV_W0 | CONSTANT << 5, RET);
    write_code(RETURNS_1, MOV_W0 | 1 << 5, RET);
    write_code(RETURNS_2, MOV_W0 | 2 << 5, RET);
    for (unsigned i = 0; i < cpus; i++)
        write_code(JUMPS + i, B | (RETURNS_1 - JUMPS - i) * 16, RET);
    run(take_turns);
    check(!stale, "who is told of new code executes it");
    check(!foreign, "a function beside it is as before");
    run(jump_freely);
    check(!stale, "a CPU finds the branch that it has written last, and so do the others");
    check(!foreign, "who is not told finds one of the two branches");
}
