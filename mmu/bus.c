/* Guest physical memory and the dispatch of accesses to devices: see bus.h.
 *
 * The map is one array sorted by address, fixed once the machine runs, so that any thread may look
 * things up without a lock. What changes while the guest runs are the page flags and the dirty
 * epochs (atomics), and the devices (each under its own lock). */
#include "mmu/bus.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "mmu/ram.h"

/* One window: a RAM block, or a device behind the operations that decode it. */
struct region {
    uint64_t base, size;
    const char *name;
    struct ram_block *ram; /* NULL: a device */
    const struct device_ops *ops;
    struct device *device;
};

#define RAM_BLOCKS 8
#define GUESSES    32 /* a power of two */

struct bus {
    struct log *log;
    /* The RAM blocks, largest first: few, and asked for on every page walk, mostly for the first.
     */
    struct ram_block *ram[RAM_BLOCKS];
    size_t ram_count;
    struct region *regions; /* sorted by base, none overlapping */
    size_t region_count;
    _Atomic uint16_t guess[GUESSES]; /* where region_at() found something last, by address */
    struct device **devices;         /* owned, in the order they were added */
    size_t device_count;
    _Atomic(struct bus_watcher *) watchers;
    _Atomic uint64_t ticket; /* the last one asked of the watchers */
};

struct bus *bus_new(struct log *log)
{
    struct bus *bus = calloc(1, sizeof(*bus));

    if (bus)
        bus->log = log;
    return bus;
}

static uint64_t flags_size(uint64_t ram_size)
{
    return align_up(ram_size >> PAGE_SHIFT, PAGE_SIZE);
}

static void free_ram(struct ram_block *ram)
{
    munmap(ram->host, ram->size);
    munmap((void *)ram->page_flags, flags_size(ram->size));
    if (ram->tags)
        munmap(ram->tags, ram->size / TAG_GRANULE);
    free(ram);
}

void bus_remove_devices(struct bus *bus)
{
    size_t kept = 0;

    for (size_t i = bus->device_count; i-- > 0;)
        bus->devices[i]->ops->destroy(bus->devices[i]);
    bus->device_count = 0;
    for (size_t i = 0; i < bus->region_count; i++)
        if (bus->regions[i].ram)
            bus->regions[kept++] = bus->regions[i];
    bus->region_count = kept;
}

void bus_free(struct bus *bus)
{
    if (!bus)
        return;
    bus_remove_devices(bus);
    for (size_t i = 0; i < bus->ram_count; i++)
        free_ram(bus->ram[i]);
    free(bus->devices);
    free(bus->regions);
    free(bus);
}

/* --- The map --- */

/* The index of the first region that ends above `address`: the one that holds it, or the next one
 * up. */
static size_t region_index(const struct bus *bus, uint64_t address)
{
    size_t low = 0, high = bus->region_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct region *region = &bus->regions[middle];
        if (address - region->base < region->size || address < region->base)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static const struct region *region_at(struct bus *bus, uint64_t address)
{
    _Atomic uint16_t *guess = &bus->guess[(address >> 16 ^ address >> 9) % GUESSES];
    size_t i = atomic_load_explicit(guess, memory_order_relaxed);

    if (i < bus->region_count && address - bus->regions[i].base < bus->regions[i].size)
        return &bus->regions[i];
    i = region_index(bus, address);
    if (i == bus->region_count || address < bus->regions[i].base)
        return NULL;
    atomic_store_explicit(guess, (uint16_t)i, memory_order_relaxed);
    return &bus->regions[i];
}

static bool region_add(struct bus *bus, const struct region *region, struct err *err)
{
    uint64_t last = region->base + region->size - 1;
    size_t i = region_index(bus, region->base);
    struct region *regions;

    if (region->size == 0 || last < region->base)
        return err_set(err,
                       "%s cannot be mapped at 0x%" PRIx64 " with size 0x%" PRIx64
                       ": the size must be above 0 and the end within 64 address bits",
                       region->name, region->base, region->size);
    if (i < bus->region_count && bus->regions[i].base <= last)
        return err_set(err,
                       "%s cannot be mapped at 0x%" PRIx64 "-0x%" PRIx64
                       ": it overlaps %s at 0x%" PRIx64 "-0x%" PRIx64,
                       region->name, region->base, last, bus->regions[i].name, bus->regions[i].base,
                       bus->regions[i].base + bus->regions[i].size - 1);
    regions = realloc(bus->regions, (bus->region_count + 1) * sizeof(*regions));
    if (!regions)
        return err_set(err, "%s cannot be mapped: the host is out of memory", region->name);
    bus->regions = regions;
    memmove(&regions[i + 1], &regions[i], (bus->region_count - i) * sizeof(*regions));
    regions[i] = *region;
    bus->region_count++;
    return true;
}

/* Address space that costs nothing until it is touched; MAP_NORESERVE lets it exceed the host's
 * memory. */
static void *reserve(uint64_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static bool no_reserve(struct err *err, const char *name, uint64_t size)
{
    return err_set(err,
                   "%s: the host cannot reserve %" PRIu64
                   " KiB of address space (%s); ask for less "
                   "memory or raise the limit (ulimit -v)",
                   name, size >> 10, strerror(errno));
}

/* Host memory for a block whose numbers are right. */
static struct ram_block *new_ram(const char *name, uint64_t base, uint64_t size, enum ram_kind kind,
                                 struct err *err)
{
    struct ram_block *ram = calloc(1, sizeof(*ram));

    if (!ram) {
        err_set(err, "%s cannot be mapped: the host is out of memory", name);
        return NULL;
    }
    *ram = (struct ram_block){.name = name, .base = base, .size = size, .kind = kind};
    ram->host = reserve(size);
    ram->page_flags = ram->host ? reserve(flags_size(size)) : NULL;
    if (ram->page_flags)
        return ram;
    no_reserve(err, name, size);
    if (ram->host)
        munmap(ram->host, size);
    free(ram);
    return NULL;
}

struct ram_block *bus_add_ram(struct bus *bus, const char *name, uint64_t base, uint64_t size,
                              enum ram_kind kind, struct err *err)
{
    struct ram_block *ram;
    size_t i;

    if (!is_aligned(base | size, PAGE_SIZE) || size == 0) {
        err_set(err,
                "%s cannot be mapped at 0x%" PRIx64 " with size 0x%" PRIx64
                ": both must be multiples of 4 KiB, and the size above 0",
                name, base, size);
        return NULL;
    }
    if (bus->ram_count == RAM_BLOCKS) {
        err_set(err, "%s cannot be mapped: a machine has at most %d blocks of RAM", name,
                RAM_BLOCKS);
        return NULL;
    }
    ram = new_ram(name, base, size, kind, err);
    if (!ram)
        return NULL;
    struct region region = {.base = base, .size = size, .name = name, .ram = ram};
    if (!region_add(bus, &region, err)) {
        free_ram(ram);
        return NULL;
    }
    for (i = bus->ram_count++; i > 0 && bus->ram[i - 1]->size < size; i--)
        bus->ram[i] = bus->ram[i - 1];
    bus->ram[i] = ram;
    return ram;
}

bool bus_add_tags(struct ram_block *ram, struct err *err)
{
    ram->tags = reserve(ram->size / TAG_GRANULE);
    return ram->tags || no_reserve(err, "Allocation Tags", ram->size / TAG_GRANULE);
}

static bool window_add(struct bus *bus, uint64_t base, const struct device_ops *ops,
                       struct device *device, struct err *err)
{
    struct region region = {
        .base = base, .size = ops->size, .name = ops->name, .ops = ops, .device = device};

    assert(ops->width_min >= 1 && ops->width_min <= ops->width_max && ops->width_max <= 8);
    return region_add(bus, &region, err);
}

bool bus_add_device(struct bus *bus, uint64_t base, struct device *device, struct err *err)
{
    struct device **devices =
        realloc(bus->devices, (bus->device_count + 1) * sizeof(struct device *));

    if (!devices) {
        err_set(err, "%s cannot be mapped: the host is out of memory", device->ops->name);
        device->ops->destroy(device);
        return false;
    }
    bus->devices = devices;
    if (!window_add(bus, base, device->ops, device, err)) {
        device->ops->destroy(device);
        return false;
    }
    devices[bus->device_count++] = device;
    return true;
}

bool bus_add_window(struct bus *bus, uint64_t base, const struct device_ops *ops,
                    struct device *device, struct err *err)
{
    return window_add(bus, base, ops, device, err);
}

void bus_reset(struct bus *bus)
{
    for (size_t i = 0; i < bus->device_count; i++)
        device_reset(bus->devices[i]);
}

void bus_visit(const struct bus *bus,
               void (*visit)(void *opaque, const char *name, uint64_t base, uint64_t size),
               void *opaque)
{
    for (size_t i = 0; i < bus->region_count; i++)
        visit(opaque, bus->regions[i].name, bus->regions[i].base, bus->regions[i].size);
}

/* --- RAM from outside a CPU --- */

struct ram_block *bus_ram(const struct bus *bus, uint64_t address)
{
    for (size_t i = 0; i < bus->ram_count; i++)
        if (address - bus->ram[i]->base < bus->ram[i]->size)
            return bus->ram[i];
    return NULL;
}

void *bus_ram_pointer(const struct bus *bus, uint64_t address, uint64_t size)
{
    const struct ram_block *ram = bus_ram(bus, address);

    if (!ram || size > ram->size - (address - ram->base))
        return NULL;
    return ram->host + (address - ram->base);
}

static void tell_code_written(struct bus *bus, uint64_t address, uint64_t size)
{
    struct bus_watcher *watcher = atomic_load_explicit(&bus->watchers, memory_order_acquire);

    for (; watcher; watcher = watcher->next)
        if (watcher->code_written)
            watcher->code_written(watcher->opaque, address, size);
}

static uint8_t dirty_bit(unsigned epoch)
{
    return epoch & 1 ? PAGE_DIRTY1 : PAGE_DIRTY0;
}

/* The part of [address, address+size) that is in `ram`, page by page. */
static void block_written(struct bus *bus, struct ram_block *ram, uint64_t address, uint64_t size)
{
    while (size) {
        uint64_t part = PAGE_SIZE - (address & (PAGE_SIZE - 1));
        _Atomic uint8_t *flags = &ram->page_flags[(address - ram->base) >> PAGE_SHIFT];
        if (part > size)
            part = size;
        if (ram->kind == RAM_VIDEO)
            atomic_fetch_or(flags, dirty_bit(atomic_load(&ram->epoch)));
        if (atomic_load(flags) & PAGE_CODE)
            tell_code_written(bus, address, part);
        address += part;
        size -= part;
    }
}

void bus_written(struct bus *bus, uint64_t address, uint64_t size)
{
    for (size_t i = region_index(bus, address); size && i < bus->region_count; i++) {
        const struct region *region = &bus->regions[i];
        if (region->base > address) {
            uint64_t gap = region->base - address;
            if (gap >= size)
                return;
            address += gap;
            size -= gap;
        }
        uint64_t part = region->size - (address - region->base);
        if (part > size)
            part = size;
        if (region->ram)
            block_written(bus, region->ram, address, part);
        address += part;
        size -= part;
    }
}

/* Walks [address, address+size) block by block; copies when data is given, in or out. False: not
 * all RAM. */
static bool copy_ram(const struct bus *bus, uint64_t address, const uint8_t *in, uint8_t *out,
                     uint64_t size)
{
    while (size) {
        const struct ram_block *ram = bus_ram(bus, address);
        if (!ram)
            return false;
        uint64_t part = ram->size - (address - ram->base);
        if (part > size)
            part = size;
        if (in) {
            memcpy(ram->host + (address - ram->base), in, part);
            in += part;
        }
        if (out) {
            memcpy(out, ram->host + (address - ram->base), part);
            out += part;
        }
        address += part;
        size -= part;
    }
    return true;
}

bool bus_write_ram(struct bus *bus, uint64_t address, const void *data, uint64_t size)
{
    if (!copy_ram(bus, address, NULL, NULL, size)) /* all or nothing */
        return false;
    if (!copy_ram(bus, address, data, NULL, size))
        return false;
    bus_written(bus, address, size);
    return true;
}

bool bus_read_ram(const struct bus *bus, uint64_t address, void *data, uint64_t size)
{
    return copy_ram(bus, address, NULL, NULL, size) && copy_ram(bus, address, NULL, data, size);
}

/* --- MMIO --- */

static bool no_device(const struct bus *bus, const char *what, uint64_t address, unsigned width)
{
    log_line(bus->log, LOG_GUEST_ERRORS,
             "bus: %s of %u bytes at 0x%" PRIx64 ": nothing answers there", what, width, address);
    return false;
}

static bool too_narrow(const struct bus *bus, const char *what, const struct region *region,
                       uint64_t address, unsigned width)
{
    log_line(bus->log, LOG_GUEST_ERRORS,
             "%s: %s of %u bytes at offset 0x%" PRIx64
             " refused: it takes aligned accesses of %u to "
             "%u bytes",
             region->name, what, width, address - region->base, region->ops->width_min,
             region->ops->width_max);
    return false;
}

/* An access goes to the device whole when it is aligned, inside the window and no wider than the
 * device takes; otherwise it becomes two of half the width, low address first. Halving ends at
 * single bytes, so that every access either reaches a device or is refused for being narrower than
 * it takes. */
static bool must_split(const struct region *region, uint64_t offset, unsigned width)
{
    return width > 1 && (!is_aligned(offset, width) || width > region->ops->width_max ||
                         width > region->size - offset);
}

bool bus_mmio_read(struct bus *bus, unsigned requester, uint64_t address, unsigned width,
                   uint64_t *value)
{
    const struct region *region = region_at(bus, address);

    if (!region)
        return no_device(bus, "read", address, width);
    uint64_t offset = address - region->base;
    if (region->ram) { /* only an access that begins in RAM and ends in a device gets here */
        if (width <= region->size - offset) {
            *value = ram_read(region->ram->host + offset, width);
            return true;
        }
    } else if (!must_split(region, offset, width)) {
        if (width < region->ops->width_min)
            return too_narrow(bus, "read", region, address, width);
        pthread_mutex_lock(&region->device->lock);
        region->device->requester = requester;
        *value = region->ops->read(region->device, offset, width) & bits_ones(width * 8);
        pthread_mutex_unlock(&region->device->lock);
        return true;
    }
    uint64_t low, high;
    width /= 2;
    if (!bus_mmio_read(bus, requester, address, width, &low) ||
        !bus_mmio_read(bus, requester, address + width, width, &high))
        return false;
    *value = high << (width * 8) | low;
    return true;
}

/* A store to a RAM block that the fast path does not take: ROM, or one that runs over the block's
 * end. */
static void store_ram(struct bus *bus, struct ram_block *ram, uint64_t address, unsigned width,
                      uint64_t value)
{
    if (ram->kind == RAM_ROM) {
        log_line(bus->log, LOG_GUEST_ERRORS,
                 "%s: store of %u bytes at 0x%" PRIx64 " ignored: it is read-only", ram->name,
                 width, address);
        return;
    }
    ram_write(ram->host + (address - ram->base), width, value);
    bus_written(bus, address, width);
}

bool bus_mmio_write(struct bus *bus, unsigned requester, uint64_t address, unsigned width,
                    uint64_t value)
{
    const struct region *region = region_at(bus, address);

    if (!region)
        return no_device(bus, "write", address, width);
    uint64_t offset = address - region->base;
    if (region->ram) {
        if (width <= region->size - offset) {
            store_ram(bus, region->ram, address, width, value);
            return true;
        }
    } else if (!must_split(region, offset, width)) {
        if (width < region->ops->width_min)
            return too_narrow(bus, "write", region, address, width);
        pthread_mutex_lock(&region->device->lock);
        region->device->requester = requester;
        region->ops->write(region->device, offset, width, value & bits_ones(width * 8));
        pthread_mutex_unlock(&region->device->lock);
        return true;
    }
    width /= 2;
    return bus_mmio_write(bus, requester, address, width, value & bits_ones(width * 8)) &&
           bus_mmio_write(bus, requester, address + width, width, value >> (width * 8));
}

/* --- Watchers and the display --- */

void bus_watch(struct bus *bus, struct bus_watcher *watcher)
{
    atomic_store(&watcher->acked, atomic_load(&bus->ticket)); /* nothing to drop yet */
    watcher->next = atomic_load(&bus->watchers);
    while (!atomic_compare_exchange_weak(&bus->watchers, &watcher->next, watcher))
        ;
}

static bool all_acked(struct bus *bus)
{
    struct bus_watcher *watcher = atomic_load(&bus->watchers);
    uint64_t ticket = atomic_load(&bus->ticket);

    for (; watcher; watcher = watcher->next)
        if (watcher->drop_writes && atomic_load(&watcher->acked) < ticket)
            return false;
    return true;
}

static void ask_drop_writes(struct bus *bus)
{
    uint64_t ticket = atomic_fetch_add(&bus->ticket, 1) + 1;
    struct bus_watcher *watcher = atomic_load(&bus->watchers);

    for (; watcher; watcher = watcher->next)
        if (watcher->drop_writes)
            watcher->drop_writes(watcher->opaque, ticket);
}

/* A store through a fast TLB entry leaves no trace, so the entry's making marks its page with the
 * current epoch's bit. Frame n sees such pages, opens a new epoch and asks for all fast entries to
 * go; once they have gone, the old epoch's pages have seen their last untracked store, and frame
 * n+1 draws them. A mark that was made with the epoch as it was just before the change is found
 * there too, or by a later frame: whatever carries the old bit while no request is out is complete.
 */
bool bus_harvest_dirty(struct bus *bus, struct ram_block *video, uint64_t *dirty)
{
    uint64_t pages = video->size >> PAGE_SHIFT;
    unsigned epoch = atomic_load(&video->epoch);
    uint8_t old = dirty_bit(epoch + 1), current = dirty_bit(epoch);
    bool found = false, writing = false;

    if (!all_acked(bus))
        return false;
    memset(dirty, 0, (pages + 63) / 64 * sizeof(*dirty));
    for (uint64_t page = 0; page < pages; page++) {
        uint8_t flags = atomic_load_explicit(&video->page_flags[page], memory_order_relaxed);
        writing |= (flags & current) != 0;
        if (flags & old) {
            atomic_fetch_and(&video->page_flags[page], (uint8_t)~old);
            dirty[page / 64] |= 1ull << (page % 64);
            found = true;
        }
    }
    if (writing) {
        atomic_store(&video->epoch, epoch + 1);
        ask_drop_writes(bus);
    }
    return found;
}
