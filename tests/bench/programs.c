/* Integer work of whole small programs: a compressor, a parser, a matcher, a search. */
#include <stdbool.h>
#include "kernels.h"

/* ---- lz and unlz: a compressor of the LZ77 kind and its inverse ----
 *
 * A stream of groups: a byte whose halves count literals and matched bytes (15: more bytes follow,
 * until one below 255), the literals, the distance of the match in two bytes, low first.
 */

enum { PLAIN = 1 << 16, MIN_MATCH = 4, HASH_BITS = 12 };
static uint8_t plain[PLAIN], packed[2 * PLAIN], unpacked[PLAIN];

/* Words of a small vocabulary, the frequent ones more often, and numbers: as text repeats itself.
 */
static void fill_prose(uint64_t seed)
{
    static const char *const words[] = {"the ",      "of ",      "and ",    "a ",       "to ",
                                        "in ",       "machine ", "memory ", "address ", "page ",
                                        "register ", "branch ",  "which ",  "that ",    "is ",
                                        "not ",      "value ",   "before ", "access ",  "ordered ",
                                        "another ",  "written",  ".\n",     ", "};
    for (size_t at = 0; at < PLAIN;) {
        uint64_t bits = next_random(&seed);
        const char *word = words[bits % 24 * (bits >> 32 & 0xff) / 255];
        while (*word && at < PLAIN)
            plain[at++] = (uint8_t)*word++;
        for (unsigned digits = bits >> 60 == 1 ? 4 : 0; digits-- && at < PLAIN;)
            plain[at++] = (uint8_t)('0' + (bits >> (8 + 8 * digits)) % 10);
    }
}

static uint32_t four_bytes(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t put_rest(size_t out, size_t count)
{
    if (count < 15)
        return out;
    for (count -= 15; count >= 255; count -= 255)
        packed[out++] = 255;
    packed[out++] = (uint8_t)count;
    return out;
}

static size_t put_group(size_t out, const uint8_t *literals, size_t count, size_t match,
                        size_t distance)
{
    packed[out++] = (uint8_t)((count < 15 ? count : 15) << 4 | (match < 15 ? match : 15));
    out = put_rest(out, count);
    while (count--)
        packed[out++] = *literals++;
    out = put_rest(out, match);
    packed[out++] = (uint8_t)distance;
    packed[out++] = (uint8_t)(distance >> 8);
    return out;
}

static size_t lz_pack(void)
{
    static uint16_t last[1 << HASH_BITS]; /* where these four bytes were seen last */
    size_t out = 0, start = 0, at = 1;

    for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
        last[i] = 0;
    while (at + MIN_MATCH <= PLAIN) {
        uint16_t *slot = &last[four_bytes(plain + at) * 2654435761u >> (32 - HASH_BITS)];
        size_t from = *slot, length = 0;
        *slot = (uint16_t)at;
        while (at + length < PLAIN && plain[from + length] == plain[at + length])
            length++;
        if (length < MIN_MATCH) {
            at++;
            continue;
        }
        out = put_group(out, plain + start, at - start, length, at - from);
        at += length;
        start = at;
    }
    return put_group(out, plain + start, PLAIN - start, 0, 0);
}

static size_t get_rest(size_t *in, size_t count)
{
    uint8_t byte = 255;
    if (count < 15)
        return count;
    while (byte == 255)
        count += byte = packed[(*in)++];
    return count;
}

static size_t lz_unpack(size_t size)
{
    size_t out = 0;
    for (size_t in = 0; in < size;) {
        uint8_t counts = packed[in++];
        for (size_t literals = get_rest(&in, counts >> 4); literals--;)
            unpacked[out++] = packed[in++];
        size_t match = get_rest(&in, counts & 15);
        size_t from = out - (packed[in] | (size_t)packed[in + 1] << 8);
        in += 2;
        while (match--)
            unpacked[out++] = unpacked[from++];
    }
    return out;
}

static uint64_t run_lz(unsigned rounds)
{
    uint64_t sum = 0;
    fill_prose(1);
    for (unsigned r = 0; r < rounds; r++) {
        size_t size = lz_pack();
        sum = fold(sum, size);
        sum = fold(sum, packed[size / 2]);
        plain[r * 977 % PLAIN] ^= 1;
    }
    return sum;
}

static uint64_t run_unlz(unsigned rounds)
{
    uint64_t sum = 0;
    fill_prose(2);
    size_t size = lz_pack();
    for (unsigned r = 0; r < rounds; r++) {
        sum = fold(sum, lz_unpack(size));
        unpacked[r % PLAIN] ^= 1; /* is overwritten, or the sum is wrong */
    }
    for (size_t i = 0; i < PLAIN; i++)
        sum = fold(sum, unpacked[i] == plain[i]);
    return sum;
}

/* ---- json: writes a document, then parses it by recursive descent into a tree ---- */

enum json_type { JSON_BAD, JSON_WORD, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };
struct json {
    enum json_type type;
    uint32_t child, next; /* indices into the pool; 0 is none */
    int64_t value;        /* of a number; the hash of a string or of a word */
    uint32_t key;         /* hash of the member's name */
};
enum { JSON_NODES = 1 << 14 };
static struct json json_pool[JSON_NODES];
static uint32_t json_used;
static char document[1 << 16];

static char *put_text(char *to, const char *from)
{
    while (*from)
        *to++ = *from++;
    return to;
}

static char *put_number(char *to, int64_t number)
{
    char digits[20];
    int count = 0;
    if (number < 0) {
        *to++ = '-';
        number = -number;
    }
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        *to++ = digits[--count];
    return to;
}

static void write_document(void)
{
    static const char *const colours[] = {"red", "pale \\\"green\\\"", "blue", "\\u0041zure"};
    uint64_t seed = 16;
    char *to = put_text(document, "{\n  \"list\": [\n");
    for (int i = 0; i < 500; i++) {
        uint64_t bits = next_random(&seed);
        to = put_text(to, i ? ",\n    {\"id\": " : "    {\"id\": ");
        to = put_number(to, i);
        to = put_text(to, ", \"colour\": \"");
        to = put_text(to, colours[bits & 3]);
        to = put_text(to, "\", \"size\": [");
        to = put_number(to, (int64_t)bits >> 40);
        to = put_text(to, ", ");
        to = put_number(to, (int64_t)(bits >> 20 & 0xfff));
        to = put_text(to, bits & 16 ? "], \"hidden\": true}" : "], \"next\": {\"none\": null}}");
    }
    *put_text(to, "\n  ]\n}\n") = 0;
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
        at++;
    return at;
}

/* From behind the first quotation mark to behind the last. */
static const char *parse_string(const char *at, uint32_t *hash)
{
    for (*hash = 5381; *at && *at != '"'; at++) {
        if (*at == '\\')
            at++;
        *hash = *hash * 33 ^ (uint8_t)*at;
    }
    return at + (*at == '"');
}

static const char *parse_value(const char *at, uint32_t *node);

/* The values up to a bracket, which `open` says; in an object a name and a colon before each. */
static const char *parse_list(const char *at, char open, struct json *list)
{
    uint32_t *link = &list->child;
    list->type = open == '{' ? JSON_OBJECT : JSON_ARRAY;
    for (char separator = ','; separator == ',';) {
        uint32_t key = 0;
        at = skip_blanks(at);
        if (*at == (open == '{' ? '}' : ']'))
            return at + 1;
        if (open == '{') {
            at = skip_blanks(parse_string(at + (*at == '"'), &key));
            at += *at == ':';
        }
        at = skip_blanks(parse_value(at, link));
        json_pool[*link].key = key;
        link = &json_pool[*link].next;
        separator = *at;
        if (*at)
            at++;
    }
    return at;
}

static const char *parse_value(const char *at, uint32_t *link)
{
    struct json *node = &json_pool[ *link = json_used++ % JSON_NODES];
    uint32_t hash = 0;
    *node = (struct json){0};
    at = skip_blanks(at);
    if (*at == '{' || *at == '[')
        return parse_list(at + 1, *at, node);
    if (*at == '"') {
        at = parse_string(at + 1, &hash);
        node->type = JSON_STRING;
        node->value = hash;
    } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
        bool negative = *at == '-';
        for (at += negative; *at >= '0' && *at <= '9'; at++)
            node->value = node->value * 10 + (*at - '0');
        node->value = negative ? -node->value : node->value;
        node->type = JSON_NUMBER;
    } else {
        for (; *at >= 'a' && *at <= 'z'; at++)
            node->value = node->value * 33 ^ *at;
        node->type = node->value ? JSON_WORD : JSON_BAD;
    }
    return at;
}

static uint64_t json_sum(uint32_t at, uint64_t sum)
{
    for (; at; at = json_pool[at].next) {
        sum = fold(sum, json_pool[at].type + (uint64_t)json_pool[at].key * 8);
        sum = fold(sum, (uint64_t)json_pool[at].value);
        sum = json_sum(json_pool[at].child, sum);
    }
    return sum;
}

static uint64_t run_json(unsigned rounds)
{
    uint64_t sum = 0;
    write_document();
    for (unsigned r = 0; r < rounds; r++) {
        uint32_t root;
        json_used = 1;
        parse_value(document, &root);
        sum = json_sum(root, sum);
    }
    return fold(sum, json_used);
}

/* ---- regex: expressions of characters, sets and repetitions, matched by backtracking ---- */

struct item {
    uint64_t set[4]; /* one bit for each character that matches */
    uint32_t least, most;
};
enum { ITEMS_MAX = 16 };
struct regex {
    struct item items[ITEMS_MAX];
    int count;
};

static void set_add(uint64_t set[4], unsigned first, unsigned last)
{
    for (unsigned c = first; c <= last; c++)
        set[c / 64] |= 1ull << c % 64;
}

/* `.`, `[a-z_]`, `[^...]` and plain characters, each with `*`, `+`, `?` or nothing behind it. */
static void regex_compile(struct regex *regex, const char *source)
{
    regex->count = 0;
    while (*source && regex->count < ITEMS_MAX) {
        struct item *item = &regex->items[regex->count++];
        *item = (struct item){.least = 1, .most = 1};
        if (*source == '[') {
            bool inverted = source[1] == '^';
            for (source += 1 + inverted; *source && *source != ']'; source++) {
                uint8_t first = (uint8_t)*source;
                if (source[1] == '-')
                    source += 2;
                set_add(item->set, first, (uint8_t)*source);
            }
            for (int i = 0; inverted && i < 4; i++)
                item->set[i] = ~item->set[i];
        } else if (*source == '.') {
            set_add(item->set, 1, 255);
        } else {
            set_add(item->set, (uint8_t)*source, (uint8_t)*source);
        }
        source++;
        if (*source == '*' || *source == '?')
            item->least = 0;
        if (*source == '*' || *source == '+')
            item->most = UINT32_MAX;
        source += *source == '*' || *source == '+' || *source == '?';
    }
}

/* The end of the match that begins at `at`; NULL for none. The longest repetitions come first. */
static const uint8_t *regex_match(const struct item *item, const struct item *end,
                                  const uint8_t *at)
{
    if (item == end)
        return at;
    uint32_t count = 0;
    while (count < item->most && *at && item->set[*at / 64] >> *at % 64 & 1) {
        count++;
        at++;
    }
    for (;; count--, at--) {
        if (count < item->least)
            return NULL;
        const uint8_t *rest = regex_match(item + 1, end, at);
        if (rest || !count)
            return rest;
    }
}

static uint64_t run_regex(unsigned rounds)
{
    static const char *const sources[] = {"[a-z]+ [0-9]+", "m[a-z]*e [^aeiou]", ".a.e[ .]*r",
                                          "[^ ]*dd[^ ]* [a-m]+ and", "written.?[0-9]*4,"};
    struct regex regex;
    uint64_t sum = 0;
    fill_prose(3);
    plain[PLAIN / 8] = 0; /* the text's end */
    for (unsigned r = 0; r < rounds; r++) {
        regex_compile(&regex, sources[r % 5]);
        for (const uint8_t *at = plain; *at;) {
            const uint8_t *end = regex_match(regex.items, regex.items + regex.count, at);
            sum = end ? fold(sum, (uint64_t)(at - plain)) : sum;
            at = end && end > at ? end : at + 1;
        }
    }
    return sum;
}

/* ---- queens: all ways to put eight of them on a board ---- */

enum { BOARD = 8 };
static uint8_t queen_at[BOARD];

static bool queen_is_safe(int row, int column)
{
    for (int earlier = 0; earlier < row; earlier++) {
        int way = column - queen_at[earlier];
        if (way == 0 || way == row - earlier || way == earlier - row)
            return false;
    }
    return true;
}

static unsigned place_queens(int row)
{
    unsigned ways = 0;
    if (row == BOARD)
        return 1;
    for (int column = 0; column < BOARD; column++) {
        if (queen_is_safe(row, column)) {
            queen_at[row] = (uint8_t)column;
            ways += place_queens(row + 1);
        }
    }
    return ways;
}

static uint64_t run_queens(unsigned rounds)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < rounds; r++)
        sum = fold(sum, place_queens(0));
    return sum;
}

const struct kernel program_kernels[] = {
    {"lz", "integer", 500, run_lz},         {"unlz", "integer", 1000, run_unlz},
    {"json", "integer", 500, run_json},     {"regex", "integer", 500, run_regex},
    {"queens", "integer", 700, run_queens}, {0},
};
