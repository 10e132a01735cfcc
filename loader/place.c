/* The list of loaded images: see place.h. */
#include "loader/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/source.h"

#define RANGE      "0x%llx..0x%llx (%s)"
#define ULL(value) ((unsigned long long)(value))

void places_free(struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        free(places->list[i].file);
    free(places->list);
    places->list = NULL;
    places->count = 0;
}

static bool not_memory(const struct places *places, uint64_t base, uint64_t size, struct err *err)
{
    struct size_text wanted, ram;

    return err_set(
        err, "needs memory at " RANGE ", but this machine's RAM is " RANGE ", whose size -m sets",
        ULL(base), ULL(base + size - 1), size_format(&wanted, size), ULL(places->ram_base),
        ULL(places->ram_base + places->ram_size - 1), size_format(&ram, places->ram_size));
}

bool places_check(const struct places *places, uint64_t base, uint64_t size, struct err *err)
{
    const struct ram_block *block = bus_ram(places->bus, base);

    if (!block || base + size - 1 < base || size > block->size - (base - block->base))
        return not_memory(places, base, size, err);
    for (size_t i = 0; i < places->count; i++) {
        const struct place *other = &places->list[i];
        struct size_text mine, theirs;

        if (base + size - 1 < other->base || other->base + other->size - 1 < base)
            continue;
        return err_set(err,
                       "needs memory at " RANGE ", which overlaps the %s%s%.200s%s at " RANGE
                       "; images must lie apart",
                       ULL(base), ULL(base + size - 1), size_format(&mine, size), other->what,
                       other->file ? " '" : "", other->file ? other->file : "",
                       other->file ? "'" : "", ULL(other->base), ULL(other->base + other->size - 1),
                       size_format(&theirs, other->size));
    }
    return true;
}

bool places_add(struct places *places, const char *what, const char *file, uint64_t base,
                uint64_t size, struct err *err)
{
    struct place *list;
    char *copy = NULL;
    size_t at = places->count;

    if (!places_check(places, base, size, err))
        return false;
    list = realloc(places->list, (places->count + 1) * sizeof(*list));
    if (list)
        places->list = list;
    if (!list || (file && !(copy = strdup(file))))
        return err_set(err, "no memory for the list of images");
    while (at && list[at - 1].base > base)
        at--;
    memmove(&list[at + 1], &list[at], (places->count - at) * sizeof(*list));
    list[at] = (struct place){.file = copy, .base = base, .size = size};
    snprintf(list[at].what, sizeof(list[at].what), "%s", what);
    places->count++;
    return true;
}

bool places_find(const struct places *places, uint64_t start, uint64_t size, uint64_t align,
                 uint64_t *base)
{
    uint64_t end = places->ram_base + places->ram_size;
    uint64_t address = align_up(start < places->ram_base ? places->ram_base : start, align);

    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->list[i];

        if (place->base + place->size <= address)
            continue;
        if (place->base >= address && place->base - address >= size)
            break;
        address = align_up(place->base + place->size, align);
    }
    if (address < start || address >= end || end - address < size)
        return false;
    *base = address;
    return true;
}

void places_largest_gap(const struct places *places, uint64_t *base, uint64_t *end)
{
    uint64_t ram_end = places->ram_base + places->ram_size;
    uint64_t from = places->ram_base;

    *base = *end = ram_end;
    for (size_t i = 0; i <= places->count && from < ram_end; i++) {
        uint64_t to = i < places->count ? places->list[i].base : ram_end;
        uint64_t next = i < places->count ? to + places->list[i].size : ram_end;

        if (to > ram_end)
            to = ram_end;
        if (to > from && to - from > *end - *base) {
            *base = from;
            *end = to;
        }
        if (next > from)
            from = next;
    }
}

bool places_copy(const struct places *places, const struct source *source, uint64_t offset,
                 uint64_t address, uint64_t size, struct err *err)
{
    void *memory = bus_ram_pointer(places->bus, address, size);
    bool ok = memory && source_read(source, offset, memory, size, err);

    if (!memory)
        return not_memory(places, address, size, err);
    bus_written(places->bus, address, size);
    return ok;
}
