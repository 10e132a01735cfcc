/*
 * The kernels as one bare-metal program for the virt board, over the run-time library of roms/lib.
 * The command line (-append) says what to do: "NAME ROUNDS". It prints "begin" and "end CHECKSUM"
 * around the work and powers off.
 *
 * Everything runs with the MMU and the caches on, as under an operating system: an emulator's cost
 * of a memory access is only then the usual one. Arm Architecture Reference Manual (DDI 0487),
 * D8.3 translation table descriptors.
 */
#include "../../roms/lib/rom.h"
#include "kernels.h"

/* ---- the MMU: 4 KiB granule, 39-bit addresses, blocks of 1 GiB ---- */

enum {
    BLOCK = 1 << 0,
    ATTR_NORMAL = 0 << 2, /* index into MAIR_EL1 */
    ATTR_DEVICE = 1 << 2,
    AP_EL0 = 1 << 6, /* EL0 may read and write; EL1 may then not execute */
    SHARED = 3 << 8,
    ACCESSED = 1 << 10,
};
static uint64_t table[512] __attribute__((aligned(4096)));

/* RAM is seen twice: for EL1 where it is, and for EL0 one GiB above. */
#define EL0_OFFSET 0x40000000ul

static void mmu_on(void)
{
    table[0] = 0x00000000 | ACCESSED | ATTR_DEVICE | BLOCK;
    table[1] = 0x40000000 | ACCESSED | SHARED | ATTR_NORMAL | BLOCK;
    table[2] = 0x40000000 | ACCESSED | SHARED | AP_EL0 | ATTR_NORMAL | BLOCK;
    WRITE_REG(mair_el1, 0x00ff); /* 0: Normal, write-back; 1: Device-nGnRnE */
    /* T0SZ 25, write-back inner shareable walks, no TTBR1, 40-bit physical addresses */
    WRITE_REG(tcr_el1, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2ul << 32);
    WRITE_REG(ttbr0_el1, (uint64_t)table);
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
    WRITE_REG(sctlr_el1, READ_REG(sctlr_el1) | 1 << 0 | 1 << 2 | 1 << 12); /* M, C, I */
}

/* ---- syscall: EL0 calls EL1, which counts and returns ---- */

uint64_t bare_syscalls(uint64_t count,
                       uint64_t el0_offset); /* syscall.S; returns the calls counted */

static uint64_t run_syscall(unsigned rounds)
{
    return bare_syscalls(rounds * 10000ull, EL0_OFFSET);
}

static const struct kernel system_kernels[] = {{"syscall", "system", 100, run_syscall}, {0}};

/* Reads a word of the command line into `to`; returns what follows it. */
static const char *read_word(const char *line, char to[32])
{
    size_t n = 0;
    while (*line == ' ')
        line++;
    while (*line && *line != ' ' && n < 31)
        to[n++] = *line++;
    to[n] = 0;
    return line;
}

void rom_main(void)
{
    static const struct kernel *const families[] = {integer_kernels, float_kernels, simd_kernels,
                                                    system_kernels};
    char name[32], number[32];
    unsigned rounds = 0;

    read_word(read_word(fdt_bootargs(), name), number);
    for (const char *p = number; *p; p++)
        rounds = rounds * 10 + (unsigned)(*p - '0');
    mmu_on();
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
        for (const struct kernel *k = families[f]; k->name; k++) {
            if (text_equal(k->name, name)) {
                print("begin\n");
                print("end %016lx\n", k->run(rounds));
            }
        }
    }
}
