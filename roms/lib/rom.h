/*
 * The whole run-time library of the bare-metal programs: what there is between the C language and a
 * machine without an operating system. One page to read before any of the programs.
 */
#ifndef ROM_H
#define ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the processor (cpu registers have no address: an instruction names them) ---- */

#define READ_REG(name)                                                                             \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #name : "=r"(value_) : : "memory");                            \
        value_;                                                                                    \
    })
#define WRITE_REG(name, value)                                                                     \
    __asm__ volatile("msr " #name ", %0\n\tisb" : : "r"((uint64_t)(value)) : "memory")

/* ---- the board: device registers are memory, and every access counts ---- */

#define UART_BASE 0x09000000ul
#define GICD_BASE 0x08000000ul
#define GICC_BASE 0x08010000ul
#define RAM_BASE  0x40000000ul

static inline void mmio_write32(uint64_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static inline uint32_t mmio_read32(uint64_t address)
{
    return *(volatile uint32_t *)address;
}

/* ---- uart.c: the serial console, a PL011 ---- */

void uart_init(void);
void uart_putc(char c); /* "\n" goes out as "\r\n" */
int uart_getc(void);    /* the next byte received, or -1 when there is none */

/* ---- print.c: formatted text and the verdict of a program that is a test ---- */

/* Conversions: %c %s %d %u %x with an optional 'l' for 64 bits, %p; a width, '0' and '-' flags. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
int format_text(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints one line, "  ok     what" or "  WRONG  what", and counts it. */
void check(bool ok, const char *what);
/* Did the user say -append qemu? Then the few checks that QEMU 7.2 is known to fail are eased. */
bool rom_runs_on_qemu(void);
/* Prints the last line of a test: "PASS name: n checks" or "FAIL name: k of n checks". */
void print_verdict(const char *name);

/* ---- string.c: the compiler may call these at any time ---- */

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
bool text_equal(const char *a, const char *b);
const char *text_find(const char *text, const char *word); /* the first occurrence, or NULL */

/* ---- fdt.c: the flattened device tree, the board's description of itself ---- */

/* Finds the tree: where the loader said (x0 at entry), else at the start of RAM, else none. */
void fdt_locate(const void *from_loader);
bool fdt_present(void);
/* The first node with this string in its "compatible", or of this name (without "@address").
 * NULL when there is none; a node is good for fdt_property() only. */
const uint32_t *fdt_find_compatible(const char *compatible);
const uint32_t *fdt_find_name(const char *name);
/* A property's value, big endian as it lies in the tree, and its length in bytes; or NULL. */
const void *fdt_property(const uint32_t *node, const char *name, uint32_t *length);
/* A property of one cell, or `otherwise` when it is missing or of another size. */
uint32_t fdt_property_cell(const uint32_t *node, const char *name, uint32_t otherwise);
/* First base and size of "reg", with two cells for each. */
bool fdt_property_reg(const uint32_t *node, uint64_t *base, uint64_t *size);
/* What the user gave with -append: /chosen/bootargs, or "". */
const char *fdt_bootargs(void);

/* ---- psci.c: calls to the firmware, through HVC ---- */

#define PSCI_VERSION      0x84000000u
#define PSCI_CPU_OFF      0x84000002u
#define PSCI_CPU_ON       0xc4000003u
#define PSCI_AFFINITY     0xc4000004u
#define PSCI_SYSTEM_OFF   0x84000008u
#define PSCI_SYSTEM_RESET 0x84000009u
#define PSCI_FEATURES     0x8400000au

int64_t psci_call(uint32_t function, uint64_t a, uint64_t b, uint64_t c);
_Noreturn void psci_system_off(void);

/* ---- exception.c and the vectors of start.S ---- */

/* What the vectors save, in the order in which start.S lays it out. The handler may change it. */
struct exception {
    uint64_t x[31]; /* x0 to x30 of the interrupted code */
    uint64_t elr;   /* where it continues */
    uint64_t spsr;  /* its PSTATE */
    uint64_t esr;   /* syndrome: class in bits 31..26, details in bits 24..0 */
    uint64_t far;   /* faulting virtual address, for aborts and PC alignment */
    uint64_t
        vector; /* 0 to 15: 4 * (SP0, SPx, lower EL, lower EL AArch32) + (sync, IRQ, FIQ, SError) */
};

enum {
    VECTOR_SP0_SYNC = 0,
    VECTOR_SPX_SYNC = 4,
    VECTOR_SPX_IRQ = 5,
    VECTOR_LOWER_SYNC = 8,
    VECTOR_LOWER_IRQ = 9,
};

/* Exception classes (DDI 0487, ESR_EL1.EC) that the programs meet. */
enum {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_FP = 0x07,
    EC_ILLEGAL_STATE = 0x0e,
    EC_SVC = 0x15,
    EC_SYSREG = 0x18,
    EC_INSN_ABORT_LOWER = 0x20,
    EC_INSN_ABORT = 0x21,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT_LOWER = 0x24,
    EC_DATA_ABORT = 0x25,
    EC_SP_ALIGNMENT = 0x26,
    EC_BRK = 0x3c,
};

static inline unsigned exception_class(const struct exception *e)
{
    return (unsigned)(e->esr >> 26) & 0x3f;
}

/* Called by the vectors. The library's own (weak) one reports the exception and powers off; a
 * program that expects exceptions defines its own. */
void exception_taken(struct exception *e);
_Noreturn void exception_report(const struct exception *e);

/* ---- user.S ---- */

/* Runs code at EL0 with this stack pointer, X0 = argument and X30 = back. Returns X0 of where
 * exception_taken() makes the program go on at leave_el0, at EL1 with SP_EL1. */
uint64_t enter_el0(const void *code, const void *stack, uint64_t argument, uint64_t back);
void leave_el0(void);

/* ---- regime.c: 1 GiB blocks, for programs that need no tables of their own ---- */

#define REGIME_NORMAL (1ul << 2) /* attributes of a block: MAIR_EL1.Attr1 */
#define REGIME_USER   (1ul << 6) /* EL0 has it too */

/* RAM can also be found `offset` bytes, whole GiB, above its address. Before regime_on(). */
void regime_map(uint64_t offset, uint64_t attributes);
/* The GiB `offset` bytes above the start of RAM has this table of level 2. Before regime_on(). */
void regime_map_table(uint64_t offset, const uint64_t *level2);
/* The MMU and the caches on: devices where they are, and what was mapped. MAIR_EL1.Attr0 has to be
 * Device; tcr: bits to set in TCR_EL1 beside those of the regime. */
void regime_on(uint64_t mair, uint64_t tcr);

/* ---- semihost.c: services of the debugger or emulator, through HLT #0xf000 ---- */

int64_t semihost_call(uint32_t operation, const void *parameters);

/* ---- memory after the program ---- */

extern char image_end[]; /* from the linker script: the first byte that nothing uses */

/* The program. The board powers off when it returns. */
void rom_main(void);

#endif
