/* A running oracle: qemu-aarch64 with tests/isa/oracle.c, asked through pipes. */
#ifndef ULNA_TESTS_DIFF_ORACLE_H
#define ULNA_TESTS_DIFF_ORACLE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "tests/isa/oracle.h"

/* Requests that may be under way: as many as a pipe holds, or both sides would wait for each other.
 */
enum { ORACLE_BATCH = 6 };
_Static_assert(ORACLE_BATCH * sizeof(struct oracle_request) <= 65536, "more than a pipe holds");

struct oracle {
    pid_t pid;
    FILE *to, *from;
};

/* Starts a shell command. False: told on stderr. */
bool oracle_start(struct oracle *oracle, const char *command);
void oracle_stop(struct oracle *oracle);
/* At most ORACLE_BATCH requests, whose answers are read before the next are sent. False: it is
 * gone, told on stderr. */
bool oracle_send(struct oracle *oracle, const struct oracle_request *request, unsigned count);
bool oracle_read(struct oracle *oracle, struct oracle_answer *answer, unsigned count);

#endif
