/* Disassembly of A64 instructions, and of what the JIT makes of them, by libcapstone. */
#ifndef ULNA_CPU_DISASM_H
#define ULNA_CPU_DISASM_H

#include <stddef.h>
#include <stdint.h>

/* Writes "mnemonic operands" into text; "(no disassembly)" when the library knows no such
 * instruction. */
void disasm(uint32_t word, uint64_t pc, char *text, size_t size);
/* Calls `line` for each instruction in `size` bytes of x86-64 code, which runs at `address`. */
void disasm_host(const uint8_t *code, size_t size, uint64_t address,
                 void (*line)(void *opaque, const char *text), void *opaque);

#endif
