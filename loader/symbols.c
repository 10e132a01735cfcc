/* A sorted table of function symbols: see symbols.h. */
#include "loader/symbols.h"

#include <stdlib.h>
#include <string.h>

struct symbol {
    uint64_t address, end;
    size_t name; /* offset in the pool */
    bool size_known;
};

struct symbols {
    struct symbol *table;
    size_t count, capacity;
    char *pool; /* the names, each with its NUL */
    size_t pool_used, pool_capacity;
};

struct symbols *symbols_new(void)
{
    return calloc(1, sizeof(struct symbols));
}

void symbols_free(struct symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->table);
    free(symbols->pool);
    free(symbols);
}

static bool grow(void **array, size_t *capacity, size_t needed, size_t element)
{
    size_t wanted = *capacity ? *capacity : 256;
    void *bigger;

    if (needed <= *capacity)
        return true;
    while (wanted < needed)
        wanted *= 2;
    bigger = realloc(*array, wanted * element);
    if (!bigger)
        return false;
    *array = bigger;
    *capacity = wanted;
    return true;
}

bool symbols_add(struct symbols *symbols, const char *name, uint64_t address, uint64_t end,
                 bool size_known)
{
    size_t length = strlen(name) + 1;
    void *table = symbols->table, *pool = symbols->pool;
    bool ok = grow(&table, &symbols->capacity, symbols->count + 1, sizeof(struct symbol)) &&
              grow(&pool, &symbols->pool_capacity, symbols->pool_used + length, 1);

    symbols->table = table;
    symbols->pool = pool;
    if (!ok)
        return false;
    symbols->table[symbols->count++] = (struct symbol){
        .address = address, .end = end, .name = symbols->pool_used, .size_known = size_known};
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];

        symbols->pool[symbols->pool_used++] = (char)((c && c < 0x20) || c == 0x7f ? '?' : c);
    }
    return true;
}

/* By address; at one address the symbol with a size comes last, so that the look-up meets it first.
 */
static int compare(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->size_known != b->size_known)
        return a->size_known ? 1 : -1;
    return a->name < b->name ? 1 : -1;
}

void symbols_sort(struct symbols *symbols)
{
    if (!symbols->count)
        return; /* qsort wants a table, even for nothing */
    qsort(symbols->table, symbols->count, sizeof(struct symbol), compare);
    for (size_t i = 0; i + 1 < symbols->count; i++) {
        struct symbol *symbol = &symbols->table[i];
        uint64_t next = symbol[1].address;

        if (!symbol->size_known && next > symbol->address && next < symbol->end)
            symbol->end = next;
    }
}

size_t symbols_count(const struct symbols *symbols)
{
    return symbols->count;
}

const char *symbols_lookup(void *opaque, uint64_t address, uint64_t *offset)
{
    const struct symbols *symbols = opaque;
    size_t low = 0, high = symbols->count; /* the first symbol above `address` is in [low, high] */

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (symbols->table[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    /* A label inside a function hides it only up to the label's end: look a few symbols back. */
    for (size_t back = 0; back < 8 && back < low; back++) {
        const struct symbol *symbol = &symbols->table[low - 1 - back];

        if (address < symbol->end) {
            *offset = address - symbol->address;
            return symbols->pool + symbol->name;
        }
    }
    return NULL;
}

bool symbols_find(const struct symbols *symbols, const char *name, uint64_t *address)
{
    for (size_t i = 0; i < symbols->count; i++) {
        if (!strcmp(symbols->pool + symbols->table[i].name, name)) {
            *address = symbols->table[i].address;
            return true;
        }
    }
    return false;
}
