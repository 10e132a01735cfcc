/* The loader as the virt board calls it: see loader.h. */
#include "base/log.h"
#include "devices/virt.h"
#include "loader/loader.h"
#include "loader/symbols.h"

static void *machine_fdt(void *machine, const struct boot_params *params, const void *dtb,
                         size_t user_size, size_t *size, struct err *err)
{
    if (dtb)
        return virt_fdt_patch(machine, params, dtb, user_size, size, err);
    return virt_fdt_build(machine, params, size, err);
}

bool loader_machine_load(void *opaque, struct machine *machine, struct err *err)
{
    struct loader_machine *loader = opaque;
    struct loader_config *config = &loader->config;
    struct bus *bus = machine_bus(machine);
    bool ok;

    config->ram_base = VIRT_RAM_BASE;
    config->ram_size = machine_ram_size(machine);
    config->fdt = machine_fdt;
    config->fdt_opaque = machine;
    /* The old symbols go away: nobody may look them up meanwhile. */
    if (config->log)
        log_set_symbols(config->log, NULL, NULL);
    ok = loader->used ? loader_reload(bus, config, &loader->result, err)
                      : loader_load(bus, config, &loader->result, err);
    loader->used = true;
    if (!ok)
        return false;
    loader_start(&loader->result, machine_cpu(machine));
    if (config->log)
        log_set_symbols(config->log, symbols_lookup, loader->result.symbols);
    return true;
}
