// The system-call loop of bare.c: a program at EL0 that does nothing but SVC, and the shortest
// handler at EL1. DDI 0487, D1.3: SVC from EL0 goes to VBAR_EL1 + 0x400.

    .text
    .balign 0x800
svc_vectors:
    .org    svc_vectors + 0x400         // synchronous, from a lower EL
    cbz     x1, 1f                      // the program says that it is done
    add     x2, x2, #1
    eret
1:  mov     x0, x2
    msr     vbar_el1, x3                // back to bare_syscalls' caller, never having left its
    ret                                 // stack: x30 and sp are as it left them
    .org    svc_vectors + 0x800

// uint64_t bare_syscalls(uint64_t count, uint64_t el0_offset)
    .global bare_syscalls
bare_syscalls:
    mrs     x3, vbar_el1
    adr     x4, svc_vectors
    msr     vbar_el1, x4
    adr     x4, el0_program             // its address in the EL0 view of memory
    add     x4, x4, x1
    msr     elr_el1, x4
    msr     spsr_el1, xzr               // EL0t, interrupts enabled (none is configured)
    mov     x1, x0
    mov     x2, #0
    isb
    eret

el0_program:
    sub     x1, x1, #1
    svc     #0                          // returns here, except when x1 is 0
    b       el0_program
