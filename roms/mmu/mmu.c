/*
 * mmu: page tables, and what the processor says when an address has none.
 *
 * A virtual address is translated in steps. Its bits are cut into indexes: the lowest are the
 * offset in a page (12, 14 or 16 bits: the granule), and each group above them chooses one of the
 * 64-bit descriptors of a table, which is one granule large. Level 3 descriptors are pages; higher
 * levels point to the next table, or map a whole block at once. TTBR0_EL1 points to the first table
 * for low addresses, TTBR1_EL1 for those that start with ones, and TCR_EL1 says how large each half
 * is.
 *
 *      4 KiB granule   level 1: 1 GiB blocks   level 2: 2 MiB blocks     level 3: 4 KiB pages
 *     16 KiB granule                           level 2: 32 MiB blocks    level 3: 16 KiB pages
 *     64 KiB granule                           level 2: 512 MiB blocks   level 3: 64 KiB pages
 *
 * The TLB remembers translations, so whoever changes a table must say so: TLBI.
 *
 * The program runs in the low half, mapped to itself, and experiments in the high half. Arm
 * Architecture Reference Manual (DDI 0487): D8 (translation), D19.2.37 (fault codes in ESR_EL1).
 */
#include "../lib/rom.h"
#include "tables.h"

/* probe.S: one access each; a fault is stepped over by exception_taken(). */
uint64_t probe_load(uint64_t address);
void probe_store(uint64_t address, uint64_t value);
uint64_t probe_load_as_user(uint64_t address); /* LDTR: with the rights of EL0 */
void probe_store_as_user(uint64_t address, uint64_t value);
uint64_t probe_call(uint64_t address);
uint64_t probe_load_with_pan(uint64_t address, bool as_user);

/* Fault status codes, ESR_EL1 bits 5..0; the level is added. */
enum { TRANSLATION = 0x04, ACCESS_FLAG = 0x08, PERMISSION = 0x0c, ALIGNMENT = 0x21 };

#define HIGH    0xffffff8000000000ul /* the first address of the 39 bits under TTBR1_EL1 */
#define PAGE_AT (HIGH + 0x1010000)   /* where the experiments with one page are */
#define WNR     (1u << 6)

/* Two pages of memory, large and aligned enough for every granule. */
static uint64_t page_a[8192] __attribute__((aligned(65536)));
static uint64_t page_b[8192] __attribute__((aligned(65536)));

static struct exception first;
static unsigned faults;

void exception_taken(struct exception *e)
{
    unsigned class = exception_class(e);

    if (class != EC_DATA_ABORT && class != EC_INSN_ABORT)
        exception_report(e);
    if (faults++ == 0)
        first = *e;
    e->elr = class == EC_INSN_ABORT ? e->x[30] : e->elr + 4;
}

/* Was there exactly one abort since the last question, of this kind and at this address? */
static bool faulted(unsigned class, unsigned code, uint64_t address)
{
    bool same = faults == 1 && exception_class(&first) == class &&
                (first.esr & (class == EC_DATA_ABORT ? 0x7f : 0x3f)) == code &&
                first.far == address;
    if (!same)
        print("  %u faults, ESR %lx FAR %lx\n", faults, first.esr, first.far);
    faults = 0;
    return same;
}

static bool loads(uint64_t address, uint64_t expected)
{
    uint64_t value = probe_load(address);
    bool same = faults == 0 && value == expected;
    if (!same)
        print("  %u faults, ESR %lx FAR %lx, read %lx\n", faults, first.esr, first.far, value);
    faults = 0;
    return same;
}

static bool load_faults(uint64_t address, unsigned code)
{
    probe_load(address);
    return faulted(EC_DATA_ABORT, code, address);
}

static bool store_faults(uint64_t address, unsigned code)
{
    probe_store(address, 0);
    return faulted(EC_DATA_ABORT, code | WNR, address);
}

/* Everything that holds for one granule; the name of each check starts with its size. */
static void one_granule(unsigned granule_bits)
{
    char text[80];
    struct space *high = space_start(granule_bits);

    print("Granule of %u KiB:\n", 1u << (granule_bits - 10));
    if (!high) {
        print("  this processor does not have it\n");
        return;
    }
    map(high, PAGE_AT, page_a, 3, PAGE_RW);
    check(loads(PAGE_AT + 8, page_a[1]), "a page is readable at its new address");
    probe_store(PAGE_AT + 16, 0x1234 + granule_bits);
    check(faults == 0 && page_a[2] == 0x1234 + granule_bits, "and writable: the same memory");
    uint64_t page = 1ul << granule_bits;
    check(load_faults(PAGE_AT + page, TRANSLATION + 3), "the page after it: translation, level 3");
    check(store_faults(PAGE_AT - 8, TRANSLATION + 3), "a store before it: the same with WnR");
    check(load_faults(HIGH + (1ul << 37), TRANSLATION + high->start_level),
          "far from it: translation fault of the first level");
    check(load_faults(HIGH - 8, TRANSLATION + 0), "outside of both halves: level 0");

    map(high, PAGE_AT, page_b, 3, PAGE_RW);
    check(loads(PAGE_AT, page_b[0]), "mapped to other memory, after TLBI");
    map(high, PAGE_AT, page_b, 3, PAGE_RO);
    check(loads(PAGE_AT, page_b[0]), "read only: loads");
    check(store_faults(PAGE_AT, PERMISSION + 3), "read only: a store faults, level 3");
    map(high, PAGE_AT, page_b, 3, PAGE_RW & ~DESC_AF);
    check(load_faults(PAGE_AT, ACCESS_FLAG + 3), "no access flag: its fault, level 3");
    map(high, PAGE_AT, page_b, 3, 0);
    check(load_faults(PAGE_AT, TRANSLATION + 3), "unmapped: translation fault, level 3");

    /* A block is a leaf in a higher table. All of them map the start of RAM, where we are. */
    uint64_t offset = (uint64_t)page_a - RAM_BASE;
    for (unsigned level = 2; level >= (granule_bits == 12 ? 1 : 2); level--) {
        uint64_t size = 1ul << level_shift(high, level);
        uint64_t at = HIGH + 16 * size;
        map(high, at, (void *)RAM_BASE, level, PAGE_RW);
        format_text(text, sizeof(text), "a block of %lu MiB, level %u", size >> 20, level);
        check(loads(at + (offset & (size - 1)), *(uint64_t *)(RAM_BASE + (offset & (size - 1)))),
              text);
        map(high, at, (void *)RAM_BASE, level, PAGE_RO);
        check(store_faults(at, PERMISSION + level), "read only: permission fault of that level");
        map(high, at, (void *)RAM_BASE, level, 0);
        check(load_faults(at, TRANSLATION + level), "unmapped: translation fault of that level");
    }
}

static void rights(struct space *high)
{
    print("Rights:\n");
    map(high, PAGE_AT, page_a, 3, PAGE_RW);
    probe_load_as_user(PAGE_AT);
    check(faulted(EC_DATA_ABORT, PERMISSION + 3, PAGE_AT), "EL1's page: LDTR (as EL0) faults");
    map(high, PAGE_AT, page_a, 3, PAGE_RW | DESC_USER);
    probe_load_as_user(PAGE_AT);
    probe_store_as_user(PAGE_AT + 24, 77);
    check(faults == 0 && page_a[3] == 77, "EL0's page: LDTR and STTR pass");
    map(high, PAGE_AT, page_a, 3, PAGE_RO | DESC_USER);
    probe_store_as_user(PAGE_AT, 0);
    check(faulted(EC_DATA_ABORT, (PERMISSION + 3) | WNR, PAGE_AT),
          "read only for both: STTR faults");

    bool have_pan = (READ_REG(id_aa64mmfr1_el1) >> 20 & 0xf) != 0;
    if (have_pan)
        probe_load_with_pan(PAGE_AT, false);
    check(!have_pan || faulted(EC_DATA_ABORT, PERMISSION + 3, PAGE_AT),
          "PSTATE.PAN: EL1 may not touch EL0's page");
    if (have_pan)
        probe_load_with_pan(PAGE_AT, true);
    check(faults == 0, "but LDTR may");

    /* MOV X0, #42; RET, in a page of its own. The instruction side must hear of new code. */
    page_a[0] = 0xd65f03c0d2800540ul;
    code_written(page_a, 8);
    map(high, PAGE_AT, page_a, 3, PAGE_RO);
    check(probe_call(PAGE_AT) == 42 && faults == 0, "code runs at its new address");
    map(high, PAGE_AT, page_a, 3, PAGE_RO | DESC_PXN);
    probe_call(PAGE_AT);
    check(faulted(EC_INSN_ABORT, PERMISSION + 3, PAGE_AT), "PXN: instruction abort, permission");
    map(high, PAGE_AT, page_a, 3, PAGE_RW | DESC_USER);
    probe_call(PAGE_AT);
    check(faulted(EC_INSN_ABORT, PERMISSION + 3, PAGE_AT), "writable by EL0: EL1 does not run it");
    map(high, PAGE_AT, page_a, 3, PAGE_RW);
    probe_store(PAGE_AT, 0xd65f03c0d2800560ul); /* MOV X0, #43 through the other mapping */
    code_written((void *)PAGE_AT, 8);
    check(probe_call(PAGE_AT) == 43 && faults == 0, "changed code runs after IC IVAU");
    map(high, PAGE_AT, page_a, 3, 0);
    probe_call(PAGE_AT);
    check(faulted(EC_INSN_ABORT, TRANSLATION + 3, PAGE_AT), "unmapped: instruction abort");
}

/* Each kind of TLBI must make an unmapped page fault, and a newly mapped one appear. */
static void tlbi_kinds(struct space *high)
{
    print("TLB invalidation:\n");
    for (unsigned kind = 0; kind < TLBI_KINDS; kind++) {
        bool right = true;
        char text[40];
        if (tlbi_available(kind)) {
            map_without_tlbi(high, PAGE_AT, page_a, 3, PAGE_RW | DESC_NG);
            tlbi(kind, PAGE_AT);
            right &= loads(PAGE_AT, page_a[0]);
            map_without_tlbi(high, PAGE_AT, page_a, 3, 0);
            tlbi(kind, PAGE_AT);
            right &= load_faults(PAGE_AT, TRANSLATION + 3);
            map_without_tlbi(high, PAGE_AT, page_b, 3, PAGE_RW | DESC_NG);
            tlbi(kind, PAGE_AT);
            right &= loads(PAGE_AT, page_b[0]);
            map(high, PAGE_AT, page_b, 3, 0);
        }
        format_text(text, sizeof(text), "TLBI %s", tlbi_name(kind));
        check(right, text);
    }
}

/* Two address spaces with a page at the same address, told apart by their ASIDs alone. */
static void address_spaces(void)
{
    const uint64_t at = 0x80000000; /* low half: nothing is mapped to itself there */
    struct space *one = space_new_low(), *two = space_new_low();
    bool right = true;

    print("Address spaces:\n");
    map(one, at, page_a, 3, PAGE_RW | DESC_NG);
    map(two, at, page_b, 3, PAGE_RW | DESC_NG);
    for (unsigned i = 0; i < 100; i++) {
        space_switch_low(one, 1);
        right &= loads(at, page_a[0]);
        space_switch_low(two, 2);
        right &= loads(at, page_b[0]);
    }
    check(right, "200 switches of TTBR0_EL1, with no TLBI");
    space_switch_low(one, 2); /* an ASID given to another: its old translations must go */
    tlbi(TLBI_ASIDE1, 0);
    check(loads(at, page_a[0]), "an ASID used again, after TLBI ASIDE1");
    space_switch_low(NULL, 0);
    tlbi(TLBI_VMALLE1, 0);
    check(load_faults(at, TRANSLATION + 1), "and the page of neither is left");
}

static void address_translate(struct space *high)
{
    print("Asking instead of trying, AT:\n");
    map(high, PAGE_AT, page_a, 3, PAGE_RO);
    uint64_t par;
    par = translate(AT_S1E1R, PAGE_AT + 0x123);
    check((par & 1) == 0 && (par & 0xffffffffff000) == (uint64_t)page_a, "S1E1R: the address");
    check(par >> 56 == 0xff, "and the memory type, Normal write-back");
    check((translate(AT_S1E1W, PAGE_AT) & 0x7f) == ((PERMISSION + 3) << 1 | 1),
          "S1E1W: permission");
    check((translate(AT_S1E0R, PAGE_AT) & 0x7f) == ((PERMISSION + 3) << 1 | 1),
          "S1E0R: permission");
    check((translate(AT_S1E1R, HIGH) & 0x7f) == ((TRANSLATION + 3) << 1 | 1), "S1E1R: translation");
    check((translate(AT_S1E1R, UART_BASE) >> 56) == 0, "the UART: Device-nGnRnE");
    check(faults == 0, "no exception was taken");
}

static void options(struct space *high)
{
    uint64_t tcr = READ_REG(tcr_el1);
    unsigned hafdbs = READ_REG(id_aa64mmfr1_el1) & 0xf;
    bool right = true;

    print("Options:\n");
    for (unsigned i = 0; i < 16; i++)
        map(high, PAGE_AT + 4096ul * i, page_a + 512 * i, 3, PAGE_RO | DESC_CONTIGUOUS);
    for (unsigned i = 0; i < 16; i++)
        right &= loads(PAGE_AT + 4096ul * i + 8, page_a[512 * i + 1]);
    check(right, "16 pages with the contiguous hint");

    WRITE_REG(tcr_el1, tcr | TCR_TBI0);
    check(loads((uint64_t)page_a | 0xa5ul << 56, page_a[0]),
          "TCR_EL1.TBI0: the top byte is ignored");
    WRITE_REG(tcr_el1, tcr);
    check(load_faults((uint64_t)page_a | 0xa5ul << 56, TRANSLATION + 0), "without it: a fault");

    WRITE_REG(tcr_el1, tcr | (hafdbs >= 1 ? TCR_HA : 0) | (hafdbs >= 2 ? TCR_HD : 0));
    uint64_t *descriptor = map(high, PAGE_AT, page_a, 3, PAGE_RW & ~DESC_AF);
    right = hafdbs < 1 || (loads(PAGE_AT, page_a[0]) && (*descriptor & DESC_AF));
    check(right, "TCR_EL1.HA: hardware sets the access flag");
    descriptor = map(high, PAGE_AT, page_a, 3, PAGE_RO | DESC_DBM);
    if (hafdbs >= 2) {
        probe_store(PAGE_AT, 4711);
        right = faults == 0 && page_a[0] == 4711 && !(*descriptor & DESC_READ_ONLY);
    }
    check(right, "TCR_EL1.HD: hardware marks a page dirty");
    WRITE_REG(tcr_el1, tcr);
    map(high, PAGE_AT, page_a, 3, 0);
}

static void memory_types(struct space *high)
{
    print("Memory types:\n");
    uint8_t *bytes = (uint8_t *)page_a;
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (uint8_t)(i * 0x11);
    check(loads((uint64_t)page_a + 3, 0xaa99887766554433), "Normal memory: unaligned access works");

    map(high, PAGE_AT, page_a, 3, PAGE_DEVICE);
    check(loads(PAGE_AT + 8, page_a[1]), "Device memory: aligned access");
    /* QEMU checks this from version 9 on. */
    check(rom_runs_on_qemu() || load_faults(PAGE_AT + 3, ALIGNMENT), "unaligned: alignment fault");

    size_t block = 4ul << (READ_REG(dczid_el0) & 0xf);
    memset(page_b, 0xff, 4096);
    zero_block(page_b + 256);
    bool right = page_b[256 + block / 8] == ~0ul && page_b[255] == ~0ul;
    for (size_t i = 0; i < block / 8; i++)
        right &= page_b[256 + i] == 0;
    check(right, "DC ZVA zeroes one block and nothing else");
    map(high, PAGE_AT, page_a, 3, 0);
}

void rom_main(void)
{
    static const unsigned granules[] = {12, 14, 16};

    for (unsigned i = 0; i < 8192; i++) {
        page_a[i] = 0xaaaa000000000000 + i;
        page_b[i] = 0xbbbb000000000000 + i;
    }
    mmu_enable();
    print("The MMU is on, and this line still arrives.\n");
    for (unsigned i = 0; i < 3; i++)
        one_granule(granules[i]);

    struct space *high = space_start(12);
    map(high, HIGH, page_a, 3, 0); /* so that there is a level 3 table to fault in */
    rights(high);
    tlbi_kinds(high);
    address_spaces();
    address_translate(high);
    memory_types(high);
    options(high);
    mmu_disable();
    print("The MMU is off again.\n");
    print_verdict("mmu");
}
