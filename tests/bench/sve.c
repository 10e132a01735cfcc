/*
 * Loops that a compiler turns into SVE, in plain C: vectors of 256 bits on the bare machine, as
 * Neoverse V1 has them, and whatever its compiler makes of them on the host. One is in Arm's
 * intrinsics, as the C library has it, because no compiler finds it by itself.
 */
#ifdef __aarch64__
#pragma GCC target("arch=armv8.2-a+sve")
#endif
#pragma GCC optimize("O3", "tree-vectorize")
#include "kernels.h"
#ifdef __ARM_FEATURE_SVE
#include <arm_sve.h>
#endif

enum { COUNT = 3000, SIDE = 48, MANDELBROT_STEPS = 40, TEXT = 1200 };

static struct {
    float x[COUNT], y[COUNT], z[COUNT];
    int32_t a[COUNT], b[COUNT];
    int16_t sound[COUNT];
    int8_t p[COUNT], q[COUNT];
    uint8_t colours[3 * COUNT], gray[COUNT];
    uint32_t table[256], found[COUNT];
    double left[SIDE * SIDE], right[SIDE * SIDE], product[SIDE * SIDE];
    char text[TEXT];
} data;

/* ---- the loops ---- */

#define LOOP static __attribute__((noinline))

LOOP void axpy(float *restrict y, const float *restrict x, float a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

LOOP uint64_t count_equal(const uint8_t *p, uint8_t value, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += p[i] == value;
    return count;
}

LOOP int64_t sum_above(const int32_t *p, const int32_t *q, int32_t limit, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        if (p[i] > limit)
            sum += q[i];
    return sum;
}

LOOP int32_t dot(const int8_t *p, const int8_t *q, size_t n)
{
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i] * q[i];
    return sum;
}

LOOP void gray(uint8_t *restrict to, const uint8_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)((from[3 * i] * 77 + from[3 * i + 1] * 150 + from[3 * i + 2] * 29) >> 8);
}

LOOP void clamp(uint8_t *restrict to, const int16_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int value = (from[i] * 77 + 128) >> 8;
        to[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

LOOP void scale(float *restrict to, const int16_t *restrict from, float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] * by;
}

LOOP void divide(float *restrict to, const float *restrict p, const float *restrict q, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] > q[i] && q[i] != 0)
            to[i] = p[i] / q[i];
}

LOOP void look_up(uint32_t *restrict to, const uint8_t *restrict index,
                  const uint32_t *restrict table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = table[index[i]];
}

LOOP void mandelbrot(uint32_t *restrict to, const float *restrict re, float im, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float x = 0, y = 0;
        uint32_t steps = 0;
        for (int k = 0; k < MANDELBROT_STEPS; k++) {
            float xx = x * x, yy = y * y;
            uint32_t inside = xx + yy < 4;
            y = inside ? 2 * x * y + im : y;
            x = inside ? xx - yy + re[i] : x;
            steps += inside;
        }
        to[i] = steps;
    }
}

LOOP void multiply(double *restrict to, const double *restrict p, const double *restrict q)
{
    for (size_t i = 0; i < SIDE; i++)
        for (size_t k = 0; k < SIDE; k++)
            for (size_t j = 0; j < SIDE; j++)
                to[SIDE * i + j] += p[SIDE * i + k] * q[SIDE * k + j];
}

LOOP size_t length(const char *text)
{
#ifdef __ARM_FEATURE_SVE
    svbool_t all = svptrue_b8(), zero;
    size_t at = 0;
    svsetffr();
    for (;;) {
        svuint8_t bytes = svldff1_u8(all, (const uint8_t *)text + at);
        svbool_t loaded = svrdffr_z(all);
        if (svptest_last(all, loaded)) {
            zero = svcmpeq_n_u8(all, bytes, 0);
            if (svptest_any(all, zero))
                return at + svcntp_b8(all, svbrkb_b_z(all, zero));
            at += svcntb();
        } else {
            zero = svcmpeq_n_u8(loaded, bytes, 0);
            if (svptest_any(loaded, zero))
                return at + svcntp_b8(all, svbrkb_b_z(loaded, zero));
            svsetffr();
            at += svcntp_b8(all, loaded);
        }
    }
#else
    size_t at = 0;
    while (text[at])
        at++;
    return at;
#endif
}

/* ---- their data, and rounds ---- */

static void fill(void)
{
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t random = next_random(&state);
        data.x[i] = (float)(int32_t)(random & 0xffff) / 1024;
        data.y[i] = (float)(int32_t)(random >> 16 & 0x7) / 8;
        data.a[i] = (int32_t)random;
        data.b[i] = (int32_t)(random >> 32);
        data.sound[i] = (int16_t)(random >> 20);
        data.p[i] = (int8_t)random;
        data.q[i] = (int8_t)(random >> 40);
        data.table[i % 256] = (uint32_t)(random >> 16);
    }
    for (size_t i = 0; i < sizeof(data.colours); i++)
        data.colours[i] = (uint8_t)(next_random(&state) >> 12);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        data.left[i] = (double)(next_random(&state) & 255) / 16;
        data.right[i] = (double)(next_random(&state) & 255) / 16;
        data.product[i] = 0;
    }
}

static uint64_t fold_floats(uint64_t sum, const float *value)
{
    for (size_t i = 0; i < COUNT; i++)
        sum = fold(sum, double_bits((double)value[i]));
    return sum;
}

static uint64_t run_axpy(unsigned rounds)
{
    fill();
    for (unsigned i = 0; i < 100 * rounds; i++)
        axpy(data.y, data.x, i % 2 ? 0.25f : -0.25f, COUNT);
    return fold_floats(0, data.y);
}

static uint64_t run_count(unsigned rounds)
{
    uint64_t sum = 0;
    fill();
    for (unsigned i = 0; i < 100 * rounds; i++)
        sum = fold(sum, count_equal(data.colours, (uint8_t)i, COUNT));
    return sum;
}

static uint64_t run_select(unsigned rounds)
{
    uint64_t sum = 0;
    fill();
    for (unsigned i = 0; i < 100 * rounds; i++)
        sum = fold(sum, (uint64_t)sum_above(data.a, data.b, (int32_t)(i * 123456789u), COUNT));
    return sum;
}

static uint64_t run_dot(unsigned rounds)
{
    uint64_t sum = 0;
    fill();
    for (unsigned i = 0; i < 100 * rounds; i++)
        sum = fold(sum, (uint64_t)dot(data.p, data.q + i % 16, COUNT - 16));
    return sum;
}

static uint64_t run_gray(unsigned rounds)
{
    uint64_t sum = 0;
    fill();
    for (unsigned i = 0; i < 20 * rounds; i++) {
        gray(data.gray, data.colours + i % 16 * 3, COUNT - 16);
        sum = fold(sum, data.gray[i % (COUNT - 16)]);
    }
    return sum;
}

static uint64_t run_clamp(unsigned rounds)
{
    uint64_t sum = 0;
    fill();
    for (unsigned i = 0; i < 100 * rounds; i++) {
        clamp(data.gray, data.sound + i % 16, COUNT - 16);
        sum = fold(sum, data.gray[i % (COUNT - 16)]);
    }
    return sum;
}

static uint64_t run_convert(unsigned rounds)
{
    fill();
    for (unsigned i = 0; i < 100 * rounds; i++)
        scale(data.y + i % 16, data.sound, 1.0f / 128, COUNT - 16);
    return fold_floats(0, data.y);
}

static uint64_t run_divide(unsigned rounds)
{
    fill();
    for (unsigned i = 0; i < 50 * rounds; i++) {
        divide(data.z, data.x + i % 16, data.y, COUNT - 16);
        data.y[i % COUNT] = (float)(i % 4);
    }
    return fold_floats(0, data.z);
}

static uint64_t run_table(unsigned rounds)
{
    uint64_t sum = 0;
    fill();
    for (unsigned i = 0; i < 20 * rounds; i++) {
        look_up(data.found, data.colours + i % 16, data.table, COUNT);
        sum = fold(sum, data.found[i % COUNT]);
    }
    return sum;
}

static uint64_t run_mandelbrot(unsigned rounds)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        data.x[i] = -2 + (float)i / 1024;
    for (unsigned i = 0; i < rounds; i++) {
        mandelbrot(data.found, data.x, (float)(i % 64) / 64, COUNT);
        for (size_t k = 0; k < COUNT; k++)
            sum = fold(sum, data.found[k]);
    }
    return sum;
}

static uint64_t run_matmul(unsigned rounds)
{
    uint64_t sum = 0;
    fill();
    for (unsigned i = 0; i < rounds; i++)
        multiply(data.product, data.left, data.right);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        sum = fold(sum, double_bits(data.product[i]));
    return sum;
}

static uint64_t run_strlen(unsigned rounds)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < TEXT - 1; i++)
        data.text[i] = (char)('a' + i % 26);
    for (unsigned i = 0; i < 1000 * rounds; i++) {
        size_t end = i % 8 ? 20 + i % 40 : TEXT - 1;
        char was = data.text[end];
        data.text[end] = 0;
        sum = fold(sum, length(data.text + i % 16));
        data.text[end] = was;
    }
    return sum;
}

const struct kernel sve_kernels[] = {
    {"sve-axpy", "sve", 80, run_axpy},
    {"sve-count", "sve", 150, run_count},
    {"sve-select", "sve", 25, run_select},
    {"sve-dot", "sve", 200, run_dot},
    {"sve-gray", "sve", 200, run_gray},
    {"sve-clamp", "sve", 60, run_clamp},
    {"sve-convert", "sve", 60, run_convert},
    {"sve-divide", "sve", 60, run_divide},
    {"sve-table", "sve", 100, run_table},
    {"sve-mandelbrot", "sve", 40, run_mandelbrot},
    {"sve-matmul", "sve", 160, run_matmul},
    {"sve-strlen", "sve", 600, run_strlen},
    {0},
};
