/*
 * fpbench: floating-point work with known results, and how long it took.
 *
 * The work is in kernels.c. This machine must get the same bits as any other that follows IEEE 754;
 * the test roms.fpbench.host compiles the same kernels for the host, and both are held against one
 * list of checksums. `-append rounds=10` repeats the work, for a longer measurement.
 */
#include "../lib/rom.h"
#include "kernels.h"

#define FPCR_DEFAULT 0 /* round to nearest even, subnormals kept, no traps */

static unsigned rounds_wanted(void)
{
    unsigned rounds = 0;
    const char *p = text_find(fdt_bootargs(), "rounds=");

    if (p)
        for (p += 7; *p >= '0' && *p <= '9' && rounds < 100000; p++)
            rounds = rounds * 10 + (unsigned)(*p - '0');
    return rounds ? rounds : 1;
}

void rom_main(void)
{
    uint64_t per_ms = READ_REG(cntfrq_el0) / 1000, total = 0;
    unsigned rounds = rounds_wanted();
    bool right[kernels_count];

    WRITE_REG(fpcr, FPCR_DEFAULT);
    WRITE_REG(fpsr, 0);
    for (unsigned i = 0; i < kernels_count; i++) {
        uint64_t start = READ_REG(cntvct_el0);
        uint64_t sum = 0;
        for (unsigned round = 0; round < rounds; round++)
            sum = kernels[i].run(kernels[i].size);
        uint64_t ticks = READ_REG(cntvct_el0) - start;
        print("%-20s %016lx  %6lu.%03lu ms\n", kernels[i].name, sum, ticks / per_ms,
              ticks % per_ms * 1000 / per_ms);
        right[i] = sum == kernels[i].expected;
        total += ticks;
    }
    print("%-20s %16s  %6lu.%03lu ms\n", "together", "", total / per_ms,
          total % per_ms * 1000 / per_ms);

    for (unsigned i = 0; i < kernels_count; i++)
        check(right[i], kernels[i].name);
    /* FPSR collects what happened: inexact (IXC, bit 4) and underflow (UFC, bit 3); no division by
     * zero, no overflow, no invalid operation. */
    check((READ_REG(fpsr) & 0x1f) == 0x18, "FPSR: inexact and underflow, nothing else");
    print_verdict("fpbench");
}
