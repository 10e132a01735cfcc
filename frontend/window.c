/* The SDL2 window: see window.h. Only lines that the guest has changed are sent to the texture, and
 * nothing is drawn while nothing changes. */
#include "frontend/window.h"

#include <SDL.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/display.h"
#include "frontend/keys.h"
#include "frontend/png.h"

#define FRAME_MS      16
#define IDLE_FRAME_MS 50   /* once nothing has changed for IDLE_AFTER_MS */
#define IDLE_AFTER_MS 1000 /* so a still screen costs 20 looks at its dirty bits a second */
#define TITLE_MS      1000
#define NOTICE_MS     4000 /* how long the title tells of a screenshot */
#define ANSWER_MS     5000 /* a guest whose power key was pressed may be silent this long */

struct window {
    struct window_config config;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture; /* one texel a guest pixel */
    SDL_Texture *sharp;   /* the picture enlarged by a whole number, for sizes in between */
    int sharp_width, sharp_height;
    uint32_t wake_event;
    uint64_t *lines; /* scratch of display_harvest */
    bool redraw, running, grabbed, full_screen, swallow_text;
    uint32_t changed_at, titled_at;
    uint64_t counted; /* instructions at titled_at */
    char title[512], notice[256];
    uint32_t notice_until;
    bool closing; /* the power key was pressed because of the close button */
    uint32_t answer_at;
    uint64_t answer_output;
    char *paste; /* clipboard text on its way to the guest */
    size_t paste_first, paste_size;
};

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value && *value;
}

/* Connects SDL to the desktop that the environment names. Left to itself it would end with a driver
 * that draws nowhere. */
static bool connect_desktop(struct err *err)
{
    bool x11 = is_set("DISPLAY"), wayland = is_set("WAYLAND_DISPLAY");

    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* frontend/terminal.c has them */
    if (!is_set("SDL_VIDEODRIVER")) {
        if (!x11 && !wayland)
            return err_set(err, "there is no desktop to open a window on: neither DISPLAY nor "
                                "WAYLAND_DISPLAY is set; -display none runs without");
        SDL_SetHint(SDL_HINT_VIDEODRIVER, !wayland ? "x11" : !x11 ? "wayland" : "x11,wayland");
    }
    return SDL_Init(SDL_INIT_VIDEO) == 0 ||
           err_set(err, "there is no desktop to open a window on: %s; -display none runs without",
                   SDL_GetError());
}

bool window_is_possible(void)
{
    struct err err;

    if ((!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY")) || !connect_desktop(&err))
        return false;
    SDL_Quit();
    return true;
}

/* --- drawing --- */

/* Where the picture goes: as large as fits with its own aspect, centred. Returns the scale. */
static double place(const struct window *window, SDL_Rect *rect)
{
    int width, height;
    double scale;

    SDL_GetRendererOutputSize(window->renderer, &width, &height); /* in real pixels */
    scale = fmin((double)width / window->config.display->width,
                 (double)height / window->config.display->height);
    rect->w = (int)lround(window->config.display->width * scale);
    rect->h = (int)lround(window->config.display->height * scale);
    rect->x = (width - rect->w) / 2;
    rect->y = (height - rect->h) / 2;
    return scale;
}

/* A scale that is no whole number: enlarges by the next one without smoothing, then shrinks with
 * smoothing, so that pixels stay squares with edges half a pixel soft. NULL: cannot. */
static SDL_Texture *enlarge(struct window *window, int factor)
{
    int width = (int)window->config.display->width * factor;
    int height = (int)window->config.display->height * factor;

    if (!window->sharp || window->sharp_width != width || window->sharp_height != height) {
        if (window->sharp)
            SDL_DestroyTexture(window->sharp);
        window->sharp = SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_RGB888,
                                          SDL_TEXTUREACCESS_TARGET, width, height);
        if (!window->sharp)
            return NULL;
        window->sharp_width = width;
        window->sharp_height = height;
        SDL_SetTextureScaleMode(window->sharp, SDL_ScaleModeLinear);
    }
    if (SDL_SetRenderTarget(window->renderer, window->sharp) < 0)
        return NULL;
    SDL_RenderCopy(window->renderer, window->texture, NULL, NULL);
    SDL_SetRenderTarget(window->renderer, NULL);
    return window->sharp;
}

static void draw(struct window *window)
{
    SDL_Texture *source = window->texture;
    SDL_Rect rect;
    double scale = place(window, &rect);
    bool whole = fabs(scale - round(scale)) < 0.001;

    SDL_SetTextureScaleMode(window->texture,
                            scale < 1 && !whole ? SDL_ScaleModeLinear : SDL_ScaleModeNearest);
    if (scale > 1 && !whole)
        source = enlarge(window, (int)ceil(scale));
    SDL_SetRenderDrawColor(window->renderer, 0, 0, 0, 255);
    SDL_RenderClear(window->renderer);
    SDL_RenderCopy(window->renderer, source ? source : window->texture, NULL, &rect);
    SDL_RenderPresent(window->renderer);
    window->redraw = false;
}

/* Sends the lines to the texture that the guest has written. */
static void update(struct window *window, bool all)
{
    struct display *display = window->config.display;
    bool changed = display_harvest(display, window->lines);

    if (all)
        memset(window->lines, 0xff, display_line_words(display) * sizeof(*window->lines));
    else if (!changed)
        return;
    for (unsigned y = 0, count; display_next_lines(display, window->lines, &y, &count);
         y += count) {
        SDL_Rect rect = {.x = 0, .y = (int)y, .w = (int)display->width, .h = (int)count};

        SDL_UpdateTexture(window->texture, &rect, display->pixels + (size_t)y * display->stride,
                          (int)display->stride);
    }
    window->redraw = true;
    window->changed_at = SDL_GetTicks();
}

/* --- the title --- */

static void set_title(struct window *window)
{
    const char *more = "Ctrl+Alt+G grabs the keys";
    uint32_t now = SDL_GetTicks();
    uint64_t counted = window->config.instructions(window->config.opaque);
    double seconds = (now - window->titled_at) / 1000.0;
    double mips = seconds > 0 ? (double)(counted - window->counted) / 1e6 / seconds : 0;
    char title[sizeof(window->title)];

    if (window->grabbed)
        more = "keys are grabbed: Ctrl+Alt+G lets them go";
    if (window->closing)
        more = "power key pressed; close again to quit at once";
    if (window->notice[0] && !SDL_TICKS_PASSED(now, window->notice_until))
        more = window->notice;
    window->titled_at = now;
    window->counted = counted;
    snprintf(title, sizeof(title), "%s - ulna (%s, %.0f MIPS) - %s", window->config.name,
             window->config.engine, mips, more);
    if (strcmp(title, window->title)) {
        strcpy(window->title, title);
        SDL_SetWindowTitle(window->window, title);
    }
}

static void notify(struct window *window, const char *text)
{
    fprintf(stderr, "ulna: %s\n", text);
    snprintf(window->notice, sizeof(window->notice), "%.*s", (int)sizeof(window->notice) - 1, text);
    window->notice_until = SDL_GetTicks() + NOTICE_MS;
    set_title(window);
}

/* --- what the user does --- */

static void screenshot(struct window *window)
{
    char path[64], text[128];
    struct err err;

    if (png_save_new(window->config.display, path, sizeof(path), &err)) {
        snprintf(text, sizeof(text), "screenshot saved as %s", path);
        notify(window, text);
    } else {
        notify(window, err.text);
    }
}

/* Types what is left of the clipboard's text, as far as there is room. */
static void go_on_pasting(struct window *window)
{
    if (!window->paste)
        return;
    window->paste_first +=
        window->config.type(window->config.opaque, window->paste + window->paste_first,
                            window->paste_size - window->paste_first);
    if (window->paste_first == window->paste_size) {
        SDL_free(window->paste);
        window->paste = NULL;
    }
}

static void paste(struct window *window)
{
    char *text = SDL_GetClipboardText();
    size_t size = 0;

    if (!text)
        return;
    for (const char *in = text; *in; in++) { /* the Return key sends CR */
        if (*in == '\r' && in[1] == '\n')
            continue;
        text[size++] = *in == '\n' ? '\r' : *in;
    }
    SDL_free(window->paste);
    window->paste = text;
    window->paste_first = 0;
    window->paste_size = size;
    go_on_pasting(window);
}

static void toggle_grab(struct window *window)
{
    window->grabbed = !window->grabbed;
    SDL_SetWindowKeyboardGrab(window->window, window->grabbed ? SDL_TRUE : SDL_FALSE);
    set_title(window);
}

static void toggle_full_screen(struct window *window)
{
    window->full_screen = !window->full_screen;
    SDL_SetWindowFullscreen(window->window,
                            window->full_screen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    window->redraw = true;
}

/* The window's own keys; false: the key is the guest's. */
static bool own_key(struct window *window, SDL_Keycode key, SDL_Keymod modifiers)
{
    if (key == SDLK_INSERT && (modifiers & KMOD_SHIFT)) {
        paste(window);
        return true;
    }
    if (!(modifiers & KMOD_CTRL) || !(modifiers & KMOD_ALT))
        return false;
    switch (key) {
    case SDLK_f:
        toggle_full_screen(window);
        return true;
    case SDLK_g:
        toggle_grab(window);
        return true;
    case SDLK_v:
        paste(window);
        return true;
    case SDLK_s:
        screenshot(window);
        return true;
    default:
        return false;
    }
}

static void key_down(struct window *window, const SDL_KeyboardEvent *event)
{
    SDL_Keymod modifiers = (SDL_Keymod)event->keysym.mod;
    char bytes[KEYS_MAX];
    size_t size;

    window->swallow_text = false;
    if (own_key(window, event->keysym.sym, modifiers)) {
        window->swallow_text = true;
        return;
    }
    size = keys_bytes(event->keysym.sym, modifiers, bytes);
    if (size) {
        window->config.type(window->config.opaque, bytes, size);
        window->swallow_text = true; /* Alt and a letter come as text as well */
    }
}

/* The close button: the power key first, so that a guest can shut down; a second time ends ulna. */
static void close_button(struct window *window)
{
    if (window->closing) {
        window->running = false;
        return;
    }
    window->closing = true;
    window->answer_at = SDL_GetTicks();
    window->answer_output = window->config.output(window->config.opaque);
    window->config.press_power(window->config.opaque);
    set_title(window);
}

/* A guest that says nothing for a while after its power key was pressed does not listen to it. */
static void check_answer(struct window *window)
{
    uint64_t output = window->config.output(window->config.opaque);

    if (output != window->answer_output) {
        window->answer_output = output;
        window->answer_at = SDL_GetTicks();
    } else if (SDL_TICKS_PASSED(SDL_GetTicks(), window->answer_at + ANSWER_MS)) {
        fprintf(stderr, "ulna: the guest did not answer its power key; window closed\n");
        window->running = false;
    }
}

static void handle(struct window *window, const SDL_Event *event)
{
    switch (event->type) {
    case SDL_QUIT:
        close_button(window);
        break;
    case SDL_KEYDOWN:
        key_down(window, &event->key);
        break;
    case SDL_TEXTINPUT:
        if (!window->swallow_text)
            window->config.type(window->config.opaque, event->text.text, strlen(event->text.text));
        break;
    case SDL_WINDOWEVENT:
        window->redraw = true;
        break;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET:
        update(window, true);
        break;
    default:
        break;
    }
}

void window_run(struct window *window)
{
    SDL_Event event;

    window->running = true;
    update(window, true);
    while (window->running) {
        uint32_t now = SDL_GetTicks();
        bool idle = SDL_TICKS_PASSED(now, window->changed_at + IDLE_AFTER_MS) && !window->paste;

        if (SDL_WaitEventTimeout(&event, idle ? IDLE_FRAME_MS : FRAME_MS)) {
            do
                handle(window, &event);
            while (SDL_PollEvent(&event));
        }
        if (window->closing)
            check_answer(window);
        if (!window->config.step(window->config.opaque))
            break;
        go_on_pasting(window);
        now = SDL_GetTicks();
        if (SDL_TICKS_PASSED(now, window->titled_at + TITLE_MS))
            set_title(window);
        update(window, false);
        if (window->redraw)
            draw(window);
    }
}

void window_wake(struct window *window)
{
    SDL_Event event = {.type = window->wake_event};

    SDL_PushEvent(&event);
}

/* --- life --- */

/* X11 takes finished pixels, so OpenGL is left alone: its driver takes 90 MiB of host memory and,
 * where it draws in software itself, several times the processor's time. Wayland's windows have no
 * other way in SDL2. The environment has the last word (SDL_RENDER_DRIVER=opengl). */
static void choose_renderer(void)
{
    if (strcmp(SDL_GetCurrentVideoDriver(), "x11") != 0)
        return;
    SDL_SetHint(SDL_HINT_RENDER_DRIVER, "software");
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
}

static bool open_window(struct window *window, struct err *err)
{
    const struct display *display = window->config.display;
    uint32_t flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;

    if (window->config.full_screen)
        flags |= SDL_WINDOW_FULLSCREEN_DESKTOP;
    window->full_screen = window->config.full_screen;
    window->window = SDL_CreateWindow("ulna", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                      (int)display->width, (int)display->height, flags);
    choose_renderer();
    if (window->window)
        window->renderer = SDL_CreateRenderer(window->window, -1, 0);
    if (window->renderer)
        window->texture =
            SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING,
                              (int)display->width, (int)display->height);
    window->wake_event = SDL_RegisterEvents(1);
    window->lines = calloc(display_line_words(display), sizeof(*window->lines));
    if (!window->texture || !window->lines)
        return err_set(err, "the window cannot be opened: %s; -display none runs without",
                       SDL_GetError());
    SDL_SetWindowMinimumSize(window->window, (int)(display->width < 160 ? display->width : 160),
                             (int)(display->height < 120 ? display->height : 120));
    SDL_EventState(SDL_MOUSEMOTION, SDL_IGNORE);
    SDL_StartTextInput();
    return true;
}

struct window *window_new(const struct window_config *config, struct err *err)
{
    struct window *window = calloc(1, sizeof(*window));

    if (!window) {
        err_set(err, "out of memory");
        return NULL;
    }
    window->config = *config;
    SDL_SetHint(SDL_HINT_GRAB_KEYBOARD, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    SDL_SetHint(SDL_HINT_APP_NAME, "ulna");
    if (!connect_desktop(err)) {
        free(window);
        return NULL;
    }
    if (!open_window(window, err)) {
        window_free(window);
        return NULL;
    }
    set_title(window);
    return window;
}

void window_free(struct window *window)
{
    if (!window)
        return;
    SDL_free(window->paste);
    free(window->lines);
    if (window->sharp)
        SDL_DestroyTexture(window->sharp);
    if (window->texture)
        SDL_DestroyTexture(window->texture);
    if (window->renderer)
        SDL_DestroyRenderer(window->renderer);
    if (window->window)
        SDL_DestroyWindow(window->window);
    SDL_Quit();
    free(window);
}
