/*
 * bti: branch target identification.
 *
 * Pages whose descriptor has the bit GP are guarded: an indirect branch into one must find an
 * instruction that says it may come. Each indirect branch notes in PSTATE.BTYPE of which kind it
 * was: BLR, BR by X16 or X17 (or from a page that is not guarded), another BR. BTI c takes the
 * first two, BTI j the last two, BTI jc all, and PACIASP what BTI c does, and the third unless
 * SCTLR_EL1 says otherwise. Anything else takes a Branch Target exception, class 0x0d. Returns and
 * direct branches are free.
 *
 * The memory is mapped three times: as it is, guarded, and guarded for EL0.
 */
#include "../lib/rom.h"

#define EC_BRANCH_TARGET 0x0d
#define GUARDED          (2ul << 30) /* added to an address */
#define USER             (3ul << 30)
#define ROUNDS           200
#define TO_BRK           5 /* index of the target whose SPSR_EL1 shows BTYPE, too */

uint64_t by_blr(uint64_t target), by_br(uint64_t target), by_br_x16(uint64_t target);
uint64_t by_ret(uint64_t target);
void to_nop(void), to_bti(void), to_bti_c(void), to_bti_j(void), to_bti_jc(void), to_brk(void);
void to_paciasp(void), user_end(void);
uint64_t by_eret(uint64_t target, uint64_t btype);

typedef uint64_t way(uint64_t target);

static uint8_t user_stack[4096] __attribute__((aligned(16)));
static volatile uint64_t taken, type, saved;

/* The target refuses the branch: as if it had returned 0. */
void exception_taken(struct exception *e)
{
    unsigned class = exception_class(e);

    if (class == EC_BRANCH_TARGET) {
        taken++;
        type = e->esr & 3;
        saved = e->spsr >> 10 & 3;
        e->x[0] = 0;
        e->elr = e->x[30];
        e->spsr &= ~(3ul << 10);
    } else if (class == EC_BRK) {
        saved = e->spsr >> 10 & 3;
        e->spsr &= ~(3ul << 10); /* or the next instruction would be looked at */
        e->elr += 4;
    } else if (class == EC_SVC && e->vector == VECTOR_LOWER_SYNC) {
        e->elr = (uint64_t)leave_el0;
        e->spsr = 0x3c5;
    } else {
        exception_report(e);
    }
}

static void mmu_on(void)
{
    const uint64_t guarded = 1ul << 50;

    regime_map(0, REGIME_NORMAL);
    regime_map(GUARDED, REGIME_NORMAL | guarded);
    regime_map(USER, REGIME_NORMAL | guarded | REGIME_USER);
    regime_on(0xff00, 0);
}

/* The same function or memory where it is mapped `by` bytes further up. */
static uint64_t moved(const void *code, uint64_t by)
{
    return (uint64_t)code + by;
}

/* Does each of the seven targets accept the way, again and again, as the letters of `accepts` say,
 * and is the type otherwise the one that is wanted? */
static bool lands(way *function, uint64_t from, uint64_t to, const char *accepts, unsigned wanted)
{
    static void (*const targets[])(void) = {to_nop,    to_bti, to_bti_c,  to_bti_j,
                                            to_bti_jc, to_brk, to_paciasp};
    bool right = true;

    for (unsigned i = 0; i < 7; i++) {
        for (unsigned round = 0; round < ROUNDS; round++) {
            uint64_t target = moved((const void *)targets[i], to);
            uint64_t code = moved((const void *)function, from);
            uint64_t before = taken, landed;

            if (from == USER)
                landed = enter_el0((const void *)code,
                                   (const void *)moved(user_stack + sizeof(user_stack), USER),
                                   target, moved((const void *)user_end, USER));
            else
                landed = ((way *)code)(target);
            right &= landed == (accepts[i] == 'y') && taken - before == !landed;
            right &= landed || type == wanted;
            right &= (landed && i != TO_BRK) || !wanted || saved == wanted;
        }
    }
    return right;
}

void rom_main(void)
{
    if ((READ_REG(id_aa64pfr1_el1) & 15) == 0) {
        print("FEAT_BTI is not there.\n");
        return;
    }
    mmu_on();
    print("Targets: NOP, BTI, BTI c, BTI j, BTI jc, BRK, PACIASP\n");
    check(lands(by_blr, 0, 0, "yyyyyyy", 0), "all are open in a page that is not guarded");
    check(lands(by_blr, GUARDED, 0, "yyyyyyy", 0), "also to code that is");
    check(lands(by_blr, GUARDED, GUARDED, "nnynyyy", 2), "BLR between guarded pages");
    check(lands(by_blr, 0, GUARDED, "nnynyyy", 2), "BLR into one");
    check(lands(by_br, GUARDED, GUARDED, "nnnyyyy", 3), "BR between guarded pages");
    check(lands(by_br_x16, GUARDED, GUARDED, "nnyyyyy", 1), "BR by X16 between guarded pages");
    check(lands(by_br, 0, GUARDED, "nnyyyyy", 1), "BR into one");
    check(((way *)moved((const void *)by_ret, GUARDED))(0) == 1, "RET is free");
    uint64_t nop = moved((const void *)to_nop, GUARDED), c = moved((const void *)to_bti_c, GUARDED);
    check(by_eret(nop, 0) && !by_eret(nop, 2) && by_eret(c, 2) && !by_eret(c, 3) && saved == 3,
          "ERET restores BTYPE");
    check(lands(by_blr, USER, USER, "nnynyyy", 2), "BLR at EL0");
    check(lands(by_br, USER, USER, "nnnyyyy", 3), "BR at EL0");
    WRITE_REG(sctlr_el1, READ_REG(sctlr_el1) | 1ul << 36); /* BT1 */
    check(lands(by_br, GUARDED, GUARDED, "nnnyyyn", 3), "SCTLR_EL1.BT1: BR to PACIASP at EL1");
    check(lands(by_br, USER, USER, "nnnyyyy", 3), "and not at EL0");
    WRITE_REG(sctlr_el1, READ_REG(sctlr_el1) ^ 3ul << 35); /* BT0 instead */
    check(lands(by_br, USER, USER, "nnnyyyn", 3), "SCTLR_EL1.BT0: BR to PACIASP at EL0");
    check(lands(by_br, GUARDED, GUARDED, "nnnyyyy", 3), "and not at EL1");
    print_verdict("bti");
}
