// roms/prebuilt/demo.elf as an array of the host program: see demo.h.
    .section .rodata
    .balign 16
    .global roms_demo_elf
    .type   roms_demo_elf, %object
roms_demo_elf:
    .incbin ROMS_DEMO_ELF
1:  .size   roms_demo_elf, 1b - roms_demo_elf

    .balign 8
    .global roms_demo_elf_size
    .type   roms_demo_elf_size, %object
roms_demo_elf_size:
    .quad   1b - roms_demo_elf
    .size   roms_demo_elf_size, 8

    .section .note.GNU-stack, "", %progbits
