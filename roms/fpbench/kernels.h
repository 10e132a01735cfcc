/*
 * The floating-point kernels of fpbench: for the bare machine (fpbench.c) and for the host
 * (host.c).
 */
#ifndef FPBENCH_KERNELS_H
#define FPBENCH_KERNELS_H

#include <stdint.h>

struct kernel {
    const char *name;
    uint64_t (*run)(unsigned size); /* a checksum of all results, to the last bit */
    unsigned size;                  /* what to run it with */
    uint64_t expected;              /* the checksum for that size */
};

extern const struct kernel kernels[];
extern const unsigned kernels_count;

#endif
