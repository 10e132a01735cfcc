/* Self-hosted debug: see debug.h. There is no EL2, EL3 or Secure state, so that of the conditions
 * of a breakpoint or watchpoint those by EL0 and EL1 remain; and no AArch32, so that a breakpoint
 * is of four bytes. */
#include "cpu/debug.h"

#include <stddef.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/exception.h"
#include "cpu/group.h"
#include "cpu/sysreg.h"

#define FIRST_CONTEXT_AWARE 4 /* breakpoint; the ones before match addresses only */

enum {
    MDSCR_SS = 1 << 0,
    MDSCR_TDCC = 1 << 12,
    MDSCR_KDE = 1 << 13,
    MDSCR_MDE = 1 << 15,
    /* written by software that saves and restores the state of an external debugger */
    MDSCR_SAVED = 1 << 6 | 1 << 14 | 1 << 21 | 3 << 22 | 1 << 26 | 1 << 27 | 3 << 29,
};

enum { /* DBGBCR<n>_EL1 and DBGWCR<n>_EL1 */
       CONTROL_E = 1 << 0,
       CONTROL_EL1 = 1 << 1, /* PMC, PAC */
       CONTROL_EL0 = 1 << 2,
       CONTROL_HMC_SSC = 7 << 13,
       CONTROL_WT = 1 << 20, /* of a watchpoint: linked */
       BREAKPOINT_BAS = 15 << 5,
       BREAKPOINT_BITS = 7 | CONTROL_HMC_SSC | 0xff << 16,
       WATCHPOINT_BITS = 0x1fff | CONTROL_HMC_SSC | 0x1f << 16 | 0x1f << 24,
};

enum breakpoint_type {
    BREAK_ADDRESS = 0,
    BREAK_ADDRESS_LINKED = 1,
    BREAK_CONTEXT = 2,
    BREAK_CONTEXT_LINKED = 3, /* matches for those only that are linked to it */
};

static enum breakpoint_type type_of(uint64_t control)
{
    return (enum breakpoint_type)bits_get(control, 20, 4);
}

/* Virtual addresses have 49 bits in DBGBVR<n>_EL1 and DBGWVR<n>_EL1: with the one that tells the
 * halves apart. */
static uint64_t address_in(uint64_t value)
{
    return (uint64_t)bits_sext(value, 49) & ~3ull;
}

/* --- What is enabled --- */

/* AArch64.GenerateDebugExceptionsFrom(), with `masked` for PSTATE.D */
static bool enabled_from(const struct cpu *cpu, unsigned el, bool masked)
{
    const struct cpu_debug *debug = &cpu->debug;
    bool double_lock = (debug->osdlr & 1) && !(debug->prcr & 1); /* DLK, CORENPDRQ */

    if ((debug->oslsr & 1) || double_lock)
        return false;
    return el == 0 || ((debug->mdscr & MDSCR_KDE) && !masked);
}

static bool enabled(const struct cpu *cpu)
{
    return enabled_from(cpu, cpu->el, cpu->daif & 8);
}

/* Can it match by itself? */
static bool breakpoint_armed(const struct cpu *cpu, unsigned n)
{
    uint64_t control = cpu->debug.bcr[n];
    enum breakpoint_type type = type_of(control);

    /* UNPREDICTABLE: reserved types and conditions behave as disabled. */
    if (!(control & CONTROL_E) || (control & CONTROL_HMC_SSC))
        return false;
    return type == BREAK_ADDRESS || type == BREAK_ADDRESS_LINKED ||
           (type == BREAK_CONTEXT && n >= FIRST_CONTEXT_AWARE);
}

uint32_t debug_mode(const struct cpu *cpu, unsigned el)
{
    uint32_t mode = 0;

    if (!enabled_from(cpu, el, false))
        return 0;
    if (cpu->debug.mdscr & MDSCR_SS)
        mode |= MODE_STEP;
    for (unsigned n = 0; (cpu->debug.mdscr & MDSCR_MDE) && n < DEBUG_BREAKPOINTS; n++)
        if (breakpoint_armed(cpu, n))
            mode |= MODE_BREAK;
    return mode;
}

/* --- Matching --- */

static bool context_matches(const struct cpu *cpu, unsigned n)
{
    return (uint32_t)cpu->debug.bvr[n] == (uint32_t)cpu->sys.contextidr;
}

/* StateMatch(): `el` is that of the instruction, or with whose rights it accesses memory. */
static bool state_matches(const struct cpu *cpu, uint64_t control, bool linked, unsigned el)
{
    unsigned link = (unsigned)bits_get(control, 16, 4); /* LBN */

    if ((control & CONTROL_HMC_SSC) || !(control & (el ? CONTROL_EL1 : CONTROL_EL0)))
        return false;
    if (!linked)
        return true;
    /* UNPREDICTABLE: one that is linked to what matches no context is disabled. */
    return link >= FIRST_CONTEXT_AWARE && link < DEBUG_BREAKPOINTS &&
           (cpu->debug.bcr[link] & CONTROL_E) &&
           type_of(cpu->debug.bcr[link]) == BREAK_CONTEXT_LINKED && context_matches(cpu, link);
}

/* AArch64.BreakpointMatch() */
static bool breakpoint_matches(const struct cpu *cpu, unsigned n)
{
    uint64_t control = cpu->debug.bcr[n];
    enum breakpoint_type type = type_of(control);

    if (!breakpoint_armed(cpu, n) ||
        !state_matches(cpu, control, type == BREAK_ADDRESS_LINKED, cpu->el))
        return false;
    return type == BREAK_CONTEXT ? context_matches(cpu, n)
                                 : address_in(cpu->debug.bvr[n]) == cpu->pc;
}

/* The bytes that a watchpoint watches; false: none. Addresses are without their tag byte. */
static bool watched_span(const struct cpu *cpu, unsigned n, struct tlb_span *span)
{
    uint64_t control = cpu->debug.wcr[n], from = cpu->debug.wvr[n];
    unsigned mask = (unsigned)bits_get(control, 24, 5), bas = (unsigned)bits_get(control, 5, 8);
    unsigned first;

    if (!(control & CONTROL_E) || (control & CONTROL_HMC_SSC))
        return false;
    if (mask) {
        /* UNPREDICTABLE: masks of 1 and 2 are disabled; BAS and the masked bits of the address are
         * not looked at. */
        *span = (struct tlb_span){bits_get(align_down(from, 1ull << mask), 0, 56), 1ull << mask};
        return mask > 2;
    }
    if (from & 4)
        bas &= 15;
    if (!bas)
        return false;
    /* UNPREDICTABLE: of bytes that stand apart only the first ones are watched. */
    first = (unsigned)__builtin_ctz(bas);
    *span =
        (struct tlb_span){bits_get(from + first, 0, 56), (unsigned)__builtin_ctz(~(bas >> first))};
    return true;
}

/* AArch64.WatchpointMatch(): the offset of the first byte of the access that is watched; the size
 * of the access: none. */
static uint64_t watched_from(const struct cpu *cpu, unsigned n, const struct mmu_watched *access)
{
    uint64_t control = cpu->debug.wcr[n], va = bits_get(access->va, 0, 56);
    struct tlb_span span;

    if (!watched_span(cpu, n, &span) || !bit_get(control, access->write ? 4 : 3) || /* LSC */
        !state_matches(cpu, control, control & CONTROL_WT, access->el))
        return access->size;
    if (tlb_in_span(va, span))
        return 0;
    return span.from - va < access->size ? span.from - va : access->size;
}

/* mmu_watch.hit. FAR_EL1 will be the first byte that is watched, of those that D2.10.5 permits. */
static bool watchpoint_hit(void *opaque, struct mmu_watched *access)
{
    const struct cpu *cpu = opaque;
    uint64_t first = access->size;

    if (!enabled(cpu))
        return false;
    for (unsigned n = 0; n < DEBUG_WATCHPOINTS; n++) {
        uint64_t from = watched_from(cpu, n, access);

        if (from < first)
            first = from;
    }
    access->va += first;
    return first < access->size;
}

/* --- Exceptions --- */

static bool raise(struct cpu *cpu, enum exception_class ec, uint32_t iss)
{
    cpu->syndrome = (struct syndrome){.ec = ec + (cpu->el != 0), .iss = iss | FAULT_DEBUG};
    return true;
}

bool debug_step_pending(struct cpu *cpu)
{
    uint8_t stepped = cpu->debug.stepped;

    if (cpu->ss || !enabled(cpu))
        return false;
    cpu->debug.stepped = 0;
    return raise(cpu, EC_STEP_LOWER,
                 (stepped ? 1u << 24 : 0) | (stepped & STEPPED_EXCLUSIVE ? 1u << 6 : 0));
}

bool debug_breakpoint_hit(struct cpu *cpu)
{
    for (unsigned n = 0; n < DEBUG_BREAKPOINTS; n++)
        if (breakpoint_matches(cpu, n) && enabled(cpu))
            return raise(cpu, EC_BREAKPOINT_LOWER, 0);
    return false;
}

/* SSAdvance(), before the instruction: what keeps it from being executed says so. */
bool debug_step(struct cpu *cpu, const struct uop *uop)
{
    bool active = enabled(cpu);

    cpu->debug.stepped = active ? STEPPED | (uop->x ? STEPPED_EXCLUSIVE : 0) : 0;
    if (active)
        cpu->ss = false;
    return true;
}

void debug_step_failed(struct cpu *cpu)
{
    if (cpu->debug.stepped)
        cpu->ss = true;
    cpu->debug.stepped = 0;
}

bool debug_return_ss(const struct cpu *cpu, unsigned el, uint64_t spsr)
{
    return (cpu->debug.mdscr & MDSCR_SS) && bit_get(spsr, 21) && !enabled(cpu) &&
           enabled_from(cpu, el, bit_get(spsr, 9));
}

/* --- After a change of a register --- */

bool debug_stops_at(const struct cpu *cpu, uint64_t address)
{
    struct cpu_group *group = cpu->group;
    uint64_t place = (address & (PAGE_SIZE - 1)) / 4;

    return atomic_load(&group->stops_everywhere) ||
           (atomic_load(&group->stops[place / 64]) >> place % 64 & 1);
}

/* Blocks with MODE_BREAK stop where they have to, at least: as breakpoints come and go, as when
 * processes take turns, the blocks stay. */
static void update_stops(struct cpu *cpu)
{
    struct cpu_group *group = cpu->group;
    bool added = false;

    for (unsigned n = 0; n < DEBUG_BREAKPOINTS; n++) {
        uint64_t address = address_in(cpu->debug.bvr[n]);
        uint64_t place = (address & (PAGE_SIZE - 1)) / 4;
        bool context;

        if (!breakpoint_armed(cpu, n))
            continue;
        context = type_of(cpu->debug.bcr[n]) == BREAK_CONTEXT;
        if (context ? atomic_load(&group->stops_everywhere) : debug_stops_at(cpu, address))
            continue;
        if (context)
            atomic_store(&group->stops_everywhere, true);
        else
            atomic_fetch_or(&group->stops[place / 64], 1ull << place % 64);
        added = true;
    }
    if (added)
        block_invalidate_all(cpu);
}

static void update_watch(struct cpu *cpu)
{
    struct mmu_watch *watch = &cpu->mmu.watch, before = *watch;

    watch->count = 0;
    memset(watch->span, 0, sizeof(watch->span));
    for (unsigned n = 0; (cpu->debug.mdscr & MDSCR_MDE) && n < DEBUG_WATCHPOINTS; n++)
        if (watched_span(cpu, n, &watch->span[watch->count]))
            watch->count++;
    if (watch->count && memcmp(watch->span, before.span, sizeof(before.span)))
        mmu_tlbi_all(&cpu->mmu);
}

static void changed(struct cpu *cpu)
{
    cpu->debug.stepped = 0;
    update_stops(cpu);
    update_watch(cpu);
    block_update_mode(cpu);
}

void debug_init(struct cpu *cpu)
{
    _Static_assert(DEBUG_WATCHPOINTS == MMU_WATCHES, "each has its span");
    cpu->mmu.watch.hit = watchpoint_hit;
    cpu->mmu.watch.opaque = cpu;
}

void debug_reset(struct cpu *cpu)
{
    cpu->debug = (struct cpu_debug){.oslsr = 1}; /* OSLK: locked */
    update_watch(cpu);
}

/* --- Registers --- */

static void write_value(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    *(uint64_t *)((char *)cpu + reg->offset) = value;
    changed(cpu);
}

static void write_bcr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    write_value(cpu, reg, (value & BREAKPOINT_BITS) | BREAKPOINT_BAS);
}

static void write_wvr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    write_value(cpu, reg, address_in(value));
}

static void write_wcr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    write_value(cpu, reg, value & WATCHPOINT_BITS);
}

static void write_mdscr(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    uint64_t writable = MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE;

    if (cpu->debug.oslsr & 1)
        writable |= MDSCR_SAVED;
    write_value(cpu, reg, (value & writable) | (cpu->debug.mdscr & ~writable));
}

static uint64_t read_oslsr(struct cpu *cpu, const struct sysreg *reg)
{
    (void)reg;
    return 8 | (cpu->debug.oslsr & 1) << 1; /* OSLM: OS Lock implemented */
}

/* OSLAR, OSDLR and DBGPRCR have one bit that is there */
static void write_bit(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    write_value(cpu, reg, value & 1);
}

static uint64_t read_claim(struct cpu *cpu, const struct sysreg *reg)
{
    (void)cpu;
    (void)reg;
    return 0xff; /* so many tags there are */
}

static void set_claim(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->debug.claim |= value & 0xff;
}

static void clear_claim(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)reg;
    cpu->debug.claim &= ~value;
}

static void ignore(struct cpu *cpu, const struct sysreg *reg, uint64_t value)
{
    (void)cpu;
    (void)reg;
    (void)value;
}

/* TDCC keeps EL0 from the debug communications channel. */
static bool check_dcc(const struct cpu *cpu, const struct sysreg *reg, bool read)
{
    (void)read;
    (void)reg;
    return !(cpu->debug.mdscr & MDSCR_TDCC);
}

#define ROW(op1, crn, crm, op2, access, name, field, read, write, check)                           \
    {SYSREG_KEY(2, op1, crn, crm, op2),                                                            \
     access,                                                                                       \
     name,                                                                                         \
     offsetof(struct cpu, debug.field),                                                            \
     read,                                                                                         \
     write,                                                                                        \
     check},
#define NOTHING(op1, crn, crm, op2, access, name, check)                                           \
    {SYSREG_KEY(2, op1, crn, crm, op2), access, name, 0, NULL, ignore, check},
#define BREAKPOINT(n)                                                                              \
    ROW(0, 0, n, 4, SYSREG_RW1 | SYSREG_END, "DBGBVR" #n "_EL1", bvr[n], NULL, write_value, NULL)  \
    ROW(0, 0, n, 5, SYSREG_RW1 | SYSREG_END, "DBGBCR" #n "_EL1", bcr[n], NULL, write_bcr, NULL)
#define WATCHPOINT(n)                                                                              \
    ROW(0, 0, n, 6, SYSREG_RW1 | SYSREG_END, "DBGWVR" #n "_EL1", wvr[n], NULL, write_wvr, NULL)    \
    ROW(0, 0, n, 7, SYSREG_RW1 | SYSREG_END, "DBGWCR" #n "_EL1", wcr[n], NULL, write_wcr, NULL)

const struct sysreg debug_rows[] = {
    /* clang-format off */
    BREAKPOINT(0)
    BREAKPOINT(1)
    BREAKPOINT(2)
    BREAKPOINT(3)
    BREAKPOINT(4)
    BREAKPOINT(5)
    WATCHPOINT(0)
    WATCHPOINT(1)
    WATCHPOINT(2)
    WATCHPOINT(3)
    ROW(0, 0, 2, 2, SYSREG_RW1 | SYSREG_END, "MDSCR_EL1", mdscr, NULL, write_mdscr, NULL)
    ROW(0, 1, 0, 4, SYSREG_W1 | SYSREG_END, "OSLAR_EL1", oslsr, NULL, write_bit, NULL)
    ROW(0, 1, 1, 4, SYSREG_R1, "OSLSR_EL1", oslsr, read_oslsr, NULL, NULL)
    ROW(0, 1, 3, 4, SYSREG_RW1 | SYSREG_END, "OSDLR_EL1", osdlr, NULL, write_bit, NULL)
    ROW(0, 1, 4, 4, SYSREG_RW1 | SYSREG_END, "DBGPRCR_EL1", prcr, NULL, write_bit, NULL)
    ROW(0, 7, 8, 6, SYSREG_RW1, "DBGCLAIMSET_EL1", claim, read_claim, set_claim, NULL)
    ROW(0, 7, 9, 6, SYSREG_RW1, "DBGCLAIMCLR_EL1", claim, NULL, clear_claim, NULL)
    NOTHING(0, 1, 0, 0, SYSREG_R1, "MDRAR_EL1", NULL)
    NOTHING(0, 7, 14, 6, SYSREG_R1, "DBGAUTHSTATUS_EL1", NULL)
    /* the channel to an external debugger, which is not there */
    ROW(0, 0, 2, 0, SYSREG_RW1, "MDCCINT_EL1", mdccint, NULL, NULL, NULL)
    NOTHING(0, 0, 0, 2, SYSREG_RW1, "OSDTRRX_EL1", NULL)
    NOTHING(0, 0, 3, 2, SYSREG_RW1, "OSDTRTX_EL1", NULL)
    NOTHING(0, 0, 6, 2, SYSREG_RW1, "OSECCR_EL1", NULL)
    NOTHING(3, 0, 1, 0, SYSREG_R1 | SYSREG_R0, "MDCCSR_EL0", check_dcc)
    NOTHING(3, 0, 4, 0, SYSREG_RW1 | SYSREG_RW0, "DBGDTR_EL0", check_dcc)
    NOTHING(3, 0, 5, 0, SYSREG_RW1 | SYSREG_RW0, "DBGDTRTX_EL0", check_dcc) /* reads: RX */
    /* clang-format on */
};
const unsigned debug_row_count = ARRAY_SIZE(debug_rows);
