/*
 * Double precision with the C library's functions, which are the guest's own: under Linux. Two
 * libraries may differ in the last bit of a result, so that sums take what is well before it.
 */
#include <math.h>
#include "kernels.h"

static uint64_t fold_rounded(uint64_t sum, double value)
{
    return fold(sum, (uint64_t)(int64_t)(value * 0x1p20));
}

/* ---- libm: each function over a range ---- */

static uint64_t run_libm(unsigned rounds)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < rounds * 1000; r++) {
        double x = (r % 4096 + 0.37) / 64; /* 0 to 64 */
        sum = fold_rounded(sum, sin(x) + cos(x * 0.7));
        sum = fold_rounded(sum, exp(x / 16 - 2));
        sum = fold_rounded(sum, log(x));
        sum = fold_rounded(sum, pow(x, 0.31));
        sum = fold_rounded(sum, atan(x) + tanh(x - 32));
    }
    return sum;
}

/* ---- blackscholes: prices of options, in hundredths ---- */

static double normal_below(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

static uint64_t run_blackscholes(unsigned rounds)
{
    uint64_t seed = 19, sum = 0;
    for (unsigned r = 0; r < rounds * 1000; r++) {
        uint64_t bits = next_random(&seed);
        double price = 50 + (double)(bits & 0xfff) / 64, strike = 50 + (double)(bits >> 52) / 64;
        double years = 0.1 + (double)(bits >> 20 & 0xff) / 100, rate = 0.03;
        double spread = (0.1 + (double)(bits >> 30 & 0xff) / 512) * sqrt(years);
        double d = log(price / strike) / spread + rate * years / spread + spread / 2;
        double call =
            price * normal_below(d) - strike * exp(-rate * years) * normal_below(d - spread);
        sum = fold(sum, (uint64_t)(call * 100));
    }
    return sum;
}

const struct kernel libm_kernels[] = {
    {"libm", "float", 300, run_libm},
    {"blackscholes", "float", 500, run_blackscholes},
    {0},
};
