/*
 * Read-modify-write: all CPUs change one location as fast as they can, and no change may be lost.
 * By exclusives, by the atomic instructions of FEAT_LSE, in all sizes up to 16 bytes.
 */
#include "litmus.h"

static union {
    LINE uint64_t d[2];
    uint32_t w[4];
    uint8_t b[16];
} cell;

static uint64_t wrong; /* what a CPU saw on the way that cannot be */
static uint64_t token[SMP_CPUS_MAX];

static inline uint64_t ldadd(uint64_t *at, uint64_t value)
{
    uint64_t old;
    __asm__ volatile("ldadd %2, %0, %1" : "=r"(old), "+Q"(*at) : "r"(value));
    return old;
}

static inline uint64_t cas(uint64_t *at, uint64_t expected, uint64_t value)
{
    __asm__ volatile("cas %0, %2, %1" : "+r"(expected), "+Q"(*at) : "r"(value));
    return expected;
}

static inline uint64_t swp(uint64_t *at, uint64_t value)
{
    uint64_t old;
    __asm__ volatile("swp %2, %0, %1" : "=r"(old), "+Q"(*at) : "r"(value));
    return old;
}

/* ---- sums ---- */

static void add_exclusive64(unsigned self)
{
    (void)self;
    for (uint64_t i = 0; i < rounds; i++)
        while (!stxr(&cell.d[0], ldxr(&cell.d[0]) + 1))
            ;
}

static void add_exclusive32(unsigned self)
{
    (void)self;
    for (uint64_t i = 0; i < rounds; i++) {
        uint32_t value, failed;

        do
            __asm__ volatile("ldaxr %w0, %2\n\tadd %w0, %w0, #1\n\tstlxr %w1, %w0, %2"
                             : "=&r"(value), "=&r"(failed), "+Q"(cell.w[1]));
        while (failed);
    }
}

static void add_ldadd(unsigned self)
{
    (void)self;
    for (uint64_t i = 0; i < rounds; i++)
        ldadd(&cell.d[0], 1);
}

static void add_cas(unsigned self)
{
    (void)self;
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t old = ldr(&cell.d[0]), seen;

        while ((seen = cas(&cell.d[0], old, old + 1)) != old)
            old = seen;
    }
}

/* Each CPU has a byte of its own in one doubleword: the odd ones in plain stores, the others in
 * LDADDB. No store may take a neighbour's along. */
static void add_bytes(unsigned self)
{
    uint8_t *mine = &cell.b[self];

    for (uint64_t i = 0; i < rounds; i++) {
        uint32_t value;

        if (self & 1)
            __asm__ volatile("ldrb %w0, %1\n\tadd %w0, %w0, #1\n\tstrb %w0, %1"
                             : "=&r"(value), "+Q"(*mine));
        else
            __asm__ volatile("mov %w0, #1\n\tldaddb %w0, %w0, %1" : "=&r"(value), "+Q"(*mine));
    }
}

/* ---- sixteen bytes: the high doubleword is always three times the low one ---- */

static void add_exclusive_pair(unsigned self)
{
    (void)self;
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t low, high;
        uint32_t failed;

        do {
            __asm__ volatile("ldxp %0, %1, %2" : "=r"(low), "=r"(high) : "Q"(cell));
            __asm__ volatile("stxp %w0, %2, %3, %1"
                             : "=&r"(failed), "+Q"(cell)
                             : "r"(low + 1), "r"(high + 3));
        } while (failed);
        if (high != 3 * low) /* only a pair that was stored again has to be of one piece */
            __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
    }
}

static void add_casp(unsigned self)
{
    uint64_t guess = 0;

    (void)self;
    for (uint64_t i = 0; i < rounds;) {
        register uint64_t low __asm__("x0") = guess;
        register uint64_t high __asm__("x1") = 3 * guess;
        register uint64_t new_low __asm__("x2") = guess + 1;
        register uint64_t new_high __asm__("x3") = 3 * (guess + 1);

        __asm__ volatile("casp x0, x1, x2, x3, %2"
                         : "+r"(low), "+r"(high), "+Q"(cell)
                         : "r"(new_low), "r"(new_high));
        if (high != 3 * low)
            __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
        i += low == guess;
        guess = low == guess ? guess + 1 : low;
    }
}

/* ---- exchanges ---- */

/* Each CPU has a token and puts it down for the one that lies there: none may vanish or be
 * doubled. */
static void exchange_tokens(unsigned self)
{
    uint64_t held = 2ul << 7 * self;

    for (uint64_t i = 0; i < rounds; i++)
        held = swp(&cell.d[0], held);
    token[self] = held;
}

/* Each CPU sets, clears and inverts a bit of its own, and sees it as it has left it. */
static void change_bits(unsigned self)
{
    uint64_t bit = 1ul << self, old, bad = 0;

    for (uint64_t i = 0; i < rounds; i++) {
        __asm__ volatile("ldset %2, %0, %1" : "=r"(old), "+Q"(cell.d[0]) : "r"(bit));
        bad += (old & bit) != 0;
        __asm__ volatile("ldclr %2, %0, %1" : "=r"(old), "+Q"(cell.d[0]) : "r"(bit));
        bad += (old & bit) == 0;
        __asm__ volatile("ldeor %2, %0, %1" : "=r"(old), "+Q"(cell.d[0]) : "r"(bit));
        bad += (old & bit) != 0;
        __asm__ volatile("ldeor %2, %0, %1" : "=r"(old), "+Q"(cell.d[0]) : "r"(bit));
        bad += (old & bit) == 0;
    }
    __atomic_fetch_add(&wrong, bad, __ATOMIC_RELAXED);
}

/* ---- the tests ---- */

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static void run(void (*work)(unsigned))
{
    memset(&cell, 0, sizeof(cell));
    wrong = 0;
    smp_run(cpus, work);
}

static uint64_t bytes_lost(void)
{
    uint64_t lost = 0;

    for (unsigned i = 0; i < cpus; i++)
        lost += cell.b[i] != (uint8_t)rounds;
    return lost;
}

static uint64_t tokens_lost(void)
{
    uint64_t sum = cell.d[0], all = 0;

    for (unsigned i = 0; i < cpus; i++) {
        sum += token[i];
        all += 2ul << 7 * i;
    }
    return sum != all;
}

void atomics(void)
{
    uint64_t sum = cpus * rounds;

    run(add_exclusive64);
    report("LDXR STXR", distance(cell.d[0], sum), sum);
    run(add_exclusive32);
    report("LDAXR STLXR, 32 bits", distance(cell.w[1], (uint32_t)sum), sum);
    run(add_ldadd);
    report("LDADD", distance(cell.d[0], sum), sum);
    run(add_cas);
    report("CAS", distance(cell.d[0], sum), sum);
    run(add_bytes);
    report("LDADDB beside STRB", bytes_lost(), sum);
    run(add_exclusive_pair);
    report("LDXP STXP", wrong + distance(cell.d[0], sum) + distance(cell.d[1], 3 * sum), sum);
    run(add_casp);
    report("CASP", wrong + distance(cell.d[0], sum) + distance(cell.d[1], 3 * sum), sum);
    run(exchange_tokens);
    report("SWP", tokens_lost(), sum);
    run(change_bits);
    report("LDSET LDCLR LDEOR", wrong + (cell.d[0] != 0), sum);
}
