/* The device tree of the board: Devicetree Specification v0.4, and the bindings in the Linux
 * kernel's Documentation/devicetree/bindings for each node. The devices write their own nodes; here
 * is what belongs to the board as a whole. Also fits a user's tree to the machine. */
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "devices/fdt.h"
#include "devices/framebuffer.h"
#include "devices/machine.h"

/* Entropy for the guest's own random numbers and the place of its kernel. */
struct seeds {
    uint8_t kaslr[8];
    uint8_t rng[32];
};

static bool seeds_get(struct seeds *seeds, struct err *err)
{
    ssize_t size = getrandom(seeds, sizeof(*seeds), 0);

    if (size != sizeof(*seeds))
        return err_set(err, "the host gives no random numbers for the device tree: %s",
                       size < 0 ? strerror(errno) : "too few");
    return true;
}

/* --- A tree of our own --- */

static void write_psci(struct fdt *fdt)
{
    fdt_node_begin(fdt, "psci");
    fdt_prop_list(fdt, "compatible", "arm,psci-1.0", "arm,psci-0.2", "arm,psci");
    fdt_prop_string(fdt, "method", "hvc");
    /* For users of the first binding only, where the identifiers were the platform's choice. */
    fdt_prop_u32(fdt, "cpu_suspend", 0xc4000001);
    fdt_prop_u32(fdt, "cpu_off", 0x84000002);
    fdt_prop_u32(fdt, "cpu_on", 0xc4000003);
    fdt_prop_u32(fdt, "migrate", 0xc4000005);
    fdt_node_end(fdt);
}

static void write_memory(struct fdt *fdt, const struct machine *machine)
{
    fdt_node_begin_at(fdt, "memory", VIRT_RAM_BASE);
    fdt_prop_string(fdt, "device_type", "memory");
    fdt_prop_reg(fdt, VIRT_RAM_BASE, machine->config.ram_size);
    fdt_node_end(fdt);
}

/* "cortex-a57" is "arm,cortex-a57"; "max" is no product, so that only the architecture can be said.
 */
static void write_cpu_compatible(struct fdt *fdt, const char *model)
{
    char compatible[64];

    if (strncmp(model, "cortex-", 7) && strncmp(model, "neoverse-", 9)) {
        fdt_prop_string(fdt, "compatible", "arm,armv8");
        return;
    }
    snprintf(compatible, sizeof(compatible), "arm,%s", model);
    fdt_prop_string(fdt, "compatible", compatible);
}

static void begin_numbered(struct fdt *fdt, const char *stem, unsigned number)
{
    char name[24];

    snprintf(name, sizeof(name), "%s%u", stem, number);
    fdt_node_begin(fdt, name);
}

/* The CPUs by socket, cluster and core; threads only where a core has several. */
static void write_cpu_map(struct fdt *fdt, const struct virt_topology *topology,
                          const uint32_t *phandle)
{
    unsigned cpu = 0;

    fdt_node_begin(fdt, "cpu-map");
    for (unsigned socket = 0; socket < topology->sockets; socket++) {
        begin_numbered(fdt, "socket", socket);
        for (unsigned cluster = 0; cluster < topology->clusters; cluster++) {
            begin_numbered(fdt, "cluster", cluster);
            for (unsigned core = 0; core < topology->cores; core++) {
                begin_numbered(fdt, "core", core);
                for (unsigned thread = 0; thread < topology->threads; thread++) {
                    if (topology->threads > 1)
                        begin_numbered(fdt, "thread", thread);
                    fdt_prop_u32(fdt, "cpu", phandle[cpu++]);
                    if (topology->threads > 1)
                        fdt_node_end(fdt);
                }
                fdt_node_end(fdt);
            }
            fdt_node_end(fdt);
        }
        fdt_node_end(fdt);
    }
    fdt_node_end(fdt);
}

static void write_cpus(struct fdt *fdt, const struct machine *machine)
{
    const struct virt_topology *topology = &machine->config.topology;
    uint32_t phandle[VIRT_CPUS_MAX];

    for (unsigned i = 0; i < topology->cpus; i++)
        phandle[i] = fdt_phandle_new(fdt);
    fdt_node_begin(fdt, "cpus");
    fdt_prop_u32(fdt, "#address-cells", 1);
    fdt_prop_u32(fdt, "#size-cells", 0);
    write_cpu_map(fdt, topology, phandle);
    for (unsigned i = 0; i < topology->cpus; i++) {
        fdt_node_begin_at(fdt, "cpu", machine->affinity[i]);
        fdt_prop_string(fdt, "device_type", "cpu");
        write_cpu_compatible(fdt, machine->cpu_model);
        fdt_prop_u32(fdt, "reg", (uint32_t)machine->affinity[i]);
        fdt_prop_string(fdt, "enable-method", "psci");
        fdt_prop_phandle(fdt, phandle[i]);
        fdt_node_end(fdt);
    }
    fdt_node_end(fdt);
}

/* The GICv2 binding has the CPUs in bits 15 to 8. */
static uint32_t ppi_flags(const struct machine *machine)
{
    uint64_t cpus = bits_ones(machine->config.topology.cpus);

    return FDT_IRQ_LEVEL_HIGH | (machine->config.cpu_properties.gicv3 ? 0 : (uint32_t)cpus << 8);
}

/* The PPIs in the order of the binding: secure physical, non-secure physical, virtual, EL2
 * physical. Those of the ELs that the CPU lacks are listed too, as the binding asks. */
static void write_timer(struct fdt *fdt, const struct machine *machine)
{
    const uint32_t flags = ppi_flags(machine);

    fdt_node_begin(fdt, "timer");
    fdt_prop_list(fdt, "compatible", "arm,armv8-timer", "arm,armv7-timer");
    fdt_prop_cells(fdt, "interrupts", FDT_GIC_PPI, 13, flags, FDT_GIC_PPI, 14, flags, FDT_GIC_PPI,
                   11, flags, FDT_GIC_PPI, 10, flags);
    fdt_prop_empty(fdt, "always-on"); /* it runs on while the CPU sleeps */
    fdt_node_end(fdt);
}

static void write_pmu(struct fdt *fdt, const struct machine *machine)
{
    fdt_node_begin(fdt, "pmu");
    fdt_prop_string(fdt, "compatible", "arm,armv8-pmuv3");
    fdt_prop_cells(fdt, "interrupts", FDT_GIC_PPI, 7, ppi_flags(machine));
    fdt_node_end(fdt);
}

static void write_clock(struct fdt *fdt, uint32_t phandle)
{
    fdt_node_begin(fdt, "apb-pclk");
    fdt_prop_string(fdt, "compatible", "fixed-clock");
    fdt_prop_u32(fdt, "#clock-cells", 0);
    fdt_prop_u32(fdt, "clock-frequency", 24000000);
    fdt_prop_string(fdt, "clock-output-names", "clk24mhz");
    fdt_prop_phandle(fdt, phandle);
    fdt_node_end(fdt);
}

static void write_chosen(struct fdt *fdt, const struct machine *machine,
                         const struct boot_params *params, const struct seeds *seeds)
{
    fdt_node_begin(fdt, "chosen");
    fdt_prop_string(fdt, "stdout-path", "/pl011@9000000");
    if (params->bootargs)
        fdt_prop_string(fdt, "bootargs", params->bootargs);
    if (params->initrd_end > params->initrd_start) {
        fdt_prop_u64(fdt, "linux,initrd-start", params->initrd_start);
        fdt_prop_u64(fdt, "linux,initrd-end", params->initrd_end);
    }
    fdt_prop_bytes(fdt, "kaslr-seed", seeds->kaslr, sizeof(seeds->kaslr));
    fdt_prop_bytes(fdt, "rng-seed", seeds->rng, sizeof(seeds->rng));
    if (machine->framebuffer) { /* its binding wants it here, and these for its reg */
        fdt_prop_u32(fdt, "#address-cells", 2);
        fdt_prop_u32(fdt, "#size-cells", 2);
        fdt_prop_empty(fdt, "ranges");
        framebuffer_describe(machine->framebuffer, fdt);
    }
    fdt_node_end(fdt);
}

static void write_devices(struct fdt *fdt, const struct machine *machine, uint32_t gic,
                          uint32_t clock)
{
    for (size_t i = 0; i < machine->placed_count; i++) {
        const struct device *device = machine->placed[i].device;
        struct slot slot = machine->placed[i].slot;
        slot.gic = gic;
        slot.clock = clock;
        if (device->ops->describe)
            device->ops->describe(device, fdt, &slot);
    }
}

void *virt_fdt_build(const struct machine *machine, const struct boot_params *params, size_t *size,
                     struct err *err)
{
    struct seeds seeds;
    struct fdt *fdt;
    void *blob;

    if (!seeds_get(&seeds, err))
        return NULL;
    fdt = fdt_new();
    if (!fdt) {
        err_set(err, "the device tree cannot be made: the host is out of memory");
        return NULL;
    }
    uint32_t gic = fdt_phandle_new(fdt), clock = fdt_phandle_new(fdt);
    fdt_node_begin(fdt, "");
    fdt_prop_string(fdt, "compatible", "linux,dummy-virt");
    fdt_prop_string(fdt, "model", "linux,dummy-virt");
    fdt_prop_u32(fdt, "#address-cells", 2);
    fdt_prop_u32(fdt, "#size-cells", 2);
    fdt_prop_u32(fdt, "interrupt-parent", gic);
    fdt_node_begin(fdt, "aliases");
    fdt_prop_string(fdt, "serial0", "/pl011@9000000");
    fdt_node_end(fdt);
    write_psci(fdt);
    write_memory(fdt, machine);
    write_cpus(fdt, machine);
    write_timer(fdt, machine);
    if (!machine->config.cpu_properties.no_pmu)
        write_pmu(fdt, machine);
    write_clock(fdt, clock);
    write_devices(fdt, machine, gic, clock);
    write_chosen(fdt, machine, params, &seeds);
    fdt_node_end(fdt);
    blob = fdt_take(fdt, size, err);
    fdt_free(fdt);
    if (!blob)
        err_prefix(err, "the device tree of the board");
    return blob;
}

/* --- A user's tree --- */

/* Room for what patching adds besides the boot arguments: two nodes, a few properties. */
#define PATCH_ROOM 1024

/* One number of `cells` 32-bit cells, as #address-cells and #size-cells of the root ask; returns
 * the next byte. */
static uint8_t *put_cells(uint8_t *at, int cells, uint64_t value)
{
    for (int i = cells - 1; i >= 0; i--, value >>= 32) {
        fdt32_t cell = cpu_to_fdt32((uint32_t)value);
        memcpy(at + 4 * i, &cell, 4);
    }
    return at + 4 * cells;
}

/* Whether the root's cells can hold the memory's address and size. */
static bool check_cells(const void *dtb, const struct machine *machine, struct err *err)
{
    int address_cells = fdt_address_cells(dtb, 0), size_cells = fdt_size_cells(dtb, 0);

    if (address_cells < 1 || size_cells < 1)
        return err_set(err, "its root has bad #address-cells or #size-cells; allowed are 1 to %d",
                       FDT_MAX_NCELLS);
    if (size_cells == 1 && machine->config.ram_size > UINT32_MAX)
        return err_set(err,
                       "its root has #size-cells of 1, which cannot tell %" PRIu64
                       " MiB of memory; use 2, or less than 4 GiB",
                       machine->config.ram_size >> 20);
    return true;
}

/* Removes every memory node but the board's own, and makes that one tell the machine's memory. */
static int patch_memory(void *dtb, const struct machine *machine)
{
    static const char property[] = "memory"; /* device_type, with its NUL */
    uint8_t reg[2 * 4 * FDT_MAX_NCELLS];
    int address_cells = fdt_address_cells(dtb, 0), size_cells = fdt_size_cells(dtb, 0);
    int node, code;

    while ((node = fdt_node_offset_by_prop_value(dtb, -1, "device_type", property,
                                                 sizeof(property))) >= 0) {
        code = fdt_del_node(dtb, node);
        if (code)
            return code;
    }
    if (node != -FDT_ERR_NOTFOUND)
        return node;
    node = fdt_add_subnode(dtb, 0, "memory@40000000");
    if (node == -FDT_ERR_EXISTS) /* without a device_type */
        node = fdt_path_offset(dtb, "/memory@40000000");
    if (node < 0)
        return node;
    code = fdt_setprop(dtb, node, "device_type", property, sizeof(property));
    if (code)
        return code;
    uint8_t *end = put_cells(put_cells(reg, address_cells, VIRT_RAM_BASE), size_cells,
                             machine->config.ram_size);
    return fdt_setprop(dtb, node, "reg", reg, (int)(end - reg));
}

static int patch_chosen(void *dtb, const struct boot_params *params, const struct seeds *seeds)
{
    int node = fdt_path_offset(dtb, "/chosen");
    int code = 0;

    if (node == -FDT_ERR_NOTFOUND)
        node = fdt_add_subnode(dtb, 0, "chosen");
    if (node < 0)
        return node;
    if (params->bootargs)
        code = fdt_setprop_string(dtb, node, "bootargs", params->bootargs);
    if (!code && params->initrd_end > params->initrd_start) {
        code = fdt_setprop_u64(dtb, node, "linux,initrd-start", params->initrd_start);
        if (!code)
            code = fdt_setprop_u64(dtb, node, "linux,initrd-end", params->initrd_end);
    }
    if (!code)
        code = fdt_setprop(dtb, node, "kaslr-seed", seeds->kaslr, sizeof(seeds->kaslr));
    if (!code)
        code = fdt_setprop(dtb, node, "rng-seed", seeds->rng, sizeof(seeds->rng));
    return code;
}

void *virt_fdt_patch(const struct machine *machine, const struct boot_params *params,
                     const void *dtb, size_t dtb_size, size_t *size, struct err *err)
{
    size_t room = dtb_size + PATCH_ROOM + (params->bootargs ? strlen(params->bootargs) : 0);
    struct seeds seeds;
    void *blob;
    int code;

    if (dtb_size < sizeof(struct fdt_header) || room > INT32_MAX ||
        (code = fdt_check_full(dtb, dtb_size))) {
        err_set(err, "it is not a device tree blob of version 17 (as dtc writes it)");
        return NULL;
    }
    if (!check_cells(dtb, machine, err) || !seeds_get(&seeds, err))
        return NULL;
    blob = malloc(room);
    if (!blob) {
        err_set(err, "the device tree cannot be copied: the host is out of memory");
        return NULL;
    }
    code = fdt_open_into(dtb, blob, (int)room);
    if (!code)
        code = patch_memory(blob, machine);
    if (!code)
        code = patch_chosen(blob, params, &seeds);
    if (!code)
        code = fdt_pack(blob);
    if (code) {
        err_set(err, "it cannot be fitted to the machine: %s", fdt_strerror(code));
        free(blob);
        return NULL;
    }
    *size = fdt_totalsize(blob);
    return blob;
}
