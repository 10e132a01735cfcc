/* See ieee_show.h. */
#include "ieee_show.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bits.h"
#include "ieee_lanes.h"

void ieee_show_row(const struct ieee_row *row, unsigned fbits, int width)
{
    char line[128];
    unsigned length = 0;

    for (const char *c = row->text; *c && length < sizeof(line) - 1; c++)
        line[length++] = *c == '\n' ? ';' : *c;
    line[length] = 0;
    printf("%-*s", width, line);
    if (fbits)
        printf(" (%u)", fbits);
}

static void show_fpcr(uint32_t fpcr)
{
    static const char *const modes[] = {"RN", "RP", "RM", "RZ"};
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {{CR_FZ, "FZ"},   {CR_DN, "DN"}, {CR_AHP, "AHP"}, {CR_FZ16, "FZ16"},
                {CR_EBF, "EBF"}, {CR_AH, "AH"}, {CR_FIZ, "FIZ"}, {CR_NEP, "NEP"}};

    printf("%s", modes[(fpcr & CR_RMODE) >> 22]);
    for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
        if (fpcr & bits[i].bit)
            printf("+%s", bits[i].name);
}

/* The pattern, and what it means. */
static void show_element(struct oracle *o, enum ieee_format f, uint64_t bits)
{
    struct number x;

    printf(" %0*" PRIx64, (int)ieee_width(f) / 4, bits & ieee_mask(f));
    if (!ieee_is_float(f))
        return;
    x = number_of(o, f, bits, 0, false);
    if (x.nan)
        printf(" (%sNaN)", x.signals ? "s" : "q");
    else
        printf(" (%a)", mpfr_get_d(x.value, MPFR_RNDN));
}

static void show_outcome(const char *what, const struct ieee_row *row,
                         const struct ieee_outcome *is)
{
    printf("    %s", what);
    if (ieee_is_general(row->to))
        printf(" X6=%016" PRIx64, is->x6);
    else
        printf(" V3=%016" PRIx64 ":%016" PRIx64, is->v3[1], is->v3[0]);
    printf(" FPSR=%02" PRIx64 "\n", is->fpsr);
}

/* Of the lane that differs, or the first. */
static void show_operands(const struct difference *d)
{
    struct oracle o;
    uint64_t x[3];
    unsigned lane = 0;

    for (unsigned i = d->row->lanes; i-- > 0 && !ieee_is_general(d->row->to);) {
        unsigned at = d->row->skip_to + i;

        if (ieee_element(d->is->v3, d->row->to, at) != ieee_element(d->wanted->v3, d->row->to, at))
            lane = i;
    }
    oracle_open(&o); /* one that flushes nothing */
    ieee_gather(d->row, d->operands, lane, x);
    if (d->row->lanes > 1)
        printf(" lane %u:", lane);
    for (unsigned i = 0; i < d->row->operands && !d->row->reduces; i++)
        show_element(&o, i < 2 ? d->row->from : d->row->to, x[i]);
    for (unsigned i = 0; i < d->row->reduces; i++)
        show_element(&o, d->row->from, ieee_element(d->operands->v[0], d->row->from, i));
    oracle_close(&o);
}

void ieee_show(const struct difference *d)
{
    ieee_show_row(d->row, d->fbits, 0);
    show_operands(d);
    printf(", FPCR=");
    show_fpcr(d->fpcr);
    printf(" FPSR=%02x, %s\n", d->fpsr, d->way);
    show_outcome("ulna    ", d->row, d->is);
    show_outcome("expected", d->row, d->wanted);
}
