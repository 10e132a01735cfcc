/* Lowerings of shifts, bit fields, multiplications, conditional selections and compares; and the
 * guest's flags and conditions in terms of the host's. Registers as in lower.c. */
#include "cpu/jit/lower.h"

void lower_set_flags(struct lower *l, enum x64_alu alu)
{
    x64_setcc_mem(&l->code, CC_S, RDI, N_OFFSET);
    x64_setcc_mem(&l->code, CC_E, RDI, Z_OFFSET);
    if (alu == ALU_ADD || alu == ALU_SUB) {
        x64_setcc_mem(&l->code, alu == ALU_SUB ? CC_AE : CC_B, RDI, C_OFFSET);
        x64_setcc_mem(&l->code, CC_O, RDI, V_OFFSET);
    } else {
        x64_u8(&l->code, 0x66); /* mov word [c], 0: C and V are neighbours */
        x64_op_mem(&l->code, false, 0xc7, 0, RDI, C_OFFSET);
        x64_u8(&l->code, 0);
        x64_u8(&l->code, 0);
    }
}

enum x64_cond lower_condition(struct lower *l, unsigned condition)
{
    struct x64 *c = &l->code;
    bool negate = condition & 1;

    switch (condition >> 1) {
    case 0:
        x64_test_byte(c, RDI, Z_OFFSET);
        return negate ? CC_E : CC_NE;
    case 1:
        x64_test_byte(c, RDI, C_OFFSET);
        return negate ? CC_E : CC_NE;
    case 2:
        x64_test_byte(c, RDI, N_OFFSET);
        return negate ? CC_E : CC_NE;
    case 3:
        x64_test_byte(c, RDI, V_OFFSET);
        return negate ? CC_E : CC_NE;
    case 4: /* HI: C and not Z, that is Z < C */
        x64_op_mem(c, false, 0x8a, RAX, RDI, Z_OFFSET);
        x64_op_mem(c, false, 0x3a, RAX, RDI, C_OFFSET);
        return negate ? CC_AE : CC_B;
    case 5: /* GE: N = V */
        x64_op_mem(c, false, 0x8a, RAX, RDI, N_OFFSET);
        x64_op_mem(c, false, 0x3a, RAX, RDI, V_OFFSET);
        return negate ? CC_NE : CC_E;
    default: /* GT: N = V and not Z */
        x64_op_mem(c, false, 0x8a, RAX, RDI, N_OFFSET);
        x64_op_mem(c, false, 0x32, RAX, RDI, V_OFFSET);
        x64_op_mem(c, false, 0x0a, RAX, RDI, Z_OFFSET);
        return negate ? CC_NE : CC_E;
    }
}

/* --- Shifts and bit fields --- */

static void shift_immediate(struct lower *l, const struct uop *uop, bool wide, enum x64_shift shift)
{
    load_x(l, wide, RAX, uop->a);
    if (uop->x)
        x64_shift_imm(&l->code, wide, shift, RAX, uop->x);
    store_x(l, uop->d, RAX);
}

/* The host takes the amount modulo the width, as the guest does. */
static void shift_register(struct lower *l, const struct uop *uop, bool wide, enum x64_shift shift)
{
    load_x(l, wide, RAX, uop->a);
    load_x(l, false, RCX, uop->b);
    x64_op_reg(&l->code, wide, 0xd3, shift, RAX);
    store_x(l, uop->d, RAX);
}

/* Moves the field to the top, and down again to where it belongs: `back` fills with zeroes or the
 * sign. */
static void field(struct lower *l, const struct uop *uop, bool wide, unsigned up, unsigned down,
                  enum x64_shift back)
{
    load_x(l, wide, RAX, uop->a);
    if (up)
        x64_shift_imm(&l->code, wide, SHIFT_SHL, RAX, up);
    if (down)
        x64_shift_imm(&l->code, wide, back, RAX, down);
    store_x(l, uop->d, RAX);
}

static void extract(struct lower *l, const struct uop *uop, bool wide, enum x64_shift back)
{
    unsigned width = wide ? 64 : 32;

    field(l, uop, wide, width - uop->x - uop->y, width - uop->y, back);
}

static void insert_in_zero(struct lower *l, const struct uop *uop, bool wide, enum x64_shift back)
{
    unsigned width = wide ? 64 : 32;

    field(l, uop, wide, width - uop->y, width - uop->y - uop->x, back);
}

/* d<width-1:0> << to = RAX's low bits, the rest of d kept: RAX holds the field in place. */
static void merge(struct lower *l, const struct uop *uop, bool wide, uint64_t mask)
{
    x64_mov_imm(&l->code, RCX, mask);
    x64_op_reg(&l->code, wide, ALU_AND, RAX, RCX);
    x64_mov_imm(&l->code, RCX, wide ? ~mask : (uint32_t)~mask);
    x64_op_mem(&l->code, wide, ALU_AND, RCX, RDI, X_OFFSET(uop->d));
    x64_op_reg(&l->code, wide, ALU_OR, RAX, RCX);
    store_x(l, uop->d, RAX);
}

static void insert(struct lower *l, const struct uop *uop, bool wide)
{
    load_x(l, wide, RAX, uop->a);
    if (uop->x)
        x64_shift_imm(&l->code, wide, SHIFT_SHL, RAX, uop->x);
    merge(l, uop, wide, bits_ones(uop->y) << uop->x);
}

static void extract_and_insert(struct lower *l, const struct uop *uop, bool wide)
{
    load_x(l, wide, RAX, uop->a);
    if (uop->x)
        x64_shift_imm(&l->code, wide, SHIFT_SHR, RAX, uop->x);
    merge(l, uop, wide, bits_ones(uop->y));
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
    default:
        return false;
    }
}

/* --- Multiplications --- */

/* RAX = y + product, or y - product; the product is in RAX. */
static void accumulate(struct lower *l, const struct uop *uop, bool wide, bool subtract)
{
    if (subtract) {
        load_x(l, wide, RCX, uop->y);
        x64_op_reg(&l->code, wide, ALU_SUB, RCX, RAX);
        store_x(l, uop->d, RCX);
        return;
    }
    if (uop->y != SLOT_ZERO)
        x64_op_mem(&l->code, wide, ALU_ADD, RAX, RDI, X_OFFSET(uop->y));
    store_x(l, uop->d, RAX);
}

static void multiply(struct lower *l, const struct uop *uop, bool wide, bool subtract)
{
    load_x(l, wide, RAX, uop->a);
    x64_op_mem(&l->code, wide, 0x0faf, RAX, RDI, X_OFFSET(uop->b)); /* imul */
    accumulate(l, uop, wide, subtract);
}

/* Of words, to a doubleword: the low half of a 64-bit product is the same for both signs. */
static void multiply_long(struct lower *l, const struct uop *uop, bool is_signed, bool subtract)
{
    unsigned opcode = is_signed ? 0x63 : 0x8b; /* movsxd, mov */

    x64_op_mem(&l->code, is_signed, opcode, RAX, RDI, X_OFFSET(uop->a));
    x64_op_mem(&l->code, is_signed, opcode, RCX, RDI, X_OFFSET(uop->b));
    x64_op_reg(&l->code, true, 0x0faf, RAX, RCX);
    accumulate(l, uop, true, subtract);
}

static void multiply_high(struct lower *l, const struct uop *uop, bool is_signed)
{
    load_x(l, true, RAX, uop->a);
    x64_op_mem(&l->code, true, 0xf7, is_signed ? 5 : 4, RDI, X_OFFSET(uop->b)); /* RDX:RAX */
    store_x(l, uop->d, RDX);
}

static bool lower_multiply(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
    case UOP_madd64:
        multiply(l, uop, true, false);
        return true;
    case UOP_madd32:
        multiply(l, uop, false, false);
        return true;
    case UOP_msub64:
        multiply(l, uop, true, true);
        return true;
    case UOP_msub32:
        multiply(l, uop, false, true);
        return true;
    case UOP_smaddl:
        multiply_long(l, uop, true, false);
        return true;
    case UOP_umaddl:
        multiply_long(l, uop, false, false);
        return true;
    case UOP_smsubl:
        multiply_long(l, uop, true, true);
        return true;
    case UOP_umsubl:
        multiply_long(l, uop, false, true);
        return true;
    case UOP_smulh:
        multiply_high(l, uop, true);
        return true;
    case UOP_umulh:
        multiply_high(l, uop, false);
        return true;
    default:
        return false;
    }
}

/* --- Conditional --- */

enum otherwise { PLAIN, INCREMENT, INVERT, NEGATE };

static void select_by_condition(struct lower *l, const struct uop *uop, bool wide,
                                enum otherwise otherwise)
{
    struct x64 *c = &l->code;

    if (uop->x >= 14) {
        load_x(l, wide, RCX, uop->a);
        store_x(l, uop->d, RCX);
        return;
    }
    load_x(l, wide, RCX, uop->b);
    if (otherwise == INCREMENT)
        x64_op_reg(c, wide, 0xff, 0, RCX);
    else if (otherwise != PLAIN)
        x64_op_reg(c, wide, 0xf7, otherwise == INVERT ? 2 : 3, RCX);
    load_x(l, wide, RDX, uop->a);
    x64_op_reg(c, wide, 0x0f40 | lower_condition(l, uop->x), RCX, RDX); /* cmov */
    store_x(l, uop->d, RCX);
}

/* if x then flags(a - operand, or a + operand) else flags = y */
static void compare_by_condition(struct lower *l, const struct uop *uop, bool wide, bool immediate,
                                 enum x64_alu alu)
{
    struct x64 *c = &l->code;
    uint8_t *holds = NULL, *done = NULL;

    if (uop->x < 14) {
        holds = x64_jcc(c, lower_condition(l, uop->x));
        x64_op_mem(c, false, 0xc7, 0, RDI, N_OFFSET); /* mov dword [nzcv], imm32 */
        x64_u32(c, (uop->y >> 3 & 1u) | (uop->y >> 2 & 1u) << 8 | (uop->y >> 1 & 1u) << 16 |
                       (uop->y & 1u) << 24);
        done = x64_jmp(c);
        x64_land(c, holds);
    }
    load_x(l, wide, RAX, uop->a);
    if (immediate)
        x64_mov_imm(c, RCX, uop->imm);
    else
        load_x(l, wide, RCX, uop->b);
    x64_op_reg(c, wide, alu, RAX, RCX);
    lower_set_flags(l, alu);
    if (done)
        x64_land(c, done);
}

static bool lower_conditional(struct lower *l, const struct uop *uop)
{
    switch (uop->op) {
#define SELECT_CASES(name, otherwise)                                                              \
    case UOP_##name##64:                                                                           \
        select_by_condition(l, uop, true, otherwise);                                              \
        return true;                                                                               \
    case UOP_##name##32:                                                                           \
        select_by_condition(l, uop, false, otherwise);                                             \
        return true;
        SELECT_CASES(csel, PLAIN)
        SELECT_CASES(csinc, INCREMENT)
        SELECT_CASES(csinv, INVERT)
        SELECT_CASES(csneg, NEGATE)
#define COMPARE_CASES(name, alu)                                                                   \
    case UOP_##name##64:                                                                           \
        compare_by_condition(l, uop, true, false, alu);                                            \
        return true;                                                                               \
    case UOP_##name##32:                                                                           \
        compare_by_condition(l, uop, false, false, alu);                                           \
        return true;                                                                               \
    case UOP_##name##64i:                                                                          \
        compare_by_condition(l, uop, true, true, alu);                                             \
        return true;                                                                               \
    case UOP_##name##32i:                                                                          \
        compare_by_condition(l, uop, false, true, alu);                                            \
        return true;
        COMPARE_CASES(ccmp, ALU_SUB)
        COMPARE_CASES(ccmn, ALU_ADD)
    default:
        return false;
    }
}

bool lower_bits(struct lower *l, const struct uop *uop)
{
    return lower_shift(l, uop) || lower_multiply(l, uop) || lower_conditional(l, uop);
}
