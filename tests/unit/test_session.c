/* frontend/session: a whole run, from options to the exit code, with tiny guests. */
#include "frontend/session.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "asm.h"
#include "fakes.h"
#include "make_files.h"

#define RAM  0x40000000ull
#define UART 0x9000000u

/* PSCI functions, DEN 0022 */
#define SYSTEM_OFF   0x84000008u
#define SYSTEM_RESET 0x84000009u

static char folder[TEMP_PATH_MAX], kernel[2 * TEMP_PATH_MAX], output[2 * TEMP_PATH_MAX];
static struct options options;
static struct err err;
static int code;

static void setup(void)
{
    temp_folder(folder);
    temp_file(folder, "output", "", 0, output);
    code = -1;
}

static void teardown(void)
{
    options_free(&options);
    unlink(kernel);
    unlink(output);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Writes a program that is entered at its first word, and parses "-kernel program" and more. */
static void write_guest(const uint32_t *words, size_t count, const char *const *more)
{
    char *argv[16] = {"ulna", "-display", "none", "-engine", "interp", "-m", "16", "-kernel"};
    static char serial[3 * TEMP_PATH_MAX];
    int argc = 8;
    struct {
        Elf64_Ehdr head;
        Elf64_Phdr segment;
        uint32_t words[64];
    } file = {.head = {.e_ident = ELFMAG,
                       .e_type = ET_EXEC,
                       .e_machine = EM_AARCH64,
                       .e_version = EV_CURRENT,
                       .e_entry = RAM + 0x80000,
                       .e_phoff = sizeof(Elf64_Ehdr),
                       .e_ehsize = sizeof(Elf64_Ehdr),
                       .e_phentsize = sizeof(Elf64_Phdr),
                       .e_phnum = 1},
              .segment = {.p_type = PT_LOAD,
                          .p_flags = PF_R | PF_W | PF_X,
                          .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
                          .p_vaddr = RAM + 0x80000,
                          .p_paddr = RAM + 0x80000,
                          .p_filesz = sizeof(file.words),
                          .p_memsz = sizeof(file.words)}};

    file.head.e_ident[EI_CLASS] = ELFCLASS64;
    file.head.e_ident[EI_DATA] = ELFDATA2LSB;
    file.head.e_ident[EI_VERSION] = EV_CURRENT;
    ck_assert_uint_le(count, ARRAY_SIZE(file.words));
    memcpy(file.words, words, 4 * count);
    temp_file(folder, "guest.elf", &file, sizeof(file), kernel);
    argv[argc++] = kernel;
    snprintf(serial, sizeof(serial), "file:%s", output);
    argv[argc++] = "-serial";
    argv[argc++] = serial;
    while (*more)
        argv[argc++] = (char *)(uintptr_t)*more++;
    ck_assert_msg(options_parse(&options, argc, argv, &err), "%s", err.text);
}

#define OPTIONS(...)                                                                               \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__ __VA_OPT__(, ) NULL                                                            \
    }
#define guest(more, ...)                                                                           \
    write_guest((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4, more)

#define PSCI(function) a_movz(0, (function)&0xffff, 0), a_movk(0, (function) >> 16, 16), a_hvc(0)
#define PUT(character) a_movz(1, UART >> 16, 16), a_movz(2, character, 0), a_str_w(2, 1, 0)

static void run(void)
{
    ck_assert_msg(session_run(&options, &code, &err), "%s", err.text);
}

static const char *sent(void)
{
    static char text[256];
    FILE *file = fopen(output, "r");
    size_t size;

    ck_assert_ptr_nonnull(file);
    size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

START_TEST(a_guest_that_powers_off_ends_with_0_and_all_its_output)
{
    guest(OPTIONS(), PUT('o'), PUT('k'), PSCI(SYSTEM_OFF));
    run();
    ck_assert_int_eq(code, 0);
    ck_assert_str_eq(sent(), "ok");
}
END_TEST

/* SYS_EXIT_EXTENDED with { ADP_Stopped_ApplicationExit, 42 } */
#define SYS_EXIT_42                                                                                \
    a_movz(1, 0x4010, 16), a_movz(2, 0x26, 0), a_movk(2, 2, 16), a_str(2, 1, 0), a_movz(2, 42, 0), \
        a_str(2, 1, 8), a_movz(0, 0x20, 0), a_hlt(0xf000)

START_TEST(a_guest_that_exits_by_semihosting_gives_its_code)
{
    guest(OPTIONS("-semihosting"), PUT('x'), SYS_EXIT_42, PSCI(SYSTEM_OFF));
    run();
    ck_assert_int_eq(code, 42);
    ck_assert_str_eq(sent(), "x");
}
END_TEST

START_TEST(no_reboot_turns_a_reset_into_the_end)
{
    guest(OPTIONS("-no-reboot"), PUT('r'), PSCI(SYSTEM_RESET));
    run();
    ck_assert_int_eq(code, 0);
    ck_assert_str_eq(sent(), "r");
}
END_TEST

/* Power is cut only at the second start, which the RTC's load register tells from the first: the
 * board's clock keeps its time over a reset, and is set to a year ahead the first time. */
#define RTC 0x9010000u

START_TEST(a_reset_starts_the_guest_again)
{
    guest(OPTIONS("-rtc", "base=2001-01-01"), PUT('b'), a_movz(1, RTC >> 16, 16),
          0xb9400023u /* ldr w3, [x1] */, a_movz(4, 0x7000, 16), 0xeb04007fu /* cmp x3, x4 */,
          a_b_cond(2 /* hs */, 4 * 5), a_str_w(4, 1, 8), PSCI(SYSTEM_RESET), PSCI(SYSTEM_OFF));
    run();
    ck_assert_int_eq(code, 0);
    ck_assert_str_eq(sent(), "bb");
}
END_TEST

START_TEST(a_guest_that_cannot_be_loaded_is_an_error)
{
    guest(OPTIONS(), A_NOP);
    unlink(kernel);
    ck_assert(!session_run(&options, &code, &err));
    assert_says(err.text, "-kernel '");
    assert_says(err.text, "No such file");
}
END_TEST

START_TEST(the_device_tree_is_dumped_and_nothing_runs)
{
    char property[3 * TEMP_PATH_MAX];

    snprintf(property, sizeof(property), "virt,dumpdtb=%s", output);
    guest(OPTIONS("-M", property), PUT('x'), PSCI(SYSTEM_OFF));
    run();
    ck_assert_int_eq(memcmp(sent(), "\xd0\x0d\xfe\xed", 4), 0);
}
END_TEST

START_TEST(a_log_goes_to_its_file)
{
    char log[3 * TEMP_PATH_MAX], text[128] = "";
    FILE *file;

    snprintf(log, sizeof(log), "%s/log", folder);
    guest(OPTIONS("-d", "in_asm", "-D", log), A_NOP, PSCI(SYSTEM_OFF));
    run();
    file = fopen(log, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
    assert_says(text, "in_asm: 0x0000000040080000");
    assert_says(text, "nop");
    fclose(file);
    unlink(log);
}
END_TEST

/* In a process of its own, which a signal may end, with `in` as its standard input. */
static pid_t run_apart(int in)
{
    pid_t child = fork();

    if (child == 0) {
        dup2(in, STDIN_FILENO);
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        for (int i = 1; i < 32; i++)
            signal(i, SIG_DFL);
        _exit(session_run(&options, &code, &err) ? code : 99);
    }
    return child;
}

static void wait_for_output(const char *text)
{
    for (int i = 0; i < 1000 && strcmp(sent(), text); i++)
        usleep(10000);
    ck_assert_str_eq(sent(), text);
}

START_TEST(a_signal_ends_the_run_in_order_and_is_passed_on)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    int status;
    pid_t child;

    guest(OPTIONS(), PUT('s'), a_b(0));
    child = run_apart(STDIN_FILENO);
    wait_for_output("s");
    kill(child, signals[_i]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == signals[_i], "status %x",
                  (unsigned)status);
}
END_TEST

START_TEST(a_paused_machine_waits_for_its_monitor)
{
    int status, keyboard[2];
    pid_t child;

    guest(OPTIONS("-S", "-monitor", "stdio"), PUT('c'), PSCI(SYSTEM_OFF));
    ck_assert_int_eq(pipe(keyboard), 0);
    child = run_apart(keyboard[0]);
    usleep(300000);
    ck_assert_str_eq(sent(), "");
    ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
    ck_assert_int_eq(write(keyboard[1], "cont\n", 5), 5);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_str_eq(sent(), "c");
    close(keyboard[0]);
    close(keyboard[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *tcase = tcase_create("session");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_guest_that_powers_off_ends_with_0_and_all_its_output);
    tcase_add_test(tcase, a_guest_that_exits_by_semihosting_gives_its_code);
    tcase_add_test(tcase, no_reboot_turns_a_reset_into_the_end);
    tcase_add_test(tcase, a_reset_starts_the_guest_again);
    tcase_add_test(tcase, a_guest_that_cannot_be_loaded_is_an_error);
    tcase_add_test(tcase, the_device_tree_is_dumped_and_nothing_runs);
    tcase_add_test(tcase, a_log_goes_to_its_file);
    tcase_add_loop_test(tcase, a_signal_ends_the_run_in_order_and_is_passed_on, 0, 3);
    tcase_add_test(tcase, a_paused_machine_waits_for_its_monitor);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
