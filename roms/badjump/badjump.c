/*
 * badjump: jumps to addresses where there are no instructions.
 *
 * First with vectors that catch it: an instruction abort, reported with its address. Then as a
 * naive program does it, with VBAR_EL1 = 0 as after reset: there is no handler at 0x200 either, so
 * the processor takes an exception, fails to fetch the handler's first instruction, takes an
 * exception, and so on for ever. This program never ends by itself; the emulator must stay alive
 * and usable, and its log should say what happens.
 */
#include "../lib/rom.h"

static const uint64_t targets[] = {
    0x0e000000, 0x30000000000, 0x7fffffffff00, UART_BASE + 0x100000, 0xfffffffffff0,
};

static uint64_t target;
static unsigned aborts;

void exception_taken(struct exception *e)
{
    if (exception_class(e) != EC_INSN_ABORT || e->far != target || e->elr != target)
        exception_report(e);
    aborts++;
    e->elr = e->x[30]; /* back to who called */
}

void rom_main(void)
{
    const unsigned count = sizeof(targets) / sizeof(targets[0]);

    for (unsigned i = 0; i < count; i++) {
        target = targets[i];
        print("Jumping to 0x%lx.\n", target);
        ((void (*)(void))target)();
    }
    check(aborts == count, "each was an instruction abort, at its address");
    print_verdict("badjump");

    print("Jumping to 0x%lx without vectors. This does not end.\n", targets[0]);
    WRITE_REG(vbar_el1, 0);
    ((void (*)(void))targets[0])();
}
