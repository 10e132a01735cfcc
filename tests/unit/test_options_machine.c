/* frontend/options_machine: what the options of the machine set, beyond being accepted or refused,
 * which test_options.c has for each. */
#include "frontend/options.h"

#include <string.h>
#include <time.h>

#include "fakes.h"

static struct options options;
static struct err err;

static void setup(void)
{
    options = (struct options){.fb = true, .fb_width = 1024, .fb_height = 768};
}

static void teardown(void)
{
    options_free(&options);
}

START_TEST(machine_properties_stand_for_the_options_of_their_name)
{
    ck_assert(options_parse_machine(
        &options, "virt,kernel=k,initrd=i,append=a=1,,b,dtb=d,dumpdtb=o,memory=64M", &err));
    ck_assert_str_eq(options.kernel, "k");
    ck_assert_str_eq(options.initrd, "i");
    ck_assert_str_eq(options.append, "a=1,b");
    ck_assert_str_eq(options.dtb, "d");
    ck_assert_str_eq(options.dumpdtb, "o");
    ck_assert_uint_eq(options.ram_size, 64 * MIB);
    ck_assert(options_parse_machine(&options, "firmware=f", &err));
    ck_assert_str_eq(options.bios, "f");
}
END_TEST

START_TEST(memory_tagging_is_off_unless_asked_for)
{
    ck_assert(options_parse_machine(&options, "virt", &err));
    ck_assert(!options.cpu_properties.mte);
    ck_assert(options_parse_machine(&options, "virt,mte=on", &err));
    ck_assert(options.cpu_properties.mte);
    ck_assert(options_parse_cpu(&options, "max,pauth=off", &err));
    ck_assert(options.cpu_properties.mte);
    ck_assert(options_parse_machine(&options, "mte=off", &err));
    ck_assert(!options.cpu_properties.mte);
    ck_assert(!options_parse_machine(&options, "mte=3", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "mte is 'on' or 'off', not '3'"));
}
END_TEST

START_TEST(the_interrupt_controller_is_a_gicv2_unless_asked_for)
{
    ck_assert(options_parse_machine(&options, "virt", &err));
    ck_assert(!options.cpu_properties.gicv3);
    ck_assert(options_parse_machine(&options, "virt,gic-version=3", &err));
    ck_assert(options.cpu_properties.gicv3);
    ck_assert(options_parse_machine(&options, "gic-version=2", &err));
    ck_assert(!options.cpu_properties.gicv3);
    ck_assert(options_parse_machine(&options, "gic-version=max", &err));
    ck_assert(options.cpu_properties.gicv3);
    ck_assert(!options_parse_machine(&options, "gic-version=host", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "accepted are 2, 3 and max"));
}
END_TEST

START_TEST(an_its_is_there_unless_it_is_left_out)
{
    ck_assert(options_parse_machine(&options, "virt,gic-version=3,its=off", &err));
    ck_assert(!options.its);
    ck_assert(options_parse_machine(&options, "its=on", &err));
    ck_assert(options.its);
}
END_TEST

START_TEST(the_framebuffer_is_sized_left_out_and_brought_back)
{
    ck_assert(options_parse_machine(&options, "virt,fb=640x480", &err));
    ck_assert(options.fb && options.fb_width == 640 && options.fb_height == 480);
    ck_assert(options_parse_machine(&options, "fb=off", &err));
    ck_assert(!options.fb);
    ck_assert(options_parse_machine(&options, "fb=on", &err));
    ck_assert(options.fb && options.fb_width == 640);
    ck_assert(!options_parse_machine(&options, "fb=640x480x", &err));
    ck_assert(!options_parse_machine(&options, "fb= 640x480", &err));
    ck_assert(!options_parse_machine(&options, "fb=99999x480", &err));
}
END_TEST

START_TEST(memory_is_rounded_up_to_whole_mebibytes)
{
    ck_assert(options_parse_memory(&options, "16385K", &err));
    ck_assert_uint_eq(options.ram_size, 17 * MIB);
    ck_assert(options_parse_memory(&options, "size=20", &err));
    ck_assert_uint_eq(options.ram_size, 20 * MIB);
    ck_assert(!options_parse_memory(&options, "15M", &err)); /* and leaves what was set */
    ck_assert_uint_eq(options.ram_size, 20 * MIB);
}
END_TEST

/* As QEMU has them: tests/model/smp compares the trees. */
static const struct {
    const char *line;
    struct virt_topology topology; /* cpus, sockets, clusters, cores, threads */
} topologies[] = {
    {"1", {1, 1, 1, 1, 1}},
    {"4", {4, 1, 1, 4, 1}},
    {"cpus=64", {64, 1, 1, 64, 1}},
    {"8,sockets=2", {8, 2, 1, 4, 1}},
    {"8,sockets=2,threads=2", {8, 2, 1, 2, 2}},
    {"8,sockets=2,cores=2", {8, 2, 1, 2, 2}},
    {"8,clusters=2,threads=2", {8, 1, 2, 2, 2}},
    {"8,sockets=2,clusters=2,cores=2", {8, 2, 2, 2, 1}},
    {"6,cores=3", {6, 2, 1, 3, 1}},
    {"6,cores=2,threads=1", {6, 3, 1, 2, 1}},
    {"6,sockets=1,cores=2", {6, 1, 1, 2, 3}},
    {"4,threads=4", {4, 1, 1, 1, 4}},
    {"4,maxcpus=4", {4, 1, 1, 4, 1}},
    {"maxcpus=5", {5, 1, 1, 5, 1}},
    {"cores=4", {4, 1, 1, 4, 1}},
    {"sockets=3", {3, 3, 1, 1, 1}},
    {"clusters=2", {2, 1, 2, 1, 1}},
    {"sockets=2,cores=2,threads=2", {8, 2, 1, 2, 2}},
    {"2,dies=1", {2, 1, 1, 2, 1}},
};

START_TEST(what_smp_leaves_out_follows_from_the_rest)
{
    const struct virt_topology *want = &topologies[_i].topology, *have = &options.topology;

    ck_assert_msg(options_parse_smp(&options, topologies[_i].line, &err), "%s", err.text);
    ck_assert_msg(!memcmp(have, want, sizeof(*want)), "%s: %u CPUs, %u, %u, %u, %u",
                  topologies[_i].line, have->cpus, have->sockets, have->clusters, have->cores,
                  have->threads);
}
END_TEST

START_TEST(a_refused_smp_leaves_what_was_set)
{
    ck_assert(options_parse_smp(&options, "4", &err));
    ck_assert(!options_parse_smp(&options, "5,sockets=2", &err));
    ck_assert(!options_parse_smp(&options, "2,cores=4", &err));
    ck_assert(!options_parse_smp(&options, "7,clusters=2,cores=3", &err));
    ck_assert_uint_eq(options.topology.cpus, 4);
    ck_assert_uint_eq(options.topology.cores, 4);
}
END_TEST

START_TEST(every_engine_has_its_name)
{
    ck_assert(options_parse_engine(&options, "interp", &err));
    ck_assert_int_eq(options.engine, ENGINE_INTERP);
    ck_assert(options_parse_engine(&options, "check", &err));
    ck_assert_int_eq(options.engine, ENGINE_CHECK);
    ck_assert(options_parse_engine(&options, "jit", &err));
    ck_assert_int_eq(options.engine, ENGINE_JIT);
}
END_TEST

START_TEST(the_clock_is_set_to_a_date_in_utc)
{
    const int64_t new_year = 978307200; /* 2001-01-01T00:00:00Z */

    setenv("TZ", "UTC-3", 1); /* three hours east: dates are UTC all the same */
    tzset();
    ck_assert(options_parse_rtc(&options, "base=2001-01-01", &err));
    ck_assert_int_le(llabs(options.rtc_offset_s + time(NULL) - new_year), 2);
    ck_assert(options_parse_rtc(&options, "base=2001-01-01T00:01:40,clock=host", &err));
    ck_assert_int_le(llabs(options.rtc_offset_s + time(NULL) - new_year - 100), 2);
    ck_assert(options_parse_rtc(&options, "base=localtime", &err));
    ck_assert_int_eq(options.rtc_offset_s, 3 * 3600);
    ck_assert(options_parse_rtc(&options, "base=utc", &err));
    ck_assert_int_eq(options.rtc_offset_s, 0);
    ck_assert(!options_parse_rtc(&options, "base=2001-01-01x", &err));
}
END_TEST

START_TEST(semihosting_is_enabled_by_its_configuration_unless_that_says_off)
{
    ck_assert(options_parse_semihosting(&options, "target=native,arg=a,,b,arg=", &err));
    ck_assert(options.semihosting);
    ck_assert_uint_eq(options.semihosting_arg_count, 2);
    ck_assert_str_eq(options.semihosting_arg[0], "a,b");
    ck_assert_str_eq(options.semihosting_arg[1], "");
    ck_assert_ptr_null(options.semihosting_dir);
    ck_assert(options_parse_semihosting(&options, "enable=off", &err));
    ck_assert(!options.semihosting);
}
END_TEST

START_TEST(lists_have_an_end)
{
    for (size_t i = 0; i < OPTIONS_LIST_MAX; i++) {
        ck_assert(options_parse_semihosting(&options, "arg=x", &err));
        ck_assert(options_parse_device(&options, "loader,file=f", &err));
    }
    ck_assert(!options_parse_semihosting(&options, "arg=x", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "more than 32 arguments"));
    ck_assert(!options_parse_device(&options, "loader,file=f", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "more than 32 loaders"));
    ck_assert_uint_eq(options.loader_count, OPTIONS_LIST_MAX);
}
END_TEST

START_TEST(a_refused_device_leaves_no_trace)
{
    ck_assert(!options_parse_device(&options, "loader,file=f,addr=1,frob=1", &err));
    ck_assert(!options_parse_device(&options, "driver", &err));
    ck_assert_uint_eq(options.loader_count, 0);
    ck_assert(options_parse_device(&options, "driver=loader,file=a,,b.elf,addr=0x10", &err));
    ck_assert_uint_eq(options.loader_count, 1);
    ck_assert_str_eq(options.loader[0].file, "a,b.elf");
    ck_assert(options.loader[0].has_addr && options.loader[0].addr == 16);
}
END_TEST

START_TEST(help_of_a_sub_option_is_printed_in_each_spelling)
{
    static const char *const spellings[] = {"help", "?", "type=help", "virt,help"};

    for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
        struct options asked = {0};

        ck_assert_msg(options_parse_machine(&asked, spellings[i], &err), "%s", err.text);
        ck_assert_msg(asked.print && strstr(asked.print, "dumpdtb=FILE"), "%s", spellings[i]);
        options_free(&asked);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options_machine");
    TCase *tcase = tcase_create("options_machine");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, machine_properties_stand_for_the_options_of_their_name);
    tcase_add_test(tcase, memory_tagging_is_off_unless_asked_for);
    tcase_add_test(tcase, the_interrupt_controller_is_a_gicv2_unless_asked_for);
    tcase_add_test(tcase, an_its_is_there_unless_it_is_left_out);
    tcase_add_test(tcase, the_framebuffer_is_sized_left_out_and_brought_back);
    tcase_add_test(tcase, memory_is_rounded_up_to_whole_mebibytes);
    tcase_add_loop_test(tcase, what_smp_leaves_out_follows_from_the_rest, 0,
                        ARRAY_SIZE(topologies));
    tcase_add_test(tcase, a_refused_smp_leaves_what_was_set);
    tcase_add_test(tcase, every_engine_has_its_name);
    tcase_add_test(tcase, the_clock_is_set_to_a_date_in_utc);
    tcase_add_test(tcase, semihosting_is_enabled_by_its_configuration_unless_that_says_off);
    tcase_add_test(tcase, lists_have_an_end);
    tcase_add_test(tcase, a_refused_device_leaves_no_trace);
    tcase_add_test(tcase, help_of_a_sub_option_is_printed_in_each_spelling);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
