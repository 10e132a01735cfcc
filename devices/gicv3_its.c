/* The Interrupt Translation Service of a GICv3: IHI 0069H, 5.2 to 5.5, 12.18 and 12.19. A message
 * is a DeviceID and an EventID; the device table leads to the device's interrupt translation table,
 * which tells the LPI and its collection, and the collection table tells the CPU. All tables and
 * the queue of commands that fill them are in guest memory, in entries of our own format. Commands
 * are executed as soon as GITS_CWRITER says that they are there. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/bits.h"
#include "devices/fdt.h"
#include "devices/gicv3_internal.h"
#include "mmu/bus.h"

enum reg {
    GITS_CTLR = 0x0000,
    GITS_IIDR = 0x0004,
    GITS_TYPER = 0x0008,
    GITS_STATUSR = 0x0040,
    GITS_CBASER = 0x0080,
    GITS_CWRITER = 0x0088,
    GITS_CREADR = 0x0090,
    GITS_BASER = 0x0100,
    GITS_BASER_END = 0x0140,
    GITS_TRANSLATER = 0x10040, /* in the second frame */
    GITS_SIZE = 2 * GICV3_FRAME_SIZE,
    GITS_PIDR0 = 0x94,
};

enum {
    CTLR_ENABLED = 1 << 0,
    CTLR_QUIESCENT = 1u << 31,
    CREADR_STALLED = 1 << 0,
    ENTRY_SIZE = 8, /* bytes, of each kind of table */
    COMMAND_WORDS = 4,
    COMMAND_SIZE = 8 * COMMAND_WORDS,
};

#define TYPER                                                                                      \
    (1 /* Physical */ | (ENTRY_SIZE - 1) << 4 /* ITT_entry_size */ |                               \
     (GICV3_ID_BITS - 1) << 8 /* ID_bits */ | (GICV3_ID_BITS - 1) << 13 /* Devbits */ |            \
     (GICV3_ID_BITS - 1ull) << 32 /* CIDbits */ | 1ull << 36 /* CIL: that they count */)

#define VALID          (1ull << 63) /* in registers, commands and entries alike */
#define CBASER_MASK    0xb8effffffffffcffull
#define CBASER_ADDRESS 0x000ffffffffff000ull
#define OFFSET_MASK    0xfffe0u /* of GITS_CWRITER and GITS_CREADR */

/* GITS_BASER<n>, of which the first two are there. */
#define BASER_WRITABLE    (VALID | BASER_INDIRECT | 0x38e0ffffffffffffull)
#define BASER_INDIRECT    (1ull << 62)
#define BASER_FIXED(type) ((uint64_t)(type) << 56 | (ENTRY_SIZE - 1ull) << 48)
#define BASER_64K         (2ull << 8) /* Page_Size */

enum table {
    DEVICES,
    COLLECTIONS,
    TABLES,
};
static const uint64_t baser_fixed[TABLES] = {
    [DEVICES] = BASER_FIXED(1), [COLLECTIONS] = BASER_FIXED(4)};

/* Entries of tables: VALID and
 *   device       the address of its ITT in place, <4:0> the number of bits of its EventIDs less one
 *   collection   <15:0> the number of the CPU
 *   translation  <31:0> INTID, <47:32> collection */
#define ITT_ADDRESS 0x000fffffffffff00ull

struct its {
    struct device device;
    struct gicv3 *gic;
    bool enabled;
    uint64_t cbaser, cwriter, creadr, baser[TABLES];
};

/* A message translated. */
struct translation {
    uint64_t place; /* of its entry */
    uint32_t intid;
    unsigned collection;
    struct gicv3_redistributor *cpu;
};

/* --- Tables ------------------------------------------------------------------------------ */

static bool load(const struct its *its, uint64_t address, uint64_t *entry)
{
    const uint64_t *host = gicv3_ram(its->gic->bus, address, ENTRY_SIZE);

    if (host)
        *entry = *host;
    return host;
}

static bool store(const struct its *its, uint64_t address, uint64_t entry)
{
    uint64_t *host = gicv3_ram(its->gic->bus, address, ENTRY_SIZE);

    if (!host)
        return false;
    *host = entry;
    bus_written(its->gic->bus, address, ENTRY_SIZE);
    return true;
}

/* With pages of 64K, bits <15:12> are bits <51:48> of the address. */
static uint64_t table_address(uint64_t baser)
{
    uint64_t address = baser & 0x0000fffffffff000ull;

    if (!(baser & BASER_64K))
        return address;
    return bits_put(address, 12, 4, 0) | bits_get(baser, 12, 4) << 48;
}

/* Where the entry is, in a table or in the page that an entry of an indirect one leads to. */
static bool find_entry(const struct its *its, enum table table, uint32_t index, uint64_t *place)
{
    static const uint32_t page_sizes[] = {4096, 16384, 65536, 65536};
    uint64_t baser = its->baser[table], first;
    uint32_t page = page_sizes[bits_get(baser, 8, 2)], in_page = page / ENTRY_SIZE;
    uint32_t entries = (uint32_t)(bits_get(baser, 0, 8) + 1) * in_page;

    if (!(baser & VALID) || index >= GICV3_IDS)
        return false;
    if (!(baser & BASER_INDIRECT)) {
        *place = table_address(baser) + (uint64_t)index * ENTRY_SIZE;
        return index < entries;
    }
    if (index / in_page >= entries ||
        !load(its, table_address(baser) + (uint64_t)(index / in_page) * ENTRY_SIZE, &first) ||
        !(first & VALID))
        return false;
    *place = (first & CBASER_ADDRESS & ~(uint64_t)(page - 1)) + index % in_page * ENTRY_SIZE;
    return true;
}

/* These return what is wrong, or NULL. */

static const char *find_cpu(const struct its *its, unsigned collection,
                            struct gicv3_redistributor **cpu)
{
    uint64_t place, entry;

    if (!find_entry(its, COLLECTIONS, collection, &place) || !load(its, place, &entry))
        return "the collection table does not reach so far";
    if (!(entry & VALID) || (entry & 0xffff) >= its->gic->cpu_count)
        return "the collection is not mapped";
    *cpu = &its->gic->cpu[entry & 0xffff];
    return NULL;
}

static const char *find_event(const struct its *its, uint32_t device, uint32_t event,
                              uint64_t *place)
{
    uint64_t entry;

    if (!find_entry(its, DEVICES, device, place) || !load(its, *place, &entry))
        return "the device table does not reach so far";
    if (!(entry & VALID))
        return "the device is not mapped";
    if ((uint64_t)event >> (bits_get(entry, 0, 5) + 1))
        return "the device does not have such an event";
    *place = (entry & ITT_ADDRESS) + (uint64_t)event * ENTRY_SIZE;
    return NULL;
}

static const char *translate(const struct its *its, uint32_t device, uint32_t event,
                             struct translation *to)
{
    const char *wrong = find_event(its, device, event, &to->place);
    uint64_t entry;

    if (wrong)
        return wrong;
    if (!load(its, to->place, &entry))
        return "the translation table is not in RAM";
    if (!(entry & VALID))
        return "the event is not mapped";
    to->intid = (uint32_t)entry;
    to->collection = (unsigned)bits_get(entry, 32, 16);
    return find_cpu(its, to->collection, &to->cpu);
}

/* --- Commands, 5.3: of four words; each returns what is wrong, or NULL ------------------- */

static uint32_t device_of(const uint64_t *command)
{
    return (uint32_t)(command[0] >> 32);
}

static uint32_t event_of(const uint64_t *command)
{
    return (uint32_t)command[1];
}

/* GITS_TYPER.PTA is 0: CPUs are told by GICR_TYPER.Processor_Number. */
static const char *find_number(const struct its *its, uint64_t word,
                               struct gicv3_redistributor **cpu)
{
    uint64_t number = bits_get(word, 16, 35);

    if (number >= its->gic->cpu_count)
        return "there is no such redistributor";
    *cpu = &its->gic->cpu[number];
    return NULL;
}

static const char *do_mapd(struct its *its, const uint64_t *command)
{
    uint64_t place, size = command[1] & 0x1f;

    if (size >= GICV3_ID_BITS)
        return "its EventIDs have more than 16 bits";
    if (!find_entry(its, DEVICES, device_of(command), &place) ||
        !store(its, place, command[2] & VALID ? VALID | (command[2] & ITT_ADDRESS) | size : 0))
        return "the device table does not reach so far";
    return NULL;
}

static const char *do_mapc(struct its *its, const uint64_t *command)
{
    struct gicv3_redistributor *cpu = &its->gic->cpu[0];
    bool valid = command[2] & VALID;
    const char *wrong = valid ? find_number(its, command[2], &cpu) : NULL;
    uint64_t place;

    if (wrong)
        return wrong;
    if (!find_entry(its, COLLECTIONS, command[2] & 0xffff, &place) ||
        !store(its, place, valid ? VALID | cpu->number : 0))
        return "the collection table does not reach so far";
    return NULL;
}

static const char *map_event(struct its *its, const uint64_t *command, uint32_t intid)
{
    uint64_t place;
    const char *wrong = find_event(its, device_of(command), event_of(command), &place);

    if (wrong)
        return wrong;
    if (intid < GIC_LPI_BASE || intid >= GICV3_IDS)
        return "the INTID is not an LPI's";
    return store(its, place, VALID | (command[2] & 0xffff) << 32 | intid)
               ? NULL
               : "the translation table is not in RAM";
}

static const char *do_mapti(struct its *its, const uint64_t *command)
{
    return map_event(its, command, (uint32_t)(command[1] >> 32));
}

static const char *do_mapi(struct its *its, const uint64_t *command)
{
    return map_event(its, command, event_of(command));
}

static const char *do_movi(struct its *its, const uint64_t *command)
{
    struct gicv3_redistributor *cpu;
    struct translation at;
    const char *wrong = translate(its, device_of(command), event_of(command), &at);

    if (!wrong)
        wrong = find_cpu(its, command[2] & 0xffff, &cpu);
    if (wrong)
        return wrong;
    if (!store(its, at.place, VALID | (command[2] & 0xffff) << 32 | at.intid))
        return "the translation table is not in RAM";
    gicv3_lpi_move(at.cpu, cpu, at.intid, 1);
    return NULL;
}

static const char *do_movall(struct its *its, const uint64_t *command)
{
    struct gicv3_redistributor *from, *to;
    const char *wrong = find_number(its, command[2], &from);

    if (!wrong)
        wrong = find_number(its, command[3], &to);
    if (!wrong)
        gicv3_lpi_move(from, to, GIC_LPI_BASE, GICV3_LPIS);
    return wrong;
}

static const char *send(struct its *its, uint32_t device, uint32_t event, bool pending)
{
    struct translation at;
    const char *wrong = translate(its, device, event, &at);

    if (!wrong)
        gicv3_lpi_set(at.cpu, at.intid, pending);
    return wrong;
}

static const char *do_int(struct its *its, const uint64_t *command)
{
    return send(its, device_of(command), event_of(command), true);
}

static const char *do_clear(struct its *its, const uint64_t *command)
{
    return send(its, device_of(command), event_of(command), false);
}

static const char *do_discard(struct its *its, const uint64_t *command)
{
    struct translation at;
    const char *wrong = translate(its, device_of(command), event_of(command), &at);

    if (wrong)
        return wrong;
    gicv3_lpi_set(at.cpu, at.intid, false);
    return store(its, at.place, 0) ? NULL : "the translation table is not in RAM";
}

/* The configuration table has changed: it is read afresh. */
static const char *do_inv(struct its *its, const uint64_t *command)
{
    struct translation at;
    const char *wrong = translate(its, device_of(command), event_of(command), &at);

    if (!wrong)
        gic_changed(&at.cpu->interface);
    return wrong;
}

static const char *do_invall(struct its *its, const uint64_t *command)
{
    struct gicv3_redistributor *cpu;
    const char *wrong = find_cpu(its, command[2] & 0xffff, &cpu);

    if (!wrong)
        gic_changed(&cpu->interface);
    return wrong;
}

/* What came before has had its effect. */
static const char *do_sync(struct its *its, const uint64_t *command)
{
    (void)its;
    (void)command;
    return NULL;
}

static const struct command {
    uint8_t code;
    const char *name;
    const char *(*run)(struct its *its, const uint64_t *command);
} commands[] = {
    {0x01, "MOVI", do_movi},     {0x03, "INT", do_int},       {0x04, "CLEAR", do_clear},
    {0x05, "SYNC", do_sync},     {0x08, "MAPD", do_mapd},     {0x09, "MAPC", do_mapc},
    {0x0a, "MAPTI", do_mapti},   {0x0b, "MAPI", do_mapi},     {0x0c, "INV", do_inv},
    {0x0d, "INVALL", do_invall}, {0x0e, "MOVALL", do_movall}, {0x0f, "DISCARD", do_discard},
};

/* A command that makes no sense is passed over, as if GITS_TYPER.SEIS were the only way to tell. */
static void execute(struct its *its, const uint64_t *words)
{
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        const char *wrong;

        if ((words[0] & 0xff) != commands[i].code)
            continue;
        wrong = commands[i].run(its, words);
        if (wrong)
            device_guest_error(&its->device,
                               "%s 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64
                               " ignored: %s",
                               commands[i].name, words[0], words[1], words[2], words[3], wrong);
        return;
    }
    device_guest_error(&its->device, "command 0x%02x ignored: there is none of this number",
                       (unsigned)words[0] & 0xff);
}

static void run_queue(struct its *its)
{
    uint64_t size = (bits_get(its->cbaser, 0, 8) + 1) * 4096, words[COMMAND_WORDS];

    if (!its->enabled || !(its->cbaser & VALID) || its->cwriter == its->creadr)
        return;
    if (its->cwriter >= size || its->creadr >= size) {
        device_guest_error(&its->device,
                           "GITS_CWRITER is 0x%" PRIx64 ", in a queue of 0x%" PRIx64 " bytes",
                           its->cwriter, size);
        return;
    }
    while (its->creadr != its->cwriter) {
        if (!bus_read_ram(its->gic->bus, (its->cbaser & CBASER_ADDRESS) + its->creadr, words,
                          COMMAND_SIZE)) {
            device_guest_error(&its->device, "the command queue is not in RAM; it stalls");
            its->creadr |= CREADR_STALLED;
            return;
        }
        execute(its, words);
        its->creadr = (its->creadr + COMMAND_SIZE) % size;
    }
}

/* --- Messages ---------------------------------------------------------------------------- */

static void receive(struct its *its, uint32_t device, uint32_t event)
{
    const char *wrong = its->enabled ? send(its, device, event, true) : "the ITS is off";

    if (wrong)
        device_guest_error(&its->device, "event %u of device 0x%x ignored: %s", event, device,
                           wrong);
}

void gicv3_its_send(struct device *device, uint32_t device_id, uint32_t event)
{
    pthread_mutex_lock(&device->lock);
    receive((struct its *)device, device_id, event);
    pthread_mutex_unlock(&device->lock);
}

/* --- Registers --------------------------------------------------------------------------- */

static bool is_wide(uint64_t offset)
{
    return offset == GITS_TYPER || (offset >= GITS_CBASER && offset < GITS_CREADR + 8) ||
           (offset >= GITS_BASER && offset < GITS_BASER_END);
}

/* A register of 64 bits. */
static uint64_t read_wide(const struct its *its, uint64_t offset)
{
    uint64_t table = (offset - GITS_BASER) / 8;

    switch (offset) {
    case GITS_TYPER:
        return TYPER;
    case GITS_CBASER:
        return its->cbaser;
    case GITS_CWRITER:
        return its->cwriter;
    case GITS_CREADR:
        return its->creadr;
    default:
        return offset >= GITS_BASER && table < TABLES ? its->baser[table] : 0;
    }
}

/* UNPREDICTABLE: addresses that change while the ITS is enabled; ignored. A new queue begins at its
 * start. A new GITS_CWRITER is also what ends a stall. */
static void write_wide(struct its *its, uint64_t offset, uint64_t value)
{
    uint64_t table = (offset - GITS_BASER) / 8;

    if (offset == GITS_CWRITER) {
        its->cwriter = value & OFFSET_MASK;
        its->creadr &= OFFSET_MASK;
        run_queue(its);
    } else if (offset == GITS_TYPER || offset == GITS_CREADR) {
        device_guest_error(&its->device, "write of 0x%" PRIx64 " to read-only offset 0x%x", value,
                           (unsigned)offset);
    } else if (its->enabled) {
        device_guest_error(&its->device,
                           "write of 0x%" PRIx64 " to offset 0x%x ignored: the ITS is enabled",
                           value, (unsigned)offset);
    } else if (offset == GITS_CBASER) {
        its->cbaser = value & CBASER_MASK;
        its->creadr = 0;
    } else if (table < TABLES) {
        its->baser[table] = (value & BASER_WRITABLE) | baser_fixed[table];
    }
}

static uint64_t its_read(struct device *device, uint64_t offset, unsigned width)
{
    struct its *its = (struct its *)device;

    if (!gicv3_check_width(device, "GITS", offset, width, is_wide(offset) ? 8 : 4))
        return 0;
    if (is_wide(offset & ~4ull))
        return read_wide(its, offset & ~7ull) >> 8 * (offset & 4) & bits_ones(8 * width);
    if (offset >= GICV3_ID && offset < GICV3_FRAME_SIZE)
        return gicv3_read_id(offset, GITS_PIDR0);
    switch (offset) {
    case GITS_CTLR: /* quiescent whenever nobody writes to it */
        return CTLR_QUIESCENT | (its->enabled ? CTLR_ENABLED : 0);
    case GITS_IIDR:
        return GICV3_IIDR;
    case GITS_STATUSR: /* not implemented: RAZ/WI */
        return 0;
    default:
        device_guest_error(device, "read of write-only or reserved offset 0x%x", (unsigned)offset);
        return 0;
    }
}

static void its_write(struct device *device, uint64_t offset, unsigned width, uint64_t value)
{
    struct its *its = (struct its *)device;

    if (offset == GITS_TRANSLATER && width == 2) {
        receive(its, 0, (uint32_t)value);
        return;
    }
    if (!gicv3_check_width(device, "GITS", offset, width, is_wide(offset) ? 8 : 4))
        return;
    if (is_wide(offset & ~4ull)) {
        uint64_t old = read_wide(its, offset & ~7ull);

        write_wide(its, offset & ~7ull,
                   bits_put(old, 8 * (unsigned)(offset & 4), 8 * width, value));
        return;
    }
    switch (offset) {
    case GITS_CTLR:
        its->enabled = value & CTLR_ENABLED;
        run_queue(its);
        break;
    case GITS_STATUSR:
        break;
    case GITS_TRANSLATER: /* a CPU is no device, and has the number of none on the PCI bus */
        receive(its, 0, (uint32_t)value);
        break;
    default:
        device_guest_error(device, "write of 0x%x to read-only or reserved offset 0x%x",
                           (uint32_t)value, (unsigned)offset);
    }
}

/* --- The device -------------------------------------------------------------------------- */

static void its_reset(struct device *device)
{
    struct its *its = (struct its *)device;

    its->enabled = false;
    its->cbaser = its->cwriter = its->creadr = 0;
    for (unsigned i = 0; i < TABLES; i++)
        its->baser[i] = baser_fixed[i] | BASER_64K;
}

void gicv3_its_describe(struct fdt *fdt, uint64_t base)
{
    fdt_node_begin_at(fdt, "its", base);
    fdt_prop_string(fdt, "compatible", "arm,gic-v3-its");
    fdt_prop_empty(fdt, "msi-controller");
    fdt_prop_u32(fdt, "#msi-cells", 1);
    fdt_prop_reg(fdt, base, GITS_SIZE);
    fdt_prop_phandle(fdt, fdt_phandle_new(fdt));
    fdt_node_end(fdt);
}

static void its_destroy(struct device *device)
{
    device_fini(device);
    free(device);
}

static const struct device_ops its_ops = {
    .name = "gicv3-its",
    .size = GITS_SIZE,
    .width_min = 1,
    .width_max = 8,
    .read = its_read,
    .write = its_write,
    .reset = its_reset,
    .destroy = its_destroy,
};

struct device *gicv3_its_new(struct log *log, struct device *gic)
{
    struct its *its = calloc(1, sizeof(*its));

    if (!its)
        return NULL;
    device_init(&its->device, &its_ops, log);
    its->gic = gicv3_of(gic);
    device_reset(&its->device);
    return &its->device;
}
