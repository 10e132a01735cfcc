/* One vCPU: its state, and what the rest of the machine may do with it. The structure is open
 * because both engines work on it directly; outside cpu/ only the functions below, x[], pc and el
 * are used. */
#ifndef ULNA_CPU_CPU_H
#define ULNA_CPU_CPU_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/irq.h"
#include "base/log.h"
#include "cpu/fp.h"
#include "cpu/jit/host.h"
#include "cpu/pauth.h"
#include "mmu/mmu.h"

/* The one register file that micro-ops name: operand slots. 0..30 are X0..X30. */
enum slot_id {
    SLOT_SP = 31,   /* the stack pointer in use; the other ones wait in cpu->sp_bank */
    SLOT_ZERO = 32, /* always reads 0, never written */
    SLOT_SINK = 33, /* results nobody wants */
    SLOT_T0 = 34,   /* temporaries of one instruction: T0 to T5 */
    SLOT_COUNT = 40,
};

/* NZCV as four bytes, each 0 or 1: cheap to set one by one, compared as one word. */
union nzcv {
    struct {
        uint8_t n, z, c, v;
    };
    uint32_t word;
};

/* Compiled code rarely computes NZCV: it notes what would set it. `kind` holds an enum lazy_kind,
 * and for the SUBI ones the immediate from bit LAZY_IMM_SHIFT on; unless it is LAZY_NONE, cpu->nzcv
 * is stale. Everybody but compiled code finds it exact. */
enum lazy_kind {
    LAZY_NONE, /* those of 64 bits are odd */
    LAZY_SUBI64,
    LAZY_SUBI32,
    LAZY_SUB64, /* a - b */
    LAZY_SUB32,
    LAZY_ADD64, /* a + b */
    LAZY_ADD32,
    LAZY_LOGIC64, /* the result is a */
    LAZY_LOGIC32,
    LAZY_FCMP64, /* floating-point a and b */
    LAZY_FCMP32,
    LAZY_KIND = 15, /* mask */
    LAZY_IMM_SHIFT = 4,
    LAZY_IMM_MAX = (1 << 27) - 1,
};

struct lazy_flags {
    uint32_t kind;
    uint64_t a, b;
};

union vreg {
    uint8_t b[16];
    uint16_t h[8];
    uint32_t s[4];
    uint64_t d[2];
} __attribute__((aligned(16)));

/* Vector registers that micro-ops name. The parts of 128 bits of a Z register are as far apart as
 * there are registers, so that each part is a register like V0 to V31, the lowest ones: where SVE
 * is not used, it takes no room between them. */
enum vector_slot {
    V_PARTS = 4,               /* of Z0 to Z31, the low 512 bits, which Linux likes best */
    V_HIGH = 32,               /* from one part to the next */
    V_TEMP = V_PARTS * V_HIGH, /* temporaries of one instruction */
    V_SLOTS = V_TEMP + 8,
};

#define Z_PARTS     16 /* of 128 bits: VL is 2048 at most */
#define Z_BYTES_MAX 256
#define P_COUNT     17 /* P0 to P15 */
#define P_FFR       16 /* and FFR */

/* A predicate: a bit for each byte of a vector. */
union preg {
    uint16_t part[Z_PARTS]; /* by part of the vector */
    uint64_t d[Z_PARTS / 4];
};

/* What wants the run loop's attention (cpu->pending). */
enum pending {
    PENDING_IRQ = 1 << 0,         /* an interrupt line or DAIF changed: look */
    PENDING_STOP = 1 << 1,        /* cpu_stop */
    PENDING_DROP_WRITES = 1 << 2, /* see bus_watcher */
    PENDING_PAUSE = 1 << 3,       /* the monitor holds the vCPU */
    PENDING_TIMER = 1 << 4,       /* a deadline of a generic timer or of the PMU has come */
    PENDING_UNWIND = 1 << 5,      /* compiled code was dropped: no return to it may be expected */
    PENDING_MAIL = 1 << 6,        /* another vCPU asks something: cpu/group.h */
    PENDING_EVENT = 1 << 7,       /* the event that WFE waits for has come */
};

/* Why a block came back to the run loop. */
enum cpu_exit {
    EXIT_NONE,      /* find the next block at pc */
    EXIT_EXCEPTION, /* cpu->syndrome is to be taken */
    EXIT_WFI,
    EXIT_WFE,
    EXIT_DSB, /* what other vCPUs were asked is to be waited for */
};

enum engine {
    ENGINE_INTERP,
    ENGINE_JIT,
    ENGINE_CHECK,
};

/* A synchronous exception on its way: ESR_ELx.EC and .ISS, and FAR_ELx where it counts. */
struct syndrome {
    uint32_t ec;
    uint32_t iss;
    bool has_far;
    uint64_t far;
};

struct block;
struct block_cache;
struct jit;
struct cpu;
struct cpu_group;
struct cpu_model;
struct cpu_stats;
struct gic_interface;
struct mailbox;
struct stamp;

/* What the CPU asks of the world outside; set by the board. NULL members: the feature is absent
 * (UNDEFINED). */
struct cpu_hooks {
    /* HVC #imm at EL1: true when handled (PSCI); arguments and results are in cpu->x. */
    bool (*hvc)(void *opaque, struct cpu *cpu, uint16_t imm);
    bool (*smc)(void *opaque, struct cpu *cpu, uint16_t imm);
    void *opaque;
    /* HLT #0xf000: true when it is a semihosting call and was handled. cpu->pc is the next
     * instruction's address; the hook may set it back to the HLT, which is then executed again once
     * what is pending has been looked at. */
    bool (*semihosting)(void *opaque, struct cpu *cpu);
    void *semihosting_opaque;
};

/* How code is generated. All zero: as by default. */
struct jit_config {
    unsigned code_mib; /* memory for code, JIT_MIB_MIN to JIT_MIB_MAX; 0: JIT_MIB_DEFAULT */
    struct host_features masked; /* features of the host that are not used */
    bool perfmap, jitdump;       /* tell perf of generated code: cpu/jit/perf.h */
};

#define JIT_MIB_MIN     1u
#define JIT_MIB_MAX     1024u
#define JIT_MIB_DEFAULT 32u

/* What a user may choose of a model; all zero: as the model has it. */
struct cpu_properties {
    enum cpu_pauth { /* pointer authentication, for a model that has it */
                     CPU_PAUTH_DEFAULT,
                     CPU_PAUTH_OFF,
                     CPU_PAUTH_IMPDEF, /* ulna's own algorithm */
                     CPU_PAUTH_QARMA5,
                     CPU_PAUTH_QARMA3,
    } pauth;
    bool mte;         /* memory tagging: the board has RAM with tags (bus_add_tags) */
    bool sve;         /* all of SVE and SVE2 */
    uint16_t sve_vls; /* bit i: vectors of 128 * (i + 1) bits; 0: every length. Powers of two below
                         the largest come with it */
    bool no_pmu;      /* no Performance Monitors */
    /* Other CPUs are there to see that LDP and STP are two accesses: FEAT_LSE2, which promises one
     * where they do not leave 16 bytes, is hidden. */
    bool has_peers;
    bool gicv3; /* the board has a GICv3: the CPU has its interface (cpu_config.gic) */
};

struct cpu_config {
    const char *model; /* "max" */
    struct cpu_properties properties;
    enum engine engine;
    struct jit_config jit;
    unsigned index;    /* among the CPUs of the machine: as what devices know it */
    uint64_t affinity; /* Aff3 to Aff0, as in MPIDR_EL1 */
    struct cpu *peer;  /* a CPU of the same machine; NULL: this is the first one */
    struct bus *bus;
    struct clock *clock;
    struct log *log;
    struct cpu_hooks hooks;
    struct irq timer_virt, timer_phys; /* outputs of the generic timer */
    struct irq pmu;                    /* overflow interrupt of the Performance Monitors */
    struct gic_interface *gic; /* with properties.gicv3: the controller's (cpu/gic.h), borrowed */
};

/* One of the generic timer's two EL1 timers (DDI 0487, D12). */
struct cpu_timer {
    uint64_t cval;
    uint32_t ctl; /* ENABLE and IMASK; ISTATUS is computed */
    struct clock_timer event;
    struct irq irq;
    struct cpu *cpu;
};

enum {
    TIMER_PHYS,
    TIMER_VIRT,
    TIMER_COUNT,
};

#define DEBUG_BREAKPOINTS 6 /* as QEMU's */
#define DEBUG_WATCHPOINTS 4

/* Self-hosted debug: cpu/debug.h. Registers by their names, without DBG and _EL1. */
struct cpu_debug {
    uint64_t mdscr, oslsr, osdlr, prcr, claim, mdccint;
    uint64_t bvr[DEBUG_BREAKPOINTS], bcr[DEBUG_BREAKPOINTS];
    uint64_t wvr[DEBUG_WATCHPOINTS], wcr[DEBUG_WATCHPOINTS];
    uint8_t stepped; /* of the last instruction: these flags */
};

enum {
    STEPPED = 1 << 0,           /* it was executed with software step active */
    STEPPED_EXCLUSIVE = 1 << 1, /* it was a Load-Exclusive */
};

#define PMU_COUNTERS 6 /* of events, as QEMU's; the cycle counter has the index behind them */

enum pmu_branch {
    PMU_BRANCH_IMMEDIATE, /* B, BL, B.cond, CBZ, TBZ ..., taken or not */
    PMU_BRANCH_REGISTER,
    PMU_BRANCH_RETURN,
    PMU_BRANCH_KINDS,
};

/* The Performance Monitors: cpu/pmu.h. Registers by their names. */
struct cpu_pmu {
    uint64_t pmcr, cnten, inten, ovs, userenr, selr;
    uint64_t count[PMU_COUNTERS + 1];    /* as of the last update; */
    uint64_t type[PMU_COUNTERS + 1];     /* PMEVTYPER<n>, PMCCFILTR */
    uint64_t instructions, ns;           /* the vCPU's and the clock's at that time */
    uint64_t branches[PMU_BRANCH_KINDS]; /* executed since, in blocks with MODE_COUNT */
    uint64_t limit; /* with so many instructions executed, some counter may overflow */
    bool enabled;   /* some counter is */
    struct clock_timer event;
    struct irq irq;
};

#define CNTFRQ_HZ 62500000u /* as QEMU's virt: 16 ns a tick */

#define BRANCH_SITES 1024
#define JIT_GUARDS   4096

/* The mapping in which a vCPU last found a compiled region of several pages right, by the number of
 * the region: cpu/jit/jit.h. */
struct jit_guard {
    uint64_t context, va; /* cpu->context, and where the region's head is */
    uint64_t id;          /* of the region; 0: none */
};

struct cpu {
    /* --- hot: what blocks touch --- */
    uint64_t x[SLOT_COUNT];
    uint64_t pc; /* VA of the running block's first instruction; exact whenever the run loop has
                    control */
    union nzcv nzcv;
    _Atomic uint32_t pending; /* enum pending; polled at every block entry */
    struct lazy_flags lazy;
    struct block *block;        /* being run */
    uint64_t jit_sp, jit_limit; /* host stack of compiled code: cpu/jit/thunks.h */
    uint64_t instructions;      /* retired, counted a block at a time */
    uint64_t loop_entry;        /* the same where compiled code last came into a loop: cpu/jit */
    uint64_t context;  /* mmu.context and mode in one word: guards links and the jump cache */
    uint8_t insn;      /* of the block, that the slow path works for: names it in the log */
    uint32_t unsynced; /* other vCPUs have been asked to do maintenance: a DSB waits for it */
    uint32_t mode;     /* enum mode_bit (cpu/block.h): part of a block's key */
    enum cpu_exit exit;
    uint64_t wake_at;   /* EXIT_WFI, EXIT_WFE: the count of the timer that ends the wait */
    struct jump *jumps; /* cpu/block.h */
    struct jump *branch_slot[BRANCH_SITES]; /* of them, the one that an indirect branch of compiled
                                               code took last, by the number of the branch */
    struct jit_guard guard[JIT_GUARDS];
    struct fp_status fp;   /* FPCR and FPSR; FPSR may lack flags while compiled code runs */
    uint32_t mxcsr;        /* what compiled code starts with: cpu/mxcsr.h */
    uint32_t mxcsr_live;   /* compiled code runs: the host's register is the guest's */
    uint32_t mxcsr_before; /* an operation that may have to be taken back: cpu/jit/lower_fp.h */
    union vreg v[V_SLOTS];
    struct stamp *stamps; /* of the group: cpu/exclusive.h; NULL with one vCPU */
    union vreg kept;      /* by vkeep, until the vrest of the same instruction */
    uint32_t z_high;      /* bit n: Zn may have something above V, else it is zeroes up to VL */
    struct mmu mmu;

    /* --- SVE --- */
    union vreg z_rest[Z_PARTS - V_PARTS][32]; /* what v[] does not have of Z0 to Z31 */
    union preg p[P_COUNT];

    /* --- PSTATE beyond NZCV, and what each EL keeps; indexed by EL --- */
    uint8_t el;
    bool sp_sel;
    uint8_t daif; /* D A I F in bits 3..0 */
    bool pan, uao, ssbs, dit, il, ss, tco;
    uint8_t btype; /* not 0: an indirect branch has been made, and block_find() is to be asked */
    uint64_t sp_bank[4]; /* SP_ELx; the entry in use is stale, see SLOT_SP */
    uint64_t elr[4], spsr[4], esr[4], far[4], vbar[4];

    uint32_t mode_of_registers[2]; /* by EL: the part of `mode` that PSTATE has no say in */

    struct syndrome syndrome; /* for EXIT_EXCEPTION; pc is then the preferred return address */

    /* --- system registers without behaviour of their own --- */
    struct {
        uint64_t actlr, cpacr, zcr, contextidr, tpidr_el0, tpidr_el1, tpidrro_el0, scxtnum_el0,
            scxtnum_el1, par, afsr0, afsr1, amair, cntkctl, cntfrq, csselr, rgsr, gcr, disr;
        uint64_t tfsr[2]; /* by EL */
        struct {
            uint64_t low, high;
        } ap_key[PAUTH_KEYS]; /* APIAKey_EL1 and so on */
    } sys;
    struct pauth pauth;
    struct cpu_debug debug;
    struct cpu_pmu pmu;
    struct cpu_timer timer[TIMER_COUNT];

    /* --- fixed after creation --- */
    struct cpu_model *model;    /* a copy, by its properties */
    uint64_t id[24];            /* ID registers, indexed by enum id_register (cpu/model.h) */
    struct block_cache *blocks; /* shared by the group, and so is `jit` */
    struct block *draft;        /* cpu/block.c */
    struct jit *jit;            /* NULL unless engine needs it */
    struct cpu_stats *stats;    /* NULL without -d stats: cpu/stats.h */
    struct clock *clock;
    struct log *log;
    struct bus *bus;
    struct cpu_hooks hooks;
    struct gic_interface *gic; /* NULL: no GICv3 */
    enum engine engine;
    unsigned index;
    uint64_t affinity;

    /* --- between threads --- */
    struct cpu_group *group;
    struct mailbox *mailbox;      /* cpu/group.c */
    _Atomic uint64_t passed;      /* group->epoch when the vCPU was in its run loop last */
    _Atomic bool awaits_event;    /* in WFE */
    _Atomic uint32_t lines;       /* enum cpu_line: levels of the interrupt inputs */
    _Atomic bool event;           /* the event register of WFE and SEV */
    _Atomic bool asleep;          /* in WFI, paused, or not inside cpu_run: nothing of the guest is
                                     done before `pending` has been looked at */
    _Atomic bool aside;           /* compiles: nothing of the guest is done before the mailbox has
                                     been looked into */
    _Atomic uint64_t drop_ticket; /* bus_watcher: newest request */
    struct bus_watcher watcher;
    pthread_t thread; /* inside cpu_run */
    pthread_mutex_t wait_lock;
    pthread_cond_t wait_cond;
    bool check_failed;    /* -engine check found a difference */
    _Atomic bool running; /* inside cpu_run; changes under wait_lock */
    bool paused;          /* the vCPU has seen PENDING_PAUSE and stands still; under wait_lock */
};

enum cpu_line {
    CPU_LINE_IRQ = 1 << 0,
    CPU_LINE_FIQ = 1 << 1,
};

/* A vCPU in reset state (EL1h, MMU off, all interrupts masked, PC 0). NULL on error: unknown model
 * and the like. */
struct cpu *cpu_new(const struct cpu_config *config, struct err *err);
void cpu_free(struct cpu *cpu);
void cpu_reset(struct cpu *cpu);

/* Runs the guest on the calling thread until cpu_stop; a stop asked for before it starts counts. */
void cpu_run(struct cpu *cpu);
/* Ask the vCPU to leave cpu_run, from any thread (also from a hook on its own thread). */
void cpu_stop(struct cpu *cpu);
/* Hold the vCPU at the next block boundary, and let it go on. cpu_pause returns when it stands
 * still (or is not inside cpu_run and will stand still as soon as it is). */
void cpu_pause(struct cpu *cpu);
void cpu_resume(struct cpu *cpu);

/* Sets a bit of enum pending and wakes the vCPU; any thread. */
void cpu_request(struct cpu *cpu, uint32_t pending);

/* `struct irq` target: line 0 is IRQ, line 1 is FIQ; controller is the struct cpu. Any thread. */
void cpu_irq(void *cpu, unsigned line, bool level);

/* Makes cpu->nzcv exact. */
void cpu_sync_flags(struct cpu *cpu);

/* Approximate count of instructions executed; any thread (for MIPS displays). */
uint64_t cpu_instructions(const struct cpu *cpu);

/* Debugger and loader access through the current translation, ignoring permissions; false when not
 * mapped to RAM. The vCPU must not be running, or be the caller. */
bool cpu_read_virtual(struct cpu *cpu, uint64_t va, void *data, size_t size) must_check;
bool cpu_write_virtual(struct cpu *cpu, uint64_t va, const void *data, size_t size) must_check;

/* General registers, PSTATE, system registers of the EL (for `info registers` and crash reports).
 */
void cpu_dump(const struct cpu *cpu, FILE *file);

/* How the engine has done so far: blocks, compiled code, and of each vCPU of the group translations
 * (for `info jit` and -d stats). All of them stand still. */
void cpu_print_stats(const struct cpu *cpu, FILE *file);

/* The accepted `-cpu` values: the name of entry i, NULL past the end. */
const char *cpu_model_name(unsigned i, const char **description);

const char *engine_name(enum engine engine);

#endif
