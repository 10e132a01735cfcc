/* What the Advanced SIMD translators share. */
#include "cpu/isa/simd.h"

bool simd_emit(struct tr *tr, enum uop_op op, uint32_t d, uint32_t a, uint32_t b, unsigned bytes,
               unsigned y, uint64_t imm)
{
    if (tr_fp_enabled(tr))
        tr_emit(tr, op, V(d), V(a), V(b), (uint8_t)bytes, (uint8_t)y, imm);
    return true;
}
