/* Lowerings of pointer authentication with the algorithm that is ours (FEAT_PACIMP) and codes that
 * are added to pointers (FEAT_PAuth2). They are for pointers without tag into the half of the
 * addresses that code of this exception level uses, the lower one at EL0 and the upper one at EL1;
 * others, and pointers that fail, are for the handlers. */
#include "cpu/jit/lower.h"

#include "cpu/model.h"

#define FIELD(data, high, part) CPU_FIELD(pauth.field[data][high].part)
#define KEY(key, part)          CPU_FIELD(sys.ap_key[key].part)

static bool is_high(const struct lower *l)
{
    return l->node->block->mode & MODE_EL_MASK;
}

/* By the key, or, of XPAC, as it says. */
static bool is_data(const struct uop *uop)
{
    return uop->op == UOP_xpac ? uop->x : uop->x & 2;
}

/* RAX = the code for the pointer in RAX, whose bits are those of an address: pauth_hash(). */
static void hash(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;
    unsigned key = uop->x & PAUTH_KEY_MASK;

    x64_mov_imm(c, RDX, PAUTH_HASH_CONSTANT);
    x64_alu(c, true, ALU_XOR, RDX, lower_in(l, true, uop->b, RCX));
    x64_alu_load(c, true, ALU_XOR, RDX, KEY(key, high));
    x64_alu_load(c, true, ALU_XOR, RAX, KEY(key, low));
    x64_op_reg(c, true, 0xf7, 4, RDX); /* mul rdx */
    x64_alu(c, true, ALU_XOR, RAX, RDX);
    x64_alu_load(c, true, ALU_AND, RAX, FIELD(is_data(uop), is_high(l), code));
}

static void add_code(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;
    struct stub *other;

    lower_bring_home(l, uop->a);
    lower_bring_home(l, uop->b);
    lower_copy(l, true, uop->a, RAX);
    if (is_high(l))
        x64_not(c, true, RAX);
    x64_op_mem(c, true, X64_TEST, RAX, FIELD(is_data(uop), is_high(l), extension));
    if (is_high(l))
        x64_not(c, true, RAX); /* changes no flag */
    other = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_NE));
    hash(l, uop);
    x64_alu(c, true, ALU_XOR, RAX, lower_in(l, true, uop->a, RCX));
    lower_done(l, uop->d, RAX);
    other->back = c->at;
}

/* RAX = the pointer in RAX with nothing but its address. */
static void extend(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;

    if (is_high(l)) {
        x64_alu_load(c, true, ALU_OR, RAX, FIELD(is_data(uop), true, extension));
    } else {
        x64_alu_load(c, true, ALU_OR, RAX, FIELD(is_data(uop), false, extension));
        x64_alu_load(c, true, ALU_XOR, RAX, FIELD(is_data(uop), false, extension));
    }
}

/* The pointer without the code must be what has nothing but the address. */
static void authenticate(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;
    struct stub *other;

    lower_copy(l, true, uop->a, RAX);
    extend(l, uop);
    hash(l, uop);
    x64_alu(c, true, ALU_XOR, RAX, lower_in(l, true, uop->a, RCX));
    x64_mov(c, true, RDX, RAX);
    extend(l, uop);
    x64_alu(c, true, ALU_CMP, RAX, RDX);
    other = lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_NE));
    lower_done(l, uop->d, RAX);
    other->back = c->at;
}

/* XPAC: whatever the algorithm. */
static void strip(struct lower *l, const struct uop *uop)
{
    struct x64 *c = &l->code;
    struct stub *other;

    lower_bring_home(l, uop->a);
    lower_copy(l, true, uop->a, RAX);
    x64_op_reg(c, true, 0x0fba, 4, RAX); /* bt rax, 55 */
    x64_u8(c, 55);
    other = lower_stub(l, STUB_HANDLER, x64_jcc(c, is_high(l) ? CC_AE : CC_B));
    extend(l, uop);
    lower_done(l, uop->d, RAX);
    other->back = c->at;
}

bool lower_pauth(struct lower *l, const struct uop *uop)
{
    const struct cpu_model *model = l->cpu->model;

    bool ours = model_has(model, FEAT_PACIMP) && model_has(model, FEAT_PAuth2);

    switch (uop->op) {
    case UOP_pac:
        if (ours)
            add_code(l, uop);
        return ours;
    case UOP_aut:
        if (ours)
            authenticate(l, uop);
        return ours;
    case UOP_xpac:
        strip(l, uop);
        return true;
    default:
        return false;
    }
}
