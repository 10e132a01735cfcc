/* The window on a real X server (Xvfb), looked at from outside: its pixels are read from the
 * server's own screen, its keys are pressed by xdotool. The guest's screen is video memory that the
 * test writes itself.
 *
 * SDL wants the main thread, so the window runs there, and each test's script on a second one. */
#include "frontend/window.h"

#include <SDL.h>
#include <check.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <png.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "devices/display.h"
#include "mmu/bus.h"

#define WIDTH       200u
#define HEIGHT      100u
#define SCREEN_SIZE "800x600x24"
#define VIDEO_BASE  0x0b000000ull
#define VIDEO_SIZE  (1 * MIB)
#define WAIT_MS     60000 /* for something to appear */
#define POLL_MS     20
#define SKIPPED     77

/* Of the X server, for all tests. */
static char folder[] = "/tmp/window_pixels_XXXXXX";
static pid_t server;

/* Of one test. */
static struct {
    struct bus *bus;
    struct ram_block *video;
    struct display display;
    struct window *window;
    atomic_bool done;
    pthread_mutex_t lock;
    char typed[4096];
    size_t typed_size, room;
    atomic_uint presses;
    atomic_ullong output;
} t;

/* --- the X server's screen --- */

struct screen {
    const uint8_t *file; /* an XWD file that the server keeps up to date */
    size_t size, pixels;
    unsigned width, height, stride;
};

static uint32_t big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static struct screen screen_open(void)
{
    struct screen screen;
    struct stat stat;
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "%s/Xvfb_screen0", folder);
    fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &stat), 0);
    screen.size = (size_t)stat.st_size;
    screen.file = mmap(NULL, screen.size, PROT_READ, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(screen.file, MAP_FAILED);
    close(fd);
    screen.width = big_endian(screen.file + 16);
    screen.height = big_endian(screen.file + 20);
    screen.stride = big_endian(screen.file + 48);
    screen.pixels = big_endian(screen.file) + 12 * big_endian(screen.file + 76);
    ck_assert_uint_eq(big_endian(screen.file + 44), 32); /* bits a pixel */
    return screen;
}

static uint32_t screen_pixel(const struct screen *screen, unsigned x, unsigned y)
{
    const uint8_t *at = screen->file + screen->pixels + (size_t)y * screen->stride + 4 * x;

    ck_assert_uint_lt(x, screen->width);
    ck_assert_uint_lt(y, screen->height);
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

/* --- the guest's screen --- */

/* A colour of its own for every pixel; `generation` makes another picture. */
static uint32_t colour(unsigned x, unsigned y, unsigned generation)
{
    return ((x * 5 + generation * 50) & 0xff) << 16 | ((y * 2 + x / 64) & 0xff) << 8 |
           ((x ^ y * 3 ^ generation * 7) & 0xff);
}

/* The line's pixels with `alpha`, which nobody is to look at. `tell`: as a guest's store, else
 * behind its back. */
static void write_line(unsigned y, unsigned generation, bool tell)
{
    uint32_t line[WIDTH];

    for (unsigned x = 0; x < WIDTH; x++)
        line[x] = colour(x, y, generation) | (x & 1 ? 0xff000000u : 0);
    memcpy(t.video->host + (size_t)y * t.display.stride, line, sizeof(line));
    if (tell)
        bus_written(t.bus, VIDEO_BASE + (uint64_t)y * t.display.stride, sizeof(line));
}

static void write_picture(unsigned generation)
{
    for (unsigned y = 0; y < HEIGHT; y++)
        write_line(y, generation, true);
}

/* --- the world outside --- */

/* Runs a shell command and returns its first line. */
static void shell(char *line, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void shell(char *line, size_t size, const char *format, ...)
{
    char command[512];
    va_list args;
    FILE *pipe;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    line[0] = '\0';
    if (fgets(line, (int)size, pipe))
        line[strcspn(line, "\n")] = '\0';
    pclose(pipe);
}

static void press(const char *keys)
{
    char line[256];

    shell(line, sizeof(line), "xdotool key --clearmodifiers %s 2>&1", keys);
    ck_assert_msg(!*line, "%s: %s", keys, line);
}

static void window_place(unsigned *x, unsigned *y)
{
    char line[256];

    shell(line, sizeof(line),
          "xdotool search --onlyvisible --name 'ulna' getwindowgeometry --shell 2>&1 | "
          "awk -F= '/^[XY]=/ { printf \"%%s \", $2 }'");
    ck_assert_msg(sscanf(line, "%u %u", x, y) == 2, "no window: %s", line);
}

static void window_move_resize(unsigned x, unsigned y, unsigned width, unsigned height)
{
    char line[256];

    shell(line, sizeof(line),
          "xdotool search --onlyvisible --name 'ulna' windowmove %u %u windowsize %u %u 2>&1", x, y,
          width, height);
    ck_assert_msg(!*line, "%s", line);
}

static void window_resize(unsigned width, unsigned height)
{
    window_move_resize(10, 20, width, height);
}

static void window_title(char *title, size_t size)
{
    shell(title, size, "xdotool search --onlyvisible --name 'ulna' getwindowname");
}

/* Polls until the condition holds. */
#define expect_soon(condition)                                                                     \
    ck_assert_msg(({                                                                               \
                      unsigned waited = 0;                                                         \
                      while (!(condition) && waited < WAIT_MS) {                                   \
                          usleep(POLL_MS * 1000);                                                  \
                          waited += POLL_MS;                                                       \
                      }                                                                            \
                      waited < WAIT_MS;                                                            \
                  }),                                                                              \
                  "did not come: " #condition)

/* --- the window's callbacks --- */

static uint64_t instructions(void *opaque)
{
    (void)opaque;
    return SDL_GetTicks() * 42000ull; /* 42 MIPS */
}

static size_t type(void *opaque, const void *data, size_t size)
{
    (void)opaque;
    pthread_mutex_lock(&t.lock);
    if (size > t.room)
        size = t.room;
    memcpy(t.typed + t.typed_size, data, size);
    t.typed_size += size;
    pthread_mutex_unlock(&t.lock);
    return size;
}

static void press_power(void *opaque)
{
    (void)opaque;
    t.presses++;
}

static uint64_t output(void *opaque)
{
    (void)opaque;
    return t.output;
}

static bool step(void *opaque)
{
    (void)opaque;
    return !t.done;
}

/* Runs the window until the script has ended or the window has closed itself. */
static void with_window(void *(*script)(void *))
{
    const struct window_config config = {.display = &t.display,
                                         .name = "testguest",
                                         .engine = "testengine",
                                         .instructions = instructions,
                                         .type = type,
                                         .press_power = press_power,
                                         .output = output,
                                         .step = step};
    struct err err = {0};
    pthread_t thread;

    pthread_mutex_init(&t.lock, NULL);
    t.room = sizeof(t.typed);
    t.bus = bus_new(NULL);
    t.video = bus_add_ram(t.bus, "video", VIDEO_BASE, VIDEO_SIZE, RAM_VIDEO, &err);
    ck_assert_msg(t.video && display_init(&t.display, t.bus, t.video, WIDTH, HEIGHT, &err), "%s",
                  err.text);
    write_picture(0);
    t.window = window_new(&config, &err);
    ck_assert_msg(t.window, "%s", err.text);
    pthread_create(&thread, NULL, script, NULL);
    window_run(t.window);
    t.done = true;
    pthread_join(thread, NULL);
    window_free(t.window);
    display_fini(&t.display);
    bus_free(t.bus);
}

static void leave(void)
{
    t.done = true;
    window_wake(t.window);
}

/* --- pixels --- */

/* True when the rectangle at (left, top) shows the picture, each guest pixel `scale` x `scale`. */
static bool shows(const struct screen *screen, unsigned left, unsigned top, unsigned scale,
                  unsigned generation)
{
    for (unsigned y = 0; y < HEIGHT * scale; y++)
        for (unsigned x = 0; x < WIDTH * scale; x++)
            if (screen_pixel(screen, left + x, top + y) != colour(x / scale, y / scale, generation))
                return false;
    return true;
}

static bool line_shows(const struct screen *screen, unsigned left, unsigned top, unsigned y,
                       unsigned generation)
{
    for (unsigned x = 0; x < WIDTH; x++)
        if (screen_pixel(screen, left + x, top + y) != colour(x, y, generation))
            return false;
    return true;
}

static void *script_pixels(void *opaque)
{
    struct screen screen = screen_open();
    unsigned x, y;

    (void)opaque;
    usleep(300000);
    window_place(&x, &y);
    expect_soon(shows(&screen, x, y, 1, 0));
    write_picture(1);
    expect_soon(shows(&screen, x, y, 1, 1));
    leave();
    return NULL;
}

START_TEST(window_shows_every_pixel_of_the_guest)
{
    with_window(script_pixels);
}
END_TEST

static void *script_lines(void *opaque)
{
    struct screen screen = screen_open();
    unsigned x, y;
    /* lines of different pages of video memory, so that one is not told of with the other */
    const unsigned told = 40, untold = 80;

    (void)opaque;
    usleep(300000);
    window_place(&x, &y);
    expect_soon(shows(&screen, x, y, 1, 0));
    write_line(untold, 1, false);
    write_line(told, 1, true);
    expect_soon(line_shows(&screen, x, y, told, 1));
    usleep(200000);
    ck_assert_msg(line_shows(&screen, x, y, untold, 0), "an unchanged line was drawn");
    bus_written(t.bus, VIDEO_BASE + untold * t.display.stride, 4);
    expect_soon(line_shows(&screen, x, y, untold, 1));
    leave();
    return NULL;
}

START_TEST(window_draws_only_lines_that_were_written)
{
    with_window(script_lines);
}
END_TEST

static void *script_scale(void *opaque)
{
    struct screen screen = screen_open();

    (void)opaque;
    usleep(300000);
    window_resize(WIDTH * 2, HEIGHT * 2);
    expect_soon(shows(&screen, 10, 20, 2, 0));
    /* wider than the picture's aspect: bars left and right */
    window_resize(WIDTH * 3 + 40, HEIGHT * 3);
    expect_soon(shows(&screen, 30, 20, 3, 0));
    for (unsigned y = 0; y < HEIGHT * 3; y++)
        for (unsigned x = 0; x < 20; x++) {
            ck_assert_uint_eq(screen_pixel(&screen, 10 + x, 20 + y), 0);
            ck_assert_uint_eq(screen_pixel(&screen, 10 + WIDTH * 3 + 39 - x, 20 + y), 0);
        }
    /* 2.5 times: the middle of each guest pixel keeps its exact colour */
    window_resize(WIDTH * 5 / 2, HEIGHT * 5 / 2 + 30);
    expect_soon(screen_pixel(&screen, 10 + 1, 20 + 15 + 1) == colour(0, 0, 0) &&
                screen_pixel(&screen, 10 + 498, 20 + 15 + 248) == colour(199, 99, 0));
    for (unsigned y = 0; y < HEIGHT; y += 2)
        for (unsigned x = 0; x < WIDTH; x += 2)
            ck_assert_uint_eq(screen_pixel(&screen, 10 + x * 5 / 2 + 1, 20 + 15 + y * 5 / 2 + 1),
                              colour(x, y, 0));
    ck_assert_uint_eq(screen_pixel(&screen, 10 + 250, 20 + 3), 0);
    leave();
    return NULL;
}

START_TEST(window_scales_sharply_and_keeps_the_aspect)
{
    with_window(script_scale);
}
END_TEST

/* --- keys --- */

static bool typed_is(const char *text, size_t size)
{
    bool same;

    pthread_mutex_lock(&t.lock);
    same = t.typed_size == size && !memcmp(t.typed, text, size);
    pthread_mutex_unlock(&t.lock);
    return same;
}

static const struct {
    const char *keys, *bytes;
} keys[] = {
    {"a", "a"},          {"A", "A"},         {"Return", "\r"},      {"BackSpace", "\177"},
    {"Tab", "\t"},       {"Escape", "\033"}, {"Up", "\033[A"},      {"Left", "\033[D"},
    {"Home", "\033[H"},  {"End", "\033[F"},  {"Delete", "\033[3~"}, {"F1", "\033OP"},
    {"F12", "\033[24~"}, {"ctrl+c", "\003"}, {"ctrl+d", "\004"},    {"ctrl+bracketright", "\035"},
    {"alt+x", "\033x"},  {"space", " "},     {"slash", "/"},        {"Page_Up", "\033[5~"},
};

static void *script_keys(void *opaque)
{
    char all[256] = "", line[64];

    (void)opaque;
    usleep(500000);
    shell(line, sizeof(line), "xdotool search --onlyvisible --name ulna windowfocus 2>&1");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        press(keys[i].keys);
        strcat(all, keys[i].bytes);
        expect_soon(typed_is(all, strlen(all)));
    }
    leave();
    return NULL;
}

START_TEST(window_keys_reach_the_serial_line)
{
    with_window(script_keys);
}
END_TEST

static void *script_paste(void *opaque)
{
    static const char expected[] = "echo one\recho two\r\303\251t\303\251\r";

    (void)opaque;
    usleep(500000);
    SDL_SetClipboardText("echo one\necho two\r\n\303\251t\303\251\r"); /* "\303\251" is e acute */
    t.room = 3;
    press("ctrl+alt+v");
    expect_soon(t.typed_size > 0);
    while (t.typed_size < sizeof(expected) - 1) {
        size_t before = t.typed_size;

        ck_assert_uint_le(before, sizeof(expected) - 1);
        expect_soon(t.typed_size > before || t.typed_size == sizeof(expected) - 1);
    }
    usleep(100000);
    ck_assert(typed_is(expected, sizeof(expected) - 1));
    press("shift+Insert");
    expect_soon(t.typed_size == 2 * (sizeof(expected) - 1));
    leave();
    return NULL;
}

START_TEST(window_paste_waits_for_the_guest)
{
    with_window(script_paste);
}
END_TEST

/* --- screenshot, title, full screen --- */

static void *script_screenshot(void *opaque)
{
    static uint8_t rgb[WIDTH * HEIGHT * 3];
    png_image image = {.version = PNG_IMAGE_VERSION};
    char path[128], line[256];

    (void)opaque;
    usleep(500000);
    press("ctrl+alt+s");
    press("ctrl+alt+s"); /* the same second, most likely: another name */
    expect_soon(({
        shell(line, sizeof(line), "ls ulna-*.png 2>/dev/null | wc -l");
        atoi(line) == 2;
    }));
    usleep(200000);
    shell(path, sizeof(path), "ls ulna-*.png");
    ck_assert_int_ne(png_image_begin_read_from_file(&image, path), 0);
    ck_assert_uint_eq(image.width, WIDTH);
    ck_assert_uint_eq(image.height, HEIGHT);
    image.format = PNG_FORMAT_RGB;
    ck_assert_int_ne(png_image_finish_read(&image, NULL, rgb, 0, NULL), 0);
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++) {
            const uint8_t *at = rgb + 3 * (y * WIDTH + x);

            ck_assert_uint_eq((uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2],
                              colour(x, y, 0));
        }
    shell(line, sizeof(line), "rm ulna-*.png");
    leave();
    return NULL;
}

START_TEST(window_screenshot_is_the_guests_screen)
{
    ck_assert_int_eq(chdir(folder), 0);
    with_window(script_screenshot);
}
END_TEST

static void *script_title(void *opaque)
{
    char title[256];
    unsigned mips = 0;

    (void)opaque;
    usleep(2500000); /* two titles */
    window_title(title, sizeof(title));
    ck_assert_msg(sscanf(title, "testguest - ulna (testengine, %u MIPS)", &mips) == 1, "%s", title);
    ck_assert_msg(mips >= 38 && mips <= 46, "%s", title);
    press("ctrl+alt+g");
    expect_soon((window_title(title, sizeof(title)), strstr(title, "Ctrl+Alt+G lets them go")));
    press("ctrl+alt+g");
    expect_soon((window_title(title, sizeof(title)), strstr(title, "Ctrl+Alt+G grabs")));
    leave();
    return NULL;
}

START_TEST(window_title_tells_name_engine_speed_and_grab)
{
    with_window(script_title);
}
END_TEST

static bool is_full_screen(void)
{
    SDL_Window *window = SDL_GetWindowFromID(1);

    return SDL_GetWindowFlags(window) & SDL_WINDOW_FULLSCREEN_DESKTOP;
}

/* There is no window manager here: the test does its part, the resizing. */
static void *script_full_screen(void *opaque)
{
    struct screen screen = screen_open();

    (void)opaque;
    usleep(500000);
    ck_assert(!is_full_screen());
    press("ctrl+alt+f");
    expect_soon(is_full_screen());
    window_move_resize(0, 0, screen.width, screen.height);
    expect_soon(shows(&screen, 0, (screen.height - 4 * HEIGHT) / 2, 4, 0));
    press("ctrl+alt+f");
    expect_soon(!is_full_screen());
    leave();
    return NULL;
}

START_TEST(window_full_screen_fills_the_screen)
{
    with_window(script_full_screen);
}
END_TEST

/* --- closing --- */

static void close_window(void)
{
    SDL_Event event = {.type = SDL_QUIT};

    SDL_PushEvent(&event);
}

static void *script_close_twice(void *opaque)
{
    char title[256];

    (void)opaque;
    usleep(300000);
    close_window();
    expect_soon(t.presses == 1);
    expect_soon((window_title(title, sizeof(title)), strstr(title, "close again")));
    ck_assert(!t.done);
    close_window();
    expect_soon(t.done);
    ck_assert_uint_eq(t.presses, 1);
    return NULL;
}

START_TEST(window_second_close_ends)
{
    with_window(script_close_twice);
    ck_assert_uint_eq(t.presses, 1);
}
END_TEST

static void *script_close_silent(void *opaque)
{
    (void)opaque;
    usleep(300000);
    close_window();
    for (int i = 0; i < 6; i++) { /* a guest that is shutting down says so: 6 seconds */
        sleep(1);
        t.output++;
        ck_assert(!t.done);
    }
    sleep(4);
    ck_assert(!t.done);
    expect_soon(t.done);
    return NULL;
}

START_TEST(window_closes_on_a_guest_that_does_not_answer)
{
    with_window(script_close_silent);
}
END_TEST

/* --- ulna itself, with its demo --- */

#define STILL_LINES 440 /* of 480: below, the demo's figures change also while it is paused */

static const char *ulna; /* its path */

static pid_t run_ulna(void)
{
    pid_t child = fork();

    if (child == 0) {
        /* Libraries that SDL has unloaded (D-Bus) look like leaks; see dlclose. */
        setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
        execl(ulna, "ulna", "-M", "virt,fb=640x480", "-serial", "null", "-name", "tested", NULL);
        _exit(127);
    }
    return child;
}

/* How many pixels of the still lines of the picture in `path` the screen shows at its place;
 * *changes says how often the colour changes along the lines, to tell a picture from an empty
 * screen. */
static unsigned compare(const char *path, const struct screen *screen, unsigned left, unsigned top,
                        unsigned *changes)
{
    static uint8_t rgb[640 * 480 * 3];
    png_image image = {.version = PNG_IMAGE_VERSION};
    unsigned same = 0;
    uint32_t last = ~0u;

    *changes = 0;
    if (!png_image_begin_read_from_file(&image, path) || image.width != 640 || image.height != 480)
        return 0;
    image.format = PNG_FORMAT_RGB;
    if (!png_image_finish_read(&image, NULL, rgb, 0, NULL))
        return 0;
    for (unsigned y = 0; y < STILL_LINES; y++)
        for (unsigned x = 0; x < 640; x++) {
            const uint8_t *at = rgb + 3 * (y * 640 + x);
            uint32_t pixel = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];

            same += pixel == screen_pixel(screen, left + x, top + y);
            *changes += pixel != last;
            last = pixel;
        }
    return same;
}

/* How often the colour changes along the lines of the window: an empty one has a handful. */
static unsigned screen_changes(const struct screen *screen, unsigned left, unsigned top)
{
    unsigned changes = 0;

    for (unsigned y = 0; y < STILL_LINES; y++)
        for (unsigned x = 1; x < 640; x++)
            changes += screen_pixel(screen, left + x, top + y) !=
                       screen_pixel(screen, left + x - 1, top + y);
    return changes;
}

/* Host memory of a process in KiB, code and libraries included; a sanitizer's would tell nothing.
 */
static void expect_small(pid_t child)
{
#ifdef ULNA_SANITIZED
    (void)child;
#else
    char line[64];

    shell(line, sizeof(line), "awk '/^VmRSS:/ { print $2 }' /proc/%d/status", (int)child);
    ck_assert_msg(atoi(line) > 0 && atoi(line) < 64 * 1024, "%s KiB are resident", line);
#endif
}

START_TEST(ulna_shows_its_demo_and_takes_keys)
{
    struct screen screen = screen_open();
    unsigned x, y, changes = 0;
    char line[256], path[128];
    int status;
    pid_t child;

    ck_assert_int_eq(chdir(folder), 0);
    child = run_ulna();
    expect_soon((window_title(line, sizeof(line)), strstr(line, "tested - ulna (")));
    shell(line, sizeof(line), "xdotool search --onlyvisible --name ulna windowfocus 2>&1");
    window_place(&x, &y);
    expect_soon(screen_changes(&screen, x, y) > 1000);
    press("p"); /* the demo stands still */
    sleep(1);
    press("ctrl+alt+s");
    expect_soon((shell(path, sizeof(path), "ls ulna-*.png 2>/dev/null"), *path));
    expect_soon(compare(path, &screen, x, y, &changes) == 640 * STILL_LINES);
    ck_assert_uint_gt(changes, 1000);
    expect_small(child);
    press("q"); /* and powers itself off */
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
    shell(line, sizeof(line), "rm -f ulna-*.png");
}
END_TEST

/* --- the server --- */

#ifdef ULNA_SANITIZED
/* What a library keeps in variables of its own is no leak, but looks like one once SDL has unloaded
 * the library: so none is unloaded. */
int dlclose(void *handle)
{
    (void)handle;
    return 0;
}

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libdbus";
}
#endif

/* Starts Xvfb on a free display; false when there is none on this machine. */
static bool start_server(void)
{
    int fds[2];
    char number[16] = "", display[24];
    ssize_t size;

    if (!mkdtemp(folder) || pipe(fds) != 0)
        return false;
    server = fork();
    if (server == 0) {
        char fd[16];

        snprintf(fd, sizeof(fd), "%d", fds[1]);
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        /* It would start anew when its last client goes, and refuse the next one meanwhile. */
        execlp("Xvfb", "Xvfb", "-displayfd", fd, "-screen", "0", SCREEN_SIZE, "-fbdir", folder,
               "-nolisten", "tcp", "-noreset", NULL);
        _exit(SKIPPED);
    }
    close(fds[1]);
    size = read(fds[0], number, sizeof(number) - 1);
    close(fds[0]);
    if (size <= 0)
        return false;
    number[strcspn(number, "\n")] = '\0';
    snprintf(display, sizeof(display), ":%s", number);
    setenv("DISPLAY", display, 1);
    setenv("SDL_VIDEODRIVER", "x11", 1);
    unsetenv("WAYLAND_DISPLAY");
    return true;
}

static void stop_server(void)
{
    char path[64];

    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    snprintf(path, sizeof(path), "%s/Xvfb_screen0", folder);
    unlink(path);
    rmdir(folder);
}

/* usage: window_pixels [ULNA] */
int main(int argc, char *argv[])
{
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");
    SRunner *runner;
    int failed;

    if (!start_server() || system("command -v xdotool >/dev/null") != 0) {
        fprintf(stderr, "skipped: needs Xvfb and xdotool (tests/install-packages test)\n");
        return SKIPPED;
    }
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, window_shows_every_pixel_of_the_guest);
    tcase_add_test(tcase, window_draws_only_lines_that_were_written);
    tcase_add_test(tcase, window_scales_sharply_and_keeps_the_aspect);
    tcase_add_test(tcase, window_keys_reach_the_serial_line);
    tcase_add_test(tcase, window_paste_waits_for_the_guest);
    tcase_add_test(tcase, window_screenshot_is_the_guests_screen);
    tcase_add_test(tcase, window_title_tells_name_engine_speed_and_grab);
    tcase_add_test(tcase, window_full_screen_fills_the_screen);
    tcase_add_test(tcase, window_second_close_ends);
    tcase_add_test(tcase, window_closes_on_a_guest_that_does_not_answer);
    ulna = argc > 1 ? argv[1] : NULL;
    if (ulna)
        tcase_add_test(tcase, ulna_shows_its_demo_and_takes_keys);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    stop_server();
    return failed ? 1 : 0;
}
