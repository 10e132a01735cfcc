/* frontend/options_help: the one-screen help, the full help and the man page, all of the same rows.
 */
#include "frontend/options.h"

#include "fakes.h"
#include "make_files.h"

/* True when the word stands in the text by itself. */
static bool has_word(const char *text, const char *word)
{
    static const char around[] = " \n(),:";
    size_t size = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if ((at == text || strchr(around, at[-1])) && strchr(around, at[size]))
            return true;
    return false;
}

/* The number of lines, none of them wider than a terminal. */
static unsigned count_lines(const char *text)
{
    unsigned lines = 0;

    for (; *text; lines++) {
        size_t width = strcspn(text, "\n");

        ck_assert_msg(width <= 80, "%zu columns: %.*s", width, (int)width, text);
        text += width + (text[width] == '\n');
    }
    return lines;
}

START_TEST(help_leaves_room_for_the_prompt_on_a_screen_of_24_lines)
{
    char *text = options_help_text();

    ck_assert_uint_le(count_lines(text), 23);
    free(text);
}
END_TEST

START_TEST(help_names_every_option_and_ends_with_where_more_is)
{
    char *text = options_help_text();
    const char *last = text + strlen(text) - 1;

    for (size_t i = 0; i < options_row_count; i++) {
        const struct options_row *row = &options_rows[i];
        char name[64], alias[64];

        snprintf(name, sizeof(name), "-%s", row->name);
        snprintf(alias, sizeof(alias), "-%s", row->alias ? row->alias : row->name);
        ck_assert_msg(has_word(text, name) || has_word(text, alias), "no %s", name);
    }
    while (last > text && last[-1] != '\n')
        last--;
    assert_says(last, "ulna -help-all");
    assert_says(last, "man ulna");
    free(text);
}
END_TEST

START_TEST(help_groups_the_options_by_task)
{
    static const char *const order[] = {"What to boot", "-kernel ", "The machine",    "-m ",
                                        "Screen and",   "-serial ", "Looking inside", "-d "};
    char *text = options_help_text();
    const char *at = text;

    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        at = strstr(at, order[i]);
        ck_assert_msg(at != NULL, "no %s in its place", order[i]);
    }
    free(text);
}
END_TEST

/* `text` with each run of white space made one space. */
static char *joined(const char *text)
{
    char *copy = malloc(strlen(text) + 1), *out = copy;

    ck_assert_ptr_nonnull(copy);
    for (; *text; text++)
        if (!strchr(" \n", *text))
            *out++ = *text;
        else if (out > copy && out[-1] != ' ')
            *out++ = ' ';
    *out = '\0';
    return copy;
}

START_TEST(help_all_has_every_option_with_its_whole_description)
{
    char *text = options_help_all_text(), *flat = joined(text);

    count_lines(text);
    for (size_t i = 0; i < options_row_count; i++) {
        const struct options_row *row = &options_rows[i];
        char entry[1024];

        snprintf(entry, sizeof(entry), "-%s%s%s%s%s %s", row->name, row->alias ? ", -" : "",
                 row->alias ? row->alias : "", row->argument ? " " : "",
                 row->argument ? row->argument : "", row->text);
        ck_assert_msg(strstr(flat, entry) != NULL, "no %s", entry);
    }
    ck_assert(strstr(flat, "Ctrl-A x ends ulna") && strstr(flat, "SYS_EXIT"));
    free(flat);
    free(text);
}
END_TEST

/* What roff makes of the text: escapes resolved, font changes dropped. */
static char *unescaped(const char *text)
{
    char *copy = malloc(strlen(text) + 1), *out = copy;

    ck_assert_ptr_nonnull(copy);
    for (; *text; text++) {
        if (*text != '\\') {
            *out++ = *text;
            continue;
        }
        text++;
        if (*text == 'f')
            text++;
        else if (*text == 'e' || *text == '-')
            *out++ = *text == 'e' ? '\\' : '-';
        else
            ck_assert_msg(*text == '&', "escape \\%c", *text);
    }
    *out = '\0';
    return copy;
}

START_TEST(man_page_has_every_option_with_its_whole_description)
{
    char *text = options_man_text(), *plain = unescaped(text);

    for (size_t i = 0; i < options_row_count; i++) {
        const struct options_row *row = &options_rows[i];
        char entry[1024];

        snprintf(entry, sizeof(entry), ".TP\n-%s%s%s%s%s\n%s\n", row->name, row->alias ? ", -" : "",
                 row->alias ? row->alias : "", row->argument ? " " : "",
                 row->argument ? row->argument : "", row->text);
        ck_assert_msg(strstr(plain, entry) != NULL, "no %s", entry);
    }
    free(plain);
    free(text);
}
END_TEST

START_TEST(man_page_has_no_line_that_roff_would_take_for_a_request)
{
    static const char *const requests[] = {".TH ", ".SH ", ".B ", ".TP\n", ".PP\n"};
    char *text = options_man_text();

    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        bool known = false;

        ck_assert_int_ne(*line, '\'');
        for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
            known |= !strncmp(line, requests[i], strlen(requests[i]));
        ck_assert_msg(*line != '.' || known, "%.40s", line);
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options_help");
    TCase *tcase = tcase_create("options_help");

    tcase_add_test(tcase, help_leaves_room_for_the_prompt_on_a_screen_of_24_lines);
    tcase_add_test(tcase, help_names_every_option_and_ends_with_where_more_is);
    tcase_add_test(tcase, help_groups_the_options_by_task);
    tcase_add_test(tcase, help_all_has_every_option_with_its_whole_description);
    tcase_add_test(tcase, man_page_has_every_option_with_its_whole_description);
    tcase_add_test(tcase, man_page_has_no_line_that_roff_would_take_for_a_request);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
