/*
 * Memory and text. The first four are functions a C compiler may call even where the source does
 * not: for struct copies, for instance.
 */
#include "rom.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *d = to;
    const uint8_t *s = from;

    /* Eight bytes at a time where both are aligned: with the MMU off, unaligned access faults. */
    if ((((uintptr_t)d | (uintptr_t)s) & 7) == 0)
        for (; size >= 8; size -= 8, d += 8, s += 8)
            *(uint64_t *)d = *(const uint64_t *)s;
    while (size--)
        *d++ = *s++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    for (uint8_t *d = to; size--;)
        *d++ = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;

    for (; size--; x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

bool text_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

const char *text_find(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (size_t n = strlen(text); n >= length; n--, text++)
        if (memcmp(text, word, length) == 0)
            return text;
    return NULL;
}
