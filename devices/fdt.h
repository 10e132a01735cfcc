/* A device tree being written: a thin layer over libfdt's sequential-write interface (Devicetree
 * Specification v0.4, chapter 5). The blob grows as needed, and errors are sticky: writers need not
 * check anything, fdt_take() reports the first thing that went wrong.
 *
 * Order within a node: properties first, then child nodes. All numbers are given in host order. */
#ifndef ULNA_DEVICES_FDT_H
#define ULNA_DEVICES_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct fdt;

/* Interrupt specifier cells of the Arm GIC binding: kind, number, flags. */
enum {
    FDT_GIC_SPI = 0,
    FDT_GIC_PPI = 1,
    FDT_IRQ_EDGE_RISING = 1,
    FDT_IRQ_LEVEL_HIGH = 4,
};

/* An empty tree without nodes; the first fdt_node_begin(fdt, "") opens the root. */
struct fdt *fdt_new(void);
void fdt_free(struct fdt *fdt);

void fdt_node_begin(struct fdt *fdt, const char *name);
/* "stem@address", the address in lower-case hex without leading zeros. */
void fdt_node_begin_at(struct fdt *fdt, const char *stem, uint64_t address);
void fdt_node_end(struct fdt *fdt);

void fdt_prop_empty(struct fdt *fdt, const char *name);
void fdt_prop_bytes(struct fdt *fdt, const char *name, const void *data, size_t size);
void fdt_prop_u32(struct fdt *fdt, const char *name, uint32_t value);
void fdt_prop_u32s(struct fdt *fdt, const char *name, const uint32_t *values, size_t count);
void fdt_prop_u64(struct fdt *fdt, const char *name, uint64_t value);
void fdt_prop_u64s(struct fdt *fdt, const char *name, const uint64_t *values, size_t count);
void fdt_prop_string(struct fdt *fdt, const char *name, const char *string);
/* A list of strings, each with its terminating NUL. */
void fdt_prop_strings(struct fdt *fdt, const char *name, const char *const *strings, size_t count);

/* fdt_prop_cells(fdt, "interrupts", 0, 1, 4): u32 cells written in place. */
#define fdt_prop_cells(fdt, name, ...)                                                             \
    fdt_prop_u32s((fdt), (name), (const uint32_t[]){__VA_ARGS__},                                  \
                  sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
/* fdt_prop_list(fdt, "compatible", "arm,pl011", "arm,primecell"): strings written in place. */
#define fdt_prop_list(fdt, name, ...)                                                              \
    fdt_prop_strings((fdt), (name), (const char *const[]){__VA_ARGS__},                            \
                     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* "reg" with one address and size, two cells each (#address-cells = #size-cells = 2). */
void fdt_prop_reg(struct fdt *fdt, uint64_t address, uint64_t size);

/* A phandle not given out before in this tree (1, 2, ...); fdt_prop_phandle gives it to the open
 * node. */
uint32_t fdt_phandle_new(struct fdt *fdt);
void fdt_prop_phandle(struct fdt *fdt, uint32_t phandle);

/* Ends the tree. Returns the finished blob, to be freed by the caller with free(), and its size in
 * bytes; NULL with a message when anything failed on the way. The struct fdt can then only be
 * freed. */
void *fdt_take(struct fdt *fdt, size_t *size, struct err *err);

#endif
