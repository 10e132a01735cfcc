/* Disassembly for logs: slow and rare, so the library's handle lives only for the call. */
#include "cpu/disasm.h"

#include <capstone/capstone.h>
#include <stdio.h>

void disasm(uint32_t word, uint64_t pc, char *text, size_t size)
{
    csh handle;
    cs_insn *insn;

    snprintf(text, size, "(no disassembly)");
    if (cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &handle) != CS_ERR_OK)
        return;
    if (cs_disasm(handle, (const uint8_t *)&word, sizeof(word), pc, 1, &insn) == 1) {
        snprintf(text, size, "%s %s", insn->mnemonic, insn->op_str);
        cs_free(insn, 1);
    }
    cs_close(&handle);
}

void disasm_host(const uint8_t *code, size_t size, uint64_t address,
                 void (*line)(void *opaque, const char *text), void *opaque)
{
    csh handle;
    cs_insn *insns;
    size_t count;

    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
        return;
    count = cs_disasm(handle, code, size, address, 0, &insns);
    for (size_t i = 0; i < count; i++) {
        char text[224];

        snprintf(text, sizeof(text), "%llx: %s %s", (unsigned long long)insns[i].address,
                 insns[i].mnemonic, insns[i].op_str);
        line(opaque, text);
    }
    if (count)
        cs_free(insns, count);
    cs_close(&handle);
}
