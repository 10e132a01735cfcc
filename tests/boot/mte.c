/* A program of the guest Linux for the test `mte`: tagged memory as a user of
 * PR_SET_TAGGED_ADDR_CTRL sees it. Each line says what happened. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define HWCAP2_MTE_      (1ul << 18)
#define HWCAP2_MTE3_     (1ul << 22)
#define PROT_MTE_        0x20
#define TAGGED_ADDR_CTRL 55
#define ENABLE           1ul
#define TCF_SYNC         2ul
#define TCF_ASYNC        4ul
#define ALL_TAGS_BUT_0   (0xfffeul << 3)
#define MTE_ASYNC_ERROR  8 /* si_code */
#define MTE_SYNC_ERROR   9

static volatile int code;
static void *volatile where;

/* A synchronous fault: go on behind the instruction. */
static void fault(int number, siginfo_t *info, void *opaque)
{
    (void)number;
    code = info->si_code;
    where = info->si_addr;
    if (code == MTE_SYNC_ERROR)
        ((ucontext_t *)opaque)->uc_mcontext.pc += 4;
}

static void *random_tag(void *pointer)
{
    void *tagged;

    __asm__("irg %0, %1" : "=r"(tagged) : "r"(pointer));
    return tagged;
}

static void set_tag(void *pointer)
{
    __asm__ volatile("stg %0, [%0]" : : "r"(pointer) : "memory");
}

static unsigned get_tag(void *pointer)
{
    uint64_t value = (uint64_t)pointer;

    __asm__ volatile("ldg %0, [%0]" : "+r"(value) : : "memory");
    return value >> 56 & 15;
}

static void store(void *pointer)
{
    __asm__ volatile("str xzr, [%0]" : : "r"(pointer) : "memory");
}

/* What code a store and then a system call bring. */
static int code_of_store(void *pointer)
{
    code = 0;
    store(pointer);
    getppid();
    return code;
}

static void mode(unsigned long bits)
{
    if (prctl(TAGGED_ADDR_CTRL, ENABLE | ALL_TAGS_BUT_0 | bits, 0, 0, 0))
        printf("prctl: %s\n", strerror(errno));
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
    unsigned long has = getauxval(AT_HWCAP2);
    char *memory, *good, *bad;
    int pipes[2], status;

    sigaction(SIGSEGV, &action, NULL);
    printf("hwcap2: %s %s\n", has & HWCAP2_MTE_ ? "mte" : "-", has & HWCAP2_MTE3_ ? "mte3" : "-");
    mode(TCF_SYNC);
    memory =
        mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_MTE_, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || pipe(pipes)) {
        printf("mmap: %s\n", strerror(errno));
        return 1;
    }
    good = random_tag(memory);
    bad = (char *)((uint64_t)good ^ 1ul << 56);
    printf("tag 0 at first: %d\n", get_tag(memory) == 0);
    set_tag(good);
    printf("random: %d, stored: %d\n", good != memory, get_tag(memory) == (uint64_t)good >> 56);
    printf("synchronous: %d, %d\n", code_of_store(good), code_of_store(bad));
    printf("there: %d\n", ((uint64_t)where ^ (uint64_t)memory) << 8 == 0);
    printf("write(2): %zd, %zd\n", write(pipes[1], good, 8), write(pipes[1], bad, 8));
    mode(TCF_ASYNC);
    printf("asynchronous: %d, %d\n", code_of_store(good), code_of_store(bad));
    mode(0);
    printf("not at all: %d, %d\n", code_of_store(good), code_of_store(bad));
    fflush(stdout);
    if (!fork()) {
        store(memory);
        _exit(get_tag(memory) == (uint64_t)good >> 56);
    }
    wait(&status);
    printf("a copy on write has the tags: %d\n", WEXITSTATUS(status));
    madvise(memory, 65536, MADV_DONTNEED);
    printf("new memory has none: %d\n", get_tag(memory) == 0);
    return 0;
}
