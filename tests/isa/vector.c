/* Parser of the vector files: see README.md for the format. */
#include "vector.h"

#include <stdlib.h>
#include <string.h>

#include "layout.h"

static void start(struct test_vector *vector, unsigned line)
{
    memset(vector, 0, sizeof(*vector));
    vector->line = line;
    for (unsigned i = 0; i < 31; i++)
        vector->in.x[i] = layout_x(i);
    for (unsigned i = 0; i < 32; i++)
        for (unsigned k = 0; k < 32; k++)
            vector->in.z[i][k] = k < 2 ? layout_v(i, k) : layout_z(i, k);
    for (unsigned i = 0; i < 17; i++)
        for (unsigned k = 0; k < 4; k++)
            vector->in.p[i][k] = layout_p(i, k);
    vector->in.sp = LAYOUT_STACK;
    vector->vl = 128;
}

#define NUMBER_MAX 32 /* doublewords */

/* "0x1122..." of up to 512 digits into doublewords, the lowest first. */
static bool parse_number(const char *text, uint64_t value[NUMBER_MAX])
{
    memset(value, 0, NUMBER_MAX * sizeof(*value));
    if (strncmp(text, "0x", 2) != 0) {
        char *end;

        value[0] = strtoull(text, &end, 10);
        return end != text && !*end;
    }
    text += 2;
    if (!*text || strlen(text) > 16 * NUMBER_MAX)
        return false;
    for (size_t left = strlen(text); left-- > 0; text++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = strchr(digits, *text);

        if (!digit)
            return false;
        value[left / 16] |= (uint64_t)(digit - digits) << left % 16 * 4;
    }
    return true;
}

static bool parse_bytes(const char *text, struct vector_poke *poke)
{
    poke->size = 0;
    while (text[0] && text[1] && poke->size < VECTOR_POKE_SIZE) {
        char byte[3] = {text[0], text[1], 0};
        char *end;

        poke->data[poke->size++] = (uint8_t)strtoul(byte, &end, 16);
        if (*end)
            return false;
        text += 2;
    }
    return !*text && poke->size;
}

/* A digit for each granule. */
static bool parse_tags(const char *text, struct vector_poke *poke)
{
    poke->size = 0;
    for (; *text && poke->size < VECTOR_POKE_SIZE; text++) {
        char digit[2] = {*text, 0};
        char *end;

        poke->data[poke->size++] = (uint8_t)strtoul(digit, &end, 16);
        if (*end)
            return false;
    }
    return !*text && poke->size;
}

/* One "name=value" of an `in` or `out` line. */
static bool parse_item(struct test_vector *vector, struct vector_state *state,
                       struct vector_poke *pokes, unsigned *count, char *item)
{
    char *value = strchr(item, '=');
    uint64_t number[NUMBER_MAX];
    unsigned index;
    char rest;

    if (!value)
        return false;
    *value++ = 0;
    if (strncmp(item, "mem:", 4) == 0) {
        struct vector_poke *poke = &pokes[*count];

        if (*count == VECTOR_POKES_MAX)
            return false;
        poke->address = strtoull(item + 4, NULL, 16);
        ++*count;
        return parse_bytes(value, poke);
    }
    if (strncmp(item, "tags:", 5) == 0) {
        struct vector_poke *tags =
            pokes == vector->in_memory ? &vector->in_tags : &vector->out_tags;

        tags->address = strtoull(item + 5, NULL, 16);
        return parse_tags(value, tags);
    }
    if (!parse_number(value, number))
        return false;
    if (sscanf(item, "x%u%c", &index, &rest) == 1 && index < 31)
        state->x[index] = number[0];
    else if (sscanf(item, "v%u%c", &index, &rest) == 1 && index < 32)
        memcpy(state->z[index], number, 16);
    else if (sscanf(item, "z%u%c", &index, &rest) == 1 && index < 32)
        memcpy(state->z[index], number, sizeof(number));
    else if (sscanf(item, "p%u%c", &index, &rest) == 1 && index < 16)
        memcpy(state->p[index], number, sizeof(state->p[index]));
    else if (strcmp(item, "ffr") == 0)
        memcpy(state->p[16], number, sizeof(state->p[16]));
    else if (strcmp(item, "vl") == 0)
        vector->vl = (unsigned)number[0];
    else if (strcmp(item, "sp") == 0)
        state->sp = number[0];
    else if (strcmp(item, "pc") == 0)
        state->pc = number[0];
    else if (strcmp(item, "nzcv") == 0)
        state->nzcv = (uint32_t)number[0];
    else if (strcmp(item, "fpcr") == 0)
        state->fpcr = (uint32_t)number[0];
    else if (strcmp(item, "fpsr") == 0)
        state->fpsr = (uint32_t)number[0];
    else if (strcmp(item, "rgsr") == 0)
        state->rgsr = (uint32_t)number[0];
    else if (strcmp(item, "gcr") == 0)
        state->gcr = (uint32_t)number[0];
    else if (strcmp(item, "tfsr") == 0)
        state->tfsr = (uint32_t)number[0];
    else if (strcmp(item, "tcr") == 0)
        vector->tcr = number[0];
    else if (strcmp(item, "sctlr") == 0)
        vector->sctlr = number[0];
    else if (strcmp(item, "uao") == 0)
        vector->uao = number[0];
    else if (strcmp(item, "irq") == 0)
        vector->irq = number[0];
    else
        return false;
    return true;
}

static bool parse_fault(struct test_vector *vector, char *item)
{
    char *value = strchr(item, '=');
    uint64_t number[NUMBER_MAX];

    if (!value)
        return false;
    *value++ = 0;
    if (!parse_number(value, number))
        return false;
    vector->faults = true;
    if (strcmp(item, "ec") == 0) {
        vector->ec = number[0];
    } else if (strcmp(item, "iss") == 0) {
        vector->iss = number[0];
    } else if (strcmp(item, "far") == 0) {
        vector->far = number[0];
        vector->has_far = true;
    } else {
        return false;
    }
    return true;
}

/* The rest of a line, item by item; `what` is its key. `out` lines follow all `in` lines. */
static bool parse_items(struct test_vector *vector, const char *what, char *rest, bool *seen_out)
{
    char *save = NULL;

    if (strcmp(what, "out") == 0 && !*seen_out) {
        *seen_out = true;
        vector->out = vector->in;
        vector->out_tags = vector->in_tags;
    }
    for (char *item = strtok_r(rest, " ", &save); item; item = strtok_r(NULL, " ", &save)) {
        bool good;

        if (strcmp(what, "in") == 0)
            good = !*seen_out &&
                   parse_item(vector, &vector->in, vector->in_memory, &vector->in_pokes, item);
        else if (strcmp(what, "out") == 0)
            good = parse_item(vector, &vector->out, vector->out_memory, &vector->out_pokes, item);
        else if (strcmp(what, "fault") == 0)
            good = parse_fault(vector, item);
        else if (strcmp(what, "word") == 0 && vector->words < VECTOR_WORDS_MAX)
            good = sscanf(item, "%x", &vector->word[vector->words++]) == 1;
        else
            good = false;
        if (!good)
            return false;
    }
    return true;
}

static bool parse_line(struct test_vector *vector, char *text, bool *seen_out)
{
    char *rest = strchr(text, ' ');

    if (!rest)
        return false;
    *rest++ = 0;
    if (strcmp(text, "insn") == 0)
        snprintf(vector->insn, sizeof(vector->insn), "%s", rest);
    else if (strcmp(text, "asm") == 0)
        snprintf(vector->text, sizeof(vector->text), "%s", rest);
    else
        return parse_items(vector, text, rest, seen_out);
    return true;
}

bool vector_read(FILE *file, const char *name, unsigned *line, struct test_vector *vector,
                 bool *bad)
{
    char text[4096];
    bool any = false, seen_out = false;

    start(vector, *line + 1);
    while (fgets(text, sizeof(text), file)) {
        ++*line;
        text[strcspn(text, "\n")] = 0;
        if (text[0] == '#')
            continue;
        if (!text[0]) {
            if (any)
                break;
            continue;
        }
        if (!any)
            vector->line = *line;
        any = true;
        if (!parse_line(vector, text, &seen_out)) {
            fprintf(stderr, "%s:%u: cannot be read\n", name, *line);
            *bad = true;
            return false;
        }
    }
    if (!any)
        return false;
    if (!seen_out) {
        vector->out = vector->in;
        vector->out_tags = vector->in_tags;
    }
    if (!vector->out.pc)
        vector->out.pc = LAYOUT_CODE + 4 * (uint64_t)(vector->words - vector->faults);
    return true;
}
