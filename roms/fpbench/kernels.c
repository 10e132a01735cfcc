/*
 * The work of fpbench. It includes nothing of the bare-metal library and touches no hardware, so
 * the same file compiles for the host, whose results are the expected ones: host.c.
 *
 * Each kernel is IEEE 754 arithmetic in a fixed order, so its result has one correct bit pattern:
 * scalar code, no fused multiply-add unless it is asked for by name, no vectorising.
 */
#include "kernels.h"

static uint64_t bits_of_double(double d)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &d, sizeof(bits));
    return bits;
}

static uint32_t bits_of_float(float f)
{
    uint32_t bits;
    __builtin_memcpy(&bits, &f, sizeof(bits));
    return bits;
}

/* One step of FNV-1a on 64 bits at a time: enough to notice one wrong bit. */
static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x100000001b3ul;
}

/* ---- n-body: the sun and four planets under gravity; division and square root ---- */

#define BODIES 5

struct body {
    double x, y, z, vx, vy, vz, mass;
};

/* Round numbers in the solar system's proportions (astronomical units, days, solar masses). */
static const struct body solar_system[BODIES] = {
    {0, 0, 0, 0, 0, 0, 1.0},
    {5.2, 0.1, -0.12, -0.0003, 0.0075, 0.00001, 0.00095},
    {-9.1, 2.4, 0.3, -0.0017, -0.0051, 0.00012, 0.00029},
    {12.0, -15.5, -0.2, 0.0031, 0.0022, -0.00003, 0.000044},
    {17.5, -24.1, 0.1, 0.0025, 0.0018, -0.00009, 0.000052},
};

#define GRAVITY 0.000295912208 /* in those units */

static void bodies_advance(struct body *bodies, double step)
{
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            struct body *a = &bodies[i], *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz;
            double pull = GRAVITY * step / (square * __builtin_sqrt(square));
            a->vx -= dx * b->mass * pull;
            a->vy -= dy * b->mass * pull;
            a->vz -= dz * b->mass * pull;
            b->vx += dx * a->mass * pull;
            b->vy += dy * a->mass * pull;
            b->vz += dz * a->mass * pull;
        }
    for (int i = 0; i < BODIES; i++) {
        bodies[i].x += step * bodies[i].vx;
        bodies[i].y += step * bodies[i].vy;
        bodies[i].z += step * bodies[i].vz;
    }
}

static uint64_t nbody(unsigned steps)
{
    struct body bodies[BODIES];
    uint64_t sum = 0;

    for (int i = 0; i < BODIES; i++)
        bodies[i] = solar_system[i];
    for (unsigned i = 0; i < steps; i++)
        bodies_advance(bodies, 1.0);
    for (int i = 0; i < BODIES; i++) {
        sum = mix(sum, bits_of_double(bodies[i].x));
        sum = mix(sum, bits_of_double(bodies[i].vy));
        sum = mix(sum, bits_of_double(bodies[i].vz));
    }
    return sum;
}

/* ---- matrix multiplication in both precisions; multiply and add ---- */

#define ORDER 48

static uint64_t matrix_double(unsigned rounds)
{
    static double a[ORDER][ORDER], b[ORDER][ORDER], c[ORDER][ORDER];
    uint64_t sum = 0;

    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) {
            a[i][j] = 1.0 / (i + j + 1);
            b[i][j] = (i - j) / 7.0;
        }
    for (unsigned round = 0; round < rounds; round++) {
        for (int i = 0; i < ORDER; i++)
            for (int j = 0; j < ORDER; j++) {
                double dot = 0;
                for (int k = 0; k < ORDER; k++)
                    dot += a[i][k] * b[k][j];
                c[i][j] = dot;
            }
        for (int i = 0; i < ORDER; i++)
            for (int j = 0; j < ORDER; j++)
                a[i][j] = c[i][j] * 0.0625 + 1.0 / (i + j + 1);
    }
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++)
            sum = mix(sum, bits_of_double(a[i][j]));
    return sum;
}

static uint64_t matrix_float(unsigned rounds)
{
    static float a[ORDER][ORDER], b[ORDER][ORDER], c[ORDER][ORDER];
    uint64_t sum = 0;

    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++) {
            a[i][j] = 1.0f / (float)(i + j + 1);
            b[i][j] = (float)(i - j) / 7.0f;
        }
    for (unsigned round = 0; round < rounds; round++) {
        for (int i = 0; i < ORDER; i++)
            for (int j = 0; j < ORDER; j++) {
                float dot = 0;
                for (int k = 0; k < ORDER; k++)
                    dot += a[i][k] * b[k][j];
                c[i][j] = dot;
            }
        for (int i = 0; i < ORDER; i++)
            for (int j = 0; j < ORDER; j++)
                a[i][j] = c[i][j] * 0.0625f + 1.0f / (float)(i + j + 1);
    }
    for (int i = 0; i < ORDER; i++)
        for (int j = 0; j < ORDER; j++)
            sum = mix(sum, bits_of_float(a[i][j]));
    return sum;
}

/* ---- Mandelbrot: compare and branch on floating-point values, conversions ---- */

static uint64_t mandelbrot(unsigned limit)
{
    enum { WIDTH = 96, HEIGHT = 64 };
    uint64_t sum = 0;

    for (int row = 0; row < HEIGHT; row++)
        for (int column = 0; column < WIDTH; column++) {
            double cx = -2.0 + 3.0 * column / WIDTH, cy = -1.0 + 2.0 * row / HEIGHT;
            double x = 0, y = 0;
            unsigned n = 0;
            for (; n < limit && x * x + y * y <= 4.0; n++) {
                double next = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = next;
            }
            sum = mix(sum, n);
            sum = mix(sum, bits_of_double(x));
        }
    return sum;
}

/* ---- a mixture: what the others leave out, in places where results are easily wrong ---- */

static uint64_t mixture(unsigned rounds)
{
    uint64_t sum = 0, random = 88172645463325252ul;

    for (unsigned i = 0; i < rounds; i++) {
        random ^= random << 13; /* xorshift */
        random ^= random >> 7;
        random ^= random << 17;
        double d = (double)(int64_t)random * 0x1p-40; /* rounds: 64 bits into 53 */
        float f = (float)d;                           /* and into 24 */
        double tiny = d * 0x1p-1040;                  /* subnormal: some bits are lost */
        double fused = __builtin_fma(d, d, -d * d);   /* what the rounding of d * d lost */
        double root = __builtin_sqrt(__builtin_fabs(tiny));
        sum = mix(sum, bits_of_double(d / 3.0));
        sum = mix(sum, bits_of_float(f / 3.0f));
        sum = mix(sum, bits_of_float(__builtin_sqrtf(__builtin_fabsf(f))));
        sum = mix(sum, bits_of_double(tiny));
        sum = mix(sum, bits_of_double(fused));
        sum = mix(sum, bits_of_double(root));
        sum = mix(sum, (uint64_t)(int64_t)d); /* truncates */
        sum = mix(sum, (uint64_t)(int32_t)(f * 0x1p-10f));
        sum = mix(sum, bits_of_double((double)random)); /* unsigned */
        sum = mix(sum, bits_of_float((float)(uint32_t)random));
        sum = mix(sum, (uint64_t)(d < (double)f) << 1 | (d > tiny));
    }
    return sum;
}

/* The expected checksums are those of an x86-64 host (host.c prints them) and of QEMU. */
const struct kernel kernels[] = {
    {"n-body, double", nbody, 20000, 0x747bfb1d0ea4d968},
    {"matrix, double", matrix_double, 20, 0xbbbdd4299849e259},
    {"matrix, float", matrix_float, 20, 0xb836b608a5b30fbe},
    {"Mandelbrot, double", mandelbrot, 256, 0xd333378a90cf6c8a},
    {"mixture", mixture, 20000, 0xe44210ef1231f155},
};
const unsigned kernels_count = sizeof(kernels) / sizeof(kernels[0]);
