/* frontend/keys: the window's keys as bytes of a serial line. */
#include "frontend/keys.h"

#include "fakes.h"

/* What the key sends is exactly this; `size` tells a NUL from nothing. */
static void sends(SDL_Keycode key, unsigned modifiers, const char *expected, size_t size)
{
    char bytes[KEYS_MAX + 1];
    size_t sent;

    memset(bytes, 0x55, sizeof(bytes));
    sent = keys_bytes(key, (SDL_Keymod)modifiers, bytes);
    ck_assert_uint_eq(sent, size);
    ck_assert_uint_le(sent, KEYS_MAX);
    ck_assert_mem_eq(bytes, expected, size);
    ck_assert_int_eq(bytes[KEYS_MAX], 0x55);
}

static void sends_text(SDL_Keycode key, unsigned modifiers, const char *expected)
{
    sends(key, modifiers, expected, strlen(expected));
}

START_TEST(special_keys_send_the_sequences_of_a_terminal)
{
    sends_text(SDLK_RETURN, 0, "\r");
    sends_text(SDLK_BACKSPACE, 0, "\177");
    sends_text(SDLK_UP, 0, "\033[A");
    sends_text(SDLK_LEFT, 0, "\033[D");
    sends_text(SDLK_HOME, 0, "\033[H");
    sends_text(SDLK_DELETE, 0, "\033[3~");
    sends_text(SDLK_PAGEDOWN, 0, "\033[6~");
    sends_text(SDLK_F1, 0, "\033OP");
    sends_text(SDLK_F5, 0, "\033[15~");
    sends_text(SDLK_F12, 0, "\033[24~");
}
END_TEST

START_TEST(control_and_a_letter_send_the_control_code)
{
    for (int letter = 'a'; letter <= 'z'; letter++) {
        char code = (char)(letter - 'a' + 1);

        sends(letter, KMOD_LCTRL, &code, 1);
        sends(letter, KMOD_RCTRL | KMOD_LSHIFT, &code, 1);
    }
    sends_text(SDLK_LEFTBRACKET, KMOD_LCTRL, "\033");
    sends_text(SDLK_BACKSLASH, KMOD_LCTRL, "\034");
    sends(SDLK_SPACE, KMOD_LCTRL, "\0", 1);
    sends_text(SDLK_SLASH, KMOD_LCTRL, "\037");
}
END_TEST

START_TEST(plain_letters_send_nothing_for_they_come_as_text)
{
    sends('a', 0, "", 0);
    sends('a', KMOD_LSHIFT, "", 0);
    sends('1', KMOD_CAPS, "", 0);
    sends(0xe4, 0, "", 0); /* a-umlaut */
    sends(SDLK_LSHIFT, KMOD_LSHIFT, "", 0);
    sends(SDLK_LCTRL, KMOD_LCTRL, "", 0);
}
END_TEST

START_TEST(alt_puts_an_escape_before_the_key)
{
    sends_text('x', KMOD_LALT, "\033x");
    sends_text('x', KMOD_LALT | KMOD_LSHIFT, "\033X");
    sends_text('c', KMOD_LALT | KMOD_LCTRL, "\033\003");
    sends_text(SDLK_UP, KMOD_LALT, "\033\033[A");
    sends_text(SDLK_F12, KMOD_LALT, "\033\033[24~");
}
END_TEST

/* AltGr makes characters of its own, which come as text. */
START_TEST(altgr_is_no_alt)
{
    sends('q', KMOD_RALT, "", 0);
    sends('q', KMOD_LALT | KMOD_MODE, "", 0);
}
END_TEST

START_TEST(shift_and_tab_send_a_back_tab)
{
    sends_text(SDLK_TAB, 0, "\t");
    sends_text(SDLK_TAB, KMOD_RSHIFT, "\033[Z");
}
END_TEST

static Suite *keys_suite(void)
{
    Suite *suite = suite_create("keys");
    TCase *tc = tcase_create("keys");

    tcase_add_test(tc, special_keys_send_the_sequences_of_a_terminal);
    tcase_add_test(tc, control_and_a_letter_send_the_control_code);
    tcase_add_test(tc, plain_letters_send_nothing_for_they_come_as_text);
    tcase_add_test(tc, alt_puts_an_escape_before_the_key);
    tcase_add_test(tc, altgr_is_no_alt);
    tcase_add_test(tc, shift_and_tab_send_a_back_tab);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(keys_suite());
}
