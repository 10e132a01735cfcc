/* devices/gicv2.c against IHI 0048B.b. */
#include "fakes.h"

#include <libfdt.h>
#include <pthread.h>

#include "base/err.h"
#include "devices/fdt.h"
#include "devices/gicv2.h"
#include "devices/slot.h"

enum {
    D_CTLR = 0x000,
    D_TYPER = 0x004,
    D_IIDR = 0x008,
    D_IGROUPR = 0x080,
    D_ISENABLER = 0x100,
    D_ICENABLER = 0x180,
    D_ISPENDR = 0x200,
    D_ICPENDR = 0x280,
    D_ISACTIVER = 0x300,
    D_ICACTIVER = 0x380,
    D_IPRIORITYR = 0x400,
    D_ITARGETSR = 0x800,
    D_ICFGR = 0xc00,
    D_NSACR = 0xe00,
    D_SGIR = 0xf00,
    D_CPENDSGIR = 0xf10,
    D_SPENDSGIR = 0xf20,
};
enum {
    C_CTLR = 0x00,
    C_PMR = 0x04,
    C_BPR = 0x08,
    C_IAR = 0x0c,
    C_EOIR = 0x10,
    C_RPR = 0x14,
    C_HPPIR = 0x18,
    C_ABPR = 0x1c,
    C_AIAR = 0x20,
    C_AEOIR = 0x24,
    C_AHPPIR = 0x28,
    C_APR0 = 0xd0,
    C_NSAPR0 = 0xe0,
    C_IIDR = 0xfc,
    C_DIR = 0x1000,
};
enum { ACKCTL = 4, FIQEN = 8, CBPR = 16, EOIMODE = 1 << 9, SPURIOUS = 1023 };

static struct device *gic;
static struct fake_irq lines[2 * GICV2_MAX_CPUS]; /* IRQ of CPU n at 2n, FIQ at 2n+1 */

static struct device *new_gic(unsigned cpus)
{
    struct gicv2_output outputs[GICV2_MAX_CPUS];
    memset(lines, 0, sizeof(lines));
    for (unsigned i = 0; i < GICV2_MAX_CPUS; i++)
        outputs[i] =
            (struct gicv2_output){fake_irq_line(lines, 2 * i), fake_irq_line(lines, 2 * i + 1)};
    return gicv2_new(NULL, cpus, outputs);
}

static uint32_t cpu_reg(uint64_t offset)
{
    return (uint32_t)fake_bus_read(gic, gicv2_cpu_ops(), offset, 4);
}

static void set_cpu_reg(uint64_t offset, uint32_t value)
{
    fake_bus_write(gic, gicv2_cpu_ops(), offset, 4, value);
}

static void set_byte(uint64_t offset, uint8_t value)
{
    fake_bus_write(gic, gic->ops, offset, 1, value);
}

static bool irq_high(void)
{
    return lines[0].level;
}

static bool fiq_high(void)
{
    return lines[1].level;
}

/* Bit of INTID `id` in the set of registers at `base`. */
static void set_bit(uint64_t base, unsigned id)
{
    set_reg(gic, base + id / 32 * 4, 1u << id % 32);
}

static bool get_bit(uint64_t base, unsigned id)
{
    return reg(gic, base + id / 32 * 4) >> id % 32 & 1;
}

static void set_edge(unsigned id)
{
    uint64_t offset = D_ICFGR + id / 16 * 4;
    set_reg(gic, offset, reg(gic, offset) | 2u << id % 16 * 2);
}

static void drive(unsigned id, bool level)
{
    struct irq irq = id < 32 ? gicv2_ppi(gic, 0, id - 16) : gicv2_spi(gic, id - 32);
    ck_assert_ptr_nonnull(irq.set);
    irq_set(&irq, level);
}

static void setup(void)
{
    gic = new_gic(1);
    ck_assert_ptr_nonnull(gic);
}

static void teardown(void)
{
    gic->ops->destroy(gic);
}

static void switch_on(void)
{
    set_reg(gic, D_CTLR, 3);
    set_cpu_reg(C_CTLR, 3);
    set_cpu_reg(C_PMR, 0xff);
}

/* Everything on; SPI IDs 40 to 47 enabled with priority 0xa0. */
static void setup_on(void)
{
    setup();
    switch_on();
    for (unsigned id = 40; id < 48; id++) {
        set_bit(D_ISENABLER, id);
        set_byte(D_IPRIORITYR + id, 0xa0);
    }
}

START_TEST(identification_is_that_of_the_board)
{
    ck_assert_uint_eq(reg(gic, D_TYPER), 7); /* 256 lines, 1 CPU, no Security Extensions */
    ck_assert_uint_eq(reg(gic, D_IIDR), 0x43b);
    ck_assert_uint_eq(cpu_reg(C_IIDR), 0x2043b);
    static const uint8_t expected[] = {4, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1};
    for (unsigned i = 0; i < 12; i++)
        ck_assert_uint_eq(reg(gic, 0xfd0 + 4 * i), expected[i]);
}
END_TEST

START_TEST(reset_values_are_those_of_the_manual)
{
    ck_assert_uint_eq(reg(gic, D_CTLR), 0);
    ck_assert_uint_eq(reg(gic, D_ISENABLER), 0xffff); /* SGIs are always enabled */
    ck_assert_uint_eq(reg(gic, D_ISENABLER + 4), 0);
    ck_assert_uint_eq(reg(gic, D_ICFGR), 0xaaaaaaaa);
    ck_assert_uint_eq(reg(gic, D_ICFGR + 4), 0);
    ck_assert_uint_eq(cpu_reg(C_CTLR), 0);
    ck_assert_uint_eq(cpu_reg(C_PMR), 0);
    ck_assert_uint_eq(cpu_reg(C_BPR), 0);
    ck_assert_uint_eq(cpu_reg(C_ABPR), 1);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
    ck_assert_uint_eq(cpu_reg(C_IAR), SPURIOUS);
    ck_assert_uint_eq(cpu_reg(C_HPPIR), SPURIOUS);
}
END_TEST

START_TEST(registers_keep_only_their_defined_bits)
{
    set_reg(gic, D_CTLR, ~0u);
    ck_assert_uint_eq(reg(gic, D_CTLR), 3);
    set_cpu_reg(C_CTLR, ~0u);
    ck_assert_uint_eq(cpu_reg(C_CTLR), 0x3ff);
    set_cpu_reg(C_PMR, ~0u);
    ck_assert_uint_eq(cpu_reg(C_PMR), 0xff);
    set_cpu_reg(C_BPR, ~0u);
    ck_assert_uint_eq(cpu_reg(C_BPR), 7);
    set_cpu_reg(C_ABPR, 0);
    ck_assert_uint_eq(cpu_reg(C_ABPR), 1);
    set_reg(gic, D_IGROUPR + 7 * 4, 0x12345678);
    ck_assert_uint_eq(reg(gic, D_IGROUPR + 7 * 4), 0x12345678);
    set_reg(gic, D_IGROUPR + 8 * 4, ~0u); /* beyond the lines: RAZ/WI */
    ck_assert_uint_eq(reg(gic, D_IGROUPR + 8 * 4), 0);
    set_reg(gic, D_NSACR, ~0u);
    ck_assert_uint_eq(reg(gic, D_NSACR), 0);
    set_reg(gic, D_ICFGR, 0); /* SGIs stay edge-triggered */
    ck_assert_uint_eq(reg(gic, D_ICFGR), 0xaaaaaaaa);
    set_reg(gic, D_ICFGR + 4, ~0u);
    ck_assert_uint_eq(reg(gic, D_ICFGR + 4), 0xaaaaaaaa);
    set_reg(gic, D_ICENABLER, ~0u);
    ck_assert_uint_eq(reg(gic, D_ICENABLER), 0xffff);
}
END_TEST

START_TEST(priorities_and_targets_are_byte_accessible)
{
    set_reg(gic, D_IPRIORITYR + 40, 0x40302010);
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, D_IPRIORITYR + 42, 1), 0x30);
    set_byte(D_IPRIORITYR + 41, 0xee);
    ck_assert_uint_eq(reg(gic, D_IPRIORITYR + 40), 0x4030ee10);
    set_reg(gic, D_ITARGETSR + 40, ~0u); /* RAZ/WI with one CPU */
    ck_assert_uint_eq(reg(gic, D_ITARGETSR + 40), 0);
}
END_TEST

START_TEST(targets_exist_with_several_cpus)
{
    gic->ops->destroy(gic);
    gic = new_gic(3);
    ck_assert_uint_eq(reg(gic, D_TYPER), 7 | 2 << 5);
    ck_assert_uint_eq(reg(gic, D_ITARGETSR), 0x01010101);
    set_reg(gic, D_ITARGETSR + 32, 0xff040201);
    ck_assert_uint_eq(reg(gic, D_ITARGETSR + 32), 0x07040201);
    set_byte(D_ITARGETSR + 33, 0);
    ck_assert_uint_eq(reg(gic, D_ITARGETSR + 32), 0x07040001);
    switch_on();
    set_bit(D_ISENABLER, 33);
    set_bit(D_ISENABLER, 32);
    set_bit(D_ISPENDR, 33); /* goes to no CPU */
    ck_assert(!irq_high());
    set_byte(D_ITARGETSR + 33, 1);
    ck_assert(irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), 33);
}
END_TEST

START_TEST(a_number_of_cpus_that_is_not_possible_is_refused)
{
    ck_assert_ptr_null(new_gic(0));
    ck_assert_ptr_null(new_gic(9));
    ck_assert_ptr_null(gicv2_spi(gic, 224).set);
    ck_assert_ptr_nonnull(gicv2_spi(gic, 223).set);
    ck_assert_ptr_null(gicv2_ppi(gic, 0, 16).set);
    ck_assert_ptr_null(gicv2_ppi(gic, 1, 0).set);
}
END_TEST

START_TEST(a_level_interrupt_goes_through_its_states)
{
    drive(40, true);
    ck_assert(irq_high());
    ck_assert(!fiq_high());
    ck_assert(get_bit(D_ISPENDR, 40));
    ck_assert_uint_eq(cpu_reg(C_HPPIR), 40);
    ck_assert_uint_eq(cpu_reg(C_IAR), 40);
    ck_assert(!irq_high());
    ck_assert(get_bit(D_ISACTIVER, 40));
    ck_assert(get_bit(D_ISPENDR, 40)); /* active and pending: the input is still high */
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xa0);
    ck_assert_uint_eq(cpu_reg(C_IAR), SPURIOUS);
    drive(40, false);
    ck_assert(!get_bit(D_ISPENDR, 40));
    set_cpu_reg(C_EOIR, 40);
    ck_assert(!get_bit(D_ISACTIVER, 40));
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
    ck_assert(!irq_high());
}
END_TEST

START_TEST(a_level_interrupt_still_high_at_its_end_comes_again)
{
    drive(40, true);
    ck_assert_uint_eq(cpu_reg(C_IAR), 40);
    ck_assert(!irq_high());
    set_cpu_reg(C_EOIR, 40);
    ck_assert(irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), 40);
}
END_TEST

START_TEST(a_level_that_falls_before_acknowledge_is_withdrawn)
{
    drive(40, true);
    drive(40, false);
    ck_assert(!irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), SPURIOUS);
}
END_TEST

START_TEST(an_edge_is_remembered_and_one_more_while_active)
{
    set_edge(41);
    drive(41, true);
    drive(41, false);
    ck_assert(irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), 41);
    ck_assert(!get_bit(D_ISPENDR, 41));
    drive(41, true);
    drive(41, true); /* no further edge */
    ck_assert(get_bit(D_ISPENDR, 41));
    ck_assert(!irq_high());
    set_cpu_reg(C_EOIR, 41);
    ck_assert(irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), 41);
    set_cpu_reg(C_EOIR, 41);
    ck_assert(!irq_high()); /* the input is high, but that is no edge */
}
END_TEST

START_TEST(software_sets_and_clears_pending)
{
    set_bit(D_ISPENDR, 42);
    ck_assert(irq_high());
    set_bit(D_ICPENDR, 42);
    ck_assert(!irq_high());
    set_bit(D_ISPENDR, 42);
    ck_assert_uint_eq(cpu_reg(C_IAR), 42);
    ck_assert(!get_bit(D_ISPENDR, 42)); /* acknowledge cleared the latch */
    set_cpu_reg(C_EOIR, 42);
    ck_assert(!irq_high());
    drive(43, true);
    set_bit(D_ICPENDR, 43); /* the input keeps it pending */
    ck_assert(irq_high());
}
END_TEST

START_TEST(a_disabled_interrupt_is_pending_but_not_forwarded)
{
    drive(100, true);
    ck_assert(!irq_high());
    ck_assert(get_bit(D_ISPENDR, 100));
    set_bit(D_ISENABLER, 100);
    ck_assert(irq_high());
    set_bit(D_ICENABLER, 100);
    ck_assert(!irq_high());
}
END_TEST

START_TEST(the_enables_of_distributor_and_interface_gate_the_line)
{
    drive(40, true);
    set_reg(gic, D_CTLR, 2); /* group 0 off */
    ck_assert(!irq_high());
    set_reg(gic, D_CTLR, 1);
    ck_assert(irq_high());
    set_cpu_reg(C_CTLR, 2);
    ck_assert(!irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), SPURIOUS);
    ck_assert_uint_eq(cpu_reg(C_HPPIR), SPURIOUS);
    set_cpu_reg(C_CTLR, 1);
    ck_assert(irq_high());
}
END_TEST

START_TEST(the_priority_mask_admits_only_higher_priorities)
{
    drive(40, true);
    set_cpu_reg(C_PMR, 0xa0); /* equal is not higher */
    ck_assert(!irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), SPURIOUS);
    ck_assert_uint_eq(cpu_reg(C_HPPIR), 40);
    set_cpu_reg(C_PMR, 0xa1);
    ck_assert(irq_high());
    set_byte(D_IPRIORITYR + 40, 0xff); /* the lowest priority never gets through */
    set_cpu_reg(C_PMR, 0xff);
    ck_assert(!irq_high());
}
END_TEST

START_TEST(the_highest_priority_wins_and_the_lowest_id_among_equals)
{
    drive(44, true);
    drive(43, true);
    drive(45, true);
    set_byte(D_IPRIORITYR + 45, 0x20);
    ck_assert_uint_eq(cpu_reg(C_IAR), 45);
    drive(45, false);
    set_cpu_reg(C_EOIR, 45);
    ck_assert_uint_eq(cpu_reg(C_IAR), 43);
    drive(43, false);
    set_cpu_reg(C_EOIR, 43);
    ck_assert_uint_eq(cpu_reg(C_IAR), 44);
}
END_TEST

START_TEST(a_higher_priority_preempts_and_ends_in_order)
{
    drive(40, true);
    ck_assert_uint_eq(cpu_reg(C_IAR), 40);
    set_byte(D_IPRIORITYR + 41, 0xa0);
    drive(41, true);
    ck_assert(!irq_high()); /* same priority does not preempt */
    set_byte(D_IPRIORITYR + 42, 0x40);
    drive(42, true);
    ck_assert(irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), 42);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0x40);
    ck_assert_uint_eq(cpu_reg(C_APR0 + 4), 1u); /* 0x40 is group priority 32 */
    ck_assert_uint_eq(cpu_reg(C_APR0 + 8), 1u << 16);
    drive(42, false);
    set_cpu_reg(C_EOIR, 42);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xa0);
    drive(40, false);
    set_cpu_reg(C_EOIR, 40);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
    ck_assert_uint_eq(cpu_reg(C_IAR), 41);
}
END_TEST

START_TEST(the_binary_point_decides_what_preempts)
{
    set_byte(D_IPRIORITYR + 40, 0x4c);
    set_byte(D_IPRIORITYR + 41, 0x41);
    set_byte(D_IPRIORITYR + 42, 0x3f);
    set_cpu_reg(C_BPR, 3); /* group priority <7:4> */
    drive(40, true);
    ck_assert_uint_eq(cpu_reg(C_IAR), 40);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0x40);
    drive(41, true);
    ck_assert(!irq_high());
    drive(42, true);
    ck_assert(irq_high());
    set_cpu_reg(C_BPR, 7); /* no preemption at all */
    ck_assert(irq_high()); /* but 0x4c was acknowledged as group 0x40 */
    drive(42, false);
    drive(40, false);
    set_cpu_reg(C_EOIR, 40);
    ck_assert_uint_eq(cpu_reg(C_IAR), 41);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0);
    drive(42, true);
    ck_assert(!irq_high());
}
END_TEST

START_TEST(group_0_is_signalled_as_fiq_with_fiqen)
{
    set_bit(D_IGROUPR, 41);
    set_cpu_reg(C_CTLR, 3 | FIQEN);
    drive(40, true);
    ck_assert(fiq_high());
    ck_assert(!irq_high());
    ck_assert_uint_eq(cpu_reg(C_AIAR), SPURIOUS); /* not group 1 */
    ck_assert_uint_eq(cpu_reg(C_IAR), 40);
    ck_assert(!fiq_high());
    drive(40, false);
    set_cpu_reg(C_EOIR, 40);
    drive(41, true);
    ck_assert(irq_high());
    ck_assert(!fiq_high());
}
END_TEST

START_TEST(group_1_is_read_through_the_aliases_or_with_ackctl)
{
    set_bit(D_IGROUPR, 41);
    drive(41, true);
    ck_assert(irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), 1022);
    ck_assert_uint_eq(cpu_reg(C_HPPIR), 1022);
    ck_assert_uint_eq(cpu_reg(C_AHPPIR), 41);
    ck_assert_uint_eq(cpu_reg(C_AIAR), 41);
    ck_assert_uint_eq(cpu_reg(C_NSAPR0 + 8), 1u << 16);
    ck_assert_uint_eq(cpu_reg(C_APR0 + 8), 0);
    drive(41, false);
    set_cpu_reg(C_AEOIR, 41);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
    ck_assert(!get_bit(D_ISACTIVER, 41));
    set_cpu_reg(C_CTLR, 3 | ACKCTL);
    drive(41, true);
    ck_assert_uint_eq(cpu_reg(C_HPPIR), 41);
    ck_assert_uint_eq(cpu_reg(C_IAR), 41);
    drive(41, false);
    set_cpu_reg(C_EOIR, 41);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
}
END_TEST

START_TEST(group_1_has_its_own_binary_point_unless_it_is_common)
{
    set_reg(gic, D_IGROUPR + 4, ~0u);
    set_byte(D_IPRIORITYR + 40, 0x4c);
    set_cpu_reg(C_ABPR, 4); /* group priority <7:4>, as GICC_BPR 3 */
    drive(40, true);
    ck_assert_uint_eq(cpu_reg(C_AIAR), 40);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0x40);
    drive(40, false);
    set_cpu_reg(C_AEOIR, 40);
    set_cpu_reg(C_CTLR, 3 | CBPR);
    set_cpu_reg(C_BPR, 1); /* <7:2> */
    drive(40, true);
    ck_assert_uint_eq(cpu_reg(C_AIAR), 40);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0x4c);
}
END_TEST

START_TEST(eoimode_splits_priority_drop_from_deactivation)
{
    set_cpu_reg(C_CTLR, 3 | EOIMODE);
    drive(40, true);
    ck_assert_uint_eq(cpu_reg(C_IAR), 40);
    set_cpu_reg(C_EOIR, 40);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
    ck_assert(get_bit(D_ISACTIVER, 40));
    ck_assert(!irq_high()); /* active: not signalled again */
    drive(41, true);
    ck_assert(irq_high()); /* another one may */
    drive(41, false);
    set_cpu_reg(C_DIR, 40);
    ck_assert(!get_bit(D_ISACTIVER, 40));
    ck_assert(irq_high());
}
END_TEST

START_TEST(dir_without_eoimode_changes_nothing)
{
    drive(40, true);
    cpu_reg(C_IAR);
    set_cpu_reg(C_DIR, 40);
    ck_assert(get_bit(D_ISACTIVER, 40));
}
END_TEST

START_TEST(ends_of_interrupts_that_are_not_active_do_no_harm)
{
    set_cpu_reg(C_EOIR, 40);
    set_cpu_reg(C_EOIR, SPURIOUS);
    set_cpu_reg(C_EOIR, 300);
    set_cpu_reg(C_AEOIR, 40);
    set_cpu_reg(C_DIR, 1000);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
    drive(40, true);
    ck_assert_uint_eq(cpu_reg(C_IAR), 40);
    set_cpu_reg(C_EOIR, SPURIOUS); /* ignored: 40 goes on running */
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xa0);
}
END_TEST

START_TEST(software_moves_the_active_state)
{
    set_bit(D_ISACTIVER, 40);
    drive(40, true);
    ck_assert(!irq_high());
    set_bit(D_ICACTIVER, 40);
    ck_assert(irq_high());
}
END_TEST

START_TEST(an_sgi_to_self_carries_its_source)
{
    set_reg(gic, D_SGIR, 2u << 24 | 5);
    ck_assert(irq_high());
    ck_assert(get_bit(D_ISPENDR, 5));
    ck_assert_uint_eq(fake_bus_read(gic, gic->ops, D_SPENDSGIR + 5, 1), 1);
    ck_assert_uint_eq(cpu_reg(C_IAR), 5);
    ck_assert(!get_bit(D_ISPENDR, 5));
    set_cpu_reg(C_EOIR, 5);
    set_reg(gic, D_SGIR, 1u << 16 | 6); /* target list: CPU 0 */
    ck_assert_uint_eq(cpu_reg(C_IAR), 6);
    set_cpu_reg(C_EOIR, 6);
    set_reg(gic, D_SGIR, 1u << 24 | 7); /* all but self: nobody */
    ck_assert(!irq_high());
    set_reg(gic, D_SGIR, 3u << 24 | 7); /* reserved */
    ck_assert(!irq_high());
}
END_TEST

START_TEST(an_sgi_from_several_cpus_is_acknowledged_once_for_each)
{
    gic->ops->destroy(gic);
    gic = new_gic(8);
    switch_on();
    set_byte(D_SPENDSGIR + 3, 0x84);
    ck_assert_uint_eq(reg(gic, D_SPENDSGIR), 0x84000000);
    ck_assert_uint_eq(cpu_reg(C_HPPIR), 3 | 2 << 10);
    ck_assert_uint_eq(cpu_reg(C_IAR), 3 | 2 << 10);
    ck_assert_uint_eq(reg(gic, D_CPENDSGIR), 0x80000000);
    set_cpu_reg(C_EOIR, 3 | 2 << 10);
    ck_assert_uint_eq(cpu_reg(C_IAR), 3 | 7 << 10);
    set_cpu_reg(C_EOIR, 3 | 7 << 10);
    ck_assert(!irq_high());
    set_byte(D_SPENDSGIR + 3, 0x30);
    set_byte(D_CPENDSGIR + 3, 0x10);
    ck_assert(irq_high());
    set_byte(D_CPENDSGIR + 3, 0x20);
    ck_assert(!irq_high());
}
END_TEST

START_TEST(sgis_ignore_the_pending_and_enable_registers)
{
    set_bit(D_ISPENDR, 3);
    ck_assert(!irq_high());
    set_reg(gic, D_SGIR, 2u << 24 | 3);
    set_bit(D_ICPENDR, 3);
    set_bit(D_ICENABLER, 3);
    ck_assert(irq_high());
}
END_TEST

START_TEST(a_ppi_reaches_its_cpu)
{
    set_bit(D_ISENABLER, 27);
    set_byte(D_IPRIORITYR + 27, 0x80);
    drive(27, true);
    ck_assert(irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), 27);
    drive(27, false);
    set_cpu_reg(C_EOIR, 27);
    ck_assert(!irq_high());
}
END_TEST

START_TEST(active_priorities_can_be_saved_and_restored)
{
    set_cpu_reg(C_APR0 + 4, 1u << 3);
    ck_assert_uint_eq(cpu_reg(C_RPR), (32 + 3) << 1);
    set_cpu_reg(C_NSAPR0, 1u << 31);
    ck_assert_uint_eq(cpu_reg(C_RPR), 31 << 1);
    set_cpu_reg(C_NSAPR0, 0);
    set_cpu_reg(C_APR0 + 4, 0);
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
}
END_TEST

START_TEST(narrow_writes_touch_only_their_bytes)
{
    set_byte(D_ISENABLER + 4 + 1, 0x80); /* ID 47 */
    set_reg(gic, D_ICENABLER + 4, ~0u);
    set_byte(D_ISENABLER + 4 + 3, 0x01); /* ID 56 */
    ck_assert_uint_eq(reg(gic, D_ISENABLER + 4), 1u << 24);
    set_reg(gic, D_IGROUPR + 4, 0x11223344);
    fake_bus_write(gic, gic->ops, D_IGROUPR + 6, 2, 0xabcd);
    ck_assert_uint_eq(reg(gic, D_IGROUPR + 4), 0xabcd3344);
    set_byte(D_CTLR, 1);
    ck_assert_uint_eq(reg(gic, D_CTLR), 1);
    set_byte(D_SGIR, 5); /* words only */
    ck_assert(!get_bit(D_ISPENDR, 5));
}
END_TEST

START_TEST(reset_forgets_everything_but_the_input_levels)
{
    drive(40, true);
    cpu_reg(C_IAR);
    drive(41, true);
    device_reset(gic);
    ck_assert(!irq_high());
    ck_assert_uint_eq(cpu_reg(C_RPR), 0xff);
    ck_assert_uint_eq(reg(gic, D_ISENABLER + 4), 0);
    ck_assert(get_bit(D_ISPENDR, 40));
    switch_on();
    set_bit(D_ISENABLER, 41);
    ck_assert(irq_high());
    ck_assert_uint_eq(cpu_reg(C_IAR), 41);
}
END_TEST

START_TEST(a_guests_mistakes_are_named_in_the_log)
{
    struct fake_log log;
    fake_log_open(&log);
    gic->ops->destroy(gic);
    gic = gicv2_new(log.log, 1, &(struct gicv2_output){0});
    set_reg(gic, D_IIDR, 5);
    set_cpu_reg(C_IAR, 6);
    set_cpu_reg(C_EOIR, 40);
    set_cpu_reg(C_EOIR, 500);
    fake_bus_write(gic, gicv2_cpu_ops(), C_PMR + 1, 1, 7);
    const char *text = fake_log_flush(&log);
    ck_assert_msg(strstr(text, "write of 0x5 to read-only or reserved GICD offset 0x8"), "%s",
                  text);
    ck_assert_msg(strstr(text, "write of 0x6 to read-only or reserved GICC offset 0xc"), "%s",
                  text);
    ck_assert_msg(strstr(text, "interrupt 40"), "%s", text);
    ck_assert_msg(strstr(text, "interrupt 500, which does not exist"), "%s", text);
    ck_assert_msg(strstr(text, "inside GICC offset 0x4"), "%s", text);
    gic->ops->destroy(gic);
    gic = new_gic(1);
    fake_log_close(&log);
}
END_TEST

START_TEST(garbage_in_every_register_does_no_harm)
{
    gic->ops->destroy(gic);
    for (unsigned cpus = 1; cpus <= 8; cpus++) {
        gic = new_gic(cpus);
        for (unsigned round = 0; round < 20; round++) {
            write_garbage(gic, gic->ops, 3000);
            write_garbage(gic, gicv2_cpu_ops(), 3000);
            for (unsigned id = 16; id < 256; id++)
                drive(id, (id + round) & 1);
        }
        for (unsigned id = 16; id < 256; id++)
            drive(id, false);
        device_reset(gic);
        switch_on();
        set_bit(D_ISENABLER, 40);
        set_byte(D_ITARGETSR + 40, 1);
        drive(40, true);
        ck_assert_uint_eq(cpu_reg(C_IAR), 40);
        gic->ops->destroy(gic);
    }
    gic = new_gic(1);
}
END_TEST

static void *pulse(void *opaque)
{
    for (unsigned i = 0; i < 20000; i++)
        drive((unsigned)(uintptr_t)opaque, i % 2 == 0);
    return NULL;
}

START_TEST(lines_may_be_driven_from_any_thread)
{
    pthread_t threads[4];
    unsigned seen = 0;
    for (uintptr_t i = 0; i < 4; i++) {
        set_edge(40 + (unsigned)i);
        pthread_create(&threads[i], NULL, pulse, (void *)(40 + i));
    }
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t id = cpu_reg(C_IAR);
        if (id == SPURIOUS)
            continue;
        ck_assert(id >= 40 && id < 44);
        set_cpu_reg(C_EOIR, id);
        seen++;
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t id; (id = cpu_reg(C_IAR)) != SPURIOUS; seen++)
        set_cpu_reg(C_EOIR, id);
    ck_assert_uint_ge(seen, 4);
    ck_assert(!irq_high());
}
END_TEST

START_TEST(the_device_tree_node_is_that_of_qemu_virt)
{
    struct err err;
    struct fdt *fdt = fdt_new();
    struct slot slot = {.base = 0x8000000, .size = 0x1000, .spi = -1, .gic = 0x77};
    fdt_node_begin(fdt, "");
    gic->ops->describe(gic, fdt, &slot);
    fdt_node_end(fdt);
    size_t size;
    void *blob = fdt_take(fdt, &size, &err);
    fdt_free(fdt);
    ck_assert_ptr_nonnull(blob);
    int node = fdt_path_offset(blob, "/intc@8000000"), length;
    ck_assert_int_ge(node, 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node, "arm,cortex-a15-gic"), 0);
    ck_assert_uint_eq(fdt_get_phandle(blob, node), 0x77);
    ck_assert_ptr_nonnull(fdt_getprop(blob, node, "interrupt-controller", NULL));
    ck_assert_mem_eq(fdt_getprop(blob, node, "#interrupt-cells", NULL), "\0\0\0\3", 4);
    ck_assert_mem_eq(fdt_getprop(blob, node, "reg", &length),
                     "\0\0\0\0\x08\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\x08\1\0\0\0\0\0\0\0\1\0\0", 32);
    ck_assert_int_eq(length, 32);
    free(blob);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gicv2");
    TCase *cold = tcase_create("as reset");
    tcase_add_checked_fixture(cold, setup, teardown);
    tcase_add_test(cold, identification_is_that_of_the_board);
    tcase_add_test(cold, reset_values_are_those_of_the_manual);
    tcase_add_test(cold, registers_keep_only_their_defined_bits);
    tcase_add_test(cold, priorities_and_targets_are_byte_accessible);
    tcase_add_test(cold, targets_exist_with_several_cpus);
    tcase_add_test(cold, a_number_of_cpus_that_is_not_possible_is_refused);
    tcase_add_test(cold, a_guests_mistakes_are_named_in_the_log);
    tcase_add_test(cold, garbage_in_every_register_does_no_harm);
    tcase_add_test(cold, the_device_tree_node_is_that_of_qemu_virt);
    suite_add_tcase(suite, cold);
    TCase *on = tcase_create("switched on");
    tcase_add_checked_fixture(on, setup_on, teardown);
    tcase_add_test(on, a_level_interrupt_goes_through_its_states);
    tcase_add_test(on, a_level_interrupt_still_high_at_its_end_comes_again);
    tcase_add_test(on, a_level_that_falls_before_acknowledge_is_withdrawn);
    tcase_add_test(on, an_edge_is_remembered_and_one_more_while_active);
    tcase_add_test(on, software_sets_and_clears_pending);
    tcase_add_test(on, a_disabled_interrupt_is_pending_but_not_forwarded);
    tcase_add_test(on, the_enables_of_distributor_and_interface_gate_the_line);
    tcase_add_test(on, the_priority_mask_admits_only_higher_priorities);
    tcase_add_test(on, the_highest_priority_wins_and_the_lowest_id_among_equals);
    tcase_add_test(on, a_higher_priority_preempts_and_ends_in_order);
    tcase_add_test(on, the_binary_point_decides_what_preempts);
    tcase_add_test(on, group_0_is_signalled_as_fiq_with_fiqen);
    tcase_add_test(on, group_1_is_read_through_the_aliases_or_with_ackctl);
    tcase_add_test(on, group_1_has_its_own_binary_point_unless_it_is_common);
    tcase_add_test(on, eoimode_splits_priority_drop_from_deactivation);
    tcase_add_test(on, dir_without_eoimode_changes_nothing);
    tcase_add_test(on, ends_of_interrupts_that_are_not_active_do_no_harm);
    tcase_add_test(on, software_moves_the_active_state);
    tcase_add_test(on, an_sgi_to_self_carries_its_source);
    tcase_add_test(on, an_sgi_from_several_cpus_is_acknowledged_once_for_each);
    tcase_add_test(on, sgis_ignore_the_pending_and_enable_registers);
    tcase_add_test(on, a_ppi_reaches_its_cpu);
    tcase_add_test(on, active_priorities_can_be_saved_and_restored);
    tcase_add_test(on, narrow_writes_touch_only_their_bytes);
    tcase_add_test(on, reset_forgets_everything_but_the_input_levels);
    tcase_add_test(on, lines_may_be_driven_from_any_thread);
    suite_add_tcase(suite, on);
    return run_suite(suite);
}
