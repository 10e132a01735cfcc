/*
 * badstore: loads and stores at addresses where there is nothing.
 *
 * On the bus, nobody answers, and the processor takes a synchronous external abort (a data abort
 * with fault status 0x10); an address with more bits than the bus has is an address size fault
 * (0x00), and an exclusive one, where there can be no monitor, may be answered with 0x35. Every
 * single access must fault, at its own address, and the program must survive them all.
 */
#include "../lib/rom.h"

/* Holes of the memory map, whatever is plugged in, and addresses above all RAM and devices. */
static const uint64_t holes[] = {
    0x08060000, 0x0a100000, 0x0e000000, 0x0f800000, 0x30000000000, 0x7fffffff0000, 0xfffffffffff0,
};

static uint64_t expected_far;
static unsigned aborts, wrong;

void exception_taken(struct exception *e)
{
    unsigned status = e->esr & 0x3f;

    if (exception_class(e) != EC_DATA_ABORT)
        exception_report(e);
    aborts++;
    wrong += e->far != expected_far || (status != 0x10 && status != 0x00 && status != 0x35);
    e->elr += 4;
}

/* Each width, load and store: eight accesses. */
static void touch(uint64_t address)
{
    expected_far = address;
    __asm__ volatile("ldrb w0, [%0]\n\t"
                     "ldrh w0, [%0]\n\t"
                     "ldr w0, [%0]\n\t"
                     "ldr x0, [%0]\n\t"
                     "strb wzr, [%0]\n\t"
                     "strh wzr, [%0]\n\t"
                     "str wzr, [%0]\n\t"
                     "str xzr, [%0]"
                     :
                     : "r"(address)
                     : "x0", "memory");
}

void rom_main(void)
{
    const unsigned count = sizeof(holes) / sizeof(holes[0]), rounds = 100;

    print("Touching %u addresses where nothing is, %u times.\n", count, rounds);
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned i = 0; i < count; i++)
            touch(holes[i] + round * 8 % 64 % (i == count - 1 ? 16 : 64));
    print("%u accesses, %u aborts.\n", rounds * count * 8, aborts);
    check(aborts == rounds * count * 8, "every access is an abort");
    check(wrong == 0, "with the right address and fault status");

    /* As an atomic, an exclusive and a pair, and by the cache. */
    aborts = 0;
    expected_far = holes[0];
    __asm__ volatile("ldxr x0, [%0]\n\t"
                     "ldar x0, [%0]\n\t"
                     "stlr xzr, [%0]\n\t"
                     "ldp x0, x1, [%0]\n\t"
                     "stp xzr, xzr, [%0]"
                     :
                     : "r"(holes[0])
                     : "x0", "x1", "memory");
    check(aborts == 5 && wrong == 0, "exclusive, acquire, release and pair as well");
    print_verdict("badstore");
}
