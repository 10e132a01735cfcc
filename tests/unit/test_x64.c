/* cpu/jit/x64: what the encoder writes, an independent disassembler (libcapstone) reads as meant.
 */
#include <capstone/capstone.h>

#include "base/bits.h"
#include "cpu/jit/x64.h"
#include "fakes.h"

#define AT 0x1000 /* where the code is said to lie */

static uint8_t buffer[256];
static struct x64 code;
static csh handle;

static void setup(void)
{
    memset(buffer, 0xcc, sizeof(buffer));
    code = (struct x64){.at = buffer, .end = buffer + sizeof(buffer)};
    ck_assert_int_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
}

static void teardown(void)
{
    cs_close(&handle);
}

/* All that was written since the last time reads as exactly this, instructions apart by "; ". */
static void reads_as(const char *expected)
{
    char text[512] = "";
    size_t used = 0, size = (size_t)(code.at - buffer), read = 0;
    cs_insn *insn;
    size_t count = cs_disasm(handle, buffer, size, AT, 0, &insn);

    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s%s", i ? "; " : "",
                                 insn[i].mnemonic, *insn[i].op_str ? " " : "", insn[i].op_str);
        read += insn[i].size;
    }
    if (count)
        cs_free(insn, count);
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(read, size);
    code.at = buffer;
}

static const char *const names[2][8] = {
    {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"},
    {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"},
};

/* Every operation, width and pair of registers. */
START_TEST(arithmetic_between_registers_reads_as_written)
{
    static const struct {
        enum x64_alu alu;
        const char *name;
    } ops[] = {{ALU_ADD, "add"}, {ALU_OR, "or"},   {ALU_AND, "and"},
               {ALU_SUB, "sub"}, {ALU_XOR, "xor"}, {ALU_CMP, "cmp"}};
    char expected[64];

    for (unsigned i = 0; i < ARRAY_SIZE(ops); i++)
        for (unsigned wide = 0; wide < 2; wide++)
            for (unsigned reg = 0; reg < 8; reg++)
                for (unsigned rm = 0; rm < 8; rm++) {
                    x64_op_reg(&code, wide, ops[i].alu, reg, rm);
                    snprintf(expected, sizeof(expected), "%s %s, %s", ops[i].name, names[wide][reg],
                             names[wide][rm]);
                    reads_as(expected);
                }
}
END_TEST

/* The edges of an 8-bit displacement, both signs, and every base but RSP. */
START_TEST(loads_and_stores_read_as_written)
{
    static const struct {
        int32_t disp;
        const char *text;
    } disps[] = {{0, ""},
                 {1, " + 1"},
                 {127, " + 0x7f"},
                 {128, " + 0x80"},
                 {-128, " - 0x80"},
                 {-129, " - 0x81"},
                 {0x12345678, " + 0x12345678"},
                 {INT32_MAX, " + 0x7fffffff"},
                 {INT32_MIN + 1, " - 0x7fffffff"}};
    char expected[96];

    for (unsigned i = 0; i < ARRAY_SIZE(disps); i++)
        for (unsigned wide = 0; wide < 2; wide++)
            for (unsigned base = 0; base < 8; base++) {
                const char *size = wide ? "qword" : "dword", *reg = names[wide][(base + i) % 8];

                if (base == RSP)
                    continue;
                x64_load(&code, wide, (base + i) % 8, base, disps[i].disp);
                x64_store(&code, wide, base, disps[i].disp, (base + i) % 8);
                snprintf(expected, sizeof(expected), "mov %s, %s ptr [%s%s]; mov %s ptr [%s%s], %s",
                         reg, size, names[1][base], disps[i].text, size, names[1][base],
                         disps[i].text, reg);
                reads_as(expected);
            }
}
END_TEST

START_TEST(constants_take_the_short_form_only_where_the_upper_half_is_zero)
{
    static const struct {
        uint64_t value;
        unsigned size;
        const char *text;
    } rows[] = {{0, 5, "mov ecx, 0"},
                {0x80000000, 5, "mov ecx, 0x80000000"},
                {0xffffffff, 5, "mov ecx, 0xffffffff"},
                {0x100000000, 10, "movabs rcx, 0x100000000"},
                {~0ull, 10, "movabs rcx, 0xffffffffffffffff"},
                {0xffffffff80000000, 10, "movabs rcx, 0xffffffff80000000"}};

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        x64_mov_imm(&code, RCX, rows[i].value);
        ck_assert_uint_eq((unsigned)(code.at - buffer), rows[i].size);
        reads_as(rows[i].text);
    }
}
END_TEST

START_TEST(shifts_and_complements_read_as_written)
{
    x64_shift_imm(&code, true, SHIFT_SHL, RAX, 63);
    x64_shift_imm(&code, false, SHIFT_SHR, RDX, 31);
    x64_shift_imm(&code, true, SHIFT_SAR, RCX, 2);
    x64_shift_imm(&code, false, SHIFT_ROR, RAX, 7);
    reads_as("shl rax, 0x3f; shr edx, 0x1f; sar rcx, 2; ror eax, 7");
    x64_not(&code, true, RCX);
    x64_not(&code, false, RDX);
    reads_as("not rcx; not edx");
}
END_TEST

/* Opcodes above 0xff are escaped by 0x0f, behind the REX prefix. */
START_TEST(escaped_opcodes_read_as_written)
{
    x64_op_reg(&code, false, 0x0fb6, RDX, RDX);
    x64_op_mem(&code, true, 0x0fbe, RAX, RAX, 0);
    x64_op_mem(&code, false, 0x0fb7, RAX, RCX, 0x14);
    x64_op_reg(&code, true, 0x0faf, RAX, RCX);
    x64_op_reg(&code, true, 0x0f40 | CC_G, RCX, RDX);
    reads_as("movzx edx, dl; movsx rax, byte ptr [rax]; movzx eax, word ptr [rcx + 0x14]; "
             "imul rax, rcx; cmovg rcx, rdx");
}
END_TEST

static const struct {
    enum x64_cond cond;
    const char *suffix;
} conditions[] = {{CC_O, "o"},   {CC_NO, "no"}, {CC_B, "b"},   {CC_AE, "ae"}, {CC_E, "e"},
                  {CC_NE, "ne"}, {CC_BE, "be"}, {CC_A, "a"},   {CC_S, "s"},   {CC_NS, "ns"},
                  {CC_L, "l"},   {CC_GE, "ge"}, {CC_LE, "le"}, {CC_G, "g"}};

START_TEST(every_condition_sets_bytes_and_jumps_as_named)
{
    char expected[96];

    for (unsigned i = 0; i < ARRAY_SIZE(conditions); i++) {
        uint8_t *jump;

        x64_setcc_mem(&code, conditions[i].cond, RDI, 0x148);
        jump = x64_jcc(&code, conditions[i].cond);
        ck_assert_ptr_eq(jump, code.at);
        x64_land(&code, jump);
        snprintf(expected, sizeof(expected), "set%s byte ptr [rdi + 0x148]; j%s 0x%x",
                 conditions[i].suffix, conditions[i].suffix, AT + 7 + 6);
        reads_as(expected);
    }
    x64_test_byte(&code, RDI, 0x149);
    reads_as("cmp byte ptr [rdi + 0x149], 0");
}
END_TEST

START_TEST(jumps_land_forwards_and_backwards)
{
    uint8_t *over, *start = code.at;

    over = x64_jmp(&code);
    x64_u8(&code, 0x90);
    x64_land(&code, over);
    x64_jmp_to(&code, start);
    reads_as("jmp 0x1006; nop; jmp 0x1000");
}
END_TEST

/* The end of the buffer may fall anywhere in an instruction. */
START_TEST(a_full_buffer_is_reported_and_nothing_is_written_behind_it)
{
    for (unsigned room = 0; room < 40; room++) {
        uint8_t *jump;

        memset(buffer, 0xcc, sizeof(buffer));
        code = (struct x64){.at = buffer, .end = buffer + room};
        x64_mov_imm(&code, RAX, ~0ull);
        jump = x64_jcc(&code, CC_E);
        x64_load(&code, true, RAX, RDI, 0x1000);
        x64_mov_imm(&code, RCX, ~0ull);
        x64_test_byte(&code, RDI, 1);
        x64_land(&code, jump);
        ck_assert_int_eq(code.full, room < 10 + 6 + 7 + 10 + 4);
        for (unsigned i = room; i < sizeof(buffer); i++)
            ck_assert_uint_eq(buffer[i], 0xcc);
    }
}
END_TEST

static Suite *x64_suite(void)
{
    Suite *suite = suite_create("x64");
    TCase *tc = tcase_create("x64");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, arithmetic_between_registers_reads_as_written);
    tcase_add_test(tc, loads_and_stores_read_as_written);
    tcase_add_test(tc, constants_take_the_short_form_only_where_the_upper_half_is_zero);
    tcase_add_test(tc, shifts_and_complements_read_as_written);
    tcase_add_test(tc, escaped_opcodes_read_as_written);
    tcase_add_test(tc, every_condition_sets_bytes_and_jumps_as_named);
    tcase_add_test(tc, jumps_land_forwards_and_backwards);
    tcase_add_test(tc, a_full_buffer_is_reported_and_nothing_is_written_behind_it);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return run_suite(x64_suite());
}
