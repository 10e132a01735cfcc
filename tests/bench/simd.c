/* Vectors of 128 bits, written with the compiler's vector types: Advanced SIMD here, SSE2 there. */
#include "kernels.h"

typedef float f32x4 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint64_t u64x2 __attribute__((vector_size(16)));

enum { BYTES = 1 << 15, VECTORS = BYTES / 16 };
static u8x16 from[VECTORS], to[VECTORS];

static void fill(uint64_t seed)
{
    u64x2 *words = (u64x2 *)from;
    for (int i = 0; i < VECTORS; i++)
        words[i] = (u64x2){next_random(&seed), next_random(&seed)};
}

static uint64_t sum_of(const u8x16 *vectors)
{
    const u64x2 *words = (const u64x2 *)vectors;
    uint64_t sum = 0;
    for (int i = 0; i < VECTORS; i++)
        sum = fold(sum, words[i][0] ^ words[i][1]);
    return sum;
}

static uint64_t run_saxpy(unsigned rounds)
{
    f32x4 *x = (f32x4 *)from, *y = (f32x4 *)to;
    for (int i = 0; i < VECTORS; i++) {
        x[i] = (f32x4){(float)i, (float)i + 0.25f, (float)i + 0.5f, (float)i + 0.75f};
        y[i] = (f32x4){1, 2, 3, 4};
    }
    for (unsigned r = 0; r < rounds; r++) {
        float a = 1.0f / (float)(r + 3);
        for (int i = 0; i < VECTORS; i++)
            y[i] = y[i] * 0.5f + x[i] * a;
    }
    return sum_of(to);
}

static uint64_t run_copy(unsigned rounds)
{
    fill(11);
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < VECTORS; i += 4) {
            u8x16 a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
            to[i] = a;
            to[i + 1] = b;
            to[i + 2] = c;
            to[i + 3] = d;
        }
        from[r % VECTORS][0]++;
        __asm__ volatile("" : : : "memory"); /* every copy counts */
    }
    return sum_of(to);
}

/* Searches for a zero byte 16 at a time, as a C library's strlen does. */
static uint64_t run_strlen(unsigned rounds)
{
    uint64_t sum = 0;
    for (int i = 0; i < VECTORS; i++)
        from[i] = (u8x16){0} + (uint8_t)(i % 255 + 1);
    for (unsigned r = 0; r < rounds; r++) {
        unsigned end = BYTES - 1 - r * 7 % (BYTES / 2);
        uint8_t saved = from[end / 16][end % 16];
        from[end / 16][end % 16] = 0;
        size_t i = 0;
        for (;; i++) {
            u64x2 zero = (u64x2)(from[i] == (u8x16){0});
            if (zero[0] | zero[1])
                break;
        }
        size_t length = i * 16;
        while (from[length / 16][length % 16])
            length++;
        sum = fold(sum, length);
        from[end / 16][end % 16] = saved;
    }
    return sum;
}

static uint64_t run_xor(unsigned rounds)
{
    fill(13);
    for (unsigned r = 0; r < rounds; r++)
        for (int i = 0; i < VECTORS; i++)
            to[i] = (to[i] ^ from[i]) + (u8x16)((u32x4)from[i] >> 3);
    return sum_of(to);
}

const struct kernel simd_kernels[] = {
    {"saxpy", "simd", 6000, run_saxpy},
    {"copy", "simd", 60000, run_copy},
    {"strlen", "simd", 35000, run_strlen},
    {"xor", "simd", 20000, run_xor},
    {0},
};
