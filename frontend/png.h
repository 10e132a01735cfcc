/* Pictures of the guest's screen as PNG files. */
#ifndef ULNA_FRONTEND_PNG_H
#define ULNA_FRONTEND_PNG_H

#include "base/bits.h"
#include "base/err.h"

struct display;

/* Writes what the screen shows now to `path`, over what is there. */
bool png_save(const struct display *display, const char *path, struct err *err) must_check;
/* The same to a new file in the current folder, named after the time; `path` becomes its name. */
bool png_save_new(const struct display *display, char *path, size_t size,
                  struct err *err) must_check;

#endif
