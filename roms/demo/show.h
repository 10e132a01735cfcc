/*
 * The two ways to show the demo, and what both show: a scene with a few lines of text around it, or
 * the page about this machine.
 */
#ifndef DEMO_SHOW_H
#define DEMO_SHOW_H

#include "../lib/rom.h"
#include "canvas.h"

#define TITLE    "This CPU does not exist."
#define SUBTITLE "AArch64 machine code, run by ulna on an x86-64 processor."
#define KEYS     "1-5 scene   n next   p pause   t screen or terminal   q power off"

/* The lines below a scene. */
struct caption {
    const char *name;
    const char *about[2];
    char counters[100]; /* live figures */
};

/* ---- framebuffer.c: finding the screen ---- */

struct framebuffer {
    uint64_t base;
    int width, height;
    int stride; /* bytes from one line to the next */
};

/* By the device tree's simple-framebuffer node; without a device tree, by trying ulna's address. */
bool framebuffer_find(struct framebuffer *fb);
/* For exception_taken(): true if the exception was the trial's, and is dealt with. */
bool framebuffer_probe_failed(struct exception *e);

/* ---- screen.c: a window of pixels, drawn in memory and copied line by line ---- */

bool screen_open(const struct framebuffer *fb);
void screen_clear(void);
struct canvas *screen_scene(void); /* the part for the scene */
void screen_caption(const struct caption *caption, bool all);
void screen_page_line(unsigned index, const char *label, const char *text);
unsigned screen_show(void); /* returns how many lines had changed */

/* ---- terminal.c: the same in the characters of a terminal at the other end of the UART ---- */

void terminal_open(void);
void terminal_close(void);
/* The terminal's answer to the question for its size; the picture then starts anew. */
void terminal_resize(unsigned columns, unsigned rows);
void terminal_clear(void);
struct canvas *terminal_scene(void);
void terminal_caption(const struct caption *caption, bool all);
void terminal_page_line(unsigned index, const char *label, const char *text);
unsigned terminal_show(void);

/* ---- machine.c: the page about this machine ---- */

#define MACHINE_LINES 15

struct machine_figures {
    const char *shown_on;
    unsigned million_per_second; /* instructions, in a loop of six */
    unsigned asleep_percent;
};

/* Reads what does not change; before memory after the program is used. */
void machine_read(const struct framebuffer *fb);
void machine_line(unsigned index, const struct machine_figures *figures, const char **label,
                  char *text, size_t size);

/* ---- pace.c: sleeping until it is time, or a key is pressed ---- */

void pace_init(void);
/* Returns at this CNTVCT_EL0, or before if something was received. Adds the time asleep. */
void pace_wait(uint64_t until, uint64_t *asleep);
unsigned pace_million_per_second(void); /* measured now, in a millisecond or so */

#endif
