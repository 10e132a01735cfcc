/* Disassembly of one A64 instruction, by libcapstone. */
#ifndef ULNA_CPU_DISASM_H
#define ULNA_CPU_DISASM_H

#include <stddef.h>
#include <stdint.h>

/* Writes "mnemonic operands" into text; "(unallocated)" when there is no such instruction. */
void disasm(uint32_t word, uint64_t pc, char *text, size_t size);

#endif
