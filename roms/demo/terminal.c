/*
 * The demo in a terminal: each character cell shows two pixels, as the upper half block in one
 * colour on a background of the other. Only cells that changed are sent. The control sequences are
 * those of ECMA-48 and of xterm (24-bit colours, the alternate screen).
 */
#include "show.h"

#define MAX_COLUMNS 240
#define MAX_ROWS    100
#define ESC         "\033["
#define HALF_BLOCK  "\342\226\200" /* U+2580 in UTF-8 */
#define UNKNOWN     1u             /* a colour that no pixel has: the cell must be sent */

/* Text takes this many rows: two above the scene, five below. */
#define ROWS_ABOVE 2
#define ROWS_BELOW 5

static uint32_t pixels[2 * MAX_ROWS][MAX_COLUMNS]; /* the scene as drawn */
static uint32_t shown[2 * MAX_ROWS][MAX_COLUMNS];  /* and as sent */
static uint8_t dirty[2 * MAX_ROWS];
static struct canvas scene;
static unsigned columns = 80, rows = 24;

static void go_to(unsigned row)
{
    print(ESC "%u;1H", row);
}

static void line(unsigned row, const char *colour, const char *text)
{
    char cut[MAX_COLUMNS];

    format_text(cut, columns < sizeof(cut) ? columns : sizeof(cut), "%s", text);
    go_to(row);
    print(ESC "0m%s%s" ESC "0m" ESC "K", colour, cut);
}

void terminal_clear(void)
{
    unsigned height = 2 * (rows - ROWS_ABOVE - ROWS_BELOW);

    scene = (struct canvas){&pixels[0][0], (int)columns, (int)height, MAX_COLUMNS, dirty};
    for (unsigned y = 0; y < height; y++) {
        dirty[y] = 1;
        for (unsigned x = 0; x < columns; x++) {
            pixels[y][x] = 0xff000000;
            shown[y][x] = UNKNOWN;
        }
    }
    print(ESC "0m" ESC "2J");
    line(1, ESC "1;38;2;79;214;190m", "ulna    " TITLE);
    line(2, ESC "38;2;124;134;168m", "        " SUBTITLE);
    line(rows, ESC "38;2;124;134;168m", KEYS);
}

void terminal_open(void)
{
    /* The alternate screen, no cursor; then: go far away, and where are you? */
    print(ESC "?1049h" ESC "?25l" ESC "999;999H" ESC "6n");
    terminal_clear();
}

void terminal_close(void)
{
    print(ESC "0m" ESC "2J" ESC "?25h" ESC "?1049l");
}

void terminal_resize(unsigned new_columns, unsigned new_rows)
{
    if (new_columns < 40 || new_rows < 16)
        return;
    columns = new_columns < MAX_COLUMNS ? new_columns : MAX_COLUMNS;
    rows = new_rows < MAX_ROWS ? new_rows : MAX_ROWS;
    terminal_clear();
}

struct canvas *terminal_scene(void)
{
    return &scene;
}

void terminal_caption(const struct caption *caption, bool all)
{
    if (all) {
        line(rows - 4, ESC "38;2;79;214;190m", caption->name);
        line(rows - 3, "", caption->about[0]);
        line(rows - 2, "", caption->about[1]);
    }
    line(rows - 1, ESC "38;2;79;214;190m", caption->counters);
}

void terminal_page_line(unsigned index, const char *label, const char *text)
{
    char both[MAX_COLUMNS];

    if (index + ROWS_ABOVE + ROWS_BELOW >= rows)
        return;
    dirty[2 * index] = dirty[2 * index + 1] = 0; /* text, not pixels */
    format_text(both, sizeof(both), "%-16s%s", label, text);
    line(index + ROWS_ABOVE + 1, "", both);
}

/* Different enough to be worth forty bytes? */
static bool differs(uint32_t a, uint32_t b)
{
    int r = (int)(a >> 16 & 0xff) - (int)(b >> 16 & 0xff);
    int g = (int)(a >> 8 & 0xff) - (int)(b >> 8 & 0xff), u = (int)(a & 0xff) - (int)(b & 0xff);
    return b == UNKNOWN || (r < 0 ? -r : r) + (g < 0 ? -g : g) + (u < 0 ? -u : u) > 20;
}

static void colour(unsigned layer, uint32_t c)
{
    print(ESC "%u;2;%u;%u;%um", layer, (unsigned)(c >> 16 & 0xff), (unsigned)(c >> 8 & 0xff),
          (unsigned)(c & 0xff));
}

unsigned terminal_show(void)
{
    uint32_t ink = UNKNOWN, paper = UNKNOWN;
    unsigned changed = 0;

    for (int y = 0; y + 1 < scene.height; y += 2) {
        bool any = dirty[y] || dirty[y + 1];
        int cursor = -1; /* the column the terminal is at, in this row */
        dirty[y] = dirty[y + 1] = 0;
        for (int x = 0; any && x < scene.width; x++) {
            uint32_t upper = pixels[y][x], lower = pixels[y + 1][x];
            if (!differs(upper, shown[y][x]) && !differs(lower, shown[y + 1][x]))
                continue;
            changed += cursor < 0 ? 2 : 0;
            if (cursor != x)
                print(ESC "%d;%dH", y / 2 + ROWS_ABOVE + 1, x + 1);
            if (ink != upper)
                colour(38, ink = upper);
            if (paper != lower)
                colour(48, paper = lower);
            print(HALF_BLOCK);
            shown[y][x] = upper;
            shown[y + 1][x] = lower;
            cursor = x + 1;
        }
    }
    return changed;
}
