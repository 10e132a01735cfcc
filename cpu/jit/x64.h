/* An encoder for the x86-64 instructions that the lowerings use (Intel SDM, volume 2). It writes
 * bytes and knows nothing of guests. Operand sizes: `wide` is 64 bits, else 32. */
#ifndef ULNA_CPU_JIT_X64_H
#define ULNA_CPU_JIT_X64_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum x64_reg {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    X64_NONE = 0xff, /* no index */
};

/* Condition codes as Jcc, SETcc and CMOVcc encode them. */
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
    CC_P,
    CC_NP,
    CC_L,
    CC_GE,
    CC_LE,
    CC_G,
};

/* Operations in the order of the group that opcodes 0x00 to 0x3b and 0x81 share. */
enum x64_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

enum x64_shift { SHIFT_ROL, SHIFT_ROR, SHIFT_SHL = 4, SHIFT_SHR, SHIFT_SAR = 7 };

/* Opcodes with the 0x0f escape have it in bits 15..8; a mandatory prefix stands in bits 23..16.
 * Those of the maps 0x0f38 and 0x0f3a: the same, a byte further up. */
enum {
    X64_MOV_LOAD = 0x8b,
    X64_MOV_STORE = 0x89,
    X64_LEA = 0x8d,
    X64_TEST = 0x85,
    X64_MOVZX8 = 0x0fb6,
    X64_TEST64 = 0x4885, /* with REX.W, as x64_op_rip() wants it */
    X64_MOVZX16 = 0x0fb7,
    X64_MOVSX8 = 0x0fbe,
    X64_MOVSX16 = 0x0fbf,
    X64_MOVSXD = 0x63,
    X64_IMUL = 0x0faf,
    X64_CMOV = 0x0f40,
    X64_BSR = 0x0fbd,
    X64_LZCNT = 0xf30fbd,
    X64_TZCNT = 0xf30fbc,
    X64_POPCNT = 0xf30fb8,
    X64_MOVUPS_LOAD = 0x0f10,
    X64_MOVUPS_STORE = 0x0f11,
    X64_MOVAPS = 0x0f28,
    X64_MOVD_LOAD = 0x660f6e,  /* movd or movq xmm, r/m */
    X64_MOVD_STORE = 0x660f7e, /* movd or movq r/m, xmm */
    X64_MOVQ_LOAD = 0xf30f7e,  /* movq xmm, xmm/m64: the upper half becomes 0 */
    X64_MOVQ_STORE = 0x660fd6,
    X64_XORPS = 0x0f57,
    X64_ANDPS = 0x0f54,
    X64_ORPS = 0x0f56,
    X64_MXCSR = 0x0fae, /* /2 LDMXCSR, /3 STMXCSR */
    X64_LOCK = 0xf0,    /* the prefix */
    X64_XCHG = 0x87,
    X64_XADD = 0x0fc1,
    X64_CMPXCHG = 0x0fb1, /* RAX is compared, and loaded where it differs */
};

/* Where code is written: `at` in the writable view. Past `end` nothing is written and `full` is
 * set. */
struct x64 {
    uint8_t *at, *end;
    bool full;
};

/* [base + index * scale + disp]; scale is a power of two up to 8. */
struct x64_mem {
    enum x64_reg base, index;
    uint8_t scale_log2;
    int32_t disp;
};

static inline struct x64_mem x64_at(enum x64_reg base, int32_t disp)
{
    return (struct x64_mem){base, X64_NONE, 0, disp};
}

static inline struct x64_mem x64_indexed(enum x64_reg base, enum x64_reg index, unsigned scale_log2,
                                         int32_t disp)
{
    return (struct x64_mem){base, index, (uint8_t)scale_log2, disp};
}

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

/* Fills so many bytes with what does nothing (AMD64 Architecture Programmer's Manual, volume 3,
 * NOP). */
static inline void x64_nop(struct x64 *c, unsigned bytes)
{
    static const uint8_t nop[][9] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40},
        {0x0f, 0x1f, 0x44},
        {0x66, 0x0f, 0x1f, 0x44},
        {0x0f, 0x1f, 0x80},
        {0x0f, 0x1f, 0x84},
        {0x66, 0x0f, 0x1f, 0x84},
    };

    while (bytes) {
        unsigned size = bytes < 9 ? bytes : 9;

        x64_bytes(c, nop[size - 1], size);
        bytes -= size;
    }
}

/* --- The general form: [prefix] [REX] opcode ModRM --- */

static inline void x64_opcode(struct x64 *c, unsigned opcode, unsigned rex, bool force_rex)
{
    bool long_escape = (opcode >> 16 & 0xff) == 0x0f;
    unsigned prefix = long_escape ? opcode >> 24 : opcode >> 16;

    if (prefix)
        x64_u8(c, prefix);
    if (rex || force_rex)
        x64_u8(c, 0x40 | rex);
    if (long_escape)
        x64_u8(c, 0x0f);
    if (opcode > 0xff)
        x64_u8(c, opcode >> 8);
    x64_u8(c, opcode);
}

/* ModRM and what follows, for a memory operand. */
static inline void x64_modrm_mem(struct x64 *c, unsigned reg, struct x64_mem m)
{
    unsigned base = m.base & 7u, sib = m.index != X64_NONE || base == RSP;
    unsigned mod = m.disp == 0 && base != RBP ? 0 : m.disp == (int8_t)m.disp ? 1 : 2;

    x64_u8(c, mod << 6 | (reg & 7) << 3 | (sib ? RSP : base));
    if (sib)
        x64_u8(c, (unsigned)m.scale_log2 << 6 | (m.index == X64_NONE ? RSP : m.index & 7u) << 3 |
                      base);
    if (mod == 1)
        x64_u8(c, (uint8_t)m.disp);
    else if (mod == 2)
        x64_u32(c, (uint32_t)m.disp);
}

static inline unsigned x64_rex_mem(bool wide, unsigned reg, struct x64_mem m)
{
    unsigned index = m.index == X64_NONE ? 0 : m.index >> 3;

    return (unsigned)wide << 3 | reg >> 3 << 2 | index << 1 | (unsigned)m.base >> 3;
}

/* `reg` is the register operand, or the opcode's extension. */
static inline void x64_op_mem(struct x64 *c, bool wide, unsigned opcode, unsigned reg,
                              struct x64_mem m)
{
    x64_opcode(c, opcode, x64_rex_mem(wide, reg, m), false);
    x64_modrm_mem(c, reg, m);
}

static inline void x64_op_reg(struct x64 *c, bool wide, unsigned opcode, unsigned reg, unsigned rm)
{
    x64_opcode(c, opcode, (unsigned)wide << 3 | reg >> 3 << 2 | rm >> 3, false);
    x64_u8(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* With the operand at an address relative to RIP; lands as jumps do. */
static inline uint8_t *x64_op_rip(struct x64 *c, unsigned opcode, unsigned reg)
{
    x64_opcode(c, opcode, reg >> 3 << 2, false);
    x64_u8(c, (reg & 7) << 3 | 5);
    x64_u32(c, 0);
    return c->at;
}

/* The same where a byte register is named: SIL and the like need a REX prefix. */
static inline void x64_op_reg8(struct x64 *c, bool wide, unsigned opcode, unsigned reg, unsigned rm)
{
    x64_opcode(c, opcode, (unsigned)wide << 3 | reg >> 3 << 2 | rm >> 3, true);
    x64_u8(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* --- Moves --- */

static inline void x64_mov(struct x64 *c, bool wide, enum x64_reg to, enum x64_reg from)
{
    x64_op_reg(c, wide, X64_MOV_LOAD, to, from);
}

static inline void x64_load(struct x64 *c, bool wide, enum x64_reg reg, struct x64_mem m)
{
    x64_op_mem(c, wide, X64_MOV_LOAD, reg, m);
}

static inline void x64_store(struct x64 *c, bool wide, struct x64_mem m, enum x64_reg reg)
{
    x64_op_mem(c, wide, X64_MOV_STORE, reg, m);
}

/* An operation of `size` bytes (1, 2, 4 or 8), whose opcode for one byte is one less. */
static inline void x64_op_sized(struct x64 *c, unsigned size, unsigned opcode, enum x64_reg reg,
                                struct x64_mem m)
{
    if (size == 2)
        x64_u8(c, 0x66);
    x64_opcode(c, opcode - (size == 1), x64_rex_mem(size == 8, reg, m), size == 1);
    x64_modrm_mem(c, reg, m);
}

/* Stores the low `size` bytes. */
static inline void x64_store_sized(struct x64 *c, unsigned size, struct x64_mem m, enum x64_reg reg)
{
    x64_op_sized(c, size, X64_MOV_STORE, reg, m);
}

/* Does not change flags. */
static inline void x64_mov_imm(struct x64 *c, enum x64_reg reg, uint64_t value)
{
    if (value <= UINT32_MAX) {
        x64_opcode(c, 0xb8 | (reg & 7u), reg >> 3, false);
        x64_u32(c, (uint32_t)value);
    } else if ((int64_t)value == (int32_t)value) {
        x64_op_reg(c, true, 0xc7, 0, reg);
        x64_u32(c, (uint32_t)value);
    } else {
        x64_opcode(c, 0xb8 | (reg & 7u), 8 | reg >> 3, false);
        x64_u64(c, value);
    }
}

/* Does not change flags. */
static inline void x64_store_imm8(struct x64 *c, struct x64_mem m, unsigned value)
{
    x64_op_mem(c, false, 0xc6, 0, m);
    x64_u8(c, value);
}

/* Stores a constant, sign-extended when wide. */
static inline void x64_store_imm(struct x64 *c, bool wide, struct x64_mem m, int32_t value)
{
    x64_op_mem(c, wide, 0xc7, 0, m);
    x64_u32(c, (uint32_t)value);
}

static inline void x64_lea(struct x64 *c, bool wide, enum x64_reg reg, struct x64_mem m)
{
    x64_op_mem(c, wide, X64_LEA, reg, m);
}

/* --- Arithmetic --- */

static inline void x64_alu(struct x64 *c, bool wide, enum x64_alu alu, enum x64_reg reg,
                           enum x64_reg rm)
{
    x64_op_reg(c, wide, (unsigned)alu << 3 | 3, reg, rm);
}

static inline void x64_alu_load(struct x64 *c, bool wide, enum x64_alu alu, enum x64_reg reg,
                                struct x64_mem m)
{
    x64_op_mem(c, wide, (unsigned)alu << 3 | 3, reg, m);
}

static inline void x64_alu_imm(struct x64 *c, bool wide, enum x64_alu alu, enum x64_reg reg,
                               int32_t value)
{
    bool small = value == (int8_t)value;

    x64_op_reg(c, wide, small ? 0x83 : 0x81, alu, reg);
    if (small)
        x64_u8(c, (uint8_t)value);
    else
        x64_u32(c, (uint32_t)value);
}

static inline void x64_alu_mem_imm(struct x64 *c, bool wide, enum x64_alu alu, struct x64_mem m,
                                   int32_t value)
{
    bool small = value == (int8_t)value;

    x64_op_mem(c, wide, small ? 0x83 : 0x81, alu, m);
    if (small)
        x64_u8(c, (uint8_t)value);
    else
        x64_u32(c, (uint32_t)value);
}

/* The same of a byte in memory. */
static inline void x64_alu_mem_imm8(struct x64 *c, enum x64_alu alu, struct x64_mem m,
                                    unsigned value)
{
    x64_op_mem(c, false, 0x80, alu, m);
    x64_u8(c, value);
}

static inline void x64_test_mem_imm8(struct x64 *c, struct x64_mem m, unsigned imm)
{
    x64_op_mem(c, false, 0xf6, 0, m);
    x64_u8(c, imm);
}

static inline void x64_test(struct x64 *c, bool wide, enum x64_reg a, enum x64_reg b)
{
    x64_op_reg(c, wide, X64_TEST, b, a);
}

static inline void x64_test_imm(struct x64 *c, bool wide, enum x64_reg reg, uint32_t value)
{
    x64_op_reg(c, wide, 0xf7, 0, reg);
    x64_u32(c, value);
}

/* By CL. */
static inline void x64_shift_cl(struct x64 *c, bool wide, enum x64_shift shift, enum x64_reg reg)
{
    x64_op_reg(c, wide, 0xd3, shift, reg);
}

static inline void x64_shift_imm(struct x64 *c, bool wide, enum x64_shift shift, enum x64_reg reg,
                                 unsigned amount)
{
    x64_op_reg(c, wide, 0xc1, shift, reg);
    x64_u8(c, amount);
}

/* Does not change flags. */
static inline void x64_not(struct x64 *c, bool wide, enum x64_reg reg)
{
    x64_op_reg(c, wide, 0xf7, 2, reg);
}

static inline void x64_neg(struct x64 *c, bool wide, enum x64_reg reg)
{
    x64_op_reg(c, wide, 0xf7, 3, reg);
}

static inline void x64_setcc(struct x64 *c, enum x64_cond cond, enum x64_reg reg)
{
    x64_op_reg8(c, false, 0x0f90 | cond, 0, reg);
}

/* In bits 15..8 of RAX, RCX, RDX or RBX. */
static inline void x64_setcc_high(struct x64 *c, enum x64_cond cond, enum x64_reg reg)
{
    x64_op_reg(c, false, 0x0f90 | cond, 0, 4 | reg);
}

static inline void x64_setcc_mem(struct x64 *c, enum x64_cond cond, struct x64_mem m)
{
    x64_op_mem(c, false, 0x0f90 | cond, 0, m);
}

static inline void x64_cmov(struct x64 *c, bool wide, enum x64_cond cond, enum x64_reg to,
                            enum x64_reg from)
{
    x64_op_reg(c, wide, X64_CMOV | cond, to, from);
}

/* --- VEX --- */

enum x64_vex_map { VEX_0F = 1, VEX_0F38, VEX_0F3A };
enum x64_vex_pp { VEX_NONE, VEX_66, VEX_F3, VEX_F2 };

/* A VEX-encoded instruction: dst (reg), first source (vvvv), second source (rm). */
struct x64_vex {
    uint8_t map, pp, opcode;
    bool w, l;
};

static inline void x64_vex_prefix(struct x64 *c, struct x64_vex v, unsigned reg, unsigned vvvv,
                                  unsigned index, unsigned base)
{
    x64_u8(c, 0xc4);
    x64_u8(c, (unsigned)!(reg & 8) << 7 | (unsigned)!(index & 8) << 6 | (unsigned)!(base & 8) << 5 |
                  v.map);
    x64_u8(c, (unsigned)v.w << 7 | (~vvvv & 15) << 3 | (unsigned)v.l << 2 | v.pp);
    x64_u8(c, v.opcode);
}

static inline void x64_vex_reg(struct x64 *c, struct x64_vex v, unsigned reg, unsigned vvvv,
                               unsigned rm)
{
    x64_vex_prefix(c, v, reg, vvvv, 0, rm);
    x64_u8(c, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

static inline void x64_vex_mem(struct x64 *c, struct x64_vex v, unsigned reg, unsigned vvvv,
                               struct x64_mem m)
{
    x64_vex_prefix(c, v, reg, vvvv, m.index == X64_NONE ? 0 : m.index, m.base);
    x64_modrm_mem(c, reg, m);
}

/* RORX (BMI2): to = from rotated right; no flags. */
static inline void x64_rorx(struct x64 *c, bool wide, enum x64_reg to, enum x64_reg from,
                            unsigned amount)
{
    x64_vex_reg(c, (struct x64_vex){VEX_0F3A, VEX_F2, 0xf0, wide, false}, to, 0, from);
    x64_u8(c, amount);
}

/* SHLX, SHRX, SARX (BMI2): no flags. */
static inline void x64_shiftx(struct x64 *c, bool wide, enum x64_shift shift, enum x64_reg to,
                              enum x64_reg from, enum x64_reg amount)
{
    enum x64_vex_pp pp = shift == SHIFT_SHL ? VEX_66 : shift == SHIFT_SHR ? VEX_F2 : VEX_F3;

    x64_vex_reg(c, (struct x64_vex){VEX_0F38, pp, 0xf7, wide, false}, to, amount, from);
}

/* --- Control flow. Jumps of unknown length return where they end; x64_land() sets their target ---
 */

#define X64_JCC_BYTES 6

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

static inline uint8_t *x64_call(struct x64 *c)
{
    x64_u8(c, 0xe8);
    x64_u32(c, 0);
    return c->at;
}

/* `from` is what x64_jcc, x64_jmp or x64_call returned: the address after the instruction. */
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

static inline void x64_jcc_to(struct x64 *c, enum x64_cond cond, const uint8_t *target)
{
    x64_land_at(c, x64_jcc(c, cond), target);
}

static inline void x64_call_to(struct x64 *c, const uint8_t *target)
{
    x64_land_at(c, x64_call(c), target);
}

/* lea reg, [rip + distance]; lands as jumps do. */
static inline uint8_t *x64_lea_rip(struct x64 *c, enum x64_reg reg)
{
    x64_opcode(c, X64_LEA, 8 | reg >> 3 << 2, false);
    x64_u8(c, (reg & 7u) << 3 | 5);
    x64_u32(c, 0);
    return c->at;
}

static inline void x64_jmp_reg(struct x64 *c, enum x64_reg reg)
{
    x64_op_reg(c, false, 0xff, 4, reg);
}

static inline void x64_jmp_mem(struct x64 *c, struct x64_mem m)
{
    x64_op_mem(c, false, 0xff, 4, m);
}

static inline void x64_call_mem(struct x64 *c, struct x64_mem m)
{
    x64_op_mem(c, false, 0xff, 2, m);
}

static inline void x64_call_reg(struct x64 *c, enum x64_reg reg)
{
    x64_op_reg(c, false, 0xff, 2, reg);
}

static inline void x64_ret(struct x64 *c)
{
    x64_u8(c, 0xc3);
}

static inline void x64_push(struct x64 *c, enum x64_reg reg)
{
    x64_opcode(c, 0x50 | (reg & 7u), reg >> 3, false);
}

static inline void x64_push_imm(struct x64 *c, int32_t value)
{
    x64_u8(c, value == (int8_t)value ? 0x6a : 0x68);
    if (value == (int8_t)value)
        x64_u8(c, (uint8_t)value);
    else
        x64_u32(c, (uint32_t)value);
}

static inline void x64_pop(struct x64 *c, enum x64_reg reg)
{
    x64_opcode(c, 0x58 | (reg & 7u), reg >> 3, false);
}

static inline void x64_push_mem(struct x64 *c, struct x64_mem m)
{
    x64_op_mem(c, false, 0xff, 6, m);
}

#endif
