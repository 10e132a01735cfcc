/* Keys as bytes of a serial line: see keys.h. */
#include "frontend/keys.h"

#include <string.h>

static const struct {
    SDL_Keycode key;
    const char *bytes;
} specials[] = {
    {SDLK_RETURN, "\r"},      {SDLK_KP_ENTER, "\r"},    {SDLK_BACKSPACE, "\177"},
    {SDLK_TAB, "\t"},         {SDLK_ESCAPE, "\033"},    {SDLK_UP, "\033[A"},
    {SDLK_DOWN, "\033[B"},    {SDLK_RIGHT, "\033[C"},   {SDLK_LEFT, "\033[D"},
    {SDLK_HOME, "\033[H"},    {SDLK_END, "\033[F"},     {SDLK_INSERT, "\033[2~"},
    {SDLK_DELETE, "\033[3~"}, {SDLK_PAGEUP, "\033[5~"}, {SDLK_PAGEDOWN, "\033[6~"},
    {SDLK_F1, "\033OP"},      {SDLK_F2, "\033OQ"},      {SDLK_F3, "\033OR"},
    {SDLK_F4, "\033OS"},      {SDLK_F5, "\033[15~"},    {SDLK_F6, "\033[17~"},
    {SDLK_F7, "\033[18~"},    {SDLK_F8, "\033[19~"},    {SDLK_F9, "\033[20~"},
    {SDLK_F10, "\033[21~"},   {SDLK_F11, "\033[23~"},   {SDLK_F12, "\033[24~"},
};

size_t keys_bytes(SDL_Keycode key, SDL_Keymod modifiers, char *bytes)
{
    bool control = modifiers & KMOD_CTRL;
    bool alt = (modifiers & KMOD_LALT) && !(modifiers & KMOD_MODE);
    size_t size = 0;

    if (alt)
        bytes[size++] = '\033';
    for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
        if (specials[i].key == key) {
            size_t length = strlen(specials[i].bytes);

            if (key == SDLK_TAB && (modifiers & KMOD_SHIFT)) {
                memcpy(bytes + size, "\033[Z", 3);
                return size + 3;
            }
            memcpy(bytes + size, specials[i].bytes, length);
            return size + length;
        }
    if (key < ' ' || key > '~') /* anything else comes as text */
        return 0;
    if (control && ((key >= 'a' && key <= 'z') || (key >= '[' && key <= '_'))) {
        bytes[size++] = (char)(key & 0x1f);
        return size;
    }
    if (control && (key == ' ' || key == '2')) {
        bytes[size++] = '\0';
        return size;
    }
    if (control && (key == '/' || key == '-')) { /* Ctrl-_ on most keyboards */
        bytes[size++] = 0x1f;
        return size;
    }
    if (alt && !control) {
        bytes[size++] =
            (char)((modifiers & KMOD_SHIFT) && key >= 'a' && key <= 'z' ? key - 32 : key);
        return size;
    }
    return 0;
}
