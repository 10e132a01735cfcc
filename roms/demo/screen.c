/*
 * The demo on a framebuffer. Everything is drawn into a copy in RAM; lines that changed are marked
 * there and copied to the screen once a frame, so nobody sees half a picture, and an emulator that
 * watches the video memory has only those lines to redraw.
 */
#include "show.h"

#define PAPER     0xff0b0e14
#define INK       0xffd5dcf0
#define INK_DIM   0xff7c86a8
#define INK_TEAL  0xff4fd6be
#define INK_BLUE  0xff5b8cff
#define MAX_LINES 16384

static struct framebuffer screen;
static struct canvas back, scene;
static uint8_t dirty[MAX_LINES];
static int scale;       /* of the letters: 1 or 2 */
static int line_height; /* of a line of text, in pixels */
static int margin;

bool screen_open(const struct framebuffer *fb)
{
    uint64_t ram_base = RAM_BASE, ram_size = 0;
    uint64_t copy = ((uint64_t)image_end + 0xffff) & ~0xfffful;

    screen = *fb;
    fdt_property_reg(fdt_find_name("memory"), &ram_base, &ram_size);
    back =
        (struct canvas){(uint32_t *)copy, fb->width, fb->height, fb->width + fb->width % 2, dirty};
    if (copy + (uint64_t)back.stride * (uint64_t)fb->height * 4 > ram_base + ram_size) {
        back.pixels = (uint32_t *)fb->base; /* no room for a copy: draw in the open */
        back.stride = fb->stride / 4;
    }
    scale = fb->width >= 900 && fb->height >= 600 ? 2 : 1;
    line_height = FONT_HEIGHT * scale + 2 * scale;
    margin = 12 * scale;
    int top = 4 * line_height, bottom = 5 * line_height;
    scene = canvas_part(&back, 0, top, fb->width, fb->height - top - bottom);
    return true;
}

static void text(int x, int y, int size, uint32_t ink, const char *words)
{
    canvas_text(&back, x, y, size, ink, PAPER, words);
}

/* A line whose colour changes from left to right. */
static void rule(int y)
{
    for (int x = 0; x < back.width; x++)
        canvas_fill(&back, x, y, 1, scale,
                    colour_mix(INK_TEAL, INK_BLUE, (unsigned)(x * 256 / back.width)));
}

void screen_clear(void)
{
    int top = 4 * line_height;
    char *word = "ulna";

    canvas_fill(&back, 0, 0, back.width, back.height, PAPER);
    int x = canvas_text_shaded(&back, margin, (top - FONT_HEIGHT * 4 * scale) / 2 + scale,
                               4 * scale, INK_TEAL, INK_BLUE, PAPER, word);
    text(x + margin, line_height - 2 * scale, scale, INK, TITLE);
    text(x + margin, 2 * line_height, scale, INK_DIM, SUBTITLE);
    rule(top - scale);
    rule(scene.height + top);
    text(margin, back.height - line_height - 2 * scale, scale, INK_DIM, KEYS);
}

struct canvas *screen_scene(void)
{
    return &scene;
}

void screen_caption(const struct caption *caption, bool all)
{
    int y = 4 * line_height + scene.height + 4 * scale;
    int x = margin + 16 * FONT_WIDTH * scale;

    if (all) {
        canvas_fill(&back, 0, y, back.width, 2 * line_height, PAPER);
        text(margin, y, scale, INK_TEAL, caption->name);
        text(x, y, scale, INK, caption->about[0]);
        text(x, y + line_height, scale, INK, caption->about[1]);
    }
    text(x, y + 2 * line_height + 4 * scale, scale, INK_TEAL, caption->counters);
}

void screen_page_line(unsigned index, const char *label, const char *words)
{
    int space = scene.height / (MACHINE_LINES + 1);
    int y = space / 2 + space * (int)index;
    char padded[88];

    format_text(padded, sizeof(padded), "%-66s", words);
    canvas_text(&scene, margin, y, scale, INK_DIM, PAPER, label);
    canvas_text(&scene, margin + 16 * FONT_WIDTH * scale, y, scale, INK, PAPER, padded);
}

/* Copies a line, 32 bytes at a time as far as they go. */
static void copy_line(uint64_t *to, const uint64_t *from, int pixels)
{
    int i = 0;

    for (; i + 8 <= pixels; i += 8, to += 4, from += 4) {
        uint64_t a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
    for (; i < pixels; i++)
        ((uint32_t *)to)[i & 7] = ((const uint32_t *)from)[i & 7];
}

unsigned screen_show(void)
{
    unsigned changed = 0;

    for (int y = 0; y < back.height; y++) {
        if (!dirty[y])
            continue;
        dirty[y] = 0;
        changed++;
        if (back.pixels != (uint32_t *)screen.base)
            copy_line((uint64_t *)(screen.base + (uint64_t)y * (uint64_t)screen.stride),
                      (const uint64_t *)(back.pixels + (ptrdiff_t)y * back.stride), back.width);
    }
    return changed;
}
