/* Draws the scenes without a screen and compares their sums: see selftest.h. */
#include "selftest.h"

/* FNV-1a, a pixel at a time: notices one wrong bit, and is done soon on a slow machine. */
static uint32_t sum_of(const uint32_t *pixels, size_t count)
{
    uint64_t sum = 0xcbf29ce484222325;

    for (size_t i = 0; i < count; i++)
        sum = (sum ^ pixels[i]) * 0x100000001b3;
    return (uint32_t)(sum ^ sum >> 32);
}

static void draw_letters(struct canvas *canvas)
{
    char line[] = " ";

    for (int i = 0; i < 95; i++) {
        line[0] = (char)(' ' + i);
        canvas_text_shaded(canvas, i % 19 * 24, i / 19 * 36, 4, 0xffffffff, 0xff00a0ff, 0xff101010,
                           line);
    }
}

struct selftest selftest_run(unsigned index, uint32_t *pixels)
{
    static const struct {
        const struct scene *scene;
        unsigned frames;
        uint32_t expected;
    } cases[SELFTEST_COUNT] = {
        {NULL, 0, 0x98f0baa3},          {&scene_starfield, 30, 0x373c7c0e},
        {&scene_plasma, 5, 0xbb7e2454}, {&scene_mandelbrot, 180, 0x9d3538f2},
        {&scene_life, 25, 0x7ed7edf7},
    };
    static uint8_t dirty[SELFTEST_HEIGHT];
    struct canvas canvas = {pixels, SELFTEST_WIDTH, SELFTEST_HEIGHT, SELFTEST_WIDTH, dirty};

    canvas_fill(&canvas, 0, 0, SELFTEST_WIDTH, SELFTEST_HEIGHT, 0xff000000);
    if (cases[index].scene) {
        cases[index].scene->start(&canvas);
        for (unsigned i = 0; i < cases[index].frames; i++)
            cases[index].scene->frame(&canvas, i * 40);
    } else {
        draw_letters(&canvas);
    }
    return (struct selftest){cases[index].scene ? cases[index].scene->name : "Letters",
                             sum_of(pixels, SELFTEST_WIDTH * SELFTEST_HEIGHT),
                             cases[index].expected};
}
