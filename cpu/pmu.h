/* The Performance Monitors (DDI 0487, D13): FEAT_PMUv3p5 with six event counters.
 *
 * Nothing is counted while it happens but branches, and those by micro-ops that only blocks with
 * MODE_COUNT have; and only blocks with MODE_LIMIT look whether it is time for the overflow of a
 * counter of instructions or branches, which is then noticed a few blocks late. The counters are
 * brought up to date when somebody looks, and when the exception level is about to change: from the
 * instructions that the vCPU has executed, of which it keeps count anyway, and from the clock. A
 * cycle is a nanosecond, as on QEMU's virt. */
#ifndef ULNA_CPU_PMU_H
#define ULNA_CPU_PMU_H

#include "cpu/cpu.h"

void pmu_init(struct cpu *cpu, const struct cpu_config *config);
void pmu_reset(struct cpu *cpu);
void pmu_fini(struct cpu *cpu);

/* MODE_COUNT and MODE_LIMIT at this EL. */
uint32_t pmu_mode(const struct cpu *cpu, unsigned el);

/* Between two blocks: counters and output as they are now. */
void pmu_evaluate(struct cpu *cpu);

enum pmu_exception {
    PMU_EXCEPTION_TAKEN,
    PMU_EXCEPTION_RETURN,
};
void pmu_count_exception(struct cpu *cpu, enum pmu_exception what);

/* Before the exception level changes, with the last instruction executed. */
static inline void pmu_exception(struct cpu *cpu, enum pmu_exception what)
{
    if (unlikely(cpu->pmu.enabled))
        pmu_count_exception(cpu, what);
}

#endif
