/* The guest of ieee.c: for each instruction of ieee_rows.h (each number of fraction bits of it) a
 * routine, all of one size, in that order, which may lie anywhere.
 *     X0 cases: V0, V1, V2, 16 bytes each       X1 results: V3, X6, FPSR
 *     X2 how many                               X3 FPSR before, X4 FPCR
 * Behind all of them a second one for each: the first has FPSR set before and read after each case,
 * the second before and after all, so that nothing but the instruction is in its loop. */
#include "ieee_rows.h"

#define ROUTINES(routines, ...)                                                                    \
    ".set fb, 1\n"                                                                                 \
    ".rept " #routines "\n"                                                                        \
    ".p2align 7, 0\n" __VA_ARGS__ "   hlt #0xf000\n"                                               \
    ".set fb, fb + 1\n"                                                                            \
    ".endr\n"
#define LOAD                                                                                       \
    "1: ldp q0, q1, [x0]\n"                                                                        \
    "   ldr q2, [x0, #32]\n"                                                                       \
    "   ldr x5, [x0], #48\n"                                                                       \
    "   mvn v3.16b, v2.16b\n"                                                                      \
    "   mov x6, xzr\n"
#define NEXT                                                                                       \
    "   add x1, x1, #32\n"                                                                         \
    "   subs x2, x2, #1\n"                                                                         \
    "   b.ne 1b\n"

#define EACH(routines, text, ...)                                                                  \
    ROUTINES(routines, "msr fpcr, x4\n" LOAD "msr fpsr, x3\n" text "\n"                            \
                       "mrs x7, fpsr\n str q3, [x1]\n stp x6, x7, [x1, #16]\n" NEXT)
#define LOOP(routines, text, ...)                                                                  \
    ROUTINES(routines,                                                                             \
             "msr fpcr, x4\n msr fpsr, x3\n" LOAD text "\n"                                        \
             "str q3, [x1]\n str x6, [x1, #16]\n" NEXT "mrs x7, fpsr\n str x7, [x1, #-8]\n")

__asm__(IEEE_ROWS(EACH) IEEE_ROWS(LOOP));
