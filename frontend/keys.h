/* What a key of the window sends on a serial line: the sequences of a VT220, as xterm sends them.
 */
#ifndef ULNA_FRONTEND_KEYS_H
#define ULNA_FRONTEND_KEYS_H

#include <SDL.h>

#include "base/bits.h"

#define KEYS_MAX 8

/* The bytes for a pressed key in `bytes` (at most KEYS_MAX), or 0 when the key sends none or its
 * text comes as an SDL_TEXTINPUT event. With Alt held an escape comes first. */
size_t keys_bytes(SDL_Keycode key, SDL_Keymod modifiers, char *bytes);

#endif
