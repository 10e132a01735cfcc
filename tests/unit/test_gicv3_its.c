/* devices/gicv3_its.c and devices/gicv3_lpi.c against IHI 0069H, with 1, 4 and 64 CPUs. */
#include "gic.h"

#include <libfdt.h>
#include <pthread.h>
#include <sched.h>

#include "base/bits.h"
#include "base/err.h"
#include "mmu/bus.h"

enum {
    I_CTLR = 0x0000,
    I_TYPER = 0x0008,
    I_CBASER = 0x0080,
    I_CWRITER = 0x0088,
    I_CREADR = 0x0090,
    I_BASER0 = 0x0100, /* devices */
    I_BASER1 = 0x0108, /* collections */
    I_TRANSLATER = 0x10040,
    R_PROPBASER = 0x70,
    R_PENDBASER = 0x78,
};

/* What is where in RAM. */
#define RAM         0x40000000ull
#define RAM_BYTES   (16 * MIB)
#define CONFIG      RAM
#define QUEUE       (RAM + 0x10000) /* of one page */
#define DEVICES     (RAM + 0x20000)
#define COLLECTIONS (RAM + 0x40000)
#define ITT         (RAM + 0x60000)
#define SECOND      (RAM + 0x80000)  /* a page of a table of two levels */
#define PENDING     (RAM + 0x100000) /* of CPU i: + i * 0x10000 */
#define VALID       (1ull << 63)
#define INDIRECT    (1ull << 62)

static const unsigned counts[] = {1, 4, 64};
static struct device *its;
static struct err err;
static struct fake_log messages;
static uint64_t tail; /* of the queue */

static uint64_t its_reg(uint64_t offset)
{
    return fake_bus_read(its, its->ops, offset, 8);
}

static void set_its(uint64_t offset, uint64_t value)
{
    fake_bus_write(its, its->ops, offset, 8, value);
}

static void set_redist64(unsigned cpu, uint64_t offset, uint64_t value)
{
    fake_bus_write(gic, gicv3_redistributor_ops(gic), cpu * R_SIZE + offset, 8, value);
}

static void poke(uint64_t address, uint64_t value, unsigned width)
{
    ck_assert(bus_write_ram(gic_bus, address, &value, width));
}

static uint64_t peek(uint64_t address)
{
    uint64_t value;

    ck_assert(bus_read_ram(gic_bus, address, &value, 8));
    return value;
}

/* Executes one command, which must not end in the log. */
static void command(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const uint64_t words[] = {a, b, c, d};

    for (unsigned i = 0; i < 4; i++)
        poke(QUEUE + tail + 8 * i, words[i], 8);
    tail = (tail + 32) % 4096;
    set_reg(its, I_CWRITER, (uint32_t)tail);
    ck_assert_uint_eq(its_reg(I_CREADR), tail);
}

static void mapd(uint64_t device, uint64_t itt, unsigned bits)
{
    command(device << 32 | 0x08, bits - 1, VALID | itt, 0);
}

static void mapc(unsigned collection, unsigned cpu)
{
    command(0x09, 0, VALID | (uint64_t)cpu << 16 | collection, 0);
}

static void mapti(uint64_t device, uint64_t event, uint64_t intid, unsigned collection)
{
    command(device << 32 | 0x0a, intid << 32 | event, collection, 0);
}

static void event_command(uint8_t code, uint64_t device, uint64_t event, unsigned collection)
{
    command(device << 32 | code, event, collection, 0);
}

#define MOVI(device, event, collection) event_command(0x01, device, event, collection)
#define INT(device, event)              event_command(0x03, device, event, 0)
#define CLEAR(device, event)            event_command(0x04, device, event, 0)
#define MAPI(device, event, collection) event_command(0x0b, device, event, collection)
#define INV(device, event)              event_command(0x0c, device, event, 0)
#define DISCARD(device, event)          event_command(0x0f, device, event, 0)

static void configure(unsigned lpi, uint8_t how)
{
    poke(CONFIG + lpi - GIC_LPI_BASE, how, 1);
}

static bool lpi_pending(unsigned cpu, unsigned lpi)
{
    return peek(PENDING + cpu * 0x10000 + lpi / 64 * 8) >> lpi % 64 & 1;
}

static void enable_lpis(unsigned cpu)
{
    set_redist64(cpu, R_PROPBASER, CONFIG | 15);
    set_redist64(cpu, R_PENDBASER, PENDING + cpu * 0x10000);
    set_redist(cpu, R_CTLR, 1);
}

/* A GIC and an ITS, switched on, with empty tables; each CPU has the collection of its number, and
 * device 5 has 32 events. LPIs 8192 to 8255 are enabled, with priority 0xa0. */
static void make(unsigned count)
{
    fake_log_open(&messages);
    gic_bus = bus_new(messages.log);
    ck_assert(bus_add_ram(gic_bus, "ram", RAM, RAM_BYTES, RAM_NORMAL, &err) != NULL);
    gic_make(count, messages.log);
    its = gicv3_its_new(messages.log, gic);
    ck_assert_ptr_nonnull(its);
    gic_switch_on();
    for (unsigned lpi = 8192; lpi < 8256; lpi++)
        configure(lpi, 0xa1);
    for (unsigned i = 0; i < count; i++)
        enable_lpis(i);
    tail = 0;
    set_its(I_CBASER, VALID | QUEUE);
    set_its(I_BASER0, VALID | DEVICES | 31); /* pages of 4K */
    set_its(I_BASER1, VALID | COLLECTIONS | 31);
    set_reg(its, I_CTLR, 1);
    for (unsigned i = 0; i < count; i++)
        mapc(i, i);
    mapd(5, ITT, 5);
}

static void setup(void)
{
    make(1);
}

static void teardown(void)
{
    its->ops->destroy(its);
    gic_unmake();
    bus_free(gic_bus);
    gic_bus = NULL;
    fake_log_close(&messages);
}

static void said_nothing(void)
{
    ck_assert_str_eq(fake_log_flush(&messages), "");
}

static void said(const char *what)
{
    ck_assert_msg(strstr(fake_log_flush(&messages), what) != NULL, "\"%s\" is not in\n%s", what,
                  messages.text);
}

/* --- Registers --- */

START_TEST(what_there_is_is_told)
{
    ck_assert_uint_eq(its_reg(I_TYPER), 0x1f0001ef71); /* 16 bits of everything, 8 bytes of ITT */
    ck_assert_uint_eq(reg(its, 4), 0x43b);
    ck_assert_uint_eq(reg(its, 0xffe8), 0x3b);
    ck_assert_uint_eq(reg(its, 0xffe0), 0x94);
    ck_assert_uint_eq(reg(gic, D_TYPER) >> 17 & 1, 1);
    ck_assert_uint_eq(redist(0, R_TYPER) & 1, 1);
    ck_assert_uint_eq(redist(0, R_CTLR), 3);
    set_reg(its, I_CTLR, 0);
    ck_assert_uint_eq(reg(its, I_CTLR), 1u << 31);
    device_reset(its);
    ck_assert_uint_eq(its_reg(I_BASER0), 0x0107000000000200);
    ck_assert_uint_eq(its_reg(I_BASER1), 0x0407000000000200);
    ck_assert_uint_eq(its_reg(I_BASER1 + 8), 0);
    set_its(I_BASER0, ~0ull);
    ck_assert_uint_eq(its_reg(I_BASER0), 0xf9e7ffffffffffff);
    set_reg(its, I_BASER1 + 4, 0);
    ck_assert_uint_eq(its_reg(I_BASER1), 0x0407000000000200);
    set_its(I_CBASER, ~0ull);
    ck_assert_uint_eq(its_reg(I_CBASER), 0xb8effffffffffcff);
    said_nothing();
}
END_TEST

START_TEST(tables_stay_where_they_are_while_in_use)
{
    set_its(I_BASER0, 0);
    set_its(I_CBASER, 0);
    set_redist64(0, R_PROPBASER, 0);
    ck_assert_uint_eq(its_reg(I_BASER0) & 0xffffffffff, DEVICES | 31);
    ck_assert_uint_eq(its_reg(I_CBASER), VALID | QUEUE);
    ck_assert_uint_eq(redist(0, R_PROPBASER), CONFIG | 15);
    said("gicv3-its: write of 0x0 to offset 0x100 ignored: the ITS is enabled");
    said("gicv3: write of 0x0 to GICR offset 0x70 ignored: LPIs are enabled");
}
END_TEST

START_TEST(the_device_tree_node_is_that_of_qemu_virt)
{
    void *blob = gic_tree();
    int node, length;

    node = fdt_path_offset(blob, "/intc@8000000/its@8080000");
    ck_assert_int_ge(node, 0);
    ck_assert_int_eq(fdt_node_check_compatible(blob, node, "arm,gic-v3-its"), 0);
    ck_assert_ptr_nonnull(fdt_getprop(blob, node, "msi-controller", NULL));
    ck_assert_mem_eq(fdt_getprop(blob, node, "#msi-cells", NULL), "\0\0\0\1", 4);
    ck_assert_mem_eq(fdt_getprop(blob, node, "reg", &length),
                     "\0\0\0\0\x08\x08\0\0\0\0\0\0\0\2\0\0", 16);
    ck_assert_uint_ne(fdt_get_phandle(blob, node), 0);
    free(blob);
}
END_TEST

/* --- LPIs --- */

START_TEST(a_message_becomes_an_lpi_that_is_never_active)
{
    mapti(5, 3, 8200, 0);
    gicv3_its_send(its, 5, 3);
    ck_assert(irq_high(0) && lpi_pending(0, 8200));
    ck_assert_uint_eq(icc(0, HPPIR1), 8200);
    ck_assert_uint_eq(icc(0, IAR0), SPURIOUS);
    ck_assert_uint_eq(icc(0, IAR1), 8200);
    ck_assert_uint_eq(icc(0, RPR), 0xa0);
    ck_assert(!irq_high(0) && !lpi_pending(0, 8200));
    gicv3_its_send(its, 5, 3); /* it has no active state, but its priority holds it back */
    ck_assert(!irq_high(0));
    set_icc(0, EOIR1, 8200);
    ck_assert_uint_eq(icc(0, RPR), 0xff);
    ck_assert_uint_eq(icc(0, IAR1), 8200);
    set_icc(0, CTLR, 2);
    set_icc(0, EOIR1, 8200);
    set_icc(0, DIR, 8200); /* nothing to do */
    ck_assert_uint_eq(icc(0, IAR1), SPURIOUS);
    said_nothing();
}
END_TEST

START_TEST(the_configuration_says_what_is_signalled_and_how_urgently)
{
    mapti(5, 0, 8200, 0);
    mapti(5, 1, 8201, 0);
    configure(8200, 0xa0);
    INV(5, 0);
    INT(5, 0);
    ck_assert(!irq_high(0) && lpi_pending(0, 8200));
    configure(8200, 0xa1);
    command(0x0d, 0, 0, 0); /* INVALL of collection 0 */
    ck_assert(irq_high(0));
    configure(8200, 0xa0);
    INV(5, 0);
    ck_assert(!irq_high(0));
    configure(8200, 0xa1);
    INV(5, 0);
    ck_assert(irq_high(0));
    INT(5, 1);
    ck_assert_uint_eq(icc(0, HPPIR1), 8200);
    configure(8201, 0x41);
    INV(5, 1);
    ck_assert_uint_eq(icc(0, HPPIR1), 8201);
    set_priority(0, 41, 0x40); /* an SPI of its priority goes first */
    drive(0, 41, true);
    ck_assert_uint_eq(icc(0, HPPIR1), 41);
    set_reg(gic, D_CTLR, 1);
    ck_assert_uint_eq(icc(0, HPPIR1), SPURIOUS);
    said_nothing();
}
END_TEST

START_TEST(what_is_pending_in_the_table_counts_when_lpis_are_enabled)
{
    set_redist(0, R_CTLR, 0);
    ck_assert_uint_eq(redist(0, R_CTLR), 2);
    poke(PENDING + 65535 / 8, 0x80, 1);
    configure(65535, 0x81);
    poke(PENDING + 8199 / 8, 0x80, 1);
    ck_assert(!irq_high(0));
    set_redist(0, R_CTLR, 1);
    ck_assert_uint_eq(icc(0, IAR1), 65535);
    set_icc(0, EOIR1, 65535);
    ck_assert(irq_high(0));
    set_redist(0, R_CTLR, 0);
    ck_assert(!irq_high(0) && lpi_pending(0, 8199) && !lpi_pending(0, 65535));
    set_redist64(0, R_PROPBASER, CONFIG | 12); /* 13 bits are too few for any LPI */
    set_redist(0, R_CTLR, 1);
    ck_assert(!irq_high(0));
    set_redist(0, R_CTLR, 0);
    set_redist64(0, R_PROPBASER, CONFIG | 13);
    set_redist(0, R_CTLR, 1);
    ck_assert_uint_eq(icc(0, IAR1), 8199);
    set_redist(0, R_CTLR, 0);
    said_nothing();
    set_redist64(0, R_PENDBASER, 0x80000000);
    set_redist(0, R_CTLR, 1);
    said("gicv3: CPU 0 has no LPIs: the table at 0x80000000 is not in RAM");
}
END_TEST

/* --- Commands --- */

START_TEST(a_collection_leads_to_a_cpu)
{
    make(counts[_i]);
    for (unsigned i = 0; i < cpu_count; i++) {
        mapti(5, 7, 8192 + i, i);
        fake_bus_write(its, its->ops, I_TRANSLATER, 4, 7); /* of device 0, which is not mapped */
        gicv3_its_send(its, 5, 7);
        for (unsigned j = 0; j < cpu_count; j++)
            ck_assert(irq_high(j) == (i == j));
        ck_assert_uint_eq(icc(i, IAR1), 8192 + i);
        set_icc(i, EOIR1, 8192 + i);
    }
    said("gicv3-its: event 7 of device 0x0 ignored: the device is not mapped");
    teardown();
}
END_TEST

START_TEST(movi_and_movall_take_what_is_pending_along)
{
    unsigned last;

    make(counts[_i]);
    last = cpu_count - 1;
    mapti(5, 7, 8210, 0);
    INT(5, 7);
    MOVI(5, 7, last);
    ck_assert(lpi_pending(last, 8210));
    if (last)
        ck_assert(!irq_high(0) && !lpi_pending(0, 8210));
    gicv3_its_send(its, 5, 7); /* from now on, too */
    ck_assert_uint_eq(icc(last, IAR1), 8210);
    set_icc(last, EOIR1, 8210);
    mapti(5, 8, 8211, last);
    mapti(5, 9, 8255, last);
    INT(5, 8);
    INT(5, 9);
    command(0x0e, 0, (uint64_t)last << 16, 0); /* MOVALL to CPU 0 */
    ck_assert_uint_eq(icc(0, IAR1), 8211);
    set_icc(0, EOIR1, 8211);
    ck_assert_uint_eq(icc(0, IAR1), 8255);
    ck_assert(!irq_high(last));
    said_nothing();
    teardown();
}
END_TEST

START_TEST(clear_and_discard_withdraw_an_lpi)
{
    mapti(5, 0, 8200, 0);
    INT(5, 0);
    CLEAR(5, 0);
    ck_assert(!irq_high(0));
    INT(5, 0);
    DISCARD(5, 0);
    ck_assert(!irq_high(0));
    said_nothing();
    INT(5, 0);
    said("gicv3-its: INT 0x500000003 0x0 0x0 0x0 ignored: the event is not mapped");
}
END_TEST

START_TEST(mapi_maps_an_event_to_the_lpi_of_its_number)
{
    mapd(6, ITT + 0x1000, 14);
    MAPI(6, 8222, 0);
    command(0x05, 0, 0, 0); /* SYNC */
    gicv3_its_send(its, 6, 8222);
    ck_assert_uint_eq(icc(0, IAR1), 8222);
    said_nothing();
}
END_TEST

START_TEST(a_table_may_have_two_levels)
{
    set_reg(its, I_CTLR, 0);
    set_its(I_BASER0, VALID | INDIRECT | DEVICES);
    set_reg(its, I_CTLR, 1);
    poke(DEVICES + 2 * 8, VALID | SECOND, 8); /* devices 1024 to 1535 */
    mapd(1030, ITT, 5);
    mapti(1030, 1, 8201, 0);
    said_nothing();
    gicv3_its_send(its, 1030, 1);
    ck_assert_uint_eq(icc(0, IAR1), 8201);
    ck_assert_uint_ne(peek(SECOND + 6 * 8), 0);
    mapd(1536, ITT, 5); /* whose page is not there */
    said("MAPD 0x60000000008");
}
END_TEST

START_TEST(the_queue_wraps_and_waits_for_the_its_to_be_on)
{
    for (unsigned i = 0; i < 300; i++) {
        mapti(5, i % 32, 8192 + i % 64, 0);
        INT(5, i % 32);
        CLEAR(5, i % 32);
    }
    mapti(5, 1, 8201, 0);
    set_reg(its, I_CTLR, 0);
    poke(QUEUE + tail, 5ull << 32 | 0x03, 8);
    poke(QUEUE + tail + 8, 1, 8);
    set_reg(its, I_CWRITER, (uint32_t)(tail + 32) % 4096);
    ck_assert_uint_eq(its_reg(I_CREADR), tail);
    gicv3_its_send(its, 5, 1);
    ck_assert(!irq_high(0));
    said("event 1 of device 0x5 ignored: the ITS is off");
    set_reg(its, I_CTLR, 1);
    ck_assert(irq_high(0));
}
END_TEST

START_TEST(a_queue_that_is_not_there_stalls)
{
    set_reg(its, I_CWRITER, 0x1000);
    said("gicv3-its: GITS_CWRITER is 0x1000, in a queue of 0x1000 bytes");
    ck_assert_uint_eq(its_reg(I_CREADR), tail);
    set_reg(its, I_CTLR, 0);
    set_its(I_CBASER, VALID | 0x80000000);
    set_reg(its, I_CTLR, 1);
    set_reg(its, I_CWRITER, 32);
    ck_assert_uint_eq(its_reg(I_CREADR), 1);
    said("the command queue is not in RAM; it stalls");
}
END_TEST

START_TEST(a_guests_mistakes_are_named_in_the_log)
{
    static const struct {
        uint64_t words[4];
        const char *said;
    } rows[] = {
        {{0x77}, "command 0x77 ignored: there is none of this number"},
        {{5ull << 32 | 0x08, 16}, "its EventIDs have more than 16 bits"},
        {{0x10000ull << 32 | 0x08}, "the device table does not reach so far"},
        {{0x9, 0, VALID | 1 << 16}, "there is no such redistributor"},
        {{0x9, 0, 0xffff}, "the collection table does not reach so far"},
        {{6ull << 32 | 0xa}, "the device is not mapped"},
        {{5ull << 32 | 0xa, 32}, "the device does not have such an event"},
        {{5ull << 32 | 0xa, 8191ull << 32}, "the INTID is not an LPI's"},
        {{5ull << 32 | 0xb, 1}, "the INTID is not an LPI's"},
        {{5ull << 32 | 0x1, 1, 9}, "the collection is not mapped"},
        {{0xe, 0, 0, 1 << 16}, "there is no such redistributor"},
        {{0xd, 0, 17}, "the collection is not mapped"},
    };

    mapti(5, 1, 8200, 0);
    said_nothing();
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        const uint64_t *words = rows[i].words;
        size_t before = strlen(fake_log_flush(&messages));

        command(words[0], words[1], words[2], words[3]);
        ck_assert_msg(strstr(fake_log_flush(&messages) + before, rows[i].said) != NULL,
                      "row %u: %s", i, messages.text + before);
    }
    set_its(I_CREADR, 0);
    said("write of 0x0 to read-only offset 0x90");
    set_reg(its, 0x60, 5);
    said("write of 0x5 to read-only or reserved offset 0x60");
    fake_bus_read(its, its->ops, I_CTLR, 2);
    said("access of 2 bytes to GITS offset 0x0 ignored: it takes 4\n");
}
END_TEST

START_TEST(garbage_in_tables_commands_and_registers_does_no_harm)
{
    uint64_t state = 0x9e3779b97f4a7c15;

    make(counts[_i]);
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < 4000; i++) {
            uint64_t word = garbage(&state), address = RAM + garbage(&state) % 0x90000;

            if (i % 4 == 0) /* likely numbers */
                word = (word & 0x3f0000000full) | (i & 8 ? VALID | (word & 0xffff0000) | RAM : 0);
            poke(align_down(address, 8), word, 8);
        }
        for (unsigned i = 0; i < 100; i++) {
            set_reg(its, I_CWRITER, (uint32_t)garbage(&state) & 0xfe0);
            gicv3_its_send(its, (uint32_t)garbage(&state) % 64, (uint32_t)garbage(&state) % 64);
        }
        write_garbage(its, its->ops, 200);
        write_garbage(gic, gicv3_redistributor_ops(gic), 200);
    }
    for (unsigned i = 0; i < cpu_count; i++)
        for (unsigned j = 0; j < 100; j++)
            set_icc(i, EOIR1, icc(i, IAR1));
    teardown();
}
END_TEST

/* --- Threads: devices send, CPUs take, collections move. --- */

enum { MESSAGES = 2000, SENDERS = 2, TAKERS = 2 };
static _Atomic unsigned taken[SENDERS];
static _Atomic unsigned senders_done;

static void *send_messages(void *opaque)
{
    uint32_t event = (uint32_t)(uintptr_t)opaque;

    for (unsigned i = 0; i < MESSAGES; i++) {
        gicv3_its_send(its, 5, event);
        while (atomic_load(&taken[event]) == i)
            sched_yield();
        ck_assert_uint_eq(atomic_load(&taken[event]), i + 1);
    }
    atomic_fetch_add(&senders_done, 1);
    return NULL;
}

static void *take_messages(void *opaque)
{
    unsigned cpu = (unsigned)(uintptr_t)opaque;

    while (atomic_load(&senders_done) < SENDERS) {
        uint64_t id = irq_high(cpu) ? icc(cpu, IAR1) : SPURIOUS;

        if (id == SPURIOUS) {
            sched_yield();
            continue;
        }
        ck_assert(id >= 8192 && id < 8192 + SENDERS);
        set_icc(cpu, EOIR1, id);
        atomic_fetch_add(&taken[id - 8192], 1);
    }
    return NULL;
}

START_TEST(no_message_is_lost_between_threads)
{
    pthread_t threads[SENDERS + TAKERS];

    make(4);
    for (unsigned i = 0; i < SENDERS; i++)
        mapti(5, i, 8192 + i, 0);
    for (uintptr_t i = 0; i < SENDERS + TAKERS; i++)
        pthread_create(&threads[i], NULL, i < SENDERS ? send_messages : take_messages,
                       (void *)(i < SENDERS ? i : i - SENDERS));
    for (unsigned i = 0; atomic_load(&senders_done) < SENDERS; i++) {
        MOVI(5, i % SENDERS, i / 2 % TAKERS);
        sched_yield();
    }
    for (unsigned i = 0; i < SENDERS + TAKERS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < TAKERS; i++)
        ck_assert(!irq_high(i));
    said_nothing();
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gicv3-its");
    TCase *one = tcase_create("one CPU"), *several = tcase_create("several CPUs");

    tcase_add_checked_fixture(one, setup, teardown);
    tcase_add_test(one, what_there_is_is_told);
    tcase_add_test(one, tables_stay_where_they_are_while_in_use);
    tcase_add_test(one, the_device_tree_node_is_that_of_qemu_virt);
    tcase_add_test(one, a_message_becomes_an_lpi_that_is_never_active);
    tcase_add_test(one, the_configuration_says_what_is_signalled_and_how_urgently);
    tcase_add_test(one, what_is_pending_in_the_table_counts_when_lpis_are_enabled);
    tcase_add_test(one, clear_and_discard_withdraw_an_lpi);
    tcase_add_test(one, mapi_maps_an_event_to_the_lpi_of_its_number);
    tcase_add_test(one, a_table_may_have_two_levels);
    tcase_add_test(one, the_queue_wraps_and_waits_for_the_its_to_be_on);
    tcase_add_test(one, a_queue_that_is_not_there_stalls);
    tcase_add_test(one, a_guests_mistakes_are_named_in_the_log);
    suite_add_tcase(suite, one);
    tcase_add_loop_test(several, a_collection_leads_to_a_cpu, 0, 3);
    tcase_add_loop_test(several, movi_and_movall_take_what_is_pending_along, 0, 3);
    tcase_add_loop_test(several, garbage_in_tables_commands_and_registers_does_no_harm, 0, 3);
    tcase_add_test(several, no_message_is_lost_between_threads);
    suite_add_tcase(suite, several);
    return run_suite(suite);
}
