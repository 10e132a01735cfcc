// The instructions of FEAT_PAuth as functions of C: pointer in x0, modifier in x1.

        .arch   armv8.3-a

#include "../lib/function.inc"

        .macro  one name
        function do_\name
        \name   x0, x1
        ret
        .endm

        one     pacia
        one     pacib
        one     pacda
        one     pacdb
        one     autia
        one     autib
        one     autda
        one     autdb

        function do_xpaci
        xpaci   x0
        ret
        function do_xpacd
        xpacd   x0
        ret
        function do_pacga
        pacga   x0, x0, x1
        ret

// Signs and authenticates x0 with modifier x1, x2 times: returns in how many rounds the code was
// another one than in the first, or the pointer did not come back. Calls nothing: EL0 runs it, too.
        function do_rounds
        mov     x3, x0
        mov     x7, #0
        mov     x4, x0
        pacia   x4, x1
1:      mov     x5, x3
        pacia   x5, x1
        cmp     x5, x4
        cinc    x7, x7, ne
        autia   x5, x1
        cmp     x5, x3
        cinc    x7, x7, ne
        subs    x2, x2, #1
        b.ne    1b
        mov     x0, x7
        ret

// The same for calls and returns whose addresses are signed: a function that calls itself x0 times.
        function do_depth
        paciasp
        stp     x29, x30, [sp, #-16]!
        cbz     x0, 1f
        sub     x0, x0, #1
        adr     x2, do_depth
        paciza  x2
        blraaz  x2
        add     x0, x0, #1
1:      ldp     x29, x30, [sp], #16
        retaa

        function user_rounds            // as do_rounds, for this pointer and modifier 9
        mov     x1, #9
        mov     x2, #2000
        bl      do_rounds
        svc     #0

        function user_depth
        bl      do_depth
        svc     #0
