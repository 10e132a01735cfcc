/*
 * idregs: what the processor says of itself.
 *
 * A kernel learns from these registers which instructions there are, how large addresses may be,
 * and for which errata of which part it has to look out. The architecture gives them a block of
 * encodings: op0 3, op1 0, CRn 0, CRm 1 to 7, of which those without a name yet read as zero, so
 * that a kernel of today may ask a processor of ten years ago for what did not exist then.
 *
 * One line each, NAME VALUE, to compare processors by: tests/model does that.
 */
#include "../lib/rom.h"

struct id_register {
    const char *name;
    uint64_t value;
};

#define ID(crm, op2, name)                                                                         \
    {                                                                                              \
        name, READ_REG(S3_0_C0_C##crm##_##op2)                                                     \
    }

static unsigned print_all(const struct id_register *registers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        print("%s %016lx\n", registers[i].name, registers[i].value);
    return count;
}

/* The fourteen of AArch32 are there on a processor of AArch64 alone, too. */
static unsigned print_features(void)
{
    const struct id_register registers[] = {
        ID(1, 0, "ID_PFR0_EL1"),      ID(1, 1, "ID_PFR1_EL1"),      ID(1, 2, "ID_DFR0_EL1"),
        ID(1, 3, "ID_AFR0_EL1"),      ID(1, 4, "ID_MMFR0_EL1"),     ID(1, 5, "ID_MMFR1_EL1"),
        ID(1, 6, "ID_MMFR2_EL1"),     ID(1, 7, "ID_MMFR3_EL1"),     ID(2, 0, "ID_ISAR0_EL1"),
        ID(2, 1, "ID_ISAR1_EL1"),     ID(2, 2, "ID_ISAR2_EL1"),     ID(2, 3, "ID_ISAR3_EL1"),
        ID(2, 4, "ID_ISAR4_EL1"),     ID(2, 5, "ID_ISAR5_EL1"),     ID(2, 6, "ID_MMFR4_EL1"),
        ID(2, 7, "ID_ISAR6_EL1"),     ID(3, 0, "MVFR0_EL1"),        ID(3, 1, "MVFR1_EL1"),
        ID(3, 2, "MVFR2_EL1"),        ID(3, 4, "ID_PFR2_EL1"),      ID(3, 5, "ID_DFR1_EL1"),
        ID(3, 6, "ID_MMFR5_EL1"),     ID(4, 0, "ID_AA64PFR0_EL1"),  ID(4, 1, "ID_AA64PFR1_EL1"),
        ID(4, 2, "ID_AA64PFR2_EL1"),  ID(4, 4, "ID_AA64ZFR0_EL1"),  ID(4, 5, "ID_AA64SMFR0_EL1"),
        ID(4, 7, "ID_AA64FPFR0_EL1"), ID(5, 0, "ID_AA64DFR0_EL1"),  ID(5, 1, "ID_AA64DFR1_EL1"),
        ID(5, 2, "ID_AA64DFR2_EL1"),  ID(5, 4, "ID_AA64AFR0_EL1"),  ID(5, 5, "ID_AA64AFR1_EL1"),
        ID(6, 0, "ID_AA64ISAR0_EL1"), ID(6, 1, "ID_AA64ISAR1_EL1"), ID(6, 2, "ID_AA64ISAR2_EL1"),
        ID(6, 3, "ID_AA64ISAR3_EL1"), ID(7, 0, "ID_AA64MMFR0_EL1"), ID(7, 1, "ID_AA64MMFR1_EL1"),
        ID(7, 2, "ID_AA64MMFR2_EL1"), ID(7, 3, "ID_AA64MMFR3_EL1"), ID(7, 4, "ID_AA64MMFR4_EL1"),
    };

    return print_all(registers, sizeof(registers) / sizeof(*registers));
}

/* CLIDR_EL1 has three bits for each level of cache: 1 instructions, 2 data, 3 both, 4 unified. */
static unsigned print_caches(uint64_t clidr)
{
    unsigned caches = 0;

    for (unsigned level = 0; level < 7; level++) {
        unsigned type = clidr >> 3 * level & 7;

        for (unsigned instructions = 0; instructions < 2; instructions++) {
            if (instructions ? !(type & 1) : type < 2)
                continue;
            WRITE_REG(csselr_el1, level << 1 | instructions);
            print("CCSIDR_EL1.L%u%c %016lx\n", level + 1,
                  instructions ? 'I'
                  : type == 4  ? 'U'
                               : 'D',
                  READ_REG(ccsidr_el1));
            caches++;
        }
    }
    return caches;
}

void rom_main(void)
{
    const struct id_register first[] = {
        {"MIDR_EL1", READ_REG(midr_el1)},     {"REVIDR_EL1", READ_REG(revidr_el1)},
        {"AIDR_EL1", READ_REG(aidr_el1)},     {"CTR_EL0", READ_REG(ctr_el0)},
        {"DCZID_EL0", READ_REG(dczid_el0)},   {"CLIDR_EL1", READ_REG(clidr_el1)},
        {"CNTFRQ_EL0", READ_REG(cntfrq_el0)},
    };

    check(print_all(first, sizeof(first) / sizeof(*first)) == 7, "a processor says what it is");
    check(print_features() == 42, "and what it can do");
    check(print_caches(first[5].value) >= 2, "and has two caches or more");
    print_verdict("idregs");
}
