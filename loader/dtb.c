/* Device trees of the user: see dtb.h. */
#include "loader/dtb.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATCH_ROOM                                                                                 \
    4096 /* bytes for the properties that dtb_patch adds, besides the command line                 \
          */

void *dtb_read(const struct source *source, struct err *err)
{
    struct size_text size;
    void *blob;
    int status;

    if (source->size > DTB_SIZE_MAX) {
        err_set(err, "is %s large; a device tree may have 2 MiB at most",
                size_format(&size, source->size));
        return NULL;
    }
    blob = malloc(source->size);
    if (!blob) {
        err_set(err, "no memory for the device tree");
        return NULL;
    }
    if (!source_read(source, 0, blob, source->size, err)) {
        free(blob);
        return NULL;
    }
    status = fdt_check_full(blob, source->size);
    if (status) {
        err_set(err,
                "is not a valid device tree blob: %s; give the .dtb that dtc makes of a device "
                "tree source",
                status == -FDT_ERR_BADMAGIC    ? "it does not begin with the magic number d00dfeed"
                : status == -FDT_ERR_TRUNCATED ? "it is truncated"
                                               : fdt_strerror(status));
        free(blob);
        return NULL;
    }
    return blob;
}

size_t dtb_size(const void *blob)
{
    return fdt_totalsize(blob);
}

bool dtb_dump(const void *blob, const char *path, struct err *err)
{
    FILE *file = fopen(path, "wbe");
    size_t size = fdt_totalsize(blob);
    bool ok;

    if (!file)
        return err_set(err, "-machine dumpdtb='%.200s': cannot write the file: %s", path,
                       strerror(errno));
    ok = fwrite(blob, 1, size, file) == size;
    ok = fclose(file) == 0 && ok;
    if (!ok)
        return err_set(err, "-machine dumpdtb='%.200s': cannot write %zu bytes: %s", path, size,
                       strerror(errno));
    return true;
}
