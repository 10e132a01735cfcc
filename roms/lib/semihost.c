/*
 * Semihosting for AArch64 and AArch32, version 3.0: HLT #0xf000 stops the processor, and the
 * debugger or emulator does what w0 asks, with a block of parameters at x1, and puts the answer in
 * x0. Without semihosting the instruction is UNDEFINED.
 */
#include "rom.h"

int64_t semihost_call(uint32_t operation, const void *parameters)
{
    register uint64_t x0 __asm__("x0") = operation;
    register uint64_t x1 __asm__("x1") = (uint64_t)parameters;

    __asm__ volatile("hlt #0xf000" : "+r"(x0), "+r"(x1) : : "memory");
    return (int64_t)x0;
}
