/*
 * The pictures of the demo on the host, from the same source.
 *
 *   roms_demo_host                              the checksums of the self test; exit code 1 if
 * wrong roms_demo_host SCENE WIDTH HEIGHT CALLS MS > picture.ppm scene 0 to 3 after so many calls,
 * MS apart
 */
#include "selftest.h"
#include <stdio.h>
#include <stdlib.h>

static int check_sums(void)
{
    static uint32_t pixels[SELFTEST_WIDTH * SELFTEST_HEIGHT];
    int wrong = 0;

    for (unsigned i = 0; i < SELFTEST_COUNT; i++) {
        struct selftest t = selftest_run(i, pixels);
        printf("%-16s %08x%s\n", t.name, t.sum, t.sum == t.expected ? "" : "  not as expected");
        wrong |= t.sum != t.expected;
    }
    return wrong;
}

int main(int argc, char **argv)
{
    static const struct scene *const scenes[] = {&scene_starfield, &scene_plasma, &scene_mandelbrot,
                                                 &scene_life};
    if (argc != 6)
        return check_sums();

    int width = atoi(argv[2]), height = atoi(argv[3]), calls = atoi(argv[4]), ms = atoi(argv[5]);
    const struct scene *scene = scenes[atoi(argv[1]) & 3];
    struct canvas canvas = {malloc((size_t)width * (size_t)height * 4), width, height, width,
                            calloc((size_t)height, 1)};
    if (!canvas.pixels || !canvas.dirty)
        return 2;
    scene->start(&canvas);
    for (int i = 0; i < calls; i++)
        scene->frame(&canvas, (uint32_t)(i * ms));
    printf("P6\n%d %d\n255\n", width, height);
    for (int i = 0; i < width * height; i++) {
        uint32_t p = canvas.pixels[i];
        putchar(p >> 16 & 0xff);
        putchar(p >> 8 & 0xff);
        putchar(p & 0xff);
    }
    free(canvas.pixels);
    free(canvas.dirty);
    return 0;
}
