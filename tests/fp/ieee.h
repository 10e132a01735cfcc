/* The comparison of ulna's floating point with GNU MPFR: what its parts share. ieee_rows.h lists
 * the instructions, ieee_guest.c has the code that executes them, ieee_oracle.c, ieee_ops.c and
 * ieee_convert.c say what must come out, ieee_operands.c chooses numbers and ieee_lanes.c puts them
 * into registers, ieee_machine.c runs the guest, ieee.c compares, ieee_show.c tells. */
#ifndef ULNA_TESTS_FP_IEEE_H
#define ULNA_TESTS_FP_IEEE_H

#include <stdbool.h>
#include <stdint.h>

/* What an element of an operand or of a result is. */
enum ieee_format {
    F_HALF,
    F_SINGLE,
    F_DOUBLE,
    F_BFLOAT,
    F_I16, /* an integer in a vector register */
    F_I32,
    F_I64,
    F_W, /* an integer in a general register: X5 is the first operand, X6 the result */
    F_X,
    F_NZCV, /* in X6 */
    F_COUNT,
};

static inline unsigned ieee_width(enum ieee_format f)
{
    static const uint8_t width[F_COUNT] = {16, 32, 64, 16, 16, 32, 64, 32, 64, 4};

    return width[f];
}

static inline bool ieee_is_float(enum ieee_format f)
{
    return f <= F_BFLOAT;
}

static inline bool ieee_is_general(enum ieee_format f)
{
    return f >= F_W;
}

static inline uint64_t ieee_mask(enum ieee_format f)
{
    return ~0ull >> (64 - ieee_width(f));
}

/* FPRounding; the first four as FPCR.RMode has them. */
enum ieee_rounding {
    R_TIEEVEN,
    R_POSINF,
    R_NEGINF,
    R_ZERO,
    R_TIEAWAY,
    R_ODD,
    R_FPCR, /* what RMode says */
};

/* What FPCR.NEP has a scalar instruction keep above its result. */
enum ieee_merge {
    MERGE_NOTHING, /* it is no such instruction */
    MERGE_V0,      /* the first source */
    MERGE_V1,      /* the second */
    MERGE_V2,      /* the addend */
    MERGE_V3,      /* the destination */
};

struct oracle;
struct ieee_row;

/* What the operation makes of the elements in o->fpcr; its flags are added to o->fpsr. */
typedef uint64_t ieee_compute(struct oracle *o, const struct ieee_row *row, unsigned fbits,
                              const uint64_t *x);

/* An instruction. V0, V1 and V2 hold the operands, V3 is the destination and holds NOT V2 before.
 */
struct ieee_row {
    const char *text;
    ieee_compute *compute;
    enum ieee_format from, to; /* of V0 and V1; of the result and V2 */
    uint8_t operands;
    uint8_t lanes;    /* of the result; 1: scalar, and the rest is zero or as `merge` says */
    uint8_t fixed;    /* it has fraction bits: 1 to this number, a routine for each */
    uint8_t skip;     /* operand elements before the first */
    uint8_t stride;   /* operand elements from one to the next; 0: one */
    uint8_t skip_to;  /* elements of the destination that it leaves as they were */
    uint8_t indexed;  /* the second operand is the element of this number, plus 1, for all lanes */
    uint8_t reduces;  /* the result is of so many elements of V0, two by two */
    bool accumulates; /* V3 is the addend: it is copied from V2 before */
    bool pairwise;    /* operands are neighbours, those of V0 before those of V1 */
    bool sve;         /* the machine has SVE */
    bool again;       /* the same instruction is another row */
    bool is_unsigned, signals, exact;
    enum ieee_rounding rounding;
    uint8_t int_bits, condition;
    enum ieee_merge merge;
};

#endif
