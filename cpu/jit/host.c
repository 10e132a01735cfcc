/* CPUID: Intel SDM, volume 2, CPUID; AMD APM, volume 3, appendix E. */
#include "cpu/jit/host.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"

static const struct {
    const char *name;
    size_t offset; /* in struct host_features */
} names[] = {
#define HOST_FEATURE(name) {#name, offsetof(struct host_features, name)},
    HOST_FEATURES(HOST_FEATURE)
#undef HOST_FEATURE
};

static bool *field(struct host_features *features, size_t i)
{
    return (bool *)((char *)features + names[i].offset);
}

static bool has(const struct host_features *features, size_t i)
{
    return *(const bool *)((const char *)features + names[i].offset);
}

static void set_all(struct host_features *features, bool value)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        *field(features, i) = value;
}

struct host_features host_features(void)
{
    struct host_features f = {0};
    unsigned a, b, c, d;
    bool ymm = false;

    if (__get_cpuid(1, &a, &b, &c, &d)) {
        f.pclmul = bit_get(c, 1);
        f.ssse3 = bit_get(c, 9);
        f.sse41 = bit_get(c, 19);
        f.sse42 = bit_get(c, 20);
        f.popcnt = bit_get(c, 23);
        f.aes = bit_get(c, 25);
        if (bit_get(c, 27)) { /* OSXSAVE: does the system keep the YMM registers? */
            unsigned low, high;

            __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
            ymm = (low & 6) == 6;
        }
        f.avx = ymm && bit_get(c, 28);
        f.fma = ymm && bit_get(c, 12);
        f.f16c = ymm && bit_get(c, 29);
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        f.bmi1 = bit_get(b, 3);
        f.bmi2 = bit_get(b, 8);
        f.avx2 = ymm && bit_get(b, 5);
        f.sha = bit_get(b, 29);
    }
    if (__get_cpuid(0x80000001, &a, &b, &c, &d))
        f.lzcnt = bit_get(c, 5);
    return f;
}

static bool bad_word(const char *word, size_t length, struct err *err)
{
    char all[256] = "";

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "",
                 names[i].name);
    return err_usage(err,
                     "'%.*s' is no host feature; accepted is all or none, then +NAME or -NAME of "
                     "%s, as in none+bmi2 or -avx2",
                     (int)(length > 40 ? 40 : length), word, all);
}

/* "+NAME" or "-NAME" */
static bool parse_word(const char *word, size_t length, struct host_features *masked,
                       struct err *err)
{
    if (*word == '+' || *word == '-')
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
            if (strlen(names[i].name) == length - 1 &&
                !memcmp(names[i].name, word + 1, length - 1)) {
                *field(masked, i) = *word == '-';
                return true;
            }
    return bad_word(word, length, err);
}

bool host_features_parse(const char *text, struct host_features *masked, struct err *err)
{
    size_t length = strcspn(text, "+-");
    bool all = length == 3 && !memcmp(text, "all", 3);
    bool none = length == 4 && !memcmp(text, "none", 4);

    if ((length || !*text) && !all && !none)
        return bad_word(text, length, err);
    set_all(masked, none);
    for (text += length; *text; text += length) {
        length = 1 + strcspn(text + 1, "+-");
        if (!parse_word(text, length, masked, err))
            return false;
    }
    return true;
}

struct host_features host_features_without(struct host_features features,
                                           const struct host_features *masked)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (has(masked, i))
            *field(&features, i) = false;
    features.avx2 = features.avx2 && features.avx;
    features.fma = features.fma && features.avx;
    features.f16c = features.f16c && features.avx;
    return features;
}

const char *host_features_print(const struct host_features *features, char *text, size_t size)
{
    size_t used = 0;

    snprintf(text, size, "none");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (has(features, i) && used < size)
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", names[i].name);
    return text;
}
