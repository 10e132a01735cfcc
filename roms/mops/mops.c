/*
 * mops: memory copy and memory set by the instructions of FEAT_MOPS.
 *
 * A copy or a set is three instructions in a row: prologue, main and epilogue. How much each does
 * is left to the processor; together they do it all. Between them, and while the main one is at
 * work, interrupts are taken: the registers then say what is left, and the instruction goes on from
 * there when the handler returns.
 *
 * CPYP, CPYM, CPYE find the direction in which overlapping bytes are not overwritten before they
 * are read; CPYFP, CPYFM, CPYFE always go forward. ID_AA64ISAR2_EL1.MOPS says whether they are
 * there: where they are not, this program has nothing to show.
 */
#include "../lib/rom.h"

void mops_copy(void *to, const void *from, size_t size);
void mops_copy_forward(void *to, const void *from, size_t size);
size_t mops_set(void *to, int byte, size_t size);
extern char mops_set_main[], mops_set_end[];
unsigned answer_one(void), answer_two(void);

#define AREA      ((uint8_t *)0x42000000)
#define AREA_SIZE (32ul << 20)

enum { INTID_VIRTUAL = 27, SIZE = 700 };

static uint8_t memory[SIZE], expected[SIZE];
static volatile unsigned interrupts, inside, unfinished;

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 7 + (i >> 8));
}

static bool as_expected(void)
{
    return memcmp(memory, expected, SIZE) == 0;
}

static void prepare(void)
{
    for (size_t i = 0; i < SIZE; i++)
        memory[i] = expected[i] = pattern(i);
}

/* What a copy leaves, with the source put aside first. */
static void expect_copy(size_t to, size_t from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        expected[to + i] = pattern(from + i);
}

static void copies(void)
{
    static const uint16_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 100, 255, 300};
    bool apart = true, forward = true, backward = true, only_forward = true;

    print("Copies:\n");
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned shift = 0; shift < 20; shift++) {
            prepare();
            mops_copy(memory + 350 + shift, memory + 3, sizes[i]);
            expect_copy(350 + shift, 3, sizes[i]);
            apart &= as_expected();

            prepare();
            mops_copy(memory + 100, memory + 100 + shift, sizes[i]);
            expect_copy(100, 100 + shift, sizes[i]);
            forward &= as_expected();

            prepare();
            mops_copy(memory + 100 + shift, memory + 100, sizes[i]);
            expect_copy(100 + shift, 100, sizes[i]);
            backward &= as_expected();

            prepare();
            mops_copy_forward(memory + 3 + shift, memory + 350, sizes[i]);
            expect_copy(3 + shift, 350, sizes[i]);
            only_forward &= as_expected();
        }
    }
    check(apart, "CPYP: to another place");
    check(forward, "CPYP: to lower addresses, overlapping");
    check(backward, "CPYP: to higher addresses, overlapping");
    check(only_forward, "CPYFP: to another place");
}

static void sets(void)
{
    bool all = true;

    print("Sets:\n");
    for (unsigned size = 0; size < 300; size += 1 + size / 16) {
        prepare();
        all &= mops_set(memory + 11, 0x5a, size) == 0;
        for (unsigned i = 0; i < size; i++)
            expected[11 + i] = 0x5a;
        all &= as_expected();
    }
    check(all, "SETP: from 0 to 300 bytes, and no more");
}

/* A timer's interrupt: GICv2 and the generic timer as in the program `timer`. */
static void arm(void)
{
    WRITE_REG(cntv_tval_el0, READ_REG(cntfrq_el0) / 2000);
    WRITE_REG(cntv_ctl_el0, 1);
}

void exception_taken(struct exception *e)
{
    if (e->vector != VECTOR_SPX_IRQ)
        exception_report(e);
    mmio_write32(GICC_BASE + 0x10, mmio_read32(GICC_BASE + 0x0c)); /* IAR to EOIR */
    interrupts++;
    if (e->elr >= (uint64_t)mops_set_main && e->elr < (uint64_t)mops_set_end) {
        inside++;
        unfinished += e->x[2] != 0;
    }
    WRITE_REG(cntv_ctl_el0, 0);
    arm();
}

static bool area_is(uint8_t byte)
{
    const uint64_t *word = (const uint64_t *)AREA;

    for (size_t i = 0; i < AREA_SIZE / 8; i++)
        if (word[i] != 0x0101010101010101ul * byte)
            return false;
    return true;
}

static void interrupted(void)
{
    bool done = true, right = true;

    print("Sets of 32 MiB, with interrupts each half millisecond:\n");
    mmio_write32(GICD_BASE + 0x100, 1u << INTID_VIRTUAL); /* ISENABLER0 */
    mmio_write32(GICD_BASE, 1);
    mmio_write32(GICC_BASE + 0x04, 0xf0); /* PMR */
    mmio_write32(GICC_BASE, 1);
    arm();
    __asm__ volatile("msr daifclr, #2" : : : "memory");
    for (unsigned i = 1; i <= 20 && !(inside && unfinished); i++) {
        done &= mops_set(AREA, (int)i, AREA_SIZE) == 0;
        right &= area_is((uint8_t)i);
    }
    __asm__ volatile("msr daifset, #2" : : : "memory");
    WRITE_REG(cntv_ctl_el0, 0);
    check(interrupts && inside, "SETM and SETE are interrupted");
    check(unfinished, "and find in Xn what is left");
    check(done && right, "all bytes are set");
}

/* Code is written as data is; then the caches have to be told (B2.4.4). */
static void replace(void *code, const void *by)
{
    mops_copy_forward(code, by, 8);
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
                     :
                     : "r"(code)
                     : "memory");
}

static void code(void)
{
    static uint32_t place[2] __attribute__((aligned(64)));
    unsigned (*function)(void) = (unsigned (*)(void))(uintptr_t)place;
    bool right = true;

    print("Code:\n");
    for (unsigned i = 0; i < 1000; i++) {
        replace(place, (void *)(i & 1 ? answer_two : answer_one));
        for (unsigned j = 0; j < i % 50; j++)
            right &= function() == 1 + (i & 1);
    }
    check(right, "a function that is copied over another one is called");
}

void rom_main(void)
{
    if ((READ_REG(S3_0_C0_C6_2) >> 16 & 15) == 0) { /* ID_AA64ISAR2_EL1.MOPS */
        print("FEAT_MOPS is not there.\n");
        return;
    }
    copies();
    sets();
    interrupted();
    code();
    print_verdict("mops");
}
