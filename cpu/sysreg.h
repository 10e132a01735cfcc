/* System registers and system instructions as a table: one row each with its encoding, rights,
 * place and behaviour. */
#ifndef ULNA_CPU_SYSREG_H
#define ULNA_CPU_SYSREG_H

#include "cpu/cpu.h"
#include "cpu/decode.h"

enum sysreg_access {
    SYSREG_R1 = 1 << 0, /* read at EL1 */
    SYSREG_W1 = 1 << 1,
    SYSREG_R0 = 1 << 2, /* read at EL0, if `check` agrees */
    SYSREG_W0 = 1 << 3,
    SYSREG_END =
        1 << 4, /* a write changes what translation or fetching depends on: ends the block */
    SYSREG_WORD = 1 << 5, /* bits 63..32 are RES0 */
    SYSREG_FREE = 1 << 6, /* `check` agrees always */
    /* `read` and `write` (unless SYSREG_END) use and change no more of the vCPU than its system
     * registers, its interrupt lines and those of its timers, and FPSR: compiled code calls them
     * as they are. */
    SYSREG_LEAF = 1 << 7,
    SYSREG_RW1 = SYSREG_R1 | SYSREG_W1,
    SYSREG_RW0 = SYSREG_R0 | SYSREG_W0,
};

struct sysreg {
    uint16_t key; /* SYSREG_KEY(op0, op1, CRn, CRm, op2) */
    uint8_t access;
    const char *name;
    uint32_t offset; /* of a uint64_t in struct cpu; 0: none */
    uint64_t (*read)(struct cpu *cpu,
                     const struct sysreg *reg); /* NULL: the place, or 0 when there is none */
    void (*write)(struct cpu *cpu, const struct sysreg *reg,
                  uint64_t value); /* NULL: the place, or ignored */
    /* For EL0: may the access happen? false: it traps to EL1 with EC 0x18. */
    bool (*check)(const struct cpu *cpu, const struct sysreg *reg, bool read);
};

#define SCTLR_CMOW  (1ull << 32)
#define SCTLR_TIDCP (1ull << 63)

#define SYSREG_KEY(op0, op1, crn, crm, op2)                                                        \
    (uint16_t)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* What a model must have for a row to be there. */
enum feature sysreg_feature(uint16_t key);

/* Index of the row with this key; -1: no such register. */
int sysreg_find(uint16_t key);
const struct sysreg *sysreg_row(unsigned index);

/* --- Behaviour that stands in other files --- */

/* cpu/maintenance.c: TLBI, AT, DC, IC */
extern const struct sysreg maintenance_rows[];
extern const unsigned maintenance_row_count;
/* False: mmu.fault is set and the instruction aborts (DC ZVA, DC CVAC ..., AT). */
#define DC_ZVA_BYTES 64 /* as DCZID_EL0 says */
bool maintenance_dc_zva(struct cpu *cpu, uint64_t address);
/* DC GVA: the block gets the tag of the address; DC GZVA: and is zeroed. */
bool maintenance_dc_tags(struct cpu *cpu, uint64_t address, bool zero);
enum maintenance {
    MAINTENANCE_CLEAN,
    MAINTENANCE_CLEAN_INVALIDATE,
    MAINTENANCE_INVALIDATE, /* without having cleaned */
};
bool maintenance_by_va(struct cpu *cpu, uint64_t address, enum maintenance what);
/* AT with the rights of `el`; `pan`: and with PSTATE.PAN's. */
bool maintenance_at(struct cpu *cpu, uint64_t address, enum access access, unsigned el, bool pan);
bool maintenance_ic_ivau(struct cpu *cpu, uint64_t address);

/* cpu/timer.c: the generic timer */
extern const struct sysreg timer_rows[];
extern const unsigned timer_row_count;
uint64_t timer_count(struct cpu *cpu); /* CNTPCT_EL0 */
void timer_init(struct cpu *cpu, const struct cpu_config *config);
void timer_reset(struct cpu *cpu);
void timer_evaluate(struct cpu *cpu); /* drives the outputs; on the vCPU's thread */
/* ns until CNTVCT_EL0 is `count`: 0 if it is that or more, UINT64_MAX if the clock will not get
 * there. */
uint64_t timer_ns_until(struct cpu *cpu, uint64_t count);
/* ns between two events of the event stream (CNTKCTL_EL1.EVNTEN); UINT64_MAX: there is none. */
uint64_t timer_event_period(const struct cpu *cpu);
void timer_fini(struct cpu *cpu);

/* cpu/pmu.c: the Performance Monitors */
extern const struct sysreg pmu_rows[];
extern const unsigned pmu_row_count;

/* cpu/gic.c: the CPU interface of a GICv3 */
extern const struct sysreg gic_rows[];
extern const unsigned gic_row_count;

/* cpu/debug.c: self-hosted debug */
extern const struct sysreg debug_rows[];
extern const unsigned debug_row_count;

#endif
