/* Arm semihosting for A64 guests: HLT #0xF000 with the operation in W0 and its parameter block at
 * X1 ("Semihosting for AArch32 and AArch64", release 3.0, chapters 4 to 7). Serves every operation
 * but SYS_SYSTEM, which is always refused: a guest runs no commands on its host. */
#ifndef ULNA_LOADER_SEMIHOSTING_H
#define ULNA_LOADER_SEMIHOSTING_H

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "loader/semifs.h"

struct cpu;
struct semihosting;

struct semihosting_config {
    struct log *log;     /* borrowed, also the clock */
    struct clock *clock; /* behind SYS_CLOCK and SYS_ELAPSED */
    const char
        *folder; /* the only place for files; NULL: no files. Copied nowhere, used at creation */
    const char *command_line; /* for SYS_GET_CMDLINE; borrowed; NULL: empty */
    bool userspace;           /* serve EL0, too: such a guest's programs reach all its memory */
    struct semifs_console console;
    /* The guest has ended with this exit code (0 to 255). Called on the vCPU's thread, which then
     * leaves its run. */
    void (*exit)(void *opaque, int code);
    void *exit_opaque;
};

/* NULL on error (the folder does not exist). */
struct semihosting *semihosting_new(const struct semihosting_config *config, struct err *err);
void semihosting_free(struct semihosting *semihosting);
/* As after creation: files closed, clock at 0; for a machine reset. */
void semihosting_reset(struct semihosting *semihosting);
/* What SYS_HEAPINFO answers: [base, end) is free for heap and stack; guest addresses. Both 0: not
 * known. */
void semihosting_set_heap(struct semihosting *semihosting, uint64_t base, uint64_t end);

/* The hook of struct cpu_hooks; `semihosting` is the struct semihosting. */
bool semihosting_call(void *semihosting, struct cpu *cpu);

#endif
