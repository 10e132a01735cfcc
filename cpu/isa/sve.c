/* What the SVE translators share. */
#include "cpu/isa/sve.h"

#include "cpu/decode.h"
#include "cpu/model.h"

bool sve_call(struct tr *tr, uop_helper *helper, uint32_t d, uint32_t a, uint32_t b, uint32_t x,
              uint32_t y)
{
    if (!helper || !model_has(tr->model, FEAT_SVE)) /* the row may need one feature more */
        return false;
    if (tr_sve_enabled(tr) && !sve_by_parts(tr, helper, d, a, b, x, y) &&
        !sve_by_places(tr, helper, d, a, b, y) && !sve_by_reduction(tr, helper, d, a, x))
        tr_call_pure(tr, helper, (uint8_t)d, (uint8_t)a, (uint8_t)b, (uint8_t)x, (uint8_t)y);
    return true;
}

unsigned sve_pattern(const struct tr *tr, unsigned pattern, unsigned size)
{
    unsigned elements = sve_bytes(tr) >> size, wanted = 0;

    if (pattern == 0) /* POW2 */
        return 1u << (31 - __builtin_clz(elements));
    if (pattern >= 1 && pattern <= 8) /* VL1 to VL8 */
        wanted = pattern;
    else if (pattern >= 9 && pattern <= 13) /* VL16 to VL256 */
        wanted = 16u << (pattern - 9);
    else if (pattern == 29) /* MUL4 */
        return elements - elements % 4;
    else if (pattern == 30) /* MUL3 */
        return elements - elements % 3;
    else if (pattern == 31) /* ALL */
        return elements;
    return wanted <= elements ? wanted : 0;
}

static uop_helper *helper_of(const struct fields *f)
{
    return f->row->helpers[f->z];
}

bool sve_zzz(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->n, f->m, 0, 0);
}

bool sve_zzz_d(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, f->row->helpers[3], f->d, f->n, f->m, 0, 0);
}

bool sve_zpzz(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->d, f->m, f->p, 0);
}

bool sve_zpzz_swapped(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->m, f->d, f->p, 0);
}

bool sve_zpz(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->n, f->n, f->p, 0);
}

bool sve_ppzz(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->n, f->m, f->p, 0);
}

bool sve_ppzi_s(struct tr *tr, const struct fields *f)
{
    int64_t imm = bits_sext(f->i, 5);

    return sve_call(tr, helper_of(f), f->d, f->n, (uint8_t)imm, f->p, (uint8_t)(imm >> 8));
}

bool sve_ppzi_u(struct tr *tr, const struct fields *f)
{
    return sve_call(tr, helper_of(f), f->d, f->n, f->i, f->p, 0);
}

bool sve_zzi_s(struct tr *tr, const struct fields *f)
{
    uint32_t imm = (uint32_t)bits_sext(f->i, 8);

    return sve_call(tr, helper_of(f), f->d, f->d, imm & 255, 0, imm >> 8 & 255);
}

bool sve_zzi_u(struct tr *tr, const struct fields *f)
{
    if (f->h && f->z == 0)
        return false;
    return sve_call(tr, helper_of(f), f->d, f->d, f->h ? 0 : f->i, 0, f->h ? f->i : 0);
}

/* `wider`: helpers are for elements of twice the size. */
static bool shift(struct tr *tr, const struct fields *f, uint32_t a, bool right, unsigned wider)
{
    unsigned size, bits;

    if (f->j < 8)
        return false;
    size = 31 - (unsigned)__builtin_clz(f->j >> 3);
    bits = 8u << size;
    return sve_call(tr, f->row->helpers[size + wider], f->d, a,
                    right ? 2 * bits - f->j : f->j - bits, f->p, 0);
}

bool sve_shift_right(struct tr *tr, const struct fields *f)
{
    return shift(tr, f, f->n, true, 0);
}

bool sve_shift_left(struct tr *tr, const struct fields *f)
{
    return shift(tr, f, f->n, false, 0);
}

bool sve_shift_right_p(struct tr *tr, const struct fields *f)
{
    return shift(tr, f, f->d, true, 0);
}

bool sve_shift_left_p(struct tr *tr, const struct fields *f)
{
    return shift(tr, f, f->d, false, 0);
}

bool sve_shift_narrow(struct tr *tr, const struct fields *f)
{
    return shift(tr, f, f->n, true, 1);
}

bool sve_shift_long(struct tr *tr, const struct fields *f)
{
    return shift(tr, f, f->n, false, 1);
}

bool sve_zze(struct tr *tr, const struct fields *f)
{
    unsigned size = 28 - (unsigned)__builtin_clz(f->row->bits);

    return sve_call(tr, f->row->helpers[size], f->d, f->n, f->m, 0, f->i);
}
