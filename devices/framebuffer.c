/* Linear video memory: a RAM block whose writes are tracked, and the `simple-framebuffer` node of
 * the device tree binding (display/simple-framebuffer), which a kernel binds without a driver
 * module.
 *
 * The block lies outside /memory, so the node's `reg` is all a kernel needs: a /reserved-memory
 * entry or `memory-region` would only matter for a picture carved out of RAM. */
#include "devices/framebuffer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "devices/display.h"
#include "devices/fdt.h"
#include "mmu/bus.h"

struct framebuffer {
    struct display display;
    uint64_t base;
};

bool framebuffer_check(unsigned width, unsigned height, struct err *err)
{
    if (width >= FRAMEBUFFER_MIN && width <= FRAMEBUFFER_MAX && height >= FRAMEBUFFER_MIN &&
        height <= FRAMEBUFFER_MAX && 4ull * width * height <= FRAMEBUFFER_SIZE)
        return true;
    return err_usage(err,
                     "a framebuffer of %ux%u pixels is not possible: width and height may be %u "
                     "to %u, and together %" PRIu64 " pixels (%" PRIu64 " MiB of 4 bytes each)",
                     width, height, FRAMEBUFFER_MIN, FRAMEBUFFER_MAX,
                     (uint64_t)FRAMEBUFFER_SIZE / 4, (uint64_t)(FRAMEBUFFER_SIZE / MIB));
}

struct framebuffer *framebuffer_new(struct bus *bus, uint64_t base, unsigned width, unsigned height,
                                    struct err *err)
{
    if (!framebuffer_check(width, height, err))
        return NULL;
    struct framebuffer *framebuffer = calloc(1, sizeof(*framebuffer));
    if (!framebuffer) {
        err_set(err, "the framebuffer cannot be set up: the host is out of memory");
        return NULL;
    }
    framebuffer->base = base;
    struct ram_block *video =
        bus_add_ram(bus, "framebuffer", base, FRAMEBUFFER_SIZE, RAM_VIDEO, err);
    if (!video || !display_init(&framebuffer->display, bus, video, width, height, err)) {
        free(framebuffer);
        return NULL;
    }
    return framebuffer;
}

void framebuffer_free(struct framebuffer *framebuffer)
{
    if (!framebuffer)
        return;
    display_fini(&framebuffer->display);
    free(framebuffer);
}

struct display *framebuffer_display(struct framebuffer *framebuffer)
{
    return &framebuffer->display;
}

void framebuffer_describe(const struct framebuffer *framebuffer, struct fdt *fdt)
{
    const struct display *display = &framebuffer->display;
    fdt_node_begin_at(fdt, "framebuffer", framebuffer->base);
    fdt_prop_string(fdt, "compatible", "simple-framebuffer");
    fdt_prop_reg(fdt, framebuffer->base,
                 align_up((uint64_t)display->stride * display->height, PAGE_SIZE));
    fdt_prop_u32(fdt, "width", display->width);
    fdt_prop_u32(fdt, "height", display->height);
    fdt_prop_u32(fdt, "stride", display->stride);
    fdt_prop_string(fdt, "format", "a8r8g8b8");
    fdt_prop_string(fdt, "status", "okay");
    fdt_node_end(fdt);
}
