/* See ieee_operands.h. */
#include "ieee_operands.h"

#include "base/bits.h"
#include "ieee_ops.h"
#include "numbers.h"

struct list {
    struct operands *item;
    unsigned count, room;
};

static void add(struct list *list, uint64_t a, uint64_t b, uint64_t c)
{
    if (list->count < list->room)
        list->item[list->count++] = (struct operands){.x = {a, b, c}};
}

static const struct {
    uint8_t exp_bits, frac_bits;
} layouts[] = {
    [F_HALF] = {5, 10}, [F_SINGLE] = {8, 23}, [F_DOUBLE] = {11, 52}, [F_BFLOAT] = {8, 7}};

enum {
    EXPONENTS = 11,
    FRACTIONS = 4,
    CORNERS = EXPONENTS * FRACTIONS * 2,
    FEW = 26, /* for triples */
};

/* Zero, the smallest and the largest of each kind, those around one, those whose squares are the
 * smallest normal number, infinity, NaNs of both kinds. */
static uint64_t corner(enum ieee_format f, unsigned index)
{
    unsigned frac_bits = layouts[f].frac_bits;
    uint64_t max = (1ull << layouts[f].exp_bits) - 1, one = max >> 1;
    uint64_t half = 1ull << (frac_bits - 1);
    const uint64_t exp[EXPONENTS] = {0,       1,       one / 2, one - frac_bits - 1,
                                     one - 1, one,     one + 1, one + frac_bits,
                                     max - 2, max - 1, max};
    const uint64_t frac[FRACTIONS] = {0, 1, half, 2 * half - 1};

    return (index & 1 ? ieee_sign(f) : 0) | exp[index / 2 % EXPONENTS] << frac_bits |
           frac[index / 2 / EXPONENTS % FRACTIONS];
}

/* Of the corners, a few: both zeros, subnormals, halves and ones, the ends, infinities, NaNs. */
static uint64_t few(enum ieee_format f, unsigned index)
{
    unsigned frac_bits = layouts[f].frac_bits;
    uint64_t max = (1ull << layouts[f].exp_bits) - 1, one = max >> 1;
    uint64_t ones = (1ull << frac_bits) - 1;
    const uint64_t of[FEW / 2] = {
        0,
        1,
        ones,
        1ull << frac_bits,
        (one / 2) << frac_bits | 1,
        (one - 1) << frac_bits,
        one << frac_bits,
        one << frac_bits | 1,
        one << frac_bits | ones,
        (max - 1) << frac_bits | ones,
        max << frac_bits,
        max << frac_bits | 5,
        max << frac_bits | (ones + 1) / 2 | 9,
    };

    return (index & 1 ? ieee_sign(f) : 0) | of[index / 2];
}

static uint64_t random_element(enum ieee_format f, uint64_t *state)
{
    if (ieee_is_float(f))
        return random_number(state, layouts[f].exp_bits, layouts[f].frac_bits);
    return random_integer(state);
}

/* An odd number of so many bits as the significand, the exponent such that it is the value, moved
 * by `shift`. */
static uint64_t odd_number(enum ieee_format f, unsigned bits, int shift, uint64_t *state)
{
    unsigned frac_bits = layouts[f].frac_bits;
    uint64_t one = (1ull << (layouts[f].exp_bits - 1)) - 1, r = random_next(state);
    uint64_t significand =
        (1ull << (bits - 1) | 1 | (r & 1 ? r >> 8 : 0)) & ((2ull << (bits - 1)) - 1);

    if (r & 2)
        significand = (2ull << (bits - 1)) - 1 - 2 * (r >> 2 & 1 && bits > 2);
    return (r >> 63 ? ieee_sign(f) : 0) | (one + bits - 1 + (uint64_t)(int64_t)shift) << frac_bits |
           ((significand << (frac_bits + 1 - bits)) & ((1ull << frac_bits) - 1));
}

/* Products that just fit into the fraction, or have a bit more, and so are ties; some where results
 * are subnormal. `addend`: with nothing or the least to add. */
static void add_products(struct list *list, enum ieee_format f, uint64_t *state, bool addend)
{
    unsigned all = layouts[f].frac_bits + 1;
    int minimum = 2 - (1 << (layouts[f].exp_bits - 1)); /* exponent */

    for (unsigned bits = 1; bits <= all; bits++)
        for (unsigned i = 0; i < 18; i++) {
            unsigned other = all + i % 3 - bits;
            int shift = i / 3 % 2 ? minimum / 2 - (int)all / 2 - (int)(i / 6) : 0;

            if (other >= 1 && other <= all)
                add(list, odd_number(f, bits, shift, state), odd_number(f, other, shift, state),
                    addend && i % 2 ? (i % 4 ? ieee_sign(f) : 0) | 1 : 0);
        }
}

static void add_pairs(struct list *list, enum ieee_format f)
{
    for (unsigned a = 0; a < CORNERS; a++)
        for (unsigned b = 0; b < CORNERS; b++)
            add(list, corner(f, a), corner(f, b), 0);
}

/* Triples, and for pairs an addend that leaves of the product its last bits or nothing. */
static void add_triples(struct list *list, struct oracle *o, const struct ieee_row *row)
{
    const struct ieee_row product = {.from = row->from, .to = row->to};

    for (unsigned i = 0; i < FEW * FEW * FEW; i++)
        add(list, few(row->from, i % FEW), few(row->from, i / FEW % FEW),
            few(row->to, i / FEW / FEW));
    o->fpcr = 0;
    for (unsigned i = 0; i < CORNERS * CORNERS; i += 3) {
        uint64_t a = corner(row->from, i % CORNERS), b = corner(row->from, i / CORNERS);
        uint64_t addend = op_madd(o, &product, 0, (uint64_t[]){a, b, 0});

        add(list, a, b, (addend ^ ieee_sign(row->to)) + i % 5 - 2);
    }
}

/* Is the exponent near the ends of the format's range, of a narrower format's, or of integers'? */
static bool is_interesting(enum ieee_format f, int exp)
{
    static const int16_t edges[][2] = {{-70, 70}, {-152, -124}, {126, 129}};
    int max = (1 << layouts[f].exp_bits) - 1, unbiased = exp - (max >> 1);

    for (unsigned i = 0; i < ARRAY_SIZE(edges); i++)
        if (unbiased >= edges[i][0] && unbiased <= edges[i][1])
            return true;
    return exp < 4 || exp > max - 4;
}

/* Which bit of the fraction is worth half of the result's last place? */
static int tie_place(const struct ieee_row *row, unsigned fbits, int unbiased)
{
    int frac_bits = layouts[row->from].frac_bits, minimum;

    if (!ieee_is_float(row->to) || row->to == row->from) /* to an integer, to an integral number */
        return frac_bits - 1 - unbiased - (int)fbits;
    minimum = 2 - (1 << (layouts[row->to].exp_bits - 1));
    return frac_bits - layouts[row->to].frac_bits - 1 +
           (unbiased < minimum ? minimum - unbiased : 0);
}

static void add_unary(struct list *list, const struct ieee_row *row, unsigned fbits)
{
    enum ieee_format f = row->from;
    int frac_bits = layouts[f].frac_bits, max = (1 << layouts[f].exp_bits) - 1;
    uint64_t ones = (1ull << frac_bits) - 1;

    for (int exp = 0; exp <= max; exp++) {
        int place = tie_place(row, fbits, (exp ? exp : 1) - (max >> 1));
        uint64_t tie = place >= 0 && place < frac_bits ? 1ull << place : ones / 2 + 1;
        const uint64_t frac[] = {0,
                                 1,
                                 ones / 2,
                                 ones - 1,
                                 ones,
                                 tie - 1,
                                 tie,
                                 tie + 1,
                                 3 * tie & ones,
                                 (3 * tie - 1) & ones,
                                 ones & ~(tie - 1)};

        for (unsigned i = 0; i < 2 * ARRAY_SIZE(frac); i++)
            if (is_interesting(f, exp))
                add(list, (i & 1 ? ieee_sign(f) : 0) | (uint64_t)exp << frac_bits | frac[i / 2], 0,
                    0);
    }
}

/* Powers of two, what is next to them, and ties where they have more bits than the fraction. */
static void add_integers(struct list *list, enum ieee_format to)
{
    for (unsigned i = 0; i < 64; i++) {
        uint64_t power = 1ull << i,
                 last = i > layouts[to].frac_bits ? power >> layouts[to].frac_bits : 0;
        const uint64_t of[] = {power,
                               power - 1,
                               power + 1,
                               power + last / 2,
                               power + last / 2 - 1,
                               power + last / 2 + 1,
                               power + last * 3 / 2,
                               2 * power - last / 2,
                               2 * power - last / 2 - 1};

        for (unsigned j = 0; j < 2 * ARRAY_SIZE(of); j++)
            add(list, j & 1 ? -of[j / 2] : of[j / 2], 0, 0);
    }
    add(list, 0, 0, 0);
}

/* Two BFloat16 numbers in each of the factors: what is few of them, of each kind with each. */
static void add_dots(struct list *list, uint64_t *state)
{
    for (unsigned i = 0; i < 4 * FEW * FEW; i++) {
        uint64_t r = random_next(state);
        uint64_t a = few(F_BFLOAT, i % FEW), b = few(F_BFLOAT, i / FEW % FEW);
        uint64_t c = few(F_BFLOAT, (r & 0xff) % FEW), d = few(F_BFLOAT, (r >> 8 & 0xff) % FEW);

        /* Often such that the products cancel. */
        if (i & 1)
            c = b, d = a ^ 0x8000;
        add(list, a | c << 16, b | d << 16, few(F_SINGLE, (r >> 16 & 0xff) % FEW));
    }
    for (unsigned i = 0; i < 4 * FEW * FEW; i++) {
        uint64_t x[4];

        for (unsigned k = 0; k < 4; k++)
            x[k] = random_element(F_BFLOAT, state);
        add(list, x[0] | x[1] << 16, x[2] | x[3] << 16, random_element(F_SINGLE, state));
    }
}

static void add_halves(struct list *list)
{
    for (unsigned i = 0; i <= UINT16_MAX; i++)
        add(list, i, 0, 0);
}

unsigned ieee_operands(struct oracle *o, const struct ieee_row *row, unsigned fbits,
                       struct choice *choice, struct operands *operands, unsigned room)
{
    struct list list = {.item = operands, .room = room - choice->random};
    uint64_t *state = &choice->state;

    if (row->compute == op_bfdot)
        add_dots(&list, state);
    else if (!ieee_is_float(row->from))
        add_integers(&list, row->to);
    else if (row->operands == 1 && row->from == F_HALF && choice->all)
        add_halves(&list);
    else if (row->operands == 1)
        add_unary(&list, row, fbits);
    else if (row->operands == 2)
        add_pairs(&list, row->from);
    else
        add_triples(&list, o, row);
    if (row->operands > 1 && row->compute != op_bfdot)
        add_products(&list, row->from, state, row->operands == 3);
    list.room = room;
    for (unsigned i = 0; i < choice->random; i++)
        add(&list, random_element(row->from, state), random_element(row->from, state),
            random_element(row->to, state));
    return list.count;
}
