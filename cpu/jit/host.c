/* CPUID: Intel SDM, volume 2, CPUID; AMD APM, volume 3, appendix E. */
#include "cpu/jit/host.h"

#include <cpuid.h>

#include "base/bits.h"

struct host_features host_features(void)
{
    struct host_features f = {0};
    unsigned a, b, c, d;
    bool ymm = false;

    if (__get_cpuid(1, &a, &b, &c, &d)) {
        f.pclmul = bit_get(c, 1);
        f.ssse3 = bit_get(c, 9);
        f.sse41 = bit_get(c, 19);
        f.sse42 = bit_get(c, 20);
        f.popcnt = bit_get(c, 23);
        f.aes = bit_get(c, 25);
        if (bit_get(c, 27)) { /* OSXSAVE: does the system keep the YMM registers? */
            unsigned low, high;

            __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
            ymm = (low & 6) == 6;
        }
        f.avx = ymm && bit_get(c, 28);
        f.fma = ymm && bit_get(c, 12);
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        f.bmi1 = bit_get(b, 3);
        f.bmi2 = bit_get(b, 8);
        f.avx2 = ymm && bit_get(b, 5);
        f.sha = bit_get(b, 29);
    }
    if (__get_cpuid(0x80000001, &a, &b, &c, &d))
        f.lzcnt = bit_get(c, 5);
    return f;
}
