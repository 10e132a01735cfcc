/* devices/virt.c and devices/machine.c: the map, the wiring, and the life of a machine with a guest
 * of a few instructions. */
#include <check.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cpu/sysreg.h"
#include "devices/chardev.h"
#include "devices/display.h"
#include "devices/virt.h"

static struct clock *stepped;
static struct machine *machine;
static struct err err;
static _Atomic unsigned events[2];

static void note_event(void *opaque, enum machine_event event)
{
    (void)opaque;
    events[event]++;
}

static struct virt_config config(void)
{
    return (struct virt_config){
        .ram_size = 16 * MIB,
        .cpu_model = "max",
        .engine = ENGINE_INTERP,
        .clock = stepped,
        .rtc_base = 1000000000,
        .event = note_event,
    };
}

static void make(const struct virt_config *how)
{
    machine_free(machine);
    machine = virt_new(how, &err);
    ck_assert_msg(machine != NULL, "%s", err.text);
}

static void setup(void)
{
    struct virt_config plain;

    stepped = clock_new_stepped();
    events[0] = events[1] = 0;
    plain = config();
    make(&plain);
}

static void teardown(void)
{
    machine_free(machine);
    machine = NULL;
    clock_free(stepped);
}

static uint32_t reg(uint64_t address)
{
    uint64_t value;

    ck_assert(bus_mmio_read(machine_bus(machine), 0, address, 4, &value));
    return (uint32_t)value;
}

static void set_reg(uint64_t address, uint32_t value)
{
    ck_assert(bus_mmio_write(machine_bus(machine), 0, address, 4, value));
}

/* --- The map --- */

static void note_region(void *opaque, const char *name, uint64_t base, uint64_t size)
{
    char *text = opaque;

    if (base >= 0x0a000000 && base < 0x0a004000)
        ck_assert_str_eq(name, "virtio-mmio");
    else
        sprintf(text + strlen(text), "%s %lx+%lx\n", name, (unsigned long)base,
                (unsigned long)size);
}

START_TEST(the_map_is_the_boards)
{
    char text[1024] = "";

    bus_visit(machine_bus(machine), note_region, text);
    ck_assert_str_eq(text, "gicv2 8000000+1000\n"
                           "gicv2-cpu 8010000+2000\n"
                           "pl011 9000000+1000\n"
                           "pl031 9010000+1000\n"
                           "pl061 9030000+1000\n"
                           "ram 40000000+1000000\n");
    for (uint64_t slot = 0; slot < 32; slot++)
        ck_assert_uint_eq(reg(0x0a000000 + slot * 0x200), 0x74726976); /* MagicValue */
}
END_TEST

START_TEST(the_identification_registers_are_where_guests_look)
{
    ck_assert_uint_eq(reg(0x09000fe0) & 0xff, 0x11); /* PL011 PeriphID0 */
    ck_assert_uint_eq(reg(0x09010fe0) & 0xff, 0x31);
    ck_assert_uint_eq(reg(0x09030fe0) & 0xff, 0x61);
    ck_assert_uint_eq(reg(0x09010000), 1000000000); /* the RTC starts where it was told */
}
END_TEST

START_TEST(addresses_of_absent_devices_stay_empty)
{
    static const uint64_t absent[] = {0,          0x04000000, 0x08020000,   0x08080000,
                                      0x080a0000, 0x09020000, 0x09040000,   0x0a004000,
                                      0x0b000000, 0x0c000000, 0x0e000000,   0x10000000,
                                      0x3eff0000, 0x41000000, 0x4010000000, 0x8000000000};
    uint64_t value;

    for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
        ck_assert_msg(!bus_mmio_read(machine_bus(machine), 0, absent[i], 4, &value), "0x%lx",
                      (unsigned long)absent[i]);
}
END_TEST

START_TEST(flash_is_there_for_firmware_and_read_only)
{
    struct virt_config how = config();
    uint64_t value;

    how.firmware = true;
    make(&how);
    ck_assert_int_eq(bus_ram(machine_bus(machine), 0)->kind, RAM_ROM);
    ck_assert_uint_eq(bus_ram(machine_bus(machine), 0)->size, 64 * MIB);
    ck_assert_uint_eq(bus_ram(machine_bus(machine), 0x07ffffff)->base, 0x04000000);
    set_reg(0, 0x12345678);
    ck_assert(bus_mmio_read(machine_bus(machine), 0, 0, 4, &value));
    ck_assert_uint_eq(value, 0);
}
END_TEST

START_TEST(a_framebuffer_has_a_display_of_its_size)
{
    struct virt_config how = config();

    ck_assert_ptr_null(machine_display(machine));
    how.fb_width = 640;
    how.fb_height = 480;
    make(&how);
    struct display *display = machine_display(machine);
    ck_assert_ptr_nonnull(display);
    ck_assert_uint_eq(display->width, 640);
    ck_assert_uint_eq(display->height, 480);
    ck_assert_int_eq(bus_ram(machine_bus(machine), 0x0b000000)->kind, RAM_VIDEO);
    ck_assert_uint_eq(bus_ram(machine_bus(machine), 0x0bffffff)->base, 0x0b000000);
}
END_TEST

START_TEST(impossible_machines_are_refused_with_a_reason)
{
    static const struct {
        uint64_t ram;
        unsigned width, height;
        const char *model, *said;
    } bad[] = {
        {15 * MIB, 0, 0, "max", "16M"},        {256 * GIB, 0, 0, "max", "255G"},
        {16 * MIB + 4096, 0, 0, "max", "MiB"}, {16 * MIB, 15, 768, "max", "15x768"},
        {16 * MIB, 1024, 0, "max", "1024x0"},  {16 * MIB, 4096, 4096, "max", "4096x4096"},
        {16 * MIB, 0, 0, "z80", "z80"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct virt_config how = config();
        struct err why = {0};
        how.ram_size = bad[i].ram;
        how.fb_width = bad[i].width;
        how.fb_height = bad[i].height;
        how.cpu_model = bad[i].model;
        ck_assert_ptr_null(virt_new(&how, &why));
        ck_assert_msg(strstr(why.text, bad[i].said) != NULL, "%s", why.text);
        ck_assert(why.usage);
    }
}
END_TEST

/* --- The wiring --- */

#define GICD_ISPENDR 0x08000200

START_TEST(memory_tagging_needs_a_cpu_that_has_it)
{
    struct virt_config tagged = config();
    struct ram_block *ram;

    ck_assert_ptr_null(bus_ram(machine_bus(machine), VIRT_RAM_BASE)->tags);
    tagged.cpu_properties.mte = true;
    make(&tagged);
    ram = bus_ram(machine_bus(machine), VIRT_RAM_BASE);
    ck_assert_ptr_nonnull(ram->tags);
    ck_assert_uint_eq(ram->tags[ram->size / TAG_GRANULE - 1], 0);
    tagged.cpu_model = "cortex-a76";
    ck_assert_ptr_null(virt_new(&tagged, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cortex-a76 has no memory tagging"));
}
END_TEST

START_TEST(each_line_arrives_at_its_interrupt)
{
    set_reg(0x09010008, 0);          /* RTCLR: the RTC's time ... */
    set_reg(0x09010004, 5);          /* RTCMR: ... and its alarm */
    set_reg(0x09010010, 1);          /* RTCIMSC */
    clock_step(stepped, 6000000000); /* SPI 2 = INTID 34 */
    ck_assert_uint_eq(reg(GICD_ISPENDR + 4), 1u << 2);
    set_reg(0x0901001c, 1); /* RTCICR */
    ck_assert_uint_eq(reg(GICD_ISPENDR + 4), 0);
    set_reg(0x09000038, 1 << 5); /* UARTIMSC.TXIM; sending raises it: SPI 1 = INTID 33 */
    set_reg(0x09000030, 0x101);  /* UARTCR: UARTEN, TXE */
    set_reg(0x09000000, 'x');
    ck_assert_uint_eq(reg(GICD_ISPENDR + 4), 1u << 1);
}
END_TEST

START_TEST(the_timers_interrupts_are_ppi_11_and_14)
{
    const struct cpu *cpu = machine_cpu(machine);

    irq_set(&cpu->timer[TIMER_VIRT].irq, true);
    ck_assert_uint_eq(reg(GICD_ISPENDR), 1u << 27);
    irq_set(&cpu->timer[TIMER_VIRT].irq, false);
    irq_set(&cpu->timer[TIMER_PHYS].irq, true);
    ck_assert_uint_eq(reg(GICD_ISPENDR), 1u << 30);
    irq_set(&cpu->timer[TIMER_PHYS].irq, false);
}
END_TEST

START_TEST(an_interrupt_reaches_the_cpu_and_goes)
{
    struct cpu *cpu = machine_cpu(machine);

    set_reg(0x08000000, 1);        /* GICD_CTLR */
    set_reg(0x08000100, 1u << 27); /* GICD_ISENABLER0 */
    set_reg(0x08010000, 1);        /* GICC_CTLR */
    set_reg(0x08010004, 0xff);     /* GICC_PMR */
    ck_assert_uint_eq(cpu->lines, 0);
    irq_set(&cpu->timer[TIMER_VIRT].irq, true);
    ck_assert_uint_eq(cpu->lines, CPU_LINE_IRQ);
    ck_assert_uint_eq(reg(0x0801000c), 27); /* GICC_IAR */
    ck_assert_uint_eq(cpu->lines, 0);
    irq_set(&cpu->timer[TIMER_VIRT].irq, false);
}
END_TEST

static uint64_t sysreg(uint16_t key)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(key));

    return row->read(machine_cpu(machine), row);
}

static void set_sysreg(uint16_t key, uint64_t value)
{
    const struct sysreg *row = sysreg_row((unsigned)sysreg_find(key));

    row->write(machine_cpu(machine), row, value);
}

START_TEST(a_gicv3_takes_the_place_of_the_gicv2)
{
    struct virt_config how = config();
    char text[1024] = "";
    struct cpu *cpu;

    how.cpu_properties.gicv3 = true;
    how.its = _i;
    make(&how);
    cpu = machine_cpu(machine);
    bus_visit(machine_bus(machine), note_region, text);
    ck_assert(strstr(text, "gicv3 8000000+10000\n") == text);
    ck_assert(!strstr(text, "gicv3-its 8080000+20000\n") == !how.its);
    ck_assert_ptr_nonnull(strstr(text, "gicv3-redistributor 80a0000+20000\n"));
    ck_assert_uint_eq(reg(0x080a0008) & 1, how.its); /* GICR_TYPER.PLPIS */
    set_reg(0x09000038, 1 << 5);                     /* UARTIMSC.TXIM, as above: SPI 1 */
    set_reg(0x09000030, 0x101);
    set_reg(0x09000000, 'x');
    ck_assert_uint_eq(reg(GICD_ISPENDR + 4), 1u << 1);
    irq_set(&cpu->timer[TIMER_VIRT].irq, true);
    ck_assert_uint_eq(reg(0x080b0200), 1u << 27); /* GICR_ISPENDR0 */
    set_reg(0x080b0080, ~0u);                     /* GICR_IGROUPR0 */
    set_reg(0x080b0100, 1u << 27);                /* GICR_ISENABLER0 */
    set_reg(0x08000000, 2);                       /* GICD_CTLR */
    set_sysreg(SYSREG_KEY(3, 0, 4, 6, 0), 0xff);  /* ICC_PMR_EL1 */
    set_sysreg(SYSREG_KEY(3, 0, 12, 12, 7), 1);   /* ICC_IGRPEN1_EL1 */
    ck_assert_uint_eq(cpu->lines, CPU_LINE_IRQ);
    ck_assert_uint_eq(sysreg(SYSREG_KEY(3, 0, 12, 12, 0)), 27); /* ICC_IAR1_EL1 */
    ck_assert_uint_eq(cpu->lines, 0);
    irq_set(&cpu->timer[TIMER_VIRT].irq, false);
    ck_assert_msg(machine_reset(machine, &err), "%s", err.text);
    ck_assert_uint_eq(sysreg(SYSREG_KEY(3, 0, 12, 12, 7)), 0);
    ck_assert_uint_eq(reg(0x080b0100), 0);
}
END_TEST

START_TEST(the_power_key_is_pin_3_and_springs_back)
{
    set_reg(0x09030410, 1 << 3); /* GPIOIE */
    set_reg(0x0903040c, 1 << 3); /* GPIOIEV: rising */
    machine_press_power(machine);
    ck_assert_uint_eq(reg(0x090303fc), 1 << 3);
    ck_assert_uint_eq(reg(GICD_ISPENDR + 4), 1u << 7); /* SPI 7 = INTID 39 */
    clock_step(stepped, 1000000000);
    ck_assert_uint_eq(reg(0x090303fc), 0);
}
END_TEST

START_TEST(there_is_no_smc)
{
    ck_assert_ptr_nonnull(machine_cpu(machine)->hooks.hvc);
    ck_assert_ptr_null(machine_cpu(machine)->hooks.smc);
}
END_TEST

/* --- A guest gone mad --- */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static size_t swallow(struct chardev *chardev, const uint8_t *data, size_t size)
{
    (void)chardev;
    (void)data;
    return size;
}

static void ignore(struct chardev *chardev)
{
    (void)chardev;
}

static void ignore_client(struct chardev *chardev, const struct chardev_client *client)
{
    (void)chardev;
    (void)client;
}

START_TEST(nonsense_to_every_register_leaves_the_board_alive)
{
    static const uint64_t windows[][2] = {
        {0x08000000, 0x1000}, {0x08010000, 0x2000}, {0x09000000, 0x1000}, {0x09010000, 0x1000},
        {0x09030000, 0x1000}, {0x0a000000, 0x4000}, {0x0b000000, 0x2000}, {0, 0x800000000000},
        {0x080a0000, 0x1000}, {0x080b0000, 0x1000}, {0x08080000, 0x1000}};
    struct chardev chardev = {swallow, ignore, ignore_client, ignore};
    uint64_t state = 0x9e3779b97f4a7c15, value;
    FILE *file = fopen("/dev/null", "w");
    struct log *log = log_new(file, true, ~0u);
    struct virt_config how = config();
    unsigned answered = 0;

    how.log = log;
    how.uart = &chardev;
    how.fb_width = 640;
    how.fb_height = 480;
    how.firmware = true;
    how.cpu_properties.gicv3 = how.its = _i;
    make(&how);
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t choice = random_next(&state);
        const uint64_t *window = windows[choice % ARRAY_SIZE(windows)];
        uint64_t address = window[0] + random_next(&state) % window[1];
        unsigned width = 1u << (choice >> 8) % 4;
        if (choice & 1 << 16) /* mostly where registers are */
            address = align_down(address, 4);
        if (choice & 1 << 17)
            answered +=
                bus_mmio_write(machine_bus(machine), 0, address, width, random_next(&state));
        else
            answered += bus_mmio_read(machine_bus(machine), 0, address, width, &value);
        if (i % 1000 == 0)
            clock_step(stepped, random_next(&state) % 1000000000);
    }
    ck_assert_uint_gt(answered, 50000);
    ck_assert_msg(machine_reset(machine, &err), "%s", err.text);
    ck_assert_uint_eq(reg(0x09000fe0) & 0xff, 0x11); /* and it still answers as ever */
    ck_assert_uint_eq(reg(0x08000000) & 3, 0);
    machine_free(machine);
    machine = NULL;
    log_free(log);
}
END_TEST

/* --- Life --- */

/* MOV W0, #0x8400 << 16; MOVK W0, #function; HVC #0; B . */
#define CALL_PSCI(function) 0x52b08000, 0x72800000 | (function) << 5, 0xd4000002, 0x14000000

static const uint32_t power_off[] = {CALL_PSCI(0x8)};
static const uint32_t reset[] = {CALL_PSCI(0x9)};
static const uint32_t cpu_off[] = {CALL_PSCI(0x2)};
static const uint32_t spin[] = {0x14000000};
/* LDR W1, [X2]; ADD W1, W1, #1; STR W1, [X2]; then reset */
static const uint32_t count_up[] = {0xb9400041, 0x11000421, 0xb9000041, CALL_PSCI(0x9)};
#define COUNTER (VIRT_RAM_BASE + 0x10000)

struct program {
    const uint32_t *code;
    size_t size;
    unsigned loads;
};

static bool load_program(void *opaque, struct machine *of, struct err *why)
{
    struct program *program = opaque;

    program->loads++;
    if (!bus_write_ram(machine_bus(of), VIRT_RAM_BASE, program->code, program->size))
        return err_set(why, "no RAM");
    machine_cpu(of)->pc = VIRT_RAM_BASE;
    machine_cpu(of)->x[2] = COUNTER;
    return true;
}

static void boot(struct program *program)
{
    machine_set_loader(machine, load_program, program);
    ck_assert_msg(machine_reset(machine, &err), "%s", err.text);
    ck_assert_msg(machine_start(machine, &err), "%s", err.text);
}

START_TEST(system_off_ends_the_run_with_one_event)
{
    struct program program = {power_off, sizeof(power_off), 0};

    boot(&program);
    ck_assert_int_eq(machine_join(machine), MACHINE_POWER_OFF);
    ck_assert_uint_eq(events[MACHINE_POWER_OFF], 1);
    ck_assert_uint_eq(events[MACHINE_RESET], 0);
    ck_assert_uint_eq(program.loads, 1);
}
END_TEST

START_TEST(a_reset_machine_loads_and_runs_again_and_keeps_its_ram)
{
    struct program program = {count_up, sizeof(count_up), 0};
    uint32_t count;

    for (unsigned i = 1; i <= 3; i++) {
        boot(&program);
        ck_assert_int_eq(machine_join(machine), MACHINE_RESET);
        ck_assert(bus_read_ram(machine_bus(machine), COUNTER, &count, 4));
        ck_assert_uint_eq(count, i);
    }
    ck_assert_uint_eq(program.loads, 3);
    program.code = reset;
    program.size = sizeof(reset);
    boot(&program);
    machine_stop(machine); /* also right after, or before, its own end */
    ck_assert_uint_le(events[MACHINE_RESET], 4);
}
END_TEST

START_TEST(stop_ends_a_guest_that_never_would_and_start_goes_on)
{
    struct program program = {spin, sizeof(spin), 0};

    boot(&program);
    ck_assert(!machine_start(machine, &err));
    ck_assert(!machine_reset(machine, &err));
    machine_stop(machine);
    machine_stop(machine);
    ck_assert_uint_eq(machine_cpu(machine)->pc, VIRT_RAM_BASE);
    ck_assert(machine_start(machine, &err));
    machine_stop(machine);
    ck_assert_uint_eq(events[0] + events[1], 0);
    ck_assert(machine_start(machine, &err)); /* and machine_free stops it */
}
END_TEST

START_TEST(a_paused_machine_can_be_stopped)
{
    struct program program = {spin, sizeof(spin), 0};

    boot(&program);
    machine_pause(machine);
    machine_pause(machine);
    machine_resume(machine);
    machine_pause(machine);
    machine_stop(machine);
    machine_resume(machine);
}
END_TEST

START_TEST(a_cpu_that_turns_itself_off_leaves_the_machine_on)
{
    struct program program = {cpu_off, sizeof(cpu_off), 0};

    boot(&program);
    while (machine_cpu_is_on(machine, 0))
        sched_yield();
    machine_stop(machine);
    ck_assert_uint_eq(events[0] + events[1], 0);
    program.code = power_off; /* its owner can still reset it */
    program.size = sizeof(power_off);
    boot(&program);
    ck_assert_int_eq(machine_join(machine), MACHINE_POWER_OFF);
}
END_TEST

/* --- Several CPUs --- */

#define CPUS 4

static void make_smp(enum engine engine)
{
    struct virt_config how = config();

    how.engine = engine;
    how.topology = (struct virt_topology){CPUS, 1, 1, CPUS, 1};
    make(&how);
}

/* CPU 0 turns on 1 to 3, with their number in X0, waits until each has left a word, and powers off.
 * The word is the number and 0x100, at COUNTER and as many doublewords on as MPIDR_EL1.Aff0 says.
 */
static const uint32_t turn_all_on[] = {
    0xaa0203e4, /* MOV X4, X2 */
    0xd2800021, /* MOV X1, #0X1 */
    /* again: */
    0xaa0103e3, /* MOV X3, X1 */
    0x10000262, /* ADR X2, 58 */
    0x52800060, /* MOV W0, #0X3 */
    0x72b88000, /* MOVK W0, #0XC400, LSL #16 */
    0xd4000002, /* HVC #0X0 */
    0xf9000080, /* STR X0, [X4] */
    0x91000421, /* ADD X1, X1, #0X1 */
    0xf100103f, /* CMP X1, #0X4 */
    0x54ffff03, /* B.CC 8 */
    0xd2800021, /* MOV X1, #0X1 */
    /* await: */
    0x8b010c83, /* ADD X3, X4, X1, LSL #3 */
    0xc8dffc60, /* LDAR X0, [X3] */
    0xb4ffffe0, /* CBZ X0, 34 */
    0x91000421, /* ADD X1, X1, #0X1 */
    0xf100103f, /* CMP X1, #0X4 */
    0x54ffff63, /* B.CC 30 */
    0x52b08000, /* MOV W0, #0X84000000 */
    0x72800100, /* MOVK W0, #0X8 */
    0xd4000002, /* HVC #0X0 */
    0x14000000, /* B 54 */
    /* secondary: */
    0xd53800a5, /* MRS X5, MPIDR_EL1 */
    0x92401ca5, /* AND X5, X5, #0XFF */
    0xd2a80024, /* MOV X4, #0X40010000 */
    0x8b050c84, /* ADD X4, X4, X5, LSL #3 */
    0x91040000, /* ADD X0, X0, #0X100 */
    0xc89ffc80, /* STLR X0, [X4] */
    0xd503207f, /* WFI */
    0x17ffffff, /* B 70 */
};

START_TEST(cpus_are_turned_on_after_each_reset)
{
    struct program program = {turn_all_on, sizeof(turn_all_on), 0};

    make_smp((enum engine)_i);
    for (unsigned round = 0; round < 20; round++) {
        uint64_t words[CPUS] = {0};

        ck_assert(bus_write_ram(machine_bus(machine), COUNTER, words, sizeof(words)));
        boot(&program);
        ck_assert_int_eq(machine_join(machine), MACHINE_POWER_OFF);
        ck_assert(bus_read_ram(machine_bus(machine), COUNTER, words, sizeof(words)));
        for (unsigned i = 1; i < CPUS; i++) {
            ck_assert_uint_eq(words[i], 0x100 + i);
            ck_assert(machine_cpu_is_on(machine, i));
        }
        ck_assert(machine_reset(machine, &err));
        for (unsigned i = 0; i < CPUS; i++)
            ck_assert_int_eq(machine_cpu_is_on(machine, i), !i);
    }
    ck_assert_uint_eq(events[MACHINE_POWER_OFF], 20);
}
END_TEST

/* CPU 0 turns CPU 1 on, waits until it is off, 300 times; CPU 1 counts and turns itself off. */
static const uint32_t turn_on_and_off[] = {
    0xaa0203e4, /* MOV X4, X2 */
    0xd2802585, /* MOV X5, #0X12C */
    /* again: */
    0xd2800021, /* MOV X1, #0X1 */
    0x10000262, /* ADR X2, 58 */
    0xaa0403e3, /* MOV X3, X4 */
    0x52800060, /* MOV W0, #0X3 */
    0x72b88000, /* MOVK W0, #0XC400, LSL #16 */
    0xd4000002, /* HVC #0X0 */
    0xb50001a0, /* CBNZ X0, 54 */
    /* ask: */
    0x52800080, /* MOV W0, #0X4 */
    0x72b88000, /* MOVK W0, #0XC400, LSL #16 */
    0xd2800021, /* MOV X1, #0X1 */
    0xd2800002, /* MOV X2, #0X0 */
    0xd4000002, /* HVC #0X0 */
    0xf100041f, /* CMP X0, #0X1 */
    0x54ffff41, /* B.NE 24 */
    0xf10004a5, /* SUBS X5, X5, #0X1 */
    0x54fffe21, /* B.NE 8 */
    0x52b08000, /* MOV W0, #0X84000000 */
    0x72800100, /* MOVK W0, #0X8 */
    0xd4000002, /* HVC #0X0 */
    /* out: */
    0x14000000, /* B 54 */
    /* secondary: */
    0xf9400001, /* LDR X1, [X0] */
    0x91000421, /* ADD X1, X1, #0X1 */
    0xf9000001, /* STR X1, [X0] */
    0x52b08000, /* MOV W0, #0X84000000 */
    0x72800040, /* MOVK W0, #0X2 */
    0xd4000002, /* HVC #0X0 */
    0xf900001f, /* STR XZR, [X0] */
    0x14000000, /* B 74 */
};

START_TEST(a_cpu_that_is_off_can_be_turned_on_at_once)
{
    struct program program = {turn_on_and_off, sizeof(turn_on_and_off), 0};
    const uint64_t none = 0;
    uint64_t count;

    make_smp((enum engine)_i);
    ck_assert(bus_write_ram(machine_bus(machine), COUNTER, &none, 8));
    boot(&program);
    ck_assert_int_eq(machine_join(machine), MACHINE_POWER_OFF);
    ck_assert(bus_read_ram(machine_bus(machine), COUNTER, &count, 8));
    ck_assert_uint_eq(count, 300);
    ck_assert(!machine_cpu_is_on(machine, 1));
}
END_TEST

START_TEST(more_cpus_than_the_interrupt_controller_serves_are_refused)
{
    static const struct {
        unsigned cpus;
        bool gicv3;
        enum engine engine;
        const char *said; /* NULL: accepted */
    } rows[] = {
        {8, false, ENGINE_JIT, NULL},       {9, false, ENGINE_JIT, "gic-version=3"},
        {64, true, ENGINE_INTERP, NULL},    {65, true, ENGINE_JIT, "1 to 64"},
        {2, false, ENGINE_CHECK, "-smp 1"}, {1, false, ENGINE_CHECK, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct virt_config how = config();
        struct err why = {0};
        struct machine *made;

        how.topology = (struct virt_topology){rows[i].cpus, 1, 1, rows[i].cpus, 1};
        how.cpu_properties.gicv3 = rows[i].gicv3;
        how.engine = rows[i].engine;
        made = virt_new(&how, &why);
        ck_assert_msg(!made == !!rows[i].said, "row %zu: %s", i, why.text);
        if (made)
            ck_assert_uint_eq(machine_cpu_count(made), rows[i].cpus);
        else
            ck_assert_msg(why.usage && strstr(why.text, rows[i].said), "%s", why.text);
        machine_free(made);
    }
}
END_TEST

START_TEST(reset_clears_the_devices)
{
    set_reg(0x09000024, 26); /* UARTIBRD */
    ck_assert_uint_eq(reg(0x09000024), 26);
    ck_assert(machine_reset(machine, &err)); /* without a loader too */
    ck_assert_uint_eq(reg(0x09000024), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("virt");
    TCase *tcase = tcase_create("virt");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_map_is_the_boards);
    tcase_add_test(tcase, the_identification_registers_are_where_guests_look);
    tcase_add_test(tcase, addresses_of_absent_devices_stay_empty);
    tcase_add_test(tcase, flash_is_there_for_firmware_and_read_only);
    tcase_add_test(tcase, a_framebuffer_has_a_display_of_its_size);
    tcase_add_test(tcase, impossible_machines_are_refused_with_a_reason);
    tcase_add_test(tcase, memory_tagging_needs_a_cpu_that_has_it);
    tcase_add_test(tcase, each_line_arrives_at_its_interrupt);
    tcase_add_test(tcase, the_timers_interrupts_are_ppi_11_and_14);
    tcase_add_test(tcase, an_interrupt_reaches_the_cpu_and_goes);
    tcase_add_loop_test(tcase, a_gicv3_takes_the_place_of_the_gicv2, 0, 2);
    tcase_add_test(tcase, the_power_key_is_pin_3_and_springs_back);
    tcase_add_test(tcase, there_is_no_smc);
    tcase_add_loop_test(tcase, nonsense_to_every_register_leaves_the_board_alive, 0, 2);
    tcase_add_test(tcase, system_off_ends_the_run_with_one_event);
    tcase_add_test(tcase, a_reset_machine_loads_and_runs_again_and_keeps_its_ram);
    tcase_add_test(tcase, stop_ends_a_guest_that_never_would_and_start_goes_on);
    tcase_add_test(tcase, a_paused_machine_can_be_stopped);
    tcase_add_test(tcase, a_cpu_that_turns_itself_off_leaves_the_machine_on);
    tcase_add_loop_test(tcase, cpus_are_turned_on_after_each_reset, ENGINE_INTERP, ENGINE_CHECK);
    tcase_add_loop_test(tcase, a_cpu_that_is_off_can_be_turned_on_at_once, ENGINE_INTERP,
                        ENGINE_CHECK);
    tcase_add_test(tcase, more_cpus_than_the_interrupt_controller_serves_are_refused);
    tcase_add_test(tcase, reset_clears_the_devices);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
