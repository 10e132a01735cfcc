/* QARMA-64: see qarma.h. Cells are of four bits; cell 0 is the lowest one, as in the Arm manual. */
#include "cpu/qarma.h"

#include "base/bits.h"

struct sbox {
    uint8_t forward[16], inverse[16];
};

static const struct sbox sboxes[] = {
    [QARMA5] = {{11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10},
                {5, 14, 13, 8, 10, 11, 1, 9, 2, 6, 15, 0, 4, 12, 7, 3}},
    [QARMA3] = {{10, 13, 14, 6, 15, 7, 3, 5, 9, 8, 0, 12, 11, 1, 2, 4},
                {10, 13, 14, 6, 15, 7, 3, 5, 9, 8, 0, 12, 11, 1, 2, 4}},
};

/* Digits of pi. */
static const uint64_t round_constant[] = {0, 0x13198a2e03707344, 0xa4093822299f31d0,
                                          0x082efa98ec4e6c89, 0x452821e638d01377};
static const uint64_t alpha = 0xc0ac29b7c97c50dd;

/* The cell of the input that each cell of the output is. */
static const uint8_t cell_order[16] = {13, 6, 11, 0, 7, 12, 1, 10, 8, 3, 14, 5, 2, 9, 4, 15};
static const uint8_t tweak_order[16] = {4, 5, 6, 7, 11, 2, 3, 8, 12, 13, 14, 15, 0, 1, 10, 9};
/* Cells of the output of the tweak's permutation that are rotated. */
static const uint16_t tweak_rotated =
    1 << 2 | 1 << 4 | 1 << 7 | 1 << 11 | 1 << 12 | 1 << 14 | 1 << 15;

static unsigned cell(uint64_t value, unsigned i)
{
    return value >> 4 * i & 15;
}

static uint64_t substitute(uint64_t value, const uint8_t sbox[16])
{
    uint64_t result = 0;

    for (unsigned i = 0; i < 16; i++)
        result |= (uint64_t)sbox[cell(value, i)] << 4 * i;
    return result;
}

static uint64_t shuffle(uint64_t value)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < 16; i++)
        result |= (uint64_t)cell(value, cell_order[i]) << 4 * i;
    return result;
}

static uint64_t unshuffle(uint64_t value)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < 16; i++)
        result |= (uint64_t)cell(value, i) << 4 * cell_order[i];
    return result;
}

/* Each cell rotated left by 1, 2 at once. */
static uint64_t rotate1(uint64_t value)
{
    return (value & 0x7777777777777777) << 1 | (value >> 3 & 0x1111111111111111);
}

static uint64_t rotate2(uint64_t value)
{
    return (value & 0x3333333333333333) << 2 | (value >> 2 & 0x3333333333333333);
}

/* PACMult(): each cell becomes the sum of the other three of its column, which are four cells
 * apart: the next but one rotated by 2, the others by 1. The matrix is its own inverse. */
static uint64_t mix_columns(uint64_t value)
{
    return rotate1(ror64(value, 16)) ^ rotate2(ror64(value, 32)) ^ rotate1(ror64(value, 48));
}

/* One step of a linear feedback shift register on a cell, and back. */
static unsigned step(unsigned cell)
{
    return cell >> 1 | ((cell ^ cell >> 1) & 1) << 3;
}

static unsigned step_back(unsigned cell)
{
    return (cell << 1 & 15) | ((cell >> 3 ^ cell) & 1);
}

static uint64_t next_tweak(uint64_t tweak)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < 16; i++) {
        unsigned from = cell(tweak, tweak_order[i]);

        result |= (uint64_t)(tweak_rotated >> i & 1 ? step(from) : from) << 4 * i;
    }
    return result;
}

static uint64_t previous_tweak(uint64_t tweak)
{
    uint64_t result = 0;

    for (unsigned i = 0; i < 16; i++) {
        unsigned from = cell(tweak, i);

        result |= (uint64_t)(tweak_rotated >> i & 1 ? step_back(from) : from) << 4 * tweak_order[i];
    }
    return result;
}

uint64_t qarma_encrypt(enum qarma variant, uint64_t text, uint64_t tweak, uint64_t high,
                       uint64_t low)
{
    const struct sbox *sbox = &sboxes[variant];
    unsigned last = variant == QARMA5 ? 4 : 2;
    uint64_t whitening = high << 63 | high >> 1;

    whitening ^= high >> 63;
    text ^= high;
    for (unsigned i = 0; i <= last; i++) {
        text ^= low ^ tweak ^ round_constant[i];
        if (i)
            text = mix_columns(shuffle(text));
        text = substitute(text, sbox->forward);
        tweak = next_tweak(tweak);
    }
    text = mix_columns(shuffle(text ^ whitening ^ tweak));
    text = substitute(text, sbox->forward);
    text = unshuffle(mix_columns(shuffle(text)) ^ low); /* the reflector */
    text = substitute(text, sbox->inverse);
    text = unshuffle(mix_columns(text)) ^ high ^ tweak;
    for (unsigned i = 0; i <= last; i++) {
        text = substitute(text, sbox->inverse);
        if (i < last)
            text = unshuffle(mix_columns(text));
        tweak = previous_tweak(tweak);
        text ^= low ^ tweak ^ round_constant[last - i] ^ alpha;
    }
    return text ^ whitening;
}
