/*
 * Break before make (DDI 0487, D8.16): CPU 0 maps one page to one frame of memory after the other,
 * while the others load, store and execute through the page. When TLBI and DSB have completed, the
 * frame that was mapped before belongs to CPU 0 alone.
 */
#include "parts.h"

#define WINDOW (RAM_BASE + (4ul << 30)) /* the address of the page */
#define FRAMES 8
#define MAPPED                                                                                     \
    (3ul | 1ul << 2 | 3ul << 8 | 1ul << 10) /* page, Normal, Inner Shareable, accessed             \
                                             */
#define MOV_W0       0x52800000u            /* mov w0, #imm: imm from bit 5 on */
#define RET          0xd65f03c0u
#define STOLEN       0xdeadul
#define FAULT_ROUNDS 32  /* in one of so many the page stays unmapped until somebody has noticed */
#define SETTLED      100 /* looks at a frame that nobody may store to any more */

/* What is in a frame: a function that returns its number, and data. */
struct frame {
    uint32_t code[16];
    LINE uint64_t round;                /* in which it was mapped last */
    LINE uint64_t stored[SMP_CPUS_MAX]; /* by each CPU */
} __attribute__((aligned(4096)));

static struct frame frame[FRAMES];
static uint64_t level2[512] __attribute__((aligned(4096)));
static uint64_t level3[512] __attribute__((aligned(4096)));
static uint64_t round_now, finished; /* finished: the others stop */
static uint64_t faults, stale_loads, stale_stores, stale_code;

void mapping_prepare(void)
{
    level2[0] = (uint64_t)level3 | 3;
    regime_map_table(WINDOW - RAM_BASE, level2);
    for (unsigned i = 0; i < FRAMES; i++) {
        frame[i].code[0] = MOV_W0 | i << 5;
        frame[i].code[1] = RET;
    }
}

/* A translation fault in the window: nothing is mapped at the moment. It is tried again. */
bool mapping_exception(struct exception *e)
{
    unsigned class = exception_class(e);

    if (e->vector != VECTOR_SPX_SYNC || (class != EC_DATA_ABORT && class != EC_INSN_ABORT) ||
        (e->esr & 0x3f) != 7 || e->far >> 12 != WINDOW >> 12)
        return false;
    __atomic_fetch_add(&faults, 1, __ATOMIC_RELAXED);
    return true;
}

/* All the instructions that take this translation back. */
static void invalidate(uint64_t how)
{
    uint64_t page = WINDOW >> 12;

    __asm__ volatile("dsb ishst" : : : "memory");
    switch (how % 5) {
    case 0:
        __asm__ volatile("tlbi vae1is, %0" : : "r"(page));
        break;
    case 1:
        __asm__ volatile("tlbi vaae1is, %0" : : "r"(page));
        break;
    case 2:
        __asm__ volatile("tlbi vale1is, %0" : : "r"(page));
        break;
    case 3:
        __asm__ volatile("tlbi vmalle1is" : : : "memory");
        break;
    case 4: /* TG = 4 KiB, SCALE = NUM = 0: two pages */
        __asm__ volatile("tlbi rvae1is, %0" : : "r"(page | 1ul << 46));
        break;
    }
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

/* Does nobody store to the frame any more? */
static bool settled(const struct frame *f)
{
    uint64_t before[SMP_CPUS_MAX];
    bool same = true;

    for (unsigned i = 0; i < cpus; i++)
        before[i] = acquire(&f->stored[i]);
    for (unsigned looks = 0; looks < SETTLED; looks++)
        for (unsigned i = 0; i < cpus; i++)
            same = same && acquire(&f->stored[i]) == before[i];
    return same;
}

/* One of the others is bound to come by. */
static void wait_for_fault(void)
{
    uint64_t before = __atomic_load_n(&faults, __ATOMIC_RELAXED);

    while (__atomic_load_n(&faults, __ATOMIC_RELAXED) == before)
        ;
}

static void change_mappings(void)
{
    for (uint64_t i = 1; i <= rounds; i++) {
        struct frame *old = &frame[(i - 1) % FRAMES], *new = &frame[i % FRAMES];

        __atomic_store_n(&level3[0], 0, __ATOMIC_RELAXED);
        invalidate(i);
        stale_stores += !settled(old);
        if (i % FAULT_ROUNDS == 0)
            wait_for_fault();
        release(&old->round, STOLEN);
        release(&new->round, i);
        __asm__ volatile("dsb ish" : : : "memory");
        __atomic_store_n(&level3[0], (uint64_t) new | MAPPED, __ATOMIC_RELAXED);
        __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
        release(&round_now, i);
        if (((unsigned (*)(void))WINDOW)() != i % FRAMES)
            __atomic_fetch_add(&stale_code, 1, __ATOMIC_RELAXED);
    }
    release(&finished, 1);
}

static void use_mappings(unsigned self)
{
    struct frame *window = (struct frame *)WINDOW;

    for (uint64_t i = 0; !acquire(&finished); i++) {
        uint64_t before = acquire(&round_now), seen, after;
        unsigned ran;

        if (!before)
            continue;
        seen = acquire(&window->round);
        if (seen == STOLEN || seen < before)
            __atomic_fetch_add(&stale_loads, 1, __ATOMIC_RELAXED);
        release(&window->stored[self], i);
        before = acquire(&round_now);
        ran = ((unsigned (*)(void))WINDOW)();
        after = acquire(&round_now) + 1; /* which may be mapped, but not yet told */
        if (after - before < FRAMES && (ran - before) % FRAMES > after - before)
            __atomic_fetch_add(&stale_code, 1, __ATOMIC_RELAXED);
    }
}

static void work(unsigned self)
{
    if (self == 0)
        change_mappings();
    else
        use_mappings(self);
}

void mapping(void)
{
    print("A page is mapped elsewhere:\n");
    /* The code of the frames has been written as data. */
    for (unsigned i = 0; i < FRAMES; i++)
        __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0" : : "r"(&frame[i]) : "memory");
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
    smp_run(cpus, work);
    check(!stale_loads, "no load finds the old frame after TLBI and DSB");
    check(!stale_stores, "no store goes there");
    check(!stale_code, "no instruction is fetched from there");
    check(faults, "with nothing mapped, the others fault, and go on later");
}
