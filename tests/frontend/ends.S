/* The guest of the test `ends`: eight CPUs, each in another state that a machine may be stopped in.
 * CPU 0 says ">" when all have been turned on, and powers off when the power key has been pressed. */
#define UART      0x09000000
#define GPIO      0x09030000
#define GPIOIEV   0x40c
#define GPIORIS   0x414
#define POWER_KEY (1 << 3)

#define SYSTEM_OFF 0x84000008
#define CPU_OFF    0x84000002
#define CPU_ON     0xc4000003

        .text
        .macro  load register, value
        movz    \register, #((\value) >> 16), lsl #16
        movk    \register, #((\value) & 0xffff)
        .endm

        load    x19, UART
        load    x20, GPIO
        mov     w0, #POWER_KEY
        str     w0, [x20, #GPIOIEV]     /* a press is remembered in GPIORIS */
        mov     x21, #1
        adr     x22, states
on:     load    w0, CPU_ON
        mov     x1, x21
        mov     x2, x22
        mov     x3, xzr
        hvc     #0
        add     x22, x22, #32
        add     x21, x21, #1
        cmp     x21, #7                 /* the last one stays off */
        b.lo    on
        mov     w0, #'>'
        str     w0, [x19]
wait:   ldr     w0, [x20, #GPIORIS]
        tbz     w0, #3, wait
        load    w0, SYSTEM_OFF
        hvc     #0
        b       .

/* 32 bytes for each of CPU 1 to 6 */
        .balign 32
states: b       states                  /* a loop */
        .balign 32
1:      wfi
        b       1b
        .balign 32
2:      wfe
        b       2b
        .balign 32
3:      tlbi    vmalle1is               /* asks everybody, and waits for the answer */
        dsb     ish
        b       3b
        .balign 32
        load    w0, CPU_OFF
        hvc     #0
        .balign 32
        adr     x1, word                /* waits for a store that does not come */
4:      ldxr    w0, [x1]
        cbnz    w0, 5f
        wfe
        b       4b
5:      b       .
        .balign 32
word:   .word   0
