/* Compares cpu/fp.h with an AArch64 machine: runs the command given as arguments (guest.c under
 * qemu-aarch64), reads its records and computes each again, once with FPSR clear (the exact
 * functions) and once with Inexact already set (the fast paths). Exits with 1 on a difference. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cpu/fp.h"
#include "ops.h"

enum {
    SHOWN = 5, /* differences printed of one operation */
};

static uint64_t javascript(uint64_t op, struct fp_status *st)
{
    bool z;
    uint32_t result = fp_to_fixed_js(op, &z, st);

    return result | (uint64_t)z << 32;
}

#define H uint16_t
#define S uint32_t
#define D uint64_t
#define I uint64_t
#define COMPUTE(name, kind, assembly, expression)                                                  \
    static uint64_t compute_##name(const struct fp_record *r, struct fp_status *st)                \
    {                                                                                              \
        kind a = (kind)r->a, b = (kind)r->b, c = (kind)r->c;                                       \
                                                                                                   \
        (void)b, (void)c, (void)st;                                                                \
        return expression;                                                                         \
    }
FP_OPS(COMPUTE)
#undef H
#undef S
#undef D
#undef I

static const struct {
    const char *name;
    uint64_t (*compute)(const struct fp_record *, struct fp_status *);
} ops[] = {
#define ROW(name, kind, assembly, expression) {#name, compute_##name},
    FP_OPS(ROW)
#undef ROW
};

/* Corrects what qemu-aarch64 7.2 gets wrong; the manual decides: to FJCVTZS, a number that was
 * flushed is no exact zero. */
static void settle(struct fp_record *r)
{
    if (ops[r->op].compute == compute_fjcvtzs && (r->fpsr & FPSR_IDC))
        r->result &= UINT32_MAX;
}

/* True where the library agrees from a status in which the flags `preset` are set already. */
static bool agrees(const struct fp_record *r, uint32_t preset, bool show)
{
    struct fp_status st = {.fpcr = r->fpcr, .fpsr = preset};
    uint64_t result = ops[r->op].compute(r, &st);

    if (result == r->result && st.fpsr == (r->fpsr | preset) && st.fpcr == r->fpcr)
        return true;
    if (show)
        printf("%s(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ") fpcr %#x fpsr %#x: machine %#" PRIx64
               " fpsr %#x, ulna %#" PRIx64 " fpsr %#x\n",
               ops[r->op].name, r->a, r->b, r->c, r->fpcr, preset, r->result, r->fpsr, result,
               st.fpsr);
    return false;
}

int main(int argc, char **argv)
{
    char command[4096] = "";
    static struct fp_record r[4096];
    unsigned differences[ARRAY_SIZE(ops)] = {0}, executed[ARRAY_SIZE(ops)] = {0};
    unsigned long total = 0, different = 0;
    size_t count;

    for (int i = 1; i < argc; i++) {
        strncat(command, "'", sizeof command - strlen(command) - 1);
        strncat(command, argv[i], sizeof command - strlen(command) - 1);
        strncat(command, "' ", sizeof command - strlen(command) - 1);
    }
    FILE *machine = popen(command, "r");

    if (!machine) {
        perror(command);
        return 1;
    }
    while ((count = fread(r, sizeof r[0], ARRAY_SIZE(r), machine)) > 0) {
        for (size_t i = 0; i < count; i++) {
            uint32_t op = r[i].op;

            if (op >= ARRAY_SIZE(ops)) {
                printf("record of operation %u, but there are %zu\n", op, ARRAY_SIZE(ops));
                return 1;
            }
            bool show = differences[op] < SHOWN;

            settle(&r[i]);
            differences[op] += !agrees(&r[i], 0, show) || !agrees(&r[i], FPSR_IXC, show);
            executed[op]++;
            total++;
        }
    }
    int status = pclose(machine);

    for (size_t op = 0; op < ARRAY_SIZE(ops); op++) {
        different += differences[op];
        if (differences[op])
            printf("%s: %u of %u differ\n", ops[op].name, differences[op], executed[op]);
        if (executed[op] == 0) {
            printf("%s: never executed\n", ops[op].name);
            different++;
        }
    }
    printf("%lu executions of %zu operations, %lu differences\n", total, ARRAY_SIZE(ops),
           different);
    if (status != 0)
        printf("the machine's command failed: %s\n", command);
    return status != 0 || different != 0;
}
