/*
 * The benchmark kernels: compiled as a program of Linux (program.c), for the host and for the
 * guest, and those that need no library as a bare-metal AArch64 program too (bare.c). A kernel does
 * `rounds` equal pieces of work and returns a check sum of its results, which must be the same on
 * every machine.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct kernel {
    const char *name;
    const char *family; /* integer, float, simd, sve, system, smp */
    unsigned rounds;    /* about half a second of QEMU 7.2 on a host of 2021 */
    uint64_t (*run)(unsigned rounds);
};

/* Ends with an entry without a name. */
extern const struct kernel integer_kernels[];
extern const struct kernel program_kernels[];
extern const struct kernel float_kernels[];
extern const struct kernel single_kernels[];
extern const struct kernel simd_kernels[];
extern const struct kernel media_kernels[];
extern const struct kernel crypto_kernels[];
extern const struct kernel sve_kernels[];
extern const struct kernel libm_kernels[];  /* needs the C library */
extern const struct kernel linux_kernels[]; /* needs Linux */
extern const struct kernel smp_kernels[];   /* and two CPUs */

/* FIPS 180-4, 4.2.2; in integer.c */
extern const uint32_t sha256_constants[64];

/* A fast generator of the same numbers everywhere (xorshift64). The state must not be 0. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Folds a result into a check sum; order matters. */
static inline uint64_t fold(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x100000001b3u + 1;
}

/* The bits of a double, to fold exactly. */
static inline uint64_t double_bits(double value)
{
    union {
        double d;
        uint64_t u;
    } view = {.d = value};
    return view.u;
}

#endif
