/* See registers.h. MRS and MSR name a register, SYS and SYSL an operation: both are told apart from
 * what nobody has by having a name. */
#include "registers.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/sysreg.h"

#define KEYS      (4u << 14) /* those with op0 0 are none */
#define LINES_MAX 400
#define NAME      48

struct line {
    char peers[4], glob[48], reason[120];
    bool used;
};

struct registers {
    const struct verdict *verdict;
    const struct peer *peer;
    struct line line[LINES_MAX];
    unsigned lines, wrong, known, listed;
    char theirs[KEYS][NAME]; /* the peer's names */
};

static bool read_lines(struct registers *all, const char *path)
{
    FILE *file = fopen(path, "r");
    char text[256];
    bool good = file;

    if (!file)
        fprintf(stderr, "cannot open %s\n", path);
    while (good && fgets(text, sizeof(text), file)) {
        struct line *line = &all->line[all->lines];

        if (text[0] == '#' || text[0] == '\n')
            continue;
        good = all->lines++ < LINES_MAX &&
               sscanf(text, "%3s %47s %119[^\n]", line->peers, line->glob, line->reason) == 3;
        if (!good)
            fprintf(stderr, "%s: cannot read: %s", path, text);
    }
    if (file)
        fclose(file);
    return good;
}

/* Notes the peer's name for what `word` accesses, in small letters. An operation is "tlbi-vae1". */
static void note_name(void *opaque, uint32_t word, const char *mnemonic, const char *operands)
{
    struct registers *all = opaque;
    char *name = all->theirs[word >> 5 & 0xffff];
    bool move = mnemonic[0] == 'm';

    if (strncmp(mnemonic, "sys", 3) == 0 || !*mnemonic || *name)
        return;
    if (mnemonic[0] == 'm' && mnemonic[1] == 'r')
        operands = strchr(operands, ' ') + 1; /* mrs x3, name */
    if (move)
        snprintf(name, NAME, "%.*s", (int)strcspn(operands, ", "), operands);
    else
        snprintf(name, NAME, "%s-%.*s", mnemonic, (int)strcspn(operands, ", "), operands);
    for (char *c = name; *c; c++)
        *c = (char)tolower(*c);
    if (name[0] == 's' && isdigit(name[1]) && name[2] == '_')
        name[0] = 0; /* s3_0_c0_c0_0: not a name */
}

static struct line *line_of(struct registers *all, char tag, const char *name)
{
    for (unsigned i = 0; i < all->lines; i++)
        if (strchr(all->line[i].peers, tag) && fnmatch(all->line[i].glob, name, 0) == 0)
            return &all->line[i];
    return NULL;
}

/* The line of what ulna has and the peer does not know: it has the tag as a capital. */
static struct line *line_of_ours(struct registers *all, const char *ours)
{
    char name[NAME];

    snprintf(name, sizeof(name), "%s", ours);
    for (char *c = name; *c; c++)
        *c = *c == ' ' ? '-' : (char)tolower(*c);
    return line_of(all, (char)toupper(all->peer->tag), name);
}

/* The same but for capitals, and for what "TLBI VAE1" and "DC_ZVA" have instead of the hyphen. The
 * rows AT_S1 and AT_S1P have several operations. */
static bool same_name(const char *ours, const char *theirs)
{
    if (strncmp(ours, "AT_S1", 5) == 0)
        return strncmp(theirs, "at-s1", 5) == 0;
    for (; *ours && *theirs; ours++, theirs++)
        if (tolower(*ours) != *theirs && *theirs != '-')
            return false;
    return !*ours && !*theirs;
}

static void compare_key(struct registers *all, uint16_t key)
{
    const char *ours = verdict_register(all->verdict, key), *theirs = all->theirs[key];
    struct line *line = *theirs ? line_of(all, all->peer->tag, theirs)
                        : ours  ? line_of_ours(all, ours)
                                : NULL;

    if (ours && strstr(ours, "reads as zero"))
        return; /* whatever it is called, the space is reserved for identification */
    if (line && !ours != !*theirs) {
        line->used = true;
        all->listed++;
    } else if (!ours != !*theirs || (line && ours) || (ours && !same_name(ours, theirs))) {
        printf("%u_%u_c%u_c%u_%u  ulna: %-18s %s: %s%s\n", key >> 14, key >> 11 & 7, key >> 7 & 15,
               key >> 3 & 15, key & 7, ours ? ours : "-", all->peer->name, *theirs ? theirs : "-",
               line ? ", which is listed as lacking" : "");
        all->wrong++;
    }
    all->known += ours && *theirs;
}

unsigned registers_compare(const struct verdict *verdict, const struct peer *peer, const char *path)
{
    struct registers *all = calloc(1, sizeof(*all));
    uint32_t *words = calloc(2 * KEYS, sizeof(*words));
    unsigned count = 0, wrong;

    if (!all || !words)
        abort();
    all->verdict = verdict;
    all->peer = peer;
    for (unsigned read = 0; read < 2; read++)
        for (uint32_t key = 1u << 14; key < KEYS; key++)
            words[count++] = 0xd5000003 | read << 21 | key << 5;
    if (!read_lines(all, path) || !peer_ask(peer, false, words, count, note_name, all))
        all->wrong++;
    for (uint32_t key = 1u << 14; key < KEYS; key++)
        compare_key(all, (uint16_t)key);
    for (unsigned i = 0; i < all->lines; i++) {
        char known[] = {peer->tag, (char)toupper(peer->tag), 0};

        if (all->line[i].used || !strpbrk(all->line[i].peers, known))
            continue;
        printf("%s: nothing that one side lacks is called %s (%s)\n", path, all->line[i].glob,
               all->line[i].reason);
        all->wrong++;
    }
    printf("system registers and operations: %u known, %u lacking as listed, %u others\n",
           all->known, all->listed, all->wrong);
    wrong = all->wrong;
    free(words);
    free(all);
    return wrong;
}
