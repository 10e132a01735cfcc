/*
 * Starfield, plasma and the game of life, in integers: each keeps its state here, for the one
 * canvas it runs on.
 */
#include "scenes.h"

/* ---- arithmetic ---- */

int sine(unsigned angle)
{
    /* A parabola through the zeros and the top, then bent towards the true curve: 1/256 exact. */
    int x = angle & 511, s = x * (512 - x) / 256;
    s += (s * s / 256 - s) * 58 / 256;
    return angle & 512 ? -s : s;
}

uint32_t rainbow(unsigned angle)
{
    unsigned r = (unsigned)(128 + sine(angle * 4) * 127 / 256);
    unsigned g = (unsigned)(128 + sine(angle * 4 + 341) * 127 / 256);
    unsigned b = (unsigned)(128 + sine(angle * 4 + 682) * 127 / 256);
    return 0xff000000 | r << 16 | g << 8 | b;
}

static uint32_t random_state;

static uint32_t random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* ---- starfield ---- */

#define STARS     900
#define STAR_FAR  4096
#define STAR_NEAR 64

static struct star {
    int x, y, z;                          /* where it is; the viewer looks along z */
    int column, row, old_column, old_row; /* where it was drawn: a streak between the two */
    uint32_t colour;
} stars[STARS];
static uint32_t stars_time;

/* A line, of this colour or, with 0, of black: stars are few, so lines of pixels are fine. */
static void streak(struct canvas *canvas, const struct star *star, uint32_t colour)
{
    int dx = star->column - star->old_column, dy = star->row - star->old_row;
    int length = dx < 0 ? -dx : dx, height = dy < 0 ? -dy : dy;

    if (height > length)
        length = height;
    if (length > 256)
        return;
    int thick = canvas->width >= 400 && star->z < STAR_FAR / 3 ? 2 : 1;
    for (int i = 0; i <= length; i++) {
        int x = star->old_column + (length ? dx * i / length : 0);
        int y = star->old_row + (length ? dy * i / length : 0);
        uint32_t c = colour ? colour_mix(0xff000000, colour,
                                         (unsigned)(length ? 64 + 192 * i / length : 256))
                            : 0xff000000;
        for (int t = 0; t < thick * thick; t++)
            canvas_put(canvas, x + t % thick, y + t / thick, c);
    }
}

static void star_place(struct star *star, int z)
{
    star->x = (int)(random() & 0xffff) - 0x8000;
    star->y = (int)(random() & 0xffff) - 0x8000;
    star->z = z;
    uint32_t tint = random(), strength = random() % 160; /* in this order, on every machine */
    star->colour = colour_mix(0xffffffff, rainbow(tint), strength);
    star->old_column = star->old_row = -1000;
}

static void starfield_start(struct canvas *canvas)
{
    random_state = 2463534242;
    stars_time = 0;
    canvas_fill(canvas, 0, 0, canvas->width, canvas->height, 0xff000000);
    for (int i = 0; i < STARS; i++) {
        star_place(&stars[i], STAR_NEAR + (int)(random() % (STAR_FAR - STAR_NEAR)));
        stars[i].column = stars[i].row = -1000;
    }
}

static bool starfield_frame(struct canvas *canvas, uint32_t ms)
{
    uint32_t passed = ms - stars_time < 200 ? ms - stars_time : 200;
    int step = (int)passed * (320 + sine(ms / 16)) / 256;
    int stars_shown = canvas->width >= 400 ? STARS : STARS / 5;

    stars_time = ms;
    for (int i = 0; i < stars_shown; i++) {
        struct star *star = &stars[i];
        streak(canvas, star, 0);
        star->z -= step;
        bool is_new = star->z < STAR_NEAR;
        if (is_new)
            star_place(star, STAR_FAR - (int)(random() & 255));
        int scale = canvas->width; /* the field of view is as wide as it is far */
        int column = canvas->width / 2 + star->x / 32 * scale / 1024 * 512 / star->z;
        int row = canvas->height / 2 + star->y / 32 * scale / 1024 * 512 / star->z;
        star->old_column = is_new || star->column == -1000 ? column : star->column;
        star->old_row = is_new || star->row == -1000 ? row : star->row;
        star->column = column;
        star->row = row;
        unsigned light = (unsigned)(256 - star->z * 240 / STAR_FAR);
        streak(canvas, star, colour_mix(0xff000000, star->colour, light));
    }
    return false;
}

const struct scene scene_starfield = {
    .name = "Starfield",
    .about = {"Nine hundred stars, one division each for the perspective. Only",
              "lines of the screen that changed are shown again."},
    .start = starfield_start,
    .frame = starfield_frame,
};

/* ---- plasma ---- */

#define PLASMA_MAX 2048

static int16_t sines[1024];
static uint32_t palette[256];
static int16_t wave_x[PLASMA_MAX], bend_x[PLASMA_MAX];

static void plasma_start(struct canvas *canvas)
{
    (void)canvas;
    for (unsigned i = 0; i < 1024; i++)
        sines[i] = (int16_t)sine(i);
}

static bool plasma_frame(struct canvas *canvas, uint32_t ms)
{
    /* On a screen, four pixels share a value; on a terminal, each has its own. */
    int block = canvas->width >= 400 ? 2 : 1;
    int columns = canvas->width / block, rows = canvas->height / block;
    int wide = 1536 / (columns ? columns : 1) + 1; /* the same picture in every size */
    unsigned t = ms / 8;

    for (unsigned i = 0; i < 256; i++)
        palette[i] = colour_mix(rainbow(i + ms / 40), 0xff05060a,
                                (unsigned)(128 + sine(i * 12) * 100 / 256));
    if (columns > PLASMA_MAX)
        columns = PLASMA_MAX;
    for (int x = 0; x < columns; x++) {
        unsigned u = (unsigned)(x * wide);
        wave_x[x] = (int16_t)(sine(u / 2 + t) + sine(u / 3 - t / 2));
        bend_x[x] = (int16_t)(u + (unsigned)(sine(u / 2 - t) / 2));
    }
    for (int y = 0; y < rows; y++) {
        unsigned v = (unsigned)(y * wide);
        int wave = sine(v / 2 - t) + sine(v - t / 3) + 1024;
        unsigned bend = v + (unsigned)sine(v / 2 + t / 2) / 2 + t;
        uint32_t *line = canvas->pixels + (ptrdiff_t)y * block * canvas->stride;
        for (int x = 0; x < columns; x++) {
            int value = wave_x[x] + wave + sines[((unsigned)bend_x[x] + bend) & 1023];
            uint32_t colour = palette[(unsigned)value / 6 & 255];
            line[x * block] = colour;
            if (block == 2) {
                line[2 * x + 1] = colour;
                line[canvas->stride + 2 * x] = colour;
                line[canvas->stride + 2 * x + 1] = colour;
            }
        }
        for (int i = 0; i < block; i++)
            canvas->dirty[y * block + i] = 1;
    }
    return false;
}

const struct scene scene_plasma = {
    .name = "Plasma",
    .about = {"Waves added up and sent through a palette: for each point, two",
              "additions and three loads. The sines come from a parabola."},
    .start = plasma_start,
    .frame = plasma_frame,
};

/* ---- the game of life ---- */

#define LIFE_WORDS 8 /* 64 cells each: up to 512 columns */
#define LIFE_ROWS  320

typedef uint64_t life_row[LIFE_WORDS];
static life_row life_now[LIFE_ROWS], life_before[LIFE_ROWS], life_next[LIFE_ROWS];
static uint32_t life_time;
static int life_cell, life_columns, life_rows;

static void life_sow(void)
{
    for (int y = 0; y < life_rows; y++)
        for (int w = 0; w < life_columns / 64; w++) {
            uint64_t a = random(), b = random(); /* the lower halves */
            a |= (uint64_t)random() << 32;
            b |= (uint64_t)random() << 32;
            life_now[y][w] = a & b; /* one cell in four */
            life_before[y][w] = 0;
        }
}

static void life_start(struct canvas *canvas)
{
    random_state = 88675123;
    life_time = 0;
    life_cell = canvas->width >= 1024 ? canvas->width / 256 : canvas->width >= 400 ? 4 : 1;
    life_columns = canvas->width / life_cell / 64 * 64;
    if (life_columns > LIFE_WORDS * 64)
        life_columns = LIFE_WORDS * 64;
    life_rows = canvas->height / life_cell < LIFE_ROWS ? canvas->height / life_cell : LIFE_ROWS;
    canvas_fill(canvas, 0, 0, canvas->width, canvas->height, 0xff05060a);
    life_sow();
}

/* The next generation of 64 cells at once. A neighbour count in three bits, held in three words, is
 * added up like on paper: `ones`, `twos` and `fours` are the digits of 64 sums. */
static uint64_t life_word(int y, int w)
{
    int words = life_columns / 64;
    uint64_t ones = 0, twos = 0, fours = 0;

    for (int dy = -1; dy <= 1; dy++) {
        const uint64_t *row = life_now[(y + dy + life_rows) % life_rows];
        uint64_t here = row[w];
        uint64_t west = here << 1 | row[(w + words - 1) % words] >> 63;
        uint64_t east = here >> 1 | row[(w + 1) % words] << 63;
        uint64_t add[3] = {west, east, dy ? here : 0};
        for (int i = 0; i < 3; i++) {
            uint64_t carry = ones & add[i];
            ones ^= add[i];
            fours |= twos & carry; /* more than three: how many does not matter */
            twos ^= carry;
        }
    }
    /* Three neighbours: alive; two: as before. */
    return twos & ~fours & (ones | life_now[y][w]);
}

static void life_step(void)
{
    for (int y = 0; y < life_rows; y++)
        for (int w = 0; w < life_columns / 64; w++)
            life_next[y][w] = life_word(y, w);
    for (int y = 0; y < life_rows; y++)
        for (int w = 0; w < life_columns / 64; w++) {
            life_before[y][w] = life_now[y][w];
            life_now[y][w] = life_next[y][w];
        }
}

/* Cells are coloured by two generations: born, living, just died, empty. Only those whose colour
 * differs from a generation ago are drawn; `before` of then is gone, so any change counts. */
static void life_draw(struct canvas *canvas, const uint64_t *older, int y)
{
    static const uint32_t colours[4] = {0xff05060a, 0xff3a2a5e, 0xffd8f6ff, 0xff27b8a4};
    int left = (canvas->width - life_columns * life_cell) / 2;
    int size = life_cell > 2 ? life_cell - 1 : life_cell;

    for (int w = 0; w < life_columns / 64; w++) {
        uint64_t now = life_now[y][w], before = life_before[y][w];
        uint64_t changed = (now ^ before) | (before ^ older[w]);
        while (changed) {
            int bit = __builtin_ctzll(changed);
            unsigned kind = (unsigned)(now >> bit & 1) << 1 | (unsigned)(before >> bit & 1);
            changed &= changed - 1;
            canvas_fill(canvas, left + (w * 64 + bit) * life_cell, y * life_cell, size, size,
                        colours[kind]);
        }
    }
}

static bool life_frame(struct canvas *canvas, uint32_t ms)
{
    static life_row older[LIFE_ROWS];

    if (ms - life_time < 60 && ms != 0)
        return false;
    life_time = ms;
    for (int y = 0; y < life_rows; y++)
        for (int w = 0; w < life_columns / 64; w++)
            older[y][w] = life_before[y][w];
    life_step();
    for (int y = 0; y < life_rows; y++)
        life_draw(canvas, older[y], y);
    return false;
}

const struct scene scene_life = {
    .name = "Game of life",
    .about = {"A 64-bit register holds 64 cells, and their neighbours are counted",
              "all at once. White: born; green: lives; violet: has just died."},
    .start = life_start,
    .frame = life_frame,
};
