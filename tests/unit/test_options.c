/* The command line: what is accepted, and for each bad input its message and exit code. */
#include "frontend/options.h"

#include "frontend/keyval.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16

/* Splits "a b c" into argv (no quoting) and parses it. */
static bool parse(struct options *options, const char *line, struct err *err)
{
    static char text[1024]; /* options borrow from it: one test at a time */
    char *argv[WORDS_MAX] = {text};
    int argc = 1;
    char *next;

    snprintf(text, sizeof(text), "ulna");
    next = text + 8;
    snprintf(next, sizeof(text) - 8, "%s", line);
    for (char *word = strtok(next, " "); word; word = strtok(NULL, " ")) {
        ck_assert_int_lt(argc, WORDS_MAX);
        argv[argc++] = word;
    }
    *err = (struct err){0};
    return options_parse(options, argc, argv, err);
}

static const struct {
    const char *line;
    const char *words[4]; /* each must be in the message */
} bad[] = {
    {"-kernal x", {"-kernal", "-kernel", "unknown"}},
    {"-frobnicate", {"-frobnicate", "unknown", "-help"}},
    {"-", {"'-'"}},
    {"--", {"'--'"}},
    {"disk.img", {"disk.img", "-kernel disk.img"}},
    {"-kernel", {"-kernel", "needs a value", "FILE"}},
    {"-append x", {"-append", "-kernel FILE"}},
    {"-initrd x", {"-initrd", "-kernel FILE"}},
    {"-kernel a -bios b", {"-kernel", "-bios", "fw_cfg"}},
    {"-M raspi3", {"-M raspi3", "no machine 'raspi3'", "virt"}},
    {"-M virt-7.2", {"virt-7.2", "accepted is virt"}},
    {"-M virt,gic-version=4", {"gic-version=4", "EL2", "2, 3 and max"}},
    {"-M virt,gic-version=host", {"gic-version=host", "translated", "2, 3 and max"}},
    {"-M virt,its=on", {"its=on", "GICv2", "gic-version=3"}},
    {"-M virt,gic-version=1", {"gic-version=1", "GICv2 or a GICv3", "2, 3 and max"}},
    {"-M virt,secure=on", {"secure=on", "EL3", "secure=off"}},
    {"-M virt,virtualization", {"virtualization=on", "EL2"}},
    {"-M virt,fb=10x10", {"fb=10x10", "16 to 4096"}},
    {"-M virt,fb=4096x4096", {"fb=4096x4096", "16 MiB"}},
    {"-M virt,fb=-5x600", {"fb=-5x600", "WIDTHxHEIGHT"}},
    {"-M virt,fb=800x600x2", {"fb=800x600x2", "WIDTHxHEIGHT"}},
    {"-M virt,frob=1", {"'frob'", "fb=WxH"}},
    {"-M virt,dumpdtb=", {"dumpdtb", "needs a value"}},
    {"-M virt,,x", {"virt,x", "accepted is virt"}},
    {"-M virt,accel=kvm", {"accel=kvm", "x86-64", "accel=tcg"}},
    {"-machine virt,iommu=smmuv3", {"iommu=smmuv3", "SMMU", "iommu=none"}},
    {"-cpu cortex-a35", {"cortex-a35", "not there yet", "max"}},
    {"-cpu z80", {"z80", "no CPU", "max"}},
    {"-cpu host", {"host", "max"}},
    {"-cpu max,frob=1", {"frob", "-cpu help"}},
    {"-cpu max,sve-max-vq=17", {"sve-max-vq", "17"}},
    {"-cpu max,sve-max-vq=0", {"sve-max-vq=0", "1 to 16"}},
    {"-cpu max,sve100=on", {"sve100", "-cpu help"}},
    {"-cpu max,sve2176=on", {"sve2176", "-cpu help"}},
    {"-cpu cortex-a53,sve=off", {"cortex-a53", "'sve'", "no SVE"}},
    {"-cpu cortex-a76,sve128=off", {"cortex-a76", "'sve128'", "no SVE"}},
    {"-cpu neoverse-v1,sve-max-vq=2", {"neoverse-v1", "'sve-max-vq'", "max"}},
    {"-cpu neoverse-n1,pauth=off", {"neoverse-n1", "'pauth'", "pointer authentication"}},
    {"-cpu neoverse-v1,lpa2=off", {"neoverse-v1", "'lpa2'", "no LPA2"}},
    {"-cpu cortex-a57,aarch64=off", {"aarch64=off", "AArch32"}},
    {"-cpu max,pauth-impdef=on,pauth-qarma3=on", {"pauth-impdef", "pauth-qarma3", "one"}},
    {"-cpu max,pauth=off,pauth-qarma5=on", {"pauth=off", "algorithm"}},
    {"-cpu max,pauth=perhaps", {"pauth", "on"}},
    {"-cpu max,pmu=perhaps", {"pmu", "on"}},
    {"-m 12Q", {"-m 12Q", "'Q'", "K, M, G or T"}},
    {"-m 12MM", {"'MM'", "suffix"}},
    {"-m -1", {"-m -1", "no size"}},
    {"-m x", {"'x'", "no size"}},
    {"-m 8M", {"-m 8M", "16M to 255G"}},
    {"-m 0", {"16M to 255G"}},
    {"-m 256G", {"-m 256G", "16M to 255G"}},
    {"-m 99999999999999999999", {"too large"}},
    {"-m 99999999999T", {"too large"}},
    {"-m 1G,maxmem=2G", {"maxmem", "-m SIZE"}},
    {"-smp 0", {"-smp 0", "cpus", "1 or more"}},
    {"-smp 65", {"-smp 65", "cpus"}},
    {"-smp x", {"'x'", "no number"}},
    {"-smp 4,cores", {"-smp 4,cores", "no number"}},
    {"-smp 1,books=2", {"'books'", "cpus maxcpus sockets"}},
    {"-smp 4,dies=2", {"dies"}},
    {"-smp 4,sockets=0", {"sockets", "1 or more"}},
    {"-smp 4,threads=3", {"1 sockets", "1 cores", "3 threads", "do not make 4"}},
    {"-smp 2,maxcpus=4", {"maxcpus=4", "later", "CPUs, 2"}},
    {"-smp 2 -accel tcg,thread=single", {"thread=single", "-smp 2", "thread=multi"}},
    {"-accel tcg,thread=single -smp cores=2,threads=2", {"thread=single", "-smp 4", "-smp 1"}},
    {"-accel tcg,thread=both", {"thread=both", "multi", "single"}},
    {"-accel kvm", {"kvm", "-accel tcg"}},
    {"-accel tcg,split-wx=on", {"split-wx=on", "tb-size=MIB", "thread"}},
    {"-accel tcg,host-features=", {"host-features", "all or none", "bmi1, bmi2"}},
    {"-accel tcg,host-features=avx9", {"'avx9'", "avx, avx2"}},
    {"-accel tcg,host-features=none+avx9", {"'+avx9'", "avx, avx2"}},
    {"-accel tcg,host-features=-", {"'-'", "none+bmi2"}},
    {"-accel tcg,tb-size=0", {"tb-size=0", "1 to 1024 MiB", "32"}},
    {"-accel tcg,tb-size=1025", {"tb-size=1025", "1 to 1024"}},
    {"-accel tcg,tb-size=1M", {"tb-size", "'1M'"}},
    {"-accel tcg,tb-size", {"tb-size", "no number"}},
    {"-tb-size 32", {"-tb-size", "-accel tcg,tb-size=N"}},
    {"-engine fast", {"-engine fast", "interp, jit and check"}},
    {"-device virtio-blk-device,drive=d", {"virtio-blk-device", "no disks", "-device help"}},
    {"-device virtio-net-pci", {"network"}},
    {"-device virtio-rng-pci", {"virtio slots"}},
    {"-device frobnicator", {"no such device", "loader"}},
    {"-device loader", {"file=FILE"}},
    {"-device loader,file=a,addr=zz", {"'zz'", "no number"}},
    {"-device loader,file=a,addr=99999999999999999999", {"too large"}},
    {"-device loader,file=a,frob=3", {"'frob'", "addr=", "data-len=", "cpu-num="}},
    {"-device loader,addr=1", {"file=FILE", "cpu-num=0"}},
    {"-device loader,cpu-num=0", {"file=FILE", "addr="}},
    {"-device loader,addr=0,cpu-num=1", {"cpu-num=1", "first CPU", "cpu-num=0"}},
    {"-device loader,addr=0,cpu-num=x", {"cpu-num", "'x'"}},
    {"-device loader,addr=0,data=3", {"data-len=", "1 to 8"}},
    {"-device loader,addr=0,data-be=on", {"data-len="}},
    {"-device loader,addr=0,data=3,data-len=9", {"data-len=9", "1 to 8"}},
    {"-device loader,addr=0,data=3,data-len=0", {"data-len=0", "1 to 8"}},
    {"-device loader,addr=0,data=256,data-len=1", {"data=0x100", "data-len=1"}},
    {"-device loader,addr=0,data=zz,data-len=1", {"data", "'zz'"}},
    {"-device loader,data=3,data-len=1", {"addr="}},
    {"-device loader,file=a,addr=0,data=3,data-len=1", {"file=", "-device of its own"}},
    {"-serial frob", {"-serial frob", "stdio", "pty"}},
    {"-serial vc", {"-serial vc", "window"}},
    {"-serial telnet:localhost:1", {"telnet"}},
    {"-serial tcp:localhost", {"port is missing", "tcp:HOST:PORT"}},
    {"-serial tcp:localhost:", {"port is missing"}},
    {"-serial tcp::1,frob", {"'frob'", "server"}},
    {"-serial tcp::1,server=maybe", {"server", "'maybe'"}},
    {"-serial file:", {"name is missing"}},
    {"-serial file:x,server", {"'server'", "append=on"}},
    {"-serial mon:null", {"monitor", "stdio"}},
    {"-serial stdio -serial pty", {"one serial line"}},
    {"-serial stdio -monitor stdio", {"-serial mon:stdio"}},
    {"-serial mon:stdio -monitor pty", {"one is enough"}},
    {"-monitor mon:stdio", {"-serial mon:stdio"}},
    {"-display gtk", {"-display gtk", "sdl and none"}},
    {"-nographic -display sdl", {"-nographic", "-serial mon:stdio"}},
    {"-nographic -full-screen", {"-full-screen", "-display sdl"}},
    {"-echr 99", {"-echr 99", "1 to 0x1f"}},
    {"-name a,process=b", {"process", "-name NAME"}},
    {"-rtc base=yesterday", {"base=yesterday", "utc", "localtime"}},
    {"-rtc clock=vm", {"clock=vm", "clock=host"}},
    {"-rtc base=2026-13-41", {"2026-13-41"}},
    {"-semihosting-config target=gdb", {"target=gdb", "native"}},
    {"-semihosting-config chardev=c", {"'chardev'", "dir="}},
    {"-semihosting-config userspace=on", {"userspace=on", "off"}},
    {"-semihosting-config dir=", {"dir", "needs a value"}},
    {"-d frob", {"-d frob", "frob", "guest_errors"}},
    {"-drive file=x", {"-drive", "not supported", "disks"}},
    {"-netdev user,id=n", {"-netdev", "not supported", "network"}},
    {"-net user", {"-net", "not supported", "network"}},
    {"-s", {"-s is not supported", "gdb"}},
    {"-enable-kvm", {"-enable-kvm", "x86-64", "-accel tcg"}},
    {"--qmp stdio", {"--qmp", "QMP"}},
    {"-vga std", {"-vga", "-display"}},
    {"-pflash f", {"-pflash", "-bios"}},
    {"-icount 3", {"-icount", "clock"}},
};

START_TEST(options_bad_line_is_refused_with_its_reason)
{
    struct options options;
    struct err err;

    ck_assert_msg(!parse(&options, bad[_i].line, &err), "accepted: %s", bad[_i].line);
    ck_assert_msg(err.usage, "%s: not a usage error: %s", bad[_i].line, err.text);
    ck_assert_msg(!strchr(err.text, '\n'), "%s: more than one line: %s", bad[_i].line, err.text);
    for (size_t i = 0; i < ARRAY_SIZE(bad[_i].words) && bad[_i].words[i]; i++)
        ck_assert_msg(strstr(err.text, bad[_i].words[i]), "%s: no \"%s\" in: %s", bad[_i].line,
                      bad[_i].words[i], err.text);
    options_free(&options);
}
END_TEST

static const char *const good[] = {
    "",
    "-M virt,virtualization=off,secure=no,highmem=on,gic-version=2,accel=tcg,iommu=none",
    "-machine type=virt -cpu max,sve=off,aarch64=on -accel tcg,tb-size=64 -smp 1,cores=1",
    "-cpu max,pauth=on,pauth-impdef=on",
    "-cpu max,sve=off,sve128=off,sme=off,lpa2=off,pmu=off",
    "-cpu neoverse-v1,pauth-qarma3=on,sve=off,pmu=off",
    "-cpu cortex-a53,aarch64=on,pmu=off",
    "-cpu cortex-a57,pmu=on",
    "-cpu max,pauth-impdef=off,pauth-qarma3=on",
    "-cpu max,pmu=off",
    "-cpu cortex-a57,pmu=on",
    "-accel tcg,thread=multi -smp 64",
    "-accel tcg,thread=single -smp 1,maxcpus=1",
    "-accel tcg,thread=single -accel tcg,thread=multi -smp 2",
    "-net none -nic none -vga none -parallel none -nodefaults -no-user-config",
    "--kernel k --append a --initrd i --nographic --no-reboot -S",
    "-serial none -serial null -monitor stdio",
    "-display sdl -full-screen -serial pty -monitor tcp:localhost:1,server,nowait",
    "-serial unix:/run/x,server=on,wait=off",
    "-rtc base=utc,clock=host",
    "-rtc base=localtime",
    "-bios f -dtb d -device loader,file=f,addr=0x40000000,force-raw=on",
    "-device loader,addr=0x40000000,data=0xffffffffffffffff,data-len=8,data-be=on,cpu-num=0",
    "-device loader,addr=0x40000000,cpu-num=0 -device loader,file=f,cpu-num=0",
};

START_TEST(options_good_line_is_accepted)
{
    struct options options;
    struct err err;

    ck_assert_msg(parse(&options, good[_i], &err), "%s: %s", good[_i], err.text);
    ck_assert_ptr_null(options.print);
    options_free(&options);
}
END_TEST

START_TEST(options_defaults)
{
    struct options options;
    struct err err;

    ck_assert(parse(&options, "", &err));
    ck_assert(options_is_demo(&options));
    ck_assert_uint_eq(options.ram_size, 512 * MIB);
    ck_assert(options.fb);
    ck_assert_uint_eq(options.fb_width, 1024);
    ck_assert_uint_eq(options.fb_height, 768);
    ck_assert_int_eq(options.serial.kind, CHARDEV_STDIO);
    ck_assert(options.serial.monitor);
    ck_assert_int_eq(options.display, OPTIONS_DISPLAY_DEFAULT);
    ck_assert_uint_eq(options.escape, 1);
    options_free(&options);
}
END_TEST

START_TEST(options_loader_stores_values_and_starts_where_told)
{
    const struct loader_item *item;
    struct options options;
    struct err err;

    ck_assert(parse(&options,
                    "-device loader,addr=0x41000000,data=0xff,data-len=1,data-be=on,cpu-num=0 "
                    "-device loader,addr=0x42000000,cpu-num=0 -device loader,file=f,cpu-num=0 "
                    "-device loader,addr=1,data-len=4",
                    &err));
    item = options.loader;
    ck_assert_uint_eq(item[0].addr, 0x41000000);
    ck_assert_uint_eq(item[0].data, 0xff);
    ck_assert_uint_eq(item[0].data_len, 1);
    ck_assert(item[0].data_be && !item[0].start); /* its CPU is whose memory is meant */
    ck_assert(item[1].start && !item[1].file && !item[1].data_len);
    ck_assert_uint_eq(item[1].addr, 0x42000000);
    ck_assert(item[2].start && item[2].file);
    ck_assert(item[3].data_len == 4 && !item[3].data && !item[3].data_be);
    options_free(&options);
}
END_TEST

START_TEST(options_values_arrive)
{
    struct options options;
    struct err err;

    ck_assert_msg(parse(&options,
                        "-M virt,fb=1280x800,dumpdtb=a,,b -m 1.5G -engine check -name guest=box "
                        "-serial tcp:[::1]:99,server,nowait",
                        &err),
                  "%s", err.text);
    ck_assert_uint_eq(options.fb_width, 1280);
    ck_assert_uint_eq(options.fb_height, 800);
    ck_assert_str_eq(options.dumpdtb, "a,b");
    ck_assert_uint_eq(options.ram_size, 1536 * MIB);
    ck_assert_int_eq(options.engine, ENGINE_CHECK);
    ck_assert_str_eq(options.name, "box");
    ck_assert_int_eq(options.serial.kind, CHARDEV_TCP);
    ck_assert_str_eq(options.serial.path, "::1");
    ck_assert_str_eq(options.serial.port, "99");
    ck_assert(options.serial.server && !options.serial.wait && !options.serial.monitor);
    options_free(&options);

    ck_assert(parse(&options,
                    "-device loader,file=x,addr=0x48000000 -device loader,file=y -echr b "
                    "-semihosting-config dir=d,arg=one,arg=two",
                    &err));
    ck_assert(!options_is_demo(&options));
    ck_assert_uint_eq(options.loader_count, 2);
    ck_assert_str_eq(options.loader[0].file, "x");
    ck_assert_uint_eq(options.loader[0].addr, 0x48000000);
    ck_assert(options.loader[0].has_addr && !options.loader[1].has_addr);
    ck_assert_uint_eq(options.escape, 2);
    ck_assert(options.semihosting);
    ck_assert_str_eq(options.semihosting_dir, "d");
    ck_assert_uint_eq(options.semihosting_arg_count, 2);
    ck_assert_str_eq(options.semihosting_arg[1], "two");
    options_free(&options);
}
END_TEST

static const struct {
    const char *text;
    uint64_t bytes;
} sizes[] = {
    {"16", 16 * MIB},   {"65536K", 64 * MIB}, {"1g", GIB},     {"255G", 255 * GIB},
    {"0x20", 32 * MIB}, {"0.25T", 256 * GIB}, {"2G", 2 * GIB}, {"1073741824B", GIB},
};

START_TEST(options_size_suffixes)
{
    uint64_t size;
    struct err err;

    ck_assert(size_parse(sizes[_i].text, MIB, &size, &err));
    ck_assert_uint_eq(size, sizes[_i].bytes);
}
END_TEST

static const char *const helps[] = {"-help",         "--help-all",   "-M help",  "-cpu help",
                                    "-d help",       "-device help", "-version", "-h",
                                    "-display help", "-accel help",  "--man"};

START_TEST(options_help_prints_and_stops)
{
    struct options options;
    struct err err;

    ck_assert_msg(parse(&options, helps[_i], &err), "%s: %s", helps[_i], err.text);
    ck_assert_ptr_nonnull(options.print);
    ck_assert_uint_gt(strlen(options.print), 5);
    options_free(&options);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, options_bad_line_is_refused_with_its_reason, 0, ARRAY_SIZE(bad));
    tcase_add_loop_test(tcase, options_good_line_is_accepted, 0, ARRAY_SIZE(good));
    tcase_add_test(tcase, options_defaults);
    tcase_add_test(tcase, options_loader_stores_values_and_starts_where_told);
    tcase_add_test(tcase, options_values_arrive);
    tcase_add_loop_test(tcase, options_size_suffixes, 0, ARRAY_SIZE(sizes));
    tcase_add_loop_test(tcase, options_help_prints_and_stops, 0, ARRAY_SIZE(helps));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
