/* frontend/window: what it does with keys, the clipboard and the close button, over SDL's driver
 * that shows nothing. What a screen shows is tests/frontend/window_pixels.c's. */
#include "frontend/window.h"

#include <SDL.h>

#include "devices/display.h"
#include "fakes.h"
#include "mmu/bus.h"

#define WIDTH  200u
#define HEIGHT 100u

static struct bus *bus;
static struct display display;
static struct window *window;
static struct err err;
static char typed[256];
static size_t typed_size, room;
static unsigned presses, steps;
static bool (*script)(unsigned step); /* called after each frame; false: leave */

static uint64_t count(void *opaque)
{
    (void)opaque;
    return 0;
}

static size_t type(void *opaque, const void *data, size_t size)
{
    (void)opaque;
    if (size > room)
        size = room;
    ck_assert_uint_lt(typed_size + size, sizeof(typed));
    memcpy(typed + typed_size, data, size);
    typed_size += size;
    room -= size;
    return size;
}

static void press_power(void *opaque)
{
    (void)opaque;
    presses++;
}

static bool step(void *opaque)
{
    (void)opaque;
    ck_assert_uint_lt(steps, 1000);
    return script(steps++);
}

static struct window *open_window(void)
{
    const struct window_config config = {.display = &display,
                                         .name = "guest",
                                         .engine = "engine",
                                         .instructions = count,
                                         .type = type,
                                         .press_power = press_power,
                                         .output = count,
                                         .step = step};

    return window_new(&config, &err);
}

static void setup(void)
{
    struct ram_block *video;

    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    memset(typed, 0, sizeof(typed));
    typed_size = presses = steps = 0;
    room = sizeof(typed) - 1;
    bus = bus_new(NULL);
    video = bus_add_ram(bus, "video", 0x0b000000, MIB, RAM_VIDEO, &err);
    ck_assert(video && display_init(&display, bus, video, WIDTH, HEIGHT, &err));
}

static void teardown(void)
{
    display_fini(&display);
    bus_free(bus);
}

static void run(bool (*what)(unsigned step))
{
    script = what;
    window = open_window();
    ck_assert_msg(window != NULL, "%s", err.text);
    window_run(window);
    window_free(window);
}

static void key(SDL_Keycode code, SDL_Keymod modifiers)
{
    SDL_Event event = {.type = SDL_KEYDOWN};

    event.key.keysym.sym = code;
    event.key.keysym.mod = (uint16_t)modifiers;
    SDL_PushEvent(&event);
}

static void text(const char *characters)
{
    SDL_Event event = {.type = SDL_TEXTINPUT};

    snprintf(event.text.text, sizeof(event.text.text), "%s", characters);
    SDL_PushEvent(&event);
}

static void close_window(void)
{
    SDL_Event event = {.type = SDL_QUIT};

    SDL_PushEvent(&event);
}

START_TEST(without_a_desktop_there_is_no_window_and_the_reason_is_told)
{
    unsetenv("SDL_VIDEODRIVER");
    ck_assert(!window_is_possible());
    ck_assert_ptr_null(open_window());
    ck_assert_ptr_nonnull(strstr(err.text, "DISPLAY"));
    ck_assert_ptr_nonnull(strstr(err.text, "-display none"));
}
END_TEST

static bool press_keys(unsigned at)
{
    if (at == 0) {
        key(SDLK_a, KMOD_NONE); /* a letter comes twice, as a key and as text */
        text("a");
        key(SDLK_c, KMOD_LCTRL);
        key(SDLK_x, KMOD_LALT);
        text("x"); /* which the key has already told */
        key(SDLK_UP, KMOD_NONE);
        key(0xe9, KMOD_NONE);
        text("\303\251");
    }
    return at < 2;
}

START_TEST(keys_and_text_become_the_bytes_of_a_terminal_once)
{
    run(press_keys);
    ck_assert_str_eq(typed, "a\003\033x\033[A\303\251");
}
END_TEST

static bool paste_slowly(unsigned at)
{
    if (at == 0) {
        SDL_SetClipboardText("one\ntwo\r\nthree");
        key(SDLK_v, KMOD_LCTRL | KMOD_LALT);
        text("v"); /* the window's own key types nothing */
        room = 2;
    } else if (at % 3 == 0) {
        room = 2;
    }
    return typed_size < 13 && at < 100;
}

START_TEST(pasted_text_waits_for_room_and_ends_its_lines_as_the_return_key_does)
{
    run(paste_slowly);
    ck_assert_str_eq(typed, "one\rtwo\rthree");
}
END_TEST

static bool close_twice(unsigned at)
{
    if (at == 0 || at == 5)
        close_window();
    if (at == 4) {
        ck_assert_uint_eq(presses, 1);
        ck_assert_ptr_nonnull(strstr(SDL_GetWindowTitle(SDL_GetWindowFromID(1)), "close again"));
    }
    return true;
}

START_TEST(the_close_button_presses_the_power_key_and_then_ends)
{
    run(close_twice);
    ck_assert_uint_eq(presses, 1);
    ck_assert_uint_ge(steps, 6);
}
END_TEST

static uint32_t pixel(int x, int y)
{
    SDL_Rect rect = {x, y, 1, 1};
    uint32_t value = 0;

    ck_assert_int_eq(SDL_RenderReadPixels(SDL_GetRenderer(SDL_GetWindowFromID(1)), &rect,
                                          SDL_PIXELFORMAT_ARGB8888, &value, 4),
                     0);
    return value & 0xffffff;
}

static bool look_at_pixels(unsigned at)
{
    static const uint32_t red = 0x00ff0000, blue = 0x000000ff;

    if (at == 0) { /* twice as large, and 40 columns too wide */
        SDL_SetWindowSize(SDL_GetWindowFromID(1), 2 * WIDTH + 40, 2 * HEIGHT);
        ck_assert(bus_write_ram(bus, 0x0b000000, &red, 4));
        ck_assert(bus_write_ram(bus, 0x0b000000 + (HEIGHT - 1) * display.stride + 4 * (WIDTH - 1),
                                &blue, 4));
    }
    if (at < 10)
        return true;
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) {
            ck_assert_uint_eq(pixel(20 + x, y), red);
            ck_assert_uint_eq(pixel(20 + 2 * WIDTH - 1 - x, 2 * HEIGHT - 1 - y), blue);
        }
    ck_assert_uint_eq(pixel(22, 0), 0);
    ck_assert_uint_eq(pixel(20, 2), 0);
    ck_assert_uint_eq(pixel(19, 0), 0);
    return false;
}

START_TEST(written_pixels_are_drawn_enlarged_in_the_middle)
{
    run(look_at_pixels);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, without_a_desktop_there_is_no_window_and_the_reason_is_told);
    tcase_add_test(tcase, keys_and_text_become_the_bytes_of_a_terminal_once);
    tcase_add_test(tcase, pasted_text_waits_for_room_and_ends_its_lines_as_the_return_key_does);
    tcase_add_test(tcase, the_close_button_presses_the_power_key_and_then_ends);
    tcase_add_test(tcase, written_pixels_are_drawn_enlarged_in_the_middle);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
