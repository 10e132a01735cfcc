/*
 * Power State Coordination Interface, DEN 0022: the firmware's functions for switching CPUs and the
 * whole board on and off. The arguments go in x0 to x3, the result comes back in x0, and on this
 * board the way in is HVC (the device tree's /psci node says so).
 */
#include "rom.h"

int64_t psci_call(uint32_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a;
    register uint64_t x2 __asm__("x2") = b;
    register uint64_t x3 __asm__("x3") = c;

    /* SMC Calling Convention, DEN 0028: x4 to x17 may come back changed. */
    __asm__ volatile("hvc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return (int64_t)x0;
}

_Noreturn void psci_system_off(void)
{
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;) /* does not return, unless there is no such firmware */
        __asm__ volatile("wfi");
}
