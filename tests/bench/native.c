/*
 * The kernels as a program of the host.
 *   native --list        one line a kernel: name, family, rounds
 *   native NAME ROUNDS   runs it between the lines "begin" and "end CHECKSUM"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernels.h"

int main(int argc, char **argv)
{
    const struct kernel *const families[] = {integer_kernels, float_kernels, simd_kernels};

    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
        for (const struct kernel *k = families[f]; k->name; k++) {
            if (argc == 2 && !strcmp(argv[1], "--list")) {
                printf("%s %s %u\n", k->name, k->family, k->rounds);
            } else if (argc == 3 && !strcmp(argv[1], k->name)) {
                puts("begin");
                fflush(stdout);
                printf("end %016llx\n",
                       (unsigned long long)k->run((unsigned)strtoul(argv[2], NULL, 10)));
            }
        }
    }
    return 0;
}
