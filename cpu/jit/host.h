/* What the host's processor has beyond the x86-64 baseline, by CPUID, and which of it is used. */
#ifndef ULNA_CPU_JIT_HOST_H
#define ULNA_CPU_JIT_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define HOST_FEATURES(X)                                                                           \
    X(bmi1)                                                                                        \
    X(bmi2)                                                                                        \
    X(lzcnt)                                                                                       \
    X(popcnt)                                                                                      \
    X(ssse3) X(sse41) X(sse42) X(avx) X(avx2) X(fma) X(f16c) X(aes) X(pclmul) X(sha)

struct host_features {
#define HOST_FEATURE(name) bool name;
    HOST_FEATURES(HOST_FEATURE)
#undef HOST_FEATURE
};

/* All that the host has. */
struct host_features host_features(void);

/* `all` or `none`, then features to add (+avx2) or to leave out (-bmi2); without the first word it
 * is `all`. Sets *masked to those left out. False: names the bad word and lists the accepted ones.
 */
bool host_features_parse(const char *text, struct host_features *masked, struct err *err);

/* What remains of `features`; without AVX there is neither AVX2, FMA nor F16C. */
struct host_features host_features_without(struct host_features features,
                                           const struct host_features *masked);

/* Their names, a space between two; "none". Returns text. */
const char *host_features_print(const struct host_features *features, char *text, size_t size);

#endif
