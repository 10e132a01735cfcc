/*
 * Single-copy atomicity (DDI 0487, B2.2.1): what one store writes is seen whole or not at all. All
 * CPUs but one store bytes that are all the same; one CPU loads, and must find them all the same.
 */
#include "litmus.h"

#define SAME_BYTES 0x0101010101010101ul

static struct {
    LINE uint8_t bytes[64];
} cell;

static uint64_t torn;
static bool ready;

static void count(uint64_t bad)
{
    torn = bad;
    __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
}

static bool go_on(void)
{
    return !__atomic_load_n(&ready, __ATOMIC_RELAXED);
}

static bool uniform(uint64_t value)
{
    return value == (value & 0xff) * SAME_BYTES;
}

/* The CPUs write and read `offset` bytes behind the line's start. */
static unsigned offset;

static void whole_doublewords(unsigned self)
{
    uint64_t *at = (uint64_t *)(cell.bytes + offset), bad = 0;

    if (self) {
        for (uint64_t i = self; go_on(); i += cpus)
            str(at, (i & 0xff) * SAME_BYTES);
        return;
    }
    for (uint64_t i = 0; i < rounds; i++)
        bad += !uniform(ldr(at));
    count(bad);
}

static void whole_words(unsigned self)
{
    uint32_t *at = (uint32_t *)(cell.bytes + offset), value;
    uint64_t bad = 0;

    if (self) {
        for (uint64_t i = self; go_on(); i += cpus)
            __asm__ volatile("str %w1, %0" : "=Q"(*at) : "r"((i & 0xff) * SAME_BYTES));
        return;
    }
    for (uint64_t i = 0; i < rounds; i++) {
        __asm__ volatile("ldr %w0, %1" : "=r"(value) : "Q"(*at));
        bad += value != (value & 0xff) * (uint32_t)SAME_BYTES;
    }
    count(bad);
}

static void whole_pairs(unsigned self)
{
    uint64_t bad = 0;

    if (self) {
        for (uint64_t i = self; go_on(); i += cpus)
            __asm__ volatile("stp %1, %1, %0" : "=Q"(cell) : "r"(i));
        return;
    }
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t low, high;

        __asm__ volatile("ldp %0, %1, %2" : "=r"(low), "=r"(high) : "Q"(cell));
        bad += low != high;
    }
    count(bad);
}

/* A word on a page that holds code, where emulators look closer at stores. */
static struct {
    uint32_t code[16];
    LINE uint64_t word;
} beside_code __attribute__((aligned(4096))) = {.code = {0xd65f03c0 /* ret */}};

/* All CPUs but one store numbers that rise, each CPU its own; one CPU takes them away, and must not
 * find one again: a store happens once. */
static void store_once(unsigned self)
{
    uint64_t taken[SMP_CPUS_MAX] = {0}, bad = 0;

    ((void (*)(void))beside_code.code)();
    if (self) {
        for (uint64_t i = 1; go_on(); i++)
            str(&beside_code.word, i << 8 | self);
        return;
    }
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t value;

        __asm__ volatile("swp xzr, %0, %1" : "=r"(value), "+Q"(beside_code.word));
        bad += value && value <= taken[value & 7];
        if (value)
            taken[value & 7] = value;
    }
    count(bad);
}

static uint64_t run(void (*work)(unsigned), unsigned at)
{
    memset(&cell, 0, sizeof(cell));
    offset = at;
    ready = false;
    smp_run(cpus, work);
    return torn;
}

void single_copies(void)
{
    uint64_t torn_pairs;

    print("Single copies:\n");
    report("STR LDR X", run(whole_doublewords, 8), rounds);
    /* FEAT_LSE2: within 16 bytes, wherever there. */
    report("the same, offset 4", run(whole_doublewords, 4), rounds);
    report("the same, offset 7", run(whole_doublewords, 7), rounds);
    report("STR LDR W, offset 6", run(whole_words, 6), rounds);
    report("STR once, beside code", run(store_once, 0), rounds);
    /* Of an aligned pair FEAT_LSE2 demands it as well. Deviation: ulna makes two accesses of it. */
    torn_pairs = run(whole_pairs, 0);
    print("  weak   %-22s %10lu rounds, %lu torn\n", "STP LDP X, aligned", rounds, torn_pairs);
}
