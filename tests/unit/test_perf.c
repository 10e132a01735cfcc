/* cpu/jit/perf, code: what perf is told of compiled code. */
#include "cpu/jit/perf.h"

#include <unistd.h>

#include "cpu/jit/code.h"
#include "guest.h"

static struct guest guest;

/* The text of a file, which is removed; free() it. */
static char *take_file(const char *name, size_t *size)
{
    FILE *file = fopen(name, "r");
    char *text = calloc(1, 1 << 20);

    ck_assert_msg(file != NULL, "no %s", name);
    *size = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    unlink(name);
    return text;
}

static void run_loop(struct jit_config jit)
{
    guest_open_with(&guest, ENGINE_JIT, jit, 0);
    guest_reset(&guest);
    guest_program(&guest, CODE, A_NOP, a_subs(1, 1, 1), a_b_cond(1, -4), A_STOP);
    guest.cpu->x[1] = 1000;
    guest_run(&guest, CODE);
}

START_TEST(perf_map_names_each_region_and_thunk)
{
    char name[64], line[128], *text;
    const struct jit_region *region;
    size_t size;

    run_loop((struct jit_config){.perfmap = true});
    snprintf(name, sizeof(name), "/tmp/perf-%d.map", (int)getpid());
    text = take_file(name, &size);
    ck_assert_ptr_nonnull(strstr(text, " thunk enter\n"));
    ck_assert_ptr_nonnull(strstr(text, " thunk flags\n"));
    region = jit_region_at(guest.cpu, block_lookup(guest.cpu, CODE + 4, guest.cpu->mode)->entry);
    ck_assert_ptr_nonnull(region);
    snprintf(line, sizeof(line), "\n%zx %zx guest 0x%llx (1 blocks)\n", (size_t)region->code,
             (size_t)(region->end - region->code), (unsigned long long)CODE + 4);
    ck_assert_msg(strstr(text, line) != NULL, "no%s in:\n%s", line, text);
    free(text);
    guest_close(&guest);
}
END_TEST

START_TEST(perf_jitdump_holds_the_code_and_its_places)
{
    char folder[] = "/tmp/ulna-perf-XXXXXX", name[64], *text;
    const struct jit_region *region;
    uint8_t code[4096];
    size_t size, bytes;
    uint32_t magic, line = (uint32_t)CODE + 4;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    run_loop((struct jit_config){.jitdump = true});
    region = jit_region_at(guest.cpu, block_lookup(guest.cpu, CODE + 4, guest.cpu->mode)->entry);
    bytes = (size_t)(region->end - region->code);
    ck_assert_uint_le(bytes, sizeof(code));
    memcpy(code, region->code, bytes);
    guest_close(&guest); /* and the dump */
    snprintf(name, sizeof(name), "jit-%d.dump", (int)getpid());
    text = take_file(name, &size);
    rmdir(folder);
    memcpy(&magic, text, 4);
    ck_assert_uint_eq(magic, 0x4a695444);
    ck_assert_ptr_nonnull(memmem(text, size, "guest 0x40010004 (1 blocks)", 28));
    ck_assert_ptr_nonnull(memmem(text, size, code, bytes));
    ck_assert_ptr_nonnull(memmem(text, size, &line, sizeof(line)));
    free(text);
}
END_TEST

START_TEST(perf_says_what_cannot_be_written)
{
    struct err err;

    ck_assert_int_eq(chdir("/proc"), 0);
    ck_assert_ptr_null(perf_open(false, true, &err));
    ck_assert_msg(strstr(err.text, "-jitdump: jit-") != NULL, "%s", err.text);
    perf_close(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("perf");
    TCase *tc = tcase_create("perf");

    tcase_add_test(tc, perf_map_names_each_region_and_thunk);
    tcase_add_test(tc, perf_jitdump_holds_the_code_and_its_places);
    tcase_add_test(tc, perf_says_what_cannot_be_written);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
