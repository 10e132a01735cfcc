/* Lowerings of system instructions: registers that are just a place in struct cpu, PSTATE.DAIF, and
 * barriers. */
#include "cpu/jit/lower.h"

static struct x64_mem place(const struct uop *uop)
{
    return x64_at(RBX, (int32_t)uop->imm - CPU_BIAS);
}

static void load_field(struct lower *l, const struct uop *uop)
{
    enum x64_reg to = lower_out(l, uop->d, RAX);

    x64_load(&l->code, true, to, place(uop));
    lower_done(l, uop->d, to);
}

static void load_daif(struct lower *l, const struct uop *uop)
{
    enum x64_reg to = lower_out(l, uop->d, RAX);

    x64_op_mem(&l->code, false, X64_MOVZX8, to, CPU_FIELD(daif));
    x64_shift_imm(&l->code, false, SHIFT_SHL, to, 6);
    lower_done(l, uop->d, to);
}

/* A locked operation orders all that is before and after it (Intel SDM, volume 3, 8.2.2), and is
 * quicker than MFENCE. */
static void barrier(struct lower *l)
{
    x64_u8(&l->code, X64_LOCK);
    x64_alu_mem_imm(&l->code, false, ALU_OR, x64_at(RSP, 0), 0);
}

bool lower_system(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_ldfield:
        load_field(l, uop);
        return true;
    case UOP_stfield:
        x64_store(&l->code, true, place(uop), lower_in(l, true, uop->d, RAX));
        return true;
    case UOP_daif:
        load_daif(l, uop);
        return true;
    case UOP_daifset:
        x64_alu_mem_imm8(&l->code, ALU_OR, CPU_FIELD(daif), uop->x);
        return true;
    case UOP_barrier:
        barrier(l);
        return true;
    default:
        return false;
    }
}
