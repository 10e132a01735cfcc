/* A disassembler that shares nothing with ulna, run as a command: what it calls each word. */
#ifndef ULNA_TESTS_DECODE_PEER_H
#define ULNA_TESTS_DECODE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_TEXT 64

struct peer {
    char tag;              /* as in the lists: b for binutils, l for LLVM */
    const char *name;      /* for people */
    const char *command;   /* disassembles the ELF file whose name is put behind it */
    const char *canonical; /* option: no aliases */
};

/* NULL: no such peer. */
const struct peer *peer_find(const char *name);
/* The shell finds its program. */
bool peer_installed(const struct peer *peer);

/* Calls `tell` for each word, in order, with its mnemonic ("": unallocated) and its operands; where
 * an alias is preferred it is that, unless `canonical`. False: the command failed, or answered
 * something else; told on stderr. */
typedef void peer_tell(void *opaque, uint32_t word, const char *mnemonic, const char *operands);
bool peer_ask(const struct peer *peer, bool canonical, const uint32_t *words, size_t count,
              peer_tell *tell, void *opaque);

#endif
