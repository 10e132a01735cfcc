/* Bit helpers with the manual's meaning. Widths are in bits, positions count from bit 0. */
#ifndef ULNA_BASE_BITS_H
#define ULNA_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define must_check    __attribute__((warn_unused_result))

#define KIB 1024ull
#define MIB (1024ull * KIB)
#define GIB (1024ull * MIB)

/* A value with the low `width` bits set; width 0 to 64. */
static inline uint64_t bits_ones(unsigned width)
{
    return width >= 64 ? ~0ull : (1ull << width) - 1;
}

/* value<low+width-1:low> */
static inline uint64_t bits_get(uint64_t value, unsigned low, unsigned width)
{
    return (value >> low) & bits_ones(width);
}

static inline bool bit_get(uint64_t value, unsigned position)
{
    return (value >> position) & 1;
}

/* value with <low+width-1:low> replaced by field */
static inline uint64_t bits_put(uint64_t value, unsigned low, unsigned width, uint64_t field)
{
    uint64_t mask = bits_ones(width) << low;

    return (value & ~mask) | ((field << low) & mask);
}

/* SignExtend(value<width-1:0>, 64); width 1 to 64 */
static inline int64_t bits_sext(uint64_t value, unsigned width)
{
    return (int64_t)(value << (64 - width)) >> (64 - width);
}

static inline uint32_t ror32(uint32_t value, unsigned amount)
{
    amount &= 31;
    return amount ? value >> amount | value << (32 - amount) : value;
}

static inline uint64_t ror64(uint64_t value, unsigned amount)
{
    amount &= 63;
    return amount ? value >> amount | value << (64 - amount) : value;
}

/* align: a power of two */
static inline uint64_t align_down(uint64_t value, uint64_t align)
{
    return value & ~(align - 1);
}

static inline uint64_t align_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

static inline bool is_aligned(uint64_t value, uint64_t align)
{
    return (value & (align - 1)) == 0;
}

#endif
