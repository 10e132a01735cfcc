/*
 * The scenes of the demo: pictures that move, computed from the time and nothing else.
 */
#ifndef DEMO_SCENES_H
#define DEMO_SCENES_H

#include "canvas.h"

struct scene {
    const char *name;
    const char *about[2]; /* two lines for the viewer, of up to 66 characters */
    void (*start)(struct canvas *canvas);
    /* Draws what belongs to this time, in milliseconds since the start. True: there is more to draw
     * at once, call again if there is time left before the next frame. */
    bool (*frame)(struct canvas *canvas, uint32_t ms);
};

extern const struct scene scene_starfield, scene_plasma, scene_mandelbrot, scene_life;

/* Sine of a 1024th of a circle, times 256. */
int sine(unsigned angle);

/* A colour from a wheel of 256 without an edge. */
uint32_t rainbow(unsigned angle);

#endif
