/* Running a machine: the vCPU's thread, reset, and the ends that a guest can bring about. See
 * virt.h. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "devices/framebuffer.h"
#include "devices/machine.h"
#include "devices/pl061.h"

/* --- The guest's side: called on the vCPU's thread --- */

/* The run ends at the next block boundary; `ended` keeps the thread from starting another. */
static void end_run(struct machine *machine)
{
    atomic_store(&machine->ended, true);
    cpu_stop(machine->cpu);
}

static void raise_event(struct machine *machine, enum machine_event event)
{
    atomic_store(&machine->last_event, (int)event);
    end_run(machine);
    if (machine->config.event)
        machine->config.event(machine->config.event_opaque, event);
}

static void psci_system_off(void *machine)
{
    raise_event(machine, MACHINE_POWER_OFF);
}

static void psci_system_reset(void *machine)
{
    raise_event(machine, MACHINE_RESET);
}

/* As on hardware the machine stays on, with nothing left to run; its owner ends or resets it. */
static void psci_cpu_off(void *opaque, struct cpu *cpu)
{
    struct machine *machine = opaque;

    log_at(machine->config.log, LOG_GUEST_ERRORS, cpu->pc,
           "psci: the only CPU has turned itself off; the machine stands still until it is reset");
    end_run(machine);
}

const struct psci_host machine_psci_host = {
    .system_off = psci_system_off,
    .system_reset = psci_system_reset,
    .cpu_off = psci_cpu_off,
};

/* --- The owner's side --- */

void machine_set_loader(struct machine *machine, machine_load_fn *load, void *opaque)
{
    machine->load = load;
    machine->load_opaque = opaque;
}

bool machine_reset(struct machine *machine, struct err *err)
{
    if (machine->started)
        return err_set(err, "the machine cannot be reset while it runs; stop it first");
    bus_reset(machine->bus);
    cpu_reset(machine->cpu);
    return !machine->load || machine->load(machine->load_opaque, machine, err);
}

static void *vcpu_thread(void *opaque)
{
    struct machine *machine = opaque;

    pthread_setname_np(pthread_self(), "vcpu0");
    /* cpu_run may also return for a stop that was meant for an earlier run. */
    while (!atomic_load(&machine->stopping) && !atomic_load(&machine->ended)) {
        cpu_run(machine->cpu);
        if (machine->cpu->check_failed)
            raise_event(machine, MACHINE_DISAGREED);
    }
    return NULL;
}

bool machine_start(struct machine *machine, struct err *err)
{
    sigset_t all, old;
    int code;

    if (machine->started)
        return err_set(err, "the machine is running already");
    atomic_store(&machine->stopping, false);
    atomic_store(&machine->ended, false);
    atomic_store(&machine->last_event, -1);
    sigfillset(&all); /* signals are for the owner's thread */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    code = pthread_create(&machine->thread, NULL, vcpu_thread, machine);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (code)
        return err_set(err, "cannot start a thread for the CPU: %s", strerror(code));
    machine->started = true;
    return true;
}

int machine_join(struct machine *machine)
{
    if (machine->started) {
        pthread_join(machine->thread, NULL);
        machine->started = false;
    }
    return atomic_load(&machine->last_event);
}

void machine_stop(struct machine *machine)
{
    if (!machine->started)
        return;
    atomic_store(&machine->stopping, true);
    cpu_stop(machine->cpu);
    machine_join(machine);
}

void machine_pause(struct machine *machine)
{
    cpu_pause(machine->cpu);
}

void machine_resume(struct machine *machine)
{
    cpu_resume(machine->cpu);
}

struct bus *machine_bus(const struct machine *machine)
{
    return machine->bus;
}

struct cpu *machine_cpu(const struct machine *machine)
{
    return machine->cpu;
}

uint64_t machine_ram_size(const struct machine *machine)
{
    return machine->config.ram_size;
}

struct display *machine_display(const struct machine *machine)
{
    return machine->framebuffer ? framebuffer_display(machine->framebuffer) : NULL;
}

void machine_press_power(struct machine *machine)
{
    pl061_press_power_key(machine->gpio);
}
