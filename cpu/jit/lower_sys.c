/* Lowerings of system instructions: registers that are a place in struct cpu or a leaf function,
 * PSTATE, and barriers. */
#include "cpu/exception.h"
#include "cpu/jit/lower.h"
#include "cpu/sysreg.h"

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

/* Calls function(cpu, row, RDX), which leaves all guest registers alone: those that the host's
 * calls lose go to struct cpu, the others stay. The result is in RAX. */
static void call_leaf(struct lower *l, uintptr_t function, const struct sysreg *reg)
{
    struct regset lost = lower_lost_in_c(l, l->valid);

    lower_spill(l, (struct regset){l->dirty.x & lost.x, l->dirty.v & lost.v});
    l->dirty = (struct regset){l->dirty.x & ~lost.x, l->dirty.v & ~lost.v};
    l->valid = (struct regset){l->valid.x & ~lost.x, l->valid.v & ~lost.v};
    x64_lea(&l->code, true, RDI, x64_at(RBX, -CPU_BIAS));
    x64_mov_imm(&l->code, RSI, (uintptr_t)reg);
    x64_mov_imm(&l->code, RAX, function);
    x64_call_reg(&l->code, RAX);
}

static void read_register(struct lower *l, const struct uop *uop)
{
    const struct sysreg *reg = (const struct sysreg *)(uintptr_t)uop->imm;

    call_leaf(l, (uintptr_t)reg->read, reg);
    lower_done(l, uop->d, RAX);
}

static void write_register(struct lower *l, const struct uop *uop)
{
    const struct sysreg *reg = (const struct sysreg *)(uintptr_t)uop->imm;

    lower_copy(l, true, uop->a, RDX);
    call_leaf(l, (uintptr_t)reg->write, reg);
}

/* to = from * constant */
static void multiply(struct lower *l, enum x64_reg to, enum x64_reg from, uint32_t constant)
{
    x64_op_reg(&l->code, false, 0x69, to, from);
    x64_u32(&l->code, constant);
}

static void read_nzcv(struct lower *l, const struct uop *uop)
{
    enum x64_reg to = lower_out(l, uop->d, RAX);

    lower_sync_flags(l);
    x64_load(&l->code, false, to, CPU_FIELD(nzcv));
    multiply(l, to, to, NZCV_GATHER);
    x64_alu_imm(&l->code, false, ALU_AND, to, (int32_t)NZCV_MASK);
    lower_done(l, uop->d, to);
}

static void write_nzcv(struct lower *l, const struct uop *uop)
{
    lower_copy(l, false, uop->a, RAX);
    x64_shift_imm(&l->code, false, SHIFT_SHR, RAX, 28);
    multiply(l, RCX, RAX, NZCV_SPREAD);
    x64_alu_imm(&l->code, false, ALU_AND, RCX, NZCV_BYTES);
    x64_shift_imm(&l->code, false, SHIFT_SHR, RAX, 3);
    x64_alu(&l->code, false, ALU_OR, RAX, RCX);
    x64_store(&l->code, false, CPU_FIELD(nzcv), RAX);
    x64_store_imm(&l->code, false, CPU_FIELD(lazy.kind), LAZY_NONE);
    l->flags = (struct flags){.saved = true, .bytes = true};
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
void lower_barrier(struct lower *l)
{
    x64_u8(&l->code, X64_LOCK);
    x64_alu_mem_imm(&l->code, false, ALU_OR, x64_at(RSP, 0), 0);
}

/* R14 has the block's instructions already. */
static void look_at_limit(struct lower *l)
{
    uint8_t *below;

    x64_alu_load(&l->code, true, ALU_CMP, R14, CPU_FIELD(pmu.limit));
    below = x64_jcc(&l->code, CC_B);
    x64_u8(&l->code, X64_LOCK);
    x64_alu_mem_imm(&l->code, false, ALU_OR, CPU_FIELD(pending), PENDING_TIMER);
    x64_land(&l->code, below);
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
    case UOP_stbyte:
        x64_store_imm8(&l->code, place(uop), uop->x);
        return true;
    case UOP_count:
        x64_op_mem(&l->code, true, 0xff, 0, place(uop)); /* inc */
        return true;
    case UOP_limit:
        look_at_limit(l);
        return true;
    case UOP_sysread:
        read_register(l, uop);
        return true;
    case UOP_syswrite:
        write_register(l, uop);
        return true;
    case UOP_nzcv:
        read_nzcv(l, uop);
        return true;
    case UOP_nzcvwr:
        write_nzcv(l, uop);
        return true;
    case UOP_daif:
        load_daif(l, uop);
        return true;
    case UOP_daifset:
        x64_alu_mem_imm8(&l->code, ALU_OR, CPU_FIELD(daif), uop->x);
        return true;
    case UOP_barrier:
        lower_barrier(l);
        return true;
    default:
        return false;
    }
}
