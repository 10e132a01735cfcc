/* Sub-options, sizes and numbers of the command line: see keyval.h. */
#include "frontend/keyval.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool keyvals_parse(struct keyvals *keyvals, const char *text, const char *first_key,
                   struct err *err)
{
    char *out;
    const char *in = text;

    *keyvals = (struct keyvals){.text = malloc(strlen(text) + 1)};
    if (!keyvals->text)
        return err_set(err, "out of memory");
    out = keyvals->text;
    while (*in || keyvals->count == 0) {
        struct keyval *item = &keyvals->item[keyvals->count];
        char *start = out;
        char *equals = NULL;

        if (keyvals->count == KEYVAL_MAX)
            return err_usage(err, "more than %d sub-options", KEYVAL_MAX);
        for (; *in; in++) {
            if (*in == ',' && in[1] != ',')
                break;
            if (*in == ',')
                in++;
            if (*in == '=' && !equals)
                equals = out;
            *out++ = *in;
        }
        *out++ = '\0';
        if (equals) {
            *equals = '\0';
            *item = (struct keyval){start, equals + 1};
        } else if (keyvals->count == 0 && first_key) {
            *item = (struct keyval){first_key, start};
        } else {
            *item = (struct keyval){start, NULL};
        }
        if (!*item->key)
            return err_usage(err, "an empty sub-option; they are written key=value,key=value");
        keyvals->count++;
        if (*in == ',')
            in++;
    }
    return true;
}

void keyvals_free(struct keyvals *keyvals)
{
    free(keyvals->text);
    *keyvals = (struct keyvals){0};
}

bool keyval_bool(const struct keyval *item, bool *value, struct err *err)
{
    static const char *const yes[] = {"on", "yes", "true", "y"};
    static const char *const no[] = {"off", "no", "false", "n"};

    *value = true;
    if (!item->value)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
        if (!strcmp(item->value, yes[i]))
            return true;
    *value = false;
    for (size_t i = 0; i < ARRAY_SIZE(no); i++)
        if (!strcmp(item->value, no[i]))
            return true;
    return err_usage(err, "%s is 'on' or 'off', not '%s'", item->key, item->value);
}

bool keyval_string(const struct keyval *item, const char **value, struct err *err)
{
    if (!item->value || !*item->value)
        return err_usage(err, "%s needs a value: %s=...", item->key, item->key);
    *value = item->value;
    return true;
}

bool number_parse(const char *text, uint64_t max, uint64_t *number, struct err *err)
{
    char *end;

    errno = 0;
    *number = isdigit((unsigned char)*text) ? strtoull(text, &end, 0) : 0;
    if (!isdigit((unsigned char)*text) || *end)
        return err_usage(err, "'%s' is no number", text);
    if (errno == ERANGE || *number > max)
        return err_usage(err, "'%s' is too large; the most is 0x%llx", text,
                         (unsigned long long)max);
    return true;
}

/* Shift for a suffix letter, or -1. */
static int suffix_shift(char letter)
{
    switch (toupper((unsigned char)letter)) {
    case 'B':
        return 0;
    case 'K':
        return 10;
    case 'M':
        return 20;
    case 'G':
        return 30;
    case 'T':
        return 40;
    default:
        return -1;
    }
}

bool size_parse(const char *text, uint64_t unit, uint64_t *size, struct err *err)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end = NULL;
    uint64_t whole, numerator = 0, denominator = 1;
    unsigned __int128 bytes;

    if (!isdigit((unsigned char)*text))
        return err_usage(err, "'%s' is no size; a size is a number with K, M, G or T", text);
    errno = 0;
    whole = strtoull(text, &end, hex ? 16 : 10);
    if (errno == ERANGE)
        return err_usage(err, "'%s' is too large", text);
    if (!hex && *end == '.')
        for (end++; isdigit((unsigned char)*end); end++)
            if (denominator < 1000000000) { /* further digits are below any size that matters */
                numerator = numerator * 10 + (uint64_t)(*end - '0');
                denominator *= 10;
            }
    if (*end) {
        int shift = suffix_shift(*end);

        if (shift < 0 || end[1])
            return err_usage(err, "'%s' is no size suffix; use K, M, G or T", end);
        unit = 1ull << shift;
    }
    bytes = (unsigned __int128)whole * unit + (unsigned __int128)numerator * unit / denominator;
    if (bytes > UINT64_MAX)
        return err_usage(err, "'%s' is too large", text);
    *size = (uint64_t)bytes;
    return true;
}
