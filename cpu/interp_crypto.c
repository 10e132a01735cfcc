/* Handlers of the cryptographic micro-ops: AES (FIPS 197), SHA-1, SHA-256 and SHA-512 (FIPS 180-4),
 * the steps of SHA-3 (FIPS 202), and the carry-less product. SM3 and SM4 are in interp_sm.c. The
 * functions keep the names of DDI 0487, J1.3. */
#include "cpu/interp_sve.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

/* --- AES. Byte r + 4 * c of a register is row r, column c of the state --- */

static const uint8_t sbox[256] = {
    /* clang-format off */
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76,
    0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0,
    0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15,
    0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75,
    0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84,
    0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf,
    0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8,
    0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2,
    0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73,
    0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb,
    0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79,
    0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08,
    0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a,
    0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e,
    0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf,
    0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
    /* clang-format on */
};

static const uint8_t inverse_sbox[256] = {
    /* clang-format off */
    0x52, 0x09, 0x6a, 0xd5, 0x30, 0x36, 0xa5, 0x38, 0xbf, 0x40, 0xa3, 0x9e, 0x81, 0xf3, 0xd7, 0xfb,
    0x7c, 0xe3, 0x39, 0x82, 0x9b, 0x2f, 0xff, 0x87, 0x34, 0x8e, 0x43, 0x44, 0xc4, 0xde, 0xe9, 0xcb,
    0x54, 0x7b, 0x94, 0x32, 0xa6, 0xc2, 0x23, 0x3d, 0xee, 0x4c, 0x95, 0x0b, 0x42, 0xfa, 0xc3, 0x4e,
    0x08, 0x2e, 0xa1, 0x66, 0x28, 0xd9, 0x24, 0xb2, 0x76, 0x5b, 0xa2, 0x49, 0x6d, 0x8b, 0xd1, 0x25,
    0x72, 0xf8, 0xf6, 0x64, 0x86, 0x68, 0x98, 0x16, 0xd4, 0xa4, 0x5c, 0xcc, 0x5d, 0x65, 0xb6, 0x92,
    0x6c, 0x70, 0x48, 0x50, 0xfd, 0xed, 0xb9, 0xda, 0x5e, 0x15, 0x46, 0x57, 0xa7, 0x8d, 0x9d, 0x84,
    0x90, 0xd8, 0xab, 0x00, 0x8c, 0xbc, 0xd3, 0x0a, 0xf7, 0xe4, 0x58, 0x05, 0xb8, 0xb3, 0x45, 0x06,
    0xd0, 0x2c, 0x1e, 0x8f, 0xca, 0x3f, 0x0f, 0x02, 0xc1, 0xaf, 0xbd, 0x03, 0x01, 0x13, 0x8a, 0x6b,
    0x3a, 0x91, 0x11, 0x41, 0x4f, 0x67, 0xdc, 0xea, 0x97, 0xf2, 0xcf, 0xce, 0xf0, 0xb4, 0xe6, 0x73,
    0x96, 0xac, 0x74, 0x22, 0xe7, 0xad, 0x35, 0x85, 0xe2, 0xf9, 0x37, 0xe8, 0x1c, 0x75, 0xdf, 0x6e,
    0x47, 0xf1, 0x1a, 0x71, 0x1d, 0x29, 0xc5, 0x89, 0x6f, 0xb7, 0x62, 0x0e, 0xaa, 0x18, 0xbe, 0x1b,
    0xfc, 0x56, 0x3e, 0x4b, 0xc6, 0xd2, 0x79, 0x20, 0x9a, 0xdb, 0xc0, 0xfe, 0x78, 0xcd, 0x5a, 0xf4,
    0x1f, 0xdd, 0xa8, 0x33, 0x88, 0x07, 0xc7, 0x31, 0xb1, 0x12, 0x10, 0x59, 0x27, 0x80, 0xec, 0x5f,
    0x60, 0x51, 0x7f, 0xa9, 0x19, 0xb5, 0x4a, 0x0d, 0x2d, 0xe5, 0x7a, 0x9f, 0x93, 0xc9, 0x9c, 0xef,
    0xa0, 0xe0, 0x3b, 0x4d, 0xae, 0x2a, 0xf5, 0xb0, 0xc8, 0xeb, 0xbb, 0x3c, 0x83, 0x53, 0x99, 0x61,
    0x17, 0x2b, 0x04, 0x7e, 0xba, 0x77, 0xd6, 0x26, 0xe1, 0x69, 0x14, 0x63, 0x55, 0x21, 0x0c, 0x7d,
    /* clang-format on */
};

/* AESShiftRows() and AESSubBytes() of both together; `step` is 1 for encryption, 3 for decryption.
 */
static inline union vreg aes_round(union vreg state, union vreg key, const uint8_t *box,
                                   unsigned step)
{
    union vreg result;

    state.d[0] ^= key.d[0];
    state.d[1] ^= key.d[1];
    for (unsigned c = 0; c < 4; c++)
        for (unsigned r = 0; r < 4; r++)
            result.b[r + 4 * c] = box[state.b[r + 4 * ((c + step * r) & 3)]];
    return result;
}

HANDLER(aese)
{
    cpu->v[uop->d] = aes_round(cpu->v[uop->d], cpu->v[uop->a], sbox, 1);
    return uop_next(cpu, uop);
}

HANDLER(aesd)
{
    cpu->v[uop->d] = aes_round(cpu->v[uop->d], cpu->v[uop->a], inverse_sbox, 3);
    return uop_next(cpu, uop);
}

SVE_PARTS(aese, aes_round(d, n, sbox, 1))
SVE_PARTS(aesd, aes_round(d, n, inverse_sbox, 3))

/* Four bytes at once: each times x in GF(2^8). */
static inline uint32_t times_x(uint32_t bytes)
{
    return (bytes & 0x7f7f7f7f) << 1 ^ (bytes >> 7 & 0x01010101) * 0x1b;
}

/* AESMixColumns() of a column, row 0 in the low byte */
static inline uint32_t mix_column(uint32_t column)
{
    uint32_t next = ror32(column, 8);

    return times_x(column ^ next) ^ next ^ ror32(column, 16) ^ ror32(column, 24);
}

static inline union vreg mix_columns(union vreg n)
{
    for (unsigned c = 0; c < 4; c++)
        n.s[c] = mix_column(n.s[c]);
    return n;
}

HANDLER(aesmc)
{
    cpu->v[uop->d] = mix_columns(cpu->v[uop->a]);
    return uop_next(cpu, uop);
}

/* AESInvMixColumns(): the inverse matrix is the forward one times {05,00,04,00}. */
static inline union vreg inverse_mix_columns(union vreg n)
{
    for (unsigned c = 0; c < 4; c++)
        n.s[c] = mix_column(n.s[c] ^ times_x(times_x(n.s[c] ^ ror32(n.s[c], 16))));
    return n;
}

HANDLER(aesimc)
{
    cpu->v[uop->d] = inverse_mix_columns(cpu->v[uop->a]);
    return uop_next(cpu, uop);
}

SVE_PARTS(aesmc, mix_columns(n))
SVE_PARTS(aesimc, inverse_mix_columns(n))

/* --- SHA-1 and SHA-256 --- */

static inline uint32_t sha_choose(uint32_t x, uint32_t y, uint32_t z)
{
    return ((y ^ z) & x) ^ z;
}

static inline uint32_t sha_parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}

static inline uint32_t sha_majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | ((x | y) & z);
}

static inline uint32_t rol32(uint32_t value, unsigned amount)
{
    return ror32(value, 32 - amount);
}

/* Four rounds: d is the hash but for one word, which is in a; b has schedule and constants. */
#define SHA1_ROUNDS(name, function)                                                                \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        union vreg x = cpu->v[uop->d], w = cpu->v[uop->b];                                         \
        uint32_t y = cpu->v[uop->a].s[0];                                                          \
                                                                                                   \
        for (unsigned e = 0; e < 4; e++) {                                                         \
            y += rol32(x.s[0], 5) + function(x.s[1], x.s[2], x.s[3]) + w.s[e];                     \
            uint32_t out = x.s[3];                                                                 \
            x.s[3] = x.s[2];                                                                       \
            x.s[2] = rol32(x.s[1], 30);                                                            \
            x.s[1] = x.s[0];                                                                       \
            x.s[0] = y;                                                                            \
            y = out;                                                                               \
        }                                                                                          \
        cpu->v[uop->d] = x;                                                                        \
        return uop_next(cpu, uop);                                                                 \
    }
SHA1_ROUNDS(sha1c, sha_choose)
SHA1_ROUNDS(sha1p, sha_parity)
SHA1_ROUNDS(sha1m, sha_majority)

HANDLER(sha1h)
{
    vec_write(cpu, uop->d, (union vreg){.d = {rol32(cpu->v[uop->a].s[0], 30), 0}}, 16);
    return uop_next(cpu, uop);
}

HANDLER(sha1su0)
{
    union vreg d = cpu->v[uop->d], n = cpu->v[uop->a], m = cpu->v[uop->b];

    cpu->v[uop->d].d[0] = d.d[1] ^ d.d[0] ^ m.d[0];
    cpu->v[uop->d].d[1] = n.d[0] ^ d.d[1] ^ m.d[1];
    return uop_next(cpu, uop);
}

HANDLER(sha1su1)
{
    union vreg t = cpu->v[uop->d], n = cpu->v[uop->a];

    for (unsigned e = 0; e < 3; e++)
        t.s[e] ^= n.s[e + 1];
    for (unsigned e = 0; e < 4; e++)
        cpu->v[uop->d].s[e] = rol32(t.s[e], 1);
    cpu->v[uop->d].s[3] ^= rol32(t.s[0], 2);
    return uop_next(cpu, uop);
}

/* SHA256hash(): x is X, y is Y; *result gets the first or the second half. */
static NOINLINE void sha256_hash(union vreg *result, union vreg x, union vreg y, union vreg w,
                                 bool part1)
{
    for (unsigned e = 0; e < 4; e++) {
        uint32_t sigma0 = ror32(x.s[0], 2) ^ ror32(x.s[0], 13) ^ ror32(x.s[0], 22);
        uint32_t sigma1 = ror32(y.s[0], 6) ^ ror32(y.s[0], 11) ^ ror32(y.s[0], 25);
        uint32_t t = y.s[3] + sigma1 + sha_choose(y.s[0], y.s[1], y.s[2]) + w.s[e];
        uint32_t last = t + sigma0 + sha_majority(x.s[0], x.s[1], x.s[2]);
        uint32_t first = t + x.s[3];

        y = (union vreg){.s = {first, y.s[0], y.s[1], y.s[2]}};
        x = (union vreg){.s = {last, x.s[0], x.s[1], x.s[2]}};
    }
    *result = part1 ? x : y;
}

HANDLER(sha256h)
{
    sha256_hash(&cpu->v[uop->d], cpu->v[uop->d], cpu->v[uop->a], cpu->v[uop->b], true);
    return uop_next(cpu, uop);
}

HANDLER(sha256h2)
{
    sha256_hash(&cpu->v[uop->d], cpu->v[uop->a], cpu->v[uop->d], cpu->v[uop->b], false);
    return uop_next(cpu, uop);
}

HANDLER(sha256su0)
{
    union vreg d = cpu->v[uop->d];
    uint32_t next = cpu->v[uop->a].s[0];

    for (unsigned e = 0; e < 4; e++) {
        uint32_t t = e < 3 ? d.s[e + 1] : next;

        cpu->v[uop->d].s[e] = d.s[e] + (ror32(t, 7) ^ ror32(t, 18) ^ t >> 3);
    }
    return uop_next(cpu, uop);
}

static inline uint32_t sha256_sigma1(uint32_t value)
{
    return ror32(value, 17) ^ ror32(value, 19) ^ value >> 10;
}

HANDLER(sha256su1)
{
    union vreg r = cpu->v[uop->d], n = cpu->v[uop->a], m = cpu->v[uop->b];

    r.s[0] += n.s[1] + sha256_sigma1(m.s[2]);
    r.s[1] += n.s[2] + sha256_sigma1(m.s[3]);
    r.s[2] += n.s[3] + sha256_sigma1(r.s[0]);
    r.s[3] += m.s[0] + sha256_sigma1(r.s[1]);
    cpu->v[uop->d] = r;
    return uop_next(cpu, uop);
}

/* --- SHA-512: two rounds at a time, the even one in the upper doubleword --- */

static inline uint64_t sha512_choose(uint64_t x, uint64_t y, uint64_t z)
{
    return ((y ^ z) & x) ^ z;
}

static inline uint64_t sha512_majority(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) | ((x | y) & z);
}

static inline uint64_t sha512_sum0(uint64_t x)
{
    return ror64(x, 28) ^ ror64(x, 34) ^ ror64(x, 39);
}

static inline uint64_t sha512_sum1(uint64_t x)
{
    return ror64(x, 14) ^ ror64(x, 18) ^ ror64(x, 41);
}

HANDLER(sha512h)
{
    union vreg w = cpu->v[uop->d], x = cpu->v[uop->a], y = cpu->v[uop->b];

    w.d[1] += sha512_choose(y.d[1], x.d[0], x.d[1]) + sha512_sum1(y.d[1]);
    y.d[0] += w.d[1];
    w.d[0] += sha512_choose(y.d[0], y.d[1], x.d[0]) + sha512_sum1(y.d[0]);
    cpu->v[uop->d] = w;
    return uop_next(cpu, uop);
}

HANDLER(sha512h2)
{
    union vreg w = cpu->v[uop->d], x = cpu->v[uop->a], y = cpu->v[uop->b];

    w.d[1] += sha512_majority(x.d[0], y.d[1], y.d[0]) + sha512_sum0(y.d[0]);
    w.d[0] += sha512_majority(w.d[1], y.d[0], y.d[1]) + sha512_sum0(w.d[1]);
    cpu->v[uop->d] = w;
    return uop_next(cpu, uop);
}

static inline uint64_t sha512_sigma0(uint64_t x)
{
    return ror64(x, 1) ^ ror64(x, 8) ^ x >> 7;
}

static inline uint64_t sha512_sigma1(uint64_t x)
{
    return ror64(x, 19) ^ ror64(x, 61) ^ x >> 6;
}

HANDLER(sha512su0)
{
    union vreg w = cpu->v[uop->d];

    w.d[0] += sha512_sigma0(w.d[1]);
    w.d[1] += sha512_sigma0(cpu->v[uop->a].d[0]);
    cpu->v[uop->d] = w;
    return uop_next(cpu, uop);
}

HANDLER(sha512su1)
{
    union vreg w = cpu->v[uop->d], x = cpu->v[uop->a], y = cpu->v[uop->b];

    for (unsigned e = 0; e < 2; e++)
        cpu->v[uop->d].d[e] = w.d[e] + sha512_sigma1(x.d[e]) + y.d[e];
    return uop_next(cpu, uop);
}

/* --- SHA-3 --- */

/* Each doubleword of the result, from those of n, m and a. */
#define SHA3(name, result)                                                                         \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        union vreg r = cpu->v[uop->d];                                                             \
                                                                                                   \
        for (unsigned e = 0; e < 2; e++) {                                                         \
            uint64_t n = cpu->v[uop->a].d[e], m = cpu->v[uop->b].d[e];                             \
            uint64_t a UNUSED = cpu->v[uop->y].d[e];                                               \
                                                                                                   \
            r.d[e] = result;                                                                       \
        }                                                                                          \
        cpu->v[uop->d] = r;                                                                        \
        return uop_next(cpu, uop);                                                                 \
    }
SHA3(eor3, n ^ m ^ a)
SHA3(bcax, n ^ (m & ~a))
SHA3(rax1, n ^ ror64(m, 63))
SHA3(xar, ror64(n ^ m, (unsigned)uop->imm))

/* --- PMULL, PMULL2 of doublewords: PolynomialMult() --- */

static NOINLINE void multiply_polynomials(union vreg *result, uint64_t n, uint64_t m)
{
    uint64_t low = m & 1 ? n : 0, high = 0;

    for (unsigned i = 1; i < 64; i++) {
        uint64_t mask = -(m >> i & 1);

        low ^= n << i & mask;
        high ^= n >> (64 - i) & mask;
    }
    *result = (union vreg){.d = {low, high}};
}

HANDLER(pmull64)
{
    multiply_polynomials(&cpu->v[uop->d], cpu->v[uop->a].d[uop->x == 16],
                         cpu->v[uop->b].d[uop->x == 16]);
    return uop_next(cpu, uop);
}

bool sve_pmull128(struct cpu *cpu, const struct uop *uop)
{
    for (unsigned part = 0; part < z_parts(cpu); part++) {
        uint64_t n = z_part(cpu, uop->a, part)->d[uop->y], m = z_part(cpu, uop->b, part)->d[uop->y];

        multiply_polynomials(z_part(cpu, uop->d, part), n, m);
    }
    return true;
}
