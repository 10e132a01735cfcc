/* See capstone.h. */
#include "capstone.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef char mnemonic_text[16];

/* What somebody calls each of the words. */
struct names {
    mnemonic_text *name;
    size_t count;
};

static void note_name(void *opaque, uint32_t word, const char *mnemonic, const char *operands)
{
    struct names *names = opaque;

    (void)word;
    (void)operands;
    snprintf(names->name[names->count++], sizeof(names->name[0]), "%s", mnemonic);
}

static bool disassemble(const struct names *alias, const struct names *full, const uint32_t *words,
                        size_t count, peer_tell *tell, void *opaque)
{
    csh handle;
    cs_insn *insn;

    if (cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &handle) != CS_ERR_OK) {
        fprintf(stderr, "capstone: cannot be opened\n");
        return false;
    }
    insn = cs_malloc(handle);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *code = (const uint8_t *)&words[i];
        size_t size = sizeof(words[i]);
        uint64_t address = 0;

        if (!cs_disasm_iter(handle, &code, &size, &address, insn))
            tell(opaque, words[i], "", "");
        else if (i < alias->count && strcmp(insn->mnemonic, alias->name[i]) == 0)
            tell(opaque, words[i], full->name[i], insn->op_str);
        else
            tell(opaque, words[i], insn->mnemonic, insn->op_str);
    }
    cs_free(insn, 1);
    cs_close(&handle);
    return true;
}

bool capstone_ask(const struct peer *translator, bool canonical, const uint32_t *words,
                  size_t count, peer_tell *tell, void *opaque)
{
    struct names alias = {.name = calloc(count, sizeof(mnemonic_text))};
    struct names full = {.name = calloc(count, sizeof(mnemonic_text))};
    bool good = alias.name && full.name;

    if (good && canonical)
        good = peer_ask(translator, false, words, count, note_name, &alias) &&
               peer_ask(translator, true, words, count, note_name, &full);
    good = good && disassemble(&alias, &full, words, count, tell, opaque);
    free(alias.name);
    free(full.name);
    return good;
}
