/* Linear video memory with a picture of fixed size at its start. */
#ifndef ULNA_DEVICES_FRAMEBUFFER_H
#define ULNA_DEVICES_FRAMEBUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

struct bus;
struct display;
struct err;
struct fdt;
struct framebuffer;

#define FRAMEBUFFER_SIZE (16 * MIB)
#define FRAMEBUFFER_MIN  16u   /* pixels, each way */
#define FRAMEBUFFER_MAX  4096u /* pixels, each way; and 4 * width * height fits FRAMEBUFFER_SIZE */

/* Whether a picture of this size fits; false with a usage message that says what does. */
bool framebuffer_check(unsigned width, unsigned height, struct err *err) must_check;

/* Adds FRAMEBUFFER_SIZE of RAM_VIDEO to the bus at `base`. NULL with a message on error. Freed
 * before the bus; the memory stays with the bus. */
struct framebuffer *framebuffer_new(struct bus *bus, uint64_t base, unsigned width, unsigned height,
                                    struct err *err);
void framebuffer_free(struct framebuffer *framebuffer);

/* The picture, for a front end; lives as long as the framebuffer. */
struct display *framebuffer_display(struct framebuffer *framebuffer);

/* Writes the `simple-framebuffer` node. The binding wants it inside /chosen, whose properties must
 * then include #address-cells and #size-cells of 2 and an empty `ranges`, or its address cannot be
 * translated. */
void framebuffer_describe(const struct framebuffer *framebuffer, struct fdt *fdt);

#endif
