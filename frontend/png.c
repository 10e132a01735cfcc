/* Screenshots with libpng: see png.h. */
#include "frontend/png.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "devices/display.h"

#define NAMES_TRIED 100

/* The pixels as R, G, B bytes; to be freed. */
static uint8_t *copy_rgb(const struct display *display)
{
    uint8_t *rgb = malloc((size_t)display->width * display->height * 3);
    uint8_t *out = rgb;

    for (unsigned y = 0; rgb && y < display->height; y++) {
        const uint8_t *in = display->pixels + (size_t)y * display->stride;

        for (unsigned x = 0; x < display->width; x++, in += 4, out += 3) {
            out[0] = in[2];
            out[1] = in[1];
            out[2] = in[0];
        }
    }
    return rgb;
}

static bool save(const struct display *display, int fd, const char *path, struct err *err)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = display->width,
                       .height = display->height,
                       .format = PNG_FORMAT_RGB};
    FILE *file = fdopen(fd, "wb");
    uint8_t *rgb = copy_rgb(display);
    bool done = file && rgb && png_image_write_to_stdio(&image, file, 0, rgb, 0, NULL);

    if (file ? fclose(file) != 0 : close(fd) != 0)
        done = false;
    if (!done)
        err_set(err, "%s cannot be written: %s", path,
                image.message[0] ? image.message : strerror(errno));
    png_image_free(&image);
    free(rgb);
    return done;
}

bool png_save(const struct display *display, const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        return err_set(err, "%s cannot be written: %s", path, strerror(errno));
    return save(display, fd, path, err);
}

bool png_save_new(const struct display *display, char *path, size_t size, struct err *err)
{
    char stem[32];
    time_t now = time(NULL);
    struct tm tm;
    int fd = -1;

    localtime_r(&now, &tm);
    strftime(stem, sizeof(stem), "ulna-%Y%m%d-%H%M%S", &tm);
    for (int i = 0; i < NAMES_TRIED && fd < 0; i++) {
        if (i)
            snprintf(path, size, "%s-%d.png", stem, i);
        else
            snprintf(path, size, "%s.png", stem);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        return err_set(err, "%s cannot be written: %s", path, strerror(errno));
    return save(display, fd, path, err);
}
