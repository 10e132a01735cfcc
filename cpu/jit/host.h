/* What the host's processor has beyond the x86-64 baseline, by CPUID. */
#ifndef ULNA_CPU_JIT_HOST_H
#define ULNA_CPU_JIT_HOST_H

#include <stdbool.h>

struct host_features {
    bool bmi1, bmi2, lzcnt, popcnt, ssse3, sse41, sse42, avx, avx2, fma, aes, pclmul, sha;
};

struct host_features host_features(void);

#endif
