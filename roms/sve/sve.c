/*
 * sve: vectors whose length the program does not know.
 *
 * CPACR_EL1 lets SVE in or traps it (class 0x19, before the trap of floating point), at EL0 alone
 * or at both levels. ZCR_EL1.LEN asks for a length, and gets the longest that there is up to it.
 * The same loops then run with each length, and what they compute is the same. A write of a V
 * register leaves nothing of Z above it.
 *
 * The memory is mapped twice: as it is, and for EL0.
 */
#include "../lib/rom.h"

#define EC_SVE  0x19
#define ZEN     (3ul << 16)
#define ZEN_EL1 (1ul << 16)
#define FPEN    (3ul << 20)
#define USER    (2ul << 30) /* added to an address */
#define LENGTHS 16
#define BYTES   256 /* of the longest vector */
#define COUNT   1003

uint64_t vector_bytes(void);
uint64_t set_length(uint64_t length);
void user_vector_bytes(void);
void add_words(uint32_t *to, const uint32_t *a, const uint32_t *b, uint64_t count);
void scale_doubles(uint64_t *to, const uint64_t *from, const uint64_t *by, uint64_t count);
uint64_t count_greater(const uint8_t *bytes, const uint8_t *limits, uint64_t count);
void write_v(const uint8_t *before, uint8_t *after);
void change_length(uint8_t *bytes, uint64_t length);

static uint8_t user_stack[4096] __attribute__((aligned(16)));
static volatile uint64_t class, iss;

/* What trapped is left out. */
void exception_taken(struct exception *e)
{
    if (exception_class(e) == EC_SVC && e->vector == VECTOR_LOWER_SYNC) {
        e->elr = (uint64_t)leave_el0;
        e->spsr = 0x3c5;
        return;
    }
    if (exception_class(e) != EC_SVE && exception_class(e) != EC_FP)
        exception_report(e);
    class = exception_class(e);
    iss = e->esr & 0x1ffffff;
    e->x[0] = 0;
    e->elr += 4;
}

static void mmu_on(void)
{
    regime_map(0, REGIME_NORMAL);
    regime_map(USER, REGIME_NORMAL | REGIME_USER);
    regime_on(0xff00, 0);
}

/* --- Traps --- */

static bool trapped(uint64_t (*code)(void), uint64_t wanted)
{
    class = iss = 0;
    return code() == 0 && class == wanted;
}

static uint64_t read_zcr(void)
{
    return set_length(15);
}

static uint64_t at_el0(void)
{
    uint64_t code = (uint64_t)user_vector_bytes,
             stack = (uint64_t)(user_stack + sizeof(user_stack));

    return enter_el0((const void *)(code + USER), (const void *)(stack + USER), 0, 0);
}

static void check_traps(void)
{
    WRITE_REG(cpacr_el1, FPEN);
    check(trapped(vector_bytes, EC_SVE) && iss == 0, "without ZEN, SVE traps");
    check(trapped(read_zcr, EC_SVE), "and ZCR_EL1");
    WRITE_REG(cpacr_el1, 0);
    check(trapped(vector_bytes, EC_SVE), "before floating point does");
    WRITE_REG(cpacr_el1, ZEN);
    check(trapped(vector_bytes, EC_FP), "which traps SVE too");
    WRITE_REG(cpacr_el1, FPEN | ZEN_EL1);
    check(trapped(at_el0, EC_SVE), "EL0 can be trapped alone");
    check(vector_bytes() != 0, "and EL1 not");
    WRITE_REG(cpacr_el1, FPEN | ZEN);
    check(at_el0() == vector_bytes(), "EL0 has the length of EL1");
}

/* --- Lengths --- */

static void check_lengths(void)
{
    uint64_t longest, before = 0;
    bool grow = true, powers = true;

    set_length(LENGTHS - 1);
    longest = vector_bytes();
    for (uint64_t len = 0; len < LENGTHS; len++) {
        uint64_t bytes, wanted = 16 * (len + 1);

        set_length(len);
        bytes = vector_bytes();
        grow &= bytes >= before && bytes <= wanted && bytes % 16 == 0;
        if ((wanted & (wanted - 1)) == 0 && wanted <= longest)
            powers &= bytes == wanted;
        before = bytes;
    }
    check(grow, "a length is the longest there is up to what is asked for");
    check(powers, "every power of two up to the longest is there");
    check((set_length(~0ul) & ~15ul) == 0, "ZCR_EL1 has LEN alone");
}

/* --- Work --- */

static bool words_right(void)
{
    static uint32_t a[COUNT], b[COUNT], sum[COUNT + 1];

    for (unsigned i = 0; i < COUNT; i++) {
        a[i] = i * 2654435761u;
        b[i] = ~i;
    }
    sum[COUNT] = 0x5a5a5a5a;
    add_words(sum, a, b, COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        if (sum[i] != a[i] + b[i])
            return false;
    return sum[COUNT] == 0x5a5a5a5a;
}

/* 2.0 * by + by = 3.0 * by: exponents and one bit of fraction, for powers of two */
static bool doubles_right(void)
{
    static uint64_t from[COUNT], by[COUNT], to[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        from[i] = 0x4000000000000000;
        by[i] = (uint64_t)(1 + i) << 52;
    }
    scale_doubles(to, from, by, COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        if (to[i] != ((uint64_t)(2 + i) << 52 | 1ul << 51))
            return false;
    return true;
}

/* One byte in each 256 is above its limit, so that each vector of 256 bytes has one. */
static bool counts_right(void)
{
    static uint8_t bytes[COUNT], limits[COUNT];
    uint64_t vectors = 0, length = vector_bytes();

    for (unsigned i = 0; i < COUNT; i++) {
        bytes[i] = i % 256 == 7 ? 200 : 100;
        limits[i] = 100;
    }
    for (uint64_t at = 0; at < COUNT; at += length) {
        bool any = false;

        for (uint64_t i = at; i < at + length && i < COUNT; i++)
            any |= bytes[i] > limits[i];
        vectors += any;
    }
    return count_greater(bytes, limits, COUNT) == vectors;
}

static bool above_v_right(void)
{
    static uint8_t ones[BYTES] __attribute__((aligned(16))),
        after[BYTES] __attribute__((aligned(16)));
    uint64_t length = vector_bytes();

    memset(ones, 0xff, sizeof(ones));
    memset(after, 0xff, sizeof(after));
    write_v(ones, after);
    for (uint64_t i = 8; i < length; i++)
        if (after[i])
            return false;
    return after[7] == 0x3f && after[6] == 0xf0;
}

/* What V has stays, and what was above it comes back or is 0. */
static bool change_right(void)
{
    static uint8_t bytes[BYTES] __attribute__((aligned(16)));
    uint64_t length = vector_bytes();

    memset(bytes, 0xa5, sizeof(bytes));
    change_length(bytes, 0);
    for (uint64_t i = 0; i < length; i++)
        if (bytes[i] != 0xa5 && (i < 16 || bytes[i]))
            return false;
    return true;
}

static void check_each_length(bool (*right)(void), const char *what)
{
    bool all = true;

    for (uint64_t len = 0; len < LENGTHS; len++) {
        set_length(len);
        for (unsigned round = 0; round < 20; round++)
            all &= right();
    }
    check(all, what);
}

void rom_main(void)
{
    if ((READ_REG(id_aa64pfr0_el1) >> 32 & 15) == 0) {
        print("This CPU has no SVE: -cpu max,sve=on\n");
        return;
    }
    print("Vectors of every length\n");
    mmu_on();
    check_traps();
    check_lengths();
    check_each_length(words_right, "words are added");
    check_each_length(doubles_right, "doubles are multiplied and added");
    check_each_length(counts_right, "comparisons set flags");
    check_each_length(above_v_right, "a write of V leaves nothing above it");
    check_each_length(change_right, "a change of the length keeps V");
    print_verdict("sve");
}
