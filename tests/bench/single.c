/* Scalar floating point in single precision, mixed with integers: two small programs. */
#include <stdbool.h>
#include "kernels.h"

/* ---- raytrace: spheres over a chequered floor, with shadows and mirrors ---- */

struct vec {
    float x, y, z;
};
struct sphere {
    struct vec centre;
    float radius, mirror;
    uint32_t colour;
};
enum { SPHERES = 6, PICTURE = 48 };
static struct sphere spheres[SPHERES];
static const struct vec light = {0.48f, 0.8f, -0.36f}; /* where it comes from, of length 1 */

static struct vec along(struct vec from, struct vec way, float t)
{
    return (struct vec){from.x + t * way.x, from.y + t * way.y, from.z + t * way.z};
}

static float dot(struct vec a, struct vec b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

/* The nearest sphere that a ray of length 1 hits, and how far away; -1 for none. */
static int hit_sphere(struct vec from, struct vec way, float *distance)
{
    int nearest = -1;
    *distance = 1e9f;
    for (int i = 0; i < SPHERES; i++) {
        struct vec to = along(spheres[i].centre, from, -1);
        float middle = dot(to, way);
        float square = spheres[i].radius * spheres[i].radius - dot(to, to) + middle * middle;
        if (square < 0)
            continue;
        float t = middle - __builtin_sqrtf(square);
        if (t > 1e-3f && t < *distance) {
            *distance = t;
            nearest = i;
        }
    }
    return nearest;
}

static uint32_t shade(uint32_t colour, float by)
{
    uint32_t shaded = 0;
    for (int shift = 0; shift < 24; shift += 8)
        shaded |= (uint32_t)((float)(colour >> shift & 255) * by) << shift;
    return shaded;
}

static uint32_t trace(struct vec from, struct vec way, int depth)
{
    float t, unused;
    int i = hit_sphere(from, way, &t);
    if (i < 0 && way.y >= -0.01f)
        return 0x8090ff;
    if (i < 0) { /* the floor, at height 0 */
        struct vec at = along(from, way, -from.y / way.y);
        bool dark = ((int)(at.x + 1000) ^ (int)(at.z + 1000)) & 1;
        uint32_t colour = dark ? 0x202020 : 0xe0e0d0;
        return hit_sphere(at, light, &unused) < 0 ? colour : shade(colour, 0.3f);
    }
    const struct sphere *sphere = &spheres[i];
    struct vec at = along(from, way, t), normal = along(at, sphere->centre, -1);
    normal = along((struct vec){0, 0, 0}, normal, 1 / sphere->radius);
    float bright = dot(normal, light);
    if (bright < 0 || hit_sphere(at, light, &unused) >= 0)
        bright = 0;
    uint32_t colour = shade(sphere->colour, (0.2f + 0.8f * bright) * (1 - sphere->mirror));
    if (depth > 0 && sphere->mirror > 0) {
        uint32_t seen = trace(at, along(way, normal, -2 * dot(way, normal)), depth - 1);
        colour += shade(seen, sphere->mirror);
    }
    return colour;
}

static uint64_t run_raytrace(unsigned rounds)
{
    uint64_t sum = 0;
    for (int i = 0; i < SPHERES; i++) {
        float n = (float)i;
        spheres[i] = (struct sphere){{n - 2.5f, 0.5f + 0.2f * n, 4 + (float)(i * 7 % 5)},
                                     0.5f + 0.1f * n,
                                     i & 1 ? 0.5f : 0.0f,
                                     0x4060a0u + 0x151a0bu * (uint32_t)i};
    }
    for (unsigned r = 0; r < rounds; r++) {
        for (int y = 0; y < PICTURE; y++) {
            for (int x = 0; x < PICTURE; x++) {
                struct vec way = {(float)(x - PICTURE / 2) / PICTURE,
                                  (float)(PICTURE / 2 - y) / PICTURE, 1};
                way = along((struct vec){0, 0, 0}, way, 1 / __builtin_sqrtf(dot(way, way)));
                sum = fold(sum, trace((struct vec){0, 1.2f, (float)(r % 16) / 16}, way, 3));
            }
        }
    }
    return sum;
}

/* ---- audio: 16-bit samples through four filters, and back with saturation ---- */

enum { SAMPLES = 4096, FILTERS = 4 };
static int16_t samples[SAMPLES];

/* The second-order filter of digital audio in its transposed direct form. */
struct filter {
    float b0, b1, b2, a1, a2; /* coefficients */
    float s1, s2;             /* state */
};

static float filter_next(struct filter *f, float x)
{
    float y = f->b0 * x + f->s1;
    f->s1 = f->b1 * x - f->a1 * y + f->s2;
    f->s2 = f->b2 * x - f->a2 * y;
    return y;
}

static uint64_t run_audio(unsigned rounds)
{
    struct filter filters[FILTERS] = {{0.9f, -1.8f, 0.9f, -1.79f, 0.81f, 0, 0},
                                      {1.1f, -1.5f, 0.6f, -1.5f, 0.7f, 0, 0},
                                      {1.2f, -0.8f, 0.4f, -0.8f, 0.6f, 0, 0},
                                      {0.3f, 0.6f, 0.3f, -0.1f, 0.3f, 0, 0}};
    uint64_t seed = 17, sum = 0;
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < SAMPLES; i++)
            samples[i] = (int16_t)((i * 200 & 0x7fff) - 0x4000 + (int)(next_random(&seed) >> 52));
        for (int i = 0; i < SAMPLES; i++) {
            float x = (float)samples[i] / 32768;
            for (int f = 0; f < FILTERS; f++)
                x = filter_next(&filters[f], x);
            x *= 32768;
            samples[i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : (int)x);
        }
        sum = fold(sum, (uint64_t)samples[r % SAMPLES]);
    }
    return sum;
}

const struct kernel single_kernels[] = {
    {"raytrace", "float", 250, run_raytrace},
    {"audio", "float", 800, run_audio},
    {0},
};
