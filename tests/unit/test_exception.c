/* cpu/exception.c and the instructions that raise, mask and return from exceptions, on each engine:
 * the test's case number is the enum engine. */
#include "guest.h"

static struct guest guest;
static struct cpu *cpu;

#define SPSR_D   (1u << 9)
#define SPSR_A   (1u << 8)
#define SPSR_I   (1u << 7)
#define SPSR_F   (1u << 6)
#define DAIF_ALL (SPSR_D | SPSR_A | SPSR_I | SPSR_F)
#define EL0T     0x0u
#define EL1T     0x4u
#define EL1H     0x5u
#define K_SPSR   SYSREG_KEY(3, 0, 4, 0, 0)
#define K_ELR    SYSREG_KEY(3, 0, 4, 0, 1)
#define K_SP_EL0 SYSREG_KEY(3, 0, 4, 1, 0)

static void teardown(void)
{
    guest_close(&guest);
}

static void start(int engine)
{
    cpu = guest_start(&guest, (enum engine)engine);
}

/* The state that runs `pc`: EL, SPSel, DAIF as in SPSR. */
static void set_state(unsigned el, bool sp_sel, unsigned daif)
{
    pstate_set_el(cpu, el, sp_sel);
    cpu->daif = (uint8_t)(daif >> 6);
    guest_refresh(&guest);
}

static void expect_exception(uint64_t vector, unsigned ec, unsigned iss, uint64_t elr)
{
    expect_stopped_at(&guest, VECTORS + vector);
    ck_assert_uint_eq(guest_esr_ec(&guest), ec);
    ck_assert_uint_eq(guest_esr_iss(&guest), iss);
    ck_assert_uint_eq(cpu->esr[1] >> 25 & 1, 1); /* IL */
    ck_assert_uint_eq(cpu->elr[1], elr);
    ck_assert_uint_eq(cpu->el, 1);
    ck_assert(cpu->sp_sel);
    ck_assert_uint_eq(cpu->daif, 15);
}

/* --- Entry --- */

START_TEST(each_origin_has_its_vector)
{
    static const struct {
        unsigned el;
        bool sp_sel;
        unsigned offset, mode;
    } origin[] = {{1, false, 0x000, EL1T}, {1, true, 0x200, EL1H}, {0, false, 0x400, EL0T}};

    start(_i);
    guest_program(&guest, CODE, A_NOP, a_svc(0x1234));
    guest_program(&guest, CODE + 0x100, a_b(0));
    for (unsigned o = 0; o < ARRAY_SIZE(origin); o++) {
        for (unsigned nzcv = 0; nzcv < 16; nzcv++) {
            unsigned daif = nzcv * 0x5 % 16 << 6;
            union nzcv flags = {
                .n = nzcv >> 3, .z = nzcv >> 2 & 1, .c = nzcv >> 1 & 1, .v = nzcv & 1};

            set_state(origin[o].el, origin[o].sp_sel, daif);
            cpu->nzcv = flags;
            guest_run(&guest, CODE);
            expect_exception(origin[o].offset, EC_SVC, 0x1234, CODE + 8);
            ck_assert_uint_eq(cpu->spsr[1], nzcv << 28 | daif | origin[o].mode);
            ck_assert_uint_eq(cpu->nzcv.word, flags.word);
        }
        /* interrupts: FIQ has priority; ESR is left alone */
        cpu->esr[1] = 0x1111;
        set_state(origin[o].el, origin[o].sp_sel, 0);
        cpu_irq(cpu, 0, true);
        guest_run(&guest, CODE + 0x100);
        expect_stopped_at(&guest, VECTORS + origin[o].offset + 0x80);
        ck_assert_uint_eq(cpu->elr[1], CODE + 0x100);
        set_state(origin[o].el, origin[o].sp_sel, 0);
        cpu_irq(cpu, 1, true);
        guest_run(&guest, CODE + 0x100);
        expect_stopped_at(&guest, VECTORS + origin[o].offset + 0x100);
        ck_assert_uint_eq(cpu->esr[1], 0x1111);
        cpu_irq(cpu, 0, false);
        cpu_irq(cpu, 1, false);
    }
}
END_TEST

START_TEST(stack_pointers_are_banked)
{
    start(_i);
    set_state(1, true, DAIF_ALL);
    cpu->x[SLOT_SP] = 0x1000;
    cpu->x[0] = 0x2000;
    /* msr sp_el0, x0; msr spsel, #0; mov x1, sp; add sp, sp, #16; msr spsel, #1; mov x2, sp;
     * mrs x3, sp_el0 */
    guest_program(&guest, CODE, a_msr(K_SP_EL0, 0), a_spsel(0), a_mov_from_sp(1), a_add(SP, SP, 16),
                  a_spsel(1), a_mov_from_sp(2), a_mrs(3, K_SP_EL0), A_STOP);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[1], 0x2000);
    ck_assert_uint_eq(cpu->x[2], 0x1000);
    ck_assert_uint_eq(cpu->x[3], 0x2010);
}
END_TEST

START_TEST(sp_el0_is_undefined_while_it_is_in_use)
{
    start(_i);
    guest_program(&guest, CODE, a_mrs(0, K_SP_EL0), A_STOP);
    guest_program(&guest, CODE + 0x100, a_msr(K_SP_EL0, 0), A_STOP);
    set_state(1, false, DAIF_ALL);
    guest_run(&guest, CODE);
    expect_exception(0, EC_UNKNOWN, 0, CODE);
    set_state(1, false, DAIF_ALL);
    guest_run(&guest, CODE + 0x100);
    expect_exception(0, EC_UNKNOWN, 0, CODE + 0x100);
}
END_TEST

START_TEST(entry_sets_pan_clears_uao_and_takes_ssbs_from_sctlr)
{
    start(_i);
    guest_program(&guest, CODE, a_svc(0));
    for (unsigned bits = 0; bits < 32; bits++) {
        bool span = bits & 1, dssbs = bits & 2, pan = bits & 4, uao = bits & 8, dit = bits & 16;

        set_state(1, true, DAIF_ALL);
        cpu->pan = pan;
        cpu->uao = uao;
        cpu->dit = dit;
        cpu->ssbs = !dssbs;
        cpu->mmu.regs.sctlr = bits_put(cpu->mmu.regs.sctlr, 23, 1, span);
        cpu->mmu.regs.sctlr = bits_put(cpu->mmu.regs.sctlr, 44, 1, dssbs);
        guest_refresh(&guest);
        guest_run(&guest, CODE);
        ck_assert_uint_eq(cpu->pan, pan || !span);
        ck_assert(!cpu->uao);
        ck_assert_uint_eq(cpu->dit, dit);
        ck_assert_uint_eq(cpu->ssbs, dssbs);
        ck_assert_uint_eq(cpu->spsr[1] & 0x01c01000, (dit ? 1u << 24 : 0) | (uao ? 1u << 23 : 0) |
                                                         (pan ? 1u << 22 : 0) |
                                                         (dssbs ? 0 : 1u << 12));
        ck_assert_uint_eq(cpu->mmu.pan, cpu->pan);
        ck_assert(!cpu->mmu.uao);
    }
}
END_TEST

/* --- What raises --- */

START_TEST(exception_generating_instructions)
{
    static const struct {
        uint32_t word;
        unsigned ec, iss;
        bool next; /* ELR is the next instruction */
    } cases[] = {
        {0xd4000001u | 0xffffu << 5, EC_SVC, 0xffff, true},
        {0xd4200000u | 0x8001u << 5, EC_BRK, 0x8001, false},
        {0xd4400000u | 1u << 5, EC_UNKNOWN, 0, false},     /* HLT #1 */
        {0xd4000003u, EC_UNKNOWN, 0, false},               /* SMC: no EL3, no hook */
        {0xd4000002u | 0x100u << 5, EC_UNKNOWN, 0, false}, /* HVC that the hook refuses */
        {A_UDF, EC_UNKNOWN, 0, false},
        {0xd4a00001u, EC_UNKNOWN, 0, false}, /* DCPS1: not in debug state */
        {0xd6bf03e0u, EC_UNKNOWN, 0, false}, /* DRPS */
    };

    start(_i);
    for (unsigned c = 0; c < ARRAY_SIZE(cases); c++) {
        for (unsigned el = 0; el < 2; el++) {
            guest_program(&guest, CODE, A_NOP, cases[c].word, A_STOP);
            set_state(el, true, 0);
            cpu->far[1] = 0x5555;
            guest_run(&guest, CODE);
            expect_exception(el ? 0x200 : 0x400, cases[c].ec, cases[c].iss,
                             CODE + (cases[c].next ? 8 : 4));
            ck_assert_uint_eq(cpu->far[1], 0x5555);
        }
    }
}
END_TEST

START_TEST(hvc_is_a_call_at_el1_and_undefined_at_el0)
{
    start(_i);
    guest_program(&guest, CODE, a_hvc(7), a_mov(1, 0), A_STOP);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, CODE + 8);
    ck_assert_uint_eq(guest.hvc, 7);
    ck_assert_uint_eq(cpu->x[1], 0x600d);
    guest.hvc = 0;
    set_state(0, false, 0);
    guest_run(&guest, CODE);
    expect_exception(0x400, EC_UNKNOWN, 0, CODE);
    ck_assert_uint_eq(guest.hvc, 0);
}
END_TEST

START_TEST(pc_that_is_not_aligned_faults)
{
    start(_i);
    for (unsigned low = 1; low < 4; low++) {
        guest_program(&guest, CODE, a_br(5));
        set_state(1, true, 0);
        cpu->x[5] = CODE + 0x100 + low;
        guest_run(&guest, CODE);
        expect_exception(0x200, EC_PC_ALIGNMENT, 0, CODE + 0x100 + low);
        ck_assert_uint_eq(cpu->far[1], CODE + 0x100 + low);
    }
}
END_TEST

START_TEST(stack_pointer_that_is_not_aligned_faults_when_checked)
{
    start(_i);
    guest_program(&guest, CODE, a_ldr(0, SP, 0), A_STOP);
    for (unsigned el = 0; el < 2; el++) {
        for (unsigned check = 0; check < 2; check++) {
            guest_mmu_on(&guest, D_AP(3)); /* so that both levels may run it */
            set_state(el, true, 0);
            cpu->mmu.regs.sctlr = bits_put(cpu->mmu.regs.sctlr, el ? 3 : 4, 1, check); /* SA, SA0 */
            guest_refresh(&guest);
            cpu->x[SLOT_SP] = DATA + 8;
            guest_run(&guest, CODE);
            if (check)
                expect_exception(el ? 0x200 : 0x400, EC_SP_ALIGNMENT, 0, CODE);
            else
                expect_stopped_at(&guest, CODE + 4);
        }
    }
}
END_TEST

START_TEST(fp_traps_as_cpacr_says)
{
    start(_i);
    guest_program(&guest, CODE, a_movz(0, 1, 0), A_FADD, A_STOP);
    for (unsigned el = 0; el < 2; el++) {
        for (unsigned fpen = 0; fpen < 4; fpen++) {
            bool traps = fpen == 0 || fpen == 2 || (fpen == 1 && el == 0);

            guest_mmu_on(&guest, D_AP(3)); /* so that both levels may run it */
            set_state(el, true, 0);
            cpu->sys.cpacr = fpen << 20;
            guest_refresh(&guest);
            guest_run(&guest, CODE);
            if (traps)
                expect_exception(el ? 0x200 : 0x400, EC_FP_ACCESS, 0x1e00000, CODE + 4);
            else
                expect_stopped_at(&guest, CODE + 8);
        }
    }
}
END_TEST

START_TEST(aborts_tell_address_direction_and_level)
{
    struct tables t;

    start(_i);
    t = guest_mmu_on(&guest, D_AP(1) | D_PXN);
    tables_set(&t, CODE, 2, (CODE & ~(2 * MIB - 1)) | D_AF | D_AP(0) | D_BLOCK); /* for EL1 */
    mmu_tlbi_all(&cpu->mmu);
    guest_program(&guest, CODE, a_movz(0, 1, 0), a_ldr(0, 5, 8), A_STOP);
    guest_program(&guest, CODE + 0x100, a_movz(0, 1, 0), a_str(0, 5, 8), A_STOP);
    guest_program(&guest, CODE + 0x200, a_br(5));
    cpu->x[5] = 0x4000000000; /* nothing at level 1 */
    for (unsigned write = 0; write < 2; write++) {
        set_state(1, true, 0);
        cpu->x[0] = 0x77;
        guest_run(&guest, CODE + 0x100 * write);
        expect_exception(0x200, EC_DATA_ABORT_LOWER + 1, 5 | write << 6, CODE + 0x100 * write + 4);
        ck_assert_uint_eq(cpu->far[1], 0x4000000008);
        ck_assert_uint_eq(cpu->x[0], 1); /* what came before is done, the load is not */
    }
    set_state(1, true, 0);
    guest_run(&guest, CODE + 0x200);
    expect_exception(0x200, EC_FETCH_ABORT_LOWER + 1, 5, 0x4000000000);
    ck_assert_uint_eq(cpu->far[1], 0x4000000000);
    /* EL0 may not fetch from the page of EL1's data: readable by EL1 alone, and executable */
    tables_set(&t, 0x80000000, 2, RAM_BASE | D_AF | D_AP(0) | D_UXN | D_BLOCK);
    guest_program(&guest, RAM_BASE + 4 * MIB, a_br(5));
    guest_program(&guest, RAM_BASE + 4 * MIB + 0x100, a_ldr(0, 5, 0));
    cpu->x[5] = 0x80010000;
    set_state(0, true, 0);
    guest_run(&guest, RAM_BASE + 4 * MIB);
    expect_exception(0x400, EC_FETCH_ABORT_LOWER, FAULT_PERMISSION + 2, 0x80010000);
    set_state(0, true, 0);
    guest_run(&guest, RAM_BASE + 4 * MIB + 0x100);
    expect_exception(0x400, EC_DATA_ABORT_LOWER, FAULT_PERMISSION + 2, RAM_BASE + 4 * MIB + 0x100);
    /* no memory there: external aborts */
    tables_set(&t, 0xc0000000, 2, 0x10000000 | D_AF | D_BLOCK);
    cpu->x[5] = 0xc0000000;
    set_state(1, true, 0);
    guest_run(&guest, CODE + 0x200);
    expect_exception(0x200, EC_FETCH_ABORT_LOWER + 1, FAULT_EXTERNAL, 0xc0000000);
    set_state(1, true, 0);
    guest_run(&guest, CODE);
    expect_exception(0x200, EC_DATA_ABORT_LOWER + 1, FAULT_EXTERNAL, CODE + 4);
}
END_TEST

START_TEST(alignment_faults_where_sctlr_a_or_device_memory_asks)
{
    struct tables t;

    start(_i);
    guest_program(&guest, CODE, a_ldr(0, 5, 0), A_STOP);
    cpu->x[5] = DATA + 4;
    set_state(1, true, 0); /* MMU off: all is Device */
    guest_run(&guest, CODE);
    expect_exception(0x200, EC_DATA_ABORT_LOWER + 1, FAULT_ALIGNMENT, CODE);
    ck_assert_uint_eq(cpu->far[1], DATA + 4);
    t = guest_mmu_on(&guest, D_AP(0));
    set_state(1, true, 0);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, CODE + 4);
    tables_set(&t, 0x80000000, 2, RAM_BASE | D_AF | D_ATTR(2) | D_BLOCK);
    cpu->x[5] = 0x80000000 + (DATA - RAM_BASE) + 4;
    set_state(1, true, 0);
    guest_run(&guest, CODE);
    expect_exception(0x200, EC_DATA_ABORT_LOWER + 1, FAULT_ALIGNMENT, CODE);
    cpu->x[5] = DATA + 4;
    cpu->mmu.regs.sctlr |= SCTLR_A;
    set_state(1, true, 0);
    guest_run(&guest, CODE);
    expect_exception(0x200, EC_DATA_ABORT_LOWER + 1, FAULT_ALIGNMENT, CODE);
    cpu->x[5] = DATA + 8;
    set_state(1, true, 0);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, CODE + 4);
}
END_TEST

/* --- Return --- */

static void eret_to(uint64_t spsr, uint64_t elr)
{
    set_state(1, true, DAIF_ALL);
    cpu->spsr[1] = spsr;
    cpu->elr[1] = elr;
    guest_run(&guest, CODE);
}

START_TEST(eret_restores_all_of_pstate)
{
    start(_i);
    guest_mmu_on(&guest, D_AP(0));
    guest_program(&guest, CODE, A_ERET);
    guest_program(&guest, CODE + 0x100, A_STOP);
    for (unsigned i = 0; i < 256; i++) {
        uint64_t spsr = (uint64_t)(i & 15) << 28 | (uint64_t)(i * 7 & 15) << 6 |
                        (uint64_t)(i >> 4 & 7) << 22 | (uint64_t)(i >> 7) << 12 |
                        (i & 1 ? EL1H : EL1T);

        eret_to(spsr, CODE + 0x100);
        expect_stopped_at(&guest, CODE + 0x100);
        ck_assert_uint_eq(pstate_get(cpu), spsr);
        ck_assert_uint_eq(cpu->mmu.pan, spsr >> 22 & 1);
        ck_assert_uint_eq(cpu->mmu.uao, spsr >> 23 & 1);
    }
}
END_TEST

START_TEST(eret_reaches_el0)
{
    start(_i);
    guest_program(&guest, CODE, A_ERET);
    guest_program(&guest, CODE + 0x100, a_mov_from_sp(1), a_svc(3));
    cpu->sp_bank[0] = 0x1230;
    eret_to(EL0T | 5u << 28, CODE + 0x100);
    expect_exception(0x400, EC_SVC, 3, CODE + 0x108);
    ck_assert_uint_eq(cpu->x[1], 0x1230);
    ck_assert_uint_eq(cpu->spsr[1], EL0T | 5u << 28);
}
END_TEST

START_TEST(illegal_returns_set_il_and_keep_the_level)
{
    /* M[3:0]: EL0 with SPx, reserved bit 1, EL2, EL3; M[4]: AArch32 */
    static const uint8_t modes[] = {0x1, 0x2, 0x3, 0x6, 0x7, 0x8, 0x9, 0xc, 0xd, 0x10, 0x13, 0x15};

    start(_i);
    guest_program(&guest, CODE, A_ERET);
    guest_program(&guest, CODE + 0x100, a_movz(7, 1, 0), A_STOP);
    for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
        for (unsigned sp_sel = 0; sp_sel < 2; sp_sel++) {
            set_state(1, sp_sel, DAIF_ALL);
            cpu->x[7] = 0;
            cpu->spsr[1] = modes[m] | 6u << 28 | SPSR_I;
            cpu->elr[1] = CODE + 0x100;
            guest_run(&guest, CODE);
            expect_exception(sp_sel ? 0x200 : 0, EC_ILLEGAL_STATE, 0, CODE + 0x100);
            ck_assert_uint_eq(cpu->x[7], 0);
            ck_assert_uint_eq(cpu->spsr[1] & ~(uint64_t)(1 << 12),
                              6u << 28 | SPSR_I | 1u << 20 | EL1T | sp_sel);
            ck_assert(!cpu->il); /* the handler can run */
        }
    }
    /* a legal return may bring IL, and faults of the fetch come before it */
    eret_to(EL1H | 1u << 20, CODE + 0x100);
    expect_exception(0x200, EC_ILLEGAL_STATE, 0, CODE + 0x100);
    eret_to(EL1H | 1u << 20, CODE + 0x102);
    expect_exception(0x200, EC_PC_ALIGNMENT, 0, CODE + 0x102);
    ck_assert_uint_eq(cpu->spsr[1] >> 20 & 1, 1);
    eret_to(EL1H | 1u << 20, 0x1000);
    expect_exception(0x200, EC_FETCH_ABORT_LOWER + 1, FAULT_EXTERNAL, 0x1000);
}
END_TEST

START_TEST(eret_is_undefined_at_el0)
{
    start(_i);
    guest_program(&guest, CODE, A_ERET);
    set_state(0, false, 0);
    guest_run(&guest, CODE);
    expect_exception(0x400, EC_UNKNOWN, 0, CODE);
}
END_TEST

START_TEST(branches_to_tagged_addresses_drop_the_tag)
{
    struct tables t;

    start(_i);
    t = guest_mmu_on(&guest, D_AP(0));
    guest_program(&guest, CODE, a_br(5));
    guest_program(&guest, CODE + 0x100, a_adr(0, 0), A_STOP);
    guest_program(&guest, CODE + 0x200, A_ERET);
    cpu->x[5] = 0xab00000000000000 | (CODE + 0x100);
    cpu->elr[1] = cpu->x[5];
    cpu->spsr[1] = EL1H | DAIF_ALL;
    (void)t;
    cpu->mmu.regs.tcr |= TCR_TBI0;
    for (unsigned round = 0; round < 2; round++) {
        set_state(1, true, DAIF_ALL);
        guest_run(&guest, CODE + 0x200 * round);
        expect_stopped_at(&guest, CODE + 0x104);
        ck_assert_uint_eq(cpu->x[0], CODE + 0x100);
    }
    cpu->mmu.regs.tcr &= ~TCR_TBI0;
    set_state(1, true, DAIF_ALL);
    guest_run(&guest, CODE);
    expect_exception(0x200, EC_FETCH_ABORT_LOWER + 1, FAULT_TRANSLATION, cpu->x[5]);
}
END_TEST

/* --- Interrupts --- */

START_TEST(masks_hold_interrupts_until_they_are_cleared)
{
    start(_i);
    /* msr daifclr, #1; nop; msr daifclr, #2; nop: FIQ first, then IRQ */
    guest_program(&guest, CODE, A_NOP, a_daifclr(1), A_NOP, A_STOP);
    guest_program(&guest, CODE + 0x100, A_NOP, a_daifclr(2), A_NOP, A_STOP);
    guest_program(&guest, CODE + 0x200, A_NOP, a_msr(SYSREG_KEY(3, 3, 4, 2, 1), XZR), A_STOP);
    cpu_irq(cpu, 0, true);
    set_state(1, true, DAIF_ALL);
    guest_run(&guest, CODE); /* IRQ is still masked */
    expect_stopped_at(&guest, CODE + 12);
    set_state(1, true, DAIF_ALL);
    guest_run(&guest, CODE + 0x100);
    expect_stopped_at(&guest, VECTORS + 0x280);
    ck_assert_uint_eq(cpu->elr[1], CODE + 0x108);
    ck_assert_uint_eq(cpu->spsr[1] & DAIF_ALL, DAIF_ALL & ~SPSR_I);
    set_state(1, true, DAIF_ALL);
    guest_run(&guest, CODE + 0x200); /* MSR DAIF */
    expect_stopped_at(&guest, VECTORS + 0x280);
    ck_assert_uint_eq(cpu->elr[1], CODE + 0x208);
    cpu_irq(cpu, 1, true);
    cpu_irq(cpu, 0, false);
    set_state(1, true, DAIF_ALL);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, VECTORS + 0x300);
    ck_assert_uint_eq(cpu->elr[1], CODE + 8);
}
END_TEST

START_TEST(eret_with_a_pending_interrupt_takes_it_at_the_target)
{
    start(_i);
    guest_program(&guest, CODE, A_ERET);
    guest_program(&guest, CODE + 0x100, A_STOP);
    cpu_irq(cpu, 0, true);
    eret_to(EL0T, CODE + 0x100);
    expect_stopped_at(&guest, VECTORS + 0x480);
    ck_assert_uint_eq(cpu->elr[1], CODE + 0x100);
    eret_to(EL1H | SPSR_I, CODE + 0x100);
    expect_stopped_at(&guest, CODE + 0x100);
}
END_TEST

START_TEST(wfi_goes_on_for_a_masked_interrupt)
{
    start(_i);
    guest_program(&guest, CODE, A_WFI, a_movz(3, 7, 0), A_STOP);
    cpu_irq(cpu, 0, true);
    set_state(1, true, DAIF_ALL);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, CODE + 8);
    ck_assert_uint_eq(cpu->x[3], 7);
    set_state(1, true, 0);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, VECTORS + 0x280);
}
END_TEST

START_TEST(wfe_takes_the_event_of_sev_and_eret)
{
    start(_i);
    guest_program(&guest, CODE, A_SEV, A_WFE, A_STOP);
    guest_program(&guest, CODE + 0x100, A_ERET);
    guest_program(&guest, CODE + 0x200, A_WFE, A_STOP);
    set_state(1, true, DAIF_ALL);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, CODE + 8);
    cpu->spsr[1] = EL1H | DAIF_ALL;
    cpu->elr[1] = CODE + 0x200;
    guest_run(&guest, CODE + 0x100);
    expect_stopped_at(&guest, CODE + 0x204);
}
END_TEST

START_TEST(wfi_and_wfe_trap_from_el0)
{
    start(_i);
    guest_program(&guest, CODE, A_WFI);
    guest_program(&guest, CODE + 0x100, A_WFE);
    cpu->mmu.regs.sctlr &= ~(1ull << 16 | 1ull << 18); /* nTWI, nTWE */
    atomic_store(&cpu->event, false);
    set_state(0, false, 0);
    guest_run(&guest, CODE);
    expect_exception(0x400, EC_WFX, 0x1e00000, CODE);
    set_state(0, false, 0);
    guest_run(&guest, CODE + 0x100);
    expect_exception(0x400, EC_WFX, 0x1e00001, CODE + 0x100);
    cpu->mmu.regs.sctlr |= 1ull << 18;
    guest_program(&guest, CODE + 0x104, a_svc(9));
    atomic_store(&cpu->event, true);
    set_state(0, false, 0);
    guest_run(&guest, CODE + 0x100);
    expect_exception(0x400, EC_SVC, 9, CODE + 0x108);
}
END_TEST

START_TEST(masks_from_el0_need_uma)
{
    start(_i);
    guest_program(&guest, CODE, a_daifset(5), A_NOP, a_svc(0));
    guest_program(&guest, CODE + 0x100, a_daifclr(10), a_svc(0));
    set_state(0, false, 0);
    guest_run(&guest, CODE);
    /* op0 0, op2 6, op1 3, CRn 4, Rt 31, CRm 5, write */
    expect_exception(0x400, EC_SYSREG, 6u << 17 | 3u << 14 | 4u << 10 | 31u << 5 | 5u << 1, CODE);
    set_state(0, false, 0);
    guest_run(&guest, CODE + 0x100);
    expect_exception(0x400, EC_SYSREG, 7u << 17 | 3u << 14 | 4u << 10 | 31u << 5 | 10u << 1,
                     CODE + 0x100);
    cpu->mmu.regs.sctlr |= 1u << 9; /* UMA */
    set_state(0, false, 0);
    guest_run(&guest, CODE);
    expect_exception(0x400, EC_SVC, 0, CODE + 12);
    ck_assert_uint_eq(cpu->spsr[1] & DAIF_ALL, SPSR_A | SPSR_F);
    cpu->mmu.regs.sctlr &= ~(1ull << 9);
}
END_TEST

static Suite *exception_suite(void)
{
    Suite *suite = suite_create("exception");
    TCase *tc = tcase_create("exception");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_set_timeout(tc, 30);
    guest_add_test(tc, each_origin_has_its_vector);
    guest_add_test(tc, stack_pointers_are_banked);
    guest_add_test(tc, sp_el0_is_undefined_while_it_is_in_use);
    guest_add_test(tc, entry_sets_pan_clears_uao_and_takes_ssbs_from_sctlr);
    guest_add_test(tc, exception_generating_instructions);
    guest_add_test(tc, hvc_is_a_call_at_el1_and_undefined_at_el0);
    guest_add_test(tc, pc_that_is_not_aligned_faults);
    guest_add_test(tc, stack_pointer_that_is_not_aligned_faults_when_checked);
    guest_add_test(tc, fp_traps_as_cpacr_says);
    guest_add_test(tc, aborts_tell_address_direction_and_level);
    guest_add_test(tc, alignment_faults_where_sctlr_a_or_device_memory_asks);
    guest_add_test(tc, eret_restores_all_of_pstate);
    guest_add_test(tc, eret_reaches_el0);
    guest_add_test(tc, illegal_returns_set_il_and_keep_the_level);
    guest_add_test(tc, eret_is_undefined_at_el0);
    guest_add_test(tc, branches_to_tagged_addresses_drop_the_tag);
    guest_add_test(tc, masks_hold_interrupts_until_they_are_cleared);
    guest_add_test(tc, eret_with_a_pending_interrupt_takes_it_at_the_target);
    guest_add_test(tc, wfi_goes_on_for_a_masked_interrupt);
    guest_add_test(tc, wfe_takes_the_event_of_sev_and_eret);
    guest_add_test(tc, wfi_and_wfe_trap_from_el0);
    guest_add_test(tc, masks_from_el0_need_uma);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(exception_suite());
}
