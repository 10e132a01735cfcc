/* frontend/png: a screenshot, decoded again, has the pixels of the screen. */
#include "frontend/png.h"

#include <png.h>
#include <sys/stat.h>

#include "devices/display.h"
#include "make_files.h"

#include "fakes.h"

#define WIDTH  37
#define HEIGHT 5
#define STRIDE (WIDTH * 4 + 12) /* wider than a line */

static char folder[TEMP_PATH_MAX];
static uint8_t pixels[HEIGHT * STRIDE];
static struct display display = {
    .width = WIDTH, .height = HEIGHT, .stride = STRIDE, .pixels = pixels};
static struct err err;

static void setup(void)
{
    uint64_t state = 0x9e3779b97f4a7c15;

    temp_folder(folder);
    ck_assert_int_eq(chdir(folder), 0);
    for (size_t i = 0; i < sizeof(pixels); i++)
        pixels[i] = (uint8_t)garbage(&state);
}

static void teardown(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* each test has removed its files */
}

static void expect_picture(const char *path)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    uint8_t rgb[HEIGHT][WIDTH][3];

    ck_assert_msg(png_image_begin_read_from_file(&image, path), "%s", image.message);
    ck_assert_uint_eq(image.width, WIDTH);
    ck_assert_uint_eq(image.height, HEIGHT);
    ck_assert_uint_eq(image.format, PNG_FORMAT_RGB); /* no alpha, 8 bits */
    ck_assert_msg(png_image_finish_read(&image, NULL, rgb, 0, NULL), "%s", image.message);
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++) {
            const uint8_t *pixel = pixels + y * STRIDE + 4 * x; /* B, G, R, and what is ignored */

            ck_assert_uint_eq(rgb[y][x][0], pixel[2]);
            ck_assert_uint_eq(rgb[y][x][1], pixel[1]);
            ck_assert_uint_eq(rgb[y][x][2], pixel[0]);
        }
}

START_TEST(a_screenshot_has_the_pixels_of_the_screen)
{
    ck_assert_msg(png_save(&display, "screen.png", &err), "%s", err.text);
    expect_picture("screen.png");
    ck_assert_int_eq(unlink("screen.png"), 0);
}
END_TEST

START_TEST(a_named_screenshot_replaces_what_was_there)
{
    char path[2 * TEMP_PATH_MAX], *rubbish = calloc(1, 65536);

    ck_assert_ptr_nonnull(rubbish);
    temp_file(folder, "screen.png", rubbish, 65536, path);
    free(rubbish);
    ck_assert(png_save(&display, path, &err));
    expect_picture(path);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(new_screenshots_get_names_of_their_own)
{
    char name[5][64];

    for (unsigned i = 0; i < 5; i++) {
        ck_assert_msg(png_save_new(&display, name[i], sizeof(name[i]), &err), "%s", err.text);
        ck_assert_msg(!strncmp(name[i], "ulna-20", 7), "%s", name[i]);
        for (unsigned j = 0; j < i; j++)
            ck_assert_str_ne(name[i], name[j]);
    }
    for (unsigned i = 0; i < 5; i++) {
        expect_picture(name[i]);
        ck_assert_int_eq(unlink(name[i]), 0);
    }
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_named_with_the_reason)
{
    struct stat status;

    ck_assert(!png_save(&display, "no/such/folder.png", &err));
    assert_says(err.text, "no/such/folder.png cannot be written: No such file or directory");
    if (stat("/dev/full", &status) == 0) {
        ck_assert(!png_save(&display, "/dev/full", &err));
        assert_says(err.text, "/dev/full cannot be written: ");
    }
}
END_TEST

static Suite *png_suite(void)
{
    Suite *suite = suite_create("png");
    TCase *tc = tcase_create("png");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_screenshot_has_the_pixels_of_the_screen);
    tcase_add_test(tc, a_named_screenshot_replaces_what_was_there);
    tcase_add_test(tc, new_screenshots_get_names_of_their_own);
    tcase_add_test(tc, a_file_that_cannot_be_written_is_named_with_the_reason);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(png_suite());
}
