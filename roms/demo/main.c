/*
 * demo: what ulna shows when it is started without anything to run.
 */
#include "../lib/rom.h"

void rom_main(void)
{
    print("\n  ulna: this CPU does not exist.\n\n"
          "  These lines come from AArch64 instructions, run on an x86-64 processor.\n"
          "  q powers this machine off.\n\n");
    while (uart_getc() != 'q')
        ;
}
