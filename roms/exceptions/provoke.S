// The instructions that cause the exceptions of exceptions.c. In assembly, because each must be
// exactly this one, at a known place, and because C has no words for them.

#include "../lib/function.inc"

    function do_svc
    svc     #0x1234
    ret

    function do_brk
    brk     #0x5678
    ret

    function do_undefined
    udf     #0
    ret

    function do_svc_nested
    svc     #9
    ret

    // At EL1, SPSel chooses between the stacks SP_EL0 and SP_EL1. Handlers always get SP_EL1.
    function do_svc_on_sp0
    mov     x0, sp
    msr     sp_el0, x0
    msr     spsel, #0
    svc     #7
    msr     spsel, #1
    ret

    function do_fp
    fmov    s0, wzr
    ret

    // SPSR_EL1.M = 0b1001 asks for EL2, which ERET at EL1 may not reach.
    function do_illegal_return
    mov     x0, #0x3c9
    msr     spsr_el1, x0
    adr     x0, 1f
    msr     elr_el1, x0
    eret
1:  ret

    function do_load
    ldr     x0, [x0]
    ret

    function do_store
    str     x1, [x0]
    ret

    function do_jump                    // the handler returns to our caller: x30 is untouched
    br      x0

// ---- programs of user mode ----

    function user_add                   // a system call: arguments in registers, result in x0
    mov     x0, #40
    mov     x1, #2
    svc     #1
    str     x0, [sp, #-16]!
    svc     #0

    function user_read_sctlr
    mrs     x0, sctlr_el1
    svc     #0

    function user_read_ctr
    mrs     x5, ctr_el0
    svc     #0

    function user_mask_interrupts
    msr     daifset, #2
    svc     #0

    function user_wfi
    wfi
    svc     #0

    function user_load_misaligned_sp
    sub     sp, sp, #24
    ldr     x0, [sp]
    svc     #0

    function user_load_nowhere
    mov     x0, #0x200000000
    ldr     x1, [x0]
    svc     #0
