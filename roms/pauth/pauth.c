/*
 * pauth: pointer authentication.
 *
 * A pointer has fewer bits than a register: TCR_EL1.T0SZ and T1SZ say how many. PAC instructions
 * put a code into the others that depends on the pointer, a modifier and a key; AUT instructions
 * take it out again, if it is right. If it is not, the pointer becomes one that no translation has,
 * or, with FEAT_FPAC, the instruction takes an exception of class 0x1c.
 *
 * Which algorithm makes the code is up to the processor: QARMA5, QARMA3, or one of its own. The
 * first two have one right answer, which is the same on every machine.
 */
#include "../lib/rom.h"

uint64_t do_pacia(uint64_t pointer, uint64_t modifier),
    do_pacib(uint64_t pointer, uint64_t modifier);
uint64_t do_pacda(uint64_t pointer, uint64_t modifier),
    do_pacdb(uint64_t pointer, uint64_t modifier);
uint64_t do_autia(uint64_t pointer, uint64_t modifier),
    do_autib(uint64_t pointer, uint64_t modifier);
uint64_t do_autda(uint64_t pointer, uint64_t modifier),
    do_autdb(uint64_t pointer, uint64_t modifier);
uint64_t do_xpaci(uint64_t pointer), do_xpacd(uint64_t pointer);
uint64_t do_pacga(uint64_t value, uint64_t modifier);
uint64_t do_rounds(uint64_t pointer, uint64_t modifier, uint64_t rounds);
uint64_t do_depth(uint64_t depth);
void user_rounds(void), user_depth(void);

#define EC_PAC_FAIL 0x1c
#define TBI0        (1ul << 37)
#define TBID0       (1ul << 51)

static volatile unsigned failures;
static volatile uint64_t syndrome;

/* AUT has failed: go on behind it. SVC from EL0: back to enter_el0's caller. */
void exception_taken(struct exception *e)
{
    syndrome = e->esr;
    if (e->vector == VECTOR_SPX_SYNC && exception_class(e) == EC_PAC_FAIL) {
        failures++;
        e->elr += 4;
    } else if (e->vector == VECTOR_LOWER_SYNC && exception_class(e) == EC_SVC) {
        e->elr = (uint64_t)leave_el0;
        e->spsr = 0x3c5;
    } else {
        exception_report(e);
    }
}

/* A wrong code: an exception with this ISS, or another pointer. */
static bool refused(uint64_t (*authenticate)(uint64_t, uint64_t), uint64_t pointer,
                    uint64_t modifier, uint64_t right, unsigned iss)
{
    unsigned before = failures;
    uint64_t result = authenticate(pointer, modifier);

    if (failures != before)
        return (syndrome & 0x1ffffff) == iss;
    return result != right && (result >> 48) != 0 && (result >> 48) != 0xffff;
}

static const struct {
    uint64_t (*sign)(uint64_t, uint64_t), (*authenticate)(uint64_t, uint64_t), (*strip)(uint64_t);
} keys[] = {
    {do_pacia, do_autia, do_xpaci},
    {do_pacib, do_autib, do_xpaci},
    {do_pacda, do_autda, do_xpacd},
    {do_pacdb, do_autdb, do_xpacd},
};

static const uint64_t pointers[] = {0, 0x40001234, 0x7fffffffffff, 0xffff800000000000,
                                    0xffffffffffffffff};

static void pairs(void)
{
    bool undone = true, stripped = true, address = true, wrong = true;
    unsigned same_as_other_key = 0, signed_pointers = 0;

    print("Signing and authenticating:\n");
    for (unsigned k = 0; k < 4; k++) {
        for (unsigned i = 0; i < 5; i++) {
            uint64_t pointer = pointers[i];
            uint64_t result = keys[k].sign(pointer, 0x1234);

            address &= (result << 16) == (pointer << 16) && !((result ^ pointer) >> 55 & 1);
            undone &= keys[k].authenticate(result, 0x1234) == pointer;
            stripped &= keys[k].strip(result) == pointer;
            wrong &= refused(keys[k].authenticate, result ^ 1ul << 60, 0x1234, pointer, k);
            same_as_other_key += result == keys[(k + 1) % 4].sign(pointer, 0x1234);
            signed_pointers += result != pointer;
        }
    }
    check(address, "the address and bit 55 stay");
    check(undone, "AUT undoes PAC");
    check(stripped, "XPAC strips the code");
    check(wrong, "a wrong code is refused");
    check(signed_pointers > 17 && same_as_other_key < 3, "each key makes its own codes");
    check((do_pacga(1, 2) & 0xffffffff) == 0 && do_pacga(1, 2) != do_pacga(1, 3) &&
              do_pacga(1, 2) != do_pacga(2, 2),
          "PACGA: 32 bits, of both operands");
}

/* With a tag in the top byte there is less room. */
static void tags(void)
{
    uint64_t tcr = READ_REG(tcr_el1), pointer = 0x5a00000040001234;
    bool tagged, code;

    print("Tagged pointers:\n");
    WRITE_REG(tcr_el1, tcr | TBI0);
    tagged = do_pacda(pointer, 1) >> 56 == 0x5a && do_autda(do_pacda(pointer, 1), 1) == pointer;
    code = do_pacia(pointer, 1) >> 56 == 0x5a && do_autia(do_pacia(pointer, 1), 1) == pointer;
    check(tagged && code, "TBI0: the top byte stays");
    WRITE_REG(tcr_el1, tcr | TBI0 | TBID0);
    tagged = do_pacda(pointer, 2) >> 56 == 0x5a && do_autda(do_pacda(pointer, 2), 2) == pointer;
    code = do_xpaci(pointer) == 0x40001234 && do_xpacd(pointer) == pointer;
    check(tagged && code, "TBID0: for pointers to data only");
    WRITE_REG(tcr_el1, tcr | 39);
    check((do_pacia(0x1ffffff, 3) & 0x1ffffff) == 0x1ffffff && do_xpaci(0x7fffffe000123ul) == 0x123,
          "T0SZ = 39: down to bit 25");
    WRITE_REG(tcr_el1, tcr);
}

static uint8_t user_stack[65536] __attribute__((aligned(16)));

static void often(void)
{
    print("Often:\n");
    check(do_rounds(0xffff800012345678, 77, 2000) == 0, "at EL1, in the upper half");
    check(do_rounds(0x12345678, 77, 2000) == 0, "at EL1, in the lower half");
    check(enter_el0(user_rounds, user_stack + sizeof(user_stack), 0x12345678, 0) == 0,
          "at EL0, in the lower half");
    check(enter_el0(user_rounds, user_stack + sizeof(user_stack), 0xffff800012345678, 0) == 0,
          "at EL0, in the upper half");
    bool depth = true;
    for (unsigned i = 0; i < 300; i++)
        depth &= do_depth(i) == i;
    check(depth, "calls and returns at EL1");
    for (unsigned i = 0; i < 300; i++)
        depth &= enter_el0(user_depth, user_stack + sizeof(user_stack), i, 0) == i;
    check(depth, "calls and returns at EL0");
}

static void set_key(uint64_t high, uint64_t low)
{
    WRITE_REG(S3_0_C2_C1_0, low); /* APIAKeyLo_EL1 */
    WRITE_REG(S3_0_C2_C1_1, high);
    WRITE_REG(S3_0_C2_C3_0, low); /* APGAKeyLo_EL1 */
    WRITE_REG(S3_0_C2_C3_1, high);
}

/* The value that the paper on QARMA prints, of which PACGA shows the upper half; and the sum of
 * many with changing keys. */
static void answers(void)
{
    bool qarma5 = READ_REG(S3_0_C0_C6_1) >> 4 & 15;  /* ID_AA64ISAR1_EL1.APA */
    bool qarma3 = READ_REG(S3_0_C0_C6_2) >> 12 & 15; /* ID_AA64ISAR2_EL1.APA3 */
    uint64_t seed = 1, sum = 0;

    set_key(0x84be85ce9804e94b, 0xec2802d4e0a488e9);
    uint64_t known = do_pacga(0xfb623599da6e8127, 0x477d469dec0b8762);
    for (unsigned i = 0; i < 1000; i++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        if (i % 10 == 0)
            set_key(seed, ~seed << 7);
        sum = sum * 31 + do_pacga(seed, seed >> 13) + (do_pacia(seed & 0xffffffff, ~seed) >> 48);
    }
    print("Known answers: %s\n", qarma5 ? "QARMA5" : qarma3 ? "QARMA3" : "none");
    check(!qarma5 || known == 0xc003b93900000000, "QARMA5: as the paper says");
    check(!qarma3 || known == 0xc8b7fdc100000000, "QARMA3: as another machine says");
    check(!qarma5 || sum == 0xc720170c1515d810, "QARMA5: a thousand more");
    check(!qarma3 || sum == 0xdaba7bfbe254d056, "QARMA3: a thousand more");
}

void rom_main(void)
{
    if ((READ_REG(S3_0_C0_C6_1) & 0xff0) == 0 && (READ_REG(S3_0_C0_C6_2) & 0xf000) == 0) {
        print("FEAT_PAuth is not there.\n");
        return;
    }
    WRITE_REG(sctlr_el1, READ_REG(sctlr_el1) | 1ul << 31 | 1ul << 30 | 1ul << 27 | 1ul << 13);
    uint64_t key = 0x123456789abcdef1;
    WRITE_REG(S3_0_C2_C1_0, key);
    WRITE_REG(S3_0_C2_C1_2, key * 3);
    WRITE_REG(S3_0_C2_C2_0, key * 5);
    WRITE_REG(S3_0_C2_C2_2, key * 7);
    WRITE_REG(S3_0_C2_C3_0, key * 11);
    pairs();
    tags();
    often();
    answers();
    print_verdict("pauth");
}
