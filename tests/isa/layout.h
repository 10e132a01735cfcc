/* The little world in which a vector runs: the same addresses under the oracle (oracle.c, a user
 * program for qemu-aarch64) and in the runner (run.c). Everything between the pages named here is
 * unmapped, apart from RAM that no vector touches. */
#ifndef ULNA_TESTS_ISA_LAYOUT_H
#define ULNA_TESTS_ISA_LAYOUT_H

#include <stdint.h>

enum {
    LAYOUT_CODE = 0x48010000, /* the instruction; a page before it and two from it on are mapped */
    LAYOUT_CODE_LOW = 0x4800f000,
    LAYOUT_CODE_SIZE = 0x3000,
    LAYOUT_DATA = 0x48020000, /* readable and writable, nothing after it */
    LAYOUT_DATA_SIZE = 0x2000,
    LAYOUT_FIXED = 0x48024000, /* readable only, a page */
    LAYOUT_FIXED_SIZE = 0x1000,
    LAYOUT_STACK = 0x48021000, /* SP unless a vector says otherwise */
};

/* What registers and memory hold unless a vector says otherwise. */
static inline uint64_t layout_x(unsigned n)
{
    return 0xa5a5000000000000u | (uint64_t)n << 32 | n;
}

static inline uint64_t layout_v(unsigned n, unsigned half)
{
    return (half ? 0x3c3c000000000000u : 0x7e7e000000000000u) | (uint64_t)n << 32 | n;
}

/* What Z registers have above V, a doubleword (from 2 on), and predicates, FFR as number 16. */
static inline uint64_t layout_z(unsigned n, unsigned doubleword)
{
    return 0x9e3779b97f4a7c15u * (uint64_t)(n * 32 + doubleword);
}

static inline uint64_t layout_p(unsigned n, unsigned doubleword)
{
    return 0xd1342543de82ef95u * (uint64_t)(n * 4 + doubleword + 1);
}

static inline uint8_t layout_byte(uint64_t address)
{
    return (uint8_t)(address * 37 + 11);
}

#endif
