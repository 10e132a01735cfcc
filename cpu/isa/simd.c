/* What the Advanced SIMD translators share. */
#include "cpu/isa/simd.h"

bool simd_emit(struct tr *tr, enum uop_op op, uint32_t d, uint32_t a, uint32_t b, unsigned bytes,
               unsigned y, uint64_t imm)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, op, V(d), V(a), V(b), (uint8_t)bytes, (uint8_t)y, imm);
    return true;
}

/* The micro-op `steps` sizes above the row's. */
static bool emit_row(struct tr *tr, const struct fields *f, unsigned steps, unsigned bytes)
{
    return simd_emit(tr, simd_op(f->row->op, steps), f->d, f->n, f->m, bytes, 0, f->row->imm);
}

bool simd_fixed(struct tr *tr, const struct fields *f)
{
    return emit_row(tr, f, 0, simd_bytes(f));
}

bool simd_vector(struct tr *tr, const struct fields *f)
{
    if (f->z < f->row->min || f->z > f->row->max || (f->z == 3 && !f->q))
        return false;
    return emit_row(tr, f, f->z - f->row->min, simd_bytes(f));
}

bool simd_scalar(struct tr *tr, const struct fields *f)
{
    if (f->z < f->row->min || f->z > f->row->max)
        return false;
    return emit_row(tr, f, f->z - f->row->min, 1u << f->z);
}

bool simd_vector_fp(struct tr *tr, const struct fields *f)
{
    return !(f->z && !f->q) && emit_row(tr, f, f->z, simd_bytes(f));
}

bool simd_scalar_fp(struct tr *tr, const struct fields *f)
{
    return emit_row(tr, f, f->z, 4u << f->z);
}

bool simd_scalar_half(struct tr *tr, const struct fields *f)
{
    return emit_row(tr, f, 0, 2);
}
