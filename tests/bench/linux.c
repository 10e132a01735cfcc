/* What programs ask of an operating system: Linux's calls, processes, memory, signals and files. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kernels.h"

/* Without the line "end" the row is wrong, and its last output is shown. */
static void must(bool done, const char *what)
{
    if (!done) {
        perror(what);
        exit(1);
    }
}

/* One read and one write of a byte each, of devices that do nothing. */
static uint64_t run_calls(unsigned rounds)
{
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
    uint64_t sum = 0;
    char byte = 1;
    must(zero >= 0 && null >= 0, "/dev/zero or /dev/null");
    for (unsigned r = 0; r < rounds * 1000; r++)
        sum += (uint64_t)read(zero, &byte, 1) + (uint64_t)write(null, &byte, 1);
    close(zero);
    close(null);
    return sum;
}

static int exit_code(pid_t child)
{
    int status = 0;
    must(child > 0 && waitpid(child, &status, 0) == child, "fork or wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static uint64_t run_fork(unsigned rounds)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < rounds; r++) {
        pid_t child = fork();
        if (!child)
            _exit((int)(r % 100));
        sum = fold(sum, (uint64_t)exit_code(child));
    }
    return sum;
}

/* A new process that executes this program anew. */
static uint64_t run_exec(unsigned rounds)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < rounds; r++) {
        pid_t child = fork();
        if (!child) {
            execl("/proc/self/exe", "program", "--exit", (char *)NULL);
            _exit(1);
        }
        sum = fold(sum, (uint64_t)exit_code(child));
    }
    return sum;
}

/* Fresh memory, each page of it touched: half of the touches read first, which is another fault. */
static uint64_t run_pagefault(unsigned rounds)
{
    enum { PAGE = 4096, PAGES = 512 };
    uint64_t sum = 0;
    for (unsigned r = 0; r < rounds; r++) {
        uint8_t *memory =
            mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        must(memory != MAP_FAILED, "mmap");
        madvise(memory, PAGES * PAGE, MADV_NOHUGEPAGE); /* a kernel may have none to forbid */
        for (int i = 0; i < PAGES; i++) {
            volatile uint8_t *byte = &memory[i * PAGE + r % PAGE];
            sum += i & 1 ? *byte : 1u;
            *byte = (uint8_t)i;
            sum += *byte;
        }
        must(munmap(memory, PAGES * PAGE) == 0, "munmap");
    }
    return sum;
}

/* 64 bytes to another process and back, through two pipes: two switches of processes. */
static uint64_t run_pipe(unsigned rounds)
{
    int there[2], back[2];
    char message[64] = "ping";
    uint64_t sum = 0;
    must(pipe(there) == 0 && pipe(back) == 0, "pipe");
    pid_t child = fork();
    if (!child) {
        close(there[1]);
        while (read(there[0], message, sizeof(message)) == sizeof(message)) {
            message[4]++;
            if (write(back[1], message, sizeof(message)) < 0)
                _exit(1);
        }
        _exit(0);
    }
    for (unsigned r = 0; r < rounds * 1000; r++) {
        must(write(there[1], message, sizeof(message)) == sizeof(message), "write to a pipe");
        must(read(back[0], message, sizeof(message)) == sizeof(message), "read from a pipe");
        sum = fold(sum, (uint8_t)message[4]);
    }
    close(there[1]);
    close(there[0]);
    close(back[0]);
    close(back[1]);
    return fold(sum, (uint64_t)exit_code(child));
}

static volatile sig_atomic_t signals_taken;

static void take_signal(int number)
{
    signals_taken += number == SIGUSR1;
}

/* A signal to this process itself: its handler runs before the call returns. */
static uint64_t run_signal(unsigned rounds)
{
    struct sigaction action = {.sa_handler = take_signal};
    must(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    for (unsigned r = 0; r < rounds * 1000; r++)
        must(kill(getpid(), SIGUSR1) == 0, "kill");
    return (uint64_t)signals_taken;
}

/* A file in memory: made, written, asked about, read back, renamed, removed. */
static uint64_t run_file(unsigned rounds)
{
    static char block[4096], name[64], other[80];
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    uint64_t sum = 0;
    snprintf(name, sizeof(name), "%s/bench-%d", folder, (int)getpid());
    snprintf(other, sizeof(other), "%s.renamed", name);
    for (unsigned r = 0; r < rounds; r++) {
        struct stat status;
        int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
        must(file >= 0, name);
        for (int i = 0; i < 8; i++) {
            memset(block, (int)(r + (unsigned)i), sizeof(block));
            must(write(file, block, sizeof(block)) == sizeof(block), name);
        }
        must(fstat(file, &status) == 0 && lseek(file, 0, SEEK_SET) == 0, name);
        sum = fold(sum, (uint64_t)status.st_size);
        for (int i = 0; i < 8; i++) {
            must(read(file, block, sizeof(block)) == sizeof(block), name);
            sum = fold(sum, (uint8_t)block[i * 100]);
        }
        close(file);
        must(rename(name, other) == 0 && stat(other, &status) == 0 && unlink(other) == 0, name);
        sum = fold(sum, status.st_nlink);
    }
    return sum;
}

const struct kernel linux_kernels[] = {
    {"calls-linux", "system", 100, run_calls}, {"fork", "system", 250, run_fork},
    {"exec", "system", 100, run_exec},         {"pagefault", "system", 50, run_pagefault},
    {"pipe", "system", 5, run_pipe},           {"signal", "system", 15, run_signal},
    {"file", "system", 300, run_file},         {0},
};
