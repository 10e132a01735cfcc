#include "selftest.h"

static uint32_t crc32(const uint32_t *pixels, size_t count)
{
    uint32_t crc = ~0u;

    for (size_t i = 0; i < count; i++) {
        crc ^= pixels[i];
        for (int bit = 0; bit < 32; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
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
        {NULL, 0, 0x4dc584ca},          {&scene_starfield, 50, 0x75d39774},
        {&scene_plasma, 5, 0xda8fa5b8}, {&scene_mandelbrot, 300, 0xc572fec5},
        {&scene_life, 25, 0x28d2908c},
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
                             crc32(pixels, SELFTEST_WIDTH * SELFTEST_HEIGHT),
                             cases[index].expected};
}
