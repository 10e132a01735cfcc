/* Stage 1 translation of the EL1&0 regime (DDI 0487, D8), the software TLB over it, and the slow
 * path of every access. One struct mmu per vCPU; nothing here is shared but the bus. */
#ifndef ULNA_MMU_MMU_H
#define ULNA_MMU_MMU_H

#include "base/bits.h"
#include "base/log.h"
#include "mmu/bus.h"
#include "mmu/tlb.h"

enum access {
    ACCESS_READ,
    ACCESS_WRITE,
    ACCESS_FETCH,
};

/* What the vCPU's thread is doing, for -d stats. Set where one thing leads to another that takes
 * long. */
enum activity {
    ACTIVITY_INTERPRETER, /* and all that is not below */
    ACTIVITY_TRANSLATOR,
    ACTIVITY_COMPILER,
    ACTIVITY_CODE, /* what the compiler made */
    ACTIVITY_CALL, /* handlers and helpers that it calls; only with -d stats */
    ACTIVITY_WALKER,
    ACTIVITY_DEVICE,
    ACTIVITY_COUNT,
};

/* What went wrong, in the terms of ESR_ELx.ISS: `status` is the DFSC/IFSC code (D17, ESR_ELx). */
struct mmu_fault {
    uint64_t address; /* for FAR_ELx */
    uint8_t status;
    bool write; /* WnR */
    bool fetch;
    bool cache; /* CM: a cache maintenance instruction or AT */
};

enum fault_status { /* level 0..3 is added to the first four */
                    FAULT_ADDRESS_SIZE = 0x00,
                    FAULT_TRANSLATION = 0x04,
                    FAULT_ACCESS_FLAG = 0x08,
                    FAULT_PERMISSION = 0x0c,
                    FAULT_EXTERNAL = 0x10,
                    FAULT_TAG_CHECK = 0x11,
                    FAULT_EXTERNAL_WALK = 0x14, /* level is added */
                    FAULT_ALIGNMENT = 0x21,
                    FAULT_DEBUG = 0x22, /* a watchpoint */
                    FAULT_UNSUPPORTED_ATOMIC = 0x35,
};

/* A finished translation of one address. */
struct translation {
    uint64_t phys;
    uint16_t attr; /* enum tlb_attr */
    uint8_t mair;  /* the memory attribute byte, as PAR_EL1.ATTR shows it */
    uint8_t sh;    /* shareability, as PAR_EL1.SH shows it */
};

/* Registers of the regime; written by the system-register rows, followed by mmu_context_changed().
 */
struct mmu_regs {
    uint64_t sctlr, tcr, ttbr0, ttbr1, mair;
};

/* What the table descriptors above take away from a leaf. */
struct walk_limits {
    bool no_user, no_write, uxn, pxn;
};

/* Where the table of level 3 is for a region: valid as long as its walk would be in a TLB. */
struct walk_cache_entry {
    uint64_t region; /* its first address, without the tag byte */
    uint64_t ttbr;   /* by which it was found */
    uint64_t table;
    uint64_t stamp; /* as in a struct tlb2_entry */
    uint16_t asid;
    struct walk_limits limits;
};

#define WALK_CACHE_ENTRIES 128

/* A page at which a device answered. It needs no translation as long as nothing has been forgotten
 * since; a bank stands for EL, PAN and ASID. */
struct device_page {
    const struct tlb_bank *bank;
    uint64_t page; /* its address, with the tag byte */
    uint64_t phys;
    uint64_t forgotten; /* tlb.forgotten */
    uint16_t attr;      /* enum tlb_attr */
    bool read, write;   /* what the bank's EL may do */
};

#define DEVICE_PAGES 8

/* An access that may be of watched bytes. */
struct mmu_watched {
    uint64_t va, size;
    bool write;
    uint8_t el; /* with whose rights */
};

#define MMU_WATCHES 4

/* Data that an access may have to stop before: watchpoints. Pages with some have no entry in a
 * bank; after a change that is not just a lower count everything must be forgotten. */
struct mmu_watch {
    unsigned count;
    struct tlb_span span[MMU_WATCHES];
    /* Does it stop? Then access->va becomes the address for FAR_ELx. Asked when all else permits
     * the access. */
    bool (*hit)(void *opaque, struct mmu_watched *access);
    void *opaque;
};

struct mmu {
    struct tlb_bank *bank; /* of the current context: what the engines probe */
    uint64_t context; /* of `bank`, or of all the kernel's code (mmu_fetch): part of every guard on
                         virtual addresses of code */
    struct mmu_regs regs;
    uint8_t el; /* 0 or 1 */
    bool pan;
    bool uao;
    bool small_tables;     /* FEAT_TTST: TxSZ up to 48 */
    uint8_t physical_bits; /* that addresses may have: 32 to 48 */
    bool guarded;          /* the page that was fetched from last (FEAT_BTI) */
    bool probing;          /* AT: a write that is only asked about leaves the dirty state alone */
    struct tlb_bank *user; /* of EL0 with the same ASID: what LDTR and STTR probe */
    struct tlb_bank *kernel[2]; /* used last at EL1, by PAN */
    uint8_t chosen; /* bit 0: `user`, bits 1 and 2: `kernel`, are right for the registers */
    /* What other vCPUs may know of its translations: they need not wait for an answer to
     * maintenance that concerns none that it can use at present. */
    _Atomic uint16_t asid_in_use;
    _Atomic bool low_global; /* some in the lower half is global, or was */
    struct tlb tlb;
    struct walk_cache_entry walk_cache[WALK_CACHE_ENTRIES];
    struct device_page device[DEVICE_PAGES];
    struct mmu_watch watch;
    struct bus *bus;
    unsigned cpu_index; /* who asks devices */
    struct log *log;
    struct mmu_fault fault; /* of the access that failed last */
    /* Exclusive monitor: where in host memory LDXR was, and the value that it saw. */
    struct {
        uint8_t size; /* in bytes; 0: the monitor is clear */
        const void *host;
        uint64_t value[2];
        uint64_t stamp; /* cpu/exclusive.h */
    } exclusive;
    uint64_t walks, misses, mmio; /* counters for -d stats */
    uint8_t activity;             /* enum activity; looked at by another thread */
    struct mmu_journal *journal;  /* -engine check records and replays accesses; normally NULL */
};

/* What -engine check needs: a first run in which every access is seen (the current banks are the
 * empty one), and a second in which translations are those of the first and MMIO is answered from
 * the record. */
struct mmu_access {
    uint64_t va, phys;
    uint64_t old[2], value[2];
    uint8_t *host; /* NULL: MMIO */
    uint8_t size;
    bool write;
    bool failed; /* MMIO that nothing answered */
};

enum { MMU_JOURNAL_MAX = 4096 }; /* 64 SVE loads of 64 bytes, one by one */

struct mmu_journal {
    struct mmu_access access[MMU_JOURNAL_MAX];
    unsigned count;    /* recorded */
    unsigned replayed; /* MMIO accesses answered: index to look on from */
    bool recording, replaying;
    bool diverged; /* the second run asked for an MMIO access that the first did not make */
    struct tlb_bank *bank, *user; /* those of struct mmu for the second run */
};

/* Record from here on: probes miss until mmu_journal_stop(). */
void mmu_journal_record(struct mmu *mmu, struct mmu_journal *journal);
/* Put RAM back as it was at the start of the record, and replay MMIO from it until
 * mmu_journal_stop(). */
void mmu_journal_rewind(struct mmu *mmu);
void mmu_journal_stop(struct mmu *mmu);

/* EffectiveTBI(): TCR_EL1.TBI0, TBI1, and TBID0, TBID1 for addresses of instructions. */
static inline bool mmu_ignores_top_byte(const struct mmu *mmu, uint64_t va, bool fetch)
{
    bool high = bit_get(va, 55);

    return bit_get(mmu->regs.tcr, high ? 38 : 37) &&
           !(fetch && bit_get(mmu->regs.tcr, high ? 52 : 51));
}

/* How many bits addresses of a half have, as TCR_EL1.TxSZ says: 64 - TxSZ, in its limits. */
unsigned mmu_address_bits(const struct mmu *mmu, bool high);

bool mmu_init(struct mmu *mmu, struct bus *bus, struct log *log);
void mmu_fini(struct mmu *mmu);

/* A register of the regime changed, and perhaps EL, PAN or UAO: choose the bank. O(1) unless the
 * bank is new. */
void mmu_context_changed(struct mmu *mmu);
/* Nothing but EL, PAN or UAO did: the banks that have been chosen since are still the ones. */
void mmu_level_changed(struct mmu *mmu);

/* Numbers all contexts anew from 1: nothing may be left that was found under the old numbers. */
void mmu_renumber_contexts(struct mmu *mmu);

/* --- TLB maintenance; `va` as in the register argument's address, not yet shifted --- */
void mmu_tlbi_all(struct mmu *mmu);
void mmu_tlbi_asid(struct mmu *mmu, uint16_t asid);
enum tlbi_flags {
    TLBI_ALL_ASIDS = 1 << 0,
    TLBI_LAST_LEVEL = 1 << 1, /* tables are where they were */
};
/* Pages of 4 KiB: of the larger granules, all that have some of them. */
void mmu_tlbi_range(struct mmu *mmu, uint64_t va, uint64_t pages, uint16_t asid, unsigned flags);
uint16_t mmu_asid(const struct mmu *mmu); /* the current one, as TCR.A1 and TCR.AS say */
/* Maintenance at `va` by ASID (or of the ASID: `global` false): may it be of a translation that the
 * vCPU can use before its next mmu_publish()? Any thread. */
bool mmu_may_use(const struct mmu *mmu, uint16_t asid, uint64_t va, bool global);
/* After a change of context: mmu->asid_in_use. True: it is another one. */
bool mmu_publish(struct mmu *mmu);
/* A load at va that the current bank has an entry for did not find itself in this latch, and need
 * not wait any longer: the next ones there will. `instructions` the vCPU has executed so far. */
void mmu_latch(struct mmu *mmu, uint64_t va, struct tlb_latch *latch, uint64_t instructions);
/* Does memory still hold what the exclusive monitor, which is set, has seen there? */
bool mmu_monitored_as_read(const struct mmu *mmu);
/* Forget every fast write entry (for the display and the block cache). */
void mmu_drop_writes(struct mmu *mmu, uint64_t phys_page);

/* Translates without access; el 0 or 1 and `pan` say with whose rights. False: mmu->fault. */
bool mmu_translate(struct mmu *mmu, uint64_t va, enum access access, unsigned el, bool pan,
                   struct translation *out) must_check;
/* Instruction fetch: the physical address, and the host pointer to it; mmu->guarded. False:
 * mmu->fault. May change mmu->context: global mappings are the same in every address space, so as
 * long as EL1 fetches through nothing else, its banks share one context and a change of process
 * keeps what leads from one block of the kernel to the next. */
bool mmu_fetch(struct mmu *mmu, uint64_t va, uint64_t *phys, const uint8_t **host) must_check;

/* --- The slow path: what the inline probe could not do. Any alignment, any memory, MMIO --- */
enum access_flags {
    ACCESS_UNPRIV = 1 << 0,  /* LDTR and friends: with the rights of EL0 (unless UAO) */
    ACCESS_ALIGNED = 1 << 1, /* fault when not aligned to the size, whatever SCTLR.A says */
};

/* Returns what was done until now, to be gone back to. */
static inline uint8_t mmu_activity(struct mmu *mmu, uint8_t activity)
{
    uint8_t before = mmu->activity;

    __atomic_store_n(&mmu->activity, activity, __ATOMIC_RELAXED);
    return before;
}

/* Returned in two registers, so that handlers stay leaf functions. */
struct mmu_value {
    uint64_t value;
    bool ok; /* false: mmu->fault */
};

struct mmu_value mmu_read(struct mmu *mmu, uint64_t va, unsigned size, unsigned flags) must_check;
bool mmu_write(struct mmu *mmu, uint64_t va, unsigned size, uint64_t value,
               unsigned flags) must_check;
/* 16 bytes at once (pairs, Q registers); little-endian low word first. */
bool mmu_read128(struct mmu *mmu, uint64_t va, uint64_t value[2], unsigned flags) must_check;
bool mmu_write128(struct mmu *mmu, uint64_t va, const uint64_t value[2], unsigned flags) must_check;
/* Does no watchpoint on stores stop this (DC IVAC)? False: mmu->fault. */
bool mmu_may_store(struct mmu *mmu, uint64_t va, unsigned size) must_check;
/* DC ZVA: zeroes `size` bytes at va, aligned to it (a power of two up to a page). Device memory
 * refuses. */
bool mmu_zero(struct mmu *mmu, uint64_t va, unsigned size) must_check;
/* Block operations (FEAT_MOPS): as many of the first bytes as lie on one page at each end, 1 to
 * size; a device is asked byte by byte, and no alignment is demanded. Returns how many were done;
 * 0: mmu->fault, of the first byte that may not be accessed. */
uint64_t mmu_fill(struct mmu *mmu, uint64_t va, uint64_t size, uint8_t value,
                  unsigned flags) must_check;
uint64_t mmu_copy(struct mmu *mmu, uint64_t to, uint64_t from, uint64_t size, unsigned to_flags,
                  unsigned from_flags) must_check;
/* The same of the last ones of the `size` bytes. */
uint64_t mmu_copy_last(struct mmu *mmu, uint64_t to, uint64_t from, uint64_t size,
                       unsigned to_flags, unsigned from_flags) must_check;
/* Allocation Tags (FEAT_MTE2). */
struct mmu_tag {
    uint8_t *at; /* NULL: the memory is not Tagged */
    bool ok;     /* false: mmu->fault */
};
/* The tag of the bytes at va, which must be readable, or writable. */
struct mmu_tag mmu_tag(struct mmu *mmu, uint64_t va, bool write, unsigned flags) must_check;
/* How many of the `size` bytes from va on come before one whose tag is not that of va: all of them
 * that are not Tagged, or that the access itself will find a fault with, agree. */
uint64_t mmu_tags_agree(struct mmu *mmu, uint64_t va, uint64_t size, bool write,
                        unsigned flags) must_check;
/* Host pointer to `size` bytes of RAM, in one quantity of 16 bytes, with read and, if asked, write
 * permission: for atomics. NULL with mmu->fault set: also an external
 * abort when it is not RAM, and FAULT_UNSUPPORTED_ATOMIC for a write to ROM. */
void *mmu_atomic_pointer(struct mmu *mmu, uint64_t va, unsigned size, bool write,
                         uint64_t *phys) must_check;

#endif
