/* devices/gicv3*.c and cpu/gic.c against IHI 0069H, with 1, 4 and 64 CPUs. What is said of values
 * that are IMPLEMENTATION DEFINED is what QEMU's virt answers. */
#include "gic.h"

#include <libfdt.h>
#include <pthread.h>
#include <sched.h>

#include "base/err.h"

static const unsigned counts[] = {1, 4, 64};

static void setup_one(void)
{
    gic_make(1, NULL);
    gic_switch_on();
}

static void setup_cold(void)
{
    gic_make(1, NULL);
}

/* Of the loop test that counts through counts[]. */
static void make_several(int which)
{
    gic_make(counts[which], NULL);
    gic_switch_on();
}

/* --- As reset --- */

START_TEST(identification_is_that_of_the_board)
{
    static const uint8_t ids[] = {0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1};

    ck_assert_uint_eq(reg(gic, D_TYPER) & 0x1f, 8); /* 288 lines */
    ck_assert_uint_eq(reg(gic, D_TYPER) >> 19, 0x6f /* No1N, A3V, IDbits: 16 */);
    ck_assert_uint_eq(reg(gic, D_IIDR), 0x43b);
    ck_assert_uint_eq(redist(0, R_IIDR), 0x43b);
    for (unsigned i = 0; i < 12; i++) {
        ck_assert_uint_eq(reg(gic, 0xffd0 + 4 * i), ids[i]);
        ck_assert_uint_eq(redist(0, 0xffd0 + 4 * i), i == 4 ? 0x93 : ids[i]);
        ck_assert_uint_eq(redist(0, R_SGI + 0xffd0 + 4 * i), i == 4 ? 0x93 : ids[i]);
    }
}
END_TEST

START_TEST(reset_values_are_those_of_the_manual)
{
    ck_assert_uint_eq(reg(gic, D_CTLR), 0x50); /* DS, ARE */
    ck_assert_uint_eq(reg(gic, ISENABLER + 4), 0);
    ck_assert_uint_eq(redist(0, R_SGI + ISENABLER), 0);
    ck_assert_uint_eq(redist(0, R_SGI + ICFGR), 0xaaaaaaaa);
    ck_assert_uint_eq(redist(0, R_SGI + ICFGR + 4), 0);
    ck_assert_uint_eq(redist(0, R_WAKER), 6);
    ck_assert_uint_eq(icc(0, PMR), 0);
    ck_assert_uint_eq(icc(0, BPR0), 2);
    ck_assert_uint_eq(icc(0, BPR1), 3);
    ck_assert_uint_eq(icc(0, CTLR), 0x8c00); /* A3V, 24 bits of INTID, 5 of priority */
    ck_assert_uint_eq(icc(0, SRE), 7);
    ck_assert_uint_eq(icc(0, IGRPEN0), 0);
    ck_assert_uint_eq(icc(0, IGRPEN1), 0);
    ck_assert_uint_eq(icc(0, RPR), 0xff);
    ck_assert_uint_eq(icc(0, IAR0), SPURIOUS);
    ck_assert_uint_eq(icc(0, IAR1), SPURIOUS);
    ck_assert_uint_eq(icc(0, HPPIR1), SPURIOUS);
}
END_TEST

START_TEST(registers_keep_only_their_defined_bits)
{
    static const uint64_t zero[] = {
        IGROUPR,        ISENABLER, ISENABLER + 9 * 4, IPRIORITYR, IPRIORITYR + 288,
        ITARGETSR + 32, ICFGR,     IGRPMODR + 4,      NSACR + 8,  D_SGIR};

    for (unsigned i = 0; i < sizeof(zero) / sizeof(*zero); i++) {
        set_reg(gic, zero[i], ~0u);
        ck_assert_msg(reg(gic, zero[i]) == 0, "0x%x", (unsigned)zero[i]);
    }
    set_reg(gic, D_CTLR, ~0u);
    ck_assert_uint_eq(reg(gic, D_CTLR), 0x53);
    set_router(32, ~0ull);
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, D_IROUTER + 8 * 32, 8), 0xff00ffffffull);
    set_router(31, ~0ull);
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, D_IROUTER + 8 * 31, 8), 0);
    set_reg(gic, D_IROUTER + 8 * 32 + 4, 0);
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, D_IROUTER + 8 * 32, 8), 0xffffff);
    set_redist(0, R_SGI + ICFGR, 0); /* SGIs stay edge-triggered */
    ck_assert_uint_eq(redist(0, R_SGI + ICFGR), 0xaaaaaaaa);
    set_redist(0, R_SGI + ICFGR + 4, ~0u);
    ck_assert_uint_eq(redist(0, R_SGI + ICFGR + 4), 0xaaaaaaaa);
    set_redist(0, R_WAKER, ~0u);
    ck_assert_uint_eq(redist(0, R_WAKER), 6);
    set_redist(0, R_WAKER, 0);
    ck_assert_uint_eq(redist(0, R_WAKER), 0);
}
END_TEST

START_TEST(interface_registers_keep_only_their_defined_bits)
{
    static const struct {
        uint16_t key;
        uint64_t write, read;
    } rows[] = {
        {PMR, ~0ull, 0xf8},    {BPR0, 0, 2},      {BPR0, ~0ull, 7},    {BPR1, 0, 3},
        {BPR1, ~0ull, 7},      {SRE, 0, 7},       {IGRPEN0, ~0ull, 1}, {IGRPEN1, ~0ull, 1},
        {CTLR, ~0ull, 0x8c03}, {CTLR, 0, 0x8c00}, {AP0R0, ~0ull, ~0u}, {AP1R0, ~0ull, ~0u},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        set_icc(0, rows[i].key, rows[i].write);
        ck_assert_msg(icc(0, rows[i].key) == rows[i].read, "row %u", i);
    }
}
END_TEST

START_TEST(registers_take_accesses_of_their_width_only)
{
    set_reg(gic, ISENABLER + 4, 0xff00);
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, ISENABLER + 5, 1), 0);
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, ISENABLER + 4, 2), 0);
    fake_bus_write(gic, gic->ops, ISENABLER + 8, 8, ~0ull);
    ck_assert_uint_eq(reg(gic, ISENABLER + 8), 0);
    set_reg(gic, IPRIORITYR + 40, 0x40302010);
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, IPRIORITYR + 42, 1), 0x30);
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, IPRIORITYR + 42, 2), 0);
    fake_bus_write(gic, gic->ops, IPRIORITYR + 41, 1, 0xee);
    ck_assert_uint_eq(reg(gic, IPRIORITYR + 40), 0x4030ee10);
}
END_TEST

START_TEST(a_number_of_cpus_that_is_not_possible_is_refused)
{
    struct gicv3_cpu none[GICV3_MAX_CPUS + 1] = {0};

    ck_assert_ptr_null(gicv3_new(NULL, NULL, 0, none));
    ck_assert_ptr_null(gicv3_new(NULL, NULL, GICV3_MAX_CPUS + 1, none));
    ck_assert_ptr_null(gicv3_spi(gic, 256).set);
    ck_assert_ptr_nonnull(gicv3_spi(gic, 255).set);
    ck_assert_ptr_null(gicv3_ppi(gic, 0, 16).set);
    ck_assert_ptr_null(gicv3_ppi(gic, 1, 0).set);
}
END_TEST

START_TEST(the_device_tree_node_is_that_of_qemu_virt)
{
    static const char reg_property[] = "\0\0\0\0\x08\0\0\0\0\0\0\0\0\1\0\0"
                                       "\0\0\0\0\x08\x0a\0\0\0\0\0\0\0\xf6\0\0";
    void *blob = gic_tree();
    int node, length;

    node = fdt_path_offset(blob, "/intc@8000000");
    ck_assert_int_ge(node, 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node, "arm,gic-v3"), 0);
    ck_assert_uint_eq(fdt_get_phandle(blob, node), 0x77);
    ck_assert_ptr_nonnull(fdt_getprop(blob, node, "interrupt-controller", NULL));
    ck_assert_mem_eq(fdt_getprop(blob, node, "#interrupt-cells", NULL), "\0\0\0\3", 4);
    ck_assert_mem_eq(fdt_getprop(blob, node, "#redistributor-regions", NULL), "\0\0\0\1", 4);
    ck_assert_mem_eq(fdt_getprop(blob, node, "reg", &length), reg_property, 32);
    ck_assert_int_eq(length, 32);
    free(blob);
}
END_TEST

/* --- Interrupts, one CPU --- */

START_TEST(a_level_interrupt_goes_through_its_states)
{
    drive(0, 40, true);
    ck_assert(irq_high(0) && !fiq_high(0));
    ck_assert(get_bit(0, ISPENDR, 40));
    ck_assert_uint_eq(icc(0, HPPIR1), 40);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    ck_assert(!irq_high(0) && get_bit(0, ISACTIVER, 40));
    ck_assert_uint_eq(icc(0, RPR), 0xa0);
    drive(0, 40, false);
    ck_assert(!get_bit(0, ISPENDR, 40));
    set_icc(0, EOIR1, 40);
    ck_assert(!get_bit(0, ISACTIVER, 40));
    ck_assert_uint_eq(icc(0, RPR), 0xff);
    ck_assert(!irq_high(0));
}
END_TEST

START_TEST(a_level_still_high_at_the_end_comes_again_and_a_fallen_one_is_withdrawn)
{
    drive(0, 40, true);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    set_icc(0, EOIR1, 40);
    ck_assert(irq_high(0));
    drive(0, 40, false);
    ck_assert(!irq_high(0));
    ck_assert_uint_eq(icc(0, IAR1), SPURIOUS);
}
END_TEST

START_TEST(an_edge_is_remembered_and_one_more_while_active)
{
    set_reg(gic, ICFGR + 40 / 16 * 4, 2u << 40 % 16 * 2);
    drive(0, 40, true);
    drive(0, 40, false);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    drive(0, 40, true);
    ck_assert(get_bit(0, ISPENDR, 40) && get_bit(0, ISACTIVER, 40));
    set_icc(0, EOIR1, 40);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    set_icc(0, EOIR1, 40);
    ck_assert_uint_eq(icc(0, IAR1), SPURIOUS);
}
END_TEST

START_TEST(software_sets_and_clears_pending_and_active)
{
    set_bit(0, ISPENDR, 41);
    ck_assert(irq_high(0));
    set_bit(0, ISACTIVER, 41);
    ck_assert(!irq_high(0));
    set_bit(0, ICACTIVER, 41);
    ck_assert(irq_high(0));
    set_bit(0, ICPENDR, 41);
    ck_assert(!irq_high(0));
}
END_TEST

START_TEST(every_gate_holds_an_interrupt_back)
{
    drive(0, 42, true);
    ck_assert(irq_high(0));
    set_bit(0, ICENABLER, 42);
    ck_assert(!irq_high(0) && get_bit(0, ISPENDR, 42));
    set_bit(0, ISENABLER, 42);
    set_reg(gic, D_CTLR, 1);
    ck_assert(!irq_high(0));
    ck_assert_uint_eq(icc(0, HPPIR1), SPURIOUS);
    set_reg(gic, D_CTLR, 2);
    ck_assert(irq_high(0));
    set_icc(0, IGRPEN1, 0);
    ck_assert(!irq_high(0));
    ck_assert_uint_eq(icc(0, HPPIR1), SPURIOUS);
    ck_assert_uint_eq(icc(0, IAR1), SPURIOUS);
    set_icc(0, IGRPEN1, 1);
    set_icc(0, PMR, 0xa0);
    ck_assert(!irq_high(0));
    ck_assert_uint_eq(icc(0, HPPIR1), 42);
    set_icc(0, PMR, 0xa8);
    ck_assert(irq_high(0));
    set_router(42, 1); /* no such CPU */
    ck_assert(!irq_high(0));
    set_router(42, 0);
    ck_assert(irq_high(0));
}
END_TEST

START_TEST(the_highest_priority_wins_and_the_lowest_id_among_equals)
{
    drive(0, 42, true);
    drive(0, 41, true);
    ck_assert_uint_eq(icc(0, HPPIR1), 41);
    set_priority(0, 42, 0x98);
    ck_assert_uint_eq(icc(0, HPPIR1), 42);
    set_priority(0, 27, 0x90);
    drive(0, 27, true);
    ck_assert_uint_eq(icc(0, HPPIR1), 27);
}
END_TEST

START_TEST(a_higher_priority_preempts_and_ends_in_order)
{
    set_priority(0, 41, 0x40);
    drive(0, 40, true);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    drive(0, 42, true); /* of the same priority */
    ck_assert(!irq_high(0));
    drive(0, 41, true);
    ck_assert(irq_high(0));
    ck_assert_uint_eq(icc(0, IAR1), 41);
    ck_assert_uint_eq(icc(0, RPR), 0x40);
    ck_assert_uint_eq(icc(0, AP1R0), 1u << (0x40 >> 3) | 1u << (0xa0 >> 3));
    drive(0, 41, false);
    set_icc(0, EOIR1, 41);
    ck_assert_uint_eq(icc(0, RPR), 0xa0);
    ck_assert(!irq_high(0));
    drive(0, 40, false);
    set_icc(0, EOIR1, 40);
    ck_assert_uint_eq(icc(0, IAR1), 42);
}
END_TEST

START_TEST(the_binary_points_decide_what_preempts)
{
    set_priority(0, 40, 0x78);
    set_priority(0, 41, 0x40);
    set_priority(0, 42, 0x38);
    set_icc(0, BPR1, 7); /* of group 1: one bit of group priority less one */
    drive(0, 40, true);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    ck_assert_uint_eq(icc(0, RPR), 0);
    set_icc(0, EOIR1, 40);
    set_icc(0, BPR1, 6); /* 0x78 and 0x40 are in one group, 0x38 is not */
    ck_assert_uint_eq(icc(0, IAR1), 40);
    ck_assert_uint_eq(icc(0, RPR), 0x40);
    drive(0, 41, true);
    ck_assert(!irq_high(0));
    drive(0, 42, true);
    ck_assert(irq_high(0));
    drive(0, 42, false);
    set_icc(0, BPR1, 3); /* what runs has the group priority that it got */
    ck_assert(!irq_high(0));
    set_icc(0, EOIR1, 40);
    set_icc(0, BPR0, 4); /* with CBPR it is of both groups, and does not count one less */
    set_icc(0, CTLR, 1);
    ck_assert_uint_eq(icc(0, BPR1), 5);
    set_icc(0, BPR1, 7);
    ck_assert_uint_eq(icc(0, BPR1), 5);
    set_priority(0, 41, 0x58);
    drive(0, 40, false);
    ck_assert_uint_eq(icc(0, IAR1), 41);
    ck_assert_uint_eq(icc(0, RPR), 0x40);
}
END_TEST

START_TEST(group_0_is_signalled_as_fiq_and_has_registers_of_its_own)
{
    set_reg(gic, IGROUPR + 4, ~(1u << (40 - 32)));
    drive(0, 40, true);
    ck_assert(fiq_high(0) && !irq_high(0));
    ck_assert_uint_eq(icc(0, IAR1), SPURIOUS);
    ck_assert_uint_eq(icc(0, HPPIR1), SPURIOUS);
    ck_assert_uint_eq(icc(0, HPPIR0), 40);
    ck_assert_uint_eq(icc(0, IAR0), 40);
    ck_assert_uint_eq(icc(0, AP0R0), 1u << (0xa0 >> 3));
    set_priority(0, 41, 0x20); /* one of group 1 within one of group 0 */
    drive(0, 41, true);
    ck_assert(irq_high(0) && !fiq_high(0));
    ck_assert_uint_eq(icc(0, IAR0), SPURIOUS);
    ck_assert_uint_eq(icc(0, IAR1), 41);
    set_icc(0, EOIR0, 40); /* 41 of group 1 is the one that runs */
    ck_assert_uint_eq(icc(0, RPR), 0x20);
    ck_assert(get_bit(0, ISACTIVER, 40));
    set_icc(0, EOIR1, 41);
    set_icc(0, EOIR0, 40);
    ck_assert_uint_eq(icc(0, RPR), 0xff);
    ck_assert(!get_bit(0, ISACTIVER, 40));
}
END_TEST

START_TEST(eoimode_splits_priority_drop_from_deactivation)
{
    set_icc(0, CTLR, 2);
    drive(0, 40, true);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    set_icc(0, EOIR1, 40);
    ck_assert_uint_eq(icc(0, RPR), 0xff);
    ck_assert(get_bit(0, ISACTIVER, 40) && !irq_high(0));
    drive(0, 41, true); /* another one of the priority may come now */
    ck_assert_uint_eq(icc(0, IAR1), 41);
    set_icc(0, EOIR1, 41);
    set_icc(0, DIR, 40);
    ck_assert(!get_bit(0, ISACTIVER, 40));
    ck_assert_uint_eq(icc(0, IAR1), 40);
    set_icc(0, CTLR, 0);
    set_icc(0, DIR, 40); /* ignored */
    ck_assert(get_bit(0, ISACTIVER, 40));
}
END_TEST

START_TEST(ends_of_what_is_not_active_do_no_harm)
{
    drive(0, 40, true);
    set_icc(0, EOIR1, 40); /* nothing runs */
    ck_assert_uint_eq(icc(0, IAR1), 40);
    set_icc(0, EOIR1, 1020);
    set_icc(0, EOIR1, 1023);
    set_icc(0, EOIR1, 288);
    set_icc(0, EOIR1, 0xffffff & 4096);
    ck_assert_uint_eq(icc(0, RPR), 0xa0);
    set_icc(0, EOIR1, 41); /* the drop is of what runs, 40 stays active */
    ck_assert_uint_eq(icc(0, RPR), 0xff);
    ck_assert(get_bit(0, ISACTIVER, 40));
}
END_TEST

START_TEST(active_priorities_can_be_saved_and_restored)
{
    drive(0, 40, true);
    set_icc(0, AP1R0, 1u << (0x90 >> 3));
    ck_assert_uint_eq(icc(0, RPR), 0x90);
    ck_assert(!irq_high(0));
    set_icc(0, AP1R0, 0);
    ck_assert(irq_high(0));
}
END_TEST

/* Another thread withdraws the interrupt when its rise has been computed but not driven. */
static void set_late(void *level, unsigned line, bool high)
{
    (void)line;
    if (high)
        drive(0, 40, false);
    *(bool *)level = high;
}

START_TEST(an_output_that_is_stale_when_it_is_driven_is_driven_again)
{
    bool level = false;

    cpus[0]->gic->irq = (struct irq){.set = set_late, .controller = &level};
    drive(0, 40, true);
    ck_assert(!level);
}
END_TEST

START_TEST(reset_forgets_everything_but_the_input_levels)
{
    drive(0, 40, true);
    drive(0, 41, true);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    device_reset(gic);
    gic_reset(cpus[0]->gic);
    ck_assert(!irq_high(0));
    ck_assert_uint_eq(reg(gic, ISACTIVER + 4), 0);
    ck_assert_uint_eq(reg(gic, ISPENDR + 4), 3u << 8);
    gic_switch_on();
    ck_assert_uint_eq(icc(0, IAR1), 40);
}
END_TEST

/* --- Several CPUs --- */

START_TEST(typer_says_which_cpu_a_frame_is_of)
{
    make_several(_i);
    for (unsigned i = 0; i < cpu_count; i++) {
        uint64_t typer = fake_bus_read(gic, gicv3_redistributor_ops(gic), i * R_SIZE + R_TYPER, 8);

        ck_assert_uint_eq(typer >> 32, affinity_of(i));
        ck_assert_uint_eq(redist(i, R_TYPER + 4), affinity_of(i));
        ck_assert_uint_eq(typer >> 8 & 0xffff, i);
        ck_assert_uint_eq(typer >> 4 & 1, i + 1 == cpu_count);
    }
    gic_unmake();
}
END_TEST

START_TEST(an_spi_goes_where_its_router_says)
{
    make_several(_i);
    drive(0, 43, true);
    for (unsigned i = 0; i < cpu_count; i++) {
        set_router(43, affinity_of(i));
        for (unsigned j = 0; j < cpu_count; j++)
            ck_assert_msg(irq_high(j) == (i == j), "routed to %u, seen by %u", i, j);
    }
    set_router(43, 1ull << 32);
    ck_assert(!irq_high(0));
    set_router(43, affinity_of(cpu_count - 1));
    ck_assert_uint_eq(icc(cpu_count - 1, IAR1), 43);
    if (cpu_count > 1) { /* active for one CPU: not for another one */
        set_router(43, 0);
        ck_assert(!irq_high(0));
        set_icc(cpu_count - 1, EOIR1, 43);
        ck_assert(irq_high(0));
    }
    gic_unmake();
}
END_TEST

START_TEST(a_ppi_reaches_its_cpu)
{
    make_several(_i);
    for (unsigned i = 0; i < cpu_count; i++) {
        drive(i, 27, true);
        ck_assert_uint_eq(icc(i, IAR1), 27);
        for (unsigned j = 0; j < cpu_count; j++)
            ck_assert(!irq_high(j) && get_bit(j, ISACTIVER, 27) == (i == j));
        drive(i, 27, false);
        set_icc(i, EOIR1, 27);
    }
    gic_unmake();
}
END_TEST

START_TEST(an_sgi_goes_to_the_targets_of_its_cluster)
{
    make_several(_i);
    for (unsigned i = 0; i < cpu_count; i++) {
        uint64_t affinity = affinity_of(i);

        set_icc(0, SGI1R, 5ull << 24 | (affinity >> 8) << 16 | 1ull << (affinity & 15));
        for (unsigned j = 0; j < cpu_count; j++)
            ck_assert_msg(irq_high(j) == (i == j), "sent to %u, seen by %u", i, j);
        ck_assert_uint_eq(icc(i, IAR1), 5);
        ck_assert(!irq_high(i));
        set_icc(i, EOIR1, 5);
    }
    set_icc(0, SGI1R, 5ull << 24 | 0xffff);
    for (unsigned j = 0; j < cpu_count; j++)
        ck_assert(irq_high(j) == (j < 16));
    set_icc(0, SGI1R, 6ull << 24 | 9ull << 48 | 0xffff); /* no such Aff3 */
    for (unsigned j = 0; j < cpu_count; j++)
        ck_assert(!get_bit(j, ISPENDR, 6));
    gic_unmake();
}
END_TEST

START_TEST(an_sgi_to_all_others_spares_its_sender)
{
    make_several(_i);
    set_icc(cpu_count / 2, SGI1R, 5ull << 24 | 1ull << 40);
    for (unsigned j = 0; j < cpu_count; j++)
        ck_assert(irq_high(j) == (j != cpu_count / 2));
    gic_unmake();
}
END_TEST

START_TEST(an_sgi_is_taken_by_its_group_only)
{
    unsigned last;

    make_several(_i);
    last = cpu_count - 1;
    set_redist(last, R_SGI + IGROUPR, ~(1u << 5));
    uint64_t target = (uint64_t)(affinity_of(last) >> 8) << 16 | 1ull << (affinity_of(last) & 15);
    set_icc(0, SGI1R, 5ull << 24 | target);
    ck_assert(!get_bit(last, ISPENDR, 5));
    set_icc(0, SGI0R, 6ull << 24 | target);
    set_icc(0, ASGI1R, 6ull << 24 | target);
    ck_assert(!get_bit(last, ISPENDR, 6));
    set_icc(0, SGI0R, 5ull << 24 | target);
    ck_assert(fiq_high(last));
    set_bit(last, ICPENDR, 5);
    ck_assert(!fiq_high(last));
    set_icc(0, ASGI1R, 5ull << 24 | target);
    ck_assert_uint_eq(icc(last, IAR0), 5);
    gic_unmake();
}
END_TEST

START_TEST(a_guests_mistakes_are_named_in_the_log)
{
    static const char *const said[] = {
        "gicv3: write of 0x5 to read-only or reserved GICD offset 0x8",
        "gicv3: read of write-only or reserved GICD offset 0x40",
        "gicv3: access of 2 bytes to GICD offset 0x100 ignored: it takes 4\n",
        "gicv3: access of 2 bytes to GICR offset 0x10400 ignored: it takes 4 or 1\n",
        "gicv3: access of 1 bytes to GICR offset 0x8 ignored: it takes 4 or 8\n",
        "gicv3: write of 0x7 to read-only or reserved GICR offset 0x4",
        "gicv3: read of reserved GICR offset 0x10104",
        "gic: ICC_EOIR1_EL1 written with 40, but no interrupt of group 1 is being handled",
        "gic: ICC_EOIR1_EL1 written with 500, which does not exist",
        "gic: interrupt 41 is deactivated but not active",
        "gic: ICC_DIR_EL1 written while ICC_CTLR_EL1.EOImode is 0",
    };
    struct fake_log log;
    const char *text;

    fake_log_open(&log);
    gic_make(1, log.log);
    gic_switch_on();
    set_reg(gic, D_IIDR, 5);
    reg(gic, 0x40);
    fake_bus_read(gic, gic->ops, ISENABLER, 2);
    fake_bus_read(gic, gicv3_redistributor_ops(gic), R_SGI + IPRIORITYR, 2);
    fake_bus_read(gic, gicv3_redistributor_ops(gic), R_TYPER, 1);
    set_redist(0, R_IIDR, 7);
    redist(0, R_SGI + ISENABLER + 4);
    set_icc(0, EOIR1, 40);
    drive(0, 40, true);
    icc(0, IAR1);
    set_icc(0, EOIR1, 500);
    set_icc(0, EOIR1, 41);
    set_icc(0, DIR, 41);
    text = fake_log_flush(&log);
    for (unsigned i = 0; i < sizeof(said) / sizeof(*said); i++)
        ck_assert_msg(strstr(text, said[i]) != NULL, "\"%s\" is not in\n%s", said[i], text);
    gic_unmake();
    fake_log_close(&log);
}
END_TEST

START_TEST(garbage_in_every_register_does_no_harm)
{
    make_several(_i);
    for (unsigned round = 0; round < 10; round++) {
        write_garbage(gic, gic->ops, 3000);
        write_garbage(gic, gicv3_redistributor_ops(gic), 3000);
        for (unsigned id = 16; id < 288; id++)
            drive(id % cpu_count, id, (id + round) & 1);
    }
    for (unsigned i = 0; i < cpu_count; i++) {
        for (unsigned id = 16; id < 288; id++)
            drive(i, id, false);
        gic_reset(cpus[i]->gic);
    }
    device_reset(gic);
    gic_switch_on();
    drive(0, 40, true);
    ck_assert_uint_eq(icc(0, IAR1), 40);
    gic_unmake();
}
END_TEST

/* --- Threads: each CPU sends an SGI to the next and waits for its own, while SPIs come, go and are
 * sent elsewhere. Nothing may get lost, be had twice, or stay high. --- */

enum { ROUNDS = 1000, STRESS_CPUS = 4, STRESS_SPI = 44 };
static _Atomic unsigned spis_taken;
static _Atomic unsigned cpus_done;
static _Atomic bool spi_active;

static void take_one(unsigned cpu, unsigned *sgis)
{
    uint64_t id;

    if (!irq_high(cpu)) {
        sched_yield();
        return;
    }
    id = icc(cpu, IAR1);
    if (id == SPURIOUS) /* sent elsewhere in between */
        return;
    ck_assert(id == 3 || id == STRESS_SPI);
    if (id == 3) {
        ++*sgis;
    } else {
        ck_assert(!atomic_exchange(&spi_active, true));
        atomic_fetch_add(&spis_taken, 1);
        atomic_store(&spi_active, false);
    }
    set_icc(cpu, EOIR1, id);
}

static void *run_cpu(void *opaque)
{
    unsigned cpu = (unsigned)(uintptr_t)opaque, next = (cpu + 1) % STRESS_CPUS, sgis = 0;

    if (!cpu)
        set_icc(cpu, SGI1R, 3ull << 24 | 1ull << next);
    while (sgis < ROUNDS) {
        unsigned before = sgis;

        take_one(cpu, &sgis);
        if (sgis != before && !(cpu == 0 && sgis == ROUNDS))
            set_icc(cpu, SGI1R, 3ull << 24 | 1ull << next);
    }
    atomic_fetch_add(&cpus_done, 1);
    while (atomic_load(&cpus_done) < STRESS_CPUS + 1)
        take_one(cpu, &sgis);
    return NULL;
}

static void *run_device(void *opaque)
{
    unsigned sent = 0;

    (void)opaque;
    while (atomic_load(&cpus_done) < STRESS_CPUS) {
        unsigned taken = atomic_load(&spis_taken);

        if (taken < sent) {
            sched_yield();
            continue;
        }
        ck_assert_uint_eq(taken, sent);
        drive(0, STRESS_SPI, true);
        drive(0, STRESS_SPI, false);
        sent++;
    }
    while (atomic_load(&spis_taken) < sent)
        sched_yield();
    ck_assert_uint_eq(atomic_load(&spis_taken), sent);
    atomic_fetch_add(&cpus_done, 1);
    return NULL;
}

static void *run_router(void *opaque)
{
    (void)opaque;
    for (unsigned i = 0; atomic_load(&cpus_done) < STRESS_CPUS; i++) {
        set_router(STRESS_SPI, affinity_of(i % STRESS_CPUS));
        sched_yield();
    }
    return NULL;
}

START_TEST(nothing_is_lost_between_threads)
{
    static void *(*const others[])(void *) = {run_device, run_router};
    pthread_t threads[STRESS_CPUS + 2];

    make_several(1);
    set_reg(gic, ICFGR + STRESS_SPI / 16 * 4, 2u << STRESS_SPI % 16 * 2);
    for (uintptr_t i = 0; i < STRESS_CPUS; i++)
        pthread_create(&threads[i], NULL, run_cpu, (void *)i);
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[STRESS_CPUS + i], NULL, others[i], NULL);
    for (unsigned i = 0; i < STRESS_CPUS + 2; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < STRESS_CPUS; i++)
        ck_assert(!irq_high(i));
    gic_unmake();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gicv3");
    TCase *cold = tcase_create("as reset"), *one = tcase_create("switched on");
    TCase *several = tcase_create("several CPUs");

    tcase_add_checked_fixture(cold, setup_cold, gic_unmake);
    tcase_add_test(cold, identification_is_that_of_the_board);
    tcase_add_test(cold, reset_values_are_those_of_the_manual);
    tcase_add_test(cold, registers_keep_only_their_defined_bits);
    tcase_add_test(cold, interface_registers_keep_only_their_defined_bits);
    tcase_add_test(cold, registers_take_accesses_of_their_width_only);
    tcase_add_test(cold, a_number_of_cpus_that_is_not_possible_is_refused);
    tcase_add_test(cold, the_device_tree_node_is_that_of_qemu_virt);
    suite_add_tcase(suite, cold);
    tcase_add_checked_fixture(one, setup_one, gic_unmake);
    tcase_add_test(one, a_level_interrupt_goes_through_its_states);
    tcase_add_test(one, a_level_still_high_at_the_end_comes_again_and_a_fallen_one_is_withdrawn);
    tcase_add_test(one, an_edge_is_remembered_and_one_more_while_active);
    tcase_add_test(one, software_sets_and_clears_pending_and_active);
    tcase_add_test(one, every_gate_holds_an_interrupt_back);
    tcase_add_test(one, the_highest_priority_wins_and_the_lowest_id_among_equals);
    tcase_add_test(one, a_higher_priority_preempts_and_ends_in_order);
    tcase_add_test(one, the_binary_points_decide_what_preempts);
    tcase_add_test(one, group_0_is_signalled_as_fiq_and_has_registers_of_its_own);
    tcase_add_test(one, eoimode_splits_priority_drop_from_deactivation);
    tcase_add_test(one, ends_of_what_is_not_active_do_no_harm);
    tcase_add_test(one, active_priorities_can_be_saved_and_restored);
    tcase_add_test(one, an_output_that_is_stale_when_it_is_driven_is_driven_again);
    tcase_add_test(one, reset_forgets_everything_but_the_input_levels);
    suite_add_tcase(suite, one);
    tcase_add_loop_test(several, typer_says_which_cpu_a_frame_is_of, 0, 3);
    tcase_add_loop_test(several, an_spi_goes_where_its_router_says, 0, 3);
    tcase_add_loop_test(several, a_ppi_reaches_its_cpu, 0, 3);
    tcase_add_loop_test(several, an_sgi_goes_to_the_targets_of_its_cluster, 0, 3);
    tcase_add_loop_test(several, an_sgi_to_all_others_spares_its_sender, 0, 3);
    tcase_add_loop_test(several, an_sgi_is_taken_by_its_group_only, 0, 3);
    tcase_add_loop_test(several, garbage_in_every_register_does_no_harm, 0, 3);
    tcase_add_test(several, a_guests_mistakes_are_named_in_the_log);
    tcase_add_test(several, nothing_is_lost_between_threads);
    suite_add_tcase(suite, several);
    return run_suite(suite);
}
