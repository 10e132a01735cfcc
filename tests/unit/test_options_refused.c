/* frontend/options_refused: what ulna refuses by name, and why. */
#include "fakes.h"
#include "frontend/options.h"

START_TEST(what_is_refused_has_a_reason_and_what_is_unknown_has_none)
{
    ck_assert_str_eq(options_refusal("enable-kvm"),
                     "an x86-64 host cannot run AArch64 code natively; see -accel tcg");
    ck_assert_str_eq(options_refusal("s"), options_refusal("gdb"));
    ck_assert_ptr_null(options_refusal("frobnicate"));
    ck_assert_ptr_null(options_refusal(""));
    ck_assert_ptr_null(options_refusal("Drive"));
}
END_TEST

/* A name in both tables would never be refused, or never be taken. */
START_TEST(no_option_is_both_accepted_and_refused)
{
    ck_assert_uint_gt(options_row_count, 20);
    for (size_t i = 0; i < options_row_count; i++) {
        const struct options_row *row = &options_rows[i];

        ck_assert_msg(!options_refusal(row->name), "-%s", row->name);
        ck_assert_msg(!row->alias || !options_refusal(row->alias), "-%s", row->alias);
    }
}
END_TEST

START_TEST(a_refused_option_is_named_with_its_reason_on_the_command_line)
{
    char name[] = "ulna", option[] = "-pflash", file[] = "x.fd";
    char *argv[] = {name, option, file};
    struct options options;
    struct err err;

    ck_assert(!options_parse(&options, 3, argv, &err));
    ck_assert_msg(strstr(err.text, "-pflash") && strstr(err.text, options_refusal("pflash")), "%s",
                  err.text);
    options_free(&options);
}
END_TEST

/* The most telling word decides: the rows stand in that order. */
START_TEST(device_models_are_refused_by_what_they_are)
{
    static const struct {
        const char *model, *says;
    } rows[] = {
        {"virtio-blk-device", "no disks"},
        {"virtio-blk-pci", "no disks"},
        {"virtio-scsi-pci", "no disks"},
        {"nvme", "no disks"},
        {"virtio-net-pci", "no network card"},
        {"e1000e", "no network card"},
        {"qemu-xhci", "no USB"},
        {"usb-kbd", "no USB"},
        {"intel-hda", "no sound"},
        {"virtio-9p-device", "folders cannot be shared"},
        {"virtio-gpu-pci", "framebuffer"},
        {"ramfb", "framebuffer"},
        {"virtio-keyboard-device", "keys reach the guest"},
        {"virtio-rng-device", "virtio slots are empty"},
        {"pcie-root-port", "no PCI Express"},
        {"guest-loader", "EL2"},
        {"loadr", "accepted is loader"},
        {"", "accepted is loader"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *why = options_device_refusal(rows[i].model);

        ck_assert_msg(strstr(why, rows[i].says) != NULL, "%s: %s", rows[i].model, why);
    }
}
END_TEST

static Suite *options_refused_suite(void)
{
    Suite *suite = suite_create("options_refused");
    TCase *tc = tcase_create("options_refused");

    tcase_add_test(tc, what_is_refused_has_a_reason_and_what_is_unknown_has_none);
    tcase_add_test(tc, no_option_is_both_accepted_and_refused);
    tcase_add_test(tc, a_refused_option_is_named_with_its_reason_on_the_command_line);
    tcase_add_test(tc, device_models_are_refused_by_what_they_are);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(options_refused_suite());
}
