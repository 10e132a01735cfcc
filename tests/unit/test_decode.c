/* cpu/decode.c and the rows of cpu/isa: patterns, overlaps, and the decoder against a search of all
 * rows. */
#include "cpu/decode.h"
#include "cpu/model.h"
#include "fakes.h"

static const struct cpu_model everything = {
    .name = "everything",
    .has = {[FEAT_NONE + 1 ... FEAT_COUNT - 1] = true},
};

/* --- The rows themselves --- */

struct shape {
    uint32_t mask, value;
    const struct insn_row *row;
};

static struct shape shapes[4096];
static unsigned shape_count;

static struct shape shape_of(const struct insn_row *row)
{
    struct shape shape = {0, 0, row};
    unsigned symbols = 0;

    for (const char *s = row->pattern; *s; s++) {
        if (*s == ' ')
            continue;
        symbols++;
        shape.mask = shape.mask << 1 | (*s == '0' || *s == '1');
        shape.value = shape.value << 1 | (*s == '1');
    }
    ck_assert_msg(symbols == 32, "%s has %u symbols", row->id, symbols);
    return shape;
}

static void collect(void)
{
    shape_count = 0;
    for (unsigned t = 0; insn_tables[t]; t++)
        for (unsigned i = 0; i < insn_tables[t]->rows; i++) {
            ck_assert_uint_lt(shape_count, ARRAY_SIZE(shapes));
            shapes[shape_count++] = shape_of(&insn_tables[t]->row[i]);
        }
    ck_assert_uint_gt(shape_count, 300);
}

START_TEST(no_two_rows_overlap_unless_one_nests_in_the_other)
{
    collect();
    for (unsigned i = 0; i < shape_count; i++)
        for (unsigned j = i + 1; j < shape_count; j++) {
            const struct shape *a = &shapes[i], *b = &shapes[j];
            uint32_t both = a->mask & b->mask;

            if ((a->value ^ b->value) & both)
                continue; /* some fixed bit tells them apart */
            ck_assert_msg(a->mask != b->mask && (both == a->mask || both == b->mask),
                          "%s (%s) and %s (%s) claim one encoding", a->row->id, a->row->pattern,
                          b->row->id, b->row->pattern);
        }
}
END_TEST

START_TEST(rows_have_ids_of_their_own_and_translators)
{
    collect();
    for (unsigned i = 0; i < shape_count; i++) {
        ck_assert_ptr_nonnull(shapes[i].row->translate);
        ck_assert_int_lt(shapes[i].row->feature, FEAT_COUNT);
        for (unsigned j = i + 1; j < shape_count; j++)
            if (!strcmp(shapes[i].row->id, shapes[j].row->id))
                ck_abort_msg("%s is there twice", shapes[i].row->id);
    }
}
END_TEST

/* --- The decoder --- */

/* The row with the most fixed bits of those that match: what the decoder promises. */
static const struct insn_row *search(uint32_t word)
{
    const struct shape *best = NULL;

    for (unsigned i = 0; i < shape_count; i++)
        if ((word & shapes[i].mask) == shapes[i].value &&
            (!best || __builtin_popcount(shapes[i].mask) > __builtin_popcount(best->mask)))
            best = &shapes[i];
    return best ? best->row : NULL;
}

START_TEST(words_decode_to_the_row_a_search_finds)
{
    struct err err;
    struct decoder *decoder = decoder_new(&everything, &err);
    uint64_t state = 0x853c49e6748fea9b;
    struct fields fields;
    unsigned found = 0;

    ck_assert_msg(decoder != NULL, "%s", err.text);
    collect();
    for (unsigned i = 0; i < 300000; i++) {
        uint32_t word = (uint32_t)(garbage(&state) >> 16);
        const struct insn_row *row;

        if (i & 1) { /* every other one close to a row */
            const struct shape *shape = &shapes[(i >> 1) % shape_count];

            word = (word & ~shape->mask) | shape->value;
            if (i % 16 == 1)
                word ^= 1u << (state & 31);
        }
        row = decoder_find(decoder, word, &fields);
        found += row != NULL;
        if (row != search(word))
            ck_abort_msg("%08x: %s instead of %s", word, row ? row->id : "nothing",
                         search(word) ? search(word)->id : "nothing");
    }
    ck_assert_uint_gt(found, 150000);
    decoder_free(decoder);
}
END_TEST

START_TEST(a_model_without_a_feature_has_no_row_of_it)
{
    struct cpu_model plain = {.name = "plain"};
    struct err err;
    struct decoder *decoder = decoder_new(&plain, &err);

    ck_assert_ptr_nonnull(decoder);
    collect();
    for (unsigned i = 0; i < shape_count; i++) {
        struct fields fields;
        const struct insn_row *row = decoder_find(decoder, shapes[i].value, &fields);

        ck_assert(!row || row->feature == FEAT_NONE);
        if (shapes[i].row->feature == FEAT_NONE)
            ck_assert_ptr_nonnull(row);
    }
    decoder_free(decoder);
}
END_TEST

/* --- Patterns of the test's own --- */

static bool translate_nothing(struct tr *tr, const struct fields *f)
{
    (void)tr;
    (void)f;
    return true;
}

static struct decoder *decoder_of(const struct insn_row *rows, unsigned count, struct err *err)
{
    struct insn_table table = {"test", rows, count};
    const struct insn_table *const tables[] = {&table, NULL};

    memset(err, 0, sizeof(*err));
    return decoder_new_from(tables, &everything, err);
}

START_TEST(letters_gather_split_fields_from_the_top)
{
    static const struct insn_row rows[] = {
        INSN("1iijjd00 iixxxxxd 0000mmmm ddnnn1ai", SPLIT, FEAT_NONE, translate_nothing)};
    struct err err;
    struct decoder *decoder = decoder_of(rows, 1, &err);
    struct fields fields;

    ck_assert_msg(decoder != NULL, "%s", err.text);
    ck_assert_ptr_eq(decoder_find(decoder, 0xb4000000u | 4, &fields), &rows[0]);
    ck_assert_uint_eq(fields.i, 1u << 3);
    ck_assert_uint_eq(fields.j, 2);
    ck_assert_uint_eq(fields.d, 1u << 3);
    ck_assert_uint_eq(fields.m, 0);
    ck_assert_ptr_eq(decoder_find(decoder, 0x80ff0ff7u & ~0x00000020u, &fields), &rows[0]);
    ck_assert_uint_eq(fields.i, 7); /* 0b00, 0b11, 0b1 */
    ck_assert_uint_eq(fields.d, 7); /* 0b0, 0b1, 0b11 */
    ck_assert_uint_eq(fields.m, 15);
    ck_assert_uint_eq(fields.n, 2);
    ck_assert_uint_eq(fields.a, 1);
    ck_assert_uint_eq(fields.j, 0);
    ck_assert_ptr_null(decoder_find(decoder, 0x80000000u, &fields));
    decoder_free(decoder);
}
END_TEST

START_TEST(the_inner_of_two_nested_rows_wins_whatever_their_order)
{
    static const struct insn_row rows[] = {
        INSN("10101010 dddddddd dddddddd dddddddd", OUTER, FEAT_NONE, translate_nothing),
        INSN("10101010 00000000 00000000 000ddddd", INNER, FEAT_NONE, translate_nothing),
        INSN("10101010 00000000 dddddddd dddddddd", MIDDLE, FEAT_NONE, translate_nothing)};
    struct err err;
    struct decoder *decoder = decoder_of(rows, 3, &err);
    struct fields fields;

    ck_assert_msg(decoder != NULL, "%s", err.text);
    ck_assert_str_eq(decoder_find(decoder, 0xaa00001f, &fields)->id, "INNER");
    ck_assert_uint_eq(fields.d, 31);
    ck_assert_str_eq(decoder_find(decoder, 0xaa000020, &fields)->id, "MIDDLE");
    ck_assert_str_eq(decoder_find(decoder, 0xaa800000, &fields)->id, "OUTER");
    decoder_free(decoder);
}
END_TEST

START_TEST(bad_patterns_are_refused_by_name)
{
    static const struct {
        struct insn_row row[2];
        unsigned rows;
        const char *what;
    } cases[] = {
        {{INSN("1010", SHORT, FEAT_NONE, translate_nothing)}, 1, "SHORT"},
        {{INSN("00000000 00000000 00000000 000000000", LONG, FEAT_NONE, translate_nothing)},
         1,
         "LONG"},
        {{INSN("00000000 00000000 00000000 0000000?", LETTER, FEAT_NONE, translate_nothing)},
         1,
         "'?'"},
        {{INSN("didididi didididi didididi didididi", PIECES, FEAT_NONE, translate_nothing)},
         1,
         "PIECES"},
        {{INSN("0000000x 00000000 00000000 00000000", ONE, FEAT_NONE, translate_nothing),
          INSN("000000x0 00000000 00000000 00000000", TWO, FEAT_NONE, translate_nothing)},
         2,
         "ONE"},
        {{INSN("00000000 00000000 00000000 ddddd000", SAME, FEAT_NONE, translate_nothing),
          INSN("00000000 00000000 00000000 nnnnn000", AGAIN, FEAT_NONE, translate_nothing)},
         2,
         "SAME"},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct err err;

        ck_assert_ptr_null(decoder_of(cases[i].row, cases[i].rows, &err));
        ck_assert_msg(strstr(err.text, cases[i].what) != NULL, "case %u: %s", i, err.text);
    }
}
END_TEST

static Suite *decode_suite(void)
{
    Suite *suite = suite_create("decode");
    TCase *tc = tcase_create("decode");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, no_two_rows_overlap_unless_one_nests_in_the_other);
    tcase_add_test(tc, rows_have_ids_of_their_own_and_translators);
    tcase_add_test(tc, words_decode_to_the_row_a_search_finds);
    tcase_add_test(tc, a_model_without_a_feature_has_no_row_of_it);
    tcase_add_test(tc, letters_gather_split_fields_from_the_top);
    tcase_add_test(tc, the_inner_of_two_nested_rows_wins_whatever_their_order);
    tcase_add_test(tc, bad_patterns_are_refused_by_name);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(decode_suite());
}
