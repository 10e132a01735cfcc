/* The vCPUs of a machine as each other's neighbours: one Inner Shareable domain. They share the
 * translated blocks and the compiled code, tell each other of TLB and cache maintenance, and what
 * one of them takes away is reused when no other can still be in it. */
#ifndef ULNA_CPU_GROUP_H
#define ULNA_CPU_GROUP_H

#include "cpu/cpu.h"

#define CPUS_MAX    64
#define GROUP_STOPS (PAGE_SIZE / 4)

struct cpu_group {
    unsigned count; /* fixed once the machine runs */
    struct cpu *cpu[CPUS_MAX];
    struct stamp *stamps;   /* NULL with one vCPU */
    _Atomic uint64_t epoch; /* rises when something is retired; cpu->passed follows */
    /* A bit for each place of an instruction in a page before which blocks with MODE_BREAK end:
     * where some vCPU has, or had, a breakpoint. */
    _Atomic uint64_t stops[GROUP_STOPS / 64];
    _Atomic bool stops_everywhere;
};

/* The vCPU becomes one of the peer's group and shares its cpu->blocks and cpu->jit; without a peer
 * (NULL), the first of a new one. False: out of memory, or the group is full. */
bool group_join(struct cpu *cpu, struct cpu *peer);
void group_leave(struct cpu *cpu);

/* --- Reuse of memory that compiled code and jump caches lead to --- */

/* What was taken out of reach just before is retired: it may be reused when group_passed() says so
 * of the number returned. */
uint64_t group_retire(struct cpu *cpu);
/* Has every vCPU been in its run loop since, with no compiled code running and nothing in its jump
 * cache, or is it asleep and will be there first? */
bool group_passed(const struct cpu *cpu, uint64_t epoch);
/* The vCPU is in its run loop. */
void group_pass(struct cpu *cpu);
/* All vCPUs leave compiled code at the next chance, and expect no return to it. */
void group_unwind(struct cpu *cpu);

/* --- Maintenance for all: TLBI ...IS. (IC needs none of this: what is translated is shared, so
 * that nobody enters what was dropped, and an ISB leaves what is dropped while it runs.) --- */

enum mail_kind {
    MAIL_TLBI_ALL,
    MAIL_TLBI_ASID,
    MAIL_TLBI_RANGE,
    MAIL_DROP_WRITES, /* to the page at `va`, which is physical */
};

/* What a vCPU is asked to do to its own TLB; as the arguments of the functions in mmu/mmu.h. */
struct mail {
    enum mail_kind kind;
    uint16_t asid;
    unsigned flags; /* enum tlbi_flags */
    uint64_t va, pages;
};

/* Does it here and, if asked, has every other vCPU do it; they may not have before group_sync(). */
void group_tlbi(struct cpu *cpu, const struct mail *mail, bool others);
/* Asks the others only; nobody waits for it. */
void group_tell(struct cpu *cpu, const struct mail *mail);
/* Have all others done what they were asked so far, or will before anything else? */
bool group_answered(const struct cpu *cpu);
/* The vCPU does what it was asked to. */
void group_collect(struct cpu *cpu);
/* TTBR0_EL1, TTBR1_EL1 or TCR_EL1 was written: what was asked of another ASID may count now. */
void group_context_changed(struct cpu *cpu);
/* DSB: waits until all others have done what this vCPU asked of translations that they can use, and
 * does meanwhile what it is asked. One that is asleep will do it before anything else. */
void group_sync(struct cpu *cpu);
/* The same while compiled code runs, whose translations must not go: false: the vCPU is asked
 * something itself first. */
bool group_try_sync(struct cpu *cpu);

/* SEV: the event register of every vCPU, and those who wait for it go on. */
void group_send_event(struct cpu *cpu);

#endif
