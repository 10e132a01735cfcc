/* Scalar floating point in double precision. No library, no contraction: results are exact bits. */
#include "kernels.h"

/* ---- matmul ---- */

enum { MATRIX = 64 };

static uint64_t run_matmul(unsigned rounds)
{
    static double a[MATRIX][MATRIX], b[MATRIX][MATRIX], c[MATRIX][MATRIX];
    uint64_t seed = 7, sum = 0;
    for (int i = 0; i < MATRIX; i++) {
        for (int j = 0; j < MATRIX; j++) {
            a[i][j] = (double)(int64_t)(next_random(&seed) >> 40) / 65536;
            b[i][j] = (double)(int64_t)(next_random(&seed) >> 40) / 65536;
        }
    }
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < MATRIX; i++) {
            for (int j = 0; j < MATRIX; j++) {
                double s = 0;
                for (int k = 0; k < MATRIX; k++)
                    s += a[i][k] * b[k][j];
                c[i][j] = s;
            }
        }
        a[r % MATRIX][0] += 1;
        sum = fold(sum, double_bits(c[r % MATRIX][r % 7]));
    }
    return sum;
}

/* ---- nbody: five bodies, one step a round of a thousand ---- */

struct body {
    double x[3], v[3], mass;
};

static void nbody_step(struct body *body, int count, double dt)
{
    for (int i = 0; i < count; i++) {
        for (int j = i + 1; j < count; j++) {
            double d[3], square = 0;
            for (int k = 0; k < 3; k++) {
                d[k] = body[i].x[k] - body[j].x[k];
                square += d[k] * d[k];
            }
            double scale = dt / (square * __builtin_sqrt(square));
            for (int k = 0; k < 3; k++) {
                body[i].v[k] -= d[k] * body[j].mass * scale;
                body[j].v[k] += d[k] * body[i].mass * scale;
            }
        }
    }
    for (int i = 0; i < count; i++)
        for (int k = 0; k < 3; k++)
            body[i].x[k] += dt * body[i].v[k];
}

static uint64_t run_nbody(unsigned rounds)
{
    struct body bodies[5] = {
        {{0, 0, 0}, {0, 0, 0}, 40},
        {{5, 1, 0.1}, {0.5, 2, 0}, 0.04},
        {{8, 3, 0.4}, {-1, 1.5, 0.01}, 0.01},
        {{13, -15, 0.2}, {1, 0.9, -0.01}, 0.002},
        {{15, -26, 0.2}, {0.9, 0.6, -0.03}, 0.002},
    };
    for (unsigned r = 0; r < rounds * 1000; r++)
        nbody_step(bodies, 5, 0.001);
    uint64_t sum = 0;
    for (int i = 0; i < 5; i++)
        sum = fold(sum, double_bits(bodies[i].x[0]));
    return sum;
}

/* ---- fft: radix 2, in place, 1024 points ---- */

enum { FFT_BITS = 10, FFT_SIZE = 1 << FFT_BITS };
static double fft_re[FFT_SIZE], fft_im[FFT_SIZE];
static double root_re[FFT_SIZE / 2], root_im[FFT_SIZE / 2];

/* The roots of unity by halving angles: cos(a/2) = sqrt((1 + cos a) / 2). */
static void fft_roots(void)
{
    root_re[0] = 1;
    root_im[0] = 0;
    double cosine = -1, sine = 0; /* of pi */
    for (int step = FFT_SIZE / 4; step; step /= 2) {
        double c = __builtin_sqrt((1 + cosine) / 2);
        double s = cosine == -1 ? 1 : sine / (2 * c);
        cosine = c;
        sine = s;
        for (int i = 0; i < FFT_SIZE / 2; i += 2 * step) {
            root_re[i + step] = root_re[i] * c - root_im[i] * s;
            root_im[i + step] = root_re[i] * s + root_im[i] * c;
        }
    }
}

static void fft(void)
{
    for (unsigned i = 0; i < FFT_SIZE; i++) {
        unsigned j = 0;
        for (int bit = 0; bit < FFT_BITS; bit++)
            j |= (i >> bit & 1) << (FFT_BITS - 1 - bit);
        if (j > i) {
            double t = fft_re[i];
            fft_re[i] = fft_re[j];
            fft_re[j] = t;
            t = fft_im[i];
            fft_im[i] = fft_im[j];
            fft_im[j] = t;
        }
    }
    for (int half = 1; half < FFT_SIZE; half *= 2) {
        for (int start = 0; start < FFT_SIZE; start += 2 * half) {
            for (int k = 0; k < half; k++) {
                double wr = root_re[k * (FFT_SIZE / 2 / half)];
                double wi = root_im[k * (FFT_SIZE / 2 / half)];
                int a = start + k, b = a + half;
                double re = fft_re[b] * wr - fft_im[b] * wi;
                double im = fft_re[b] * wi + fft_im[b] * wr;
                fft_re[b] = fft_re[a] - re;
                fft_im[b] = fft_im[a] - im;
                fft_re[a] += re;
                fft_im[a] += im;
            }
        }
    }
}

static uint64_t run_fft(unsigned rounds)
{
    uint64_t seed = 9, sum = 0;
    fft_roots();
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < FFT_SIZE; i++) {
            fft_re[i] = (double)(int64_t)(next_random(&seed) >> 44);
            fft_im[i] = 0;
        }
        fft();
        sum = fold(sum, double_bits(fft_re[r % FFT_SIZE]));
    }
    return sum;
}

/* ---- mandelbrot: compares and branches on floating point ---- */

static uint64_t run_mandelbrot(unsigned rounds)
{
    uint64_t total = 0;
    for (unsigned r = 0; r < rounds; r++) {
        for (int py = 0; py < 64; py++) {
            for (int px = 0; px < 64; px++) {
                double cx = px / 24.0 - 2 + r * 0.001, cy = py / 26.0 - 1.2, x = 0, y = 0;
                int n = 0;
                while (n < 100 && x * x + y * y <= 4) {
                    double t = x * x - y * y + cx;
                    y = 2 * x * y + cy;
                    x = t;
                    n++;
                }
                total += (unsigned)n;
            }
        }
    }
    return total;
}

/* ---- lu: solves linear equations by elimination with pivots ---- */

enum { EQUATIONS = 40 };

static void eliminate(double a[EQUATIONS][EQUATIONS + 1])
{
    for (int k = 0; k < EQUATIONS; k++) {
        int pivot = k;
        for (int i = k + 1; i < EQUATIONS; i++)
            if (__builtin_fabs(a[i][k]) > __builtin_fabs(a[pivot][k]))
                pivot = i;
        for (int j = 0; j <= EQUATIONS; j++) {
            double t = a[k][j];
            a[k][j] = a[pivot][j];
            a[pivot][j] = t;
        }
        for (int i = k + 1; i < EQUATIONS; i++) {
            double factor = a[i][k] / a[k][k];
            for (int j = k; j <= EQUATIONS; j++)
                a[i][j] -= factor * a[k][j];
        }
    }
}

static uint64_t run_lu(unsigned rounds)
{
    static double a[EQUATIONS][EQUATIONS + 1], x[EQUATIONS];
    uint64_t seed = 15, sum = 0;
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < EQUATIONS; i++)
            for (int j = 0; j <= EQUATIONS; j++)
                a[i][j] = (double)((int64_t)next_random(&seed) >> 40) / 4096;
        eliminate(a);
        for (int i = EQUATIONS - 1; i >= 0; i--) {
            x[i] = a[i][EQUATIONS];
            for (int j = i + 1; j < EQUATIONS; j++)
                x[i] -= a[i][j] * x[j];
            x[i] /= a[i][i];
        }
        sum = fold(sum, double_bits(x[r % EQUATIONS]));
    }
    return sum;
}

const struct kernel float_kernels[] = {
    {"matmul", "float", 80, run_matmul}, {"nbody", "float", 300, run_nbody},
    {"fft", "float", 1500, run_fft},     {"mandelbrot", "float", 100, run_mandelbrot},
    {"lu", "float", 1500, run_lu},       {0},
};
