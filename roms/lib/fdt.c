/*
 * A reader for the flattened device tree: Devicetree Specification v0.4, chapter 5. The tree is a
 * sequence of big-endian words; a node is "begin, name, properties, child nodes, end".
 */
#include "rom.h"

#define FDT_MAGIC 0xd00dfeedu

enum {
    FDT_BEGIN_NODE = 1,
    FDT_END_NODE = 2,
    FDT_PROP = 3,
    FDT_NOP = 4,
};

/* Words of the header that matter here. */
enum {
    HEADER_MAGIC,
    HEADER_TOTALSIZE,
    HEADER_OFF_STRUCT,
    HEADER_OFF_STRINGS,
};

/* Set once, before the program starts. */
static const uint32_t *tree;

static uint32_t word(const uint32_t *p)
{
    return __builtin_bswap32(*p);
}

static bool is_tree(const uint32_t *p)
{
    return p && ((uintptr_t)p & 7) == 0 && word(p + HEADER_MAGIC) == FDT_MAGIC;
}

void fdt_locate(const void *from_loader)
{
    if (is_tree(from_loader))
        tree = from_loader;
    else if (is_tree((const uint32_t *)RAM_BASE))
        tree = (const uint32_t *)RAM_BASE;
}

bool fdt_present(void)
{
    return tree != NULL;
}

/* Steps over one token. */
static const uint32_t *next(const uint32_t *token)
{
    if (word(token) == FDT_BEGIN_NODE) /* the name, its NUL, and padding to a word */
        return token + 1 + strlen((const char *)(token + 1)) / 4 + 1;
    if (word(token) == FDT_PROP) /* length, name offset, value padded to a word */
        return token + 3 + (word(token + 1) + 3) / 4;
    return token + 1;
}

static const uint32_t *first(void)
{
    return tree + word(tree + HEADER_OFF_STRUCT) / 4;
}

static bool is_inside(const uint32_t *token)
{
    uint32_t kind = word(token);
    return kind >= FDT_BEGIN_NODE && kind <= FDT_NOP;
}

static bool list_contains(const char *list, uint32_t length, const char *wanted)
{
    for (const char *end = list + length; list < end; list += strlen(list) + 1)
        if (text_equal(list, wanted))
            return true;
    return false;
}

const void *fdt_property(const uint32_t *node, const char *name, uint32_t *length)
{
    if (!node)
        return NULL;
    const char *strings = (const char *)tree + word(tree + HEADER_OFF_STRINGS);
    for (const uint32_t *p = next(node); word(p) == FDT_PROP || word(p) == FDT_NOP; p = next(p))
        if (word(p) == FDT_PROP && text_equal(strings + word(p + 2), name)) {
            *length = word(p + 1);
            return p + 3;
        }
    return NULL;
}

const uint32_t *fdt_find_compatible(const char *compatible)
{
    for (const uint32_t *p = tree ? first() : NULL; p && is_inside(p); p = next(p)) {
        uint32_t length;
        const char *list;
        if (word(p) == FDT_BEGIN_NODE && (list = fdt_property(p, "compatible", &length)) &&
            list_contains(list, length, compatible))
            return p;
    }
    return NULL;
}

const uint32_t *fdt_find_name(const char *name)
{
    size_t length = strlen(name);

    for (const uint32_t *p = tree ? first() : NULL; p && is_inside(p); p = next(p)) {
        const char *its = (const char *)(p + 1);
        if (word(p) == FDT_BEGIN_NODE && memcmp(its, name, length) == 0 &&
            (its[length] == '\0' || its[length] == '@'))
            return p;
    }
    return NULL;
}

uint32_t fdt_property_cell(const uint32_t *node, const char *name, uint32_t otherwise)
{
    uint32_t length;
    const uint32_t *value = fdt_property(node, name, &length);
    return value && length == 4 ? word(value) : otherwise;
}

bool fdt_property_reg(const uint32_t *node, uint64_t *base, uint64_t *size)
{
    uint32_t length;
    const uint32_t *value = fdt_property(node, "reg", &length);
    if (!value || length < 16)
        return false;
    *base = (uint64_t)word(value) << 32 | word(value + 1);
    *size = (uint64_t)word(value + 2) << 32 | word(value + 3);
    return true;
}

const char *fdt_bootargs(void)
{
    uint32_t length;
    const char *value = fdt_property(fdt_find_name("chosen"), "bootargs", &length);
    return value ? value : "";
}
