// The exception rows of bare.c, with the shortest possible handlers. DDI 0487, D1.3: a synchronous
// exception goes to VBAR_EL1 + 0x200 from EL1 itself, and to + 0x400 from EL0;
// an interrupt to + 0x280.

    .text
    .balign 0x800
trap_vectors:
    .org    trap_vectors + 0x200        // the load of bare_faults: step over it
    mrs     x4, elr_el1
    add     x4, x4, #4
    msr     elr_el1, x4
    add     x2, x2, #1
    eret
    .org    trap_vectors + 0x280        // the interrupt of bare_interrupts; x6 is the GICC
    ldr     w4, [x6, #0x0c]             // GICC_IAR
    str     w4, [x6, #0x10]             // GICC_EOIR
    add     x2, x2, #1
    eret
    .org    trap_vectors + 0x400        // the SVC of el0_program
    cbz     x1, 1f                      // the program says that it is done
    add     x2, x2, #1
    eret
1:  mov     x0, x2
    msr     vbar_el1, x3
    ret                                 // to bare_syscalls' caller: x30 and sp are as it left them
    .org    trap_vectors + 0x800

// uint64_t bare_syscalls(uint64_t count, uint64_t el0_offset)
    .global bare_syscalls
bare_syscalls:
    mrs     x3, vbar_el1
    adr     x4, trap_vectors
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

// uint64_t bare_faults(uint64_t count, uint64_t unmapped_address)
    .global bare_faults
bare_faults:
    mrs     x3, vbar_el1
    adr     x4, trap_vectors
    msr     vbar_el1, x4
    isb
    mov     x2, #0
1:  ldr     x5, [x1]
    subs    x0, x0, #1
    b.ne    1b
    msr     vbar_el1, x3
    isb
    mov     x0, x2
    ret

// uint64_t bare_interrupts(uint64_t count, uint64_t gicd_sgir, uint64_t gicc)
    .global bare_interrupts
bare_interrupts:
    mrs     x3, vbar_el1
    adr     x4, trap_vectors
    msr     vbar_el1, x4
    isb
    mov     x6, x2
    mov     x2, #0
    mov     w5, #(2 << 24)              // SGI 0 to oneself
    msr     daifclr, #2
1:  add     x7, x2, #1
    str     w5, [x1]
2:  cmp     x2, x7                      // until it has come
    b.ne    2b
    subs    x0, x0, #1
    b.ne    1b
    msr     daifset, #2
    msr     vbar_el1, x3
    isb
    mov     x0, x2
    ret
