/*
 * What happens to an exception that the program did not expect: a report, and the end.
 */
#include "rom.h"

_Noreturn void exception_report(const struct exception *e)
{
    static const char *const from[] = {"EL1 with SP_EL0", "EL1", "EL0", "AArch32 EL0"};
    static const char *const kind[] = {"synchronous exception", "IRQ", "FIQ", "SError"};

    print("FAIL unexpected %s from %s\n", kind[e->vector & 3], from[e->vector >> 2 & 3]);
    print("  ELR  %016lx  ESR %08lx (class %02x)\n", e->elr, e->esr, exception_class(e));
    print("  SPSR %016lx  FAR %016lx\n", e->spsr, e->far);
    for (unsigned i = 0; i < 31; i++)
        print("  x%-2u %016lx%s", i, e->x[i], i % 3 == 2 || i == 30 ? "\n" : "");
    psci_system_off();
}

__attribute__((weak)) void exception_taken(struct exception *e)
{
    exception_report(e);
}
