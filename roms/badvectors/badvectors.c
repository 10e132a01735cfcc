/*
 * badvectors: exceptions whose handlers only cause the next exception, for ever.
 *
 *   (nothing)          the vectors are memory full of zeros: each entry is an undefined instruction
 *   -append nowhere    VBAR_EL1 points to where there is no memory: each entry is an abort
 *   -append stack      the vectors save registers on a stack that runs out of memory at last
 *
 * This program never ends by itself; the emulator must stay alive and usable.
 */
#include "../lib/rom.h"

static uint32_t zeros[512] __attribute__((aligned(2048)));
static uint32_t pushes[512] __attribute__((aligned(2048)));

#define INSN_STP_PUSH 0xa9bf7bfdu /* stp x29, x30, [sp, #-16]! */
#define INSN_SVC      0xd4000001u /* svc #0 */

void rom_main(void)
{
    const char *args = fdt_bootargs();
    uint64_t vectors = (uint64_t)zeros;

    if (text_find(args, "nowhere")) {
        print("Vectors where there is no memory. This does not end.\n");
        vectors = 0x0e000000;
    } else if (text_find(args, "stack")) {
        print("Vectors that push and call themselves. This does not end.\n");
        for (unsigned i = 0; i < 512; i += 2) {
            pushes[i] = INSN_STP_PUSH;
            pushes[i + 1] = INSN_SVC;
        }
        __asm__ volatile("dsb ish\n\tic iallu\n\tdsb ish\n\tisb" : : : "memory");
        vectors = (uint64_t)pushes;
    } else {
        print("Vectors full of undefined instructions. This does not end.\n");
    }
    WRITE_REG(vbar_el1, vectors);
    __asm__ volatile("svc #0");
}
