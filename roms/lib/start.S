// The first instructions of every program here, and the exception vectors they install.
//
// A loader enters an ELF at its entry point with the MMU and the caches off, in EL1 with interrupts
// masked, and (on ulna, as the Linux boot protocol has it) the address of the device tree in x0.
// QEMU's virt board passes x0 = 0 and leaves the device tree at the start of RAM: fdt_locate()
// in fdt.c copes with both.
//
// Arm Architecture Reference Manual (DDI 0487): D1.3 exception entry, D19.2 VBAR_EL1, CPACR_EL1.

    .section .text.start, "ax"
    .global _start
_start:
    mov     x19, x0                     // the device tree, or 0
    adrp    x1, stack_top               // three words of C need a stack,
    add     x1, x1, :lo12:stack_top
    mov     sp, x1

    adrp    x1, vectors                 // somewhere for exceptions to go,
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1

    mov     x1, #(3 << 20)              // CPACR_EL1.FPEN: no trap on floating point
    msr     cpacr_el1, x1
    isb

    adrp    x1, bss_start               // and zeroed variables.
    add     x1, x1, :lo12:bss_start
    adrp    x2, bss_end
    add     x2, x2, :lo12:bss_end
1:  cmp     x1, x2
    b.hs    2f
    stp     xzr, xzr, [x1], #16         // the linker script aligns both ends to 16
    b       1b

2:  bl      uart_init
    mov     x0, x19
    bl      fdt_locate
    bl      rom_main
    b       psci_system_off             // a program that returns is finished

// The vector table: 16 entries of 32 instructions, chosen by the hardware from where the exception
// came (this EL with SP_EL0, this EL with SP_EL1, a lower EL in AArch64, a lower EL in AArch32) and
// what it is (synchronous, IRQ, FIQ, SError). Each entry makes room for a struct exception (rom.h),
// notes its own number and joins the common path.
    .macro  vector number
    .balign 0x80
    sub     sp, sp, #288
    stp     x0, x1, [sp, #0]
    mov     x0, #\number
    b       save_and_call
    .endm

    .text
    .balign 0x800                       // VBAR_EL1 has no bits below 11
    .global vectors
vectors:
    .set    n, 0
    .rept   16
    vector  n
    .set    n, n + 1
    .endr

save_and_call:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x1, elr_el1                 // where to return to
    stp     x30, x1, [sp, #240]
    mrs     x1, spsr_el1                // the processor state to return to
    mrs     x2, esr_el1                 // what happened: the syndrome
    stp     x1, x2, [sp, #256]
    mrs     x1, far_el1                 // the address concerned, if any
    stp     x1, x0, [sp, #272]

    mov     x0, sp
    bl      exception_taken             // C; may change anything in the frame

    ldp     x30, x1, [sp, #240]
    msr     elr_el1, x1
    ldr     x1, [sp, #256]
    msr     spsr_el1, x1
    ldp     x28, x29, [sp, #224]
    ldp     x26, x27, [sp, #208]
    ldp     x24, x25, [sp, #192]
    ldp     x22, x23, [sp, #176]
    ldp     x20, x21, [sp, #160]
    ldp     x18, x19, [sp, #144]
    ldp     x16, x17, [sp, #128]
    ldp     x14, x15, [sp, #112]
    ldp     x12, x13, [sp, #96]
    ldp     x10, x11, [sp, #80]
    ldp     x8, x9, [sp, #64]
    ldp     x6, x7, [sp, #48]
    ldp     x4, x5, [sp, #32]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp], #288
    eret
