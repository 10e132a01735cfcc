/*
 * The Mandelbrot set in fixed point: how many steps of z = z * z + c does it take until |z| > 4?
 *
 * Numbers have 54 bits after the point, so the range is -512 to 512, and a product of two needs 128
 * bits: on AArch64 MUL for the lower half and SMULH for the upper. The picture is drawn in blocks
 * of 8, then 4, 2 and 1 pixels, and then the next, closer one follows.
 */
#include "scenes.h"

#define FRACTION 54
#define ONE      ((int64_t)1 << FRACTION)

/* n * 10^-15 as a fixed-point number, by the compiler */
#define NUMBER(n) ((int64_t)((__int128)(n)*ONE / 1000000000000000))

static const struct {
    int64_t x, y;
    unsigned zooms; /* how often to halve twice: to a 4th, a 16th ... of the first picture */
} places[] = {
    {NUMBER(-743643887037151), NUMBER(131825904205330), 8},
    {NUMBER(-1749759145130367), 0, 5},
    {NUMBER(-101096363845620), NUMBER(956286510809140), 8},
    {NUMBER(281717921930775), NUMBER(577105200000000), 7},
};

/* What is being drawn. */
static struct {
    unsigned place, zoom, limit;
    int block, row;   /* the pass, and where it has come to */
    uint32_t done_at; /* when the picture was complete; 0: it is not yet */
    int64_t left, top, step;
    uint32_t colours[512];
} m;

static int64_t times(int64_t a, int64_t b)
{
    return (int64_t)((__int128)a * b >> FRACTION);
}

static void view(const struct canvas *canvas)
{
    int64_t width = 3 * ONE >> (2 * m.zoom); /* three units wide at first */
    int64_t x = m.zoom ? places[m.place].x : -ONE * 3 / 4, y = m.zoom ? places[m.place].y : 0;

    m.step = width / canvas->width;
    if (m.step * canvas->height < 5 * (width / 3) / 2 && m.zoom == 0) /* the set is 2.5 high */
        m.step = 5 * ONE / 2 / canvas->height;
    m.left = x - m.step * (canvas->width / 2);
    m.top = y - m.step * (canvas->height / 2);
    m.limit = 128 + 80 * m.zoom;
    m.block = canvas->width >= 400 ? 8 : 2;
    m.row = 0;
    m.done_at = 0;
}

static void mandelbrot_start(struct canvas *canvas)
{
    m.place = m.zoom = 0;
    for (unsigned i = 0; i < 512; i++)
        m.colours[i] = colour_mix(rainbow(i / 2 + 150), i & 256 ? 0xff000010 : 0xfffff8e0,
                                  (unsigned)(i & 256 ? sine(i * 2 - 512) : sine(i * 2)) * 3 / 5);
    view(canvas);
}

/* log2 of a fixed-point number above 1, times 256: the position of the top bit, and a straight line
 * between the powers of two. */
static unsigned log2_256(uint64_t a)
{
    unsigned top = 63 - (unsigned)__builtin_clzll(a);
    return (top - FRACTION) * 256 + (unsigned)(a >> (top - 8) & 255);
}

static uint32_t point(int64_t cx, int64_t cy)
{
    int64_t x = 0, y = 0, xx = 0, yy = 0;
    unsigned n = 0;

    /* The two largest parts of the set, known by their equations: no need to count to the limit. */
    int64_t q = times(cx - ONE / 4, cx - ONE / 4) + times(cy, cy);
    if (times(q, q + cx - ONE / 4) <= times(cy, cy) / 4 ||
        times(cx + ONE, cx + ONE) + times(cy, cy) <= ONE / 16)
        return 0xff000000;
    for (; n < m.limit && xx + yy <= 16 * ONE; n++) {
        y = 2 * times(x, y) + cy;
        x = xx - yy + cx;
        xx = times(x, x);
        yy = times(y, y);
    }
    if (n == m.limit)
        return 0xff000000;
    /* Between n and n + 1: by how much |z|^2 went beyond. log2 |z|^2 is 4 to about 8.5 here. */
    unsigned over = log2_256((uint64_t)(xx + yy));
    unsigned part = over > 1024 ? (over - 1024) / 4 : 0;
    unsigned index = n * 12 + 12 - part * 12 / 256;
    return m.colours[index & 511];
}

/* One row of blocks. In the passes after the first, three of four blocks are new. */
static void draw_row(struct canvas *canvas, bool first_pass)
{
    bool old_row = !first_pass && m.row % (2 * m.block) == 0;

    for (int column = 0; column < canvas->width; column += m.block) {
        if (old_row && column % (2 * m.block) == 0)
            continue;
        uint32_t colour = point(m.left + m.step * column, m.top + m.step * m.row);
        canvas_fill(canvas, column, m.row, m.block, m.block, colour);
    }
}

static bool mandelbrot_frame(struct canvas *canvas, uint32_t ms)
{
    if (m.block == 0) { /* complete: two seconds to look at it */
        if (m.done_at == 0)
            m.done_at = ms;
        if (ms - m.done_at < 2000)
            return false;
        if (m.zoom++ == places[m.place].zooms) {
            m.zoom = 0;
            m.place = (m.place + 1) % (sizeof(places) / sizeof(places[0]));
        }
        view(canvas);
    }
    draw_row(canvas, m.block == (canvas->width >= 400 ? 8 : 2));
    m.row += m.block;
    if (m.row >= canvas->height) {
        m.row = 0;
        m.block /= 2;
    }
    return m.block != 0;
}

const struct scene scene_mandelbrot = {
    .name = "Mandelbrot set",
    .about = {"54 bits after the point; MUL and SMULH make each product. Coarse",
              "blocks come first, finer ones as fast as the instructions run."},
    .start = mandelbrot_start,
    .frame = mandelbrot_frame,
};
