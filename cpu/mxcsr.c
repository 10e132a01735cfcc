/* See mxcsr.h. Intel SDM, volume 1, 10.2.3; DDI 0487, C5.2.7 and C5.2.8. */
#include "cpu/mxcsr.h"

#include <xmmintrin.h>

#define MXCSR_DAZ      (1u << 6) /* denormal operands are zeroes */
#define MXCSR_RC_SHIFT 13
#define MXCSR_FTZ      (1u << 15) /* tiny results are flushed, and inexact */

uint32_t mxcsr_of(uint32_t fpcr)
{
    /* up and down have each other's encoding */
    static const uint8_t control[4] = {0, 2, 1, 3};

    return MXCSR_DEFAULT | (fpcr & FPCR_FZ ? MXCSR_FTZ | MXCSR_DAZ : 0) |
           (uint32_t)control[(fpcr & FPCR_RMODE) >> FPCR_RMODE_SHIFT] << MXCSR_RC_SHIFT;
}

/* In the order of MXCSR: invalid, (denormal operand,) division by zero, overflow, underflow,
 * inexact. */
static uint32_t fpsr_of(uint32_t mxcsr)
{
    return (mxcsr & FPSR_IOC) | (mxcsr >> 1 & (FPSR_DZC | FPSR_OFC | FPSR_UFC | FPSR_IXC));
}

void mxcsr_collect(struct cpu *cpu)
{
    if (cpu->mxcsr_live)
        cpu->fp.fpsr |= fpsr_of(_mm_getcsr());
}

void mxcsr_written(struct cpu *cpu)
{
    cpu->mxcsr = mxcsr_of(cpu->fp.fpcr);
    if (cpu->mxcsr_live)
        _mm_setcsr(cpu->mxcsr);
}

uint32_t mxcsr_suspend(struct cpu *cpu)
{
    uint32_t mxcsr = MXCSR_DEFAULT;

    if (cpu->mxcsr_live) {
        mxcsr = _mm_getcsr();
        cpu->fp.fpsr |= fpsr_of(mxcsr);
        _mm_setcsr(MXCSR_DEFAULT);
    }
    return mxcsr;
}

void mxcsr_resume(const struct cpu *cpu, uint32_t suspended)
{
    if (cpu->mxcsr_live)
        _mm_setcsr(suspended);
}

void mxcsr_leave(struct cpu *cpu)
{
    uint32_t mxcsr = _mm_getcsr();

    cpu->mxcsr_live = false;
    if (mxcsr != MXCSR_DEFAULT) {
        cpu->fp.fpsr |= fpsr_of(mxcsr);
        _mm_setcsr(MXCSR_DEFAULT);
    }
}
