/*
 * mte: memory tagging.
 *
 * Each 16 bytes of Tagged memory (MAIR attribute 0xf0) have a tag of four bits beside them, and a
 * pointer has one in bits 59..56. Where SCTLR_EL1.TCF says so, a load or store whose tags differ
 * takes a Tag Check Fault: a Data Abort with status 0x11, or, asynchronously, a bit in TFSR_EL1,
 * or, asymmetrically, the one for loads and the other for stores.
 *
 * The memory is mapped three times: Tagged, not Tagged, and Tagged for EL0.
 */
#include "../lib/rom.h"

__asm__(".arch_extension memtag"); /* the names of the registers */

uint64_t do_irg(uint64_t a, uint64_t b), do_gmi(uint64_t a, uint64_t b);
uint64_t do_addg(uint64_t a), do_subg(uint64_t a), do_subp(uint64_t a, uint64_t b);
uint64_t do_subps(uint64_t a, uint64_t b), do_ldg(uint64_t address), do_ldgm(uint64_t address);
uint64_t do_stg_pre(uint64_t address, uint64_t tag), do_stg_post(uint64_t address, uint64_t tag);
void do_stg(uint64_t address, uint64_t tag), do_st2g(uint64_t address, uint64_t tag);
void do_stzg(uint64_t address, uint64_t tag), do_stz2g(uint64_t address, uint64_t tag);
void do_stgm(uint64_t address, uint64_t tags), do_stzgm(uint64_t address, uint64_t tag);
void do_stgp(uint64_t address, uint64_t value), do_gva(uint64_t address), do_gzva(uint64_t address);
void do_setg(uint64_t address, uint64_t byte, uint64_t size);
uint64_t access_set(uint64_t address, uint64_t byte, uint64_t size);
uint64_t access_copy(uint64_t to, uint64_t from, uint64_t size);

typedef uint64_t access(uint64_t address);
access access_ldr, access_ldr_reg, access_ldp, access_ldp_post, access_ldxr, access_ldar;
access access_ldadd, access_ldsmax, access_swp, access_ldtr;
access access_str, access_str_pre, access_strb, access_stp, access_stlr, access_sttr, access_zva;
access access_stg, access_sp, access_sp_pair, access_sp_post, access_sp_reg;
uint64_t rewrite(uint64_t address, uint64_t count);
void access_failed(void);
void user_load(void), user_store(void), user_rewrite(void), user_end(void);

#define TCF_SYNC   1ul
#define TCF_ASYNC  2ul
#define TCF_ASYM   3ul
#define TCF(kind)  ((kind) << 40)
#define TCF0(kind) ((kind) << 38)
#define ATA        (1ul << 43)
#define ATA0       (1ul << 42)
#define TBI0       (1ul << 37)
#define TCMA0      (1ul << 57)
#define TAG(n)     ((uint64_t)(n) << 56)
#define UNTAGGED   (1ul << 30) /* added to an address */
#define USER       (2ul << 30)
#define TAG_CHECK  0x11
#define WRITE      (1u << 6)
#define ROUNDS     200

#define TCO_BIT (1ul << 25)

static uint8_t user_stack[4096] __attribute__((aligned(16)));
/* What is accessed is in the middle: a handler may have its stack below. */
static uint8_t arena[3 * 4096] __attribute__((aligned(4096)));
static volatile uint64_t faults, status, where, saved;
static uint64_t base, plain_sctlr;

void exception_taken(struct exception *e)
{
    unsigned class = exception_class(e);

    saved = e->spsr;
    if (class == EC_DATA_ABORT || class == EC_DATA_ABORT_LOWER) {
        faults++;
        status = e->esr & 0x1ffffff;
        where = e->far;
        e->x[0] = 1;
    }
    if (class == EC_DATA_ABORT) {
        e->elr = (uint64_t)access_failed;
    } else if (class == EC_DATA_ABORT_LOWER || class == EC_SVC) {
        e->elr = (uint64_t)leave_el0;
        e->spsr = 0x3c5;
    } else {
        exception_report(e);
    }
}

static void mmu_on(void)
{
    const uint64_t tagged = REGIME_NORMAL, untagged = 2ul << 2;

    regime_map(0, tagged);
    regime_map(UNTAGGED, untagged);
    regime_map(USER, tagged | REGIME_USER);
    regime_on(0xfff000, TBI0);
    plain_sctlr = READ_REG(sctlr_el1) | 1ul << 14; /* DZE */
    WRITE_REG(sctlr_el1, plain_sctlr);
}

/* Tag Checks from here on. */
static void checks(uint64_t bits)
{
    WRITE_REG(sctlr_el1, plain_sctlr | bits);
}

static uint8_t tag_of(uint64_t address)
{
    return do_ldg(address & ~(0xful << 56)) >> 56 & 15;
}

static void tag_range(uint64_t address, uint64_t size)
{
    for (uint64_t i = 0; i < size; i += 16)
        do_stg(address + i, address);
}

static uint64_t *word(uint64_t address)
{
    return (uint64_t *)(address & ~(0xfful << 56));
}

/* --- On registers --- */

static void registers(void)
{
    uint64_t pointer = 0x1200000012345670, seen = 0;

    print("Registers:\n");
    check(do_addg(pointer) == 0x1500000012345690 && do_subg(pointer) == 0x1500000012345650,
          "ADDG, SUBG");
    check(do_subp(0x55ff000000000010, 0xaaff000000000020) == -16ul &&
              do_subps(0x5500000000000010, 0xaa00000000000010) == 6ul << 28,
          "SUBP, SUBPS");
    check(do_gmi(pointer, 1) == 5, "GMI");
    WRITE_REG(gcr_el1, 0xf0);
    check(do_addg(pointer) == 0x1900000012345690, "GCR_EL1.Exclude: ADDG leaves tags out");
    WRITE_REG(rgsr_el1, 0x234506);
    check(do_irg(pointer, 0) == 0x1d00000012345670 && READ_REG(rgsr_el1) == 0x62340d,
          "IRG: the tag that RGSR_EL1 foretells");
    WRITE_REG(gcr_el1, 1ul << 16 | 0x8001);
    for (unsigned i = 0; i < 1000; i++)
        seen |= 1ul << (do_irg(pointer, 0x1800) >> 56 & 15);
    check(seen == 0x67fe, "IRG: at random all that are not excluded");
    checks(0);
    check(do_irg(pointer, 0) >> 56 == 0x10 && do_addg(pointer) >> 56 == 0x10, "without ATA tag 0");
    checks(ATA);
    WRITE_REG(gcr_el1, 0);
    WRITE_REG(tco, TCO_BIT);
    bool set = READ_REG(tco) == TCO_BIT;
    WRITE_REG(tco, 0);
    check(set && READ_REG(tco) == 0, "TCO");
}

/* --- Tags in memory --- */

static void memory(void)
{
    uint64_t block = 4ul << READ_REG(gmid_el1), all = 0x0fedcba987654321;

    print("Tags in memory:\n");
    *word(base) = 0x1122334455667788;
    do_stg(base, TAG(5));
    check(tag_of(base) == 5 && tag_of(base + 16) == 0 && *word(base) == 0x1122334455667788,
          "STG: a tag, and no data");
    check(tag_of(base + UNTAGGED) == 0, "memory that is not Tagged has none");
    do_stg(base + UNTAGGED, TAG(6));
    check(tag_of(base) == 5, "and takes none");
    bool moved =
        do_stg_pre(base, TAG(6)) == base + 16 && do_stg_post(base + 32, TAG(7)) == base + 16;
    check(moved && tag_of(base + 16) == 6 && tag_of(base + 32) == 7, "STG with writeback");
    do_st2g(base + 16, TAG(8));
    check(tag_of(base + 16) == 8 && tag_of(base + 32) == 8 && tag_of(base + 48) == 0, "ST2G");
    *word(base + 24) = 1;
    do_stzg(base, TAG(9));
    check(tag_of(base) == 9 && *word(base) == 0 && *word(base + 24) == 1, "STZG");
    do_stz2g(base, TAG(10));
    check(tag_of(base + 16) == 10 && *word(base + 24) == 0, "STZ2G");
    do_stgp(base + TAG(11), 0x55);
    check(tag_of(base) == 11 && *word(base) == 0x55, "STGP");
    do_stgm(base, all);
    bool right = do_ldgm(base) == (block < 256 ? all & ((1ul << block / 4) - 1) : all);
    for (unsigned i = 0; i < block / 16; i++)
        right &= tag_of(base + 16 * i) == (all >> 4 * i & 15);
    check(right, "STGM, LDGM");
    *word(base + 32) = 1;
    do_gva(base + 20 + TAG(3));
    check(tag_of(base) == 3 && tag_of(base + 48) == 3 && *word(base + 32) == 1, "DC GVA");
    do_gzva(base + 20 + TAG(4));
    check(tag_of(base) == 4 && tag_of(base + 48) == 4 && *word(base + 32) == 0, "DC GZVA");
    *word(base + 32) = 1;
    do_stzgm(base, 6);
    check(tag_of(base) == 6 && tag_of(base + 48) == 6 && *word(base + 32) == 0, "STZGM");
    checks(0);
    do_stg(base, TAG(1));
    bool none = tag_of(base) == 0;
    checks(ATA);
    check(none && tag_of(base) != 1, "without ATA no tag is loaded or stored");
}

/* --- Checks --- */

static access *const loads[] = {access_ldr,  access_ldr_reg, access_ldp,   access_ldp_post,
                                access_ldxr, access_ldar,    access_ldadd, access_ldsmax,
                                access_swp,  access_sp_post, access_sp_reg};
static access *const stores[] = {access_str, access_str_pre, access_strb, access_stp, access_stlr};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Does each of the accesses go on, or fault as is wanted? */
static bool all(access *const *list, unsigned count, uint64_t address, bool fault, unsigned wanted)
{
    bool right = true;

    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < count; i++) {
            uint64_t before = faults;

            right &= list[i](address) == fault && faults - before == fault;
            right &= !fault || (status == wanted && where == address);
        }
    return right;
}

static void synchronous(void)
{
    uint64_t good = base + TAG(5), bad = base + TAG(6);

    print("Checks at EL1, synchronous:\n");
    tag_range(good, 64);
    checks(ATA | TCF(TCF_SYNC) | TCF0(TCF_SYNC) | ATA0);
    check(all(loads, COUNT(loads), good, false, 0), "loads with the right tag");
    check(all(stores, COUNT(stores), good, false, 0), "stores with the right tag");
    check(all(loads, COUNT(loads), bad, true, TAG_CHECK), "loads with a wrong one");
    check(all(stores, COUNT(stores), bad, true, TAG_CHECK | WRITE), "stores with a wrong one");
    bool zeroed = !access_zva(good);
    /* QEMU calls it a load */
    check(zeroed && access_zva(bad) == 1 &&
              (status == (TAG_CHECK | WRITE) || (rom_runs_on_qemu() && status == TAG_CHECK)),
          "DC ZVA");
    check(!access_sp(bad) && !access_sp_pair(bad), "SP with an offset is not checked");
    check(!access_stg(bad) && tag_of(base) == 6, "STG is not checked");
    do_stg(base, good);
    do_stg(base + 64, bad);
    check(access_ldr(good + 60) == 1 && where == good + 64, "the first granule that differs");
    check(access_ldr(bad + UNTAGGED) == 0, "memory that is not Tagged is not checked");
    check(access_str(base) == 1 && status == (TAG_CHECK | WRITE), "tag 0 is a tag");
    WRITE_REG(tcr_el1, READ_REG(tcr_el1) | TCMA0);
    check(access_str(base) == 0 && access_str(bad) == 1, "TCMA0: tag 0 matches all");
    WRITE_REG(tcr_el1, READ_REG(tcr_el1) & ~(TCMA0 | TBI0));
    check(access_str(base) == 0 && access_str(bad) == 1 && status != (TAG_CHECK | WRITE),
          "without TBI nothing is checked");
    WRITE_REG(tcr_el1, READ_REG(tcr_el1) | TBI0);
    WRITE_REG(tco, TCO_BIT);
    bool off = access_str(bad) == 0;
    WRITE_REG(tco, 0);
    check(off && access_str(bad) == 1 && !(saved & TCO_BIT), "TCO: not for now");
    checks(ATA);
    check(access_str(bad) == 0, "TCF 0: never");
}

/* A loop with a wrong tag at the end of it, when it is hot and before. */
static void loops(void)
{
    bool right = true;

    print("Loops:\n");
    tag_range(base + TAG(9), 2048);
    checks(ATA | TCF(TCF_SYNC));
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t at = base + 1024 + 16 * (i % 64);

        do_stg(at, TAG(8));
        right &= rewrite(base + TAG(9), 256) == 1 && where == at + TAG(9) && status == TAG_CHECK;
        do_stg(at, TAG(9));
        right &= rewrite(base + TAG(9), 256) == 0;
    }
    check(right, "each wrong tag is found where it is");
    checks(ATA);
}

/* FEAT_MOPS, which not all have that have tags. */
static void blocks(void)
{
    uint64_t good = base + TAG(9), other = base + 2048;
    volatile uint64_t *behind = (volatile uint64_t *)(good + 1024);
    volatile uint64_t *behind_tag7 = (volatile uint64_t *)(base + TAG(7) + 1040);
    bool tagged = true, set = true, copied = true;

    if ((READ_REG(S3_0_C0_C6_2) >> 16 & 15) == 0) /* ID_AA64ISAR2_EL1.MOPS */
        return;
    print("Block operations:\n");
    tag_range(other, 1024);
    do_stg((uint64_t)behind, (uint64_t)behind);
    do_stg((uint64_t)behind_tag7, (uint64_t)behind_tag7);
    checks(ATA | TCF(TCF_SYNC));
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t at = base + 16 * (i % 64);

        *behind_tag7 = *(volatile uint64_t *)RAM_BASE; /* a TLB may know both pages now */
        do_setg(base + TAG(7), RAM_BASE + i, 1024);
        tagged &= tag_of(at) == 7 && *(uint8_t *)(at + TAG(7)) == (uint8_t)i;
        do_setg(good, i, 1024);
        set &= access_set(good, i, 1024) == 0;
        copied &= access_copy(other, good, 1024) == 0 && access_copy(good, other, 1024) == 0;
        do_stg(at, TAG(8));
        *behind = 1;
        set &= access_set(good + 1, i, 1023) == 1 && status == (TAG_CHECK | WRITE);
        set &= where == at + TAG(9) + (at == base);
        copied &=
            access_copy(other, good, 1024) == 1 && status == TAG_CHECK && where == at + TAG(9);
        copied &= access_copy(good, other, 1024) == 1 && status == (TAG_CHECK | WRITE);
    }
    check(tagged, "SETG sets tags");
    check(set && copied, "SET and CPY stop at a wrong tag");
    checks(ATA);
}

static void asynchronous(void)
{
    uint64_t bad = base + TAG(6);

    print("Asynchronous, and asymmetric:\n");
    tag_range(base + TAG(5), 64);
    WRITE_REG(tfsr_el1, 0);
    WRITE_REG(tfsre0_el1, 0);
    checks(ATA | TCF(TCF_ASYNC));
    bool done = !access_ldr(base + TAG(5)) && READ_REG(tfsr_el1) == 0;
    check(done, "TFSR_EL1 stays 0 with the right tag");
    done = !access_ldr(bad) && READ_REG(tfsr_el1) == 1;
    WRITE_REG(tfsr_el1, 0);
    check(done && !access_str(bad) && READ_REG(tfsr_el1) == 1, "is 1 after a wrong one");
    WRITE_REG(tfsr_el1, 0);
    checks(ATA | TCF(TCF_ASYM));
    check(access_ldr(bad) == 1 && status == TAG_CHECK && READ_REG(tfsr_el1) == 0,
          "asymmetric: loads are synchronous");
    check(!access_str(bad) && READ_REG(tfsr_el1) == 1, "and stores are not");
    WRITE_REG(tfsr_el1, 0);
    checks(ATA);
}

/* --- EL0 --- */

static uint64_t at_el0(void (*code)(void), uint64_t address)
{
    return enter_el0((const void *)((uint64_t)code + USER),
                     (const void *)((uint64_t)user_stack + sizeof(user_stack) + USER),
                     address + USER, (uint64_t)user_end + USER);
}

static void user(void)
{
    uint64_t good = base + TAG(5), bad = base + TAG(6);
    bool right = true;

    print("EL0:\n");
    checks(ATA | ATA0 | TCF0(TCF_SYNC));
    tag_range(good, 4096);
    check(!at_el0(user_load, good) && !at_el0(user_store, good), "the right tag");
    check(at_el0(user_load, bad) == 1 && status == TAG_CHECK && where == bad + USER, "a wrong one");
    check(at_el0(user_store, bad) == 1 && status == (TAG_CHECK | WRITE), "a wrong one to store by");
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t at = base + 16 * (i % 256);

        do_stg(at, TAG(1));
        right &= at_el0(user_rewrite, good) == 1 && where == at + TAG(5) + USER;
        do_stg(at, TAG(5));
        right &= at_el0(user_rewrite, good) == 0;
    }
    check(right, "loops");
    check(access_ldr(bad) == 0 && access_ldtr(bad + USER) == 1 && access_sttr(bad + USER) == 1,
          "TCF0 is for LDTR and STTR at EL1, too");
    checks(ATA | ATA0 | TCF(TCF_SYNC) | TCF0(TCF_ASYNC));
    WRITE_REG(tfsr_el1, 0);
    check(!at_el0(user_load, bad) && READ_REG(tfsre0_el1) == 1 && READ_REG(tfsr_el1) == 0,
          "asynchronous: TFSRE0_EL1");
    WRITE_REG(tfsre0_el1, 0);
    checks(ATA | TCF0(TCF_SYNC));
    check(!at_el0(user_load, bad), "without ATA0 nothing is checked");
    checks(ATA);
}

void rom_main(void)
{
    if ((READ_REG(id_aa64pfr1_el1) >> 8 & 15) != 3) {
        print("FEAT_MTE3 is not there: the board has it with -M virt,mte=on.\n");
        return;
    }
    mmu_on();
    checks(ATA);
    base = (uint64_t)arena + 4096;
    registers();
    memory();
    synchronous();
    loops();
    blocks();
    asynchronous();
    user();
    print_verdict("mte");
}
