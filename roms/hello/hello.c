/*
 * hello: the smallest program worth the name. A UART, a device tree, and the power switch.
 *
 * There is nothing under this program: no operating system, no C library, no firmware that prints.
 * `print` ends in a store to address 0x09000000, the data register of the board's PL011 UART, and
 * the emulator turns that store into a character on your terminal. Read lib/start.S for how the
 * machine comes to this function, and lib/uart.c for the last step on the way out.
 */
#include "../lib/rom.h"

void rom_main(void)
{
    print("Hello from AArch64, with nothing in between.\n");

    /* Which exception level are we in? A register says so, in bits 3..2. */
    print("CurrentEL is EL%u.\n", (unsigned)READ_REG(CurrentEL) >> 2 & 3);

    /* The board describes itself. */
    uint32_t length;
    const char *board = fdt_property(fdt_find_name(""), "compatible", &length);
    print("The device tree calls this board \"%s\".\n", board ? board : "nothing: no device tree");

    uint64_t base = 0, size = 0;
    fdt_property_reg(fdt_find_name("memory"), &base, &size);
    print("RAM: %lu MiB at 0x%lx.\n", size >> 20, base);

    /* The firmware answers, too. */
    uint64_t psci = (uint64_t)psci_call(PSCI_VERSION, 0, 0, 0);
    print("PSCI %lu.%lu.\n", psci >> 16, psci & 0xffff);

    check((READ_REG(CurrentEL) >> 2 & 3) == 1, "the loader entered in EL1");
    check(board && text_equal(board, "linux,dummy-virt"), "the device tree is the virt board's");
    check(base == RAM_BASE && size >= 16ul << 20, "the device tree tells where RAM is");
    check(psci >= 0x10000, "PSCI is version 1.0 or later");
    print_verdict("hello");
}
