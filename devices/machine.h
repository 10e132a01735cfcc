/* Inside of a machine: shared by the files that build it (virt.c), run it (machine.c) and describe
 * it (virt_fdt.c); everybody else sees virt.h. */
#ifndef ULNA_DEVICES_MACHINE_H
#define ULNA_DEVICES_MACHINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "cpu/group.h"
#include "devices/psci.h"
#include "devices/slot.h"
#include "devices/virt.h"

#define MACHINE_SLOTS 64

/* A device and where the board put it; the phandles in the slot are filled in when a tree is
 * written. */
struct placed {
    struct slot slot;
    struct device *device; /* owned by the bus */
};

/* A CPU of the machine, and the thread that runs it while it is on. */
struct vcpu {
    struct machine *machine;
    struct cpu *cpu;
    pthread_t thread; /* valid while the machine is started */
    /* under machine.power_lock */
    enum psci_power power;
    uint64_t entry, context; /* PSCI_ON_PENDING: where it starts, and X0 */
};

struct machine {
    struct virt_config config;
    char *cpu_model; /* config.cpu_model points here */
    struct bus *bus;
    struct vcpu vcpu[CPUS_MAX]; /* of which config.cpus */
    uint64_t affinity[CPUS_MAX];
    struct psci psci;
    struct device *gic, *gpio;       /* owned by the bus */
    struct framebuffer *framebuffer; /* NULL: none */
    struct placed placed[MACHINE_SLOTS];
    size_t placed_count;

    machine_load_fn *load;
    void *load_opaque;

    pthread_mutex_t power_lock;
    pthread_cond_t power_changed; /* or the run ends */
    bool started;                 /* the owner has not joined the threads yet */
    _Atomic bool stopping;        /* machine_stop waits for the threads */
    _Atomic bool ended;           /* the guest has ended its run */
    _Atomic int last_event;       /* enum machine_event, -1: none yet */
};

/* machine.c: what PSCI does to the machine. */
extern const struct psci_host machine_psci_host;
#endif
