/*
 * The kernels on the host: says which of their checksums are not the expected ones, and exits with
 * 1 if any is not. The test roms.fpbench.host.
 */
#include "kernels.h"
#include <inttypes.h>
#include <stdio.h>

int main(void)
{
    int wrong = 0;

    for (unsigned i = 0; i < kernels_count; i++) {
        uint64_t sum = kernels[i].run(kernels[i].size);
        printf("%-20s %016" PRIx64 "%s\n", kernels[i].name, sum,
               sum == kernels[i].expected ? "" : "  not as expected");
        wrong |= sum != kernels[i].expected;
    }
    return wrong;
}
