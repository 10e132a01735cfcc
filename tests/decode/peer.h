/* A disassembler that shares nothing with ulna: what it calls each word. */
#ifndef ULNA_TESTS_DECODE_PEER_H
#define ULNA_TESTS_DECODE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_TEXT 64

/* Calls `tell` for each word, in order, with its mnemonic ("": unallocated) and its operands. */
typedef void peer_tell(void *opaque, uint32_t word, const char *mnemonic, const char *operands);

struct peer {
    char tag;              /* as in the lists: b for binutils, l for LLVM, c for Capstone */
    const char *name;      /* for people */
    const char *command;   /* disassembles the ELF file whose name is put behind it */
    const char *canonical; /* option: no aliases */
    /* Called instead of the command, with who can tell it what is behind an alias. */
    bool (*function)(const struct peer *translator, bool canonical, const uint32_t *words,
                     size_t count, peer_tell *tell, void *opaque);
    const struct peer *translator;
    bool old; /* has no name for most system registers */
};

/* NULL: no such peer. */
const struct peer *peer_find(const char *name);
/* The shell finds its program, or its translator's. */
bool peer_installed(const struct peer *peer);

/* Tells of each word. Where an alias is preferred it is that, unless `canonical`. False: the peer
 * failed, or answered something else; told on stderr. */
bool peer_ask(const struct peer *peer, bool canonical, const uint32_t *words, size_t count,
              peer_tell *tell, void *opaque);

#endif
