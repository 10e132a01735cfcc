/*
 * The kernels as one bare-metal program for the virt board, over the run-time library of roms/lib.
 * The command line (-append) says what to do: "NAME ROUNDS". It prints "begin NAME" and
 * "end NAME CHECKSUM" around the work and powers off.
 *
 * Everything runs with the MMU and the caches on, as under an operating system: an emulator's cost
 * of a memory access is only then the usual one. Arm Architecture Reference Manual (DDI 0487),
 * D8.3 translation table descriptors.
 */
#include "../../roms/lib/rom.h"
#include "kernels.h"

/* ---- the MMU: 4 KiB granule, 39-bit addresses ---- */

enum {
    BLOCK = 1 << 0,
    TABLE = 3 << 0,       /* in a table of level 3: a page */
    ATTR_NORMAL = 0 << 2, /* index into MAIR_EL1 */
    ATTR_DEVICE = 1 << 2,
    AP_EL0 = 1 << 6, /* EL0 may read and write; EL1 may then not execute */
    SHARED = 3 << 8,
    ACCESSED = 1 << 10,
    NOT_GLOBAL = 1 << 11, /* belongs to one ASID */
};
#define TABLE_ALIGNED __attribute__((aligned(4096)))
static uint64_t gigabytes[512] TABLE_ALIGNED, megabytes[512] TABLE_ALIGNED;
static uint64_t pages[512] TABLE_ALIGNED;
static uint8_t page_data[8][4096] TABLE_ALIGNED;

/* What lies where: RAM once more for EL0, nothing, and 2 MiB of pages of one process. */
#define EL0_OFFSET  0x40000000ul
#define UNMAPPED    0xc0000000ul
#define PAGES_START 0x100000000ul

static void mmu_on(void)
{
    gigabytes[0] = 0x00000000 | ACCESSED | ATTR_DEVICE | BLOCK;
    gigabytes[1] = 0x40000000 | ACCESSED | SHARED | ATTR_NORMAL | BLOCK;
    gigabytes[2] = 0x40000000 | ACCESSED | SHARED | AP_EL0 | ATTR_NORMAL | BLOCK;
    gigabytes[4] = (uint64_t)megabytes | TABLE;
    megabytes[0] = (uint64_t)pages | TABLE;
    for (unsigned i = 0; i < 512; i++) /* eight pages of data, over and over */
        pages[i] =
            ((uint64_t)page_data[i % 8]) | NOT_GLOBAL | ACCESSED | SHARED | ATTR_NORMAL | TABLE;
    WRITE_REG(mair_el1, 0x00ff); /* 0: Normal, write-back; 1: Device-nGnRnE */
    /* T0SZ 25, write-back inner shareable walks, no TTBR1, 40-bit physical addresses */
    WRITE_REG(tcr_el1, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2ul << 32);
    WRITE_REG(ttbr0_el1, (uint64_t)gigabytes);
    __asm__ volatile("dsb sy\n\ttlbi vmalle1\n\tdsb sy\n\tisb" : : : "memory");
    WRITE_REG(sctlr_el1, READ_REG(sctlr_el1) | 1 << 0 | 1 << 2 | 1 << 12); /* M, C, I */
}

/* ---- SVE: not trapped, in vectors of 256 bits if there are such ---- */

static void sve_on(void)
{
    WRITE_REG(cpacr_el1, READ_REG(cpacr_el1) | 3 << 16 /* ZEN */);
    __asm__ volatile("isb" : : : "memory");
    WRITE_REG(s3_0_c1_c2_0, 256 / 128 - 1); /* ZCR_EL1.LEN */
    __asm__ volatile("isb" : : : "memory");
}

/* ---- what an operating system does all day ---- */

/* traps.S: return how many exceptions were taken. */
uint64_t bare_syscalls(uint64_t count, uint64_t el0_offset);
uint64_t bare_faults(uint64_t count, uint64_t unmapped_address);
uint64_t bare_interrupts(uint64_t count, uint64_t gicd_sgir, uint64_t gicc);

/* EL0 calls EL1, which counts and returns. */
static uint64_t run_syscall(unsigned rounds)
{
    return bare_syscalls(rounds * 10000ull, EL0_OFFSET);
}

/* A load from where nothing is mapped, and a handler that steps over it. */
static uint64_t run_fault(unsigned rounds)
{
    return bare_faults(rounds * 10000ull, UNMAPPED);
}

/* Switches between two processes, each of which touches 32 pages. */
static uint64_t run_switch(unsigned rounds)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < rounds * 1000ull; i++) {
        WRITE_REG(ttbr0_el1, (uint64_t)gigabytes | (1 + i % 2) << 48);
        for (unsigned page = 0; page < 32; page++)
            sum += ++*(volatile uint32_t *)(PAGES_START + page * 4096);
    }
    WRITE_REG(ttbr0_el1, (uint64_t)gigabytes);
    return sum;
}

/* Writes a function of two instructions and calls it, as a just-in-time compiler does. */
static uint64_t run_patch(unsigned rounds)
{
    static uint32_t code[16] __attribute__((aligned(64)));
    uint64_t sum = 0;
    for (unsigned i = 0; i < rounds * 1000u; i++) {
        code[0] = 0x52800000 | (i & 0xffff) << 5; /* mov w0, #i */
        code[1] = 0xd65f03c0;                     /* ret */
        __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
                         :
                         : "r"(code)
                         : "memory");
        sum = fold(sum, ((uint32_t(*)(void))(uintptr_t)code)());
    }
    return sum;
}

/* Registers that programs and systems read and write without end: the counter, a thread's pointer,
 * floating-point status, NZCV, the level, and a critical section. */
static uint64_t run_sysregs(unsigned rounds)
{
    uint64_t sum = 0, last = 0;
    for (uint64_t i = 0; i < rounds * 10000ull; i++) {
        uint64_t now = READ_REG(cntvct_el0), daif;
        sum += now < last; /* never */
        last = now;
        __asm__ volatile("msr tpidr_el0, %0" : : "r"(i));
        sum += READ_REG(tpidr_el0) + READ_REG(currentel) + READ_REG(fpcr) + READ_REG(fpsr);
        __asm__ volatile("mrs %0, daif\n\tmsr daifset, #2\n\tmsr daif, %0" : "=r"(daif));
        __asm__ volatile("msr nzcv, %1\n\tmrs %0, nzcv" : "=r"(now) : "r"(i << 28));
        sum += daif + now;
    }
    return sum;
}

enum { UART_FLAGS = 0x09000018, GICD = 0x08000000, GICC = 0x08010000 };

static volatile uint32_t *device_register(uint64_t address)
{
    return (volatile uint32_t *)address;
}

/* The flags that a driver polls, and the interrupt controller's priority mask. */
static uint64_t run_mmio(unsigned rounds)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < rounds * 10000ull; i++) {
        sum += *device_register(UART_FLAGS) & 1 << 3; /* BUSY: not while nobody writes */
        *device_register(GICC + 0x04) = 0xf0;         /* GICC_PMR */
        sum += *device_register(GICC + 0x04);
    }
    return sum;
}

/* An interrupt that the program sends to itself: taken, acknowledged, ended, returned from. */
static uint64_t run_irq(unsigned rounds)
{
    *device_register(GICD) = 1;         /* GICD_CTLR, GICC_CTLR: enabled */
    *device_register(GICD + 0x100) = 1; /* GICD_ISENABLER0: interrupt 0 */
    *device_register(GICC) = 1;
    *device_register(GICC + 0x04) = 0xf0;
    return bare_interrupts(rounds * 1000ull, GICD + 0xf00, GICC);
}

/* Their rounds are in the script `run`. */
static const struct kernel system_kernels[] = {
    {"syscall", "system", 0, run_syscall}, {"fault", "system", 0, run_fault},
    {"switch", "system", 0, run_switch},   {"patch", "system", 0, run_patch},
    {"sysregs", "system", 0, run_sysregs}, {"mmio", "system", 0, run_mmio},
    {"irq", "system", 0, run_irq},         {0},
};

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
    static const struct kernel *const families[] = {
        integer_kernels, program_kernels, float_kernels, single_kernels, simd_kernels,
        media_kernels,   crypto_kernels,  sve_kernels,   system_kernels};
    char name[32], number[32];
    unsigned rounds = 0;

    read_word(read_word(fdt_bootargs(), name), number);
    for (const char *p = number; *p; p++)
        rounds = rounds * 10 + (unsigned)(*p - '0');
    mmu_on();
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
        for (const struct kernel *k = families[f]; k->name; k++) {
            if (text_equal(k->name, name)) {
                if (text_equal(k->family, "sve"))
                    sve_on();
                print("begin %s\n", name);
                print("end %s %016lx\n", name, k->run(rounds));
            }
        }
    }
}
