/* cpu/cpu.c: life, the run loop, and what other threads may ask of a running vCPU. */
#include <time.h>
#include <unistd.h>

#include "guest.h"

static struct guest guest;
static struct cpu *cpu;
static pthread_t thread;

static void teardown(void)
{
    guest_close(&guest);
}

static void start(int engine)
{
    cpu = guest_start(&guest, (enum engine)engine);
}

static void *run(void *opaque)
{
    (void)opaque;
    cpu_run(cpu);
    return NULL;
}

static void run_thread(uint64_t pc)
{
    cpu->pc = pc;
    ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void join(void)
{
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* The guest counts in x0 and in memory. */
static void counting_guest(void)
{
    cpu->x[5] = DATA;
    poke64(guest.bus, DATA, 0);
    guest_program(&guest, CODE, a_add(0, 0, 1), a_str(0, 5, 0), a_b(-8));
}

static uint64_t count(void)
{
    return __atomic_load_n((uint64_t *)bus_ram_pointer(guest.bus, DATA, 8), __ATOMIC_RELAXED);
}

static void wait_for_progress(uint64_t from)
{
    for (unsigned i = 0; i < 5000 && count() <= from; i++)
        rest();
    ck_assert_uint_gt(count(), from);
}

START_TEST(stop_ends_a_run_from_any_thread_and_may_come_first)
{
    start(_i);
    counting_guest();
    run_thread(CODE);
    wait_for_progress(0);
    cpu_stop(cpu);
    join();
    ck_assert(!cpu->running);
    ck_assert_uint_ge(cpu->pc, CODE);
    ck_assert_uint_le(cpu->pc, CODE + 8);
    /* asked for before it starts: it counts, once */
    cpu_stop(cpu);
    cpu->x[0] = 0;
    cpu_run(cpu);
    ck_assert_uint_eq(cpu->x[0], 0);
    run_thread(CODE);
    wait_for_progress(count());
    cpu_stop(cpu);
    join();
}
END_TEST

START_TEST(pause_holds_still_and_resume_goes_on)
{
    start(_i);
    counting_guest();
    run_thread(CODE);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t seen;

        wait_for_progress(count());
        cpu_pause(cpu);
        seen = count();
        rest();
        ck_assert_uint_eq(count(), seen);
        cpu_resume(cpu);
    }
    cpu_pause(cpu); /* a paused one can be stopped */
    cpu_stop(cpu);
    join();
    cpu_resume(cpu);
    cpu_pause(cpu); /* not running: returns, and holds the next run */
    {
        uint64_t seen = count();

        run_thread(CODE);
        rest();
        ck_assert_uint_eq(count(), seen);
        cpu_resume(cpu);
        wait_for_progress(seen);
    }
    cpu_stop(cpu);
    join();
}
END_TEST

START_TEST(interrupts_of_another_thread_reach_a_busy_and_a_sleeping_guest)
{
    for (unsigned sleeping = 0; sleeping < 2; sleeping++) {
        start(_i);
        counting_guest();
        if (sleeping)
            guest_program(&guest, CODE + 4, a_str(0, 5, 0), A_WFI, a_b(-4));
        cpu->daif = 0;
        guest_refresh(&guest);
        run_thread(CODE);
        wait_for_progress(0);
        rest();
        cpu_irq(cpu, 0, true);
        join(); /* the vector stops */
        expect_stopped_at(&guest, VECTORS + 0x280);
        cpu_irq(cpu, 0, false);
        if (!sleeping)
            guest_close(&guest);
    }
}
END_TEST

START_TEST(a_sleeping_guest_can_be_stopped_paused_and_asked)
{
    start(_i);
    guest_program(&guest, CODE, A_WFI, a_b(-4));
    run_thread(CODE);
    for (unsigned i = 0; i < 5000 && !(atomic_load(&cpu->running) && atomic_load(&cpu->asleep));
         i++)
        rest();
    ck_assert(atomic_load(&cpu->asleep));
    cpu_pause(cpu);
    ck_assert(cpu->paused);
    cpu_resume(cpu);
    cpu_stop(cpu);
    join();
    ck_assert_uint_ge(cpu->pc, CODE);
    ck_assert_uint_le(cpu->pc, CODE + 4);
}
END_TEST

START_TEST(drop_requests_are_acknowledged_running_asleep_and_paused)
{
    start(_i);
    counting_guest();
    run_thread(CODE);
    wait_for_progress(0);
    for (uint64_t ticket = 1; ticket < 50; ticket++) {
        if (ticket == 25)
            cpu_pause(cpu);
        cpu->watcher.drop_writes(cpu->watcher.opaque, ticket);
        for (unsigned i = 0; i < 5000 && atomic_load(&cpu->watcher.acked) < ticket; i++)
            rest();
        ck_assert_uint_eq(atomic_load(&cpu->watcher.acked), ticket);
    }
    cpu_resume(cpu);
    wait_for_progress(count());
    cpu_stop(cpu);
    join();
}
END_TEST

START_TEST(reset_state_is_that_of_the_manual)
{
    start(_i);
    guest_mmu_on(&guest, D_AP(0));
    for (unsigned i = 0; i < 31; i++)
        cpu->x[i] = i + 1;
    cpu->x[SLOT_SP] = 5;
    cpu->nzcv.word = 0x01010101;
    cpu->sys.tpidr_el1 = 9;
    cpu->il = true;
    pstate_set_el(cpu, 0, false);
    cpu_reset(cpu);
    ck_assert_uint_eq(pstate_get(cpu), 0x3c5); /* EL1h, DAIF set */
    ck_assert_uint_eq(cpu->mmu.regs.sctlr & (SCTLR_M | 1u << 2 | 1u << 12), 0);
    ck_assert_uint_eq(cpu->x[7], 0);
    ck_assert_uint_eq(cpu->x[SLOT_SP], 0);
    ck_assert_uint_eq(cpu->sys.tpidr_el1, 0);
    ck_assert_uint_eq(cpu->pc, 0);
    ck_assert_uint_eq(cpu->mmu.el, 1);
    guest_reset(&guest);
    guest_program(&guest, CODE, a_movz(0, 7, 0), A_STOP);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], 7);
}
END_TEST

START_TEST(unknown_models_are_refused_with_the_way_to_the_list)
{
    struct cpu_config config = {.model = "cortex-x99"};
    const char *description;
    struct err err;

    start(_i);
    config.bus = guest.bus;
    config.clock = guest.clock;
    config.log = guest.log.log;
    ck_assert_ptr_null(cpu_new(&config, &err));
    ck_assert(err.usage);
    ck_assert_ptr_nonnull(strstr(err.text, "cortex-x99"));
    ck_assert_ptr_nonnull(strstr(err.text, "-cpu help"));
    ck_assert_str_eq(cpu_model_name(0, &description), "max");
    ck_assert_uint_gt(strlen(description), 0);
}
END_TEST

START_TEST(virtual_memory_is_read_and_written_for_debuggers)
{
    struct tables t;
    uint64_t value = 0x1122334455667788, back = 0;

    start(_i);
    t = guest_mmu_on(&guest, D_AP(0));
    tables_set(&t, 0x80000000, 3, DATA | D_AF | D_AP(2) | D_PAGE);
    tables_set(&t, 0x80001000, 3, (DATA + 0x4000) | D_AF | D_AP(2) | D_PAGE);
    ck_assert(cpu_write_virtual(cpu, 0x80000ffc, &value, 8)); /* read-only does not matter */
    ck_assert(cpu_read_virtual(cpu, 0x80000ffc, &back, 8));
    ck_assert_uint_eq(back, value);
    ck_assert_uint_eq(peek64(guest.bus, DATA + 0x4000) & 0xffffffff, 0x11223344);
    ck_assert(!cpu_read_virtual(cpu, 0x80001ffc, &back, 8)); /* the next page is not mapped */
    /* what is written this way is seen by translated code */
    guest_program(&guest, CODE, a_movz(0, 1, 0), A_STOP);
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], 1);
    ck_assert(cpu_write_virtual(cpu, CODE, (const uint32_t[]){a_movz(0, 2, 0)}, 4));
    guest_run(&guest, CODE);
    ck_assert_uint_eq(cpu->x[0], 2);
}
END_TEST

START_TEST(dump_shows_registers_and_state)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    start(_i);
    cpu->x[17] = 0x1234abcd;
    cpu->nzcv.c = 1;
    cpu_dump(cpu, file);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "X17 000000001234abcd"));
    ck_assert_ptr_nonnull(strstr(text, "EL1h --C-"));
    ck_assert_ptr_nonnull(strstr(text, "VBAR_EL1"));
    free(text);
}
END_TEST

static Suite *cpu_suite(void)
{
    Suite *suite = suite_create("cpu");
    TCase *tc = tcase_create("cpu");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_set_timeout(tc, 60);
    guest_add_test(tc, stop_ends_a_run_from_any_thread_and_may_come_first);
    guest_add_test(tc, pause_holds_still_and_resume_goes_on);
    guest_add_test(tc, interrupts_of_another_thread_reach_a_busy_and_a_sleeping_guest);
    guest_add_test(tc, a_sleeping_guest_can_be_stopped_paused_and_asked);
    guest_add_test(tc, drop_requests_are_acknowledged_running_asleep_and_paused);
    guest_add_test(tc, reset_state_is_that_of_the_manual);
    tcase_add_test(tc, unknown_models_are_refused_with_the_way_to_the_list);
    tcase_add_test(tc, virtual_memory_is_read_and_written_for_debuggers);
    tcase_add_test(tc, dump_shows_registers_and_state);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(cpu_suite());
}
