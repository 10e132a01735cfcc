/* What two processors do with each other: threads of Linux, each bound to a CPU of its own. */
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

static void bind_to(unsigned cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    must(sched_setaffinity(0, sizeof(set), &set) == 0, "sched_setaffinity");
}

struct job {
    uint64_t (*work)(unsigned rounds);
    unsigned cpu, rounds;
    uint64_t sum;
};

static void *run_job(void *opaque)
{
    struct job *job = opaque;
    bind_to(job->cpu);
    job->sum = job->work(job->rounds);
    return NULL;
}

/* The same work on CPU 0 and on another at once. */
static uint64_t on_two(uint64_t (*work)(unsigned rounds), unsigned rounds, unsigned other)
{
    struct job job[2] = {{work, 0, rounds, 0}, {work, other, rounds, 0}};
    pthread_t thread[2];
    for (unsigned i = 0; i < 2; i++)
        must(pthread_create(&thread[i], NULL, run_job, &job[i]) == 0, "pthread_create");
    for (unsigned i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    return fold(job[0].sum, job[1].sum);
}

/* --- Two threads that have nothing to do with each other; and both on one CPU --- */

static uint64_t compute(unsigned rounds)
{
    uint64_t state = 88172645463325252u, sum = 0;
    for (unsigned r = 0; r < rounds * 1000000; r++)
        sum = fold(sum, next_random(&state));
    return sum;
}

static uint64_t run_one_cpu(unsigned rounds)
{
    return on_two(compute, rounds, 0);
}

static uint64_t run_two_cpus(unsigned rounds)
{
    return on_two(compute, rounds, 1);
}

/* --- Contention --- */

static _Atomic uint64_t counter, swapped;

static uint64_t add(unsigned rounds)
{
    for (unsigned r = 0; r < rounds * 100000; r++) {
        uint64_t seen = atomic_load(&swapped);
        atomic_fetch_add(&counter, 1);
        while (!atomic_compare_exchange_weak(&swapped, &seen, seen + 3))
            ;
    }
    return 0;
}

static uint64_t run_atomics(unsigned rounds)
{
    counter = swapped = 0;
    on_two(add, rounds, 1);
    return fold(counter, swapped);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t guarded[8];

static uint64_t lock(unsigned rounds)
{
    for (unsigned r = 0; r < rounds * 10000; r++) {
        pthread_mutex_lock(&mutex);
        for (unsigned i = 0; i < 8; i++)
            guarded[i] += i + 1;
        pthread_mutex_unlock(&mutex);
    }
    return 0;
}

static uint64_t run_mutex(unsigned rounds)
{
    uint64_t sum = 0;
    on_two(lock, rounds, 1);
    for (unsigned i = 0; i < 8; i++)
        sum = fold(sum, guarded[i]);
    return sum;
}

/* --- One thread does something to the other, which only runs --- */

static _Atomic bool done;

static void *spin(void *place)
{
    volatile uint8_t *byte = place;
    bind_to(1);
    while (!done)
        (void)*byte;
    return NULL;
}

static uint64_t beside_a_spinner(uint64_t (*work)(unsigned rounds, uint8_t *place), unsigned rounds)
{
    uint8_t *place =
        mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_t thread;
    uint64_t sum;
    must(place != MAP_FAILED, "mmap");
    bind_to(0);
    done = false;
    must(pthread_create(&thread, NULL, spin, place) == 0, "pthread_create");
    sum = work(rounds, place);
    done = true;
    pthread_join(thread, NULL);
    munmap(place, 8 * 4096);
    return sum;
}

/* Each call interrupts the other CPU and waits for its answer. */
static uint64_t barrier(unsigned rounds, uint8_t *place)
{
    (void)place;
    must(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0,
         "membarrier");
    for (unsigned r = 0; r < rounds * 1000; r++)
        must(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0, "membarrier");
    return rounds;
}

static uint64_t run_ipi(unsigned rounds)
{
    return beside_a_spinner(barrier, rounds);
}

/* Each call takes rights away, or gives them back, of pages that were touched: TLBs must forget. */
static uint64_t protect(unsigned rounds, uint8_t *place)
{
    uint64_t sum = 0;
    for (unsigned r = 0; r < rounds * 1000; r++) {
        uint8_t *page = place + 4096 * (1 + r % 7);
        *page = (uint8_t)r;
        must(mprotect(page, 4096, PROT_READ) == 0, "mprotect");
        sum = fold(sum, *page);
        must(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0, "mprotect");
    }
    return sum;
}

static uint64_t run_shootdown(unsigned rounds)
{
    return beside_a_spinner(protect, rounds);
}

/* --- Processes on both CPUs --- */

static void execute(unsigned cpu, unsigned rounds)
{
    bind_to(cpu);
    for (unsigned r = 0; r < rounds; r++) {
        int status;
        pid_t child = fork();
        if (!child) {
            execl("/proc/self/exe", "program", "--exit", (char *)NULL);
            _exit(1);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status)
            _exit(1);
    }
    _exit(0);
}

static uint64_t run_storm(unsigned rounds)
{
    uint64_t sum = 0;
    for (unsigned cpu = 0; cpu < 2; cpu++)
        if (!fork())
            execute(cpu, rounds);
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        int status = -1;
        must(wait(&status) > 0, "wait");
        sum = fold(sum, (uint64_t)status);
    }
    return sum;
}

const struct kernel smp_kernels[] = {
    {"one-cpu", "smp", 40, run_one_cpu}, {"two-cpus", "smp", 40, run_two_cpus},
    {"atomics", "smp", 15, run_atomics}, {"mutex", "smp", 60, run_mutex},
    {"ipi", "smp", 15, run_ipi},         {"shootdown", "smp", 15, run_shootdown},
    {"storm", "smp", 60, run_storm},     {0},
};
