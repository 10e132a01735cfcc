// One access each, so that a fault is at a known instruction: exception_taken() in mmu.c steps over
// it (and for a jump, returns to the caller).

    .macro  function name
    .text
    .balign 4
    .global \name
\name:
    .endm

    function probe_load
    ldr     x0, [x0]
    ret

    function probe_store
    str     x1, [x0]
    ret

    function probe_load_as_user
    ldtr    x0, [x0]
    ret

    function probe_store_as_user
    sttr    x1, [x0]
    ret

    function probe_call
    stp     x29, x30, [sp, #-16]!
    blr     x0
    ldp     x29, x30, [sp], #16
    ret

    .arch_extension pan
    function probe_load_with_pan        // x1: as EL0?
    msr     pan, #1
    cbnz    x1, 1f
    ldr     x0, [x0]
    b       2f
1:  ldtr    x0, [x0]
2:  msr     pan, #0
    ret
