// Indirect branches and their targets. Each way branches to the function in x0, which returns 1 to
// our caller. They are called by BLR themselves.

        .arch   armv8.5-a

#include "../lib/function.inc"

        function by_blr
        bti     c
        mov     x9, x30
        blr     x0
        mov     x30, x9
        ret
        function by_br
        bti     c
        br      x0
        function by_br_x16
        bti     c
        mov     x16, x0
        br      x16
        .macro  target name, first:vararg
        function \name
        \first
        mov     x0, #1
        ret
        .endm

        target  to_nop, nop
        target  to_bti, bti
        target  to_bti_c, bti c
        target  to_bti_j, bti j
        target  to_bti_jc, bti jc
        target  to_brk, brk #1

        function to_paciasp
        paciasp
        autiasp
        mov     x0, #1
        ret

// A return needs no BTI: there and back.
        function by_ret
        bti     c
        mov     x9, x30
        adr     x30, 1f
        ret
        udf     #0
1:      mov     x30, x9
        mov     x0, #1
        ret

// by_eret(target, BTYPE): an exception return brings it back.
        function by_eret
        mov     x2, #0x3c5
        orr     x2, x2, x1, lsl #10
        msr     spsr_el1, x2
        msr     elr_el1, x0
        eret

        function user_end
        svc     #0
