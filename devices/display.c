/* From written pages of video memory to lines of the picture: see display.h. */
#include "devices/display.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "mmu/bus.h"

#define BYTES_PER_PIXEL 4

bool display_init(struct display *display, struct bus *bus, struct ram_block *video, unsigned width,
                  unsigned height, struct err *err)
{
    *display = (struct display){.width = width,
                                .height = height,
                                .stride = width * BYTES_PER_PIXEL,
                                .pixels = video->host,
                                .bus = bus,
                                .video = video};
    display->dirty = calloc((video->size / PAGE_SIZE + 63) / 64, sizeof(*display->dirty));
    if (!display->dirty)
        return err_set(err, "the display cannot be set up: the host is out of memory");
    return true;
}

void display_fini(struct display *display)
{
    free(display->dirty);
    display->dirty = NULL;
}

/* Marks the lines that have bytes in the page; one beyond the picture has none. */
static bool mark_page(const struct display *display, uint64_t page, uint64_t *lines)
{
    uint64_t first = page * PAGE_SIZE / display->stride;
    uint64_t last = (page * PAGE_SIZE + PAGE_SIZE - 1) / display->stride;
    for (uint64_t line = first; line <= last && line < display->height; line++)
        lines[line / 64] |= 1ull << (line % 64);
    return first < display->height;
}

bool display_harvest(struct display *display, uint64_t *lines)
{
    bool found = false;
    memset(lines, 0, display_line_words(display) * sizeof(*lines));
    if (!bus_harvest_dirty(display->bus, display->video, display->dirty))
        return false;
    uint64_t words = (display->video->size / PAGE_SIZE + 63) / 64;
    for (uint64_t word = 0; word < words; word++) {
        for (uint64_t set = display->dirty[word]; set; set &= set - 1)
            found |= mark_page(display, word * 64 + (unsigned)__builtin_ctzll(set), lines);
    }
    return found;
}

bool display_next_lines(const struct display *display, const uint64_t *lines, unsigned *first,
                        unsigned *count)
{
    unsigned line = *first;
    while (line < display->height && !bit_get(lines[line / 64], line % 64))
        line++;
    *first = line;
    while (line < display->height && bit_get(lines[line / 64], line % 64))
        line++;
    *count = line - *first;
    return *count != 0;
}
