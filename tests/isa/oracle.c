/* The oracle of the instruction vectors: a static aarch64 program that generate.py and ../diff run
 * under qemu-aarch64. For each request on standard input it sets every register and the memory of
 * layout.h, runs the words of the request, and answers with what they left. A signal handler sets
 * the registers (by returning into them) and another one reads them: after the words stands BRK,
 * and a fault is a result as well. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>

#include "oracle.h"

static struct oracle_request request;
static struct oracle_answer answer;
static ucontext_t home;

/* A record of the signal frame, perhaps in the extra room. */
static void *record(ucontext_t *context, uint32_t magic)
{
    struct _aarch64_ctx *head = (void *)context->uc_mcontext.__reserved;

    while (head->magic != magic && head->magic) {
        if (head->magic == EXTRA_MAGIC && magic == SVE_MAGIC)
            head = (void *)((struct extra_context *)head)->datap;
        else
            head = (void *)((char *)head + head->size);
    }
    if (!head->magic)
        abort();
    return head;
}

static struct fpsimd_context *fpsimd(ucontext_t *context)
{
    return record(context, FPSIMD_MAGIC);
}

/* Copies Z, P and FFR between the frame and the registers of a request. */
static void copy_sve(ucontext_t *context, struct oracle_registers *registers, int to_frame)
{
    char *sve = record(context, SVE_MAGIC);
    unsigned vl = ((struct sve_context *)sve)->vl, vq = vl / 16;

    if (vl != request.vl || ((struct sve_context *)sve)->head.size < SVE_SIG_CONTEXT_SIZE(vq))
        abort();
    for (unsigned i = 0; i < 32; i++) {
        char *at = sve + SVE_SIG_ZREG_OFFSET(vq, i);

        memcpy(to_frame ? at : (char *)registers->z[i], to_frame ? (char *)registers->z[i] : at,
               vl);
    }
    for (unsigned i = 0; i < 17; i++) {
        char *at = sve + SVE_SIG_PREG_OFFSET(vq, i); /* FFR stands behind P15 */

        memcpy(to_frame ? at : (char *)registers->p[i], to_frame ? (char *)registers->p[i] : at,
               vl / 8);
    }
}

/* By the instruction as well: after sigreturn alone, qemu-aarch64 11.1 goes on with code for the
 * FPCR of before. */
static void set_fpcr(uint64_t fpcr)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
}

static void enter(int number, siginfo_t *info, void *opaque)
{
    ucontext_t *context = opaque;
    struct oracle_registers *in = &request.in;

    (void)number;
    (void)info;
    home = *context;
    memcpy(context->uc_mcontext.regs, in->x, sizeof(in->x));
    context->uc_mcontext.sp = in->sp;
    context->uc_mcontext.pc = in->pc;
    context->uc_mcontext.pstate = in->pstate;
    for (unsigned i = 0; i < 32; i++)
        memcpy(&fpsimd(context)->vregs[i], in->z[i], 16);
    copy_sve(context, in, 1);
    fpsimd(context)->fpsr = in->fpsr;
    fpsimd(context)->fpcr = in->fpcr;
    set_fpcr(in->fpcr);
}

static void leave(int number, siginfo_t *info, void *opaque)
{
    ucontext_t *context = opaque;
    struct oracle_registers *out = &answer.out;

    answer.signal = (uint32_t)number;
    answer.code = (uint32_t)info->si_code;
    answer.address = (uint64_t)info->si_addr;
    memcpy(out->x, context->uc_mcontext.regs, sizeof(out->x));
    out->sp = context->uc_mcontext.sp;
    out->pc = context->uc_mcontext.pc;
    out->pstate = context->uc_mcontext.pstate;
    copy_sve(context, out, 0);
    out->fpsr = fpsimd(context)->fpsr;
    out->fpcr = fpsimd(context)->fpcr;
    *context = home;
    set_fpcr(fpsimd(context)->fpcr);
}

static void on(int number, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    sigfillset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static uint8_t *map(uint64_t address, uint64_t size)
{
    void *where = mmap((void *)address, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

    if (where != (void *)address)
        abort();
    return where;
}

static void fill(uint8_t *image, uint64_t address, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        image[i] = layout_byte(address + i);
}

/* The background of both regions; byte by byte it would take longer than the words themselves. */
static uint8_t data_image[LAYOUT_DATA_SIZE], fixed_image[LAYOUT_FIXED_SIZE];

/* `all`: anything may be poked into the code, and is to go the next time. */
static void prepare_code(bool all)
{
    static bool dirty = true;
    static unsigned written; /* words from LAYOUT_CODE on */
    uint32_t *code = dirty ? (uint32_t *)LAYOUT_CODE_LOW : (uint32_t *)LAYOUT_CODE;
    unsigned count = dirty ? LAYOUT_CODE_SIZE / 4 : written;

    for (unsigned i = 0; i < count; i++)
        code[i] = 0xd4200000; /* BRK #0 */
    memcpy((void *)LAYOUT_CODE, request.word, 4 * request.words);
    if (request.words > written)
        written = request.words;
    __builtin___clear_cache((char *)code, (char *)(code + (dirty ? count : written)));
    dirty = all;
}

static void prepare(uint8_t *fixed)
{
    static bool poked = true; /* somewhere, the last time */

    prepare_code(request.pokes);
    memcpy((void *)LAYOUT_DATA, data_image, LAYOUT_DATA_SIZE);
    if (poked || request.pokes) {
        mprotect(fixed, LAYOUT_FIXED_SIZE, PROT_READ | PROT_WRITE);
        memcpy(fixed, fixed_image, LAYOUT_FIXED_SIZE);
        for (unsigned i = 0; i < request.pokes; i++)
            memcpy((void *)request.poke[i].address, request.poke[i].data, request.poke[i].size);
        mprotect(fixed, LAYOUT_FIXED_SIZE, PROT_READ);
    }
    poked = request.pokes;
}

int main(void)
{
    static const int results[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL};
    stack_t stack = {.ss_sp = malloc(1 << 20), .ss_size = 1 << 20};
    uint8_t *fixed;
    unsigned vl = 0;

    sigaltstack(&stack, NULL);
    on(SIGUSR1, enter);
    for (unsigned i = 0; i < sizeof(results) / sizeof(results[0]); i++)
        on(results[i], leave);
    map(LAYOUT_CODE_LOW, LAYOUT_CODE_SIZE);
    map(LAYOUT_DATA, LAYOUT_DATA_SIZE);
    fixed = map(LAYOUT_FIXED, LAYOUT_FIXED_SIZE);
    fill(data_image, LAYOUT_DATA, LAYOUT_DATA_SIZE);
    fill(fixed_image, LAYOUT_FIXED, LAYOUT_FIXED_SIZE);
    setvbuf(stdout, NULL, _IONBF, 0); /* who asks may wait for each answer */
    while (fread(&request, sizeof(request), 1, stdin) == 1) {
        prepare(fixed);
        if (request.vl != vl && prctl(PR_SVE_SET_VL, request.vl) != (int)request.vl)
            return 1;
        vl = request.vl;
        raise(SIGUSR1);
        memcpy(answer.data, (void *)LAYOUT_DATA, sizeof(answer.data));
        if (fwrite(&answer, sizeof(answer), 1, stdout) != 1)
            return 1;
    }
    return 0;
}
