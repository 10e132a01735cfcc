/* The back ends of a serial line: no byte lost in either direction, and back-pressure. */
#include "frontend/chardev_open.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#include "fakes.h"
#include "lines.h"

START_TEST(pipe_input_waits_for_room)
{
    int in[2], out[2];
    struct chardev *chardev;

    ck_assert(pipe(in) == 0 && pipe(out) == 0);
    chardev = chardev_fd_new(io, in[0], out[1], true, &err);
    connect_end(chardev);
    send_text(in[1], "hello");
    usleep(20000);
    expect_received("", 0, 0);
    set_room(chardev, 2);
    expect_received("he", 2, 0);
    set_room(chardev, 100);
    expect_received("hello", 5, 0);
    close(in[1]); /* the end of the input is not the end of the guest */
    usleep(20000);
    ck_assert_uint_eq(chardev->write(chardev, (const uint8_t *)"bye", 3), 3);
    disconnect(chardev);
    chardev->destroy(chardev);
    char text[16] = "";
    ck_assert_int_eq(read(out[0], text, sizeof(text)), 3);
    ck_assert_str_eq(text, "bye");
    close(out[0]);
}
END_TEST

static void *slow_reader(void *opaque)
{
    int fd = *(int *)opaque;
    size_t *total = calloc(1, sizeof(*total));
    uint8_t data[8192];
    ssize_t got;

    usleep(50000);
    while ((got = read(fd, data, sizeof(data))) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if (data[i] != (uint8_t)((*total + (size_t)i) * 7))
                return total;
        *total += (size_t)got;
    }
    return total;
}

START_TEST(output_fills_the_queue_and_is_all_written)
{
    enum { TOTAL = 1000000 };
    int out[2];
    struct chardev *chardev;
    pthread_t thread;
    void *result;
    bool was_full = false;

    ck_assert(pipe(out) == 0);
    chardev = chardev_fd_new(io, -1, out[1], true, &err);
    pthread_create(&thread, NULL, slow_reader, &out[0]);
    for (size_t at = 0; at < TOTAL;) {
        uint8_t data[3000];
        size_t size = TOTAL - at < sizeof(data) ? TOTAL - at : sizeof(data), taken;

        for (size_t i = 0; i < size; i++)
            data[i] = (uint8_t)((at + i) * 7);
        taken = chardev->write(chardev, data, size);
        ck_assert_uint_le(taken, size);
        was_full |= taken < size;
        if (!taken)
            usleep(1000);
        at += taken;
    }
    chardev->destroy(chardev);
    pthread_join(thread, &result);
    ck_assert(was_full);
    ck_assert_uint_eq(*(size_t *)result, TOTAL);
    free(result);
    close(out[0]);
}
END_TEST

START_TEST(output_to_a_closed_pipe_is_dropped)
{
    int out[2];
    struct chardev *chardev;

    ck_assert(pipe(out) == 0);
    close(out[0]);
    chardev = chardev_fd_new(io, -1, out[1], true, &err);
    for (int i = 0; i < 100; i++) {
        chardev->write(chardev, (const uint8_t *)"x", 1);
        usleep(100);
    }
    chardev->destroy(chardev);
}
END_TEST

START_TEST(file_is_written_anew_or_continued)
{
    char path[] = "/tmp/test_chardev_XXXXXX", spec_text[64], text[32] = "";
    int fd = mkstemp(path);
    static const char *const forms[] = {"", ",append=on", ""};
    static const char *const expected[] = {"abc", "abcabc", "abc"};

    for (size_t i = 0; i < 3; i++) {
        struct chardev_spec spec;
        struct chardev *chardev;

        snprintf(spec_text, sizeof(spec_text), "file:%s%s", path, forms[i]);
        ck_assert(chardev_parse(spec_text, &spec, &err));
        chardev = chardev_open(io, &spec, false, "serial", &err);
        ck_assert_ptr_nonnull(chardev);
        ck_assert_uint_eq(chardev->write(chardev, (const uint8_t *)"abc", 3), 3);
        chardev->destroy(chardev);
        memset(text, 0, sizeof(text));
        ck_assert_int_ge(pread(fd, text, sizeof(text) - 1, 0), 0);
        ck_assert_str_eq(text, expected[i]);
    }
    close(fd);
    unlink(path);
}
END_TEST

START_TEST(file_that_cannot_be_written_is_an_error)
{
    struct chardev_spec spec;

    ck_assert(chardev_parse("file:/nonexistent/x", &spec, &err));
    ck_assert_ptr_null(chardev_open(io, &spec, false, "serial", &err));
    ck_assert_msg(strstr(err.text, "/nonexistent/x") && !err.usage, "%s", err.text);
}
END_TEST

START_TEST(pty_carries_bytes_and_survives_a_hangup)
{
    char name[64], text[64];
    struct chardev *chardev = chardev_pty_open(io, name, sizeof(name), &err);

    ck_assert_ptr_nonnull(chardev);
    connect_end(chardev);
    set_room(chardev, 100);
    chardev->write(chardev, (const uint8_t *)"lost", 4); /* nobody listens */
    usleep(50000);
    for (size_t round = 1; round <= 2; round++) {
        int slave = open(name, O_RDWR | O_NOCTTY);

        ck_assert_int_ge(slave, 0);
        send_text(slave, "ab");
        expect_received("abab", 2 * round, 0);
        chardev->write(chardev, (const uint8_t *)"out\r\n", 5);
        ck_assert(read_until(slave, "out\r\n", text, sizeof(text)));
        ck_assert_str_eq(text, "out\r\n");
        close(slave);
    }
    disconnect(chardev);
    chardev->destroy(chardev);
}
END_TEST

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

START_TEST(socket_server_serves_one_after_the_other)
{
    char path[] = "/tmp/test_chardev_socket_XXXXXX", spec_text[64], text[64];
    struct chardev_spec spec;
    struct chardev *chardev;

    ck_assert_ptr_nonnull(mkdtemp(path));
    snprintf(spec_text, sizeof(spec_text), "unix:%s/s,server,nowait", path);
    ck_assert(chardev_parse(spec_text, &spec, &err));
    chardev = chardev_open(io, &spec, false, "serial", &err);
    ck_assert_msg(chardev, "%s", err.text);
    connect_end(chardev);
    set_room(chardev, 100);
    for (size_t round = 1; round <= 2; round++) {
        int fd = dial(spec.path);

        send_text(fd, "xy");
        expect_received("xyxy", 2 * round, 0);
        chardev->write(chardev, (const uint8_t *)"reply", 5);
        ck_assert(read_until(fd, "reply", text, sizeof(text)));
        close(fd);
        usleep(50000);
    }
    disconnect(chardev);
    chardev->destroy(chardev);
    ck_assert_int_ne(access(spec.path, F_OK), 0);
    rmdir(path);
}
END_TEST

START_TEST(socket_without_a_listener_is_an_error)
{
    struct chardev_spec spec;

    ck_assert(chardev_parse("tcp:127.0.0.1:1", &spec, &err));
    ck_assert_ptr_null(chardev_open(io, &spec, false, "-serial", &err));
    ck_assert_msg(strstr(err.text, "tcp:127.0.0.1:1") && strstr(err.text, "connect"), "%s",
                  err.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chardev");
    TCase *lines = tcase_create("lines");

    tcase_add_checked_fixture(lines, lines_setup, lines_teardown);
    tcase_set_timeout(lines, 60);
    tcase_add_test(lines, pipe_input_waits_for_room);
    tcase_add_test(lines, output_fills_the_queue_and_is_all_written);
    tcase_add_test(lines, output_to_a_closed_pipe_is_dropped);
    tcase_add_test(lines, file_is_written_anew_or_continued);
    tcase_add_test(lines, file_that_cannot_be_written_is_an_error);
    tcase_add_test(lines, pty_carries_bytes_and_survives_a_hangup);
    tcase_add_test(lines, socket_server_serves_one_after_the_other);
    tcase_add_test(lines, socket_without_a_listener_is_an_error);
    suite_add_tcase(suite, lines);
    return run_suite(suite);
}
