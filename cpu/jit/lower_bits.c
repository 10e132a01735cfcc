/* Lowerings of shifts, bit fields, multiplication and division, carries, and conditional
 * selections and compares. */
#include "cpu/jit/lower.h"

/* --- Shifts and bit fields --- */

/* The slot's value in the register where the result will be, ready to be changed. */
static enum x64_reg start_in(struct lower *l, bool wide, unsigned d, unsigned a)
{
    enum x64_reg to = lower_out(l, d, RAX);

    if (to == RAX || lower_home(l, a) != to)
        lower_copy(l, wide, a, to);
    else
        (void)lower_in(l, wide, a, to);
    return to;
}

static void shift_immediate(struct lower *l, const struct uop *uop, bool wide, enum x64_shift shift)
{
    enum x64_reg to = start_in(l, wide, uop->d, uop->a);

    if (uop->x)
        x64_shift_imm(&l->code, wide, shift, to, uop->x);
    else if (!wide)
        x64_mov(&l->code, false, to, to); /* the upper half is to be 0 */
    lower_done(l, uop->d, to);
}

/* The host takes the amount modulo the width, as the guest does. */
static void shift_register(struct lower *l, const struct uop *uop, bool wide, enum x64_shift shift)
{
    enum x64_reg to = lower_out(l, uop->d, RAX);

    if (l->host->bmi2 && shift != SHIFT_ROR) {
        enum x64_reg a = lower_in(l, wide, uop->a, RAX), b = lower_in(l, wide, uop->b, RCX);

        x64_shiftx(&l->code, wide, shift, to, a, b);
    } else {
        lower_copy(l, false, uop->b, RCX);
        lower_copy(l, wide, uop->a, RAX);
        x64_op_reg(&l->code, wide, 0xd3, shift, RAX);
        to = RAX;
    }
    lower_done(l, uop->d, to);
}

/* Moves the field to the top, and down again to where it belongs: `back` fills with zeroes or the
 * sign. */
static void field(struct lower *l, const struct uop *uop, bool wide, unsigned up, unsigned down,
                  enum x64_shift back)
{
    enum x64_reg to = start_in(l, wide, uop->d, uop->a);

    if (up)
        x64_shift_imm(&l->code, wide, SHIFT_SHL, to, up);
    if (down)
        x64_shift_imm(&l->code, wide, back, to, down);
    if (!up && !down && !wide)
        x64_mov(&l->code, false, to, to);
    lower_done(l, uop->d, to);
}

/* A field at bit 0 whose width the host has a move for. */
static bool extract_by_move(struct lower *l, const struct uop *uop, bool wide, enum x64_shift back)
{
    bool is_signed = back == SHIFT_SAR;
    enum x64_reg a, to;
    unsigned opcode;

    if (uop->x || (uop->y != 8 && uop->y != 16 && uop->y != 32))
        return false;
    a = lower_in(l, wide, uop->a, RCX);
    to = lower_out(l, uop->d, RAX);
    opcode = uop->y == 8    ? (is_signed ? X64_MOVSX8 : X64_MOVZX8)
             : uop->y == 16 ? (is_signed ? X64_MOVSX16 : X64_MOVZX16)
             : is_signed    ? X64_MOVSXD
                            : X64_MOV_LOAD;
    x64_op_reg8(&l->code, is_signed && wide, opcode, to, a);
    lower_done(l, uop->d, to);
    return true;
}

static void extract(struct lower *l, const struct uop *uop, bool wide, enum x64_shift back)
{
    unsigned width = wide ? 64 : 32;

    if (!extract_by_move(l, uop, wide, back))
        field(l, uop, wide, width - uop->x - uop->y, width - uop->y, back);
}

static void insert_in_zero(struct lower *l, const struct uop *uop, bool wide, enum x64_shift back)
{
    unsigned width = wide ? 64 : 32;

    if (!extract_by_move(l, uop, wide, back))
        field(l, uop, wide, width - uop->y, width - uop->y - uop->x, back);
}

/* d = d outside the mask, RAX inside. */
static void merge(struct lower *l, const struct uop *uop, bool wide, uint64_t mask)
{
    enum x64_reg d;

    x64_mov_imm(&l->code, RCX, mask);
    x64_alu(&l->code, wide, ALU_AND, RAX, RCX);
    x64_not(&l->code, wide, RCX);
    d = lower_in(l, wide, uop->d, RDX);
    x64_alu(&l->code, wide, ALU_AND, RCX, d);
    x64_alu(&l->code, wide, ALU_OR, RAX, RCX);
    lower_done(l, uop->d, RAX);
}

static void insert(struct lower *l, const struct uop *uop, bool wide)
{
    lower_copy(l, wide, uop->a, RAX);
    if (uop->x)
        x64_shift_imm(&l->code, wide, SHIFT_SHL, RAX, uop->x);
    merge(l, uop, wide, bits_ones(uop->y) << uop->x);
}

static void extract_and_insert(struct lower *l, const struct uop *uop, bool wide)
{
    lower_copy(l, wide, uop->a, RAX);
    if (uop->x)
        x64_shift_imm(&l->code, wide, SHIFT_SHR, RAX, uop->x);
    merge(l, uop, wide, bits_ones(uop->y));
}

/* (a:b) shifted right */
static void extract_pair(struct lower *l, const struct uop *uop, bool wide)
{
    enum x64_reg a;

    lower_copy(l, wide, uop->b, RAX);
    if (uop->x) {
        a = lower_in(l, wide, uop->a, RCX);
        x64_op_reg(&l->code, wide, 0x0fac, a, RAX); /* shrd rax, a, imm8 */
        x64_u8(&l->code, uop->x);
    }
    lower_done(l, uop->d, RAX);
}

static bool lower_shift(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
#define SHIFT_CASES(name, shift)                                                                   \
    case UOP_##name##64i:                                                                          \
        shift_immediate(l, uop, true, shift);                                                      \
        return true;                                                                               \
    case UOP_##name##32i:                                                                          \
        shift_immediate(l, uop, false, shift);                                                     \
        return true;                                                                               \
    case UOP_##name##64:                                                                           \
        shift_register(l, uop, true, shift);                                                       \
        return true;                                                                               \
    case UOP_##name##32:                                                                           \
        shift_register(l, uop, false, shift);                                                      \
        return true;
        SHIFT_CASES(lsl, SHIFT_SHL)
        SHIFT_CASES(lsr, SHIFT_SHR)
        SHIFT_CASES(asr, SHIFT_SAR)
        SHIFT_CASES(ror, SHIFT_ROR)
    case UOP_ubfx:
        extract(l, uop, true, SHIFT_SHR);
        return true;
    case UOP_sbfx64:
        extract(l, uop, true, SHIFT_SAR);
        return true;
    case UOP_sbfx32:
        extract(l, uop, false, SHIFT_SAR);
        return true;
    case UOP_ubfiz:
        insert_in_zero(l, uop, true, SHIFT_SHR);
        return true;
    case UOP_sbfiz64:
        insert_in_zero(l, uop, true, SHIFT_SAR);
        return true;
    case UOP_sbfiz32:
        insert_in_zero(l, uop, false, SHIFT_SAR);
        return true;
    case UOP_bfi64:
        insert(l, uop, true);
        return true;
    case UOP_bfi32:
        insert(l, uop, false);
        return true;
    case UOP_bfxil64:
        extract_and_insert(l, uop, true);
        return true;
    case UOP_bfxil32:
        extract_and_insert(l, uop, false);
        return true;
    case UOP_extr64:
        extract_pair(l, uop, true);
        return true;
    case UOP_extr32:
        extract_pair(l, uop, false);
        return true;
    default:
        return false;
    }
}

/* --- Counting and reversing --- */

static void one_operand(struct lower *l, const struct uop *uop, bool wide, unsigned opcode)
{
    enum x64_reg a = lower_in(l, wide, uop->a, RAX), to = lower_out(l, uop->d, RAX);

    x64_op_reg(&l->code, wide, opcode, to, a);
    lower_done(l, uop->d, to);
}

static void reverse_bytes(struct lower *l, const struct uop *uop, bool wide)
{
    enum x64_reg to = start_in(l, wide, uop->d, uop->a);

    x64_opcode(&l->code, 0x0fc8 | (to & 7u), (unsigned)wide << 3 | to >> 3, false); /* bswap */
    lower_done(l, uop->d, to);
}

/* Swaps neighbouring groups of bits of RAX: `mask` names the lower ones. */
static void swap_groups(struct lower *l, bool wide, uint64_t mask, unsigned shift)
{
    struct x64 *c = &l->code;

    x64_mov_imm(c, RCX, wide ? mask : (uint32_t)mask);
    x64_mov(c, wide, RDX, RAX);
    x64_shift_imm(c, wide, SHIFT_SHR, RDX, shift);
    x64_alu(c, wide, ALU_AND, RDX, RCX);
    x64_alu(c, wide, ALU_AND, RAX, RCX);
    x64_shift_imm(c, wide, SHIFT_SHL, RAX, shift);
    x64_alu(c, wide, ALU_OR, RAX, RDX);
}

static void reverse_groups(struct lower *l, const struct uop *uop, bool wide, unsigned shift)
{
    lower_copy(l, wide, uop->a, RAX);
    if (shift == 1) { /* RBIT: pairs, nibbles, bytes, and then the order of the bytes */
        swap_groups(l, wide, 0x5555555555555555, 1);
        swap_groups(l, wide, 0x3333333333333333, 2);
        swap_groups(l, wide, 0x0f0f0f0f0f0f0f0f, 4);
        x64_opcode(&l->code, 0x0fc8 | RAX, (unsigned)wide << 3, false);
    } else {
        swap_groups(l, wide, 0x00ff00ff00ff00ff, 8);
    }
    lower_done(l, uop->d, RAX);
}

/* RBIT whose result is for a CLZ alone, which overwrites it, behind no more than arithmetic on
 * other registers: together they count zeroes from below. NULL: it is another one. */
static const struct uop *trailing_count(const struct lower *l, const struct uop *reverse)
{
    const struct uop *end = &l->node->block->uop[l->node->block->uops];
    enum uop_op count = reverse->op == UOP_rbit64 ? UOP_clz64 : UOP_clz32;

    for (const struct uop *uop = reverse + 1; uop < end && l->host->bmi1; uop++) {
        struct regset use, def;

        if (uop->op == count && uop->a == reverse->d && uop->d == reverse->d)
            return uop;
        region_operands(uop, &use, &def);
        if (*uop_info[uop->op].effects || ((use.x | def.x) >> reverse->d & 1))
            return NULL;
    }
    return NULL;
}

static void reverse_bits(struct lower *l, const struct uop *uop, bool wide)
{
    const struct uop *count = l->trailing ? NULL : trailing_count(l, uop); /* one at a time */

    if (count) {
        l->trailing = count;
        lower_done(l, uop->d, start_in(l, wide, uop->d, uop->a));
    } else {
        reverse_groups(l, uop, wide, 1);
    }
}

static bool lower_count(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_clz64:
    case UOP_clz32:
        if (uop == l->trailing) {
            l->trailing = NULL;
            one_operand(l, uop, uop->op == UOP_clz64, X64_TZCNT);
            return true;
        }
        if (!l->host->lzcnt)
            return false;
        one_operand(l, uop, uop->op == UOP_clz64, X64_LZCNT);
        return true;
    case UOP_cnt64:
    case UOP_cnt32:
        if (!l->host->popcnt)
            return false;
        one_operand(l, uop, uop->op == UOP_cnt64, X64_POPCNT);
        return true;
    case UOP_rev64:
    case UOP_rev32:
        reverse_bytes(l, uop, uop->op == UOP_rev64);
        return true;
    case UOP_rbit64:
    case UOP_rbit32:
        reverse_bits(l, uop, uop->op == UOP_rbit64);
        return true;
    case UOP_rev16x4:
    case UOP_rev16x2:
        reverse_groups(l, uop, uop->op == UOP_rev16x4, 8);
        return true;
    case UOP_rev32x2: {
        enum x64_reg to = start_in(l, true, uop->d, uop->a);

        x64_opcode(&l->code, 0x0fc8 | (to & 7u), 8 | to >> 3, false); /* bswap */
        x64_shift_imm(&l->code, true, SHIFT_ROR, to, 32);
        lower_done(l, uop->d, to);
        return true;
    }
    default:
        return false;
    }
}

/* --- Multiplication and division --- */

/* d = y + RAX, or y - RAX. */
static void accumulate(struct lower *l, const struct uop *uop, bool wide, bool subtract)
{
    enum x64_reg to = RAX;

    if (uop->y == SLOT_ZERO) {
        if (subtract)
            x64_neg(&l->code, wide, RAX);
    } else if (subtract) {
        to = lower_out(l, uop->d, RCX);
        if (lower_home(l, uop->y) == to)
            (void)lower_in(l, wide, uop->y, to);
        else
            lower_copy(l, wide, uop->y, to);
        x64_alu(&l->code, wide, ALU_SUB, to, RAX);
    } else {
        enum x64_reg y = lower_in(l, wide, uop->y, RCX);

        to = lower_out(l, uop->d, RAX);
        x64_lea(&l->code, wide, to, x64_indexed(RAX, y, 0, 0));
    }
    lower_done(l, uop->d, to);
}

static void multiply(struct lower *l, const struct uop *uop, bool wide, bool subtract)
{
    enum x64_reg to = uop->y == SLOT_ZERO && !subtract ? lower_out(l, uop->d, RAX) : RAX;
    unsigned a = uop->a, b = uop->b;

    if (to != RAX && to == lower_home(l, b)) {
        a = uop->b;
        b = uop->a;
    }
    if (to != RAX && to == lower_home(l, a))
        (void)lower_in(l, wide, a, to);
    else
        lower_copy(l, wide, a, to);
    x64_op_reg(&l->code, wide, X64_IMUL, to, lower_in(l, wide, b, RCX));
    if (to == RAX)
        accumulate(l, uop, wide, subtract);
    else
        lower_done(l, uop->d, to);
}

/* Of words, to a doubleword: the low half of a 64-bit product is the same for both signs. */
static void multiply_long(struct lower *l, const struct uop *uop, bool is_signed, bool subtract)
{
    unsigned opcode = is_signed ? X64_MOVSXD : X64_MOV_LOAD;

    x64_op_reg(&l->code, is_signed, opcode, RAX, lower_in(l, false, uop->a, RAX));
    x64_op_reg(&l->code, is_signed, opcode, RCX, lower_in(l, false, uop->b, RCX));
    x64_op_reg(&l->code, true, X64_IMUL, RAX, RCX);
    accumulate(l, uop, true, subtract);
}

static void multiply_high(struct lower *l, const struct uop *uop, bool is_signed)
{
    lower_copy(l, true, uop->a, RAX);
    x64_op_reg(&l->code, true, 0xf7, is_signed ? 5 : 4, lower_in(l, true, uop->b, RCX));
    lower_done(l, uop->d, RDX);
}

/* Does the micro-op leave RDX alone? */
static bool keeps_rdx(const struct uop *uop)
{
    return uop->op == UOP_mov64 || uop->op == UOP_mov32 || uop->op == UOP_movi;
}

/* The multiplication and subtraction soon behind a division that make its remainder; NULL: none. */
static const struct uop *find_remainder(const struct lower *l, const struct uop *division,
                                        bool wide)
{
    const struct block *block = l->node->block;
    unsigned d = division->d, a = division->a, b = division->b;
    struct regset use, def, same = {.x = 1ull << d | 1ull << a | 1ull << b};

    if (d == a || d == b || d == SLOT_SINK)
        return NULL;
    for (const struct uop *uop = division + 1; uop < &block->uop[block->uops]; uop++) {
        if (uop->op == (wide ? UOP_msub64 : UOP_msub32))
            return uop->y == a && ((uop->a == d && uop->b == b) || (uop->a == b && uop->b == d))
                       ? uop
                       : NULL;
        region_operands(uop, &use, &def);
        if (!keeps_rdx(uop) || (def.x & same.x))
            return NULL;
    }
    return NULL;
}

/* The quotient goes to RAX, the remainder to RDX. A division by 0 gives 0; the host's only
 * overflow, of the smallest number by -1, the smallest: lower_divide_stub(). */
static void divide(struct lower *l, const struct uop *uop, bool wide, bool is_signed)
{
    struct x64 *c = &l->code;
    struct stub *stub;
    enum x64_reg b;

    lower_copy(l, wide, uop->a, RAX);
    b = lower_in(l, wide, uop->b, RCX);
    if (is_signed) {
        x64_lea(c, wide, RDX, x64_at(b, 1)); /* 0 and -1 become 1 and 0 */
        x64_alu_imm(c, wide, ALU_CMP, RDX, 1);
        stub = lower_stub(l, STUB_DIVIDE, x64_jcc(c, CC_BE));
        x64_opcode(c, 0x99, (unsigned)wide << 3, false); /* cdq, cqo */
    } else {
        x64_test(c, wide, b, b);
        stub = lower_stub(l, STUB_DIVIDE, x64_jcc(c, CC_E));
        x64_alu(c, false, ALU_XOR, RDX, RDX);
    }
    x64_op_reg(c, wide, 0xf7, is_signed ? 7 : 6, b);
    stub->back = c->at;
    l->remainder = find_remainder(l, uop, wide);
    lower_done(l, uop->d, RAX);
}

void lower_divide_stub(struct lower *l, const struct stub *stub)
{
    bool wide = stub->uop->op == UOP_udiv64 || stub->uop->op == UOP_sdiv64;
    struct x64 *c = &l->code;

    if (stub->uop->op == UOP_sdiv64 || stub->uop->op == UOP_sdiv32) {
        uint8_t *by_zero;

        x64_test(c, wide, RDX, RDX); /* the divisor plus 1 */
        by_zero = x64_jcc(c, CC_NE);
        x64_neg(c, wide, RAX);
        x64_jmp_to(c, stub->back);
        x64_land(c, by_zero);
    }
    x64_mov(c, wide, RDX, RAX);
    x64_alu(c, false, ALU_XOR, RAX, RAX);
    x64_jmp_to(c, stub->back);
}

static bool lower_multiply(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_madd64:
    case UOP_madd32:
        multiply(l, uop, uop->op == UOP_madd64, false);
        return true;
    case UOP_msub64:
    case UOP_msub32:
        if (l->remainder == uop)
            lower_done(l, uop->d, RDX);
        else
            multiply(l, uop, uop->op == UOP_msub64, true);
        return true;
    case UOP_smaddl:
    case UOP_umaddl:
        multiply_long(l, uop, uop->op == UOP_smaddl, false);
        return true;
    case UOP_smsubl:
    case UOP_umsubl:
        multiply_long(l, uop, uop->op == UOP_smsubl, true);
        return true;
    case UOP_smulh:
    case UOP_umulh:
        multiply_high(l, uop, uop->op == UOP_smulh);
        return true;
    case UOP_udiv64:
    case UOP_udiv32:
        divide(l, uop, uop->op == UOP_udiv64, false);
        return true;
    case UOP_sdiv64:
    case UOP_sdiv32:
        divide(l, uop, uop->op == UOP_sdiv64, true);
        return true;
    default:
        return false;
    }
}

/* --- Carries --- */

static void with_carry(struct lower *l, const struct uop *uop, bool wide, bool subtract, bool flags)
{
    struct x64 *c = &l->code;
    bool wanted = flags && lower_flags_wanted(l, NULL);
    enum x64_reg b;

    x64_setcc(c, lower_condition(l, 2), RDX); /* CS */
    lower_copy(l, wide, uop->a, RAX);
    b = lower_in(l, wide, uop->b, RCX);
    x64_op_reg(c, false, 0x80, subtract ? ALU_CMP : ALU_ADD, RDX); /* the host's carry, or borrow */
    x64_u8(c, subtract ? 1 : 0xff);
    x64_alu(c, wide, subtract ? ALU_SBB : ALU_ADC, RAX, b);
    if (flags)
        lower_flags_are(l, subtract ? HOST_SUB : HOST_ADD, wanted);
    lower_done(l, uop->d, RAX);
}

static bool lower_carry(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
#define CARRY_CASES(name, subtract, flags)                                                         \
    case UOP_##name##64:                                                                           \
    case UOP_##name##32:                                                                           \
        with_carry(l, uop, uop->op == UOP_##name##64, subtract, flags);                            \
        return true;
        CARRY_CASES(adc, false, false)
        CARRY_CASES(adcs, false, true)
        CARRY_CASES(sbc, true, false)
        CARRY_CASES(sbcs, true, true)
    default:
        return false;
    }
}

/* --- Conditional --- */

enum otherwise { PLAIN, INCREMENT, INVERT, NEGATE };

/* Where the result's home holds one of the two already. */
static bool select_in_place(struct lower *l, const struct uop *uop, bool wide, enum x64_cond cond)
{
    enum x64_reg home = lower_home(l, uop->d), other;

    if (home == X64_NONE || (uop->d != uop->a && uop->d != uop->b))
        return false;
    if (uop->d == uop->a)
        cond = (enum x64_cond)(cond ^ 1);
    (void)lower_in(l, wide, uop->d, home);
    other = lower_in(l, wide, uop->d == uop->a ? uop->b : uop->a, RDX);
    x64_cmov(&l->code, wide, cond, home, other);
    lower_done(l, uop->d, home);
    return true;
}

static void select_by_condition(struct lower *l, const struct uop *uop, bool wide,
                                enum otherwise otherwise)
{
    struct x64 *c = &l->code;
    enum x64_cond cond;
    enum x64_reg a, to;

    if (uop->x >= 14) {
        lower_copy(l, wide, uop->a, RCX);
        lower_done(l, uop->d, RCX);
        return;
    }
    cond = lower_condition(l, uop->x);
    to = lower_out(l, uop->d, RCX);
    if (uop->a == SLOT_ZERO && uop->b == SLOT_ZERO && otherwise == INCREMENT) { /* CSET */
        x64_setcc(c, (enum x64_cond)(cond ^ 1), to);
        x64_op_reg8(c, false, X64_MOVZX8, to, to);
        lower_done(l, uop->d, to);
        return;
    }
    if (otherwise == PLAIN && select_in_place(l, uop, wide, cond))
        return;
    if (lower_home(l, uop->a) == to)
        to = RCX;
    if (lower_home(l, uop->b) == to)
        (void)lower_in(l, wide, uop->b, to);
    else
        lower_copy(l, wide, uop->b, to);
    if (otherwise == INVERT || otherwise == NEGATE)
        x64_not(c, wide, to);
    if (otherwise == INCREMENT || otherwise == NEGATE)
        x64_lea(c, wide, to, x64_at(to, 1));
    a = lower_in(l, wide, uop->a, RDX);
    x64_cmov(c, wide, cond, to, a);
    lower_done(l, uop->d, to);
}

/* Sets the host's flags to these; `carry` is the host's. Uses RAX. */
static void set_host_flags(struct lower *l, bool n, bool z, bool carry, bool v)
{
    x64_mov_imm(&l->code, RAX,
                (uint64_t)n << 15 | (uint64_t)z << 14 | (uint64_t)carry << 8 | (uint64_t)v);
    x64_op_reg(&l->code, false, 0x80, ALU_ADD, RAX); /* add al, 0x7f: overflows from 1 */
    x64_u8(&l->code, 0x7f);
    x64_u8(&l->code, 0x9e); /* sahf */
}

/* if x then flags(a - operand, or a + operand) else flags = y */
static void compare_by_condition(struct lower *l, const struct uop *uop, bool wide, bool immediate,
                                 bool subtract)
{
    struct x64 *c = &l->code;
    bool wanted = lower_flags_wanted(l, NULL), always = uop->x >= 14;
    enum x64_cond cond = always ? CC_E : lower_condition(l, uop->x);
    enum x64_reg a = lower_in(l, wide, uop->a, RDX);
    enum x64_reg b = immediate ? RCX : lower_in(l, wide, uop->b, RCX);
    uint8_t *holds = NULL, *done = NULL;

    if (!always) {
        holds = x64_jcc(c, cond);
        set_host_flags(l, uop->y & 8, uop->y & 4, (bool)(uop->y & 2) != subtract, uop->y & 1);
        done = x64_jmp(c);
        x64_land(c, holds);
    }
    if (!subtract) { /* the sum goes to RAX */
        x64_mov(c, wide, RAX, a);
        a = RAX;
    }
    if (immediate)
        x64_alu_imm(c, wide, subtract ? ALU_CMP : ALU_ADD, a, (int32_t)uop->imm);
    else
        x64_alu(c, wide, subtract ? ALU_CMP : ALU_ADD, a, b);
    if (done)
        x64_land(c, done);
    lower_flags_are(l, subtract ? HOST_SUB : HOST_ADD, wanted);
}

static bool lower_conditional(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
#define SELECT_CASES(name, otherwise)                                                              \
    case UOP_##name##64:                                                                           \
    case UOP_##name##32:                                                                           \
        select_by_condition(l, uop, uop->op == UOP_##name##64, otherwise);                         \
        return true;
        SELECT_CASES(csel, PLAIN)
        SELECT_CASES(csinc, INCREMENT)
        SELECT_CASES(csinv, INVERT)
        SELECT_CASES(csneg, NEGATE)
#define COMPARE_CASES(name, subtract)                                                              \
    case UOP_##name##64:                                                                           \
    case UOP_##name##32:                                                                           \
        compare_by_condition(l, uop, uop->op == UOP_##name##64, false, subtract);                  \
        return true;                                                                               \
    case UOP_##name##64i:                                                                          \
    case UOP_##name##32i:                                                                          \
        compare_by_condition(l, uop, uop->op == UOP_##name##64i, true, subtract);                  \
        return true;
        COMPARE_CASES(ccmp, true)
        COMPARE_CASES(ccmn, false)
    default:
        return false;
    }
}

/* d = a, or b where `cond` holds of a compared with b */
static void select_by_order(struct lower *l, const struct uop *uop, bool wide, enum x64_cond cond)
{
    enum x64_reg b;

    lower_copy(l, wide, uop->a, RCX);
    b = lower_in(l, wide, uop->b, RDX);
    x64_alu(&l->code, wide, ALU_CMP, RCX, b);
    x64_cmov(&l->code, wide, cond, RCX, b);
    lower_done(l, uop->d, RCX);
}

static bool lower_min_max(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
#define ORDER_CASES(name, cond)                                                                    \
    case UOP_##name##64:                                                                           \
    case UOP_##name##32:                                                                           \
        select_by_order(l, uop, uop->op == UOP_##name##64, cond);                                  \
        return true;
        ORDER_CASES(smax, CC_L)
        ORDER_CASES(smin, CC_G)
        ORDER_CASES(umax, CC_B)
        ORDER_CASES(umin, CC_A)
    default:
        return false;
    }
}

bool lower_bits(struct lower *l, const struct uop *uop)
{
    return lower_shift(l, uop) || lower_count(l, uop) || lower_multiply(l, uop) ||
           lower_carry(l, uop) || lower_conditional(l, uop) || lower_min_max(l, uop);
}
