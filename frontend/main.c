/* ulna's entry: reads the command line, runs the machine, and alone prints errors and exits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "frontend/options.h"
#include "frontend/session.h"
#include "frontend/terminal.h"

/* Exit codes of ulna's own; a guest's come from semihosting. */
enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
};

static int fail(const struct err *err)
{
    terminal_restore();
    fprintf(stderr, "ulna: %s\n", err->text);
    return err->usage ? EXIT_USAGE : EXIT_FAILED;
}

/* Started with a standard stream closed, the next file would take its number, and what is meant for
 * the terminal would go there. */
static void open_standard_streams(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", O_RDWR); /* the lowest free number: fd */
}

int main(int argc, char *argv[])
{
    struct options options;
    struct err err = {0};
    int code = 0;

    open_standard_streams();
    if (!options_parse(&options, argc, argv, &err) ||
        (!options.print && !session_run(&options, &code, &err)))
        code = fail(&err);
    else if (options.print && (fputs(options.print, stdout) < 0 || fflush(stdout) != 0)) {
        err_set(&err, "standard output cannot be written: %s", strerror(errno));
        code = fail(&err);
    }
    options_free(&options);
    return code;
}
