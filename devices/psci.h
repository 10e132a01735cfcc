/* The firmware interface a guest calls with HVC: PSCI 1.1 (Arm DEN0022D) and the general part of
 * the SMC Calling Convention 1.1 (Arm DEN0028B). It acts on whoever runs the machine through a few
 * functions. */
#ifndef ULNA_DEVICES_PSCI_H
#define ULNA_DEVICES_PSCI_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct log;

/* AFFINITY_INFO */
enum psci_power {
    PSCI_ON,
    PSCI_OFF,
    PSCI_ON_PENDING,
};

struct psci_host {
    void (*system_off)(void *opaque);
    void (*system_reset)(void *opaque);
    void (*cpu_off)(void *opaque, struct cpu *cpu); /* the caller */
    /* The CPU of index `target`, which is off, starts at `entry` with `context` in X0. What it was
     * before: if it was not off, nothing happens. */
    enum psci_power (*cpu_on)(void *opaque, unsigned target, uint64_t entry, uint64_t context);
    enum psci_power (*power)(void *opaque, unsigned target);
    void *opaque;
};

struct psci {
    struct psci_host host;
    unsigned cpus;
    const uint64_t *affinity; /* of each: MPIDR_EL1.Aff3 to Aff0 */
    struct log *log;
};

/* One call: the function identifier in X0 and arguments in X1 to X3 are read from, results written
 * to, cpu->x. A `struct cpu_hooks.hvc` with a struct psci as its opaque. Always true: an unknown
 * call is answered NOT_SUPPORTED. */
bool psci_hvc(void *psci, struct cpu *cpu, uint16_t imm);

#endif
