/* Loading a machine: see loader.h. The rules come from the arm64 boot protocol
 * (Documentation/arch/arm64/booting.rst) and from what QEMU's virt board does (measured): kernel at
 * RAM + 2 MiB, initrd at RAM + min(RAM/2, 128 MiB), device tree at the next 2 MiB boundary after
 * it.
 *
 * Deviation: there is no boot stub in guest memory; the CPU starts at the kernel with the stub's
 * register values. Deviation: every ELF gets the device tree, its address in X0 (QEMU: only one
 * that leaves 1 MiB free at the start of RAM, and X0 is 0); an initrd that does not fit where the
 * rule puts it goes to where it fits. */
#include "loader/loader.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "devices/virt.h"
#include "loader/dtb.h"
#include "loader/elf.h"
#include "loader/image.h"
#include "loader/source.h"
#include "loader/symbols.h"
#include "mmu/bus.h"

#define INITRD_OFFSET_MAX (128 * MIB)
#define DTB_ALIGN         (2 * MIB)
#define ULL(value)        ((unsigned long long)(value))

struct loading {
    const struct loader_config *config;
    struct loader_result *result;
    struct places *places; /* result->places */
    bool again;            /* RAM has been used: what must be zero is not */
    bool low_dtb;          /* the device tree goes to the start of RAM where that is free */
    const char *bootargs;  /* for /chosen, or NULL */
    struct err *err;
};

/* Puts "-kernel 'path': " before the message; the end of a long path tells more than its beginning.
 */
static bool blame(struct loading *loading, const char *option, const char *path)
{
    size_t length = strlen(path), keep = 200;

    if (length <= keep)
        return err_prefix(loading->err, "%s '%s'", option, path);
    return err_prefix(loading->err, "%s '...%s'", option, path + length - keep);
}

/* Zeroes memory, without making the host allocate pages that have never been touched. */
static void clear(struct loading *loading, uint64_t address, uint64_t size)
{
    uint8_t *memory = loading->again ? bus_ram_pointer(loading->places->bus, address, size) : NULL;

    if (!memory)
        return;
    memset(memory, 0, size);
    bus_written(loading->places->bus, address, size);
}

/* Checks every segment before the first byte is copied, so that the message is about the file, not
 * about half of it. */
static bool place_elf(struct loading *loading, const struct source *source, const char *what,
                      const struct elf_image *elf)
{
    for (unsigned i = 0; i < elf->count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        char name[32];

        snprintf(name, sizeof(name), "%s segment %u", what, segment->index);
        if (!places_add(loading->places, name, source->name, segment->paddr, segment->memsz,
                        loading->err))
            return err_prefix(loading->err, "segment %u of the ELF file", segment->index);
    }
    for (unsigned i = 0; i < elf->count; i++) {
        const struct elf_segment *segment = &elf->segments[i];

        if (segment->filesz && !places_copy(loading->places, source, segment->offset,
                                            segment->paddr, segment->filesz, loading->err))
            return false;
        if (segment->memsz > segment->filesz)
            clear(loading, segment->paddr + segment->filesz, segment->memsz - segment->filesz);
    }
    elf_symbols_read(source, loading->result->symbols);
    return true;
}

static bool load_elf(struct loading *loading, const struct source *source, const char *what,
                     bool start)
{
    struct elf_image elf;
    bool ok;

    if (!elf_image_read(source, &elf, loading->err))
        return false;
    ok = place_elf(loading, source, what, &elf);
    if (ok && start && !elf.has_entry)
        ok =
            err_set(loading->err,
                    "the entry point 0x%llx is in none of the ELF file's segments; link it with an "
                    "entry symbol (ld -e)",
                    ULL(elf.entry_virtual));
    if (ok && start)
        loading->result->entry = elf.entry;
    elf_image_free(&elf);
    return ok;
}

/* Decompresses into guest memory at `base`; *size is what came out. */
static bool unpack(struct loading *loading, const struct source *source,
                   const struct image_source *image, uint64_t base, uint64_t *size)
{
    const struct ram_block *block = bus_ram(loading->places->bus, base);
    uint64_t room = block->size - (base - block->base);
    struct size_text limit;
    bool too_big;

    if (!source_gunzip(source, image->offset, image->size, false,
                       block->host + (base - block->base), room, size, &too_big, loading->err))
        return too_big ? err_set(loading->err,
                                 "decompresses to more than the %s of RAM from 0x%llx on; give the "
                                 "machine more with -m",
                                 size_format(&limit, room), ULL(base))
                       : false;
    bus_written(loading->places->bus, base, *size);
    if (*size < image->head.file_size)
        return err_set(loading->err,
                       "the arm64 Image inside is truncated: its sections end at byte %llu, but it "
                       "has %llu bytes",
                       ULL(image->head.file_size), ULL(*size));
    return true;
}

/* An arm64 Image or a flat binary, plain or compressed. */
static bool load_image(struct loading *loading, const struct source *source)
{
    static const char *const kinds[2][3] = {
        [IMAGE_RAW] = {"flat binary", "flat binary, gzip", "flat binary, EFI zboot"},
        [IMAGE_ARM64] = {"arm64 Image", "arm64 Image, gzip", "arm64 Image, EFI zboot"},
    };
    struct image_source image;
    uint64_t base, size;

    if (!image_open(source, &image, loading->err))
        return false;
    loading->result->kind = kinds[image.head.kind][image.packing];
    base = image_address(&image.head, loading->config->ram_base);
    size = image.packing == IMAGE_PLAIN ? image.size : 1;
    if (size < image.head.image_size)
        size = image.head.image_size;
    if (!places_check(loading->places, base, size, loading->err))
        return false;
    if (image.packing == IMAGE_PLAIN) {
        if (!places_copy(loading->places, source, 0, base, image.size, loading->err))
            return false;
    } else {
        uint64_t unpacked;

        if (!unpack(loading, source, &image, base, &unpacked))
            return false;
        if (size < unpacked)
            size = unpacked;
    }
    loading->result->entry = base;
    return places_add(loading->places, "kernel", source->name, base, size, loading->err);
}

static bool load_kernel(struct loading *loading)
{
    const char *path = loading->config->kernel;
    struct source source;
    bool ok;

    if (!source_open_file(&source, path, loading->err))
        return blame(loading, "-kernel", path);
    if (elf_probe(&source)) {
        loading->result->kind = "ELF";
        loading->low_dtb = true;
        ok = load_elf(loading, &source, "kernel", true);
    } else {
        ok = load_image(loading, &source);
    }
    source_close(&source);
    return ok || blame(loading, "-kernel", path);
}

static bool load_bios(struct loading *loading)
{
    const char *path = loading->config->bios;
    const struct ram_block *flash = bus_ram(loading->places->bus, 0);
    struct size_text wanted, room;
    struct source source;
    bool ok;

    if (!source_open_file(&source, path, loading->err))
        return blame(loading, "-bios", path);
    if (!flash)
        ok = err_set(loading->err, "this machine has no flash memory at address 0");
    else if (source.size > flash->size)
        ok = err_set(loading->err, "has %s, but the flash memory at address 0 holds %s",
                     size_format(&wanted, source.size), size_format(&room, flash->size));
    else
        ok = places_add(loading->places, "firmware", path, 0, source.size, loading->err) &&
             places_copy(loading->places, &source, 0, 0, source.size, loading->err);
    source_close(&source);
    loading->result->kind = "firmware";
    loading->result->entry = 0;
    loading->low_dtb = true;
    return ok || blame(loading, "-bios", path);
}

static bool load_builtin(struct loading *loading)
{
    const struct loader_config *config = loading->config;
    struct source source;

    source_open_memory(&source, config->builtin_name, config->builtin, config->builtin_size);
    loading->result->kind = "built-in ELF";
    loading->bootargs = config->builtin_append;
    loading->low_dtb = true;
    return load_elf(loading, &source, "demo", true) ||
           err_prefix(loading->err, "the built-in program '%s'", config->builtin_name);
}

static bool place_item(struct loading *loading, const struct loader_item *item,
                       const struct source *source, bool start)
{
    if (!item->force_raw && elf_probe(source)) {
        if (item->has_addr)
            return err_usage(loading->err,
                             "is an ELF file, which says itself where it goes; leave addr= out, or "
                             "load the bare file with force-raw=on");
        return load_elf(loading, source, "loader", start);
    }
    if (!item->has_addr)
        return err_usage(loading->err, "is loaded as it is, so addr= must say where it goes");
    return places_add(loading->places, "loader", item->file, item->addr, source->size,
                      loading->err) &&
           places_copy(loading->places, source, 0, item->addr, source->size, loading->err);
}

/* Deviation: a big-endian value of fewer than 8 bytes is stored whole, as QEMU's manual has it;
 * QEMU 7.2 stores the leading bytes of the 64-bit one, zeroes for most values. */
static bool place_value(struct loading *loading, const struct loader_item *item)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < item->data_len; i++)
        bytes[item->data_be ? item->data_len - 1 - i : i] = (uint8_t)(item->data >> 8 * i);
    if (!places_add(loading->places, "loader value", NULL, item->addr, item->data_len,
                    loading->err))
        return err_prefix(loading->err, "-device loader, data=0x%llx", ULL(item->data));
    return bus_write_ram(loading->places->bus, item->addr, bytes, item->data_len) ||
           err_set(loading->err, "cannot write to 0x%llx", ULL(item->addr));
}

static bool load_item(struct loading *loading, const struct loader_item *item, bool start)
{
    struct source source;
    bool ok;

    if (item->data_len)
        return place_value(loading, item);
    if (start)
        loading->result->entry = item->addr;
    if (!item->file)
        return true;
    if (!source_open_file(&source, item->file, loading->err))
        return blame(loading, "-device loader, file", item->file);
    ok = place_item(loading, item, &source, start);
    source_close(&source);
    return ok || blame(loading, "-device loader, file", item->file);
}

static uint64_t initrd_rule(const struct loader_config *config)
{
    uint64_t offset = config->ram_size / 2;

    return config->ram_base + (offset < INITRD_OFFSET_MAX ? offset : INITRD_OFFSET_MAX);
}

/* Where the rule says or, if that is taken or too small, higher, or else wherever it fits. */
static bool place_initrd(struct loading *loading, const struct source *source)
{
    const struct loader_config *config = loading->config;
    struct places *places = loading->places;
    /* The device tree shall find room behind it. */
    uint64_t wanted = align_up(source->size, DTB_ALIGN) + DTB_SIZE_MAX, base;
    struct size_text size, ram, gap;
    uint64_t gap_base, gap_end;

    if (places_find(places, initrd_rule(config), wanted, PAGE_SIZE, &base) ||
        places_find(places, config->ram_base, wanted, DTB_ALIGN, &base) ||
        places_find(places, config->ram_base, source->size, PAGE_SIZE, &base)) {
        loading->result->initrd_base = base;
        loading->result->initrd_size = source->size;
        return places_add(places, "initrd", source->name, base, source->size, loading->err) &&
               places_copy(places, source, 0, base, source->size, loading->err);
    }
    places_largest_gap(places, &gap_base, &gap_end);
    return err_set(loading->err,
                   "the initrd has %s and does not fit: of the %s of RAM at 0x%llx, the largest "
                   "free piece is %s at 0x%llx; give the machine more with -m",
                   size_format(&size, source->size), size_format(&ram, config->ram_size),
                   ULL(config->ram_base), size_format(&gap, gap_end - gap_base), ULL(gap_base));
}

static bool load_initrd(struct loading *loading)
{
    const char *path = loading->config->initrd;
    struct source source;
    bool ok;

    if (!source_open_file(&source, path, loading->err))
        return blame(loading, "-initrd", path);
    ok = place_initrd(loading, &source);
    source_close(&source);
    return ok || blame(loading, "-initrd", path);
}

/* The user's tree or the board's, complete. The caller frees it. */
static void *make_dtb(struct loading *loading)
{
    const struct loader_config *config = loading->config;
    struct boot_params params = {
        .bootargs = loading->bootargs,
        .initrd_start = loading->result->initrd_base,
        .initrd_end = loading->result->initrd_base + loading->result->initrd_size,
    };
    struct source source;
    void *user, *blob = NULL;
    size_t size;

    if (!config->dtb)
        return config->fdt(config->fdt_opaque, &params, NULL, 0, &size, loading->err);
    if (source_open_file(&source, config->dtb, loading->err)) {
        user = dtb_read(&source, loading->err);
        source_close(&source);
        if (user)
            blob =
                config->fdt(config->fdt_opaque, &params, user, dtb_size(user), &size, loading->err);
        free(user);
    }
    if (!blob)
        blame(loading, "-dtb", config->dtb);
    return blob;
}

/* Firmware and bare-metal programs look at the start of RAM; Linux wants the tree in 2 MiB of its
 * own, after the initrd. */
static bool find_dtb_place(struct loading *loading, uint64_t size, uint64_t *base)
{
    const struct loader_config *config = loading->config;
    const struct loader_result *result = loading->result;
    const struct places *places = loading->places;
    uint64_t start = initrd_rule(config);

    if (loading->low_dtb && places_find(places, config->ram_base, size, PAGE_SIZE, base) &&
        *base == config->ram_base)
        return true;
    if (result->initrd_size)
        start = result->initrd_base + result->initrd_size;
    return places_find(places, start, size, DTB_ALIGN, base) ||
           places_find(places, config->ram_base, size, DTB_ALIGN, base) ||
           places_find(places, config->ram_base, size, PAGE_SIZE, base);
}

static bool place_dtb(struct loading *loading, const void *blob)
{
    struct loader_result *result = loading->result;
    struct places *places = loading->places;
    uint64_t base, size = dtb_size(blob);
    struct size_text text;

    if (!find_dtb_place(loading, size, &base))
        return err_set(loading->err,
                       "no %s of RAM are free for the device tree; give the machine more with -m",
                       size_format(&text, size));
    result->dtb_base = base;
    result->dtb_size = size;
    if (!places_add(places, "device tree", loading->config->dtb, base, size, loading->err))
        return false;
    return bus_write_ram(places->bus, base, blob, size) ||
           err_set(loading->err, "cannot write the device tree to 0x%llx", ULL(base));
}

static bool load_dtb(struct loading *loading)
{
    const struct loader_config *config = loading->config;
    void *blob;
    bool ok;

    if (!config->fdt)
        return true;
    blob = make_dtb(loading);
    if (!blob)
        return false;
    ok = place_dtb(loading, blob) &&
         (!config->dumpdtb || dtb_dump(blob, config->dumpdtb, loading->err));
    free(blob);
    return ok;
}

static bool check_config(const struct loader_config *config, struct err *err)
{
    const char *orphan = config->initrd ? "-initrd" : config->append ? "-append" : NULL;

    if (config->bios && config->kernel)
        return err_usage(err,
                         "-bios '%.200s' with -kernel '%.200s': handing a kernel to firmware "
                         "takes fw_cfg, which this version lacks; give one of the two",
                         config->bios, config->kernel);
    if (config->dtb && !config->fdt)
        return err_usage(err, "-dtb '%.200s': this machine takes no device tree", config->dtb);
    if (orphan && !config->kernel)
        return err_usage(err, "%s is for a kernel, but there is no -kernel", orphan);
    return true;
}

/* The item that says where the CPU starts: the last that was told to, as on QEMU; or else, when
 * neither kernel nor firmware does, the first file. NULL: none. */
static const struct loader_item *find_start(const struct loader_config *config)
{
    for (size_t i = config->item_count; i--;)
        if (config->items[i].start)
            return &config->items[i];
    for (size_t i = 0; i < config->item_count; i++)
        if (config->items[i].file && !config->kernel && !config->bios)
            return &config->items[i];
    return NULL;
}

static bool load_all(struct loading *loading)
{
    const struct loader_config *config = loading->config;
    const struct loader_item *start = find_start(config);
    bool ok = true;

    if (config->kernel)
        ok = load_kernel(loading);
    else if (config->bios)
        ok = load_bios(loading);
    else if (start)
        loading->low_dtb = true;
    else if (config->builtin && !config->item_count)
        ok = load_builtin(loading);
    else
        return err_usage(loading->err, "nothing to run: give -kernel FILE, -bios FILE or -device "
                                       "loader,file=FILE");
    for (size_t i = 0; ok && i < config->item_count; i++)
        ok = load_item(loading, &config->items[i], &config->items[i] == start);
    if (ok && config->initrd)
        ok = load_initrd(loading);
    return ok && load_dtb(loading);
}

static void log_places(const struct loader_config *config, const struct loader_result *result)
{
    for (size_t i = 0; i < result->places.count; i++) {
        const struct place *place = &result->places.list[i];
        struct size_text size;

        log_line(config->log, LOG_MMU, "loader: %s at 0x%llx..0x%llx (%s)%s%s", place->what,
                 ULL(place->base), ULL(place->base + place->size - 1),
                 size_format(&size, place->size), place->file ? " from " : "",
                 place->file ? place->file : "");
    }
}

static bool load(struct bus *bus, const struct loader_config *config, bool again,
                 struct loader_result *result, struct err *err)
{
    struct loading loading = {
        .config = config, .result = result, .bootargs = config->append, .again = again, .err = err};

    *result = (struct loader_result){
        .kind = "loader",
        .places = {.bus = bus, .ram_base = config->ram_base, .ram_size = config->ram_size},
        .symbols = symbols_new(),
    };
    loading.places = &result->places;
    if (!result->symbols)
        return err_set(err, "no memory for the symbol table");
    if (!check_config(config, err) || !load_all(&loading)) {
        loader_result_free(result);
        return false;
    }
    symbols_sort(result->symbols);
    /* Firmware starts as from reset; it looks for the tree at the start of RAM. */
    if (!config->bios)
        result->x[0] = result->dtb_base;
    places_largest_gap(&result->places, &result->heap_base, &result->heap_end);
    if (log_on(config->log, LOG_MMU))
        log_places(config, result);
    return true;
}

bool loader_load(struct bus *bus, const struct loader_config *config, struct loader_result *result,
                 struct err *err)
{
    return load(bus, config, false, result, err);
}

bool loader_reload(struct bus *bus, const struct loader_config *config,
                   struct loader_result *result, struct err *err)
{
    loader_result_free(result);
    return load(bus, config, true, result, err);
}

void loader_result_free(struct loader_result *result)
{
    places_free(&result->places);
    symbols_free(result->symbols);
    *result = (struct loader_result){0};
}

void loader_start(const struct loader_result *result, struct cpu *cpu)
{
    for (unsigned i = 0; i < ARRAY_SIZE(result->x); i++)
        cpu->x[i] = result->x[i];
    cpu->pc = result->entry;
}

void loader_print(const struct loader_result *result, FILE *file)
{
    struct size_text size;

    for (size_t i = 0; i < result->places.count; i++) {
        const struct place *place = &result->places.list[i];

        fprintf(file, "%016llx-%016llx %10s  %s%s%s\n", ULL(place->base),
                ULL(place->base + place->size - 1), size_format(&size, place->size), place->what,
                place->file ? "  " : "", place->file ? place->file : "");
    }
    fprintf(file, "%s, entry 0x%llx, X0 0x%llx (%s), %zu symbols\n", result->kind,
            ULL(result->entry), ULL(result->x[0]),
            result->dtb_size && result->x[0] == result->dtb_base ? "the device tree"
                                                                 : "no device tree",
            symbols_count(result->symbols));
}
