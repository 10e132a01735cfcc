/* The decoder: compiles pattern rows into masks, values and field extractors, and finds the row of
 * a word through buckets indexed by the bits that tell A64 classes apart best. */
#include "cpu/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cpu/model.h"

/* One run of a field's bits: fields[letter] gets them appended. */
struct piece {
    uint8_t field; /* index of a uint32_t in struct fields */
    uint8_t low, width;
};

#define PIECES_MAX 14
#define BUCKETS    4096

struct compiled {
    uint32_t mask, value;
    const struct insn_row *row;
    uint8_t pieces;
    struct piece piece[PIECES_MAX];
};

struct decoder {
    struct compiled *rows;
    unsigned count;
    /* Rows of bucket b: list[start[b]] .. list[start[b + 1] - 1], most specific first. */
    unsigned start[BUCKETS + 1];
    uint16_t *list;
};

/* Bits 31..23, 21, 15 and 10: under one row a bucket on average. */
static unsigned bucket_of(uint32_t word)
{
    return (word >> 23) << 3 | ((word >> 21) & 1) << 2 | ((word >> 15) & 1) << 1 |
           ((word >> 10) & 1);
}

static int field_index(char letter)
{
    static const char letters[] = "dtnmasfzijchovquprlke";
    const char *at = strchr(letters, letter);

    return letter && at ? (int)(at - letters) : -1;
}

static bool compile_row(const struct insn_row *row, struct compiled *out, struct err *err)
{
    unsigned symbols = 0;

    memset(out, 0, sizeof(*out));
    out->row = row;
    for (const char *s = row->pattern; *s; s++) {
        unsigned position;
        struct piece *last;
        int field;

        if (*s == ' ')
            continue;
        if (symbols == 32)
            return err_set(err, "row %s: more than 32 symbols in \"%s\"", row->id, row->pattern);
        position = 31 - symbols++;
        if (*s == '0' || *s == '1') {
            out->mask |= 1u << position;
            out->value |= (uint32_t)(*s - '0') << position;
            continue;
        }
        if (*s == 'x')
            continue;
        field = field_index(*s);
        if (field < 0)
            return err_set(err, "row %s: '%c' is not in the letter map", row->id, *s);
        last = out->pieces ? &out->piece[out->pieces - 1] : NULL;
        if (last && last->field == field && last->low == position + 1) {
            last->low--;
            last->width++;
            continue;
        }
        if (out->pieces == PIECES_MAX)
            return err_set(err, "row %s: more than %d pieces of fields", row->id, PIECES_MAX);
        out->piece[out->pieces++] = (struct piece){(uint8_t)field, (uint8_t)position, 1};
    }
    if (symbols != 32)
        return err_set(err, "row %s: %u symbols instead of 32 in \"%s\"", row->id, symbols,
                       row->pattern);
    return true;
}

static int more_specific_first(const void *a, const void *b)
{
    const struct compiled *x = a, *y = b;

    return __builtin_popcount(y->mask) - __builtin_popcount(x->mask);
}

/* Puts a row into its buckets: the bits of the index that it does not fix may be anything. Counts
 * them only, in start[bucket + 1], while there is no list; then start[bucket] moves to the end of
 * the bucket. */
static void fill_buckets(struct decoder *decoder, unsigned row)
{
    unsigned fixed = bucket_of(decoder->rows[row].mask), any = (BUCKETS - 1) & ~fixed, bits = 0;

    do {
        unsigned bucket = bucket_of(decoder->rows[row].value) | bits;

        if (decoder->list)
            decoder->list[decoder->start[bucket]++] = (uint16_t)row;
        else
            decoder->start[bucket + 1]++;
        bits = (bits - any) & any; /* the next subset of them */
    } while (bits);
}

static bool make_buckets(struct decoder *decoder, struct err *err)
{
    unsigned *start = decoder->start;

    for (unsigned row = 0; row < decoder->count; row++)
        fill_buckets(decoder, row);
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++)
        start[bucket + 1] += start[bucket];
    decoder->list = calloc(start[BUCKETS] + 1, sizeof(*decoder->list));
    if (!decoder->list)
        return err_set(err, "out of memory for the decoder");
    for (unsigned row = 0; row < decoder->count; row++)
        fill_buckets(decoder, row);
    memmove(start + 1, start, BUCKETS * sizeof(*start));
    start[0] = 0;
    return true;
}

/* Rows that share an encoding must nest: then the inner one, with more fixed bits, wins. */
static bool check_overlap(const struct compiled *inner, const struct compiled *outer,
                          struct err *err)
{
    uint32_t both = inner->mask & outer->mask;

    if ((inner->value ^ outer->value) & both)
        return true;
    if (both == outer->mask && inner->mask != outer->mask)
        return true;
    return err_set(err, "rows %s (%s) and %s (%s) claim one encoding", inner->row->id,
                   inner->row->pattern, outer->row->id, outer->row->pattern);
}

/* Such rows share a bucket. */
static bool check_overlaps(const struct decoder *decoder, struct err *err)
{
    const struct compiled *rows = decoder->rows;
    const uint16_t *list = decoder->list;

    for (unsigned bucket = 0; bucket < BUCKETS; bucket++)
        for (unsigned i = decoder->start[bucket]; i < decoder->start[bucket + 1]; i++)
            for (unsigned j = i + 1; j < decoder->start[bucket + 1]; j++)
                if (!check_overlap(&rows[list[i]], &rows[list[j]], err))
                    return false;
    return true;
}

struct decoder *decoder_new(const struct cpu_model *model, struct err *err)
{
    return decoder_new_from(insn_tables, model, err);
}

struct decoder *decoder_new_from(const struct insn_table *const *tables,
                                 const struct cpu_model *model, struct err *err)
{
    struct decoder *decoder = calloc(1, sizeof(*decoder));
    unsigned total = 0;

    for (unsigned t = 0; tables[t]; t++)
        total += tables[t]->rows;
    if (decoder)
        decoder->rows = calloc(total ? total : 1, sizeof(*decoder->rows));
    if (!decoder || !decoder->rows) {
        err_set(err, "out of memory for the decoder");
        goto failed;
    }
    for (unsigned t = 0; tables[t]; t++) {
        for (unsigned i = 0; i < tables[t]->rows; i++) {
            const struct insn_row *row = &tables[t]->row[i];

            if (!model_has(model, row->feature))
                continue;
            if (!compile_row(row, &decoder->rows[decoder->count], err))
                goto failed;
            decoder->count++;
        }
    }
    qsort(decoder->rows, decoder->count, sizeof(*decoder->rows), more_specific_first);
    if (!make_buckets(decoder, err) || !check_overlaps(decoder, err))
        goto failed;
    return decoder;
failed:
    decoder_free(decoder);
    return NULL;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    free(decoder->rows);
    free(decoder->list);
    free(decoder);
}

const struct insn_row *decoder_find(const struct decoder *decoder, uint32_t word,
                                    struct fields *fields)
{
    unsigned bucket = bucket_of(word);

    for (unsigned i = decoder->start[bucket]; i < decoder->start[bucket + 1]; i++) {
        const struct compiled *row = &decoder->rows[decoder->list[i]];

        if ((word & row->mask) != row->value)
            continue;
        memset(fields, 0, sizeof(*fields));
        fields->row = &row->row->args;
        for (unsigned p = 0; p < row->pieces; p++) {
            const struct piece *piece = &row->piece[p];
            uint32_t *field = (uint32_t *)fields + piece->field;

            *field = *field << piece->width | (uint32_t)bits_get(word, piece->low, piece->width);
        }
        return row->row;
    }
    return NULL;
}
