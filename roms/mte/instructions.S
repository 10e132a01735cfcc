// The instructions of FEAT_MTE as functions of C, and accesses that are Tag Checked.

        .arch   armv8.8-a+memtag+mops

#include "../lib/function.inc"

// f(a, b): what one instruction makes of x0 and x1
        .macro  operation name, insn:vararg
        function do_\name
        \insn
        ret
        .endm

        operation irg, irg x0, x0, x1
        operation gmi, gmi x0, x0, x1
        operation addg, addg x0, x0, #32, #3
        operation subg, subg x0, x0, #32, #3
        operation subp, subp x0, x0, x1
        operation ldg, ldg x0, [x0]
        operation ldgm, ldgm x0, [x0]
        operation stg, stg x1, [x0]
        operation stg_pre, stg x1, [x0, #16]!
        operation stg_post, stg x1, [x0], #-16
        operation st2g, st2g x1, [x0]
        operation stzg, stzg x1, [x0]
        operation stz2g, stz2g x1, [x0]
        operation stgm, stgm x1, [x0]
        operation stzgm, stzgm x1, [x0]
        operation stgp, stgp x1, xzr, [x0]
        operation gva, dc gva, x0
        operation gzva, dc gzva, x0

        function do_subps
        subps   xzr, x0, x1
        mrs     x0, nzcv
        ret

// Block operations, FEAT_MOPS. All return 0; of the last two, where they fault, see below.
        function do_setg // (address, byte, size)
        setgp   [x0]!, x2!, x1
        setgm   [x0]!, x2!, x1
        setge   [x0]!, x2!, x1
        mov     x0, #0
        ret
        function access_set // (address, byte, size)
        mov     x9, sp
        setp    [x0]!, x2!, x1
        setm    [x0]!, x2!, x1
        sete    [x0]!, x2!, x1
        mov     x0, #0
        ret
        function access_copy // (to, from, size)
        mov     x9, sp
        cpyp    [x0]!, [x1]!, x2!
        cpym    [x0]!, [x1]!, x2!
        cpye    [x0]!, [x1]!, x2!
        mov     x0, #0
        ret

// access_NAME(address): one access to 8 or 16 bytes there; returns 0. Where it faults the handler
// goes on at access_failed.
        .macro  access name, insn:vararg
        function access_\name
        mov     x9, sp
        mov     x2, #0
        mov     x10, x0
        \insn
        mov     x0, #0
        ret
        .endm

        access  ldr, ldr x1, [x0]
        access  ldr_reg, ldr x1, [x0, x2]
        access  ldp, ldp x1, x2, [x0]
        access  ldp_post, ldp x1, x2, [x10], #16
        access  ldxr, ldxr x1, [x0]
        access  ldar, ldar x1, [x0]
        access  ldadd, ldadd x2, x1, [x0]
        access  ldsmax, ldsmax x2, x1, [x0]
        access  swp, swp x2, x1, [x0]
        access  ldtr, ldtr x1, [x0]
        access  str, str x2, [x0]
        access  str_pre, str x2, [x10, #0]!
        access  strb, strb w2, [x0, x2]
        access  stp, stp x2, x2, [x0]
        access  stlr, stlr x2, [x0]
        access  sttr, sttr x2, [x0]
        access  zva, dc zva, x0
        access  stg, stg x0, [x0]

// By the stack pointer; the handler of a fault runs on what is below the address.
        .macro  by_sp name, insn:vararg
        function access_\name
        mov     x9, sp
        mov     x2, #0
        mov     sp, x0
        \insn
        mov     sp, x9
        mov     x0, #0
        ret
        .endm

        by_sp   sp, ldr x1, [sp]
        by_sp   sp_pair, ldp x1, x2, [sp, #16]
        by_sp   sp_post, ldr x1, [sp], #16
        by_sp   sp_reg, ldr x1, [sp, x2]

        function access_failed
        mov     sp, x9
        mov     x0, #1
        ret

// rewrite(address, count): loads and stores so many doublewords, in a loop that gets hot
        function rewrite
        mov     x9, sp
1:      ldr     x3, [x0]
        str     x3, [x0], #8
        subs    x1, x1, #1
        b.ne    1b
        mov     x0, #0
        ret

// At EL0: X0 = address, X30 = back.
        function user_load
        ldr     x0, [x0]
        ret
        function user_store
        str     xzr, [x0]
        ret
        function user_rewrite
        mov     x1, #512
1:      ldr     x3, [x0]
        str     x3, [x0], #8
        subs    x1, x1, #1
        b.ne    1b
        mov     x0, #0
        ret
        function user_end
        mov     x0, #0
        svc     #0
