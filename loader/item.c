/* The text of `-device loader,...` (QEMU's generic loader): see loader.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/loader.h"

static bool parse_number(const char *key, const char *value, uint64_t max, uint64_t *number,
                         struct err *err)
{
    char *end;

    errno = 0;
    *number = strtoull(value, &end, 0);
    if (errno || end == value || *end || value[0] == '-' || *number > max)
        return err_usage(err,
                         "-device loader: %s='%.100s' is not a number from 0 to 0x%llx; write it "
                         "in decimal or with 0x",
                         key, value, (unsigned long long)max);
    return true;
}

static bool parse_switch(const char *key, const char *value, bool *on, struct err *err)
{
    if (!strcmp(value, "on") || !strcmp(value, "true") || !strcmp(value, "yes"))
        *on = true;
    else if (!strcmp(value, "off") || !strcmp(value, "false") || !strcmp(value, "no"))
        *on = false;
    else
        return err_usage(err, "-device loader: %s='%.100s' is neither on nor off", key, value);
    return true;
}

/* Takes "key=value" off the text; ",," in a value is a comma. The caller frees *word. False at the
 * end, or without memory. */
static bool next_word(const char **text, char **word)
{
    const char *from = *text;
    size_t used = 0;

    if (!*from)
        return false;
    *word = malloc(strlen(from) + 1);
    if (!*word)
        return false;
    while (*from && (*from != ',' || from[1] == ',')) {
        if (*from == ',')
            from++;
        (*word)[used++] = *from++;
    }
    (*word)[used] = 0;
    *text = *from ? from + 1 : from;
    return true;
}

static bool parse_word(char *word, struct loader_item *item, bool *big_endian, struct err *err)
{
    char *value = strchr(word, '=');
    uint64_t number;

    if (value)
        *value++ = 0;
    else
        value = word + strlen(word); /* "force-raw" alone is refused below, as an empty value */
    if (!strcmp(word, "file")) {
        if (!*value)
            return err_usage(err, "-device loader: file= names no file");
        free(item->file);
        item->file = strdup(value);
        return item->file || err_set(err, "no memory");
    }
    if (!strcmp(word, "addr")) {
        item->has_addr = true;
        return parse_number(word, value, UINT64_MAX, &item->addr, err);
    }
    if (!strcmp(word, "force-raw"))
        return parse_switch(word, value, &item->force_raw, err);
    if (!strcmp(word, "cpu-num")) {
        item->start = true;
        return parse_number(word, value, 0, &number, err);
    }
    if (!strcmp(word, "data"))
        return parse_number(word, value, UINT64_MAX, &item->data, err);
    if (!strcmp(word, "data-len")) {
        if (!parse_number(word, value, 8, &number, err))
            return false;
        item->data_len = (unsigned)number;
        return true;
    }
    if (!strcmp(word, "data-be"))
        return parse_switch(word, value, big_endian, err);
    return err_usage(err,
                     "-device loader: no property '%.100s'; there are file, addr, force-raw, "
                     "cpu-num, data, data-len and data-be",
                     word);
}

static bool check_item(const struct loader_item *item, struct err *err)
{
    if (item->file && item->data_len)
        return err_usage(err, "-device loader: give either file= or data= with data-len=");
    if (!item->file && !item->data_len && !item->start)
        return err_usage(err, "-device loader: nothing to load; give file=, or data= with "
                              "data-len= from 1 to 8, or addr= with cpu-num=0");
    if (!item->file && !item->has_addr)
        return err_usage(err, "-device loader: addr= is missing");
    if (item->force_raw && !item->has_addr)
        return err_usage(err,
                         "-device loader: addr= is missing: force-raw=on takes no address from "
                         "the file");
    return true;
}

bool loader_item_parse(const char *text, struct loader_item *item, struct err *err)
{
    bool big_endian = false, ok = true;
    char *word = NULL;

    *item = (struct loader_item){0};
    while (ok && next_word(&text, &word)) {
        ok = parse_word(word, item, &big_endian, err);
        free(word);
        word = NULL;
    }
    ok = ok && check_item(item, err);
    if (ok && item->data_len < 8 && item->data >> (8 * item->data_len))
        ok = err_usage(err, "-device loader: data=0x%llx does not fit data-len=%u bytes",
                       (unsigned long long)item->data, item->data_len);
    if (ok && big_endian && item->data_len)
        item->data = __builtin_bswap64(item->data) >> (64 - 8 * item->data_len);
    if (!ok)
        loader_item_free(item);
    return ok;
}

void loader_item_free(struct loader_item *item)
{
    free(item->file);
    item->file = NULL;
}
