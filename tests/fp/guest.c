/* AArch64 side of the floating-point comparison: executes every operation of ops.h under each of
 * the settings of FPCR's RMode, FZ, DN, AHP, FZ16, AH, FIZ and EBF that the machine has, on
 * operands biased towards corners; and on each pair of corner cases under some setting. Writes a
 * record of each to standard output. Arguments: seed, executions for each operation and setting.
 * Statically linked, run by qemu-aarch64 or on a real machine. */
#include <stdio.h>
#include <stdlib.h>

#include "numbers.h"
#include "ops.h"

static uint64_t random_state;

#define CORNERS 84

/* One of the CORNERS corner cases of the format: zero, the smallest and largest numbers of each
 * kind, those around one and around the last integer, infinity, NaNs of both kinds. */
static uint64_t corner_number(unsigned exp_bits, unsigned frac_bits, unsigned index)
{
    uint64_t max = (1ull << exp_bits) - 1, one = max >> 1, ones = (1ull << frac_bits) - 1;
    const uint64_t exp[] = {0, 1, one - 1, one, one + frac_bits, max - 1, max};
    const uint64_t frac[] = {0, 1, ones >> 1, ones / 2 + 1, ones - 1, ones};

    return (uint64_t)(index & 1) << (exp_bits + frac_bits) | exp[index / 2 % 7] << frac_bits |
           frac[index / 14];
}

static uint64_t random_operand(char kind);

static uint64_t corner_operand(char kind, unsigned index)
{
    switch (kind) {
    case 'H':
        return corner_number(5, 10, index);
    case 'S':
        return corner_number(8, 23, index);
    case 'D':
        return corner_number(11, 52, index);
    default:
        return random_operand(kind);
    }
}

static uint64_t random_operand(char kind)
{
    switch (kind) {
    case 'H':
        return random_number(&random_state, 5, 10);
    case 'S':
        return random_number(&random_state, 8, 23);
    case 'D':
        return random_number(&random_state, 11, 52);
    default:
        return random_integer(&random_state);
    }
}

#define SETTINGS 512

static uint32_t fpcr_setting(unsigned index)
{
    static const uint8_t bit[] = {22, 23, 24, 25, 26, 19, 1, 0, 13};
    uint32_t fpcr = 0;

    for (unsigned i = 0; i < sizeof bit; i++)
        fpcr |= (index >> i & 1) << bit[i];
    return fpcr;
}

/* Does the machine take all these bits? */
static int has_setting(uint32_t fpcr)
{
    uint64_t taken;

    __asm__ volatile("msr fpcr, %[fpcr]\n mrs %[taken], fpcr\n msr fpcr, xzr"
                     : [taken] "=&r"(taken)
                     : [fpcr] "r"((uint64_t)fpcr));
    return taken == fpcr;
}

#define EXECUTE(name, kind, assembly, expression)                                                  \
    static void execute_##name(struct fp_record *r)                                                \
    {                                                                                              \
        uint64_t result, fpsr;                                                                     \
        uint64_t fpcr = r->fpcr;                                                                   \
                                                                                                   \
        __asm__ volatile("msr fpcr, %[fpcr]\n msr fpsr, xzr\n"                                     \
                         "fmov d0, %[a]\n fmov d1, %[b]\n fmov d2, %[c]\n"                         \
                         "mov x1, %[a]\n mov x0, xzr\n" assembly "\n"                              \
                         "mov %[result], x0\n mrs %[fpsr], fpsr\n msr fpcr, xzr"                   \
                         : [result] "=&r"(result), [fpsr] "=&r"(fpsr)                              \
                         : [fpcr] "r"(fpcr), [a] "r"(r->a), [b] "r"(r->b), [c] "r"(r->c)           \
                         : "x0", "x1", "x2", "v0", "v1", "v2", "v3", "cc");                        \
        r->result = result;                                                                        \
        r->fpsr = (uint32_t)fpsr;                                                                  \
    }
FP_OPS(EXECUTE)

static const struct {
    void (*execute)(struct fp_record *);
    char kind;
} ops[] = {
#define ROW(name, kind, assembly, expression) {execute_##name, #kind[0]},
    FP_OPS(ROW)
#undef ROW
};

static int execute(uint32_t op, struct fp_record *r)
{
    r->op = op;
    ops[op].execute(r);
    return fwrite(r, sizeof *r, 1, stdout) == 1;
}

/* Each pair, the third operand and the setting by chance. */
static int execute_corners(uint32_t op)
{
    char kind = ops[op].kind;

    for (unsigned a = 0; a < CORNERS; a++) {
        for (unsigned b = 0; b < CORNERS; b++) {
            struct fp_record r = {.a = corner_operand(kind, a), .b = corner_operand(kind, b)};

            r.c = corner_operand(kind, (unsigned)(random_next(&random_state) % CORNERS));
            do
                r.fpcr = fpcr_setting((unsigned)(random_next(&random_state) % SETTINGS));
            while (!has_setting(r.fpcr));
            if (!execute(op, &r))
                return 0;
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s SEED COUNT > RECORDS\n", argv[0]);
        return 2;
    }
    random_state = strtoull(argv[1], NULL, 0);
    unsigned count = (unsigned)strtoul(argv[2], NULL, 0);

    for (uint32_t op = 0; op < sizeof ops / sizeof ops[0]; op++)
        if (!execute_corners(op))
            return 1;
    for (unsigned setting = 0; setting < SETTINGS; setting++) {
        if (!has_setting(fpcr_setting(setting)))
            continue;
        for (uint32_t op = 0; op < sizeof ops / sizeof ops[0]; op++) {
            for (unsigned i = 0; i < count; i++) {
                struct fp_record r = {.fpcr = fpcr_setting(setting)};

                r.a = random_operand(ops[op].kind);
                r.b = random_operand(ops[op].kind);
                r.c = random_operand(ops[op].kind);
                if (!execute(op, &r))
                    return 1;
            }
        }
    }
    return fflush(stdout) ? 1 : 0;
}
