/* Reports of faults inside compiled code: see crash.h. What is called here need not be safe in a
 * signal handler in general: the fault is in code that holds no lock and is in no library. */
#include "cpu/jit/crash.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ucontext.h>

#include "cpu/disasm.h"
#include "cpu/jit/code.h"
#include "cpu/jit/jit.h"

#define CODE_BEFORE 48 /* bytes of host code shown around the fault */
#define CODE_BEHIND 32

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};

/* Deviation from "no mutable file-scope state": a signal handler gets nothing else to look at.
 * Handlers are the process's, and a thread runs one vCPU. */
static struct sigaction before[ARRAY_SIZE(fault_signals)];
static __thread struct cpu *watched;

struct fault {
    int signal;
    uintptr_t at, address;
    const greg_t *regs;
};

/* --- The report --- */

static void print_line_of_code(void *opaque, const char *text)
{
    const struct fault *fault = opaque;

    fprintf(stderr, "  %s %s\n", strtoull(text, NULL, 16) == fault->at ? "->" : "  ", text);
}

static void print_code(const struct jit_region *region, struct fault *fault)
{
    size_t offset = fault->at - (uintptr_t)region->code;
    const struct lower_place *place =
        code_place(region, offset > CODE_BEFORE ? offset - CODE_BEFORE : 0);
    const uint8_t *from = region->code + (place ? place->offset : 0);
    size_t size = fault->at + CODE_BEHIND - (uintptr_t)from;

    if (size > (size_t)(region->end - from))
        size = (size_t)(region->end - from);
    disasm_host(from, size, (uintptr_t)from, print_line_of_code, fault);
}

/* cpu->pc is that of the region's head, or of where the code was about to go. */
static uint64_t head_pc(const struct cpu *cpu, const struct jit_region *region)
{
    return (cpu->pc ^ region->pc) % PAGE_SIZE ? region->pc : cpu->pc;
}

static void print_place(const struct cpu *cpu, const struct jit_region *region,
                        const struct fault *fault)
{
    const struct lower_place *place = code_place(region, fault->at - (uintptr_t)region->code);
    const char *symbol;
    uint64_t pc, offset = 0;
    char text[UOP_TEXT];

    fprintf(stderr, "  region of 0x%016" PRIx64 ": %u blocks, code %p to %p%s\n", region->pc,
            region->nodes, (const void *)region->code, (const void *)region->end,
            region->count ? "" : ", dropped");
    if (!place) {
        fprintf(stderr, "  at its entry\n");
        return;
    }
    pc = head_pc(cpu, region) + code_guest_pc(region, place) - region->pc;
    symbol = log_symbol(cpu->log, pc, &offset);
    fprintf(stderr, "  guest PC 0x%016" PRIx64, pc);
    if (symbol)
        fprintf(stderr, " %s+0x%" PRIx64, symbol, offset);
    fprintf(stderr, ", node %u, micro-op %u: %s\n", place->node, place->uop,
            uop_print(&region->member[place->node].block->uop[place->uop], text));
}

static void print_registers(const struct fault *fault)
{
    static const struct {
        const char *name;
        int index;
    } list[] = {{"RAX", REG_RAX}, {"RCX", REG_RCX}, {"RDX", REG_RDX}, {"RBX", REG_RBX},
                {"RSP", REG_RSP}, {"RBP", REG_RBP}, {"RSI", REG_RSI}, {"RDI", REG_RDI},
                {"R8", REG_R8},   {"R9", REG_R9},   {"R10", REG_R10}, {"R11", REG_R11},
                {"R12", REG_R12}, {"R13", REG_R13}, {"R14", REG_R14}, {"R15", REG_R15}};

    for (size_t i = 0; i < ARRAY_SIZE(list); i++)
        fprintf(stderr, "  %-3s %016llx%s", list[i].name,
                (unsigned long long)fault->regs[list[i].index], i % 4 == 3 ? "\n" : "");
}

static void report(const struct cpu *cpu, struct fault *fault)
{
    const struct jit_region *region = jit_region_at(cpu, (const void *)fault->at);

    fprintf(stderr, "ulna: %s in generated code at 0x%" PRIxPTR ", address 0x%" PRIxPTR "\n",
            strsignal(fault->signal), fault->at, fault->address);
    if (region) {
        print_place(cpu, region, fault);
        print_code(region, fault);
    } else {
        fprintf(stderr, "  in the %s; cpu->pc 0x%016" PRIx64 "\n",
                code_thunk_name(cpu, (const void *)fault->at), cpu->pc);
    }
    print_registers(fault);
    fflush(stderr);
}

/* --- Signals --- */

/* After it the instruction faults again, and whoever was asked before has it: at last the process
 * dies. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    const ucontext_t *state = context;
    struct fault fault = {.signal = number,
                          .at = (uintptr_t)state->uc_mcontext.gregs[REG_RIP],
                          .address = (uintptr_t)info->si_addr,
                          .regs = state->uc_mcontext.gregs};

    for (size_t i = 0; i < ARRAY_SIZE(fault_signals); i++)
        if (fault_signals[i] == number)
            sigaction(number, &before[i], NULL);
    if (info->si_code <= 0) /* sent by somebody */
        raise(number);
    else if (watched && jit_has_code(watched, (const void *)fault.at))
        report(watched, &fault);
}

void crash_watch(struct cpu *cpu, void *stack)
{
    const stack_t alternative = {.ss_sp = stack, .ss_size = CRASH_STACK_BYTES};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK}, old;
    sigset_t set;

    watched = cpu;
    sigaltstack(&alternative, NULL);
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_SIZE(fault_signals); i++) {
        sigaddset(&set, fault_signals[i]);
        if (sigaction(fault_signals[i], &action, &old) == 0 && old.sa_sigaction != on_fault)
            before[i] = old;
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void crash_unwatch(void)
{
    const stack_t none = {.ss_flags = SS_DISABLE};

    watched = NULL;
    sigaltstack(&none, NULL);
}
