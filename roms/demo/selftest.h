/*
 * The scenes as a test: the same pictures, to the last bit, on every machine.
 */
#ifndef DEMO_SELFTEST_H
#define DEMO_SELFTEST_H

#include "scenes.h"

#define SELFTEST_WIDTH  480
#define SELFTEST_HEIGHT 270
#define SELFTEST_COUNT  5

struct selftest {
    const char *name;
    uint32_t sum;
    uint32_t expected;
};

/* Draws picture `index` (0 to SELFTEST_COUNT - 1) into WIDTH * HEIGHT pixels, and compares. */
struct selftest selftest_run(unsigned index, uint32_t *pixels);

#endif
