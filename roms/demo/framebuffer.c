/*
 * Where the screen is: the device tree's simple-framebuffer node, as in the Linux kernel's binding
 * of that name: reg, width, height, stride and format.
 */
#include "show.h"

#define ULNA_BASE   0x0b000000ul /* where ulna has its video memory, device tree or not */
#define ULNA_WIDTH  1024
#define ULNA_HEIGHT 768

static volatile bool trying, failed;

bool framebuffer_probe_failed(struct exception *e)
{
    if (!trying || exception_class(e) != EC_DATA_ABORT)
        return false;
    failed = true;
    e->elr += 4;
    return true;
}

/* A store where there is no memory is an abort, which can be caught. */
static bool memory_is_at(uint64_t address)
{
    trying = true;
    failed = false;
    mmio_write32(address, 0xff000000);
    trying = false;
    return !failed && mmio_read32(address) == 0xff000000;
}

bool framebuffer_find(struct framebuffer *fb)
{
    *fb = (struct framebuffer){ULNA_BASE, ULNA_WIDTH, ULNA_HEIGHT, ULNA_WIDTH * 4};
    if (!fdt_present())
        return memory_is_at(fb->base);

    const uint32_t *node = fdt_find_compatible("simple-framebuffer");
    uint64_t size = (uint64_t)fb->stride * (uint64_t)fb->height;
    uint32_t length;
    if (!node)
        return false;
    fdt_property_reg(node, &fb->base, &size);
    fb->width = (int)fdt_property_cell(node, "width", ULNA_WIDTH);
    fb->height = (int)fdt_property_cell(node, "height", ULNA_HEIGHT);
    fb->stride = (int)fdt_property_cell(node, "stride", (uint32_t)fb->width * 4);
    const char *status = fdt_property(node, "status", &length);
    const char *format = fdt_property(node, "format", &length);
    return (!status || text_equal(status, "okay")) && (!format || text_find(format, "8r8g8b8")) &&
           fb->width >= 320 && fb->width <= 16384 && fb->height >= 240 && fb->height <= 16384 &&
           fb->stride >= fb->width * 4 && fb->stride % 8 == 0 &&
           (uint64_t)fb->stride * (uint64_t)fb->height <= size;
}
