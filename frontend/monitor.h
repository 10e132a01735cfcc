/* The monitor: commands that look into the machine and steer it, in QEMU's words where it has them.
 */
#ifndef ULNA_FRONTEND_MONITOR_H
#define ULNA_FRONTEND_MONITOR_H

struct mux;
struct session;

/* Runs one line and prints the answer on `mux`; on the loop's thread. */
void monitor_command(struct session *session, struct mux *mux, const char *line);

#endif
