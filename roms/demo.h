/*
 * The demo that ulna runs when it is given nothing to run: roms/demo, as a stripped AArch64 ELF,
 * linked into the binary by embed.S from roms/prebuilt/demo.elf.
 */
#ifndef ULNA_ROMS_DEMO_H
#define ULNA_ROMS_DEMO_H

#include <stddef.h>
#include <stdint.h>

extern const uint8_t roms_demo_elf[];   /* the ELF file; aligned to 16 */
extern const size_t roms_demo_elf_size; /* in bytes */

#endif
