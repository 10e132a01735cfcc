/* See ieee_lanes.h. */
#include "ieee_lanes.h"

#include <string.h>

uint64_t ieee_element(const uint64_t *v, enum ieee_format f, unsigned index)
{
    uint64_t element = 0;

    memcpy(&element, (const uint8_t *)v + index * (ieee_width(f) / 8), ieee_width(f) / 8);
    return element;
}

static void element_set(uint64_t *v, enum ieee_format f, unsigned index, uint64_t element)
{
    memcpy((uint8_t *)v + index * (ieee_width(f) / 8), &element, ieee_width(f) / 8);
}

void ieee_gather(const struct ieee_row *row, const struct ieee_case *c, unsigned lane, uint64_t *x)
{
    unsigned source = row->skip + lane * (row->stride ? row->stride : 1);

    if (row->pairwise) {
        for (unsigned i = 0; i < 2; i++) {
            unsigned at = 2 * lane + i;

            x[i] = ieee_element(c->v[at >= row->lanes], row->from, at % row->lanes);
        }
        return;
    }
    x[0] = ieee_element(c->v[0], row->from, source);
    x[1] = ieee_element(c->v[1], row->from, row->indexed ? row->indexed - 1u : source);
    x[2] = ieee_element(c->v[2], row->to, lane);
}

/* Reduce: of the lower half of these elements and of the upper one. */
static uint64_t reduce(struct oracle *o, const struct ieee_row *row, const uint64_t *v,
                       unsigned first, unsigned count)
{
    uint64_t halves[2];

    if (count == 1)
        return ieee_element(v, row->from, first);
    for (unsigned i = 2; i-- > 0;)
        halves[i] = reduce(o, row, v, first + i * count / 2, count / 2);
    return row->compute(o, row, 0, halves);
}

void ieee_want(struct oracle *o, const struct ieee_row *row, unsigned fbits,
               const struct ieee_case *c, struct ieee_outcome *wanted)
{
    uint64_t old[2], x[3];

    for (unsigned i = 0; i < 2; i++)
        old[i] = row->accumulates ? c->v[2][i] : ~c->v[2][i];
    *wanted = (struct ieee_outcome){.v3 = {old[0], old[1]}};
    o->fpsr = 0;
    if (ieee_is_general(row->to)) {
        ieee_gather(row, c, 0, x);
        wanted->x6 = row->compute(o, row, fbits, x);
        wanted->fpsr = o->fpsr;
        return;
    }
    if (row->lanes == 1 && row->merge != MERGE_NOTHING && (o->fpcr & CR_NEP))
        memcpy(wanted->v3, row->merge == MERGE_V3 ? old : c->v[row->merge - MERGE_V0], 16);
    else if (!row->skip_to)
        memset(wanted->v3, 0, 16);
    if (row->reduces)
        element_set(wanted->v3, row->to, 0, reduce(o, row, c->v[0], 0, row->reduces));
    for (unsigned lane = 0; lane < row->lanes && !row->reduces; lane++) {
        ieee_gather(row, c, lane, x);
        element_set(wanted->v3, row->to, row->skip_to + lane, row->compute(o, row, fbits, x));
    }
    wanted->fpsr = o->fpsr;
}

void ieee_fill(const struct ieee_row *row, const struct operands *operands, const unsigned *chosen,
               unsigned count, unsigned first, bool equal, struct ieee_case *c)
{
    for (unsigned v = 0; v < 3; v++) {
        enum ieee_format f = v < 2 || ieee_is_general(row->to) ? row->from : row->to;

        if (ieee_is_general(f))
            f = F_I64;
        for (unsigned i = 0; i < 128 / ieee_width(f); i++)
            element_set(c->v[v], f, i, operands[chosen[equal ? first : (first + i) % count]].x[v]);
    }
}
