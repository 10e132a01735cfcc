/* Device tree blobs that the user gives with `-dtb` (Devicetree Specification v0.4, chapter 5),
 * with libfdt. */
#ifndef ULNA_LOADER_DTB_H
#define ULNA_LOADER_DTB_H

#include "loader/source.h"

/* The arm64 boot protocol lets a device tree be no larger. */
#define DTB_SIZE_MAX (2 * MIB)

/* Reads and checks a blob. The caller frees it with free(). NULL on error. */
void *dtb_read(const struct source *source, struct err *err);

/* The size of a checked blob, bytes. */
size_t dtb_size(const void *blob);

/* Writes a blob to a file of the host (`-machine dumpdtb=`). */
bool dtb_dump(const void *blob, const char *path, struct err *err);

#endif
