// The instructions of FEAT_MOPS as functions of C. Each is three instructions, which any number of
// interrupts may come between or into.

        .arch   armv8.8-a+mops

#include "../lib/function.inc"

        function mops_copy
        cpyp    [x0]!, [x1]!, x2!
        cpym    [x0]!, [x1]!, x2!
        cpye    [x0]!, [x1]!, x2!
        ret

        function mops_copy_forward
        cpyfp   [x0]!, [x1]!, x2!
        cpyfm   [x0]!, [x1]!, x2!
        cpyfe   [x0]!, [x1]!, x2!
        ret

// size_t mops_set(to, byte, size): how much is left to do, which is nothing
        function mops_set
        setp    [x0]!, x2!, x1
        .global mops_set_main
mops_set_main:
        setm    [x0]!, x2!, x1
        sete    [x0]!, x2!, x1
        .global mops_set_end
mops_set_end:
        mov     x0, x2
        ret

// Two functions of the same size, to be copied over one another.
        function answer_one
        mov     w0, #1
        ret
        function answer_two
        mov     w0, #2
        ret
