// At EL0: three registers of the CPU interface, each UNDEFINED, and back. See user() in gicv3.c.
#include "../lib/function.inc"

        function user_code
        mrs     x1, S3_0_C12_C12_0          // ICC_IAR1_EL1
        msr     S3_0_C12_C11_5, x1          // ICC_SGI1R_EL1
        msr     S3_0_C4_C6_0, x1            // ICC_PMR_EL1
        svc     #0
