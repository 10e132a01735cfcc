/*
 * demo: what ulna shows when it is given nothing to run. Scenes on a framebuffer, or in colour on a
 * terminal where there is none; keys come in through the serial console either way.
 *
 * -append takes, for tests and the curious:
 *   terminal   start on the terminal, also where there is a screen
 *   still=N    draw scene N (1 to 5) up to a fixed moment, without live figures, and leave it there
 *   selftest   draw into memory only, compare checksums, power off
 */
#include "scenes.h"
#include "selftest.h"
#include "show.h"

#define SCENES     5
#define SCENE_PAGE 4 /* about this machine: text, not a picture */

static const struct scene scene_page = {
    .name = "This machine",
    .about = {"What the processor and the board say of themselves: registers, the",
              "device tree, the firmware. None of it was measured on a chip."},
};
static const struct scene *const scenes[SCENES] = {&scene_starfield, &scene_plasma,
                                                   &scene_mandelbrot, &scene_life, &scene_page};
static const unsigned tour_seconds[SCENES] = {14, 14, 40, 14, 12};

/* A way to show things: screen or terminal. */
struct output {
    void (*clear)(void);
    struct canvas *(*scene)(void);
    void (*caption)(const struct caption *caption, bool all);
    void (*page_line)(unsigned index, const char *label, const char *text);
    unsigned (*show)(void);
    unsigned frames_per_second;
    const char *name;
};

static const struct output on_screen = {
    screen_clear, screen_scene, screen_caption, screen_page_line, screen_show, 30, "it"};
static const struct output on_terminal = {terminal_clear,     terminal_scene, terminal_caption,
                                          terminal_page_line, terminal_show,  15,
                                          "a terminal"};

static struct {
    bool has_screen, paused, tour, quit, restart;
    const struct output *output;
    unsigned scene;
    uint64_t hz;
    uint64_t scene_ticks;                  /* time in this scene, without pauses */
    uint64_t asleep, frames, second_start; /* since the last figures */
    struct machine_figures figures;
    struct caption caption;
    unsigned lines;                /* shown anew in the last frame */
    unsigned escape, arguments[2]; /* of a control sequence being received */
} demo;

void exception_taken(struct exception *e)
{
    if (!framebuffer_probe_failed(e))
        exception_report(e);
}

static void select_scene(unsigned scene, bool tour)
{
    demo.scene = scene % SCENES;
    demo.tour = tour;
    demo.restart = true;
}

static void select_output(const struct output *output)
{
    if (demo.output == &on_terminal)
        terminal_close();
    demo.output = output;
    demo.restart = true;
    if (output == &on_terminal)
        terminal_open();
    else
        print("\nulna's demo is in the window. %s\n", KEYS);
}

/* A key, or one byte of a control sequence: ESC [ numbers letter. */
static void key(char c)
{
    if (demo.escape == 0 && c == '\033') {
        demo.escape = 1;
    } else if (demo.escape == 1) {
        demo.escape = c == '[' ? 2 : 0;
        demo.arguments[0] = demo.arguments[1] = 0;
    } else if (demo.escape >= 2 && c >= '0' && c <= '9') {
        unsigned *n = &demo.arguments[demo.escape - 2];
        *n = *n < 1000 ? *n * 10 + (unsigned)(c - '0') : *n;
    } else if (demo.escape == 2 && c == ';') {
        demo.escape = 3;
    } else if (demo.escape >= 2) {
        demo.escape = 0;
        if (c == 'C') /* arrow to the right */
            select_scene(demo.scene + 1, false);
        else if (c == 'D')
            select_scene(demo.scene + SCENES - 1, false);
        else if (c == 'R' && demo.output == &on_terminal) { /* where the cursor is: the corner */
            terminal_resize(demo.arguments[1], demo.arguments[0]);
            demo.restart = true;
        }
    } else if (c >= '1' && c < '1' + SCENES) {
        select_scene((unsigned)(c - '1'), false);
    } else if (c == 'n' || c == ' ') {
        select_scene(demo.scene + 1, false);
    } else if (c == 'p') {
        demo.paused = !demo.paused;
    } else if (c == 't' && demo.has_screen) {
        select_output(demo.output == &on_screen ? &on_terminal : &on_screen);
    } else if (c == 'q' || c == '\003') {
        demo.quit = true;
    }
}

static void start_scene(void)
{
    const struct scene *scene = scenes[demo.scene];

    demo.restart = false;
    demo.scene_ticks = 0;
    demo.output->clear();
    demo.caption.name = scene->name;
    demo.caption.about[0] = scene->about[0];
    demo.caption.about[1] = scene->about[1];
    demo.output->caption(&demo.caption, true);
    if (scene->start)
        scene->start(demo.output->scene());
}

/* The page about this machine: lines that changed since they were last written. */
static void draw_page(bool all)
{
    static char last[MACHINE_LINES][96];
    char text[96];

    for (unsigned i = 0; i < MACHINE_LINES; i++) {
        const char *label;
        machine_line(i, &demo.figures, &label, text, sizeof(text));
        if (!all && text_equal(text, last[i]))
            continue;
        memcpy(last[i], text, sizeof(text));
        demo.output->page_line(i, label, text);
    }
}

/* Once a second: the live figures. */
static void update_figures(uint64_t now)
{
    uint64_t passed = now - demo.second_start;

    if (passed < demo.hz)
        return;
    demo.figures.million_per_second = pace_million_per_second();
    demo.figures.asleep_percent = (unsigned)(demo.asleep * 100 / passed);
    demo.figures.shown_on = demo.output->name;
    format_text(demo.caption.counters, sizeof(demo.caption.counters),
                "%2lu frames/s  %4u lines new  %4u million instr/s  asleep %2u %%  ",
                (demo.frames * demo.hz + passed / 2) / passed, demo.lines,
                demo.figures.million_per_second, demo.figures.asleep_percent);
    demo.output->caption(&demo.caption, false);
    demo.asleep = demo.frames = 0;
    demo.second_start = now;
}

static void run(void)
{
    uint64_t last = READ_REG(cntvct_el0), next = last;

    demo.second_start = last - demo.hz;
    while (!demo.quit) {
        uint64_t now = READ_REG(cntvct_el0), period = demo.hz / demo.output->frames_per_second;
        for (int c = uart_getc(); c >= 0; c = uart_getc())
            key((char)c);
        if (demo.tour && demo.scene_ticks > tour_seconds[demo.scene] * demo.hz)
            select_scene(demo.scene + 1, true);
        if (!demo.paused)
            demo.scene_ticks += now - last;
        last = now;
        if ((int64_t)(next - now) > 0 && !demo.restart) { /* woken early, by a key */
            pace_wait(next, &demo.asleep);
            continue;
        }
        next = now + period;
        bool all = demo.restart;
        if (all)
            start_scene();
        uint32_t ms = (uint32_t)(demo.scene_ticks * 1000 / demo.hz);
        if (demo.scene == SCENE_PAGE)
            draw_page(all);
        else if (!demo.paused || all)
            while (scenes[demo.scene]->frame(demo.output->scene(), ms) &&
                   (int64_t)(next - period / 8 - READ_REG(cntvct_el0)) > 0)
                ;
        demo.lines = demo.output->show();
        demo.frames++;
        update_figures(now);
        pace_wait(next, &demo.asleep);
    }
}

/* -append still=N: the same picture every time. */
static void still(unsigned scene)
{
    demo.scene = scene % SCENES;
    demo.figures.shown_on = demo.output->name;
    start_scene();
    if (demo.scene == SCENE_PAGE)
        draw_page(true);
    bool more = demo.scene != SCENE_PAGE; /* 200 frames, and the one begun to its end */
    for (unsigned i = 0; demo.scene != SCENE_PAGE && (more || i < 200); i++)
        more = scenes[demo.scene]->frame(demo.output->scene(), i * 33);
    demo.output->show();
    while (!demo.quit) {
        int c = uart_getc();
        if (c >= 0)
            key((char)c);
        else
            pace_wait(READ_REG(cntvct_el0) + demo.hz, &demo.asleep);
    }
}

static void selftest(void)
{
    uint32_t *pixels = (uint32_t *)(((uint64_t)image_end + 0xffff) & ~0xfffful);

    for (unsigned i = 0; i < SELFTEST_COUNT; i++) {
        struct selftest t = selftest_run(i, pixels);
        print("%-16s %08x\n", t.name, t.sum);
        check(t.sum == t.expected, t.name);
    }
    print_verdict("demo");
}

void rom_main(void)
{
    struct framebuffer fb;
    const char *arguments = fdt_bootargs(), *number = text_find(arguments, "still=");
    char scene = number ? number[6] : '0';
    bool wants_terminal = text_find(arguments, "terminal") != NULL;

    if (text_find(arguments, "selftest")) {
        selftest();
        return;
    }
    demo.hz = READ_REG(cntfrq_el0);
    demo.has_screen = framebuffer_find(&fb);
    if (!demo.has_screen)
        fb.base = 0;
    machine_read(&fb);
    pace_init();
    if (demo.has_screen)
        screen_open(&fb);
    demo.tour = true;
    select_output(demo.has_screen && !wants_terminal ? &on_screen : &on_terminal);
    if (scene >= '1' && scene < '1' + SCENES)
        still((unsigned)(scene - '1'));
    else
        run();
    if (demo.output == &on_terminal)
        terminal_close();
    print("\nulna's demo is over; the machine powers off.\n");
}
