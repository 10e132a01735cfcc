/* See peer.h. For a command the words travel in a relocatable ELF file with one section, because
 * that is what they all read; the answers are lines "ADDRESS: WORD MNEMONIC OPERANDS". */
#include "peer.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "capstone.h"

static const struct peer peers[] = {
    {.tag = 'b',
     .name = "binutils",
     .command = "aarch64-linux-gnu-objdump -d -z",
     .canonical = "-M no-aliases"},
    {.tag = 'l',
     .name = "llvm",
     .command = "llvm-objdump-19 -d -z --mattr=+all",
     .canonical = "-M no-aliases"},
    {.tag = 'c',
     .name = "capstone",
     .function = capstone_ask,
     .translator = &peers[0],
     .old = true},
};

const struct peer *peer_find(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(peers); i++)
        if (strcmp(peers[i].name, name) == 0)
            return &peers[i];
    return NULL;
}

bool peer_installed(const struct peer *peer)
{
    char command[256];

    if (peer->translator)
        return peer_installed(peer->translator);
    snprintf(command, sizeof(command), "command -v %.*s >/dev/null",
             (int)strcspn(peer->command, " "), peer->command);
    return system(command) == 0;
}

static bool write_elf(FILE *file, const uint32_t *words, size_t count)
{
    static const char names[] = "\0.text\0.shstrtab";
    const uint64_t bytes = 4 * count;
    const Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_REL,
        .e_machine = EM_AARCH64,
        .e_version = EV_CURRENT,
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = 3,
        .e_shstrndx = 2,
        .e_shoff = sizeof(Elf64_Ehdr),
    };
    const uint64_t text = sizeof(header) + 3 * sizeof(Elf64_Shdr);
    const Elf64_Shdr sections[3] = {
        {0},
        {.sh_name = 1,
         .sh_type = SHT_PROGBITS,
         .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
         .sh_offset = text,
         .sh_size = bytes,
         .sh_addralign = 4},
        {.sh_name = 7,
         .sh_type = SHT_STRTAB,
         .sh_offset = text + bytes,
         .sh_size = sizeof(names),
         .sh_addralign = 1},
    };

    return fwrite(&header, sizeof(header), 1, file) == 1 &&
           fwrite(sections, sizeof(sections), 1, file) == 1 && fwrite(words, bytes, 1, file) == 1 &&
           fwrite(names, sizeof(names), 1, file) == 1;
}

/* One line about a word, if it is one: the header has colons too. */
static bool parse_line(char *line, uint32_t *word, char **mnemonic, char **operands)
{
    char *at = strchr(line, ':'), *end;

    if (!at)
        return false;
    at += 1 + strspn(at + 1, " \t");
    *word = (uint32_t)strtoul(at, &end, 16);
    if (end - at != 8 || !strchr(" \t", *end))
        return false;
    end += strspn(end, " \t");
    end[strcspn(end, "\n")] = 0;
    *mnemonic = end;
    end += strcspn(end, " \t");
    if (*end)
        *end++ = 0;
    *operands = end + strspn(end, " \t");
    if (strcmp(*mnemonic, ".inst") == 0 || strcmp(*mnemonic, "<unknown>") == 0)
        **mnemonic = 0;
    return true;
}

static size_t read_answers(FILE *answers, const uint32_t *words, size_t count, peer_tell *tell,
                           void *opaque)
{
    char line[512], *mnemonic, *operands;
    size_t done = 0;
    uint32_t word;

    while (done < count && fgets(line, sizeof(line), answers)) {
        if (!parse_line(line, &word, &mnemonic, &operands))
            continue;
        if (word != words[done])
            break;
        tell(opaque, word, mnemonic, operands);
        done++;
    }
    while (fgets(line, sizeof(line), answers))
        ; /* or it would die of SIGPIPE */
    return done;
}

static bool run_command(const struct peer *peer, bool canonical, const uint32_t *words,
                        size_t count, peer_tell *tell, void *opaque)
{
    char name[] = "/tmp/decode-XXXXXX", command[256];
    int fd = mkstemp(name);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb"), *answers;
    size_t done = 0;
    bool good = file && write_elf(file, words, count);

    if (file && fclose(file) != 0)
        good = false;
    snprintf(command, sizeof(command), "%s %s %s", peer->command, canonical ? peer->canonical : "",
             name);
    answers = good ? popen(command, "r") : NULL;
    if (answers) {
        done = read_answers(answers, words, count, tell, opaque);
        good = pclose(answers) == 0 && done == count;
    }
    unlink(name);
    if (!good || !answers)
        fprintf(stderr, "%s: %zu answers to %zu words\n", command, done, count);
    return good && answers;
}

bool peer_ask(const struct peer *peer, bool canonical, const uint32_t *words, size_t count,
              peer_tell *tell, void *opaque)
{
    if (peer->function)
        return peer->function(peer->translator, canonical, words, count, tell, opaque);
    return run_command(peer, canonical, words, count, tell, opaque);
}
