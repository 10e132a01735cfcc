/* Runs in the guest: a small debugger. It steps through code of a child, and stops it at hardware
 * breakpoints and watchpoints, by ptrace(). What it prints is the same on every correct machine. */
#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asm/ptrace.h>

#define ENABLED 5ull /* in a control register: at EL0 */
#define LOADS   (1ull << 3)
#define STORES  (2ull << 3)

static pid_t child;

/* --- The child --- */

uint64_t steps(uint64_t rounds);
extern const char steps_end[];
__asm__(".text\n"
        ".global steps, steps_end\n"
        "steps: mov x1, #0\n"
        "1: add x1, x1, x0\n"
        "   subs x0, x0, #1\n"
        "   b.ne 1b\n"
        "   mov x0, x1\n"
        "steps_end: ret\n");

static volatile uint64_t words[512] __attribute__((aligned(4096)));

static __attribute__((noinline)) void fill(uint64_t from, uint64_t count)
{
    for (uint64_t i = from; i < from + count; i++)
        words[i] = i;
}

static __attribute__((noinline)) uint64_t sum(uint64_t from, uint64_t count)
{
    uint64_t result = 0;

    for (uint64_t i = from; i < from + count; i++)
        result += words[i];
    return result;
}

static int run_child(void)
{
    uint64_t total = 0;

    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    total += steps(100);
    for (unsigned i = 0; i < 3; i++)
        fill(0, 512);
    total += sum(0, 512);
    return total == 5050 + 511 * 512 / 2 ? 42 : 1;
}

/* --- The debugger --- */

static void fail(const char *what)
{
    perror(what);
    kill(child, SIGKILL);
    exit(1);
}

static struct user_regs_struct registers(void)
{
    struct user_regs_struct regs;
    struct iovec io = {&regs, sizeof(regs)};

    if (ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &io))
        fail("registers");
    return regs;
}

/* How many hardware breakpoints or watchpoints there are; `address` 0: the first one is off. */
static unsigned set_hardware(int set, uint64_t address, uint64_t control)
{
    struct user_hwdebug_state state = {0};
    struct iovec io = {&state, sizeof(state)};
    unsigned count;

    if (ptrace(PTRACE_GETREGSET, child, set, &io))
        fail("reading debug registers");
    count = state.dbg_info & 0xff;
    state.dbg_regs[0].addr = address;
    state.dbg_regs[0].ctrl = (uint32_t)control;
    io.iov_len = offsetof(struct user_hwdebug_state, dbg_regs) + sizeof(state.dbg_regs[0]);
    if (ptrace(PTRACE_SETREGSET, child, set, &io))
        fail("writing debug registers");
    return count;
}

/* Lets the child go on; false: it has ended. */
static bool go_on(int how, int *status)
{
    if (ptrace((enum __ptrace_request)how, child, NULL, NULL) || waitpid(child, status, 0) != child)
        fail("going on");
    return WIFSTOPPED(*status);
}

static siginfo_t signal_info(void)
{
    siginfo_t info;

    if (ptrace(PTRACE_GETSIGINFO, child, NULL, &info))
        fail("signal");
    return info;
}

static void step_through(void)
{
    int status;
    unsigned count = 0;

    set_hardware(NT_ARM_HW_BREAK, (uint64_t)(uintptr_t)steps, 0x1e0 | ENABLED);
    go_on(PTRACE_CONT, &status);
    printf("breakpoint: signal %d, code %d, at the function: %d\n", WSTOPSIG(status),
           signal_info().si_code, registers().pc == (uintptr_t)steps);
    set_hardware(NT_ARM_HW_BREAK, 0, 0);
    while (registers().pc != (uintptr_t)steps_end && go_on(PTRACE_SINGLESTEP, &status))
        count++;
    printf("steps: %u, result %llu\n", count, (unsigned long long)registers().regs[0]);
}

/* Continues until the debug exceptions of a kind have come `hits` times. Each is stepped over. */
static void expect_hits(const char *what, int set, uint64_t address, uint64_t control,
                        unsigned hits)
{
    unsigned right = 0;
    int status;

    for (unsigned i = 0; i < hits; i++) {
        siginfo_t info;

        set_hardware(set, address, control);
        if (!go_on(PTRACE_CONT, &status))
            break;
        info = signal_info();
        right += info.si_code == TRAP_HWBKPT && (uintptr_t)info.si_addr == address;
        set_hardware(set, 0, 0);
        go_on(PTRACE_SINGLESTEP, &status);
    }
    printf("%s: %u\n", what, right);
}

int main(void)
{
    int status;

    child = fork();
    if (child == 0)
        return run_child();
    waitpid(child, &status, 0);
    printf("breakpoints: %u\n", set_hardware(NT_ARM_HW_BREAK, 0, 0));
    printf("watchpoints: %u\n", set_hardware(NT_ARM_HW_WATCH, 0, 0));
    step_through();
    expect_hits("breakpoint hits", NT_ARM_HW_BREAK, (uintptr_t)fill, 0x1e0 | ENABLED, 2);
    expect_hits("store hits", NT_ARM_HW_WATCH, (uintptr_t)&words[300], 0xff << 5 | STORES | ENABLED,
                2);
    expect_hits("load hits", NT_ARM_HW_WATCH, (uintptr_t)&words[301], 0xff << 5 | LOADS | ENABLED,
                1);
    while (go_on(PTRACE_CONT, &status))
        printf("unexpected signal %d\n", WSTOPSIG(status));
    printf("exit code: %d\n", WEXITSTATUS(status));
    return 0;
}
