/* See verdict.h. A row's mnemonic is the first part of its id, unless a line "GLOB TEMPLATE" of the
 * file `names` has another one for it: there '*' stands for that first part, and {z:b,h,s,d} for
 * the text that the value of the field z chooses. */
#include "verdict.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cpu/model.h"
#include "cpu/sysreg.h"

#define NAMES_MAX  200
#define TABLES_MAX 64

struct name {
    char rows[48], text[80]; /* a glob of row ids, and the template */
};

struct verdict {
    struct cpu_model *model;
    struct decoder *decoder;
    struct block *block;
    struct name name[NAMES_MAX];
    unsigned names;
    const char **template[TABLES_MAX]; /* by table of instructions and row */
};

static bool read_names(struct verdict *verdict, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    bool good = file;

    if (!file)
        fprintf(stderr, "cannot open %s\n", path);
    while (good && fgets(line, sizeof(line), file)) {
        struct name *name = &verdict->name[verdict->names];

        if (line[0] == '#' || line[0] == '\n')
            continue;
        good = verdict->names < NAMES_MAX && sscanf(line, "%47s %79s", name->rows, name->text) == 2;
        verdict->names++;
        if (!good)
            fprintf(stderr, "%s: cannot read: %s", path, line);
    }
    if (file)
        fclose(file);
    return good;
}

static bool assign_templates(struct verdict *verdict)
{
    for (unsigned i = 0; insn_tables[i]; i++) {
        verdict->template[i] = calloc(insn_tables[i]->rows, sizeof(char *));
        if (!verdict->template[i] || i + 1 == TABLES_MAX)
            return false;
        for (unsigned j = 0; j < insn_tables[i]->rows; j++) {
            const struct name *name = verdict->name, *end = name + verdict->names;

            while (name < end && fnmatch(name->rows, insn_tables[i]->row[j].id, 0) != 0)
                name++;
            verdict->template[i][j] = name < end ? name->text : "*";
        }
    }
    return true;
}

struct verdict *verdict_new(const char *names)
{
    struct verdict *verdict = calloc(1, sizeof(*verdict));
    struct err err = {0};

    if (!verdict)
        return NULL;
    verdict->model = model_new("max", &(struct cpu_properties){.mte = true, .sve = true});
    verdict->block = calloc(1, sizeof(struct block) + TR_UOPS_MAX * sizeof(struct uop));
    verdict->decoder = verdict->model ? decoder_new(verdict->model, &err) : NULL;
    if (!verdict->decoder)
        fprintf(stderr, "%s\n", err.text);
    if (verdict->block && verdict->decoder && (!names || read_names(verdict, names)) &&
        assign_templates(verdict))
        return verdict;
    verdict_free(verdict);
    return NULL;
}

void verdict_free(struct verdict *verdict)
{
    if (!verdict)
        return;
    for (unsigned i = 0; i < TABLES_MAX; i++)
        free(verdict->template[i]);
    decoder_free(verdict->decoder);
    free(verdict->model);
    free(verdict->block);
    free(verdict);
}

static bool translates(struct verdict *verdict, const struct insn_row *row,
                       const struct fields *fields, uint32_t mode)
{
    /* VL is 256: less is not enough for permutations of 128 bits. */
    struct tr tr = {
        .block = verdict->block, .mode = mode | 1u << MODE_LEN_SHIFT, .model = verdict->model};

    return row->translate(&tr, fields);
}

static unsigned field_of(const struct insn_row *row, uint32_t word, char letter)
{
    unsigned value = 0, bit = 32;

    for (const char *s = row->pattern; *s; s++) {
        if (*s == ' ')
            continue;
        bit--;
        if (*s == letter)
            value = value << 1 | (word >> bit & 1);
    }
    return value;
}

/* {letter:text,text,...} at *at: copies the text that the field chooses. */
static char *choose(char *out, const char **at, const struct insn_row *row, uint32_t word)
{
    const char *text = *at + 3;

    for (unsigned skip = field_of(row, word, (*at)[1]); skip && *text && *text != '}'; text++)
        skip -= *text == ',';
    while (*text && *text != ',' && *text != '}')
        *out++ = *text++;
    *at = strchr(*at, '}') + 1;
    return out;
}

static char *first_part(char *out, const char *id)
{
    while (*id && *id != '_')
        *out++ = (char)tolower(*id++);
    return out;
}

static const char *template_of(const struct verdict *verdict, const struct insn_row *row)
{
    unsigned i = 0;

    while (row < insn_tables[i]->row || row >= insn_tables[i]->row + insn_tables[i]->rows)
        i++;
    return verdict->template[i][row - insn_tables[i]->row];
}

static void name_of(const struct verdict *verdict, const struct insn_row *row, uint32_t word,
                    char *out)
{
    const char *text = template_of(verdict, row);

    while (*text) {
        if (*text == '*') {
            out = first_part(out, row->id);
            text++;
        } else if (*text == '{') {
            out = choose(out, &text, row, word);
        } else {
            *out++ = *text++;
        }
    }
    *out = 0;
}

const struct insn_row *verdict_row(struct verdict *verdict, uint32_t word, bool *inconsistent)
{
    struct fields fields;
    const struct insn_row *row = decoder_find(verdict->decoder, word, &fields);
    bool allocated = row && translates(verdict, row, &fields, 1);

    if (row && translates(verdict, row, &fields, 1 | MODE_FP_TRAP) != allocated) {
        fprintf(stderr, "%08x %s: UNDEFINED depends on CPACR_EL1.FPEN\n", word, row->id);
        *inconsistent = true;
    }
    return allocated ? row : NULL;
}

const struct insn_row *verdict_of(struct verdict *verdict, uint32_t word, char name[VERDICT_NAME],
                                  bool *inconsistent)
{
    const struct insn_row *row = verdict_row(verdict, word, inconsistent);

    name[0] = 0;
    if (row)
        name_of(verdict, row, word, name);
    return row;
}

const char *verdict_register(const struct verdict *verdict, uint16_t key)
{
    int index = sysreg_find(key);
    struct fields fields;
    const struct insn_row *row =
        decoder_find(verdict->decoder, 0xd5000000 | (uint32_t)key << 5, &fields);

    if (key >> 14 == 1 && row && strncmp(row->id, "SYS_", 4) != 0)
        return row->id;
    if (index < 0 || !model_has(verdict->model, sysreg_feature(key)))
        return NULL;
    return sysreg_row((unsigned)index)->name;
}
