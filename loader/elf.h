/* AArch64 ELF executables (ELF for the Arm 64-bit Architecture, AAELF64), read with libelf: what is
 * to be loaded where, the entry point and the function symbols. Nothing is placed here. */
#ifndef ULNA_LOADER_ELF_H
#define ULNA_LOADER_ELF_H

#include "loader/source.h"

struct symbols;

struct elf_segment {
    unsigned index;         /* of the program header, for messages */
    uint64_t paddr, vaddr;  /* guest addresses */
    uint64_t offset;        /* in the file */
    uint64_t filesz, memsz; /* bytes; filesz <= memsz, the rest is zero */
    bool executable;
};

struct elf_image {
    struct elf_segment *segments; /* PT_LOAD with a memory size, in the order of the file */
    unsigned count;               /* at least 1 */
    uint64_t entry_virtual;       /* e_entry */
    uint64_t entry; /* the same as a physical address, through the segment that holds it */
    bool has_entry; /* false: no segment holds e_entry */
};

/* True when the source begins as an ELF file does, of whatever kind. */
bool elf_probe(const struct source *source);

/* Checks that the file is a whole little-endian AArch64 executable and reads its headers.
 * elf_image_free after success. */
bool elf_image_read(const struct source *source, struct elf_image *image, struct err *err);
void elf_image_free(struct elf_image *image);

/* Adds the functions and code labels of the symbol table to `symbols`, which the caller sorts. A
 * file without a symbol table adds none, one with a damaged table adds what can be read: symbols
 * are a help, not a condition. */
void elf_symbols_read(const struct source *source, struct symbols *symbols);

#endif
