/* cpu/group: two vCPUs on threads of their own, which share blocks and code, maintain each other's
 * TLBs, wake each other, and take memory back only when the other one is out of it. */
#include "cpu/group.h"

#include <pthread.h>
#include <sched.h>

#include "guest.h"

#define CODE2  (CODE + 0x1000) /* the second vCPU's program */
#define COUNT  (DATA + 0x1000) /* what it counts up */
#define SEEN   (DATA + 0x1008) /* what it read last */
#define VA     0x80000000ull   /* mapped to FIRST, then to SECOND */
#define FIRST  (DATA + 0x2000)
#define SECOND (DATA + 0x3000)

#define A_TLBI_ALL_IS 0xd508831fu         /* TLBI VMALLE1IS */
#define A_TTBR0(t)    (0xd5182000u | (t)) /* MSR TTBR0_EL1, Xt */

static struct guest guest;
static struct cpu *second;
static pthread_t thread;
static _Atomic bool held; /* the HLT hook of the second does not return */

static bool stop_or_hold(void *opaque, struct cpu *cpu)
{
    (void)opaque;
    while (cpu == second && atomic_load(&held))
        sched_yield();
    cpu_stop(cpu);
    return true;
}

static void open_both(enum engine engine)
{
    struct cpu_config config = {.index = 1, .affinity = 1, .model = "max", .engine = engine};
    struct err err;

    guest_start(&guest, engine);
    guest.cpu->hooks.semihosting = stop_or_hold;
    config.peer = guest.cpu;
    config.bus = guest.bus;
    config.clock = guest.clock;
    config.log = guest.log.log;
    config.hooks = guest.cpu->hooks;
    config.timer_phys = fake_irq_line(guest.timer, TIMER_PHYS);
    config.timer_virt = fake_irq_line(guest.timer, TIMER_VIRT);
    config.pmu = fake_irq_line(&guest.pmu, 0);
    second = cpu_new(&config, &err);
    ck_assert_msg(second != NULL, "%s", err.text);
    second->sys.cpacr = guest.cpu->sys.cpacr;
    second->vbar[1] = VECTORS;
    atomic_store(&held, false);
}

static void teardown(void)
{
    bus_remove_devices(guest.bus);
    cpu_free(second);
    guest_close(&guest);
}

/* Both translate by the same tables. */
static struct tables map_both(void)
{
    struct tables tables = guest_mmu_on(&guest, D_AP(0));

    second->mmu.regs = guest.cpu->mmu.regs;
    mmu_tlbi_all(&second->mmu);
    block_update_mode(second);
    return tables;
}

/* They share a page at VA that holds 1, while SECOND holds 2. */
static struct tables open_with_page(enum engine engine, uint64_t attributes)
{
    struct tables tables;

    open_both(engine);
    tables = map_both();
    tables_set(&tables, VA, 3, FIRST | attributes | D_AF | D_SH(3) | D_PAGE);
    guest_program(&guest, FIRST, 1, 0);
    guest_program(&guest, SECOND, 2, 0);
    second->x[1] = COUNT;
    second->x[2] = VA;
    return tables;
}

static void *run_second(void *unused)
{
    (void)unused;
    cpu_run(second);
    return NULL;
}

static void start_second(void)
{
    second->pc = CODE2;
    ck_assert_int_eq(pthread_create(&thread, NULL, run_second, NULL), 0);
}

static void stop_second(void)
{
    cpu_stop(second);
    pthread_join(thread, NULL);
}

static void await_count(uint64_t count)
{
    while (peek64(guest.bus, COUNT) < count)
        sched_yield();
}

static void await_sleep(void)
{
    while (!atomic_load(&second->running) || !atomic_load(&second->asleep))
        sched_yield();
}

/* CODE2: X0 goes up in COUNT for ever. */
static void count_for_ever(void)
{
    second->x[1] = COUNT;
    guest_program(&guest, CODE2, a_add(0, 0, 1), a_str(0, 1, 0), a_b(-8));
    start_second();
    await_count(1000); /* by compiled code, if there is any */
}

/* --- Mail --- */

START_TEST(maintenance_has_reached_a_running_vcpu_when_a_dsb_is_over)
{
    const struct mail mail = {
        .kind = MAIL_TLBI_RANGE, .va = VA, .pages = 1, .flags = TLBI_ALL_ASIDS};
    struct tables tables;
    uint64_t count;

    tables = open_with_page((enum engine)_i, 0);
    guest_program(&guest, CODE2, a_ldr(3, 2, 0), a_str(3, 1, 8), a_add(0, 0, 1), a_str(0, 1, 0),
                  a_b(-16));
    start_second();
    await_count(1000);
    ck_assert_uint_eq(peek64(guest.bus, SEEN), 1);

    tables_set(&tables, VA, 3, SECOND | D_AF | D_SH(3) | D_PAGE);
    count = peek64(guest.bus, COUNT);
    await_count(count + 1000);
    ck_assert_uint_eq(peek64(guest.bus, SEEN), 1); /* its TLB has the old one */

    group_tlbi(guest.cpu, &mail, true);
    ck_assert(guest.cpu->unsynced);
    group_sync(guest.cpu);
    ck_assert(!guest.cpu->unsynced);
    count = peek64(guest.bus, COUNT);
    await_count(count + 2);
    ck_assert_uint_eq(peek64(guest.bus, SEEN), 2);
    stop_second();
}
END_TEST

/* Nobody is woken for it, and it has looked before anything else is done. */
START_TEST(a_vcpu_asleep_is_not_waited_for_and_obeys_when_it_wakes)
{
    const struct mail mail = {.kind = MAIL_TLBI_ALL};
    struct tables tables;

    tables = open_with_page((enum engine)(_i / 2), 0);
    second->x[4] = 1;
    guest_program(&guest, CODE2, a_ldr(3, 2, 0), a_str(4, 1, 0), A_WFI, a_ldr(3, 2, 0),
                  a_str(3, 1, 8), A_STOP);
    start_second();
    await_count(1);
    await_sleep();
    if (_i % 2)
        cpu_pause(second);
    tables_set(&tables, VA, 3, SECOND | D_AF | D_SH(3) | D_PAGE);
    group_tlbi(guest.cpu, &mail, true);
    group_sync(guest.cpu);
    ck_assert(atomic_load(&second->asleep));
    cpu_irq(second, 0, true); /* which is masked */
    if (_i % 2)
        cpu_resume(second);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(peek64(guest.bus, SEEN), 2);
}
END_TEST

/* As Linux does it for stacks that are freed: not all that the other knows has to go for it. */
START_TEST(page_after_page_is_one_mail)
{
    struct mail mail = {.kind = MAIL_TLBI_RANGE, .pages = 1, .flags = TLBI_ALL_ASIDS};
    uint64_t floor;

    open_both(ENGINE_INTERP);
    second->x[1] = COUNT;
    second->x[4] = 1;
    guest_program(&guest, CODE2, a_str(4, 1, 0), A_WFI, A_STOP);
    start_second();
    await_count(1);
    await_sleep();
    floor = second->mmu.tlb.floor_all;
    for (unsigned i = 0; i < 512; i++) {
        mail.va = VA + i * PAGE_SIZE * (_i ? 2 : 1);
        group_tlbi(guest.cpu, &mail, true);
    }
    cpu_irq(second, 0, true);
    pthread_join(thread, NULL);
    ck_assert_int_eq(second->mmu.tlb.floor_all != floor, _i);
}
END_TEST

/* CODE2: fills its TLB under ASID 7, waits under ASID 5 until COUNT + 16 is not 0, and looks again.
 */
START_TEST(maintenance_of_another_asid_is_not_waited_for_and_done_when_it_comes)
{
    const struct mail mail = {.kind = MAIL_TLBI_ASID, .asid = 7};
    const uint32_t go[] = {1, 0};
    struct tables tables;

    tables = open_with_page((enum engine)_i, D_NG);
    second->x[4] = 1;
    second->x[5] = tables.root | 5ull << 48;
    second->x[7] = tables.root | 7ull << 48;
    guest_program(&guest, CODE2, A_TTBR0(7), A_ISB, a_ldr(3, 2, 0), A_TTBR0(5), A_ISB,
                  a_str(4, 1, 0), a_ldr(6, 1, 16), a_cbnz(6, 8), a_b(-8), A_TTBR0(7), A_ISB,
                  a_ldr(3, 2, 0), a_str(3, 1, 8), A_STOP);
    start_second();
    await_count(1);
    tables_set(&tables, VA, 3, SECOND | D_AF | D_NG | D_SH(3) | D_PAGE);
    group_tlbi(guest.cpu, &mail, true);
    ck_assert(!guest.cpu->unsynced);
    guest_put(&guest, COUNT + 16, go, 2);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(peek64(guest.bus, SEEN), 2);
}
END_TEST

START_TEST(two_that_ask_each_other_at_once_both_go_on)
{
    static const uint32_t program[] = {A_TLBI_ALL_IS, A_DSB, 0xf1000400u /* SUBS X0, X0, #1 */};

    open_both((enum engine)_i);
    guest_put(&guest, CODE, program, 3);
    guest_program(&guest, CODE + 12, a_b_cond(1, -12), A_STOP);
    guest_put(&guest, CODE2, program, 3);
    guest_program(&guest, CODE2 + 12, a_b_cond(1, -12), A_STOP);
    guest.cpu->x[0] = second->x[0] = 3000;
    start_second();
    guest.cpu->pc = CODE;
    cpu_run(guest.cpu);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(guest.cpu->x[0] + second->x[0], 0);
}
END_TEST

/* --- Reuse --- */

START_TEST(what_is_retired_passes_while_the_other_runs)
{
    open_both((enum engine)_i);
    count_for_ever();
    for (unsigned round = 0; round < 100; round++) {
        uint64_t epoch = group_retire(guest.cpu);

        while (!group_passed(guest.cpu, epoch))
            sched_yield();
    }
    stop_second();
}
END_TEST

START_TEST(what_is_retired_stays_until_a_vcpu_is_out_of_what_it_runs)
{
    uint64_t epoch;

    open_both(ENGINE_JIT);
    ck_assert(group_passed(guest.cpu, group_retire(guest.cpu))); /* nobody runs */
    atomic_store(&held, true);
    second->x[1] = COUNT;
    guest_program(&guest, CODE2, a_movz(0, 1, 0), a_str(0, 1, 0), A_STOP);
    start_second();
    await_count(1);
    epoch = group_retire(guest.cpu);
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert(!group_passed(guest.cpu, epoch));
        sched_yield();
    }
    atomic_store(&held, false);
    pthread_join(thread, NULL);
    ck_assert(group_passed(guest.cpu, epoch));
}
END_TEST

/* Nobody waits for it: its next ISB is enough. */
START_TEST(dropped_code_is_not_run_again_by_the_other)
{
    open_both((enum engine)_i);
    second->x[1] = COUNT;
    guest_program(&guest, CODE2, a_movz(3, 1, 0), a_str(3, 1, 8), a_add(0, 0, 1), a_str(0, 1, 0),
                  A_ISB, a_b(-20));
    start_second();
    for (unsigned i = 2; i < 30; i++) {
        uint64_t count;

        await_count(1000 * i);
        guest_program(&guest, CODE2, a_movz(3, i, 0)); /* as another vCPU's store would */
        count = peek64(guest.bus, COUNT);
        await_count(count + 2);
        ck_assert_uint_eq(peek64(guest.bus, SEEN), i);
    }
    stop_second();
}
END_TEST

/* IC IALLU, then a call; what the function adds to X0. */
static uint64_t maintain_and_call(void)
{
    guest.cpu->x[0] = 0;
    guest.cpu->pc = CODE;
    cpu_run(guest.cpu);
    return guest.cpu->x[0];
}

/* Until the second has given up its write entry, nobody sees what it stores. */
START_TEST(ic_iallu_drops_what_another_vcpu_may_have_written_to)
{
    const uint32_t add16 = a_add(0, 0, 16);
    const uint64_t function = CODE + 0x3000;
    uint64_t dropped;

    open_both((enum engine)_i);
    guest_program(&guest, function, a_add(0, 0, 1), A_RET);
    guest_program(&guest, CODE, a_msr(SYSREG_KEY(1, 0, 7, 5, 0), XZR), A_ISB, a_blr(9), A_STOP);
    guest_program(&guest, CODE2, a_str(0, 1, 0), A_STOP);
    guest.cpu->x[9] = function;
    second->x[0] = 1;
    second->x[1] = function + 0x800;
    atomic_store(&held, true);
    start_second();
    while (peek64(guest.bus, function + 0x800) != 1)
        sched_yield();
    ck_assert_uint_eq(maintain_and_call(), 1);
    memcpy(bus_ram_pointer(guest.bus, function, 4), &add16, 4); /* as its next store would */
    ck_assert_uint_eq(maintain_and_call(), 16);
    atomic_store(&held, false);
    stop_second();
    ck_assert_uint_eq(maintain_and_call(), 16);
    dropped = block_cache_stats(guest.cpu).by_all;
    ck_assert_uint_gt(dropped, 0);
    ck_assert_uint_eq(maintain_and_call(), 16);
    ck_assert_uint_eq(block_cache_stats(guest.cpu).by_all, dropped); /* no more */
}
END_TEST

/* --- Events --- */

START_TEST(an_event_wakes_the_other_and_is_kept_for_one_that_is_awake)
{
    open_both((enum engine)_i);
    guest_program(&guest, CODE2, A_WFE, A_STOP);
    for (unsigned round = 0; round < 20; round++) {
        start_second();
        await_sleep();
        group_send_event(guest.cpu);
        pthread_join(thread, NULL);
        ck_assert_uint_eq(second->pc, CODE2 + 8);
        group_send_event(guest.cpu); /* before it waits */
        start_second();
        pthread_join(thread, NULL);
        ck_assert(!atomic_load(&second->event));
    }
}
END_TEST

/* LDXR X0, [X1]; CBNZ X0, out; WFE; B back; out: */
START_TEST(a_store_to_the_monitored_address_is_an_event)
{
    const uint32_t one[] = {1, 0};

    open_both((enum engine)_i);
    second->x[1] = COUNT;
    guest_program(&guest, CODE2, 0xc85f7c20, a_cbnz(0, 12), A_WFE, a_b(-12), A_STOP);
    start_second();
    while (cpu_instructions(second) < 100)
        sched_yield(); /* events may come without reason */
    guest_put(&guest, COUNT, one, 2);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(second->x[0], 1);
}
END_TEST

/* --- A vCPU is held and let go wherever it is --- */

static const struct {
    const char *what;
    uint32_t word[2];
} places[] = {
    {"a loop", {0x14000000, 0}},           {"WFI", {A_WFI, 0x17ffffff}},
    {"WFE", {A_WFE, 0x17ffffff}},          {"DSB", {A_DSB, 0x17ffffff}},
    {"TLBI", {A_TLBI_ALL_IS, 0x17ffffff}},
};

START_TEST(a_vcpu_is_paused_and_stopped_wherever_it_is)
{
    open_both((enum engine)(_i % 2));
    guest_put(&guest, CODE2, places[_i / 2].word, 2);
    for (unsigned round = 0; round < 50; round++) {
        start_second();
        if (round % 2)
            while (!atomic_load(&second->running))
                sched_yield();
        if (round % 3) {
            cpu_pause(second);
            ck_assert_msg(!second->running || second->paused, "%s", places[_i / 2].what);
        }
        if (round % 3 == 2)
            cpu_resume(second);
        stop_second();
        cpu_resume(second);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group");
    TCase *tc = tcase_create("group");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, maintenance_has_reached_a_running_vcpu_when_a_dsb_is_over, 0, 2);
    tcase_add_loop_test(tc, a_vcpu_asleep_is_not_waited_for_and_obeys_when_it_wakes, 0, 4);
    tcase_add_loop_test(tc, page_after_page_is_one_mail, 0, 2);
    tcase_add_loop_test(tc, maintenance_of_another_asid_is_not_waited_for_and_done_when_it_comes, 0,
                        2);
    tcase_add_loop_test(tc, two_that_ask_each_other_at_once_both_go_on, 0, 2);
    tcase_add_loop_test(tc, what_is_retired_passes_while_the_other_runs, 0, 2);
    tcase_add_test(tc, what_is_retired_stays_until_a_vcpu_is_out_of_what_it_runs);
    tcase_add_loop_test(tc, dropped_code_is_not_run_again_by_the_other, 0, 2);
    tcase_add_loop_test(tc, ic_iallu_drops_what_another_vcpu_may_have_written_to, 0, 2);
    tcase_add_loop_test(tc, an_event_wakes_the_other_and_is_kept_for_one_that_is_awake, 0, 2);
    tcase_add_loop_test(tc, a_store_to_the_monitored_address_is_an_event, 0, 2);
    tcase_add_loop_test(tc, a_vcpu_is_paused_and_stopped_wherever_it_is, 0,
                        2 * (int)ARRAY_SIZE(places));
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
