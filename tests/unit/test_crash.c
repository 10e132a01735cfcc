/* cpu/jit/crash: a fault of the host in compiled code is described, and still ends the process. */
#include "cpu/jit/crash.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu/jit/code.h"
#include "guest.h"

static struct guest guest;

static void teardown(void)
{
    guest_close(&guest);
}

/* Runs in a child; what it says on standard error is in `text`. Returns how it ended. */
static int run_child(void (*body)(void), char *text, size_t size)
{
    FILE *file = tmpfile();
    int status, fd = fileno(file);
    pid_t child = fork();
    ssize_t got;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(fd, STDERR_FILENO);
        signal(SIGSEGV, SIG_DFL); /* Check and sanitizers have other uses for it */
        body();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    got = pread(fd, text, size - 1, 0);
    text[got < 0 ? 0 : got] = '\0';
    fclose(file);
    return status;
}

static void run_loop(void)
{
    guest.cpu->x[1] = 1000;
    guest.cpu->pc = CODE + 4; /* where the loop begins, so that its block is compiled */
    cpu_run(guest.cpu);
}

/* The TLB leads to where no memory is. */
static void run_with_wrong_tlb(void)
{
    struct tlb_bank *bank = guest.cpu->mmu.bank;

    run_loop();
    bank->entry[DATA / PAGE_SIZE % TLB_ENTRIES].addend = 16 - DATA;
    memset(bank->latch, 0, sizeof(bank->latch));
    run_loop();
}

static void fault_elsewhere(void)
{
    crash_watch(guest.cpu, malloc(CRASH_STACK_BYTES));
    raise(SIGSEGV);
}

static void says(const char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "no \"%s\" in:\n%s", what, text);
}

START_TEST(crash_in_compiled_code_is_described_and_kills)
{
    char text[8192];
    int status;

    guest_start(&guest, ENGINE_JIT);
    guest_mmu_on(&guest, D_AP(0));
    guest_program(&guest, CODE, A_NOP, a_add(3, 3, 3), a_ldr(2, 5, 0), a_subs(1, 1, 1),
                  a_b_cond(1, -12), A_STOP);
    guest.cpu->x[5] = DATA + 8;
    status = run_child(run_with_wrong_tlb, text, sizeof(text));
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status %x", status);
    says(text, "ulna: Segmentation fault in generated code at 0x");
    says(text, ", address 0x18\n");
    says(text, "region of 0x0000000040010004: 1 blocks");
    says(text, "guest PC 0x0000000040010008, node 0, micro-op 1: ld64     d=2 a=5 ");
    says(text, "-> ");
    says(text, "\n  RAX ");
    says(text, "\n  R12 ");
}
END_TEST

START_TEST(crash_elsewhere_is_not_described_and_kills)
{
    char text[8192];
    int status;

    guest_start(&guest, ENGINE_JIT);
    status = run_child(fault_elsewhere, text, sizeof(text));
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status %x", status);
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crash");
    TCase *tc = tcase_create("crash");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, crash_in_compiled_code_is_described_and_kills);
    tcase_add_test(tc, crash_elsewhere_is_not_described_and_kills);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
