/*
 * The kernels as a static program of Linux: of the host, and of the guest under Debian's kernel.
 *   program --list           one line a kernel: name, family, rounds, where emulators run it, and
 *                            "yes" if this processor can
 *
 *   program NAME ROUNDS ...  runs each between the lines "begin NAME" and "end NAME CHECKSUM"
 *   program --exit           does nothing: what the row exec executes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernels.h"

static const struct {
    const struct kernel *kernels;
    const char *where;
} families[] = {
    {integer_kernels, "bare"}, {program_kernels, "bare"}, {float_kernels, "bare"},
    {single_kernels, "bare"},  {libm_kernels, "linux"},   {simd_kernels, "bare"},
    {media_kernels, "bare"},   {crypto_kernels, "bare"},  {sve_kernels, "bare"},
    {linux_kernels, "linux"},  {smp_kernels, "smp"},
};

/* What other processors than the guests' may lack; the guest's kernels find out by themselves. */
static const char *runs_here(const struct kernel *kernels)
{
#ifdef __x86_64__
    if (kernels == crypto_kernels &&
        !(__builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
          __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1")))
        return "no";
#endif
    (void)kernels;
    return "yes";
}

static void list(void)
{
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
        for (const struct kernel *k = families[f].kernels; k->name; k++)
            printf("%s %s %u %s %s\n", k->name, k->family, k->rounds, families[f].where,
                   runs_here(families[f].kernels));
}

static const struct kernel *find(const char *name)
{
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
        for (const struct kernel *k = families[f].kernels; k->name; k++)
            if (!strcmp(k->name, name))
                return k;
    fprintf(stderr, "program: no kernel '%s'\n", name);
    exit(2);
}

/* Each line is out before the next thing happens: it is timed, and a forked process has none. */
static void run(const struct kernel *kernel, unsigned rounds)
{
    printf("begin %s\n", kernel->name);
    fflush(stdout);
    printf("end %s %016llx\n", kernel->name, (unsigned long long)kernel->run(rounds));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--list"))
        list();
    for (int i = 1; i + 1 < argc; i += 2)
        run(find(argv[i]), (unsigned)strtoul(argv[i + 1], NULL, 10));
    return 0;
}
