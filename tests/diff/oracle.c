/* See oracle.h. */
#include "oracle.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

bool oracle_start(struct oracle *oracle, const char *command)
{
    int to[2], from[2];

    signal(SIGPIPE, SIG_IGN);
    if (pipe(to) != 0 || pipe(from) != 0) {
        perror("pipe");
        return false;
    }
    oracle->pid = fork();
    if (oracle->pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        for (unsigned i = 0; i < 2; i++) {
            close(to[i]);
            close(from[i]);
        }
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    oracle->to = fdopen(to[1], "wb");
    oracle->from = fdopen(from[0], "rb");
    return oracle->pid > 0 && oracle->to && oracle->from;
}

void oracle_stop(struct oracle *oracle)
{
    fclose(oracle->to);
    fclose(oracle->from);
    waitpid(oracle->pid, NULL, 0);
}

bool oracle_send(struct oracle *oracle, const struct oracle_request *request, unsigned count)
{
    if (fwrite(request, sizeof(*request), count, oracle->to) == count && fflush(oracle->to) == 0)
        return true;
    fprintf(stderr, "the oracle does not take requests\n");
    return false;
}

bool oracle_read(struct oracle *oracle, struct oracle_answer *answer, unsigned count)
{
    if (fread(answer, sizeof(*answer), count, oracle->from) == count)
        return true;
    fprintf(stderr, "the oracle stopped early\n");
    return false;
}
