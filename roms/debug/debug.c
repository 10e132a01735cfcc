/*
 * debug: breakpoints, watchpoints and software step, used by the program itself.
 *
 * A debug exception is taken to EL1, from EL0 as soon as MDSCR_EL1 enables it, and from EL1 if
 * MDSCR_EL1.KDE agrees and PSTATE.D does not mask it. It is taken before the instruction is
 * executed. To go on behind a breakpoint or watchpoint a debugger steps: it switches MDE off and SS
 * on, sets SPSR_EL1.SS and returns; one instruction later the Software Step exception brings it
 * back.
 *
 * RAM is mapped twice: for EL1, and 3 GiB further up for EL0.
 */
#include "../lib/rom.h"

#define USER (3ul << 30) /* added to an address */

#define EC_BREAKPOINT 0x30 /* from EL0; one more from EL1 */
#define EC_STEP       0x32
#define EC_WATCHPOINT 0x34

#define SS  (1ul << 0) /* MDSCR_EL1 */
#define KDE (1ul << 13)
#define MDE (1ul << 15)

#define SPSR_SS (1ul << 21)
#define SPSR_D  (1ul << 9)

#define E   1ul /* DBGBCR<n>_EL1 and DBGWCR<n>_EL1 */
#define EL1 2ul
#define EL0 4ul
#define BAS 0x1e0ul

typedef uint64_t code(uint64_t a, uint64_t b);

code count, call_often, chase, store_all, load8, load16, load32, load64, load128, load_vector,
    store8, store16, store32, store64, store128, store_vector, load_as_el0, store_as_el0, swap,
    zero_block, read_dcc, walk, step_here;
extern const uint32_t count_body[], count_branch[], call_behind[], step_here_first[];
void user_end(void);

static uint8_t user_stack[4096] __attribute__((aligned(16)));
static uint64_t words[1024] __attribute__((aligned(4096)));

static struct {
    unsigned hits; /* of breakpoints and watchpoints, */
    uint64_t esr, elr, far;
    bool stepping;  /* over one */
    unsigned steps; /* of a trace, which is `limit` long */
    unsigned limit;
    uint64_t at[33], iss[33];
    uint64_t spsr_svc, spsr_brk;
    uint64_t trapped; /* ESR_EL1 of a trapped MRS */
} seen;

/* --- The debugger --- */

static void set_mdscr(uint64_t value)
{
    WRITE_REG(mdscr_el1, value);
}

static void step_over(struct exception *e)
{
    seen.hits++;
    seen.esr = e->esr;
    seen.elr = e->elr;
    seen.far = READ_REG(far_el1);
    seen.stepping = true;
    set_mdscr((READ_REG(mdscr_el1) & ~MDE) | SS);
    e->spsr |= SPSR_SS;
}

static void stepped(struct exception *e)
{
    if (seen.stepping) {
        seen.stepping = false;
        set_mdscr((READ_REG(mdscr_el1) & ~SS) | MDE);
        return;
    }
    seen.at[seen.steps] = e->elr;
    seen.iss[seen.steps] = e->esr & 0x1ffffff;
    if (++seen.steps == seen.limit)
        set_mdscr(0);
    e->spsr |= SPSR_SS;
}

static void called(struct exception *e)
{
    switch (e->esr & 0xffff) {
    case 0:
        e->elr = (uint64_t)leave_el0;
        e->spsr = 0x3c5;
        break;
    case 1: /* begin a trace */
        set_mdscr(SS);
        e->spsr |= SPSR_SS;
        break;
    case 2: /* of which this is a part */
        seen.spsr_svc = e->spsr;
        break;
    default:
        set_mdscr(0);
        break;
    }
}

void exception_taken(struct exception *e)
{
    unsigned class = exception_class(e);

    if ((class & ~1u) == EC_BREAKPOINT || (class & ~1u) == EC_WATCHPOINT) {
        step_over(e);
    } else if ((class & ~1u) == EC_STEP) {
        stepped(e);
    } else if (class == EC_SVC) {
        called(e);
    } else if (class == EC_BRK) {
        seen.spsr_brk = e->spsr;
        e->elr += 4;
    } else if (class == EC_SYSREG) {
        seen.trapped = e->esr;
        e->elr += 4;
    } else {
        exception_report(e);
    }
}

/* --- The program that is debugged --- */

static void mmu_on(void)
{
    regime_map(0, REGIME_NORMAL);
    regime_map(USER, REGIME_NORMAL | REGIME_USER);
    regime_on(0xff00, 0);
}

/* The address of a thing at EL0. */
static uint64_t user(const void *thing)
{
    return (uint64_t)thing + USER;
}

static uint64_t at_el0(code *function, uint64_t argument)
{
    return enter_el0((const void *)user((const void *)function),
                     (const void *)user(user_stack + sizeof(user_stack)), argument,
                     user((const void *)user_end));
}

/* At EL1 with debug exceptions unmasked. */
static uint64_t at_el1(code *function, uint64_t a, uint64_t b)
{
    __asm__ volatile("msr daifclr, #8" : : : "memory");
    uint64_t result = function(a, b);
    __asm__ volatile("msr daifset, #8" : : : "memory");
    return result;
}

/* How many breakpoints were hit by so many rounds at EL0? */
static unsigned hits_at_el0(unsigned rounds)
{
    unsigned before = seen.hits;

    return at_el0(count, rounds) == rounds ? seen.hits - before : ~0u;
}

static unsigned hits_at_el1(unsigned rounds)
{
    unsigned before = seen.hits;

    return at_el1(count, rounds, 0) == rounds ? seen.hits - before : ~0u;
}

/* --- Breakpoints --- */

static bool seen_at(unsigned class, uint64_t address)
{
    return seen.esr == ((uint64_t) class << 26 | 1ul << 25 | 0x22) && seen.elr == address;
}

static void breakpoints(void)
{
    print("Breakpoints:\n");
    hits_at_el0(2000); /* it is hot */
    hits_at_el1(2000);
    at_el0(call_often, 2000);
    WRITE_REG(dbgbvr2_el1, user(count_body));
    WRITE_REG(dbgbcr2_el1, BAS | EL0 | E);
    check(hits_at_el0(100) == 0, "MDE is off");
    set_mdscr(MDE);
    check(hits_at_el0(300) == 300 && seen_at(EC_BREAKPOINT, user(count_body)),
          "in a loop at EL0: each time");
    check(hits_at_el1(100) == 0, "another address at EL1");
    WRITE_REG(dbgbvr2_el1, user(count_branch));
    check(hits_at_el0(300) == 300 && seen_at(EC_BREAKPOINT, user(count_branch)), "moved on");
    WRITE_REG(dbgbvr1_el1, user(count_body));
    WRITE_REG(dbgbcr1_el1, BAS | EL0 | E);
    check(hits_at_el0(50) == 100, "two of them");
    WRITE_REG(dbgbvr1_el1, user(call_behind));
    unsigned before = seen.hits;
    at_el0(call_often, 300);
    check(seen.hits - before == 300, "where a function returns to");
    WRITE_REG(dbgbcr1_el1, BAS | EL0);
    WRITE_REG(dbgbcr2_el1, BAS | EL1 | E);
    check(hits_at_el0(50) == 0, "PMC: for EL1 only");
    WRITE_REG(dbgbvr2_el1, count_body);
    WRITE_REG(dbgbcr2_el1, BAS | EL1 | EL0 | E);
    check(hits_at_el1(50) == 0, "EL1 is not debugged while KDE is off");
    set_mdscr(MDE | KDE);
    check(count(50, 0) == 50 && hits_at_el1(0x30) == 0x30 &&
              seen_at(EC_BREAKPOINT + 1, (uint64_t)count_body),
          "KDE: at EL1, unless PSTATE.D is set");
    WRITE_REG(oslar_el1, 1);
    /* QEMU 7.2 does not look at it. */
    check(rom_runs_on_qemu() || hits_at_el1(50) == 0, "none while the OS lock is locked");
    WRITE_REG(oslar_el1, 0);
    WRITE_REG(dbgbcr2_el1, 0);
    check(hits_at_el1(2000) == 0 && hits_at_el0(2000) == 0, "none is left");
}

static void contexts(void)
{
    print("Contexts:\n");
    WRITE_REG(dbgbvr0_el1, user(count_body));
    WRITE_REG(dbgbcr0_el1, 1ul << 20 | 4ul << 16 | BAS | EL0 | E); /* linked to number 4 */
    set_mdscr(MDE);
    check(hits_at_el0(50) == 0, "linked to a breakpoint that is off");
    WRITE_REG(dbgbvr4_el1, 77);
    WRITE_REG(dbgbcr4_el1, 3ul << 20 | BAS | EL0 | EL1 | E);
    check(hits_at_el0(50) == 0, "linked to another context");
    WRITE_REG(contextidr_el1, 77);
    check(hits_at_el0(50) == 50, "linked to this context");
    WRITE_REG(dbgbcr0_el1, 0);
    check(hits_at_el0(50) == 0, "one that is linked to does not match alone");
    WRITE_REG(dbgbcr4_el1, 2ul << 20 | BAS | EL0 | E);
    /* QEMU has no such breakpoints. */
    check(rom_runs_on_qemu() || hits_at_el0(50) == 1 + 3 * 50 + 3, "each instruction of a context");
    WRITE_REG(contextidr_el1, 78);
    check(hits_at_el0(50) == 0, "no instruction of another");
    WRITE_REG(dbgbcr4_el1, 0);
}

/* --- Watchpoints --- */

#define LOAD  (1ul << 3)
#define STORE (2ul << 3)

static void watch(uint64_t address, uint64_t control)
{
    WRITE_REG(dbgwcr3_el1, 0);
    WRITE_REG(dbgwvr3_el1, address);
    WRITE_REG(dbgwcr3_el1, control);
}

/* An access of `size` bytes, watched bytes as the mask says: is it stopped when it should be, at
 * the first byte that is watched? */
static bool stopped_right(code *function, unsigned at, unsigned size, bool store, uint64_t watched,
                          uint64_t base)
{
    unsigned before = seen.hits;
    uint64_t bytes = ((1ul << size) - 1) << at & watched;

    at_el1(function, base + at, 0x1234567);
    if (!bytes)
        return seen.hits == before;
    return seen.hits == before + 1 && seen.far == base + (unsigned)__builtin_ctzl(bytes) &&
           seen.esr == ((EC_WATCHPOINT + 1ul) << 26 | 1ul << 25 | (store ? 0x62 : 0x22));
}

static void sizes(void)
{
    static const struct {
        code *load, *store;
        unsigned size;
    } accesses[] = {{load8, store8, 1},   {load16, store16, 2},    {load32, store32, 4},
                    {load64, store64, 8}, {load128, store128, 16}, {load_vector, store_vector, 16}};
    static const uint8_t bas[] = {1, 0x80, 0x0f, 0xf0, 0xff, 0x18, 0x7e};
    bool loads = true, stores = true, others = true;
    uint64_t base = (uint64_t)words + 512;

    for (unsigned i = 0; i < sizeof(bas); i++) {
        uint64_t both = (uint64_t)bas[i] << 16;

        for (unsigned j = 0; j < 6; j++) {
            unsigned size = accesses[j].size;

            for (unsigned at = 0; at + size <= 40; at += size < 8 ? size : 8) {
                watch(base + 16, (uint64_t)bas[i] << 5 | LOAD | EL1 | E);
                loads &= stopped_right(accesses[j].load, at, size, false, both, base);
                others &= stopped_right(accesses[j].store, at, size, true, 0, base);
                watch(base + 16, (uint64_t)bas[i] << 5 | STORE | EL1 | E);
                stores &= stopped_right(accesses[j].store, at, size, true, both, base);
                others &= stopped_right(accesses[j].load, at, size, false, 0, base);
            }
        }
    }
    check(loads, "loads of all sizes, some of the bytes watched");
    check(stores, "and stores");
    check(others, "loads and stores are told apart");
}

static unsigned hits_of(code *function, uint64_t a, uint64_t b)
{
    unsigned before = seen.hits;

    at_el1(function, a, b);
    return seen.hits - before;
}

static void watchpoints(void)
{
    const uint64_t any = 0xfful << 5 | LOAD | STORE | E;
    uint64_t word = (uint64_t)&words[100];

    print("Watchpoints:\n");
    at_el1(store_all, (uint64_t)words, 1024); /* it is hot */
    set_mdscr(MDE | KDE);
    sizes();
    watch(word, any | EL1);
    words[100] = 5;
    check(hits_of(store_all, (uint64_t)words, 1024) == 1 && seen.far == word && words[100] == 100,
          "one word of 1024 in a loop");
    watch((uint64_t)&words[512], 9ul << 24 | any | EL1); /* 512 bytes */
    check(hits_of(store_all, (uint64_t)words, 1024) == 64 && seen.far == (uint64_t)&words[512 + 63],
          "MASK: 64 of them");
    for (unsigned i = 0; i < 1024; i++)
        words[i] = (uint64_t)&words[(i + 1) % 1024];
    watch(0, 0);
    hits_of(chase, (uint64_t)words, 100000); /* it is hot */
    watch((uint64_t)&words[700], any | EL1);
    check(hits_of(chase, (uint64_t)words, 3000) == 3, "one of 1024 loads");
    words[40] = 1;
    watch((uint64_t)&words[40], any | EL1);
    seen.hits = 0;
    set_mdscr(MDE);
    check(hits_of(load64, (uint64_t)&words[40], 0) == 0, "EL1 is not watched while KDE is off");
    set_mdscr(MDE | KDE);
    words[40] = 2;
    check(seen.hits == 0, "nor while PSTATE.D is set");
    check(hits_of(load_as_el0, user(&words[40]), 0) == 0, "LDTR has the rights of EL0");
    watch(user(&words[40]), any | EL0);
    check(hits_of(load_as_el0, user(&words[40]), 0) == 1 &&
              hits_of(store_as_el0, user(&words[40]), 0) == 1 && hits_of(load64, word, 0) == 0,
          "which are watched");
    set_mdscr(MDE);
    unsigned before = seen.hits;
    at_el0(store64, user(&words[40]));
    check(seen.hits == before + 1 && seen.far == user(&words[40]) &&
              seen.esr == ((uint64_t)EC_WATCHPOINT << 26 | 1ul << 25 | 0x62),
          "a store at EL0");
    set_mdscr(MDE | KDE);
    watch(word, 0xfful << 5 | LOAD | EL1 | E);
    check(hits_of(swap, word, 1) == 1 && !(seen.esr & 0x40), "SWP loads");
    watch(word, 0xfful << 5 | STORE | EL1 | E);
    check(hits_of(swap, word, 1) == 1 && (seen.esr & 0x40), "and stores");
    check(hits_of(zero_block, word & ~63ul, 0) == 1 && (seen.esr & 0x40) &&
              seen.far >= (word & ~63ul) && seen.far <= word,
          "DC ZVA stores");
    WRITE_REG(contextidr_el1, 5);
    WRITE_REG(dbgbvr5_el1, 6);
    WRITE_REG(dbgbcr5_el1, 3ul << 20 | BAS | EL0 | EL1 | E);
    watch(word, 1ul << 20 | 5ul << 16 | any | EL1);
    before = hits_of(load64, word, 0);
    WRITE_REG(contextidr_el1, 6);
    check(before == 0 && hits_of(load64, word, 0) == 1, "linked to a context");
    watch(0, 0);
    check(hits_of(store_all, (uint64_t)words, 1024) == 0, "none is left");
    set_mdscr(0);
}

/* --- Software step --- */

#define ISV       (1ul << 24)
#define EXCLUSIVE (1ul << 6)

static void steps(void)
{
    /* where each step ends, in words from `walk`; SVC and BRK are stepped into, and when they have
     * returned no instruction has been stepped */
    static const struct {
        unsigned at;
        uint64_t iss;
    } order[] = {{2, ISV},  {3, ISV}, {2, ISV}, {3, ISV}, {4, ISV},
                 {12, ISV}, {5, ISV}, {6, 0},   {7, ISV}, {8, ISV | EXCLUSIVE},
                 {9, ISV}};
    bool places = true, syndromes = true;

    print("Software step:\n");
    seen.limit = 32;
    at_el0(walk, 0);
    for (unsigned i = 0; i < sizeof(order) / sizeof(*order); i++) {
        places &= seen.at[i] == user((const void *)walk) + 4 * order[i].at;
        syndromes &= seen.iss[i] == (order[i].iss | 0x22);
    }
    check(seen.steps == 11 && places, "each instruction at EL0");
    check(syndromes, "syndromes: stepped or not, Load-Exclusive");
    check(!(seen.spsr_svc & SPSR_SS), "SVC has been stepped");
    check(seen.spsr_brk & SPSR_SS, "BRK has not");
    seen.steps = 0;
    seen.limit = 3;
    step_here(SS, 0);
    check(seen.steps == 0, "EL1 is not stepped while KDE is off");
    step_here(SS | KDE, 0);
    check(seen.steps == 3 && seen.at[0] == (uint64_t)step_here_first &&
              seen.at[2] == (uint64_t)(step_here_first + 2) && seen.iss[0] == 0x22 &&
              seen.iss[1] == (ISV | 0x22),
          "from EL1 to EL1");
}

void rom_main(void)
{
    uint64_t dfr0 = READ_REG(id_aa64dfr0_el1);

    mmu_on();
    print("%d breakpoints, %d watchpoints, %d breakpoints match contexts\n",
          (int)(dfr0 >> 12 & 15) + 1, (int)(dfr0 >> 20 & 15) + 1, (int)(dfr0 >> 28 & 15) + 1);
    check(READ_REG(oslsr_el1) == 0xa, "the OS lock is locked after reset");
    WRITE_REG(oslar_el1, 0);
    check(READ_REG(oslsr_el1) == 8, "and can be unlocked");
    breakpoints();
    contexts();
    watchpoints();
    steps();
    set_mdscr(1ul << 12); /* TDCC */
    at_el0(read_dcc, 0);
    set_mdscr(0);
    /* QEMU 7.2 does not look at it. */
    check(rom_runs_on_qemu() || seen.trapped >> 26 == EC_SYSREG, "TDCC traps at EL0");
    print_verdict("debug");
}
