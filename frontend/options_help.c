/* `--help` and the man page, made from the option table. */
#include "frontend/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const group_names[] = {
    [GROUP_BOOT] = "What to boot",         [GROUP_MACHINE] = "The machine",
    [GROUP_SCREEN] = "Screen and console", [GROUP_DEBUG] = "Looking inside",
    [GROUP_OTHER] = "About ulna",
};

/* Left column of an option: "-machine virt[,PROP=VALUE]". */
static void write_syntax(char *out, size_t size, const struct options_row *row)
{
    const char *name =
        row->alias && strlen(row->alias) == 1 && row->argument ? row->alias : row->name;

    snprintf(out, size, "-%s%s%s", name, row->argument ? " " : "",
             row->argument ? row->argument : "");
}

char *options_help_text(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fputs("usage: ulna [OPTION...]    runs AArch64 guests on QEMU's virt board\n", out);
    for (size_t group = 0; group < ARRAY_SIZE(group_names); group++) {
        fprintf(out, "%s:\n", group_names[group]);
        for (size_t i = 0; i < options_row_count; i++) {
            const struct options_row *row = &options_rows[i];
            char syntax[80];

            if (row->group != group || !row->brief)
                continue;
            write_syntax(syntax, sizeof(syntax), row);
            fprintf(out, "  %-28s %s\n", syntax, row->brief);
        }
    }
    fputs("On the console Ctrl-A x ends ulna, Ctrl-A c is the monitor, Ctrl-A h more.\n"
          "In the window Ctrl-Alt-F is full screen, -G grab, -V paste, -S screenshot.\n"
          "Without options ulna shows its demo.\n",
          out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* Text with what roff would take for itself escaped. */
static void write_words(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

static void write_roff(FILE *out, const char *text)
{
    write_words(out, text);
    fputc('\n', out);
}

static const struct {
    const char *name, *text;
} man_keys[] = {
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

static const char *const man_exit[] = {
    "0: the guest powered the machine off, or was ended from the console or the window.",
    "1: ulna could not do what was asked; one line says what and why.",
    "2: the command line is wrong; one line says what is accepted.",
    "Any other: the guest's own, given by the semihosting call SYS_EXIT or SYS_EXIT_EXTENDED.",
};

char *options_man_text(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fputs(".TH ULNA 1 \"\" \"ulna " ULNA_VERSION "\"\n.SH NAME\nulna \\- run AArch64 operating "
          "systems and bare\\-metal programs\n.SH SYNOPSIS\n.B ulna\n[\\fIOPTION\\fR...]\n"
          ".SH DESCRIPTION\n",
          out);
    write_roff(out, "ulna emulates a whole AArch64 computer, QEMU's virt board, on an x86-64 "
                    "Linux host. Options are spelt as QEMU spells them, with one dash or two; what "
                    "ulna does not support it refuses and says why. Without options it runs a "
                    "small demo.");
    for (size_t group = 0; group < ARRAY_SIZE(group_names); group++) {
        fprintf(out, ".SH \"%s\"\n", group_names[group]);
        for (size_t i = 0; i < options_row_count; i++) {
            const struct options_row *row = &options_rows[i];

            if (row->group != group)
                continue;
            fputs(".TP\n\\fB\\-", out);
            write_words(out, row->name);
            fputs("\\fR", out);
            if (row->alias)
                fprintf(out, ", \\fB\\-%s\\fR", row->alias);
            fputs(row->argument ? " " : "", out);
            write_roff(out, row->argument ? row->argument : "");
            write_roff(out, row->text);
        }
    }
    fputs(".SH CONSOLE KEYS\n", out);
    for (size_t i = 0; i < ARRAY_SIZE(man_keys); i++) {
        fputs(".TP\n.B ", out);
        write_roff(out, man_keys[i].name);
        write_roff(out, man_keys[i].text);
    }
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < ARRAY_SIZE(man_exit); i++) {
        fputs(i ? ".PP\n" : "", out);
        write_roff(out, man_exit[i]);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
