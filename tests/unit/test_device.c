/* mmu/device: the head that all devices share. */
#include "mmu/device.h"

#include "fakes.h"

struct probe {
    struct device device;
    unsigned resets;
    bool locked; /* during the reset */
};

static void probe_reset(struct device *device)
{
    struct probe *probe = (struct probe *)device;

    probe->resets++;
    probe->locked = pthread_mutex_trylock(&device->lock) != 0;
    if (!probe->locked)
        pthread_mutex_unlock(&device->lock);
}

static const struct device_ops with_reset = {.name = "probe", .reset = probe_reset};
static const struct device_ops without_reset = {.name = "plain"};

START_TEST(a_reset_happens_under_the_lock_which_is_free_afterwards)
{
    struct probe probe = {0};

    device_init(&probe.device, &with_reset, NULL);
    device_reset(&probe.device);
    ck_assert_uint_eq(probe.resets, 1);
    ck_assert(probe.locked);
    ck_assert_int_eq(pthread_mutex_trylock(&probe.device.lock), 0);
    pthread_mutex_unlock(&probe.device.lock);
    device_fini(&probe.device);
}
END_TEST

START_TEST(a_device_without_a_reset_is_left_alone)
{
    struct probe probe = {0};

    device_init(&probe.device, &without_reset, NULL);
    device_reset(&probe.device);
    ck_assert_uint_eq(probe.resets, 0);
    device_fini(&probe.device);
}
END_TEST

START_TEST(its_lines_in_the_log_bear_its_name_and_obey_the_mask)
{
    struct fake_log log;
    struct probe probe = {0};
    const char *text;

    fake_log_open(&log);
    device_init(&probe.device, &with_reset, log.log);
    device_guest_error(&probe.device, "write of 0x%x", 0x55);
    device_unimp(&probe.device, "register 0x%x", 0x66);
    log_set_mask(log.log, LOG_UNIMP);
    device_guest_error(&probe.device, "silent");
    log_set_mask(log.log, LOG_GUEST_ERRORS);
    device_unimp(&probe.device, "silent");
    text = fake_log_flush(&log);
    ck_assert_msg(strstr(text, "probe: write of 0x55\n") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "probe: register 0x66\n") != NULL, "%s", text);
    ck_assert_msg(!strstr(text, "silent"), "%s", text);
    device_fini(&probe.device);
    fake_log_close(&log);
}
END_TEST

START_TEST(a_message_of_any_length_is_one_line)
{
    struct fake_log log;
    struct probe probe = {0};
    char message[2000];
    const char *text;

    memset(message, 'm', sizeof(message) - 1);
    message[sizeof(message) - 1] = '\0';
    fake_log_open(&log);
    device_init(&probe.device, &with_reset, log.log);
    device_guest_error(&probe.device, "%s", message);
    text = fake_log_flush(&log);
    ck_assert_ptr_nonnull(strstr(text, "probe: mmmm"));
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    device_fini(&probe.device);
    fake_log_close(&log);
}
END_TEST

static Suite *device_suite(void)
{
    Suite *suite = suite_create("device");
    TCase *tc = tcase_create("device");

    tcase_add_test(tc, a_reset_happens_under_the_lock_which_is_free_afterwards);
    tcase_add_test(tc, a_device_without_a_reset_is_left_alone);
    tcase_add_test(tc, its_lines_in_the_log_bear_its_name_and_obey_the_mask);
    tcase_add_test(tc, a_message_of_any_length_is_one_line);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(device_suite());
}
