/* cpu/sysreg.c, cpu/maintenance.c and cpu/model.c: rights, traps, masks, identification, AT and
 * PAR_EL1, cache maintenance by address. */
#include "cpu/model.h"
#include "guest.h"

#define ROWS_MAX 1000

static struct guest guest;
static struct cpu *cpu;

static void setup(void)
{
    cpu = guest_start(&guest, ENGINE_INTERP);
}

static void teardown(void)
{
    guest_close(&guest);
}

static void run_at(unsigned el, uint32_t word)
{
    guest_program(&guest, CODE, word, el ? A_STOP : a_svc(0x77));
    pstate_set_el(cpu, el, true);
    cpu->daif = 15;
    cpu->esr[1] = 0xffffffff;
    guest_refresh(&guest);
    guest_run(&guest, CODE);
}

static bool went_on(unsigned el)
{
    if (el)
        return cpu->pc == CODE + 8;
    return guest_esr_ec(&guest) == EC_SVC && guest_esr_iss(&guest) == 0x77;
}

static uint64_t mrs(uint16_t key)
{
    cpu->x[3] = 0x5555;
    run_at(1, a_mrs(3, key));
    ck_assert_msg(went_on(1), "MRS of key 0x%x at EL1", key);
    return cpu->x[3];
}

static void msr(uint16_t key, uint64_t value)
{
    cpu->x[3] = value;
    run_at(1, a_msr(key, 3));
    ck_assert_msg(went_on(1), "MSR of key 0x%x at EL1", key);
}

/* --- Rights --- */

START_TEST(every_row_has_its_own_key_and_a_complete_description)
{
    unsigned count = 0;

    for (unsigned i = 0; i < ROWS_MAX && sysreg_row(i); i++, count++) {
        const struct sysreg *row = sysreg_row(i);

        ck_assert_msg(sysreg_find(row->key) == (int)i, "%s has the key of another row", row->name);
        ck_assert_ptr_nonnull(row->name);
        ck_assert(row->access & (SYSREG_RW1 | SYSREG_RW0));
        /* what EL0 may, EL1 may; and somebody decides for EL0 */
        if (row->access & SYSREG_RW0) {
            ck_assert_msg(row->check != NULL, "%s", row->name);
            if (row->access & SYSREG_R0)
                ck_assert(row->access & SYSREG_R1);
            if (row->access & SYSREG_W0)
                ck_assert(row->access & SYSREG_W1);
        }
        /* op1 is 3 for what EL0 may reach (C5.1.2) */
        if (row->access & SYSREG_RW0)
            ck_assert_msg((row->key >> 11 & 7) == 3, "%s", row->name);
    }
    ck_assert_uint_gt(count, 100);
    ck_assert_int_eq(sysreg_find(SYSREG_KEY(3, 7, 15, 15, 7)), -1);
    ck_assert_ptr_null(sysreg_row(count));
}
END_TEST

START_TEST(each_level_may_do_what_the_row_says_and_nothing_else)
{
    for (unsigned i = 0; sysreg_row(i); i++) {
        const struct sysreg *row = sysreg_row(i);
        bool own_sp = row->key == SYSREG_KEY(3, 0, 4, 1, 0);

        for (unsigned el = 0; el < 2; el++) {
            for (unsigned read = 0; read < 2; read++) {
                unsigned right =
                    el ? (read ? SYSREG_R1 : SYSREG_W1) : (read ? SYSREG_R0 : SYSREG_W0);
                uint64_t value = 0;

                guest_reset(&guest);
                /* write back what is there, so that the machine goes on */
                if (row->offset && !row->read && !read)
                    value = *(uint64_t *)((char *)cpu + row->offset);
                cpu->x[3] = value;
                run_at(el, read ? a_mrs(3, row->key) : a_msr(row->key, 3));
                if ((row->access & right) && model_has(cpu->model, sysreg_feature(row->key))) {
                    bool trapped = !el && guest_esr_ec(&guest) == EC_SYSREG;

                    ck_assert_msg(went_on(el) || trapped || own_sp, "%s: %s at EL%u: EC 0x%x",
                                  row->name, read ? "read" : "write", el, guest_esr_ec(&guest));
                } else {
                    /* FEAT_IDST: EL0 reads where the ID registers are */
                    bool id = !el && read && row->key >> 14 == 3 && (row->key >> 7 & 15) == 0 &&
                              (row->key >> 11 & 7) != 2;

                    ck_assert_msg(guest_esr_ec(&guest) == (id ? EC_SYSREG : EC_UNKNOWN),
                                  "%s: %s at EL%u: EC 0x%x", row->name, read ? "read" : "write", el,
                                  guest_esr_ec(&guest));
                }
            }
        }
    }
}
END_TEST

START_TEST(unknown_registers_are_undefined_and_named_once)
{
    static const uint16_t keys[] = {
        SYSREG_KEY(3, 0, 15, 2, 0),
        SYSREG_KEY(3, 4, 1, 0, 0) /* SCTLR_EL2 */,
        SYSREG_KEY(3, 6, 1, 0, 0) /* SCTLR_EL3 */,
        SYSREG_KEY(3, 5, 1, 0, 0) /* SCTLR_EL12 */,
        SYSREG_KEY(1, 4, 8, 7, 0) /* TLBI ALLE2 */,
        SYSREG_KEY(3, 3, 13, 2, 0) /* AMCR_EL0 */,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        for (unsigned el = 0; el < 2; el++) {
            char name[32];
            const char *text;

            run_at(el, a_msr(keys[i], 3));
            ck_assert_uint_eq(guest_esr_ec(&guest), EC_UNKNOWN);
            ck_assert_uint_eq(cpu->elr[1], CODE);
            run_at(el, a_mrs(3, keys[i]));
            ck_assert_uint_eq(guest_esr_ec(&guest), EC_UNKNOWN);
            snprintf(name, sizeof(name), "S%u_%u_C%u_C%u_%u", keys[i] >> 14, keys[i] >> 11 & 7,
                     keys[i] >> 7 & 15, keys[i] >> 3 & 15, keys[i] & 7);
            text = strstr(fake_log_flush(&guest.log), name);
            ck_assert_msg(text != NULL, "%s is not in the log", name);
            ck_assert_ptr_null(strstr(text + 1, name));
        }
}
END_TEST

START_TEST(traps_from_el0_tell_the_instruction)
{
    static const struct {
        uint16_t key;
        bool read;
        unsigned bit; /* of SCTLR_EL1: set permits */
    } cases[] = {
        {SYSREG_KEY(3, 3, 0, 0, 1), true, 15}, /* CTR_EL0: UCT */
        {SYSREG_KEY(3, 3, 4, 2, 1), true, 9},  /* DAIF: UMA */
        {SYSREG_KEY(3, 3, 4, 2, 1), false, 9},
        {SYSREG_KEY(1, 3, 7, 10, 1), false, 26}, /* DC CVAC: UCI */
        {SYSREG_KEY(1, 3, 7, 11, 1), false, 26},
        {SYSREG_KEY(1, 3, 7, 12, 1), false, 26},
        {SYSREG_KEY(1, 3, 7, 13, 1), false, 26},
        {SYSREG_KEY(1, 3, 7, 14, 1), false, 26},
        {SYSREG_KEY(1, 3, 7, 5, 1), false, 26}, /* IC IVAU */
    };

    for (unsigned c = 0; c < ARRAY_SIZE(cases); c++) {
        uint32_t key = cases[c].key;
        unsigned iss = key >> 14 << 20 | (key & 7) << 17 | (key >> 11 & 7) << 14 |
                       (key >> 7 & 15) << 10 | 19u << 5 | (key >> 3 & 15) << 1 | cases[c].read;

        guest_reset(&guest);
        cpu->x[19] = DATA;
        cpu->mmu.regs.sctlr &= ~(1ull << cases[c].bit);
        run_at(0, cases[c].read ? a_mrs(19, cases[c].key) : a_msr(cases[c].key, 19));
        ck_assert_uint_eq(guest_esr_ec(&guest), EC_SYSREG);
        ck_assert_uint_eq(guest_esr_iss(&guest), iss);
        ck_assert_uint_eq(cpu->elr[1], CODE);
        cpu->mmu.regs.sctlr |= 1ull << cases[c].bit;
        run_at(0, cases[c].read ? a_mrs(19, cases[c].key) : a_msr(cases[c].key, 19));
        ck_assert_msg(went_on(0), "case %u: EC 0x%x", c, guest_esr_ec(&guest));
    }
}
END_TEST

START_TEST(tidcp_traps_what_is_implementation_defined)
{
    static const struct {
        uint16_t key;
        bool read, defined; /* by the architecture */
    } cases[] = {
        {SYSREG_KEY(3, 0, 15, 2, 0), true, false},  {SYSREG_KEY(3, 0, 15, 2, 0), false, false},
        {SYSREG_KEY(3, 3, 11, 15, 7), true, false}, {SYSREG_KEY(1, 3, 15, 0, 1), false, false},
        {SYSREG_KEY(1, 7, 11, 5, 2), true, false},  {SYSREG_KEY(3, 3, 14, 4, 0), true, true},
    };

    for (unsigned c = 0; c < ARRAY_SIZE(cases); c++) {
        uint32_t key = cases[c].key;
        uint32_t word = cases[c].read ? a_mrs(19, cases[c].key) : a_msr(cases[c].key, 19);
        unsigned iss = key >> 14 << 20 | (key & 7) << 17 | (key >> 11 & 7) << 14 |
                       (key >> 7 & 15) << 10 | 19u << 5 | (key >> 3 & 15) << 1 | cases[c].read;

        guest_reset(&guest);
        run_at(0, word);
        ck_assert_uint_eq(guest_esr_ec(&guest), EC_UNKNOWN);
        cpu->mmu.regs.sctlr |= SCTLR_TIDCP;
        run_at(1, word);
        ck_assert_uint_eq(guest_esr_ec(&guest), EC_UNKNOWN);
        run_at(0, word);
        ck_assert_uint_eq(guest_esr_ec(&guest), cases[c].defined ? EC_UNKNOWN : EC_SYSREG);
        ck_assert(cases[c].defined || guest_esr_iss(&guest) == iss);
    }
}
END_TEST

/* --- Masks --- */

START_TEST(reserved_bits_cannot_be_set)
{
    static const struct {
        uint16_t key;
        uint64_t ones, zeroes; /* what all ones and all zeroes read back as */
    } cases[] = {
        {SYSREG_KEY(3, 3, 4, 2, 0), 0xf0000000, 0},  /* NZCV */
        {SYSREG_KEY(3, 3, 4, 2, 1), 0x3c0, 0},       /* DAIF */
        {SYSREG_KEY(3, 3, 4, 4, 1), 0x0800009f, 0},  /* FPSR: QC and the six flags */
        {SYSREG_KEY(3, 3, 4, 2, 5), 1u << 24, 0},    /* DIT */
        {SYSREG_KEY(3, 3, 4, 2, 6), 1u << 12, 0},    /* SSBS */
        {SYSREG_KEY(3, 0, 4, 2, 3), 1u << 22, 0},    /* PAN */
        {SYSREG_KEY(3, 0, 4, 2, 4), 1u << 23, 0},    /* UAO */
        {SYSREG_KEY(3, 0, 1, 0, 2), 3u << 20, 0},    /* CPACR_EL1 */
        {SYSREG_KEY(3, 0, 12, 0, 0), ~0x7ffull, 0},  /* VBAR_EL1 */
        {SYSREG_KEY(3, 2, 0, 0, 0), 0xf, 0},         /* CSSELR_EL1 */
        {SYSREG_KEY(3, 0, 12, 1, 1), 0x81ffffff, 0}, /* DISR_EL1 */
        {SYSREG_KEY(3, 0, 5, 3, 0), 0, 0},           /* ERRIDR_EL1 */
        {SYSREG_KEY(3, 0, 13, 0, 1), 0xffffffff, 0}, /* CONTEXTIDR_EL1 */
        {SYSREG_KEY(3, 0, 4, 0, 0), 0xffffffff, 0},  /* SPSR_EL1 */
        {SYSREG_KEY(3, 0, 5, 2, 0), 0xffffffff, 0},  /* ESR_EL1 */
        {SYSREG_KEY(3, 3, 13, 0, 2), ~0ull, 0},      /* TPIDR_EL0 */
        {SYSREG_KEY(3, 3, 13, 0, 3), ~0ull, 0},      /* TPIDRRO_EL0 */
        {SYSREG_KEY(3, 0, 13, 0, 4), ~0ull, 0},      /* TPIDR_EL1 */
        {SYSREG_KEY(3, 0, 6, 0, 0), ~0ull, 0},       /* FAR_EL1 */
        {SYSREG_KEY(3, 0, 4, 0, 1), ~0ull, 0},       /* ELR_EL1 */
    };

    for (unsigned c = 0; c < ARRAY_SIZE(cases); c++)
        for (unsigned ones = 0; ones < 2; ones++) {
            guest_reset(&guest);
            cpu->x[3] = ones ? ~0ull : 0;
            guest_program(&guest, CODE, a_msr(cases[c].key, 3), a_mrs(4, cases[c].key), A_STOP);
            guest_run(&guest, CODE);
            ck_assert_uint_eq(cpu->x[4], ones ? cases[c].ones : cases[c].zeroes);
        }
}
END_TEST

START_TEST(fpcr_keeps_what_the_model_has)
{
    uint64_t fz16 = model_has(cpu->model, FEAT_FP16) ? 1u << 19 : 0;
    uint64_t afp = model_has(cpu->model, FEAT_AFP) ? 7 : 0;
    uint64_t ebf = model_has(cpu->model, FEAT_EBF16) ? 1u << 13 : 0;

    msr(SYSREG_KEY(3, 3, 4, 4, 0), ~0ull);
    ck_assert_uint_eq(mrs(SYSREG_KEY(3, 3, 4, 4, 0)), 0x07c00000 | fz16 | afp | ebf);
    msr(SYSREG_KEY(3, 3, 4, 4, 0), 0);
}
END_TEST

START_TEST(sctlr_keeps_its_res1_and_res0_bits)
{
    const uint16_t key = SYSREG_KEY(3, 0, 1, 0, 0);
    const uint64_t res1 = 1u << 29 | 1u << 28 | 1u << 22 | 1u << 11 | 1u << 8 | 1u << 7;
    const uint64_t res0 = 1u << 5 | 1u << 17 | 3u << 24 /* E0E, EE: little-endian alone */ |
                          (~0ull << 45 & ~(1ull << 57) & ~SCTLR_TIDCP);
    uint64_t value;

    msr(key, 0);
    value = mrs(key);
    ck_assert_uint_eq(value & res1, res1);
    msr(key, ~(uint64_t)(SCTLR_M | SCTLR_A));
    value = mrs(key);
    ck_assert_uint_eq(value & res1, res1);
    ck_assert_uint_eq(value & res0, 0);
    ck_assert_uint_eq(value & (1u << 26 | 1u << 23 | 1u << 9), 1u << 26 | 1u << 23 | 1u << 9);
}
END_TEST

/* Kernels change them with the process: to forget all each time would be dear. */
START_TEST(sctlr_bits_of_processes_are_in_no_tlb)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(SYSREG_KEY(3, 0, 1, 0, 0)));
    uint64_t value = cpu->mmu.regs.sctlr, floor = cpu->mmu.tlb.floor_all;

    value ^= 1u << 31 | 1u << 30 | 1u << 27 | 1u << 13;
    row->write(cpu, row, value);
    ck_assert_uint_eq(cpu->mmu.regs.sctlr, value);
    ck_assert_uint_eq(cpu->mmu.tlb.floor_all, floor);
    row->write(cpu, row, value ^ 1u << 19 /* WXN */);
    ck_assert_uint_ne(cpu->mmu.tlb.floor_all, floor);
}
END_TEST

START_TEST(os_lock_is_locked_until_it_is_unlocked)
{
    const uint16_t oslar = SYSREG_KEY(2, 0, 1, 0, 4), oslsr = SYSREG_KEY(2, 0, 1, 1, 4);

    ck_assert_uint_eq(mrs(oslsr), 0xa);
    msr(oslar, 0);
    ck_assert_uint_eq(mrs(oslsr), 8);
    msr(oslar, 1);
    ck_assert_uint_eq(mrs(oslsr), 0xa);
}
END_TEST

START_TEST(writes_to_pstate_registers_change_pstate)
{
    cpu->x[3] = 9ull << 28;
    guest_program(&guest, CODE, a_msr(SYSREG_KEY(3, 3, 4, 2, 0), 3), A_STOP);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(pstate_get(cpu) >> 28, 9);
    ck_assert_uint_eq(mrs(SYSREG_KEY(3, 0, 4, 2, 2)), 1 << 2); /* CurrentEL */
    ck_assert_uint_eq(mrs(SYSREG_KEY(3, 0, 4, 2, 0)), 1);      /* SPSel */
    guest_program(&guest, CODE, a_pan(1), a_mrs(3, SYSREG_KEY(3, 0, 4, 2, 3)), a_pan(0),
                  a_mrs(4, SYSREG_KEY(3, 0, 4, 2, 3)), A_STOP);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[3], 1u << 22);
    ck_assert_uint_eq(cpu->x[4], 0);
}
END_TEST

/* --- Identification --- */

START_TEST(id_registers_show_the_features_of_the_model)
{
    /* DDI 0487, D17.2: where a feature shows, and from which value on */
    static const struct {
        enum feature feature;
        uint8_t crm, op2, shift, value;
    } shows[] = {
        {FEAT_CRC32, 6, 0, 16, 1},      {FEAT_LSE, 6, 0, 20, 2},     {FEAT_RDM, 6, 0, 28, 1},
        {FEAT_AES, 6, 0, 4, 1},         {FEAT_PMULL, 6, 0, 4, 2},    {FEAT_SHA1, 6, 0, 8, 1},
        {FEAT_SHA256, 6, 0, 12, 1},     {FEAT_DotProd, 6, 0, 44, 1}, {FEAT_FlagM, 6, 0, 52, 1},
        {FEAT_FlagM2, 6, 0, 52, 2},     {FEAT_TLBIOS, 6, 0, 56, 1},  {FEAT_TLBIRANGE, 6, 0, 56, 2},
        {FEAT_RNG, 6, 0, 60, 1},        {FEAT_DPB, 6, 1, 0, 1},      {FEAT_DPB2, 6, 1, 0, 2},
        {FEAT_LRCPC, 6, 1, 20, 1},      {FEAT_LRCPC2, 6, 1, 20, 2},  {FEAT_SB, 6, 1, 36, 1},
        {FEAT_SSBS, 4, 1, 4, 1},        {FEAT_DIT, 4, 0, 48, 1},     {FEAT_PAN, 7, 1, 20, 1},
        {FEAT_UAO, 7, 2, 4, 1},         {FEAT_CSSC, 6, 2, 52, 1},    {FEAT_HBC, 6, 2, 20, 1},
        {FEAT_MOPS, 6, 2, 16, 1},       {FEAT_WFxT, 6, 2, 0, 2},     {FEAT_LSE2, 7, 2, 32, 1},
        {FEAT_DGH, 6, 1, 48, 1},        {FEAT_SPECRES, 6, 1, 40, 1}, {FEAT_PAuth, 6, 1, 8, 1},
        {FEAT_FPACCOMBINE, 6, 1, 8, 5}, {FEAT_BTI, 4, 1, 0, 1},      {FEAT_PAN3, 7, 1, 20, 3},
        {FEAT_TTST, 7, 2, 28, 1},       {FEAT_IDST, 7, 2, 36, 1},    {FEAT_ECV, 7, 0, 60, 1},
        {FEAT_MTE, 4, 1, 8, 1},         {FEAT_MTE2, 4, 1, 8, 2},     {FEAT_MTE3, 4, 1, 8, 3},
    };
    uint64_t pfr0 = mrs(SYSREG_KEY(3, 0, 0, 4, 0));

    for (unsigned i = 0; i < ARRAY_SIZE(shows); i++) {
        uint64_t id = mrs(SYSREG_KEY(3, 0, 0, shows[i].crm, shows[i].op2));
        bool visible = bits_get(id, shows[i].shift, 4) >= shows[i].value;

        ck_assert_msg(visible == model_has(cpu->model, shows[i].feature),
                      "feature %u: ID_AA64 CRm %u op2 %u <%u> is %llu", shows[i].feature,
                      shows[i].crm, shows[i].op2, shows[i].shift,
                      (unsigned long long)bits_get(id, shows[i].shift, 4));
    }
    ck_assert_uint_eq(bits_get(pfr0, 0, 4), 1);                /* EL0: AArch64 only */
    ck_assert_uint_eq(bits_get(pfr0, 4, 4), 1);                /* EL1 */
    ck_assert_uint_eq(bits_get(pfr0, 8, 8), 0);                /* no EL2, no EL3 */
    ck_assert(bits_get(pfr0, 16, 4) == bits_get(pfr0, 20, 4)); /* FP and AdvSIMD go together */
    /* 16K granule is 1, 4K and 64K are 0 when they are there */
    ck_assert_uint_eq(bits_get(mrs(SYSREG_KEY(3, 0, 0, 7, 0)), 20, 12), 1);
}
END_TEST

START_TEST(cache_geometry_is_consistent)
{
    uint64_t ctr = mrs(SYSREG_KEY(3, 3, 0, 0, 1)), clidr = mrs(SYSREG_KEY(3, 1, 0, 0, 1));

    ck_assert_uint_eq(bits_get(ctr, 16, 4), 4); /* 16 words: the line of DC */
    ck_assert_uint_eq(bits_get(ctr, 0, 4), 4);
    ck_assert_uint_eq(bits_get(ctr, 31, 1), 1);
    ck_assert_uint_eq(bits_get(clidr, 0, 3), 3);
    for (unsigned level = 0; level < bits_get(clidr, 24, 3); level++) {
        msr(SYSREG_KEY(3, 2, 0, 0, 0), level << 1);
        ck_assert_uint_eq(mrs(SYSREG_KEY(3, 1, 0, 0, 0)) & 7, 2); /* 64 bytes, as CTR says */
    }
    ck_assert_uint_eq(mrs(SYSREG_KEY(3, 3, 0, 0, 7)), 4); /* DCZID_EL0: 64 bytes, permitted */
    cpu->mmu.regs.sctlr &= ~(1ull << 14);                 /* DZE */
    run_at(0, a_mrs(3, SYSREG_KEY(3, 3, 0, 0, 7)));
    ck_assert(went_on(0));
    ck_assert_uint_eq(cpu->x[3], 0x14); /* DZP */
}
END_TEST

/* --- AT and PAR_EL1 --- */

#define AT(crm, op2) SYSREG_KEY(1, 0, 7, crm, op2)

static uint64_t translate(uint16_t at, uint64_t va)
{
    cpu->x[3] = va;
    guest_program(&guest, CODE, a_msr(at, 3), A_ISB, a_mrs(4, SYSREG_KEY(3, 0, 7, 4, 0)), A_STOP);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, CODE + 12);
    return cpu->x[4];
}

static uint64_t par_ok(uint64_t phys, uint64_t mair, uint64_t sh)
{
    return mair << 56 | phys | 1u << 11 | sh << 7;
}

static uint64_t par_fault(unsigned status)
{
    return 1u << 11 | (uint64_t)status << 1 | 1;
}

START_TEST(at_answers_with_the_rights_it_names)
{
    const uint16_t s1e1r = AT(8, 0), s1e1w = AT(8, 1), s1e0r = AT(8, 2), s1e0w = AT(8, 3),
                   s1e1rp = AT(9, 0), s1e1wp = AT(9, 1);
    static const struct {
        uint64_t ap;
        bool e1w, e0r, e0w;
    } cases[] = {{0, true, false, false},
                 {1, true, true, true},
                 {2, false, false, false},
                 {3, false, true, false}};
    const uint64_t va = 0x80003abc, denied = par_fault(FAULT_PERMISSION + 3);

    for (unsigned c = 0; c < ARRAY_SIZE(cases); c++) {
        struct tables t = guest_mmu_on(&guest, D_AP(0));
        uint64_t yes = par_ok(DATA, 0xff, 3);

        tables_set(&t, va, 3, DATA | D_AF | D_SH(3) | D_AP(cases[c].ap) | D_UXN | D_PAGE);
        for (unsigned pan = 0; pan < 2; pan++) {
            bool blocked = pan && cases[c].e0r;

            cpu->pan = pan;
            guest_refresh(&guest);
            ck_assert_uint_eq(translate(s1e1r, va), yes); /* PAN does not look at these */
            ck_assert_uint_eq(translate(s1e1w, va), cases[c].e1w ? yes : denied);
            ck_assert_uint_eq(translate(s1e0r, va), cases[c].e0r ? yes : denied);
            ck_assert_uint_eq(translate(s1e0w, va), cases[c].e0w ? yes : denied);
            ck_assert_uint_eq(translate(s1e1rp, va), blocked ? denied : yes);
            ck_assert_uint_eq(translate(s1e1wp, va), cases[c].e1w && !blocked ? yes : denied);
        }
        cpu->pan = false;
    }
}
END_TEST

START_TEST(par_shows_attributes_and_faults)
{
    struct tables t = guest_mmu_on(&guest, D_AP(0));

    tables_set(&t, 0x80000000, 3, DATA | D_AF | D_SH(2) | D_ATTR(0) | D_PAGE);
    tables_set(&t, 0x80001000, 3, DATA | D_AF | D_SH(3) | D_ATTR(1) | D_PAGE);
    tables_set(&t, 0x80002000, 3, DATA | D_AF | D_SH(3) | D_ATTR(2) | D_PAGE);
    tables_set(&t, 0x80003000, 3, DATA | D_PAGE);
    ck_assert_uint_eq(translate(AT(8, 0), 0x80000123), par_ok(DATA, 0xff, 2));
    ck_assert_uint_eq(translate(AT(8, 0), 0x80001000), par_ok(DATA, 0x44, 2)); /* NC is outer */
    ck_assert_uint_eq(translate(AT(8, 0), 0x80002000), par_ok(DATA, 0x00, 2));
    ck_assert_uint_eq(translate(AT(8, 0), 0x80003000), par_fault(FAULT_ACCESS_FLAG + 3));
    ck_assert_uint_eq(translate(AT(8, 0), 0x80004000), par_fault(FAULT_TRANSLATION + 3));
    ck_assert_uint_eq(translate(AT(8, 0), 0xc0000000), par_fault(FAULT_TRANSLATION + 1));
    ck_assert_uint_eq(translate(AT(8, 0), 1ull << 45), par_fault(FAULT_TRANSLATION));
    ck_assert_uint_eq(cpu->far[1], 0); /* no exception, no FAR */
    cpu->mmu.regs.sctlr &= ~SCTLR_M;
    guest_refresh(&guest);
    ck_assert_uint_eq(translate(AT(8, 1), DATA), par_ok(DATA, 0, 2));
}
END_TEST

START_TEST(at_leaves_the_dirty_state_alone)
{
    struct tables t = guest_mmu_on(&guest, D_AP(0));
    uint64_t clean = DATA | D_AF | D_SH(3) | D_DBM | D_AP(2) | D_PAGE;

    tables_set(&t, 0x80000000, 3, clean);
    cpu->mmu.regs.tcr |= TCR_HA | TCR_HD;
    guest_refresh(&guest);
    ck_assert_uint_eq(translate(AT(8, 1), 0x80000000), par_ok(DATA, 0xff, 3));
    ck_assert_uint_eq(peek64(guest.bus, tables_at(&t, 0x80000000, 3)), clean);
    /* and the store that follows marks it */
    cpu->x[5] = 0x80000000;
    guest_program(&guest, CODE, a_str(5, 5, 0), A_STOP);
    guest_run(&guest, CODE);
    expect_stopped_at(&guest, CODE + 4);
    ck_assert_uint_eq(peek64(guest.bus, tables_at(&t, 0x80000000, 3)), clean & ~D_AP(2));
}
END_TEST

START_TEST(at_takes_an_external_abort_of_the_walk_as_an_exception)
{
    static const uint16_t forms[] = {AT(8, 0), AT(8, 1), AT(8, 2), AT(8, 3), AT(9, 0), AT(9, 1)};
    struct tables t = guest_mmu_on(&guest, D_AP(0));
    const uint64_t nowhere = 0x10000000;

    tables_set(&t, 0x80000000, 2, nowhere | D_TABLE);
    tables_set(&t, 0xc0000000, 1, nowhere | D_TABLE);
    for (unsigned f = 0; f < ARRAY_SIZE(forms); f++) {
        for (unsigned level = 2; level <= 3; level++) {
            cpu->sys.par = 0x5555;
            cpu->x[3] = level == 3 ? 0x80003abc : 0xc0003abc;
            run_at(1, a_msr(forms[f], 3));
            ck_assert_uint_eq(guest_esr_ec(&guest), EC_DATA_ABORT_LOWER + 1);
            ck_assert_uint_eq(guest_esr_iss(&guest),
                              (FAULT_EXTERNAL_WALK + level) | 1u << 6 | 1u << 8);
            ck_assert_uint_eq(cpu->far[1], cpu->x[3]);
            ck_assert_uint_eq(cpu->elr[1], CODE);
            ck_assert_uint_eq(cpu->sys.par, 0x5555);
        }
        run_at(0, a_msr(forms[f], 3));
        ck_assert_uint_eq(guest_esr_ec(&guest), EC_UNKNOWN);
    }
}
END_TEST

/* --- TLBI as an instruction --- */

START_TEST(tlbi_arguments_name_page_asid_and_range)
{
    struct tables t = guest_mmu_on(&guest, D_AP(0));
    static const struct {
        uint8_t crm, op2; /* of S1_0_C8, and of S1_0_C9, the nXS forms */
        uint64_t argument;
    } forms[] = {
        {7, 0, 0},                    /* VMALLE1 */
        {3, 0, 0},                    /* VMALLE1IS */
        {1, 0, 0},                    /* VMALLE1OS */
        {7, 1, 0x80003 | 5ull << 48}, /* VAE1, ASID 5 */
        {3, 1, 0x80003 | 5ull << 48 | 3ull << 44 /* TTL hint */},
        {7, 2, 5ull << 48},                        /* ASIDE1 */
        {7, 3, 0x80003},                           /* VAAE1 */
        {7, 5, 0x80003 | 5ull << 48},              /* VALE1 */
        {7, 7, 0x80003},                           /* VAALE1 */
        {6, 1, 0x80002 | 1ull << 46 | 5ull << 48}, /* RVAE1: TG 4K, two pages from 0x80002000 */
        {2, 3, 0x80000 | 1ull << 46 | 1ull << 39}, /* RVAAE1IS: NUM 1, four pages */
        {5, 5, 0x80000 | 1ull << 46 | 1ull << 44 | 5ull << 48}, /* RVALE1OS: SCALE 1, 64 pages */
        {6, 7, 0x80003}, /* RVAALE1: TG reserved, all is forgotten */
    };

    cpu->mmu.regs.ttbr0 = t.root | 5ull << 48;
    poke64(guest.bus, DATA, 0xaaaa);
    poke64(guest.bus, DATA + 0x1000, 0xbbbb);
    for (unsigned round = 0; round < 2 * ARRAY_SIZE(forms); round++) {
        unsigned f = round / 2, crn = 8 + round % 2;

        tables_set(&t, 0x80003000, 3, DATA | D_AF | D_SH(3) | D_NG | D_PAGE);
        guest_refresh(&guest);
        cpu->x[5] = 0x80003000;
        cpu->x[6] = tables_at(&t, 0x80003000, 3);
        cpu->x[7] = (DATA + 0x1000) | D_AF | D_SH(3) | D_NG | D_PAGE;
        cpu->x[8] = forms[f].argument;
        guest_program(&guest, CODE, a_ldr(0, 5, 0), a_str(7, 6, 0), A_DSB,
                      a_msr(SYSREG_KEY(1, 0, crn, forms[f].crm, forms[f].op2), 8), A_DSB, A_ISB,
                      a_ldr(1, 5, 0), A_STOP);
        guest_run(&guest, CODE);
        expect_stopped_at(&guest, CODE + 28);
        ck_assert_uint_eq(cpu->x[0], 0xaaaa);
        ck_assert_msg(cpu->x[1] == 0xbbbb, "form %u left a stale entry", f);
    }
}
END_TEST

/* --- DC and IC --- */

START_TEST(dc_by_address_faults_as_a_write_with_cm)
{
    struct tables t = guest_mmu_on(&guest, D_AP(3));

    cpu->x[3] = 0x80000040;
    run_at(1, a_msr(SYSREG_KEY(1, 3, 7, 10, 1), 3)); /* DC CVAC */
    ck_assert_uint_eq(guest_esr_ec(&guest), EC_DATA_ABORT_LOWER + 1);
    ck_assert_uint_eq(guest_esr_iss(&guest), (FAULT_TRANSLATION + 1) | 1u << 6 | 1u << 8);
    ck_assert_uint_eq(cpu->far[1], 0x80000040);
    /* EL0 needs the right to read; PAN does not look at it */
    tables_set(&t, 0x80000000, 3, DATA | D_AF | D_AP(0) | D_PAGE);
    tables_set(&t, 0x80001000, 3, DATA | D_AF | D_AP(1) | D_PAGE);
    cpu->mmu.regs.sctlr |= 1u << 26;
    run_at(0, a_msr(SYSREG_KEY(1, 3, 7, 11, 1), 3));
    ck_assert_uint_eq(guest_esr_iss(&guest), (FAULT_PERMISSION + 3) | 1u << 6 | 1u << 8);
    cpu->x[3] = 0x80001040;
    cpu->pan = true;
    run_at(1, a_msr(SYSREG_KEY(1, 3, 7, 11, 1), 3));
    ck_assert(went_on(1));
    cpu->x[3] = 0xc0000000;
    run_at(1, a_msr(SYSREG_KEY(1, 3, 7, 5, 1), 3)); /* IC IVAU of what is not mapped: nothing */
    ck_assert(went_on(1));
}
END_TEST

START_TEST(cmow_demands_write_permission_of_el0_for_what_gives_lines_up)
{
    static const struct {
        uint16_t key;
        bool gives_up;
    } cases[] = {
        {SYSREG_KEY(1, 3, 7, 14, 1), true},  /* DC CIVAC */
        {SYSREG_KEY(1, 3, 7, 5, 1), true},   /* IC IVAU */
        {SYSREG_KEY(1, 3, 7, 10, 1), false}, /* DC CVAC */
        {SYSREG_KEY(1, 3, 7, 11, 1), false}, /* DC CVAU */
    };
    struct tables t = guest_mmu_on(&guest, D_AP(3));
    uint64_t clean = DATA | D_AF | D_SH(3) | D_DBM | D_AP(3) | D_PAGE;

    cpu->mmu.regs.sctlr |= 1u << 26; /* UCI */
    tables_set(&t, 0x80000000, 3, DATA | D_AF | D_AP(3) | D_PAGE);
    tables_set(&t, 0x80001000, 3, clean);
    cpu->mmu.regs.tcr |= 3ull << 39; /* HA, HD */
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        cpu->mmu.regs.sctlr &= ~SCTLR_CMOW;
        cpu->x[3] = 0x80000040;
        run_at(0, a_msr(cases[i].key, 3));
        ck_assert(went_on(0));
        cpu->mmu.regs.sctlr |= SCTLR_CMOW;
        run_at(1, a_msr(cases[i].key, 3));
        ck_assert(went_on(1));
        run_at(0, a_msr(cases[i].key, 3));
        ck_assert_int_eq(went_on(0), !cases[i].gives_up);
        if (cases[i].gives_up) {
            ck_assert_uint_eq(guest_esr_ec(&guest), EC_DATA_ABORT_LOWER);
            ck_assert_uint_eq(guest_esr_iss(&guest), (FAULT_PERMISSION + 3) | 1u << 6 | 1u << 8);
            ck_assert_uint_eq(cpu->far[1], 0x80000040);
        }
        cpu->x[3] = 0x80001040; /* it would become dirty by a store, and does not by this */
        run_at(0, a_msr(cases[i].key, 3));
        ck_assert(went_on(0));
        ck_assert_uint_eq(peek64(guest.bus, tables_at(&t, 0x80001000, 3)), clean);
    }
}
END_TEST

START_TEST(dc_zva_zeroes_its_block_and_nothing_else)
{
    const uint16_t zva = SYSREG_KEY(1, 3, 7, 4, 1);
    struct tables t = guest_mmu_on(&guest, D_AP(0));

    for (unsigned i = 0; i < 24; i++)
        poke64(guest.bus, DATA + 8 * i, ~0ull);
    cpu->x[3] = DATA + 64 + 21;
    run_at(1, a_msr(zva, 3));
    ck_assert(went_on(1));
    for (unsigned i = 0; i < 24; i++)
        ck_assert_uint_eq(peek64(guest.bus, DATA + 8 * i), i >= 8 && i < 16 ? 0 : ~0ull);
    /* Device memory refuses it, read-only memory as a store, without CM */
    tables_set(&t, 0x80000000, 3, DATA | D_AF | D_ATTR(2) | D_PAGE);
    cpu->x[3] = 0x80000040;
    run_at(1, a_msr(zva, 3));
    ck_assert_uint_eq(guest_esr_iss(&guest), FAULT_ALIGNMENT | 1u << 6);
    tables_set(&t, 0x80001000, 3, DATA | D_AF | D_AP(2) | D_PAGE);
    cpu->x[3] = 0x80001044;
    run_at(1, a_msr(zva, 3));
    ck_assert_uint_eq(guest_esr_iss(&guest), (FAULT_PERMISSION + 3) | 1u << 6);
    ck_assert_uint_eq(cpu->far[1], 0x80001044);
    ck_assert_uint_eq(peek64(guest.bus, DATA), ~0ull);
}
END_TEST

static Suite *sysreg_suite(void)
{
    Suite *suite = suite_create("sysreg");
    TCase *tc = tcase_create("sysreg");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, every_row_has_its_own_key_and_a_complete_description);
    tcase_add_test(tc, each_level_may_do_what_the_row_says_and_nothing_else);
    tcase_add_test(tc, unknown_registers_are_undefined_and_named_once);
    tcase_add_test(tc, traps_from_el0_tell_the_instruction);
    tcase_add_test(tc, tidcp_traps_what_is_implementation_defined);
    tcase_add_test(tc, reserved_bits_cannot_be_set);
    tcase_add_test(tc, fpcr_keeps_what_the_model_has);
    tcase_add_test(tc, sctlr_keeps_its_res1_and_res0_bits);
    tcase_add_test(tc, sctlr_bits_of_processes_are_in_no_tlb);
    tcase_add_test(tc, os_lock_is_locked_until_it_is_unlocked);
    tcase_add_test(tc, writes_to_pstate_registers_change_pstate);
    tcase_add_test(tc, id_registers_show_the_features_of_the_model);
    tcase_add_test(tc, cache_geometry_is_consistent);
    tcase_add_test(tc, at_answers_with_the_rights_it_names);
    tcase_add_test(tc, par_shows_attributes_and_faults);
    tcase_add_test(tc, at_leaves_the_dirty_state_alone);
    tcase_add_test(tc, at_takes_an_external_abort_of_the_walk_as_an_exception);
    tcase_add_test(tc, tlbi_arguments_name_page_asid_and_range);
    tcase_add_test(tc, dc_by_address_faults_as_a_write_with_cm);
    tcase_add_test(tc, cmow_demands_write_permission_of_el0_for_what_gives_lines_up);
    tcase_add_test(tc, dc_zva_zeroes_its_block_and_nothing_else);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(sysreg_suite());
}
