/* Handlers of the micro-ops of SM3 (GB/T 32905-2016) and SM4 (GB/T 32907-2016), the Chinese hash
 * and block cipher: DDI 0487, C7.2 (SM3PARTW1 to SM4EKEY). */
#include "cpu/interp_sve.h"

#define HANDLER(name) const struct uop *op_##name(struct cpu *cpu, const struct uop *uop)

static inline uint32_t rol32(uint32_t value, unsigned amount)
{
    return ror32(value, 32 - amount);
}

/* --- SM3 --- */

HANDLER(sm3ss1)
{
    uint32_t n = cpu->v[uop->a].s[3], m = cpu->v[uop->b].s[3], a = cpu->v[uop->y].s[3];

    cpu->v[uop->d] = (union vreg){.s = {0, 0, 0, rol32(rol32(n, 12) + m + a, 7)}};
    return uop_next(cpu, uop);
}

static inline uint32_t sm3_parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}

static inline uint32_t sm3_majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | ((x | y) & z);
}

static inline uint32_t sm3_choose(uint32_t x, uint32_t y, uint32_t z)
{
    return ((y ^ z) & x) ^ z;
}

/* Half of a round: d is A to D, or E to H, the first one in word 3; n has SS1 or what it becomes in
 * the other half, m the words of the message. `mixed` is what the first word becomes. */
#define SM3_HALF_ROUND(name, function, rotation, addend, mixed)                                    \
    HANDLER(name)                                                                                  \
    {                                                                                              \
        union vreg d = cpu->v[uop->d];                                                             \
        uint32_t n = cpu->v[uop->a].s[3], w = cpu->v[uop->b].s[uop->x];                            \
        uint32_t t = function(d.s[3], d.s[2], d.s[1]) + d.s[0] + (addend) + w;                     \
                                                                                                   \
        cpu->v[uop->d] = (union vreg){.s = {d.s[1], rol32(d.s[2], rotation), d.s[3], mixed}};      \
        return uop_next(cpu, uop);                                                                 \
    }
#define SM3_P0(t) ((t) ^ rol32(t, 9) ^ rol32(t, 17))
SM3_HALF_ROUND(sm3tt1a, sm3_parity, 9, n ^ rol32(d.s[3], 12), t)
SM3_HALF_ROUND(sm3tt1b, sm3_majority, 9, n ^ rol32(d.s[3], 12), t)
SM3_HALF_ROUND(sm3tt2a, sm3_parity, 19, n, SM3_P0(t))
SM3_HALF_ROUND(sm3tt2b, sm3_choose, 19, n, SM3_P0(t))

static inline uint32_t sm3_p1(uint32_t x)
{
    return x ^ rol32(x, 15) ^ rol32(x, 23);
}

/* The message's expansion, four words at a time; the last one needs the first. */
HANDLER(sm3partw1)
{
    union vreg r = cpu->v[uop->d], n = cpu->v[uop->a], m = cpu->v[uop->b];

    for (unsigned e = 0; e < 4; e++) {
        uint32_t before = e < 3 ? m.s[e + 1] : r.s[0];

        r.s[e] = sm3_p1(r.s[e] ^ n.s[e] ^ rol32(before, 15));
    }
    cpu->v[uop->d] = r;
    return uop_next(cpu, uop);
}

HANDLER(sm3partw2)
{
    union vreg r = cpu->v[uop->d], n = cpu->v[uop->a], m = cpu->v[uop->b];
    uint32_t first = 0;

    for (unsigned e = 0; e < 4; e++) {
        uint32_t t = n.s[e] ^ rol32(m.s[e], 7);

        r.s[e] ^= t;
        first = e == 0 ? t : first;
    }
    r.s[3] ^= sm3_p1(rol32(first, 15));
    cpu->v[uop->d] = r;
    return uop_next(cpu, uop);
}

/* --- SM4 --- */

static const uint8_t sm4_sbox[256] = {
    /* clang-format off */
    0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2, 0x28, 0xfb, 0x2c, 0x05,
    0x2b, 0x67, 0x9a, 0x76, 0x2a, 0xbe, 0x04, 0xc3, 0xaa, 0x44, 0x13, 0x26, 0x49, 0x86, 0x06, 0x99,
    0x9c, 0x42, 0x50, 0xf4, 0x91, 0xef, 0x98, 0x7a, 0x33, 0x54, 0x0b, 0x43, 0xed, 0xcf, 0xac, 0x62,
    0xe4, 0xb3, 0x1c, 0xa9, 0xc9, 0x08, 0xe8, 0x95, 0x80, 0xdf, 0x94, 0xfa, 0x75, 0x8f, 0x3f, 0xa6,
    0x47, 0x07, 0xa7, 0xfc, 0xf3, 0x73, 0x17, 0xba, 0x83, 0x59, 0x3c, 0x19, 0xe6, 0x85, 0x4f, 0xa8,
    0x68, 0x6b, 0x81, 0xb2, 0x71, 0x64, 0xda, 0x8b, 0xf8, 0xeb, 0x0f, 0x4b, 0x70, 0x56, 0x9d, 0x35,
    0x1e, 0x24, 0x0e, 0x5e, 0x63, 0x58, 0xd1, 0xa2, 0x25, 0x22, 0x7c, 0x3b, 0x01, 0x21, 0x78, 0x87,
    0xd4, 0x00, 0x46, 0x57, 0x9f, 0xd3, 0x27, 0x52, 0x4c, 0x36, 0x02, 0xe7, 0xa0, 0xc4, 0xc8, 0x9e,
    0xea, 0xbf, 0x8a, 0xd2, 0x40, 0xc7, 0x38, 0xb5, 0xa3, 0xf7, 0xf2, 0xce, 0xf9, 0x61, 0x15, 0xa1,
    0xe0, 0xae, 0x5d, 0xa4, 0x9b, 0x34, 0x1a, 0x55, 0xad, 0x93, 0x32, 0x30, 0xf5, 0x8c, 0xb1, 0xe3,
    0x1d, 0xf6, 0xe2, 0x2e, 0x82, 0x66, 0xca, 0x60, 0xc0, 0x29, 0x23, 0xab, 0x0d, 0x53, 0x4e, 0x6f,
    0xd5, 0xdb, 0x37, 0x45, 0xde, 0xfd, 0x8e, 0x2f, 0x03, 0xff, 0x6a, 0x72, 0x6d, 0x6c, 0x5b, 0x51,
    0x8d, 0x1b, 0xaf, 0x92, 0xbb, 0xdd, 0xbc, 0x7f, 0x11, 0xd9, 0x5c, 0x41, 0x1f, 0x10, 0x5a, 0xd8,
    0x0a, 0xc1, 0x31, 0x88, 0xa5, 0xcd, 0x7b, 0xbd, 0x2d, 0x74, 0xd0, 0x12, 0xb8, 0xe5, 0xb4, 0xb0,
    0x89, 0x69, 0x97, 0x4a, 0x0c, 0x96, 0x77, 0x7e, 0x65, 0xb9, 0xf1, 0x09, 0xc5, 0x6e, 0xc6, 0x84,
    0x18, 0xf0, 0x7d, 0xec, 0x3a, 0xdc, 0x4d, 0x20, 0x79, 0xee, 0x5f, 0x3e, 0xd7, 0xcb, 0x39, 0x48,
    /* clang-format on */
};

static inline uint32_t sm4_substitute(uint32_t word)
{
    return sm4_sbox[word & 0xff] | (uint32_t)sm4_sbox[word >> 8 & 0xff] << 8 |
           (uint32_t)sm4_sbox[word >> 16 & 0xff] << 16 | (uint32_t)sm4_sbox[word >> 24] << 24;
}

static inline uint32_t sm4_linear(uint32_t x)
{
    return x ^ rol32(x, 2) ^ rol32(x, 10) ^ rol32(x, 18) ^ rol32(x, 24);
}

static inline uint32_t sm4_linear_key(uint32_t x)
{
    return x ^ rol32(x, 13) ^ rol32(x, 23);
}

/* Four rounds on `state` with the keys of `key`: the words move down by one in each. */
#define SM4_ROUNDS(name, linear)                                                                   \
    static NOINLINE union vreg name##_rounds(union vreg state, union vreg key)                     \
    {                                                                                              \
        for (unsigned e = 0; e < 4; e++) {                                                         \
            uint32_t mixed = sm4_substitute(state.s[1] ^ state.s[2] ^ state.s[3] ^ key.s[e]);      \
                                                                                                   \
            state = (union vreg){                                                                  \
                .s = {state.s[1], state.s[2], state.s[3], state.s[0] ^ linear(mixed)}};            \
        }                                                                                          \
        return state;                                                                              \
    }
SM4_ROUNDS(sm4e, sm4_linear)
SM4_ROUNDS(sm4ekey, sm4_linear_key)

HANDLER(sm4e)
{
    cpu->v[uop->d] = sm4e_rounds(cpu->v[uop->d], cpu->v[uop->a]);
    return uop_next(cpu, uop);
}

HANDLER(sm4ekey)
{
    cpu->v[uop->d] = sm4ekey_rounds(cpu->v[uop->a], cpu->v[uop->b]);
    return uop_next(cpu, uop);
}

SVE_PARTS(sm4e, sm4e_rounds(d, n))
SVE_PARTS(sm4ekey, sm4ekey_rounds(n, m))
