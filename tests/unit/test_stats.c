/* cpu/stats: what is counted is what happened. */
#include "cpu/stats.h"

#include "guest.h"

#define AT_S1E1R 0xd5087800u /* X0 */

static struct guest guest;
static char *report;

static void teardown(void)
{
    free(report);
    report = NULL;
    guest_close(&guest);
}

static void take_report(void)
{
    size_t size;
    FILE *file = open_memstream(&report, &size);

    cpu_print_stats(guest.cpu, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void says(const char *text)
{
    ck_assert_msg(strstr(report, text) != NULL, "no \"%s\" in:\n%s", text, report);
}

/* A loop of 1000 rounds with an AT, which is a call of C. */
static void run_loop(uint32_t log)
{
    guest_open_with(&guest, ENGINE_JIT, (struct jit_config){0}, log);
    guest_reset(&guest);
    guest_program(&guest, CODE, AT_S1E1R, a_subs(1, 1, 1), a_b_cond(1, -8), A_STOP);
    guest.cpu->x[1] = 1000;
    guest_run(&guest, CODE);
    take_report();
}

START_TEST(stats_count_blocks_regions_and_exits)
{
    run_loop(0);
    says("blocks: 2 translated (4 instructions,");
    says("compiled: 1 regions, 1.0 blocks each; 0 dropped");
    says("links not ready 2,");
    says("left for the run loop: something pending 0, target not compiled 1\n");
    ck_assert_ptr_null(strstr(report, "has called C"));
    ck_assert_ptr_null(strstr(report, "time of the vCPU"));
}
END_TEST

START_TEST(stats_name_and_count_what_compiled_code_calls)
{
    run_loop(LOG_STATS);
    says("compiled code has called C 1000 times: helper of \"at s1e1r, x0\" 1000\n");
    says("time of the vCPU: interpreter ");
}
END_TEST

START_TEST(stats_tell_why_blocks_were_dropped)
{
    run_loop(0);
    block_invalidate_line(guest.cpu, CODE);
    block_invalidate_all(guest.cpu);
    guest_program(&guest, CODE, A_STOP);
    guest_run(&guest, CODE);
    bus_written(guest.bus, CODE, 4);
    free(report);
    take_report();
    says("3 dropped: 1 by stores, 2 by IC IVAU, 0 by IC IALLU and resets, 0 to reclaim memory");
    says("compiled: 2 regions, 1.0 blocks each; 2 dropped, 0 of them to reclaim memory");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats");
    TCase *tc = tcase_create("stats");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, stats_count_blocks_regions_and_exits);
    tcase_add_test(tc, stats_name_and_count_what_compiled_code_calls);
    tcase_add_test(tc, stats_tell_why_blocks_were_dropped);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
