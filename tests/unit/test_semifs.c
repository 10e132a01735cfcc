/* loader/semifs: handles, modes, and names that must not lead out of the folder. What a guest sees
 * of it is in test_semihosting.c. */
#include "loader/semifs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "make_files.h"

#include "base/bits.h"
#include "fakes.h"

static char base[TEMP_PATH_MAX];            /* holds the guest's folder and a secret beside it */
static char path[2 * TEMP_PATH_MAX];        /* scratch */
static char root[TEMP_PATH_MAX];            /* the guest's folder */
static char secret_path[2 * TEMP_PATH_MAX]; /* what it must not reach */
static char printed[2][64];                 /* on the console: plain, errors */
static struct semifs *semifs;
static struct err err;

static void console_write(void *opaque, bool error_stream, const void *data, size_t size)
{
    (void)opaque;
    ck_assert_uint_lt(size, sizeof(printed[0]));
    memcpy(printed[error_stream], data, size);
}

static int console_read(void *opaque, void *data, size_t size, unsigned wait_ms)
{
    (void)opaque;
    if (!wait_ms)
        return 0; /* nothing typed yet */
    if (size < 2)
        return -1;
    memcpy(data, "ok", 2);
    return 2;
}

static const char *in_root(const char *name)
{
    snprintf(path, sizeof(path), "%.200s/%.40s", root, name);
    return path;
}

static void setup(void)
{
    static const struct semifs_console console = {.write = console_write, .read = console_read};

    memset(printed, 0, sizeof(printed));
    temp_folder(base);
    snprintf(root, sizeof(root), "%.100s/root", base);
    ck_assert_int_eq(mkdir(root, 0777), 0);
    ck_assert_int_eq(mkdir(in_root("sub"), 0777), 0);
    temp_file(base, "secret", "secret", 6, secret_path);
    temp_file(root, "file", "contents", 8, path);
    semifs = semifs_new(root, &console, &err);
    ck_assert_msg(semifs != NULL, "%s", err.text);
}

static void teardown(void)
{
    char command[TEMP_PATH_MAX + 16];

    semifs_free(semifs);
    snprintf(command, sizeof(command), "rm -r '%s'", base);
    ck_assert_int_eq(system(command), 0);
}

/* What the file holds, opened by the guest's name; -errno when it cannot be. */
static int64_t read_file(const char *name, char *text, size_t size)
{
    int64_t handle = semifs_open(semifs, name, 0), got;

    if (handle < 0)
        return handle;
    got = semifs_read(semifs, (uint64_t)handle, text, size - 1, 0);
    ck_assert_int_eq(semifs_close(semifs, (uint64_t)handle), 0);
    if (got >= 0)
        text[got] = '\0';
    return got;
}

static void expect_secret_is_safe(void)
{
    char text[16] = "";
    int fd = open(secret_path, O_RDONLY);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, text, sizeof(text)), 6);
    ck_assert_str_eq(text, "secret");
    close(fd);
}

START_TEST(names_that_lead_out_are_refused_in_every_mode)
{
    static const char *const names[] = {
        "../secret",    "sub/../../secret", "./../secret",  "sub/../sub/../../secret",
        "..",           "/etc/passwd",      "//etc/passwd", "../new",
        "sub/../../new"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        for (uint64_t mode = 0; mode < 12; mode++)
            ck_assert_msg(semifs_open(semifs, names[i], mode) < 0, "%s, mode %u", names[i],
                          (unsigned)mode);
    ck_assert_int_eq(semifs_open(semifs, secret_path, 0), -EACCES); /* absolute */
    snprintf(path, sizeof(path), "%s/new", base);
    ck_assert_int_ne(access(path, F_OK), 0);
    expect_secret_is_safe();
}
END_TEST

START_TEST(symbolic_links_that_lead_out_are_refused)
{
    char text[16];

    ck_assert_int_eq(symlink("../secret", in_root("up")), 0);
    ck_assert_int_eq(symlink(secret_path, in_root("absolute")), 0);
    ck_assert_int_eq(symlink("..", in_root("folder")), 0);
    ck_assert_int_eq(symlink("../new", in_root("dangling")), 0);
    ck_assert_int_eq(symlink("/proc/self/root", in_root("magic")), 0);
    ck_assert_int_eq(read_file("up", text, sizeof(text)), -EACCES);
    ck_assert_int_eq(read_file("absolute", text, sizeof(text)), -EACCES);
    ck_assert_int_eq(read_file("folder/secret", text, sizeof(text)), -EACCES);
    ck_assert_int_lt(read_file("magic/etc/passwd", text, sizeof(text)), 0);
    ck_assert_int_lt(semifs_open(semifs, "dangling", 4), 0);
    ck_assert_int_lt(semifs_open(semifs, "up", 4), 0);
    expect_secret_is_safe();
}
END_TEST

START_TEST(removing_and_renaming_stay_inside_too)
{
    ck_assert_int_eq(symlink("..", in_root("folder")), 0);
    ck_assert_int_lt(semifs_remove(semifs, "../secret"), 0);
    ck_assert_int_lt(semifs_remove(semifs, "folder/secret"), 0);
    ck_assert_int_lt(semifs_remove(semifs, secret_path), 0);
    ck_assert_int_eq(semifs_remove(semifs, "/file"), -EACCES);
    ck_assert_int_eq(semifs_remove(semifs, ".."), -EINVAL);
    ck_assert_int_eq(semifs_remove(semifs, "sub/.."), -EINVAL);
    ck_assert_int_eq(semifs_remove(semifs, ""), -EINVAL);
    ck_assert_int_lt(semifs_rename(semifs, "../secret", "mine"), 0);
    ck_assert_int_lt(semifs_rename(semifs, "file", "../secret"), 0);
    ck_assert_int_lt(semifs_rename(semifs, "file", "folder/secret"), 0);
    ck_assert_int_lt(semifs_rename(semifs, "folder/secret", "mine"), 0);
    expect_secret_is_safe();
    ck_assert_int_eq(access(in_root("file"), F_OK), 0);
}
END_TEST

START_TEST(names_inside_the_folder_work)
{
    char text[16];

    ck_assert_int_eq(read_file("file", text, sizeof(text)), 8);
    ck_assert_str_eq(text, "contents");
    ck_assert_int_eq(read_file("./sub/../file", text, sizeof(text)), 8);
    ck_assert_int_eq(semifs_rename(semifs, "file", "sub/moved"), 0);
    ck_assert_int_eq(read_file("file", text, sizeof(text)), -ENOENT);
    ck_assert_int_eq(read_file("sub/moved", text, sizeof(text)), 8);
    ck_assert_int_eq(semifs_remove(semifs, "sub/moved"), 0);
    ck_assert_int_eq(read_file("sub/moved", text, sizeof(text)), -ENOENT);
    ck_assert_int_eq(semifs_open(semifs, "sub", 0), -EISDIR);
    ck_assert_int_eq(semifs_open(semifs, "file/x", 0), -ENOENT);
}
END_TEST

START_TEST(modes_open_as_fopen_does)
{
    char text[32];
    int64_t handle;

    ck_assert_int_eq(semifs_open(semifs, "file", 12), -EINVAL);
    handle = semifs_open(semifs, "file", 1); /* rb */
    ck_assert_int_lt(semifs_write(semifs, (uint64_t)handle, "x", 1), 0);
    semifs_close(semifs, (uint64_t)handle);
    handle = semifs_open(semifs, "file", 2); /* r+: in the middle of what is there */
    ck_assert_int_eq(semifs_seek(semifs, (uint64_t)handle, 3), 0);
    ck_assert_int_eq(semifs_write(semifs, (uint64_t)handle, "XX", 2), 2);
    ck_assert_int_eq(semifs_length(semifs, (uint64_t)handle), 8);
    semifs_close(semifs, (uint64_t)handle);
    ck_assert_int_eq(read_file("file", text, sizeof(text)), 8);
    ck_assert_str_eq(text, "conXXnts");
    handle = semifs_open(semifs, "file", 8); /* a: at the end, wherever one seeks */
    ck_assert_int_eq(semifs_seek(semifs, (uint64_t)handle, 0), 0);
    ck_assert_int_eq(semifs_write(semifs, (uint64_t)handle, "!", 1), 1);
    semifs_close(semifs, (uint64_t)handle);
    ck_assert_int_eq(read_file("file", text, sizeof(text)), 9);
    ck_assert_str_eq(text, "conXXnts!");
    handle = semifs_open(semifs, "file", 4); /* w: empties it */
    ck_assert_int_eq(semifs_length(semifs, (uint64_t)handle), 0);
    ck_assert_int_lt(semifs_read(semifs, (uint64_t)handle, text, 1, 0), 0);
    semifs_close(semifs, (uint64_t)handle);
}
END_TEST

START_TEST(the_console_has_three_streams)
{
    int64_t in = semifs_open(semifs, ":tt", 0), out = semifs_open(semifs, ":tt", 4);
    int64_t error = semifs_open(semifs, ":tt", 8);
    char text[8] = "";

    ck_assert_int_eq(semifs_write(semifs, (uint64_t)out, "plain", 5), 5);
    ck_assert_int_eq(semifs_write(semifs, (uint64_t)error, "wrong", 5), 5);
    ck_assert_str_eq(printed[0], "plain");
    ck_assert_str_eq(printed[1], "wrong");
    ck_assert_int_eq(semifs_read(semifs, (uint64_t)in, text, 4, 0), -EAGAIN);
    ck_assert_int_eq(semifs_read(semifs, (uint64_t)in, text, 4, 10), 2);
    ck_assert_str_eq(text, "ok");
    ck_assert_int_eq(semifs_read(semifs, (uint64_t)in, text, 1, 10), 0); /* the end of input */
    ck_assert_int_eq(semifs_write(semifs, (uint64_t)in, "x", 1), -EBADF);
    ck_assert_int_eq(semifs_read(semifs, (uint64_t)out, text, 1, 0), -EBADF);
    ck_assert_int_eq(semifs_is_tty(semifs, (uint64_t)in), 1);
}
END_TEST

START_TEST(handles_that_are_none_are_refused_everywhere)
{
    static const uint64_t bad[] = {0, 1, SEMIFS_HANDLES, SEMIFS_HANDLES + 1, UINT64_MAX};
    char byte;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        ck_assert_int_eq(semifs_close(semifs, bad[i]), -EBADF);
        ck_assert_int_eq(semifs_read(semifs, bad[i], &byte, 1, 0), -EBADF);
        ck_assert_int_eq(semifs_write(semifs, bad[i], "x", 1), -EBADF);
        ck_assert_int_eq(semifs_seek(semifs, bad[i], 0), -EBADF);
        ck_assert_int_eq(semifs_length(semifs, bad[i]), -EBADF);
        ck_assert_int_eq(semifs_is_tty(semifs, bad[i]), -EBADF);
    }
}
END_TEST

START_TEST(closing_all_gives_every_handle_back)
{
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < SEMIFS_HANDLES; i++)
            ck_assert_int_eq(semifs_open(semifs, "file", 0), i + 1);
        ck_assert_int_eq(semifs_open(semifs, "file", 0), -EMFILE);
        semifs_close_all(semifs);
    }
}
END_TEST

static Suite *semifs_suite(void)
{
    Suite *suite = suite_create("semifs");
    TCase *tc = tcase_create("semifs");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, names_that_lead_out_are_refused_in_every_mode);
    tcase_add_test(tc, symbolic_links_that_lead_out_are_refused);
    tcase_add_test(tc, removing_and_renaming_stay_inside_too);
    tcase_add_test(tc, names_inside_the_folder_work);
    tcase_add_test(tc, modes_open_as_fopen_does);
    tcase_add_test(tc, the_console_has_three_streams);
    tcase_add_test(tc, handles_that_are_none_are_refused_everywhere);
    tcase_add_test(tc, closing_all_gives_every_handle_back);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(semifs_suite());
}
