/* Translation tables for tests, written into guest RAM descriptor by descriptor (DDI 0487, D8.3),
 * and a struct mmu over a bus with nothing but RAM. */
#ifndef ULNA_TESTS_UNIT_TABLES_H
#define ULNA_TESTS_UNIT_TABLES_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mmu/bus.h"
#include "mmu/mmu.h"

#define RAM_BASE 0x40000000ull
#define RAM_SIZE (64 * MIB)

/* Descriptor fields */
#define D_TABLE      3ull
#define D_PAGE       3ull
#define D_BLOCK      1ull
#define D_ATTR(n)    ((uint64_t)(n) << 2)
#define D_AP(n)      ((uint64_t)(n) << 6) /* 0 RW EL1, 1 RW both, 2 RO EL1, 3 RO both */
#define D_SH(n)      ((uint64_t)(n) << 8)
#define D_AF         (1ull << 10)
#define D_NG         (1ull << 11)
#define D_DBM        (1ull << 51)
#define D_PXN        (1ull << 53)
#define D_UXN        (1ull << 54)
#define D_PXNTABLE   (1ull << 59)
#define D_UXNTABLE   (1ull << 60)
#define D_APTABLE(n) ((uint64_t)(n) << 61)

/* TCR_EL1 fields */
#define TCR_T0SZ(n) ((uint64_t)(n))
#define TCR_EPD0    (1ull << 7)
#define TCR_TG0(n)  ((uint64_t)(n) << 14)
#define TCR_T1SZ(n) ((uint64_t)(n) << 16)
#define TCR_A1      (1ull << 22)
#define TCR_EPD1    (1ull << 23)
#define TCR_TG1(n)  ((uint64_t)(n) << 30)
#define TCR_IPS(n)  ((uint64_t)(n) << 32)
#define TCR_AS      (1ull << 36)
#define TCR_TBI0    (1ull << 37)
#define TCR_TBI1    (1ull << 38)
#define TCR_HA      (1ull << 39)
#define TCR_HD      (1ull << 40)
#define TCR_HPD0    (1ull << 41)
#define TCR_E0PD0   (1ull << 55)
#define TCR_E0PD1   (1ull << 56)

#define SCTLR_M    (1ull << 0)
#define SCTLR_A    (1ull << 1)
#define SCTLR_WXN  (1ull << 19)
#define SCTLR_EPAN (1ull << 57)

/* One set of tables under construction. */
struct tables {
    struct bus *bus;
    unsigned granule; /* log2 of its bytes */
    unsigned bits;    /* of input address: 64 - TxSZ */
    uint64_t root;
    uint64_t next;  /* where the next table goes */
    uint64_t upper; /* attribute bits of the table descriptors that are made */
};

static inline uint64_t peek64(struct bus *bus, uint64_t address)
{
    uint64_t value;

    ck_assert(bus_read_ram(bus, address, &value, sizeof(value)));
    return value;
}

static inline void poke64(struct bus *bus, uint64_t address, uint64_t value)
{
    ck_assert(bus_write_ram(bus, address, &value, sizeof(value)));
}

static inline unsigned tables_first_level(const struct tables *t)
{
    unsigned level = 3;

    while (t->bits > t->granule + (4 - level) * (t->granule - 3))
        level--;
    return level;
}

/* log2 of what one descriptor of the level maps */
static inline unsigned tables_size_log2(const struct tables *t, unsigned level)
{
    return t->granule + (3 - level) * (t->granule - 3);
}

/* Address of the descriptor of va at `level`; the tables above are made when they are not there. */
static inline uint64_t tables_at(struct tables *t, uint64_t va, unsigned level)
{
    unsigned at_level = tables_first_level(t);
    uint64_t inside = va & bits_ones(t->bits);
    uint64_t at = t->root + 8 * (inside >> tables_size_log2(t, at_level));

    for (; at_level < level; at_level++) {
        uint64_t descriptor = peek64(t->bus, at);

        if (!(descriptor & 1)) {
            descriptor = t->next | t->upper | D_TABLE;
            t->next += 1ull << t->granule;
            ck_assert_uint_lt(t->next, RAM_BASE + RAM_SIZE);
            poke64(t->bus, at, descriptor);
        }
        at = (bits_get(descriptor, t->granule, 48 - t->granule) << t->granule) +
             8 * (inside >> tables_size_log2(t, at_level + 1) & bits_ones(t->granule - 3));
    }
    return at;
}

/* The descriptor of va at `level` becomes `descriptor`. */
static inline void tables_set(struct tables *t, uint64_t va, unsigned level, uint64_t descriptor)
{
    poke64(t->bus, tables_at(t, va, level), descriptor);
}

/* New, empty tables at `root`, with those below behind it. */
static inline struct tables tables_new(struct bus *bus, unsigned granule, unsigned bits,
                                       uint64_t root)
{
    struct tables t = {bus, granule, bits, root, align_up(root + 1, 64 * KIB), 0};
    uint8_t *host = bus_ram_pointer(bus, root, 1 * MIB);

    ck_assert_ptr_nonnull(host);
    memset(host, 0, 1 * MIB);
    return t;
}

/* A bus with RAM alone. */
static inline struct bus *bus_with_ram(void)
{
    struct err err;
    struct bus *bus = bus_new(NULL);

    ck_assert_ptr_nonnull(bus);
    ck_assert_ptr_nonnull(bus_add_ram(bus, "ram", RAM_BASE, RAM_SIZE, RAM_NORMAL, &err));
    return bus;
}

static inline struct mmu *mmu_on(struct bus *bus)
{
    struct mmu *mmu = calloc(1, sizeof(*mmu));

    ck_assert_ptr_nonnull(mmu);
    ck_assert(mmu_init(mmu, bus, NULL));
    return mmu;
}

/* As the system registers' write functions do. */
static inline void mmu_set(struct mmu *mmu, uint64_t sctlr, uint64_t tcr, uint64_t ttbr0,
                           uint64_t ttbr1)
{
    mmu->regs.sctlr = sctlr;
    mmu->regs.tcr = tcr;
    mmu->regs.ttbr0 = ttbr0;
    mmu->regs.ttbr1 = ttbr1;
    mmu->regs.mair = 0x0044ff; /* 0: write-back, 1: non-cacheable, 2: Device-nGnRnE */
    mmu_tlbi_all(mmu);
}

static inline void mmu_set_el(struct mmu *mmu, unsigned el, bool pan, bool uao)
{
    mmu->el = (uint8_t)el;
    mmu->pan = pan;
    mmu->uao = uao;
    mmu_level_changed(mmu);
}

static inline void expect_address(struct mmu *mmu, uint64_t va, uint64_t phys)
{
    struct translation tr;

    ck_assert_msg(mmu_translate(mmu, va, ACCESS_READ, mmu->el, mmu->pan, &tr),
                  "0x%llx: fault status 0x%02x", (unsigned long long)va, mmu->fault.status);
    ck_assert_uint_eq(tr.phys, phys);
}

static inline void expect_fault(struct mmu *mmu, uint64_t va, enum access access, unsigned status)
{
    struct translation tr;

    ck_assert_msg(!mmu_translate(mmu, va, access, mmu->el, mmu->pan, &tr),
                  "0x%llx is mapped to 0x%llx", (unsigned long long)va,
                  (unsigned long long)tr.phys);
    ck_assert_uint_eq(mmu->fault.status, status);
    ck_assert_uint_eq(mmu->fault.address, va);
    ck_assert_uint_eq(mmu->fault.write, access == ACCESS_WRITE);
    ck_assert_uint_eq(mmu->fault.fetch, access == ACCESS_FETCH);
}

#endif
