/* SVE instructions that move elements to other places, where VL is 512 bits at most: the parts of
 * the result come from parts of the operands by Advanced SIMD's permutations. */
#include "cpu/isa/sve.h"

enum { T_RESULT = V_TEMP + TR_MASKS }; /* and those behind, one for each part */

enum kind {
    WIDEN,   /* halves of parts */
    ZIP,     /* the same, of both operands */
    UNZIP,   /* pairs of parts, of one operand and then of the other */
    BY_PART, /* each of the same parts */
    REVERSE,
    REPEAT, /* an element, y, in all places */
};

struct mover {
    uop_helper *const *family;
    enum uop_op op; /* of the smallest elements */
    uint8_t min;    /* log2 of their bytes */
    uint8_t kind;
    bool high; /* the upper half of the operands */
};

#define MOVER(name, op, min, ...)                                                                  \
    {                                                                                              \
        .family = sve_##name, UOP_##op, min, __VA_ARGS__                                           \
    }

static const struct mover movers[] = {
    MOVER(sunpklo, vsshll8, 1, WIDEN, false),
    MOVER(sunpkhi, vsshll8, 1, WIDEN, true),
    MOVER(uunpklo, vushll8, 1, WIDEN, false),
    MOVER(uunpkhi, vushll8, 1, WIDEN, true),
    MOVER(zip1, vzip18, 0, ZIP, false),
    MOVER(zip2, vzip18, 0, ZIP, true),
    MOVER(uzp1, vuzp18, 0, UNZIP),
    MOVER(uzp2, vuzp28, 0, UNZIP),
    MOVER(trn1, vtrn18, 0, BY_PART),
    MOVER(trn2, vtrn28, 0, BY_PART),
    MOVER(rev, vrev64_8_64, 0, REVERSE),
    MOVER(dup_elem, vdup_elem8, 0, REPEAT),
};

static const struct mover *mover_of(uop_helper *helper, unsigned *size)
{
    for (unsigned i = 0; i < ARRAY_SIZE(movers); i++)
        for (*size = movers[i].min; *size <= 3; ++*size)
            if (movers[i].family[*size] == helper)
                return &movers[i];
    return NULL;
}

static void emit(struct tr *tr, enum uop_op op, unsigned d, unsigned a, unsigned b, unsigned x,
                 unsigned y)
{
    tr_emit_raw(tr, op, (uint8_t)d, (uint8_t)a, (uint8_t)b, (uint8_t)x, (uint8_t)y, 0);
}

/* Part i of n, or, from VL on, of m. */
static unsigned part_of(const struct tr *tr, uint32_t n, uint32_t m, unsigned i)
{
    unsigned parts = mode_parts(tr->mode);

    return i < parts ? V_HIGH * i + n : V_HIGH * (i - parts) + m;
}

/* The elements of a part, from the last to the first. */
static void reverse(struct tr *tr, unsigned to, unsigned from, unsigned size)
{
    if (size < 3)
        emit(tr, (enum uop_op)(UOP_vrev64_8_64 + size), to, from, 0, 16, 0);
    else
        emit(tr, UOP_vmov, to, from, 0, 16, 0);
    emit(tr, UOP_vext, to, to, to, 16, 8);
}

/* One part of the result, in slot `to`. */
static void move_part(struct tr *tr, const struct mover *mover, unsigned size, unsigned to,
                      uint32_t n, uint32_t m, unsigned part)
{
    unsigned parts = mode_parts(tr->mode), half = part + (mover->high ? parts : 0);
    enum uop_op op = (enum uop_op)(mover->op + size - mover->min);

    switch ((enum kind)mover->kind) {
    case WIDEN:
        emit(tr, op, to, part_of(tr, n, n, half / 2), 0, half % 2 ? 16 : 8, 0);
        break;
    case ZIP:
        op = (enum uop_op)(op + (half % 2 ? UOP_vzip28 - UOP_vzip18 : 0));
        emit(tr, op, to, part_of(tr, n, n, half / 2), part_of(tr, m, m, half / 2), 16, 0);
        break;
    case UNZIP:
        emit(tr, op, to, part_of(tr, n, m, 2 * part), part_of(tr, n, m, 2 * part + 1), 16, 0);
        break;
    case REVERSE:
        reverse(tr, to, part_of(tr, n, n, parts - 1 - part), size);
        break;
    default:
        emit(tr, op, to, part_of(tr, n, n, part), part_of(tr, m, m, part), 16, 0);
    }
}

static bool repeat(struct tr *tr, const struct mover *mover, unsigned size, uint32_t d, uint32_t n,
                   unsigned lane)
{
    unsigned lanes = 16u >> size, parts = mode_parts(tr->mode);

    if (lane >= lanes * parts)
        return false;
    emit(tr, (enum uop_op)(mover->op + size), T_RESULT, part_of(tr, n, n, lane / lanes), 0, 16,
         lane % lanes);
    for (unsigned part = 0; part < parts; part++)
        emit(tr, UOP_vmov, part_of(tr, d, d, part), T_RESULT, 0, 16, 0);
    return true;
}

/* A part may be wanted for another one after its own place has been overwritten. */
bool sve_by_places(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t n, uint32_t m,
                   uint32_t y)
{
    unsigned size, parts = mode_parts(tr->mode);
    const struct mover *mover = mover_of(helper, &size);
    bool in_place;

    if (!mover || parts > V_PARTS)
        return false;
    if (mover->kind == REPEAT)
        return repeat(tr, mover, size, d, n, y);
    in_place = mover->kind == BY_PART || parts == 1 || (d != n && d != m);
    for (unsigned part = 0; part < parts; part++)
        move_part(tr, mover, size, in_place ? part_of(tr, d, d, part) : T_RESULT + part, n, m,
                  part);
    for (unsigned part = 0; part < parts && !in_place; part++)
        emit(tr, UOP_vmov, part_of(tr, d, d, part), T_RESULT + part, 0, 16, 0);
    return true;
}
