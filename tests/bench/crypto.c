/* Cryptography by the instructions that are made for it, here and on the host; and two kernels that
 * use what only newer processors have, and do without elsewhere, as libraries do. */
#include "kernels.h"

#ifdef __aarch64__
#pragma GCC target("arch=armv8.2-a+crypto+dotprod")
#include <arm_neon.h>
#else
#pragma GCC target("aes,pclmul,sha,sse4.1")
#include <immintrin.h>
#pragma GCC optimize("tree-vectorize")
#endif

typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef uint64_t u64x2 __attribute__((vector_size(16)));

enum { BYTES = 1 << 14, BLOCKS = BYTES / 16 };
static u8x16 source[BLOCKS], result[BLOCKS];

static void start(uint64_t seed)
{
    for (int i = 0; i < BLOCKS; i++) {
        source[i] = (u8x16)(u64x2){next_random(&seed), next_random(&seed)};
        result[i] = (u8x16){0};
    }
}

static uint64_t sum_of(const void *bytes, size_t size)
{
    const uint64_t *words = bytes;
    uint64_t sum = 0;
    for (size_t i = 0; i < size / 8; i++)
        sum = fold(sum, words[i]);
    return sum;
}

/* ---- the instructions ---- */

#ifdef __aarch64__

/* A round of AES less its key: the key is that of the round before. */
static inline u8x16 aes_round(u8x16 state, u8x16 key)
{
    return (u8x16)vaesmcq_u8(vaeseq_u8((uint8x16_t)state, (uint8x16_t)key));
}

static inline u8x16 aes_end(u8x16 state, u8x16 key, u8x16 last)
{
    return (u8x16)vaeseq_u8((uint8x16_t)state, (uint8x16_t)key) ^ last;
}

static inline u8x16 reverse_bytes(u8x16 a)
{
    uint8x16_t halves = vrev64q_u8((uint8x16_t)a);
    return (u8x16)vextq_u8(halves, halves, 8);
}

static inline u8x16 reverse_bytes_of_words(u8x16 a)
{
    return (u8x16)vrev32q_u8((uint8x16_t)a);
}

/* Products without carries of doublewords: both low, both high. */
static inline u64x2 multiply_low(u64x2 a, u64x2 b)
{
    return (u64x2)vmull_p64((poly64_t)a[0], (poly64_t)b[0]);
}

static inline u64x2 multiply_high(u64x2 a, u64x2 b)
{
    return (u64x2)vmull_high_p64((poly64x2_t)a, (poly64x2_t)b);
}

/* Four rounds of SHA-256 on a to d and e to h, with what the words and constants give. */
static inline void sha256_rounds(u32x4 *abcd, u32x4 *efgh, u32x4 in)
{
    uint32x4_t before = (uint32x4_t)*abcd;
    *abcd = (u32x4)vsha256hq_u32(before, (uint32x4_t)*efgh, (uint32x4_t)in);
    *efgh = (u32x4)vsha256h2q_u32((uint32x4_t)*efgh, before, (uint32x4_t)in);
}

/* The next four words after sixteen. */
static inline u32x4 sha256_words(u32x4 w0, u32x4 w4, u32x4 w8, u32x4 w12)
{
    uint32x4_t sum = vsha256su0q_u32((uint32x4_t)w0, (uint32x4_t)w4);
    return (u32x4)vsha256su1q_u32(sum, (uint32x4_t)w8, (uint32x4_t)w12);
}

/* A field of the ID register S3_0_C0_C6_<op2>. */
#define ID_FIELD(op2, shift)                                                                       \
    ({                                                                                             \
        uint64_t id_value;                                                                         \
        __asm__("mrs %0, s3_0_c0_c6_" #op2 : "=r"(id_value));                                      \
        id_value >> (shift)&15;                                                                    \
    })

#else

static inline u8x16 aes_round(u8x16 state, u8x16 key)
{
    return (u8x16)_mm_aesenc_si128((__m128i)(state ^ key), _mm_setzero_si128());
}

static inline u8x16 aes_end(u8x16 state, u8x16 key, u8x16 last)
{
    return (u8x16)_mm_aesenclast_si128((__m128i)(state ^ key), (__m128i)last);
}

static inline u8x16 reverse_bytes(u8x16 a)
{
    return __builtin_shuffle(a, (u8x16){15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
}

static inline u8x16 reverse_bytes_of_words(u8x16 a)
{
    return __builtin_shuffle(a, (u8x16){3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12});
}

static inline u64x2 multiply_low(u64x2 a, u64x2 b)
{
    return (u64x2)_mm_clmulepi64_si128((__m128i)a, (__m128i)b, 0x00);
}

static inline u64x2 multiply_high(u64x2 a, u64x2 b)
{
    return (u64x2)_mm_clmulepi64_si128((__m128i)a, (__m128i)b, 0x11);
}

static inline void sha256_rounds(u32x4 *abcd, u32x4 *efgh, u32x4 in)
{
    __m128 a = (__m128)*abcd, e = (__m128)*efgh;
    __m128i cdgh = (__m128i)_mm_shuffle_ps(e, a, 0xbb), abef = (__m128i)_mm_shuffle_ps(e, a, 0x11);
    __m128i high = _mm_shuffle_epi32((__m128i)in, 0xee);
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, (__m128i)in);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, high);
    *abcd = (u32x4)_mm_shuffle_ps((__m128)abef, (__m128)cdgh, 0xbb);
    *efgh = (u32x4)_mm_shuffle_ps((__m128)abef, (__m128)cdgh, 0x11);
}

static inline u32x4 sha256_words(u32x4 w0, u32x4 w4, u32x4 w8, u32x4 w12)
{
    __m128i sum = _mm_sha256msg1_epu32((__m128i)w0, (__m128i)w4);
    sum = _mm_add_epi32(sum, _mm_alignr_epi8((__m128i)w12, (__m128i)w8, 4));
    return (u32x4)_mm_sha256msg2_epu32(sum, (__m128i)w12);
}

#endif

/* ---- AES-256 in counter mode, alone and with GHASH. Round keys are any: making them is not what
 * is measured ---- */

enum { ROUNDS = 14, AT_ONCE = 4 };

/* Encrypts AT_ONCE blocks; returns the next counter. */
static inline u32x4 encrypt_blocks(u8x16 *to, const u8x16 *from, const u8x16 keys[ROUNDS + 1],
                                   u32x4 counter)
{
    u8x16 state[AT_ONCE];
#pragma GCC unroll 4
    for (int b = 0; b < AT_ONCE; b++, counter += (u32x4){0, 0, 0, 1})
        state[b] = reverse_bytes_of_words((u8x16)counter);
    for (int r = 0; r < ROUNDS - 1; r++)
#pragma GCC unroll 4
        for (int b = 0; b < AT_ONCE; b++)
            state[b] = aes_round(state[b], keys[r]);
#pragma GCC unroll 4
    for (int b = 0; b < AT_ONCE; b++)
        to[b] = from[b] ^ aes_end(state[b], keys[ROUNDS - 1], keys[ROUNDS]);
    return counter;
}

static uint64_t run_aes_ctr(unsigned rounds)
{
    start(41);
    for (unsigned r = 0; r < rounds; r++) {
        const u8x16 *keys = source + r % 64;
        u32x4 counter = {r, 2, 3, 4};
        for (int i = 0; i < BLOCKS; i += AT_ONCE)
            counter = encrypt_blocks(result + i, source + i, keys, counter);
    }
    return sum_of(result, BYTES);
}

static inline u64x2 swap(u64x2 a)
{
    return __builtin_shuffle(a, (u64x2){1, 0});
}

/* A product of 256 bits that is being summed. */
struct product {
    u64x2 low, middle, high;
};

static inline void add_product(struct product *p, u64x2 a, u64x2 b)
{
    u64x2 other = swap(b);
    p->low ^= multiply_low(a, b);
    p->high ^= multiply_high(a, b);
    p->middle ^= multiply_low(a, other) ^ multiply_high(a, other);
}

/* Reduced by x^128 + x^127 + x^126 + x^121 + 1, divided by x^128: POLYVAL's product (RFC 8452). */
static inline u64x2 reduce(const struct product *p)
{
    const u64x2 polynomial = {0xc200000000000000, 0};
    u64x2 low = p->low ^ (u64x2) { 0, p->middle[0] }, high = p->high ^ (u64x2) { p->middle[1], 0 };
    low = swap(low) ^ multiply_low(low, polynomial);
    low = swap(low) ^ multiply_low(low, polynomial);
    return high ^ low;
}

static inline u64x2 multiply(u64x2 a, u64x2 b)
{
    struct product p = {{0}, {0}, {0}};
    add_product(&p, a, b);
    return reduce(&p);
}

static uint64_t run_aes_gcm(unsigned rounds)
{
    u64x2 hash = {0}, power[AT_ONCE];
    start(43);
    for (unsigned r = 0; r < rounds; r++) {
        const u8x16 *keys = source + r % 64;
        u32x4 counter = {r, 2, 3, 4};
        power[AT_ONCE - 1] = (u64x2)keys[20];
        for (int b = AT_ONCE - 1; b > 0; b--)
            power[b - 1] = multiply(power[b], power[AT_ONCE - 1]);
        for (int i = 0; i < BLOCKS; i += AT_ONCE) {
            struct product p = {{0}, {0}, {0}};
            counter = encrypt_blocks(result + i, source + i, keys, counter);
#pragma GCC unroll 4
            for (int b = 0; b < AT_ONCE; b++) {
                u64x2 block = (u64x2)reverse_bytes(result[i + b]);
                add_product(&p, b ? block : block ^ hash, power[b]);
            }
            hash = reduce(&p);
        }
    }
    return fold(sum_of(result, BYTES), hash[0] ^ hash[1]);
}

/* ---- SHA-256 (FIPS 180-4) ---- */

static void sha256_block(u32x4 state[2], const u8x16 block[4])
{
    const u32x4 *constants = (const u32x4 *)sha256_constants;
    u32x4 abcd = state[0], efgh = state[1], w[4];
    for (int i = 0; i < 4; i++)
        w[i] = (u32x4)reverse_bytes_of_words(block[i]);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        sha256_rounds(&abcd, &efgh, w[i % 4] + constants[i]);
        if (i < 12)
            w[i % 4] = sha256_words(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
    }
    state[0] += abcd;
    state[1] += efgh;
}

static uint64_t run_sha256_simd(unsigned rounds)
{
    u32x4 state[2] = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a},
                      {0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
    start(45);
    for (unsigned r = 0; r < rounds; r++)
        for (int i = 0; i < BLOCKS; i += 4)
            sha256_block(state, source + i);
    return sum_of(state, sizeof(state));
}

/* ---- ChaCha20 (RFC 8439), four blocks at once: a vector is the same word of each ---- */

static inline u32x4 rotate(u32x4 a, int amount)
{
    return a << amount | a >> (32 - amount);
}

#define QUARTER(a, b, c, d)                                                                        \
    a += b, d = rotate(d ^ a, 16), c += d, b = rotate(b ^ c, 12), a += b, d = rotate(d ^ a, 8),    \
            c += d, b = rotate(b ^ c, 7);

static void chacha_blocks(u32x4 out[16], const u32x4 in[16])
{
    u32x4 x[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        x[i] = in[i];
    for (int round = 0; round < 20; round += 2) {
        QUARTER(x[0], x[4], x[8], x[12])
        QUARTER(x[1], x[5], x[9], x[13])
        QUARTER(x[2], x[6], x[10], x[14])
        QUARTER(x[3], x[7], x[11], x[15])
        QUARTER(x[0], x[5], x[10], x[15])
        QUARTER(x[1], x[6], x[11], x[12])
        QUARTER(x[2], x[7], x[8], x[13])
        QUARTER(x[3], x[4], x[9], x[14])
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        out[i] = x[i] + in[i];
}

static uint64_t run_chacha(unsigned rounds)
{
    u32x4 state[16], stream[16], *to = (u32x4 *)result;
    start(47);
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < 16; i++)
            state[i] = (u32x4){0} + (uint32_t)(i * 0x9e3779b9 + r);
        state[12] += (u32x4){0, 1, 2, 3};
        for (int i = 0; i < BLOCKS; i += 16, state[12] += 4) {
            chacha_blocks(stream, state);
            for (int row = 0; row < 16; row += 4) { /* four words of each block are made a row */
                u32x4 *s = stream + row;
                u32x4 ab = __builtin_shuffle(s[0], s[1], (u32x4){0, 4, 1, 5});
                u32x4 cd = __builtin_shuffle(s[2], s[3], (u32x4){0, 4, 1, 5});
                u32x4 ef = __builtin_shuffle(s[0], s[1], (u32x4){2, 6, 3, 7});
                u32x4 gh = __builtin_shuffle(s[2], s[3], (u32x4){2, 6, 3, 7});
                const u32x4 *from = (const u32x4 *)source + i + row / 4;
                u32x4 *out = to + i + row / 4;
                out[0] = from[0] ^ __builtin_shuffle(ab, cd, (u32x4){0, 1, 4, 5});
                out[4] = from[4] ^ __builtin_shuffle(ab, cd, (u32x4){2, 3, 6, 7});
                out[8] = from[8] ^ __builtin_shuffle(ef, gh, (u32x4){0, 1, 4, 5});
                out[12] = from[12] ^ __builtin_shuffle(ef, gh, (u32x4){2, 3, 6, 7});
            }
        }
    }
    return sum_of(result, BYTES);
}

/* ---- a product of matrices of bytes, by dot products where there are any ---- */

enum { SIDE = 64 };

#ifdef __aarch64__

/* b has its columns as rows. */
static inline __attribute__((always_inline)) void multiply_bytes(int32_t *to, const int8_t *a,
                                                                 const int8_t *b, unsigned dots)
{
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j += 4) {
            int32x4_t sum[4];
#pragma GCC unroll 4
            for (int k = 0; k < 4; k++)
                sum[k] = vdupq_n_s32(0);
            for (int at = 0; at < SIDE; at += 16) {
                int8x16_t x = vld1q_s8(a + i * SIDE + at);
#pragma GCC unroll 4
                for (int k = 0; k < 4; k++) {
                    int8x16_t y = vld1q_s8(b + (j + k) * SIDE + at);
                    if (dots) {
                        sum[k] = vdotq_s32(sum[k], x, y);
                    } else {
                        sum[k] = vpadalq_s16(sum[k], vmull_s8(vget_low_s8(x), vget_low_s8(y)));
                        sum[k] = vpadalq_s16(sum[k], vmull_high_s8(x, y));
                    }
                }
            }
            vst1q_s32(to + i * SIDE + j,
                      vpaddq_s32(vpaddq_s32(sum[0], sum[1]), vpaddq_s32(sum[2], sum[3])));
        }
    }
}

/* Functions of their own, so that no dot product comes before the question whether there are any.
 */
static __attribute__((noinline)) void multiply_by_dots(int32_t *to, const int8_t *a,
                                                       const int8_t *b)
{
    multiply_bytes(to, a, b, 1);
}

static __attribute__((noinline)) void multiply_by_halves(int32_t *to, const int8_t *a,
                                                         const int8_t *b)
{
    multiply_bytes(to, a, b, 0);
}

static unsigned has_dots(void)
{
    return ID_FIELD(0, 44) != 0; /* ID_AA64ISAR0_EL1.DP */
}

static unsigned has_copies(void)
{
    return ID_FIELD(2, 16) != 0; /* ID_AA64ISAR2_EL1.MOPS */
}

#else

static void multiply_by_dots(int32_t *to, const int8_t *a, const int8_t *b)
{
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            int32_t sum = 0;
            for (int at = 0; at < SIDE; at++)
                sum += a[i * SIDE + at] * b[j * SIDE + at];
            to[i * SIDE + j] = sum;
        }
    }
}

#define multiply_by_halves multiply_by_dots

static unsigned has_dots(void)
{
    return 1;
}

static unsigned has_copies(void)
{
    return 1;
}

#endif

static uint64_t run_gemm8(unsigned rounds)
{
    const int8_t *bytes = (const int8_t *)source;
    unsigned dots = has_dots();
    start(49);
    for (unsigned r = 0; r < rounds; r++)
        (dots ? multiply_by_dots : multiply_by_halves)((int32_t *)result, bytes + r % 16 * 16,
                                                       bytes + SIDE * SIDE);
    return sum_of(result, SIDE * SIDE * 4);
}

/* ---- memcpy: pieces of 16 to about 1000 bytes, by the instructions for it where there are any
 * ---- */

static void copy(uint8_t *to, const uint8_t *from, size_t size, unsigned by_one)
{
#ifdef __aarch64__
    if (by_one) {
        __asm__ volatile(".arch_extension mops\n\t"
                         "cpyfp [%0]!, [%1]!, %2!\n\tcpyfm [%0]!, [%1]!, %2!\n\t"
                         "cpyfe [%0]!, [%1]!, %2!"
                         : "+r"(to), "+r"(from), "+r"(size)
                         :
                         : "cc", "memory");
        return;
    }
    for (; size > 64; size -= 64, to += 64, from += 64)
        vst1q_u8_x4(to, vld1q_u8_x4(from));
    for (; size > 16; size -= 16, to += 16, from += 16)
        vst1q_u8(to, vld1q_u8(from));
    vst1q_u8(to + size - 16, vld1q_u8(from + size - 16));
#else
    (void)by_one;
    __builtin_memcpy(to, from, size);
#endif
}

static uint64_t run_memcpy(unsigned rounds)
{
    unsigned by_one = has_copies();
    start(51);
    for (unsigned r = 0; r < rounds; r++) {
        uint8_t *to = (uint8_t *)result, *from = (uint8_t *)source;
        for (size_t at = 0, size = r % 64 + 16; at + size < BYTES; at += size, size += 37) {
            copy(to + at, from + BYTES - at - size, size, by_one);
            size = size > 1000 ? 16 : size;
        }
        from[r % BYTES] += to[r * 7 % BYTES];
    }
    return sum_of(result, BYTES);
}

const struct kernel crypto_kernels[] = {
    {"aes-ctr", "simd", 1500, run_aes_ctr},
    {"aes-gcm", "simd", 1500, run_aes_gcm},
    {"sha256-simd", "simd", 2000, run_sha256_simd},
    {"chacha20", "simd", 6000, run_chacha},
    {"gemm8", "simd", 1500, run_gemm8},
    {"memcpy", "simd", 60000, run_memcpy},
    {0},
};
