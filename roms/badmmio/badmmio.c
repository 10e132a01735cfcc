/*
 * badmmio: nonsense for every device.
 *
 * Pseudo-random values in every width go to every offset of every device window, also where the
 * offset is not a multiple of the width, and everything is read back. No device may mind, in the
 * sense that the machine stays up: at the end the UART is initialised again, says so, and the board
 * powers off. What is answered is left open: a device ignores, a missing one aborts.
 */
#include "../lib/rom.h"

struct window {
    uint64_t base, size;
    const char *name;
};

static const struct window windows[] = {
    {0x00000000, 0x1000, "flash 0"},
    {0x04000000, 0x1000, "flash 1"},
    {0x08000000, 0x10000, "GIC distributor"},
    {0x08010000, 0x10000, "GIC CPU interface"},
    {0x08020000, 0x1000, "GICv2m"},
    {0x08030000, 0x20000, "GIC virtual interfaces"},
    {0x08080000, 0x2000, "GIC ITS"},
    {0x080a0000, 0x2000, "GIC redistributors"},
    {0x09010000, 0x1000, "PL031 RTC"},
    {0x09020000, 0x1000, "fw_cfg"},
    {0x09030000, 0x1000, "PL061 GPIO"},
    {0x09040000, 0x1000, "second UART"},
    {0x09050000, 0x2000, "SMMU"},
    {0x0a000000, 0x4000, "virtio-mmio"},
    {0x0b000000, 0x4000, "framebuffer"},
    {0x0bfff000, 0x1000, "framebuffer, end"},
    {0x0c000000, 0x1000, "platform bus"},
    {0x10000000, 0x1000, "PCIe memory"},
    {0x3eff0000, 0x1000, "PCIe I/O"},
    {0x4010000000, 0x1000, "PCIe configuration"},
    {UART_BASE, 0x1000, "PL011 UART"},
};

#define FW_CFG_BASE 0x09020000ul
#define FW_CFG_DMA  0x10 /* starts a transfer to any address: this program could be hit */

static uint64_t random_state = 0x243f6a8885a308d3;
static unsigned aborts;

static uint64_t random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

void exception_taken(struct exception *e)
{
    if (exception_class(e) != EC_DATA_ABORT)
        exception_report(e);
    aborts++;
    e->elr += 4;
}

static void store(uint64_t address, unsigned width, uint64_t value)
{
    switch (width) {
    case 1:
        __asm__ volatile("strb %w1, [%0]" : : "r"(address), "r"(value) : "memory");
        break;
    case 2:
        __asm__ volatile("strh %w1, [%0]" : : "r"(address), "r"(value) : "memory");
        break;
    case 4:
        __asm__ volatile("str %w1, [%0]" : : "r"(address), "r"(value) : "memory");
        break;
    default:
        __asm__ volatile("str %1, [%0]" : : "r"(address), "r"(value) : "memory");
    }
}

static void load(uint64_t address, unsigned width)
{
    uint64_t value = 0;

    switch (width) {
    case 1:
        __asm__ volatile("ldrb %w0, [%1]" : "+r"(value) : "r"(address) : "memory");
        break;
    case 2:
        __asm__ volatile("ldrh %w0, [%1]" : "+r"(value) : "r"(address) : "memory");
        break;
    case 4:
        __asm__ volatile("ldr %w0, [%1]" : "+r"(value) : "r"(address) : "memory");
        break;
    default:
        __asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(address) : "memory");
    }
}

/* Every offset of the first 4 KiB, then one in 61: an odd step, so all alignments occur. Where only
 * aborts came back at first, there is no device, and the larger step will do. */
static uint64_t next_offset(uint64_t offset, unsigned accesses)
{
    bool nobody = offset >= 0x100 && aborts == accesses;

    return offset + (offset < 0x1000 && !nobody ? 1 : 61);
}

static unsigned scribble(const struct window *window)
{
    unsigned accesses = 0;

    for (uint64_t offset = 0; offset + 8 <= window->size; offset = next_offset(offset, accesses))
        for (unsigned width = 1; width <= 8; width *= 2) {
            uint64_t value = random();
            if (window->base == FW_CFG_BASE && offset + width > FW_CFG_DMA)
                continue;
            if (window->base == UART_BASE && offset < 4)
                value = 0x2e2e2e2e2e2e2e2e; /* the data register: dots, for the reader's terminal */
            store(window->base + offset, width, value);
            load(window->base + offset, width);
            accesses += 2;
        }
    for (uint64_t offset = 0; offset + 8 <= window->size; offset = next_offset(offset, accesses))
        for (unsigned width = 1; width <= 8; width *= 2, accesses++)
            load(window->base + offset, width);
    return accesses;
}

/* Calls to the firmware with arguments that mean nothing. */
static void call_firmware(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        uint32_t function = (uint32_t)random();
        bool is_psci = (function & 0xbfffffe0) == 0x84000000;
        if (is_psci) /* a real function: features and affinity are harmless, power is not */
            function = i & 1 ? PSCI_FEATURES : PSCI_AFFINITY;
        psci_call(function, random(), random(), random());
    }
}

void rom_main(void)
{
    for (unsigned i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        const struct window *window = &windows[i];
        print("0x%09lx  %s\n", window->base, window->name);
        aborts = 0;
        unsigned accesses = scribble(window);
        if (window->base == UART_BASE) {
            uart_init();
            while (uart_getc() >= 0) /* the loopback may have been on */
                ;
            print("\n");
        }
        print("             %u accesses, %u aborts\n", accesses, aborts);
    }
    call_firmware();
    print("The UART speaks again.\n");
    check(true, "every window was written and read, and the machine is up");
    print_verdict("badmmio");
}
