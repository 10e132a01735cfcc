/* What a front end sees of a screen: pixels in guest memory, and which lines have changed. */
#ifndef ULNA_DEVICES_DISPLAY_H
#define ULNA_DEVICES_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

struct bus;
struct ram_block;

/* Pixels are a8r8g8b8: 32-bit little-endian words 0xAARRGGBB, of which the alpha is to be ignored.
 */
struct display {
    unsigned width, height; /* pixels */
    unsigned stride;        /* bytes from one line to the next */
    const uint8_t *pixels;  /* line 0; the guest writes it while you read */
    struct bus *bus;        /* borrowed, as is: */
    struct ram_block *video;
    uint64_t *dirty; /* one bit for each page of `video`: display_harvest's scratch */
};

/* The picture begins at the first byte of `video`. False with a message when out of memory. */
struct err;
bool display_init(struct display *display, struct bus *bus, struct ram_block *video, unsigned width,
                  unsigned height, struct err *err) must_check;
void display_fini(struct display *display);

/* 64-bit words that hold one bit for each line. */
static inline unsigned display_line_words(const struct display *display)
{
    return (display->height + 63) / 64;
}

/* Sets bit y of `lines` (display_line_words words, the other bits are cleared) for each line
 * written since the last call; false when there is none. By one thread, at the frame rate; costs
 * little when nothing was drawn. A line may be reported one frame late, never lost. */
bool display_harvest(struct display *display, uint64_t *lines);

/* The next run of set bits at or after *first: sets *first and *count; false when there is none. To
 * walk all: for (unsigned y = 0, n; display_next_lines(display, lines, &y, &n); y += n) */
bool display_next_lines(const struct display *display, const uint64_t *lines, unsigned *first,
                        unsigned *count);

#endif
