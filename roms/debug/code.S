// What debug exceptions are taken from. Each function is called with a pointer or a number in x0
// and a value in x1, at EL1 or EL0.

        .arch   armv8.1-a

#include "../lib/function.inc"

// count(rounds): x0, counted one by one
        function count
        mov     x1, #0
        .global count_body
count_body:
1:      add     x1, x1, #1
        subs    x0, x0, #1
        .global count_branch
count_branch:
        b.ne    1b
        mov     x0, x1
        ret

// call_often(rounds)
        function call_often
        mov     x9, x30
1:      bl      2f
        .global call_behind
call_behind:
        subs    x0, x0, #1
        b.ne    1b
        mov     x30, x9
2:      ret

// chase(words, n): n times to where a word points
        function chase
1:      ldr     x0, [x0]
        subs    x1, x1, #1
        b.ne    1b
        ret

// store_all(words, n): words[i] = i
        function store_all
        mov     x2, #0
1:      str     x2, [x0, x2, lsl #3]
        add     x2, x2, #1
        cmp     x2, x1
        b.ne    1b
        ret

        .macro  access name, insn:vararg
        function \name
        \insn
        ret
        .endm

        access  load8, ldrb w0, [x0]
        access  load16, ldrh w0, [x0]
        access  load32, ldr w0, [x0]
        access  load64, ldr x0, [x0]
        access  load128, ldp x0, x1, [x0]
        access  load_vector, ldr q0, [x0]
        access  store8, strb w1, [x0]
        access  store16, strh w1, [x0]
        access  store32, str w1, [x0]
        access  store64, str x1, [x0]
        access  store128, stp x1, x1, [x0]
        access  store_vector, str q0, [x0]
        access  load_as_el0, ldtr x0, [x0]
        access  store_as_el0, sttr x1, [x0]
        access  swap, swp x1, x0, [x0]
        access  zero_block, dc zva, x0

        function read_dcc
        mrs     x0, mdccsr_el0
        ret

// What is single-stepped: the traced addresses are walk + 4 * what step_order in debug.c says.
        function walk
        svc     #1                      // 0: begin
        mov     x1, #2                  // 1
1:      subs    x1, x1, #1              // 2
        b.ne    1b                      // 3
        bl      2f                      // 4
        svc     #2                      // 5
        adr     x2, walk_word           // 6
        ldxr    x3, [x2]                // 7
        stxr    w4, x3, [x2]            // 8
        brk     #7                      // 9
        svc     #3                      // 10: end
        b       user_end
2:      ret                             // 12

        function user_end
        svc     #0

        .section .data.walk_word, "aw"
        .balign 8
walk_word:
        .dword  0

// step_here(mdscr): software step of EL1 by EL1
        function step_here
        msr     mdscr_el1, x0
        isb
        msr     daifclr, #8
        .global step_here_first
step_here_first:
        nop
        nop
        msr     daifset, #8
        ret
