/* The few A64 instructions that tests assemble by hand, each as its word (DDI 0487, C4.1). */
#ifndef ULNA_TESTS_UNIT_ASM_H
#define ULNA_TESTS_UNIT_ASM_H

#include <stdint.h>

#define XZR 31u
#define SP  31u
#define LR  30u

static inline uint32_t a_movz(unsigned d, unsigned imm16, unsigned shift)
{
    return 0xd2800000u | shift / 16 << 21 | (imm16 & 0xffff) << 5 | d;
}

static inline uint32_t a_movk(unsigned d, unsigned imm16, unsigned shift)
{
    return 0xf2800000u | shift / 16 << 21 | (imm16 & 0xffff) << 5 | d;
}

static inline uint32_t a_add(unsigned d, unsigned n, unsigned imm12)
{
    return 0x91000000u | imm12 << 10 | n << 5 | d;
}

static inline uint32_t a_adds(unsigned d, unsigned n, unsigned m)
{
    return 0xab000000u | m << 16 | n << 5 | d;
}

static inline uint32_t a_sub(unsigned d, unsigned n, unsigned imm12)
{
    return 0xd1000000u | imm12 << 10 | n << 5 | d;
}

static inline uint32_t a_subs(unsigned d, unsigned n, unsigned imm12)
{
    return 0xf1000000u | imm12 << 10 | n << 5 | d;
}

static inline uint32_t a_mov(unsigned d, unsigned m)
{
    return 0xaa0003e0u | m << 16 | d;
}

static inline uint32_t a_mov_from_sp(unsigned d)
{
    return a_add(d, SP, 0);
}

static inline uint32_t a_mov_to_sp(unsigned n)
{
    return a_add(SP, n, 0);
}

static inline uint32_t a_adr(unsigned d, int offset)
{
    return 0x10000000u | ((uint32_t)offset & 3) << 29 | ((uint32_t)(offset >> 2) & 0x7ffff) << 5 |
           d;
}

/* [n, #offset], offset a multiple of 8 */
static inline uint32_t a_ldr(unsigned t, unsigned n, unsigned offset)
{
    return 0xf9400000u | offset / 8 << 10 | n << 5 | t;
}

static inline uint32_t a_str(unsigned t, unsigned n, unsigned offset)
{
    return 0xf9000000u | offset / 8 << 10 | n << 5 | t;
}

static inline uint32_t a_str_w(unsigned t, unsigned n, unsigned offset)
{
    return 0xb9000000u | offset / 4 << 10 | n << 5 | t;
}

static inline uint32_t a_ldr_q(unsigned t, unsigned n)
{
    return 0x3dc00000u | n << 5 | t;
}

static inline uint32_t a_stp(unsigned t, unsigned t2, unsigned n)
{
    return 0xa9000000u | t2 << 10 | n << 5 | t;
}

static inline uint32_t a_b(int offset)
{
    return 0x14000000u | ((uint32_t)(offset >> 2) & 0x3ffffff);
}

static inline uint32_t a_bl(int offset)
{
    return 0x94000000u | ((uint32_t)(offset >> 2) & 0x3ffffff);
}

static inline uint32_t a_b_cond(unsigned cond, int offset)
{
    return 0x54000000u | ((uint32_t)(offset >> 2) & 0x7ffff) << 5 | cond;
}

static inline uint32_t a_cbnz(unsigned t, int offset)
{
    return 0xb5000000u | ((uint32_t)(offset >> 2) & 0x7ffff) << 5 | t;
}

static inline uint32_t a_br(unsigned n)
{
    return 0xd61f0000u | n << 5;
}

static inline uint32_t a_blr(unsigned n)
{
    return 0xd63f0000u | n << 5;
}

#define A_RET  0xd65f03c0u
#define A_ERET 0xd69f03e0u
#define A_NOP  0xd503201fu
#define A_WFE  0xd503205fu
#define A_WFI  0xd503207fu
#define A_SEV  0xd503209fu
#define A_ISB  0xd5033fdfu
#define A_DSB  0xd5033f9fu
#define A_UDF  0x00000000u
#define A_STOP 0xd45e0000u /* HLT #0xf000: the test's machine stops */
#define A_FADD 0x1e602800u /* fadd d0, d0, d0 */

static inline uint32_t a_svc(unsigned imm16)
{
    return 0xd4000001u | imm16 << 5;
}

static inline uint32_t a_hvc(unsigned imm16)
{
    return 0xd4000002u | imm16 << 5;
}

static inline uint32_t a_smc(unsigned imm16)
{
    return 0xd4000003u | imm16 << 5;
}

static inline uint32_t a_brk(unsigned imm16)
{
    return 0xd4200000u | imm16 << 5;
}

static inline uint32_t a_hlt(unsigned imm16)
{
    return 0xd4400000u | imm16 << 5;
}

/* A system register's key, as cpu/sysreg.h makes it: op0:op1:CRn:CRm:op2. op0 1 gives SYS, SYSL. */
static inline uint32_t a_msr(uint16_t key, unsigned t)
{
    return 0xd5000000u | (uint32_t)key << 5 | t;
}

static inline uint32_t a_mrs(unsigned t, uint16_t key)
{
    return 0xd5200000u | (uint32_t)key << 5 | t;
}

/* MSR (immediate) */
static inline uint32_t a_msr_imm(unsigned op1, unsigned op2, unsigned imm)
{
    return 0xd500401fu | op1 << 16 | imm << 8 | op2 << 5;
}

#define a_daifset(imm) a_msr_imm(3, 6, imm)
#define a_daifclr(imm) a_msr_imm(3, 7, imm)
#define a_spsel(imm)   a_msr_imm(0, 5, imm)
#define a_pan(imm)     a_msr_imm(0, 4, imm)

#endif
