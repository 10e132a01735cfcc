/* Runs in the guest: counts events of its own with perf_event_open(), and takes samples. What it
 * prints is the same on every machine that counts right. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t samples;

/* 2 * rounds + 2 instructions from the first to the last, of which rounds + 1 are branches */
uint64_t loop(uint64_t rounds);
__asm__(".text\n"
        ".global loop\n"
        "loop: nop\n"
        "1: subs x0, x0, #1\n"
        "   b.ne 1b\n"
        "   ret\n");

static int open_event(uint32_t type, uint64_t config, uint64_t period)
{
    struct perf_event_attr attr = {
        .type = type,
        .size = sizeof(attr),
        .config = config,
        .sample_period = period,
        .disabled = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .wakeup_events = period != 0,
    };
    int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

    if (fd < 0) {
        perror("perf_event_open");
        exit(1);
    }
    return fd;
}

static uint64_t counted(int fd, uint64_t rounds)
{
    uint64_t count = 0;

    ioctl(fd, PERF_EVENT_IOC_RESET, 0);
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    loop(rounds);
    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* What so many rounds more are counted as: all that is around the loop cancels out. */
static void print_difference(const char *what, uint32_t type, uint64_t config, uint64_t rounds)
{
    int fd = open_event(type, config, 0);
    uint64_t few, many;

    counted(fd, 1000);
    few = counted(fd, 1000);
    many = counted(fd, 1000 + rounds);
    printf("%s: %llu\n", what, (unsigned long long)(many - few));
    close(fd);
}

static void on_sample(int number)
{
    (void)number;
    samples++;
}

/* One signal for each million of instructions. */
static void print_samples(const char *what, uint32_t type, uint64_t config, unsigned least,
                          unsigned most)
{
    int fd = open_event(type, config, 1000000);

    samples = 0;
    signal(SIGIO, on_sample);
    fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC);
    fcntl(fd, F_SETSIG, SIGIO);
    fcntl(fd, F_SETOWN, getpid());
    counted(fd, 50000000);
    printf("%s: %s\n", what,
           (unsigned)samples >= least && (unsigned)samples <= most ? "as many as expected"
                                                                   : "wrong");
    if ((unsigned)samples < least || (unsigned)samples > most)
        printf("samples: %d\n", (int)samples);
    close(fd);
}

/* Linux leaves out samples when they seem to take long, as they do on a busy host; unless told not
 * to look. */
static void take_all_samples(void)
{
    int fd = open("/proc/sys/kernel/perf_cpu_time_max_percent", O_WRONLY);

    if (fd < 0 || write(fd, "0", 1) != 1)
        perror("perf_cpu_time_max_percent");
    close(fd);
}

int main(void)
{
    const uint32_t hardware = PERF_TYPE_HARDWARE, raw = PERF_TYPE_RAW;

    take_all_samples();

    print_difference("instructions of a million rounds", hardware, PERF_COUNT_HW_INSTRUCTIONS,
                     1000000);
    print_difference("branches of a million rounds", raw, 0x21, 1000000);
    print_difference("direct branches of a million rounds", raw, 0x0d, 1000000);
    print_difference("returns of a million rounds", raw, 0x0e, 1000000);
    print_difference("stalls of a million rounds", raw, 0x24, 1000000);
    printf("cycles pass: %d\n",
           counted(open_event(hardware, PERF_COUNT_HW_CPU_CYCLES, 0), 10000000) > 1000);
    print_samples("samples of instructions", hardware, PERF_COUNT_HW_INSTRUCTIONS, 99, 101);
    print_samples("samples of cycles", hardware, PERF_COUNT_HW_CPU_CYCLES, 1, 5000);
    return 0;
}
