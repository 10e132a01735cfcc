// Where a CPU begins that smp_start() has switched on: at EL1 with the MMU off and interrupts masked,
// as DEN 0022 has it, and x0 is the top of its stack.

#include "function.inc"

        function smp_entry
        mov     sp, x0
        adrp    x1, vectors
        add     x1, x1, :lo12:vectors
        msr     vbar_el1, x1
        mov     x1, #(3 << 20)          // CPACR_EL1.FPEN
        msr     cpacr_el1, x1
        isb
        b       smp_secondary
