// Programs at EL0, see rom.h. What the callee must keep goes on the EL1 stack, then ERET with
// SPSR_EL1.M = 0 makes the first step of user mode.
#include "function.inc"

        function enter_el0
        stp     x29, x30, [sp, #-96]!
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        msr     elr_el1, x0
        msr     sp_el0, x1
        mov     x0, x2
        mov     x30, x3
        mov     x2, #0x3c0
        msr     spsr_el1, x2
        eret

        function leave_el0
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     x29, x30, [sp], #96
        ret
