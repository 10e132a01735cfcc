/* cpu/disasm: the text of one instruction, for logs and the monitor. */
#include "cpu/disasm.h"

#include "fakes.h"

START_TEST(a_word_is_disassembled_at_its_address_or_said_to_have_none)
{
    char text[96], small[8];

    disasm(0x8b020020, 0, text, sizeof(text));
    ck_assert_str_eq(text, "add x0, x1, x2");
    disasm(0x14000001, 0x40000000, text, sizeof(text));
    ck_assert_str_eq(text, "b #0x40000004");
    disasm(0xffffffff, 0, text, sizeof(text));
    ck_assert_str_eq(text, "(no disassembly)");
    disasm(0x8b020020, 0, small, sizeof(small));
    ck_assert_str_eq(small, "add x0,"); /* cut to the room there is */
}
END_TEST

static void add_line(void *opaque, const char *text)
{
    strncat(opaque, text, 32);
    strcat(opaque, "; ");
}

START_TEST(host_code_is_told_an_instruction_at_a_time)
{
    static const uint8_t code[] = {0x48, 0x01, 0xc8, 0xc3, 0x48}; /* the last one is cut off */
    char lines[128] = "";

    disasm_host(code, sizeof(code), 0x1000, add_line, lines);
    ck_assert_str_eq(lines, "1000: add rax, rcx; 1003: ret ; ");
    lines[0] = '\0';
    disasm_host(code, 0, 0x1000, add_line, lines);
    ck_assert_str_eq(lines, "");
}
END_TEST

static Suite *disasm_suite(void)
{
    Suite *suite = suite_create("disasm");
    TCase *tc = tcase_create("disasm");

    tcase_add_test(tc, a_word_is_disassembled_at_its_address_or_said_to_have_none);
    tcase_add_test(tc, host_code_is_told_an_instruction_at_a_time);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(disasm_suite());
}
