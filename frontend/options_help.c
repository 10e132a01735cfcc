/* `--help`, `--help-all` and the man page, made from the option table. */
#include "frontend/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 79

static const char *const group_names[] = {
    [GROUP_BOOT] = "What to boot",         [GROUP_MACHINE] = "The machine",
    [GROUP_SCREEN] = "Screen and console", [GROUP_DEBUG] = "Looking inside",
    [GROUP_OTHER] = "About ulna",
};

/* --- one screen --- */

/* "The machine (also -cpu -smp):", the options in brackets being those without a line here */
static void brief_heading(FILE *out, enum options_group group)
{
    bool any = false;

    fputs(group_names[group], out);
    for (size_t i = 0; i < options_row_count; i++) {
        if (options_rows[i].group != group || options_rows[i].brief)
            continue;
        fprintf(out, "%s-%s", any ? " " : " (also ", options_rows[i].name);
        any = true;
    }
    fputs(any ? "):\n" : ":\n", out);
}

/* "  -M virt[,PROP=VALUE]         the board" */
static void brief_row(FILE *out, const struct options_row *row)
{
    const char *name =
        row->alias && strlen(row->alias) == 1 && row->argument ? row->alias : row->name;
    char syntax[COLUMNS + 1];

    snprintf(syntax, sizeof(syntax), "-%s%s%s", name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    fprintf(out, "  %-28s %s\n", syntax, row->brief);
}

static void write_brief(FILE *out)
{
    fputs("usage: ulna [OPTION...]    runs AArch64 guests on QEMU's virt board\n", out);
    for (size_t group = 0; group < ARRAY_SIZE(group_names); group++) {
        brief_heading(out, (enum options_group)group);
        for (size_t i = 0; i < options_row_count; i++)
            if (options_rows[i].group == group && options_rows[i].brief)
                brief_row(out, &options_rows[i]);
    }
    fputs("On the console Ctrl-A x ends ulna, Ctrl-A c is the monitor, Ctrl-A h more.\n"
          "In the window Ctrl-Alt-F is full screen, -G grab, -V paste, -S screenshot.\n"
          "Every option in full: ulna -help-all, man ulna. Without any ulna shows a demo.\n",
          out);
}

/* --- the manual, as plain text or as roff source --- */

struct manual {
    FILE *out;
    bool roff;
};

/* Text with what roff would take for itself escaped. */
static void write_words(const struct manual *manual, const char *text)
{
    if (!manual->roff) {
        fputs(text, manual->out);
        return;
    }
    if (*text == '.' || *text == '\'')
        fputs("\\&", manual->out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", manual->out);
        else if (*text == '-')
            fputs("\\-", manual->out);
        else
            fputc(*text, manual->out);
    }
}

/* A paragraph; as plain text in lines of at most COLUMNS, each behind `indent` spaces. */
static void write_lines(const struct manual *manual, int indent, const char *text)
{
    int column = 0;

    if (manual->roff) {
        write_words(manual, text);
        text = "";
    }
    while (*text) {
        int size = (int)strcspn(text, " ");

        if (column && column + 1 + size > COLUMNS) {
            fputc('\n', manual->out);
            column = 0;
        }
        column += fprintf(manual->out, "%*s%.*s", column ? 1 : indent, "", size, text);
        text += size + (text[size] == ' ');
    }
    fputc('\n', manual->out);
}

static void write_heading(const struct manual *manual, const char *name)
{
    fprintf(manual->out, manual->roff ? ".SH \"%s\"\n" : "\n%s\n", name);
}

static void begin_entry(const struct manual *manual)
{
    fputs(manual->roff ? ".TP\n" : "  ", manual->out);
}

static void write_bold(const struct manual *manual, const char *dash, const char *name)
{
    fputs(manual->roff ? "\\fB" : "", manual->out);
    write_words(manual, dash);
    write_words(manual, name);
    fputs(manual->roff ? "\\fR" : "", manual->out);
}

static void end_entry(const struct manual *manual, const char *text)
{
    fputc('\n', manual->out);
    write_lines(manual, 6, text);
}

static void write_options(const struct manual *manual, enum options_group group)
{
    write_heading(manual, group_names[group]);
    for (size_t i = 0; i < options_row_count; i++) {
        const struct options_row *row = &options_rows[i];

        if (row->group != group)
            continue;
        begin_entry(manual);
        write_bold(manual, "-", row->name);
        if (row->alias) {
            fputs(", ", manual->out);
            write_bold(manual, "-", row->alias);
        }
        fputs(row->argument ? " " : "", manual->out);
        write_words(manual, row->argument ? row->argument : "");
        end_entry(manual, row->text);
    }
}

static const struct {
    const char *name, *text;
} keys[] = {
    {"Ctrl-A x", "ends ulna at once"},
    {"Ctrl-A c", "switches between the serial line and the monitor"},
    {"Ctrl-A b", "sends a break on the serial line"},
    {"Ctrl-A t", "puts the time in front of each line, or stops doing so"},
    {"Ctrl-A h", "lists these keys"},
    {"Ctrl-A Ctrl-A", "sends Ctrl-A itself"},
    {"Ctrl-Alt-F", "window: full screen and back"},
    {"Ctrl-Alt-G", "window: grabs all keys, or lets them go"},
    {"Ctrl-Alt-V", "window: types the clipboard's text (Shift-Insert too)"},
    {"Ctrl-Alt-S", "window: saves a screenshot as PNG in the current folder"},
};

static const char *const exit_codes[] = {
    "0: the guest powered the machine off, or was ended from the console or the window.",
    "1: ulna could not do what was asked; one line says what and why.",
    "2: the command line is wrong; one line says what is accepted.",
    "Any other: the guest's own, given by the semihosting call SYS_EXIT or SYS_EXIT_EXTENDED.",
};

static void write_manual(const struct manual *manual)
{
    write_lines(manual, 0,
                "ulna emulates a whole AArch64 computer, QEMU's virt board, on an x86-64 Linux "
                "host. Options are spelt as QEMU spells them, with one dash or two; what ulna does "
                "not support it refuses and says why. Without options it runs a small demo.");
    for (size_t group = 0; group < ARRAY_SIZE(group_names); group++)
        write_options(manual, (enum options_group)group);
    write_heading(manual, "Console keys");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        begin_entry(manual);
        write_bold(manual, "", keys[i].name);
        end_entry(manual, keys[i].text);
    }
    write_heading(manual, "Exit status");
    for (size_t i = 0; i < ARRAY_SIZE(exit_codes); i++) {
        fputs(manual->roff && i ? ".PP\n" : "", manual->out);
        write_lines(manual, 2, exit_codes[i]);
    }
}

/* --- the three texts --- */

static void write_full(FILE *out)
{
    const struct manual manual = {.out = out, .roff = false};

    write_manual(&manual);
}

static void write_man(FILE *out)
{
    const struct manual manual = {.out = out, .roff = true};

    fputs(".TH ULNA 1 \"\" \"ulna " ULNA_VERSION "\"\n.SH NAME\nulna \\- run AArch64 operating "
          "systems and bare\\-metal programs\n.SH SYNOPSIS\n.B ulna\n[\\fIOPTION\\fR...]\n"
          ".SH DESCRIPTION\n",
          out);
    write_manual(&manual);
}

static char *text_of(void (*write)(FILE *out))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    write(out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

char *options_help_text(void)
{
    return text_of(write_brief);
}

char *options_help_all_text(void)
{
    return text_of(write_full);
}

char *options_man_text(void)
{
    return text_of(write_man);
}
