/* arm64 Images: see image.h. */
#include "loader/image.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER_SIZE = 64,
    TEXT_OFFSET = 8,
    IMAGE_SIZE = 16,
    FLAGS = 24,
    MAGIC = 56,
    PE_OFFSET = 60,
};
#define FLAG_BIG_ENDIAN 1
#define FLAT_OFFSET     (512 * KIB) /* where kernels before 3.17 and flat binaries are expected */
#define LOW_RESERVED    (4 * KIB)   /* QEMU keeps its boot stub here */
#define PLACEMENT_ALIGN (2 * MIB)
#define HEADER_LIMIT    (1ull << 48) /* no A64 machine has more memory: such a header is not one */

static uint64_t le(const uint8_t *bytes, unsigned width)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

/* The end of the furthest raw section that the PE header of an EFI-stub kernel lists (PE Format,
 * "COFF File Header" and "Section Table"): a file shorter than that has been cut off. 0: no such
 * header. */
static uint64_t pe_file_size(const uint8_t *head, size_t size)
{
    enum { COFF_SIZE = 24, SECTION_SIZE = 40, RAW_SIZE = 16, RAW_OFFSET = 20 };
    uint64_t end = 0, table;
    uint32_t pe = (uint32_t)le(head + PE_OFFSET, 4);
    unsigned sections;

    if (head[0] != 'M' || head[1] != 'Z' || pe > size || size - pe < COFF_SIZE ||
        memcmp(head + pe, "PE\0\0", 4))
        return 0;
    sections = (unsigned)le(head + pe + 6, 2);
    table = (uint64_t)pe + COFF_SIZE + le(head + pe + 20, 2);
    for (unsigned i = 0; i < sections; i++, table += SECTION_SIZE) {
        if (table > size || size - table < SECTION_SIZE)
            break;
        uint64_t raw_size = le(head + table + RAW_SIZE, 4);
        uint64_t raw_end = raw_size ? le(head + table + RAW_OFFSET, 4) + raw_size : 0;

        if (raw_end > end)
            end = raw_end;
    }
    return end;
}

/* Kernels that people give by mistake. */
static bool refuse_foreign(const uint8_t *head, size_t size, struct err *err)
{
    static const struct {
        size_t offset, length;
        const char *bytes, *what;
    } foreign[] = {
        {0x202, 4, "HdrS", "an x86 Linux kernel (bzImage)"},
        {0x24, 4, "\x18\x28\x6f\x01", "a 32-bit Arm Linux kernel (zImage)"},
        {0, 4, "\x27\x05\x19\x56", "a U-Boot uImage; give the kernel inside it"},
        {0x38, 4, "RSC\x05", "a RISC-V Linux kernel"},
        {0, 4, "\xfd\x37zX", "xz-compressed; decompress it first (unxz)"},
        {0, 4, "\x28\xb5\x2f\xfd", "zstd-compressed; decompress it first (unzstd)"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
        if (size >= foreign[i].offset + foreign[i].length &&
            !memcmp(head + foreign[i].offset, foreign[i].bytes, foreign[i].length))
            return !err_set(err,
                            "is %s; ulna boots arm64 Images (plain or gzip), AArch64 ELF "
                            "executables and flat binaries",
                            foreign[i].what);
    }
    return false;
}

bool image_parse(const uint8_t *head, size_t size, bool whole, struct image_head *image,
                 struct err *err)
{
    static const uint8_t magic[4] = {'A', 'R', 'M', 0x64};
    bool has_magic = size >= MAGIC + sizeof(magic) && !memcmp(head + MAGIC, magic, sizeof(magic));

    *image = (struct image_head){.kind = IMAGE_RAW};
    if (refuse_foreign(head, size, err))
        return false;
    if (whole && size < HEADER_SIZE && (has_magic || (size >= 2 && !memcmp(head, "MZ", 2))))
        return err_set(err,
                       "the arm64 Image is truncated: it has %zu bytes, its header alone has %d",
                       size, HEADER_SIZE);
    if (size >= 4 && !memcmp(head,
                             "\x7f"
                             "ELF",
                             4))
        return err_set(err, "is a compressed ELF file; decompress it first (gunzip)");
    if (!has_magic)
        return true;
    image->kind = IMAGE_ARM64;
    image->image_size = le(head + IMAGE_SIZE, 8);
    if (!image->image_size) {
        /* Before Linux 3.17 the field was zero and the others were not reliable. */
        image->text_offset = FLAT_OFFSET;
        return true;
    }
    image->text_offset = le(head + TEXT_OFFSET, 8);
    if (image->text_offset >= HEADER_LIMIT || image->image_size >= HEADER_LIMIT ||
        !is_aligned(image->text_offset, 4))
        return err_set(err,
                       "the arm64 Image header is damaged: text_offset is 0x%llx, image_size is "
                       "0x%llx bytes",
                       (unsigned long long)image->text_offset,
                       (unsigned long long)image->image_size);
    image->file_size = pe_file_size(head, size);
    if (le(head + FLAGS, 8) & FLAG_BIG_ENDIAN)
        return err_set(err, "is a big-endian arm64 kernel; ulna's CPU is little-endian, so give a "
                            "kernel built without CONFIG_CPU_BIG_ENDIAN");
    return true;
}

/* zboot: "MZ", "zimg" at 4, the payload's offset and size at 8 and 12, the compression's name
 * at 24. */
static bool open_zboot(const struct source *source, const uint8_t *head, struct image_source *image,
                       struct err *err)
{
    char type[9] = {0};

    memcpy(type, head + 24, sizeof(type) - 1);
    image->packing = IMAGE_ZBOOT;
    image->offset = le(head + 8, 4);
    image->size = le(head + 12, 4);
    if (strcmp(type, "gzip")) {
        for (char *c = type; *c; c++) {
            if (*c < ' ' || *c > '~')
                *c = '?';
        }
        return err_set(err,
                       "is an EFI zboot kernel compressed with '%s'; ulna unpacks those with gzip: "
                       "give the plain Image",
                       type);
    }
    if (image->offset > source->size || image->size > source->size - image->offset)
        return err_set(err,
                       "the EFI zboot kernel is truncated: its payload is %llu bytes at byte %llu, "
                       "but the file has %llu bytes",
                       (unsigned long long)image->size, (unsigned long long)image->offset,
                       (unsigned long long)source->size);
    return true;
}

static bool image_open_head(const struct source *source, uint8_t *head, struct image_source *image,
                            struct err *err)
{
    uint64_t size = source->size < IMAGE_HEAD_MAX ? source->size : IMAGE_HEAD_MAX;
    bool too_big;

    *image = (struct image_source){.packing = IMAGE_PLAIN, .size = source->size};
    if (!source_read(source, 0, head, size, err))
        return false;
    if (size >= 32 && !memcmp(head, "MZ", 2) && !memcmp(head + 4, "zimg", 4)) {
        if (!open_zboot(source, head, image, err))
            return false;
    } else if (size >= 2 && head[0] == 0x1f && head[1] == 0x8b) {
        image->packing = IMAGE_GZIP;
    }
    if (image->packing != IMAGE_PLAIN) {
        if (!source_gunzip(source, image->offset, image->size, true, head, IMAGE_HEAD_MAX, &size,
                           &too_big, err))
            return false;
        if (!size)
            return err_set(err, "the gzip data decompresses to nothing");
    }
    if (!image_parse(head, size, size < IMAGE_HEAD_MAX, &image->head, err))
        return false;
    if (image->packing == IMAGE_PLAIN && image->head.file_size > source->size)
        return err_set(err,
                       "the arm64 Image is truncated: its sections end at byte %llu, but the file "
                       "has %llu bytes",
                       (unsigned long long)image->head.file_size, (unsigned long long)source->size);
    return true;
}

bool image_open(const struct source *source, struct image_source *image, struct err *err)
{
    uint8_t *head = malloc(IMAGE_HEAD_MAX);
    bool ok;

    if (!head)
        return err_set(err, "no memory for the image header");
    ok = image_open_head(source, head, image, err);
    free(head);
    return ok;
}

uint64_t image_address(const struct image_head *image, uint64_t ram_base)
{
    uint64_t base = align_up(ram_base, PLACEMENT_ALIGN);

    if (image->kind == IMAGE_RAW)
        return ram_base + FLAT_OFFSET;
    if (image->text_offset < LOW_RESERVED)
        base += PLACEMENT_ALIGN;
    return base + image->text_offset;
}
