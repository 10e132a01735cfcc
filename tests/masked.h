/* For tests of the JIT: the host's features that it is not to use, from the environment
 * (ULNA_TEST_HOST_FEATURES, as -accel tcg,host-features= has it), so that one program tests both
 * the code for this host and the code for the oldest. */
#ifndef ULNA_TESTS_MASKED_H
#define ULNA_TESTS_MASKED_H

#include <stdio.h>
#include <stdlib.h>

#include "cpu/jit/host.h"

static inline struct host_features masked_features(void)
{
    const char *text = getenv("ULNA_TEST_HOST_FEATURES");
    struct host_features masked = {0};
    struct err err;

    if (text && !host_features_parse(text, &masked, &err)) {
        fprintf(stderr, "ULNA_TEST_HOST_FEATURES: %s\n", err.text);
        exit(1);
    }
    return masked;
}

#endif
