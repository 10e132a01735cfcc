/* Small input files for the loader's tests: ELF files and arm64 Images built in memory, and a
 * folder of temporary files. Each test program that includes it is a single file, so everything is
 * static. */
#ifndef ULNA_TESTS_UNIT_MAKE_FILES_H
#define ULNA_TESTS_UNIT_MAKE_FILES_H

#include <check.h>
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define TEMP_PATH_MAX 128

/* A new empty folder, in `path`. */
static inline void temp_folder(char path[TEMP_PATH_MAX])
{
    const char *base = getenv("TMPDIR");

    snprintf(path, TEMP_PATH_MAX, "%.80s/ulna-test-XXXXXX", base ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(path));
}

/* Writes folder/name and puts its path in `path` (2 * TEMP_PATH_MAX characters). */
static inline void temp_file(const char *folder, const char *name, const void *data, size_t size,
                             char *path)
{
    FILE *file;

    snprintf(path, 2 * TEMP_PATH_MAX, "%s/%s", folder, name);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* An executable with one or two segments of 16 bytes in the file, a text section and a symbol
 * table. Tests change fields before they use it. */
struct elf_file {
    Elf64_Ehdr head;
    Elf64_Phdr segments[2];
    uint8_t text[16], data[16];
    char names[48], section_names[32];
    Elf64_Sym symbols[5];
    Elf64_Shdr sections[5];
};

static inline void elf_make(struct elf_file *file, uint64_t paddr, uint64_t vaddr)
{
    static const char names[] = "\0start\0loop\0$x\0data_item";
    static const char section_names[] = "\0.text\0.data\0.symtab\0.strtab";

    memset(file, 0, sizeof(*file));
    memcpy(file->head.e_ident, ELFMAG, SELFMAG);
    file->head.e_ident[EI_CLASS] = ELFCLASS64;
    file->head.e_ident[EI_DATA] = ELFDATA2LSB;
    file->head.e_ident[EI_VERSION] = EV_CURRENT;
    file->head.e_type = ET_EXEC;
    file->head.e_machine = EM_AARCH64;
    file->head.e_version = EV_CURRENT;
    file->head.e_entry = vaddr;
    file->head.e_ehsize = sizeof(Elf64_Ehdr);
    file->head.e_phoff = offsetof(struct elf_file, segments);
    file->head.e_phentsize = sizeof(Elf64_Phdr);
    file->head.e_phnum = 1;
    file->head.e_shoff = offsetof(struct elf_file, sections);
    file->head.e_shentsize = sizeof(Elf64_Shdr);
    file->head.e_shnum = 5;
    file->segments[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                                     .p_flags = PF_R | PF_X,
                                     .p_offset = offsetof(struct elf_file, text),
                                     .p_vaddr = vaddr,
                                     .p_paddr = paddr,
                                     .p_filesz = 16,
                                     .p_memsz = 32};
    file->segments[1] = file->segments[0];
    file->segments[1].p_offset = offsetof(struct elf_file, data);
    file->segments[1].p_vaddr += 0x1000;
    file->segments[1].p_paddr += 0x1000;
    for (unsigned i = 0; i < 16; i++) {
        file->text[i] = (uint8_t)(0x10 + i);
        file->data[i] = (uint8_t)(0x20 + i);
    }
    memcpy(file->names, names, sizeof(names));
    memcpy(file->section_names, section_names, sizeof(section_names));
    file->sections[1] = (Elf64_Shdr){.sh_name = 1,
                                     .sh_type = SHT_PROGBITS,
                                     .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                                     .sh_addr = vaddr,
                                     .sh_offset = offsetof(struct elf_file, text),
                                     .sh_size = 16};
    file->sections[2] = (Elf64_Shdr){.sh_name = 7,
                                     .sh_type = SHT_PROGBITS,
                                     .sh_flags = SHF_ALLOC | SHF_WRITE,
                                     .sh_addr = vaddr + 0x1000,
                                     .sh_offset = offsetof(struct elf_file, data),
                                     .sh_size = 16};
    file->sections[3] = (Elf64_Shdr){.sh_name = 13,
                                     .sh_type = SHT_SYMTAB,
                                     .sh_offset = offsetof(struct elf_file, symbols),
                                     .sh_size = sizeof(file->symbols),
                                     .sh_link = 4,
                                     .sh_info = 1,
                                     .sh_entsize = sizeof(Elf64_Sym)};
    file->sections[4] = (Elf64_Shdr){.sh_name = 21,
                                     .sh_type = SHT_STRTAB,
                                     .sh_offset = offsetof(struct elf_file, names),
                                     .sh_size = sizeof(file->names)};
    /* start: a sized function; loop: a label; $x: a mapping symbol; data_item: not code */
    file->symbols[1] = (Elf64_Sym){.st_name = 1,
                                   .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                   .st_shndx = 1,
                                   .st_value = vaddr,
                                   .st_size = 8};
    file->symbols[2] = (Elf64_Sym){.st_name = 7, .st_shndx = 1, .st_value = vaddr + 8};
    file->symbols[3] = (Elf64_Sym){.st_name = 12, .st_shndx = 1, .st_value = vaddr};
    file->symbols[4] = (Elf64_Sym){.st_name = 15,
                                   .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
                                   .st_shndx = 2,
                                   .st_value = vaddr + 0x1000,
                                   .st_size = 8};
}

/* An arm64 Image: 64 bytes of header in a file of `size` bytes filled with a pattern. The caller
 * frees it. */
static inline uint8_t *image_make(size_t size, uint64_t text_offset, uint64_t image_size,
                                  uint64_t flags)
{
    uint8_t *image = malloc(size);

    ck_assert_ptr_nonnull(image);
    for (size_t i = 0; i < size; i++)
        image[i] = (uint8_t)(i * 7 + (i >> 12));
    memset(image, 0, 64);
    memcpy(image + 8, &text_offset, 8);
    memcpy(image + 16, &image_size, 8);
    memcpy(image + 24, &flags, 8);
    memcpy(image + 56, "ARM\x64", 4);
    return image;
}

/* gzip of `data`, in a buffer the caller frees. */
static inline uint8_t *gzip_make(const void *data, size_t size, size_t *packed)
{
    z_stream stream = {0};
    size_t room = size + size / 8 + 1024;
    uint8_t *buffer = malloc(room);

    ck_assert_ptr_nonnull(buffer);
    ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = buffer;
    stream.avail_out = (uInt)room;
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *packed = room - stream.avail_out;
    deflateEnd(&stream);
    return buffer;
}

/* The message holds the text. */
#define assert_says(message, text)                                                                 \
    ck_assert_msg(strstr((message), (text)) != NULL, "\"%s\" does not say \"%s\"", (message),      \
                  (text))

#endif
