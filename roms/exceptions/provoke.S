// The instructions that cause the exceptions of exceptions.c. In assembly, because each must be
// exactly this one, at a known place, and because C has no words for them.

    .macro  function name
    .section .text.\name, "ax"
    .balign 4
    .global \name
\name:
    .endm

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

// enter_el0(code in x0, stack in x1): what the callee must keep goes on the EL1 stack, then ERET
// with SPSR_EL1.M = 0 makes the first step of user mode. leave_el0 is where the handler sends us.
    function enter_el0
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    msr     elr_el1, x0
    msr     sp_el0, x1
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
