/* An encoder for the few x86-64 instructions that the lowerings use (Intel SDM, volume 2). It
 * writes bytes and knows nothing of guests. Operand sizes: `wide` is 64 bits, else 32. */
#ifndef ULNA_CPU_JIT_X64_H
#define ULNA_CPU_JIT_X64_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum x64_reg { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

/* Condition codes as Jcc and SETcc encode them. */
enum x64_cond {
    CC_O,
    CC_NO,
    CC_B,
    CC_AE,
    CC_E,
    CC_NE,
    CC_BE,
    CC_A,
    CC_S,
    CC_NS,
    CC_L = 12,
    CC_GE,
    CC_LE,
    CC_G,
};

/* Opcodes of "op r, r/m". */
enum x64_alu {
    ALU_ADD = 0x03,
    ALU_OR = 0x0b,
    ALU_AND = 0x23,
    ALU_SUB = 0x2b,
    ALU_XOR = 0x33,
    ALU_CMP = 0x3b
};

enum x64_shift { SHIFT_ROR = 1, SHIFT_SHL = 4, SHIFT_SHR = 5, SHIFT_SAR = 7 };

/* Where code is written: `at` in the writable view. Past `end` nothing is written and `full` is
 * set. */
struct x64 {
    uint8_t *at, *end;
    bool full;
};

static inline void x64_bytes(struct x64 *c, const void *bytes, unsigned size)
{
    if (c->at + size > c->end) {
        c->full = true;
        return;
    }
    memcpy(c->at, bytes, size);
    c->at += size;
}

static inline void x64_u8(struct x64 *c, unsigned value)
{
    uint8_t byte = (uint8_t)value;

    x64_bytes(c, &byte, 1);
}

static inline void x64_u32(struct x64 *c, uint32_t value)
{
    x64_bytes(c, &value, 4);
}

static inline void x64_u64(struct x64 *c, uint64_t value)
{
    x64_bytes(c, &value, 8);
}

/* [REX] opcode ModRM with [base + disp]; base is not RSP. Opcodes above 0xff have the 0x0f escape.
 */
static inline void x64_op_mem(struct x64 *c, bool wide, unsigned opcode, unsigned reg,
                              enum x64_reg base, int32_t disp)
{
    if (wide)
        x64_u8(c, 0x48);
    if (opcode > 0xff)
        x64_u8(c, opcode >> 8);
    x64_u8(c, opcode);
    if (disp == (int8_t)disp) {
        x64_u8(c, 0x40 | reg << 3 | base);
        x64_u8(c, (uint8_t)disp);
    } else {
        x64_u8(c, 0x80 | reg << 3 | base);
        x64_u32(c, (uint32_t)disp);
    }
}

static inline void x64_op_reg(struct x64 *c, bool wide, unsigned opcode, unsigned reg,
                              enum x64_reg rm)
{
    if (wide)
        x64_u8(c, 0x48);
    if (opcode > 0xff)
        x64_u8(c, opcode >> 8);
    x64_u8(c, opcode);
    x64_u8(c, 0xc0 | reg << 3 | rm);
}

static inline void x64_load(struct x64 *c, bool wide, enum x64_reg reg, enum x64_reg base,
                            int32_t disp)
{
    x64_op_mem(c, wide, 0x8b, reg, base, disp);
}

static inline void x64_store(struct x64 *c, bool wide, enum x64_reg base, int32_t disp,
                             enum x64_reg reg)
{
    x64_op_mem(c, wide, 0x89, reg, base, disp);
}

static inline void x64_mov_imm(struct x64 *c, enum x64_reg reg, uint64_t value)
{
    if (value <= UINT32_MAX) {
        x64_u8(c, 0xb8 | reg);
        x64_u32(c, (uint32_t)value);
    } else {
        x64_u8(c, 0x48);
        x64_u8(c, 0xb8 | reg);
        x64_u64(c, value);
    }
}

static inline void x64_shift_imm(struct x64 *c, bool wide, enum x64_shift shift, enum x64_reg reg,
                                 unsigned amount)
{
    x64_op_reg(c, wide, 0xc1, shift, reg);
    x64_u8(c, amount);
}

static inline void x64_not(struct x64 *c, bool wide, enum x64_reg reg)
{
    x64_op_reg(c, wide, 0xf7, 2, reg);
}

static inline void x64_setcc_mem(struct x64 *c, enum x64_cond cond, enum x64_reg base, int32_t disp)
{
    x64_op_mem(c, false, 0x0f90 | cond, 0, base, disp);
}

/* cmp byte [base + disp], 0 */
static inline void x64_test_byte(struct x64 *c, enum x64_reg base, int32_t disp)
{
    x64_op_mem(c, false, 0x80, 7, base, disp);
    x64_u8(c, 0);
}

/* A forward jump of unknown length; x64_land() makes it end here. */
static inline uint8_t *x64_jcc(struct x64 *c, enum x64_cond cond)
{
    x64_u8(c, 0x0f);
    x64_u8(c, 0x80 | cond);
    x64_u32(c, 0);
    return c->at;
}

static inline uint8_t *x64_jmp(struct x64 *c)
{
    x64_u8(c, 0xe9);
    x64_u32(c, 0);
    return c->at;
}

/* `from` is what x64_jcc or x64_jmp returned: the address after the jump. */
static inline void x64_land_at(struct x64 *c, uint8_t *from, const uint8_t *target)
{
    int32_t distance = (int32_t)(target - from);

    if (!c->full)
        memcpy(from - 4, &distance, 4);
}

static inline void x64_land(struct x64 *c, uint8_t *from)
{
    x64_land_at(c, from, c->at);
}

static inline void x64_jmp_to(struct x64 *c, const uint8_t *target)
{
    x64_land_at(c, x64_jmp(c), target);
}

#endif
