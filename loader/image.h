/* The header of arm64 Linux kernels (Documentation/arch/arm64/booting.rst) and of the compressed
 * EFI image around it (drivers/firmware/efi/libstub/zboot-header.S): what to place where. Nothing
 * is placed here. */
#ifndef ULNA_LOADER_IMAGE_H
#define ULNA_LOADER_IMAGE_H

#include "loader/source.h"

#define IMAGE_HEAD_MAX                                                                             \
    (4 * KIB) /* as much of a (decompressed) file as image_parse wants to see, at most */

enum image_kind {
    IMAGE_RAW,   /* nothing known: a flat binary */
    IMAGE_ARM64, /* an arm64 Image */
};

struct image_head {
    enum image_kind kind;
    uint64_t text_offset; /* from a 2 MiB boundary, bytes */
    uint64_t image_size; /* what the kernel occupies with its BSS, bytes; 0: it does not say (before
                            Linux 3.17) */
    uint64_t file_size;  /* what the file must have according to its PE sections, bytes; 0: it does
                            not say */
};

/* Reads the first `size` bytes of a kernel, decompressed; whole says that the file ends there.
 * Refuses kernels of other architectures, big-endian ones, and an Image cut off in its header. */
bool image_parse(const uint8_t *head, size_t size, bool whole, struct image_head *image,
                 struct err *err);

/* How the bytes of a kernel file are stored. */
enum image_packing {
    IMAGE_PLAIN,
    IMAGE_GZIP,  /* gzip around it */
    IMAGE_ZBOOT, /* EFI zboot with a gzip payload */
};

struct image_source {
    enum image_packing packing;
    uint64_t offset, size; /* of the payload in the file */
    struct image_head head;
};

/* Finds out how a kernel is packed and parses its header. */
bool image_open(const struct source *source, struct image_source *image, struct err *err);

/* Where a kernel goes in RAM that begins at `ram_base`: Linux as near to it as its header allows
 * while the first 4 KiB stay free (as on QEMU's virt board, so 0x40200000 for today's kernels), a
 * flat binary 512 KiB above. */
uint64_t image_address(const struct image_head *image, uint64_t ram_base);

#endif
