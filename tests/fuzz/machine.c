/* Fuzzes the whole board: random instructions, tables and registers on each engine, with every
 * device in reach. Whatever the guest does, the process neither crashes nor hangs, and -engine
 * check sees no difference. For the sanitizers' sake everything is freed at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "cpu/block.h"
#include "cpu/exception.h"
#include "devices/virt.h"
#include "words.h"

#define RAM_SIZE  (16 * MIB)
#define CODE      VIRT_RAM_BASE
#define CODE_SIZE (256 * KIB)
#define HANDLERS  (CODE + CODE_SIZE) /* exception vectors: go on at some other place in the code */
#define TABLES    (VIRT_RAM_BASE + 1 * MIB)
#define DATA      (VIRT_RAM_BASE + 2 * MIB)
#define STEPS     200000u /* instructions that are enough for one seed */
#define MSEC      1000000ull

struct fuzz {
    struct rng rng;
    struct clock *clock;
    struct log *log;
    struct machine *machine;
    _Atomic bool ended, disagreed;
};

static void on_event(void *opaque, enum machine_event event)
{
    struct fuzz *fuzz = opaque;

    fuzz->ended = true;
    if (event == MACHINE_DISAGREED)
        fuzz->disagreed = true;
}

/* An address that is worth an access. */
static uint64_t address(struct rng *rng)
{
    static const uint64_t devices[] = {0x08000000, 0x08010000, 0x09000000, 0x09010000,
                                       0x09030000, 0x0a000000, 0x0b000000, 0x0c000000};

    switch (rng_below(rng, 8)) {
    case 0:
        return devices[rng_below(rng, ARRAY_SIZE(devices))] + rng_below(rng, 0x1000);
    case 1:
        return CODE + rng_below(rng, CODE_SIZE);
    case 2:
        return rng_value(rng);
    case 3:
        return VIRT_RAM_BASE + RAM_SIZE - rng_below(rng, 64);
    case 4:
        return TABLES + rng_below(rng, 0x4000);
    default:
        return DATA + rng_below(rng, 0x10000) * (rng_below(rng, 4) ? 8u : 1u);
    }
}

/* Tables with a bit of everything over an identity mapping of devices and RAM by 2 MiB blocks. */
static void write_tables(struct rng *rng, struct bus *bus)
{
    uint64_t *table = bus_ram_pointer(bus, TABLES, 0x4000);

    memset(table, 0, 0x4000);
    table[0] = (TABLES + 0x1000) | 3;
    table[1] = (TABLES + 0x2000) | 3;
    for (unsigned i = 2; i < 512; i++)
        if (rng_below(rng, 16) == 0)
            table[i] = rng_below(rng, 2) ? TABLES | 3 : rng_next(rng);
    for (unsigned half = 0; half < 2; half++)
        for (unsigned i = 0; i < 512; i++) {
            uint64_t *d = &table[512 * (half + 1) + i];

            *d = ((uint64_t)half << 30 | (uint64_t)i << 21) | 0x401;
            *d |= half ? 0 : 8; /* devices: attribute 2 */
            if (rng_below(rng, 4) == 0)
                *d ^= (rng_next(rng) & 0x0060000000000ffcull) | (rng_next(rng) & 1ull << 51);
        }
    table[1025] |= 1u << 6;              /* data, for both levels */
    table[1024] = (TABLES + 0x3000) | 3; /* the first 2 MiB of RAM by pages */
    for (unsigned i = 0; i < 512; i++) {
        uint64_t *d = &table[1536 + i];

        *d = (VIRT_RAM_BASE + (uint64_t)i * 0x1000) | 0x403;
        if (i > 80 && rng_below(rng, 4) == 0)
            *d ^= rng_next(rng) & 0x0068000000000ffcull;
    }
}

/* Goes on at another place of the code, at EL0 or EL1, with some registers that point to data:
 *   mrs x28, tpidr_el1; add x28, x28, #0x91c; msr tpidr_el1, x28
 *   and x27, x28, #0x3fffc; movk x27, #0x4000, lsl #16; msr elr_el1, x27
 *   and x1, x28, #0xfff8; movk x1, #0x4020, lsl #16; add x9, x1, #0x40; add x17, x1, #0x101
 *   ubfx x27, x28, #11, #1; add x27, x27, x27, lsl #2; msr spsr_el1, x27; eret */
static const uint32_t handler[] = {0xd538d09c, 0x9124739c, 0xd518d09c, 0x927e3f9b, 0xf2a8001b,
                                   0xd518403b, 0x927d3381, 0xf2a80401, 0x91010029, 0x91040431,
                                   0xd34b2f9b, 0x8b1b0b7b, 0xd518401b, 0xd69f03e0};

static void write_memory(struct rng *rng, struct bus *bus)
{
    uint32_t *code = bus_ram_pointer(bus, CODE, CODE_SIZE);
    uint64_t *data = bus_ram_pointer(bus, DATA, 0x80000);

    for (unsigned i = 0; i < CODE_SIZE / 4; i++)
        code[i] = words_any(rng);
    for (unsigned vector = 0; vector < 16; vector++)
        memcpy(bus_ram_pointer(bus, HANDLERS + 0x80 * vector, 0x80), handler, sizeof(handler));
    for (unsigned i = 0; i < 0x1000; i++)
        data[i * 16] = rng_below(rng, 2) ? rng_value(rng) : address(rng);
    write_tables(rng, bus);
    bus_written(bus, VIRT_RAM_BASE, RAM_SIZE);
}

static void set_registers(struct rng *rng, struct cpu *cpu)
{
    for (unsigned i = 0; i < 31; i++)
        cpu->x[i] = rng_below(rng, 3) ? address(rng) : rng_value(rng);
    cpu->x[SLOT_SP] = DATA + 0x8000;
    for (unsigned i = 0; i < 32; i++)
        for (unsigned half = 0; half < 2; half++)
            cpu->v[i].d[half] = rng_value(rng);
    cpu->pc = CODE + 4ull * rng_below(rng, CODE_SIZE / 4);
    cpu->vbar[1] = HANDLERS;
    cpu->sys.cpacr = rng_below(rng, 8) ? 3u << 20 : rng_below(rng, 4) << 20;
    cpu->mmu.regs.mair = rng_below(rng, 2) ? 0x0044ff : 0x0044f0; /* maybe Tagged */
    cpu->mmu.regs.ttbr0 = TABLES;
    cpu->mmu.regs.ttbr1 = rng_below(rng, 4) ? TABLES : rng_next(rng);
    cpu->mmu.regs.tcr = 25 | 25u << 16 | 2u << 30 | 5ull << 32 | (uint64_t)rng_below(rng, 4) << 37;
    if (rng_below(rng, 4) == 0)
        cpu->mmu.regs.tcr ^= rng_next(rng) & rng_next(rng) & rng_next(rng);
    if (rng_below(rng, 4))
        cpu->mmu.regs.sctlr |= 1;
    cpu->mmu.regs.sctlr ^= rng_next(rng) & rng_next(rng) & 0x00001fe004c1d21eull;
    cpu->pan = rng_below(rng, 2);
    cpu->uao = rng_below(rng, 2);
    cpu->daif = (uint8_t)rng_below(rng, 16);
    pstate_set_el(cpu, rng_below(rng, 2), true);
    mmu_tlbi_all(&cpu->mmu);
    block_update_mode(cpu);
}

static bool load(void *opaque, struct machine *machine, struct err *err)
{
    struct fuzz *fuzz = opaque;

    (void)err;
    write_memory(&fuzz->rng, machine_bus(machine));
    set_registers(&fuzz->rng, machine_cpu(machine));
    return true;
}

static void fail(const char *what, uint64_t seed, const char *why)
{
    fprintf(stderr, "%s: seed %llu: %s\n", what, (unsigned long long)seed, why);
    exit(1);
}

/* One seed; returns the instructions executed. */
static uint64_t run(struct fuzz *fuzz, const char *what, uint64_t seed)
{
    struct err err;
    uint64_t before, done = 0;

    fuzz_watch(what, seed, 60);
    rng_seed(&fuzz->rng, seed);
    fuzz->ended = false;
    log_set_mask(fuzz->log, seed % 16 == 0 ? ~0u : LOG_GUEST_ERRORS | LOG_UNIMP);
    if (!machine_reset(fuzz->machine, &err) || !machine_start(fuzz->machine, &err))
        fail(what, seed, err.text);
    before = cpu_instructions(machine_cpu(fuzz->machine));
    for (unsigned poll = 0; poll < 20 && !fuzz->ended && done < STEPS; poll++) {
        nanosleep(&(struct timespec){.tv_nsec = MSEC / 2}, NULL);
        clock_step(fuzz->clock, MSEC);
        if (poll == 5)
            machine_press_power(fuzz->machine);
        if (poll == 7) {
            machine_pause(fuzz->machine);
            machine_resume(fuzz->machine);
        }
        done = cpu_instructions(machine_cpu(fuzz->machine)) - before;
    }
    machine_stop(fuzz->machine);
    if (fuzz->disagreed)
        fail(what, seed, "the engines disagree");
    return cpu_instructions(machine_cpu(fuzz->machine)) - before;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"interp", "jit", "check"};
    struct fuzz_options options = fuzz_parse(argc, argv, 150);
    uint64_t total = 0, translated = 0;

    for (enum engine engine = ENGINE_INTERP; engine <= ENGINE_CHECK; engine++) {
        struct fuzz fuzz = {.clock = clock_new_stepped()};
        struct virt_config config = {.ram_size = RAM_SIZE,
                                     .cpu_model = "max",
                                     .cpu_properties.mte = true,
                                     .engine = engine,
                                     .fb_width = 640,
                                     .fb_height = 480,
                                     .firmware = true,
                                     .clock = fuzz.clock,
                                     .event = on_event};
        struct err err;

        fuzz.log = log_new(fopen("/dev/null", "w"), true, 0);
        config.log = fuzz.log;
        config.event_opaque = &fuzz;
        fuzz.machine = virt_new(&config, &err);
        if (!fuzz.machine)
            fail(names[engine], options.seed, err.text);
        machine_set_loader(fuzz.machine, load, &fuzz);
        for (uint64_t i = 0; i < options.count; i++) {
            uint64_t done = run(&fuzz, names[engine], options.seed + i);

            total += done;
            if (options.verbose) {
                const struct cpu *cpu = machine_cpu(fuzz.machine);

                printf("%s: seed %llu: %llu instructions, ended at 0x%llx in EL%u, ESR 0x%llx\n",
                       names[engine], (unsigned long long)(options.seed + i),
                       (unsigned long long)done, (unsigned long long)cpu->pc, cpu->el,
                       (unsigned long long)cpu->esr[1]);
            }
        }
        translated += block_cache_stats(machine_cpu(fuzz.machine)).insns;
        machine_free(fuzz.machine);
        clock_free(fuzz.clock);
        log_free(fuzz.log);
    }
    printf("%llu seeds from %llu on each engine, %llu different instructions, %llu executed\n",
           (unsigned long long)options.count, (unsigned long long)options.seed,
           (unsigned long long)translated, (unsigned long long)total);
    return 0;
}
