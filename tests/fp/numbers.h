/* Random numbers for the tests of floating point, biased towards what is difficult. */
#ifndef ULNA_TESTS_FP_NUMBERS_H
#define ULNA_TESTS_FP_NUMBERS_H

#include <stdint.h>

/* splitmix64 */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* A number of the format: exponents crowd around the ends, the middle and the integers, fractions
 * around all zeros, all ones and single bits. */
static inline uint64_t random_number(uint64_t *state, unsigned exp_bits, unsigned frac_bits)
{
    uint64_t exp_max = (1ull << exp_bits) - 1, frac_mask = (1ull << frac_bits) - 1;
    uint64_t r = random_next(state), exp, frac = random_next(state) & frac_mask;

    switch (r & 15) {
    case 0:
    case 1:
        exp = 0;
        break;
    case 2:
        exp = exp_max;
        break;
    case 3:
        exp = 1 + (r >> 8 & 3);
        break;
    case 4:
        exp = exp_max - 1 - (r >> 8 & 3);
        break;
    case 5:
    case 6:
        exp = random_next(state) & exp_max;
        break;
    case 7:
    case 8:
        exp = (exp_max >> 1) + (r >> 8) % (frac_bits + 13);
        break;
    case 9:
        exp = (exp_max >> 2) + (r >> 8 & 3) - 1; /* products near the smallest normal */
        break;
    case 10:
        exp = exp_max - (exp_max >> 2) + (r >> 8 & 3) - 2;
        break;
    default:
        exp = (exp_max >> 1) + (r >> 8 & 7) - 4;
        break;
    }
    exp &= exp_max;
    switch (r >> 16 & 15) {
    case 0:
    case 1:
        frac = 0;
        break;
    case 2:
        frac = frac_mask;
        break;
    case 3:
        frac = 1ull << (r >> 24) % frac_bits;
        break;
    case 4:
        frac = frac_mask ^ 1ull << (r >> 24) % frac_bits;
        break;
    case 5:
        frac = frac >> (r >> 24) % frac_bits;
        break;
    case 6:
    case 7:
    case 8:
        frac &= ~(frac_mask >> (r >> 24) % frac_bits); /* short: exact results and ties */
        break;
    case 9:
        frac = (frac & 3) | (frac >> 2 & 1) << (frac_bits - 1);
        break;
    }
    return (r >> 63) << (exp_bits + frac_bits) | exp << frac_bits | frac;
}

/* Single bits, runs of ones, numbers of every length and sign, and what is next to a tie. */
static inline uint64_t random_integer(uint64_t *state)
{
    uint64_t r = random_next(state);

    switch (r & 7) {
    case 0:
        return 1ull << (r >> 8 & 63);
    case 1:
        return (1ull << (r >> 8 & 63)) - 1;
    case 2:
        return -(1ull << (r >> 8 & 63));
    case 3:
        return (uint64_t)((int64_t)random_next(state) >> (r >> 8 & 63));
    case 4:
        return random_next(state) >> (r >> 8 & 63);
    case 5:
        return ((random_next(state) | 1ull << 63) & ~0ull << (r >> 8 & 63)) + (r >> 16 & 3) - 1;
    default:
        return random_next(state);
    }
}

#endif
