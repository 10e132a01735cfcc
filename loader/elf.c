/* ELF64 for AArch64: see elf.h. Generic ELF: System V gABI, chapters 4 and 5; machine specifics:
 * AAELF64. */
#include "loader/elf.h"

#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "loader/symbols.h"

bool elf_probe(const struct source *source)
{
    uint8_t magic[SELFMAG];
    struct err ignored;

    return source->size >= sizeof(magic) &&
           source_read(source, 0, magic, sizeof(magic), &ignored) &&
           !memcmp(magic, ELFMAG, SELFMAG);
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_X86_64:
        return "x86-64";
    case EM_386:
        return "32-bit x86";
    case EM_ARM:
        return "32-bit Arm";
    case EM_AARCH64:
        return "AArch64";
    case EM_RISCV:
        return "RISC-V";
    case EM_PPC64:
        return "64-bit PowerPC";
    case EM_MIPS:
        return "MIPS";
    case EM_S390:
        return "IBM Z";
    default:
        return NULL;
    }
}

/* The first 20 bytes have one layout in both classes: refuse what is not ours before anything else
 * is read. */
static bool check_identity(const struct source *source, struct err *err)
{
    static const char allowed[] = "ulna runs little-endian AArch64 (64-bit Arm) executables";
    uint8_t head[20];
    unsigned machine, type;

    if (source->size < sizeof(head))
        return err_set(err,
                       "the ELF file is truncated: it has %llu bytes, an ELF header alone has %zu",
                       (unsigned long long)source->size, sizeof(Elf64_Ehdr));
    if (!source_read(source, 0, head, sizeof(head), err))
        return false;
    if (head[EI_CLASS] != ELFCLASS32 && head[EI_CLASS] != ELFCLASS64)
        return err_set(err, "the ELF file is damaged: its class byte is %u; %s", head[EI_CLASS],
                       allowed);
    if (head[EI_DATA] != ELFDATA2LSB && head[EI_DATA] != ELFDATA2MSB)
        return err_set(err, "the ELF file is damaged: its byte-order byte is %u; %s", head[EI_DATA],
                       allowed);
    bool big = head[EI_DATA] == ELFDATA2MSB;
    type = big ? head[16] << 8 | head[17] : head[17] << 8 | head[16];
    machine = big ? head[18] << 8 | head[19] : head[19] << 8 | head[18];
    if (machine != EM_AARCH64) {
        const char *name = machine_name(machine);

        if (name)
            return err_set(err, "is an ELF file for %s; %s", name, allowed);
        return err_set(err, "is an ELF file for machine number %u; %s", machine, allowed);
    }
    if (head[EI_CLASS] != ELFCLASS64)
        return err_set(err, "is an AArch64 ELF file of the 32-bit class (ILP32); %s", allowed);
    if (big)
        return err_set(err, "is a big-endian AArch64 ELF file; %s", allowed);
    if (type == ET_REL)
        return err_set(err, "is an object file that has not been linked; %s", allowed);
    if (type == ET_CORE)
        return err_set(err, "is a core dump; %s", allowed);
    if (type != ET_EXEC && type != ET_DYN)
        return err_set(err, "is an ELF file of type %u; %s (type 2 or 3)", type, allowed);
    if (source->size < sizeof(Elf64_Ehdr))
        return err_set(err,
                       "the ELF file is truncated: it has %llu bytes, an ELF header alone has %zu",
                       (unsigned long long)source->size, sizeof(Elf64_Ehdr));
    return true;
}

/* libelf on the source. NULL: libelf cannot read it. */
static Elf *open_elf(const struct source *source)
{
    if (elf_version(EV_CURRENT) == EV_NONE)
        return NULL;
    if (source->fd >= 0)
        return elf_begin(source->fd, ELF_C_READ, NULL);
    /* libelf does not write to it: it is opened as ELF_C_READ is. */
    return elf_memory((char *)(uintptr_t)source->data, source->size);
}

static bool add_segment(const struct source *source, struct elf_image *image, unsigned index,
                        const Elf64_Phdr *header, struct err *err)
{
    if (header->p_filesz > header->p_memsz)
        return err_set(err,
                       "the ELF file is damaged: segment %u has %llu bytes in the file, more than "
                       "its %llu in memory",
                       index, (unsigned long long)header->p_filesz,
                       (unsigned long long)header->p_memsz);
    if (header->p_offset > source->size || header->p_filesz > source->size - header->p_offset)
        return err_set(err,
                       "the ELF file is truncated: segment %u is %llu bytes at byte %llu, but the "
                       "file has %llu bytes",
                       index, (unsigned long long)header->p_filesz,
                       (unsigned long long)header->p_offset, (unsigned long long)source->size);
    image->segments[image->count++] = (struct elf_segment){
        .index = index,
        .paddr = header->p_paddr,
        .vaddr = header->p_vaddr,
        .offset = header->p_offset,
        .filesz = header->p_filesz,
        .memsz = header->p_memsz,
        .executable = header->p_flags & PF_X,
    };
    return true;
}

static bool read_segments(const struct source *source, Elf *elf, struct elf_image *image,
                          struct err *err)
{
    const Elf64_Ehdr *head = elf64_getehdr(elf);
    const void *headers;
    size_t count;

    if (!head)
        return err_set(err, "the ELF file is damaged: %s", elf_errmsg(-1));
    if (!head->e_phnum)
        return err_set(err, "the ELF file has no program headers, so it says nowhere what to load; "
                            "link it as an executable");
    if (head->e_phoff > source->size ||
        head->e_phnum > (source->size - head->e_phoff) / sizeof(Elf64_Phdr))
        return err_set(err,
                       "the ELF file is truncated: %u program headers stand at byte %llu, but the "
                       "file has %llu bytes",
                       head->e_phnum, (unsigned long long)head->e_phoff,
                       (unsigned long long)source->size);
    headers = elf64_getphdr(elf);
    if (!headers || elf_getphdrnum(elf, &count) != 0)
        return err_set(err, "the ELF file is damaged: %s", elf_errmsg(-1));
    image->segments = calloc(count, sizeof(*image->segments));
    if (!image->segments)
        return err_set(err, "no memory for %zu program headers", count);
    for (size_t i = 0; i < count; i++) {
        Elf64_Phdr header;

        /* libelf points into the file as it is: a damaged one may be unaligned, here and below. */
        memcpy(&header, (const char *)headers + i * sizeof(header), sizeof(header));
        if (header.p_type == PT_LOAD && header.p_memsz &&
            !add_segment(source, image, (unsigned)i, &header, err))
            return false;
    }
    if (!image->count)
        return err_set(err,
                       "the ELF file has no segment to load (no PT_LOAD with a size) among its "
                       "%zu program headers",
                       count);
    image->entry_virtual = image->entry = head->e_entry;
    return true;
}

/* A kernel linked at a high virtual address starts with the MMU off: its entry is the physical
 * twin. */
static void find_entry(struct elf_image *image)
{
    for (unsigned i = 0; i < image->count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        uint64_t offset = image->entry_virtual - segment->vaddr;

        if (image->entry_virtual >= segment->vaddr && offset < segment->memsz) {
            image->entry = segment->paddr + offset;
            image->has_entry = true;
            return;
        }
    }
}

bool elf_image_read(const struct source *source, struct elf_image *image, struct err *err)
{
    Elf *elf;
    bool ok;

    *image = (struct elf_image){0};
    if (!check_identity(source, err))
        return false;
    elf = open_elf(source);
    if (!elf)
        return err_set(err, "the ELF file is damaged: %s", elf_errmsg(-1));
    ok = read_segments(source, elf, image, err);
    elf_end(elf);
    if (!ok) {
        elf_image_free(image);
        return false;
    }
    find_entry(image);
    return true;
}

void elf_image_free(struct elf_image *image)
{
    free(image->segments);
    *image = (struct elf_image){0};
}

static bool get_header(Elf_Scn *section, Elf64_Shdr *header)
{
    const void *from = section ? elf64_getshdr(section) : NULL;

    if (from)
        memcpy(header, from, sizeof(*header));
    return from != NULL;
}

/* Functions, and the untyped labels of assembly sources; not the mapping symbols $x and $d
 * (AAELF64, 5.5.3). */
static void add_symbol(Elf *elf, const Elf64_Shdr *table, const Elf64_Sym *symbol,
                       struct symbols *symbols)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    Elf64_Shdr home;
    const char *name;

    if ((type != STT_FUNC && type != STT_NOTYPE) || symbol->st_shndx == SHN_UNDEF ||
        symbol->st_shndx >= SHN_LORESERVE)
        return;
    name = elf_strptr(elf, table->sh_link, symbol->st_name);
    if (!get_header(elf_getscn(elf, symbol->st_shndx), &home) || !(home.sh_flags & SHF_EXECINSTR) ||
        !name || !name[0] || name[0] == '$')
        return;
    if (symbol->st_value < home.sh_addr || symbol->st_value - home.sh_addr >= home.sh_size)
        return;
    if (symbol->st_size)
        symbols_add(symbols, name, symbol->st_value, symbol->st_value + symbol->st_size, true);
    else
        symbols_add(symbols, name, symbol->st_value, home.sh_addr + home.sh_size, false);
}

void elf_symbols_read(const struct source *source, struct symbols *symbols)
{
    Elf *elf = open_elf(source);
    Elf_Scn *section = NULL;

    while (elf && (section = elf_nextscn(elf, section))) {
        Elf64_Shdr header;
        Elf_Data *data;

        if (!get_header(section, &header) || header.sh_type != SHT_SYMTAB)
            continue;
        data = elf_getdata(section, NULL);
        if (!data || !data->d_buf)
            continue;
        for (size_t i = 0; i < data->d_size / sizeof(Elf64_Sym); i++) {
            Elf64_Sym symbol;

            memcpy(&symbol, (const char *)data->d_buf + i * sizeof(symbol), sizeof(symbol));
            add_symbol(elf, &header, &symbol, symbols);
        }
    }
    if (elf)
        elf_end(elf);
}
