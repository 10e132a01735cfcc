/*
 * The ABA problem, which exclusives do not have: a store exclusive fails when another CPU has
 * written the location since it was loaded, though it may hold the same value again (DDI 0487,
 * B2.12).
 */
#include "litmus.h"

/* ---- step by step: one CPU loads, the other changes the value and changes it back ---- */

static LINE uint64_t word;
static LINE uint64_t step; /* even: CPU 0 is to go on, odd: CPU 1 */

static void by_nothing(uint64_t value)
{
    (void)value;
}

static void by_exclusive(uint64_t value)
{
    do
        (void)ldxr(&word);
    while (!stxr(&word, value));
}

static void by_store(uint64_t value)
{
    str(&word, value);
}

static void by_swp(uint64_t value)
{
    __asm__ volatile("swp %1, xzr, %0" : "+Q"(word) : "r"(value));
}

static void by_cas(uint64_t value)
{
    uint64_t old = ldr(&word);

    __asm__ volatile("cas %0, %2, %1" : "+r"(old), "+Q"(word) : "r"(value));
}

static void by_ldadd(uint64_t value)
{
    __asm__ volatile("ldadd %1, xzr, %0" : "+Q"(word) : "r"(value - ldr(&word)));
}

static void (*change)(uint64_t value);
static uint64_t stored, turns;

/* Loads and stores alone: an exception or an event might clear the monitor. */
static void pass_on(uint64_t to)
{
    stlr(&step, to);
}

static void wait_for(uint64_t turn)
{
    while (ldar(&step) != turn)
        ;
}

static void load_and_store(unsigned self)
{
    for (uint64_t i = 0; i < turns; i++) {
        if (self == 0) {
            uint64_t value = ldxr(&word);

            pass_on(2 * i + 1);
            wait_for(2 * i + 2);
            stored += stxr(&word, value);
        } else {
            wait_for(2 * i + 1);
            change(1);
            change(0);
            pass_on(2 * i + 2);
        }
    }
}

/* QEMU 7.2 compares the value alone. */
static void tell(const char *what, uint64_t stored_wrongly, uint64_t of)
{
    if (rom_runs_on_qemu())
        print("  weak   %-22s %10lu rounds, %lu not noticed\n", what, of, stored_wrongly);
    else
        report(what, stored_wrongly, of);
}

static uint64_t run(void (*by)(uint64_t value))
{
    change = by;
    word = step = stored = 0;
    smp_run(2, load_and_store);
    return stored;
}

/* ---- a stack of nodes without locks (Treiber, 1986), which is right with exclusives alone ---- */

#define NODES 4 /* so few that the same one soon is on top again */

static struct node {
    LINE struct node *next;
    uint64_t taken;
} node[NODES];

static LINE struct node *top;
static uint64_t wrong;

static void push(struct node *n)
{
    struct node *old;

    do {
        old = (struct node *)ldr((uint64_t *)&top);
        str((uint64_t *)&n->next, (uint64_t)old);
        dmb_st();
    } while (ldxr((uint64_t *)&top) != (uint64_t)old || !stxr((uint64_t *)&top, (uint64_t)n));
}

static struct node *pop(uint64_t delay)
{
    struct node *n, *next;

    do {
        n = (struct node *)ldxr((uint64_t *)&top);
        if (!n)
            return NULL;
        next = (struct node *)ldr_address((uint64_t *)&n->next, (uint64_t)n);
        for (uint64_t i = 0; i < delay; i++) /* time for the others */
            __asm__ volatile("nop");
    } while (!stxr((uint64_t *)&top, (uint64_t)next));
    if (__atomic_exchange_n(&n->taken, 1, __ATOMIC_ACQ_REL)) /* somebody else has it, too */
        __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
    return n;
}

static void give_back(struct node *n)
{
    if (!n)
        return;
    __atomic_store_n(&n->taken, 0, __ATOMIC_RELEASE);
    push(n);
}

/* Takes two nodes and gives the first one back: if that is what another CPU has loaded as the top,
 * its store must fail, as the second one is not what is below it any more. */
static void take_and_give(unsigned self)
{
    for (uint64_t i = 0; i < rounds; i++) {
        struct node *first = pop((i * 7 + self) % 64), *second = pop(0);

        give_back(first);
        give_back(second);
    }
}

static uint64_t run_stack(void)
{
    uint64_t left = 0;

    top = NULL;
    wrong = 0;
    for (unsigned i = 0; i < NODES; i++)
        push(&node[i]);
    smp_run(cpus, take_and_give);
    for (struct node *n = top; n && left <= NODES; n = n->next)
        left++;
    return wrong + (left != NODES);
}

void exchanged(void)
{
    char line[80];
    uint64_t control;

    turns = rounds / 20; /* of two CPUs: each may take the host a while */
    control = run(by_nothing);

    print("Changed and changed back:\n");
    format_text(line, sizeof(line), "unchanged: stored %lu of %lu times", control, turns);
    check(control, line);
    tell("STXR", run(by_exclusive), turns);
    tell("SWP", run(by_swp), turns);
    tell("CAS", run(by_cas), turns);
    tell("LDADD", run(by_ldadd), turns);
    /* Forbidden, too, but emulators do not see plain stores. */
    print("  weak   %-22s %10lu rounds, %lu not noticed\n", "STR", turns, run(by_store));
    tell("lock-free stack", run_stack(), cpus * rounds);
}
