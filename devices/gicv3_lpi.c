/* LPIs, the message-based interrupts of a GICv3 that only an ITS sends: IHI 0069H, 5.1. Their state
 * is in guest memory. The configuration table has a byte for each, its priority and whether it is
 * enabled; it is read where it lies whenever it matters, so that nothing is cached that INV would
 * have to drop. The pending table of each CPU has a bit for each, and is kept there as well:
 * software lends it to the redistributor, so the block cache is not told of its changes. A summary
 * beside it says which words may have a bit, so that all CPUs together look at few. */
#include "base/bits.h"
#include "devices/gicv3_internal.h"
#include "mmu/bus.h"

enum {
    CONFIG_ENABLE = 1 << 0,
    CONFIG_PRIORITY = 0xfc,
};

#define ADDRESS_MASK 0x000ffffffffff000ull

void *gicv3_ram(const struct bus *bus, uint64_t address, uint64_t size)
{
    const struct ram_block *ram = bus_ram(bus, address);

    return ram && ram->kind == RAM_NORMAL ? bus_ram_pointer(bus, address, size) : NULL;
}

/* --- Pending ------------------------------------------------------------------------------ */

static _Atomic uint64_t *word_of(const struct gicv3_lpis *lpis, uint32_t intid)
{
    return &atomic_load(&lpis->pending)[intid / 64];
}

static bool exists(const struct gicv3_lpis *lpis, uint32_t intid)
{
    return intid >= GIC_LPI_BASE && intid < atomic_load(&lpis->limit);
}

static void note(struct gicv3_lpis *lpis, uint32_t word)
{
    atomic_fetch_or(&lpis->summary[word / 64], 1ull << word % 64);
}

/* Another thread may set a bit of the word in between, and the summary's: the second look finds it.
 */
static bool clear(struct gicv3_lpis *lpis, uint32_t intid)
{
    uint64_t bit = 1ull << intid % 64, old = atomic_fetch_and(word_of(lpis, intid), ~bit);
    uint32_t word = intid / 64;

    if (old == bit) {
        atomic_fetch_and(&lpis->summary[word / 64], ~(1ull << word % 64));
        if (atomic_load(word_of(lpis, intid)))
            note(lpis, word);
    }
    return old & bit;
}

bool gicv3_lpi_activate(struct gicv3_redistributor *cpu, uint32_t intid)
{
    return exists(&cpu->lpis, intid) && clear(&cpu->lpis, intid);
}

static void set(struct gicv3_lpis *lpis, uint32_t intid)
{
    atomic_fetch_or(word_of(lpis, intid), 1ull << intid % 64);
    note(lpis, intid / 64);
}

void gicv3_lpi_set(struct gicv3_redistributor *cpu, uint32_t intid, bool pending)
{
    if (!exists(&cpu->lpis, intid))
        return;
    if (pending)
        set(&cpu->lpis, intid);
    else
        clear(&cpu->lpis, intid);
    gic_changed(&cpu->interface);
}

static void move(struct gicv3_lpis *from, struct gicv3_lpis *to, uint32_t intid)
{
    if (exists(from, intid) && clear(from, intid) && exists(to, intid))
        set(to, intid);
}

void gicv3_lpi_move(struct gicv3_redistributor *from, struct gicv3_redistributor *to,
                    uint32_t first, uint32_t count)
{
    if (from == to)
        return;
    for (uint32_t intid = first; intid < first + count; intid++)
        move(&from->lpis, &to->lpis, intid);
    gic_changed(&from->interface);
    gic_changed(&to->interface);
}

void gicv3_lpi_highest(const struct gicv3_lpis *lpis, struct gic_pending *best)
{
    uint32_t limit = atomic_load(&lpis->limit);
    const _Atomic uint8_t *config = atomic_load(&lpis->config);

    for (uint32_t i = 0; i < limit / 64 / 64; i++) {
        for (uint64_t words = atomic_load(&lpis->summary[i]); words; words &= words - 1) {
            uint32_t first = (i * 64 + (uint32_t)__builtin_ctzll(words)) * 64;

            for (uint64_t set = atomic_load(word_of(lpis, first)); set; set &= set - 1) {
                uint32_t intid = first + (uint32_t)__builtin_ctzll(set);
                uint8_t how = atomic_load(&config[intid - GIC_LPI_BASE]);

                if ((how & CONFIG_ENABLE) && (how & CONFIG_PRIORITY) < best->priority)
                    *best = (struct gic_pending){intid, how & CONFIG_PRIORITY, true};
            }
        }
    }
}

/* --- GICR_CTLR.EnableLPIs ---------------------------------------------------------------- */

static void enable(struct gicv3_redistributor *cpu)
{
    struct gicv3_lpis *lpis = &cpu->lpis;
    unsigned bits = (unsigned)bits_get(lpis->propbaser, 0, 5) + 1;
    uint32_t limit = bits < GICV3_ID_BITS ? 1u << bits : GICV3_IDS;
    _Atomic uint8_t *config;
    _Atomic uint64_t *pending;

    if (limit <= GIC_LPI_BASE) /* which says that there are none */
        return;
    config = gicv3_ram(cpu->gic->bus, lpis->propbaser & ADDRESS_MASK, GICV3_LPIS);
    pending = gicv3_ram(cpu->gic->bus, lpis->pendbaser & ADDRESS_MASK, GICV3_IDS / 8);
    if (!config || !pending) {
        device_guest_error(
            &cpu->gic->device, "CPU %u has no LPIs: the table at 0x%llx is not in RAM", cpu->number,
            (unsigned long long)((config ? lpis->pendbaser : lpis->propbaser) & ADDRESS_MASK));
        return;
    }
    for (uint32_t word = GIC_LPI_BASE / 64; word < limit / 64; word++)
        if (atomic_load(&pending[word]))
            note(lpis, word);
    atomic_store(&lpis->config, config);
    atomic_store(&lpis->pending, pending);
    atomic_store(&lpis->limit, limit);
}

static void disable(struct gicv3_lpis *lpis)
{
    atomic_store(&lpis->limit, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(lpis->summary); i++)
        atomic_store(&lpis->summary[i], 0);
}

/* The tables may change only while LPIs are disabled, so they are looked up here. Another thread
 * may still be at the old ones, and may see a limit that is not theirs.
 *
 * Deviation: there has to be RAM for tables of the largest size, whatever GICR_PROPBASER.IDbits
 * says; then any limit is good for any of them. */
void gicv3_lpi_enable(struct gicv3_redistributor *cpu, bool on)
{
    if (on == cpu->lpis.enabled)
        return;
    cpu->lpis.enabled = on;
    if (on)
        enable(cpu);
    else
        disable(&cpu->lpis);
    gic_changed(&cpu->interface);
}

void gicv3_lpi_reset(struct gicv3_redistributor *cpu)
{
    disable(&cpu->lpis);
    cpu->lpis.enabled = false;
    cpu->lpis.propbaser = cpu->lpis.pendbaser = 0;
}
