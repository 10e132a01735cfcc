/* Running a machine: the vCPUs' threads, reset, and the ends that a guest can bring about. See
 * virt.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "devices/framebuffer.h"
#include "devices/machine.h"
#include "devices/pl061.h"

/* --- The guest's side: called on a vCPU's thread --- */

static void stop_all(struct machine *machine)
{
    pthread_mutex_lock(&machine->power_lock);
    pthread_cond_broadcast(&machine->power_changed);
    pthread_mutex_unlock(&machine->power_lock);
    for (unsigned i = 0; i < machine->config.topology.cpus; i++)
        cpu_stop(machine->vcpu[i].cpu);
}

/* The run ends at the next block boundary; `ended` keeps the threads from starting another. */
static void end_run(struct machine *machine)
{
    atomic_store(&machine->ended, true);
    stop_all(machine);
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

/* As on hardware the machine stays on even with nothing left to run; its owner ends or resets it.
 */
static void psci_cpu_off(void *opaque, struct cpu *cpu)
{
    struct machine *machine = opaque;
    bool last = true;

    pthread_mutex_lock(&machine->power_lock);
    machine->vcpu[cpu->index].power = PSCI_OFF;
    for (unsigned i = 0; i < machine->config.topology.cpus; i++)
        last = last && machine->vcpu[i].power == PSCI_OFF;
    pthread_mutex_unlock(&machine->power_lock);
    if (last)
        log_at(machine->config.log, LOG_GUEST_ERRORS, cpu->pc,
               "psci: the last CPU has turned itself off; the machine stands still until it is "
               "reset");
    cpu_stop(cpu);
}

static enum psci_power psci_cpu_on(void *opaque, unsigned target, uint64_t entry, uint64_t context)
{
    struct machine *machine = opaque;
    struct vcpu *vcpu = &machine->vcpu[target];
    enum psci_power before;

    pthread_mutex_lock(&machine->power_lock);
    before = vcpu->power;
    if (before == PSCI_OFF) {
        vcpu->power = PSCI_ON_PENDING;
        vcpu->entry = entry;
        vcpu->context = context;
        pthread_cond_broadcast(&machine->power_changed);
    }
    pthread_mutex_unlock(&machine->power_lock);
    return before;
}

static enum psci_power psci_power(void *opaque, unsigned target)
{
    struct machine *machine = opaque;
    enum psci_power power;

    pthread_mutex_lock(&machine->power_lock);
    power = machine->vcpu[target].power;
    pthread_mutex_unlock(&machine->power_lock);
    return power;
}

const struct psci_host machine_psci_host = {
    .system_off = psci_system_off,
    .system_reset = psci_system_reset,
    .cpu_off = psci_cpu_off,
    .cpu_on = psci_cpu_on,
    .power = psci_power,
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
    for (unsigned i = 0; i < machine->config.topology.cpus; i++) {
        cpu_reset(machine->vcpu[i].cpu);
        machine->vcpu[i].power = i ? PSCI_OFF : PSCI_ON;
    }
    return !machine->load || machine->load(machine->load_opaque, machine, err);
}

static bool may_run(struct machine *machine)
{
    return !atomic_load(&machine->stopping) && !atomic_load(&machine->ended);
}

/* Waits until the CPU is on, and starts it where CPU_ON says. False: the run is over. */
static bool wait_for_power(struct vcpu *vcpu)
{
    struct machine *machine = vcpu->machine;
    bool start;

    pthread_mutex_lock(&machine->power_lock);
    while (vcpu->power == PSCI_OFF && may_run(machine))
        pthread_cond_wait(&machine->power_changed, &machine->power_lock);
    start = vcpu->power == PSCI_ON_PENDING && may_run(machine);
    if (start) {
        cpu_reset(vcpu->cpu);
        vcpu->cpu->pc = vcpu->entry;
        vcpu->cpu->x[0] = vcpu->context;
        vcpu->power = PSCI_ON;
    }
    pthread_mutex_unlock(&machine->power_lock);
    return may_run(machine);
}

static void *vcpu_thread(void *opaque)
{
    struct vcpu *vcpu = opaque;
    char name[16];

    snprintf(name, sizeof(name), "vcpu%u", vcpu->cpu->index);
    pthread_setname_np(pthread_self(), name);
    /* cpu_run may also return for a stop that was meant for an earlier run. */
    while (wait_for_power(vcpu)) {
        cpu_run(vcpu->cpu);
        if (vcpu->cpu->check_failed)
            raise_event(vcpu->machine, MACHINE_DISAGREED);
    }
    return NULL;
}

static void join_threads(struct machine *machine, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        pthread_join(machine->vcpu[i].thread, NULL);
}

/* 0, or the host's error. */
static int start_threads(struct machine *machine)
{
    for (unsigned i = 0; i < machine->config.topology.cpus; i++) {
        struct vcpu *vcpu = &machine->vcpu[i];
        int code = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);

        if (code) {
            atomic_store(&machine->stopping, true);
            stop_all(machine);
            join_threads(machine, i);
            return code;
        }
    }
    return 0;
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
    code = start_threads(machine);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (code)
        return err_set(err, "cannot start a thread for each CPU: %s", strerror(code));
    machine->started = true;
    return true;
}

int machine_join(struct machine *machine)
{
    if (machine->started) {
        join_threads(machine, machine->config.topology.cpus);
        machine->started = false;
    }
    return atomic_load(&machine->last_event);
}

void machine_stop(struct machine *machine)
{
    if (!machine->started)
        return;
    atomic_store(&machine->stopping, true);
    stop_all(machine);
    machine_join(machine);
}

void machine_pause(struct machine *machine)
{
    for (unsigned i = 0; i < machine->config.topology.cpus; i++)
        cpu_pause(machine->vcpu[i].cpu);
}

void machine_resume(struct machine *machine)
{
    for (unsigned i = 0; i < machine->config.topology.cpus; i++)
        cpu_resume(machine->vcpu[i].cpu);
}

struct bus *machine_bus(const struct machine *machine)
{
    return machine->bus;
}

struct cpu *machine_cpu(const struct machine *machine)
{
    return machine_cpu_at(machine, 0);
}

unsigned machine_cpu_count(const struct machine *machine)
{
    return machine->config.topology.cpus;
}

struct cpu *machine_cpu_at(const struct machine *machine, unsigned i)
{
    return machine->vcpu[i].cpu;
}

bool machine_cpu_is_on(struct machine *machine, unsigned i)
{
    return psci_power(machine, i) == PSCI_ON;
}

uint64_t machine_instructions(const struct machine *machine)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < machine->config.topology.cpus; i++)
        sum += cpu_instructions(machine->vcpu[i].cpu);
    return sum;
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
