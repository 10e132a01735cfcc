/* Writing a device tree: see fdt.h. libfdt's sequential writer works in a fixed buffer and answers
 * -FDT_ERR_NOSPACE when it is full; the buffer is then doubled and the step repeated, which is safe
 * because a failed step changes nothing. */
#include "devices/fdt.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define FDT_FIRST_SIZE 16384
#define FDT_LARGEST                                                                                \
    (16u << 20) /* far beyond any board: a runaway writer is an error, not an OOM                  \
                 */

struct fdt {
    void *blob;
    size_t size;
    uint32_t last_phandle;
    unsigned depth;  /* open nodes; libfdt's writer does not check the nesting */
    bool props_open; /* no child of the open node was written yet */
    bool rooted;     /* the root was begun */
    int error;       /* 0 or the first negative libfdt code */
    char where[64];  /* the node or property it happened at */
};

static void fail(struct fdt *fdt, int error, const char *where)
{
    if (fdt->error)
        return;
    fdt->error = error;
    snprintf(fdt->where, sizeof(fdt->where), "%s", where);
}

/* Makes room after -FDT_ERR_NOSPACE; false when there is none to be had. */
static bool grow(struct fdt *fdt)
{
    size_t size = fdt->size * 2;
    if (size > FDT_LARGEST)
        return false;
    void *blob = malloc(size);
    if (!blob)
        return false;
    if (fdt_resize(fdt->blob, blob, (int)size)) {
        free(blob);
        return false;
    }
    free(fdt->blob);
    fdt->blob = blob;
    fdt->size = size;
    return true;
}

struct fdt *fdt_new(void)
{
    struct fdt *fdt = calloc(1, sizeof(*fdt));
    if (!fdt)
        return NULL;
    fdt->size = FDT_FIRST_SIZE;
    fdt->blob = malloc(fdt->size);
    if (!fdt->blob) {
        free(fdt);
        return NULL;
    }
    int error = fdt_create(fdt->blob, (int)fdt->size);
    if (!error)
        error = fdt_finish_reservemap(fdt->blob);
    if (error)
        fail(fdt, error, "the header");
    return fdt;
}

void fdt_free(struct fdt *fdt)
{
    if (!fdt)
        return;
    free(fdt->blob);
    free(fdt);
}

void fdt_node_begin(struct fdt *fdt, const char *name)
{
    int error = fdt->error;
    if (error)
        return;
    while ((error = fdt_begin_node(fdt->blob, name)) == -FDT_ERR_NOSPACE && grow(fdt))
        continue;
    if (!error && fdt->depth == 0 && (fdt->rooted || *name))
        error = -FDT_ERR_BADSTRUCTURE; /* a second root, or one with a name */
    if (error)
        fail(fdt, error, *name ? name : "/");
    fdt->depth++;
    fdt->props_open = fdt->rooted = true;
}

void fdt_node_begin_at(struct fdt *fdt, const char *stem, uint64_t address)
{
    char name[64];
    snprintf(name, sizeof(name), "%s@%" PRIx64, stem, address);
    fdt_node_begin(fdt, name);
}

void fdt_node_end(struct fdt *fdt)
{
    int error = fdt->error;
    if (error)
        return;
    if (!fdt->depth) {
        fail(fdt, -FDT_ERR_BADSTRUCTURE, "the end of a node that was not begun");
        return;
    }
    fdt->depth--;
    fdt->props_open = false;
    while ((error = fdt_end_node(fdt->blob)) == -FDT_ERR_NOSPACE && grow(fdt))
        continue;
    if (error)
        fail(fdt, error, "the end of a node");
}

void fdt_prop_bytes(struct fdt *fdt, const char *name, const void *data, size_t size)
{
    int error = fdt->error;
    if (error)
        return;
    if (size > FDT_LARGEST || !fdt->props_open) {
        fail(fdt, fdt->props_open ? -FDT_ERR_NOSPACE : -FDT_ERR_BADSTRUCTURE, name);
        return;
    }
    while ((error = fdt_property(fdt->blob, name, data, (int)size)) == -FDT_ERR_NOSPACE &&
           grow(fdt))
        continue;
    if (error)
        fail(fdt, error, name);
}

void fdt_prop_empty(struct fdt *fdt, const char *name)
{
    fdt_prop_bytes(fdt, name, "", 0);
}

void fdt_prop_u32(struct fdt *fdt, const char *name, uint32_t value)
{
    fdt_prop_u32s(fdt, name, &value, 1);
}

void fdt_prop_u32s(struct fdt *fdt, const char *name, const uint32_t *values, size_t count)
{
    fdt32_t *cells = calloc(count ? count : 1, sizeof(*cells));
    if (!cells) {
        fail(fdt, -FDT_ERR_NOSPACE, name);
        return;
    }
    for (size_t i = 0; i < count; i++)
        cells[i] = cpu_to_fdt32(values[i]);
    fdt_prop_bytes(fdt, name, cells, count * sizeof(*cells));
    free(cells);
}

void fdt_prop_u64(struct fdt *fdt, const char *name, uint64_t value)
{
    fdt_prop_u64s(fdt, name, &value, 1);
}

void fdt_prop_u64s(struct fdt *fdt, const char *name, const uint64_t *values, size_t count)
{
    fdt64_t *cells = calloc(count ? count : 1, sizeof(*cells));
    if (!cells) {
        fail(fdt, -FDT_ERR_NOSPACE, name);
        return;
    }
    for (size_t i = 0; i < count; i++)
        cells[i] = cpu_to_fdt64(values[i]);
    fdt_prop_bytes(fdt, name, cells, count * sizeof(*cells));
    free(cells);
}

void fdt_prop_string(struct fdt *fdt, const char *name, const char *string)
{
    fdt_prop_bytes(fdt, name, string, strlen(string) + 1);
}

void fdt_prop_strings(struct fdt *fdt, const char *name, const char *const *strings, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(strings[i]) + 1;
    char *list = malloc(size ? size : 1);
    if (!list) {
        fail(fdt, -FDT_ERR_NOSPACE, name);
        return;
    }
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(strings[i]) + 1;
        memcpy(list + used, strings[i], length);
        used += length;
    }
    fdt_prop_bytes(fdt, name, list, size);
    free(list);
}

void fdt_prop_reg(struct fdt *fdt, uint64_t address, uint64_t size)
{
    fdt_prop_u64s(fdt, "reg", (const uint64_t[]){address, size}, 2);
}

uint32_t fdt_phandle_new(struct fdt *fdt)
{
    return ++fdt->last_phandle;
}

void fdt_prop_phandle(struct fdt *fdt, uint32_t phandle)
{
    fdt_prop_u32(fdt, "phandle", phandle);
}

void *fdt_take(struct fdt *fdt, size_t *size, struct err *err)
{
    int error;
    if (fdt->depth || !fdt->rooted)
        fail(fdt, -FDT_ERR_BADSTRUCTURE, "the end of the tree, with a node still open or none");
    if (!fdt->error) {
        while ((error = fdt_finish(fdt->blob)) == -FDT_ERR_NOSPACE && grow(fdt))
            continue;
        if (error)
            fail(fdt, error, "the end of the tree");
    }
    if (fdt->error) {
        err_set(err, "cannot write the device tree: %s at '%s' (at most %u MiB are allowed)",
                fdt_strerror(fdt->error), fdt->where, FDT_LARGEST >> 20);
        return NULL;
    }
    void *blob = fdt->blob;
    *size = fdt_totalsize(blob);
    fdt->blob = NULL;
    fdt->error = -FDT_ERR_BADSTATE;
    return blob;
}
