/*
 * Pixels in memory, which lines of them have changed, and text on them. Nothing here touches
 * hardware: the same files compile for the host (host.c) to look at and to check the pictures.
 */
#ifndef DEMO_CANVAS_H
#define DEMO_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A rectangle of pixels, 0xffrrggbb each, top left first. */
struct canvas {
    uint32_t *pixels;
    int width, height;
    int stride;     /* pixels from one line to the next */
    uint8_t *dirty; /* one byte for each line: changed since the last time it was shown */
};

extern const uint8_t font[95][8]; /* ' ' to '~'; bit 4 is the leftmost pixel */

#define FONT_WIDTH  6 /* with the gap between letters */
#define FONT_HEIGHT 9 /* with the gap between lines */

/* The part of a canvas that scenes draw on; shares pixels and dirty lines. */
struct canvas canvas_part(const struct canvas *whole, int x, int y, int width, int height);

void canvas_fill(struct canvas *canvas, int x, int y, int width, int height, uint32_t colour);

static inline void canvas_put(struct canvas *canvas, int x, int y, uint32_t colour)
{
    if ((unsigned)x < (unsigned)canvas->width && (unsigned)y < (unsigned)canvas->height) {
        canvas->pixels[(ptrdiff_t)y * canvas->stride + x] = colour;
        canvas->dirty[y] = 1;
    }
}

/* Text in letters enlarged `scale` times (1, 2, 4 or 8), over `paper`; clipped at the edges.
 * Returns the x after it. */
int canvas_text(struct canvas *canvas, int x, int y, int scale, uint32_t ink, uint32_t paper,
                const char *text);
/* The same in ink that changes from top to bottom. */
int canvas_text_shaded(struct canvas *canvas, int x, int y, int scale, uint32_t top,
                       uint32_t bottom, uint32_t paper, const char *text);

/* The colour `part`/256 of the way from a to b. */
static inline uint32_t colour_mix(uint32_t a, uint32_t b, unsigned part)
{
    uint32_t rb = ((a & 0xff00ff) * (256 - part) + (b & 0xff00ff) * part) >> 8 & 0xff00ff;
    uint32_t g = ((a & 0x00ff00) * (256 - part) + (b & 0x00ff00) * part) >> 8 & 0x00ff00;
    return 0xff000000 | rb | g;
}

#endif
