/* Guest physical memory: RAM blocks with host pointers, and devices behind MMIO windows. All
 * addresses are guest physical, all sizes bytes. The bus owns its RAM and its devices and frees the
 * devices in reverse order. */
#ifndef ULNA_MMU_BUS_H
#define ULNA_MMU_BUS_H

#include "base/bits.h"
#include "base/err.h"
#include "mmu/device.h"

#define PAGE_SHIFT 12 /* the granule of TLB entries, code and dirty tracking */
#define PAGE_SIZE  (1ull << PAGE_SHIFT)

enum ram_kind {
    RAM_NORMAL,
    RAM_ROM,   /* guest stores are ignored and logged */
    RAM_VIDEO, /* writes are tracked for the display */
};

/* Per page of a RAM block: */
enum page_flag {
    PAGE_CODE = 1 << 0,      /* holds translated code: a store must tell the block cache */
    PAGE_WRITE_TLB = 1 << 1, /* some TLB may hold a fast write entry for the page */
    PAGE_DIRTY0 = 1 << 2,    /* RAM_VIDEO: written in an even epoch */
    PAGE_DIRTY1 = 1 << 3,    /* RAM_VIDEO: written in an odd epoch */
};

struct ram_block {
    const char *name;
    uint64_t base, size;
    enum ram_kind kind;
    uint8_t *host; /* reserved address space; the host gives pages when they are touched */
    _Atomic uint8_t *page_flags; /* one byte per page, OR of enum page_flag */
    _Atomic unsigned epoch;      /* RAM_VIDEO: parity says which dirty bit is being set */
    uint8_t *tags; /* Allocation Tags, one for each TAG_GRANULE bytes; NULL: it has none */
};

#define TAG_GRANULE 16 /* bytes that share an Allocation Tag (FEAT_MTE2) */

struct bus;

struct bus *bus_new(struct log *log);
void bus_free(struct bus *bus);
/* Destroys the devices, in reverse order, and their windows; RAM and its watchers stay. The first
 * step of taking a machine apart: no device's back end or timer can reach the CPU after it. */
void bus_remove_devices(struct bus *bus);

/* Reserves guest RAM without touching it. base and size are multiples of PAGE_SIZE. Overlaps are an
 * error. The block stays valid and at its place as long as the bus. NULL on error. */
struct ram_block *bus_add_ram(struct bus *bus, const char *name, uint64_t base, uint64_t size,
                              enum ram_kind kind, struct err *err);

/* Gives a block storage for Allocation Tags, all 0, which as well costs nothing until it is
 * touched. What is written from outside a CPU's tag stores leaves them alone. */
bool bus_add_tags(struct ram_block *ram, struct err *err);

/* Maps a device at base and takes ownership (also on failure: then the device is destroyed). */
bool bus_add_device(struct bus *bus, uint64_t base, struct device *device, struct err *err);
/* A further window onto an owned device: `ops` decodes it, with the same struct device. */
bool bus_add_window(struct bus *bus, uint64_t base, const struct device_ops *ops,
                    struct device *device, struct err *err);

/* The RAM block that holds `address`, or NULL. */
struct ram_block *bus_ram(const struct bus *bus, uint64_t address);
/* Host pointer to [address, address+size) when all of it is in one RAM block, else NULL. Loaders,
 * semihosting and page walks read through it; whoever writes through it calls bus_written after. */
void *bus_ram_pointer(const struct bus *bus, uint64_t address, uint64_t size);
/* Tells the code tracking (and the display) that RAM was written from outside a CPU's store path.
 */
void bus_written(struct bus *bus, uint64_t address, uint64_t size);
/* memcpy into or out of RAM, told to the tracking; false when the range is not all RAM. ROM is
 * writable this way. */
bool bus_write_ram(struct bus *bus, uint64_t address, const void *data, uint64_t size) must_check;
bool bus_read_ram(const struct bus *bus, uint64_t address, void *data, uint64_t size) must_check;

/* One access of width 1, 2, 4 or 8 bytes by the CPU of index `requester` that the RAM path cannot
 * do: to a device, to ROM (stores are logged and ignored), or over the edge of a region. An access
 * that is unaligned or wider than the device takes is split, low address first; one that is
 * narrower is refused. False, logged, means no device answers (an external abort). */
bool bus_mmio_read(struct bus *bus, unsigned requester, uint64_t address, unsigned width,
                   uint64_t *value) must_check;
bool bus_mmio_write(struct bus *bus, unsigned requester, uint64_t address, unsigned width,
                    uint64_t value) must_check;

/* Resets every device, in the order they were added. */
void bus_reset(struct bus *bus);
/* Calls `visit` for every window in address order (for `info mtree` and the map in the log). */
void bus_visit(const struct bus *bus,
               void (*visit)(void *opaque, const char *name, uint64_t base, uint64_t size),
               void *opaque);

/* --- Who watches memory (each vCPU, and the block cache) --- */
struct bus_watcher {
    /* All fast write entries must go soon (the display wants to see the next store to each page).
     * Called from any thread; the watcher sets `acked` to `ticket` once they are gone, and may do
     * so at once when it is asleep. NULL: never holds such entries. */
    void (*drop_writes)(void *opaque, uint64_t ticket);
    /* RAM that held translated code was written. Called on the writing thread. */
    void (*code_written)(void *opaque, uint64_t address, uint64_t size);
    void *opaque;
    _Atomic uint64_t acked;
    struct bus_watcher *next;
};
void bus_watch(struct bus *bus, struct bus_watcher *watcher); /* borrowed until bus_free */

/* Display side: the pages of a RAM_VIDEO block written since the last harvest, as one bit per page
 * in `dirty` (caller's array, (size/PAGE_SIZE+63)/64 words). Returns false when there is nothing to
 * draw. Called by one thread, at the frame rate; costs a scan of one byte per page. A page may be
 * reported one frame late, never lost. */
bool bus_harvest_dirty(struct bus *bus, struct ram_block *video, uint64_t *dirty);

#endif
