/* The board: what is where, and how it is wired. See virt.h.
 *
 *   0x00_0000_0000  flash 0 (64 MiB)   firmware, executed in place      only with -bios
 *   0x00_0400_0000  flash 1 (64 MiB)   its variables                    only with -bios
 *   0x00_0800_0000  GICv2 distributor, + 0x1_0000 CPU interface
 *                   GICv3 distributor, + 0xa_0000 redistributors    with gic-version=3
 *   0x00_0802_0000  (reserved: GICv2m MSI frame)
 *   0x00_0808_0000  GICv3 ITS                                       unless its=off
 *   0x00_0900_0000  PL011  UART0       SPI 1
 *   0x00_0901_0000  PL031  RTC         SPI 2
 *   0x00_0902_0000  (reserved: fw_cfg)
 *   0x00_0903_0000  PL061  GPIO        SPI 7       pin 3 is the power key
 *   0x00_0904_0000  (reserved: second UART)
 *   0x00_0a00_0000  32 virtio-mmio transports of 0x200      SPI 16 to 47
 *   0x00_0b00_0000  video memory (16 MiB)                   not on other boards of this name
 *   0x00_0c00_0000  (reserved: platform bus; 0x0e00_0000 Secure RAM; 0x1000_0000 PCIe MMIO and I/O)
 *   0x00_4000_0000  RAM, up to 255 GiB
 *   0x40_0000_0000  (reserved: high redistributors, PCIe ECAM at 0x40_1000_0000, PCIe MMIO above)
 *
 * PPIs: 11 (INTID 27) the virtual timer, 14 (INTID 30) the non-secure physical timer. */
#include "devices/virt.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/model.h"
#include "devices/framebuffer.h"
#include "devices/gicv2.h"
#include "devices/gicv3.h"
#include "devices/machine.h"
#include "devices/pl011.h"
#include "devices/pl031.h"
#include "devices/pl061.h"
#include "devices/virtio_mmio.h"

#define PPI_PMU        7
#define PPI_TIMER_VIRT 11
#define PPI_TIMER_PHYS 14

struct row {
    const char *name;
    uint64_t base, size; /* size: room for one, which is the distance to the next of `count` */
    int spi;             /* of the first, -1: none */
    unsigned count;
    struct device *(*create)(struct machine *machine, struct irq irq);
    bool (*present)(const struct machine *machine); /* NULL: always */
};

/* What the interrupt controller drives: IRQ and FIQ of each CPU in turn. The CPUs come after it,
 * and nothing runs before there are some. */
static void cpu_line(void *opaque, unsigned line, bool level)
{
    struct machine *machine = opaque;
    struct cpu *cpu = machine->vcpu[line / 2].cpu;

    if (cpu)
        cpu_irq(cpu, line % 2, level);
}

static bool has_gicv3(const struct machine *machine)
{
    return machine->config.cpu_properties.gicv3;
}

static bool has_its(const struct machine *machine)
{
    return has_gicv3(machine) && machine->config.its;
}

static struct device *create_gic(struct machine *machine, struct irq unused)
{
    struct gicv2_output output[GICV2_MAX_CPUS];
    struct gicv3_cpu cpu[GICV3_MAX_CPUS];
    unsigned cpus = machine->config.topology.cpus;
    struct bus *bus = has_its(machine) ? machine->bus : NULL;

    (void)unused;
    for (unsigned i = 0; i < cpus; i++) {
        const struct irq irq = {.set = cpu_line, .controller = machine, .line = 2 * i};
        const struct irq fiq = {.set = cpu_line, .controller = machine, .line = 2 * i + 1};

        cpu[i] = (struct gicv3_cpu){irq, fiq, (uint32_t)machine->affinity[i]};
        if (i < GICV2_MAX_CPUS)
            output[i] = (struct gicv2_output){irq, fiq};
    }
    machine->gic = has_gicv3(machine) ? gicv3_new(machine->config.log, bus, cpus, cpu)
                                      : gicv2_new(machine->config.log, cpus, output);
    return machine->gic;
}

static struct device *create_its(struct machine *machine, struct irq unused)
{
    (void)unused;
    return gicv3_its_new(machine->config.log, machine->gic);
}

static bool add_gic_window(struct machine *machine, uint64_t base, struct err *err)
{
    if (has_gicv3(machine))
        return bus_add_window(machine->bus, base + GICV3_REDISTRIBUTOR_OFFSET,
                              gicv3_redistributor_ops(machine->gic), machine->gic, err);
    return bus_add_window(machine->bus, base + GICV2_CPU_OFFSET, gicv2_cpu_ops(), machine->gic,
                          err);
}

static struct irq gic_spi(struct machine *machine, unsigned spi)
{
    return has_gicv3(machine) ? gicv3_spi(machine->gic, spi) : gicv2_spi(machine->gic, spi);
}

static struct irq gic_ppi(struct machine *machine, unsigned cpu, unsigned ppi)
{
    return has_gicv3(machine) ? gicv3_ppi(machine->gic, cpu, ppi)
                              : gicv2_ppi(machine->gic, cpu, ppi);
}

static struct device *create_uart(struct machine *machine, struct irq irq)
{
    return pl011_new(machine->config.log, machine->config.clock, irq, machine->config.uart);
}

static struct device *create_rtc(struct machine *machine, struct irq irq)
{
    return pl031_new(machine->config.log, machine->config.clock, irq, machine->config.rtc_base);
}

static struct device *create_gpio(struct machine *machine, struct irq irq)
{
    machine->gpio = pl061_new(machine->config.log, machine->config.clock, irq);
    return machine->gpio;
}

static struct device *create_virtio(struct machine *machine, struct irq irq)
{
    (void)irq; /* an empty slot never interrupts */
    return virtio_mmio_new(machine->config.log);
}

/* The interrupt controller comes first: it has the lines that the others are given. */
static const struct row rows[] = {
    {"gic", 0x08000000, 0x10000, -1, 1, create_gic, NULL},
    {"its", 0x08000000 + GICV3_ITS_OFFSET, 0x20000, -1, 1, create_its, has_its},
    {"uart0", VIRT_UART_BASE, 0x1000, 1, 1, create_uart, NULL},
    {"rtc", 0x09010000, 0x1000, 2, 1, create_rtc, NULL},
    {"gpio", 0x09030000, 0x1000, 7, 1, create_gpio, NULL},
    {"virtio", 0x0a000000, VIRTIO_MMIO_SIZE, 16, 32, create_virtio, NULL},
};

static bool place(struct machine *machine, const struct row *row, unsigned index, struct err *err)
{
    struct irq irq = {0};
    struct placed *placed = &machine->placed[machine->placed_count];
    struct device *device;

    assert(machine->placed_count < MACHINE_SLOTS);
    placed->slot = (struct slot){
        .name = row->name,
        .base = row->base + index * row->size,
        .spi = row->spi < 0 ? -1 : row->spi + (int)index,
    };
    if (placed->slot.spi >= 0)
        irq = gic_spi(machine, (unsigned)placed->slot.spi);
    device = row->create(machine, irq);
    if (!device)
        return err_set(err, "%s cannot be made: the host is out of memory", row->name);
    assert(device->ops->size <= row->size);
    placed->slot.size = device->ops->size;
    if (!bus_add_device(machine->bus, placed->slot.base, device, err))
        return false;
    placed->device = device;
    machine->placed_count++;
    return true;
}

static bool is_present(const struct machine *machine, const struct row *row)
{
    return !row->present || row->present(machine);
}

static bool add_devices(struct machine *machine, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (unsigned index = 0; is_present(machine, &rows[i]) && index < rows[i].count; index++)
            if (!place(machine, &rows[i], index, err))
                return false;
    return add_gic_window(machine, rows[0].base, err);
}

static bool add_memory(struct machine *machine, struct err *err)
{
    const struct virt_config *config = &machine->config;
    struct ram_block *ram;

    if (config->firmware &&
        (!bus_add_ram(machine->bus, "flash0", VIRT_FLASH_BASE, VIRT_FLASH_SIZE, RAM_ROM, err) ||
         !bus_add_ram(machine->bus, "flash1", VIRT_FLASH_BASE + VIRT_FLASH_SIZE, VIRT_FLASH_SIZE,
                      RAM_ROM, err)))
        return false;
    if (config->fb_width) {
        machine->framebuffer = framebuffer_new(machine->bus, VIRT_VIDEO_BASE, config->fb_width,
                                               config->fb_height, err);
        if (!machine->framebuffer)
            return false;
    }
    ram = bus_add_ram(machine->bus, "ram", VIRT_RAM_BASE, config->ram_size, RAM_NORMAL, err);
    return ram && (!config->cpu_properties.mte || bus_add_tags(ram, err));
}

static bool add_cpu(struct machine *machine, unsigned i, struct err *err)
{
    const struct virt_config *config = &machine->config;
    const struct cpu_config cpu = {
        .index = i,
        .affinity = machine->affinity[i],
        .peer = i ? machine->vcpu[0].cpu : NULL,
        .model = config->cpu_model,
        .properties = config->cpu_properties,
        .engine = config->engine,
        .jit = config->jit,
        .bus = machine->bus,
        .clock = config->clock,
        .log = config->log,
        /* No smc: without EL3 the instruction is UNDEFINED. */
        .hooks = {.hvc = psci_hvc,
                  .opaque = &machine->psci,
                  .semihosting = config->semihosting,
                  .semihosting_opaque = config->semihosting_opaque},
        .timer_virt = gic_ppi(machine, i, PPI_TIMER_VIRT),
        .timer_phys = gic_ppi(machine, i, PPI_TIMER_PHYS),
        .pmu = gic_ppi(machine, i, PPI_PMU),
        .gic = has_gicv3(machine) ? gicv3_interface(machine->gic, i) : NULL,
    };
    struct vcpu *vcpu = &machine->vcpu[i];

    vcpu->machine = machine;
    vcpu->power = i ? PSCI_OFF : PSCI_ON;
    vcpu->cpu = cpu_new(&cpu, err);
    return vcpu->cpu != NULL;
}

static bool add_cpus(struct machine *machine, struct err *err)
{
    for (unsigned i = 0; i < machine->config.topology.cpus; i++)
        if (!add_cpu(machine, i, err))
            return false;
    return true;
}

/* As many in a cluster as one SGI can name. */
static void number_cpus(struct machine *machine)
{
    unsigned cluster = has_gicv3(machine) ? 16 : GICV2_MAX_CPUS;

    for (unsigned i = 0; i < machine->config.topology.cpus; i++)
        machine->affinity[i] = (uint64_t)(i / cluster) << 8 | i % cluster;
}

static bool check_config(const struct virt_config *config, struct err *err)
{
    const struct cpu_model *model = model_find(config->cpu_model);
    unsigned width = config->fb_width, height = config->fb_height;
    unsigned cpus_max = config->cpu_properties.gicv3 ? VIRT_CPUS_MAX : GICV2_MAX_CPUS;

    if (config->ram_size < VIRT_RAM_MIN || config->ram_size > VIRT_RAM_MAX ||
        !is_aligned(config->ram_size, MIB))
        return err_usage(err,
                         "the board cannot have %" PRIu64
                         " bytes of memory; allowed are whole MiB from 16M to 255G",
                         config->ram_size);
    if (config->cpu_properties.mte && model && !model_has(model, FEAT_MTE2))
        return err_usage(err, "mte=on: CPU %s has no memory tagging; max has it", model->name);
    if (config->topology.cpus > cpus_max)
        return err_usage(err, "the board cannot have %u CPUs; allowed are 1 to %u%s",
                         config->topology.cpus, cpus_max,
                         config->cpu_properties.gicv3 ? "" : ", and with gic-version=3 to 64");
    if (config->topology.cpus > 1 && config->engine == ENGINE_CHECK)
        return err_usage(err, "-engine check compares the runs of one CPU, and needs -smp 1");
    return (!width && !height) || framebuffer_check(width, height, err);
}

static bool build(struct machine *machine, struct err *err)
{
    machine->bus = bus_new(machine->config.log);
    if (!machine->bus || !machine->cpu_model)
        return err_set(err, "the machine cannot be made: the host is out of memory");
    return add_memory(machine, err) && add_devices(machine, err) && add_cpus(machine, err);
}

struct machine *virt_new(const struct virt_config *config, struct err *err)
{
    struct machine *machine;

    if (!check_config(config, err))
        return NULL;
    machine = calloc(1, sizeof(*machine));
    if (!machine) {
        err_set(err, "the machine cannot be made: the host is out of memory");
        return NULL;
    }
    machine->config = *config;
    if (!config->topology.cpus)
        machine->config.topology = (struct virt_topology){1, 1, 1, 1, 1};
    machine->config.cpu_properties.has_peers = machine->config.topology.cpus > 1;
    number_cpus(machine);
    pthread_mutex_init(&machine->power_lock, NULL);
    pthread_cond_init(&machine->power_changed, NULL);
    machine->cpu_model = strdup(config->cpu_model);
    machine->config.cpu_model = machine->cpu_model;
    machine->psci = (struct psci){.host = machine_psci_host,
                                  .cpus = machine->config.topology.cpus,
                                  .affinity = machine->affinity,
                                  .log = config->log};
    machine->psci.host.opaque = machine;
    machine->last_event = -1;
    if (!build(machine, err)) {
        machine_free(machine);
        return NULL;
    }
    bus_reset(machine->bus);
    return machine;
}

/* Each step leaves nothing behind that could still call what the next one frees: back ends and
 * timers reach a device, a device the interrupt controller, that the CPUs; and their timers
 * reach the interrupt controller. */
void machine_free(struct machine *machine)
{
    if (!machine)
        return;
    machine_stop(machine);
    for (unsigned i = 0; i < machine->config.topology.cpus; i++)
        if (machine->vcpu[i].cpu)
            cpu_reset(machine->vcpu[i].cpu); /* its timers are off now */
    if (machine->bus)
        bus_remove_devices(machine->bus);
    for (unsigned i = machine->config.topology.cpus; i-- > 0;)
        cpu_free(machine->vcpu[i].cpu);
    framebuffer_free(machine->framebuffer);
    bus_free(machine->bus);
    pthread_cond_destroy(&machine->power_changed);
    pthread_mutex_destroy(&machine->power_lock);
    free(machine->cpu_model);
    free(machine);
}
