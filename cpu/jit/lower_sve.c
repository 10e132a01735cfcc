/* Lowerings of the SVE micro-ops: predicates become masks, and whole registers go to and from
 * memory. What is done with them meanwhile is Advanced SIMD's, a part of 128 bits at a time. */
#include "cpu/jit/lower_vec.h"
#include "cpu/sve.h"

#define P_FIELD(n)                                                                                 \
    x64_at(RBX, (int32_t)(offsetof(struct cpu, p) + (n) * sizeof(union preg)) - CPU_BIAS)

/* The lowest bits of the elements of all parts. */
static uint64_t elements_of(unsigned size, unsigned parts)
{
    static const uint64_t elements[] = {~0ull, 0x5555555555555555, 0x1111111111111111,
                                        0x0101010101010101};

    return elements[size] & bits_ones(16 * parts);
}

/* What Z registers have above V: some of it may be in a host register. */
static bool zero_rest(struct lower *l, const struct uop *uop)
{
    unsigned zero = lower_vout(l, V_HIGH + uop->x, 0);

    x64_op_reg(&l->code, false, X64_XORPS, zero, zero);
    for (unsigned part = 1; part < uop->y && part < V_PARTS; part++)
        lower_vdone(l, V_HIGH * part + uop->x, zero);
    for (unsigned part = V_PARTS; part < uop->y; part++)
        x64_op_mem(&l->code, false, X64_MOVUPS_STORE, zero,
                   x64_at(RBX, (int32_t)(offsetof(struct cpu, z_rest) +
                                         16u * (32u * (part - V_PARTS) + uop->x)) -
                                   CPU_BIAS));
    return true;
}

/* For each byte of a part: the byte of the predicate that has the bit of its element, and the bit
 * there. */
static void mask_constants(unsigned size, uint64_t from[2], uint64_t bit[2])
{
    for (unsigned half = 0; half < 2; half++) {
        from[half] = half * 0x0101010101010101u;
        bit[half] = 0;
        for (unsigned i = 0; i < 8; i++)
            bit[half] |= 1ull << (i >> size << size) << 8 * i;
    }
}

static bool mask(struct lower *l, const struct uop *uop)
{
    struct vec v = {.l = l, .uop = uop, .bytes = 16};
    unsigned to = lower_vout(l, uop->d, 0);
    uint64_t from[2], bit[2];

    if (!l->host->ssse3 || !lower_constants_left(l))
        return false;
    mask_constants(uop->y, from, bit);
    x64_op_mem(&l->code, false, X64_MOVZX16, RAX,
               x64_at(RBX, P_FIELD(uop->x).disp + 2 * (int32_t)uop->imm));
    x64_op_reg(&l->code, false, X64_MOVD_LOAD, to, RAX);
    vec_3c(&v, X64_PSHUFB, to, to, from[0], from[1]);
    vec_3c(&v, X64_PAND, to, to, bit[0], bit[1]);
    vec_3c(&v, X64_PCMPEQB, to, to, bit[0], bit[1]);
    lower_vdone(l, uop->d, to);
    return true;
}

/* --- Contiguous elements: where all are true it is a load or a store of the whole --- */

static struct stub *leave_unless_all(struct lower *l, const struct uop *uop)
{
    unsigned parts = uop->y >> 2;
    struct x64 *c = &l->code;

    x64_load(c, true, RAX, P_FIELD(uop->x));
    x64_mov_imm(c, RCX, elements_of(uop->y & 3, parts));
    x64_not(c, true, RAX);
    x64_test(c, true, RAX, RCX);
    return lower_stub(l, STUB_HANDLER, x64_jcc(c, CC_NE));
}

static bool contiguous(struct lower *l, const struct uop *uop, bool store)
{
    unsigned parts = uop->y >> 2;
    struct lower_probe p;
    struct stub *some;

    lower_bring_home(l, uop->a);
    for (unsigned part = 0; store && part < parts; part++)
        lower_bring_vector(l, V_HIGH * part + uop->d);
    some = leave_unless_all(l, uop);
    p = lower_probe_access(l, uop, false, store, 16 * parts);
    for (unsigned part = 0; part < parts; part++) {
        unsigned slot = V_HIGH * part + uop->d;
        struct x64_mem mem = p.mem;

        mem.disp += 16 * (int32_t)part;
        if (store) {
            x64_op_mem(&l->code, false, X64_MOVUPS_STORE, lower_vin(l, slot, 0), mem);
        } else {
            unsigned to = lower_vout(l, slot, 0);

            x64_op_mem(&l->code, false, X64_MOVUPS_LOAD, to, mem);
            lower_vdone(l, slot, to);
        }
    }
    lower_accessed(l, p);
    some->back = l->code.at;
    return true;
}

/* --- WHILELT, WHILELO: the others are rare --- */

/* RCX = how many of the `lanes` are true */
static void count_while(struct lower *l, const struct uop *uop, unsigned lanes)
{
    bool wide = uop->imm & SVE_WHILE_X;
    struct x64 *c = &l->code;
    enum x64_reg n;

    lower_copy(l, wide, uop->b, RCX);
    n = lower_in(l, wide, uop->a, RAX);
    x64_mov_imm(c, RDX, 0);
    x64_alu(c, wide, ALU_SUB, RCX, n);
    x64_cmov(c, wide, uop->imm & SVE_WHILE_U ? CC_BE : CC_LE, RCX, RDX);
    x64_mov_imm(c, RDX, lanes);
    x64_alu(c, wide, ALU_CMP, RCX, RDX);
    x64_cmov(c, wide, CC_A, RCX, RDX);
}

/* The predicate is the first RCX elements. */
static void write_first(struct lower *l, unsigned p, unsigned size, unsigned parts)
{
    struct x64 *c = &l->code;

    if (size)
        x64_shift_imm(c, false, SHIFT_SHL, RCX, size);
    x64_mov_imm(c, RAX, 1);
    x64_shift_cl(c, true, SHIFT_SHL, RAX);
    x64_alu_imm(c, true, ALU_SUB, RAX, 1);
    x64_mov_imm(c, RDX, elements_of(size, parts));
    if (parts == 4) { /* a shift by 64 is none */
        x64_alu_imm(c, false, ALU_CMP, RCX, 64);
        x64_cmov(c, true, CC_E, RAX, RDX);
    }
    x64_alu(c, true, ALU_AND, RAX, RDX);
    x64_store(c, true, P_FIELD(p), RAX);
}

static bool count_up(struct lower *l, const struct uop *uop)
{
    unsigned size = uop->y & 3, lanes = 16 * (uop->y >> 2) >> size;
    struct x64 *c = &l->code;

    if (!(uop->imm & SVE_WHILE_LT) || (uop->imm & SVE_WHILE_EQ))
        return false;
    count_while(l, uop, lanes);
    /* N: the first is true; Z: none is; C: the last is not */
    x64_test(c, false, RCX, RCX);
    x64_setcc_mem(c, CC_NE, CPU_FIELD(nzcv.n));
    x64_setcc_mem(c, CC_E, CPU_FIELD(nzcv.z));
    x64_alu_imm(c, false, ALU_CMP, RCX, (int32_t)lanes);
    x64_setcc_mem(c, CC_B, CPU_FIELD(nzcv.c));
    x64_store_imm8(c, CPU_FIELD(nzcv.v), 0);
    x64_store_imm(c, false, CPU_FIELD(lazy.kind), LAZY_NONE);
    write_first(l, uop->x, size, uop->y >> 2);
    l->flags = (struct flags){.saved = true, .bytes = true};
    return true;
}

bool lower_sve(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_zzero:
        return zero_rest(l, uop);
    case UOP_pmask:
        return mask(l, uop);
    case UOP_zld:
        return contiguous(l, uop, false);
    case UOP_zst:
        return contiguous(l, uop, true);
    case UOP_pwhile:
        return count_up(l, uop);
    default:
        return false;
    }
}
