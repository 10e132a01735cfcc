/* The `virt` board: a machine with vCPUs, RAM, the devices of the table in virt.c, and PSCI.
 * Addresses, interrupt numbers and device-tree conventions are those of QEMU's board of the same
 * name, which stock guests know.
 *
 * Life of a machine: virt_new, machine_set_loader, then machine_reset (which runs the loader) and
 * machine_start; the guest ends a run with an event, the owner with machine_stop; after either,
 * machine_reset and machine_start again, or machine_free. All of it is called by one thread, the
 * owner's. */
#ifndef ULNA_DEVICES_VIRT_H
#define ULNA_DEVICES_VIRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/err.h"
#include "cpu/cpu.h"
#include "mmu/bus.h"

struct chardev;
struct clock;
struct display;
struct log;
struct machine;

#define VIRT_FLASH_BASE 0x0ull     /* two flash chips, side by side; only with `firmware` */
#define VIRT_FLASH_SIZE (64 * MIB) /* of each */
#define VIRT_UART_BASE  0x09000000ull
#define VIRT_VIDEO_BASE 0x0b000000ull /* linear video memory, only with fb_width */
#define VIRT_VIDEO_SIZE (16 * MIB)
#define VIRT_FB_MIN     16u   /* pixels, each way: the limits of devices/framebuffer.h */
#define VIRT_FB_MAX     4096u /* and width * height * 4 fits VIRT_VIDEO_SIZE */
#define VIRT_RAM_BASE   0x40000000ull
#define VIRT_RAM_MIN    (16 * MIB)
#define VIRT_RAM_MAX    (255 * GIB)

enum machine_event {
    MACHINE_POWER_OFF, /* PSCI SYSTEM_OFF */
    MACHINE_RESET,     /* PSCI SYSTEM_RESET and SYSTEM_RESET2 */
    MACHINE_DISAGREED, /* -engine check found a difference, and has described it */
};

/* The CPUs, as the device tree tells of them: cpus = sockets * clusters * cores * threads. */
struct virt_topology {
    unsigned cpus; /* 1 to VIRT_CPUS_MAX; 0 is 1 */
    unsigned sockets, clusters, cores, threads;
};

#define VIRT_CPUS_MAX 64 /* with a GICv3; 8 with a GICv2 */

struct virt_config {
    uint64_t ram_size;     /* bytes, a multiple of 1 MiB, VIRT_RAM_MIN to VIRT_RAM_MAX */
    const char *cpu_model; /* as cpu_config.model */
    struct cpu_properties cpu_properties;
    bool its; /* with cpu_properties.gicv3: LPIs, and an ITS to send them */
    enum engine engine;
    struct jit_config jit;
    struct virt_topology topology;
    unsigned fb_width, fb_height; /* pixels (framebuffer_check); both 0: no framebuffer */
    bool firmware;                /* map the flash: chip 0 read-only, for -bios */
    struct log *log;              /* borrowed, also the next two */
    struct clock *clock;
    struct chardev *uart; /* behind UART0; NULL: output dropped */
    int64_t rtc_base;     /* the RTC at clock 0: seconds since 1970-01-01 00:00 */
    /* The guest has asked for this, and the vCPUs are about to leave their run. Called on a vCPU's
     * thread: tell the owner's thread, do not call machine functions here. NULL: a run just ends.
     */
    void (*event)(void *opaque, enum machine_event event);
    void *event_opaque;
    /* As in struct cpu_hooks; NULL: no semihosting. */
    bool (*semihosting)(void *opaque, struct cpu *cpu);
    void *semihosting_opaque;
};

/* A machine that stands still, in reset state, with empty memory. NULL with a message on error. The
 * strings of the configuration need not outlive the call. */
struct machine *virt_new(const struct virt_config *config, struct err *err);
void machine_free(struct machine *machine); /* stops it first when it runs */

/* The loader puts images into RAM and sets x[] and pc of the first CPU; called by each
 * machine_reset, after the reset. */
typedef bool machine_load_fn(void *opaque, struct machine *machine, struct err *err);
void machine_set_loader(struct machine *machine, machine_load_fn *load, void *opaque);

/* Power-on state for every device and CPU, then the loader; the first CPU is on, the others wait
 * for PSCI's CPU_ON. RAM keeps what the loader does not overwrite. The machine must not be running.
 */
bool machine_reset(struct machine *machine, struct err *err) must_check;
/* Starts a thread for each vCPU; they run until an event or machine_stop. */
bool machine_start(struct machine *machine, struct err *err) must_check;
/* Ends the run and waits for the threads; nothing when it does not run. Always called between two
 * runs. */
void machine_stop(struct machine *machine);
/* Waits until the guest has ended the run by an event (for tools and tests without an event loop);
 * returns the last event, or -1 when there was none. */
int machine_join(struct machine *machine);
/* The vCPUs stand still or go on (monitor, debugger); counts nothing, any number of times. */
void machine_pause(struct machine *machine);
void machine_resume(struct machine *machine);

struct bus *machine_bus(const struct machine *machine);
struct cpu *machine_cpu(const struct machine *machine); /* the first one */
unsigned machine_cpu_count(const struct machine *machine);
struct cpu *machine_cpu_at(const struct machine *machine, unsigned i);
bool machine_cpu_is_on(struct machine *machine, unsigned i);
/* Of all CPUs together, approximately. */
uint64_t machine_instructions(const struct machine *machine);
uint64_t machine_ram_size(const struct machine *machine);

/* The picture on its framebuffer (devices/display.h); NULL when the machine has none. */
struct display *machine_display(const struct machine *machine);

/* Presses and releases the power key (a GPIO key that a guest may take as a wish to shut down); any
 * thread. */
void machine_press_power(struct machine *machine);

/* --- The device tree (virt_fdt.c) --- */
struct boot_params {
    const char *bootargs;              /* NULL: none */
    uint64_t initrd_start, initrd_end; /* guest physical; equal: none */
};

/* The board's device tree. Returns a blob to free() and its size in bytes; NULL with a message on
 * error. */
void *virt_fdt_build(const struct machine *machine, const struct boot_params *params, size_t *size,
                     struct err *err);
/* A user's device tree with /memory, /chosen/bootargs, /chosen/linux,initrd-* and the seeds made to
 * fit: the same kind of result. What the tree already says in bootargs stays when params has none.
 * `dtb` is checked, whatever it is. */
void *virt_fdt_patch(const struct machine *machine, const struct boot_params *params,
                     const void *dtb, size_t dtb_size, size_t *size, struct err *err);

#endif
