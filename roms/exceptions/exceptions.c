/*
 * exceptions: how an AArch64 processor is interrupted by its own instructions.
 *
 * When an instruction cannot do what it says (or says "please interrupt me"), the processor
 *   - writes down what happened in ESR_EL1: a class in bits 31..26 and details below;
 *   - writes down where in ELR_EL1, and the data or instruction address concerned in FAR_EL1;
 *   - saves PSTATE to SPSR_EL1, masks interrupts, switches to EL1 and to its stack SP_EL1;
 *   - continues at VBAR_EL1 plus 0x000, 0x200, 0x400 or 0x600, by where it came from.
 * ERET undoes it: PSTATE from SPSR_EL1, PC from ELR_EL1. The table itself is in lib/start.S.
 *
 * Here every kind that a small machine can produce is provoked on purpose, and its syndrome
 * compared with what the manual says. Arm Architecture Reference Manual (DDI 0487): D1.3 for the
 * rules, D19.2.37 (ESR_EL1) for the numbers.
 */
#include "../lib/rom.h"

/* provoke.S: an instruction or two each that cause an exception, at EL1. */
void do_svc(void);
void do_brk(void);
void do_undefined(void);
void do_svc_nested(void);
void do_svc_on_sp0(void);
void do_fp(void);
void do_illegal_return(void);
void do_load(uint64_t address);
void do_store(uint64_t address, uint64_t value);
void do_jump(uint64_t address);

/* provoke.S: the same at EL0. enter_el0() comes back when the code does SVC #0. */
void user_add(void);
void user_read_sctlr(void);
void user_read_ctr(void);
void user_mask_interrupts(void);
void user_wfi(void);
void user_load_misaligned_sp(void);
void user_load_nowhere(void);

#define NOWHERE 0x0000000200000000ul /* no RAM and no device on this board; also in provoke.S */

#define PSTATE_IL  (1ul << 20)
#define SPSR_EL1H  0x3c5ul     /* EL1 with SP_EL1; debug, SError, IRQ and FIQ masked */
#define SCTLR_A    (1ul << 1)  /* data alignment checks */
#define SCTLR_SA0  (1ul << 4)  /* SP alignment checks at EL0 */
#define SCTLR_UMA  (1ul << 9)  /* EL0 may change DAIF */
#define SCTLR_UCT  (1ul << 15) /* EL0 may read CTR_EL0 */
#define SCTLR_NTWI (1ul << 16) /* EL0 may WFI */

/* The first exception since the last check, and how many there were. */
static struct exception first;
static unsigned count;

static uint64_t user_stack[128] __attribute__((aligned(16)));

/* Called by the vectors with the frame they saved; what it leaves in the frame is returned to. */
void exception_taken(struct exception *e)
{
    unsigned svc = exception_class(e) == EC_SVC ? e->esr & 0xffff : 0xffff;

    if (e->vector == VECTOR_LOWER_SYNC && svc == 0) { /* "done": back to enter_el0()'s caller */
        e->elr = (uint64_t)leave_el0;
        e->spsr = SPSR_EL1H;
        return;
    }
    if (count++ == 0)
        first = *e;

    switch (exception_class(e)) {
    case EC_SVC: /* ELR is the instruction after the SVC already */
        if (svc == 1)
            e->x[0] += e->x[1]; /* this kernel's one service: an addition */
        else if (svc == 9)
            do_brk(); /* this handler's own exception: same vectors, next frame on the stack */
        break;
    case EC_INSN_ABORT:
    case EC_PC_ALIGNMENT:
        e->elr = e->x[30]; /* there is no instruction to step over: return to the caller */
        break;
    case EC_ILLEGAL_STATE:
        e->spsr &= ~PSTATE_IL;
        break;
    default:
        e->elr += 4; /* the instruction would do it again: step over it */
    }
}

/* Was there exactly one exception, with this vector, class and (under the mask) syndrome? */
static bool happened(uint64_t vector, unsigned class, uint64_t iss, uint64_t iss_mask)
{
    /* ESR_EL1.IL, bit 25, is set for every 32-bit instruction and every fault without one. */
    bool same = count == 1 && first.vector == vector && exception_class(&first) == class &&
                (first.esr >> 25 & 1) == 1 && (first.esr & iss_mask) == iss;
    if (!same)
        print("  %u exceptions; vector %lu ESR %lx FAR %lx ELR %lx\n", count, first.vector,
              first.esr, first.far, first.elr);
    count = 0;
    return same;
}

static void instructions_that_ask(void)
{
    print("Instructions that ask for an exception:\n");
    do_svc();
    bool after = first.elr == (uint64_t)do_svc + 4;
    check(happened(VECTOR_SPX_SYNC, EC_SVC, 0x1234, 0x1ffffff), "SVC #0x1234: class 0x15, number");
    check(after, "ELR_EL1 is the instruction after it");
    do_brk();
    after = first.elr == (uint64_t)do_brk;
    check(happened(VECTOR_SPX_SYNC, EC_BRK, 0x5678, 0x1ffffff), "BRK #0x5678: class 0x3c, number");
    check(after, "ELR_EL1 is the BRK itself");
    do_undefined();
    check(happened(VECTOR_SPX_SYNC, EC_UNKNOWN, 0, 0x1ffffff), "UDF: class 0x00, no details");
    do_svc_on_sp0();
    check(happened(VECTOR_SP0_SYNC, EC_SVC, 7, 0x1ffffff), "SVC while on SP_EL0: vector 0");
    do_svc_nested();
    check(count == 2 && (first.esr & 0xffff) == 9, "an exception inside the handler nests");
    count = 0;
}

/* Details of an abort: bit 6 WnR (it was a store), bits 5..0 the kind of fault. */
static void addresses_that_fail(void)
{
    print("Addresses that fail:\n");
    do_load(NOWHERE);
    bool where = first.far == NOWHERE;
    check(happened(VECTOR_SPX_SYNC, EC_DATA_ABORT, 0x10, 0x7f), "load: synchronous external abort");
    check(where, "FAR_EL1 is the address");
    do_store(NOWHERE + 8, 1);
    where = first.far == NOWHERE + 8;
    check(happened(VECTOR_SPX_SYNC, EC_DATA_ABORT, 0x50, 0x7f), "store: the same, with WnR set");
    check(where, "FAR_EL1 is the address");
    do_jump(NOWHERE);
    where = first.far == NOWHERE && first.elr == NOWHERE;
    check(happened(VECTOR_SPX_SYNC, EC_INSN_ABORT, 0x10, 0x3f), "jump: instruction abort");
    check(where, "FAR_EL1 and ELR_EL1 are the address");
    uint64_t odd = (uint64_t)do_svc + 2;
    do_jump(odd);
    where = first.far == odd && first.elr == odd;
    check(happened(VECTOR_SPX_SYNC, EC_PC_ALIGNMENT, 0, 0x1ffffff), "odd jump: PC alignment fault");
    check(where, "FAR_EL1 and ELR_EL1 are the address");

    uint64_t sctlr = READ_REG(sctlr_el1);
    WRITE_REG(sctlr_el1, sctlr | SCTLR_A);
    do_load((uint64_t)user_stack + 4);
    check(happened(VECTOR_SPX_SYNC, EC_DATA_ABORT, 0x21, 0x7f), "SCTLR_EL1.A: alignment fault");
    WRITE_REG(sctlr_el1, sctlr);
}

#define ISS_CONDITION_ALWAYS (0x1eul << 20) /* CV = 1, COND = 0b1110: what A64 always reports */

static void traps_and_states(void)
{
    print("Traps and states:\n");
    WRITE_REG(cpacr_el1, 0);
    do_fp();
    check(happened(VECTOR_SPX_SYNC, EC_FP, ISS_CONDITION_ALWAYS, 0x1f00000),
          "CPACR_EL1.FPEN = 0: FMOV traps");
    WRITE_REG(cpacr_el1, 3 << 20);
    do_fp();
    check(count == 0, "CPACR_EL1.FPEN = 3: FMOV runs");
    do_illegal_return();
    check((first.spsr & PSTATE_IL) != 0, "ERET to a higher EL sets PSTATE.IL");
    check(happened(VECTOR_SPX_SYNC, EC_ILLEGAL_STATE, 0, 0x1ffffff),
          "and the next instruction is an illegal execution state");
}

/* Details of a trapped system instruction: which register, and bit 0 set for a read. */
#define ISS_SYSREG(op0, op1, crn, crm, op2)                                                        \
    ((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define ISS_RT(rt) ((rt) << 5)

static void user_mode(void)
{
    uint64_t sctlr = READ_REG(sctlr_el1) | SCTLR_SA0;
    void *stack = user_stack + 128;
    bool on_qemu = rom_runs_on_qemu();

    print("User mode, EL0:\n");
    WRITE_REG(sctlr_el1, sctlr & ~(SCTLR_UCT | SCTLR_UMA | SCTLR_NTWI));
    count = 0;
    enter_el0(user_add, stack, 0, 0);
    check((first.spsr & 0xf) == 0, "SPSR_EL1.M says EL0");
    check(happened(VECTOR_LOWER_SYNC, EC_SVC, 1, 0x1ffffff), "SVC #1 comes in by vector 8");
    check(user_stack[126] == 42, "and ERET takes the sum back");
    enter_el0(user_read_sctlr, stack, 0, 0);
    check(happened(VECTOR_LOWER_SYNC, EC_UNKNOWN, 0, 0x1ffffff), "MRS SCTLR_EL1 is UNDEFINED");
    enter_el0(user_read_ctr, stack, 0, 0);
    check(happened(VECTOR_LOWER_SYNC, EC_SYSREG, ISS_SYSREG(3, 3, 0, 0, 1) | ISS_RT(5) | 1,
                   0x1ffffff),
          "SCTLR_EL1.UCT = 0: MRS X5, CTR_EL0 traps");
    /* The details are MSR (immediate)'s own fields: op1 = 3, op2 = 6. QEMU 7.2 swaps the two. */
    enter_el0(user_mask_interrupts, stack, 0, 0);
    check(happened(VECTOR_LOWER_SYNC, EC_SYSREG,
                   (on_qemu ? ISS_SYSREG(0, 6, 4, 2, 3) : ISS_SYSREG(0, 3, 4, 2, 6)) | ISS_RT(31),
                   0x1ffffff),
          "SCTLR_EL1.UMA = 0: MSR DAIFSet, #2 traps");
    enter_el0(user_wfi, stack, 0, 0);
    check(happened(VECTOR_LOWER_SYNC, EC_WFX, ISS_CONDITION_ALWAYS, 0x1f00003),
          "SCTLR_EL1.nTWI = 0: WFI traps");
    WRITE_REG(sctlr_el1, sctlr | SCTLR_UCT | SCTLR_UMA);
    enter_el0(user_read_ctr, stack, 0, 0);
    enter_el0(user_mask_interrupts, stack, 0, 0);
    check(count == 0, "SCTLR_EL1.UCT = UMA = 1: both run");
    enter_el0(user_load_misaligned_sp, stack, 0, 0); /* QEMU 7.2 does not check SP */
    check(on_qemu || happened(VECTOR_LOWER_SYNC, EC_SP_ALIGNMENT, 0, 0x1ffffff),
          "SCTLR_EL1.SA0 = 1: a load from a misaligned SP faults");
    enter_el0(user_load_nowhere, stack, 0, 0);
    check(happened(VECTOR_LOWER_SYNC, EC_DATA_ABORT_LOWER, 0x10, 0x7f), "data abort from EL0");
    WRITE_REG(sctlr_el1, sctlr);
}

void rom_main(void)
{
    instructions_that_ask();
    addresses_that_fail();
    traps_and_states();
    user_mode();
    print_verdict("exceptions");
}
