/* See ieee_ops.h. Each operation as the manual's pseudocode function of the same purpose has it:
 * NaNs first, then what MPFR makes of the values, infinities and zeros among them. */
#include "ieee_ops.h"

#include "ieee_oracle.h"

#define CHOSEN struct oracle *o, const struct ieee_row *row, unsigned fbits, const uint64_t *x

/* --- Sums, products, quotients, roots --- */

typedef int mpfr_binary(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t);

static uint64_t binary(struct oracle *o, const struct ieee_row *row, const uint64_t *x,
                       mpfr_binary *compute)
{
    struct number n[2] = {number_of(o, row->from, x[0], 0, false),
                          number_of(o, row->from, x[1], 1, false)};
    uint64_t result;
    int ternary;

    if (oracle_nan(o, row->to, 2, n, &result))
        return result;
    ternary = compute(o->result, n[0].value, n[1].value, oracle_direction(o));
    if (!mpfr_nan_p(o->result))
        oracle_note_denormals(o, 2, n);
    return oracle_finish(o, row->to, ternary, R_FPCR);
}

uint64_t op_add(CHOSEN)
{
    (void)fbits;
    return binary(o, row, x, mpfr_add);
}

uint64_t op_sub(CHOSEN)
{
    (void)fbits;
    return binary(o, row, x, mpfr_sub);
}

uint64_t op_abd(CHOSEN)
{
    return op_abs(o, row, fbits, (uint64_t[]){op_sub(o, row, fbits, x)});
}

uint64_t op_mul(CHOSEN)
{
    (void)fbits;
    return binary(o, row, x, mpfr_mul);
}

uint64_t op_nmul(CHOSEN)
{
    return oracle_negate(o, row->to, op_mul(o, row, fbits, x));
}

/* FPTwo: the sign, and an exponent of one more than the bias. */
static int extended_mul(mpfr_ptr to, mpfr_srcptr a, mpfr_srcptr b, mpfr_rnd_t direction)
{
    int ternary = mpfr_mul(to, a, b, direction);

    if (mpfr_nan_p(to)) {
        mpfr_set_ui(to, 2, MPFR_RNDN);
        mpfr_setsign(to, to, mpfr_signbit(a) != mpfr_signbit(b), MPFR_RNDN);
    }
    return ternary;
}

uint64_t op_mulx(CHOSEN)
{
    (void)fbits;
    return binary(o, row, x, extended_mul);
}

uint64_t op_div(CHOSEN)
{
    uint32_t before = o->fpsr;

    (void)fbits;
    mpfr_clear_divby0();

    uint64_t result = binary(o, row, x, mpfr_div);

    if (mpfr_divby0_p()) /* a finite number by zero: AH notes no denormal */
        o->fpsr = SR_DZC | (o->fpcr & CR_AH ? before : o->fpsr);
    return result;
}

uint64_t op_sqrt(CHOSEN)
{
    struct number n = number_of(o, row->from, x[0], 0, false);
    uint64_t result;
    int ternary;

    (void)fbits;
    if (oracle_nan(o, row->to, 1, &n, &result))
        return result;
    ternary = mpfr_sqrt(o->result, n.value, oracle_direction(o));
    if (!mpfr_nan_p(o->result))
        oracle_note_denormals(o, 1, &n);
    return oracle_finish(o, row->to, ternary, R_FPCR);
}

uint64_t op_abs(CHOSEN)
{
    (void)fbits;
    return (o->fpcr & CR_AH) && ieee_is_nan(row->to, x[0]) ? x[0] : x[0] & (ieee_sign(row->to) - 1);
}

uint64_t op_neg(CHOSEN)
{
    (void)fbits;
    return oracle_negate(o, row->to, x[0]);
}

/* FPMulAdd, FPMulAddH: the factors may be of another format than the addend. */
static uint64_t muladd(struct oracle *o, const struct ieee_row *row, uint64_t addend, uint64_t op1,
                       uint64_t op2)
{
    struct number n[3] = {number_of(o, row->to, addend, 2, false),
                          number_of(o, row->from, op1, 0, false),
                          number_of(o, row->from, op2, 1, false)};
    uint64_t result;
    int ternary;

    if (oracle_nan(o, row->to, 3, n, &result)) {
        /* A quiet NaN does not hide infinity times zero. */
        if (n[0].nan && !n[0].signals && !n[1].nan && !n[2].nan && !(o->fpcr & CR_AH)) {
            mpfr_mul(o->result, n[1].value, n[2].value, MPFR_RNDZ);
            if (mpfr_nan_p(o->result))
                return oracle_finish(o, row->to, 0, R_FPCR);
        }
        return result;
    }
    ternary = mpfr_fma(o->result, n[1].value, n[2].value, n[0].value, oracle_direction(o));
    if (!mpfr_nan_p(o->result))
        oracle_note_denormals(o, 3, n);
    return oracle_finish(o, row->to, ternary, R_FPCR);
}

uint64_t op_madd(CHOSEN)
{
    (void)fbits;
    return muladd(o, row, x[2], x[0], x[1]);
}

uint64_t op_msub(CHOSEN)
{
    (void)fbits;
    return muladd(o, row, x[2], oracle_negate(o, row->from, x[0]), x[1]);
}

uint64_t op_nmadd(CHOSEN)
{
    (void)fbits;
    return muladd(o, row, oracle_negate(o, row->to, x[2]), oracle_negate(o, row->from, x[0]), x[1]);
}

uint64_t op_nmsub(CHOSEN)
{
    (void)fbits;
    return muladd(o, row, oracle_negate(o, row->to, x[2]), x[0], x[1]);
}

/* BFMulAddH */
uint64_t op_bfmlal(CHOSEN)
{
    const uint32_t fpcr = oracle_quiet(o), fpsr = o->fpsr;
    uint64_t result = muladd(o, row, x[2], x[0], x[1]);

    (void)fbits;
    oracle_unquiet(o, fpcr, fpsr);
    return result;
}

/* To a single; to odd is to infinity where it overflows. */
static uint64_t finish_single(struct oracle *o, int ternary, enum ieee_rounding rounding)
{
    uint64_t result;

    o->fpsr = 0;
    result = oracle_finish(o, F_SINGLE, ternary, rounding);
    return rounding == R_ODD && (o->fpsr & SR_OFC) ? result + 1 : result;
}

/* x + y of singles; of the dot products, where the sign of a NaN does not matter yet. */
static uint64_t add_singles(struct oracle *o, uint64_t x, uint64_t y, enum ieee_rounding rounding)
{
    struct number n[2] = {number_of(o, F_SINGLE, x, 0, false), number_of(o, F_SINGLE, y, 1, false)};

    if (n[0].nan || n[1].nan)
        return oracle_default_nan(o, F_SINGLE);
    return finish_single(o, mpfr_add(o->result, n[0].value, n[1].value, oracle_direction(o)),
                         rounding);
}

/* With FPCR.EBF: the two products are added exactly, and their sum and that of all are rounded. */
static uint64_t dot_fused(struct oracle *o, uint64_t addend, const struct number *n)
{
    int ternary =
        mpfr_fmma(o->result, n[0].value, n[2].value, n[1].value, n[3].value, oracle_direction(o));

    return add_singles(o, addend, finish_single(o, ternary, R_FPCR), R_FPCR);
}

/* Without: each step is rounded to odd, and overflows to infinity. */
static uint64_t dot_odd(struct oracle *o, uint64_t addend, const struct number *n)
{
    uint64_t product[2];

    for (unsigned i = 0; i < 2; i++) {
        mpfr_ptr a = n[i].value, b = n[i + 2].value;

        product[i] = finish_single(o, mpfr_mul(o->result, a, b, MPFR_RNDZ), R_ODD);
    }
    return add_singles(o, addend, add_singles(o, product[0], product[1], R_ODD), R_ODD);
}

/* BFDotAdd. No flags, and no NaN but the default one. */
uint64_t op_bfdot(CHOSEN)
{
    const uint32_t fpcr = o->fpcr, fpsr = o->fpsr;
    struct number n[4];
    uint64_t result;
    bool nan = false;

    (void)row, (void)fbits;
    if (!(fpcr & CR_EBF)) /* subnormal numbers are zeros */
        o->fpcr = CR_FZ | CR_FIZ;
    for (unsigned i = 0; i < 4; i++) {
        n[i] = number_of(o, F_BFLOAT, x[i / 2] >> (i % 2 * 16), i, false);
        nan |= n[i].nan;
    }
    if (!nan)
        result = fpcr & CR_EBF ? dot_fused(o, x[2], n) : dot_odd(o, x[2], n);
    o->fpcr = fpcr;
    o->fpsr = fpsr;
    return nan || ieee_is_nan(F_SINGLE, result) ? oracle_default_nan(o, F_SINGLE) : result;
}

/* FPRecipStepFused, FPRSqrtStepFused: (constant - a * b) / 2^halvings. */
static uint64_t step(struct oracle *o, const struct ieee_row *row, const uint64_t *x,
                     unsigned constant, unsigned halvings)
{
    const uint32_t fpcr = oracle_quiet(o), fpsr = o->fpsr;
    struct number n[2] = {number_of(o, row->from, oracle_negate(o, row->from, x[0]), 0, false),
                          number_of(o, row->from, x[1], 1, false)};
    uint64_t result;

    if (!oracle_nan(o, row->to, 2, n, &result)) {
        int ternary;

        mpfr_set_ui(o->value[2], constant, MPFR_RNDN);
        ternary = mpfr_fma(o->result, n[0].value, n[1].value, o->value[2], oracle_direction(o));
        if (mpfr_nan_p(o->result)) /* infinity times zero is none */
            mpfr_set_ui(o->result, constant, MPFR_RNDN);
        mpfr_div_2ui(o->result, o->result, halvings, MPFR_RNDN);
        result = oracle_finish(o, row->to, ternary, R_FPCR);
    }
    oracle_unquiet(o, fpcr, fpsr);
    return result;
}

uint64_t op_recps(CHOSEN)
{
    (void)fbits;
    return step(o, row, x, 2, 0);
}

uint64_t op_rsqrts(CHOSEN)
{
    (void)fbits;
    return step(o, row, x, 3, 1);
}

/* --- Maximum, minimum --- */

/* FPMax, FPMin; `alternative`: as FPCR.AH changes them. */
static uint64_t extreme(struct oracle *o, const struct ieee_row *row, const uint64_t *x, bool max,
                        bool alternative)
{
    struct number n[2] = {number_of(o, row->from, x[0], 0, false),
                          number_of(o, row->from, x[1], 1, false)};
    bool zeros = !n[0].nan && !n[1].nan && mpfr_zero_p(n[0].value) && mpfr_zero_p(n[1].value);
    const uint32_t fpcr = o->fpcr;
    uint64_t result;

    if (alternative && (n[0].nan || n[1].nan)) { /* x86's rule: the second operand */
        o->fpsr |= SR_IOC;
        return !n[1].nan && mpfr_zero_p(n[1].value) ? n[1].bits & ieee_sign(row->from) : n[1].bits;
    }
    if (alternative && zeros && mpfr_signbit(n[0].value) != mpfr_signbit(n[1].value))
        return n[1].bits & ieee_sign(row->from);
    if (oracle_nan(o, row->to, 2, n, &result))
        return result;

    int order = mpfr_cmp(n[0].value, n[1].value);

    mpfr_set(o->result, n[(max ? order > 0 : order < 0) ? 0 : 1].value, MPFR_RNDN);
    if (zeros) { /* the more positive one of them, or the more negative one */
        bool negative[2] = {mpfr_signbit(n[0].value), mpfr_signbit(n[1].value)};

        mpfr_setsign(o->result, o->result,
                     max ? negative[0] && negative[1] : negative[0] || negative[1], MPFR_RNDN);
    }
    oracle_note_denormals(o, 2, n);
    if (alternative) /* a result is not flushed */
        o->fpcr &= ~(uint32_t)(CR_FZ | CR_FZ16);
    result = oracle_finish(o, row->to, 0, R_FPCR);
    o->fpcr = fpcr;
    return result;
}

uint64_t op_max(CHOSEN)
{
    (void)fbits;
    return extreme(o, row, x, true, o->fpcr & CR_AH);
}

uint64_t op_min(CHOSEN)
{
    (void)fbits;
    return extreme(o, row, x, false, o->fpcr & CR_AH);
}

/* FPMaxNum, FPMinNum: a quiet NaN beside a number loses against it. */
static uint64_t extreme_number(struct oracle *o, const struct ieee_row *row, const uint64_t *x,
                               bool max)
{
    uint64_t loser = ieee_infinity(row->from) | (max ? ieee_sign(row->from) : 0);
    uint64_t y[2] = {x[0], x[1]};

    for (unsigned i = 0; i < 2; i++) {
        struct number it = number_of(o, row->from, x[i], 0, false);
        struct number other = number_of(o, row->from, x[!i], 1, false);

        if (it.nan && !it.signals && (!other.nan || (other.signals && !(o->fpcr & CR_AH))))
            y[i] = loser;
    }
    return extreme(o, row, y, max, false);
}

uint64_t op_maxnm(CHOSEN)
{
    (void)fbits;
    return extreme_number(o, row, x, true);
}

uint64_t op_minnm(CHOSEN)
{
    (void)fbits;
    return extreme_number(o, row, x, false);
}

/* --- Comparisons --- */

enum relation {
    LESS = 1,
    EQUAL = 2,
    GREATER = 4,
    UNORDERED = 8,
};

/* FPCompare and its like; `absolute`: of magnitudes. */
static enum relation compare(struct oracle *o, enum ieee_format f, const uint64_t *x, bool absolute,
                             bool signals)
{
    struct number n[2] = {number_of(o, f, x[0], 0, false), number_of(o, f, x[1], 1, false)};
    int order;

    if (n[0].nan || n[1].nan) {
        if (signals || n[0].signals || n[1].signals)
            o->fpsr |= SR_IOC;
        return UNORDERED;
    }
    oracle_note_denormals(o, 2, n);
    order = absolute ? mpfr_cmpabs(n[0].value, n[1].value) : mpfr_cmp(n[0].value, n[1].value);
    return order < 0 ? LESS : order > 0 ? GREATER : EQUAL;
}

/* NZCV */
uint64_t op_cmp(CHOSEN)
{
    (void)fbits;
    switch (compare(o, row->from, x, false, row->signals)) {
    case LESS:
        return 8;
    case EQUAL:
        return 6;
    case GREATER:
        return 2;
    default:
        return 3;
    }
}

uint64_t op_cmpz(CHOSEN)
{
    return op_cmp(o, row, fbits, (uint64_t[]){x[0], 0});
}

/* Does the condition hold? Without a number that is neither less nor equal nor greater. */
uint64_t op_condition(CHOSEN)
{
    static const uint8_t holds[] = {
        EQUAL,                       /* EQ */
        ~EQUAL,                      /* NE */
        EQUAL | GREATER | UNORDERED, /* CS */
        LESS,                        /* CC */
        LESS,                        /* MI */
        ~LESS,                       /* PL */
        UNORDERED,                   /* VS */
        ~UNORDERED,                  /* VC */
        GREATER | UNORDERED,         /* HI */
        LESS | EQUAL,                /* LS */
        EQUAL | GREATER,             /* GE */
        LESS | UNORDERED,            /* LT */
        GREATER,                     /* GT */
        ~GREATER,                    /* LE */
    };

    (void)fbits;
    return (compare(o, row->from, x, false, false) & holds[row->condition]) != 0;
}

static uint64_t mask_if(struct oracle *o, const struct ieee_row *row, const uint64_t *x,
                        unsigned wanted, bool absolute, bool signals)
{
    return compare(o, row->from, x, absolute, signals) & wanted ? ieee_mask(row->to) : 0;
}

#define COMPARISON(name, wanted, absolute, signals)                                                \
    uint64_t name(CHOSEN)                                                                          \
    {                                                                                              \
        (void)fbits;                                                                               \
        return mask_if(o, row, x, wanted, absolute, signals);                                      \
    }
COMPARISON(op_cmeq, EQUAL, false, false)
COMPARISON(op_cmge, GREATER | EQUAL, false, true)
COMPARISON(op_cmgt, GREATER, false, true)
COMPARISON(op_acge, GREATER | EQUAL, true, true)
COMPARISON(op_acgt, GREATER, true, true)

#define COMPARISON_ZERO(name, wanted, signals)                                                     \
    uint64_t name(CHOSEN)                                                                          \
    {                                                                                              \
        (void)fbits;                                                                               \
        return mask_if(o, row, (uint64_t[]){x[0], 0}, wanted, false, signals);                     \
    }
COMPARISON_ZERO(op_cmeqz, EQUAL, false)
COMPARISON_ZERO(op_cmgez, GREATER | EQUAL, true)
COMPARISON_ZERO(op_cmgtz, GREATER, true)
COMPARISON_ZERO(op_cmlez, LESS | EQUAL, true)
COMPARISON_ZERO(op_cmltz, LESS, true)
