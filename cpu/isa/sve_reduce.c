/* SVE reductions to a scalar where VL is 128, 256 or 512 bits: inactive elements become what
 * changes nothing, Advanced SIMD's micro-ops make one part of all, and one number of that. */
#include "cpu/cpu.h"
#include "cpu/isa/sve.h"

enum { T_PART = V_TEMP + TR_MASKS }; /* and those behind, one for each part */

enum form {
    SUM,    /* pairs are added to wider ones, and parts when they are doublewords */
    ACROSS, /* parts lane by lane, then the rest by `last` */
    FOLD,   /* the same by halves */
    PAIRS,  /* numbers: neighbours, as Reduce() has them, and the last two by `last` */
};

/* What changes nothing */
enum identity { ZERO, ONES, SMALLEST, LARGEST, LEAST_NUMBER, MOST_NUMBER, NO_NUMBER };

struct reduction {
    uop_helper *const *family;
    enum uop_op op, last; /* of the smallest elements */
    uint8_t min, max;     /* log2 of their bytes */
    uint8_t form, identity;
};

#define REDUCTION(name, op, last, ...)                                                             \
    {                                                                                              \
        sve_##name, UOP_##op, UOP_##last, __VA_ARGS__                                              \
    }
#define EXTREME(name, from)       REDUCTION(name##v, v##name##8, v##name##v8, 0, 2, ACROSS, from)
#define LOGIC(name, op, identity) REDUCTION(name, op, op, 0, 3, FOLD, identity)
#define NUMBERS(name, op, identity)                                                                \
    REDUCTION(name##v, v##op##p16, v##op##p_scalar16, 1, 3, PAIRS, identity)

static const struct reduction reductions[] = {
    REDUCTION(saddv, vsaddlp8, vaddp_scalar64, 0, 2, SUM, ZERO),
    REDUCTION(uaddv, vuaddlp8, vaddp_scalar64, 0, 3, SUM, ZERO),
    EXTREME(smax, SMALLEST),
    EXTREME(umax, ZERO),
    EXTREME(smin, LARGEST),
    EXTREME(umin, ONES),
    LOGIC(orv, vorr64, ZERO),
    LOGIC(eorv, veor64, ZERO),
    LOGIC(andv, vand64, ONES),
    NUMBERS(fadd, fadd, ZERO),
    NUMBERS(fmax, fmax, LEAST_NUMBER),
    NUMBERS(fmin, fmin, MOST_NUMBER),
    NUMBERS(fmaxnm, fmaxnm, NO_NUMBER),
    NUMBERS(fminnm, fminnm, NO_NUMBER),
};

static const struct reduction *reduction_of(uop_helper *helper, unsigned *size)
{
    for (unsigned i = 0; i < ARRAY_SIZE(reductions); i++)
        for (*size = reductions[i].min; *size <= reductions[i].max; ++*size)
            if (reductions[i].family[*size] == helper)
                return &reductions[i];
    return NULL;
}

static uint64_t identity_of(enum identity identity, unsigned size)
{
    static const uint64_t infinite[] = {0, 0x7c00, 0x7f800000, 0x7ff0000000000000};
    static const uint64_t quiet[] = {0, 0x7e00, 0x7fc00000, 0x7ff8000000000000};
    uint64_t sign = 1ull << ((8u << size) - 1);

    switch (identity) {
    case ONES:
        return ~0ull;
    case SMALLEST:
        return sign;
    case LARGEST:
        return sign - 1;
    case LEAST_NUMBER:
        return infinite[size] | sign;
    case MOST_NUMBER:
        return infinite[size];
    case NO_NUMBER:
        return quiet[size];
    default:
        return 0;
    }
}

static void emit(struct tr *tr, enum uop_op op, unsigned d, unsigned a, unsigned b, unsigned y)
{
    tr_emit_raw(tr, op, (uint8_t)d, (uint8_t)a, (uint8_t)b, 16, (uint8_t)y, 0);
}

/* What is active of a part, in T_PART + part. */
static void take_part(struct tr *tr, uint64_t identity, unsigned size, uint32_t n, uint32_t p,
                      unsigned part)
{
    unsigned mask = sve_mask(tr, p, size, part), to = T_PART + part, from = V_HIGH * part + n;

    if (!identity) {
        emit(tr, UOP_vand64, to, from, mask, 0);
        return;
    }
    tr_emit_raw(tr, UOP_vmovi, (uint8_t)to, 0, 0, 16, 0, sve_splat(size, identity));
    emit(tr, UOP_vbit64, to, from, mask, 0);
}

/* T_PART = all parts, two by two, until there is one */
static void join_parts(struct tr *tr, enum uop_op op)
{
    for (unsigned parts = mode_parts(tr->mode); parts > 1; parts /= 2)
        for (unsigned i = 0; i < parts / 2; i++)
            emit(tr, op, T_PART + i, T_PART + 2 * i, T_PART + 2 * i + 1, 0);
}

/* T_PART, whose element 0 is the result */
static void fold(struct tr *tr, enum uop_op op, unsigned size)
{
    for (unsigned bytes = 8; bytes >= 1u << size; bytes /= 2) {
        emit(tr, UOP_vext, T_PART + 1, T_PART, T_PART, bytes);
        emit(tr, op, T_PART, T_PART, T_PART + 1, 0);
    }
}

static void reduce(struct tr *tr, const struct reduction *r, unsigned size, uint32_t d)
{
    unsigned steps = size - r->min, bytes = 16;
    enum uop_op op = (enum uop_op)(r->op + steps), last = (enum uop_op)(r->last + steps);

    switch ((enum form)r->form) {
    case SUM:
        for (unsigned part = 0; part < mode_parts(tr->mode); part++)
            for (unsigned step = size; step < 3; step++)
                emit(tr, (enum uop_op)(r->op + step), T_PART + part, T_PART + part, 0, 0);
        join_parts(tr, UOP_vadd64);
        last = r->last;
        break;
    case ACROSS:
        join_parts(tr, op);
        break;
    case FOLD:
        join_parts(tr, r->op);
        fold(tr, r->op, size);
        last = (enum uop_op)(UOP_vdup_elem8 + size);
        bytes = 1u << size;
        break;
    case PAIRS:
        join_parts(tr, op);
        for (unsigned elements = 16u >> size; elements > 2; elements /= 2)
            emit(tr, op, T_PART, T_PART, T_PART, 0);
        break;
    }
    tr_emit(tr, last, (uint8_t)d, T_PART, 0, (uint8_t)bytes, 0, 0);
}

/* FPCR.AH has another default NaN. */
bool sve_by_reduction(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t n, uint32_t p)
{
    unsigned size, parts = mode_parts(tr->mode);
    const struct reduction *r = reduction_of(helper, &size);

    if (!r || parts > V_PARTS || parts == 3 || (r->identity == NO_NUMBER && tr->mode & MODE_AFP))
        return false;
    for (unsigned part = 0; part < parts; part++)
        take_part(tr, identity_of((enum identity)r->identity, size), size, n, p, part);
    reduce(tr, r, size, d);
    return true;
}
