/* The encoder's vector part: operations on XMM registers, in the form of SSE or of AVX. */
#ifndef ULNA_CPU_JIT_X64_VEC_H
#define ULNA_CPU_JIT_X64_VEC_H

#include <assert.h>

#include "cpu/jit/x64.h"

#define X64_W 0x800000 /* with the opcodes below: VEX.W */

/* As opcodes in x64.h. `r = a, b` in the manual's order of operands. */
enum x64_vector {
    X64_PUNPCKLBW = 0x660f60,
    X64_PUNPCKLWD = 0x660f61,
    X64_PUNPCKLDQ = 0x660f62,
    X64_PACKSSWB = 0x660f63,
    X64_PCMPGTB = 0x660f64,
    X64_PCMPGTW = 0x660f65,
    X64_PCMPGTD = 0x660f66,
    X64_PACKUSWB = 0x660f67,
    X64_PUNPCKHBW = 0x660f68,
    X64_PUNPCKHWD = 0x660f69,
    X64_PUNPCKHDQ = 0x660f6a,
    X64_PACKSSDW = 0x660f6b,
    X64_PUNPCKLQDQ = 0x660f6c,
    X64_PUNPCKHQDQ = 0x660f6d,
    X64_PSHUFD = 0x660f70, /* imm8 */
    X64_PSHUFHW = 0xf30f70,
    X64_PSHUFLW = 0xf20f70,
    X64_PCMPEQB = 0x660f74,
    X64_PCMPEQW = 0x660f75,
    X64_PCMPEQD = 0x660f76,
    X64_PINSRW = 0x660fc4, /* imm8 */
    X64_PEXTRW = 0x660fc5, /* imm8; the general register is `reg` */
    X64_SHUFPS = 0x0fc6,   /* imm8 */
    X64_SHUFPD = 0x660fc6, /* imm8 */
    X64_PADDQ = 0x660fd4,
    X64_PMULLW = 0x660fd5,
    X64_PMOVMSKB = 0x660fd7,
    X64_PSUBUSB = 0x660fd8,
    X64_PSUBUSW = 0x660fd9,
    X64_PMINUB = 0x660fda,
    X64_PAND = 0x660fdb,
    X64_PADDUSB = 0x660fdc,
    X64_PADDUSW = 0x660fdd,
    X64_PMAXUB = 0x660fde,
    X64_PANDN = 0x660fdf, /* ~a & b */
    X64_PAVGB = 0x660fe0,
    X64_PAVGW = 0x660fe3,
    X64_PMULHUW = 0x660fe4,
    X64_PMULHW = 0x660fe5,
    X64_PSUBSB = 0x660fe8,
    X64_PSUBSW = 0x660fe9,
    X64_PMINSW = 0x660fea,
    X64_POR = 0x660feb,
    X64_PADDSB = 0x660fec,
    X64_PADDSW = 0x660fed,
    X64_PMAXSW = 0x660fee,
    X64_PXOR = 0x660fef,
    X64_PMULUDQ = 0x660ff4,
    X64_PMADDWD = 0x660ff5,
    X64_PSADBW = 0x660ff6,
    X64_PSUBB = 0x660ff8,
    X64_PSUBW = 0x660ff9,
    X64_PSUBD = 0x660ffa,
    X64_PSUBQ = 0x660ffb,
    X64_PADDB = 0x660ffc,
    X64_PADDW = 0x660ffd,
    X64_PADDD = 0x660ffe,
    X64_MOVSD = 0xf20f10, /* between registers: the low half of b, the high half of a */
    /* SSSE3 */
    X64_PSHUFB = 0x660f3800,
    X64_PHADDD = 0x660f3802,
    X64_PMADDUBSW = 0x660f3804, /* of unsigned a and signed b */
    X64_PMULHRSW = 0x660f380b,
    X64_PABSB = 0x660f381c,
    X64_PABSW = 0x660f381d,
    X64_PABSD = 0x660f381e,
    X64_PALIGNR = 0x660f3a0f, /* imm8 */
    /* SSE4.1, SSE4.2 */
    X64_PMOVSXBW = 0x660f3820,
    X64_PMOVSXWD = 0x660f3823,
    X64_PMOVSXDQ = 0x660f3825,
    X64_PMULDQ = 0x660f3828,
    X64_PCMPEQQ = 0x660f3829,
    X64_PMOVZXBW = 0x660f3830,
    X64_PMOVZXWD = 0x660f3833,
    X64_PMOVZXDQ = 0x660f3835,
    X64_PCMPGTQ = 0x660f3837,
    X64_PMINSB = 0x660f3838,
    X64_PMINSD = 0x660f3839,
    X64_PMINUW = 0x660f383a,
    X64_PMINUD = 0x660f383b,
    X64_PMAXSB = 0x660f383c,
    X64_PMAXSD = 0x660f383d,
    X64_PMAXUW = 0x660f383e,
    X64_PMAXUD = 0x660f383f,
    X64_PMULLD = 0x660f3840,
    X64_PACKUSDW = 0x660f382b,
    X64_PBLENDW = 0x660f3a0e, /* imm8 */
    X64_PINSRB = 0x660f3a20,  /* imm8 */
    X64_INSERTPS = 0x660f3a21,
    X64_PINSRD = 0x660f3a22,
    /* AVX: no other form */
    X64_VBLENDVPS = 0x660f3a4a, /* imm8: the mask << 4 */
    X64_VBLENDVPD = 0x660f3a4b,
    /* AVX2: no other form */
    X64_VPSRLVD = 0x660f3845,
    X64_VPSRLVQ = X64_W | 0x660f3845,
    X64_VPSRAVD = 0x660f3846,
    X64_VPSLLVD = 0x660f3847,
    X64_VPSLLVQ = X64_W | 0x660f3847,
    X64_VPMASKMOVD_STORE = 0x660f388e, /* where the sign of a lane of a, of b to memory */
    X64_VPMASKMOVQ_STORE = X64_W | 0x660f388e,
    /* F16C: no other form */
    X64_VCVTPH2PS = 0x660f3813,
    X64_VCVTPS2PH = 0x660f3a1d, /* imm8: as that of roundings; to is r/m */
    /* cryptography */
    X64_SHA256RNDS2 = 0x0f38cb, /* with XMM0; none of SHA has an AVX form */
    X64_SHA256MSG1 = 0x0f38cc,
    X64_SHA256MSG2 = 0x0f38cd,
    X64_SHA1RNDS4 = 0x0f3acc, /* imm8 */
    X64_AESIMC = 0x660f38db,
    X64_AESENC = 0x660f38dc,
    X64_AESENCLAST = 0x660f38dd,
    X64_AESDEC = 0x660f38de,
    X64_AESDECLAST = 0x660f38df,
    X64_PCLMULQDQ = 0x660f3a44, /* imm8 */
};

/* Shifts of lanes by an immediate: opcode, and its extension in bits 31..28. */
enum x64_lane_shift {
    X64_PSRLW = 0x20660f71,
    X64_PSRAW = 0x40660f71,
    X64_PSLLW = 0x60660f71,
    X64_PSRLD = 0x20660f72,
    X64_PSRAD = 0x40660f72,
    X64_PSLLD = 0x60660f72,
    X64_PSRLQ = 0x20660f73,
    X64_PSRLDQ = 0x30660f73, /* of the whole register, by bytes */
    X64_PSLLQ = 0x60660f73,
    X64_PSLLDQ = 0x70660f73,
};

static inline struct x64_vex x64_vex_of(unsigned op)
{
    bool long_escape = (op >> 16 & 0x7f) == 0x0f;
    unsigned prefix = long_escape ? op >> 24 : op >> 16 & 0xff;
    unsigned map = !long_escape ? VEX_0F : (op >> 8 & 0xff) == 0x38 ? VEX_0F38 : VEX_0F3A;
    unsigned pp = prefix == 0x66   ? VEX_66
                  : prefix == 0xf3 ? VEX_F3
                  : prefix == 0xf2 ? VEX_F2
                                   : VEX_NONE;

    return (struct x64_vex){(uint8_t)map, (uint8_t)pp, (uint8_t)op, long_escape && (op & X64_W),
                            false};
}

/* to = op(from) */
static inline void x64_v2(struct x64 *c, bool avx, unsigned op, unsigned to, unsigned from)
{
    if (avx)
        x64_vex_reg(c, x64_vex_of(op), to, 0, from);
    else
        x64_op_reg(c, false, op, to, from);
}

/* to = op(a, b). Without AVX, `to` must not be b alone. An immediate is for the caller to add. */
static inline void x64_v3(struct x64 *c, bool avx, unsigned op, unsigned to, unsigned a, unsigned b)
{
    if (avx) {
        x64_vex_reg(c, x64_vex_of(op), to, a, b);
        return;
    }
    assert(to != b || to == a);
    if (to != a)
        x64_op_reg(c, false, X64_MOVAPS, to, a);
    x64_op_reg(c, false, op, to, b);
}

/* to = op(a, 16 bytes at an address relative to RIP); lands as jumps do. Aligned without AVX. */
static inline uint8_t *x64_v3_rip(struct x64 *c, bool avx, unsigned op, unsigned to, unsigned a)
{
    if (avx) {
        x64_vex_prefix(c, x64_vex_of(op), to, a, 0, 0);
    } else {
        if (to != a)
            x64_op_reg(c, false, X64_MOVAPS, to, a);
        x64_opcode(c, op, to >> 3 << 2, false);
    }
    x64_u8(c, (to & 7) << 3 | 5);
    x64_u32(c, 0);
    return c->at;
}

/* to = 16 bytes at an aligned address relative to RIP */
static inline uint8_t *x64_vload_rip(struct x64 *c, unsigned to)
{
    return x64_v3_rip(c, false, X64_MOVAPS, to, to);
}

static inline void x64_vshift(struct x64 *c, bool avx, enum x64_lane_shift op, unsigned to,
                              unsigned a, unsigned amount)
{
    unsigned extension = (unsigned)op >> 28, opcode = op & 0xffffff;

    if (avx) {
        x64_vex_reg(c, x64_vex_of(opcode), extension, to, a);
    } else {
        if (to != a)
            x64_op_reg(c, false, X64_MOVAPS, to, a);
        x64_op_reg(c, false, opcode, extension, to);
    }
    x64_u8(c, amount);
}

#endif
