/* Kernels of pictures, sound and text, as programs write them for Advanced SIMD. The host has each
 * inner loop in plain C, of which its compiler makes vectors: equal sums say that both are right.
 */
#include "kernels.h"

#ifdef __aarch64__
#include <arm_neon.h>
#else
#pragma GCC optimize("tree-vectorize")
#endif

enum { BYTES = 1 << 14, LINE = 256 };
static uint8_t source[BYTES + 64] __attribute__((aligned(16)));
static uint8_t second[BYTES + 64] __attribute__((aligned(16)));
static uint8_t result[BYTES + 64] __attribute__((aligned(16)));

static void fill(uint8_t *bytes, uint64_t seed)
{
    for (size_t i = 0; i < BYTES + 64; i++)
        bytes[i] = (uint8_t)(next_random(&seed) >> 32);
}

static uint64_t sum_of(const void *bytes)
{
    const uint64_t *words = bytes;
    uint64_t sum = 0;
    for (size_t i = 0; i < BYTES / 8; i++)
        sum = fold(sum, words[i]);
    return sum;
}

static void start(uint64_t seed)
{
    fill(source, seed);
    fill(second, seed + 1);
    fill(result, seed + 2);
}

#ifndef __aarch64__
static inline int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}
#endif

/* ---- the sum, the largest and, as signed ones, the smallest byte of a line ---- */

static uint64_t reduce_line(const uint8_t *line)
{
#ifdef __aarch64__
    uint8x16_t largest = vdupq_n_u8(0);
    int8x16_t smallest = vdupq_n_s8(127);
    uint32x4_t sums = vdupq_n_u32(0);
    for (int i = 0; i < LINE; i += 16) {
        uint8x16_t bytes = vld1q_u8(line + i);
        largest = vmaxq_u8(largest, bytes);
        smallest = vminq_s8(smallest, vreinterpretq_s8_u8(bytes));
        sums = vpadalq_u16(sums, vpaddlq_u8(bytes));
    }
    return vaddlvq_u32(sums) << 16 | (uint64_t)vmaxvq_u8(largest) << 8 |
           (uint8_t)vminvq_s8(smallest);
#else
    uint8_t largest = 0;
    int8_t smallest = 127;
    uint32_t sum = 0;
    for (int i = 0; i < LINE; i++) {
        largest = line[i] > largest ? line[i] : largest;
        smallest = (int8_t)line[i] < smallest ? (int8_t)line[i] : smallest;
        sum += line[i];
    }
    return (uint64_t)sum << 16 | (uint64_t)largest << 8 | (uint8_t)smallest;
#endif
}

static uint64_t run_reduce(unsigned rounds)
{
    uint64_t sum = 0;
    start(21);
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < BYTES; i += LINE)
            sum = fold(sum, reduce_line(source + i));
        source[r % BYTES]++;
    }
    return sum;
}

/* ---- a filter of 16 taps over samples of 16 bits, and two such sounds mixed ---- */

enum { TAPS = 16 };

static void fir(int16_t *to, const int16_t *from, const int16_t taps[TAPS], int samples)
{
#ifdef __aarch64__
    int16x8_t low = vld1q_s16(taps), high = vld1q_s16(taps + 8);
#define TAP(k, half, lane)                                                                         \
    in = vld1q_s16(from + i + (k));                                                                \
    a = vmlal_laneq_s16(a, vget_low_s16(in), half, lane);                                          \
    b = vmlal_high_laneq_s16(b, in, half, lane)
    for (int i = 0; i < samples; i += 8) {
        int32x4_t a = vdupq_n_s32(0), b = a;
        int16x8_t in;
        TAP(0, low, 0);
        TAP(1, low, 1);
        TAP(2, low, 2);
        TAP(3, low, 3);
        TAP(4, low, 4);
        TAP(5, low, 5);
        TAP(6, low, 6);
        TAP(7, low, 7);
        TAP(8, high, 0);
        TAP(9, high, 1);
        TAP(10, high, 2);
        TAP(11, high, 3);
        TAP(12, high, 4);
        TAP(13, high, 5);
        TAP(14, high, 6);
        TAP(15, high, 7);
        vst1q_s16(to + i, vqrshrn_high_n_s32(vqrshrn_n_s32(a, 15), b, 15));
    }
#undef TAP
#else
    for (int i = 0; i < samples; i++) {
        int32_t sum = 0;
        for (int k = 0; k < TAPS; k++)
            sum += taps[k] * from[i + k];
        to[i] = (int16_t)clamp((sum + (1 << 14)) >> 15, INT16_MIN, INT16_MAX);
    }
#endif
}

static uint64_t run_fir(unsigned rounds)
{
    int16_t taps[TAPS];
    start(23);
    for (int k = 0; k < TAPS; k++)
        taps[k] = (int16_t)(4000 - 397 * k);
    for (unsigned r = 0; r < rounds; r++) {
        fir((int16_t *)result, (const int16_t *)source, taps, BYTES / 2);
        taps[r % TAPS] ^= 0x5a;
    }
    return sum_of(result);
}

static void mix(int16_t *to, const int16_t *from, int16_t gain, int16_t fade, int samples)
{
#ifdef __aarch64__
    for (int i = 0; i < samples; i += 8) {
        int16x8_t louder = vqrdmulhq_n_s16(vld1q_s16(from + i), gain);
        int16x8_t softer = vqdmulhq_n_s16(vld1q_s16(to + i), fade);
        vst1q_s16(to + i, vqaddq_s16(softer, louder));
    }
#else
    for (int i = 0; i < samples; i++) {
        int32_t louder = (from[i] * gain * 2 + 0x8000) >> 16, softer = to[i] * fade * 2 >> 16;
        to[i] = (int16_t)clamp(softer + louder, INT16_MIN, INT16_MAX);
    }
#endif
}

static uint64_t run_mix(unsigned rounds)
{
    start(25);
    for (unsigned r = 0; r < rounds; r++) {
        int offset = (int)(r % 16);
        mix((int16_t *)result, (const int16_t *)source + offset, 28000, 30000, BYTES / 2);
    }
    return sum_of(result);
}

/* ---- video: the distance of two blocks, a filter between pixels, a transform ---- */

enum { WIDTH = 128, BLOCK = 16 };

static uint32_t sad16x16(const uint8_t *a, const uint8_t *b)
{
#ifdef __aarch64__
    uint16x8_t sums = vdupq_n_u16(0);
    for (int y = 0; y < BLOCK; y++, a += WIDTH, b += WIDTH) {
        uint8x16_t p = vld1q_u8(a), q = vld1q_u8(b);
        sums = vabal_u8(sums, vget_low_u8(p), vget_low_u8(q));
        sums = vabal_high_u8(sums, p, q);
    }
    return vaddlvq_u16(sums);
#else
    uint32_t sum = 0;
    for (int y = 0; y < BLOCK; y++, a += WIDTH, b += WIDTH)
        for (int x = 0; x < BLOCK; x++)
            sum += (uint32_t)(a[x] < b[x] ? b[x] - a[x] : a[x] - b[x]);
    return sum;
#endif
}

static uint64_t run_sad(unsigned rounds)
{
    uint64_t sum = 0;
    start(27);
    for (unsigned r = 0; r < rounds; r++) {
        const uint8_t *block = source + (r & 63) * WIDTH;
        uint32_t best = UINT32_MAX;
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 16; x++) {
                uint32_t distance = sad16x16(block, second + (r + y) % 64 * WIDTH + x);
                best = distance < best ? distance : best;
            }
        }
        sum = fold(sum, best);
    }
    return sum;
}

/* Half a pixel below: eight taps down a column, of which the negative ones are subtracted. */
static void filter_row(uint8_t *to, const uint8_t *from)
{
#ifdef __aarch64__
    const uint8x8_t c1 = vdup_n_u8(1), c4 = vdup_n_u8(4), c11 = vdup_n_u8(11), c40 = vdup_n_u8(40);
    for (int x = 0; x < WIDTH; x += 8) {
        uint8x8_t p[8];
        uint16x8_t sum;
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++)
            p[k] = vld1_u8(from + x + k * WIDTH);
        sum = vmull_u8(p[3], c40);
        sum = vmlal_u8(sum, p[4], c40);
        sum = vmlal_u8(sum, p[1], c4);
        sum = vmlal_u8(sum, p[6], c4);
        sum = vmlsl_u8(sum, p[0], c1);
        sum = vmlsl_u8(sum, p[7], c1);
        sum = vmlsl_u8(sum, p[2], c11);
        sum = vmlsl_u8(sum, p[5], c11);
        vst1_u8(to + x, vqrshrun_n_s16(vreinterpretq_s16_u16(sum), 6));
    }
#else
    static const int taps[8] = {-1, 4, -11, 40, 40, -11, 4, -1};
    for (int x = 0; x < WIDTH; x++) {
        int32_t sum = 0;
        for (int k = 0; k < 8; k++)
            sum += taps[k] * from[x + k * WIDTH];
        to[x] = (uint8_t)clamp((sum + 32) >> 6, 0, 255);
    }
#endif
}

static uint64_t run_filter(unsigned rounds)
{
    start(29);
    for (unsigned r = 0; r < rounds; r++) {
        for (int y = 0; y < BYTES / WIDTH - 8; y++)
            filter_row(result + y * WIDTH, source + y * WIDTH);
        source[r * 31 % BYTES] ^= result[r * 17 % BYTES];
    }
    return sum_of(result);
}

typedef int16_t s16x8 __attribute__((vector_size(16)));

static void butterflies(s16x8 x[8])
{
    s16x8 e0 = x[0] + x[4], e1 = x[0] - x[4], e2 = (x[2] >> 1) - x[6], e3 = x[2] + (x[6] >> 1);
    s16x8 a0 = e0 + e3, a1 = e1 + e2, a2 = e1 - e2, a3 = e0 - e3;
    s16x8 o0 = x[5] - x[3] - x[7] - (x[7] >> 1), o1 = x[1] + x[7] - x[3] - (x[3] >> 1);
    s16x8 o2 = x[7] - x[1] + x[5] + (x[5] >> 1), o3 = x[3] + x[5] + x[1] + (x[1] >> 1);
    s16x8 b0 = o0 + (o3 >> 2), b1 = o1 + (o2 >> 2), b2 = (o1 >> 2) - o2, b3 = o3 - (o0 >> 2);

    x[0] = a0 + b3, x[7] = a0 - b3, x[1] = a1 + b2, x[6] = a1 - b2;
    x[2] = a2 + b1, x[5] = a2 - b1, x[3] = a3 + b0, x[4] = a3 - b0;
}

/* Lanes of two rows that are `step` apart change places across the diagonal. */
#define TURN(step, even, odd)                                                                      \
    _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++)                                            \
    {                                                                                              \
        if (!(i & (step))) {                                                                       \
            s16x8 p = x[i], q = x[i + (step)];                                                     \
            x[i] = __builtin_shuffle(p, q, even);                                                  \
            x[i + (step)] = __builtin_shuffle(p, q, odd);                                          \
        }                                                                                          \
    }

static inline void transpose(s16x8 x[8])
{
    TURN(1, ((s16x8){0, 8, 2, 10, 4, 12, 6, 14}), ((s16x8){1, 9, 3, 11, 5, 13, 7, 15}))
    TURN(2, ((s16x8){0, 1, 8, 9, 4, 5, 12, 13}), ((s16x8){2, 3, 10, 11, 6, 7, 14, 15}))
    TURN(4, ((s16x8){0, 1, 2, 3, 8, 9, 10, 11}), ((s16x8){4, 5, 6, 7, 12, 13, 14, 15}))
}

/* The inverse transform of 8 by 8 coefficients, added to a prediction. */
static void transform(uint8_t *pixels, const int16_t *coefficients)
{
    s16x8 x[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++)
        x[i] = ((const s16x8 *)coefficients)[i] >> 4;
    butterflies(x);
    transpose(x);
    butterflies(x);
    transpose(x);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++, pixels += WIDTH) {
#ifdef __aarch64__
        uint8x8_t before = vld1_u8(pixels);
        int16x8_t rest = vrshrq_n_s16((int16x8_t)x[i], 6);
        vst1_u8(pixels,
                vqmovun_s16(vreinterpretq_s16_u16(vaddw_u8(vreinterpretq_u16_s16(rest), before))));
#else
        for (int k = 0; k < 8; k++)
            pixels[k] = (uint8_t)clamp(pixels[k] + ((x[i][k] + 32) >> 6), 0, 255);
#endif
    }
}

static uint64_t run_transform(unsigned rounds)
{
    start(31);
    for (unsigned r = 0; r < rounds; r++) {
        const int16_t *coefficients = (const int16_t *)source + (r & 3) * 8;
        for (int y = 0; y < BYTES / WIDTH / 2; y += 8)
            for (int x = 0; x < WIDTH; x += 8, coefficients += 64)
                transform(result + y * WIDTH + x, coefficients);
    }
    return sum_of(result);
}

/* ---- pixels of several bytes ---- */

/* Four channels of `over` onto `to`, by the last one, alpha. */
static void blend(uint8_t *to, const uint8_t *over, int pixels)
{
#ifdef __aarch64__
    for (int i = 0; i < pixels; i += 8) {
        uint8x8x4_t a = vld4_u8(over + 4 * i), b = vld4_u8(to + 4 * i);
        uint8x8_t rest = vmvn_u8(a.val[3]);
#pragma GCC unroll 4
        for (int c = 0; c < 4; c++) {
            uint16x8_t sum = vmlal_u8(vmull_u8(a.val[c], a.val[3]), b.val[c], rest);
            b.val[c] = vraddhn_u16(sum, vrshrq_n_u16(sum, 8));
        }
        vst4_u8(to + 4 * i, b);
    }
#else
    for (int i = 0; i < pixels; i++) {
        unsigned alpha = over[4 * i + 3];
        for (int c = 0; c < 4; c++) {
            unsigned sum = over[4 * i + c] * alpha + to[4 * i + c] * (255 - alpha);
            to[4 * i + c] = (uint8_t)((sum + ((sum + 128) >> 8) + 128) >> 8);
        }
    }
#endif
}

static uint64_t run_blend(unsigned rounds)
{
    start(33);
    for (unsigned r = 0; r < rounds; r++)
        blend(result, source + r % 16 * 4, BYTES / 4);
    return sum_of(result);
}

/* Red, green and blue to their brightness. */
static void brightness(uint8_t *to, const uint8_t *rgb, int pixels)
{
#ifdef __aarch64__
    const uint8x16_t r = vdupq_n_u8(77), g = vdupq_n_u8(150), b = vdupq_n_u8(29);
    for (int i = 0; i < pixels; i += 16) {
        uint8x16x3_t p = vld3q_u8(rgb + 3 * i);
        uint16x8_t low = vmull_u8(vget_low_u8(p.val[0]), vget_low_u8(r));
        uint16x8_t high = vmull_high_u8(p.val[0], r);
        low = vmlal_u8(low, vget_low_u8(p.val[1]), vget_low_u8(g));
        high = vmlal_high_u8(high, p.val[1], g);
        low = vmlal_u8(low, vget_low_u8(p.val[2]), vget_low_u8(b));
        high = vmlal_high_u8(high, p.val[2], b);
        vst1q_u8(to + i, vshrn_high_n_u16(vshrn_n_u16(low, 8), high, 8));
    }
#else
    for (int i = 0; i < pixels; i++)
        to[i] = (uint8_t)((rgb[3 * i] * 77 + rgb[3 * i + 1] * 150 + rgb[3 * i + 2] * 29) >> 8);
#endif
}

static uint64_t run_gray(unsigned rounds)
{
    start(35);
    for (unsigned r = 0; r < rounds; r++)
        brightness(result, source + r % 16 * 3, BYTES / 4);
    return sum_of(result);
}

/* ---- text: base 64, and the place of a byte ---- */

static const uint8_t alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(uint8_t *to, const uint8_t *from, int triples)
{
#ifdef __aarch64__
    const uint8x16x4_t table = vld1q_u8_x4(alphabet);
    const uint8x16_t six = vdupq_n_u8(63);
    for (int i = 0; i < triples; i += 16) {
        uint8x16x3_t in = vld3q_u8(from + 3 * i);
        uint8x16x4_t out;
        out.val[0] = vshrq_n_u8(in.val[0], 2);
        out.val[1] = vandq_u8(vsliq_n_u8(vshrq_n_u8(in.val[1], 4), in.val[0], 4), six);
        out.val[2] = vandq_u8(vsliq_n_u8(vshrq_n_u8(in.val[2], 6), in.val[1], 2), six);
        out.val[3] = vandq_u8(in.val[2], six);
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++)
            out.val[k] = vqtbl4q_u8(table, out.val[k]);
        vst4q_u8(to + 4 * i, out);
    }
#else
    for (int i = 0; i < triples; i++, from += 3, to += 4) {
        unsigned bits = (unsigned)(from[0] << 16 | from[1] << 8 | from[2]);
        for (int k = 0; k < 4; k++)
            to[k] = alphabet[bits >> (18 - 6 * k) & 63];
    }
#endif
}

static uint64_t run_base64(unsigned rounds)
{
    start(37);
    for (unsigned r = 0; r < rounds; r++) {
        encode(result, source + r % 16, BYTES / 4);
        source[r % BYTES] ^= result[r * 5 % BYTES];
    }
    return sum_of(result);
}

/* Where the byte is next from `at` on; it is there. */
static size_t find(const uint8_t *bytes, size_t at, uint8_t byte)
{
#ifdef __aarch64__
    for (;; at += 16) {
        uint8x16_t equal = vceqq_u8(vld1q_u8(bytes + at), vdupq_n_u8(byte));
        uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(equal), 4);
        uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
        if (mask)
            return at + (size_t)__builtin_ctzll(mask) / 4;
    }
#else
    while (bytes[at] != byte)
        at++;
    return at;
#endif
}

static uint64_t run_find(unsigned rounds)
{
    uint64_t sum = 0;
    start(39);
    source[BYTES] = '\n'; /* the last one; the others are about 256 bytes apart */
    for (unsigned r = 0; r < rounds; r++) {
        size_t lines = 0;
        for (size_t at = r % LINE; at < BYTES; lines++)
            at = find(source, at, '\n') + 1;
        sum = fold(sum, lines);
        source[r * 7 % BYTES]++;
    }
    return sum;
}

const struct kernel media_kernels[] = {
    {"reduce", "simd", 40000, run_reduce},
    {"fir", "simd", 1800, run_fir},
    {"mix", "simd", 9000, run_mix},
    {"sad", "simd", 3500, run_sad},
    {"filter", "simd", 2000, run_filter},
    {"transform", "simd", 4000, run_transform},
    {"blend", "simd", 4000, run_blend},
    {"gray", "simd", 16000, run_gray},
    {"base64", "simd", 4000, run_base64},
    {"find", "simd", 20000, run_find},
    {0},
};
