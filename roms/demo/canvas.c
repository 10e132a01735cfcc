/* Rectangles, text and images in a picture of 32-bit pixels: see canvas.h. */
#include "canvas.h"

struct canvas canvas_part(const struct canvas *whole, int x, int y, int width, int height)
{
    return (struct canvas){.pixels = whole->pixels + (ptrdiff_t)y * whole->stride + x,
                           .width = width,
                           .height = height,
                           .stride = whole->stride,
                           .dirty = whole->dirty + y};
}

void canvas_fill(struct canvas *canvas, int x, int y, int width, int height, uint32_t colour)
{
    for (int row = y; row < y + height && row < canvas->height; row++) {
        uint32_t *line = canvas->pixels + (ptrdiff_t)row * canvas->stride;
        for (int column = x; column < x + width && column < canvas->width; column++)
            line[column] = colour;
        canvas->dirty[row] = 1;
    }
}

/* Doubles a bitmap of up to 32 by 32 pixels (bit 0 left), rounding its corners: each pixel becomes
 * four, and one of them takes the colour of two neighbours that agree across its corner. This is
 * the rule known as EPX or Scale2x. */
static void enlarge(const uint64_t *from, int size, uint64_t *to)
{
    for (int y = 0; y < size; y++) {
        uint64_t here = from[y];
        uint64_t above = y > 0 ? from[y - 1] : 0, below = y + 1 < size ? from[y + 1] : 0;
        uint64_t row[2] = {0, 0};
        for (int x = 0; x < size; x++) {
            unsigned p = here >> x & 1, a = above >> x & 1, d = below >> x & 1;
            unsigned c = x > 0 ? here >> (x - 1) & 1 : 0, b = here >> (x + 1) & 1;
            unsigned top_left = c == a && c != d && a != b ? a : p;
            unsigned top_right = a == b && a != c && b != d ? b : p;
            unsigned bottom_left = d == c && d != b && c != a ? c : p;
            unsigned bottom_right = b == d && b != a && d != c ? d : p;
            row[0] |= (uint64_t)(top_left | top_right << 1) << (2 * x);
            row[1] |= (uint64_t)(bottom_left | bottom_right << 1) << (2 * x);
        }
        to[2 * y] = row[0];
        to[2 * y + 1] = row[1];
    }
}

/* The bitmap of a letter, 8 * scale lines. */
static void letter(char c, int scale, uint64_t bitmap[64])
{
    uint64_t other[64];
    const uint8_t *rows = font[c >= ' ' && c <= '~' ? c - ' ' : '?' - ' '];

    for (int y = 0; y < 8; y++) {
        bitmap[y] = 0;
        for (int x = 0; x < 5; x++)
            bitmap[y] |= (uint64_t)(rows[y] >> (4 - x) & 1) << x;
    }
    for (int size = 8; size < 8 * scale; size *= 2) {
        for (int y = 0; y < size; y++)
            other[y] = bitmap[y];
        enlarge(other, size, bitmap);
    }
}

int canvas_text_shaded(struct canvas *canvas, int x, int y, int scale, uint32_t top,
                       uint32_t bottom, uint32_t paper, const char *text)
{
    uint64_t bitmap[64];
    int width = FONT_WIDTH * scale, height = FONT_HEIGHT * scale;

    for (; *text && x < canvas->width; text++, x += width) {
        letter(*text, scale, bitmap);
        for (int row = 0; row < height && y + row < canvas->height; row++) {
            uint32_t ink = colour_mix(top, bottom, (unsigned)(row * 256 / height));
            uint64_t bits = row < 8 * scale ? bitmap[row] : 0;
            uint32_t *line = canvas->pixels + (ptrdiff_t)(y + row) * canvas->stride + x;
            for (int column = 0; column < width && x + column < canvas->width; column++)
                line[column] = bits >> column & 1 ? ink : paper;
            canvas->dirty[y + row] = 1;
        }
    }
    return x;
}

int canvas_text(struct canvas *canvas, int x, int y, int scale, uint32_t ink, uint32_t paper,
                const char *text)
{
    return canvas_text_shaded(canvas, x, y, scale, ink, ink, paper, text);
}
