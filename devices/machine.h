/* Inside of a machine: shared by the files that build it (virt.c), run it (machine.c) and describe
 * it (virt_fdt.c); everybody else sees virt.h. */
#ifndef ULNA_DEVICES_MACHINE_H
#define ULNA_DEVICES_MACHINE_H

#include <pthread.h>
#include <stdatomic.h>

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

struct machine {
    struct virt_config config;
    char *cpu_model; /* config.cpu_model points here */
    struct bus *bus;
    struct cpu *cpu;
    struct psci psci;
    struct device *gic, *gpio;       /* owned by the bus */
    struct framebuffer *framebuffer; /* NULL: none */
    struct placed placed[MACHINE_SLOTS];
    size_t placed_count;

    machine_load_fn *load;
    void *load_opaque;

    pthread_t thread;       /* of the vCPU; valid while started */
    bool started;           /* the owner has not joined the thread yet */
    _Atomic bool stopping;  /* machine_stop waits for the thread */
    _Atomic bool ended;     /* the guest has ended its run */
    _Atomic int last_event; /* enum machine_event, -1: none yet */
};

/* machine.c: what PSCI does to the machine. */
extern const struct psci_host machine_psci_host;
#endif
